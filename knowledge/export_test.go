package knowledge

import "time"

// ShippedFrom makes a shipped fact base of what Compile wrote.
func ShippedFrom(compiled Compiled) Shipped { return shippedFrom(compiled) }

// With is the Snapshot after a change of facts alone.
func (s *Snapshot) With(put []*Fact, removed []string) (*Snapshot, bool) {
	return s.with(put, removed, s.Revision+1, time.Time{})
}

// Accepts tells whether the quick check accepts a change, and whether it is one of
// facts alone.
func (s *Snapshot) Accepts(c Change) (accepted, alone bool) {
	_, put, removed, alone := s.factsAlone(c)
	return alone && s.accepts(put, removed), alone
}

// SchemaVersion is the version of what the records mean.
const SchemaVersion = schema
