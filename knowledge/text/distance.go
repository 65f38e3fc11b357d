package text

// Distance counts the insertions, deletions, substitutions and swaps of
// neighbours that make b of a (restricted Damerau–Levenshtein). It gives up
// once the count must exceed most and returns most+1. Words are compared byte
// by byte, which is exact for folded ASCII and an upper bound elsewhere; a word
// over 64 bytes is too long to be a misspelt name and counts as most+1.
//
// The libraries at hand have no bound or no swaps, and swaps are the commonest
// slip of fast fingers.
func Distance(a, b string, most int) int {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > most || len(b) > 64 {
		return most + 1
	}
	var rows [3][65]int
	before, last, next := &rows[0], &rows[1], &rows[2]
	for j := range len(a) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(b); i++ {
		next[0] = i
		least := i
		for j := 1; j <= len(a); j++ {
			d := last[j-1]
			if b[i-1] != a[j-1] {
				d = 1 + min(d, last[j], next[j-1])
			}
			if i > 1 && j > 1 && b[i-1] == a[j-2] && b[i-2] == a[j-1] {
				d = min(d, before[j-2]+1)
			}
			next[j] = d
			least = min(least, d)
		}
		if least > most {
			return most + 1
		}
		before, last, next = last, next, before
	}
	return min(last[len(a)], most+1)
}
