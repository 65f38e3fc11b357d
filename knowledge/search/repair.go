package search

import (
	"math/bits"
	"slices"
	"sync/atomic"
)

// Words that the index does not know are taken for the nearest that it knows:
// one edit away, else two; among equals for the most frequent. A short word has
// too many neighbours, and a number is meant as it is spelt.
const (
	shortestRepaired = 4
	shortestTwoEdits = 6
	shortestHalf     = 3  // of a word that is glued from two
	mostRepairs      = 24 // of a query
)

// repairs finds the known words near an unknown one. It covers the words of the
// dictionary up to a size; the few that came later are compared one by one.
//
// Two edits leave one third of a word whole, so each word is filed under
// (length, which third, its letters), and an unknown word is looked up under
// every third that it could share with a word one or two edits away, wherever
// the edits before it would have moved it: some 29 look-ups, and fingerprints of
// letters to compare before any edits are counted. A swap across the border
// of two thirds breaks both; those are looked up with the swap undone.
type repairs struct {
	size   int
	starts []uint32 // of the buckets
	filed  []filed  // by bucket
}

// filed is a word under one of its thirds.
type filed struct {
	print uint32
	entry uint32
}

// third is where a third of a word of that length begins; third 3 is its end.
func third(length, which int) int { return length * which / 3 }

func thirdKey(letters []byte, length, which int) uint32 {
	h := uint32(length<<2|which)*hashFactor ^ hashSeed
	for _, c := range letters {
		h = (h ^ uint32(c)) * hashFactor
	}
	return slotOf(h)
}

func newRepairs(d *dictionary) *repairs {
	r := &repairs{size: len(d.entries)}
	r.starts = make([]uint32, 1<<bits.Len(uint(2*len(d.entries)))+1)
	mask := uint32(len(r.starts) - 2)
	each := func(do func(bucket uint32, n int)) {
		for n := range d.entries {
			if !d.repairable(n) || d.entries[n].count == 0 {
				continue
			}
			w := d.word(n)
			for i := range 3 {
				do(thirdKey(w[third(len(w), i):third(len(w), i+1)], len(w), i)&mask, n)
			}
		}
	}
	each(func(b uint32, _ int) { r.starts[b+1]++ })
	for b := range mask + 1 {
		r.starts[b+1] += r.starts[b]
	}
	r.filed = make([]filed, r.starts[mask+1])
	next := slices.Clone(r.starts)
	each(func(b uint32, n int) {
		r.filed[next[b]] = filed{letters(d.word(n)), uint32(n)}
		next[b]++
	})
	return r
}

// repairable tells whether an entry may be what somebody meant, once a text has
// it.
func (d *dictionary) repairable(n int) bool {
	e := &d.entries[n]
	return e.kind == plainWord && e.size >= shortestHalf
}

// nearest is the search for the known word nearest to an unknown one.
type nearest struct {
	v       *view
	word    []byte
	print   uint32
	pattern *pattern
	best    int // entry number, or -1
	count   uint32
	edits   int // of the best; before there is one, as many as are allowed
}

// repair is the entry number of the word nearest to an unknown one, or -1, and
// how many edits away it is.
func (v *view) repair(word []byte, p *pattern) (int, int) {
	if len(word) < shortestRepaired || kindOf(word) != plainWord {
		return -1, 0
	}
	p.set(word)
	defer p.clear(word)
	s := nearest{v: v, word: word, print: letters(word), pattern: p, best: -1, edits: 1}
	if len(word) >= shortestTwoEdits {
		s.edits = 2
	}
	if len(v.repairs.starts) > 0 {
		s.thirds()
	}
	for n := v.repairs.size; n < len(v.entries); n++ {
		if v.repairable(n) {
			s.consider(letters(v.word(n)), n)
		}
	}
	for _, n := range v.risen {
		s.consider(letters(v.word(int(n))), int(n))
	}
	return s.best, s.edits
}

// consider takes an entry if it is nearer than the best so far, or as near and
// more frequent; of equals the one that was known first.
func (s *nearest) consider(print uint32, n int) {
	if bits.OnesCount32(print^s.print) > 2*s.edits || n == s.best {
		return
	}
	e := &s.v.entries[n]
	count := atomic.LoadUint32(&e.count)
	if count == 0 {
		return
	}
	edits := s.pattern.distance(s.v.word(n))
	if edits > s.edits || edits == s.edits && (count < s.count || count == s.count && n > s.best) ||
		atomic.LoadUint32(&s.v.documents[e.term]) == 0 {
		return
	}
	s.best, s.count, s.edits = n, count, edits
}

// thirds looks up the thirds that a word may share with those near it. With one
// edit allowed it looks among lengths that differ by one; what it finds two
// edits away is not considered then.
func (s *nearest) thirds() {
	n := len(s.word)
	for _, more := range [...]int{0, 1, -1, 2, -2} { // once one edit is enough, two are not tried
		m, far := n+more, s.edits
		if m < shortestHalf || m > longestWord || abs(more) > far {
			continue
		}
		moved := n - m
		s.look(s.word, m, 0, 0)
		s.look(s.word, m, 2, moved)
		for by := -1; by <= 1; by++ { // the edits before the middle third
			if abs(by)+abs(moved-by) <= far {
				s.look(s.word, m, 1, by)
			}
		}
		if abs(moved) == 2 {
			s.look(s.word, m, 1, moved)
			continue
		}
		if far == 2 {
			s.unswapped(m, 0, third(m, 1))
			s.unswapped(m, 2, third(m, 2)+moved)
		}
	}
}

// unswapped looks up a third of the word with the letters on both sides of at
// swapped.
func (s *nearest) unswapped(m, which, at int) {
	if at < 1 || at >= len(s.word) {
		return
	}
	var swapped [longestWord]byte
	w := swapped[:copy(swapped[:], s.word)]
	w[at-1], w[at] = w[at], w[at-1]
	moved := 0
	if which == 2 {
		moved = len(w) - m
	}
	s.look(w, m, which, moved)
}

// look considers the words of length m that have a third in common with w,
// where it stands moved to the right by some letters.
func (s *nearest) look(w []byte, m, which, by int) {
	from, to := third(m, which)+by, third(m, which+1)+by
	if from < 0 || to > len(w) {
		return
	}
	r := s.v.repairs
	b := thirdKey(w[from:to], m, which) & uint32(len(r.starts)-2)
	for _, f := range r.filed[r.starts[b]:r.starts[b+1]] {
		if bits.OnesCount32(f.print^s.print) <= 4 {
			s.consider(f.print, int(f.entry))
		}
	}
}

func abs(n int) int { return max(n, -n) }

// pattern is a word prepared for comparing: for each byte, where it stands.
type pattern struct {
	at   [256]uint64
	size int
}

func (p *pattern) set(word []byte) {
	p.size = len(word)
	for i, c := range word {
		p.at[c] |= 1 << i
	}
}

func (p *pattern) clear(word []byte) {
	for _, c := range word {
		p.at[c] = 0
	}
}

// distance is the number of insertions, deletions, substitutions and swaps of
// neighbours between the pattern and a word, all columns of a row at once
// (Hyyrö 2003, optimal string alignment). It equals text.Distance, at a third
// of the time and without a bound.
func (p *pattern) distance(word []byte) int {
	up, down, diagonal, before := ^uint64(0), uint64(0), uint64(0), uint64(0)
	score, last := p.size, uint64(1)<<(p.size-1)
	for _, c := range word {
		at := p.at[c]
		swap := (^diagonal & at) << 1 & before
		diagonal = ((at & up) + up ^ up) | at | down | swap
		right, left := down|^(diagonal|up), diagonal&up
		if right&last != 0 {
			score++
		}
		if left&last != 0 {
			score--
		}
		right, left = right<<1|1, left<<1
		up, down = left|^(diagonal|right), right&diagonal
		before = at
	}
	return score
}

// split takes a word that is two known words glued together apart, at the place
// where the rarer half is most frequent.
func (v *view) split(word []byte) (a, b int) {
	a, b = -1, -1
	if len(word) < 2*shortestHalf || kindOf(word) != plainWord {
		return a, b
	}
	most := uint32(0)
	for i := shortestHalf; i <= len(word)-shortestHalf; i++ {
		x := v.known(word[:i])
		if x < 0 {
			continue
		}
		if y := v.known(word[i:]); y >= 0 {
			if n := min(v.entries[x].count, v.entries[y].count); n > most {
				most, a, b = n, x, y
			}
		}
	}
	return a, b
}

// known is the entry number of a word that a document has, or -1.
func (v *view) known(word []byte) int {
	n := v.find(word, hash(word))
	if n < 0 || v.entries[n].kind == stopWord || atomic.LoadUint32(&v.entries[n].count) == 0 ||
		atomic.LoadUint32(&v.documents[v.entries[n].term]) == 0 {
		return -1
	}
	return n
}
