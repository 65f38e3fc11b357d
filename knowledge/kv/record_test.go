package kv_test

import (
	"bytes"
	"errors"
	"testing"

	"silkwire/knowledge/kv"
)

func TestUnsealRefusesWhatSealDidNotMake(t *testing.T) {
	sealed := kv.Seal([]byte("fact/1"), []byte("value"))
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	badSum := bytes.Clone(sealed)
	badSum[0] ^= 0x80

	tests := map[string]struct {
		key, stored []byte
	}{
		"nothing stored":             {[]byte("fact/1"), nil},
		"shorter than a checksum":    {[]byte("fact/1"), sealed[:3]},
		"zeros":                      {[]byte("fact/1"), make([]byte, 9)},
		"flipped bit in the value":   {[]byte("fact/1"), flipped},
		"flipped bit in the sum":     {[]byte("fact/1"), badSum},
		"cut value":                  {[]byte("fact/1"), sealed[:len(sealed)-1]},
		"another record's key":       {[]byte("fact/2"), sealed},
		"key's end moved into value": {[]byte("fact/"), kv.Seal([]byte("fact/1"), []byte("value"))},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			value, err := kv.Unseal(test.key, test.stored)
			if !errors.Is(err, kv.ErrDamaged) {
				t.Errorf("Unseal(%q, %x) = %q, %v; want ErrDamaged", test.key, test.stored, value, err)
			}
		})
	}
}

// The bytes of key and value together are the same in both records, so only the
// key's length tells them apart.
func TestSealTellsKeyFromValue(t *testing.T) {
	first := kv.Seal([]byte("ab"), []byte("c"))
	second := kv.Seal([]byte("a"), []byte("bc"))
	if bytes.Equal(first[:4], second[:4]) {
		t.Errorf("same checksum %x for ab·c and a·bc", first[:4])
	}
}

// The format on disk is a promise to older files: this checksum was computed
// apart, with Python's crc32c over the bytes that record.go describes.
func TestSealKeepsItsFormat(t *testing.T) {
	got := kv.Seal([]byte("k"), []byte("v"))
	want := []byte{0x38, 0xca, 0x9f, 0xd7, 'v'}
	if !bytes.Equal(got, want) {
		t.Errorf("Seal(k, v) = %x, want %x", got, want)
	}
}

func FuzzUnseal(f *testing.F) {
	f.Add([]byte("fact/1"), kv.Seal([]byte("fact/1"), []byte("value")))
	f.Add([]byte("k"), kv.Seal([]byte("k"), nil))
	f.Add([]byte("k"), []byte{0, 0, 0})
	f.Fuzz(func(t *testing.T, key, stored []byte) {
		value, err := kv.Unseal(key, stored)
		if err != nil {
			if !errors.Is(err, kv.ErrDamaged) {
				t.Fatalf("Unseal(%q, %x): %v is not ErrDamaged", key, stored, err)
			}
			value = stored
		} else if again := kv.Seal(key, value); !bytes.Equal(again, stored) {
			t.Fatalf("Unseal(%q, %x) accepted what Seal writes as %x", key, stored, again)
		}
		back, err := kv.Unseal(key, kv.Seal(key, value))
		if err != nil || !bytes.Equal(back, value) {
			t.Fatalf("Unseal(Seal(%q, %q)) = %q, %v", key, value, back, err)
		}
	})
}
