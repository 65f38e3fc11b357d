package memkv_test

import (
	"encoding/binary"
	"testing"

	"silkwire/knowledge/kv"
	"silkwire/knowledge/kv/kvtest"
	"silkwire/knowledge/kv/memkv"
)

func TestContract(t *testing.T) {
	stores := map[string]func() *memkv.Store{"New": memkv.New, "NewRerunning": memkv.NewRerunning}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			kvtest.Run(t, func(t *testing.T) kvtest.Fixture {
				store := open()
				t.Cleanup(func() {
					if err := store.Close(); err != nil {
						t.Errorf("Close: %v", err)
					}
				})
				return kvtest.Fixture{
					Store:   store,
					Corrupt: func(_ *testing.T, key []byte) { store.Corrupt(key) },
				}
			})
		})
	}
}

func TestRerunningStoreShowsASideEffect(t *testing.T) {
	tests := map[string]struct {
		store *memkv.Store
		want  int
	}{
		"New runs once":           {memkv.New(), 1},
		"NewRerunning runs twice": {memkv.NewRerunning(), 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			runs := 0
			err := test.store.Update(t.Context(), func(kv.Tx) error {
				runs++
				return nil
			})
			if err != nil || runs != test.want {
				t.Errorf("got %d runs, %v; want %d runs", runs, err, test.want)
			}
		})
	}
}

// A treap of n random priorities is about 2 ln n deep, 18 for 10,000; four times
// that would be no accident.
func TestSortedInsertsStayShallow(t *testing.T) {
	store := memkv.New()
	err := store.Update(t.Context(), func(tx kv.Tx) error {
		for i := range uint32(10_000) {
			if err := tx.Put(binary.BigEndian.AppendUint32(nil, i), nil); err != nil {
				return err
			}
		}
		return nil
	})
	if depth := store.Depth(); err != nil || depth > 72 {
		t.Errorf("depth is %d, %v; want at most 72", depth, err)
	}
}

func BenchmarkPutInUpdate(b *testing.B) { kvtest.BenchmarkPut(b, memkv.New()) }

func BenchmarkScan(b *testing.B) { kvtest.BenchmarkScan(b, memkv.New()) }
