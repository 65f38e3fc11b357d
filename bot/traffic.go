package bot

import (
	"sync/atomic"
	"time"
)

// Traffic counts what happens on the way to a platform, so that an adapter knows no
// metrics. The zero Traffic is ready, a nil one counts nothing. It is safe for use by many
// goroutines.
type Traffic struct {
	opened, lost, waits atomic.Uint64
	waited              atomic.Int64 // nanoseconds
	beat                atomic.Int64 // Unix nanoseconds; 0: never
}

// TrafficCounts are what a Traffic counted.
type TrafficCounts struct {
	Opened uint64        // connections that were made
	Lost   uint64        // connections that ended unasked
	Waits  uint64        // calls that waited for a rate limit
	Waited time.Duration // how long they did, together
	Beat   time.Time     // when a heartbeat was answered last; zero: never
}

// Opened counts a connection that was made.
func (t *Traffic) Opened() {
	if t != nil {
		t.opened.Add(1)
	}
}

// Lost counts a connection that ended although nobody here asked for it.
func (t *Traffic) Lost() {
	if t != nil {
		t.lost.Add(1)
	}
}

// Waited counts a call that waited for a rate limit; one that did not wait is none.
func (t *Traffic) Waited(d time.Duration) {
	if t != nil && d > 0 {
		t.waits.Add(1)
		t.waited.Add(int64(d))
	}
}

// Beat notes when the platform answered a heartbeat.
func (t *Traffic) Beat(at time.Time) {
	if t != nil {
		t.beat.Store(at.UnixNano())
	}
}

// Counts are what was counted so far.
func (t *Traffic) Counts() TrafficCounts {
	if t == nil {
		return TrafficCounts{}
	}
	c := TrafficCounts{Opened: t.opened.Load(), Lost: t.lost.Load(), Waits: t.waits.Load(), Waited: time.Duration(t.waited.Load())}
	if n := t.beat.Load(); n != 0 {
		c.Beat = time.Unix(0, n)
	}
	return c
}
