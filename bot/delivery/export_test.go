package delivery

import "context"

// Rest waits for what is on its way.
func (e *Engine) Rest() { e.sending.Wait() }

// Open is how many deliveries are not done.
func (b *Book) Open() int { return len(b.Pending()) }

// Send hands a delivery over as it was seen.
func (e *Engine) Send(ctx context.Context, d Delivery) { e.send(ctx, d) }
