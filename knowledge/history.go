package knowledge

// History lists the known prices of a symbol, the oldest first and the last known price
// last; none where no price is known.
func (s *Snapshot) History(symbol string) []Quote {
	if q := s.Quote(symbol); q != nil {
		return []Quote{*q}
	}
	return nil
}
