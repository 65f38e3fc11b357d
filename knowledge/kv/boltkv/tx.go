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
	defer t.End()
	return fn(t)
}

func (t *tx) Get(key []byte) ([]byte, error) {
	if err := t.Read(key); err != nil {
		return nil, err
	}
	stored := t.records.Get(key)
	if stored == nil {
		return nil, nil
	}
	_, value, err := kv.CopyRecord("get", key, stored)
	return value, err
}

func (t *tx) Put(key, value []byte) error {
	if err := t.Write("put", key, len(value)); err != nil {
		return err
	}
	if err := t.records.Put(key, kv.Seal(key, value)); err != nil {
		return fmt.Errorf("put key %q: %w", key, err)
	}
	return nil
}

func (t *tx) Delete(key []byte) error {
	if err := t.Write("delete", key, 0); err != nil {
		return err
	}
	if err := t.records.Delete(key); err != nil {
		return fmt.Errorf("delete key %q: %w", key, err)
	}
	return nil
}

func (t *tx) Scan(prefix []byte, fn func(key, value []byte) error) error {
	return t.Guard.Scan(prefix, func() error {
		cursor := t.records.Cursor()
		for k, stored := cursor.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, stored = cursor.Next() {
			key, value, err := kv.CopyRecord("scan", k, stored)
			if err == nil {
				err = fn(key, value)
			}
			if errors.Is(err, fs.SkipAll) {
				return nil
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
