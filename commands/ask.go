package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"silkwire/bot"
	"silkwire/knowledge"
)

// Ask answers a question in plain words, or says that it does not know and
// what it does know nearby.
func Ask(k Knowledge) bot.Command {
	return bot.Command{
		Name: Question, Summary: "Ask a question about Chinese AI in your own words",
		Examples: []string{"/ask why didn't the sanctions stop them", "/ask qwen licence", "/ask 英伟达 revenue after the ban"},
		Options: []bot.Option{{
			Name: "question", Summary: "a question, in your own words", Kind: bot.FreeText, Required: true,
			Complete: func(_ context.Context, _ bot.Request, typed string) []bot.Choice {
				return completeQuestion(k.Snapshot(), typed)
			},
		}},
		Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
			return answer(k.Snapshot(), r, r.Values.Text("question")), nil
		},
	}
}

// Check answers about the text of a message.
func Check(k Knowledge) bot.Command {
	return bot.Command{
		Name: "Check with silkwire", Summary: "What is known about what a message says", Message: true,
		Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
			return answer(k.Snapshot(), r, bot.Shorten(strings.TrimSpace(bot.Clean(r.Message)), bot.MaxLine/4)), nil
		},
	}
}

// answer composes the reply to a question.
func answer(s *knowledge.Snapshot, r bot.Request, question string) bot.Reply {
	a := s.Answer(knowledge.Query{Text: question, Entities: r.Context.Entities, Before: r.Context.Question})
	c := compose(s, question)
	for _, m := range a.Mentions {
		if m.Slug != "" {
			c.useEntity(m.Slug, m.Score)
		}
	}
	if asksPrice(s, a) {
		return tickerReply(s, c, symbolsOf(s, a.Mentions), nil)
	}
	if !a.Known {
		return unknown(c, a)
	}
	return known(c, a)
}

// asksPrice tells whether nothing but listed names was named, so that the price
// is the nearest answer there is: "$nvda", "gold price".
func asksPrice(s *knowledge.Snapshot, a knowledge.Answer) bool {
	if len(symbolsOf(s, a.Mentions)) == 0 {
		return false
	}
	return a.Price || a.OnlyNames && slices.ContainsFunc(a.Mentions, func(m knowledge.Mention) bool { return m.Symbol != "" })
}

func symbolsOf(s *knowledge.Snapshot, mentions []knowledge.Mention) []string {
	var symbols []string
	for _, m := range mentions {
		symbol := m.Symbol
		if symbol == "" {
			if all := s.Symbols(m.Slug); len(all) > 0 {
				symbol = all[0]
			}
		}
		if symbol != "" && !slices.Contains(symbols, symbol) {
			symbols = append(symbols, symbol)
		}
	}
	return symbols
}

// known leads with the best fact, then what else carries the answer, what
// speaks against it, and the tickers that it touches.
func known(c *composer, a knowledge.Answer) bot.Reply {
	first := a.Facts[0]
	lead := c.item(first.Fact, first.Score)
	facts := []*knowledge.Fact{first.Fact}
	for _, f := range a.Facts[1:] {
		if f.Score >= supporting*first.Score {
			facts = append(facts, f.Fact)
		}
	}
	cons := c.against(facts[:1])
	also := bot.List{Title: c.heading("Also known")}
	for _, f := range a.Facts[1:] {
		if f.Score >= supporting*first.Score && !slices.Contains(cons, f.Fact) && len(also.Items) < maxAlso {
			also.Items = append(also.Items, c.item(f.Fact, f.Score))
		}
	}
	reply := bot.Reply{Lead: lead.Text, Blocks: []bot.Block{bot.Paragraph{Text: lead.Detail}}}
	if len(also.Items) > 0 {
		reply.Blocks = append(reply.Blocks, also)
	}
	reply.Blocks = append(reply.Blocks, c.facts("What speaks against it", bot.Con, cons, first.Score/2)...)
	reply.Blocks = append(reply.Blocks, c.tickers(facts[:min(len(facts), 3)])...)
	reply.Blocks = append(reply.Blocks, bot.Paragraph{Title: c.heading("How sure"), Text: bot.T(sureness(c.s, first.Fact, len(cons)))})
	reply.Actions = append(reply.Actions, bot.Action{Label: "More on the first point", Line: "/fact " + first.Fact.ID})
	for _, slug := range first.Fact.Subjects[:min(2, len(first.Fact.Subjects))] {
		c.useEntity(slug, first.Score)
		reply.Actions = append(reply.Actions, c.open(slug))
	}
	if others := ambiguous(c, a.Mentions); others != nil {
		reply.Suggestions = others
	}
	return c.finish(reply)
}

// How much less than the first a fact may score to be shown beside it, and how
// many are.
const (
	supporting = 0.45
	maxAlso    = 4
)

// ambiguous offers what else an ambiguous name may have meant.
func ambiguous(c *composer, mentions []knowledge.Mention) []bot.Action {
	var out []bot.Action
	for _, m := range mentions {
		for _, slug := range m.Others {
			if c.s.Entity(slug) != nil {
				out = append(out, bot.Action{Label: "You meant " + c.s.Entity(slug).Name + "?", Line: "/about " + c.s.Entity(slug).Name})
			}
		}
	}
	return out
}

// unknown says so, shows the card of what was named, and offers what is near.
func unknown(c *composer, a knowledge.Answer) bot.Reply {
	reply := bot.Reply{Lead: bot.T("I don't know that."), Outcome: bot.Unknown}
	if c.chinese {
		reply.Lead = bot.T("这个我不知道。 I don't know that.")
	}
	says := "No fact of mine answers it."
	if len(a.Facts) > 0 {
		says += " Below is the nearest that I do know; it may be beside the point."
	}
	reply.Blocks = append(reply.Blocks, bot.Paragraph{Text: bot.T(says)})
	for _, m := range a.Mentions {
		if e := c.s.Entity(m.Slug); e != nil && m.Match.How != "context" {
			reply.Blocks = append(reply.Blocks, bot.Fields{Fields: []bot.Field{
				{Name: c.name(e), Value: bot.T(e.Summary)},
				{Name: "Known", Value: bot.T(plural(len(c.s.About(e.Slug)), "fact", "facts"))},
			}})
			break
		}
	}
	if near := a.Facts[:min(len(a.Facts), maxNear)]; len(near) > 0 {
		list := bot.List{Title: c.heading("Nearest facts")}
		for _, f := range near {
			list.Items = append(list.Items, c.item(f.Fact, f.Score))
		}
		reply.Blocks = append(reply.Blocks, list)
	}
	for _, slug := range a.Nearest {
		reply.Suggestions = append(reply.Suggestions, c.open(slug))
	}
	if len(reply.Suggestions) == 0 {
		reply.Suggestions = []bot.Action{{Label: "What can be asked", Line: "/help"}}
	}
	reply.Used = c.used
	return reply
}

// maxNear is how many facts are shown beside "I don't know".
const maxNear = 2

// sureness says in a sentence how far a fact can be relied on.
func sureness(s *knowledge.Snapshot, f *knowledge.Fact, against int) string {
	kind := map[knowledge.FactKind]string{
		knowledge.Event:      "It happened, as far as the source tells",
		knowledge.Figure:     "A reported figure",
		knowledge.Claim:      "A claim, not independently verified here; it is " + possessive(f.Whose),
		knowledge.Assessment: "A judgement, not a measurement; it is " + possessive(f.Whose),
	}[f.Kind]
	grade := fmt.Sprintf("%s of %s grade", plural(len(f.Sources), "passage", "passages"), f.Grade())
	if documents(f) > 1 {
		grade = fmt.Sprintf("%d sources, the best of %s grade", documents(f), f.Grade())
	}
	out := kind + ". It rests on " + grade
	if against > 0 {
		out += "; " + plural(against, "statement speaks against it or limits it", "statements speak against it or limit it")
	}
	supported := 0
	for _, r := range s.Bearing(f.ID) {
		if r.Kind == knowledge.Supports {
			supported++
		}
	}
	if supported > 0 {
		out += "; " + plural(supported, "statement supports", "statements support") + " it"
	}
	return out + ". " + asOf(f)
}

func possessive(whose string) string { return whose + "'s" }

func documents(f *knowledge.Fact) int {
	seen := map[string]bool{}
	for _, s := range f.Sources {
		seen[s.Document+s.URL] = true
	}
	return len(seen)
}

// asOf says of when a fact's source is.
func asOf(f *knowledge.Fact) string {
	if d := f.Sources[0].Date; !d.IsZero() {
		return "As of " + d.Words() + "."
	}
	return "The source gives no date of its own; it speaks of 2026 as the present."
}

// completeQuestion suggests questions that have answers: those of the facts
// that the words typed so far find.
func completeQuestion(s *knowledge.Snapshot, typed string) []bot.Choice {
	var out []bot.Choice
	for _, ask := range s.CompleteAsk(typed, maxChoices) {
		out = append(out, bot.Choice{Label: ask, Value: ask})
	}
	return out
}
