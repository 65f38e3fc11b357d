package commands

import (
	"context"
	"slices"
	"strings"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
)

// FactLog tells what became of single facts; see knowledge.Base.
type FactLog interface {
	ChangeLog
	ChangedFact(ctx context.Context, id string, after uint64) (c knowledge.Changed, changed bool, err error)
}

// Notices words what silkwire says of its own accord. They are asked by
// notify.Notifier.
type Notices struct {
	k    Knowledge
	log  FactLog
	kept Kept
}

// NewNotices words what the log tells.
func NewNotices(k Knowledge, log FactLog, kept Kept) *Notices { return &Notices{k, log, kept} }

// Revision is the newest revision of the fact base.
func (n *Notices) Revision() uint64 { return n.k.Snapshot().Revision }

// plainFields are those in which a change is none that a reader has to be told of: they
// say how a fact is found, not what it says.
var plainFields = []string{"asks", "attributes", "mentions", "relations"}

// matters tells whether a change is one that a reader of the fact has to be told of.
func matters(c knowledge.Changed) bool {
	if c.Before == nil || c.After == nil {
		return true
	}
	return slices.ContainsFunc(c.Fields(), func(name string) bool { return !slices.Contains(plainFields, name) })
}

// newlyReplaces is the id of the fact that a changed one replaces since, or empty.
func newlyReplaces(c knowledge.Changed) []string {
	var out []string
	if c.After == nil {
		return nil
	}
	for _, rel := range c.After.Relations {
		if rel.Kind == knowledge.Supersedes && (c.Before == nil || !slices.Contains(c.Before.Relations, rel)) {
			out = append(out, rel.To)
		}
	}
	return out
}

// news is what became of the facts since a revision.
type news struct {
	s   *knowledge.Snapshot
	all []knowledge.Changed
	ids map[string]bool // those whose readers have to be told
}

// Changed tells what became of the facts after a revision. It returns the error of
// reading.
func (n *Notices) Changed(ctx context.Context, after uint64) (bot.News, error) {
	s := n.k.Snapshot()
	all, _, err := n.log.Changes(ctx, after)
	if err != nil {
		return nil, err
	}
	out := &news{s: s, ids: map[string]bool{}}
	for _, c := range all {
		if matters(c) {
			out.ids[c.ID] = true
		}
		for _, id := range newlyReplaces(c) {
			out.ids[id] = true
		}
		if !onlyAsks(c) {
			out.all = append(out.all, c)
		}
	}
	return out, nil
}

// onlyAsks tells whether nothing changed but the questions that a fact answers.
func onlyAsks(c knowledge.Changed) bool { return slices.Equal(c.Fields(), []string{"asks"}) }

// Uses tells whether one of the facts is another now.
func (n *news) Uses(facts []string) bool {
	return slices.ContainsFunc(facts, func(id string) bool { return n.ids[id] })
}

// Touches tells whether a change touches one of the topics, which are kept as somebody's
// watches.
func (n *news) Touches(watches []string) bool {
	about := watchedTopics(n.s, watches)
	return len(about) > 0 && slices.ContainsFunc(n.all, func(f knowledge.Changed) bool { return about.touch(n.s, f) })
}

// Correction says to readers of an answer that told the facts, as they were at a
// revision, what is another now. It is not ok where nothing is. It returns the error of
// reading.
func (n *Notices) Correction(ctx context.Context, facts []string, seen uint64) (bot.Reply, bool, error) {
	s := n.k.Snapshot()
	list := bot.List{}
	for _, id := range facts {
		item, ok, err := n.corrected(ctx, s, id, seen)
		if err != nil {
			return bot.Reply{}, false, err
		}
		if ok {
			list.Items = append(list.Items, item)
		}
	}
	if len(list.Items) == 0 {
		return bot.Reply{}, false, nil
	}
	reply := bot.Reply{Lead: bot.B("Corrected: what stands here has changed since."), Blocks: []bot.Block{list}}
	for _, item := range list.Items[:min(len(list.Items), mostOpened)] {
		if id, ok := strings.CutPrefix(item.Line, "/fact "); ok {
			reply.Actions = append(reply.Actions, bot.Action{Label: id, Line: item.Line})
		}
	}
	return reply, true, nil
}

// corrected is what became of one fact since a revision.
func (n *Notices) corrected(ctx context.Context, s *knowledge.Snapshot, id string, seen uint64) (bot.Item, bool, error) {
	changed, found, err := n.log.ChangedFact(ctx, id, seen)
	if err != nil {
		return bot.Item{}, false, err
	}
	if newer := s.Superseded(id); newer != nil {
		by, is, err := n.log.ChangedFact(ctx, newer.ID, seen)
		if err != nil {
			return bot.Item{}, false, err
		}
		if is && slices.Contains(newlyReplaces(by), id) {
			return bot.Item{Text: bot.T(newer.Statement), Detail: because("replaces: “"+s.Fact(id).Statement+"”", by, newer.ID), Line: "/fact " + newer.ID}, true, nil
		}
	}
	switch {
	case !found || !matters(changed):
		return bot.Item{}, false, nil
	case changed.After == nil:
		return bot.Item{Text: bot.T(changed.Before.Statement), Detail: because("withdrawn", changed, id)}, true, nil
	case changed.Before == nil:
		return bot.Item{Text: bot.T(changed.After.Statement), Detail: because("it is back", changed, id), Line: "/fact " + id}, true, nil
	}
	item := bot.Item{Text: bot.T(changed.After.Statement), Line: "/fact " + id}
	what := "was: “" + changed.Before.Statement + "”"
	if changed.Before.Statement == changed.After.Statement {
		what = fieldWords(s, changed)
	}
	item.Detail = because(what, changed, id)
	return item, true, nil
}

// fieldWords says what of a fact is another now, and what it was.
func fieldWords(s *knowledge.Snapshot, c knowledge.Changed) string {
	was, is := written(s, c.Before), written(s, c.After)
	var parts []string
	for _, name := range differing(was, is) {
		if slices.Contains([]string{"asks", "tells", "mentions"}, name) {
			continue
		}
		words := name + ": "
		switch {
		case is[name] == "":
			words += "no longer “" + was[name] + "”"
		case was[name] == "":
			words += "now “" + is[name] + "”"
		default:
			words += "now “" + is[name] + "”, it was “" + was[name] + "”"
		}
		parts = append(parts, words)
	}
	return joined("; ", parts...)
}

// because is what happened, when and why, with the id to cite.
func because(what string, c knowledge.Changed, id string) bot.Text {
	last := c.By[len(c.By)-1]
	words := joined(" · ", what, last.At.UTC().Format("2 January 2006"))
	if last.Reason != "" && last.Origin != knowledge.FromShipped {
		words += " · " + bot.Shorten(bot.Clean(last.Reason), 200)
	}
	return bot.Join(bot.Q(words+" · "), bot.C(id))
}

// Watched tells somebody what changed after a revision that touches what they watch. It
// is not ok where nothing does. It returns the error of reading.
func (n *Notices) Watched(ctx context.Context, who bot.Watcher, watches []string, after uint64, now time.Time) (bot.Reply, bool, error) {
	return watched(ctx, n.k.Snapshot(), n.log, who, joined(":", who.Platform, who.Space, who.User), watches, after, now)
}

// watched leaves out what the person changed themselves, whom the log names author.
func watched(ctx context.Context, s *knowledge.Snapshot, log ChangeLog, who bot.Watcher, author string, watches []string, after uint64, now time.Time) (bot.Reply, bool, error) {
	all, _, err := log.Changes(ctx, after)
	if err != nil {
		return bot.Reply{}, false, err
	}
	about := watchedTopics(s, watches)
	all = slices.DeleteFunc(all, func(f knowledge.Changed) bool {
		own := !slices.ContainsFunc(f.By, func(rev knowledge.Revision) bool { return rev.Author != author })
		return own || onlyAsks(f) || !about.touch(s, f)
	})
	if len(all) == 0 || len(about) == 0 {
		return bot.Reply{}, false, nil
	}
	reply, err := listChanges(s, all, start{after: after, words: "since I told you last"}, about, bot.Request{
		User: bot.User{ID: who.User}, Conversation: bot.Conversation{Platform: who.Platform, Space: who.Space, Direct: true}, At: now,
	})
	reply.Title = bot.B("What you watch has changed")
	reply.Visibility = bot.Private
	// A direct message may belong to no server, where a button would ask for another list.
	if len(reply.Notice) > 0 {
		reply.Notice = bot.Join(reply.Notice, bot.Q(" "))
	}
	reply.Notice = bot.Join(reply.Notice, bot.Q("Where you wrote /watch, /watch list says what you watch, and /watch stop ends it."))
	return reply, true, err
}

// Waiting tells curators of a conversation's server that something came in after a time,
// and when the last of it came. It is not ok where nothing did. It returns the error of
// reading.
func (n *Notices) Waiting(ctx context.Context, c bot.Conversation, after, now time.Time) (note bot.Reply, last time.Time, ok bool, err error) {
	waiting, err := waitingFor(ctx, n.kept.Drafts, n.kept.Feedback, bot.Request{Conversation: c, At: now})
	if err != nil {
		return bot.Reply{}, last, false, err
	}
	fresh := slices.DeleteFunc(slices.Clone(waiting), func(i incoming) bool { return !i.draft.At.After(after) })
	if len(fresh) == 0 {
		return bot.Reply{}, last, false, nil
	}
	for _, i := range fresh {
		if i.draft.At.After(last) {
			last = i.draft.At
		}
	}
	words := inWaiting(waiting) + " " + pluralWord(len(waiting), "waits", "wait") + " for curators."
	return bot.Reply{
		Lead: bot.T(capital(words)), Blocks: []bot.Block{bot.Paragraph{Text: bot.Join(bot.C("/curate review"), bot.T(" shows them. What people wrote is seen by curators only."))}},
	}, last, true, nil
}

// Settled is what became of proposals and reports after a time, for who sent them. It
// returns the error of reading.
func (n *Notices) Settled(ctx context.Context, after, now time.Time) ([]bot.Letter, error) {
	s := n.k.Snapshot()
	all, err := inbox(ctx, n.kept.Drafts, n.kept.Feedback, bot.Request{At: now})
	if err != nil {
		return nil, err
	}
	var out []bot.Letter
	for _, i := range all {
		if i.Waits() || !i.Settled.After(after) || i.user == "" {
			continue
		}
		note := bot.Reply{
			Title: bot.B("What became of what you sent"), Visibility: bot.Private,
			Lead:   bot.T("Thank you. A curator has looked at " + map[bool]string{true: "the answer that you reported", false: "what you proposed"}[i.report != nil] + "."),
			Blocks: []bot.Block{bot.List{Items: []bot.Item{{Text: bot.T(bot.Shorten(i.text, 200)), Detail: i.became(), Line: factLine(s, i.Fact)}}}},
		}
		out = append(out, bot.Letter{To: bot.Watcher{Platform: i.from.Platform, Space: i.from.Space, User: i.user}, Note: note})
	}
	return out, nil
}
