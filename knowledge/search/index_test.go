package search_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"silkwire/knowledge/search"
)

var twoFields = []search.Field{{Weight: 2, Length: 0.75}, {Weight: 1, Length: 0}}

// naive is the score of each document as BM25 over weighted fields is written
// down, from the documents themselves.
func naive(fields []search.Field, documents [][][]int32, term int32, weight float64) []float64 {
	const k1 = 1.2
	scores := make([]float64, len(documents))
	having := 0.0
	for _, doc := range documents {
		if slices.ContainsFunc(doc, func(f []int32) bool { return slices.Contains(f, term) }) {
			having++
		}
	}
	idf := math.Log(1 + (float64(len(documents))-having+0.5)/(having+0.5))
	for d, doc := range documents {
		frequency := 0.0
		for f, terms := range doc {
			total, count := 0.0, 0.0
			for _, other := range documents {
				total += float64(len(other[f]))
			}
			for _, t := range terms {
				if t == term {
					count++
				}
			}
			if count > 0 {
				average := total / float64(len(documents))
				frequency += fields[f].Weight * count / (1 - fields[f].Length + fields[f].Length*float64(len(terms))/average)
			}
		}
		scores[d] = weight * idf * frequency * (k1 + 1) / (frequency + k1)
	}
	return scores
}

func TestScoreIsTheFormula(t *testing.T) {
	const terms = 12
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 3))
		documents := make([][][]int32, 1+random.IntN(20))
		for d := range documents {
			documents[d] = make([][]int32, len(twoFields))
			for f := range documents[d] {
				for range random.IntN(8) {
					documents[d][f] = append(documents[d][f], random.Int32N(terms))
				}
			}
		}
		ix := search.Build(twoFields, documents, terms)
		for term := int32(-1); term <= terms; term++ {
			weight := random.Float64() * 2
			got, want := make([]float64, len(documents)), naive(twoFields, documents, term, weight)
			ix.Score(term, weight, got)
			var having []int32
			ix.Documents(term, func(d int32) { having = append(having, d) })
			for d := range want {
				if math.Abs(got[d]-want[d]) > 1e-5 {
					t.Errorf("seed %d: document %v, term %d: score %v, want %v", seed, documents[d], term, got[d], want[d])
				}
				if (want[d] > 0) != slices.Contains(having, int32(d)) {
					t.Errorf("seed %d: document %v, term %d: is it among Documents %v?", seed, documents[d], term, having)
				}
			}
			if !slices.IsSorted(having) || ix.Has(term) != (len(having) > 0) {
				t.Errorf("seed %d: term %d: Documents %v, Has %v", seed, term, having, ix.Has(term))
			}
		}
	}
}

func TestRareTermsTellMore(t *testing.T) {
	const everywhere, once, nowhere = 0, 1, 2
	ix := search.Build(twoFields, [][][]int32{{{everywhere, once}, nil}, {{everywhere}, nil}, {nil, {everywhere}}}, 3)
	if a, b, c := ix.IDF(everywhere), ix.IDF(once), ix.IDF(nowhere); !(a < b && b < c) {
		t.Errorf("IDF of a term everywhere %v, once %v, nowhere %v: want them to grow", a, b, c)
	}
	if a, b := ix.IDF(nowhere), ix.IDF(-1); a != b {
		t.Errorf("IDF(-1) = %v, want that of a term that no document has, %v", b, a)
	}
}

func TestIndexOfNothing(t *testing.T) {
	ix := search.Build(twoFields, nil, 0)
	ix.Score(0, 1, nil)
	if ix.Has(0) || ix.Has(-1) {
		t.Error("an index of nothing has a term")
	}
}

func TestLexicon(t *testing.T) {
	l := search.NewLexicon(0)
	for i, test := range []struct {
		term string
		want int32
	}{{"a", 0}, {"b", 1}, {"a", 0}, {"", 2}, {"b", 1}} {
		if got := l.Add(test.term); got != test.want {
			t.Errorf("Add %d: %q is number %d, want %d", i, test.term, got, test.want)
		}
	}
	if got := l.Find("c"); got != -1 || l.Len() != 3 {
		t.Errorf("Find of an unknown term = %d with %d terms, want -1 with 3", got, l.Len())
	}
	if got := l.Find("b"); got != 1 {
		t.Errorf("Find(b) = %d, want 1", got)
	}
}
