package kv_test

import (
	"bytes"
	"errors"
	"testing"

	"silkwire/knowledge/kv"
)

func TestErrorsSayWhereAndUnwrap(t *testing.T) {
	tests := map[string]struct {
		err  error
		is   error
		want string
	}{
		"key": {
			&kv.KeyError{Op: "get", Key: []byte("fact/\x00"), Err: kv.ErrDamaged},
			kv.ErrDamaged,
			`get key "fact/\x00": damaged data`,
		},
		"long key is cut": {
			&kv.KeyError{Op: "put", Key: bytes.Repeat([]byte("k"), 65), Err: kv.ErrValue},
			kv.ErrValue,
			`put key "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"… (65 bytes): value is longer than 16 MiB`,
		},
		"path with hint": {
			&kv.OpenError{Path: "/x.db", Err: kv.ErrLocked, Hint: "stop the other one"},
			kv.ErrLocked,
			"open database /x.db: in use by another process; stop the other one",
		},
		"path without hint": {
			&kv.OpenError{Path: "/x.db", Err: kv.ErrForeign},
			kv.ErrForeign,
			"open database /x.db: not a silkwire database",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := test.err.Error(); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if !errors.Is(test.err, test.is) {
				t.Errorf("%v does not wrap %v", test.err, test.is)
			}
		})
	}
}
