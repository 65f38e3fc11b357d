package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"silkwire/knowledge/fetch"
	"silkwire/knowledge/kv/memkv"
)

// say writes a page. Who asked for it has gone, if that fails.
func say(w io.Writer, page string) { _, _ = io.WriteString(w, page) }

// site serves what a test says under each path.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	pages map[string]http.HandlerFunc
	asked map[string]int
}

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{pages: map[string]http.HandlerFunc{}, asked: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		page := s.pages[r.URL.Path]
		s.asked[r.URL.Path]++
		s.mu.Unlock()
		if page == nil {
			http.NotFound(w, r)
			return
		}
		page(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) page(path string, page http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[path] = page
}

func (s *site) body(path, body string) {
	s.page(path, func(w http.ResponseWriter, _ *http.Request) { say(w, body) })
}

// tagged serves a body that it does not send again to who has it.
func (s *site) tagged(path, body string) {
	s.page(path, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		say(w, body)
	})
}

func (s *site) times() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked["/feed"]
}

// counted is a ledger that counts what is written.
type counted struct {
	*memkv.Store
	writes int
	fail   int // which write fails; 0: none
}

func (c *counted) Update(ctx context.Context, fn func(Tx) error) error {
	if c.writes++; c.writes == c.fail {
		return errFull
	}
	return c.Store.Update(ctx, fn)
}

var errFull = errors.New("no space left on device")

// desk is an engine with what it proposed. Its names are those that begin with Q.
type desk struct {
	*Engine
	ledger   *counted
	now      time.Time
	proposed []string
	full     bool
	failing  []string
}

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func newDesk(t testing.TB, ledger *counted) *desk {
	t.Helper()
	if ledger == nil {
		ledger = &counted{Store: memkv.New()}
	}
	book, err := OpenBook(t.Context(), ledger, false)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{ledger: ledger, now: noon}
	d.Engine = New(Options{
		Book: book, Client: fetch.NewClient(fetch.Options{AllowPrivate: true, Agent: "test"}), Every: 30 * time.Minute,
		Names: func(text string) bool { return strings.Contains(text, "Q") },
		Propose: func(_ Tx, _ Feed, i Item, _ time.Time) (bool, error) {
			if d.full {
				return false, nil
			}
			d.proposed = append(d.proposed, i.Title)
			return true, nil
		},
		Failing: func(_ context.Context, f Feed) bool { d.failing = append(d.failing, f.Why); return true },
		Jitter:  func(d time.Duration) time.Duration { return d }, Now: func() time.Time { return d.now }, Log: slog.New(slog.DiscardHandler),
	})
	return d
}

// entry is an item in RSS.
func entry(id, address, title, text string, at time.Time) string {
	date := ""
	if !at.IsZero() {
		date = "<pubDate>" + at.Format(time.RFC1123Z) + "</pubDate>"
	}
	return fmt.Sprintf("<guid>%s</guid><link>%s</link><title>%s</title><description>%s</description>%s", id, address, title, text, date)
}

// look goes on by some time, and takes what is due.
func (d *desk) look(t testing.TB, after time.Duration) {
	t.Helper()
	d.now = d.now.Add(after)
	d.Tick(t.Context())
	d.tasks.Wait()
}

func (d *desk) add(t testing.TB, address string) Added {
	t.Helper()
	a, err := d.Add(t.Context(), Feed{Address: address, Platform: "slack", Space: "T1", By: "U1"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// fates are those in the log, the newest first, each with its title.
func (d *desk) fates(t testing.TB, id string) []string {
	t.Helper()
	all, err := d.Book.Log(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range all {
		out = append(out, strings.TrimSpace(p.Title+": "+string(p.Fate)+" "+p.Why))
	}
	return out
}

const long = "A text that is long enough to be told from any other text in the world, with names such as Q1 and Q2 and what they do, and how, and when, and why, and what came of it in the end, which nobody knew before."

// Whatever a feed does to an item that was seen, it is not proposed again.
func TestSeenBefore(t *testing.T) {
	at := noon.Add(-24 * time.Hour)
	first := entry("1", "https://x.example/q?utm_source=rss", "Q opens a lab", long, at)
	for name, test := range map[string]struct {
		then string
		how  string // in the log; empty: it is the same
	}{
		"the same":                  {first, ""},
		"re-dated":                  {entry("1", "https://x.example/q", "Q opens a lab", long, noon), ""},
		"re-titled":                 {entry("1", "https://x.example/q", "Q: a lab opens", long, at), ""},
		"rewritten":                 {entry("1", "https://x.example/q", "Q", "Other words.", at), ""},
		"renumbered":                {entry("2", "https://x.example/q", "Q opens a lab", long, at), "by its address"},
		"renumbered and re-titled":  {entry("2", "https://www.x.example/q/?fbclid=9", "Q: a lab", long, noon), "by its address"},
		"moved and renumbered":      {entry("2", "https://y.example/q", "Q opens a lab", long, at), "by its words"},
		"moved, with another title": {entry("2", "https://y.example/q", "Q: a lab", long, at), "by its text"},
		"without an id":             {"<title>Q opens a lab</title><link>https://x.example/q</link>", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, d := newSite(t), newDesk(t, nil)
			s.body("/feed", rss(first))
			f := d.add(t, s.URL+"/feed").Feed
			s.body("/feed", rss(test.then)+"<!-- -->")
			d.look(t, time.Hour)
			d.look(t, time.Hour)
			fates := d.fates(t, f.ID)
			if len(d.proposed) != 1 {
				t.Errorf("proposed %q", d.proposed)
			}
			if want := 1; test.how != "" && (len(fates) != 2 || !strings.Contains(fates[0], "seen before as “Q opens a lab”, "+test.how)) || test.how == "" && len(fates) != want {
				t.Errorf("the log says %q", fates)
			}
		})
	}
}

// What only looks like the same is proposed.
func TestNotSeenBefore(t *testing.T) {
	s, d := newSite(t), newDesk(t, nil)
	at := noon.Add(-time.Hour)
	// One id and one address for all, as careless feeds have it.
	s.body("/feed", rss(entry("x", "https://x.example/", "Q one", "Of Q1.", at), entry("x", "https://x.example/", "Q two", "Of Q2.", at)))
	d.add(t, s.URL+"/feed")
	if want := []string{"Q one", "Q two"}; !reflect.DeepEqual(d.proposed, want) {
		t.Errorf("proposed %q", d.proposed)
	}
	s.body("/two", rss(entry("1", "https://z.example/?id=1", "Q weekly", "Of Q1.", at), entry("2", "https://z.example/?id=2", "Q weekly", "Of Q2.", at)))
	d.add(t, s.URL+"/two")
	if len(d.proposed) != 4 {
		t.Errorf("proposed %q", d.proposed)
	}
	// The same page by another feed of the same curators is proposed once.
	s.body("/three", rss(entry("7", "https://z.example/?id=1&utm_medium=x", "Elsewhere: Q weekly", "", at)))
	f := d.add(t, s.URL+"/three").Feed
	if fates := d.fates(t, f.ID); len(d.proposed) != 4 || len(fates) != 1 || !strings.Contains(fates[0], "seen before in The wire") {
		t.Errorf("proposed %q, and the log says %q", d.proposed, fates)
	}
}

// A new feed does not flood, and each item's fate stands in its log.
func TestFates(t *testing.T) {
	s, d := newSite(t), newDesk(t, nil)
	var items []string
	for n := range 9 {
		items = append(items, entry(fmt.Sprint(n), "", fmt.Sprint("Q item ", n), "", noon.Add(-time.Duration(n)*48*time.Hour)))
	}
	items = append(items, entry("a", "", "Nobody's news", "", noon))
	slices.Reverse(items) // the newest stands last
	s.body("/feed", rss(items...))
	added := d.add(t, s.URL+"/feed")
	if want := []string{"Q item 0", "Q item 1", "Q item 2", "Q item 3", "Q item 4"}; !reflect.DeepEqual(d.proposed, want) {
		t.Errorf("proposed %q", d.proposed)
	}
	if want := (Taken{Proposed: 5, TooOld: 4, Nameless: 1}); !reflect.DeepEqual(added.Taken, want) {
		t.Errorf("taken: %v", added.Taken)
	}
	d.proposed = nil
	more := []string{
		entry("f", "", "Q of next year", "", noon.Add(400*24*time.Hour)), entry("u", "", "Q undated", "", time.Time{}),
		entry("o", "", "Q of old", "", noon.Add(-60*24*time.Hour)),
	}
	s.body("/feed", rss(append(more, items...)...))
	d.look(t, time.Hour)
	if want := []string{"Q of next year", "Q undated"}; !reflect.DeepEqual(d.proposed, want) {
		t.Errorf("later proposed %q", d.proposed)
	}
	if fates := strings.Join(d.fates(t, added.Feed.ID), "\n"); !strings.Contains(fates, "Q of old: too old it is dated 21 September 2026") || !strings.Contains(fates, "Nobody's news: no known name") || !strings.Contains(fates, "Q item 8: too old of a new feed") {
		t.Errorf("the log says\n%s", fates)
	}
}

// Where enough waits for curators an item is held back and not lost.
func TestHeldBack(t *testing.T) {
	s, d := newSite(t), newDesk(t, nil)
	s.tagged("/feed", rss(entry("1", "", "Q one", "", noon)))
	d.full = true
	f := d.add(t, s.URL+"/feed").Feed
	if fates := d.fates(t, f.ID); len(d.proposed) > 0 || len(fates) != 1 || !strings.Contains(fates[0], "held back") {
		t.Errorf("proposed %q, the log says %q", d.proposed, fates)
	}
	// It stays as it is, then the feed has the item no more, then silkwire ends.
	d.look(t, time.Hour)
	s.body("/feed", rss(entry("2", "", "other", "", noon)))
	d.look(t, time.Hour)
	again := newDesk(t, d.ledger)
	for range 3 {
		again.look(t, time.Hour)
	}
	if fates := again.fates(t, f.ID); len(again.proposed) != 1 || !strings.Contains(strings.Join(fates, "\n"), "Q one: proposed") {
		t.Errorf("proposed %q, the log says %q", again.proposed, fates)
	}
}

// Of a new feed no more than the newest five are proposed, also where they had to wait.
func TestHeldBackOfANewFeed(t *testing.T) {
	s, d := newSite(t), newDesk(t, nil)
	var items []string
	for n := range 30 {
		items = append(items, entry(fmt.Sprint(n), "", fmt.Sprint("Q item ", n), "", noon.Add(-time.Duration(n)*time.Hour)))
	}
	s.body("/feed", rss(items...))
	d.full = true
	d.add(t, s.URL+"/feed")
	d.full = false
	for range 5 {
		d.look(t, time.Hour)
	}
	if len(d.proposed) != 5 {
		t.Errorf("proposed %q", d.proposed)
	}
}

// A feed that is added while the disk is full is taken after a restart, although its server
// says that nothing changed.
func TestAddedOnAFullDisk(t *testing.T) {
	s, d := newSite(t), newDesk(t, nil)
	s.tagged("/feed", rss(entry("1", "", "Q one", "", noon)))
	d.ledger.fail = 2
	if _, err := d.Add(t.Context(), Feed{Address: s.URL + "/feed", Platform: "slack", Space: "T1"}); !errors.Is(err, errFull) {
		t.Fatal(err)
	}
	again := newDesk(t, d.ledger)
	again.look(t, time.Hour)
	again.look(t, time.Hour)
	if len(again.proposed) != 1 {
		t.Errorf("proposed %q", again.proposed)
	}
}

// A feed that is removed while it is fetched proposes nothing and leaves nothing.
func TestRemovedWhileItIsFetched(t *testing.T) {
	s, d := newSite(t), newDesk(t, nil)
	s.body("/feed", rss())
	f := d.add(t, s.URL+"/feed").Feed
	s.page("/feed", func(w http.ResponseWriter, r *http.Request) {
		if err := d.Book.Remove(r.Context(), f.ID); err != nil {
			t.Error(err)
		}
		say(w, rss(entry("1", "", "Q one", "", noon)))
	})
	d.look(t, time.Hour)
	if fates := d.fates(t, f.ID); len(d.proposed) > 0 || len(fates) > 0 {
		t.Errorf("proposed %q, the log says %q", d.proposed, fates)
	}
}

// A server's wait is not cut short by the spread of requests, nor by a restart.
func TestRetryAfterIsKept(t *testing.T) {
	s, d := newSite(t), newDesk(t, nil)
	s.body("/feed", rss(entry("1", "", "Q one", "", noon)))
	d.add(t, s.URL+"/feed")
	s.page("/feed", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "86400")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	early := func(p time.Duration) time.Duration { return p - p/10 }
	d.Jitter = early
	d.look(t, time.Hour)
	d.look(t, 23*time.Hour)
	again := newDesk(t, d.ledger)
	again.now, again.Jitter = d.now, early
	again.look(t, 0)
	again.look(t, 30*time.Minute)
	if n := s.times(); n != 2 {
		t.Errorf("asked %d times", n)
	}
	again.look(t, time.Hour)
	if n := s.times(); n != 3 {
		t.Errorf("asked %d times afterwards", n)
	}
}

// One host is asked for two feeds at once at most.
func TestFeedsOfOneHost(t *testing.T) {
	s, d := newSite(t), newDesk(t, nil)
	var mu sync.Mutex
	now, most := 0, 0
	for n := range 8 {
		path := fmt.Sprint("/", n)
		s.body(path, rss())
		d.add(t, s.URL+path)
		s.page(path, func(w http.ResponseWriter, _ *http.Request) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			say(w, rss())
			mu.Lock()
			now--
			mu.Unlock()
		})
	}
	for range 4 {
		d.look(t, time.Hour)
	}
	if most > MostOfHost || len(d.hosts) > 0 {
		t.Errorf("%d at once, and %v are counted at the end", most, d.hosts)
	}
}

// A headline whose numbers and addresses change with each fetch is proposed once.
func TestAHeadlineThatMoves(t *testing.T) {
	s, d := newSite(t), newDesk(t, nil)
	for n := range 5 {
		s.body("/feed", rss(entry(fmt.Sprint("n", n), fmt.Sprint("https://x.example/?sid=", n), "Q 阿里巴巴发布通义千问新模型", "", noon)))
		if n == 0 {
			d.add(t, s.URL+"/feed")
		}
		d.look(t, time.Hour)
	}
	if len(d.proposed) != 1 {
		t.Errorf("proposed %q", d.proposed)
	}
}

// What cannot be written is taken later, once.
func TestAWriteThatFails(t *testing.T) {
	for fail := range 3 {
		s, d := newSite(t), newDesk(t, nil)
		s.body("/feed", rss(entry("1", "", "Q one", "", noon)))
		d.ledger.fail = fail + 1 // the feed, its items, what the server said of them
		_, err := d.Add(t.Context(), Feed{Address: s.URL + "/feed", Platform: "slack", Space: "T1"})
		if !errors.Is(err, errFull) {
			t.Errorf("write %d fails: %v", fail, err)
		}
		for n := range 3 {
			s.body("/feed", rss(entry("1", "", "Q one", "", noon), entry(fmt.Sprint("n", n), "", "other", "", noon)))
			d.look(t, 13*time.Hour)
		}
		if want := map[bool]int{true: 0, false: 1}[fail == 0]; len(d.Book.All()) != want || len(d.proposed) != want {
			t.Errorf("write %d fails: %d feeds, proposed %q", fail, len(d.Book.All()), d.proposed)
		}
	}
}

// Nothing new costs no write, whatever else of the feed changed.
func TestNothingNew(t *testing.T) {
	s, d := newSite(t), newDesk(t, nil)
	n := 0
	s.page("/feed", func(w http.ResponseWriter, _ *http.Request) {
		n++
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, n))
		say(w, fmt.Sprintf("%s<!-- built %d -->", rss(entry("1", "", "Q one", "", noon), entry("2", "", "other", "", noon)), n))
	})
	d.add(t, s.URL+"/feed")
	before := d.ledger.writes
	for range 5 {
		d.look(t, time.Hour)
	}
	if s.times() != 6 || d.ledger.writes != before {
		t.Errorf("asked %d times, written %d times", s.times(), d.ledger.writes-before)
	}
}

// A feed that renumbers its items each time is told of once.
func TestNumbersThatChangeEachTime(t *testing.T) {
	s, d := newSite(t), newDesk(t, nil)
	n := 0
	s.page("/feed", func(w http.ResponseWriter, _ *http.Request) {
		n++
		say(w, rss(entry(fmt.Sprint("a", n), "https://x.example/1", "Q one", long, noon), entry(fmt.Sprint("b", n), "https://x.example/2", "Q two", long+" Two.", noon)))
	})
	f := d.add(t, s.URL+"/feed").Feed
	d.look(t, time.Hour)
	before := d.ledger.writes
	for range 5 {
		d.look(t, time.Hour)
	}
	if fates := d.fates(t, f.ID); len(d.proposed) != 2 || len(fates) != 4 || d.ledger.writes != before {
		t.Errorf("proposed %q, written %d times, the log says %q", d.proposed, d.ledger.writes-before, fates)
	}
}

// Headlines alone that are the same each day are not the same item.
func TestTheSameHeadlineEachDay(t *testing.T) {
	s, d := newSite(t), newDesk(t, nil)
	title := "Q: the morning briefing on technology and markets"
	s.body("/feed", rss(entry("1", "https://x.example/1", title, "", noon)))
	d.add(t, s.URL+"/feed")
	s.body("/feed", rss(entry("2", "https://x.example/2", title, "", noon.Add(24*time.Hour))))
	d.look(t, time.Hour)
	if len(d.proposed) != 2 {
		t.Errorf("proposed %q", d.proposed)
	}
}

// Many feeds are spread over the first minutes, and each keeps its place.
func TestPlace(t *testing.T) {
	var places []time.Duration
	for n := range 1000 {
		p := place(fmt.Sprint("feed", n), startWithin)
		if p < 0 || p >= startWithin || p != place(fmt.Sprint("feed", n), startWithin) {
			t.Fatal(p)
		}
		places = append(places, p)
	}
	slices.Sort(places)
	for n, p := range places {
		if want := time.Duration(n) * startWithin / 1000; max(p-want, want-p) > startWithin/10 {
			t.Fatalf("place %d is %s, for %s", n, p, want)
		}
	}
}

// After a restart nothing is proposed again, and the server is asked for changes only.
func TestRestart(t *testing.T) {
	s, d := newSite(t), newDesk(t, nil)
	tags := []string{}
	s.page("/feed", func(w http.ResponseWriter, r *http.Request) {
		tags = append(tags, r.Header.Get("If-None-Match"))
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		say(w, rss(entry("1", "", "Q one", "", noon)))
	})
	d.add(t, s.URL+"/feed")
	again := newDesk(t, d.ledger)
	again.look(t, time.Hour) // it gets its place within the first minutes
	again.look(t, time.Hour)
	if want := []string{"", `"1"`}; !reflect.DeepEqual(tags, want) || len(again.proposed) > 0 {
		t.Errorf("asked with %q, proposed %q", tags, again.proposed)
	}
	if len(again.Book.All()) != 1 || again.Book.All()[0].Title != "The wire" {
		t.Errorf("followed: %+v", again.Book.All())
	}
}

// A feed that fails is left alone longer each time, as long as it asks, and curators are
// told once, after a week.
func TestAFailingFeed(t *testing.T) {
	s, d := newSite(t), newDesk(t, nil)
	s.body("/feed", rss(entry("1", "", "Q one", "", noon)))
	f := d.add(t, s.URL+"/feed").Feed
	s.page("/feed", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	d.look(t, time.Hour)
	d.look(t, 2*time.Hour-time.Second)
	if n := s.times(); n != 2 {
		t.Errorf("asked %d times before its Retry-After", n)
	}
	s.body("/feed", "<html></html>")
	for range 24 * 20 {
		d.look(t, time.Hour)
	}
	if n := s.times(); n > 60 {
		t.Errorf("asked %d times in 20 days", n)
	}
	if len(d.failing) != 1 {
		t.Errorf("curators were told %q", d.failing)
	}
	if got, _ := d.Book.Feed(f.ID); got.Failing.IsZero() || got.Why != "it is a page, and no feed" {
		t.Errorf("it is %+v", got)
	}
	s.body("/feed", rss(entry("2", "", "Q two", "", d.now)))
	d.look(t, 24*time.Hour)
	if got, _ := d.Book.Feed(f.ID); !got.Failing.IsZero() || got.Told || len(d.proposed) != 2 {
		t.Errorf("after it recovered it is %+v, proposed %q", got, d.proposed)
	}
}

// One feed that does not answer delays no other.
func TestASlowFeed(t *testing.T) {
	s, d := newSite(t), newDesk(t, nil)
	s.body("/slow", rss(entry("1", "", "Q slow", "", noon)))
	s.body("/quick", rss(entry("1", "", "Q quick", "", noon)))
	d.add(t, s.URL+"/slow")
	d.add(t, s.URL+"/quick")
	gate, quick := make(chan struct{}), make(chan struct{})
	s.page("/slow", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-gate:
		case <-r.Context().Done():
		}
	})
	s.page("/quick", func(w http.ResponseWriter, _ *http.Request) { close(quick); say(w, rss()) })
	d.now = d.now.Add(time.Hour)
	d.Tick(t.Context())
	<-quick
	close(gate)
	d.tasks.Wait()
}

// What is followed ends while it is fetched, and when the program ends.
func TestEnds(t *testing.T) {
	s, d := newSite(t), newDesk(t, nil)
	s.body("/feed", rss(entry("1", "", "Q one", "", noon)))
	f := d.add(t, s.URL+"/feed").Feed
	if err := d.Book.Remove(t.Context(), f.ID); err != nil {
		t.Fatal(err)
	}
	if err := d.Book.Remove(t.Context(), f.ID); !errors.Is(err, ErrNone) {
		t.Errorf("removed twice: %v", err)
	}
	d.look(t, time.Hour)
	if n := s.times(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	if all, err := d.Book.Log(t.Context(), f.ID); err != nil || len(all) > 0 {
		t.Errorf("its items stay: %v, %v", all, err)
	}
	synctest.Test(t, func(t *testing.T) {
		e := newDesk(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { e.Run(ctx); close(done) }()
		synctest.Wait()
		cancel()
		<-done
	})
}

func TestAdd(t *testing.T) {
	s, d := newSite(t), newDesk(t, nil)
	s.body("/feed", rss())
	s.body("/page", `<!doctype html><link rel=alternate type=application/rss+xml href=/feed>`)
	s.body("/list", `<opml version="2.0"><body><outline xmlUrl="`+s.URL+`/feed"/><outline xmlUrl="https://b.example/"/><outline xmlUrl="gopher://c"/></body></opml>`)
	s.page("/large", func(w http.ResponseWriter, _ *http.Request) {
		for range 50 {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	})
	d.add(t, s.URL+"/feed")
	at := func(path string) Feed { return Feed{Address: s.URL + path, Platform: "slack", Space: "T1"} }
	for path, want := range map[string]error{
		"/feed?utm_source=x": ErrTwice, "/list": ErrList, "/large": fetch.ErrTooLarge, "/none": ErrFetch,
	} {
		if _, err := d.Add(t.Context(), at(path)); !errors.Is(err, want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	_, err := d.Add(t.Context(), at("/page"))
	if page, ok := errors.AsType[*PageError](err); !ok || !reflect.DeepEqual(page.Feeds, []string{s.URL + "/feed"}) {
		t.Errorf("a page: %v", err)
	}
	other := at("/feed")
	other.Space = "T2"
	if _, err := d.Add(t.Context(), other); err != nil {
		t.Errorf("for other curators: %v", err)
	}
	if l, err := d.AddList(t.Context(), at("/list")); err != nil || l != (Listed{1, 1, 1}) {
		t.Errorf("a list: %+v, %v", l, err)
	}
	none, err := OpenBook(t.Context(), nil, false)
	if err != nil {
		t.Fatal(err)
	}
	d.Book = none
	if _, err := d.Add(t.Context(), at("/feed")); !errors.Is(err, ErrReadOnly) {
		t.Errorf("without a database: %v", err)
	}
}

// Old items are forgotten, and those that are still in the feed are not.
func TestTrim(t *testing.T) {
	s, d := newSite(t), newDesk(t, nil)
	stays := entry("stays", "", "Q stays", "", noon)
	s.body("/feed", rss(stays))
	f := d.add(t, s.URL+"/feed").Feed
	for n := range 5 {
		items := []string{stays}
		for i := range 300 {
			items = append(items, entry(fmt.Sprint(n, ".", i), "", fmt.Sprint("other ", n, ".", i), "", d.now))
		}
		s.body("/feed", rss(items...))
		d.look(t, time.Hour)
	}
	if n := len(d.fates(t, f.ID)); n > mostPast || n < mostPast/2 {
		t.Errorf("%d items are kept", n)
	}
	if len(d.proposed) != 1 {
		t.Errorf("proposed %q", d.proposed)
	}
}

// A thousand feeds of fifty items each, with nothing new: the server says so, the bytes
// say so, or only the items do.
func BenchmarkNothingNew(b *testing.B) {
	const feeds, each = 1000, 50
	var items []string
	for n := range each {
		items = append(items, entry(fmt.Sprint(n), fmt.Sprint("https://x.example/", n), fmt.Sprint("Item ", n), long, noon))
	}
	body, builds := rss(items...), 0
	for _, how := range []string{"304", "same", "rebuilt"} {
		b.Run(how, func(b *testing.B) {
			d := newDesk(b, nil)
			d.Client = &http.Client{Transport: answers(func(r *http.Request) (int, string) {
				switch {
				case how == "304" && r.Header.Get("If-None-Match") != "":
					return http.StatusNotModified, ""
				case how == "rebuilt":
					builds++
					return http.StatusOK, fmt.Sprintf("%s<!-- %d -->", body, builds)
				}
				return http.StatusOK, body
			})}
			for n := range feeds {
				d.add(b, fmt.Sprintf("https://f%d.example/feed", n))
			}
			before := d.ledger.writes
			b.ReportAllocs()
			for b.Loop() {
				d.look(b, 13*time.Hour)
			}
			b.ReportMetric(float64(d.ledger.writes-before)/float64(b.N), "writes/op")
		})
	}
}

// answers is a server without a network.
type answers func(r *http.Request) (int, string)

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	status, body := a(r)
	w.Header().Set("ETag", `"1"`)
	w.WriteHeader(status)
	say(w, body)
	out := w.Result()
	out.Request = r
	return out, nil
}
