package console

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"silkwire/bot"
)

// fakeCore answers by a function and remembers what it was asked.
type fakeCore struct {
	dispatch func(ctx context.Context, r bot.Request) bot.Reply
	asked    []bot.Request
}

func (f *fakeCore) Dispatch(ctx context.Context, r bot.Request) bot.Reply {
	f.asked = append(f.asked, r)
	return f.dispatch(ctx, r)
}

func (f *fakeCore) Complete(context.Context, bot.Request) bot.Completion { return bot.Completion{} }

// echo answers with the line; what begins with "menu" offers things to press,
// "/form" has a form.
func echo(_ context.Context, r bot.Request) bot.Reply {
	reply := bot.Reply{Lead: bot.T("you said " + r.Line)}
	if strings.HasPrefix(r.Line, "menu") {
		reply.Suggestions = []bot.Action{{Label: "first", Line: "/first"}}
		reply.Actions = []bot.Action{{Label: "several", Choices: []bot.Choice{{Label: "one", Value: "/one"}, {Label: "two", Value: "/two"}}}}
	}
	if r.Line == "/form" {
		reply.Form = &bot.Form{Title: "Never asked", Path: []string{"form"}, Fields: []bot.Option{{Name: "x", Summary: "x", Required: true}}}
	}
	return reply
}

func TestPipe(t *testing.T) {
	tests := map[string]struct {
		in, out, err string
	}{
		"empty":            {"", "", ""},
		"oneLine":          {"hello\n", "you said hello\n", ""},
		"separatedByBlank": {"a\nb\n", "you said a\n\nyou said b\n", ""},
		"noLastLineEnd":    {"a\nb", "you said a\n\nyou said b\n", ""},
		"windowsLineEnds":  {"a\r\nb\r\n", "you said a\n\nyou said b\n", ""},
		"blankLines":       {"\n  \na\n\n", "you said a\n", ""},
		"chinese":          {"通义千问\n", "you said 通义千问\n", ""},
		"actionsAreListed": {"menu\n", "you said menu\n\n  • first · /first\n  • several: /one, /two\n", ""},
		"numberIsAsked":    {"menu\n1\n", "you said menu\n\n  • first · /first\n  • several: /one, /two\n\nyou said 1\n", ""},
		"formIsNotAsked":   {"/form\nnext\n", "you said /form\n\nyou said next\n", ""},
		"tooLong":          {"a\n" + strings.Repeat("x", longestLine+1) + "\nb\n", "you said a\n\nyou said b\n", "Line 2 is longer than 1 MiB; it was left out.\n"},
		"tooLongAtTheEnd":  {strings.Repeat("x", 2*longestLine), "", "Line 1 is longer than 1 MiB; it was left out.\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out, errs strings.Builder
			a := New(&fakeCore{dispatch: echo}, Options{In: strings.NewReader(test.in), Out: &out, Err: &errs})
			if err := a.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if out.String() != test.out {
				t.Errorf("%.60q printed\n%s\nwant\n%s", test.in, out.String(), test.out)
			}
			if errs.String() != test.err {
				t.Errorf("%.60q said %q, want %q", test.in, errs.String(), test.err)
			}
		})
	}
}

func TestPipePassesLongLines(t *testing.T) {
	core := &fakeCore{dispatch: func(context.Context, bot.Request) bot.Reply { return bot.Reply{Lead: bot.T("too long")} }}
	line := strings.Repeat("x", longestLine)
	a := New(core, Options{In: strings.NewReader(line + "\n"), Out: io.Discard})
	if err := a.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(core.asked) != 1 || core.asked[0].Line != line {
		t.Errorf("a line of 1 MiB was not asked as it is")
	}
}

func TestPipeFillsRequest(t *testing.T) {
	now := time.Date(2025, 2, 3, 4, 5, 6, 0, time.UTC)
	core := &fakeCore{dispatch: echo}
	a := New(core, Options{In: strings.NewReader("a\nb\n"), Out: io.Discard, User: bot.User{ID: "me", May: bot.Curator}, Now: func() time.Time { return now }, Zone: time.UTC})
	if err := a.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := core.asked[0]
	if r.User.ID != "me" || r.User.May != bot.Curator || r.Conversation.Platform != "console" || r.Conversation.Channel == "" || !r.At.Equal(now) || r.Zone != time.UTC || r.Line != "a" {
		t.Errorf("got %+v", r)
	}
	if r.ID == "" || r.ID == core.asked[1].ID {
		t.Errorf("ids %q and %q, want two", r.ID, core.asked[1].ID)
	}
}

func TestPipeEndsWithContext(t *testing.T) {
	in, typing, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = in.Close(), typing.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	core := &fakeCore{dispatch: func(context.Context, bot.Request) bot.Reply {
		cancel() // the next read has nothing to read, and must end
		return bot.Reply{Lead: bot.T("bye")}
	}}
	if _, err := io.WriteString(typing, "hello\n"); err != nil {
		t.Fatal(err)
	}
	if err := New(core, Options{In: in, Out: io.Discard}).Run(ctx); err != nil {
		t.Errorf("got %v, want no error", err)
	}
}

func TestPipeTellsErrors(t *testing.T) {
	broken := errors.New("broken pipe")
	if err := New(&fakeCore{dispatch: echo}, Options{In: strings.NewReader("a\n"), Out: failing{broken}}).Run(t.Context()); !errors.Is(err, broken) {
		t.Errorf("writing: got %v, want %v", err, broken)
	}
	if err := New(&fakeCore{dispatch: echo}, Options{In: unreadable{broken}, Out: io.Discard}).Run(t.Context()); !errors.Is(err, broken) {
		t.Errorf("reading: got %v, want %v", err, broken)
	}
}

type unreadable struct{ err error }

func (u unreadable) Read([]byte) (int, error) { return 0, u.err }
