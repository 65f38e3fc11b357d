package knowledge

import (
	"math"
	"slices"
	"strings"

	"silkwire/knowledge/entity"
	"silkwire/knowledge/search"
	"silkwire/knowledge/text"
)

// Everything that is compared is turned into terms of one kind: word stems,
// pairs of Chinese characters, entities ("e:qwen", whatever name was used) and
// concepts ("c:licence", whatever word led there). So a question and a fact meet
// in what they mean where they do not meet in their words.
const (
	entityTerm  = "e:"
	conceptTerm = "c:"
)

// Fields of a fact in the index.
var factFields = []search.Field{
	{Weight: 2.0, Length: 0.5}, // statement
	{Weight: 1.0, Length: 0.4}, // asks, all together
	{Weight: 1.5, Length: 0},   // what it is about and names
}

// Weights of a question's terms beside its plain words, which weigh 1. They were
// chosen on the development questions.
const (
	entityWeight   = 1.0
	placeWeight    = 0.4 // "Chinese" and "American" stand in most questions
	conceptWeight  = 0.8
	insideWeight   = 0.1 // a word that is part of an entity's name
	repairedWeight = 0.85
	contextWeight  = 0.8
)

// ranker finds the facts that answer a question.
type ranker struct {
	snapshot *Snapshot
	concepts *phrases
	tells    map[string][]Attribute // concept → what a question with its words asks for
	facts    *search.Index
	terms    []map[string]bool // every term of each fact
	entities []map[string]bool // the slugs that each fact is about or names
	units    []unit            // statements and asks, one by one
	byTerm   map[string][]int32
	words    map[int][]string // the vocabulary by length, for repair
	uses     map[string]int   // how many units use a word
}

// unit is one way of putting a fact: its statement or one of its asks.
type unit struct {
	fact int32
	norm float64
}

func newRanker(s *Snapshot) *ranker {
	r := &ranker{snapshot: s, concepts: newPhrases(), byTerm: map[string][]int32{}, words: map[int][]string{}, uses: map[string]int{}}
	tokenizer := text.NewTokenizer()
	r.tells = map[string][]Attribute{}
	for _, c := range s.Contents.Concepts {
		r.tells[c.Slug] = c.Tells
		for _, w := range c.Words {
			tokens := tokenizer.Tokenize(w)
			r.learn(tokens)
			r.concepts.add(tokens, c.Slug)
		}
	}
	r.index(tokenizer)
	for w := range r.uses {
		r.words[len(w)] = append(r.words[len(w)], w)
	}
	for _, list := range r.words {
		slices.Sort(list)
	}
	return r
}

func (r *ranker) index(tokenizer *text.Tokenizer) {
	read := func(s string) []string {
		tokens := tokenizer.Tokenize(s)
		r.learn(tokens)
		return r.termsOf(tokens)
	}
	facts := r.snapshot.Contents.Facts
	documents := make([][][]string, len(facts))
	r.terms = make([]map[string]bool, len(facts))
	r.entities = make([]map[string]bool, len(facts))
	var unitTerms [][]string
	for i, f := range facts {
		statement := read(f.Statement)
		unitTerms = append(unitTerms, statement)
		r.units = append(r.units, unit{fact: int32(i)})
		var asks []string
		for _, a := range f.Asks {
			terms := read(a)
			asks = append(asks, terms...)
			unitTerms = append(unitTerms, terms)
			r.units = append(r.units, unit{fact: int32(i)})
		}
		var entities []string
		for _, slug := range f.Subjects {
			entities = append(entities, entityTerm+slug, entityTerm+slug)
		}
		for _, slug := range f.Mentions {
			entities = append(entities, entityTerm+slug)
		}
		documents[i] = [][]string{statement, asks, entities}
		r.terms[i] = termSet(documents[i]...)
		r.entities[i] = termSet(f.Entities())
	}
	r.facts = search.Build(factFields, documents)
	for u, terms := range unitTerms {
		sum := 0.0
		for t := range termSet(terms) {
			r.byTerm[t] = append(r.byTerm[t], int32(u))
			w := r.weigh(t)
			sum += w * w
		}
		r.units[u].norm = math.Sqrt(sum)
	}
}

func termSet(lists ...[]string) map[string]bool {
	set := map[string]bool{}
	for _, terms := range lists {
		for _, t := range terms {
			set[t] = true
		}
	}
	return set
}

// weigh is how much a term tells of what is asked.
func (r *ranker) weigh(term string) float64 {
	idf := r.facts.IDF(term)
	switch {
	case strings.HasPrefix(term, conceptTerm):
		return idf * conceptWeight
	case strings.HasPrefix(term, entityTerm):
		return idf * r.entityWeight(term[len(entityTerm):])
	}
	return idf
}

func (r *ranker) entityWeight(slug string) float64 {
	if e := r.snapshot.entities[slug]; e != nil && e.Kind == KindPlace {
		return placeWeight
	}
	return entityWeight
}

func (r *ranker) learn(tokens []text.Token) {
	for _, t := range tokens {
		if !t.Han && len(t.Text) > 2 && !text.Stop(t.Text) {
			r.uses[t.Text]++
		}
	}
}

// termsOf is the terms of a text of ours, in which names are spelt right.
func (r *ranker) termsOf(tokens []text.Token) []string {
	terms := wordTerms(tokens)
	for _, m := range r.link(tokens, false) {
		for _, target := range m.Targets {
			terms = append(terms, entityTerm+target)
		}
	}
	for _, c := range r.concepts.find(tokens) {
		if r.tells[c.slug] == nil {
			terms = append(terms, conceptTerm+c.slug)
		}
	}
	return terms
}

func (r *ranker) link(tokens []text.Token, guess bool) []entity.Match {
	return r.snapshot.linker.Link(tokens, guess, func(t text.Token) bool { return r.uses[t.Text] > 0 })
}

// wordTerms are the stems of the words that are no stop words, and the pairs of
// neighbouring Chinese characters (a character alone where it has no
// neighbour).
func wordTerms(tokens []text.Token) []string {
	var terms []string
	for i, t := range tokens {
		if !t.Han {
			if !text.Stop(t.Text) {
				terms = append(terms, t.Stem)
			}
			continue
		}
		if pair, ok := hanPair(tokens, i); ok {
			terms = append(terms, pair)
		}
	}
	return terms
}

func hanPair(tokens []text.Token, i int) (string, bool) {
	if i+1 < len(tokens) && tokens[i+1].Han && tokens[i+1].Glued {
		return tokens[i].Text + tokens[i+1].Text, true
	}
	alone := i == 0 || !tokens[i-1].Han || !tokens[i].Glued
	return tokens[i].Text, alone
}

// phrases finds the words and phrases that lead to concepts.
type phrases struct{ root *phraseNode }

type phraseNode struct {
	next  map[string]*phraseNode
	slugs []string
}

type conceptMatch struct {
	slug     string
	from, to int
}

func newPhrases() *phrases { return &phrases{&phraseNode{}} }

func (p *phrases) add(tokens []text.Token, slug string) {
	at := p.root
	for _, t := range tokens {
		if at.next == nil {
			at.next = map[string]*phraseNode{}
		}
		if at.next[t.Stem] == nil {
			at.next[t.Stem] = &phraseNode{}
		}
		at = at.next[t.Stem]
	}
	if at != p.root && !slices.Contains(at.slugs, slug) {
		at.slugs = append(at.slugs, slug)
	}
}

// find lists the concepts that the tokens lead to, the longest phrase at each
// place.
func (p *phrases) find(tokens []text.Token) []conceptMatch {
	var out []conceptMatch
	for i := range tokens {
		at, end, to := p.root, (*phraseNode)(nil), i
		for j := i; j < len(tokens); j++ {
			if at = at.next[tokens[j].Stem]; at == nil {
				break
			}
			if at.slugs != nil {
				end, to = at, j+1
			}
		}
		if end == nil {
			continue
		}
		for _, slug := range end.slugs {
			out = append(out, conceptMatch{slug, i, to})
		}
	}
	return out
}
