package layout

import (
	"fmt"
	"slices"
	"strings"

	"silkwire/bot"
)

// Labels of what every answer offers.
const (
	LabelMore    = "More"
	LabelSources = "Sources"
)

// Outdated is what the presser of something from another version reads.
const Outdated = "This button is from an earlier silkwire, and I no longer know what it did. Please ask again, and use the buttons of the new answer."

// TooBusy is said to whom there is no room for.
const TooBusy = "I am answering many others just now. Please ask again in a moment."

// Deeper is the action that tells more of the answer.
func Deeper(r bot.Reply) (bot.Action, bool) {
	for _, a := range r.Actions {
		if strings.HasPrefix(a.Label, LabelMore) && a.Line != "" {
			return a, true
		}
	}
	for _, b := range r.Blocks {
		if l, ok := b.(bot.List); ok && l.More != nil && l.More.Count > 0 {
			return bot.Action{Label: LabelMore, Line: l.More.Line}, true
		}
	}
	return bot.Action{}, false
}

// Label is what stands on an action's button.
func Label(a bot.Action) string {
	if a.Label == "" || a.Label == "Try" {
		return a.Line
	}
	return a.Label
}

// AsChoices are actions as the choices of a menu.
func AsChoices(actions []bot.Action) []bot.Choice {
	out := make([]bot.Choice, len(actions))
	for i, a := range actions {
		out[i] = bot.Choice{Label: Label(a), Value: a.Line}
	}
	return out
}

// FactsOffered is how many facts of a reply its menu opens.
const FactsOffered = 15

// Facts are the items of the reply that open.
func Facts(r bot.Reply) []bot.Choice {
	var out []bot.Choice
	for _, b := range r.Blocks {
		l, ok := b.(bot.List)
		if !ok {
			continue
		}
		for _, item := range l.Items {
			if item.Line != "" && len(out) < FactsOffered {
				out = append(out, bot.Choice{Label: item.Text.String(), Value: item.Line})
			}
		}
	}
	return out
}

// OpenPrompt is what the menu of Facts says: not all that opens is a fact.
func OpenPrompt(all []bot.Choice) string {
	for _, c := range all {
		if !strings.HasPrefix(c.Value, "/fact ") {
			return "Open one …"
		}
	}
	return "Open a fact …"
}

// SourcesOf are the sources that a reply names.
func SourcesOf(r bot.Reply) bot.Sources {
	for _, b := range r.Blocks {
		if s, ok := b.(bot.Sources); ok {
			return s
		}
	}
	return bot.Sources{}
}

// OnlySources is the reply's sources and nothing else, one below the other.
func OnlySources(r bot.Reply) bot.Reply {
	list := bot.List{}
	for _, item := range SourcesOf(r).Items {
		text := item.Text
		if item.Address != "" {
			text = bot.L(text.String(), item.Address)
		}
		list.Items = append(list.Items, bot.Item{Text: text, Detail: bot.Q(item.Grade)})
	}
	r.Same = 0 // it says something else
	r.Title, r.Lead, r.Blocks = bot.Join(bot.T("Sources · "), r.Title), nil, []bot.Block{list}
	r.Suggestions, r.Actions, r.Ratings = nil, nil, nil
	if len(list.Items) == 0 {
		r.Lead, r.Blocks = bot.T("This answer names no source."), nil
	}
	return r
}

// Spoken reads well where only plain text is shown: the title, the lead, and the
// first statements, whole ones, in at most limit units. escape makes a line safe.
func Spoken(r bot.Reply, limit int, escape func(string) string) string {
	const roomForMore = 40
	limit -= roomForMore
	var lines []string
	for _, t := range []bot.Text{r.Title, r.Lead} {
		if s := strings.TrimSpace(t.String()); s != "" {
			lines = append(lines, s)
		}
	}
	for _, b := range r.Blocks {
		lines = append(lines, spoken(b)...)
	}
	out := ""
	for i, line := range lines {
		line = bot.Clean(line)
		written := escape(line)
		if Length(out)+Length(written) > limit {
			if out == "" {
				return ShortenWritten(line, limit, escape)
			}
			return out + fmt.Sprintf("\nand %d more.", len(lines)-i)
		}
		if out != "" {
			out += "\n"
		}
		out += written
	}
	return out
}

// spoken is what of a block is read out.
func spoken(b bot.Block) []string {
	var out []string
	switch b := b.(type) {
	case bot.Paragraph:
		if !evidence(b) && len(b.Text) > 0 {
			out = append(out, b.Text.String())
		}
	case bot.List:
		for _, item := range b.Items {
			out = append(out, item.Text.String())
		}
	case bot.Fields:
		for _, f := range b.Fields {
			out = append(out, f.Name+": "+f.Value.String())
		}
	case bot.Quotes:
		for _, row := range b.Rows {
			out = append(out, fmt.Sprintf("%s: %s %s, %s %%", row.Symbol, bot.Thousands(row.Price), row.Currency, bot.Signed(row.Change)))
		}
	case bot.Chart:
		out = append(out, b.Alt)
	case bot.Table, bot.Sources:
	}
	return out
}

// evidence tells whether a paragraph is a line of evidence, which steps back.
func evidence(p bot.Paragraph) bool {
	for _, s := range p.Text {
		if s.Kind == bot.Plain || s.Kind == bot.Bold {
			return false
		}
	}
	return len(p.Title) == 0
}

// withoutID is an item's evidence without the id at its end where the menu of
// facts opens the same: it is read by nobody and breaks the line.
func withoutID(item bot.Item) bot.Text {
	t := item.Detail
	if n := len(t); n > 0 && t[n-1].Kind == bot.Code && strings.HasSuffix(item.Line, " "+t[n-1].Text) {
		t = slices.Clone(t[:n-1])
		if n > 1 {
			t[n-2].Text = strings.TrimRight(t[n-2].Text, " ·")
		}
	}
	return t
}

// ChartOf is the first chart of a reply, which is the one that is drawn as a picture.
func ChartOf(r bot.Reply) (bot.Chart, bool) {
	for _, b := range r.Blocks {
		if c, is := b.(bot.Chart); is {
			return c, true
		}
	}
	return bot.Chart{}, false
}

// QuestionFields are the fields of a form that asks a question: the first option of
// the command that takes them.
func QuestionFields(all []bot.Command, question string) []bot.Option {
	for _, c := range all {
		if c.Name == question && len(c.Options) > 0 {
			field := c.Options[0]
			field.Complete = nil // a question is written, not chosen
			return []bot.Option{field}
		}
	}
	return nil
}

// FieldLabel is an option's name as people read it.
func FieldLabel(o bot.Option) string {
	return strings.ToUpper(o.Name[:1]) + strings.ReplaceAll(o.Name[1:], "-", " ")
}

// AsksFor are the fields of a form that are still to be filled in, or all where
// none is left or what is known is to be changed: what was given already comes back
// with them.
func AsksFor(form bot.Form) []bot.Option {
	if form.Filled {
		return form.Fields
	}
	var open []bot.Option
	for _, o := range form.Fields {
		if form.Given[o.Name] == "" {
			open = append(open, o)
		}
	}
	if len(open) == 0 {
		return form.Fields
	}
	return open
}

// FieldChoices are the values that a field's menu offers; none: it is no menu.
func FieldChoices(o bot.Option) []bot.Choice {
	if o.Kind == bot.YesNo && len(o.Choices) == 0 {
		return []bot.Choice{{Label: "Yes", Value: "true"}, {Label: "No", Value: "false"}}
	}
	return o.Choices
}
