package search

import (
	"math"
	"math/bits"
	"slices"
)

const (
	segmentSize  = 1 << 16 // documents of a full segment: local numbers have 16 bits
	tailSize     = 1 << 12 // documents that wait in the tail before they are frozen
	tailPostings = 1 << 16 // postings that the tail has room for
	denseShare   = 16      // a term in more than one document in so many is kept as a bitmap
	longDocument = 25      // terms of a document whose terms are kept in its own order, too
)

// forward lists documents with their terms, in the order they came: document i
// has terms[ends[i-1]:ends[i]] with their codes. Growing it never disturbs who
// reads an earlier, shorter copy.
type forward struct {
	terms []uint32
	codes []uint8
	ends  []uint32
}

func (f *forward) size() int { return len(f.ends) }

// document is the terms of a document and their codes.
func (f *forward) document(i int) ([]uint32, []uint8) {
	from := uint32(0)
	if i > 0 {
		from = f.ends[i-1]
	}
	return f.terms[from:f.ends[i]], f.codes[from:f.ends[i]]
}

// segment is up to 65,536 documents that no longer change.
type segment struct {
	count   int
	starts  []uint32 // term t has ids[starts[t]:starts[t+1]]
	ids     []uint16 // local document numbers, growing within a term
	codes   []uint8  // of the same postings
	dense   map[uint32]*bitmap
	best    []uint8  // by term, the code with the highest impact when frozen
	impacts *impacts // when frozen
	mean    float64  // mean length when frozen

	long    []uint16 // the documents that feedback may learn from
	forward forward  // their terms
}

// bitmap is the postings of a term that many documents have: a bit for each
// document, the codes of those that have it, and for each word of bits how many
// codes come before it.
type bitmap struct {
	bits  []uint64
	ranks []uint16
	codes []uint8
}

func (m *bitmap) code(id uint16) uint8 {
	word, bit := m.bits[id>>6], uint64(1)<<(id&63)
	if word&bit == 0 {
		return 0
	}
	return m.codes[int(m.ranks[id>>6])+bits.OnesCount64(word&(bit-1))]
}

// freeze makes a segment of the documents of another, if any, and of those that
// follow: a counting sort by term.
func freeze(old *segment, f forward, terms int, mean float64) *segment {
	s := &segment{count: f.size(), impacts: impactsAt(mean), mean: mean, dense: map[uint32]*bitmap{}}
	having := make([]uint32, terms)
	for _, t := range f.terms {
		having[t]++
	}
	if old != nil {
		s.count += old.count
		for t := range old.best {
			having[t] += old.having(uint32(t))
		}
	}
	s.layOut(having)
	s.best = make([]uint8, terms)
	next := slices.Clone(s.starts[:terms])
	put := func(t uint32, id uint16, c uint8) {
		if s.impacts[c] > s.impacts[s.best[t]] {
			s.best[t] = c
		}
		if m := s.dense[t]; m != nil {
			m.bits[id>>6] |= 1 << (id & 63)
			m.codes = append(m.codes, c)
			return
		}
		s.ids[next[t]], s.codes[next[t]] = id, c
		next[t]++
	}
	base := 0
	if old != nil {
		base = old.count
		for t := range old.best {
			old.each(uint32(t), func(id uint16, c uint8) { put(uint32(t), id, c) })
		}
		s.long, s.forward = slices.Clone(old.long), forward{slices.Clone(old.forward.terms), slices.Clone(old.forward.codes), slices.Clone(old.forward.ends)}
	}
	for d := range f.size() {
		ts, cs := f.document(d)
		for i, t := range ts {
			put(t, uint16(base+d), cs[i])
		}
		if len(ts) >= longDocument {
			s.long = append(s.long, uint16(base+d))
			s.forward.terms = append(s.forward.terms, ts...)
			s.forward.codes = append(s.forward.codes, cs...)
			s.forward.ends = append(s.forward.ends, uint32(len(s.forward.terms)))
		}
	}
	s.long, s.forward.terms, s.forward.codes, s.forward.ends = slices.Clip(s.long), slices.Clip(s.forward.terms), slices.Clip(s.forward.codes), slices.Clip(s.forward.ends)
	for _, m := range s.dense {
		n := 0
		for i, word := range m.bits {
			m.ranks[i] = uint16(n)
			n += bits.OnesCount64(word)
		}
	}
	return s
}

// layOut makes room for each term's postings.
func (s *segment) layOut(having []uint32) {
	s.starts = make([]uint32, len(having)+1)
	for t, n := range having {
		if int(n)*denseShare > max(s.count, tailSize) {
			words := (s.count + 63) / 64
			s.dense[uint32(t)] = &bitmap{make([]uint64, words), make([]uint16, words), make([]uint8, 0, n)}
			n = 0
		}
		s.starts[t+1] = s.starts[t] + n
	}
	s.ids = make([]uint16, s.starts[len(having)])
	s.codes = make([]uint8, s.starts[len(having)])
}

func (s *segment) having(term uint32) uint32 {
	if m := s.dense[term]; m != nil {
		return uint32(len(m.codes))
	}
	return s.starts[term+1] - s.starts[term]
}

func (s *segment) each(term uint32, do func(id uint16, c uint8)) {
	if m := s.dense[term]; m != nil {
		i := 0
		for w, word := range m.bits {
			for ; word != 0; word &= word - 1 {
				do(uint16(w<<6|bits.TrailingZeros64(word)), m.codes[i])
				i++
			}
		}
		return
	}
	for i := s.starts[term]; i < s.starts[term+1]; i++ {
		do(s.ids[i], s.codes[i])
	}
}

// bound is the most that a term can add to a document's score here. If
// documents have grown longer since, an impact grew by less than the mean did:
// (tf + a + b/old) / (tf + a + b/new) <= new/old.
func (s *segment) bound(term uint32, mean float64) float32 {
	if int(term) >= len(s.best) {
		return 0
	}
	return s.impacts[s.best[term]] * float32(math.Max(1, mean/s.mean)) * roundingUp
}

// roundingUp keeps a bound a bound although sums of float32 are not exact.
const roundingUp = 1.00001

// postings is the documents and codes of a term that is not dense.
func (s *segment) postings(term uint32) ([]uint16, []uint8) {
	if int(term)+1 >= len(s.starts) {
		return nil, nil
	}
	from, to := s.starts[term], s.starts[term+1]
	return s.ids[from:to], s.codes[from:to]
}

// code is a term's code in a document, or 0.
func (s *segment) code(term uint32, id uint16) uint8 {
	if m := s.dense[term]; m != nil {
		return m.code(id)
	}
	ids, codes := s.postings(term)
	if i, found := slices.BinarySearch(ids, id); found {
		return codes[i]
	}
	return 0
}

// tail is the documents that came last, searchable one by one: a term's
// postings are a chain through the forward list, newest first. heads[t] is
// where term t's chain begins, plus one. It is shared with readers and may be
// ahead of them: they skip what lies past their own forward list. That is why
// the arrays are made in full size and never move; a full tail is frozen.
type tail struct {
	forward
	owner []uint16 // the document of each posting
	next  []uint32 // the posting of the same term before it, plus one
	heads []uint32 // by term, atomically
}

// marks is a set of document numbers within a segment.
type marks []uint64

func (m marks) has(i int) bool { return i>>6 < len(m) && m[i>>6]>>(i&63)&1 != 0 }

// with is a copy that has i too.
func (m marks) with(i int) marks {
	out := make(marks, max(len(m), i>>6+1))
	copy(out, m)
	out[i>>6] |= 1 << (i & 63)
	return out
}
