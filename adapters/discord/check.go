package discord

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/bwmarrin/discordgo"

	"silkwire/bot"
)

// Finding is one thing that Check looked at.
type Finding struct {
	OK  bool
	Say string // a sentence, with what to change where it is not ok
}

// application is what Discord says of the app:
// https://docs.discord.com/developers/resources/application
type application struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Bot        user           `json:"bot"`
	Public     bool           `json:"bot_public"`
	Key        string         `json:"verify_key"`
	Endpoint   string         `json:"interactions_endpoint_url"`
	Installed  map[string]any `json:"integration_types_config"`
	CodeGrant  bool           `json:"bot_require_code_grant"`
	GuildCount int            `json:"approximate_guild_count"`
}

func (r *rest) application(ctx context.Context) (application, error) {
	var app application
	err := r.call(ctx, http.MethodGet, "applications/@me", nil, &app)
	return app, err
}

// guild is a server that the bot is in, with what it may do there.
type guild struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	May  digits `json:"permissions"`
}

// Check asks Discord about the token, the app, its servers and its commands, and says
// of each thing that is wrong what to change. It changes nothing.
func Check(ctx context.Context, all []bot.Command, o Options) []Finding {
	if o.Token == "" {
		return []Finding{{false, "DISCORD_TOKEN is not set: at discord.com/developers/applications choose or make an app, Bot, Reset Token, and put the token in .env"}}
	}
	r := newRest(o)
	app, err := r.application(ctx)
	if final, ok := asFinal(err); ok {
		return []Finding{{false, final.Say}}
	}
	if err != nil {
		return []Finding{{false, fmt.Sprintf("Discord does not answer: %v. Try again in a minute; if it stays so, look whether the machine reaches %s", err, o.api())}}
	}
	findings := []Finding{{true, fmt.Sprintf("DISCORD_TOKEN belongs to the app %s", bot.Clean(app.Name))}}
	findings = append(findings, checkWay(app, o)...)
	findings = append(findings, checkInstallations(app)...)
	findings = append(findings, r.checkGateway(ctx, o)...)
	findings = append(findings, r.checkGuilds(ctx, o)...)
	findings = append(findings, r.checkCommands(ctx, app, all, o)...)
	return append(findings, Finding{true, "to let it into a server: " + Invite(app.ID)})
}

// checkWay compares how the app sends interactions with how silkwire takes them.
func checkWay(app application, o Options) []Finding {
	switch {
	case o.PublicKey == "" && app.Endpoint != "":
		return []Finding{{false, "the app sends interactions to " + bot.Clean(app.Endpoint) + " and none over the gateway: clear Interactions Endpoint URL on the app's page, General Information, or set DISCORD_PUBLIC_KEY and SILKWIRE_HTTP_ADDR"}}
	case o.PublicKey == "":
		return []Finding{{true, "interactions come over the gateway"}}
	case !strings.EqualFold(app.Key, o.PublicKey):
		return []Finding{{false, "DISCORD_PUBLIC_KEY is not this app's: copy Public Key from the app's page, General Information"}}
	case app.Endpoint == "":
		return []Finding{{false, "the app has no Interactions Endpoint URL: while silkwire serves, set it on the app's page, General Information, to silkwire's public address with " + Path}}
	case !strings.HasSuffix(app.Endpoint, Path):
		return []Finding{{false, "the app's Interactions Endpoint URL does not end in " + Path + ": it is " + bot.Clean(app.Endpoint)}}
	}
	return []Finding{{true, "interactions come over HTTP, signed with DISCORD_PUBLIC_KEY; mentions do not exist there"}}
}

// checkInstallations looks whether the app can be installed by servers and by users.
func checkInstallations(app application) []Finding {
	var findings []Finding
	if app.Installed != nil {
		for _, kind := range []struct{ key, name string }{{"0", "Guild Install"}, {"1", "User Install"}} {
			if _, on := app.Installed[kind.key]; !on {
				findings = append(findings, Finding{false, kind.name + " is off: on the app's page, Installation, tick it"})
			}
		}
		if findings == nil {
			findings = append(findings, Finding{true, "servers and users can install the app"})
		}
	}
	if app.CodeGrant {
		findings = append(findings, Finding{false, "Requires OAuth2 Code Grant is on, which stops the invitation: on the app's page, Bot, switch it off"})
	}
	return findings
}

func (r *rest) checkGateway(ctx context.Context, o Options) []Finding {
	if o.PublicKey != "" {
		return nil
	}
	var info gatewayInfo
	if err := r.call(ctx, http.MethodGet, "gateway/bot", nil, &info); err != nil {
		return []Finding{{false, fmt.Sprintf("Discord does not say where its gateway is: %v", err)}}
	}
	switch {
	case info.Shards > 1:
		return []Finding{{false, fmt.Sprintf("Discord advises %d shards: silkwire serves one. Serve this app over HTTP with DISCORD_PUBLIC_KEY and SILKWIRE_HTTP_ADDR", info.Shards)}}
	case info.Limit.Total > 0 && info.Limit.Remaining == 0:
		return []Finding{{false, fmt.Sprintf("today's %d session starts are used up: something restarts too often; look into its log, and wait", info.Limit.Total)}}
	}
	return []Finding{{true, fmt.Sprintf("%d of today's %d session starts are left", info.Limit.Remaining, info.Limit.Total)}}
}

// needed are the permissions that the bot is invited with, as Discord names them.
var needed = []struct {
	bit  uint64
	name string
}{
	{discordgo.PermissionViewChannel, "View Channels"},
	{discordgo.PermissionSendMessages, "Send Messages"},
	{discordgo.PermissionSendMessagesInThreads, "Send Messages in Threads"},
	{discordgo.PermissionEmbedLinks, "Embed Links"},
	{discordgo.PermissionAttachFiles, "Attach Files"}, // without it there are no pictures
	{discordgo.PermissionReadMessageHistory, "Read Message History"},
}

// maxNamedGuilds is how many servers are named one by one.
const maxNamedGuilds = 20

func (r *rest) checkGuilds(ctx context.Context, o Options) []Finding {
	var guilds []guild
	if err := r.call(ctx, http.MethodGet, "users/@me/guilds", nil, &guilds); err != nil {
		return []Finding{{false, fmt.Sprintf("Discord does not say in which servers the bot is: %v", err)}}
	}
	if len(guilds) == 0 {
		return []Finding{{false, "the bot is in no server: open the address below"}}
	}
	var findings []Finding
	for _, g := range guilds {
		if missing := lacks(g.May); len(missing) > 0 && len(findings) < maxNamedGuilds {
			findings = append(findings, Finding{false, fmt.Sprintf("in %s the bot lacks %s: Server Settings, Roles, its role; or open the address below again", bot.Clean(g.Name), strings.Join(missing, ", "))})
		}
	}
	if len(findings) == 0 {
		findings = append(findings, Finding{true, fmt.Sprintf("the bot may do what it needs in %s; a channel may still forbid it", count(len(guilds), "server"))})
	}
	if o.Guild != "" && !slices.ContainsFunc(guilds, func(g guild) bool { return g.ID == o.Guild }) {
		findings = append(findings, Finding{false, "DISCORD_GUILD_ID is of a server that the bot is not in: commands cannot be registered there"})
	}
	return findings
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func lacks(may digits) []string {
	var missing []string
	if uint64(may)&discordgo.PermissionAdministrator != 0 {
		return nil
	}
	for _, p := range needed {
		if uint64(may)&p.bit == 0 {
			missing = append(missing, p.name)
		}
	}
	return missing
}

func (r *rest) checkCommands(ctx context.Context, app application, all []bot.Command, o Options) []Finding {
	has, err := r.registered(ctx, app.ID, o.Guild)
	if err != nil {
		return []Finding{{false, fmt.Sprintf("Discord does not say which commands it has: %v", err)}}
	}
	if len(has) == 0 {
		return []Finding{{true, "no command is registered yet: silkwire serve registers them when it starts"}}
	}
	if d := Differences(Commands(all), has); len(d) > 0 {
		return []Finding{{false, count(len(d), "command") + " not as declared: silkwire serve registers them, silkwire discord commands --diff lists them"}}
	}
	return []Finding{{true, count(len(has), "command") + " registered as declared"}}
}

// Invitation is the address at which the bot of the options' token is let into a server.
// Its errors are those of the call.
func Invitation(ctx context.Context, o Options) (string, error) {
	app, err := newRest(o).application(ctx)
	if err != nil {
		return "", err
	}
	return Invite(app.ID), nil
}

// Registered are the commands that Discord has for the app of the token, in the guild
// of the options or everywhere. Its errors are those of the call.
func Registered(ctx context.Context, o Options) ([]*discordgo.ApplicationCommand, error) {
	r := newRest(o)
	app, err := r.application(ctx)
	if err != nil {
		return nil, err
	}
	return r.registered(ctx, app.ID, o.Guild)
}
