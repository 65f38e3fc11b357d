package knowledge

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Tape is the prices that were given of symbols beside the fact base, by symbol, the
// oldest first and at most one a day. A price is no part of a revision: hundreds come
// each day, nobody curates them, and nothing is to be told of one. A Tape that was shown
// is not changed any more.
type Tape map[string][]Quote

// ShowQuotes makes the tape's prices part of every Snapshot from now on: the newest that is
// known of a symbol hides the fact base's. The revision stays.
func (b *Base) ShowQuotes(t Tape) {
	b.showing.Lock()
	defer b.showing.Unlock()
	b.tape = t
	b.put(b.current.Load().WithQuotes(t))
}

// WithQuotes is the Snapshot with the tape's prices, of the same edition.
func (s *Snapshot) WithQuotes(t Tape) *Snapshot {
	next := *s
	next.prices = newPrices(s.frame, t)
	return &next
}

// show publishes a Snapshot, with the prices beside it.
func (b *Base) show(next *Snapshot) {
	b.showing.Lock()
	defer b.showing.Unlock()
	if last := b.current.Load(); last != nil && last.frame == next.frame {
		next.prices = last.prices
	} else {
		next.prices = newPrices(next.frame, b.tape)
	}
	b.put(next)
}

func (b *Base) put(next *Snapshot) {
	b.edition++
	next.Edition = b.edition
	b.current.Store(next)
}

// prices is the last known ones, of the fact base and of the tape. It is made once for
// each tape and frame, so that a request looks up and nothing more.
type prices struct {
	tape Tape
	last map[string]*Quote
	list []Quote // by symbol
}

// newPrices leaves out what the tape has of symbols that nobody knows any more.
func newPrices(f *frame, t Tape) *prices {
	if len(t) == 0 {
		return nil
	}
	p := &prices{tape: t, last: maps.Clone(f.quotes)}
	for symbol, days := range t {
		if len(days) == 0 || !f.knows(symbol) {
			continue
		}
		if told := &days[len(days)-1]; f.quotes[symbol] == nil || !told.before(f.quotes[symbol]) {
			p.last[symbol] = told
		}
	}
	for _, symbol := range slices.Sorted(maps.Keys(p.last)) {
		p.list = append(p.list, *p.last[symbol])
	}
	return p
}

// Moment is when the price was. A day alone stands for its end, in UTC; known is false
// for what is less exact.
func (q Quote) Moment() (at time.Time, known bool) {
	if at, err := time.Parse(time.RFC3339, q.AsOf); err == nil {
		return at.UTC(), true
	}
	day, err := time.Parse(time.DateOnly, q.AsOf)
	if err != nil {
		return time.Time{}, false
	}
	return day.Add(24*time.Hour - time.Second), true
}

// before tells whether the price is known to be older than another: one whose time
// nobody gave is older than one that has a time.
func (q Quote) before(other *Quote) bool {
	a, known := q.Moment()
	b, dated := other.Moment()
	return dated && (!known || a.Before(b))
}

// Currency is what the symbol is priced in, or empty where nobody knows: as its last
// price was, else as its exchange does.
func (s *Snapshot) Currency(symbol string) string {
	if q := s.Quote(symbol); q != nil {
		return q.Currency
	}
	if e := s.Lists(symbol); e != nil {
		for _, t := range e.Tickers {
			if t.Symbol == symbol {
				return t.Currency
			}
		}
	}
	return ""
}

// ExactSymbol is the symbol that is spelt so ($nvda, NVDA.US, 09988.HK, NASDAQ:NVDA), or
// empty. Unlike FindSymbol it takes no name for one: it is for files and programs.
func (s *Snapshot) ExactSymbol(typed string) string {
	typed = strings.ToUpper(strings.TrimPrefix(strings.TrimSpace(typed), "$"))
	if _, code, exchange := strings.Cut(typed, ":"); exchange { // NASDAQ:NVDA
		typed = code
	}
	if s.knows(typed) {
		return typed
	}
	return s.spelt[typed]
}

func (f *frame) knows(symbol string) bool {
	return f.owner[symbol] != "" || f.instruments[symbol] != nil || f.quotes[symbol] != nil
}
