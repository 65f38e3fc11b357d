package boltkv_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"silkwire/knowledge/kv"
	"silkwire/knowledge/kv/boltkv"
)

// makeBolt makes a bbolt file, with fn's content if there is one.
func makeBolt(t *testing.T, path string, fn func(*bbolt.Tx) error) {
	t.Helper()
	bolt, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if fn != nil {
		err = bolt.Update(fn)
	}
	if err := errors.Join(err, bolt.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestForeignFilesAreRefusedUntouched(t *testing.T) {
	random := make([]byte, 100_000)
	source := rand.NewChaCha8([32]byte{1})
	if _, err := source.Read(random); err != nil {
		t.Fatal(err)
	}
	content := func(b []byte) func(*testing.T, string) {
		return func(t *testing.T, path string) { write(t, path, b) }
	}
	bolt := func(fn func(*bbolt.Tx) error) func(*testing.T, string) {
		return func(t *testing.T, path string) { makeBolt(t, path, fn) }
	}
	bucket := func(tx *bbolt.Tx, name string) error {
		b, err := tx.CreateBucketIfNotExists([]byte(name))
		if err != nil {
			return err
		}
		return b.Put([]byte("key"), []byte("value"))
	}
	tests := map[string]func(t *testing.T, path string){
		"one byte":        content([]byte("x")),
		"text":            content([]byte("dear diary,\n")),
		"long text":       content(fmt.Appendf(nil, "%0100000d", 0)),
		"zeros":           content(make([]byte, 65536)),
		"random bytes":    content(random),
		"SQLite":          content(append([]byte("SQLite format 3\x00"), make([]byte, 8176)...)),
		"bbolt of others": bolt(func(tx *bbolt.Tx) error { return bucket(tx, "other") }),
		"bbolt written to and empty": bolt(func(tx *bbolt.Tx) error {
			return errors.Join(bucket(tx, "other"), tx.DeleteBucket([]byte("other")))
		}),
		"ours with a stranger's bucket": func(t *testing.T, path string) {
			fill(t, path, 3, 10)
			makeBolt(t, path, func(tx *bbolt.Tx) error { return bucket(tx, "other") })
		},
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "silkwire.db")
			prepare(t, path)
			wantRefused(t, path, kv.ErrForeign)
		})
	}
}

func TestWhatIsNoFileIsForeign(t *testing.T) {
	folder := t.TempDir()
	for _, path := range []string{folder, os.DevNull} {
		if _, err := boltkv.Open(path, boltkv.Options{}); !errors.Is(err, kv.ErrForeign) {
			t.Errorf("Open(%s): got %v, want ErrForeign", path, err)
		}
	}
	file := filepath.Join(folder, "file")
	write(t, file, []byte("text"))
	var pathErr *fs.PathError
	if _, err := boltkv.Open(filepath.Join(file, "silkwire.db"), boltkv.Options{}); !errors.As(err, &pathErr) {
		t.Errorf("Open below a file: got %v, want a *fs.PathError inside", err)
	}
}

func TestDamageIsRefusedUntouched(t *testing.T) {
	good := filepath.Join(t.TempDir(), "silkwire.db")
	makeVaried(t, good)
	content, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]func([]byte) []byte{
		"first meta page zeroed":  func(b []byte) []byte { return zero(b, 0) },
		"second meta page zeroed": func(b []byte) []byte { return zero(b, 1) },
		"both meta pages zeroed but for one's magic": func(b []byte) []byte {
			magic := string(b[16:20])
			b = zero(zero(b, 0), 1)
			copy(b[16:], magic)
			return b
		},
		"last page in use missing": func(b []byte) []byte {
			used, err := boltkv.Used(b)
			if err != nil {
				t.Fatal(err)
			}
			return b[:used-1]
		},
		"one page":  func(b []byte) []byte { return b[:os.Getpagesize()] },
		"100 bytes": func(b []byte) []byte { return b[:100] },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "silkwire.db")
			write(t, path, change(append([]byte(nil), content...)))
			wantRefused(t, path, kv.ErrDamaged)
		})
	}
}

func zero(b []byte, page int) []byte {
	size := os.Getpagesize()
	clear(b[page*size : (page+1)*size])
	return b
}

// makeVaried makes a file with every kind of page: branches, leaves, values over
// several pages, a free list with something on it.
func makeVaried(t *testing.T, path string) {
	t.Helper()
	fill(t, path, 400, 60)
	db, err := boltkv.Open(path, boltkv.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(t.Context(), func(tx kv.Tx) error {
		for i := range 100 {
			if err := tx.Delete(fmt.Appendf(nil, "fact/%08d", i*2)); err != nil {
				return err
			}
		}
		return errors.Join(tx.Put([]byte("long"), make([]byte, 9000)), tx.Put([]byte("empty"), nil))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// Whatever single bit flips: Open refuses and leaves the file alone, or everything
// reads as it was. All bits of a page's kind and count are tried, of the rest some.
func TestFlippedBits(t *testing.T) {
	tests := map[string]func(t *testing.T, path string){
		"every kind of page":          makeVaried,
		"records inside their parent": func(t *testing.T, path string) { fill(t, path, 2, 10) },
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flipBits(t, name, newVaried(t, prepare))
		})
	}
}

func flipBits(t *testing.T, name string, v *varied) {
	const kind, afterKind = 8, 12 // where a page's kind and count are
	random := rand.New(rand.NewPCG(5, 6))
	page, refused, tried := os.Getpagesize(), 0, 0
	flip := func(bit int) {
		changed := append([]byte(nil), v.content...)
		changed[bit/8] ^= 1 << (bit % 8)
		tried++
		if v.refuses(t, changed, fmt.Sprintf("bit %d of byte %d (page %d)", bit%8, bit/8, bit/8/page)) {
			refused++
		}
	}
	for start := 0; start < v.used; start += page {
		step, front := 61, 100
		if v.used < 10*page {
			step, front = 1, 84 // few pages; the header of an inline bucket ends there
		}
		if v.content[start+kind] == 1 {
			step, front = 7, 700 // a branch: its keys have no checksum
		}
		if os.Getenv("SILKWIRE_LONG") == "1" {
			step = 1
		}
		for bit := range front * 8 {
			if bit%step == 0 || bit/8 >= kind && bit/8 < afterKind {
				flip(start*8 + bit)
			}
		}
	}
	for range 100 {
		flip(random.IntN(v.used * 8))
	}
	t.Logf("reliability: %s: %d of %d flipped bits refused, the others harmless", name, refused, tried)
}

func TestTruncation(t *testing.T) {
	v := newVaried(t, makeVaried)
	for size := 1; size < len(v.content); size += 509 {
		refused := v.refuses(t, v.content[:size], fmt.Sprintf("cut to %d bytes", size))
		if size < v.used && !refused {
			t.Errorf("cut to %d of %d bytes in use: accepted", size, v.used)
		}
	}
}

// varied is a sound database, and a place to try changed copies of it.
type varied struct {
	content []byte
	used    int // how many of its bytes bbolt uses
	want    map[string]string
	path    string
}

func newVaried(t *testing.T, prepare func(*testing.T, string)) *varied {
	t.Helper()
	v := &varied{path: filepath.Join(t.TempDir(), "changed.db")}
	prepare(t, v.path)
	db := openDB(t, v.path, boltkv.Options{ReadOnly: true})
	v.want = records(t, db)
	if err := db.Check(); err != nil {
		t.Fatal(err)
	}
	var err error
	if v.content, err = os.ReadFile(v.path); err != nil {
		t.Fatal(err)
	}
	if v.used, err = boltkv.Used(v.content); err != nil {
		t.Fatal(err)
	}
	v.content = v.content[:v.used+os.Getpagesize()]
	v.path += ".changed"
	return v
}

// refuses reports whether Open refuses the changed content. It fails the test if
// a refusal touches the file, or if an acceptance reads anything else than what
// was written.
func (v *varied) refuses(t *testing.T, changed []byte, what string) bool {
	t.Helper()
	write(t, v.path, changed)
	db, err := boltkv.Open(v.path, boltkv.Options{NoSync: true})
	if err == nil {
		defer func() {
			if err := db.Close(); err != nil {
				t.Errorf("%s: Close: %v", what, err)
			}
		}()
		if err := v.compare(t.Context(), db); err != nil {
			t.Fatalf("%s: accepted, but %v", what, err)
		}
		return false
	}
	if !errors.Is(err, kv.ErrDamaged) && !errors.Is(err, kv.ErrForeign) {
		t.Errorf("%s: got %v, want ErrDamaged or ErrForeign", what, err)
	}
	after, readErr := os.ReadFile(v.path)
	if readErr != nil || string(after) != string(changed) {
		t.Errorf("%s: refused (%v), but the file changed (%v)", what, err, readErr)
	}
	return true
}

// compare reads everything both ways: a scan does not use the keys in branch pages,
// a get does.
func (v *varied) compare(ctx context.Context, db *boltkv.DB) error {
	got, err := read(ctx, db)
	if err != nil || !maps.Equal(got, v.want) {
		return fmt.Errorf("scan reads %d records (%v) that differ from the %d written", len(got), err, len(v.want)) //nolint:errorlint // err may be nil
	}
	return db.View(ctx, func(tx kv.Tx) error {
		for key, want := range v.want {
			value, err := tx.Get([]byte(key))
			if err != nil || value == nil || string(value) != want {
				return fmt.Errorf("get of %q reads %q (%v), written was %q", key, value, err, want) //nolint:errorlint // err may be nil
			}
		}
		return nil
	})
}

// Open must never refuse what bbolt itself wrote. The store grows and shrinks at
// random, down to nothing too, and is inspected after every commit.
func TestInspectAcceptsWhatBoltWrites(t *testing.T) {
	db := openDB(t, filepath.Join(t.TempDir(), "silkwire.db"), boltkv.Options{NoSync: true})
	random := rand.New(rand.NewPCG(9, 10))
	for i := range 300 {
		keep := random.Float64()
		if random.IntN(10) == 0 {
			keep = 0
		}
		err := db.Update(t.Context(), func(tx kv.Tx) error {
			if random.IntN(3) == 0 {
				return shrink(tx, random, keep)
			}
			return grow(tx, random)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(boltkv.Inspect(db.Path()), db.Check()); err != nil {
			t.Fatalf("after commit %d: %v", i, err)
		}
	}
}

func grow(tx kv.Tx, random *rand.Rand) error {
	for range random.IntN(200) {
		size := random.IntN(300)
		if random.IntN(50) == 0 {
			size = random.IntN(50_000)
		}
		key := fmt.Appendf(nil, "%0*d", 1+random.IntN(60), random.IntN(1000))
		if err := tx.Put(key, make([]byte, size)); err != nil {
			return err
		}
	}
	return nil
}

func shrink(tx kv.Tx, random *rand.Rand, keep float64) error {
	var keys [][]byte
	err := tx.Scan(nil, func(key, _ []byte) error {
		if random.Float64() >= keep {
			keys = append(keys, key)
		}
		return nil
	})
	for _, key := range keys {
		err = errors.Join(err, tx.Delete(key))
	}
	return err
}
