package commands

import (
	"fmt"
	"testing"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
)

// TestProposalsPath is a proposal from the message to what its proposer reads: made a
// fact, and refused; settled once, by curators of the same workspace only.
func TestProposalsPath(t *testing.T) {
	s := testSnapshot(t)
	kept, base := testKept(t), &ledgerOf{s: s}
	kept.Base = base
	r := newRouterOn(t, &always{snapshots: []*knowledge.Snapshot{s}}, kept)
	reader, curator := bot.User{ID: "U2"}, bot.User{ID: "U1", May: bot.Curator}
	here, elsewhere := bot.Conversation{Platform: "slack", Space: "T1", Channel: "C1"}, bot.Conversation{Platform: "slack", Space: "T2", Channel: "C1"}
	ids := map[string]bool{}
	text := ""
	ask := func(who bot.User, in bot.Conversation, line, message string) bot.Reply {
		req := bot.Request{ID: "1", Line: line, At: testTime, User: who, Conversation: in}
		if message != "" {
			req.Call, req.Message = &bot.Call{Path: []string{proposeName}}, message
			req.At = testTime.Add(-1) // two of the same moment are one draft
			if len(ids) > 0 {
				req.At = testTime.Add(-2)
			}
			ids[message] = true
		}
		reply := r.Dispatch(t.Context(), req)
		text += fmt.Sprintf("%s in %s> %s%s\n[%s]\n\n%s\n\n", who.ID, in.Space, line, message, reply.Outcome, reply.Plain())
		return reply
	}
	ask(reader, here, "/proposals", "")
	ask(reader, here, "", "Lotus Lab opened a shop in Riga.")
	ask(reader, here, "", "Lotus Lab opened a shop in Riga.") // sent twice
	ask(reader, here, "", "Jade is purple.")
	ask(reader, here, "", "  ")
	ask(reader, here, "/proposals", "")
	ask(reader, here, "/curate review", "")
	ask(curator, elsewhere, "/curate review", "")
	ask(curator, here, "/curate review", "")
	drafts, err := kept.Drafts.All(t.Context(), testTime)
	if err != nil || len(drafts) != 2 {
		t.Fatalf("%d drafts, %v; want two", len(drafts), err)
	}
	shop, purple := drafts[0].ID(), drafts[1].ID()
	if drafts[0].Text != "Lotus Lab opened a shop in Riga." {
		shop, purple = purple, shop
	}
	made := ask(curator, here, "/curate review "+shop, "").Actions[0].Line + " source:https://wire.example/shop grade:press"
	ask(curator, here, made, "")
	ask(curator, here, made+" sure:true", "")
	ask(curator, here, made+" sure:true", "") // a draft accepted twice
	ask(curator, elsewhere, "/curate refuse "+purple+" no", "")
	ask(curator, here, "/curate refuse "+purple+" it is green", "")
	ask(curator, here, "/curate refuse "+purple+" again", "")
	ask(reader, here, "/proposals", "")
	ask(curator, here, "/curate review", "")
	golden(t, "proposals-path", text)
	if len(base.changes) != 1 {
		t.Errorf("%d changes were made, want one", len(base.changes))
	}
}

func TestTooManyProposals(t *testing.T) {
	r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{testSnapshot(t)}})
	for i := range 25 {
		want := bot.Answered
		if i >= 20 {
			want = bot.Limited
		}
		reply := r.Dispatch(t.Context(), bot.Request{ID: "1", At: testTime.Add(time.Duration(i)), User: bot.User{ID: "U2"}, Call: &bot.Call{Path: []string{proposeName}}, Message: fmt.Sprint("It is number ", i)})
		if reply.Outcome != want {
			t.Fatalf("proposal %d: %s: %s", i, reply.Outcome, reply.Plain())
		}
	}
}
