package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"silkwire/bot"
)

// The records, by the beginnings of their keys. What a time is part of is ordered by
// it.
const (
	sharedPrefix = "o/"   // an answer that was shared
	personPrefix = "n/p/" // a person who watches something, while something is to be told or was of late
	spacePrefix  = "n/s/" // a server or workspace whose curators are told what waits
	revisionKey  = "n/revision"
	settledKey   = "n/settled"
	keyParts     = "\x00"
)

// mostShared is how many shared answers are remembered.
const mostShared = 20_000

func sharedKey(s bot.Shared) []byte {
	return fmt.Appendf(nil, "%s%020d/%s/%s", sharedPrefix, max(s.At.UnixNano(), 0), s.Platform, s.Message)
}

// person is what is kept of somebody who watches something.
type person struct {
	Since uint64    `json:"since,omitempty"` // the revision after which they were told nothing; 0: nothing is to be told
	Told  time.Time `json:"told,omitzero"`   // when they were last told something
}

// space is what is kept of a server's curators.
type space struct {
	Seen time.Time `json:"seen,omitzero"` // up to when what came in was told
	Told time.Time `json:"told,omitzero"` // when
}

func keyOf(prefix string, parts ...string) []byte {
	return []byte(prefix + strings.Join(parts, keyParts))
}

func get[V any](tx bot.Tx, key []byte) (v V, err error) {
	value, err := tx.Get(key)
	if err == nil && value != nil {
		err = json.Unmarshal(value, &v)
	}
	if err != nil {
		return v, fmt.Errorf("read %q: %w", key, err)
	}
	return v, nil
}

func put(tx bot.Tx, key []byte, v any) error {
	value, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %q: %w", key, err)
	}
	return tx.Put(key, value)
}

// kept is a record with its key.
type kept[V any] struct {
	key   []byte
	value V
}

func scan[V any](tx bot.Tx, prefix string) ([]kept[V], error) {
	var all []kept[V]
	err := tx.Scan([]byte(prefix), func(key, value []byte) error {
		k := kept[V]{key: bytes.Clone(key)}
		if err := json.Unmarshal(value, &k.value); err != nil {
			return fmt.Errorf("read %q: %w", key, err)
		}
		all = append(all, k)
		return nil
	})
	return all, err
}

// Expire deletes the shared answers that are older than bot.SharedLife. It returns the
// error of reading or writing.
func Expire(ctx context.Context, ledger bot.Ledger, now time.Time) error {
	if err := ledger.Update(ctx, func(tx bot.Tx) error { return trim(tx, now) }); err != nil {
		return fmt.Errorf("forget old answers: %w", err)
	}
	return nil
}

// trim forgets answers that are too old, and the oldest of too many.
func trim(tx bot.Tx, now time.Time) error {
	var keys [][]byte
	err := tx.Scan([]byte(sharedPrefix), func(key, _ []byte) error {
		keys = append(keys, bytes.Clone(key))
		return nil
	})
	if err != nil {
		return err
	}
	for i, key := range keys {
		if i >= len(keys)-mostShared && now.Sub(sharedAt(key)) <= bot.SharedLife {
			break // those behind it are newer
		}
		if err := tx.Delete(key); err != nil {
			return err
		}
	}
	return nil
}

// sharedAt is when an answer was shared, by its key.
func sharedAt(key []byte) time.Time {
	digits, _, _ := strings.Cut(strings.TrimPrefix(string(key), sharedPrefix), "/")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(0, n)
}

// CheckShared tells what is wrong with a stored answer, whose key begins with "o/", or
// returns nil.
func CheckShared(_, value []byte) error { return json.Unmarshal(value, &bot.Shared{}) }

// CheckNotice tells what is wrong with another record of this package, whose key begins
// with "n/", or returns nil.
func CheckNotice(key, value []byte) error {
	switch {
	case bytes.HasPrefix(key, []byte(personPrefix)):
		return json.Unmarshal(value, &person{})
	case bytes.HasPrefix(key, []byte(spacePrefix)):
		return json.Unmarshal(value, &space{})
	case slices.ContainsFunc([]string{revisionKey, settledKey}, func(k string) bool { return k == string(key) }):
		return json.Unmarshal(value, new(any))
	}
	return errors.New("it is no record of a notice")
}
