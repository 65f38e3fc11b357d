package commands

import (
	"cmp"
	"context"
	"slices"
	"strings"
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
			pageOption(), chartOption(),
		},
		Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) { return timeline(k.Snapshot(), r) },
	}
}

// maxTimeline is how many entries a timeline shows.
const maxTimeline = 20

func timeline(s *knowledge.Snapshot, r bot.Request) (bot.Reply, error) {
	topic := r.Values.Text("topic")
	c := compose(s, topic)
	facts, about, err := timelineFacts(s, c, topic)
	if err != nil {
		return bot.Reply{}, err
	}
	first, last, err := window(r.Values)
	if err != nil {
		return bot.Reply{}, err
	}
	dated, undated := within(facts, first, last)
	reply := bot.Reply{Title: bot.B("Timeline: " + cmp.Or(about, "everything"))}
	all := strings.TrimSpace("/facts " + about)
	if len(dated) == 0 {
		lead := "No dated fact" + ofTopic(about) + " is recorded"
		if !first.IsZero() || !last.IsZero() {
			lead += " in that time"
		}
		reply.Lead, reply.Outcome = bot.T(lead+"."), bot.Unknown
		reply.Suggestions = []bot.Action{{Label: "Facts" + ofTopic(about), Line: all}}
		reply.Used = c.used
		return reply, nil
	}
	part, more, err := page(dated, r.Values.Int("page", 1), maxTimeline, timelineLine(r.Values))
	if err != nil {
		return bot.Reply{}, err
	}
	reply.Lead = bot.T(span(dated, about))
	list := bot.List{More: more}
	for _, f := range part {
		list.Items = append(list.Items, c.underDate(f))
	}
	reply.Blocks = []bot.Block{list}
	if drawn, ok := timelineChart(reply.Title.String(), plural(len(part), "dated fact", "dated facts"), c.eventsOf(part, about)); ok && asksChart(r.Values) {
		reply.Blocks = []bot.Block{drawn, list}
	}
	if undated > 0 {
		reply.Blocks = append(reply.Blocks, bot.Paragraph{Text: bot.Join(
			bot.Q(plural(undated, "further fact bears", "further facts bear")+" no date; among all of them: "), bot.C(all))})
	}
	return c.finish(reply), nil
}

// underDate is a fact behind its date.
func (c *composer) underDate(f *knowledge.Fact) bot.Item {
	item := c.item(f, 0.9)
	item.Text = bot.Join(bot.B(held(f).Words()), bot.T(": "), item.Text)
	return item
}

func ofTopic(name string) string {
	if name == "" {
		return ""
	}
	return " about " + name
}

// timelineLine is the line that was asked, without its page.
func timelineLine(v bot.Values) string {
	parts := []string{"/timeline"}
	if topic := v.Text("topic"); topic != "" {
		parts = append(parts, topic)
	}
	for _, name := range []string{"since", "until"} {
		if v.Has(name) {
			parts = append(parts, name+":"+v.Text(name))
		}
	}
	if asksChart(v) {
		parts = append(parts, chartName+":")
	}
	return strings.Join(parts, " ")
}

// held is the date under which a fact stands: when it began to hold, else when
// it ceased.
func held(f *knowledge.Fact) knowledge.Date {
	if f.From.IsZero() {
		return f.Until
	}
	return f.From
}

// within lists the dated facts of a time, in its order and what happened before
// what is said of it, and counts those that bear no date.
func within(facts []*knowledge.Fact, first, last time.Time) (dated []*knowledge.Fact, undated int) {
	for _, f := range facts {
		switch at := held(f); {
		case at.IsZero():
			undated++
		case at.Last().Before(first) || !last.IsZero() && at.First().After(last):
		default:
			dated = append(dated, f)
		}
	}
	kind := func(f *knowledge.Fact) int { return slices.Index(knowledge.FactKinds(), f.Kind) }
	slices.SortStableFunc(dated, func(a, b *knowledge.Fact) int {
		return cmp.Or(held(a).Compare(held(b)), kind(a)-kind(b))
	})
	return dated, undated
}

func span(dated []*knowledge.Fact, about string) string {
	from, to := held(dated[0]).Words(), held(dated[len(dated)-1]).Words()
	out := plural(len(dated), "dated fact", "dated facts") + ofTopic(about)
	switch {
	case from != to:
		return out + ", from " + from + " to " + to + "."
	case len(dated) > 1:
		return out + ", all of " + from + "."
	}
	return out + ", of " + from + "."
}

func timelineFacts(s *knowledge.Snapshot, c *composer, topic string) ([]*knowledge.Fact, string, error) {
	if topic == "" {
		return slices.Clone(s.Facts()), "", nil
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
