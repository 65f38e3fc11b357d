package commands

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
)

// ChangeLog tells what became of the facts; see knowledge.Base.
type ChangeLog interface {
	Changes(ctx context.Context, after uint64) (facts []knowledge.Changed, others int, err error)
	Before(ctx context.Context, t time.Time) (uint64, error)
}

// Changes tells what is new, corrected, replaced, disputed or withdrawn: since a
// date, since a revision, or since the asker last looked, which is theirs alone.
func Changes(k Knowledge, log ChangeLog, settings *bot.SettingsStore) bot.Command {
	c := changes{k, log, settings}
	return bot.Command{
		Name: "changes", Summary: "What is new, corrected or withdrawn since you last looked, or since a date",
		Examples: []string{"/changes", "/changes deepseek, NVDA since:2026-10-01"},
		Options: []bot.Option{
			{Name: "topics", Summary: "names or tickers, separated by commas", Kind: bot.FreeText, Complete: completeEntity(k)},
			{Name: "since", Summary: "a first date, such as 2024 or 2024-10-31", Kind: bot.DateText, Named: true},
			{Name: "revision", Summary: "the revision after which to begin", Kind: bot.Integer, Named: true},
			pageOption(),
		},
		Handle: c.tell,
	}
}

type changes struct {
	k        Knowledge
	log      ChangeLog
	settings *bot.SettingsStore
}

// Of what is listed.
const (
	mostChanges = 15
	firstLook   = 30 * 24 * time.Hour // what somebody sees who never looked
)

// start is where a list of changes begins.
type start struct {
	after  uint64
	words  string // "since 1 October 2026"
	looked bool   // where the asker last looked; they have seen it afterwards
}

func (c changes) tell(ctx context.Context, r bot.Request) (bot.Reply, error) {
	s := c.k.Snapshot()
	if c.log == nil {
		return bot.Reply{}, &bot.Fail{
			Outcome: bot.Unknown, Say: "No change is on record: I answer from the fact base that ships with me.",
			Next: "Whoever runs silkwire can give it a database; then changes are kept.",
		}
	}
	topics, err := topicsOf(s, r.Values.Text("topics"))
	if err != nil {
		return bot.Reply{}, err
	}
	from, err := c.start(ctx, r)
	if err != nil {
		return bot.Reply{}, err
	}
	all, others, err := c.log.Changes(ctx, from.after)
	if err != nil {
		return bot.Reply{}, err
	}
	all = slices.DeleteFunc(all, func(f knowledge.Changed) bool {
		return !topics.touch(s, f) || slices.Equal(f.Fields(), []string{"asks"})
	})
	reply, err := listChanges(s, all, from, topics, r)
	if err != nil {
		return bot.Reply{}, err
	}
	if others > 0 && len(topics) == 0 {
		reply.Blocks = append(reply.Blocks, bot.Paragraph{Text: bot.Q("Besides, " + plural(others, "record", "records") + " of names, prices or exposures changed.")})
	}
	if from.looked {
		reply.Visibility = bot.Private
		return reply, c.seen(ctx, r, s.Revision)
	}
	return reply, nil
}

// start reads where the list begins.
func (c changes) start(ctx context.Context, r bot.Request) (start, error) {
	since, err := knowledge.ParseDate(r.Values.Text("since"))
	if err != nil {
		return start{}, bot.Misuse("Write for example since:2026-10.", "%v", err)
	}
	if n := r.Values.Int("revision", -1); n >= 0 {
		return start{after: uint64(n), words: fmt.Sprintf("since revision %d", n)}, nil
	}
	if !since.IsZero() {
		after, err := c.log.Before(ctx, since.First())
		return start{after: after, words: "since " + since.Words()}, err
	}
	looked := !r.Values.Has("topics") && r.User.ID != ""
	if seen := c.settings.Person(r.Conversation, r.User.ID).Looked; looked && seen > 0 {
		return start{after: seen, words: "since you last looked", looked: true}, nil
	}
	at := r.At.Add(-firstLook)
	after, err := c.log.Before(ctx, at)
	return start{after: after, words: "in the last 30 days", looked: looked}, err
}

// seen notes what the asker has looked at, where anything can be kept.
func (c changes) seen(ctx context.Context, r bot.Request, revision uint64) error {
	if c.settings.Person(r.Conversation, r.User.ID).Looked == revision || !c.settings.Keeps() {
		return nil
	}
	return c.settings.SetPerson(ctx, r.Conversation, r.User.ID, func(s *bot.Settings) { s.Looked = revision })
}

// topics are entities by their slugs and symbols; none means everything.
type topics []topic

type topic struct{ slug, symbol, name string }

// topicsOf reads names and tickers that are separated by commas.
func topicsOf(s *knowledge.Snapshot, typed string) (topics, error) {
	var all topics
	for part := range strings.SplitSeq(typed, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		found := s.Find(part)
		if len(found) == 0 {
			_, err := notFound(s, part)
			return nil, err
		}
		for _, m := range found {
			t := topic{slug: m.Slug, symbol: m.Symbol, name: s.Name(m.Symbol)}
			if e := s.Entity(m.Slug); e != nil {
				t.name = e.Name
			}
			all = append(all, t)
		}
	}
	return all, nil
}

func (t topics) names() string {
	names := make([]string, len(t))
	for i, one := range t {
		names[i] = one.name
	}
	return enumerate(names)
}

// touch tells whether a change is of a topic: about it, about what it owns or
// makes, or carrying a ticker's exposure.
func (t topics) touch(s *knowledge.Snapshot, c knowledge.Changed) bool {
	if len(t) == 0 {
		return true
	}
	for _, f := range []*knowledge.Fact{c.Before, c.After} {
		if f != nil && slices.ContainsFunc(t, func(one topic) bool { return one.touches(s, f) }) {
			return true
		}
	}
	return false
}

func (t topic) touches(s *knowledge.Snapshot, f *knowledge.Fact) bool {
	symbols := []string{t.symbol}
	if t.symbol == "" {
		symbols = s.Symbols(t.slug)
	}
	if slices.ContainsFunc(s.RestingOn(f.ID), func(symbol string) bool { return slices.Contains(symbols, symbol) }) {
		return true
	}
	for _, slug := range f.Entities() {
		for e := range s.Owners(slug) {
			if e.Slug == t.slug {
				return true
			}
		}
	}
	return false
}

// sorts of change, in the order in which they are listed.
type sort uint8

const (
	isNew sort = iota
	isCorrected
	isReplaced
	isDisputed
	isWithdrawn
)

// change is one entry of the list.
type change struct {
	sort  sort
	item  bot.Item
	newer *knowledge.Fact // what is there now
	other string          // the id of what it replaces or disputes
}

// sorted is what a changed fact comes to: itself, and what it replaces or disputes.
func sorted(s *knowledge.Snapshot, c knowledge.Changed, by string) []change {
	entry := change{sort: isCorrected, newer: c.After}
	detail := func(first string) bot.Text {
		return bot.Join(bot.Q(joined(" · ", first, by)+" · "), bot.C(c.ID))
	}
	switch {
	case c.After == nil:
		entry.sort, entry.item = isWithdrawn, bot.Item{Text: bot.T(c.Before.Statement), Detail: detail("")}
		return []change{entry}
	case c.Before == nil:
		entry.sort, entry.item = isNew, bot.Item{Text: bot.T(c.After.Statement), Detail: detail(strings.Join([]string{whose(c.After), graded(c.After)}, " · ")), Line: "/fact " + c.ID}
	default:
		entry.item = bot.Item{Text: bot.T(c.After.Statement), Detail: detail(corrected(c)), Line: "/fact " + c.ID}
	}
	all := []change{entry}
	for _, rel := range c.After.Relations {
		was := s.Fact(rel.To)
		if was == nil || c.Before != nil && slices.Contains(c.Before.Relations, rel) {
			continue
		}
		other := change{newer: c.After, other: was.ID, item: bot.Item{Text: bot.T(was.Statement), Line: "/fact " + was.ID}}
		switch rel.Kind {
		case knowledge.Supersedes:
			other.sort, other.item.Detail = isReplaced, bot.Join(bot.Q("replaced by "), bot.C(c.ID), bot.Q(" · "), bot.C(was.ID))
		case knowledge.Disputes:
			other.sort, other.item.Detail = isDisputed, bot.Join(bot.Q("disputed by "), bot.C(c.ID), bot.Q(" · "), bot.C(was.ID))
		default:
			continue
		}
		all = append(all, other)
	}
	return all
}

// corrected says what of a fact is another now.
func corrected(c knowledge.Changed) string {
	if c.Before.Statement != c.After.Statement {
		return "was: “" + c.Before.Statement + "”"
	}
	return "changed: " + enumerate(slices.DeleteFunc(c.Fields(), func(name string) bool { return name == "asks" }))
}

// madeBy says who changed a fact last, when and why.
func madeBy(c knowledge.Changed, r bot.Request) string {
	last := c.By[len(c.By)-1]
	words := authorWords(last.Author, r) + ", " + last.At.UTC().Format("2 January 2006")
	if last.Reason != "" && last.Origin != knowledge.FromShipped {
		words += " (" + bot.Shorten(bot.Clean(last.Reason), 120) + ")"
	}
	return words
}

// listChanges writes the list, newest first within each sort.
func listChanges(s *knowledge.Snapshot, all []knowledge.Changed, from start, about topics, r bot.Request) (bot.Reply, error) {
	number := r.Values.Int("page", 1)
	c := compose(s, "")
	reply := bot.Reply{Title: bot.B("Changes")}
	if len(all) == 0 {
		about := ofTopic(about.names())
		reply.Lead = bot.T("Nothing changed" + about + " " + from.words + ".")
		return c.finish(reply), nil
	}
	line := fmt.Sprintf("/changes %s revision:%d", about.typed(), from.after)
	part, more, err := page(all, number, mostChanges, strings.Join(strings.Fields(line), " "))
	if err != nil {
		return bot.Reply{}, err
	}
	lists := map[sort]*bot.List{}
	counts := map[sort]int{}
	told := map[string]bool{} // what is listed already
	for _, changed := range all {
		told[changed.ID] = true
	}
	for i, changed := range all {
		for _, entry := range sorted(s, changed, madeBy(changed, r)) {
			if told[entry.other] {
				continue
			}
			if entry.other != "" {
				told[entry.other] = true
			}
			counts[entry.sort]++
			if first := (number - 1) * mostChanges; i < first || i >= first+len(part) {
				continue
			}
			if lists[entry.sort] == nil {
				lists[entry.sort] = &bot.List{}
			}
			if entry.newer != nil {
				c.useFact(entry.newer, 1)
			}
			lists[entry.sort].Items = append(lists[entry.sort].Items, entry.item)
		}
	}
	var last *bot.List
	for _, x := range sortNames {
		list := lists[x.sort]
		if list == nil {
			continue
		}
		list.Title = bot.B(x.title)
		if last != nil {
			reply.Blocks = append(reply.Blocks, *last)
		}
		last = list
	}
	last.More = more
	reply.Blocks = append(reply.Blocks, *last)
	reply.Lead = bot.T(counted(counts, about) + " " + from.words + ".")
	return c.finish(reply), nil
}

// sortNames are the sorts in their order, as headings and as they are counted.
var sortNames = []struct {
	sort      sort
	title     string
	one, many string
}{
	{isNew, "New", "is new", "are new"},
	{isCorrected, "Corrected", "was corrected", "were corrected"},
	{isReplaced, "Replaced", "was replaced", "were replaced"},
	{isDisputed, "Disputed", "is disputed", "are disputed"},
	{isWithdrawn, "Withdrawn", "was withdrawn", "were withdrawn"},
}

// counted says how many there are of each sort: "2 facts about Qwen are new and 1
// was corrected".
func counted(counts map[sort]int, about topics) string {
	var parts []string
	for _, x := range sortNames {
		n := counts[x.sort]
		if n == 0 {
			continue
		}
		what := ""
		if len(parts) == 0 {
			what = pluralWord(n, "fact", "facts") + ofTopic(about.names()) + " "
		}
		parts = append(parts, itoa(n)+" "+what+pluralWord(n, x.one, x.many))
	}
	return enumerate(parts)
}

// typed are the topics as they can be typed again.
func (t topics) typed() string {
	names := make([]string, len(t))
	for i, one := range t {
		names[i] = cmp.Or(one.symbol, one.name)
	}
	return strings.Join(names, ", ")
}
