package discord

import (
	"encoding/json"

	"github.com/bwmarrin/discordgo"
)

// What Discord delivers, of each the fields that are read here: an interaction that
// carries a component which nobody here knows is read all the same. See
// https://docs.discord.com/developers/interactions/receiving-and-responding

// interaction is a command, a look-up, a press or a form that was sent.
type interaction struct {
	ID          string                    `json:"id"`
	Application string                    `json:"application_id"`
	Token       string                    `json:"token"`
	Type        discordgo.InteractionType `json:"type"`
	Data        interactionData           `json:"data"`
	Guild       string                    `json:"guild_id"`
	ChannelID   string                    `json:"channel_id"`
	Channel     channel                   `json:"channel"`
	Member      *member                   `json:"member"` // in a guild
	User        *user                     `json:"user"`   // elsewhere
	Message     *message                  `json:"message"`
	Locale      string                    `json:"locale"`
	// May is what the app may do in the channel.
	May     digits            `json:"app_permissions"`
	Context *int              `json:"context"`
	Owners  map[string]string `json:"authorizing_integration_owners"`
}

type user struct {
	ID         string `json:"id"`
	Username   string `json:"username"`
	GlobalName string `json:"global_name"`
	Bot        bool   `json:"bot"`
}

type member struct {
	User  user     `json:"user"`
	Nick  string   `json:"nick"`
	Roles []string `json:"roles"`
	May   digits   `json:"permissions"`
}

type channel struct {
	ID     string                `json:"id"`
	Type   discordgo.ChannelType `json:"type"`
	Parent string                `json:"parent_id"`
}

// message is somebody's or, where something was pressed, our own.
type message struct {
	ID         string                 `json:"id"`
	Channel    string                 `json:"channel_id"`
	Guild      string                 `json:"guild_id"`
	Webhook    string                 `json:"webhook_id"`
	Author     user                   `json:"author"`
	Member     *member                `json:"member"`
	Content    string                 `json:"content"`
	Flags      discordgo.MessageFlags `json:"flags"`
	Mentions   []user                 `json:"mentions"`
	Embeds     []embedText            `json:"embeds"`
	Components []component            `json:"components"`
	Asked      *struct {
		User user `json:"user"`
	} `json:"interaction_metadata"`
}

// embedText is what of an embed is read: its words.
type embedText struct {
	Title       string `json:"title"`
	Description string `json:"description"`
}

// component is a row, a label, a button, a menu or an input.
type component struct {
	ID         string      `json:"custom_id"`
	Value      string      `json:"value"`
	Values     []string    `json:"values"`
	Components []component `json:"components"`
	Component  *component  `json:"component"`
}

// all calls visit for the component and those within.
func (c component) all(visit func(component)) {
	visit(c)
	for _, inner := range c.Components {
		inner.all(visit)
	}
	if c.Component != nil {
		c.Component.all(visit)
	}
}

type interactionData struct {
	Name     string        `json:"name"`
	Type     int           `json:"type"` // of a command
	Options  []givenOption `json:"options"`
	Target   string        `json:"target_id"`
	Resolved struct {
		Messages map[string]message `json:"messages"`
	} `json:"resolved"`
	CustomID   string      `json:"custom_id"`
	Values     []string    `json:"values"`
	Components []component `json:"components"` // of a form
}

// givenOption is a subcommand with its options, or an option with its value.
type givenOption struct {
	Name    string                                 `json:"name"`
	Type    discordgo.ApplicationCommandOptionType `json:"type"`
	Value   json.RawMessage                        `json:"value"`
	Options []givenOption                          `json:"options"`
	Focused bool                                   `json:"focused"`
}

// text is an option's value as it is typed. Old clients send what a command took
// once, so its type is not relied upon.
func (o givenOption) text() string {
	var s string
	if json.Unmarshal(o.Value, &s) == nil {
		return s
	}
	if len(o.Value) > 0 && (o.Value[0] == '{' || o.Value[0] == '[' || string(o.Value) == "null") {
		return ""
	}
	return string(o.Value)
}

// digits is a set of permission bits, which Discord sends as a string.
type digits uint64

// UnmarshalJSON reads digits in quotes or without. What is none of both is no
// permission.
func (d *digits) UnmarshalJSON(b []byte) error {
	n := uint64(0)
	for _, c := range b {
		switch {
		case c == '"':
		case c < '0' || c > '9':
			*d = 0
			return nil
		default:
			n = n*10 + uint64(c-'0')
		}
	}
	*d = digits(n)
	return nil
}

// What goes out.

// outgoing is a message, in a callback, a follow-up, an edit or a channel. It is
// not discordgo's MessageSend and WebhookEdit, which know no nonce and no flags.
type outgoing struct {
	Content    string                       `json:"content,omitempty"`
	Embeds     []*discordgo.MessageEmbed    `json:"embeds,omitempty"`
	Components []discordgo.MessageComponent `json:"components,omitempty"`
	Flags      discordgo.MessageFlags       `json:"flags,omitempty"`
	// Mentions is in every message: it pings nobody, but for a role that an admin chose.
	Mentions  mentions   `json:"allowed_mentions"`
	Reference *reference `json:"message_reference,omitempty"`
	Nonce     string     `json:"nonce,omitempty"`
	Enforce   bool       `json:"enforce_nonce,omitempty"`
	// Attachments are all files that the message has from now on; nil: as it was.
	Attachments *[]attachment `json:"attachments,omitempty"`
}

// mentions are the allowed mentions of all that goes out: none, or one role by its id.
// https://docs.discord.com/developers/resources/message#allowed-mentions-object
type mentions struct{ role string }

// MarshalJSON allows no mention but that of the role.
func (m mentions) MarshalJSON() ([]byte, error) {
	if m.role == "" {
		return []byte(`{"parse":[]}`), nil
	}
	return json.Marshal(map[string][]string{"parse": {}, "roles": {m.role}})
}

// reference makes a message a reply. It is sent even if what it replies to is gone.
type reference struct {
	Message string `json:"message_id"`
	FailIf  bool   `json:"fail_if_not_exists"`
}

// callback is the first response to an interaction.
type callback struct {
	Type discordgo.InteractionResponseType `json:"type"`
	Data any                               `json:"data,omitempty"`
}

// found is what a look-up answers.
type found struct {
	Choices []foundChoice `json:"choices"`
}

type foundChoice struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// window is a form as Discord opens it.
type window struct {
	Title      string  `json:"title"`
	CustomID   string  `json:"custom_id"`
	Components []label `json:"components"`
}

// label is one field of a form with its name and what it is for, which discordgo
// does not know: https://docs.discord.com/developers/components/reference#label
type label struct {
	Type        int    `json:"type"`
	Label       string `json:"label"`
	Description string `json:"description,omitempty"`
	Component   any    `json:"component"`
}

const labelComponent = 18

// input is a line or a box to write in.
type input struct {
	Type     discordgo.ComponentType  `json:"type"`
	CustomID string                   `json:"custom_id"`
	Style    discordgo.TextInputStyle `json:"style"`
	Value    string                   `json:"value,omitempty"`
	Required bool                     `json:"required"`
	Longest  int                      `json:"max_length"`
}

// menu is a menu in a form.
type menu struct {
	Type     discordgo.ComponentType `json:"type"`
	CustomID string                  `json:"custom_id"`
	Options  []menuOption            `json:"options"`
	Required bool                    `json:"required"`
}

type menuOption struct {
	Label   string `json:"label"`
	Value   string `json:"value"`
	Default bool   `json:"default,omitempty"`
}
