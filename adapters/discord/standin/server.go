// Package standin plays Discord's side for tests: the gateway, the REST API and signed
// interactions over HTTP, over real sockets on the loopback. It checks every body that
// it is sent by Discord's published description and its documented rules, and a test
// whose bot sends what Discord would refuse fails. It stands in a time of its own,
// which Advance moves; only the pace of heartbeats is real.
package standin

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"silkwire/adapters/stage"
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
	ForumID   = "200000000000000004"
	DirectID  = "400000000000000001"
)

// Discord is a stand-in for Discord.
type Discord struct {
	stage.Stage

	t         testing.TB
	web       *httptest.Server
	heartbeat time.Duration
	closing   sync.Once
	key       ed25519.PrivateKey
	unchecked bool
	kept      int // calls and exchanges

	// Guarded by Mu.
	nextID    uint64
	commandID uint64 // of the last command
	calls     []Call
	exchanges map[string]*Exchange // by token
	order     []string             // of their tokens
	messages  []*Message
	nonces    map[string]nonce
	commands  map[string][]json.RawMessage // by guild; "" is everywhere
	puts      int
	app       map[string]any
	guilds    []map[string]any
	gateway
	misbehaviour
	limits map[string]*window
	rated  int      // answers of 429
	posts  []string // ids of those of the forum
	over   string
	upload map[int]File // of the request at hand
}

// Call is a request that the bot made.
type Call struct {
	Method, Path string // the path behind the version
	Body         []byte
	Status       int
	At           time.Time
	Files        []File // that came with the body
}

// Option changes a stand-in as it is made.
type Option func(*Discord)

// Heartbeat sets the interval that the gateway asks for; a second, if it is not said.
func Heartbeat(d time.Duration) Option { return func(s *Discord) { s.heartbeat = d } }

// Clock sets the time that the stand-in starts from.
func Clock(now func() time.Time) Option { return func(s *Discord) { s.Base = now } }

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
		t: t, heartbeat: time.Second, key: key, kept: 4096, commandID: 1_200_000_000_000_000_000,
		exchanges: map[string]*Exchange{}, nonces: map[string]nonce{}, commands: map[string][]json.RawMessage{},
		limits: map[string]*window{}, gateway: newGateway(), misbehaviour: newMisbehaviour(),
	}
	s.app = map[string]any{
		"id": AppID, "name": "silkwire", "bot_public": true, "flags": 0, "verify_key": s.PublicKey(), "bot": map[string]any{"id": BotUser, "username": "silkwire"},
		"integration_types_config": map[string]any{"0": map[string]any{}, "1": map[string]any{}}, "bot_require_code_grant": false,
	}
	s.guilds = []map[string]any{{"id": GuildID, "name": "A server", "permissions": "274878024704"}}
	s.Set("discord", time.Now)
	for _, o := range opts {
		o(s)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/v10/", s.serveAPI)
	mux.HandleFunc("/gateway", s.serveGateway)
	s.web = httptest.NewUnstartedServer(mux)
	s.web.Start() // its handlers read s.web
	t.Cleanup(func() {
		s.Close()
		s.Report(t)
	})
	return s
}

// URL is where the API is, with the version and a slash at its end.
func (s *Discord) URL() string { return s.web.URL + "/api/v10/" }

// PublicKey is the app's, in hexadecimal.
func (s *Discord) PublicKey() string {
	return hex.EncodeToString(s.key.Public().(ed25519.PublicKey))
}

// HangUp closes the connections on which requests come; sockets stay.
func (s *Discord) HangUp() { s.web.CloseClientConnections() }

// Close cuts every socket, stops the server and waits for both. A test need not call
// it.
func (s *Discord) Close() {
	s.closing.Do(func() {
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

// App changes what Discord says of the app.
func (s *Discord) App(key string, value any) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.app[key] = value
}

// Guilds changes in which servers the bot is: id, name and permissions of each.
func (s *Discord) Guilds(guilds ...map[string]any) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.guilds = guilds
}

// Calls lists the requests so far whose method and path begin so.
func (s *Discord) Calls(method, prefix string) []Call {
	s.Mu.Lock()
	defer s.Mu.Unlock()
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
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.rated
}

// LastToken is the token of the last interaction.
func (s *Discord) LastToken() string {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if len(s.order) == 0 {
		return ""
	}
	return s.order[len(s.order)-1]
}

// id makes a snowflake of this moment; Mu is held:
// https://docs.discord.com/developers/reference#snowflakes
func (s *Discord) id() string {
	const epoch, shift = 1420070400000, 22
	s.nextID = max(s.nextID+1, uint64(s.Time().UnixMilli()-epoch)<<shift)
	return strconv.FormatUint(s.nextID, 10)
}

// Errors of what a test waits for.
var (
	ErrClosed  = stage.ErrClosed
	ErrOffline = errors.New("the bot is not connected")
)
