package entity

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sahilm/fuzzy"

	"silkwire/knowledge/text"
)

// Completer suggests names as they are typed. It is immutable and safe for
// concurrent use.
type Completer struct {
	names  []Name
	folded []string // the names as words with one space between
}

// NewCompleter makes a Completer of the names, the likeliest first where two
// are as good.
func NewCompleter(names []Name) *Completer {
	c := &Completer{names: names, folded: make([]string, len(names))}
	for i, n := range names {
		c.folded[i] = fold(n.Text)
	}
	return c
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
// order (ranked by sahilm/fuzzy). Of those that begin with it one that was typed
// in full comes first; within each of the first three, names and symbols come
// before other names, and the shorter before the longer.
func (c *Completer) Complete(typed string, n int) []Name {
	prefix := fold(typed)
	all, taken := c.begun(prefix)
	if prefix != "" && len(all) < n {
		for order, m := range fuzzy.Find(prefix, c.folded) {
			if !taken[m.Index] {
				all = append(all, ranked{index: m.Index, stage: inOrder, length: order})
			}
		}
	}
	return c.best(all, n)
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
	all, _ := c.begun(prefix)
	if utf8.RuneCountInString(prefix) < 4 {
		all = slices.DeleteFunc(all, func(r ranked) bool { return r.stage == slipped })
	}
	return c.best(all, n)
}

// The ways to be what was typed, the likeliest first.
const (
	whole = iota
	begins
	wordBegins
	slipped
	inOrder
)

// ranked is a name by its place among the suggestions.
type ranked struct {
	index, stage int
	other        int // 0 for what a thing is called, 1 for what else leads to it
	length       int
}

// begun are the names that begin with prefix, or have a word that does, or do
// but for a slip; taken tells which they are.
func (c *Completer) begun(prefix string) (all []ranked, taken []bool) {
	taken = make([]bool, len(c.names))
	for i, name := range c.folded {
		r := ranked{index: i, length: len(name), other: 1}
		if h := c.names[i].How; h == Exact || h == Ticker {
			r.other = 0
		}
		switch {
		case name == prefix && name != "":
			r.stage = whole
		case strings.HasPrefix(name, prefix):
			r.stage = begins
		case strings.Contains(name, " "+prefix):
			r.stage = wordBegins
		case len(prefix) >= 3 && slipPrefix(prefix, name):
			r.stage = slipped
		default:
			continue
		}
		taken[i] = true
		all = append(all, r)
	}
	return all, taken
}

// best names the first n of all, one a target.
func (c *Completer) best(all []ranked, n int) []Name {
	slices.SortStableFunc(all, func(a, b ranked) int {
		return cmp.Or(a.stage-b.stage, a.other-b.other, a.length-b.length)
	})
	var out []Name
	seen := map[string]bool{}
	for _, r := range all {
		if len(out) >= n {
			break
		}
		if name := c.names[r.index]; !seen[name.Target] {
			seen[name.Target] = true
			out = append(out, name)
		}
	}
	return out
}

// slipPrefix tells whether name begins with something one edit away from
// prefix.
func slipPrefix(prefix, name string) bool {
	if name == "" {
		return false
	}
	swapped := len(name) > 1 && prefix[0] == name[1] && prefix[1] == name[0]
	if prefix[0] != name[0] && !swapped {
		return false
	}
	for n := len(prefix) - 1; n <= len(prefix)+1; n++ {
		if n <= len(name) && text.Distance(prefix, name[:n], 1) <= 1 {
			return true
		}
	}
	return false
}
