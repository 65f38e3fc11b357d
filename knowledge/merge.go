package knowledge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Conflict is one place where an edit made in files and one made in the fact base
// do not go together. What is in the fact base was left alone.
type Conflict struct {
	Ref Ref `json:"ref"`
	// Field is what both changed, as the fact files name it; empty where one of
	// them removed the record or both made one of that key.
	Field string `json:"field,omitempty"`
	// Was, Is and Wanted are the values before both, in the fact base and in the
	// files: empty for none, and Was also where it is not known.
	Was    json.RawMessage `json:"was,omitempty"`
	Is     json.RawMessage `json:"is,omitempty"`
	Wanted json.RawMessage `json:"wanted,omitempty"`
	// By is the revision that gave the fact base's record its value, without its
	// edits; its number is 0 where there is none.
	By Revision `json:"by"`
}

// version is a value of a record that may not be known.
type version struct {
	value []byte // nil: there was no such record
	known bool
}

// mergeRecord is what a record becomes that was changed from was to is in the
// fact base and to wanted in files: field by field, and in lists item by item
// where their order says nothing. With conflicts it stays what it is.
func mergeRecord(ref Ref, was version, is, wanted []byte) ([]byte, []Conflict, error) {
	switch {
	case bytes.Equal(is, wanted), was.known && bytes.Equal(was.value, wanted):
		return is, nil, nil
	case was.known && bytes.Equal(was.value, is):
		return wanted, nil, nil
	case is == nil || wanted == nil || !was.known || was.value == nil:
		return is, []Conflict{{Ref: ref, Was: was.value, Is: is, Wanted: wanted}}, nil
	}
	var fields [3]map[string]json.RawMessage
	for i, value := range [][]byte{was.value, is, wanted} {
		if err := json.Unmarshal(value, &fields[i]); err != nil {
			return nil, nil, fmt.Errorf("read %s: %w", ref, err)
		}
	}
	before, merged, files := fields[0], fields[1], fields[2]
	var conflicts []Conflict
	names := map[string]bool{}
	for _, f := range fields {
		for name := range f {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		a, b, c := before[name], merged[name], files[name]
		switch {
		case bytes.Equal(b, c), bytes.Equal(a, c):
		case bytes.Equal(a, b):
			merged[name] = c
		case unordered[name]:
			list, err := mergeLists(a, b, c)
			if err != nil {
				return nil, nil, fmt.Errorf("read %s of %s: %w", name, ref, err)
			}
			merged[name] = list
		default:
			conflicts = append(conflicts, Conflict{Ref: ref, Field: name, Was: a, Is: b, Wanted: c})
		}
		if merged[name] == nil {
			delete(merged, name)
		}
	}
	if conflicts != nil {
		return is, conflicts, nil
	}
	value, err := json.Marshal(merged)
	if err != nil {
		return nil, nil, fmt.Errorf("encode %s: %w", ref, err)
	}
	value, err = canonical(ref, value)
	return value, nil, err
}

// unordered are the lists whose order says nothing, so that what two people put
// in and take out goes together.
var unordered = map[string]bool{
	"asks": true, "mentions": true, "attributes": true, "aliases": true, "words": true, "tells": true, "relations": true,
}

// mergeLists is the list b with what c put into a and without what it took out.
func mergeLists(a, b, c json.RawMessage) (json.RawMessage, error) {
	var lists [3][]json.RawMessage
	for i, raw := range []json.RawMessage{a, b, c} {
		if raw == nil {
			continue
		}
		if err := json.Unmarshal(raw, &lists[i]); err != nil {
			return nil, err
		}
	}
	has := func(list []json.RawMessage, item json.RawMessage) bool {
		return slices.ContainsFunc(list, func(o json.RawMessage) bool { return bytes.Equal(o, item) })
	}
	was, merged, wanted := lists[0], lists[1], lists[2]
	merged = slices.DeleteFunc(merged, func(item json.RawMessage) bool { return has(was, item) && !has(wanted, item) })
	for _, item := range wanted {
		if !has(was, item) && !has(merged, item) {
			merged = append(merged, item)
		}
	}
	if len(merged) == 0 {
		return nil, nil
	}
	return json.Marshal(merged)
}

// canonical is the one way to write down a record.
func canonical(ref Ref, value []byte) ([]byte, error) {
	var c Contents
	if err := c.add(ref, value); err != nil {
		return nil, err
	}
	c.Sort()
	return json.Marshal(c.Records()[0])
}
