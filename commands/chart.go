package commands

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
)

// chartName is the option that asks for a picture, and asksChart tells whether it was.
const chartName = "chart"

// chartOption is the option of commands that can carry a picture.
func chartOption() bot.Option {
	return bot.Option{Name: chartName, Summary: "with a picture", Kind: bot.YesNo, Named: true}
}

func asksChart(v bot.Values) bool { return v.Bool(chartName) }

// Of price lines.
const (
	leastPoints   = 2 // a line has two ends
	leastInDigest = 5 // fewer tell nobody more than the figures do
	mostLines     = 5
)

// priceLine is the prices of a history that can stand on a line: those whose moment is
// known, in the currency of the last one.
func priceLine(history []knowledge.Quote) []bot.Point {
	var out []bot.Point
	for _, q := range history {
		at, ok := q.Moment()
		price, err := strconv.ParseFloat(q.Price, 64)
		if !ok || err != nil || q.Currency != history[len(history)-1].Currency {
			continue
		}
		out = append(out, bot.Point{Label: at.Format(time.DateOnly), Value: price, At: at})
	}
	slices.SortStableFunc(out, func(a, b bot.Point) int { return a.At.Compare(b.At) })
	return slices.CompactFunc(out, func(a, b bot.Point) bool { return a.At.Equal(b.At) })
}

// drawnPrices is a symbol with the line of its prices.
type drawnPrices struct {
	symbol string
	points []bot.Point
	last   knowledge.Quote
}

// lines are the symbols of which so many prices are known, at most mostLines.
func (c *composer) lines(symbols []string, least int) []drawnPrices {
	var out []drawnPrices
	for _, symbol := range symbols {
		history := c.s.History(symbol)
		if points := priceLine(history); len(points) >= least && len(out) < mostLines {
			out = append(out, drawnPrices{symbol, points, history[len(history)-1]})
		}
	}
	return out
}

// pictured is the picture of symbols, if one was asked for.
func (c *composer) pictured(symbols []string) []bot.Block {
	if !c.chart {
		return nil
	}
	return c.tickerChart(symbols)
}

// tickerChart is the picture of symbols: the line of their prices; where no two of them
// are known that is said, and what else fits is shown.
func (c *composer) tickerChart(symbols []string) []bot.Block {
	if all := c.lines(symbols, leastPoints); len(all) > 0 {
		return []bot.Block{c.priceChart(all)}
	}
	says := bot.Paragraph{Title: c.heading("Chart"), Text: bot.T("No price history of " + enumerate(symbols) + " is kept yet: a line takes two prices with their days.")}
	if len(symbols) > 1 {
		if chart, ok := c.exposureChart(symbols); ok && len(chart.Series[0].Points) > 1 {
			return []bot.Block{says, chart}
		}
		return []bot.Block{says}
	}
	facts := c.controlFacts(time.Time{}, time.Time{})
	if own := slices.DeleteFunc(slices.Clone(facts), func(f *knowledge.Fact) bool { return !c.isOf(f, symbols) }); len(own) > 1 {
		facts = own
	}
	events := c.best(facts, symbols, mostEvents)
	if len(events) == 0 {
		return []bot.Block{says}
	}
	return []bot.Block{says, bot.Chart{
		Kind: bot.Timeline, Title: bot.B("Export controls and " + c.s.Name(symbols[0])), Unit: "recorded events", Events: events,
		Alt: "Recorded events of export controls: " + tellEvents(events) + ".",
	}}
}

// priceChart is the lines of prices with the events of export controls on them: one in
// its currency, several as what they changed by.
func (c *composer) priceChart(all []drawnPrices) bot.Chart {
	c.tickers = true
	first, last := all[0].points[0].At, all[0].points[len(all[0].points)-1].At
	var symbols []string
	newest := all[0].last
	for _, p := range all {
		symbols = append(symbols, p.symbol)
		if p.points[0].At.Before(first) {
			first = p.points[0].At
		}
		if end := p.points[len(p.points)-1].At; end.After(last) {
			last, newest = end, p.last
		}
	}
	chart := bot.Chart{Kind: bot.Line, Events: c.controlEvents(symbols, first, last, mostMarked), Note: "Not live. The last price is of " + newPriced(newest).when() + "."}
	if len(all) == 1 {
		p := all[0]
		chart.Title, chart.Unit = bot.B(p.symbol), p.last.Currency
		if name := c.s.Name(p.symbol); name != p.symbol {
			chart.Title = bot.B(p.symbol + " · " + name)
		}
		chart.Series = []bot.Series{{Name: p.symbol, Points: p.points}}
		chart.Alt = priceWords(p)
	} else {
		chart.Title, chart.Unit = bot.B("Prices"), "change in % since the first price shown"
		var changes []string
		for _, p := range all {
			s := changed(p)
			chart.Series = append(chart.Series, s)
			changes = append(changes, p.symbol+" "+bot.Signed(fmt.Sprintf("%+.1f", s.Points[len(s.Points)-1].Value))+" %")
		}
		chart.Alt = "Change of prices from " + wordsOf(first) + " to " + wordsOf(last) + ": " + strings.Join(changes, ", ") + "."
	}
	if len(chart.Events) > 0 {
		chart.Alt += " Marked are events of export controls: " + tellEvents(chart.Events) + "."
	}
	return chart
}

// changed is a line as the change since its beginning, in percent.
func changed(p drawnPrices) bot.Series {
	s := bot.Series{Name: p.symbol}
	for _, at := range p.points {
		if p.points[0].Value != 0 {
			at.Value = (at.Value/p.points[0].Value - 1) * 100
		}
		s.Points = append(s.Points, at)
	}
	return s
}

// priceWords says what a line of prices shows.
func priceWords(p drawnPrices) string {
	low, high := p.points[0], p.points[0]
	for _, at := range p.points {
		if at.Value < low.Value {
			low = at
		}
		if at.Value > high.Value {
			high = at
		}
	}
	first, last := p.points[0], p.points[len(p.points)-1]
	price := func(at bot.Point) string { return bot.Thousands(strconv.FormatFloat(at.Value, 'f', -1, 64)) }
	out := p.symbol + " went from " + price(first) + " " + p.last.Currency + " on " + wordsOf(first.At) + " to " + price(last) + " on " + wordsOf(last.At)
	if len(p.points) > leastPoints {
		out += ", lowest " + price(low) + " on " + wordsOf(low.At) + ", highest " + price(high) + " on " + wordsOf(high.At)
	}
	return out + "."
}

func wordsOf(t time.Time) string { return t.Format("2 January 2006") }

// exposureChart counts symbols by the way in which Chinese AI moves them; not ok where
// it moves none of them as far as is recorded.
func (c *composer) exposureChart(symbols []string) (bot.Chart, bool) {
	chart := bot.Chart{Title: bot.B("Exposure to Chinese AI"), Unit: "tickers by which way Chinese AI moves them", Note: "The direction is silkwire's reading of recorded facts."}
	s := bot.Series{Name: "Tickers"}
	var counts []string
	for _, d := range knowledge.Directions() {
		var names []string
		for _, symbol := range symbols {
			if x := c.s.Exposure(symbol); x != nil && x.Direction == d {
				names = append(names, symbol)
			}
		}
		if len(names) > 0 {
			s.Points = append(s.Points, bot.Point{Label: title(string(d)), Value: float64(len(names)), Bearing: bearings[d], Names: names})
			counts = append(counts, verbs[d]+" "+itoa(len(names)))
		}
	}
	chart.Series = []bot.Series{s}
	chart.Alt = "Of " + plural(len(symbols), "ticker", "tickers") + " Chinese AI " + enumerate(counts) + "."
	return chart, len(s.Points) > 0
}

// thesisChart counts the tickers on the paths of a thesis.
func thesisChart(name string, gain, lose bot.List) (bot.Chart, bool) {
	s := bot.Series{Name: "Tickers"}
	var counts []string
	for _, side := range []struct {
		list        bot.List
		label, verb string
		bearing     bot.Bearing
	}{{gain, "Gain", "gain", bot.Helps}, {lose, "Lose", "lose", bot.Hurts}} {
		var names []string
		for _, item := range side.list.Items {
			names = appendNew(names, strings.TrimPrefix(item.Line, "/ticker "))
		}
		if len(names) > 0 {
			s.Points = append(s.Points, bot.Point{Label: side.label, Value: float64(len(names)), Bearing: side.bearing, Names: names})
			counts = append(counts, plural(len(names), "ticker", "tickers")+" "+side.verb)
		}
	}
	return bot.Chart{
		Title: bot.B("If " + bot.Shorten(name, 60)), Unit: "tickers with a recorded path", Series: []bot.Series{s},
		Alt: "Along the recorded paths " + enumerate(counts) + ".",
	}, len(s.Points) > 0
}

// timelineChart is dated facts, or rules, as a picture above the list that tells them.
func timelineChart(heading, unit string, events []bot.Event) (bot.Chart, bool) {
	if len(events) == 0 {
		return bot.Chart{}, false
	}
	from, to := events[0].When, events[len(events)-1].When
	alt := "A line of time with " + plural(len(events), "entry", "entries") + " from " + from + " to " + to + ", told below."
	if from == to {
		alt = "A line of time with " + plural(len(events), "entry", "entries") + " of " + from + ", told below."
	}
	return bot.Chart{Kind: bot.Timeline, Title: bot.B(heading), Unit: unit, Events: events, Alt: alt}, true
}

// eventsOf are the facts that have a date, as they stand on a picture about something:
// of those of which it is the subject its name is not said again.
func (c *composer) eventsOf(facts []*knowledge.Fact, about string) []bot.Event {
	var events []bot.Event
	for _, f := range facts {
		if held(f).IsZero() {
			continue
		}
		e := c.event(f)
		if e.Label == about {
			e.Label = ""
		}
		events = append(events, e)
	}
	slices.SortStableFunc(events, func(a, b bot.Event) int { return a.At.Compare(b.At) })
	return events
}
