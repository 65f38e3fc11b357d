package knowledge_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"silkwire/knowledge"
	"silkwire/knowledge/kv/memkv"
)

func priced(symbol, price, currency, asOf string) knowledge.Quote {
	return knowledge.Quote{Symbol: symbol, Price: price, Currency: currency, AsOf: asOf, Source: "A desk"}
}

// prices are those of a list, by price and as-of.
func prices(quotes []knowledge.Quote) []string {
	var out []string
	for _, q := range quotes {
		out = append(out, q.Symbol+" "+q.Price+" "+q.Currency+" "+q.AsOf)
	}
	return out
}

func TestShowQuotes(t *testing.T) {
	dated := priced("XAU", "4000.00", "USD", "2026-11-24T12:00:00Z")
	tests := map[string]struct {
		tape    knowledge.Tape
		quotes  []string // of every symbol
		symbol  string
		history []string
	}{
		"the shipped price stands while there is no other": {
			quotes: []string{"ACME 12.50 USD 05:15 UTC, date not given", "XAU 4000.00 USD 2026-11-24T12:00:00Z"},
			symbol: "ACME", history: []string{"ACME 12.50 USD 05:15 UTC, date not given"},
		},
		"a price with a time hides one without": {
			tape:   knowledge.Tape{"ACME": {priced("ACME", "13", "USD", "2020-01-01"), priced("ACME", "14", "USD", "2020-01-02")}},
			quotes: []string{"ACME 14 USD 2020-01-02", "XAU 4000.00 USD 2026-11-24T12:00:00Z"},
			symbol: "ACME", history: []string{"ACME 13 USD 2020-01-01", "ACME 14 USD 2020-01-02"},
		},
		"an older one does not hide a dated one, and is its history": {
			tape:   knowledge.Tape{"XAU": {priced("XAU", "3000", "USD", "2026-11-23")}},
			quotes: []string{"ACME 12.50 USD 05:15 UTC, date not given", "XAU 4000.00 USD 2026-11-24T12:00:00Z"},
			symbol: "XAU", history: []string{"XAU 3000 USD 2026-11-23", "XAU 4000.00 USD 2026-11-24T12:00:00Z"},
		},
		"of one day the later one stands": {
			tape:   knowledge.Tape{"XAU": {priced("XAU", "4100", "USD", "2026-11-24")}},
			quotes: []string{"ACME 12.50 USD 05:15 UTC, date not given", "XAU 4100 USD 2026-11-24"},
			symbol: "XAU", history: []string{"XAU 4100 USD 2026-11-24"},
		},
		"history is in one currency": {
			tape:   knowledge.Tape{"XAU": {priced("XAU", "3900", "EUR", "2026-11-25"), priced("XAU", "4200", "USD", "2026-11-26")}},
			quotes: []string{"ACME 12.50 USD 05:15 UTC, date not given", "XAU 4200 USD 2026-11-26"},
			symbol: "XAU", history: []string{"XAU 4000.00 USD 2026-11-24T12:00:00Z", "XAU 4200 USD 2026-11-26"},
		},
		"a listing without a price gets one": {
			tape:   knowledge.Tape{"0042.HK": {priced("0042.HK", "7", "HKD", "2026-11-25")}},
			quotes: []string{"0042.HK 7 HKD 2026-11-25", "ACME 12.50 USD 05:15 UTC, date not given", "XAU 4000.00 USD 2026-11-24T12:00:00Z"},
			symbol: "0042.HK", history: []string{"0042.HK 7 HKD 2026-11-25"},
		},
		"what nobody knows is left out": {
			tape:   knowledge.Tape{"GONE": {priced("GONE", "7", "HKD", "2026-11-25")}},
			quotes: []string{"ACME 12.50 USD 05:15 UTC, date not given", "XAU 4000.00 USD 2026-11-24T12:00:00Z"},
			symbol: "GONE",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := world()
			c.Quotes = append(c.Quotes, dated)
			c.Quotes[1].Source, c.Quotes[1].ChangePercent = "report", "0"
			base := open(t, memkv.New(), shipping(t, c))
			base.ShowQuotes(test.tape)
			s := base.Snapshot()
			if got := prices(s.Quotes()); !slices.Equal(got, test.quotes) {
				t.Errorf("quotes: got %q, want %q", got, test.quotes)
			}
			if got := prices(s.History(test.symbol)); !slices.Equal(got, test.history) {
				t.Errorf("history: got %q, want %q", got, test.history)
			}
			for _, q := range s.Quotes() {
				if last := s.Quote(q.Symbol); *last != q {
					t.Errorf("quote: got %v, want %v", *last, q)
				}
			}
		})
	}
}

// A new price is an edition and no revision, and outlives both kinds of revision.
func TestShowQuotesIsNoRevision(t *testing.T) {
	base := open(t, memkv.New(), shipping(t, world()))
	before := base.Snapshot()
	base.ShowQuotes(knowledge.Tape{"ACME": {priced("ACME", "14", "USD", "2026-11-25")}})
	shown := base.Snapshot()
	if shown.Revision != before.Revision || shown.Edition <= before.Edition {
		t.Errorf("got revision %d, edition %d; was %d, %d", shown.Revision, shown.Edition, before.Revision, before.Edition)
	}
	if before.Quote("ACME").Price != "12.50" {
		t.Error("the Snapshot that somebody holds has changed")
	}
	all, others, err := base.Changes(t.Context(), before.Revision)
	if err != nil || len(all)+others > 0 {
		t.Errorf("changes: got %v, %d others, %v; want none", all, others, err)
	}
	apply(t, base, knowledge.Change{Put: []knowledge.Record{claim("zeta-new", "Zeta Labs has a cat.")}})
	apply(t, base, knowledge.Change{Put: []knowledge.Record{knowledge.Instrument{Symbol: "XAG", Name: "silver", Class: knowledge.Commodity}}})
	if s := base.Snapshot(); s.Revision != before.Revision+2 || s.Quote("ACME").Price != "14" || s.Edition <= shown.Edition+1 {
		t.Errorf("after two revisions: revision %d, edition %d, price %s", s.Revision, s.Edition, s.Quote("ACME").Price)
	}
}

// Prices and revisions that come at once lose nothing of each other.
func TestShowQuotesBesideRevisions(t *testing.T) {
	base := open(t, memkv.New(), shipping(t, world()))
	var both sync.WaitGroup
	both.Go(func() {
		for i := range 50 {
			base.ShowQuotes(knowledge.Tape{"ACME": {priced("ACME", fmt.Sprint(i+1), "USD", "2026-11-25")}})
		}
	})
	for i := range 50 {
		apply(t, base, knowledge.Change{Put: []knowledge.Record{claim(fmt.Sprintf("zeta-%d", i), fmt.Sprintf("Zeta Labs has %d cats.", i))}})
	}
	both.Wait()
	if s := base.Snapshot(); s.Quote("ACME").Price != "50" || s.Fact("zeta-49") == nil {
		t.Errorf("got price %s, fact %v", s.Quote("ACME").Price, s.Fact("zeta-49"))
	}
}

func TestExactSymbol(t *testing.T) {
	s := knowledge.NewSnapshot(world(), 0, time.Time{})
	tests := map[string]string{
		"ACME": "ACME", " acme ": "ACME", "$acme": "ACME", "ACME.US": "ACME", "NASDAQ:ACME": "ACME", "xau": "XAU", "00042.hk": "0042.HK",
		"Acme Industries": "", "gold": "", "ACM": "", "": "", "QQQ": "",
	}
	for typed, want := range tests {
		if got := s.ExactSymbol(typed); got != want {
			t.Errorf("ExactSymbol(%q) = %q, want %q", typed, got, want)
		}
	}
}

func TestCurrency(t *testing.T) {
	s := knowledge.NewSnapshot(world(), 0, time.Time{})
	for symbol, want := range map[string]string{"ACME": "USD", "0042.HK": "HKD", "XAU": "", "QQQ": ""} {
		if got := s.Currency(symbol); got != want {
			t.Errorf("Currency(%q) = %q, want %q", symbol, got, want)
		}
	}
}

// BenchmarkQuote looks up the last known price: of the fact base alone, and with a year
// and a half of prices beside it.
func BenchmarkQuote(b *testing.B) {
	tape := knowledge.Tape{}
	for i := range 400 {
		day := time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i).Format(time.DateOnly)
		for _, symbol := range []string{"ACME", "XAU", "0042.HK"} {
			tape[symbol] = append(tape[symbol], priced(symbol, "1", "USD", day))
		}
	}
	for name, t := range map[string]knowledge.Tape{"base": nil, "tape": tape} {
		b.Run(name, func(b *testing.B) {
			base := open(b, memkv.New(), shipping(b, world()))
			base.ShowQuotes(t)
			b.ReportAllocs()
			for b.Loop() {
				if base.Snapshot().Quote("ACME") == nil {
					b.Fatal("there is no price")
				}
			}
		})
	}
	b.Run("show", func(b *testing.B) {
		base := open(b, memkv.New(), shipping(b, world()))
		b.ReportAllocs()
		for b.Loop() {
			base.ShowQuotes(tape)
		}
	})
}
