package knowledge_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"silkwire/knowledge"
	"silkwire/knowledge/kv"
	"silkwire/knowledge/kv/memkv"
)

// machine compares a fact base with a plain map from fact to its encoding, and its
// log with a list of such maps.
type machine struct {
	t       *testing.T
	store   kv.Store
	base    *knowledge.Base
	log     []map[string]string // by revision, the first is 1
	folders int
}

func (m *machine) now() map[string]string { return m.log[len(m.log)-1] }

// did notes what became of a change: a revision more, or none.
func (m *machine) did(t *rapid.T, rev knowledge.Revision, next map[string]string) {
	if len(rev.Edits) > 0 {
		m.log = append(m.log, next)
	}
	if int(rev.Number) != len(m.log) {
		t.Fatalf("revision %d, want %d", rev.Number, len(m.log))
	}
}

func encoded(f knowledge.Fact) string {
	value, err := json.Marshal(f)
	if err != nil {
		panic(err)
	}
	return string(value)
}

// drawFact is one of a few facts; now and then about nobody, or related to a fact
// that may not be there.
func drawFact(t *rapid.T) knowledge.Fact {
	f := claim(fmt.Sprintf("f-%d", rapid.IntRange(0, 5).Draw(t, "id")), rapid.SampledFrom([]string{"One.", "Two.", "Three."}).Draw(t, "statement"))
	f.Asks = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"why", "who", "when"}), 1, 3, rapid.ID).Draw(t, "asks")
	if rapid.IntRange(0, 9).Draw(t, "spoil") == 0 {
		f.Subjects = []string{"nobody-at-all"}
	}
	if to := rapid.IntRange(0, 15).Draw(t, "relation"); to < 6 {
		f.Relations = []knowledge.Relation{{Kind: knowledge.Supports, To: fmt.Sprintf("f-%d", to)}}
	}
	return f
}

func drawChange(t *rapid.T) knowledge.Change {
	c := knowledge.Change{Author: "cu"}
	for range rapid.IntRange(0, 3).Draw(t, "puts") {
		c.Put = append(c.Put, drawFact(t))
	}
	for range rapid.IntRange(0, 2).Draw(t, "removals") {
		c.Remove = append(c.Remove, knowledge.Ref{Kind: knowledge.FactRecord, Key: fmt.Sprintf("f-%d", rapid.IntRange(0, 5).Draw(t, "gone"))})
	}
	if rapid.IntRange(0, 4).Draw(t, "slow") == 0 { // so that the whole is checked
		c.Put = append(c.Put, world().Concepts[0])
	}
	return c
}

// applied is the map after a change.
func applied(now map[string]string, c knowledge.Change) map[string]string {
	next := maps.Clone(now)
	for _, r := range c.Put {
		if f, ok := r.(knowledge.Fact); ok {
			next[f.ID] = encoded(f)
		}
	}
	for _, ref := range c.Remove {
		delete(next, ref.Key)
	}
	return next
}

// holds tells whether the facts of a map go together.
func holds(facts map[string]string) bool {
	for id, value := range facts {
		var f knowledge.Fact
		if err := json.Unmarshal([]byte(value), &f); err != nil {
			panic(err)
		}
		for _, r := range f.Relations {
			if _, found := facts[r.To]; !found || r.To == id {
				return false
			}
		}
		if f.Subjects[0] == "nobody-at-all" {
			return false
		}
	}
	return true
}

func (m *machine) Apply(t *rapid.T) {
	c := drawChange(t)
	next := applied(m.now(), c)
	accepted, alone := m.base.Snapshot().Accepts(c)
	if alone && accepted != holds(next) {
		t.Fatalf("the quick check of %+v says %v, want %v", c, accepted, holds(next))
	}
	rev, err := m.base.Apply(m.t.Context(), c)
	if _, invalid := errors.AsType[*knowledge.InvalidError](err); invalid || err == nil {
		if invalid == holds(next) {
			t.Fatalf("%+v: invalid %v, want %v", c, invalid, !holds(next))
		}
	} else {
		t.Fatal(err)
	}
	if err == nil {
		m.did(t, rev, next)
	}
}

// Undo takes back any revision but the first, and where that goes well undoes the
// undoing, which must be as if nothing had been done.
func (m *machine) Undo(t *rapid.T) {
	if len(m.log) < 2 {
		t.Skip("nothing to undo")
	}
	number := rapid.IntRange(2, len(m.log)).Draw(t, "revision")
	before := m.now()
	rev, err := m.base.Undo(m.t.Context(), uint64(number), "cu", "")
	if err != nil {
		_, conflict := errors.AsType[*knowledge.ConflictError](err)
		_, invalid := errors.AsType[*knowledge.InvalidError](err)
		if number == len(m.log) || !conflict && !invalid {
			t.Fatalf("undo of revision %d of %d: %v", number, len(m.log), err)
		}
		return
	}
	m.did(t, rev, m.stored())
	if number == len(m.log)-1 && len(rev.Edits) > 0 && !maps.Equal(m.now(), m.log[number-2]) {
		t.Fatalf("undo of the newest revision gives %v, want %v", m.now(), m.log[number-2])
	}
	if len(rev.Edits) == 0 {
		return
	}
	again, err := m.base.Undo(m.t.Context(), rev.Number, "cu", "")
	if err != nil {
		t.Fatalf("undo of the undoing: %v", err)
	}
	m.did(t, again, before)
}

// Import takes in an export that was made at any revision and edited.
func (m *machine) Import(t *rapid.T) {
	at := rapid.IntRange(1, len(m.log)).Draw(t, "exported at")
	c, err := m.base.ContentsAt(m.t.Context(), uint64(at))
	if err != nil {
		t.Fatal(err)
	}
	digest, err := c.Digest()
	if err != nil {
		t.Fatal(err)
	}
	m.folders++
	in := knowledge.Import{Contents: c, State: digest, Place: fmt.Sprintf("/%d", m.folders), Whole: true}
	wanted := map[string]string{}
	change := drawChange(t)
	kept := slices.DeleteFunc(slices.Clone(c.Facts), func(f knowledge.Fact) bool {
		return slices.ContainsFunc(change.Put, func(r knowledge.Record) bool { return r.Ref() == f.Ref() }) || slices.Contains(change.Remove, f.Ref())
	})
	for _, r := range change.Put {
		if f, ok := r.(knowledge.Fact); ok && !slices.Contains(change.Remove, f.Ref()) && !slices.ContainsFunc(kept, func(o knowledge.Fact) bool { return o.ID == f.ID }) {
			kept = append(kept, f)
		}
	}
	for _, f := range kept {
		wanted[f.ID] = encoded(f)
	}
	in.Contents.Facts = kept
	was, is := m.log[at-1], m.now()
	out, err := m.base.Import(m.t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Problems) > 0 {
		return
	}
	m.did(t, out.Revision, m.stored())
	for _, id := range slices.Sorted(maps.Keys(m.all(was, is, wanted))) {
		next, conflict := m.now()[id], slices.ContainsFunc(out.Conflicts, func(c knowledge.Conflict) bool { return c.Ref.Key == id })
		switch {
		case was[id] == wanted[id] || is[id] == wanted[id] || conflict:
			if next != is[id] {
				t.Fatalf("%s was %s, is %s, wanted %s, conflict %v: became %s", id, was[id], is[id], wanted[id], conflict, next)
			}
		case was[id] == is[id]:
			if next != wanted[id] {
				t.Fatalf("%s was and is %s, wanted %s: became %s", id, is[id], wanted[id], next)
			}
		}
	}
}

func (m *machine) all(of ...map[string]string) map[string]bool {
	ids := map[string]bool{}
	for _, facts := range of {
		for id := range facts {
			ids[id] = true
		}
	}
	return ids
}

func (m *machine) Reopen(*rapid.T) { m.base = open(m.t, m.store, shipping(m.t, world())) }

// stored is what the Snapshot has.
func (m *machine) stored() map[string]string {
	out := map[string]string{}
	for _, f := range m.base.Snapshot().Facts() {
		out[f.ID] = encoded(*f)
	}
	return out
}

func (m *machine) Check(t *rapid.T) {
	if got := m.stored(); !maps.Equal(got, m.now()) {
		t.Fatalf("the fact base has %v\nwant %v", got, m.now())
	}
	number := rapid.IntRange(1, len(m.log)).Draw(t, "looked at")
	c, err := m.base.ContentsAt(m.t.Context(), uint64(number))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range c.Facts {
		got[f.ID] = encoded(f)
	}
	if !maps.Equal(got, m.log[number-1]) {
		t.Fatalf("after revision %d it had %v\nwant %v", number, got, m.log[number-1])
	}
}

// TestRandomChanges is the model: on both implementations of the store the state
// and every earlier one are as a plain map says, and the store verifies.
func TestRandomChanges(t *testing.T) {
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		courses := "40" // of its hundred, which take the race detector minutes
		if os.Getenv("SILKWIRE_LONG") == "1" {
			courses = "1000"
		}
		if err := checks.Value.Set(courses); err != nil {
			t.Fatal(err)
		}
	}
	stores := map[string]func(t *testing.T, run int) kv.Store{
		"memkv": func(*testing.T, int) kv.Store { return memkv.NewRerunning() },
		"boltkv": func(t *testing.T, run int) kv.Store {
			return openFile(t, filepath.Join(t.TempDir(), fmt.Sprintf("%d.db", run)))
		},
	}
	for name, make := range stores {
		t.Run(name, func(t *testing.T) {
			runs := 0
			rapid.Check(t, func(r *rapid.T) {
				runs++
				store := make(t, runs)
				m := &machine{t: t, store: store, base: open(t, store, shipping(t, world()))}
				m.log = []map[string]string{m.stored()}
				r.Repeat(rapid.StateMachineActions(m))
				verify(t, store)
				// What the log says is what another store makes of the same export.
				twin := memkv.New()
				in := exportOf(t, m.base)
				importing(t, open(t, twin, shipping(t, world())), in)
				if got := exportOf(t, open(t, twin, shipping(t, world()))); got.State != in.State {
					r.Fatalf("imported elsewhere it is state %s, want %s", got.State, in.State)
				}
			})
			t.Logf("reliability: %s: %d random courses of changes are as a plain map says", name, runs)
		})
	}
}
