package bot_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"silkwire/bot"
)

// echoed is a handler that says which command it was given, by which line, and
// with which options, so that a test sees what the router made of a line.
func echoed(_ context.Context, r bot.Request) (bot.Reply, error) {
	var b strings.Builder
	b.WriteString(r.Command)
	for _, name := range []string{"question", "name", "symbols", "since", "hour", "topics"} {
		if r.Values.Has(name) {
			fmt.Fprintf(&b, " %s=%s", name, strings.Join(r.Values.Words(name), "|"))
		}
	}
	return bot.Reply{Lead: bot.T(b.String())}, nil
}

// house is the commands that the router's tests run.
func house() []bot.Command {
	name := bot.Option{Name: "name", Summary: "a name", Kind: bot.FreeText}
	return []bot.Command{
		{Name: "ask", Summary: "Ask a question", Handle: echoed, Options: []bot.Option{
			{Name: "question", Summary: "a question", Kind: bot.FreeText, Required: true, Complete: offering("question")},
		}},
		{Name: "lab", Summary: "One lab", Handle: echoed, Examples: []string{"/lab qwen"}, Options: []bot.Option{name}},
		{Name: "label", Summary: "A label", Handle: echoed, Options: []bot.Option{name}},
		{Name: "ticker", Summary: "Prices", Handle: echoed, Options: []bot.Option{
			{Name: "symbols", Summary: "symbols", Kind: bot.WordList, Required: true, Complete: offering("symbols")},
			{Name: "since", Summary: "a first date", Kind: bot.DateText, Named: true, Choices: []bot.Choice{{Label: "2024", Value: "2024"}, {Label: "2025", Value: "2025"}}},
		}},
		{Name: "compare", Summary: "Two side by side", Handle: echoed, Options: []bot.Option{
			{Name: "first", Summary: "a name", Kind: bot.Word, Required: true, Complete: offering("first")},
			{Name: "second", Summary: "another name", Kind: bot.FreeText, Required: true, Complete: offering("second")},
			{Name: "side", Summary: "which to show", Kind: bot.Word, Named: true, Choices: []bot.Choice{{Label: "Left", Value: "left"}, {Label: "Right", Value: "right"}}},
		}},
		{Name: "digest", Summary: "Digests", Subcommands: []bot.Command{
			{Name: "subscribe", Summary: "Order one", Handle: echoed, Options: []bot.Option{
				{Name: "hour", Summary: "the hour", Kind: bot.Integer, Choices: []bot.Choice{{Label: "morning", Value: "8"}, {Label: "evening", Value: "20"}}},
				{Name: "topics", Summary: "what about", Kind: bot.WordList, Complete: offering("topics")},
			}},
			{Name: "stop", Summary: "End one", Permit: bot.Curator, Handle: echoed},
			{Name: "show", Summary: "Show them", Handle: echoed, Options: []bot.Option{name}},
		}},
		{Name: "watch", Summary: "Watch a name", Handle: echoed, Options: []bot.Option{name}, Subcommands: []bot.Command{
			{Name: "list", Summary: "What is watched", Handle: echoed},
		}},
		{Name: "curate", Summary: "Change facts", Permit: bot.Curator, Handle: echoed},
		{Name: "settings", Summary: "Settings", Permit: bot.Admin, Handle: echoed},
		{Name: "silkwire", Summary: "What it is", Handle: echoed},
		{Name: "Check it", Summary: "Check a message", Message: true, Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
			return bot.Reply{Lead: bot.T("checked " + r.Message)}, nil
		}},
		{Name: "inspect", Summary: "Inspect a message", Message: true, Handle: echoed},
	}
}

// offering is a completer that offers what it was asked for, so that a test
// sees what a command would be asked to complete.
func offering(option string) bot.Completer {
	return func(_ context.Context, _ bot.Request, typed string) []bot.Choice {
		return []bot.Choice{{Label: option, Value: option + "<" + typed + ">"}}
	}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func newRouter(t *testing.T, commands []bot.Command, wrap ...bot.Middleware) *bot.Router {
	t.Helper()
	r, err := bot.NewRouter(commands, "ask", discard(), wrap...)
	if err != nil {
		t.Fatalf("NewRouter: %v", err)
	}
	return r
}

func TestNewRouterRefuses(t *testing.T) {
	ask := house()[0]
	options := func(o ...bot.Option) bot.Command {
		return bot.Command{Name: "x", Summary: "s", Handle: echoed, Options: o}
	}
	group := bot.Command{Name: "x", Summary: "s", Subcommands: []bot.Command{{Name: "y", Summary: "s", Handle: echoed}}}
	tests := []struct {
		name string
		bad  bot.Command
		want string
	}{
		{"a name that stands twice", ask, "command /ask is declared twice"},
		{"a group whose name stands twice", bot.Command{Name: "digest", Summary: "s", Subcommands: group.Subcommands}, "command /digest is declared twice"},
		{"a subcommand that stands twice", bot.Command{Name: "x", Summary: "s", Subcommands: append(group.Subcommands, group.Subcommands...)}, "command /x y is declared twice"},
		{"no handler", bot.Command{Name: "x", Summary: "s"}, "command /x has no handler"},
		{"a subcommand without a handler", bot.Command{Name: "x", Summary: "s", Subcommands: []bot.Command{{Name: "y", Summary: "s"}}}, "command /x y has no handler"},
		{"no summary", bot.Command{Name: "x", Handle: echoed}, "command /x: a summary has 1 to 100 characters, not 0"},
		{"a long summary", bot.Command{Name: "x", Summary: strings.Repeat("長", 101), Handle: echoed}, "command /x: a summary has 1 to 100 characters, not 101"},
		{"no name", bot.Command{Summary: "s", Handle: echoed}, "command /: a name has 1 to 32 lower-case letters, - or _"},
		{"a name in capitals", bot.Command{Name: "Lab", Summary: "s", Handle: echoed}, "command /Lab: a name has 1 to 32 lower-case letters, - or _"},
		{"a long name", bot.Command{Name: strings.Repeat("x", 33), Summary: "s", Handle: echoed}, "command /" + strings.Repeat("x", 33) + ": a name has 1 to 32 lower-case letters, - or _"},
		{"an option that stands twice", options(bot.Option{Name: "a", Summary: "s"}, bot.Option{Name: "a", Summary: "s"}), "command /x: option a is declared twice"},
		{"an option without a name", options(bot.Option{Summary: "s"}), `command /x: option "": a name has 1 to 32 lower-case letters, - or _`},
		{"an option that cannot be typed", options(bot.Option{Name: "a b", Summary: "s"}), `command /x: option "a b": a name has 1 to 32 lower-case letters, - or _`},
		{"an option without a summary", options(bot.Option{Name: "a"}), "command /x: option a: a summary has 1 to 100 characters, not 0"},
		{"a required option after an optional one", options(bot.Option{Name: "a", Summary: "s"}, bot.Option{Name: "b", Summary: "s", Required: true}), "command /x: required option b stands after an optional one"},
		{"a subcommand's bad option", bot.Command{Name: "x", Summary: "s", Subcommands: []bot.Command{{Name: "y", Summary: "s", Handle: echoed, Options: []bot.Option{{Name: "A", Summary: "s"}}}}}, `command /x y: option "A": a name has 1 to 32 lower-case letters, - or _`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := bot.NewRouter(append(house(), tt.bad), "ask", discard())
			if err == nil || err.Error() != tt.want {
				t.Errorf("NewRouter with %+v\n got %v\nwant %s", tt.bad, err, tt.want)
			}
		})
	}
	for _, question := range []string{"", "nothing", "digest", "digest subscribe", "Check it", "silkwire"} {
		want := fmt.Sprintf("no command %q to answer questions, with an option to take them", question)
		if _, err := bot.NewRouter(house(), question, discard()); err == nil || err.Error() != want {
			t.Errorf("NewRouter with %q for questions\n got %v\nwant %s", question, err, want)
		}
	}
}

func TestDispatch(t *testing.T) {
	tests := []struct{ name, line, want string }{
		{"a command", "/lab qwen 3", "lab name=qwen 3"},
		{"a command in capitals", "/LAB Qwen", "lab name=Qwen"},
		{"a command alone", "/lab", "lab"},
		{"the full-width slash", "／lab 通义千问", "lab name=通义千问"},
		{"an ideographic space", "/lab\u3000通义千问", "lab name=通义千问"},
		{"a question without a slash", "why didn't it: 'work'?", "ask question=why didn't it: 'work'?"},
		{"a question that looks like an option", "question: who", "ask question=question: who"},
		{"a Chinese question", "谁领先？", "ask question=谁领先？"},
		{"a subcommand", "/digest subscribe 8 qwen, chips", "digest subscribe hour=8 topics=qwen|chips"},
		{"a subcommand in capitals, with more blanks", "/Digest   SUBSCRIBE  8", "digest subscribe hour=8"},
		{"a subcommand's free text keeps its words", "/digest show  digest  show", "digest show name=digest show"},
		{"a command that has subcommands and takes text", "/watch qwen list", "watch name=qwen list"},
		{"the subcommand of one that takes text", "/watch list", "watch list"},
		{"any command after silkwire", "/silkwire lab qwen", "lab name=qwen"},
		{"any command after silkwire, with its slash", "/silkwire /lab qwen", "lab name=qwen"},
		{"any command after silkwire, in capitals", "/SilkWire LAB qwen", "lab name=qwen"},
		{"a subcommand after silkwire", "/silkwire digest  show silkwire lab", "digest show name=silkwire lab"},
		{"silkwire alone", "/silkwire", "silkwire"},
		{"control characters are dropped", "/la\x00b\x1b qw\u202een\x07", "lab name=qwen"},
		{"line breaks are blanks", "/lab qwen\r\nllama", "lab name=qwen llama"},
		{"invalid UTF-8 is replaced", "/lab qw\xffen", "lab name=qw\ufffden"},
		{"the longest line", strings.Repeat("a", bot.MaxLine), "ask question=" + strings.Repeat("a", bot.MaxLine)},
	}
	router := newRouter(t, house())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reply := router.Dispatch(t.Context(), bot.Request{Line: tt.line})
			if got := reply.Plain(); got != tt.want || reply.Outcome != bot.Answered {
				t.Errorf("%q\n got %v: %s\nwant answered: %s", tt.line, reply.Outcome, got, tt.want)
			}
		})
	}
}

func TestDispatchRefuses(t *testing.T) {
	const help = "Write /help to see what can be asked."
	tests := []struct {
		name, line, say, next string
		suggest               []string
	}{
		{"an unknown command, the nearest offered", "/labb qwen", "There is no command /labb. Did you mean /lab?", help, []string{"/lab"}},
		{"an unknown command, several near, the nearest first", "/labels", "There is no command /labels. Did you mean /label?", help, []string{"/label", "/lab"}},
		{"letters swapped", "/tikcer nvda", "There is no command /tikcer. Did you mean /ticker?", help, []string{"/ticker"}},
		{"the beginning of a command", "/comp", "There is no command /comp. Did you mean /compare?", help, []string{"/compare"}},
		{"an unknown command, none near", "/weather", "There is no command /weather.", help, nil},
		{"a long unknown command", "/" + strings.Repeat("x", 60), "There is no command /" + strings.Repeat("x", 39) + "….", help, nil},
		{"an unknown command after silkwire", "/silkwire labb qwen", "There is no command /labb. Did you mean /lab?", help, []string{"/lab"}},
		{"silkwire after silkwire", "/silkwire silkwire lab", "I don't know what to do with “lab”.", "Write /silkwire", nil},
		{"a message command typed", "/inspect it", "There is no command /inspect.", help, nil},
		{"a message command after silkwire", "/silkwire inspect it", "There is no command /inspect.", help, nil},
		{"a slash alone", " / ", "A command has a name after its slash.", help, nil},
		{"a full-width slash apart from its name", "／ lab", "A command has a name after its slash.", help, nil},
		{"a group without its subcommand", "/digest", "/digest needs one of its subcommands.", "Write /digest subscribe|stop|show", nil},
		{"a group with an unknown subcommand", "/digest suscribe 8", "/digest needs one of its subcommands.", "Write /digest subscribe|stop|show", nil},
		{"a subcommand's wrong option", "/digest subscribe noon", "“hour:” takes a whole number, not “noon”.", "Write /digest subscribe [hour] [topics …]", nil},
		{"an empty line", "", "/ask needs a question.", "Write /ask <question>", nil},
		{"blanks and characters that cannot be seen", " \t\u3000\u200b\u202e\u200d\x00 ", "/ask needs a question.", "Write /ask <question>", nil},
		{"10,000 characters", strings.Repeat("长", 10_000), "That is too long for me: 10000 characters.", "Ask it in a sentence or two.", nil},
		{"10,000 characters after a slash", "/lab " + strings.Repeat("x", 9_995), "That is too long for me: 10000 characters.", "Ask it in a sentence or two.", nil},
		{"one byte too many", strings.Repeat("a", bot.MaxLine+1), "That is too long for me: 4097 characters.", "Ask it in a sentence or two.", nil},
	}
	router := newRouter(t, house())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reply := router.Dispatch(t.Context(), bot.Request{Line: tt.line})
			want := bot.Reply{Lead: bot.T(tt.say), Blocks: []bot.Block{bot.Paragraph{Text: bot.T(tt.next)}}, Outcome: bot.Misused, Visibility: bot.Private}
			for _, line := range tt.suggest {
				want.Suggestions = append(want.Suggestions, bot.Action{Label: line, Line: line})
			}
			reply.Form = nil
			if !reflect.DeepEqual(reply, want) {
				t.Errorf("%.80q\n got %+v\nwant %+v", tt.line, reply, want)
			}
		})
	}
}

func TestDispatchCall(t *testing.T) {
	tests := []struct {
		name string
		call bot.Call
		want string
	}{
		{"typed options", bot.Call{Path: []string{"ticker"}, Options: values{"symbols": {"NVDA", "AMD"}, "since": {"2024"}}}, "ticker symbols=NVDA|AMD since=2024"},
		{"a subcommand", bot.Call{Path: []string{"digest", "subscribe"}, Options: values{"hour": {"8"}}}, "digest subscribe hour=8"},
		{"no options", bot.Call{Path: []string{"lab"}}, "lab"},
		{"an option is text, and no command line", bot.Call{Path: []string{"ask"}, Options: values{"question": {`/lab "qwen since:2024`}}}, `ask question=/lab "qwen since:2024`},
		{"options are cleaned", bot.Call{Path: []string{"lab"}, Options: values{"name": {" qw\u202een\x00\n"}}}, "lab name=qwen"},
		{"a message command", bot.Call{Path: []string{"Check it"}}, "checked this"},
	}
	router := newRouter(t, house())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reply := router.Dispatch(t.Context(), bot.Request{Call: &tt.call, Line: "not read", Message: "this"})
			if got := reply.Plain(); got != tt.want || reply.Outcome != bot.Answered {
				t.Errorf("%+v\n got %v: %s\nwant answered: %s", tt.call, reply.Outcome, got, tt.want)
			}
		})
	}
}

func TestDispatchCallRefuses(t *testing.T) {
	tests := []struct {
		name string
		call bot.Call
		want string
	}{
		{"no path", bot.Call{}, "No command was given.\n\nWrite /help to see what can be asked."},
		{"an unknown command", bot.Call{Path: []string{"tickr"}}, "There is no command /tickr. Did you mean /ticker?\n\nWrite /help to see what can be asked.\n\n/ticker"},
		{"an unknown subcommand", bot.Call{Path: []string{"lab", "qwen"}}, "There is no command /lab qwen. Did you mean /lab?\n\nWrite /help to see what can be asked.\n\n/lab"},
		{"a group without its subcommand", bot.Call{Path: []string{"digest"}}, "/digest needs one of its subcommands.\n\nWrite /digest subscribe|stop|show"},
		{"an unknown option", bot.Call{Path: []string{"ticker"}, Options: values{"symbol": {"NVDA"}}}, "/ticker has no option “symbol:”; did you mean “symbols:”?\n\nWrite /ticker <symbols …> [since:…]"},
		{"a missing option", bot.Call{Path: []string{"ticker"}}, "/ticker needs symbols.\n\nWrite /ticker <symbols …> [since:…]"},
		{"a blank option", bot.Call{Path: []string{"ask"}, Options: values{"question": {"\u200b "}}}, "/ask needs a question.\n\nWrite /ask <question>"},
		{"a wrong kind", bot.Call{Path: []string{"digest", "subscribe"}, Options: values{"hour": {"late"}}}, "“hour:” takes a whole number, not “late”.\n\nWrite /digest subscribe [hour] [topics …]"},
		{"10,000 characters", bot.Call{Path: []string{"ask"}, Options: values{"question": {strings.Repeat("x", 10_000)}}}, "That is too long for me: 10000 characters.\n\nAsk it in a sentence or two."},
	}
	router := newRouter(t, house())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reply := router.Dispatch(t.Context(), bot.Request{Call: &tt.call})
			if got := reply.Plain(); got != tt.want || reply.Outcome != bot.Misused {
				t.Errorf("%.80v\n got %v: %s\nwant misused: %s", tt.call, reply.Outcome, got, tt.want)
			}
		})
	}
}

// A command that was written without what it needs answers with a form, and the
// form's submission runs it.
func TestFormRunsItsCommand(t *testing.T) {
	router := newRouter(t, house())
	form := router.Dispatch(t.Context(), bot.Request{Line: "/ticker since:2024"}).Form
	if form == nil {
		t.Fatal("/ticker since:2024: got no form")
	}
	call := bot.Call{Path: form.Path, Options: values{"symbols": {"NVDA"}}}
	for name, v := range form.Given {
		call.Options[name] = []string{v}
	}
	if got, want := router.Dispatch(t.Context(), bot.Request{Call: &call}).Plain(), "ticker symbols=NVDA since=2024"; got != want {
		t.Errorf("the filled form\n got %s\nwant %s", got, want)
	}
}

func TestDispatchPermits(t *testing.T) {
	tests := []struct {
		line string
		may  bot.Permission
		want string // empty: answered
	}{
		{"/curate", bot.Everyone, "/curate is for curators."},
		{"/curate", bot.Curator, ""},
		{"/curate", bot.Admin, "/curate is for curators."},
		{"/settings", bot.Curator, "/settings is for an admin of this conversation."},
		{"/settings", bot.Admin, ""},
		{"/digest stop", bot.Everyone, "/digest stop is for curators."},
		{"/digest show", bot.Everyone, ""},
		{"/silkwire curate", bot.Everyone, "/curate is for curators."},
	}
	router := newRouter(t, house())
	for _, tt := range tests {
		reply := router.Dispatch(t.Context(), bot.Request{Line: tt.line, User: bot.User{May: tt.may}})
		if tt.want == "" {
			if reply.Outcome != bot.Answered {
				t.Errorf("%s with permission %d: got %v: %s, want answered", tt.line, tt.may, reply.Outcome, reply.Plain())
			}
			continue
		}
		want := tt.want + "\n\nAsk one of them, or the operator of silkwire, to do it."
		if reply.Outcome != bot.Denied || reply.Plain() != want || reply.Visibility != bot.Private {
			t.Errorf("%s with permission %d\n got %v: %s\nwant denied: %s", tt.line, tt.may, reply.Outcome, reply.Plain(), want)
		}
	}
}

// A group's permission holds for each of its subcommands.
func TestDispatchPermitsNoSubcommandMoreThanItsGroup(t *testing.T) {
	commands := append(house(), bot.Command{Name: "feed", Summary: "s", Permit: bot.Admin, Subcommands: []bot.Command{{Name: "add", Summary: "s", Permit: bot.Curator, Handle: echoed}}})
	reply := newRouter(t, commands).Dispatch(t.Context(), bot.Request{Line: "/feed add", User: bot.User{May: bot.Curator}})
	if want := "/feed add is for an admin of this conversation."; reply.Outcome != bot.Denied || reply.Lead.String() != want {
		t.Errorf("/feed add by a curator\n got %v: %s\nwant denied: %s", reply.Outcome, reply.Lead, want)
	}
}

func TestDispatchTellsWhatAHandlerFailsWith(t *testing.T) {
	known := &bot.Fail{Outcome: bot.Unknown, Say: "There is no fact “x”.", Next: "Try /facts.", Suggest: []bot.Action{{Label: "Find", Line: "/facts x"}}, Cause: errors.New("cause-of-it")}
	tests := []struct {
		name   string
		err    error
		want   string
		out    bot.Outcome
		logged bool
	}{
		{"a Fail in its words", known, "There is no fact “x”.\n\nTry /facts.\n\nFind: /facts x", bot.Unknown, false},
		{"a Fail inside another error", fmt.Errorf("open: %w", known), "There is no fact “x”.\n\nTry /facts.\n\nFind: /facts x", bot.Unknown, false},
		{"any other error in a plain sentence", errors.New("cause-of-it"), "Something went wrong on my side.\n\nPlease try again; if it happens again, tell whoever runs silkwire this number: req-7.", bot.Broken, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			commands := []bot.Command{{Name: "ask", Summary: "s", Options: house()[0].Options, Handle: func(context.Context, bot.Request) (bot.Reply, error) { return bot.Reply{}, tt.err }}}
			router, err := bot.NewRouter(commands, "ask", textLog(&out))
			if err != nil {
				t.Fatal(err)
			}
			reply := router.Dispatch(t.Context(), bot.Request{ID: "req-7", Line: "what?", Conversation: bot.Conversation{Platform: "console"}})
			if got := reply.Plain(); got != tt.want || reply.Outcome != tt.out {
				t.Errorf("%v\n got %v: %s\nwant %v: %s", tt.err, reply.Outcome, got, tt.out, tt.want)
			}
			want := ""
			if tt.logged {
				want = "level=ERROR msg=\"request broke\" request=req-7 platform=console error=cause-of-it\n"
			}
			if got := out.String(); got != want {
				t.Errorf("logged\n got %q\nwant %q", got, want)
			}
		})
	}
}

// What the router was made from and what it hands out can be written to without
// a change of the router.
func TestNobodyWritesToTheRouter(t *testing.T) {
	commands := house()
	router := newRouter(t, commands)
	spoil := func(c []bot.Command) {
		for i := range c {
			for j := range c[i].Options {
				for k := range c[i].Options[j].Choices {
					c[i].Options[j].Choices[k].Value = "spoilt"
				}
				c[i].Options[j].Name = "spoilt"
			}
			for j := range c[i].Subcommands {
				c[i].Subcommands[j].Name = "spoilt"
			}
			for j := range c[i].Examples {
				c[i].Examples[j] = "spoilt"
			}
			c[i].Name = "spoilt"
		}
	}
	spoil(commands)
	handedOut := router.Commands()
	_ = append(handedOut[:0], bot.Command{Name: "spoilt"})
	spoil(handedOut)
	spoil(router.Commands()[:1])
	form := router.Dispatch(t.Context(), bot.Request{Line: "/ticker"}).Form
	form.Fields[1].Choices[0].Value = "spoilt"
	form.Fields[0].Name = "spoilt"
	found := router.Complete(t.Context(), bot.Request{Line: "/ticker since:"})
	found.Choices[1].Value = "spoilt"

	want := house()
	got := router.Commands()
	for i := range want {
		if got, want := fmt.Sprintf("%+v", bare(got[i])), fmt.Sprintf("%+v", bare(want[i])); got != want {
			t.Errorf("a command changed\n got %s\nwant %s", got, want)
		}
	}
	for _, line := range []string{"/ticker NVDA since:2024", "/ticker NVDA since:2025", "/digest subscribe 8"} {
		if reply := router.Dispatch(t.Context(), bot.Request{Line: line}); reply.Outcome != bot.Answered {
			t.Errorf("%s\n got %v: %s\nwant answered", line, reply.Outcome, reply.Plain())
		}
	}
}

// bare is a command without its functions, which cannot be compared.
func bare(c bot.Command) bot.Command {
	c.Handle = nil
	for i := range c.Options {
		c.Options[i].Complete = nil
	}
	for i, sub := range c.Subcommands {
		c.Subcommands[i] = bare(sub)
	}
	return c
}

// The first middleware is the outermost, and each wraps every command.
// Whoever counts is told of every request, also of those that no command is for.
func TestWatch(t *testing.T) {
	r := newRouter(t, house())
	at := time.Unix(1_800_000_000, 0)
	var got []bot.Handled
	r.Watch(func() time.Time {
		at = at.Add(time.Second)
		return at
	}, func(h bot.Handled) { got = append(got, h) })
	for _, line := range []string{"/lab qwen", "/curate", "/nosuch secret", "/digest nosuch", "/ticker"} {
		r.Dispatch(t.Context(), bot.Request{Line: line, Conversation: bot.Conversation{Platform: "slack"}})
	}
	want := []bot.Handled{
		{Command: "lab", Platform: "slack", Outcome: bot.Answered, Took: time.Second},
		{Command: "curate", Platform: "slack", Outcome: bot.Denied, Took: time.Second},
		{Platform: "slack", Outcome: bot.Misused, Took: time.Second},
		{Platform: "slack", Outcome: bot.Misused, Took: time.Second},
		{Command: "ticker", Platform: "slack", Outcome: bot.Misused, Took: time.Second},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestMiddlewareOrder(t *testing.T) {
	var order []string
	mark := func(name string) bot.Middleware {
		return func(next bot.Handler) bot.Handler {
			return func(ctx context.Context, r bot.Request) (bot.Reply, error) {
				order = append(order, name+" "+r.Command)
				return next(ctx, r)
			}
		}
	}
	router := newRouter(t, house(), mark("outer"), mark("inner"))
	router.Dispatch(t.Context(), bot.Request{Line: "/lab"})
	router.Dispatch(t.Context(), bot.Request{Line: "/digest show"})
	if want := []string{"outer lab", "inner lab", "outer digest show", "inner digest show"}; !reflect.DeepEqual(order, want) {
		t.Errorf("got %q, want %q", order, want)
	}
}

func TestCleanLine(t *testing.T) {
	got, err := bot.CleanLine("\ufeff /lab\tqwen\u202e\n")
	if want := "/lab qwen"; got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	_, err = bot.CleanLine(strings.Repeat("长", 2_000))
	wantFail(t, "2,000 Chinese characters", err, bot.Misused, "That is too long for me: 2000 characters.", "Ask it in a sentence or two.")
}

// FuzzDispatch feeds lines to the whole router: each gets a reply in clean
// words, and none breaks it.
func FuzzDispatch(f *testing.F) {
	for _, s := range []string{"", "/", "／lab x", "/silkwire lab qwen", "/digest subscribe 8", "who?", "/silkwire /digest stop", "/ticker since：2024 a、b", "/\u3000\xff"} {
		f.Add(s)
	}
	router, err := bot.NewRouter(house(), "ask", discard())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, line string) {
		reply := router.Dispatch(t.Context(), bot.Request{ID: "1", Line: line})
		if reply.Outcome == bot.Broken || reply.Lead.String() == "" {
			t.Errorf("%q: got %v: %s", line, reply.Outcome, reply.Plain())
		}
		found := router.Complete(t.Context(), bot.Request{Line: line})
		if found.From < 0 || found.From > len(line) || utf8.ValidString(line) && !utf8.ValidString(line[:found.From]) {
			t.Errorf("%q: completed from %d", line, found.From)
		}
	})
}

// What a typed form delivers of a list is one text.
func TestListOfATypedForm(t *testing.T) {
	var got []string
	list := bot.Command{Name: "ticker", Summary: "s", Options: []bot.Option{{Name: "symbols", Summary: "s", Kind: bot.WordList}}, Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
		got = r.Values.Words("symbols")
		return bot.Reply{}, nil
	}}
	r, err := bot.NewRouter([]bot.Command{list}, "ticker", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string][]string{
		"NVDA": {"NVDA"}, "NVDA AMD, BABA": {"NVDA", "AMD", "BABA"}, "NASDAQ:NVDA；0700.HK": {"NASDAQ:NVDA", "0700.HK"}, `"Alibaba Group" AMD`: {"Alibaba Group", "AMD"}, "l'Oréal x": {"l'Oréal", "x"}, "": nil, " , ": nil, `"open`: {`"open`},
	} {
		got = nil
		r.Dispatch(t.Context(), bot.Request{Call: &bot.Call{Path: []string{"ticker"}, Options: map[string][]string{"symbols": {typed}}}})
		if !slices.Equal(got, want) {
			t.Errorf("%q is %q, want %q", typed, got, want)
		}
	}
}
