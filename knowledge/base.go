package knowledge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"silkwire/knowledge/kv"
)

// InvalidError says that a Change would leave the fact base with mistakes.
// Nothing was changed.
type InvalidError struct{ Problems []Problem }

// Error lists the problems, a line each.
func (e *InvalidError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// ConflictError says that a Change would undo what was changed since, and what.
// Nothing was changed.
type ConflictError struct{ Conflicts []Conflict }

// Error names the records.
func (e *ConflictError) Error() string {
	names := make([]string, len(e.Conflicts))
	for i, c := range e.Conflicts {
		names[i] = c.Ref.String()
	}
	return "changed since: " + strings.Join(names, ", ")
}

// Base is the fact base of one store. It is safe for use by many goroutines.
// Close it, then the store.
type Base struct {
	store    kv.Store
	shipped  Shipped
	readOnly bool
	now      func() time.Time
	current  atomic.Pointer[Snapshot]
	upgrade  *Upgrade

	gaps    gaps
	writing sync.Mutex // held by Apply from reading the state to publishing the next

	showing sync.Mutex // held from reading current to storing the next
	tape    Tape       // guarded by showing
	edition uint64     // guarded by showing
}

// Open reads the whole state of the store and takes in the shipped fact base,
// once per version of it and never over what a curator changed. With readOnly
// the shipped base is taken in for this process only and nothing is written;
// records of an older schema are then read as they are.
// The error wraps kv.ErrDamaged where a record fails its checks, kv.ErrNewer
// where a later silkwire wrote the records, and is an *OldSchemaError where an
// older one did and they are to be written: see Migrate.
func Open(ctx context.Context, store kv.Store, shipped Shipped, readOnly bool, now func() time.Time) (*Base, error) {
	b := &Base{store: store, shipped: shipped, readOnly: readOnly, now: now}
	version, err := schemaOf(ctx, store)
	if err == nil && version < schema && !readOnly {
		err = &OldSchemaError{version}
	}
	if err != nil {
		return nil, fmt.Errorf("read fact base: %w", err)
	}
	if version < schema { // what it was shipped last cannot be looked up
		return b, b.refresh(ctx)
	}
	st, in, err := b.shippedIntake(ctx)
	if err != nil {
		return nil, err
	}
	if in == nil {
		return b, b.publish(st)
	}
	if !readOnly {
		_, err := b.takeShipped(ctx, st, in)
		return b, err
	}
	next, _, err := st.with(in.change)
	if err != nil {
		return nil, err
	}
	return b, b.publish(next)
}

// Snapshot is the newest published state. Take it once per request.
func (b *Base) Snapshot() *Snapshot { return b.current.Load() }

// Apply makes one Revision of the change and publishes the Snapshot that has
// it. It returns an *InvalidError when the change would leave mistakes behind,
// and a *ConflictError when somebody changed one of its records since c.Seen;
// then nothing has changed. After an error of the storage itself the change may
// have been written or not; the next Apply finds out. The error wraps
// kv.ErrReadOnly when the base was opened for reading only. A change of nothing
// is no revision: its number is that of the newest.
func (b *Base) Apply(ctx context.Context, c Change) (Revision, error) {
	unlock, err := b.begin("apply change")
	if err != nil {
		return Revision{}, err
	}
	defer unlock()
	return b.apply(ctx, c, nil)
}

// apply writes the change, and what stands beside it, in the cheapest way. The
// caller holds the lock.
func (b *Base) apply(ctx context.Context, c Change, also *beside) (Revision, error) {
	if rev, done, err := b.applyFacts(ctx, c, also); done || err != nil {
		return rev, err
	}
	st, err := readState(ctx, b.store)
	if err == nil && also != nil && also.seen != st.number {
		err = errAhead
	}
	if err != nil {
		return Revision{}, fmt.Errorf("apply change: %w", err)
	}
	return b.write(ctx, st, c, also)
}

// begin makes the caller the only one who changes this base.
func (b *Base) begin(what string) (unlock func(), err error) {
	if b.readOnly {
		return nil, fmt.Errorf("%s: %w", what, kv.ErrReadOnly)
	}
	b.writing.Lock()
	return b.writing.Unlock, nil
}

// applyFacts makes a revision of a change that touches facts only and is found to
// be without mistakes by what the Snapshot knows: it costs the same however many
// facts there are. For any other change it is not done, and nothing has changed.
func (b *Base) applyFacts(ctx context.Context, c Change, also *beside) (rev Revision, done bool, err error) {
	last := b.current.Load()
	c, put, removed, alone := last.factsAlone(c)
	if !alone || also != nil && also.seen != last.Revision || !last.accepts(put, removed) {
		return Revision{}, false, nil
	}
	at := b.now().UTC()
	err = b.store.Update(ctx, func(tx kv.Tx) error {
		rev = Revision{Number: last.Revision + 1, At: at, Author: c.Author, Reason: c.Reason, Origin: c.Origin}
		number, err := readNumber(tx)
		if err != nil {
			return err
		}
		if number != last.Revision {
			return errAhead
		}
		get := func(ref Ref) ([]byte, error) { return tx.Get(stateKey(ref)) }
		if rev.Edits, err = c.edits(get); err != nil {
			return err
		}
		if len(rev.Edits) == 0 {
			rev = Revision{Number: last.Revision}
		} else if err := c.clash(tx, rev.Edits); err != nil {
			return err
		} else if rev, err = putRevision(tx, rev); err != nil {
			return err
		}
		if also == nil {
			return nil
		}
		return also.do(tx, get)
	})
	switch {
	case errors.Is(err, errAhead):
		return Revision{}, false, nil
	case err != nil:
		return Revision{}, false, fmt.Errorf("write revision %d: %w", last.Revision+1, err)
	case rev.Edits == nil:
		return rev, true, nil
	}
	next, ok := last.with(put, removed, rev.Number, rev.At)
	if !ok {
		return rev, true, b.refresh(ctx)
	}
	b.show(next)
	return rev, true, nil
}

// refresh publishes what the store has.
func (b *Base) refresh(ctx context.Context) error {
	st, err := readState(ctx, b.store)
	if err != nil {
		return fmt.Errorf("read fact base: %w", err)
	}
	return b.publish(st)
}

// beside is what is written in the same transaction as a revision.
type beside struct {
	seen    uint64 // the newest revision when the change was made up
	always  bool   // make a revision also of a change that edits nothing
	shipped []byte // the mark of the shipped base, where it is another now
	do      func(tx kv.Tx, after get) error
}

// write stores the change as the revision after st's, and what stands beside it,
// and publishes it. A change of nothing is no revision.
func (b *Base) write(ctx context.Context, st *state, c Change, also *beside) (Revision, error) {
	next, edits, err := st.with(c)
	if err != nil {
		return Revision{}, err
	}
	if len(edits) == 0 && also == nil {
		return Revision{Number: st.number}, b.publish(st)
	}
	at := b.now().UTC()
	isNew := len(edits) > 0 || also.always
	var rev Revision
	err = b.store.Update(ctx, func(tx kv.Tx) (err error) {
		rev = Revision{Number: st.number}
		if isNew {
			rev = Revision{Number: st.number + 1, At: at, Author: c.Author, Reason: c.Reason, Origin: c.Origin, Edits: edits}
			if err = c.clash(tx, edits); err == nil {
				rev, err = putRevision(tx, rev)
			}
		} else if number, wrong := readNumber(tx); wrong != nil || number != st.number {
			err = errors.Join(wrong, errAhead)
		}
		if err != nil || also == nil {
			return err
		}
		return also.do(tx, next.get)
	})
	if err != nil {
		return Revision{}, fmt.Errorf("write revision %d: %w", st.number+1, err)
	}
	if !isNew {
		return rev, b.publish(st)
	}
	next.number, next.at = rev.Number, rev.At
	if also != nil && also.shipped != nil {
		next.shipped = also.shipped
	}
	return rev, b.publish(next)
}

func (b *Base) publish(s *state) error {
	next, err := b.shipped.snapshot(s)
	if err != nil {
		return err
	}
	b.show(next)
	return nil
}
