package commands

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
)

// quoted is the history of a symbol: a price a day from 1 September 2022 on.
func quoted(symbol string, prices ...string) []knowledge.Quote {
	var out []knowledge.Quote
	for i, p := range prices {
		at := time.Date(2022, 9, 1, 20, 0, 0, 0, time.UTC).AddDate(0, 0, i*20)
		out = append(out, knowledge.Quote{Symbol: symbol, Price: p, Currency: "USD", ChangePercent: "0", AsOf: at.Format(time.RFC3339), Source: "seed"})
	}
	return out
}

func line(symbol string, history []knowledge.Quote) drawnPrices {
	return drawnPrices{symbol, priceLine(history), history[len(history)-1]}
}

func TestPriceLine(t *testing.T) {
	h := quoted("GRNT", "3", "1", "2")
	h[1].Currency = "CAD"
	h = append(h, knowledge.Quote{Price: "9", Currency: "USD", AsOf: "05:15 UTC, date not given"}, knowledge.Quote{Price: "4", Currency: "USD", AsOf: "2022-08-01"}, h[2])
	var got []string
	for _, p := range priceLine(h) {
		got = append(got, fmt.Sprint(p.Label, " ", p.Value))
	}
	if want := []string{"2022-08-01 4", "2022-09-01 3", "2022-10-11 2"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := priceLine(nil); got != nil {
		t.Errorf("of nothing: %v", got)
	}
}

func TestPriceChart(t *testing.T) {
	c := compose(testSnapshot(t), "")
	one := c.priceChart([]drawnPrices{line("GRNT", quoted("GRNT", "1250.5", "1100", "1300"))})
	want := "GRNT went from 1,250.5 USD on 1 September 2022 to 1,300 on 11 October 2022, lowest 1,100 on 21 September 2022, highest 1,300 on 11 October 2022. Marked are events of export controls: Chip Rule (7 Oct 2022)."
	if one.Alt != want || one.Unit != "USD" || one.Title.String() != "GRNT · Granite Semiconductor" || len(one.Events) != 1 {
		t.Errorf("got %+v\nwant %s", one, want)
	}
	two := c.priceChart([]drawnPrices{line("GRNT", quoted("GRNT", "10", "11")), line("8801.HK", quoted("8801.HK", "100", "95"))})
	if want := "Change of prices from 1 September 2022 to 21 September 2022: GRNT +10.0 %, 8801.HK −5.0 %."; two.Alt != want || len(two.Series) != 2 || two.Series[1].Points[1].Value != -5.000000000000004 && two.Series[1].Points[1].Value != -5 {
		t.Errorf("got %+v\nwant %s", two, want)
	}
	if got := c.lines([]string{"GRNT"}, leastPoints); got != nil {
		t.Errorf("one price is a line: %v", got)
	}
}

func TestWithoutDate(t *testing.T) {
	for statement, want := range map[string]string{
		"On 13 May 2025 BIS announced that it was rescinding it.": "BIS announced that it was rescinding it.",
		"On 8 December 2025 the US agency said so.":               "The US agency said so.",
		"In May 2019 BIS first put Huawei on the list.":           "BIS first put Huawei on the list.",
		"In August, chips were short of supply.":                  "Chips were short of supply.",
		"On the whole it did not work at all.":                    "On the whole it did not work at all.",
		"In 2024 something happened there.":                       "In 2024 something happened there.",
		"TSMC said in September 2025 that it ends.":               "TSMC said in September 2025 that it ends.",
		"On 3 May it": "It",
		"":            "",
	} {
		if got := withoutDate(statement); got != want {
			t.Errorf("%q became %q, want %q", statement, got, want)
		}
	}
}

// What stands on pictures of the shipped base: events of export controls that belong to
// the company, and no rule of something else.
func TestControlEventsShipped(t *testing.T) {
	s, err := knowledge.ShippedBase().Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	c := compose(s, "")
	since := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	events := c.controlEvents([]string{"NVDA"}, since, since.AddDate(1, 0, 0), mostMarked)
	var all []string
	for i, e := range events {
		all = append(all, e.When+" "+e.Label)
		if e.At.Before(since) || e.At.After(since.AddDate(1, 0, 0)) || i > 0 && e.At.Before(events[i-1].At) || e.Label == "" || e.Detail == "" {
			t.Errorf("out of place: %+v", e)
		}
	}
	text := strings.Join(all, "; ")
	if len(events) == 0 || len(events) > mostMarked || !strings.Contains(text, "9 Apr 2025 Nvidia H20") {
		t.Errorf("marked: %s", text)
	}
	for _, other := range []string{"TikTok", "Big Fund"} {
		for _, e := range c.controlEvents(nil, time.Time{}, time.Time{}, 1000) {
			if strings.Contains(e.Label, other) {
				t.Errorf("%s is no export control: %+v", other, e)
			}
		}
	}
}

// Every picture that a command of the shipped base offers has its words and something to
// draw.
func TestChartsShipped(t *testing.T) {
	s, err := knowledge.ShippedBase().Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{s}})
	for _, l := range []string{"/ticker NVDA chart:", "/ticker NVDA TSM chart:yes", "/exposure chart:", "/exposure hurt chart:", `/exposure if:"export controls tighten" chart:`, "/timeline deepseek chart:", "/timeline chart: page:3", "/policy chart:", "/policy entity list chart:"} {
		reply := dispatch(t, r, l)
		i := slices.IndexFunc(reply.Blocks, func(b bot.Block) bool { _, is := b.(bot.Chart); return is })
		if i < 0 {
			t.Errorf("%s: no chart in %+v", l, reply.Blocks)
			continue
		}
		chart := reply.Blocks[i].(bot.Chart)
		if chart.Alt == "" || chart.Title.String() == "" || len(chart.Series)+len(chart.Events) == 0 || len(chart.Alt) > 600 {
			t.Errorf("%s: %+v", l, chart)
		}
		without := dispatch(t, r, strings.Replace(strings.Replace(l, " chart:yes", "", 1), " chart:", "", 1))
		if slices.ContainsFunc(without.Blocks, func(b bot.Block) bool { _, is := b.(bot.Chart); return is }) {
			t.Errorf("%s: a chart that nobody asked for", l)
		}
	}
}
