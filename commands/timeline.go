package commands

import (
	"context"
	"fmt"
	"slices"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
)

// Timeline shows facts in the order of time.
func Timeline(k Knowledge) bot.Command {
	return bot.Command{
		Name: "timeline", Summary: "What happened when, about a name or about everything",
		Examples: []string{"/timeline deepseek", "/timeline export controls since:2024"},
		Options: []bot.Option{
			{Name: "topic", Summary: "a name, in English or Chinese", Kind: bot.FreeText, Complete: completeEntity(k)},
			{Name: "since", Summary: "a first date, such as 2024 or 2024-10-31", Kind: bot.DateText, Named: true},
			{Name: "until", Summary: "a last date", Kind: bot.DateText, Named: true},
		},
		Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) { return timeline(k.Snapshot(), r) },
	}
}

// maxTimeline is how many entries a timeline shows.
const maxTimeline = 20

func timeline(s *knowledge.Snapshot, r bot.Request) (bot.Reply, error) {
	topic := r.Values.Text("topic")
	c := compose(s, topic)
	facts, name, err := timelineFacts(s, c, topic)
	if err != nil {
		return bot.Reply{}, err
	}
	first, last, err := window(r.Values)
	if err != nil {
		return bot.Reply{}, err
	}
	var dated []*knowledge.Fact
	undated := 0
	for _, f := range facts {
		switch {
		case f.From.IsZero():
			undated++
		case f.From.Last().Before(first) || !last.IsZero() && f.From.First().After(last):
		default:
			dated = append(dated, f)
		}
	}
	slices.SortStableFunc(dated, func(a, b *knowledge.Fact) int { return a.From.Compare(b.From) })
	reply := bot.Reply{Title: bot.B("Timeline: " + name)}
	if len(dated) == 0 {
		reply.Lead, reply.Outcome = bot.T("No dated fact about "+name+" is recorded in that time."), bot.Unknown
		reply.Suggestions = []bot.Action{{Label: "Everything about " + name, Line: "/facts " + topic}}
		reply.Used = c.used
		return reply, nil
	}
	reply.Lead = bot.T(span(dated))
	list := bot.List{}
	for _, f := range dated[:min(len(dated), maxTimeline)] {
		item := c.item(f, 0.9)
		item.Text = bot.Join(bot.B(f.From.Words()+"  "), item.Text)
		list.Items = append(list.Items, item)
	}
	if rest := len(dated) - len(list.Items); rest > 0 {
		next := dated[maxTimeline].From
		list.More = &bot.More{Count: rest, Line: fmt.Sprintf("/timeline %s since:%s", topic, next)}
	}
	reply.Blocks = []bot.Block{list}
	if undated > 0 {
		reply.Blocks = append(reply.Blocks, bot.Paragraph{Text: bot.Q(plural(undated, "further fact bears", "further facts bear") + " no date; /facts shows them.")})
	}
	return c.finish(reply), nil
}

func span(dated []*knowledge.Fact) string {
	from, to := dated[0].From.Words(), dated[len(dated)-1].From.Words()
	if from == to {
		return plural(len(dated), "dated fact", "dated facts") + ", of " + from + "."
	}
	return plural(len(dated), "dated fact", "dated facts") + ", from " + from + " to " + to + "."
}

func timelineFacts(s *knowledge.Snapshot, c *composer, topic string) ([]*knowledge.Fact, string, error) {
	if topic == "" {
		all := make([]*knowledge.Fact, len(s.Contents.Facts))
		for i := range s.Contents.Facts {
			all[i] = &s.Contents.Facts[i]
		}
		return all, "everything", nil
	}
	for _, m := range s.Find(topic) {
		if m.Slug != "" {
			c.useEntity(m.Slug, m.Score)
			return s.About(m.Slug), s.Entity(m.Slug).Name, nil
		}
	}
	_, err := notFound(s, topic)
	return nil, "", err
}

// window reads since and until; an until of a year or month means its end.
func window(v bot.Values) (first, last time.Time, err error) {
	since, err := knowledge.ParseDate(v.Text("since"))
	if err != nil {
		return first, last, bot.Misuse("Write for example since:2024-10.", "%v", err)
	}
	until, err := knowledge.ParseDate(v.Text("until"))
	if err != nil {
		return first, last, bot.Misuse("Write for example until:2025.", "%v", err)
	}
	if !since.IsZero() {
		first = since.First()
	}
	if !until.IsZero() {
		last = until.Last()
	}
	if !last.IsZero() && last.Before(first) {
		return first, last, bot.Misuse("Write the earlier date as since: and the later one as until:.", "since:%s is after until:%s.", since, until)
	}
	return first, last, nil
}
