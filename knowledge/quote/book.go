package quote

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"silkwire/knowledge"
	"silkwire/knowledge/kv"
)

// Days is how many prices are kept of a symbol: one for each of the last days that had
// one, of trading days more than a year and a half.
const Days = 400

// prefix is that of the records. Each has the prices of one symbol in one month, a line
// a day: "t/NVDA", 0, "2026-11". So a refresh rewrites one short record a symbol, and the
// start reads a dozen of them instead of four hundred.
const prefix = "t/"

// Book keeps the prices beside the fact base of one store and shows them in its
// Snapshots. It is safe for use by many goroutines.
type Book struct {
	store    kv.Store
	base     shower
	readOnly bool

	mu   sync.Mutex
	tape knowledge.Tape // guarded by mu; what is in it is never changed, only replaced
}

// shower is the fact base that prices are shown in.
type shower interface{ ShowQuotes(t knowledge.Tape) }

// Open reads the prices that are kept and shows them in the base's Snapshots. The error
// wraps kv.ErrDamaged where a record cannot be read.
func Open(ctx context.Context, store kv.Store, base shower, readOnly bool) (*Book, error) {
	b := &Book{store: store, base: base, readOnly: readOnly}
	err := store.View(ctx, func(tx kv.Tx) error {
		tape := knowledge.Tape{}
		b.tape = tape
		return tx.Scan([]byte(prefix), func(key, value []byte) error {
			symbol, month, err := placeOf(key)
			if err == nil {
				tape[symbol], err = readMonth(tape[symbol], symbol, month, string(value))
			}
			if err != nil {
				return &kv.KeyError{Op: "read", Key: key, Err: err}
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read prices: %w", err)
	}
	if len(b.tape) > 0 {
		base.ShowQuotes(b.tape)
	}
	return b, nil
}

// Taken is what became of prices that were given to Take.
type Taken struct {
	New  int `json:"new"`  // are kept now
	Same int `json:"same"` // were kept already
	// Old are older than what is kept: of the same day, or of before the last Days days.
	Old     int `json:"old"`
	Symbols int `json:"symbols"` // how many have new ones
}

// Take keeps prices and shows them at once: of each symbol and day the last one, of two
// of one moment the one that came later. They must have passed Check. What is kept
// already costs no write. The error wraps kv.ErrReadOnly where nothing can be kept; after
// an error nothing has changed.
func (b *Book) Take(ctx context.Context, quotes []knowledge.Quote) (Taken, error) {
	if b.readOnly {
		return Taken{}, fmt.Errorf("keep prices: %w", kv.ErrReadOnly)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	next := maps.Clone(b.tape)
	var taken Taken
	written := map[string][]byte{} // key → record; nil: it goes
	for symbol, given := range bySymbol(quotes) {
		was := b.tape[symbol]
		is, counts := merged(was, given)
		taken.New, taken.Same, taken.Old = taken.New+counts.New, taken.Same+counts.Same, taken.Old+counts.Old
		if counts.New == 0 {
			continue
		}
		taken.Symbols++
		next[symbol] = is
		differing(written, symbol, was, is)
	}
	if len(written) == 0 {
		return taken, nil
	}
	err := b.store.Update(ctx, func(tx kv.Tx) error {
		for _, key := range slices.Sorted(maps.Keys(written)) {
			err := tx.Delete([]byte(key))
			if written[key] != nil {
				err = tx.Put([]byte(key), written[key])
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Taken{}, fmt.Errorf("keep prices: %w", err)
	}
	b.tape = next
	b.base.ShowQuotes(next)
	return taken, nil
}

// Kept lists every price that is kept, by symbol and the oldest first.
func (b *Book) Kept() []knowledge.Quote {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []knowledge.Quote
	for _, symbol := range slices.Sorted(maps.Keys(b.tape)) {
		all = append(all, b.tape[symbol]...)
	}
	return all
}

func bySymbol(quotes []knowledge.Quote) map[string][]knowledge.Quote {
	out := map[string][]knowledge.Quote{}
	for _, q := range quotes {
		out[q.Symbol] = append(out[q.Symbol], q)
	}
	return out
}

// day is that of a price that passed Check, in UTC.
func day(q knowledge.Quote) string { return q.AsOf[:min(len(time.DateOnly), len(q.AsOf))] }

// merged are a symbol's prices with those that are given, in a slice of its own.
func merged(was, given []knowledge.Quote) ([]knowledge.Quote, Taken) {
	var taken Taken
	is := slices.Clone(was)
	for _, q := range given {
		i, found := slices.BinarySearchFunc(is, day(q), func(kept knowledge.Quote, d string) int { return cmp.Compare(day(kept), d) })
		switch {
		case !found && i == 0 && len(is) >= Days:
			taken.Old++
			continue
		case !found:
			is = slices.Insert(is, i, q)
			is = is[max(len(is)-Days, 0):]
		case is[i] == q:
			taken.Same++
			continue
		case earlier(q, is[i]):
			taken.Old++
			continue
		default:
			is[i] = q
		}
		taken.New++
	}
	return is, taken
}

func earlier(a, b knowledge.Quote) bool {
	at, _ := a.Moment()
	other, _ := b.Moment()
	return at.Before(other)
}

// differing notes the records of the months that are others now.
func differing(written map[string][]byte, symbol string, was, is []knowledge.Quote) {
	before, after := months(symbol, was), months(symbol, is)
	for key := range before {
		if after[key] == nil {
			written[key] = nil
		}
	}
	for key, record := range after {
		if !bytes.Equal(before[key], record) {
			written[key] = record
		}
	}
}

// months are the records of a symbol's prices.
func months(symbol string, days []knowledge.Quote) map[string][]byte {
	out := map[string][]byte{}
	for _, q := range days {
		key := prefix + symbol + "\x00" + day(q)[:len("2006-01")]
		line := strings.Join([]string{q.AsOf, q.Price, q.Currency, q.ChangePercent, q.Source, q.URL}, "\t")
		out[key] = append(append(out[key], line...), '\n')
	}
	return out
}

// readMonth adds the prices of a record to those before. It checks the form alone, for
// every start reads all of them: CheckRecord looks at what is in it.
func readMonth(before []knowledge.Quote, symbol, month, record string) ([]knowledge.Quote, error) {
	days := slices.Grow(before, strings.Count(record, "\n"))
	last := month
	for record != "" {
		line, rest, _ := strings.Cut(record, "\n")
		record = rest
		q := knowledge.Quote{Symbol: symbol}
		for _, field := range []*string{&q.AsOf, &q.Price, &q.Currency, &q.ChangePercent, &q.Source} {
			text, rest, found := strings.Cut(line, "\t")
			if !found {
				return nil, fmt.Errorf("a line of %s has too few fields: %w", month, kv.ErrDamaged)
			}
			*field, line = text, rest
		}
		q.URL = line
		if !strings.HasPrefix(q.AsOf, month) || day(q) <= last {
			return nil, fmt.Errorf("%q does not come next in %s: %w", q.AsOf, month, kv.ErrDamaged)
		}
		last = day(q)
		days = append(days, q)
	}
	return days, nil
}

// placeOf reads a record's key.
func placeOf(key []byte) (symbol, month string, err error) {
	symbol, month, found := strings.Cut(strings.TrimPrefix(string(key), prefix), "\x00")
	if !found || symbol == "" || len(month) != len("2006-01") {
		return "", "", fmt.Errorf("it names no symbol and month: %w", kv.ErrDamaged)
	}
	return symbol, month, nil
}

// CheckRecord checks a record of the store, for silkwire store check.
func CheckRecord(key, value []byte) error {
	symbol, month, err := placeOf(key)
	if err != nil {
		return err
	}
	days, err := readMonth(nil, symbol, month, string(value))
	if err != nil {
		return err
	}
	for _, q := range days {
		at, known := q.Moment()
		if !known || at.Format(time.DateOnly) != day(q) || !priceForm.MatchString(q.Price) || q.Source == "" || strings.Contains(q.URL, "\t") {
			return fmt.Errorf("the price of %q is none", q.AsOf)
		}
	}
	if days == nil {
		return errors.New("it has no price")
	}
	return nil
}
