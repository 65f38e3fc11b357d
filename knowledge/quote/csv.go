package quote

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// readCSV reads rows under a header that names the columns, in any order, with commas,
// semicolons or tabs between them. Other columns are left alone.
func readCSV(data []byte) ([]Row, []Problem, error) {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.FieldsPerRecord = separator(data), -1
	r.TrimLeadingSpace = r.Comma != '\t' // else it takes fields without text for space
	header, err := r.Read()
	if err != nil {
		return nil, nil, badRecord(err)
	}
	names, err := columns(r, header)
	if err != nil {
		return nil, nil, err
	}
	var rows []Row
	var problems []Problem
	for {
		record, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return rows, problems, nil
		case err != nil:
			problems = append(problems, badRecord(err))
		case len(record) != len(names):
			line, column := r.FieldPos(0)
			problems = append(problems, Problem{line, column, fmt.Sprintf("this row has %d fields, and the header names %d", len(record), len(names))})
		default:
			rows = append(rows, rowOf(r, names, record))
		}
	}
}

// separator is what stands between the columns of the header most often.
func separator(data []byte) rune {
	header, _, _ := bytes.Cut(data, []byte("\n"))
	best := ','
	for _, r := range ";\t" {
		if strings.Count(string(header), string(r)) > strings.Count(string(header), string(best)) {
			best = r
		}
	}
	return best
}

// columns are the names of the fields that columns hold, or empty for one that nobody
// reads.
func columns(r *csv.Reader, header []string) ([]string, error) {
	names := make([]string, len(header))
	for i, h := range header {
		name := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(h)), " ", "_")
		if new(Row).cell(name) == nil {
			continue
		}
		if slices.Contains(names, name) {
			line, column := r.FieldPos(i)
			return nil, Problem{line, column, fmt.Sprintf("two columns are named %s", name)}
		}
		names[i] = name
	}
	for _, name := range needed {
		if !slices.Contains(names, name) {
			line, column := r.FieldPos(0)
			return nil, Problem{line, column, fmt.Sprintf("there is no column %s: the header must name %s, and may name change_percent, source and url", name, strings.Join(needed, ", "))}
		}
	}
	return names, nil
}

func rowOf(r *csv.Reader, names, record []string) Row {
	var row Row
	for i, name := range names {
		if c := row.cell(name); c != nil {
			line, column := r.FieldPos(i)
			*c = Cell{strings.TrimSpace(record[i]), line, column}
		}
	}
	return row
}

func badRecord(err error) Problem {
	if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
		return Problem{wrong.Line, max(wrong.Column, 1), "this is no CSV: " + wrong.Err.Error()}
	}
	return Problem{1, 1, "this is no CSV: " + err.Error()}
}
