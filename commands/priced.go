package commands

import (
	"slices"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
)

// priced is prices that one line tells the time and the source of: from one source, and
// of one moment, or of one day where the moments are known.
type priced struct {
	knowledge.Quote           // the first of them
	from, to        time.Time // zero: nobody knows when
	daily           bool      // the day is known, and no moment
	rows            []bot.QuoteRow
}

// newPriced is a group of one, without its row yet.
func newPriced(q knowledge.Quote) priced {
	at, _ := q.Moment()
	return priced{Quote: q, from: at, to: at, daily: len(q.AsOf) == len(time.DateOnly)}
}

// addPriced puts a price into the group that it belongs to, or begins one.
func addPriced(groups []priced, q knowledge.Quote, row bot.QuoteRow) []priced {
	one := newPriced(q)
	i := slices.IndexFunc(groups, one.goesWith)
	if i < 0 {
		one.rows = []bot.QuoteRow{row}
		return append(groups, one)
	}
	g := &groups[i]
	g.rows = append(g.rows, row)
	if one.from.Before(g.from) {
		g.from = one.from
	}
	if one.to.After(g.to) {
		g.to = one.to
	}
	return groups
}

func (p priced) goesWith(other priced) bool {
	if p.Source != other.Source || p.URL != other.URL || p.daily != other.daily {
		return false
	}
	return p.AsOf == other.AsOf || !p.from.IsZero() && p.from.Format(time.DateOnly) == other.from.Format(time.DateOnly)
}

// when says when the prices were, as exactly as it is known.
func (p priced) when() string {
	const day, minute = "2 January 2006", "15:04"
	switch {
	case p.from.IsZero():
		return p.AsOf
	case p.daily:
		return p.from.Format(day)
	case p.from.Format(minute) == p.to.Format(minute):
		return stamp(p.from)
	}
	return p.from.Format(day+", "+minute) + " to " + p.to.Format(minute) + " UTC"
}

// standing is the line under prices: when they were, and from whom. Nothing passes for
// live: what is of a day before says how old it is. Age counts in days, because a kept
// reply is told again for the rest of its day.
func (c *composer) standing(p priced) (asOf string, source bot.Text) {
	asOf = p.when()
	document := c.s.Document(p.Source) != nil
	if document {
		asOf = "snapshot, " + asOf
	}
	says := "not live, from "
	switch days := c.daysSince(p.to); {
	case p.from.IsZero() || c.at.IsZero():
	case days == 1:
		says = "not live; of the day before, from "
	case days > 1:
		says = "not live; " + plural(days, "day", "days") + " old, from "
	case !document:
		says = "from "
	}
	return bot.Clean(asOf), bot.Join(bot.T(says), giver(c.s, p.Quote))
}

// daysSince counts the midnights, in UTC, since a moment.
func (c *composer) daysSince(t time.Time) int {
	day := func(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
	return int(day(c.at).Sub(day(t)) / (24 * time.Hour))
}

// giver names who gave a price: a document by what it is cited as, else a name with its
// address.
func giver(s *knowledge.Snapshot, q knowledge.Quote) bot.Text {
	switch {
	case s.Document(q.Source) != nil:
		return bot.C(q.Source)
	case q.URL != "":
		return bot.L(q.Source, q.URL)
	}
	return bot.T(q.Source)
}
