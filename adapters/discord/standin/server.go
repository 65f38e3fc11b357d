// Package standin plays Discord's side for tests: the gateway, the REST API and signed
// interactions over HTTP, over real sockets on the loopback. It checks every body that
// it is sent by Discord's published description and its documented rules, and a test
// whose bot sends what Discord would refuse fails. It stands in a time of its own,
// which Advance moves; only the pace of heartbeats is real.
package standin

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The app, and the places that it is in. The token is not any.
const (
	Token     = "standin-token"
	AppID     = "900000000000000001"
	BotUser   = "900000000000000002"
	GuildID   = "100000000000000001"
	ChannelID = "200000000000000001"
	OtherID   = "200000000000000002" // another channel of the guild
	ThreadID  = "200000000000000003" // of ChannelID
	DirectID  = "400000000000000001"
)

// Discord is a stand-in for Discord.
type Discord struct {
	t         testing.TB
	web       *httptest.Server
	heartbeat time.Duration
	base      func() time.Time
	done      chan struct{} // closed by Close
	tasks     sync.WaitGroup
	closing   sync.Once
	key       ed25519.PrivateKey
	unchecked bool
	kept      int // calls and exchanges

	mu         sync.Mutex // guards all below
	changed    chan struct{}
	closed     bool
	offset     time.Duration
	violations []violation
	refusedOK  bool
	nextID     uint64
	calls      []Call
	exchanges  map[string]*Exchange // by token
	order      []string             // of their tokens
	messages   []*Message
	nonces     map[string]nonce
	commands   map[string][]json.RawMessage // by guild; "" is everywhere
	puts       int
	app        map[string]any
	guilds     []map[string]any
	gateway
	misbehaviour
	limits map[string]*window
	rated  int // answers of 429
	over   string
}

type violation struct {
	text    string
	refused bool // Discord answered with an error
}

// Call is a request that the bot made.
type Call struct {
	Method, Path string // the path behind the version
	Body         []byte
	Status       int
	At           time.Time
}

// Option changes a stand-in as it is made.
type Option func(*Discord)

// Heartbeat sets the interval that the gateway asks for; a second, if it is not said.
func Heartbeat(d time.Duration) Option { return func(s *Discord) { s.heartbeat = d } }

// Clock sets the time that the stand-in starts from.
func Clock(now func() time.Time) Option { return func(s *Discord) { s.base = now } }

// Unchecked leaves the bodies unchecked and keeps little: for measurements.
func Unchecked() Option { return func(s *Discord) { s.unchecked, s.kept = true, 16 } }

// Keep sets how many calls, messages and interactions are remembered.
func Keep(n int) Option { return func(s *Discord) { s.kept = n } }

// New starts a Discord on 127.0.0.1. It is closed when the test ends, which fails for
// each violation that the test neither allowed nor took.
func New(t testing.TB, opts ...Option) *Discord {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &Discord{
		t: t, heartbeat: time.Second, base: time.Now, done: make(chan struct{}), key: key, kept: 4096, changed: make(chan struct{}),
		nextID: 1_200_000_000_000_000_000, exchanges: map[string]*Exchange{}, nonces: map[string]nonce{}, commands: map[string][]json.RawMessage{},
		limits: map[string]*window{}, gateway: newGateway(), misbehaviour: newMisbehaviour(),
	}
	s.app = map[string]any{
		"id": AppID, "name": "silkwire", "bot_public": true, "flags": 0, "verify_key": s.PublicKey(), "bot": map[string]any{"id": BotUser, "username": "silkwire"},
		"integration_types_config": map[string]any{"0": map[string]any{}, "1": map[string]any{}}, "bot_require_code_grant": false,
	}
	s.guilds = []map[string]any{{"id": GuildID, "name": "A server", "permissions": "274877991936"}}
	for _, o := range opts {
		o(s)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/v10/", s.serveAPI)
	mux.HandleFunc("/gateway", s.serveGateway)
	s.web = httptest.NewServer(mux)
	t.Cleanup(func() {
		s.Close()
		for _, v := range s.Violations() {
			t.Errorf("discord: %s", v)
		}
	})
	return s
}

// URL is where the API is, with the version and a slash at its end.
func (s *Discord) URL() string { return s.web.URL + "/api/v10/" }

// PublicKey is the app's, in hexadecimal.
func (s *Discord) PublicKey() string {
	return hex.EncodeToString(s.key.Public().(ed25519.PublicKey))
}

// Close cuts every socket, stops the server and waits for both. A test need not call
// it.
func (s *Discord) Close() {
	s.closing.Do(func() {
		s.mu.Lock()
		s.closed = true
		close(s.done)
		sockets := slices.Clone(s.sockets)
		s.change()
		s.mu.Unlock()
		for _, k := range sockets {
			k.cut()
		}
		s.tasks.Wait()
		s.web.CloseClientConnections()
		s.web.Close()
	})
}

// Now is the stand-in's time.
func (s *Discord) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

func (s *Discord) now() time.Time { return s.base().Add(s.offset) }

// Advance moves the stand-in's time: responses get late, tokens expire, nonces are
// forgotten.
func (s *Discord) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset += d
}

// App changes what Discord says of the app.
func (s *Discord) App(key string, value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.app[key] = value
}

// Guilds changes in which servers the bot is: id, name and permissions of each.
func (s *Discord) Guilds(guilds ...map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.guilds = guilds
}

// AllowRefused lets the test end well although Discord refused a body.
func (s *Discord) AllowRefused() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusedOK = true
}

// Violations lists what the bot did wrong so far and the test did not allow.
func (s *Discord) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, v := range s.violations {
		if !v.refused || !s.refusedOK {
			all = append(all, v.text)
		}
	}
	return all
}

// TakeViolations lists the violations that contain a text, and forgets them: for a
// test that provokes them.
func (s *Discord) TakeViolations(part string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	s.violations = slices.DeleteFunc(s.violations, func(v violation) bool {
		if !strings.Contains(v.text, part) {
			return false
		}
		all = append(all, v.text)
		return true
	})
	return all
}

// violate records a violation; mu is held.
func (s *Discord) violate(refused bool, format string, args ...any) {
	s.violations = append(s.violations, violation{fmt.Sprintf(format, args...), refused})
	s.change()
}

// Calls lists the requests so far whose method and path begin so.
func (s *Discord) Calls(method, prefix string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Call
	for _, c := range s.calls {
		if c.Method == method && strings.HasPrefix(c.Path, prefix) {
			all = append(all, c)
		}
	}
	return all
}

// Limited is how often a request was answered 429.
func (s *Discord) Limited() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rated
}

// LastToken is the token of the last interaction.
func (s *Discord) LastToken() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.order) == 0 {
		return ""
	}
	return s.order[len(s.order)-1]
}

// id makes a snowflake; mu is held.
func (s *Discord) id() string {
	s.nextID++
	return strconv.FormatUint(s.nextID, 10)
}

// change wakes all that wait for something; mu is held.
func (s *Discord) change() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Errors of what a test waits for.
var (
	ErrClosed  = errors.New("the stand-in is closed")
	ErrOffline = errors.New("the bot is not connected")
)

// Wait returns when a condition holds, or with ctx's error. The condition is asked
// whenever something has changed, without a lock: it may call the stand-in.
func (s *Discord) Wait(ctx context.Context, what string, holds func() bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if holds() {
			return nil
		}
		select {
		case <-changed:
		case <-s.done:
			return fmt.Errorf("discord: waiting for %s: %w", what, ErrClosed)
		case <-ctx.Done():
			return fmt.Errorf("discord: waiting for %s: %w", what, ctx.Err())
		}
	}
}
