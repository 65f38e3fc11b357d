// Package boltkv is package kv's store in one file, kept by bbolt. It imports kv
// and bbolt, and nothing else of silkwire imports bbolt.
//
// # File
//
// The file is a bbolt database with two buckets: "silkwire" holds the sealed
// records (see kv.Seal), "silkwire.meta" holds one sealed record "format" with
// the format's name and version. Anything else is refused and left as it is,
// byte for byte: Open reads the whole file through checks of its own before it
// lets bbolt write (see inspect.go for why not bbolt's checks). That costs time
// in proportion to the file; a database of a few thousand facts takes
// milliseconds.
//
// # Caveats
//
// One process at a time may have the file open for writing, any number may have
// it open for reading only when nobody writes. A View that runs long keeps old
// pages from being used again, so the file grows; past 256 MiB it can also hold
// up an Update. Every Update waits for the disk.
package boltkv

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"silkwire/knowledge/kv"
)

var _ kv.Store = (*DB)(nil)

const (
	// A person who waits for an answer should not wait long for a lock that
	// is rarely given back; a process that only looks at the file is gone in
	// less.
	defaultTimeout = 250 * time.Millisecond

	// bbolt cannot enlarge its memory map while somebody reads. A map that is
	// larger than the file costs address space only, so readers do not hold up
	// the writer.
	mapSize = 256 << 20

	// bbolt lets the file grow by this much at a time; its own 16 MiB would be
	// most of a small database.
	growSize = 256 << 10

	// How often Open starts over when another process changes the file between
	// its checks and its lock.
	attempts = 3
)

// errChanged means that the file changed between its checks and its lock.
var errChanged = errors.New("file changed while it was opened")

// Options change how a file is opened. The zero value is right for use.
type Options struct {
	// Timeout is how long to wait for the file's lock; 0 means 250 ms. The
	// lock is tried every 50 ms.
	Timeout time.Duration

	// ReadOnly opens an existing database without changing a byte and without
	// keeping other readers out.
	ReadOnly bool

	// NoSync leaves out waiting for the disk, so that a power failure can lose
	// or damage the file. For tests only.
	NoSync bool
}

// DB is a database file that is open. It is safe for concurrent use.
type DB struct {
	path   string
	opts   Options
	writer chan struct{} // holds one token; who has it may begin an Update

	swapping sync.RWMutex  // held for reading by who uses bolt, for writing by Compact
	bolt     *bbolt.DB     // guarded by swapping
	newest   atomic.Uint64 // the last transaction that was committed
}

// Open opens the database file at path, and creates it (mode 0600) with its
// folders (mode 0700) when there is none. An empty file counts as none, and so
// does a bbolt file that was never written to, which is what is left when a
// process dies while it creates one.
//
// The error is a *kv.OpenError. It wraps kv.ErrLocked when somebody else holds
// the file, kv.ErrForeign when the file is no silkwire database, kv.ErrDamaged
// when it fails its checks, kv.ErrNewer when its format is of a later version;
// fs.ErrPermission when file or folder may not be read or written; with
// ReadOnly, fs.ErrNotExist when there is no database yet; else what the
// operating system said. A file that is refused is not changed.
func Open(path string, opts Options) (*DB, error) {
	if opts.Timeout == 0 {
		opts.Timeout = defaultTimeout
	}
	err := errChanged
	for range attempts {
		var bolt *bbolt.DB
		if bolt, err = open(path, opts); err == nil {
			db := &DB{path: path, opts: opts, bolt: bolt, writer: make(chan struct{}, 1)}
			db.writer <- struct{}{}
			if err := bolt.View(db.newer()); err != nil {
				return nil, errors.Join(describe(path, err), bolt.Close())
			}
			return db, nil
		}
		if !errors.Is(err, errChanged) {
			break
		}
	}
	return nil, describe(path, err)
}

// open goes once through the steps: create what is missing, check the file under
// a shared lock, then open it again under the exclusive lock. The lock cannot be
// handed over, so afterwards it makes sure that nobody wrote in between.
func open(path string, opts Options) (*bbolt.DB, error) {
	blank, err := isBlank(path)
	if err != nil {
		return nil, err
	}
	if blank {
		if err := create(path, opts); err != nil {
			return nil, err
		}
	}
	bolt, found, err := openInspected(path, opts)
	if errors.Is(err, errNeverWritten) && !opts.ReadOnly {
		if err := create(path, opts); err != nil {
			return nil, err
		}
		bolt, found, err = openInspected(path, opts)
	}
	if err != nil || opts.ReadOnly {
		return bolt, err
	}
	if err := bolt.Close(); err != nil {
		return nil, err
	}
	return reopen(path, opts, found)
}

// isBlank reports whether there is nothing yet at path. What is no regular file
// is foreign; asking first matters, since opening a pipe would wait forever.
func isBlank(path string) (bool, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, err
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("%w: it is no regular file (%s)", kv.ErrForeign, info.Mode().Type())
	}
	return info.Size() == 0, nil
}

// create makes the file, its folders and its buckets. If another process has
// made them meanwhile, it leaves them alone: what follows checks them.
func create(path string, opts Options) error {
	if opts.ReadOnly {
		return fmt.Errorf("no database yet: %w", fs.ErrNotExist)
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	bolt, err := bbolt.Open(path, 0o600, boltOptions(opts))
	if err != nil {
		return err
	}
	bolt.AllocSize = growSize
	err = bolt.Update(func(tx *bbolt.Tx) error {
		if first, _ := tx.Cursor().First(); first != nil {
			return errChanged
		}
		return writeFormat(tx)
	})
	if closeErr := bolt.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return SyncFolder(folder)
}

// SyncFolder makes the new name of a file in the folder survive a power failure.
// Windows cannot, and need not, do that.
func SyncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	err = f.Sync()
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// openInspected opens the file for reading under a shared lock and returns it
// with what the checks found.
func openInspected(path string, opts Options) (*bbolt.DB, state, error) {
	opts.ReadOnly = true
	var file *os.File
	options := boltOptions(opts)
	options.OpenFile = func(name string, flag int, mode os.FileMode) (f *os.File, err error) {
		file, err = os.OpenFile(name, flag, mode)
		return file, err
	}
	bolt, err := bbolt.Open(path, 0, options)
	if err != nil {
		return nil, state{}, explain(path, err)
	}
	found, err := inspectFile(file, nil)
	if err != nil {
		return nil, state{}, errors.Join(err, bolt.Close())
	}
	return bolt, found, nil
}

// explain finds out what is wrong with a file that bbolt does not open at all.
func explain(path string, cause error) error {
	var system syscall.Errno
	if errors.Is(cause, bolterrors.ErrTimeout) || errors.As(cause, &system) {
		return cause
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	if _, err := inspectFile(file, nil); err != nil {
		return err
	}
	return cause
}

// reopen opens a file for writing that was found good.
func reopen(path string, opts Options, found state) (*bbolt.DB, error) {
	options := boltOptions(opts)
	options.OpenFile = func(name string, flag int, mode os.FileMode) (*os.File, error) {
		return os.OpenFile(name, flag&^os.O_CREATE, mode)
	}
	bolt, err := bbolt.Open(path, 0, options)
	if err != nil {
		return nil, err
	}
	bolt.AllocSize = growSize
	err = bolt.View(func(tx *bbolt.Tx) error {
		if uint64(tx.ID()) != found.txid || tx.Bucket(recordsBucket) == nil {
			return errChanged
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, bolt.Close())
	}
	return bolt, nil
}

func boltOptions(opts Options) *bbolt.Options {
	options := &bbolt.Options{
		Timeout:      opts.Timeout,
		ReadOnly:     opts.ReadOnly,
		NoSync:       opts.NoSync,
		FreelistType: bbolt.FreelistMapType,
		NoStatistics: true,
	}
	// Windows would make the file as large as the map, and who only reads
	// needs no room to grow.
	if runtime.GOOS != "windows" && !opts.ReadOnly {
		options.InitialMmapSize = mapSize
	}
	return options
}

// describe turns any error of opening into a *kv.OpenError with advice.
func describe(path string, err error) error {
	if errors.Is(err, bolterrors.ErrTimeout) || errors.Is(err, errChanged) {
		err = kv.ErrLocked
	}
	// A read-only mount is a missing permission to whoever wants to write.
	if errors.Is(err, syscall.EROFS) {
		err = fmt.Errorf("%w: %w", err, fs.ErrPermission)
	}
	hints := []struct {
		err  error
		hint string
	}{
		{kv.ErrLocked, "stop the other silkwire, or give this one a file of its own"},
		{kv.ErrForeign, "nothing was changed: move that file away, or choose another path"},
		{kv.ErrDamaged, "nothing was changed: \"silkwire store check\" tells what is wrong, and \"silkwire restore\" puts a backup in its place"},
		{kv.ErrNewer, "nothing was changed: use the silkwire that wrote it, or a later one"},
		{fs.ErrPermission, "give silkwire the right to write there, or choose another path"},
	}
	for _, h := range hints {
		if errors.Is(err, h.err) {
			return &kv.OpenError{Path: path, Err: err, Hint: h.hint}
		}
	}
	return &kv.OpenError{Path: path, Err: err}
}

// Path returns the path that the file was opened by.
func (db *DB) Path() string { return db.path }

// View runs fn on one state of the file; see kv.Store.
func (db *DB) View(ctx context.Context, fn func(kv.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("view: %w", err)
	}
	return db.use("view", func(bolt *bbolt.DB) error {
		check := db.newer()
		return bolt.View(func(tx *bbolt.Tx) error {
			if err := check(tx); err != nil {
				return err
			}
			return run(tx, fn)
		})
	})
}

// newer returns a check that a transaction which begins after the call sees what was
// committed before it: where one of the two meta pages goes bad while the file is
// open, bbolt goes back to the other without a word.
func (db *DB) newer() func(*bbolt.Tx) error {
	known := db.newest.Load()
	return func(tx *bbolt.Tx) error {
		seen := uint64(tx.ID())
		if tx.Writable() {
			seen-- // its own
		}
		if seen < known {
			return fmt.Errorf("%w: a meta page went bad, and with it the last change", kv.ErrDamaged)
		}
		for newest := known; seen > newest; newest = db.newest.Load() {
			if db.newest.CompareAndSwap(newest, seen) {
				return nil
			}
		}
		return nil
	}
}

// Update runs fn and commits what it wrote to the disk; see kv.Store. bbolt runs
// fn once, which is nothing to rely on. While another Update runs it waits, but
// not longer than ctx lasts.
func (db *DB) Update(ctx context.Context, fn func(kv.Tx) error) error {
	free, err := db.write(ctx)
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	defer free()
	return db.use("update", func(bolt *bbolt.DB) error {
		check := db.newer()
		return bolt.Update(func(tx *bbolt.Tx) error {
			if err := check(tx); err != nil {
				return err
			}
			if err := run(tx, fn); err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("update: commit: %w", err)
			}
			return nil
		})
	})
}

// write waits until nobody writes, and keeps others from it until free is called.
func (db *DB) write(ctx context.Context) (free func(), err error) {
	select {
	case <-db.writer:
		free = func() { db.writer <- struct{}{} }
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		free()
		return nil, err
	}
	return free, nil
}

// use runs do on the file that is open now. A page that cannot be read, because
// the file was cut short or its disk fails, or that bbolt finds to be wrong, is an
// error and not the end of the process.
func (db *DB) use(op string, do func(*bbolt.DB) error) (err error) {
	db.swapping.RLock()
	defer db.swapping.RUnlock()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch fault := recover().(type) {
		case nil:
		case callersPanic:
			panic(fault.value)
		default:
			err = fmt.Errorf("%s: %w: %v", op, kv.ErrDamaged, fault)
		}
	}()
	return translate(op, do(db.bolt))
}

// Close waits for open transactions and gives the file and its lock back; see
// kv.Store.
func (db *DB) Close() error {
	db.swapping.Lock()
	defer db.swapping.Unlock()
	if err := db.bolt.Close(); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

// translate turns bbolt's errors into kv's.
func translate(op string, err error) error {
	switch {
	case errors.Is(err, bolterrors.ErrDatabaseNotOpen):
		return fmt.Errorf("%s: %w", op, kv.ErrClosed)
	case errors.Is(err, bolterrors.ErrDatabaseReadOnly):
		return fmt.Errorf("%s: %w", op, kv.ErrReadOnly)
	}
	return err
}
