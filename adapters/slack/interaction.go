package slack

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"silkwire/bot"
	"silkwire/bot/layout"
)

// interaction answers a press, a look-up, a shortcut or a form. Whatever it
// carries comes from outside: it is asked like a typed line, with the rights of
// whoever pressed it.
func (a *Adapter) interaction(ctx context.Context, i interaction, t *turn) {
	t.url = i.ResponseURL
	switch i.Type {
	case "block_suggestion":
		a.suggest(ctx, i, t)
	case "block_actions":
		t.ack()
		a.press(ctx, i, t)
	case "message_action":
		t.ack()
		a.shortcut(ctx, i, t)
	case "view_submission":
		a.submitted(ctx, i, t)
	default:
		t.ack()
	}
}

func (i interaction) who() person {
	return person{cmp.Or(i.User.TeamID, i.Team.ID), i.User.ID, cmp.Or(i.User.Name, i.User.Username)}
}

// where is the conversation in which something was pressed.
func (i interaction) where() bot.Conversation {
	return bot.Conversation{Channel: cmp.Or(i.Channel.ID, i.Container.ChannelID), Thread: i.thread()}
}

// thread is the thread that the pressed message stands in, or empty.
func (i interaction) thread() string {
	return cmp.Or(i.Container.ThreadTS, i.Message.ThreadTS)
}

// press does what a button or a menu is for.
func (a *Adapter) press(ctx context.Context, i interaction, t *turn) {
	if len(i.Actions) == 0 {
		return
	}
	p := i.Actions[0]
	verb, known := verbOf(p.ActionID)
	value, err := layout.Asked{Line: p.Selected.Value}, error(nil)
	if verb != verbPick && verb != verbFind {
		value, err = readAsked(p.Value)
	}
	if !known || err != nil || value.Line == "" {
		a.opts.Log.InfoContext(ctx, "slack: an outdated or foreign button", "action", layout.Shorten(p.ActionID, 40))
		a.tell(i, t, layout.Outdated)
		return
	}
	if verb == verbFollow {
		a.later(func(ctx context.Context) { a.follow(ctx, i, t, value) })
		return
	}
	req := a.request(i.who(), i.where(), value.Line)
	if verb == verbMore || verb == verbSources || verb == verbShare {
		req.Context = value.Light(req.At)
	}
	req.Visibility = bot.Private
	if !req.Context.At.IsZero() && a.core.Needs(ctx, req) != bot.Everyone {
		// What was drawn of an answer asks no command that changes something.
		a.tell(i, t, layout.Outdated)
		return
	}
	a.withRights(ctx, i.who(), req, t, func(ctx context.Context, req bot.Request) {
		e := exchange{req: req, reply: a.core.Dispatch(ctx, req), asked: value, trigger: i.TriggerID, thread: i.thread()}
		a.pressed(verb, i, e, t)
	})
}

// pressed shows what a press asked for, where it was pressed.
func (a *Adapter) pressed(verb string, i interaction, e exchange, t *turn) {
	switch {
	case verb == verbShare:
		a.laterPost(func(ctx context.Context) { a.share(ctx, i, e, t) })
		return
	case verb == verbSources:
		e.reply = layout.OnlySources(e.reply)
	case verb != verbMore:
		e.asked = layout.Ask(e.reply.Line, e.reply.Light)
	}
	switch {
	case i.View.Type == "":
		e.reply.Visibility = bot.Private
		a.reply(e, t)
	case e.reply.Form != nil:
		a.reply(e, t)
	case i.View.Type == "home" && a.changesSettings(e.req.Line):
		a.later(func(ctx context.Context) {
			a.publishHome(ctx, i.who(), i.where().Channel, e.reply.Lead.String())
		})
	default:
		a.later(func(ctx context.Context) { a.inModal(ctx, i, e) })
	}
}

// changesSettings tells whether a line's answer is best seen in App Home itself.
func (a *Adapter) changesSettings(line string) bool {
	name, _ := bot.SplitLine(line)
	return name == "settings"
}

// tell says a sentence to whoever pressed: by the message's response_url, or in a
// modal where there is none.
func (a *Adapter) tell(i interaction, t *turn, sentence string) {
	a.later(func(ctx context.Context) {
		if t.url != "" {
			a.say(ctx, t, sentence)
			return
		}
		a.inModal(ctx, i, exchange{reply: bot.Reply{Lead: bot.T(sentence), Outcome: bot.Misused}})
	})
}

// share posts the reply for everybody: by the Web API where the bot may post, whose
// messages can be changed later, else by the response_url; and says which.
func (a *Adapter) share(ctx context.Context, i interaction, e exchange, t *turn) {
	if e.reply.Outcome != bot.Answered {
		a.say(ctx, t, "There is no answer to share: "+escape(e.reply.Lead.String()))
		return
	}
	e.reply.Visibility = bot.Public
	d := a.drawing(e, true)
	d.reply.Same = 0 // it names who shared it
	d.reply.Notice = bot.Join(d.reply.Notice, bot.T(" Shared by "+i.who().name+"."))
	to := place{channel: i.where().Channel, thread: i.thread()}
	ts, err := a.post(ctx, to, d)
	if err == nil {
		a.shared(e, to, ts)
		a.illustrate(d, a.inPosted(to, ts, d))
		a.say(ctx, t, "Shared.")
		return
	}
	code := codeOf(err)
	a.opts.Log.InfoContext(ctx, "slack: not shared by the Web API", "request", e.req.ID, "error", clean(err))
	if !slices.Contains([]string{"not_in_channel", "channel_not_found"}, code) {
		a.say(ctx, t, a.whyNotPosted(code))
		return
	}
	d.modern, d.native = !a.classic.Load(), a.native.Load()
	if err := a.respond(ctx, t.url, t.born, a.render(d, true, to.thread)); err != nil {
		a.opts.Log.WarnContext(ctx, "slack: not shared", "request", e.req.ID, "error", clean(err))
		a.say(ctx, t, a.whyNotPosted(code))
		return
	}
	a.illustrate(d, a.below(t, true, to.thread))
	a.say(ctx, t, "Shared by Slack's reply link, because I am not in this channel: a copy of that kind cannot be changed later. `/invite @"+escape(a.name())+"` lets me in.")
}

// shortcut answers the message command about a message.
func (a *Adapter) shortcut(ctx context.Context, i interaction, t *turn) {
	c := slices.IndexFunc(a.core.Commands(), func(c bot.Command) bool { return c.Message && c.Name == i.CallbackID })
	if c < 0 {
		a.opts.Log.InfoContext(ctx, "slack: a shortcut that is not known", "callback", layout.Shorten(i.CallbackID, 40))
		a.tell(i, t, "I no longer know this shortcut. Please tell whoever runs silkwire to install the app again with `silkwire slack manifest`.")
		return
	}
	req := a.request(i.who(), i.where(), "")
	req.Call = &bot.Call{Path: []string{i.CallbackID}}
	req.Message = typedText(i.Message.Text)
	reply := a.core.Dispatch(ctx, req)
	reply.Visibility = bot.Private
	if len(reply.Title) == 0 && reply.Outcome <= bot.Unknown {
		reply.Title = bot.T("About this message")
	}
	reply.Same = 0 // its title is its own
	line := ""
	if text := strings.TrimSpace(req.Message); len(text) <= maxAskedAgain {
		line = "/" + a.opts.Question + " " + text
	}
	a.reply(exchange{req: req, reply: reply, asked: layout.Ask(line, reply.Light), trigger: i.TriggerID, thread: i.thread()}, t)
}

// maxAskedAgain is up to how many bytes of a message the question about it is the
// same as the message command's.
const maxAskedAgain = 1000

// suggest answers a look-up while somebody types. It is never late and never
// fails visibly: where nothing is found the menu says so itself.
func (a *Adapter) suggest(ctx context.Context, i interaction, t *turn) {
	options := []*slack.OptionBlockObject{}
	if line, ok := a.lookedFor(i); ok {
		found := a.core.Complete(ctx, a.request(i.who(), i.where(), line))
		for _, c := range found.Choices {
			value := line[:found.From] + c.Value // the choice is asked as a whole line
			if i.inForm() {
				value = strings.Trim(c.Value, `"`)
			}
			if o := option(bot.Choice{Label: c.Label, Value: value}); o != nil && len(options) < maxOptions {
				options = append(options, o)
			}
		}
	}
	// Its error is logged by the turn.
	_ = t.ackWith(struct {
		Options []*slack.OptionBlockObject `json:"options"`
	}{options})
}

// inForm tells whether a look-up belongs to a field of a form.
func (i interaction) inForm() bool { return i.View.Callback == formCallback }

// lookedFor is the command line that is completed.
func (a *Adapter) lookedFor(i interaction) (string, bool) {
	if i.inForm() {
		meta, err := readMeta(i.View.Metadata)
		name := strings.TrimPrefix(i.BlockID, fieldPrefix)
		return "/" + strings.Join(meta.Path, " ") + " " + name + ":" + i.Value, err == nil
	}
	line, typed, ok := readFind(i.BlockID)
	if i.Value != "" {
		typed = i.Value
	}
	return line + typed, ok
}
