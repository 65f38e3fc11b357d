package commands

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
)

// Of events on a picture.
const (
	mostMarked = 8 // on a line of prices
	mostEvents = 14
	mostTold   = 5 // in the words beside a picture
)

// controlEvents are the events of export controls within a time, in its order: the best
// of them for the symbols.
func (c *composer) controlEvents(symbols []string, first, last time.Time, most int) []bot.Event {
	return c.best(c.controlFacts(first, last), symbols, most)
}

// controlFacts are the events of export controls within a time (zero: any). One whose
// month is not known has no place on a line.
func (c *composer) controlFacts(first, last time.Time) []*knowledge.Fact {
	rules := c.controls()
	isRule := func(slug string) bool { return rules[slug] }
	return slices.DeleteFunc(slices.Clone(c.s.Facts()), func(f *knowledge.Fact) bool {
		switch at := f.From; {
		case f.Kind != knowledge.Event || at.Month == 0:
			return true
		case !first.IsZero() && at.Last().Before(first.Truncate(24*time.Hour)), !last.IsZero() && at.First().After(last):
			return true
		}
		return !slices.ContainsFunc(f.Entities(), isRule)
	})
}

// isOf tells whether a fact is about what one of the symbols is a share of.
func (c *composer) isOf(f *knowledge.Fact, symbols []string) bool {
	return slices.ContainsFunc(symbols, func(symbol string) bool {
		e := c.s.Lists(symbol)
		return e != nil && slices.Contains(f.Entities(), e.Slug)
	})
}

// best are so many facts as events, in the order of time: those that name what the
// symbols are of first, then those that are first of all about a rule, then the newest.
// What has the same name on the same day stands once.
func (c *composer) best(facts []*knowledge.Fact, symbols []string, most int) []bot.Event {
	rules := c.controls()
	weight := func(f *knowledge.Fact) int {
		n := 0
		if c.isOf(f, symbols) {
			n += 2
		}
		if rules[f.Subjects[0]] {
			n++
		}
		return n
	}
	facts = slices.SortedStableFunc(slices.Values(facts), func(a, b *knowledge.Fact) int {
		return cmp.Or(weight(b)-weight(a), b.From.Compare(a.From))
	})
	var events []bot.Event
	for _, f := range facts {
		e := c.event(f)
		twice := slices.ContainsFunc(events, func(o bot.Event) bool { return o.When == e.When && o.Label == e.Label })
		if !twice && len(events) < most {
			events = append(events, e)
		}
	}
	slices.SortStableFunc(events, func(a, b bot.Event) int { return a.At.Compare(b.At) })
	return events
}

// controls are the export controls and the rules that belong to them; all rules where the
// base has no policy of that name.
func (c *composer) controls() map[string]bool {
	var regime *knowledge.Entity
	for _, m := range c.s.Find("export controls") {
		if e := c.s.Entity(m.Slug); e != nil && e.Kind == knowledge.KindPolicy {
			regime = e
			break
		}
	}
	all := map[string]bool{}
	for i := range c.s.Entities() {
		e := &c.s.Entities()[i]
		if (e.Kind == knowledge.KindPolicy || e.Kind == knowledge.KindLaw) && (regime == nil || e.Slug == regime.Slug || c.restricts(e, regime)) {
			all[e.Slug] = true
		}
	}
	return all
}

// restricting is what a fact tells of a rule that forbids or demands something.
var restricting = []knowledge.Attribute{"ban", "requirement", "regulation", "access", "coverage", "limits"}

// restricts tells whether a rule forbids or demands something within a regime: a fact
// about it does, and names that. A summit, or a fund, does not.
func (c *composer) restricts(rule, regime *knowledge.Entity) bool {
	return slices.ContainsFunc(c.s.About(rule.Slug), func(f *knowledge.Fact) bool {
		return slices.Contains(f.Subjects, rule.Slug) && slices.Contains(f.Entities(), regime.Slug) &&
			slices.ContainsFunc(f.Attributes, func(a knowledge.Attribute) bool { return slices.Contains(restricting, a) })
	})
}

// event is a dated fact as it stands on a picture: under the rule that it is about, else
// under what it is about first of all.
func (c *composer) event(f *knowledge.Fact) bot.Event {
	about := c.s.Entity(f.Subjects[0])
	for _, slug := range f.Subjects {
		if e := c.s.Entity(slug); e.Kind == knowledge.KindPolicy || e.Kind == knowledge.KindLaw {
			about = e
			break
		}
	}
	at := held(f)
	return bot.Event{At: at.First(), When: shortDate(at), Label: about.Name, Detail: withoutDate(f.Statement)}
}

// shortDate is a date in few letters, as exact as it is known.
func shortDate(d knowledge.Date) string {
	switch {
	case d.Month == 0:
		return d.Words()
	case d.Day == 0:
		return d.First().Format("Jan 2006")
	}
	return d.First().Format("2 Jan 2006")
}

// withoutDate is a statement without the date that it begins with: that stands beside it.
func withoutDate(statement string) string {
	words := strings.Fields(statement)
	if len(words) < 4 || words[0] != "On" && words[0] != "In" {
		return statement
	}
	n := 1
	if _, err := strconv.Atoi(words[n]); err == nil {
		n++
	}
	if _, err := time.Parse("January", strings.TrimSuffix(words[n], ",")); err != nil {
		return statement
	}
	if _, err := strconv.Atoi(strings.TrimSuffix(words[n+1], ",")); err == nil {
		n++
	}
	rest := strings.Join(words[n+1:], " ")
	return title(rest)
}

// tellEvents names the events of a picture in a line.
func tellEvents(events []bot.Event) string {
	var out []string
	for _, e := range events[:min(len(events), mostTold)] {
		out = append(out, e.Label+" ("+e.When+")")
	}
	if n := len(events) - len(out); n > 0 {
		out = append(out, itoa(n)+" more")
	}
	return enumerate(out)
}
