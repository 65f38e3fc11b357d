// Package memkv is package kv's store in memory: the twin of the file store for
// tests, and what silkwire answers from when there is no database file. It
// imports kv only.
//
// Records live in an immutable tree. A View holds the root that was current when
// it began; an Update builds a new root beside it, sharing what did not change,
// and publishes it whole. So readers take no lock, and rolling back is
// forgetting. Nothing survives the process.
package memkv

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"

	"silkwire/knowledge/kv"
)

var _ kv.Store = (*Store)(nil)

// Store is an in-memory kv.Store. Close ends its use but waits for no View,
// since a View holds nothing that must be released.
type Store struct {
	rerun  bool
	writer chan struct{}        // holds one token; who has it may replace root
	root   atomic.Pointer[tree] // nil once closed
}

// New returns an empty store.
func New() *Store { return newStore(false) }

// NewRerunning returns an empty store that runs the function of every Update
// twice and commits only the second run, as a distributed store may. A test
// that passes with New and fails with it has found a side effect.
func NewRerunning() *Store { return newStore(true) }

func newStore(rerun bool) *Store {
	s := &Store{rerun: rerun, writer: make(chan struct{}, 1)}
	s.root.Store(newTree())
	s.writer <- struct{}{}
	return s
}

// View runs fn on the records as they are now; see kv.Store.
func (s *Store) View(ctx context.Context, fn func(kv.Tx) error) error {
	root, err := s.current(ctx)
	if err != nil {
		return fmt.Errorf("view: %w", err)
	}
	_, err = run(root, false, fn)
	return err
}

// Update runs fn and publishes what it wrote; see kv.Store.
func (s *Store) Update(ctx context.Context, fn func(kv.Tx) error) error {
	select {
	case <-s.writer:
		defer func() { s.writer <- struct{}{} }()
	case <-ctx.Done():
		return fmt.Errorf("update: %w", ctx.Err())
	}
	before, err := s.current(ctx)
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	if s.rerun {
		if _, err := run(before, true, fn); err != nil {
			return err
		}
	}
	after, err := run(before, true, fn)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("update: commit: %w", err)
	}
	s.root.Store(after)
	return nil
}

// Close waits for an Update that runs, drops the records, and refuses what
// comes later with kv.ErrClosed. It returns nil.
func (s *Store) Close() error {
	<-s.writer
	defer func() { s.writer <- struct{}{} }()
	s.root.Store(nil)
	return nil
}

func (s *Store) current(ctx context.Context) (*tree, error) {
	root := s.root.Load()
	if root == nil {
		return nil, kv.ErrClosed
	}
	return root, ctx.Err()
}

func run(root *tree, writable bool, fn func(kv.Tx) error) (*tree, error) {
	t := &tx{Guard: kv.NewGuard(writable), root: root}
	defer t.End()
	err := fn(t)
	return t.root, err
}

// tx implements kv.Tx. Values in the tree are sealed records, as in the file
// store, so that both read through the same checks.
type tx struct {
	kv.Guard
	root *tree
}

func (t *tx) Get(key []byte) ([]byte, error) {
	if err := t.Read(key); err != nil {
		return nil, err
	}
	stored, found := t.root.get(string(key))
	if !found {
		return nil, nil
	}
	_, value, err := kv.CopyRecord("get", key, stored)
	return value, err
}

func (t *tx) Put(key, value []byte) error {
	if err := t.Write("put", key, len(value)); err != nil {
		return err
	}
	t.root = t.root.with(string(key), kv.Seal(key, value))
	return nil
}

func (t *tx) Delete(key []byte) error {
	if err := t.Write("delete", key, 0); err != nil {
		return err
	}
	t.root = t.root.without(string(key))
	return nil
}

func (t *tx) Scan(prefix []byte, fn func(key, value []byte) error) error {
	return t.Guard.Scan(prefix, func() error {
		err := t.root.scan(string(prefix), func(key string, stored []byte) error {
			k, v, err := kv.CopyRecord("scan", []byte(key), stored)
			if err != nil {
				return err
			}
			return fn(k, v)
		})
		if errors.Is(err, fs.SkipAll) {
			return nil
		}
		return err
	})
}
