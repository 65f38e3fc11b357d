package discord_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"image/png"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"silkwire/adapters/discord"
	"silkwire/adapters/discord/standin"
	"silkwire/bot"
	"silkwire/bot/chart"
)

// charted is an answer with a chart and more than one page of facts.
func charted(r bot.Request) bot.Reply {
	reply := longList(r)
	reply.Blocks = append([]bot.Block{bot.Chart{
		Title: bot.B("Exposure"), Alt: "Of 3 tickers it helps 1 and hurts 2.",
		Series: []bot.Series{{Points: []bot.Point{{Label: "Benefits", Value: 1, Bearing: bot.Helps, Names: []string{"TSLA"}}, {Label: "Hurt", Value: 2, Bearing: bot.Hurts}}}},
	}}, reply.Blocks...)
	if r.Values.Text("how") == "privately" {
		reply.Visibility = bot.Private
	}
	return reply
}

func draws(o *discord.Options) { o.Draw = chart.NewArtist().PNG }

// pictured waits until the message that answers has its picture, and checks it.
func (r *running) pictured(find func() (standin.Message, bool)) standin.Message {
	r.tb.Helper()
	var m standin.Message
	if err := r.discord.Wait(r.within(), "a picture", func() bool {
		found := false
		m, found = find()
		return found && len(m.Files) > 0
	}); err != nil {
		r.tb.Fatalf("%v\n%s", err, r.log)
	}
	f := m.Files[0]
	img, err := png.Decode(bytes.NewReader(f.Bytes))
	if err != nil || img.Bounds().Dx() != 800 || f.Name != "chart.png" || f.Alt != "Of 3 tickers it helps 1 and hurts 2." || len(m.Files) != 1 {
		r.tb.Errorf("%d files, %s, %q, %v", len(m.Files), f.Name, f.Alt, err)
	}
	if last := m.Embeds[len(m.Embeds)-1]; last.Image.URL != "attachment://chart.png" {
		r.tb.Errorf("the picture stands at %q", last.Image.URL)
	}
	return m
}

// now is the message of an exchange as it is at the moment.
func (r *running) now(e *standin.Exchange) func() (standin.Message, bool) {
	return func() (standin.Message, bool) { return e.Message() }
}

// TestPictureFollows puts the picture into an answer that is there already, and leaves
// the rest of it as it was.
func TestPictureFollows(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]string{"public": "", "private": "privately"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := standin.New(t)
			gate := make(chan struct{})
			r := start(t, s, func(o *discord.Options) {
				o.Draw = func(c bot.Chart) ([]byte, error) {
					<-gate
					return chart.NewArtist().PNG(c)
				}
			})
			var options []standin.Given
			if how != "" {
				options = append(options, standin.Given{Name: "how", Value: how})
			}
			e := s.Command(bob, server, "chart", options...)
			before := r.answer(e) // while the picture waits
			if len(before.Files) > 0 || before.Ephemeral() != (how != "") {
				t.Errorf("the answer has %d files, ephemeral: %v", len(before.Files), before.Ephemeral())
			}
			close(gate)
			after := r.pictured(r.now(e))
			if after.Text() != before.Text() || len(after.Components) != len(before.Components) || after.Ephemeral() != before.Ephemeral() || after.Content != before.Content {
				t.Errorf("it was\n%s\nand is\n%s", before.Text(), after.Text())
			}
		})
	}
}

// TestPictureGoesWithItsPage leaves no picture of the first page below another, and puts
// it back.
func TestPictureGoesWithItsPage(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	var drawn atomic.Int64
	artist := chart.NewArtist()
	r := start(t, s, func(o *discord.Options) {
		o.Draw = func(c bot.Chart) ([]byte, error) { drawn.Add(1); return artist.PNG(c) }
	})
	e := s.Command(bob, server, "chart")
	m := r.pictured(r.now(e))
	second := r.answer(s.Press(bob, server, m, m.Components[0].Components[0].CustomID))
	if len(second.Files) > 0 || strings.Contains(second.Embeds[len(second.Embeds)-1].Image.URL, "chart") {
		t.Errorf("the second page has %d files", len(second.Files))
	}
	r.pictured(r.now(r.button(bob, server, second, "◀ Back")))
	if drawn.Load() != 2 {
		t.Errorf("asked for %d pictures", drawn.Load())
	}
}

// TestPictureOfWhatWasDeferred follows an answer that took its time.
func TestPictureOfWhatWasDeferred(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s, draws)
	e := s.Command(bob, server, "slow", standin.Given{Name: "how", Value: "charted"})
	r.responds(e, 5)
	close(r.core.gate)
	r.pictured(r.now(e))
}

// TestPictureInAChannel follows what was posted: to a mention, and a digest, whose mark
// and mention stay.
func TestPictureInAChannel(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s, draws)
	say(t, r, bob, server, "<@"+standin.BotUser+"> /chart")
	posted(t, r, standin.ChannelID, 1)
	at := func(channel string, n int) func() (standin.Message, bool) {
		return func() (standin.Message, bool) {
			all := s.Posted(channel)
			if len(all) <= n {
				return standin.Message{}, false
			}
			return all[n], true
		}
	}
	r.pictured(at(standin.ChannelID, 0))
	digest := charted(bot.Request{})
	digest.Ping, digest.Actions = "500000000000000001", []bot.Action{{Label: "Stop", Line: "/lab mark:abc"}}
	if _, err := r.adapter.Deliver(t.Context(), bot.Conversation{Platform: "discord", Space: standin.GuildID, Channel: standin.OtherID}, digest, "abc"); err != nil {
		t.Fatal(err)
	}
	m := r.pictured(at(standin.OtherID, 0))
	if stop, found := m.Button("Stop"); m.Content != "<@&500000000000000001>" || !found || !strings.Contains(stop.CustomID, "mark:abc") {
		t.Errorf("the digest is %q, its button %+v", m.Content, stop)
	}
	for _, c := range s.Calls(http.MethodPatch, "/channels/") {
		if strings.Contains(string(c.Body), `"roles"`) || strings.Contains(string(c.Body), `"content"`) {
			t.Errorf("the picture rings somebody: %s", c.Body)
		}
	}
}

// TestAnswerStaysWithoutPicture where drawing, uploading or the right to attach fails:
// nothing is said, and a channel that forbids files is not asked again at once.
func TestAnswerStaysWithoutPicture(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	s.ForbidFiles(standin.ChannelID)
	broken := atomic.Bool{}
	artist := chart.NewArtist()
	r := start(t, s, func(o *discord.Options) {
		o.Draw = func(c bot.Chart) ([]byte, error) {
			if broken.Load() {
				return nil, errors.New("no ink")
			}
			return artist.PNG(c)
		}
	})
	logs := func(n int) {
		t.Helper()
		waitFor(t, r, func() bool { return strings.Count(r.log.String(), "stays without its picture") >= n })
	}
	say(t, r, bob, server, "<@"+standin.BotUser+"> /chart")
	posted(t, r, standin.ChannelID, 1)
	logs(1)
	say(t, r, bob, server, "<@"+standin.BotUser+"> /chart")
	posted(t, r, standin.ChannelID, 2)
	broken.Store(true)
	has(t, r.answer(s.Command(bob, server, "chart")).Text(), "There are many.")
	logs(2)
	broken.Store(false)
	s.Fail(http.MethodPatch, "/webhooks/", standin.Failure{Status: 400, Code: 40005})
	has(t, r.answer(s.Command(bob, server, "chart")).Text(), "There are many.")
	logs(3)
	if n := len(s.Calls(http.MethodPatch, "/channels/")); n != 1 {
		t.Errorf("the channel was asked %d times", n)
	}
	for _, m := range s.Posted(standin.ChannelID) {
		if len(m.Files) > 0 || !strings.Contains(m.Text(), "There are many.") {
			t.Errorf("got %d files and\n%s", len(m.Files), m.Text())
		}
	}
}

// TestPicturePayload is the upload as it goes over the wire.
func TestPicturePayload(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s, draws)
	r.pictured(r.now(s.Command(bob, server, "chart")))
	calls := s.Calls(http.MethodPatch, "/webhooks/")
	var body struct {
		Attachments json.RawMessage `json:"attachments"`
		Mentions    json.RawMessage `json:"allowed_mentions"`
		Embeds      []struct{ Image struct{ URL string } }
	}
	if len(calls) != 1 || json.Unmarshal(calls[0].Body, &body) != nil {
		t.Fatalf("%d uploads", len(calls))
	}
	if want := `[{"id":"0","filename":"chart.png","description":"Of 3 tickers it helps 1 and hurts 2."}]`; string(body.Attachments) != want || string(body.Mentions) != `{"parse":[]}` || body.Embeds[0].Image.URL != "attachment://chart.png" {
		t.Errorf("the upload says %s", calls[0].Body)
	}
	if len(calls[0].Files) != 1 || calls[0].Files[0].Type != "image/png" || !strings.HasSuffix(calls[0].Path, "/messages/@original") {
		t.Errorf("%s with %d files", calls[0].Path, len(calls[0].Files))
	}
}
