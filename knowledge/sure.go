package knowledge

import "math"

// Threshold is the probability below which silkwire says that it does not know.
// Lower refuses fewer questions that have an answer, higher fewer that have
// none; docs/matching.md shows the trade.
const Threshold = 0.31

// evidence is what tells an answer from a fact that merely shares words with the
// question. Refusing is decided by these alone: there is no list of subjects or
// words to refuse.
type evidence struct {
	*candidate
	context  bool // the question leans on the conversation
	concrete bool // a figure, a date or an attribute is asked for
	misfit   bool // it wants a number, a date or a person, and the fact tells none
}

func (c *candidate) evidence(u question, misfit bool) evidence {
	return evidence{candidate: c, context: u.context, concrete: u.concrete && u.wants != wantNewest, misfit: misfit}
}

// Feature is one piece of evidence that a fact answers, with its weight in the
// logistic rule.
type Feature struct {
	Name   string
	Weight float64
	value  func(evidence) float64
}

// bias is what the rule starts from.
const bias = -4.0

// Features is the rule. Its weights are fitted by "silkwire eval --fit" on
// development questions with and without answers, counted alike, and rounded,
// since the last digit is noise. The share of what was asked that is covered,
// and the weightiest thing that is not, bring nothing beside these.
func Features() []Feature { return rule }

var rule = []Feature{
	{"phrasing", 2.9, func(e evidence) float64 { return e.phrasing }},
	{"match", 0.35, func(e evidence) float64 { return e.match }},
	{"words covered", 1.05, func(e evidence) float64 { return math.Min(float64(e.covered), 8) }},
	{"names covered", 1.8, func(e evidence) float64 { return math.Min(float64(e.names), 3) }},
	{"names silent", -0.7, func(e evidence) float64 { return math.Min(float64(e.unnamed), 2) }},
	{"numbers silent", -0.65, func(e evidence) float64 { return math.Min(float64(e.numbers), 2) }},
	{"concrete", -0.7, func(e evidence) float64 { return oneIf(e.concrete) }},
	{"strange words", -1.2, func(e evidence) float64 { return math.Min(float64(e.strange), 3) }},
	{"context", 1.8, func(e evidence) float64 { return oneIf(e.context) }},
	{"misfit", -1.1, func(e evidence) float64 { return oneIf(e.misfit) }},
	{"attribute absent", -1.6, func(e evidence) float64 { return oneIf(e.absent) }},
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// probability is how likely the fact answers.
func (e evidence) probability() float64 {
	z := bias
	for _, f := range rule {
		z += f.Weight * f.value(e)
	}
	return 1 / (1 + math.Exp(-z))
}

// Evidence is the values of the Features for the best fact, in their order, or
// nil if no fact shares anything with the question.
func (s *Snapshot) Evidence(q Query) []float64 {
	u := s.ranker.understand(q)
	best := s.ranker.rank(u, 1)
	if len(best) == 0 {
		return nil
	}
	e := best[0].evidence(u, u.wants.misfit(best[0].reading))
	values := make([]float64, len(rule))
	for i, f := range rule {
		values[i] = f.value(e)
	}
	return values
}
