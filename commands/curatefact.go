package commands

import (
	"context"
	"fmt"
	"maps"
	"net/url"
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
		return bot.Option{Name: name, Summary: summary, Kind: bot.Word, Many: true, Complete: completeNamed(c.k)}
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
		date("from", "when it happened or began to hold"),
		date("until", "when it ceased to hold"),
		{Name: "tickers", Summary: "tickers that it touches, separated by commas", Kind: bot.Word, Many: true, Complete: completeListed(completeSymbol(c.k))},
		names("mentions", "what else it names, separated by commas"),
		choice(newName, "if a name above is new: what it is", choicesOf(knowledge.EntityKinds())),
		words("tells", "what it tells of its subject, such as price, release, licence"),
		words("publisher", "who published the source"),
		words("title", "the source's title"),
		date("dated", "the source's date"),
		words("asks", "questions that it answers, separated by semicolons"),
	}
	for i := range all {
		all[i].Long = all[i].Name == "statement" || all[i].Name == "asks"
		all[i].Named = true
		all[i].Required = needed && i < 5
	}
	hidden := []bot.Option{{Name: bot.FormOption, Summary: "the fields that are asked for in a form"}}
	if needed {
		hidden = append(hidden, bot.Option{Name: draftName, Summary: "the proposal that it is made of"}, bot.Option{Name: sureName, Summary: "add it without a look at what is near it", Kind: bot.YesNo})
	} else {
		all = append(all, bot.Option{Name: "why", Summary: "the reason, which stands in the log of changes", Kind: bot.Word, Named: true})
		hidden = append(hidden, bot.Option{Name: seenName, Summary: "the revision that was seen", Kind: bot.Integer})
	}
	for i := range hidden {
		hidden[i].Named, hidden[i].Hidden = true, true
		if hidden[i].Kind == bot.FreeText {
			hidden[i].Kind = bot.Word
		}
	}
	return append(all, hidden...)
}

// Names of options that are looked at by themselves.
const (
	newName   = "new"
	draftName = "draft"
	sureName  = "sure"
	seenName  = "seen"
)

// restFields are what a form of five fields has no room for and most facts want.
const restFields = "whose,from,until,tickers,mentions"

// completeNamed completes the last of names that are separated by commas, and offers
// what was typed as a new one where none begins like it.
func completeNamed(k Knowledge) bot.Completer {
	return completeListed(func(_ context.Context, _ bot.Request, typed string) []bot.Choice {
		var out []bot.Choice
		s := k.Snapshot()
		for _, e := range entitiesLike(s, typed, nil) {
			out = append(out, bot.Choice{Label: e.Name + "  " + string(e.Kind), Value: inList(s, e)})
		}
		if len(out) == 0 && typed != "" {
			out = append(out, bot.Choice{Label: "“" + bot.Shorten(typed, 60) + "”  a new name", Value: typed})
		}
		return out
	})
}

// inList is how an entity stands in a list whose parts are separated by commas: by its
// name where that means it and nothing else.
func inList(s *knowledge.Snapshot, e *knowledge.Entity) string {
	if back := wholeName(s, e.Name); back == nil || back.Slug != e.Slug || strings.Contains(e.Name, ",") {
		return e.Slug
	}
	return e.Name
}

// wholeName is the entity that the whole of what was typed names, misspelt or not, or
// nil: “Lotus Cloud” is another than Lotus.
func wholeName(s *knowledge.Snapshot, typed string) *knowledge.Entity {
	if e := s.Entity(strings.ToLower(strings.TrimSpace(typed))); e != nil {
		return e
	}
	words := strings.FieldsFunc(typed, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	found := s.Find(typed)
	if len(found) != 1 || len(s.Unnamed(words)) > 0 {
		return nil
	}
	return s.Entity(found[0].Slug)
}

// completeListed completes the last of values that are separated by commas.
func completeListed(one bot.Completer) bot.Completer {
	return func(ctx context.Context, r bot.Request, typed string) []bot.Choice {
		i := strings.LastIndexByte(typed, ',') + 1
		before := typed[:i]
		if before != "" {
			before += " "
		}
		out := one(ctx, r, strings.TrimSpace(typed[i:]))
		for j := range out {
			out[j].Value = before + out[j].Value
		}
		return out
	}
}

// drafted is a fact while it is put together, with the names that are made for it.
type drafted struct {
	fact  knowledge.Fact
	names []knowledge.Entity
}

func (d drafted) change() knowledge.Change {
	var put []knowledge.Record
	for _, e := range d.names {
		put = append(put, e)
	}
	return knowledge.Change{Put: append(put, d.fact)}
}

// wrongIn is a mistake in one field.
func wrongIn(field, next, format string, args ...any) *bot.Fail {
	f := bot.Misuse(next, format, args...)
	f.Field = field
	return f
}

// filled is the fact with the fields that were given. Whole lists replace what was
// there; what else it asks is added unless the list that it had was shown.
func filled(s *knowledge.Snapshot, f knowledge.Fact, r bot.Request, v bot.Values) (drafted, error) {
	d := drafted{fact: f}
	text := func(name string, into *string) {
		if v.Has(name) {
			*into = v.Text(name)
		}
	}
	text("statement", &d.fact.Statement)
	text("whose", &d.fact.Whose)
	if v.Has("kind") {
		d.fact.Kind = knowledge.FactKind(v.Text("kind"))
		if d.fact.Kind == knowledge.Event || d.fact.Kind == knowledge.Figure {
			d.fact.Whose = v.Text("whose")
		}
	}
	for name, into := range map[string]*[]string{"about": &d.fact.Subjects, "mentions": &d.fact.Mentions} {
		if !v.Has(name) {
			continue
		}
		slugs, err := d.slugs(s, name, r, v)
		if err != nil {
			return d, err
		}
		*into = slugs
	}
	if err := d.touching(s, v); err != nil {
		return d, err
	}
	if v.Has("tells") {
		d.fact.Attributes = nil
		for _, name := range listed(v.Text("tells"), ",") {
			d.fact.Attributes = append(d.fact.Attributes, knowledge.Attribute(strings.ToLower(name)))
		}
	}
	for name, into := range map[string]*knowledge.Date{"from": &d.fact.From, "until": &d.fact.Until} {
		if !v.Has(name) {
			continue
		}
		date, err := knowledge.ParseDate(v.Text(name))
		if err != nil {
			return d, wrongIn(name, "Nothing was changed.", "%s: %v.", capital(name), err)
		}
		*into = date
	}
	if v.Has(seenName) && v.Has("asks") {
		d.fact.Asks = nil
	}
	for _, ask := range listed(v.Text("asks"), ";") {
		if !slices.Contains(d.fact.Asks, ask) {
			d.fact.Asks = append(slices.Clone(d.fact.Asks), ask)
		}
	}
	return d, d.withSource(v)
}

// touching names the companies of the tickers that were given.
func (d *drafted) touching(s *knowledge.Snapshot, v bot.Values) error {
	for _, typed := range listed(v.Text("tickers"), ",") {
		owner := s.Lists(s.FindSymbol(typed))
		if owner == nil {
			f := wrongIn("tickers", "Nothing was changed.", "I know no ticker “%s” of a company.", bot.Shorten(typed, 20))
			if near := s.NearSymbol(typed, 1); len(near) > 0 {
				f.Say += " Did you mean " + near[0] + "?"
			}
			return f
		}
		if !slices.Contains(d.fact.Entities(), owner.Slug) {
			d.fact.Mentions = append(slices.Clone(d.fact.Mentions), owner.Slug)
		}
	}
	return nil
}

// withSource gives the fact the source whose fields were given: a new one in the
// place of its first.
func (d *drafted) withSource(v bot.Values) error {
	if !slices.ContainsFunc([]string{"source", "grade", "publisher", "title", "dated"}, v.Has) {
		return nil
	}
	had := d.fact.Sources
	var source knowledge.Source
	if len(had) > 0 && !v.Has("source") {
		source = had[0]
	}
	switch address := v.Text("source"); {
	case strings.HasPrefix(address, "https://"), strings.HasPrefix(address, "http://"):
		if u, err := url.Parse(address); err != nil || u.Hostname() == "" || strings.ContainsAny(address, " <>|") {
			return wrongIn("source", "Nothing was changed.", "“%s” is no address: write it whole, for example https://example.org/page.", bot.Shorten(address, 60))
		}
		source.URL = address
	case strings.Contains(address, "://"), strings.HasPrefix(address, "www."):
		return wrongIn("source", "Nothing was changed.", "“%s” is no address: write it whole, for example https://example.org/page.", bot.Shorten(address, 60))
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
		date, err := knowledge.ParseDate(v.Text("dated"))
		if err != nil {
			return wrongIn("dated", "Nothing was changed.", "Dated: %v.", err)
		}
		source.Date = date
	}
	d.fact.Sources = append([]knowledge.Source{source}, had[min(len(had), 1):]...)
	return nil
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

// slugs are the entities that an option names. One that is not known is made, where
// the options say what it is; else the mistake says what is near it and how to make it.
func (d *drafted) slugs(s *knowledge.Snapshot, option string, r bot.Request, v bot.Values) ([]string, error) {
	var out []string
	for _, name := range listed(v.Text(option), ",") {
		slug := d.slug(s, name, knowledge.EntityKind(v.Text(newName)))
		if slug == "" {
			return nil, notKnown(s, option, name, r, v)
		}
		if !slices.Contains(out, slug) {
			out = append(out, slug)
		}
	}
	return out, nil
}

// slug is the entity of one name, which is made of a kind where it is not known; without
// a kind it is empty.
func (d *drafted) slug(s *knowledge.Snapshot, name string, kind knowledge.EntityKind) string {
	if e := wholeName(s, name); e != nil {
		return e.Slug
	}
	if kind == "" {
		return ""
	}
	made := newEntity(s, name, kind)
	if !slices.ContainsFunc(d.names, func(o knowledge.Entity) bool { return o.Slug == made.Slug }) {
		d.names = append(d.names, made)
	}
	return made.Slug
}

// notKnown says that a name is not known, and offers those near it, and to make it.
func notKnown(s *knowledge.Snapshot, option, name string, r bot.Request, v bot.Values) *bot.Fail {
	f := wrongIn(option, "Nothing was changed. If it is a new name, say in “new” what it is: a company, a lab, a model …", "I know nothing called “%s”.", bot.Shorten(name, 60))
	again := func(with map[string]string) string { return typedAgain("/"+r.Command, v, with) }
	for i, e := range s.NearEntity(name, 3) {
		if i == 0 {
			f.Say += " Did you mean " + e.Name + "?"
		}
		meant := strings.ReplaceAll(v.Text(option), name, e.Name)
		f.Suggest = append(f.Suggest, bot.Action{Label: e.Name + " (" + string(e.Kind) + ")", Line: again(map[string]string{option: meant})})
	}
	f.Suggest = append(f.Suggest, bot.Action{Label: "Make “" + bot.Shorten(name, 30) + "” a new name", Line: again(map[string]string{bot.FormOption: newName})})
	return f
}

// newEntity is a name that is made on the spot.
func newEntity(s *knowledge.Snapshot, name string, kind knowledge.EntityKind) knowledge.Entity {
	name = strings.Join(strings.Fields(name), " ")
	slug := newKey(name, "name", func(slug string) bool { return s.Entity(slug) != nil })
	return knowledge.Entity{Slug: slug, Name: name, Kind: kind}
}

// add drafts a fact and shows what is near it; being sure, it adds it.
func (c curate) add(ctx context.Context, r bot.Request) (bot.Reply, error) {
	s := c.k.Snapshot()
	if err := c.waitsFor(ctx, r); err != nil {
		return bot.Reply{}, err
	}
	d, err := filled(s, knowledge.Fact{}, r, r.Values)
	if err != nil {
		return bot.Reply{}, err
	}
	f := d.fact
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
	d.fact = f
	if problems := s.Problems(f, d.names...); len(problems) > 0 {
		return bot.Reply{}, inWords(&knowledge.InvalidError{Problems: problems}, r)
	}
	if r.Values.Bool(sureName) {
		reply, err := c.apply(ctx, r, s, d.change(), "Added.")
		if len(reply.Blocks) > 0 { // it is there, and not kept for a second curator
			reply.Actions = append(reply.Actions, relating(s, f)...)
		}
		return reply, err
	}
	return preview(s, d, r.Values), nil
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
func preview(s *knowledge.Snapshot, d drafted, v bot.Values) bot.Reply {
	c, f := compose(s, ""), d.fact
	attributes := make([]string, len(f.Attributes))
	for i, a := range f.Attributes {
		attributes[i] = string(a)
	}
	fields := []bot.Field{
		{Name: "Id", Value: bot.C(f.ID)},
		{Name: "Kind", Value: bot.T(whose(&f))},
		{Name: "About", Value: d.called(c, f.Subjects)},
		{Name: "Tells", Value: bot.T(strings.Join(attributes, ", "))},
		{Name: "Source", Value: bot.T(joined(" · ", f.Sources[0].Publisher, f.Sources[0].Title, f.Sources[0].URL, string(f.Sources[0].Grade)))},
	}
	if w := when(&f); w != "" {
		fields = append(fields, bot.Field{Name: "When", Value: bot.T(w)})
	}
	if len(f.Mentions) > 0 {
		fields = append(fields, bot.Field{Name: "Names too", Value: d.called(c, f.Mentions)})
	}
	for _, e := range d.names {
		fields = append(fields, bot.Field{Name: "A new name", Value: bot.T(e.Name + ", a " + string(e.Kind))})
	}
	again := func(name, value string) string {
		return typedAgain("/curate add", v, map[string]string{name: value})
	}
	reply := bot.Reply{
		Title: bot.B("A new fact"), Lead: bot.T(f.Statement), Visibility: bot.Private,
		Blocks: []bot.Block{bot.Fields{Fields: fields}},
		Actions: []bot.Action{
			{Label: "Add it", Line: again(sureName, "true")},
			{Label: "Change it", Line: again(bot.FormOption, bot.AllFields)},
			{Label: "Whose, when, tickers", Line: again(bot.FormOption, restFields)},
		},
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

// called are the names of slugs, of which some are new.
func (d drafted) called(c *composer, slugs []string) bot.Text {
	var out bot.Text
	for i, slug := range slugs {
		if i > 0 {
			out = append(out, bot.T(", ")...)
		}
		if j := slices.IndexFunc(d.names, func(e knowledge.Entity) bool { return e.Slug == slug }); j >= 0 {
			out = append(out, bot.T(d.names[j].Name)...)
			continue
		}
		out = append(out, c.entity(slug)...)
	}
	return out
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

// relating are buttons that say how a fact that was added bears on the one that is
// nearest to it.
func relating(s *knowledge.Snapshot, f knowledge.Fact) []bot.Action {
	near, sharing := nearTo(s, f)
	all := slices.Concat(near, sharing)
	if len(all) == 0 {
		return nil
	}
	bears := func(how knowledge.RelationKind) string {
		return joined(" ", "/curate relate", f.ID, string(how), all[0].ID)
	}
	return []bot.Action{
		{Label: "It replaces " + all[0].ID, Line: bears(knowledge.Supersedes)},
		{Label: "It disputes " + all[0].ID, Line: bears(knowledge.Disputes)},
	}
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

// typedAgain is a command line with the options that were given, and others in their
// places. What a button said is not said again.
func typedAgain(command string, v bot.Values, with map[string]string) string {
	parts := []string{command}
	for _, name := range v.Names() {
		if _, other := with[name]; !other && name != sureName && name != bot.FormOption {
			parts = append(parts, name+":"+bot.Quote(v.Text(name)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(with)) {
		parts = append(parts, name+":"+bot.Quote(with[name]))
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

// longestKey is how long an id or a slug may get, and shortestKey what is left of words
// that are no ASCII.
const (
	longestKey  = 40
	shortestKey = 3
)

// newID makes an id of the first words of a statement that is not taken.
func newID(s *knowledge.Snapshot, statement string) string {
	return newKey(statement, "fact", func(id string) bool { return s.Fact(id) != nil })
}

// newKey makes a key of the first words of a text that is not taken; otherwise begins
// it where they are no ASCII.
func newKey(words, otherwise string, taken func(string) bool) string {
	key := ""
	for _, w := range strings.FieldsFunc(strings.ToLower(words), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		if next := strings.TrimPrefix(key+"-"+w, "-"); len(next) <= longestKey-4 && strings.Count(next, "-") < 6 {
			key = next
			continue
		}
		break
	}
	if len(key) < shortestKey {
		key = otherwise
	}
	for n := 2; ; n++ {
		if !taken(key) {
			return key
		}
		key = fmt.Sprintf("%s-%d", strings.TrimRight(strings.TrimRightFunc(key, unicode.IsDigit), "-"), n)
	}
}
