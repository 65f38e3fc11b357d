package knowledge

import "math"

// Threshold is the probability below which silkwire says that it does not know.
// Lower refuses fewer questions that have an answer, higher fewer that have
// none; docs/matching.md shows the trade.
const Threshold = 0.3

// evidence is what tells an answer from a fact that merely shares words with the
// question. Refusing is decided by these alone: there is no list of subjects or
// words to refuse.
type evidence struct {
	candidate
	words   int  // informative words of the question
	context bool // the question leans on the conversation
	misfit  bool // it wants a number, a date or a person, and the fact tells none
}

func (c candidate) evidence(u question, misfit bool) evidence {
	return evidence{candidate: c, words: len(u.words), context: u.context, misfit: misfit}
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
