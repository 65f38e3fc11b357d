package kv

import "errors"

// Guard keeps the rules of Tx that do not depend on where records are kept:
// which keys and values are allowed, that a View does not write, that nothing
// writes while a Scan runs, that a Tx ends with its function. An implementation
// embeds one in its Tx and asks it first. It is not safe for concurrent use, as
// a Tx is not.
type Guard struct {
	writable bool
	ended    bool
	scans    int
}

// NewGuard returns the guard of a transaction that may write or may not.
func NewGuard(writable bool) Guard { return Guard{writable: writable} }

// End marks the transaction as over: from now on every check fails with
// ErrClosed.
func (g *Guard) End() { g.ended = true }

// Read checks a Get of key. Its error is a *KeyError that wraps ErrClosed or
// ErrKey.
func (g *Guard) Read(key []byte) error {
	return keyError("get", key, g.check(key))
}

// Write checks the operation op (put or delete) on key with a value of size
// bytes. Its error is a *KeyError that wraps ErrClosed, ErrReadOnly,
// ErrScanning, ErrKey or ErrValue.
func (g *Guard) Write(op string, key []byte, size int) error {
	err := g.check(key)
	switch {
	case err != nil:
	case !g.writable:
		err = ErrReadOnly
	case g.scans > 0:
		err = ErrScanning
	case size > MaxValue:
		err = ErrValue
	}
	return keyError(op, key, err)
}

// Scan runs walk, with writes refused meanwhile. It returns walk's error, or a
// *KeyError that wraps ErrClosed, or ErrKey when prefix is longer than any key.
func (g *Guard) Scan(prefix []byte, walk func() error) error {
	err := g.check(prefix)
	if errors.Is(err, ErrKey) && len(prefix) == 0 {
		err = nil
	}
	if err != nil {
		return keyError("scan", prefix, err)
	}
	g.scans++
	defer func() { g.scans-- }()
	return walk()
}

func (g *Guard) check(key []byte) error {
	if g.ended {
		return ErrClosed
	}
	if len(key) == 0 || len(key) > MaxKey {
		return ErrKey
	}
	return nil
}

func keyError(op string, key []byte, err error) error {
	if err == nil {
		return nil
	}
	return &KeyError{Op: op, Key: append([]byte(nil), key...), Err: err}
}
