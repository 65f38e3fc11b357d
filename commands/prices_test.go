package commands

import (
	"strings"
	"testing"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
)

// priceLines are what a reply says of its prices: rows, then when and from whom.
func priceLines(r bot.Reply) string {
	var lines []string
	for _, b := range r.Blocks {
		q, ok := b.(bot.Quotes)
		if !ok {
			continue
		}
		for _, row := range q.Rows {
			lines = append(lines, strings.TrimSpace(row.Symbol+" "+row.Price+" "+row.Currency+" "+row.Change))
		}
		lines = append(lines, q.AsOf+" · "+q.Source.String())
	}
	return strings.Join(lines, "\n")
}

func givenBy(symbol, asOf, source, url string) knowledge.Quote {
	return knowledge.Quote{Symbol: symbol, Price: "210.00", Currency: "USD", ChangePercent: "0.65", AsOf: asOf, Source: source, URL: url}
}

// TestPricesSayHowOld asks on 3 February 2026, shortly after five in the morning (UTC).
func TestPricesSayHowOld(t *testing.T) {
	const ticks, home = "Ticks", "https://ticks.example"
	unchanged := givenBy("JADE", "2026-02-03T05:04:10Z", ticks, home)
	unchanged.ChangePercent = ""
	tests := map[string]struct {
		tape knowledge.Tape
		line string
		want []string
	}{
		"shipped, nobody knows of when": {nil, "/ticker GRNT", []string{"GRNT 208.64 USD 1.73", "snapshot, 05:15 UTC, date not given · not live, from harbour-report"}},
		"of this morning":               {knowledge.Tape{"GRNT": {givenBy("GRNT", "2026-02-03T05:04:10Z", ticks, home)}}, "/ticker GRNT", []string{"GRNT 210.00 USD 0.65", "3 February 2026, 05:04 UTC · from Ticks"}},
		"of yesterday":                  {knowledge.Tape{"GRNT": {givenBy("GRNT", "2026-02-02T21:00:00Z", ticks, home)}}, "/ticker GRNT", []string{"GRNT 210.00 USD 0.65", "2 February 2026, 21:00 UTC · not live; of the day before, from Ticks"}},
		"twelve days old":               {knowledge.Tape{"GRNT": {givenBy("GRNT", "2026-01-22T21:00:00Z", ticks, "")}}, "/ticker GRNT", []string{"GRNT 210.00 USD 0.65", "22 January 2026, 21:00 UTC · not live; 12 days old, from Ticks"}},
		"a day without a time":          {knowledge.Tape{"GRNT": {givenBy("GRNT", "2026-01-30", "Our desk", "")}}, "/ticker GRNT", []string{"GRNT 210.00 USD 0.65", "30 January 2026 · not live; 4 days old, from Our desk"}},
		"a price in an answer":          {knowledge.Tape{"GRNT": {givenBy("GRNT", "2026-01-30", "Our desk", "")}}, "/ask $grnt", []string{"GRNT 210.00 USD 0.65", "30 January 2026 · not live; 4 days old, from Our desk"}},
		"a price on a card":             {knowledge.Tape{"GRNT": {givenBy("GRNT", "2026-01-30", "Our desk", "")}}, "/lab granite", []string{"GRNT 210.00 USD 0.65", "30 January 2026 · not live; 4 days old, from Our desk"}},
		"beside what is compared": {knowledge.Tape{"GRNT": {givenBy("GRNT", "2026-01-30", "Our desk", "")}}, "/compare granite jade", []string{
			"GRNT 210.00 USD 0.65", "30 January 2026 · not live; 4 days old, from Our desk", "JADE 1093.5 USD -1.42", "snapshot, 05:15 UTC, date not given · not live, from harbour-report",
		}},
		"beside the exposures": {knowledge.Tape{"GRNT": {givenBy("GRNT", "2026-01-30", "Our desk", "")}}, "/exposure mixed", []string{"GRNT 210.00 USD 0.65", "30 January 2026 · not live; 4 days old, from Our desk"}},
		"every price: of one day and source together": {
			knowledge.Tape{"GRNT": {givenBy("GRNT", "2026-02-03T05:01:00Z", ticks, home)}, "JADE": {unchanged}}, "/market",
			[]string{"GRNT 210.00 USD 0.65", "JADE 210.00 USD", "3 February 2026, 05:01 to 05:04 UTC · from Ticks", "XAU 4359.40 USD 0.00", "snapshot, 3 February 2026, 14:30 UTC · not live, from lotus-card"},
		},
		"of different days apart": {
			knowledge.Tape{"GRNT": {givenBy("GRNT", "2026-02-02T05:01:00Z", ticks, home)}, "JADE": {unchanged}}, "/ticker GRNT JADE",
			[]string{"GRNT 210.00 USD 0.65", "2 February 2026, 05:01 UTC · not live; of the day before, from Ticks", "JADE 210.00 USD", "3 February 2026, 05:04 UTC · from Ticks"},
		},
		"a listing that had none": {knowledge.Tape{"8801.HK": {givenBy("8801.HK", "2026-02-02", "Our desk", "")}}, "/ticker 8801.HK", []string{"8801.HK 210.00 USD 0.65", "2 February 2026 · not live; of the day before, from Our desk"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			k := &always{snapshots: []*knowledge.Snapshot{testSnapshot(t).WithQuotes(test.tape)}}
			reply := dispatch(t, newRouter(t, k), test.line)
			if got := priceLines(reply); got != strings.Join(test.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", got, strings.Join(test.want, "\n"))
			}
			if text := reply.Plain(); strings.Contains(text, ", %") || strings.Contains(text, "+ %") {
				t.Errorf("a change that is not known is written:\n%s", text)
			}
		})
	}
}

// Where nobody says when it is asked, no price passes for fresh.
func TestPricesWithoutATime(t *testing.T) {
	k := &always{snapshots: []*knowledge.Snapshot{testSnapshot(t).WithQuotes(knowledge.Tape{"GRNT": {givenBy("GRNT", "2026-02-03T05:04:10Z", "Ticks", "")}})}}
	reply := newRouter(t, k).Dispatch(t.Context(), bot.Request{ID: "1", Line: "/ticker GRNT"})
	if got, want := priceLines(reply), "GRNT 210.00 USD 0.65\n3 February 2026, 05:04 UTC · not live, from Ticks"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The name of who gave a price opens where they are, and pings nobody.
func TestPriceGiver(t *testing.T) {
	s := testSnapshot(t).WithQuotes(knowledge.Tape{"GRNT": {givenBy("GRNT", "2026-02-03T05:04:10Z", "@everyone <!channel>", "https://ticks.example")}, "JADE": {givenBy("JADE", "2026-02-03", "Our desk", "")}})
	k := &always{snapshots: []*knowledge.Snapshot{s}}
	r := newRouter(t, k)
	for _, b := range dispatch(t, r, "/ticker GRNT").Blocks {
		q, ok := b.(bot.Quotes)
		if !ok {
			continue
		}
		if last := q.Source[len(q.Source)-1]; last.Kind != bot.Link || last.Target != "https://ticks.example" || last.Text != "@everyone <!channel>" {
			t.Errorf("got %+v, want a link with the name", last)
		}
	}
	text := dispatch(t, r, "/sources").Plain()
	for _, want := range []string{"Prices", "Our desk: 1 price", "@everyone <!channel>"} {
		if !strings.Contains(text, want) {
			t.Errorf("/sources lacks %q:\n%s", want, text)
		}
	}
}

// The lead of /market counts a price without a change apart.
func TestMarketCounts(t *testing.T) {
	unknown := givenBy("JADE", "2026-02-03", "Our desk", "")
	unknown.ChangePercent = ""
	k := &always{snapshots: []*knowledge.Snapshot{testSnapshot(t).WithQuotes(knowledge.Tape{"JADE": {unknown}})}}
	const want = "Of 3 instruments 1 is up, 0 down, 1 unchanged and 1 without a known change: snapshots of different times."
	if got := dispatch(t, newRouter(t, k), "/market").Lead.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// BenchmarkTicker answers with prices beside the fact base as fast as without.
func BenchmarkTicker(b *testing.B) {
	tape := knowledge.Tape{}
	for i := range 400 {
		tape["GRNT"] = append(tape["GRNT"], givenBy("GRNT", time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i).Format(time.DateOnly), "Ticks", ""))
	}
	s := knowledge.NewSnapshot(testContents(), 7, testTime)
	for name, s := range map[string]*knowledge.Snapshot{"base": s, "tape": s.WithQuotes(tape)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c := compose(s, "").on(testTime)
				if reply := tickerReply(c, named{symbols: []string{"GRNT"}}); len(reply.Blocks) == 0 {
					b.Fatal("it says nothing")
				}
			}
		})
	}
}
