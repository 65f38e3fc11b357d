package text_test

import (
	"testing"

	"silkwire/knowledge/text"
)

func TestTrie(t *testing.T) {
	trie := text.NewTrie(0)
	grow := func(tokens ...string) (at int32) {
		for _, token := range tokens {
			at = trie.Grow(at, token)
		}
		return at
	}
	ab, ac := grow("a", "b"), grow("a", "c")
	if again := grow("a", "b"); again != ab || ab == ac || trie.Nodes() != 4 {
		t.Errorf("a b is node %d, then %d, a c is %d, of %d nodes; want a b twice the same, a c another, 4 nodes", ab, again, ac, trie.Nodes())
	}
	for _, test := range []struct {
		name   string
		tokens []string
		want   int32
		found  bool
	}{
		{"a whole sequence", []string{"a", "b"}, ab, true},
		{"a sibling", []string{"a", "c"}, ac, true},
		{"not from the root", []string{"b"}, 0, false},
		{"past the end", []string{"a", "b", "c"}, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			at, found := int32(0), true
			for _, token := range test.tokens {
				if at, found = trie.Next(at, token); !found {
					break
				}
			}
			if at != test.want || found != test.found {
				t.Errorf("%q leads to %d, %v, want %d, %v", test.tokens, at, found, test.want, test.found)
			}
		})
	}
}
