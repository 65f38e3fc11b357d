package slack_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"silkwire/adapters/slack"
	"silkwire/adapters/slack/standin"
	"silkwire/bot"
)

// FuzzDelivery: nothing that arrives breaks the adapter. A panic would be caught and
// logged as an error, which fails the test.
func FuzzDelivery(f *testing.F) {
	for _, e := range []standin.Envelope{
		standin.Command("/ask", "why"), standin.Mention("why"), standin.Message("why"), standin.HomeOpened("U1"), standin.AssistantStarted(),
		standin.Press("v1/more/0", `{"l":"/long","p":1}`), standin.Press("v1/pick/0", "/lab x", standin.Selected("static_select")),
		standin.Suggest("v1/find/0", "0|/lab |q", "q"), standin.Shortcut("Check with silkwire", "text"),
		standin.Submit(json.RawMessage(`{"type":"modal","callback_id":"v1/form","private_metadata":"{\"path\":[\"lab\"],\"user\":\"U1\",\"fields\":[\"name\"]}"}`), standin.Values{"field|name": {"a": standin.Typed("x")}}),
	} {
		payload, err := json.Marshal(e.Payload)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(e.Type, payload)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusBadRequest) }))
	f.Cleanup(server.Close)
	router := house(f)
	f.Fuzz(func(t *testing.T, kind string, payload []byte) {
		if kind == "slash_commands" && json.Valid(payload) {
			var c struct{ Command string }
			if json.Unmarshal(payload, &c) == nil && c.Command == "/slow" {
				return // it waits for its test
			}
		}
		a := slack.New(router, slack.Options{
			BotToken: "xoxb-1", APIURL: server.URL + "/", Question: "ask", Home: "/home", Now: time.Now, Random: func() float64 { return 0 },
			Log: slog.New(failing{t: t}), Health: bot.NewHealth(slog.New(slog.DiscardHandler), time.Now),
		})
		a.Known()
		a.Receive(t.Context(), kind, payload)
	})
}

// failing is a log in which no error may stand.
type failing struct {
	slog.Handler
	t *testing.T
}

func (f failing) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

func (f failing) Handle(_ context.Context, r slog.Record) error {
	f.t.Errorf("%s", r.Message)
	r.Attrs(func(a slog.Attr) bool { f.t.Logf("%s", a); return true })
	return nil
}
