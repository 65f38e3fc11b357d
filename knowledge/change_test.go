package knowledge_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"silkwire/knowledge"
	"silkwire/knowledge/search/shortfacts"
)

// TestChangedFacts changes facts one by one and compares each Snapshot with one
// that is made of the same contents from nothing.
func TestChangedFacts(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	s := shippedSnapshot(t)
	contents := s.Contents()
	var earlier []*knowledge.Snapshot
	for step := range 60 {
		isNew := false
		f := contents.Facts[random.IntN(len(contents.Facts))]
		removed := []string{f.ID}
		var put []*knowledge.Fact
		switch random.IntN(3) {
		case 0: // reworded
			f.Statement = strings.ToLower(f.Statement)
			f.Asks = slices.Clone(f.Asks[:len(f.Asks)/2])
			put = append(put, &f)
		case 1: // a new one beside it, which disputes it
			other := f
			other.ID = fmt.Sprintf("new-%d", step)
			other.Relations = []knowledge.Relation{{Kind: knowledge.Disputes, To: f.ID}}
			other.Asks = []string{fmt.Sprintf("what about the zorgblatt number %d", step)}
			removed, put, isNew = nil, []*knowledge.Fact{&other}, true
		}
		next, ok := s.With(put, removed)
		if !ok {
			t.Fatal("the newest Snapshot cannot be changed")
		}
		earlier = append(earlier, s)
		s, contents = next, next.Contents()
		if isNew {
			if a := s.Answer(knowledge.Query{Text: put[0].Asks[0]}); !a.Known || a.Facts[0].Fact.ID != put[0].ID {
				t.Errorf("step %d: %q is not answered by %s", step, put[0].Asks[0], put[0].ID)
			}
		}
		sameKnowledge(t, s, knowledge.NewSnapshot(contents, s.Revision, s.At))
	}
	if _, ok := earlier[3].With(nil, []string{"r1-cost-low"}); ok {
		t.Error("a Snapshot that is not the newest was changed")
	}
	for i, old := range earlier {
		if got := old.CountFacts(); got != len(old.Contents().Facts) {
			t.Errorf("revision %d counts %d facts and lists %d", i, got, len(old.Contents().Facts))
		}
	}
	sameKnowledge(t, earlier[0], shippedSnapshot(t))
}

func sameKnowledge(t *testing.T, got, want *knowledge.Snapshot) {
	t.Helper()
	ids := func(facts []*knowledge.Fact) (out []string) {
		for _, f := range facts {
			out = append(out, f.ID)
		}
		return out
	}
	if g, w := ids(got.Facts()), ids(want.Facts()); !slices.Equal(g, w) {
		t.Fatalf("got facts %v\nwant %v", g, w)
	}
	for _, e := range want.Entities() {
		if g, w := ids(got.About(e.Slug)), ids(want.About(e.Slug)); !slices.Equal(g, w) {
			t.Fatalf("about %s: got %v\nwant %v", e.Slug, g, w)
		}
	}
	for _, f := range want.Facts() {
		if g, w := got.Bearing(f.ID), want.Bearing(f.ID); !slices.Equal(g, w) {
			t.Fatalf("bearing on %s: got %v, want %v", f.ID, g, w)
		}
		if got.Fact(f.ID).Statement != f.Statement {
			t.Fatalf("%s: got %q, want %q", f.ID, got.Fact(f.ID).Statement, f.Statement)
		}
	}
	if g, w := got.LatestYear("chinese-ai-caught-up"), want.LatestYear("chinese-ai-caught-up"); g != w {
		t.Fatalf("latest year: got %d, want %d", g, w)
	}
}

// TestReadersBesideChanges is for the race detector: who reads a Snapshot is not
// disturbed by those that are made after it.
func TestReadersBesideChanges(t *testing.T) {
	s := shippedSnapshot(t)
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if s.Fact("qwen-licence") == nil || !s.Answer(knowledge.Query{Text: "qwen licence"}).Known {
					t.Error("the first Snapshot lost a fact")
					return
				}
			}
		})
	}
	next := s
	for i := range 300 {
		f := *s.Fact("qwen-licence")
		f.Statement = fmt.Sprintf("%s Version %d.", f.Statement, i)
		var ok bool
		if next, ok = next.With([]*knowledge.Fact{&f}, []string{f.ID}); !ok {
			t.Fatal("the newest Snapshot cannot be changed")
		}
	}
	close(done)
	readers.Wait()
	if got := next.Fact("qwen-licence").Statement; !strings.HasSuffix(got, "Version 299.") {
		t.Errorf("got %q", got)
	}
}

// BenchmarkChange is one changed fact, from the decision to the Snapshot that has
// it. SILKWIRE_FACTS sets the sizes of the base.
func BenchmarkChange(b *testing.B) {
	for _, size := range factSizes(b) {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			s, g := knowledge.NewSnapshot(syntheticFacts(size), 1, time.Time{}), shortfacts.New(2)
			more := make([]*knowledge.Fact, 4_000)
			for i := range more {
				f := syntheticFact(g, 1_000_000+i)
				more[i] = &f
			}
			var took []time.Duration
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				f := more[i%len(more)]
				from := time.Now()
				next, ok := s.With([]*knowledge.Fact{f}, []string{f.ID})
				took = append(took, time.Since(from))
				if !ok {
					b.Fatal("the newest Snapshot cannot be changed")
				}
				s = next
			}
			slices.Sort(took)
			for _, p := range []int{50, 99, 100} {
				b.ReportMetric(float64(took[(len(took)-1)*p/100].Nanoseconds())/1000, fmt.Sprintf("µs-p%d", p))
			}
		})
	}
}

func factSizes(b *testing.B) []int {
	b.Helper()
	var sizes []int
	for f := range strings.SplitSeq(os.Getenv("SILKWIRE_FACTS"), ",") {
		n, err := strconv.Atoi(f)
		if err != nil {
			return []int{1_000, 10_000}
		}
		sizes = append(sizes, n)
	}
	return sizes
}

// syntheticFacts is a fact base of made-up facts about 40 entities.
func syntheticFacts(n int) knowledge.Contents {
	c, g := world(), shortfacts.New(1)
	c.Facts, c.Exposures = nil, nil
	for i := range 40 {
		slug := fmt.Sprintf("thing-%d", i)
		c.Entities = append(c.Entities, knowledge.Entity{Slug: slug, Name: "Thing " + strconv.Itoa(i), Kind: knowledge.KindLab})
	}
	for i := range n {
		c.Facts = append(c.Facts, syntheticFact(g, i))
	}
	return c
}

func syntheticFact(g *shortfacts.Generator, i int) knowledge.Fact {
	f := claim(fmt.Sprintf("fact-%d", i), g.Fact())
	f.Subjects, f.Mentions = []string{fmt.Sprintf("thing-%d", i%40)}, nil
	f.Asks = nil
	for range 6 {
		f.Asks = append(f.Asks, g.Query(f.Statement))
	}
	return f
}
