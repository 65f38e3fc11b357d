package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Fate is what became of a draft or a report: when a curator made or changed a fact
// for it, or refused it with a reason. It is zero while it waits.
type Fate struct {
	Settled time.Time `json:"settled,omitzero"`
	Fact    string    `json:"fact,omitempty"` // an id
	Refused string    `json:"refused,omitempty"`
}

// Waits tells whether nobody has settled it.
func (f Fate) Waits() bool { return f.Settled.IsZero() }

// tidied is the fate as it is kept.
func (f Fate) tidied() Fate {
	f.Settled, f.Refused = f.Settled.UTC(), Shorten(strings.TrimSpace(f.Refused), longestProposal)
	return f
}

// Draft is what somebody proposes as a fact, and what became of it. Who it was is
// kept, so that they can be told.
type Draft struct {
	At       time.Time `json:"at"`
	Text     string    `json:"text"`
	Platform string    `json:"platform"`
	Space    string    `json:"space"`
	Channel  string    `json:"channel"`
	User     string    `json:"user"` // an id

	// Line is a curator's change that a second one must approve, as a command line, and
	// Seen the revision of the fact base that the first one had before them. Of what
	// somebody else proposes they are empty.
	Line string `json:"line,omitempty"`
	Seen uint64 `json:"seen,omitempty"`

	// Feed is the item of a feed that it was made from; nil: somebody wrote it.
	Feed *FeedItem `json:"feed,omitempty"`

	Fate
}

// FeedItem is what a feed says of a page. Nobody has looked at it.
type FeedItem struct {
	Feed    string    `json:"feed"` // its id
	Name    string    `json:"name"` // of the feed
	Title   string    `json:"title"`
	Text    string    `json:"text,omitempty"`
	Address string    `json:"address,omitempty"`
	Dated   time.Time `json:"dated,omitzero"`
}

// ID names a draft among the others: it is made of when it came.
func (d Draft) ID() string { return strconv.FormatInt(max(d.At.UnixNano(), 0), 36) }

// DraftLife is how long drafts are kept.
const DraftLife = 90 * 24 * time.Hour

// How many drafts are kept: the oldest go first. Of one person fewer wait, so that
// nobody crowds out the others.
const (
	mostDrafts      = 1000
	mostWaitOfOne   = 20
	longestProposal = 1000 // characters
	draftPrefix     = "d/"
)

// Drafts keeps what is proposed. It is safe for use by many goroutines.
type Drafts struct {
	ledger Ledger
	moved  atomic.Uint64
}

// NewDrafts keeps them in the ledger; with a nil ledger there are none and none is
// taken.
func NewDrafts(ledger Ledger) *Drafts { return &Drafts{ledger: ledger} }

// Moved counts what came in and what was settled since the start.
func (d *Drafts) Moved() uint64 { return d.moved.Load() }

// ErrSettled is returned for a draft that there is not, or that a curator has settled
// already.
var ErrSettled = errors.New("the draft is settled, or there is none")

// Propose keeps a draft, shortened where it is long; the same text of the same person
// that waits already is not kept twice. It returns a *Fail where nothing can be kept,
// or where too much of theirs waits, else the error of writing.
func (d *Drafts) Propose(ctx context.Context, draft Draft) error {
	if d.ledger == nil {
		return keepsNothing()
	}
	draft.At, draft.Text = draft.At.UTC(), Shorten(draft.Text, longestProposal)
	value, err := json.Marshal(draft)
	if err != nil {
		return fmt.Errorf("encode draft: %w", err)
	}
	err = d.ledger.Update(ctx, func(tx Tx) error {
		all, err := readDrafts(tx)
		if err != nil {
			return err
		}
		waiting := 0
		for _, o := range all {
			if !o.by(draft) || !o.Waits() {
				continue
			}
			if waiting++; o.Text == draft.Text && o.Line == draft.Line {
				return nil
			}
		}
		if waiting >= mostWaitOfOne {
			return &Fail{Outcome: Limited, Say: "Twenty proposals of yours wait already.", Next: "Please propose more once curators have looked at those."}
		}
		for i, o := range all {
			if draft.At.Sub(o.At) > DraftLife || len(all)-i >= mostDrafts+mostEverywhere {
				if err := tx.Delete(draftKey(o)); err != nil {
					return err
				}
			}
		}
		return tx.Put(draftKey(draft), value)
	})
	if err != nil {
		return fmt.Errorf("keep a draft: %w", err)
	}
	d.moved.Add(1)
	return nil
}

// How much of one feed, and of all feeds of one workspace or server and of all of them, is
// kept for curators.
const (
	mostWaitOfFeed = 20
	mostOfFeeds    = 500
	mostEverywhere = 4 * mostOfFeeds
)

// ProposeItem keeps a draft of a feed's in a transaction of the ledger's. There is no room
// where enough of its feed, or of all feeds, waits. It returns the error of reading or
// writing.
func (d *Drafts) ProposeItem(tx Tx, draft Draft) (room bool, err error) {
	all, err := readDrafts(tx)
	if err != nil {
		return false, err
	}
	draft.At, draft.Text = draft.At.UTC(), Shorten(draft.Text, longestProposal)
	waiting, kept, everywhere := 0, 0, 0
	var done *Draft // the oldest of a feed that is settled
	for i, o := range all {
		if o.ID() == draft.ID() {
			draft.At = draft.At.Add(time.Nanosecond)
		}
		if o.Feed == nil {
			continue
		}
		if everywhere++; o.Platform != draft.Platform || o.Space != draft.Space {
			continue
		}
		if kept++; o.Waits() && o.Feed.Feed == draft.Feed.Feed && draft.At.Sub(o.At) <= DraftLife {
			waiting++
		} else if done == nil && (!o.Waits() || draft.At.Sub(o.At) > DraftLife) {
			done = &all[i]
		}
	}
	switch {
	case waiting >= mostWaitOfFeed, (kept >= mostOfFeeds || everywhere >= mostEverywhere) && done == nil:
		return false, nil
	case kept >= mostOfFeeds || everywhere >= mostEverywhere:
		if err := tx.Delete(draftKey(*done)); err != nil {
			return false, err
		}
	}
	value, err := json.Marshal(draft)
	if err != nil {
		return false, fmt.Errorf("encode draft: %w", err)
	}
	d.moved.Add(1)
	return true, tx.Put(draftKey(draft), value)
}

// by tells whether two drafts are the same person's.
func (d Draft) by(o Draft) bool {
	return d.Feed == nil && o.Feed == nil && d.Platform == o.Platform && d.Space == o.Space && d.User == o.User
}

// draftKey orders drafts by time.
func draftKey(d Draft) []byte {
	return fmt.Appendf(nil, "%s%020d/%s/%s/%s", draftPrefix, max(d.At.UnixNano(), 0), d.Platform, d.Space, d.User)
}

func readDrafts(tx Tx) ([]Draft, error) {
	var all []Draft
	err := tx.Scan([]byte(draftPrefix), func(key, value []byte) error {
		var d Draft
		if err := json.Unmarshal(value, &d); err != nil {
			return fmt.Errorf("decode draft %q: %w", key, err)
		}
		all = append(all, d)
		return nil
	})
	return all, err
}

// Expire deletes the drafts that are older than DraftLife. It returns the error of
// reading or writing.
func (d *Drafts) Expire(ctx context.Context, now time.Time) error {
	if d.ledger == nil {
		return nil
	}
	err := d.ledger.Update(ctx, func(tx Tx) error {
		all, err := readDrafts(tx)
		for _, o := range all {
			if err == nil && now.Sub(o.At) > DraftLife {
				err = tx.Delete(draftKey(o))
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("forget old drafts: %w", err)
	}
	return nil
}

// All lists the drafts of the last 90 days, those that wait first, then by time, the
// newest first. It returns the error of reading.
func (d *Drafts) All(ctx context.Context, now time.Time) ([]Draft, error) {
	if d.ledger == nil {
		return nil, nil
	}
	var all []Draft
	err := d.ledger.View(ctx, func(tx Tx) (err error) {
		all, err = readDrafts(tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read drafts: %w", err)
	}
	all = slices.DeleteFunc(all, func(o Draft) bool { return now.Sub(o.At) > DraftLife })
	slices.SortFunc(all, func(a, b Draft) int {
		settled := func(d Draft) int {
			if d.Waits() {
				return 0
			}
			return 1
		}
		return cmp.Or(settled(a)-settled(b), b.At.Compare(a.At))
	})
	return all, nil
}

// Settle notes what became of a draft that waits. It returns ErrSettled where it does
// not wait, a *Fail where nothing can be kept, else the error of writing.
func (d *Drafts) Settle(ctx context.Context, id string, fate Fate) error {
	if d.ledger == nil {
		return keepsNothing()
	}
	err := d.ledger.Update(ctx, func(tx Tx) error {
		all, err := readDrafts(tx)
		if err != nil {
			return err
		}
		return settleIn(tx, all, id, fate, func(d *Draft) *Fate { return &d.Fate }, draftKey)
	})
	if err != nil {
		return fmt.Errorf("settle a draft: %w", err)
	}
	d.moved.Add(1)
	return nil
}

// settleIn writes the fate of that one of all which has the id and waits; ErrSettled
// says that none does.
func settleIn[V interface{ ID() string }](tx Tx, all []V, id string, as Fate, fate func(*V) *Fate, key func(V) []byte) error {
	i := slices.IndexFunc(all, func(v V) bool { return v.ID() == id && fate(&v).Waits() })
	if i < 0 {
		return ErrSettled
	}
	*fate(&all[i]) = as.tidied()
	value, err := json.Marshal(all[i])
	if err != nil {
		return fmt.Errorf("encode what was settled: %w", err)
	}
	return tx.Put(key(all[i]), value)
}

// CheckDraft tells what is wrong with a stored draft, whose key begins with "d/", or
// returns nil.
func CheckDraft(_, value []byte) error { return json.Unmarshal(value, &Draft{}) }
