package standin

import (
	"encoding/json"
	"maps"
	"strings"
)

// By says who does it.
func By(user string) EnvelopeOption {
	return func(e *Envelope) {
		switch e.Type {
		case slashCommands:
			e.Payload["user_id"], e.Payload["user_name"] = user, strings.ToLower(user)
		case eventsAPI:
			if thread, ok := e.event()["assistant_thread"].(map[string]any); ok {
				thread["user_id"] = user
				return
			}
			e.event()["user"] = user
		case interactive:
			name := strings.ToLower(user)
			e.Payload["user"] = map[string]any{"id": user, "username": name, "name": name, "team_id": TeamID}
		}
	}
}

// In says in which channel: one whose name begins with D is a direct message,
// with G a private channel.
func In(channel string) EnvelopeOption {
	return func(e *Envelope) {
		switch e.Type {
		case slashCommands:
			e.Payload["channel_id"], e.Payload["channel_name"] = channel, channelName(channel)
		case eventsAPI:
			inner := e.event()
			if thread, ok := inner["assistant_thread"].(map[string]any); ok {
				thread["channel_id"] = channel
				return
			}
			inner["channel"] = channel
			if _, has := inner["channel_type"]; has {
				inner["channel_type"] = channelType(channel)
			}
		case interactive:
			e.Payload["channel"] = map[string]any{"id": channel, "name": channelName(channel)}
			if c, ok := e.Payload["container"].(map[string]any); ok {
				c["channel_id"] = channel
			}
		}
	}
}

func channelType(channel string) string {
	switch {
	case strings.HasPrefix(channel, "D"):
		return "im"
	case strings.HasPrefix(channel, "G"):
		return "group"
	}
	return "channel"
}

func channelName(channel string) string {
	switch {
	case strings.HasPrefix(channel, "D"):
		return "directmessage"
	case strings.HasPrefix(channel, "G"):
		return "privategroup"
	case channel == Channel:
		return "general"
	}
	return strings.ToLower(channel)
}

// Team says from which workspace.
func Team(id string) EnvelopeOption {
	return func(e *Envelope) {
		if e.Type == interactive {
			e.Payload["team"] = map[string]any{"id": id, "domain": "other"}
			return
		}
		e.Payload["team_id"] = id
		if e.Type == eventsAPI {
			e.event()["team"] = id
		}
	}
}

// Thread says that a message, or the message pressed in, is in a thread.
func Thread(ts string) EnvelopeOption {
	return func(e *Envelope) {
		if e.Type != interactive {
			e.event()["thread_ts"] = ts
			return
		}
		for _, name := range []string{"container", "message"} {
			if m, ok := e.Payload[name].(map[string]any); ok {
				m["thread_ts"] = ts
			}
		}
	}
}

// EventID says what the event is called, which Slack keeps when it tells it again.
func EventID(id string) EnvelopeOption {
	return func(e *Envelope) { e.Payload["event_id"] = id }
}

// Redelivery says that the envelope comes again, and why: "timeout", mostly.
func Redelivery(n int, reason string) EnvelopeOption {
	return func(e *Envelope) { e.RetryAttempt, e.RetryReason = n, reason }
}

// FromBot says that a bot wrote the message.
func FromBot(botID string) EnvelopeOption {
	return func(e *Envelope) { e.event()["bot_id"] = botID }
}

// Subtype says what kind of message it is: message_changed, channel_join.
func Subtype(name string) EnvelopeOption {
	return func(e *Envelope) { e.event()["subtype"] = name }
}

// With sets a field of the event; of a command or an interaction, of its payload.
func With(name string, value any) EnvelopeOption {
	return func(e *Envelope) { e.event()[name] = value }
}

// Without takes such a field away.
func Without(name string) EnvelopeOption {
	return func(e *Envelope) {
		delete(e.event(), name)
		switch name {
		case "response_url":
			e.responds = false
		case "trigger_id":
			e.triggers = false
		}
	}
}

// Block says in which block a press is.
func Block(id string) EnvelopeOption {
	return func(e *Envelope) {
		for _, a := range e.actions() {
			a["block_id"] = id
		}
	}
}

// Selected makes a press a choice in a menu of a kind: static_select, overflow,
// external_select, radio_buttons.
func Selected(kind string) EnvelopeOption {
	return func(e *Envelope) {
		for _, a := range e.actions() {
			value, _ := a["value"].(string)
			delete(a, "value")
			delete(a, "text")
			a["type"] = kind
			a["selected_option"] = map[string]any{"text": plainText(value), "value": value}
		}
	}
}

func (e *Envelope) actions() []map[string]any {
	list, _ := e.Payload["actions"].([]any)
	var all []map[string]any
	for _, v := range list {
		if a, ok := v.(map[string]any); ok {
			all = append(all, a)
		}
	}
	return all
}

// InMessage says in which message a press or a shortcut is: its JSON, as posted,
// or some of it.
func InMessage(message json.RawMessage) EnvelopeOption {
	return func(e *Envelope) {
		var fields map[string]any
		if json.Unmarshal(message, &fields) != nil {
			return
		}
		m, _ := e.Payload["message"].(map[string]any)
		if m == nil {
			return
		}
		maps.Copy(m, fields)
		if c, ok := e.Payload["container"].(map[string]any); ok {
			c["message_ts"] = m["ts"]
		}
	}
}

// Ephemeral says that only the user sees the message pressed in. Slack does not
// tell its text then.
func Ephemeral() EnvelopeOption {
	return func(e *Envelope) {
		if c, ok := e.Payload["container"].(map[string]any); ok {
			c["is_ephemeral"] = true
		}
		delete(e.Payload, "message")
	}
}

// InView says that a press, or typing in a menu, is in a view. There is no channel
// then, and no response_url.
func InView(view json.RawMessage) EnvelopeOption {
	return func(e *Envelope) {
		v := viewPayload(view)
		e.responds = false
		for _, name := range []string{"channel", "message"} {
			delete(e.Payload, name)
		}
		e.Payload["view"] = v
		e.Payload["container"] = map[string]any{"type": "view", "view_id": v["id"]}
	}
}

// OnHome says that a press is on the bot's home tab.
func OnHome() EnvelopeOption {
	return InView(json.RawMessage(`{"type":"home","id":"VHOME","blocks":[]}`))
}
