package commands

import (
	"context"
	"slices"
	"strings"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
)

// Ticker shows how symbols, or the companies named, are touched by Chinese AI,
// and their prices.
//
// Without a symbol it shows those that the asker watches.
func Ticker(k Knowledge, settings *bot.SettingsStore) bot.Command {
	symbols := bot.Option{
		Name: "symbols", Summary: "one or more symbols or company names; none: those that you watch", Kind: bot.WordList,
		Complete: completeSymbol(k),
	}
	return bot.Command{
		Name: "ticker", Summary: "How a ticker is touched by Chinese AI, with its price",
		Examples: []string{"/ticker NVDA", "/ticker NVDA AMD baba", "/ticker google", "/ticker NVDA chart:"},
		Options:  []bot.Option{symbols, chartOption()},
		Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
			s, words := k.Snapshot(), r.Values.Words("symbols")
			if len(words) == 0 {
				return watchedTickers(s, r.At, settings.Person(r.Conversation, r.User.ID).Watches, symbols, asksChart(r.Values))
			}
			c := compose(s, strings.Join(words, " ")).on(r.At)
			c.chart = asksChart(r.Values)
			named := readSymbols(s, words)
			if len(named.symbols)+len(named.unlisted) == 0 {
				return bot.Reply{}, noSymbol(s, named.unknown)
			}
			return tickerReply(c, named), nil
		},
	}
}

// watchedTickers shows the tickers of what somebody watches, for them alone.
func watchedTickers(s *knowledge.Snapshot, at time.Time, watched []string, symbols bot.Option, chart bool) (bot.Reply, error) {
	var n named
	for _, t := range watchedTopics(s, watched) {
		switch symbols := s.Symbols(t.slug); {
		case t.symbol != "":
			n.symbols = appendNew(n.symbols, t.symbol)
		case len(symbols) > 0:
			n.symbols = appendNew(n.symbols, symbols[0])
		}
	}
	if len(n.symbols) == 0 {
		f := bot.Misuse("Write /ticker NVDA for one; with /watch NVDA it is on your list, and /ticker alone shows that.", "You watch no ticker yet.")
		f.Suggest = []bot.Action{{Label: "Every price", Line: "/market"}}
		symbols.Required = true
		f.Form = &bot.Form{Title: "Which ticker?", Path: []string{"ticker"}, Fields: []bot.Option{symbols}}
		return bot.Reply{}, f
	}
	if len(n.symbols) > maxSymbols {
		n.surplus, n.symbols = n.symbols[maxSymbols:], n.symbols[:maxSymbols]
	}
	c := compose(s, strings.Join(n.symbols, " ")).on(at)
	c.chart = chart
	reply := tickerReply(c, n)
	reply.Personal, reply.Visibility = true, bot.Private
	return reply, nil
}

// maxSymbols is how many symbols one reply shows, and maxWords how many words
// of a request are read for them.
const (
	maxSymbols = 12
	maxWords   = 40
)

// named is what the words of a request mean.
type named struct {
	symbols  []string
	through  []*knowledge.Entity // not listed, but what owns it is
	unlisted []*knowledge.Entity // not listed, nor is what owns it
	unknown  []string            // words that mean nothing, as they were typed
	surplus  []string            // symbols and words beyond what one reply shows
}

// readSymbols finds what the words mean: symbols in their spellings, names of
// what is listed, and entities that are not listed.
func readSymbols(s *knowledge.Snapshot, words []string) named {
	var n named
	if len(words) > maxWords {
		n.surplus, words = words[maxWords:], words[:maxWords]
	}
	var names []string
	for i, w := range words {
		symbol := s.FindSymbol(w)
		if symbol == "" || i > 0 && oneName(s, words[i-1], w) || i+1 < len(words) && oneName(s, w, words[i+1]) {
			names = append(names, w)
			continue
		}
		n.symbols = appendNew(n.symbols, symbol)
	}
	found := s.Find(strings.Join(names, " "))
	for _, m := range found {
		n.add(s, m)
	}
	n.unknown = append(n.unknown, s.Unnamed(names)...)
	if len(n.symbols) > maxSymbols {
		n.surplus, n.symbols = append(n.symbols[maxSymbols:], n.surplus...), n.symbols[:maxSymbols]
	}
	return n
}

func (n *named) add(s *knowledge.Snapshot, m knowledge.Mention) {
	all := s.Symbols(m.Slug)
	switch {
	case m.Symbol != "":
		n.symbols = appendNew(n.symbols, m.Symbol)
	case len(all) == 0:
		n.unlisted = append(n.unlisted, s.Entity(m.Slug))
	default:
		n.symbols = appendNew(n.symbols, all[0])
		if e := s.Entity(m.Slug); len(e.Tickers) == 0 {
			n.through = append(n.through, e)
		}
	}
}

// oneName tells whether two words are one name: a company that is called by its
// symbol may have a product of two words.
func oneName(s *knowledge.Snapshot, a, b string) bool {
	found := s.Find(a + " " + b)
	return len(found) == 1 && found[0].Match.To-found[0].Match.From > 1
}

// noSymbol says that nothing listed was recognised.
func noSymbol(s *knowledge.Snapshot, unknown []string) *bot.Fail {
	typed := bot.Shorten(strings.Join(unknown, " "), 40)
	f := &bot.Fail{Outcome: bot.Unknown, Say: "I know no ticker or company “" + typed + "”.", Next: "Write a symbol such as NVDA, 9988.HK or BABA, or a company's name."}
	for _, symbol := range s.NearSymbol(typed, 3) {
		f.Suggest = append(f.Suggest, bot.Action{Label: symbol + " (" + s.Name(symbol) + ")", Line: "/ticker " + symbol})
	}
	if len(f.Suggest) == 0 {
		f.Suggest = []bot.Action{{Label: "Every price", Line: "/market"}}
	}
	return f
}

// notes says what of the request could not be shown, or is shown under another
// name.
func (c *composer) notes(n named) []bot.Text {
	var out []bot.Text
	for _, e := range n.through {
		c.useEntity(e.Slug, 1)
		symbol := c.s.Symbols(e.Slug)[0]
		out = append(out, bot.T(e.Name+" has no shares of its own; it belongs to "+c.s.Name(symbol)+" ("+symbol+")."))
	}
	for _, e := range n.unlisted {
		c.useEntity(e.Slug, 1)
		text := bot.T(e.Name + " has no ticker of its own.")
		if e.Unlisted != nil {
			text = c.unlisted(e)
		}
		out = append(out, text)
	}
	for _, w := range n.unknown {
		out = append(out, bot.T("I know no ticker or company “"+bot.Shorten(w, 40)+"”."))
	}
	if len(n.surplus) > 0 {
		out = append(out, bot.T("Left out, since one reply shows at most "+plural(maxSymbols, "symbol", "symbols")+": "+bot.Shorten(strings.Join(n.surplus, ", "), 100)+"."))
	}
	return out
}

// tickerReply shows symbols, or only what is said of what is not listed when
// there are none.
func tickerReply(c *composer, n named) bot.Reply {
	switch len(n.symbols) {
	case 0:
		return c.notListed(n)
	case 1:
		return c.oneTicker(n.symbols[0], c.notes(n))
	}
	c.tickers = true
	reply := bot.Reply{Title: bot.B(strings.Join(n.symbols, ", ")), Lead: bot.T(lead(c.s, n.symbols))}
	reply.Blocks = append(c.quotes("Prices", n.symbols), c.pictured(n.symbols)...)
	list := bot.List{Title: c.heading("Why")}
	for _, group := range c.together(n.symbols) {
		item := c.why(group, c.driver(group[0]))
		for _, symbol := range group {
			if c.s.Quote(symbol) == nil {
				item.Text = append(item.Text, bot.T(" No price of "+symbol+" is recorded.")...)
			}
		}
		list.Items = append(list.Items, item)
	}
	for _, symbol := range n.symbols {
		if e := c.s.Lists(symbol); e != nil {
			c.useEntity(e.Slug, 1)
		}
		reply.Actions = append(reply.Actions, bot.Action{Label: symbol, Line: "/ticker " + symbol})
	}
	reply.Blocks = append(append(reply.Blocks, list), paragraphs(c.notes(n))...)
	return c.finish(reply)
}

func paragraphs(texts []bot.Text) []bot.Block {
	var out []bot.Block
	for _, t := range texts {
		out = append(out, bot.Paragraph{Text: t})
	}
	return out
}

// notListed leads with what is said of the first thing that is not listed, and
// offers the nearest that are.
func (c *composer) notListed(n named) bot.Reply {
	notes := c.notes(n)
	reply := bot.Reply{Lead: notes[0], Blocks: paragraphs(notes[1:])}
	reply.Blocks = append(reply.Blocks, c.prices(c.sides(n.unlisted...))...)
	for _, e := range n.unlisted {
		if e.Unlisted != nil && e.Unlisted.Nearest != "" {
			symbol := c.s.Symbols(e.Unlisted.Nearest)[0]
			reply.Actions = append(reply.Actions, bot.Action{Label: symbol + " (" + c.s.Name(symbol) + ")", Line: "/ticker " + symbol})
		}
		reply.Actions = append(reply.Actions, c.open(e.Slug))
	}
	return c.finish(reply)
}

// together puts the listings of one company side by side where their exposure
// reads the same.
func (c *composer) together(symbols []string) [][]string {
	var groups [][]string
	for _, symbol := range symbols {
		i := slices.IndexFunc(groups, func(g []string) bool { return c.alike(g[0], symbol) })
		if i < 0 {
			groups = append(groups, []string{symbol})
			continue
		}
		groups[i] = append(groups[i], symbol)
	}
	return groups
}

func (c *composer) alike(a, b string) bool {
	x, y := c.s.Exposure(a), c.s.Exposure(b)
	return x != nil && y != nil && c.s.Name(a) == c.s.Name(b) && x.Direction == y.Direction && x.Driver == y.Driver
}

// why is one company's exposure as an entry of a list: the driver, and each
// path with the facts that carry it.
func (c *composer) why(symbols []string, driver string) bot.Item {
	symbol := symbols[0]
	item := bot.Item{
		Text: bot.Join(bot.B(strings.Join(symbols, ", ")), bot.T(" ("+c.s.Name(symbol)+"): "+driver)),
		Line: "/ticker " + symbol,
	}
	x := c.s.Exposure(symbol)
	if x == nil {
		return item
	}
	item.Mark = markOf(x.Direction)
	for i, p := range x.Paths {
		if i > 0 {
			item.Detail = append(item.Detail, bot.Q("; ")...)
		}
		item.Detail = append(item.Detail, bot.Q(moves[p.Direction]+" "+c.chain(symbol, p)+" (")...)
		var ids []string
		for _, h := range p.Hops {
			if slices.Contains(ids, h.Fact) {
				continue
			}
			if len(ids) > 0 {
				item.Detail = append(item.Detail, bot.Q(", ")...)
			}
			ids = append(ids, h.Fact)
			f := c.s.Fact(h.Fact)
			c.useFact(f, 0.8)
			item.Detail = append(item.Detail, bot.Join(bot.C(f.ID), bot.Q(" "+c.cite(f.Sources[0])))...)
		}
		item.Detail = append(item.Detail, bot.Q(")")...)
	}
	return item
}

// moves says which way a path moves its ticker.
var moves = map[knowledge.Direction]string{knowledge.Benefits: "helps:", knowledge.Hurt: "hurts:", knowledge.Mixed: "either way:"}

// lead says in a sentence or two which way Chinese AI moves several symbols.
func lead(s *knowledge.Snapshot, symbols []string) string {
	by := map[knowledge.Direction][]string{}
	for _, symbol := range symbols {
		direction := knowledge.Direction("")
		if x := s.Exposure(symbol); x != nil {
			direction = x.Direction
		}
		by[direction] = append(by[direction], symbol)
	}
	var clauses []string
	for _, d := range knowledge.Directions() {
		if len(by[d]) > 0 {
			clauses = append(clauses, verbs[d]+" "+enumerate(by[d]))
		}
	}
	var out []string
	if len(clauses) > 0 {
		out = append(out, "Chinese AI "+strings.Join(clauses, "; it ")+".")
	}
	if none := by[""]; len(none) > 0 {
		out = append(out, "No exposure to Chinese AI is recorded for "+enumerate(none)+".")
	}
	return strings.Join(out, " ")
}

// verbs say what Chinese AI does to a symbol.
var bearings = map[knowledge.Direction]bot.Bearing{knowledge.Benefits: bot.Helps, knowledge.Hurt: bot.Hurts, knowledge.Mixed: bot.BothWays}

var verbs = map[knowledge.Direction]string{knowledge.Benefits: "benefits", knowledge.Hurt: "hurts", knowledge.Mixed: "cuts both ways for"}

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

// reading says whose the direction of an exposure is.
func (c *composer) reading() bot.Block {
	return bot.Paragraph{Title: c.heading("How sure"), Text: bot.T("The direction is silkwire's reading of the facts named here; each of them says whose it is and where it stands.")}
}

// oneTicker is the exposure card: direction, driver, price, the paths with the
// facts behind each hop, and the company with its other listings.
func (c *composer) oneTicker(symbol string, notes []bot.Text) bot.Reply {
	s := c.s
	c.tickers = true
	reply := bot.Reply{Title: bot.B(symbol + " · " + s.Name(symbol))}
	x := s.Exposure(symbol)
	if x == nil {
		reply.Lead = bot.T("No exposure to Chinese AI is recorded for " + s.Name(symbol) + " (" + symbol + ").")
	} else {
		reply.Lead = bot.Join(bot.B(title(string(x.Direction))+": "), bot.T(x.Driver))
		reply.Bearing = bearings[x.Direction]
	}
	reply.Blocks = slices.Concat(paragraphs(notes), c.price(symbol), c.pictured([]string{symbol}))
	if x != nil {
		reply.Blocks = append(reply.Blocks, c.paths(x)...)
		reply.Blocks = append(reply.Blocks, c.reading())
	}
	if e := s.Lists(symbol); e != nil {
		c.useEntity(e.Slug, 1)
		reply.Blocks = append(reply.Blocks, bot.Fields{Title: c.entity(e.Slug), Fields: c.describe(e)})
		reply.Actions = append(reply.Actions, c.open(e.Slug))
	}
	return c.finish(reply)
}

// price is a symbol's price, or that none is recorded and what the company's
// other listings stand at.
func (c *composer) price(symbol string) []bot.Block {
	if blocks := c.quotes("Price", []string{symbol}); len(blocks) > 0 {
		return blocks
	}
	blocks := []bot.Block{bot.Paragraph{Title: c.heading("Price"), Text: bot.T("No price of " + symbol + " is recorded.")}}
	if e := c.s.Lists(symbol); e != nil {
		blocks = append(blocks, c.quotes("Other listings", c.s.Symbols(e.Slug))...)
	}
	return blocks
}

// paths draws each path of an exposure, the facts that they rest on, and what
// speaks against those.
func (c *composer) paths(x *knowledge.Exposure) []bot.Block {
	list := bot.List{Title: c.heading("Why")}
	var behind []*knowledge.Fact
	for _, p := range x.Paths {
		item := bot.Item{Text: bot.T(c.chain(x.Symbol, p)), Mark: markOf(p.Direction)}
		for i, h := range p.Hops {
			if i > 0 {
				item.Detail = append(item.Detail, bot.Q(" ← ")...)
			}
			item.Detail = append(item.Detail, bot.C(h.Fact)...)
			behind = appendNew(behind, c.s.Fact(h.Fact))
		}
		list.Items = append(list.Items, item)
	}
	blocks := append([]bot.Block{list}, c.facts("Facts", bot.NoMark, behind, 0.9)...)
	return append(blocks, c.facts("What speaks against these", bot.Con, fresh(c, behind), 0.3)...)
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
