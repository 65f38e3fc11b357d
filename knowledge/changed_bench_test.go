package knowledge_test

import (
	"os"
	"strconv"
	"testing"

	"silkwire/knowledge"
	"silkwire/knowledge/kv/memkv"
)

// BenchmarkChangesUntil is what a digest reads: the last ten of many revisions.
// SILKWIRE_LONG=1 makes a million.
func BenchmarkChangesUntil(b *testing.B) {
	sizes := []int{1_000, 10_000}
	if os.Getenv("SILKWIRE_LONG") == "1" {
		sizes = []int{10_000, 100_000, 1_000_000}
	}
	for _, size := range sizes {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			base, err := knowledge.Open(b.Context(), memkv.New(), shipping(b, world()), false, (&clock{noon}).now)
			if err != nil {
				b.Fatal(err)
			}
			for i := range size {
				apply(b, base, knowledge.Change{Put: []knowledge.Record{claim("changing", "It is number "+strconv.Itoa(i)+".")}})
			}
			last := base.Snapshot().Revision
			b.ReportAllocs()
			for b.Loop() {
				facts, _, err := base.ChangesUntil(b.Context(), last-10, last)
				if err != nil || len(facts) != 1 {
					b.Fatalf("%d facts, %v", len(facts), err)
				}
			}
		})
	}
}
