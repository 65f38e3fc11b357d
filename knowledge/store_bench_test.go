package knowledge_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"silkwire/knowledge"
	"silkwire/knowledge/kv/boltkv"
	"silkwire/knowledge/search/shortfacts"
)

// filled is a database with a number of made-up facts, closed again.
func filled(b *testing.B, size int) (path string, shipped knowledge.Shipped) {
	b.Helper()
	path = filepath.Join(b.TempDir(), "silkwire.db")
	db, err := boltkv.Open(path, boltkv.Options{})
	if err != nil {
		b.Fatal(err)
	}
	c := syntheticFacts(size)
	facts := c.Facts
	c.Facts = world().Facts
	shipped = shipping(b, c)
	base := open(b, db, shipped)
	put := make([]knowledge.Record, len(facts))
	for i, f := range facts {
		put[i] = f
	}
	apply(b, base, knowledge.Change{Put: put})
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	return path, shipped
}

// BenchmarkAppend is a revision from the decision to the disk and the Snapshot that
// has it: of one fact, and of a hundred. SILKWIRE_FACTS sets the sizes of the base.
func BenchmarkAppend(b *testing.B) {
	for _, size := range factSizes(b) {
		for _, batch := range []int{1, 100} {
			b.Run(fmt.Sprintf("facts=%d/edits=%d", size, batch), func(b *testing.B) {
				path, shipped := filled(b, size)
				db, err := boltkv.Open(path, boltkv.Options{})
				if err != nil {
					b.Fatal(err)
				}
				base, g := open(b, db, shipped), shortfacts.New(2)
				b.ReportAllocs()
				n := 0
				for b.Loop() {
					var c knowledge.Change
					for range batch {
						f := syntheticFact(g, size+n)
						c.Put = append(c.Put, f)
						n++
					}
					apply(b, base, c)
				}
				b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "facts/s")
				if err := db.Close(); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

// BenchmarkOpenBase is a start from a database: its checks, and the Snapshot.
func BenchmarkOpenBase(b *testing.B) {
	for _, size := range factSizes(b) {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			path, shipped := filled(b, size)
			b.ReportAllocs()
			var base *knowledge.Base
			var heap float64
			for b.Loop() {
				db, err := boltkv.Open(path, boltkv.Options{})
				if err != nil {
					b.Fatal(err)
				}
				base = open(b, db, shipped)
				if err := db.Close(); err != nil {
					b.Fatal(err)
				}
				if heap == 0 {
					b.StopTimer()
					var m runtime.MemStats
					runtime.GC()
					runtime.ReadMemStats(&m)
					heap = float64(m.HeapAlloc) / 1e6
					b.StartTimer()
				}
			}
			runtime.KeepAlive(base)
			b.ReportMetric(heap, "MB-heap")
		})
	}
}
