package search

import "sync/atomic"

// Part is what one term adds to a document's score.
type Part struct {
	Term    string  // the stem, or the name it was given
	Kind    string  // Asked, Repaired, Named or Feedback
	From    string  // what was typed, if it was repaired
	Weight  float64 // how much the term tells, times how often it was asked
	Impact  float64 // how much the document is about it, 0 to 1
	Score   float64 // their product
	Holders int     // documents that have it
}

// Explain takes a document's score for a query apart. The parts' scores sum up
// to the document's score in Search, save for rounding; a term that the document
// lacks has score 0. Feedback counts where Search counts it: for the first 30.
func (e *Engine) Explain(query string, document int) []Part {
	return e.ExplainFind(Query{Text: query}, document)
}

// ExplainFind is Explain for a query that has terms, too.
func (e *Engine) ExplainFind(q Query, document int) []Part {
	s := e.scratch()
	defer e.release(s)
	v := e.now.Load()
	if document < 0 || document >= v.size() {
		return nil
	}
	best := s.rank(v, q, feedbackReranked)
	var parts []Part
	add := func(term uint32, kind, from string, weight float32) {
		impact := float64(v.impacts[v.codeOf(term, document)])
		parts = append(parts, Part{
			Term: v.nameOf(term), Kind: kind, From: from, Weight: float64(weight), Impact: impact,
			Score: float64(weight) * impact, Holders: int(atomic.LoadUint32(&v.documents[term])),
		})
	}
	for _, t := range s.terms {
		add(t.term, t.kind, t.from, t.weight)
	}
	for _, k := range best {
		if k.document() != document {
			continue
		}
		for _, c := range s.feedback.chosen {
			if v.codeOf(c.term, document) != 0 {
				add(c.term, Feedback, "", c.weight)
			}
		}
	}
	return parts
}

// nameOf is a term's stem or name: the dictionary has it before any other word
// with that term. Only explaining asks, so it may search.
func (v *view) nameOf(term uint32) string {
	for n := range v.entries {
		if e := &v.entries[n]; e.term == term {
			if e.kind == exactWord {
				return string(v.word(n)[1:])
			}
			return string(v.word(n))
		}
	}
	return ""
}
