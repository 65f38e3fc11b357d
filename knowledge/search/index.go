// Package search ranks documents by the terms that they share with a query:
// BM25 over weighted fields, in memory. It knows no Fact and no language; who
// builds an Index chooses the terms. It imports the standard library only.
package search

import (
	"cmp"
	"math"
	"slices"
)

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

// Index is immutable and safe for concurrent use.
type Index struct {
	terms    map[string]int32
	postings [][]posting // by term
	idf      []float64   // by term
	size     int
}

// posting is a document with the saturated weight of the term in it.
type posting struct {
	document int32
	weight   float32
}

// Build makes an Index of documents, each a list of terms for every field.
func Build(fields []Field, documents [][][]string) *Index {
	ix := &Index{terms: map[string]int32{}, size: len(documents)}
	average := averageLengths(fields, documents)
	for d, doc := range documents {
		weights := map[int32]float64{}
		for f, terms := range doc {
			discount := 1 - fields[f].Length
			if average[f] > 0 {
				discount += fields[f].Length * float64(len(terms)) / average[f]
			}
			for _, t := range terms {
				weights[ix.number(t)] += fields[f].Weight / discount
			}
		}
		for t, w := range weights {
			ix.postings[t] = append(ix.postings[t], posting{int32(d), float32(w * (saturation + 1) / (w + saturation))})
		}
	}
	ix.idf = make([]float64, len(ix.postings))
	for t, p := range ix.postings {
		n := float64(len(p))
		ix.idf[t] = math.Log(1 + (float64(ix.size)-n+0.5)/(n+0.5))
	}
	return ix
}

func averageLengths(fields []Field, documents [][][]string) []float64 {
	average := make([]float64, len(fields))
	for _, doc := range documents {
		for f, terms := range doc {
			average[f] += float64(len(terms)) / float64(len(documents))
		}
	}
	return average
}

func (ix *Index) number(term string) int32 {
	n, found := ix.terms[term]
	if !found {
		n = int32(len(ix.postings))
		ix.terms[term] = n
		ix.postings = append(ix.postings, nil)
	}
	return n
}

// Known tells whether any document has the term.
func (ix *Index) Known(term string) bool {
	_, found := ix.terms[term]
	return found
}

// IDF is how much a term tells: the rarer, the more. A term that no document
// has tells the most.
func (ix *Index) IDF(term string) float64 {
	if n, found := ix.terms[term]; found {
		return ix.idf[n]
	}
	return math.Log(1 + (float64(ix.size)+0.5)/0.5)
}

// Documents lists how many documents have the term.
func (ix *Index) Documents(term string) int {
	if n, found := ix.terms[term]; found {
		return len(ix.postings[n])
	}
	return 0
}

// Terms lists every term of the index once, sorted.
func (ix *Index) Terms() []string {
	all := make([]string, 0, len(ix.terms))
	for t := range ix.terms {
		all = append(all, t)
	}
	slices.Sort(all)
	return all
}

// Search is the k best documents for the terms, best first; of two with the
// same score the one that was built first.
func (ix *Index) Search(query []Term, k int) []Hit {
	scores := ix.Scores(query)
	hits := make([]Hit, 0, min(len(scores), max(k, 0)))
	for d, s := range scores {
		if s > 0 {
			hits = append(hits, Hit{d, s})
		}
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), a.Document-b.Document)
	})
	return hits[:min(len(hits), max(k, 0))]
}

// Scores is every document's score for the terms, by document.
func (ix *Index) Scores(query []Term) []float64 {
	scores := make([]float64, ix.size)
	for _, q := range query {
		t, found := ix.terms[q.Text]
		if !found {
			continue
		}
		w := q.Weight * ix.idf[t]
		for _, p := range ix.postings[t] {
			scores[p.document] += w * float64(p.weight)
		}
	}
	return scores
}
