package boltkv

import (
	"bytes"
	"errors"
	"os"

	"go.etcd.io/bbolt"
)

// Corrupt flips the lowest bit of the last stored byte of a record.
func (db *DB) Corrupt(key []byte) error {
	return db.bolt.Update(func(tx *bbolt.Tx) error {
		records := tx.Bucket(recordsBucket)
		flipped := bytes.Clone(records.Get(key))
		flipped[len(flipped)-1] ^= 1
		return records.Put(key, flipped)
	})
}

// Check runs bbolt's own consistency checks.
func (db *DB) Check() error {
	return db.bolt.View(func(tx *bbolt.Tx) error {
		var all error
		for err := range tx.Check() {
			all = errors.Join(all, err)
		}
		return all
	})
}

// Inspect runs the checks of Open on a file that nobody has open.
func Inspect(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	_, err = inspectFile(file, nil)
	return errors.Join(err, file.Close())
}

// WriteFormat writes a format record with another version into a file.
func WriteFormat(path string, value []byte) error {
	bolt, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		return err
	}
	err = bolt.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket(metaBucket).Put(formatKey, value)
	})
	return errors.Join(err, bolt.Close())
}

// Used returns how many bytes of a sound file bbolt uses; behind them it is free
// to hold anything.
func Used(content []byte) (int, error) {
	m, err := readMetas(bytes.NewReader(content), int64(len(content)))
	return int(m.pages * m.pageSize), err
}
