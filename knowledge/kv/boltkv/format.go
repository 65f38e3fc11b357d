package boltkv

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"silkwire/knowledge/kv"
)

// schema is the version of the file's format. Version 1 has the same buckets and
// the same frame around a record; version 2 keeps a silkwire that knows only the
// older meaning of the records from writing to them.
const schema = 2

var (
	recordsBucket = []byte("silkwire")
	metaBucket    = []byte("silkwire.meta")
	formatKey     = []byte("format")
	formatMagic   = []byte("silkwire kv ")
)

// writeFormat turns an empty bbolt database into an empty silkwire database.
func writeFormat(tx *bbolt.Tx) error {
	if _, err := tx.CreateBucket(recordsBucket); err != nil {
		return fmt.Errorf("create records: %w", err)
	}
	meta, err := tx.CreateBucket(metaBucket)
	if err != nil {
		return fmt.Errorf("create meta: %w", err)
	}
	return putFormat(meta)
}

func putFormat(meta *bbolt.Bucket) error {
	value := binary.BigEndian.AppendUint32(bytes.Clone(formatMagic), schema)
	if err := meta.Put(formatKey, kv.Seal(formatKey, value)); err != nil {
		return fmt.Errorf("write format: %w", err)
	}
	return nil
}

// checkFormat reads the value that writeFormat wrote. The error wraps kv.ErrNewer
// for a later version, else kv.ErrDamaged.
func checkFormat(value []byte) error {
	version, ok := bytes.CutPrefix(value, formatMagic)
	if !ok || len(version) != 4 {
		return fmt.Errorf("%w: format record is %q", kv.ErrDamaged, value)
	}
	switch v := binary.BigEndian.Uint32(version); {
	case v == 0:
		return fmt.Errorf("%w: format version is 0", kv.ErrDamaged)
	case v > schema:
		return fmt.Errorf("%w: file has format %d, this program knows %d", kv.ErrNewer, v, schema)
	}
	return nil
}

// RaiseFormat makes the file one of the newest format, so that an older silkwire
// refuses it. Call it before records are written that an older one does not know.
func (db *DB) RaiseFormat(ctx context.Context) error {
	free, err := db.write(ctx)
	if err != nil {
		return fmt.Errorf("raise format: %w", err)
	}
	defer free()
	return db.use("raise format", func(bolt *bbolt.DB) error {
		return bolt.Update(func(tx *bbolt.Tx) error { return putFormat(tx.Bucket(metaBucket)) })
	})
}
