package discord_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"silkwire/adapters/discord/standin"
	"silkwire/bot"
	"silkwire/bot/delivery"
)

// Where a digest would not arrive is known when it is ordered.
func TestCanPost(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	s.ForbidSending(standin.OtherID)
	r := start(t, s)
	at := func(channel, thread string) bot.Conversation {
		return bot.Conversation{Platform: "discord", Space: standin.GuildID, Channel: channel, Thread: thread}
	}
	for _, c := range []struct {
		name  string
		where bot.Conversation
		gone  bool
		forum bool
	}{
		{"a channel", at(standin.ChannelID, ""), false, false},
		{"a thread", at(standin.ChannelID, standin.ThreadID), false, false},
		{"a forum", at(standin.ForumID, ""), false, true},
		{"without Send Messages", at(standin.OtherID, ""), true, false},
		{"a channel that is not there", at("200000000000000009", ""), true, false},
		{"a direct message", bot.Conversation{Platform: "discord", Channel: standin.DirectID, Direct: true}, false, false},
	} {
		forum, err := r.adapter.CanPost(t.Context(), c.where)
		if gone := errors.Is(err, bot.ErrGone); gone != c.gone || forum != c.forum || err != nil && !gone {
			t.Errorf("%s: forum %v, %v", c.name, forum, err)
		}
	}
}

// In a forum a digest is a post of its own, with the tag that there must be, and found
// again by its mark.
func TestDeliverToAForum(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	told := make(chan bot.Shared, 1)
	r := start(t, s, takesShared(told))
	forum := bot.Conversation{Platform: "discord", Space: standin.GuildID, Channel: standin.ForumID, Forum: true}
	digest := answerTo(bot.Request{})
	digest.Title, digest.Ping = bot.B(strings.Repeat("Digest · Thursday ", 9)), "500000000000000001"
	digest.Actions = []bot.Action{{Label: "Stop", Line: "/lab mark:abc"}}
	id, err := r.adapter.Deliver(t.Context(), forum, digest, "abc")
	if posts := s.Posts(); err != nil || len(posts) != 1 || posts[0] != id {
		t.Fatalf("posted %q of %q, %v", id, posts, err)
	}
	body := string(s.Calls("POST", "/channels/"+standin.ForumID+"/threads")[0].Body)
	for _, want := range []string{`"applied_tags":["600000000000000002"]`, `"roles":["500000000000000001"]`, `"name":"Digest · Thursday`, "mark:abc"} {
		if !strings.Contains(body, want) {
			t.Errorf("there is no %s in %s", want, body)
		}
	}
	if shared := next(t, r, told); shared.Message != id || shared.Channel != id {
		t.Errorf("it is corrected as %+v", shared)
	}
	before := s.Now().Add(-time.Hour)
	if found, err := r.adapter.Find(t.Context(), forum, "abc", before); err != nil || found != id {
		t.Errorf("found as %q, %v", found, err)
	}
	if found, err := r.adapter.Find(t.Context(), forum, "other", before); err != nil || found != "" {
		t.Errorf("another one is found as %q, %v", found, err)
	}
	s.ForbidHistory(standin.ForumID)
	if _, err := r.adapter.Find(t.Context(), forum, "abc", before); !errors.Is(err, delivery.ErrUnreadable) {
		t.Errorf("where it may not read: %v", err)
	}
	s.Fail("POST", "/channels/"+standin.ForumID+"/threads", standin.Failure{Status: http.StatusServiceUnavailable, Times: 1})
	if _, err := r.adapter.Deliver(t.Context(), forum, digest, "abd"); err == nil || errors.Is(err, delivery.ErrNotNow) || errors.Is(err, bot.ErrGone) {
		t.Errorf("after an error of Discord's own it is in doubt: %v", err)
	}
	s.ForbidSending(standin.ForumID)
	if _, err := r.adapter.Deliver(t.Context(), forum, digest, "abe"); !errors.Is(err, bot.ErrGone) {
		t.Errorf("where it may not post: %v", err)
	}
}
