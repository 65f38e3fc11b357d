package knowledge_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"silkwire/knowledge"
	"silkwire/knowledge/kv"
)

// TestChanges folds revisions into what became of each fact.
func TestChanges(t *testing.T) {
	eachStore(t, func(t *testing.T, store kv.Store) {
		now := noon
		b, err := knowledge.Open(t.Context(), store, shipping(t, world()), false, func() time.Time {
			now = now.Add(24 * time.Hour)
			return now
		})
		if err != nil {
			t.Fatal(err)
		}
		put := func(author string, records ...knowledge.Record) {
			apply(t, b, knowledge.Change{Author: author, Put: records})
		}
		put("ada", claim("new", "New.")) // 2
		put("bob", claim("zeta-cheap", "Zeta Labs trains very cheaply."), claim("passing", "Passing."))
		put("cyd", claim("zeta-cheap", "Zeta Labs trains cheaply, they say.")) // 4
		apply(t, b, knowledge.Change{Author: "ada", Remove: []knowledge.Ref{claim("passing", "").Ref()}})
		put("ada", world().Concepts[0], knowledge.Instrument{Symbol: "XAG", Name: "silver", Class: knowledge.Commodity}) // 6
		if _, err := b.Undo(t.Context(), 2, "dan", "not so"); err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			after  uint64
			want   []string // id, before → after, by whom
			others int
		}{
			{0, []string{"zeta-cheap: Zeta Labs trains cheaply. → Zeta Labs trains cheaply, they say. bob cyd [statement]"}, 1},
			{2, []string{"new: New. → none dan []", "zeta-cheap: Zeta Labs trains cheaply. → Zeta Labs trains cheaply, they say. bob cyd [statement]"}, 1},
			{4, []string{"new: New. → none dan []", "passing: Passing. → none ada []"}, 1},
			{7, nil, 0},
			{99, nil, 0},
		} {
			facts, others, err := b.Changes(t.Context(), test.after)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range facts {
				statement := func(f *knowledge.Fact) string {
					if f == nil {
						return "none"
					}
					return f.Statement
				}
				words := []string{c.ID + ":", statement(c.Before), "→", statement(c.After)}
				for _, by := range c.By {
					words = append(words, by.Author)
				}
				got = append(got, strings.Join(words, " ")+" ["+strings.Join(c.Fields(), " ")+"]")
			}
			if !slices.Equal(got, test.want) || others != test.others {
				t.Errorf("after %d: got %q and %d others\nwant %q and %d", test.after, got, others, test.want, test.others)
			}
		}
		for day, want := range map[int]uint64{0: 0, 1: 0, 2: 1, 3: 2, 100: 7} {
			got, err := b.Before(t.Context(), noon.Add(time.Duration(day)*24*time.Hour))
			if err != nil || got != want {
				t.Errorf("before day %d: revision %d, %v; want %d", day, got, err, want)
			}
		}
	})
}

// TestChangedFact tells the same of one fact as Changes does.
func TestChangedFact(t *testing.T) {
	eachStore(t, func(t *testing.T, store kv.Store) {
		b, err := knowledge.Open(t.Context(), store, shipping(t, world()), false, (&clock{noon}).now)
		if err != nil {
			t.Fatal(err)
		}
		apply(t, b, knowledge.Change{Author: "ada", Put: []knowledge.Record{claim("new", "New.")}})                                  // 2
		apply(t, b, knowledge.Change{Author: "bob", Put: []knowledge.Record{claim("zeta-cheap", "Zeta Labs trains very cheaply.")}}) // 3
		apply(t, b, knowledge.Change{Author: "cyd", Remove: []knowledge.Ref{claim("new", "").Ref()}})                                // 4
		if _, err := b.Undo(t.Context(), 3, "dan", "not so"); err != nil {                                                           // 5
			t.Fatal(err)
		}
		for after := range uint64(7) {
			all, _, err := b.Changes(t.Context(), after)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range []string{"new", "zeta-cheap", "never"} {
				i := slices.IndexFunc(all, func(c knowledge.Changed) bool { return c.ID == id })
				got, changed, err := b.ChangedFact(t.Context(), id, after)
				if err != nil {
					t.Fatal(err)
				}
				if after == 0 { // what everything began with is no change to Changes
					continue
				}
				if changed != (i >= 0) {
					t.Errorf("%s after revision %d: changed %v, Changes says %v", id, after, changed, i >= 0)
					continue
				}
				if changed && (!reflect.DeepEqual(got.Before, all[i].Before) || !reflect.DeepEqual(got.After, all[i].After) || len(got.By) != len(all[i].By)) {
					t.Errorf("%s after revision %d: got %+v, want %+v", id, after, got, all[i])
				}
			}
		}
	})
}
