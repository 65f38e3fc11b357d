package search_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"silkwire/knowledge/search"
)

var twoFields = []search.Field{{Weight: 2, Length: 0.75}, {Weight: 1, Length: 0}}

// naive is the score of each document as BM25 over weighted fields is written
// down, term by term from the documents themselves.
func naive(fields []search.Field, documents [][][]string, query []search.Term) []float64 {
	const k1 = 1.2
	scores := make([]float64, len(documents))
	count := func(list []string, term string) (n float64) {
		for _, t := range list {
			if t == term {
				n++
			}
		}
		return n
	}
	for _, q := range query {
		having := 0.0
		for _, doc := range documents {
			if slices.ContainsFunc(doc, func(f []string) bool { return slices.Contains(f, q.Text) }) {
				having++
			}
		}
		idf := math.Log(1 + (float64(len(documents))-having+0.5)/(having+0.5))
		for d, doc := range documents {
			frequency := 0.0
			for f, terms := range doc {
				total := 0.0
				for _, other := range documents {
					total += float64(len(other[f]))
				}
				average := total / float64(len(documents))
				if n := count(terms, q.Text); n > 0 {
					frequency += fields[f].Weight * n / (1 - fields[f].Length + fields[f].Length*float64(len(terms))/average)
				}
			}
			scores[d] += q.Weight * idf * frequency * (k1 + 1) / (frequency + k1)
		}
	}
	return scores
}

func TestScoresAreTheFormula(t *testing.T) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 3))
		word := func() string { return fmt.Sprint("w", random.IntN(12)) }
		documents := make([][][]string, 1+random.IntN(20))
		for d := range documents {
			documents[d] = make([][]string, len(twoFields))
			for f := range documents[d] {
				for range random.IntN(8) {
					documents[d][f] = append(documents[d][f], word())
				}
			}
		}
		var query []search.Term
		for range random.IntN(5) {
			query = append(query, search.Term{Text: word(), Weight: random.Float64() * 2})
		}
		ix := search.Build(twoFields, documents)
		got, want := ix.Scores(query), naive(twoFields, documents, query)
		for d := range want {
			if math.Abs(got[d]-want[d]) > 1e-5 {
				t.Errorf("seed %d: document %v, query %v: score %v, want %v", seed, documents[d], query, got[d], want[d])
			}
		}
		k := 1 + random.IntN(6)
		hits := ix.Search(query, k)
		var order []search.Hit
		for d, s := range got {
			if s > 0 {
				order = append(order, search.Hit{Document: d, Score: s})
			}
		}
		slices.SortStableFunc(order, func(a, b search.Hit) int { return cmp.Compare(b.Score, a.Score) })
		if want := order[:min(k, len(order))]; !slices.Equal(hits, want) {
			t.Errorf("seed %d: Search(%v, %d) = %v, want %v", seed, query, k, hits, want)
		}
	}
}

func TestSearch(t *testing.T) {
	documents := [][][]string{
		{{"cat", "dog"}, nil},
		{{"dog"}, {"cat"}},
		{{"cat", "dog"}, nil},
		{nil, nil},
		{{"fish"}, nil},
	}
	ix := search.Build(twoFields, documents)
	cat := []search.Term{{Text: "cat", Weight: 1}}
	for _, test := range []struct {
		name  string
		query []search.Term
		k     int
		want  []int
	}{
		{"of equals the first built comes first", cat, 9, []int{0, 2, 1}},
		{"a tie at the cut", cat, 1, []int{0}},
		{"more than there are", cat, 1000, []int{0, 2, 1}},
		{"as many as there can be", cat, math.MaxInt, []int{0, 2, 1}},
		{"none", cat, 0, nil},
		{"fewer than none", cat, -1, nil},
		{"unknown term", []search.Term{{Text: "horse", Weight: 1}}, 9, nil},
		{"unknown beside a known one", []search.Term{{Text: "horse", Weight: 1}, {Text: "fish", Weight: 1}}, 9, []int{4}},
		{"no terms", nil, 9, nil},
		{"a weight of nothing", []search.Term{{Text: "cat"}}, 9, nil},
	} {
		var got []int
		for _, h := range ix.Search(test.query, test.k) {
			got = append(got, h.Document)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: Search(%v, %d) finds %v, want %v", test.name, test.query, test.k, got, test.want)
		}
	}
	once, twice := ix.Scores(cat), ix.Scores([]search.Term{{Text: "cat", Weight: 0.5}, {Text: "cat", Weight: 0.5}})
	if !slices.Equal(once, twice) {
		t.Errorf("a term in two halves scores %v, whole %v", twice, once)
	}
}

func TestIndexTellsOfItsTerms(t *testing.T) {
	ix := search.Build(twoFields, [][][]string{{{"b", "a", "b"}, {"b"}}, {{"a"}, nil}, {{"c"}, nil}})
	if got, want := ix.Terms(), []string{"a", "b", "c"}; !slices.Equal(got, want) {
		t.Errorf("terms %q, want %q", got, want)
	}
	for _, test := range []struct {
		term      string
		documents int
	}{{"a", 2}, {"b", 1}, {"c", 1}, {"none", 0}} {
		if got := ix.Documents(test.term); got != test.documents {
			t.Errorf("%q is in %d documents, want %d", test.term, got, test.documents)
		}
		if got := ix.Known(test.term); got != (test.documents > 0) {
			t.Errorf("%q is known: %v, want %v", test.term, got, test.documents > 0)
		}
		n := float64(test.documents)
		if got, want := ix.IDF(test.term), math.Log(1+(3-n+0.5)/(n+0.5)); math.Abs(got-want) > 1e-12 {
			t.Errorf("%q tells %v, want %v", test.term, got, want)
		}
	}
}

func TestIndexOfNothing(t *testing.T) {
	for name, documents := range map[string][][][]string{"no documents": nil, "empty documents": {{nil, nil}, {nil, nil}}} {
		ix := search.Build(twoFields, documents)
		if hits := ix.Search([]search.Term{{Text: "a", Weight: 1}}, 5); len(hits) != 0 || len(ix.Terms()) != 0 {
			t.Errorf("%s: hits %v, terms %q; want none", name, hits, ix.Terms())
		}
	}
}
