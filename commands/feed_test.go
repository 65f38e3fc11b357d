package commands

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
	"silkwire/knowledge/feed"
	"silkwire/knowledge/fetch"
)

// onTheWeb is the web, without a network.
type onTheWeb map[string]string

// RoundTrip answers with the page of an address.
func (w onTheWeb) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	page, found := w[r.URL.String()]
	if !found {
		answer.WriteHeader(http.StatusNotFound)
	}
	_, _ = answer.WriteString(page) // into memory
	out := answer.Result()
	out.Request = r
	return out, nil
}

const theWire = `<?xml version="1.0"?><rss version="2.0"><channel><title>The &amp; wire</title>
<item><title>LOTUS opens its model to @everyone &lt;!channel&gt;</title><link>https://wire.example/lotus?utm_source=rss</link><guid>1</guid><pubDate>Mon, 02 Feb 2026 10:00:00 GMT</pubDate><description>&lt;p&gt;The lab said that JADE would follow.&lt;/p&gt;&lt;script&gt;x&lt;/script&gt;</description></item>
<item><title>A quiet day elsewhere</title><link>https://wire.example/quiet</link><guid>2</guid></item>
<item><title>LOTUS in 2019</title><link>https://wire.example/old</link><guid>3</guid><pubDate>Fri, 01 Feb 2019 10:00:00 GMT</pubDate></item>
</channel></rss>`

// feedsOn is a router that follows feeds of a small web.
func feedsOn(t *testing.T, ledger bot.Ledger) (*bot.Router, Kept) {
	t.Helper()
	s := testSnapshot(t)
	kept := keptOn(t, ledger)
	book, err := feed.OpenBook(t.Context(), ledger, false)
	if err != nil {
		t.Fatal(err)
	}
	kept.Feeds = feed.New(feed.Options{
		Book: book, Every: time.Hour, Jitter: func(d time.Duration) time.Duration { return d }, Now: func() time.Time { return testTime }, Log: slog.New(slog.DiscardHandler),
		Client: &http.Client{Transport: onTheWeb{
			"https://wire.example/feed": theWire,
			"https://wire.example/":     `<!doctype html><link rel="alternate" type="application/rss+xml" href="/feed"><link rel="alternate" type="application/atom+xml" href="/atom">`,
			"https://bare.example/":     `<!doctype html><p>Hello.`,
			"https://wire.example/list": `<opml version="2.0"><body><outline xmlUrl="https://wire.example/feed"/><outline xmlUrl="nonsense://x"/></body></opml>`,
			"https://wire.example/pdf":  "%PDF-1.7",
		}},
		Names: func(text string) bool { return ItemNames(s, text) },
		Propose: func(tx feed.Tx, f feed.Feed, i feed.Item, at time.Time) (bool, error) {
			return kept.Drafts.ProposeItem(tx, ItemDraft(f, i, at))
		},
	})
	r, err := bot.NewRouter(All(&always{snapshots: []*knowledge.Snapshot{s}}, "test", kept), Question, slog.New(slog.DiscardHandler), bot.Settle(kept.Settings))
	if err != nil {
		t.Fatal(err)
	}
	return r, kept
}

var someDraft = regexp.MustCompile(`\bd[0-9a-z]{11}\b`)

func TestFeedReplies(t *testing.T) {
	const add = "/feed add https://wire.example/feed"
	for _, test := range []struct {
		name  string
		may   bot.Permission
		lines []string
	}{
		{"feed-add", bot.Curator, []string{add}},
		{"feed-add-marked-by-slack", bot.Curator, []string{"/feed add <https://wire.example/feed|wire.example/feed>"}},
		{"feed-add-twice", bot.Curator, []string{add, "/feed add http://www.wire.example/feed/?utm_source=x", add}},
		{"feed-add-page", bot.Curator, []string{"/feed add wire.example/"}},
		{"feed-add-bare-page", bot.Curator, []string{"/feed add bare.example/"}},
		{"feed-add-list", bot.Curator, []string{"/feed add https://wire.example/list"}},
		{"feed-add-no-feed", bot.Curator, []string{"/feed add https://wire.example/pdf"}},
		{"feed-add-not-there", bot.Curator, []string{"/feed add https://wire.example/none"}},
		{"feed-add-no-address", bot.Curator, []string{"/feed add javascript:alert(1)"}},
		{"feed-add-denied", bot.Everyone, []string{add}},
		{"feed-list-none", bot.Curator, []string{"/feed list"}},
		{"feed-list", bot.Curator, []string{add, "/feed list"}},
		{"feed-remove", bot.Curator, []string{add, "/feed remove the & wire"}},
		{"feed-remove-unknown", bot.Curator, []string{add, "/feed remove nothing"}},
		{"feed-log", bot.Curator, []string{add, "/feed log"}},
		{"feed-log-none", bot.Curator, []string{"/feed log"}},
		{"feed-review-none", bot.Curator, []string{"/feed review"}},
		{"feed-review", bot.Curator, []string{add, "/feed review"}},
		{"feed-one-draft", bot.Curator, []string{add, "/curate review DRAFT"}},
		{"feed-accept", bot.Curator, []string{add, "/curate review DRAFT", "PRESS Accept"}},
		{"feed-refuse", bot.Curator, []string{add, "/curate refuse DRAFT it is hearsay"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, kept := feedsOn(t, bot.NewMemory(nil))
			var reply bot.Reply
			line := ""
			for _, line = range test.lines {
				all, err := kept.Drafts.All(t.Context(), testTime)
				if err != nil {
					t.Fatal(err)
				}
				if len(all) > 0 {
					line = strings.ReplaceAll(line, "DRAFT", all[len(all)-1].ID())
				}
				if label, press := strings.CutPrefix(line, "PRESS "); press {
					for _, a := range reply.Actions {
						if a.Label == label {
							line = a.Line
						}
					}
				}
				reply = r.Dispatch(t.Context(), bot.Request{ID: "1", Line: line, At: testTime, User: bot.User{ID: "U1", May: test.may}, Conversation: lobby})
			}
			text := fmt.Sprintf("> %s\n[%s, %s]\n\n%s\n", line, reply.Outcome, reply.Visibility, reply.Plain())
			for _, f := range kept.Feeds.Book.All() {
				text = strings.ReplaceAll(text, f.ID, "abcdefgh")
			}
			golden(t, test.name, someDraft.ReplaceAllStringFunc(text, func(id string) string {
				if strings.ContainsAny(id, "0123456789") {
					return "dg512h6btclc"
				}
				return id
			}))
			checkReply(t, test.name, reply)
		})
	}
}

// The curators of one workspace see nothing of another's feeds; who runs silkwire sees
// all.
func TestFeedsOfAWorkspace(t *testing.T) {
	r, _ := feedsOn(t, bot.NewMemory(nil))
	in := func(space string, trusted bool, line string) string {
		c := lobby
		c.Space = space
		return r.Dispatch(t.Context(), bot.Request{ID: "1", Line: line, At: testTime, User: bot.User{ID: "U1", May: bot.Curator, Trusted: trusted}, Conversation: c}).Plain()
	}
	in("T1", false, "/feed add https://wire.example/feed")
	for _, line := range []string{"/feed list", "/feed review", "/feed log", "/curate review"} {
		if got := in("T2", false, line); strings.Contains(got, "LOTUS") || strings.Contains(got, "wire") {
			t.Errorf("%s elsewhere: %s", line, got)
		}
		if got := in("T2", true, line); !strings.Contains(got, "LOTUS") && !strings.Contains(got, "wire") {
			t.Errorf("%s of who runs it: %s", line, got)
		}
	}
}

// Without a database no feed is followed.
func TestNoFeeds(t *testing.T) {
	r, kept := feedsOn(t, bot.NewMemory(nil))
	none, err := feed.OpenBook(t.Context(), nil, false)
	if err != nil {
		t.Fatal(err)
	}
	kept.Feeds.Book = none
	for _, line := range []string{"/feed add https://wire.example/feed", "/feed list", "/feed log", "/feed remove x"} {
		if got := r.Dispatch(t.Context(), bot.Request{Line: line, At: testTime, User: bot.User{May: bot.Curator}, Conversation: lobby}); got.Outcome != bot.Denied {
			t.Errorf("%s: %s", line, got.Plain())
		}
	}
}

// Of one feed, and of all, only so much waits; what is settled makes room.
func TestRoomForItems(t *testing.T) {
	drafts, ledger := bot.NewDrafts(nil), bot.NewMemory(nil)
	propose := func(name string, n int) bool {
		t.Helper()
		room := false
		err := ledger.Update(t.Context(), func(tx bot.Tx) (err error) {
			room, err = drafts.ProposeItem(tx, ItemDraft(feed.Feed{ID: name}, feed.Item{Title: fmt.Sprint("item ", n)}, testTime))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return room
	}
	for n := range 21 {
		if got, want := propose("one", n), n < 20; got != want {
			t.Errorf("item %d: room %v", n, got)
		}
	}
	kept := bot.NewDrafts(ledger)
	all, err := kept.All(t.Context(), testTime)
	if err != nil || len(all) != 20 {
		t.Fatalf("%d drafts, %v", len(all), err)
	}
	ids := map[string]bool{}
	for _, d := range all {
		ids[d.ID()] = true
	}
	if len(ids) != 20 {
		t.Errorf("%d drafts have %d ids", len(all), len(ids))
	}
	if err := kept.Settle(t.Context(), all[0].ID(), bot.Fate{Settled: testTime, Refused: "no"}); err != nil {
		t.Fatal(err)
	}
	if !propose("one", 22) {
		t.Error("what is settled makes no room")
	}
	for f := range 40 {
		for n := range 20 {
			propose(fmt.Sprint("feed ", f), n)
		}
	}
	if all, err = kept.All(t.Context(), testTime); err != nil || len(all) != 500 {
		t.Errorf("%d drafts, %v", len(all), err)
	}
	if propose("another", 1) {
		t.Error("there is room although all wait")
	}
	other := ItemDraft(feed.Feed{ID: "another", Platform: "slack", Space: "T2"}, feed.Item{Title: "item"}, testTime)
	if err := ledger.Update(t.Context(), func(tx bot.Tx) error {
		room, err := drafts.ProposeItem(tx, other)
		if !room {
			t.Error("one workspace takes the room of another")
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}

// What of an item names something.
func TestItemNames(t *testing.T) {
	s := shippedSnapshot(t)
	for text, want := range map[string]bool{
		"Alibaba releases Qwen 3.5": true, "阿里巴巴发布新模型": true, "Shares of NVDA fall": true, "DeepSeek cuts its prices again": true,
		"A recipe for tea": false, "Deapseek": false, "": false,
	} {
		if got := ItemNames(s, text); got != want {
			t.Errorf("%q: %v, of %q", text, got, itemAbout(s, text))
		}
	}
}

// An item's grade is that of its site, else of the publisher that the feed's name names.
func TestItemGrade(t *testing.T) {
	s := shippedSnapshot(t)
	for _, test := range []struct{ name, address, want string }{
		{"A feed", "https://www.tomshardware.com/x", "press"},
		{"A feed", "https://tomshardware.com/x", "press"},
		{"A feed", "https://github.com/deepseek-ai/x", "primary"},
		{"A feed", "https://github.com/nobody/x", ""},
		{"The Register - AI and more", "https://feeds.example/x", "press"},
		{"Nobody's blog", "https://nobody.example/x", ""},
		{"Postcards", "", ""},
	} {
		if got := guessedItem(s, bot.FeedItem{Name: test.name, Title: "Qwen", Address: test.address}).grade; string(got) != test.want {
			t.Errorf("%+v: %q", test, got)
		}
	}
}

func BenchmarkItemNames(b *testing.B) {
	s, err := knowledge.ShippedBase().Snapshot()
	if err != nil {
		b.Fatal(err)
	}
	text := feed.Words(feed.Item{Title: "Alibaba's Qwen team releases a model under a permissive licence", Text: strings.Repeat("The company said on Monday that the model would be offered to developers at a lower price than rivals charge. ", 14)})
	b.ReportAllocs()
	for b.Loop() {
		if !ItemNames(s, text) {
			b.Fatal("nothing is named")
		}
	}
}

// An address that nobody outside may reach is refused in words.
func TestFeedOnThisMachine(t *testing.T) {
	r, kept := feedsOn(t, bot.NewMemory(nil))
	kept.Feeds.Client = fetch.NewClient(fetch.Options{Agent: "test"})
	got := r.Dispatch(t.Context(), bot.Request{Line: "/feed add http://127.0.0.1:9/feed", At: testTime, User: bot.User{May: bot.Curator}, Conversation: lobby})
	if !strings.Contains(got.Plain(), "I fetch nothing from this machine or a private network.") {
		t.Error(got.Plain())
	}
}
