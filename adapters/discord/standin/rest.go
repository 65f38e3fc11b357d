package standin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Discord's codes for what it refuses:
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
const (
	codeUnknownChannel     = 10003
	codeUnknownMessage     = 10008
	codeUnknownWebhook     = 10015
	codeUnknownInteraction = 10062
	codeAcknowledged       = 40060
	codeMissingPermissions = 50013
	codeEmptyMessage       = 50006
	codeInvalidToken       = 50027
	codeInvalidForm        = 50035
	codeTooManyFollowUps   = 40094
)

// refusal is an answer that is an error.
type refusal struct {
	status, code int
	message      string
}

func answerWith(w http.ResponseWriter, status int, body []byte) {
	if len(body) > 0 {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) //nolint:gosec // JSON, for a test; who asked has gone, if this fails
}

// serveAPI answers one request of the REST API.
func (s *Discord) serveAPI(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/api/v10")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	failure, gate := s.failing(r.Method, path)
	if gate != nil && !s.opens(r.Context(), gate) {
		return
	}
	body, files, err := readUpload(r.Header.Get("Content-Type"), body)
	if err != nil {
		s.Mu.Lock()
		s.Violate(true, "%s %s: an upload that cannot be read: %v", r.Method, path, err)
		s.Mu.Unlock()
	}
	byToken := strings.HasPrefix(path, "/interactions/") || strings.HasPrefix(path, "/webhooks/")
	status := &noted{ResponseWriter: w, status: http.StatusOK}
	noted := sync.OnceFunc(func() { s.note(r.Method, path, body, files, status) })
	defer noted()
	switch {
	case failure != nil:
		s.fail(status, failure)
		return
	case !byToken && r.Header.Get("Authorization") != "Bot "+Token:
		answerWith(status, http.StatusUnauthorized, []byte(`{"message":"401: Unauthorized","code":0}`))
		return
	case !s.limit(status, r.Method, path):
		return
	}
	if !s.unchecked {
		if problems := append(Check(r.Method, path, body), checkUpload(body, files)...); len(problems) > 0 {
			s.Mu.Lock()
			s.Violate(true, "%s %s: %s\n%.1500s", r.Method, path, strings.Join(problems, "; "), body)
			s.Mu.Unlock()
			answerWith(status, http.StatusBadRequest, fmt.Appendf(nil, `{"code":%d,"message":"Invalid Form Body","errors":{}}`, codeInvalidForm))
			return
		}
	}
	done := httptest.NewRecorder()
	s.handle(done, r, path, body, files)
	if gate := s.gate(Answer + r.Method + " " + path); gate != nil && !s.opens(r.Context(), gate) {
		return
	}
	status.status = done.Code
	noted() // before the answer: who has it may look at the calls
	answerWith(w, done.Code, done.Body.Bytes())
}

// opens waits for the gate, and tells whether it opened before who asked had gone or
// the stand-in closed.
func (s *Discord) opens(ctx context.Context, gate <-chan struct{}) bool {
	select {
	case <-gate:
		return true
	case <-ctx.Done():
	case <-s.Done:
	}
	return false
}

// noted is a response whose status is remembered.
type noted struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the status.
func (n *noted) WriteHeader(status int) {
	n.status = status
	n.ResponseWriter.WriteHeader(status)
}

// Unwrap is for a connection that is to be dropped.
func (n *noted) Unwrap() http.ResponseWriter { return n.ResponseWriter }

func (s *Discord) note(method, path string, body []byte, files map[int]File, w *noted) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if len(s.calls) >= s.kept {
		s.calls = append(s.calls[:0], s.calls[len(s.calls)/2:]...)
	}
	call := Call{method, path, body, w.status, s.Time(), nil}
	for _, n := range slices.Sorted(maps.Keys(files)) {
		call.Files = append(call.Files, files[n])
	}
	s.calls = append(s.calls, call)
	s.Change()
}

// handle does what a request asks for.
func (s *Discord) handle(w http.ResponseWriter, r *http.Request, path string, body []byte, files map[int]File) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.upload = files
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	var got any
	var no *refusal
	switch parts[0] {
	case "gateway":
		got = s.gatewayBot()
	case "users":
		got, no = s.users(r.Method, parts, body)
	case "applications":
		got, no = s.applications(r, parts, body)
	case "interactions":
		got, no = s.called(parts[2], r.URL.Query().Get("with_response") == "true", body)
	case "webhooks":
		got, no = s.hook(r.Method, parts, body)
	case "guilds":
		got, no = s.guild(r.Method, parts)
	case "channels":
		if len(parts) == 3 && r.Method == http.MethodGet {
			got, no = s.history(parts[1], r.URL.Query())
			break
		}
		got, no = s.channel(r.Method, parts, body)
	default:
		no = &refusal{http.StatusNotFound, 0, "404: Not Found"}
	}
	s.Change()
	switch {
	case no != nil:
		answerWith(w, no.status, fmt.Appendf(nil, `{"message":%q,"code":%d}`, no.message, no.code))
	case got == nil:
		answerWith(w, http.StatusNoContent, nil)
	default:
		out, err := json.Marshal(got)
		if err != nil {
			s.Violate(false, "encode an answer: %v", err)
		}
		answerWith(w, http.StatusOK, out)
	}
}

func (s *Discord) users(method string, parts []string, body []byte) (any, *refusal) {
	switch strings.Join(parts[1:], "/") {
	case "@me":
		return map[string]any{"id": BotUser, "username": "silkwire", "bot": true}, nil
	case "@me/guilds":
		return s.guilds, nil
	case "@me/channels":
		if method == http.MethodPost {
			var to struct {
				Recipient string `json:"recipient_id"`
			}
			if json.Unmarshal(body, &to) == nil && to.Recipient != "" {
				return map[string]any{"id": DirectID, "type": 1, "recipients": []any{map[string]any{"id": to.Recipient}}}, nil
			}
		}
	}
	return nil, &refusal{http.StatusNotFound, 0, "404: Not Found"}
}

// applications is the app itself, and its commands.
func (s *Discord) applications(r *http.Request, parts []string, body []byte) (any, *refusal) {
	guild := ""
	switch {
	case len(parts) == 2 && parts[1] == "@me":
		return s.app, nil
	case len(parts) == 3 && parts[1] == AppID:
	case len(parts) == 5 && parts[1] == AppID && parts[2] == "guilds":
		if guild = parts[3]; guild != GuildID {
			return nil, &refusal{http.StatusForbidden, 50001, "Missing Access"}
		}
	default:
		return nil, &refusal{http.StatusNotFound, 0, "404: Not Found"}
	}
	if r.Method == http.MethodPut {
		s.puts++
		var all []map[string]any
		if err := json.Unmarshal(body, &all); err != nil {
			return nil, &refusal{http.StatusBadRequest, codeInvalidForm, "Invalid Form Body"}
		}
		s.commands[guild] = nil
		for _, c := range all {
			s.commands[guild] = append(s.commands[guild], s.asKept(c))
		}
	}
	out := []any{}
	for _, kept := range s.commands[guild] {
		var c map[string]any
		if json.Unmarshal(kept, &c) == nil {
			if r.URL.Query().Get("with_localizations") != "true" {
				delete(c, "description_localizations")
			}
			out = append(out, c)
		}
	}
	return out, nil
}

// asKept is a command with what Discord adds to it.
func (s *Discord) asKept(c map[string]any) json.RawMessage {
	id, version := s.commandID+1, s.commandID+2
	s.commandID = version
	c["id"], c["application_id"], c["version"] = strconv.FormatUint(id, 10), AppID, strconv.FormatUint(version, 10)
	for name, value := range map[string]any{
		"type": 1, "default_member_permissions": nil, "dm_permission": true, "nsfw": false, "name_localizations": nil, "description_localizations": nil, "description": "",
	} {
		if _, said := c[name]; !said {
			c[name] = value
		}
	}
	out, err := json.Marshal(c)
	if err != nil {
		s.Violate(false, "keep a command: %v", err)
	}
	return out
}

// Registrations is how often the commands were overwritten, and RegisteredCommands are
// those of a guild, or of all ("").
func (s *Discord) Registrations() int {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.puts
}

// RegisteredCommands are the commands of a guild, or of all guilds (""), as JSON.
func (s *Discord) RegisteredCommands(guild string) []json.RawMessage {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return append([]json.RawMessage{}, s.commands[guild]...)
}

// nonce is a message that was posted with an enforced nonce.
type nonce struct {
	message *Message
	at      time.Time
}

// nonceLife is how long Discord remembers a nonce: "the past few minutes".
const nonceLife = 5 * time.Minute

// channel is a channel and its messages.
func (s *Discord) channel(method string, parts []string, body []byte) (any, *refusal) {
	id := parts[1]
	if len(parts) == 2 {
		return s.describe(id)
	}
	switch {
	case len(parts) == 3 && parts[2] == "threads" && method == http.MethodPost && id == ForumID:
		return s.begin(body)
	case strings.Join(parts[2:], "/") == "threads/archived/public" && s.noHistory[id]:
		return nil, &refusal{http.StatusForbidden, codeMissingPermissions, "Missing Permissions"}
	case strings.Join(parts[2:], "/") == "threads/archived/public":
		return map[string]any{"threads": []any{}, "members": []any{}, "has_more": false}, nil
	case len(parts) == 3 && method == http.MethodPost:
		return s.create(id, body)
	}
	if len(parts) == 5 && parts[4] == "crosspost" && method == http.MethodPost && s.news[id] {
		parts, method = parts[:4], http.MethodGet
	}
	if len(parts) == 4 {
		for _, m := range s.messages {
			if m.ID == parts[3] && m.Channel == id && !m.Deleted {
				if len(s.upload) > 0 && s.noFiles[id] {
					return nil, &refusal{http.StatusForbidden, codeMissingPermissions, "Missing Permissions"}
				}
				return s.touch(m, method, body), nil
			}
		}
		return nil, &refusal{http.StatusNotFound, codeUnknownMessage, "Unknown Message"}
	}
	return nil, &refusal{http.StatusNotFound, 0, "404: Not Found"}
}

// touch edits or deletes a message, or only returns it.
// history is a channel's messages, the newest first; who may not read it is shown none:
// https://docs.discord.com/developers/resources/message#get-channel-messages
func (s *Discord) history(channel string, query url.Values) (any, *refusal) {
	if _, no := s.describe(channel); no != nil {
		return nil, no
	}
	const usual = 50
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil || limit < 1 || limit > 2*usual {
		limit = usual
	}
	out := []any{}
	passed := query.Get("before") == ""
	for _, m := range slices.Backward(s.messages) {
		if passed && m.Channel == channel && !m.Deleted && !m.Ephemeral() && len(out) < limit && !s.noHistory[channel] {
			out = append(out, m.wire())
		}
		passed = passed || m.ID == query.Get("before")
	}
	return out, nil
}

func (s *Discord) touch(m *Message, method string, body []byte) any {
	switch method {
	case http.MethodPatch:
		m.read(body)
		m.take(body, s.upload)
	case http.MethodDelete:
		m.Deleted = true
		return nil
	}
	return m.wire()
}

func (s *Discord) describe(id string) (any, *refusal) {
	switch id {
	case ChannelID, OtherID:
		return map[string]any{"id": id, "type": map[bool]int{true: 5}[s.news[id]], "guild_id": GuildID, "name": "general", "permission_overwrites": s.overwrites(id)}, nil
	case ForumID:
		tags := []any{map[string]any{"id": "600000000000000001", "name": "staff", "moderated": true}, map[string]any{"id": "600000000000000002", "name": "news", "moderated": false}}
		return map[string]any{"id": id, "type": 15, "guild_id": GuildID, "name": "forum", "flags": 1 << 4, "available_tags": tags, "permission_overwrites": s.overwrites(id)}, nil
	case ThreadID:
		return map[string]any{"id": id, "type": 11, "guild_id": GuildID, "parent_id": ChannelID, "name": "a thread"}, nil
	case DirectID:
		return map[string]any{"id": id, "type": 1}, nil
	}
	if slices.Contains(s.posts, id) {
		return thread(id), nil
	}
	return nil, &refusal{http.StatusNotFound, codeUnknownChannel, "Unknown Channel"}
}

// create posts a message, unless one with its enforced nonce was posted lately.
func (s *Discord) create(channel string, body []byte) (any, *refusal) {
	if _, no := s.describe(channel); no != nil {
		return nil, no
	}
	var asked struct {
		Nonce     string `json:"nonce"`
		Enforce   bool   `json:"enforce_nonce"`
		Reference struct {
			Message string `json:"message_id"`
		} `json:"message_reference"`
	}
	if err := json.Unmarshal(body, &asked); err != nil {
		return nil, &refusal{http.StatusBadRequest, codeInvalidForm, "Invalid Form Body"}
	}
	if s.noSending[channel] {
		return nil, &refusal{http.StatusForbidden, codeMissingPermissions, "Missing Permissions"}
	}
	key := channel + " " + asked.Nonce
	if before, found := s.nonces[key]; asked.Enforce && found && s.Time().Sub(before.at) < nonceLife {
		return before.message.wire(), nil
	}
	m := &Message{ID: s.id(), Channel: channel, ReplyTo: asked.Reference.Message}
	m.read(body)
	if s.noEmbeds[channel] {
		m.Embeds = nil
		if m.Content == "" {
			return nil, &refusal{http.StatusBadRequest, codeEmptyMessage, "Cannot send an empty message"}
		}
	}
	s.keep(m)
	if asked.Nonce != "" {
		s.nonces[key] = nonce{m, s.Time()}
	}
	return m.wire(), nil
}

// keep remembers a message; the oldest go.
func (s *Discord) keep(m *Message) {
	if len(s.messages) >= s.kept {
		s.messages = append(s.messages[:0], s.messages[len(s.messages)/2:]...)
	}
	s.messages = append(s.messages, m)
}

// Posted are the messages of a channel that the bot has posted and nobody deleted.
func (s *Discord) Posted(channel string) []Message {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	var all []Message
	for _, m := range s.messages {
		if m.Channel == channel && !m.Deleted && m.interaction == "" {
			all = append(all, *m)
		}
	}
	return all
}

// Delete deletes a message as somebody in the channel does.
func (s *Discord) Delete(id string) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	for _, m := range s.messages {
		if m.ID == id {
			m.Deleted = true
		}
	}
}
