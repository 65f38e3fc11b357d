package knowledge

import (
	"cmp"
	"slices"

	"silkwire/knowledge/entity"
	"silkwire/knowledge/text"
)

// Scored is a fact with how well it answers, between 0 and 1.
type Scored struct {
	Fact  *Fact
	Score float64
}

// Answer is what is known about a question.
type Answer struct {
	// Known tells whether the first fact answers, by its score.
	Known    bool
	Score    float64 // how sure it is that the first fact answers
	Facts    []Scored
	Mentions []Mention
	// Nearest are slugs of what the nearest facts are about, for a question
	// that is not answered.
	Nearest []string
	// OnlyNames tells that the question is nothing but names; Price, that it
	// asks for what something costs to buy on a market.
	OnlyNames bool
	Price     bool
	// Owner and Listing tell that it asks who owns or makes what it names, or
	// whether and where that is listed.
	Owner   bool
	Listing bool
}

// defaultLimit is how many facts an answer has at most.
const defaultLimit = 6

// Answer ranks the facts for a question.
func (s *Snapshot) Answer(q Query) Answer {
	u := s.ranker.understand(q)
	a := Answer{Mentions: s.mentioned(u, q)}
	a.OnlyNames, a.Price = u.onlyNames(), asksPrice(u, a.Mentions)
	// "Which listed company gains most from Qwen" asks for more than a listing.
	bare := u.asksOnly()
	a.Owner, a.Listing = bare && u.wants == wantOwner, bare && u.wants == wantShares
	ranked := s.ranker.rank(u, cmp.Or(q.Limit, defaultLimit))
	if len(ranked) > 0 {
		a.Score = ranked[0].sure
		a.Known = a.Score >= Threshold
	}
	for _, c := range ranked {
		a.Facts = append(a.Facts, Scored{&s.Contents.Facts[c.fact], c.score * a.Score / ranked[0].score})
	}
	a.Nearest = s.nearest(a)
	return a
}

// mentioned is what the question names, and what the conversation was about
// where the question leans on it.
func (s *Snapshot) mentioned(u question, q Query) []Mention {
	mentions := s.mentions(u.matches)
	if u.context {
		for _, slug := range q.Entities {
			m := entity.Match{Targets: []string{slug}, How: entity.InContext}
			mentions = append(mentions, Mention{Slug: slug, Score: m.Score(), Match: m})
		}
	}
	return mentions
}

// asksPrice tells whether the price is the nearest answer there is: it is asked
// for ("gold price"), or nothing but a symbol is said ("$nvda").
func asksPrice(u question, mentions []Mention) bool {
	symbol := func(m Mention) bool { return m.Symbol != "" }
	return u.price || u.onlyNames() && slices.ContainsFunc(mentions, symbol)
}

// nearest is what was named and what the nearest facts are about.
func (s *Snapshot) nearest(a Answer) []string {
	var out []string
	add := func(slug string) {
		if slug != "" && s.entities[slug] != nil && len(out) < 4 && !slices.Contains(out, slug) {
			out = append(out, slug)
		}
	}
	for _, m := range a.Mentions {
		add(m.Slug)
	}
	for _, f := range a.Facts[:min(len(a.Facts), 4)] {
		add(f.Fact.Subjects[0])
	}
	return out
}

// candidate is a fact that may answer, with the parts of its score.
type candidate struct {
	fact     int
	score    float64
	sure     float64
	match    float64 // BM25 over the fact's fields, as a share of the best possible
	phrasing float64 // how like the closest of its phrasings, from 0 to 1
	coverage float64 // share of what was asked, by weight, that the fact speaks of
	covered  int     // informative words that it speaks of, names aside
	names    int     // names that it is about
	strange  int     // words that neither the fact base nor English has
	agrees   bool    // it is about something that was named, or nothing was
	absent   bool    // an attribute is asked for that it does not tell
	covers   uint64  // a bit for each of the question's words that it speaks of
	// preference is how much better or worse it is than its words tell.
	preference float64
}

// How the parts make the score, and what stands in the way of a fact that is
// about something else. Chosen on the development questions, on which the exact
// values matter little.
const (
	matchShare    = 0.65
	phrasingShare = 0.15
	coverageShare = 0.2
	offEntity     = 0.5  // a fact that is about none of the entities named
	mainSubject   = 1.05 // a fact that is mainly about one of them
	suited        = 1.1  // a fact that tells the sort of thing that is wanted
	bearing       = 1.2  // a follow-up: a fact that bears on what was shown before
)

func (r *ranker) rank(u question, limit int) []candidate {
	if len(u.terms) == 0 {
		return nil
	}
	w := r.work(u)
	defer r.idle(w)
	best := 0.0
	for _, t := range u.terms {
		best += t.weight * r.facts.IDF(t.term)
	}
	var all []candidate
	for i, m := range w.matches {
		if m <= 0 {
			continue
		}
		f := &r.snapshot.Contents.Facts[i]
		c := candidate{
			fact: i, match: min(1, m/(best*bestMatch)), phrasing: w.phrasings[i], covers: w.covers[i], agrees: w.agrees[i],
		}
		c.weigh(u, f.Attributes)
		c.preference = r.preference(u, f, c.agrees)
		c.score = c.preference * (matchShare*c.match + phrasingShare*c.phrasing + coverageShare*c.coverage)
		c.sure = c.evidence(u, u.wants.misfit(f)).probability()
		all = append(all, c)
	}
	if u.wants == wantReason {
		r.liftReasons(all)
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	return all[:min(limit, len(all))]
}

// liftReasons puts a fact that tells why, and that supports another, just ahead
// of the other: who asks "why is A so" in A's words wants what A rests on.
func (r *ranker) liftReasons(all []candidate) {
	byID := map[string]candidate{}
	for _, c := range all {
		byID[r.snapshot.Contents.Facts[c.fact].ID] = c
	}
	for i := range all {
		f := &r.snapshot.Contents.Facts[all[i].fact]
		if !wantReason.suits(f) {
			continue
		}
		for _, rel := range f.Relations {
			if to := byID[rel.To]; rel.Kind == Supports && to.score*aheadOf > all[i].score {
				all[i].score, all[i].sure = to.score*aheadOf, max(all[i].sure, to.sure)
			}
		}
	}
}

// aheadOf is by how much a reason goes ahead of what it supports.
const aheadOf = 1.01

// bestMatch is what BM25 gives at most for a term, as far as it matters here.
const bestMatch = 1.6

// weigh fills in how much of what was asked the fact speaks of. told is what the
// fact tells of its subject.
func (c *candidate) weigh(u question, told []Attribute) {
	covered, total := 0.0, 0.0
	for i, w := range u.words[:min(len(u.words), mostWords)] {
		total += w.weight
		tells := slices.ContainsFunc(w.tells, func(a Attribute) bool { return slices.Contains(told, a) })
		c.absent = c.absent || len(w.tells) > 0 && !tells
		switch {
		case c.covers&(1<<i) == 0:
			if w.strange {
				c.strange++
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

// mostWords is how many informative words of a question are looked at for what
// a fact covers: one bit each.
const mostWords = 64

// preference is how much better or worse a fact is for the question than its
// words alone tell.
func (r *ranker) preference(u question, f *Fact, agrees bool) float64 {
	p := 1.0
	switch {
	case !agrees:
		p *= offEntity
	case slices.Contains(u.entities, f.Subjects[0]):
		p *= mainSubject
	}
	if u.wants.suits(f) {
		p *= suited
	}
	if u.context && slices.ContainsFunc(u.shown, func(id string) bool { return r.bears(f, id) }) {
		p *= bearing
	}
	return p
}

// bears tells whether a fact has a relation to the one with the id.
func (r *ranker) bears(f *Fact, id string) bool {
	to := func(to string) func(Relation) bool { return func(r Relation) bool { return r.To == to } }
	return slices.ContainsFunc(f.Relations, to(id)) || slices.ContainsFunc(r.snapshot.inbound[f.ID], to(id))
}

// CompleteAsk is at most n questions that have answers and go with what was
// typed so far, each of another fact.
func (s *Snapshot) CompleteAsk(typed string, n int) []string {
	u := s.ranker.understand(Query{Text: typed})
	var out []string
	for _, c := range s.ranker.rank(u, n) {
		if asks := s.Contents.Facts[c.fact].Asks; len(asks) > 0 {
			out = append(out, asks[s.ranker.closestAsk(u, c.fact)])
		}
	}
	return out
}

// closestAsk is which of a fact's asks shares most with the question.
func (r *ranker) closestAsk(u question, fact int) int {
	best, most := 0, -1.0
	for i, ask := range r.snapshot.Contents.Facts[fact].Asks {
		shared := 0.0
		wordTerms(text.Tokenize(ask), func(term string) {
			for _, t := range u.terms {
				if t.text == term {
					shared += t.weight
				}
			}
		})
		if shared > most {
			best, most = i, shared
		}
	}
	return best
}
