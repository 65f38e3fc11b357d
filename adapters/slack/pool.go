package slack

import (
	"context"
	"sync"
)

// pool is workers that do jobs from a bounded queue.
type pool struct {
	jobs    chan func(context.Context)
	workers sync.WaitGroup

	mu      sync.Mutex
	idle    *sync.Cond // of mu: nothing is pending
	pending int        // jobs that wait or are done; guarded by mu
	shut    bool       // guarded by mu
}

// newPool starts workers that work in ctx; queued jobs may wait. A job that
// panics ends itself and nothing else: broke is told.
func newPool(ctx context.Context, workers, queued int, broke func(any)) *pool {
	p := &pool{jobs: make(chan func(context.Context), queued)}
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

func (p *pool) do(ctx context.Context, job func(context.Context), broke func(any)) {
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

// put hands a job over. It is not ok when too many wait, or after drain.
func (p *pool) put(job func(context.Context)) bool {
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

// drain waits until every job is done, those that jobs hand over as well, and
// takes no more.
func (p *pool) drain() {
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
