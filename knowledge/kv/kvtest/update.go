package kvtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"silkwire/knowledge/kv"
)

// updateIsAllOrNothing changes, adds and deletes, and then does not finish.
func updateIsAllOrNothing(t *testing.T, f Fixture) {
	before := []pair{{"a", "1"}, {"b", "2"}}
	put(t, f.Store, before...)
	errStop := errors.New("stop")
	change := func(tx kv.Tx) error {
		return errors.Join(tx.Put([]byte("a"), []byte("changed")), tx.Put([]byte("c"), []byte("added")), tx.Delete([]byte("b")))
	}
	tests := map[string]struct {
		fn        func(kv.Tx) error
		wantErr   error
		wantPanic any
	}{
		"error": {fn: func(tx kv.Tx) error { return errors.Join(change(tx), errStop) }, wantErr: errStop},
		"panic": {fn: func(tx kv.Tx) error { panic(change(tx) == nil) }, wantPanic: true},
		"panic in Scan": {fn: func(tx kv.Tx) error {
			return errors.Join(change(tx), tx.Scan(nil, func(_, _ []byte) error { panic("scan") }))
		}, wantPanic: "scan"},
	}
	for name, test := range tests {
		panicked, err := catch(func() error { return f.Store.Update(t.Context(), test.fn) })
		wantError(t, name, err, test.wantErr)
		if panicked != test.wantPanic {
			t.Errorf("%s: got panic %v, want %v", name, panicked, test.wantPanic)
		}
		wantPairs(t, "after "+name, stored(t, f.Store), before)
	}
	panicked, _ := catch(func() error {
		return f.Store.View(t.Context(), func(kv.Tx) error { panic("view") })
	})
	if panicked != "view" {
		t.Errorf("View: got panic %v, want view", panicked)
	}
	update(t, f.Store, change)
	wantPairs(t, "after a change that finished", stored(t, f.Store), []pair{{"a", "changed"}, {"c", "added"}})
}

func catch(fn func() error) (panicked any, err error) {
	defer func() { panicked = recover() }()
	return nil, fn()
}

// updateIsRerunSafe runs one closure that fails at its end, then the same again:
// a run that did not commit must leave nothing that the next run can see.
func updateIsRerunSafe(t *testing.T, f Fixture) {
	put(t, f.Store, pair{"counter", "1"})
	increment := func(tx kv.Tx) error {
		value, err := tx.Get([]byte("counter"))
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(value))
		if err != nil {
			return err
		}
		return errors.Join(
			tx.Put([]byte("counter"), []byte(strconv.Itoa(n+1))),
			tx.Put(fmt.Appendf(nil, "log/%d", n+1), nil))
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := f.Store.Update(ctx, func(tx kv.Tx) error {
		defer cancel()
		return increment(tx)
	})
	wantError(t, "first run", err, context.Canceled)
	update(t, f.Store, increment)
	wantPairs(t, "afterwards", stored(t, f.Store), []pair{{"counter", "2"}, {"log/2", ""}})
}

// isolation holds a View open while an Update adds much more than the store had,
// so that a store which maps its file has to grow it under the reader.
func isolation(t *testing.T, f Fixture) {
	before := []pair{{"a", "1"}, {"b", "2"}}
	put(t, f.Store, before...)
	large := strings.Repeat("x", 64<<10)
	view(t, f.Store, func(tx kv.Tx) error {
		done := make(chan error)
		go func() {
			done <- f.Store.Update(t.Context(), func(tx kv.Tx) error {
				for i := range 64 {
					if err := tx.Put(fmt.Appendf(nil, "a/%d", i), []byte(large)); err != nil {
						return err
					}
				}
				return errors.Join(tx.Put([]byte("a"), []byte("changed")), tx.Delete([]byte("b")))
			})
		}()
		if err := <-done; err != nil {
			return err
		}
		got, err := scanned(tx, "")
		wantPairs(t, "in the View that began before", got, before)
		return err
	})
	if got := stored(t, f.Store); len(got) != 65 {
		t.Errorf("in a View that began later: %d records, want 65", len(got))
	}
}

// concurrentReaders moves amounts between accounts. The invariant that every
// reader checks in every View: the sum stays, read once or twice.
func concurrentReaders(t *testing.T, f Fixture) {
	const accounts, start, moves, readers = 8, 100, 60, 4
	for i := range accounts {
		put(t, f.Store, pair{fmt.Sprintf("account/%d", i), strconv.Itoa(start)})
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range readers {
		wg.Go(func() {
			for ctx.Err() == nil {
				err := f.Store.View(t.Context(), func(tx kv.Tx) error {
					return errors.Join(checkSum(tx, accounts*start), checkSum(tx, accounts*start))
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range moves {
		from, to, amount := random.IntN(accounts), random.IntN(accounts), random.IntN(50)
		update(t, f.Store, func(tx kv.Tx) error {
			return errors.Join(add(tx, fmt.Sprintf("account/%d", from), -amount), add(tx, fmt.Sprintf("account/%d", to), amount))
		})
	}
	cancel()
	wg.Wait()
}

func checkSum(tx kv.Tx, want int) error {
	sum := 0
	err := tx.Scan([]byte("account/"), func(_, value []byte) error {
		n, err := strconv.Atoi(string(value))
		sum += n
		return err
	})
	if err == nil && sum != want {
		err = fmt.Errorf("sum of accounts is %d, want %d", sum, want)
	}
	return err
}

// add adds to the number under key.
func add(tx kv.Tx, key string, amount int) error {
	value, err := tx.Get([]byte(key))
	if err != nil {
		return err
	}
	n := 0
	if value != nil {
		if n, err = strconv.Atoi(string(value)); err != nil {
			return err
		}
	}
	return tx.Put([]byte(key), []byte(strconv.Itoa(n+amount)))
}

func concurrentUpdates(t *testing.T, f Fixture) {
	const writers, each = 4, 20
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				err := f.Store.Update(t.Context(), func(tx kv.Tx) error { return add(tx, "counter", 1) })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	wantPairs(t, "afterwards", stored(t, f.Store), []pair{{"counter", strconv.Itoa(writers * each)}})
}

func contextEndedWhileWaiting(t *testing.T, f Fixture) {
	update(t, f.Store, func(kv.Tx) error {
		ctx, cancel := context.WithCancel(t.Context())
		waits := make(chan error)
		go func() {
			waits <- f.Store.Update(ctx, func(kv.Tx) error {
				t.Error("the waiting function ran")
				return nil
			})
		}()
		cancel()
		wantError(t, "waiting Update", <-waits, context.Canceled)
		return nil
	})
}

// model applies random operations to the store and to a plain map, some of them
// in Updates that fail, and compares everything after each Update.
func model(t *testing.T, f Fixture) {
	const updates, most = 150, 40
	random := rand.New(rand.NewPCG(3, 4))
	want := map[string]string{}
	for i := range updates {
		next := maps.Clone(want)
		operations := randomOperations(random, 1+random.IntN(most))
		for _, o := range operations {
			if o.remove {
				delete(next, o.key)
			} else {
				next[o.key] = o.value
			}
		}
		var errStop error
		if random.IntN(5) == 0 {
			errStop = errors.New("stop")
		}
		err := f.Store.Update(t.Context(), func(tx kv.Tx) error { return errors.Join(apply(tx, operations), errStop) })
		wantError(t, "Update", err, errStop)
		if errStop == nil {
			want = next
		}
		if !sameAsModel(t, f.Store, want) {
			t.Fatalf("differs from the model after update %d of seed 3, 4: %v", i, operations)
		}
	}
}

type operation struct {
	pair
	remove bool
}

// randomOperations picks from few and short keys, so that they meet again, and
// from sizes on both sides of a page.
func randomOperations(random *rand.Rand, n int) []operation {
	const alphabet = "ab/\x00\xff"
	operations := make([]operation, n)
	for i := range operations {
		key := make([]byte, 1+random.IntN(4))
		for j := range key {
			key[j] = alphabet[random.IntN(len(alphabet))]
		}
		size := random.IntN(200)
		if random.IntN(20) == 0 {
			size = random.IntN(20000)
		}
		value := strings.Repeat(string(rune('a'+random.IntN(26))), size)
		operations[i] = operation{pair{string(key), value}, random.IntN(3) == 0}
	}
	return operations
}

func apply(tx kv.Tx, operations []operation) error {
	for _, o := range operations {
		err := tx.Put([]byte(o.key), []byte(o.value))
		if o.remove {
			err = tx.Delete([]byte(o.key))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func sameAsModel(t *testing.T, s kv.Store, want map[string]string) bool {
	t.Helper()
	var sorted []pair
	for _, key := range slices.Sorted(maps.Keys(want)) {
		sorted = append(sorted, pair{key, want[key]})
	}
	return slices.Equal(stored(t, s), sorted)
}
