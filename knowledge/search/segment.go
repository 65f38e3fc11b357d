package search

import "math"

const (
	segmentSize  = 1 << 16 // documents of a full segment: local numbers have 16 bits
	tailSize     = 1 << 12 // documents that wait in the tail before they are frozen
	tailPostings = 1 << 16 // postings that the tail has room for
	denseShare   = 16      // a term in more than one document in so many gets a column
)

// forward lists documents with their terms, in the order they came: document i
// has terms[ends[i-1]:ends[i]] with their codes. Growing it never disturbs who
// reads an earlier, shorter copy.
type forward struct {
	terms   []uint32
	codes   []uint8
	ends    []uint32
	lengths []float32
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

// close ends the document whose terms were appended.
func (f *forward) close(length float64) {
	f.ends = append(f.ends, uint32(len(f.terms)))
	f.lengths = append(f.lengths, float32(length))
}

// segment is up to 65,536 documents that no longer change.
type segment struct {
	forward
	starts  []uint32           // term t has ids[starts[t]:starts[t+1]]
	ids     []uint16           // local document numbers, growing within a term
	inverse []uint8            // their codes
	best    []uint8            // by term, the code with the highest impact when frozen
	columns map[uint32][]uint8 // of the commonest terms, the code by document, 0 for none
	impacts *impacts           // when frozen
	mean    float64            // mean length when frozen
}

// freeze makes a segment of documents: a counting sort by term.
func freeze(f forward, terms int, mean float64) *segment {
	s := &segment{forward: f, impacts: impactsAt(mean), mean: mean, columns: map[uint32][]uint8{}}
	s.starts = make([]uint32, terms+1)
	for _, t := range f.terms {
		s.starts[t+1]++
	}
	for t := range terms {
		s.starts[t+1] += s.starts[t]
	}
	s.ids = make([]uint16, len(f.terms))
	s.inverse = make([]uint8, len(f.terms))
	s.best = make([]uint8, terms)
	next := make([]uint32, terms)
	copy(next, s.starts)
	at := uint32(0)
	for d, end := range f.ends {
		for ; at < end; at++ {
			t := f.terms[at]
			p := next[t]
			next[t] = p + 1
			s.ids[p], s.inverse[p] = uint16(d), f.codes[at]
			if s.impacts[f.codes[at]] > s.impacts[s.best[t]] {
				s.best[t] = f.codes[at]
			}
		}
	}
	for t := range uint32(terms) {
		if from, to := s.starts[t], s.starts[t+1]; int(to-from)*denseShare > max(len(f.ends), tailSize) {
			column := make([]uint8, segmentSize)[:len(f.ends)]
			for i := from; i < to; i++ {
				column[s.ids[i]] = s.inverse[i]
			}
			s.columns[t] = column
		}
	}
	return s
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

// postings is a term's documents and codes.
func (s *segment) postings(term uint32) ([]uint16, []uint8) {
	if int(term)+1 >= len(s.starts) {
		return nil, nil
	}
	from, to := s.starts[term], s.starts[term+1]
	return s.ids[from:to], s.inverse[from:to]
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
