package standin

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

func lookupMethods() map[string]method {
	return map[string]method{
		"users.info":            {scope: "users:read", do: usersInfo},
		"conversations.info":    {scope: "channels:read,groups:read,im:read", do: conversationsInfo},
		"conversations.list":    {scope: "channels:read,groups:read,im:read", do: conversationsList},
		"conversations.members": {scope: "channels:read,groups:read,im:read", do: conversationsMembers},
		"conversations.open":    {scope: "im:write", do: conversationsOpen},
		"conversations.history": {scope: "channels:history,groups:history,im:history", do: conversationsHistory},
		"conversations.replies": {scope: "channels:history,groups:history,im:history", do: conversationsReplies},

		"assistant.threads.setStatus":           {scope: "chat:write,assistant:write", do: setStatus},
		"assistant.threads.setTitle":            {scope: "assistant:write", do: setTitle},
		"assistant.threads.setSuggestedPrompts": {scope: "assistant:write", do: setPrompts},
	}
}

func usersInfo(s *Slack, a args) (answerFields, *apiError) {
	p, ok := s.people[a.str("user")]
	if !ok {
		return nil, refuse("user_not_found")
	}
	return answerFields{"user": p.json()}, nil
}

// readable finds the channel of a call that reads; Mu is held.
func (s *Slack) readable(a args) (Room, *apiError) {
	r, ok := s.rooms[a.str("channel")]
	if !ok || r.Private && !r.BotIsMember {
		return r, refuse("channel_not_found")
	}
	return r, nil
}

func conversationsInfo(s *Slack, a args) (answerFields, *apiError) {
	r, e := s.readable(a)
	if e != nil {
		return nil, e
	}
	return answerFields{"channel": r.json()}, nil
}

func conversationsList(s *Slack, a args) (answerFields, *apiError) {
	kinds := strings.Split(a.str("types"), ",")
	var all []any
	for _, id := range slices.Sorted(maps.Keys(s.rooms)) {
		r := s.rooms[id]
		kind := "public_channel"
		switch {
		case r.User != "":
			kind = "im"
		case r.Private:
			kind = "private_channel"
		}
		wanted := slices.Contains(kinds, kind) || a.str("types") == "" && kind == "public_channel"
		if wanted && (!r.Private || r.BotIsMember) && (!r.Archived || a.str("exclude_archived") != "true") {
			all = append(all, r.json())
		}
	}
	return answerFields{"channels": all, "response_metadata": map[string]any{"next_cursor": ""}}, nil
}

func conversationsMembers(s *Slack, a args) (answerFields, *apiError) {
	r, e := s.readable(a)
	if e != nil {
		return nil, e
	}
	members := slices.Clone(r.Members)
	if r.BotIsMember {
		members = append(members, BotUser)
	}
	return answerFields{"members": members, "response_metadata": map[string]any{"next_cursor": ""}}, nil
}

func conversationsOpen(s *Slack, a args) (answerFields, *apiError) {
	r, ok := s.room(a.str("users"))
	if !ok || r.User == "" {
		return nil, refuse("user_not_found")
	}
	return answerFields{"channel": map[string]any{"id": r.ID}}, nil
}

// readingRoom is where a history may be read: the bot must be in it.
func (s *Slack) readingRoom(a args) (Room, *apiError) {
	r, e := s.readable(a)
	if e == nil && !r.BotIsMember {
		e = refuse("not_in_channel")
	}
	return r, e
}

func conversationsHistory(s *Slack, a args) (answerFields, *apiError) {
	r, e := s.readingRoom(a)
	if e != nil {
		return nil, e
	}
	var all []any
	for _, m := range slices.Backward(s.messages[r.ID]) {
		if m["thread_ts"] == nil || m["thread_ts"] == m["ts"] {
			all = append(all, m)
		}
	}
	return page(all, a), nil
}

func conversationsReplies(s *Slack, a args) (answerFields, *apiError) {
	r, e := s.readingRoom(a)
	if e != nil {
		return nil, e
	}
	root := a.str("ts")
	var all []any
	for _, m := range s.messages[r.ID] {
		if m["ts"] == root || said(m["thread_ts"]) == root {
			all = append(all, m)
		}
	}
	if len(all) == 0 {
		return nil, refuse("thread_not_found")
	}
	return page(all, a), nil
}

// said is a string that may stand as JSON.
func said(v any) string {
	if raw, ok := v.(json.RawMessage); ok {
		var s string
		_ = json.Unmarshal(raw, &s) // no string, no thread
		return s
	}
	s, _ := v.(string)
	return s
}

// page is the first page of messages, which is all there is.
func page(all []any, a args) answerFields {
	if n, err := strconv.Atoi(a.str("limit")); err == nil && n > 0 && n < len(all) {
		all = all[:n]
	}
	return answerFields{"messages": all, "has_more": false, "response_metadata": map[string]any{"next_cursor": ""}}
}

// thread checks the place of an assistant's call.
func (s *Slack) thread(what string, a args) *apiError {
	if _, ok := s.rooms[a.str("channel_id")]; !ok {
		return refuse("channel_not_found")
	}
	if !timestamp.MatchString(a.str("thread_ts")) {
		s.Violate(true, "%s: thread_ts %q is none", what, a.str("thread_ts"))
		return refuse("invalid_thread_ts")
	}
	return nil
}

func setStatus(s *Slack, a args) (answerFields, *apiError) {
	return answerFields{}, s.thread("assistant.threads.setStatus", a)
}

func setTitle(s *Slack, a args) (answerFields, *apiError) {
	return answerFields{}, s.thread("assistant.threads.setTitle", a)
}

const maxPrompts = 4

func setPrompts(s *Slack, a args) (answerFields, *apiError) {
	const what = "assistant.threads.setSuggestedPrompts"
	if e := s.thread(what, a); e != nil {
		return nil, e
	}
	var prompts []struct{ Title, Message string }
	err := json.Unmarshal(a.values["prompts"], &prompts)
	bad := err != nil || len(prompts) == 0 || len(prompts) > maxPrompts
	for _, p := range prompts {
		bad = bad || p.Title == "" || p.Message == ""
	}
	if bad {
		s.Violate(true, "%s: prompts must be 1 to %d, each with a title and a message: %s", what, maxPrompts, a.values["prompts"])
		return nil, refuse("invalid_arguments")
	}
	return answerFields{}, nil
}
