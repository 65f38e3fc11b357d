package bot

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Permission is what a command needs, or the set of what a user may do. Being an
// admin of a channel says nothing of the fact base, so neither includes the other.
type Permission uint8

// The permissions.
const (
	Everyone Permission = 0
	Curator  Permission = 1 << 0 // may change the fact base
	Admin    Permission = 1 << 1 // may change the settings of a conversation
	// SpaceAdmin may change what holds in a whole workspace or server.
	SpaceAdmin Permission = 1 << 2
)

// Includes tells whether somebody who may p may do what needs the permission.
func (p Permission) Includes(needed Permission) bool { return p&needed == needed }

// User is who asks. ID is unique within its platform and workspace.
type User struct {
	ID    string
	Name  string
	Roles []string   // the platform's role ids
	May   Permission // what the adapter or the operator grants
	// Trusted is the operator at the program's own terminal or command line: not
	// limited in how much they ask.
	Trusted bool
}

// Conversation is where a request comes from and a reply goes to.
type Conversation struct {
	Platform string
	Space    string // workspace or guild
	Channel  string
	Thread   string
	// Direct says that nobody but the asker and silkwire is in it: its settings
	// are the person's own.
	Direct bool
	// Forum says that what is posted there is a post of its own, with its own thread: of
	// where a digest goes to, on Discord.
	Forum bool
}

// Context is what the conversation was about just before: a follow-up such as
// "licence?" is read in its light.
type Context struct {
	Entities []string // slugs, the main one first
	Facts    []string // ids of the facts that were shown, best first
	Question string
	At       time.Time
}

// Request is one thing that somebody asks of silkwire.
type Request struct {
	ID           string // unique in the log
	User         User
	Conversation Conversation
	// Line is what was typed: a slash command line, or a question. Adapters
	// whose platform sends typed options set Call instead.
	Line    string
	Call    *Call
	Message string // the text of the message that a message command acts on
	// Overheard is what somebody said to others: it may be answered, and is no
	// question that was left without an answer.
	Overheard bool
	// Visibility is who shall see the reply, where the asker said so.
	Visibility Visibility
	Context    Context
	At         time.Time
	Zone       *time.Location // the reader's; nil: unknown
	Locale     string         // BCP 47; empty: unknown

	// Command and Values are filled in by the Router.
	Command string // the path in words: "digest subscribe"
	Values  Values
	wrong   error // what is wrong with its options: told to who may run the command
}

// Call is a command with its options as a platform's typed form delivers them,
// or as the parser found them in a line.
type Call struct {
	Path    []string
	Options map[string][]string
	// Focused is the option that is being typed, of a Call that is to be completed.
	Focused string
}

// Values are the options of a Request, checked against the command's
// declaration: what Values hold is of the declared kind.
type Values struct{ m map[string][]string }

// NewValues wraps options that were checked already, by their names.
func NewValues(m map[string][]string) Values { return Values{m} }

// Has tells whether the option was given.
func (v Values) Has(name string) bool { return len(v.m[name]) > 0 }

// Names lists the options that were given, in the order of the alphabet.
func (v Values) Names() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(v.m)), func(name string) bool { return !v.Has(name) })
}

// Text is the option's value, or empty.
func (v Values) Text(name string) string { return strings.Join(v.m[name], " ") }

// Words are the values of a list option. The caller may keep them.
func (v Values) Words(name string) []string { return slices.Clone(v.m[name]) }

// Bool tells whether a yes-or-no option was given as yes.
func (v Values) Bool(name string) bool { return v.Has(name) && v.m[name][0] == "true" }

// Int is an integer option's value, or fallback.
func (v Values) Int(name string, fallback int) int {
	if !v.Has(name) {
		return fallback
	}
	n, err := strconv.Atoi(v.m[name][0])
	if err != nil {
		return fallback
	}
	return n
}
