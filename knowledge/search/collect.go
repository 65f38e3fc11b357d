package search

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"sync/atomic"
)

// scratch is what one search needs to write on. It is used again and again.
type scratch struct {
	scanner scanner
	pattern pattern
	key     [longestWord + 1]byte
	terms   []queryTerm
	bounds  []boundedTerm
	place   []uint16 // by term, its place among terms, plus one; else 0

	scores  [segmentSize]float32 // of a segment's documents; all 0 between segments
	touched [2 * segmentSize]uint16
	count   int // of touched

	best  []key   // the best so far: at most 4k, unordered
	other []key   // to sort them
	floor float32 // what a document must reach to be among them

	feedback feedback
	postings int // read since the search began, for the tests
}

// rank is the best k documents, best first.
func (s *scratch) rank(v *view, q Query, k int) []key {
	s.postings, s.best, s.floor = 0, s.best[:0], 0
	s.feedback.chosen = s.feedback.chosen[:0]
	s.parse(v, q)
	if len(s.terms) == 0 {
		return nil
	}
	s.byWeight()
	want := max(k, feedbackReranked)
	for i := range v.parts {
		if i > 0 && len(s.best) > want {
			s.cut(want)
		}
		s.part(v, &v.parts[i], want)
	}
	s.tail(v, want)
	s.sortBest(want)
	if q.Text != "" {
		s.feed(v)
	}
	return s.best[:min(len(s.best), k)]
}

// byWeight puts the terms that tell most first: their documents raise the floor
// early. A query has few terms.
func (s *scratch) byWeight() {
	for i := 1; i < len(s.terms); i++ {
		for j := i; j > 0 && s.terms[j].weight > s.terms[j-1].weight; j-- {
			s.terms[j], s.terms[j-1] = s.terms[j-1], s.terms[j]
		}
	}
}

// part scores a segment. Terms come by what they can add at most. As long as a
// document could reach the best k by the terms from here on alone, each posting
// counts; after that only documents already touched matter, and of those only
// the ones that can still reach the floor.
func (s *scratch) part(v *view, p *part, k int) {
	if s.floor == 0 {
		for i := range s.terms {
			s.accumulate(p, s.terms[i].term, s.terms[i].weight, v.impacts)
		}
		s.collect(s.count, p.first, p.dead, k)
		return
	}
	terms := s.bounded(p, v.mean())
	i := 0
	for ; i < len(terms) && terms[i].left > s.floor; i++ {
		s.accumulate(p, terms[i].term, terms[i].weight, v.impacts)
	}
	for ; i < len(terms) && s.count > 0; i++ {
		s.prune(terms[i].left)
		s.probe(p, &terms[i], v.impacts)
	}
	s.collect(s.count, p.first, p.dead, k)
}

// bounded is the terms that a segment has, by how much they can add there.
func (s *scratch) bounded(p *part, mean float64) []boundedTerm {
	s.bounds = s.bounds[:0]
	for i := range s.terms {
		t := &s.terms[i]
		if bound := t.weight * p.bound(t.term, mean); bound > 0 {
			s.bounds = append(s.bounds, boundedTerm{t.term, t.weight, bound, 0})
		}
	}
	slices.SortFunc(s.bounds, func(a, b boundedTerm) int { return cmp.Compare(b.bound, a.bound) })
	left := float32(0)
	for i := len(s.bounds) - 1; i >= 0; i-- {
		left = (left + s.bounds[i].bound) * roundingUp
		s.bounds[i].left = left
	}
	return s.bounds
}

// boundedTerm is a term with the most that it can add to a score in a segment,
// alone and together with those that come after it.
type boundedTerm struct {
	term        uint32
	weight      float32
	bound, left float32
}

// accumulate adds a term to every document that has it.
func (s *scratch) accumulate(p *part, term uint32, weight float32, impacts *impacts) {
	if m := p.dense[term]; m != nil {
		s.accumulateDense(m, weight, impacts)
		return
	}
	ids, codes := p.postings(term)
	s.postings += len(ids)
	n := s.count
	codes = codes[:len(ids)]
	for i, id := range ids {
		before := s.scores[id]
		s.touched[n&(len(s.touched)-1)] = id
		n += untouched(before)
		s.scores[id] = before + weight*impacts[codes[i]]
	}
	s.count = n
}

// untouched is 1 for a score of 0, else 0, without a branch.
func untouched(score float32) int { return int((uint64(math.Float32bits(score)) - 1) >> 63) }

func (s *scratch) accumulateDense(m *bitmap, weight float32, impacts *impacts) {
	s.postings += len(m.codes)
	n, codes := s.count, m.codes
	for w, word := range m.bits {
		for ; word != 0; word &= word - 1 {
			id := uint16(w<<6 | bits.TrailingZeros64(word))
			before := s.scores[id]
			s.touched[n&(len(s.touched)-1)] = id
			n += untouched(before)
			s.scores[id] = before + weight*impacts[codes[0]]
			codes = codes[1:]
		}
	}
	s.count = n
}

// prune forgets the touched documents that cannot reach the floor with what is
// left.
func (s *scratch) prune(left float32) {
	kept := 0
	for _, id := range s.touched[:s.count] {
		if s.scores[id]+left > s.floor {
			s.touched[kept] = id
			kept++
		} else {
			s.scores[id] = 0
		}
	}
	s.count = kept
}

// probe adds a term to the documents that are still in the race.
func (s *scratch) probe(p *part, t *boundedTerm, impacts *impacts) {
	if m := p.dense[t.term]; m != nil {
		s.postings += s.count
		for _, id := range s.touched[:s.count] {
			s.scores[id] += t.weight * impacts[m.code(id)]
		}
		return
	}
	ids, codes := p.postings(t.term)
	s.postings += len(ids)
	codes = codes[:len(ids)]
	for i, id := range ids {
		if before := s.scores[id]; before != 0 {
			s.scores[id] = before + t.weight*impacts[codes[i]]
		}
	}
}

// collect moves the touched documents to the best and wipes their scores.
func (s *scratch) collect(count, first int, dead marks, k int) {
	for _, id := range s.touched[:count] {
		score := s.scores[id]
		s.scores[id] = 0
		if score < s.floor || dead.has(int(id)) {
			continue
		}
		s.best = append(s.best, keyOf(first+int(id), score))
		if len(s.best) >= 4*k {
			s.cut(k)
		}
	}
	s.count = 0
}

// cut keeps the best k and raises the floor to the last of them.
func (s *scratch) cut(k int) {
	selectGreatest(s.best, k)
	s.best = s.best[:k]
	s.floor = slices.Min(s.best).score()
}

// selectGreatest moves the k greatest keys to the front (quickselect).
func selectGreatest(keys []key, k int) {
	for from, to := 0, len(keys); to-from > 1; {
		pivot := median(keys[from], keys[(from+to)/2], keys[to-1])
		i, j := from, to-1
		for i <= j {
			for keys[i] > pivot {
				i++
			}
			for keys[j] < pivot {
				j--
			}
			if i <= j {
				keys[i], keys[j] = keys[j], keys[i]
				i++
				j--
			}
		}
		switch {
		case k <= j+1:
			to = j + 1
		case k > i:
			from = i
		default:
			return
		}
	}
}

func median(a, b, c key) key {
	return max(min(a, b), min(max(a, b), c))
}

// tail scores the documents that came last, by the chains of their terms.
func (s *scratch) tail(v *view, k int) {
	if v.tail.size() == 0 {
		return
	}
	for i := range s.terms {
		t := &s.terms[i]
		n := s.count
		at := atomic.LoadUint32(&v.tail.heads[t.term])
		for at != 0 {
			p := at - 1
			if int(p) >= len(v.tail.terms) { // newer than this view
				at = v.tail.next[:cap(v.tail.next)][p]
				continue
			}
			s.postings++
			id := v.tail.owner[p]
			before := s.scores[id]
			s.touched[n&(len(s.touched)-1)] = id
			if before == 0 {
				n++
			}
			s.scores[id] = before + t.weight*v.impacts[v.tail.codes[p]]
			at = v.tail.next[p]
		}
		s.count = n
	}
	s.collect(s.count, v.first, v.dead, k)
}

// Digits of the two passes of sortBest.
const digitBits, digitMask = 6, 1<<6 - 1

// sortBest puts the best k in order, the greatest first: by the upper and lower
// digit of where the score lies between the lowest and the highest (a radix sort
// of two passes), then what is still out of order by insertion.
func (s *scratch) sortBest(k int) {
	if len(s.best) > 1024 { // nearly equal scores would make insertion slow
		slices.SortFunc(s.best, func(a, b key) int { return cmp.Compare(b, a) })
		s.best = s.best[:min(k, len(s.best))]
		return
	}
	low, high := ^key(0), key(0)
	for _, c := range s.best {
		low, high = min(low, c), max(high, c)
	}
	scale := float32(0)
	if high.score() > low.score() {
		scale = (1<<(2*digitBits) - 1) / (high.score() - low.score())
	}
	top, n := high.score(), len(s.best)
	s.other = slices.Grow(s.other[:0], n)[:n]
	var lower, upper [digitMask + 2]uint16 // where each digit's keys go
	for _, c := range s.best {
		place := uint32((top - c.score()) * scale)
		lower[place&digitMask+1]++
		upper[place>>digitBits&digitMask+1]++
	}
	for i := range digitMask {
		lower[i+1] += lower[i]
		upper[i+1] += upper[i]
	}
	for _, c := range s.best {
		at := &lower[uint32((top-c.score())*scale)&digitMask]
		s.other[*at] = c
		*at++
	}
	for _, c := range s.other {
		at := &upper[uint32((top-c.score())*scale)>>digitBits&digitMask]
		s.best[*at] = c
		*at++
	}
	sortNearly(s.best)
	s.best = s.best[:min(k, n)]
}

// sortNearly sorts keys that are nearly in order, the greatest first.
func sortNearly(keys []key) {
	for i := 1; i < len(keys); i++ {
		k, j := keys[i], i
		for ; j > 0 && keys[j-1] < k; j-- {
			keys[j] = keys[j-1]
		}
		keys[j] = k
	}
}
