package bottest

import (
	"context"
	"fmt"

	"silkwire/bot"
)

// Mine is a command whose reply is for its asker alone, with everything below it that can
// be pressed.
func Mine() bot.Command {
	return bot.Command{Name: "mine", Summary: "What is mine", Options: []bot.Option{{Name: "of", Summary: "whose", Kind: bot.Word}}, Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
		secret := Secret(r.User.ID)
		l := bot.List{Title: bot.T("All of it"), More: &bot.More{Count: 2, Line: "/mine of:more"}}
		for i := range 200 {
			l.Items = append(l.Items, bot.Item{Text: bot.T(fmt.Sprintf("Number %d is the %s, in words that take some room.", i, secret)), Line: fmt.Sprint("/mine of:", i)})
		}
		return bot.Reply{
			Title: bot.T("Yours"), Lead: bot.T("This is the " + secret + "."), Visibility: bot.Private, Personal: true,
			Blocks:      []bot.Block{l, bot.Sources{Items: []bot.SourceItem{{Text: bot.T("Where the " + secret + " is kept"), Address: Home}}}},
			Suggestions: []bot.Action{{Label: "Again", Line: "/mine"}, {Label: "Which", Choices: []bot.Choice{{Label: "a", Value: "/mine of:a"}}}},
			Ratings:     []bot.Action{{Label: "👍", Line: "/mine of:rating"}},
			Used:        bot.Used{Facts: []bot.Use{{ID: "a-fact"}}},
		}, nil
	}}
}

// Secret is what nobody but the user may read.
func Secret(user string) string { return "secret of " + user }
