package standin

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// Bodies are read as maps: what a bot sends may have any shape.

func objectOf(v any) map[string]any {
	o, _ := v.(map[string]any)
	return o
}

func object(o map[string]any, name string) map[string]any { return objectOf(o[name]) }

func list(o map[string]any, name string) []any {
	a, _ := o[name].([]any)
	return a
}

func str(o map[string]any, name string) string {
	s, _ := o[name].(string)
	return s
}

func boolean(o map[string]any, name string) bool {
	b, _ := o[name].(bool)
	return b
}

// number is an integer, or 0; Discord takes a string of digits for one.
func number(o map[string]any, name string) int {
	switch v := o[name].(type) {
	case json.Number:
		n, _ := strconv.Atoi(v.String())
		return n
	case string:
		n, _ := strconv.Atoi(v)
		return n
	case int:
		return v
	}
	return 0
}

// decoded reads JSON with its numbers as they are written.
func decoded(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, strconv.ErrSyntax
	}
	return v, nil
}
