package standin_test

import (
	"context"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"silkwire/adapters/slack/standin"
)

// deadline is far more than any of these tests takes.
func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func client(s *standin.Slack) *slack.Client {
	return slack.New(standin.BotToken, slack.OptionAPIURL(s.URL()), slack.OptionAppLevelToken(standin.AppToken))
}

// connect runs a bot of slack-go's, whose answer to everything is up to the test.
func connect(t *testing.T, s *standin.Slack, answer func(*socketmode.Client, socketmode.Event)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	bot := socketmode.New(client(s))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = bot.RunContext(ctx)
	}()
	events := make(chan struct{})
	go func() {
		defer close(events)
		for {
			select {
			case e := <-bot.Events:
				answer(bot, e)
			case <-done:
				return
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		<-events
	})
	if err := s.WaitSockets(deadline(t), 1); err != nil {
		t.Fatal(err)
	}
}

func TestCommandOverASocket(t *testing.T) {
	s := standin.New(t)
	connect(t, s, func(bot *socketmode.Client, e socketmode.Event) {
		command, ok := e.Data.(slack.SlashCommand)
		if !ok {
			return
		}
		_ = bot.Ack(*e.Request, map[string]any{"text": "you said " + command.Text})
		_, _, _ = bot.PostMessage(command.ChannelID, slack.MsgOptionText("later", true), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
		_ = slack.PostWebhook(command.ResponseURL, &slack.WebhookMessage{Text: "and here"})
	})
	d := s.Send(standin.Command("/ask", "who"))
	ack, err := d.Ack(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(ack), `{"text":"you said who"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	posts, err := s.Posts(deadline(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := posts[0].String("text"); got != "later" || posts[0].TS() == "" {
		t.Errorf("got %q at %q", got, posts[0].TS())
	}
	responses, err := s.Responses(deadline(t), d, 1)
	if err != nil || len(responses) != 1 {
		t.Errorf("got %s, %v", responses, err)
	}
}
