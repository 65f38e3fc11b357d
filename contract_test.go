package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// shape is what a JSON value must look like; it returns what is wrong.
type shape func(path string, v any) error

func boolean(path string, v any) error { return typed[bool](path, v) }
func text(path string, v any) error    { return typed[string](path, v) }
func number(path string, v any) error  { return typed[json.Number](path, v) }

func typed[T any](path string, v any) error {
	if _, ok := v.(T); !ok {
		return fmt.Errorf("%s: got %v (%T), want a %T", path, v, v, *new(T))
	}
	return nil
}

// numberOrNull is for what a source need not have.
func numberOrNull(path string, v any) error {
	if v == nil {
		return nil
	}
	return number(path, v)
}

// oneOf is text of a closed list.
func oneOf(words ...string) shape {
	return func(path string, v any) error {
		if s, ok := v.(string); !ok || !slices.Contains(words, s) {
			return fmt.Errorf("%s: got %v, want one of %q", path, v, words)
		}
		return nil
	}
}

// list is never null.
func list(of shape) shape {
	return func(path string, v any) error {
		all, ok := v.([]any)
		if !ok {
			return fmt.Errorf("%s: got %v, want a list", path, v)
		}
		var wrong []error
		for i, item := range all {
			wrong = append(wrong, of(path+"."+strconv.Itoa(i), item))
		}
		return errors.Join(wrong...)
	}
}

// object has these fields, all of them and no other.
func object(fields map[string]shape) shape {
	return func(path string, v any) error {
		m, ok := v.(map[string]any)
		if !ok {
			return fmt.Errorf("%s: got %v, want an object", path, v)
		}
		got, want := slices.Sorted(maps.Keys(m)), slices.Sorted(maps.Keys(fields))
		if !slices.Equal(got, want) {
			return fmt.Errorf("%s: got fields %q, want %q", path, got, want)
		}
		var wrong []error
		for _, name := range want {
			wrong = append(wrong, fields[name](path+"."+name, m[name]))
		}
		return errors.Join(wrong...)
	}
}

// answerShape is DESIGN.md's contract of ask --json, written down apart from
// the types that are to keep it.
func answerShape() shape {
	grade := oneOf("primary", "expert", "press", "secondary")
	source := object(map[string]shape{
		"document": text, "section": numberOrNull, "paragraph": numberOrNull, "url": text,
		"publisher": text, "title": text, "date": text, "grade": grade,
	})
	return object(map[string]shape{
		"answered": boolean,
		"text":     text,
		"entities": list(object(map[string]shape{"slug": text, "name": text, "score": number})),
		"facts": list(object(map[string]shape{
			"id": text, "statement": text, "kind": oneOf("event", "figure", "claim", "assessment"), "whose": text,
			"score": number, "subjects": list(text), "grade": grade, "valid_from": text, "valid_until": text,
			"source": source, "sources": list(source),
			"relations": list(object(map[string]shape{"kind": oneOf("supports", "qualifies", "disputes", "supersedes"), "id": text})),
		})),
		"quotes": list(object(map[string]shape{
			"symbol": text, "price": number, "currency": text, "change_percent": number, "as_of": text, "source": text,
		})),
		"suggestions": list(text),
	})
}

// readAnswer reads exactly one object and holds it against the contract.
func readAnswer(s string) (any, error) {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var v, more any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("no JSON: %w", err)
	}
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("more than one value: %v", more)
	}
	return v, errors.Join(answerShape()("answer", v), bestFirst(v, "entities"), bestFirst(v, "facts"), sourceFirst(v))
}

// bestFirst checks that the scores of a list do not rise and are from 0 to 1.
func bestFirst(v any, name string) error {
	last := 1.0
	for i := range items(v, name) {
		path := fmt.Sprintf("%s.%d.score", name, i)
		score, err := strconv.ParseFloat(at(v, path), 64)
		if err != nil || score > last || score < 0 {
			return fmt.Errorf("%s: got %v, want 0 to %v", path, score, last)
		}
		last = score
	}
	return nil
}

// sourceFirst checks that a fact's source is the first of its sources.
func sourceFirst(v any) error {
	for i := range items(v, "facts") {
		path := fmt.Sprintf("facts.%d.source", i)
		if got, want := at(v, path), at(v, path+"s.0"); got != want {
			return fmt.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
	return nil
}

func items(v any, name string) []any {
	m, _ := v.(map[string]any)
	all, _ := m[name].([]any)
	return all
}

// at is the value at a dotted path, as text; len is a list's length.
func at(v any, path string) string {
	for key := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[key]
		case []any:
			i, err := strconv.Atoi(key)
			switch {
			case key == "len":
				return strconv.Itoa(len(in))
			case err != nil || i >= len(in):
				return "there is none"
			}
			v = in[i]
		default:
			return "there is none"
		}
	}
	return fmt.Sprint(v)
}

// checkAnswer holds standard output against the contract: one object.
// path=value pairs tell what else it must say: facts.0.id=qwen-licence.
func checkAnswer(ts *testscript.TestScript, args []string) {
	out := ts.ReadFile("stdout")
	v, err := readAnswer(out)
	if err != nil {
		ts.Fatalf("%v\n%s", err, out)
	}
	for _, arg := range args {
		path, want, _ := strings.Cut(arg, "=")
		if got := at(v, path); got != want {
			ts.Fatalf("%s: got %q, want %q", path, got, want)
		}
	}
}

// checkAnswers holds each line of standard output against the contract of
// --batch, and tells lines that were answered from others and from errors.
func checkAnswers(ts *testscript.TestScript, want []string) {
	var got []string
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		if isBatchError(line) {
			got = append(got, "error")
			continue
		}
		v, err := readAnswer(line)
		if err != nil {
			ts.Fatalf("line %d: %v\n%s", len(got)+1, err, line)
		}
		got = append(got, at(v, "answered"))
	}
	if !slices.Equal(got, want) {
		ts.Fatalf("got %q, want %q", got, want)
	}
}

func isBatchError(line string) bool {
	var m map[string]string
	return json.Unmarshal([]byte(line), &m) == nil && len(m) == 1 && m["error"] != ""
}

// The contract's check must find what it is there to find.
func TestAnswerShapeRefuses(t *testing.T) {
	const good = `{"answered":true,"text":"x","entities":[],"facts":[],"quotes":[{"symbol":"A","price":-1.50,"currency":"USD","change_percent":-0.3,"as_of":"x","source":"y"}],"suggestions":[]}`
	if _, err := readAnswer(good); err != nil {
		t.Fatalf("a good answer: got %v, want no error", err)
	}
	tests := map[string]struct{ from, to string }{
		"nullList":       {`"facts":[]`, `"facts":null`},
		"missingField":   {`"entities":[],`, ``},
		"surplusField":   {`"text":"x"`, `"text":"x","more":1`},
		"priceAsText":    {`-1.50`, `"-1.50"`},
		"answeredAsText": {`true`, `"true"`},
		"twoObjects":     {good, good + good},
		"risingScores":   {`"entities":[]`, `"entities":[{"slug":"a","name":"A","score":0.1},{"slug":"b","name":"B","score":0.2}]`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(good, test.from, test.to, 1)
			if _, err := readAnswer(bad); err == nil {
				t.Errorf("%s\ngot no error, want one", bad)
			}
		})
	}
}
