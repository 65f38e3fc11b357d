package slack

import (
	"context"
	"sync"
)

// pool is workers that do jobs from a bounded queue.
type pool struct {
	jobs    chan func(context.Context)
	workers sync.WaitGroup
	mu      sync.RWMutex
	shut    bool // guarded by mu
}

// newPool starts workers that work in ctx; queued jobs may wait.
func newPool(ctx context.Context, workers, queued int) *pool {
	p := &pool{jobs: make(chan func(context.Context), queued)}
	for range workers {
		p.workers.Go(func() {
			for job := range p.jobs {
				job(ctx)
			}
		})
	}
	return p
}

// put hands a job over. It is not ok when too many wait, or after drain.
func (p *pool) put(job func(context.Context)) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.shut {
		return false
	}
	select {
	case p.jobs <- job:
		return true
	default:
		return false
	}
}

// drain takes no more jobs and waits for those in hand.
func (p *pool) drain() {
	p.mu.Lock()
	if !p.shut {
		p.shut = true
		close(p.jobs)
	}
	p.mu.Unlock()
	p.workers.Wait()
}
