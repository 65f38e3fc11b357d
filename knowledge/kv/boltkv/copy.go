package boltkv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"silkwire/knowledge/kv"
)

// WriteTo writes the file as it is at one moment, whatever is written to it
// meanwhile: a database of its own. Until it returns, pages that others free
// cannot be used again, so w should not be slow. The error is w's, or ctx's if it
// ended before the last byte.
func (db *DB) WriteTo(ctx context.Context, w io.Writer) (size int64, err error) {
	var cause error // bbolt keeps its words only
	err = db.use("copy database", func(bolt *bbolt.DB) error {
		check := db.newer()
		return bolt.View(func(tx *bbolt.Tx) error {
			if err := check(tx); err != nil {
				return err
			}
			size, err = tx.WriteTo(writerFunc(func(p []byte) (n int, err error) {
				if err = ctx.Err(); err == nil {
					n, err = w.Write(p)
				}
				cause = err
				return n, err
			}))
			return err
		})
	})
	if err != nil {
		return size, fmt.Errorf("copy database: %w", cmp.Or(cause, err))
	}
	return size, nil
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// Examine looks through the file for everything that is wrong with it: the
// records that are not right by their checksums, each a *kv.KeyError, and the
// error of Open where the file as such is bad. While it looks, nobody writes.
func (db *DB) Examine(ctx context.Context) (spoilt []error, err error) {
	free, err := db.write(ctx)
	if err != nil {
		return nil, fmt.Errorf("examine database: %w", err)
	}
	defer free()
	return examine(db.path)
}

// Examine looks through a file that may not be fit to be opened; see DB.Examine.
// The error is a *kv.OpenError.
func Examine(path string, opts Options) (spoilt []error, err error) {
	opts.ReadOnly = true
	if db, err := Open(path, opts); err == nil {
		return nil, db.Close()
	} else if !errors.Is(err, kv.ErrDamaged) {
		return nil, err
	}
	if spoilt, err = examine(path); err != nil {
		err = describe(path, err)
	}
	return spoilt, err
}

func examine(path string) (spoilt []error, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	_, err = inspectFile(file, func(wrong error) { spoilt = append(spoilt, wrong) })
	return spoilt, err
}

// Compact writes the records into a new file without the free pages of the old
// one and puts it in its place. Readers go on meanwhile; who writes waits. The
// sizes are of the files, in bytes. After an error the old file is in use still.
func (db *DB) Compact(ctx context.Context) (before, after int64, err error) {
	if db.opts.ReadOnly {
		return 0, 0, fmt.Errorf("compact database: %w", kv.ErrReadOnly)
	}
	free, err := db.write(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("compact database: %w", err)
	}
	defer free()
	old, err := os.Stat(db.path)
	if err != nil {
		return 0, 0, fmt.Errorf("compact database: %w", err)
	}
	beside := db.path + ".compact"
	fresh, err := db.compacted(beside)
	swapped := false
	if err == nil {
		swapped, err = db.swap(beside, fresh)
	}
	if err != nil {
		if fresh != nil && !swapped {
			err = errors.Join(err, fresh.Close())
		}
		if gone := os.Remove(beside); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
		return 0, 0, fmt.Errorf("compact database: %w", err)
	}
	info, err := os.Stat(db.path)
	if err != nil {
		return 0, 0, fmt.Errorf("compact database: %w", err)
	}
	return old.Size(), info.Size(), nil
}

// compactAtOnce is how many bytes are written in one transaction.
const compactAtOnce = 1 << 20

// compacted makes the new file, checked and open. The caller closes what is
// returned beside an error too.
func (db *DB) compacted(path string) (*bbolt.DB, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err // what an earlier run left when it was killed
	}
	options := boltOptions(db.opts)
	options.NoSync = true // once at the end is enough
	fresh, err := bbolt.Open(path, 0o600, options)
	if err != nil {
		return nil, err
	}
	fresh.AllocSize = growSize
	if err := db.use("compact", func(bolt *bbolt.DB) error { return bbolt.Compact(fresh, bolt, compactAtOnce) }); err != nil {
		return fresh, err
	}
	if err := fresh.Sync(); err != nil {
		return fresh, err
	}
	fresh.NoSync = db.opts.NoSync
	spoilt, err := examine(path)
	return fresh, errors.Join(append(spoilt, err)...)
}

// swap puts the new file in the place of the old one, which ends when the last
// that reads it is done. It tells whether the new one is in use now.
func (db *DB) swap(path string, fresh *bbolt.DB) (bool, error) {
	db.swapping.Lock()
	defer db.swapping.Unlock()
	if err := os.Rename(path, db.path); err != nil {
		return false, err
	}
	old := db.bolt
	db.bolt = fresh
	db.newest.Store(0) // they count anew in it
	return true, errors.Join(SyncFolder(filepath.Dir(db.path)), old.Close())
}

// Replace puts a copy of the database file from in the place of the one at path,
// which nobody may have open. What was at path is kept at kept, which must not be
// there yet; where nothing was, kept is not made. Whatever happens, there is a
// whole file at path: the old one or the new one. The error is a *kv.OpenError
// for what Open would refuse.
func Replace(path, from, kept string, opts Options) error {
	if opts.Timeout == 0 {
		opts.Timeout = defaultTimeout
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return describe(path, err)
	}
	release, err := hold(path, opts.Timeout)
	if err != nil {
		return describe(path, err)
	}
	defer release()
	fresh := path + ".restore"
	if err := copyFile(from, fresh); err != nil {
		return err
	}
	err = put(fresh, path, kept)
	if gone := os.Remove(fresh); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

func put(fresh, path, kept string) error {
	db, err := Open(fresh, Options{ReadOnly: true})
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	// A second name for the old file, and then the new one under the first: path
	// is never empty.
	if err := os.Link(path, kept); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("keep the old database: %w", err)
	}
	if err := os.Rename(fresh, path); err != nil {
		return fmt.Errorf("put the database in its place: %w", err)
	}
	return SyncFolder(filepath.Dir(path))
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // nothing was written
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err == nil {
		err = out.Sync()
	}
	if closing := out.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return nil
}
