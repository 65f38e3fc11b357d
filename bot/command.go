package bot

import (
	"context"
	"maps"
	"slices"
)

// Handler answers a Request. An error that is a *Fail is told to the user in
// its words; any other is logged and told as one plain sentence.
type Handler func(context.Context, Request) (Reply, error)

// Middleware wraps a Handler with one concern.
type Middleware func(Handler) Handler

// Command is declared once: every platform's menu, the help text, manifests
// and completion are made from it.
type Command struct {
	Name     string // lower case, without the slash
	Summary  string // one phrase, at most 100 characters
	Examples []string
	// Message makes it a message command, which acts on a message
	// (Request.Message) instead of being typed.
	Message bool
	// Hidden keeps it out of menus and help: it is what a button asks.
	Hidden bool
	// Steady says that its reply depends on nothing but the fact base, the words
	// and the context of the request, and what its user may do.
	Steady      bool
	Subcommands []Command
	Options     []Option
	Permit      Permission
	// Or is what lets somebody run it who lacks the Permit; 0: nothing does.
	Or     Permission
	Handle Handler
	// Local is the Summary in other languages, by their tags as Discord has them
	// (https://docs.discord.com/developers/reference#locales): "zh-CN".
	Local map[string]string
}

// OptionKind says what an option's value is.
type OptionKind uint8

// The kinds of option.
const (
	FreeText OptionKind = iota // everything that is left on the line
	Word                       // one word, or several in quotes
	WordList                   // words, separated by blanks or commas
	Integer
	YesNo
	DateText // YYYY, YYYY-MM or YYYY-MM-DD
)

// Option is one thing that a command can be given, by position or as
// name:value.
type Option struct {
	Name     string
	Summary  string
	Kind     OptionKind
	Required bool
	Named    bool // only as name:value, never by position
	Hidden   bool // in no menu and no form: it is what a button says
	Long     bool // a box of several lines in a form
	Many     bool // several values, separated by commas: a menu takes more than one
	Choices  []Choice
	Complete Completer
	Local    map[string]string // the Summary in other languages, as a Command's
}

// clone shares nothing with c that could be written to.
func (c Command) clone() Command {
	c.Examples, c.Options = slices.Clone(c.Examples), cloneOptions(c.Options)
	c.Subcommands, c.Local = slices.Clone(c.Subcommands), maps.Clone(c.Local)
	for i, sub := range c.Subcommands {
		c.Subcommands[i] = sub.clone()
	}
	return c
}

func cloneOptions(options []Option) []Option {
	options = slices.Clone(options)
	for i, o := range options {
		options[i].Choices, options[i].Local = slices.Clone(o.Choices), maps.Clone(o.Local)
	}
	return options
}

// Choice is one of an option's possible values: what is shown and what it
// stands for.
type Choice struct {
	Label string
	Value string
}

// Completer suggests values for what was typed of an option so far, best
// first. It must be fast and must not block.
type Completer func(ctx context.Context, r Request, typed string) []Choice
