package bot_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"silkwire/bot"
)

// shelf is a Ledger in memory. It runs each Update twice, as a store may that
// has to try again, and commits the second run.
type shelf struct {
	mu      sync.Mutex
	records map[string][]byte
	broken  bool // Update fails after its function ran
}

func (s *shelf) View(_ context.Context, fn func(bot.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fn(shelfTx{s.records})
}

func (s *shelf) Update(_ context.Context, fn func(bot.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var next map[string][]byte
	for range 2 {
		next = maps.Clone(s.records)
		if next == nil {
			next = map[string][]byte{}
		}
		if err := fn(shelfTx{next}); err != nil {
			return err
		}
	}
	if s.broken {
		return errors.New("the disk is full")
	}
	s.records = next
	return nil
}

func (s *shelf) keys() []string { return slices.Sorted(maps.Keys(s.records)) }

type shelfTx struct{ records map[string][]byte }

func (t shelfTx) Get(key []byte) ([]byte, error) { return bytes.Clone(t.records[string(key)]), nil }

func (t shelfTx) Put(key, value []byte) error {
	t.records[string(key)] = bytes.Clone(value)
	return nil
}

func (t shelfTx) Delete(key []byte) error {
	delete(t.records, string(key))
	return nil
}

func (t shelfTx) Scan(prefix []byte, fn func(key, value []byte) error) error {
	for _, key := range slices.Sorted(maps.Keys(t.records)) {
		if !bytes.HasPrefix([]byte(key), prefix) {
			continue
		}
		if err := fn([]byte(key), bytes.Clone(t.records[key])); err != nil {
			return err
		}
	}
	return nil
}
