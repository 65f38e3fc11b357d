// Package shortfacts makes collections of short facts for measuring search:
// always the same ones for the same seed, in any size. A fact has 20 to 30
// words, three in ten of them stop words, the others from a vocabulary of
// 50,000 made-up words whose frequencies fall as 1/(rank+8). A query has three
// to eight words, three quarters of them from one fact.
package shortfacts

import (
	"math/rand/v2"
	"sort"
	"strings"
)

const (
	vocabulary = 50_000
	flattening = 8 // the commonest words differ less than Zipf's law says
)

var stopWords = strings.Fields("the of and a to in is for on as by with that at it are this be an not")

// Generator makes facts and queries. It is for one goroutine.
type Generator struct {
	random     *rand.Rand
	words      []string
	cumulative []float64
}

// New makes a Generator.
func New(seed uint64) *Generator {
	g := &Generator{random: rand.New(rand.NewPCG(seed, 20261123))} //nolint:gosec // the same seed must make the same facts
	seen := map[string]bool{}
	for len(g.words) < vocabulary {
		if w := g.newWord(); !seen[w] {
			seen[w] = true
			g.words = append(g.words, w)
		}
	}
	sum := 0.0
	for rank := range g.words {
		sum += 1 / float64(rank+flattening)
		g.cumulative = append(g.cumulative, sum)
	}
	return g
}

// newWord is two to four syllables.
func (g *Generator) newWord() string {
	const consonants, vowels = "bcdfghjklmnprstvwz", "aeiou"
	var b strings.Builder
	for range 2 + g.random.IntN(3) {
		b.WriteByte(consonants[g.random.IntN(len(consonants))])
		b.WriteByte(vowels[g.random.IntN(len(vowels))])
		if g.random.IntN(3) == 0 {
			b.WriteByte(consonants[g.random.IntN(len(consonants))])
		}
	}
	return b.String()
}

func (g *Generator) word() string {
	at := g.random.Float64() * g.cumulative[len(g.cumulative)-1]
	return g.words[sort.SearchFloat64s(g.cumulative, at)]
}

// Fact is the next fact.
func (g *Generator) Fact() string {
	var b strings.Builder
	for i := range 20 + g.random.IntN(11) {
		if i > 0 {
			b.WriteByte(' ')
		}
		if g.random.IntN(10) < 3 {
			b.WriteString(stopWords[g.random.IntN(len(stopWords))])
		} else {
			b.WriteString(g.word())
		}
	}
	return b.String()
}

// Query is the next query, mostly of words of the fact.
func (g *Generator) Query(fact string) string {
	var own []string
	for w := range strings.FieldsSeq(fact) {
		if len(w) > 3 {
			own = append(own, w)
		}
	}
	words := make([]string, 3+g.random.IntN(6))
	for i := range words {
		if len(own) > 0 && g.random.IntN(4) < 3 {
			words[i] = own[g.random.IntN(len(own))]
		} else {
			words[i] = g.word()
		}
	}
	return strings.Join(words, " ")
}

// Typo is the query with edits mistakes in one or two of its words of five
// letters and more: a letter inserted, dropped, replaced or swapped with its
// neighbour.
func (g *Generator) Typo(query string, edits int) string {
	words := strings.Fields(query)
	var long []int
	for i, w := range words {
		if len(w) >= 5 {
			long = append(long, i)
		}
	}
	g.random.Shuffle(len(long), func(i, j int) { long[i], long[j] = long[j], long[i] })
	for _, i := range long[:min(len(long), 1+g.random.IntN(2))] {
		for range edits {
			words[i] = g.mistake(words[i])
		}
	}
	return strings.Join(words, " ")
}

func (g *Generator) mistake(word string) string {
	w := []byte(word)
	letter := byte('a' + g.random.IntN(26))
	i := g.random.IntN(len(w) - 1)
	switch g.random.IntN(4) {
	case 0:
		return string(w[:i]) + string(letter) + string(w[i:])
	case 1:
		return string(w[:i]) + string(w[i+1:])
	case 2:
		w[i] = letter
	default:
		w[i], w[i+1] = w[i+1], w[i]
	}
	return string(w)
}
