package search

import "math"

// Parameters of BM25, one pair for every collection. A word that comes often
// counts up to 1, half of it at tfHalf occurrences in a document of mean
// length; lengthPull says how much of a document's length counts against it.
// Both were chosen on two collections where the score is flat around them
// (saturation 1.2 to 2, length 0.65 to 0.85).
const (
	tfHalf     = 1.4
	lengthPull = 0.75
)

// A posting carries one byte, its code, for how often the word comes and how
// long the document is. Neither depends on the other documents, so a code is
// never rewritten when the mean length moves: only the table of 256 impacts is
// made again. Code 0 says "not in the document".
//
// The grid is fine where postings are many (one occurrence: eight steps of
// length an octave) and coarse where they are few.
var levels = [...]struct {
	tf   float64
	step int // steps of length an octave
}{{1, 8}, {2, 6}, {3, 5}, {4, 3}, {5.5, 3}, {8, 2}, {13, 1}}

const (
	shortest = 4 // a shorter document counts as this long
	octaves  = 9 // a document longer than shortest<<octaves counts as that long
)

// code is the byte for tf occurrences (weighted by field) in a document whose
// length is given as steps(length).
func code(tf, octave float64) uint8 {
	first := 1
	for i, l := range levels {
		if i+1 < len(levels) && tf*tf > l.tf*levels[i+1].tf {
			first += l.step * octaves
			continue
		}
		return uint8(first + min(int(octave*float64(l.step)), l.step*octaves-1))
	}
	return 0
}

// octave is how many times a length doubles the shortest.
func octave(length float64) float64 {
	return max(0, math.Log2(length/shortest))
}

// impacts is what each code adds to a score, before the word's own weight.
type impacts [256]float32

// impactsAt is the table for documents of that mean length.
func impactsAt(mean float64) *impacts {
	var t impacts
	at := 1
	for _, l := range levels {
		for range l.step * octaves {
			t[at] = float32(l.tf / (l.tf + tfHalf*(1-lengthPull+lengthPull*lengths[at]/mean)))
			at++
		}
	}
	return &t
}

// lengths is the length that each code stands for: the middle of its step.
var lengths = func() (all [256]float64) {
	at := 1
	for _, l := range levels {
		for i := range l.step * octaves {
			all[at] = shortest * math.Exp2((float64(i)+0.5)/float64(l.step))
			at++
		}
	}
	return all
}()

// rarity is BM25's inverse document frequency.
func rarity(documents, having float64) float64 {
	return math.Log(1 + (documents-having+0.5)/(having+0.5))
}
