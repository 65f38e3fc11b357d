package knowledge

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/agnivade/levenshtein"

	"silkwire/knowledge/kv"
	"silkwire/knowledge/text"
)

// Gap is a question that nobody got an answer to. It is kept without whoever
// asked it.
type Gap struct {
	Question string    `json:"question"` // as it was asked first
	Count    int       `json:"count"`
	First    time.Time `json:"first"` // days, UTC
	Last     time.Time `json:"last"`
	// Also are nearly the same questions, which Count counts too: see Together.
	Also []string `json:"also,omitempty"`
}

// How long and how many gaps are kept: the oldest go first.
const (
	GapLife    = 90 * 24 * time.Hour
	mostGaps   = 10_000
	gapPrefix  = "g/"
	longestGap = 200 // characters of a question
)

// How often gaps are written: at most once a minute, unless many wait.
const (
	gapPause = time.Minute
	gapsWait = 64
)

// gaps are the questions that wait to be written.
type gaps struct {
	mu      sync.Mutex
	waiting map[string]Gap
	written time.Time
}

// Missed counts a question that was not answered. It is written with others
// within a minute of questions, or by Close, so that a burst of them costs one
// write; what a crash loses is a minute's count. It returns the error of
// writing. A base that was opened for reading counts nothing.
func (b *Base) Missed(ctx context.Context, question string) error {
	key := gapKey(question)
	if b.readOnly || key == "" {
		return nil
	}
	now := b.now().UTC()
	day := now.Truncate(24 * time.Hour)
	b.gaps.mu.Lock()
	defer b.gaps.mu.Unlock()
	g, found := b.gaps.waiting[key]
	if !found {
		runes := []rune(question)
		g = Gap{Question: string(runes[:min(len(runes), longestGap)]), First: day}
	}
	g.Count++
	g.Last = day
	if b.gaps.waiting == nil {
		b.gaps.waiting = map[string]Gap{}
	}
	b.gaps.waiting[key] = g
	if len(b.gaps.waiting) < gapsWait && now.Sub(b.gaps.written) < gapPause {
		return nil
	}
	return b.writeGaps(ctx, now)
}

// writeGaps adds what waits to what is stored, and forgets what is too old or
// too much. The caller holds the lock.
func (b *Base) writeGaps(ctx context.Context, now time.Time) error {
	if len(b.gaps.waiting) == 0 {
		return nil
	}
	err := b.store.Update(ctx, func(tx kv.Tx) error {
		all, err := readGaps(tx)
		if err != nil {
			return err
		}
		for _, key := range slices.Sorted(maps.Keys(b.gaps.waiting)) {
			g := b.gaps.waiting[key]
			if stored, found := all[key]; found {
				g.Question, g.First, g.Count = stored.Question, stored.First, g.Count+stored.Count
			}
			all[key] = g
			value, err := json.Marshal(g)
			if err != nil {
				return fmt.Errorf("encode gap: %w", err)
			}
			if err := tx.Put([]byte(gapPrefix+key), value); err != nil {
				return err
			}
		}
		return forgetGaps(tx, all, now)
	})
	if err != nil {
		return fmt.Errorf("count unanswered questions: %w", err)
	}
	b.gaps.waiting, b.gaps.written = nil, now
	return nil
}

// ExpireGaps deletes the questions that were asked last before GapLife. It returns the
// error of reading or writing. A base that was opened for reading keeps what it has.
func (b *Base) ExpireGaps(ctx context.Context, now time.Time) error {
	if b.readOnly {
		return nil
	}
	err := b.store.Update(ctx, func(tx kv.Tx) error {
		all, err := readGaps(tx)
		if err != nil {
			return err
		}
		return forgetGaps(tx, all, now)
	})
	if err != nil {
		return fmt.Errorf("forget old questions: %w", err)
	}
	return nil
}

// forgetGaps deletes those of all that are outdated.
func forgetGaps(tx kv.Tx, all map[string]Gap, now time.Time) error {
	for _, key := range outdated(all, now) {
		if err := tx.Delete([]byte(gapPrefix + key)); err != nil {
			return err
		}
	}
	return nil
}

// outdated lists the keys of the gaps that are too old, and of the oldest of
// those that are too many.
func outdated(all map[string]Gap, now time.Time) []string {
	keys := slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		return cmp.Or(all[b].Last.Compare(all[a].Last), cmp.Compare(all[b].Count, all[a].Count), strings.Compare(a, b))
	})
	kept := 0
	for kept < min(len(keys), mostGaps) && now.Sub(all[keys[kept]].Last) <= GapLife {
		kept++
	}
	return keys[kept:]
}

func readGaps(tx kv.Tx) (map[string]Gap, error) {
	all := map[string]Gap{}
	err := tx.Scan([]byte(gapPrefix), func(key, value []byte) error {
		var g Gap
		if err := json.Unmarshal(value, &g); err != nil {
			return fmt.Errorf("read gap: %w", err)
		}
		all[string(key[len(gapPrefix):])] = g
		return nil
	})
	return all, err
}

// Gaps lists the questions that nobody got an answer to in the last 90 days,
// most asked first.
func (b *Base) Gaps(ctx context.Context) ([]Gap, error) {
	now := b.now().UTC()
	b.gaps.mu.Lock()
	defer b.gaps.mu.Unlock()
	if err := b.writeGaps(ctx, now); err != nil {
		return nil, err
	}
	var all map[string]Gap
	err := b.store.View(ctx, func(tx kv.Tx) (err error) {
		all, err = readGaps(tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read unanswered questions: %w", err)
	}
	for _, key := range outdated(all, now) {
		delete(all, key)
	}
	return slices.SortedFunc(maps.Values(all), func(a, b Gap) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), b.Last.Compare(a.Last), strings.Compare(a.Question, b.Question))
	}), nil
}

// Forget takes a question, and those of the same words, out of the gaps. It
// returns the error of writing, and wraps kv.ErrReadOnly when the base was opened
// for reading only.
func (b *Base) Forget(ctx context.Context, question string) error {
	if b.readOnly {
		return fmt.Errorf("forget a question: %w", kv.ErrReadOnly)
	}
	key := gapKey(question)
	b.gaps.mu.Lock()
	defer b.gaps.mu.Unlock()
	if err := b.store.Update(ctx, func(tx kv.Tx) error { return tx.Delete([]byte(gapPrefix + key)) }); err != nil {
		return fmt.Errorf("forget a question: %w", err)
	}
	delete(b.gaps.waiting, key)
	return nil
}

// mostTogether is how many gaps are compared with each other.
const mostTogether = 2000

// Together puts gaps that ask nearly the same into one, in the words of the one that
// was asked most: most of their words are the same, or the same but for a letter. The
// result is ordered as Gaps is.
func Together(all []Gap) []Gap {
	type group struct {
		gap   Gap
		words []string
	}
	var groups []group
	for i, g := range all {
		words := strings.Fields(gapKey(g.Question))
		j := -1
		if i < mostTogether {
			j = slices.IndexFunc(groups, func(o group) bool { return nearlySame(o.words, words) })
		}
		if j < 0 {
			groups = append(groups, group{g, words})
			continue
		}
		into := &groups[j].gap
		into.Count += g.Count
		into.Also = append(slices.Clone(into.Also), g.Question)
		if g.Last.After(into.Last) {
			into.Last = g.Last
		}
		if g.First.Before(into.First) {
			into.First = g.First
		}
	}
	out := make([]Gap, len(groups))
	for i, g := range groups {
		out[i] = g.gap
	}
	slices.SortStableFunc(out, func(a, b Gap) int { return cmp.Compare(b.Count, a.Count) })
	return out
}

// nearlySame tells whether three in five of the words of two questions are in both.
func nearlySame(a, b []string) bool {
	const part, of = 3, 5
	if min(len(a), len(b))*of < max(len(a), len(b))*part {
		return false
	}
	both := 0
	for _, w := range a {
		if slices.ContainsFunc(b, func(o string) bool { return sameWord(w, o) }) {
			both++
		}
	}
	return both*of >= (len(a)+len(b)-both)*part
}

// sameWord tells whether two words are one but for a letter of five or more.
func sameWord(a, b string) bool {
	const long = 5
	return a == b || min(len(a), len(b)) >= long && levenshtein.ComputeDistance(a, b) == 1
}

// Close writes the counts that wait. It does not close the store.
func (b *Base) Close(ctx context.Context) error {
	b.gaps.mu.Lock()
	defer b.gaps.mu.Unlock()
	return b.writeGaps(ctx, b.now().UTC())
}

// gapKey is what makes two questions one: their words but for "the" and "is", in
// any order. It is empty for a question without words.
func gapKey(question string) string {
	var words []string
	for _, t := range text.Tokenize(question) {
		if !text.Stop(t.Text) || t.Han {
			words = append(words, t.Stem)
		}
	}
	slices.Sort(words)
	key := strings.Join(slices.Compact(words), " ")
	return key[:min(len(key), 4*longestGap)]
}
