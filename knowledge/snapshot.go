package knowledge

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"silkwire/knowledge/entity"
	"silkwire/knowledge/text"
)

// Snapshot is one revision's whole knowledge, immutable, indexed, in memory. It
// is safe for concurrent use; what its methods return must not be changed.
type Snapshot struct {
	Revision uint64
	At       time.Time // of the revision, UTC; zero for the shipped base alone
	// Edition grows with each Snapshot that a Base publishes in this process, also where
	// only prices are others: what is made from two of one edition is the same.
	Edition uint64
	*frame
	prices *prices // beside the fact base; nil: there are none

	ranker *ranker
	facts  func() []*Fact // by id; made when somebody first asks for all of them
}

// frame is everything but the facts. Snapshots that differ only in facts share
// it.
type frame struct {
	contents    Contents // without the facts
	documents   map[string]*Document
	entities    map[string]*Entity
	exposures   map[string]*Exposure
	quotes      map[string]*Quote
	instruments map[string]*Instrument
	owner       map[string]string   // symbol → slug of the entity that it lists
	spelt       map[string]string   // a symbol's spellings → symbol
	children    map[string][]string // slug → slugs of what it owns or makes
	restingOn   map[string][]string // fact id → symbols whose exposure rests on it
	passing     map[string][]string // slug → symbols whose exposure passes through it
	linker      *entity.Linker
	completer   func() *entity.Completer // made when somebody first types a name
	symbols     func() *entity.Completer
}

// NewSnapshot indexes the contents of a revision. The contents must have no
// Problems and must not be changed afterwards.
func NewSnapshot(c Contents, revision uint64, at time.Time) *Snapshot {
	facts := c.Facts
	c.Facts = nil
	f := newFrame(c)
	return newSnapshot(f, newRanker(f, nil, nil, facts), revision, at)
}

func newSnapshot(f *frame, r *ranker, revision uint64, at time.Time) *Snapshot {
	s := &Snapshot{Revision: revision, At: at, frame: f, ranker: r}
	s.facts = sync.OnceValue(s.sorted)
	return s
}

// with is the Snapshot of a revision that put and removed nothing but facts. It
// is made in microseconds, whatever the size of the base.
func (s *Snapshot) with(put []*Fact, removed []string, revision uint64, at time.Time) (*Snapshot, bool) {
	r, ok := s.ranker.with(removed, put)
	if !ok {
		return nil, false
	}
	return newSnapshot(s.frame, r, revision, at), true
}

func (s *Snapshot) sorted() []*Fact {
	all := make([]*Fact, 0, s.ranker.view.Live())
	for at := range s.ranker.view.All() {
		all = append(all, s.ranker.readings[at].fact())
	}
	slices.SortFunc(all, func(a, b *Fact) int { return strings.Compare(a.ID, b.ID) })
	return all
}

func newFrame(c Contents) *frame {
	s := &frame{
		contents: c, documents: byKey(c.Documents), entities: byKey(c.Entities),
		exposures: byKey(c.Exposures), quotes: byKey(c.Quotes), instruments: byKey(c.Instruments),
		owner: map[string]string{}, spelt: map[string]string{}, children: map[string][]string{},
		restingOn: map[string][]string{}, passing: map[string][]string{},
	}
	for _, e := range c.Entities {
		for _, t := range e.Tickers {
			s.owner[t.Symbol] = e.Slug
			for _, spelling := range tickerSpellings(t.Symbol) {
				s.spelt[spelling] = t.Symbol
			}
		}
		if e.Parent != "" {
			s.children[e.Parent] = append(s.children[e.Parent], e.Slug)
		}
	}
	for i := range c.Exposures {
		x := &c.Exposures[i]
		for _, p := range x.Paths {
			for _, h := range p.Hops {
				s.restingOn[h.Fact] = appendNew(s.restingOn[h.Fact], x.Symbol)
				s.passing[h.Entity] = appendNew(s.passing[h.Entity], x.Symbol)
			}
		}
	}
	names := s.names()
	s.linker = entity.New(names)
	s.completer = sync.OnceValue(func() *entity.Completer { return entity.NewCompleter(s.entityNames(names)) })
	s.symbols = sync.OnceValue(func() *entity.Completer { return entity.NewCompleter(s.symbolNames()) })
	return s
}

func byKey[R Record](records []R) map[string]*R {
	m := make(map[string]*R, len(records))
	for i := range records {
		m[records[i].Ref().Key] = &records[i]
	}
	return m
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// bySource orders facts as a reader of their document meets them.
func bySource(a, b *Fact) int {
	place := func(f *Fact) int {
		if f.Sources[0].Section == nil {
			return 0
		}
		return *f.Sources[0].Section*1000 + f.Sources[0].Paragraph
	}
	return cmp.Or(strings.Compare(a.Sources[0].Document, b.Sources[0].Document), place(a)-place(b), strings.Compare(a.ID, b.ID))
}

// Document is the document with the id, or nil.
func (s *Snapshot) Document(id string) *Document { return s.documents[id] }

// Entity is the entity with the slug, or nil.
func (s *Snapshot) Entity(slug string) *Entity { return s.entities[slug] }

// Fact is the fact with the id, or nil.
func (s *Snapshot) Fact(id string) *Fact {
	if at := s.ranker.number(id); at >= 0 {
		return s.ranker.readings[at].fact()
	}
	return nil
}

// Facts lists every fact, by id.
func (s *Snapshot) Facts() []*Fact { return s.facts() }

// CountFacts is how many facts there are.
func (s *Snapshot) CountFacts() int { return s.ranker.view.Live() }

// Documents lists the documents that facts are drawn from, by id.
func (s *Snapshot) Documents() []Document { return s.contents.Documents }

// Entities lists every entity, by slug.
func (s *Snapshot) Entities() []Entity { return s.contents.Entities }

// Exposures lists every exposure, by symbol.
func (s *Snapshot) Exposures() []Exposure { return s.contents.Exposures }

// Quotes lists the last known prices, by symbol.
func (s *Snapshot) Quotes() []Quote {
	if s.prices != nil {
		return s.prices.list
	}
	return s.contents.Quotes
}

// ManySources tells whether the facts come from more than one document.
func (s *Snapshot) ManySources() bool {
	return len(s.contents.Documents) > 1 || s.ranker.view.Has(s.ranker.view.Term(documentTerm))
}

// Contents is the whole fact base as lists, each by its keys.
func (s *Snapshot) Contents() Contents {
	c := s.contents
	for _, f := range s.Facts() {
		c.Facts = append(c.Facts, *f)
	}
	return c
}

// Exposure is the exposure of the symbol, or nil if none is recorded.
func (s *Snapshot) Exposure(symbol string) *Exposure { return s.exposures[symbol] }

// Quote is the last known price of the symbol, or nil.
func (s *Snapshot) Quote(symbol string) *Quote {
	if s.prices != nil {
		return s.prices.last[symbol]
	}
	return s.quotes[symbol]
}

// Instrument is the instrument with the symbol, or nil for one that belongs to
// an entity or is unknown.
func (s *Snapshot) Instrument(symbol string) *Instrument { return s.instruments[symbol] }

// Lists is the entity that the symbol is a listing of, or nil.
func (s *Snapshot) Lists(symbol string) *Entity { return s.entities[s.owner[symbol]] }

// About lists the facts about the entity: those that it is the main subject of,
// other subjects, mentions; within each as their documents tell them.
func (s *Snapshot) About(slug string) []*Fact {
	var lists [3][]*Fact
	term := s.ranker.view.Term(entityTerm + slug)
	for d := range s.ranker.having(entityTerm + slug) {
		switch places := d.at(term); {
		case d.fact().Subjects[0] == slug:
			lists[0] = append(lists[0], d.fact())
		case places&isAbout != 0:
			lists[1] = append(lists[1], d.fact())
		case places&namesIt != 0:
			lists[2] = append(lists[2], d.fact())
		}
	}
	for _, list := range lists {
		slices.SortFunc(list, bySource)
	}
	return slices.Concat(lists[0], lists[1], lists[2])
}

// Children lists the entities that this one owns or makes.
func (s *Snapshot) Children(slug string) []string { return s.children[slug] }

// Bearing lists the relations of other facts to this one; To is the other fact.
func (s *Snapshot) Bearing(id string) []Relation {
	var all []Relation
	for d := range s.ranker.having(relationTerm + id) {
		for _, r := range d.fact().Relations {
			if r.To == id {
				all = append(all, Relation{r.Kind, d.fact().ID})
			}
		}
	}
	slices.SortFunc(all, func(a, b Relation) int { return cmp.Or(strings.Compare(a.To, b.To), cmp.Compare(a.Kind, b.Kind)) })
	return all
}

// LatestYear is the latest year in which a fact of a document began to hold, or 0
// if none is dated: what an undated document takes for the present.
func (s *Snapshot) LatestYear(document string) int {
	latest := 0
	for d := range s.ranker.having(documentTerm + document) {
		latest = max(latest, d.fact().From.Year)
	}
	return latest
}

// RestingOn lists the symbols whose exposure a fact carries.
func (s *Snapshot) RestingOn(id string) []string { return s.restingOn[id] }

// PassingThrough lists the symbols whose exposure passes through an entity.
func (s *Snapshot) PassingThrough(slug string) []string { return s.passing[slug] }

// Superseded is the fact that replaced this one, or nil.
func (s *Snapshot) Superseded(id string) *Fact {
	for _, r := range s.Bearing(id) {
		if r.Kind == Supersedes {
			return s.Fact(r.To)
		}
	}
	return nil
}

// Symbols lists the symbols that an entity is listed under, or those of the
// nearest entity above it that is listed.
func (s *Snapshot) Symbols(slug string) []string {
	for e := range s.Owners(slug) {
		if len(e.Tickers) > 0 {
			symbols := make([]string, len(e.Tickers))
			for i, t := range e.Tickers {
				symbols[i] = t.Symbol
			}
			return symbols
		}
	}
	return nil
}

// maxOwners is how far up owners are followed.
const maxOwners = 4

// Owners is an entity, then what owns or makes it, then what owns that.
func (s *Snapshot) Owners(slug string) iter.Seq[*Entity] {
	return func(yield func(*Entity) bool) {
		for range maxOwners {
			e := s.entities[slug]
			if e == nil || !yield(e) {
				return
			}
			slug = e.Parent
		}
	}
}

// FindSymbol is the symbol that was typed in one of its spellings ($nvda,
// NVDA.US, 09988), or empty.
func (s *Snapshot) FindSymbol(typed string) string {
	typed = strings.ToUpper(strings.TrimPrefix(strings.TrimSpace(typed), "$"))
	if _, code, exchange := strings.Cut(typed, ":"); exchange { // NASDAQ:NVDA
		typed = code
	}
	if symbol := s.ExactSymbol(typed); symbol != "" {
		return symbol
	}
	for _, m := range s.linker.Link(text.Tokenize(typed), false, nil) {
		if m.How == entity.Ticker && len(m.Targets) == 1 {
			if symbol, found := strings.CutPrefix(m.Targets[0], SymbolTarget); found {
				return symbol
			}
			return s.nearestSymbol(m.Targets[0], typed)
		}
	}
	return ""
}

// nearestSymbol picks, of an entity's symbols, the one whose code was typed.
func (s *Snapshot) nearestSymbol(slug, typed string) string {
	symbols := s.Symbols(slug)
	digits := strings.TrimLeft(strings.Trim(typed, "ABCDEFGHIJKLMNOPQRSTUVWXYZ.:"), "0")
	for _, symbol := range symbols {
		code, _, _ := strings.Cut(symbol, ".")
		if strings.HasPrefix(typed, symbol) || digits != "" && strings.TrimLeft(code, "0") == digits {
			return symbol
		}
	}
	return symbols[0]
}

// Mention is an entity, or a symbol that belongs to none, that a text names.
type Mention struct {
	Slug   string // empty for a symbol without an entity
	Symbol string // the symbol, where one was named
	Score  float64
	Match  entity.Match
	// Others are the further slugs of an ambiguous name.
	Others []string
}

// Find is what a text names, misspelt names included, in the order of the text,
// each once.
func (s *Snapshot) Find(typed string) []Mention {
	return s.mentions(s.ranker.link(text.Tokenize(typed)))
}

func (s *Snapshot) mentions(matches []entity.Match) []Mention {
	var out []Mention
	for _, m := range matches {
		mention := Mention{Slug: m.Targets[0], Score: m.Score(), Match: m, Others: m.Targets[1:]}
		if symbol, found := strings.CutPrefix(m.Targets[0], SymbolTarget); found {
			mention.Slug, mention.Symbol = "", symbol
		} else if m.How == entity.Ticker {
			mention.Symbol = s.nearestSymbol(mention.Slug, strings.ToUpper(m.Name))
		}
		if !slices.ContainsFunc(out, func(o Mention) bool { return o.Slug == mention.Slug && o.Symbol == mention.Symbol }) {
			out = append(out, mention)
		}
	}
	return out
}

// InContext tells whether the conversation was about it, and the question did
// not name it.
func (m Mention) InContext() bool { return m.Match.How == entity.InContext }

// Unnamed lists the words that are part of no name when they are read together,
// and that are not words such as "the" and "stock" either.
func (s *Snapshot) Unnamed(words []string) []string {
	var tokens []text.Token
	var of []int // by token: which word
	for i, w := range words {
		for _, t := range text.Tokenize(w) {
			tokens = append(tokens, t)
			of = append(of, i)
		}
	}
	named := make([]bool, len(words))
	for i, t := range tokens {
		named[of[i]] = named[of[i]] || text.Stop(t.Text) || besidePrice[t.Text] || priceWord(t.Text)
	}
	for _, m := range s.ranker.link(tokens) {
		for i := m.From; i < m.To; i++ {
			named[of[i]] = true
		}
	}
	var out []string
	for i, w := range words {
		if !named[i] {
			out = append(out, w)
		}
	}
	return out
}

// Name is how a symbol's company or thing is called, or the symbol itself.
func (s *Snapshot) Name(symbol string) string {
	if e := s.Lists(symbol); e != nil {
		return e.Name
	}
	if i := s.instruments[symbol]; i != nil {
		return i.Name
	}
	return symbol
}
