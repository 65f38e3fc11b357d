package search

import (
	"math/bits"
	"sync/atomic"
)

// Words that the index does not know are taken for the nearest that it knows:
// one edit away, else two; among equals for the most frequent. A short word has
// too many neighbours, and a number is meant as it is spelt.
const (
	shortestRepaired = 4
	shortestTwoEdits = 5
	shortestHalf     = 3  // of a word that is glued from two
	mostRepairs      = 24 // of a query
)

// repairs finds the known words near an unknown one. It covers the words of the
// dictionary up to a size; the few that came later are compared one by one.
//
// One edit leaves one half of a word whole, so each word is filed under
// (length, first half) and (length, second half); a swap across the middle is
// one more look-up. For two edits the fingerprints of all words of about the
// same length are compared, 50,000 in some 20 µs.
type repairs struct {
	size    int
	starts  []uint32 // of the buckets of halves
	halves  []uint32 // entry numbers, by bucket
	lengths [longestWord + 1]struct {
		prints  []uint64
		entries []uint32
	}
}

func halfKey(half []byte, length int, second uint32) uint32 {
	h := (uint32(length)<<1|second)*hashFactor ^ hashSeed
	for _, c := range half {
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
			if d.repairable(n) {
				w := d.word(n)
				do(halfKey(w[:len(w)/2], len(w), 0)&mask, n)
				do(halfKey(w[len(w)/2:], len(w), 1)&mask, n)
			}
		}
	}
	each(func(b uint32, _ int) { r.starts[b+1]++ })
	for b := range mask + 1 {
		r.starts[b+1] += r.starts[b]
	}
	r.halves = make([]uint32, r.starts[mask+1])
	next := append([]uint32(nil), r.starts...)
	each(func(b uint32, n int) {
		r.halves[next[b]] = uint32(n)
		next[b]++
	})
	for n := range d.entries {
		if d.repairable(n) {
			l := &r.lengths[d.entries[n].size]
			l.prints = append(l.prints, letters(d.word(n)))
			l.entries = append(l.entries, uint32(n))
		}
	}
	return r
}

// repairable tells whether an entry may be what somebody meant. A stem that no
// text has may yet become a word, so it is filed too.
func (d *dictionary) repairable(n int) bool {
	e := &d.entries[n]
	return e.kind == plainWord && e.size >= shortestHalf
}

// search for the nearest word.
type nearest struct {
	v       *view
	word    []byte
	pattern *pattern
	best    int
	count   uint32
	edits   int
}

// repair is the entry number of the word nearest to an unknown one, or -1, and
// how many edits away it is.
func (v *view) repair(word []byte, p *pattern) (int, int) {
	if len(word) < shortestRepaired || kindOf(word) != plainWord {
		return -1, 0
	}
	p.set(word)
	defer p.clear(word)
	s := nearest{v: v, word: word, pattern: p, best: -1, edits: 1}
	s.halves()
	s.late()
	if s.best < 0 && len(word) >= shortestTwoEdits {
		s.edits = 2
		s.scan()
		s.late()
	}
	return s.best, s.edits
}

// consider takes an entry if it is near enough and more frequent than the best
// so far; of equals the one that was known first.
func (s *nearest) consider(n int) {
	e := &s.v.entries[n]
	count := atomic.LoadUint32(&e.count)
	if count < s.count || count == 0 || count == s.count && n >= s.best {
		return
	}
	if s.pattern.distance(s.v.word(n)) > s.edits || atomic.LoadUint32(&s.v.documents[e.term]) == 0 {
		return
	}
	s.best, s.count = n, count
}

func (s *nearest) halves() {
	r, n := s.v.repairs, len(s.word)
	if len(r.starts) == 0 {
		return
	}
	for m := n - 1; m <= min(n+1, longestWord); m++ {
		s.bucket(halfKey(s.word[:m/2], m, 0))
		s.bucket(halfKey(s.word[n-(m-m/2):], m, 1))
	}
	var swapped [longestWord]byte
	w := swapped[:copy(swapped[:], s.word)]
	w[n/2-1], w[n/2] = w[n/2], w[n/2-1]
	if found := s.v.find(w, hash(w)); found >= 0 && s.v.repairable(found) {
		s.consider(found)
	}
}

func (s *nearest) bucket(key uint32) {
	r := s.v.repairs
	b := key & uint32(len(r.starts)-2)
	for _, n := range r.halves[r.starts[b]:r.starts[b+1]] {
		s.consider(int(n))
	}
}

func (s *nearest) scan() {
	print := letters(s.word)
	for m := max(shortestHalf, len(s.word)-s.edits); m <= min(len(s.word)+s.edits, longestWord); m++ {
		l := &s.v.repairs.lengths[m]
		for i, p := range l.prints {
			if differences(print, p) <= 2*s.edits {
				s.consider(int(l.entries[i]))
			}
		}
	}
}

// late looks through the words that came after the repairs were built.
func (s *nearest) late() {
	print := letters(s.word)
	for n := s.v.repairs.size; n < len(s.v.entries); n++ {
		e := &s.v.entries[n]
		if apart := int(e.size) - len(s.word); apart < -s.edits || apart > s.edits || !s.v.repairable(n) {
			continue
		}
		if differences(print, letters(s.v.word(n))) <= 2*s.edits {
			s.consider(n)
		}
	}
}

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
