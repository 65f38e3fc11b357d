package knowledge_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"silkwire/knowledge"
	"silkwire/knowledge/kv"
)

// shaped is the fact "free" with its fields changed by what: "statement=…",
// "asks+…", "asks-…", "from=…".
func shaped(changes ...string) knowledge.Fact {
	f := claim("free", "Free.")
	f.Asks = []string{"is it free", "what does it cost"}
	for _, change := range changes {
		name, value, _ := strings.Cut(change, "=")
		switch name {
		case "statement":
			f.Statement = value
		case "from":
			f.From, _ = knowledge.ParseDate(value)
		case "ask":
			f.Asks = append(f.Asks, value)
		case "without":
			f.Asks = slices.DeleteFunc(f.Asks, func(a string) bool { return a == value })
		case "whose":
			f.Whose = value
		}
	}
	return f
}

func gist(f *knowledge.Fact) string {
	if f == nil {
		return "none"
	}
	return fmt.Sprintf("%s %s %s %q", f.Statement, f.Whose, f.From, f.Asks)
}

func exportOf(t *testing.T, b *knowledge.Base) knowledge.Import {
	t.Helper()
	c, state, _, err := b.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return knowledge.Import{Contents: c, State: state, Place: "/facts", Whole: true, Author: "ed"}
}

// setFree puts the fact in the place of "free" in an import, or takes it out.
func setFree(i *knowledge.Import, f *knowledge.Fact) {
	i.Contents.Facts = slices.DeleteFunc(slices.Clone(i.Contents.Facts), func(f knowledge.Fact) bool { return f.ID == "free" })
	if f != nil {
		i.Contents.Facts = append(i.Contents.Facts, *f)
	}
}

func importing(t *testing.T, b *knowledge.Base, i knowledge.Import) knowledge.Imported {
	t.Helper()
	out, err := b.Import(t.Context(), i)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestMerge exports a fact base, edits the export and the fact base, and imports.
func TestMerge(t *testing.T) {
	type edit = []string
	gone := edit{"gone"}
	for _, test := range []struct {
		name        string
		here, files edit
		want        string
		conflicts   []string // fields
		merged      bool
		kept        bool
	}{
		{"nobody", nil, nil, `Free. the analyst 2025 ["is it free" "what does it cost"]`, nil, false, false},
		{"files only", nil, edit{"statement=New."}, `New. the analyst 2025 ["is it free" "what does it cost"]`, nil, false, false},
		{"here only", edit{"statement=New."}, nil, `New. the analyst 2025 ["is it free" "what does it cost"]`, nil, false, true},
		{"both the same", edit{"statement=New."}, edit{"statement=New."}, `New. the analyst 2025 ["is it free" "what does it cost"]`, nil, false, false},
		{"other fields", edit{"statement=New."}, edit{"from=2026-01"}, `New. the analyst 2026-01 ["is it free" "what does it cost"]`, nil, true, false},
		{"the same field", edit{"statement=Mine."}, edit{"statement=Theirs.", "from=2026"}, `Mine. the analyst 2025 ["is it free" "what does it cost"]`, []string{"statement"}, false, false},
		{"two fields", edit{"statement=Mine.", "whose=me"}, edit{"statement=Theirs.", "whose=them"}, `Mine. me 2025 ["is it free" "what does it cost"]`, []string{"statement", "whose"}, false, false},
		{"items of a list", edit{"ask=mine"}, edit{"ask=theirs"}, `Free. the analyst 2025 ["is it free" "what does it cost" "mine" "theirs"]`, nil, true, false},
		{"items in and out", edit{"without=is it free"}, edit{"without=what does it cost", "ask=why"}, `Free. the analyst 2025 ["why"]`, nil, true, false},
		{"the same item", edit{"ask=why"}, edit{"ask=why", "ask=who"}, `Free. the analyst 2025 ["is it free" "what does it cost" "why" "who"]`, nil, false, false},
		{"a list that ends empty", edit{"without=is it free"}, edit{"without=what does it cost"}, `Free. the analyst 2025 []`, nil, true, false},
		{"gone from the files", nil, gone, "none", nil, false, false},
		{"gone here", gone, nil, "none", nil, false, true},
		{"gone from both", gone, gone, "none", nil, false, false},
		{"gone from the files, changed here", edit{"statement=Mine."}, gone, `Mine. the analyst 2025 ["is it free" "what does it cost"]`, []string{""}, false, false},
		{"gone here, changed in the files", gone, edit{"statement=Theirs."}, "none", []string{""}, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, store kv.Store) {
				first := world()
				first.Facts = append(first.Facts, shaped())
				b := open(t, store, shipping(t, first))
				i := exportOf(t, b)
				apply(t, b, editing(test.here))
				switch {
				case slices.Equal(test.files, gone):
					setFree(&i, nil)
				case test.files != nil:
					f := shaped(test.files...)
					setFree(&i, &f)
				}
				out := importing(t, b, i)
				if got := gist(b.Snapshot().Fact("free")); got != test.want {
					t.Errorf("got %s\nwant %s", got, test.want)
				}
				var fields []string
				for _, c := range out.Conflicts {
					fields = append(fields, c.Field)
					if c.By.Number != b.Snapshot().Revision || c.By.Author != "cu" {
						t.Errorf("conflict over %q is with revision %d by %q, want the curator's", c.Field, c.By.Number, c.By.Author)
					}
				}
				if !slices.Equal(fields, test.conflicts) || (len(out.Merged) > 0) != test.merged || (len(out.Kept) > 0) != test.kept {
					t.Errorf("conflicts over %q, merged %v, kept %v; want %q, %v, %v", fields, out.Merged, out.Kept, test.conflicts, test.merged, test.kept)
				}
				again := importing(t, b, i)
				if len(again.Revision.Edits) > 0 || len(again.Conflicts) != len(out.Conflicts) {
					t.Errorf("imported again: %d edits and %d conflicts, want none and %d", len(again.Revision.Edits), len(again.Conflicts), len(out.Conflicts))
				}
				verify(t, store)
			})
		})
	}
}

// editing is a curator's change of the fact "free".
func editing(changes []string) knowledge.Change {
	c := knowledge.Change{Author: "cu"}
	switch {
	case slices.Equal(changes, []string{"gone"}):
		c.Remove = []knowledge.Ref{{Kind: knowledge.FactRecord, Key: "free"}}
	case changes != nil:
		c.Put = []knowledge.Record{shaped(changes...)}
	}
	return c
}

func verify(t testing.TB, store kv.Store) {
	t.Helper()
	v, err := knowledge.Verify(t.Context(), store, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Wrong) > 0 {
		t.Fatalf("the store is not right:\n%s", strings.Join(v.Wrong, "\n"))
	}
}

// TestImportAgain edits the same folder several times, and others beside it.
func TestImportAgain(t *testing.T) {
	eachStore(t, func(t *testing.T, store kv.Store) {
		first := world()
		first.Facts = append(first.Facts, shaped())
		b := open(t, store, shipping(t, first))
		mine, theirs := exportOf(t, b), exportOf(t, b)
		theirs.Place = "/their facts"
		step := func(i *knowledge.Import, conflicts int, want string, changes ...string) {
			t.Helper()
			f := shaped(changes...)
			setFree(i, &f)
			out := importing(t, b, *i)
			if got := b.Snapshot().Fact("free").Statement; got != want || len(out.Conflicts) != conflicts {
				t.Errorf("%v: got %q with %d conflicts, want %q with %d", changes, got, len(out.Conflicts), want, conflicts)
			}
		}
		step(&mine, 0, "One.", "statement=One.")
		step(&mine, 0, "Two.", "statement=Two.")
		step(&theirs, 0, "Two.")                          // they did not touch it
		step(&theirs, 1, "Two.", "statement=Three.")      // both did
		apply(t, b, editing([]string{"statement=Chat."})) // a curator
		step(&mine, 0, "Chat.", "statement=Two.")         // not touched since
		step(&mine, 1, "Chat.", "statement=Four.")
		step(&mine, 1, "Chat.", "statement=Four.") // a conflict does not go away by itself
		fresh := exportOf(t, b)
		step(&fresh, 0, "Five.", "statement=Five.")
		verify(t, store)
	})
}

// TestImportOfOneFile has files that were exported from nowhere.
func TestImportOfOneFile(t *testing.T) {
	eachStore(t, func(t *testing.T, store kv.Store) {
		b := open(t, store, shipping(t, world()))
		file := func(place string, facts ...knowledge.Fact) knowledge.Import {
			return knowledge.Import{Contents: knowledge.Contents{Facts: facts}, Place: place, Author: "ed"}
		}
		for _, test := range []struct {
			name      string
			do        func()
			in        knowledge.Import
			edits     int
			conflicts int
		}{
			{"a new fact", nil, file("/a", shaped()), 1, 0},
			{"the same again", nil, file("/a", shaped()), 0, 0},
			{"without it nothing is removed", nil, file("/a"), 0, 0},
			{"another file follows what a file said", nil, file("/b", shaped("statement=Two.")), 1, 0},
			{"a curator's change is not overwritten", func() { apply(t, b, editing([]string{"statement=Chat."})) }, file("/b", shaped("statement=Three.")), 0, 1},
			{"a curator's own fact is not overwritten", func() { apply(t, b, knowledge.Change{Author: "cu", Put: []knowledge.Record{claim("own", "Own.")}}) }, file("/c", claim("own", "Not so.")), 0, 1},
			{"what is shipped may be changed", nil, file("/d", claim("zeta-cheap", "Zeta Labs says that it trains cheaply.")), 1, 0},
			{"a try changes nothing", nil, func() knowledge.Import {
				i := file("/e", claim("tried", "Tried."))
				i.Try = true
				return i
			}(), 1, 0},
			{"asks of a fact that stands elsewhere", nil, knowledge.Import{Asks: map[string][]string{"zeta-cheap": {"how thrifty is zeta"}}, Place: "/f"}, 1, 0},
		} {
			if test.do != nil {
				test.do()
			}
			out := importing(t, b, test.in)
			if len(out.Revision.Edits) != test.edits || len(out.Conflicts) != test.conflicts || len(out.Problems) > 0 {
				t.Errorf("%s: %d edits, %d conflicts, problems %v; want %d and %d", test.name, len(out.Revision.Edits), len(out.Conflicts), out.Problems, test.edits, test.conflicts)
			}
		}
		if b.Snapshot().Fact("tried") != nil {
			t.Error("a try changed the fact base")
		}
		if asks := b.Snapshot().Fact("zeta-cheap").Asks; !slices.Contains(asks, "how thrifty is zeta") || len(asks) != 2 {
			t.Errorf("asks %q, want one more", asks)
		}
		verify(t, store)
	})
}

func TestImportWithMistakesChangesNothing(t *testing.T) {
	eachStore(t, func(t *testing.T, store kv.Store) {
		b := open(t, store, shipping(t, world()))
		before := bytesOf(t, store)
		lost := claim("lost", "Lost.")
		lost.Subjects = []string{"nobody"}
		whole := exportOf(t, b)
		whole.Contents.Entities = whole.Contents.Entities[:1] // facts are about the other
		for name, in := range map[string]knowledge.Import{
			"an entity that there is not":  {Contents: knowledge.Contents{Facts: []knowledge.Fact{lost}}, Place: "/a"},
			"an entity that is needed":     whole,
			"asks of a fact that is none":  {Asks: map[string][]string{"nothing": {"why"}}, Place: "/b"},
			"a try of what is not allowed": {Contents: knowledge.Contents{Facts: []knowledge.Fact{lost}}, Place: "/a", Try: true},
		} {
			if out := importing(t, b, in); len(out.Problems) == 0 {
				t.Errorf("%s: no problem was found", name)
			}
		}
		if after := bytesOf(t, store); len(after) != len(before) {
			t.Errorf("%d records stand where %d stood", len(after), len(before))
		}
	})
}

// TestUpgradeMerges ships a newer version over what a curator changed.
func TestUpgradeMerges(t *testing.T) {
	eachStore(t, func(t *testing.T, store kv.Store) {
		version := func(changes ...string) knowledge.Shipped {
			c := world()
			c.Facts = append(c.Facts, shaped(changes...))
			return shipping(t, c)
		}
		b := open(t, store, version())
		if u := b.Upgrade(); u == nil || u.Revision.Number != 1 {
			t.Errorf("the first opening took in %+v, want revision 1", u)
		}
		apply(t, b, editing([]string{"statement=Mine."}))
		b = open(t, store, version("from=2026"))
		if u := b.Upgrade(); len(u.Merged) != 1 || len(u.Left) != 0 {
			t.Errorf("another field: merged %v, left %v; want it merged", u.Merged, u.Left)
		}
		b = open(t, store, version("from=2026", "ask=why", "statement=Theirs."))
		if u := b.Upgrade(); len(u.Merged) != 0 || len(u.Left) != 1 || u.Left[0].Field != "statement" || len(u.Revision.Edits) != 0 {
			t.Errorf("the same field: merged %v, left %+v; want it left alone", u.Merged, u.Left)
		}
		b = open(t, store, version("from=2026", "ask=who", "statement=Theirs."))
		want := `Mine. the analyst 2026 ["is it free" "what does it cost" "who"]`
		if got := gist(b.Snapshot().Fact("free")); got != want {
			t.Errorf("an ask more: got %s, want %s", got, want)
		}
		if again := open(t, store, version("from=2026", "ask=who", "statement=Theirs.")); again.Upgrade() != nil {
			t.Errorf("the same version again took in %+v", again.Upgrade())
		}
		verify(t, store)
	})
}

func TestUndo(t *testing.T) {
	eachStore(t, func(t *testing.T, store kv.Store) {
		first := world()
		first.Facts = append(first.Facts, shaped())
		b := open(t, store, shipping(t, first))
		apply(t, b, editing([]string{"statement=Two."})) // 2
		apply(t, b, editing([]string{"statement=Two.", "from=2026"}))
		undo := func(number uint64) error {
			_, err := b.Undo(t.Context(), number, "cu", "")
			return err
		}
		if err := undo(2); err != nil {
			t.Fatal(err)
		}
		if got, want := gist(b.Snapshot().Fact("free")), `Free. the analyst 2026 ["is it free" "what does it cost"]`; got != want {
			t.Errorf("undone under a later change: got %s, want %s", got, want)
		}
		apply(t, b, editing([]string{"statement=Five.", "from=2026"}))
		conflict, ok := errors.AsType[*knowledge.ConflictError](undo(4))
		if !ok || len(conflict.Conflicts) != 1 || conflict.Conflicts[0].By.Number != 5 {
			t.Errorf("undone what was changed since: %v, want a conflict with revision 5", conflict)
		}
		apply(t, b, knowledge.Change{Put: []knowledge.Record{knowledge.Entity{Slug: "novum", Name: "Novum", Kind: knowledge.KindLab}}})
		apply(t, b, knowledge.Change{Put: []knowledge.Record{about("news", "novum")}})
		if _, ok := errors.AsType[*knowledge.InvalidError](undo(6)); !ok {
			t.Error("an entity that a fact is about was undone")
		}
		for _, number := range []uint64{0, 8, 99} {
			if missing, ok := errors.AsType[*knowledge.NoRevisionError](undo(number)); !ok || missing.Newest != 7 {
				t.Errorf("undo %d: %v, want that there is none and the newest is 7", number, missing)
			}
		}
		if got := b.Snapshot().Revision; got != 7 {
			t.Errorf("revision %d, want 7: what is refused changes nothing", got)
		}
		verify(t, store)
	})
}

func TestHistory(t *testing.T) {
	eachStore(t, func(t *testing.T, store kv.Store) {
		b := open(t, store, shipping(t, world()))
		apply(t, b, knowledge.Change{Author: "ada", Reason: "why not", Put: []knowledge.Record{shaped()}})
		apply(t, b, editing([]string{"gone"}))
		refs, err := b.Refs(t.Context(), "free")
		if err != nil || !slices.Equal(refs, []knowledge.Ref{{Kind: knowledge.FactRecord, Key: "free"}}) {
			t.Fatalf("what is called free: %v, %v", refs, err)
		}
		if refs, err := b.Refs(t.Context(), "fact free"); err != nil || len(refs) != 1 {
			t.Errorf("what is called fact free: %v, %v", refs, err)
		}
		history, err := b.History(t.Context(), refs[0])
		if err != nil || len(history) != 2 || history[0].Number != 3 || history[1].Author != "ada" || history[1].Edits[0].Before != nil || history[0].Edits[0].After != nil {
			t.Errorf("history %+v, %v", history, err)
		}
		log, err := b.Log(t.Context(), 2)
		if err != nil || len(log) != 2 || log[0].Number != 3 || log[1].Reason != "why not" || log[1].Size != 1 || log[1].Edits != nil {
			t.Errorf("log %+v, %v", log, err)
		}
		for number, want := range map[uint64]bool{1: false, 2: true, 3: false} {
			c, err := b.ContentsAt(t.Context(), number)
			if err != nil {
				t.Fatal(err)
			}
			if got := slices.ContainsFunc(c.Facts, func(f knowledge.Fact) bool { return f.ID == "free" }); got != want {
				t.Errorf("after revision %d it is there: %v, want %v", number, got, want)
			}
		}
	})
}
