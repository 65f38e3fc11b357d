package knowledge_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"syscall"
	"testing"

	"silkwire/knowledge"
	"silkwire/knowledge/kv"
)

// failing is a store whose disk fails: before a commit, so that nothing is written,
// or after it, so that it is written and nobody knows.
type failing struct {
	kv.Store
	before, after error
}

func (f *failing) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if f.before != nil {
		return f.before
	}
	if err := f.Store.Update(ctx, fn); err != nil {
		return err
	}
	return f.after
}

// TestFailingDisk fails writes in every way of a disk. Reads go on, what was not
// acknowledged is there whole or not at all, and once the disk is well again so is
// the fact base.
func TestFailingDisk(t *testing.T) {
	for _, cause := range []error{syscall.ENOSPC, syscall.EROFS, syscall.EIO} {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v, late %v", cause, late), func(t *testing.T) {
				eachStore(t, func(t *testing.T, store kv.Store) {
					disk := &failing{Store: store}
					b := open(t, disk, shipping(t, world()))
					apply(t, b, knowledge.Change{Put: []knowledge.Record{claim("first", "First.")}})
					before := bytesOf(t, store)
					for _, c := range []knowledge.Change{
						{Put: []knowledge.Record{claim("quick", "Quick.")}},
						{Put: []knowledge.Record{claim("slow", "Slow."), world().Concepts[0], knowledge.Instrument{Symbol: "XAG", Name: "silver", Class: knowledge.Commodity}}},
					} {
						disk.before, disk.after = cause, nil
						if late {
							disk.before, disk.after = nil, cause
						}
						if _, err := b.Apply(t.Context(), c); !errors.Is(err, cause) {
							t.Errorf("apply: %v, want %v", err, cause)
						}
						if _, err := b.Undo(t.Context(), 2, "cu", ""); !errors.Is(err, cause) && !late {
							t.Errorf("undo: %v, want %v", err, cause)
						}
						if s := b.Snapshot(); s.Fact("zeta-cheap") == nil {
							t.Error("what is known cannot be read while the disk fails")
						}
						if !late && !maps.Equal(bytesOf(t, store), before) {
							t.Error("a write that failed left something behind")
						}
					}
					disk.before, disk.after = nil, nil
					rev := apply(t, b, knowledge.Change{Put: []knowledge.Record{claim("last", "Last.")}})
					if s := b.Snapshot(); s.Revision != rev.Number || s.Fact("last") == nil {
						t.Errorf("once it is well: revision %d and %v, want %d with the fact", s.Revision, s.Fact("last"), rev.Number)
					}
					for i, rev := range revisions(t, b, 0) {
						if rev.Number != uint64(i+1) {
							t.Errorf("revision %d stands at %d", rev.Number, i+1)
						}
					}
					verify(t, store)
				})
			})
		}
	}
}
