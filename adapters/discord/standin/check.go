package standin

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// problem is one rule that a body breaks. The layer is spec for Discord's
// OpenAPI document, docs for what Discord's pages say and the document lacks,
// and house for what Discord would take and silkwire must not send.
type problem struct{ layer, at, text string }

// String is the problem as the checker of the shell writes it.
func (p problem) String() string { return p.layer + " " + p.at + " " + p.text }

func lines(problems []problem) []string {
	var all []string
	for _, p := range problems {
		all = append(all, p.String())
	}
	return all
}

// Check lists what is wrong with a request's body; nothing, if it is valid. The
// path is a URL's, with ids, or a template of Discord's document; it may have
// its /api/v10 or not.
func Check(method, path string, body []byte) []string {
	return lines(check(method, normal(path), body, true).problems)
}

// verdict is what came of a check.
type verdict struct {
	known    bool // the document has the operation
	key      string
	body     any
	problems []problem
}

// check reads a body and checks it. It is only read, if it is not to be
// validated.
func check(method, path string, body []byte, validate bool) verdict {
	doc, err := readDocument()
	if err != nil {
		return verdict{problems: []problem{{"spec", "/", err.Error()}}}
	}
	o := doc.find(method, path)
	if o == nil {
		return verdict{problems: []problem{{"spec", "/", "the document has no operation " + method + " " + path}}}
	}
	v := verdict{known: true, key: o.key}
	if len(body) == 0 && o.schema == nil {
		return v
	}
	if v.body, err = decoded(body); err != nil {
		v.problems = []problem{{"spec", "/", "no JSON: " + err.Error()}}
		return v
	}
	if o.schema == nil || !validate {
		return v
	}
	c := &checker{doc: doc, method: strings.ToUpper(method), key: o.key, problems: o.validate(v.body)}
	c.operation(o, v.body)
	v.problems = c.distinct()
	return v
}

// checker collects what is wrong with one body.
type checker struct {
	doc         *document
	method, key string
	problems    []problem
}

func (c *checker) bad(at, format string, args ...any) {
	c.add("docs", at, format, args...)
}

func (c *checker) add(layer, at, format string, args ...any) {
	if at == "" {
		at = "/"
	}
	c.problems = append(c.problems, problem{layer, at, fmt.Sprintf(format, args...)})
}

func (c *checker) distinct() []problem {
	seen := map[problem]bool{}
	var all []problem
	for _, p := range c.problems {
		if !seen[p] {
			all = append(all, p)
		}
		seen[p] = true
	}
	return all
}

// operation applies the rules of the pages to a body.
func (c *checker) operation(o *operation, body any) {
	c.unknown("", body, o.schema)
	b := objectOf(body)
	switch {
	case strings.HasSuffix(c.key, "/callback"):
		c.callback(b)
	case strings.Contains(c.key, "/messages") || strings.HasPrefix(c.key, "/webhooks/"):
		c.message("", b, b)
	case strings.HasSuffix(c.key, "/threads") && b["message"] != nil:
		m := objectOf(b["message"])
		c.message("/message", m, m)
	case strings.HasSuffix(c.key, "/commands") || strings.HasSuffix(c.key, "/commands/{command_id}"):
		c.commands(body)
	}
}

// unknown tells names that the document does not have. It allows any, so a
// misspelt one would go unseen. Empty values are no harm: discordgo sends some.
func (c *checker) unknown(at string, v any, schema map[string]any) {
	schema = c.doc.resolved(schema)
	switch v := v.(type) {
	case []any:
		for i, x := range v {
			c.unknown(at+"/"+strconv.Itoa(i), x, object(schema, "items"))
		}
	case map[string]any:
		known, closed := c.known(schema, v)
		for name, x := range v {
			switch property, ok := known[name]; {
			case ok:
				c.unknown(at+"/"+name, x, objectOf(property))
			case closed && !empty(x):
				c.bad(at+"/"+name, "field not in the spec (typo?)")
			}
		}
	}
}

// known are the properties that an object may have by a schema, and whether it
// may have no others.
func (c *checker) known(schema, v map[string]any) (map[string]any, bool) {
	if schema[branches] != nil {
		schema = c.doc.branch(schema, v)
	}
	all := map[string]any{}
	maps.Copy(all, object(schema, "properties"))
	for _, union := range []string{"oneOf", "anyOf"} {
		for _, b := range list(schema, union) {
			properties, _ := c.known(c.doc.resolved(b), v)
			maps.Copy(all, properties)
		}
	}
	return all, len(all) > 0 && schema["additionalProperties"] == nil
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case json.Number:
		return v == "0"
	case []any:
		return len(v) == 0
	}
	return false
}

// units is a string's length in UTF-16, which is never less than that in code
// points. Discord says nowhere which it counts.
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

// most limits a string of an object.
func (c *checker) most(at string, o map[string]any, name string, limit int) {
	if n := units(str(o, name)); n > limit {
		c.bad(at+"/"+name, "%d characters, at most %d", n, limit)
	}
}

func index(at, name string, i int) string { return at + "/" + name + "/" + strconv.Itoa(i) }
