package standin

import (
	"encoding/json"
	"maps"
	"strings"
)

// Message is a message of the bot's.
type Message struct {
	ID, Channel string
	Content     string
	Embeds      []Embed
	Components  []Component
	Flags       int
	ReplyTo     string // the message that it replies to
	Deleted     bool
	Files       []File // attached to it
	interaction string // the token of the one that it answers, or empty
	asker       string
	raw         map[string]json.RawMessage
}

// Embed is what of an embed is read.
type Embed struct {
	Title       string                         `json:"title"`
	Description string                         `json:"description"`
	Color       int                            `json:"color"`
	Footer      struct{ Text string }          `json:"footer"`
	Fields      []struct{ Name, Value string } `json:"fields"`
	Image       struct{ URL string }           `json:"image"`
}

// Component is a row, a button, a menu, a label or an input.
type Component struct {
	Type        int         `json:"type"`
	CustomID    string      `json:"custom_id"`
	Label       string      `json:"label"`
	Placeholder string      `json:"placeholder"`
	Value       string      `json:"value"`
	Required    bool        `json:"required"`
	Options     []Choice    `json:"options"`
	Components  []Component `json:"components"`
	Component   *Component  `json:"component"`
}

// Choice is an option of a menu.
type Choice struct {
	Label   string `json:"label"`
	Name    string `json:"name"` // of a suggestion
	Value   string `json:"value"`
	Default bool   `json:"default"` // it is chosen already
}

// read takes over what a body says, and keeps what it does not.
func (m *Message) read(body []byte) {
	var said struct {
		Content    *string      `json:"content"`
		Embeds     *[]Embed     `json:"embeds"`
		Components *[]Component `json:"components"`
		Flags      int          `json:"flags"`
	}
	if json.Unmarshal(body, &said) != nil {
		return
	}
	if said.Content != nil {
		m.Content = *said.Content
	}
	if said.Embeds != nil {
		m.Embeds = *said.Embeds
	}
	if said.Components != nil {
		m.Components = *said.Components
	}
	m.take(body, nil)
	if m.raw == nil {
		m.Flags = said.Flags
		m.raw = map[string]json.RawMessage{}
	}
	var raw map[string]json.RawMessage
	if json.Unmarshal(body, &raw) == nil {
		maps.Copy(m.raw, raw)
	}
}

// wire is the message as Discord sends it.
func (m *Message) wire() map[string]any {
	w := map[string]any{
		"id": m.ID, "channel_id": m.Channel, "content": m.Content, "flags": m.Flags, "type": 0, "embeds": []any{}, "components": []any{},
		"author": map[string]any{"id": BotUser, "username": "silkwire", "bot": true}, "mentions": []any{}, "attachments": []any{},
	}
	if len(m.Embeds) > 0 && m.raw["embeds"] != nil {
		w["embeds"] = m.raw["embeds"]
	}
	if m.raw["components"] != nil {
		w["components"] = m.raw["components"]
	}
	if m.asker != "" {
		w["interaction_metadata"] = map[string]any{"id": "1", "type": 2, "user": map[string]any{"id": m.asker, "username": "somebody"}}
	}
	return w
}

// Ephemeral tells whether only the asker sees it.
func (m Message) Ephemeral() bool { return m.Flags&ephemeral != 0 }

// Text is all that the message says, a line each.
func (m Message) Text() string {
	lines := []string{m.Content}
	for _, e := range m.Embeds {
		lines = append(lines, e.Title, e.Description)
		for _, f := range e.Fields {
			lines = append(lines, f.Name, f.Value)
		}
		lines = append(lines, e.Footer.Text)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// all are the message's components, those within others too.
func all(components []Component) []Component {
	var out []Component
	for _, c := range components {
		out = append(out, c)
		out = append(out, all(c.Components)...)
		if c.Component != nil {
			out = append(out, all([]Component{*c.Component})...)
		}
	}
	return out
}

// Button is the first button whose label begins so.
func (m Message) Button(label string) (Component, bool) {
	for _, c := range all(m.Components) {
		if c.Type == button && strings.HasPrefix(c.Label, label) {
			return c, true
		}
	}
	return Component{}, false
}

// Menu is the first menu whose prompt begins so.
func (m Message) Menu(prompt string) (Component, bool) {
	for _, c := range all(m.Components) {
		if c.Type != button && c.CustomID != "" && strings.HasPrefix(c.Placeholder, prompt) {
			return c, true
		}
	}
	return Component{}, false
}
