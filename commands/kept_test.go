package commands

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"

	"silkwire/bot"
)

// shelf is a Ledger in memory.
type shelf struct {
	mu      sync.Mutex
	records map[string][]byte
}

func (s *shelf) View(_ context.Context, fn func(bot.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fn(shelfTx{s.records})
}

func (s *shelf) Update(_ context.Context, fn func(bot.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := maps.Clone(s.records)
	if next == nil {
		next = map[string][]byte{}
	}
	if err := fn(shelfTx{next}); err != nil {
		return err
	}
	s.records = next
	return nil
}

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
		if bytes.HasPrefix([]byte(key), prefix) {
			if err := fn([]byte(key), bytes.Clone(t.records[key])); err != nil {
				return err
			}
		}
	}
	return nil
}

// testKept keeps things in memory for one test.
func testKept(t *testing.T) Kept { return keptOn(t, &shelf{}) }

func keptOn(t *testing.T, ledger bot.Ledger) Kept {
	t.Helper()
	settings, err := bot.NewSettingsStore(t.Context(), ledger)
	if err != nil {
		t.Fatal(err)
	}
	return Kept{Settings: settings, Feedback: bot.NewFeedback(ledger, slog.New(slog.DiscardHandler)), Drafts: bot.NewDrafts(ledger)}
}
