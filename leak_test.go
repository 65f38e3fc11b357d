package main

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	discordin "silkwire/adapters/discord/standin"
	"silkwire/adapters/slack/standin"
)

// TestServeLeavesNothing serves both platforms, with requests, a feed, a digest that is due
// at once and a connection that breaks, and ends: no goroutine is left.
func TestServeLeavesNothing(t *testing.T) {
	before := goleak.IgnoreCurrent()
	s, d := standin.New(t), discordin.New(t)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/rss+xml")
		say(w, aWire)
	}))
	defer web.Close()
	env := discordEnv(d)
	maps.Copy(env, map[string]string{
		"SLACK_BOT_TOKEN": standin.BotToken, "SLACK_APP_TOKEN": standin.AppToken, "SLACK_API_URL": s.URL(), "SILKWIRE_CURATORS": "slack:T1:U1", "SILKWIRE_FETCH_PRIVATE": "1",
	})
	run := startServe(t, env)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	run.waitReady(ctx, t)
	who, where := discordin.User{ID: "300000000000000002", Name: "Bob"}, discordin.Where{Guild: discordin.GuildID, Channel: discordin.ChannelID}
	var asking sync.WaitGroup
	asking.Go(func() {
		for _, e := range []standin.Envelope{
			standin.Command("/ask", "did the chip controls work?"), standin.Command("/silkwire-feed", "add "+web.URL+"/tech/feed"), standin.Command("/digest", "subscribe"),
			standin.Command("/ticker", "NVDA chart:true"), standin.Mention("qwen licence"), standin.HomeOpened(standin.User),
		} {
			if _, err := s.Send(e).Ack(ctx); err != nil {
				t.Error(err)
			}
		}
	})
	asking.Go(func() {
		if _, err := d.Command(who, where, "market").Answer(ctx); err != nil {
			t.Error(err)
		}
		d.Complete(who, where, "ask", discordin.Given{Name: "question", Value: "did", Focused: true})
		d.Drop()
	})
	asking.Wait()
	s.CutOff(0)
	run.stop()
	if code := run.exit(t); code != exitAnswered {
		t.Errorf("exit status %d: %s", code, run.stderr)
	}
	s.Close()
	d.Close()
	web.Close()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}
