package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"silkwire/bot"
	deliveries "silkwire/bot/delivery"
	"silkwire/bot/layout"
	"silkwire/bot/work"
)

// event answers an event of the Events API. A second delivery of one that was
// taken is answered by nobody.
func (a *Adapter) event(o outer, attempt int) error {
	if o.Type == "app_rate_limited" {
		a.opts.Log.Warn("slack: more than 30,000 events an hour, Slack holds some back")
		return nil
	}
	var e event
	if err := json.Unmarshal(o.Event, &e); err != nil {
		return fmt.Errorf("read event: %w", err)
	}
	if o.EventID != "" && !a.seen.Add("event "+o.EventID) {
		return nil
	}
	if attempt > 0 {
		a.opts.Log.Info("slack: an event came again and had not been taken", "type", e.Type, "attempt", attempt)
	}
	switch e.Type {
	case "app_mention":
		a.mention(o.TeamID, e)
	case "message":
		a.spoken(o.TeamID, e)
	case "app_home_opened":
		if e.Tab == "home" || e.Tab == "" {
			a.later(func(ctx context.Context) { a.publishHome(ctx, person{o.TeamID, e.User, ""}, e.Channel, "") })
		}
	case "assistant_thread_started":
		a.later(func(ctx context.Context) { a.greet(ctx, o.TeamID, e) })
	}
	return nil
}

// fromPerson tells whether a message is somebody's own, as it was first sent: no
// bot's, no edit, nothing that Slack itself says.
func fromPerson(e event) bool {
	said := e.SubType == "" || e.SubType == "file_share" || e.SubType == "thread_broadcast"
	return e.BotID == "" && e.User != "" && said && (len(e.Edited) == 0 || string(e.Edited) == "null")
}

// mention answers in the thread of the message that names the bot.
func (a *Adapter) mention(team string, e event) {
	if !fromPerson(e) || !a.seen.Add("message "+e.Channel+" "+e.TS) {
		return
	}
	a.laterPost(func(ctx context.Context) { a.inThread(ctx, team, e, false) })
}

// spoken answers a direct message; a message in a thread that silkwire speaks in,
// where the app may read it; and nothing else.
func (a *Adapter) spoken(team string, e event) {
	direct := e.ChannelType == "im"
	follows := a.opts.ReadChannels && e.ThreadTS != "" && a.threads.Has(place{channel: e.Channel, thread: e.ThreadTS}.conversation())
	if !fromPerson(e) || !direct && !follows {
		return
	}
	// The mention in a channel is an event of its own: whichever comes first answers.
	if a.seen.Add("message " + e.Channel + " " + e.TS) {
		a.laterPost(func(ctx context.Context) { a.inThread(ctx, team, e, !direct) })
	}
}

// inThread answers a message in its thread. Overheard is one that names nobody: it
// is answered only where there is an answer, because two people may be talking.
func (a *Adapter) inThread(ctx context.Context, team string, e event, overheard bool) {
	me, err := a.whoami(ctx)
	if err != nil || e.User == me.UserID {
		return
	}
	overheard = overheard && !strings.Contains(e.Text, "<@"+me.UserID)
	who := person{cmp.Or(e.UserTeam, team), e.User, ""}
	thread, direct := cmp.Or(e.ThreadTS, e.TS), e.ChannelType == "im"
	where := bot.Conversation{Channel: e.Channel, Thread: thread}
	if direct && !a.opts.Assistant {
		where.Thread = "" // the whole direct message is one conversation
	}
	if direct && a.opts.Assistant && e.ThreadTS != "" {
		a.status(ctx, e)
	}
	req := a.request(who, where, addressed(e.Text, me.UserID))
	req.Overheard = overheard
	if a.lacksRights(ctx, req) {
		_ = a.grant(ctx, who, &req) // the command itself says what it needs
	}
	reply := a.core.Dispatch(ctx, req)
	if overheard && reply.Outcome != bot.Answered {
		return
	}
	to := place{channel: e.Channel, thread: thread}
	if reply.Visibility == bot.Private && !direct {
		to.user = e.User
	}
	answered := exchange{req: req, reply: reply, asked: layout.Ask(reply.Line, reply.Light)}
	d := a.drawing(answered, to.public())
	d.thread, d.follow = !direct, to.public() && !direct
	a.threads.Add(to.conversation())
	ts, err := a.postReply(ctx, to, d, "reply "+e.TS)
	if err != nil {
		a.opts.Log.WarnContext(ctx, "slack: an answer was not posted", "request", req.ID, "error", clean(explainToken(err, "SLACK_BOT_TOKEN")))
		if !overheard {
			a.regret(ctx, place{channel: e.Channel, thread: e.ThreadTS, user: e.User}, err)
		}
		return
	}
	if to.public() {
		a.shared(answered, to, ts)
	}
	a.illustrate(d, a.inPosted(to, ts, d))
	a.opts.Log.DebugContext(ctx, "slack: posted", "request", req.ID, "channel", e.Channel, "ts", ts)
}

// postReply is post for what somebody waits for. Where Slack may have posted it or not, it
// is looked for by its mark, if the app may read there, and posted again if it is missing.
func (a *Adapter) postReply(ctx context.Context, to place, d drawing, mark string) (string, error) {
	readable := to.public() && (a.opts.ReadChannels || isDirect(to.channel))
	if readable {
		to.mark = mark
	}
	began, pause := a.opts.Now(), work.NewBackoff(a.opts.Random, mostPause)
	ts, err := a.post(ctx, to, d)
	for try := 1; try < tries && readable && isDoubt(err); try++ {
		pause.Wait(ctx)
		found, no := a.Find(ctx, bot.Conversation{Channel: to.channel, Thread: to.thread}, mark, began.Add(-time.Minute))
		switch {
		case no == nil && found != "":
			return found, nil
		case no == nil:
			ts, err = a.post(ctx, to, d)
		case errors.Is(no, deliveries.ErrUnreadable), errors.Is(no, bot.ErrGone):
			return ts, err
		}
	}
	return ts, err
}

// regret tells the asker alone that an answer could not be posted. Where that is not taken
// either there is nothing left to be said.
func (a *Adapter) regret(ctx context.Context, to place, why error) {
	options := []slack.MsgOption{slack.MsgOptionText(a.whyNotPosted(codeOf(why)), false)}
	if to.thread != "" {
		options = append(options, slack.MsgOptionTS(to.thread))
	}
	if _, err := a.call(ctx, to, options); err != nil {
		a.opts.Log.InfoContext(ctx, "slack: who asked was not told", "error", clean(err))
	}
}

// addressed is what somebody says to the bot, without its name.
func addressed(text, me string) string {
	text = links.ReplaceAllStringFunc(text, func(mark string) string {
		if m := links.FindStringSubmatch(mark); m[1] == "@" && m[2] == me {
			return " "
		}
		return mark
	})
	line := strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(typedText(text)), ",:;"))
	if line == "" {
		return "/help"
	}
	return line
}

// status says in the assistant's container that an answer is on its way.
func (a *Adapter) status(ctx context.Context, e event) {
	err := a.api.SetAssistantThreadsStatusContext(ctx, slack.AssistantThreadsSetStatusParameters{ChannelID: e.Channel, ThreadTS: e.ThreadTS, Status: "is looking it up …"})
	if err != nil {
		a.opts.Log.InfoContext(ctx, "slack: assistant.threads.setStatus", "error", clean(err))
	}
}

// greet offers what can be asked in the assistant's container. Slack takes four
// prompts: https://docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts
func (a *Adapter) greet(ctx context.Context, team string, e event) {
	const most = 4
	t := e.Assistant
	help := a.core.Dispatch(ctx, a.request(person{team, t.User, ""}, bot.Conversation{Channel: t.Channel, Thread: t.ThreadTS}, "/help"))
	var prompts slack.AssistantThreadsSetSuggestedPromptsParameters
	prompts.ChannelID, prompts.ThreadTS = t.Channel, t.ThreadTS
	for _, s := range help.Suggestions[:min(len(help.Suggestions), most)] {
		prompts.AddPrompt(layout.Shorten(plain(layout.Label(s)), maxButtonText), s.Line)
	}
	if err := a.api.SetAssistantThreadsSuggestedPromptsContext(ctx, prompts); err != nil {
		a.opts.Log.InfoContext(ctx, "slack: assistant.threads.setSuggestedPrompts", "error", clean(err))
	}
}
