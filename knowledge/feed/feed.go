// Package feed follows feeds: it reads RSS, Atom and JSON Feed, knows an item again
// however its feed renumbers, re-dates or re-titles it, and hands those that name
// something that the fact base knows to curators. Nothing enters the fact base here.
//
// Parse reads a feed, a Book keeps the feeds and what became of their items, an Engine
// fetches what is due. The package may import silkwire/knowledge/fetch and kv, and the
// libraries that read feeds and HTML.
package feed

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"silkwire/knowledge/fetch"
	"silkwire/knowledge/kv"
)

// Tx is what a transaction's function may do.
type Tx = kv.Tx

// Ledger keeps the feeds: see bot.Ledger.
type Ledger interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
}

// Feed is one that the curators of a workspace or server follow.
type Feed struct {
	ID       string     `json:"id"`
	Address  string     `json:"address"`
	Title    string     `json:"title"`
	Platform string     `json:"platform"`
	Space    string     `json:"space"`
	By       string     `json:"by,omitempty"` // the id of who added it
	Made     time.Time  `json:"made"`
	Seen     fetch.Seen `json:"seen,omitzero"`
	// Failing is since when it cannot be read, with Why; zero: it could be the last time.
	// Told says that curators know.
	Failing time.Time `json:"failing,omitzero"`
	Why     string    `json:"why,omitempty"`
	Told    bool      `json:"told,omitempty"`
	After   time.Time `json:"after,omitzero"` // before which its server does not want to be asked
}

// Name is what the feed calls itself, or its address.
func (f Feed) Name() string { return cmp.Or(f.Title, f.Address) }

// Fate says what became of an item.
type Fate string

// The fates.
const (
	Proposed   Fate = "proposed"
	SeenBefore Fate = "seen before"
	Nameless   Fate = "no known name"
	TooOld     Fate = "too old"
	// Held is looked at again: too much of the feed, or of all feeds, waits for curators.
	Held Fate = "held back"
)

// Past is an item that was seen, and what became of it.
type Past struct {
	Keys    []string  `json:"keys"`
	Title   string    `json:"title"`
	Address string    `json:"address,omitempty"`
	At      time.Time `json:"at"`             // when it was seen first
	Dated   time.Time `json:"dated,omitzero"` // what its feed says
	Fate    Fate      `json:"fate"`
	Text    string    `json:"text,omitempty"` // of one that is held back
	Why     string    `json:"why,omitempty"`  // a clause
}

// The records, by the beginnings of their keys.
const (
	feedPrefix     = "u/f/"
	itemPrefix     = "u/i/"
	proposedPrefix = "u/p/"
)

// How much is kept.
const (
	MostFeeds = 2000
	// MostOfHost is how many feeds of one server are asked at once.
	MostOfHost = 2
	mostPast   = 1000 // items of a feed; those that are still in it, and the newest
	idLength   = 8
)

func feedKey(id string) []byte       { return []byte(feedPrefix + id) }
func itemsKey(id string) string      { return itemPrefix + id + "/" }
func seqKey(id string, n int) []byte { return fmt.Appendf(nil, "%s%012d", itemsKey(id), n) }

// proposedKey is of a page that was proposed to the curators of a space, by whichever
// feed.
func proposedKey(f Feed, address string) []byte {
	return []byte(proposedPrefix + f.Platform + "/" + f.Space + "/" + digest("address", address))
}

// Book keeps the feeds, all of them in memory, and what became of their items. It is safe
// for use by many goroutines.
type Book struct {
	ledger Ledger
	keeps  bool
	mu     sync.Mutex // held from reading what is to be changed until it is published
	feeds  map[string]Feed
}

// OpenBook reads the feeds of the ledger, of which none is changed where it is read only.
// With a nil ledger there are none. It returns the error of reading.
func OpenBook(ctx context.Context, ledger Ledger, readOnly bool) (*Book, error) {
	b := &Book{ledger: ledger, keeps: ledger != nil && !readOnly, feeds: map[string]Feed{}}
	if ledger == nil {
		return b, nil
	}
	err := ledger.View(ctx, func(tx Tx) error {
		return tx.Scan([]byte(feedPrefix), func(key, value []byte) error {
			var f Feed
			if err := json.Unmarshal(value, &f); err != nil {
				return fmt.Errorf("read feed %q: %w", key, err)
			}
			b.feeds[f.ID] = f
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read feeds: %w", err)
	}
	return b, nil
}

// Keeps tells whether any feed can be followed.
func (b *Book) Keeps() bool { return b.keeps }

// Errors of a Book.
var (
	ErrTwice    = errors.New("the feed is followed already")
	ErrTooMany  = errors.New("as many feeds are followed as may be")
	ErrNone     = errors.New("there is no such feed")
	ErrReadOnly = errors.New("nothing can be kept")
)

// add keeps a new feed and returns it with its id. One of the same address in the same
// space is ErrTwice, with the one that there is.
func (b *Book) add(ctx context.Context, f Feed) (Feed, error) {
	if !b.keeps {
		return f, ErrReadOnly
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, o := range b.feeds {
		if o.Platform == f.Platform && o.Space == f.Space && canonical(o.Address) == canonical(f.Address) {
			return o, ErrTwice
		}
	}
	if len(b.feeds) >= MostFeeds {
		return f, ErrTooMany
	}
	f.ID = strings.ToLower(rand.Text()[:idLength])
	return f, b.put(ctx, f)
}

// put writes and publishes a feed. The caller holds the lock.
func (b *Book) put(ctx context.Context, f Feed) error {
	if err := b.ledger.Update(ctx, func(tx Tx) error { return putJSON(tx, feedKey(f.ID), f) }); err != nil {
		return fmt.Errorf("write feed: %w", err)
	}
	b.feeds[f.ID] = f
	return nil
}

// change changes a feed that is still followed.
func (b *Book) change(ctx context.Context, id string, change func(*Feed)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, found := b.feeds[id]
	if !found {
		return ErrNone
	}
	change(&f)
	return b.put(ctx, f)
}

func putJSON(tx Tx, key []byte, v any) error {
	value, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %q: %w", key, err)
	}
	return tx.Put(key, value)
}

// Remove ends a feed and forgets what became of its items. ErrNone says that there is
// none with that id. What of it waits for curators stays.
func (b *Book) Remove(ctx context.Context, id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, found := b.feeds[id]; !found || !b.keeps {
		return ErrNone
	}
	err := b.ledger.Update(ctx, func(tx Tx) error {
		var keys [][]byte
		err := tx.Scan([]byte(itemsKey(id)), func(key, _ []byte) error {
			keys = append(keys, bytes.Clone(key))
			return nil
		})
		for _, key := range append(keys, feedKey(id)) {
			err = errors.Join(err, tx.Delete(key))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("remove feed: %w", err)
	}
	delete(b.feeds, id)
	return nil
}

// All lists the feeds, by name.
func (b *Book) All() []Feed {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.SortedFunc(maps.Values(b.feeds), func(a, b Feed) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name()), strings.ToLower(b.Name())), strings.Compare(a.ID, b.ID))
	})
}

func (b *Book) unsorted() []Feed {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Values(b.feeds))
}

// Feed is the one with the id.
func (b *Book) Feed(id string) (Feed, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, found := b.feeds[id]
	return f, found
}

// Log lists what became of a feed's items, the newest first. It returns the error of
// reading.
func (b *Book) Log(ctx context.Context, id string) ([]Past, error) {
	if b.ledger == nil {
		return nil, nil
	}
	var all []Past
	err := b.ledger.View(ctx, func(tx Tx) error {
		known, err := readPast(tx, id)
		all = known.all
		return err
	})
	slices.Reverse(all)
	return all, err
}

// past are the items of a feed that were seen, and where their keys lead.
type past struct {
	all   []Past
	seqs  []int
	byKey map[string]int  // indexes of all
	told  map[string]bool // keys of those whose fate is that they were seen before
	next  int
}

func readPast(tx Tx, id string) (past, error) {
	p := past{byKey: map[string]int{}, told: map[string]bool{}, next: 1}
	err := tx.Scan([]byte(itemsKey(id)), func(key, value []byte) error {
		var one Past
		if err := json.Unmarshal(value, &one); err != nil {
			return fmt.Errorf("read item %q: %w", key, err)
		}
		seq := 0
		if _, err := fmt.Sscanf(string(key[len(itemsKey(id)):]), "%d", &seq); err != nil {
			return fmt.Errorf("read item %q: %w", key, err)
		}
		for _, k := range one.Keys {
			p.told[k] = p.told[k] || one.Fate == SeenBefore
			if _, there := p.byKey[k]; !there { // the first that had it
				p.byKey[k] = len(p.all)
			}
		}
		p.all, p.seqs, p.next = append(p.all, one), append(p.seqs, seq), seq+1
		return nil
	})
	if err != nil {
		return p, fmt.Errorf("read items: %w", err)
	}
	return p, nil
}

// The kinds of keys by which an item is known again, surest first, as a reader is told.
var keyWords = map[byte]string{'i': "by its id", 'a': "by its address", 'c': "by its words", 'b': "by its text", 't': "by its headline and date"}

// Lengths in letters from which on words are telling.
const (
	tellingWords = 30
	tellingText  = 120
)

// keys are what an item is known again by: its id, its address without what only tracks,
// its words, and its text alone, as far as each tells anything.
func (i Item) keys() []string {
	var out []string
	if i.ID != "" {
		out = append(out, "i"+digest("id", i.ID))
	}
	if i.Address != "" {
		out = append(out, "a"+digest("address", canonical(i.Address)))
	}
	title, text := letters(i.Title), letters(i.Text)
	if text != "" && utf8.RuneCountInString(title+text) >= tellingWords {
		out = append(out, i.words())
	}
	if text == "" && weight(title) >= tellingWords { // a briefing has the same headline each day
		out = append(out, "t"+digest("headline", title+"\n"+i.At.Format(time.DateOnly)))
	}
	if utf8.RuneCountInString(text) >= tellingText {
		out = append(out, "b"+digest("text", text))
	}
	if len(out) == 0 {
		out = append(out, i.words())
	}
	return out
}

// weight is how many letters a text has; one that stands for a word counts as three.
func weight(text string) int {
	n := 0
	for _, c := range text {
		if n++; unicode.Is(unicode.Han, c) {
			n += 2
		}
	}
	return n
}

func (i Item) words() string { return "c" + digest("words", letters(i.Title)+"\n"+letters(i.Text)) }

func digest(kind, text string) string {
	sum := sha256.Sum256([]byte(kind + "\n" + text))
	return hex.EncodeToString(sum[:12])
}

// letters are the letters and digits of a text, in lower case.
func letters(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToLower(c)
		}
		return -1
	}, text)
}

// tracking are parameters of an address that only tell who reads it, beside utm_…
var tracking = []string{
	"fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "igshid", "mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "vero_id",
}

// canonical is an address by which a page is known again: without scheme, www., fragment
// and what only tracks.
func canonical(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	query := untracked(u)
	slices.Sort(query)
	out := strings.TrimPrefix(strings.ToLower(u.Host), "www.") + strings.TrimRight(u.EscapedPath(), "/")
	if len(query) > 0 {
		out += "?" + strings.Join(query, "&")
	}
	return out
}

// untracked are the parameters of an address without those that only track, as they are
// written.
func untracked(u *url.URL) []string {
	if u.RawQuery == "" {
		return nil
	}
	return slices.DeleteFunc(strings.Split(u.RawQuery, "&"), func(pair string) bool {
		name, _, _ := strings.Cut(strings.ToLower(pair), "=")
		return strings.HasPrefix(name, "utm_") || slices.Contains(tracking, name)
	})
}

// Check tells what is wrong with a stored record of this package, whose keys begin with
// "u/", or returns nil.
func Check(key, value []byte) error {
	switch {
	case bytes.HasPrefix(key, []byte(feedPrefix)):
		return json.Unmarshal(value, &Feed{})
	case bytes.HasPrefix(key, []byte(itemPrefix)):
		return json.Unmarshal(value, &Past{})
	case bytes.HasPrefix(key, []byte(proposedPrefix)):
		return nil
	}
	return errors.New("it is neither a feed nor an item of one")
}
