package knowledge_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"silkwire/knowledge"
	"silkwire/knowledge/kv"
	"silkwire/knowledge/kv/memkv"
)

// clock is a time that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func TestGaps(t *testing.T) {
	eachStore(t, func(t *testing.T, store kv.Store) {
		time := &clock{noon}
		b, err := knowledge.Open(t.Context(), store, shipping(t, world()), false, time.now)
		if err != nil {
			t.Fatal(err)
		}
		miss(t, b, "How many patents does Zeta hold?", "patents zeta", "how many PATENTS does zeta hold", "zeta 专利", "?!", "")
		want := []string{"2 How many patents does Zeta hold?", "1 patents zeta", "1 zeta 专利"}
		if got := gapsOf(t, b); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		time.at = noon.AddDate(0, 0, 50)
		miss(t, b, "patents zeta", "patents zeta", "new one")
		if err := b.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		b, err = knowledge.Open(t.Context(), store, shipping(t, world()), false, time.now) // a restart
		if err != nil {
			t.Fatal(err)
		}
		want = []string{"3 patents zeta", "2 How many patents does Zeta hold?", "1 new one", "1 zeta 专利"}
		if got := gapsOf(t, b); !slices.Equal(got, want) {
			t.Errorf("after a restart: got %q, want %q", got, want)
		}
		time.at = noon.AddDate(0, 0, 95)
		want = []string{"3 patents zeta", "1 new one"}
		if got := gapsOf(t, b); !slices.Equal(got, want) {
			t.Errorf("95 days later: got %q, want what was asked within 90 days: %q", got, want)
		}
		if s := b.Snapshot(); s.Revision != 1 {
			t.Errorf("counting questions made revision %d", s.Revision)
		}
	})
}

// A burst of questions costs one write, and what cannot be written is kept.
func TestGapsAreWrittenTogether(t *testing.T) {
	store := &counting{Store: memkv.New()}
	time := &clock{noon}
	b, err := knowledge.Open(t.Context(), store, shipping(t, world()), false, time.now)
	if err != nil {
		t.Fatal(err)
	}
	miss(t, b, "first")
	before := store.updates
	for i := range 50 {
		miss(t, b, fmt.Sprintf("question %d", i))
	}
	if store.updates != before {
		t.Errorf("50 questions within a minute made %d writes, want none yet", store.updates-before)
	}
	time.at = noon.Add(61_000_000_000)
	store.fail = errors.New("disk full")
	if err := b.Missed(t.Context(), "zeta lawsuits"); !errors.Is(err, store.fail) {
		t.Errorf("got %v, want the store's error", err)
	}
	store.fail = nil
	if got := len(gapsOf(t, b)); got != 52 {
		t.Errorf("got %d gaps after the disk had room again, want 52", got)
	}
}

func miss(t *testing.T, b *knowledge.Base, questions ...string) {
	t.Helper()
	for _, q := range questions {
		if err := b.Missed(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
}

func gapsOf(t *testing.T, b *knowledge.Base) (out []string) {
	t.Helper()
	gaps, err := b.Gaps(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range gaps {
		out = append(out, fmt.Sprint(g.Count, " ", g.Question))
	}
	return out
}

// counting is a store that counts its updates, and fails when it is told to.
type counting struct {
	kv.Store
	updates int
	fail    error
}

func (c *counting) Update(ctx context.Context, fn func(kv.Tx) error) error {
	c.updates++
	if c.fail != nil {
		return c.fail
	}
	return c.Store.Update(ctx, fn)
}

func TestForget(t *testing.T) {
	eachStore(t, func(t *testing.T, store kv.Store) {
		b := open(t, store, shipping(t, world()))
		for _, q := range []string{"how tall is zeta", "HOW tall, is Zeta?", "who owns the sea"} {
			if err := b.Missed(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		// Both of what is written and of what waits.
		if _, err := b.Gaps(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := b.Missed(t.Context(), "is zeta tall? how"); err != nil {
			t.Fatal(err)
		}
		if err := b.Forget(t.Context(), "How tall is Zeta"); err != nil {
			t.Fatal(err)
		}
		gaps, err := b.Gaps(t.Context())
		if err != nil || len(gaps) != 1 || gaps[0].Question != "who owns the sea" {
			t.Errorf("left are %v, %v", gaps, err)
		}
	})
}

func TestTogether(t *testing.T) {
	gap := func(question string, count, first, last int) knowledge.Gap {
		return knowledge.Gap{Question: question, Count: count, First: noon.AddDate(0, 0, first), Last: noon.AddDate(0, 0, last)}
	}
	got := knowledge.Together([]knowledge.Gap{
		gap("does Zeta hold patents on chips", 5, 3, 4),
		gap("who won the rowing", 4, 0, 0),
		gap("patents of Zeta on chips", 3, 1, 2),
		gap("zeta chip pattents", 2, 5, 9),
		gap("who sells Zeta its chips", 1, 0, 0),
		gap("who pays", 1, 0, 0),
		gap("谁获得了专利", 1, 0, 0),
		gap("", 1, 0, 0),
	})
	var lines []string
	for _, g := range got {
		lines = append(lines, fmt.Sprintf("%d %s [%s] %s–%s", g.Count, g.Question, strings.Join(g.Also, "; "), g.First.Format("2"), g.Last.Format("2")))
	}
	want := "10 does Zeta hold patents on chips [patents of Zeta on chips; zeta chip pattents] " + noon.AddDate(0, 0, 1).Format("2") + "–" + noon.AddDate(0, 0, 9).Format("2")
	if lines[0] != want || len(got) != 6 {
		t.Errorf("got %q", lines)
	}
	total := 0
	for _, g := range got {
		total += g.Count
	}
	if total != 18 {
		t.Errorf("%d are counted, want 18", total)
	}
}
