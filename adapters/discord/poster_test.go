package discord_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"silkwire/adapters/discord"
	"silkwire/adapters/discord/standin"
	"silkwire/bot"
	"silkwire/bot/delivery"
)

// takesShared makes an adapter tell of what is shared.
func takesShared(into chan bot.Shared) func(*discord.Options) {
	return func(o *discord.Options) { o.Shared = func(s bot.Shared) { into <- s } }
}

// next waits for the next answer that is told of.
func next(t *testing.T, r *running, told chan bot.Shared) bot.Shared {
	t.Helper()
	select {
	case s := <-told:
		return s
	case <-r.within().Done():
		t.Fatalf("no answer was told of\n%s", r.log)
		return bot.Shared{}
	}
}

// Of answers that everybody in a server can read it is told which message they became.
func TestShared(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	told := make(chan bot.Shared, 100)
	r := start(t, s, takesShared(told))
	public := r.answer(s.Command(bob, server, "ask", question("did it work?")))
	shared := next(t, r, told)
	if shared.Message != public.ID || shared.Channel != standin.ChannelID || shared.Space != standin.GuildID || shared.Seen != 3 || !slices.Equal(shared.Facts, []string{"a-fact"}) {
		t.Errorf("told of %+v, of message %s", shared, public.ID)
	}
	say(t, r, bob, thread, "<@"+standin.BotUser+"> and then?")
	if shared, m := next(t, r, told), posted(t, r, standin.ThreadID, 1)[0]; shared.Message != m.ID || shared.Channel != standin.ThreadID {
		t.Errorf("of a mention in a thread: %+v, of message %s", shared, m.ID)
	}
	private := r.answer(s.Command(bob, server, "ask", question("secretly?"), standin.Given{Name: "private", Value: true}))
	copied := r.answer(r.button(bob, server, private, "Share"))
	if shared := next(t, r, told); shared.Message != copied.ID {
		t.Errorf("of a shared copy: %+v, of message %s", shared, copied.ID)
	}
	digest := answerTo(bot.Request{})
	digest.Actions = []bot.Action{{Label: "Stop", Line: "/lab mark:abc"}}
	id, err := r.adapter.Deliver(t.Context(), bot.Conversation{Platform: "discord", Space: standin.GuildID, Channel: standin.ChannelID}, digest, "abc")
	if shared := next(t, r, told); err != nil || shared.Message != id {
		t.Errorf("of a digest: %+v, %v", shared, err)
	}
	if found, err := r.adapter.Find(t.Context(), bot.Conversation{Channel: standin.ChannelID}, "abc", s.Now().Add(-time.Hour)); err != nil || found != id {
		t.Errorf("the digest is found as %q, %v", found, err)
	}
	if found, err := r.adapter.Find(t.Context(), bot.Conversation{Channel: standin.ChannelID}, "other", s.Now().Add(-time.Hour)); err != nil || found != "" {
		t.Errorf("another digest is found as %q, %v", found, err)
	}
	s.ForbidHistory(standin.ChannelID)
	if _, err := r.adapter.Find(t.Context(), bot.Conversation{Channel: standin.ChannelID}, "abc", s.Now()); !errors.Is(err, delivery.ErrUnreadable) {
		t.Errorf("where it may not read: %v", err)
	}
	for name, ask := range map[string]func() *standin.Exchange{
		"private": func() *standin.Exchange {
			return s.Command(bob, server, "ask", question("x"), standin.Given{Name: "private", Value: true})
		},
		"not known": func() *standin.Exchange { return s.Command(bob, server, "ask", question("nothing")) },
		"no facts":  func() *standin.Exchange { return s.Command(bob, server, "lab") },
		"direct":    func() *standin.Exchange { return s.Command(bob, direct, "ask", question("x")) },
		"installed by a user": func() *standin.Exchange {
			return s.Command(bob, standin.Where{Guild: standin.GuildID, Channel: standin.ChannelID, UserInstall: true}, "ask", question("x"))
		},
	} {
		r.answer(ask())
		select {
		case shared := <-told:
			t.Errorf("%s: told of %+v", name, shared)
		default:
		}
	}
}

// Over HTTP Discord is asked which message an answer became.
func TestSharedOverHTTP(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	told := make(chan bot.Shared, 100)
	r, _ := overHTTP(t, s, takesShared(told))
	m := r.answer(s.Command(bob, server, "ask", question("did it work?")))
	if shared := next(t, r, told); shared.Message != m.ID {
		t.Errorf("told of %+v, of message %s", shared, m.ID)
	}
}

// A correction changes the message and nothing else in it; a second one stands below the
// first.
func TestCorrect(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	told := make(chan bot.Shared, 1)
	r := start(t, s, takesShared(told))
	r.answer(s.Command(bob, server, "ask", question("did it work?")))
	shared := next(t, r, told)
	for _, what := range []string{"It is another now.", "@everyone <@1> **and again**"} {
		note := bot.Reply{Lead: bot.B("Corrected."), Blocks: []bot.Block{bot.List{Items: []bot.Item{{Text: bot.T(what), Detail: bot.Q("was: “A fact.” · misread")}}}}}
		if err := r.adapter.Correct(t.Context(), shared, note); err != nil {
			t.Fatal(err)
		}
	}
	var content string
	for _, c := range s.Calls(http.MethodPatch, "/channels/"+standin.ChannelID+"/messages/"+shared.Message) {
		content = string(c.Body)
		if strings.Contains(content, "embeds") || strings.Contains(content, "components") {
			t.Errorf("more is changed than the content: %s", c.Body)
		}
	}
	first, second := strings.Index(content, "It is another now."), strings.Index(content, "and again")
	if first < 0 || second < first || !strings.Contains(content, "misread") || strings.Contains(content, "**and") {
		t.Errorf("the message says %s", content)
	}
	long := bot.Reply{Lead: bot.T(strings.Repeat("long ", 900))}
	if err := r.adapter.Correct(t.Context(), shared, long); err != nil {
		t.Error(err) // the stand-in refuses what is too long
	}
	s.Delete(shared.Message)
	if err := r.adapter.Correct(t.Context(), shared, long); !errors.Is(err, bot.ErrGone) {
		t.Errorf("a message that was deleted: %v", err)
	}
}

func TestVolunteered(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	note := bot.Reply{Lead: bot.T("It has changed @everyone."), Blocks: []bot.Block{bot.List{Items: []bot.Item{{Text: bot.T("A fact."), Line: "/fact a-fact"}}}}}
	if err := r.adapter.Tell(t.Context(), standin.GuildID, bob.ID, note); err != nil {
		t.Error(err)
	}
	has(t, posted(t, r, standin.DirectID, 1)[0].Text(), "It has changed")
	if err := r.adapter.Post(t.Context(), bot.Conversation{Space: standin.GuildID, Channel: standin.ChannelID}, note); err != nil {
		t.Error(err)
	}
	has(t, posted(t, r, standin.ChannelID, 1)[0].Text(), "It has changed")
	if err := r.adapter.Post(t.Context(), bot.Conversation{Channel: standin.ChannelID, Thread: standin.ThreadID}, note); err != nil {
		t.Error(err)
	}
	posted(t, r, standin.ThreadID, 1)
	s.ForbidSending(standin.OtherID)
	if err := r.adapter.Post(t.Context(), bot.Conversation{Channel: standin.OtherID}, note); !errors.Is(err, bot.ErrGone) {
		t.Errorf("where it may not write: %v", err)
	}
	s.Fail(http.MethodPost, "/users/@me/channels", standin.Failure{Status: http.StatusForbidden, Code: 50007, Times: 1})
	if err := r.adapter.Tell(t.Context(), standin.GuildID, ann.ID, note); !errors.Is(err, bot.ErrGone) {
		t.Errorf("to whom it may not write: %v", err)
	}
	s.Fail(http.MethodPost, "/channels/", standin.Failure{Status: http.StatusBadRequest, Times: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := r.adapter.Post(ctx, bot.Conversation{Channel: standin.ChannelID}, note); err == nil || errors.Is(err, bot.ErrGone) {
		t.Errorf("where Discord fails: %v", err)
	}
	s.AllowRefused()
}
