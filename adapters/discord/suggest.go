package discord

import (
	"context"
	"strings"

	"github.com/bwmarrin/discordgo"

	"silkwire/bot"
	"silkwire/bot/layout"
)

// suggest answers a look-up while somebody types. It is never late and never fails
// visibly.
func (a *Adapter) suggest(ctx context.Context, t *turn) {
	choices := []foundChoice{}
	path, options := t.i.Data.call()
	if focused, typed, ok := t.i.Data.focused(); ok {
		req := a.request(t.i, "")
		req.Call = &bot.Call{Path: ownPath(path), Options: options, Focused: focused}
		choices = asFound(a.core.Complete(ctx, req), typed)
	}
	// Its error is logged by the turn.
	_ = t.first(ctx, callback{discordgo.InteractionApplicationCommandAutocompleteResult, found{choices}})
}

// focused is the option that is being typed, and what was typed of it.
func (d interactionData) focused() (name, typed string, ok bool) {
	options := d.Options
	for len(options) == 1 && len(options[0].Options) > 0 && !options[0].Focused {
		options = options[0].Options
	}
	for _, o := range options {
		if o.Focused {
			return o.Name, o.text(), true
		}
	}
	return "", "", false
}

// asFound is what Discord shows of a completion: whole values of the option of which
// something was typed.
func asFound(c bot.Completion, typed string) []foundChoice {
	out := []foundChoice{}
	before := typed[:min(c.From, len(typed))]
	for _, choice := range c.Choices {
		value := before + choice.Value
		if strings.TrimSpace(value) == "" || layout.Length(value) > maxChoiceText || len(out) == maxChoices {
			continue
		}
		out = append(out, foundChoice{Name: labelled(before+choice.Label, value, maxChoiceText), Value: value})
	}
	return out
}
