package standin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Call is one request to the Web API.
type Call struct {
	Method string
	Token  string
	Args   map[string]json.RawMessage // a string as a JSON string, all else as the JSON it is
	At     time.Time                  // in the stand-in's time
	Status int                        // of HTTP
	Error  string                     // what Slack answered; empty: ok
	Reply  json.RawMessage
}

// String is an argument that is a string, or its JSON.
func (c Call) String(name string) string {
	var s string
	if json.Unmarshal(c.Args[name], &s) == nil {
		return s
	}
	return string(c.Args[name])
}

// TS is the timestamp of the message that Slack made of the call.
func (c Call) TS() string {
	var reply struct {
		TS string `json:"ts"`
	}
	_ = json.Unmarshal(c.Reply, &reply)
	return reply.TS
}

// method is one of the Web API: what it needs, and what it does. It is called
// with Mu held, and returns the fields of the answer or an error's code.
type method struct {
	scope string // one of several, by commas
	app   bool   // takes the app's token, not the bot's
	open  bool   // takes none
	do    func(s *Slack, a args) (answerFields, *apiError)
}

type answerFields = map[string]any

// apiError is a refusal; the fields come along in the answer.
type apiError struct {
	code   string
	fields map[string]any
}

func refuse(code string) *apiError { return &apiError{code: code} }

// args are a call's arguments as they came.
type args struct {
	values map[string]json.RawMessage
}

func (a args) str(name string) string { return Call{Args: a.values}.String(name) }

func (a args) has(name string) bool { return len(a.values[name]) > 0 }

// jsonArgs are the arguments that are JSON inside a form.
var jsonArgs = []string{"blocks", "view", "metadata", "message", "prompts", "attachments"}

// boolArgs are the arguments of messages that are bools inside a form.
var boolArgs = []string{"unfurl_links", "unfurl_media", "link_names", "mrkdwn", "reply_broadcast", "as_user"}

// methods are built when first needed: they and serveAPI name each other.
func methods() map[string]method {
	all := map[string]method{
		"apps.connections.open": {scope: "connections:write", app: true, do: connectionsOpen},
		"api.test":              {open: true, do: func(*Slack, args) (answerFields, *apiError) { return nil, nil }},
		"auth.test":             {do: authTest},
		"blocks.validate":       {do: blocksValidate},
	}
	maps.Copy(all, chatMethods())
	maps.Copy(all, viewMethods())
	maps.Copy(all, lookupMethods())
	maps.Copy(all, fileMethods())
	return all
}

func allScopes() []string {
	return strings.Split("commands,chat:write,chat:write.public,app_mentions:read,im:history,im:read,im:write,channels:read,groups:read,channels:history,groups:history,users:read,reactions:write,assistant:write,files:write", ",")
}

// SetScopes says which scopes the bot's token has, which every answer tells in
// X-OAuth-Scopes. A method that needs another answers missing_scope.
func (s *Slack) SetScopes(scopes ...string) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.scopes = slices.Clone(scopes)
}

// Calls are the calls of a method so far, refused ones too; of every method, if
// none is named.
func (s *Slack) Calls(name string) []Call {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.called(name, false)
}

func (s *Slack) called(name string, good bool) []Call {
	var all []Call
	for _, c := range s.calls {
		if (name == "" || c.Method == name) && (!good || c.Error == "") {
			all = append(all, c)
		}
	}
	return all
}

// WaitCalls waits for so many calls of a method, refused ones too, and returns
// all there are.
func (s *Slack) WaitCalls(ctx context.Context, name string, n int) ([]Call, error) {
	err := s.WaitHeld(ctx, fmt.Sprintf("%d calls of %s", n, name), func() bool { return len(s.called(name, false)) >= n })
	return s.Calls(name), err
}

// Posts waits for so many messages that chat.postMessage took, and returns all
// there are.
func (s *Slack) Posts(ctx context.Context, n int) ([]Call, error) {
	const name = "chat.postMessage"
	err := s.WaitHeld(ctx, fmt.Sprintf("%d posts", n), func() bool { return len(s.called(name, true)) >= n })
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.called(name, true), err
}

// serveAPI answers a call of the Web API.
func (s *Slack) serveAPI(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/api/")
	values, token, err := readArgs(r)
	c := Call{Method: name, Token: token, Args: values}
	if err != nil {
		s.Mu.Lock()
		s.Violate(true, "%s: %v", name, err)
		s.Mu.Unlock()
		s.reply(w, &c, nil, refuse("invalid_arguments"))
		return
	}
	if !s.pause(r.Context(), name) {
		return
	}
	s.Mu.Lock()
	fields, failed := s.call(c)
	s.Change() // what was done is seen before it is answered
	s.Mu.Unlock()
	if !s.pause(r.Context(), Answer+name) {
		return
	}
	s.reply(w, &c, fields, failed)
}

// pause is the time that a call takes, if a test asked for one.
func (s *Slack) pause(ctx context.Context, name string) bool {
	s.Mu.Lock()
	held, delay := s.held[name], s.delay
	if name == "apps.connections.open" {
		s.opens++
		s.Change()
	} else {
		delay = 0
	}
	s.Mu.Unlock()
	if held == nil && delay == 0 {
		return true
	}
	var late <-chan time.Time
	if held == nil {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-held:
	case <-late:
	case <-ctx.Done():
		return false
	case <-s.Done:
		return false
	}
	return true
}

// call does what is asked; Mu is held.
func (s *Slack) call(c Call) (answerFields, *apiError) {
	m, known := methods()[c.Method]
	if !known {
		s.Violate(true, "unknown method %s", c.Method)
		return nil, refuse("unknown_method")
	}
	if f := s.demanded(c.Method, m); f != nil {
		return nil, f
	}
	if code := wrongToken(c.Token, m.app); code != "" && !m.open {
		return nil, refuse(code)
	}
	if needed := strings.Split(m.scope, ","); m.scope != "" && !m.app && !slices.ContainsFunc(needed, func(n string) bool { return slices.Contains(s.scopes, n) }) {
		return nil, s.missingScope(m.scope)
	}
	return m.do(s, args{c.Args})
}

func (s *Slack) missingScope(needed string) *apiError {
	return &apiError{"missing_scope", map[string]any{"needed": needed, "provided": strings.Join(s.scopes, ",")}}
}

func wrongToken(token string, app bool) string {
	right, other := BotToken, AppToken
	if app {
		right, other = other, right
	}
	switch {
	case token == right:
		return ""
	case token == "":
		return "not_authed"
	case token == other, app && strings.HasPrefix(token, "xoxb-"), !app && strings.HasPrefix(token, "xapp-"):
		return "not_allowed_token_type"
	}
	return "invalid_auth"
}

// reply writes the answer and records the call.
func (s *Slack) reply(w http.ResponseWriter, c *Call, fields answerFields, failed *apiError) {
	body := map[string]any{"ok": failed == nil}
	status := http.StatusOK
	maps.Copy(body, fields)
	if failed != nil {
		body["error"], c.Error = failed.code, failed.code
		maps.Copy(body, failed.fields)
		if failed.code == "ratelimited" {
			status = http.StatusTooManyRequests
		}
		if code, ok := strings.CutPrefix(failed.code, "http_"); ok {
			status, _ = strconv.Atoi(code)
			status = max(status, http.StatusBadRequest)
		}
	}
	c.Reply, c.Status = encoded(body), status
	s.Mu.Lock()
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(s.after.Seconds()))))
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-OAuth-Scopes", strings.Join(s.scopes, ","))
	c.At = s.Time()
	s.calls = append(s.calls, *c)
	s.Change()
	s.Mu.Unlock()
	w.WriteHeader(status)
	_, _ = w.Write(c.Reply)
}

// readArgs reads a call's arguments, from JSON or from a form, and its token.
func readArgs(r *http.Request) (map[string]json.RawMessage, string, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, "", err
	}
	token := strings.TrimSpace(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer"))
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		values := map[string]json.RawMessage{}
		if len(body) > 0 {
			if err := json.Unmarshal(body, &values); err != nil {
				return nil, token, err
			}
		}
		for name, v := range values {
			if string(v) == "null" {
				delete(values, name)
			}
		}
		return values, token, nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, token, err
	}
	maps.Copy(form, r.URL.Query())
	if t := form.Get("token"); t != "" {
		token = t
	}
	values, err := formArgs(form)
	return values, token, err
}

func formArgs(form url.Values) (map[string]json.RawMessage, error) {
	values := map[string]json.RawMessage{}
	for name := range form {
		v := form.Get(name)
		switch {
		case name == "token":
		case slices.Contains(jsonArgs, name):
			if !json.Valid([]byte(v)) {
				return nil, fmt.Errorf("%s is no JSON", name)
			}
			values[name] = json.RawMessage(v)
		case slices.Contains(boolArgs, name) && (v == "1" || v == "true"):
			values[name] = json.RawMessage("true")
		case slices.Contains(boolArgs, name) && (v == "0" || v == "false"):
			values[name] = json.RawMessage("false")
		default:
			values[name] = encoded(v)
		}
	}
	return values, nil
}

func connectionsOpen(s *Slack, _ args) (answerFields, *apiError) {
	s.serial++
	ticket := "ticket" + strconv.Itoa(s.serial)
	s.tickets[ticket] = false
	return answerFields{"url": strings.Replace(s.web.URL, "http", "ws", 1) + "/link/?ticket=" + ticket + "&app_id=" + AppID}, nil
}

func authTest(*Slack, args) (answerFields, *apiError) {
	return answerFields{"url": "https://test.slack.com/", "team": "Test", "user": "silkwire", "team_id": TeamID, "user_id": BotUser, "bot_id": BotID, "is_enterprise_install": false}, nil
}
