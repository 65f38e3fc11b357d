package discord

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"sync/atomic"

	"github.com/bwmarrin/discordgo"

	"silkwire/bot"
	"silkwire/bot/layout"
)

// openForm opens the reply's form. It carries the line that led to it, so that what
// was given already and what it is for are known when it comes back.
func (a *Adapter) openForm(ctx context.Context, t *turn, e exchange) error {
	e.asked.Line = cmp.Or(e.asked.Line, lineOf(*e.reply.Form))
	w := window{Title: labelled(e.reply.Form.Title, "silkwire", maxModalTitle)}
	c := &carrier{}
	c.add(verbForm, 0, e.asked, func(id string) { w.CustomID = id })
	open := layout.AsksFor(*e.reply.Form)
	w.Components = make([]label, min(len(open), maxModalRows))
	for i, o := range open[:len(w.Components)] {
		w.Components[i] = c.field(o, e.reply.Form.Given[o.Name])
	}
	if !c.finish() && !c.leaveWith(t.i) {
		return errors.New("what it has to carry is too long")
	}
	a.opened(t.i, w.CustomID).Store(&e.asked)
	return t.first(ctx, callback{discordgo.InteractionResponseModal, w})
}

// opened is what opened a user's form: for a client that sends the form without the
// message that it was opened from.
func (a *Adapter) opened(i *interaction, customID string) *atomic.Pointer[layout.Asked] {
	return a.forms.Get(i.who().ID+" "+customID, func() *atomic.Pointer[layout.Asked] { return new(atomic.Pointer[layout.Asked]) })
}

// lineOf is a command line that leads to a form: the command with what was given.
func lineOf(f bot.Form) string {
	var b strings.Builder
	b.WriteString("/" + strings.Join(f.Path, " "))
	for _, o := range f.Fields {
		value := f.Given[o.Name]
		if value == "" {
			continue
		}
		if o.Kind != bot.FreeText && strings.ContainsAny(value, " \t") {
			value = bot.Quote(value)
		}
		b.WriteString(" " + o.Name + ":" + value)
	}
	return b.String()
}

// asPressed is the number of a form that carries nothing: it is opened by a button of a
// message, which carries what the button asks and comes back with the form.
const asPressed = 1

// leaveWith leaves what a form would carry with the message that it is opened from.
func (c *carrier) leaveWith(i *interaction) bool {
	r, ok := readRef(i.Data.CustomID)
	if !ok || i.Message == nil || r.index < 0 {
		return false
	}
	c.refs[0].index, c.refs[0].n, c.states = r.index, asPressed, nil
	for _, r := range c.refs {
		r.piece = ""
	}
	return c.finish()
}

// field is one field of a form: a menu where the values are known, else a line or a
// box to write in.
func (c *carrier) field(o bot.Option, given string) label {
	l := label{
		Type: labelComponent, Label: labelled(layout.FieldLabel(o), o.Name, maxLabel), Description: layout.Shorten(plain(o.Summary), maxLabelText),
	}
	if all := layout.FieldChoices(o); len(all) > 0 {
		m := &menu{Type: discordgo.SelectMenuComponent, Required: o.Required}
		for _, choice := range all[:min(len(all), maxOptions)] {
			m.Options = append(m.Options, menuOption{labelled(choice.Label, choice.Value, maxOptionText), choice.Value, choice.Value == given})
		}
		c.add(verbField, 0, layout.Asked{}, func(id string) { m.CustomID = id })
		l.Component = m
		return l
	}
	in := &input{Type: discordgo.TextInputComponent, Style: discordgo.TextInputShort, Value: layout.Shorten(given, min(maxInput, bot.MaxLine/2)), Required: o.Required, Longest: bot.MaxLine / 2}
	if o.Kind == bot.FreeText || o.Long {
		in.Style = discordgo.TextInputParagraph
	}
	c.add(verbField, 0, layout.Asked{}, func(id string) { in.CustomID = id })
	l.Component = in
	return l
}

// submitted runs the command of a form. The form is asked for again by the line that
// led to it, so that its fields are what this version says they are.
func (a *Adapter) submitted(ctx context.Context, t *turn) {
	around := append([]component{{ID: t.i.Data.CustomID}}, t.i.Data.Components...)
	if r, ok := readRef(t.i.Data.CustomID); ok && r.n == asPressed && t.i.Message != nil {
		around = t.i.Message.Components
	}
	r, asked, err := stateOf(t.i.Data.CustomID, around)
	if before := a.opened(t.i, t.i.Data.CustomID).Load(); err != nil && before != nil {
		asked, err = *before, nil
	}
	if err != nil || r.verb != verbForm {
		a.outdatedForm(ctx, t)
		return
	}
	req := a.request(t.i, asked.Line)
	req.Context = asked.Light(req.At)
	form := a.core.Dispatch(ctx, req).Form
	if form == nil {
		a.outdatedForm(ctx, t)
		return
	}
	filled := a.request(t.i, "")
	filled.Call = &bot.Call{Path: form.Path, Options: fill(*form, t.i.Data.Components)}
	filled.Context = req.Context
	e := exchange{req: filled, reply: a.core.Dispatch(ctx, filled)}
	e.asked = layout.Ask(e.reply.Line, e.reply.Light)
	a.reply(ctx, t, e)
}

func (a *Adapter) outdatedForm(ctx context.Context, t *turn) {
	a.opts.Log.InfoContext(ctx, "discord: an outdated or foreign form", "interaction", t.i.ID)
	a.tell(ctx, t, "This form is from an earlier silkwire. Please close it and ask again.")
}

// fill is the options that a form gives: what it was opened with, then what stands in
// its fields, in their order. An empty field is not given unless it was emptied.
func fill(form bot.Form, components []component) map[string][]string {
	options := map[string][]string{}
	for name, value := range form.Given {
		options[name] = []string{value}
	}
	open := layout.AsksFor(form)
	n := 0
	for _, c := range components {
		c.all(func(c component) {
			if r, ok := readRef(c.ID); !ok || r.verb != verbField || n >= len(open) {
				return
			}
			name, value := open[n].Name, strings.TrimSpace(c.Value)
			n++
			if len(c.Values) > 0 {
				value = c.Values[0]
			}
			delete(options, name)
			if value != "" || form.Given[name] != "" {
				options[name] = []string{value}
			}
		})
	}
	return options
}
