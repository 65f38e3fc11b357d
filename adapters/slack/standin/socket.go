package standin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	maxSockets  = 10
	writeWithin = 5 * time.Second
)

// wire is the state of Socket Mode; Slack's Mu guards it.
type wire struct {
	sockets    []*socket // all there ever were, in the order they were opened
	opens      int
	tickets    map[string]bool // true: used
	deliveries map[string]*Delivery
	answers    map[string]*answer // response_urls
	triggers   map[string]*trigger
	next       int // the socket whose turn it is
	serial     int
}

func newWire() wire {
	return wire{tickets: map[string]bool{}, deliveries: map[string]*Delivery{}, answers: map[string]*answer{}, triggers: map[string]*trigger{}}
}

// socket is one connection. The flags are guarded by Slack's Mu.
type socket struct {
	ws      *websocket.Conn
	writing sync.Mutex
	gone    chan struct{} // closed when it is
	open    bool          // its hello goes first, and it is not closed
	leaving bool          // a disconnect was sent
	deaf    bool          // half-open: nothing goes out, nothing comes in
	silent  bool          // answers pings and does nothing else
}

func (k *socket) send(v any) error {
	k.writing.Lock()
	defer k.writing.Unlock()
	return k.write(v)
}

// write is send, with the lock held.
func (k *socket) write(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := k.ws.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return err
	}
	return k.ws.WriteMessage(websocket.TextMessage, b)
}

// cut closes the TCP connection without a word.
func (k *socket) cut() { _ = k.ws.NetConn().Close() }

// WaitSockets returns when so many sockets are open and have had their hello.
func (s *Slack) WaitSockets(ctx context.Context, n int) error {
	return s.WaitHeld(ctx, fmt.Sprintf("%d sockets", n), func() bool { return s.open() >= n })
}

// WaitOpens returns when apps.connections.open was called so often.
func (s *Slack) WaitOpens(ctx context.Context, n int) error {
	return s.WaitHeld(ctx, fmt.Sprintf("%d calls of apps.connections.open", n), func() bool { return s.opens >= n })
}

// WaitClosed returns when a socket is closed, by whichever side.
func (s *Slack) WaitClosed(ctx context.Context, i int) error {
	return s.WaitHeld(ctx, fmt.Sprintf("the end of socket %d", i), func() bool { return i < len(s.sockets) && !s.sockets[i].open })
}

// Sockets is how many sockets are open.
func (s *Slack) Sockets() int {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.open()
}

func (s *Slack) open() int {
	n := 0
	for _, k := range s.sockets {
		if k.open {
			n++
		}
	}
	return n
}

// Opens is how often apps.connections.open was called, well or not.
func (s *Slack) Opens() int {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.opens
}

var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

// serveSocket opens a socket with a ticket of apps.connections.open, which is
// good for one.
func (s *Slack) serveSocket(w http.ResponseWriter, r *http.Request) {
	ticket := r.URL.Query().Get("ticket")
	s.Mu.Lock()
	used, known := s.tickets[ticket]
	if used || !known {
		s.Violate(true, "a socket was opened with a ticket that is used or unknown: %q", ticket)
		s.Mu.Unlock()
		http.Error(w, "bad ticket", http.StatusForbidden)
		return
	}
	s.tickets[ticket] = true
	s.Mu.Unlock()
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	k := &socket{ws: ws, gone: make(chan struct{})}
	if !s.Start(func() { s.runSocket(k) }) {
		k.cut()
	}
}

// runSocket greets a socket and reads it to its end.
func (s *Slack) runSocket(k *socket) {
	defer func() { _ = k.ws.Close() }()
	k.ws.SetPingHandler(func(data string) error {
		s.Mu.Lock()
		deaf := k.deaf
		s.Mu.Unlock()
		if !deaf {
			_ = k.ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(writeWithin))
		}
		return nil
	})
	if !s.greet(k) {
		return
	}
	s.Tasks.Go(func() { s.pingSocket(k) }) // this task holds Close meanwhile
	for {
		_, frame, err := k.ws.ReadMessage()
		if err != nil {
			break
		}
		s.Mu.Lock()
		if !k.deaf {
			s.acknowledge(frame)
		}
		s.Mu.Unlock()
	}
	close(k.gone)
	s.Mu.Lock()
	k.open = false
	s.Change()
	s.Mu.Unlock()
}

// greet counts a socket and sends its hello, which is the first thing on it, or
// turns it away.
func (s *Slack) greet(k *socket) bool {
	k.writing.Lock() // before the socket is known: what is sent to it comes after
	defer k.writing.Unlock()
	s.Mu.Lock()
	n := s.open() + 1
	if n <= maxSockets {
		k.open = true
		s.sockets = append(s.sockets, k)
		s.Change()
	}
	closed := s.Ended() // since Close looked at the sockets
	s.Mu.Unlock()
	if closed {
		k.cut()
	}
	if n > maxSockets {
		_ = k.write(disconnectFrame("too_many_websockets"))
		return false
	}
	_ = k.write(map[string]any{ // reading tells, if it did not go out
		"type": "hello", "num_connections": n, "connection_info": map[string]any{"app_id": AppID},
		"debug_info": map[string]any{"host": "standin", "build_number": 1, "approximate_connection_time": 18060},
	})
	return true
}

func (s *Slack) pingSocket(k *socket) {
	ticks := time.NewTicker(s.pingEvery)
	defer ticks.Stop()
	for {
		select {
		case <-k.gone:
			return
		case <-ticks.C:
			s.Mu.Lock()
			quiet := k.deaf || k.silent
			s.Mu.Unlock()
			if !quiet {
				_ = k.ws.WriteControl(websocket.PingMessage, []byte("Ping from standin"), time.Now().Add(writeWithin))
			}
		}
	}
}

func disconnectFrame(reason string) map[string]any {
	return map[string]any{"type": "disconnect", "reason": reason, "debug_info": map[string]any{"host": "standin"}}
}

// socket is the i-th that was opened, the first being 0, or nil.
func (s *Slack) socket(i int) *socket {
	if i < 0 || i >= len(s.sockets) {
		s.t.Errorf("slack: there is no socket %d, %d were opened", i, len(s.sockets))
		return nil
	}
	return s.sockets[i]
}

// Disconnect tells the i-th socket that was opened, the first being 0, that it
// will be closed, and closes it after the grace.
func (s *Slack) Disconnect(i int, reason string) {
	s.Mu.Lock()
	k := s.socket(i)
	if k != nil {
		k.leaving = true
	}
	s.Mu.Unlock()
	if k == nil || k.send(disconnectFrame(reason)) != nil {
		return
	}
	s.Start(func() {
		after := time.NewTimer(s.grace)
		defer after.Stop()
		select {
		case <-k.gone:
		case <-s.Done:
		case <-after.C:
			_ = k.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(writeWithin))
			k.cut()
		}
	})
}

// GoDeaf makes a socket half-open: no pings, no pongs, nothing delivered, nothing
// read, and no close.
func (s *Slack) GoDeaf(i int) { s.silence(i, true) }

// GoSilent makes a socket answer pings and do nothing else.
func (s *Slack) GoSilent(i int) { s.silence(i, false) }

func (s *Slack) silence(i int, deaf bool) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if k := s.socket(i); k != nil {
		k.deaf, k.silent = deaf, true
	}
}

// Pause holds for some time what is sent by a socket.
func (s *Slack) Pause(i int, d time.Duration) {
	s.Mu.Lock()
	k := s.socket(i)
	s.Mu.Unlock()
	if k == nil {
		return
	}
	s.Start(func() {
		k.writing.Lock()
		defer k.writing.Unlock()
		s.Rest(d)
	})
}

// Able are the sockets that are open and were neither told to leave nor made deaf or
// silent, by the order in which they were opened.
func (s *Slack) Able() []int {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	var all []int
	for i, k := range s.sockets {
		if k.open && !k.leaving && !k.deaf && !k.silent {
			all = append(all, i)
		}
	}
	return all
}

// CutOff closes a socket's TCP connection without a close frame.
func (s *Slack) CutOff(i int) {
	s.Mu.Lock()
	k := s.socket(i)
	s.Mu.Unlock()
	if k != nil {
		k.cut()
	}
}

// OpenDelay sets how long apps.connections.open takes.
func (s *Slack) OpenDelay(d time.Duration) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.delay = d
}
