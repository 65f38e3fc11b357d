package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"silkwire/adapters/discord"
	"silkwire/bot"
)

// benchDiscord is the least of Discord that a session needs: where the gateway is, a
// hello, READY, and callbacks. It checks nothing; the adapter's own tests do.
type benchDiscord struct {
	server    *httptest.Server
	conns     chan *websocket.Conn
	callbacks chan []byte
	answered  func(id string)              // may be nil
	told      func(id string, body []byte) // takes the callbacks in the place of the channel; may be nil
}

func newBenchDiscord(tb testing.TB) *benchDiscord {
	s := &benchDiscord{conns: make(chan *websocket.Conn, 4), callbacks: make(chan []byte, 64)}
	up := websocket.Upgrader{ReadBufferSize: 4 << 10, WriteBufferSize: 32 << 10}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v10/gateway/bot", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"url":"ws%s/gateway","shards":1,"session_start_limit":{"total":1000,"remaining":999,"reset_after":1,"max_concurrency":1}}`, strings.TrimPrefix(s.server.URL, "http"))
	})
	mux.HandleFunc("/api/v10/applications/", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "[]") })
	mux.HandleFunc("POST /api/v10/interactions/{id}/{token}/callback", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if s.answered != nil {
			s.answered(r.PathValue("id"))
		}
		switch {
		case err == nil && s.told != nil:
			s.told(r.PathValue("id"), body)
		case err == nil:
			s.callbacks <- body
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("/gateway", func(w http.ResponseWriter, r *http.Request) {
		conn, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		for _, frame := range []string{
			`{"op":10,"d":{"heartbeat_interval":3600000}}`,
			`{"op":0,"s":1,"t":"READY","d":{"v":10,"user":{"id":"901","username":"silkwire"},"application":{"id":"900","flags":0},"session_id":"s","guilds":[]}}`,
		} {
			if conn.WriteMessage(websocket.TextMessage, []byte(frame)) != nil {
				return
			}
		}
		s.conns <- conn
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				_ = conn.Close()
				return
			}
		}
	})
	s.server = httptest.NewServer(mux)
	tb.Cleanup(s.server.Close)
	return s
}

// benchDiscordAdapter runs the adapter on a core until the benchmark
// ends.
func benchDiscordAdapter(tb testing.TB, core discord.Core, options discord.Options) {
	options.Token, options.Question = "bench", "ask"
	options.Log, options.Random = slog.New(slog.DiscardHandler), func() float64 { return 0.5 }
	options.Health = bot.NewHealth(options.Log, time.Now)
	if options.Now == nil {
		options.Now = time.Now
	}
	untilTheEnd(tb, discord.New(core, options).Run)
}

// benchInteraction is the nth of the questions, in a channel of its own.
func benchInteraction(tb testing.TB, lines []string, n int) []byte {
	tb.Helper()
	_, question, _ := strings.Cut(lines[n%len(lines)], " ")
	i := inGuild(map[string]any{"type": 2, "data": map[string]any{
		"id": "1", "name": "ask", "type": 1, "options": []any{map[string]any{"name": "question", "type": 3, "value": question}},
	}})
	i["id"], i["token"], i["application_id"], i["version"] = strconv.Itoa(1_000_000+n), "token", "900", 1
	i["channel_id"] = strconv.Itoa(2000 + n%len(lines))
	body, err := json.Marshal(i)
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

// BenchmarkInteraction is the bytes of an interaction in to the bytes of its callback
// out, with 200 different questions, each in a channel of its own: over the gateway and
// over signed HTTP, through real loopback sockets.
func BenchmarkInteraction(b *testing.B) {
	lines := benchQuestions(b)
	b.Run("gateway", func(b *testing.B) {
		s := newBenchDiscord(b)
		benchDiscordAdapter(b, shippedCore(b), discord.Options{APIURL: s.server.URL + "/api/v10/"})
		conn := <-s.conns
		events := make([][]byte, b.N)
		for n := range events {
			events[n] = fmt.Appendf(nil, `{"op":0,"s":%d,"t":"INTERACTION_CREATE","d":%s}`, n+2, benchInteraction(b, lines, n))
		}
		b.ReportAllocs()
		b.ResetTimer()
		for _, event := range events {
			if err := conn.WriteMessage(websocket.TextMessage, event); err != nil {
				b.Fatal(err)
			}
			if len(<-s.callbacks) == 0 {
				b.Fatal("an empty callback")
			}
		}
	})
	b.Run("http", func(b *testing.B) {
		sign := newSigner(b, shippedCore(b), time.Now())
		server := httptest.NewServer(sign.handler)
		b.Cleanup(server.Close)
		requests := make([]*http.Request, b.N)
		for n := range requests {
			requests[n] = sign.request(server.URL, benchInteraction(b, lines, n))
		}
		b.ReportAllocs()
		b.ResetTimer()
		for _, r := range requests {
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				b.Fatal(err)
			}
			n, err := io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			if err != nil || n == 0 || response.StatusCode != http.StatusOK {
				b.Fatalf("%d bytes, status %d, %v", n, response.StatusCode, err)
			}
		}
	})
}

// answeredAt are when the callbacks of interactions came, by the interaction's id.
type answeredAt struct {
	mu sync.Mutex
	at map[string]time.Time
}

// BenchmarkThousandAtOnce delivers a thousand interactions over the gateway as fast as
// the socket takes them, to the binary's own parts, and waits until each has its
// callback: with the time of the slowest hundredth, and the heap afterwards.
func BenchmarkThousandAtOnce(b *testing.B) {
	const many = 1000
	lines := benchQuestions(b)
	s := newBenchDiscord(b)
	s.callbacks = make(chan []byte, many)
	done := answeredAt{at: map[string]time.Time{}}
	s.answered = func(id string) {
		done.mu.Lock()
		defer done.mu.Unlock()
		done.at[id] = time.Now()
	}
	benchDiscordAdapter(b, shippedCore(b), discord.Options{APIURL: s.server.URL + "/api/v10/"})
	conn := <-s.conns
	var took []time.Duration
	b.ReportAllocs()
	b.ResetTimer()
	for n := range b.N {
		sent := make([]time.Time, many)
		for i := range many {
			id := n*many + i
			sent[i] = time.Now()
			event := fmt.Appendf(nil, `{"op":0,"s":%d,"t":"INTERACTION_CREATE","d":%s}`, id+2, benchInteraction(b, lines, id))
			if err := conn.WriteMessage(websocket.TextMessage, event); err != nil {
				b.Fatal(err)
			}
		}
		for range many {
			<-s.callbacks
		}
		done.mu.Lock()
		for i := range many {
			took = append(took, done.at[strconv.Itoa(1_000_000+n*many+i)].Sub(sent[i]))
		}
		clear(done.at)
		done.mu.Unlock()
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "slowest-ms")
	b.ReportMetric(float64(heap())/1e6, "heap-MB")
}

// A hundred thousand interactions leave no more memory behind than ten thousand.
func TestMemoryStaysFlat(t *testing.T) {
	if os.Getenv("SILKWIRE_LONG") == "" {
		t.Skip("SILKWIRE_LONG=1 runs it: it takes minutes")
	}
	lines := benchQuestions(t)
	s := newBenchDiscord(t)
	benchDiscordAdapter(t, shippedCore(t), discord.Options{APIURL: s.server.URL + "/api/v10/"})
	conn := <-s.conns
	var after []int64
	for n := range 100_000 {
		event := fmt.Appendf(nil, `{"op":0,"s":%d,"t":"INTERACTION_CREATE","d":%s}`, n+2, benchInteraction(t, lines, n))
		if err := conn.WriteMessage(websocket.TextMessage, event); err != nil {
			t.Fatal(err)
		}
		<-s.callbacks
		if (n+1)%10_000 == 0 {
			after = append(after, heap())
		}
	}
	words := make([]string, len(after))
	for i, n := range after {
		words[i] = fmt.Sprintf("%.1f", float64(n)/1e6)
	}
	t.Logf("reliability: 100,000 interactions, heap after each ten thousand: %s MB", strings.Join(words, ", "))
	// What is remembered of interactions, so that none is answered twice, is full
	// after the second ten thousand.
	if first, last := after[1], after[len(after)-1]; last > first+2<<20 {
		t.Errorf("the heap grew from %d to %d bytes", first, last)
	}
}
