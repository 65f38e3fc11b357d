package commands

import (
	"context"
	"fmt"
	"testing"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
)

// toldChanges is a ChangeLog of a test's snapshot, whose revision is 7.
type toldChanges struct{ facts []knowledge.Changed }

func (c toldChanges) Changes(_ context.Context, after uint64) (facts []knowledge.Changed, others int, err error) {
	for _, f := range c.facts {
		if f.By[len(f.By)-1].Number > after {
			facts = append(facts, f)
		}
	}
	return facts, len(facts) / 3, nil
}

func (c toldChanges) Before(_ context.Context, t time.Time) (uint64, error) {
	if t.Before(time.Date(2026, time.January, 15, 0, 0, 0, 0, time.UTC)) {
		return 0, nil
	}
	return 5, nil
}

// someChanges are of every sort, the newest first.
func someChanges(t *testing.T, s *knowledge.Snapshot) toldChanges {
	t.Helper()
	by := func(number uint64, author, reason string) []knowledge.Revision {
		origin := map[string]knowledge.Origin{"silkwire": knowledge.FromShipped}[author]
		return []knowledge.Revision{{Origin: origin, Number: number, At: time.Date(2026, time.January, int(number)*4, 9, 0, 0, 0, time.UTC), Author: author, Reason: reason}}
	}
	fact := func(id string) *knowledge.Fact {
		f := *s.Fact(id)
		return &f
	}
	before, redated := fact("lotus-cost"), fact("rule-bans")
	before.Statement = "Lotus 2 cost nothing at all to train."
	redated.From = on(2019)
	asked := fact("lotus-release")
	asked.Asks = nil
	gone := fact("lotus-licence")
	gone.ID, gone.Statement = "lotus-gone", "Lotus Lab was to move to Mars @everyone."
	return toldChanges{[]knowledge.Changed{
		{ID: "jade-capex-2025", After: fact("jade-capex-2025"), By: by(7, "slack:T1:U1", "heard at the fair")},
		{ID: "lotus-cost", Before: before, After: fact("lotus-cost"), By: by(6, "cli:ada", "")},
		{ID: "rule-bans", Before: redated, After: fact("rule-bans"), By: by(6, "cli:ada", "")},
		{ID: "lotus-release", Before: asked, After: fact("lotus-release"), By: by(6, "cli:ada", "")},
		{ID: "lotus-cost-doubted", After: fact("lotus-cost-doubted"), By: by(3, "silkwire", "shipped fact base 1")},
		{ID: "lotus-gone", Before: gone, By: by(2, "discord:G1:U2", "it was a joke")},
	}}
}

// changeCases are asked one after the other by one person: the file's name and the
// line that is typed.
var changeCases = []struct{ name, line string }{
	{"changes", "/changes"},
	{"changes-again", "/changes"},
	{"changes-since", "/changes since:2026-01"},
	{"changes-since-later", "/changes since:2026-01-20"},
	{"changes-topics", "/changes lotus, GRNT revision:0"},
	{"changes-topics-none", "/changes willow"},
	{"changes-topics-unknown", "/changes lotus, quokka"},
	{"changes-no-date", "/changes since:yesterday"},
	{"changes-no-page", "/changes since:2026 page:9"},
}

func TestChanges(t *testing.T) {
	s := testSnapshot(t)
	kept := testKept(t)
	kept.Changes = someChanges(t, s)
	r := newRouterOn(t, &always{snapshots: []*knowledge.Snapshot{s}}, kept)
	workspace := bot.Conversation{Platform: "slack", Space: "T1", Channel: "C1"}
	for _, c := range changeCases {
		t.Run(c.name, func(t *testing.T) {
			reply := r.Dispatch(t.Context(), bot.Request{ID: "1", Line: c.line, At: testTime, User: bot.User{ID: "U1"}, Conversation: workspace})
			golden(t, c.name, fmt.Sprintf("> %s\n[%s, %s]\n\n%s\n", c.line, reply.Outcome, reply.Visibility, reply.Plain()))
			checkReply(t, c.line, reply)
		})
	}
	if got := kept.Settings.Person(workspace, "U1").Looked; got != 7 {
		t.Errorf("they looked up to revision %d, want 7", got)
	}
	if got := kept.Settings.Person(workspace, "U2").Looked; got != 0 {
		t.Errorf("somebody else looked up to revision %d", got)
	}
}
