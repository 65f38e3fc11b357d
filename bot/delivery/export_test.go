package delivery

// Rest waits for what is on its way.
func (e *Engine) Rest() { e.sending.Wait() }

// Open is how many deliveries are not done.
func (b *Book) Open() int { return len(b.pending()) }
