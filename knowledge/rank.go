package knowledge

import (
	"math"
	"slices"

	"silkwire/knowledge/entity"
	"silkwire/knowledge/search"
	"silkwire/knowledge/text"
)

// Everything that is compared is turned into terms of one kind: word stems,
// pairs of Chinese characters, entities ("e:qwen", whatever name was used) and
// concepts ("c:licence", whatever word led there). So a question and a fact meet
// in what they mean where they do not meet in their words. Terms are numbered
// once, and from then on only numbers are compared.
const (
	entityTerm  = "e:"
	conceptTerm = "c:"
)

// factFields are the fields of a fact in the index: its statement, its asks all
// together, and what it is about and names.
func factFields() []search.Field {
	return []search.Field{{Weight: 2.0, Length: 0.5}, {Weight: 1.0, Length: 0.4}, {Weight: 1.5, Length: 0}}
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

// ranker finds the facts that answer a question. It is immutable once made.
type ranker struct {
	snapshot *Snapshot
	lexicon  *search.Lexicon
	concepts *phrases
	facts    *search.Index
	kind     []float64         // by term: what its kind weighs
	about    map[int32][]int32 // entity's term → the facts that are about it or name it
	units    []unit            // statements and asks, one by one
	unitFrom []int32           // by term: where its units begin in unitOf
	unitOf   []int32
	words    map[int][]string // the vocabulary by length, for repair
	uses     map[string]int   // how many texts use a word
}

// unit is one way of putting a fact: its statement or one of its asks.
type unit struct {
	fact int32
	norm float64
}

func newRanker(s *Snapshot) *ranker {
	r := &ranker{
		snapshot: s, lexicon: search.NewLexicon(4096), about: map[int32][]int32{},
		words: map[int][]string{}, uses: map[string]int{},
	}
	r.concepts = newPhrases(r.lexicon, s.Contents.Concepts)
	b := rankerBuilder{ranker: r, tokenizer: text.NewTokenizer()}
	for _, c := range s.Contents.Concepts {
		for _, w := range c.Words {
			tokens := b.tokenizer.Tokenize(w)
			r.learn(tokens)
			r.concepts.add(tokens, c.Slug)
		}
	}
	b.read(s.Contents.Facts)
	b.index()
	for w := range r.uses {
		r.words[len(w)] = append(r.words[len(w)], w)
	}
	for _, list := range r.words {
		slices.Sort(list)
	}
	return r
}

// rankerBuilder holds what is needed only until the ranker is made.
type rankerBuilder struct {
	*ranker
	tokenizer *text.Tokenizer
	documents [][][]int32
	unitTerms [][]int32 // each term once
}

// read takes every fact apart.
func (b *rankerBuilder) read(facts []Fact) {
	for i, f := range facts {
		statement := b.unit(i, f.Statement)
		var asks, entities []int32
		for _, a := range f.Asks {
			asks = append(asks, b.unit(i, a)...)
		}
		for _, slug := range f.Subjects {
			t := b.lexicon.Add(entityTerm + slug)
			entities = append(entities, t, t)
		}
		for _, slug := range f.Mentions {
			entities = append(entities, b.lexicon.Add(entityTerm+slug))
		}
		for _, t := range slices.Compact(slices.Sorted(slices.Values(entities))) {
			b.about[t] = append(b.about[t], int32(i))
		}
		b.documents = append(b.documents, [][]int32{statement, asks, entities})
	}
}

// unit takes one text of a fact apart and returns its terms.
func (b *rankerBuilder) unit(fact int, s string) []int32 {
	tokens := b.tokenizer.Tokenize(s)
	b.learn(tokens)
	terms := b.termsOf(tokens)
	once := slices.Clone(terms)
	slices.Sort(once)
	b.unitTerms = append(b.unitTerms, slices.Compact(once))
	b.units = append(b.units, unit{fact: int32(fact)})
	return terms
}

// termsOf is the terms of a text of ours, in which names are spelt right.
func (b *rankerBuilder) termsOf(tokens []text.Token) []int32 {
	terms := make([]int32, 0, len(tokens))
	wordTerms(tokens, func(term string) { terms = append(terms, b.lexicon.Add(term)) })
	for _, m := range b.link(tokens, false) {
		for _, target := range m.Targets {
			terms = append(terms, b.lexicon.Add(entityTerm+target))
		}
	}
	b.concepts.find(tokens, func(c *concept, _, _ int) {
		if c.tells == nil {
			terms = append(terms, c.term)
		}
	})
	return terms
}

func (b *rankerBuilder) index() {
	n := b.lexicon.Len()
	b.facts = search.Build(factFields(), b.documents, n)
	b.kind = make([]float64, n)
	for t := range b.kind {
		b.kind[t] = 1
	}
	for _, c := range b.concepts.concepts {
		b.kind[c.term] = conceptWeight
	}
	for _, e := range b.snapshot.Contents.Entities {
		if t := b.lexicon.Find(entityTerm + e.Slug); t >= 0 {
			b.kind[t] = b.entityWeight(e.Slug)
		}
	}
	b.unitFrom = make([]int32, n+1)
	total := 0
	for u, terms := range b.unitTerms {
		sum := 0.0
		for _, t := range terms {
			w := b.weigh(t)
			sum += w * w
			b.unitFrom[t+1]++
		}
		total += len(terms)
		b.units[u].norm = math.Sqrt(sum)
	}
	for t := range n {
		b.unitFrom[t+1] += b.unitFrom[t]
	}
	b.unitOf = make([]int32, total)
	next := slices.Clone(b.unitFrom)
	for u, terms := range b.unitTerms {
		for _, t := range terms {
			b.unitOf[next[t]] = int32(u)
			next[t]++
		}
	}
}

// weigh is how much a term tells of what is asked.
func (r *ranker) weigh(term int32) float64 {
	if term < 0 {
		return r.facts.IDF(term)
	}
	return r.facts.IDF(term) * r.kind[term]
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

func (r *ranker) link(tokens []text.Token, guess bool) []entity.Match {
	return r.snapshot.linker.Link(tokens, guess, func(t text.Token) bool { return r.uses[t.Text] > 0 })
}

// wordTerms yields the stems of the words that are no stop words, and the pairs
// of neighbouring Chinese characters (a character alone where it has no
// neighbour).
func wordTerms(tokens []text.Token, yield func(term string)) {
	for i, t := range tokens {
		if !t.Han {
			if !text.Stop(t.Text) {
				yield(t.Stem)
			}
			continue
		}
		if pair, ok := hanPair(tokens, i); ok {
			yield(pair)
		}
	}
}

func hanPair(tokens []text.Token, i int) (string, bool) {
	if i+1 < len(tokens) && tokens[i+1].Han && tokens[i+1].Glued {
		return tokens[i].Text + tokens[i+1].Text, true
	}
	alone := i == 0 || !tokens[i-1].Han || !tokens[i].Glued
	return tokens[i].Text, alone
}
