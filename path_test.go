package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"silkwire/adapters/discord"
	discordin "silkwire/adapters/discord/standin"
	"silkwire/adapters/slack"
	"silkwire/adapters/slack/standin"
	"silkwire/bot"
	"silkwire/bot/delivery"
	"silkwire/commands"
)

// album writes down what a path of several steps looks like, one golden file a step.
type album struct {
	t      *testing.T
	folder string
	steps  int
	fixed  bool // its time stands still: dates are compared too
}

// What differs from run to run.
var (
	draftIDs = regexp.MustCompile(`\bd[0-9a-z]{11}\b`)
	moments  = regexp.MustCompile(`\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December) 20(?:2[6-9]|3\d)(?:,? \d\d:\d\d(?: UTC)?)?`)
	numbers  = regexp.MustCompile(`"(ts|thread_ts|message_ts|id|channel_id|hash|view_id|custom_id|private_metadata|nonce|url|b)":\s*"(?:[^"\\]|\\.)*"`)
	kept     = regexp.MustCompile(`/again [a-z2-7]{16}`)
	feedIDs  = regexp.MustCompile(`(/feed (?:log|remove) )[a-z2-7]{8}`)
	relative = regexp.MustCompile(`(\bt:|!date\^)\d{10}`)
)

// keep compares a payload with its file.
func (k *album) keep(name string, payload []byte) {
	k.t.Helper()
	k.steps++
	payload = draftIDs.ReplaceAllFunc(payload, func(id []byte) []byte {
		if !bytes.ContainsAny(id, "0123456789") {
			return id // it is a word
		}
		return []byte("dg512h6btclc")
	})
	if !k.fixed {
		payload = moments.ReplaceAll(payload, []byte("26 November 2026"))
	}
	payload = kept.ReplaceAll(payload, []byte("/again abcdefghijklmnop"))
	payload = feedIDs.ReplaceAll(payload, []byte("${1}abcdefgh"))
	payload = relative.ReplaceAll(payload, []byte("${1}1795684500"))
	payload = numbers.ReplaceAll(payload, []byte(`"$1": "…"`))
	golden(k.t, filepath.Join(k.folder, fmt.Sprintf("%02d-%s.json", k.steps, name)), payload)
}

// pressable are the buttons of a message in Slack, by their labels.
func pressable(t *testing.T, payload []byte) map[string]standin.Envelope {
	t.Helper()
	var m struct {
		Blocks []struct {
			Elements []struct {
				ActionID string `json:"action_id"`
				Value    string
				Text     json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(payload, &m); err != nil {
		t.Fatal(err)
	}
	all := map[string]standin.Envelope{}
	for _, b := range m.Blocks {
		for _, e := range b.Elements {
			var text struct{ Text string }
			if json.Unmarshal(e.Text, &text) == nil && e.ActionID != "" {
				all[text.Text] = standin.Press(e.ActionID, e.Value, standin.Ephemeral())
			}
		}
	}
	return all
}

// saidTo is what was answered to a delivery: in its acknowledgement, or behind it.
func saidTo(ctx context.Context, t *testing.T, s *standin.Slack, d *standin.Delivery) []byte {
	t.Helper()
	payload, err := d.Ack(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(payload) < 3 {
		all, err := s.Responses(ctx, d, 1)
		if err != nil {
			t.Fatal(err)
		}
		payload = all[0]
	}
	return payload
}

// A proposal in Slack, from the message to the fact, and a correction that travels to
// where the fact was shared.
func TestSlackProposal(t *testing.T) {
	s := standin.New(t)
	run := startServe(t, map[string]string{
		"SLACK_BOT_TOKEN": standin.BotToken, "SLACK_APP_TOKEN": standin.AppToken, "SLACK_API_URL": s.URL(),
		"SILKWIRE_ADMIN_ADDR": "127.0.0.1:0", "SILKWIRE_CURATORS": "slack:T1:U1", "SILKWIRE_NOTICES": "1s",
	})
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	run.waitReady(ctx, t)
	k := &album{t: t, folder: filepath.Join("testdata", "slack", "proposal")}
	said := func(d *standin.Delivery) []byte { t.Helper(); return saidTo(ctx, t, s, d) }
	ask := func(who, command, text string) []byte {
		t.Helper()
		return said(s.Send(standin.Command(command, text, standin.By(who))))
	}
	press := func(who, label string, on []byte) *standin.Delivery {
		t.Helper()
		e, ok := pressable(t, on)[label]
		if !ok {
			t.Fatalf("there is no button %q: %s", label, on)
		}
		return s.Send(by(e, who))
	}
	// posted waits for the next message that the bot posts of its own accord.
	seen := 0
	posted := func(holds string) standin.Call {
		t.Helper()
		for {
			calls, err := s.WaitCalls(ctx, "chat.postMessage", seen+1)
			if err != nil {
				t.Fatal(err, run.stderr)
			}
			seen++
			if c := calls[seen-1]; strings.Contains(string(mustJSON(t, c.Args)), holds) {
				return c
			}
		}
	}
	// U1 is named by the operator, and names U3; whoever else tries is told so.
	if got := ask("U2", "/settings", "curators U2"); !bytes.Contains(got, []byte("for curators")) {
		t.Errorf("who is no curator named one: %s", got)
	}
	ask("U1", "/settings", "curators U3 told:here")
	k.keep("proposed", said(s.Send(standin.Shortcut("Propose as a fact", "Qwen tea was served at the fair in Hangzhou, see https://example.org/tea", standin.By("U2")))))
	k.keep("curators-are-told", mustJSON(t, posted("waits for curators").Args))
	review := ask("U3", "/curate", "review")
	k.keep("what-waits", review)
	one := said(press("U3", "Open 1", review))
	k.keep("one-draft", one)
	if got := said(press("U2", "Accept", one)); !bytes.Contains(got, []byte("for curators")) {
		t.Errorf("somebody pressed a curator's button: %s", got)
	}
	accept := press("U3", "Accept", one)
	if _, err := accept.Ack(ctx); err != nil {
		t.Fatal(err)
	}
	view := opened(ctx, t, s, 1)
	k.keep("the-form", view)
	empty := s.Send(standin.Submit(view, standin.Values{"field|grade": {"v1/pick/0": standin.Chosen("press")}, "field|until": {"v1/ask/0": standin.Typed("soon")}}, standin.By("U3")))
	wrong, err := empty.Ack(ctx)
	if err != nil || !bytes.Contains(wrong, []byte("field|until")) {
		t.Errorf("a wrong date is answered %s, %v", wrong, err)
	}
	k.keep("a-wrong-date", wrong)
	// submit sends a form; what comes of it is shown where the form was asked for.
	submit := func(asked *standin.Delivery, view []byte, values standin.Values) []byte {
		t.Helper()
		before, err := s.Responses(ctx, asked, 0)
		if err != nil {
			t.Fatal(err)
		}
		if payload, err := s.Send(standin.Submit(view, values, standin.By("U3"))).Ack(ctx); err != nil || len(payload) > 2 {
			t.Fatalf("the form is answered %s, %v", payload, err)
		}
		all, err := s.Responses(ctx, asked, len(before)+1)
		if err != nil {
			t.Fatal(err, run.stderr)
		}
		return all[len(before)]
	}
	preview := submit(accept, view, standin.Values{"field|grade": {"v1/pick/0": standin.Chosen("press")}})
	k.keep("before-it-is-added", preview)
	added := said(press("U3", "Add it", preview))
	k.keep("added", added)
	again := said(press("U3", "Add it", preview))
	if bytes.Contains(again, []byte("Added")) {
		t.Errorf("it was added twice: %s", again)
	}
	k.keep("its-proposer-is-told", mustJSON(t, posted("What became of what you sent").Args))

	// It is shared, and watched, and then corrected.
	ask("U2", "/watch", "qwen")
	answer := ask("U2", "/fact", "qwen-tea-was-served-at-the")
	said(press("U2", "Share to channel", answer))
	shared := posted("Shared by")
	asked, form := askForm(ctx, t, s, "U3", "/curate", "edit qwen-tea-was-served-at-the")
	k.keep("edit-form", form)
	changed := submit(asked, form, standin.Values{"field|statement": {"v1/ask/0": standin.Typed("Qwen coffee was served at the fair in Hangzhou.")}, "field|why": {"v1/ask/0": standin.Typed("the page was misread")}})
	k.keep("edited", changed)
	var note, told standin.Call
	for note.Method == "" || told.Method == "" {
		c := posted("coffee")
		if bytes.Contains(mustJSON(t, c.Args), []byte("What you watch has changed")) {
			told = c
		} else {
			note = c
		}
	}
	k.keep("the-correction", mustJSON(t, note.Args))
	k.keep("who-watches-is-told", mustJSON(t, told.Args))
	var was struct {
		TS string
	}
	if err := json.Unmarshal(shared.Reply, &was); err != nil || was.TS == "" || string(note.Args["thread_ts"]) != `"`+was.TS+`"` {
		t.Errorf("the note stands in thread %s, not in that of %q, %v", note.Args["thread_ts"], was.TS, err)
	}
	if string(told.Args["channel"]) != `"U2"` {
		t.Errorf("who watches was told in %s", told.Args["channel"])
	}
	run.stop()
	if code := run.exit(t); code != exitAnswered {
		t.Errorf("got exit status %d and %s", code, run.stderr)
	}
}

// by is an envelope that another person sends.
func by(e standin.Envelope, who string) standin.Envelope {
	standin.By(who)(&e)
	return e
}

// opened is the nth view that was opened, as Slack hands it back.
func opened(ctx context.Context, t *testing.T, s *standin.Slack, n int) []byte {
	t.Helper()
	calls, err := s.WaitCalls(ctx, "views.open", n)
	if err != nil {
		t.Fatal(err)
	}
	var reply struct{ View json.RawMessage }
	if err := json.Unmarshal(calls[n-1].Reply, &reply); err != nil {
		t.Fatal(err)
	}
	return reply.View
}

// askForm sends a command whose answer is a form, and returns that.
func askForm(ctx context.Context, t *testing.T, s *standin.Slack, who, command, text string) (*standin.Delivery, []byte) {
	t.Helper()
	n := len(s.Calls("views.open"))
	d := s.Send(standin.Command(command, text, standin.By(who)))
	if _, err := d.Ack(ctx); err != nil {
		t.Fatal(err)
	}
	return d, opened(ctx, t, s, n+1)
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A proposal in Discord, from the message to the fact, and a correction that travels to
// the answers that everybody read.
func TestDiscordProposal(t *testing.T) {
	s := discordin.New(t)
	env := discordEnv(s)
	env["SILKWIRE_CURATORS"], env["SILKWIRE_NOTICES"] = "discord:"+discordin.GuildID+":300000000000000003", "1s"
	run := startServe(t, env)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	run.waitReady(ctx, t)
	k := &album{t: t, folder: filepath.Join("testdata", "discord", "proposal")}
	bob, cas := discordin.User{ID: "300000000000000002", Name: "Bob"}, discordin.User{ID: "300000000000000003", Name: "Cas"}
	here := discordin.Where{Guild: discordin.GuildID, Channel: discordin.ChannelID}
	answer := func(e *discordin.Exchange) discordin.Message {
		t.Helper()
		m, err := e.Answer(ctx)
		if err != nil {
			t.Fatal(err, run.stderr)
		}
		return m
	}
	ask := func(u discordin.User, path string, options ...discordin.Given) discordin.Message {
		t.Helper()
		return answer(s.Command(u, here, path, options...))
	}
	press := func(u discordin.User, label string, m discordin.Message) *discordin.Exchange {
		t.Helper()
		b, ok := m.Button(label)
		if !ok {
			t.Fatalf("there is no button %q: %s", label, m.Text())
		}
		return s.Press(u, here, m, b.CustomID)
	}
	// sent is the body of the call that holds a text.
	sent := func(method, prefix, holds string) []byte {
		t.Helper()
		var body []byte
		err := s.Wait(ctx, "a call with "+holds, func() bool {
			for _, c := range s.Calls(method, prefix) {
				if bytes.Contains(c.Body, []byte(holds)) {
					body = c.Body
				}
			}
			return body != nil
		})
		if err != nil {
			t.Fatal(err, run.stderr)
		}
		return body
	}
	// keep keeps what an exchange was answered with, as it was sent.
	keep := func(name string, e *discordin.Exchange) discordin.Message {
		t.Helper()
		m := answer(e)
		_, raw, err := e.Response(ctx)
		if err != nil {
			t.Fatal(err)
		}
		k.keep(name, raw)
		return m
	}
	ask(cas, "settings curators", discordin.Given{Name: "told", Value: "here"})
	if kind, form, err := s.Command(cas, here, "curate add").Response(ctx); err != nil || kind != 9 || !bytes.Contains(form, []byte("Statement")) {
		t.Errorf("/curate add opens no form: %d, %s, %v", kind, form, err)
	}
	keep("proposed", s.OnMessage(bob, here, "Propose as a fact", "Qwen tea was served at the fair in Hangzhou, see https://example.org/tea"))
	k.keep("curators-are-told", sent("POST", "/channels/"+discordin.ChannelID, "waits for curators"))
	review := keep("what-waits", s.Command(cas, here, "curate review"))
	one := keep("one-draft", press(cas, "Open 1", review))
	if m := answer(press(bob, "Accept", one)); !strings.Contains(m.Text(), "for curators") {
		t.Errorf("somebody pressed a curator's button: %s", m.Text())
	}
	accept := press(cas, "Accept", one)
	kind, form, err := accept.Response(ctx)
	if err != nil || kind != 9 {
		t.Fatalf("no form was opened: %d, %s, %v", kind, form, err)
	}
	k.keep("the-form", form)
	preview := keep("before-it-is-added", s.Submit(cas, here, accept, map[string]string{"Grade": "press"}))
	dates := press(cas, "Whose, when, tickers", preview)
	kind, more, err := dates.Response(ctx)
	if err != nil || kind != 9 {
		t.Fatalf("no second form was opened: %d, %s, %v", kind, more, err)
	}
	k.keep("the-second-form", more)
	wrong := keep("a-wrong-date", s.Submit(cas, here, dates, map[string]string{"Until": "soon"}))
	back := press(cas, "Back to the form", wrong)
	if kind, again, err := back.Response(ctx); err != nil || kind != 9 || !bytes.Contains(again, []byte("Qwen tea was served")) {
		t.Errorf("what was typed is not given back: %d, %s, %v", kind, again, err)
	}
	preview = answer(s.Submit(cas, here, dates, map[string]string{"From": "2026-11", "Tickers": "BABA"}))
	keep("added", press(cas, "Add it", preview))
	if m := answer(press(cas, "Add it", preview)); strings.Contains(m.Text(), "Added") {
		t.Errorf("it was added twice: %s", m.Text())
	}
	k.keep("its-proposer-is-told", sent("POST", "/channels/"+discordin.DirectID, "What became of what you sent"))

	ask(bob, "watch show", discordin.Given{Name: "topics", Value: "qwen"})
	shared := ask(bob, "fact", discordin.Given{Name: "id", Value: "qwen-tea-was-served-at-the"})
	edit := s.Command(cas, here, "curate edit", discordin.Given{Name: "id", Value: "qwen-tea-was-served-at-the"})
	kind, form, err = edit.Response(ctx)
	if err != nil || kind != 9 {
		t.Fatalf("no form was opened: %d, %s, %v", kind, form, err)
	}
	k.keep("edit-form", form)
	keep("edited", s.Submit(cas, here, edit, map[string]string{"Statement": "Qwen coffee was served at the fair in Hangzhou."}))
	k.keep("the-correction", sent("PATCH", "/channels/"+discordin.ChannelID+"/messages/"+shared.ID, "Qwen coffee"))
	k.keep("who-watches-is-told", sent("POST", "/channels/"+discordin.DirectID, "What you watch has changed"))
	run.stop()
	if code := run.exit(t); code != exitAnswered {
		t.Errorf("got exit status %d and %s", code, run.stderr)
	}
}

// A whole digest as each platform gets it.
func TestDigestPayloads(t *testing.T) {
	d := newDesk(t)
	d.says("ada", "/curate add statement:「Alibaba opened a Qwen tea house in Hangzhou.」 kind:event about:「qwen, alibaba」 source:https://example.org/house grade:press from:2026-11-25 publisher:「A paper」 sure:true", "Added.")
	d.says("ada", "/curate edit "+tea+" statement:「Qwen coffee was served.」 why:misread", "Changed.")
	d.says("ada", "/curate add statement:「Export controls on tea are scheduled to end.」 kind:event about:us-chip-controls source:https://example.org/end grade:primary from:2026-12-15 publisher:「A gazette」 sure:true", "Added.")
	at := time.Date(2026, 11, 26, 8, 30, 0, 0, time.UTC)
	writer := commands.NewDigests(d.base, d.base.stored, func() time.Time { return at })
	reply, ok, err := writer.Digest(t.Context(), delivery.Delivery{ID: "abcdefghijkl", Due: at, From: 1, Until: d.base.Snapshot().Revision})
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	quietly := bot.NewHealth(quiet(), time.Now)
	s := standin.New(t)
	slackSide := slackOptions(slackConfig{botToken: standin.BotToken, appToken: standin.AppToken, apiURL: s.URL()}, quiet(), quietly, nil)
	slackSide.Now = func() time.Time { return at }
	onSlack := slack.New(d.core, slackSide)
	untilTheEnd(t, onSlack.Run)
	if _, err := onSlack.Deliver(t.Context(), bot.Conversation{Channel: standin.Channel}, reply, "abcdefghijkl"); err != nil {
		t.Fatal(err)
	}
	k := &album{t: t, folder: filepath.Join("testdata", "slack", "proposal"), steps: 13, fixed: true}
	k.keep("a-digest", mustJSON(t, s.Calls("chat.postMessage")[0].Args))
	o := discordin.New(t)
	discordSide := discordOptions(config{discord: discordConfig{token: discordin.Token, apiURL: o.URL()}}, quiet(), quietly, nil)
	discordSide.Now = func() time.Time { return at }
	onDiscord := discord.New(d.core, discordSide)
	untilTheEnd(t, onDiscord.Run)
	if _, err := onDiscord.Deliver(t.Context(), bot.Conversation{Channel: discordin.ChannelID}, reply, "abcdefghijkl"); err != nil {
		t.Fatal(err)
	}
	k = &album{t: t, folder: filepath.Join("testdata", "discord", "proposal"), steps: 14, fixed: true}
	k.keep("a-digest", o.Calls("POST", "/channels/"+discordin.ChannelID)[0].Body)
}
