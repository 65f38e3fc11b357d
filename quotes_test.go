package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"silkwire/adapters/slack/standin"
	"silkwire/bot"
	"silkwire/knowledge"
)

// askAt gives the reply to a line, on one day.
func askAt(t *testing.T, core *bot.Router, line string) string {
	t.Helper()
	return core.Dispatch(t.Context(), bot.Request{ID: "1", Line: line, At: time.Date(2026, 11, 26, 15, 0, 0, 0, time.UTC)}).Plain()
}

// A reply that is kept for whoever asks the same does not hide a newer price.
func TestNewPriceIsNotHidden(t *testing.T) {
	base := keptBase(t)
	core := keptCore(t, base, 16)
	for i := range 3 {
		q := knowledge.Quote{Symbol: "NVDA", Price: fmt.Sprintf("21%d.5", i), Currency: "USD", AsOf: fmt.Sprintf("2026-11-26T14:0%d:00Z", i), Source: "Our desk"}
		for range 2 {
			if got := askAt(t, core, "/ticker NVDA"); strings.Contains(got, q.Price) {
				t.Fatalf("before the price: %s", got)
			}
		}
		if _, err := base.quotes.Take(t.Context(), []knowledge.Quote{q}); err != nil {
			t.Fatal(err)
		}
		if got := askAt(t, core, "/ticker NVDA"); !strings.Contains(got, q.Price) {
			t.Fatalf("after the price: %s", got)
		}
	}
}

// What an operator imports while silkwire serves, and what a provider gives it, people in
// Slack see at once, and nobody sees the provider's key.
func TestServePrices(t *testing.T) {
	var price atomic.Value
	price.Store("301.25")
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Ticks-Key") != "s3cret" || r.URL.Query().Get("symbol") != "AMD.N" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = fmt.Fprintf(w, `{"c":%s,"dp":-0.5,"t":%d}`, price.Load(), time.Now().Unix())
	}))
	t.Cleanup(provider.Close)
	folder := t.TempDir()
	file := filepath.Join(folder, "quotes.yaml")
	description := "name: Ticks\nhome: https://ticks.example\naddress: " + provider.URL + "/quote?symbol={symbol}\nheader: X-Ticks-Key\nevery: 1h\nsymbols:\n  AMD: AMD.N\ncurrency: USD\npaths: {price: c, change: dp, time: t}\n"
	csv := filepath.Join(folder, "prices.csv")
	for name, content := range map[string]string{file: description, csv: "symbol,price,currency,as_of,source\nNVDA,444.25,USD,2026-11-20,Our desk\n"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := checkedQuotes(t, exitAnswered, file, "s3cret"); !strings.HasPrefix(got, "AMD  301.25 USD  −0.5 %  ") || !strings.Contains(got, "\n1 price(s) of Ticks, 1 new, at ") {
		t.Errorf("check: %s", got)
	}
	if got, want := checkedQuotes(t, exitFailure, file, "wr0ng"), "silkwire: Ticks refused the key (401): check SILKWIRE_QUOTES_KEY\n"; got != want {
		t.Errorf("check with another key: got %q, want %q", got, want)
	}
	s := standin.New(t)
	run := startServe(t, map[string]string{
		"SLACK_BOT_TOKEN": standin.BotToken, "SLACK_APP_TOKEN": standin.AppToken, "SLACK_API_URL": s.URL(), "SILKWIRE_ADMIN_ADDR": "127.0.0.1:0", "SILKWIRE_FETCH_PRIVATE": "1",
		"SILKWIRE_QUOTES": file, "SILKWIRE_QUOTES_KEY": "s3cret", "SILKWIRE_RATE": "off",
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	run.waitReady(ctx, t)
	ask := func(symbol string) string {
		payload, err := s.Send(standin.Command("/ticker", symbol)).Ack(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return string(payload)
	}
	if got := ask("NVDA"); !strings.Contains(got, "208.64") {
		t.Errorf("before the import: %.2000s", got)
	}
	if got := run.subcommand(t, exitAnswered, "quotes", "import", csv); !strings.HasPrefix(got, "taken: 1 new price(s)") {
		t.Errorf("import: %s", got)
	}
	if got := ask("NVDA"); !strings.Contains(got, "444.25") || !strings.Contains(got, "not live;") || !strings.Contains(got, "Our desk") || strings.Contains(got, "208.64") {
		t.Errorf("after the import: %.2000s", got)
	}
	waitFor(15*time.Second, func() bool { return strings.Contains(ask("AMD"), "301.25") })
	if got := ask("AMD"); !strings.Contains(got, "301.25") || !strings.Contains(got, "ticks.example") || strings.Contains(got, "not live") {
		t.Errorf("after the provider was asked: %.2000s\n%s", got, run.stderr)
	}
	if got := run.subcommand(t, exitAnswered, "quotes", "list"); !strings.Contains(got, "less than an hour old  Ticks\n") || !strings.Contains(got, "Our desk\n") {
		t.Errorf("list: %s", got)
	}
	run.subcommand(t, exitAnswered, "store", "check")
	if got := run.subcommand(t, exitAnswered, "facts", "history"); strings.Count(got, "revision ") != 1 {
		t.Errorf("a price has made a revision: %s", got)
	}
	run.stop()
	if code := run.exit(t); code != exitAnswered || strings.Contains(run.stderr.String(), "s3cret") {
		t.Errorf("got exit status %d and %s", code, run.stderr)
	}
	// Without the network, and after a start, the last known ones stay.
	if got := run.subcommand(t, exitAnswered, "run", "/ticker AMD NVDA"); !strings.Contains(got, "301.25") || !strings.Contains(got, "444.25") {
		t.Errorf("after the end: %s", got)
	}
}

// checkedQuotes is what "silkwire quotes check" prints, where there is no database.
func checkedQuotes(t *testing.T, want int, file, key string) string {
	t.Helper()
	var out strings.Builder
	home := t.TempDir()
	p := &program{stdin: strings.NewReader(""), stdout: &out, stderr: &out, dotenv: filepath.Join(home, ".env"), getenv: func(name string) string {
		return map[string]string{"HOME": home, "SILKWIRE_QUOTES": file, "SILKWIRE_QUOTES_KEY": key, "SILKWIRE_FETCH_PRIVATE": "1"}[name]
	}}
	if got := p.run(t.Context(), []string{"quotes", "check"}); got != want {
		t.Errorf("exit status %d, want %d\n%s", got, want, &out)
	}
	return out.String()
}

func TestReadProvider(t *testing.T) {
	const good = "name: Ticks\naddress: https://ticks.example/{symbol}\ncurrency: USD\npaths: {price: c, time: t}\n"
	tests := map[string]struct {
		name, content, key string
		want               string // of the error; empty: there is none
	}{
		"yaml":         {"q.yaml", good + "every: 15m\n", "", ""},
		"json":         {"q.json", `{"name":"Ticks","address":"https://ticks.example/{symbol}","currency":"USD","every":"15m","paths":{"price":"c","time":"t"}}`, "", ""},
		"withKey":      {"q.yaml", good + "every: 15m\nheader: X-Key\n", "s3cret", ""},
		"unknownField": {"q.yaml", good + "kye: s3cret\n", "", "q.yaml: [5:1] unknown field \"kye\""},
		"noDuration":   {"q.yaml", good + "every: often\n", "", "q.yaml: "},
		"incomplete":   {"q.yaml", "name: Ticks\n", "", "q.yaml:\naddress: must be an http or https address\n"},
		"keyNowhere":   {"q.yaml", good, "s3cret", "header: there is a key, and it is not said which header carries it"},
		"missing":      {"", "", "", "no such file or directory"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := quotesConfig{file: filepath.Join(t.TempDir(), test.name, "q.yaml"), key: test.key}
			if test.name != "" {
				c.file = filepath.Join(t.TempDir(), test.name)
				if err := os.WriteFile(c.file, []byte(test.content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			p, err := readProvider(c)
			switch {
			case test.want == "" && (err != nil || p.Every != 15*time.Minute || p.Name != "Ticks"):
				t.Errorf("got %+v, %v", p, err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "SILKWIRE_QUOTES: ")):
				t.Errorf("got %v, want %q", err, test.want)
			case test.want != "" && strings.Contains(err.Error(), "s3cret"):
				t.Errorf("a secret stands in %q", err)
			}
		})
	}
	if p, err := readProvider(quotesConfig{}); p != nil || err != nil {
		t.Errorf("without a file: %v, %v", p, err)
	}
	if _, err := readProvider(quotesConfig{key: "s3cret"}); err == nil || !strings.HasPrefix(err.Error(), "SILKWIRE_QUOTES_KEY is set, and SILKWIRE_QUOTES is not") {
		t.Errorf("a key without a file: %v", err)
	}
}

// The provider that docs/quotes.md describes is one.
func TestDocumentedProvider(t *testing.T) {
	doc, err := os.ReadFile("docs/quotes.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(doc), "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	file := filepath.Join(t.TempDir(), "quotes.yaml")
	if err := os.WriteFile(file, []byte(example), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := readProvider(quotesConfig{file: file, key: "s3cret"})
	if err != nil || !found || p.Name != "Finnhub" || p.Every != 30*time.Minute || p.Pause != 2*time.Second || len(p.Symbols) != 3 {
		t.Errorf("got %+v, %v", p, err)
	}
}
