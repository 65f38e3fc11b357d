package knowledge_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"silkwire/knowledge"
	"silkwire/knowledge/kv"
	"silkwire/knowledge/kv/boltkv"
	"silkwire/knowledge/kv/memkv"
)

// fixtureShipped is the second version of the shipped base in the databases of
// testdata/databases, whose story writeFixture tells.
func fixtureShipped() knowledge.Contents {
	c := world()
	c.Facts = append(c.Facts, claim("free", "Free."), claim("news", "News."))
	return c
}

// writeFixture makes the database of the newest schema: a shipped base; a curator
// who changes "free" and adds and removes "mine"; a newer shipped base; a question
// without an answer; and a channel's settings.
func writeFixture(t *testing.T, file string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "silkwire.db")
	db, err := boltkv.Open(path, boltkv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	first := world()
	first.Facts = append(first.Facts, claim("free", "Free."))
	b := open(t, db, shipping(t, first))
	apply(t, b, knowledge.Change{Author: "cu", Reason: "mine", Put: []knowledge.Record{claim("mine", "Mine."), claim("free", "Free, as a curator has it.")}})
	apply(t, b, knowledge.Change{Author: "cu", Reason: "without it", Remove: []knowledge.Ref{{Kind: knowledge.FactRecord, Key: "mine"}}})
	b = open(t, db, shipping(t, fixtureShipped()))
	for range 3 {
		if err := b.Missed(t.Context(), "how tall is zeta"); err != nil {
			t.Fatal(err)
		}
	}
	err = errors.Join(b.Close(t.Context()), db.Update(t.Context(), func(tx kv.Tx) error {
		return tx.Put([]byte("c/slack\x00T1\x00C1"), []byte(`{"visibility":"public"}`))
	}))
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(z.Close(), os.WriteFile(file, packed.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func fixture(version int) string {
	return filepath.Join("testdata", "databases", fmt.Sprintf("schema-%d.db.gz", version))
}

// unpacked is a released database, open in a folder of its own.
func unpacked(t *testing.T, version int) *boltkv.DB {
	t.Helper()
	file, err := os.Open(fixture(version))
	if err != nil {
		t.Fatalf("there is no database of schema %d; UPDATE_GOLDEN=1 makes that of the newest: %v", version, err)
	}
	defer file.Close() //nolint:errcheck // nothing was written
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "silkwire.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return openFile(t, path)
}

func noCopy(int) error { return nil }

// TestReleasedDatabases opens a database of every schema that was ever released. A
// file of a released schema is never made anew.
func TestReleasedDatabases(t *testing.T) {
	newest := fixture(knowledge.SchemaVersion)
	if _, err := os.Stat(newest); os.Getenv("UPDATE_GOLDEN") == "1" && err != nil {
		writeFixture(t, newest)
	}
	for version := 1; version <= knowledge.SchemaVersion; version++ {
		t.Run(fmt.Sprint("schema ", version), func(t *testing.T) {
			db := unpacked(t, version)
			from, err := knowledge.Migrate(t.Context(), db, noCopy)
			if err != nil || from != version {
				t.Fatalf("migrated from %d, %v; want from %d", from, err, version)
			}
			others := map[string]func(key, value []byte) error{"c/": func([]byte, []byte) error { return nil }}
			v, err := knowledge.Verify(t.Context(), db, others)
			if err != nil || len(v.Wrong) > 0 || v.Schema != knowledge.SchemaVersion || v.Revisions != 4 {
				t.Fatalf("it is not right: %+v, %v", v, err)
			}
			b := open(t, db, shipping(t, fixtureShipped()))
			s := b.Snapshot()
			if s.Revision != 4 || s.Fact("free").Statement != "Free, as a curator has it." || s.Fact("mine") != nil || s.Fact("news") == nil {
				t.Errorf("revision %d, free %v, mine %v, news %v", s.Revision, s.Fact("free"), s.Fact("mine"), s.Fact("news"))
			}
			gaps, err := b.Gaps(t.Context())
			if err != nil || len(gaps) != 1 && len(gaps) != 0 { // their 90 days end
				t.Errorf("gaps %v, %v", gaps, err)
			}
			if got := bytesOf(t, db)["c/slack\x00T1\x00C1"]; got != `{"visibility":"public"}` {
				t.Errorf("settings %q", got)
			}
			free := knowledge.Ref{Kind: knowledge.FactRecord, Key: "free"}
			history, err := b.History(t.Context(), free)
			if err != nil || len(history) != 2 || history[0].Author != "cu" || history[1].Origin != knowledge.FromShipped {
				t.Errorf("history %+v, %v", history, err)
			}
			if _, err := b.Undo(t.Context(), 3, "cu", ""); err != nil || b.Snapshot().Fact("mine") == nil {
				t.Errorf("undo of revision 3: %v, mine is %v", err, b.Snapshot().Fact("mine"))
			}
			third := fixtureShipped()
			third.Facts[len(third.Facts)-2] = claim("free", "Free for all.")
			if b := open(t, db, shipping(t, third)); len(b.Upgrade().Left) != 1 || b.Snapshot().Fact("free").Statement != "Free, as a curator has it." {
				t.Errorf("a newer version: left %+v, free %q", b.Upgrade().Left, b.Snapshot().Fact("free").Statement)
			}
		})
	}
}

func TestOldSchemaIsNotWrittenTo(t *testing.T) {
	db := unpacked(t, 1)
	before := bytesOf(t, db)
	_, err := knowledge.Open(t.Context(), db, shipping(t, fixtureShipped()), false, atNoon)
	if old, ok := errors.AsType[*knowledge.OldSchemaError](err); !ok || old.Schema != 1 {
		t.Errorf("open: %v, want that it is of schema 1", err)
	}
	b, err := knowledge.Open(t.Context(), db, shipping(t, fixtureShipped()), true, atNoon)
	if err != nil || b.Snapshot().Revision != 4 || b.Snapshot().Fact("news") == nil {
		t.Fatalf("open to read: %v", err)
	}
	if _, err := b.Refs(t.Context(), "free"); err == nil {
		t.Error("an old database has no history that can be read, and nothing said so")
	}
	wrong := errors.New("no room for a copy")
	if _, err := knowledge.Migrate(t.Context(), db, func(int) error { return wrong }); !errors.Is(err, wrong) {
		t.Errorf("migrate without a copy: %v, want %v", err, wrong)
	}
	if after := bytesOf(t, db); !maps.Equal(after, before) {
		t.Errorf("%d records stand where %d stood", len(after), len(before))
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	store := memkv.New()
	open(t, store, shipping(t, world()))
	for value, want := range map[string]error{"3": kv.ErrNewer, "99": kv.ErrNewer, "0": kv.ErrDamaged, "two": kv.ErrDamaged} {
		putRaw(t, store, "m/schema", value)
		before := bytesOf(t, store)
		_, err := knowledge.Open(t.Context(), store, shipping(t, world()), false, atNoon)
		_, migrating := knowledge.Migrate(t.Context(), store, noCopy)
		if !errors.Is(err, want) || !errors.Is(migrating, want) {
			t.Errorf("schema %s: open gives %v, migrate %v; want %v", value, err, migrating, want)
		}
		if after := bytesOf(t, store); !maps.Equal(after, before) {
			t.Errorf("schema %s: the store was changed", value)
		}
	}
}

func putRaw(t *testing.T, store kv.Store, key, value string) {
	t.Helper()
	if err := store.Update(t.Context(), func(tx kv.Tx) error { return tx.Put([]byte(key), []byte(value)) }); err != nil {
		t.Fatal(err)
	}
}

func deleteRaw(t *testing.T, store kv.Store, key string) {
	t.Helper()
	if err := store.Update(t.Context(), func(tx kv.Tx) error { return tx.Delete([]byte(key)) }); err != nil {
		t.Fatal(err)
	}
}

// TestVerifyNamesWhatIsWrong changes records behind the fact base's back, with
// their checksums right.
func TestVerifyNamesWhatIsWrong(t *testing.T) {
	number := func(n byte) string { return "\x00\x00\x00\x00\x00\x00\x00" + string(rune(n)) }
	for _, test := range []struct {
		name  string
		spoil func(t *testing.T, store kv.Store, all map[string]string)
		want  []string
	}{
		{"nothing", func(*testing.T, kv.Store, map[string]string) {}, nil},
		{"a fact is changed", func(t *testing.T, store kv.Store, all map[string]string) {
			putRaw(t, store, "s/fact/free", strings.Replace(all["s/fact/free"], "Free.", "Not free.", 1))
		}, []string{"fact free is another than the log says"}},
		{"a fact is lost", func(t *testing.T, store kv.Store, _ map[string]string) { deleteRaw(t, store, "s/fact/free") },
			[]string{"fact free is missing: the log says that it is there"}},
		{"a fact comes from nowhere", func(t *testing.T, store kv.Store, all map[string]string) {
			putRaw(t, store, "s/fact/other", strings.Replace(all["s/fact/free"], "free", "other", 1))
		}, []string{"fact other is in the fact base, and no revision put it there"}},
		{"an edit is lost", func(t *testing.T, store kv.Store, _ map[string]string) {
			deleteRaw(t, store, "e/"+number(2)+"\x00\x00\x00\x00")
		},
			[]string{"read revision 2: 0 of its 1 edits are there: damaged data"}},
		{"a revision is lost", func(t *testing.T, store kv.Store, _ map[string]string) { deleteRaw(t, store, "r/"+number(2)) },
			[]string{"read revision 2: it is missing: damaged data", "there are records of 2 revisions, and the newest is 3"}},
		{"a revision too many", func(t *testing.T, store kv.Store, all map[string]string) {
			putRaw(t, store, "r/"+number(9), all["r/"+number(2)])
		}, []string{"there are records of 4 revisions, and the newest is 3"}},
		{"a digest is another", func(t *testing.T, store kv.Store, all map[string]string) {
			putRaw(t, store, "r/"+number(2), strings.Replace(all["r/"+number(2)], `"state":"`, `"state":"0`, 1))
		}, []string{"revision 2 has the digest 0"}},
		{"the history is lost", func(t *testing.T, store kv.Store, _ map[string]string) {
			deleteRaw(t, store, "h/fact/free\x00"+number(2))
		}, []string{"records are listed as touched by revisions", "the history of fact free lacks a revision"}},
		{"the history has too much", func(t *testing.T, store kv.Store, _ map[string]string) {
			putRaw(t, store, "h/fact/free\x00"+number(1), "\x00\x00\x00\x00")
		}, []string{"records are listed as touched by revisions"}},
		{"a gap that is none", func(t *testing.T, store kv.Store, _ map[string]string) { putRaw(t, store, "g/x", "{") },
			[]string{`"g/x" cannot be read`}},
		{"a record of nobody's", func(t *testing.T, store kv.Store, _ map[string]string) { putRaw(t, store, "z/x", "{") },
			[]string{`nobody knows what "z/x" is`}},
		{"a mark of nobody's", func(t *testing.T, store kv.Store, _ map[string]string) { putRaw(t, store, "m/x", "{") },
			[]string{`nobody knows what "m/x" is`}},
		{"what was shipped cannot be read", func(t *testing.T, store kv.Store, _ map[string]string) { putRaw(t, store, "m/shipped", "{") },
			[]string{`"m/shipped" cannot be read`}},
		{"a record of another part", func(t *testing.T, store kv.Store, _ map[string]string) { putRaw(t, store, "c/x", "{") },
			[]string{`"c/x" cannot be read: it is bad`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, store kv.Store) {
				b := open(t, store, shipping(t, world()))
				apply(t, b, knowledge.Change{Put: []knowledge.Record{claim("free", "Free.")}})
				apply(t, b, knowledge.Change{Put: []knowledge.Record{claim("more", "More.")}})
				test.spoil(t, store, bytesOf(t, store))
				v, err := knowledge.Verify(t.Context(), store, map[string]func(key, value []byte) error{
					"c/": func([]byte, []byte) error { return errors.New("it is bad") },
				})
				if err != nil {
					t.Fatal(err)
				}
				for _, want := range test.want {
					if !slices.ContainsFunc(v.Wrong, func(s string) bool { return strings.Contains(s, want) }) {
						t.Errorf("%q is not among\n%s", want, strings.Join(v.Wrong, "\n"))
					}
				}
				if (len(v.Wrong) > 0) != (test.want != nil) {
					t.Errorf("wrong: %q", v.Wrong)
				}
			})
		})
	}
}

func TestVerifyFindsReferencesThatLeadNowhere(t *testing.T) {
	store := memkv.New()
	b := open(t, store, shipping(t, world()))
	apply(t, b, knowledge.Change{Put: []knowledge.Record{claim("free", "Free.")}})
	for key, value := range bytesOf(t, store) { // everywhere alike, so that the log agrees
		putRaw(t, store, key, strings.ReplaceAll(value, `"subjects":["zeta"]`, `"subjects":["eta"]`))
	}
	v, err := knowledge.Verify(t.Context(), store, nil)
	if err != nil || !slices.ContainsFunc(v.Wrong, func(s string) bool {
		return strings.HasPrefix(s, `fact free: subjects[0]: there is no entity "eta"`)
	}) {
		t.Errorf("wrong: %q, %v", v.Wrong, err)
	}
}
