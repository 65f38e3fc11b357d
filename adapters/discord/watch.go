package discord

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"silkwire/bot"
)

// watched is a gateway's connection that ends where discordgo would not notice or
// would get stuck: in silence, because its own watch takes five heartbeats; and at
// op 7 and op 9, because it deadlocks on the one in place of READY and identifies at
// once, again and again, on the other. Who reads gets an error, closes the session,
// and the supervisor makes a new one.
type watched struct {
	net.Conn
	frames  *frameReader  // nil: what is read is encrypted still
	ended   chan struct{} // closed when nothing more can be read
	silence atomic.Int64  // how long nothing may come before it is dead, in nanoseconds
	acked   atomic.Int64  // Unix nanoseconds of the last heartbeat that was answered
	why     atomic.Pointer[error]
	now     func() time.Time
	traffic *bot.Traffic
}

// Opcodes that are looked at:
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway
const (
	opReconnect      = 7
	opInvalidSession = 9
	opHello          = 10
	opHeartbeatAck   = 11
)

var (
	errReconnect      = errors.New("discord asked for a new connection (op 7)")
	errInvalidSession = errors.New("discord ended the session (op 9)")
	errSilent         = errors.New("discord was silent for too long")
)

// closed is the code with which Discord ended a connection.
type closed struct{ code int }

// Error names the code.
func (c closed) Error() string {
	return fmt.Sprintf("discord closed the gateway with code %d", c.code)
}

// Read reads for discordgo. An event that came before the end is still read.
func (w *watched) Read(p []byte) (int, error) {
	if why := w.why.Load(); why != nil {
		return 0, *why
	}
	if err := w.SetReadDeadline(w.now().Add(time.Duration(w.silence.Load()))); err != nil {
		return 0, w.end(err)
	}
	n, err := w.Conn.Read(p)
	if err != nil {
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			err = errSilent
		}
		return n, w.end(err)
	}
	if w.frames == nil {
		w.acked.Store(w.now().UnixNano()) // some frame came
		return n, nil
	}
	for at := 0; at < n; {
		used, frame := w.frames.feed(p[at:n])
		if err := w.look(frame); err != nil {
			_ = w.end(err)
			if at == 0 {
				return 0, err
			}
			return at, nil
		}
		at += used
	}
	return n, nil
}

// look acts on a frame that is complete.
func (w *watched) look(f *frame) error {
	switch {
	case f == nil:
		return nil
	case f.opcode == websocket.CloseMessage:
		if len(f.payload) >= 2 {
			_ = w.end(closed{int(binary.BigEndian.Uint16(f.payload))})
		}
		return nil
	case f.opcode != websocket.TextMessage:
		return nil
	}
	var event struct {
		Op   int             `json:"op"`
		Data json.RawMessage `json:"d"`
	}
	if json.Unmarshal(f.payload, &event) != nil {
		return nil // a long one, of which the beginning was kept: an event
	}
	switch event.Op {
	case opReconnect:
		return errReconnect
	case opInvalidSession:
		return errInvalidSession
	case opHello:
		var hello struct {
			Interval float64 `json:"heartbeat_interval"` // milliseconds
		}
		if json.Unmarshal(event.Data, &hello) == nil && hello.Interval >= 1 {
			// An answer to each heartbeat is due within the interval.
			w.silence.Store(int64(time.Duration(hello.Interval*silentFor) * time.Millisecond))
		}
		w.acked.Store(w.now().UnixNano())
	case opHeartbeatAck:
		now := w.now()
		w.acked.Store(now.UnixNano())
		w.traffic.Beat(now)
	}
	return nil
}

// silentFor is how many heartbeat intervals may pass without a word.
const silentFor = 1.75

// end says that nothing more is read, and returns the first reason why.
func (w *watched) end(err error) error {
	if w.why.CompareAndSwap(nil, &err) {
		close(w.ended)
	}
	return *w.why.Load()
}

// Write does not wait for a peer that takes nothing. What is written is a heartbeat, or
// begins a session: something must come back soon, long before a connection that nobody
// writes to is taken for dead.
func (w *watched) Write(p []byte) (int, error) {
	now := w.now()
	if err := w.SetWriteDeadline(now.Add(writeWithin)); err != nil {
		return 0, err
	}
	if time.Duration(w.silence.Load()) > answerWithin {
		// One that cannot be set shows at the next read.
		_ = w.SetReadDeadline(now.Add(answerWithin))
	}
	return w.Conn.Write(p)
}

const (
	writeWithin  = 3 * time.Second
	answerWithin = 10 * time.Second
)

// frame is a websocket frame, of whose payload the beginning is kept.
type frame struct {
	opcode  int
	payload []byte
}

// keptPayload is how much of a payload is looked at: the control messages of the
// gateway are shorter.
const keptPayload = 2048

// frameReader finds the frames in what a server sends after its answer to the
// handshake; they are not masked: https://www.rfc-editor.org/rfc/rfc6455#section-5.2
type frameReader struct {
	open bool   // the handshake's answer is over
	head []byte // of a header that is not complete
	now  *frame
	left uint64 // bytes of the payload that are to come
}

// feed takes some of what was read: at most up to the end of one frame. It returns
// how much it took, and the frame if it is complete.
func (r *frameReader) feed(p []byte) (int, *frame) {
	used := 0
	for ; !r.open && used < len(p); used++ {
		r.head = append(r.head[max(0, len(r.head)-len(endOfHeaders)+1):], p[used])
		if bytes.Equal(r.head, endOfHeaders) {
			r.open, r.head = true, r.head[:0]
		}
	}
	for r.now == nil {
		if used == len(p) {
			return used, nil
		}
		r.head = append(r.head, p[used])
		used++
		r.header()
	}
	n := int(min(r.left, uint64(len(p)-used)))
	if room := keptPayload - len(r.now.payload); room > 0 {
		r.now.payload = append(r.now.payload, p[used:used+min(n, room)]...)
	}
	r.left -= uint64(n)
	used += n
	if r.left > 0 {
		return used, nil
	}
	f := r.now
	r.now = nil
	return used, f
}

var endOfHeaders = []byte("\r\n\r\n")

// header begins a frame when its header is complete.
func (r *frameReader) header() {
	if len(r.head) < 2 {
		return
	}
	size, length := 2, uint64(r.head[1]&0x7f)
	switch length {
	case 126:
		size = 4
	case 127:
		size = 10
	}
	if len(r.head) < size {
		return
	}
	switch size {
	case 4:
		length = uint64(binary.BigEndian.Uint16(r.head[2:]))
	case 10:
		length = binary.BigEndian.Uint64(r.head[2:])
	}
	r.now, r.left = &frame{opcode: int(r.head[0] & 0x0f)}, length
	r.head = r.head[:0]
}

// dialer connects a session and watches its connection, which is handed to made.
// Behind a proxy gorilla's own dialler encrypts, so that only silence is seen there.
func (a *Adapter) dialer(ctx context.Context, gateway *url.URL, made func(*watched)) *websocket.Dialer {
	watch := func(c net.Conn, err error, clear bool) (net.Conn, error) {
		if err != nil {
			return nil, err
		}
		w := &watched{Conn: c, ended: make(chan struct{}), now: a.opts.Now, traffic: a.opts.Traffic}
		w.silence.Store(int64(a.timing.opening))
		if clear {
			w.frames = &frameReader{}
		}
		made(w)
		return w, nil
	}
	d := &websocket.Dialer{HandshakeTimeout: a.timing.opening, Proxy: http.ProxyFromEnvironment}
	asHTTP := *gateway
	asHTTP.Scheme = strings.Replace(gateway.Scheme, "ws", "http", 1)
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: &asHTTP})
	proxied := err == nil && proxy != nil
	d.NetDialContext = func(_ context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		return watch(c, err, !proxied)
	}
	if !proxied {
		d.NetDialTLSContext = func(_ context.Context, network, address string) (net.Conn, error) {
			c, err := new(tls.Dialer).DialContext(ctx, network, address)
			return watch(c, err, true)
		}
	}
	return d
}
