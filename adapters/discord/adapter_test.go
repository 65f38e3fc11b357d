package discord_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"silkwire/adapters/discord"
	"silkwire/adapters/discord/standin"
	"silkwire/bot"
	"silkwire/bot/bottest"
)

// The people and places of the tests.
var (
	ann    = standin.User{ID: "300000000000000001", Name: "Ann", Permissions: 1 << 5} // may manage the server
	bob    = standin.User{ID: "300000000000000002", Name: "Bob", Roles: []string{"500000000000000001"}}
	server = standin.Where{Guild: standin.GuildID, Channel: standin.ChannelID}
	thread = standin.Where{Guild: standin.GuildID, Channel: standin.ThreadID, Parent: standin.ChannelID}
	direct = standin.Where{Channel: standin.DirectID}
)

// core is a router over commands that show what an adapter has to draw.
type core struct {
	*bot.Router
	mu   sync.Mutex
	seen []bot.Request
	gate chan struct{} // /slow waits for it
}

// last is the last request that reached a command.
func (c *core) last() bot.Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.seen) == 0 {
		return bot.Request{}
	}
	return c.seen[len(c.seen)-1]
}

func (c *core) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.seen)
}

func (c *core) handle(answer func(bot.Request) bot.Reply) bot.Handler {
	return func(_ context.Context, r bot.Request) (bot.Reply, error) {
		c.mu.Lock()
		c.seen = append(c.seen, r)
		c.mu.Unlock()
		return answer(r), nil
	}
}

func says(sentence string, v bot.Visibility) func(bot.Request) bot.Reply {
	return func(bot.Request) bot.Reply { return bot.Reply{Lead: bot.T(sentence), Visibility: v} }
}

// answerTo is an answer as most are: facts with their evidence, a source, ratings.
func answerTo(r bot.Request) bot.Reply {
	question := r.Values.Text("question") + r.Message
	if strings.Contains(question, "nothing") {
		return bot.Reply{Lead: bot.T("I do not know that."), Outcome: bot.Unknown, Suggestions: []bot.Action{{Label: "Try", Line: "/lab kimi"}}}
	}
	return bot.Reply{
		Lead: bot.T("Answer to " + question + " in the light of " + strings.Join(r.Context.Entities, " ") + "."),
		Blocks: []bot.Block{
			bot.List{Title: bot.B("Facts"), Items: []bot.Item{{Text: bot.T("A fact."), Detail: bot.Q("figure · 2026"), Line: "/fact a-fact"}}},
			bot.Sources{Items: []bot.SourceItem{{Text: bot.T("A source"), Address: "https://example.org/a", Grade: "primary"}}},
		},
		Notice: bot.T("Not investment advice."), Used: bot.Used{Facts: []bot.Use{{ID: "a-fact", Score: 1}}, Entities: []bot.Use{{ID: "kimi", Score: 1}}, Revision: 3},
		Ratings: []bot.Action{{Label: "👍", Line: "/feedback helpful about:a-fact"}, {Label: "This is wrong", Line: "/feedback wrong about:a-fact"}},
	}
}

func newCore(tb testing.TB) *core {
	tb.Helper()
	c := &core{gate: make(chan struct{})}
	router, err := bot.NewRouter(c.commands(), "ask", slog.New(slog.DiscardHandler), bot.Recover(), bot.Remember(time.Hour, 100))
	if err != nil {
		tb.Fatal(err)
	}
	c.Router = router
	return c
}

func completeQuestion(_ context.Context, _ bot.Request, typed string) []bot.Choice {
	return []bot.Choice{{Label: "did it work?", Value: "did it work?"}, {Label: "too long", Value: strings.Repeat("x", 200)}, {Label: "you typed " + typed, Value: typed + " and more"}}
}

func completeName(_ context.Context, _ bot.Request, typed string) []bot.Choice {
	if name := "moonshot ai"; strings.HasPrefix(name, typed) {
		return []bot.Choice{{Label: "Moonshot AI (lab)", Value: "Moonshot AI"}}
	}
	return nil
}

func (c *core) commands() []bot.Command {
	question := bot.Option{Name: "question", Summary: "a question", Kind: bot.FreeText, Required: true, Complete: completeQuestion}
	name := bot.Option{Name: "name", Summary: "a name", Kind: bot.Word, Complete: completeName}
	return []bot.Command{
		{Name: "ask", Summary: "Ask a question", Options: []bot.Option{question}, Handle: c.handle(answerTo)},
		{Name: "lab", Summary: "What is known about a lab", Options: []bot.Option{name}, Handle: c.handle(func(r bot.Request) bot.Reply {
			return bot.Reply{Title: bot.B(r.Values.Text("name")), Lead: bot.T("A lab."), Used: bot.Used{Entities: []bot.Use{{ID: "lab", Score: 1}}}}
		})},
		{Name: "long", Summary: "A long list", Handle: c.handle(longList)},
		{Name: "chart", Summary: "A picture", Options: []bot.Option{{Name: "how", Summary: "who sees it", Kind: bot.Word}}, Handle: c.handle(charted)},
		{Name: "count", Summary: "A number", Options: []bot.Option{{Name: "n", Summary: "a number", Kind: bot.Integer}}, Handle: c.handle(says("Counted.", bot.Default))},
		{Name: "help", Summary: "What can be asked", Handle: c.handle(says("Ask.", bot.Default))},
		{Name: "slow", Summary: "Slow work", Options: []bot.Option{{Name: "how", Summary: "how it ends", Kind: bot.Word}}, Handle: c.slow},
		{Name: "break", Summary: "It breaks", Handle: func(context.Context, bot.Request) (bot.Reply, error) { panic("broken on purpose") }},
		bottest.Mine(),
		c.settings(),
		c.feedback(),
		{Name: "Check with silkwire", Summary: "Check a message", Message: true, Handle: c.handle(answerTo)},
	}
}

func (c *core) settings() bot.Command {
	show := func(bot.Request) bot.Reply {
		return bot.Reply{Title: bot.B("Settings"), Visibility: bot.Private, Actions: []bot.Action{
			{Label: "Who may ask here", Line: "/settings who ", Pick: bot.PickMembers}, {Label: "Who sees replies", Choices: []bot.Choice{{Label: "all", Value: "/settings visibility public"}}},
		}}
	}
	set := func(r bot.Request) bot.Reply {
		return bot.Reply{Lead: bot.T("Set to " + r.Values.Text("who") + "."), Visibility: bot.Private}
	}
	return bot.Command{Name: "settings", Summary: "What was chosen", Handle: c.handle(show), Subcommands: []bot.Command{
		{Name: "who", Summary: "Who may ask", Permit: bot.Admin, Options: []bot.Option{{Name: "who", Summary: "ids", Kind: bot.WordList, Required: true}}, Handle: c.handle(set)},
	}}
}

func (c *core) feedback() bot.Command {
	about := bot.Option{Name: "about", Summary: "ids", Kind: bot.WordList, Named: true, Required: true}
	wrong := bot.Option{Name: "says", Summary: "what is wrong with it", Kind: bot.FreeText, Required: true}
	return bot.Command{Name: "feedback", Summary: "Say what you think", Hidden: true, Subcommands: []bot.Command{
		{Name: "helpful", Summary: "It helped", Options: []bot.Option{about}, Handle: c.handle(says("Thank you.", bot.Private))},
		{Name: "wrong", Summary: "Report a wrong answer", Options: []bot.Option{about, wrong}, Handle: c.handle(func(r bot.Request) bot.Reply {
			return bot.Reply{Lead: bot.T("Noted: " + r.Values.Text("says") + " about " + r.Values.Text("about")), Visibility: bot.Private}
		})},
	}}
}

// slow waits for its gate.
func (c *core) slow(ctx context.Context, r bot.Request) (bot.Reply, error) {
	select {
	case <-c.gate:
	case <-ctx.Done():
		return bot.Reply{}, ctx.Err()
	}
	switch r.Values.Text("how") {
	case "privately":
		return bot.Reply{Lead: bot.T("Slowly, for you."), Visibility: bot.Private}, nil
	case "charted":
		return charted(r), nil
	case "badly":
		return bot.Reply{}, errors.New("it broke")
	}
	return bot.Reply{Lead: bot.T("Slowly.")}, nil
}

// longList has more facts than a message.
func longList(bot.Request) bot.Reply {
	l := bot.List{Title: bot.B("Facts")}
	for n := range 120 {
		l.Items = append(l.Items, bot.Item{Text: bot.T(fmt.Sprintf("Fact number %d says something of middling length.", n)), Detail: bot.Q("claim · somebody"), Line: fmt.Sprintf("/fact f%d", n)})
	}
	return bot.Reply{Title: bot.B("Many"), Lead: bot.T("There are many."), Blocks: []bot.Block{l}, Used: bot.Used{Facts: []bot.Use{{ID: "f0"}}}}
}

// logged is what the adapter logs.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// running is an adapter that runs against the stand-in.
type running struct {
	tb      testing.TB
	discord *standin.Discord
	core    *core
	adapter *discord.Adapter
	log     *logged
	health  *bot.Health
	stop    context.CancelFunc
	ended   chan error
}

// start runs an adapter until the test ends, and waits until Discord has it.
func start(tb testing.TB, s *standin.Discord, change ...func(*discord.Options)) *running {
	tb.Helper()
	r := launch(tb, s, change...)
	if err := s.Connected(r.within(), 1); err != nil {
		tb.Fatalf("%v\n%s", err, r.log)
	}
	return r
}

// launch runs an adapter until the test ends, which defers what is not there soon.
func launch(tb testing.TB, s *standin.Discord, change ...func(*discord.Options)) *running {
	tb.Helper()
	return launchPatiently(tb, s, 100*time.Millisecond, change...)
}

// launchPatiently runs one that defers what is not there after a time.
func launchPatiently(tb testing.TB, s *standin.Discord, ack time.Duration, change ...func(*discord.Options)) *running {
	tb.Helper()
	r := &running{tb: tb, discord: s, core: newCore(tb), log: &logged{}, ended: make(chan error, 1)}
	log := slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r.health = bot.NewHealth(log, time.Now)
	o := discord.Options{Token: standin.Token, APIURL: s.URL(), Question: "ask", Log: log, Health: r.health, Now: s.Now, Random: func() float64 { return 0.5 }}
	for _, c := range change {
		c(&o)
	}
	r.adapter = discord.New(r.core, o)
	r.adapter.Hasten(ack, 2*time.Second, 50*time.Millisecond)
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go func() { r.ended <- r.adapter.Run(ctx) }()
	tb.Cleanup(func() {
		if err := r.end(); err != nil {
			tb.Errorf("run: %v", err)
		}
	})
	return r
}

// end stops the adapter and returns what Run returned.
func (r *running) end() error {
	r.stop()
	err := <-r.ended
	r.ended <- nil // for the end of the test
	return err
}

// within bounds a wait.
func (r *running) within() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	r.tb.Cleanup(cancel)
	return ctx
}

// responds waits for an interaction's first response, which must be of a type.
func (r *running) responds(e *standin.Exchange, want int) {
	r.tb.Helper()
	if kind, data, err := e.Response(r.within()); err != nil || kind != want {
		r.tb.Fatalf("a response of type %d, want %d: %s, %v", kind, want, data, err)
	}
}

// answer is the message that answers an interaction.
func (r *running) answer(e *standin.Exchange) standin.Message {
	r.tb.Helper()
	m, err := e.Answer(r.within())
	if err != nil {
		r.tb.Fatalf("%v\n%s", err, r.log)
	}
	return m
}

// button presses a button of a message.
func (r *running) button(u standin.User, w standin.Where, m standin.Message, label string) *standin.Exchange {
	r.tb.Helper()
	b, found := m.Button(label)
	if !found {
		r.tb.Fatalf("there is no button %q on\n%s", label, m.Text())
	}
	return r.discord.Press(u, w, m, b.CustomID)
}

func has(tb testing.TB, got, want string) {
	tb.Helper()
	if !strings.Contains(got, want) {
		tb.Errorf("%q is not in\n%s", want, got)
	}
}
