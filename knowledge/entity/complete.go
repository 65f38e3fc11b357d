package entity

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"silkwire/knowledge/text"
)

// Completer suggests names as they are typed. It is immutable and safe for
// concurrent use. What a key costs grows with the names that it may mean, not
// with all of them.
type Completer struct {
	names  []Name
	folded []string // the names as words with one space between
	rank   []int32  // by name: its place among equals
	byRank []int32  // the names in that order
	starts []start  // where words begin, in the order of what stands there
	inner  *inOrder
}

// start is a place in a name where a word begins.
type start struct {
	name int32
	at   int32
}

// NewCompleter makes a Completer of the names, the likeliest first where two
// are as good.
func NewCompleter(names []Name) *Completer {
	c := &Completer{names: names, folded: make([]string, len(names)), rank: make([]int32, len(names))}
	c.byRank = make([]int32, len(names))
	for i, n := range names {
		c.folded[i] = fold(n.Text)
		c.byRank[i] = int32(i)
		for at := range len(c.folded[i]) {
			if at == 0 || c.folded[i][at-1] == ' ' {
				c.starts = append(c.starts, start{int32(i), int32(at)})
			}
		}
	}
	slices.SortFunc(c.starts, func(a, b start) int {
		return cmp.Or(strings.Compare(c.at(a), c.at(b)), cmp.Compare(a.name, b.name))
	})
	// Names and symbols come before other names, the shorter before the longer.
	slices.SortStableFunc(c.byRank, func(a, b int32) int {
		return cmp.Or(c.other(a)-c.other(b), len(c.folded[a])-len(c.folded[b]))
	})
	for place, i := range c.byRank {
		c.rank[i] = int32(place)
	}
	c.inner = newInOrder(c.folded)
	return c
}

// at is what stands from a word on.
func (c *Completer) at(s start) string { return c.folded[s.name][s.at:] }

// other is 0 for what a thing is called, 1 for what else leads to it.
func (c *Completer) other(i int32) int {
	if h := c.names[i].How; h == Exact || h == Ticker {
		return 0
	}
	return 1
}

func fold(s string) string {
	var b strings.Builder
	for i, t := range text.Words(s) {
		if i > 0 && !t.Han {
			b.WriteByte(' ')
		}
		b.WriteString(t.Text)
	}
	return b.String()
}

// Complete is at most n names that what was typed may become, one a target:
// first those that begin with it, then those with a word that does, then those
// that begin with it but for one slip, then those that have its letters in
// order (ranked as sahilm/fuzzy ranks). Of those that begin with it one that was
// typed in full comes first; within each of the first three, names and symbols
// come before other names, and the shorter before the longer.
func (c *Completer) Complete(typed string, n int) []Name {
	prefix := fold(typed)
	b := c.begun(prefix, n, len(prefix) >= shortestSlip)
	if prefix != "" && len(b.out) < n {
		for _, m := range c.inner.find(prefix) {
			if !b.take(m.name) {
				break
			}
		}
	}
	return b.out
}

// Near is at most n names that are like what was typed, ranked as by Complete:
// those that begin with it, that have a word which does, and that begin with it
// but for one slip. To nothing typed none is near, and with a slip in three
// letters there is too little left to be like.
func (c *Completer) Near(typed string, n int) []Name {
	prefix := fold(typed)
	if prefix == "" {
		return nil
	}
	return c.begun(prefix, n, utf8.RuneCountInString(prefix) >= shortestNearSlip).out
}

// How much is typed, in bytes for Complete and in characters for Near, from
// which on a slip in it is thought of.
const (
	shortestSlip     = 3
	shortestNearSlip = 4
)

// best collects the names that are offered, one a target.
type best struct {
	*Completer
	n    int
	out  []Name
	seen map[string]bool
}

// take offers a name and tells whether there is room for more.
func (b *best) take(i int32) bool {
	if name := b.names[i]; len(b.out) < b.n && !b.seen[name.Target] {
		b.seen[name.Target] = true
		b.out = append(b.out, name)
	}
	return len(b.out) < b.n
}

// begun offers the names that begin with prefix, or have a word that does, or,
// with slips, do but for one.
func (c *Completer) begun(prefix string, n int, slips bool) *best {
	b := &best{Completer: c, n: n, seen: make(map[string]bool, n)}
	from, _ := slices.BinarySearchFunc(c.starts, prefix, func(s start, p string) int { return strings.Compare(c.at(s), p) })
	var whole, begins, words, slipped []int32
	for _, s := range c.starts[from:] {
		if !strings.HasPrefix(c.at(s), prefix) {
			break
		}
		switch {
		case s.at > 0:
			words = append(words, c.rank[s.name])
		case len(c.at(s)) == len(prefix):
			whole = append(whole, c.rank[s.name])
		default:
			begins = append(begins, c.rank[s.name])
		}
	}
	for _, stage := range [][]int32{whole, begins, words} {
		if !b.takeAll(stage) {
			return b
		}
	}
	if slips {
		for i, name := range c.folded {
			if slipPrefix(prefix, name) {
				slipped = append(slipped, c.rank[i])
			}
		}
	}
	b.takeAll(slipped)
	return b
}

// takeAll offers names by their ranks and tells whether there is room for more.
func (b *best) takeAll(ranks []int32) bool {
	slices.Sort(ranks)
	for _, r := range ranks {
		if !b.take(b.byRank[r]) {
			return false
		}
	}
	return true
}

// slipPrefix tells whether name begins with something that is one edit away from
// prefix. The edit is where they first differ; an earlier one would be none.
func slipPrefix(prefix, name string) bool {
	if name == "" || len(name) < len(prefix)-1 {
		return false
	}
	if prefix[0] != name[0] && (len(name) < 2 || prefix[0] != name[1] || prefix[1] != name[0]) {
		return false
	}
	k := 0
	for k < len(prefix) && k < len(name) && prefix[k] == name[k] {
		k++
	}
	if k == len(prefix) {
		return false // it begins with it
	}
	typed, meant := prefix[k:], name[k:]
	switch {
	case strings.HasPrefix(meant, typed[1:]): // a letter too many
	case len(meant) > 0 && strings.HasPrefix(meant[1:], typed): // one too few
	case len(meant) > 0 && strings.HasPrefix(meant[1:], typed[1:]): // another one
	case len(meant) > 1 && len(typed) > 1 && typed[0] == meant[1] && typed[1] == meant[0] && strings.HasPrefix(meant[2:], typed[2:]):
	default:
		return false
	}
	return true
}
