package search

import (
	"iter"
	"sync/atomic"
)

// View is an Engine as of one change. It may be read by many at once, and
// whatever is changed later, it goes on finding the same documents; only how
// rare a term is moves on with the Engine.
type View struct {
	engine *Engine
	view   *view
}

// View is the Engine as it is now.
func (e *Engine) View() *View { return &View{e, e.now.Load()} }

// Find is the k best documents for a query, best first; of two with the same
// score the one that was added first.
func (w *View) Find(q Query, k int) []Hit { return w.engine.find(w.view, q, k) }

// Size is one more than the highest number that a document has.
func (w *View) Size() int { return w.view.size() }

// Live is how many documents there are.
func (w *View) Live() int { return w.view.live }

// All lists the numbers of the documents, in order.
func (w *View) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for n := range w.view.size() {
			if !w.view.deadAmong(n).has(w.view.local(n)) && !yield(n) {
				return
			}
		}
	}
}

// Term is the number of the term with that name, or -1. Names are up to 254
// bytes; what is longer is cut.
func (w *View) Term(name string) int32 {
	var buffer [longestName]byte
	key := exactName(buffer[:], name)
	if n := w.view.find(key, hash(key)); n >= 0 {
		return int32(w.view.entries[n].term)
	}
	return -1
}

// Terms is how many terms there are; they are numbered from 0.
func (w *View) Terms() int { return len(w.view.documents) }

// Has tells whether any document has had the term.
func (w *View) Has(term int32) bool {
	return w.view.has(term) && atomic.LoadUint32(&w.view.documents[term]) > 0
}

func (v *view) has(term int32) bool { return term >= 0 && int(term) < len(v.documents) }

// Rarity is how much a term tells: the rarer, the more. A term that no document
// has, -1 among them, tells the most.
func (w *View) Rarity(term int32) float64 {
	having := 0.0
	if w.view.has(term) {
		having = float64(atomic.LoadUint32(&w.view.documents[term]))
	}
	return rarity(max(float64(w.view.size()), having), having)
}

// Documents lists the numbers of the documents that have a term, in no
// particular order.
func (w *View) Documents(term int32) iter.Seq[int] {
	return func(yield func(int) bool) {
		v := w.view
		if !v.has(term) {
			return
		}
		for i := range v.parts {
			p, more := &v.parts[i], true
			if int(term)+1 >= len(p.starts) {
				continue
			}
			p.each(uint32(term), func(id uint16, _ uint8) {
				more = more && (p.dead.has(int(id)) || yield(p.first+int(id)))
			})
			if !more {
				return
			}
		}
		if v.tail.size() == 0 {
			return
		}
		for at := atomic.LoadUint32(&v.tail.heads[term]); at != 0; at = v.tail.next[:cap(v.tail.next)][at-1] {
			if int(at) > len(v.tail.terms) { // newer than this view
				continue
			}
			if id := int(v.tail.owner[at-1]); !v.dead.has(id) && !yield(v.first+id) {
				return
			}
		}
	}
}

// Nearest is the known word that an unknown one most likely misspells, and how
// many edits away it is; the word is empty if none is near.
func (w *View) Nearest(word string) (string, int) {
	if len(word) > longestWord {
		return "", 0
	}
	var p pattern
	n, edits := w.view.repair([]byte(word), &p)
	if n < 0 {
		return "", 0
	}
	return string(w.view.word(n)), edits
}

// Uses is how often a word was made known (Writer.Word).
func (w *View) Uses(word string) int {
	var buffer [longestName]byte
	key := append(buffer[:0], word[:min(len(word), longestWord)]...)
	if n := w.view.find(key, hash(key)); n >= 0 {
		return int(atomic.LoadUint32(&w.view.entries[n].count))
	}
	return 0
}

// longestName is how many bytes of a term's name count, its mark among them.
const longestName = 255

// exactName is a term's name as the dictionary has it, in buffer. No word
// begins like it.
func exactName(buffer []byte, name string) []byte {
	b := append(append(buffer[:0], 0), name...)
	return b[:min(len(b), longestName)]
}

// Writer changes an Engine; what it does is published together.
type Writer struct {
	engine *Engine
	view   *view
	bulk   bool
}

// Update makes a change: searches see all of it or nothing.
func (e *Engine) Update(change func(*Writer)) { e.change(change, false) }

// Load is Update for many documents at once, which costs a third.
func (e *Engine) Load(change func(*Writer)) { e.change(change, true) }

func (e *Engine) change(do func(*Writer), bulk bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	v := *e.now.Load()
	do(&Writer{e, &v, bulk})
	if bulk {
		v.freeze()
		v.repairs, v.risen = newRepairs(&v.dictionary), nil
	}
	e.publish(&v)
}

// Add adds a document and returns its number.
func (w *Writer) Add(d Document) int {
	if w.bulk && w.view.tail.size() == segmentSize {
		w.view.freeze()
	}
	number := w.view.size()
	w.engine.read(w.view, d, !w.bulk)
	return number
}

// Delete removes a document and tells whether it was there. Its number is not
// given out again.
func (w *Writer) Delete(number int) bool { return w.view.remove(number) }

// Term is the number of the term with that name; a new name gets the next.
func (w *Writer) Term(name string) int32 {
	var buffer [longestName]byte
	return int32(w.view.intern(exactName(buffer[:], name), exactWord))
}

// Word makes a word known that is in no document's text, so that a misspelt one
// may be taken for it (View.Nearest), as used so many times.
func (w *Writer) Word(word string, times int) {
	if word == "" || len(word) > longestWord || times <= 0 {
		return
	}
	key := []byte(word)
	h := hash(key)
	n := w.view.find(key, h)
	if n < 0 {
		t := uint32(w.Term("")) // it stands for no documents, and counts as one that does
		atomic.StoreUint32(&w.view.documents[t], 1)
		n = w.view.add(key, h, t, kindOf(key))
	}
	w.view.use(n, uint32(times))
}
