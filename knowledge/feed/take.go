package feed

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// What is proposed of a feed.
const (
	mostOfNew  = 5 // of a feed that is new
	leastYear  = 1990
	longHeld   = 600                 // characters of the text of what is held back
	oldest     = 30 * 24 * time.Hour // of an item that appears in a feed that is not
	mostAhead  = 36 * time.Hour      // an item's date; what is farther ahead is a mistake
	titleInLog = 120
)

// Taken counts what became of a feed's items.
type Taken map[Fate]int

// take decides what becomes of the items that were not seen before, and writes that with
// what is proposed in one transaction. Where nothing is new it writes nothing. Only one
// call for a feed may run at a time. Held tells whether items wait for room.
func (e *Engine) take(ctx context.Context, f Feed, items []Item) (taken Taken, held bool, err error) {
	var known past
	err = e.Book.ledger.View(ctx, func(tx Tx) (err error) {
		known, err = readPast(tx, f.ID)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	now := e.Now()
	fresh := e.fresh(known, items, now)
	if len(fresh) == 0 {
		return nil, false, nil
	}
	err = e.Book.ledger.Update(ctx, func(tx Tx) error {
		taken = Taken{}
		if there, err := tx.Get(feedKey(f.ID)); err != nil || there == nil {
			return err // it was removed meanwhile
		}
		if err := e.keep(tx, f, known, fresh, now, taken); err != nil {
			return err
		}
		return trim(tx, f, known, items, len(fresh))
	})
	if err != nil {
		return nil, false, fmt.Errorf("take items of a feed: %w", err)
	}
	return taken, taken[Held] > 0, nil
}

// candidate is an item with something to be decided.
type candidate struct {
	Item
	keys  []string
	held  int // the index of what is known of it, where it was held back; else -1
	dated time.Time
	as    string // what it was seen before as
}

// fresh are the items whose surest key nobody saw, and those that were held back: the
// newest first.
func (e *Engine) fresh(known past, items []Item, now time.Time) []candidate {
	var out []candidate
	times, keys := map[string]int{}, make([][]string, len(items))
	for n, i := range items {
		keys[n] = i.keys()
		for _, k := range keys[n] {
			times[k]++
		}
	}
	within := map[string]bool{} // keys of this document that an item has already
	for n, i := range items {
		if i.At.After(now.Add(mostAhead)) || i.At.Year() < leastYear {
			i.At = time.Time{} // a mistake
		}
		c := candidate{Item: i, held: -1, dated: now.Add(-time.Duration(n) * time.Second)}
		for _, k := range keys[n] {
			if times[k] == 1 || k[0] == 'c' { // what several items share tells none of them
				c.keys = append(c.keys, k)
			}
		}
		if len(c.keys) == 0 {
			c.keys = append(c.keys, i.words())
		}
		if slices.ContainsFunc(c.keys, func(k string) bool { return within[k] }) {
			continue // the feed has it twice
		}
		for _, k := range c.keys {
			within[k] = true
		}
		at, seen := known.byKey[c.keys[0]]
		if seen && known.all[at].Fate != Held {
			continue
		}
		if !i.At.IsZero() {
			c.dated = i.At
		}
		told := false
		if c.held, c.as, told = known.before(c.keys); told {
			continue
		}
		out = append(out, c)
	}
	for at, p := range known.all { // what was held back may have left the feed since
		if p.Fate == Held && !slices.ContainsFunc(p.Keys, func(k string) bool { return within[k] }) {
			out = append(out, candidate{Item: Item{Title: p.Title, Address: p.Address, Text: p.Text, At: p.Dated}, keys: p.Keys, held: at, dated: p.At})
		}
	}
	slices.SortStableFunc(out, func(a, b candidate) int { return b.dated.Compare(a.dated) })
	return out
}

// before is what an item was seen before as, in words; held is the index of it where it
// was held back. It was told where the log says so already: a feed that renumbers its items
// each time says nothing new.
func (p past) before(keys []string) (held int, as string, told bool) {
	for _, k := range keys {
		at, seen := p.byKey[k]
		switch {
		case !seen:
		case p.all[at].Fate == Held:
			return at, "", false
		default:
			return -1, fmt.Sprintf("as “%s”, %s", shorten(p.all[at].Title, titleInLog), keyWords[k[0]]), p.told[k]
		}
	}
	return -1, "", false
}

// keep writes what becomes of the candidates.
func (e *Engine) keep(tx Tx, f Feed, known past, fresh []candidate, now time.Time, taken Taken) error {
	proposed, isNew := 0, len(known.all) == 0
	for n, c := range fresh {
		last := len(fresh) - 1 - n // the newest comes last, as if it had been seen last
		p := Past{Keys: c.keys, Title: c.Title, Address: c.Address, At: now, Dated: c.At}
		var err error
		if p.Fate, p.Why, err = e.fate(tx, f, c, isNew, proposed, now.Add(time.Duration(last))); err != nil {
			return err
		}
		if p.Fate == Proposed || p.Fate == Held {
			proposed++
		}
		if p.Fate == Held {
			p.Text = shorten(c.Text, longHeld)
		}
		taken[p.Fate]++
		seq := known.next + last
		if c.held >= 0 {
			if p.Fate == Held {
				continue // as it is written
			}
			seq = known.seqs[c.held]
		}
		if err := putJSON(tx, seqKey(f.ID, seq), p); err != nil {
			return err
		}
	}
	return nil
}

// fate decides what becomes of one item, and proposes it where it is to be.
func (e *Engine) fate(tx Tx, f Feed, c candidate, isNew bool, proposed int, at time.Time) (Fate, string, error) {
	switch {
	case c.as != "":
		return SeenBefore, c.as, nil
	case !e.Names(Words(c.Item)):
		return Nameless, "", nil
	case isNew && proposed >= mostOfNew:
		return TooOld, fmt.Sprintf("of a new feed the newest %d are proposed", mostOfNew), nil
	case !isNew && at.Sub(c.dated) > oldest:
		return TooOld, "it is dated " + c.dated.Format("2 January 2006"), nil
	}
	key := proposedKey(f, canonical(c.Address))
	tells := slices.ContainsFunc(c.keys, func(k string) bool { return k[0] == 'a' })
	if tells {
		other, err := tx.Get(key)
		if err != nil || other != nil {
			return SeenBefore, "in " + string(other), err
		}
	}
	room, err := e.Propose(tx, f, c.Item, at)
	switch {
	case err != nil:
		return "", "", err
	case !room:
		return Held, "enough waits for curators; it is proposed when they have looked at that", nil
	}
	if tells {
		err = tx.Put(key, []byte(shorten(f.Name(), titleInLog)))
	}
	return Proposed, "", err
}

// trim forgets the oldest items of a feed where it has too many, but for those that are
// still in it.
func trim(tx Tx, f Feed, known past, items []Item, more int) error {
	surplus := len(known.all) + more - mostPast
	if surplus <= 0 {
		return nil
	}
	present := map[string]bool{}
	for _, i := range items {
		for _, k := range i.keys() {
			present[k] = true
		}
	}
	for at, p := range known.all {
		if surplus <= 0 {
			break
		}
		if slices.ContainsFunc(p.Keys, func(k string) bool { return present[k] }) {
			continue
		}
		surplus--
		if err := tx.Delete(seqKey(f.ID, known.seqs[at])); err != nil {
			return err
		}
		if p.Fate == Proposed && p.Address != "" {
			if err := tx.Delete(proposedKey(f, canonical(p.Address))); err != nil {
				return err
			}
		}
	}
	return nil
}

// Words are what of an item is read for names: at most 3,000 characters.
func Words(i Item) string {
	const most = 3000
	text := i.Title + "\n" + i.Text + "\n" + i.More
	if utf8.RuneCountInString(text) > most {
		text = string([]rune(text)[:most])
	}
	return text
}
