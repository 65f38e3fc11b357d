// Package standin plays Slack's side for tests: Socket Mode, the Web API,
// response_url and signed requests, over real sockets on the loopback. It
// checks all that it is sent as Slack does, and a test whose bot sends what
// Slack would refuse fails. It stands in a time of its own, which Advance
// moves; only the pace of its pings and closes is real.
package standin

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The workspace and the app that the stand-in plays. The secrets are not any.
const (
	BotToken      = "xoxb-test"
	AppToken      = "xapp-test"
	SigningSecret = "standin-signing-secret"
	TeamID        = "T1"
	BotUser       = "U0BOT"
	BotID         = "B0BOT"
	AppID         = "A1"
)

// Slack is a stand-in for Slack.
type Slack struct {
	t         testing.TB
	web       *httptest.Server
	pingEvery time.Duration
	grace     time.Duration // from a disconnect frame to the close
	base      func() time.Time
	done      chan struct{} // closed by Close
	tasks     sync.WaitGroup
	closeOnce sync.Once

	mu         sync.Mutex // guards all below
	changed    chan struct{}
	closed     bool
	offset     time.Duration
	violations []violation
	refusedOK  bool
	mentionsOK bool
	workspace
	wire
	calls    []Call
	failures map[string]failure
	refused  map[string]bool // kinds of blocks
	held     map[string]chan struct{}
	delay    time.Duration // of apps.connections.open
	after    time.Duration // Retry-After of a demanded 429
	rated    bool
	buckets  map[string]bucket
	scopes   []string
}

// violation is something the bot did that Slack would not like. Those that are
// refused are payloads that Slack answered with an error.
type violation struct {
	text    string
	refused bool
}

// Option changes a stand-in as it is made.
type Option func(*Slack)

// PingEvery sets how often a socket is pinged; 5 seconds, if it is not said.
func PingEvery(d time.Duration) Option { return func(s *Slack) { s.pingEvery = d } }

// DisconnectGrace sets how long a socket stays open after its disconnect frame;
// 10 seconds, as Slack gives, if it is not said.
func DisconnectGrace(d time.Duration) Option { return func(s *Slack) { s.grace = d } }

// Clock sets the time that the stand-in starts from.
func Clock(now func() time.Time) Option { return func(s *Slack) { s.base = now } }

// New starts a Slack on 127.0.0.1. It is closed when the test ends, which fails
// for each violation that the test neither allowed nor took.
func New(t testing.TB, opts ...Option) *Slack {
	t.Helper()
	s := &Slack{
		t: t, pingEvery: 5 * time.Second, grace: 10 * time.Second, base: time.Now, done: make(chan struct{}),
		changed: make(chan struct{}), workspace: newWorkspace(), wire: newWire(), failures: map[string]failure{}, refused: map[string]bool{},
		held: map[string]chan struct{}{}, after: time.Second, buckets: map[string]bucket{}, scopes: allScopes(),
	}
	for _, o := range opts {
		o(s)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/", s.serveAPI)
	mux.HandleFunc("/link/", s.serveSocket)
	mux.HandleFunc("/response/", s.serveResponse)
	s.web = httptest.NewServer(mux)
	t.Cleanup(func() {
		s.Close()
		for _, v := range s.Violations() {
			t.Errorf("slack: %s", v)
		}
	})
	return s
}

// URL is where the Web API is, for slack.OptionAPIURL; it ends in /api/.
func (s *Slack) URL() string { return s.web.URL + "/api/" }

// Close cuts every socket, stops the server and waits for both. A test need not
// call it.
func (s *Slack) Close() {
	s.closeOnce.Do(func() {
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

// start runs a task that Close waits for, unless the stand-in is closed already.
func (s *Slack) start(task func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.tasks.Go(task)
	return true
}

// Now is the stand-in's time.
func (s *Slack) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

func (s *Slack) now() time.Time { return s.base().Add(s.offset) }

// Advance moves the stand-in's time: acks get late, triggers and response_urls
// expire, and the rate of posts is forgotten.
func (s *Slack) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset += d
}

// AllowRefused lets the test end well although Slack refused a payload.
func (s *Slack) AllowRefused() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusedOK = true
}

// AllowMentions lets the bot send mentions that ring people.
func (s *Slack) AllowMentions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mentionsOK = true
}

// Violations lists what the bot did wrong so far and the test did not allow.
func (s *Slack) Violations() []string {
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

// TakeViolations lists the violations that contain a text, and forgets them: for
// a test that provokes them.
func (s *Slack) TakeViolations(part string) []string {
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
func (s *Slack) violate(refused bool, format string, args ...any) {
	s.violations = append(s.violations, violation{fmt.Sprintf(format, args...), refused})
	s.change()
}

// change wakes all that wait for something; mu is held.
func (s *Slack) change() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// wait returns when a condition holds, which is asked with mu held.
func (s *Slack) wait(ctx context.Context, what string, holds func() bool) error {
	for {
		s.mu.Lock()
		ok, changed := holds(), s.changed
		s.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-s.done:
			return fmt.Errorf("slack: waiting for %s: %w", what, ErrClosed)
		case <-ctx.Done():
			return fmt.Errorf("slack: waiting for %s: %w", what, ctx.Err())
		}
	}
}

// Errors of what a test waits for.
var (
	ErrClosed        = fmt.Errorf("the stand-in is closed")
	ErrUndeliverable = fmt.Errorf("no socket to send to")
	ErrRefused       = fmt.Errorf("refused")
)
