package slack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"silkwire/bot"
	deliveries "silkwire/bot/delivery"
	"silkwire/bot/layout"
)

// A digest's mark stands in the message's metadata, which Slack keeps and shows to who
// reads the channel back:
// https://docs.slack.dev/messaging/message-metadata
const (
	markEvent = "silkwire_delivery"
	markField = "mark"
)

// Deliver posts with a mark: see deliveries.Poster.
func (a *Adapter) Deliver(ctx context.Context, to bot.Conversation, r bot.Reply, mark string) (string, error) {
	me, err := a.whoami(ctx)
	if err != nil {
		return "", fmt.Errorf("%w: %w", deliveries.ErrNotNow, err)
	}
	if to.Space != "" && to.Space != me.TeamID {
		return "", fmt.Errorf("workspace %s: %w", to.Space, bot.ErrGone)
	}
	r.Same = 0
	at := place{channel: to.Channel, thread: to.Thread, mark: mark}
	now := a.opts.Now()
	e := exchange{reply: r, req: bot.Request{Conversation: to, At: now}, asked: layout.Ask(r.Line, bot.Context{})}
	d := a.drawing(e, true)
	d.thread = to.Thread != ""
	ts, err := a.post(ctx, at, d)
	if err == nil { // it is corrected like any answer that was shared
		a.shared(e, at, ts)
		a.illustrate(d, a.inPosted(at, ts, d))
	}
	return ts, delivering(err)
}

// doubtful are Slack's words after which it may have posted all the same.
var doubtful = []string{"fatal_error", "internal_error", "request_timeout", "service_unavailable", "team_added_to_org"}

// delivering is an error of a post as delivery knows it.
func delivering(err error) error {
	code := codeOf(err)
	switch {
	case err == nil:
		return nil
	case slices.Contains(closed, code):
		return fmt.Errorf("%w: %w", bot.ErrGone, bare(err))
	case !isDoubt(err):
		return fmt.Errorf("%w: %w", deliveries.ErrNotNow, bare(err))
	}
	return bare(err)
}

// isDoubt tells whether Slack may have posted all the same: its answer is not one that
// says no.
func isDoubt(err error) bool {
	code := codeOf(err)
	return err != nil && (code == "" || slices.Contains(doubtful, code))
}

// Find looks for a mark in a channel's or a thread's last messages: see deliveries.Poster.
// Channels are read with SLACK_READ_CHANNELS only, direct messages always.
func (a *Adapter) Find(ctx context.Context, to bot.Conversation, mark string, after time.Time) (string, error) {
	if !a.opts.ReadChannels && !isDirect(to.Channel) {
		return "", deliveries.ErrUnreadable
	}
	ctx, cancel := context.WithTimeout(ctx, 2*callWithin)
	defer cancel()
	oldest, cursor := strconv.FormatInt(after.Unix(), 10), ""
	for range mostPages {
		messages, next, err := a.history(ctx, to, oldest, cursor)
		if err != nil {
			return "", reading(err)
		}
		for _, m := range messages {
			if m.Metadata.EventType == markEvent && m.Metadata.EventPayload[markField] == mark {
				return m.Timestamp, nil
			}
		}
		if next == "" {
			return "", nil
		}
		cursor = next
	}
	return "", errors.New("too much was written since to find a message again")
}

// How far a channel is read back.
const (
	pageSize  = 200
	mostPages = 10
)

func (a *Adapter) history(ctx context.Context, to bot.Conversation, oldest, cursor string) (messages []slack.Message, next string, err error) {
	err = patiently(ctx, func(ctx context.Context) error {
		if to.Thread != "" {
			var err error
			messages, _, next, err = a.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
				ChannelID: to.Channel, Timestamp: to.Thread, Oldest: oldest, Cursor: cursor, Limit: pageSize, IncludeAllMetadata: true,
			})
			return err
		}
		page, err := a.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
			ChannelID: to.Channel, Oldest: oldest, Cursor: cursor, Limit: pageSize, IncludeAllMetadata: true,
		})
		if err == nil {
			messages, next = page.Messages, page.ResponseMetaData.NextCursor
		}
		return err
	})
	return messages, next, err
}

// reading is an error of reading a channel back as delivery knows it.
func reading(err error) error {
	switch code := codeOf(err); {
	case slices.Contains([]string{"missing_scope", "not_in_channel", "no_permission"}, code):
		return fmt.Errorf("%w: %w", deliveries.ErrUnreadable, bare(err))
	case slices.Contains(closed, code):
		return fmt.Errorf("%w: %w", bot.ErrGone, bare(err))
	}
	return bare(err)
}

// CanPost tells whether the bot can post in a conversation: its error wraps bot.ErrGone
// where it is no member. Slack has no forums.
func (a *Adapter) CanPost(ctx context.Context, c bot.Conversation) (forum bool, err error) {
	if isDirect(c.Channel) {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	info, err := a.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: c.Channel})
	switch {
	case codeOf(err) == "channel_not_found":
		return false, fmt.Errorf("%w: %w", bot.ErrGone, bare(err))
	case err != nil:
		return false, bare(err)
	case !info.IsMember || info.IsArchived:
		return false, fmt.Errorf("channel %s: %w", c.Channel, bot.ErrGone)
	}
	return false, nil
}

// ChannelID is the id of a channel that is written as #name, as a link or as its id. Its
// error wraps bot.ErrGone for one that the bot does not see.
func (a *Adapter) ChannelID(ctx context.Context, typed string) (string, error) {
	name := strings.TrimPrefix(typed, "#")
	if name == strings.ToUpper(name) && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == "" {
		return name, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*callWithin)
	defer cancel()
	cursor := ""
	for range mostPages {
		var page []slack.Channel
		err := patiently(ctx, func(ctx context.Context) (err error) {
			page, cursor, err = a.api.GetConversationsContext(ctx, &slack.GetConversationsParameters{
				Cursor: cursor, ExcludeArchived: true, Limit: 1000, Types: []string{"public_channel", "private_channel"},
			})
			return err
		})
		if err != nil {
			return "", err
		}
		for _, c := range page {
			if c.Name == strings.ToLower(name) {
				return c.ID, nil
			}
		}
		if cursor == "" {
			break
		}
	}
	return "", fmt.Errorf("channel %s: %w", name, bot.ErrGone)
}
