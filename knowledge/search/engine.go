package search

import (
	"iter"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/kljensen/snowball/english"
)

// Engine finds documents by the words of a query. Readers never wait and may be
// as many as one likes; a change is visible to every search that begins after
// it. Its zero value is not ready: use NewEngine.
type Engine struct {
	fields []Field
	now    atomic.Pointer[view]
	idle   chan *scratch // as many as may search at once

	mu     sync.Mutex // one writer at a time; guards what follows
	counts []float32  // by term: how often in the document being read
	seen   []uint32   // the terms of the document being read
	buffer scanner
}

// view is all that a search reads, as of one change. What it points to is
// never changed, except as the types say.
type view struct {
	dictionary
	documents []uint32 // by term, how many documents have it; atomically
	parts     []part   // frozen documents, in order
	tail      tail
	dead      marks   // of the tail
	first     int     // number of the tail's first document
	live      int     // documents that are not deleted
	length    float64 // of all together
	impacts   *impacts
	repairs   *repairs
	risen     []uint32 // entries that were only stems when the repairs were built
}

// part is a segment as of one change.
type part struct {
	*segment
	first int
	dead  marks
}

// NewEngine makes an empty engine for documents of these fields. A word counts
// by its field's Weight, which is 1 or more; Length says how much of that also
// makes the document longer.
func NewEngine(fields ...Field) *Engine {
	e := &Engine{fields: fields, idle: make(chan *scratch, runtime.GOMAXPROCS(0))}
	v := &view{dictionary: *newDictionary(), impacts: impactsAt(1), repairs: &repairs{}}
	e.now.Store(v)
	return e
}

// Document is what is indexed: a text for every field, and terms that its maker
// chose (Writer.Term), which are searched by their numbers only (Query.Terms),
// not as words.
type Document struct {
	Fields []string
	Terms  []Term
}

// Field says how much a field's words count, and how much of that also makes the
// document longer.
type Field struct {
	Weight float64
	Length float64
}

// Hit is a document by its number, with its score.
type Hit struct {
	Document int
	Score    float64
}

// Term is a term by its number, with how much it counts.
type Term struct {
	Number int32
	Weight float64
}

// AddAll adds many documents at once, which costs a third of adding them one by
// one, and publishes them together. The first gets the number that is returned,
// the others follow it.
func (e *Engine) AddAll(documents iter.Seq[Document]) int {
	first := 0
	e.Load(func(w *Writer) {
		first = w.view.size()
		for d := range documents {
			w.Add(d)
		}
	})
	return first
}

// Add adds one document and returns its number.
func (e *Engine) Add(d Document) (number int) {
	e.Update(func(w *Writer) { number = w.Add(d) })
	return number
}

// Delete removes a document and tells whether it was there. Its number is not
// given out again.
func (e *Engine) Delete(number int) (there bool) {
	e.Update(func(w *Writer) { there = w.Delete(number) })
	return there
}

// Replace puts a document in another's place: no search sees both or neither.
// It gets a number of its own.
func (e *Engine) Replace(number int, d Document) (added int) {
	e.Update(func(w *Writer) {
		w.Delete(number)
		added = w.Add(d)
	})
	return added
}

// Size is how many documents there are.
func (e *Engine) Size() int { return e.now.Load().live }

func (e *Engine) publish(v *view) {
	v.impacts = impactsAt(v.mean())
	e.now.Store(v)
}

func (v *view) size() int { return v.first + v.tail.size() }

func (v *view) mean() float64 {
	if v.length <= 0 {
		return shortest
	}
	return v.length / float64(v.size())
}

// read appends a document to the tail. Only its chains make it searchable
// there; in a bulk it is frozen before anybody searches.
func (e *Engine) read(v *view, d Document, chained bool) {
	length := 0.0
	for f, text := range d.Fields {
		if f >= len(e.fields) {
			break
		}
		weight := e.fields[f].Weight
		s := &e.buffer
		s.text, s.at = fold(text, true), 0
		for s.next() {
			t := v.learn(s.word(), s.hash)
			if t == noTerm {
				continue
			}
			e.count(v, t, weight)
			length += weight * e.fields[f].Length
		}
		s.text = ""
	}
	for _, t := range d.Terms {
		e.count(v, uint32(t.Number), t.Weight)
	}
	if chained {
		v.makeRoom(len(e.seen))
	}
	steps := octave(length)
	for _, t := range e.seen {
		c := code(float64(e.counts[t]), steps)
		e.counts[t] = 0
		v.tail.terms = append(v.tail.terms, t)
		v.tail.codes = append(v.tail.codes, c)
		if chained {
			v.tail.owner = append(v.tail.owner, uint16(v.tail.size()))
			v.tail.next = append(v.tail.next, v.tail.heads[t])
			atomic.StoreUint32(&v.tail.heads[t], uint32(len(v.tail.terms)))
		}
		atomic.AddUint32(&v.documents[t], 1)
	}
	e.seen = e.seen[:0]
	v.tail.ends = append(v.tail.ends, uint32(len(v.tail.terms)))
	v.live++
	v.length += length
}

// makeRoom sees to it that the tail takes one more document of so many terms
// without being moved.
func (v *view) makeRoom(terms int) {
	t := &v.tail
	if t.size() == tailSize || t.size() > 0 && len(t.terms)+terms > cap(t.next) {
		v.freeze()
		v.repairs, v.risen = newRepairs(&v.dictionary), nil
	}
	if t.next == nil {
		room := max(tailPostings, terms)
		t.terms, t.codes = make([]uint32, 0, room), make([]uint8, 0, room)
		t.owner, t.next = make([]uint16, 0, room), make([]uint32, 0, room)
	}
}

func (e *Engine) count(v *view, term uint32, weight float64) {
	if int(term) >= len(e.counts) {
		e.counts = append(e.counts, make([]float32, cap(v.documents)-len(e.counts))...)
	}
	if e.counts[term] == 0 {
		e.seen = append(e.seen, term)
	}
	e.counts[term] += float32(weight)
}

// learn is the term of a word of a document, known or new. Each word is stemmed
// once.
func (v *view) learn(word []byte, h uint32) uint32 {
	n := v.find(word, h)
	if n < 0 {
		kind := kindOf(word)
		t := uint32(0)
		if kind == plainWord {
			t = v.intern([]byte(stem(word)), plainWord)
		}
		if n = v.find(word, h); n < 0 {
			if kind != plainWord {
				t = v.newTerm()
			}
			n = v.add(word, h, t, kind)
		}
	}
	v.use(n, 1)
	return v.entries[n].term
}

// use counts a word that was met.
func (v *view) use(n int, times uint32) {
	if atomic.AddUint32(&v.entries[n].count, times) == times && n < v.repairs.size && v.repairable(n) {
		v.risen = append(v.risen, uint32(n))
	}
}

// intern is the term of a stem or of a named term, known or new.
func (v *view) intern(name []byte, kind uint8) uint32 {
	h := hash(name)
	if n := v.find(name, h); n >= 0 && v.entries[n].term != noTerm {
		return v.entries[n].term
	}
	t := v.newTerm()
	v.add(name, h, t, kind)
	return t
}

func (v *view) newTerm() uint32 {
	v.documents = append(v.documents, 0)
	v.tail.heads = append(v.tail.heads, 0)
	return uint32(len(v.documents) - 1)
}

func stem(word []byte) string {
	if len(word) < 3 {
		return string(word)
	}
	return english.Stem(string(word), true)
}

// freeze moves the tail into segments: into the last one as long as there is
// room, else into one of its own.
func (v *view) freeze() {
	if v.tail.size() == 0 {
		return
	}
	parts, first, dead, old := slices.Clone(v.parts), v.first, v.dead, (*segment)(nil)
	if last := len(parts) - 1; last >= 0 && parts[last].count+v.tail.size() <= segmentSize {
		old, first = parts[last].segment, parts[last].first
		dead = joined(parts[last].dead, dead, old.count)
		parts = parts[:last]
	}
	v.first += v.tail.size()
	parts = append(parts, part{freeze(old, v.tail.forward, len(v.documents), v.mean()), first, dead})
	v.parts = parts
	v.tail = tail{heads: make([]uint32, len(v.documents), cap(v.documents))}
	v.dead = nil
}

// joined is the marks of a and, moved up, those of b.
func joined(a, b marks, by int) marks {
	if a == nil && b == nil {
		return nil
	}
	out := make(marks, segmentSize/64)
	copy(out, a)
	for i := range len(b) * 64 {
		if b.has(i) {
			out[(by+i)>>6] |= 1 << ((by + i) & 63)
		}
	}
	return out
}

// remove marks a document as deleted. It goes on counting for how rare a word
// is and how long documents are, until the engine is built anew.
func (v *view) remove(number int) bool {
	if number < 0 || number >= v.size() || v.deadAmong(number).has(v.local(number)) {
		return false
	}
	v.live--
	if number >= v.first {
		v.dead = v.dead.with(number - v.first)
		return true
	}
	v.parts = slices.Clone(v.parts)
	p := &v.parts[v.partOf(number)]
	p.dead = p.dead.with(number - p.first)
	return true
}

func (v *view) deadAmong(number int) marks {
	if number >= v.first {
		return v.dead
	}
	return v.parts[v.partOf(number)].dead
}

func (v *view) local(number int) int {
	if number >= v.first {
		return number - v.first
	}
	return number - v.parts[v.partOf(number)].first
}

func (v *view) partOf(number int) int {
	i := min(number/segmentSize, len(v.parts)-1) // no part is larger than that
	for i+1 < len(v.parts) && v.parts[i+1].first <= number {
		i++
	}
	return i
}

// termsOf is the terms of a document that is long enough to learn from, with
// their codes; nothing for a short one.
func (v *view) termsOf(number int) ([]uint32, []uint8) {
	if number >= v.first {
		terms, codes := v.tail.document(number - v.first)
		if len(terms) < longDocument {
			return nil, nil
		}
		return terms, codes
	}
	p := &v.parts[v.partOf(number)]
	if i, found := slices.BinarySearch(p.long, uint16(number-p.first)); found {
		return p.forward.document(i)
	}
	return nil, nil
}

// codeOf is a term's code in a document, or 0.
func (v *view) codeOf(term uint32, number int) uint8 {
	if number < v.first {
		p := &v.parts[v.partOf(number)]
		return p.code(term, uint16(number-p.first))
	}
	terms, codes := v.tail.document(number - v.first)
	if i := slices.Index(terms, term); i >= 0 {
		return codes[i]
	}
	return 0
}

// weight is how much a term tells, or 0 if no document has it.
func (v *view) weight(term uint32) float64 {
	n := atomic.LoadUint32(&v.documents[term])
	if n == 0 {
		return 0
	}
	return rarity(math.Max(float64(v.size()), float64(n)), float64(n))
}
