package commands

import (
	"cmp"
	"context"
	"slices"

	"silkwire/bot"
	"silkwire/knowledge"
)

// mostReportsShown is how many reports a list shows.
const mostReportsShown = 8

// listReports lists the answers that were reported as wrong, the newest first; of
// one it shows the facts that the answer used, and what can be done.
func (c curate) listReports(ctx context.Context, r bot.Request) (bot.Reply, error) {
	s, id := c.k.Snapshot(), r.Values.Text("report")
	reports, err := reportsFor(ctx, c.feedback, r)
	if err != nil {
		return bot.Reply{}, err
	}
	if id != "" {
		i := slices.IndexFunc(reports, func(r bot.Report) bool { return r.ID() == id })
		switch {
		case i < 0:
			return bot.Reply{}, noReport()
		case r.Values.Bool("settled"):
			return c.settleReport(ctx, id)
		}
		return oneReport(s, reports[i]), nil
	}
	reply := bot.Reply{Title: bot.B("Answers reported as wrong"), Visibility: bot.Private}
	if len(reports) == 0 {
		reply.Lead = bot.T("No answer was reported as wrong in the last 90 days.")
		return reply, nil
	}
	list, err := pagedList(reports, r.Values.Int("page", 1), mostReportsShown, "/curate reports", func(r bot.Report) bot.Item {
		return bot.Item{Text: bot.T(bot.Shorten(r.Says, 200)), Detail: reportWords(r), Line: "/curate reports " + r.ID()}
	})
	if err != nil {
		return bot.Reply{}, err
	}
	reply.Lead = bot.T(plural(len(reports), "answer was", "answers were") + " reported as wrong in the last 90 days, the newest first.")
	reply.Blocks = []bot.Block{list}
	return reply, nil
}

// reportsFor are the reports that a curator may read: those of their own workspace or
// server, and all of them for who runs silkwire.
func reportsFor(ctx context.Context, kept *bot.Feedback, r bot.Request) ([]bot.Report, error) {
	reports, err := kept.Reports(ctx, r.At)
	return slices.DeleteFunc(reports, func(o bot.Report) bool {
		return !mayRead(r, o.Platform, o.Space)
	}), err
}

// mayRead tells whether a curator may read what came in at a workspace or server: at
// their own, or, who runs silkwire, at all.
func mayRead(r bot.Request, platform, space string) bool {
	return r.User.Trusted || platform == r.Conversation.Platform && space == r.Conversation.Space
}

func noReport() *bot.Fail {
	return &bot.Fail{
		Outcome: bot.Unknown, Say: "There is no such report: somebody may have settled it.",
		Suggest: []bot.Action{{Label: "All reports", Line: "/curate reports"}},
	}
}

func (c curate) settleReport(ctx context.Context, id string) (bot.Reply, error) {
	if found, err := c.feedback.Settle(ctx, id); err != nil || !found {
		return bot.Reply{}, cmp.Or[error](err, noReport())
	}
	return bot.Reply{Lead: bot.T("It is settled, and off the list."), Visibility: bot.Private, Actions: []bot.Action{{Label: "All reports", Line: "/curate reports"}}}, nil
}

// reportWords is when a report came, where from and what was asked.
func reportWords(r bot.Report) bot.Text {
	words := stamp(r.At) + " · " + joined(":", r.Platform, r.Space, r.User)
	if r.Question != "" {
		words += " · asked: " + bot.Shorten(r.Question, 120)
	}
	return bot.Q(words)
}

// oneReport is a report with the facts that the answer used, each to be opened,
// changed or withdrawn.
func oneReport(s *knowledge.Snapshot, r bot.Report) bot.Reply {
	reply := bot.Reply{
		Title: bot.B("An answer reported as wrong"), Lead: bot.T(r.Says), Visibility: bot.Private,
		Blocks: []bot.Block{bot.Paragraph{Text: reportWords(r)}},
	}
	list := bot.List{Title: bot.B("What the answer rests on")}
	for _, id := range r.Facts {
		f := s.Fact(id)
		if f == nil {
			list.Items = append(list.Items, bot.Item{Text: bot.T("A fact that was withdrawn since"), Detail: bot.C(id)})
			continue
		}
		list.Items = append(list.Items, bot.Item{Text: bot.T(f.Statement), Detail: brief(f), Line: "/fact " + id})
		if len(reply.Actions) == 0 {
			reply.Actions = append(reply.Actions,
				bot.Action{Label: "Withdraw " + id, Line: "/curate retire " + id},
				bot.Action{Label: "History of " + id, Line: "/curate history " + id})
		}
	}
	if len(list.Items) > 0 {
		reply.Blocks = append(reply.Blocks, list)
	}
	reply.Actions = append(reply.Actions, bot.Action{Label: "Settled", Line: "/curate reports " + r.ID() + " settled:true"})
	return reply
}
