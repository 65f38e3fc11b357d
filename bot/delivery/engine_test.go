package delivery_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"silkwire/bot"
	"silkwire/bot/delivery"
	"silkwire/bot/schedule"
)

// world is a platform, a fact base, a clock and a disk.
type world struct {
	disk     *bot.Memory
	now      time.Time
	revision uint64
	readable bool
	mu       sync.Mutex     // held while the platform is spoken to
	posted   map[string]int // how often a mark was posted
	next     []string       // what comes of the next posts; then "taken"
	gone     bool
	moved    []delivery.State // what is counted; guarded by mu

	book   *delivery.Book
	engine *delivery.Engine
}

var errDied = errors.New("the program died")

func newWorld(readable bool) *world {
	return &world{disk: bot.NewMemory(nil), now: time.Date(2026, 11, 26, 7, 0, 0, 0, time.UTC), revision: 5, readable: readable, posted: map[string]int{}}
}

// start is the program's start.
func (w *world) start() error {
	w.disk.Break(nil)
	var err error
	if w.book, err = delivery.OpenBook(context.Background(), w.disk); err != nil {
		return err
	}
	w.engine = delivery.New(delivery.Options{
		Book: w.book, Writer: w, Posters: map[string]delivery.Poster{"slack": w}, Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler),
		Moved: func(d delivery.Delivery) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.moved = append(w.moved, d.State)
		},
	})
	return nil
}

// run lets the program do what there is to do now.
func (w *world) run() {
	for range 3 {
		w.engine.Tick(context.Background())
		w.engine.Rest()
	}
}

func (w *world) pass(d time.Duration) {
	w.now = w.now.Add(d)
	w.run()
}

// The world as a writer.

func (w *world) Revision() uint64 { return w.revision }

func (w *world) Digest(_ context.Context, d delivery.Delivery) (bot.Reply, bool, error) {
	return bot.Reply{Lead: bot.T(fmt.Sprint(d.From, "-", d.Until))}, d.Until > d.From || d.First, nil
}

// The world as a platform.

func (w *world) Deliver(_ context.Context, _ bot.Conversation, _ bot.Reply, mark string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	what := "taken"
	if len(w.next) > 0 {
		what, w.next = w.next[0], w.next[1:]
	}
	if w.gone {
		what = "gone"
	}
	if strings.HasPrefix(what, "taken") {
		w.posted[mark]++
	}
	switch what {
	case "taken":
		return "m" + mark, nil
	case "not now":
		return "", fmt.Errorf("429: %w", delivery.ErrNotNow)
	case "gone":
		return "", fmt.Errorf("the channel: %w", bot.ErrGone)
	case "taken, and the program dies", "the program dies":
		w.disk.Break(errDied) // nothing is written any more
	}
	return "", errors.New("time-out")
}

func (w *world) Find(_ context.Context, _ bot.Conversation, mark string, _ time.Time) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.gone:
		return "", fmt.Errorf("the channel: %w", bot.ErrGone)
	case !w.readable:
		return "", delivery.ErrUnreadable
	case w.posted[mark] > 0:
		return "m" + mark, nil
	}
	return "", nil
}

var lobby = bot.Conversation{Platform: "slack", Space: "T1", Channel: "C1"}

func daily(hour int) delivery.Subscription {
	return delivery.Subscription{To: lobby, Plan: schedule.Plan{Minute: hour * 60, Days: schedule.EveryDay, Zone: "Europe/Berlin"}}
}

// order keeps a subscription that is due by its plan.
func (w *world) order(s delivery.Subscription) error {
	s.Made, s.Cursor, s.First, s.Next = w.now, w.revision, true, w.now
	if !s.Live {
		var err error
		if s.Next, err = s.Plan.Next(w.now); err != nil {
			return err
		}
	}
	_, err := w.book.Add(context.Background(), s)
	return err
}

func (w *world) log() []delivery.Delivery {
	all, err := w.book.Log(context.Background(), lobby, 1000)
	if err != nil {
		panic(err)
	}
	slices.Reverse(all)
	return all
}

func started(t *testing.T) *world {
	t.Helper()
	w := newWorld(true)
	if err := w.start(); err != nil {
		t.Fatal(err)
	}
	return w
}

func states(all []delivery.Delivery) string {
	var out []string
	for _, d := range all {
		out = append(out, fmt.Sprintf("%s %d-%d %s", d.Due.UTC().Format("2 15:04"), d.From, d.Until, d.State))
	}
	return strings.Join(out, "; ")
}

func TestDelivers(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(w *world)
		want string
	}{
		{"the first of a subscription, and nothing on empty days", func(w *world) { w.pass(24 * time.Hour); w.pass(24 * time.Hour) }, "26 07:30 5-5 posted"},
		{"what is new, each day", func(w *world) {
			w.pass(time.Hour)
			w.revision = 7
			w.pass(24 * time.Hour)
			w.revision = 8
			w.pass(24 * time.Hour)
		}, "26 07:30 5-5 posted; 27 07:30 5-7 posted; 28 07:30 7-8 posted"},
		{"asleep for three days: one catch-up", func(w *world) { w.pass(time.Hour); w.revision = 9; w.pass(72 * time.Hour); w.pass(time.Minute) }, "26 07:30 5-5 posted; 27 07:30 5-9 posted"},
		{"a clock that is set back", func(w *world) {
			w.pass(time.Hour)
			w.revision = 9
			w.pass(-2 * time.Hour)
			w.pass(90 * time.Minute)
			w.pass(24 * time.Hour)
		}, "26 07:30 5-5 posted; 27 07:30 5-9 posted"},
		{"not taken for now", func(w *world) {
			w.next = []string{"not now", "not now"}
			w.pass(time.Hour)
			w.pass(time.Minute)
			w.pass(5 * time.Minute)
		}, "26 07:30 5-5 posted"},
		{"not taken for a day", func(w *world) {
			w.next = slices.Repeat([]string{"not now"}, 1000)
			for range 60 {
				w.pass(time.Hour / 2)
			}
		}, "26 07:30 5-5 given up"},
		{"a time-out before it was taken", func(w *world) { w.next = []string{"lost"}; w.pass(time.Hour); w.pass(time.Minute) }, "26 07:30 5-5 posted"},
		{"a time-out after it was taken", func(w *world) { w.next = []string{"taken, late"}; w.pass(time.Hour); w.pass(time.Minute) }, "26 07:30 5-5 posted"},
		{"paused and resumed", func(w *world) {
			id := w.book.Of(lobby)[0].ID
			set := func(p bool) {
				_, _ = w.book.Change(context.Background(), lobby, id, func(s *delivery.Subscription) { s.Paused = p })
			}
			set(true)
			w.pass(30 * time.Hour)
			set(false)
			w.pass(time.Minute)
		}, "26 07:30 5-5 posted"},
		{"the channel is gone", func(w *world) { w.gone = true; w.pass(time.Hour); w.gone = false; w.pass(48 * time.Hour) }, "26 07:30 5-5 given up"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := started(t)
			s := daily(8)
			s.Plan.Minute += 30
			if err := w.order(s); err != nil {
				t.Fatal(err)
			}
			tt.do(w)
			if got := states(w.log()); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			for mark, n := range w.posted {
				if n != 1 {
					t.Errorf("%s was posted %d times", mark, n)
				}
			}
			if gone := tt.name == "the channel is gone"; gone != (len(w.book.Of(lobby)) == 0) {
				t.Errorf("there are %d subscriptions left", len(w.book.Of(lobby)))
			}
		})
	}
}

// What was seen as due and is posted by the time that its turn comes is not posted again.
// Whoever counts is told of each state that is written down, and of no other.
func TestMoved(t *testing.T) {
	w := started(t)
	if err := w.order(daily(8)); err != nil {
		t.Fatal(err)
	}
	w.next = []string{"not now"}
	w.pass(24 * time.Hour)
	w.pass(time.Minute)
	w.gone, w.revision = true, 6
	w.pass(24 * time.Hour)
	want := []delivery.State{delivery.Sending, delivery.Due, delivery.Sending, delivery.Posted, delivery.Sending, delivery.GivenUp}
	if !slices.Equal(w.moved, want) {
		t.Errorf("got %q, want %q", w.moved, want)
	}
}

func TestSeenTooEarly(t *testing.T) {
	w := started(t)
	s := daily(8)
	s.Plan.Minute += 30
	if err := w.order(s); err != nil {
		t.Fatal(err)
	}
	w.pass(time.Hour)
	seen := w.log()[0]
	for _, state := range []delivery.State{delivery.Due, delivery.Sending} {
		seen.State, seen.Message = state, ""
		w.engine.Send(t.Context(), seen)
		w.engine.Rest()
	}
	if n := w.posted[seen.ID]; n != 1 || states(w.log()) != "26 07:30 5-5 posted" {
		t.Errorf("it was posted %d times: %s", n, states(w.log()))
	}
}

// As it happens: bundled, one post each fifteen minutes at most.
func TestLive(t *testing.T) {
	w := started(t)
	if err := w.order(delivery.Subscription{To: lobby, Live: true}); err != nil {
		t.Fatal(err)
	}
	w.run()
	for range 30 {
		w.revision++
		w.pass(time.Minute)
	}
	w.pass(15 * time.Minute)
	w.pass(24 * time.Hour)
	if got, want := states(w.log()), "26 07:00 5-5 posted; 26 07:15 5-20 posted; 26 07:30 20-35 posted"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestBookRefuses(t *testing.T) {
	w := started(t)
	for i := range delivery.MostOfOne {
		if err := w.order(daily(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.order(daily(3)); !errors.Is(err, delivery.ErrTwice) {
		t.Errorf("the same again: %v", err)
	}
	if err := w.order(daily(20)); !errors.Is(err, delivery.ErrTooMany) {
		t.Errorf("too many: %v", err)
	}
	id := w.book.Of(lobby)[0].ID
	if _, err := w.book.Remove(t.Context(), bot.Conversation{Platform: "slack", Space: "T1", Channel: "C2"}, id); !errors.Is(err, delivery.ErrNone) {
		t.Errorf("another conversation's: %v", err)
	}
	none, err := delivery.OpenBook(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := none.Add(t.Context(), daily(1)); !errors.Is(err, delivery.ErrReadOnly) {
		t.Errorf("without a ledger: %v", err)
	}
	for key, value := range w.disk.Records() {
		if err := delivery.Check([]byte(key), value); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// TestOnce goes over crashes, time-outs before and after the platform accepted, refusals
// and jumps of the clock, in any order: where a channel can be read back each digest that
// is due is posted exactly once, where it cannot none is posted twice, and what each
// conversation was told joins without a gap.
func TestOnce(t *testing.T) {
	for _, readable := range []bool{true, false} {
		t.Run(fmt.Sprintf("readable=%v", readable), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { once(t, readable) })
		})
	}
}

func once(t *rapid.T, readable bool) {
	w := newWorld(readable)
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.start())
	for hour := range 3 {
		must(w.order(daily(9 + hour)))
	}
	must(w.order(delivery.Subscription{To: lobby, Live: true}))
	died := func() bool {
		return w.disk.Update(context.Background(), func(bot.Tx) error { return nil }) != nil
	}
	t.Repeat(map[string]func(*rapid.T){
		"": func(t *rapid.T) { w.check(t, false) },
		"time": func(t *rapid.T) {
			w.now = w.now.Add(time.Duration(rapid.IntRange(1, 30*60).Draw(t, "minutes")) * time.Minute)
		},
		"set back": func(t *rapid.T) {
			w.now = w.now.Add(-time.Duration(rapid.IntRange(1, 180).Draw(t, "minutes")) * time.Minute)
		},
		"write": func(*rapid.T) { w.revision++ },
		"trouble": func(t *rapid.T) {
			w.next = append(w.next, rapid.SampledFrom([]string{"taken", "not now", "lost", "taken, late", "taken, and the program dies", "the program dies"}).Draw(t, "what"))
		},
		"run": func(t *rapid.T) {
			w.run()
			if died() {
				must(w.start())
			}
		},
		"kill": func(*rapid.T) { must(w.start()) },
	})
	w.next = nil
	must(w.start())
	for range 80 {
		w.pass(10 * time.Minute)
	}
	w.check(t, true)
}

// check tells what is wrong with what was posted and with the log; at the end all is to
// be done.
func (w *world) check(t *rapid.T, end bool) {
	byMark := map[string]delivery.Delivery{}
	of := map[string][]delivery.Delivery{}
	for _, d := range w.log() {
		byMark[d.ID] = d
		of[d.Subscription] = append(of[d.Subscription], d)
	}
	for mark, n := range w.posted {
		if _, known := byMark[mark]; n > 1 || !known {
			t.Fatalf("%s was posted %d times, and is known: %v", mark, n, known)
		}
	}
	live := map[string]bool{} // what has no time of its own
	for _, s := range w.book.Of(lobby) {
		live[s.ID] = s.Live
	}
	for id, all := range of {
		slices.SortFunc(all, func(a, b delivery.Delivery) int {
			return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Until, b.Until))
		})
		for i, d := range all {
			if i > 0 && (d.From < all[i-1].Until || !live[id] && !d.Due.After(all[i-1].Due)) {
				t.Fatalf("%s tells what was told before: %s", d.ID, states(all))
			}
		}
	}
	if !end {
		return
	}
	if w.book.Open() > 0 {
		t.Fatalf("something is still to be done: %s", states(w.log()))
	}
	for mark, d := range byMark {
		missing := d.State == delivery.GivenUp && strings.Contains(d.Reason, "may be missing")
		switch {
		case d.State == delivery.Posted && w.posted[mark] != 1:
			t.Fatalf("%s is said to be posted and is not", mark)
		case missing && w.readable, d.State == delivery.GivenUp && !missing && w.posted[mark] > 0:
			t.Fatalf("%s is given up (%s), and was posted %d times", mark, d.Reason, w.posted[mark])
		}
	}
	for _, s := range w.book.Of(lobby) {
		if s.Cursor > w.revision {
			t.Fatalf("a cursor at %d is ahead of revision %d", s.Cursor, w.revision)
		}
	}
}

// crowded is a world with many subscriptions, none of them due for days.
func crowded(b *testing.B, n int) *world {
	b.Helper()
	w, records := newWorld(true), map[string][]byte{}
	for i := range n {
		s := daily(20)
		s.ID, s.To.Channel, s.Next = fmt.Sprint("s", i), fmt.Sprint("C", i), w.now.Add(240*time.Hour)
		value, err := json.Marshal(s)
		if err != nil {
			b.Fatal(err)
		}
		records["q/s/"+s.ID] = value
	}
	w.disk = bot.NewMemory(records)
	if err := w.start(); err != nil {
		b.Fatal(err)
	}
	return w
}

// A tick with nothing due costs the same however many subscriptions there are.
func BenchmarkTick(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := crowded(b, n)
			w.run()
			b.ReportAllocs()
			for b.Loop() {
				w.engine.Tick(b.Context())
			}
		})
	}
}

// A look at all subscriptions, once an hour and after each change.
func BenchmarkLook(b *testing.B) {
	w := crowded(b, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		w.revision++ // something is written: all are looked at
		w.engine.Tick(b.Context())
	}
}
