package slack

import (
	"regexp"
	"slices"
	"strings"

	"silkwire/bot"
)

// namePrefix stands before a command's name where Slack holds the short one.
const namePrefix = "silkwire-"

// held are the slash commands that Slack keeps for itself, or that apps which
// Slack ships bring (https://slack.com/help/articles/201259356). An app that
// registers one of them never gets it.
var held = []string{
	"active", "apps", "archive", "away", "call", "canvas", "collapse", "dm", "dnd", "expand", "feed", "feedback", "github",
	"help", "huddle", "invite", "invite_people", "join", "keys", "leave", "list", "me", "msg", "mute", "open", "part", "poll",
	"prefs", "remind", "remove", "rename", "rss", "search", "share", "shortcuts", "shrug", "skype", "star", "status", "todo",
	"topic", "unarchive", "who", "zoom",
}

// registered is the name of a command in Slack, with its slash.
func registered(name string) string {
	if slices.Contains(held, name) {
		return "/" + namePrefix + name
	}
	return "/" + name
}

// typedCommands are the commands that stand in Slack's menu.
func typedCommands(all []bot.Command) []bot.Command {
	return slices.DeleteFunc(slices.Clone(all), func(c bot.Command) bool { return c.Message || c.Hidden })
}

// spokenOf finds commands in a text that Slack holds the short names of.
var spokenOf = regexp.MustCompile("(^|[\\s(\"“`])/(" + strings.Join(held, "|") + ")\\b")

// renamed is a text with the names that its commands have in Slack.
func renamed(s string) string {
	if !strings.Contains(s, "/") {
		return s
	}
	return spokenOf.ReplaceAllString(s, "$1/"+namePrefix+"$2")
}
