package discord

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"silkwire/bot"
	"silkwire/bot/layout"
	"silkwire/bot/work"
)

const (
	// privateOption is the option of every command that shows its answer to the asker
	// alone; false shows it to everybody.
	privateOption = "private"
	// ownName is the subcommand that stands for a command which has subcommands, and
	// which Discord does not let be called itself:
	// https://docs.discord.com/developers/interactions/application-commands#subcommands-and-subcommand-groups
	ownName = "show"
)

// ownPath is a path as the core knows it.
func ownPath(path []string) []string {
	if n := len(path); n > 1 && path[n-1] == ownName {
		return path[:n-1]
	}
	return path
}

// Everywhere are the contexts and installations of every command: in servers, in
// direct messages with the bot and in those with others, where a user has installed
// the app for themselves.
var (
	contexts     = []discordgo.InteractionContextType{discordgo.InteractionContextGuild, discordgo.InteractionContextBotDM, discordgo.InteractionContextPrivateChannel}
	integrations = []discordgo.ApplicationIntegrationType{discordgo.ApplicationIntegrationGuildInstall, discordgo.ApplicationIntegrationUserInstall}
)

// Commands are the declared commands as Discord is told of them, in the order of
// their names, with their descriptions in every language that they have.
func Commands(all []bot.Command) []*discordgo.ApplicationCommand {
	var out []*discordgo.ApplicationCommand
	for _, c := range all {
		if c.Hidden {
			continue
		}
		command := &discordgo.ApplicationCommand{
			Type: discordgo.ChatApplicationCommand, Name: c.Name, Contexts: &contexts, IntegrationTypes: &integrations,
		}
		if c.Message {
			command.Type = discordgo.MessageApplicationCommand
		} else {
			command.Description = layout.Shorten(c.Summary, maxLabelText)
			if local := locales(c.Local); len(local) > 0 {
				command.DescriptionLocalizations = &local
			}
			command.Options = options(c)
		}
		out = append(out, command)
	}
	slices.SortFunc(out, func(a, b *discordgo.ApplicationCommand) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), strings.Compare(a.Name, b.Name))
	})
	return out
}

func locales(m map[string]string) map[discordgo.Locale]string {
	out := map[discordgo.Locale]string{}
	for tag, text := range m {
		out[discordgo.Locale(tag)] = text
	}
	return out
}

// options are a command's subcommands, or what it takes.
func options(c bot.Command) []*discordgo.ApplicationCommandOption {
	if len(c.Subcommands) == 0 {
		return values(c)
	}
	subs := c.Subcommands
	if c.Handle != nil {
		own := c
		own.Name, own.Subcommands = ownName, nil
		subs = append([]bot.Command{own}, subs...)
	}
	var out []*discordgo.ApplicationCommandOption
	for _, sub := range subs {
		if sub.Hidden {
			continue
		}
		out = append(out, &discordgo.ApplicationCommandOption{
			Type: discordgo.ApplicationCommandOptionSubCommand, Name: sub.Name, Description: layout.Shorten(sub.Summary, maxLabelText),
			DescriptionLocalizations: locales(sub.Local), Options: values(sub),
		})
	}
	return out
}

// values are what a command takes, and whether its answer is private.
func values(c bot.Command) []*discordgo.ApplicationCommandOption {
	// A command with a form asks in that for what is missing; of a required option
	// Discord itself would ask first. That stays so for what it acts on, which nobody
	// would find without Discord's completion.
	form := slices.ContainsFunc(c.Options, func(o bot.Option) bool { return o.Name == bot.FormOption })
	var out []*discordgo.ApplicationCommandOption
	for _, o := range c.Options {
		if o.Required = o.Required && (!form || !o.Named && o.Complete != nil); !o.Hidden {
			out = append(out, value(o))
		}
	}
	return append(out, &discordgo.ApplicationCommandOption{
		Type: discordgo.ApplicationCommandOptionBoolean, Name: privateOption, Description: "True: only you see the answer. False: everybody does",
		DescriptionLocalizations: map[discordgo.Locale]string{discordgo.ChineseCN: "True：只有你能看到回答；False：所有人可见"},
	})
}

func value(o bot.Option) *discordgo.ApplicationCommandOption {
	v := &discordgo.ApplicationCommandOption{
		Type: discordgo.ApplicationCommandOptionString, Name: o.Name, Description: layout.Shorten(o.Summary, maxLabelText),
		DescriptionLocalizations: locales(o.Local), Required: o.Required,
	}
	switch o.Kind {
	case bot.Integer:
		v.Type = discordgo.ApplicationCommandOptionInteger
	case bot.YesNo:
		v.Type = discordgo.ApplicationCommandOptionBoolean
	case bot.FreeText, bot.Word, bot.WordList, bot.DateText:
		v.MaxLength = bot.MaxLine
		v.Autocomplete = o.Complete != nil
	}
	if o.Complete == nil && len(o.Choices) <= maxOptions && v.Type == discordgo.ApplicationCommandOptionString && o.Kind != bot.WordList {
		for _, c := range o.Choices {
			v.Choices = append(v.Choices, &discordgo.ApplicationCommandOptionChoice{Name: layout.Shorten(c.Label, maxChoiceText), Value: c.Value})
		}
	}
	return v
}

// Encode is the commands as JSON, indented, as they are sent.
func Encode(commands []*discordgo.ApplicationCommand) ([]byte, error) {
	out, err := json.MarshalIndent(normals(commands), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode commands: %w", err)
	}
	return append(out, '\n'), nil
}

// normals are the commands as they are sent.
func normals(commands []*discordgo.ApplicationCommand) []map[string]any {
	out := make([]map[string]any, len(commands))
	for i, c := range commands {
		out[i] = normal(c)
	}
	return out
}

// normal is a command with what is said of it and nothing else: what Discord adds, and
// what has the value that it has when nothing is said, is left out.
func normal(c *discordgo.ApplicationCommand) map[string]any {
	m := map[string]any{"type": int(cmp.Or(c.Type, discordgo.ChatApplicationCommand)), "name": c.Name}
	if c.Description != "" {
		m["description"] = c.Description
	}
	if c.DescriptionLocalizations != nil && len(*c.DescriptionLocalizations) > 0 {
		m["description_localizations"] = *c.DescriptionLocalizations
	}
	if c.Contexts != nil {
		m["contexts"] = sorted(*c.Contexts)
	}
	if c.IntegrationTypes != nil {
		m["integration_types"] = sorted(*c.IntegrationTypes)
	}
	if len(c.Options) > 0 {
		m["options"] = normalOptions(c.Options)
	}
	return m
}

func sorted[T cmp.Ordered](s []T) []T { return slices.Sorted(slices.Values(s)) }

func normalOptions(options []*discordgo.ApplicationCommandOption) []map[string]any {
	out := make([]map[string]any, len(options))
	for i, o := range options {
		m := map[string]any{"type": int(o.Type), "name": o.Name, "description": o.Description}
		if len(o.DescriptionLocalizations) > 0 {
			m["description_localizations"] = o.DescriptionLocalizations
		}
		if o.Required {
			m["required"] = true
		}
		if o.Autocomplete {
			m["autocomplete"] = true
		}
		if o.MaxLength > 0 {
			m["max_length"] = o.MaxLength
		}
		if len(o.Choices) > 0 {
			var choices []map[string]any
			for _, c := range o.Choices {
				choices = append(choices, map[string]any{"name": c.Name, "value": c.Value})
			}
			m["choices"] = choices
		}
		if len(o.Options) > 0 {
			m["options"] = normalOptions(o.Options)
		}
		out[i] = m
	}
	return out
}

// hash is equal for two sets of commands that say the same.
func hash(commands []*discordgo.ApplicationCommand) (string, error) {
	commands = slices.Clone(commands)
	slices.SortFunc(commands, func(a, b *discordgo.ApplicationCommand) int {
		return cmp.Or(cmp.Compare(cmp.Or(a.Type, 1), cmp.Or(b.Type, 1)), strings.Compare(a.Name, b.Name))
	})
	encoded, err := Encode(commands)
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:]), err
}

// Difference is what a command must do to be as it is declared.
type Difference struct {
	Name string
	Does string // "add", "change" or "remove"
}

// Differences compares what is declared with what Discord has, by name.
func Differences(wanted, has []*discordgo.ApplicationCommand) []Difference {
	key := func(c *discordgo.ApplicationCommand) string { return fmt.Sprint(cmp.Or(c.Type, 1), " ", c.Name) }
	there := map[string]*discordgo.ApplicationCommand{}
	for _, c := range has {
		there[key(c)] = c
	}
	var out []Difference
	for _, c := range wanted {
		before, found := there[key(c)]
		delete(there, key(c))
		one, errOne := hash([]*discordgo.ApplicationCommand{c})
		switch {
		case !found:
			out = append(out, Difference{c.Name, "add"})
		default:
			if other, errOther := hash([]*discordgo.ApplicationCommand{before}); one != other || errOne != nil || errOther != nil {
				out = append(out, Difference{c.Name, "change"})
			}
		}
	}
	for _, c := range has {
		if _, left := there[key(c)]; left {
			out = append(out, Difference{c.Name, "remove"})
		}
	}
	return out
}

// commandsPath is where an app's commands are, of all servers or of one.
func commandsPath(app, guild string) string {
	if guild != "" {
		return "applications/" + app + "/guilds/" + guild + "/commands"
	}
	return "applications/" + app + "/commands"
}

// registered are the commands that Discord has.
func (r *rest) registered(ctx context.Context, app, guild string) ([]*discordgo.ApplicationCommand, error) {
	var has []*discordgo.ApplicationCommand
	err := r.call(ctx, http.MethodGet, commandsPath(app, guild)+"?with_localizations=true", nil, &has)
	return has, err
}

// register tells Discord the commands, all at once, if it has others. It tries again
// until it could or the end was asked for. Errors are final ones.
func (a *Adapter) register(ctx context.Context) error {
	wanted := Commands(a.core.Commands())
	pause := work.NewBackoff(a.opts.Random, time.Minute)
	for ctx.Err() == nil {
		err := a.overwrite(ctx, wanted)
		if err == nil {
			return nil
		}
		if final, ok := asFinal(err); ok {
			return final
		}
		if status := statusOf(err); status >= http.StatusBadRequest && status < http.StatusInternalServerError && status != http.StatusTooManyRequests {
			a.opts.Log.ErrorContext(ctx, "discord: the commands were refused; silkwire discord check says why", "error", err)
			return nil
		}
		a.opts.Log.WarnContext(ctx, "discord: the commands are not registered yet", "error", err)
		pause.Wait(ctx)
	}
	return nil
}

func (a *Adapter) overwrite(ctx context.Context, wanted []*discordgo.ApplicationCommand) error {
	has, err := a.rest.registered(ctx, a.self.app, a.opts.Guild)
	if err != nil && statusOf(err) != http.StatusNotFound { // one that keeps no list takes one
		return err
	}
	want, err := hash(wanted)
	if err != nil {
		return err
	}
	if have, err := hash(has); err == nil && have == want {
		a.opts.Log.DebugContext(ctx, "discord: the commands are registered already", "hash", want[:12])
		return nil
	}
	if err := a.rest.call(ctx, http.MethodPut, commandsPath(a.self.app, a.opts.Guild), normals(wanted), nil); err != nil {
		return err
	}
	a.opts.Log.InfoContext(ctx, "discord: commands registered", "count", len(wanted), "hash", want[:12])
	return nil
}
