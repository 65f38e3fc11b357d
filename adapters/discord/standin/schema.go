package standin

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// openAPI is Discord's published description of its API; see testdata/README.md.
//
//go:embed testdata/discord-openapi.json.gz
var openAPI []byte

// api is the description, ready to check bodies.
type api struct {
	paths    map[string]map[string]bool // methods by path; whether one takes a JSON body
	compiler *jsonschema.Compiler
	mu       sync.Mutex
	schemas  map[string]*jsonschema.Schema // guarded by mu
}

const document = "discord.json"

var published = sync.OnceValues(func() (*api, error) {
	unzipped, err := gzip.NewReader(bytes.NewReader(openAPI))
	if err != nil {
		return nil, fmt.Errorf("unzip the description: %w", err)
	}
	doc, err := jsonschema.UnmarshalJSON(unzipped)
	if err != nil {
		return nil, fmt.Errorf("read the description: %w", err)
	}
	allow(doc)
	a := &api{paths: map[string]map[string]bool{}, schemas: map[string]*jsonschema.Schema{}, compiler: jsonschema.NewCompiler()}
	a.compiler.DefaultDraft(jsonschema.Draft2020)
	if err := a.compiler.AddResource(document, doc); err != nil {
		return nil, fmt.Errorf("add the description: %w", err)
	}
	for path, methods := range object(object(doc)["paths"]) {
		a.paths[path] = map[string]bool{}
		for method, operation := range object(methods) {
			content := object(object(object(operation)["requestBody"])["content"])
			a.paths[path][method] = content["application/json"] != nil
		}
	}
	return a, nil
})

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// allow makes the one allowance that the description's own README asks for: whole
// numbers of permissions may be strings of digits.
func allow(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			allow(item)
		}
	case map[string]any:
		for name, property := range object(v["properties"]) {
			switch name {
			case "default_member_permissions", "permissions", "allow", "deny":
				p := object(property)
				if types, ok := p["type"].([]any); ok {
					p["type"] = append(types, "string")
				}
			}
		}
		for _, item := range v {
			allow(item)
		}
	}
}

// operation is the template of a path, or empty if the description has none for the
// method. Words win over parameters.
func (a *api) operation(method, path string) string {
	path, _, _ = strings.Cut(path, "?")
	want := strings.Split(path, "/")
	best, found := -1, ""
	for template, methods := range a.paths {
		if _, ok := methods[strings.ToLower(method)]; !ok {
			continue
		}
		if n := likeness(strings.Split(template, "/"), want); n > best {
			best, found = n, template
		}
	}
	return found
}

func likeness(template, path []string) int {
	if len(template) != len(path) {
		return -1
	}
	n := 0
	for i, part := range template {
		switch {
		case part == path[i]:
			n += 2
		case strings.HasPrefix(part, "{"):
			n++
		default:
			return -1
		}
	}
	return n
}

// schema compiles what an operation's body must be.
func (a *api) schema(method, template string) (*jsonschema.Schema, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := strings.ToLower(method) + " " + template
	if s := a.schemas[key]; s != nil {
		return s, nil
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")
	s, err := a.compiler.Compile(document + "#/paths/" + escape.Replace(template) + "/" + strings.ToLower(method) + "/requestBody/content/application~1json/schema")
	if err != nil {
		return nil, fmt.Errorf("compile the schema of %s: %w", key, err)
	}
	a.schemas[key] = s
	return s, nil
}

// Check says what is wrong with a request's body, by Discord's published description
// and by the rules that its pages state besides. path begins behind the version:
// "/channels/1/messages". Nothing is wrong with what it returns nothing for.
func Check(method, path string, body []byte) []string {
	a, err := published()
	if err != nil {
		return []string{err.Error()}
	}
	template := a.operation(method, path)
	switch {
	case template == "":
		return []string{"Discord has no such operation: " + method + " " + path}
	case !a.paths[template][strings.ToLower(method)] && len(body) == 0:
		return nil
	case !a.paths[template][strings.ToLower(method)]:
		return []string{"the operation takes no body"}
	case len(body) == 0:
		return []string{"the operation wants a body"}
	}
	schema, err := a.schema(method, template)
	if err != nil {
		return []string{err.Error()}
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return []string{"the body is no JSON: " + err.Error()}
	}
	var problems []string
	if err := schema.Validate(value); err != nil {
		problems = append(problems, "description: "+strings.Join(leaves(err), "; "))
	}
	var plain any
	if err := json.Unmarshal(body, &plain); err != nil {
		return append(problems, err.Error())
	}
	return append(problems, rules(method, template, plain)...)
}

// leaves are the errors that say something, without those of whole branches.
func leaves(err error) []string {
	invalid, ok := err.(*jsonschema.ValidationError) //nolint:errorlint // never wrapped: the library says so
	if !ok {
		return []string{err.Error()}
	}
	var out []string
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		for _, cause := range e.Causes {
			walk(cause)
		}
		if len(e.Causes) == 0 {
			out = append(out, e.Error())
		}
	}
	walk(invalid)
	const most = 6
	return out[:min(len(out), most)]
}
