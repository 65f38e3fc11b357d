package boltkv_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"silkwire/knowledge/kv"
	"silkwire/knowledge/kv/boltkv"
	"silkwire/knowledge/kv/kvtest"
)

// openDB opens a database, and at the test's end checks it with bbolt's checks
// and ours, so that each test is also one of integrity.
func openDB(t testing.TB, path string, opts boltkv.Options) *boltkv.DB {
	t.Helper()
	db, err := boltkv.Open(path, opts)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { checkFile(t, db) })
	return db
}

func checkFile(t testing.TB, db *boltkv.DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	again, err := boltkv.Open(db.Path(), boltkv.Options{ReadOnly: true})
	if err != nil {
		t.Errorf("at the end: %v", err)
		return
	}
	if err := again.Check(); err != nil {
		t.Errorf("at the end: bbolt's checks: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestContract(t *testing.T) {
	kvtest.Run(t, func(t *testing.T) kvtest.Fixture {
		db := openDB(t, filepath.Join(t.TempDir(), "silkwire.db"), boltkv.Options{NoSync: true})
		return kvtest.Fixture{
			Store: db,
			Corrupt: func(t *testing.T, key []byte) {
				if err := db.Corrupt(key); err != nil {
					t.Fatalf("corrupt %q: %v", key, err)
				}
			},
		}
	})
}

func TestOpenCreatesFoldersAndFile(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "share", "silkwire")
	db := openDB(t, filepath.Join(folder, "silkwire.db"), boltkv.Options{})
	tests := []struct {
		path string
		want fs.FileMode
	}{
		{folder, fs.ModeDir | 0o700},
		{filepath.Dir(folder), fs.ModeDir | 0o700},
		{db.Path(), 0o600},
	}
	for _, test := range tests {
		info, err := os.Stat(test.path)
		if err != nil || info.Mode() != test.want {
			t.Errorf("%s: got mode %v, %v; want %v", test.path, info.Mode(), err, test.want)
		}
	}
}

func TestOpenTakesOverWhatHoldsNothing(t *testing.T) {
	tests := map[string]func(t *testing.T, path string){
		"empty file": func(t *testing.T, path string) { write(t, path, nil) },
		"bbolt file that was never written to": func(t *testing.T, path string) {
			makeBolt(t, path, nil)
		},
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "silkwire.db")
			prepare(t, path)
			if _, err := boltkv.Open(path, boltkv.Options{ReadOnly: true}); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("ReadOnly: got %v, want ErrNotExist", err)
			}
			db := openDB(t, path, boltkv.Options{})
			kvtest.Fill(t, db, 3, 10)
		})
	}
}

func TestDataOutlivesClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "silkwire.db")
	for round := 1; round <= 3; round++ {
		db := openDB(t, path, boltkv.Options{})
		if got := len(records(t, db)); got != (round-1)*2 {
			t.Errorf("round %d: opened with %d records, want %d", round, got, (round-1)*2)
		}
		err := db.Update(t.Context(), func(tx kv.Tx) error {
			return errors.Join(tx.Put(fmt.Appendf(nil, "a%d", round), nil), tx.Put(fmt.Appendf(nil, "b%d", round), nil))
		})
		if err != nil {
			t.Fatalf("Update: %v", err)
		}
		if err := db.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
	}
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "silkwire.db")
	readOnly := boltkv.Options{ReadOnly: true}
	if _, err := boltkv.Open(path, readOnly); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open of nothing: got %v, want ErrNotExist", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open of nothing made something: %v", err)
	}
	fill(t, path, 10, 100)
	before := hash(t, path)

	first := openDB(t, path, readOnly)
	second := openDB(t, path, readOnly)
	if got := len(records(t, second)); got != 10 {
		t.Errorf("second reader sees %d records, want 10", got)
	}
	err := first.Update(t.Context(), func(kv.Tx) error { return nil })
	if !errors.Is(err, kv.ErrReadOnly) {
		t.Errorf("Update: got %v, want ErrReadOnly", err)
	}
	if _, err := boltkv.Open(path, boltkv.Options{}); !errors.Is(err, kv.ErrLocked) {
		t.Errorf("Open for writing beside readers: got %v, want ErrLocked", err)
	}
	if hash(t, path) != before {
		t.Error("reading changed the file")
	}
}

func TestNewerFormatIsRefusedUntouched(t *testing.T) {
	tests := map[string]struct {
		value []byte
		want  error
	}{
		"next version":    {[]byte("silkwire kv \x00\x00\x00\x03"), kv.ErrNewer},
		"version 0":       {[]byte("silkwire kv \x00\x00\x00\x00"), kv.ErrDamaged},
		"another program": {[]byte("goldwire kv \x00\x00\x00\x02"), kv.ErrDamaged},
		"no version":      {[]byte("silkwire kv "), kv.ErrDamaged},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "silkwire.db")
			fill(t, path, 10, 100)
			if err := boltkv.WriteFormat(path, kv.Seal([]byte("format"), test.value)); err != nil {
				t.Fatal(err)
			}
			wantRefused(t, path, test.want)
		})
	}
}

// write, hash, fill, records, wantRefused: what the tests of this package share.

func write(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func hash(t testing.TB, path string) [sha256.Size]byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(content)
}

// fill makes a database of n records and closes it.
func fill(t testing.TB, path string, n, size int) {
	t.Helper()
	db, err := boltkv.Open(path, boltkv.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	kvtest.Fill(t, db, n, size)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func records(t testing.TB, s kv.Store) map[string]string {
	t.Helper()
	all, err := read(t.Context(), s)
	if err != nil {
		t.Fatalf("Scan: %v", err)
	}
	return all
}

func read(ctx context.Context, s kv.Store) (map[string]string, error) {
	all := map[string]string{}
	err := s.View(ctx, func(tx kv.Tx) error {
		return tx.Scan(nil, func(key, value []byte) error {
			all[string(key)] = string(value)
			return nil
		})
	})
	return all, err
}

// wantRefused opens the file both ways and wants the error, with advice, and the
// file as it was.
func wantRefused(t *testing.T, path string, want error) {
	t.Helper()
	before := hash(t, path)
	for _, opts := range []boltkv.Options{{}, {ReadOnly: true}} {
		db, err := boltkv.Open(path, opts)
		if err == nil {
			t.Errorf("Open(%+v) accepted the file: %v", opts, db.Close())
		}
		var openErr *kv.OpenError
		if !errors.Is(err, want) || !errors.As(err, &openErr) {
			t.Errorf("Open(%+v): got %v, want *kv.OpenError with %v", opts, err, want)
		} else if openErr.Path != path || !strings.HasPrefix(openErr.Hint, "nothing was changed: ") {
			t.Errorf("Open(%+v): path %q, hint %q; want %q and what to do", opts, openErr.Path, openErr.Hint, path)
		}
	}
	if hash(t, path) != before {
		t.Errorf("the file changed")
	}
	if left, err := filepath.Glob(path + "?*"); err != nil || len(left) > 0 {
		t.Errorf("left beside the file: %v, %v", left, err)
	}
}

func BenchmarkPutInUpdate(b *testing.B) {
	kvtest.BenchmarkPut(b, openDB(b, filepath.Join(b.TempDir(), "silkwire.db"), boltkv.Options{}))
}

func BenchmarkScan(b *testing.B) {
	kvtest.BenchmarkScan(b, openDB(b, filepath.Join(b.TempDir(), "silkwire.db"), boltkv.Options{}))
}

// BenchmarkOpen measures what a start waits for: checks, lock, and reading all
// records once.
func BenchmarkOpen(b *testing.B) {
	for _, n := range []int{3_000, 100_000} {
		b.Run(fmt.Sprintf("records=%d", n), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "silkwire.db")
			fill(b, path, n, 400)
			info, err := os.Stat(path)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.SetBytes(info.Size())
			for b.Loop() {
				db, err := boltkv.Open(path, boltkv.Options{})
				if err != nil {
					b.Fatal(err)
				}
				if err := db.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
