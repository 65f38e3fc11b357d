package bot

import "context"

// Tx is what a transaction's function may do. It is an alias of an interface of
// built-in types, so that the store of the fact base serves it and neither
// package imports the other. Slices that it returns or passes on are copies.
type Tx = interface {
	// Get returns the value under key, or nil, nil when there is none.
	Get(key []byte) ([]byte, error)
	// Put stores value under key, replacing what was there.
	Put(key, value []byte) error
	// Delete removes key; that it is absent already is no error.
	Delete(key []byte) error
	// Scan calls fn for each record whose key begins with prefix, in key order,
	// until fn returns an error, which it returns. fn may not write.
	Scan(prefix []byte, fn func(key, value []byte) error) error
}

// Ledger keeps what conversations and people have told silkwire: an ordered
// key-value store with transactions. It is safe for use by many goroutines.
type Ledger interface {
	// View runs fn on one unchanging state and returns its error.
	View(ctx context.Context, fn func(Tx) error) error
	// Update runs fn and commits what it wrote when it returns nil. fn may run
	// again before that: it must hold no side effects.
	Update(ctx context.Context, fn func(Tx) error) error
}

// keepsNothing says that there is no Ledger to write to.
func keepsNothing() *Fail {
	return &Fail{
		Outcome: Denied, Say: "I can keep nothing at the moment: I answer from a fact base that is read only.",
		Next: "Whoever runs silkwire can give it a database that it may write to.",
	}
}
