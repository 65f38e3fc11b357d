package discord

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/bwmarrin/discordgo"

	"silkwire/bot"
	"silkwire/bot/layout"
)

// row is buttons, or one menu, while their ids are to come.
type row struct {
	buttons []*discordgo.Button
	menu    *discordgo.SelectMenu
}

// rows are what can be pressed below a reply. left is how many facts the next pages
// tell. Where the ids have no room for what they are to ask, the suggestions go
// first, then the ratings, then all but the pages.
func (d drawing) rows(left int) []discordgo.MessageComponent {
	for _, some := range []func(*carrier) []row{
		func(c *carrier) []row {
			return slices.Concat(d.pages(c, left), d.itself(c), d.further(c), d.menus(c), d.facts(c))
		},
		func(c *carrier) []row { return slices.Concat(d.pages(c, left), d.itself(c), d.facts(c)) },
		func(c *carrier) []row {
			unrated := d
			unrated.reply.Ratings = nil
			return slices.Concat(d.pages(c, left), unrated.itself(c), d.menus(c), d.facts(c))
		},
		func(c *carrier) []row { return d.pages(c, left) },
	} {
		c := &carrier{}
		rows := some(c)
		rows = rows[:min(len(rows), maxRows)]
		c.keep(rows)
		if c.finish() {
			return components(rows)
		}
	}
	return nil
}

// keep forgets the ids of what is not shown: nothing may be carried in them. Ids were
// asked for in the order of the rows.
func (c *carrier) keep(rows []row) {
	shown := 0
	for _, r := range rows {
		shown += len(r.buttons)
		if r.menu != nil {
			shown++
		}
	}
	c.refs, c.set = c.refs[:shown], c.set[:shown]
}

func components(rows []row) []discordgo.MessageComponent {
	var out []discordgo.MessageComponent
	for _, r := range rows {
		var inside []discordgo.MessageComponent
		for _, b := range r.buttons {
			inside = append(inside, b)
		}
		if r.menu != nil {
			inside = append(inside, r.menu)
		}
		out = append(out, discordgo.ActionsRow{Components: inside})
	}
	return out
}

// button adds a button that asks.
func (c *carrier) button(verb byte, page int, text string, style discordgo.ButtonStyle, asked layout.Asked) *discordgo.Button {
	b := &discordgo.Button{Label: labelled(text, "Open", maxButtonLabel), Style: style}
	c.add(verb, page, asked, func(id string) { b.CustomID = id })
	return b
}

// labelled is the text of a button or a menu, which Discord wants to have one.
func labelled(s, otherwise string, limit int) string {
	return layout.Shorten(cmp.Or(plain(renamed(s)), plain(otherwise), "–"), limit)
}

// pages leads to the next page and to the one before.
func (d drawing) pages(c *carrier, left int) []row {
	if d.asked.Line == "" {
		return nil
	}
	var r row
	if d.asked.Page > 0 {
		r.buttons = append(r.buttons, c.button(verbPage, d.asked.Page-1, "◀ Back", discordgo.SecondaryButton, d.asked))
	}
	if left > 0 && d.asked.Page < layout.MaxPages {
		r.buttons = append(r.buttons, c.button(verbPage, d.asked.Page+1, strconv.Itoa(left)+" more ▶", discordgo.PrimaryButton, d.asked))
	}
	if len(r.buttons) == 0 {
		return nil
	}
	return []row{r}
}

// labelShare is on the button that shows a private answer to everybody.
const labelShare = "Share"

// itself is what can be done with the reply itself.
func (d drawing) itself(c *carrier) []row {
	if d.reply.Outcome > bot.Unknown || d.asked.Page > 0 {
		return nil
	}
	var r row
	if a, found := layout.Deeper(d.reply); found {
		r.buttons = append(r.buttons, c.button(verbAsk, 0, layout.LabelMore, discordgo.SecondaryButton, layout.Asked{Line: a.Line}))
	}
	if d.asked.Line != "" && len(layout.SourcesOf(d.reply).Items) > 0 {
		r.buttons = append(r.buttons, c.button(verbSources, 0, layout.LabelSources, discordgo.SecondaryButton, d.asked))
	}
	if d.asked.Line != "" && !d.public && d.reply.Outcome == bot.Answered && d.dated() {
		r.buttons = append(r.buttons, c.button(verbShare, 0, labelShare, discordgo.PrimaryButton, d.asked))
	}
	for _, a := range d.reply.Ratings[:min(len(d.reply.Ratings), maxRowButtons-len(r.buttons))] {
		r.buttons = append(r.buttons, c.button(verbAsk, 0, a.Label, discordgo.SecondaryButton, layout.Asked{Line: a.Line}))
	}
	if len(r.buttons) == 0 {
		return nil
	}
	return []row{r}
}

// singles are the actions that ask one thing.
func (d drawing) singles() []bot.Action {
	deeper, hasDeeper := layout.Deeper(d.reply)
	var out []bot.Action
	for _, a := range slices.Concat(d.reply.Suggestions, d.reply.Actions) {
		single := !a.InMenu() && len(a.Choices) == 0 && a.Line != ""
		if single && (!hasDeeper || a.Line != deeper.Line) {
			out = append(out, a)
		}
	}
	return out
}

// further is what else can be asked: a row of buttons, or a menu.
func (d drawing) further(c *carrier) []row {
	singles := d.singles()
	if d.asked.Page > 0 || len(singles) == 0 {
		return nil
	}
	if len(singles) > maxRowButtons {
		return c.menu("Look further …", layout.AsChoices(singles))
	}
	var r row
	for _, a := range singles {
		r.buttons = append(r.buttons, c.button(verbAsk, 0, layout.Label(a), discordgo.SecondaryButton, layout.Asked{Line: a.Line}))
	}
	return []row{r}
}

// menus are the reply's own: what was meant, what can be set, whom it is for.
func (d drawing) menus(c *carrier) []row {
	var rows []row
	for _, a := range slices.Concat(d.reply.Suggestions, d.reply.Actions) {
		switch {
		case d.asked.Page > 0:
		case len(a.Choices) > 0:
			rows = append(rows, c.menu(a.Label, a.Choices)...)
		case a.Pick != bot.NoPick:
			rows = append(rows, c.chooser(a))
		}
	}
	return rows
}

// chooser is a menu of the server's own people and roles, or channels.
func (c *carrier) chooser(a bot.Action) row {
	m := &discordgo.SelectMenu{
		MenuType: discordgo.MentionableSelectMenu, MaxValues: maxOptions, Placeholder: labelled(a.Label, "Choose", maxPlaceholder),
	}
	if a.Pick == bot.PickChannels {
		m.MenuType = discordgo.ChannelSelectMenu
		m.ChannelTypes = []discordgo.ChannelType{discordgo.ChannelTypeGuildText, discordgo.ChannelTypeGuildNews, discordgo.ChannelTypeGuildForum}
	}
	c.add(verbChoose, 0, layout.Asked{Line: strings.TrimSpace(a.Line)}, func(id string) { m.CustomID = id })
	return row{menu: m}
}

// facts is the menu that opens a fact of the reply.
func (d drawing) facts(c *carrier) []row {
	if d.asked.Page > 0 {
		return nil
	}
	all := layout.Facts(d.reply)
	return c.menu(layout.OpenPrompt(all), all)
}

// menu adds a menu; what Discord takes no option for is left out, and so is a value
// that stands twice, which it refuses.
func (c *carrier) menu(prompt string, all []bot.Choice) []row {
	m := &discordgo.SelectMenu{MenuType: discordgo.StringSelectMenu, Placeholder: labelled(prompt, "Choose", maxPlaceholder)}
	for _, choice := range all {
		choice.Value = strings.ToValidUTF8(choice.Value, "\uFFFD") // as JSON does, which makes values equal
		twice := slices.ContainsFunc(m.Options, func(o discordgo.SelectMenuOption) bool { return o.Value == choice.Value })
		if choice.Value == "" || twice || layout.Length(choice.Value) > maxOptionText || len(m.Options) == maxOptions {
			continue
		}
		m.Options = append(m.Options, discordgo.SelectMenuOption{Label: labelled(choice.Label, choice.Value, maxOptionText), Value: choice.Value})
	}
	if len(m.Options) == 0 {
		return nil
	}
	c.add(verbPick, 0, layout.Asked{}, func(id string) { m.CustomID = id })
	return []row{{menu: m}}
}

// press does what a button or a menu is for. Whatever it carries comes from outside:
// it is asked like a typed line, with the rights of whoever pressed it.
func (a *Adapter) press(ctx context.Context, t *turn) {
	var around []component
	if t.i.Message != nil {
		around = t.i.Message.Components
	}
	r, asked, err := stateOf(t.i.Data.CustomID, around)
	switch {
	case err != nil:
	case r.verb == verbPick && len(t.i.Data.Values) > 0:
		asked = layout.Asked{Line: t.i.Data.Values[0]}
	case r.verb == verbPick:
		err = layout.ErrOutdated
	case r.verb == verbChoose:
		asked.Line += " " + strings.Join(t.i.Data.Values, " ")
	}
	if err != nil || asked.Line == "" || r.verb == verbForm || r.verb == verbField {
		a.opts.Log.InfoContext(ctx, "discord: an outdated or foreign button", "interaction", t.i.ID)
		a.tell(ctx, t, layout.Outdated)
		return
	}
	req := a.request(t.i, asked.Line)
	req.Visibility = bot.Private
	if r.verb == verbPage || r.verb == verbSources || r.verb == verbShare {
		req.Context = asked.Light(req.At)
		if a.core.Needs(ctx, req) != bot.Everyone {
			// What was drawn of an answer asks no command that changes something.
			a.tell(ctx, t, layout.Outdated)
			return
		}
	}
	e := exchange{req: req, reply: a.core.Dispatch(ctx, req), asked: asked}
	a.pressed(ctx, t, r.verb, e)
}

// pressed shows what a press asked for.
func (a *Adapter) pressed(ctx context.Context, t *turn, verb byte, e exchange) {
	switch verb {
	case verbShare:
		a.share(ctx, t, e)
		return
	case verbSources:
		e.reply = layout.OnlySources(e.reply)
	case verbPage:
		e.update = a.turnsPage(t.i)
	default:
		if e.reply.Form == nil { // a form carries what led to it
			e.asked = layout.Ask(e.reply.Line, e.reply.Light)
		}
	}
	e.reply.Visibility = bot.Private
	if e.update && t.i.Message.Flags&discordgo.MessageFlagsEphemeral == 0 {
		e.reply.Visibility = bot.Public
	}
	a.reply(ctx, t, e)
}

// turnsPage tells whether who pressed may turn the page of the message itself: it is the
// answer to what they asked, or theirs alone. Others get the page for themselves.
func (a *Adapter) turnsPage(i *interaction) bool {
	switch {
	case i.Message == nil:
		return false
	case i.Message.Asked != nil:
		return i.Message.Asked.User.ID == i.who().ID
	}
	return i.Message.Flags&discordgo.MessageFlagsEphemeral != 0
}

// share shows the reply to everybody, with the name of who shared it.
func (a *Adapter) share(ctx context.Context, t *turn, e exchange) {
	if e.reply.Outcome != bot.Answered {
		a.tell(ctx, t, noShare(e.reply))
		return
	}
	e.reply.Same, e.reply.Visibility = 0, bot.Public
	e.reply.Notice = bot.Join(e.reply.Notice, bot.T(" Shared by "+bot.Clean(t.i.nick())+"."))
	_ = t.reply(ctx, a.answering(t.i, e)) // its error is logged by the turn
}

// noShare says why a reply that is no answer is not shared.
func noShare(r bot.Reply) string {
	return "There is no answer to share: " + layout.ShortenWritten(r.Lead.String(), maxNotice, escape)
}
