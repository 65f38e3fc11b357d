package kvtest

import (
	"bytes"
	"fmt"
	"testing"

	"silkwire/knowledge/kv"
)

// What silkwire's own base looks like: some thousand small records.
const (
	benchRecords = 3000
	benchValue   = 400
)

// Fill puts n records of size bytes into the store, in one Update.
func Fill(tb testing.TB, s kv.Store, n, size int) {
	tb.Helper()
	value := bytes.Repeat([]byte("v"), size)
	err := s.Update(tb.Context(), func(tx kv.Tx) error {
		for i := range n {
			if err := tx.Put(fmt.Appendf(nil, "fact/%08d", i), value); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatalf("fill with %d records: %v", n, err)
	}
}

// BenchmarkPut measures an Update that puts one record into a filled store.
func BenchmarkPut(b *testing.B, s kv.Store) {
	Fill(b, s, benchRecords, benchValue)
	value := bytes.Repeat([]byte("w"), benchValue)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		key := fmt.Appendf(nil, "fact/%08d", i%benchRecords)
		i++
		err := s.Update(b.Context(), func(tx kv.Tx) error { return tx.Put(key, value) })
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkScan measures a View that scans a filled store.
func BenchmarkScan(b *testing.B, s kv.Store) {
	Fill(b, s, benchRecords, benchValue)
	b.ReportAllocs()
	b.SetBytes(benchRecords * benchValue)
	for b.Loop() {
		err := s.View(b.Context(), func(tx kv.Tx) error {
			return tx.Scan(nil, func(_, _ []byte) error { return nil })
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
