package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"silkwire/bot"
	"silkwire/knowledge"
)

// fields are the options that make up a fact. To add one, the first five are
// needed: as many as a form of Discord's has.
func (c curate) fields(needed bool) []bot.Option {
	names := func(name, summary string) bot.Option {
		return bot.Option{Name: name, Summary: summary, Kind: bot.Word, Complete: completeEntity(c.k)}
	}
	words := func(name, summary string) bot.Option { return bot.Option{Name: name, Summary: summary, Kind: bot.Word} }
	choice := func(name, summary string, choices []bot.Choice) bot.Option {
		return bot.Option{Name: name, Summary: summary, Kind: bot.Word, Choices: choices}
	}
	date := func(name, summary string) bot.Option {
		return bot.Option{Name: name, Summary: summary, Kind: bot.DateText}
	}
	all := []bot.Option{
		words("statement", "one statement in your own words, at most 280 characters"),
		choice("kind", "event, figure, claim or assessment", choicesOf(knowledge.FactKinds())),
		names("about", "what it is about, the main name first, separated by commas"),
		words("source", "the page's address, or the publisher"),
		choice("grade", "how good the source is: primary, expert, press or secondary", choicesOf(knowledge.Grades())),
		words("whose", "whose claim or assessment it is"),
		names("mentions", "what else it names, separated by commas"),
		words("tells", "what it tells of its subject, such as price, release, licence"),
		date("from", "when it happened or began to hold"),
		date("until", "when it ceased to hold"),
		words("publisher", "who published the source"),
		words("title", "the source's title"),
		date("dated", "the source's date"),
		words("asks", "questions that it answers, separated by semicolons"),
	}
	for i := range all {
		all[i].Named = true
		all[i].Required = needed && i < 5
	}
	if needed {
		return append(all, bot.Option{Name: "draft", Summary: "the proposal that it is made of", Kind: bot.Word, Named: true},
			bot.Option{Name: sureName, Summary: "add it without a look at what is near it", Kind: bot.YesNo, Named: true})
	}
	return append(all, bot.Option{Name: "why", Summary: "the reason, which stands in the log of changes", Kind: bot.Word, Named: true})
}

const sureName = "sure"

// filled is the fact with the fields that were given.
func filled(s *knowledge.Snapshot, f knowledge.Fact, v bot.Values) (knowledge.Fact, error) {
	text := func(name string, into *string) {
		if v.Has(name) {
			*into = v.Text(name)
		}
	}
	text("statement", &f.Statement)
	text("whose", &f.Whose)
	if v.Has("kind") {
		f.Kind = knowledge.FactKind(v.Text("kind"))
		if f.Kind == knowledge.Event || f.Kind == knowledge.Figure {
			f.Whose = v.Text("whose")
		}
	}
	for name, into := range map[string]*[]string{"about": &f.Subjects, "mentions": &f.Mentions} {
		if !v.Has(name) {
			continue
		}
		slugs, err := slugsOf(s, v.Text(name))
		if err != nil {
			return f, err
		}
		*into = slugs
	}
	if v.Has("tells") {
		f.Attributes = nil
		for _, name := range listed(v.Text("tells"), ",") {
			f.Attributes = append(f.Attributes, knowledge.Attribute(strings.ToLower(name)))
		}
	}
	for name, into := range map[string]*knowledge.Date{"from": &f.From, "until": &f.Until} {
		if !v.Has(name) {
			continue
		}
		d, err := knowledge.ParseDate(v.Text(name))
		if err != nil {
			return f, bot.Misuse("Nothing was changed.", "%s: %v.", capital(name), err)
		}
		*into = d
	}
	for _, ask := range listed(v.Text("asks"), ";") {
		if !slices.Contains(f.Asks, ask) {
			f.Asks = append(slices.Clone(f.Asks), ask)
		}
	}
	return withSource(f, v)
}

// withSource gives the fact the source whose fields were given: a new one in the
// place of its first.
func withSource(f knowledge.Fact, v bot.Values) (knowledge.Fact, error) {
	if !slices.ContainsFunc([]string{"source", "grade", "publisher", "title", "dated"}, v.Has) {
		return f, nil
	}
	var source knowledge.Source
	if len(f.Sources) > 0 && !v.Has("source") {
		source = f.Sources[0]
	}
	switch address := v.Text("source"); {
	case strings.HasPrefix(address, "https://"), strings.HasPrefix(address, "http://"):
		source.URL = address
	case strings.Contains(address, "://"), strings.HasPrefix(address, "www."):
		return f, bot.Misuse("Nothing was changed.", "“%s” is no address: write it whole, for example https://example.org/page.", bot.Shorten(address, 60))
	case address != "":
		source.Publisher = address
	}
	if v.Has("publisher") {
		source.Publisher = v.Text("publisher")
	}
	if v.Has("title") {
		source.Title = v.Text("title")
	}
	if v.Has("grade") {
		source.Grade = knowledge.Grade(v.Text("grade"))
	}
	if v.Has("dated") {
		d, err := knowledge.ParseDate(v.Text("dated"))
		if err != nil {
			return f, bot.Misuse("Nothing was changed.", "Dated: %v.", err)
		}
		source.Date = d
	}
	f.Sources = append([]knowledge.Source{source}, f.Sources[min(len(f.Sources), 1):]...)
	return f, nil
}

// listed are the parts of a list that is not empty.
func listed(text, separator string) []string {
	var out []string
	for part := range strings.SplitSeq(text, separator) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func slugsOf(s *knowledge.Snapshot, typed string) ([]string, error) {
	var out []string
	for _, name := range listed(typed, ",") {
		e, err := entityOf(s, name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, e.Slug) {
			out = append(out, e.Slug)
		}
	}
	return out, nil
}

// add drafts a fact and shows what is near it; being sure, it adds it.
func (c curate) add(ctx context.Context, r bot.Request) (bot.Reply, error) {
	s := c.k.Snapshot()
	if err := c.waitsFor(ctx, r); err != nil {
		return bot.Reply{}, err
	}
	f, err := filled(s, knowledge.Fact{}, r.Values)
	if err != nil {
		return bot.Reply{}, err
	}
	if same := sameStatement(s, f.Statement); same != nil {
		return bot.Reply{}, &bot.Fail{
			Outcome: bot.Misused, Say: "That is known already, in these very words.",
			Next: "Nothing was added. Open it to see its evidence, or edit it.", Suggest: []bot.Action{{Label: same.ID, Line: "/fact " + same.ID}},
		}
	}
	f.ID = newID(s, f.Statement)
	if len(f.Attributes) == 0 {
		f.Attributes = toldBy(s, f.Statement)
	}
	if problems := s.Problems(f); len(problems) > 0 {
		return bot.Reply{}, inWords(&knowledge.InvalidError{Problems: problems}, r)
	}
	if r.Values.Bool(sureName) {
		reply, err := c.apply(ctx, r, s, knowledge.Change{Put: []knowledge.Record{f}}, "Added.")
		if draft := r.Values.Text("draft"); err == nil && draft != "" {
			err = c.drafts.Settle(ctx, draft, f.ID, "", r.At)
		}
		return reply, err
	}
	return preview(s, f, r.Values), nil
}

// sameStatement is a fact that says the same word for word, or nil: so that a form
// that is sent twice adds one.
func sameStatement(s *knowledge.Snapshot, statement string) *knowledge.Fact {
	words := strings.Join(strings.Fields(statement), " ")
	for _, f := range s.Facts() {
		if strings.EqualFold(f.Statement, words) {
			return f
		}
	}
	return nil
}

// preview is a drafted fact with what is near it, and the button that adds it.
func preview(s *knowledge.Snapshot, f knowledge.Fact, v bot.Values) bot.Reply {
	c := compose(s, "")
	attributes := make([]string, len(f.Attributes))
	for i, a := range f.Attributes {
		attributes[i] = string(a)
	}
	fields := []bot.Field{
		{Name: "Id", Value: bot.C(f.ID)},
		{Name: "Kind", Value: bot.T(whose(&f))},
		{Name: "About", Value: c.names(f.Subjects)},
		{Name: "Tells", Value: bot.T(strings.Join(attributes, ", "))},
		{Name: "Source", Value: bot.T(joined(" · ", f.Sources[0].Publisher, f.Sources[0].Title, f.Sources[0].URL, string(f.Sources[0].Grade)))},
	}
	if w := when(&f); w != "" {
		fields = append(fields, bot.Field{Name: "When", Value: bot.T(w)})
	}
	reply := bot.Reply{
		Title: bot.B("A new fact"), Lead: bot.T(f.Statement), Visibility: bot.Private,
		Blocks:  []bot.Block{bot.Fields{Fields: fields}},
		Actions: []bot.Action{{Label: "Add it", Line: typedAgain("/curate add", v) + " " + sureName + ":true"}},
	}
	near, sharing := nearTo(s, f)
	for _, part := range []struct {
		heading string
		facts   []*knowledge.Fact
	}{{"It may be known already", near}, {"It tells the same of the same: does it dispute or replace one of them?", sharing}} {
		list := bot.List{Title: bot.B(part.heading)}
		for _, other := range part.facts {
			list.Items = append(list.Items, bot.Item{Text: bot.T(other.Statement), Detail: brief(other), Line: "/fact " + other.ID})
		}
		if len(list.Items) > 0 {
			reply.Blocks = append(reply.Blocks, list)
		}
	}
	reply.Blocks = append(reply.Blocks, bot.Paragraph{Text: bot.Q("Nothing was added yet.")})
	return reply
}

// mostNear is how many facts of each sort a draft is shown beside.
const mostNear = 3

// nearTo finds the facts that a draft may repeat, and those that tell the same of
// the same subject.
func nearTo(s *knowledge.Snapshot, f knowledge.Fact) (near, sharing []*knowledge.Fact) {
	for _, scored := range s.Answer(knowledge.Query{Text: f.Statement, Limit: mostNear}).Facts {
		if overlap(scored.Fact.Statement, f.Statement) >= 0.5 {
			near = append(near, scored.Fact)
		}
	}
	for _, other := range s.About(f.Subjects[0]) {
		same := other.Subjects[0] == f.Subjects[0] && slices.ContainsFunc(other.Attributes, func(a knowledge.Attribute) bool { return slices.Contains(f.Attributes, a) })
		if same && s.Superseded(other.ID) == nil && !slices.Contains(near, other) && len(sharing) < mostNear {
			sharing = append(sharing, other)
		}
	}
	return near, sharing
}

// overlap is how many of the words of two statements are in both, from 0 to 1.
func overlap(a, b string) float64 {
	words := func(s string) map[string]bool {
		out := map[string]bool{}
		for _, w := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			out[w] = true
		}
		return out
	}
	one, two := words(a), words(b)
	both := 0
	for w := range one {
		if two[w] {
			both++
		}
	}
	return float64(both) / float64(max(1, min(len(one), len(two))))
}

// typedAgain is a command line with the options that were given.
func typedAgain(command string, v bot.Values) string {
	parts := []string{command}
	for _, name := range v.Names() {
		if name != sureName {
			parts = append(parts, name+":"+bot.Quote(v.Text(name)))
		}
	}
	return strings.Join(parts, " ")
}

// toldBy is what a statement tells of its subject, by the words that questions for
// that have; where none is in it, a status.
func toldBy(s *knowledge.Snapshot, statement string) []knowledge.Attribute {
	if told := s.Tells(statement); len(told) > 0 {
		return told[:1]
	}
	return []knowledge.Attribute{"status"}
}

// longestID is how long an id may get, and shortestID what is left of words that
// are no ASCII.
const (
	longestID  = 40
	shortestID = "fact"
)

// newID makes an id of the first words of a statement that is not taken.
func newID(s *knowledge.Snapshot, statement string) string {
	id := ""
	for _, w := range strings.FieldsFunc(strings.ToLower(statement), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		if next := strings.TrimPrefix(id+"-"+w, "-"); len(next) <= longestID-4 && strings.Count(next, "-") < 6 {
			id = next
			continue
		}
		break
	}
	if len(id) < len(shortestID) {
		id = shortestID
	}
	for n := 2; ; n++ {
		if s.Fact(id) == nil {
			return id
		}
		id = fmt.Sprintf("%s-%d", strings.TrimRight(strings.TrimRightFunc(id, unicode.IsDigit), "-"), n)
	}
}

// edit changes the fields that were given.
func (c curate) edit(ctx context.Context, r bot.Request) (bot.Reply, error) {
	s := c.k.Snapshot()
	f, err := factOf(s, r, "id")
	if err != nil {
		return bot.Reply{}, err
	}
	next, err := filled(s, *f, r.Values)
	if err != nil {
		return bot.Reply{}, err
	}
	return c.apply(ctx, r, s, knowledge.Change{Put: []knowledge.Record{next}}, "Changed.")
}
