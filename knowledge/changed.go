package knowledge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"silkwire/knowledge/kv"
)

// Changed is what became of one fact over some revisions.
type Changed struct {
	ID            string
	Before, After *Fact // nil: there was none, there is none any more
	// By are the revisions that touched it, oldest first, without their edits.
	By []Revision
}

// Fields lists what differs between Before and After, as fact files name it. It
// is empty where one of them is nil.
func (c Changed) Fields() []string {
	if c.Before == nil || c.After == nil {
		return nil
	}
	var fields [2]map[string]json.RawMessage
	for i, f := range []*Fact{c.Before, c.After} {
		value, err := json.Marshal(f)
		if err == nil {
			err = json.Unmarshal(value, &fields[i])
		}
		if err != nil {
			return nil // a fact is always encoded
		}
	}
	names := maps.Clone(fields[0])
	maps.Copy(names, fields[1])
	return slices.Sorted(func(yield func(string) bool) {
		for name := range names {
			if !bytes.Equal(fields[0][name], fields[1][name]) && !yield(name) {
				return
			}
		}
	})
}

// Changes is what became of each fact after a revision, the last touched first,
// and how many other records are others now. What ended as it began is left out,
// and so is what came with the first revision: it is what everything began with.
func (b *Base) Changes(ctx context.Context, after uint64) (facts []Changed, others int, err error) {
	by := map[Ref][]Revision{}
	first, last := map[Ref]json.RawMessage{}, map[Ref]json.RawMessage{}
	for rev, err := range b.Since(ctx, after) {
		if err != nil {
			return nil, 0, err
		}
		if rev.Number == 1 && rev.Origin == FromShipped {
			continue
		}
		edits := rev.Edits
		rev.Edits = nil
		for _, e := range edits {
			if by[e.Ref] == nil {
				first[e.Ref] = e.Before
			}
			by[e.Ref], last[e.Ref] = append(by[e.Ref], rev), e.After
		}
	}
	for ref := range by {
		switch {
		case bytes.Equal(first[ref], last[ref]):
			continue
		case ref.Kind != FactRecord:
			others++
			continue
		}
		c := Changed{ID: ref.Key, By: by[ref]}
		if c.Before, err = readFact(first[ref]); err != nil {
			return nil, 0, err
		}
		if c.After, err = readFact(last[ref]); err != nil {
			return nil, 0, err
		}
		facts = append(facts, c)
	}
	slices.SortFunc(facts, func(a, b Changed) int {
		if newer := int(b.By[len(b.By)-1].Number) - int(a.By[len(a.By)-1].Number); newer != 0 {
			return newer
		}
		return strings.Compare(a.ID, b.ID)
	})
	return facts, others, nil
}

func readFact(value []byte) (*Fact, error) {
	if value == nil {
		return nil, nil //nolint:nilnil // there is none
	}
	f := &Fact{}
	if err := json.Unmarshal(value, f); err != nil {
		return nil, fmt.Errorf("read fact: %w", err)
	}
	return f, nil
}

// Before is the newest revision that was written before a time, or 0.
func (b *Base) Before(ctx context.Context, t time.Time) (number uint64, err error) {
	err = b.store.View(ctx, func(tx kv.Tx) error {
		if number, err = readNumber(tx); err != nil {
			return err
		}
		for ; number > 0; number-- {
			rev, err := readHead(tx, number)
			if err != nil || rev.At.Before(t) {
				return err
			}
		}
		return nil
	})
	return number, err
}
