package knowledge

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"silkwire/knowledge/kv"
)

// Keys of the store. State is under its kind and key; revisions are under their
// number, so that they scan in order.
const (
	statePrefix    = "s/"
	revisionPrefix = "r/"
	numberKey      = "m/revision"
	shippedKey     = "m/shipped"
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

// Base is the fact base of one store. It is safe for use by many goroutines.
// Close it, then the store.
type Base struct {
	store    kv.Store
	shipped  Shipped
	readOnly bool
	now      func() time.Time
	current  atomic.Pointer[Snapshot]

	gaps    gaps
	writing sync.Mutex // held by Apply from reading the state to publishing the next
}

// Open reads the whole state of the store and takes in the shipped fact base,
// once per version of it and never over what a curator changed. With readOnly
// the shipped base is taken in for this process only and nothing is written.
// The error wraps kv.ErrDamaged where a record fails its checks.
func Open(ctx context.Context, store kv.Store, shipped Shipped, readOnly bool, now func() time.Time) (*Base, error) {
	b := &Base{store: store, shipped: shipped, readOnly: readOnly, now: now}
	state, err := readState(ctx, store)
	if err != nil {
		return nil, fmt.Errorf("read fact base: %w", err)
	}
	news, mark, err := shipped.since(state)
	if err != nil {
		return nil, err
	}
	if news == nil {
		return b, b.publish(state)
	}
	if !readOnly {
		_, err := b.write(ctx, state, *news, mark)
		return b, err
	}
	next, _, err := state.with(*news)
	if err != nil {
		return nil, err
	}
	return b, b.publish(next)
}

// Snapshot is the newest published state. Take it once per request.
func (b *Base) Snapshot() *Snapshot { return b.current.Load() }

// Apply makes one Revision of the change and publishes the Snapshot that has
// it. It returns an *InvalidError when the change would leave mistakes behind;
// then, and after any other error, nothing has changed. The error wraps
// kv.ErrReadOnly when the base was opened for reading only.
func (b *Base) Apply(ctx context.Context, c Change) (Revision, error) {
	if b.readOnly {
		return Revision{}, fmt.Errorf("apply change: %w", kv.ErrReadOnly)
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	state, err := readState(ctx, b.store)
	if err != nil {
		return Revision{}, fmt.Errorf("apply change: %w", err)
	}
	return b.write(ctx, state, c, nil)
}

// write stores the change as the revision after state's, with the mark of the
// shipped base if there is one, and publishes it.
func (b *Base) write(ctx context.Context, state *state, c Change, mark []byte) (Revision, error) {
	next, edits, err := state.with(c)
	if err != nil {
		return Revision{}, err
	}
	if len(edits) == 0 && mark == nil {
		return Revision{Number: state.number}, b.publish(state)
	}
	rev := Revision{Number: state.number + 1, At: b.now().UTC(), Author: c.Author, Reason: c.Reason, Edits: edits}
	next.number, next.at = rev.Number, rev.At
	if err := b.store.Update(ctx, func(tx kv.Tx) error { return putRevision(tx, rev, mark) }); err != nil {
		return Revision{}, fmt.Errorf("write revision %d: %w", rev.Number, err)
	}
	return rev, b.advance(rev, next)
}

// advance publishes the state after a revision: from the Snapshot before it
// where only facts changed, which costs the same however many there are, else
// anew.
func (b *Base) advance(rev Revision, next *state) error {
	last := b.current.Load()
	if last == nil || last.Revision != rev.Number-1 {
		return b.publish(next)
	}
	put, removed, only, err := factsOf(rev)
	if err != nil {
		return err
	}
	if only {
		if s, ok := last.with(put, removed, rev.Number, rev.At); ok {
			b.current.Store(s)
			return nil
		}
	}
	return b.publish(next)
}

// factsOf is what a revision does to facts, and whether it touches nothing else.
// Where it edits one twice the last edit holds.
func factsOf(rev Revision) (put []*Fact, removed []string, only bool, err error) {
	last := map[string]json.RawMessage{}
	for _, e := range rev.Edits {
		if e.Ref.Kind != FactRecord {
			return nil, nil, false, nil
		}
		last[e.Ref.Key] = e.After
	}
	for _, id := range slices.Sorted(maps.Keys(last)) {
		removed = append(removed, id)
		if last[id] == nil {
			continue
		}
		f := &Fact{}
		if err := json.Unmarshal(last[id], f); err != nil {
			return nil, nil, false, fmt.Errorf("read fact %s: %w", id, err)
		}
		put = append(put, f)
	}
	return put, removed, true, nil
}

func (b *Base) publish(s *state) error {
	next, err := b.shipped.snapshot(s)
	if err != nil {
		return err
	}
	b.current.Store(next)
	return nil
}

// errAhead says that another revision was written meanwhile.
var errAhead = errors.New("the fact base was changed by somebody else meanwhile")

func putRevision(tx kv.Tx, rev Revision, mark []byte) error {
	number, err := readNumber(tx)
	if err != nil {
		return err
	}
	if number != rev.Number-1 {
		return errAhead
	}
	for _, e := range rev.Edits {
		key := stateKey(e.Ref)
		if e.After == nil {
			err = tx.Delete(key)
		} else {
			err = tx.Put(key, e.After)
		}
		if err != nil {
			return err
		}
	}
	value, err := json.Marshal(rev)
	if err != nil {
		return fmt.Errorf("encode revision: %w", err)
	}
	if mark != nil {
		if err := tx.Put([]byte(shippedKey), mark); err != nil {
			return err
		}
	}
	if err := tx.Put(revisionKey(rev.Number), value); err != nil {
		return err
	}
	return tx.Put([]byte(numberKey), binary.BigEndian.AppendUint64(nil, rev.Number))
}

// Since lists the revisions after number, oldest first. It stops after the
// first error.
func (b *Base) Since(ctx context.Context, number uint64) iter.Seq2[Revision, error] {
	return func(yield func(Revision, error) bool) {
		for n := number; n < b.Snapshot().Revision; n++ {
			rev, err := b.revision(ctx, n+1)
			if !yield(rev, err) || err != nil {
				return
			}
		}
	}
}

func (b *Base) revision(ctx context.Context, number uint64) (Revision, error) {
	var rev Revision
	err := b.store.View(ctx, func(tx kv.Tx) error {
		value, err := tx.Get(revisionKey(number))
		if err != nil {
			return err
		}
		if value == nil {
			return fmt.Errorf("it is missing: %w", kv.ErrDamaged)
		}
		return json.Unmarshal(value, &rev)
	})
	if err != nil {
		return Revision{}, fmt.Errorf("read revision %d: %w", number, err)
	}
	return rev, nil
}

// state is the stored records, still encoded.
type state struct {
	number  uint64
	at      time.Time
	records map[Ref][]byte
	shipped []byte // the mark of the shipped base that was taken in last
}

func readState(ctx context.Context, store kv.Store) (*state, error) {
	s := &state{}
	err := store.View(ctx, func(tx kv.Tx) error {
		s.records = map[Ref][]byte{}
		var err error
		if s.number, err = readNumber(tx); err != nil || s.number == 0 {
			return err
		}
		if s.shipped, err = tx.Get([]byte(shippedKey)); err != nil {
			return err
		}
		if s.at, err = readTime(tx, s.number); err != nil {
			return err
		}
		return tx.Scan([]byte(statePrefix), func(key, value []byte) error {
			kind, name, found := strings.Cut(string(key[len(statePrefix):]), "/")
			if !found {
				return fmt.Errorf("key %q: %w", key, kv.ErrDamaged)
			}
			s.records[Ref{RecordKind(kind), name}] = value
			return nil
		})
	})
	return s, err
}

func readTime(tx kv.Tx, number uint64) (time.Time, error) {
	value, err := tx.Get(revisionKey(number))
	if err != nil || value == nil {
		return time.Time{}, err
	}
	at, err := timeOf(value)
	if err != nil {
		return time.Time{}, fmt.Errorf("revision %d: %w", number, err)
	}
	return at, nil
}

// timeOf is the time of an encoded Revision. It stands before the edits, which
// may be the whole fact base and are not read.
func timeOf(revision []byte) (time.Time, error) {
	d := json.NewDecoder(bytes.NewReader(revision))
	for {
		key, err := d.Token()
		switch {
		case err != nil:
			return time.Time{}, fmt.Errorf("read its time: %w", err)
		case key == "at":
			var at time.Time
			return at, d.Decode(&at)
		case key == "edits":
			return time.Time{}, fmt.Errorf("its time is missing: %w", kv.ErrDamaged)
		}
	}
}

func readNumber(tx kv.Tx) (uint64, error) {
	value, err := tx.Get([]byte(numberKey))
	if err != nil || value == nil {
		return 0, err
	}
	if len(value) != 8 {
		return 0, fmt.Errorf("revision number: %w", kv.ErrDamaged)
	}
	return binary.BigEndian.Uint64(value), nil
}

// with is the state after the change and what that edits. It returns an
// *InvalidError when the result has mistakes.
func (s *state) with(c Change) (*state, []Edit, error) {
	next := &state{number: s.number, at: s.at, records: make(map[Ref][]byte, len(s.records)+len(c.Put)), shipped: s.shipped}
	maps.Copy(next.records, s.records)
	var edits []Edit
	for _, r := range c.Put {
		value, err := json.Marshal(r)
		if err != nil {
			return nil, nil, fmt.Errorf("encode %s: %w", r.Ref(), err)
		}
		if before := next.records[r.Ref()]; !bytes.Equal(before, value) {
			edits = append(edits, Edit{Ref: r.Ref(), Before: before, After: value})
			next.records[r.Ref()] = value
		}
	}
	for _, ref := range c.Remove {
		if before, found := next.records[ref]; found {
			edits = append(edits, Edit{Ref: ref, Before: before})
			delete(next.records, ref)
		}
	}
	contents, err := next.contents()
	if err != nil {
		return nil, nil, err
	}
	if problems := contents.Check(); len(problems) > 0 {
		return nil, nil, &InvalidError{problems}
	}
	return next, edits, nil
}

// refs lists the records in the order of their kinds and keys.
func (s *state) refs() []Ref {
	refs := make([]Ref, 0, len(s.records))
	for ref := range s.records {
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, compareRefs)
	return refs
}

func (s *state) contents() (Contents, error) {
	var c Contents
	for _, ref := range s.refs() {
		if err := c.add(ref, s.records[ref]); err != nil {
			return Contents{}, err
		}
	}
	c.Sort()
	return c, nil
}

func stateKey(r Ref) []byte { return []byte(statePrefix + string(r.Kind) + "/" + r.Key) }

func revisionKey(number uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte(revisionPrefix), number)
}
