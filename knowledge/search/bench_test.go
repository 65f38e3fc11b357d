package search_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

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
		for s := range strings.SplitSeq(list, ",") {
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
	eachSize(b, func(b *testing.B, c *collection) { benchmarkQueries(b, c.engine, c.asked) })
}

func BenchmarkSearchTypo(b *testing.B) {
	eachSize(b, func(b *testing.B, c *collection) { benchmarkQueries(b, c.engine, c.typos) })
}

func benchmarkQueries(b *testing.B, e *search.Engine, queries []string) {
	b.Helper()
	took := make([]time.Duration, 0, 1<<16)
	for i := 0; b.Loop(); i++ {
		from := time.Now()
		e.Search(queries[i%len(queries)], 100)
		if len(took) < cap(took) {
			took = append(took, time.Since(from))
		}
	}
	report(b, took)
}

// report adds the median, the slowest in a hundred and the slowest.
func report(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	for _, p := range []int{50, 99, 100} {
		b.ReportMetric(float64(took[(len(took)-1)*p/100].Nanoseconds())/1000, fmt.Sprintf("µs-p%d", p))
	}
}

// BenchmarkAdd adds facts one by one to a published index and tells how long the
// slowest in a hundred took until a search could find it.
func BenchmarkAdd(b *testing.B) {
	eachSize(b, func(b *testing.B, c *collection) {
		e := search.NewEngine(factField)
		e.AddAll(every(c.facts))
		g := shortfacts.New(2)
		more := make([]search.Document, 10_000)
		for i := range more {
			more[i].Fields = []string{g.Fact()}
		}
		var took []time.Duration
		for i := 0; b.Loop(); i++ {
			from := time.Now()
			e.Add(more[i%len(more)])
			took = append(took, time.Since(from))
		}
		report(b, took)
	})
}
