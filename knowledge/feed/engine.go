package feed

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"silkwire/knowledge/fetch"
)

// Options are what an Engine is told.
type Options struct {
	Book   *Book
	Client *http.Client // see fetch.NewClient
	// Every is how often a feed is looked at, where it does not ask for less.
	Every time.Duration
	// Names tells whether a text names anything that the fact base knows.
	Names func(text string) bool
	// Propose hands an item to curators in the transaction that notes so. There is no room
	// where enough of it waits.
	Propose func(tx Tx, f Feed, i Item, at time.Time) (room bool, err error)
	// Failing is told once of a feed that could not be read for a week; it returns whether
	// somebody was told. Nil: nobody wants to know.
	Failing func(ctx context.Context, f Feed) bool
	// Jitter makes a pause a little longer or shorter, so that feeds are not all asked at
	// the same moment.
	Jitter func(time.Duration) time.Duration
	Now    func() time.Time
	Log    *slog.Logger
}

// Engine fetches what is due. Run runs it.
type Engine struct {
	Options
	slots chan struct{}
	tasks sync.WaitGroup

	mu     sync.Mutex
	states map[string]*state // by feed; guarded by mu, like what is in them
	hosts  map[string]int    // how many feeds of a host are asked now; guarded by mu
}

// state is what is remembered of a feed until the program ends.
type state struct {
	busy  bool
	next  time.Time
	fails int
	seen  fetch.Seen
	body  [sha256.Size]byte
	read  time.Time // when it was read last; zero: not since the start
	host  string
	// held says that items wait for room, or that nobody looked yet whether any do.
	held bool
}

// New makes an Engine.
func New(o Options) *Engine {
	return &Engine{Options: o, slots: make(chan struct{}, atOnce), states: map[string]*state{}, hosts: map[string]int{}}
}

// How often it looks, how many feeds are asked at once, within which time after the start
// all are, how long pauses grow, and when curators are told.
const (
	lookEvery    = time.Second
	atOnce       = 16
	leastFails   = 3 // before curators are told
	startWithin  = 5 * time.Minute
	LeastPause   = time.Minute // the least that Options.Every may be
	longestPause = 12 * time.Hour
	farthest     = 30 * time.Hour // a Retry-After of a day, and its jitter; what is farther off is of a clock that was set back
	failingFor   = 7 * 24 * time.Hour
	longReason   = 200
)

// Run fetches until ctx ends, and waits for what is on its way.
func (e *Engine) Run(ctx context.Context) {
	defer e.tasks.Wait()
	if !e.Book.Keeps() {
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
		}
	}
}

// Tick begins to fetch what is due.
func (e *Engine) Tick(ctx context.Context) {
	now := e.Now()
	for _, f := range e.Book.unsorted() {
		if e.begin(f, now) {
			e.tasks.Go(func() { e.run(ctx, f) })
		}
	}
}

// begin takes a feed that is due. One that is new to this run waits for its turn within
// the first minutes.
func (e *Engine) begin(f Feed, now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.states[f.ID]
	if s == nil {
		s = &state{seen: f.Seen, next: now.Add(place(f.ID, min(startWithin, e.Every))), host: f.Host(), held: true}
		if f.After.After(s.next) {
			s.next = f.After
		}
		e.states[f.ID] = s
	}
	if s.busy || e.hosts[s.host] >= MostOfHost || now.Before(s.next) && s.next.Sub(now) <= farthest { // a clock may be set back
		return false
	}
	s.busy = true
	e.hosts[s.host]++
	return true
}

// Host is the server of the feed, with its port; empty for an address that is none.
func (f Feed) Host() string {
	u, err := url.Parse(f.Address)
	if err != nil {
		return ""
	}
	return u.Host
}

// place is a feed's own part of a time, so that many feeds are spread over it.
func place(id string, within time.Duration) time.Duration {
	sum := sha256.Sum256([]byte(id))
	return time.Duration(float64(binary.BigEndian.Uint32(sum[:])) / (1 << 32) * float64(within))
}

func (e *Engine) run(ctx context.Context, f Feed) {
	select {
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
	case <-ctx.Done():
		e.end(f.ID, 0, nil)
		return
	}
	if err := e.poll(ctx, f); err != nil && ctx.Err() == nil {
		e.Log.InfoContext(ctx, "feed: it was not read", "feed", f.ID, "error", err)
	}
}

// LastRead is when each feed was read last since the start, by its id.
func (e *Engine) LastRead() map[string]time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := map[string]time.Time{}
	for id, s := range e.states {
		if !s.read.IsZero() {
			out[id] = s.read
		}
	}
	return out
}

// end notes when a feed is due again.
func (e *Engine) end(id string, pause time.Duration, change func(*state)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.states[id]
	if s != nil && s.busy {
		if e.hosts[s.host]--; e.hosts[s.host] <= 0 {
			delete(e.hosts, s.host)
		}
	}
	if _, followed := e.Book.Feed(id); s == nil || !followed {
		delete(e.states, id)
		return
	}
	if change != nil {
		change(s)
	}
	s.busy, s.next = false, e.Now().Add(pause)
}

// poll fetches a feed that was begun, and takes what is new in it.
func (e *Engine) poll(ctx context.Context, f Feed) error {
	e.mu.Lock()
	had := *e.states[f.ID]
	e.mu.Unlock()
	page, err := fetch.Get(ctx, e.Client, f.Address, had.seen, MaxBytes)
	sum := sha256.Sum256(page.Body)
	var d Document
	if err == nil && !page.Same && sum != had.body {
		d, err = Parse(page.Body, page.Type, page.Address)
	}
	if ctx.Err() != nil {
		e.end(f.ID, 0, nil)
		return ctx.Err()
	}
	if err != nil {
		wait := time.Duration(0)
		if s, ok := errors.AsType[*fetch.StatusError](err); ok {
			wait = s.Wait
		}
		e.end(f.ID, max(e.Jitter(e.backOff(had.fails)), wait), func(s *state) { s.fails++ })
		return errors.Join(err, e.failed(ctx, f.ID, err, had.fails+1, wait))
	}
	held := false
	if len(d.Items) > 0 || had.held {
		_, held, err = e.read(ctx, f, d, page.Seen)
	}
	e.end(f.ID, e.Jitter(min(max(e.Every, page.Keeps), e.longest())), func(s *state) {
		s.held = held || err != nil
		s.read = e.Now()
		if s.fails = 0; err != nil { // it could not be written, and is taken the next time
			return
		}
		if s.seen = page.Seen; !page.Same {
			s.body = sum
		}
	})
	return errors.Join(err, e.recovered(ctx, f.ID))
}

// read takes a document. What the server said of it is written where something is new.
func (e *Engine) read(ctx context.Context, f Feed, d Document, seen fetch.Seen) (Taken, bool, error) {
	taken, held, err := e.take(ctx, f, d.Items)
	if err != nil || len(taken) == 0 || len(d.Items) == 0 {
		return taken, held, err
	}
	return taken, held, e.note(ctx, f.ID, func(f *Feed) {
		f.Seen = seen
		if d.Title != "" {
			f.Title = d.Title
		}
	})
}

// longest is how long a feed is left alone at most.
func (e *Engine) longest() time.Duration { return max(longestPause, e.Every) }

// backOff is how long a feed that failed is left alone: longer each time.
func (e *Engine) backOff(fails int) time.Duration {
	pause := e.Every
	for range min(fails, 10) {
		pause = min(2*pause, e.longest())
	}
	return pause
}

// failed notes since when a feed fails, and tells curators once when that is a week and
// it was tried several times.
func (e *Engine) failed(ctx context.Context, id string, cause error, fails int, wait time.Duration) error {
	f, found := e.Book.Feed(id)
	now, why := e.Now(), shorten(Reason(cause), longReason)
	if !found {
		return nil
	}
	if f.Failing.IsZero() || f.Why != why || wait > 0 {
		if f.Failing.IsZero() {
			f.Failing = now
		}
		f.Why = why
		err := e.note(ctx, id, func(o *Feed) {
			o.Failing, o.Why = f.Failing, f.Why
			if wait > 0 {
				o.After = now.Add(wait)
			}
		})
		if err != nil {
			return err
		}
	}
	if f.Told || fails < leastFails || now.Sub(f.Failing) < failingFor || e.Failing == nil || !e.Failing(ctx, f) {
		return nil
	}
	return e.note(ctx, id, func(f *Feed) { f.Told = true })
}

func (e *Engine) recovered(ctx context.Context, id string) error {
	if f, found := e.Book.Feed(id); !found || f.Failing.IsZero() {
		return nil
	}
	return e.note(ctx, id, func(f *Feed) { f.Failing, f.Why, f.Told, f.After = time.Time{}, "", false, time.Time{} })
}

func (e *Engine) note(ctx context.Context, id string, change func(*Feed)) error {
	if err := e.Book.change(ctx, id, change); err != nil && !errors.Is(err, ErrNone) {
		return err
	}
	return nil
}

// Reason says in a clause why a feed could not be read.
func Reason(err error) string {
	switch page, ok := errors.AsType[*PageError](err); {
	case ok:
		return page.Error()
	case errors.Is(err, ErrNoFeed):
		return ErrNoFeed.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "it does not answer in time"
	}
	for _, own := range []error{fetch.ErrPrivate, fetch.ErrTooLarge, fetch.ErrAddress, fetch.ErrHops, ErrTooDeep} {
		if errors.Is(err, own) {
			return own.Error()
		}
	}
	if s, ok := errors.AsType[*fetch.StatusError](err); ok {
		return s.Error()
	}
	return "it cannot be reached"
}

// Added is what came of adding an address.
type Added struct {
	Feed  Feed
	Taken Taken
	Items int
}

// Errors of Add.
var (
	ErrFetch = errors.New("fetch a feed")
	ErrList  = errors.New("it is a list of feeds")
)

// Add fetches an address, follows the feed that it is, and takes the newest of it. Its
// errors are a *PageError for a page, ErrList for OPML, ErrTwice, ErrTooMany, ErrReadOnly,
// those of Parse, those of fetch.Get, which ErrFetch wraps, or of writing.
func (e *Engine) Add(ctx context.Context, f Feed) (Added, error) {
	if !e.Book.Keeps() {
		return Added{}, ErrReadOnly
	}
	u, err := fetch.Address(f.Address)
	if err != nil {
		return Added{}, err
	}
	f.Address = u.String()
	page, err := fetch.Get(ctx, e.Client, f.Address, fetch.Seen{}, MaxBytes)
	if err != nil {
		return Added{}, fmt.Errorf("%w: %w", ErrFetch, err)
	}
	if IsList(page.Body) {
		return Added{}, ErrList
	}
	d, err := Parse(page.Body, page.Type, page.Address)
	if err != nil {
		return Added{}, err
	}
	f.Title, f.Made = d.Title, e.Now() // what the server said is written once its items are
	if f, err = e.Book.add(ctx, f); err != nil {
		return Added{Feed: f}, err
	}
	e.mu.Lock()
	s := &state{busy: true, seen: page.Seen, body: sha256.Sum256(page.Body), host: f.Host()}
	e.states[f.ID] = s
	e.hosts[s.host]++
	e.mu.Unlock()
	taken, held, err := e.read(ctx, f, d, page.Seen)
	e.end(f.ID, e.Jitter(e.Every), func(s *state) {
		if s.held = held; err != nil { // its items are taken in its turn
			*s = state{busy: true, host: s.host, held: true}
		}
	})
	return Added{f, taken, len(d.Items)}, err
}

// AddList follows the feeds of the OPML list at f's address, for where f is followed. Its
// errors are those of fetch.Get, which ErrFetch wraps, and of Follow.
func (e *Engine) AddList(ctx context.Context, f Feed) (Listed, error) {
	page, err := fetch.Get(ctx, e.Client, f.Address, fetch.Seen{}, MaxBytes)
	if err != nil {
		return Listed{}, fmt.Errorf("%w: %w", ErrFetch, err)
	}
	return e.Book.Follow(ctx, page.Body, f, e.Now())
}
