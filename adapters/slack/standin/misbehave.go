package standin

import (
	"encoding/json"
	"slices"
	"time"
)

// failure is an error that a test asked for.
type failure struct {
	code  string
	times int // -1: always
}

// Fail makes a method answer an error so many times, always if times is -1, and
// no more if it is 0. "ratelimited" is HTTP 429 with Retry-After; "http_503" and
// its like are that status. The method "response_url" is that of all of them.
func (s *Slack) Fail(method, code string, times int) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.failures[method] = failure{code, times}
}

// RetryAfter sets what a 429 tells to wait.
func (s *Slack) RetryAfter(d time.Duration) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.after = d
}

// demanded is the error that a test asked for, if it did; Mu is held.
func (s *Slack) demanded(name string, m method) *apiError {
	f := s.failures[name]
	if f.times == 0 {
		return nil
	}
	if f.times > 0 {
		f.times--
		s.failures[name] = f
	}
	if f.code == "missing_scope" {
		needed := m.scope
		if needed == "" {
			needed = "chat:write"
		}
		e := s.missingScope(needed)
		e.fields["provided"] = "commands"
		return e
	}
	return refuse(f.code)
}

// EnforceRate makes chat.postMessage answer 429 where a channel gets more than
// one message a second, in the stand-in's time, after a few.
func (s *Slack) EnforceRate(on bool) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.rated = on
}

// RefuseBlock makes the workspace refuse every message and view with such a block
// in it, however it comes; the Ack that has one is ErrRefused. That is no
// violation: it is the test's doing.
func (s *Slack) RefuseBlock(kind string) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.refused[kind] = true
}

// Answer before a method's name holds its answers, when what they asked for is done.
const Answer = "answer "

// Hold makes the calls of a method wait until they are let go, or with Answer their
// answers.
func (s *Slack) Hold(method string) (release func()) {
	held := make(chan struct{})
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.held[method] = held
	return func() {
		s.Mu.Lock()
		defer s.Mu.Unlock()
		if s.held[method] == held {
			delete(s.held, method)
			close(held)
		}
	}
}

// refusesKind answers for a block that the workspace refuses; Mu is held.
func (s *Slack) refusesKind(doc []byte) *apiError {
	kind := s.refusedKind(doc)
	if kind == "" {
		return nil
	}
	said := "unsupported type: " + kind + " [json-pointer:/blocks]"
	return &apiError{"invalid_blocks", map[string]any{"errors": []string{said}, "response_metadata": map[string]any{"messages": []string{"[ERROR] " + said}}}}
}

// refusedKind is the refused block in a document, if there is one; Mu is held.
func (s *Slack) refusedKind(doc []byte) string {
	if len(s.refused) == 0 {
		return ""
	}
	var v any
	if json.Unmarshal(doc, &v) != nil {
		return ""
	}
	return s.kindIn(v)
}

func (s *Slack) kindIn(v any) string {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			if kind := s.kindIn(x); kind != "" {
				return kind
			}
		}
	case map[string]any:
		if kind := typeOf(v); s.refused[kind] && slices.Contains(known, kind) {
			return kind
		}
		for _, x := range v {
			if kind := s.kindIn(x); kind != "" {
				return kind
			}
		}
	}
	return ""
}
