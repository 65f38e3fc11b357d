package knowledge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"silkwire/knowledge/kv"
)

// shippedAuthor is who wrote the revisions of the shipped fact base.
const shippedAuthor = "silkwire"

// shippedSource is the shipped fact base in keys.
const shippedSource = "shipped"

// Upgrade is what came with a newer shipped fact base.
type Upgrade struct {
	Version  string
	Revision Revision // with its edits
	Merged   []Ref    // changed by curators and in the shipped base, and it goes together
	// Left are the conflicts, and Unfit the records whose edits do not go with
	// what curators changed elsewhere.
	Left  []Conflict
	Unfit []Ref
}

// Upgrade is what Open took in of a newer shipped fact base, or nil.
func (b *Base) Upgrade() *Upgrade { return b.upgrade }

// shippedIntake reads the state, and what the shipped base brings into it: nil
// where this version is in already.
func (b *Base) shippedIntake(ctx context.Context) (st *state, in *shippedChange, err error) {
	err = b.store.View(ctx, func(tx kv.Tx) error {
		if st, err = stateOf(tx); err != nil {
			return fmt.Errorf("read fact base: %w", err)
		}
		in, err = b.shipped.since(tx, st)
		return err
	})
	return st, in, err
}

// shippedChange is what a newer shipped base brings.
type shippedChange struct {
	*intake
	source source
	unfit  []Ref
}

// since is what brings the shipped base into the state; nil if this version is
// in already. What is in conflict with what curators changed, or does not go
// with it, is left alone: a newer shipped base must never keep silkwire from
// starting.
func (s Shipped) since(tx kv.Tx, st *state) (*shippedChange, error) {
	last, err := readTaken(st.shipped)
	if err != nil {
		return nil, err
	}
	switch s.version {
	case "":
		return nil, fmt.Errorf("read the shipped fact base: %w", errIndex)
	case last.Version:
		return nil, nil //nolint:nilnil // nothing is no error
	}
	contents, err := s.Contents()
	if err != nil {
		return nil, err
	}
	from := source{name: shippedSource, tx: tx, last: last}
	in, err := from.take(st.get, contents.Records(), true)
	if err != nil {
		return nil, err
	}
	if err := explain(tx, in.conflicts); err != nil {
		return nil, err
	}
	in.next.Version = s.version
	in.change.Author, in.change.Reason, in.change.Origin = shippedAuthor, "shipped fact base "+s.version, FromShipped
	unfit, err := st.fit(&in.change)
	if err != nil {
		return nil, err
	}
	for _, ref := range unfit { // and tries again with the next version
		name := ref.String()
		delete(in.next.Records, name)
		if was, known := last.Records[name]; known {
			in.next.Records[name] = was
		}
	}
	if len(unfit) > 0 {
		in.change.Reason += fmt.Sprintf(", without %d of its edits that do not go with what curators changed", len(unfit))
	}
	return &shippedChange{in, from, unfit}, nil
}

// takeShipped writes what the shipped base brings as a revision, also where it
// brings nothing, so that the log tells of every version.
func (b *Base) takeShipped(ctx context.Context, st *state, in *shippedChange) (Revision, error) {
	mark, err := json.Marshal(in.next)
	if err != nil {
		return Revision{}, fmt.Errorf("encode what is shipped: %w", err)
	}
	rev, err := b.write(ctx, st, in.change, &beside{seen: st.number, always: true, shipped: mark, do: func(tx kv.Tx, after get) error {
		return errors.Join(in.source.keep(tx, in.intake, after), tx.Put([]byte(shippedKey), mark))
	}})
	if err != nil {
		return rev, err
	}
	merged := slices.DeleteFunc(in.merged, func(ref Ref) bool { return slices.Contains(in.unfit, ref) })
	b.upgrade = &Upgrade{Version: b.shipped.version, Revision: rev, Merged: merged, Left: in.conflicts, Unfit: in.unfit}
	return rev, nil
}
