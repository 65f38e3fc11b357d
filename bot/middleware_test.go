package bot_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"silkwire/bot"
)

// textLog writes every level, without the time of day.
func textLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey && len(groups) == 0 {
			return slog.Attr{}
		}
		return a
	}}))
}

var noon = time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)

// ticking is a clock that goes on by step each time it is read.
func ticking(step time.Duration) func() time.Time {
	now := noon.Add(-step)
	return func() time.Time { now = now.Add(step); return now }
}

func answered(context.Context, bot.Request) (bot.Reply, error) {
	return bot.Reply{Lead: bot.T("yes")}, nil
}

func TestRecover(t *testing.T) {
	var out bytes.Buffer
	commands := append(house(), bot.Command{Name: "break", Summary: "s", Options: []bot.Option{{Name: "name", Summary: "s"}}, Handle: func(context.Context, bot.Request) (bot.Reply, error) {
		panic(errors.New("index out of reach"))
	}})
	router, err := bot.NewRouter(commands, "ask", textLog(&out), bot.Log(textLog(&out), ticking(time.Millisecond)), bot.Recover())
	if err != nil {
		t.Fatal(err)
	}
	reply := router.Dispatch(t.Context(), bot.Request{ID: "req-42", Line: "/break my password is hunter2", Conversation: bot.Conversation{Platform: "console"}})

	want := "Something went wrong on my side.\n\nPlease try again; if it happens again, tell whoever runs silkwire this number: req-42."
	if got := reply.Plain(); got != want || reply.Outcome != bot.Broken || reply.Visibility != bot.Private {
		t.Errorf("the reply to a panic\n got %v: %s\nwant broken: %s", reply.Outcome, got, want)
	}
	logged := out.String()
	if strings.Contains(logged, "index out of reach") {
		t.Errorf("the log holds a value that could hold anything:\n%s", logged)
	}
	if n := strings.Count(logged, "level=ERROR"); n != 1 {
		t.Errorf("%d errors were logged, want one:\n%s", n, logged)
	}
	for _, part := range []string{"request=req-42", "panic in /break: a value of type *errors.errorString", "middleware_test.go", "outcome=broken"} {
		if !strings.Contains(logged, part) {
			t.Errorf("the log lacks %q:\n%s", part, logged)
		}
	}
	if strings.Contains(logged, "hunter2") {
		t.Errorf("the log holds what was written:\n%s", logged)
	}
	if reply := router.Dispatch(t.Context(), bot.Request{Line: "/lab qwen"}); reply.Outcome != bot.Answered {
		t.Errorf("after the panic: got %v: %s, want answered", reply.Outcome, reply.Plain())
	}
}

// What the runtime says of a mistake is told; any other value may hold what somebody
// wrote.
func TestPanicked(t *testing.T) {
	of := func(breaks func()) (said string) {
		defer func() { said = bot.Panicked(recover()) }()
		breaks()
		return ""
	}
	var none []int
	var anything any = "secret"
	for name, tt := range map[string]struct {
		breaks func()
		want   string
	}{
		"runtime": {func() { none[0]++ }, "runtime error: index out of range [0] with length 0"},
		"type":    {func() { _ = anything.(int) }, "interface conversion: interface {} is string, not int"},
		"words":   {func() { panic(anything) }, "a value of type string"},
		"error":   {func() { panic(fmt.Errorf("with %s", anything)) }, "a value of type *errors.errorString"},
		"pattern": {func() { regexp.MustCompile("(" + fmt.Sprint(anything)) }, "a value of type string"},
	} {
		if got := of(tt.breaks); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestLogWritesOneLine(t *testing.T) {
	tests := []struct {
		name   string
		handle bot.Handler
		want   string
	}{
		{"answered", answered, "answered"},
		{"nothing known", func(context.Context, bot.Request) (bot.Reply, error) { return bot.Reply{Outcome: bot.Unknown}, nil }, "unknown"},
		{"misused", func(context.Context, bot.Request) (bot.Reply, error) { return bot.Reply{}, bot.Misuse("n", "s") }, "misused"},
		{"denied", func(context.Context, bot.Request) (bot.Reply, error) {
			return bot.Reply{}, &bot.Fail{Outcome: bot.Denied}
		}, "denied"},
		{"limited", func(context.Context, bot.Request) (bot.Reply, error) {
			return bot.Reply{}, &bot.Fail{Outcome: bot.Limited}
		}, "limited"},
		{"broken", func(context.Context, bot.Request) (bot.Reply, error) { return bot.Reply{}, errors.New("cause") }, "broken"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			r := bot.Request{ID: "req-1", Command: "digest show", Line: "my password is hunter2", User: bot.User{ID: "U1", Name: "Ann"}, Conversation: bot.Conversation{Platform: "slack"}}
			wantReply, wantErr := tt.handle(t.Context(), r)
			reply, err := bot.Log(textLog(&out), ticking(30*time.Millisecond))(tt.handle)(t.Context(), r)
			want := "level=DEBUG msg=request request=req-1 command=\"digest show\" platform=slack outcome=" + tt.want + " duration=30ms\n"
			if got := out.String(); got != want {
				t.Errorf("logged\n got %s\nwant %s", got, want)
			}
			if !reflect.DeepEqual(reply, wantReply) || !reflect.DeepEqual(err, wantErr) {
				t.Errorf("Log changed what was answered\n got %v, %v\nwant %v, %v", reply, err, wantReply, wantErr)
			}
		})
	}
}

// by is a request of a user, so long after noon.
func by(user string, after time.Duration) bot.Request {
	return bot.Request{User: bot.User{ID: user}, At: noon.Add(after), Conversation: bot.Conversation{Platform: "slack", Space: "T1", Channel: "C1"}}
}

func TestLimit(t *testing.T) {
	type step struct {
		request bot.Request
		want    string // when to try again, or empty: answered
	}
	elsewhere := by("ann", 0)
	elsewhere.Conversation.Space = "T2"
	inAnotherChannel := by("ann", 0)
	inAnotherChannel.Conversation.Channel = "C2"
	tests := []struct {
		name      string
		perSecond float64
		burst     int
		maxUsers  int
		steps     []step
	}{
		{"a burst, then no more", 5, 3, 10, []step{{by("ann", 0), ""}, {by("ann", 0), ""}, {by("ann", 0), ""}, {by("ann", 0), "1s"}, {by("ann", 0), "1s"}}},
		{"one more after a while", 5, 1, 10, []step{{by("ann", 0), ""}, {by("ann", 199*time.Millisecond), "1s"}, {by("ann", 200*time.Millisecond), ""}, {by("ann", 201*time.Millisecond), "1s"}}},
		{"after what it says there is one more", 0.1, 1, 10, []step{{by("ann", 0), ""}, {by("ann", time.Second), "10s"}, {by("ann", 11*time.Second), ""}}},
		{"another user is not held up", 1, 1, 10, []step{{by("ann", 0), ""}, {by("ann", 0), "1s"}, {by("bob", 0), ""}}},
		{"the same id in another workspace is another user", 1, 1, 10, []step{{by("ann", 0), ""}, {elsewhere, ""}}},
		{"another channel is the same user", 1, 1, 10, []step{{by("ann", 0), ""}, {inAnotherChannel, "1s"}}},
		{"off", 0, 0, 0, []step{{by("ann", 0), ""}, {by("ann", 0), ""}, {by("ann", 0), ""}}},
		{"of more users than are remembered the last are", 1, 1, 2, []step{{by("ann", 0), ""}, {by("bob", 0), ""}, {by("ann", 0), "1s"}, {by("cy", 0), ""}, {by("ann", 0), "1s"}, {by("bob", 0), ""}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			handle := bot.Limit(tt.perSecond, tt.burst, tt.maxUsers)(answered)
			for i, s := range tt.steps {
				reply, err := handle(t.Context(), s.request)
				input := fmt.Sprintf("request %d, by %s after %v", i+1, s.request.User.ID, s.request.At.Sub(noon))
				if s.want != "" {
					wantFail(t, input, err, bot.Limited, "That is more than I can answer at once.", "Please try again in "+s.want+".")
				} else if err != nil || reply.Lead.String() != "yes" {
					t.Errorf("%s\n got %v\nwant it answered", input, err)
				}
			}
		})
	}
}

// about answers a request with the entity and the fact of its line, and keeps
// the contexts that it was given.
type about struct {
	mu   sync.Mutex
	seen []bot.Context // guarded by mu
}

func (a *about) handle(_ context.Context, r bot.Request) (bot.Reply, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen = append(a.seen, r.Context)
	switch r.Line {
	case "unknown":
		return bot.Reply{Outcome: bot.Unknown, Used: bot.Used{Entities: []bot.Use{{ID: "near"}}}}, nil
	case "broken":
		return bot.Reply{Used: bot.Used{Entities: []bot.Use{{ID: "broken"}}}}, errors.New("broken")
	case "help":
		return bot.Reply{}, nil
	}
	return bot.Reply{Used: bot.Used{Entities: []bot.Use{{ID: r.Line}}, Facts: []bot.Use{{ID: r.Line + "-fact"}}}}, nil
}

func TestRemember(t *testing.T) {
	const life = 30 * time.Minute
	type asked struct {
		user, channel, thread, line string
		after                       time.Duration
		seen                        bot.Visibility
	}
	tests := []struct {
		name string
		max  int
		asks []asked
		want string // the subject that the last one is read in the light of
	}{
		{"the next question of the same user", 9, []asked{{user: "ann", line: "qwen"}, {user: "ann", after: time.Minute}}, "qwen"},
		{"the last subject counts", 9, []asked{{user: "ann", line: "qwen"}, {user: "ann", line: "llama"}, {user: "ann"}}, "llama"},
		{"nothing before the first", 9, []asked{{user: "ann"}}, ""},
		{"another user outside a thread", 9, []asked{{user: "ann", line: "qwen"}, {user: "bob"}}, ""},
		{"another user in the same thread", 9, []asked{{user: "ann", thread: "t", line: "qwen"}, {user: "bob", thread: "t"}}, "qwen"},
		{"what another asked in private in the same thread", 9, []asked{{user: "ann", thread: "t", line: "qwen", seen: bot.Private}, {user: "bob", thread: "t"}}, ""},
		{"what another asked in private, asked in private", 9, []asked{{user: "ann", thread: "t", line: "qwen", seen: bot.Private}, {user: "bob", thread: "t", seen: bot.Private}}, ""},
		{"one's own private question in a thread", 9, []asked{{user: "ann", thread: "t", line: "qwen", seen: bot.Private}, {user: "ann", thread: "t", seen: bot.Private}}, "qwen"},
		{"one's own private question, asked for everybody", 9, []asked{{user: "ann", thread: "t", line: "qwen", seen: bot.Private}, {user: "ann", thread: "t"}}, ""},
		{"a private question about what the thread is about", 9, []asked{{user: "ann", thread: "t", line: "qwen"}, {user: "bob", thread: "t", seen: bot.Private}}, "qwen"},
		{"another thread", 9, []asked{{user: "ann", thread: "t", line: "qwen"}, {user: "ann", thread: "u"}}, ""},
		{"outside the thread", 9, []asked{{user: "ann", thread: "t", line: "qwen"}, {user: "ann"}}, ""},
		{"another channel", 9, []asked{{user: "ann", line: "qwen"}, {user: "ann", channel: "other"}}, ""},
		{"just before it expires", 9, []asked{{user: "ann", line: "qwen"}, {user: "ann", after: life - 1}}, "qwen"},
		{"when it has expired", 9, []asked{{user: "ann", line: "qwen"}, {user: "ann", after: life}}, ""},
		{"a reply that knew nothing is not kept", 9, []asked{{user: "ann", line: "qwen"}, {user: "ann", line: "unknown"}, {user: "ann"}}, "qwen"},
		{"an error is not kept", 9, []asked{{user: "ann", line: "broken"}, {user: "ann"}}, ""},
		{"a reply about nothing changes nothing", 9, []asked{{user: "ann", line: "qwen"}, {user: "ann", line: "help"}, {user: "ann"}}, "qwen"},
		{"of more conversations than are kept the one used longest ago goes", 2, []asked{{user: "ann", line: "qwen"}, {user: "bob", line: "llama"}, {user: "cy", line: "r1"}, {user: "ann"}}, ""},
		{"of more conversations than are kept those used last stay", 2, []asked{{user: "ann", line: "qwen"}, {user: "bob", line: "llama"}, {user: "ann", line: "help"}, {user: "cy", line: "r1"}, {user: "ann"}}, "qwen"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var a about
			handle := bot.Remember(life, tt.max)(a.handle)
			for _, q := range tt.asks {
				// An error is part of what is asked here.
				_, _ = handle(t.Context(), bot.Request{User: bot.User{ID: q.user}, Line: q.line, At: noon.Add(q.after), Visibility: q.seen, Conversation: bot.Conversation{Platform: "slack", Space: "T", Channel: q.channel, Thread: q.thread}})
			}
			want := bot.Context{}
			if tt.want != "" {
				want = bot.Context{Entities: []string{tt.want}, Facts: []string{tt.want + "-fact"}, Question: tt.want, At: noon}
			}
			if got := a.seen[len(a.seen)-1]; !reflect.DeepEqual(got, want) {
				t.Errorf("%+v\n got %+v\nwant %+v", tt.asks, got, want)
			}
		})
	}
}

func TestRememberLeavesTheContextOfTheAdapter(t *testing.T) {
	var a about
	handle := bot.Remember(time.Hour, 9)(a.handle)
	given := bot.Context{Entities: []string{"llama"}, Question: "who made llama"}
	for _, r := range []bot.Request{{Line: "qwen", At: noon}, {Line: "licence?", At: noon, Context: given}} {
		if _, err := handle(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if got := a.seen[1]; !reflect.DeepEqual(got, given) {
		t.Errorf("got %+v, want %+v", got, given)
	}
}

func TestRememberKeepsFiveOfEach(t *testing.T) {
	many := make([]bot.Use, 50)
	for i := range many {
		many[i].ID = fmt.Sprint(i)
	}
	var got bot.Context
	handle := bot.Remember(time.Hour, 9)(func(_ context.Context, r bot.Request) (bot.Reply, error) {
		got = r.Context
		return bot.Reply{Used: bot.Used{Entities: many, Facts: many}}, nil
	})
	for range 2 {
		if _, err := handle(t.Context(), bot.Request{At: noon}); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"0", "1", "2", "3", "4"}
	if !reflect.DeepEqual(got.Entities, want) || !reflect.DeepEqual(got.Facts, want) {
		t.Errorf("got %q and %q, want %q of each", got.Entities, got.Facts, want)
	}
}

// In a thread many ask at once, and one that changes the context that it was
// handed changes nobody else's. The race detector checks this one too.
func TestRememberHandsOutCopies(t *testing.T) {
	handle := bot.Remember(time.Hour, 9)(func(_ context.Context, r bot.Request) (bot.Reply, error) {
		for i, e := range r.Context.Entities {
			if e != "qwen" {
				return bot.Reply{}, fmt.Errorf("the context holds %q, want qwen", e)
			}
			r.Context.Entities[i] = "changed by " + r.User.ID
		}
		if r.User.ID != "first" {
			return bot.Reply{}, nil
		}
		return bot.Reply{Used: bot.Used{Entities: []bot.Use{{ID: "qwen"}}}}, nil
	})
	if _, err := handle(t.Context(), bot.Request{User: bot.User{ID: "first"}, At: noon, Conversation: bot.Conversation{Thread: "t"}}); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 50 {
				r := bot.Request{User: bot.User{ID: fmt.Sprint(i)}, At: noon, Conversation: bot.Conversation{Thread: "t"}}
				if _, err := handle(t.Context(), r); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

// Many users ask one router at once, each within the limit.
func TestRouterServesManyAtOnce(t *testing.T) {
	router := newRouter(t, house(), bot.Log(discard(), time.Now), bot.Recover(), bot.Limit(1, 25, 4), bot.Remember(time.Hour, 4))
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 25 {
				r := by(fmt.Sprint("user", i), 0)
				r.Line = "/silkwire lab qwen"
				if got := router.Dispatch(t.Context(), r).Plain(); got != "lab name=qwen" {
					t.Errorf("%s: got %s, want lab name=qwen", r.Line, got)
					return
				}
				router.Complete(t.Context(), bot.Request{Line: "/digest s"})
			}
		})
	}
	all.Wait()
}

func TestLimitLetsTrustedUsersAsk(t *testing.T) {
	handle := bot.Limit(1, 1, 10)(func(context.Context, bot.Request) (bot.Reply, error) { return bot.Reply{}, nil })
	at := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	for _, trusted := range []bool{true, false} {
		limited := 0
		for range 5 {
			if _, err := handle(t.Context(), bot.Request{User: bot.User{ID: "u", Trusted: trusted}, At: at}); err != nil {
				limited++
			}
		}
		if want := map[bool]int{true: 0, false: 4}[trusted]; limited != want {
			t.Errorf("trusted %v: %d of 5 requests at once were limited, want %d", trusted, limited, want)
		}
	}
}

func TestUnansweredCountsQuestionsWithoutAnAnswer(t *testing.T) {
	for _, test := range []struct {
		name, command string
		reply         bot.Reply
		err           error
		want          []string
	}{
		{"not known", "ask", bot.Reply{Outcome: bot.Unknown}, nil, []string{"zeta patents"}},
		{"answered", "ask", bot.Reply{}, nil, nil},
		{"another command", "lab", bot.Reply{Outcome: bot.Unknown}, nil, nil},
		{"a failure is no gap", "ask", bot.Reply{Outcome: bot.Unknown}, errors.New("broken"), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			count := func(_ context.Context, q string) error {
				got = append(got, q)
				return errors.New("it cannot be written")
			}
			handle := bot.Unanswered("ask", "question", discard(), count)(func(context.Context, bot.Request) (bot.Reply, error) {
				return test.reply, test.err
			})
			reply, err := handle(t.Context(), bot.Request{Command: test.command, Values: bot.NewValues(map[string][]string{"question": {"zeta patents"}})})
			if !slices.Equal(got, test.want) {
				t.Errorf("counted %q, want %q", got, test.want)
			}
			if reply.Outcome != test.reply.Outcome || !errors.Is(err, test.err) {
				t.Errorf("got %v and %v, want the handler's own reply", reply.Outcome, err)
			}
		})
	}
}
