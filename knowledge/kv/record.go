package kv

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// A stored record is its checksum, then its value:
//
//	0      4              4+len(value)
//	├──────┼──────────────┤
//	│ CRC  │ value        │    CRC-32C, big endian, over
//	└──────┴──────────────┘    length of key (8 bytes, big endian) · key · value
//
// bbolt checks its meta pages but no values, so a flipped bit would pass for
// data. The key is covered too, so that a value cannot turn up under another
// key; its length comes first, so that bytes cannot wander from the end of the
// key to the beginning of the value.
const sumSize = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Seal returns what is stored for value under key, in a new slice.
func Seal(key, value []byte) []byte {
	stored := make([]byte, sumSize+len(value))
	binary.BigEndian.PutUint32(stored, checksum(key, value))
	copy(stored[sumSize:], value)
	return stored
}

// Unseal returns the value inside stored, which was read under key. The value
// shares stored's memory and is never nil. The error wraps ErrDamaged when
// stored is not what Seal made for this key.
func Unseal(key, stored []byte) ([]byte, error) {
	if len(stored) < sumSize {
		return nil, fmt.Errorf("%w: %d bytes are too few for a record", ErrDamaged, len(stored))
	}
	value := stored[sumSize:len(stored):len(stored)]
	want, got := binary.BigEndian.Uint32(stored), checksum(key, value)
	if got != want {
		return nil, fmt.Errorf("%w: checksum is %08x, stored was %08x", ErrDamaged, got, want)
	}
	return value, nil
}

func checksum(key, value []byte) uint32 {
	length := binary.BigEndian.AppendUint64(make([]byte, 0, 8), uint64(len(key)))
	sum := crc32.Update(0, castagnoli, length)
	sum = crc32.Update(sum, castagnoli, key)
	return crc32.Update(sum, castagnoli, value)
}

// CopyRecord returns copies of key and of the value inside stored, in one
// allocation. The error is a *KeyError for op that wraps ErrDamaged.
func CopyRecord(op string, key, stored []byte) (keyCopy, valueCopy []byte, err error) {
	value, err := Unseal(key, stored)
	if err != nil {
		return nil, nil, keyError(op, key, err)
	}
	n := len(key)
	both := append(append(make([]byte, 0, n+len(value)), key...), value...)
	return both[:n:n], both[n:], nil
}
