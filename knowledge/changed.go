package knowledge

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
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
	before, err := json.Marshal(c.Before)
	if err != nil {
		return nil // a fact is always encoded
	}
	after, err := json.Marshal(c.After)
	if err != nil {
		return nil
	}
	return differing(before, after)
}

// Fields lists what the edit changed of a record, as fact files name it. It is
// empty for a record that is new or was removed.
func (e Edit) Fields() []string {
	if e.Before == nil || e.After == nil {
		return nil
	}
	return differing(e.Before, e.After)
}

func differing(before, after json.RawMessage) []string {
	was, is := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if json.Unmarshal(before, &was) != nil || json.Unmarshal(after, &is) != nil {
		return nil
	}
	names := map[string]bool{}
	for _, fields := range []map[string]json.RawMessage{was, is} {
		for name := range fields {
			if !bytes.Equal(was[name], is[name]) {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// Gist is what the record says, in a line: a fact's statement, a name, a price.
func (e Edit) Gist() string {
	value := e.After
	if value == nil {
		value = e.Before
	}
	var fields struct{ Statement, Driver, Summary, Title, Name, Price, Alias string }
	if err := json.Unmarshal(value, &fields); err != nil {
		return e.Ref.String()
	}
	return cmp.Or(fields.Statement, fields.Driver, fields.Summary, fields.Title, fields.Name, fields.Price, fields.Alias, e.Ref.String())
}

// Changes is what became of each fact after a revision, the last touched first,
// and how many other records are others now. What ended as it began is left out,
// and so is what came with the first revision: it is what everything began with.
func (b *Base) Changes(ctx context.Context, after uint64) (facts []Changed, others int, err error) {
	return b.ChangesUntil(ctx, after, math.MaxUint64)
}

// ChangesUntil is Changes as it was at a revision: what came later is left out. What it
// costs does not grow with what came before.
func (b *Base) ChangesUntil(ctx context.Context, after, until uint64) (facts []Changed, others int, err error) {
	by := map[Ref][]Revision{}
	first, last := map[Ref]json.RawMessage{}, map[Ref]json.RawMessage{}
	for rev, err := range b.Since(ctx, after) {
		if err != nil {
			return nil, 0, err
		}
		if rev.Number > until {
			break
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

// ChangedFact is what became of one fact after a revision; it is not changed where it is
// as it was then. What it costs does not grow with the log.
func (b *Base) ChangedFact(ctx context.Context, id string, after uint64) (c Changed, changed bool, err error) {
	all, err := b.History(ctx, Ref{Kind: FactRecord, Key: id})
	if err != nil {
		return c, false, err
	}
	all = slices.DeleteFunc(all, func(rev Revision) bool { return rev.Number <= after })
	if len(all) == 0 {
		return c, false, nil
	}
	first, last := all[len(all)-1].Edits[0].Before, all[0].Edits[0].After
	if bytes.Equal(first, last) {
		return c, false, nil
	}
	c.ID = id
	for _, rev := range slices.Backward(all) {
		rev.Edits = nil
		c.By = append(c.By, rev)
	}
	if c.Before, err = readFact(first); err != nil {
		return c, false, err
	}
	c.After, err = readFact(last)
	return c, true, err
}
