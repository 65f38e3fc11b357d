package knowledge

import "time"

// ShippedFrom makes a shipped fact base of what Compile wrote.
func ShippedFrom(compiled Compiled) Shipped { return shippedFrom(compiled) }

// With is the Snapshot after a change of facts alone.
func (s *Snapshot) With(put []*Fact, removed []string) (*Snapshot, bool) {
	return s.with(put, removed, s.Revision+1, time.Time{})
}
