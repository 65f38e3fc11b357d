package slack

import "time"

// Hasten makes what a connection waits for shorter, for a test that cannot wait
// half a minute.
func (a *Adapter) Hasten(silent, ping, lingers, ack time.Duration) {
	a.timing = timing{silent: silent, ping: ping, lingers: lingers, ack: ack}
}

// Probed is closed when the adapter knows which blocks its workspace takes.
func (a *Adapter) Probed() <-chan struct{} { return a.probed }

// Lifetime is after how long a connection is renewed.
func (a *Adapter) Lifetime(slot int, life time.Duration) time.Duration { return a.lifetime(slot, life) }
