package layout

import (
	"errors"
	"time"

	"silkwire/bot"
)

// Asked is how to ask something again: what a button carries. It comes back from
// outside and is checked like anything typed.
type Asked struct {
	Line     string   `json:"l"`
	Page     int      `json:"p,omitempty"`
	Entities []string `json:"e,omitempty"` // the light it was asked in
	Facts    []string `json:"f,omitempty"`
	Before   string   `json:"b,omitempty"`
}

// Ask is what asks the request of a reply again.
func Ask(line string, light bot.Context) Asked {
	return Asked{Line: line, Entities: light.Entities, Facts: light.Facts, Before: light.Question}
}

// Question is what was asked, without the command that takes questions; of
// another command's line it is empty.
func (a Asked) Question(command string) string {
	name, rest := bot.SplitLine(a.Line)
	if name != "" && name != command {
		return ""
	}
	_, rest = bot.SplitVisibility(rest)
	return rest
}

// Light is the context to ask in. Its time says that it was given.
func (a Asked) Light(now time.Time) bot.Context {
	return bot.Context{Entities: a.Entities, Facts: a.Facts, Question: a.Before, At: now}
}

// Lights is how many ways there are to carry less of the light.
const Lights = 3

// Lighter are the Lights ways to carry it, each with less of the light: all of it, the
// entities, none.
func (a Asked) Lighter() [Lights]Asked {
	return [Lights]Asked{a, {Line: a.Line, Page: a.Page, Entities: a.Entities}, {Line: a.Line, Page: a.Page}}
}

// ErrOutdated is of what a button carries and this version does not read.
var ErrOutdated = errors.New("the value is none of this version's")

// MaxPages bounds what a forged value can ask for.
const MaxPages = 200

// Check tells, with ErrOutdated, that no button of this version carries it.
func (a Asked) Check() error {
	const most = 20
	if a.Line == "" || a.Page < 0 || a.Page > MaxPages || len(a.Entities)+len(a.Facts) > most {
		return ErrOutdated
	}
	return nil
}
