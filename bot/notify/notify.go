// Package notify is what silkwire says of its own accord: that an answer which was
// shared is no longer so, to one person that something changed which they watch, to
// curators that something waits, and to who proposed something what became of it.
//
// What is to be said is written down in the transaction that notes how far the changes
// were looked through, and taken off before it is said: each is said at most once, and
// a crash in between loses one and doubles none. What a platform did not take for a
// reason that passes is tried again.
//
// The package may import silkwire/bot, and the standard library.
package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"silkwire/bot"
)

// Writer knows what changed, and words it.
type Writer interface {
	// Revision is the newest revision of the fact base.
	Revision() uint64
	// Changed tells what became of the facts after a revision.
	Changed(ctx context.Context, after uint64) (bot.News, error)
	// Correction is what is to be said to readers of an answer that told the facts, as
	// they were at a revision. It is not ok where nothing of it is another now.
	Correction(ctx context.Context, facts []string, seen uint64) (note bot.Reply, ok bool, err error)
	// Watched is what is to be told to somebody who watches topics and was told nothing
	// after a revision. It is not ok where nothing touches them.
	Watched(ctx context.Context, who bot.Watcher, topics []string, after uint64, now time.Time) (note bot.Reply, ok bool, err error)
	// Waiting is what curators of a conversation's server are told where something came
	// in after a time, and when the last of it came. It is not ok where nothing did.
	Waiting(ctx context.Context, c bot.Conversation, after, now time.Time) (note bot.Reply, last time.Time, ok bool, err error)
	// Settled is what became of proposals and reports after a time, for who sent them.
	Settled(ctx context.Context, after, now time.Time) ([]bot.Letter, error)
}

// Options are what a Notifier is told.
type Options struct {
	Ledger   bot.Ledger
	Settings *bot.SettingsStore
	Outbox   *bot.Outbox
	Writer   Writer
	Posters  map[string]bot.Poster // by platform
	// Every is how often at most one message is corrected, one person told of what they
	// watch, and one channel of what waits.
	Every time.Duration
	// Moved counts what came in for curators and what they settled.
	Moved func() uint64
	Now   func() time.Time
	Log   *slog.Logger
}

// Notifier says what is to be said. Run runs it.
type Notifier struct {
	Options
	retry map[string]time.Time // when what was not taken is tried again; only Run uses it
	seen  version
	last  time.Time // of the last round
	added int       // answers since the oldest were forgotten last; only Flush uses it
}

// version is what makes a round worth while.
type version struct{ revision, moved uint64 }

// New makes a Notifier.
func New(o Options) *Notifier { return &Notifier{Options: o, retry: map[string]time.Time{}} }

// How often it looks whether anything is to be done, how often it goes a round in any
// case, and when what was not taken is tried again.
const (
	lookEvery  = time.Second
	roundEvery = 15 * time.Second
	tryAgain   = time.Minute
)

// Run says what is to be said until ctx ends.
func (n *Notifier) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		n.step(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// step writes down what was shared, and goes a round where that is worth while.
func (n *Notifier) step(ctx context.Context) {
	n.warn(ctx, "shared answers were not written down", n.Flush(ctx))
	now := version{n.Writer.Revision(), n.Moved()}
	if now == n.seen && n.Now().Sub(n.last) < roundEvery {
		return
	}
	n.seen, n.last = now, n.Now()
	n.warn(ctx, "changes were not looked through", n.look(ctx))
	n.warn(ctx, "corrections were not all sent", n.correct(ctx))
	n.warn(ctx, "who watches something was not told", n.tell(ctx))
	n.warn(ctx, "curators were not told what waits", n.wait(ctx))
	n.warn(ctx, "people were not told what became of what they sent", n.settled(ctx))
}

func (n *Notifier) warn(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		n.Log.WarnContext(ctx, "notify: "+what, "error", err)
	}
}

// Flush writes down the answers that were shared. It returns the error of writing;
// then they are lost for corrections.
func (n *Notifier) Flush(ctx context.Context) error {
	shared := n.Outbox.Take()
	if len(shared) == 0 {
		return nil
	}
	newest := n.Writer.Revision()
	err := n.Ledger.Update(ctx, func(tx bot.Tx) error {
		for _, s := range shared {
			s.Waits = s.Seen < newest // what changed while it was on its way is looked at
			if err := put(tx, sharedKey(s), s); err != nil {
				return err
			}
		}
		if n.added+len(shared) < trimEvery {
			return nil
		}
		return trim(tx, n.Now())
	})
	if n.added += len(shared); n.added >= trimEvery {
		n.added = 0
	}
	return err
}

// trimEvery is how many answers are added before the oldest are forgotten.
const trimEvery = 500

// look goes through what changed since it looked last, and notes who is to be told. A
// database that is new, or was restored, begins now.
func (n *Notifier) look(ctx context.Context) error {
	revision := n.Writer.Revision()
	var since uint64
	err := n.Ledger.View(ctx, func(tx bot.Tx) (err error) {
		since, err = get[uint64](tx, []byte(revisionKey))
		return err
	})
	if err != nil || since == revision {
		return err
	}
	if since == 0 || since > revision {
		return n.Ledger.Update(ctx, func(tx bot.Tx) error { return put(tx, []byte(revisionKey), revision) })
	}
	news, err := n.Writer.Changed(ctx, since)
	if err != nil {
		return err
	}
	return n.Ledger.Update(ctx, func(tx bot.Tx) error {
		if err := n.noteShared(tx, news); err != nil {
			return err
		}
		if err := n.noteWatchers(tx, news, since); err != nil {
			return err
		}
		return put(tx, []byte(revisionKey), revision)
	})
}

// noteShared notes which answers are to be corrected.
func (n *Notifier) noteShared(tx bot.Tx, news bot.News) error {
	all, err := scan[bot.Shared](tx, sharedPrefix)
	if err != nil {
		return err
	}
	for _, s := range all {
		if n.old(s.value) {
			if err := tx.Delete(s.key); err != nil {
				return err
			}
			continue
		}
		if s.value.Waits || n.Posters[s.value.Platform] == nil || !news.Uses(s.value.Facts) {
			continue
		}
		s.value.Waits = true
		if err := put(tx, s.key, s.value); err != nil {
			return err
		}
	}
	return nil
}

func (n *Notifier) old(s bot.Shared) bool { return n.Now().Sub(s.At) > bot.SharedLife }

// noteWatchers notes which people are to be told.
func (n *Notifier) noteWatchers(tx bot.Tx, news bot.News, since uint64) error {
	for w, topics := range n.Settings.Watchers() {
		if n.Posters[w.Platform] == nil || !news.Touches(topics) {
			continue
		}
		key := keyOf(personPrefix, w.Platform, w.Space, w.User)
		p, err := get[person](tx, key)
		if err != nil {
			return err
		}
		if p.Since != 0 {
			continue // what they were not told yet is told with it
		}
		p.Since = since
		if err := put(tx, key, p); err != nil {
			return err
		}
	}
	return nil
}

// due tells whether something may be said now that was said last at a time.
func (n *Notifier) due(key []byte, told time.Time) bool {
	now := n.Now()
	return (told.IsZero() || now.Sub(told) >= n.Every) && !now.Before(n.retry[string(key)])
}

// say says what was taken off the list already. Where it could not be said for now it
// is put back, and tried again later.
func (n *Notifier) say(ctx context.Context, key []byte, before any, send func(context.Context) error) error {
	delete(n.retry, string(key))
	err := send(ctx)
	if err == nil || errors.Is(err, bot.ErrGone) {
		return err
	}
	n.retry[string(key)] = n.Now().Add(tryAgain)
	back := n.Ledger.Update(context.WithoutCancel(ctx), func(tx bot.Tx) error { return put(tx, key, before) })
	return errors.Join(err, back)
}

// put1 changes one record.
func (n *Notifier) put1(ctx context.Context, key []byte, v any) error {
	return n.Ledger.Update(ctx, func(tx bot.Tx) error { return put(tx, key, v) })
}

func (n *Notifier) forget(ctx context.Context, key []byte) error {
	return n.Ledger.Update(ctx, func(tx bot.Tx) error { return tx.Delete(key) })
}

// list reads the records of one sort.
func list[V any](ctx context.Context, n *Notifier, prefix string) (all []kept[V], err error) {
	err = n.Ledger.View(ctx, func(tx bot.Tx) (err error) {
		all, err = scan[V](tx, prefix)
		return err
	})
	return all, err
}

// correct says at each answer that waits for it what has changed since.
func (n *Notifier) correct(ctx context.Context) error {
	all, err := list[bot.Shared](ctx, n, sharedPrefix)
	if err != nil {
		return err
	}
	var wrong []error
	for _, s := range all {
		if !s.value.Waits || ctx.Err() != nil || !n.old(s.value) && !n.due(s.key, s.value.Told) {
			continue
		}
		wrong = append(wrong, n.correctOne(ctx, s))
	}
	return errors.Join(wrong...)
}

func (n *Notifier) correctOne(ctx context.Context, s kept[bot.Shared]) error {
	poster := n.Posters[s.value.Platform]
	if poster == nil || n.old(s.value) {
		return n.forget(ctx, s.key)
	}
	next := s.value
	next.Seen, next.Waits = n.Writer.Revision(), false
	note, ok, err := n.Writer.Correction(ctx, s.value.Facts, s.value.Seen)
	if err != nil {
		return err
	}
	if ok {
		next.Told = n.Now()
	}
	if err := n.put1(ctx, s.key, next); err != nil || !ok {
		return err
	}
	err = n.say(ctx, s.key, s.value, func(ctx context.Context) error { return poster.Correct(ctx, s.value, note) })
	if errors.Is(err, bot.ErrGone) {
		n.Log.InfoContext(ctx, "notify: an answer that was shared can be corrected no more", "platform", s.value.Platform, "channel", s.value.Channel, "error", err)
		return n.forget(ctx, s.key)
	}
	return err
}

// tell tells people what changed that they watch.
func (n *Notifier) tell(ctx context.Context) error {
	all, err := list[person](ctx, n, personPrefix)
	if err != nil {
		return err
	}
	var wrong []error
	for _, p := range all {
		parts := strings.SplitN(strings.TrimPrefix(string(p.key), personPrefix), keyParts, 3)
		if len(parts) != 3 || ctx.Err() != nil {
			continue
		}
		who := bot.Watcher{Platform: parts[0], Space: parts[1], User: parts[2]}
		wrong = append(wrong, n.tellOne(ctx, who, p))
	}
	return errors.Join(wrong...)
}

func (n *Notifier) tellOne(ctx context.Context, who bot.Watcher, p kept[person]) error {
	due := n.due(p.key, p.value.Told)
	topics := n.Settings.Person(bot.Conversation{Platform: who.Platform, Space: who.Space}, who.User).Watches
	poster := n.Posters[who.Platform]
	switch {
	case len(topics) == 0, poster == nil, due && p.value.Since == 0:
		return n.forget(ctx, p.key)
	case !due || p.value.Since == 0:
		return nil
	}
	note, ok, err := n.Writer.Watched(ctx, who, topics, p.value.Since, n.Now())
	switch {
	case err != nil:
		return err
	case !ok:
		return n.put1(ctx, p.key, person{Told: p.value.Told})
	}
	if err := n.put1(ctx, p.key, person{Told: n.Now()}); err != nil {
		return err
	}
	return n.say(ctx, p.key, p.value, func(ctx context.Context) error { return poster.Tell(ctx, who.Space, who.User, note) })
}

// wait tells curators once of what came in.
func (n *Notifier) wait(ctx context.Context) error {
	var wrong []error
	for _, room := range slices.Collect(n.Settings.WaitingRooms()) {
		if poster := n.Posters[room.Platform]; poster != nil && ctx.Err() == nil {
			wrong = append(wrong, n.waitIn(ctx, room, poster))
		}
	}
	return errors.Join(wrong...)
}

func (n *Notifier) waitIn(ctx context.Context, room bot.Conversation, poster bot.Poster) error {
	key := keyOf(spacePrefix, room.Platform, room.Space)
	var s space
	err := n.Ledger.View(ctx, func(tx bot.Tx) (err error) {
		s, err = get[space](tx, key)
		return err
	})
	if err != nil || !n.due(key, s.Told) {
		return err
	}
	note, last, ok, err := n.Writer.Waiting(ctx, room, s.Seen, n.Now())
	if err != nil || !ok {
		return err
	}
	if err := n.put1(ctx, key, space{Seen: last, Told: n.Now()}); err != nil {
		return err
	}
	return n.say(ctx, key, s, func(ctx context.Context) error { return poster.Post(ctx, room, note) })
}

// settled tells people what became of what they proposed or reported.
func (n *Notifier) settled(ctx context.Context) error {
	now := n.Now()
	var after time.Time
	err := n.Ledger.View(ctx, func(tx bot.Tx) (err error) {
		after, err = get[time.Time](tx, []byte(settledKey))
		return err
	})
	if err != nil {
		return err
	}
	if after.IsZero() || after.After(now) {
		return n.put1(ctx, []byte(settledKey), now)
	}
	words, err := n.Writer.Settled(ctx, after, now)
	if err != nil || len(words) == 0 {
		return err
	}
	if err := n.put1(ctx, []byte(settledKey), now); err != nil {
		return err
	}
	var wrong []error
	for _, w := range words {
		if poster := n.Posters[w.To.Platform]; poster != nil {
			if err := poster.Tell(ctx, w.To.Space, w.To.User, w.Note); err != nil {
				wrong = append(wrong, fmt.Errorf("tell what became of a proposal: %w", err))
			}
		}
	}
	return errors.Join(wrong...)
}
