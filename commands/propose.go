package commands

import (
	"context"
	"slices"
	"strings"

	"silkwire/bot"
	"silkwire/knowledge"
)

// proposeName is the message command that makes a draft of a message.
const proposeName = "Propose as a fact"

// Propose takes a message as the draft of a fact, for curators to look at.
func Propose(drafts *bot.Drafts) bot.Command {
	return bot.Command{
		Name: proposeName, Summary: "Let curators look whether a message is worth a fact", Message: true,
		Handle: func(ctx context.Context, r bot.Request) (bot.Reply, error) {
			text := strings.TrimSpace(bot.Clean(r.Message))
			if text == "" {
				return bot.Reply{}, bot.Misuse("Choose a message that says something in words.", "There is no text in that message.")
			}
			err := drafts.Propose(ctx, bot.Draft{
				At: r.At, Text: text, Platform: r.Conversation.Platform, Space: r.Conversation.Space, Channel: r.Conversation.Channel, User: r.User.ID,
			})
			if err != nil {
				return bot.Reply{}, err
			}
			reply := thanks("Thank you, a curator will look at it. Nothing is a fact before that.")
			reply.Actions = []bot.Action{{Label: "My proposals", Line: "/proposals"}}
			return reply, nil
		},
	}
}

// mostProposals is how many drafts a list shows.
const mostProposals = 8

// Proposals tells people what became of what they proposed, and of the answers that
// they reported as wrong.
func Proposals(k Knowledge, drafts *bot.Drafts, feedback *bot.Feedback) bot.Command {
	return bot.Command{
		Name: "proposals", Summary: "What became of what you proposed as facts or reported as wrong", Examples: []string{"/proposals"},
		Handle: func(ctx context.Context, r bot.Request) (bot.Reply, error) {
			s := k.Snapshot()
			all, err := inbox(ctx, drafts, feedback, r)
			if err != nil {
				return bot.Reply{}, err
			}
			all = slices.DeleteFunc(all, func(i incoming) bool { return !i.by(r) })
			reply := bot.Reply{Title: bot.B("My proposals"), Visibility: bot.Private}
			if len(all) == 0 {
				reply.Lead = bot.T("You have proposed nothing in the last 90 days. To propose a message as a fact, open its menu and choose " + proposeName + ".")
				return reply, nil
			}
			list := bot.List{}
			for _, i := range all[:min(len(all), mostProposals)] {
				list.Items = append(list.Items, bot.Item{Text: bot.T(bot.Shorten(i.text, 200)), Detail: i.became(), Line: factLine(s, i.Fact)})
			}
			reply.Lead = bot.T(plural(len(all), "proposal", "proposals") + " of the last 90 days, those that wait first.")
			reply.Blocks = []bot.Block{list}
			return reply, nil
		},
	}
}

func factLine(s *knowledge.Snapshot, id string) string {
	if s.Fact(id) == nil {
		return ""
	}
	return "/fact " + id
}
