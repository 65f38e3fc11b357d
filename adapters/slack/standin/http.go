package standin

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Reply is what a bot answered to a request of HTTP mode, and the delivery it
// was for: Responses waits for what it sends later.
type Reply struct {
	Status   int
	Header   http.Header
	Body     []byte
	Delivery *Delivery
}

// request is one of HTTP mode, before it is signed.
type request struct {
	contentType string
	body        []byte
	at          time.Time
	secret      string
	header      http.Header
}

// HTTPOption changes a request of HTTP mode.
type HTTPOption func(*request)

// BadSignature signs with another secret.
func BadSignature() HTTPOption { return func(r *request) { r.secret = "another" } }

// NoSignature leaves both headers out.
func NoSignature() HTTPOption { return func(r *request) { r.secret = "" } }

// Stale signs as if it had been so long ago; what is negative, in the future.
func Stale(d time.Duration) HTTPOption { return func(r *request) { r.at = r.at.Add(-d) } }

// Retry says which try it is, as Slack does after the first failed.
func Retry(n int) HTTPOption {
	return func(r *request) {
		r.header.Set("X-Slack-Retry-Num", strconv.Itoa(n))
		r.header.Set("X-Slack-Retry-Reason", "http_timeout")
	}
}

// RawBody sends another body, well signed.
func RawBody(body []byte) HTTPOption { return func(r *request) { r.body = body } }

// ContentType sends another one.
func ContentType(name string) HTTPOption { return func(r *request) { r.contentType = name } }

// HTTPCommand sends a slash command to a bot's address.
func (s *Slack) HTTPCommand(ctx context.Context, address string, env Envelope, opts ...HTTPOption) (*Reply, error) {
	return s.post(ctx, address, env, opts, func(payload map[string]any) (string, []byte) {
		form := url.Values{}
		for name, v := range payload {
			form.Set(name, fmt.Sprint(v))
		}
		return "application/x-www-form-urlencoded", []byte(form.Encode())
	})
}

// HTTPEvent sends an event, or a Verification, to a bot's address.
func (s *Slack) HTTPEvent(ctx context.Context, address string, env Envelope, opts ...HTTPOption) (*Reply, error) {
	return s.post(ctx, address, env, opts, func(payload map[string]any) (string, []byte) {
		return "application/json", encoded(payload)
	})
}

// HTTPInteraction sends an interaction to a bot's address.
func (s *Slack) HTTPInteraction(ctx context.Context, address string, env Envelope, opts ...HTTPOption) (*Reply, error) {
	return s.post(ctx, address, env, opts, func(payload map[string]any) (string, []byte) {
		return "application/x-www-form-urlencoded", []byte(url.Values{"payload": {string(encoded(payload))}}.Encode())
	})
}

// post signs a request, sends it, and checks the answer as that of a socket.
func (s *Slack) post(ctx context.Context, address string, env Envelope, opts []HTTPOption, form func(map[string]any) (string, []byte)) (*Reply, error) {
	s.Mu.Lock()
	d := s.prepare(env)
	r := &request{at: s.Time(), secret: SigningSecret, header: http.Header{}}
	s.Mu.Unlock()
	r.contentType, r.body = form(d.Payload)
	if env.RetryAttempt > 0 {
		Retry(env.RetryAttempt)(r)
	}
	for _, o := range opts {
		o(r)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	req.Header = r.header
	req.Header.Set("Content-Type", r.contentType)
	req.Header.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	if r.secret != "" {
		at := strconv.FormatInt(r.at.Unix(), 10)
		req.Header.Set("X-Slack-Request-Timestamp", at)
		req.Header.Set("X-Slack-Signature", Sign(r.secret, at, r.body))
	}
	answer, err := s.web.Client().Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	s.settle(d, answer, body)
	return &Reply{answer.StatusCode, answer.Header, body, d}, nil
}

// Sign is the signature of a body at a time, in Unix seconds.
func Sign(secret, at string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "v0:%s:%s", at, body) // a hash never fails
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

// settle takes the answer to a request as the ack of its envelope.
func (s *Slack) settle(d *Delivery, answer *http.Response, body []byte) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	d.acks++
	if answer.StatusCode != http.StatusOK {
		d.finish(nil, fmt.Errorf("%w: HTTP %d", ErrRefused, answer.StatusCode))
		return
	}
	if took := s.Time().Sub(d.sent); took > ackLimit {
		s.Violate(false, "%s was answered after %s, at most %s", d.env, took, ackLimit)
	}
	var payload json.RawMessage
	switch text := strings.TrimSpace(string(body)); {
	case text == "" || text == "{}" || d.env.Type == handshake || d.env.Type == eventsAPI: // Slack reads nothing in those
	case d.env.Type == slashCommands && !strings.HasPrefix(text, "{"):
		payload = encoded(map[string]any{"text": text}) // a command may be answered in plain text
	default:
		payload = body
	}
	d.finish(payload, s.judge(d.env, payload, ResponseURL))
}
