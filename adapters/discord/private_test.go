package discord_test

import (
	"slices"
	"strings"
	"testing"

	"silkwire/adapters/discord/standin"
	"silkwire/bot/bottest"
)

// pressable are all that can be pressed of a message.
func pressable(all []standin.Component) []standin.Component {
	var out []standin.Component
	for _, c := range all {
		if c.CustomID != "" {
			out = append(out, c)
		}
		out = append(out, pressable(c.Components)...)
	}
	return out
}

// altered are an id and what somebody could make of it.
func altered(id string) []string {
	out := []string{id, id[:len(id)-1], id + "x", strings.Replace(id, "@0", "@1", 1)}
	for _, verb := range "asghpcfi" {
		out = append(out, "1"+string(verb)+id[2:], "1"+string(verb)+"0.0=/mine", "1"+string(verb)+"2.0=/mine of:x")
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestAPrivateReplyStaysItsAskers presses all of somebody's private reply as somebody else,
// as it is and altered: what comes is the presser's own, for their eyes, and the reply
// stays as it was.
func TestAPrivateReplyStaysItsAskers(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	asked := s.Command(ann, server, "mine")
	private := r.answer(asked)
	if has(t, private.Text(), bottest.Secret(ann.ID)); !private.Ephemeral() {
		t.Fatal("it is not private")
	}
	all := pressable(private.Components)
	if len(all) < 6 {
		t.Fatalf("only %d things can be pressed", len(all))
	}
	for _, c := range all {
		var values []string
		if len(c.Options) > 0 {
			values = []string{c.Options[0].Value}
		}
		for _, id := range altered(c.CustomID) {
			got := r.answer(s.PressForged(bob, server, private, c.Type, id, values...))
			if text := got.Text(); strings.Contains(text, bottest.Secret(ann.ID)) || got.ID == private.ID {
				t.Errorf("%q shows %.200s", id, text)
			}
			if shares := strings.HasPrefix(id, "1h"); !got.Ephemeral() && !shares {
				t.Errorf("what %q shows is for everybody: %.200s", id, got.Text())
			}
		}
	}
	if now, _ := asked.Message(); now.Text() != private.Text() {
		t.Errorf("the reply says now %.200s", now.Text())
	}
	has(t, r.answer(s.Press(ann, server, private, all[0].CustomID)).Text(), bottest.Secret(ann.ID))
}

// TestAFormAnswersItsSender sends a form that somebody else has opened: it is asked with
// the rights of who sent it, and nobody else is answered.
func TestAFormAnswersItsSender(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	m := r.answer(s.Command(ann, server, "ask", question("did it work?"), inPrivate))
	opened := r.button(ann, server, m, "This is wrong")
	r.responds(opened, 9)
	got := r.answer(s.Submit(bob, server, opened, map[string]string{"Says": "bob was here"}))
	if has(t, got.Text(), "bob was here"); !got.Ephemeral() || got.ID == m.ID || r.core.last().User.ID != bob.ID {
		t.Errorf("it was answered to others: %+v", r.core.last().User)
	}
}
