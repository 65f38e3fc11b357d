package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"silkwire/bot/work"
)

// Socket Mode: https://docs.slack.dev/apis/events-api/using-socket-mode
//
// Slack sends an envelope to any one of an app's connections and ends each after
// some hours, with a warning or without. Two are kept open; the second is renewed
// early, after a random part of its life, so that their ends never fall together;
// and one that is to end is replaced before it is let go.
const (
	connections = 2

	dialWithin  = 10 * time.Second
	writeWithin = 5 * time.Second
	// approximateLife is how long a connection lives where Slack does not say.
	approximateLife = 5 * time.Hour
	// shortest is how long a connection lives that Slack means to keep.
	shortest = time.Second
	// mostPause is how long is waited before a connection is tried again, at most.
	mostPause = 30 * time.Second
	// maxFrame bounds what is read at once: Slack's events are some kilobytes.
	maxFrame = 1 << 20
)

// timing is when a connection is taken for dead or let go, and when an
// acknowledgement goes out without its answer.
type timing struct {
	// Slack pings every few seconds; one that says nothing for this long is dead,
	// even if it still answers pings of ours.
	silent time.Duration
	// ping is how often we ping; a link that leaves two unanswered is dead.
	ping time.Duration
	// lingers is how long a replaced connection is read on: Slack sends what it had
	// on the way.
	lingers time.Duration
	ack     time.Duration
	// processing is the first pause while Slack is not done with a picture.
	processing time.Duration
}

var usual = timing{silent: 25 * time.Second, ping: 8 * time.Second, lingers: 3 * time.Second, ack: ackWithin, processing: processing}

// frame is what Slack sends over a socket.
type frame struct {
	Type       string          `json:"type"`
	EnvelopeID string          `json:"envelope_id"`
	Payload    json.RawMessage `json:"payload"`
	Attempt    int             `json:"retry_attempt"`
	Reason     string          `json:"reason"` // of a disconnect
	Debug      struct {
		Life int `json:"approximate_connection_time"` // seconds
	} `json:"debug_info"`
}

// runSockets keeps the connections open until ctx ends or one meets a final
// error.
func (a *Adapter) runSockets(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for i := range connections {
		all.Go(func() {
			if err := a.keep(ctx, i); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	if final, ok := asFinal(context.Cause(ctx)); ok {
		a.opts.Health.Report("slack", false, final.Say)
		return final
	}
	return nil
}

// keep has one connection open at any time, the next before the last is let go.
func (a *Adapter) keep(ctx context.Context, slot int) error {
	pause := work.NewBackoff(a.opts.Random, mostPause)
	var old *socket
	var readers sync.WaitGroup
	defer func() {
		if old != nil { // it takes nothing more, but what is in hand is still answered by it
			old.retire(0)
		}
		readers.Wait()
	}()
	for ctx.Err() == nil {
		s, err := a.open(ctx, slot)
		if final, ok := asFinal(err); ok {
			return final
		}
		if err != nil {
			a.opts.Log.WarnContext(ctx, "slack: connect", "connection", slot, "error", clean(err))
			pause.Wait(ctx)
			continue
		}
		if old != nil {
			old.retire(a.timing.lingers)
		}
		old = s
		a.joined(s)
		readers.Go(func() { s.read(ctx) })
		s.await(ctx)
		if final, ok := asFinal(s.final()); ok {
			return final
		}
		s.rest(ctx, pause)
	}
	return nil
}

// joined notes a connection that is open.
func (a *Adapter) joined(s *socket) {
	a.mu.Lock()
	a.sockets[s] = true
	a.mu.Unlock()
	a.opts.Traffic.Opened()
	a.isReady()
}

// rest pauses after a connection that broke or ended at once, longer each time,
// until one has lasted.
func (s *socket) rest(ctx context.Context, pause *work.Backoff) {
	lived := s.a.opts.Now().Sub(s.born)
	if lived > mostPause {
		pause.Reset()
	}
	if lived < shortest || !s.asked.Load() && ctx.Err() == nil {
		if ctx.Err() == nil {
			s.a.opts.Traffic.Lost()
		}
		s.a.opts.Log.InfoContext(ctx, "slack: connection lost", "connection", s.slot, "reason", s.reason())
		pause.Wait(ctx)
	}
}

// socket is one connection.
type socket struct {
	a    *Adapter
	conn *websocket.Conn
	slot int
	born time.Time
	life time.Duration // after which it is renewed

	write   sync.Mutex // one writer at a time
	ending  chan struct{}
	once    sync.Once
	asked   atomic.Bool  // Slack or we asked for the end, it did not break
	last    atomic.Int64 // Unix nanoseconds after which nothing is read; 0: no end
	pong    atomic.Int64 // Unix nanoseconds of the last answer to a ping
	mu      sync.Mutex
	why     string // guarded by mu, like stopped
	stopped error
}

// open asks for an address, dials it and waits for the hello.
func (a *Adapter) open(ctx context.Context, slot int) (*socket, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*dialWithin)
	defer cancel()
	_, address, err := a.api.StartSocketModeContext(ctx)
	if err != nil {
		return nil, explainToken(fmt.Errorf("apps.connections.open: %w", err), "SLACK_APP_TOKEN")
	}
	dialer := websocket.Dialer{
		Proxy: http.ProxyFromEnvironment, HandshakeTimeout: dialWithin,
		// Slack reassembles no fragments: a whole acknowledgement must fit.
		WriteBufferSize: maxAck + 1024, ReadBufferSize: 8 << 10, WriteBufferPool: &writeBuffers,
	}
	conn, response, err := dialer.DialContext(ctx, address, nil)
	if err != nil {
		return nil, fmt.Errorf("open the websocket: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // gorilla has read it
	conn.SetReadLimit(maxFrame)
	s := &socket{a: a, conn: conn, slot: slot, born: a.opts.Now(), ending: make(chan struct{})}
	s.pong.Store(s.born.UnixNano())
	if err := s.hello(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return s, nil
}

var writeBuffers sync.Pool

// hello is the first frame; it says how long the connection will live.
func (s *socket) hello() error {
	s.alive()
	var f frame
	if err := s.conn.ReadJSON(&f); err != nil {
		return fmt.Errorf("wait for hello: %w", err)
	}
	switch f.Type {
	case "hello":
	case "disconnect":
		return disconnected(f.Reason)
	default:
		return fmt.Errorf("wait for hello: got %q", f.Type)
	}
	s.life = s.a.lifetime(s.slot, time.Duration(f.Debug.Life)*time.Second)
	s.a.heard()
	return nil
}

// lifetime is after how long a connection is renewed that Slack means to end after
// life: shortly before, and the second after a random part, so that the two never
// end together.
func (a *Adapter) lifetime(slot int, life time.Duration) time.Duration {
	if life <= 0 {
		life = approximateLife
	}
	if slot > 0 {
		return time.Duration((0.3 + 0.4*a.opts.Random()) * float64(life))
	}
	return max(life-time.Minute, life/2)
}

// disconnected is a disconnect's reason as an error, final where it is.
func disconnected(reason string) error {
	if reason == "link_disabled" {
		return &FinalError{Code: reason, Say: "Slack: Socket Mode is switched off for this app. Switch it on at api.slack.com/apps → your app → Socket Mode, then start silkwire again."}
	}
	return fmt.Errorf("disconnect: %s", reason)
}

// alive puts the end of the connection off: something came from Slack itself.
func (s *socket) alive() {
	until := s.a.opts.Now().Add(s.a.timing.silent)
	// A deadline that cannot be set shows at the next read.
	_ = s.conn.SetReadDeadline(until)
	if last := s.last.Load(); last != 0 { // it was retired, perhaps just now
		_ = s.conn.SetReadDeadline(time.Unix(0, min(last, until.UnixNano())))
	}
}

// read hands every envelope on until the connection ends.
func (s *socket) read(ctx context.Context) {
	defer func() {
		if ctx.Err() == nil { // else Run hangs up, when all is answered
			s.a.forget(s)
		}
	}()
	s.conn.SetPingHandler(func(data string) error {
		s.a.heard()
		s.alive()
		return s.conn.WriteControl(websocket.PongMessage, []byte(data), s.a.opts.Now().Add(writeWithin))
	})
	s.conn.SetPongHandler(func(string) error {
		now := s.a.opts.Now()
		s.pong.Store(now.UnixNano())
		s.a.opts.Traffic.Beat(now)
		return nil
	})
	for {
		_, data, err := s.conn.ReadMessage()
		if err != nil {
			s.end(fmt.Sprint("read: ", clean(err)), nil)
			return
		}
		s.a.heard()
		s.alive()
		var f frame
		if err := json.Unmarshal(data, &f); err != nil {
			s.a.opts.Log.WarnContext(ctx, "slack: a frame that is no JSON", "bytes", len(data))
			continue
		}
		if f.Type == "disconnect" {
			s.a.opts.Log.InfoContext(ctx, "slack: disconnect", "connection", s.slot, "reason", f.Reason)
			s.asked.Store(f.Reason != "too_many_websockets")
			s.end(f.Reason, disconnected(f.Reason))
			continue // what is on the way still comes
		}
		if f.EnvelopeID != "" {
			s.a.receive(ctx, s, f)
		}
	}
}

// await returns when the connection is to be replaced: Slack said so, its time is
// up, it is dead, or ctx ended.
func (s *socket) await(ctx context.Context) {
	renew := time.NewTimer(s.life)
	defer renew.Stop()
	ping := time.NewTicker(s.a.timing.ping)
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.ending:
			return
		case <-renew.C:
			s.asked.Store(true)
			s.end("renewed", nil)
			return
		case <-ping.C:
			if s.a.opts.Now().UnixNano()-s.pong.Load() > int64(2*s.a.timing.ping+s.a.timing.ping/8) {
				s.end("it answers no ping", nil)
				s.cut()
				return
			}
			// An error shows at the next read.
			_ = s.conn.WriteControl(websocket.PingMessage, nil, s.a.opts.Now().Add(writeWithin))
		}
	}
}

// forget closes a connection that ended.
func (a *Adapter) forget(s *socket) {
	a.mu.Lock()
	delete(a.sockets, s)
	left := len(a.sockets)
	a.mu.Unlock()
	if left == 0 {
		a.opts.Health.Report("slack", false, "no connection is open; connecting again")
	}
	s.close(websocket.CloseNormalClosure)
}

func (s *socket) end(why string, err error) {
	s.once.Do(func() {
		s.mu.Lock()
		s.why, s.stopped = why, err
		s.mu.Unlock()
		close(s.ending)
	})
}

func (s *socket) reason() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.why
}

func (s *socket) final() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped
}

// retire reads on for as long, for what is on the way; then the reader ends.
func (s *socket) retire(linger time.Duration) {
	s.last.Store(s.a.opts.Now().Add(linger).UnixNano())
	s.alive()
}

// close says goodbye and closes; again it does nothing that matters.
func (s *socket) close(code int) {
	message := websocket.FormatCloseMessage(code, "")
	// Whatever these say, the connection is over.
	_ = s.conn.WriteControl(websocket.CloseMessage, message, s.a.opts.Now().Add(time.Second))
	s.cut()
}

func (s *socket) cut() { _ = s.conn.Close() }

var errTooBig = errors.New("too big for an acknowledgement")

// envelop writes an acknowledgement's frame.
func envelop(b *bytes.Buffer, envelope string, payload any) error {
	b.WriteString(`{"envelope_id":`)
	if err := encode(b, envelope); err != nil {
		return err
	}
	switch p := payload.(type) {
	case nil:
	case rendered:
		b.WriteString(`,"payload":`)
		b.Write(p)
	default:
		b.WriteString(`,"payload":`)
		if err := encode(b, p); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// ack acknowledges an envelope, with a payload or none.
func (s *socket) ack(envelope string, payload any) error {
	b := buffers.Get().(*bytes.Buffer)
	defer recycle(b)
	if err := envelop(b, envelope, payload); err != nil {
		return fmt.Errorf("encode acknowledgement: %w", err)
	}
	if payload != nil && b.Len() > maxAck {
		return errTooBig
	}
	s.write.Lock()
	defer s.write.Unlock()
	if err := s.conn.SetWriteDeadline(s.a.opts.Now().Add(writeWithin)); err != nil {
		return fmt.Errorf("acknowledge: %w", err)
	}
	if err := s.conn.WriteMessage(websocket.TextMessage, b.Bytes()); err != nil {
		return fmt.Errorf("acknowledge: %w", err)
	}
	return nil
}
