package slack_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"silkwire/adapters/slack"
	"silkwire/adapters/slack/standin"
	"silkwire/bot"
)

// Of answers that the bot posts for everybody it is told which message they are.
func TestShared(t *testing.T) {
	told := make(chan bot.Shared, 100)
	r := serving(t, func(o *slack.Options) { o.Shared = func(s bot.Shared) { told <- s } })
	next := func() bot.Shared {
		t.Helper()
		select {
		case s := <-told:
			return s
		case <-deadline(t).Done():
			t.Fatalf("no answer was told of\n%s", r.log)
			return bot.Shared{}
		}
	}
	payload, _ := r.ack(t, standin.Command("/ask", "why"))
	b := read(t, payload).button(t, "Share to channel")
	r.answered(t, standin.Press(b.ID, b.Value, standin.Ephemeral()))
	shared := next()
	if ts := r.posted(t, 1).Reply; !strings.Contains(string(ts), shared.Message) || shared.Channel != standin.Channel || shared.Space != standin.TeamID || shared.Seen != 3 || !slices.Equal(shared.Facts, []string{"a-fact"}) {
		t.Errorf("told of %+v, of %s", shared, ts)
	}
	question := standin.Mention("why did it work?")
	r.Send(question)
	mention := next()
	if mention.Thread == "" || mention.Message == "" || mention.Message == mention.Thread {
		t.Errorf("of a mention: %+v", mention)
	}
	// A digest is told of too.
	digest := fact("A digest.")
	if ts, err := r.adapter.Deliver(t.Context(), bot.Conversation{Platform: "slack", Space: standin.TeamID, Channel: standin.Channel}, digest, "abc"); err != nil || next().Message != ts {
		t.Errorf("a digest: %s, %v", ts, err)
	}
	// What only the asker sees, what is no answer, and what has no way back is not told of.
	r.ack(t, standin.Command("/ask", "why"))
	r.ack(t, standin.Command("/ask", "unknown"))
	r.Send(standin.Message("why", standin.In("D1")))
	if _, err := r.Posts(deadline(t), 4); err != nil {
		t.Fatal(err)
	}
	select {
	case s := <-told:
		t.Errorf("told of %+v", s)
	default:
	}
}

func TestVolunteered(t *testing.T) {
	r := serving(t, nil)
	note := bot.Reply{Lead: bot.T("It has changed <!channel>."), Blocks: []bot.Block{bot.List{Items: []bot.Item{{Text: bot.T("A fact."), Line: "/fact a-fact"}}}}}
	in := bot.Conversation{Space: standin.TeamID, Channel: standin.Channel}
	for _, step := range []struct {
		name            string
		say             func() error
		channel, thread string
	}{
		{"to a channel", func() error { return r.adapter.Post(t.Context(), in, note) }, standin.Channel, ""},
		{"to a person", func() error { return r.adapter.Tell(t.Context(), standin.TeamID, "U1", note) }, "U1", ""},
		{"below a message", func() error {
			return r.adapter.Correct(t.Context(), bot.Shared{Space: standin.TeamID, Channel: standin.Channel, Message: "1.000001"}, note)
		}, standin.Channel, "1.000001"},
		{"below a message in a thread", func() error {
			return r.adapter.Correct(t.Context(), bot.Shared{Space: standin.TeamID, Channel: standin.Channel, Message: "1.000002", Thread: "1.000001"}, note)
		}, standin.Channel, "1.000001"},
	} {
		before := len(r.Calls("chat.postMessage"))
		if err := step.say(); err != nil {
			t.Errorf("%s: %v", step.name, err)
			continue
		}
		c := r.Calls("chat.postMessage")[before]
		if c.String("channel") != step.channel || c.String("thread_ts") != step.thread || strings.Contains(string(c.Args["text"]), "<!channel>") {
			t.Errorf("%s: posted to %s, thread %q: %s", step.name, c.String("channel"), c.String("thread_ts"), c.Args["text"])
		}
	}
	for code, gone := range map[string]bool{"channel_not_found": true, "is_archived": true, "messages_tab_disabled": true, "internal_error": false, "token_revoked": false} {
		r.Fail("chat.postMessage", code, 1)
		if err := r.adapter.Post(t.Context(), in, note); err == nil || errors.Is(err, bot.ErrGone) != gone {
			t.Errorf("%s: %v; it is gone: %v", code, err, gone)
		}
	}
	if err := r.adapter.Tell(t.Context(), "T9", "U1", note); !errors.Is(err, bot.ErrGone) {
		t.Errorf("to another workspace: %v", err)
	}
}

// A menu that takes several gives them as a list, and is filled with those that there
// are.
func TestSeveralInAForm(t *testing.T) {
	r := serving(t, nil)
	r.ack(t, standin.Command("/add", `about:"Qwen, DeepSeek" until:2026 form:all`))
	calls, err := r.WaitCalls(deadline(t), "views.open", 1)
	if err != nil {
		t.Fatal(err)
	}
	var reply struct{ View json.RawMessage }
	if err := json.Unmarshal(calls[0].Reply, &reply); err != nil {
		t.Fatal(err)
	}
	view := reply.View
	if got := string(view); strings.Count(got, "initial_options") != 1 || !strings.Contains(got, `"Qwen"`) || !strings.Contains(got, `"DeepSeek"`) || !strings.Contains(got, `"initial_value":"2026"`) {
		t.Errorf("the form is %s", got)
	}
	d := r.Send(standin.Submit(view, standin.Values{"field|until": {"v1/ask/0": standin.Typed("soon")}}))
	if payload, err := d.Ack(deadline(t)); err != nil || !strings.Contains(string(payload), `"field|until":`) {
		t.Errorf("a wrong date is answered %s, %v", payload, err)
	}
	r.Send(standin.Submit(view, standin.Values{"field|about": {"v1/find/0": standin.ChosenMany("Qwen", "Moonshot AI")}}))
	if calls, err = r.WaitCalls(deadline(t), "response_url", 1); err != nil || !strings.Contains(string(calls[0].Args["text"]), "about: Qwen, Moonshot AI; until: 2026") {
		t.Errorf("got %v, %v", calls, err)
	}
}

// An address that Slack hands out is as good as a password: of one that cannot be reached,
// or read, the error says why and not which.
func TestNoAddressInErrors(t *testing.T) {
	for name, tt := range map[string]struct{ response, socket string }{
		"nobody there":    {"http://127.0.0.1:1/commands/T1/hidden", "ws://127.0.0.1:1/link?ticket=hidden"},
		"no address":      {"http://127.0.0.1:port/hidden", "ws://127.0.0.1:port/?ticket=hidden"},
		"no such scheme":  {"gopher://127.0.0.1/hidden", "gopher://127.0.0.1/?ticket=hidden"},
		"no such machine": {"http://hooks.invalid/hidden", "ws://wss.invalid/?ticket=hidden"},
	} {
		t.Run(name, func(t *testing.T) {
			opens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = fmt.Fprintf(w, `{"ok":true,"url":%q}`, tt.socket)
			}))
			t.Cleanup(opens.Close)
			a := slack.New(house(t), slack.Options{BotToken: "xoxb-hidden", AppToken: "xapp-hidden", APIURL: opens.URL + "/", Now: time.Now, Log: slog.New(slog.DiscardHandler)})
			for what, err := range map[string]error{"response": a.Respond(t.Context(), tt.response), "socket": a.Open(t.Context())} {
				if err == nil || strings.Contains(slack.Clean(err), "hidden") {
					t.Errorf("%s: got %v", what, err)
				}
			}
		})
	}
}
