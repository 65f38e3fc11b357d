package knowledge

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"silkwire/knowledge/seed"
)

// Shipped is the fact base that is compiled into the binary.
type Shipped struct {
	compiled []byte
	version  string
}

// ShippedBase is the fact base of this binary.
func ShippedBase() Shipped { return shippedFrom(seed.Compiled()) }

func shippedFrom(compiled []byte) Shipped {
	sum := sha256.Sum256(compiled)
	return Shipped{compiled: compiled, version: hex.EncodeToString(sum[:8])}
}

// Version tells one shipped fact base from another.
func (s Shipped) Version() string { return s.version }

// Contents decodes the shipped fact base.
func (s Shipped) Contents() (Contents, error) {
	var c Contents
	if err := json.Unmarshal(s.compiled, &c); err != nil {
		return Contents{}, fmt.Errorf("read the shipped fact base: %w", err)
	}
	return c, nil
}

// Snapshot is the shipped fact base alone, as revision 0: what is answered from
// where there is no database.
func (s Shipped) Snapshot() (*Snapshot, error) {
	c, err := s.Contents()
	if err != nil {
		return nil, err
	}
	return NewSnapshot(c, 0, time.Time{}), nil
}

// Compile encodes contents as the binary embeds them.
func Compile(c Contents) ([]byte, error) {
	c.Sort()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(c); err != nil {
		return nil, fmt.Errorf("compile fact base: %w", err)
	}
	return b.Bytes(), nil
}

// shippedMark is stored with the state: which version was taken in last, and
// what each of its records was then, so that a record that a curator changed
// since can be told from one that is as it was shipped.
type shippedMark struct {
	Version string            `json:"version"`
	Records map[string]string `json:"records"` // digest by Ref
}

func (s Shipped) mark() []byte {
	c, err := s.Contents()
	if err != nil {
		return nil
	}
	m := shippedMark{Version: s.version, Records: map[string]string{}}
	for _, r := range c.Records() {
		if value, err := json.Marshal(r); err == nil {
			m.Records[r.Ref().String()] = digest(value)
		}
	}
	value, err := json.Marshal(m)
	if err != nil {
		return nil
	}
	return value
}

// since is the change that brings the shipped base into the state, or nil if
// this version is in already. A record is put only if it is absent and was
// never shipped, or still is as it was shipped last; one that is shipped no
// more is removed only if nobody changed it.
func (s Shipped) since(st *state) (*Change, error) {
	var last shippedMark
	if st.shipped != nil {
		if err := json.Unmarshal(st.shipped, &last); err != nil {
			return nil, fmt.Errorf("read what was shipped last: %w", err)
		}
	}
	if last.Version == s.version {
		return nil, nil
	}
	contents, err := s.Contents()
	if err != nil {
		return nil, err
	}
	c := &Change{Author: "silkwire", Reason: "shipped fact base " + s.version}
	shipped := map[string]bool{}
	for _, r := range contents.Records() {
		name := r.Ref().String()
		shipped[name] = true
		is, found := st.records[r.Ref()]
		was, known := last.Records[name]
		if untouched := !found && !known || found && known && digest(is) == was; untouched {
			c.Put = append(c.Put, r)
		}
	}
	for ref, is := range st.records {
		if was, known := last.Records[ref.String()]; known && !shipped[ref.String()] && digest(is) == was {
			c.Remove = append(c.Remove, ref)
		}
	}
	return c, nil
}

func digest(value []byte) string {
	sum := sha256.Sum256(value)
	return hex.EncodeToString(sum[:8])
}
