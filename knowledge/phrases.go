package knowledge

import (
	"slices"

	"silkwire/knowledge/search"
	"silkwire/knowledge/text"
)

// phrases finds the words and phrases that lead to concepts: a trie, stem by
// stem, whose edges all stand in one map, since thousands of small maps cost
// more to make at the start than all the answers after it.
type phrases struct {
	edges    map[edge]int32
	ends     [][]*concept        // by node, what a phrase that ends there leads to
	concepts map[string]*concept // by slug
}

// edge leads from a node of a trie by a token to another. Node 0 is the root.
type edge struct {
	from  int32
	token string
}

// concept is a Concept as the ranker needs it.
type concept struct {
	slug  string
	term  int32
	tells []Attribute // what a question with its words asks for
}

func newPhrases(lexicon *search.Lexicon, concepts []Concept) *phrases {
	p := &phrases{edges: make(map[edge]int32, 4096), ends: make([][]*concept, 1, 4096), concepts: make(map[string]*concept, len(concepts))}
	for _, c := range concepts {
		p.concepts[c.Slug] = &concept{slug: c.Slug, term: lexicon.Add(conceptTerm + c.Slug), tells: c.Tells}
	}
	return p
}

// add makes the tokens lead to a concept.
func (p *phrases) add(tokens []text.Token, slug string) {
	at := int32(0)
	for _, t := range tokens {
		next, found := p.edges[edge{at, t.Stem}]
		if !found {
			next = int32(len(p.ends))
			p.edges[edge{at, t.Stem}] = next
			p.ends = append(p.ends, nil)
		}
		at = next
	}
	if c := p.concepts[slug]; at > 0 && !slices.Contains(p.ends[at], c) {
		p.ends[at] = append(p.ends[at], c)
	}
}

// find yields the concepts that the tokens lead to, with the tokens of the
// longest phrase at each place.
func (p *phrases) find(tokens []text.Token, yield func(c *concept, from, to int)) {
	for i := range tokens {
		at := int32(0)
		var end []*concept
		to := i
		for j := i; j < len(tokens); j++ {
			next, found := p.edges[edge{at, tokens[j].Stem}]
			if !found {
				break
			}
			at = next
			if p.ends[at] != nil {
				end, to = p.ends[at], j+1
			}
		}
		for _, c := range end {
			yield(c, i, to)
		}
	}
}
