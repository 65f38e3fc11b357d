package commands

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
	"silkwire/knowledge/feed"
	"silkwire/knowledge/fetch"
)

// Feed follows feeds for curators: what of them names something that is known waits for
// a curator, who makes a fact of it or not.
func Feed(k Knowledge, kept Kept) bot.Command {
	f := feeds{k, kept}
	id := bot.Option{Name: "feed", Summary: "its id, name or address, as /feed list shows them", Kind: bot.FreeText, Required: true, Complete: f.complete}
	some := id
	some.Required = false
	return bot.Command{
		Name: "feed", Summary: "Follow feeds whose items curators look at: add, list, remove, review, log", Permit: bot.Curator,
		Subcommands: []bot.Command{
			{
				Name: "add", Summary: "Follow a feed (RSS, Atom, JSON Feed), the feeds of a page, or an OPML list of them", Handle: f.add,
				Options:  []bot.Option{{Name: "address", Summary: "the feed's address, or that of its page or of an OPML list", Kind: bot.Word, Required: true}},
				Examples: []string{"/feed add https://example.org/feed.xml"},
			},
			{Name: "list", Summary: "The feeds that are followed, and how each does", Handle: f.list, Options: []bot.Option{pageOption()}, Examples: []string{"/feed list"}},
			{Name: "remove", Summary: "Follow a feed no more", Handle: f.remove, Options: []bot.Option{id}},
			{Name: "review", Summary: "What of feeds waits for a curator", Handle: f.review, Options: []bot.Option{pageOption()}, Examples: []string{"/feed review"}},
			{Name: "log", Summary: "What became of each item: proposed, seen before, no known name, too old", Handle: f.log, Options: []bot.Option{some, pageOption()}, Examples: []string{"/feed log"}},
		},
	}
}

type feeds struct {
	k    Knowledge
	kept Kept
}

func noFeeds() *bot.Fail {
	return &bot.Fail{
		Outcome: bot.Denied, Say: "No feed can be followed here: I have no database to keep it in.",
		Next: "Whoever runs silkwire can give it one that it may write to.",
	}
}

// ItemNames tells whether a text names anything that a snapshot knows, spelt as it is
// known.
func ItemNames(s *knowledge.Snapshot, text string) bool { return len(itemAbout(s, text)) > 0 }

// surelyNamed is how sure a name in an item must be: no misspelt one, and none that means
// several things.
const surelyNamed = 0.9

// itemAbout are the entities that a text names, each once; a symbol's is its owner.
func itemAbout(s *knowledge.Snapshot, text string) []string {
	var out []string
	for _, m := range s.Find(text) {
		slug := m.Slug
		if owner := s.Lists(m.Symbol); slug == "" && owner != nil {
			slug = owner.Slug
		}
		if m.Score >= surelyNamed && !m.InContext() {
			out = appendNew(out, slug)
		}
	}
	return out
}

// ItemDraft is an item as a draft for curators of where its feed is followed.
func ItemDraft(f feed.Feed, i feed.Item, at time.Time) bot.Draft {
	const longest = 600
	return bot.Draft{
		At: at, Platform: f.Platform, Space: f.Space, Text: i.Title,
		Feed: &bot.FeedItem{Feed: f.ID, Name: f.Name(), Title: i.Title, Text: bot.Shorten(i.Text, longest), Address: i.Address, Dated: i.At},
	}
}

// guessedItem is what an item may be as a fact: its headline is the source's own words,
// and stands there to be put in the curator's.
func guessedItem(s *knowledge.Snapshot, i bot.FeedItem) guess {
	g := guess{statement: sentence(i.Title), kind: guessedKind(i.Title), about: itemAbout(s, i.Title), source: i.Address, title: i.Title, publisher: i.Name}
	for _, slug := range itemAbout(s, i.Title+"\n"+i.Text) {
		g.about = appendNew(g.about, slug)
	}
	if g.about = slices.DeleteFunc(g.about, func(slug string) bool { return slug == "" }); len(g.about) > mostAbout {
		g.about = g.about[:mostAbout]
	}
	if g.grade = gradeOf(s, g.source); g.grade == "" {
		g.grade = gradeOfPublisher(s, i.Name)
	}
	if !i.Dated.IsZero() {
		g.dated = i.Dated.Format(time.DateOnly)
	}
	return g
}

// gradeOfPublisher is the grade of other sources of whoever a feed's name names, the
// longest name first; or empty.
func gradeOfPublisher(s *knowledge.Snapshot, name string) knowledge.Grade {
	const telling = 4 // letters
	longest, grade := "", knowledge.Grade("")
	name = " " + strings.ToLower(name) + " "
	for _, f := range s.Facts() {
		for _, source := range f.Sources {
			if p := source.Publisher; len(p) >= max(telling, len(longest)+1) && strings.Contains(name, " "+strings.ToLower(p)+" ") {
				longest, grade = p, source.Grade
			}
		}
	}
	return grade
}

// mostAbout is how many names of an item are taken for what it is about.
const mostAbout = 5

// itemBlocks are what the feed says, and that it is the source's words.
func itemBlocks(i bot.FeedItem, seen string) []bot.Block {
	var out []bot.Block
	if i.Text != "" && i.Text != i.Title {
		out = append(out, bot.Paragraph{Text: bot.T(i.Text)})
	}
	when := "undated, seen " + seen
	if !i.Dated.IsZero() {
		when = i.Dated.Format("2 January 2006")
	}
	where := bot.Q(i.Name + ", " + when)
	if i.Address != "" {
		where = bot.Join(where, bot.Q(" · "), bot.L("open the page", i.Address))
	}
	return append(out, bot.Paragraph{Text: where}, bot.Paragraph{Text: bot.Q("These are the source's words. Read the page, and say in your own what it establishes.")})
}

// FailingNote tells curators of a feed that could not be read for long.
func FailingNote(f feed.Feed) bot.Reply {
	return bot.Reply{
		Lead:   bot.Join(bot.T("The feed "), bot.B(f.Name()), bot.T(" could not be read since "+f.Failing.Format("2 January 2006")+": "+f.Why+". I go on trying, and say no more of it.")),
		Blocks: []bot.Block{bot.Paragraph{Text: bot.Join(bot.C("/feed remove "+f.ID), bot.T(" ends it."))}},
	}
}

// mine are the feeds that a curator may see: those of their own workspace or server, and
// all for who runs silkwire.
func (f feeds) mine(r bot.Request) ([]feed.Feed, error) {
	if f.kept.Feeds == nil || !f.kept.Feeds.Book.Keeps() {
		return nil, noFeeds()
	}
	return slices.DeleteFunc(f.kept.Feeds.Book.All(), func(o feed.Feed) bool { return !mayRead(r, o.Platform, o.Space) }), nil
}

func (f feeds) add(ctx context.Context, r bot.Request) (bot.Reply, error) {
	if _, err := f.mine(r); err != nil {
		return bot.Reply{}, err
	}
	typed := strings.Trim(strings.TrimSpace(r.Values.Text("address")), "<>") // Slack marks addresses so
	typed, _, _ = strings.Cut(typed, "|")
	added, err := f.kept.Feeds.Add(ctx, feed.Feed{Address: typed, Platform: r.Conversation.Platform, Space: r.Conversation.Space, By: r.User.ID})
	if page, ok := errors.AsType[*feed.PageError](err); ok {
		return bot.Reply{}, feedsOf(typed, page.Feeds)
	}
	if errors.Is(err, feed.ErrList) {
		return f.addList(ctx, r, typed)
	}
	if err != nil {
		return bot.Reply{}, notFollowed(err, typed, added.Feed)
	}
	reply := bot.Reply{Title: bot.T(added.Feed.Name()), Visibility: bot.Private}
	reply.Lead = bot.T("Followed. It has " + plural(added.Items, "item", "items") + " now: " + tally(added.Taken) + ".")
	reply.Actions = []bot.Action{{Label: "What of it waits", Line: "/feed review"}, {Label: "What became of each", Line: "/feed log " + added.Feed.ID}, {Label: "Remove", Line: "/feed remove " + added.Feed.ID}}
	return reply, nil
}

// tally counts fates in words.
func tally(t feed.Taken) string {
	var parts []string
	for _, x := range []struct {
		fate  feed.Fate
		words string
	}{
		{feed.Proposed, "proposed to curators"}, {feed.Nameless, "without a name that I know"}, {feed.TooOld, "too old"}, {feed.SeenBefore, "seen before"}, {feed.Held, "held back"},
	} {
		if n := t[x.fate]; n > 0 {
			parts = append(parts, itoa(n)+" "+x.words)
		}
	}
	if len(parts) == 0 {
		return "none is new"
	}
	return enumerate(parts)
}

// feedsOf offers the feeds that a page names.
func feedsOf(typed string, found []string) *bot.Fail {
	f := bot.Misuse("Its address ends in .xml, .rss or /feed more often than not.", "That is a page, and it names no feed.")
	if len(found) > 0 {
		f = bot.Misuse("Choose one.", "That is a page. It names %s.", plural(len(found), "feed", "feeds"))
	}
	f.Field = "address"
	for _, address := range found {
		label := address
		if u, err := url.Parse(address); err == nil {
			label = strings.TrimPrefix(u.Host+u.Path, "www.")
		}
		f.Suggest = append(f.Suggest, bot.Action{Label: bot.Shorten(label, 60), Line: typedAgain("/feed add", bot.Values{}, map[string]string{"address": address})})
	}
	if len(found) == 0 {
		f.Say += " It was " + bot.Shorten(typed, 80) + "."
	}
	return f
}

// notFollowed says why a feed is not followed.
func notFollowed(err error, typed string, is feed.Feed) error {
	say := func(next, format string, args ...any) *bot.Fail { return wrongIn("address", next, format, args...) }
	switch {
	case errors.Is(err, feed.ErrTwice):
		f := say("Nothing was changed.", "That feed is followed already: %s.", is.Name())
		f.Suggest = []bot.Action{{Label: "What became of its items", Line: "/feed log " + is.ID}}
		return f
	case errors.Is(err, feed.ErrTooMany):
		return say("/feed remove ends one.", "I follow %d feeds, which is as many as I may.", feed.MostFeeds)
	case errors.Is(err, feed.ErrReadOnly):
		return noFeeds()
	case errors.Is(err, fetch.ErrAddress):
		return say("Write it whole, for example https://example.org/feed.xml.", "“%s” is no address.", bot.Shorten(typed, 60))
	case errors.Is(err, fetch.ErrPrivate):
		return say("Whoever runs silkwire can allow it with SILKWIRE_FETCH_PRIVATE.", "I fetch nothing from this machine or a private network.")
	case errors.Is(err, feed.ErrNoFeed), errors.Is(err, feed.ErrNoList), errors.Is(err, feed.ErrTooDeep), errors.Is(err, feed.ErrFetch):
		return say("Nothing was followed. Look whether the address is right, and whether it opens in a browser.", "I cannot follow that: %s.", feed.Reason(err))
	}
	return err
}

// addList follows the feeds of an OPML list.
func (f feeds) addList(ctx context.Context, r bot.Request, typed string) (bot.Reply, error) {
	out, err := f.kept.Feeds.AddList(ctx, feed.Feed{Address: typed, Platform: r.Conversation.Platform, Space: r.Conversation.Space, By: r.User.ID})
	if err != nil {
		return bot.Reply{}, notFollowed(err, typed, feed.Feed{})
	}
	return bot.Reply{
		Title: bot.B("A list of feeds"), Visibility: bot.Private, Lead: bot.T(out.Words()),
		Actions: []bot.Action{{Label: "The feeds", Line: "/feed list"}},
	}, nil
}

// mostListed is how many feeds or items a list shows.
const mostListed = 10

func (f feeds) list(_ context.Context, r bot.Request) (bot.Reply, error) {
	all, err := f.mine(r)
	if err != nil {
		return bot.Reply{}, err
	}
	reply := bot.Reply{Title: bot.B("Feeds"), Visibility: bot.Private}
	if len(all) == 0 {
		reply.Lead = bot.T("No feed is followed. /feed add and an address follows one.")
		return reply, nil
	}
	list, err := pagedList(all, r.Values.Int("page", 1), mostListed, "/feed list", func(o feed.Feed) bot.Item {
		detail := bot.Join(bot.C(o.ID), bot.Q(" · "), bot.L("its address", o.Address), bot.Q(" · since "+o.Made.Format("2 January 2006")))
		if !o.Failing.IsZero() {
			detail = bot.Join(detail, bot.Q(" · not read since "+stamp(o.Failing)+": "+o.Why))
		}
		return bot.Item{Text: bot.T(o.Name()), Detail: detail, Line: "/feed log " + o.ID}
	})
	if err != nil {
		return bot.Reply{}, err
	}
	reply.Lead = bot.T(plural(len(all), "feed is", "feeds are") + " followed.")
	reply.Blocks = []bot.Block{list}
	reply.Actions = []bot.Action{{Label: "What of them waits", Line: "/feed review"}}
	return reply, nil
}

// one is the feed that is meant.
func (f feeds) one(r bot.Request) (feed.Feed, error) {
	all, err := f.mine(r)
	if err != nil {
		return feed.Feed{}, err
	}
	typed := strings.TrimSpace(r.Values.Text("feed"))
	for _, is := range []func(feed.Feed) bool{
		func(o feed.Feed) bool { return o.ID == typed },
		func(o feed.Feed) bool {
			return strings.EqualFold(o.Title, typed) || o.Address == strings.Trim(typed, "<>")
		},
		func(o feed.Feed) bool { return strings.Contains(strings.ToLower(o.Name()), strings.ToLower(typed)) },
	} {
		if found := slices.DeleteFunc(slices.Clone(all), func(o feed.Feed) bool { return !is(o) }); len(found) == 1 {
			return found[0], nil
		}
	}
	return feed.Feed{}, &bot.Fail{
		Outcome: bot.Unknown, Say: fmt.Sprintf("I follow no feed, or several, called “%s”.", bot.Shorten(typed, 60)), Next: "Its id stands in the list.", Field: "feed",
		Suggest: []bot.Action{{Label: "The feeds", Line: "/feed list"}},
	}
}

func (f feeds) remove(ctx context.Context, r bot.Request) (bot.Reply, error) {
	o, err := f.one(r)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := f.kept.Feeds.Book.Remove(ctx, o.ID); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{
		Lead: bot.T("No longer followed: " + o.Name() + ". What of it waits for curators stays."), Visibility: bot.Private,
		Actions: []bot.Action{{Label: "Follow it again", Line: typedAgain("/feed add", bot.Values{}, map[string]string{"address": o.Address})}, {Label: "The feeds", Line: "/feed list"}},
	}, nil
}

// review is what of feeds waits.
func (f feeds) review(ctx context.Context, r bot.Request) (bot.Reply, error) {
	waiting, err := waitingFor(ctx, f.kept.Drafts, f.kept.Feedback, r)
	if err != nil {
		return bot.Reply{}, err
	}
	waiting = slices.DeleteFunc(waiting, func(i incoming) bool { return i.draft.Feed == nil })
	return waitingReply("Items of feeds", "No item of a feed waits.", "/feed review", waiting, r)
}

func (f feeds) log(ctx context.Context, r bot.Request) (bot.Reply, error) {
	all, err := f.mine(r)
	if err != nil {
		return bot.Reply{}, err
	}
	if r.Values.Text("feed") != "" || len(all) == 1 {
		o := all[0]
		if r.Values.Text("feed") != "" {
			if o, err = f.one(r); err != nil {
				return bot.Reply{}, err
			}
		}
		return f.logOf(ctx, r, o)
	}
	reply, err := f.list(ctx, r)
	if len(all) > 0 && err == nil {
		reply.Lead = bot.Join(reply.Lead, bot.T(" Open one to see what became of its items."))
		for _, o := range all[:min(len(all), mostOpened)] {
			reply.Actions = append(reply.Actions, bot.Action{Label: bot.Shorten(o.Name(), 40), Line: "/feed log " + o.ID})
		}
	}
	return reply, err
}

func (f feeds) logOf(ctx context.Context, r bot.Request, o feed.Feed) (bot.Reply, error) {
	past, err := f.kept.Feeds.Book.Log(ctx, o.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	reply := bot.Reply{Title: bot.T(o.Name()), Visibility: bot.Private}
	if !o.Failing.IsZero() {
		reply.Blocks = append(reply.Blocks, bot.Paragraph{Text: bot.T("It could not be read since " + stamp(o.Failing) + ": " + o.Why + ".")})
	}
	if len(past) == 0 {
		reply.Lead = bot.T("No item of it was seen so far.")
		return reply, nil
	}
	counts := feed.Taken{}
	for _, p := range past {
		counts[p.Fate]++
	}
	list, err := pagedList(past, r.Values.Int("page", 1), mostListed, "/feed log "+o.ID, func(p feed.Past) bot.Item {
		text := bot.T(p.Title)
		if p.Address != "" {
			text = bot.L(p.Title, p.Address)
		}
		return bot.Item{Text: text, Detail: bot.Q(joined(" · ", joined(" ", string(p.Fate), p.Why), dated(p), "seen "+stamp(p.At)))}
	})
	if err != nil {
		return bot.Reply{}, err
	}
	reply.Lead = bot.T("Of its last " + plural(len(past), "item", "items") + ": " + tally(counts) + ".")
	reply.Blocks = append(reply.Blocks, list)
	reply.Actions = []bot.Action{{Label: "What of feeds waits", Line: "/feed review"}, {Label: "Remove", Line: "/feed remove " + o.ID}}
	return reply, nil
}

// dated is the date of an item as its feed says it.
func dated(p feed.Past) string {
	if p.Dated.IsZero() {
		return "undated"
	}
	return "dated " + p.Dated.Format("2 January 2006")
}

// complete offers the feeds by name.
func (f feeds) complete(_ context.Context, r bot.Request, typed string) []bot.Choice {
	all, err := f.mine(r)
	if err != nil {
		return nil
	}
	var out []bot.Choice
	for _, o := range all {
		if strings.Contains(strings.ToLower(o.Name()), strings.ToLower(typed)) && len(out) < maxChoices {
			out = append(out, bot.Choice{Label: bot.Shorten(o.Name(), 90), Value: o.ID})
		}
	}
	return out
}
