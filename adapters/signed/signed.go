// Package signed lets through the HTTP requests that a chat platform has
// signed, and nothing else. It uses the standard library only.
//
// A Scheme knows how one platform signs: SlackV0 and Ed25519 (Discord). A
// Guard does what is the same for all of them, in this order: POST only (405),
// a whole body (400) of a limited size (413), a signature over the raw body, a
// stamp within the window, and no signature twice (401 each). Whoever is
// refused reads one line that does not say why; the log does.
//
// The rules are those of
//
//   - https://docs.slack.dev/authentication/verifying-requests-from-slack
//   - https://docs.discord.com/developers/interactions/overview#setting-up-an-endpoint-validating-security-request-headers
//
// Slack names the five minutes; Discord signs a timestamp and names no window,
// and gets the same one. Both check their endpoints with wrong signatures and
// expect 401. Neither asks for a memory of signatures: a retry of theirs is
// signed anew, so only a copy of a request has a signature that was seen.
//
// That memory is the process's own. A restart forgets it, and two processes
// behind one address have two: what must happen once needs the platform's own
// id (event_id, the interaction's id) as well. How slowly a body may arrive is
// for the http.Server's ReadTimeout.
package signed

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"time"
)

const (
	// DefaultMaxBody is the largest body when Guard.MaxBody is 0.
	DefaultMaxBody = 1 << 20
	// DefaultWindow is how far a stamp may be from now when Guard.Window is 0.
	DefaultWindow = 5 * time.Minute
	// DefaultRemember is how many signatures are remembered when Guard.Remember
	// is 0: a hundred requests a second during the ten minutes in which the
	// longest of them are remembered, in some 8 MB.
	DefaultRemember = 1 << 16
)

var (
	// ErrHeaders is returned for a header of the signature that is missing, there
	// more than once, or not of its form.
	ErrHeaders = errors.New("malformed signature headers")
	// ErrSignature is returned for a signature that is of the right form and not
	// the sender's.
	ErrSignature = errors.New("the signature does not match")
)

// Scheme is how a platform signs its requests.
type Scheme interface {
	// Verify checks the signature in the headers over the body and returns when
	// the sender says to have signed, and what makes the request unique: the
	// signature, written the same however it came. The error wraps ErrHeaders or
	// ErrSignature; then stamp and id mean nothing.
	Verify(h http.Header, body []byte) (stamp time.Time, id string, err error)
}

// Guard lets signed requests through to a handler. Its fields are set before
// the first request and not changed afterwards.
type Guard struct {
	Scheme

	Now     func() time.Time
	MaxBody int64         // bytes; 0: DefaultMaxBody
	Window  time.Duration // to either side of now, its ends included; 0: DefaultWindow
	// Remember is how many signatures are remembered, each until its stamp is
	// out of the window; 0: DefaultRemember. While that many are remembered,
	// requests are refused (503): none is forgotten early. Only what the platform
	// itself signed is remembered, so that strangers cannot fill the memory.
	Remember int
	// Retry tells the platform's own second try of a request, which it may sign in
	// the same second as the first: it is answered 200 and handled by nobody; nil:
	// none is.
	Retry func(h http.Header) bool
	// Log gets why requests were refused, at most a line a second; nil: nobody
	// does.
	Log *slog.Logger

	mu    sync.Mutex
	seen  map[[sha256.Size]byte]time.Time // when a signature may be forgotten, by its hash; guarded by mu
	swept int64                           // the second when seen was last cleared of what is over; guarded by mu

	logging sync.Mutex
	said    int64 // the second of the last line in the log; guarded by logging
	unsaid  int   // refusals since then that have no line; guarded by logging
}

// New makes a Guard with the default limits.
func New(scheme Scheme, now func() time.Time, log *slog.Logger) *Guard {
	return &Guard{Scheme: scheme, Now: now, Log: log}
}

// Handler answers what is refused, and calls next with each request that is
// not: with its whole body, which next can read from the request as well.
func (g *Guard) Handler(next func(w http.ResponseWriter, r *http.Request, body []byte)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := g.admit(w, r)
		if err != nil {
			g.refuse(w, r, err)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next(w, r, body)
	})
}

// refusal is an error with the status that the sender gets.
type refusal struct {
	status int
	error
}

// Unwrap returns the reason.
func (r refusal) Unwrap() error { return r.error }

// admit returns the body of a request that is to be let through. Errors are
// refusals.
func (g *Guard) admit(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, refusal{http.StatusMethodNotAllowed, fmt.Errorf("method %.16q", r.Method)}
	}
	limit := cmp.Or(g.MaxBody, DefaultMaxBody)
	if r.ContentLength > limit {
		return nil, refusal{http.StatusRequestEntityTooLarge, fmt.Errorf("body of %d bytes", r.ContentLength)}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, refusal{http.StatusRequestEntityTooLarge, fmt.Errorf("read body: %w", err)}
	}
	if err != nil {
		return nil, refusal{http.StatusBadRequest, fmt.Errorf("read body: %w", err)}
	}
	stamp, id, err := g.Verify(r.Header, body)
	if err != nil {
		return nil, refusal{http.StatusUnauthorized, fmt.Errorf("verify: %w", err)}
	}
	return body, g.remember(stamp, id)
}

var errReplayed = errors.New("the signature was seen before")

// remember refuses a stamp that is out of the window and a signature that is
// remembered, and remembers the others. Errors are refusals.
func (g *Guard) remember(stamp time.Time, id string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	// The clock is read under the lock: a request that waited for it must not be
	// judged by a time when what it copies is forgotten already.
	now, window := g.Now(), cmp.Or(g.Window, DefaultWindow)
	if d := now.Sub(stamp); d > window || d < -window {
		return refusal{http.StatusUnauthorized, fmt.Errorf("stamp is %v from now", d.Round(time.Second))}
	}
	if g.swept != now.Unix() {
		g.swept = now.Unix()
		maps.DeleteFunc(g.seen, func(_ [sha256.Size]byte, until time.Time) bool { return now.After(until) })
	}
	key := sha256.Sum256([]byte(id))
	if _, ok := g.seen[key]; ok {
		return refusal{http.StatusUnauthorized, errReplayed}
	}
	if most := cmp.Or(g.Remember, DefaultRemember); len(g.seen) >= most {
		return refusal{http.StatusServiceUnavailable, fmt.Errorf("%d signatures are remembered", most)}
	}
	if g.seen == nil {
		g.seen = map[[sha256.Size]byte]time.Time{}
	}
	g.seen[key] = stamp.Add(window)
	return nil
}

// refuse answers with the status of err in words, and logs err unless another
// was logged in the same second.
func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if g.Retry != nil && errors.Is(err, errReplayed) && g.Retry(r.Header) {
		w.WriteHeader(http.StatusOK)
		return
	}
	status := http.StatusUnauthorized
	if no := (refusal{}); errors.As(err, &no) {
		status = no.status
	}
	http.Error(w, http.StatusText(status), status)
	if g.Log == nil {
		return
	}
	g.logging.Lock()
	defer g.logging.Unlock()
	second := g.Now().Unix()
	if g.said == second {
		g.unsaid++
		return
	}
	g.Log.WarnContext(r.Context(), "request refused", "status", status, "reason", err, "from", r.RemoteAddr, "more", g.unsaid)
	g.said, g.unsaid = second, 0
}
