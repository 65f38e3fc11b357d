package bot

import (
	"fmt"
	"slices"
	"time"
)

// Outcome says how a request ended, so that adapters, metrics and exit codes
// need not read the words.
type Outcome uint8

// The outcomes.
const (
	Answered Outcome = iota
	Unknown          // nothing is known; Suggestions hold the nearest topics
	Misused          // the command does not exist or its options are wrong
	Denied           // the user may not
	Limited          // too many requests
	Broken           // an error on our side; it was logged with the request's id
)

// String is the outcome's name in logs.
func (o Outcome) String() string {
	return [...]string{"answered", "unknown", "misused", "denied", "limited", "broken"}[o]
}

// Visibility says who sees a reply. Default leaves it to the platform's custom
// and the channel's setting.
type Visibility uint8

// The visibilities.
const (
	Default Visibility = iota
	Private            // the asker only
	Public             // everybody in the conversation
)

var visibilityNames = [...]string{"default", "private", "public"}

// String is the word for the visibility in commands and in the store.
func (v Visibility) String() string { return visibilityNames[v] }

// MarshalText is String. It returns no error.
func (v Visibility) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what MarshalText wrote and refuses any other word.
func (v *Visibility) UnmarshalText(text []byte) error {
	i := slices.Index(visibilityNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("no visibility is called %q", text)
	}
	*v = Visibility(i)
	return nil
}

// Reply is one answer: a small document that every adapter draws in its
// platform's own way.
type Reply struct {
	Title  Text
	Lead   Text // the sentence that answers
	Blocks []Block
	Notice Text // said once, quietly, at the end
	// Suggestions are the nearest things that are known, to be pressed when
	// there is no answer or after one. Actions are what can be done with the
	// reply itself.
	Suggestions []Action
	Actions     []Action
	// Ratings are what a reader can say of the reply. They are drawn as buttons
	// where there are some, and left out elsewhere.
	Ratings []Action
	// Form asks for what was missing; its submission is a command line.
	Form       *Form
	Visibility Visibility
	Outcome    Outcome
	// Bearing is how what is told bears on the ticker that it is about.
	Bearing Bearing
	Used    Used
	// Light is what the conversation was about when the request was read. Asking
	// the same again in this light gives the same reply.
	Light Context
	// Line is what was asked, as it is asked again: without who shall see it, and
	// of a filled form the line that says the same.
	Line string
	// Ping is the id of a role that an admin chose to be rung by it: a digest's, where the
	// platform has roles. Nothing else rings anybody.
	Ping string
	// Personal says that somebody else would get another reply to the same request.
	Personal bool
	// Same is equal in two replies that say the same in the same words, and zero
	// where nobody knows: what was drawn of one serves for the other.
	Same uint64
}

// Bearing says whether something helps or hurts what it is told of.
type Bearing uint8

// The bearings.
const (
	NoBearing Bearing = iota // nothing is told of a ticker, or of several
	Helps
	Hurts
	BothWays
)

// Used tells what a reply was made from: a digest, a correction, a script or
// the next question needs it.
type Used struct {
	Facts    []Use // fact ids, best first
	Entities []Use // slugs, best first
	Quotes   []string
	Revision uint64 // of the fact base; 0: it was not asked
}

// Use is a fact or an entity with its score between 0 and 1.
type Use struct {
	ID    string
	Score float64
}

// Block is a part of a Reply's body. The list of kinds is closed, and every
// adapter draws them all.
type Block interface{ block() }

// Paragraph is running text.
type Paragraph struct {
	Title Text
	Text  Text
}

// List is items one below the other.
type List struct {
	Title   Text
	Items   []Item
	Ordered bool
	More    *More // what was left out
}

// More says how many items were left out and which command line shows them.
type More struct {
	Count int
	Line  string
}

// Mark says how an item bears on the answer.
type Mark uint8

// The marks.
const (
	NoMark Mark = iota
	Pro
	Con
)

// Item is one entry of a List: its text, the evidence line below it, and the
// command line that opens it.
type Item struct {
	Mark   Mark
	Text   Text
	Detail Text
	Line   string
}

// Fields are short names with their values.
type Fields struct {
	Title  Text
	Fields []Field
}

// Field is one name with its value.
type Field struct {
	Name  string
	Value Text
}

// Table is rows of cells under column heads; every row has as many cells as
// there are columns.
type Table struct {
	Title   Text
	Columns []Column
	Rows    [][]Text
}

// Column is a table column; figures are aligned right.
type Column struct {
	Name  string
	Right bool
}

// Quotes is prices with their change, always with the time and the source.
type Quotes struct {
	Title  Text
	Rows   []QuoteRow
	AsOf   string
	Source Text
}

// QuoteRow is one price. Price and Change are decimal digits exactly as the
// source gives them; Change is in percent and signed, and empty where it is not known.
type QuoteRow struct {
	Symbol   string
	Name     string
	Price    string
	Currency string
	Change   string
	Line     string
}

// ChartKind says how a Chart is shown.
type ChartKind uint8

// The kinds of chart.
const (
	Bars     ChartKind = iota // a bar for each point of one series, under its label
	Line                      // figures over time, with the events marked on them
	Timeline                  // events over time, and no figures
)

// Chart is a picture of figures, of events, or of both. Alt says in words what it
// shows, for whoever does not see it.
type Chart struct {
	Kind   ChartKind
	Title  Text
	Unit   string
	Series []Series
	Events []Event // in the order of time
	Note   string  // said quietly: how new the figures are, and what was left out
	Alt    string
}

// Series is one line or one set of bars of a Chart.
type Series struct {
	Name   string
	Points []Point
}

// Point is one value of a Series under its label.
type Point struct {
	Label   string
	Value   float64
	At      time.Time // of a Line
	Bearing Bearing   // colours a bar
	Names   []string  // what a bar counts, the first ones first
}

// Event is something that happened, as it stands on a chart: when in words that are as
// exact as what is known, what it is in a few words, and more of it where there is room.
// Without a Label the Detail says what it is.
type Event struct {
	At     time.Time
	When   string
	Label  string
	Detail string
}

// Sources is where the answer comes from.
type Sources struct {
	Items []SourceItem
}

// SourceItem is one source: what it is, down to section and paragraph, its
// address or none, and how good it is in a word.
type SourceItem struct {
	Text    Text
	Address string
	Grade   string
}

func (Paragraph) block() {}
func (List) block()      {}
func (Fields) block()    {}
func (Table) block()     {}
func (Quotes) block()    {}
func (Chart) block()     {}
func (Sources) block()   {}

// Action is a button, or a menu where it has Choices, under a Reply. It
// carries a command line, so pressing it is asking it. A menu's choice carries
// its own line as its Value.
//
// With Find its Line is the beginning of a command line whose option is looked
// for while somebody types it, Typed to begin with: a menu that completes, where
// the platform has those, and left out elsewhere. The choices are those of
// Router.Complete.
//
// With Pick it is a menu of the platform's own people or channels, of which several
// may be chosen: their ids are put behind the Line, with blanks between them. It is
// left out where the platform has no such menu.
type Action struct {
	Label   string
	Line    string
	Choices []Choice
	Find    bool
	Typed   string // what the look-up starts with
	Pick    PickKind
}

// InMenu tells whether the action is of use only in a menu of the platform's own: one
// that completes, or one of its people or channels.
func (a Action) InMenu() bool { return a.Find || a.Pick != NoPick }

// PickKind says what is chosen from a platform's own menu.
type PickKind uint8

// What is chosen.
const (
	NoPick       PickKind = iota
	PickMembers           // people and roles
	PickChannels          // channels of the server
)

// Form is named fields that somebody fills in: a modal on platforms that have
// them, prompts in a terminal. Its submission invokes the command at Path with
// one option for each field.
type Form struct {
	Title  string
	Path   []string
	Fields []Option
	Given  map[string]string // what is known already, by field name
	// Filled says that what is known is shown in its fields, to be changed; else those
	// fields are not asked for again.
	Filled bool
	// Wrong is the field that what was sent fails for. Such a form is not opened of its
	// own accord: the reply says what is wrong, and what leads back to it is among its
	// suggestions.
	Wrong string
}
