package knowledge

import (
	"encoding/json"
	"slices"
	"strings"

	"silkwire/knowledge/text"
)

// factsAlone tells whether a change touches facts and nothing else, with the
// change tidied and the facts that it puts and removes.
func (s *Snapshot) factsAlone(c Change) (tidied Change, put []*Fact, removed []string, alone bool) {
	for _, r := range c.Put {
		if r.Ref().Kind != FactRecord {
			return c, nil, nil, false
		}
	}
	for _, ref := range c.Remove {
		if ref.Kind != FactRecord {
			return c, nil, nil, false
		}
	}
	c = c.tidied(s.Document)
	last := map[string]*Fact{}
	for _, r := range c.Put {
		f := &Fact{}
		switch r := r.(type) {
		case Fact:
			f = &r
		case stored:
			if json.Unmarshal(r.value, f) != nil {
				return c, nil, nil, false
			}
		default:
			return c, nil, nil, false
		}
		if _, again := last[f.ID]; !again {
			removed = append(removed, f.ID)
		}
		last[f.ID] = f
	}
	for _, ref := range c.Remove {
		if _, again := last[ref.Key]; !again {
			removed = append(removed, ref.Key)
		}
		last[ref.Key] = nil
	}
	for _, id := range removed {
		if last[id] != nil {
			put = append(put, last[id])
		}
	}
	return c, put, removed, true
}

// accepts tells whether a change of facts alone leaves no mistake behind: put
// are their new values, removed the ids of all of them. It looks only at what
// they refer to and at what refers to them; where it says no, Contents.Check
// says why.
func (s *Snapshot) accepts(put []*Fact, removed []string) bool {
	k := checker{
		entities: map[string]bool{}, facts: map[string]bool{}, drawn: map[string]bool{}, documents: map[string]Document{},
		attributes: attributeNames(),
	}
	gone := map[string]bool{}
	for _, id := range removed {
		gone[id] = true
	}
	for _, f := range put {
		gone[f.ID] = false
		k.facts[f.ID] = true
	}
	for _, f := range put {
		for _, slug := range f.Entities() {
			k.entities[slug] = s.entities[slug] != nil
		}
		for _, source := range f.Sources {
			if d := s.documents[source.Document]; d != nil {
				k.documents[d.ID], k.drawn[d.ID] = *d, true
			}
		}
		for _, r := range f.Relations {
			if !gone[r.To] && s.Fact(r.To) != nil {
				k.facts[r.To] = true
			}
		}
	}
	for _, f := range put {
		if k.fact(*f); len(k.problems) > 0 {
			return false
		}
	}
	for id := range gone {
		if gone[id] && s.needed(id, gone, put) {
			return false
		}
	}
	return true
}

// needed tells whether anything that stays refers to a fact.
func (s *Snapshot) needed(id string, gone map[string]bool, put []*Fact) bool {
	if len(s.restingOn[id]) > 0 {
		return true
	}
	now := map[string]*Fact{}
	for _, f := range put {
		now[f.ID] = f
	}
	for _, r := range s.Bearing(id) {
		if _, changed := now[r.To]; !gone[r.To] && !changed {
			return true
		}
	}
	return false // what is put was checked against the facts that stay
}

// Problems are the mistakes of a fact that is to be added or changed, together with
// new entities, by itself and by what it refers to; nil if there is none.
func (s *Snapshot) Problems(f Fact, with ...Entity) []Problem {
	k := checker{entities: keys(slices.Concat(s.contents.Entities, with)), facts: map[string]bool{f.ID: true}, drawn: keys(s.contents.Documents), documents: map[string]Document{}, attributes: attributeNames()}
	for _, d := range s.contents.Documents {
		k.documents[d.ID] = d
	}
	for _, other := range s.Facts() {
		k.facts[other.ID] = true
	}
	k.fact(f)
	return k.problems
}

// Tells is what a text may tell of its subject, by the words that concepts have
// for it, each attribute once.
func (s *Snapshot) Tells(statement string) []Attribute {
	said := " " + stems(statement) + " "
	var out []Attribute
	for _, c := range s.contents.Concepts {
		if len(c.Tells) == 0 || !slices.ContainsFunc(c.Words, func(w string) bool { return strings.Contains(said, " "+stems(w)+" ") }) {
			continue
		}
		for _, a := range c.Tells {
			if !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	return out
}

func stems(s string) string {
	var all []string
	for _, t := range text.Tokenize(s) {
		all = append(all, t.Stem)
	}
	return strings.Join(all, " ")
}
