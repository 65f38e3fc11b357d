package slack_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"silkwire/adapters/slack"
	"silkwire/adapters/slack/standin"
	"silkwire/bot"
	"silkwire/bot/bottest"
)

// hostile is text that would ping, inject or break out, if it could.
const hostile = "<!channel> <@U1> <#C1|general> <http://evil.example|click> & *bold* `code` ~gone~ _it_ </b> \u202eevil"

// house is a router with a command for each thing that an adapter must draw.
func house(t testing.TB) *bot.Router {
	t.Helper()
	question := bot.Option{Name: "question", Summary: "a question", Kind: bot.FreeText, Required: true}
	name := bot.Option{Name: "name", Summary: "a name", Kind: bot.Word, Required: true, Complete: names}
	commands := []bot.Command{
		{Name: "ask", Summary: "Ask a question", Options: []bot.Option{question}, Examples: []string{"/ask why"}, Handle: answer},
		{Name: "lab", Summary: "A lab", Options: []bot.Option{name}, Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
			return fact("A lab named " + r.Values.Text("name") + "."), nil
		}},
		{Name: "long", Summary: "A long list", Handle: func(context.Context, bot.Request) (bot.Reply, error) { return long(), nil }},
		{Name: "chart", Summary: "A chart", Options: []bot.Option{{Name: "kind", Summary: "which", Kind: bot.Word}, {Name: "who", Summary: "sees it", Kind: bot.Word, Named: true}}, Handle: charted},
		{Name: "hostile", Summary: "Hostile text everywhere", Handle: func(context.Context, bot.Request) (bot.Reply, error) { return everything(hostile), nil }},
		{Name: "slow", Summary: "Takes its time", Handle: slow},
		{Name: "breaks", Summary: "Breaks", Handle: func(context.Context, bot.Request) (bot.Reply, error) { panic("it broke") }},
		{Name: "find", Summary: "Offers a look-up", Handle: func(context.Context, bot.Request) (bot.Reply, error) {
			return bot.Reply{Lead: bot.T("Which one?"), Suggestions: []bot.Action{{Label: "Another name", Line: "/lab ", Find: true, Typed: "q"}}}, nil
		}},
		{Name: "settings", Summary: "Settings", Permit: bot.Admin, Options: []bot.Option{{Name: "who", Summary: "who", Kind: bot.WordList}}, Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
			return bot.Reply{Lead: bot.T("Set for " + strings.Join(r.Values.Words("who"), ",") + ".")}, nil
		}},
		{Name: "home", Summary: "Home", Hidden: true, Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
			lead := "For everybody."
			if r.User.May.Includes(bot.Curator) {
				lead = "For a curator."
			}
			return bot.Reply{Title: bot.T("silkwire"), Lead: bot.T(lead), Suggestions: []bot.Action{{Label: "Try", Line: "/ask why"}},
				Actions: []bot.Action{{Label: "Set", Line: "/settings nobody"}}}, nil
		}},
		{Name: "feedback", Summary: "Feedback", Hidden: true, Options: []bot.Option{
			{Name: "about", Summary: "ids", Kind: bot.Word, Required: true}, {Name: "says", Summary: "what is wrong", Kind: bot.FreeText, Required: true},
		}, Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
			if r.Values.Text("says") == "nonsense" {
				return bot.Reply{}, bot.Misuse("Say more.", "That says nothing.")
			}
			return bot.Reply{Lead: bot.T("Thank you: " + r.Values.Text("about") + " " + r.Values.Text("says"))}, nil
		}},
		{Name: "add", Summary: "Add", Options: []bot.Option{
			{Name: "about", Summary: "names", Kind: bot.Word, Named: true, Many: true, Required: true, Complete: names}, {Name: "until", Summary: "a date", Kind: bot.DateText, Named: true},
			{Name: bot.FormOption, Summary: "a form", Kind: bot.Word, Named: true, Hidden: true},
		}, Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
			return bot.Reply{Lead: bot.T("about: " + r.Values.Text("about") + "; until: " + r.Values.Text("until"))}, nil
		}},
		{Name: "Check with silkwire", Summary: "Check a message", Message: true, Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
			return fact("About: " + r.Message), nil
		}},
		bottest.Mine(),
		{Name: "help", Summary: "Help", Handle: func(context.Context, bot.Request) (bot.Reply, error) {
			return bot.Reply{Title: bot.T("What can be asked"), Lead: bot.T("Anything."), Suggestions: []bot.Action{{Label: "/ask why", Line: "/ask why"}}}, nil
		}},
	}
	router, err := bot.NewRouter(commands, "ask", slog.New(slog.DiscardHandler), bot.Recover(), bot.Remember(time.Hour, 100))
	if err != nil {
		t.Fatal(err)
	}
	return router
}

func names(_ context.Context, _ bot.Request, typed string) []bot.Choice {
	var out []bot.Choice
	for _, n := range []string{"DeepSeek", "Qwen", "Moonshot AI"} {
		if strings.HasPrefix(strings.ToLower(n), strings.ToLower(typed)) {
			out = append(out, bot.Choice{Label: n + "  lab", Value: n})
		}
	}
	return out
}

// answer knows everything but what is unknown, and says in which light it was
// asked.
func answer(_ context.Context, r bot.Request) (bot.Reply, error) {
	q := r.Values.Text("question")
	if strings.Contains(q, "unknown") {
		return bot.Reply{Lead: bot.T("I don't know that."), Outcome: bot.Unknown}, nil
	}
	reply := fact("Answer to: " + q + ".")
	return reply, nil
}

// fact is a reply that uses one fact.
func fact(s string) bot.Reply {
	return bot.Reply{
		Lead: bot.T(s),
		Blocks: []bot.Block{
			bot.Paragraph{Text: bot.Join(bot.Q("claim of somebody · "), bot.C("a-fact"))},
			bot.List{Title: bot.B("Also known"), Items: []bot.Item{{Text: bot.T("Another fact."), Detail: bot.Join(bot.Q("figure · "), bot.C("b-fact")), Line: "/lab b-fact"}}},
			bot.Quotes{Title: bot.B("Tickers"), AsOf: "snapshot", Source: bot.T("the tape"), Rows: []bot.QuoteRow{{Symbol: "NVDA", Name: "Nvidia", Price: "1208.64", Currency: "USD", Change: "-1.73"}}},
			bot.Sources{Items: []bot.SourceItem{{Text: bot.T("[1] A page"), Address: "https://example.org/a?b=1&c=2", Grade: "press"}}},
		},
		Notice:  bot.T("Not investment advice."),
		Actions: []bot.Action{{Label: "More on the first point", Line: "/lab a-fact"}, {Label: "Qwen (model)", Line: "/lab Qwen"}},
		Ratings: []bot.Action{{Label: "👍", Line: "/feedback about:a-fact says:good"}, {Label: "This is wrong", Line: "/feedback about:a-fact"}},
		Used:    bot.Used{Facts: []bot.Use{{ID: "a-fact", Score: 1}}, Entities: []bot.Use{{ID: "qwen", Score: 1}}, Revision: 3},
	}
}

const longFacts = 400

func long() bot.Reply {
	l := bot.List{Title: bot.B("Facts")}
	for i := range longFacts {
		l.Items = append(l.Items, bot.Item{Text: bot.T(fmt.Sprintf("Fact number %d says something of middling length.", i)), Detail: bot.Q("claim · somebody"), Line: fmt.Sprintf("/lab f%d", i)})
	}
	return bot.Reply{Title: bot.B("A long list"), Lead: bot.T("All of it."), Blocks: []bot.Block{l}, Used: bot.Used{Facts: []bot.Use{{ID: "f0"}}}}
}

// everything is a reply with every kind of block, made of one text.
func everything(s string) bot.Reply {
	text := bot.Join(bot.T(s), bot.B(s), bot.Q(s), bot.C(s), bot.L(s, "https://example.org/<x>|y"), bot.L(s, "javascript:alert(1)"), bot.E(s, "/lab x"),
		bot.Text{{Kind: bot.Moment, Text: s, Time: noon}})
	table := bot.Table{Title: text, Columns: []bot.Column{{Name: s}, {Name: s, Right: true}, {Name: s}}, Rows: [][]bot.Text{{text, text, text}, {bot.T(s), nil, text}}}
	return bot.Reply{
		Title: text, Lead: text, Notice: text,
		Blocks: []bot.Block{
			bot.Paragraph{Title: text, Text: text}, bot.Paragraph{Text: bot.Q(s)},
			bot.List{Title: text, Items: []bot.Item{{Mark: bot.Con, Text: text, Detail: text, Line: "/lab " + s}}, More: &bot.More{Count: 3, Line: "/lab " + s}},
			bot.List{Ordered: true, Items: []bot.Item{{Mark: bot.Pro, Text: text, Detail: text}}},
			bot.Fields{Title: text, Fields: []bot.Field{{Name: s, Value: text}, {Name: "short", Value: bot.T("x")}}},
			table, table,
			bot.Quotes{Title: text, AsOf: s, Source: text, Rows: []bot.QuoteRow{{Symbol: s, Name: s, Price: s, Currency: s, Change: s}}},
			bot.Chart{Kind: bot.ChartKind(len(s) % 2), Title: text, Alt: s, Unit: s, Series: []bot.Series{{Name: s, Points: []bot.Point{{Label: s, Value: 1}, {Label: "b", Value: -2e9}}}}, Events: chartEvents(s)},
			bot.Chart{Title: text, Alt: s, Unit: s},
			bot.Sources{Items: []bot.SourceItem{{Text: text, Address: "https://example.org/" + s, Grade: s}}},
		},
		Suggestions: []bot.Action{{Label: s, Line: "/lab " + s}, {Label: s, Choices: []bot.Choice{{Label: s, Value: "/lab " + s}}}, {Label: s, Line: "/lab ", Find: true, Typed: s}},
		Actions:     []bot.Action{{Label: "More " + s, Line: "/lab " + s}},
		Ratings:     []bot.Action{{Label: s, Line: "/lab " + s}},
		Used:        bot.Used{Facts: []bot.Use{{ID: "a"}}},
	}
}

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// slow answers when its test lets it.
var begun, release = make(chan struct{}, 1), make(chan struct{})

func slow(ctx context.Context, _ bot.Request) (bot.Reply, error) {
	begun <- struct{}{}
	select {
	case <-release:
	case <-ctx.Done():
	}
	return fact("At last."), nil
}

// running is an adapter that serves a stand-in.
type running struct {
	*standin.Slack
	adapter *slack.Adapter
	options slack.Options
	ready   chan struct{}
	ended   chan error
	log     *lines
	stop    context.CancelFunc
}

// lines is a log that can be read.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// adapterFor makes an adapter for a stand-in that is not running yet.
func adapterFor(t *testing.T, s *standin.Slack, change func(*slack.Options)) *running {
	t.Helper()
	r := &running{Slack: s, ready: make(chan struct{}), ended: make(chan error, 1), log: new(lines)}
	options := slack.Options{
		BotToken: standin.BotToken, AppToken: standin.AppToken, SigningSecret: standin.SigningSecret, APIURL: s.URL(),
		Question: "ask", Home: "/home", Curators: []slack.Curator{{Team: standin.TeamID, User: "UCURATOR"}},
		Log: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Health: bot.NewHealth(slog.New(slog.DiscardHandler), time.Now),
		Now: time.Now, Random: func() float64 { return 0.5 }, Ready: func() { close(r.ready) },
	}
	if change != nil {
		change(&options)
	}
	r.adapter, r.options = slack.New(house(t), options), options
	return r
}

// end stops it and waits until all is done.
func (r *running) end(t *testing.T) {
	t.Helper()
	r.stop()
	select {
	case err := <-r.ended:
		r.ended <- err // the test's own end reads it again
	case <-deadline(t).Done():
		t.Fatal("Run did not end")
	}
}

// start runs it until the test ends.
func (r *running) start(t *testing.T) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	go func() { r.ended <- r.adapter.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-r.ended:
			if err != nil {
				t.Errorf("Run ended with %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("Run did not end")
		}
	})
	return r
}

// serving is an adapter that serves a stand-in over Socket Mode.
func serving(t *testing.T, change func(*slack.Options)) *running {
	t.Helper()
	return servingOn(t, standin.New(t), change)
}

func servingOn(t *testing.T, s *standin.Slack, change func(*slack.Options)) *running {
	t.Helper()
	r := adapterFor(t, s, change).start(t)
	within(t, r.ready)
	if err := r.WaitSockets(deadline(t), 2); err != nil {
		t.Fatal(err)
	}
	within(t, r.adapter.Probed())
	return r
}

func within(t *testing.T, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-deadline(t).Done():
		t.Fatal("it did not happen within ten seconds")
	}
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// ack sends an envelope and returns what its acknowledgement carried.
func (r *running) ack(t *testing.T, e standin.Envelope) (json.RawMessage, *standin.Delivery) {
	t.Helper()
	d := r.Send(e)
	payload, err := d.Ack(deadline(t))
	if err != nil {
		t.Fatalf("%v: %v", e, err)
	}
	return payload, d
}

// answered sends an envelope that is answered by its response_url.
func (r *running) answered(t *testing.T, e standin.Envelope) json.RawMessage {
	t.Helper()
	_, d := r.ack(t, e)
	all, err := r.Responses(deadline(t), d, 1)
	if err != nil {
		t.Fatalf("%v: %v\n%s", e, err, r.log)
	}
	return all[0]
}

// shown is a message, as far as tests look at it.
type shown struct {
	Type    string `json:"response_type"`
	Text    string `json:"text"`
	Thread  string `json:"thread_ts"`
	Replace bool   `json:"replace_original"`
	Blocks  []struct {
		Type     string `json:"type"`
		ID       string `json:"block_id"`
		Text     struct{ Text string }
		Elements []json.RawMessage `json:"elements"`
		Rows     json.RawMessage   `json:"rows"`
	} `json:"blocks"`
}

type element struct {
	Type    string `json:"type"`
	ID      string `json:"action_id"`
	Value   string `json:"value"`
	Text    json.RawMessage
	Options []struct{ Value string }
}

func (e element) label() string {
	var o struct{ Text string }
	var s string
	if json.Unmarshal(e.Text, &o) == nil && o.Text != "" {
		return o.Text
	}
	_ = json.Unmarshal(e.Text, &s)
	return s
}

func read(t *testing.T, raw json.RawMessage) shown {
	t.Helper()
	var m shown
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatalf("no message: %.200s: %v", raw, err)
	}
	return m
}

// elements are the buttons and menus of a message, in their order.
func (m shown) elements() []element {
	var all []element
	for _, b := range m.Blocks {
		for _, raw := range b.Elements {
			var e element
			if b.Type == "actions" && json.Unmarshal(raw, &e) == nil {
				all = append(all, e)
			}
		}
	}
	return all
}

// button is the button of a label.
func (m shown) button(t *testing.T, label string) element {
	t.Helper()
	var labels []string
	for _, e := range m.elements() {
		if e.label() == label {
			return e
		}
		labels = append(labels, e.label())
	}
	t.Fatalf("there is no button %q among %q", label, labels)
	return element{}
}

func (m shown) kinds() string {
	var kinds []string
	for _, b := range m.Blocks {
		kinds = append(kinds, b.Type)
	}
	return strings.Join(kinds, " ")
}

func TestCommand(t *testing.T) {
	r := serving(t, nil)
	tests := []struct {
		name, command, text string
		visibility, says    string
	}{
		{"question", "/ask", "why didn&apos;t &lt;they&gt; work &amp; why", "ephemeral", "Answer to: why didn&apos;t <they> work & why."},
		{"public", "/ask", "public: did they work", "in_channel", "Answer to: did they work."},
		{"publicAtTheEnd", "/ask", "did they work public:", "in_channel", "Answer to: did they work."},
		{"name", "/lab", "qwen", "ephemeral", "A lab named qwen."},
		{"longName", "/silkwire-lab", "qwen", "ephemeral", "A lab named qwen."},
		{"heldName", "/silkwire-help", "", "ephemeral", "What can be asked\nAnything."},
		{"link", "/lab", "<http://qwen.ai|qwen.ai>", "ephemeral", "A lab named http://qwen.ai."},
		{"mistake", "/lab", "", "ephemeral", ""},
		{"unknown command", "/nothing", "", "ephemeral", "There is no command /nothing."},
		{"panic", "/breaks", "", "ephemeral", "Something went wrong on my side."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			payload, d := r.ack(t, standin.Command(tt.command, tt.text))
			if tt.says == "" { // a form opens instead
				if payload != nil {
					t.Errorf("got an acknowledgement with %s, want none", payload)
				}
				return
			}
			m := read(t, payload)
			plain := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(m.Text)
			if m.Type != tt.visibility || !strings.HasPrefix(plain, tt.says) || m.Replace || d.Acks() != 1 {
				t.Errorf("got %s: %q, acknowledged %d times\nwant %s: %q", m.Type, plain, d.Acks(), tt.visibility, tt.says)
			}
		})
	}
}

// The first answer has all that Slack can show of it; what a workspace refuses is
// not sent to it again.
func TestAnswer(t *testing.T) {
	t.Run("modern", func(t *testing.T) {
		r := serving(t, nil)
		payload, _ := r.ack(t, standin.Command("/ask", "why"))
		m := read(t, payload)
		if got, want := m.kinds(), "header section context section section table context context actions actions"; got != want {
			t.Errorf("blocks\n got %s\nwant %s", got, want)
		}
		for _, label := range []string{"More", "Sources", "Share to channel", "👍", "This is wrong", "Qwen (model)"} {
			m.button(t, label)
		}
	})
	t.Run("classic", func(t *testing.T) {
		s := standin.New(t)
		s.RefuseBlock("table")
		s.AllowRefused()
		r := servingOn(t, s, nil)
		payload, _ := r.ack(t, standin.Command("/ask", "why"))
		m := read(t, payload)
		if strings.Contains(m.kinds(), "table") || !strings.Contains(string(payload), "1,208.64 USD") {
			t.Errorf("got blocks %s: %s", m.kinds(), payload)
		}
	})
	t.Run("refusedLater", func(t *testing.T) {
		r := serving(t, nil)
		r.RefuseBlock("table")
		r.AllowRefused()
		r.Send(standin.Mention("why"))
		calls, err := r.WaitCalls(deadline(t), "chat.postMessage", 2)
		if err != nil {
			t.Fatal(err)
		}
		if calls[0].Error != "invalid_blocks" || calls[1].Error != "" {
			t.Errorf("got %q, then %q; want invalid_blocks, then none", calls[0].Error, calls[1].Error)
		}
		payload, _ := r.ack(t, standin.Command("/ask", "why not"))
		if m := read(t, payload); strings.Contains(m.kinds(), "table") {
			t.Errorf("the workspace refused tables and got one: %s", m.kinds())
		}
	})
}

// Every page has whole facts, none is missing and none stands twice.
func TestLongAnswerGoesOn(t *testing.T) {
	r := serving(t, nil)
	payload, _ := r.ack(t, standin.Command("/long", ""))
	seen := map[int]bool{}
	for page := 1; ; page++ {
		m := read(t, payload)
		for i := range longFacts {
			if strings.Contains(string(payload), fmt.Sprintf("• Fact number %d says something of middling length.", i)) {
				if seen[i] {
					t.Errorf("fact %d stands on page %d again", i, page)
				}
				seen[i] = true
			}
		}
		var next *element
		for _, e := range m.elements() {
			if strings.HasSuffix(e.label(), " more") {
				next = &e
				if want := fmt.Sprintf("%d more", longFacts-len(seen)); e.label() != want {
					t.Errorf("page %d says %q, want %q", page, e.label(), want)
				}
			}
		}
		if next == nil {
			break
		}
		payload = r.answered(t, standin.Press(next.ID, next.Value, standin.Ephemeral()))
	}
	if len(seen) != longFacts {
		t.Errorf("got %d facts, want %d", len(seen), longFacts)
	}
}

// The stand-in fails the test for live mentions; here every page is seen.
func TestHostileTextIsShownAsText(t *testing.T) {
	r := serving(t, nil)
	payload, _ := r.ack(t, standin.Command("/hostile", ""))
	for pages := 0; payload != nil; pages++ {
		if problems := standin.CheckHouseRules(payload); len(problems) > 0 {
			t.Errorf("page %d: %q", pages, problems)
		}
		m := read(t, payload)
		payload = nil
		for _, e := range m.elements() {
			if strings.HasSuffix(e.label(), " more") {
				payload = r.answered(t, standin.Press(e.ID, e.Value, standin.Ephemeral()))
			}
		}
		if payload == nil && pages == 0 {
			t.Error("got one page, want more of so much text")
		}
	}
}

func TestSlowAnswerFollowsItsAcknowledgement(t *testing.T) {
	r := adapterFor(t, standin.New(t), nil)
	r.adapter.Hasten(25*time.Second, 8*time.Second, time.Second, 50*time.Millisecond)
	r.start(t)
	within(t, r.ready)
	payload, d := r.ack(t, standin.Command("/slow", ""))
	if payload != nil {
		t.Fatalf("got an acknowledgement with %s, want an empty one", payload)
	}
	within(t, begun)
	release <- struct{}{}
	all, err := r.Responses(deadline(t), d, 1)
	if err != nil {
		t.Fatal(err)
	}
	if m := read(t, all[0]); !strings.HasPrefix(m.Text, "At last.") || m.Type != "ephemeral" {
		t.Errorf("got %s: %s", m.Type, m.Text)
	}
}

// What is in hand when the end is asked for is still answered, by the connection
// that it came by.
func TestStopsCleanly(t *testing.T) {
	r := serving(t, nil)
	d := r.Send(standin.Command("/slow", ""))
	within(t, begun)
	r.stop()
	release <- struct{}{}
	payload, err := d.Ack(deadline(t))
	if err != nil || payload == nil {
		t.Errorf("got %s, %v; want the answer", payload, err)
	}
}
