package slack

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// turn is one delivery while it is answered. Its acknowledgement goes out once,
// with the answer in it if that is there in time, else empty; then the answer
// follows by the response_url.
type turn struct {
	a     *Adapter
	send  func(payload any) error // on the wire that the delivery came by; nil: empty
	acked atomic.Bool
	timer atomic.Pointer[time.Timer]
	url   string // its response_url, or empty
	born  time.Time
}

// take begins a turn. The acknowledgement goes out in time whatever happens to the
// answer.
func (a *Adapter) take(send func(payload any) error, url string) *turn {
	t := &turn{a: a, send: send, url: url, born: a.opts.Now()}
	t.timer.Store(time.AfterFunc(a.timing.ack, t.ack))
	return t
}

// waited is how long ago it was delivered.
func (t *turn) waited() time.Duration { return t.a.opts.Now().Sub(t.born) }

// ack acknowledges with nothing, if nothing was sent so far.
func (t *turn) ack() {
	// Slack has shown an error or will deliver again; the log has it.
	_ = t.ackWith(nil)
}

// abandon leaves a delivery without an acknowledgement.
func (t *turn) abandon() {
	if t.acked.CompareAndSwap(false, true) {
		t.timer.Load().Stop()
	}
}

var errAcked = errors.New("acknowledged already")

// ackWith acknowledges with a payload, if nothing was sent so far.
func (t *turn) ackWith(payload any) error {
	if !t.acked.CompareAndSwap(false, true) {
		return errAcked
	}
	if timer := t.timer.Load(); timer != nil { // nil: it is what runs this
		timer.Stop()
	}
	err := t.send(payload)
	if errors.Is(err, errTooBig) {
		return errors.Join(err, t.send(nil))
	}
	if err != nil {
		t.a.opts.Log.Warn("slack: acknowledgement not delivered", "error", clean(err))
	}
	return err
}

// respond sends a message: in the acknowledgement, else by the response_url,
// which takes what is too big for a frame too.
func (t *turn) respond(ctx context.Context, m rendered) error {
	err := t.ackWith(m)
	if err == nil {
		return nil
	}
	return t.a.respond(ctx, t.url, t.born, m)
}
