package slack_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"silkwire/adapters/slack"
	"silkwire/adapters/slack/standin"
	"silkwire/bot"
)

// overHTTP is an adapter that Slack reaches at an address.
func overHTTP(t *testing.T) (*running, string) {
	t.Helper()
	r := adapterFor(t, standin.New(t), func(o *slack.Options) { o.AppToken = "" })
	h, err := r.adapter.Handler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	r.start(t)
	within(t, r.ready)
	within(t, r.adapter.Probed())
	return r, server.URL
}

func TestHTTP(t *testing.T) {
	r, address := overHTTP(t)
	t.Run("command", func(t *testing.T) {
		reply, err := r.HTTPCommand(deadline(t), address+slack.PathCommands, standin.Command("/ask", "why &amp; how"))
		if err != nil || reply.Status != http.StatusOK {
			t.Fatalf("got %+v, %v", reply, err)
		}
		if m := read(t, reply.Body); !strings.HasPrefix(m.Text, "Answer to: why &amp; how.") {
			t.Errorf("got %s", m.Text)
		}
	})
	t.Run("event", func(t *testing.T) {
		once := standin.Mention("why?")
		for n := range 3 { // Slack says that it did not hear the first
			opts := []standin.HTTPOption{}
			if n > 0 {
				opts = append(opts, standin.Retry(n))
			}
			if reply, err := r.HTTPEvent(deadline(t), address+slack.PathEvents, once, opts...); err != nil || reply.Status != http.StatusOK || len(reply.Body) > 0 {
				t.Fatalf("got %+v, %v", reply, err)
			}
		}
		r.posted(t, 1)
		if n := len(r.Calls("chat.postMessage")); n != 1 {
			t.Errorf("got %d answers to one event", n)
		}
	})
	t.Run("url verification", func(t *testing.T) {
		reply, err := r.HTTPEvent(deadline(t), address+slack.PathEvents, standin.Verification("abc"))
		if err != nil || string(reply.Body) != "abc" {
			t.Errorf("got %+v, %v", reply, err)
		}
	})
	t.Run("look-up", func(t *testing.T) {
		reply, err := r.HTTPInteraction(deadline(t), address+slack.PathInteractions, standin.Suggest("v1/find/0", "0|/lab |", "deep"))
		if err != nil || !strings.Contains(string(reply.Body), "DeepSeek") {
			t.Errorf("got %+v, %v", reply, err)
		}
	})
	t.Run("press", func(t *testing.T) {
		reply, err := r.HTTPInteraction(deadline(t), address+slack.PathInteractions, standin.Press("v1/ask/0", `{"l":"/lab qwen"}`, standin.Ephemeral()))
		if err != nil || reply.Status != http.StatusOK {
			t.Fatalf("got %+v, %v", reply, err)
		}
		all, err := r.Responses(deadline(t), reply.Delivery, 1)
		if err != nil {
			t.Fatal(err)
		}
		if m := read(t, all[0]); !strings.HasPrefix(m.Text, "A lab named qwen.") {
			t.Errorf("got %s", m.Text)
		}
	})
	t.Run("ssl check", func(t *testing.T) {
		reply, err := r.HTTPCommand(deadline(t), address+slack.PathCommands, standin.Command("/ask", ""), standin.RawBody([]byte("ssl_check=1&token=x")))
		if err != nil || reply.Status != http.StatusOK || len(reply.Body) > 0 {
			t.Errorf("got %+v, %v", reply, err)
		}
	})
}

// What is not Slack's, or not whole, is turned away with a status and nothing
// else, and the next request is answered.
func TestBadHTTP(t *testing.T) {
	r, address := overHTTP(t)
	tests := []struct {
		name   string
		path   string
		opts   []standin.HTTPOption
		status int
	}{
		{"forgedSignature", slack.PathCommands, []standin.HTTPOption{standin.BadSignature()}, http.StatusUnauthorized},
		{"noSignature", slack.PathCommands, []standin.HTTPOption{standin.NoSignature()}, http.StatusUnauthorized},
		{"staleSignature", slack.PathCommands, []standin.HTTPOption{standin.Stale(6 * time.Minute)}, http.StatusUnauthorized},
		{"signatureFromTheFuture", slack.PathCommands, []standin.HTTPOption{standin.Stale(-6 * time.Minute)}, http.StatusUnauthorized},
		{"bodyOf10MB", slack.PathCommands, []standin.HTTPOption{standin.RawBody(bytes.Repeat([]byte("a"), 10<<20))}, http.StatusRequestEntityTooLarge},
		{"truncatedJSON", slack.PathEvents, []standin.HTTPOption{standin.RawBody([]byte(`{"type":"event_callback","event":{"ty`))}, http.StatusBadRequest},
		{"truncatedPayload", slack.PathInteractions, []standin.HTTPOption{standin.RawBody([]byte(`payload=%7B%22type`))}, http.StatusBadRequest},
		{"noForm", slack.PathCommands, []standin.HTTPOption{standin.RawBody([]byte("%zz"))}, http.StatusBadRequest},
		{"noCommand", slack.PathCommands, []standin.HTTPOption{standin.RawBody([]byte("text=why"))}, http.StatusBadRequest},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reply, err := r.HTTPCommand(deadline(t), address+tt.path, standin.Command("/ask", tt.name), tt.opts...)
			if err != nil || reply.Status != tt.status || len(reply.Body) > 60 {
				t.Errorf("got %+v, %v; want status %d", reply, err, tt.status)
			}
		})
	}
	t.Run("replayed", func(t *testing.T) {
		at, body := time.Now().Unix(), []byte("command=%2Fask&text=why&team_id=T1&user_id=U1")
		for n, want := range []int{http.StatusOK, http.StatusUnauthorized} {
			if got := signedPost(t, address+slack.PathCommands, at, body); got != want {
				t.Errorf("request %d: got status %d, want %d", n+1, got, want)
			}
		}
	})
	reply, err := r.HTTPCommand(deadline(t), address+slack.PathCommands, standin.Command("/ask", "why"))
	if err != nil || reply.Status != http.StatusOK {
		t.Errorf("after all that: got %+v, %v", reply, err)
	}
}

func signedPost(t *testing.T, address string, at int64, body []byte) int {
	t.Helper()
	stamp := strconv.FormatInt(at, 10)
	req, err := http.NewRequestWithContext(deadline(t), http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Slack-Request-Timestamp", stamp)
	req.Header.Set("X-Slack-Signature", standin.Sign(standin.SigningSecret, stamp, body))
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode
}

// Whatever comes back from a button, a menu or a form is told kindly, and nothing
// is lost.
func TestOutdatedAndForged(t *testing.T) {
	r := serving(t, nil)
	r.SetChannel(standin.Room{ID: "C2", Name: "ours", Creator: "UCREATOR", BotIsMember: true})
	tests := []struct {
		name string
		e    standin.Envelope
		says string
	}{
		{"actionIDOfAnOlderVersion", standin.Press("v0/ask/1", `{"l":"/ask why"}`, standin.Ephemeral()), "This button is from an earlier silkwire"},
		{"actionIDOfNobody", standin.Press("something else", "x", standin.Ephemeral()), "This button is from an earlier silkwire"},
		{"valueThatIsNoJSON", standin.Press("v1/ask/1", "{", standin.Ephemeral()), "This button is from an earlier silkwire"},
		{"valueWithoutALine", standin.Press("v1/more/1", `{"p":3}`, standin.Ephemeral()), "This button is from an earlier silkwire"},
		{"pageThatIsNone", standin.Press("v1/more/1", `{"l":"/long","p":-4}`, standin.Ephemeral()), "This button is from an earlier silkwire"},
		{"rightsOfSomebodyElse", standin.Press("v1/ask/1", `{"l":"/settings who:U1"}`, standin.Ephemeral(), standin.By("U5"), standin.In("C2")), "/settings is for an admin of this conversation."},
		{"lineThatIsNoCommand", standin.Press("v1/pick/1", "/nothing", standin.Selected("static_select"), standin.Ephemeral()), "There is no command /nothing."},
		{"unknownCallbackID", standin.Shortcut("Do what nobody knows", "text"), "I no longer know this shortcut."},
		{"shortcutOnNothing", standin.Shortcut("Check with silkwire", ""), "About"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := read(t, r.answered(t, tt.e)); !strings.HasPrefix(got.Text, tt.says) {
				t.Errorf("got %s, want %s", got.Text, tt.says)
			}
		})
	}
}

func TestBadForms(t *testing.T) {
	r := serving(t, nil)
	r.ack(t, standin.Command("/lab", ""))
	view := r.opened(t)
	t.Run("missingState", func(t *testing.T) {
		got, _ := r.ack(t, standin.Submit(view, nil))
		if !strings.Contains(string(got), `"response_action":"errors"`) || !strings.Contains(string(got), "field|name") {
			t.Errorf("got %s, want the error at the field", got)
		}
	})
	t.Run("metadataOfNobody", func(t *testing.T) {
		got, _ := r.ack(t, standin.Submit(json.RawMessage(`{"type":"modal","callback_id":"v1/form","title":{"type":"plain_text","text":"x"},"blocks":[],"private_metadata":"{"}`), nil))
		if !strings.Contains(string(got), "This form is from an earlier silkwire.") {
			t.Errorf("got %s", got)
		}
	})
}

// A trigger that has expired costs the form and not the answer.
func TestExpiredTriggerID(t *testing.T) {
	r := serving(t, nil)
	r.Fail("views.open", "expired_trigger_id", -1)
	payload, d := r.ack(t, standin.Command("/lab", ""))
	if payload == nil {
		all, err := r.Responses(deadline(t), d, 1)
		if err != nil {
			t.Fatal(err)
		}
		payload = all[0]
	}
	if got := read(t, payload); !strings.Contains(got.Text, "/lab") {
		t.Errorf("got %s, want what is missing in words", got.Text)
	}
}

func TestChannelArchivedBetweenQuestionAndAnswer(t *testing.T) {
	r := serving(t, nil)
	r.Fail("chat.postMessage", "is_archived", -1)
	got := read(t, r.answered(t, standin.Press("v1/share/0", `{"l":"why"}`, standin.Ephemeral())))
	if !strings.HasPrefix(got.Text, "This channel was archived meanwhile") {
		t.Errorf("got %s", got.Text)
	}
	r.Send(standin.Mention("why"))
	if _, err := r.WaitCalls(deadline(t), "chat.postMessage", 2); err != nil {
		t.Fatal(err)
	}
	payload, _ := r.ack(t, standin.Command("/ask", "and now?"))
	if m := read(t, payload); !strings.HasPrefix(m.Text, "Answer to: and now?") {
		t.Errorf("afterwards: got %s", m.Text)
	}
}

// A response_url is used for half an hour and no longer; that it is used up is a
// line in the log.
func TestResponseURLUsedUp(t *testing.T) {
	r := serving(t, nil)
	r.Fail("response_url", "used_url", -1)
	r.ack(t, standin.Press("v1/ask/0", `{"l":"/ask why"}`, standin.Ephemeral()))
	if _, err := r.WaitCalls(deadline(t), "response_url", 1); err != nil {
		t.Fatal(err)
	}
	payload, _ := r.ack(t, standin.Command("/ask", "why"))
	if payload == nil {
		t.Error("afterwards nothing was answered")
	}
}

func TestMalformedEnvelopes(t *testing.T) {
	r := serving(t, nil)
	for _, e := range []standin.Envelope{
		{Type: "slash_commands", Payload: map[string]any{"command": 7}},
		{Type: "interactive", Payload: map[string]any{"type": "block_actions", "actions": "none"}},
		{Type: "interactive", Payload: map[string]any{"type": "something new"}},
		{Type: "events_api", Payload: map[string]any{"event": []any{1}}},
		{Type: "something_new", Payload: map[string]any{}},
		standin.Press("v1/ask/0", "", standin.With("actions", []any{})),
	} {
		if _, err := r.Send(e).Ack(deadline(t)); err != nil {
			t.Errorf("%v: %v", e, err)
		}
	}
	if payload, _ := r.ack(t, standin.Command("/ask", "why")); payload == nil {
		t.Error("afterwards nothing was answered")
	}
}

func TestCheck(t *testing.T) {
	all := make([]string, 0, 12)
	for _, s := range (slack.ManifestOptions{}).Scopes() {
		all = append(all, s.Name)
	}
	manifest, err := slack.NewManifest(house(t).Commands(), slack.ManifestOptions{})
	if err != nil {
		t.Fatal(err)
	}
	good, err := slack.EncodeManifest(manifest)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name     string
		options  slack.Options
		prepare  func(s *standin.Slack)
		manifest []byte
		wrong    string // empty: all is well
	}{
		{"well", slack.Options{BotToken: standin.BotToken, AppToken: standin.AppToken}, nil, good, ""},
		{"tokensSwapped", slack.Options{BotToken: standin.AppToken, AppToken: standin.BotToken}, nil, nil, "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped"},
		{"noToken", slack.Options{AppToken: standin.AppToken}, nil, nil, "SLACK_BOT_TOKEN is not set"},
		{"wrongToken", slack.Options{BotToken: "xoxb-wrong", AppToken: standin.AppToken}, nil, nil, "does not know the token in SLACK_BOT_TOKEN"},
		{"revokedToken", slack.Options{BotToken: standin.BotToken, AppToken: standin.AppToken}, func(s *standin.Slack) { s.Fail("auth.test", "token_revoked", -1) }, nil, "was revoked"},
		{"missingScope", slack.Options{BotToken: standin.BotToken, AppToken: standin.AppToken}, func(s *standin.Slack) { s.SetScopes(all[1:]...) }, nil, "The scope commands is missing"},
		{"missingEvent", slack.Options{BotToken: standin.BotToken, AppToken: standin.AppToken}, nil, bytes.Replace(good, []byte(`"app_mention",`), nil, 1), "The event app_mention is missing"},
		{"missingCommand", slack.Options{BotToken: standin.BotToken, AppToken: standin.AppToken}, nil, bytes.Replace(good, []byte(`"/ask"`), []byte(`"/asks"`), 1), "The command /ask is missing"},
		{"noManifestAtAll", slack.Options{BotToken: standin.BotToken, AppToken: standin.AppToken}, nil, []byte("name: yaml"), "is no JSON"},
		{"neitherWay", slack.Options{BotToken: standin.BotToken}, nil, nil, "neither SLACK_APP_TOKEN"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := standin.New(t)
			s.SetScopes(all...)
			if tt.prepare != nil {
				tt.prepare(s)
			}
			tt.options.APIURL = s.URL()
			var wrong []string
			for _, f := range slack.Check(deadline(t), house(t).Commands(), tt.options, tt.manifest) {
				if !f.OK {
					wrong = append(wrong, f.Say)
				}
			}
			if said := strings.Join(wrong, "\n"); (tt.wrong == "") != (said == "") || !strings.Contains(said, tt.wrong) {
				t.Errorf("got %q, want %q", said, tt.wrong)
			}
		})
	}
}

// Pictures are worth a scope and no more: without it the check says so, and that all
// else is well.
func TestCheckWithoutFiles(t *testing.T) {
	s := standin.New(t)
	s.SetScopes("commands", "chat:write", "app_mentions:read", "im:history", "channels:read", "groups:read", "users:read")
	var said []string
	for _, f := range slack.Check(deadline(t), house(t).Commands(), slack.Options{BotToken: standin.BotToken, AppToken: standin.AppToken, APIURL: s.URL()}, nil) {
		said = append(said, f.Say)
		if !f.OK {
			t.Errorf("wrong: %s", f.Say)
		}
	}
	if all := strings.Join(said, "\n"); !strings.Contains(all, "Without the scope files:write answers have no pictures") || !strings.Contains(all, "Every scope that is needed was granted") {
		t.Errorf("it says %s", all)
	}
}

// The printed manifest keeps Slack's own schema, whatever is asked of it.
func TestManifest(t *testing.T) {
	for name, o := range map[string]slack.ManifestOptions{
		"socket":     {},
		"everything": {ReadChannels: true, Assistant: true},
		"http":       {URL: "https://silkwire.example.org/"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := slack.NewManifest(house(t).Commands(), o)
			if err != nil {
				t.Fatal(err)
			}
			doc, err := slack.EncodeManifest(m)
			if err != nil {
				t.Fatal(err)
			}
			if problems := standin.CheckManifest(doc); len(problems) > 0 {
				t.Errorf("%q in %s", problems, doc)
			}
			for _, c := range house(t).Commands() {
				want := !c.Hidden
				name := `"/` + c.Name + `"`
				if c.Name == "help" {
					name = `"/silkwire-help"`
				}
				if c.Message {
					name = `"` + c.Name + `"`
				}
				if bytes.Contains(doc, []byte(name)) != want {
					t.Errorf("%s is in the manifest: %v, want %v", name, !want, want)
				}
			}
		})
	}
	t.Run("tooMany", func(t *testing.T) {
		var many []bot.Command
		for range 51 {
			many = append(many, bot.Command{Name: "x", Summary: "x", Handle: func(context.Context, bot.Request) (bot.Reply, error) { return bot.Reply{}, nil }})
		}
		if _, err := slack.NewManifest(many, slack.ManifestOptions{}); err == nil {
			t.Error("got no error for 51 commands")
		}
	})
}

// FuzzHostileReplies: no text, wherever it stands in a reply, makes a message that
// breaks Slack's limits or that pings.
func FuzzHostileReplies(f *testing.F) {
	f.Add(hostile)
	f.Add(strings.Repeat("字", 2000))
	f.Add(strings.Repeat("word & <b> ", 180))
	f.Add(strings.Repeat("&", 3000))
	f.Add(strings.Repeat("Sentence one is here. ", 300))
	f.Add("")
	f.Add("https://x.y/|<>&")
	f.Add("_a_ *b* `c` ~d~\n> quote\n- list")
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 8000 {
			return
		}
		samples, err := slack.Samples(t.Context(), only{everything(s)}, slack.Options{Question: "ask", Now: func() time.Time { return noon }, Random: func() float64 { return 0 }}, []string{"/x"}, true)
		if err != nil {
			t.Fatal(err)
		}
		for _, sample := range samples {
			problems := append(standin.CheckMessage(sample.JSON, standin.Both), standin.CheckHouseRules(sample.JSON)...)
			if len(problems) > 0 {
				t.Errorf("%q in %.2000s", problems, sample.JSON)
			}
		}
	})
}

// only is a core that knows one reply.
type only struct{ reply bot.Reply }

func (o only) Dispatch(context.Context, bot.Request) bot.Reply      { return o.reply }
func (o only) Complete(context.Context, bot.Request) bot.Completion { return bot.Completion{} }
func (o only) Commands() []bot.Command                              { return nil }
func (o only) Needs(context.Context, bot.Request) bot.Permission    { return bot.Everyone }

// gated is a core that keeps everything waiting until its gate is opened.
type gated struct {
	slack.Core
	waits chan struct{} // gets one for each that waits
	gate  chan struct{}
}

func (g gated) Dispatch(ctx context.Context, r bot.Request) bot.Reply {
	if strings.HasPrefix(r.Line, "/ask") {
		g.waits <- struct{}{}
		<-g.gate
	}
	return g.Core.Dispatch(ctx, r)
}

// More comes on one connection than can be answered: who has waited too long while a crowd
// waits behind is told, in the acknowledgement of a command, in a form that stays open, and
// behind a press.
func TestWhoWaitsInACrowdIsTold(t *testing.T) {
	r := adapterFor(t, standin.New(t), nil)
	g := gated{house(t), make(chan struct{}, 128), make(chan struct{})}
	r.adapter = slack.New(g, r.options)
	r.start(t)
	within(t, r.ready)
	r.Send(standin.Command("/lab", ""))
	view := r.opened(t)
	for range 4 { // as many as are answered at once
		r.SendOn(0, standin.Command("/ask", "why?"))
		<-g.waits
	}
	command, press := r.SendOn(0, standin.Command("/ask", "and I?")), r.SendOn(0, standin.Press("v1/ask/0", `{"l":"/ask and I?"}`))
	form := r.SendOn(0, standin.Submit(view, standin.Values{"field|name": {"v1/find/0": standin.Chosen("Qwen")}}))
	var crowd []*standin.Delivery
	for range 60 {
		crowd = append(crowd, r.SendOn(0, standin.Command("/ask", "why?")))
	}
	<-time.After(700 * time.Millisecond) // longer than anybody is to wait in a crowd
	close(g.gate)
	const busy = "I am answering many others just now."
	for what, d := range map[string]*standin.Delivery{"a command": command, "a form": form} {
		if payload, err := d.Ack(deadline(t)); err != nil || !strings.Contains(string(payload), busy) {
			t.Errorf("%s: %.200s, %v", what, payload, err)
		}
	}
	if all, err := r.Responses(deadline(t), press, 1); err != nil || !strings.Contains(string(all[0]), busy) {
		t.Errorf("a press: %.200s, %v", all, err)
	}
	answered := 0
	for _, d := range crowd {
		payload, err := d.Ack(deadline(t))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(payload), "Answer to: why?") {
			answered++
		}
	}
	if answered < 30 || answered > 40 {
		t.Errorf("%d of the crowd were answered", answered)
	}
}

// The app asks for these rights and no others: it reads no channel unless the operator
// wants that, and administers nothing.
func TestScopes(t *testing.T) {
	usual := []string{"commands", "chat:write", "app_mentions:read", "im:history", "channels:read", "groups:read", "users:read", "files:write"}
	for name, tt := range map[string]struct {
		o    slack.ManifestOptions
		more []string
	}{
		"usual":     {slack.ManifestOptions{}, nil},
		"reading":   {slack.ManifestOptions{ReadChannels: true}, []string{"channels:history", "groups:history"}},
		"assistant": {slack.ManifestOptions{Assistant: true}, []string{"assistant:write"}},
	} {
		var got []string
		for _, s := range tt.o.Scopes() {
			if got = append(got, s.Name); s.Why == "" {
				t.Errorf("%s: there is no reason for %s", name, s.Name)
			}
		}
		if want := append(slices.Clone(usual), tt.more...); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
