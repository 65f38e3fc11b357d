package knowledge

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"

	"silkwire/knowledge/kv"
)

// How fact files come into the fact base, those that are shipped in the binary
// and those that somebody imports alike:
//
//	was      what the files said when they were taken in last, or exported
//	is       what the fact base says now
//	wanted   what the files say now
//
// A record that is as it was becomes what is wanted; one that only the fact base
// changed stays; one that both changed is merged field by field, and left alone
// where they changed the same field (see mergeRecord).

// taken is what files said when they were taken in last.
type taken struct {
	Version string            `json:"version"` // of the shipped base; of files: the state that they were exported from
	Records map[string]string `json:"records"` // digest by Ref
	Others  int               `json:"others"`  // how many records the version has that are no facts
}

func readTaken(value []byte) (taken, error) {
	t := taken{}
	if value == nil {
		return t, nil
	}
	if err := json.Unmarshal(value, &t); err != nil {
		return t, fmt.Errorf("read what was taken in last: %w", err)
	}
	return t, nil
}

// source is where wanted records come from.
type source struct {
	name string // in keys: "shipped", or the digest of a folder's path
	tx   kv.Tx
	last taken
	base *state // what the files were exported from; nil: unknown
	// follows says that what files gave a record last counts as what it was,
	// where nothing better is known.
	follows bool
}

// was is what the source said of a record last. An error is one of the store.
func (s source) was(ref Ref, is []byte) (version, error) {
	known, found := s.last.Records[ref.String()]
	if found && is != nil && digest(is) == known {
		return version{is, true}, nil
	}
	if found {
		value, err := s.said(ref, known)
		return version{value, value != nil}, err
	}
	if s.base != nil {
		return version{s.base.records[ref], true}, nil
	}
	if is == nil || !s.follows {
		return version{known: true}, nil
	}
	return s.fromFiles(ref)
}

// said looks up the value of a digest: it is kept apart, or was the record's once.
func (s source) said(ref Ref, known string) ([]byte, error) {
	value, err := s.tx.Get(wantedKey(s.name, ref))
	if err != nil || value != nil && digest(value) == known {
		return value, err
	}
	touches, err := touching(s.tx, ref)
	if err != nil {
		return nil, err
	}
	for _, t := range slices.Backward(touches) {
		e, err := t.edit(s.tx)
		if err != nil {
			return nil, err
		}
		if e.After != nil && digest(e.After) == known {
			return e.After, nil
		}
	}
	return nil, nil
}

// fromFiles is what files gave a record last.
func (s source) fromFiles(ref Ref) (version, error) {
	touches, err := touching(s.tx, ref)
	if err != nil {
		return version{}, err
	}
	for _, t := range slices.Backward(touches) {
		rev, err := readHead(s.tx, t.number)
		if err != nil {
			return version{}, err
		}
		if rev.Origin == FromFiles || rev.Origin == FromShipped {
			e, err := t.edit(s.tx)
			return version{e.After, err == nil}, err
		}
	}
	return version{}, nil
}

// intake is what taking in files comes to.
type intake struct {
	change    Change
	conflicts []Conflict
	merged    []Ref // both the files and the fact base had changed them, and it goes together
	kept      []Ref // the fact base alone had changed them
	next      taken
	values    map[Ref][]byte // what the files say of each record, for those of next
}

// get reads a record as the fact base has it; nil is none.
type get = func(Ref) ([]byte, error)

// take compares the fact base with what is wanted. With whole, a record that the
// files had and have no more is to go.
func (s source) take(is get, wanted []Record, whole bool) (*intake, error) {
	in := &intake{next: taken{Records: map[string]string{}}, values: map[Ref][]byte{}}
	for _, r := range wanted {
		value, err := json.Marshal(r)
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", r.Ref(), err)
		}
		in.next.Records[r.Ref().String()] = digest(value)
		in.values[r.Ref()] = value
		if r.Ref().Kind != FactRecord {
			in.next.Others++
		}
		if _, err := s.meet(in, is, r.Ref(), value); err != nil {
			return nil, err
		}
	}
	if !whole {
		return in, nil
	}
	for _, ref := range s.before() {
		if in.values[ref] != nil {
			continue
		}
		n := len(in.conflicts)
		there, err := s.meet(in, is, ref, nil)
		if err != nil {
			return nil, err
		}
		if len(in.conflicts) > n || !there {
			// So that files which have it again leave it as curators want it.
			if known := s.last.Records[ref.String()]; known != "" {
				in.next.Records[ref.String()] = known
			}
		}
	}
	return in, nil
}

// before lists what the files had.
func (s source) before() []Ref {
	refs := map[Ref]bool{}
	for name := range s.last.Records {
		refs[parseRef(name)] = true
	}
	if s.base != nil {
		for ref := range s.base.records {
			refs[ref] = true
		}
	}
	return slices.SortedFunc(maps.Keys(refs), compareRefs)
}

// meet merges one record into the intake, and tells whether the fact base has it.
func (s source) meet(in *intake, read get, ref Ref, wanted []byte) (there bool, err error) {
	is, err := read(ref)
	if err != nil {
		return false, err
	}
	was, err := s.was(ref, is)
	if err != nil {
		return false, err
	}
	value, conflicts, err := mergeRecord(ref, was, is, wanted)
	switch {
	case err != nil:
		return false, err
	case conflicts != nil:
		in.conflicts = append(in.conflicts, conflicts...)
	case digest(is) == digest(value) && digest(is) != digest(wanted):
		in.kept = append(in.kept, ref)
	case value == nil && is != nil:
		in.change.Remove = append(in.change.Remove, ref)
	case value != nil && digest(value) != digest(is):
		in.change.Put = append(in.change.Put, stored{ref, value})
		if digest(value) != digest(wanted) {
			in.merged = append(in.merged, ref)
		}
	}
	return is != nil, nil
}

// keep writes down what the files said, for the next time: values apart only
// where the state says something else.
func (s source) keep(tx kv.Tx, in *intake, after get) error {
	var old [][]byte
	prefix := []byte(wantedPrefix + s.name + "/")
	err := tx.Scan(prefix, func(key, _ []byte) error {
		old = append(old, key)
		return nil
	})
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(in.next.Records)) {
		ref, known := parseRef(name), in.next.Records[name]
		is, err := after(ref)
		if err != nil {
			return err
		}
		if is != nil && digest(is) == known {
			continue
		}
		key := wantedKey(s.name, ref)
		kept[string(key)] = true
		if value := in.values[ref]; value != nil && digest(value) == known {
			if err := tx.Put(key, value); err != nil {
				return err
			}
		}
	}
	for _, key := range old {
		if !kept[string(key)] {
			if err := tx.Delete(key); err != nil {
				return err
			}
		}
	}
	return nil
}

func wantedKey(source string, ref Ref) []byte {
	return []byte(wantedPrefix + source + "/" + string(ref.Kind) + "/" + ref.Key)
}

// explain says of each conflict who gave the fact base's record its value.
func explain(tx kv.Tx, conflicts []Conflict) error {
	for i, c := range conflicts {
		touches, err := touching(tx, c.Ref)
		if err != nil || len(touches) == 0 {
			return err
		}
		if conflicts[i].By, err = readHead(tx, touches[len(touches)-1].number); err != nil {
			return err
		}
		conflicts[i].By.Edits = nil
	}
	return nil
}

// fit takes out of the change what would leave mistakes behind, because a
// curator removed what it refers to, or rests on what it removes: a newer
// shipped base must never keep silkwire from starting. It returns what it took
// out, and an error where the mistakes are not the change's.
func (s *state) fit(c *Change) ([]Ref, error) {
	var left []Ref
	for {
		problems, err := s.problems(*c)
		if err != nil || len(problems) == 0 {
			return left, err
		}
		n := len(left)
		blamed := map[Ref]bool{}
		for _, p := range problems {
			blamed[p.Ref] = true
		}
		c.Put = slices.DeleteFunc(c.Put, func(r Record) bool {
			if blamed[r.Ref()] {
				left = append(left, r.Ref())
			}
			return blamed[r.Ref()]
		})
		if len(left) > n {
			continue
		}
		cause, found, err := s.cause(*c, len(problems))
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, &InvalidError{problems}
		}
		*c = c.without(cause)
		left = append(left, cause)
	}
}

// cause is the first edit of the change without which there are fewer problems.
func (s *state) cause(c Change, problems int) (Ref, bool, error) {
	refs := slices.Clone(c.Remove)
	for _, r := range c.Put {
		if ref := r.Ref(); ref.Kind != FactRecord { // what a fact says spoils no other record
			refs = append(refs, ref)
		}
	}
	for _, ref := range refs {
		fewer, err := s.problems(c.without(ref))
		if err != nil {
			return Ref{}, false, err
		}
		if len(fewer) < problems {
			return ref, true, nil
		}
	}
	return Ref{}, false, nil
}

// without is the change less its edits of one record.
func (c Change) without(ref Ref) Change {
	c.Put = slices.DeleteFunc(slices.Clone(c.Put), func(r Record) bool { return r.Ref() == ref })
	c.Remove = slices.DeleteFunc(slices.Clone(c.Remove), func(r Ref) bool { return r == ref })
	return c
}

// problems are the mistakes that the change would leave behind.
func (s *state) problems(c Change) ([]Problem, error) {
	_, _, err := s.with(c)
	if invalid, ok := errors.AsType[*InvalidError](err); ok {
		return invalid.Problems, nil
	}
	return nil, err
}

// digest tells one value from another. Nobody gains by forging one, so it need
// not be cryptographic, whose self-tests would cost each start milliseconds.
func digest(value []byte) string {
	h := fnv.New64a()
	_, _ = h.Write(value) // a hash never fails
	return fmt.Sprintf("%016x", h.Sum64())
}
