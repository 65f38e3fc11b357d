package search

import (
	"cmp"
	"math"
	"slices"
	"sync/atomic"
)

// Bounds of a query: what is past them is not read. They keep the work of a
// hostile query proportional to the work of a long honest one.
const (
	mostBytes = 16 << 10
	mostTerms = 128
)

// Kinds of a query's terms.
const (
	Asked    = "asked"    // a word of the query
	Repaired = "repaired" // a known word in place of one that nobody knows
	Named    = "named"    // given by its number
	Feedback = "feedback" // from the best documents
)

// repairedWeight is how much a word counts that was guessed.
const repairedWeight = 1

// queryTerm is a term that is searched.
type queryTerm struct {
	term   uint32
	kind   string
	from   string  // the word as it was typed, if it was repaired
	times  float64 // how often it was asked, or its given weight
	weight float32 // times how much the term tells
}

// Query is words, or terms by their numbers, or both. Only words are repaired,
// and only words let the best documents say which other words go with them.
type Query struct {
	Text  string
	Terms []Term
}

// parse finds the terms of a query. Each known word costs one look-up; only an
// unknown word is stemmed and, if that does not help, repaired.
func (s *scratch) parse(v *view, q Query) {
	s.terms = s.terms[:0]
	repairs := 0
	in := &s.scanner
	in.text, in.at = fold(q.Text[:min(len(q.Text), mostBytes)], false), 0
	for in.next() && len(s.terms) < 4*mostTerms {
		word := in.word()
		if n := v.find(word, in.hash); n >= 0 {
			if t := v.entries[n].term; t == noTerm {
				continue
			} else if s.ask(v, t, Asked, "", 1) {
				continue
			}
		} else if kindOf(word) == plainWord {
			st := stem(word)
			key := append(s.key[:0], st...)
			if n := v.find(key, hash(key)); n >= 0 && v.entries[n].term != noTerm && s.ask(v, v.entries[n].term, Asked, "", 1) {
				continue
			}
		}
		if repairs++; repairs <= mostRepairs {
			s.repair(v, word)
		}
	}
	in.text = ""
	for _, t := range q.Terms {
		if t.Weight > 0 && v.has(t.Number) {
			s.ask(v, uint32(t.Number), Named, "", t.Weight)
		}
	}
	for i := range s.terms {
		s.place[s.terms[i].term] = 0
		s.terms[i].weight = float32(s.terms[i].times * v.weight(s.terms[i].term))
	}
	if len(s.terms) > mostTerms { // the rarest tell the most
		slices.SortFunc(s.terms, func(a, b queryTerm) int { return cmp.Compare(b.weight, a.weight) })
		s.terms = s.terms[:mostTerms]
	}
}

func (s *scratch) repair(v *view, word []byte) {
	n, edits := v.repair(word, &s.pattern)
	if n < 0 || edits > 1 {
		if a, b := v.split(word); a >= 0 {
			s.ask(v, v.entries[a].term, Repaired, string(word), repairedWeight)
			s.ask(v, v.entries[b].term, Repaired, string(word), repairedWeight)
			return
		}
	}
	if n >= 0 {
		s.ask(v, v.entries[n].term, Repaired, string(word), repairedWeight)
	}
}

// ask adds a term to the query and tells whether any document has it.
func (s *scratch) ask(v *view, term uint32, kind, from string, times float64) bool {
	if int(term) >= len(s.place) {
		s.place = append(s.place, make([]uint16, cap(v.documents)-len(s.place))...)
	}
	if at := s.place[term]; at > 0 {
		s.terms[at-1].times += times
		return true
	}
	if atomic.LoadUint32(&v.documents[term]) == 0 {
		return false
	}
	s.terms = append(s.terms, queryTerm{term: term, kind: kind, from: from, times: times})
	s.place[term] = uint16(len(s.terms))
	return true
}

// Search is the k best documents for a query in everyday words, best first; of
// two with the same score the one that was added first. Any bytes are a query.
func (e *Engine) Search(query string, k int) []Hit {
	return e.Find(Query{Text: query}, k)
}

// Find is Search for a query that has terms, too.
func (e *Engine) Find(q Query, k int) []Hit {
	return e.View().Find(q, k)
}

func (e *Engine) find(v *view, q Query, k int) []Hit {
	if k <= 0 {
		return nil
	}
	s := e.scratch()
	defer e.release(s)
	keys := s.rank(v, q, k)
	hits := make([]Hit, len(keys))
	for i, key := range keys {
		hits[i] = Hit{key.document(), float64(key.score())}
	}
	return hits
}

// scratch is one that nobody uses, or a new one.
func (e *Engine) scratch() *scratch {
	select {
	case s := <-e.idle:
		return s
	default:
		return new(scratch)
	}
}

// release keeps a scratch for the next search; what is too many is dropped. It
// is no sync.Pool because that forgets half a megabyte at every collection.
func (e *Engine) release(s *scratch) {
	select {
	case e.idle <- s:
	default:
	}
}

// key is a document with its score, so that a greater key is a better hit: the
// bits of a float32 that is not negative grow with it.
type key uint64

func keyOf(document int, score float32) key {
	return key(math.Float32bits(score))<<32 | key(^uint32(document))
}

func (k key) score() float32 { return math.Float32frombits(uint32(k >> 32)) }
func (k key) document() int  { return int(^uint32(k)) }
