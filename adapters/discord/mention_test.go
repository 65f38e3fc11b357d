package discord_test

import (
	"testing"

	"silkwire/adapters/discord/standin"
	"silkwire/bot"
)

// say writes a message.
func say(t *testing.T, r *running, u standin.User, w standin.Where, content string) string {
	t.Helper()
	id, err := r.discord.Say(u, w, content)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// posted waits for so many messages in a channel.
func posted(t *testing.T, r *running, channel string, n int) []standin.Message {
	t.Helper()
	if err := r.discord.Wait(r.within(), "messages", func() bool { return len(r.discord.Posted(channel)) >= n }); err != nil {
		t.Fatalf("%v\n%s", err, r.log)
	}
	return r.discord.Posted(channel)
}

// TestMention answers in reply to the message that names the bot.
func TestMention(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	id := say(t, r, bob, server, "<@"+standin.BotUser+"> did it work?")
	m := posted(t, r, standin.ChannelID, 1)[0]
	has(t, m.Text(), "Answer to did it work?")
	if m.ReplyTo != id {
		t.Errorf("it replies to %q", m.ReplyTo)
	}
	if _, found := m.Button("Sources"); !found {
		t.Error("there are no buttons")
	}
}

// TestMentionInAThread knows in a thread what it was about, whoever asks.
func TestMentionInAThread(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	say(t, r, bob, thread, "<@"+standin.BotUser+"> kimi?")
	posted(t, r, standin.ThreadID, 1)
	say(t, r, ann, thread, "<@!"+standin.BotUser+"> and its licence? <@"+standin.BotUser+">")
	m := posted(t, r, standin.ThreadID, 2)[1]
	has(t, m.Text(), "Answer to and its licence? in the light of kimi.")
	if got := r.core.last().Conversation; got.Channel != standin.ChannelID || got.Thread != standin.ThreadID {
		t.Errorf("the conversation is %+v", got)
	}
	if n := len(s.Calls("GET", "/channels/"+standin.ThreadID)); n != 1 {
		t.Errorf("the thread was asked for %d times", n)
	}
}

// TestMessagesThatAreNotForTheBot are left alone.
func TestMessagesThatAreNotForTheBot(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	say(t, r, bob, server, "did it work?")
	for _, change := range []func(map[string]any){
		func(m map[string]any) { m["author"].(map[string]any)["bot"] = true },
		func(m map[string]any) { m["webhook_id"] = "1" },
		func(m map[string]any) { m["author"].(map[string]any)["id"] = standin.BotUser },
	} {
		if _, err := s.Say(bob, server, "<@"+standin.BotUser+"> did it work?", change); err != nil {
			t.Fatal(err)
		}
	}
	r.answer(s.Command(bob, server, "help")) // all before it were seen
	if n := r.core.count(); n != 1 || len(s.Posted(standin.ChannelID)) > 0 {
		t.Errorf("%d requests, %d messages", n, len(s.Posted(standin.ChannelID)))
	}
}

// TestDirectMessage answers what is written to the bot alone, without a mention.
func TestDirectMessage(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	say(t, r, bob, direct, "did it work?")
	has(t, posted(t, r, standin.DirectID, 1)[0].Text(), "Answer to did it work?")
	if got := r.core.last(); !got.Conversation.Direct || !got.User.May.Includes(bot.Admin) {
		t.Errorf("the request is %+v", got)
	}
}

// TestMentionOfACommandForAdmins says to use the command, which tells who somebody is.
func TestMentionOfACommandForAdmins(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	say(t, r, ann, server, "<@"+standin.BotUser+"> /settings who nobody")
	has(t, posted(t, r, standin.ChannelID, 1)[0].Text(), "use the command itself")
	say(t, r, ann, server, "<@"+standin.BotUser+"> private: did it work?")
	has(t, posted(t, r, standin.ChannelID, 2)[1].Text(), "Here I answer in private")
}

// TestMentionOfNothing says what can be asked.
func TestMentionOfNothing(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	say(t, r, bob, server, "<@"+standin.BotUser+">")
	has(t, posted(t, r, standin.ChannelID, 1)[0].Text(), "Ask.")
}
