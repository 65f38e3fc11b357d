package slack

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"silkwire/bot"
)

// shared tells of an answer that everybody in a channel can read.
func (a *Adapter) shared(e exchange, to place, ts string) {
	c := e.req.Conversation
	c.Channel, c.Thread = to.channel, to.thread
	if s, ok := bot.Share(e.reply, c, e.req.At); ok && ts != "" && a.opts.Shared != nil {
		s.Message = ts
		a.opts.Shared(s)
	}
}

// Post writes to a channel, in its turn: see bot.Poster.
func (a *Adapter) Post(ctx context.Context, to bot.Conversation, r bot.Reply) error {
	return a.volunteer(ctx, to.Space, place{channel: to.Channel, thread: to.Thread}, r)
}

// Tell writes a direct message, which stands in the app's Messages tab: a person's id in
// the channel's place needs no scope beyond chat:write
// (https://docs.slack.dev/reference/methods/chat.postMessage).
func (a *Adapter) Tell(ctx context.Context, space, user string, r bot.Reply) error {
	return a.volunteer(ctx, space, place{channel: user}, r)
}

// Correct writes to the thread of a message: a bot's own message in a channel could be
// changed, but nobody would be told of it.
func (a *Adapter) Correct(ctx context.Context, m bot.Shared, note bot.Reply) error {
	return a.volunteer(ctx, m.Space, place{channel: m.Channel, thread: cmp.Or(m.Thread, m.Message)}, note)
}

// volunteer posts what nobody asked for.
func (a *Adapter) volunteer(ctx context.Context, space string, to place, r bot.Reply) error {
	me, err := a.whoami(ctx)
	if err != nil {
		return err
	}
	if space != "" && space != me.TeamID {
		return fmt.Errorf("workspace %s: %w", space, bot.ErrGone)
	}
	r.Same = 0
	_, err = a.post(ctx, to, drawing{reply: r, command: a.opts.Question, public: true, thread: to.thread != "", at: a.opts.Now()})
	if slices.Contains(closed, codeOf(err)) {
		return fmt.Errorf("%w: %w", bot.ErrGone, bare(err))
	}
	return bare(explainToken(err, "SLACK_BOT_TOKEN"))
}

// closed are Slack's words for a place that is gone, or that the app may not write to
// (https://docs.slack.dev/reference/methods/chat.postMessage).
var closed = []string{
	"channel_not_found", "not_in_channel", "is_archived", "message_not_found", "thread_not_found", "user_not_found", "user_disabled", "cannot_dm_bot",
	"messages_tab_disabled", "restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel", "restricted_action_non_threadable_channel",
	"restricted_action_thread_locked", "cannot_reply_to_message", "team_access_not_granted",
}
