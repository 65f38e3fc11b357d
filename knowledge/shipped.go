package knowledge

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"silkwire/knowledge/seed"
)

// Shipped is the fact base that is compiled into the binary.
type Shipped struct {
	compiled Compiled
	version  string
}

// ShippedBase is the fact base of this binary.
func ShippedBase() Shipped { return shippedFrom(Compiled{seed.Base(), seed.Index()}) }

func shippedFrom(c Compiled) Shipped { return Shipped{c, c.version()} }

// Version tells one shipped fact base from another.
func (s Shipped) Version() string { return s.version }

// Contents decodes the shipped fact base.
func (s Shipped) Contents() (Contents, error) {
	c, lines, err := s.compiled.contents()
	if err != nil {
		return Contents{}, err
	}
	for i, line := range lines {
		if err := decode(&c.Facts, Ref{FactRecord, strconv.Itoa(i)}, line); err != nil {
			return Contents{}, fmt.Errorf("read the shipped fact base: %w", err)
		}
	}
	return c, nil
}

// Snapshot is the shipped fact base alone, as revision 0: what is answered from
// where there is no database.
func (s Shipped) Snapshot() (*Snapshot, error) {
	c, l, err := s.load()
	if err != nil {
		return nil, err
	}
	return l.snapshot(c, l.readings, nil, 0, time.Time{})
}

// load reads what is shipped: everything but the facts, and the facts taken apart.
func (s Shipped) load() (Contents, *loaded, error) {
	c, lines, err := s.compiled.contents()
	if err != nil {
		return Contents{}, nil, err
	}
	l, err := s.compiled.load(lines)
	return c, l, err
}

// snapshot is the Snapshot of a state. Where the state has all of the shipped
// base but for some facts, only those are decoded and taken apart.
func (s Shipped) snapshot(st *state) (*Snapshot, error) {
	if !s.frames(st) {
		contents, err := st.contents()
		if err != nil {
			return nil, err
		}
		return NewSnapshot(contents, st.number, st.at), nil
	}
	c, l, err := s.load()
	if err != nil {
		return nil, err
	}
	var facts []*reading
	var others Contents
	shipped := make(map[string]*reading, len(l.readings))
	for _, d := range l.readings {
		shipped[string(d.raw)] = d
	}
	for _, ref := range st.refs() {
		if ref.Kind != FactRecord {
			continue
		}
		if d := shipped[string(st.records[ref])]; d != nil {
			facts = append(facts, d)
		} else if err := others.add(ref, st.records[ref]); err != nil {
			return nil, err
		}
	}
	return l.snapshot(c, facts, others.Facts, st.number, st.at)
}

// snapshot is of some of the compiled facts, and of others.
func (l *loaded) snapshot(c Contents, facts []*reading, others []Fact, number uint64, at time.Time) (*Snapshot, error) {
	f := newFrame(c)
	r := newRanker(f, l, facts, others)
	if l.clash {
		return nil, errIndex
	}
	return newSnapshot(f, r, number, at), nil
}

// frames tells whether everything but the facts is in the state as it is shipped.
func (s Shipped) frames(st *state) bool {
	var mark shippedMark
	if json.Unmarshal(st.shipped, &mark) != nil || mark.Version != s.version {
		return false
	}
	same := 0
	for ref, value := range st.records {
		if ref.Kind == FactRecord {
			continue
		}
		if mark.Records[ref.String()] != digest(value) {
			return false
		}
		same++
	}
	return same == mark.Others
}

// shippedMark is stored with the state: which version was taken in last, and
// what each of its records was then, so that a record that a curator changed
// since can be told from one that is as it was shipped.
type shippedMark struct {
	Version string            `json:"version"`
	Records map[string]string `json:"records"` // digest by Ref
	Others  int               `json:"others"`  // how many records the version has that are no facts
}

// since is the change that brings the shipped base into the state and the mark
// to store with it; the change is nil if this version is in already. A record is
// put only if it is absent and was never shipped, or still is as it was shipped
// last; one that is shipped no more is removed only if nobody changed it.
func (s Shipped) since(st *state) (*Change, []byte, error) {
	var last shippedMark
	if st.shipped != nil {
		if err := json.Unmarshal(st.shipped, &last); err != nil {
			return nil, nil, fmt.Errorf("read what was shipped last: %w", err)
		}
	}
	switch s.version {
	case "":
		return nil, nil, fmt.Errorf("read the shipped fact base: %w", errIndex)
	case last.Version:
		return nil, nil, nil
	}
	contents, err := s.Contents()
	if err != nil {
		return nil, nil, err
	}
	c := &Change{Author: "silkwire", Reason: "shipped fact base " + s.version}
	mark := shippedMark{Version: s.version, Records: map[string]string{}}
	for _, r := range contents.Records() {
		value, err := json.Marshal(r)
		if err != nil {
			return nil, nil, fmt.Errorf("encode %s: %w", r.Ref(), err)
		}
		name := r.Ref().String()
		mark.Records[name] = digest(value)
		if r.Ref().Kind != FactRecord {
			mark.Others++
		}
		is, found := st.records[r.Ref()]
		was, known := last.Records[name]
		if untouched := !found && !known || found && known && digest(is) == was; untouched {
			c.Put = append(c.Put, r)
		}
	}
	for name, was := range last.Records {
		if mark.Records[name] != "" {
			continue
		}
		ref := parseRef(name)
		if is, found := st.records[ref]; found && digest(is) == was {
			c.Remove = append(c.Remove, ref)
			continue
		}
		mark.Records[name] = was // so that a version that ships it again leaves it as curators want it
	}
	slices.SortFunc(c.Remove, compareRefs)
	left, err := st.fit(c)
	if err != nil {
		return nil, nil, err
	}
	for _, ref := range left { // and tries again with the next version
		name := ref.String()
		delete(mark.Records, name)
		if was, known := last.Records[name]; known {
			mark.Records[name] = was
		}
	}
	if len(left) > 0 {
		c.Reason += fmt.Sprintf(", without %d of its edits that do not go with what curators changed", len(left))
	}
	value, err := json.Marshal(mark)
	if err != nil {
		return nil, nil, fmt.Errorf("encode what is shipped: %w", err)
	}
	return c, value, nil
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
