package knowledge

import (
	"math"
	"strings"
)

// Threshold is the probability below which silkwire says that it does not know.
// Lower refuses fewer questions that have an answer, higher fewer that have
// none; docs/matching.md shows the trade.
const Threshold = 0.35

// evidence is what tells an answer from a fact that merely shares words with the
// question. Refusing is decided by these alone: there is no list of subjects or
// words to refuse.
type evidence struct {
	coverage float64 // share of what was asked, by weight, that the fact speaks of
	phrasing float64 // how like the closest of its phrasings
	match    float64 // BM25 over its fields, as a share of the best possible
	worst    float64 // the weightiest thing that was asked and that it is silent on
	words    int     // informative words of the question
	covered  int     // those that the fact speaks of
	context  bool    // the question leans on the conversation
	misfit   bool    // it wants a number, a date or a person, and the fact tells none
}

// probability is a logistic rule. Its weights were fitted on development
// questions with and without answers, which are not ours; each is rounded, since
// the last digit is noise.
func (e evidence) probability() float64 {
	z := -2.3 + 2.3*e.coverage + 0.8*e.phrasing + 0.6*e.match - 0.34*e.worst
	z += 0.31*math.Min(float64(e.words), 12) + 0.29*math.Min(float64(e.covered), 8)
	if e.context {
		z += 1.8
	}
	if e.misfit {
		z -= 1.9
	}
	return 1 / (1 + math.Exp(-z))
}

// misfit tells whether a fact cannot be what the question wants.
func misfit(wants string, f Fact) bool {
	switch wants {
	case "number":
		return !strings.ContainsAny(f.Statement, "0123456789")
	case "date":
		return f.From.IsZero()
	case "person":
		return true
	}
	return false
}
