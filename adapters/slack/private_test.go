package slack_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"silkwire/adapters/slack/standin"
	"silkwire/bot/bottest"
)

// altered are what a button carries, and what somebody could make of it.
func altered(id, value string) (all [][2]string) {
	for _, verb := range []string{"ask", "more", "sources", "share", "pick", "find", "follow"} {
		for _, v := range []string{value, `{"l":"/mine"}`, `{"l":"/mine public:","p":1}`, `{"l":"/mine of:U1 public:true","e":["a"],"f":["b"],"b":"/mine"}`, strings.Replace(value, `"l"`, `"L"`, 1)} {
			all = append(all, [2]string{"v1/" + verb + "/0", v})
		}
	}
	return append(all, [2]string{id, value}, [2]string{id + "0", value}, [2]string{id, value + " "})
}

// Somebody else who presses what stands below a private reply, as it is or altered, gets
// what is their own, for their eyes; nothing goes out by the asker's address.
func TestPrivateReplyStaysItsAskers(t *testing.T) {
	r := serving(t, nil)
	r.SetUser(standin.Person{ID: "U2", Name: "bob"})
	payload, asked := r.ack(t, standin.Command("/mine", "", standin.By("U1")))
	private := read(t, payload)
	if private.Type != "ephemeral" || !strings.Contains(string(payload), bottest.Secret("U1")) {
		t.Fatalf("got %.300s", payload)
	}
	all := private.elements()
	if len(all) < 6 {
		t.Fatalf("only %d things can be pressed", len(all))
	}
	seen := map[[2]string]bool{}
	for _, e := range all {
		value := e.Value
		opts := []standin.EnvelopeOption{standin.Ephemeral(), standin.By("U2")}
		if len(e.Options) > 0 {
			value = e.Options[0].Value
			opts = append(opts, standin.Selected(e.Type))
		}
		for _, forged := range altered(e.ID, value) {
			if seen[forged] || strings.HasPrefix(forged[0], "v1/share/") && e.ID != all[0].ID {
				continue // Slack takes one post a second
			}
			seen[forged] = true
			_, d := r.ack(t, standin.Press(forged[0], forged[1], opts...))
			if strings.HasPrefix(forged[0], "v1/follow/") {
				continue // it opens a form
			}
			answers, err := r.Responses(deadline(t), d, 1)
			if err != nil {
				t.Fatalf("%q: %v", forged, err)
			}
			if m := read(t, answers[0]); m.Type != "ephemeral" || m.Replace || strings.Contains(string(answers[0]), bottest.Secret("U1")) {
				t.Errorf("%q shows %.300s", forged, answers[0])
			}
		}
	}
	for _, method := range []string{"chat.postMessage", "chat.postEphemeral", "views.open", "response_url"} {
		for _, c := range r.Calls(method) {
			if body := fmt.Sprintf("%s", c.Args); strings.Contains(body, bottest.Secret("U1")) {
				t.Errorf("%s tells it: %.300s", method, body)
			}
		}
	}
	if answers, err := r.Responses(deadline(t), asked, 0); err != nil || len(answers) > 0 {
		t.Errorf("by the asker's address went %s, %v", answers, err)
	}
	own := r.answered(t, standin.Press(all[0].ID, all[0].Value, standin.Ephemeral(), standin.By("U1")))
	if !strings.Contains(string(own), bottest.Secret("U1")) {
		t.Errorf("the asker gets %.300s", own)
	}
}

// A form answers whom it was opened for, at the address that came with it: sent by
// somebody else, or with what it carries changed, it answers nobody there.
func TestFormAnswersItsOpener(t *testing.T) {
	r := serving(t, nil)
	_, asked := r.ack(t, standin.Command("/lab", "", standin.By("U1")))
	view := r.opened(t)
	filled := standin.Values{"field|name": {"v1/find/0": standin.Chosen("Qwen")}}
	without := func(name string) json.RawMessage {
		var v map[string]any
		var meta map[string]any
		if err := json.Unmarshal(view, &v); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(v["private_metadata"].(string)), &meta); err != nil {
			t.Fatal(err)
		}
		delete(meta, name)
		changed, err := json.Marshal(meta)
		if err != nil {
			t.Fatal(err)
		}
		v["private_metadata"] = string(changed)
		out, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for name, e := range map[string]standin.Envelope{
		"somebody else":    standin.Submit(view, filled, standin.By("U2")),
		"nobody's":         standin.Submit(without("user"), filled, standin.By("U2")),
		"nobody's, sent":   standin.Submit(without("user"), filled, standin.By("U1")),
		"without its path": standin.Submit(without("path"), filled, standin.By("U1")),
	} {
		t.Run(name, func(t *testing.T) {
			if got, _ := r.ack(t, e); !strings.Contains(string(got), "This form is from an earlier silkwire.") {
				t.Errorf("got %s", got)
			}
		})
	}
	if answers, err := r.Responses(deadline(t), asked, 0); err != nil || len(answers) > 0 {
		t.Errorf("by the opener's address went %s, %v", answers, err)
	}
	r.ack(t, standin.Submit(view, filled, standin.By("U1")))
	answers, err := r.Responses(deadline(t), asked, 1)
	if err != nil || !slices.ContainsFunc(answers, func(a json.RawMessage) bool { return strings.Contains(string(a), "A lab named Qwen.") }) {
		t.Errorf("the opener gets %s, %v", answers, err)
	}
}
