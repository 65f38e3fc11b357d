package slack

import (
	"context"
	"sync"
	"time"
)

// recentKeys remembers the last keys, at most size of them. It is safe for use by
// many goroutines.
type recentKeys struct {
	mu    sync.Mutex
	known map[string]bool
	order []string // a ring
	next  int
}

func newRecentKeys(size int) *recentKeys {
	return &recentKeys{known: make(map[string]bool, 64), order: make([]string, size)}
}

// add remembers the key and tells whether it is new.
func (r *recentKeys) add(key string) bool {
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

// remove forgets a key.
func (r *recentKeys) remove(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, key)
}

func (r *recentKeys) has(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[key]
}

// pacer spreads what goes to one channel: a message a second, which is what Slack
// takes (https://docs.slack.dev/apis/web-api/rate-limits), and later where Slack
// said so.
type pacer struct {
	now func() time.Time
	mu  sync.Mutex
	// next is when the next call may go out, by method and channel; guarded by mu.
	next map[string]time.Time
	// until is when a pause that Slack asked for ends; guarded by mu.
	until map[string]time.Time
}

func newPacer(now func() time.Time) *pacer {
	return &pacer{now: now, next: map[string]time.Time{}, until: map[string]time.Time{}}
}

// postEvery is the pace of one channel; a few may go out at once, as Slack allows
// short bursts.
const (
	postEvery = time.Second
	postBurst = 2
)

// wait takes the next turn of the key and waits for it, and for the end of a
// pause that Slack asked for meanwhile, or for ctx.
func (p *pacer) wait(ctx context.Context, key string) error {
	for delay := p.take(key); delay > 0; delay = p.paused(key) {
		if err := rest(ctx, delay); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// paused is how long the key's pause lasts on.
func (p *pacer) paused(key string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.until[key].Sub(p.now())
}

func (p *pacer) take(key string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	const most = 10_000
	if len(p.next) > most {
		for k, t := range p.next {
			if t.Before(now) {
				delete(p.next, k)
				delete(p.until, k)
			}
		}
	}
	at := p.next[key]
	if earliest := now.Add(-postBurst * postEvery); at.Before(earliest) {
		at = earliest
	}
	p.next[key] = at.Add(postEvery)
	return at.Add(postEvery).Sub(now)
}

// hold lets nothing of the key out before a pause that Slack asked for.
func (p *pacer) hold(key string, pause time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	until := p.now().Add(pause)
	if p.until[key].Before(until) {
		p.until[key] = until
	}
	if p.next[key].Before(until) {
		p.next[key] = until.Add(-postEvery)
	}
}

// backoff is growing pauses with jitter, capped at thirty seconds.
type backoff struct {
	random func() float64
	next   time.Duration
}

const (
	firstPause = 200 * time.Millisecond
	mostPause  = 30 * time.Second
)

func newBackoff(random func() float64) *backoff { return &backoff{random: random, next: firstPause} }

// wait pauses for between half and the whole of the next step, or until ctx ends.
func (b *backoff) wait(ctx context.Context) {
	pause := b.next/2 + time.Duration(b.random()*float64(b.next/2))
	b.next = min(2*b.next, mostPause)
	// That ctx ended is seen by whoever goes on.
	_ = rest(ctx, pause)
}

func (b *backoff) reset() { b.next = firstPause }
