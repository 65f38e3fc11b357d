package search

import "sync/atomic"

// The best documents of a first search tell which other words go with the
// query's: those that several of them share and that are rare elsewhere. They
// count for a fraction of the query's own words, and only to put the first
// documents in a better order, so that what it costs does not grow with the
// index. Reading deeper than 30, or searching again with the new words, gained
// nothing measurable. Only documents of longDocument terms and more teach: with
// both tuning collections cut to 25 words a document (14 terms) feedback gained
// nothing, cut to 40 words (22 terms) it gained a point.
const (
	feedbackDocuments = 5
	feedbackTerms     = 16
	feedbackWeight    = 0.3
	feedbackReranked  = 30
	feedbackSharing   = 2 // documents that must share a word
	feedbackLift      = 4 // times as often as elsewhere
)

// feedback is what the best documents say, by term; all 0 between searches.
type feedback struct {
	mass    []float32 // by term
	shared  []uint8   // by term, how many of the best documents have it
	touched []uint32
	chosen  []feedbackTerm
}

type feedbackTerm struct {
	term   uint32
	weight float32 // as it is multiplied with an impact
	value  float32
}

// feed puts the first of the best, which are in order, in a better one.
func (s *scratch) feed(v *view) {
	f := &s.feedback
	f.choose(v, s.best[:min(len(s.best), feedbackDocuments)])
	if len(f.chosen) == 0 {
		return
	}
	for _, c := range f.chosen {
		f.mass[c.term] = c.weight
	}
	first := s.best[:min(len(s.best), feedbackReranked)]
	for i, k := range first {
		sum := k.score()
		if terms, codes := v.termsOf(k.document()); terms != nil {
			s.postings += len(terms)
			codes = codes[:len(terms)]
			for j, t := range terms {
				if w := f.mass[t]; w != 0 {
					sum += w * v.impacts[codes[j]]
				}
			}
		} else {
			s.postings += len(f.chosen)
			for _, c := range f.chosen {
				sum += c.weight * v.impacts[v.codeOf(c.term, k.document())]
			}
		}
		first[i] = keyOf(k.document(), sum)
	}
	for _, c := range f.chosen {
		f.mass[c.term] = 0
	}
	sortNearly(first)
}

// choose finds the terms to add and leaves mass empty.
func (f *feedback) choose(v *view, best []key) {
	if len(f.mass) < len(v.documents) {
		f.mass = make([]float32, cap(v.documents))
		f.shared = make([]uint8, cap(v.documents))
	}
	f.chosen = f.chosen[:0]
	top, teachers := float32(0), 0
	for _, k := range best {
		terms, codes := v.termsOf(k.document())
		if terms == nil {
			continue
		}
		teachers++
		top = max(top, k.score())
		share := k.score() / top
		for i, t := range terms {
			if f.shared[t] == 0 {
				f.touched = append(f.touched, t)
			}
			f.shared[t]++
			f.mass[t] += share * v.impacts[codes[i]]
		}
	}
	for _, t := range f.touched {
		if n := int(f.shared[t]); n >= feedbackSharing && n*v.size() >= feedbackLift*teachers*int(atomic.LoadUint32(&v.documents[t])) {
			w := float32(v.weight(t))
			f.keep(feedbackTerm{term: t, weight: w, value: w * f.mass[t]})
		}
		f.shared[t], f.mass[t] = 0, 0
	}
	f.touched = f.touched[:0]
	if len(f.chosen) > 0 {
		most := f.chosen[0].value
		for i := range f.chosen {
			f.chosen[i].weight *= feedbackWeight * f.chosen[i].value / most
		}
	}
}

// keep inserts a term among the chosen, best first, if it is good enough.
func (f *feedback) keep(c feedbackTerm) {
	i := len(f.chosen)
	if i == feedbackTerms {
		if c.value <= f.chosen[i-1].value {
			return
		}
		i--
	} else {
		f.chosen = append(f.chosen, c)
	}
	for ; i > 0 && f.chosen[i-1].value < c.value; i-- {
		f.chosen[i] = f.chosen[i-1]
	}
	f.chosen[i] = c
}
