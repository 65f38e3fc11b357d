package slack

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"silkwire/bot"
	"silkwire/bot/layout"
)

// receive hands an envelope to the workers. It is called by a connection's reader
// and waits for none of them.
func (a *Adapter) receive(ctx context.Context, s *socket, f frame) {
	send := func(payload any) error { return s.ack(f.EnvelopeID, payload) }
	a.deliver(ctx, delivery{kind: f.Type, id: f.EnvelopeID, payload: f.Payload, attempt: f.Attempt}, send)
}

// delivery is one thing that Slack delivered, by whichever wire.
type delivery struct {
	kind    string // slash_commands, events_api or interactive
	id      string // the envelope's; empty over HTTP, where Slack sends none
	payload []byte // JSON
	attempt int
}

// deliver answers a delivery once, over whichever connection it comes, and says
// so where too much is in hand. It is false for an event that was not taken: Slack
// delivers it again, and is the only one who waits.
func (a *Adapter) deliver(ctx context.Context, d delivery, send func(any) error) bool {
	if d.id != "" && !a.seen.Add(d.id) {
		// It was taken before, and that one answers.
		_ = send(nil)
		return true
	}
	t := a.take(send, "")
	answer := func(ctx context.Context) { a.answer(ctx, d, t) }
	if d.kind == "events_api" {
		if a.fast.Put(answer) {
			return true
		}
		a.opts.Log.WarnContext(ctx, "slack: too much waits, an event was not taken")
		t.abandon()
		a.seen.Remove(d.id)
		return false
	}
	if !a.fast.Offer(t.waited, answer, func(ctx context.Context) { a.shed(ctx, d, t) }) {
		a.shed(ctx, d, t)
	}
	return true
}

// shed tells whoever asked that too much is in hand: about a slash command in its
// acknowledgement, about a form in the form, about a press behind it.
func (a *Adapter) shed(ctx context.Context, d delivery, t *turn) {
	a.opts.Log.WarnContext(ctx, "slack: too much waits, a delivery was dropped", "type", d.kind)
	if d.kind == "slash_commands" {
		// Its error is logged by the turn.
		_ = t.ackWith(sentenceTo(layout.TooBusy))
		return
	}
	var i interaction
	if err := json.Unmarshal(d.payload, &i); err != nil {
		t.ack()
		return
	}
	if fields := slices.Sorted(maps.Keys(i.View.State.Values)); i.Type == "view_submission" && len(fields) > 0 {
		// What was typed stays. Its error is logged by the turn.
		_ = t.ackWith(slack.NewErrorsViewSubmissionResponse(map[string]string{fields[0]: layout.TooBusy}))
		return
	}
	t.ack()
	if t.url = i.ResponseURL; t.url != "" {
		a.later(func(ctx context.Context) { a.say(ctx, t, layout.TooBusy) })
	}
}

// answer does the work of one delivery. A panic ends that delivery and nothing
// else.
func (a *Adapter) answer(ctx context.Context, d delivery, t *turn) {
	defer func() {
		if p := recover(); p != nil {
			a.opts.Log.With(bot.Panic(p)).ErrorContext(ctx, "slack: a delivery broke", "type", d.kind)
			t.ack()
		}
	}()
	var err error
	switch d.kind {
	case "slash_commands":
		var c slack.SlashCommand
		if err = json.Unmarshal(d.payload, &c); err == nil {
			a.command(ctx, c, t)
		}
	case "events_api":
		t.ack() // it says nothing but that the event came
		var o outer
		if err = json.Unmarshal(d.payload, &o); err == nil {
			err = a.event(o, d.attempt)
		}
	case "interactive":
		var i interaction
		if err = json.Unmarshal(d.payload, &i); err == nil {
			a.interaction(ctx, i, t)
		}
	default:
		a.opts.Log.InfoContext(ctx, "slack: a delivery of a kind that is not known", "type", d.kind)
		t.ack()
	}
	if err != nil {
		a.opts.Log.WarnContext(ctx, "slack: a delivery that cannot be read", "type", d.kind, "bytes", len(d.payload))
		t.ack()
	}
}

// person is who asks, by Slack's ids. Of somebody of another workspace, in a
// channel that is shared, the team is theirs.
type person struct{ team, id, name string }

// request is a Request of Slack's.
func (a *Adapter) request(p person, c bot.Conversation, line string) bot.Request {
	c.Platform, c.Space, c.Direct = "slack", a.space(p), isDirect(c.Channel)
	return bot.Request{
		ID: "slack-" + a.number(), User: bot.User{ID: p.id, Name: bot.Clean(p.name), May: a.granted(p, c)},
		Conversation: c, Line: line, At: a.opts.Now(),
	}
}

// space is the workspace that the app is installed in, whosever a delivery is: its
// settings hold for a channel that is shared with another.
func (a *Adapter) space(p person) string {
	select {
	case <-a.me:
		return a.self.TeamID
	default:
		return p.team
	}
}

// name is what the app is called in the workspace.
func (a *Adapter) name() string {
	select {
	case <-a.me:
		return a.self.User
	default:
		return "silkwire"
	}
}

// command answers a slash command.
func (a *Adapter) command(ctx context.Context, c slack.SlashCommand, t *turn) {
	t.url = c.ResponseURL
	who := person{c.TeamID, c.UserID, c.UserName}
	req := a.request(who, bot.Conversation{Channel: c.ChannelID}, a.typed(c.Command, c.Text))
	a.withRights(ctx, who, req, t, func(ctx context.Context, req bot.Request) {
		reply := a.core.Dispatch(ctx, req)
		a.reply(exchange{req: req, reply: reply, asked: layout.Ask(reply.Line, reply.Light), trigger: c.TriggerID}, t)
	})
}

// withRights goes on with a request once its user's rights are known. Slack is
// asked for them only where they matter, by workers that may wait for it.
func (a *Adapter) withRights(ctx context.Context, p person, req bot.Request, t *turn, then func(context.Context, bot.Request)) {
	if !a.lacksRights(ctx, req) {
		then(ctx, req)
		return
	}
	asked := a.later(func(ctx context.Context) {
		err := a.grant(ctx, p, &req)
		if err != nil && codeOf(err) != "missing_scope" {
			a.say(ctx, t, "I could not ask Slack just now whether you may do that. Please try again in a minute.")
			return
		}
		then(ctx, req)
	})
	if !asked {
		a.say(ctx, t, layout.TooBusy)
	}
}

// sentenceTo is a sentence that the asker alone sees. It is mrkdwn.
func sentenceTo(sentence string) rendered {
	return (&message{ResponseType: ephemeral, Text: sentence}).render()
}

// say tells the asker a sentence.
func (a *Adapter) say(ctx context.Context, t *turn, sentence string) {
	if err := t.respond(ctx, sentenceTo(sentence)); err != nil {
		a.opts.Log.WarnContext(ctx, "slack: an answer was lost", "error", clean(err))
	}
}

// exchange is a request with its reply, on the way out.
type exchange struct {
	req     bot.Request
	reply   bot.Reply
	asked   layout.Asked
	trigger string // opens a form within three seconds
	thread  string // where a message that was pressed stands
}

// drawing is how the exchange is drawn in a message.
func (a *Adapter) drawing(e exchange, public bool) drawing {
	if public { // what was asked before may have been asked in private
		e.asked.Before = ""
	}
	return drawing{
		reply: e.reply, asked: e.asked, command: a.opts.Question, page: e.asked.Page, public: public,
		modern: !a.classic.Load(), native: a.native.Load(), pictures: a.mayDraw(), at: e.req.At,
	}
}

// reply answers whoever asked, privately unless the reply is public, or opens the
// form that the reply has.
func (a *Adapter) reply(e exchange, t *turn) {
	if e.reply.Form != nil && e.reply.Form.Wrong == "" && e.trigger != "" {
		opened := a.later(func(ctx context.Context) {
			if err := a.openForm(ctx, e, t); err != nil {
				a.opts.Log.InfoContext(ctx, "slack: the form was not opened", "error", clean(err))
				a.show(e, t)
			}
		})
		if opened {
			return
		}
	}
	a.show(e, t)
}

// show sends the reply as a message.
func (a *Adapter) show(e exchange, t *turn) {
	public := e.reply.Visibility == bot.Public
	d := a.drawing(e, public)
	m := a.render(d, public, e.thread)
	if err := t.ackWith(m); err == nil {
		a.illustrate(d, a.below(t, public, e.thread))
		return
	}
	send := func(ctx context.Context) {
		err := a.respond(ctx, t.url, t.born, m)
		for a.fallBack(err, d) {
			d.modern, d.native = !a.classic.Load(), a.native.Load()
			err = a.respond(ctx, t.url, t.born, a.render(d, public, e.thread))
		}
		if err != nil {
			a.opts.Log.WarnContext(ctx, "slack: an answer was lost", "request", e.req.ID, "error", clean(err))
			return
		}
		a.illustrate(d, a.below(t, public, e.thread))
	}
	if !a.later(send) {
		a.opts.Log.Warn("slack: an answer was lost", "request", e.req.ID)
	}
}

func asMessage(d drawn, public bool) *message {
	m := &message{ResponseType: ephemeral, Text: d.text, Blocks: d.blocks}
	if public {
		m.ResponseType = inChannel
	}
	return m
}

// typed is a slash command as a line. A command that is registered under a longer
// name because Slack holds the short one is known by either.
func (a *Adapter) typed(command, text string) string {
	command = strings.TrimPrefix(command, "/")
	if short, found := strings.CutPrefix(command, namePrefix); found {
		command = short
	}
	return strings.TrimSpace("/" + command + " " + typedText(text))
}

// links are Slack's marks for what somebody typed: users, channels, addresses.
var links = regexp.MustCompile(`<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>`)

// typedText is what somebody typed, from what Slack made of it. Of a user their
// id is left, which is what /settings takes.
func typedText(s string) string {
	if strings.Contains(s, "<") {
		s = links.ReplaceAllStringFunc(s, func(mark string) string {
			m := links.FindStringSubmatch(mark)
			switch {
			case m[1] == "@":
				return m[2]
			case m[1] == "#" && m[3] != "":
				return "#" + m[3]
			case m[1] == "" && m[3] != "" && !strings.Contains(m[2], m[3]):
				return m[3] + " " + m[2]
			case m[1] == "!":
				return m[3]
			}
			return m[2]
		})
	}
	return unescape(s)
}
