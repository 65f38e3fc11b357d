package entity

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/sahilm/fuzzy"
)

// inOrder finds the names that have the letters of a pattern in its order. It
// gives sahilm/fuzzy's list (fuzzy.Find over all names, a test proves it) in a
// small part of the time: for every two letters it knows, as a bitmap, the names
// that have one before the other, so that only names are scored that may have
// all, and it scores them by the same rules without allocating. What is not
// ASCII goes to sahilm/fuzzy itself.
type inOrder struct {
	names   []string
	alone   [symbols][]uint64          // by letter: the names that have it
	pairs   [symbols][symbols][]uint64 // the names that have the first before the second
	foreign []string                   // names that are not ASCII
	places  []int32                    // of those, among all
	keys    [symbols - 1]firstKey
}

// firstKey is what a single letter or digit finds, half of all names, kept from
// the first time on.
type firstKey struct {
	once  sync.Once
	found []scored
}

// symbols are what ASCII names are made of: letters, digits, and everything
// else as one.
const symbols = 37

func symbol(c byte) int {
	switch {
	case 'a' <= c && c <= 'z':
		return int(c - 'a')
	case 'A' <= c && c <= 'Z':
		return int(c - 'A')
	case '0' <= c && c <= '9':
		return int(c-'0') + 26
	}
	return symbols - 1
}

func newInOrder(names []string) *inOrder {
	x := &inOrder{names: names}
	words := (len(names) + 63) / 64
	add := func(to *[]uint64, i int) {
		if *to == nil {
			*to = make([]uint64, words)
		}
		(*to)[i>>6] |= 1 << (i & 63)
	}
	for i, name := range names {
		if !ascii(name) {
			x.foreign = append(x.foreign, name)
			x.places = append(x.places, int32(i))
			continue
		}
		seen := uint64(0)
		for j := range len(name) {
			s := symbol(name[j])
			for before := seen; before != 0; before &= before - 1 {
				add(&x.pairs[bits.TrailingZeros64(before)][s], i)
			}
			add(&x.alone[s], i)
			seen |= 1 << s
		}
	}
	return x
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf || s[i] == 0 {
			return false
		}
	}
	return true
}

// scored is a name with its score.
type scored struct {
	name  int32
	score int32
}

// find lists the names that have the pattern's letters in order, the best first,
// of two as good the one that comes first. The list must not be changed.
func (x *inOrder) find(pattern string) []scored {
	if pattern == "" {
		return nil
	}
	if s := symbol(pattern[0]); len(pattern) == 1 && s < len(x.keys) {
		x.keys[s].once.Do(func() { x.keys[s].found = x.search(pattern) })
		return x.keys[s].found
	}
	return x.search(pattern)
}

func (x *inOrder) search(pattern string) []scored {
	var found []scored
	if p := foldsToASCII.Replace(strings.ToLower(pattern)); ascii(p) {
		found = x.scan(p)
	}
	if foreign := fuzzy.FindNoSort(pattern, x.foreign); len(foreign) > 0 {
		for _, m := range foreign {
			found = append(found, scored{x.places[m.Index], int32(m.Score)})
		}
		slices.SortFunc(found, func(a, b scored) int { return cmp.Compare(a.name, b.name) })
	}
	return byScore(found)
}

// foldsToASCII replaces the two letters that are no ASCII and are equal to ASCII
// letters but for their case.
var foldsToASCII = strings.NewReplacer("\u017f", "s", "\u212a", "k")

// scan scores the names that the bitmaps let through.
func (x *inOrder) scan(pattern string) []scored {
	var sets [][]uint64
	if len(pattern) == 1 {
		sets = append(sets, x.alone[symbol(pattern[0])])
	}
	for i := range len(pattern) - 1 {
		sets = append(sets, x.pairs[symbol(pattern[i])][symbol(pattern[i+1])])
	}
	for _, s := range sets {
		if s == nil {
			return nil
		}
	}
	found := make([]scored, 0, x.count(sets))
	for w, word := range sets[0] {
		for _, s := range sets[1:] {
			word &= s[w]
		}
		for ; word != 0; word &= word - 1 {
			i := w<<6 | bits.TrailingZeros64(word)
			if score, ok := score(pattern, x.names[i]); ok {
				found = append(found, scored{int32(i), int32(score)})
			}
		}
	}
	return found
}

// count is how many names the bitmaps let through.
func (x *inOrder) count(sets [][]uint64) int {
	n := 0
	for w, word := range sets[0] {
		for _, s := range sets[1:] {
			word &= s[w]
		}
		n += bits.OnesCount64(word)
	}
	return n
}

// byScore sorts by a count of each score, which keeps equals in their order.
func byScore(found []scored) []scored {
	if len(found) == 0 {
		return nil
	}
	low, high := found[0].score, found[0].score
	for _, f := range found {
		low, high = min(low, f.score), max(high, f.score)
	}
	from := make([]int32, high-low+2)
	for _, f := range found {
		from[high-f.score+1]++
	}
	for i := range len(from) - 1 {
		from[i+1] += from[i]
	}
	out := make([]scored, len(found))
	for _, f := range found {
		out[from[high-f.score]] = f
		from[high-f.score]++
	}
	return out
}

// sahilm/fuzzy's bonuses and penalties.
const (
	firstLetter    = 10 // the first letter of the pattern begins the name
	afterSeparator = 20 // a letter begins a word
	camelCase      = 20
	adjacent       = 5 // it follows the one before, and that one's bonus again
	leading        = -5
	mostLeading    = -15 // letters before the first
)

// score is what sahilm/fuzzy gives an ASCII name for an ASCII pattern in lower
// case (each letter of the name that is not matched costs one), and
// whether it matches at all. It differs from that code only in what it does not
// keep.
func score(pattern, name string) (int, bool) {
	total, matched, lastMatch := 0, 0, -1
	best, at, bonus := -1, -1, 0
	last, wanted, after := byte(0), pattern[0], byte(0)
	if len(pattern) > 1 {
		after = pattern[1]
	}
	for j := range len(name) {
		c, next := name[j], byte(0)
		if j+1 < len(name) {
			next = name[j+1]
		}
		if folded[c] == wanted {
			s := 0
			if j == 0 {
				s += firstLetter
			} else if separators[last] {
				s += afterSeparator
			}
			if lower(last) && upper(c) {
				s += camelCase
			}
			if matched > 0 && j-1 == lastMatch {
				s += bonus*2 + adjacent
				bonus += bonus*2 + adjacent
			}
			if s > best {
				best, at = s, j
			}
		}
		if (folded[next] == after || next == 0) && at > -1 {
			if matched == 0 {
				best += max(at*leading, mostLeading)
			}
			total += best
			lastMatch, best = at, -1
			matched++
			wanted, after = after, 0
			if matched < len(pattern)-1 {
				after = pattern[matched+1]
			}
		}
		last = c
	}
	return total + matched - len(name), matched == len(pattern)
}

func lower(c byte) bool { return 'a' <= c && c <= 'z' }
func upper(c byte) bool { return 'A' <= c && c <= 'Z' }

// folded is each ASCII letter in lower case, and other bytes as they are.
var folded = func() (t [256]byte) {
	for c := range t {
		t[c] = byte(c)
		if upper(byte(c)) {
			t[c] += 'a' - 'A'
		}
	}
	return t
}()

// separators are what words stand apart by.
var separators = [256]bool{'/': true, '-': true, '_': true, ' ': true, '.': true, '\\': true}
