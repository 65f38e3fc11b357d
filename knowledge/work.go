package knowledge

import "math"

// work is what one ranking computes for every fact, kept for the next one.
type work struct {
	matches   []float64 // by fact: BM25
	phrasings []float64 // by fact: the cosine with the closest phrasing
	covers    []uint64  // by fact: a bit for each word of the question that it speaks of
	agrees    []bool    // by fact: it is about something that was named, or nothing was
	dots      []float64 // by unit
}

// idle gives a work back.
func (r *ranker) idle(w *work) { r.snapshot.works.Put(w) }

// work computes everything about a question that goes by posting lists.
func (r *ranker) work(u question) *work {
	w, ok := r.snapshot.works.Get().(*work)
	if !ok {
		facts := len(r.snapshot.Contents.Facts)
		w = &work{
			matches: make([]float64, facts), phrasings: make([]float64, facts), covers: make([]uint64, facts),
			agrees: make([]bool, facts), dots: make([]float64, len(r.units)),
		}
	}
	clear(w.matches)
	clear(w.phrasings)
	clear(w.covers)
	clear(w.dots)
	norm := 0.0
	for _, t := range u.terms {
		r.facts.Score(t.term, t.weight, w.matches)
		norm += r.dot(t, w.dots)
	}
	r.phrase(w, math.Sqrt(norm))
	r.cover(u, w)
	r.agree(u, w)
	return w
}

// dot adds what a term gives to the cosine of each unit and returns what it
// gives to the question's own norm.
func (r *ranker) dot(t weighted, dots []float64) float64 {
	weight := t.weight * r.facts.IDF(t.term)
	if t.term >= 0 {
		each := weight * r.weigh(t.term)
		for _, u := range r.unitOf[r.unitFrom[t.term]:r.unitFrom[t.term+1]] {
			dots[u] += each
		}
	}
	return weight * weight
}

// phrase finds, for each fact, how like the question is to the closest of the
// fact's phrasings.
func (r *ranker) phrase(w *work, norm float64) {
	for i, d := range w.dots {
		if d > 0 {
			f := r.units[i].fact
			w.phrasings[f] = max(w.phrasings[f], d/(norm*r.units[i].norm))
		}
	}
}

// cover notes which words of the question each fact speaks of.
func (r *ranker) cover(u question, w *work) {
	for i, word := range u.words[:min(len(u.words), mostWords)] {
		note := func(fact int32) { w.covers[fact] |= 1 << i }
		for _, t := range word.terms {
			r.facts.Documents(t, note)
		}
		for _, t := range word.entities {
			for _, fact := range r.about[t] {
				note(fact)
			}
		}
	}
}

// agree notes which facts are about something that was named.
func (r *ranker) agree(u question, w *work) {
	named := false
	clear(w.agrees)
	for _, slug := range u.entities {
		if r.entityWeight(slug) != entityWeight {
			continue
		}
		named = true
		for _, fact := range r.about[r.lexicon.Find(entityTerm+slug)] {
			w.agrees[fact] = true
		}
	}
	if named {
		return
	}
	for i := range w.agrees {
		w.agrees[i] = true
	}
}
