package standin

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed testdata/discord-openapi.json.gz
var openapi []byte

const documentURL = "discord.json"

// document is Discord's OpenAPI document, the same for all stand-ins.
type document struct {
	root       map[string]any
	operations map[string][]*operation // by method

	mu       sync.Mutex // guards the compiler, which is not safe for several
	compiler *jsonschema.Compiler
}

// operation is a method and a path. Its schema is compiled when first needed:
// all of them would take each test binary a second.
type operation struct {
	key      string // the path's template
	segments []string
	schema   map[string]any // of a JSON body; nil: it takes none
	compile  func() (*jsonschema.Schema, error)
}

var readDocument = sync.OnceValues(func() (*document, error) {
	r, err := gzip.NewReader(bytes.NewReader(openapi))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	d := &document{operations: map[string][]*operation{}, compiler: jsonschema.NewCompiler()}
	d.root, _ = root.(map[string]any)
	d.loosen(d.root, "")
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource(documentURL, d.root); err != nil {
		return nil, err
	}
	for path, methods := range object(d.root, "paths") {
		for method := range objectOf(methods) {
			d.operations[strings.ToUpper(method)] = append(d.operations[strings.ToUpper(method)], d.operation(method, path))
		}
	}
	return d, nil
})

func (d *document) operation(method, path string) *operation {
	o := &operation{key: path, segments: strings.Split(path, "/")}
	described := object(objectOf(object(d.root, "paths")[path]), method)
	o.schema = object(object(object(object(described, "requestBody"), "content"), "application/json"), "schema")
	pointer := "/paths/" + strings.ReplaceAll(path, "/", "~1") + "/" + method + "/requestBody/content/application~1json/schema"
	o.compile = sync.OnceValues(func() (*jsonschema.Schema, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.compiler.Compile(documentURL + "#" + (&url.URL{Path: pointer}).EscapedPath())
	})
	return o
}

// find is the operation of a path, which is a template or has the ids filled
// in: a literal segment wins over a parameter.
func (d *document) find(method, path string) *operation {
	segments := strings.Split(path, "/")
	var best *operation
	most := -1
	for _, o := range d.operations[strings.ToUpper(method)] {
		if n := score(o.segments, segments); n > most {
			best, most = o, n
		}
	}
	return best
}

func score(template, segments []string) int {
	if len(template) != len(segments) {
		return -1
	}
	n := 0
	for i, s := range template {
		switch {
		case s == segments[i]:
			n += 2
		case strings.HasPrefix(s, "{"):
			n++
		default:
			return -1
		}
	}
	return n
}

var version = regexp.MustCompile(`^/api(/v\d+)?/`)

// normal is a path as the document has it: without host, version and query.
func normal(path string) string {
	if _, after, ok := strings.Cut(path, "://"); ok {
		_, after, _ = strings.Cut(after, "/")
		path = "/" + after
	}
	path, _, _ = strings.Cut(path, "?")
	return version.ReplaceAllString(path, "/")
}

// resolved follows a reference.
func (d *document) resolved(v any) map[string]any {
	s := objectOf(v)
	if ref := str(s, "$ref"); ref != "" {
		return objectOf(object(object(d.root, "components"), "schemas")[ref[strings.LastIndex(ref, "/")+1:]])
	}
	return s
}

const branches = "x-branches" // the list that a tagged union had

// loosen changes the document in two ways. A union whose branches are told apart
// by their type becomes conditions on it, so that an error is that of the branch
// that was meant. And permissions may be strings of digits: the document's
// README says that Discord takes those for integers.
func (d *document) loosen(v any, name string) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			d.loosen(x, "")
		}
	case map[string]any:
		for _, union := range []string{"oneOf", "anyOf"} {
			d.untangle(v, union)
		}
		types := typesOf(v["type"])
		if slices.Contains([]string{"default_member_permissions", "permissions", "allow", "deny"}, name) && slices.Contains(types, any("integer")) {
			v["type"], v["pattern"] = append(types, "string"), "^[0-9]+$"
		}
		for k, x := range v {
			if properties, ok := x.(map[string]any); ok && k == "properties" {
				for n, p := range properties {
					d.loosen(p, n)
				}
				continue
			}
			if k != branches {
				d.loosen(x, k)
			}
		}
	}
}

func typesOf(v any) []any {
	switch v := v.(type) {
	case string:
		return []any{v}
	case []any:
		return slices.Clone(v)
	}
	return nil
}

func (d *document) untangle(s map[string]any, union string) {
	list, ok := s[union].([]any)
	if !ok || len(list) < 2 {
		return
	}
	var all, conditions []any
	for _, ref := range list {
		b := d.resolved(ref)
		tags, ok := object(object(b, "properties"), "type")["enum"].([]any)
		required, _ := b["required"].([]any)
		if !ok || !slices.Contains(required, any("type")) {
			return
		}
		all = append(all, tags...)
		tagged := map[string]any{"properties": map[string]any{"type": map[string]any{"enum": tags}}, "required": []any{"type"}}
		conditions = append(conditions, map[string]any{"if": tagged, "then": ref})
	}
	delete(s, union)
	if s["type"] == nil {
		s["type"] = "object"
	}
	s["required"], s["allOf"], s[branches] = []any{"type"}, conditions, list
	s["properties"] = map[string]any{"type": map[string]any{"enum": all}}
}

// branch is the schema that an object of a tagged union is meant for.
func (d *document) branch(s, v map[string]any) map[string]any {
	list, ok := s[branches].([]any)
	if !ok {
		return s
	}
	for _, ref := range list {
		b := d.resolved(ref)
		tags, _ := object(object(b, "properties"), "type")["enum"].([]any)
		if slices.ContainsFunc(tags, func(tag any) bool { return fmt.Sprint(tag) == fmt.Sprint(v["type"]) }) {
			return b
		}
	}
	return nil
}

var english = sync.OnceValue(func() *message.Printer { return message.NewPrinter(language.English) })

// validate lists what the document has against a body.
func (o *operation) validate(body any) []problem {
	schema, err := o.compile()
	if err != nil {
		return []problem{{"spec", "/", "the schema does not compile: " + err.Error()}}
	}
	err = schema.Validate(body)
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return []problem{{"spec", "/", err.Error()}}
	}
	var all []problem
	for _, leaf := range leaves(invalid) {
		all = append(all, problem{"spec", "/" + strings.Join(leaf.InstanceLocation, "/"), leaf.ErrorKind.LocalizedString(english())})
	}
	return all
}

// leaves are the errors that have no cause in another.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var all []*jsonschema.ValidationError
	for _, c := range e.Causes {
		all = append(all, leaves(c)...)
	}
	return all
}
