package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	discordin "silkwire/adapters/discord/standin"
	"silkwire/adapters/slack/standin"
	"silkwire/bot"
	"silkwire/bot/delivery"
	"silkwire/knowledge"
)

// A digest in Slack: ordered, posted, and once although silkwire ended while Slack had
// taken it and not said so.
func TestSlackDigest(t *testing.T) {
	s := standin.New(t)
	env := map[string]string{
		"SLACK_BOT_TOKEN": standin.BotToken, "SLACK_APP_TOKEN": standin.AppToken, "SLACK_API_URL": s.URL(), "SLACK_READ_CHANNELS": "1",
		"SILKWIRE_ADMIN_ADDR": "127.0.0.1:0", "SILKWIRE_CURATORS": "slack:T1:U1", "SILKWIRE_DB": filepath.Join(t.TempDir(), "silkwire.db"), "SILKWIRE_RATE": "off",
	}
	run := startServe(t, env)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	run.waitReady(ctx, t)
	ask := func(text string) string {
		t.Helper()
		d := s.Send(standin.Command("/digest", text))
		payload, err := d.Ack(ctx)
		if err == nil && len(payload) < 3 {
			all, failed := s.Responses(ctx, d, 1)
			if failed != nil {
				t.Fatal(failed, run.stderr)
			}
			payload = all[0]
		}
		if err != nil {
			t.Fatal(err)
		}
		return string(payload)
	}
	if got := ask("subscribe live topics:qwen"); !strings.Contains(got, "Ordered.") {
		t.Fatalf("it is not ordered: %s", got)
	}
	posts, err := s.Posts(ctx, 1)
	if err != nil {
		t.Fatal(err, run.stderr)
	}
	if got := string(mustJSON(t, posts[0].Args)); !strings.Contains(got, "This is the first digest about Qwen") || !strings.Contains(got, "silkwire_delivery") {
		t.Errorf("posted: %s", got)
	}
	if err := s.Wait(ctx, "the log", func() bool { return strings.Contains(ask("log"), "UTC: posted") }); err != nil {
		t.Error(err, ask("log"))
	}
	// One for another channel, by its name.
	s.SetChannel(standin.Room{ID: "C6", Name: "elsewhere", BotIsMember: true})
	if got := ask("subscribe live topics:nvidia channel:#nowhere"); !strings.Contains(got, "I see no channel") {
		t.Errorf("a channel that there is not: %s", got)
	}
	if got := ask("subscribe live topics:nvidia channel:#elsewhere"); !strings.Contains(got, "It is posted in") {
		t.Errorf("in another channel: %s", got)
	}
	if err := s.Wait(ctx, "the post elsewhere", func() bool { return len(s.Messages("C6")) > 0 }); err != nil {
		t.Error(err, run.stderr)
	}
	// The next one is taken, and silkwire ends before it is told so.
	s.SetChannel(standin.Room{ID: "C5", Name: "news", BotIsMember: true})
	release := s.Hold("chat.postMessage")
	d := s.Send(standin.Command("/digest", "subscribe live topics:nvidia", standin.In("C5")))
	if _, err := d.Ack(ctx); err != nil {
		t.Fatal(err)
	}
	in := func(text string) string {
		t.Helper()
		payload, err := s.Send(standin.Command("/digest", text, standin.In("C5"))).Ack(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return string(payload)
	}
	if err := s.Wait(ctx, "the post", func() bool { return strings.Contains(in("log"), "sending") }); err != nil {
		t.Fatal(err, in("log"), run.stderr)
	}
	run.stop()
	release()
	run.exit(t)
	run = startServe(t, env)
	run.waitReady(ctx, t)
	if err := s.Wait(ctx, "the log", func() bool { return strings.Contains(in("log"), "UTC: posted") }); err != nil {
		t.Error(err, in("log"), run.stderr)
	}
	if n := len(s.Messages("C5")); n != 1 {
		t.Errorf("the digest was posted %d times\n%s", n, in("log"))
	}
	run.stop()
	run.exit(t)
}

// A digest in Discord.
func TestDiscordDigest(t *testing.T) {
	s := discordin.New(t)
	run := startServe(t, discordEnv(s))
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	run.waitReady(ctx, t)
	ann := discordin.User{ID: "300000000000000001", Name: "Ann", Permissions: 1 << 5}
	here := discordin.Where{Guild: discordin.GuildID, Channel: discordin.ChannelID}
	if kind, form, err := s.Command(ann, here, "digest subscribe").Response(ctx); err != nil || kind != 9 || !bytes.Contains(form, []byte("Often")) {
		t.Errorf("without options no form is opened: %d, %s, %v", kind, form, err)
	}
	s.Announces(discordin.ChannelID)
	m, err := s.Command(ann, here, "digest subscribe", discordin.Given{Name: "often", Value: "live"}, discordin.Given{Name: "topics", Value: "qwen"}, discordin.Given{Name: "ping", Value: "<@&500000000000000001>"}).Answer(ctx)
	if err != nil || !strings.Contains(m.Text(), "Ordered.") {
		t.Fatalf("it is not ordered: %v, %s", err, m.Text())
	}
	if err := s.Wait(ctx, "the digest", func() bool { return len(s.Calls("POST", "/channels/"+discordin.ChannelID)) > 0 }); err != nil {
		t.Fatal(err, run.stderr)
	}
	digest := s.Posted(discordin.ChannelID)[0]
	body := s.Calls("POST", "/channels/"+discordin.ChannelID)[0].Body
	if !strings.Contains(digest.Text(), "This is the first digest about Qwen") || !bytes.Contains(body, []byte("mark:")) || !bytes.Contains(body, []byte("enforce_nonce")) || !bytes.Contains(body, []byte(`"roles":["500000000000000001"]`)) {
		t.Errorf("posted: %s", body)
	}
	if err := s.Wait(ctx, "that it is published", func() bool {
		return len(s.Calls("POST", "/channels/"+discordin.ChannelID+"/messages/"+digest.ID+"/crosspost")) > 0
	}); err != nil {
		t.Error(err, run.stderr)
	}
	log := func() string {
		m, err := s.Command(ann, here, "digest log").Answer(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return m.Text()
	}
	if err := s.Wait(ctx, "the log", func() bool { return strings.Contains(log(), "UTC: posted") }); err != nil {
		t.Error(err, log())
	}
	run.stop()
	run.exit(t)
}

// Many digests that are due at the same minute go out spread and within Slack's limits,
// each once, and questions are answered meanwhile.
func TestManyDigestsAtOnce(t *testing.T) {
	many := 40
	if os.Getenv("SILKWIRE_LONG") == "1" {
		many = 500
	}
	s := standin.New(t)
	s.EnforceRate(true)
	database := filepath.Join(t.TempDir(), "silkwire.db")
	base, err := openToWrite(t.Context(), database, quiet(), bot.NewHealth(quiet(), time.Now))
	if err != nil {
		t.Fatal(err)
	}
	for i := range many {
		channel := fmt.Sprint("CM", i)
		s.SetChannel(standin.Room{ID: channel, Name: channel, BotIsMember: true})
		o := delivery.Subscription{To: bot.Conversation{Platform: slackName, Space: standin.TeamID, Channel: channel}, Live: true, First: true, Next: time.Now(), Cursor: 1}
		if _, err := base.digests.Add(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	if err := base.close(); err != nil {
		t.Fatal(err)
	}
	run := startServe(t, map[string]string{
		"SLACK_BOT_TOKEN": standin.BotToken, "SLACK_APP_TOKEN": standin.AppToken, "SLACK_API_URL": s.URL(), "SILKWIRE_DB": database,
		"SILKWIRE_ADMIN_ADDR": "127.0.0.1:0", "SILKWIRE_RATE": "off",
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	run.waitReady(ctx, t)
	asked := 0
	for len(s.Calls("chat.postMessage")) < many && ctx.Err() == nil {
		// Ack fails where no answer comes within Slack's three seconds.
		if payload, err := s.Send(standin.Command("/ask", "did the chip controls work?")).Ack(ctx); err != nil || len(payload) < 3 {
			t.Fatalf("question %d: %s, %v", asked, payload, err)
		}
		asked++
	}
	run.stop()
	run.exit(t)
	for i := range many {
		if n := len(s.Messages(fmt.Sprint("CM", i))); n != 1 {
			t.Errorf("in channel %d the digest was posted %d times", i, n)
		}
	}
	for _, c := range s.Calls("chat.postMessage") {
		if c.Error != "" {
			t.Errorf("Slack refused a post: %s", c.Error)
		}
	}
	t.Logf("reliability: %d digests at once, each posted once, and %d questions answered meanwhile", many, asked)
}

// In Discord a digest for a channel that the bot may not write in is refused at once, and
// one for a forum becomes a post there, from which it is changed.
func TestDiscordDigestElsewhere(t *testing.T) {
	s := discordin.New(t)
	s.ForbidSending(discordin.OtherID)
	run := startServe(t, discordEnv(s))
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	run.waitReady(ctx, t)
	ann := discordin.User{ID: "300000000000000001", Name: "Ann", Permissions: 1 << 5}
	here := discordin.Where{Guild: discordin.GuildID, Channel: discordin.ChannelID}
	order := func(channel string) string {
		t.Helper()
		m, err := s.Command(ann, here, "digest subscribe", discordin.Given{Name: "often", Value: "live"}, discordin.Given{Name: "channel", Value: "<#" + channel + ">"}).Answer(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return m.Text()
	}
	if got := order(discordin.OtherID); !strings.Contains(got, "I may not post in this channel") {
		t.Errorf("without Send Messages: %s", got)
	}
	if got := order(discordin.ForumID); !strings.Contains(got, "It is posted in") {
		t.Fatalf("in a forum: %s", got)
	}
	if err := s.Wait(ctx, "the post", func() bool { return len(s.Posts()) > 0 }); err != nil {
		t.Fatal(err, run.stderr)
	}
	post := s.Posts()[0]
	if text := s.Posted(post)[0].Text(); !strings.Contains(text, "This is the first digest") {
		t.Errorf("posted: %s", text)
	}
	there := discordin.Where{Guild: discordin.GuildID, Channel: post, Parent: discordin.ForumID}
	if m, err := s.Command(ann, there, "digest list").Answer(ctx); err != nil || !strings.Contains(m.Text(), "One digest is ordered") {
		t.Errorf("in its post: %s, %v", m.Text(), err)
	}
	log := func() string {
		m, err := s.Command(ann, there, "digest log").Answer(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return m.Text()
	}
	if err := s.Wait(ctx, "the log", func() bool {
		return strings.Contains(log(), "https://discord.com/channels/"+discordin.GuildID+"/"+post)
	}); err != nil {
		t.Error(err, log())
	}
	run.stop()
	run.exit(t)
}

// A digest whose tickers have a history carries their line as a picture, which follows
// the post.
func TestDigestPicture(t *testing.T) {
	database := filepath.Join(t.TempDir(), "silkwire.db")
	base, err := openToWrite(t.Context(), database, quiet(), bot.NewHealth(quiet(), time.Now))
	if err != nil {
		t.Fatal(err)
	}
	var quotes []knowledge.Quote
	for n := range 12 {
		day := time.Now().UTC().AddDate(0, 0, n-20).Format(time.DateOnly)
		quotes = append(quotes, knowledge.Quote{Symbol: "BABA", Price: fmt.Sprint(100 + n*n%7), Currency: "USD", AsOf: day, Source: "Our desk"})
	}
	if _, err := base.quotes.Take(t.Context(), quotes); err != nil {
		t.Fatal(err)
	}
	onSlack := delivery.Subscription{To: bot.Conversation{Platform: slackName, Space: standin.TeamID, Channel: standin.Channel}, Live: true, First: true, Next: time.Now(), Cursor: 1, Topics: []string{"qwen"}}
	onDiscord := onSlack
	onDiscord.To = bot.Conversation{Platform: discordName, Space: discordin.GuildID, Channel: discordin.ChannelID}
	for _, o := range []delivery.Subscription{onSlack, onDiscord} {
		if _, err := base.digests.Add(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	if err := base.close(); err != nil {
		t.Fatal(err)
	}
	s, d := standin.New(t), discordin.New(t)
	env := discordEnv(d)
	maps.Copy(env, map[string]string{"SLACK_BOT_TOKEN": standin.BotToken, "SLACK_APP_TOKEN": standin.AppToken, "SLACK_API_URL": s.URL(), "SILKWIRE_DB": database})
	run := startServe(t, env)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	run.waitReady(ctx, t)
	if err := d.Wait(ctx, "the picture in Discord", func() bool {
		for _, c := range d.Calls("PATCH", "/channels/"+discordin.ChannelID+"/messages/") {
			if bytes.Contains(c.Body, []byte("attachment://")) && c.Status == 200 {
				return true
			}
		}
		return false
	}); err != nil {
		t.Error(err, run.stderr)
	}
	if err := s.Wait(ctx, "the chart in Slack", func() bool {
		for _, method := range []string{"chat.postMessage", "chat.update"} {
			for _, c := range s.Calls(method) {
				if body := mustJSON(t, c.Args); c.Error == "" && (bytes.Contains(body, []byte("slack_file")) || bytes.Contains(body, []byte("data_visualization"))) {
					return true
				}
			}
		}
		return false
	}); err != nil {
		t.Error(err, run.stderr)
	}
	if n, m := len(s.Messages(standin.Channel)), len(d.Posted(discordin.ChannelID)); n != 1 || m != 1 {
		t.Errorf("posted %d times in Slack, %d in Discord", n, m)
	}
	run.stop()
	run.exit(t)
}
