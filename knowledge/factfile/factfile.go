// Package factfile reads the fact files that people edit: YAML with the
// sections that docs/facts.md describes. The reader is strict: an unknown field,
// a value of the wrong kind, a reference that leads nowhere are mistakes, and
// all of them are reported at once with file, line and column. It imports
// knowledge and a YAML parser, and nothing else of ours.
package factfile

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"silkwire/knowledge"
)

// Mistake is one thing that is wrong in a fact file, and what to write instead.
type Mistake struct {
	File         string
	Line, Column int // from 1
	Say          string
}

// String is the mistake as editors read it: file:line:column: words.
func (m Mistake) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", m.File, m.Line, m.Column, m.Say)
}

// Files are fact files as they were read: what they say, which need not be a whole
// fact base.
type Files struct {
	Contents knowledge.Contents
	// Asks are further asks of facts that do not stand in these files, by fact.
	Asks map[string][]string
	// State is the digest of the state that Write exported, or empty.
	State string

	reader *reader
}

// Parse reads the named files of dir, or every .yaml file directly in it. Mistakes
// are those of the files by themselves, sorted by file and line; with any of them
// the Files are not to be used. The error is about the folder and its files as
// such, not about what they say.
func Parse(dir fs.FS, names ...string) (*Files, []Mistake, error) {
	if len(names) == 0 {
		var err error
		if names, err = fs.Glob(dir, "*.yaml"); err != nil {
			return nil, nil, fmt.Errorf("list fact files: %w", err)
		}
	}
	if len(names) == 0 {
		return nil, nil, errors.New("no fact files: there is no .yaml file in the folder")
	}
	r := &reader{at: map[knowledge.Ref]map[string]spot{}, unreadable: map[spot]bool{}}
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, nil, fmt.Errorf("read fact file: %w", err)
		}
		r.read(name, text)
	}
	r.contents.Tidy()
	rest := r.elsewhere()
	return &Files{Contents: r.contents, Asks: rest, State: r.state, reader: r}, r.sorted(), nil
}

// Mistakes are problems of the whole contents, each at its place in the files; one
// of a record that does not stand in them has no file.
func (f *Files) Mistakes(problems []knowledge.Problem) []Mistake {
	r := f.reader
	r.mistakes = nil
	for _, p := range problems {
		_, here := r.at[p.Ref]
		i := slices.IndexFunc(r.asks, func(m moreAsks) bool { return m.fact == p.Ref.Key && p.Ref.Kind == knowledge.FactRecord })
		if here || i < 0 {
			r.report(p)
			continue
		}
		r.file = r.asks[i].file
		r.mistake(r.asks[i].at, "asks: %s", p.Say)
	}
	return r.sorted()
}

// Read reads every .yaml file directly in dir as a whole fact base. Mistakes are
// sorted by file and line; with any of them the Contents are not to be used. The
// error is about the folder and its files as such, not about what they say.
func Read(dir fs.FS) (knowledge.Contents, []Mistake, error) {
	files, _, err := Parse(dir)
	if err != nil {
		return knowledge.Contents{}, nil, err
	}
	r := files.reader
	r.unknownAsks()
	if !r.unread { // else what stands in the other files would miss it
		for _, p := range r.contents.Check() {
			r.report(p)
		}
	}
	r.contents.Sort()
	return r.contents, r.sorted(), nil
}

// spot is a place in a file.
type spot struct {
	file         string
	line, column int
}

type reader struct {
	file     string
	unread   bool // a file is no YAML
	state    string
	contents knowledge.Contents
	mistakes []Mistake
	at       map[knowledge.Ref]map[string]spot // where each field of each record stands

	unreadable map[spot]bool // where a mistake of read itself is
	asks       []moreAsks
}

// moreAsks are asks of a fact that stands elsewhere, often by somebody else.
type moreAsks struct {
	fact string
	asks []string
	at   ast.Node
	file string
}

// Asks reads the asks that a fact file has for facts that stand elsewhere (its
// section "asks"), by fact.
func Asks(file string, text []byte) (map[string][]string, error) {
	r := &reader{at: map[knowledge.Ref]map[string]spot{}, unreadable: map[spot]bool{}}
	r.read(file, text)
	if len(r.mistakes) > 0 {
		return nil, errors.New(r.mistakes[0].String())
	}
	out := map[string][]string{}
	for _, m := range r.asks {
		out[m.fact] = append(out[m.fact], m.asks...)
	}
	return out, nil
}

func (r *reader) read(file string, text []byte) {
	r.file = path.Base(file)
	tree, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.syntax(err)
		return
	}
	for _, doc := range tree.Docs {
		if doc.Body == nil {
			continue
		}
		r.mapping(doc.Body, "the file", r.sections())
	}
}

// syntax reports an error of the YAML parser at its place.
func (r *reader) syntax(err error) {
	m := Mistake{File: r.file, Line: 1, Column: 1, Say: "is no YAML: " + err.Error()}
	if e, ok := errors.AsType[yaml.Error](err); ok {
		m.Say = "is no YAML: " + e.GetMessage()
		if t := e.GetToken(); t != nil && t.Position != nil {
			m.Line, m.Column = t.Position.Line, t.Position.Column
		}
	}
	r.unread = true
	r.mistakes = append(r.mistakes, m)
}

func (r *reader) spot(n ast.Node) spot {
	s := spot{file: r.file, line: 1, column: 1}
	if t := n.GetToken(); t != nil && t.Position != nil {
		s.line, s.column = t.Position.Line, t.Position.Column
	}
	return s
}

func (r *reader) mistake(n ast.Node, format string, args ...any) {
	s := r.spot(n)
	r.unreadable[s] = true
	r.mistakes = append(r.mistakes, Mistake{s.file, s.line, s.column, fmt.Sprintf(format, args...)})
}

// report turns a problem of the whole contents into a mistake at its place: at
// the field, or where that is absent at what it should stand in. A value that
// could not be read at all has its mistake already.
func (r *reader) report(p knowledge.Problem) {
	fields := r.at[p.Ref]
	field := p.Field
	s, found := fields[field]
	for !found && field != "" {
		field = field[:max(strings.LastIndexAny(field, ".["), 0)]
		s, found = fields[field]
	}
	if field != "" && r.unreadable[s] {
		return
	}
	say := strings.TrimPrefix(p.Field+": "+p.Say, ": ")
	r.mistakes = append(r.mistakes, Mistake{s.file, max(s.line, 1), max(s.column, 1), refWords(p.Ref) + ": " + say})
}

func refWords(ref knowledge.Ref) string { return strings.TrimSpace(ref.String()) }

// elsewhere gives each fact the asks that stand apart from it, and returns those of
// facts that stand in no file.
func (r *reader) elsewhere() map[string][]string {
	facts := map[string]*knowledge.Fact{}
	for i := range r.contents.Facts {
		facts[r.contents.Facts[i].ID] = &r.contents.Facts[i]
	}
	rest := map[string][]string{}
	for _, m := range r.asks {
		switch f := facts[m.fact]; {
		case f != nil:
			f.Asks = append(f.Asks, m.asks...)
		case m.at == nil || m.fact == "":
			r.mistakes = append(r.mistakes, Mistake{m.file, 1, 1, "asks: an entry names no fact: write fact: and its id"})
		default:
			rest[m.fact] = append(rest[m.fact], m.asks...)
		}
	}
	return rest
}

// unknownAsks reports the asks of facts that stand in no file.
func (r *reader) unknownAsks() {
	known := map[string]bool{}
	for _, f := range r.contents.Facts {
		known[f.ID] = true
	}
	for _, m := range r.asks {
		r.file = m.file
		switch {
		case known[m.fact] || m.at == nil || m.fact == "":
		case knowledge.Nearest(m.fact, known) != "":
			r.mistake(m.at, "asks: there is no fact %q; did you mean %q?", m.fact, knowledge.Nearest(m.fact, known))
		default:
			r.mistake(m.at, "asks: there is no fact %q: write one that exists, or add it", m.fact)
		}
	}
}

// sorted lists the mistakes by file and line.
func (r *reader) sorted() []Mistake {
	slices.SortStableFunc(r.mistakes, func(a, b Mistake) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column)
	})
	return r.mistakes
}
