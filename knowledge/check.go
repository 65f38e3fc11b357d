package knowledge

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// MaxStatement is how many characters a statement has at most: what reads at a
// glance on every platform.
const MaxStatement = 280

// MaxAsks is how many asks a fact has at most: those that the search tells apart.
const MaxAsks = mostPhrasings - 1

// Problem is one mistake in the contents of a fact base: which record, which of
// its fields, and what to write instead.
type Problem struct {
	Ref   Ref
	Field string // as the fact files name it, with an index where it is a list: subjects[1]
	Say   string
}

// Error is the problem as one line.
func (p Problem) Error() string { return fmt.Sprintf("%s: %s: %s", p.Ref, p.Field, p.Say) }

var (
	keyForm     = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$`)
	decimalForm = regexp.MustCompile(`^-?[0-9]+(?:\.[0-9]+)?$`)
	currency    = regexp.MustCompile(`^[A-Z]{3}$`)
)

// Check finds every mistake in the contents: keys that stand twice, values that
// are none, references that lead nowhere. It returns nil if there is none.
func (c Contents) Check() []Problem {
	k := checker{
		entities: keys(c.Entities), facts: keys(c.Facts), drawn: keys(c.Documents), documents: map[string]Document{},
		listed: map[string]bool{}, attributes: attributeNames(),
	}
	for _, d := range c.Documents {
		k.documents[d.ID] = d
	}
	for _, e := range c.Entities {
		k.listed[e.Slug] = len(e.Tickers) > 0
	}
	k.twice(c.Records())
	for _, d := range c.Documents {
		k.document(d)
	}
	for _, e := range c.Entities {
		k.entity(e)
	}
	k.aliases(c)
	for _, x := range c.Concepts {
		k.at(x.Ref())
		k.key("slug", x.Slug)
		k.need("name", x.Name)
		k.needList("words", len(x.Words))
		for i, a := range x.Tells {
			k.known(fmt.Sprintf("tells[%d]", i), "attribute", string(a), k.attributes)
		}
	}
	for _, i := range c.Instruments {
		k.at(i.Ref())
		k.need("symbol", i.Symbol)
		k.need("name", i.Name)
		oneOf(&k, "class", i.Class, []InstrumentClass{Share, Crypto, Commodity})
	}
	for _, q := range c.Quotes {
		k.quote(q)
	}
	for _, e := range c.Exposures {
		k.exposure(e)
	}
	for _, f := range c.Facts {
		k.fact(f)
	}
	return k.problems
}

// Unused finds the entities that no fact speaks of, which nobody should come upon:
// a fact base that ships has none.
func (c Contents) Unused() []Problem {
	used := map[string]bool{}
	for _, f := range c.Facts {
		for _, slug := range f.Entities() {
			used[slug] = true
		}
	}
	var out []Problem
	for _, e := range c.Entities {
		if !used[e.Slug] {
			out = append(out, Problem{e.Ref(), "slug", "no fact speaks of it: write one, or take it out"})
		}
	}
	return out
}

type checker struct {
	problems   []Problem
	ref        Ref
	entities   map[string]bool
	facts      map[string]bool
	drawn      map[string]bool // the ids of the documents
	documents  map[string]Document
	listed     map[string]bool
	attributes map[string]bool
}

func attributeNames() map[string]bool {
	names := map[string]bool{}
	for _, a := range Attributes() {
		names[string(a)] = true
	}
	return names
}

func keys[R Record](records []R) map[string]bool {
	m := make(map[string]bool, len(records))
	for _, r := range records {
		m[r.Ref().Key] = true
	}
	return m
}

const missing = "is missing: write it"

func (k *checker) at(r Ref) { k.ref = r }

func (k *checker) say(field, format string, args ...any) {
	k.problems = append(k.problems, Problem{k.ref, field, fmt.Sprintf(format, args...)})
}

func (k *checker) need(field, value string) {
	if strings.TrimSpace(value) == "" {
		k.say(field, missing)
	}
}

func (k *checker) needList(field string, n int) {
	if n == 0 {
		k.say(field, "is missing: write at least one")
	}
}

func (k *checker) key(field, value string) {
	if !keyForm.MatchString(value) {
		k.say(field, "%q is no key: use 1 to 64 lower-case letters, digits and hyphens, for example qwen-licence", value)
	}
}

func (k *checker) twice(records []Record) {
	seen := map[Ref]bool{}
	for _, r := range records {
		k.at(r.Ref())
		if seen[r.Ref()] {
			k.say("", "stands twice: rename one or merge them")
		}
		seen[r.Ref()] = true
	}
}

// known says when value names nothing, with the nearest name that exists.
func (k *checker) known(field, what, value string, known map[string]bool) {
	if known[value] {
		return
	}
	if value == "" {
		k.say(field, missing)
		return
	}
	if n := Nearest(value, known); n != "" {
		k.say(field, "there is no %s %q; did you mean %q?", what, value, n)
		return
	}
	k.say(field, "there is no %s %q: write one that exists, or add it", what, value)
}

// Nearest is the name among known that differs least from value, or empty if
// none is near.
func Nearest(value string, known map[string]bool) string {
	best, least := "", max(2, len(value)/3)+1
	for name := range known {
		d := levenshtein.ComputeDistance(strings.ToLower(value), strings.ToLower(name))
		if d >= max(len(value), len(name)) {
			continue // nothing of it is the same
		}
		if d < least || d == least && name < best {
			best, least = name, d
		}
	}
	return best
}

func oneOf[V ~string](k *checker, field string, value V, allowed []V) {
	if slices.Contains(allowed, value) {
		return
	}
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = string(a)
	}
	k.say(field, "%q is none of %s", string(value), strings.Join(names, ", "))
}

func (k *checker) address(field, value string) {
	if value == "" {
		return
	}
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		k.say(field, "%q is no address: write it whole, for example https://example.org/page", value)
	}
}

func (k *checker) document(d Document) {
	k.at(d.Ref())
	k.key("id", d.ID)
	k.need("title", d.Title)
	oneOf(k, "grade", d.Grade, Grades())
	k.address("url", d.URL)
}

func (k *checker) entity(e Entity) {
	k.at(e.Ref())
	k.key("slug", e.Slug)
	k.need("name", e.Name)
	oneOf(k, "kind", e.Kind, EntityKinds())
	if e.Parent != "" {
		k.known("parent", "entity", e.Parent, k.entities)
	}
	for i, t := range e.Tickers {
		if t.Symbol == "" || !currency.MatchString(t.Currency) {
			k.say(fmt.Sprintf("tickers[%d]", i), "needs a symbol and a currency of three capital letters, for example {symbol: BABA, exchange: NYSE, currency: USD}")
		}
	}
	if u := e.Unlisted; u != nil {
		if len(e.Tickers) > 0 {
			k.say("unlisted", "stands beside tickers: an entity is listed or it is not")
		}
		if u.Nearest != "" {
			k.known("unlisted", "entity", u.Nearest, k.entities)
			if k.entities[u.Nearest] && !k.listed[u.Nearest] {
				k.say("unlisted", "%q has no tickers: name a listed entity", u.Nearest)
			}
		}
	}
}

// aliases finds names that lead to two entities without being declared
// ambiguous.
func (k *checker) aliases(c Contents) {
	declared := map[string]bool{}
	for _, a := range c.Ambiguous {
		k.at(a.Ref())
		k.need("alias", a.Alias)
		declared[strings.ToLower(a.Alias)] = true
		if len(a.Entities) < 2 {
			k.say("entities", "an ambiguous alias means at least two entities")
		}
		for i, s := range a.Entities {
			k.known(fmt.Sprintf("entities[%d]", i), "entity", s, k.entities)
		}
	}
	owner := map[string]string{}
	for _, e := range c.Entities {
		k.at(e.Ref())
		names := []string{e.Name}
		for _, a := range e.Aliases {
			names = append(names, a.Text)
		}
		for _, t := range e.Tickers {
			names = append(names, t.Symbol)
		}
		for _, n := range names {
			n = strings.ToLower(n)
			if other, taken := owner[n]; taken && other != e.Slug && !declared[n] {
				k.say("", "the name %q is %s's too: take it from one of them, or declare it under ambiguous", n, other)
			}
			owner[n] = e.Slug
		}
	}
}

func (k *checker) quote(q Quote) {
	k.at(q.Ref())
	k.need("symbol", q.Symbol)
	if !decimalForm.MatchString(q.Price) {
		k.say("price", "%q is no price: write digits without separators, for example 63127.00", q.Price)
	}
	if !decimalForm.MatchString(q.ChangePercent) {
		k.say("change_percent", "%q is no change: write signed digits, for example -0.33", q.ChangePercent)
	}
	if !currency.MatchString(q.Currency) {
		k.say("currency", "%q is no currency: write three capital letters, for example USD", q.Currency)
	}
	k.need("as_of", q.AsOf)
	k.known("source", "document", q.Source, k.drawn)
}

func (k *checker) exposure(e Exposure) {
	k.at(e.Ref())
	k.need("symbol", e.Symbol)
	oneOf(k, "direction", e.Direction, Directions())
	k.need("driver", e.Driver)
	k.needList("paths", len(e.Paths))
	for i, p := range e.Paths {
		field := fmt.Sprintf("paths[%d]", i)
		oneOf(k, field+".direction", p.Direction, Directions())
		k.needList(field+".hops", len(p.Hops))
		for j, h := range p.Hops {
			hop := fmt.Sprintf("%s.hops[%d]", field, j)
			if h.Entity == "" && h.Text == "" {
				k.say(hop, "needs an entity or a text")
			}
			if h.Entity != "" {
				k.known(hop+".entity", "entity", h.Entity, k.entities)
			}
			k.known(hop+".fact", "fact", h.Fact, k.facts)
		}
	}
}

func (k *checker) fact(f Fact) {
	k.at(f.Ref())
	k.key("id", f.ID)
	k.need("statement", f.Statement)
	if n := utf8.RuneCountInString(f.Statement); n > MaxStatement {
		k.say("statement", "has %d characters: say it in at most %d, or make two facts of it", n, MaxStatement)
	}
	oneOf(k, "kind", f.Kind, FactKinds())
	switch opinion := f.Kind == Claim || f.Kind == Assessment; {
	case opinion && f.Whose == "":
		k.say("whose", "is missing: claims and assessments are somebody's; say whose")
	case !opinion && f.Whose != "" && slices.Contains(FactKinds(), f.Kind):
		k.say("whose", "stands with kind %s: only claims and assessments are somebody's", f.Kind)
	}
	k.needList("subjects", len(f.Subjects))
	for i, s := range f.Subjects {
		k.known(fmt.Sprintf("subjects[%d]", i), "entity", s, k.entities)
	}
	for i, s := range f.Mentions {
		k.known(fmt.Sprintf("mentions[%d]", i), "entity", s, k.entities)
	}
	k.needList("attributes", len(f.Attributes))
	for i, a := range f.Attributes {
		k.known(fmt.Sprintf("attributes[%d]", i), "attribute", string(a), k.attributes)
	}
	if n := len(f.Asks); n > MaxAsks {
		k.say("asks", "has %d asks: write at most %d", n, MaxAsks)
	}
	if !f.Until.IsZero() && f.Until.Last().Before(f.From.First()) {
		k.say("until", "%s is before from %s", f.Until, f.From)
	}
	k.needList("sources", len(f.Sources))
	for i, s := range f.Sources {
		k.source(fmt.Sprintf("sources[%d]", i), s)
	}
	for i, r := range f.Relations {
		field := fmt.Sprintf("relations[%d]", i)
		oneOf(k, field, r.Kind, RelationKinds())
		k.known(field, "fact", r.To, k.facts)
		if r.To == f.ID {
			k.say(field, "a fact has no relation to itself")
		}
	}
}

func (k *checker) source(field string, s Source) {
	oneOf(k, field+".grade", s.Grade, Grades())
	k.address(field+".url", s.URL)
	if s.Document == "" {
		if s.URL == "" && s.Publisher == "" {
			k.say(field, "needs a document, or an address with its publisher")
		}
		return
	}
	d, found := k.documents[s.Document]
	if !found {
		k.known(field+".document", "document", s.Document, k.drawn)
		return
	}
	if last := max(len(d.Sections)-1, 0); s.Section != nil && (*s.Section < 0 || *s.Section > last) {
		k.say(field+".section", "%s has sections 0 to %d, not %d", d.ID, last, *s.Section)
	}
	if s.Paragraph < 0 {
		k.say(field+".paragraph", "paragraphs count from 1")
	}
}
