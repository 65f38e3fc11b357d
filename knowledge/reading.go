package knowledge

import (
	"encoding/json"
	"math/bits"
	"slices"
	"strings"
	"sync/atomic"

	"silkwire/knowledge/entity"
	"silkwire/knowledge/search"
	"silkwire/knowledge/text"
)

// Everything that is compared is turned into terms of one kind: word stems,
// pairs of Chinese characters, entities ("e:qwen", whatever name was used) and
// concepts ("c:licence", whatever word led there). So a question and a fact meet
// in what they mean where they do not meet in their words. The search engine
// numbers them, and from then on only numbers are compared.
//
// Three more kinds lead from a key to facts: an id to its fact, a fact to those
// that bear on it, a document to what is drawn from it.
const (
	entityTerm   = "e:"
	conceptTerm  = "c:"
	idTerm       = "i:"
	relationTerm = "r:"
	documentTerm = "d:"
)

// A reading is a fact taken apart: its terms in the order of their numbers, and
// for each a bit for every phrasing, the statement or an ask, that has it. A
// question is compared with the facts that the engine finds by this alone.
//
//	terms    12  40  77  301 …
//	places   bit 0: the statement; bits 1 to 61: the asks;
//	         bit 62: the fact names it; bit 63: the fact is about it
type reading struct {
	raw     []byte               // the fact, encoded, until somebody needs it
	decoded atomic.Pointer[Fact] // nil until then
	terms   []int32
	places  []uint64
	keys    []int32   // the terms that lead from a key to it
	norms   []float32 // by phrasing: the length of its vector
	// phrasings is how many there are: the statement and the asks.
	phrasings int
	// lengths are how many terms the statement and the asks have, as a share of
	// the mean.
	lengths [2]float32
	digits  bool // the statement has a digit
}

// fact is the fact itself. One that was never needed is decoded first. That does
// not fail for what Compile wrote, and a test decodes all that is shipped.
func (d *reading) fact() *Fact {
	if f := d.decoded.Load(); f != nil {
		return f
	}
	f := &Fact{}
	if err := json.Unmarshal(d.raw, f); err != nil {
		f = &Fact{ID: "unreadable", Statement: "This fact cannot be read.", Subjects: []string{""}, Sources: []Source{{}}}
	}
	d.decoded.CompareAndSwap(nil, f)
	return d.decoded.Load()
}

// Places of a term in a fact.
const (
	inStatement   = 1
	inAsks        = 1<<mostPhrasings - 2
	namesIt       = 1 << 62
	isAbout       = 1 << 63
	mostPhrasings = 62 // what goes beyond is found by the last of them
)

// How much a term counts in a fact by where it stands, and how much of that a
// long field takes away.
const (
	statementWeight, statementPull = 1.5, 0.5
	askWeight, asksPull            = 0.6, 0.4
	aboutWeight                    = 0.4 // once if the fact names it, twice if it is about it
	saturation                     = 1.6 // BM25's k1
)

// weight is how much a term counts that stands in these places.
func (d *reading) weight(places uint64) float64 {
	w := aboutWeight * float64(bits.OnesCount64(places&(namesIt|isAbout)))
	if places&inStatement != 0 {
		w += statementWeight / (1 - statementPull + statementPull*float64(d.lengths[0]))
	}
	if n := bits.OnesCount64(places & inAsks); n > 0 {
		w += askWeight * float64(n) / (1 - asksPull + asksPull*float64(d.lengths[1]))
	}
	return w
}

// at is the places of a term, or 0.
func (d *reading) at(term int32) uint64 {
	if i, found := slices.BinarySearch(d.terms, term); found {
		return d.places[i]
	}
	return 0
}

// lexicon numbers terms by their names and is told which words are in use.
type lexicon interface {
	Term(name string) int32
	Word(word string, times int)
}

// reader takes texts of ours apart, in which names are spelt right.
type reader struct {
	linker    *entity.Linker
	concepts  *phrases
	tokenizer *text.Tokenizer
}

func newReader(linker *entity.Linker, concepts []Concept, l lexicon) reader {
	z := text.NewTokenizer()
	return reader{linker, newPhrases(l, z, concepts), z}
}

// read takes a fact apart.
func (r *reader) read(f *Fact, l lexicon) *reading {
	d := &reading{digits: strings.ContainsAny(f.Statement, "0123456789"), phrasings: min(1+len(f.Asks), mostPhrasings)}
	d.decoded.Store(f)
	places := map[int32]uint64{}
	read := func(s string, bit uint64) float32 {
		terms := r.terms(s, l)
		for _, t := range terms {
			places[t] |= bit
		}
		return float32(len(terms))
	}
	d.lengths[0] = read(f.Statement, inStatement)
	for i, a := range f.Asks {
		d.lengths[1] += read(a, 1<<min(i+1, mostPhrasings-1))
	}
	for _, slug := range f.Subjects {
		places[l.Term(entityTerm+slug)] |= namesIt | isAbout
	}
	for _, slug := range f.Mentions {
		places[l.Term(entityTerm+slug)] |= namesIt
	}
	d.terms = make([]int32, 0, len(places))
	for t := range places {
		d.terms = append(d.terms, t)
	}
	slices.Sort(d.terms)
	d.places = make([]uint64, len(d.terms))
	for i, t := range d.terms {
		d.places[i] = places[t]
	}
	d.keys = keysOf(f, l)
	return d
}

// keysOf is the terms that lead from a key to the fact, in their order.
func keysOf(f *Fact, l lexicon) []int32 {
	keys := []int32{l.Term(idTerm + f.ID)}
	for _, rel := range f.Relations {
		keys = append(keys, l.Term(relationTerm+rel.To))
	}
	for _, src := range f.Sources {
		keys = append(keys, l.Term(documentTerm+src.Document))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// terms is the terms of a text, and makes its words known.
func (r *reader) terms(s string, l lexicon) []int32 {
	tokens := r.tokenizer.Tokenize(s)
	terms := make([]int32, 0, len(tokens)+4)
	wordTerms(tokens, func(term string) { terms = append(terms, l.Term(term)) })
	for _, t := range tokens {
		if worthKnowing(t) {
			l.Word(t.Text, 1)
		}
	}
	for _, m := range r.linker.Link(tokens, false, nil) {
		for _, target := range m.Targets {
			terms = append(terms, l.Term(entityTerm+target))
		}
	}
	r.concepts.find(tokens, func(c *concept, _, _ int) {
		if c.tells == nil {
			terms = append(terms, c.term)
		}
	})
	return terms
}

// worthKnowing tells whether a word may be what a misspelt one was meant to be.
func worthKnowing(t text.Token) bool { return !t.Han && len(t.Text) > 2 && !text.Stop(t.Text) }

// document is the fact as the engine finds it.
func (d *reading) document() search.Document {
	terms := make([]search.Term, 0, len(d.terms)+len(d.keys))
	for i, t := range d.terms {
		terms = append(terms, search.Term{Number: t, Weight: d.weight(d.places[i])})
	}
	for _, t := range d.keys {
		terms = append(terms, search.Term{Number: t, Weight: 1})
	}
	return search.Document{Terms: terms}
}

// wordTerms yields the stems of the words that are no stop words, and the pairs
// of neighbouring Chinese characters (a character alone where it has no
// neighbour).
func wordTerms(tokens []text.Token, yield func(term string)) {
	for i, t := range tokens {
		if !t.Han {
			if !text.Stop(t.Text) {
				yield(t.Stem)
			}
			continue
		}
		if pair, ok := hanPair(tokens, i); ok {
			yield(pair)
		}
	}
}

func hanPair(tokens []text.Token, i int) (string, bool) {
	if i+1 < len(tokens) && tokens[i+1].Han && tokens[i+1].Glued {
		return tokens[i].Text + tokens[i+1].Text, true
	}
	alone := i == 0 || !tokens[i-1].Han || !tokens[i].Glued
	return tokens[i].Text, alone
}
