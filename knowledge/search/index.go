// Package search ranks documents by the terms that they share with a query:
// BM25 over weighted fields, in memory. It knows no Fact and no language; who
// builds an Index chooses the terms. It imports the standard library only.
package search

import "math"

// Field says how much a field's terms count, and how strongly a long field's
// terms are discounted (0 not at all, 1 in full).
type Field struct {
	Weight float64
	Length float64
}

// saturation is BM25's k1: how fast repeating a term stops adding to a score.
const saturation = 1.2

// Term is a query's term with its weight.
type Term struct {
	Text   string
	Weight float64
}

// Hit is a document, by its number in the order of building, with its score.
type Hit struct {
	Document int
	Score    float64
}

// Lexicon numbers terms, from 0 on. It is for one goroutine while it grows and
// for many once it does not.
type Lexicon struct{ numbers map[string]int32 }

// NewLexicon makes an empty Lexicon with room for size terms.
func NewLexicon(size int) *Lexicon { return &Lexicon{make(map[string]int32, size)} }

// Add is the term's number; a new term gets the next.
func (l *Lexicon) Add(term string) int32 {
	n, found := l.numbers[term]
	if !found {
		n = int32(len(l.numbers))
		l.numbers[term] = n
	}
	return n
}

// Find is the term's number, or -1 if it has none.
func (l *Lexicon) Find(term string) int32 {
	if n, found := l.numbers[term]; found {
		return n
	}
	return -1
}

// Len is how many terms there are.
func (l *Lexicon) Len() int { return len(l.numbers) }

// Index ranks documents whose terms their maker chose and numbered. It is
// immutable and safe for concurrent use.
type Index struct {
	from     []int32   // where a term's postings begin; one more than there are terms
	postings []posting // all terms' one after the other
	idf      []float64 // by term
	size     int
}

// posting is a document with the saturated weight of the term in it.
type posting struct {
	document int32
	weight   float32
}

// Build makes an Index of documents, each a list of term numbers for every
// field. terms is how many numbers there are.
func Build(fields []Field, documents [][][]int32, terms int) *Index {
	ix := &Index{from: make([]int32, terms+1), idf: make([]float64, terms), size: len(documents)}
	average := averageLengths(fields, documents)
	weights := make([]float64, terms)
	var all []posting // document by document; which term each is stands beside it
	var of []int32
	for d, doc := range documents {
		first := len(of)
		for f, list := range doc {
			discount := 1 - fields[f].Length
			if average[f] > 0 {
				discount += fields[f].Length * float64(len(list)) / average[f]
			}
			for _, t := range list {
				if weights[t] == 0 {
					of = append(of, t)
				}
				weights[t] += fields[f].Weight / discount
			}
		}
		for _, t := range of[first:] {
			w := weights[t]
			all = append(all, posting{int32(d), float32(w * (saturation + 1) / (w + saturation))})
			weights[t] = 0
			ix.from[t+1]++
		}
	}
	for t := range terms {
		n := float64(ix.from[t+1])
		ix.idf[t] = idf(float64(ix.size), n)
		ix.from[t+1] += ix.from[t]
	}
	ix.postings = make([]posting, len(all))
	next := append([]int32(nil), ix.from...)
	for i, p := range all {
		ix.postings[next[of[i]]] = p
		next[of[i]]++
	}
	return ix
}

func idf(size, having float64) float64 {
	return math.Log(1 + (size-having+0.5)/(having+0.5))
}

func averageLengths(fields []Field, documents [][][]int32) []float64 {
	average := make([]float64, len(fields))
	for _, doc := range documents {
		for f, terms := range doc {
			average[f] += float64(len(terms)) / float64(len(documents))
		}
	}
	return average
}

// IDF is how much a term tells: the rarer, the more. A term that no document
// has, -1 among them, tells the most.
func (ix *Index) IDF(term int32) float64 {
	if term < 0 || int(term) >= len(ix.idf) {
		return idf(float64(ix.size), 0)
	}
	return ix.idf[term]
}

// Documents lists the documents that have the term, in order. The caller must
// not change what yield gets.
func (ix *Index) Documents(term int32, yield func(document int32)) {
	if term < 0 || int(term) >= len(ix.idf) {
		return
	}
	for _, p := range ix.postings[ix.from[term]:ix.from[term+1]] {
		yield(p.document)
	}
}

// Has tells whether any document has the term.
func (ix *Index) Has(term int32) bool {
	return term >= 0 && int(term) < len(ix.idf) && ix.from[term] < ix.from[term+1]
}

// Score adds to scores, which has a place for each document, what the term
// gives each document that has it.
func (ix *Index) Score(term int32, weight float64, scores []float64) {
	if !ix.Has(term) {
		return
	}
	w := weight * ix.idf[term]
	for _, p := range ix.postings[ix.from[term]:ix.from[term+1]] {
		scores[p.document] += w * float64(p.weight)
	}
}
