package commands

import (
	"context"
	"errors"
	"slices"
	"strings"

	"silkwire/bot"
	"silkwire/knowledge"
)

// prepare keeps a change for a second curator. It is kept as the command line that
// makes it, with the revision that its author saw: what is changed until it is approved
// is not overwritten.
func (c curate) prepare(ctx context.Context, r bot.Request, s *knowledge.Snapshot, change knowledge.Change) (bot.Reply, error) {
	line := typedAgain("/"+r.Command, r.Values, nil)
	if r.Values.Bool(sureName) {
		line = typedAgain("/"+r.Command, r.Values, map[string]string{sureName: "true"})
	}
	draft := bot.Draft{
		At: r.At, Text: gistOf(s, r, change), Platform: r.Conversation.Platform, Space: r.Conversation.Space, Channel: r.Conversation.Channel, User: r.User.ID,
		Line: line, Seen: s.Revision,
	}
	if err := c.drafts.Propose(ctx, draft); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{
		Lead: bot.T("Kept for a second curator to approve, as this server wants it. Nothing was changed yet."), Visibility: bot.Private,
		Actions: []bot.Action{{Label: "What waits", Line: "/curate review"}},
	}, nil
}

// gistOf is what a change is about, in a line.
func gistOf(s *knowledge.Snapshot, r bot.Request, change knowledge.Change) string {
	_, does, _ := strings.Cut(r.Command, " ")
	for _, record := range slices.Backward(change.Put) {
		if f, ok := record.(knowledge.Fact); ok {
			return capital(does) + ": " + f.Statement
		}
		return capital(does) + ": " + record.Ref().String()
	}
	for _, ref := range change.Remove {
		if f := s.Fact(ref.Key); f != nil {
			return capital(does) + ": " + f.Statement
		}
	}
	return capital(does)
}

// approve makes the change that another curator prepared, with the rights of who
// approves it.
func (c curate) approve(ctx context.Context, r bot.Request) (bot.Reply, error) {
	waiting, err := waitingFor(ctx, c.drafts, c.feedback, r)
	if err != nil {
		return bot.Reply{}, err
	}
	id := r.Values.Text(draftName)
	i := slices.IndexFunc(waiting, func(i incoming) bool { return i.id == id && i.draft.Line != "" })
	switch {
	case i < 0:
		return bot.Reply{}, settledAlready()
	case waiting[i].by(r) && !r.User.Trusted:
		return bot.Reply{}, &bot.Fail{Outcome: bot.Denied, Say: "You prepared that yourself.", Next: "Another curator must approve it."}
	}
	command, values, err := c.prepared(waiting[i].draft.Line)
	if err != nil {
		return bot.Reply{}, err
	}
	r.Command, r.Values = command.Name, bot.NewValues(values)
	c.approved = &waiting[i].draft
	reply, err := c.subcommand(command.Name)(ctx, r)
	if err != nil || reply.Outcome != bot.Answered {
		return reply, err
	}
	err = c.drafts.Settle(ctx, id, bot.Fate{Settled: r.At, Fact: factIn(reply)})
	if errors.Is(err, bot.ErrSettled) {
		err = nil // it is done, whoever said so first
	}
	return reply, err
}

// factIn is the fact that a reply to a change leads to, or empty.
func factIn(reply bot.Reply) string {
	for _, a := range reply.Actions {
		if id, ok := strings.CutPrefix(a.Line, "/fact "); ok {
			return id
		}
	}
	return ""
}

// prepared reads the line of a change that was kept.
func (c curate) prepared(line string) (bot.Command, map[string][]string, error) {
	_, rest := bot.SplitLine(line)
	name, rest, _ := strings.Cut(rest, " ")
	for _, sub := range c.command().Subcommands {
		if sub.Name == name {
			sub.Name = "curate " + name
			values, err := bot.Bind(sub, rest)
			return sub, values, err
		}
	}
	return bot.Command{}, nil, settledAlready()
}

// subcommand is the handler of a change that can be prepared.
func (c curate) subcommand(name string) bot.Handler {
	return map[string]bot.Handler{
		"curate add": c.add, "curate edit": c.edit, "curate retire": c.retire, "curate relate": c.relate, "curate alias": c.alias,
	}[name]
}
