package knowledge

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
)

// tidied is the change with every record written in the one way in which fact
// files can hold it too, so that what is exported reads back as the same.
func (c Change) tidied(document func(id string) *Document) Change {
	put := make([]Record, 0, len(c.Put))
	drawn := map[string]*Document{}
	for _, r := range c.Put {
		if d, ok := r.(Document); ok {
			drawn[d.ID] = &d
		}
	}
	find := func(id string) *Document { return cmp.Or(drawn[id], document(id)) }
	for _, r := range c.Put {
		switch r := r.(type) {
		case stored:
			put = append(put, r)
		case Fact:
			put = append(put, tidyFact(r, find))
		case Entity:
			put = append(put, tidyEntity(r))
		default:
			put = append(put, tidy(r))
		}
	}
	c.Put = put
	return c
}

// Tidy writes every record in the one way in which it is stored, and completes
// the sources of facts from their documents.
func (c *Contents) Tidy() {
	documents := byKey(c.Documents)
	find := func(id string) *Document { return documents[id] }
	tidyAll(c.Documents, tidy[Document])
	tidyAll(c.Entities, tidyEntity)
	tidyAll(c.Ambiguous, tidy[Ambiguity])
	tidyAll(c.Concepts, tidy[Concept])
	tidyAll(c.Instruments, tidy[Instrument])
	tidyAll(c.Quotes, tidy[Quote])
	tidyAll(c.Exposures, tidy[Exposure])
	tidyAll(c.Facts, func(f Fact) Fact { return tidyFact(f, find) })
}

func tidyAll[R any](records []R, tidy func(R) R) {
	for i := range records {
		records[i] = tidy(records[i])
	}
}

func tidyFact(f Fact, document func(id string) *Document) Fact {
	f = tidy(f)
	for i := range f.Sources {
		f.Sources[i].fill(document(f.Sources[i].Document))
	}
	return f
}

// fill completes a source from its document.
func (s *Source) fill(d *Document) {
	if d == nil {
		return
	}
	s.Grade = cmp.Or(s.Grade, d.Grade)
	s.Title = cmp.Or(s.Title, d.Title)
	s.Publisher = cmp.Or(s.Publisher, d.Publisher)
	s.URL = cmp.Or(s.URL, d.URL)
	if s.Date.IsZero() {
		s.Date = d.Date
	}
}

// tidyEntity puts aliases of one kind together: fact files hold them so.
func tidyEntity(e Entity) Entity {
	e = tidy(e)
	slices.SortStableFunc(e.Aliases, func(a, b Alias) int {
		return slices.Index(AliasKinds(), a.Kind) - slices.Index(AliasKinds(), b.Kind)
	})
	return e
}

// tidy is the record with texts without blanks at their ends and line breaks,
// and no list where a list is empty. It shares nothing with r.
func tidy[R any](r R) R {
	v := reflect.ValueOf(&r).Elem()
	if v.Kind() == reflect.Interface { // a kind that is not known is left as it is
		return r
	}
	tidyValue(v)
	return r
}

// isBreak tells whether a character is a blank or ends a line. A space that does
// not break is part of a text.
func isBreak(r rune) bool { return strings.ContainsRune(" \t\n\v\f\r\u0085\u2028\u2029", r) }

func tidyValue(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(strings.Join(strings.FieldsFunc(strings.TrimSpace(v.String()), isBreak), " "))
	case reflect.Struct:
		for _, field := range v.Fields() {
			tidyValue(field)
		}
	case reflect.Slice:
		if v.Len() == 0 {
			v.SetZero()
			return
		}
		copied := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(copied, v)
		v.Set(copied)
		for i := range v.Len() {
			tidyValue(v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			copied := reflect.New(v.Type().Elem())
			copied.Elem().Set(v.Elem())
			v.Set(copied)
			tidyValue(v.Elem())
		}
	default: // numbers and truths have one form
	}
}
