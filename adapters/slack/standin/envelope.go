package standin

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
)

// The types of envelopes.
const (
	slashCommands = "slash_commands"
	eventsAPI     = "events_api"
	interactive   = "interactive"
	handshake     = "url_verification"
)

// Where things happen unless an option says otherwise.
const (
	User    = "U1"
	Channel = "C1"
	DM      = "D1" // the conversation of U1 with the bot
)

// Envelope is something that Slack tells a bot. Sent twice, it is the same event
// with the same event_id, in an envelope of its own.
type Envelope struct {
	Type         string
	Payload      map[string]any
	RetryAttempt int
	RetryReason  string

	responds, triggers bool
}

// kind is the envelope's type, or that of the interaction in it.
func (e Envelope) kind() string {
	if e.Type == interactive {
		kind, _ := e.Payload["type"].(string)
		return kind
	}
	return e.Type
}

// answered tells whether Slack reads a payload in the answer.
func (e Envelope) answered() bool {
	switch e.kind() {
	case slashCommands, "block_suggestion", "view_submission":
		return true
	}
	return false
}

// String names the envelope in violations.
func (e Envelope) String() string {
	switch e.Type {
	case slashCommands:
		return fmt.Sprintf("%v %.40q", e.Payload["command"], e.Payload["text"])
	case eventsAPI:
		return fmt.Sprintf("event %v %v", e.event()["type"], e.Payload["event_id"])
	}
	return e.kind()
}

// event is the inner event of an events_api envelope; of another, the payload.
func (e Envelope) event() map[string]any {
	if inner, ok := e.Payload["event"].(map[string]any); ok {
		return inner
	}
	return e.Payload
}

// EnvelopeOption changes an envelope as it is made.
type EnvelopeOption func(*Envelope)

var serial atomic.Int64

// stamp is a new timestamp, as Slack names messages.
func stamp() string { return fmt.Sprintf("1764000000.%06d", serial.Add(1)) }

func (e Envelope) with(opts []EnvelopeOption) Envelope {
	for _, o := range opts {
		o(&e)
	}
	return e
}

// Command is a slash command.
func Command(command, text string, opts ...EnvelopeOption) Envelope {
	return Envelope{Type: slashCommands, responds: true, triggers: true, Payload: map[string]any{
		"token": "verification", "team_id": TeamID, "team_domain": "test", "channel_id": Channel, "channel_name": "general",
		"user_id": User, "user_name": "alice", "command": command, "text": text, "api_app_id": AppID, "is_enterprise_install": "false",
	}}.with(opts)
}

func event(inner map[string]any, opts []EnvelopeOption) Envelope {
	ts := stamp()
	inner["event_ts"] = ts
	if inner["type"] == "message" || inner["type"] == "app_mention" {
		inner["ts"], inner["team"] = ts, TeamID
	}
	return Envelope{Type: eventsAPI, Payload: map[string]any{
		"token": "verification", "team_id": TeamID, "api_app_id": AppID, "type": "event_callback", "event": inner,
		"event_id": fmt.Sprintf("Ev%09d", serial.Add(1)), "event_time": 1764000000, "is_ext_shared_channel": false, "event_context": "4-test",
		"authorizations": []any{map[string]any{"enterprise_id": nil, "team_id": TeamID, "user_id": BotUser, "is_bot": true, "is_enterprise_install": false}},
	}}.with(opts)
}

// Mention is a message that names the bot: app_mention. The bot's name is put in
// front of a text that has it nowhere.
func Mention(text string, opts ...EnvelopeOption) Envelope {
	if !strings.Contains(text, "<@"+BotUser+">") {
		text = "<@" + BotUser + "> " + text
	}
	return event(map[string]any{"type": "app_mention", "text": text, "user": User, "channel": Channel}, opts)
}

// Message is a message in the bot's DM with U1: message.im. With In it is one in
// a channel: message.channels, or message.groups where the channel is private.
func Message(text string, opts ...EnvelopeOption) Envelope {
	return event(map[string]any{"type": "message", "text": text, "user": User, "channel": DM, "channel_type": "im"}, opts)
}

// HomeOpened is a user opening the bot's home tab.
func HomeOpened(user string, opts ...EnvelopeOption) Envelope {
	return event(map[string]any{"type": "app_home_opened", "user": user, "channel": DM, "tab": "home"}, opts)
}

// AssistantStarted is a user opening the assistant's pane.
func AssistantStarted(opts ...EnvelopeOption) Envelope {
	return event(map[string]any{"type": "assistant_thread_started", "assistant_thread": map[string]any{
		"user_id": User, "channel_id": DM, "thread_ts": stamp(), "context": map[string]any{"channel_id": Channel, "team_id": TeamID, "enterprise_id": nil},
	}}, opts)
}

// Event is any other event, by its own fields.
func Event(inner map[string]any, opts ...EnvelopeOption) Envelope {
	return event(maps.Clone(inner), opts)
}

// Verification is the request by which Slack tries an address out.
func Verification(challenge string) Envelope {
	return Envelope{Type: handshake, Payload: map[string]any{"token": "verification", "type": handshake, "challenge": challenge}}
}

// interaction makes what all interactions have.
func interaction(kind string, fields map[string]any) Envelope {
	payload := map[string]any{
		"type": kind, "token": "verification", "api_app_id": AppID, "is_enterprise_install": false, "enterprise": nil,
		"team": map[string]any{"id": TeamID, "domain": "test"},
		"user": map[string]any{"id": User, "username": "alice", "name": "alice", "team_id": TeamID},
	}
	maps.Copy(payload, fields)
	return Envelope{Type: interactive, Payload: payload, triggers: true}
}

// inMessage is where a press happens, unless it is in a view.
func inMessage(fields map[string]any) map[string]any {
	ts := stamp()
	maps.Copy(fields, map[string]any{
		"channel":   map[string]any{"id": Channel, "name": "general"},
		"container": map[string]any{"type": "message", "message_ts": ts, "channel_id": Channel, "is_ephemeral": false},
		"message":   map[string]any{"type": "message", "user": BotUser, "bot_id": BotID, "ts": ts, "text": ""},
	})
	return fields
}

// Press is a click on a button, in a message unless InView or OnHome say
// otherwise: block_actions. With Selected it is a choice in a menu.
func Press(actionID, value string, opts ...EnvelopeOption) Envelope {
	e := interaction("block_actions", inMessage(map[string]any{
		"actions": []any{map[string]any{"type": "button", "action_id": actionID, "block_id": "b1", "value": value, "text": plainText(value), "action_ts": stamp()}},
		"state":   map[string]any{"values": map[string]any{}},
	}))
	e.responds = true
	return e.with(opts)
}

// Suggest is a user typing in a menu whose choices the bot has: block_suggestion.
func Suggest(actionID, blockID, value string, opts ...EnvelopeOption) Envelope {
	e := interaction("block_suggestion", inMessage(map[string]any{"action_id": actionID, "block_id": blockID, "value": value}))
	e.triggers = false
	return e.with(opts)
}

// Values are what stands in a modal's inputs, by block_id and action_id.
type Values map[string]map[string]any

// Typed is the value of a text input.
func Typed(text string) map[string]any {
	return map[string]any{"type": "plain_text_input", "value": text}
}

// Chosen is the value of a menu.
func Chosen(value string) map[string]any {
	return map[string]any{"type": "static_select", "selected_option": map[string]any{"text": plainText(value), "value": value}}
}

// ChosenMany is the value of a menu that takes several.
func ChosenMany(values ...string) map[string]any {
	var options []any
	for _, v := range values {
		options = append(options, map[string]any{"text": plainText(v), "value": v})
	}
	return map[string]any{"type": "multi_external_select", "selected_options": options}
}

// Submit is the submission of a modal, given as it was opened, with what was changed in
// its fields: view_submission. The others are as they were opened, as Slack sends them.
func Submit(view json.RawMessage, values Values, opts ...EnvelopeOption) Envelope {
	state := initial(view)
	for block, inputs := range values {
		state[block] = inputs
	}
	v := viewPayload(view)
	v["state"] = map[string]any{"values": state}
	e := interaction("view_submission", map[string]any{"view": v, "response_urls": []any{}})
	return e.with(opts)
}

// initial is the state of a modal that nobody has changed.
func initial(view json.RawMessage) map[string]any {
	var v struct {
		Blocks []struct {
			BlockID string         `json:"block_id"`
			Element map[string]any `json:"element"`
		}
	}
	state := map[string]any{}
	if json.Unmarshal(view, &v) != nil {
		return state
	}
	for _, b := range v.Blocks {
		id, ok := b.Element["action_id"].(string)
		if !ok {
			continue
		}
		in := map[string]any{"type": b.Element["type"]}
		switch kind, _ := b.Element["type"].(string); {
		case kind == "plain_text_input":
			in["value"] = b.Element["initial_value"] // null where it is empty
		case strings.HasPrefix(kind, "multi_"):
			in["selected_options"] = []any{}
			if chosen := b.Element["initial_options"]; chosen != nil {
				in["selected_options"] = chosen
			}
		default:
			in["selected_option"] = b.Element["initial_option"]
		}
		state[b.BlockID] = map[string]any{id: in}
	}
	return state
}

// CloseView is the closing of a modal that wants to know: view_closed.
func CloseView(view json.RawMessage, opts ...EnvelopeOption) Envelope {
	e := interaction("view_closed", map[string]any{"view": viewPayload(view), "is_cleared": false})
	e.triggers = false
	return e.with(opts)
}

// Shortcut is a message's menu: message_action.
func Shortcut(callbackID, messageText string, opts ...EnvelopeOption) Envelope {
	ts := stamp()
	e := interaction("message_action", map[string]any{
		"callback_id": callbackID, "message_ts": ts, "action_ts": stamp(), "channel": map[string]any{"id": Channel, "name": "general"},
		"message": map[string]any{"type": "message", "user": User, "ts": ts, "text": messageText},
	})
	e.responds = true
	return e.with(opts)
}

// GlobalShortcut is one from the composer: shortcut.
func GlobalShortcut(callbackID string, opts ...EnvelopeOption) Envelope {
	return interaction("shortcut", map[string]any{"callback_id": callbackID, "action_ts": stamp()}).with(opts)
}

// viewPayload is a view as Slack tells it: with an id, if it has none.
func viewPayload(view json.RawMessage) map[string]any {
	v := map[string]any{}
	if json.Unmarshal(view, &v) != nil || v == nil {
		v = map[string]any{}
	}
	for name, value := range map[string]any{"id": "V1", "team_id": TeamID, "app_id": AppID, "bot_id": BotID, "hash": "1.h", "private_metadata": "", "callback_id": "", "type": "modal", "state": map[string]any{"values": map[string]any{}}} {
		if _, has := v[name]; !has {
			v[name] = value
		}
	}
	return v
}

func plainText(s string) map[string]any {
	return map[string]any{"type": "plain_text", "text": s, "emoji": true}
}

// copied is a JSON value that shares nothing with the first.
func copied(m map[string]any) map[string]any {
	c := map[string]any{}
	for name, v := range m {
		if inner, ok := v.(map[string]any); ok {
			v = copied(inner)
		}
		c[name] = v
	}
	return c
}
