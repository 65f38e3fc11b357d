package standin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Opcodes: https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway
const (
	opDispatch       = 0
	opHeartbeat      = 1
	opIdentify       = 2
	opResume         = 6
	opReconnect      = 7
	opInvalidSession = 9
	opHello          = 10
	opHeartbeatAck   = 11
)

// Close codes of the gateway.
const (
	closeAuthentication = 4004
	closeAuthenticated  = 4005
	closeIntents        = 4014
)

// privileged intents: GUILD_MEMBERS, GUILD_PRESENCES, MESSAGE_CONTENT.
const privileged = 1<<1 | 1<<8 | 1<<15

// Intents that events depend on.
const (
	intentGuildMessages  = 1 << 9
	intentDirectMessages = 1 << 12
)

// gateway is the state of the sockets.
type gateway struct {
	sockets    []*socket
	identifies []Identify
	closes     []int // codes with which the bot closed
	shards     int
	remaining  int
	sequence   int
	stalled    string      // "", or what never comes: "dial", "hello", "ready", "all"
	instead    map[int]int // opcodes that come in place of READY, and how often
	noIntents  bool
}

func newGateway() gateway {
	return gateway{shards: 1, remaining: 1000, instead: map[int]int{}}
}

// Identify is a session that the bot began.
type Identify struct {
	Intents int
	At      time.Time // of the real clock
}

// socket is one connection of the gateway.
type socket struct {
	s       *Discord
	conn    *websocket.Conn
	write   sync.Mutex
	ready   bool // guarded by s.Mu, like the next
	deaf    bool // half-open: nothing goes out, nothing comes in
	intents int
}

func (k *socket) cut() { _ = k.conn.Close() } // that is what was asked for

func (k *socket) send(v any) error {
	k.write.Lock()
	defer k.write.Unlock()
	if err := k.conn.SetWriteDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	return k.conn.WriteJSON(v)
}

func (k *socket) close(code int) {
	k.write.Lock()
	defer k.write.Unlock()
	// The bot has gone, if this cannot be written.
	_ = k.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second))
	_ = k.conn.Close()
}

// gatewayBot is where the gateway is; Mu is held.
func (s *Discord) gatewayBot() any {
	return map[string]any{
		"url": "ws" + strings.TrimPrefix(s.web.URL, "http") + "/gateway", "shards": s.shards,
		"session_start_limit": map[string]any{"total": 1000, "remaining": s.remaining, "reset_after": 3_600_000, "max_concurrency": 1},
	}
}

// Shards sets how many shards Discord advises.
func (s *Discord) Shards(n int) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.shards = n
}

// Identifies are the sessions that the bot began.
func (s *Discord) Identifies() []Identify {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return append([]Identify{}, s.identifies...)
}

// Closes are the codes with which the bot closed connections.
func (s *Discord) Closes() []int {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return append([]int{}, s.closes...)
}

// Stall lets the gateway fall silent: what is "dial" (connections are taken and
// nothing is said), "hello" or "ready" (never said) or "all" (nothing more is said to
// anybody, heartbeats included); empty ends it for connections to come.
func (s *Discord) Stall(what string) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.stalled = what
}

// InsteadOfReady lets the next connections get an opcode in place of READY.
func (s *Discord) InsteadOfReady(op, times int) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.instead[op] = times
}

// RefuseIntents closes the next sessions as if an intent was not allowed.
func (s *Discord) RefuseIntents() {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.noIntents = true
}

// Drop cuts the connections that are open.
func (s *Discord) Drop() {
	for _, k := range s.open() {
		k.cut()
	}
}

// CloseGateway closes the connections that are open with a code.
func (s *Discord) CloseGateway(code int) {
	for _, k := range s.open() {
		k.close(code)
	}
}

// Send sends a control message to the connections that are open: op 7 or op 9.
func (s *Discord) Send(op int) {
	for _, k := range s.open() {
		if k.send(map[string]any{"op": op, "d": nil, "s": nil, "t": nil}) != nil {
			k.cut()
		}
	}
}

func (s *Discord) open() []*socket {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	var all []*socket
	for _, k := range s.sockets {
		if k.ready {
			all = append(all, k)
		}
	}
	return all
}

// Connected waits until the bot has had READY for the nth time.
func (s *Discord) Connected(ctx context.Context, n int) error {
	return s.Wait(ctx, fmt.Sprintf("session %d", n), func() bool {
		s.Mu.Lock()
		defer s.Mu.Unlock()
		ready := 0
		for _, k := range s.sockets {
			if k.ready {
				ready++
			}
		}
		return len(s.identifies) >= n && ready > 0
	})
}

func (s *Discord) serveGateway(w http.ResponseWriter, r *http.Request) {
	s.Mu.Lock()
	stalled := s.stalled
	s.Mu.Unlock()
	if stalled == "dial" {
		select {
		case <-s.Done:
		case <-r.Context().Done():
		}
		return
	}
	if v := r.URL.Query().Get("v"); v != "10" {
		s.Mu.Lock()
		s.Violate(false, "the gateway is spoken to in version %q", v)
		s.Mu.Unlock()
	}
	up := websocket.Upgrader{ReadBufferSize: 4096, WriteBufferSize: 16384}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	k := &socket{s: s, conn: conn}
	s.Mu.Lock()
	s.sockets = append(s.sockets, k)
	s.Mu.Unlock()
	s.Tasks.Go(func() {
		<-s.Done
		k.cut()
	})
	k.serve(stalled)
	s.Mu.Lock()
	k.ready = false
	s.sockets = without(s.sockets, k)
	s.Change()
	s.Mu.Unlock()
}

func without(all []*socket, k *socket) []*socket {
	var out []*socket
	for _, other := range all {
		if other != k {
			out = append(out, other)
		}
	}
	return out
}

// serve speaks with the bot until the connection ends.
func (k *socket) serve(stalled string) {
	defer k.cut()
	if stalled != "hello" && stalled != "all" {
		if k.send(map[string]any{"op": opHello, "d": map[string]any{"heartbeat_interval": k.s.heartbeat.Milliseconds()}, "s": nil, "t": nil}) != nil {
			return
		}
	}
	for {
		// A bot whose heart does not beat is let go.
		if k.conn.SetReadDeadline(time.Now().Add(3*k.s.heartbeat+time.Second)) != nil {
			return
		}
		var in struct {
			Op   int             `json:"op"`
			Data json.RawMessage `json:"d"`
		}
		if err := k.conn.ReadJSON(&in); err != nil {
			k.ended(err)
			return
		}
		if k.isDeaf() {
			continue
		}
		if !k.take(in.Op, in.Data) {
			return
		}
	}
}

// ended notes how the bot closed.
func (k *socket) ended(err error) {
	k.s.Mu.Lock()
	defer k.s.Mu.Unlock()
	if c, ok := errors.AsType[*websocket.CloseError](err); ok {
		k.s.closes = append(k.s.closes, c.Code)
	}
	k.s.Change()
}

// take acts on what the bot sent; it is false where the connection ends.
func (k *socket) take(op int, data []byte) bool {
	switch op {
	case opHeartbeat:
		k.s.Mu.Lock()
		silent := k.s.stalled == "all"
		k.s.Mu.Unlock()
		return silent || k.send(map[string]any{"op": opHeartbeatAck, "d": nil, "s": nil, "t": nil}) == nil
	case opIdentify:
		return k.identify(data)
	case opResume:
		return k.send(map[string]any{"op": opInvalidSession, "d": false, "s": nil, "t": nil}) == nil
	}
	return true
}

func (k *socket) identify(data []byte) bool {
	var in struct {
		Token   string `json:"token"`
		Intents int    `json:"intents"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return false
	}
	s := k.s
	s.Mu.Lock()
	again, refused := k.ready, s.noIntents || in.Intents&privileged != 0
	s.identifies = append(s.identifies, Identify{in.Intents, time.Now()})
	s.remaining--
	stalled, op := s.stalled, 0
	for instead, n := range s.instead {
		if n > 0 {
			s.instead[instead]--
			op = instead
		}
	}
	s.Change()
	s.Mu.Unlock()
	switch {
	case strings.TrimPrefix(in.Token, "Bot ") != Token:
		k.close(closeAuthentication)
		return false
	case again:
		k.close(closeAuthenticated)
		return false
	case refused:
		k.close(closeIntents)
		return false
	case op != 0:
		return k.send(map[string]any{"op": op, "d": false, "s": nil, "t": nil}) == nil
	case stalled == "ready" || stalled == "all":
		return true
	}
	return k.welcome(in.Intents)
}

func (k *socket) welcome(intents int) bool {
	s := k.s
	err := k.send(map[string]any{"op": opDispatch, "t": "READY", "s": 1, "d": map[string]any{
		"v": 10, "user": map[string]any{"id": BotUser, "username": "silkwire", "bot": true}, "application": map[string]any{"id": AppID, "flags": 0},
		"guilds": []any{map[string]any{"id": GuildID, "unavailable": true}}, "session_id": "session", "resume_gateway_url": s.web.URL,
	}})
	s.Mu.Lock()
	defer s.Mu.Unlock()
	k.ready, k.intents = err == nil, intents
	s.Change()
	return err == nil
}

// event is one on its way to a connection.
type event struct {
	to    *socket
	frame map[string]any
}

// overtakenFor is how long an event waits for one that overtakes it.
const overtakenFor = 50 * time.Millisecond

// dispatch sends an event to the connection that is open.
func (s *Discord) dispatch(name string, needs int, data any) error {
	s.Mu.Lock()
	var to *socket
	for _, k := range s.sockets {
		if k.ready && k.intents&needs == needs {
			to = k
		}
	}
	times := 1
	if s.twice {
		times = 2
	}
	s.sequence++
	next := event{to, map[string]any{"op": opDispatch, "t": name, "s": s.sequence + 1, "d": data}}
	overtaken := s.late
	s.late = nil
	waits := to != nil && overtaken == nil && s.reorders
	if waits {
		s.late = &next
	}
	s.Mu.Unlock()
	switch {
	case to == nil || to.isDeaf():
		return ErrOffline
	case waits:
		s.Start(func() {
			s.Rest(overtakenFor)
			s.flush(&next)
		})
		return nil
	}
	for range times {
		if err := to.send(next.frame); err != nil {
			return fmt.Errorf("send %s: %w", name, err)
		}
	}
	if overtaken != nil {
		overtaken.send()
	}
	return nil
}

// flush sends an event that nothing has overtaken.
func (s *Discord) flush(e *event) {
	s.Mu.Lock()
	waits := s.late == e
	if waits {
		s.late = nil
	}
	s.Mu.Unlock()
	if waits {
		e.send()
	}
}

// send sends an event that was late. That it is lost with its connection is seen by who
// waits for what comes of it.
func (e *event) send() { _ = e.to.send(e.frame) }

func (k *socket) isDeaf() bool {
	k.s.Mu.Lock()
	defer k.s.Mu.Unlock()
	return k.deaf
}
