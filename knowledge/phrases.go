package knowledge

import (
	"slices"

	"silkwire/knowledge/text"
)

// phrases finds the words and phrases that lead to concepts.
type phrases struct {
	trie     *text.Trie          // stem by stem
	ends     [][]*concept        // by node, what a phrase that ends there leads to
	concepts map[string]*concept // by slug
	listed   []phrase
}

// concept is a Concept as the ranker needs it.
type concept struct {
	slug   string
	number int // in the order of slugs
	term   int32
	tells  []Attribute // what a question with its words asks for
}

func newPhrases(l lexicon, z *text.Tokenizer, concepts []Concept) *phrases {
	p := emptyPhrases(l, concepts)
	for _, c := range concepts {
		for _, words := range c.Words {
			tokens := z.Tokenize(words)
			stems := make([]string, len(tokens))
			for i, t := range tokens {
				stems[i] = t.Stem
				if worthKnowing(t) {
					l.Word(t.Text, 1)
				}
			}
			p.add(stems, p.concepts[c.Slug])
		}
	}
	return p
}

func emptyPhrases(l lexicon, concepts []Concept) *phrases {
	p := &phrases{trie: text.NewTrie(4096), ends: make([][]*concept, 1, 4096), concepts: make(map[string]*concept, len(concepts))}
	for i, c := range concepts {
		p.concepts[c.Slug] = &concept{slug: c.Slug, number: i, term: l.Term(conceptTerm + c.Slug), tells: c.Tells}
	}
	return p
}

// add makes the stems lead to a concept.
func (p *phrases) add(stems []string, c *concept) {
	at := int32(0)
	for _, s := range stems {
		at = p.trie.Grow(at, s)
	}
	for len(p.ends) < p.trie.Nodes() {
		p.ends = append(p.ends, nil)
	}
	if at > 0 && !slices.Contains(p.ends[at], c) {
		p.ends[at] = append(p.ends[at], c)
		p.listed = append(p.listed, phrase{c.number, stems})
	}
}

// phrase is the stems that lead to the concept with that number.
type phrase struct {
	concept int
	stems   []string
}

// find yields the concepts that the tokens lead to, with the tokens of the
// longest phrase at each place.
func (p *phrases) find(tokens []text.Token, yield func(c *concept, from, to int)) {
	for i := range tokens {
		at := int32(0)
		var end []*concept
		to := i
		for j := i; j < len(tokens); j++ {
			next, found := p.trie.Next(at, tokens[j].Stem)
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
