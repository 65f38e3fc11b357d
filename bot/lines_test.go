package bot_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"silkwire/bot"
)

// adding is a command whose form can be filled in once more.
func adding(permit bot.Permission) bot.Command {
	field := func(name string, kind bot.OptionKind) bot.Option {
		return bot.Option{Name: name, Summary: "a " + name, Kind: kind, Named: true}
	}
	what, when, form := field("what", bot.Word), field("when", bot.DateText), field(bot.FormOption, bot.Word)
	what.Required, form.Hidden = true, true
	return bot.Command{Name: "curate", Summary: "Curate", Permit: permit, Subcommands: []bot.Command{{
		Name: "add", Summary: "Add something, after a look around", Options: []bot.Option{what, when, form},
		Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
			if r.Values.Text("what") == "evil" {
				return bot.Reply{}, &bot.Fail{Outcome: bot.Misused, Say: "That is evil.", Field: "what"}
			}
			return bot.Reply{Lead: bot.T("Added " + r.Values.Text("what")), Actions: []bot.Action{{Label: "Again", Line: "/curate add what:" + bot.Quote(r.Values.Text("what"))}}}, nil
		},
	}}}
}

func addingRouter(t *testing.T, ledger bot.Ledger) *bot.Router {
	t.Helper()
	r := newRouter(t, []bot.Command{
		{Name: "ask", Summary: "Ask", Options: []bot.Option{{Name: "question", Summary: "a question", Kind: bot.FreeText}}, Handle: func(context.Context, bot.Request) (bot.Reply, error) { return bot.Reply{}, nil }},
		adding(bot.Curator),
	})
	r.KeepLines(bot.NewLines(ledger))
	return r
}

func TestFormsGivenBack(t *testing.T) {
	r := addingRouter(t, nil)
	for _, tt := range []struct {
		name, line, says string
		may              bot.Permission
		wrong            string   // the form's; "none": there is no form
		fields           []string // that the form asks for
	}{
		{"a wrong value", "/curate add what:tea when:soon", "takes a date", bot.Curator, "when", []string{"what", "when"}},
		{"refused by the command", "/curate add what:evil when:2026", "That is evil.", bot.Curator, "what", []string{"what", "when"}},
		{"asked for", "/curate add what:tea when:2026 form:all", "", bot.Curator, "", []string{"what", "when"}},
		{"asked for in part", "/curate add what:tea form:when", "", bot.Curator, "", []string{"when"}},
		{"missing", "/curate add when:2026", "needs a what", bot.Curator, "", []string{"what", "when"}},
		{"who may not gets no form", "/curate add form:all", "is for curators", bot.Everyone, "none", nil},
		{"who may not is told nothing of options", "/curate add when:soon", "is for curators", bot.Everyone, "none", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reply := r.Dispatch(t.Context(), bot.Request{Line: tt.line, User: bot.User{May: tt.may}})
			if !strings.Contains(reply.Lead.String(), tt.says) {
				t.Errorf("got %s", reply.Lead)
			}
			if tt.wrong == "none" {
				if reply.Form != nil {
					t.Errorf("there is a form: %+v", reply.Form)
				}
				return
			}
			if reply.Form == nil || reply.Form.Wrong != tt.wrong {
				t.Fatalf("the form is %+v", reply.Form)
			}
			var fields []string
			for _, o := range reply.Form.Fields {
				fields = append(fields, o.Name)
			}
			if strings.Join(fields, " ") != strings.Join(tt.fields, " ") || reply.Form.Title != "Curate add" {
				t.Errorf("%q asks for %q", reply.Form.Title, fields)
			}
			if tt.wrong != "" && (len(reply.Suggestions) == 0 || !strings.HasSuffix(reply.Suggestions[0].Line, " form:all")) {
				t.Errorf("nothing leads back: %+v", reply.Suggestions)
			}
		})
	}
}

// The lines of buttons that are too long for one are kept, and asked as they were; in a
// terminal they stay as they are.
func TestLines(t *testing.T) {
	disk := bot.NewMemory(nil)
	r := addingRouter(t, disk)
	long := strings.Repeat("tea and ", 30) + "tea"
	ask := func(line string, at time.Time, u bot.User) bot.Reply {
		u.May |= bot.Curator
		return r.Dispatch(t.Context(), bot.Request{Line: line, User: u, At: at})
	}
	add := "/curate add what:" + bot.Quote(long)
	first := ask(add, noon, bot.User{})
	short := first.Actions[0].Line
	if !strings.HasPrefix(short, "/again ") || len(short) > 30 {
		t.Fatalf("the button asks %s", short)
	}
	if again := ask(short, noon, bot.User{}); again.Lead.String() != first.Lead.String() || again.Actions[0].Line != short {
		t.Errorf("pressed it says %s", again.Lead)
	}
	if got := r.Needs(t.Context(), bot.Request{Line: short}); got != bot.Curator {
		t.Errorf("it needs %v", got)
	}
	if reply := r.Dispatch(t.Context(), bot.Request{Line: short}); reply.Outcome != bot.Denied {
		t.Errorf("pressed by somebody who may not: %s", reply.Lead)
	}
	if got := ask(add, noon, bot.User{Trusted: true}).Actions[0].Line; got != add {
		t.Errorf("in a terminal it asks %s", got)
	}
	for i := range 3 {
		ask(fmt.Sprintf("/curate add what:%q", strings.Repeat(fmt.Sprint("cake ", i), 40)), noon.Add(bot.LineLife+time.Hour), bot.User{})
	}
	if reply := ask(short, noon.Add(bot.LineLife+time.Hour), bot.User{}); reply.Outcome != bot.Misused || !strings.Contains(reply.Lead.String(), "too old") {
		t.Errorf("a month later: %s", reply.Lead)
	}
	for key, value := range disk.Records() {
		if err := bot.CheckLine([]byte(key), value); err != nil {
			t.Error(err)
		}
	}
	disk.Break(errors.New("the disk is full"))
	if got := ask(add, noon, bot.User{}); got.Lead.String() != first.Lead.String() {
		t.Errorf("on a full disk: %s", got.Lead)
	}
}

// Whom a server's curators named is one there, in its direct messages too, and nowhere
// else.
func TestNamedCurators(t *testing.T) {
	s := settingsOn(t, bot.NewMemory(nil))
	if err := s.SetSpace(t.Context(), lobby, func(s *bot.Settings) { s.Curators = []string{"U1", "R7"} }); err != nil {
		t.Fatal(err)
	}
	in := func(space, channel string, direct bool) bot.Conversation {
		return bot.Conversation{Platform: lobby.Platform, Space: space, Channel: channel, Direct: direct}
	}
	for _, tt := range []struct {
		name string
		in   bot.Conversation
		user bot.User
		want bool
	}{
		{"by id", lobby, bot.User{ID: "U1"}, true},
		{"by role", lobby, bot.User{ID: "U2", Roles: []string{"R7"}}, true},
		{"in a direct message", in(lobby.Space, "D1", true), bot.User{ID: "U1"}, true},
		{"somebody else", lobby, bot.User{ID: "U2"}, false},
		{"another server", in("T2", "C1", false), bot.User{ID: "U1"}, false},
		{"another platform", bot.Conversation{Platform: "discord", Space: lobby.Space}, bot.User{ID: "U1"}, false},
		{"no server", in("", "D1", true), bot.User{ID: "U1"}, false},
	} {
		var may bot.Permission
		h := bot.Settle(s)(func(_ context.Context, r bot.Request) (bot.Reply, error) { may = r.User.May; return bot.Reply{}, nil })
		if _, err := h(t.Context(), bot.Request{User: tt.user, Conversation: tt.in}); err != nil || may.Includes(bot.Curator) != tt.want || may.Includes(bot.Admin) {
			t.Errorf("%s: may %b, %v", tt.name, may, err)
		}
	}
}

// Whoever uses a right that others have not stands in the log, without what they wrote.
func TestTrail(t *testing.T) {
	var b strings.Builder
	r := newRouter(t, []bot.Command{
		{Name: "ask", Summary: "Ask", Options: []bot.Option{{Name: "question", Summary: "a question", Kind: bot.FreeText}}, Handle: func(context.Context, bot.Request) (bot.Reply, error) { return bot.Reply{}, nil }},
		adding(bot.Curator),
	}, bot.Trail(slog.New(slog.NewTextHandler(&b, nil)), func(command string) bot.Permission {
		return map[string]bot.Permission{"curate add": bot.Curator}[command]
	}))
	for _, line := range []string{"why", "/curate add what:secret", "/curate add what:evil", "/curate add"} {
		r.Dispatch(t.Context(), bot.Request{ID: "7", Line: line, User: bot.User{ID: "U1", May: bot.Curator}, Conversation: lobby})
	}
	r.Dispatch(t.Context(), bot.Request{ID: "8", Line: "/curate add what:tea", User: bot.User{ID: "U2"}, Conversation: lobby})
	if got := b.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `request=7 command="curate add" platform=slack space=T1 user=U1`) || strings.Contains(got, "secret") {
		t.Errorf("the log is %s", got)
	}
}
