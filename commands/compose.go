package commands

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"silkwire/bot"
	"silkwire/knowledge"
)

// notAdvice is said once under a reply that shows tickers.
const notAdvice = "Not investment advice."

// composer writes one reply from one snapshot.
type composer struct {
	s        *knowledge.Snapshot
	chinese  bool           // the question was Chinese: Chinese names and headings
	numbered bool           // the base has several sources: each citation says which
	tickers  bool           // the reply shows some
	chart    bool           // a picture was asked for
	asOf     knowledge.Date // the day that is asked about; zero: now
	at       time.Time      // when the request came; zero: nobody said
	used     bot.Used
	cited    []citation // in the order of citing
}

func compose(s *knowledge.Snapshot, question string) *composer {
	return &composer{
		s: s, chinese: strings.IndexFunc(question, func(r rune) bool { return unicode.Is(unicode.Han, r) }) >= 0,
		numbered: s.ManySources(),
	}
}

// on tells when the request came, for what grows old: prices.
func (c *composer) on(at time.Time) *composer {
	c.at = at
	return c
}

// headings in both languages.
var headings = map[string]string{
	"Also known": "相关事实", "Nearest facts": "最接近的事实", "What speaks against it": "不同看法", "What speaks against these": "不同看法", "What it qualifies": "所限定的说法", "It replaces": "取代", "Price": "价格", "Prices": "价格", "Tickers": "相关股票", "Facts": "事实",
	"Why": "路径", "How sure": "可信度", "Of both": "两者", "Chart": "图表",
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

// shows tells whether the reply shows a fact already.
func (c *composer) shows(f *knowledge.Fact) bool {
	return slices.ContainsFunc(c.used.Facts, func(u bot.Use) bool { return u.ID == f.ID })
}

func (c *composer) useFact(f *knowledge.Fact, score float64) {
	if !c.shows(f) {
		c.used.Facts = append(c.used.Facts, bot.Use{ID: f.ID, Score: score})
	}
}

// item is a fact as an entry of a list, with its evidence below it.
func (c *composer) item(f *knowledge.Fact, score float64) bot.Item {
	c.useFact(f, score)
	text := bot.T(f.Statement)
	if newer := c.newer(f); newer != nil {
		text = bot.Join(text, bot.Q(" (replaced by "), bot.C(newer.ID), bot.Q(")"))
	}
	return bot.Item{Text: text, Detail: c.evidence(f), Line: "/fact " + f.ID}
}

// evidence is the line that says what a statement rests on: kind and whose,
// when, where, how good, and the id to cite.
func (c *composer) evidence(f *knowledge.Fact) bot.Text {
	parts := []string{whose(f)}
	if when := when(c.untilThen(f)); when != "" {
		parts = append(parts, when)
	}
	for _, s := range f.Sources {
		parts = append(parts, c.cite(s))
	}
	return bot.Join(bot.Q(strings.Join(append(parts, graded(f)), " · ")+" · "), bot.C(f.ID))
}

// graded says how good a fact's sources are.
func graded(f *knowledge.Fact) string {
	if f.Grade() == knowledge.Secondary {
		return "only " + pluralWord(len(f.Sources), "a secondary source", "secondary sources")
	}
	return string(f.Grade())
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
	case f.From == f.Until:
		return f.From.Words()
	case f.From.IsZero():
		return "until " + f.Until.Words()
	case f.Kind == knowledge.Event && f.Until.IsZero():
		return f.From.Words()
	case f.Until.IsZero():
		return "since " + f.From.Words()
	}
	return f.From.Words() + " to " + f.Until.Words()
}

// against lists the facts that qualify or dispute this one, and those that it
// disputes.
func (c *composer) against(f *knowledge.Fact) []*knowledge.Fact {
	var cons []*knowledge.Fact
	for _, r := range c.s.Bearing(f.ID) {
		if r.Kind == knowledge.Qualifies || r.Kind == knowledge.Disputes {
			cons = appendNew(cons, c.s.Fact(r.To))
		}
	}
	for _, con := range c.towards(f, knowledge.Disputes) {
		cons = appendNew(cons, con)
	}
	return cons
}

// supports lists the facts that support this one.
func (c *composer) supports(f *knowledge.Fact) []*knowledge.Fact {
	var out []*knowledge.Fact
	for _, r := range c.s.Bearing(f.ID) {
		if r.Kind == knowledge.Supports {
			out = appendNew(out, c.s.Fact(r.To))
		}
	}
	return out
}

// towards lists the facts that this one bears on in one way.
func (c *composer) towards(f *knowledge.Fact, kind knowledge.RelationKind) []*knowledge.Fact {
	var out []*knowledge.Fact
	for _, r := range f.Relations {
		if r.Kind == kind {
			out = appendNew(out, c.s.Fact(r.To))
		}
	}
	return out
}

func appendNew[V comparable](list []V, v V) []V {
	if slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}

// without lists the facts that are not among others.
func without(facts, others []*knowledge.Fact) []*knowledge.Fact {
	return slices.DeleteFunc(slices.Clone(facts), func(f *knowledge.Fact) bool { return slices.Contains(others, f) })
}

// current is what replaced a fact in the end, or the fact itself.
func (c *composer) current(f *knowledge.Fact) *knowledge.Fact {
	for range maxReplaced {
		newer := c.newer(f)
		if newer == nil {
			break
		}
		f = newer
	}
	return f
}

// maxReplaced bounds how far replacements are followed, should they go round in
// a circle.
const maxReplaced = 10

// maxAgainst is how many facts a reply shows against its answer.
const maxAgainst = 3

// page is the part of a long list that is shown, and the line that shows the
// next part; line is the command line without its page.
func page[V any](all []V, number, size int, line string) ([]V, *bot.More, error) {
	last := max(1, (len(all)+size-1)/size)
	if number < 1 || number > last {
		next := "It all stands on one page: " + line
		if last > 1 {
			next = "The last one is " + line + " page:" + itoa(last)
		}
		return nil, nil, bot.Misuse(bot.Clean(next), "There is no page %d.", number)
	}
	rest := all[(number-1)*size:]
	if len(rest) <= size {
		return rest, nil, nil
	}
	return rest[:size], &bot.More{Count: len(rest) - size, Line: fmt.Sprintf("%s page:%d", bot.Clean(line), number+1)}, nil
}

// pagedList is a part of a long list, an item for each.
func pagedList[V any](all []V, number, size int, line string, item func(V) bot.Item) (bot.List, error) {
	part, more, err := page(all, number, size, line)
	if err != nil {
		return bot.List{}, err
	}
	list := bot.List{More: more}
	for _, v := range part {
		list.Items = append(list.Items, item(v))
	}
	return list, nil
}

// mostOpened is how many of a list can be opened by a button.
const mostOpened = 4

// opened numbers a list whose items are no facts, and gives the buttons that open the
// first of them.
func opened(list *bot.List) []bot.Action {
	list.Ordered = true
	var out []bot.Action
	for i, item := range list.Items[:min(len(list.Items), mostOpened)] {
		out = append(out, bot.Action{Label: "Open " + itoa(i+1), Line: item.Line})
	}
	return out
}

// pageOption is the option of commands whose lists are long.
func pageOption() bot.Option {
	return bot.Option{Name: "page", Summary: "which part of a long list", Kind: bot.Integer, Named: true}
}

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

// finish puts the sources, what was used and the quiet line under a reply.
func (c *composer) finish(r bot.Reply) bot.Reply {
	if len(c.cited) > 0 {
		r.Blocks = append(r.Blocks, c.sources())
	}
	slices.SortStableFunc(c.used.Facts, func(a, b bot.Use) int { return cmp.Compare(b.Score, a.Score) })
	slices.SortStableFunc(c.used.Entities, func(a, b bot.Use) int { return cmp.Compare(b.Score, a.Score) })
	r.Used = c.used
	r.Used.Revision = c.s.Revision
	if c.tickers {
		r.Notice = bot.Q(notAdvice)
	}
	return r
}

// open is an action that opens an entity.
func (c *composer) open(slug string) bot.Action {
	e := c.s.Entity(slug)
	return bot.Action{Label: c.name(e) + " (" + string(e.Kind) + ")", Line: bot.Clean("/about " + e.Name)}
}

// joined is the parts that are not empty, with the separator between them.
func joined(separator string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), separator)
}

func plural(n int, one, many string) string {
	return itoa(n) + " " + pluralWord(n, one, many)
}

func pluralWord(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// enumerate joins names as a sentence does: A, B and C.
func enumerate(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
