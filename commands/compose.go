package commands

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"silkwire/bot"
	"silkwire/knowledge"
)

// notAdvice is said once under a reply that shows prices or exposures.
const notAdvice = "Not investment advice."

// composer writes one reply from one snapshot.
type composer struct {
	s        *knowledge.Snapshot
	chinese  bool // the question was Chinese: Chinese names and headings
	used     bot.Used
	cited    []string // documents and addresses, in the order of citing
	sections map[string][]string
	grades   map[string]knowledge.Source
}

func compose(s *knowledge.Snapshot, question string) *composer {
	return &composer{
		s: s, chinese: strings.IndexFunc(question, func(r rune) bool { return unicode.Is(unicode.Han, r) }) >= 0,
		sections: map[string][]string{}, grades: map[string]knowledge.Source{},
	}
}

// headings in both languages.
var headings = map[string]string{
	"Also known": "相关事实", "Nearest facts": "最接近的事实", "What speaks against it": "不同看法", "Tickers": "相关股票", "Facts": "事实",
	"Why": "路径", "Links": "相关", "Not dated": "未注明日期", "Listed as": "上市代码", "Also called": "别名", "Kind": "类别",
	"How sure": "可信度", "Both": "两者", "Made by": "所属", "Makes": "旗下", "Listed": "上市",
}

func (c *composer) heading(english string) bot.Text {
	if chinese := headings[english]; c.chinese && chinese != "" {
		return bot.B(chinese + " · " + english)
	}
	return bot.B(english)
}

// name is the entity's name, with its Chinese one for a Chinese question.
func (c *composer) name(e *knowledge.Entity) string {
	if c.chinese {
		for _, a := range e.Aliases {
			if a.Kind == knowledge.AliasChinese {
				return e.Name + " " + a.Text
			}
		}
	}
	return e.Name
}

func (c *composer) entity(slug string) bot.Text {
	e := c.s.Entity(slug)
	return bot.E(c.name(e), "/about "+e.Name)
}

func (c *composer) useEntity(slug string, score float64) {
	if !slices.ContainsFunc(c.used.Entities, func(u bot.Use) bool { return u.ID == slug }) {
		c.used.Entities = append(c.used.Entities, bot.Use{ID: slug, Score: score})
	}
}

func (c *composer) useFact(f *knowledge.Fact, score float64) {
	if !slices.ContainsFunc(c.used.Facts, func(u bot.Use) bool { return u.ID == f.ID }) {
		c.used.Facts = append(c.used.Facts, bot.Use{ID: f.ID, Score: score})
	}
}

// item is a fact as an entry of a list, with its evidence below it.
func (c *composer) item(f *knowledge.Fact, score float64) bot.Item {
	c.useFact(f, score)
	text := bot.T(f.Statement)
	if newer := c.s.Superseded(f.ID); newer != nil {
		text = bot.Join(text, bot.Q(" (replaced by "), bot.C(newer.ID), bot.Q(")"))
	}
	return bot.Item{Text: text, Detail: c.evidence(f), Line: "/fact " + f.ID}
}

// evidence is the line that says what a statement rests on: kind and whose,
// when, where, how good, and the id to cite.
func (c *composer) evidence(f *knowledge.Fact) bot.Text {
	parts := []string{whose(f)}
	if when := when(f); when != "" {
		parts = append(parts, when)
	}
	for _, s := range f.Sources {
		parts = append(parts, c.cite(s))
	}
	if f.Grade() == knowledge.Secondary {
		parts = append(parts, "secondary sources only")
	} else {
		parts = append(parts, string(f.Grade()))
	}
	return bot.Join(bot.Q(strings.Join(parts, " · ")+" · "), bot.C(f.ID))
}

// whose says what kind of statement it is and whose.
func whose(f *knowledge.Fact) string {
	switch f.Kind {
	case knowledge.Claim:
		return "claim of " + f.Whose
	case knowledge.Assessment:
		return "assessment of " + f.Whose
	}
	return string(f.Kind)
}

// when says when a fact held, as exactly as it is known.
func when(f *knowledge.Fact) string {
	switch {
	case f.From.IsZero() && f.Until.IsZero():
		return ""
	case f.From.IsZero():
		return "until " + f.Until.Words()
	case f.Kind == knowledge.Event && f.Until.IsZero():
		return f.From.Words()
	case f.Until.IsZero():
		return "since " + f.From.Words()
	}
	return f.From.Words() + " to " + f.Until.Words()
}

// cite notes a source for the list at the end and returns how an evidence line
// points to it: by section and paragraph where it has them.
func (c *composer) cite(s knowledge.Source) string {
	key := cmp.Or(s.Document, s.URL, s.Publisher+s.Title)
	if !slices.Contains(c.cited, key) {
		c.cited = append(c.cited, key)
		c.grades[key] = s
	}
	place := ""
	if s.Section != nil {
		place = fmt.Sprintf("§%d ¶%d", *s.Section, s.Paragraph)
		if !slices.Contains(c.sections[key], place) {
			c.sections[key] = append(c.sections[key], place)
		}
	}
	if n := slices.Index(c.cited, key) + 1; n > 1 || place == "" {
		place = strings.TrimSpace(fmt.Sprintf("[%d] %s", n, place))
	}
	return place
}

// sources lists what was cited.
func (c *composer) sources() bot.Sources {
	var out bot.Sources
	for i, key := range c.cited {
		s := c.grades[key]
		text := bot.T(strings.TrimRight(cmp.Or(s.Title, s.Publisher), ". "))
		if len(c.cited) > 1 {
			text = bot.Join(bot.T(fmt.Sprintf("[%d] ", i+1)), text)
		}
		if s.Publisher != "" && s.Title != "" {
			text = append(text, bot.T(", "+s.Publisher)...)
		}
		if !s.Date.IsZero() {
			text = append(text, bot.T(", "+s.Date.Words())...)
		}
		if places := c.sections[key]; len(places) > 0 {
			slices.Sort(places)
			text = append(text, bot.T(", "+strings.Join(places, ", "))...)
		}
		item := bot.SourceItem{Text: text, Grade: string(s.Grade)}
		if !s.General {
			item.Address = s.URL
		}
		out.Items = append(out.Items, item)
	}
	return out
}

// against lists the facts that qualify or dispute one of facts and are not
// among them, and those among them that do.
func (c *composer) against(facts []*knowledge.Fact) (cons []*knowledge.Fact) {
	for _, f := range facts {
		for _, r := range c.s.Bearing(f.ID) {
			if r.Kind != knowledge.Qualifies && r.Kind != knowledge.Disputes {
				continue
			}
			if con := c.s.Fact(r.To); con != facts[0] && !slices.Contains(cons, con) {
				cons = append(cons, con)
			}
		}
		for _, r := range f.Relations {
			if r.Kind == knowledge.Disputes && f == facts[0] {
				if con := c.s.Fact(r.To); !slices.Contains(cons, con) {
					cons = append(cons, con)
				}
			}
		}
	}
	return cons[:min(len(cons), maxAgainst)]
}

// maxAgainst is how many facts a reply shows against its answer.
const maxAgainst = 3

// facts is a list of facts under a heading, and nothing if there are none.
func (c *composer) facts(heading string, mark bot.Mark, facts []*knowledge.Fact, score float64) []bot.Block {
	if len(facts) == 0 {
		return nil
	}
	list := bot.List{Title: c.heading(heading)}
	for _, f := range facts {
		item := c.item(f, score)
		item.Mark = mark
		list.Items = append(list.Items, item)
	}
	return []bot.Block{list}
}

// quotes is the prices of symbols, and nothing if none is known.
func (c *composer) quotes(symbols []string) []bot.Block {
	q := bot.Quotes{Title: c.heading("Tickers")}
	for _, symbol := range symbols {
		quote := c.s.Quote(symbol)
		if quote == nil {
			continue
		}
		c.used.Quotes = append(c.used.Quotes, symbol)
		q.Rows = append(q.Rows, bot.QuoteRow{
			Symbol: symbol, Name: c.s.Name(symbol), Price: quote.Price, Currency: quote.Currency,
			Change: quote.ChangePercent, Line: "/ticker " + symbol,
		})
		q.AsOf = "snapshot, " + quote.AsOf
		q.Source = bot.T("not live, from " + quote.Source)
	}
	if len(q.Rows) == 0 {
		return nil
	}
	return []bot.Block{q}
}

// touched adds to symbols those that facts touch: the ones whose recorded paths
// rest on the fact, then the listings of what it is about, best first.
func (c *composer) touched(symbols []string, facts []*knowledge.Fact, most int) []string {
	add := func(more []string) {
		for _, symbol := range more {
			if c.s.Exposure(symbol) != nil && !slices.Contains(symbols, symbol) && len(symbols) < most {
				symbols = append(symbols, symbol)
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
		for _, slug := range f.Subjects {
			add(c.s.PassingThrough(slug))
		}
	}
	return symbols
}

// maxTickers is how many tickers an answer shows.
const maxTickers = 5

// tickers shows the symbols that facts touch.
func (c *composer) tickers(facts []*knowledge.Fact) []bot.Block {
	return c.prices(c.touched(nil, facts, maxTickers))
}

// prices shows symbols with their prices where they are known, and the
// direction of the exposure for the others.
func (c *composer) prices(symbols []string) []bot.Block {
	blocks := c.quotes(symbols)
	var rest bot.Text
	for _, symbol := range symbols {
		if c.s.Quote(symbol) != nil {
			continue
		}
		if len(rest) > 0 {
			rest = append(rest, bot.T(", ")...)
		}
		says := c.s.Name(symbol)
		if x := c.s.Exposure(symbol); x != nil {
			says += ", " + string(x.Direction)
		}
		rest = append(rest, bot.Join(bot.E(symbol, "/ticker "+symbol), bot.T(" ("+says+")"))...)
	}
	if len(rest) > 0 {
		p := bot.Paragraph{Text: bot.Join(rest, bot.Q(": no price is recorded"))}
		if len(blocks) == 0 {
			p.Title = c.heading("Tickers")
		} else {
			p.Text = bot.Join(bot.Q("Also touched: "), p.Text)
		}
		blocks = append(blocks, p)
	}
	return blocks
}

// finish puts the sources, what was used and the quiet line under a reply.
func (c *composer) finish(r bot.Reply) bot.Reply {
	if len(c.cited) > 0 {
		r.Blocks = append(r.Blocks, c.sources())
	}
	r.Used = c.used
	if len(c.used.Quotes) > 0 || slices.ContainsFunc(c.used.Facts, func(u bot.Use) bool { return len(c.touched(nil, []*knowledge.Fact{c.s.Fact(u.ID)}, 1)) > 0 }) {
		r.Notice = bot.Q(notAdvice)
	}
	return r
}

// open is an action that opens an entity.
func (c *composer) open(slug string) bot.Action {
	e := c.s.Entity(slug)
	return bot.Action{Label: c.name(e) + " (" + string(e.Kind) + ")", Line: "/about " + e.Name}
}

// completeEntity suggests the names of entities, of certain kinds if any are
// given.
func completeEntity(k Knowledge, kinds ...knowledge.EntityKind) bot.Completer {
	return func(_ context.Context, _ bot.Request, typed string) []bot.Choice {
		var out []bot.Choice
		for _, e := range k.Snapshot().CompleteEntity(typed, maxChoices) {
			if len(kinds) == 0 || slices.Contains(kinds, e.Kind) {
				out = append(out, bot.Choice{Label: e.Name + "  " + string(e.Kind), Value: e.Name})
			}
		}
		return out
	}
}

// completeSymbol suggests symbols with what they stand for.
func completeSymbol(k Knowledge) bot.Completer {
	return func(_ context.Context, _ bot.Request, typed string) []bot.Choice {
		s := k.Snapshot()
		var out []bot.Choice
		for _, symbol := range s.CompleteSymbol(typed, maxChoices) {
			out = append(out, bot.Choice{Label: symbol + "  " + s.Name(symbol), Value: symbol})
		}
		return out
	}
}

// maxChoices is Discord's limit for one completion:
// https://discord.com/developers/docs/interactions/application-commands#autocomplete
const maxChoices = 25

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
