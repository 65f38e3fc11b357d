// Package kv is the narrow ordered key-value face that silkwire stores
// everything behind: get, put, delete, scan, view, update, and nothing more.
// It holds the contract, the errors and the framing of a stored record; package
// boltkv keeps the records in a file, package memkv in memory, and kvtest is the
// suite that both must pass. It imports the standard library only.
//
// # Contract
//
// Keys and values are bytes. Keys are ordered bytewise, as bytes.Compare does.
//
// View and Update run a function in a transaction. A View sees one state of the
// store from beginning to end, however many Updates commit meanwhile. An Update
// is all or nothing: it takes effect when its function returns nil, and leaves
// no trace when the function returns an error or panics (the panic goes on to
// the caller).
//
// An Update's function may run more than once before it commits, as a
// distributed store does after a conflict. It must hold no side effects: it
// assigns what it computes, it does not append, count, send or print.
//
// A transaction belongs to the goroutine that runs its function and ends with
// it. Do not open one inside another, and do not call Close inside one: both can
// wait for each other forever.
package kv

import (
	"context"
	"errors"
	"fmt"
)

// What a key and a value may measure. A key's limit is bbolt's. A value's limit
// keeps one record's copy small; a store with a lower one (etcd takes requests
// of 1.5 MiB unless told otherwise) has to be configured for it.
const (
	MaxKey   = 32768
	MaxValue = 16 << 20
)

// Tx is what a transaction's function may do. It is an alias of an interface of
// built-in types, so that a package which must not import kv can declare the
// same type and be served by the same store.
//
// All slices that a Tx returns or passes on are copies: they stay valid after
// the transaction, and changing them changes nothing in the store. Slices that
// are passed in are copied before the call returns.
//
// Every method returns a *KeyError that wraps ErrKey for a key that is empty or
// longer than MaxKey, and ErrClosed once the transaction has ended.
type Tx = interface {
	// Get returns the value under key, or nil, nil when there is none. A value
	// of no bytes is empty and not nil. The error wraps ErrDamaged when the
	// record does not match its checksum.
	Get(key []byte) ([]byte, error)

	// Put stores value under key, replacing what was there; nil is a value of
	// no bytes. The error wraps ErrReadOnly in a View, ErrScanning inside Scan's
	// function, ErrValue when value is longer than MaxValue.
	Put(key, value []byte) error

	// Delete removes key; that it is absent already is no error. The error
	// wraps ErrReadOnly in a View, ErrScanning inside Scan's function.
	Delete(key []byte) error

	// Scan calls fn for each record whose key begins with prefix, in key order;
	// an empty prefix means all records. It sees what this transaction wrote.
	// It stops at the first error of fn and returns it as it is, except that
	// fs.SkipAll stops it without an error (a standard sentinel, because
	// callers may not import kv). fn may read through the Tx, but not write.
	// The error wraps ErrDamaged when a record does not match its checksum;
	// records before it were passed on.
	Scan(prefix []byte, fn func(key, value []byte) error) error
}

// Store is an ordered key-value store. It is safe for concurrent use.
type Store interface {
	// View runs fn on one unchanging state. It returns fn's error, ctx's error
	// if ctx ended before the start, or ErrClosed.
	View(ctx context.Context, fn func(Tx) error) error

	// Update runs fn, possibly more than once, and commits what the last run
	// wrote. Updates run one after the other. It returns fn's error, ctx's
	// error if ctx ended before the start or before the commit, ErrReadOnly
	// when the store was opened for reading only, or ErrClosed; after any of
	// them nothing has changed. Any other error comes from the storage itself
	// while it committed.
	Update(ctx context.Context, fn func(Tx) error) error

	// Close waits for open transactions and releases the store. Closing again
	// does nothing and returns nil.
	Close() error
}

// Errors of opening a store.
var (
	// ErrLocked is returned when another process, or another Open in this one,
	// holds the database file.
	ErrLocked = errors.New("in use by another process")

	// ErrForeign is returned when what is at the path is no silkwire database.
	ErrForeign = errors.New("not a silkwire database")

	// ErrNewer is returned when a newer silkwire wrote the database in a format
	// that this one does not know.
	ErrNewer = errors.New("written by a newer silkwire")
)

// ErrDamaged is returned when what is stored fails its checks: at opening for
// the file as a whole, in a transaction for one record.
var ErrDamaged = errors.New("damaged data")

// Errors of transactions.
var (
	// ErrReadOnly is returned for a write in a View, and for an Update of a
	// store that was opened for reading only.
	ErrReadOnly = errors.New("read only")

	// ErrClosed is returned when a store is used after Close, or a Tx after its
	// function returned.
	ErrClosed = errors.New("closed")

	// ErrScanning is returned for a write inside the function of a Scan.
	ErrScanning = errors.New("no writes while scanning")

	// ErrKey is returned for a key that is empty or longer than MaxKey.
	ErrKey = errors.New("key must have 1 to 32768 bytes")

	// ErrValue is returned for a value that is longer than MaxValue.
	ErrValue = errors.New("value is longer than 16 MiB")
)

// KeyError is an error of one record. It unwraps to its cause.
type KeyError struct {
	Op  string // get, put, delete or scan
	Key []byte
	Err error
}

// Error names the operation, the beginning of the key and the cause.
func (e *KeyError) Error() string {
	const enough = 64
	if len(e.Key) > enough {
		return fmt.Sprintf("%s key %q… (%d bytes): %v", e.Op, e.Key[:enough], len(e.Key), e.Err)
	}
	return fmt.Sprintf("%s key %q: %v", e.Op, e.Key, e.Err)
}

// Unwrap returns the cause.
func (e *KeyError) Unwrap() error { return e.Err }

// OpenError is an error of opening a store's file. It unwraps to its cause.
type OpenError struct {
	Path string
	Err  error
	Hint string // what the person who runs silkwire can do about it; may be empty
}

// Error names the path, the cause and what to do.
func (e *OpenError) Error() string {
	if e.Hint == "" {
		return fmt.Sprintf("open database %s: %v", e.Path, e.Err)
	}
	return fmt.Sprintf("open database %s: %v; %s", e.Path, e.Err, e.Hint)
}

// Unwrap returns the cause.
func (e *OpenError) Unwrap() error { return e.Err }
