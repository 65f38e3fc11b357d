package search_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"silkwire/knowledge/search"
	"silkwire/knowledge/search/shortfacts"
)

// collection is n short facts with queries, and the engine that holds them.
type collection struct {
	facts  []search.Document
	asked  []string
	typos  []string
	engine *search.Engine
}

var collections = map[int]*collection{}

// fields of a fact: one text.
var factField = search.Field{Weight: 1, Length: 1}

func collectionOf(n int) *collection {
	if c := collections[n]; c != nil {
		return c
	}
	c := &collection{engine: search.NewEngine(factField)}
	g := shortfacts.New(1)
	for range n {
		c.facts = append(c.facts, search.Document{Fields: []string{g.Fact()}})
	}
	for i := range 500 {
		c.asked = append(c.asked, g.Query(c.facts[i*n/500].Fields[0]))
		c.typos = append(c.typos, g.Typo(c.asked[i], 1))
	}
	c.engine.AddAll(every(c.facts))
	collections[n] = c
	return c
}

func every(documents []search.Document) func(func(search.Document) bool) {
	return func(yield func(search.Document) bool) {
		for _, d := range documents {
			if !yield(d) {
				return
			}
		}
	}
}

// sizes are how many facts the benchmarks take: SILKWIRE_FACTS, or two small
// collections.
func sizes() []int {
	out := []int{1_000, 10_000}
	if list := os.Getenv("SILKWIRE_FACTS"); list != "" {
		out = nil
		for _, s := range strings.Split(list, ",") {
			n, err := strconv.Atoi(s)
			if err != nil {
				panic("SILKWIRE_FACTS: " + err.Error())
			}
			out = append(out, n)
		}
	}
	return out
}

func eachSize(b *testing.B, run func(b *testing.B, c *collection)) {
	for _, n := range sizes() {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := collectionOf(n)
			b.ReportAllocs()
			run(b, c)
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	eachSize(b, func(b *testing.B, c *collection) {
		for b.Loop() {
			search.NewEngine(factField).AddAll(every(c.facts))
		}
	})
}

func BenchmarkSearch(b *testing.B) {
	eachSize(b, func(b *testing.B, c *collection) {
		for i := 0; b.Loop(); i++ {
			c.engine.Search(c.asked[i%len(c.asked)], 100)
		}
	})
}

func BenchmarkSearchTypo(b *testing.B) {
	eachSize(b, func(b *testing.B, c *collection) {
		for i := 0; b.Loop(); i++ {
			c.engine.Search(c.typos[i%len(c.typos)], 100)
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	eachSize(b, func(b *testing.B, c *collection) {
		e := search.NewEngine(factField)
		e.AddAll(every(c.facts))
		for i := 0; b.Loop(); i++ {
			e.Add(c.facts[i%len(c.facts)])
		}
	})
}
