package standin

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// Person is a user of the workspace.
type Person struct {
	ID, Name, RealName                        string
	Admin, Owner, PrimaryOwner                bool
	Deleted, Bot, Restricted, UltraRestricted bool
	Stranger                                  bool // of another workspace, by a shared channel
	TZ, Locale, Team                          string
	TZOffset                                  int
}

// Room is a channel, or a direct message, of the workspace.
type Room struct {
	ID, Name, Creator string
	User              string   // the other one of a direct message
	Members           []string // besides the bot; none said: everybody
	BotIsMember       bool
	Private, Archived bool
	Shared            bool // with another workspace
}

// workspace is what Slack holds; Slack's Mu guards it.
type workspace struct {
	people    map[string]Person
	rooms     map[string]Room
	messages  map[string][]map[string]any // by channel, oldest first
	views     map[string]map[string]any
	homes     map[string]map[string]any
	reactions map[string]bool
}

func newWorkspace() workspace {
	return workspace{
		people: map[string]Person{
			User:    {ID: User, Name: "alice", RealName: "Alice"},
			BotUser: {ID: BotUser, Name: "silkwire", RealName: "silkwire", Bot: true},
		},
		rooms: map[string]Room{
			Channel: {ID: Channel, Name: "general", Creator: User, BotIsMember: true},
			DM:      {ID: DM, User: User, BotIsMember: true},
		},
		messages: map[string][]map[string]any{}, views: map[string]map[string]any{}, homes: map[string]map[string]any{}, reactions: map[string]bool{},
	}
}

// SetUser puts a user into the workspace, or changes one. U1 and U0BOT are there
// already, and whoever does something comes to be.
func (s *Slack) SetUser(p Person) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.people[p.ID] = p
}

// SetChannel puts a channel into the workspace, or changes one. C1 and D1 are
// there already, and a channel where something happens comes to be, with the bot
// in it.
func (s *Slack) SetChannel(r Room) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.rooms[r.ID] = r
}

// AddMessage puts a message into a channel's history and returns its timestamp.
func (s *Slack) AddMessage(channel, user, text, threadTS string) string {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	ts := stamp()
	m := map[string]any{"type": "message", "user": user, "text": text, "ts": ts}
	if threadTS != "" {
		m["thread_ts"] = threadTS
	}
	s.messages[channel] = append(s.messages[channel], m)
	return ts
}

// Messages are the messages that stand in a channel, as JSON, oldest first: those
// posted and not deleted, as they were last changed.
func (s *Slack) Messages(channel string) []json.RawMessage {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	var all []json.RawMessage
	for _, m := range s.messages[channel] {
		all = append(all, encoded(m))
	}
	return all
}

// Home is the home tab that the bot published for a user last, or nil.
func (s *Slack) Home(user string) json.RawMessage {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if v := s.homes[user]; v != nil {
		return encoded(v)
	}
	return nil
}

// View is an opened modal, as Slack would hand it back, or nil.
func (s *Slack) View(id string) json.RawMessage {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if v := s.views[id]; v != nil {
		return encoded(v)
	}
	return nil
}

// introduce makes the user and the channel of an envelope's payload known, and
// keeps a message that it tells of. Mu is held.
func (s *Slack) introduce(payload map[string]any) {
	str := func(m map[string]any, name string) string { v, _ := m[name].(string); return v }
	at := func(name string) string {
		m, _ := payload[name].(map[string]any)
		return str(m, "id")
	}
	user, channel := cmp.Or(str(payload, "user_id"), at("user")), cmp.Or(str(payload, "channel_id"), at("channel"))
	inner, _ := payload["event"].(map[string]any)
	if inner != nil {
		user, channel = str(inner, "user"), str(inner, "channel")
	}
	if _, known := s.people[user]; user != "" && !known {
		s.people[user] = Person{ID: user, Name: strings.ToLower(user), RealName: user}
	}
	if _, known := s.rooms[channel]; channel != "" && !known {
		kind := channelType(channel)
		r := Room{ID: channel, Creator: user, BotIsMember: true, Private: kind == "group"}
		if kind == "im" {
			r.User = user
		} else {
			r.Name = channelName(channel)
		}
		s.rooms[channel] = r
	}
	if ts := str(inner, "ts"); ts != "" && !slices.ContainsFunc(s.messages[channel], func(m map[string]any) bool { return m["ts"] == ts }) {
		m := copied(inner)
		m["type"] = "message"
		s.messages[channel] = append(s.messages[channel], m)
	}
}

// room finds a channel by id, by name, or by the user whose DM it is.
func (s *Slack) room(name string) (Room, bool) {
	if r, ok := s.rooms[name]; ok {
		return r, true
	}
	for _, r := range s.rooms {
		if r.Name != "" && r.Name == strings.TrimPrefix(name, "#") || r.User != "" && r.User == name {
			return r, true
		}
	}
	if p, ok := s.people[name]; ok && !p.Deleted {
		r := Room{ID: "D" + p.ID, User: p.ID, BotIsMember: true}
		s.rooms[r.ID] = r
		return r, true
	}
	return Room{}, false
}

func (r Room) json() map[string]any {
	im := r.User != ""
	m := map[string]any{
		"id": r.ID, "name": r.Name, "creator": r.Creator, "is_channel": !im && !r.Private, "is_group": !im && r.Private, "is_im": im, "is_mpim": false,
		"is_private": r.Private || im, "is_archived": r.Archived, "is_member": r.BotIsMember, "is_ext_shared": r.Shared, "is_shared": r.Shared, "num_members": len(r.Members) + 1,
	}
	if im {
		m["user"] = r.User
	}
	return m
}

func (p Person) json() map[string]any {
	return map[string]any{
		"id": p.ID, "team_id": cmp.Or(p.Team, TeamID), "name": p.Name, "real_name": p.RealName, "deleted": p.Deleted, "is_bot": p.Bot,
		"is_admin": p.Admin || p.Owner || p.PrimaryOwner, "is_owner": p.Owner || p.PrimaryOwner, "is_primary_owner": p.PrimaryOwner,
		"is_restricted": p.Restricted || p.UltraRestricted, "is_ultra_restricted": p.UltraRestricted, "is_stranger": p.Stranger,
		"tz": cmp.Or(p.TZ, "Etc/UTC"), "tz_offset": p.TZOffset, "locale": cmp.Or(p.Locale, "en-US"),
		"profile": map[string]any{"real_name": p.RealName, "display_name": p.Name},
	}
}
