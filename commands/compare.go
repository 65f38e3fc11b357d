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
			named, unknown := readPair(s, first, second)
			switch {
			case unknown != "":
				return notFound(s, unknown)
			case len(named) == 1:
				return bot.Reply{}, onlyOne(s, named[0])
			}
			return compareReply(s, compose(s, first+" "+second).on(r.At), named), nil
		},
	}
}

// readPair finds the entities that are named. Names of several words are told
// apart by what they mean, so that no quotation marks are needed. Unknown is the
// name that means none, if fewer than two were found because of it; a single
// entity without one was named twice.
func readPair(s *knowledge.Snapshot, first, second string) (named []knowledge.Mention, unknown string) {
	named = entities(s, first+" "+second)
	if len(named) >= 2 {
		return named, ""
	}
	if len(entities(s, first)) == 0 {
		return nil, first
	}
	if len(entities(s, second)) == 0 {
		return nil, second
	}
	return named, ""
}

func entities(s *knowledge.Snapshot, typed string) []knowledge.Mention {
	return slices.DeleteFunc(s.Find(typed), func(m knowledge.Mention) bool { return m.Slug == "" })
}

func onlyOne(s *knowledge.Snapshot, m knowledge.Mention) *bot.Fail {
	name := s.Entity(m.Slug).Name
	f := bot.Misuse("Write two names, for example /compare alibaba bytedance.", "Both names mean %s.", name)
	f.Suggest = []bot.Action{{Label: name, Line: "/about " + name}}
	return f
}

// maxSide is how many facts each side of a comparison shows.
const maxSide = 4

func compareReply(s *knowledge.Snapshot, c *composer, named []knowledge.Mention) bot.Reply {
	a, b := s.Entity(named[0].Slug), s.Entity(named[1].Slug)
	c.useEntity(a.Slug, 1)
	c.useEntity(b.Slug, 1)
	reply := bot.Reply{Title: bot.B(c.name(a) + " and " + c.name(b))}
	both := facing(s, a.Slug, b.Slug)
	if len(both) > 0 {
		lead := c.item(both[0], 1)
		reply.Lead = lead.Text
		reply.Blocks = append(reply.Blocks, bot.Paragraph{Text: lead.Detail})
		reply.Blocks = append(reply.Blocks, c.facts("Of both", bot.NoMark, both[1:min(len(both), 1+maxSide)], 0.8)...)
	} else {
		reply.Lead = bot.T("No fact of mine speaks of both " + c.name(a) + " and " + c.name(b) + "; here is what is known of each.")
	}
	reply.Blocks = append(reply.Blocks, bot.Table{
		Columns: []bot.Column{{Name: "Aspect"}, {Name: bot.Clean(c.name(a))}, {Name: bot.Clean(c.name(b))}},
		Rows:    c.sideBySide(a, b),
	})
	for _, e := range []*knowledge.Entity{a, b} {
		list := bot.List{Title: bot.E(c.name(e), "/about "+e.Name)}
		for _, f := range c.cardOrder(e, s.About(e.Slug)) {
			if !slices.Contains(both, f) && !c.shows(f) && len(list.Items) < maxSide {
				list.Items = append(list.Items, c.item(f, 0.7))
			}
		}
		if len(list.Items) > 0 {
			reply.Blocks = append(reply.Blocks, list)
		}
		reply.Actions = append(reply.Actions, c.open(e.Slug))
	}
	reply.Blocks = append(reply.Blocks, c.speaksAgainstAny()...)
	reply.Blocks = append(reply.Blocks, c.prices(c.sides(a, b))...)
	if len(named) > 2 {
		var rest []string
		for _, m := range named[2:] {
			rest = append(rest, s.Entity(m.Slug).Name)
			reply.Suggestions = append(reply.Suggestions, c.open(m.Slug))
		}
		reply.Blocks = append(reply.Blocks, bot.Paragraph{Text: bot.T("Two names are compared at a time; left out: " + enumerate(rest) + ".")})
	}
	reply.Suggestions = append(reply.Suggestions, ambiguous(c, named[:2])...)
	return c.finish(reply)
}

// speaksAgainstAny is what speaks against the facts shown so far.
func (c *composer) speaksAgainstAny() []bot.Block {
	var shown []*knowledge.Fact
	for _, u := range c.used.Facts {
		shown = append(shown, c.s.Fact(u.ID))
	}
	return c.facts("What speaks against these", bot.Con, fresh(c, shown), 0.3)
}

// sides is the symbols of both, those of the nearest listed one for an entity
// that is not listed.
func (c *composer) sides(pair ...*knowledge.Entity) []string {
	var symbols []string
	for _, e := range pair {
		own := c.s.Symbols(e.Slug)
		if len(own) == 0 {
			own = c.s.Symbols(c.nearest(e))
		}
		for _, symbol := range own {
			symbols = appendNew(symbols, symbol)
		}
	}
	return symbols
}

// nearest is the slug of the listed entity that is nearest to one that is not
// listed, or to what owns it; or empty.
func (c *composer) nearest(e *knowledge.Entity) string {
	for owner := range c.s.Owners(e.Slug) {
		if owner.Unlisted != nil {
			return owner.Unlisted.Nearest
		}
	}
	return ""
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
			return c.listed(e)
		}),
		row("Known", func(e *knowledge.Entity) bot.Text {
			return bot.T(plural(len(c.s.About(e.Slug)), "fact", "facts"))
		}),
	}
}

// listed says in a few words where an entity is listed.
func (c *composer) listed(e *knowledge.Entity) bot.Text {
	symbols := c.s.Symbols(e.Slug)
	switch {
	case len(e.Tickers) > 0:
		return bot.E(symbols[0], "/ticker "+symbols[0])
	case len(symbols) > 0:
		return bot.Join(bot.T("through "), bot.E(symbols[0], "/ticker "+symbols[0]))
	}
	if near := c.s.Symbols(c.nearest(e)); len(near) > 0 {
		return bot.Join(bot.T("not listed; nearest "), bot.E(near[0], "/ticker "+near[0]))
	}
	return bot.T("not listed")
}
