package commands

import (
	"slices"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
)

// quotes is the prices of symbols under a heading, one block for each time and
// source, and nothing if no price is known.
func (c *composer) quotes(title string, symbols []string) []bot.Block {
	var groups []priced
	for _, symbol := range symbols {
		quote := c.s.Quote(symbol)
		if quote == nil || slices.Contains(c.used.Quotes, symbol) {
			continue
		}
		c.used.Quotes = append(c.used.Quotes, symbol)
		groups = addPriced(groups, *quote, bot.QuoteRow{
			Symbol: symbol, Name: bot.Clean(c.s.Name(symbol)), Price: quote.Price, Currency: quote.Currency,
			Change: quote.ChangePercent, Line: "/ticker " + symbol,
		})
	}
	var blocks []bot.Block
	for i, g := range groups {
		c.tickers = true
		c.citePrices(g.Source)
		q := bot.Quotes{Rows: g.rows}
		q.AsOf, q.Source = c.standing(g)
		if i == 0 {
			q.Title = c.heading(title)
		}
		blocks = append(blocks, q)
	}
	return blocks
}

// citePrices notes the document that prices come from.
func (c *composer) citePrices(id string) {
	if d := c.s.Document(id); d != nil {
		i := c.note(knowledge.Source{Document: d.ID, URL: d.URL, Publisher: d.Publisher, Title: d.Title, Date: d.Date, Grade: d.Grade})
		c.cited[i].prices = true
	}
}

// moment is the time of a price as a reader says it; one that is less exact
// than a day stays as the source gives it.
func moment(asOf string) string {
	return newPriced(knowledge.Quote{AsOf: asOf}).when()
}

// stamp is a moment as a reader says it.
func stamp(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// touched adds to symbols those that facts touch: the ones whose recorded paths
// rest on the fact, then the listings of what it is about, best first.
func (c *composer) touched(symbols []string, facts []*knowledge.Fact, most int) []string {
	add := func(more []string) {
		for _, symbol := range c.pricedFirst(more) {
			if c.s.Exposure(symbol) != nil && len(symbols) < most {
				symbols = appendNew(symbols, symbol)
			}
		}
	}
	for _, f := range facts {
		for _, slug := range f.Subjects {
			add(c.s.Symbols(slug))
		}
		add(c.s.RestingOn(f.ID))
		for _, slug := range f.Mentions {
			add(c.s.Symbols(slug))
		}
		// A theme or a place passes through everything.
		if e := c.s.Entity(f.Subjects[0]); e.Kind != knowledge.KindTheme && e.Kind != knowledge.KindPlace {
			add(c.s.PassingThrough(e.Slug))
		}
	}
	return symbols
}

// pricedFirst puts the symbols with a price before those without: of many they tell
// more.
func (c *composer) pricedFirst(symbols []string) []string {
	priceless := func(symbol string) int {
		if c.s.Quote(symbol) == nil {
			return 1
		}
		return 0
	}
	return slices.SortedStableFunc(slices.Values(symbols), func(a, b string) int { return priceless(a) - priceless(b) })
}

// maxTickers is how many tickers an answer shows.
const maxTickers = 5

// touchedBy shows the symbols that facts touch.
func (c *composer) touchedBy(facts []*knowledge.Fact) []bot.Block {
	return c.prices(c.touched(nil, facts, maxTickers))
}

// prices shows symbols with their prices where they are known, and the
// direction of the exposure for the others. Whichever comes first among the
// symbols comes first.
func (c *composer) prices(symbols []string) []bot.Block {
	blocks := c.quotes("Tickers", symbols)
	rest := c.unpriced(symbols)
	if len(rest) == 0 {
		return blocks
	}
	c.tickers = true
	says := bot.Paragraph{Text: bot.Join(rest, bot.Q(": no price is recorded"))}
	switch {
	case len(blocks) == 0:
		says.Title = c.heading("Tickers")
	case c.s.Quote(symbols[0]) == nil:
		says.Title = c.heading("Tickers")
		first := blocks[0].(bot.Quotes)
		first.Title = nil
		blocks[0] = first
		return append([]bot.Block{says}, blocks...)
	default:
		says.Text = bot.Join(bot.Q("Also touched: "), says.Text)
	}
	return append(blocks, says)
}

// unpriced names the symbols without a price, the listings of one company
// together; a company of which another listing has a price is left out.
func (c *composer) unpriced(symbols []string) bot.Text {
	var out bot.Text
	done := map[string]bool{}
	for _, symbol := range symbols {
		if c.s.Quote(symbol) != nil {
			done[c.s.Name(symbol)] = true
		}
	}
	for _, symbol := range symbols {
		name := c.s.Name(symbol)
		if done[name] {
			continue
		}
		done[name] = true
		if len(out) > 0 {
			out = append(out, bot.T("; ")...)
		}
		for _, listing := range symbols {
			if c.s.Name(listing) != name {
				continue
			}
			if listing != symbol {
				out = append(out, bot.T(", ")...)
			}
			out = append(out, bot.E(listing, "/ticker "+listing)...)
		}
		if x := c.s.Exposure(symbol); x != nil {
			name += ", " + string(x.Direction)
		}
		out = append(out, bot.T(" ("+name+")")...)
	}
	return out
}
