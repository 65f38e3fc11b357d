package slack

import "time"

// Hasten makes what a connection waits for shorter, for a test that cannot wait
// half a minute.
func (a *Adapter) Hasten(silent, ping, lingers, ack time.Duration) {
	a.timing = timing{silent: silent, ping: ping, lingers: lingers, ack: ack}
}
