package boltkv

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"silkwire/knowledge/kv"
)

// schema is the version of the file's layout: which buckets there are and how a
// record is framed. What the records mean is the business of who writes them.
const schema = 1

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
