package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
)

// ledgerOf is a Curation that notes what it was asked for; the next revision is 8.
type ledgerOf struct {
	s       *knowledge.Snapshot
	changes []knowledge.Change
	broken  error
}

func (l *ledgerOf) revision(c knowledge.Change) knowledge.Revision {
	rev := knowledge.Revision{Number: uint64(7 + len(l.changes)), At: testTime, Author: c.Author, Reason: c.Reason}
	for _, r := range c.Put {
		after, err := json.Marshal(r)
		if err != nil {
			panic(err)
		}
		e := knowledge.Edit{Ref: r.Ref(), After: after}
		if was := l.s.Fact(r.Ref().Key); was != nil {
			if e.Before, err = json.Marshal(was); err != nil {
				panic(err)
			}
		}
		if string(e.Before) != string(e.After) {
			rev.Edits = append(rev.Edits, e)
		}
	}
	for _, ref := range c.Remove {
		before, err := json.Marshal(l.s.Fact(ref.Key))
		if err != nil {
			panic(err)
		}
		rev.Edits = append(rev.Edits, knowledge.Edit{Ref: ref, Before: before})
	}
	rev.Size = len(rev.Edits)
	return rev
}

func (l *ledgerOf) Apply(_ context.Context, c knowledge.Change) (knowledge.Revision, error) {
	if l.broken != nil {
		return knowledge.Revision{}, l.broken
	}
	for _, ref := range c.Remove {
		if len(l.s.Bearing(ref.Key)) > 0 || len(l.s.RestingOn(ref.Key)) > 0 {
			return knowledge.Revision{}, &knowledge.InvalidError{Problems: []knowledge.Problem{{Ref: ref, Say: "is needed"}}}
		}
	}
	for _, r := range c.Put {
		if f, ok := r.(knowledge.Fact); ok {
			if problems := l.s.Problems(f); len(problems) > 0 {
				return knowledge.Revision{}, &knowledge.InvalidError{Problems: problems}
			}
		}
	}
	l.changes = append(l.changes, c)
	return l.revision(c), nil
}

func (l *ledgerOf) Undo(_ context.Context, number uint64, author, reason string) (knowledge.Revision, error) {
	switch number {
	case 3:
		return knowledge.Revision{}, &knowledge.ConflictError{Conflicts: []knowledge.Conflict{{
			Ref: knowledge.Ref{Kind: knowledge.FactRecord, Key: "lotus-cost"}, By: knowledge.Revision{Number: 6, Author: "cli:ada"},
		}}}
	case 99:
		return knowledge.Revision{}, &knowledge.NoRevisionError{Number: 99, Newest: 7}
	}
	return l.revision(knowledge.Change{Author: author, Reason: reason, Put: []knowledge.Record{*l.s.Fact("lotus-cost")}, Remove: []knowledge.Ref{{Kind: knowledge.FactRecord, Key: "rule-bans"}}}), nil
}

func (l *ledgerOf) Revision(_ context.Context, number uint64) (knowledge.Revision, error) {
	rev := l.revision(knowledge.Change{Author: "slack:T1:U1", Reason: "a rumour", Remove: []knowledge.Ref{{Kind: knowledge.FactRecord, Key: "lotus-cost"}}})
	rev.Number = number
	return rev, nil
}

func (l *ledgerOf) Log(ctx context.Context, _ int) ([]knowledge.Revision, error) {
	rev, err := l.Revision(ctx, 7)
	return []knowledge.Revision{rev}, err
}

func (l *ledgerOf) History(ctx context.Context, ref knowledge.Ref) ([]knowledge.Revision, error) {
	if ref.Key != "lotus-cost" {
		return nil, nil
	}
	return l.Log(ctx, 1)
}

const newFact = "statement:「Lotus Lab opened a shop in Riga.」 kind:event about:「莲花实验室, jade」 source:https://wire.example/shop grade:press"

// curateCases are asked by a curator: the file's name and the line that is typed.
var curateCases = []struct{ name, line string }{
	{"curate", "/curate"},
	{"curate-add", "/curate add " + newFact + " from:2025-11 publisher:「The Wire」"},
	{"curate-add-sure", "/curate add " + newFact + " sure:true"},
	{"curate-add-empty", "/curate add"},
	{"curate-add-near", "/curate add statement:「Training Lotus 2 cost about 4 million dollars.」 kind:claim whose:rivals about:lotus source:「The Wire」 grade:press tells:cost"},
	{"curate-add-nobodys", "/curate add statement:「Lotus is the best.」 kind:assessment about:lotus source:「The Wire」 grade:press"},
	{"curate-add-no-entity", "/curate add statement:「Quokkas are kind.」 kind:event about:quokka source:「The Wire」 grade:press"},
	{"curate-add-no-address", "/curate add statement:「Lotus is out.」 kind:event about:lotus source:www.wire.example grade:press"},
	{"curate-add-no-date", "/curate add " + newFact + " from:tomorrow"},
	{"curate-add-no-kind", "/curate add statement:「Lotus is out.」 kind:rumour about:lotus source:「The Wire」 grade:press"},
	{"curate-add-twice", "/curate add statement:「training Lotus 2 cost 4 million  dollars.」 kind:event about:lotus source:「The Wire」 grade:press sure:true"},
	{"curate-add-long", "/curate add statement:「" + strings.Repeat("Lotus ", 400) + "」 kind:event about:lotus source:「The Wire」 grade:press"},
	{"curate-add-markup", "/curate add statement:「*Lotus* <!channel> @everyone [out](https://evil.example)」 kind:event about:lotus source:「The Wire」 grade:press"},
	{"curate-edit", "/curate edit lotus-cost until:2026-02 tells:「cost, training」 why:「it is over」"},
	{"curate-edit-same", "/curate edit lotus-cost"},
	{"curate-edit-backwards", "/curate edit lotus-cost from:2025 until:2024"},
	{"curate-edit-unknown", "/curate edit lotus-cots until:2026"},
	{"curate-retire", "/curate retire lotus-cost-doubted why:a rumour"},
	{"curate-retire-needed", "/curate retire rule-bans it is old"},
	{"curate-retire-no-reason", "/curate retire rule-bans"},
	{"curate-relate", "/curate relate lotus-cost-doubted qualifies lotus-cost"},
	{"curate-relate-no-kind", "/curate relate lotus-cost-doubted loves lotus-cost"},
	{"curate-relate-itself", "/curate relate lotus-cost supports lotus-cost"},
	{"curate-alias", "/curate alias lotus add:Lotos"},
	{"curate-alias-unknown", "/curate alias quokka add:Lotos"},
	{"curate-undo", "/curate undo 6"},
	{"curate-undo-conflict", "/curate undo 3"},
	{"curate-undo-none", "/curate undo 99"},
	{"curate-undo-zero", "/curate undo 0"},
	{"curate-history", "/curate history"},
	{"curate-history-fact", "/curate history lotus-cost"},
	{"curate-history-none", "/curate history lotus-cots"},
	{"curate-gaps", "/curate gaps"},
	{"curate-gaps-one", "/curate gaps who pays for the \"Lotus\"; and why"},
	{"curate-gaps-forget", `/curate gaps 「who won the rowing」 forget:true`},
	{"curate-gaps-no-page", "/curate gaps page:3"},
	{"curate-review", "/curate review"},
	{"curate-review-one", "/curate review " + someDrafts()[0].ID()},
	{"curate-review-report", "/curate review " + someReports()[0].ID()},
	{"curate-review-none", "/curate review zzz"},
	{"curate-refuse", "/curate refuse " + someDrafts()[0].ID() + " it is hearsay"},
	{"curate-refuse-no-reason", "/curate refuse " + someDrafts()[0].ID()},
	{"curate-refuse-report", "/curate refuse " + someReports()[0].ID() + " the figure is right"},
	{"curate-refuse-none", "/curate refuse zzz it is hearsay"},
}

// someGaps are three questions, of which one is answered by now.
func someGaps() gapsOf {
	day := func(n int) time.Time { return time.Date(2026, time.January, n, 0, 0, 0, 0, time.UTC) }
	return gapsOf{all: []knowledge.Gap{
		{Question: "who won the rowing", Count: 7, First: day(1), Last: day(20)},
		{Question: "what did training Lotus cost", Count: 3, First: day(2), Last: day(19)},
		{Question: "does <@U1> row @everyone", Count: 1, First: day(3), Last: day(3)},
	}}
}

// someReports are of two answers, of which one used a fact that is gone.
func someReports() []bot.Report {
	at := testTime.Add(-time.Hour)
	return []bot.Report{
		{At: at, Question: "what did <@U1> cost", Facts: []string{"lotus-cost", "gone-since"}, Says: "It was *5 million*, see https://evil.example @everyone", Platform: "slack", Space: "T1", Channel: "C1", User: "U2"},
		{At: at.Add(-time.Hour), Facts: []string{"rule-bans"}, Says: "That is over.", Platform: "discord", Space: "G1", Channel: "C9", User: "U3"},
	}
}

// someDrafts are of two workspaces.
func someDrafts() []bot.Draft {
	at := testTime.Add(-2 * time.Hour)
	return []bot.Draft{
		{At: at, Text: "Lotus Lab @everyone is said to open a shop with Jade, see https://evil.example", Platform: "slack", Space: "T1", Channel: "C1", User: "U2"},
		{At: at.Add(-time.Hour), Text: "Granite moves.", Platform: "discord", Space: "G1", Channel: "C9", User: "U3"},
	}
}

func propose(t *testing.T, drafts *bot.Drafts, all ...bot.Draft) {
	t.Helper()
	for _, d := range all {
		if err := drafts.Propose(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCurate(t *testing.T) {
	s := testSnapshot(t)
	curator := bot.User{ID: "U1", May: bot.Curator}
	for _, c := range curateCases {
		t.Run(c.name, func(t *testing.T) {
			kept, base := testKept(t), &ledgerOf{s: s}
			kept.Base, kept.Gaps = base, someGaps()
			for _, report := range someReports() {
				if err := kept.Feedback.Wrong(t.Context(), "1", report); err != nil {
					t.Fatal(err)
				}
			}
			propose(t, kept.Drafts, someDrafts()...)
			k := &always{snapshots: []*knowledge.Snapshot{s}}
			reply := newRouterOn(t, k, kept).Dispatch(t.Context(), bot.Request{
				ID: "1", Line: c.line, At: testTime, User: curator, Conversation: bot.Conversation{Platform: "slack", Space: "T1", Channel: "C1"},
			})
			text := fmt.Sprintf("> %s\n[%s, %s]\n\n%s\n", c.line, reply.Outcome, reply.Visibility, reply.Plain())
			for _, change := range base.changes {
				value, err := json.MarshalIndent(change, "", " ")
				if err != nil {
					t.Fatal(err)
				}
				text += "\napplied: " + string(value) + "\n"
				if change.Author != "slack:T1:U1" || change.Seen != s.Revision {
					t.Errorf("the author is %q, who saw revision %d", change.Author, change.Seen)
				}
			}
			golden(t, c.name, text)
			checkReply(t, c.line, reply)
			if n := k.asked.Load(); n > 1 {
				t.Errorf("it asks for %d snapshots", n)
			}
		})
	}
}

// Pressing what a draft offers adds what was shown.
func TestCurateAddIsWhatWasShown(t *testing.T) {
	s := testSnapshot(t)
	kept, base := testKept(t), &ledgerOf{s: s}
	kept.Base = base
	r := newRouterOn(t, &always{snapshots: []*knowledge.Snapshot{s}}, kept)
	curator := bot.User{ID: "U1", May: bot.Curator}
	draft := r.Dispatch(t.Context(), bot.Request{ID: "1", User: curator, At: testTime, Line: `/curate add statement:「He said "ship it" 『now』: so.」 kind:claim whose:「O'Hara: the boss」 about:lotus source:https://wire.example/a?b=c&d=e grade:press asks:「who said it; why; 谁说的」`})
	if len(base.changes) > 0 || len(draft.Actions) == 0 {
		t.Fatalf("%d changes and %d actions: %s", len(base.changes), len(draft.Actions), draft.Plain())
	}
	r.Dispatch(t.Context(), bot.Request{ID: "2", User: curator, At: testTime, Line: draft.Actions[0].Line})
	if len(base.changes) != 1 {
		t.Fatalf("pressing %s added nothing", draft.Actions[0].Line)
	}
	f, ok := base.changes[0].Put[0].(knowledge.Fact)
	if !ok || f.Statement != draft.Lead.String() || f.Whose != "O'Hara: the boss" || f.Sources[0].URL != "https://wire.example/a?b=c&d=e" || len(f.Asks) != 3 {
		t.Errorf("added %+v", f)
	}
}

// Nobody but a curator changes anything, and where nothing can be kept nobody does.
func TestCurateRights(t *testing.T) {
	s := testSnapshot(t)
	for _, c := range curateCases {
		kept, base := testKept(t), &ledgerOf{s: s}
		kept.Base = base
		r := newRouterOn(t, &always{snapshots: []*knowledge.Snapshot{s}}, kept)
		for _, may := range []bot.Permission{bot.Everyone, bot.Admin, bot.Admin | bot.SpaceAdmin} {
			reply := r.Dispatch(t.Context(), bot.Request{ID: "1", Line: c.line, At: testTime, User: bot.User{ID: "U2", May: may}})
			if len(base.changes) > 0 || reply.Outcome != bot.Denied && reply.Outcome != bot.Misused {
				t.Errorf("%s by somebody who may %b: %s, %d changes", c.line, may, reply.Outcome, len(base.changes))
			}
		}
	}
	r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{s}})
	for _, line := range []string{"/curate add " + newFact + " sure:true", "/curate undo 1", "/curate history", "/curate retire lotus-cost-doubted x", "/curate gaps"} {
		reply := r.Dispatch(t.Context(), bot.Request{ID: "1", Line: line, At: testTime, User: bot.User{May: bot.Curator}})
		if reply.Outcome != bot.Denied || reply.Lead.String() != "Nothing can be changed here: I answer from a fact base that is read only." {
			t.Errorf("%s without a database: %s, %s", line, reply.Outcome, reply.Lead)
		}
	}
}

// A curator reads and settles the reports of their own workspace only.
func TestReportsStayInTheirWorkspace(t *testing.T) {
	s := testSnapshot(t)
	for _, test := range []struct {
		name string
		in   bot.Conversation
		user bot.User
		want int
	}{
		{"their own", bot.Conversation{Platform: "slack", Space: "T1"}, bot.User{May: bot.Curator}, 1},
		{"another workspace", bot.Conversation{Platform: "slack", Space: "T2"}, bot.User{May: bot.Curator}, 0},
		{"another platform with that id", bot.Conversation{Platform: "discord", Space: "T1"}, bot.User{May: bot.Curator}, 0},
		{"the operator", bot.Conversation{Platform: "console"}, bot.User{May: bot.Curator, Trusted: true}, 2},
	} {
		kept := testKept(t)
		for _, report := range someReports() {
			if err := kept.Feedback.Wrong(t.Context(), "1", report); err != nil {
				t.Fatal(err)
			}
		}
		r := newRouterOn(t, &always{snapshots: []*knowledge.Snapshot{s}}, kept)
		ask := func(line string) bot.Reply {
			return r.Dispatch(t.Context(), bot.Request{ID: "1", Line: line, At: testTime, User: test.user, Conversation: test.in})
		}
		shown := 0
		for _, b := range ask("/curate review").Blocks {
			shown += len(b.(bot.List).Items)
		}
		if shown != test.want {
			t.Errorf("%s: %d reports are shown, want %d", test.name, shown, test.want)
		}
		for _, line := range []string{"/curate review " + someReports()[0].ID(), "/curate refuse " + someReports()[0].ID() + " it is right"} {
			if got := ask(line).Outcome == bot.Answered; got != (test.want > 0) {
				t.Errorf("%s: %s is answered: %v", test.name, line, got)
			}
		}
	}
}

// A store that cannot write is told as the store tells it.
func TestCurateOnABrokenStore(t *testing.T) {
	s := testSnapshot(t)
	kept := testKept(t)
	kept.Base = &ledgerOf{s: s, broken: fmt.Errorf("write revision 8: %w", &bot.Fail{Outcome: bot.Broken, Say: "I could not write that down: the disk is full.", Cause: errors.New("ENOSPC")})}
	reply := newRouterOn(t, &always{snapshots: []*knowledge.Snapshot{s}}, kept).Dispatch(t.Context(), bot.Request{ID: "1", Line: "/curate add " + newFact + " sure:true", At: time.Now(), User: bot.User{May: bot.Curator}})
	if reply.Outcome != bot.Broken || reply.Lead.String() != "I could not write that down: the disk is full." {
		t.Errorf("got %s: %s", reply.Outcome, reply.Lead)
	}
}
