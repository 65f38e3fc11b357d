package slack

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"silkwire/bot"
	"silkwire/bot/layout"
)

// ManifestOptions say which app the manifest is for.
type ManifestOptions struct {
	// URL is where Slack reaches silkwire over HTTP, without a path; empty: Socket
	// Mode.
	URL          string
	ReadChannels bool // SLACK_READ_CHANNELS
	Assistant    bool // SLACK_ASSISTANT
}

// Scope is a right that the app asks for, and what for.
type Scope struct{ Name, Why string }

// Scopes are the bot scopes that the options need, and no others.
func (o ManifestOptions) Scopes() []Scope {
	scopes := []Scope{
		{"commands", "slash commands and the message shortcut"},
		{"chat:write", "answers in threads, and copies that were shared"},
		{"app_mentions:read", "to be told when somebody mentions it"},
		{"im:history", "to read what is written to it in direct messages"},
		{"channels:read", "/settings: who created a public channel"},
		{"groups:read", "/settings: who created a private channel that it was invited to"},
		{"users:read", "/settings: who is an admin of the workspace"},
		{scopeFiles, "pictures in answers; without it there are none"},
	}
	if o.ReadChannels {
		scopes = append(scopes, Scope{"channels:history", "SLACK_READ_CHANNELS: follow-ups in threads of public channels that it was invited to"},
			Scope{"groups:history", "SLACK_READ_CHANNELS: the same in private channels"})
	}
	if o.Assistant {
		scopes = append(scopes, Scope{"assistant:write", "SLACK_ASSISTANT: the assistant's container"})
	}
	return scopes
}

// Events are the events that the app is told of.
func (o ManifestOptions) Events() []string {
	events := []string{"app_home_opened", "app_mention", "message.im"}
	if o.ReadChannels {
		events = append(events, "message.channels", "message.groups")
	}
	if o.Assistant {
		events = append(events, "assistant_thread_started", "assistant_thread_context_changed")
	}
	return events
}

// Limits of the manifest:
// https://docs.slack.dev/reference/app-manifest
const (
	maxCommands     = 50
	maxCommandName  = 32
	maxDescription  = 2000
	maxShortcutName = 24
)

// NewManifest is the app as Slack's "Create from a manifest" takes it, with every
// declared command. The error says that Slack has no room for the commands.
func NewManifest(commands []bot.Command, o ManifestOptions) (*slack.Manifest, error) {
	m := &slack.Manifest{
		Display: slack.Display{Name: "silkwire", Description: "Answers about Chinese AI, each with its source", BackgroundColor: "#1f3a4d"},
		Features: slack.Features{
			AppHome: slack.AppHome{HomeTabEnabled: true, MessagesTabEnabled: true},
			BotUser: slack.BotUser{DisplayName: "silkwire", AlwaysOnline: true},
		},
		Settings: slack.Settings{
			EventSubscriptions: &slack.EventSubscriptions{BotEvents: o.Events()},
			Interactivity:      &slack.Interactivity{IsEnabled: true},
			SocketModeEnabled:  o.URL == "",
		},
	}
	for _, s := range o.Scopes() {
		m.OAuthConfig.Scopes.Bot = append(m.OAuthConfig.Scopes.Bot, s.Name)
	}
	base := strings.TrimSuffix(o.URL, "/")
	if base != "" {
		m.Settings.EventSubscriptions.RequestUrl = base + PathEvents
		m.Settings.Interactivity.RequestUrl = base + PathInteractions
		m.Settings.Interactivity.MessageMenuOptionsUrl = base + PathInteractions
	}
	if o.Assistant {
		m.Features.AssistantView = &slack.AssistantView{AssistantDescription: "Ask about Chinese AI: labs, chips, rules, tickers."}
	}
	return m, declare(m, commands, base)
}

func declare(m *slack.Manifest, commands []bot.Command, base string) error {
	for _, c := range typedCommands(commands) {
		name := registered(c.Name)
		if len(name) > maxCommandName {
			return fmt.Errorf("slack takes no command of more than %d characters: %s", maxCommandName, name)
		}
		s := slack.ManifestSlashCommand{
			Command: name, Description: layout.Shorten(c.Summary, maxDescription), UsageHint: strings.TrimPrefix(strings.TrimPrefix(bot.Usage(c), "/"+c.Name), " "),
			ShouldEscape: c.Name == "settings", // so that a user who is named comes as an id
		}
		if base != "" {
			s.Url = base + PathCommands
		}
		m.Features.SlashCommands = append(m.Features.SlashCommands, s)
	}
	if n := len(m.Features.SlashCommands); n > maxCommands {
		return fmt.Errorf("slack takes %d commands, not %d", maxCommands, n)
	}
	for _, c := range commands {
		if c.Message {
			m.Features.Shortcuts = append(m.Features.Shortcuts, slack.Shortcut{
				Name: layout.Shorten(c.Name, maxShortcutName), CallbackID: c.Name, Description: c.Summary, Type: slack.MessageShortcut,
			})
		}
	}
	return nil
}

// EncodeManifest is the manifest as indented JSON. What Slack's schema calls empty
// is left out.
func EncodeManifest(m *slack.Manifest) ([]byte, error) {
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	var tree map[string]any
	if err := json.Unmarshal(raw, &tree); err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	if meta, ok := tree["_metadata"].(map[string]any); ok && len(meta) == 0 {
		delete(tree, "_metadata")
	}
	out, err := json.MarshalIndent(tree, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	return append(out, '\n'), nil
}
