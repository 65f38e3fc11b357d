package memkv

import "bytes"

// Corrupt flips the lowest bit of the last stored byte of a record.
func (s *Store) Corrupt(key []byte) {
	root := s.root.Load()
	stored, _ := root.get(string(key))
	flipped := bytes.Clone(stored)
	flipped[len(flipped)-1] ^= 1
	s.root.Store(root.with(string(key), flipped))
}

// Depth returns the length of the longest path in the tree.
func (s *Store) Depth() int { return s.root.Load().root.depth() }

func (n *node) depth() int {
	if n == nil {
		return 0
	}
	return 1 + max(n.left.depth(), n.right.depth())
}
