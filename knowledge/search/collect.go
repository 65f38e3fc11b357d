package search

import (
	"cmp"
	"math"
	"slices"
	"sync/atomic"
)

// scratch is what one search needs to write on. It is used again and again.
type scratch struct {
	scanner scanner
	pattern pattern
	key     [longestWord + 1]byte
	terms   []queryTerm
	place   []uint16 // by term, its place among terms, plus one; else 0

	scores  [segmentSize]float32 // of a segment's documents; all 0 between segments
	touched [2 * segmentSize]uint16
	count   int // of touched

	best     []key // the best so far: at most 3k, unordered
	floor    float32
	floorKey key

	feedback feedback
	postings int // read since the search began, for the tests
}

// rank is the best k documents, best first.
func (s *scratch) rank(v *view, q Query, k int) []key {
	s.postings, s.best, s.floor, s.floorKey = 0, s.best[:0], 0, 0
	s.parse(v, q)
	if len(s.terms) == 0 {
		return nil
	}
	want := max(k, feedbackReranked)
	for i := range v.parts {
		s.part(v, &v.parts[i], want)
	}
	s.tail(v, want)
	slices.Sort(s.best)
	slices.Reverse(s.best)
	s.best = s.best[:min(len(s.best), want)]
	s.feed(v)
	return s.best[:min(len(s.best), k)]
}

// part scores a segment. Terms come by what they can add at most. As long as a
// document could reach the best k by the terms from here on alone, each posting
// counts; after that only documents already touched matter, and of those only
// the ones that can still reach the floor.
func (s *scratch) part(v *view, p *part, k int) {
	live := 0
	for i := range s.terms {
		t := &s.terms[i]
		t.bound = t.weight * p.bound(t.term, v.mean())
		if t.bound > 0 {
			s.terms[live], s.terms[i] = s.terms[i], s.terms[live]
			live++
		}
	}
	terms := s.terms[:live]
	slices.SortFunc(terms, func(a, b queryTerm) int { return cmp.Compare(b.bound, a.bound) })
	left := float32(0)
	for i := live - 1; i >= 0; i-- {
		left += terms[i].bound * roundingUp
		terms[i].left = left
	}
	i := 0
	for ; i < live && terms[i].left > s.floor; i++ {
		ids, codes := p.postings(terms[i].term)
		s.accumulate(ids, codes, terms[i].weight, v.impacts)
	}
	kept := s.count
	for ; i < live; i++ {
		kept = s.prune(kept, terms[i].left)
		s.probe(p, &terms[i], kept, v.impacts)
	}
	s.collect(kept, p.first, p.dead, k)
}

// accumulate adds a term to every document that has it.
func (s *scratch) accumulate(ids []uint16, codes []uint8, weight float32, impacts *impacts) {
	s.postings += len(ids)
	n := s.count
	codes = codes[:len(ids)]
	for i, id := range ids {
		before := s.scores[id]
		s.touched[n&(len(s.touched)-1)] = id
		n += int((uint64(math.Float32bits(before)) - 1) >> 63) // one if it was 0
		s.scores[id] = before + weight*impacts[codes[i]]
	}
	s.count = n
}

// prune forgets the touched documents that cannot reach the floor with what is
// left, and returns how many stay.
func (s *scratch) prune(count int, left float32) int {
	kept := 0
	for _, id := range s.touched[:count] {
		if s.scores[id]+left > s.floor {
			s.touched[kept] = id
			kept++
		} else {
			s.scores[id] = 0
		}
	}
	s.count = kept
	return kept
}

// probe adds a term to the documents that are still in the race.
func (s *scratch) probe(p *part, t *queryTerm, count int, impacts *impacts) {
	if column, found := p.columns[t.term]; found {
		s.postings += count
		for _, id := range s.touched[:count] {
			s.scores[id] += t.weight * impacts[column[id]]
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
	floor := s.floorKey
	for _, id := range s.touched[:count] {
		c := keyOf(first+int(id), s.scores[id])
		s.scores[id] = 0
		if c <= floor || dead.has(int(id)) {
			continue
		}
		s.best = append(s.best, c)
		if len(s.best) >= 3*k {
			s.cut(k)
			floor = s.floorKey
		}
	}
	s.count = 0
	if len(s.best) > k {
		s.cut(k)
	}
}

// cut keeps the best k and raises the floor to the last of them.
func (s *scratch) cut(k int) {
	selectGreatest(s.best, k)
	s.best = s.best[:k]
	s.floorKey = slices.Min(s.best)
	s.floor = s.floorKey.score()
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
