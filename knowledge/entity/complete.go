package entity

import (
	"cmp"
	"slices"
	"strings"

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
// order (ranked by sahilm/fuzzy).
func (c *Completer) Complete(typed string, n int) []Name {
	prefix := fold(typed)
	type ranked struct{ index, stage, order int }
	var all []ranked
	taken := make([]bool, len(c.names))
	add := func(i, stage, order int) {
		if !taken[i] {
			taken[i] = true
			all = append(all, ranked{i, stage, order})
		}
	}
	for i, name := range c.folded {
		switch {
		case strings.HasPrefix(name, prefix):
			add(i, 0, len(name))
		case strings.Contains(name, " "+prefix):
			add(i, 1, len(name))
		case len(prefix) >= 3 && slipPrefix(prefix, name):
			add(i, 2, len(name))
		}
	}
	if prefix != "" && len(all) < n {
		for order, m := range fuzzy.Find(prefix, c.folded) {
			add(m.Index, 3, order)
		}
	}
	slices.SortStableFunc(all, func(a, b ranked) int {
		return cmp.Or(a.stage-b.stage, a.order-b.order)
	})
	var out []Name
	for _, r := range all {
		name := c.names[r.index]
		if len(out) < n && !slices.ContainsFunc(out, func(o Name) bool { return o.Target == name.Target }) {
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
