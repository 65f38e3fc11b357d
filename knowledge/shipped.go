package knowledge

import (
	"encoding/json"
	"fmt"
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
	var mark taken
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
