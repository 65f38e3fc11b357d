package standin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	maxSockets  = 10
	ackLimit    = 3 * time.Second
	writeWithin = 5 * time.Second
)

// wire is the state of Socket Mode; Slack's mu guards it.
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

// socket is one connection. The flags are guarded by Slack's mu.
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
	return s.wait(ctx, fmt.Sprintf("%d sockets", n), func() bool { return s.open() >= n })
}

// WaitOpens returns when apps.connections.open was called so often.
func (s *Slack) WaitOpens(ctx context.Context, n int) error {
	return s.wait(ctx, fmt.Sprintf("%d calls of apps.connections.open", n), func() bool { return s.opens >= n })
}

// WaitClosed returns when a socket is closed, by whichever side.
func (s *Slack) WaitClosed(ctx context.Context, i int) error {
	return s.wait(ctx, fmt.Sprintf("the end of socket %d", i), func() bool { return i < len(s.sockets) && !s.sockets[i].open })
}

// Sockets is how many sockets are open.
func (s *Slack) Sockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
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
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opens
}

var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

// serveSocket opens a socket with a ticket of apps.connections.open, which is
// good for one.
func (s *Slack) serveSocket(w http.ResponseWriter, r *http.Request) {
	ticket := r.URL.Query().Get("ticket")
	s.mu.Lock()
	used, known := s.tickets[ticket]
	if used || !known {
		s.violate(true, "a socket was opened with a ticket that is used or unknown: %q", ticket)
		s.mu.Unlock()
		http.Error(w, "bad ticket", http.StatusForbidden)
		return
	}
	s.tickets[ticket] = true
	s.mu.Unlock()
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	k := &socket{ws: ws, gone: make(chan struct{})}
	if !s.start(func() { s.runSocket(k) }) {
		k.cut()
	}
}

// runSocket greets a socket and reads it to its end.
func (s *Slack) runSocket(k *socket) {
	defer func() { _ = k.ws.Close() }()
	k.ws.SetPingHandler(func(data string) error {
		s.mu.Lock()
		deaf := k.deaf
		s.mu.Unlock()
		if !deaf {
			_ = k.ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(writeWithin))
		}
		return nil
	})
	if !s.greet(k) {
		return
	}
	s.tasks.Go(func() { s.pingSocket(k) }) // this task holds Close meanwhile
	for {
		_, frame, err := k.ws.ReadMessage()
		if err != nil {
			break
		}
		s.mu.Lock()
		if !k.deaf {
			s.acknowledge(frame)
		}
		s.mu.Unlock()
	}
	close(k.gone)
	s.mu.Lock()
	k.open = false
	s.change()
	s.mu.Unlock()
}

// greet counts a socket and sends its hello, which is the first thing on it, or
// turns it away.
func (s *Slack) greet(k *socket) bool {
	k.writing.Lock() // before the socket is known: what is sent to it comes after
	defer k.writing.Unlock()
	s.mu.Lock()
	n := s.open() + 1
	if n <= maxSockets {
		k.open = true
		s.sockets = append(s.sockets, k)
		s.change()
	}
	closed := s.closed // since Close looked at the sockets
	s.mu.Unlock()
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
			s.mu.Lock()
			quiet := k.deaf || k.silent
			s.mu.Unlock()
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
	s.mu.Lock()
	k := s.socket(i)
	if k != nil {
		k.leaving = true
	}
	s.mu.Unlock()
	if k == nil || k.send(disconnectFrame(reason)) != nil {
		return
	}
	s.start(func() {
		after := time.NewTimer(s.grace)
		defer after.Stop()
		select {
		case <-k.gone:
		case <-s.done:
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
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.socket(i); k != nil {
		k.deaf, k.silent = deaf, true
	}
}

// CutOff closes a socket's TCP connection without a close frame.
func (s *Slack) CutOff(i int) {
	s.mu.Lock()
	k := s.socket(i)
	s.mu.Unlock()
	if k != nil {
		k.cut()
	}
}

// OpenDelay sets how long apps.connections.open takes.
func (s *Slack) OpenDelay(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = d
}

// Send sends an envelope to one of the open sockets, each in turn. Sockets that
// are deaf, silent or told to leave get none while there are others.
func (s *Slack) Send(env Envelope) *Delivery {
	s.mu.Lock()
	var able, leaving []*socket
	for _, k := range s.sockets {
		switch {
		case !k.open || k.deaf || k.silent:
		case k.leaving:
			leaving = append(leaving, k)
		default:
			able = append(able, k)
		}
	}
	if len(able) == 0 {
		able = leaving
	}
	var k *socket
	if len(able) > 0 {
		k = able[s.next%len(able)]
		s.next++
	}
	return s.deliver(k, env)
}

// SendOn sends an envelope to the i-th socket that was opened, the first being 0.
// To a deaf or silent one it is lost.
func (s *Slack) SendOn(i int, env Envelope) *Delivery {
	s.mu.Lock()
	return s.deliver(s.socket(i), env)
}

// deliver sends an envelope to a socket; mu is held and is let go.
func (s *Slack) deliver(k *socket, env Envelope) *Delivery {
	d := s.prepare(env)
	lost := k != nil && (k.deaf || k.silent)
	d.socket = slices.Index(s.sockets, k)
	if k == nil || !k.open {
		d.finish(nil, ErrUndeliverable)
	}
	s.mu.Unlock()
	if k == nil || lost {
		return d
	}
	if err := k.send(d.frame); err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		d.finish(nil, fmt.Errorf("%w: %w", ErrUndeliverable, err))
	}
	return d
}

// prepare gives an envelope what only the server knows: its id, a response_url
// and a trigger. mu is held.
func (s *Slack) prepare(env Envelope) *Delivery {
	s.serial++
	id := "e" + strconv.Itoa(s.serial)
	payload := copied(env.Payload)
	s.introduce(payload)
	if env.responds {
		payload["response_url"] = s.web.URL + "/response/" + id
		s.answers[id] = &answer{born: s.now()}
	}
	if env.triggers {
		payload["trigger_id"] = "trigger." + id
		s.triggers["trigger."+id] = &trigger{born: s.now()}
	}
	frame := map[string]any{"envelope_id": id, "type": env.Type, "payload": payload, "accepts_response_payload": env.answered()}
	if env.Type == eventsAPI {
		frame["retry_attempt"], frame["retry_reason"] = env.RetryAttempt, env.RetryReason
	}
	d := &Delivery{ID: id, Payload: payload, s: s, env: env, frame: frame, sent: s.now(), done: make(chan struct{}), socket: -1}
	s.deliveries[id] = d
	return d
}

// Delivery is an envelope on its way.
type Delivery struct {
	ID      string         // of the envelope
	Payload map[string]any // as it was sent: with its response_url and trigger_id

	s      *Slack
	env    Envelope
	frame  map[string]any
	sent   time.Time
	socket int
	done   chan struct{}
	// Guarded by the mu of s.
	acks int
	ack  json.RawMessage
	err  error
}

// Ack waits for the answer to the envelope and returns its payload, nil if it was
// empty. An error that is ErrRefused comes with the payload that Slack would not
// take.
func (d *Delivery) Ack(ctx context.Context) (json.RawMessage, error) {
	select {
	case <-d.done:
	default:
		select {
		case <-d.done:
		case <-d.s.done:
			return nil, ErrClosed
		case <-ctx.Done():
			return nil, fmt.Errorf("slack: waiting for the ack of %s: %w", d.ID, ctx.Err())
		}
	}
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	return d.ack, d.err
}

// Acks is how often the envelope was acked; more than once is a violation.
func (d *Delivery) Acks() int {
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	return d.acks
}

// Socket is the socket the envelope was sent to, by the order they were opened;
// -1 is none.
func (d *Delivery) Socket() int { return d.socket }

// finish ends the wait for an answer; mu is held.
func (d *Delivery) finish(payload json.RawMessage, err error) {
	select {
	case <-d.done:
		return
	default:
	}
	d.ack, d.err = payload, err
	close(d.done)
}

// acknowledge takes a frame that a bot sent; mu is held.
func (s *Slack) acknowledge(frame []byte) {
	var f struct {
		ID      string          `json:"envelope_id"`
		Payload json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(frame, &f); err != nil || f.ID == "" {
		s.violate(false, "a frame that is no ack: %.200q", frame)
		return
	}
	d := s.deliveries[f.ID]
	if d == nil {
		s.violate(false, "an ack of an envelope that was not sent: %q", f.ID)
		return
	}
	if d.acks++; d.acks > 1 {
		s.violate(false, "%s was acked %d times", d.env, d.acks)
		return
	}
	if took := s.now().Sub(d.sent); took > ackLimit {
		s.violate(false, "%s was acked after %s, at most %s", d.env, took, ackLimit)
	}
	if len(frame) > frameLimit {
		s.violate(true, "%s: an ack of %d bytes, at most %d", d.env, len(frame), frameLimit)
		d.finish(nil, fmt.Errorf("%w: an ack of %d bytes", ErrRefused, len(frame)))
		return
	}
	payload := f.Payload
	if p := strings.TrimSpace(string(payload)); p == "null" || p == "{}" || p == `""` {
		payload = nil
	}
	d.finish(payload, s.judge(d.env, payload, Ack))
	s.change()
}

// judge checks the answer to an envelope; mu is held.
func (s *Slack) judge(env Envelope, payload json.RawMessage, via Via) error {
	var wrong []problem
	switch kind := env.kind(); {
	case kind == "block_suggestion" && payload == nil:
		wrong = []problem{{"/", "no options in the answer", "invalid_arguments"}}
	case payload == nil:
	case kind == slashCommands:
		wrong = s.judgeMessage(payload, via)
	case kind == "block_suggestion":
		wrong = checkOptions(payload)
	case kind == "view_submission":
		wrong = s.judgeSubmission(env, payload)
	default:
		wrong = []problem{{"/", "an answer that takes no payload has one", "invalid_arguments"}}
	}
	return s.record(env.String(), wrong, payload)
}

// record keeps the problems of a payload as violations, and is an error if one
// of them is refused; mu is held.
func (s *Slack) record(what string, wrong []problem, payload []byte) error {
	var err error
	for _, p := range wrong {
		s.violate(p.code != "", "%s: %s in %.300s", what, p, payload)
		if p.code != "" && err == nil {
			err = fmt.Errorf("%w: %s: %s", ErrRefused, p.code, p)
		}
	}
	return err
}

// judgeMessage is what Slack and the house say to a message; mu is held.
func (s *Slack) judgeMessage(doc []byte, via Via) []problem {
	wrong := checkMessage(doc, via)
	if len(wrong) > 0 && wrong[0].code == "invalid_arguments" {
		return wrong
	}
	return append(wrong, s.judgeHouse(doc)...)
}

func (s *Slack) judgeHouse(doc []byte) []problem {
	if s.mentionsOK {
		return slices.DeleteFunc(checkHouseRules(doc), func(p problem) bool { return strings.HasPrefix(p.text, "live mention") })
	}
	return checkHouseRules(doc)
}

// judgeSubmission checks the answer to a submitted modal; mu is held.
func (s *Slack) judgeSubmission(env Envelope, payload []byte) []problem {
	var a struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   json.RawMessage   `json:"view"`
	}
	if err := json.Unmarshal(payload, &a); err != nil {
		return []problem{{"/", err.Error(), "invalid_arguments"}}
	}
	switch a.Action {
	case "clear":
		return nil
	case "errors":
		return judgeErrors(env, a.Errors)
	case "update", "push":
		if a.View == nil {
			return []problem{{"/view", "missing", "invalid_arguments"}}
		}
		return append(checkView(a.View), s.judgeHouse(a.View)...)
	}
	return []problem{{"/response_action", strconv.Quote(a.Action) + ", must be errors, update, push or clear", "invalid_arguments"}}
}

// judgeErrors checks that each complaint is about an input of the view.
func judgeErrors(env Envelope, complaints map[string]string) []problem {
	if len(complaints) == 0 {
		return []problem{{"/errors", "none in an answer of errors", "invalid_arguments"}}
	}
	view, _ := env.Payload["view"].(map[string]any)
	blocks, _ := view["blocks"].([]any)
	var wrong []problem
	for id, said := range complaints {
		input := slices.ContainsFunc(blocks, func(v any) bool {
			b, _ := v.(map[string]any)
			return b["type"] == "input" && b["block_id"] == id
		})
		if !input || said == "" {
			wrong = append(wrong, problem{"/errors/" + id, "needs an input block of that name, and a text", "invalid_arguments"})
		}
	}
	return wrong
}
