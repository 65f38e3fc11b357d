package knowledge

import (
	"cmp"
	"slices"
	"time"
)

// History lists the known prices of a symbol, the oldest first and the last known price
// last, at most one a day; none where no price is known. All are in the currency of the
// last one, so that they can be compared. One whose time nobody knows stands alone or not
// at all.
func (s *Snapshot) History(symbol string) []Quote {
	last := s.Quote(symbol)
	if last == nil {
		return nil
	}
	var all []Quote
	if s.prices != nil {
		all = slices.Clone(s.prices.tape[symbol])
	}
	if q := s.quotes[symbol]; q != nil {
		all = withDay(all, *q)
	}
	all = slices.DeleteFunc(all, func(q Quote) bool { return q.Currency != last.Currency })
	if len(all) == 0 {
		return []Quote{*last}
	}
	return all
}

// withDay puts a price among the others where its day has none, or an older one.
func withDay(all []Quote, q Quote) []Quote {
	at, known := q.Moment()
	if !known {
		return all
	}
	i, found := slices.BinarySearchFunc(all, at.Format(time.DateOnly), func(other Quote, day string) int {
		t, _ := other.Moment()
		return cmp.Compare(t.Format(time.DateOnly), day)
	})
	switch {
	case !found:
		return slices.Insert(all, i, q)
	case all[i].before(&q):
		all[i] = q
	}
	return all
}
