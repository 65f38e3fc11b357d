package knowledge_test

import (
	"slices"
	"testing"

	"silkwire/knowledge"
)

func TestCompleteEntityOfKinds(t *testing.T) {
	s := shippedSnapshot(t)
	for _, kinds := range [][]knowledge.EntityKind{{knowledge.KindPolicy}, {knowledge.KindPolicy, knowledge.KindLaw, knowledge.KindAgency}} {
		all := 0
		for _, e := range s.Entities() {
			if slices.Contains(kinds, e.Kind) {
				all++
			}
		}
		got := s.CompleteEntity("", 25, kinds...)
		for _, e := range got {
			if !slices.Contains(kinds, e.Kind) {
				t.Errorf("%v: got %s, which is a %s", kinds, e.Slug, e.Kind)
			}
		}
		if len(got) != min(all, 25) || all == 0 {
			t.Errorf("%v: nothing typed completes to %d of %d entities", kinds, len(got), all)
		}
	}
	if got := s.CompleteEntity("", 2, knowledge.KindLab); len(got) != 2 {
		t.Errorf("got %v, want two", slugs(got))
	}
}

func TestCompletionPutsNamesAndSymbolsFirst(t *testing.T) {
	s := shippedSnapshot(t)
	if got := s.CompleteEntity("q", 9); len(got) == 0 || got[0].Slug != "qwen" {
		t.Errorf("q completes to %v, want qwen first", slugs(got))
	}
	goog, gas := -1, -1
	for i, symbol := range s.CompleteSymbol("g", 25) {
		switch symbol {
		case "GOOG":
			goog = i
		case "NATGAS":
			gas = i
		}
	}
	if goog < 0 || gas >= 0 && gas < goog {
		t.Errorf("g completes to %q, want GOOG before NATGAS", s.CompleteSymbol("g", 25))
	}
}

func TestNear(t *testing.T) {
	s := shippedSnapshot(t)
	for _, typed := range []string{"FOO", "foo", "", "?"} {
		if entities, symbols := s.NearEntity(typed, 3), s.NearSymbol(typed, 3); len(entities) > 0 || len(symbols) > 0 {
			t.Errorf("near to %q: %v, %q; want nothing", typed, slugs(entities), symbols)
		}
	}
	if got := s.NearEntity("deepsek", 3); len(got) == 0 || got[0].Slug != "deepseek" {
		t.Errorf("near to deepsek: %v, want deepseek first", slugs(got))
	}
	if got := s.NearEntity("deepsek", 3, knowledge.KindPolicy); len(got) > 0 {
		t.Errorf("policies near to deepsek: %v, want none", slugs(got))
	}
	if got := s.NearSymbol("$nvdia", 3); len(got) == 0 || got[0] != "NVDA" {
		t.Errorf("near to $nvdia: %q, want NVDA first", got)
	}
}
