package work

import (
	"context"
	"sync"
	"time"
)

// RecentKeys remembers the last keys. It is safe for use by many goroutines.
type RecentKeys struct {
	mu    sync.Mutex
	known map[string]bool
	order []string // a ring
	next  int
}

// NewRecentKeys remembers at most size keys.
func NewRecentKeys(size int) *RecentKeys {
	return &RecentKeys{known: make(map[string]bool, 64), order: make([]string, size)}
}

// Add remembers the key and tells whether it is new.
func (r *RecentKeys) Add(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known[key] {
		return false
	}
	if old := r.order[r.next]; old != "" {
		delete(r.known, old)
	}
	r.order[r.next], r.known[key] = key, true
	r.next = (r.next + 1) % len(r.order)
	return true
}

// Remove forgets a key.
func (r *RecentKeys) Remove(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, key)
}

// Has tells whether the key is remembered.
func (r *RecentKeys) Has(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[key]
}

// Memo keeps what was made for a key, for whoever asks the same. It is safe for use
// by many goroutines.
type Memo[K comparable, V any] struct {
	mu   sync.Mutex
	size int
	kept map[K]V // guarded by mu
}

// NewMemo keeps at most size values; when there would be more, all are forgotten:
// what is still asked for is soon there again.
func NewMemo[K comparable, V any](size int) *Memo[K, V] {
	return &Memo[K, V]{size: size, kept: map[K]V{}}
}

// Get is the value of a key, made if it is not kept.
func (m *Memo[K, V]) Get(key K, make func() V) V {
	m.mu.Lock()
	v, found := m.kept[key]
	m.mu.Unlock()
	if found {
		return v
	}
	v = make()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.kept) >= m.size {
		clear(m.kept)
	}
	m.kept[key] = v
	return v
}

// Backoff is growing pauses with jitter.
type Backoff struct {
	random     func() float64
	next, most time.Duration
}

// firstPause is the longest that the first pause lasts.
const firstPause = 200 * time.Millisecond

// NewBackoff makes pauses that double up to most. random is in [0, 1).
func NewBackoff(random func() float64, most time.Duration) *Backoff {
	return &Backoff{random: random, next: firstPause, most: most}
}

// Wait pauses for between half and the whole of the next step, or until ctx ends.
func (b *Backoff) Wait(ctx context.Context) {
	pause := b.next/2 + time.Duration(b.random()*float64(b.next/2))
	b.next = min(2*b.next, b.most)
	// That ctx ended is seen by whoever goes on.
	_ = Rest(ctx, pause)
}

// Reset begins with the shortest pause again.
func (b *Backoff) Reset() { b.next = firstPause }

// Rest waits, or until ctx ends, whose error it returns then.
func Rest(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
