package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"silkwire/bot"
	"silkwire/bot/work"
)

// Error is what Discord answered in place of doing what it was asked.
type Error struct {
	Status int // of HTTP
	Code   int // Discord's; 0 where it gave none
	Says   string
}

// Error names the code.
func (e *Error) Error() string {
	return fmt.Sprintf("discord answered %d, code %d: %s", e.Status, e.Code, e.Says)
}

// Codes that are told apart:
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
const (
	codeUnknownChannel     = 10003
	codeUnknownMessage     = 10008
	codeUnknownWebhook     = 10015
	codeUnknownInteraction = 10062
	codeAcknowledged       = 40060
	codeMissingAccess      = 50001
	codeEmptyMessage       = 50006
	codeCannotMessageUser  = 50007
	codeMissingPermissions = 50013
	codeInvalidToken       = 50027
)

// codeOf is Discord's code of an error, 0 for none.
func codeOf(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return 0
}

func statusOf(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Status
	}
	return 0
}

// FinalError is one that trying again does not mend: a wrong token, an intent that
// is refused. Its sentence says which setting to change.
type FinalError struct {
	Code int // of the gateway, or the status of HTTP
	Say  string
}

// Error is the sentence for the operator.
func (e *FinalError) Error() string { return e.Say }

func asFinal(err error) (*FinalError, bool) { return errors.AsType[*FinalError](err) }

// wrongToken is of a token that Discord does not take.
func wrongToken(code int) *FinalError {
	return &FinalError{code, "DISCORD_TOKEN is not accepted by Discord: at discord.com/developers/applications choose the app, Bot, Reset Token, and put the new one in .env"}
}

// rest calls Discord's API through discordgo's client. The buckets, the limits and
// what is tried again are ours: discordgo's share one lock among all edits, keep a
// bucket for each interaction for ever, and do not see the global limit.
type rest struct {
	session *discordgo.Session
	limits  *limiter
}

func newRest(o Options) *rest {
	s := silentSession(o.Token)
	limits := newLimiter(o.Now, o.Log)
	base := http.RoundTripper(defaultTransport())
	if o.HTTP != nil {
		base = o.HTTP.Transport
	}
	s.Client = &http.Client{Transport: &transport{base: base, root: o.api(), limits: limits, random: o.Random, traffic: o.Traffic}}
	return &rest{s, limits}
}

// silentSession is a session that does nothing of its own accord.
func silentSession(token string) *discordgo.Session {
	// Its error is always nil.
	s, _ := discordgo.New("Bot " + token)
	s.StateEnabled, s.ShouldReconnectOnError, s.LogLevel = false, false, silent
	s.Compress, s.SyncEvents = false, true
	s.UserAgent = userAgent
	return s
}

// silent is a level below discordgo's lowest: what it would log is returned as an
// error too, and at the others it prints what holds the token.
const silent = -1

// userAgent is of the form that Discord asks for:
// https://docs.discord.com/developers/reference#user-agent
const userAgent = "DiscordBot (https://github.com/silkwire/silkwire, 1)"

// defaultTransport honours HTTPS_PROXY and keeps as many connections as there are
// workers.
func defaultTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost, t.MaxIdleConns = workers, 2*workers
	t.ResponseHeaderTimeout = callWithin
	return t
}

// safe says that a request may be sent again although the first may have arrived.
type safe struct{}

// again marks the calls of a context as safe to repeat: of a POST that carries an
// enforced nonce, or whose repetition Discord refuses.
func again(ctx context.Context) context.Context { return context.WithValue(ctx, safe{}, true) }

// call sends body as JSON, or none if it is nil, and reads the answer into out
// unless that is nil. It waits for limits as long as ctx has time, or for callWithin
// where ctx has no end. Its errors are *Error, *FinalError, and those of the
// connection, without addresses.
func (r *rest) call(ctx context.Context, method, path string, body, out any) error {
	payload, isBytes := body.([]byte)
	if body != nil && !isBytes {
		var err error
		if payload, err = encode(body); err != nil {
			return fmt.Errorf("encode %s: %w", routeOf(method, path).key, err)
		}
	}
	return r.send(ctx, method, path, "application/json", payload, out)
}

// send is call with a body that is encoded already, of a kind.
func (r *rest) send(ctx context.Context, method, path, kind string, payload []byte, out any) error {
	if _, ends := ctx.Deadline(); !ends {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, callWithin)
		defer cancel()
	}
	address := discordgo.EndpointAPI + path
	bucket := discordgo.NewRatelimiter().LockBucket(path) // forgotten with this call
	answer, err := r.session.RequestWithLockedBucket(method, address, kind, payload, bucket, 0,
		discordgo.WithContext(ctx), discordgo.WithRetryOnRatelimit(false), discordgo.WithRestRetries(0))
	if err != nil {
		return fmt.Errorf("%s: %w", routeOf(method, path).key, r.explain(path, err))
	}
	if out == nil || len(answer) == 0 {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s: read the answer: %w", routeOf(method, path).key, err)
	}
	return nil
}

// explain makes one of our errors of discordgo's, and takes addresses out, which
// hold an interaction's token.
func (r *rest) explain(path string, err error) error {
	if e, ok := errors.AsType[*discordgo.RESTError](err); ok {
		mine := &Error{Status: e.Response.StatusCode}
		if e.Message != nil {
			mine.Code, mine.Says = e.Message.Code, e.Message.Message
		}
		if mine.Status == http.StatusUnauthorized && !byToken(path) {
			return wrongToken(mine.Status)
		}
		return mine
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// byToken tells whether a path is authorised by an interaction's token and not by
// the bot's.
func byToken(path string) bool {
	return strings.HasPrefix(path, "interactions/") || strings.HasPrefix(path, "webhooks/")
}

// encode writes JSON as it goes over the wire: < > & stay as they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// transport sends discordgo's requests to the API that is configured, in the
// version that is current, within the limits, and again where that is safe.
type transport struct {
	base    http.RoundTripper
	root    string // with a slash at its end
	limits  *limiter
	random  func() float64
	traffic *bot.Traffic
}

// leastWait is how long a wait is that counts as one.
const leastWait = time.Millisecond

// RoundTrip sends a request. It answers 429 only where ctx has no time to wait for
// another try.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	path := strings.TrimPrefix(req.URL.Path, discordgo.EndpointAPI[len("https://discord.com"):])
	if req.URL.RawQuery != "" {
		path += "?" + req.URL.RawQuery
	}
	to, err := url.Parse(t.root + path)
	if err != nil {
		return nil, fmt.Errorf("the address of the API: %w", err)
	}
	route := routeOf(req.Method, path)
	repeatable := req.Method != http.MethodPost || req.Context().Value(safe{}) != nil
	for try := 0; ; try++ {
		began := t.limits.now()
		err := t.limits.admit(req.Context(), route)
		t.traffic.Waited(t.limits.now().Sub(began).Truncate(leastWait))
		if err != nil {
			return nil, err
		}
		sent := req.Clone(req.Context())
		sent.URL, sent.Host = to, to.Host
		if req.GetBody != nil {
			if sent.Body, err = req.GetBody(); err != nil {
				return nil, fmt.Errorf("read the body again: %w", err)
			}
		}
		response, err := t.base.RoundTrip(sent)
		pause, retry := t.limits.after(route, response, err, repeatable, try)
		if !retry || !hasTime(req.Context(), pause) {
			return quietened(response), err
		}
		if response != nil {
			_ = response.Body.Close() // nothing more is read of it
			if response.StatusCode == http.StatusTooManyRequests {
				t.traffic.Waited(pause)
			}
		}
		if err := work.Rest(req.Context(), pause+time.Duration(t.random()*float64(pause)/jitter)); err != nil {
			return nil, err
		}
	}
}

// jitter is the part of a pause that is added to it at random.
const jitter = 8

// hasTime tells whether ctx outlives a pause.
func hasTime(ctx context.Context, pause time.Duration) bool {
	end, ok := ctx.Deadline()
	return ctx.Err() == nil && (!ok || time.Until(end) > pause+pause/jitter)
}

// quietened is a response without the headers that discordgo would wait for.
func quietened(r *http.Response) *http.Response {
	if r == nil {
		return nil
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Ratelimit-") {
			r.Header.Del(name)
		}
	}
	return r
}

// seconds reads a header of seconds with a fraction; anything else is none.
func seconds(s string) time.Duration {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || n < 0 || n > 24*60*60 {
		return 0
	}
	return time.Duration(n * float64(time.Second))
}
