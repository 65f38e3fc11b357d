package quote_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"silkwire/knowledge"
	"silkwire/knowledge/kv/memkv"
	"silkwire/knowledge/quote"
)

// key must never be told to anybody but the provider.
const key = "s3cret-key"

// fake is a provider and the time around it.
type fake struct {
	*httptest.Server
	answer   func(w http.ResponseWriter, r *http.Request)
	asked    []string // paths with their queries
	headers  []http.Header
	waits    []time.Duration
	reports  []string
	now      time.Time
	provider quote.Provider
	book     *quote.Book
	base     *shown
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{now: now}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.asked, f.headers = append(f.asked, r.URL.RequestURI()), append(f.headers, r.Header)
		f.answer(w, r)
	}))
	t.Cleanup(f.Close)
	f.book, f.base = opened(t, memkv.New(), false)
	f.provider = quote.Provider{
		Name: "Ticks", Home: "https://ticks.example", Address: f.URL + "/quote?symbol={symbol}", Header: "X-Ticks-Key",
		Every: 15 * time.Minute, Symbols: map[string]string{"ACME": "", "BOLT": "BOLT:X"},
		Paths: quote.Paths{Price: "c", Change: "dp", Time: "t"}, Currency: "USD",
	}
	return f
}

// run lets the rounds pass; of each the waits before it are noted, and those between
// requests.
func (f *fake) run(t *testing.T, rounds int) {
	t.Helper()
	p, err := f.provider.Complete(true)
	if err != nil {
		t.Fatal(err)
	}
	f.waits, f.reports, f.asked, f.headers = nil, nil, nil, nil
	left := rounds
	quote.NewRefresher(quote.Options{
		Provider: p, Key: key, Client: f.Client(), Snapshot: f.base.Snapshot, Take: f.book.Take,
		Now: func() time.Time { return f.now }, Random: func() float64 { return 0.5 },
		Wait: func(_ context.Context, d time.Duration) error {
			f.waits = append(f.waits, d)
			f.now = f.now.Add(d)
			if d != p.Pause {
				left--
			}
			if left < 0 {
				return context.Canceled
			}
			return nil
		},
		Report: func(ok bool, says string) { f.reports = append(f.reports, fmt.Sprint(ok, ": ", says)) },
	}).Run(t.Context())
	for _, r := range f.reports {
		if strings.Contains(r, key) {
			t.Errorf("the key is told: %s", r)
		}
	}
}

func (f *fake) wantReports(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(f.reports, want) {
		t.Errorf("reports: got\n%s\nwant\n%s", strings.Join(f.reports, "\n"), strings.Join(want, "\n"))
	}
}

// says answers with text, whatever was asked for.
func says(text string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
}

func refuses(status int, headers ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte("no, " + key))
	}
}

const tick = `{"c":261.74,"d":1,"dp":0.5,"t":1795705200}` // 26 November 2026, 15:00 UTC

func TestRefresh(t *testing.T) {
	f := newFake(t)
	f.answer = says(tick)
	f.run(t, 2)
	f.wantReports(t, "true: 2 price(s) of Ticks, 2 new, at 26 November 2026 15:00 UTC", "true: 2 price(s) of Ticks, 0 new, at 26 November 2026 15:16 UTC")
	if want := []string{"/quote?symbol=ACME", "/quote?symbol=BOLT%3AX", "/quote?symbol=ACME", "/quote?symbol=BOLT%3AX"}; !slices.Equal(f.asked, want) {
		t.Errorf("asked: got %q, want %q", f.asked, want)
	}
	if got := f.headers[0].Get("X-Ticks-Key"); got != key {
		t.Errorf("key: got %q", got)
	}
	if want := []time.Duration{1100 * time.Millisecond, time.Second, 990 * time.Second, time.Second, 990 * time.Second}; !slices.Equal(f.waits, want) {
		t.Errorf("waits: got %v, want %v", f.waits, want)
	}
	want := knowledge.Quote{Symbol: "BOLT", Price: "261.74", Currency: "USD", ChangePercent: "0.5", AsOf: "2026-11-26T15:00:00Z", Source: "Ticks", URL: "https://ticks.example"}
	if got := f.base.Snapshot().Quote("BOLT"); got == nil || *got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Many symbols a request, in the answer each under its name.
func TestRefreshMany(t *testing.T) {
	f := newFake(t)
	f.provider.Address, f.provider.Batch = f.URL+"/many/{symbols}", 2
	f.provider.Symbols = map[string]string{"ACME": "AC.ME", "BOLT": "", "XAU": ""}
	f.provider.Paths = quote.Paths{Price: "data.{symbol}.price", Change: "data.{symbol}.change", Currency: "data.{symbol}.currency", Time: "data.{symbol}.time"}
	f.provider.Currency = ""
	f.answer = says(`{"data":{"AC.ME":{"price":"13.10","change":"-1.2%","currency":"usd","time":"2026-11-25"},
		"BOLT":{"price":7e0,"change":null,"currency":"USD","time":1795705200000},"XAU":{"price":0,"currency":"USD","time":1795705200}}}`)
	f.run(t, 1)
	f.wantReports(t, "true: 2 price(s) of Ticks, 2 new, at 26 November 2026 15:00 UTC; none of XAU (a price of nothing is taken for one that is not known)")
	if want := []string{"/many/AC.ME,BOLT", "/many/XAU"}; !slices.Equal(f.asked, want) {
		t.Errorf("asked: got %q, want %q", f.asked, want)
	}
	for symbol, want := range map[string]string{"ACME": "13.10 -1.2 2026-11-25", "BOLT": "7  2026-11-26T15:00:00Z"} {
		if q := f.base.Snapshot().Quote(symbol); q == nil || q.Price+" "+q.ChangePercent+" "+q.AsOf != want {
			t.Errorf("%s: got %v, want %s", symbol, q, want)
		}
	}
}

// Without a list every symbol with an exposure or a price is asked for.
func TestRefreshEverySymbol(t *testing.T) {
	f := newFake(t)
	f.provider.Symbols, f.answer = nil, says(tick)
	f.run(t, 1)
	for _, want := range []string{"/quote?symbol=ACME", "/quote?symbol=BOLT"} {
		if !slices.Contains(f.asked, want) {
			t.Errorf("%s was not asked for", want)
		}
	}
}

// What did not change is asked for by its mark, and nothing is written.
func TestRefreshConditional(t *testing.T) {
	f := newFake(t)
	f.provider.Symbols = map[string]string{"ACME": ""}
	f.answer = func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("If-None-Match") == `"1"`:
			w.Header().Set("ETag", `"1"`)
			w.WriteHeader(http.StatusNotModified)
		default:
			w.Header().Set("ETag", `"1"`)
			says(tick)(w, r)
		}
	}
	f.run(t, 3)
	f.wantReports(t, "true: 1 price(s) of Ticks, 1 new, at 26 November 2026 15:00 UTC", "true: 1 price(s) of Ticks, 0 new, at 26 November 2026 15:16 UTC", "true: 1 price(s) of Ticks, 0 new, at 26 November 2026 15:33 UTC")
	f.answer = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Last-Modified", "Thu, 26 Nov 2026 15:00:00 GMT")
		w.Header().Set("ETag", "")
		says(tick)(w, r)
	}
	f.run(t, 2)
	if got := f.headers[1].Get("If-Modified-Since"); got != "Thu, 26 Nov 2026 15:00:00 GMT" {
		t.Errorf("If-Modified-Since: got %q", got)
	}
}

// An answer of which something could not be used is asked for again in full.
func TestRefreshAsksAgainForWhatWasWrong(t *testing.T) {
	f := newFake(t)
	f.provider.Symbols = map[string]string{"ACME": ""}
	f.answer = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		says(`{"c":"NaN","t":1795705200}`)(w, r)
	}
	f.run(t, 2)
	const wrong = "false: Ticks gave no price that can be used: ACME (“NaN” is no price: write digits without signs and separators, for example 1234.56); the last known prices stay, and it is tried again in "
	f.wantReports(t, wrong+"1m6s", wrong+"2m12s")
	if got := f.headers[1].Get("If-None-Match"); got != "" {
		t.Errorf("If-None-Match: got %q, want none", got)
	}
}

// TestRefreshFails has what a provider can do wrong. The last known prices stay.
func TestRefreshFails(t *testing.T) {
	tests := map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		says   string
		again  time.Duration // after the first failure
	}{
		"tooOften":        {refuses(http.StatusTooManyRequests, "Retry-After", "600"), "Ticks was asked too often (429): ask for fewer symbols, or less often", 11 * time.Minute},
		"retryAfterADate": {refuses(http.StatusServiceUnavailable, "Retry-After", "Thu, 26 Nov 2026 17:00:05 GMT"), "Ticks answered 503", 132*time.Minute + 4*time.Second},
		"retryAfterAYear": {refuses(http.StatusServiceUnavailable, "Retry-After", "31536000"), "Ticks answered 503", 1584 * time.Minute},
		"retryAfterWrong": {refuses(http.StatusServiceUnavailable, "Retry-After", "soon"), "Ticks answered 503", 66 * time.Second},
		"keyRefused":      {refuses(http.StatusUnauthorized), "Ticks refused the key (401): check SILKWIRE_QUOTES_KEY", 66 * time.Second},
		"notPaidFor":      {refuses(http.StatusForbidden), "Ticks gave no price that can be used: ACME, BOLT (Ticks does not give it for this key (403))", 66 * time.Second},
		"unknownSymbols":  {refuses(http.StatusNotFound), "Ticks gave no price that can be used: ACME, BOLT (Ticks does not know the symbol (404))", 66 * time.Second},
		"html":            {says("<html>hello</html>"), "the answer of Ticks is no JSON: is the address right?", 66 * time.Second},
		"empty":           {says(""), "the answer of Ticks is no JSON: is the address right?", 66 * time.Second},
		"otherJSON":       {says(`[]`), "Ticks gave no price that can be used: ACME, BOLT (the price is missing)", 66 * time.Second},
		"noTime":          {says(`{"c":1,"dp":1,"t":0}`), "Ticks gave no price that can be used: ACME, BOLT (“” is no time: write 2026-11-25T20:00:00Z, or the day alone)", 66 * time.Second},
		"inTheFuture":     {says(`{"c":1,"dp":1,"t":1895705200}`), "Ticks gave no price that can be used: ACME, BOLT (2030-01-27T00:46:40Z is in the future)", 66 * time.Second},
		"large":           {says(`"` + strings.Repeat("x", 5<<20) + `"`), "the answer of Ticks has more than 4 MiB", 66 * time.Second},
		"gzipBomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write([]byte(strings.Repeat(" ", 50<<20)))
			_ = z.Close()
		}, "the answer of Ticks has more than 4 MiB", 66 * time.Second},
		"redirectElsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
		}, "Ticks cannot be reached: it sends on to another host: put that one into the address", 66 * time.Second},
		"redirectForEver": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/again", http.StatusFound)
		}, "Ticks cannot be reached: it sends on too often", 66 * time.Second},
		"cutOff": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("{"))
		}, "Ticks cannot be reached: unexpected EOF", 66 * time.Second},
		"quotesTheKey": {says(`{"c":"` + key + `","t":1795705200}`), "Ticks gave no price that can be used: ACME, BOLT (“…” is no price: write digits without signs and separators, for example 1234.56)", 66 * time.Second},
	}
	f := newFake(t)
	take(t, f.book, price("ACME", "13", "2026-11-25"))
	f.provider.Pause = time.Millisecond
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f.answer, f.now = test.answer, now
			f.run(t, 1)
			f.wantReports(t, "false: "+test.says+"; the last known prices stay, and it is tried again in "+test.again.String())
			if got := f.waits[len(f.waits)-1].Round(time.Second); got != test.again {
				t.Errorf("tried again in %s, want %s", got, test.again)
			}
			if q := f.base.Snapshot().Quote("ACME"); q.Price != "13" {
				t.Errorf("the last known price is %v", *q)
			}
		})
	}
}

// A provider that does not recover is asked less and less often, and one that does as
// before.
func TestRefreshBacksOff(t *testing.T) {
	f := newFake(t)
	f.provider.Symbols = map[string]string{"ACME": ""}
	f.answer = refuses(http.StatusInternalServerError)
	f.run(t, 12)
	var minutes []int
	for _, w := range f.waits[1:] {
		minutes = append(minutes, int(w.Minutes()))
	}
	if want := []int{1, 2, 4, 8, 17, 35, 70, 140, 281, 396, 396, 396}; !slices.Equal(minutes, want) {
		t.Errorf("got %v, want %v", minutes, want)
	}
	n := 0
	f.answer = func(w http.ResponseWriter, r *http.Request) {
		if n++; n == 2 {
			says(tick)(w, r)
			return
		}
		w.WriteHeader(http.StatusInternalServerError)
	}
	f.run(t, 3)
	if got := f.waits[1:]; !slices.Equal(got, []time.Duration{66 * time.Second, 990 * time.Second, 66 * time.Second}) {
		t.Errorf("got %v", got)
	}
}

// What came before a failure is kept, and nobody is asked for more.
func TestRefreshStops(t *testing.T) {
	f := newFake(t)
	f.provider.Symbols = map[string]string{"ACME": "", "BOLT": "", "XAU": ""}
	f.answer = func(w http.ResponseWriter, r *http.Request) {
		if len(f.asked) == 2 {
			refuses(http.StatusTooManyRequests)(w, r)
			return
		}
		says(tick)(w, r)
	}
	f.run(t, 1)
	if len(f.asked) != 2 || f.base.Snapshot().Quote("ACME").Price != "261.74" || strings.HasPrefix(f.reports[0], "true") {
		t.Errorf("asked %q, report %q, price %v", f.asked, f.reports, f.base.Snapshot().Quote("ACME"))
	}
}

// Nobody there: the address is not told, for nobody knows what an operator put into it.
func TestRefreshUnreachable(t *testing.T) {
	f := newFake(t)
	f.answer = says(tick)
	f.Close()
	f.run(t, 1)
	if r := f.reports[0]; !strings.HasPrefix(r, "false: Ticks cannot be reached: dial tcp ") || strings.Contains(r, "symbol=") {
		t.Errorf("got %q", r)
	}
}

// What could not be written is asked for again in full.
func TestRefreshCannotWrite(t *testing.T) {
	f := newFake(t)
	p, err := f.provider.Complete(true)
	if err != nil {
		t.Fatal(err)
	}
	f.answer = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		says(tick)(w, r)
	}
	full := true
	r := quote.NewRefresher(quote.Options{
		Provider: p, Key: key, Client: f.Client(), Snapshot: f.base.Snapshot,
		Take: func(ctx context.Context, quotes []knowledge.Quote) (quote.Taken, error) {
			if full {
				return quote.Taken{}, errors.New("the disk is full")
			}
			return f.book.Take(ctx, quotes)
		},
		Now: func() time.Time { return now }, Wait: func(context.Context, time.Duration) error { return nil }, Random: func() float64 { return 0 },
	})
	if _, err := r.Round(t.Context()); err == nil || err.Error() != "the prices of Ticks could not be written: the disk is full" {
		t.Errorf("got %v", err)
	}
	full = false
	if says, err := r.Round(t.Context()); err != nil || !strings.HasPrefix(says, "2 price(s) of Ticks, 2 new") {
		t.Errorf("got %q, %v", says, err)
	}
	if got := f.headers[2].Get("If-None-Match"); got != "" {
		t.Errorf("If-None-Match: got %q, want none", got)
	}
}

func TestProviderComplete(t *testing.T) {
	good := quote.Provider{Name: "Ticks", Address: "https://ticks.example/{symbol}", Paths: quote.Paths{Price: "c", Time: "t"}, Currency: "USD"}
	tests := map[string]struct {
		change  func(*quote.Provider)
		withKey bool
		want    string // of the error; empty: there is none
	}{
		"good":            {change: func(*quote.Provider) {}},
		"goodWithKey":     {change: func(p *quote.Provider) { p.Header = "X-Key" }, withKey: true},
		"goodLoopback":    {change: func(p *quote.Provider) { p.Header, p.Address = "X-Key", "http://127.0.0.1:8080/{symbols}" }, withKey: true},
		"nameless":        {change: func(p *quote.Provider) { p.Name = " " }, want: "name: say who gives the prices"},
		"home":            {change: func(p *quote.Provider) { p.Home = "javascript:alert(1)" }, want: "home: must be an http or https address"},
		"addressMissing":  {change: func(p *quote.Provider) { p.Address = "" }, want: "address: must be an http or https address"},
		"addressOfAFile":  {change: func(p *quote.Provider) { p.Address = "file:///etc/{symbol}" }, want: "address: must be an http or https address"},
		"addressAlike":    {change: func(p *quote.Provider) { p.Address = "https://ticks.example/all" }, want: "address: must have {symbol} or {symbols}"},
		"addressOfBoth":   {change: func(p *quote.Provider) { p.Address += "/{symbols}" }, want: "address: must have {symbol} or {symbols}"},
		"addressPassword": {change: func(p *quote.Provider) { p.Address = "https://a:b@ticks.example/{symbol}" }, want: "address: must hold no name and password"},
		"keyInTheOpen":    {change: func(p *quote.Provider) { p.Header, p.Address = "X-Key", "http://ticks.example/{symbol}" }, withKey: true, want: "address: must begin with https:// where a key is sent"},
		"keyNowhere":      {change: func(*quote.Provider) {}, withKey: true, want: "header: there is a key, and it is not said which header carries it"},
		"keyMissing":      {change: func(p *quote.Provider) { p.Header = "X-Key" }, want: "header: there is no key for it"},
		"headerWrong":     {change: func(p *quote.Provider) { p.Header = "X Key" }, withKey: true, want: "header: must be a name such as X-Api-Key"},
		"everySecond":     {change: func(p *quote.Provider) { p.Every = time.Second }, want: "every: must be from 1m0s to 168h0m0s"},
		"pauseLong":       {change: func(p *quote.Provider) { p.Pause = time.Hour }, want: "pause: must be from 0s to 1m0s"},
		"batchLarge":      {change: func(p *quote.Provider) { p.Batch = 501 }, want: "batch: must be from 1 to 500"},
		"pathsMissing":    {change: func(p *quote.Provider) { p.Paths.Time = "" }, want: "paths: price and time must be given"},
		"currencyMissing": {change: func(p *quote.Provider) { p.Currency = "" }, want: "currency: say which, or give paths.currency"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := good
			test.change(&p)
			complete, err := p.Complete(test.withKey)
			switch {
			case test.want == "" && (err != nil || complete.Every != time.Hour || complete.Pause != time.Second || complete.Batch != 50):
				t.Errorf("got %+v, %v", complete, err)
			case test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)):
				t.Errorf("got %v, want %s …", err, test.want)
			}
		})
	}
}
