package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"silkwire/bot"
)

// prepare composes what is due: the delivery, which is nil where nothing is to be told,
// what it makes of its subscription, and its words.
func prepare(ctx context.Context, w Writer, s Subscription, now time.Time, revision uint64) (begins *Delivery, next Subscription, r bot.Reply, err error) {
	d := Delivery{
		ID: newID(), Subscription: s.ID, To: s.To, Due: s.Next, From: s.Cursor, Until: revision, First: s.First, Topics: s.Topics, Role: s.Role, State: Due, At: now, Begun: now,
	}
	r, news, err := w.Digest(ctx, d)
	if err != nil {
		return nil, s, r, fmt.Errorf("compose a digest: %w", err)
	}
	next = s
	next.Cursor, next.First = revision, false
	if next.Next, err = following(s, now, news); err != nil {
		return nil, s, r, err
	}
	if news || s.SayEmpty && !s.Live {
		begins = &d
	}
	return begins, next, r, nil
}

// Collect takes a digest that is due to a conversation to which nothing can be posted, such
// as a terminal, for whoever draws it now: it is noted as posted before it is returned. It
// is not ok where none is due. It returns the error of composing or of writing.
func (b *Book) Collect(ctx context.Context, w Writer, to bot.Conversation, now time.Time) (r bot.Reply, ok bool, err error) {
	revision := w.Revision()
	for _, s := range b.Of(to) {
		if s.Paused || s.Live && s.Cursor >= revision && !s.First || now.Before(s.Next) {
			continue
		}
		begins, next, r, err := prepare(ctx, w, s, now, revision)
		if err != nil {
			return r, false, err
		}
		if begins != nil {
			begins.State, begins.Reason = Posted, "shown when it was asked for"
		}
		if begun, err := b.begin(ctx, s, next, begins); err != nil || begun && begins != nil {
			return r, err == nil, errors.Join(err, b.Expire(ctx, now))
		}
	}
	return bot.Reply{}, false, nil
}
