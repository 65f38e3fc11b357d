package knowledge

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"time"
)

// Origin says how a Revision came about.
type Origin string

// The origins. A revision that somebody wrote by hand has none.
const (
	FromShipped Origin = "shipped" // taken in from the binary's fact base
	FromFiles   Origin = "files"   // imported from fact files
	FromUndo    Origin = "undo"    // the reversal of another revision
)

// Revision is one change of the fact base.
type Revision struct {
	Number uint64    `json:"number"` // only grows
	At     time.Time `json:"at"`     // UTC
	Author string    `json:"author"`
	Reason string    `json:"reason,omitempty"`
	Origin Origin    `json:"origin,omitempty"`
	// State is the digest of everything that the fact base held after it: what
	// an export is recognised by, and what a check compares the records with.
	State string `json:"state,omitempty"`
	Size  int    `json:"size"` // how many edits it has, also where they are left out
	Edits []Edit `json:"edits,omitempty"`
}

// Edit is one record's part of a Revision. Before is empty for a record that is
// new, After for one that was removed.
type Edit struct {
	Ref    Ref             `json:"ref"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// Change is what somebody wants the fact base to become.
type Change struct {
	Author string
	Reason string
	Origin Origin
	// Seen is the newest revision that the author knew of: what was changed later
	// is not overwritten. 0 takes the records as they are.
	Seen   uint64
	Put    []Record // new records, and new values of old ones
	Remove []Ref
}

// stored is a record as it is stored, put as it is.
type stored struct {
	ref   Ref
	value []byte
}

func (s stored) Ref() Ref { return s.ref }

// MarshalJSON is the value itself.
func (s stored) MarshalJSON() ([]byte, error) { return s.value, nil }

// sum is the digest of a set of records, each added and taken out by itself, so
// that it costs a revision what the revision edits. It finds accidents, not
// forgers.
type sum [16]byte

// toggle adds a record that is not in the set, or takes out one that is.
func (s *sum) toggle(ref Ref, value []byte) {
	if value == nil {
		return
	}
	h := fnv.New128a()
	_, _ = h.Write([]byte(ref.String() + "\x00")) // a hash never fails
	_, _ = h.Write(value)
	var one [16]byte
	for i, b := range h.Sum(one[:0]) {
		s[i] ^= b
	}
}

// turn is the digest after the edits.
func (s *sum) turn(edits []Edit) {
	for _, e := range edits {
		s.toggle(e.Ref, e.Before)
		s.toggle(e.Ref, e.After)
	}
}

func (s sum) String() string { return hex.EncodeToString(s[:]) }

func parseSum(text string) (sum, error) {
	var s sum
	if n, err := hex.Decode(s[:], []byte(text)); err != nil || n != len(s) || len(text) != 2*len(s) {
		return sum{}, fmt.Errorf("%q is no digest of a state", text)
	}
	return s, nil
}
