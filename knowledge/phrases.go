package knowledge

import (
	"silkwire/knowledge/search"
	"silkwire/knowledge/text"
)

// phrases finds the words and phrases that lead to concepts.
type phrases struct {
	root     *phraseNode
	concepts map[string]*concept // by slug
}

type phraseNode struct {
	next     map[string]*phraseNode
	concepts []*concept
}

// concept is a Concept as the ranker needs it.
type concept struct {
	slug  string
	term  int32
	tells []Attribute // what a question with its words asks for
}

func newPhrases(lexicon *search.Lexicon, concepts []Concept) *phrases {
	p := &phrases{root: &phraseNode{}, concepts: make(map[string]*concept, len(concepts))}
	for _, c := range concepts {
		p.concepts[c.Slug] = &concept{slug: c.Slug, term: lexicon.Add(conceptTerm + c.Slug), tells: c.Tells}
	}
	return p
}

// add makes the tokens lead to a concept.
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
	if at == p.root {
		return
	}
	for _, c := range at.concepts {
		if c.slug == slug {
			return
		}
	}
	at.concepts = append(at.concepts, p.concepts[slug])
}

// find yields the concepts that the tokens lead to, with the tokens of the
// longest phrase at each place.
func (p *phrases) find(tokens []text.Token, yield func(c *concept, from, to int)) {
	for i := range tokens {
		at, end, to := p.root, (*phraseNode)(nil), i
		for j := i; j < len(tokens); j++ {
			if at = at.next[tokens[j].Stem]; at == nil {
				break
			}
			if at.concepts != nil {
				end, to = at, j+1
			}
		}
		if end == nil {
			continue
		}
		for _, c := range end.concepts {
			yield(c, i, to)
		}
	}
}
