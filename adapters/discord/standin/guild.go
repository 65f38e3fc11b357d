package standin

import (
	"encoding/json"
	"net/http"
	"strings"
)

// What the bot may do in the guild: View Channels, Send Messages (in threads too), Embed
// Links, Read Message History.
const (
	granted = "274878024704"
)

// guild is what is told of the guild: its roles, the bot's member, the open threads.
func (s *Discord) guild(method string, parts []string) (any, *refusal) {
	if method != http.MethodGet || parts[1] != GuildID {
		return nil, &refusal{http.StatusForbidden, 50001, "Missing Access"}
	}
	switch strings.Join(parts[2:], "/") {
	case "roles":
		return []any{map[string]any{"id": GuildID, "name": "@everyone", "permissions": granted, "position": 0}}, nil
	case "members/" + BotUser:
		return map[string]any{"user": map[string]any{"id": BotUser, "username": "silkwire", "bot": true}, "roles": []any{}}, nil
	case "threads/active":
		return map[string]any{"threads": s.threads(), "members": []any{}}, nil
	}
	return nil, &refusal{http.StatusNotFound, 0, "404: Not Found"}
}

func (s *Discord) threads() []any {
	out := []any{}
	for _, id := range s.posts {
		out = append(out, thread(id))
	}
	return out
}

func thread(id string) map[string]any {
	return map[string]any{"id": id, "type": 11, "guild_id": GuildID, "parent_id": ForumID, "name": "a post"}
}

// overwrites are those of a channel: what the bot may not do there.
func (s *Discord) overwrites(channel string) []any {
	if !s.noSending[channel] {
		return []any{}
	}
	return []any{map[string]any{"id": BotUser, "type": 1, "allow": "0", "deny": "2048"}}
}

// begin begins a post in the forum; its id is that of its message too:
// https://docs.discord.com/developers/resources/channel#start-thread-in-forum-or-media-channel
func (s *Discord) begin(body []byte) (any, *refusal) {
	var asked struct {
		Message json.RawMessage `json:"message"`
	}
	if err := json.Unmarshal(body, &asked); err != nil {
		return nil, &refusal{http.StatusBadRequest, codeInvalidForm, "Invalid Form Body"}
	}
	if s.noSending[ForumID] {
		return nil, &refusal{http.StatusForbidden, codeMissingPermissions, "Missing Permissions"}
	}
	id := s.id()
	m := &Message{ID: id, Channel: id}
	m.read(asked.Message)
	s.keep(m)
	s.posts = append(s.posts, id)
	out := thread(id)
	out["message"] = m.wire()
	return out, nil
}

// Posts are the ids of the posts that were begun in the forum.
func (s *Discord) Posts() []string {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return append([]string{}, s.posts...)
}
