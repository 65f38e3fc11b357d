package knowledge

import (
	"cmp"
	"slices"
	"strings"

	"silkwire/knowledge/entity"
)

// CompleteEntity is at most n entities whose names were begun, of certain kinds
// if any are given.
func (s *Snapshot) CompleteEntity(typed string, n int, kinds ...EntityKind) []*Entity {
	if strings.TrimSpace(typed) == "" {
		return s.bestKnown(n, kinds)
	}
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

// bestKnown is the n entities of some kinds, or of any, that most facts name.
func (s *Snapshot) bestKnown(n int, kinds []EntityKind) []*Entity {
	var out []*Entity
	count := map[string]int{}
	for i := range s.contents.Entities {
		e := &s.contents.Entities[i]
		if len(kinds) > 0 && !slices.Contains(kinds, e.Kind) {
			continue
		}
		for range s.ranker.having(entityTerm + e.Slug) {
			count[e.Slug]++
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b *Entity) int {
		return cmp.Or(count[b.Slug]-count[a.Slug], strings.Compare(a.Name, b.Name))
	})
	return out[:min(n, len(out))]
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
