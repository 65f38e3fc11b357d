package quote

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// readJSON reads a list of objects, or an object that has one under "quotes", as silkwire
// itself prints them. Other fields are left alone.
func readJSON(data []byte) ([]Row, []Problem, error) {
	r := &jsonReader{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	r.dec.UseNumber()
	err := r.document()
	if err != nil {
		return nil, nil, r.bad(err)
	}
	return r.rows, r.problems, nil
}

// jsonReader walks through the tokens, because the places of values are wanted.
type jsonReader struct {
	data     []byte
	dec      *json.Decoder
	rows     []Row
	problems []Problem

	counted   int // bytes whose lines are counted
	lines     int // that ended before counted
	lineBegan int // the first byte of the line that counted is in
}

func (r *jsonReader) document() error {
	at := r.next()
	switch t, err := r.dec.Token(); {
	case err != nil:
		return err
	case t == json.Delim('['):
		if err := r.list(); err != nil {
			return err
		}
	case t == json.Delim('{'):
		if err := r.wrapped(at); err != nil {
			return err
		}
	default:
		return problem(at, "this is no list of prices")
	}
	at = r.next()
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return problem(at, "something stands behind the list of prices")
	}
	return nil
}

// wrapped reads the object around the list.
func (r *jsonReader) wrapped(at Cell) error {
	found := false
	for r.dec.More() {
		name, err := r.dec.Token()
		if err != nil {
			return err
		}
		if name != "quotes" || found {
			if err := r.dec.Decode(new(json.RawMessage)); err != nil {
				return err
			}
			continue
		}
		found = true
		inside := r.next()
		if t, err := r.dec.Token(); err != nil {
			return err
		} else if t != json.Delim('[') {
			return problem(inside, `"quotes" is no list of prices`)
		}
		if err := r.list(); err != nil {
			return err
		}
	}
	if !found {
		return problem(at, `there is no list "quotes" in this object`)
	}
	_, err := r.dec.Token()
	return err
}

// list reads the entries of a list that was begun, and its end.
func (r *jsonReader) list() error {
	for r.dec.More() {
		if err := r.entry(); err != nil {
			return err
		}
	}
	_, err := r.dec.Token()
	return err
}

func (r *jsonReader) entry() error {
	at := r.next()
	if r.data[min(r.offset(), len(r.data)-1)] != '{' {
		r.problems = append(r.problems, problem(at, "this is no object with a price"))
		return r.dec.Decode(new(json.RawMessage))
	}
	if _, err := r.dec.Token(); err != nil {
		return err
	}
	row, seen, good := Row{}, map[string]bool{}, true
	for r.dec.More() {
		token, err := r.dec.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		value := r.next()
		var raw json.RawMessage
		if err := r.dec.Decode(&raw); err != nil {
			return err
		}
		c := row.cell(name)
		if c == nil {
			continue
		}
		switch text, plain := plainly(raw); {
		case seen[name]:
			r.problems, good = append(r.problems, problem(value, "%s stands here twice", name)), false
		case !plain:
			r.problems, good = append(r.problems, problem(value, "%s is no text and no number", name)), false
		default:
			*c = Cell{text, value.Line, value.Column}
		}
		seen[name] = true
	}
	if good {
		// What is missing is reported where the object begins.
		for _, name := range needed {
			if c := row.cell(name); c.Line == 0 {
				*c = at
			}
		}
		r.rows = append(r.rows, row)
	}
	_, err := r.dec.Token()
	return err
}

// plainly is a string's text, a number as it is written, nothing for null.
func plainly(raw json.RawMessage) (string, bool) {
	switch raw[0] {
	case '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return "", false
		}
		return strings.TrimSpace(s), true
	case '{', '[', 't', 'f':
		return "", false
	case 'n':
		return "", true
	}
	return string(raw), true
}

// offset is where the next value begins.
func (r *jsonReader) offset() int {
	at := int(r.dec.InputOffset())
	for at < len(r.data) && strings.IndexByte(" \t\r\n:,", r.data[at]) >= 0 {
		at++
	}
	return at
}

// next is the place of the next value.
func (r *jsonReader) next() Cell {
	at := r.offset()
	passed := r.data[r.counted:at]
	r.lines += bytes.Count(passed, []byte("\n"))
	if i := bytes.LastIndexByte(passed, '\n'); i >= 0 {
		r.lineBegan = r.counted + i + 1
	}
	r.counted = at
	return Cell{Line: r.lines + 1, Column: at - r.lineBegan + 1}
}

// bad says where the token begins that cannot be read.
func (r *jsonReader) bad(err error) Problem {
	if p, ok := errors.AsType[Problem](err); ok {
		return p
	}
	at, says := r.offset(), err.Error()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		at, says = len(r.data), "it ends too early"
	}
	line, column := place(r.data, at)
	return Problem{line, column, fmt.Sprintf("this is no JSON: %s", says)}
}
