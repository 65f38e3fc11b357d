package boltkv

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"

	"go.etcd.io/bbolt"

	"silkwire/knowledge/kv"
)

// tx implements kv.Tx on the records' bucket.
type tx struct {
	kv.Guard
	records *bbolt.Bucket
}

func run(bolt *bbolt.Tx, fn func(kv.Tx) error) error {
	t := &tx{Guard: kv.NewGuard(bolt.Writable()), records: bolt.Bucket(recordsBucket)}
	if t.records == nil { // it was there when the file was opened
		return damaged("the records cannot be found")
	}
	defer t.End()
	defer func() {
		if p := recover(); p != nil {
			panic(callersPanic{p})
		}
	}()
	return fn(t)
}

// callersPanic is a panic of a transaction's function, on its way to the caller.
type callersPanic struct{ value any }

// guarded runs what reads pages of the file while it is open. bbolt follows what
// stands in them without checking, so that damage since the opening ends in a
// fault, an assertion or an index out of range: they are errors here.
func guarded(op string, key []byte, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &kv.KeyError{Op: op, Key: bytes.Clone(key), Err: fmt.Errorf("%w: %v", kv.ErrDamaged, p)}
		}
	}()
	return do()
}

func (t *tx) Get(key []byte) ([]byte, error) {
	if err := t.Read(key); err != nil {
		return nil, err
	}
	var value []byte
	err := guarded("get", key, func() (err error) {
		if stored := t.records.Get(key); stored != nil {
			_, value, err = kv.CopyRecord("get", key, stored)
		}
		return err
	})
	return value, err
}

func (t *tx) Put(key, value []byte) error {
	if err := t.Write("put", key, len(value)); err != nil {
		return err
	}
	if err := guarded("put", key, func() error { return t.records.Put(key, kv.Seal(key, value)) }); err != nil {
		return fmt.Errorf("put key %q: %w", key, err)
	}
	return nil
}

func (t *tx) Delete(key []byte) error {
	if err := t.Write("delete", key, 0); err != nil {
		return err
	}
	if err := guarded("delete", key, func() error { return t.records.Delete(key) }); err != nil {
		return fmt.Errorf("delete key %q: %w", key, err)
	}
	return nil
}

func (t *tx) Scan(prefix []byte, fn func(key, value []byte) error) error {
	return t.Guard.Scan(prefix, func() error {
		cursor := t.records.Cursor()
		step := func() (k, stored []byte) { return cursor.Seek(prefix) }
		for {
			var key, value []byte
			err := guarded("scan", prefix, func() (err error) {
				k, stored := step()
				if k != nil && bytes.HasPrefix(k, prefix) {
					key, value, err = kv.CopyRecord("scan", k, stored)
				}
				return err
			})
			if err == nil && key != nil {
				err = fn(key, value)
			}
			if errors.Is(err, fs.SkipAll) {
				return nil
			}
			if err != nil || key == nil {
				return err
			}
			step = cursor.Next
		}
	})
}
