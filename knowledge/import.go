package knowledge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"silkwire/knowledge/kv"
)

// Import is what fact files want the fact base to become.
type Import struct {
	Contents Contents `json:"contents"`
	// Asks are further asks of facts that stand in the fact base and not in the
	// files, by the ids of the facts.
	Asks map[string][]string `json:"asks,omitempty"`
	// State is the digest of the state that the files were exported from, or
	// empty.
	State string `json:"state,omitempty"`
	// Place tells these files from others when they are imported again: their
	// folder's or file's whole path.
	Place string `json:"place"`
	// Whole says that what the files had and have no more is to be removed.
	Whole  bool   `json:"whole,omitempty"`
	Author string `json:"author"`
	Reason string `json:"reason,omitempty"`
	Try    bool   `json:"try,omitempty"` // tell what it would come to, and write nothing
}

// Imported is what an Import came to.
type Imported struct {
	// Revision has the edits; its number is that of the newest where there are
	// none.
	Revision  Revision   `json:"revision"`
	Merged    []Ref      `json:"merged,omitempty"` // changed in the fact base too, and it goes together
	Kept      []Ref      `json:"kept,omitempty"`   // changed in the fact base since, and not in the files: left as they are
	Conflicts []Conflict `json:"conflicts,omitempty"`
	// Problems are the mistakes that the import would have left behind; with any
	// of them nothing was changed.
	Problems []Problem `json:"problems,omitempty"`
}

// Import takes fact files in by a three-way merge: what they said when they were
// exported or imported last, what the fact base says now, and what they say now.
// It makes one Revision. What conflicts is listed and left alone, and conflicts
// again the next time. The error wraps kv.ErrReadOnly when the base was opened
// for reading only.
func (b *Base) Import(ctx context.Context, i Import) (Imported, error) {
	unlock, err := b.begin("import")
	if err != nil {
		return Imported{}, err
	}
	defer unlock()
	if lost := b.Snapshot().lostAsks(i); lost != nil {
		return Imported{Revision: Revision{Number: b.Snapshot().Revision}, Problems: lost}, nil
	}
	var in *intake
	var st *state // of a try
	var seen uint64
	from := source{name: digest([]byte(i.Place))}
	err = b.store.View(ctx, func(tx kv.Tx) (err error) {
		from.tx = tx
		if seen, err = readNumber(tx); err != nil {
			return err
		}
		if err := from.find(i); err != nil {
			return err
		}
		read := func(ref Ref) ([]byte, error) { return tx.Get(stateKey(ref)) }
		if i.Try {
			if st, err = stateOf(tx); err != nil {
				return err
			}
		}
		wanted, err := i.records(read)
		if err != nil {
			return err
		}
		if in, err = from.take(read, wanted, i.Whole); err != nil {
			return err
		}
		return explain(tx, in.conflicts)
	})
	if err != nil {
		return Imported{}, fmt.Errorf("import: %w", err)
	}
	from.hold(in)
	in.next.Version = i.State
	in.change.Author, in.change.Reason, in.change.Origin = i.Author, i.Reason, FromFiles
	out := Imported{Merged: in.merged, Kept: in.kept, Conflicts: in.conflicts}
	if i.Try {
		_, out.Revision.Edits, err = st.with(in.change)
		out.Revision.Number, out.Revision.Size = st.number, len(out.Revision.Edits)
	} else {
		out.Revision, err = b.apply(ctx, in.change, &beside{seen: seen, do: func(tx kv.Tx, after get) error { return from.remember(tx, in, after) }})
	}
	if invalid, ok := errors.AsType[*InvalidError](err); ok {
		out.Problems, err = invalid.Problems, nil
	}
	return out, err
}

// Knows tells whether fact files say what was imported from them last, so that
// nothing is lost with them.
func (b *Base) Knows(ctx context.Context, i Import) (bool, error) {
	var last taken
	err := b.store.View(ctx, func(tx kv.Tx) error {
		value, err := tx.Get([]byte(folderPrefix + digest([]byte(i.Place))))
		if err != nil {
			return err
		}
		last, err = readTaken(value)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("read what was imported: %w", err)
	}
	said := map[string]string{}
	for _, r := range i.Contents.Records() {
		value, err := json.Marshal(r)
		if err != nil {
			return false, fmt.Errorf("encode %s: %w", r.Ref(), err)
		}
		said[r.Ref().String()] = digest(value)
	}
	return last.Version == i.State && maps.Equal(said, last.Records), nil
}

// lostAsks finds asks of facts that there are not.
func (s *Snapshot) lostAsks(i Import) []Problem {
	var out []Problem
	for _, id := range slices.Sorted(maps.Keys(i.Asks)) {
		if s.Fact(id) != nil {
			continue
		}
		known := map[string]bool{}
		for _, f := range s.Facts() {
			known[f.ID] = true
		}
		k := checker{ref: Ref{FactRecord, id}}
		k.known("asks", "fact", id, known)
		out = append(out, k.problems...)
	}
	return out
}

// records is what the files want, with the further asks on the facts that they
// are for.
func (i Import) records(read get) ([]Record, error) {
	c := Change{Put: i.Contents.Records()}
	for _, id := range slices.Sorted(maps.Keys(i.Asks)) {
		var f Fact
		value, err := read(Ref{FactRecord, id})
		if err == nil {
			err = json.Unmarshal(value, &f)
		}
		if err != nil {
			return nil, fmt.Errorf("read fact %s: %w", id, err)
		}
		for _, ask := range i.Asks[id] {
			f.Asks = appendNew(f.Asks, ask)
		}
		c.Put = append(c.Put, f)
	}
	return c.tidied(readDocument(read)).Put, nil
}

// find looks up what these files said last: when they were imported last, else
// when they were exported. Of files that come from nowhere, what files gave a
// record last counts.
func (s *source) find(i Import) error {
	value, err := s.tx.Get([]byte(folderPrefix + s.name))
	if err != nil {
		return err
	}
	if s.last, err = readTaken(value); err != nil {
		return err
	}
	if value != nil && s.last.Version == i.State {
		s.follows = i.State == ""
		return nil
	}
	s.last = taken{}
	if i.State == "" {
		s.follows = true
		return nil
	}
	number, err := numbered(s.tx, i.State)
	if err != nil {
		return err
	}
	if number == 0 {
		s.follows = true // they were exported from another fact base
		return nil
	}
	s.base, err = stateAt(s.tx, number)
	return err
}

// hold takes what is in conflict out of what the files said, so that it is not
// taken for said the next time.
func (s *source) hold(in *intake) {
	for _, c := range in.conflicts {
		name := c.Ref.String()
		delete(in.next.Records, name)
		delete(in.values, c.Ref)
		if known, found := s.last.Records[name]; found {
			in.next.Records[name] = known
		} else if s.base != nil && s.base.records[c.Ref] != nil {
			in.next.Records[name] = digest(s.base.records[c.Ref])
		}
	}
}

// mostFolders is how many imported folders are remembered.
const mostFolders = 64

// remember writes down what the files said, and forgets the files that were
// imported longest ago where there are too many.
func (s *source) remember(tx kv.Tx, in *intake, after get) error {
	mark, err := json.Marshal(in.next)
	if err != nil {
		return fmt.Errorf("encode what was imported: %w", err)
	}
	if err := s.keep(tx, in, after); err != nil {
		return err
	}
	names := []string{s.name}
	err = tx.Scan([]byte(folderPrefix), func(key, _ []byte) error {
		if name := strings.TrimPrefix(string(key), folderPrefix); name != s.name {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range names[min(len(names), mostFolders):] {
		forgotten := source{name: name}
		if err := errors.Join(forgotten.keep(tx, &intake{}, after), tx.Delete([]byte(folderPrefix+name))); err != nil {
			return err
		}
	}
	return tx.Put([]byte(folderPrefix+s.name), mark)
}

// Undo makes a revision that takes back what an earlier one did, whoever made
// it. What was changed since is merged where it goes together; where it does not
// the error is a *ConflictError and nothing is changed. The error is a
// *NoRevisionError where there is no such revision, and an *InvalidError where
// the rest of the fact base needs what it did.
func (b *Base) Undo(ctx context.Context, number uint64, author, reason string) (Revision, error) {
	unlock, err := b.begin("undo")
	if err != nil {
		return Revision{}, err
	}
	defer unlock()
	undone, err := b.Revision(ctx, number)
	if err != nil {
		return Revision{}, err
	}
	c := Change{Author: author, Reason: reason, Origin: FromUndo}
	var conflicts []Conflict
	err = b.store.View(ctx, func(tx kv.Tx) error {
		if conflicts, err = c.reverse(tx, undone); err != nil {
			return err
		}
		return explain(tx, conflicts)
	})
	switch {
	case err != nil:
		return Revision{}, fmt.Errorf("undo: %w", err)
	case conflicts != nil:
		return Revision{}, &ConflictError{conflicts}
	}
	return b.apply(ctx, c, nil)
}

// reverse fills in what takes a revision back, as far as it goes together with what
// was changed since, and returns what does not.
func (c *Change) reverse(tx kv.Tx, undone Revision) (conflicts []Conflict, err error) {
	c.Put, c.Remove = nil, nil
	if c.Seen, err = readNumber(tx); err != nil {
		return nil, err
	}
	for _, e := range undone.Edits {
		is, err := tx.Get(stateKey(e.Ref))
		if err != nil {
			return nil, err
		}
		value, clash, err := mergeRecord(e.Ref, version{e.After, true}, is, e.Before)
		switch {
		case err != nil:
			return nil, err
		case clash != nil:
			conflicts = append(conflicts, clash...)
		case value == nil:
			c.Remove = append(c.Remove, e.Ref)
		default:
			c.Put = append(c.Put, stored{e.Ref, value})
		}
	}
	return conflicts, nil
}

// Export is the whole fact base as it is now, with the digest that
// Import recognises it by and its revision.
func (b *Base) Export(ctx context.Context) (c Contents, digest string, number uint64, err error) {
	if b.readOnly { // what is shipped may be newer than what is stored
		s := b.Snapshot()
		c = s.Contents()
		digest, err = c.Digest()
		return c, digest, s.Revision, err
	}
	err = b.store.View(ctx, func(tx kv.Tx) error {
		st, err := stateOf(tx)
		if err != nil {
			return err
		}
		digest, number = st.sum().String(), st.number
		c, err = st.contents()
		return err
	})
	return c, digest, number, err
}

// Digest is what Base.Export calls the digest, of any contents.
func (c Contents) Digest() (string, error) {
	var all sum
	for _, r := range c.Records() {
		value, err := json.Marshal(r)
		if err != nil {
			return "", fmt.Errorf("encode %s: %w", r.Ref(), err)
		}
		all.toggle(r.Ref(), value)
	}
	return all.String(), nil
}
