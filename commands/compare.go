package commands

import (
	"context"
	"slices"

	"silkwire/bot"
	"silkwire/knowledge"
)

// Compare sets two names side by side.
func Compare(k Knowledge) bot.Command {
	complete := completeEntity(k)
	return bot.Command{
		Name: "compare", Summary: "Two labs, companies or models side by side",
		Examples: []string{"/compare alibaba bytedance", "/compare qwen vs llama"},
		Options: []bot.Option{
			{Name: "first", Summary: "a name", Kind: bot.Word, Required: true, Complete: complete},
			{Name: "second", Summary: "another name", Kind: bot.FreeText, Required: true, Complete: complete},
		},
		Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
			s := k.Snapshot()
			first, second := r.Values.Text("first"), r.Values.Text("second")
			pair, unknown := readPair(s, first, second)
			if pair == nil {
				return notFound(s, unknown)
			}
			return compareReply(s, compose(s, r.Line), pair[0], pair[1]), nil
		},
	}
}

// readPair finds the two entities. Names of several words are told apart by
// what they mean, so that no quotation marks are needed.
func readPair(s *knowledge.Snapshot, first, second string) (pair []*knowledge.Entity, unknown string) {
	for _, m := range s.Find(first + " " + second) {
		if m.Slug != "" && len(pair) < 2 {
			pair = append(pair, s.Entity(m.Slug))
		}
	}
	if len(pair) == 2 {
		return pair, ""
	}
	if len(s.Find(first)) == 0 {
		return nil, first
	}
	return nil, second
}

// maxSide is how many facts each side of a comparison shows.
const maxSide = 4

func compareReply(s *knowledge.Snapshot, c *composer, a, b *knowledge.Entity) bot.Reply {
	c.useEntity(a.Slug, 1)
	c.useEntity(b.Slug, 1)
	reply := bot.Reply{Title: bot.B(c.name(a) + " and " + c.name(b))}
	both := facing(s, a.Slug, b.Slug)
	if len(both) > 0 {
		lead := c.item(both[0], 1)
		reply.Lead = lead.Text
		reply.Blocks = append(reply.Blocks, bot.Paragraph{Text: lead.Detail})
		reply.Blocks = append(reply.Blocks, c.facts("Both", bot.NoMark, both[1:min(len(both), 1+maxSide)], 0.8)...)
	} else {
		reply.Lead = bot.T("No fact speaks of both; here is what is known of each.")
	}
	reply.Blocks = append(reply.Blocks, bot.Table{
		Columns: []bot.Column{{Name: ""}, {Name: c.name(a)}, {Name: c.name(b)}},
		Rows:    c.sideBySide(a, b),
	})
	for _, e := range []*knowledge.Entity{a, b} {
		list := bot.List{Title: bot.E(c.name(e), "/about "+e.Name)}
		for _, f := range s.About(e.Slug) {
			if !slices.Contains(both, f) && len(list.Items) < maxSide {
				list.Items = append(list.Items, c.item(f, 0.7))
			}
		}
		if len(list.Items) > 0 {
			reply.Blocks = append(reply.Blocks, list)
		}
		reply.Actions = append(reply.Actions, c.open(e.Slug))
	}
	reply.Blocks = append(reply.Blocks, c.quotes(append(s.Symbols(a.Slug), s.Symbols(b.Slug)...))...)
	return c.finish(reply)
}

// facing lists the facts that name both, those that compare first, then those
// that are about both.
func facing(s *knowledge.Snapshot, a, b string) []*knowledge.Fact {
	var both []*knowledge.Fact
	for _, f := range s.About(a) {
		if slices.Contains(f.Entities(), b) {
			both = append(both, f)
		}
	}
	rank := func(f *knowledge.Fact) int {
		n := 0
		if !slices.Contains(f.Attributes, "comparison") {
			n += 2
		}
		if !slices.Contains(f.Subjects, a) || !slices.Contains(f.Subjects, b) {
			n++
		}
		return n
	}
	slices.SortStableFunc(both, func(x, y *knowledge.Fact) int { return rank(x) - rank(y) })
	return both
}

func (c *composer) sideBySide(a, b *knowledge.Entity) [][]bot.Text {
	row := func(name string, of func(*knowledge.Entity) bot.Text) []bot.Text {
		return []bot.Text{bot.T(name), of(a), of(b)}
	}
	return [][]bot.Text{
		row("Kind", func(e *knowledge.Entity) bot.Text { return bot.T(string(e.Kind)) }),
		row("What it is", func(e *knowledge.Entity) bot.Text { return bot.T(e.Summary) }),
		row("Listed", func(e *knowledge.Entity) bot.Text {
			if symbols := c.s.Symbols(e.Slug); len(symbols) > 0 {
				return bot.E(symbols[0], "/ticker "+symbols[0])
			}
			return bot.T("not listed")
		}),
		row("Facts", func(e *knowledge.Entity) bot.Text {
			return bot.T(plural(len(c.s.About(e.Slug)), "fact", "facts"))
		}),
	}
}
