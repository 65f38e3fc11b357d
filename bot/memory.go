package bot

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync"
)

// Memory is a Ledger that keeps what it is given for as long as the process runs. It
// runs each Update twice and commits the second run, as a store may that has to try
// again. The zero Memory is empty. It is safe for use by many goroutines.
type Memory struct {
	mu      sync.Mutex
	records map[string][]byte // never changed once it is there; guarded by mu
	broken  error
}

// NewMemory is a Memory with records, which may be nil.
func NewMemory(records map[string][]byte) *Memory { return &Memory{records: maps.Clone(records)} }

// Break makes each Update end with an error after its function ran, and commit nothing;
// with nil it works again.
func (m *Memory) Break(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = err
}

// Records is a copy of what is kept, by key.
func (m *Memory) Records() map[string][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.records)
}

// View runs fn on one unchanging state and returns its error.
func (m *Memory) View(_ context.Context, fn func(Tx) error) error {
	m.mu.Lock()
	records := m.records
	m.mu.Unlock()
	return fn(memoryTx(records))
}

// Update runs fn and commits what it wrote when it returns nil.
func (m *Memory) Update(_ context.Context, fn func(Tx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var next map[string][]byte
	for range 2 {
		next = map[string][]byte{}
		maps.Copy(next, m.records)
		if err := fn(memoryTx(next)); err != nil {
			return err
		}
	}
	if m.broken != nil {
		return m.broken
	}
	m.records = next
	return nil
}

type memoryTx map[string][]byte

func (t memoryTx) Get(key []byte) ([]byte, error) { return bytes.Clone(t[string(key)]), nil }

func (t memoryTx) Put(key, value []byte) error {
	t[string(key)] = bytes.Clone(value)
	return nil
}

func (t memoryTx) Delete(key []byte) error {
	delete(t, string(key))
	return nil
}

func (t memoryTx) Scan(prefix []byte, fn func(key, value []byte) error) error {
	for _, key := range slices.Sorted(maps.Keys(t)) {
		if !bytes.HasPrefix([]byte(key), prefix) {
			continue
		}
		if err := fn([]byte(key), bytes.Clone(t[key])); err != nil {
			return err
		}
	}
	return nil
}
