package knowledge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"silkwire/knowledge"
	"silkwire/knowledge/kv"
	"silkwire/knowledge/kv/boltkv"
	"silkwire/knowledge/kv/memkv"
)

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

// eachStore runs a test on every kind of store; the rerunning one finds side
// effects in transactions.
func eachStore(t *testing.T, test func(t *testing.T, store kv.Store)) {
	t.Run("memkv", func(t *testing.T) { test(t, memkv.New()) })
	t.Run("memkv that runs every update twice", func(t *testing.T) { test(t, memkv.NewRerunning()) })
	t.Run("boltkv", func(t *testing.T) { test(t, openFile(t, filepath.Join(t.TempDir(), "silkwire.db"))) })
}

// openFile opens or creates a database file until the test ends.
func openFile(t *testing.T, path string) *boltkv.DB {
	t.Helper()
	db, err := boltkv.Open(path, boltkv.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func shipping(t testing.TB, c knowledge.Contents) knowledge.Shipped {
	t.Helper()
	if problems := c.Check(); problems != nil {
		t.Fatalf("the test ships a base with mistakes: %v", problems)
	}
	return knowledge.ShippedFrom(compile(t, c))
}

func open(t testing.TB, store kv.Store, shipped knowledge.Shipped) *knowledge.Base {
	t.Helper()
	b, err := knowledge.Open(t.Context(), store, shipped, false, atNoon)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return b
}

func apply(t testing.TB, b *knowledge.Base, c knowledge.Change) knowledge.Revision {
	t.Helper()
	rev, err := b.Apply(t.Context(), c)
	if err != nil {
		t.Fatalf("apply %+v: %v", c, err)
	}
	return rev
}

// bytesOf is everything that a store holds.
func bytesOf(t testing.TB, store kv.Store) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := store.View(t.Context(), func(tx kv.Tx) error {
		return tx.Scan(nil, func(key, value []byte) error {
			all[string(key)] = string(value)
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func revisions(t testing.TB, b *knowledge.Base, since uint64) []knowledge.Revision {
	t.Helper()
	var all []knowledge.Revision
	for rev, err := range b.Since(t.Context(), since) {
		if err != nil {
			t.Fatalf("revisions since %d: %v", since, err)
		}
		all = append(all, rev)
	}
	return all
}

func TestOpenTakesInTheShippedBaseOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, store kv.Store) {
		shipped := knowledge.ShippedBase()
		want, err := shipped.Contents()
		if err != nil {
			t.Fatal(err)
		}
		b := open(t, store, shipped)
		s := b.Snapshot()
		if s.Revision != 1 || !s.At.Equal(noon) {
			t.Errorf("first opening: revision %d at %v, want 1 at %v", s.Revision, s.At, noon)
		}
		if got, want := compile(t, s.Contents()), compile(t, want); !bytes.Equal(got.Base, want.Base) {
			t.Errorf("first opening holds other contents than the shipped base, from byte %d on", firstDifference(got.Base, want.Base))
		}
		first := revisions(t, b, 0)
		if len(first) != 1 || first[0].Author != "silkwire" || first[0].Reason != "shipped fact base "+shipped.Version() || len(first[0].Edits) != len(want.Records()) {
			t.Errorf("first opening wrote %d revisions; want one by silkwire that names version %s and has %d edits", len(first), shipped.Version(), len(want.Records()))
		}
		before := bytesOf(t, store)
		again := open(t, store, shipped)
		if got := again.Snapshot(); got.Revision != 1 || !got.At.Equal(noon) {
			t.Errorf("second opening: revision %d at %v, want 1 at %v", got.Revision, got.At, noon)
		}
		if after := bytesOf(t, store); !maps.Equal(after, before) {
			t.Errorf("second opening changed the store: %d records, want the same %d", len(after), len(before))
		}
	})
}

func TestOpenReadOnlyWritesNothing(t *testing.T) {
	eachStore(t, func(t *testing.T, store kv.Store) {
		read := func(c knowledge.Contents) *knowledge.Base {
			t.Helper()
			before := bytesOf(t, store)
			b, err := knowledge.Open(t.Context(), store, shipping(t, c), true, atNoon)
			if err != nil {
				t.Fatal(err)
			}
			if after := bytesOf(t, store); !maps.Equal(after, before) {
				t.Errorf("opening to read wrote %d records where %d stood", len(after), len(before))
			}
			return b
		}
		b := read(world())
		if s := b.Snapshot(); s.Revision != 0 || s.Fact("zeta-cheap") == nil {
			t.Errorf("an empty store: revision %d, fact %v; want revision 0 with what is shipped", s.Revision, s.Fact("zeta-cheap"))
		}
		_, err := b.Apply(t.Context(), knowledge.Change{Put: []knowledge.Record{claim("mine", "Mine.")}})
		if !errors.Is(err, kv.ErrReadOnly) {
			t.Errorf("apply: %v, want %v", err, kv.ErrReadOnly)
		}
		if n := len(bytesOf(t, store)); n != 0 {
			t.Errorf("apply wrote %d records, want none", n)
		}

		apply(t, open(t, store, shipping(t, world())), knowledge.Change{Author: "cu", Put: []knowledge.Record{claim("mine", "Mine.")}})
		newer := world()
		newer.Facts = append(newer.Facts, claim("zeta-new", "Zeta has news."))
		s := read(newer).Snapshot()
		if s.Revision != 2 || s.Fact("mine") == nil || s.Fact("zeta-new") == nil {
			t.Errorf("a newer base over a curator's: revision %d, the curator's %v, the new %v; want revision 2 and both", s.Revision, s.Fact("mine"), s.Fact("zeta-new"))
		}
	})
}

func TestNewerShippedBase(t *testing.T) {
	statement := func(s *knowledge.Snapshot, id string) string {
		if f := s.Fact(id); f != nil {
			return f.Statement
		}
		return "none"
	}
	type contents = *knowledge.Contents
	put := func(records ...knowledge.Record) knowledge.Change {
		return knowledge.Change{Author: "curator", Put: records}
	}
	remove := func(refs ...knowledge.Ref) knowledge.Change {
		return knowledge.Change{Author: "curator", Remove: refs}
	}
	fact := func(id string) knowledge.Ref { return knowledge.Ref{Kind: knowledge.FactRecord, Key: id} }
	dropFact := func(id string) func(contents) {
		return func(c contents) {
			c.Facts = slices.DeleteFunc(c.Facts, func(f knowledge.Fact) bool { return f.ID == id })
		}
	}
	setFact := func(id, statement string) func(contents) {
		return func(c contents) {
			dropFact(id)(c)
			c.Facts = append(c.Facts, claim(id, statement))
		}
	}
	// Every version begins with one free fact, "free", which nothing refers to.
	for _, test := range []struct {
		name     string
		curator  []knowledge.Change // after the first version
		versions []func(contents)   // each from the first; after the first version
		later    map[int]knowledge.Change
		fact     string
		want     string
	}{
		{"a new record comes", nil, []func(contents){setFact("new", "New.")}, nil, "new", "New."},
		{"what nobody touched changes", nil, []func(contents){setFact("free", "Better.")}, nil, "free", "Better."},
		{"what nobody touched changes again", nil, []func(contents){setFact("free", "Better."), setFact("free", "Best.")}, nil, "free", "Best."},
		{"what is shipped no more goes", nil, []func(contents){dropFact("free")}, nil, "free", "none"},
		{"what is shipped again comes back", nil, []func(contents){dropFact("free"), setFact("free", "Back.")}, nil, "free", "Back."},
		{"what a curator changed stays", []knowledge.Change{put(claim("free", "Mine."))}, []func(contents){setFact("free", "Theirs.")}, nil, "free", "Mine."},
		{"what a curator changed stays for good", []knowledge.Change{put(claim("free", "Mine."))},
			[]func(contents){setFact("free", "Theirs."), setFact("free", "Theirs again.")}, nil, "free", "Mine."},
		{"what a curator changed outlives its end", []knowledge.Change{put(claim("free", "Mine."))},
			[]func(contents){dropFact("free")}, nil, "free", "Mine."},
		{"what a curator changed outlives its end and return", []knowledge.Change{put(claim("free", "Mine."))},
			[]func(contents){dropFact("free"), setFact("free", "Back.")}, nil, "free", "Mine."},
		{"what a curator removed stays away", []knowledge.Change{remove(fact("free"))}, []func(contents){setFact("free", "Better.")}, nil, "free", "none"},
		{"what a curator removed stays away though it comes again", []knowledge.Change{remove(fact("free"))},
			[]func(contents){dropFact("free"), setFact("free", "Back.")}, nil, "free", "none"},
		{"what a curator changed and then removed stays away", []knowledge.Change{put(claim("free", "Mine."))},
			[]func(contents){dropFact("free"), setFact("free", "Back.")},
			map[int]knowledge.Change{0: remove(fact("free"))}, "free", "none"},
		{"what a curator put back as it was shipped follows again",
			[]knowledge.Change{put(claim("free", "Mine.")), put(claim("free", "Free."))},
			[]func(contents){setFact("free", "Better.")}, nil, "free", "Better."},
		{"a curator's own record is not overwritten by one of its key", []knowledge.Change{put(claim("own", "Mine."))},
			[]func(contents){setFact("own", "Theirs.")}, nil, "own", "Mine."},
		{"a curator's own record is not removed with one of its key", []knowledge.Change{put(claim("own", "Mine."))},
			[]func(contents){setFact("own", "Theirs."), dropFact("own")}, nil, "own", "Mine."},

		// What is shipped does not go with what curators made of the base.
		{"a new fact about an entity that a curator removed is left out",
			[]knowledge.Change{remove(fact("zeta-cheap"), fact("zeta-not-so-cheap"), fact("free"),
				knowledge.Ref{Kind: knowledge.EntityRecord, Key: "zeta"}, knowledge.Ref{Kind: knowledge.ExposureRecord, Key: "ACME"},
				knowledge.Ref{Kind: knowledge.AmbiguityRecord, Key: "the lab"})},
			[]func(contents){setFact("new", "New.")}, nil, "new", "none"},
		{"an entity goes, but a curator wrote about it",
			[]knowledge.Change{put(about("mine", "beta"))},
			[]func(contents){func(c contents) { c.Entities = c.Entities[:2] }}, nil, "mine", "About beta."},
		{"a fact goes, but a curator related one to it",
			[]knowledge.Change{put(claim("mine", "Mine.", knowledge.Relation{Kind: knowledge.Supports, To: "free"}))},
			[]func(contents){dropFact("free")}, nil, "free", "Free."},
		{"a name comes that a curator gave to another", []knowledge.Change{put(knowledge.Entity{Slug: "zz", Name: "Novum", Kind: knowledge.KindLab})},
			[]func(contents){func(c contents) {
				c.Entities = append(c.Entities, knowledge.Entity{Slug: "new", Name: "Novum", Kind: knowledge.KindLab})
				setFact("new", "New.")(c)
			}}, nil, "new", "New."},
		{"what was left out comes once it goes with the rest",
			[]knowledge.Change{remove(fact("zeta-cheap"), fact("zeta-not-so-cheap"), fact("free"),
				knowledge.Ref{Kind: knowledge.EntityRecord, Key: "zeta"}, knowledge.Ref{Kind: knowledge.ExposureRecord, Key: "ACME"},
				knowledge.Ref{Kind: knowledge.AmbiguityRecord, Key: "the lab"})},
			[]func(contents){setFact("new", "New."), func(c contents) {
				c.Facts = append(c.Facts, about("new", "acme"))
			}}, nil, "new", "About acme."},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, store kv.Store) {
				first := func() knowledge.Contents {
					c := world()
					c.Facts = append(c.Facts, claim("free", "Free."))
					c.Entities = append(c.Entities, knowledge.Entity{Slug: "beta", Name: "Beta", Kind: knowledge.KindLab})
					return c
				}
				b := open(t, store, shipping(t, first()))
				for _, c := range test.curator {
					apply(t, b, c)
				}
				for i, newer := range test.versions {
					before := b.Snapshot().Revision
					c := first()
					newer(&c)
					b = open(t, store, shipping(t, c))
					if got := b.Snapshot().Revision; got != before+1 {
						t.Errorf("version %d made revision %d, want %d", i+2, got, before+1)
					}
					if later, found := test.later[i]; found {
						apply(t, b, later)
					}
				}
				s := b.Snapshot()
				if got := statement(s, test.fact); got != test.want {
					t.Errorf("fact %s: %q, want %q", test.fact, got, test.want)
				}
				if problems := s.Contents().Check(); problems != nil {
					t.Errorf("the base has mistakes now: %v", problems)
				}
				for _, rev := range revisions(t, b, 0) {
					for _, e := range rev.Edits {
						if rev.Author == "silkwire" && rev.Number > 1 && string(e.Before) != "" && strings.Contains(string(e.Before), "Mine.") {
							t.Errorf("revision %d of the shipped base edits a curator's record: %s to %s", rev.Number, e.Before, e.After)
						}
					}
				}
			})
		})
	}
}

func about(id, subject string) knowledge.Fact {
	f := claim(id, "About "+subject+".")
	f.Subjects, f.Mentions = []string{subject}, nil
	return f
}

func TestShippedRevisionSaysWhatItLeftOut(t *testing.T) {
	store := memkv.New()
	first := world()
	first.Entities = append(first.Entities, knowledge.Entity{Slug: "beta", Name: "Beta", Kind: knowledge.KindLab})
	apply(t, open(t, store, shipping(t, first)), knowledge.Change{Put: []knowledge.Record{about("mine", "beta")}})
	newer := shipping(t, world())
	revs := revisions(t, open(t, store, newer), 2)
	want := "shipped fact base " + newer.Version() + ", without 1 of its edits that do not go with what curators changed"
	if len(revs) != 1 || revs[0].Reason != want {
		t.Errorf("revisions %+v; want one with the reason %q", revs, want)
	}
}

func TestShippedRevisionIsTheSameEveryTime(t *testing.T) {
	first := world()
	for i := range 20 {
		first.Facts = append(first.Facts, claim(fmt.Sprintf("gone-%d", i), "Gone."))
	}
	var want map[string]string
	for range 5 {
		store := memkv.New()
		open(t, store, shipping(t, first))
		open(t, store, shipping(t, world()))
		got := bytesOf(t, store)
		if want == nil {
			want = got
		}
		if !maps.Equal(got, want) {
			t.Fatalf("the same two versions give other bytes: revision 2 is\n%s\nand was\n%s", got["r/\x00\x00\x00\x00\x00\x00\x00\x02"], want["r/\x00\x00\x00\x00\x00\x00\x00\x02"])
		}
	}
}

func TestDamagedShippedBaseIsAnError(t *testing.T) {
	for _, readOnly := range []bool{false, true} {
		store := memkv.New()
		_, err := knowledge.Open(t.Context(), store, knowledge.ShippedFrom(knowledge.Compiled{Base: []byte("{")}), readOnly, atNoon)
		if err == nil || !strings.HasPrefix(err.Error(), "read the shipped fact base: ") {
			t.Errorf("readOnly %v: error %v, want one that says that the shipped base cannot be read", readOnly, err)
		}
		if n := len(bytesOf(t, store)); n != 0 {
			t.Errorf("readOnly %v: %d records were written, want none", readOnly, n)
		}
	}
}

func TestApplyIsAllOrNothing(t *testing.T) {
	good := claim("good", "Good.")
	nobody := claim("bad", "Bad.")
	nobody.Subjects = []string{"nobody-at-all"}
	for _, test := range []struct {
		name   string
		change knowledge.Change
		want   string
	}{
		{"a fact about nobody", knowledge.Change{Put: []knowledge.Record{good, nobody}},
			`fact bad: subjects[0]: there is no entity "nobody-at-all": write one that exists, or add it`},
		{"an entity goes that facts are about", knowledge.Change{Put: []knowledge.Record{good}, Remove: []knowledge.Ref{{Kind: knowledge.DocumentRecord, Key: "report"}}},
			`quote ACME: source: there is no document "report": write one that exists, or add it` + "\n" +
				`fact good: sources[0].document: there is no document "report": write one that exists, or add it` + "\n" +
				`fact zeta-cheap: sources[0].document: there is no document "report": write one that exists, or add it` + "\n" +
				`fact zeta-not-so-cheap: sources[0].document: there is no document "report": write one that exists, or add it`},
		{"a record of a kind that is none", knowledge.Change{Put: []knowledge.Record{good, stranger{}}}, "read stranger x: unknown kind of record"},
		{"a record that JSON cannot hold", knowledge.Change{Put: []knowledge.Record{good, unspeakable{}}},
			"encode fact x: json: unsupported type: chan int"},
		{"a key longer than the store takes", knowledge.Change{Put: []knowledge.Record{good,
			knowledge.Ambiguity{Alias: strings.Repeat("x", kv.MaxKey), Entities: []string{"zeta", "acme"}}}}, "write revision 2: put key "},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, store kv.Store) {
				b := open(t, store, shipping(t, world()))
				snapshot, before := b.Snapshot(), bytesOf(t, store)
				_, err := b.Apply(t.Context(), test.change)
				if err == nil || !strings.HasPrefix(err.Error(), test.want) {
					t.Errorf("error\n%v\nwant\n%s", err, test.want)
				}
				var invalid *knowledge.InvalidError
				if wants := strings.Contains(test.want, "there is no"); errors.As(err, &invalid) != wants {
					t.Errorf("error %v is an *InvalidError: %v, want %v", err, !wants, wants)
				}
				if after := bytesOf(t, store); !maps.Equal(after, before) {
					t.Errorf("the store holds %d records after the refusal, want the same %d as before", len(after), len(before))
				}
				if b.Snapshot() != snapshot {
					t.Error("another snapshot was published")
				}
				if rev := apply(t, b, knowledge.Change{Put: []knowledge.Record{good}}); rev.Number != 2 {
					t.Errorf("the next good change is revision %d, want 2", rev.Number)
				}
			})
		})
	}
}

type stranger struct{}

func (stranger) Ref() knowledge.Ref { return knowledge.Ref{Kind: "stranger", Key: "x"} }

type unspeakable struct{ C chan int }

func (unspeakable) Ref() knowledge.Ref { return knowledge.Ref{Kind: knowledge.FactRecord, Key: "x"} }

func TestApplyAfterTheEnd(t *testing.T) {
	eachStore(t, func(t *testing.T, store kv.Store) {
		b := open(t, store, shipping(t, world()))
		before := bytesOf(t, store)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := b.Apply(ctx, knowledge.Change{Put: []knowledge.Record{claim("late", "Late.")}}); !errors.Is(err, context.Canceled) {
			t.Errorf("apply after the context ended: %v, want %v", err, context.Canceled)
		}
		if after := bytesOf(t, store); !maps.Equal(after, before) || b.Snapshot().Fact("late") != nil {
			t.Error("apply after the context ended changed the base")
		}
	})
}

func TestApplyOfNothingNewIsNoRevision(t *testing.T) {
	eachStore(t, func(t *testing.T, store kv.Store) {
		c := world()
		b := open(t, store, shipping(t, c))
		before := bytesOf(t, store)
		for name, change := range map[string]knowledge.Change{
			"nothing":                 {},
			"what stands there":       {Put: []knowledge.Record{c.Facts[0]}},
			"removing what is absent": {Remove: []knowledge.Ref{{Kind: knowledge.FactRecord, Key: "nothing-there"}}},
		} {
			rev := apply(t, b, change)
			if rev.Number != 1 || len(rev.Edits) != 0 || b.Snapshot().Revision != 1 {
				t.Errorf("%s: revision %d with %d edits, snapshot of %d; want revision 1 unchanged", name, rev.Number, len(rev.Edits), b.Snapshot().Revision)
			}
		}
		if after := bytesOf(t, store); !maps.Equal(after, before) {
			t.Error("the store was changed")
		}
	})
}

func TestRevisions(t *testing.T) {
	eachStore(t, func(t *testing.T, store kv.Store) {
		now := noon
		b, err := knowledge.Open(t.Context(), store, shipping(t, world()), false, func() time.Time {
			now = now.Add(time.Hour)
			return now.In(time.FixedZone("CET", 3600))
		})
		if err != nil {
			t.Fatal(err)
		}
		mine, ref := claim("mine", "Mine."), knowledge.Ref{Kind: knowledge.FactRecord, Key: "mine"}
		better := claim("mine", "Better.")
		apply(t, b, knowledge.Change{Author: "ada", Reason: "found it", Put: []knowledge.Record{mine}})
		apply(t, b, knowledge.Change{Author: "bob", Put: []knowledge.Record{better}})
		apply(t, b, knowledge.Change{Author: "ada", Remove: []knowledge.Ref{ref}})
		encode := func(f knowledge.Fact) json.RawMessage {
			value, err := json.Marshal(f)
			if err != nil {
				t.Fatal(err)
			}
			return value
		}
		want := []knowledge.Revision{
			{Number: 2, At: noon.Add(2 * time.Hour), Author: "ada", Reason: "found it", Edits: []knowledge.Edit{{Ref: ref, After: encode(mine)}}},
			{Number: 3, At: noon.Add(3 * time.Hour), Author: "bob", Edits: []knowledge.Edit{{Ref: ref, Before: encode(mine), After: encode(better)}}},
			{Number: 4, At: noon.Add(4 * time.Hour), Author: "ada", Edits: []knowledge.Edit{{Ref: ref, Before: encode(better)}}},
		}
		for from := uint64(1); from <= 4; from++ {
			got := revisions(t, b, from)
			for i := range got {
				if state, err := b.ContentsAt(t.Context(), got[i].Number); err != nil {
					t.Error(err)
				} else if digest, err := state.Digest(); err != nil || got[i].State != digest || got[i].Size != 1 {
					t.Errorf("revision %d: %d edits and state %s, want 1 and %s (%v)", got[i].Number, got[i].Size, got[i].State, digest, err)
				}
				got[i].State, got[i].Size = "", 0
			}
			if !slices.EqualFunc(got, want[from-1:], func(a, b knowledge.Revision) bool { return reflect.DeepEqual(a, b) }) {
				t.Errorf("since %d: got\n%+v\nwant\n%+v", from, got, want[from-1:])
			}
		}
		for _, from := range []uint64{5, math.MaxUint64} {
			if got := revisions(t, b, from); got != nil {
				t.Errorf("since %d: got %+v, want nothing", from, got)
			}
		}
		for rev, err := range b.Since(t.Context(), 0) {
			if err != nil || rev.Number != 1 {
				t.Errorf("the first revision is %d, %v; want 1", rev.Number, err)
			}
			break // a reader may stop
		}
		again := open(t, store, shipping(t, world()))
		if s := again.Snapshot(); s.Revision != 4 || !s.At.Equal(noon.Add(4*time.Hour)) || s.Fact("mine") != nil {
			t.Errorf("opened again: revision %d at %v, fact %v; want 4 at %v without it", s.Revision, s.At, s.Fact("mine"), noon.Add(4*time.Hour))
		}
	})
}

func TestTwoBasesOnOneStoreDoNotLoseChanges(t *testing.T) {
	eachStore(t, func(t *testing.T, store kv.Store) {
		a, b := open(t, store, shipping(t, world())), open(t, store, shipping(t, world()))
		apply(t, a, knowledge.Change{Put: []knowledge.Record{claim("a", "A.")}})
		if rev := apply(t, b, knowledge.Change{Put: []knowledge.Record{claim("b", "B.")}}); rev.Number != 3 {
			t.Errorf("the second base wrote revision %d, want 3", rev.Number)
		}
		if s := b.Snapshot(); s.Fact("a") == nil || s.Fact("b") == nil {
			t.Errorf("facts a %v, b %v; want both", s.Fact("a"), s.Fact("b"))
		}
	})
}

// damaging is a store whose record under key is damaged.
type damaging struct {
	kv.Store
	key string
}

func (d damaging) View(ctx context.Context, fn func(kv.Tx) error) error {
	return d.Store.View(ctx, func(tx kv.Tx) error { return fn(damagedTx{tx, d.key}) })
}

type damagedTx struct {
	kv.Tx
	key string
}

func (d damagedTx) Get(key []byte) ([]byte, error) {
	if string(key) == d.key {
		return nil, &kv.KeyError{Op: "get", Key: key, Err: kv.ErrDamaged}
	}
	return d.Tx.Get(key)
}

func (d damagedTx) Scan(prefix []byte, fn func(key, value []byte) error) error {
	return d.Tx.Scan(prefix, func(key, value []byte) error {
		if string(key) == d.key {
			return &kv.KeyError{Op: "scan", Key: key, Err: kv.ErrDamaged}
		}
		return fn(key, value)
	})
}

func TestDamagedRecordSurfaces(t *testing.T) {
	eachStore(t, func(t *testing.T, store kv.Store) {
		first := "r/\x00\x00\x00\x00\x00\x00\x00\x01"
		b := open(t, store, shipping(t, world()))
		apply(t, b, knowledge.Change{Put: []knowledge.Record{claim("mine", "Mine.")}})
		for _, key := range []string{"m/revision", "m/shipped", "s/fact/zeta-cheap", "r/\x00\x00\x00\x00\x00\x00\x00\x02"} {
			for _, readOnly := range []bool{false, true} {
				_, err := knowledge.Open(t.Context(), damaging{store, key}, shipping(t, world()), readOnly, atNoon)
				if !errors.Is(err, kv.ErrDamaged) {
					t.Errorf("open (read only: %v) with record %q damaged: %v, want %v", readOnly, key, err, kv.ErrDamaged)
				}
			}
		}
		damaged, err := knowledge.Open(t.Context(), damaging{store, first}, shipping(t, world()), false, atNoon)
		if err != nil {
			t.Fatalf("an old revision that is damaged: %v, want the base to open", err)
		}
		var got []string
		for rev, err := range damaged.Since(t.Context(), 0) {
			got = append(got, fmt.Sprint(rev.Number, errors.Is(err, kv.ErrDamaged)))
		}
		if want := []string{"0 true"}; !slices.Equal(got, want) {
			t.Errorf("revisions with the first damaged: %q, want %q", got, want)
		}
	})
}

func TestRecordsOfTheWrongShapeAreDamage(t *testing.T) {
	for _, test := range []struct{ name, key, value string }{
		{"a number of seven bytes", "m/revision", "1234567"},
		{"a state key without a kind", "s/zeta", "{}"},
	} {
		store := memkv.New()
		open(t, store, shipping(t, world()))
		if err := store.Update(t.Context(), func(tx kv.Tx) error { return tx.Put([]byte(test.key), []byte(test.value)) }); err != nil {
			t.Fatal(err)
		}
		if _, err := knowledge.Open(t.Context(), store, shipping(t, world()), false, atNoon); !errors.Is(err, kv.ErrDamaged) {
			t.Errorf("%s: open gives %v, want %v", test.name, err, kv.ErrDamaged)
		}
	}
	store := memkv.New()
	b := open(t, store, shipping(t, world()))
	if err := store.Update(t.Context(), func(tx kv.Tx) error { return tx.Delete([]byte("r/\x00\x00\x00\x00\x00\x00\x00\x01")) }); err != nil {
		t.Fatal(err)
	}
	for _, err := range b.Since(t.Context(), 0) {
		if !errors.Is(err, kv.ErrDamaged) {
			t.Errorf("a revision that is missing: %v, want %v", err, kv.ErrDamaged)
		}
	}
}

// TestSnapshotIsStable has readers beside a writer that always changes two facts
// and a quote together. Invariants: the three agree in every snapshot; a
// snapshot that a reader holds does not change; the revisions that one reader
// sees never go back.
func TestSnapshotIsStable(t *testing.T) {
	eachStore(t, func(t *testing.T, store kv.Store) {
		b := open(t, store, shipping(t, world()))
		change := func(i int) knowledge.Change {
			word := fmt.Sprintf("Round %d.", i)
			quote := world().Quotes[0]
			quote.Price = fmt.Sprint(i)
			return knowledge.Change{Put: []knowledge.Record{claim("left", word), claim("right", word), quote}}
		}
		apply(t, b, change(0))
		const rounds = 60
		done := make(chan struct{})
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				last := uint64(0)
				for {
					s := b.Snapshot()
					held := s.Fact("left").Statement
					if s.Revision < last {
						t.Errorf("revision %d after %d", s.Revision, last)
						return
					}
					last = s.Revision
					s.Answer(knowledge.Query{Text: "is zeta cheap"})
					s.Find("acme and 泽塔")
					right, price := s.Fact("right").Statement, s.Quote("ACME").Price
					if right != held || "Round "+price+"." != held || s.Fact("left").Statement != held {
						t.Errorf("revision %d is no whole one: left %q, right %q, price %s", s.Revision, held, right, price)
						return
					}
					select {
					case <-done:
						return
					default:
					}
				}
			})
		}
		for i := range rounds {
			apply(t, b, change(i+1))
		}
		close(done)
		wait.Wait()
		if got := b.Snapshot().Revision; got != rounds+2 {
			t.Errorf("revision %d after %d changes, want %d", got, rounds+1, rounds+2)
		}
	})
}

// TestModel makes random changes, refused ones among them, and compares the base
// with a map after each; now and then it opens the base again, or with a newer
// shipped version that adds a fact.
func TestModel(t *testing.T) {
	eachStore(t, func(t *testing.T, store kv.Store) {
		for seed := range uint64(3) {
			model(t, store, rand.New(rand.NewPCG(seed, 7)))
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
			clearStore(t, store)
		}
	})
}

func clearStore(t *testing.T, store kv.Store) {
	t.Helper()
	keys := slices.Collect(maps.Keys(bytesOf(t, store)))
	err := store.Update(t.Context(), func(tx kv.Tx) error {
		for _, key := range keys {
			if err := tx.Delete([]byte(key)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func model(t *testing.T, store kv.Store, random *rand.Rand) {
	shippedNow := world()
	b := open(t, store, shipping(t, shippedNow))
	want, number := map[string]string{"zeta-cheap": "Zeta Labs trains cheaply.", "zeta-not-so-cheap": "The figure leaves out salaries."}, uint64(1)
	for step := range 120 {
		switch random.IntN(12) {
		case 0:
			b = open(t, store, shipping(t, shippedNow))
		case 1:
			id := fmt.Sprintf("shipped-%d", step)
			shippedNow.Facts = append(shippedNow.Facts, claim(id, "Shipped."))
			b = open(t, store, shipping(t, shippedNow))
			want[id] = "Shipped."
			number++
		default:
			next := maps.Clone(want)
			var change knowledge.Change
			spoilt := false
			for range 1 + random.IntN(4) {
				id := fmt.Sprintf("f-%d", random.IntN(8))
				statement := fmt.Sprintf("Statement %d.", random.IntN(3))
				f := claim(id, statement)
				if random.IntN(10) == 0 {
					f.Subjects, spoilt = []string{"nobody-at-all"}, true
				}
				change.Put = append(change.Put, f)
				next[id] = statement
			}
			for range random.IntN(3) {
				id := fmt.Sprintf("f-%d", random.IntN(8))
				change.Remove = append(change.Remove, knowledge.Ref{Kind: knowledge.FactRecord, Key: id})
				delete(next, id)
			}
			rev, err := b.Apply(t.Context(), change)
			var invalid *knowledge.InvalidError
			switch {
			case errors.As(err, &invalid):
				if !spoilt {
					t.Errorf("step %d: good change %+v was refused: %v", step, change, err)
				}
			case err != nil:
				t.Errorf("step %d: %v", step, err)
			default:
				want = next
				if len(rev.Edits) > 0 {
					number++
				}
			}
		}
		s := b.Snapshot()
		got := map[string]string{}
		for _, f := range s.Facts() {
			got[f.ID] = f.Statement
		}
		if !maps.Equal(got, want) || s.Revision != number {
			t.Errorf("step %d: revision %d has %v\nwant revision %d with %v", step, s.Revision, got, number, want)
			return
		}
	}
	for i, rev := range revisions(t, b, 0) {
		if rev.Number != uint64(i+1) {
			t.Errorf("revision %d stands at %d", rev.Number, i)
		}
	}
}

// TestSeenIsNotOverwritten has two curators who begin from one revision.
func TestSeenIsNotOverwritten(t *testing.T) {
	eachStore(t, func(t *testing.T, store kv.Store) {
		b := open(t, store, shipping(t, world()))
		seen := b.Snapshot().Revision
		for _, extra := range [][]knowledge.Record{nil, {knowledge.Instrument{Symbol: "XAG", Name: "silver", Class: knowledge.Commodity}}} {
			first := apply(t, b, knowledge.Change{Author: "ada", Put: []knowledge.Record{claim("zeta-cheap", fmt.Sprintf("Ada's, %d.", seen))}})
			mine := knowledge.Change{Author: "bob", Seen: seen, Put: append([]knowledge.Record{claim("zeta-cheap", "Bob's.")}, extra...)}
			_, err := b.Apply(t.Context(), mine)
			conflict, ok := errors.AsType[*knowledge.ConflictError](err)
			if !ok || conflict.Conflicts[0].By.Author != "ada" || conflict.Conflicts[0].By.Number != first.Number {
				t.Fatalf("bob, who saw revision %d: %v, want a conflict with ada's", seen, err)
			}
			if got := b.Snapshot(); got.Revision != first.Number {
				t.Errorf("revision %d, want %d: nothing was changed", got.Revision, first.Number)
			}
			mine.Seen = first.Number
			apply(t, b, mine)
			apply(t, b, knowledge.Change{Seen: first.Number, Put: []knowledge.Record{claim("zeta-not-so-cheap", fmt.Sprintf("Another fact, %d.", seen))}})
			seen = b.Snapshot().Revision
		}
		verify(t, store)
	})
}
