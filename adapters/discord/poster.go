package discord

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"silkwire/bot"
	"silkwire/bot/layout"
	"silkwire/bot/work"
)

// shareable is an answer that everybody can read, as it is told of once its message is
// known; nil where it need not be.
func (a *Adapter) shareable(e exchange) *bot.Shared {
	c := e.req.Conversation
	c.Channel, c.Thread = cmp.Or(c.Thread, c.Channel), "" // a thread is a channel
	s, ok := bot.Share(e.reply, c, e.req.At)
	if !ok || a.opts.Shared == nil {
		return nil
	}
	return &s
}

func (a *Adapter) shared(s *bot.Shared, messageID string) {
	if s != nil && messageID != "" {
		s.Message = messageID
		a.opts.Shared(*s)
	}
}

// How often, and after what pauses, Discord is asked which message an answer became: over
// HTTP it hears of the answer only when the request is over.
const (
	askedFor = 4
	askAfter = time.Second
)

// remember tells of an answer that was shared. Where the wire did not tell its message,
// Discord is asked.
func (a *Adapter) remember(i *interaction, s *bot.Shared, messageID string) {
	if s == nil || messageID != "" {
		a.shared(s, messageID)
		return
	}
	a.later(a.late, func(ctx context.Context) {
		var err error
		for range askedFor {
			if work.Rest(ctx, askAfter) != nil {
				return
			}
			var made message
			if err = a.rest.call(ctx, http.MethodGet, "webhooks/"+i.Application+"/"+i.Token+"/messages/@original", nil, &made); err == nil {
				a.shared(s, made.ID)
				return
			}
		}
		a.opts.Log.InfoContext(ctx, "discord: which message an answer became is not known: it cannot be corrected later", "interaction", i.ID, "error", err)
	})
}

// Post writes to a channel or a thread: see bot.Poster.
func (a *Adapter) Post(ctx context.Context, to bot.Conversation, r bot.Reply) error {
	return a.volunteer(ctx, cmp.Or(to.Thread, to.Channel), r)
}

// Tell writes a direct message. Discord lets somebody forbid those.
func (a *Adapter) Tell(ctx context.Context, _, user string, r bot.Reply) error {
	dm, err := a.directWith(ctx, user)
	if err != nil {
		return gone(err)
	}
	return a.volunteer(ctx, dm, r)
}

// volunteer posts what nobody asked for.
func (a *Adapter) volunteer(ctx context.Context, channelID string, r bot.Reply) error {
	r.Same = 0
	d := a.drawing(exchange{reply: r, req: bot.Request{At: a.opts.Now()}}, true)
	_, err := a.post(ctx, channelID, d.draw(), "v"+strconv.FormatInt(a.opts.Now().UnixNano(), 36))
	return gone(err)
}

// Correct changes a message: above the answer stands what has changed since, after what
// was said so earlier.
func (a *Adapter) Correct(ctx context.Context, m bot.Shared, note bot.Reply) error {
	path := "channels/" + m.Channel + "/messages/" + m.Message
	var is message
	if err := a.rest.call(ctx, http.MethodGet, path, nil, &is); err != nil {
		return gone(err)
	}
	var parts []string
	for _, e := range (drawing{reply: note, at: a.opts.Now()}).draw().Embeds {
		parts = append(parts, e.Description)
	}
	says := layout.Shorten(strings.Join(parts, "\n"), maxContent)
	content := strings.TrimSpace(layout.Shorten(is.Content, max(maxContent-layout.Length(says)-1, 1)) + "\n" + says)
	return gone(a.rest.call(ctx, http.MethodPatch, path, outgoing{Content: layout.Shorten(content, maxContent)}, nil))
}

// gone is the error of a channel, a message or a person that is out of reach for good.
func gone(err error) error {
	if isGone(err) {
		return fmt.Errorf("%w: %w", bot.ErrGone, err)
	}
	return err
}

func isGone(err error) bool {
	return slices.Contains([]int{codeUnknownChannel, codeUnknownMessage, codeMissingAccess, codeMissingPermissions, codeCannotMessageUser}, codeOf(err))
}
