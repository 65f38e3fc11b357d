package notify_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"silkwire/bot"
	"silkwire/bot/notify"
)

// world is a fact base, a platform and a clock for one Notifier.
type world struct {
	*bot.Memory
	settings *bot.SettingsStore
	outbox   bot.Outbox

	mu       sync.Mutex
	revision uint64            // guarded by mu, like all below
	changed  map[string]uint64 // the revision that changed a fact last
	waiting  []time.Time       // when what waits for curators came
	moved    uint64
	settled  []bot.Letter
	said     []string
	fails    []error // what the platform answers next
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Memory: bot.NewMemory(nil), revision: 1, changed: map[string]uint64{}}
	var err error
	if w.settings, err = bot.NewSettingsStore(t.Context(), w.Memory); err != nil {
		t.Fatal(err)
	}
	return w
}

// start runs a Notifier over the world until the returned function is called.
func (w *world) start(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	n := notify.New(notify.Options{
		Ledger: w.Memory, Settings: w.settings, Outbox: &w.outbox, Writer: w, Posters: map[string]bot.Poster{"slack": w},
		Every: every, Moved: func() uint64 { w.mu.Lock(); defer w.mu.Unlock(); return w.moved }, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	var run sync.WaitGroup
	run.Go(func() { n.Run(ctx) })
	wait(2500 * time.Millisecond) // it has looked, and does not just now
	return func() {
		cancel()
		run.Wait()
	}
}

func (w *world) change(facts ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.revision++
	for _, id := range facts {
		w.changed[id] = w.revision
	}
}

func (w *world) arrive(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.moved++
	w.waiting = append(w.waiting, at)
}

// took is what the platform was told since it was asked last.
func (w *world) took() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := strings.Join(w.said, "; ")
	w.said = nil
	return all
}

func (w *world) say(format string, args ...any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.fails) > 0 {
		err := w.fails[0]
		w.fails = w.fails[1:]
		return err
	}
	w.said = append(w.said, fmt.Sprintf(format, args...))
	return nil
}

// The world as a platform.

func (w *world) Post(_ context.Context, to bot.Conversation, r bot.Reply) error {
	return w.say("in %s: %s", to.Channel, r.Lead)
}

func (w *world) Tell(_ context.Context, space, user string, r bot.Reply) error {
	return w.say("to %s of %s: %s", user, space, r.Lead)
}

func (w *world) Correct(_ context.Context, m bot.Shared, note bot.Reply) error {
	return w.say("at %s: %s", m.Message, note.Lead)
}

// The world as a writer.

func (w *world) Revision() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.revision
}

// news are the facts that changed; a topic is a fact's id here.
type news []string

func (n news) Uses(facts []string) bool {
	return slices.ContainsFunc(facts, func(id string) bool { return slices.Contains(n, id) })
}
func (n news) Touches(topics []string) bool { return n.Uses(topics) }

func (w *world) after(revision uint64) news {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out news
	for _, id := range slices.Sorted(maps.Keys(w.changed)) {
		if w.changed[id] > revision {
			out = append(out, id)
		}
	}
	return out
}

func (w *world) Changed(_ context.Context, after uint64) (bot.News, error) {
	return w.after(after), nil
}

func (w *world) among(facts []string, after uint64) (bot.Reply, bool, error) {
	all := slices.DeleteFunc(w.after(after), func(id string) bool { return !slices.Contains(facts, id) })
	return bot.Reply{Lead: bot.T(strings.Join(all, " "))}, len(all) > 0, nil
}

func (w *world) Correction(_ context.Context, facts []string, seen uint64) (bot.Reply, bool, error) {
	return w.among(facts, seen)
}

func (w *world) Watched(_ context.Context, _ bot.Watcher, topics []string, after uint64, _ time.Time) (bot.Reply, bool, error) {
	return w.among(topics, after)
}

func (w *world) Waiting(_ context.Context, _ bot.Conversation, after, _ time.Time) (bot.Reply, time.Time, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fresh := slices.DeleteFunc(slices.Clone(w.waiting), func(at time.Time) bool { return !at.After(after) })
	if len(fresh) == 0 {
		return bot.Reply{}, time.Time{}, false, nil
	}
	return bot.Reply{Lead: bot.T(fmt.Sprint(len(w.waiting), " wait"))}, slices.MaxFunc(fresh, time.Time.Compare), true, nil
}

func (w *world) Settled(_ context.Context, after, _ time.Time) ([]bot.Letter, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.settled
	w.settled = nil
	return all, nil
}

func (w *world) share(message string, at time.Time, facts ...string) {
	w.outbox.Add(bot.Shared{At: at, Platform: "slack", Space: "T1", Channel: "C1", Message: message, Facts: facts, Seen: w.Revision()})
}

func (w *world) watch(t *testing.T, user string, topics ...string) {
	t.Helper()
	err := w.settings.SetPerson(t.Context(), bot.Conversation{Platform: "slack", Space: "T1"}, user, func(s *bot.Settings) { s.Watches = topics })
	if err != nil {
		t.Fatal(err)
	}
}

const every = 10 * time.Minute

// told runs a world through steps, and compares what the platform was told after each.
func told(t *testing.T, steps ...func(w *world) (want string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		stop := w.start(t)
		for i, step := range steps {
			if want, got := step(w), w.took(); got != want {
				t.Errorf("step %d: the platform was told %q, want %q", i+1, got, want)
			}
		}
		stop()
	})
}

func wait(d time.Duration) { time.Sleep(d) } // in a bubble: of its own time

func TestCorrections(t *testing.T) {
	told(t,
		func(w *world) string {
			w.share("m1", time.Now(), "a", "b")
			w.share("m2", time.Now(), "c")
			wait(3 * time.Second)
			return ""
		},
		func(w *world) string { w.change("a"); wait(3 * time.Second); return "at m1: a" },
		func(w *world) string { w.change("b"); wait(3 * time.Second); return "" }, // it was told of late
		func(w *world) string { wait(every + 20*time.Second); return "at m1: b" },
		func(w *world) string { wait(2 * every); return "" },
		func(w *world) string { w.change("x"); wait(every + 20*time.Second); return "" },
		func(w *world) string { w.change("a", "c"); wait(20 * time.Second); return "at m1: a; at m2: c" },
	)
}

// Changes of an answer that wait together are told together, and one that is taken back
// before it was told is none.
func TestCorrectionsTogether(t *testing.T) {
	told(t,
		func(w *world) string {
			w.share("m1", time.Now(), "a", "b")
			wait(3 * time.Second)
			w.change("a")
			wait(3 * time.Second)
			return "at m1: a"
		},
		func(w *world) string {
			w.change("a")
			wait(time.Minute)
			w.change("b")
			wait(time.Minute)
			w.change("a")
			wait(every + 20*time.Second)
			return "at m1: a b"
		},
		func(w *world) string {
			w.change("a")
			wait(time.Minute)
			w.mu.Lock()
			w.revision++
			delete(w.changed, "a")
			w.mu.Unlock()
			wait(2 * every)
			return ""
		},
	)
}

// An answer that was composed before a change and shared after it is corrected too.
func TestCorrectionOfAnAnswerOnItsWay(t *testing.T) {
	told(t, func(w *world) string {
		w.change("a")
		wait(3 * time.Second)
		w.outbox.Add(bot.Shared{At: time.Now(), Platform: "slack", Message: "m1", Facts: []string{"a"}, Seen: 1})
		wait(20 * time.Second)
		return "at m1: a"
	})
}

func TestNoCorrectionAfterThirtyDays(t *testing.T) {
	told(t,
		func(w *world) string {
			w.share("old", time.Now().Add(-bot.SharedLife+time.Hour), "a")
			wait(time.Minute)
			w.share("new", time.Now(), "a")
			wait(2 * time.Hour)
			w.change("a")
			wait(20 * time.Second)
			return "at new: a"
		},
		func(w *world) string {
			for key := range w.Records() {
				if strings.HasSuffix(key, "/old") {
					return "the old answer is forgotten"
				}
			}
			return ""
		},
	)
}

// What a platform does not take for now is tried again; what is gone is left alone.
func TestFailures(t *testing.T) {
	told(t,
		func(w *world) string {
			w.share("m1", time.Now(), "a")
			w.watch(t, "U1", "a")
			wait(3 * time.Second)
			w.fails = []error{errors.New("it is down"), errors.New("it is down")}
			w.change("a")
			wait(20 * time.Second)
			return ""
		},
		func(w *world) string { wait(90 * time.Second); return "at m1: a; to U1 of T1: a" },
		func(w *world) string { wait(3 * every); return "" },
		func(w *world) string {
			w.fails = []error{fmt.Errorf("the channel: %w", bot.ErrGone), fmt.Errorf("the person: %w", bot.ErrGone)}
			w.change("a")
			wait(3 * every)
			return ""
		},
		func(w *world) string { w.change("a"); wait(3 * time.Second); return "to U1 of T1: a" }, // m1 is no more
	)
}

func TestWatchers(t *testing.T) {
	told(t,
		func(w *world) string {
			w.change("a")
			wait(3 * time.Second)
			w.watch(t, "U1", "a", "b")
			w.watch(t, "U2", "c")
			wait(20 * time.Second)
			return ""
		},
		func(w *world) string {
			w.change("a", "c")
			wait(3 * time.Second)
			return "to U1 of T1: a; to U2 of T1: c"
		},
		func(w *world) string {
			w.change("b")
			wait(time.Minute)
			w.change("a")
			wait(every + 20*time.Second)
			return "to U1 of T1: a b"
		},
		func(w *world) string {
			w.change("c")
			w.watch(t, "U2")
			wait(2 * every)
			return ""
		},
	)
}

// A change that came while nothing ran is told afterwards, once.
func TestAfterAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		stop := w.start(t)
		w.share("m1", time.Now(), "a")
		w.watch(t, "U1", "a")
		wait(3 * time.Second)
		stop()
		w.change("a")
		for i, want := range []string{"at m1: a; to U1 of T1: a", ""} {
			stop = w.start(t)
			wait(time.Minute)
			stop()
			if got := w.took(); got != want {
				t.Errorf("start %d: told %q, want %q", i+1, got, want)
			}
		}
	})
}

// A base that is older than what was looked through, after a restore, begins anew.
func TestAfterARestore(t *testing.T) {
	told(t,
		func(w *world) string {
			for range 5 {
				w.change("x")
			}
			w.share("m1", time.Now(), "a")
			wait(20 * time.Second)
			w.mu.Lock()
			w.revision, w.changed = 3, map[string]uint64{}
			w.mu.Unlock()
			wait(20 * time.Second)
			return ""
		},
		func(w *world) string {
			w.share("m2", time.Now(), "a")
			wait(3 * time.Second)
			w.change("a")
			wait(20 * time.Second)
			return "at m2: a"
		},
	)
}

func TestCuratorsAreToldOnce(t *testing.T) {
	told(t,
		func(w *world) string {
			room := bot.Conversation{Platform: "slack", Space: "T1"}
			if err := w.settings.SetSpace(t.Context(), room, func(s *bot.Settings) { s.Waiting = "C7" }); err != nil {
				t.Error(err)
			}
			w.arrive(time.Now())
			wait(3 * time.Second)
			return "in C7: 1 wait"
		},
		func(w *world) string { wait(3 * every); return "" },
		func(w *world) string { w.arrive(time.Now()); wait(3 * time.Second); return "in C7: 2 wait" },
		func(w *world) string {
			w.arrive(time.Now())
			wait(3 * time.Second)
			w.arrive(time.Now())
			wait(every + 20*time.Second)
			return "in C7: 4 wait"
		},
	)
}

func TestWhoProposedIsTold(t *testing.T) {
	told(t, func(w *world) string {
		w.mu.Lock()
		w.settled = []bot.Letter{{To: bot.Watcher{Platform: "slack", Space: "T1", User: "U4"}, Note: bot.Reply{Lead: bot.T("it is a fact")}}, {To: bot.Watcher{Platform: "console", User: "owner"}}}
		w.moved++
		w.mu.Unlock()
		wait(3 * time.Second)
		return "to U4 of T1: it is a fact"
	})
}

// A store that takes no change loses nothing that was noted, and says nothing twice.
func TestBrokenStore(t *testing.T) {
	told(t,
		func(w *world) string {
			w.share("m1", time.Now(), "a")
			wait(3 * time.Second)
			w.Break(errors.New("the disk is full"))
			w.change("a")
			wait(time.Minute)
			return ""
		},
		func(w *world) string { w.Break(nil); wait(20 * time.Second); return "at m1: a" },
		func(w *world) string { wait(3 * every); return "" },
	)
}

// The answers that are remembered are bounded in number.
func TestBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		stop := w.start(t)
		for i := range 21_000 {
			w.share(fmt.Sprint("m", i), time.Now(), "a")
			if i%4000 == 0 {
				wait(2 * time.Second)
			}
		}
		wait(2 * time.Second)
		stop()
		n, records := 0, w.Records()
		for key := range records {
			if strings.HasPrefix(key, "o/") {
				n++
			}
		}
		if n > 20_500 || n < 20_000 {
			t.Errorf("%d answers are remembered", n)
		}
	})
}

func FuzzCheck(f *testing.F) {
	for _, key := range []string{"o/1/slack/m", "n/p/a\x00b\x00c", "n/s/a\x00b", "n/revision", "n/else"} {
		f.Add(key, []byte(`{"at":"2026-01-02T03:04:05Z","facts":["a"]}`))
		f.Add(key, []byte(`3`))
	}
	f.Fuzz(func(_ *testing.T, key string, value []byte) {
		_ = notify.CheckShared([]byte(key), value)
		_ = notify.CheckNotice([]byte(key), value)
	})
}
