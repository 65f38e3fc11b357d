package commands

import (
	"cmp"
	"slices"
	"strings"

	"silkwire/bot"
	"silkwire/knowledge"
)

// asofOption is the option of commands that can answer as the world stood on a
// day.
func asofOption() bot.Option {
	return bot.Option{Name: "asof", Summary: "a day in the past, such as 2025-05-01: what held then", Kind: bot.DateText, Named: true}
}

// readAsOf makes the composer answer as the world stood at the end of the day,
// month or year that was given, if one was.
func (c *composer) readAsOf(v bot.Values) error {
	d, err := knowledge.ParseDate(v.Text("asof"))
	if err != nil {
		return bot.Misuse("Write for example asof:2025-05-01.", "%v", err)
	}
	c.asOf = d
	return nil
}

// later tells whether a fact came after the day that is asked about. One without a
// date is as old as its source, or as the latest year that its document speaks of.
func (c *composer) later(f *knowledge.Fact) bool {
	if c.asOf.IsZero() {
		return false
	}
	if !f.From.IsZero() {
		return f.From.First().After(c.asOf.Last())
	}
	return slices.ContainsFunc(f.Sources, func(s knowledge.Source) bool {
		return !s.Date.IsZero() && s.Date.First().After(c.asOf.Last()) || s.Document != "" && c.s.LatestYear(s.Document) > c.asOf.Year
	})
}

// known leaves out what came after the day that is asked about.
func (c *composer) known(facts []*knowledge.Fact) []*knowledge.Fact {
	if c.asOf.IsZero() {
		return facts
	}
	return slices.DeleteFunc(slices.Clone(facts), c.later)
}

// newer is the fact that replaced this one by the day that is asked about, the
// latest if there are several, or nil.
func (c *composer) newer(f *knowledge.Fact) *knowledge.Fact {
	var newest *knowledge.Fact
	for _, r := range c.s.Bearing(f.ID) {
		if r.Kind != knowledge.Supersedes {
			continue
		}
		if n := c.s.Fact(r.To); !c.later(n) && (newest == nil || newest.From.Compare(n.From) < 0) {
			newest = n
		}
	}
	return newest
}

// cardOrder is the order of an entity's facts on its card. What a rule or a chip
// went through is told in the order of time, with what was replaced marked; of
// anything else the newest comes first, what was replaced last.
func (c *composer) cardOrder(e *knowledge.Entity, facts []*knowledge.Fact) []*knowledge.Fact {
	facts = slices.Clone(facts)
	// 0 for a fact about it first of all, 1 for one about it too, 2 for a mention.
	main := func(f *knowledge.Fact) int {
		if at := slices.Index(f.Subjects, e.Slug); at >= 0 {
			return min(at, 1)
		}
		return 2
	}
	replaced := func(f *knowledge.Fact) int {
		if c.newer(f) != nil {
			return 1
		}
		return 0
	}
	if told(e) {
		slices.SortStableFunc(facts, func(a, b *knowledge.Fact) int {
			return cmp.Or(main(a)-main(b), a.From.Compare(b.From))
		})
		return facts
	}
	slices.SortStableFunc(facts, func(a, b *knowledge.Fact) int {
		return cmp.Or(replaced(a)-replaced(b), main(a)-main(b), weak(a)-weak(b), b.From.Compare(a.From))
	})
	if len(facts) <= maxCard {
		return facts
	}
	// What is new about its parts stands among what the card shows.
	head, rest := facts[:maxCard-lately], facts[maxCard-lately:]
	slices.SortStableFunc(rest, func(a, b *knowledge.Fact) int {
		return cmp.Or(replaced(a)-replaced(b), main(a)/2-main(b)/2, b.From.Compare(a.From))
	})
	return slices.Concat(head, rest)
}

// lately is how many of the facts that a card shows are there because they are new.
const lately = 3

// weak is 1 for a fact that only secondary sources carry.
func weak(f *knowledge.Fact) int {
	if f.Grade() == knowledge.Secondary {
		return 1
	}
	return 0
}

// told tells whether an entity is something with a history: a rule, a law, a
// chip.
func told(e *knowledge.Entity) bool {
	return e.Kind == knowledge.KindPolicy || e.Kind == knowledge.KindLaw || e.Kind == knowledge.KindChip
}

// maxTold is how many facts the card of something with a history shows.
const maxTold = 16

// cardSize is how many facts a card shows before it says how many more there
// are.
func cardSize(e *knowledge.Entity) int {
	if told(e) {
		return maxTold
	}
	return maxCard
}

// asOfWords says which day a card is of.
func (c *composer) asOfWords() string {
	if c.asOf.IsZero() {
		return ""
	}
	return "As of " + c.asOf.Words() + ": what is recorded of later days is left out."
}

// rules lists the policies and laws that are rules, in the order of time: since
// when, what each covers, who enforces it and what came of it.
func (c *composer) rules() bot.List {
	list := bot.List{}
	for _, r := range c.dated() {
		list.Items = append(list.Items, c.rule(r.e, r.since))
	}
	return list
}

// datedRule is a policy or a law with the day of the first that is recorded of it.
type datedRule struct {
	e     *knowledge.Entity
	since knowledge.Date
}

// dated are the policies and laws of which something is recorded, in the order of time.
func (c *composer) dated() []datedRule {
	var all []datedRule
	for i := range c.s.Entities() {
		e := &c.s.Entities()[i]
		if e.Kind != knowledge.KindPolicy && e.Kind != knowledge.KindLaw {
			continue
		}
		if facts := c.known(own(c.s, e.Slug)); len(facts) > 0 {
			all = append(all, datedRule{e, earliest(facts)})
		}
	}
	slices.SortStableFunc(all, func(a, b datedRule) int {
		return cmp.Or(a.since.Compare(b.since), strings.Compare(a.e.Name, b.e.Name))
	})
	return all
}

// ruleEvents are the rules of which it is known when they began, as they stand on a
// picture.
func (c *composer) ruleEvents() []bot.Event {
	var events []bot.Event
	for _, r := range c.dated() {
		if !r.since.IsZero() {
			events = append(events, bot.Event{At: r.since.First(), When: shortDate(r.since), Label: r.e.Name, Detail: r.e.Summary})
		}
	}
	return events
}

func earliest(facts []*knowledge.Fact) knowledge.Date {
	var first knowledge.Date
	for _, f := range facts {
		if !f.From.IsZero() && (first.IsZero() || f.From.Compare(first) < 0) {
			first = f.From
		}
	}
	return first
}

// rule is one policy as an entry: its name, what it covers, and below it since
// when, who enforces it, and its last change.
func (c *composer) rule(e *knowledge.Entity, since knowledge.Date) bot.Item {
	c.useEntity(e.Slug, 1)
	facts := c.known(own(c.s, e.Slug))
	var parts []string
	if !since.IsZero() {
		parts = append(parts, "since "+since.Words())
	}
	if agency := c.enforcer(facts); agency != nil {
		parts = append(parts, "enforced by "+agency.Name)
	}
	parts = append(parts, plural(len(c.known(c.s.About(e.Slug))), "fact", "facts"))
	if last := latest(facts); last != nil {
		c.useFact(last, 0.5)
		parts = append(parts, "last: "+last.From.Words()+", "+last.ID+" ("+string(last.Grade())+")")
	}
	if by := c.replacement(facts); by != nil {
		c.useFact(by, 0.5)
		parts = append(parts, "replaced: "+by.ID)
	}
	text := bot.Join(bot.E(c.name(e), "/policy "+e.Name), bot.T(" – "+e.Summary))
	return bot.Item{Text: text, Detail: bot.Q(strings.Join(parts, " · ")), Line: "/policy " + e.Name}
}

// enforcer is the agency that a policy's facts name most, or nil.
func (c *composer) enforcer(facts []*knowledge.Fact) *knowledge.Entity {
	count, best := map[string]int{}, (*knowledge.Entity)(nil)
	for _, f := range facts {
		for _, slug := range f.Entities() {
			e := c.s.Entity(slug)
			if e == nil || e.Kind != knowledge.KindAgency {
				continue
			}
			count[slug]++
			if best == nil || count[slug] > count[best.Slug] {
				best = e
			}
		}
	}
	return best
}

func latest(facts []*knowledge.Fact) *knowledge.Fact {
	var last *knowledge.Fact
	for _, f := range facts {
		if !f.From.IsZero() && (last == nil || f.From.Compare(last.From) > 0) {
			last = f
		}
	}
	return last
}

// replacement is what replaced the rule itself: the newest fact that supersedes
// one of its own and is another's.
func (c *composer) replacement(facts []*knowledge.Fact) *knowledge.Fact {
	var by *knowledge.Fact
	for _, f := range facts {
		if n := c.newer(f); n != nil && n.Subjects[0] != f.Subjects[0] && (by == nil || n.From.Compare(by.From) > 0) {
			by = n
		}
	}
	return by
}

// untilThen is the fact as it stood on the day that is asked about: an end that
// came later was not known.
func (c *composer) untilThen(f *knowledge.Fact) *knowledge.Fact {
	if c.asOf.IsZero() || f.Until.IsZero() || !f.Until.First().After(c.asOf.Last()) {
		return f
	}
	then := *f
	then.Until = knowledge.Date{}
	return &then
}
