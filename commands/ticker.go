package commands

import (
	"context"
	"slices"
	"strings"

	"silkwire/bot"
	"silkwire/knowledge"
)

// Ticker shows how symbols, or the companies named, are touched by Chinese AI,
// and their prices.
func Ticker(k Knowledge) bot.Command {
	return bot.Command{
		Name: "ticker", Summary: "How a ticker is touched by Chinese AI, with its price",
		Examples: []string{"/ticker NVDA", "/ticker NVDA AMD baba", "/ticker google"},
		Options: []bot.Option{{
			Name: "symbols", Summary: "one or more symbols or company names", Kind: bot.WordList, Required: true,
			Complete: completeSymbol(k),
		}},
		Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
			s := k.Snapshot()
			symbols, unlisted, unknown := readSymbols(s, r.Values.Words("symbols"))
			c := compose(s, r.Line)
			if len(symbols)+len(unlisted) == 0 {
				return bot.Reply{}, noSymbol(s, unknown)
			}
			return tickerReply(s, c, symbols, notes(c, unlisted, unknown)), nil
		},
	}
}

// maxSymbols is how many symbols one reply shows.
const maxSymbols = 12

// readSymbols finds what the words mean: symbols in their spellings, names of
// what is listed, and entities that are not listed. Words that mean nothing are
// returned as they are.
func readSymbols(s *knowledge.Snapshot, words []string) (symbols []string, unlisted []*knowledge.Entity, unknown []string) {
	add := func(symbol string) {
		if symbol != "" && !slices.Contains(symbols, symbol) && len(symbols) < maxSymbols {
			symbols = append(symbols, symbol)
		}
	}
	var names []string
	for _, w := range words {
		if symbol := s.FindSymbol(w); symbol != "" {
			add(symbol)
		} else {
			names = append(names, w)
		}
	}
	found := s.Find(strings.Join(names, " "))
	for _, m := range found {
		all := s.Symbols(m.Slug)
		switch {
		case m.Symbol != "":
			add(m.Symbol)
		case len(all) > 0:
			add(all[0])
		default:
			unlisted = append(unlisted, s.Entity(m.Slug))
		}
	}
	for _, w := range names {
		if len(s.Find(w)) == 0 && !slices.ContainsFunc(found, func(m knowledge.Mention) bool { return m.Match.To-m.Match.From > 1 }) {
			unknown = append(unknown, w)
		}
	}
	return symbols, unlisted, unknown
}

// noSymbol says that nothing listed was recognised.
func noSymbol(s *knowledge.Snapshot, unknown []string) *bot.Fail {
	typed := bot.Shorten(strings.Join(unknown, " "), 40)
	f := &bot.Fail{Outcome: bot.Unknown, Say: "I know no ticker or company “" + typed + "”.", Next: "Write a symbol such as NVDA, 9988.HK or BABA, or a company's name."}
	for _, symbol := range s.CompleteSymbol(typed, 3) {
		f.Suggest = append(f.Suggest, bot.Action{Label: symbol + " (" + s.Name(symbol) + ")", Line: "/ticker " + symbol})
	}
	return f
}

// notes says what of the request could not be shown.
func notes(c *composer, unlisted []*knowledge.Entity, unknown []string) []bot.Block {
	var blocks []bot.Block
	for _, e := range unlisted {
		c.useEntity(e.Slug, 1)
		text := bot.T(e.Name + " has no ticker of its own.")
		if e.Unlisted != nil {
			text = c.unlisted(e)
		}
		blocks = append(blocks, bot.Paragraph{Text: text})
	}
	for _, w := range unknown {
		blocks = append(blocks, bot.Paragraph{Text: bot.T("I know no ticker or company “" + bot.Shorten(w, 40) + "”.")})
	}
	return blocks
}

// tickerReply shows symbols, or only the notes when there are none.
func tickerReply(s *knowledge.Snapshot, c *composer, symbols []string, notes []bot.Block) bot.Reply {
	if len(symbols) == 1 {
		return c.oneTicker(symbols[0], notes)
	}
	if len(symbols) == 0 {
		return c.finish(bot.Reply{Lead: notes[0].(bot.Paragraph).Text, Blocks: notes[1:]})
	}
	reply := bot.Reply{Title: bot.B(strings.Join(symbols, ", "))}
	reply.Lead = bot.T(lead(s, symbols))
	reply.Blocks = append(reply.Blocks, c.quotes(symbols)...)
	list := bot.List{Title: c.heading("Why")}
	for _, symbol := range symbols {
		if e := s.Lists(symbol); e != nil {
			c.useEntity(e.Slug, 1)
		}
		item := bot.Item{Text: bot.Join(bot.B(symbol), bot.T(" "+s.Name(symbol)+": "+c.driver(symbol))), Line: "/ticker " + symbol}
		if x := s.Exposure(symbol); x != nil {
			for i, p := range x.Paths {
				if i > 0 {
					item.Detail = append(item.Detail, bot.Q("; ")...)
				}
				item.Detail = append(item.Detail, bot.Q(c.chain(symbol, p))...)
			}
		}
		if s.Quote(symbol) == nil {
			item.Text = append(item.Text, bot.T(" No price is recorded.")...)
		}
		list.Items = append(list.Items, item)
		reply.Actions = append(reply.Actions, bot.Action{Label: symbol, Line: "/ticker " + symbol})
	}
	reply.Blocks = append(append(reply.Blocks, list), notes...)
	return c.finish(reply)
}

// lead counts the directions of several symbols.
func lead(s *knowledge.Snapshot, symbols []string) string {
	by := map[knowledge.Direction][]string{}
	for _, symbol := range symbols {
		direction := knowledge.Direction("no recorded exposure")
		if x := s.Exposure(symbol); x != nil {
			direction = x.Direction
		}
		by[direction] = append(by[direction], symbol)
	}
	out := "Exposure to Chinese AI."
	for _, d := range append(knowledge.Directions(), "no recorded exposure") {
		if len(by[d]) > 0 {
			out += " " + title(string(d)) + ": " + strings.Join(by[d], ", ") + "."
		}
	}
	return out
}

// driver is why a symbol is touched, or that no reason is recorded.
func (c *composer) driver(symbol string) string {
	if x := c.s.Exposure(symbol); x != nil {
		return string(x.Direction) + ". " + x.Driver
	}
	return "no exposure to Chinese AI is recorded."
}

// chain writes a path as it is read from the ticker outwards.
func (c *composer) chain(symbol string, p knowledge.Path) string {
	parts := []string{symbol}
	for _, h := range p.Hops {
		label := h.Text
		if label == "" {
			label = c.s.Entity(h.Entity).Name
		}
		parts = append(parts, label)
	}
	return strings.Join(parts, " ← ")
}

// oneTicker is the exposure card: direction, driver, the paths with the facts
// behind each hop, price, and the other listings.
func (c *composer) oneTicker(symbol string, notes []bot.Block) bot.Reply {
	s := c.s
	reply := bot.Reply{Title: bot.B(symbol + " · " + s.Name(symbol))}
	x := s.Exposure(symbol)
	if x == nil {
		reply.Lead = bot.T("No exposure to Chinese AI is recorded for " + s.Name(symbol) + " (" + symbol + ").")
	} else {
		reply.Lead = bot.Join(bot.B(title(string(x.Direction))+": "), bot.T(x.Driver))
	}
	prices := c.quotes([]string{symbol})
	if prices == nil {
		prices = []bot.Block{bot.Paragraph{Title: c.heading("Tickers"), Text: bot.T("No price of " + symbol + " is recorded.")}}
	}
	reply.Blocks = append(reply.Blocks, prices...)
	var behind []*knowledge.Fact
	if x != nil {
		list := bot.List{Title: c.heading("Why")}
		for _, p := range x.Paths {
			item := bot.Item{Text: bot.T(c.chain(symbol, p)), Mark: markOf(p.Direction)}
			for i, h := range p.Hops {
				if i > 0 {
					item.Detail = append(item.Detail, bot.Q(" ← ")...)
				}
				item.Detail = append(item.Detail, bot.C(h.Fact)...)
				if f := s.Fact(h.Fact); !slices.Contains(behind, f) {
					behind = append(behind, f)
				}
			}
			list.Items = append(list.Items, item)
		}
		reply.Blocks = append(reply.Blocks, list)
	}
	reply.Blocks = append(reply.Blocks, c.facts("Facts", bot.NoMark, behind, 0.9)...)
	reply.Blocks = append(reply.Blocks, c.facts("What speaks against it", bot.Con, fresh(c, behind), 0.3)...)
	if e := s.Lists(symbol); e != nil {
		c.useEntity(e.Slug, 1)
		reply.Blocks = append(reply.Blocks, bot.Fields{Fields: c.describe(e)})
		reply.Actions = append(reply.Actions, c.open(e.Slug))
	}
	reply.Blocks = append(reply.Blocks, notes...)
	return c.finish(reply)
}

func markOf(d knowledge.Direction) bot.Mark {
	switch d {
	case knowledge.Benefits:
		return bot.Pro
	case knowledge.Hurt:
		return bot.Con
	}
	return bot.NoMark
}
