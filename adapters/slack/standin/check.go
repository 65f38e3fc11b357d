package standin

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// problem is one rule that a payload breaks. The code is the error Slack
// answers with; a problem without one is not refused, only told.
type problem struct {
	at, text, code string
}

func (p problem) String() string { return p.at + ": " + p.text }

func lines(problems []problem) []string {
	var all []string
	for _, p := range problems {
		all = append(all, p.String())
	}
	return all
}

// A rule says what a value may be.
type rule func(c *checker, at string, v any)

// field is what an object may or must have under a name.
type field struct {
	rule   rule
	needed bool
}

// shape is an object: what it has, by name, and what the names say together.
type shape struct {
	fields map[string]field
	also   rule
}

func need(r rule) field { return field{r, true} }
func may(r rule) field  { return field{r, false} }

// checker collects what is wrong with one payload.
type checker struct {
	shapes   map[string]shape // blocks, elements and the parts of them, by name
	surface  string           // message, home or modal
	problems []problem
	blockIDs map[string]bool
	actions  map[string]bool // of the block at hand
}

// shapesOnce builds the tables the first time they are needed.
var shapesOnce = sync.OnceValue(func() map[string]shape {
	all := map[string]shape{}
	for _, table := range []map[string]shape{blockShapes(), elementShapes(), inputShapes(), richTextShapes()} {
		maps.Copy(all, table)
	}
	return all
})

func newChecker(surface string) *checker {
	return &checker{shapes: shapesOnce(), surface: surface, blockIDs: map[string]bool{}, actions: map[string]bool{}}
}

func (c *checker) add(at, format string, args ...any) {
	c.fail("invalid_blocks", at, format, args...)
}

func (c *checker) fail(code, at, format string, args ...any) {
	if at == "" {
		at = "/"
	}
	c.problems = append(c.problems, problem{at, fmt.Sprintf(format, args...), code})
}

// object checks a value against a shape.
func (c *checker) object(at string, v any, s shape) {
	o, ok := v.(map[string]any)
	if !ok {
		c.add(at, "%s, must be an object", kindOf(v))
		return
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		f, known := s.fields[name]
		switch {
		case !known:
			c.add(at, "unknown property %q", name)
		case o[name] == nil:
			c.add(at+"/"+name, "null")
		default:
			f.rule(c, at+"/"+name, o[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.fields)) {
		if _, has := o[name]; s.fields[name].needed && !has {
			c.add(at, "%s is missing", name)
		}
	}
	if s.also != nil {
		s.also(c, at, o)
	}
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case bool:
		return "a bool"
	case []any:
		return "an array"
	default:
		return "an object"
	}
}

// typeOf is an object's type, as Slack tells blocks and elements apart.
func typeOf(v any) string {
	o, _ := v.(map[string]any)
	t, _ := o["type"].(string)
	return t
}

func anything(*checker, string, any) {}

func anyObject(c *checker, at string, v any) {
	switch v.(type) {
	case map[string]any, []any: // to TypeScript, an array is one
	default:
		c.add(at, "%s, must be an object", kindOf(v))
	}
}

func boolean(c *checker, at string, v any) {
	if _, ok := v.(bool); !ok {
		c.add(at, "%s, must be a bool", kindOf(v))
	}
}

func number(c *checker, at string, v any) {
	if _, ok := v.(json.Number); !ok {
		c.add(at, "%s, must be a number", kindOf(v))
	}
}

// atMost is a number with an upper end.
func atMost(limit float64) rule {
	return func(c *checker, at string, v any) {
		number(c, at, v)
		n, ok := v.(json.Number)
		if f, err := n.Float64(); ok && (err != nil || f > limit) {
			c.add(at, "%s, at most %g", n, limit)
		}
	}
}

// units is a string's length as JavaScript counts it, the strictest usual count.
func units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// str is a string between two lengths; a longest of 0 is none.
func str(shortest, longest int) rule {
	return func(c *checker, at string, v any) {
		s, ok := v.(string)
		if !ok {
			c.add(at, "%s, must be a string", kindOf(v))
			return
		}
		if n := units(s); longest > 0 && n > longest {
			c.add(at, "%d characters, at most %d", n, longest)
		} else if n < shortest {
			c.add(at, "at least %d character", shortest)
		}
	}
}

var free = str(0, 0)

// oneOf is a string, or a number as it is written, out of a few.
func oneOf(values ...string) rule {
	return func(c *checker, at string, v any) {
		s := fmt.Sprint(v)
		switch v.(type) {
		case string, json.Number:
			if slices.Contains(values, s) {
				return
			}
		}
		c.add(at, "%q, must be one of %s", s, strings.Join(values, ", "))
	}
}

// list is an array of so many items that each obey a rule.
func list(fewest, most int, r rule) rule {
	return func(c *checker, at string, v any) {
		a, ok := v.([]any)
		if !ok {
			c.add(at, "%s, must be an array", kindOf(v))
			return
		}
		if most > 0 && len(a) > most {
			c.add(at, "%d items, at most %d", len(a), most)
		}
		if len(a) < fewest {
			c.add(at, "%d items, at least %d", len(a), fewest)
		}
		for i, x := range a {
			r(c, at+"/"+strconv.Itoa(i), x)
		}
	}
}

// object is a value of a shape that has no name of its own.
func object(fields map[string]field) rule {
	return func(c *checker, at string, v any) { c.object(at, v, shape{fields: fields}) }
}

// typed is an object of one of the named types.
func typed(names ...string) rule {
	return func(c *checker, at string, v any) {
		if _, ok := v.(map[string]any); !ok {
			c.add(at, "%s, must be an object", kindOf(v))
			return
		}
		name := typeOf(v)
		if !slices.Contains(names, name) {
			c.add(at, "type %q is not allowed here", name)
			return
		}
		c.object(at, v, c.shapes[name])
	}
}

// text is a text object of at most so many characters, of the types given.
func text(longest int, types ...string) rule {
	return func(c *checker, at string, v any) {
		if len(types) > 0 && !slices.Contains(types, typeOf(v)) {
			if _, ok := v.(map[string]any); ok {
				c.add(at, "type %q, must be %s", typeOf(v), strings.Join(types, " or "))
				return
			}
		}
		fields := map[string]field{"type": need(oneOf("plain_text", "mrkdwn")), "text": need(str(1, longest))}
		if typeOf(v) == "mrkdwn" {
			fields["verbatim"] = may(boolean)
		} else {
			fields["emoji"] = may(boolean)
		}
		c.object(at, v, shape{fields: fields})
	}
}

func plain(longest int) rule  { return text(longest, "plain_text") }
func mrkdwn(longest int) rule { return text(longest, "mrkdwn") }
