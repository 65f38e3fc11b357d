package entity

// InOrder is what the last stage of completion finds: names by their places in
// the list, with their scores.
func InOrder(names []string, pattern string) (places, scores []int) {
	x := newInOrder(names)
	for _, s := range x.find(pattern) {
		places, scores = append(places, int(s.name)), append(scores, int(s.score))
	}
	return places, scores
}

// Finder is InOrder for many patterns.
func Finder(names []string) func(pattern string) int {
	x := newInOrder(names)
	return func(pattern string) int { return len(x.find(pattern)) }
}

// SlipPrefix tells whether name begins with something one edit away from prefix.
var SlipPrefix = slipPrefix
