package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

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
			message := strings.TrimSpace(bot.Clean(r.Message))
			if message == "" {
				return bot.Reply{}, bot.Misuse("Use it on a message with words in it.", "That message has no text to check.")
			}
			return answer(k.Snapshot(), r, bot.Shorten(message, bot.MaxLine/4)), nil
		},
	}
}

// answer composes the reply to a question.
func answer(s *knowledge.Snapshot, r bot.Request, question string) bot.Reply {
	a := s.Answer(knowledge.Query{Text: question, Entities: r.Context.Entities, Facts: r.Context.Facts, Before: r.Context.Question})
	c := compose(s, question).on(r.At)
	for _, m := range a.Mentions {
		if m.Slug != "" {
			c.useEntity(m.Slug, m.Score)
		}
	}
	listed := symbolsOf(s, a.Mentions)
	if a.Price && len(listed.symbols) > 0 {
		return tickerReply(c, listed)
	}
	if e := c.alone(a, question); e != nil {
		return card(c, e, c.cardOrder(e, c.s.About(e.Slug)), nil)
	}
	if a.News {
		return c.news(r.At)
	}
	if pair := toCompare(a); len(pair) > 1 {
		return compareReply(s, c, pair)
	}
	if reply, ok := belonging(c, a); ok {
		return reply
	}
	if !a.Known {
		// What cannot be bought has no price; that is the answer.
		if a.Price && slices.ContainsFunc(listed.unlisted, func(e *knowledge.Entity) bool { return e.Unlisted != nil }) {
			return c.notListed(listed)
		}
		return unknown(c, a)
	}
	return known(c, a)
}

// asFarAs says up to when the base was compiled, where it is asked how things stand
// now.
func asFarAs(c *composer, a knowledge.Answer) string {
	if !a.Newest {
		return ""
	}
	return " The fact base was compiled " + compiled(c.s) + "."
}

// maxName is how many words a question that is nothing but a name has at most, behind what
// asks for it.
const maxName = 4

// whatIs begins a question for what something is.
var whatIs = []string{"what is ", "what are ", "what's ", "whats ", "who is ", "who are ", "who's ", "whos ", "tell me about ", "explain "}

// nameIn is a question without the words that ask what a name is.
func nameIn(question string) string {
	for _, words := range whatIs {
		if len(question) > len(words) && strings.EqualFold(question[:len(words)], words) {
			return question[len(words):]
		}
	}
	return question
}

// alone is the entity of a question that is nothing but its name: who types a name
// wants to know what it is. Symbols and ambiguous names are read otherwise.
func (c *composer) alone(a knowledge.Answer, question string) *knowledge.Entity {
	if !a.OnlyNames || len(a.Mentions) != 1 || len(strings.Fields(nameIn(question))) > maxName {
		return nil
	}
	m := a.Mentions[0]
	if m.Symbol != "" || m.InContext() || len(m.Others) > 0 {
		return nil
	}
	e := c.s.Entity(m.Slug)
	if e != nil && e.Kind == knowledge.KindPerson && a.Company && e.Parent != "" {
		return c.s.Entity(e.Parent)
	}
	return e
}

// maxNews is how many facts are told to who asks what is new.
const maxNews = 6

// news is the newest that is known at a time, newest first.
func (c *composer) news(at time.Time) bot.Reply {
	dated, _ := within(slices.Clone(c.s.Facts()), time.Time{}, at)
	dated = slices.DeleteFunc(dated, func(f *knowledge.Fact) bool { return c.newer(f) != nil })
	slices.Reverse(dated)
	list, since := bot.List{}, ""
	for _, f := range dated[:min(len(dated), maxNews)] {
		list.Items = append(list.Items, c.underDate(f))
		since = held(f).First().Format(" since:2006-01")
	}
	return c.finish(bot.Reply{
		Lead: bot.T("The newest that I know. The fact base was compiled " + compiled(c.s) + "."), Blocks: []bot.Block{list},
		Actions: []bot.Action{{Label: "All of that time", Line: "/timeline" + since}},
	})
}

// toCompare are the entities of a question that asks no more of them than to be set side
// by side, unless a fact answers that speaks of the first two.
func toCompare(a knowledge.Answer) []knowledge.Mention {
	var named []knowledge.Mention
	for _, m := range a.Mentions {
		again := slices.ContainsFunc(named, func(o knowledge.Mention) bool { return o.Slug == m.Slug })
		if m.Slug != "" && !m.InContext() && !again {
			named = append(named, m)
		}
	}
	if len(named) < 2 || !a.Compares && (a.Known || !a.OnlyNames) {
		return nil
	}
	if a.Known {
		about := a.Facts[0].Fact.Entities()
		if slices.Contains(about, named[0].Slug) && slices.Contains(about, named[1].Slug) {
			return nil
		}
	}
	return named
}

// belonging answers who owns or makes what was named, and where it is listed,
// from its card.
func belonging(c *composer, a knowledge.Answer) (bot.Reply, bool) {
	var named []*knowledge.Entity
	for _, m := range a.Mentions {
		if e := c.s.Entity(m.Slug); e != nil && !m.InContext() {
			named = append(named, e)
		}
	}
	if len(named) != 1 || !a.Owner && !a.Listing {
		return bot.Reply{}, false
	}
	e := named[0]
	var lead bot.Text
	switch parent := c.s.Entity(e.Parent); {
	case a.Owner && parent != nil:
		lead = bot.T(e.Name + " belongs to " + parent.Name + ".")
	case a.Listing && len(e.Tickers) > 0:
		lead = bot.T(e.Name + " is listed as " + e.Tickers[0].Symbol + ".")
	case a.Listing && e.Unlisted != nil:
		lead = c.unlisted(e)
	default:
		return bot.Reply{}, false // before the card is composed: it notes what it cites
	}
	reply := card(c, e, best(a, c.s.About(e.Slug)), nil)
	reply.Lead = lead
	return reply, true
}

func symbolsOf(s *knowledge.Snapshot, mentions []knowledge.Mention) named {
	var n named
	for _, m := range mentions {
		n.add(s, m)
	}
	return n
}

// known leads with the best fact, or what has replaced it, then what else
// carries the answer, the other side, and the tickers that it touches.
func known(c *composer, a knowledge.Answer) bot.Reply {
	top, score := c.current(a.Facts[0].Fact), a.Facts[0].Score
	lead := c.item(top, score)
	cons, replaced, qualified := c.against(top), c.towards(top, knowledge.Supersedes), c.towards(top, knowledge.Qualifies)
	shown := slices.Concat([]*knowledge.Fact{top}, cons, replaced, qualified)
	facts, supports := []*knowledge.Fact{top}, c.supports(top)
	also := bot.List{Title: c.heading("Also known")}
	for _, f := range a.Facts {
		if f.Score < supporting*score || slices.Contains(shown, f.Fact) {
			continue
		}
		facts = append(facts, f.Fact)
		if len(also.Items) < maxAlso {
			item := c.item(f.Fact, f.Score)
			if slices.Contains(supports, f.Fact) {
				item.Mark = bot.Pro
			}
			also.Items = append(also.Items, item)
		}
	}
	for _, f := range without(supports, slices.Concat(shown, facts)) {
		if len(also.Items) < maxAlso {
			item := c.item(f, score/2)
			item.Mark = bot.Pro
			also.Items = append(also.Items, item)
		}
	}
	reply := bot.Reply{Lead: lead.Text, Blocks: []bot.Block{bot.Paragraph{Text: lead.Detail}}}
	if a.Price {
		reply.Blocks = append(reply.Blocks, paragraphs(c.notes(named{unlisted: symbolsOf(c.s, a.Mentions).unlisted}))...)
	}
	reply.Blocks = append(reply.Blocks, c.facts("It replaces", bot.NoMark, replaced, score/2)...)
	reply.Blocks = append(reply.Blocks, c.facts("What it qualifies", bot.NoMark, without(qualified, replaced), score*0.9)...)
	if len(also.Items) > 0 {
		reply.Blocks = append(reply.Blocks, also)
	}
	reply.Blocks = append(reply.Blocks, c.speaksAgainst(top, without(cons, slices.Concat(replaced, qualified)), score/2)...)
	if len(cons) == 0 {
		// Nothing speaks against the lead itself, but perhaps against what stands
		// beside it.
		reply.Blocks = append(reply.Blocks, c.speaksAgainstAny()...)
	}
	reply.Blocks = append(reply.Blocks, c.touchedBy(facts[:min(len(facts), 3)])...)
	reply.Blocks = append(reply.Blocks, bot.Paragraph{Title: c.heading("How sure"), Text: bot.T(sureness(c, top) + asFarAs(c, a))})
	reply.Actions = append(reply.Actions, bot.Action{Label: "More on the first point", Line: "/fact " + top.ID})
	for _, slug := range top.Subjects[:min(2, len(top.Subjects))] {
		c.useEntity(slug, score)
		reply.Actions = append(reply.Actions, c.open(slug))
	}
	reply.Suggestions = ambiguous(c, a.Mentions)
	return c.finish(reply)
}

// speaksAgainst shows what speaks against a fact, and where the rest of it
// stands.
func (c *composer) speaksAgainst(f *knowledge.Fact, cons []*knowledge.Fact, score float64) []bot.Block {
	blocks := c.facts("What speaks against it", bot.Con, cons[:min(len(cons), maxAgainst)], score)
	if rest := len(cons) - maxAgainst; rest > 0 {
		list := blocks[0].(bot.List)
		list.More = &bot.More{Count: rest, Line: "/fact " + f.ID}
		blocks[0] = list
	}
	return blocks
}

// How much less than the first a fact may score to be shown beside it, and how
// many are.
const (
	supporting = 0.45
	maxAlso    = 4
)

// ambiguous offers what else an ambiguous name may have meant: a menu where that is
// several.
func ambiguous(c *composer, mentions []knowledge.Mention) []bot.Action {
	var others []bot.Choice
	for _, m := range mentions {
		for _, slug := range m.Others {
			if e := c.s.Entity(slug); e != nil {
				others = append(others, bot.Choice{Label: e.Name + " (" + string(e.Kind) + ")", Value: "/about " + e.Name})
			}
		}
	}
	switch len(others) {
	case 0:
		return nil
	case 1:
		name := strings.TrimPrefix(others[0].Value, "/about ")
		return []bot.Action{{Label: "You meant " + name + "?", Line: others[0].Value}, findName("")}
	}
	return []bot.Action{{Label: "You meant another? …", Choices: others}, findName("")}
}

// findName offers to look a name up, from what was typed on.
func findName(typed string) bot.Action {
	const enough = 60
	return bot.Action{Label: "Look up a name", Line: "/about ", Find: true, Typed: bot.Shorten(typed, enough)}
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
		if e := c.s.Entity(m.Slug); e != nil && !m.InContext() {
			reply.Blocks = append(reply.Blocks, bot.Fields{Fields: []bot.Field{
				{Name: bot.Clean(c.name(e)), Value: bot.T(e.Summary)},
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
		for _, line := range tryThese {
			reply.Suggestions = append(reply.Suggestions, bot.Action{Label: line, Line: line})
		}
	}
	reply.Suggestions = append(reply.Suggestions, findName(""))
	return c.finish(reply)
}

// tryThese are lines that are answered, for who does not know what to ask.
var tryThese = []string{"/ask why didn't the sanctions stop them", "/lab qwen", "/ticker NVDA"}

// maxNear is how many facts are shown beside "I don't know".
const maxNear = 2

// sureness says in a few sentences how far a fact can be relied on.
func sureness(c *composer, f *knowledge.Fact) string {
	kind := map[knowledge.FactKind]string{
		knowledge.Event:      "It happened, as far as the source tells.",
		knowledge.Figure:     "A reported figure.",
		knowledge.Claim:      "A claim of " + f.Whose + ", not independently verified here.",
		knowledge.Assessment: "A judgement of " + f.Whose + ", not a measurement.",
	}[f.Kind]
	out := kind + " It rests on " + restsOn(f)
	if n := len(c.against(f)); n > 0 {
		out += "; " + plural(n, "statement speaks against it or limits it", "statements speak against it or limit it")
	}
	if n := len(c.supports(f)); n > 0 {
		out += "; " + plural(n, "statement supports", "statements support") + " it"
	}
	out += ". "
	if newer := c.newer(f); newer != nil {
		out += "It has been replaced by " + newer.ID + ". "
	}
	return out + asOf(c.s, f.Sources[0])
}

func restsOn(f *knowledge.Fact) string {
	var origins []string
	for _, s := range f.Sources {
		origins = appendNew(origins, origin(s))
	}
	switch {
	case f.Grade() == knowledge.Secondary:
		return plural(len(origins), "secondary source", "secondary sources") + " only, " + gradeMeans[knowledge.Secondary]
	case len(origins) > 1:
		return fmt.Sprintf("%d sources, the best of %s grade", len(origins), f.Grade())
	}
	return fmt.Sprintf("%s of %s grade", plural(len(f.Sources), "passage", "passages"), f.Grade())
}

// asOf says of when a source is, or which is the last year that it speaks of.
func asOf(s *knowledge.Snapshot, source knowledge.Source) string {
	if !source.Date.IsZero() {
		return "As of " + source.Date.Words() + "."
	}
	out := "The source gives no date of its own"
	if last := s.LatestYear(source.Document); last > 0 {
		out += fmt.Sprintf("; the latest that it speaks of is %d", last)
	}
	return out + "."
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
