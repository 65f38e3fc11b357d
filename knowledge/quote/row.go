package quote

import (
	"bytes"
	"cmp"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Cell is one value as a file has it, and where: lines and columns count from 1, columns
// in bytes. A cell of no text is not there.
type Cell struct {
	Text   string `json:"text"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// Row is one price as a file or a provider gives it, before anything was checked.
type Row struct {
	Symbol   Cell `json:"symbol"`
	Price    Cell `json:"price"`
	Currency Cell `json:"currency"`
	Change   Cell `json:"change_percent"`
	AsOf     Cell `json:"as_of"`
	Source   Cell `json:"source"`
	URL      Cell `json:"url"`
}

// cell is the one that a field of this name goes into, or nil.
func (r *Row) cell(name string) *Cell {
	switch name {
	case "symbol":
		return &r.Symbol
	case "price":
		return &r.Price
	case "currency":
		return &r.Currency
	case "change_percent":
		return &r.Change
	case "as_of":
		return &r.AsOf
	case "source":
		return &r.Source
	case "url":
		return &r.URL
	}
	return nil
}

// needed are the fields without which a row is no price.
var needed = []string{"symbol", "price", "currency", "as_of"}

// Problem is why a row, or a whole file, was left out.
type Problem struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Says   string `json:"says"`
}

// Error is the place and what is wrong there: "3:12: …".
func (p Problem) Error() string { return fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Says) }

// Compare orders problems as they stand in a file.
func (p Problem) Compare(other Problem) int {
	return cmp.Or(cmp.Compare(p.Line, other.Line), cmp.Compare(p.Column, other.Column))
}

func problem(c Cell, format string, args ...any) Problem {
	return Problem{c.Line, c.Column, fmt.Sprintf(format, args...)}
}

// MaxFile is how many bytes a file of prices may have.
const MaxFile = 16 << 20

// Read reads the rows of a file of prices: CSV, or JSON where its name ends in .json. What
// is wrong with some rows is among the problems, and the others are read all the same. The
// error is a Problem that says why nothing of the file can be read.
func Read(name string, data []byte) ([]Row, []Problem, error) {
	if len(data) > MaxFile {
		return nil, nil, Problem{1, 1, fmt.Sprintf("the file has more than %d MiB: import it in parts", MaxFile>>20)}
	}
	data, err := decoded(data)
	if err != nil {
		return nil, nil, err
	}
	if strings.EqualFold(filepath.Ext(name), ".json") {
		return readJSON(data)
	}
	return readCSV(data)
}

// decoded is the text without a byte-order mark.
func decoded(data []byte) ([]byte, error) {
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return nil, Problem{1, 1, "the file is in UTF-16: save it as UTF-8 (in Excel: CSV UTF-8)"}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	for at := 0; at < len(data); {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			line, column := place(data, at)
			return nil, Problem{line, column, "this is no UTF-8: save the file as UTF-8"}
		}
		at += size
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, Problem{1, 1, "the file is empty"}
	}
	return data, nil
}

// place is the line and column of a byte.
func place(data []byte, at int) (line, column int) {
	before := data[:at]
	return bytes.Count(before, []byte("\n")) + 1, at - bytes.LastIndexByte(before, '\n')
}
