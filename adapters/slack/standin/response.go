package standin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	answerUses = 5
	answerLife = 30 * time.Minute
)

// answer is a response_url.
type answer struct {
	born time.Time
	got  []json.RawMessage
}

// Responses waits for so many messages that the envelope's response_url took, and
// returns all there are.
func (s *Slack) Responses(ctx context.Context, d *Delivery, n int) ([]json.RawMessage, error) {
	got := func() []json.RawMessage {
		if a := s.answers[d.ID]; a != nil {
			return slices.Clone(a.got)
		}
		return nil
	}
	err := s.WaitHeld(ctx, fmt.Sprintf("%d responses to %s", n, d.env), func() bool { return len(got()) >= n })
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return got(), err
}

// Answers is how many messages answer an envelope so far: in its acknowledgement, and by
// its response_url.
func (s *Slack) Answers(d *Delivery) int {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	n := 0
	if len(d.ack) > 0 {
		n++
	}
	if a := s.answers[d.ID]; a != nil {
		n += len(a.got)
	}
	return n
}

// serveResponse takes a message for a response_url.
func (s *Slack) serveResponse(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	c := Call{Method: "response_url", Args: map[string]json.RawMessage{}}
	if err != nil || json.Unmarshal(body, &c.Args) != nil {
		s.Mu.Lock()
		s.Violate(true, "response_url: %.200q is no JSON object", body)
		s.Mu.Unlock()
		s.reply(w, &c, nil, refuse("invalid_payload"))
		return
	}
	if !s.pause(r.Context(), c.Method) {
		return
	}
	s.Mu.Lock()
	failed := s.respond(strings.TrimPrefix(r.URL.Path, "/response/"), body)
	s.Mu.Unlock()
	if failed == nil {
		s.reply(w, &c, nil, nil)
		return
	}
	status := http.StatusNotFound
	switch failed.code {
	case "used_url", "expired_url":
	case "ratelimited":
		s.reply(w, &c, nil, failed)
		return
	default:
		status = http.StatusBadRequest
	}
	s.reply(&statusWriter{w, status}, &c, nil, failed)
}

// statusWriter writes another status than it is told.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader writes that status.
func (w *statusWriter) WriteHeader(int) { w.ResponseWriter.WriteHeader(w.status) }

// respond takes or refuses a message; Mu is held.
func (s *Slack) respond(id string, body []byte) *apiError {
	a := s.answers[id]
	switch {
	case a == nil:
		s.Violate(true, "a response_url that is none: %q", id)
		return refuse("expired_url")
	case len(a.got) >= answerUses:
		s.Violate(true, "a response_url was used more than %d times", answerUses)
		return refuse("used_url")
	case s.Time().Sub(a.born) > answerLife:
		return refuse("expired_url")
	}
	if e := s.demanded("response_url", method{}); e != nil {
		return e
	}
	if e := s.refusesKind(body); e != nil {
		return e
	}
	if e := s.missingFile(body); e != nil {
		return e
	}
	what := "response_url of " + s.deliveries[id].env.String()
	if e := s.recordRefusal(what, s.judgeMessage(body, ResponseURL), body); e != nil {
		return e
	}
	a.got = append(a.got, body)
	s.Change()
	return nil
}
