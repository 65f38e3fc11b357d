package standin_test

import (
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"silkwire/adapters/slack/standin"
)

// Everything that Slack can say is read by slack-go, and means what it was made to.
func TestEnvelopesAsSlackGoReadsThem(t *testing.T) {
	inner := func(e socketmode.Event) any {
		outer, _ := e.Data.(slackevents.EventsAPIEvent)
		return outer.InnerEvent.Data
	}
	command := func(e socketmode.Event) slack.SlashCommand { c, _ := e.Data.(slack.SlashCommand); return c }
	callback := func(e socketmode.Event) slack.InteractionCallback {
		c, _ := e.Data.(slack.InteractionCallback)
		return c
	}
	tests := map[string]struct {
		env standin.Envelope
		is  func(socketmode.Event) bool
	}{
		"command": {standin.Command("/ask", "x", standin.By("U5"), standin.In("G5"), standin.Team("T5")), func(e socketmode.Event) bool {
			c := command(e)
			return c.Command == "/ask" && c.UserID == "U5" && c.ChannelID == "G5" && c.ChannelName == "privategroup" && c.TeamID == "T5" && c.ResponseURL != "" && c.TriggerID != ""
		}},
		"commandBare": {standin.Command("/ask", "x", standin.Without("response_url"), standin.Without("trigger_id")), func(e socketmode.Event) bool {
			return command(e).ResponseURL == "" && command(e).TriggerID == ""
		}},
		"mention": {standin.Mention("hi", standin.By("U5"), standin.In("C5")), func(e socketmode.Event) bool {
			m, ok := inner(e).(*slackevents.AppMentionEvent)
			return ok && m.Text == "<@U0BOT> hi" && m.User == "U5" && m.Channel == "C5" && m.TimeStamp != ""
		}},
		"directMessage": {standin.Message("hi", standin.FromBot("B5"), standin.Subtype("bot_message")), func(e socketmode.Event) bool {
			m, ok := inner(e).(*slackevents.MessageEvent)
			return ok && m.ChannelType == "im" && m.Channel == standin.DM && m.BotID == "B5" && m.SubType == "bot_message"
		}},
		"channelMessage": {standin.Message("hi", standin.In("C5"), standin.Thread("1.000002")), func(e socketmode.Event) bool {
			m, ok := inner(e).(*slackevents.MessageEvent)
			return ok && m.ChannelType == "channel" && m.ThreadTimeStamp == "1.000002"
		}},
		"home": {standin.HomeOpened("U5"), func(e socketmode.Event) bool {
			h, ok := inner(e).(*slackevents.AppHomeOpenedEvent)
			return ok && h.User == "U5" && h.Tab == "home"
		}},
		"assistant": {standin.AssistantStarted(standin.By("U5"), standin.In("D5")), func(e socketmode.Event) bool {
			a, ok := inner(e).(*slackevents.AssistantThreadStartedEvent)
			return ok && a.AssistantThread.UserID == "U5" && a.AssistantThread.ChannelID == "D5" && a.AssistantThread.ThreadTimeStamp != ""
		}},
		"event": {standin.Event(map[string]any{"type": "channel_archive", "channel": "C5", "user": "U5"}), func(e socketmode.Event) bool {
			a, ok := inner(e).(*slackevents.ChannelArchiveEvent)
			return ok && a.Channel == "C5"
		}},
		"press": {standin.Press("more", "2", standin.By("U5"), standin.In("C5"), standin.Block("b7"), standin.Thread("1.000002")), func(e socketmode.Event) bool {
			c := callback(e)
			a := c.ActionCallback.BlockActions[0]
			return a.ActionID == "more" && a.Value == "2" && a.BlockID == "b7" && c.User.ID == "U5" && c.Channel.ID == "C5" && c.Container.ThreadTs == "1.000002" && c.ResponseURL != ""
		}},
		"pressEphemeral": {standin.Press("more", "2", standin.Ephemeral()), func(e socketmode.Event) bool {
			return callback(e).Container.IsEphemeral && callback(e).Message.Timestamp == ""
		}},
		"pressInMessage": {standin.Press("more", "2", standin.InMessage(json.RawMessage(`{"ts":"5.000001","text":"was"}`))), func(e socketmode.Event) bool {
			c := callback(e)
			return c.Message.Text == "was" && c.Container.MessageTs == "5.000001"
		}},
		"pressOnHome": {standin.Press("more", "2", standin.OnHome()), func(e socketmode.Event) bool {
			c := callback(e)
			return c.View.Type == slack.VTHomeTab && c.Channel.ID == "" && c.ResponseURL == "" && c.TriggerID != ""
		}},
		"select": {standin.Press("pick", "v", standin.Selected("overflow")), func(e socketmode.Event) bool {
			a := callback(e).ActionCallback.BlockActions[0]
			return a.SelectedOption.Value == "v" && string(a.Type) == "overflow" && a.Value == ""
		}},
		"suggest": {standin.Suggest("pick", "b1", "ali"), func(e socketmode.Event) bool {
			c := callback(e)
			return c.Type == slack.InteractionTypeBlockSuggestion && c.ActionID == "pick" && c.BlockID == "b1" && c.Value == "ali"
		}},
		"submit": {standin.Submit(json.RawMessage(modal), standin.Values{"in": {"a": standin.Typed("x"), "b": standin.Chosen("y")}}), func(e socketmode.Event) bool {
			v := callback(e).View
			return v.ID == "V7" && v.State.Values["in"]["a"].Value == "x" && v.State.Values["in"]["b"].SelectedOption.Value == "y"
		}},
		"closeView": {standin.CloseView(json.RawMessage(modal)), func(e socketmode.Event) bool {
			return callback(e).Type == slack.InteractionTypeViewClosed && callback(e).View.ID == "V7"
		}},
		"shortcut": {standin.Shortcut("ask_this", "what is it"), func(e socketmode.Event) bool {
			c := callback(e)
			return c.CallbackID == "ask_this" && c.Message.Text == "what is it" && c.ResponseURL != ""
		}},
		"globalShortcut": {standin.GlobalShortcut("ask"), func(e socketmode.Event) bool {
			return callback(e).Type == slack.InteractionTypeShortcut && callback(e).TriggerID != ""
		}},
		"another": {standin.Command("/ask", "x", standin.With("enterprise_id", "E1")), func(e socketmode.Event) bool {
			return command(e).EnterpriseID == "E1"
		}},
	}
	s := standin.New(t)
	heard := make(chan socketmode.Event, 1)
	connect(t, s, func(_ *socketmode.Client, e socketmode.Event) {
		if e.Request != nil && e.Request.EnvelopeID != "" || e.Type == socketmode.EventTypeErrorBadMessage {
			heard <- e
		}
	})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s.Send(test.env)
			if e := <-heard; !test.is(e) {
				t.Errorf("got %s %+v", e.Type, e.Data)
			}
		})
	}
	if got := len(s.Unacked()); got != len(tests) {
		t.Errorf("got %d unacked, want %d", got, len(tests))
	}
}

func TestSlackGoReconnects(t *testing.T) {
	s := standin.New(t)
	connect(t, s, func(bot *socketmode.Client, e socketmode.Event) {
		if e.Type == socketmode.EventTypeSlashCommand {
			_ = bot.Ack(*e.Request)
		}
	})
	s.Disconnect(0, "warning")
	if err := s.WaitOpens(deadline(t), 2); err != nil {
		t.Fatal(err)
	}
	if err := s.WaitClosed(deadline(t), 0); err != nil {
		t.Fatal(err)
	}
	if err := s.WaitSockets(deadline(t), 1); err != nil {
		t.Fatal(err)
	}
	d := s.Send(standin.Command("/ask", "x"))
	if _, err := d.Ack(deadline(t)); err != nil || d.Socket() != 1 {
		t.Errorf("got socket %d, %v", d.Socket(), err)
	}
}

func TestARefusedKindInAnAck(t *testing.T) {
	s := standin.New(t)
	s.RefuseBlock("divider")
	ws := dial(t, s)
	d := s.Send(standin.Command("/ask", "x"))
	answer(t, ws, blocks(`{"type":"divider"}`))
	if _, err := d.Ack(deadline(t)); !errors.Is(err, standin.ErrRefused) {
		t.Errorf("got %v", err)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	s := standin.New(t)
	for range 3 {
		dial(t, s)
	}
	s.Disconnect(0, "warning")
	s.Hold("users.info")
	failed := make(chan error, 1)
	go func() {
		_, err := client(s).GetUserInfoContext(t.Context(), "U1")
		failed <- err
	}()
	waited := make(chan error, 1)
	go func() { waited <- s.WaitSockets(t.Context(), 5) }()
	s.Close()
	s.Close()
	if err := <-waited; !errors.Is(err, standin.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if err := <-failed; err == nil {
		t.Error("a held call was answered")
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	if strings.Contains(string(stacks), "standin.(*Slack)") {
		t.Errorf("a goroutine is left:\n%s", stacks)
	}
	if d := s.Send(standin.Command("/ask", "x")); d.Socket() != -1 {
		t.Errorf("sent to %d", d.Socket())
	}
}
