package slack

import (
	"context"
	"sync"
	"time"

	"silkwire/bot/work"
)

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
		if err := work.Rest(ctx, delay); err != nil {
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
