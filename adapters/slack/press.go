package slack

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"silkwire/bot"
	"silkwire/bot/layout"
)

// What a button or a menu does. The verbs stand in action ids with a version, so
// that a press of what an older silkwire drew is recognised for what it is.
const (
	actionVersion = "v1"

	verbAsk     = "ask"     // asks its value
	verbMore    = "more"    // asks for the next page
	verbSources = "sources" // asks for the sources of the answer
	verbShare   = "share"   // asks again, for everybody
	verbPick    = "pick"    // a menu: asks the choice
	verbFind    = "find"    // a menu that completes: asks the choice
	verbFollow  = "follow"  // opens a form for the next question in a thread
)

// actionID is what Slack hands back: version, verb and a number that tells equal
// ones apart.
func actionID(verb string, n int) string { return actionVersion + "/" + verb + "/" + strconv.Itoa(n) }

// verbOf is the verb of an action id that this version drew.
func verbOf(id string) (string, bool) {
	version, rest, _ := strings.Cut(id, "/")
	verb, _, found := strings.Cut(rest, "/")
	return verb, found && version == actionVersion
}

// valueOf is what a button carries, or empty where it does not fit. A light that
// does not fit is left out.
func valueOf(a layout.Asked) string {
	for _, a := range a.Lighter() {
		b := new(bytes.Buffer)
		if err := encode(b, a); err == nil && layout.Length(b.String()) <= maxButtonValue {
			return b.String()
		}
	}
	return ""
}

func readAsked(value string) (layout.Asked, error) {
	var a layout.Asked
	if len(value) > 2*maxButtonValue || json.Unmarshal([]byte(value), &a) != nil {
		return layout.Asked{}, layout.ErrOutdated
	}
	return a, a.Check()
}

// button asks a; it is nil where there is nothing to ask, or more than a button
// carries.
func button(verb string, n int, label string, a layout.Asked) *slack.ButtonBlockElement {
	value := valueOf(a)
	if a.Line == "" || value == "" {
		return nil
	}
	return &slack.ButtonBlockElement{Type: slack.METButton, ActionID: actionID(verb, n), Text: plainText(labelled(label, "Open", maxButtonText)), Value: value}
}

// labelled is the text of a button or a menu, which Slack wants to have one.
func labelled(s, otherwise string, limit int) string {
	if s = strings.TrimSpace(plain(s)); s == "" {
		s = otherwise
	}
	return layout.Shorten(s, limit)
}

// Labels of what every answer offers.
const (
	labelShare  = "Share to channel"
	labelFollow = "Ask more"
)

// How many buttons stand in a row before they become a menu.
const rowButtons = 5

// rows are the buttons and menus below a reply, as far as there is room: those
// of the reply itself, what else can be asked, what can be looked for.
func (d drawing) rows(most size) []slack.Block {
	var blocks []slack.Block
	taken := size{}
	for _, row := range [][]slack.BlockElement{d.firstRow(), d.secondRow()} {
		var fitting []slack.BlockElement
		for _, e := range row {
			with := taken
			if with.element(e); !with.over(most) {
				taken, fitting = with, append(fitting, e)
			}
		}
		if len(fitting) > 0 {
			blocks = append(blocks, actions("", fitting...))
		}
	}
	for _, b := range d.lookUps() {
		if with := taken.plus(measure([]slack.Block{b})); !with.over(most) {
			taken, blocks = with, append(blocks, b)
		}
	}
	return blocks
}

// firstRow is what can be done with the reply itself.
func (d drawing) firstRow() []slack.BlockElement {
	if d.surface != onMessage || d.reply.Outcome > bot.Unknown {
		return nil
	}
	var row []slack.BlockElement
	add := func(b *slack.ButtonBlockElement) {
		if b != nil {
			row = append(row, b)
		}
	}
	if a, found := layout.Deeper(d.reply); found {
		add(button(verbAsk, 0, layout.LabelMore, layout.Asked{Line: a.Line}))
	}
	again := d.asked
	if len(layout.SourcesOf(d.reply).Items) > 0 {
		add(button(verbSources, 0, layout.LabelSources, again))
	}
	if !d.public && d.reply.Outcome == bot.Answered && len(d.reply.Used.Facts)+len(d.reply.Used.Quotes)+len(d.reply.Used.Entities) > 0 {
		share := button(verbShare, 0, labelShare, again)
		if share != nil {
			share.Style = slack.StylePrimary
		}
		add(share)
	}
	for i, a := range d.reply.Ratings {
		add(button(verbAsk, 10+i, a.Label, layout.Asked{Line: a.Line}))
	}
	if d.follow && len(d.reply.Used.Facts) > 0 {
		add(button(verbFollow, 0, labelFollow, again))
	}
	return row
}

// secondRow is what else can be asked: a few buttons, or a menu, and a menu of
// the facts that the reply tells.
func (d drawing) secondRow() []slack.BlockElement {
	var row []slack.BlockElement
	var singles []bot.Action
	deeper, hasDeeper := layout.Deeper(d.reply)
	for _, a := range slices.Concat(d.reply.Suggestions, d.reply.Actions) {
		switch {
		case a.InMenu(), hasDeeper && d.surface == onMessage && a.Line == deeper.Line:
		case len(a.Choices) > 0:
			if menu := choices(len(row), a.Label, a.Choices); menu != nil {
				row = append(row, menu)
			}
		default:
			singles = append(singles, a)
		}
	}
	if len(singles) <= rowButtons {
		for i, a := range singles {
			if b := button(verbAsk, 20+i, layout.Label(a), layout.Asked{Line: a.Line}); b != nil {
				row = append(row, b)
			}
		}
	} else if menu := choices(20, d.prompt(), layout.AsChoices(singles)); menu != nil {
		row = append(row, menu)
	}
	all := layout.Facts(d.reply)
	if facts := choices(40, layout.OpenPrompt(all), all); facts != nil && d.page == 0 {
		row = append(row, facts)
	}
	return row[:min(len(row), maxButtons)]
}

// prompt is what the menu of what can be asked says.
func (d drawing) prompt() string {
	if d.surface == onHome {
		return "Try a question …"
	}
	return "Look further …"
}

// choices is a menu; what Slack takes no option for is left out.
func choices(n int, prompt string, all []bot.Choice) *slack.SelectBlockElement {
	var options []*slack.OptionBlockObject
	for _, c := range all {
		if o := option(c); o != nil && len(options) < maxOptions {
			options = append(options, o)
		}
	}
	if len(options) == 0 {
		return nil
	}
	return &slack.SelectBlockElement{
		Type: slack.OptTypeStatic, ActionID: actionID(verbPick, n), Options: options,
		Placeholder: plainText(labelled(prompt, "Choose", maxPlaceholder)),
	}
}

func option(c bot.Choice) *slack.OptionBlockObject {
	text := strings.TrimSpace(plain(c.Label))
	if text == "" {
		text = plain(c.Value)
	}
	if c.Value == "" || text == "" || layout.Length(c.Value) > maxOptionValue {
		return nil
	}
	return &slack.OptionBlockObject{Text: plainText(layout.Shorten(text, maxOptionText)), Value: c.Value}
}

// lookUps are menus that complete while somebody types. Slack says with each
// letter which block it is typed in, so the block's id carries the line.
func (d drawing) lookUps() []slack.Block {
	var blocks []slack.Block
	for i, a := range slices.Concat(d.reply.Suggestions, d.reply.Actions) {
		if !a.Find || layout.Length(a.Line)+layout.Length(a.Typed) > maxBlockID-8 {
			continue
		}
		none := 0
		menu := &slack.SelectBlockElement{
			Type: slack.OptTypeExternal, ActionID: actionID(verbFind, i), MinQueryLength: &none,
			Placeholder: plainText(labelled(a.Label, "Type to look for it", maxPlaceholder)),
		}
		blocks = append(blocks, actions(findID(i, a), menu))
	}
	return blocks
}

// findID is the id of a block in which something is looked for: a number, the
// line's beginning, and what to start with.
func findID(n int, a bot.Action) string {
	return strconv.Itoa(n) + "|" + a.Line + "|" + a.Typed
}

// readFind takes such an id apart.
func readFind(blockID string) (line, typed string, ok bool) {
	parts := strings.SplitN(blockID, "|", 3)
	if len(parts) != 3 || !strings.HasPrefix(parts[1], "/") {
		return "", "", false
	}
	return parts[1], parts[2], true
}
