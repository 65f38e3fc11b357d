package factfile

import (
	"fmt"
	"testing/fstest"

	"github.com/goccy/go-yaml"

	"silkwire/knowledge"
)

// StateFile is the file that says which state an export is of.
const StateFile = "state.yaml"

// header stands on top of what Write makes.
const header = `# Exported by silkwire. Edit, then: silkwire facts import FOLDER
`

const stateHeader = `# What these files were exported from. silkwire facts import tells by it what was
# edited here and what was edited in the fact base meanwhile: leave it as it is.
`

// Write makes the fact files of whole contents, by name: a file for each kind of
// record, in the order of their keys, a field a line, so that git shows what
// changed. Equal contents give equal bytes, and Parse reads back the same. state is
// their digest.
func Write(c knowledge.Contents, state string) (map[string][]byte, error) {
	c.Sort()
	documents := byID(c.Documents)
	files := map[string][]byte{}
	for _, section := range []struct {
		name    string
		records []yaml.MapSlice
	}{
		{"documents", rows(c.Documents, documentFields)},
		{"entities", rows(c.Entities, entityFields)},
		{"ambiguous", rows(c.Ambiguous, ambiguityFields)},
		{"concepts", rows(c.Concepts, conceptFields)},
		{"instruments", rows(c.Instruments, instrumentFields)},
		{"quotes", rows(c.Quotes, quoteFields)},
		{"exposures", rows(c.Exposures, exposureFields)},
		{"facts", rows(c.Facts, func(f knowledge.Fact) yaml.MapSlice { return factFields(f, documents) })},
	} {
		if len(section.records) == 0 {
			continue
		}
		text, err := yaml.MarshalWithOptions(yaml.MapSlice{{Key: section.name, Value: section.records}}, yaml.IndentSequence(true))
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", section.name, err)
		}
		files[section.name+".yaml"] = append([]byte(header), text...)
	}
	files[StateFile] = []byte(stateHeader + "state: \"" + state + "\"\n")
	return files, readsBack(files, state)
}

// WriteRecord is one record as fact files hold it. documents complete the sources of
// facts.
func WriteRecord(r knowledge.Record, documents []knowledge.Document) ([]byte, error) {
	var fields yaml.MapSlice
	switch r := r.(type) {
	case knowledge.Document:
		fields = documentFields(r)
	case knowledge.Entity:
		fields = entityFields(r)
	case knowledge.Ambiguity:
		fields = ambiguityFields(r)
	case knowledge.Concept:
		fields = conceptFields(r)
	case knowledge.Instrument:
		fields = instrumentFields(r)
	case knowledge.Quote:
		fields = quoteFields(r)
	case knowledge.Exposure:
		fields = exposureFields(r)
	case knowledge.Fact:
		fields = factFields(r, byID(documents))
	}
	text, err := yaml.MarshalWithOptions(fields, yaml.IndentSequence(true))
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", r.Ref(), err)
	}
	return text, nil
}

func byID(documents []knowledge.Document) map[string]knowledge.Document {
	all := map[string]knowledge.Document{}
	for _, d := range documents {
		all[d.ID] = d
	}
	return all
}

// readsBack makes sure that the files say what they were made from.
func readsBack(files map[string][]byte, state string) error {
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: text}
	}
	read, mistakes, err := Parse(folder)
	if err != nil {
		return err
	}
	if len(mistakes) > 0 {
		return fmt.Errorf("what was written cannot be read back: %s", mistakes[0])
	}
	digest, err := read.Contents.Digest()
	if err == nil && digest != state {
		err = fmt.Errorf("what was written reads back as another state: %s, not %s", digest, state)
	}
	return err
}

// row makes a mapping of the fields that have a value.
type row yaml.MapSlice

func (r *row) add(name string, value any) { *r = append(*r, yaml.MapItem{Key: name, Value: value}) }

func (r *row) text(name, value string) {
	if value != "" {
		r.add(name, value)
	}
}

func (r *row) date(name string, d knowledge.Date) { r.text(name, d.String()) }

func list[S ~string](r *row, name string, values []S) {
	if len(values) == 0 {
		return
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	r.add(name, texts)
}

func rows[R any](records []R, fields func(R) yaml.MapSlice) []yaml.MapSlice {
	var all []yaml.MapSlice
	for _, r := range records {
		all = append(all, fields(r))
	}
	return all
}

func documentFields(d knowledge.Document) yaml.MapSlice {
	var r row
	r.text("id", d.ID)
	r.text("title", d.Title)
	r.text("publisher", d.Publisher)
	r.text("author", d.Author)
	r.text("url", d.URL)
	r.date("date", d.Date)
	r.text("grade", string(d.Grade))
	list(&r, "sections", d.Sections)
	return yaml.MapSlice(r)
}

// aliasFields names the field of each kind of alias.
func aliasFields() map[knowledge.AliasKind]string {
	return map[knowledge.AliasKind]string{
		knowledge.AliasName: "aliases", knowledge.AliasNickname: "nicknames", knowledge.AliasPerson: "people",
		knowledge.AliasProduct: "products", knowledge.AliasChinese: "chinese", knowledge.AliasPinyin: "pinyin",
	}
}

func entityFields(e knowledge.Entity) yaml.MapSlice {
	var r row
	r.text("slug", e.Slug)
	r.text("name", e.Name)
	r.text("kind", string(e.Kind))
	r.text("summary", e.Summary)
	r.text("parent", e.Parent)
	for _, kind := range knowledge.AliasKinds() {
		var names []string
		for _, a := range e.Aliases {
			if a.Kind == kind {
				names = append(names, a.Text)
			}
		}
		list(&r, aliasFields()[kind], names)
	}
	if len(e.Tickers) > 0 {
		r.add("tickers", rows(e.Tickers, func(t knowledge.Ticker) yaml.MapSlice {
			var r row
			r.text("symbol", t.Symbol)
			r.text("exchange", t.Exchange)
			r.text("currency", t.Currency)
			return yaml.MapSlice(r)
		}))
	}
	if u := e.Unlisted; u != nil {
		var why row
		why.text("nearest", u.Nearest)
		why.text("why", u.Why)
		r.add("unlisted", yaml.MapSlice(why))
	}
	return yaml.MapSlice(r)
}

func ambiguityFields(a knowledge.Ambiguity) yaml.MapSlice {
	var r row
	r.text("alias", a.Alias)
	list(&r, "entities", a.Entities)
	return yaml.MapSlice(r)
}

func conceptFields(c knowledge.Concept) yaml.MapSlice {
	var r row
	r.text("slug", c.Slug)
	r.text("name", c.Name)
	list(&r, "words", c.Words)
	list(&r, "tells", c.Tells)
	return yaml.MapSlice(r)
}

func instrumentFields(i knowledge.Instrument) yaml.MapSlice {
	var r row
	r.text("symbol", i.Symbol)
	r.text("name", i.Name)
	r.text("class", string(i.Class))
	list(&r, "aliases", i.Aliases)
	return yaml.MapSlice(r)
}

func quoteFields(q knowledge.Quote) yaml.MapSlice {
	var r row
	r.text("symbol", q.Symbol)
	r.text("price", q.Price)
	r.text("currency", q.Currency)
	r.text("change_percent", q.ChangePercent)
	r.text("as_of", q.AsOf)
	r.text("source", q.Source)
	return yaml.MapSlice(r)
}

func exposureFields(e knowledge.Exposure) yaml.MapSlice {
	var r row
	r.text("symbol", e.Symbol)
	r.text("direction", string(e.Direction))
	r.text("driver", e.Driver)
	r.add("paths", rows(e.Paths, func(p knowledge.Path) yaml.MapSlice {
		var r row
		r.text("direction", string(p.Direction))
		r.add("hops", rows(p.Hops, func(h knowledge.Hop) yaml.MapSlice {
			var r row
			r.text("entity", h.Entity)
			r.text("text", h.Text)
			r.text("fact", h.Fact)
			return yaml.MapSlice(r)
		}))
		return yaml.MapSlice(r)
	}))
	return yaml.MapSlice(r)
}

func factFields(f knowledge.Fact, documents map[string]knowledge.Document) yaml.MapSlice {
	var r row
	r.text("id", f.ID)
	r.text("statement", f.Statement)
	r.text("kind", string(f.Kind))
	r.text("whose", f.Whose)
	list(&r, "subjects", f.Subjects)
	list(&r, "mentions", f.Mentions)
	list(&r, "attributes", f.Attributes)
	r.date("from", f.From)
	r.date("until", f.Until)
	r.date("learnt", f.Learnt)
	r.add("sources", rows(f.Sources, func(s knowledge.Source) yaml.MapSlice { return sourceFields(s, documents[s.Document]) }))
	if len(f.Relations) > 0 {
		r.add("relations", rows(f.Relations, func(x knowledge.Relation) yaml.MapSlice {
			return yaml.MapSlice{{Key: string(x.Kind), Value: x.To}}
		}))
	}
	list(&r, "asks", f.Asks)
	return yaml.MapSlice(r)
}

// sourceFields leaves out what the source's document says too.
func sourceFields(s knowledge.Source, d knowledge.Document) yaml.MapSlice {
	var r row
	differs := func(name, value, document string) {
		if value != document {
			r.text(name, value)
		}
	}
	r.text("document", s.Document)
	if s.Section != nil {
		r.add("section", *s.Section)
	}
	if s.Paragraph != 0 {
		r.add("paragraph", s.Paragraph)
	}
	differs("url", s.URL, d.URL)
	differs("publisher", s.Publisher, d.Publisher)
	differs("title", s.Title, d.Title)
	differs("date", s.Date.String(), d.Date.String())
	differs("grade", string(s.Grade), string(d.Grade))
	if s.General {
		r.add("general", true)
	}
	return yaml.MapSlice(r)
}
