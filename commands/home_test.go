package commands

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
)

// gapsOf are the questions without an answer, or an error.
type gapsOf struct {
	all []knowledge.Gap
	err error
}

func (g gapsOf) Gaps(context.Context) ([]knowledge.Gap, error) { return g.all, g.err }

func (g gapsOf) Forget(context.Context, string) error { return g.err }

func TestHomeReplies(t *testing.T) {
	k := &always{snapshots: []*knowledge.Snapshot{testSnapshot(t)}}
	nothing, some := testKept(t), testKept(t)
	some.Gaps = gapsOf{all: []knowledge.Gap{{Question: "who won the rowing championship", Count: 7}, {Question: "how many patents has Jade", Count: 2}, {Question: "莲花有多少用户", Count: 1}, {Question: "the fourth", Count: 1}}}
	for i := range 2 {
		if err := some.Feedback.Wrong(t.Context(), "1", bot.Report{Platform: lobby.Platform, Space: lobby.Space, At: testTime.Add(time.Duration(i-24) * time.Hour), Says: "no", User: "U1"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []struct {
		steps
		kept Kept
	}{
		{steps{"home-user", bot.Everyone, lobby, []string{"/settings mine visibility:private zone:Asia/Shanghai", "/home"}}, some},
		{steps{"home-admin", bot.Admin, lobby, []string{"/home"}}, some},
		{steps{"home-curator", bot.Curator, lobby, []string{"/home"}}, some},
		{steps{"home-curator-nothing", bot.Curator, lobby, []string{"/home"}}, nothing},
		{steps{"home-read-only", bot.Curator, lobby, []string{"/home"}}, keptOn(t, nil)},
	} {
		t.Run(s.name, func(t *testing.T) {
			reply := s.run(t, k, s.kept)
			if reply.Visibility != bot.Private || len(reply.Used.Facts) > 0 {
				t.Errorf("got visibility %v and facts %v, want a private page that answers nothing", reply.Visibility, reply.Used.Facts)
			}
		})
	}
}

// The front page does not hide that it could not read.
func TestHomeBroken(t *testing.T) {
	kept := testKept(t)
	kept.Gaps = gapsOf{err: errors.New("the disk is gone")}
	r := newRouterOn(t, &always{snapshots: []*knowledge.Snapshot{testSnapshot(t)}}, kept)
	if reply := r.Dispatch(t.Context(), bot.Request{Line: "/home", User: bot.User{May: bot.Curator}}); reply.Outcome != bot.Broken {
		t.Errorf("got %v, want broken", reply.Outcome)
	}
	if reply := r.Dispatch(t.Context(), bot.Request{Line: "/home"}); reply.Outcome != bot.Answered {
		t.Errorf("for somebody else: got %v, want answered", reply.Outcome)
	}
}

func TestNewest(t *testing.T) {
	s := testSnapshot(t)
	for _, tt := range []struct {
		name string
		now  time.Time
		want []string
	}{
		{"now", testTime, []string{"lotus-cost-checked", "lotus-cost-doubted", "lotus-release"}},
		{"on a day", time.Date(2025, 5, 6, 0, 0, 0, 0, time.UTC), []string{"lotus-release", "lotus-licence", "jade-capex-2025"}},
		{"the day before", time.Date(2025, 5, 5, 23, 0, 0, 0, time.UTC), []string{"lotus-licence", "jade-capex-2025", "lotus-cost"}},
		{"before all", time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), nil},
	} {
		var got []string
		for _, f := range newest(s, tt.now, 3) {
			got = append(got, f.ID)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	for _, f := range newest(s, testTime, 100) {
		if f.ID == "jade-capex-2024" || f.From.IsZero() {
			t.Errorf("%s was replaced or has no date", f.ID)
		}
	}
}

// The front page of the shipped base is whole, and all it offers is answered.
func TestHomeOfTheShippedBase(t *testing.T) {
	r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{shippedSnapshot(t)}})
	reply := r.Dispatch(t.Context(), bot.Request{Line: "/home", At: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)})
	list := block[bot.List](reply)
	if list == nil || len(list.Items) != mostNew {
		t.Fatalf("what is new: %v", list)
	}
	for _, a := range reply.Suggestions {
		if answer := dispatch(t, r, a.Line); answer.Outcome != bot.Answered {
			t.Errorf("%s: %s", a.Line, answer.Plain())
		}
	}
	for _, a := range reply.Actions {
		if n := len(a.Choices); n > maxChoices {
			t.Errorf("%s has %d choices, more than one menu takes", a.Label, n)
		}
	}
	if reply.Title.String() != "silkwire" || reply.Lead.String() != whatIAm {
		t.Errorf("got %s", reply.Plain())
	}
}
