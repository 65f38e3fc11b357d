package knowledge

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"silkwire/knowledge/kv"
)

// Keys of the store. State is under its kind and key. A revision is under its
// number, so that revisions scan in order, its edits apart from it, and which
// revisions touched a record under that record. What a fact file, or the binary,
// said last of a record is kept where the state says something else.
const (
	statePrefix    = "s/" // kind/key → record
	revisionPrefix = "r/" // number → Revision without its edits
	editPrefix     = "e/" // number, place → Edit
	historyPrefix  = "h/" // kind/key, 0, number → place of the Edit
	wantedPrefix   = "w/" // source/kind/key → record, as the source said it last
	folderPrefix   = "i/" // source → taken, of fact files that were imported
	numberKey      = "m/revision"
	schemaKey      = "m/schema"
	shippedKey     = "m/shipped"
)

// state is the stored records, still encoded.
type state struct {
	number  uint64
	at      time.Time
	records map[Ref][]byte
	shipped []byte // the mark of the shipped base that was taken in last
}

func readState(ctx context.Context, store kv.Store) (*state, error) {
	var s *state
	err := store.View(ctx, func(tx kv.Tx) (err error) {
		s, err = stateOf(tx)
		return err
	})
	return s, err
}

func stateOf(tx kv.Tx) (*state, error) {
	s := &state{records: map[Ref][]byte{}}
	var err error
	if s.number, err = readNumber(tx); err != nil || s.number == 0 {
		return s, err
	}
	if s.shipped, err = tx.Get([]byte(shippedKey)); err != nil {
		return nil, err
	}
	last, err := readHead(tx, s.number)
	if err != nil {
		return nil, err
	}
	s.at = last.At
	return s, tx.Scan([]byte(statePrefix), func(key, value []byte) error {
		ref, err := refOf(key[len(statePrefix):])
		if err != nil {
			return fmt.Errorf("key %q: %w", key, err)
		}
		s.records[ref] = value
		return nil
	})
}

// refOf reads kind/key.
func refOf(key []byte) (Ref, error) {
	kind, name, found := strings.Cut(string(key), "/")
	if !found {
		return Ref{}, kv.ErrDamaged
	}
	return Ref{RecordKind(kind), name}, nil
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
	edits, err := c.tidied(readDocument(next.get)).edits(next.get)
	if err != nil {
		return nil, nil, err
	}
	next.forward(edits)
	contents, err := next.contents()
	if err != nil {
		return nil, nil, err
	}
	if problems := contents.Check(); len(problems) > 0 {
		return nil, nil, &InvalidError{problems}
	}
	return next, edits, nil
}

func (s *state) get(ref Ref) ([]byte, error) { return s.records[ref], nil }

// edits is what the change does to records that get reads, one edit each; a
// value of nil is no record.
func (c Change) edits(get func(Ref) ([]byte, error)) ([]Edit, error) {
	after, order := map[Ref][]byte{}, []Ref{}
	set := func(ref Ref, value []byte) {
		if _, again := after[ref]; !again {
			order = append(order, ref)
		}
		after[ref] = value
	}
	for _, r := range c.Put {
		value, err := json.Marshal(r)
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", r.Ref(), err)
		}
		set(r.Ref(), value)
	}
	for _, ref := range c.Remove {
		set(ref, nil)
	}
	var edits []Edit
	for _, ref := range order {
		before, err := get(ref)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(before, after[ref]) {
			edits = append(edits, Edit{Ref: ref, Before: before, After: after[ref]})
		}
	}
	return edits, nil
}

// readDocument finds documents by their ids; nil is none, or one that cannot be
// read, which the check of the whole reports.
func readDocument(read get) func(id string) *Document {
	return func(id string) *Document {
		var d Document
		if value, err := read(Ref{DocumentRecord, id}); err != nil || value == nil || json.Unmarshal(value, &d) != nil {
			return nil
		}
		return &d
	}
}

// forward is the state after the edits.
func (s *state) forward(edits []Edit) {
	for _, e := range edits {
		if e.After == nil {
			delete(s.records, e.Ref)
			continue
		}
		s.records[e.Ref] = e.After
	}
}

// back is the state before the edits.
func (s *state) back(edits []Edit) {
	for _, e := range slices.Backward(edits) {
		if e.Before == nil {
			delete(s.records, e.Ref)
			continue
		}
		s.records[e.Ref] = e.Before
	}
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

func (s *state) sum() sum {
	var all sum
	for ref, value := range s.records {
		all.toggle(ref, value)
	}
	return all
}

func stateKey(r Ref) []byte { return []byte(statePrefix + string(r.Kind) + "/" + r.Key) }
