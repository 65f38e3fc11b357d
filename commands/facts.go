package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"silkwire/bot"
	"silkwire/knowledge"
)

// Facts lists the facts that some words find, whether or not they answer.
func Facts(k Knowledge) bot.Command {
	return bot.Command{
		Name: "facts", Summary: "Find facts by words, or list them all by theme",
		Examples: []string{"/facts open source", "/facts qwen"},
		Options:  []bot.Option{{Name: "words", Summary: "words to look for", Kind: bot.FreeText, Complete: completeEntity(k)}, pageOption()},
		Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
			s, words := k.Snapshot(), r.Values.Text("words")
			if words == "" {
				return themes(s), nil
			}
			return find(s, words, r.Values.Int("page", 1))
		},
	}
}

// maxFound is how many facts a list shows.
const maxFound = 12

func find(s *knowledge.Snapshot, words string, number int) (bot.Reply, error) {
	c := compose(s, words)
	a := s.Answer(knowledge.Query{Text: words, Limit: s.CountFacts()})
	for _, m := range a.Mentions {
		if m.Slug != "" {
			c.useEntity(m.Slug, m.Score)
		}
	}
	facts := a.Facts
	// A bare name lists all that is known of it, not only what says its name.
	if a.OnlyNames && len(a.Mentions) == 1 && a.Mentions[0].Slug != "" {
		facts = nil
		for i, f := range c.cardOrder(s.Entity(a.Mentions[0].Slug), s.About(a.Mentions[0].Slug)) {
			facts = append(facts, knowledge.Scored{Fact: f, Score: 1 - float64(i)/1000})
		}
	}
	facts = slices.DeleteFunc(slices.Clone(facts), func(f knowledge.Scored) bool { return f.Score < facts[0].Score/4 })
	if len(facts) == 0 {
		return nothingFound(s, words)
	}
	part, more, err := page(facts, number, maxFound, "/facts "+words)
	if err != nil {
		return bot.Reply{}, err
	}
	lead := plural(len(facts), "fact has", "facts have") + " to do with “" + bot.Shorten(words, 60) + "”"
	if len(facts) > 1 {
		lead += ", nearest first"
	}
	if len(part) < len(facts) {
		from := (number - 1) * maxFound
		lead += fmt.Sprintf("; these are %d to %d", from+1, from+len(part))
	}
	list := bot.List{More: more}
	for _, f := range part {
		list.Items = append(list.Items, c.item(f.Fact, f.Score))
	}
	return c.finish(bot.Reply{Title: bot.B("Facts: " + bot.Shorten(words, 60)), Lead: bot.T(lead + "."), Blocks: []bot.Block{list}}), nil
}

// nothingFound says that no fact has to do with the words.
func nothingFound(s *knowledge.Snapshot, words string) (bot.Reply, error) {
	_, err := notFound(s, words)
	if f, ok := errors.AsType[*bot.Fail](err); ok {
		f.Say, f.Next = "No fact has to do with “"+bot.Shorten(words, 60)+"”.", "Try fewer or other words."
	}
	return bot.Reply{}, err
}

// themes lists what there is to find.
func themes(s *knowledge.Snapshot) bot.Reply {
	reply := bot.Reply{Title: bot.B("Facts"), Lead: bot.T(plural(s.CountFacts(), "fact", "facts") + " about " + plural(len(s.Entities()), "name", "names") + ". Write words after the command, for example /facts open source.")}
	t := bot.Table{Columns: []bot.Column{{Name: "About"}, {Name: "Kind"}, {Name: "Facts", Right: true}}}
	for _, kind := range knowledge.EntityKinds() {
		for _, e := range byFacts(s, kind) {
			t.Rows = append(t.Rows, []bot.Text{bot.E(e.Name, "/facts "+e.Name), bot.T(string(kind)), bot.T(itoa(len(s.About(e.Slug))))})
		}
	}
	reply.Blocks = []bot.Block{t}
	return reply
}

// Fact opens one fact by its id.
func Fact(k Knowledge) bot.Command {
	return bot.Command{
		Name: "fact", Summary: "One fact with its evidence and what bears on it",
		Examples: []string{"/fact r1-cost-partial"},
		Options: []bot.Option{{
			Name: "id", Summary: "a fact's id, as it stands at the end of its evidence line", Kind: bot.Word, Required: true,
			Complete: func(_ context.Context, _ bot.Request, typed string) []bot.Choice {
				return completeFact(k.Snapshot(), typed)
			},
		}},
		Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
			s := k.Snapshot()
			f, err := factOf(s, r, "id")
			if err != nil {
				return bot.Reply{}, err
			}
			return factReply(compose(s, "").on(r.At), f), nil
		},
	}
}

// typedID is a fact's id as it may be copied from an evidence line.
func typedID(typed string) string { return strings.ToLower(strings.Trim(typed, "[]()., ")) }

// factOf is the fact whose id was given.
func factOf(s *knowledge.Snapshot, r bot.Request, option string) (*knowledge.Fact, error) {
	id := typedID(r.Values.Text(option))
	if f := s.Fact(id); f != nil {
		return f, nil
	}
	return nil, noFact(s, id)
}

func completeFact(s *knowledge.Snapshot, typed string) []bot.Choice {
	var out []bot.Choice
	for _, f := range s.Facts() {
		if strings.Contains(f.ID, strings.ToLower(typed)) && len(out) < maxChoices {
			out = append(out, bot.Choice{Label: f.ID + "  " + bot.Shorten(f.Statement, 60), Value: f.ID})
		}
	}
	return out
}

func noFact(s *knowledge.Snapshot, id string) *bot.Fail {
	f := &bot.Fail{Outcome: bot.Unknown, Say: "There is no fact “" + bot.Shorten(id, 60) + "”.", Next: "Ids stand at the end of the evidence under each statement; /facts finds facts by words."}
	ids := map[string]bool{}
	for _, known := range s.Facts() {
		ids[known.ID] = true
	}
	if near := knowledge.Nearest(id, ids); near != "" {
		f.Suggest = append(f.Suggest, bot.Action{Label: near, Line: "/fact " + near})
	}
	f.Suggest = append(f.Suggest, bot.Action{Label: "Find facts", Line: "/facts " + strings.ReplaceAll(bot.Shorten(id, 60), "-", " ")})
	return f
}

func factReply(c *composer, f *knowledge.Fact) bot.Reply {
	item := c.item(f, 1)
	fields := []bot.Field{
		{Name: "Kind", Value: bot.T(whose(f))},
		{Name: "About", Value: c.names(f.Subjects)},
	}
	if len(f.Mentions) > 0 {
		fields = append(fields, bot.Field{Name: "Also names", Value: c.names(f.Mentions)})
	}
	attributes := make([]string, len(f.Attributes))
	for i, a := range f.Attributes {
		attributes[i] = string(a)
	}
	fields = append(fields, bot.Field{Name: "Tells", Value: bot.T(strings.Join(attributes, ", "))})
	if w := when(f); w != "" {
		fields = append(fields, bot.Field{Name: "When", Value: bot.T(w)})
	}
	if !f.Learnt.IsZero() {
		fields = append(fields, bot.Field{Name: "Learnt", Value: bot.T(f.Learnt.Words())})
	}
	for _, s := range f.Sources {
		if heading := c.section(s); heading != "" {
			fields = append(fields, bot.Field{Name: c.cite(s), Value: bot.T(heading)})
		}
	}
	reply := bot.Reply{Title: bot.C(f.ID), Lead: item.Text, Blocks: []bot.Block{bot.Fields{Fields: fields}}}
	for _, rel := range c.relations(f) {
		list := bot.List{Title: bot.B(rel.heading)}
		for _, other := range slices.DeleteFunc(rel.facts, c.shows) {
			entry := c.item(other, 0.5)
			entry.Mark = rel.mark
			list.Items = append(list.Items, entry)
		}
		if len(list.Items) > 0 {
			reply.Blocks = append(reply.Blocks, list)
		}
	}
	reply.Blocks = append(reply.Blocks, c.touchedBy([]*knowledge.Fact{f})...)
	reply.Blocks = append(reply.Blocks, bot.Paragraph{Title: c.heading("How sure"), Text: bot.T(sureness(c, f))})
	for _, slug := range f.Subjects {
		c.useEntity(slug, 1)
		reply.Actions = append(reply.Actions, c.open(slug))
	}
	return c.finish(reply)
}

// names lists entities to be opened.
func (c *composer) names(slugs []string) bot.Text {
	var out bot.Text
	for i, slug := range slugs {
		if i > 0 {
			out = append(out, bot.T(", ")...)
		}
		out = append(out, c.entity(slug)...)
	}
	return out
}

// section is the heading under which a source's passage stands.
func (c *composer) section(s knowledge.Source) string {
	d := c.s.Document(s.Document)
	if d == nil || s.Section == nil || *s.Section >= len(d.Sections) {
		return ""
	}
	return d.Sections[*s.Section]
}

type related struct {
	heading string
	mark    bot.Mark
	facts   []*knowledge.Fact
}

// relations lists what bears on a fact and what it bears on.
func (c *composer) relations(f *knowledge.Fact) []related {
	groups := []struct {
		kind          knowledge.RelationKind
		out, in       string
		outSign, sign bot.Mark
	}{
		{knowledge.Supersedes, "It replaces", "Replaced by", bot.NoMark, bot.Con},
		{knowledge.Supports, "It supports", "Supported by", bot.NoMark, bot.Pro},
		{knowledge.Qualifies, "It qualifies", "Qualified by", bot.NoMark, bot.Con},
		{knowledge.Disputes, "It disputes", "Disputed by", bot.Con, bot.Con},
	}
	var all []related
	for _, g := range groups {
		from, to := related{heading: g.in, mark: g.sign}, related{heading: g.out, mark: g.outSign}
		for _, r := range c.s.Bearing(f.ID) {
			if r.Kind == g.kind {
				from.facts = append(from.facts, c.s.Fact(r.To))
			}
		}
		for _, r := range f.Relations {
			if r.Kind == g.kind {
				to.facts = append(to.facts, c.s.Fact(r.To))
			}
		}
		for _, r := range []related{from, to} {
			if len(r.facts) > 0 {
				all = append(all, r)
			}
		}
	}
	return all
}
