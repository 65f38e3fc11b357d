package knowledge

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"silkwire/knowledge/search"
)

// comparison is a question made ready to be compared with many facts.
type comparison struct {
	terms []compared // by number, each once
	best  float64    // what the terms give together at most, in BM25
	norm  float64    // the length of the question's vector
	named bool       // an entity that is no place was named, or is what the conversation was about
}

// compared is one term of a question.
type compared struct {
	term   int32
	weight float64 // in the question, times how much the term tells
	each   float64 // what a phrasing that has it gains
	covers uint64  // the question's words that a fact speaks of if it has the term
	names  uint64  // … if it is about it or names it
	agrees bool    // a fact that is about it or names it is about what was named
}

// mostWords is how many informative words of a question are looked at for what
// a fact covers: one bit each.
const mostWords = 64

func (r *ranker) comparison(u question) comparison {
	c := comparison{terms: make([]compared, 0, 2*len(u.terms)+2*len(u.words)+len(u.entities))}
	for _, t := range u.terms {
		c.terms = append(c.terms, compared{term: t.term, weight: t.weight})
	}
	for i, word := range u.words[:min(len(u.words), mostWords)] {
		for _, t := range word.terms {
			c.terms = append(c.terms, compared{term: t, covers: 1 << i})
		}
		for _, t := range word.entities {
			c.terms = append(c.terms, compared{term: t, names: 1 << i})
		}
	}
	for _, slug := range u.entities {
		if r.entityWeight(slug) == entityWeight {
			c.named = true
			c.terms = append(c.terms, compared{term: r.view.Term(entityTerm + slug), agrees: true})
		}
	}
	for _, t := range u.terms {
		if t.term < 0 { // it cannot be found, and is missed all the same
			w := t.weight * r.view.Rarity(t.term)
			c.best += w
			c.norm += w * w
		}
	}
	c.merge(r)
	c.norm = math.Sqrt(c.norm)
	return c
}

// merge brings what is known of each term together.
func (c *comparison) merge(r *ranker) {
	slices.SortFunc(c.terms, func(a, b compared) int { return cmp.Compare(a.term, b.term) })
	n := 0
	for i, t := range c.terms {
		switch {
		case t.term < 0:
			continue
		case n > 0 && i > 0 && c.terms[n-1].term == t.term:
			at := &c.terms[n-1]
			at.weight += t.weight
			at.covers |= t.covers
			at.names |= t.names
			at.agrees = at.agrees || t.agrees
		default:
			c.terms[n] = t
			n++
		}
	}
	c.terms = c.terms[:n]
	for i := range c.terms {
		t := &c.terms[i]
		t.weight *= r.view.Rarity(t.term)
		t.each = t.weight * r.tells(t.term)
		c.best += t.weight
		c.norm += t.weight * t.weight
	}
}

// candidate is a fact that may answer, with the parts of its score.
type candidate struct {
	*reading
	score    float64
	sure     float64
	match    float64 // BM25 over the fact's fields, as a share of the best possible
	phrasing float64 // how like the closest of its phrasings, from 0 to 1
	ask      int     // the closest of its asks, or -1
	coverage float64 // share of what was asked, by weight, that the fact speaks of
	covered  int     // informative words that it speaks of, names aside
	names    int     // names that it is about
	strange  int     // words that neither the fact base nor English has
	agrees   bool    // it is about something that was named, or nothing was
	absent   bool    // an attribute is asked for that it does not tell
	covers   uint64  // a bit for each of the question's words that it speaks of
	states   uint64  // … that stand in its statement
	unnamed  int     // companies, models, chips … that were named and that it is not about
	numbers  int     // numbers of the question that it does not speak of
	// preference is how much better or worse it is than its words tell.
	preference float64
	supports   *candidate // a reason: what it was put ahead of
}

// compare is what the terms tell of a fact.
func (c *comparison) compare(d *reading) candidate {
	var dots [mostPhrasings]float64
	k, at := candidate{reading: d, agrees: !c.named, ask: -1}, 0
	for i := range c.terms {
		t := &c.terms[i]
		n, found := slices.BinarySearch(d.terms[at:], t.term)
		if at += n; !found {
			continue
		}
		places := d.places[at]
		w := d.weight(places)
		k.match += t.weight * w * (saturation + 1) / (w + saturation)
		k.covers |= t.covers
		if places&inStatement != 0 {
			k.states |= t.covers
		}
		if places&namesIt != 0 {
			k.covers |= t.names
			k.agrees = k.agrees || t.agrees
		}
		for in := places & (inStatement | inAsks); in != 0; in &= in - 1 {
			dots[bits.TrailingZeros64(in)] += t.each
		}
	}
	closest := 0.0
	for i, norm := range d.norms {
		if dots[i] == 0 {
			continue
		}
		like := dots[i] / (c.norm * float64(norm))
		k.phrasing = max(k.phrasing, like)
		if i > 0 && like > closest {
			closest, k.ask = like, i-1
		}
	}
	k.match = min(1, k.match/(c.best*bestMatch))
	return k
}

// How the parts make the score, and what stands in the way of a fact that is
// about something else. Chosen on the development questions, on which the exact
// values matter little.
const (
	matchShare    = 0.5
	phrasingShare = 0.2
	coverageShare = 0.3
	doubtShare    = 0.15 // how much of the score is lost where it is certain that the fact does not answer
	offSpecific   = 0.55 // a fact that is about none of the entities named, a company or a model among them
	offTheme      = 0.9  // … where only policies and themes are named
	mainSubject   = 1.05 // a fact that is mainly about one of them
	suited        = 1.05 // a fact that tells the sort of thing that is wanted
	doubted       = 1.26 // the same where the question doubts: the doubted fact shares more of its words
	passed        = 0.85 // a fact that another has replaced
	onlyReported  = 0.8  // an event or a figure where nothing of the sort is asked for, the less so the more it is asked in its words
	bearing       = 1.2  // a follow-up: a fact that bears on what was shown before; twice if it hardly has words of its own
	carrying      = 1.2  // a fact that carries the exposure of the symbol that was typed
)

// compared at least: of the facts that the engine finds, how many are looked at
// closely.
const fewest = 64

// farBehind is the share of the best score of the engine below which a fact is
// not looked at closely any more.
const farBehind = 0.4

// rank is the limit best facts for a question, best first.
func (r *ranker) rank(u question, limit int) []candidate {
	if len(u.terms) == 0 {
		return nil
	}
	var terms []search.Term
	for _, t := range u.terms {
		if t.term >= 0 {
			terms = append(terms, search.Term{Number: t.term, Weight: t.weight})
		}
	}
	q := r.comparison(u)
	hits := r.view.Find(search.Query{Terms: terms}, max(limit, fewest))
	all := make([]candidate, 0, len(hits))
	for i, h := range hits {
		if i >= limit && h.Score < farBehind*hits[0].Score {
			break
		}
		all = append(all, q.compare(r.readings[h.Document]))
		c := &all[len(all)-1]
		c.weigh(u, c.fact().Attributes)
		c.preference = r.preference(u, c)
		c.sure = c.evidence(u, u.wants.misfit(c.reading)).probability()
		c.score = c.preference * (matchShare*c.match + phrasingShare*c.phrasing + coverageShare*c.coverage) * (1 - doubtShare*(1-c.sure))
	}
	switch u.wants {
	case wantReason:
		r.liftReasons(all)
	case wantNewest:
		liftNewest(all)
	}
	return first(all, limit)
}

// first picks the limit best, best first. What was put ahead of another answers as surely
// as that.
func first(all []candidate, limit int) []candidate {
	order := make([]*candidate, len(all))
	for i := range all {
		order[i] = &all[i]
	}
	slices.SortFunc(order, func(a, b *candidate) int {
		if a.score != b.score {
			return cmp.Compare(b.score, a.score)
		}
		return cmp.Compare(a.fact().ID, b.fact().ID)
	})
	best := make([]candidate, min(limit, len(all)))
	for i := range best {
		best[i] = *order[i]
		if c := best[i].supports; c != nil {
			best[i].sure = max(best[i].sure, c.sure)
		}
	}
	return best
}

// liftReasons puts a fact that tells why, and that supports another, just ahead
// of the other: who asks "why is A so" in A's words wants what A rests on.
func (r *ranker) liftReasons(all []candidate) {
	byID := map[string]*candidate{}
	for i := range all {
		byID[all[i].fact().ID] = &all[i]
	}
	for i := range all {
		if !wantReason.suits(all[i].fact()) {
			continue
		}
		for _, rel := range all[i].fact().Relations {
			if to := byID[rel.To]; rel.Kind == Supports && to != nil && to.score*aheadOf > all[i].score {
				all[i].score, all[i].supports = to.score*aheadOf, to
			}
		}
	}
}

// liftNewest prefers, of the facts that answer nearly as well as the best, the
// later ones: by their place in the order of time, since what matters is which
// came last and not how long ago the first was.
func liftNewest(all []candidate) {
	best := 0.0
	for _, c := range all {
		best = max(best, c.score)
	}
	var near []*candidate
	for i := range all {
		if c := &all[i]; c.score >= nearlyBest*best && !c.fact().From.IsZero() {
			near = append(near, c)
		}
	}
	slices.SortFunc(near, func(a, b *candidate) int { return a.fact().From.Compare(b.fact().From) })
	for place, c := range near {
		c.score *= 1 + newest*float64(place)/float64(len(near))
	}
}

// nearlyBest is the share of the best score from which on a fact is thought of
// where the newest is wanted.
const nearlyBest = 0.6

// newest is by how much the latest of the dated facts goes ahead of the earliest
// where the newest is wanted.
const newest = 0.25

// aheadOf is by how much a reason goes ahead of what it supports.
const aheadOf = 1.01

// bestMatch is what BM25 gives at most for a term, as far as it matters here.
const bestMatch = 2.1

// weigh fills in how much of what was asked the fact speaks of. told is what the
// fact tells of its subject.
func (c *candidate) weigh(u question, told []Attribute) {
	covered, total := 0.0, 0.0
	for i, w := range u.words[:min(len(u.words), mostWords)] {
		total += w.weight
		tells := c.states&(1<<i) != 0 || slices.ContainsFunc(w.tells, func(a Attribute) bool { return slices.Contains(told, a) })
		c.absent = c.absent || len(w.tells) > 0 && !tells
		switch {
		case c.covers&(1<<i) == 0:
			if w.strange {
				c.strange++
			}
			if w.number {
				c.numbers++
			}
			if w.specific {
				c.unnamed++
			}
		case len(w.entities) > 0:
			covered += w.weight
			c.names++
		default:
			covered += w.weight
			c.covered++
		}
	}
	if total > 0 {
		c.coverage = covered / total
	}
}

// preference is how much better or worse a fact is for the question than its
// words alone tell.
func (r *ranker) preference(u question, c *candidate) float64 {
	f, p := c.fact(), 1.0
	switch {
	case !c.agrees && u.specific:
		p *= offSpecific
	case !c.agrees:
		p *= offTheme
	case slices.Contains(u.entities, f.Subjects[0]):
		p *= mainSubject
	}
	p *= graded[f.Grade()]
	if r.replaced(f.ID) {
		p *= passed
	}
	if !u.concrete && (f.Kind == Event || f.Kind == Figure) {
		p *= onlyReported + (1-onlyReported)*c.phrasing
	}
	if u.wants.suits(f) {
		p *= u.wants.gain()
	}
	if u.context && slices.ContainsFunc(u.shown, func(id string) bool { return r.bears(f, id) }) {
		p *= bearing
		if len(u.words) <= 1 {
			p *= bearing
		}
	}
	if !u.concrete && slices.ContainsFunc(u.symbols, func(symbol string) bool { return slices.Contains(r.restingOn[f.ID], symbol) }) {
		p *= carrying
	}
	return p
}

// graded decides between facts that answer equally well.
var graded = map[Grade]float64{Primary: 1.03, Expert: 1.02, Press: 1, Secondary: 0.98}

// replaced tells whether a fact supersedes the one with the id.
func (r *ranker) replaced(id string) bool {
	for d := range r.having(relationTerm + id) {
		if slices.Contains(d.fact().Relations, Relation{Supersedes, id}) {
			return true
		}
	}
	return false
}

// bears tells whether a fact and the one with the id are related.
func (r *ranker) bears(f *Fact, id string) bool {
	if slices.ContainsFunc(f.Relations, func(rel Relation) bool { return rel.To == id }) {
		return true
	}
	at := r.number(id)
	return at >= 0 && slices.ContainsFunc(r.readings[at].fact().Relations, func(rel Relation) bool { return rel.To == f.ID })
}
