package slack_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"silkwire/adapters/slack"
	"silkwire/adapters/slack/standin"
	"silkwire/bot"
)

// posted waits for the nth message that was posted.
func (r *running) posted(t *testing.T, n int) standin.Call {
	t.Helper()
	posts, err := r.Posts(deadline(t), n)
	if err != nil {
		t.Fatalf("%v\n%s", err, r.log)
	}
	return posts[n-1]
}

func TestMentionIsAnsweredInItsThread(t *testing.T) {
	r := serving(t, nil)
	question := standin.Mention("why did it work?")
	r.Send(question)
	post := r.posted(t, 1)
	ts := question.Payload["event"].(map[string]any)["ts"]
	if post.String("thread_ts") != ts || post.String("channel") != standin.Channel || !strings.HasPrefix(post.String("text"), "Answer to: why did it work?") {
		t.Errorf("got thread %s: %s\nwant thread %v", post.String("thread_ts"), post.String("text"), ts)
	}
	if strings.Contains(string(post.Args["blocks"]), `"header"`) {
		t.Error("the question stands right above, and the answer repeats it")
	}
	t.Run("follow-up", func(t *testing.T) {
		r.Send(standin.Mention("and its licence?", standin.Thread(ts.(string)), standin.By("U2")))
		if got := r.posted(t, 2).String("thread_ts"); got != ts {
			t.Errorf("got thread %s, want %v", got, ts)
		}
	})
	t.Run("nothing asked", func(t *testing.T) {
		r.Send(standin.Mention(""))
		if got := r.posted(t, 3).String("text"); !strings.HasPrefix(got, "What can be asked") {
			t.Errorf("got %s, want the help", got)
		}
	})
	t.Run("slash line", func(t *testing.T) {
		r.Send(standin.Mention("/lab qwen"))
		if got := r.posted(t, 4).String("text"); !strings.HasPrefix(got, "A lab named qwen.") {
			t.Errorf("got %s", got)
		}
	})
}

func TestDirectMessageNeedsNoMention(t *testing.T) {
	r := serving(t, nil)
	r.Send(standin.Message("why?"))
	if post := r.posted(t, 1); post.String("channel") != standin.DM || !strings.HasPrefix(post.String("text"), "Answer to: why?") {
		t.Errorf("got %s in %s", post.String("text"), post.String("channel"))
	}
}

// Each of these is acknowledged and answered by nobody. Each stands in a channel of
// its own, where nothing delays an answer, and all is done when Run has ended.
func TestNotAnswered(t *testing.T) {
	r := serving(t, nil)
	once := standin.Mention("once", standin.In("C20"))
	for _, e := range []standin.Envelope{
		standin.Mention("a bot's", standin.In("C21"), standin.With("bot_id", "B2")),
		standin.Mention("an edit", standin.In("C22"), standin.With("edited", map[string]any{"user": "U1", "ts": "1.1"})),
		standin.Mention("its own", standin.In("C23"), standin.By(standin.BotUser)),
		standin.Message("its own, directly", standin.In("D24"), standin.By(standin.BotUser)),
		standin.Message("an edit, directly", standin.In("D25"), standin.Subtype("message_changed")),
		standin.Message("in a channel that it may not read", standin.In("C26")),
		once, once,
	} {
		if payload, _ := r.ack(t, e); payload != nil {
			t.Errorf("%v: got an acknowledgement with %s", e, payload)
		}
	}
	r.posted(t, 1)
	r.end(t)
	for _, call := range r.Calls("chat.postMessage") {
		if !strings.HasPrefix(call.String("text"), "Answer to: once.") {
			t.Errorf("%s was answered", call.String("text"))
		}
	}
	if n := len(r.Calls("chat.postMessage")); n != 1 {
		t.Errorf("got %d messages posted, want 1", n)
	}
}

// With the history scopes a thread is followed, where there is an answer.
func TestThreadsAreFollowedWhereTheyMayBeRead(t *testing.T) {
	r := serving(t, func(o *slack.Options) { o.ReadChannels = true })
	question := standin.Mention("why?")
	r.Send(question)
	r.posted(t, 1)
	ts := question.Payload["event"].(map[string]any)["ts"].(string)
	in := []standin.EnvelopeOption{standin.In(standin.Channel), standin.Thread(ts)}
	r.ack(t, standin.Message("unknown to everybody", in...))
	r.ack(t, standin.Message("elsewhere", standin.In(standin.Channel), standin.Thread("1.1")))
	r.ack(t, standin.Message("and its licence?", in...))
	if got := r.posted(t, 2); !strings.HasPrefix(got.String("text"), "Answer to: and its licence?") || got.String("thread_ts") != ts {
		t.Errorf("got %s in thread %s", got.String("text"), got.String("thread_ts"))
	}
	if n := len(r.Calls("chat.postMessage")); n != 2 {
		t.Errorf("got %d messages posted, want 2", n)
	}
}

func TestPress(t *testing.T) {
	r := serving(t, nil)
	payload, _ := r.ack(t, standin.Command("/ask", "why"))
	m := read(t, payload)
	press := func(label string, opts ...standin.EnvelopeOption) standin.Envelope {
		b := m.button(t, label)
		return standin.Press(b.ID, b.Value, append([]standin.EnvelopeOption{standin.Ephemeral()}, opts...)...)
	}
	t.Run("more", func(t *testing.T) {
		if got := read(t, r.answered(t, press("More"))); !strings.HasPrefix(got.Text, "A lab named a-fact.") || got.Type != "ephemeral" || got.Replace {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("sources", func(t *testing.T) {
		got := r.answered(t, press("Sources"))
		if !strings.Contains(string(got), "<https://example.org/a?b=1&amp;c=2|[1] A page>") {
			t.Errorf("got %s", got)
		}
	})
	t.Run("helpful", func(t *testing.T) {
		if got := read(t, r.answered(t, press("👍"))); got.Text != "Thank you: a-fact good" {
			t.Errorf("got %s", got.Text)
		}
	})
	t.Run("a menu", func(t *testing.T) {
		got := read(t, r.answered(t, standin.Press("v1/pick/40", "/lab b-fact", standin.Selected("static_select"), standin.Ephemeral())))
		if !strings.HasPrefix(got.Text, "A lab named b-fact.") {
			t.Errorf("got %s", got.Text)
		}
	})
	t.Run("by somebody else, under a public answer", func(t *testing.T) {
		got := read(t, r.answered(t, press("More", standin.By("U2"))))
		if got.Type != "ephemeral" {
			t.Errorf("got %s, want it for the presser alone", got.Type)
		}
	})
}

func TestShare(t *testing.T) {
	r := serving(t, nil)
	payload, _ := r.ack(t, standin.Command("/ask", "why"))
	b := read(t, payload).button(t, "Share to channel")
	t.Run("where it may post", func(t *testing.T) {
		says := read(t, r.answered(t, standin.Press(b.ID, b.Value, standin.Ephemeral())))
		post := r.posted(t, 1)
		if post.String("channel") != standin.Channel || !strings.HasPrefix(says.Text, "Shared.") || strings.Contains(string(post.Args["blocks"]), "Share to channel") {
			t.Errorf("posted in %s, said %q", post.String("channel"), says.Text)
		}
		if !strings.Contains(string(post.Args["blocks"]), "Shared by alice.") {
			t.Error("the copy does not say who shared it")
		}
	})
	t.Run("where it may not", func(t *testing.T) {
		r.SetChannel(standin.Room{ID: "C9", Name: "secret", Private: true})
		r.Fail("chat.postMessage", "channel_not_found", -1)
		_, d := r.ack(t, standin.Press(b.ID, b.Value, standin.Ephemeral(), standin.In("C9")))
		all, err := r.Responses(deadline(t), d, 2)
		if err != nil {
			t.Fatal(err)
		}
		shared, says := read(t, all[0]), read(t, all[1])
		if shared.Type != "in_channel" || !strings.HasPrefix(says.Text, "Shared by Slack's reply link") {
			t.Errorf("got %s and %q", shared.Type, says.Text)
		}
	})
}

// TestFormOfAButton is "This is wrong": a form, its mistake shown in it, and what
// came of it.
func TestFormOfAButton(t *testing.T) {
	r := serving(t, nil)
	payload, _ := r.ack(t, standin.Command("/ask", "why"))
	b := read(t, payload).button(t, "This is wrong")
	_, d := r.ack(t, standin.Press(b.ID, b.Value, standin.Ephemeral()))
	view := r.opened(t)
	if strings.Contains(string(view), `"field|about"`) || !strings.Contains(string(view), `"field|says"`) {
		t.Errorf("the form asks for %s", view)
	}
	says := func(text string) standin.Values {
		return standin.Values{"field|says": {"v1/ask/0": standin.Typed(text)}}
	}
	t.Run("a mistake", func(t *testing.T) {
		got, _ := r.ack(t, standin.Submit(view, says("nonsense")))
		if !strings.Contains(string(got), `"errors":{"field|says":"That says nothing."}`) {
			t.Errorf("got %s", got)
		}
	})
	t.Run("sent", func(t *testing.T) {
		if got, _ := r.ack(t, standin.Submit(view, says("it changed"))); got != nil {
			t.Errorf("got %s, want the form to close", got)
		}
		all, err := r.Responses(deadline(t), d, 1)
		if err != nil {
			t.Fatal(err)
		}
		if m := read(t, all[0]); m.Text != "Thank you: a-fact it changed" {
			t.Errorf("got %s", m.Text)
		}
	})
}

// opened is the view that was opened.
func (r *running) opened(t *testing.T) json.RawMessage {
	t.Helper()
	calls, err := r.WaitCalls(deadline(t), "views.open", 1)
	if err != nil {
		t.Fatalf("%v\n%s", err, r.log)
	}
	var reply struct {
		View json.RawMessage `json:"view"`
	}
	if err := json.Unmarshal(calls[0].Reply, &reply); err != nil || reply.View == nil {
		t.Fatalf("views.open answered %s (%v)", calls[0].Reply, err)
	}
	return reply.View
}

func TestAskMoreInAThread(t *testing.T) {
	r := serving(t, nil)
	question := standin.Mention("why?")
	r.Send(question)
	post := r.posted(t, 1)
	var m shown
	if err := json.Unmarshal(post.Args["blocks"], &m.Blocks); err != nil {
		t.Fatal(err)
	}
	thread := post.String("thread_ts")
	b := m.button(t, "Ask more")
	r.ack(t, standin.Press(b.ID, b.Value, standin.Thread(thread), standin.By("U2")))
	view := r.opened(t)
	r.ack(t, standin.Submit(view, standin.Values{"field|question": {"v1/ask/0": standin.Typed("and when?")}}, standin.By("U2")))
	got := r.posted(t, 2)
	if got.String("thread_ts") != thread || !strings.Contains(got.String("text"), "Answer to: and when?") {
		t.Errorf("got %s in thread %s, want it in %s", got.String("text"), got.String("thread_ts"), thread)
	}
}

func TestLookUp(t *testing.T) {
	r := serving(t, nil)
	payload, _ := r.ack(t, standin.Command("/find", ""))
	m := read(t, payload)
	menu := m.Blocks[len(m.Blocks)-1]
	tests := []struct{ typed, want string }{
		{"", `"value":"/lab Qwen"`}, // what it starts with
		{"deep", `"value":"/lab DeepSeek"`},
		{"moon", `"value":"/lab \"Moonshot AI\""`},
		{"nothing of that name", `{"options":[]}`},
	}
	for _, tt := range tests {
		if got, _ := r.ack(t, standin.Suggest("v1/find/0", menu.ID, tt.typed)); !strings.Contains(string(got), tt.want) {
			t.Errorf("typed %q: got %s, want %s", tt.typed, got, tt.want)
		}
	}
	chosen := r.answered(t, standin.Press("v1/find/0", "/lab DeepSeek", standin.Selected("external_select"), standin.Ephemeral()))
	if got := read(t, chosen); !strings.HasPrefix(got.Text, "A lab named DeepSeek.") {
		t.Errorf("got %s", got.Text)
	}
}

// A command that lacks something opens its form; a name in it is looked for.
func TestFormOfACommand(t *testing.T) {
	r := serving(t, nil)
	_, d := r.ack(t, standin.Command("/lab", ""))
	view := r.opened(t)
	got, _ := r.ack(t, standin.Suggest("v1/find/0", "field|name", "qw", standin.InView(view)))
	if !strings.Contains(string(got), `"value":"Qwen"`) {
		t.Errorf("got %s", got)
	}
	r.ack(t, standin.Submit(view, standin.Values{"field|name": {"v1/find/0": standin.Chosen("Qwen")}}))
	all, err := r.Responses(deadline(t), d, 1)
	if err != nil {
		t.Fatal(err)
	}
	if m := read(t, all[0]); !strings.HasPrefix(m.Text, "A lab named Qwen.") {
		t.Errorf("got %s", m.Text)
	}
}

func TestMessageShortcut(t *testing.T) {
	r := serving(t, nil)
	got := read(t, r.answered(t, standin.Shortcut("Check with silkwire", "Qwen is &lt;open&gt;, says <@U1>")))
	if !strings.HasPrefix(got.Text, "About this message\nAbout: Qwen is &lt;open&gt;, says U1") || got.Type != "ephemeral" {
		t.Errorf("got %s: %s", got.Type, got.Text)
	}
}

func TestAppHome(t *testing.T) {
	r := serving(t, nil)
	r.Send(standin.HomeOpened(standin.User))
	if _, err := r.WaitCalls(deadline(t), "views.publish", 1); err != nil {
		t.Fatal(err)
	}
	if home := string(r.Home(standin.User)); !strings.Contains(home, "For everybody.") {
		t.Errorf("got %s", home)
	}
	t.Run("curator", func(t *testing.T) {
		r.Send(standin.HomeOpened("UCURATOR"))
		if _, err := r.WaitCalls(deadline(t), "views.publish", 2); err != nil {
			t.Fatal(err)
		}
		if home := string(r.Home("UCURATOR")); !strings.Contains(home, "For a curator.") {
			t.Errorf("got %s", home)
		}
	})
	t.Run("a question pressed", func(t *testing.T) {
		r.Send(standin.Press("v1/ask/20", `{"l":"/ask why"}`, standin.OnHome()))
		if view := string(r.opened(t)); !strings.Contains(view, "Answer to: why.") {
			t.Errorf("got %s", view)
		}
	})
	t.Run("a setting pressed", func(t *testing.T) {
		r.SetUser(standin.Person{ID: standin.User, Name: "alice", Admin: true})
		r.Send(standin.Press("v1/ask/21", `{"l":"/settings everybody"}`, standin.OnHome()))
		if _, err := r.WaitCalls(deadline(t), "views.publish", 3); err != nil {
			t.Fatal(err)
		}
		if home := string(r.Home(standin.User)); !strings.Contains(home, "Set for everybody.") {
			t.Errorf("got %s", home)
		}
	})
}

// Who may change a channel's settings: its creator, the workspace's admins,
// curators, and everybody in a direct message.
func TestSettingsRights(t *testing.T) {
	r := serving(t, nil)
	r.SetChannel(standin.Room{ID: "C2", Name: "ours", Creator: "UCREATOR", BotIsMember: true})
	r.SetUser(standin.Person{ID: "UADMIN", Name: "admin", Admin: true})
	r.SetUser(standin.Person{ID: "UGONE", Name: "gone", Admin: true, Deleted: true})
	r.SetUser(standin.Person{ID: "UGUEST", Name: "guest", Admin: true, Stranger: true})
	tests := []struct {
		name, user, channel, team string
		may                       bool
	}{
		{"creator", "UCREATOR", "C2", "T1", true},
		{"admin", "UADMIN", "C2", "T1", true},
		{"curator", "UCURATOR", "C2", "T1", true},
		{"anybody", "U5", "C2", "T1", false},
		{"anybodyForThemselves", "U5", "D5", "T1", true},
		{"deactivatedUser", "UGONE", "C2", "T1", false},
		{"curatorOfAnotherWorkspace", "UCURATOR", "C2", "T2", false},
		{"strangerInASharedChannel", "UGUEST", "C2", "T1", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			payload, d := r.ack(t, standin.Command("/settings", "who:<@U7|bob>", standin.By(tt.user), standin.In(tt.channel), standin.Team(tt.team)))
			if payload == nil {
				all, err := r.Responses(deadline(t), d, 1)
				if err != nil {
					t.Fatal(err)
				}
				payload = all[0]
			}
			if got := read(t, payload).Text; (got == "Set for U7.") != tt.may {
				t.Errorf("got %s, want it done: %v", got, tt.may)
			}
		})
	}
	t.Run("rateLimited", func(t *testing.T) {
		r.RetryAfter(time.Second)
		r.Fail("users.info", "ratelimited", 1)
		payload, _ := r.ack(t, standin.Command("/settings", "who:U7", standin.By("UADMIN"), standin.In("C2")))
		if got := read(t, payload).Text; got != "Set for U7." {
			t.Errorf("got %s, want it done after the pause", got)
		}
	})
	t.Run("missingScope", func(t *testing.T) {
		r.Fail("users.info", "missing_scope", -1)
		payload, _ := r.ack(t, standin.Command("/settings", "who:U7", standin.By("UADMIN"), standin.In("C2")))
		if got := read(t, payload).Text; !strings.HasPrefix(got, "/settings is for an admin") || !strings.Contains(r.log.String(), "lacks the scope") {
			t.Errorf("got %s; log %s", got, r.log)
		}
	})
}

func TestAssistant(t *testing.T) {
	r := serving(t, func(o *slack.Options) { o.Assistant = true })
	r.Send(standin.AssistantStarted())
	calls, err := r.WaitCalls(deadline(t), "assistant.threads.setSuggestedPrompts", 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := calls[0].String("prompts"); !strings.Contains(got, "/ask why") {
		t.Errorf("got prompts %s", got)
	}
	r.Send(standin.Message("why?", standin.Thread("1764000000.000001")))
	if _, err := r.WaitCalls(deadline(t), "assistant.threads.setStatus", 1); err != nil {
		t.Fatal(err)
	}
	if got := r.posted(t, 1).String("thread_ts"); got != "1764000000.000001" {
		t.Errorf("got thread %s", got)
	}
}

// What a message or a form says is never run as a command by whoever presses a
// button of its answer.
func TestTextIsNoCommand(t *testing.T) {
	r := serving(t, nil)
	evil := "/settings who:UEVIL"
	t.Run("message shortcut", func(t *testing.T) {
		m := read(t, r.answered(t, standin.Shortcut("Check with silkwire", evil)))
		b := m.button(t, "Sources")
		got := read(t, r.answered(t, standin.Press(b.ID, b.Value, standin.Ephemeral(), standin.By("UCURATOR"))))
		if strings.HasPrefix(got.Text, "Set for") {
			t.Errorf("it was run: %s", got.Text)
		}
	})
	t.Run("form", func(t *testing.T) {
		question := standin.Mention("why?")
		r.Send(question)
		thread := r.posted(t, 1).String("thread_ts")
		r.ack(t, standin.Press("v1/follow/0", `{"l":"why?"}`, standin.Thread(thread), standin.By("U5")))
		r.ack(t, standin.Submit(r.opened(t), standin.Values{"field|question": {"v1/ask/0": standin.Typed(evil)}}, standin.By("U5")))
		var m shown
		if err := json.Unmarshal(r.posted(t, 2).Args["blocks"], &m.Blocks); err != nil {
			t.Fatal(err)
		}
		b := m.button(t, "Sources")
		got := read(t, r.answered(t, standin.Press(b.ID, b.Value, standin.By("UCURATOR"))))
		if strings.HasPrefix(got.Text, "Set for") {
			t.Errorf("it was run: %s", got.Text)
		}
	})
	t.Run("forged", func(t *testing.T) {
		for _, verb := range []string{"more", "sources", "share"} {
			got := read(t, r.answered(t, standin.Press("v1/"+verb+"/0", `{"l":"/settings who:UEVIL"}`, standin.Ephemeral(), standin.By("UCURATOR"))))
			if !strings.HasPrefix(got.Text, "This button is from an earlier silkwire") {
				t.Errorf("%s: got %s", verb, got.Text)
			}
		}
	})
}

// A private answer in a thread offers to be shared, and what is asked below it
// stays private.
func TestPrivateMention(t *testing.T) {
	r := serving(t, nil)
	r.Send(standin.Mention("private: why?"))
	calls, err := r.WaitCalls(deadline(t), "chat.postEphemeral", 1)
	if err != nil {
		t.Fatal(err)
	}
	var m shown
	if err := json.Unmarshal(calls[0].Args["blocks"], &m.Blocks); err != nil {
		t.Fatal(err)
	}
	m.button(t, "Share to channel")
	for _, e := range m.elements() {
		if e.label() == "Ask more" {
			t.Error("a private answer has a button that asks in the thread")
		}
	}
}

// The sources of an answer that is kept are not taken for the answer.
func TestSourcesOfAKeptReply(t *testing.T) {
	r := adapterFor(t, standin.New(t), nil)
	r.adapter = slack.New(kept{house(t)}, r.options)
	r.start(t)
	within(t, r.ready)
	payload, _ := r.ack(t, standin.Command("/ask", "why"))
	b := read(t, payload).button(t, "Sources")
	for range 2 {
		got := r.answered(t, standin.Press(b.ID, b.Value, standin.Ephemeral()))
		if strings.Contains(string(got), "Also known") || !strings.Contains(string(got), "A page") {
			t.Errorf("got %s, want the sources", got)
		}
		again, _ := r.ack(t, standin.Command("/ask", "why"))
		if !strings.Contains(string(again), "Also known") {
			t.Errorf("got %s, want the answer", again)
		}
	}
}

// kept is a core whose replies say that they are the same.
type kept struct{ slack.Core }

func (k kept) Dispatch(ctx context.Context, r bot.Request) bot.Reply {
	reply := k.Core.Dispatch(ctx, r)
	reply.Same = 1
	return reply
}

// The settings of a channel that is shared with another workspace are those of the
// one that the app is installed in.
func TestSpaceIsTheAppsOwn(t *testing.T) {
	r := adapterFor(t, standin.New(t), nil)
	spaces := make(chan string, 8)
	r.adapter = slack.New(spying{house(t), spaces}, r.options)
	r.start(t)
	within(t, r.adapter.Probed())
	if err := r.WaitSockets(deadline(t), 1); err != nil {
		t.Fatal(err)
	}
	r.Send(standin.Mention("why", standin.Team("T2")))
	if got := <-spaces; got != standin.TeamID {
		t.Errorf("got space %s, want %s", got, standin.TeamID)
	}
}

// spying tells which space a request is of.
type spying struct {
	slack.Core
	spaces chan string
}

func (s spying) Dispatch(ctx context.Context, r bot.Request) bot.Reply {
	s.spaces <- r.Conversation.Space
	return s.Core.Dispatch(ctx, r)
}

// A panic in work that waits for the network costs that work only.
func TestPanicInAMention(t *testing.T) {
	r := adapterFor(t, standin.New(t), nil)
	r.adapter = slack.New(breaking{house(t)}, r.options)
	r.start(t)
	within(t, r.adapter.Probed())
	if err := r.WaitSockets(deadline(t), 1); err != nil {
		t.Fatal(err)
	}
	r.Send(standin.Mention("break"))
	r.Send(standin.Mention("why", standin.In("C5")))
	if got := r.posted(t, 1).String("text"); !strings.HasPrefix(got, "Answer to: why") {
		t.Errorf("got %s", got)
	}
}

// breaking is a core that panics.
type breaking struct{ slack.Core }

func (b breaking) Dispatch(ctx context.Context, r bot.Request) bot.Reply {
	if r.Line == "break" {
		panic("it broke")
	}
	return b.Core.Dispatch(ctx, r)
}

// Slack fails in the middle of an answer in a thread: it is posted again where the thread
// shows that it is missing, it is not where it stands there, and where the thread may not
// be read the asker is told.
func TestAnswerInDoubt(t *testing.T) {
	reads := func(o *slack.Options) { o.ReadChannels = true }
	standing := func(r *running) int {
		n := 0
		for _, m := range r.Messages(standin.Channel) {
			if strings.Contains(string(m), standin.BotID) {
				n++
			}
		}
		return n
	}
	t.Run("not taken", func(t *testing.T) {
		r := serving(t, reads)
		r.Fail("chat.postMessage", "http_500", 2)
		r.Send(standin.Mention("why did it work?"))
		if _, err := r.Posts(deadline(t), 1); err != nil || standing(r) != 1 {
			t.Errorf("%d answers, %v\n%s", standing(r), err, r.log)
		}
	})
	t.Run("taken, and the connection lost", func(t *testing.T) {
		r := serving(t, reads)
		release := r.Hold(standin.Answer + "chat.postMessage")
		defer release()
		r.Send(standin.Mention("why did it work?"))
		if err := r.Wait(deadline(t), "the answer", func() bool { return standing(r) == 1 }); err != nil {
			t.Fatal(err)
		}
		r.HangUp()
		if _, err := r.WaitCalls(deadline(t), "conversations.replies", 1); err != nil {
			t.Fatal(err, r.log)
		}
		r.end(t)
		if n := standing(r); n != 1 {
			t.Errorf("%d answers", n)
		}
		r.TakeViolations("unexpected EOF")
	})
	t.Run("who cannot know is told", func(t *testing.T) {
		r := serving(t, nil)
		r.Fail("chat.postMessage", "http_500", 1)
		r.Send(standin.Mention("why did it work?"))
		calls, err := r.WaitCalls(deadline(t), "chat.postEphemeral", 1)
		if err != nil || !strings.Contains(calls[0].String("text"), "try again") || standing(r) != 0 {
			t.Errorf("%v, %v, %d answers", calls, err, standing(r))
		}
	})
}
