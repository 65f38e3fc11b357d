package discord_test

import (
	"strconv"
	"strings"
	"testing"

	"silkwire/adapters/discord"
	"silkwire/adapters/discord/standin"
)

func question(s string) standin.Given { return standin.Given{Name: "question", Value: s} }

var inPrivate = standin.Given{Name: "private", Value: true}

// TestAsk asks a question in a server, in a direct message and as an app of one's own.
func TestAsk(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	own := server
	own.UserInstall = true
	for name, where := range map[string]standin.Where{"in a server": server, "in a thread": thread, "in a direct message": direct, "for oneself": own, "in a group": {Channel: standin.OtherID, Group: true, UserInstall: true}} {
		t.Run(name, func(t *testing.T) {
			m := r.answer(s.Command(bob, where, "ask", question("did it work?")))
			for _, want := range []string{"Answer to did it work?", "A fact.", "https://example.org/a", "Not investment advice."} {
				has(t, m.Text(), want)
			}
			if m.Ephemeral() {
				t.Error("it is private")
			}
			got := r.core.last()
			if got.User.ID != bob.ID || got.User.Name != "Bob" || got.Conversation.Platform != "discord" || got.Conversation.Space != where.Guild || got.Locale != "en-US" {
				t.Errorf("the request is %+v", got)
			}
			if where.Parent != "" && (got.Conversation.Channel != where.Parent || got.Conversation.Thread != where.Channel) {
				t.Errorf("the conversation is %+v", got.Conversation)
			}
			if want := where == direct; got.Conversation.Direct != want {
				t.Errorf("direct is %t", got.Conversation.Direct)
			}
		})
	}
}

// TestPrivate shows who sees an answer.
func TestPrivate(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	for _, c := range []struct {
		name    string
		given   []standin.Given
		private bool
	}{
		{"by custom everybody", []standin.Given{question("did it work?")}, false},
		{"private:true", []standin.Given{question("did it work?"), inPrivate}, true},
		{"private:false", []standin.Given{question("did it work?"), {Name: "private", Value: false}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if m := r.answer(s.Command(bob, server, "ask", c.given...)); m.Ephemeral() != c.private {
				t.Errorf("it is private: %t", m.Ephemeral())
			}
		})
	}
	if m := r.answer(s.Command(bob, server, "settings show")); !m.Ephemeral() {
		t.Error("settings are shown to everybody")
	}
}

// TestButtons presses what stands below an answer.
func TestButtons(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	m := r.answer(s.Command(bob, server, "ask", question("did it work?")))
	t.Run("Sources", func(t *testing.T) {
		got := r.answer(r.button(ann, server, m, "Sources"))
		has(t, got.Text(), "[A source](https://example.org/a)")
		if !got.Ephemeral() {
			t.Error("everybody sees it")
		}
	})
	t.Run("👍", func(t *testing.T) {
		has(t, r.answer(r.button(ann, server, m, "👍")).Text(), "Thank you.")
	})
	t.Run("a fact from the menu", func(t *testing.T) {
		menu, _ := m.Menu("Open a fact")
		has(t, r.answer(s.Press(ann, server, m, menu.CustomID, menu.Options[0].Value)).Text(), "There is no command") // this core has no /fact
	})
	t.Run("This is wrong", func(t *testing.T) {
		e := r.button(ann, server, m, "This is wrong")
		r.responds(e, 9)
		got := r.answer(s.Submit(ann, server, e, map[string]string{"Says": "the year is 2025"}))
		has(t, got.Text(), "Noted: the year is 2025 about a-fact")
		if !got.Ephemeral() {
			t.Error("everybody sees it")
		}
	})
	t.Run("Share", func(t *testing.T) {
		private := r.answer(s.Command(bob, server, "ask", question("did it work?"), inPrivate))
		got := r.answer(r.button(bob, server, private, "Share"))
		has(t, got.Text(), "Answer to did it work?")
		has(t, got.Text(), "Shared by Bob.")
		if got.Ephemeral() {
			t.Error("only Bob sees it")
		}
		if _, found := m.Button("Share"); found {
			t.Error("what everybody sees can be shared")
		}
	})
}

// moreButton is the label of the button that leads on, or empty.
func moreButton(m standin.Message) string {
	for n := 1; n < 130; n++ {
		if b, found := m.Button(strconv.Itoa(n) + " more"); found {
			return b.Label
		}
	}
	return ""
}

// TestPages turns the pages of a long answer.
func TestPages(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	m := r.answer(s.Command(bob, server, "long"))
	seen := 0
	for page := 1; ; page++ {
		text := m.Text()
		for strings.Contains(text, "Fact number "+strconv.Itoa(seen)+" says something of middling length.") {
			seen++
		}
		more := moreButton(m)
		if more == "" {
			break
		}
		if want := strconv.Itoa(120-seen) + " more ▶"; more != want {
			t.Errorf("page %d leads on with %q, want %q", page, more, want)
		}
		m = r.answer(r.button(bob, server, m, more))
		has(t, m.Text(), "page "+strconv.Itoa(page+1))
	}
	if seen != 120 {
		t.Errorf("%d facts are on the pages", seen)
	}
	other := r.answer(r.button(ann, server, m, "◀ Back"))
	if !other.Ephemeral() || other.ID == m.ID {
		t.Error("somebody else turned the page for everybody")
	}
}

// TestAfterRestart presses buttons that another run has drawn.
func TestAfterRestart(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	m := r.answer(s.Command(bob, server, "ask", question(strings.Repeat("did the long question work ", 8))))
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	r2 := launch(t, s)
	if err := s.Connected(r2.within(), 2); err != nil {
		t.Fatal(err)
	}
	has(t, r2.answer(r2.button(ann, server, m, "Sources")).Text(), "A source")
	e := r2.button(ann, server, m, "This is wrong")
	r2.responds(e, 9)
	has(t, r2.answer(s.Submit(ann, server, e, map[string]string{"Says": "no"})).Text(), "Noted: no")
}

// TestComplete completes while somebody types.
func TestComplete(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	for _, c := range []struct {
		name, path string
		given      []standin.Given
		want       string
	}{
		{"a name with a blank", "lab", []standin.Given{{Name: "name", Value: "moon", Focused: true}}, "Moonshot AI (lab)=Moonshot AI"},
		{"a question", "ask", []standin.Given{{Name: "question", Value: "did it", Focused: true}, inPrivate}, "did it work?=did it work?|you typed did it=did it and more"},
		{"nothing", "lab", []standin.Given{{Name: "name", Value: "zzz", Focused: true}}, ""},
		{"a command that is no longer there", "gone", []standin.Given{{Name: "name", Value: "z", Focused: true}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			choices, err := s.Complete(bob, server, c.path, c.given...).Choices(r.within())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, choice := range choices {
				got = append(got, choice.Name+"="+choice.Value)
			}
			if strings.Join(got, "|") != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestMessageCommand checks what somebody else has written.
func TestMessageCommand(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	m := r.answer(s.OnMessage(bob, server, "Check with silkwire", "DeepSeek R1 <@300000000000000001> cost six million"))
	has(t, m.Text(), "Answer to DeepSeek R1 300000000000000001 cost six million")
	has(t, m.Text(), "About this message")
	if !m.Ephemeral() {
		t.Error("everybody sees it")
	}
}

// TestRights shows who may change what holds in a channel.
func TestRights(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s, func(o *discord.Options) {
		o.Curators = []discord.Curator{{Guild: standin.GuildID, Role: "500000000000000009"}}
	})
	curator := standin.User{ID: "300000000000000009", Name: "Cy", Roles: []string{"500000000000000009"}}
	for _, c := range []struct {
		name  string
		user  standin.User
		where standin.Where
		want  string
	}{
		{"who may manage the server", ann, server, "Set to everyone."},
		{"who may not", bob, server, "is for an admin"},
		{"a curator by role", curator, server, "Set to everyone."},
		{"the same in a direct message", curator, direct, "Set to everyone."},
		{"the same in another server", curator, standin.Where{Guild: "100000000000000002", Channel: standin.ChannelID}, "is for an admin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			has(t, r.answer(s.Command(c.user, c.where, "settings who", standin.Given{Name: "who", Value: "everyone"})).Text(), c.want)
		})
	}
	t.Run("a menu of people and roles", func(t *testing.T) {
		m := r.answer(s.Command(ann, server, "settings show"))
		menu, found := m.Menu("Who may ask here")
		if !found || menu.Type != 7 {
			t.Fatalf("the menu is %+v", menu)
		}
		has(t, r.answer(s.Press(ann, server, m, menu.CustomID, bob.ID, "500000000000000001")).Text(), "Set to "+bob.ID+" 500000000000000001.")
		has(t, r.answer(s.Press(bob, server, m, menu.CustomID, bob.ID)).Text(), "is for an admin")
	})
}
