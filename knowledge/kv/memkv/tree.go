package memkv

import (
	"hash/maphash"
	"strings"
)

// tree is an immutable sorted map: a treap whose changes copy the path from the
// root to the changed place. Each node's priority is a hash of its key, so the
// same keys under the same seed make the same shape in whatever order they came,
// and the depth stays logarithmic for sorted input too.
type tree struct {
	seed maphash.Seed
	root *node
}

type node struct {
	key         string
	priority    uint64
	stored      []byte
	left, right *node
}

func newTree() *tree { return &tree{seed: maphash.MakeSeed()} }

func (t *tree) get(key string) (stored []byte, found bool) {
	for n := t.root; n != nil; {
		switch order := strings.Compare(key, n.key); {
		case order < 0:
			n = n.left
		case order > 0:
			n = n.right
		default:
			return n.stored, true
		}
	}
	return nil, false
}

func (t *tree) with(key string, stored []byte) *tree {
	added := &node{key: key, priority: maphash.String(t.seed, key), stored: stored}
	return &tree{seed: t.seed, root: insert(t.root, added)}
}

func (t *tree) without(key string) *tree {
	if _, found := t.get(key); !found {
		return t
	}
	return &tree{seed: t.seed, root: remove(t.root, key)}
}

// scan calls fn for each key with the prefix, in order, until fn fails.
func (t *tree) scan(prefix string, fn func(key string, stored []byte) error) error {
	return scan(t.root, prefix, fn)
}

func scan(n *node, prefix string, fn func(key string, stored []byte) error) error {
	if n == nil {
		return nil
	}
	matches := strings.HasPrefix(n.key, prefix)
	if matches || n.key > prefix {
		if err := scan(n.left, prefix, fn); err != nil {
			return err
		}
	}
	if matches {
		if err := fn(n.key, n.stored); err != nil {
			return err
		}
	}
	if matches || n.key < prefix {
		return scan(n.right, prefix, fn)
	}
	return nil
}

func insert(n, added *node) *node {
	if n == nil {
		return added
	}
	if n.key == added.key {
		added.left, added.right = n.left, n.right
		return added
	}
	if added.priority > n.priority {
		added.left, added.right = split(n, added.key)
		return added
	}
	changed := *n
	if added.key < n.key {
		changed.left = insert(n.left, added)
	} else {
		changed.right = insert(n.right, added)
	}
	return &changed
}

// split returns the nodes with keys below and above key, which n does not hold.
func split(n *node, key string) (below, above *node) {
	if n == nil {
		return nil, nil
	}
	changed := *n
	if n.key < key {
		changed.right, above = split(n.right, key)
		return &changed, above
	}
	below, changed.left = split(n.left, key)
	return below, &changed
}

func remove(n *node, key string) *node {
	if n.key == key {
		return join(n.left, n.right)
	}
	changed := *n
	if key < n.key {
		changed.left = remove(n.left, key)
	} else {
		changed.right = remove(n.right, key)
	}
	return &changed
}

// join merges two trees; every key of low is below every key of high.
func join(low, high *node) *node {
	switch {
	case low == nil:
		return high
	case high == nil:
		return low
	case low.priority > high.priority:
		changed := *low
		changed.right = join(low.right, high)
		return &changed
	default:
		changed := *high
		changed.left = join(low, high.left)
		return &changed
	}
}
