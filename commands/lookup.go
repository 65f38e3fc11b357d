package commands

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"silkwire/bot"
	"silkwire/knowledge"
)

// Lab shows what is known about a lab, its models and its products.
func Lab(k Knowledge) bot.Command {
	return lookup(k, "lab", "What is known about a lab, a company or a model",
		[]string{"/lab qwen", "/lab ByteDance", "/lab 深度求索"},
		knowledge.KindLab, knowledge.KindCompany, knowledge.KindModel, knowledge.KindProduct)
}

// Policy shows what is known about a policy, law or agency.
func Policy(k Knowledge) bot.Command {
	c := lookup(k, "policy", "What is known about export controls and other policies",
		[]string{"/policy", "/policy tiktok", "/policy chart:"}, knowledge.KindPolicy, knowledge.KindLaw, knowledge.KindAgency)
	c.Options = append(c.Options, chartOption())
	return c
}

// About shows what is known about anything that has a name.
func About(k Knowledge) bot.Command {
	return lookup(k, "about", "What is known about anything: a chip, a theme, a place, a person",
		[]string{"/about huawei ascend", "/about open source"})
}

// lookup is the command that shows an entity's card; without a name it lists
// the entities of its kinds.
func lookup(k Knowledge, name, summary string, examples []string, kinds ...knowledge.EntityKind) bot.Command {
	return bot.Command{
		Name: name, Summary: summary, Examples: examples,
		Options: []bot.Option{{Name: "name", Summary: "a name, in English or Chinese", Kind: bot.FreeText, Complete: completeEntity(k, kinds...)}, asofOption()},
		Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
			s, typed := k.Snapshot(), r.Values.Text("name")
			if typed == "" {
				return overview(s, r, kinds)
			}
			return lookUp(s, typed, r, kinds)
		},
	}
}

func lookUp(s *knowledge.Snapshot, typed string, r bot.Request, kinds []knowledge.EntityKind) (bot.Reply, error) {
	c := compose(s, typed).on(r.At)
	c.chart = asksChart(r.Values)
	if err := c.readAsOf(r.Values); err != nil {
		return bot.Reply{}, err
	}
	found := s.Find(typed)
	mentions := slices.DeleteFunc(slices.Clone(found), func(m knowledge.Mention) bool { return m.Slug == "" })
	switch {
	case len(mentions) > 0:
	case len(found) > 0:
		return c.oneTicker(found[0].Symbol, nil), nil
	default:
		return notFound(s, typed)
	}
	// Of several names the one of the wanted kind is meant: /policy nvidia ban.
	slices.SortStableFunc(mentions, func(a, b knowledge.Mention) int {
		return wanted(s, a, kinds) - wanted(s, b, kinds)
	})
	m := mentions[0]
	c.useEntity(m.Slug, m.Score)
	for _, other := range mentions[1:] {
		c.useEntity(other.Slug, other.Score/2)
	}
	facts := c.cardOrder(s.Entity(m.Slug), c.known(s.About(m.Slug)))
	// Words beside the name ask for something about it: /lab qwen licence.
	if a := s.Answer(knowledge.Query{Text: typed, Limit: maxCard}); !a.OnlyNames || len(mentions) > 1 {
		facts = best(a, facts)
	}
	return card(c, s.Entity(m.Slug), facts, append(ambiguous(c, mentions[:1]), others(c, mentions[1:])...)), nil
}

func wanted(s *knowledge.Snapshot, m knowledge.Mention, kinds []knowledge.EntityKind) int {
	if slices.Contains(kinds, s.Entity(m.Slug).Kind) {
		return 0
	}
	return 1
}

func others(c *composer, mentions []knowledge.Mention) []bot.Action {
	var out []bot.Action
	for _, m := range mentions {
		out = append(out, c.open(m.Slug))
	}
	return out
}

// best puts the facts that answer first.
func best(a knowledge.Answer, facts []*knowledge.Fact) []*knowledge.Fact {
	var first []*knowledge.Fact
	for _, f := range a.Facts {
		if slices.Contains(facts, f.Fact) {
			first = append(first, f.Fact)
		}
	}
	for _, f := range facts {
		if !slices.Contains(first, f) {
			first = append(first, f)
		}
	}
	return first
}

// maxCard is how many facts a card shows before it says how many more there
// are.
const maxCard = 8

// card shows an entity: what it is, what is known about it, what speaks against
// that, its tickers, and what belongs to it.
func card(c *composer, e *knowledge.Entity, facts []*knowledge.Fact, more []bot.Action) bot.Reply {
	reply := bot.Reply{Title: bot.B(c.name(e)), Lead: bot.T(e.Summary)}
	if !c.asOf.IsZero() { // a summary tells of today
		reply.Lead = bot.T(c.asOfWords())
	}
	if e.Summary == "" && len(facts) > 0 {
		reply.Lead = bot.T(facts[0].Statement)
	}
	reply.Blocks = append(reply.Blocks, bot.Fields{Fields: c.describe(e)})
	if drawn, ok := timelineChart(c.name(e), "dated facts", c.eventsOf(facts, e.Name)); ok && c.chart {
		reply.Blocks = append([]bot.Block{drawn}, reply.Blocks...)
	}
	shown := facts[:min(len(facts), cardSize(e))]
	list := bot.List{Title: c.heading("Facts")}
	for i, f := range shown {
		list.Items = append(list.Items, c.item(f, 1-float64(i)/20))
	}
	if rest := len(facts) - len(shown); rest > 0 {
		list.More = &bot.More{Count: rest, Line: bot.Clean("/facts " + e.Name)}
	}
	if len(list.Items) > 0 {
		reply.Blocks = append(reply.Blocks, list)
	}
	reply.Blocks = append(reply.Blocks, c.facts("What speaks against these", bot.Con, fresh(c, shown), 0.3)...)
	reply.Blocks = append(reply.Blocks, c.listings(e, shown)...)
	reply.Suggestions = more
	for _, slug := range c.s.Children(e.Slug) {
		reply.Actions = append(reply.Actions, c.open(slug))
	}
	reply.Actions = append(reply.Actions, bot.Action{Label: "Timeline", Line: "/timeline " + e.Name})
	return c.finish(reply)
}

// fresh is what speaks against the facts and is not among them.
func fresh(c *composer, shown []*knowledge.Fact) []*knowledge.Fact {
	var out []*knowledge.Fact
	for _, f := range shown {
		for _, con := range without(c.against(f), shown) {
			out = appendNew(out, con)
		}
	}
	return out[:min(len(out), maxAgainst)]
}

// describe is the fields of a card.
func (c *composer) describe(e *knowledge.Entity) []bot.Field {
	fields := []bot.Field{{Name: "Kind", Value: bot.T(string(e.Kind))}}
	if e.Parent != "" {
		fields = append(fields, bot.Field{Name: "Made by", Value: c.entity(e.Parent)})
	}
	if also := alsoCalled(e); also != "" {
		fields = append(fields, bot.Field{Name: "Also called", Value: bot.T(also)})
	}
	switch {
	case len(e.Tickers) > 0:
		var listed bot.Text
		for i, t := range e.Tickers {
			if i > 0 {
				listed = append(listed, bot.T(", ")...)
			}
			listed = append(listed, bot.Join(bot.E(t.Symbol, "/ticker "+t.Symbol), bot.T(" ("+t.Exchange+", "+t.Currency+")"))...)
		}
		fields = append(fields, bot.Field{Name: "Listed as", Value: listed})
	case e.Unlisted != nil:
		fields = append(fields, bot.Field{Name: "Listed", Value: c.unlisted(e)})
	}
	return fields
}

// unlisted says that an entity is not listed and which listed one is nearest.
func (c *composer) unlisted(e *knowledge.Entity) bot.Text {
	text := bot.T(e.Name + " is not listed.")
	if near := c.s.Entity(e.Unlisted.Nearest); near != nil {
		c.tickers = true
		symbol := near.Tickers[0].Symbol
		text = bot.Join(text, bot.T(" The nearest listed one is "), bot.E(near.Name+" ("+symbol+")", "/ticker "+symbol))
		if e.Unlisted.Why != "" {
			text = append(text, bot.T(": "+e.Unlisted.Why)...)
		}
		text = append(text, bot.T(".")...)
	}
	return text
}

// alsoCalled lists a few of an entity's other names, the Chinese ones first.
func alsoCalled(e *knowledge.Entity) string {
	var names []string
	for _, kind := range []knowledge.AliasKind{knowledge.AliasChinese, knowledge.AliasName} {
		n := 0
		for _, a := range e.Aliases {
			if a.Kind == kind && n < 3 && !strings.EqualFold(a.Text, e.Name) {
				names = append(names, a.Text)
				n++
			}
		}
	}
	return strings.Join(names, ", ")
}

// listings is an entity's own tickers, or those of the nearest listed one, then
// those that its facts touch.
func (c *composer) listings(e *knowledge.Entity, facts []*knowledge.Fact) []bot.Block {
	own := c.sides(e)
	for _, symbol := range c.s.PassingThrough(e.Slug) {
		if len(own) < maxTickers {
			own = appendNew(own, symbol)
		}
	}
	return c.prices(c.touched(own, facts[:min(len(facts), 4)], max(len(own), maxTickers)))
}

// notFound says that no name was recognised and offers the nearest.
func notFound(s *knowledge.Snapshot, typed string) (bot.Reply, error) {
	f := &bot.Fail{Outcome: bot.Unknown, Say: "I know nothing called “" + bot.Shorten(typed, 60) + "”.", Next: "Names may be misspelt by a letter or two, and may be Chinese."}
	for _, m := range s.Find(typed) {
		if m.Slug == "" {
			f.Say = "I have the price of " + s.Name(m.Symbol) + " (" + m.Symbol + "), and no fact about it."
			f.Next = ""
			f.Suggest = append(f.Suggest, bot.Action{Label: m.Symbol + " (" + s.Name(m.Symbol) + ")", Line: "/ticker " + m.Symbol})
		}
	}
	for _, e := range s.NearEntity(typed, 3) {
		f.Suggest = append(f.Suggest, bot.Action{Label: e.Name + " (" + string(e.Kind) + ")", Line: "/about " + e.Name})
	}
	f.Suggest = append(f.Suggest, findName(typed), bot.Action{Label: "Ask it as a question", Line: "/ask " + bot.Shorten(typed, 200)})
	return bot.Reply{}, f
}

// overview lists the entities of some kinds with how much is known about each.
func overview(s *knowledge.Snapshot, r bot.Request, kinds []knowledge.EntityKind) (bot.Reply, error) {
	c := compose(s, "").on(r.At)
	c.chart = asksChart(r.Values)
	if err := c.readAsOf(r.Values); err != nil {
		return bot.Reply{}, err
	}
	if slices.Contains(kinds, knowledge.KindPolicy) {
		return policies(c), nil
	}
	if len(kinds) == 0 {
		kinds = knowledge.EntityKinds()
	}
	reply := bot.Reply{Title: bot.B("What I know about")}
	var counts []string
	for _, kind := range kinds {
		if n := len(byFacts(s, kind)); n > 0 {
			counts = append(counts, plural(n, string(kind), manyOf(kind)))
		}
		list := bot.List{Title: bot.B(title(manyOf(kind)))}
		for _, e := range byFacts(s, kind) {
			list.Items = append(list.Items, bot.Item{Text: c.entity(e.Slug), Detail: bot.Q(plural(len(s.About(e.Slug)), "fact", "facts") + " · " + e.Summary), Line: "/about " + e.Name})
			if len(reply.Actions) < 6 {
				reply.Actions = append(reply.Actions, c.open(e.Slug))
			}
		}
		if len(list.Items) > 0 {
			reply.Blocks = append(reply.Blocks, list)
		}
	}
	reply.Lead = bot.T("I know " + enumerate(counts) + ". Write a name after the command, or press one.")
	if len(counts) == 0 {
		reply.Lead, reply.Outcome = bot.T("No name is recorded."), bot.Unknown
	}
	return reply, nil
}

// manyOf is the plural of a kind.
func manyOf(kind knowledge.EntityKind) string {
	switch kind {
	case knowledge.KindCompany, knowledge.KindPolicy, knowledge.KindAgency:
		return strings.TrimSuffix(string(kind), "y") + "ies"
	case knowledge.KindPerson:
		return "people"
	}
	return string(kind) + "s"
}

func title(kind string) string { return strings.ToUpper(kind[:1]) + kind[1:] }

func byFacts(s *knowledge.Snapshot, kind knowledge.EntityKind) []*knowledge.Entity {
	var out []*knowledge.Entity
	for i := range s.Entities() {
		if s.Entities()[i].Kind == kind {
			out = append(out, &s.Entities()[i])
		}
	}
	slices.SortStableFunc(out, func(a, b *knowledge.Entity) int {
		return cmp.Or(len(s.About(b.Slug))-len(s.About(a.Slug)), strings.Compare(a.Name, b.Name))
	})
	return out
}

// policies shows the regime: every rule in the order of time, the agencies, and
// the tickers that the rules touch.
func policies(c *composer) bot.Reply {
	list := c.rules()
	reply := bot.Reply{Title: bot.B("Policies"), Blocks: []bot.Block{list}}
	if drawn, ok := timelineChart("Policies", "when each began", c.ruleEvents()); ok && c.chart {
		reply.Blocks = []bot.Block{drawn, list}
	}
	if len(list.Items) == 0 {
		return bot.Reply{Title: reply.Title, Lead: bot.T("No policy is recorded."), Outcome: bot.Unknown}
	}
	reply.Lead = bot.T(plural(len(list.Items), "rule", "rules") + " that " + pluralWord(len(list.Items), "bears", "bear") + " on Chinese AI, in the order of time. Each opens with its facts. " + c.asOfWords())
	var agencies []bot.Item
	for _, e := range byFacts(c.s, knowledge.KindAgency) {
		agencies = append(agencies, bot.Item{Text: c.entity(e.Slug), Detail: bot.Q(plural(len(c.s.About(e.Slug)), "fact", "facts") + " · " + e.Summary), Line: "/policy " + e.Name})
	}
	if len(agencies) > 0 {
		reply.Blocks = append(reply.Blocks, bot.List{Title: bot.B("Agencies"), Items: agencies[:min(len(agencies), maxCard)]})
	}
	var symbols []string
	for _, kind := range []knowledge.EntityKind{knowledge.KindPolicy, knowledge.KindLaw} {
		for _, e := range byFacts(c.s, kind) {
			if len(reply.Actions) < 6 {
				reply.Actions = append(reply.Actions, c.open(e.Slug))
			}
			for _, symbol := range c.s.PassingThrough(e.Slug) {
				symbols = appendNew(symbols, symbol)
			}
		}
	}
	symbols = c.pricedFirst(symbols)
	reply.Blocks = append(reply.Blocks, c.prices(symbols[:min(len(symbols), maxTickers)])...)
	return c.finish(reply)
}

// own lists the facts of which the entity is the main subject, what it is first,
// then in the order of time and of their sources.
func own(s *knowledge.Snapshot, slug string) []*knowledge.Fact {
	var out []*knowledge.Fact
	for _, f := range s.About(slug) {
		if f.Subjects[0] == slug {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b *knowledge.Fact) int {
		return cmp.Or(essence(a)-essence(b), a.From.Compare(b.From))
	})
	return out
}

// essence puts what a policy is and forbids before what came of it.
func essence(f *knowledge.Fact) int {
	order := []knowledge.Attribute{"definition", "goal", "ban", "requirement", "coverage", "enforcement"}
	least := len(order)
	for _, a := range f.Attributes {
		if i := slices.Index(order, a); i >= 0 {
			least = min(least, i)
		}
	}
	return least
}
