package factfile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"silkwire/knowledge"
)

// fields is what a mapping may hold: a function for each field that reads its
// value.
type fields map[string]func(value ast.Node)

// sections reads the top level of a file.
func (r *reader) sections() fields {
	c := &r.contents
	return fields{
		"documents":   func(n ast.Node) { records(r, n, &c.Documents, r.document) },
		"entities":    func(n ast.Node) { records(r, n, &c.Entities, r.entity) },
		"ambiguous":   func(n ast.Node) { records(r, n, &c.Ambiguous, r.ambiguity) },
		"concepts":    func(n ast.Node) { records(r, n, &c.Concepts, r.concept) },
		"instruments": func(n ast.Node) { records(r, n, &c.Instruments, r.instrument) },
		"quotes":      func(n ast.Node) { records(r, n, &c.Quotes, r.quote) },
		"exposures":   func(n ast.Node) { records(r, n, &c.Exposures, r.exposure) },
		"facts":       func(n ast.Node) { records(r, n, &c.Facts, r.fact) },
		"asks":        func(n ast.Node) { each(r, n, &r.asks, r.more) },
		"state":       r.text(&r.state),
	}
}

// more reads further asks of a fact that stands elsewhere.
func (r *reader) more(m *moreAsks) fields {
	m.file = r.file
	return fields{
		"fact": func(n ast.Node) {
			m.at = n
			r.text(&m.fact)(n)
		},
		"asks": r.texts(&m.asks),
	}
}

// records reads a section: a list of mappings, one record each. It notes where
// every field stands, for the problems that only the whole contents show.
func records[R knowledge.Record](r *reader, n ast.Node, into *[]R, schema func(*R) fields) {
	r.items(n, func(_ int, item ast.Node) {
		var record R
		places := map[string]spot{"": r.spot(item)}
		if m, ok := item.(*ast.MappingNode); ok && len(m.Values) > 0 {
			places[""] = r.spot(m.Values[0].Key)
		}
		if !r.mapping(item, "a record", schema(&record)) {
			return
		}
		r.note(item, "", places)
		if first, taken := r.at[record.Ref()]; taken {
			r.twice(record.Ref(), places[""], first[""])
			return
		}
		r.at[record.Ref()] = places
		*into = append(*into, record)
	})
}

func (r *reader) twice(ref knowledge.Ref, here, first spot) {
	say := "%s: stands twice, first at %s:%d: rename one or merge them"
	if ref.Key == "" {
		say = "%s: has no key, like the one at %s:%d: give each its own"
	}
	r.mistakes = append(r.mistakes, Mistake{here.file, here.line, here.column, fmt.Sprintf(say, refWords(ref), first.file, first.line)})
}

// note writes down where the values below n stand, by path: paths[0].hops[1].
func (r *reader) note(n ast.Node, at string, places map[string]spot) {
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			r.noteValue(v, at, places)
		}
	case *ast.MappingValueNode:
		r.noteValue(n, at, places)
	case *ast.SequenceNode:
		for i, v := range n.Values {
			below := fmt.Sprintf("%s[%d]", at, i)
			places[below] = r.spot(v)
			if m, ok := v.(*ast.MappingNode); ok && len(m.Values) > 0 {
				places[below] = r.spot(m.Values[0].Key)
			}
			r.note(v, below, places)
		}
	}
}

func (r *reader) noteValue(v *ast.MappingValueNode, at string, places map[string]spot) {
	below := v.Key.GetToken().Value
	if at != "" {
		below = at + "." + below
	}
	places[below] = r.spot(v.Value)
	r.note(v.Value, below, places)
}

func (r *reader) document(d *knowledge.Document) fields {
	return fields{
		"id": r.text(&d.ID), "title": r.text(&d.Title), "publisher": r.text(&d.Publisher),
		"author": r.text(&d.Author), "url": r.text(&d.URL), "date": r.date(&d.Date),
		"grade": text(r, &d.Grade), "sections": r.texts(&d.Sections),
	}
}

func (r *reader) entity(e *knowledge.Entity) fields {
	alias := func(kind knowledge.AliasKind) func(ast.Node) {
		return func(n ast.Node) {
			r.items(n, func(_ int, item ast.Node) {
				if s, ok := r.scalar(item); ok {
					e.Aliases = append(e.Aliases, knowledge.Alias{Text: s, Kind: kind})
				}
			})
		}
	}
	return fields{
		"slug": r.text(&e.Slug), "name": r.text(&e.Name), "kind": text(r, &e.Kind),
		"summary": r.text(&e.Summary), "parent": r.text(&e.Parent),
		"aliases": alias(knowledge.AliasName), "nicknames": alias(knowledge.AliasNickname),
		"people": alias(knowledge.AliasPerson), "products": alias(knowledge.AliasProduct),
		"chinese": alias(knowledge.AliasChinese), "pinyin": alias(knowledge.AliasPinyin),
		"tickers": func(n ast.Node) {
			each(r, n, &e.Tickers, func(t *knowledge.Ticker) fields {
				return fields{"symbol": r.text(&t.Symbol), "exchange": r.text(&t.Exchange), "currency": r.text(&t.Currency)}
			})
		},
		"unlisted": func(n ast.Node) {
			u := &knowledge.Unlisted{}
			r.mapping(n, "unlisted", fields{"nearest": r.text(&u.Nearest), "why": r.text(&u.Why)})
			e.Unlisted = u
		},
	}
}

func (r *reader) ambiguity(a *knowledge.Ambiguity) fields {
	return fields{"alias": r.text(&a.Alias), "entities": r.texts(&a.Entities)}
}

func (r *reader) concept(c *knowledge.Concept) fields {
	return fields{"slug": r.text(&c.Slug), "name": r.text(&c.Name), "words": r.texts(&c.Words), "tells": texts(r, &c.Tells)}
}

func (r *reader) instrument(i *knowledge.Instrument) fields {
	return fields{"symbol": r.text(&i.Symbol), "name": r.text(&i.Name), "class": text(r, &i.Class), "aliases": r.texts(&i.Aliases)}
}

func (r *reader) quote(q *knowledge.Quote) fields {
	return fields{
		"symbol": r.text(&q.Symbol), "price": r.text(&q.Price), "currency": r.text(&q.Currency),
		"change_percent": r.text(&q.ChangePercent), "as_of": r.text(&q.AsOf), "source": r.text(&q.Source),
	}
}

func (r *reader) exposure(e *knowledge.Exposure) fields {
	return fields{
		"symbol": r.text(&e.Symbol), "direction": text(r, &e.Direction), "driver": r.text(&e.Driver),
		"paths": func(n ast.Node) {
			each(r, n, &e.Paths, func(p *knowledge.Path) fields {
				return fields{"direction": text(r, &p.Direction), "hops": func(n ast.Node) {
					each(r, n, &p.Hops, func(h *knowledge.Hop) fields {
						return fields{"entity": r.text(&h.Entity), "text": r.text(&h.Text), "fact": r.text(&h.Fact)}
					})
				}}
			})
		},
	}
}

func (r *reader) fact(f *knowledge.Fact) fields {
	return fields{
		"id": r.text(&f.ID), "statement": r.text(&f.Statement), "kind": text(r, &f.Kind), "whose": r.text(&f.Whose),
		"subjects": r.texts(&f.Subjects), "mentions": r.texts(&f.Mentions), "attributes": texts(r, &f.Attributes),
		"from": r.date(&f.From), "until": r.date(&f.Until), "learnt": r.date(&f.Learnt),
		"asks":    r.texts(&f.Asks),
		"sources": func(n ast.Node) { each(r, n, &f.Sources, r.source) },
		"relations": func(n ast.Node) {
			r.items(n, func(_ int, item ast.Node) { r.relation(item, f) })
		},
	}
}

func (r *reader) source(s *knowledge.Source) fields {
	return fields{
		"document": r.text(&s.Document), "url": r.text(&s.URL), "publisher": r.text(&s.Publisher),
		"title": r.text(&s.Title), "date": r.date(&s.Date), "grade": text(r, &s.Grade),
		"section": func(n ast.Node) {
			section := 0
			r.number(&section)(n)
			s.Section = &section
		},
		"paragraph": r.number(&s.Paragraph),
		"general":   r.yes(&s.General),
	}
}

// relation reads {qualifies: id}.
func (r *reader) relation(n ast.Node, f *knowledge.Fact) {
	kinds := fields{}
	for _, kind := range knowledge.RelationKinds() {
		kinds[string(kind)] = func(value ast.Node) {
			if to, ok := r.scalar(value); ok {
				f.Relations = append(f.Relations, knowledge.Relation{Kind: kind, To: to})
			}
		}
	}
	before := len(f.Relations)
	r.mapping(n, "a relation", kinds)
	switch len(f.Relations) - before {
	case 0: // the mistake is reported; what follows keeps its number
		f.Relations = append(f.Relations, knowledge.Relation{Kind: knowledge.Supports})
	case 1:
	default:
		f.Relations = f.Relations[:before+1]
		r.mistake(n, "a relation is one field: write a line with a hyphen for each")
	}
}

// mapping reads a mapping's fields by their functions and reports those that
// have none, with the nearest that exists. It tells whether n is a mapping.
func (r *reader) mapping(n ast.Node, what string, known fields) bool {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		r.mistake(n, "%s is written as fields, a line each: name: value", what)
		return false
	}
	seen := map[string]bool{}
	for _, v := range values {
		name := v.Key.GetToken().Value
		read, found := known[name]
		switch {
		case !found:
			r.unknownField(v.Key, what, name, known)
		case seen[name]:
			r.mistake(v.Key, "the field %q stands twice: merge the two", name)
		default:
			read(v.Value)
		}
		seen[name] = true
	}
	return true
}

func (r *reader) unknownField(n ast.Node, what, name string, known fields) {
	names := map[string]bool{}
	for f := range known {
		names[f] = true
	}
	if near := knowledge.Nearest(name, names); near != "" {
		r.mistake(n, "%s has no field %q; did you mean %q?", what, name, near)
		return
	}
	all := make([]string, 0, len(known))
	for f := range known {
		all = append(all, f)
	}
	slices.Sort(all)
	r.mistake(n, "%s has no field %q: use %s", what, name, strings.Join(all, ", "))
}

func (r *reader) items(n ast.Node, read func(i int, item ast.Node)) {
	switch n := n.(type) {
	case *ast.SequenceNode:
		for i, item := range n.Values {
			read(i, item)
		}
	case *ast.NullNode:
	default:
		r.mistake(n, "is written as a list: a line with a hyphen for each, or [a, b]")
	}
}

func each[V any](r *reader, n ast.Node, into *[]V, schema func(*V) fields) {
	r.items(n, func(_ int, item ast.Node) {
		var v V
		r.mapping(item, "an entry of this list", schema(&v))
		*into = append(*into, v)
	})
}

// scalar is a value as it is written, whatever YAML takes it for: 2025, 0.3249
// and 09988 keep their digits.
func (r *reader) scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return oneLine(n.Value), true
	case *ast.LiteralNode:
		return oneLine(n.Value.Value), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	case *ast.NullNode:
		r.mistake(n, "is empty: write a value, or take the field out")
		return "", false
	}
	r.mistake(n, "is written as one value")
	return "", false
}

// oneLine is a text with single blanks, as it is kept: by its key a record's place is
// found again.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func (r *reader) text(into *string) func(ast.Node) { return text(r, into) }

func text[S ~string](r *reader, into *S) func(ast.Node) {
	return func(n ast.Node) {
		if s, ok := r.scalar(n); ok {
			*into = S(s)
		}
	}
}

func (r *reader) texts(into *[]string) func(ast.Node) { return texts(r, into) }

func texts[S ~string](r *reader, into *[]S) func(ast.Node) {
	return func(n ast.Node) {
		r.items(n, func(_ int, item ast.Node) {
			s, _ := r.scalar(item) // a value that could not be read keeps its number
			*into = append(*into, S(s))
		})
	}
}

func (r *reader) date(into *knowledge.Date) func(ast.Node) {
	return func(n ast.Node) {
		s, ok := r.scalar(n)
		if !ok {
			return
		}
		d, err := knowledge.ParseDate(s)
		if err != nil {
			r.mistake(n, "%v", err)
			return
		}
		*into = d
	}
}

func (r *reader) number(into *int) func(ast.Node) {
	return func(n ast.Node) {
		s, ok := r.scalar(n)
		if !ok {
			return
		}
		v, err := strconv.Atoi(s)
		if err != nil {
			r.mistake(n, "%q is no whole number", s)
			return
		}
		*into = v
	}
}

func (r *reader) yes(into *bool) func(ast.Node) {
	return func(n ast.Node) {
		s, ok := r.scalar(n)
		if !ok {
			return
		}
		if s != "true" && s != "false" {
			r.mistake(n, "%q is neither true nor false", s)
		}
		*into = s == "true"
	}
}
