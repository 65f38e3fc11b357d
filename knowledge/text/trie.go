package text

// Trie is a tree of token sequences. Its nodes are numbers, 0 the root, so that
// its owner keeps what a node means in a slice; its edges all stand in one map,
// since thousands of small ones cost more to make at a start than all the
// look-ups after it. It is for many goroutines once it no longer grows.
type Trie struct {
	edges map[edge]int32
	nodes int32
}

type edge struct {
	from  int32
	token string
}

// NewTrie makes a Trie of the root alone, with room for size nodes.
func NewTrie(size int) *Trie { return &Trie{edges: make(map[edge]int32, size), nodes: 1} }

// Grow is the node that the token leads to from a node; a new one gets the next
// number.
func (t *Trie) Grow(from int32, token string) int32 {
	at, found := t.edges[edge{from, token}]
	if !found {
		at = t.nodes
		t.edges[edge{from, token}] = at
		t.nodes++
	}
	return at
}

// Next is the node that the token leads to from a node, if there is one.
func (t *Trie) Next(from int32, token string) (int32, bool) {
	at, found := t.edges[edge{from, token}]
	return at, found
}

// Nodes is how many nodes there are, the root among them.
func (t *Trie) Nodes() int { return int(t.nodes) }
