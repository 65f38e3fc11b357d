package knowledge

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"silkwire/knowledge/kv"
)

// Verified is what Verify found.
type Verified struct {
	Schema    int      `json:"schema"`
	Revisions uint64   `json:"revisions"`
	Records   int      `json:"records"`         // of the state
	Stored    int      `json:"stored"`          // of every kind
	Wrong     []string `json:"wrong,omitempty"` // a sentence each
}

// mostWrong is how many sentences Verify writes: what is over that is counted.
const mostWrong = 100

// Verify walks every record of a store: that its checksum is right, that the log
// has every revision whole, that replaying it gives the state and the indexes,
// and that what is in the state has no mistakes. others check the records of
// other parts, by the beginning of their keys. It changes nothing; the error is
// one of reading, the first record that is damaged included.
func Verify(ctx context.Context, store kv.Store, others map[string]func(key, value []byte) error) (Verified, error) {
	v := &verifier{others: others}
	err := store.View(ctx, func(tx kv.Tx) error {
		v.found, v.more = Verified{}, 0
		return v.walk(tx)
	})
	if v.more > 0 {
		v.found.Wrong = append(v.found.Wrong, fmt.Sprintf("and %d more", v.more))
	}
	return v.found, err
}

type verifier struct {
	others map[string]func(key, value []byte) error
	found  Verified
	more   int
}

func (v *verifier) say(format string, args ...any) {
	if len(v.found.Wrong) >= mostWrong {
		v.more++
		return
	}
	v.found.Wrong = append(v.found.Wrong, fmt.Sprintf(format, args...))
}

func (v *verifier) walk(tx kv.Tx) (err error) {
	if v.found.Schema, err = readSchema(tx); err != nil {
		return err
	}
	if v.found.Revisions, err = readNumber(tx); err != nil {
		return err
	}
	keys := map[string]int{} // how many records begin so
	err = tx.Scan(nil, func(key, value []byte) error {
		v.found.Stored++
		prefix := string(key[:min(len(key), 2)])
		keys[prefix]++
		v.record(prefix, key, value)
		return nil
	})
	if err != nil || v.found.Schema < schema {
		return err
	}
	replayed, histories, edits, err := v.replay(tx)
	if err != nil {
		return err
	}
	if n := int(v.found.Revisions); keys[revisionPrefix] != n {
		v.say("there are records of %d revisions, and the newest is %d", keys[revisionPrefix], n)
	}
	if keys[editPrefix] != edits {
		v.say("there are records of %d edits, and the revisions have %d", keys[editPrefix], edits)
	}
	if keys[historyPrefix] != len(histories) {
		v.say("%d records are listed as touched by revisions, and %d are", keys[historyPrefix], len(histories))
	}
	for _, key := range slices.Sorted(maps.Keys(histories)) {
		value, err := tx.Get([]byte(key))
		if err != nil {
			return err
		}
		if !bytes.Equal(value, histories[key]) {
			v.say("%s lacks a revision", DescribeKey([]byte(key)))
		}
	}
	return v.state(tx, replayed)
}

// record checks a record by itself, apart from the state and the log.
func (v *verifier) record(prefix string, key, value []byte) {
	var into any
	switch prefix {
	case statePrefix, revisionPrefix, editPrefix, historyPrefix, wantedPrefix:
		return
	case gapPrefix:
		into = &Gap{}
	case folderPrefix:
		into = &taken{}
	case "m/":
		if !slices.Contains([]string{numberKey, schemaKey, shippedKey}, string(key)) {
			v.say("nobody knows what %q is", key)
		}
		if string(key) != shippedKey {
			return
		}
		into = &taken{}
	default:
		check := v.others[prefix]
		if check == nil {
			v.say("nobody knows what %q is", key)
			return
		}
		if err := check(key, value); err != nil {
			v.say("%q cannot be read: %v", key, err)
		}
		return
	}
	if err := json.Unmarshal(value, into); err != nil {
		v.say("%q cannot be read: %v", key, err)
	}
}

// replay makes the state of the log alone, and lists what the history must
// have.
func (v *verifier) replay(tx kv.Tx) (*state, map[string][]byte, int, error) {
	s := &state{records: map[Ref][]byte{}}
	histories, edits := map[string][]byte{}, 0
	var all sum
	for n := uint64(1); n <= v.found.Revisions; n++ {
		value, err := tx.Get(revisionKey(n))
		if err != nil {
			return nil, nil, 0, err
		}
		rev, err := readRevision(tx, n)
		if err != nil {
			v.say("%v", err)
			if value != nil {
				edits += rev.Size
			}
			continue
		}
		edits += len(rev.Edits)
		for i, e := range rev.Edits {
			if !bytes.Equal(s.records[e.Ref], e.Before) {
				v.say("revision %d edits another %s than the revisions before it left", n, e.Ref)
			}
			histories[string(historyKey(e.Ref, n))] = placeValue(i)
		}
		s.forward(rev.Edits)
		all.turn(rev.Edits)
		if rev.State != all.String() {
			v.say("revision %d has the digest %s, and what the log makes of it has %s", n, rev.State, all)
		}
	}
	return s, histories, edits, nil
}

// state compares what is stored with what the log makes.
func (v *verifier) state(tx kv.Tx, replayed *state) error {
	is, err := stateOf(tx)
	if err != nil {
		return err
	}
	v.found.Records = len(is.records)
	for _, ref := range is.refs() {
		switch want := replayed.records[ref]; {
		case want == nil:
			v.say("%s is in the fact base, and no revision put it there", ref)
		case !bytes.Equal(want, is.records[ref]):
			v.say("%s is another than the log says", ref)
		}
	}
	for _, ref := range replayed.refs() {
		if is.records[ref] == nil {
			v.say("%s is missing: the log says that it is there", ref)
		}
	}
	contents, err := is.contents()
	if err != nil {
		v.say("%v", err)
		return nil
	}
	for _, p := range contents.Check() {
		v.say("%s", p.Error())
	}
	return nil
}

// DescribeKey says what a stored record is, for people: "fact qwen-licence",
// "revision 12".
func DescribeKey(key []byte) string {
	rest := key[min(len(key), 2):]
	number := func(b []byte) uint64 {
		if len(b) < 8 {
			return 0
		}
		return binary.BigEndian.Uint64(b)
	}
	switch string(key[:min(len(key), 2)]) {
	case statePrefix:
		return strings.Replace(string(rest), "/", " ", 1)
	case revisionPrefix:
		return fmt.Sprintf("revision %d", number(rest))
	case editPrefix:
		return fmt.Sprintf("an edit of revision %d", number(rest))
	case historyPrefix:
		ref, _, _ := strings.Cut(string(rest), "\x00")
		return "the history of " + strings.Replace(ref, "/", " ", 1)
	case gapPrefix:
		return "a question without an answer"
	}
	return fmt.Sprintf("record %q", key)
}
