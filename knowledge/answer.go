package knowledge

import (
	"cmp"
	"slices"

	"silkwire/knowledge/entity"
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
	// OnlyNames tells that the question is nothing but names; Company, that it is
	// and asks for a company: the one of a person who is named.
	OnlyNames, Company bool
	// Compares tells that it asks for nothing but a comparison of what it names.
	Compares bool
	// Price tells that it asks for what something costs to buy on a market.
	Price bool
	// Owner and Listing tell that it asks who owns or makes what it names, or
	// whether and where that is listed.
	Owner, Listing bool
	// Newest tells that it asks how things stand now, News that it asks no more than what
	// is new.
	Newest, News bool
}

// defaultLimit is how many facts an answer has at most.
const defaultLimit = 6

// Answer ranks the facts for a question.
func (s *Snapshot) Answer(q Query) Answer {
	u := s.ranker.understand(q)
	a := Answer{Mentions: s.mentioned(u, q)}
	a.Newest = u.wants == wantNewest
	a.OnlyNames = u.onlyNames()
	a.Company = a.OnlyNames && u.asksCompany()
	a.Compares, a.News = u.compares(), u.asksNews()
	a.Price = asksPrice(u, a.Mentions)
	// "Which listed company gains most from Qwen" asks for more than a listing.
	bare := u.asksOnly()
	a.Owner, a.Listing = bare && u.wants == wantOwner, bare && u.wants == wantShares
	ranked := s.ranker.rank(u, cmp.Or(q.Limit, defaultLimit))
	if len(ranked) > 0 {
		a.Score = ranked[0].sure
		a.Known = a.Score >= Threshold
	}
	for _, c := range ranked {
		a.Facts = append(a.Facts, Scored{c.fact(), c.score * a.Score / ranked[0].score})
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

// CompleteAsk is at most n questions that have answers and go with what was
// typed so far, each of another fact.
func (s *Snapshot) CompleteAsk(typed string, n int) []string {
	u := s.ranker.understand(Query{Text: typed})
	var out []string
	for _, c := range s.ranker.rank(u, n) {
		if asks := c.fact().Asks; len(asks) > 0 {
			out = append(out, asks[max(c.ask, 0)])
		}
	}
	return out
}
