package knowledge

import (
	"encoding/json"
	"time"
)

// Revision is one change of the fact base.
type Revision struct {
	Number uint64    `json:"number"` // only grows
	At     time.Time `json:"at"`     // UTC
	Author string    `json:"author"`
	Reason string    `json:"reason,omitempty"`
	Edits  []Edit    `json:"edits"`
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
	Put    []Record // new records, and new values of old ones
	Remove []Ref
}
