package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"silkwire/knowledge/feed"
)

// The doctor asks each feed once and says what to do about those that cannot be read; the
// database is the same byte for byte.
func TestDoctorFeeds(t *testing.T) {
	var asked atomic.Int32
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch r.URL.Path {
		case "/good":
			w.Header().Set("Content-Type", "application/rss+xml")
			say(w, aWire)
		case "/page":
			w.Header().Set("Content-Type", "text/html")
			say(w, "<!doctype html><title>The Chronicle</title>")
		case "/away":
			panic(http.ErrAbortHandler)
		default:
			http.NotFound(w, r)
		}
	}))
	defer web.Close()
	for name, test := range map[string]struct {
		path, private, every string
		asked                int32
		want                 string
	}{
		"good":    {"/good", "1", "", 1, "ok    feeds: 1 followed, 1 asked now; none of them failing"},
		"gone":    {"/gone", "1", "", 1, "/gone cannot be read: the server answers 404 Not Found; look at its site whether it has moved, /feed add the new address; /feed remove"},
		"page":    {"/page", "1", "", 1, "it is a page, and no feed; look at its site"},
		"away":    {"/away", "1", "", 1, "it cannot be reached; if others fail too, look at this machine's network"},
		"private": {"/good", "0", "", 0, "if that is yours and meant, set SILKWIRE_FETCH_PRIVATE=1"},
		"off":     {"/good", "1", "off", 0, "ok    feeds: 1 followed, and none is asked: SILKWIRE_FEEDS is off"},
	} {
		t.Run(name, func(t *testing.T) {
			asked.Store(0)
			env := map[string]string{"HOME": t.TempDir(), "SILKWIRE_FETCH_PRIVATE": test.private, "SILKWIRE_FEEDS": test.every, "SILKWIRE_ADMIN_ADDR": "127.0.0.1:1"}
			list := filepath.Join(env["HOME"], "feeds.opml")
			if err := os.WriteFile(list, fmt.Appendf(nil, `<opml version="2.0"><body><outline text="The Wire" type="rss" xmlUrl="%s%s"/></body></opml>`, web.URL, test.path), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, code := runIn(t, env, "feed", "import", list); code != exitAnswered {
				t.Fatalf("exit status %d: %s", code, out)
			}
			database := filepath.Join(env["HOME"], ".local/share/silkwire/silkwire.db")
			was := mustRead(t, database)
			out, code := runIn(t, env, "doctor")
			if code != exitFailure || !strings.Contains(out, test.want) {
				t.Errorf("exit status %d, want %q in %s", code, test.want, out)
			}
			if got := asked.Load(); got != test.asked {
				t.Errorf("it asked %d times, want %d", got, test.asked)
			}
			if mustRead(t, database) != was {
				t.Error("the database is another now")
			}
		})
	}
}

func mustRead(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestChooseFeeds(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	var all []feed.Feed
	for i := range 100 {
		all = append(all, feed.Feed{ID: fmt.Sprint(i), Address: fmt.Sprintf("https://host%d.example/%d", i/3, i), Made: now.Add(time.Duration(i) * time.Minute)})
	}
	all[99].Failing = now.Add(-time.Hour)
	all[0].After = now.Add(time.Hour)
	chosen := chooseFeeds(all, now)
	if len(chosen) != mostLooked || chosen[0].ID != "99" {
		t.Errorf("got %d, first %s", len(chosen), chosen[0].ID)
	}
	hosts := map[string]int{}
	for _, f := range chosen {
		hosts[strings.Split(f.Address, "/")[2]]++
		if f.ID == "0" {
			t.Error("one whose server wants to be left alone is asked")
		}
	}
	for host, n := range hosts {
		if n > feed.MostOfHost {
			t.Errorf("%s is asked %d times", host, n)
		}
	}
}

// What nobody had time to ask is counted, and a feed that failed before is named.
func TestFeedFindings(t *testing.T) {
	failing := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	all := []feed.Feed{{ID: "a", Title: "A"}, {ID: "b", Title: "B", Failing: failing, Why: "it cannot be reached"}, {ID: "c", Title: "C", Failing: failing}}
	found := feedFindings(all, map[string]error{"a": nil, "c": nil})
	if len(found) != 3 || found[0].ok || !strings.Contains(found[0].say, "B could not be read since 2026-11-20: it cannot be reached; it was not asked now") ||
		!found[1].ok || !strings.Contains(found[1].say, "C can be read again") || !strings.Contains(found[2].say, "3 followed, 2 asked now, 1 not: at most 40 are") {
		t.Errorf("got %+v", found)
	}
}

// Whether a provider can be reached is asked without the key, and for no symbol.
func TestDoctorQuotes(t *testing.T) {
	var asked atomic.Value
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.Method + " " + r.URL.String() + " " + r.Header.Get("X-Key"))
		http.Redirect(w, r, "https://elsewhere.example/", http.StatusFound)
	}))
	file := filepath.Join(t.TempDir(), "quotes.yaml")
	if err := os.WriteFile(file, []byte("name: Ticks\naddress: "+web.URL+"/{symbol}?of={symbol}\ncurrency: USD\nheader: X-Key\npaths: {price: c, time: t}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config{quotes: quotesConfig{file: file, key: "s3cret"}, fetch: fetchConfig{private: true}}
	look := func(ok bool, want string) {
		t.Helper()
		found := examineQuotes(t.Context(), c)
		if len(found) != 1 || found[0].ok != ok || !strings.Contains(found[0].say, want) || strings.Contains(found[0].say, "s3cret") {
			t.Errorf("got %+v, want %q", found, want)
		}
	}
	look(true, "Ticks can be reached")
	if got := asked.Load(); got != "HEAD / " {
		t.Errorf("it was asked %q", got)
	}
	c.fetch.private = false
	look(false, "set SILKWIRE_FETCH_PRIVATE=1")
	c.fetch.private = true
	web.Close()
	look(false, "Ticks cannot be reached: look at this machine's network")
}
