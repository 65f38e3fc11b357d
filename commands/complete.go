package commands

import (
	"context"
	"slices"

	"silkwire/bot"
	"silkwire/knowledge"
)

// completeEntity suggests the names of entities, of certain kinds if any are
// given. Where no name begins like what was typed, it is taken for a whole name that
// is misspelt.
func completeEntity(k Knowledge, kinds ...knowledge.EntityKind) bot.Completer {
	return func(_ context.Context, _ bot.Request, typed string) []bot.Choice {
		var out []bot.Choice
		for _, e := range entitiesLike(k.Snapshot(), typed, kinds) {
			out = append(out, bot.Choice{Label: e.Name + "  " + string(e.Kind), Value: e.Name})
		}
		return out
	}
}

// entitiesLike are those whose names begin like what was typed, else those that it
// names.
func entitiesLike(s *knowledge.Snapshot, typed string, kinds []knowledge.EntityKind) []*knowledge.Entity {
	found := s.CompleteEntity(typed, maxChoices, kinds...)
	if len(found) == 0 {
		for _, m := range s.Find(typed) {
			if e := s.Entity(m.Slug); e != nil && (len(kinds) == 0 || slices.Contains(kinds, e.Kind)) {
				found = append(found, e)
			}
		}
	}
	return found[:min(len(found), maxChoices)]
}

// completeSymbol suggests symbols with what they stand for.
func completeSymbol(k Knowledge) bot.Completer {
	return func(_ context.Context, _ bot.Request, typed string) []bot.Choice {
		s := k.Snapshot()
		var out []bot.Choice
		for _, symbol := range s.CompleteSymbol(typed, maxChoices) {
			out = append(out, bot.Choice{Label: symbol + "  " + s.Name(symbol), Value: symbol})
		}
		return out
	}
}

// maxChoices is Discord's limit for one completion:
// https://discord.com/developers/docs/interactions/application-commands#autocomplete
const maxChoices = 25
