package slack_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"silkwire/adapters/slack"
	"silkwire/adapters/slack/standin"
	"silkwire/bot"
	"silkwire/bot/chart"
)

// charts are replies with a chart of each kind.
var charts = map[string]bot.Chart{
	"bars": {
		Title: bot.B("Exposure"), Unit: "tickers", Alt: "It helps 1 and hurts 2.",
		Series: []bot.Series{{Points: []bot.Point{{Label: "Benefits", Value: 1, Bearing: bot.Helps, Names: []string{"TSLA"}}, {Label: "Hurt", Value: 2, Bearing: bot.Hurts}}}},
	},
	"line":   {Kind: bot.Line, Title: bot.B("NVDA · Nvidia"), Unit: "USD", Alt: "NVDA went up.", Series: []bot.Series{{Name: "NVDA", Points: days(20)}}},
	"marked": {Kind: bot.Line, Title: bot.B("NVDA · Nvidia"), Unit: "USD", Alt: "NVDA went up; a rule came.", Series: []bot.Series{{Name: "NVDA", Points: days(45)}}, Events: rule},
	"hostile": {
		Kind: bot.Timeline, Title: bot.B(hostile + strings.Repeat("long ", 60)), Alt: hostile + strings.Repeat("long ", 900), Unit: hostile, Note: hostile,
		Events: []bot.Event{{At: noon, When: hostile, Label: hostile, Detail: hostile}},
	},
	"rules": {Kind: bot.Timeline, Title: bot.B("Policies"), Alt: "One rule.", Events: rule},
}

var rule = []bot.Event{{At: noon, When: "noon", Label: "A rule"}}

// chartEvents are events of a text, or none of an odd one.
func chartEvents(s string) []bot.Event {
	if len(s)%3 == 1 {
		return nil
	}
	return []bot.Event{{At: noon, When: s, Label: s, Detail: s}}
}

func days(n int) []bot.Point {
	var out []bot.Point
	for i := range n {
		at := noon.AddDate(0, 0, i-n/2)
		out = append(out, bot.Point{Label: at.Format(time.DateOnly), Value: float64(100 + i), At: at})
	}
	return out
}

func charted(_ context.Context, r bot.Request) (bot.Reply, error) {
	reply := fact("A chart of " + r.Values.Text("kind") + ".")
	if r.Values.Text("kind") == "long" {
		reply = long()
		reply.Blocks = append([]bot.Block{charts["rules"]}, reply.Blocks...)
		return reply, nil
	}
	reply.Blocks = append([]bot.Block{charts[r.Values.Text("kind")]}, reply.Blocks...)
	if strings.Contains(r.Line+r.Values.Text("who"), "everybody") {
		reply.Visibility = bot.Public
	}
	return reply, nil
}

func draws(o *slack.Options) { o.Draw = chart.NewArtist().PNG }

// images are the picture blocks of a message.
func images(t *testing.T, raw json.RawMessage) []string {
	t.Helper()
	var m struct {
		Blocks []struct {
			Type string `json:"type"`
			Alt  string `json:"alt_text"`
			File struct {
				ID string `json:"id"`
			} `json:"slack_file"`
		} `json:"blocks"`
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, b := range m.Blocks {
		if b.Type == "image" {
			out = append(out, b.File.ID+" "+b.Alt)
		}
	}
	return out
}

// TestNativeCharts are drawn as Slack's own where they say all, and as they are kept in
// testdata.
func TestNativeCharts(t *testing.T) {
	for _, name := range []string{"bars", "line", "marked"} {
		t.Run(name, func(t *testing.T) {
			r := serving(t, nil) // nobody draws: a marked line is better than none
			payload, _ := r.ack(t, standin.Command("/chart", name))
			var m struct {
				Blocks []json.RawMessage `json:"blocks"`
			}
			if err := json.Unmarshal(payload, &m); err != nil {
				t.Fatal(err)
			}
			var block json.RawMessage
			_, blocks, _ := strings.Cut(string(payload), `"blocks"`)
			for _, b := range m.Blocks {
				if strings.Contains(string(b), `"data_visualization"`) {
					block = b
				}
			}
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, block, "", " "); err != nil {
				t.Fatalf("no chart in %s", payload)
			}
			goldenJSON(t, "chart-"+name, pretty.Bytes())
			if words := charts[name].Alt; strings.Contains(blocks, words) != (name == "marked") {
				t.Errorf("the words beside the chart: %s", payload)
			}
			if text := read(t, payload).Text; !strings.Contains(text, charts[name].Alt) {
				t.Errorf("who does not see it is told %q", text)
			}
		})
	}
}

func goldenJSON(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name+".json")
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		if err := os.WriteFile(file, append(got, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.TrimSpace(want), bytes.TrimSpace(got)) {
		t.Errorf("%s: got\n%s", file, got)
	}
}

// TestChartsRefused says in words, or in a picture, what a workspace takes no chart for,
// and remembers it.
func TestChartsRefused(t *testing.T) {
	s := standin.New(t)
	s.RefuseBlock("data_visualization")
	s.AllowRefused()
	r := servingOn(t, s, nil)
	payload, _ := r.ack(t, standin.Command("/chart", "bars"))
	if m := read(t, payload); strings.Contains(m.kinds(), "data_visualization") || !strings.Contains(m.kinds(), "table") || !strings.Contains(string(payload), "It helps 1 and hurts 2.") {
		t.Errorf("got %s: %s", m.kinds(), payload)
	}
	later := serving(t, draws)
	later.RefuseBlock("data_visualization")
	later.AllowRefused()
	later.Send(standin.Mention("/chart bars"))
	calls, err := later.WaitCalls(deadline(t), "chat.postMessage", 2)
	if err != nil {
		t.Fatal(err)
	}
	if calls[0].Error != "invalid_blocks" || calls[1].Error != "" || !strings.Contains(string(calls[1].Args["blocks"]), `"table"`) {
		t.Errorf("got %q, then %q with %s", calls[0].Error, calls[1].Error, calls[1].Args["blocks"])
	}
	if _, err := later.WaitCalls(deadline(t), "chat.update", 1); err != nil {
		t.Errorf("no picture came in its place: %v", err)
	}
	payload, _ = later.ack(t, standin.Command("/chart", "bars"))
	if strings.Contains(string(payload), "data_visualization") {
		t.Error("it was forgotten that the workspace takes no charts")
	}
}

// TestPictureBelowAnAnswer follows what went out in an acknowledgement: the answer is
// there first, and the picture is seen by the same people.
func TestPictureBelowAnAnswer(t *testing.T) {
	for name, want := range map[string]string{"marked": "ephemeral", "marked who:everybody": "in_channel"} {
		t.Run(want, func(t *testing.T) {
			gate := make(chan struct{})
			r := serving(t, func(o *slack.Options) {
				o.Draw = func(c bot.Chart) ([]byte, error) {
					<-gate
					return chart.NewArtist().PNG(c)
				}
			})
			payload, d := r.ack(t, standin.Command("/chart", name))
			if m := read(t, payload); m.Type != want || len(images(t, payload)) > 0 || !strings.Contains(string(payload), "NVDA went up; a rule came.") {
				t.Errorf("the answer is %s", payload)
			}
			close(gate)
			all, err := r.Responses(deadline(t), d, 1)
			if err != nil {
				t.Fatalf("%v\n%s", err, r.log)
			}
			files := r.Files()
			if m := read(t, all[0]); len(files) != 1 || m.Type != want || m.Replace || fmt.Sprint(images(t, all[0])) != "["+files[0].ID+" NVDA went up; a rule came.]" {
				t.Errorf("below stands %s, of %d files", all[0], len(files))
			}
			if img, err := png.Decode(bytes.NewReader(files[0].Bytes)); err != nil || img.Bounds().Dx() != 800 || files[0].Alt != "NVDA went up; a rule came." || files[0].Name != "chart.png" || files[0].Title != "NVDA · Nvidia" {
				t.Errorf("the file is %q %q %q, %v", files[0].Name, files[0].Title, files[0].Alt, err)
			}
		})
	}
}

// TestPictureInAPost changes what was posted, to a mention and as a digest, as soon as
// Slack is done with the file; the same picture is uploaded once.
func TestPictureInAPost(t *testing.T) {
	r := serving(t, draws)
	r.Fail("chat.update", "invalid_blocks", 2)
	r.Send(standin.Mention("/chart rules"))
	calls, err := r.WaitCalls(deadline(t), "chat.update", 3)
	if err != nil {
		t.Fatalf("%v\n%s", err, r.log)
	}
	posts := r.Calls("chat.postMessage")
	if len(posts) != 1 || calls[2].Error != "" || calls[2].String("ts") != posts[0].TS() || len(images(t, whole(calls[2]))) != 1 || len(images(t, whole(posts[0]))) != 0 {
		t.Errorf("%d posts; the change is %s, %q", len(posts), calls[2].Args["blocks"], calls[2].Error)
	}
	digest, _ := charted(t.Context(), bot.Request{})
	digest.Blocks = append([]bot.Block{charts["rules"]}, digest.Blocks[1:]...)
	if _, err := r.adapter.Deliver(t.Context(), bot.Conversation{Platform: "slack", Space: standin.TeamID, Channel: standin.Channel}, digest, "abc"); err != nil {
		t.Fatal(err)
	}
	calls, err = r.WaitCalls(deadline(t), "chat.update", 4)
	if err != nil {
		t.Fatal(err)
	}
	if got := calls[3]; got.Error != "" || len(images(t, whole(got))) != 1 || len(r.Files()) != 1 {
		t.Errorf("the digest's change is %s, %d files", got.Args["blocks"], len(r.Files()))
	}
	if found, err := r.adapter.Find(t.Context(), bot.Conversation{Channel: standin.DM}, "abc", noon); found != "" || err != nil {
		t.Errorf("found %q, %v", found, err)
	}
}

func whole(c standin.Call) json.RawMessage {
	return json.RawMessage(`{"blocks":` + string(c.Args["blocks"]) + `}`)
}

// TestAnswerStaysWithoutPicture where the scope is missing, drawing or uploading fails,
// or the file never comes to be: nothing is said but in the log.
func TestAnswerStaysWithoutPicture(t *testing.T) {
	t.Run("noScope", func(t *testing.T) {
		s := standin.New(t)
		s.SetScopes("commands", "chat:write", "app_mentions:read", "im:history")
		r := servingOn(t, s, draws)
		payload, _ := r.ack(t, standin.Command("/chart", "rules"))
		if !strings.Contains(string(payload), "One rule.") || len(r.Calls("files.getUploadURLExternal")) > 0 {
			t.Errorf("got %s", payload)
		}
	})
	for name, break1 := range map[string]func(*running){
		"scopeTakenAway": func(r *running) { r.Fail("files.getUploadURLExternal", "missing_scope", 1) },
		"upload":         func(r *running) { r.Fail("upload", "broken", -1) },
		"neverDone":      func(r *running) { r.Fail("chat.update", "invalid_blocks", -1) },
		"drawing":        func(*running) {},
	} {
		t.Run(name, func(t *testing.T) {
			var drawn atomic.Int64
			r := adapterFor(t, standin.New(t), func(o *slack.Options) {
				o.Draw = func(c bot.Chart) ([]byte, error) {
					drawn.Add(1)
					if name == "drawing" {
						return nil, errors.New("no ink")
					}
					return chart.NewArtist().PNG(c)
				}
			})
			r.adapter.Hasten(25*time.Second, 8*time.Second, 3*time.Second, 2*time.Second)
			break1(r)
			r.start(t)
			within(t, r.ready)
			if err := r.WaitSockets(deadline(t), 2); err != nil {
				t.Fatal(err)
			}
			within(t, r.adapter.Probed())
			r.Send(standin.Mention("/chart rules"))
			if _, err := r.Posts(deadline(t), 1); err != nil {
				t.Fatal(err)
			}
			for !strings.Contains(r.log.String(), "stays without its picture") {
				select {
				case <-deadline(t).Done():
					t.Fatalf("nothing was logged:\n%s", r.log)
				case <-time.After(10 * time.Millisecond):
				}
			}
			if strings.Contains(r.log.String(), "xoxb") || len(r.Calls("chat.postMessage")) != 1 {
				t.Errorf("it was said:\n%s", r.log)
			}
			if name == "scopeTakenAway" {
				payload, _ := r.ack(t, standin.Command("/chart", "rules"))
				if drawn.Load() != 1 || !strings.Contains(string(payload), "One rule.") {
					t.Errorf("drawn %d times; %s", drawn.Load(), payload)
				}
			}
		})
	}
}

// TestHostilePicture keeps Slack's limits, and rings nobody, whatever a chart says.
func TestHostilePicture(t *testing.T) {
	r := serving(t, draws)
	r.Send(standin.Mention("/chart hostile"))
	calls, err := r.WaitCalls(deadline(t), "chat.update", 1)
	if err != nil || calls[0].Error != "" || len(images(t, whole(calls[0]))) != 1 {
		t.Errorf("%v: %+v\n%s", err, calls, r.log)
	}
	_, d := r.ack(t, standin.Command("/chart", "hostile"))
	if _, err := r.Responses(deadline(t), d, 1); err != nil {
		t.Errorf("%v\n%s", err, r.log)
	}
}

// TestPagesStayWithPicture cuts the pages of a long answer at the same places before and
// after its picture has come.
func TestPagesStayWithPicture(t *testing.T) {
	r := serving(t, draws)
	r.Send(standin.Mention("/chart long"))
	calls, err := r.WaitCalls(deadline(t), "chat.update", 1)
	if err != nil {
		t.Fatalf("%v\n%s", err, r.log)
	}
	before, after := read(t, whole(r.Calls("chat.postMessage")[0])), read(t, whole(calls[0]))
	last := func(m shown) string {
		text := ""
		for _, b := range m.Blocks {
			if b.Type == "section" {
				text = b.Text.Text
			}
		}
		return text
	}
	if last(before) != last(after) || len(before.Blocks) != len(after.Blocks) {
		t.Errorf("the page ended with %.80q and ends with %.80q", last(before), last(after))
	}
}
