package discord

import "time"

// Hasten makes what is waited for shorter: until an answer is deferred, for READY, and
// between two identifies.
func (a *Adapter) Hasten(ack, opening, identify time.Duration) {
	a.timing = timing{ack: ack, opening: opening, identify: identify}
}
