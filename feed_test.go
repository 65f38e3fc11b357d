package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	discordin "silkwire/adapters/discord/standin"
	"silkwire/adapters/slack/standin"
)

// aWire is a feed as a newspaper has it, in GBK, with what must not come through.
const aWire = `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>Harbour Chronicle · Technology</title><link>https://chronicle.example/tech</link><atom:link href="https://chronicle.example/tech/feed" rel="self" type="application/rss+xml"/>
<description>News of technology</description><language>en</language><lastBuildDate>Wed, 25 Nov 2026 06:00:00 +0800</lastBuildDate><ttl>30</ttl>
<item><title>Alibaba&#8217;s Qwen team says its next model will be half the price, @everyone</title>
<link>https://chronicle.example/tech/qwen-half-price?utm_source=rss&amp;utm_medium=feed</link><guid isPermaLink="false">https://chronicle.example/?p=48211</guid>
<dc:creator><![CDATA[A. Writer]]></dc:creator><pubDate>Wed, 25 Nov 2026 05:12:00 +0800</pubDate>
<description><![CDATA[<p>The team said on <b>Tuesday</b> that developers would pay half as much per token from December.<img src="https://tracker.example/p.gif" width="1" height="1"></p><script>alert("x")</script><p>&lt;!channel&gt; Read <a href="javascript:alert(1)">more</a>.</p>]]></description></item>
<item><title>Harbour bridge to close for a week</title><link>https://chronicle.example/city/bridge</link><guid isPermaLink="false">https://chronicle.example/?p=48207</guid><pubDate>Tue, 24 Nov 2026 21:00:00 +0800</pubDate><description>Drivers are told to take the tunnel.</description></item>
<item><title>US Commerce adds two chip makers to the Entity List</title><link>https://chronicle.example/tech/entity-list</link><guid isPermaLink="false">https://chronicle.example/?p=48190</guid><pubDate>Tue, 24 Nov 2026 09:00:00 +0800</pubDate><description>The listing takes effect at once.</description></item>
</channel></rss>`

// say writes a page. Who asked for it has gone, if that fails.
func say(w io.Writer, page string) { _, _ = io.WriteString(w, page) }

// wireServer serves the feed, and its page; under /slow it waits for the gate.
func wireServer(t *testing.T) (address string, gate chan struct{}) {
	t.Helper()
	gate = make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow", "/tech/feed":
			if r.URL.Path == "/slow" {
				select {
				case <-gate:
				case <-r.Context().Done():
					return
				}
			}
			w.Header().Set("Content-Type", "application/rss+xml")
			say(w, aWire)
		default:
			w.Header().Set("Content-Type", "text/html")
			say(w, `<!doctype html><title>The Chronicle</title><link rel="alternate" type="application/rss+xml" href="/tech/feed">`)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, gate
}

// A feed in Slack: its page names it, it is followed, and an item of it becomes a fact.
func TestSlackFeed(t *testing.T) {
	s := standin.New(t)
	web, gate := wireServer(t)
	run := startServe(t, map[string]string{
		"SLACK_BOT_TOKEN": standin.BotToken, "SLACK_APP_TOKEN": standin.AppToken, "SLACK_API_URL": s.URL(),
		"SILKWIRE_ADMIN_ADDR": "127.0.0.1:0", "SILKWIRE_CURATORS": "slack:T1:U1", "SILKWIRE_NOTICES": "1s", "SILKWIRE_FETCH_PRIVATE": "1",
	})
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	run.waitReady(ctx, t)
	k := &album{t: t, folder: filepath.Join("testdata", "slack", "feed")}
	said := func(e standin.Envelope) []byte {
		t.Helper()
		return bytes.ReplaceAll(saidTo(ctx, t, s, s.Send(by(e, "U1"))), []byte(web), []byte("https://chronicle.example"))
	}
	ask := func(text string) []byte { t.Helper(); return said(standin.Command("/silkwire-feed", text)) }
	ask("list")
	said(standin.Command("/settings", "curators told:here"))
	if got := ask("add " + web + "/"); !bytes.Contains(got, []byte("That is a page. It names 1 feed.")) {
		t.Errorf("a page: %s", got)
	}
	added := ask("add " + web + "/tech/feed")
	if !bytes.Contains(added, []byte("Harbour Chronicle")) || !bytes.Contains(added, []byte("2 proposed to curators and 1 without a name that I know")) {
		t.Fatalf("it is not followed: %s\n%s", added, run.stderr)
	}
	calls, err := s.WaitCalls(ctx, "chat.postMessage", 1)
	if err != nil || !bytes.Contains(mustJSON(t, calls[0].Args), []byte("2 items of feeds")) {
		t.Errorf("curators are told %s, %v", mustJSON(t, calls[0].Args), err)
	}
	review := ask("review")
	k.keep("what-waits", review)
	one := said(pressable(t, review)["Open 1"])
	k.keep("one-item", one)
	for _, bad := range []string{"<!channel>", "javascript:", "alert(", "tracker.example", "utm_source"} {
		if bytes.Contains(one, []byte(bad)) {
			t.Errorf("%s comes through: %s", bad, one)
		}
	}
	k.keep("log", ask("log"))
	if got := ask("add " + web + "/tech/feed?utm_source=x"); !bytes.Contains(got, []byte("followed already")) {
		t.Errorf("twice: %s", got)
	}
	// A server that takes its time keeps nobody waiting for the acknowledgement.
	d := s.Send(standin.Command("/silkwire-feed", "add "+web+"/slow"))
	if _, err := d.Ack(ctx); err != nil {
		t.Fatal(err)
	}
	close(gate)
	if all, err := s.Responses(ctx, d, 1); err != nil || !bytes.Contains(all[len(all)-1], []byte("Followed.")) {
		t.Errorf("of a slow server: %s, %v", all, err)
	}
	run.stop()
	run.exit(t)
}

// The same in Discord.
func TestDiscordFeed(t *testing.T) {
	s := discordin.New(t)
	web, gate := wireServer(t)
	env := discordEnv(s)
	env["SILKWIRE_CURATORS"], env["SILKWIRE_FETCH_PRIVATE"] = "discord:"+discordin.GuildID+":300000000000000003", "1"
	run := startServe(t, env)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	run.waitReady(ctx, t)
	k := &album{t: t, folder: filepath.Join("testdata", "discord", "feed")}
	cas, here := discordin.User{ID: "300000000000000003", Name: "Cas"}, discordin.Where{Guild: discordin.GuildID, Channel: discordin.ChannelID}
	keep := func(name string, e *discordin.Exchange) discordin.Message {
		t.Helper()
		m, err := e.Answer(ctx)
		if err != nil {
			t.Fatal(err, run.stderr)
		}
		_, raw, err := e.Response(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if name != "" {
			k.keep(name, bytes.ReplaceAll(raw, []byte(web), []byte("https://chronicle.example")))
		}
		return m
	}
	added := keep("", s.Command(cas, here, "feed add", discordin.Given{Name: "address", Value: web + "/tech/feed"}))
	if !strings.Contains(added.Text(), "2 proposed to curators") {
		t.Fatalf("it is not followed: %s\n%s", added.Text(), run.stderr)
	}
	review := keep("what-waits", s.Command(cas, here, "feed review"))
	open, ok := review.Button("Open 1")
	if !ok {
		t.Fatal(review.Text())
	}
	one := keep("one-item", s.Press(cas, here, review, open.CustomID))
	for _, bad := range []string{"javascript:", "alert(", "tracker.example", "utm_source"} {
		if strings.Contains(one.Text(), bad) {
			t.Errorf("%s comes through: %s", bad, one.Text())
		}
	}
	keep("log", s.Command(cas, here, "feed log"))
	slow := s.Command(cas, here, "feed add", discordin.Given{Name: "address", Value: web + "/slow"})
	if kind, raw, err := slow.Response(ctx); err != nil || kind != 5 {
		t.Errorf("of a slow server nothing is promised: %d, %s, %v", kind, raw, err)
	}
	close(gate)
	if m, err := slow.Answer(ctx); err != nil || !strings.Contains(m.Text(), "Followed.") {
		t.Errorf("of a slow server: %s, %v", m.Text(), err)
	}
	run.stop()
	run.exit(t)
}
