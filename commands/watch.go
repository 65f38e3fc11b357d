package commands

import (
	"context"
	"slices"
	"strings"

	"silkwire/bot"
	"silkwire/knowledge"
)

// Watch keeps what one person wants to be told of in private when it changes.
func Watch(k Knowledge, log ChangeLog, settings *bot.SettingsStore) bot.Command {
	w := watch{k, log, settings}
	topics := bot.Option{Name: "topics", Summary: "names or tickers, separated by commas", Kind: bot.FreeText, Complete: completeEntity(k)}
	which := bot.Option{Name: "topics", Summary: "names or tickers that you watch, or all", Kind: bot.FreeText, Complete: w.complete}
	return bot.Command{
		Name: "watch", Summary: "Be told in private when anything changes that touches a ticker or a topic",
		Examples: []string{"/watch NVDA", "/watch deepseek, chip controls"}, Options: []bot.Option{topics}, Handle: w.add,
		Subcommands: []bot.Command{
			{Name: "list", Summary: "What you watch", Examples: []string{"/watch list"}, Handle: w.list},
			{Name: "stop", Summary: "Take something off the list", Examples: []string{"/watch stop NVDA", "/watch stop all"}, Options: []bot.Option{which}, Handle: w.stop},
			// What a terminal asks of itself, where nobody can be written to.
			{Name: "news", Summary: "What changed that you watch since you were told", Hidden: true, Handle: w.news},
		},
	}
}

type watch struct {
	k        Knowledge
	log      ChangeLog // nil: no change is on record
	settings *bot.SettingsStore
}

// key is a topic as it is kept.
func (t topic) key() string {
	if t.symbol != "" {
		return t.symbol
	}
	return t.slug
}

// watchedTopics are the topics that are kept; those that the fact base no longer has
// are left out.
func watchedTopics(s *knowledge.Snapshot, kept []string) topics {
	var all topics
	for _, key := range kept {
		if e := s.Entity(key); e != nil {
			all = append(all, topic{slug: key, name: e.Name})
			continue
		}
		if s.FindSymbol(key) != key {
			continue
		}
		t := topic{symbol: key, name: s.Name(key)}
		if owner := s.Lists(key); owner != nil {
			t.slug = owner.Slug
		}
		all = append(all, t)
	}
	return all
}

// called is a topic as people read it.
func (t topic) called() string {
	if t.symbol != "" {
		return joined(" · ", t.symbol, t.name)
	}
	return t.name
}

func (w watch) kept(s *knowledge.Snapshot, r bot.Request) topics {
	return watchedTopics(s, w.settings.Person(r.Conversation, r.User.ID).Watches)
}

func (w watch) add(ctx context.Context, r bot.Request) (bot.Reply, error) {
	s := w.k.Snapshot()
	added, err := topicsOf(s, r.Values.Text("topics"))
	if err != nil || len(added) == 0 {
		return w.show(w.kept(s, r), ""), err
	}
	err = w.settings.SetPerson(ctx, r.Conversation, r.User.ID, func(p *bot.Settings) {
		for _, t := range added {
			if !slices.Contains(p.Watches, t.key()) {
				p.Watches = append(p.Watches, t.key())
			}
		}
		if r.User.Trusted && p.Told == 0 {
			p.Told = s.Revision
		}
	})
	if err != nil {
		return bot.Reply{}, err
	}
	how := "I will tell you in a direct message"
	if r.User.Trusted {
		how = "I will tell you here, before the next prompt,"
	}
	return w.show(w.kept(s, r), how+" when anything changes that touches "+added.names()+"."), nil
}

// NewsLine is what a terminal asks by itself: what changed that its user watches since
// they were told. Where nothing did, its reply is of the outcome Unknown.
const NewsLine = "/watch news"

func (w watch) news(ctx context.Context, r bot.Request) (bot.Reply, error) {
	s, mine := w.k.Snapshot(), w.settings.Person(r.Conversation, r.User.ID)
	nothing := bot.Reply{Outcome: bot.Unknown, Visibility: bot.Private}
	if len(mine.Watches) == 0 || mine.Told == s.Revision || w.log == nil || !w.settings.Keeps() {
		return nothing, nil
	}
	who := bot.Watcher{Platform: r.Conversation.Platform, Space: r.Conversation.Space, User: r.User.ID}
	reply, ok, err := watched(ctx, s, w.log, who, authorOf(r), mine.Watches, mine.Told, r.At)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := w.settings.SetPerson(ctx, r.Conversation, r.User.ID, func(p *bot.Settings) { p.Told = s.Revision }); err != nil || !ok {
		return nothing, err
	}
	reply.Used = bot.Used{} // it is no answer that the next question goes on from
	return reply, nil
}

func (w watch) list(_ context.Context, r bot.Request) (bot.Reply, error) {
	return w.show(w.kept(w.k.Snapshot(), r), ""), nil
}

func (w watch) stop(ctx context.Context, r bot.Request) (bot.Reply, error) {
	s := w.k.Snapshot()
	typed := r.Values.Text("topics")
	watched := w.kept(s, r)
	gone := watched
	if !strings.EqualFold(typed, allWatches) {
		named, err := topicsOf(s, typed)
		if err != nil || len(named) == 0 {
			return w.show(watched, ""), err
		}
		gone = slices.DeleteFunc(slices.Clone(watched), func(t topic) bool { return !named.mean(t) })
		if len(gone) == 0 {
			return w.show(watched, "You do not watch "+named.names()+"."), nil
		}
	}
	err := w.settings.SetPerson(ctx, r.Conversation, r.User.ID, func(p *bot.Settings) {
		p.Watches = slices.DeleteFunc(p.Watches, func(key string) bool {
			return strings.EqualFold(typed, allWatches) || slices.ContainsFunc(gone, func(t topic) bool { return t.key() == key })
		})
	})
	if err != nil {
		return bot.Reply{}, err
	}
	says := "You watch nothing any more."
	if len(gone) > 0 {
		says = "You no longer watch " + gone.names() + "."
	}
	return w.show(w.kept(s, r), says), nil
}

// allWatches is the word for everything that somebody watches.
const allWatches = "all"

// mean tells whether a topic is among those that were named: NVDA is Nvidia too.
func (t topics) mean(one topic) bool {
	return slices.ContainsFunc(t, func(o topic) bool { return o.key() == one.key() || o.slug != "" && o.slug == one.slug })
}

// show lists what is watched, with a button that ends each.
func (w watch) show(watched topics, says string) bot.Reply {
	reply := bot.Reply{Title: bot.B("What you watch"), Lead: bot.T(says), Visibility: bot.Private, Personal: true}
	if len(watched) == 0 {
		if says == "" {
			reply.Lead = bot.T("You watch nothing. /watch NVDA or /watch deepseek lets you be told in private when anything changes there.")
		}
		return reply
	}
	if says == "" {
		reply.Lead = bot.T("I tell you in private when anything changes that touches one of these.")
	}
	list := bot.List{}
	menu := bot.Action{Label: "Stop watching …"}
	for _, t := range watched {
		item := bot.Item{Text: bot.T(t.called()), Line: "/changes " + t.key()}
		list.Items = append(list.Items, item)
		menu.Choices = append(menu.Choices, bot.Choice{Label: t.called(), Value: "/watch stop " + t.key()})
	}
	menu.Choices = append(menu.Choices, bot.Choice{Label: "everything", Value: "/watch stop " + allWatches})
	reply.Blocks = []bot.Block{list}
	reply.Actions = []bot.Action{{Label: "What changed lately", Line: "/changes " + watched.typed()}, menu}
	return reply
}

// complete offers what the asker watches.
func (w watch) complete(_ context.Context, r bot.Request, typed string) []bot.Choice {
	out := []bot.Choice{}
	for _, t := range w.kept(w.k.Snapshot(), r) {
		if strings.HasPrefix(strings.ToLower(t.called()), strings.ToLower(typed)) {
			out = append(out, bot.Choice{Label: t.called(), Value: t.key()})
		}
	}
	return append(out[:min(len(out), maxChoices-1)], bot.Choice{Label: "everything", Value: allWatches})
}
