package commands

import (
	"context"
	"slices"
	"strings"

	"silkwire/bot"
	"silkwire/knowledge"
)

// mostGaps is how many questions a list shows.
const mostGaps = 10

// listGaps lists the questions that nobody got an answer to, without those that the
// facts answer by now; of one question it shows what can be done about it.
func (c curate) listGaps(ctx context.Context, r bot.Request) (bot.Reply, error) {
	if c.gaps == nil {
		return bot.Reply{}, nothingKept()
	}
	s := c.k.Snapshot()
	if question := r.Values.Text("question"); question != "" {
		return c.oneGap(ctx, s, question, r.Values.Bool("forget"))
	}
	all, err := c.gaps.Gaps(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	all = knowledge.Together(all)
	all = slices.DeleteFunc(all, func(g knowledge.Gap) bool { return s.Answer(knowledge.Query{Text: g.Question}).Known })
	reply := bot.Reply{Title: bot.B("Questions without an answer"), Visibility: bot.Private}
	if len(all) == 0 {
		reply.Lead = bot.T("No question of the last 90 days is without an answer.")
		return reply, nil
	}
	list, err := pagedList(all, r.Values.Int("page", 1), mostGaps, "/curate gaps", func(g knowledge.Gap) bot.Item {
		detail := plural(g.Count, "time", "times") + ", last on " + g.Last.UTC().Format("2 January 2006")
		if len(g.Also) > 0 {
			detail += " · also: " + strings.Join(g.Also[:min(len(g.Also), mostAlso)], " / ")
		}
		return bot.Item{Text: bot.T(g.Question), Detail: bot.Q(detail), Line: "/curate gaps " + bot.Quote(g.Question)}
	})
	if err != nil {
		return bot.Reply{}, err
	}
	reply.Lead = bot.T(plural(len(all), "question", "questions") + " of the last 90 days " + pluralWord(len(all), "is", "are") + " without an answer, most asked first. Open one to add a fact, or to let a fact answer it.")
	reply.Actions = opened(&list)
	reply.Blocks = []bot.Block{list}
	return reply, nil
}

// mostAlso is how many other wordings of a question are shown.
const mostAlso = 3

// oneGap shows the facts that are nearest to a question, and offers to make one of
// them answer it, to add one that does, and to forget it.
func (c curate) oneGap(ctx context.Context, s *knowledge.Snapshot, question string, forget bool) (bot.Reply, error) {
	if forget {
		if err := c.forget(ctx, question); err != nil {
			return bot.Reply{}, err
		}
		return bot.Reply{Lead: bot.T("It is off the list, until somebody asks it again."), Visibility: bot.Private}, nil
	}
	quoted := bot.Quote(question)
	reply := bot.Reply{Title: bot.B("A question without an answer"), Lead: bot.T(question), Visibility: bot.Private}
	list := bot.List{Title: bot.B("Nearest facts")}
	for _, scored := range s.Answer(knowledge.Query{Text: question, Limit: mostNear}).Facts {
		f := scored.Fact
		list.Items = append(list.Items, bot.Item{Text: bot.T(f.Statement), Detail: brief(f), Line: "/fact " + f.ID})
		reply.Actions = append(reply.Actions, bot.Action{Label: "Let " + f.ID + " answer it", Line: "/curate edit " + f.ID + " asks:" + bot.Quote(strings.ReplaceAll(question, ";", ","))})
	}
	if len(list.Items) > 0 {
		reply.Blocks = []bot.Block{list}
	}
	reply.Actions = append(reply.Actions,
		bot.Action{Label: "Add a fact", Line: "/curate add asks:" + bot.Quote(strings.ReplaceAll(question, ";", ","))},
		bot.Action{Label: "Forget it", Line: "/curate gaps " + quoted + " forget:true"})
	return reply, nil
}

// forget takes a question off the list, and those that ask nearly the same.
func (c curate) forget(ctx context.Context, question string) error {
	all, err := c.gaps.Gaps(ctx)
	if err != nil {
		return err
	}
	gone := []string{question}
	for _, g := range knowledge.Together(all) {
		if g.Question == question || slices.Contains(g.Also, question) {
			gone = append(append(gone, g.Question), g.Also...)
		}
	}
	for _, q := range gone {
		if err := c.gaps.Forget(ctx, q); err != nil {
			return err
		}
	}
	return nil
}
