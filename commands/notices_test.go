package commands

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
)

// logOf is a log of what became of some facts at revision 7.
type logOf map[string]knowledge.Changed

func (l logOf) Changes(context.Context, uint64) (all []knowledge.Changed, others int, err error) {
	for _, id := range sortedKeys(l) {
		all = append(all, l[id])
	}
	return all, 0, nil
}

func (l logOf) Before(context.Context, time.Time) (uint64, error) { return 1, nil }

func (l logOf) ChangedFact(_ context.Context, id string, after uint64) (knowledge.Changed, bool, error) {
	c, ok := l[id]
	return c, ok && after < 7, nil
}

func sortedKeys(l logOf) []string {
	var out []string
	for _, f := range testFacts() {
		if _, ok := l[f.ID]; ok {
			out = append(out, f.ID)
		}
	}
	return out
}

// changedTo is what became of the test's fact, from what it was.
func changedTo(s *knowledge.Snapshot, id, reason string, was func(*knowledge.Fact)) knowledge.Changed {
	now := s.Fact(id)
	c := knowledge.Changed{ID: id, After: now, By: []knowledge.Revision{{Number: 7, At: testTime, Author: "slack:T1:U1", Reason: reason}}}
	if was != nil {
		before := *now
		was(&before)
		c.Before = &before
	}
	return c
}

func madeChanges(s *knowledge.Snapshot) logOf {
	withdrawn := changedTo(s, "willow-users", "the site was a <joke> @everyone", func(*knowledge.Fact) {})
	withdrawn.After = nil
	return logOf{
		"lotus-cost":         changedTo(s, "lotus-cost", "misread", func(f *knowledge.Fact) { f.Statement = "Training Lotus 2 cost 3 million dollars." }),
		"lotus-licence":      changedTo(s, "lotus-licence", "", func(f *knowledge.Fact) { f.Asks = nil }),
		"lotus-cost-doubted": changedTo(s, "lotus-cost-doubted", "", func(f *knowledge.Fact) { f.Whose, f.From = "a rival", on(2024) }),
		"jade-capex-2025":    changedTo(s, "jade-capex-2025", "the new plan", nil),
		"willow-users":       withdrawn,
	}
}

func TestNotices(t *testing.T) {
	s := testSnapshot(t)
	n := NewNotices(&always{snapshots: []*knowledge.Snapshot{s}}, madeChanges(s), testKept(t))
	who := bot.Watcher{Platform: "slack", Space: "T1", User: "U2"}
	for _, test := range []struct {
		name string
		make func() (bot.Reply, bool, error)
		ok   bool
	}{
		{"correction", func() (bot.Reply, bool, error) {
			return n.Correction(t.Context(), []string{"lotus-cost", "lotus-licence", "lotus-cost-doubted", "jade-capex-2024", "willow-users", "gone-before"}, 6)
		}, true},
		{"correction-seen", func() (bot.Reply, bool, error) { return n.Correction(t.Context(), []string{"lotus-cost"}, 7) }, false},
		{"correction-asks-only", func() (bot.Reply, bool, error) { return n.Correction(t.Context(), []string{"lotus-licence"}, 6) }, false},
		{"watched", func() (bot.Reply, bool, error) {
			return n.Watched(t.Context(), who, []string{"lotus", "JADE"}, 6, testTime)
		}, true},
		{"watched-elsewhere", func() (bot.Reply, bool, error) {
			return n.Watched(t.Context(), bot.Watcher{Platform: "discord", Space: "G1", User: "9"}, []string{"willow"}, 6, testTime)
		}, true},
		{"watched-own", func() (bot.Reply, bool, error) {
			return n.Watched(t.Context(), bot.Watcher{Platform: "slack", Space: "T1", User: "U1"}, []string{"lotus", "JADE"}, 6, testTime)
		}, false},
		{"watched-nothing", func() (bot.Reply, bool, error) {
			return n.Watched(t.Context(), who, []string{"data-act", "no-longer-there"}, 6, testTime)
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			reply, ok, err := test.make()
			if ok != test.ok || err != nil {
				t.Fatalf("ok %v, %v", ok, err)
			}
			if ok {
				golden(t, "notice-"+test.name, reply.Plain()+"\n")
				checkReply(t, test.name, reply)
			}
		})
	}
}

// Which answers and which people a change concerns.
func TestNews(t *testing.T) {
	s := testSnapshot(t)
	news, err := NewNotices(&always{snapshots: []*knowledge.Snapshot{s}}, madeChanges(s), testKept(t)).Changed(t.Context(), 6)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]bool{"lotus-cost": true, "lotus-licence": false, "jade-capex-2024": true, "willow-users": true, "rule-bans": false} {
		if got := news.Uses([]string{"x", id}); got != want {
			t.Errorf("an answer that told %s is concerned: %v", id, got)
		}
	}
	for topic, want := range map[string]bool{"lotus": true, "lotus-lab": true, "JADE": true, "8801.HK": true, "GRNT": false, "data-act": false, "gone": false} {
		if got := news.Touches([]string{topic}); got != want {
			t.Errorf("who watches %s is concerned: %v", topic, got)
		}
	}
}

// What waits is told to the curators of its own workspace, and what became of it to who
// sent it.
func TestWaitingAndSettled(t *testing.T) {
	s, kept := testSnapshot(t), testKept(t)
	n := NewNotices(&always{snapshots: []*knowledge.Snapshot{s}}, logOf{}, kept)
	propose(t, kept.Drafts, someDrafts()...)
	for _, report := range someReports() {
		if err := kept.Feedback.Wrong(t.Context(), "1", report); err != nil {
			t.Fatal(err)
		}
	}
	in := bot.Conversation{Platform: "slack", Space: "T1"}
	note, last, ok, err := n.Waiting(t.Context(), in, time.Time{}, testTime)
	if err != nil || !ok || !last.Equal(someReports()[0].At) {
		t.Fatalf("%v, %v, %v", last, ok, err)
	}
	text := note.Plain() + "\n"
	if _, _, ok, err := n.Waiting(t.Context(), in, last, testTime); ok || err != nil {
		t.Errorf("nothing new came in, and it is told: %v, %v", ok, err)
	}
	at := testTime.Add(time.Minute)
	err = errors.Join(
		kept.Drafts.Settle(t.Context(), someDrafts()[0].ID(), bot.Fate{Settled: at, Fact: "lotus-cost"}),
		kept.Drafts.Settle(t.Context(), someDrafts()[1].ID(), bot.Fate{Settled: at, Refused: "it is hearsay"}),
		kept.Feedback.Settle(t.Context(), someReports()[0].ID(), bot.Fate{Settled: at, Fact: "lotus-cost"}),
	)
	if err != nil {
		t.Fatal(err)
	}
	letters, err := n.Settled(t.Context(), testTime, at)
	if err != nil || len(letters) != 3 {
		t.Fatalf("%d letters, %v", len(letters), err)
	}
	for _, l := range letters {
		text += fmt.Sprintf("\nto %v:\n%s\n", l.To, l.Note.Plain())
	}
	golden(t, "notice-waiting-and-settled", text)
	if letters, err := n.Settled(t.Context(), at, at); len(letters) > 0 || err != nil {
		t.Errorf("they are told twice: %v, %v", letters, err)
	}
}

// What a text may be as a fact is guessed.
func TestGuessed(t *testing.T) {
	s := testSnapshot(t)
	for _, test := range []struct {
		text, statement, source string
		kind                    knowledge.FactKind
		grade                   knowledge.Grade
		about                   int
	}{
		{"Lotus Lab opened a shop with Jade", "Lotus Lab opened a shop with Jade.", "", knowledge.Event, "", 2},
		{"Jade said it would stop, see https://wire.example/a?b=c.", "Jade said it would stop.", "https://wire.example/a?b=c", knowledge.Claim, knowledge.Press, 1},
		{"Lotus 2 cost $5 million (https://new.example/x)", "Lotus 2 cost $5 million.", "https://new.example/x", knowledge.Figure, "", 1},
		{"Granite will likely sell more", "Granite will likely sell more.", "", knowledge.Assessment, "", 1},
		{"莲花发布了新模型", "莲花发布了新模型。", "", knowledge.Event, "", 1},
		{"据报道，莲花裁员", "据报道，莲花裁员。", "", knowledge.Claim, "", 1},
		{"", "", "", knowledge.Event, "", 0},
	} {
		g := guessed(s, test.text)
		grade := g.grade
		if grade != "" && test.grade != "" {
			grade = test.grade // any grade of that host
		}
		if g.statement != test.statement || g.source != test.source || g.kind != test.kind || grade != test.grade || len(g.about) != test.about {
			t.Errorf("%q is guessed to be %+v", test.text, g)
		}
	}
}

// What a name's menu offers, and what a form is filled with, means that name and no other.
func TestNamesInLists(t *testing.T) {
	s := shippedSnapshot(t)
	for _, e := range s.Entities() {
		if back := wholeName(s, inList(s, &e)); back == nil || back.Slug != e.Slug {
			t.Errorf("%s stands in a list as %q, which is none or another", e.Slug, inList(s, &e))
		}
	}
	for _, f := range s.Facts() {
		all := written(s, f)
		var out [][]string
		for _, name := range []string{"about", "mentions"} {
			var slugs []string
			for _, part := range listed(all[name], ",") {
				slugs = append(slugs, wholeName(s, part).Slug)
			}
			out = append(out, slugs)
		}
		if fmt.Sprint(out) != fmt.Sprint([][]string{f.Subjects, f.Mentions}) {
			t.Errorf("%s is about %v, and is written as %v", f.ID, f.Subjects, out)
		}
	}
}
