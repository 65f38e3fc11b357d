package boltkv_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"silkwire/knowledge/kv"
	"silkwire/knowledge/kv/boltkv"
	"silkwire/knowledge/kv/kvtest"
)

// writePairs commits pairs of records that always have the same value, until done
// is closed.
func writePairs(t *testing.T, db *boltkv.DB, done <-chan struct{}, wait *sync.WaitGroup) {
	t.Helper()
	wait.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			default:
			}
			err := db.Update(t.Context(), func(tx kv.Tx) error {
				return errors.Join(tx.Put([]byte("left"), numbered(n)), tx.Put([]byte("right"), numbered(n)))
			})
			if err != nil {
				t.Errorf("update: %v", err)
				return
			}
		}
	})
}

// samePair reads a pair, which must be one.
func samePair(t *testing.T, db *boltkv.DB) {
	t.Helper()
	got := records(t, db)
	if got["left"] != got["right"] {
		t.Errorf("a copy has half of an update: left has %d bytes, right %d", len(got["left"]), len(got["right"]))
	}
}

func TestWriteToIsOneMoment(t *testing.T) {
	folder := t.TempDir()
	db := openDB(t, filepath.Join(folder, "silkwire.db"), boltkv.Options{NoSync: true})
	kvtest.Fill(t, db, 2_000, 300)
	done := make(chan struct{})
	var wait sync.WaitGroup
	writePairs(t, db, done, &wait)
	for i := range 20 {
		var copied bytes.Buffer
		size, err := db.WriteTo(t.Context(), &copied)
		if err != nil || size != int64(copied.Len()) {
			t.Fatalf("wrote %d bytes of %d: %v", copied.Len(), size, err)
		}
		path := filepath.Join(folder, fmt.Sprintf("%d.db", i))
		write(t, path, copied.Bytes())
		samePair(t, openDB(t, path, boltkv.Options{ReadOnly: true}))
	}
	close(done)
	wait.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := db.WriteTo(ctx, writerFunc(func(p []byte) (int, error) {
		cancel()
		return len(p), nil
	}))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a context that ends: %v, want %v", err, context.Canceled)
	}
	full := errors.New("no room")
	if _, err := db.WriteTo(t.Context(), writerFunc(func([]byte) (int, error) { return 0, full })); !errors.Is(err, full) {
		t.Errorf("a writer that fails: %v, want %v", err, full)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestCompact compacts a file again and again under readers and a writer.
func TestCompact(t *testing.T) {
	path := filepath.Join(t.TempDir(), "silkwire.db")
	db := openDB(t, path, boltkv.Options{NoSync: true})
	kvtest.Fill(t, db, 5_000, 400)
	err := db.Update(t.Context(), func(tx kv.Tx) error {
		for i := range 4_900 {
			if err := tx.Delete(fmt.Appendf(nil, "fact/%08d", i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := records(t, db)
	before, after, err := db.Compact(t.Context())
	if err != nil || before < 2_000_000 || after > before/4 {
		t.Errorf("compacted from %d to %d bytes: %v", before, after, err)
	}
	if got := records(t, db); !maps.Equal(got, want) {
		t.Errorf("%d records, want the same %d", len(got), len(want))
	}
	done := make(chan struct{})
	var wait sync.WaitGroup
	writePairs(t, db, done, &wait)
	for range 2 {
		wait.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					samePair(t, db)
				}
			}
		})
	}
	for range 20 {
		if _, _, err := db.Compact(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	wait.Wait()
	if _, err := boltkv.Open(path, boltkv.Options{}); !errors.Is(err, kv.ErrLocked) {
		t.Errorf("the compacted file is not locked: %v", err)
	}
	if left, err := filepath.Glob(path + "?*"); err != nil || len(left) > 0 {
		t.Errorf("left beside the file: %v, %v", left, err)
	}
	last := records(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := records(t, openDB(t, path, boltkv.Options{})); !maps.Equal(got, last) {
		t.Errorf("opened again: %d records, want the same %d", len(got), len(last))
	}
}

// TestCompactAfterAKilledOne finds what a killed process left.
func TestCompactAfterAKilledOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "silkwire.db")
	db := openDB(t, path, boltkv.Options{})
	kvtest.Fill(t, db, 10, 100)
	write(t, path+".compact", []byte("half of it"))
	if _, _, err := db.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(records(t, db)); got != 10 {
		t.Errorf("%d records, want 10", got)
	}
}

func TestReplace(t *testing.T) {
	folder := t.TempDir()
	path, backup, kept := filepath.Join(folder, "silkwire.db"), filepath.Join(folder, "backup.db"), filepath.Join(folder, "kept.db")
	fill(t, backup, 3, 10)
	if err := boltkv.Replace(path, backup, kept, boltkv.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(kept); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing was replaced, and something was kept: %v", err)
	}
	if got := countIn(t, path); got != 3 {
		t.Errorf("%d records, want those of the backup", got)
	}
	damaged, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	clear(damaged[os.Getpagesize()*2:])
	write(t, path, damaged)
	if err := boltkv.Replace(path, backup, kept, boltkv.Options{}); err != nil {
		t.Fatalf("a damaged file: %v", err)
	}
	if got := countIn(t, path); got != 3 {
		t.Errorf("%d records, want those of the backup", got)
	}
	if got, err := os.ReadFile(kept); err != nil || !bytes.Equal(got, damaged) {
		t.Errorf("the damaged file was not kept: %v", err)
	}

	for name, test := range map[string]struct {
		prepare func(t *testing.T)
		from    string
		want    error
	}{
		"what is open":             {func(t *testing.T) { openDB(t, path, boltkv.Options{}) }, backup, kv.ErrLocked},
		"by what is none":          {func(t *testing.T) { write(t, filepath.Join(folder, "text"), []byte("dear diary")) }, filepath.Join(folder, "text"), kv.ErrForeign},
		"by nothing":               {func(*testing.T) {}, filepath.Join(folder, "nowhere"), fs.ErrNotExist},
		"keeping it where sth. is": {func(*testing.T) {}, backup, fs.ErrExist},
	} {
		t.Run(name, func(t *testing.T) {
			test.prepare(t)
			before := hash(t, path)
			if err := boltkv.Replace(path, test.from, kept, boltkv.Options{}); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if hash(t, path) != before {
				t.Error("the database was changed")
			}
			if left, err := filepath.Glob(path + "?*"); err != nil || len(left) > 0 {
				t.Errorf("left beside the file: %v, %v", left, err)
			}
		})
	}
}

// countIn opens a file to read, counts its records, and closes it.
func countIn(t *testing.T, path string) int {
	t.Helper()
	db, err := boltkv.Open(path, boltkv.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	return len(records(t, db))
}

func TestExamineNamesEveryDamagedRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "silkwire.db")
	fill(t, path, 50, 100)
	if spoilt, err := boltkv.Examine(path, boltkv.Options{}); err != nil || len(spoilt) > 0 {
		t.Fatalf("a good file: %v, %v", spoilt, err)
	}
	db, err := boltkv.Open(path, boltkv.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{3, 17, 42} {
		if err := db.Corrupt(fmt.Appendf(nil, "fact/%08d", n)); err != nil {
			t.Fatal(err)
		}
	}
	spoilt, err := db.Examine(t.Context())
	if err != nil || len(spoilt) != 3 {
		t.Errorf("an open file: %v, %v; want three", spoilt, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	spoilt, err = boltkv.Examine(path, boltkv.Options{})
	if err != nil || len(spoilt) != 3 {
		t.Fatalf("a closed file: %v, %v; want three", spoilt, err)
	}
	for i, n := range []int{3, 17, 42} {
		var e *kv.KeyError
		if !errors.As(spoilt[i], &e) || string(e.Key) != fmt.Sprintf("fact/%08d", n) || !errors.Is(e, kv.ErrDamaged) {
			t.Errorf("damage %d is %v, want record %d", i, spoilt[i], n)
		}
	}
	write(t, path, []byte("dear diary"))
	if _, err := boltkv.Examine(path, boltkv.Options{}); !errors.Is(err, kv.ErrForeign) {
		t.Errorf("a foreign file: %v", err)
	}
}

// TestOlderFormat has a file that a silkwire of format 1 made.
func TestOlderFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "silkwire.db")
	fill(t, path, 10, 100)
	older := []byte("silkwire kv \x00\x00\x00\x01")
	if err := boltkv.WriteFormat(path, kv.Seal([]byte("format"), older)); err != nil {
		t.Fatal(err)
	}
	before := hash(t, path)
	if got := countIn(t, path); got != 10 || hash(t, path) != before {
		t.Errorf("opened to read: %d records, or the file was changed", got)
	}
	db := openDB(t, path, boltkv.Options{})
	if err := db.RaiseFormat(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(records(t, db)); got != 10 {
		t.Errorf("%d records, want 10", got)
	}
}

// TestReadersOfDifferentMoments has many readers begin while a writer commits: one
// that began earlier than another, and looks later, reads an older state, which is no
// damage.
func TestReadersOfDifferentMoments(t *testing.T) {
	db := openDB(t, filepath.Join(t.TempDir(), "silkwire.db"), boltkv.Options{NoSync: true})
	done := make(chan struct{})
	var wait sync.WaitGroup
	writePairs(t, db, done, &wait)
	var readers sync.WaitGroup
	for range 16 {
		readers.Go(func() {
			for range 2_000 {
				err := db.View(t.Context(), func(tx kv.Tx) error {
					_, err := tx.Get([]byte("left"))
					return err
				})
				if err != nil {
					t.Errorf("a reader: %v", err)
					return
				}
			}
		})
	}
	readers.Wait()
	close(done)
	wait.Wait()
}
