package discord_test

import (
	"strings"
	"testing"
	"time"

	"silkwire/adapters/discord/standin"
)

// TestACommandStillCachedInAnOldClient answers what the bot no longer has.
func TestACommandStillCachedInAnOldClient(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	m := r.answer(s.Command(bob, server, "lap", standin.Given{Name: "name", Value: "kimi"}))
	has(t, m.Text(), "There is no command /lap. Did you mean /lab?")
	if !m.Ephemeral() {
		t.Error("a mistake is shown to everybody")
	}
	has(t, r.answer(s.OnMessage(bob, server, "Explain this", "text")).Text(), "There is no command")
	has(t, r.answer(s.Command(bob, server, "settings gone")).Text(), "settings")
}

// TestOptionsOfTheWrongType answers an option that was of another type once, is gone,
// or is no value at all.
func TestOptionsOfTheWrongType(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	for name, c := range map[string]struct {
		path  string
		value any
	}{
		"a text for a number":    {"count", "many"},
		"a fraction":             {"count", 1.5},
		"a list":                 {"count", []any{1, 2}},
		"an object":              {"count", map[string]any{"a": 1}},
		"nothing":                {"count", nil},
		"a number for a text":    {"ask", 17},
		"an option that is gone": {"help", true},
	} {
		t.Run(name, func(t *testing.T) {
			option := map[string]string{"count": "n", "ask": "question", "help": "old"}[c.path]
			e := s.Deliver(bob, server, 2, map[string]any{"id": "1", "name": c.path, "type": 1, "options": []any{map[string]any{"name": option, "type": 3, "value": c.value}}}, nil)
			if m := r.answer(e); m.Text() == "" {
				t.Error("nothing is said")
			}
		})
	}
}

// TestAnOptionOfSixThousandCharacters is answered in a sentence.
func TestAnOptionOfSixThousandCharacters(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	m := r.answer(s.Command(bob, server, "ask", question(strings.Repeat("芯", 6000))))
	has(t, m.Text(), "too long")
	if e := s.Complete(bob, server, "ask", standin.Given{Name: "question", Value: strings.Repeat("a", 6000), Focused: true}); e != nil {
		if choices, err := e.Choices(r.within()); err != nil || len(choices) != 0 {
			t.Errorf("%v, %v", choices, err)
		}
	}
}

// TestAnUnknownOrForgedCustomID tells kindly that nothing is known of a button, and
// lets nobody do more than they may.
func TestAnUnknownOrForgedCustomID(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	m := r.answer(s.Command(bob, server, "ask", question("did it work?")))
	for name, id := range map[string]string{
		"of another bot": "click_one", "of a version to come": "2a0.0=/lab kimi", "without a state": "1a0.0=", "with a piece that is none": "1s0.0@0:!!!!", "a form's": "1f0.0=/feedback wrong about:a-fact",
		"a page that nothing has": "1gzz.0=/long", "a share of a setting": "1h0.0=/settings who nobody",
	} {
		t.Run(name, func(t *testing.T) {
			before := r.core.count()
			got := r.answer(s.PressForged(ann, server, m, 2, id))
			has(t, got.Text(), "earlier silkwire")
			if r.core.count() != before {
				t.Error("a command was run")
			}
		})
	}
	t.Run("a setting by somebody who may not", func(t *testing.T) {
		has(t, r.answer(s.PressForged(bob, server, m, 2, "1a0.0=/settings who nobody")).Text(), "is for an admin")
	})
	t.Run("a menu without a choice", func(t *testing.T) {
		has(t, r.answer(s.PressForged(bob, server, m, 3, "1p0.0+")).Text(), "earlier silkwire")
	})
	t.Run("a form", func(t *testing.T) {
		e := s.Deliver(bob, server, 5, map[string]any{"custom_id": "feedback_modal", "components": []any{}}, nil)
		has(t, r.answer(e).Text(), "earlier silkwire")
	})
	t.Run("without the message", func(t *testing.T) {
		e := s.Deliver(bob, server, 3, map[string]any{"custom_id": "1s0.0@0:abc", "component_type": 2}, nil)
		has(t, r.answer(e).Text(), "earlier silkwire")
	})
}

// TestAnotherUserPressingAPrivateButton shows that what somebody presses is theirs: it
// is asked with their rights, shown to them, and changes nobody else's message.
func TestAnotherUserPressingAPrivateButton(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	private := r.answer(s.Command(ann, server, "settings show"))
	menu, _ := private.Menu("Who sees replies")
	e := s.PressForged(bob, server, private, 3, menu.CustomID, "/settings who nobody")
	got := r.answer(e)
	has(t, got.Text(), "is for an admin")
	if !got.Ephemeral() || got.ID == private.ID {
		t.Error("it was shown to others")
	}
}

// TestAMessageDeletedBeforeTheEdit answers by a follow-up.
func TestAMessageDeletedBeforeTheEdit(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	e := s.Command(bob, server, "slow")
	r.responds(e, 5)
	e.Dismiss()
	close(r.core.gate)
	has(t, r.answer(e).Text(), "Slowly.")
}

// TestMissingPermissionToEmbedLinks posts plain text, and tells who asked in private,
// once.
func TestMissingPermissionToEmbedLinks(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	s.ForbidEmbeds(standin.ChannelID)
	for range 2 {
		say(t, r, bob, server, "<@"+standin.BotUser+"> did it work?")
	}
	all := posted(t, r, standin.ChannelID, 2)
	has(t, all[0].Content, "Answer to did it work?")
	told := posted(t, r, standin.DirectID, 1)
	has(t, told[0].Content, "I may not embed links in <#"+standin.ChannelID+">")
	if len(s.Posted(standin.DirectID)) != 1 {
		t.Error("it was told again")
	}
}

// TestMissingPermissionToSend tells who asked in private, and leaves the channel alone.
func TestMissingPermissionToSend(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	s.ForbidSending(standin.ChannelID)
	say(t, r, bob, server, "<@"+standin.BotUser+"> did it work?")
	has(t, posted(t, r, standin.DirectID, 1)[0].Content, "I may not write there")
	for range 20 {
		say(t, r, ann, server, "<@"+standin.BotUser+"> did it work?")
	}
	posted(t, r, standin.DirectID, 2) // Ann is told as well
	if tried := s.Calls("POST", "/channels/"+standin.ChannelID); len(tried) > 2 {
		t.Errorf("it was tried %d times", len(tried))
	}
	// A command is still answered.
	has(t, r.answer(s.Command(bob, server, "ask", question("did it work?"))).Text(), "Answer to")
}

// TestMissingPermissionToAnswer tells the asker of a command in private, whether the
// answer was there at once or came later.
func TestMissingPermissionToAnswer(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	s.Fail("POST", "/interactions", standin.Failure{Status: 403, Code: 50013, Times: 1})
	m := r.answer(s.Command(bob, server, "help"))
	has(t, m.Text(), "I may not answer in this channel.")
	if !m.Ephemeral() {
		t.Error("everybody is told")
	}
	slow := s.Command(bob, server, "slow")
	r.responds(slow, 5)
	s.Fail("PATCH", "/webhooks", standin.Failure{Status: 403, Code: 50013, Times: 1})
	close(r.core.gate)
	has(t, r.answer(slow).Text(), "I may not answer in this channel.")
}

// TestManyMentionsAtOnce keeps the channel's bucket: Discord never has to say so.
func TestManyMentionsAtOnce(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	for range 12 {
		say(t, r, bob, server, "<@"+standin.BotUser+"> did it work?")
	}
	posted(t, r, standin.ChannelID, 12)
	if n := s.Limited(); n > 0 {
		t.Errorf("%d requests were too many", n)
	}
}

// TestDuplicateEvents answers once what comes twice.
func TestDuplicateEvents(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	s.DeliverTwice(true)
	r.answer(s.Command(bob, server, "ask", question("did it work?")))
	say(t, r, bob, server, "<@"+standin.BotUser+"> and now?")
	posted(t, r, standin.ChannelID, 1)
	r.answer(s.Command(bob, server, "help"))
	if n := r.core.count(); n != 3 {
		t.Errorf("%d requests were answered, want 3", n)
	}
	if v := s.TakeViolations("acknowledged"); len(v) > 0 {
		t.Error(v)
	}
}

// TestAPanic ends the request and nothing else.
func TestAPanic(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	has(t, r.answer(s.Command(bob, server, "break")).Text(), "wrong")
	has(t, r.answer(s.Command(bob, server, "help")).Text(), "Ask.")
}

// TestWhatDiscordSendsThatNobodyKnows shows that the unknown breaks nothing.
func TestWhatDiscordSendsThatNobodyKnows(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	has(t, r.answer(s.Deliver(bob, server, 77, map[string]any{}, nil)).Text(), "I do not know what was done there")
	s.Deliver(bob, server, 2, map[string]any{"name": []any{1}}, func(i map[string]any) { i["member"] = "nobody" })
	if _, err := s.Say(bob, server, "<@"+standin.BotUser+"> hello", func(m map[string]any) { m["components"] = []any{map[string]any{"type": 99}} }); err != nil {
		t.Fatal(err)
	}
	posted(t, r, standin.ChannelID, 1)
	has(t, r.answer(s.Command(bob, server, "help")).Text(), "Ask.")
}

// TestALateAnswer goes to the channel where everybody was to see it, else is dropped
// with a line in the log.
func TestALateAnswer(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	public, private := s.Command(bob, server, "slow"), s.Command(bob, server, "slow", inPrivate)
	for _, e := range []*standin.Exchange{public, private} {
		r.responds(e, 5)
	}
	s.Advance(16 * time.Minute)
	close(r.core.gate)
	has(t, posted(t, r, standin.ChannelID, 1)[0].Text(), "Slowly.")
	waitFor(t, r, func() bool { return strings.Contains(r.log.String(), "an answer was dropped") })
}
