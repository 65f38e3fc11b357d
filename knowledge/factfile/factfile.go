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

// Read reads every .yaml file directly in dir. Mistakes are sorted by file and
// line; with any of them the Contents are not to be used. The error is about
// the folder and its files as such, not about what they say.
func Read(dir fs.FS) (knowledge.Contents, []Mistake, error) {
	names, err := fs.Glob(dir, "*.yaml")
	if err != nil {
		return knowledge.Contents{}, nil, fmt.Errorf("list fact files: %w", err)
	}
	if len(names) == 0 {
		return knowledge.Contents{}, nil, errors.New("no fact files: there is no .yaml file in the folder")
	}
	r := &reader{at: map[knowledge.Ref]map[string]spot{}, unreadable: map[spot]bool{}}
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return knowledge.Contents{}, nil, fmt.Errorf("read fact file: %w", err)
		}
		r.read(name, text)
	}
	r.fillSources()
	r.fillAsks()
	if !r.unread { // else what stands in the other files would miss it
		for _, p := range r.contents.Check() {
			r.report(p)
		}
	}
	slices.SortStableFunc(r.mistakes, func(a, b Mistake) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column)
	})
	r.contents.Sort()
	return r.contents, r.mistakes, nil
}

// spot is a place in a file.
type spot struct {
	file         string
	line, column int
}

type reader struct {
	file     string
	unread   bool // a file is no YAML
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

// fillAsks gives each fact the asks that stand elsewhere.
func (r *reader) fillAsks() {
	facts, known := map[string]*knowledge.Fact{}, map[string]bool{}
	for i := range r.contents.Facts {
		f := &r.contents.Facts[i]
		facts[f.ID], known[f.ID] = f, true
	}
	for _, m := range r.asks {
		r.file = m.file
		switch f := facts[m.fact]; {
		case f != nil:
			f.Asks = append(f.Asks, m.asks...)
		case m.at == nil || m.fact == "":
			r.mistakes = append(r.mistakes, Mistake{m.file, 1, 1, "asks: an entry names no fact: write fact: and its id"})
		case knowledge.Nearest(m.fact, known) != "":
			r.mistake(m.at, "asks: there is no fact %q; did you mean %q?", m.fact, knowledge.Nearest(m.fact, known))
		default:
			r.mistake(m.at, "asks: there is no fact %q: write one that exists, or add it", m.fact)
		}
	}
}

// fillSources completes each source from its document.
func (r *reader) fillSources() {
	documents := map[string]knowledge.Document{}
	for _, d := range r.contents.Documents {
		documents[d.ID] = d
	}
	for i := range r.contents.Facts {
		for j := range r.contents.Facts[i].Sources {
			s := &r.contents.Facts[i].Sources[j]
			if d, found := documents[s.Document]; found {
				s.Grade = cmp.Or(s.Grade, d.Grade)
				s.Title = cmp.Or(s.Title, d.Title)
				s.Publisher = cmp.Or(s.Publisher, d.Publisher)
				s.URL = cmp.Or(s.URL, d.URL)
				if s.Date.IsZero() {
					s.Date = d.Date
				}
			}
		}
	}
}
