package standin_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"silkwire/adapters/slack/standin"
)

// said is a message that breaks no rule.
func said(text string, more ...slack.MsgOption) []slack.MsgOption {
	return append([]slack.MsgOption{slack.MsgOptionText(text, true), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl()}, more...)
}

func header(text string) slack.MsgOption {
	return slack.MsgOptionBlocks(slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, text, false, false)))
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestPostMessage(t *testing.T) {
	tests := map[string]struct {
		channel string
		options []slack.MsgOption
		before  func(*standin.Slack)
		err     string
		want    string // the violation
	}{
		"good":           {"C1", said("hi", header("h")), nil, "", ""},
		"byName":         {"#general", said("hi"), nil, "", ""},
		"toAUser":        {"U1", said("hi"), nil, "", ""},
		"thread":         {"C1", said("hi", slack.MsgOptionTS("1764000000.000001")), nil, "", ""},
		"badThread":      {"C1", said("hi", slack.MsgOptionTS("now")), nil, "invalid_thread_ts", "thread_ts"},
		"unknownChannel": {"C404", said("hi"), nil, "channel_not_found", ""},
		"archived":       {"C2", said("hi"), func(s *standin.Slack) { s.SetChannel(standin.Room{ID: "C2", Archived: true, BotIsMember: true}) }, "is_archived", ""},
		"public":         {"C2", said("hi"), func(s *standin.Slack) { s.SetChannel(standin.Room{ID: "C2"}) }, "", ""},
		"notInChannel": {"C2", said("hi"), func(s *standin.Slack) {
			s.SetChannel(standin.Room{ID: "C2"})
			s.SetScopes("chat:write")
		}, "not_in_channel", ""},
		"private":       {"C2", said("hi"), func(s *standin.Slack) { s.SetChannel(standin.Room{ID: "C2", Private: true}) }, "channel_not_found", ""},
		"noScope":       {"C1", said("hi"), func(s *standin.Slack) { s.SetScopes("commands") }, "missing_scope", ""},
		"nothing":       {"C1", said(""), nil, "no_text", "text or blocks needed"},
		"broken":        {"C1", said("hi", header(x(151))), nil, "invalid_blocks", "151 characters"},
		"big":           {"C1", said("hi", slack.MsgOptionBlocks(slices.Repeat([]slack.Block{slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, x(2800), false, false), nil, nil)}, 5)...)), nil, "msg_blocks_too_long", "characters of JSON"},
		"noFallback":    {"C1", said("", header("h")), nil, "", "no fallback"},
		"unfurls":       {"C1", []slack.MsgOption{slack.MsgOptionText("x", true), slack.MsgOptionDisableMediaUnfurl()}, nil, "", "/unfurl_links"},
		"unfurlsMedia":  {"C1", []slack.MsgOption{slack.MsgOptionText("x", true), slack.MsgOptionDisableLinkUnfurl()}, nil, "", "/unfurl_media"},
		"mentions":      {"C1", said("x", slack.MsgOptionBlocks(slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, "<!here>", false, false), nil, nil))), nil, "", "live mention"},
		"mentionsOK":    {"C1", said("x", slack.MsgOptionBlocks(slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, "<!here>", false, false), nil, nil))), (*standin.Slack).AllowMentions, "", ""},
		"linkNames":     {"C1", said("x", slack.MsgOptionLinkNames(true)), nil, "", "/link_names"},
		"parse":         {"C1", said("x", slack.MsgOptionParse(true)), nil, "", "/parse"},
		"refusedKind":   {"C1", said("x", header("h")), func(s *standin.Slack) { s.RefuseBlock("header") }, "invalid_blocks", ""},
		"refusedOther":  {"C1", said("x", header("h")), func(s *standin.Slack) { s.RefuseBlock("table") }, "", ""},
		"demanded":      {"C1", said("x"), func(s *standin.Slack) { s.Fail("chat.postMessage", "token_revoked", -1) }, "token_revoked", ""},
		"demandedOther": {"C1", said("x"), func(s *standin.Slack) { s.Fail("chat.update", "token_revoked", -1) }, "", ""},
		"demandedHTTP":  {"C1", said("x"), func(s *standin.Slack) { s.Fail("chat.postMessage", "http_503", 1) }, "slack server error: 503 Service Unavailable", ""},
		"limited": {"C1", said("x"), func(s *standin.Slack) {
			s.Fail("chat.postMessage", "ratelimited", 1)
			s.RetryAfter(7 * time.Second)
		}, "slack rate limit exceeded, retry after 7s", ""},
		"demandedScope": {"C1", said("x"), func(s *standin.Slack) { s.Fail("chat.postMessage", "missing_scope", 1) }, "missing_scope", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := standin.New(t)
			if test.before != nil {
				test.before(s)
			}
			_, ts, err := client(s).PostMessageContext(deadline(t), test.channel, test.options...)
			if errorText(err) != test.err {
				t.Errorf("got error %v, want %q", err, test.err)
			}
			if (ts == "") != (test.err != "") {
				t.Errorf("got timestamp %q", ts)
			}
			if e := (slack.SlackErrorResponse{}); test.err == "missing_scope" && (!errors.As(err, &e) || e.Needed != "chat:write" || e.Provided != "commands") {
				t.Errorf("got %+v", e)
			}
			violated(t, s, test.want)
			if got := len(s.Calls("chat.postMessage")); got != 1 {
				t.Errorf("got %d calls", got)
			}
		})
	}
}

func TestFailTimes(t *testing.T) {
	s := standin.New(t)
	s.Fail("chat.postMessage", "fatal_error", 2)
	var got []string
	for range 3 {
		_, _, err := client(s).PostMessageContext(deadline(t), "C1", said("x")...)
		got = append(got, errorText(err))
	}
	if want := []string{"fatal_error", "fatal_error", ""}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	posts, err := s.Posts(deadline(t), 1)
	if err != nil || len(posts) != 1 {
		t.Errorf("got %d posts, %v", len(posts), err)
	}
}

func TestRate(t *testing.T) {
	s := standin.New(t, standin.Clock(func() time.Time { return time.Unix(1764000000, 0) }))
	post := func(channel string) bool {
		_, _, err := client(s).PostMessageContext(deadline(t), channel, said("x")...)
		limited := &slack.RateLimitedError{}
		if err != nil && !errors.As(err, &limited) {
			t.Fatal(err)
		}
		return err == nil
	}
	for range 10 {
		if !post("C1") {
			t.Fatal("limited without EnforceRate")
		}
	}
	s.EnforceRate(true)
	n := 0
	for post("C1") {
		n++
	}
	if n < 2 || n > 5 {
		t.Errorf("got %d posts at once", n)
	}
	if !post("D1") {
		t.Error("another channel is limited too")
	}
	s.Advance(time.Second)
	if !post("C1") || post("C1") {
		t.Error("want one post a second")
	}
}

func TestTokens(t *testing.T) {
	s := standin.New(t)
	tests := map[string]struct{ bot, app, want, open string }{
		"right":   {standin.BotToken, standin.AppToken, "", ""},
		"swapped": {standin.AppToken, standin.BotToken, "not_allowed_token_type", "not_allowed_token_type"},
		"wrong":   {"xoxb-wrong", "xapp-wrong", "invalid_auth", "invalid_auth"},
		"none":    {"", "", "not_authed", "not_authed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := slack.New(test.bot, slack.OptionAPIURL(s.URL()), slack.OptionAppLevelToken(test.app))
			if _, err := c.AuthTestContext(deadline(t)); errorText(err) != test.want {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if _, _, err := c.StartSocketModeContext(deadline(t)); errorText(err) != test.open {
				t.Errorf("got %v, want %q", err, test.open)
			}
		})
	}
}

func TestAuthTestTellsScopes(t *testing.T) {
	s := standin.New(t)
	s.SetScopes("commands", "chat:write")
	got, err := client(s).AuthTestContext(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	if got.BotID != standin.BotID || got.UserID != standin.BotUser || got.TeamID != standin.TeamID || got.Header.Get("X-OAuth-Scopes") != "commands,chat:write" {
		t.Errorf("got %+v", got)
	}
}

func TestUnknownMethod(t *testing.T) {
	s := standin.New(t)
	if err := client(s).DeleteReminderContext(deadline(t), "R1"); errorText(err) != "unknown_method" {
		t.Errorf("got %v", err)
	}
	violated(t, s, "unknown method reminders.delete")
}

func TestUpdateAndDelete(t *testing.T) {
	s := standin.New(t)
	c := client(s)
	_, ts, err := c.PostMessageContext(deadline(t), "C1", said("one")...)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := c.UpdateMessageContext(deadline(t), "C1", ts, slack.MsgOptionText("two", true)); err != nil {
		t.Error(err)
	}
	if got := fmt.Sprintf("%s", s.Messages("C1")); !strings.Contains(got, `"two"`) {
		t.Errorf("got %s", got)
	}
	if _, _, _, err := c.UpdateMessageContext(deadline(t), "C1", "1.000001", slack.MsgOptionText("two", true)); errorText(err) != "message_not_found" {
		t.Errorf("got %v", err)
	}
	theirs := s.AddMessage("C1", "U1", "mine", "")
	if _, _, _, err := c.UpdateMessageContext(deadline(t), "C1", theirs, slack.MsgOptionText("two", true)); errorText(err) != "cant_update_message" {
		t.Errorf("got %v", err)
	}
	if _, _, err := c.DeleteMessageContext(deadline(t), "C1", ts); err != nil {
		t.Error(err)
	}
	if got := len(s.Messages("C1")); got != 1 {
		t.Errorf("got %d messages", got)
	}
}

func TestEphemeral(t *testing.T) {
	s := standin.New(t)
	s.SetChannel(standin.Room{ID: "C3", Members: []string{"U5"}, BotIsMember: true})
	for user, want := range map[string]string{"U5": "user_not_found", "U1": "user_not_in_channel"} {
		if _, err := client(s).PostEphemeralContext(deadline(t), "C3", user, said("x")...); errorText(err) != want {
			t.Errorf("%s: got %v, want %s", user, err, want)
		}
	}
	s.SetUser(standin.Person{ID: "U5"})
	if _, err := client(s).PostEphemeralContext(deadline(t), "C3", "U5", said("x")...); err != nil {
		t.Error(err)
	}
}

func modalView() slack.ModalViewRequest {
	return slack.ModalViewRequest{Type: slack.VTModal, Title: slack.NewTextBlockObject(slack.PlainTextType, "t", false, false), Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewDividerBlock()}}}
}

func TestModals(t *testing.T) {
	s := standin.New(t)
	dial(t, s)
	c := client(s)
	trigger := func() string {
		id, _ := s.Send(standin.Command("/ask", "")).Payload["trigger_id"].(string)
		return id
	}
	once := trigger()
	opened, err := c.OpenViewContext(deadline(t), once, modalView())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.OpenViewContext(deadline(t), once, modalView()); errorText(err) != "exchanged_trigger_id" {
		t.Errorf("got %v", err)
	}
	late := trigger()
	s.Advance(4 * time.Second)
	if _, err := c.OpenViewContext(deadline(t), late, modalView()); errorText(err) != "expired_trigger_id" {
		t.Errorf("got %v", err)
	}
	if _, err := c.OpenViewContext(deadline(t), "none", modalView()); errorText(err) != "invalid_trigger_id" {
		t.Errorf("got %v", err)
	}
	again, err := c.UpdateViewContext(deadline(t), modalView(), "", opened.Hash, opened.ID)
	if err != nil || again.ID != opened.ID || again.Hash == opened.Hash {
		t.Errorf("got %+v, %v", again, err)
	}
	if _, err := c.UpdateViewContext(deadline(t), modalView(), "", opened.Hash, opened.ID); errorText(err) != "hash_conflict" {
		t.Errorf("got %v", err)
	}
	if _, err := c.UpdateViewContext(deadline(t), modalView(), "", "", "V404"); errorText(err) != "not_found" {
		t.Errorf("got %v", err)
	}
	if s.View(opened.ID) == nil {
		t.Error("the view is not held")
	}
	violated(t, s, "")
	broken := modalView()
	broken.Title.Text = x(25)
	if _, err := c.OpenViewContext(deadline(t), trigger(), broken); errorText(err) != "invalid_arguments" {
		t.Errorf("got %v", err)
	}
	violated(t, s, "25 characters")
}

func TestHome(t *testing.T) {
	s := standin.New(t)
	publish := func(user string) error {
		_, err := client(s).PublishViewContext(deadline(t), slack.PublishViewContextRequest{UserID: user, View: slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewDividerBlock()}}}})
		return err
	}
	if err := publish("U1"); err != nil {
		t.Error(err)
	}
	if got := string(s.Home("U1")); !strings.Contains(got, `"divider"`) {
		t.Errorf("got %s", got)
	}
	if err := publish("U404"); errorText(err) != "user_not_found" {
		t.Errorf("got %v", err)
	}
	s.RefuseBlock("divider")
	if err := publish("U1"); errorText(err) != "invalid_blocks" {
		t.Errorf("got %v", err)
	}
}

func TestLookups(t *testing.T) {
	s := standin.New(t)
	c := client(s)
	s.SetUser(standin.Person{ID: "U2", Admin: true, TZ: "Asia/Tokyo", TZOffset: 32400, Team: "T9", Restricted: true})
	s.SetChannel(standin.Room{ID: "C2", Name: "secret", Creator: "U2", Private: true})
	s.SetChannel(standin.Room{ID: "C3", Name: "open", Creator: "U2", Members: []string{"U2"}, Archived: true})
	u, err := c.GetUserInfoContext(deadline(t), "U2")
	if err != nil || !u.IsAdmin || u.TZ != "Asia/Tokyo" || u.TeamID != "T9" || !u.IsRestricted || u.IsOwner {
		t.Errorf("got %+v, %v", u, err)
	}
	if _, err := c.GetUserInfoContext(deadline(t), "U404"); errorText(err) != "user_not_found" {
		t.Errorf("got %v", err)
	}
	r, err := c.GetConversationInfoContext(deadline(t), &slack.GetConversationInfoInput{ChannelID: "C3"})
	if err != nil || r.Creator != "U2" || !r.IsArchived || r.IsMember || r.Name != "open" {
		t.Errorf("got %+v, %v", r, err)
	}
	if _, err := c.GetConversationInfoContext(deadline(t), &slack.GetConversationInfoInput{ChannelID: "C2"}); errorText(err) != "channel_not_found" {
		t.Errorf("got %v", err)
	}
	list, _, err := c.GetConversationsContext(deadline(t), &slack.GetConversationsParameters{ExcludeArchived: true})
	if err != nil || len(list) != 1 || list[0].ID != "C1" {
		t.Errorf("got %+v, %v", list, err)
	}
	root := s.AddMessage("C1", "U1", "root", "")
	s.AddMessage("C1", "U1", "reply", root)
	_, _, err = c.PostMessageContext(deadline(t), "C1", said("mine", slack.MsgOptionTS(root))...)
	if err != nil {
		t.Fatal(err)
	}
	replies, _, _, err := c.GetConversationRepliesContext(deadline(t), &slack.GetConversationRepliesParameters{ChannelID: "C1", Timestamp: root})
	if err != nil || len(replies) != 3 || replies[2].BotID != standin.BotID {
		t.Errorf("got %+v, %v", replies, err)
	}
	history, err := c.GetConversationHistoryContext(deadline(t), &slack.GetConversationHistoryParameters{ChannelID: "C1"})
	if err != nil || len(history.Messages) != 1 {
		t.Errorf("got %+v, %v", history, err)
	}
	link, err := c.GetPermalinkContext(deadline(t), &slack.PermalinkParameters{Channel: "C1", Ts: root})
	if err != nil || !strings.HasPrefix(link, "https://test.slack.com/archives/C1/p") {
		t.Errorf("got %q, %v", link, err)
	}
	item := slack.NewRefToMessage("C1", root)
	for _, want := range []string{"", "already_reacted"} {
		if err := c.AddReactionContext(deadline(t), "eyes", item); errorText(err) != want {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestAssistant(t *testing.T) {
	s := standin.New(t)
	c := client(s)
	ts := s.AddMessage(standin.DM, "U1", "x", "")
	if err := c.SetAssistantThreadsStatusContext(deadline(t), slack.AssistantThreadsSetStatusParameters{ChannelID: standin.DM, ThreadTS: ts, Status: "is thinking"}); err != nil {
		t.Error(err)
	}
	prompts := slack.AssistantThreadsSetSuggestedPromptsParameters{ChannelID: standin.DM, ThreadTS: ts, Title: "t"}
	for range 4 {
		prompts.AddPrompt("t", "m")
	}
	if err := c.SetAssistantThreadsSuggestedPromptsContext(deadline(t), prompts); err != nil {
		t.Error(err)
	}
	prompts.AddPrompt("t", "m")
	if err := c.SetAssistantThreadsSuggestedPromptsContext(deadline(t), prompts); errorText(err) != "invalid_arguments" {
		t.Errorf("got %v", err)
	}
	violated(t, s, "prompts must be")
}

func TestBlocksValidate(t *testing.T) {
	tests := map[string]struct{ body, want string }{
		"blocks":      {`{"blocks":[{"type":"divider"}]}`, `{"ok":true}`},
		"asAString":   {`{"blocks":"[{\"type\":\"divider\"}]"}`, `{"ok":true}`},
		"broken":      {`{"blocks":[{"type":"section"}]}`, `{"error":"invalid_blocks","errors":[{"code":"failed_constraint","message":"text or fields needed","pointer":"/0"}],"ok":false}`},
		"message":     {`{"message":{"text":"t"}}`, `{"ok":true}`},
		"brokenView":  {`{"view":{"type":"home"}}`, `{"error":"invalid_view","errors":[{"code":"failed_constraint","message":"blocks is missing","pointer":"/"}],"ok":false}`},
		"nothing":     {`{}`, `{"error":"invalid_arguments","ok":false}`},
		"two":         {`{"blocks":[],"message":{}}`, `{"error":"invalid_arguments","ok":false}`},
		"refusedKind": {`{"blocks":[{"type":"table","rows":[[{"type":"raw_text","text":"a"}]]}]}`, `{"error":"invalid_blocks","errors":[{"code":"failed_constraint","message":"blocks of type table are not allowed","pointer":"/"}],"ok":false}`},
	}
	s := standin.New(t)
	s.RefuseBlock("table")
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(deadline(t), http.MethodPost, s.URL()+"blocks.validate", strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Authorization", "Bearer "+standin.BotToken)
			if got := fetch(t, req); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestHold(t *testing.T) {
	s := standin.New(t)
	release := s.Hold("users.info")
	got := make(chan error, 1)
	go func() {
		_, err := client(s).GetUserInfoContext(t.Context(), "U1")
		got <- err
	}()
	if _, err := client(s).AuthTestContext(deadline(t)); err != nil {
		t.Error(err)
	}
	if n := len(s.Calls("users.info")); n != 0 {
		t.Errorf("got %d calls, want it held", n)
	}
	release()
	release()
	if err := <-got; err != nil {
		t.Error(err)
	}
}
