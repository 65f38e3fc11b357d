package commands

import (
	"fmt"
	"testing"

	"silkwire/bot"
	"silkwire/knowledge"
)

// What the form asks is what is missing; what is known comes with it and reaches
// the record.
func TestFeedbackForm(t *testing.T) {
	kept := testKept(t)
	k := &always{snapshots: []*knowledge.Snapshot{testSnapshot(t)}}
	ask := steps{"feedback-form", bot.Everyone, lobby, []string{`/feedback wrong about:lotus-cost,quokka,lotus-release question:「what did "it" cost: 花了多少钱」`}}
	form := ask.run(t, k, kept).Form
	if form == nil {
		t.Fatal("pressing it asks for nothing")
	}
	call := bot.Call{Path: form.Path, Options: map[string][]string{"says": {"It was 5 million: see about:quokka"}}}
	for _, f := range form.Fields {
		if given := form.Given[f.Name]; given != "" {
			call.Options[f.Name] = []string{given}
		}
	}
	r := newRouterOn(t, k, kept)
	reply := r.Dispatch(t.Context(), bot.Request{ID: "1", Call: &call, User: bot.User{ID: "U1"}, Conversation: lobby, At: testTime})
	golden(t, "feedback-form-sent", fmt.Sprintf("> the form %v\n[%s]\n\n%s\n", form.Path, reply.Outcome, reply.Plain()))
	if reply.Visibility != bot.Private {
		t.Errorf("got visibility %v, want private", reply.Visibility)
	}
	reports, err := kept.Feedback.Reports(t.Context(), testTime)
	if err != nil || len(reports) != 1 {
		t.Fatalf("got %v, %v, want one report", reports, err)
	}
	want := bot.Report{
		At: testTime, Question: `what did "it" cost: 花了多少钱`, Facts: []string{"lotus-cost", "lotus-release"},
		Says: "It was 5 million: see about:quokka", Platform: "slack", Space: "T1", Channel: "C1", User: "U1",
	}
	if fmt.Sprint(reports[0]) != fmt.Sprint(want) {
		t.Errorf("kept\n got %+v\nwant %+v", reports[0], want)
	}
}

func TestFeedbackReadOnly(t *testing.T) {
	k := &always{snapshots: []*knowledge.Snapshot{testSnapshot(t)}}
	for name, line := range map[string]string{
		"feedback-read-only-helpful": "/feedback helpful about:lotus-cost",
		"feedback-read-only-wrong":   "/feedback wrong about:lotus-cost says: no",
	} {
		steps{name, bot.Everyone, lobby, []string{line}}.run(t, k, keptOn(t, nil))
	}
}
