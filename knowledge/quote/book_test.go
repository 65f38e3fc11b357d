package quote_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"silkwire/knowledge"
	"silkwire/knowledge/kv"
	"silkwire/knowledge/kv/boltkv"
	"silkwire/knowledge/kv/memkv"
	"silkwire/knowledge/quote"
)

// shown is a fact base that prices are shown in.
type shown struct {
	mu       sync.Mutex
	snapshot *knowledge.Snapshot
}

func (s *shown) ShowQuotes(t knowledge.Tape) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.snapshot = s.snapshot.WithQuotes(t)
}

// Snapshot is the newest.
func (s *shown) Snapshot() *knowledge.Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.snapshot
}

// opened is a Book over a store, and what shows its prices.
func opened(t testing.TB, store kv.Store, readOnly bool) (*quote.Book, *shown) {
	t.Helper()
	base := &shown{snapshot: snapshot()}
	book, err := quote.Open(t.Context(), store, base, readOnly)
	if err != nil {
		t.Fatal(err)
	}
	return book, base
}

func take(t testing.TB, b *quote.Book, quotes ...knowledge.Quote) quote.Taken {
	t.Helper()
	taken, err := b.Take(t.Context(), quotes)
	if err != nil {
		t.Fatal(err)
	}
	return taken
}

func price(symbol, price, asOf string) knowledge.Quote {
	return knowledge.Quote{Symbol: symbol, Price: price, Currency: "USD", AsOf: asOf, Source: "Desk"}
}

// lines are prices as "price as-of".
func lines(quotes []knowledge.Quote) []string {
	var out []string
	for _, q := range quotes {
		out = append(out, q.Price+" "+q.AsOf)
	}
	return out
}

// records are those of the store, each checked as silkwire store check does.
func records(t testing.TB, store kv.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := store.View(t.Context(), func(tx kv.Tx) error {
		return tx.Scan([]byte("t/"), func(key, value []byte) error {
			out[string(key)] = string(value)
			return quote.CheckRecord(key, value)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTake(t *testing.T) {
	store := memkv.New()
	book, base := opened(t, store, false)
	steps := []struct {
		what   string
		quotes []knowledge.Quote
		want   quote.Taken
		kept   []string
	}{
		{"the first", []knowledge.Quote{price("ACME", "13", "2026-11-24")}, quote.Taken{New: 1, Symbols: 1}, []string{"13 2026-11-24"}},
		{"again", []knowledge.Quote{price("ACME", "13", "2026-11-24")}, quote.Taken{Same: 1}, []string{"13 2026-11-24"}},
		{"older of the day", []knowledge.Quote{price("ACME", "12", "2026-11-24T15:00:00Z")}, quote.Taken{Old: 1}, []string{"13 2026-11-24"}},
		{"corrected", []knowledge.Quote{price("ACME", "13.5", "2026-11-24")}, quote.Taken{New: 1, Symbols: 1}, []string{"13.5 2026-11-24"}},
		{"two of a later day", []knowledge.Quote{price("ACME", "14", "2026-11-26T10:00:00Z"), price("ACME", "15", "2026-11-26T11:00:00Z")}, quote.Taken{New: 2, Symbols: 1}, []string{"13.5 2026-11-24", "15 2026-11-26T11:00:00Z"}},
		{"between and before", []knowledge.Quote{price("ACME", "16", "2026-11-25"), price("ACME", "9", "2026-10-31")}, quote.Taken{New: 2, Symbols: 1}, []string{"9 2026-10-31", "13.5 2026-11-24", "16 2026-11-25", "15 2026-11-26T11:00:00Z"}},
		{"nothing", nil, quote.Taken{}, []string{"9 2026-10-31", "13.5 2026-11-24", "16 2026-11-25", "15 2026-11-26T11:00:00Z"}},
	}
	for _, step := range steps {
		if got := take(t, book, step.quotes...); got != step.want {
			t.Errorf("%s: got %+v, want %+v", step.what, got, step.want)
		}
		if got := lines(base.Snapshot().History("ACME")); !slices.Equal(got, step.kept) {
			t.Errorf("%s: got %q, want %q", step.what, got, step.kept)
		}
		if last := base.Snapshot().Quote("ACME"); last.Price+" "+last.AsOf != step.kept[len(step.kept)-1] {
			t.Errorf("%s: the last is %v", step.what, *last)
		}
	}
	take(t, book, price("BOLT", "7", "2026-11-26"))
	want := map[string]string{
		"t/ACME\x002026-10": "2026-10-31\t9\tUSD\t\tDesk\t\n",
		"t/ACME\x002026-11": "2026-11-24\t13.5\tUSD\t\tDesk\t\n2026-11-25\t16\tUSD\t\tDesk\t\n2026-11-26T11:00:00Z\t15\tUSD\t\tDesk\t\n",
		"t/BOLT\x002026-11": "2026-11-26\t7\tUSD\t\tDesk\t\n",
	}
	if got := records(t, store); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("records: got %q, want %q", got, want)
	}

	again, reopened := opened(t, store, true)
	if got, want := lines(reopened.Snapshot().History("ACME")), steps[len(steps)-1].kept; !slices.Equal(got, want) {
		t.Errorf("after a start: got %q, want %q", got, want)
	}
	if got := lines(again.Kept()); len(got) != 5 || got[4] != "7 2026-11-26" {
		t.Errorf("kept: got %q", got)
	}
	if _, err := again.Take(t.Context(), []knowledge.Quote{price("ACME", "1", "2026-11-26")}); !errors.Is(err, kv.ErrReadOnly) {
		t.Errorf("of a read-only store: got %v", err)
	}
}

// TestTakeTrims keeps the last days, and forgets the months that ended before them.
func TestTakeTrims(t *testing.T) {
	store := memkv.New()
	book, base := opened(t, store, false)
	first := time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)
	var quotes []knowledge.Quote
	for i := range quote.Days + 40 {
		quotes = append(quotes, price("ACME", fmt.Sprint(i+1), first.AddDate(0, 0, i).Format(time.DateOnly)))
	}
	take(t, book, quotes[:quote.Days]...)
	if got := take(t, book, quotes[quote.Days:]...); got.New != 40 {
		t.Errorf("got %+v, want 40 new ones", got)
	}
	all := base.Snapshot().History("ACME")
	if len(all) != quote.Days || all[0].Price != "41" || all[len(all)-1].Price != fmt.Sprint(quote.Days+40) {
		t.Errorf("got %d prices, from %v to %v", len(all), all[0], all[len(all)-1])
	}
	kept := records(t, store)
	if _, there := kept["t/ACME\x002025-01"]; there || len(kept) != 14 {
		t.Errorf("got records of %d months", len(kept))
	}
	if got := take(t, book, quotes[0]); got != (quote.Taken{Old: 1}) {
		t.Errorf("of before the last days: got %+v", got)
	}
}

// failing is a store that cannot be written to once it is told so.
type failing struct {
	kv.Store
	now bool
}

func (f *failing) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if f.now {
		return errors.New("the disk is full")
	}
	return f.Store.Update(ctx, fn)
}

// Prices that come at once are all kept, while others look.
func TestTakeAtOnce(t *testing.T) {
	book, base := opened(t, memkv.New(), false)
	var at sync.WaitGroup
	for i := range 20 {
		at.Go(func() {
			if _, err := book.Take(t.Context(), []knowledge.Quote{price("ACME", "13", fmt.Sprintf("2026-11-%02d", i+1)), price("BOLT", "7", fmt.Sprintf("2026-10-%02d", i+1))}); err != nil {
				t.Error(err)
			}
			book.Kept()
			base.Snapshot().History("ACME")
		})
	}
	at.Wait()
	if a, b := base.Snapshot().History("ACME"), base.Snapshot().History("BOLT"); len(a) != 20 || len(b) != 20 {
		t.Errorf("got %d and %d prices", len(a), len(b))
	}
}

// What could not be written is not shown either.
func TestTakeFails(t *testing.T) {
	store := &failing{Store: memkv.New()}
	book, base := opened(t, store, false)
	store.now = true
	if _, err := book.Take(t.Context(), []knowledge.Quote{price("ACME", "13", "2026-11-24")}); err == nil || base.Snapshot().Quote("ACME").Price != "12.50" || len(book.Kept()) > 0 {
		t.Errorf("got %v, price %s", err, base.Snapshot().Quote("ACME").Price)
	}
	store.now = false
	if got := take(t, book, price("ACME", "13", "2026-11-24")); got.New != 1 {
		t.Errorf("once it works again: got %+v", got)
	}
}

func TestCheckRecord(t *testing.T) {
	const good = "2026-11-24\t13\tUSD\t\tDesk\t\n"
	tests := map[string]struct {
		key, value string
		wrong      bool
	}{
		"good":          {"t/ACME\x002026-11", good, false},
		"no month":      {"t/ACME", good, true},
		"no symbol":     {"t/\x002026-11", good, true},
		"other month":   {"t/ACME\x002026-10", good, true},
		"empty":         {"t/ACME\x002026-11", "", true},
		"field missing": {"t/ACME\x002026-11", "2026-11-24\t13\tUSD\t\tDesk\n", true},
		"no time":       {"t/ACME\x002026-11", "2026-11-xx\t13\tUSD\t\tDesk\t\n", true},
		"a day twice":   {"t/ACME\x002026-11", good + good, true},
		"NaN":           {"t/ACME\x002026-11", "2026-11-24\tNaN\tUSD\t\tDesk\t\n", true},
		"nobody's":      {"t/ACME\x002026-11", "2026-11-24\t13\tUSD\t\t\t\n", true},
	}
	for name, test := range tests {
		if err := quote.CheckRecord([]byte(test.key), []byte(test.value)); (err != nil) != test.wrong {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A damaged record is an error at the start, and not a price.
func TestOpenDamaged(t *testing.T) {
	store := memkv.New()
	_, base := opened(t, store, false)
	err := store.Update(t.Context(), func(tx kv.Tx) error { return tx.Put([]byte("t/ACME\x002026-11"), []byte("nonsense")) })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := quote.Open(t.Context(), store, base, false); !errors.Is(err, kv.ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

// years is a year and a half of prices of 75 symbols.
func years() []knowledge.Quote {
	first := time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)
	var quotes []knowledge.Quote
	for i := range 75 {
		symbol := fmt.Sprintf("COIN%d", i)
		for day := range quote.Days {
			quotes = append(quotes, knowledge.Quote{Symbol: symbol, Price: "63127.25", Currency: "USD", ChangePercent: "-0.33", AsOf: first.AddDate(0, 0, day).Format(time.DateOnly) + "T20:00:00Z", Source: "Some provider", URL: "https://provider.example"})
		}
	}
	return quotes
}

// BenchmarkOpen reads 30,000 prices from the disk at the start.
func BenchmarkOpen(b *testing.B) {
	db, err := boltkv.Open(filepath.Join(b.TempDir(), "silkwire.db"), boltkv.Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	book, base := opened(b, db, false)
	take(b, book, years()...)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := quote.Open(b.Context(), db, base, true); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkImport is a file of 1,000 rows from its bytes to the disk and the Snapshot that
// shows its prices.
func BenchmarkImport(b *testing.B) {
	first := time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)
	text := "symbol,price,currency,change_percent,as_of,source\n"
	for i := range 1_000 {
		symbol := []string{"ACME", "BOLT", "XAU"}[i%3]
		text += fmt.Sprintf("%s,%d.25,USD,-0.33,%s,Desk\n", symbol, i+1, first.AddDate(0, 0, i/3).Format(time.DateOnly))
	}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		db, err := boltkv.Open(filepath.Join(b.TempDir(), "silkwire.db"), boltkv.Options{})
		if err != nil {
			b.Fatal(err)
		}
		book, base := opened(b, db, false)
		b.StartTimer()
		rows, _, err := quote.Read("prices.csv", []byte(text))
		if err != nil {
			b.Fatal(err)
		}
		good, problems := quote.Rules{Base: base.Snapshot(), Now: now}.Check(rows)
		if taken := take(b, book, good...); taken.New != 1_000 || len(problems) > 0 {
			b.Fatal(taken, problems)
		}
		b.StopTimer()
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
