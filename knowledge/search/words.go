package search

import (
	"strings"
	"sync/atomic"
)

// stopWords carry no subject: function words, and the words that make a
// question of a topic. They are neither indexed nor searched.
//
//nolint:gosec // words such as "pass" are no credentials
const stopWords = `
a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to
was will with
what which how who when where why do does did can could should would may might has have had having been being were
i we you he she its our my me your from some any all about than so also`

// Kinds of entries of the dictionary.
const (
	plainWord  uint8 = iota
	numberWord       // has a digit or a sign that is no letter: spelt as meant
	exactWord        // not a word of text: a term that the caller named
	stopWord
)

// entry is a word of the dictionary.
type entry struct {
	start uint32
	hash  uint32
	term  uint32
	count uint32 // how often it came, atomically; 0 if only as the stem of others
	size  uint8
	kind  uint8
}

// dictionary knows every word of the index: its spelling in one text, an entry
// of 20 bytes, and a table of slots (entry number + 1) that is probed in order.
// Only the writer adds; a reader's copy of the struct goes on being right,
// because what is added lies past its own lengths and a slot that points there
// is passed over.
type dictionary struct {
	text    []byte
	entries []entry
	slots   []uint32 // atomically
}

func newDictionary() *dictionary {
	d := &dictionary{slots: make([]uint32, 1<<10)}
	for w := range strings.FieldsSeq(stopWords) {
		d.add([]byte(w), hash([]byte(w)), noTerm, stopWord)
	}
	return d
}

// noTerm is the term of stop words.
const noTerm = ^uint32(0)

func hash(word []byte) uint32 {
	h := uint32(hashSeed)
	for _, c := range word {
		h = (h ^ uint32(c)) * hashFactor
	}
	return h
}

const hashSeed, hashFactor = 2166136261, 16777619

func slotOf(hash uint32) uint32 { return hash ^ hash>>15 }

// find is the entry number of a word, or -1.
func (d *dictionary) find(word []byte, hash uint32) int {
	mask := uint32(len(d.slots) - 1)
	for i := slotOf(hash) & mask; ; i = (i + 1) & mask {
		s := atomic.LoadUint32(&d.slots[i])
		if s == 0 {
			return -1
		}
		if n := int(s - 1); n < len(d.entries) {
			e := &d.entries[n]
			if e.hash == hash && string(d.text[e.start:e.start+uint32(e.size)]) == string(word) {
				return n
			}
		}
	}
}

func (d *dictionary) word(n int) []byte {
	e := &d.entries[n]
	return d.text[e.start : e.start+uint32(e.size)]
}

// add appends a word that is not there.
func (d *dictionary) add(word []byte, hash, term uint32, kind uint8) int {
	if 2*(len(d.entries)+1) > len(d.slots) {
		d.grow()
	}
	n := len(d.entries)
	d.entries = append(d.entries, entry{start: uint32(len(d.text)), hash: hash, term: term, size: uint8(len(word)), kind: kind})
	d.text = append(d.text, word...)
	d.place(n, hash)
	return n
}

func (d *dictionary) place(n int, hash uint32) {
	mask := uint32(len(d.slots) - 1)
	i := slotOf(hash) & mask
	for d.slots[i] != 0 {
		i = (i + 1) & mask
	}
	atomic.StoreUint32(&d.slots[i], uint32(n+1))
}

func (d *dictionary) grow() {
	d.slots = make([]uint32, 2*len(d.slots))
	for n := range d.entries {
		d.place(n, d.entries[n].hash)
	}
}

// kindOf is the kind of a word of text.
func kindOf(word []byte) uint8 {
	for _, c := range word {
		if c < 'a' || c > 'z' {
			return numberWord
		}
	}
	return plainWord
}

// letters is a fingerprint of a word: which letters it has, and which of six
// groups of letters has one twice. One edit changes at most two bits, so words
// two edits apart differ in at most four.
func letters(word []byte) uint32 {
	var once, twice uint32
	for _, c := range word {
		bit := uint32(1) << ((c - 'a') & 31)
		if once&bit != 0 {
			twice |= 1 << (26 + (c-'a')%6)
		}
		once |= bit
	}
	return once&(1<<26-1) | twice
}
