package standin

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

func chatMethods() map[string]method {
	return map[string]method{
		"chat.postMessage":   {scope: "chat:write", do: postMessage},
		"chat.postEphemeral": {scope: "chat:write", do: postEphemeral},
		"chat.update":        {scope: "chat:write", do: updateMessage},
		"chat.delete":        {scope: "chat:write", do: deleteMessage},
		"chat.getPermalink":  {do: getPermalink},
		"reactions.add":      {scope: "reactions:write", do: addReaction},
	}
}

// transport are the arguments that say where a message goes, not what it is.
var transport = []string{"channel", "ts", "user", "token"}

// messageOf is the message in a call's arguments.
func messageOf(a args) []byte {
	m := map[string]json.RawMessage{}
	for name, v := range a.values {
		if !slices.Contains(transport, name) {
			m[name] = v
		}
	}
	return encoded(m)
}

// checkPost checks a message that came by the Web API; Mu is held.
func (s *Slack) checkPost(what string, a args) *apiError {
	doc := messageOf(a)
	if e := s.refusesKind(doc); e != nil {
		return e
	}
	if e := s.missingFile(doc); e != nil {
		return e
	}
	wrong := s.judgeMessage(doc, Post)
	if what == "chat.postMessage" {
		for _, name := range []string{"unfurl_links", "unfurl_media"} {
			if string(a.values[name]) != "false" {
				wrong = append(wrong, problem{"/" + name, "must be false: a source link would unfold", ""})
			}
		}
	}
	return s.recordRefusal(what, wrong, doc)
}

// recordRefusal keeps the problems and answers with the first that Slack
// refuses; Mu is held.
func (s *Slack) recordRefusal(what string, wrong []problem, doc []byte) *apiError {
	_ = s.record(what, wrong, doc) // what is answered is below
	hard := slices.DeleteFunc(slices.Clone(wrong), func(p problem) bool { return p.code == "" })
	if len(hard) == 0 {
		return nil
	}
	var told, pointed []string
	for _, p := range hard {
		told = append(told, p.text+" [json-pointer:"+p.at+"]")
		pointed = append(pointed, "[ERROR] "+p.text+" [json-pointer:"+p.at+"]")
	}
	return &apiError{hard[0].code, map[string]any{"errors": told, "response_metadata": map[string]any{"messages": pointed}}}
}

// reach finds the channel of a call that writes; Mu is held.
func (s *Slack) reach(a args) (Room, *apiError) {
	r, ok := s.room(a.str("channel"))
	switch {
	case !ok:
		return r, refuse("channel_not_found")
	case r.Archived:
		return r, refuse("is_archived")
	case r.BotIsMember:
	case r.Private:
		return r, refuse("channel_not_found")
	case !slices.Contains(s.scopes, "chat:write.public"):
		return r, refuse("not_in_channel")
	}
	return r, nil
}

var timestamp = regexp.MustCompile(`^\d+\.\d{6}$`)

func postMessage(s *Slack, a args) (answerFields, *apiError) {
	r, e := s.reach(a)
	if e != nil {
		return nil, e
	}
	if ts := a.str("thread_ts"); a.has("thread_ts") && !timestamp.MatchString(ts) {
		s.Violate(true, "chat.postMessage: thread_ts %q is none", ts)
		return nil, refuse("invalid_thread_ts")
	}
	if s.rated && !s.allowed(r.ID) {
		return nil, refuse("ratelimited")
	}
	if e := s.checkPost("chat.postMessage", a); e != nil {
		return nil, e
	}
	m := map[string]any{"type": "message", "user": BotUser, "bot_id": BotID, "app_id": AppID, "team": TeamID, "ts": stamp()}
	for _, name := range []string{"text", "blocks", "thread_ts", "metadata"} {
		if a.has(name) {
			m[name] = a.values[name]
		}
	}
	s.messages[r.ID] = append(s.messages[r.ID], m)
	return answerFields{"channel": r.ID, "ts": m["ts"], "message": m}, nil
}

func postEphemeral(s *Slack, a args) (answerFields, *apiError) {
	r, e := s.reach(a)
	if e != nil {
		return nil, e
	}
	user := a.str("user")
	if _, known := s.people[user]; !known {
		return nil, refuse("user_not_found")
	}
	if !r.BotIsMember {
		return nil, refuse("not_in_channel")
	}
	if len(r.Members) > 0 && !slices.Contains(r.Members, user) {
		return nil, refuse("user_not_in_channel")
	}
	if e := s.checkPost("chat.postEphemeral", a); e != nil {
		return nil, e
	}
	return answerFields{"message_ts": stamp()}, nil
}

// own finds a message of the bot; Mu is held.
func (s *Slack) own(a args, not string) (string, int, *apiError) {
	r, ok := s.room(a.str("channel"))
	if !ok {
		return "", 0, refuse("channel_not_found")
	}
	i := slices.IndexFunc(s.messages[r.ID], func(m map[string]any) bool { return m["ts"] == a.str("ts") })
	if i < 0 {
		return "", 0, refuse("message_not_found")
	}
	if s.messages[r.ID][i]["user"] != BotUser {
		return "", 0, refuse(not)
	}
	return r.ID, i, nil
}

func updateMessage(s *Slack, a args) (answerFields, *apiError) {
	channel, i, e := s.own(a, "cant_update_message")
	if e != nil {
		return nil, e
	}
	if e := s.checkPost("chat.update", a); e != nil {
		return nil, e
	}
	m := copied(s.messages[channel][i])
	for _, name := range []string{"text", "blocks", "metadata"} {
		if a.has(name) {
			m[name] = a.values[name]
		}
	}
	s.messages[channel][i] = m
	return answerFields{"channel": channel, "ts": m["ts"], "text": a.str("text"), "message": m}, nil
}

func deleteMessage(s *Slack, a args) (answerFields, *apiError) {
	channel, i, e := s.own(a, "cant_delete_message")
	if e != nil {
		return nil, e
	}
	s.messages[channel] = slices.Delete(s.messages[channel], i, i+1)
	return answerFields{"channel": channel, "ts": a.str("ts")}, nil
}

func getPermalink(s *Slack, a args) (answerFields, *apiError) {
	r, ok := s.room(a.str("channel"))
	if !ok {
		return nil, refuse("channel_not_found")
	}
	ts := a.str("message_ts")
	if !timestamp.MatchString(ts) {
		return nil, refuse("message_not_found")
	}
	return answerFields{"channel": r.ID, "permalink": fmt.Sprintf("https://test.slack.com/archives/%s/p%s", r.ID, strings.Replace(ts, ".", "", 1))}, nil
}

func addReaction(s *Slack, a args) (answerFields, *apiError) {
	r, ok := s.room(a.str("channel"))
	if !ok {
		return nil, refuse("channel_not_found")
	}
	if a.str("name") == "" {
		return nil, refuse("invalid_name")
	}
	key := r.ID + " " + a.str("timestamp") + " " + a.str("name")
	if s.reactions[key] {
		return nil, refuse("already_reacted")
	}
	s.reactions[key] = true
	return answerFields{}, nil
}

// bucket is how many posts a channel has left, and since when.
type bucket struct {
	left float64
	at   time.Time
}

const burst = 4 // posts that a channel takes at once

// allowed takes one post from a channel's rate, about one a second; Mu is held.
func (s *Slack) allowed(channel string) bool {
	now := s.Time()
	b, ok := s.buckets[channel]
	if !ok {
		b = bucket{burst, now}
	}
	b.left = min(burst, b.left+now.Sub(b.at).Seconds())
	b.at = now
	ok = b.left >= 1
	if ok {
		b.left--
	}
	s.buckets[channel] = b
	return ok
}
