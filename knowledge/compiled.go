package knowledge

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"

	"silkwire/knowledge/entity"
	"silkwire/knowledge/search"
	"silkwire/knowledge/text"
)

// Compiled is a fact base as the binary embeds it, so that a start need neither
// decode its facts nor take them apart.
type Compiled struct {
	// Base is JSON, a line each: first everything but the facts, then fact by
	// fact, each as the database stores it.
	Base []byte
	// Index is those facts taken apart, in the same order.
	Index []byte
}

// Compile encodes contents as the binary embeds them: equal contents give equal
// bytes, whatever the order of their lists.
func Compile(c Contents) (Compiled, error) {
	c = c.clone()
	c.Tidy()
	c.Sort()
	facts := c.Facts
	c.Facts = nil
	head, err := json.Marshal(c)
	if err != nil {
		return Compiled{}, fmt.Errorf("compile fact base: %w", err)
	}
	b := bytes.NewBuffer(append(head, '\n'))
	for _, f := range facts {
		line, err := json.Marshal(f)
		if err != nil {
			return Compiled{}, fmt.Errorf("compile %s: %w", f.Ref(), err)
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return Compiled{Base: b.Bytes(), Index: compileIndex(digest(b.Bytes()), c, facts)}, nil
}

// The index file: its version; the digest of the base; the names of all terms in the order of their
// numbers; the words with how often they are used; the concepts' phrases as the number of a
// concept and its stems; and fact by fact the lengths
// of its fields, whether it has digits, how many phrasings, its terms with their
// places, and the terms that lead from a key to it. All numbers are uvarints,
// lists begin with their length, term numbers are the differences to the one
// before, and places are rotated by two so that what is common is short.
const indexVersion = 1

func compileIndex(version string, c Contents, facts []Fact) []byte {
	l := &recorder{numbers: map[string]int32{}, uses: map[string]int{}}
	r := newReader(newFrame(c).linker, c.Concepts, l)
	var body []byte
	for i := range facts {
		d := r.read(&facts[i], l)
		body = d.appendTo(body)
	}
	out := appendString(binary.AppendUvarint(nil, indexVersion), version)
	out = binary.AppendUvarint(out, uint64(len(l.names)))
	for _, name := range l.names {
		out = appendString(out, name)
	}
	out = binary.AppendUvarint(out, uint64(len(l.words)))
	for _, w := range l.words {
		out = binary.AppendUvarint(appendString(out, w), uint64(l.uses[w]))
	}
	out = binary.AppendUvarint(out, uint64(len(r.concepts.listed)))
	for _, p := range r.concepts.listed {
		out = binary.AppendUvarint(out, uint64(p.concept))
		out = binary.AppendUvarint(out, uint64(len(p.stems)))
		for _, s := range p.stems {
			out = appendString(out, s)
		}
	}
	out = binary.AppendUvarint(out, uint64(len(facts)))
	return append(out, body...)
}

// recorder is a lexicon that writes down what it is given.
type recorder struct {
	names   []string
	numbers map[string]int32
	words   []string
	uses    map[string]int
}

func (r *recorder) Term(name string) int32 {
	n, found := r.numbers[name]
	if !found {
		n = int32(len(r.names))
		r.numbers[name] = n
		r.names = append(r.names, name)
	}
	return n
}

func (r *recorder) Word(word string, times int) {
	if r.uses[word] == 0 {
		r.words = append(r.words, word)
	}
	r.uses[word] += times
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendTerms(b []byte, terms []int32) []byte {
	b = binary.AppendUvarint(b, uint64(len(terms)))
	last := int32(0)
	for _, t := range terms {
		b = binary.AppendUvarint(b, uint64(t-last))
		last = t
	}
	return b
}

func (d *reading) appendTo(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(d.lengths[0]))
	b = binary.AppendUvarint(b, uint64(d.lengths[1]))
	b = binary.AppendUvarint(b, uint64(oneIf(d.digits)))
	b = binary.AppendUvarint(b, uint64(d.phrasings))
	b = appendTerms(b, d.terms)
	for _, p := range d.places {
		b = binary.AppendUvarint(b, bits.RotateLeft64(p, 2))
	}
	return appendTerms(b, d.keys)
}

// loaded is the facts of a Compiled, ready to be searched.
type loaded struct {
	names    []string
	words    []string
	uses     []int
	phrases  []phrase
	readings []*reading
	clash    bool // a name stands twice
}

// version tells one compiled fact base from another.
func (c Compiled) version() string {
	in := indexReader{data: c.Index}
	in.number()
	return in.text()
}

var errIndex = errors.New("the compiled fact base and its index do not belong together: compile it again")

// contents decodes everything but the facts.
func (c Compiled) contents() (Contents, [][]byte, error) {
	lines := bytes.Split(bytes.TrimSuffix(c.Base, []byte{'\n'}), []byte{'\n'})
	var head Contents
	if err := json.Unmarshal(lines[0], &head); err != nil {
		return Contents{}, nil, fmt.Errorf("read the shipped fact base: %w", err)
	}
	return head, lines[1:], nil
}

// load reads the index. The facts themselves stay encoded until they are shown
// or compared.
func (c Compiled) load(facts [][]byte) (*loaded, error) {
	in := indexReader{data: c.Index}
	if in.number() != indexVersion || in.text() == "" {
		return nil, errIndex
	}
	l := &loaded{names: make([]string, in.length())}
	for i := range l.names {
		l.names[i] = in.text()
	}
	l.words = make([]string, in.length())
	l.uses = make([]int, len(l.words))
	for i := range l.words {
		l.words[i], l.uses[i] = in.text(), int(in.number())
	}
	l.phrases = make([]phrase, in.length())
	for i := range l.phrases {
		p := phrase{int(in.number()), make([]string, in.length())}
		for j := range p.stems {
			p.stems[j] = in.text()
		}
		l.phrases[i] = p
	}
	if n := in.length(); n != len(facts) {
		return nil, errIndex
	}
	l.readings = make([]*reading, len(facts))
	all := make([]reading, len(facts))
	for i := range all {
		in.reading(&all[i], len(l.names))
		all[i].raw = facts[i]
		l.readings[i] = &all[i]
	}
	if in.failed || len(in.data) > 0 {
		return nil, errIndex
	}
	return l, nil
}

// indexReader reads what compileIndex wrote. After a failure it reads noughts.
type indexReader struct {
	data   []byte
	failed bool
}

func (r *indexReader) number() uint64 {
	n, size := binary.Uvarint(r.data)
	if size <= 0 {
		r.failed, r.data = true, nil
		return 0
	}
	r.data = r.data[size:]
	return n
}

// length is how many things follow, each of which takes a byte at least.
func (r *indexReader) length() int {
	n := r.number()
	if n > uint64(len(r.data)) {
		r.failed, r.data = true, nil
		return 0
	}
	return int(n)
}

func (r *indexReader) text() string {
	n := r.length()
	s := string(r.data[:n])
	r.data = r.data[n:]
	return s
}

// terms reads a list of term numbers, each below limit and above the one before.
func (r *indexReader) terms(limit int) []int32 {
	terms := make([]int32, r.length())
	last := uint64(0)
	for i := range terms {
		more := r.number()
		last += more
		if last >= uint64(limit) || more >= uint64(limit) || more == 0 && i > 0 {
			r.failed, r.data = true, nil
			return nil
		}
		terms[i] = int32(last)
	}
	return terms
}

func (r *indexReader) reading(d *reading, limit int) {
	d.lengths = [2]float32{float32(r.number()), float32(r.number())}
	d.digits, d.phrasings = r.number() == 1, int(min(r.number(), mostPhrasings))
	d.terms = r.terms(limit)
	d.places = make([]uint64, len(d.terms))
	for i := range d.places {
		d.places[i] = bits.RotateLeft64(r.number(), -2)
	}
	d.keys = r.terms(limit)
}

// into makes the terms and words known to an engine that is still empty, so that
// its numbers are those of the index.
func (l *loaded) into(w *search.Writer) {
	for i, name := range l.names {
		l.clash = l.clash || w.Term(name) != int32(i)
	}
	for i, word := range l.words {
		w.Word(word, l.uses[i])
	}
}

// reader makes the phrases lead to the concepts, as newReader does of the words.
func (l *loaded) reader(linker *entity.Linker, concepts []Concept, w *search.Writer) reader {
	p := emptyPhrases(w, concepts)
	for _, phrase := range l.phrases {
		if phrase.concept >= len(concepts) {
			l.clash = true
			break
		}
		p.add(phrase.stems, p.concepts[concepts[phrase.concept].Slug])
	}
	return reader{linker, p, text.NewTokenizer()}
}
