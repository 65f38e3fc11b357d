// Package standin plays Slack's side for tests: Socket Mode, the Web API,
// response_url and signed requests, over real sockets on the loopback. It
// checks all that it is sent as Slack does, and a test whose bot sends what
// Slack would refuse fails. It stands in a time of its own, which Advance
// moves; only the pace of its pings and closes is real.
package standin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"silkwire/adapters/stage"
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
	stage.Stage

	t         testing.TB
	web       *httptest.Server
	pingEvery time.Duration
	grace     time.Duration // from a disconnect frame to the close
	closeOnce sync.Once

	// Guarded by Mu.
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
	files    []*File
}

// Option changes a stand-in as it is made.
type Option func(*Slack)

// PingEvery sets how often a socket is pinged; 5 seconds, if it is not said.
func PingEvery(d time.Duration) Option { return func(s *Slack) { s.pingEvery = d } }

// DisconnectGrace sets how long a socket stays open after its disconnect frame;
// 10 seconds, as Slack gives, if it is not said.
func DisconnectGrace(d time.Duration) Option { return func(s *Slack) { s.grace = d } }

// Clock sets the time that the stand-in starts from.
func Clock(now func() time.Time) Option { return func(s *Slack) { s.Base = now } }

// New starts a Slack on 127.0.0.1. It is closed when the test ends, which fails
// for each violation that the test neither allowed nor took.
func New(t testing.TB, opts ...Option) *Slack {
	t.Helper()
	s := &Slack{
		t: t, pingEvery: 5 * time.Second, grace: 10 * time.Second,
		workspace: newWorkspace(), wire: newWire(), failures: map[string]failure{}, refused: map[string]bool{},
		held: map[string]chan struct{}{}, after: time.Second, buckets: map[string]bucket{}, scopes: allScopes(),
	}
	s.Set("slack", time.Now)
	for _, o := range opts {
		o(s)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/", s.serveAPI)
	mux.HandleFunc("/api/upload/", s.serveUpload)
	mux.HandleFunc("/link/", s.serveSocket)
	mux.HandleFunc("/response/", s.serveResponse)
	s.web = httptest.NewUnstartedServer(mux)
	s.web.Start() // its handlers read s.web
	t.Cleanup(func() {
		s.Close()
		s.Report(t)
	})
	return s
}

// URL is where the Web API is, for slack.OptionAPIURL; it ends in /api/.
func (s *Slack) URL() string { return s.web.URL + "/api/" }

// HangUp closes the connections on which requests come; sockets stay.
func (s *Slack) HangUp() { s.web.CloseClientConnections() }

// Close cuts every socket, stops the server and waits for both. A test need not
// call it.
func (s *Slack) Close() {
	s.closeOnce.Do(func() {
		s.Shut()
		s.Mu.Lock()
		sockets := slices.Clone(s.sockets)
		s.Mu.Unlock()
		for _, k := range sockets {
			k.cut()
		}
		s.Tasks.Wait()
		s.web.CloseClientConnections()
		s.web.Close()
	})
}

// AllowMentions lets the bot send mentions that ring people.
func (s *Slack) AllowMentions() {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.mentionsOK = true
}

// Errors of what a test waits for.
var (
	ErrClosed        = stage.ErrClosed
	ErrUndeliverable = fmt.Errorf("no socket to send to")
	ErrRefused       = fmt.Errorf("refused")
)
