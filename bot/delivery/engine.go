// Package delivery brings digests to the conversations that ordered them: on time, once,
// whatever happens in between.
//
// A Delivery is written in the same transaction as the cursor that it covers, before
// anything is sent. It carries a mark that the platform keeps with the message. Where it
// is in doubt whether the message was posted, the channel is read back for the mark
// before anything is posted again; where that is not allowed it is not posted again, and
// the log says that it may be missing. These are the states and what leads from one to
// the next:
//
//	from     what happens                                        to
//	-        the plan is due, and there is something to tell     due, with the cursor
//	due      it is about to be sent                              sending
//	due      it could not be sent for a day                      given up
//	sending  the platform has it                                 posted
//	sending  the platform says that it did not take it for now   due, later
//	sending  the channel is gone, or closed to silkwire          given up; the subscription ends
//	sending  a doubt, or a start: the mark is found              posted
//	sending  a doubt, or a start: the mark is not there          due
//	sending  a doubt, or a start: the channel cannot be read     given up: it may be missing
//
// A Book keeps subscriptions and deliveries, an Engine makes what is due. The package may
// import silkwire/bot and silkwire/bot/schedule, and the standard library.
package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"silkwire/bot"
	"silkwire/bot/schedule"
)

// Writer words digests.
type Writer interface {
	// Revision is the newest revision of the fact base.
	Revision() uint64
	// Digest is what a delivery tells. It is not ok where there is nothing new.
	Digest(ctx context.Context, d Delivery) (r bot.Reply, ok bool, err error)
}

// Poster posts to a platform with a mark, and finds it again.
type Poster interface {
	// Deliver posts to a conversation, for everybody there, and returns the platform's id
	// of the message. Its errors wrap bot.ErrGone where nothing can be posted there any
	// more, ErrNotNow where the platform did not take it for now; any other is a doubt.
	Deliver(ctx context.Context, to bot.Conversation, r bot.Reply, mark string) (message string, err error)
	// Find looks for the message with a mark, among those that were posted after a time.
	// The message is empty where there is none. Its errors wrap ErrUnreadable where the
	// conversation may not be read back, and bot.ErrGone where it is gone.
	Find(ctx context.Context, to bot.Conversation, mark string, after time.Time) (message string, err error)
}

// Errors of a Poster.
var (
	ErrNotNow     = errors.New("the platform did not take it for now")
	ErrUnreadable = errors.New("the conversation may not be read back")
)

// Options are what an Engine is told.
type Options struct {
	Book    *Book
	Writer  Writer
	Posters map[string]Poster // by platform
	// Pace is how long at least lies between two posts to one platform, so that many that
	// are due at the same minute go out spread; 0: nothing.
	Pace time.Duration
	// Ended is told of a subscription that has ended because its conversation is gone or
	// closed; nil: nobody wants to know.
	Ended func(ctx context.Context, s Subscription)
	// Moved is told of each state that a delivery has come to; nil: nobody counts.
	Moved func(d Delivery)
	Now   func() time.Time
	Log   *slog.Logger
}

// Engine delivers what is due. Run runs it.
type Engine struct {
	Options
	soonest  time.Time // when something is due next, as far as is known; only Run uses it, like all below
	revision uint64    // that was looked at last
	looked   bool      // something was
	trimmed  time.Time

	sending sync.WaitGroup
	slots   chan struct{}
	mu      sync.Mutex
	busy    map[string]bool      // deliveries that are on their way; guarded by mu
	turns   map[string]time.Time // when the next post to a platform may go out; guarded by mu
}

// New makes an Engine.
func New(o Options) *Engine {
	return &Engine{Options: o, busy: map[string]bool{}, turns: map[string]time.Time{}, slots: make(chan struct{}, atOnce)}
}

// How often it looks, how much is on its way at once, how long a bundle of what is told as
// it happens takes, and when something is tried again and given up.
const (
	lookEvery   = time.Second
	atOnce      = 8
	bundle      = 15 * time.Minute
	tryAgain    = 30 * time.Second
	longestWait = 30 * time.Minute
	giveUpAfter = 24 * time.Hour
	// settleAfter is how long what is in doubt may take to be seen in the channel.
	settleAfter = 10 * time.Second
	trimEvery   = time.Hour
	longestRest = time.Hour // without a look at all subscriptions
	// skew is by how much a platform's clock may be behind.
	skew = 5 * time.Minute
)

// Run delivers until ctx ends, and waits for what is on its way.
func (e *Engine) Run(ctx context.Context) {
	defer e.sending.Wait()
	if e.Book.ledger == nil {
		return
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		e.Tick(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-e.Book.wake:
			e.soonest = time.Time{}
		}
	}
}

// Tick begins what is due, and takes up what waits for another try. With nothing due its
// cost does not grow with the number of subscriptions.
func (e *Engine) Tick(ctx context.Context) {
	select {
	case <-e.Book.wake:
		e.soonest = time.Time{}
	default:
	}
	now, revision := e.Now(), e.Writer.Revision()
	if e.looked && within(now, e.soonest, longestRest) && revision == e.revision {
		return
	}
	e.looked, e.revision = true, revision
	e.soonest = now.Add(longestRest)
	for _, s := range e.Book.all() {
		e.consider(ctx, s, now, revision)
	}
	e.again(ctx, now)
	if now.Sub(e.trimmed) > trimEvery {
		e.trimmed = now
		e.warn(ctx, "old deliveries were not forgotten", e.Book.Expire(ctx, now))
	}
}

func (e *Engine) warn(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		e.Log.WarnContext(ctx, "digest: "+what, "error", err)
	}
}

// within tells whether a moment is still to come, and no farther off than it can be: after
// a clock was set back it may seem to be.
func within(now, moment time.Time, most time.Duration) bool {
	return now.Before(moment) && moment.Sub(now) <= most
}

// by notes that something is to be looked at by a time.
func (e *Engine) by(at time.Time) {
	if at.Before(e.soonest) {
		e.soonest = at
	}
}

// consider begins a subscription's delivery if it is due.
func (e *Engine) consider(ctx context.Context, s Subscription, now time.Time, revision uint64) {
	switch {
	case s.Paused || e.Posters[s.To.Platform] == nil:
		return
	case s.Live && s.Cursor >= revision && !s.First:
		return // it is looked at again when something is written
	case s.Live && !within(now, s.Next, bundle):
	case now.Before(s.Next):
		e.by(s.Next)
		return
	}
	begins, next, _, err := prepare(ctx, e.Writer, s, now, revision)
	if err != nil {
		e.warn(ctx, "a digest was not composed", err)
		e.by(now.Add(tryAgain))
		return
	}
	begun, err := e.Book.begin(ctx, s, next, begins)
	switch {
	case err != nil:
		e.warn(ctx, "a delivery was not begun", err)
		e.by(now.Add(tryAgain))
		return
	case !begun:
		e.by(now)
		return
	}
	if next.Next.After(now) {
		e.by(next.Next)
	}
}

// following is when a subscription is due after what was due by now: however many times
// passed meanwhile, one is made up for, and a clock that is set back brings none twice.
func following(s Subscription, now time.Time, told bool) (time.Time, error) {
	if s.Live {
		if !told {
			return s.Next, nil
		}
		return now.Add(bundle), nil
	}
	after := now
	if s.Next.After(after) {
		after = s.Next
	}
	return s.Plan.Next(after)
}

// again takes up what waits: for another try, or since the program ended.
func (e *Engine) again(ctx context.Context, now time.Time) {
	for _, d := range e.Book.Pending() {
		switch {
		case e.Posters[d.To.Platform] == nil:
		case within(now, d.Again, longestWait):
			e.by(d.Again)
		default:
			e.send(ctx, d)
		}
	}
}

// send hands a delivery over, unless it is on its way. It may have come further since it
// was seen: what counts is how the Book has it once nobody else is at it.
func (e *Engine) send(ctx context.Context, seen Delivery) {
	if !e.take(seen.ID) {
		return
	}
	d, open := e.Book.opened(seen.ID)
	if !open || within(e.Now(), d.Again, longestWait) {
		e.leave(seen.ID)
		return
	}
	e.sending.Go(func() {
		defer e.Book.look() // what waits for another try is noted
		defer e.leave(d.ID)
		select {
		case e.slots <- struct{}{}:
			defer func() { <-e.slots }()
		case <-ctx.Done():
			return
		}
		if e.turn(ctx, d.To.Platform) {
			e.warn(ctx, "a delivery is not done", e.deliver(ctx, d))
		}
	})
}

// turn waits for the next turn of a platform. It is not ok where ctx ends before.
func (e *Engine) turn(ctx context.Context, platform string) bool {
	if e.Pace == 0 {
		return ctx.Err() == nil
	}
	e.mu.Lock()
	now := e.Now()
	at := e.turns[platform]
	if !within(now, at, longestRest) {
		at = now
	}
	e.turns[platform] = at.Add(e.Pace)
	e.mu.Unlock()
	timer := time.NewTimer(at.Sub(now))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (e *Engine) take(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.busy[id] {
		return false
	}
	e.busy[id] = true
	return true
}

func (e *Engine) leave(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.busy, id)
}

// deliver brings a delivery as far as it gets now.
func (e *Engine) deliver(ctx context.Context, d Delivery) error {
	poster := e.Posters[d.To.Platform]
	if d.State == Sending {
		settled, err := e.settle(ctx, poster, &d)
		if err != nil || settled {
			return err
		}
	}
	if e.Now().Sub(d.Begun) > giveUpAfter {
		return e.to(ctx, d, GivenUp, "the platform did not take it for a day")
	}
	s, found := e.Book.get(d.Subscription)
	if !found {
		return e.to(ctx, d, GivenUp, "the subscription was stopped")
	}
	reply, ok, err := e.Writer.Digest(ctx, d)
	if err != nil {
		return err
	}
	if !ok && !s.SayEmpty { // what was new was taken back meanwhile
		return e.to(ctx, d, GivenUp, "there is nothing new any more")
	}
	d.Tries++
	if err := e.to(ctx, d, Sending, ""); err != nil {
		return err
	}
	d.State = Sending
	message, err := poster.Deliver(ctx, d.To, reply, d.ID)
	switch {
	case err == nil:
		d.Message = message
		return e.to(ctx, d, Posted, "")
	case errors.Is(err, bot.ErrGone):
		return e.gone(ctx, d, err)
	case errors.Is(err, ErrNotNow):
		d.Again = e.Now().Add(pause(d.Tries))
		return errors.Join(err, e.to(ctx, d, Due, "the platform did not take it for now"))
	}
	if ctx.Err() != nil {
		return err // it is settled at the next start
	}
	// It may have been posted: it stays as it is, and is settled when it can be seen.
	d.Again = e.Now().Add(settleAfter)
	return errors.Join(err, e.to(ctx, d, Sending, "in doubt"))
}

// pause grows with each try.
func pause(tries int) time.Duration {
	p := tryAgain
	for range min(tries-1, 10) {
		p = min(2*p, longestWait)
	}
	return p
}

// settle finds out what became of a delivery that may have been posted. It is not
// settled where it is to be sent again.
func (e *Engine) settle(ctx context.Context, poster Poster, d *Delivery) (settled bool, err error) {
	message, err := poster.Find(ctx, d.To, d.ID, d.Begun.Add(-skew))
	switch {
	case err == nil && message != "":
		d.Message = message
		return true, e.to(ctx, *d, Posted, "found in the channel after a doubt")
	case err == nil:
		d.State = Due
		return false, e.to(ctx, *d, Due, "it was not posted")
	case errors.Is(err, bot.ErrGone):
		return true, e.gone(ctx, *d, err)
	case errors.Is(err, ErrUnreadable):
		return true, e.to(ctx, *d, GivenUp, "it may be missing: the channel cannot be read back")
	case ctx.Err() != nil:
		return true, err // it is settled at the next start
	}
	d.Again = e.Now().Add(pause(max(d.Tries, 1)))
	return true, errors.Join(err, e.to(ctx, *d, Sending, "in doubt"))
}

// to notes a state, with the reason for it.
func (e *Engine) to(ctx context.Context, d Delivery, state State, reason string) error {
	d.State, d.Reason, d.At = state, reason, e.Now()
	err := e.Book.note(ctx, d, false)
	e.moved(d, err)
	return err
}

// moved counts a state that was written down.
func (e *Engine) moved(d Delivery, err error) {
	if err == nil && e.Moved != nil {
		e.Moved(d)
	}
}

// gone ends a subscription whose conversation is gone or closed.
func (e *Engine) gone(ctx context.Context, d Delivery, cause error) error {
	d.State, d.Reason, d.At = GivenUp, "the channel is gone, or closed to me: the subscription has ended", e.Now()
	s, found := e.Book.get(d.Subscription)
	e.Log.WarnContext(ctx, "digest: a subscription has ended, because its channel is gone or closed", "platform", d.To.Platform, "space", d.To.Space, "channel", d.To.Channel, "error", cause)
	err := e.Book.note(ctx, d, true)
	e.moved(d, err)
	if err == nil && found && e.Ended != nil {
		e.Ended(ctx, s)
	}
	return err
}

// NextTimes are the next n moments at which a plan is due after a time.
func NextTimes(p schedule.Plan, after time.Time, n int) ([]time.Time, error) {
	var out []time.Time
	for range n {
		at, err := p.Next(after)
		if err != nil {
			return nil, fmt.Errorf("when it is due: %w", err)
		}
		if at.IsZero() {
			break
		}
		out, after = append(out, at), at
	}
	return out, nil
}
