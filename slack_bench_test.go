package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"silkwire/adapters/slack"
	"silkwire/adapters/slack/standin"
	"silkwire/bot"
)

// benchSlack is the least of Slack that a connection needs: who the app is, an
// address, a hello. It checks nothing; the adapter's own tests do.
type benchSlack struct {
	server *httptest.Server
	conns  chan *websocket.Conn
}

func newBenchSlack(tb testing.TB) *benchSlack {
	s := &benchSlack{conns: make(chan *websocket.Conn, 4)}
	up := websocket.Upgrader{ReadBufferSize: 32 << 10, WriteBufferSize: 4 << 10}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/apps.connections.open", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"ok":true,"url":"ws%s/link"}`, strings.TrimPrefix(s.server.URL, "http"))
	})
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"ok":true,"team_id":"T1","user_id":"U0BOT","user":"silkwire"}`)
	})
	mux.HandleFunc("/link", func(w http.ResponseWriter, r *http.Request) {
		conn, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		if err := conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"hello","debug_info":{"approximate_connection_time":18060}}`)); err == nil {
			s.conns <- conn
		}
	})
	s.server = httptest.NewServer(mux)
	tb.Cleanup(s.server.Close)
	return s
}

// benchAdapter runs the adapter on a core until the benchmark ends.
func benchAdapter(tb testing.TB, core slack.Core, api string, options slack.Options) *slack.Adapter {
	options.BotToken, options.APIURL, options.Question = "xoxb-bench", api, "ask"
	options.Log, options.Now, options.Random = slog.New(slog.DiscardHandler), time.Now, func() float64 { return 0.5 }
	options.Health = bot.NewHealth(options.Log, time.Now)
	a := slack.New(core, options)
	untilTheEnd(tb, a.Run)
	return a
}

// untilTheEnd runs an adapter until the test ends.
func untilTheEnd(tb testing.TB, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Error(err)
		}
	})
}

func benchCommand(line string, n int) slackCommandFields {
	command, text, _ := strings.Cut(line, " ")
	return slackCommandFields{
		"team_id": "T1", "channel_id": "C" + strconv.Itoa(n), "user_id": "U1", "user_name": "ann", "command": command, "text": text,
		"response_url": "http://127.0.0.1:1/none", "trigger_id": "1.2.3", "api_app_id": "A1", "is_enterprise_install": "false",
	}
}

type slackCommandFields map[string]string

// BenchmarkSlashCommand is the bytes of a slash command in to the bytes of the
// answer out, with 200 different questions, each in a conversation of its own:
// over Socket Mode and over signed HTTP, through real loopback sockets.
func BenchmarkSlashCommand(b *testing.B) {
	lines := benchQuestions(b)
	b.Run("socket", func(b *testing.B) {
		s := newBenchSlack(b)
		benchAdapter(b, shippedCore(b), s.server.URL+"/api/", slack.Options{AppToken: "xapp-bench"})
		conn := <-s.conns
		payloads := make([][]byte, len(lines))
		for n, line := range lines {
			payload, err := json.Marshal(benchCommand(line, n))
			if err != nil {
				b.Fatal(err)
			}
			payloads[n] = payload
		}
		b.ReportAllocs()
		total, i := 0, 0
		for b.Loop() {
			frame := fmt.Appendf(nil, `{"envelope_id":"e%d","type":"slash_commands","accepts_response_payload":true,"payload":%s}`, i, payloads[i%len(lines)])
			if err := conn.WriteMessage(websocket.TextMessage, frame); err != nil {
				b.Fatal(err)
			}
			_, answer, err := conn.ReadMessage()
			if err != nil {
				b.Fatal(err)
			}
			total += len(answer)
			i++
		}
		b.ReportMetric(float64(total)/float64(i), "bytes/answer")
	})
	b.Run("http", func(b *testing.B) {
		s := newBenchSlack(b)
		ready := make(chan struct{})
		a := benchAdapter(b, shippedCore(b), s.server.URL+"/api/", slack.Options{SigningSecret: "bench", Ready: func() { close(ready) }})
		h, err := a.Handler()
		if err != nil {
			b.Fatal(err)
		}
		server := httptest.NewServer(h)
		b.Cleanup(server.Close)
		<-ready
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			form := url.Values{}
			for k, v := range benchCommand(lines[i%len(lines)], i%len(lines)) {
				form.Set(k, v)
			}
			form.Set("trigger_id", strconv.Itoa(i)) // as Slack's differ, so that no two requests are the same
			if status := signedPost(b, server.URL+"/slack/commands", form.Encode()); status != http.StatusOK {
				b.Fatalf("got status %d, want 200", status)
			}
			i++
		}
	})
}

func signedPost(b *testing.B, address, body string) int {
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, address, bytes.NewReader([]byte(body)))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Slack-Request-Timestamp", stamp)
	req.Header.Set("X-Slack-Signature", standin.Sign("bench", stamp, []byte(body)))
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		b.Fatal(err)
	}
	return response.StatusCode
}
