package console

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"silkwire/bot"
	"silkwire/bot/layout"
)

// Draw writes r to w as look says and returns what can be pressed, in the
// order of its numbers from 1 on: the suggestions, then the actions. It makes
// one Write and returns its error.
//
// No line is wider than look.Width, except for one that holds an address or a
// command line which is wider itself. Whatever text r holds, the output has no
// control character other than the line feed and Draw's own styles and links.
// A Form is not drawn: the Adapter asks it.
func Draw(w io.Writer, r bot.Reply, look Look) ([]bot.Action, error) {
	d := drawer{look: look}
	if d.look.Width == 0 {
		d.look.Width = plainWidth
	}
	d.look.Width = max(d.look.Width, narrowest)
	d.out.Grow(4096)

	d.title(r.Title)
	d.paragraph(r.Lead, lead)
	for _, b := range r.Blocks {
		d.block(b)
	}
	actions := slices.DeleteFunc(slices.Concat(r.Suggestions, r.Actions), bot.Action.InMenu) // Tab looks up
	d.actions(actions)
	d.paragraph(r.Notice, quiet)
	_, err := w.Write(d.out.Bytes())
	return actions, err
}

// drawer draws one reply into out.
type drawer struct {
	look Look
	out  bytes.Buffer
	open bool // a section was drawn: the next begins with a blank line

	breaker flow
	style   style // what the terminal shows at the end of out
	address string
}

// block draws one section. The kinds of bot.Block are a closed list.
func (d *drawer) block(b bot.Block) {
	switch b := b.(type) {
	case bot.Paragraph:
		d.section(b.Title)
		d.flow(d.runs(b.Text, normal), nil, nil)
	case bot.List:
		d.list(b)
	case bot.Fields:
		d.fields(b)
	case bot.Table:
		d.table(b)
	case bot.Quotes:
		d.quotes(b)
	case bot.Chart:
		d.chart(b)
	case bot.Sources:
		d.sources(b)
	}
}

// section begins a part of the reply: a blank line after the one before, and
// the heading if there is one.
func (d *drawer) section(head bot.Text) {
	if d.open {
		d.out.WriteByte('\n')
	}
	d.open = true
	if len(head) > 0 {
		d.flow(d.runs(head, heading), nil, nil)
	}
}

// title is set off by a rule where there are no colours to set it off.
func (d *drawer) title(t bot.Text) {
	lines := d.breaker.wrap(d.runs(t, title), d.look.Width)
	if len(lines) == 0 {
		return
	}
	d.section(nil)
	d.lines(lines, nil, nil)
	if !d.look.Color {
		widest := 0
		for _, l := range lines {
			widest = max(widest, l.width)
		}
		d.out.WriteString(strings.Repeat("─", min(widest, d.look.Width)))
		d.out.WriteByte('\n')
		d.open = false
	}
}

func (d *drawer) paragraph(t bot.Text, base style) {
	if runs := d.runs(t, base); len(runs) > 0 {
		d.section(nil)
		d.flow(runs, nil, nil)
	}
}

// marks are how an item's bearing on the answer shows without colours too.
var marks = [...]run{
	bot.NoMark: {text: "•"},
	bot.Pro:    {text: "+", style: rising},
	bot.Con:    {text: "−", style: falling},
}

func (d *drawer) list(l bot.List) {
	d.section(l.Title)
	numbers := len(strconv.Itoa(len(l.Items)))
	for i, item := range l.Items {
		mark := marks[min(int(item.Mark), len(marks)-1)]
		if l.Ordered {
			n := strconv.Itoa(i+1) + "."
			first := []run{{text: d.indent() + spaces(numbers+1-len(n)) + n + " "}}
			if item.Mark != bot.NoMark {
				first = append(first, mark, run{text: " "})
			}
			d.item(item, first)
			continue
		}
		d.item(item, []run{{text: d.indent()}, mark, {text: " "}})
	}
	if l.More != nil && l.More.Count > 0 {
		more := []run{{style: quiet, text: number(strconv.Itoa(l.More.Count)) + " more: "}}
		d.hang(append(more, d.command(l.More.Line)), d.indent()+"  ")
	}
}

// item draws an item's text, and below it one quiet line of evidence that ends
// with the command line which opens it.
func (d *drawer) item(item bot.Item, first []run) {
	hanging := spaces(widthOf(first))
	d.flow(d.runs(item.Text, normal), first, []run{{text: hanging}})
	detail := d.runs(item.Detail, quiet)
	// The evidence line names what opens the item; without one the command does.
	if item.Line != "" && len(detail) == 0 {
		detail = append(detail, d.command(item.Line))
	}
	d.hang(detail, hanging)
}

func (d *drawer) fields(f bot.Fields) {
	d.section(f.Title)
	names := 0
	for _, field := range f.Fields {
		names = max(names, textWidth(bot.Clean(field.Name)))
	}
	room := d.look.Width - len(d.indent()) - names - 2
	beside := names <= d.look.Width/3 && room >= 24
	for _, field := range f.Fields {
		name := bot.Clean(field.Name)
		value := d.runs(field.Value, normal)
		if beside {
			pad := spaces(names + 2 - textWidth(name))
			first := []run{{text: d.indent()}, {style: quiet, text: name}, {text: pad}}
			d.flow(value, first, []run{{text: d.indent() + spaces(names+2)}})
			continue
		}
		d.pair(name, value, d.indent())
	}
}

// pair draws "Name: value", what does not fit one step further in.
func (d *drawer) pair(name string, value []run, indent string) {
	all := append([]run{{style: quiet, text: name + ": "}}, value...)
	d.flow(all, []run{{text: indent}}, []run{{text: indent + "  "}})
}

func (d *drawer) sources(s bot.Sources) {
	if len(s.Items) == 0 {
		return
	}
	d.section(bot.T("Sources"))
	for _, item := range s.Items {
		address := safeAddress(item.Address)
		words := item.Text
		if address != "" && d.look.Links {
			words = bot.L(words.String(), address)
		}
		text := d.runs(words, normal)
		if item.Grade != "" {
			text = append(text, run{style: quiet, text: " · "}, run{style: quiet, text: bot.Clean(item.Grade), keep: true})
		}
		hanging := d.indent() + "  "
		d.flow(text, []run{{text: d.indent() + "• "}}, []run{{text: hanging}})
		if address != "" && !d.look.Links {
			d.hang([]run{{style: quiet, text: address, whole: true}}, hanging)
		}
	}
}

func (d *drawer) actions(actions []bot.Action) {
	if len(actions) == 0 {
		return
	}
	d.section(nil)
	for i, a := range actions {
		first := []run{{text: d.indent() + "• "}}
		if d.look.Press {
			n := "[" + strconv.Itoa(i+1) + "]"
			first = []run{{text: d.indent() + spaces(len(strconv.Itoa(len(actions)))+2-len(n))}, {style: code, text: n}, {text: " "}}
		}
		d.flow(d.action(a), first, []run{{text: spaces(widthOf(first))}})
	}
	if d.look.Press {
		hint := "Type its number to choose one."
		if len(actions) == 1 {
			hint = "Type 1 to choose it."
		}
		d.hang([]run{{style: quiet, text: hint}}, d.indent())
	}
}

// action is what an action says: its label and, where that does not show it,
// the command line that it asks. A menu tells how many choices it has when it
// can be pressed, else the choices.
func (d *drawer) action(a bot.Action) []run {
	label := bot.Clean(a.Label)
	runs := []run{{text: label}}
	switch {
	case len(a.Choices) > 0 && d.look.Press:
		runs = append(runs, run{style: quiet, text: " … " + strconv.Itoa(len(a.Choices)) + " choices"})
	case len(a.Choices) > 0:
		for i, c := range a.Choices {
			between := ", "
			if i == 0 {
				between = ": "
			}
			runs = append(runs, run{style: quiet, text: between}, d.command(c.Value))
		}
	case label == "":
		return []run{d.command(a.Line)}
	case a.Line != "" && !strings.Contains(label, bot.Clean(a.Line)):
		runs = append(runs, run{style: quiet, text: " · "}, d.command(a.Line))
	case strings.HasPrefix(label, "/"):
		runs[0].style, runs[0].keep, runs[0].whole = code, true, true
	}
	return runs
}

func (d *drawer) command(s string) run {
	return run{style: quietCode, text: strings.TrimSpace(bot.Clean(s)), keep: true, whole: true}
}

// spanStyles are the looks of the kinds of span.
var spanStyles = [...]style{bot.Bold: bold, bot.Quiet: quiet, bot.Code: code, bot.Link: link, bot.Entity: entity, bot.Moment: normal}

// prominent text is of one piece: only what is to be typed stands out of it.
func prominent(base style) bool { return base == title || base == lead || base == heading }

// runs are t's spans, cleaned, with the looks of their kinds.
func (d *drawer) runs(t bot.Text, base style) []run {
	if len(t) == 0 {
		return nil
	}
	runs := make([]run, 0, len(t)+4)
	for _, s := range t {
		r := run{style: base, text: bot.Clean(s.Text)}
		if s.Kind == bot.Moment && d.look.Zone != nil && !s.Time.IsZero() {
			r.text, r.keep = s.Time.In(d.look.Zone).Format("2006-01-02 15:04 MST"), true
		}
		if r.text == "" {
			continue
		}
		if own := spanStyles[min(int(s.Kind), len(spanStyles)-1)]; own != normal && (s.Kind == bot.Code || !prominent(base)) {
			r.style = own
		}
		switch s.Kind {
		case bot.Code:
			r.keep, r.whole = true, true
			if base == quiet {
				r.style = quietCode
			}
		case bot.Entity:
			r.keep = true
		case bot.Link:
			address := safeAddress(s.Target)
			if d.look.Links {
				r.address = address
				break
			}
			if address == r.text {
				r.keep, r.whole = true, true
			} else if address != "" {
				runs = append(runs, r, run{style: base, text: " ("}, run{style: quiet, text: address, keep: true, whole: true}, run{style: base, text: ")"})
				continue
			}
		}
		runs = append(runs, r)
	}
	return runs
}

// safeAddress is an http or https address as it may stand in an OSC 8 sequence
// and on a line of its own: printable ASCII only. Anything else is empty.
func safeAddress(s string) string {
	s = layout.Address(s)
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return ""
		}
	}
	return s
}

// flow draws runs wrapped, the first line after first, the others after rest;
// both are equally wide or rest is what the lines hang from. With no runs only
// a non-empty first is drawn.
func (d *drawer) flow(runs []run, first, rest []run) {
	room := d.look.Width - max(widthOf(first), widthOf(rest))
	lines := d.breaker.wrap(runs, max(room, 8))
	if len(lines) == 0 && len(first) > 0 {
		d.lines([]line{{}}, first, rest)
		return
	}
	d.lines(lines, first, rest)
}

// hang draws runs wrapped, every line after the indent; nothing if there are
// none.
func (d *drawer) hang(runs []run, indent string) {
	if len(runs) > 0 {
		prefix := []run{{text: indent}}
		d.lines(d.breaker.wrap(runs, max(d.look.Width-len(indent), 8)), prefix, prefix)
	}
}

func (d *drawer) lines(lines []line, first, rest []run) {
	for i, l := range lines {
		if i == 0 {
			d.put(first)
		} else {
			d.put(rest)
		}
		d.put(l.runs)
		d.endLine()
	}
}

func (d *drawer) put(runs []run) {
	for _, r := range runs {
		if r.text == "" {
			continue
		}
		if r.address != d.address {
			d.out.WriteString(ansi.SetHyperlink(r.address))
			d.address = r.address
		}
		if d.look.Color && r.style != d.style {
			if d.style != normal {
				d.out.WriteString(ansi.ResetStyle)
			}
			d.out.WriteString(sgr[r.style])
			d.style = r.style
		}
		d.out.WriteString(r.text)
	}
}

// endLine switches everything off, so that a line can stand alone, and drops
// blanks from its end.
func (d *drawer) endLine() {
	if d.address != "" {
		d.out.WriteString(ansi.ResetHyperlink())
		d.address = ""
	}
	if d.style != normal {
		d.out.WriteString(ansi.ResetStyle)
		d.style = normal
	}
	b := d.out.Bytes()
	d.out.Truncate(len(bytes.TrimRight(b, " ")))
	d.out.WriteByte('\n')
}

// indent sets a section's body off from its heading, where there is room.
func (d *drawer) indent() string {
	if d.look.Width < narrow {
		return ""
	}
	return "  "
}

// blanks is cut to length by spaces.
const blanks = "                                                                                "

func spaces(n int) string {
	switch {
	case n <= 0:
		return ""
	case n <= len(blanks):
		return blanks[:n]
	}
	return strings.Repeat(" ", n)
}

// number sets commas between the thousands of a decimal number; anything else
// it returns as it is.
func number(s string) string {
	digits := strings.TrimLeft(s, "+-−")
	whole, fraction, _ := strings.Cut(digits, ".")
	if len(whole) < 4 || strings.Trim(whole+fraction, "0123456789") != "" {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:len(s)-len(digits)])
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(whole[i])
	}
	b.WriteString(digits[len(whole):])
	return b.String()
}
