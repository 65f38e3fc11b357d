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
// questions with and without answers, counted alike; each is rounded, since the
// last digit is noise. The share of what was asked that is covered got no weight
// beside the number of words covered and the weightiest word that is not.
func (e evidence) probability() float64 {
	z := -2.35 + 1.2*e.phrasing + 1.15*e.match - 0.5*e.worst
	z += 0.42*math.Min(float64(e.words), 12) + 1.05*math.Min(float64(e.covered), 8)
	if e.context {
		z += 1.85
	}
	if e.misfit {
		z -= 1.85
	}
	if e.absent {
		z -= 2.9
	}
	return 1 / (1 + math.Exp(-z))
}
