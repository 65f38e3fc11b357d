package knowledge

import "cmp"

// Explanation is why a question is answered as it is.
type Explanation struct {
	Mentions  []Mention
	Repaired  []Repair
	Terms     []TermWeight
	Price     bool   // it asks what something trades at
	Wants     string // the sort of thing that is asked for, or empty
	Facts     []FactParts
	Threshold float64
}

// Repair is a word that was taken for another.
type Repair struct{ Typed, As string }

// TermWeight is a term of the question with its weight and how much it tells;
// Known says whether any fact has it.
type TermWeight struct {
	Text   string
	Weight float64
	Tells  float64
	Known  bool
}

// FactParts is a fact with the parts of its score. Score is the sum of Match,
// Phrasing and Coverage, each by its share, times Preference.
type FactParts struct {
	Fact        *Fact
	Score       float64
	Match       float64
	Phrasing    float64
	Coverage    float64
	Preference  float64
	Probability float64
	Silent      []string // what was asked that it does not speak of
	Absent      bool     // an attribute is asked for that it does not tell
}

// Explain is Answer with its reasons, for at most q.Limit facts.
func (s *Snapshot) Explain(q Query) Explanation {
	u := s.ranker.understand(q)
	e := Explanation{Mentions: s.mentioned(u, q), Price: asksPrice(u, s.mentions(u.matches)), Wants: string(u.wants), Threshold: Threshold}
	for i, as := range u.repaired {
		if as != "" {
			e.Repaired = append(e.Repaired, Repair{u.tokens[i].Text, as})
		}
	}
	for _, t := range u.terms {
		e.Terms = append(e.Terms, TermWeight{t.text, t.weight, s.ranker.view.Rarity(t.term), t.term >= 0})
	}
	for _, c := range s.ranker.rank(u, cmp.Or(q.Limit, defaultLimit)) {
		p := FactParts{
			Fact: c.fact(), Score: c.score, Match: c.match, Phrasing: c.phrasing,
			Coverage: c.coverage, Preference: c.preference, Probability: c.sure, Absent: c.absent,
		}
		for i, w := range u.words[:min(len(u.words), mostWords)] {
			if c.covers&(1<<i) == 0 {
				p.Silent = append(p.Silent, w.text)
			}
		}
		e.Facts = append(e.Facts, p)
	}
	return e
}
