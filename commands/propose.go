package commands

import (
	"context"
	"errors"
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

// Proposals tells people what became of what they proposed.
func Proposals(k Knowledge, drafts *bot.Drafts) bot.Command {
	return bot.Command{
		Name: "proposals", Summary: "What became of what you proposed as facts", Examples: []string{"/proposals"},
		Handle: func(ctx context.Context, r bot.Request) (bot.Reply, error) {
			s := k.Snapshot()
			all, err := drafts.All(ctx, r.At)
			if err != nil {
				return bot.Reply{}, err
			}
			all = slices.DeleteFunc(all, func(d bot.Draft) bool {
				return d.Platform != r.Conversation.Platform || d.Space != r.Conversation.Space || d.User != r.User.ID
			})
			reply := bot.Reply{Title: bot.B("My proposals"), Visibility: bot.Private}
			if len(all) == 0 {
				reply.Lead = bot.T("You have proposed nothing in the last 90 days. To propose a message as a fact, open its menu and choose " + proposeName + ".")
				return reply, nil
			}
			list := bot.List{}
			for _, d := range all[:min(len(all), mostProposals)] {
				list.Items = append(list.Items, bot.Item{Text: bot.T(bot.Shorten(d.Text, 200)), Detail: fate(d), Line: factLine(s, d.Fact)})
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

// fate is what became of a draft.
func fate(d bot.Draft) bot.Text {
	on := d.Settled.UTC().Format("2 January 2006")
	switch {
	case d.Settled.IsZero():
		return bot.Q("waits since " + d.At.UTC().Format("2 January 2006"))
	case d.Fact != "":
		return bot.Join(bot.Q("a fact since "+on+" · "), bot.C(d.Fact))
	}
	return bot.Q("not taken, " + on + ": " + d.Refused)
}

// review lists the drafts that wait; of one it shows what is near it, and what can be
// done.
func (c curate) review(ctx context.Context, r bot.Request) (bot.Reply, error) {
	s := c.k.Snapshot()
	waiting, err := draftsFor(ctx, c.drafts, r)
	if err != nil {
		return bot.Reply{}, err
	}
	if id := r.Values.Text("draft"); id != "" {
		i := slices.IndexFunc(waiting, func(d bot.Draft) bool { return d.ID() == id })
		if i < 0 {
			return bot.Reply{}, settledAlready()
		}
		return oneDraft(s, waiting[i]), nil
	}
	reply := bot.Reply{Title: bot.B("Proposed as facts"), Visibility: bot.Private}
	if len(waiting) == 0 {
		reply.Lead = bot.T("Nothing waits.")
		return reply, nil
	}
	list, err := pagedList(waiting, r.Values.Int("page", 1), mostProposals, "/curate review", func(d bot.Draft) bot.Item {
		return bot.Item{Text: bot.T(bot.Shorten(d.Text, 200)), Detail: draftWords(d), Line: "/curate review " + d.ID()}
	})
	if err != nil {
		return bot.Reply{}, err
	}
	reply.Lead = bot.T(plural(len(waiting), "proposal waits", "proposals wait") + ", the newest first.")
	reply.Blocks = []bot.Block{list}
	return reply, nil
}

// draftsFor are the drafts that wait and that a curator may read: those of their own
// workspace or server, and all of them for who runs silkwire.
func draftsFor(ctx context.Context, drafts *bot.Drafts, r bot.Request) ([]bot.Draft, error) {
	all, err := drafts.All(ctx, r.At)
	return slices.DeleteFunc(all, func(d bot.Draft) bool {
		return !d.Settled.IsZero() || !mayRead(r, d.Platform, d.Space)
	}), err
}

func settledAlready() *bot.Fail {
	return &bot.Fail{
		Outcome: bot.Unknown, Say: "There is no such proposal: somebody may have settled it.",
		Suggest: []bot.Action{{Label: "What waits", Line: "/curate review"}},
	}
}

// draftWords is when a draft came and where from.
func draftWords(d bot.Draft) bot.Text {
	return bot.Q(stamp(d.At) + " · " + joined(":", d.Platform, d.Space, d.User))
}

// oneDraft shows a draft with the names in it and the facts near it.
func oneDraft(s *knowledge.Snapshot, d bot.Draft) bot.Reply {
	c := compose(s, "")
	reply := bot.Reply{
		Title: bot.B("Proposed as a fact"), Lead: bot.T(d.Text), Visibility: bot.Private,
		Blocks: []bot.Block{bot.Paragraph{Text: draftWords(d)}},
	}
	line := "/curate add draft:" + d.ID()
	var slugs []string
	for _, m := range s.Find(d.Text) {
		if m.Slug != "" && !slices.Contains(slugs, m.Slug) {
			slugs = append(slugs, m.Slug)
		}
	}
	if len(slugs) > 0 {
		reply.Blocks = append(reply.Blocks, bot.Fields{Fields: []bot.Field{{Name: "Names in it", Value: c.names(slugs)}}})
		line += " about:" + bot.Quote(strings.Join(slugs, ", "))
	}
	if len([]rune(d.Text)) <= knowledge.MaxStatement {
		line += " statement:" + bot.Quote(d.Text)
	}
	list := bot.List{Title: bot.B("Nearest facts")}
	for _, scored := range s.Answer(knowledge.Query{Text: d.Text, Limit: mostNear}).Facts {
		list.Items = append(list.Items, bot.Item{Text: bot.T(scored.Fact.Statement), Detail: brief(scored.Fact), Line: "/fact " + scored.Fact.ID})
	}
	if len(list.Items) > 0 {
		reply.Blocks = append(reply.Blocks, list)
	}
	reply.Actions = []bot.Action{{Label: "Make a fact of it", Line: line}, {Label: "Refuse", Line: "/curate refuse " + d.ID()}}
	return reply
}

// refuse settles a draft with a reason that its proposer reads.
func (c curate) refuse(ctx context.Context, r bot.Request) (bot.Reply, error) {
	waiting, err := draftsFor(ctx, c.drafts, r)
	if err != nil {
		return bot.Reply{}, err
	}
	id := r.Values.Text("draft")
	if !slices.ContainsFunc(waiting, func(d bot.Draft) bool { return d.ID() == id }) {
		return bot.Reply{}, settledAlready()
	}
	if err := c.drafts.Settle(ctx, id, "", r.Values.Text("why"), r.At); err != nil {
		if errors.Is(err, bot.ErrSettled) {
			return bot.Reply{}, settledAlready()
		}
		return bot.Reply{}, err
	}
	return bot.Reply{Lead: bot.T("It is refused; its proposer reads your reason in /proposals."), Visibility: bot.Private, Actions: []bot.Action{{Label: "What waits", Line: "/curate review"}}}, nil
}

// waitsFor makes sure that a draft that a fact is made of waits still.
func (c curate) waitsFor(ctx context.Context, r bot.Request) error {
	id := r.Values.Text("draft")
	if id == "" {
		return nil
	}
	waiting, err := draftsFor(ctx, c.drafts, r)
	if err == nil && !slices.ContainsFunc(waiting, func(d bot.Draft) bool { return d.ID() == id }) {
		return settledAlready()
	}
	return err
}
