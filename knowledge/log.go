package knowledge

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"silkwire/knowledge/kv"
)

// errAhead says that another revision was written meanwhile.
var errAhead = errors.New("the fact base was changed by somebody else meanwhile")

// NoRevisionError says that there is no revision of a number.
type NoRevisionError struct{ Number, Newest uint64 }

// Error names the newest revision.
func (e *NoRevisionError) Error() string {
	if e.Newest == 0 {
		return fmt.Sprintf("there is no revision %d: nothing was written yet", e.Number)
	}
	return fmt.Sprintf("there is no revision %d: they are numbered 1 to %d", e.Number, e.Newest)
}

// putRevision writes the revision after the newest: its edits to the state and
// to the log. It returns the revision with the digest of the state after it, and
// errAhead where another one has that number.
func putRevision(tx kv.Tx, rev Revision) (Revision, error) {
	number, err := readNumber(tx)
	if err != nil {
		return rev, err
	}
	if number != rev.Number-1 {
		return rev, errAhead
	}
	var all sum
	if number > 0 {
		last, err := readHead(tx, number)
		if err != nil {
			return rev, err
		}
		if all, err = parseSum(last.State); err != nil {
			return rev, fmt.Errorf("revision %d: %w: %w", number, err, kv.ErrDamaged)
		}
	} else if err := tx.Put([]byte(schemaKey), schemaValue(schema)); err != nil {
		return rev, err
	}
	all.turn(rev.Edits)
	rev.State, rev.Size = all.String(), len(rev.Edits)
	for _, e := range rev.Edits {
		if e.After == nil {
			err = tx.Delete(stateKey(e.Ref))
		} else {
			err = tx.Put(stateKey(e.Ref), e.After)
		}
		if err != nil {
			return rev, err
		}
	}
	return rev, errors.Join(logRevision(tx, rev), tx.Put([]byte(numberKey), binary.BigEndian.AppendUint64(nil, rev.Number)))
}

// logRevision writes a revision, its edits and which records it touched.
func logRevision(tx kv.Tx, rev Revision) error {
	for i, e := range rev.Edits {
		value, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("encode edit of %s: %w", e.Ref, err)
		}
		if err := tx.Put(editKey(rev.Number, i), value); err != nil {
			return err
		}
		if err := tx.Put(historyKey(e.Ref, rev.Number), placeValue(i)); err != nil {
			return err
		}
	}
	rev.Edits = nil
	value, err := json.Marshal(rev)
	if err != nil {
		return fmt.Errorf("encode revision: %w", err)
	}
	return tx.Put(revisionKey(rev.Number), value)
}

// readHead reads a revision, in files of the first schema with its edits, else
// without.
func readHead(tx kv.Tx, number uint64) (Revision, error) {
	var rev Revision
	value, err := tx.Get(revisionKey(number))
	switch {
	case err != nil:
	case value == nil:
		err = fmt.Errorf("it is missing: %w", kv.ErrDamaged)
	default:
		if err = json.Unmarshal(value, &rev); err == nil && rev.Number != number {
			err = fmt.Errorf("it says that it is revision %d: %w", rev.Number, kv.ErrDamaged)
		}
	}
	if err != nil {
		return Revision{}, fmt.Errorf("read revision %d: %w", number, err)
	}
	return rev, nil
}

func readRevision(tx kv.Tx, number uint64) (Revision, error) {
	rev, err := readHead(tx, number)
	if err != nil || len(rev.Edits) > 0 {
		return rev, err
	}
	rev.Edits = make([]Edit, 0, min(rev.Size, 1<<16))
	err = tx.Scan(editsKey(number), func(_, value []byte) error {
		var e Edit
		if err := json.Unmarshal(value, &e); err != nil {
			return err
		}
		rev.Edits = append(rev.Edits, e)
		return nil
	})
	if err == nil && len(rev.Edits) != rev.Size {
		err = fmt.Errorf("%d of its %d edits are there: %w", len(rev.Edits), rev.Size, kv.ErrDamaged)
	}
	if err != nil {
		return Revision{}, fmt.Errorf("read revision %d: %w", number, err)
	}
	return rev, nil
}

// touch is a revision's edit of a record.
type touch struct {
	number uint64
	place  []byte
}

// touching lists the revisions that edited a record, oldest first. The error is an
// *OldSchemaError where that was not written down.
func touching(tx kv.Tx, ref Ref) ([]touch, error) {
	version, err := readSchema(tx)
	if err != nil {
		return nil, err
	}
	if version < schema {
		return nil, &OldSchemaError{version}
	}
	var all []touch
	prefix := historyKey(ref, 0)
	prefix = prefix[:len(prefix)-8]
	err = tx.Scan(prefix, func(key, place []byte) error {
		if len(key) != len(prefix)+8 || len(place) != 4 {
			return fmt.Errorf("key %q: %w", key, kv.ErrDamaged)
		}
		all = append(all, touch{binary.BigEndian.Uint64(key[len(prefix):]), place})
		return nil
	})
	return all, err
}

// edit reads what the revision did to the record.
func (t touch) edit(tx kv.Tx) (Edit, error) {
	var e Edit
	value, err := tx.Get(append(editsKey(t.number), t.place...))
	switch {
	case err != nil:
	case value == nil:
		err = fmt.Errorf("it is missing: %w", kv.ErrDamaged)
	default:
		err = json.Unmarshal(value, &e)
	}
	if err != nil {
		return Edit{}, fmt.Errorf("read edit of revision %d: %w", t.number, err)
	}
	return e, nil
}

// clash is a *ConflictError where a record of the edits was touched since the
// author of the change saw it.
func (c Change) clash(tx kv.Tx, edits []Edit) error {
	if c.Seen == 0 {
		return nil
	}
	var conflicts []Conflict
	for _, e := range edits {
		touches, err := touching(tx, e.Ref)
		if err != nil {
			return err
		}
		if n := len(touches); n > 0 && touches[n-1].number > c.Seen {
			conflicts = append(conflicts, Conflict{Ref: e.Ref, Is: e.Before, Wanted: e.After})
		}
	}
	if conflicts == nil {
		return nil
	}
	return errors.Join(explain(tx, conflicts), &ConflictError{conflicts})
}

// Since lists the revisions after number, oldest first. It stops after the
// first error.
func (b *Base) Since(ctx context.Context, number uint64) iter.Seq2[Revision, error] {
	return func(yield func(Revision, error) bool) {
		for n := number; n < b.Snapshot().Revision; n++ {
			rev, err := b.Revision(ctx, n+1)
			if !yield(rev, err) || err != nil {
				return
			}
		}
	}
}

// Revision reads one revision with its edits. The error is a *NoRevisionError
// where there is none of that number, and wraps kv.ErrDamaged where it cannot be
// read.
func (b *Base) Revision(ctx context.Context, number uint64) (rev Revision, err error) {
	err = b.store.View(ctx, func(tx kv.Tx) error {
		newest, err := readNumber(tx)
		if err != nil {
			return err
		}
		if number == 0 || number > newest {
			return &NoRevisionError{number, newest}
		}
		rev, err = readRevision(tx, number)
		return err
	})
	return rev, err
}

// Log lists the newest revisions without their edits, newest first, at most as
// many as most.
func (b *Base) Log(ctx context.Context, most int) ([]Revision, error) {
	var all []Revision
	err := b.store.View(ctx, func(tx kv.Tx) error {
		all = nil
		newest, err := readNumber(tx)
		for n := newest; err == nil && n > 0 && len(all) < most; n-- {
			var rev Revision
			if rev, err = readHead(tx, n); err == nil {
				rev.Size = max(rev.Size, len(rev.Edits))
				rev.Edits = nil
				all = append(all, rev)
			}
		}
		return err
	})
	return all, err
}

// History lists the revisions that touched a record, newest first, each with
// what it did to that record only.
func (b *Base) History(ctx context.Context, ref Ref) ([]Revision, error) {
	var all []Revision
	err := b.store.View(ctx, func(tx kv.Tx) error {
		all = nil
		touches, err := touching(tx, ref)
		if err != nil {
			return err
		}
		for _, t := range slices.Backward(touches) {
			rev, err := readHead(tx, t.number)
			if err != nil {
				return err
			}
			e, err := t.edit(tx)
			if err != nil {
				return err
			}
			rev.Edits = []Edit{e}
			all = append(all, rev)
		}
		return nil
	})
	return all, err
}

// Refs lists the records that were ever called so: by their key alone
// (qwen-licence) or with their kind (fact qwen-licence).
func (b *Base) Refs(ctx context.Context, name string) ([]Ref, error) {
	var refs []Ref
	candidates := []Ref{parseRef(name)}
	for _, kind := range recordKinds() {
		candidates = append(candidates, Ref{kind, name})
	}
	err := b.store.View(ctx, func(tx kv.Tx) error {
		refs = nil
		for _, ref := range candidates {
			touches, err := touching(tx, ref)
			if err != nil {
				return err
			}
			if len(touches) > 0 {
				refs = append(refs, ref)
			}
		}
		return nil
	})
	return refs, err
}

// ContentsAt is the whole fact base as it was after a revision. The error is a
// *NoRevisionError where there is none.
func (b *Base) ContentsAt(ctx context.Context, number uint64) (c Contents, err error) {
	err = b.store.View(ctx, func(tx kv.Tx) error {
		s, err := stateAt(tx, number)
		if err != nil {
			return err
		}
		c, err = s.contents()
		return err
	})
	return c, err
}

// stateAt goes back from the newest state.
func stateAt(tx kv.Tx, number uint64) (*state, error) {
	s, err := stateOf(tx)
	if err != nil {
		return nil, err
	}
	if number == 0 || number > s.number {
		return nil, &NoRevisionError{number, s.number}
	}
	for ; s.number > number; s.number-- {
		rev, err := readRevision(tx, s.number)
		if err != nil {
			return nil, err
		}
		s.back(rev.Edits)
	}
	return s, nil
}

// numbered is the newest revision after which the state had the digest, or 0.
func numbered(tx kv.Tx, digest string) (uint64, error) {
	n, err := readNumber(tx)
	for ; err == nil && n > 0; n-- {
		rev, err := readHead(tx, n)
		if err != nil || rev.State == digest {
			return n, err
		}
	}
	return 0, err
}

func revisionKey(number uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte(revisionPrefix), number)
}

// editsKey is what the keys of a revision's edits begin with; the place of each
// among them follows.
func editsKey(number uint64) []byte { return binary.BigEndian.AppendUint64([]byte(editPrefix), number) }

func editKey(number uint64, place int) []byte { return append(editsKey(number), placeValue(place)...) }

func placeValue(place int) []byte {
	return binary.BigEndian.AppendUint32(nil, uint32(place))
}

func historyKey(ref Ref, number uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte(historyPrefix+string(ref.Kind)+"/"+ref.Key+"\x00"), number)
}

func compareRefs(a, b Ref) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Key, b.Key))
}
