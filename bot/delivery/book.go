package delivery

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"silkwire/bot"
	"silkwire/bot/schedule"
)

// Subscription is a conversation's order for a digest.
type Subscription struct {
	ID     string           `json:"id"`
	To     bot.Conversation `json:"to"`
	Topics []string         `json:"topics,omitempty"` // none: everything
	Plan   schedule.Plan    `json:"plan"`
	// Live says that it is told as it happens, and not by the plan.
	Live bool `json:"live,omitempty"`
	// SayEmpty says that it is told too that there is nothing new.
	SayEmpty bool      `json:"say_empty,omitempty"`
	Paused   bool      `json:"paused,omitempty"`
	Role     string    `json:"role,omitempty"` // the id of one that is rung; empty: none
	By       string    `json:"by,omitempty"`   // the id of who ordered it
	Made     time.Time `json:"made"`
	// Cursor is the revision up to which the conversation was told. First says that it
	// was told nothing so far.
	Cursor uint64 `json:"cursor"`
	First  bool   `json:"first,omitempty"`
	// Next is when it is due; of one that is Live when it may be at the earliest.
	Next time.Time `json:"next"`
}

// State is how far a Delivery is.
type State string

// The states.
const (
	Due     State = "due"      // it is to be sent
	Sending State = "sending"  // it may have been posted, or not
	Posted  State = "posted"   // the platform has it
	GivenUp State = "given up" // for the Reason that is noted
)

// Open tells whether anything is still to be done.
func (s State) Open() bool { return s == Due || s == Sending }

// Delivery is one digest that is due to one conversation at one time. It tells what was
// written after revision From up to revision Until.
type Delivery struct {
	ID           string           `json:"id"` // its mark on the platform
	Subscription string           `json:"subscription"`
	To           bot.Conversation `json:"to"`
	Due          time.Time        `json:"due"`
	From         uint64           `json:"from"`
	Until        uint64           `json:"until"`
	First        bool             `json:"first,omitempty"`
	Begun        time.Time        `json:"begun"` // when it was written down

	State   State     `json:"state"`
	Topics  []string  `json:"topics,omitempty"`
	Role    string    `json:"role,omitempty"`
	At      time.Time `json:"at"` // when it came to this state
	Tries   int       `json:"tries,omitempty"`
	Again   time.Time `json:"again,omitzero"` // before which it is not sent
	Message string    `json:"message,omitempty"`
	Reason  string    `json:"reason,omitempty"`
}

// The records, by the beginnings of their keys.
const (
	subscriptionPrefix = "q/s/"
	deliveryPrefix     = "q/d/"
)

// How long and how many deliveries are remembered, and how many subscriptions there may
// be of one conversation.
const (
	LogLife        = 30 * 24 * time.Hour
	mostDeliveries = 20_000
	MostOfOne      = 10
)

func subscriptionKey(id string) []byte { return []byte(subscriptionPrefix + id) }

func (d Delivery) key() []byte {
	return fmt.Appendf(nil, "%s%020d/%s", deliveryPrefix, max(d.Due.UnixNano(), 0), d.ID)
}

// Book keeps the subscriptions, all of them in memory, and the deliveries. It is safe
// for use by many goroutines.
type Book struct {
	ledger bot.Ledger

	mu   sync.Mutex // held from reading what is to be changed until it is published
	subs map[string]Subscription
	open map[string]Delivery // those with which something is still to be done
	wake chan struct{}       // has room for one: something is to be looked at
}

// OpenBook reads the subscriptions of the ledger. With a nil ledger there are none, and
// none is taken. It returns the error of reading.
func OpenBook(ctx context.Context, ledger bot.Ledger) (*Book, error) {
	b := &Book{ledger: ledger, subs: map[string]Subscription{}, open: map[string]Delivery{}, wake: make(chan struct{}, 1)}
	if ledger == nil {
		return b, nil
	}
	err := ledger.View(ctx, func(tx bot.Tx) error {
		return tx.Scan([]byte(subscriptionPrefix), func(key, value []byte) error {
			var s Subscription
			if err := json.Unmarshal(value, &s); err != nil {
				return fmt.Errorf("read subscription %q: %w", key, err)
			}
			b.subs[s.ID] = s
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read subscriptions: %w", err)
	}
	open, err := b.deliveries(ctx, func(d Delivery) bool { return d.State.Open() })
	if err != nil {
		return nil, err
	}
	for _, d := range open {
		b.open[d.ID] = d
	}
	return b, nil
}

// Keeps tells whether anything can be ordered.
func (b *Book) Keeps() bool { return b.ledger != nil }

func newID() string { return strings.ToLower(rand.Text()[:idLength]) }

// idLength is how many letters name a subscription or a delivery: 60 bits.
const idLength = 12

// Errors of a Book.
var (
	ErrTwice    = errors.New("the conversation has the same subscription already")
	ErrTooMany  = errors.New("the conversation has as many subscriptions as it may")
	ErrNone     = errors.New("there is no such subscription")
	ErrReadOnly = errors.New("nothing can be kept")
)

// Add keeps a new subscription and returns it with its id. The same order twice is
// ErrTwice with the one that there is, too many of one conversation are ErrTooMany, and
// without a ledger it is ErrReadOnly.
func (b *Book) Add(ctx context.Context, s Subscription) (Subscription, error) {
	if b.ledger == nil {
		return s, ErrReadOnly
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, o := range b.subs {
		if !sameConversation(o.To, s.To) {
			continue
		}
		if n++; o.Plan == s.Plan && o.Live == s.Live && slices.Equal(o.Topics, s.Topics) {
			return o, ErrTwice
		}
	}
	if n >= MostOfOne {
		return s, ErrTooMany
	}
	s.ID = newID()
	return s, b.put(ctx, s)
}

// put writes and publishes a subscription. The caller holds the lock.
func (b *Book) put(ctx context.Context, s Subscription) error {
	err := b.ledger.Update(ctx, func(tx bot.Tx) error { return putJSON(tx, subscriptionKey(s.ID), s) })
	if err != nil {
		return fmt.Errorf("write subscription: %w", err)
	}
	b.subs[s.ID] = s
	b.look()
	return nil
}

func (b *Book) look() {
	select {
	case b.wake <- struct{}{}:
	default: // it is to be looked at already
	}
}

func putJSON(tx bot.Tx, key []byte, v any) error {
	value, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %q: %w", key, err)
	}
	return tx.Put(key, value)
}

func sameConversation(a, b bot.Conversation) bool {
	return a.Platform == b.Platform && a.Space == b.Space && a.Channel == b.Channel && a.Thread == b.Thread
}

// seenIn tells whether what goes to a conversation belongs to where somebody is: a forum's
// is seen in each of its posts.
func seenIn(to, c bot.Conversation) bool {
	if to.Forum {
		c.Thread = ""
	}
	return sameConversation(to, c)
}

// Change changes a subscription of a conversation. ErrNone says that it has none with
// that id.
func (b *Book) Change(ctx context.Context, in bot.Conversation, id string, change func(*Subscription)) (Subscription, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, err := b.owned(in, id)
	if err != nil {
		return s, err
	}
	s.Topics = slices.Clone(s.Topics)
	change(&s)
	return s, b.put(ctx, s)
}

// Remove ends a subscription of a conversation. ErrNone says that it has none with that
// id. What is on its way is delivered.
func (b *Book) Remove(ctx context.Context, in bot.Conversation, id string) (Subscription, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, err := b.owned(in, id)
	if err != nil {
		return s, err
	}
	return s, b.remove(ctx, id)
}

// owned is a conversation's subscription. The caller holds the lock.
func (b *Book) owned(in bot.Conversation, id string) (Subscription, error) {
	if b.ledger == nil {
		return Subscription{}, ErrReadOnly
	}
	s, found := b.subs[id]
	if !found || !seenIn(s.To, in) {
		return s, ErrNone
	}
	return s, nil
}

func (b *Book) remove(ctx context.Context, id string) error {
	if err := b.ledger.Update(ctx, func(tx bot.Tx) error { return tx.Delete(subscriptionKey(id)) }); err != nil {
		return fmt.Errorf("end subscription: %w", err)
	}
	delete(b.subs, id)
	return nil
}

// Of lists the subscriptions of a conversation, the oldest first.
func (b *Book) Of(c bot.Conversation) []Subscription {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Subscription
	for _, s := range b.subs {
		if seenIn(s.To, c) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Subscription) int { return cmp.Or(a.Made.Compare(b.Made), strings.Compare(a.ID, b.ID)) })
	return out
}

// all are the subscriptions, in no order.
func (b *Book) all() []Subscription {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Values(b.subs))
}

func (b *Book) get(id string) (Subscription, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, found := b.subs[id]
	return s, found
}

// Log lists the deliveries to a conversation, the last due first. It returns the error
// of reading.
func (b *Book) Log(ctx context.Context, c bot.Conversation, most int) ([]Delivery, error) {
	all, err := b.deliveries(ctx, func(d Delivery) bool { return seenIn(d.To, c) })
	slices.Reverse(all)
	return all[:min(len(all), most)], err
}

// Delivery is one to a conversation, by its id. It is not ok where there is none.
func (b *Book) Delivery(ctx context.Context, c bot.Conversation, id string) (d Delivery, ok bool, err error) {
	all, err := b.deliveries(ctx, func(d Delivery) bool { return d.ID == id && seenIn(d.To, c) })
	if err != nil || len(all) == 0 {
		return d, false, err
	}
	return all[0], true, nil
}

// deliveries are those that are wanted, the first due first.
func (b *Book) deliveries(ctx context.Context, wanted func(Delivery) bool) ([]Delivery, error) {
	if b.ledger == nil {
		return nil, nil
	}
	var all []Delivery
	err := b.ledger.View(ctx, func(tx bot.Tx) error {
		all = nil
		return tx.Scan([]byte(deliveryPrefix), func(key, value []byte) error {
			var d Delivery
			if err := json.Unmarshal(value, &d); err != nil {
				return fmt.Errorf("read delivery %q: %w", key, err)
			}
			if wanted(d) {
				all = append(all, d)
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read deliveries: %w", err)
	}
	return all, nil
}

// begin writes a delivery and what it makes of its subscription in one transaction, and
// publishes that. A subscription that was changed or ended meanwhile begins nothing.
func (b *Book) begin(ctx context.Context, was, next Subscription, d *Delivery) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now, found := b.subs[was.ID]
	if !found || now.Paused || !now.Next.Equal(was.Next) || now.Cursor != was.Cursor {
		return false, nil
	}
	now.Next, now.Cursor, now.First = next.Next, next.Cursor, next.First
	err := b.ledger.Update(ctx, func(tx bot.Tx) error {
		if d != nil {
			if err := putJSON(tx, d.key(), *d); err != nil {
				return err
			}
		}
		return putJSON(tx, subscriptionKey(now.ID), now)
	})
	if err != nil {
		return false, fmt.Errorf("begin delivery: %w", err)
	}
	b.subs[now.ID] = now
	if d != nil && d.State.Open() {
		b.open[d.ID] = *d
	}
	return true, nil
}

// note writes how far a delivery is, also when the end was asked for: what the platform
// said must not be lost. With ends its subscription is ended in the same transaction.
func (b *Book) note(ctx context.Context, d Delivery, ends bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := b.ledger.Update(context.WithoutCancel(ctx), func(tx bot.Tx) error {
		if ends {
			if err := tx.Delete(subscriptionKey(d.Subscription)); err != nil {
				return err
			}
		}
		return putJSON(tx, d.key(), d)
	})
	if err != nil {
		return fmt.Errorf("note delivery: %w", err)
	}
	if b.open[d.ID] = d; !d.State.Open() {
		delete(b.open, d.ID)
	}
	if ends {
		delete(b.subs, d.Subscription)
	}
	return nil
}

// opened is a delivery with which something is to be done; it is not ok where there is
// none of that id, or nothing is.
func (b *Book) opened(id string) (Delivery, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	d, open := b.open[id]
	return d, open
}

// Pending are the deliveries with which something is to be done, in no order.
func (b *Book) Pending() []Delivery {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Values(b.open))
}

// Expire deletes the deliveries that are done and older than LogLife, and the oldest of
// too many. It returns the error of reading or writing.
func (b *Book) Expire(ctx context.Context, now time.Time) error {
	if b.ledger == nil {
		return nil
	}
	err := b.ledger.Update(ctx, func(tx bot.Tx) error {
		var done [][]byte
		var at []time.Time
		err := tx.Scan([]byte(deliveryPrefix), func(key, value []byte) error {
			var d Delivery
			if err := json.Unmarshal(value, &d); err != nil {
				return fmt.Errorf("read delivery %q: %w", key, err)
			}
			if !d.State.Open() {
				done, at = append(done, bytes.Clone(key)), append(at, d.Due)
			}
			return nil
		})
		for i, key := range done {
			if err != nil || i >= len(done)-mostDeliveries && now.Sub(at[i]) <= LogLife {
				break // those behind it are newer
			}
			err = tx.Delete(key)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("forget old deliveries: %w", err)
	}
	return nil
}

// Check tells what is wrong with a stored record of this package, whose keys begin with
// "q/", or returns nil.
func Check(key, value []byte) error {
	switch {
	case bytes.HasPrefix(key, []byte(subscriptionPrefix)):
		return json.Unmarshal(value, &Subscription{})
	case bytes.HasPrefix(key, []byte(deliveryPrefix)):
		return json.Unmarshal(value, &Delivery{})
	}
	return errors.New("it is neither a subscription nor a delivery")
}
