package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"silkwire/adapters/discord"
	"silkwire/adapters/slack"
	"silkwire/bot"
	"silkwire/bot/layout"
)

// narrow is a router that answers so many requests a second and no more, as one does on
// a machine that is too small.
type narrow struct {
	*bot.Router
	mu    sync.Mutex
	every time.Duration
	next  time.Time // guarded by mu
}

// Dispatch waits for its turn.
func (n *narrow) Dispatch(ctx context.Context, r bot.Request) bot.Reply {
	n.mu.Lock()
	now := time.Now()
	if n.next.Before(now) {
		n.next = now
	}
	n.next = n.next.Add(n.every)
	wait := n.next.Sub(now)
	n.mu.Unlock()
	rest(ctx, wait)
	return n.Router.Dispatch(ctx, r)
}

// served is how many requests a second the narrow router answers, and flood how many
// come for how long.
const (
	narrowRate = 400
	flood      = 10 * narrowRate
	floodFor   = 2 * time.Second
)

// outcomes are what came back, by the number of the request.
type outcomes struct {
	mu       sync.Mutex
	sent     map[int]time.Time
	took     map[int]time.Duration
	answered int
	busy     int
	slowest  time.Duration
	arrived  chan int
}

func newOutcomes() *outcomes {
	return &outcomes{sent: map[int]time.Time{}, took: map[int]time.Duration{}, arrived: make(chan int, 1<<16)}
}

func (o *outcomes) sends(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent[n] = time.Now()
}

// gets notes what answers a request. The first thing is its acknowledgement.
func (o *outcomes) gets(n int, answer string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, has := o.took[n]; has {
		return
	}
	o.took[n] = time.Since(o.sent[n])
	o.slowest = max(o.slowest, o.took[n])
	if strings.Contains(answer, layout.TooBusy) {
		o.busy++
	} else {
		o.answered++
	}
	o.arrived <- n
}

// flooding sends ten times as much as can be answered, waits until each is acknowledged,
// and meanwhile looks at the memory. back is how long after the flood a request was
// answered as if nothing had been.
func flooding(t *testing.T, o *outcomes, send func(n int)) {
	t.Helper()
	before := heap()
	most := before
	began := time.Now()
	n := 0
	for time.Since(began) < floodFor {
		for due := int(time.Since(began).Seconds() * flood); n < due; n++ {
			o.sends(n)
			send(n)
		}
		rest(t.Context(), 2*time.Millisecond)
		if n%200 < 4 {
			most = max(most, heap())
		}
	}
	ended := time.Now()
	back := time.Duration(0)
	for single := n; back == 0 && time.Since(ended) < 10*time.Second; single++ {
		o.mu.Lock()
		busy := o.busy
		o.mu.Unlock()
		o.sends(single)
		send(single)
		for got := range o.arrived {
			if got == single {
				break
			}
		}
		o.mu.Lock()
		if n = single + 1; o.busy == busy && o.took[single] < 100*time.Millisecond {
			back = time.Since(ended)
		}
		o.mu.Unlock()
	}
	waitFor(5*time.Second, func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		return len(o.took) == n
	})
	o.mu.Lock()
	defer o.mu.Unlock()
	after := heap()
	t.Logf("reliability: %s: %d requests in %s to what can answer %d a second: %d answered, %d told to ask again, %d without a word; the slowest acknowledged in %d ms; answered at once %d ms after the flood; heap %.1f MB before, at most %.1f, %.1f after",
		t.Name()[strings.Index(t.Name(), "/")+1:], n, floodFor, narrowRate, o.answered, o.busy, n-len(o.took), o.slowest.Milliseconds(), back.Milliseconds(), float64(before)/1e6, float64(most)/1e6, float64(after)/1e6)
	if len(o.took) != n || o.slowest > waitsFor {
		t.Errorf("%d of %d were acknowledged, the slowest after %s", len(o.took), n, o.slowest)
	}
	if o.answered < narrowRate || o.busy < n/2 {
		t.Errorf("%d were answered and %d told to ask again", o.answered, o.busy)
	}
	if back == 0 || back > soon() {
		t.Errorf("it was back to normal after %s", back)
	}
	if most > before+64<<20 || after > before+32<<20 {
		t.Errorf("the heap grew from %d to %d bytes, and was %d afterwards", before, most, after)
	}
}

// soon is within what all is as before. A machine that runs other tests too takes longer.
func soon() time.Duration {
	if os.Getenv("SILKWIRE_LONG") == "1" {
		return time.Second
	}
	return 3 * time.Second
}

// TestOverload sends ten times as many requests as can be answered, by real sockets to the
// real adapters: each is acknowledged in time, most with the word to ask again, memory is
// bounded, and within a second all is as before.
func TestOverload(t *testing.T) {
	if thorough > 1 {
		t.Skip("the race detector makes who sends slower than what answers")
	}
	lines := benchQuestions(t)
	core := func() *narrow { return &narrow{Router: shippedCore(t), every: time.Second / narrowRate} }
	t.Run("slack", func(t *testing.T) {
		s := newBenchSlack(t)
		benchAdapter(t, core(), s.server.URL+"/api/", slack.Options{AppToken: "xapp-bench"})
		conn := <-s.conns
		o := newOutcomes()
		var reading sync.WaitGroup
		reading.Go(func() { readAcks(conn, o) })
		flooding(t, o, func(n int) {
			payload, err := json.Marshal(benchCommand(lines[n%len(lines)], n))
			if err == nil {
				err = conn.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"envelope_id":"%d","type":"slash_commands","accepts_response_payload":true,"payload":%s}`, n, payload))
			}
			if err != nil {
				t.Error(err)
			}
		})
		_ = conn.Close() // the reader sees it
		reading.Wait()
	})
	t.Run("discord", func(t *testing.T) {
		s := newBenchDiscord(t)
		o := newOutcomes()
		s.told = func(id string, body []byte) {
			if n, err := strconv.Atoi(id); err == nil {
				o.gets(n-1_000_000, string(body))
			}
		}
		benchDiscordAdapter(t, core(), discord.Options{APIURL: s.server.URL + "/api/v10/"})
		conn := <-s.conns
		flooding(t, o, func(n int) {
			event := fmt.Appendf(nil, `{"op":0,"s":%d,"t":"INTERACTION_CREATE","d":%s}`, n+2, benchInteraction(t, lines, n))
			if err := conn.WriteMessage(websocket.TextMessage, event); err != nil {
				t.Error(err)
			}
		})
	})
}

// readAcks notes what a Slack connection answers until it ends.
func readAcks(conn *websocket.Conn, o *outcomes) {
	for {
		_, r, err := conn.NextReader()
		if err != nil {
			return
		}
		frame, err := io.ReadAll(r)
		if err != nil {
			return
		}
		var f struct {
			ID string `json:"envelope_id"`
		}
		if json.Unmarshal(frame, &f) != nil {
			continue
		}
		if n, err := strconv.Atoi(f.ID); err == nil {
			o.gets(n, string(frame))
		}
	}
}
