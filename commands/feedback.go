package commands

import (
	"context"
	"slices"

	"silkwire/bot"
	"silkwire/knowledge"
)

// Feedback takes what a reader says of an answer. It is what the ratings under an
// answer ask, so it stands in no menu.
func Feedback(k Knowledge, kept *bot.Feedback) bot.Command {
	f := feedback{k, kept}
	about := bot.Option{Name: "about", Summary: "the ids of the facts that the answer used", Kind: bot.WordList, Named: true, Required: true}
	question := bot.Option{Name: "question", Summary: "what was asked", Kind: bot.Word, Named: true}
	says := bot.Option{Name: "says", Summary: "what is wrong with this answer", Kind: bot.FreeText, Required: true}
	return bot.Command{
		Name: "feedback", Summary: "Say what you think of an answer", Hidden: true,
		Subcommands: []bot.Command{
			{Name: "helpful", Summary: "Say that an answer helped", Options: []bot.Option{about, question}, Handle: f.helpful},
			// Its summary is the title of the form that asks what is wrong: 24
			// characters are shown everywhere.
			{Name: "wrong", Summary: "Report a wrong answer", Options: []bot.Option{about, says, question}, Handle: f.wrong},
		},
	}
}

type feedback struct {
	k    Knowledge
	kept *bot.Feedback
}

func (f feedback) helpful(ctx context.Context, r bot.Request) (bot.Reply, error) {
	facts, err := knownFacts(f.k.Snapshot(), r)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := f.kept.Helpful(ctx, facts); err != nil {
		return bot.Reply{}, err
	}
	return thanks("Thank you, it is good to know that this helped."), nil
}

func (f feedback) wrong(ctx context.Context, r bot.Request) (bot.Reply, error) {
	facts, err := knownFacts(f.k.Snapshot(), r)
	if err != nil {
		return bot.Reply{}, err
	}
	err = f.kept.Wrong(ctx, r.ID, bot.Report{
		At: r.At, Question: r.Values.Text("question"), Facts: facts, Says: r.Values.Text("says"),
		Platform: r.Conversation.Platform, Space: r.Conversation.Space, Channel: r.Conversation.Channel, User: r.User.ID,
	})
	if err != nil {
		return bot.Reply{}, err
	}
	return thanks("Thank you, a curator will look at what you wrote and check the facts."), nil
}

func thanks(sentence string) bot.Reply {
	return bot.Reply{Lead: bot.T(sentence), Visibility: bot.Private}
}

// knownFacts are the facts of the base that the feedback is about: nothing is
// counted under an id that somebody made up.
func knownFacts(s *knowledge.Snapshot, r bot.Request) ([]string, error) {
	known := slices.DeleteFunc(r.Values.Words("about"), func(id string) bool { return s.Fact(id) == nil })
	if len(known) == 0 {
		return nil, bot.Misuse("Ask again and press what stands under the answer.", "I do not know the facts that this is about.")
	}
	return known, nil
}
