package commands

import (
	"slices"

	"silkwire/bot"
)

// needed are the commands that cannot be disabled: without them nobody is answered, or
// learns what else there is.
var needed = []string{Question, "help", "silkwire"}

// CanDisable lists the commands that an operator may disable: those that people type,
// but for /ask, /help and /silkwire.
func CanDisable() []string {
	var names []string
	for _, c := range All(nil, "", Kept{}) {
		if !c.Message && !c.Hidden && !slices.Contains(needed, c.Name) {
			names = append(names, c.Name)
		}
	}
	return names
}

// enabled leaves out what the operator disabled.
func enabled(all []bot.Command, disabled []string) []bot.Command {
	return slices.DeleteFunc(all, func(c bot.Command) bool { return slices.Contains(disabled, c.Name) })
}
