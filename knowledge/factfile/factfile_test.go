package factfile_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"silkwire/knowledge"
	"silkwire/knowledge/factfile"
	"silkwire/knowledge/seed"
)

// base is a fact file without mistakes; tests put others beside it.
const base = `documents:
  - id: report
    title: A Report
    author: the analyst
    grade: expert
    date: 2026-02
    url: https://example.org/report
    sections: [introduction, findings]
entities:
  - slug: acme
    name: Acme
    kind: company
    tickers:
      - {symbol: ACME, currency: USD}
  - slug: zeta
    name: Zeta
    kind: lab
    parent: acme
    chinese: [泽塔]
facts:
  - id: zeta-cheap
    statement: Zeta trains cheaply.
    kind: claim
    whose: the analyst
    subjects: [zeta]
    attributes: [cost]
    sources:
      - {document: report, section: 1, paragraph: 2}
    asks: [is zeta cheap]
`

func read(t testing.TB, files map[string]string) (knowledge.Contents, []string) {
	t.Helper()
	dir := fstest.MapFS{}
	for name, text := range files {
		dir[name] = &fstest.MapFile{Data: []byte(text)}
	}
	contents, mistakes, err := factfile.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, m := range mistakes {
		said = append(said, m.String())
	}
	return contents, said
}

func TestMistakes(t *testing.T) {
	const goodFact = `facts:
  - id: other
    statement: Zeta is dear.
    kind: claim
    whose: the analyst
    subjects: [zeta]
    attributes: [cost]
    sources: [{document: report}]
`
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"none", goodFact, nil},
		{"nothing in the file", "", nil},
		{"a comment alone", "# later\n", nil},
		{"an empty section", "facts:\n", nil},
		{"two YAML documents", "---\nconcepts: []\n---\n" + goodFact, nil},

		// what is no YAML
		{"a tab", "facts:\n\t- id: x\n", []string{"b.yaml:2:1: is no YAML: found character '\t' that cannot start any token"}},
		{"an open bracket", "facts: [\n", []string{"b.yaml:1:8: is no YAML: sequence end token ']' not found"}},
		{"an open quote", "facts:\n  - id: \"x\n", []string{"b.yaml:2:9: is no YAML: could not find end character of double-quoted text"}},
		{"crooked columns", "facts:\n  - id: one\n   statement: x\n", []string{"b.yaml:3:4: is no YAML: value is not allowed in this context"}},

		// the shape
		{"unknown section", "fakts:\n", []string{`b.yaml:1:1: the file has no field "fakts"; did you mean "facts"?`}},
		{"asks of a fact that there is not", "asks:\n  - fact: zeta-chaep\n    asks: [why]\n  - fact: nobody-at-all\n    asks: [why]\n  - asks: [why]\n", []string{
			"b.yaml:1:1: asks: an entry names no fact: write fact: and its id",
			`b.yaml:2:11: asks: there is no fact "zeta-chaep"; did you mean "zeta-cheap"?`,
			`b.yaml:4:11: asks: there is no fact "nobody-at-all": write one that exists, or add it`,
		}},
		{"section like none", "telephones: []\n",
			[]string{`b.yaml:1:1: the file has no field "telephones": use ambiguous, asks, concepts, documents, entities, exposures, facts, instruments, quotes, state`}},
		{"a file that is a list", "- one\n- two\n", []string{"b.yaml:1:1: the file is written as fields, a line each: name: value"}},
		{"a section that is no list", "facts: 5\n", []string{"b.yaml:1:8: is written as a list: a line with a hyphen for each, or [a, b]"}},
		{"a record that is a word", "facts:\n  - hello\n", []string{"b.yaml:2:5: a record is written as fields, a line each: name: value"}},
		{"unknown field", goodFact + "    ask: [why]\n", []string{`b.yaml:9:5: a record has no field "ask"; did you mean "asks"?`}},
		{"a field twice", goodFact + "    kind: claim\n", []string{`b.yaml:9:5: the field "kind" stands twice: merge the two`}},
		{"a list where one value stands", strings.Replace(goodFact, "statement: Zeta is dear.", "statement: [Zeta, is, dear]", 1),
			[]string{"b.yaml:3:16: is written as one value"}},
		{"one value where a list stands", strings.Replace(goodFact, "[zeta]", "zeta", 1), []string{
			"b.yaml:6:15: is written as a list: a line with a hyphen for each, or [a, b]"}},
		{"an empty value", strings.Replace(goodFact, "whose: the analyst", "whose:", 1), []string{"b.yaml:5:11: is empty: write a value, or take the field out"}},
		{"an empty value in a list", goodFact + "    mentions: [~, zetta]\n", []string{
			"b.yaml:9:16: is empty: write a value, or take the field out",
			`b.yaml:9:19: fact other: mentions[1]: there is no entity "zetta"; did you mean "zeta"?`}},
		{"an entry that is a word", "entities:\n  - slug: beta\n    name: Beta\n    kind: lab\n    tickers: [BETA]\n",
			[]string{"b.yaml:5:15: an entry of this list is written as fields, a line each: name: value"}},
		{"unknown field of an entry", "entities:\n  - slug: beta\n    name: Beta\n    kind: lab\n    unlisted: {nearest: acme, wy: near}\n",
			[]string{`b.yaml:5:31: unlisted has no field "wy"; did you mean "why"?`}},
		{"a relation of no kind", goodFact + "    relations:\n      - {qualify: zeta-cheap}\n",
			[]string{`b.yaml:10:10: a relation has no field "qualify": use disputes, qualifies, supersedes, supports`}},
		{"two relations in one", goodFact + "    relations:\n      - {qualifies: zeta-cheap, supports: zeta-cheap}\n",
			[]string{"b.yaml:10:9: a relation is one field: write a line with a hyphen for each"}},
		{"a section that is no number", strings.Replace(goodFact, "{document: report}", "{document: report, section: two}", 1),
			[]string{`b.yaml:8:43: "two" is no whole number`}},
		{"general is yes or no", strings.Replace(goodFact, "{document: report}", "{document: report, general: maybe}", 1),
			[]string{`b.yaml:8:43: "maybe" is neither true nor false`}},
		{"a day that does not exist", goodFact + "    from: 2025-02-30\n",
			[]string{`b.yaml:9:11: "2025-02-30" is no date: write YYYY, YYYY-MM or YYYY-MM-DD, for example 2025-01-20`}},

		// what only the whole shows
		{"a fact without a source", strings.Replace(goodFact, "    sources: [{document: report}]\n", "", 1),
			[]string{"b.yaml:2:5: fact other: sources: is missing: write at least one"}},
		{"an id that stands twice", strings.Replace(goodFact, "other", "zeta-cheap", 1),
			[]string{"b.yaml:2:5: fact zeta-cheap: stands twice, first at a.yaml:21: rename one or merge them"}},
		{"an id that stands twice in one file", goodFact + "  - id: other\n",
			[]string{"b.yaml:9:5: fact other: stands twice, first at b.yaml:2: rename one or merge them"}},
		{"two records without a key", "instruments:\n  - {name: gold, class: commodity}\n  - {name: silver, class: commodity}\n", []string{
			"b.yaml:2:6: instrument: symbol: is missing: write it",
			"b.yaml:3:6: instrument: has no key, like the one at b.yaml:2: give each its own"}},
		{"misspelt subject, at its place in the list", strings.Replace(goodFact, "[zeta]", "[zeta, acmee]", 1),
			[]string{`b.yaml:6:22: fact other: subjects[1]: there is no entity "acmee"; did you mean "acme"?`}},
		{"misspelt field names are matched in quotes too", strings.Replace(goodFact, "subjects: [zeta]", "\"subjects\": [zta]", 1),
			[]string{`b.yaml:6:18: fact other: subjects[0]: there is no entity "zta"; did you mean "zeta"?`}},
		{"misspelt document in a source", strings.Replace(goodFact, "{document: report}", "{document: reprot, grade: press}", 1),
			[]string{`b.yaml:8:26: fact other: sources[0].document: there is no document "reprot"; did you mean "report"?`}},
		{"a section that the document does not have", strings.Replace(goodFact, "{document: report}", "{document: report, section: 2}", 1),
			[]string{`b.yaml:8:43: fact other: sources[0].section: report has sections 0 to 1, not 2`}},
		{"a relation that leads nowhere", goodFact + "    relations:\n      - qualifies: zeta-chap\n",
			[]string{`b.yaml:10:9: fact other: relations[0]: there is no fact "zeta-chap"; did you mean "zeta-cheap"?`}},
		{"a hop that leads nowhere", `exposures:
  - symbol: ACME
    direction: mixed
    driver: Its lab sells.
    paths:
      - direction: hurt
        hops:
          - {entity: zeta, fact: zeta-cheap}
          - entity: zeta
            fact: zeta-chap
`, []string{`b.yaml:10:19: exposure ACME: paths[0].hops[1].fact: there is no fact "zeta-chap"; did you mean "zeta-cheap"?`}},
		{"a claim of nobody", strings.Replace(goodFact, "    whose: the analyst\n", "", 1),
			[]string{"b.yaml:2:5: fact other: whose: is missing: claims and assessments are somebody's; say whose"}},
		{"a price with a separator", `quotes:
  - symbol: ACME
    price: 1,234.50
    currency: USD
    change_percent: -0.33
    as_of: 05:15 UTC
    source: report
`, []string{`b.yaml:3:12: quote ACME: price: "1,234.50" is no price: write digits without separators, for example 63127.00`}},
		{"a name that is another's", "entities:\n  - slug: beta\n    name: Beta\n    kind: lab\n    aliases: [ZETA]\n",
			[]string{`b.yaml:2:5: entity beta: the name "zeta" is zeta's too: take it from one of them, or declare it under ambiguous`}},

		{"all at once", `factz: []
facts:
  - id: Other
    statement: Zeta is dear.
    kind: rumour
    subjects: [zta]
    attributes: [cots]
    from: 2025-13
    sorces: []
`, []string{
			`b.yaml:1:1: the file has no field "factz"; did you mean "facts"?`,
			`b.yaml:3:5: fact Other: sources: is missing: write at least one`,
			`b.yaml:3:9: fact Other: id: "Other" is no key: use 1 to 64 lower-case letters, digits and hyphens, for example qwen-licence`,
			`b.yaml:5:11: fact Other: kind: "rumour" is none of event, figure, claim, assessment`,
			`b.yaml:6:16: fact Other: subjects[0]: there is no entity "zta"; did you mean "zeta"?`,
			`b.yaml:7:18: fact Other: attributes[0]: there is no attribute "cots"; did you mean "cost"?`,
			`b.yaml:8:11: "2025-13" is no date: write YYYY, YYYY-MM or YYYY-MM-DD, for example 2025-01-20`,
			`b.yaml:9:5: a record has no field "sorces"; did you mean "sources"?`,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, got := read(t, map[string]string{"a.yaml": base, "b.yaml": test.text})
			if !slices.Equal(got, test.want) {
				t.Errorf("the file\n%s\ngives\n\t%s\nwant\n\t%s", test.text, strings.Join(got, "\n\t"), strings.Join(test.want, "\n\t"))
			}
		})
	}
}

func TestFileThatIsNoYAMLIsNotMissed(t *testing.T) {
	documents, rest, _ := strings.Cut(base, "entities:")
	_, got := read(t, map[string]string{"a.yaml": documents + "]", "b.yaml": "entities:" + rest, "c.yaml": "fakts:\n"})
	if len(got) != 2 || !strings.HasPrefix(got[0], "a.yaml:9:1: is no YAML: ") || !strings.HasPrefix(got[1], "c.yaml:1:1: the file has no field") {
		t.Errorf("got\n\t%s\nwant the two mistakes that are made, and none about what only stands in a.yaml", strings.Join(got, "\n\t"))
	}
}

func TestReadFillsSourcesFromTheirDocuments(t *testing.T) {
	contents, mistakes := read(t, map[string]string{"a.yaml": base, "b.yaml": `facts:
  - id: other
    statement: Zeta is dear.
    kind: figure
    subjects: [zeta]
    attributes: [cost]
    sources:
      - {document: report, title: Another title, grade: press, date: 2025}
      - {url: "https://example.org/x", publisher: Daily, grade: press}
`})
	if mistakes != nil {
		t.Fatal(mistakes)
	}
	want := map[string][]knowledge.Source{
		"zeta-cheap": {{
			Document: "report", Section: new(1), Paragraph: 2, URL: "https://example.org/report", Title: "A Report",
			Date: knowledge.Date{Year: 2026, Month: 2}, Grade: knowledge.Expert,
		}},
		"other": {
			{Document: "report", URL: "https://example.org/report", Title: "Another title", Date: knowledge.Date{Year: 2025}, Grade: knowledge.Press},
			{URL: "https://example.org/x", Publisher: "Daily", Grade: knowledge.Press},
		},
	}
	for _, f := range contents.Facts {
		if !reflect.DeepEqual(f.Sources, want[f.ID]) {
			t.Errorf("sources of %s:\n%+v\nwant\n%+v", f.ID, f.Sources, want[f.ID])
		}
	}
}

func TestReadKeepsWhatIsWritten(t *testing.T) {
	contents, mistakes := read(t, map[string]string{"a.yaml": base, "b.yaml": `
concepts:
  - slug: "42"
    name: >-
      a name
      in two lines
    words: [0.3249, 09988, yes, 1e3, 0x10, "a: b"]
quotes:
  - {symbol: ACME, price: 63127.00, currency: USD, change_percent: -0.10, as_of: "05:15 UTC, date not given", source: report}
`})
	if mistakes != nil {
		t.Fatal(mistakes)
	}
	c := contents.Concepts[0]
	if got, want := fmt.Sprintf("%q %q %q", c.Slug, c.Name, c.Words), `"42" "a name in two lines" ["0.3249" "09988" "yes" "1e3" "0x10" "a: b"]`; got != want {
		t.Errorf("concept %s, want %s", got, want)
	}
	if q := contents.Quotes[0]; q.Price != "63127.00" || q.ChangePercent != "-0.10" {
		t.Errorf("quote %+v, want price 63127.00 and change -0.10 to the digit", q)
	}
}

func TestFolderWithoutFactFiles(t *testing.T) {
	for name, dir := range map[string]fs.FS{
		"empty":       fstest.MapFS{},
		"other files": fstest.MapFS{"facts.txt": {Data: []byte("x")}, "below/facts.yaml": {Data: []byte("facts: []")}},
	} {
		_, _, err := factfile.Read(dir)
		if want := "no fact files: there is no .yaml file in the folder"; err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %q", name, err, want)
		}
	}
	if _, _, err := factfile.Read(fstest.MapFS{"a.yaml": {Mode: fs.ModeDir}}); err == nil || !strings.HasPrefix(err.Error(), "read fact file: ") {
		t.Errorf("a folder called a.yaml: error %v, want one of reading", err)
	}
}

const regenerate = "run: go run . facts compile --to knowledge/seed/base.jsonl knowledge/seed"

func TestShippedFilesAreCompiled(t *testing.T) {
	contents, mistakes, err := factfile.Read(seed.Files())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mistakes {
		t.Errorf("knowledge/seed/%s", m)
	}
	compiled, err := knowledge.Compile(contents)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(compiled.Base, seed.Base()) || !bytes.Equal(compiled.Index, seed.Index()) {
		t.Errorf("knowledge/seed/base.jsonl (%d bytes) and its index are not what the fact files compile to (%d bytes); %s", len(seed.Base()), len(compiled.Base), regenerate)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(base)
	f.Add("facts:\n  - hello\n  - {id: [a], sources: 5, relations: [{x: y}]}\n")
	f.Add("a: &x [*x]\nfacts: *x\n")
	f.Add("? [a]\n: b\n")
	f.Add("facts: !!set {a, b}\n--- |\n x\n...\n")
	f.Add("<<: {facts: []}\n\"facts\": \xff\n")
	f.Add("quotes:\n- symbol: >-\n")
	f.Fuzz(func(t *testing.T, text string) {
		contents, mistakes, err := factfile.Read(fstest.MapFS{"a.yaml": {Data: []byte(text)}})
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		for _, m := range mistakes {
			if m.File != "a.yaml" || m.Line < 1 || m.Column < 1 || m.Say == "" {
				t.Errorf("%q: mistake without a place or words: %#v", text, m)
			}
		}
		if len(mistakes) == 0 {
			if problems := contents.Check(); problems != nil {
				t.Errorf("%q: no mistakes, but problems %v", text, problems)
			}
			if _, err := knowledge.Compile(contents); err != nil {
				t.Errorf("%q: no mistakes, but %v", text, err)
			}
		}
	})
}

func TestAsksElsewhere(t *testing.T) {
	const more = "asks:\n  - fact: zeta-cheap\n    asks: [what does zeta spend, zeta 便宜吗]\n"
	contents, said := read(t, map[string]string{"a.yaml": more, "b.yaml": base})
	if len(said) > 0 {
		t.Fatalf("mistakes: %q", said)
	}
	want := []string{"is zeta cheap", "what does zeta spend", "zeta 便宜吗"}
	if got := contents.Facts[0].Asks; !slices.Equal(got, want) {
		t.Errorf("got asks %q, want the fact's own, then the others: %q", got, want)
	}
	asks, err := factfile.Asks("a.yaml", []byte(more))
	if err != nil || !reflect.DeepEqual(asks, map[string][]string{"zeta-cheap": want[1:]}) {
		t.Errorf("got %v, %v", asks, err)
	}
	if _, err := factfile.Asks("a.yaml", []byte("asks: 5")); err == nil {
		t.Error("a file with a mistake was read")
	}
}
