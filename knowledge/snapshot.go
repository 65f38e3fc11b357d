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
	Contents Contents

	documents   map[string]*Document
	entities    map[string]*Entity
	facts       map[string]*Fact
	exposures   map[string]*Exposure
	quotes      map[string]*Quote
	instruments map[string]*Instrument
	owner       map[string]string     // symbol → slug of the entity that it lists
	spelt       map[string]string     // a symbol's spellings → symbol
	about       map[string][]*Fact    // slug → facts, those that it is the subject of first
	children    map[string][]string   // slug → slugs of what it owns or makes
	inbound     map[string][]Relation // fact id → relations to it, seen from it: To is the other fact
	latest      map[string]int        // document → the latest year in which a fact of its began to hold
	restingOn   map[string][]string   // fact id → symbols whose exposure rests on it
	passing     map[string][]string   // slug → symbols whose exposure passes through it
	linker      *entity.Linker
	completer   func() *entity.Completer // made when somebody first types a name
	symbols     func() *entity.Completer
	ranker      *ranker
	works       sync.Pool // of *work
}

// NewSnapshot indexes the contents of a revision. The contents must have no
// Problems and must not be changed afterwards.
func NewSnapshot(c Contents, revision uint64, at time.Time) *Snapshot {
	s := &Snapshot{
		Revision: revision, At: at, Contents: c,
		documents: byKey(c.Documents), entities: byKey(c.Entities), facts: byKey(c.Facts),
		exposures: byKey(c.Exposures), quotes: byKey(c.Quotes), instruments: byKey(c.Instruments),
		owner: map[string]string{}, spelt: map[string]string{}, about: map[string][]*Fact{}, children: map[string][]string{}, inbound: map[string][]Relation{},
		latest: map[string]int{}, restingOn: map[string][]string{}, passing: map[string][]string{},
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
	for i := range c.Facts {
		f := &c.Facts[i]
		for _, r := range f.Relations {
			s.inbound[r.To] = append(s.inbound[r.To], Relation{r.Kind, f.ID})
		}
	}
	s.indexFacts()
	names := s.names()
	s.linker = entity.New(names)
	s.completer = sync.OnceValue(func() *entity.Completer { return entity.NewCompleter(s.entityNames(names)) })
	s.symbols = sync.OnceValue(func() *entity.Completer { return entity.NewCompleter(s.symbolNames()) })
	s.ranker = newRanker(s)
	return s
}

func byKey[R Record](records []R) map[string]*R {
	m := make(map[string]*R, len(records))
	for i := range records {
		m[records[i].Ref().Key] = &records[i]
	}
	return m
}

// indexFacts lists the facts of each entity: those that it is the main subject
// of, other subjects, mentions; within each as their documents tell them.
func (s *Snapshot) indexFacts() {
	order := make([]*Fact, len(s.Contents.Facts))
	for i := range s.Contents.Facts {
		order[i] = &s.Contents.Facts[i]
	}
	slices.SortStableFunc(order, bySource)
	for _, f := range order {
		s.about[f.Subjects[0]] = append(s.about[f.Subjects[0]], f)
	}
	for _, f := range order {
		for _, slug := range f.Subjects[1:] {
			s.about[slug] = append(s.about[slug], f)
		}
	}
	for _, f := range order {
		for _, slug := range f.Mentions {
			s.about[slug] = append(s.about[slug], f)
		}
	}
	for _, f := range order {
		for _, src := range f.Sources {
			s.latest[src.Document] = max(s.latest[src.Document], f.From.Year)
		}
	}
	for i := range s.Contents.Exposures {
		x := &s.Contents.Exposures[i]
		for _, p := range x.Paths {
			for _, h := range p.Hops {
				s.restingOn[h.Fact] = appendNew(s.restingOn[h.Fact], x.Symbol)
				s.passing[h.Entity] = appendNew(s.passing[h.Entity], x.Symbol)
			}
		}
	}
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
	return cmp.Or(strings.Compare(a.Sources[0].Document, b.Sources[0].Document), place(a)-place(b))
}

// SymbolTarget is the target of a match that names a symbol without an entity.
const SymbolTarget = "$"

var howOf = map[AliasKind]entity.How{
	AliasName: entity.Alias, AliasNickname: entity.Nickname, AliasPerson: entity.Person,
	AliasProduct: entity.Product, AliasChinese: entity.Chinese, AliasPinyin: entity.Pinyin,
}

// names lists everything that can be meant by a name. An ambiguous alias comes
// first, so that its order of targets holds.
func (s *Snapshot) names() []entity.Name {
	var names []entity.Name
	for _, a := range s.Contents.Ambiguous {
		for _, slug := range a.Entities {
			names = append(names, entity.Name{Text: a.Alias, Target: slug, How: entity.Alias})
		}
	}
	for _, e := range s.Contents.Entities {
		names = append(names, entity.Name{Text: e.Name, Target: e.Slug, How: entity.Exact})
		if slug := strings.ReplaceAll(e.Slug, "-", " "); !strings.EqualFold(slug, e.Name) {
			names = append(names, entity.Name{Text: slug, Target: e.Slug, How: entity.Alias})
		}
		for _, a := range e.Aliases {
			names = append(names, entity.Name{Text: a.Text, Target: e.Slug, How: howOf[a.Kind]})
		}
		for _, t := range e.Tickers {
			for _, spelling := range tickerSpellings(t.Symbol) {
				names = append(names, entity.Name{Text: spelling, Target: e.Slug, How: entity.Ticker})
			}
		}
	}
	for _, i := range s.Contents.Instruments {
		names = append(names, entity.Name{Text: i.Name, Target: SymbolTarget + i.Symbol, How: entity.Exact})
		for _, a := range append([]string{i.Symbol}, i.Aliases...) {
			how := entity.Alias
			if strings.ToUpper(a) == a {
				how = entity.Ticker // symbols are not guessed at
			}
			names = append(names, entity.Name{Text: a, Target: SymbolTarget + i.Symbol, How: how})
		}
	}
	return names
}

// tickerSpellings lists how people write a symbol: NVDA, NVDA.US; 9988.HK,
// 09988, 9988, HK9988, 9988.HKG.
func tickerSpellings(symbol string) []string {
	code, suffix, listed := strings.Cut(symbol, ".")
	if !listed {
		return []string{symbol, symbol + ".US", symbol + ".O", symbol + ".N"}
	}
	all := []string{symbol}
	bare := strings.TrimLeft(code, "0")
	for n := len(bare); n <= 5; n++ {
		padded := strings.Repeat("0", n-len(bare)) + bare
		all = append(all, padded+"."+suffix, suffix+"."+padded, suffix+padded)
		if n >= 4 {
			all = append(all, padded)
		}
	}
	return all
}

// entityNames are the names that completion offers: those that are shown, and
// those that lead there.
func (s *Snapshot) entityNames(names []entity.Name) []entity.Name {
	var out []entity.Name
	for _, n := range names {
		if !strings.HasPrefix(n.Target, SymbolTarget) && n.How != entity.Ticker {
			out = append(out, n)
		}
	}
	weight := func(n entity.Name) int { return -len(s.about[n.Target]) }
	slices.SortStableFunc(out, func(a, b entity.Name) int {
		return cmp.Or(howRank(a.How)-howRank(b.How), weight(a)-weight(b))
	})
	return out
}

func howRank(h entity.How) int {
	if h == entity.Exact {
		return 0
	}
	return 1
}

// symbolNames are the names that complete to a symbol: the symbols, and the
// names of what they list.
func (s *Snapshot) symbolNames() []entity.Name {
	var out []entity.Name
	for _, e := range s.Contents.Entities {
		for _, t := range e.Tickers {
			out = append(out, entity.Name{Text: t.Symbol, Target: t.Symbol, How: entity.Ticker},
				entity.Name{Text: e.Name, Target: t.Symbol, How: entity.Exact})
			for _, a := range e.Aliases {
				out = append(out, entity.Name{Text: a.Text, Target: t.Symbol, How: howOf[a.Kind]})
			}
		}
	}
	for _, i := range s.Contents.Instruments {
		out = append(out, entity.Name{Text: i.Symbol, Target: i.Symbol, How: entity.Ticker},
			entity.Name{Text: i.Name, Target: i.Symbol, How: entity.Exact})
		for _, a := range i.Aliases {
			out = append(out, entity.Name{Text: a, Target: i.Symbol, How: entity.Alias})
		}
	}
	slices.SortStableFunc(out, func(a, b entity.Name) int { return symbolRank(a.How) - symbolRank(b.How) })
	return out
}

func symbolRank(h entity.How) int {
	if h == entity.Ticker {
		return 0
	}
	return 1 + howRank(h)
}

// Document is the document with the id, or nil.
func (s *Snapshot) Document(id string) *Document { return s.documents[id] }

// Entity is the entity with the slug, or nil.
func (s *Snapshot) Entity(slug string) *Entity { return s.entities[slug] }

// Fact is the fact with the id, or nil.
func (s *Snapshot) Fact(id string) *Fact { return s.facts[id] }

// Exposure is the exposure of the symbol, or nil if none is recorded.
func (s *Snapshot) Exposure(symbol string) *Exposure { return s.exposures[symbol] }

// Quote is the last known price of the symbol, or nil.
func (s *Snapshot) Quote(symbol string) *Quote { return s.quotes[symbol] }

// Instrument is the instrument with the symbol, or nil for one that belongs to
// an entity or is unknown.
func (s *Snapshot) Instrument(symbol string) *Instrument { return s.instruments[symbol] }

// Lists is the entity that the symbol is a listing of, or nil.
func (s *Snapshot) Lists(symbol string) *Entity { return s.entities[s.owner[symbol]] }

// About lists the facts about the entity, those that it is the subject of
// first.
func (s *Snapshot) About(slug string) []*Fact { return s.about[slug] }

// Children lists the entities that this one owns or makes.
func (s *Snapshot) Children(slug string) []string { return s.children[slug] }

// Bearing lists the relations of other facts to this one; To is the other fact.
func (s *Snapshot) Bearing(id string) []Relation { return s.inbound[id] }

// LatestYear is the latest year in which a fact of a document began to hold, or 0
// if none is dated: what an undated document takes for the present.
func (s *Snapshot) LatestYear(document string) int { return s.latest[document] }

// RestingOn lists the symbols whose exposure a fact carries.
func (s *Snapshot) RestingOn(id string) []string { return s.restingOn[id] }

// PassingThrough lists the symbols whose exposure passes through an entity.
func (s *Snapshot) PassingThrough(slug string) []string { return s.passing[slug] }

// Superseded is the fact that replaced this one, or nil.
func (s *Snapshot) Superseded(id string) *Fact {
	for _, r := range s.inbound[id] {
		if r.Kind == Supersedes {
			return s.facts[r.To]
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
	if s.owner[typed] != "" || s.instruments[typed] != nil || s.quotes[typed] != nil {
		return typed
	}
	if symbol := s.spelt[typed]; symbol != "" {
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
	return s.mentions(s.ranker.link(text.Tokenize(typed), true))
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
	for _, m := range s.ranker.link(tokens, true) {
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

// CompleteEntity is at most n entities whose names were begun, of certain kinds
// if any are given.
func (s *Snapshot) CompleteEntity(typed string, n int, kinds ...EntityKind) []*Entity {
	return s.offer(s.completer().Complete, typed, n, kinds)
}

// NearEntity is at most n entities whose names are like what was typed, of
// certain kinds if any are given: fewer than CompleteEntity goes so far as to
// offer.
func (s *Snapshot) NearEntity(typed string, n int, kinds ...EntityKind) []*Entity {
	return s.offer(s.completer().Near, typed, n, kinds)
}

func (s *Snapshot) offer(names func(string, int) []entity.Name, typed string, n int, kinds []EntityKind) []*Entity {
	ask := n
	if len(kinds) > 0 {
		ask = len(s.entities) // some will be of other kinds
	}
	var out []*Entity
	for _, name := range names(typed, ask) {
		if e := s.entities[name.Target]; len(out) < n && (len(kinds) == 0 || slices.Contains(kinds, e.Kind)) {
			out = append(out, e)
		}
	}
	return out
}

// CompleteSymbol is at most n symbols that were begun, or whose names were.
func (s *Snapshot) CompleteSymbol(typed string, n int) []string {
	var out []string
	for _, name := range s.symbols().Complete(strings.TrimPrefix(typed, "$"), n) {
		out = append(out, name.Target)
	}
	return out
}

// NearSymbol is at most n symbols that are like what was typed, or whose names
// are.
func (s *Snapshot) NearSymbol(typed string, n int) []string {
	var out []string
	for _, name := range s.symbols().Near(strings.TrimPrefix(typed, "$"), n) {
		out = append(out, name.Target)
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
