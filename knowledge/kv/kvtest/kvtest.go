// Package kvtest is the contract of package kv as a test suite: every store must
// pass Run, so that what is above the face may rely on its words and on nothing
// else. It is imported by tests only, and imports kv only.
package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"silkwire/knowledge/kv"
)

// Fixture is an empty store under test.
type Fixture struct {
	Store kv.Store

	// Corrupt flips a bit in the stored form of the record under key, behind
	// the store's back.
	Corrupt func(t *testing.T, key []byte)
}

// Run runs the suite. It calls open for each test; open registers its own
// cleanup, which must put up with a store that is closed already.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	tests := []struct {
		name string
		run  func(*testing.T, Fixture)
	}{
		{"GetTellsAbsentFromEmpty", getTellsAbsentFromEmpty},
		{"DeleteOfAbsentIsNoError", deleteOfAbsentIsNoError},
		{"Order", order},
		{"ScanPrefix", scanPrefix},
		{"ScanStops", scanStops},
		{"ScanSeesOwnWrites", scanSeesOwnWrites},
		{"ScanRefusesWrites", scanRefusesWrites},
		{"KeyLimits", keyLimits},
		{"ValueSizes", valueSizes},
		{"SlicesAreCopies", slicesAreCopies},
		{"ViewRefusesWrites", viewRefusesWrites},
		{"UpdateIsAllOrNothing", updateIsAllOrNothing},
		{"UpdateIsRerunSafe", updateIsRerunSafe},
		{"Isolation", isolation},
		{"ConcurrentReadersSeeWholeUpdates", concurrentReaders},
		{"ConcurrentUpdatesLoseNothing", concurrentUpdates},
		{"Checksum", checksum},
		{"ContextEndedBeforeStart", contextEndedBeforeStart},
		{"ContextEndedBeforeCommit", contextEndedBeforeCommit},
		{"ContextEndedWhileWaiting", contextEndedWhileWaiting},
		{"UseAfterClose", useAfterClose},
		{"UseOfEndedTx", useOfEndedTx},
		{"Model", model},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// pair is one record.
type pair struct{ key, value string }

func (p pair) String() string { return fmt.Sprintf("%q=%q", p.key, p.value) }

// put writes records in one Update.
func put(t *testing.T, s kv.Store, pairs ...pair) {
	t.Helper()
	update(t, s, func(tx kv.Tx) error {
		for _, p := range pairs {
			if err := tx.Put([]byte(p.key), []byte(p.value)); err != nil {
				return err
			}
		}
		return nil
	})
}

func update(t *testing.T, s kv.Store, fn func(kv.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

func view(t *testing.T, s kv.Store, fn func(kv.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatalf("View: %v", err)
	}
}

// scanned returns the records with a prefix as one transaction sees them.
func scanned(tx kv.Tx, prefix string) ([]pair, error) {
	var pairs []pair
	err := tx.Scan([]byte(prefix), func(key, value []byte) error {
		pairs = append(pairs, pair{string(key), string(value)})
		return nil
	})
	return pairs, err
}

// stored returns all records of the store.
func stored(t *testing.T, s kv.Store) []pair {
	t.Helper()
	var pairs []pair
	view(t, s, func(tx kv.Tx) (err error) {
		pairs, err = scanned(tx, "")
		return err
	})
	return pairs
}

func wantPairs(t *testing.T, what string, got, want []pair) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s:\ngot  %v\nwant %v", what, got, want)
	}
}

func wantError(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got error %v, want %v", what, got, want)
	}
}

func getTellsAbsentFromEmpty(t *testing.T, f Fixture) {
	put(t, f.Store, pair{"empty", ""}, pair{"full", "x"})
	update(t, f.Store, func(tx kv.Tx) error { return tx.Put([]byte("nil"), nil) })
	tests := []struct {
		key  string
		want []byte
	}{
		{"empty", []byte{}},
		{"nil", []byte{}},
		{"full", []byte("x")},
		{"absent", nil},
	}
	view(t, f.Store, func(tx kv.Tx) error {
		for _, test := range tests {
			got, err := tx.Get([]byte(test.key))
			if err != nil || !bytes.Equal(got, test.want) || (got == nil) != (test.want == nil) {
				t.Errorf("Get(%q) = %#v, %v; want %#v, nil", test.key, got, err, test.want)
			}
		}
		return nil
	})
}

func deleteOfAbsentIsNoError(t *testing.T, f Fixture) {
	put(t, f.Store, pair{"a", "1"}, pair{"b", "2"})
	update(t, f.Store, func(tx kv.Tx) error {
		return errors.Join(tx.Delete([]byte("absent")), tx.Delete([]byte("a")), tx.Delete([]byte("a")))
	})
	wantPairs(t, "after Delete", stored(t, f.Store), []pair{{"b", "2"}})
}

func order(t *testing.T, f Fixture) {
	want := []pair{{"\x00", "1"}, {"\x00\x00", "2"}, {"A", "3"}, {"a", "4"}, {"a\x00", "5"}, {"a/", "6"}, {"aa", "7"}, {"é", "8"}, {"\xff", "9"}, {"\xff\x00", "10"}}
	for _, i := range []int{7, 2, 9, 0, 4, 1, 8, 3, 6, 5} {
		put(t, f.Store, want[i])
	}
	wantPairs(t, "Scan", stored(t, f.Store), want)
}

func scanPrefix(t *testing.T, f Fixture) {
	all := []pair{{"a", ""}, {"a/1", ""}, {"a/2", ""}, {"a0", ""}, {"b", ""}, {"\xff", ""}, {"\xff\xff", ""}, {"\xff\xff\x01", ""}}
	put(t, f.Store, all...)
	tests := map[string]struct {
		prefix string
		want   []pair
	}{
		"empty is everything":       {"", all},
		"inside":                    {"a/", all[1:3]},
		"prefix is a key itself":    {"a", all[:4]},
		"before the first":          {"A", nil},
		"between":                   {"aa", nil},
		"0xff has no successor":     {"\xff", all[5:]},
		"0xffff has none either":    {"\xff\xff", all[6:]},
		"behind the last":           {"\xff\xff\xff", nil},
		"longer than any key there": {"a/1/long", nil},
	}
	for name, test := range tests {
		view(t, f.Store, func(tx kv.Tx) error {
			got, err := scanned(tx, test.prefix)
			wantPairs(t, fmt.Sprintf("%s: Scan(%q)", name, test.prefix), got, test.want)
			return err
		})
	}
}

func scanStops(t *testing.T, f Fixture) {
	put(t, f.Store, pair{"a", ""}, pair{"b", ""}, pair{"c", ""})
	errStop := errors.New("stop")
	tests := map[string]struct{ returned, want error }{
		"SkipAll is no error":         {fs.SkipAll, nil},
		"wrapped SkipAll neither":     {fmt.Errorf("enough: %w", fs.SkipAll), nil},
		"another error is passed on":  {errStop, errStop},
		"SkipDir has no such meaning": {fs.SkipDir, fs.SkipDir},
	}
	for name, test := range tests {
		view(t, f.Store, func(tx kv.Tx) error {
			calls := 0
			err := tx.Scan(nil, func(key, _ []byte) error {
				calls++
				if string(key) == "b" {
					return test.returned
				}
				return nil
			})
			if err != test.want || calls != 2 { //nolint:errorlint // the very error comes back, not one that wraps it
				t.Errorf("%s: got %v after %d calls, want %v after 2", name, err, calls, test.want)
			}
			return nil
		})
	}
}

func scanSeesOwnWrites(t *testing.T, f Fixture) {
	put(t, f.Store, pair{"a", "1"}, pair{"b", "2"}, pair{"d", "4"})
	var got []pair
	update(t, f.Store, func(tx kv.Tx) error {
		err := errors.Join(tx.Put([]byte("c"), []byte("3")), tx.Put([]byte("a"), []byte("changed")), tx.Delete([]byte("b")))
		if err != nil {
			return err
		}
		got, err = scanned(tx, "")
		return err
	})
	want := []pair{{"a", "changed"}, {"c", "3"}, {"d", "4"}}
	wantPairs(t, "inside", got, want)
	wantPairs(t, "afterwards", stored(t, f.Store), want)
}

func scanRefusesWrites(t *testing.T, f Fixture) {
	put(t, f.Store, pair{"a", "1"}, pair{"b", "2"})
	update(t, f.Store, func(tx kv.Tx) error {
		err := tx.Scan(nil, func(key, _ []byte) error {
			wantError(t, "Put in Scan", tx.Put(key, []byte("x")), kv.ErrScanning)
			wantError(t, "Delete in Scan", tx.Delete(key), kv.ErrScanning)
			_, err := tx.Get([]byte("b"))
			_, nested := scanned(tx, "a")
			wantError(t, "Put after a nested Scan", tx.Put(key, nil), kv.ErrScanning)
			return errors.Join(err, nested)
		})
		return errors.Join(err, tx.Put([]byte("c"), []byte("3")))
	})
	wantPairs(t, "afterwards", stored(t, f.Store), []pair{{"a", "1"}, {"b", "2"}, {"c", "3"}})
}

func keyLimits(t *testing.T, f Fixture) {
	tests := map[string]struct {
		size int
		want error
	}{
		"empty":    {0, kv.ErrKey},
		"longest":  {kv.MaxKey, nil},
		"too long": {kv.MaxKey + 1, kv.ErrKey},
	}
	for name, test := range tests {
		key := bytes.Repeat([]byte("k"), test.size)
		update(t, f.Store, func(tx kv.Tx) error {
			wantError(t, name+" Put", tx.Put(key, []byte("v")), test.want)
			value, err := tx.Get(key)
			wantError(t, name+" Get", err, test.want)
			if test.want == nil && string(value) != "v" {
				t.Errorf("%s Get = %q, want v", name, value)
			}
			wantError(t, name+" Delete", tx.Delete(key), test.want)
			return nil
		})
	}
	var keyErr *kv.KeyError
	view(t, f.Store, func(tx kv.Tx) error {
		_, err := tx.Get(nil)
		if !errors.As(err, &keyErr) || keyErr.Op != "get" {
			t.Errorf("Get(nil): got %#v, want a *kv.KeyError of get", err)
		}
		_, err = scanned(tx, string(make([]byte, kv.MaxKey+1)))
		wantError(t, "Scan of a prefix too long", err, kv.ErrKey)
		return nil
	})
}

func valueSizes(t *testing.T, f Fixture) {
	for _, size := range []int{0, 1, 4095, 4096, 4097, 1 << 20} {
		key, value := fmt.Appendf(nil, "size/%d", size), bytes.Repeat([]byte{0xA5}, size)
		update(t, f.Store, func(tx kv.Tx) error { return tx.Put(key, value) })
		view(t, f.Store, func(tx kv.Tx) error {
			got, err := tx.Get(key)
			if err != nil || !bytes.Equal(got, value) {
				t.Errorf("Get of %d bytes: got %d bytes, %v", size, len(got), err)
			}
			return nil
		})
	}
	update(t, f.Store, func(tx kv.Tx) error {
		wantError(t, "Put of too much", tx.Put([]byte("k"), make([]byte, kv.MaxValue+1)), kv.ErrValue)
		return nil
	})
}

func slicesAreCopies(t *testing.T, f Fixture) {
	key, value := []byte("key"), []byte("value")
	update(t, f.Store, func(tx kv.Tx) error {
		if err := tx.Put(key, value); err != nil {
			return err
		}
		key[0], value[0] = 'K', 'V'
		defer func() { key[0], value[0] = 'k', 'v' }()
		got, err := tx.Get([]byte("key"))
		if string(got) != "value" {
			t.Errorf("a slice changed after Put: got %q, want value", got)
		}
		return err
	})
	var kept [][]byte
	view(t, f.Store, func(tx kv.Tx) error {
		kept = nil
		got, err := tx.Get([]byte("key"))
		kept = append(kept, got)
		return errors.Join(err, tx.Scan(nil, func(key, value []byte) error {
			_ = append(key, "overflows into the value if they share room"...)
			kept = append(kept, value)
			key[0] = '!'
			return nil
		}))
	})
	for _, value := range kept {
		if string(value) != "value" {
			t.Errorf("after the transaction: got %q, want value", value)
		}
		value[0] = '!'
	}
	wantPairs(t, "after changing what was read", stored(t, f.Store), []pair{{"key", "value"}})
}

func viewRefusesWrites(t *testing.T, f Fixture) {
	put(t, f.Store, pair{"a", "1"})
	view(t, f.Store, func(tx kv.Tx) error {
		wantError(t, "Put in View", tx.Put([]byte("a"), []byte("2")), kv.ErrReadOnly)
		wantError(t, "Delete in View", tx.Delete([]byte("a")), kv.ErrReadOnly)
		return nil
	})
	wantPairs(t, "afterwards", stored(t, f.Store), []pair{{"a", "1"}})
}

func checksum(t *testing.T, f Fixture) {
	put(t, f.Store, pair{"a", "1"}, pair{"b", "2"}, pair{"c", ""})
	for _, key := range []string{"b", "c"} {
		f.Corrupt(t, []byte(key))
		view(t, f.Store, func(tx kv.Tx) error {
			value, err := tx.Get([]byte(key))
			wantError(t, "Get", err, kv.ErrDamaged)
			var keyErr *kv.KeyError
			if value != nil || !errors.As(err, &keyErr) || string(keyErr.Key) != key {
				t.Errorf("Get(%q) of a corrupt record = %q, %v; want an error that names the key", key, value, err)
			}
			got, err := scanned(tx, "")
			wantError(t, "Scan", err, kv.ErrDamaged)
			wantPairs(t, "records before the corrupt one", got, []pair{{"a", "1"}})
			return nil
		})
	}
	put(t, f.Store, pair{"b", "new"})
	update(t, f.Store, func(tx kv.Tx) error { return tx.Delete([]byte("c")) })
	wantPairs(t, "after writing over it", stored(t, f.Store), []pair{{"a", "1"}, {"b", "new"}})
}

func contextEndedBeforeStart(t *testing.T, f Fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	refuse := func(kv.Tx) error {
		t.Error("the function ran")
		return nil
	}
	wantError(t, "View", f.Store.View(ctx, refuse), context.Canceled)
	wantError(t, "Update", f.Store.Update(ctx, refuse), context.Canceled)
}

func contextEndedBeforeCommit(t *testing.T, f Fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	err := f.Store.Update(ctx, func(tx kv.Tx) error {
		cancel()
		return tx.Put([]byte("a"), []byte("1"))
	})
	wantError(t, "Update", err, context.Canceled)
	wantPairs(t, "afterwards", stored(t, f.Store), nil)
}

func useAfterClose(t *testing.T, f Fixture) {
	put(t, f.Store, pair{"a", "1"})
	for range 2 {
		if err := f.Store.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	refuse := func(kv.Tx) error {
		t.Error("the function ran")
		return nil
	}
	wantError(t, "View", f.Store.View(t.Context(), refuse), kv.ErrClosed)
	wantError(t, "Update", f.Store.Update(t.Context(), refuse), kv.ErrClosed)
}

func useOfEndedTx(t *testing.T, f Fixture) {
	var kept kv.Tx
	update(t, f.Store, func(tx kv.Tx) error {
		kept = tx
		return nil
	})
	_, err := kept.Get([]byte("a"))
	wantError(t, "Get", err, kv.ErrClosed)
	wantError(t, "Put", kept.Put([]byte("a"), nil), kv.ErrClosed)
	wantError(t, "Delete", kept.Delete([]byte("a")), kv.ErrClosed)
	_, err = scanned(kept, "")
	wantError(t, "Scan", err, kv.ErrClosed)
}
