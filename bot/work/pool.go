// Package work is what every platform's adapter does its work with: workers for
// what was delivered, a memory of what came before, what was made once, and pauses
// that grow. It uses the standard library only and imports nothing of ours.
package work

import (
	"context"
	"sync"
	"time"
)

// Pool is workers that do jobs from a bounded queue.
type Pool struct {
	jobs    chan func(context.Context)
	workers sync.WaitGroup

	mu      sync.Mutex
	idle    *sync.Cond // of mu: nothing is pending
	pending int        // jobs that wait or are done; guarded by mu
	shut    bool       // guarded by mu
}

// NewPool starts workers that work in ctx; queued jobs may wait. A job that
// panics ends itself and nothing else: broke is told. Drain ends the workers.
func NewPool(ctx context.Context, workers, queued int, broke func(any)) *Pool {
	p := &Pool{jobs: make(chan func(context.Context), queued)}
	p.idle = sync.NewCond(&p.mu)
	for range workers {
		p.workers.Go(func() {
			for job := range p.jobs {
				p.do(ctx, job, broke)
			}
		})
	}
	return p
}

func (p *Pool) do(ctx context.Context, job func(context.Context), broke func(any)) {
	defer func() {
		if panicked := recover(); panicked != nil {
			broke(panicked)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.pending--; p.pending == 0 {
			p.idle.Broadcast()
		}
	}()
	job(ctx)
}

// Put hands a job over. It is not ok when too many wait, or after Drain.
func (p *Pool) Put(job func(context.Context)) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut {
		return false
	}
	select {
	case p.jobs <- job:
		p.pending++
		return true
	default:
		return false
	}
}

// What a job that is offered puts up with: it has waited for as long as patience, while
// more than a crowd wait behind it. Then more comes than can be done, and each job that is
// done late makes the next one later.
const (
	patience = 500 * time.Millisecond
	crowd    = 32
)

// Offer is Put for a job that somebody waits for: where it comes too late by how long it
// has waited, and more wait than there should, shed is done in its place, which must be
// quick. So a queue that was long is short again at once.
func (p *Pool) Offer(waited func() time.Duration, job, shed func(context.Context)) bool {
	return p.Put(func(ctx context.Context) {
		if waited() > patience && len(p.jobs) > crowd {
			job = shed
		}
		job(ctx)
	})
}

// Drain waits until every job is done, those that jobs hand over as well, and
// takes no more.
func (p *Pool) Drain() {
	p.mu.Lock()
	for p.pending > 0 {
		p.idle.Wait()
	}
	if !p.shut {
		p.shut = true
		close(p.jobs)
	}
	p.mu.Unlock()
	p.workers.Wait()
}
