package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"

	"silkwire/adapters/discord"
	"silkwire/bot"
	"silkwire/commands"
)

func discordPlatform(c config, core discord.Core, outbox *bot.Outbox, draw drawer, log *slog.Logger, health *bot.Health, ready func(invite string)) (platform, error) {
	options := discordOptions(c, log, health, ready)
	options.Shared, options.Draw = sharedTo(c, outbox), draw
	a := discord.New(core, options)
	d := platform{name: discordName, run: a.Run, last: a.LastFrame, traffic: options.Traffic, poster: a}
	if c.discordOverHTTP() {
		var err error
		if d.handler, err = a.Handler(); err != nil {
			return d, misuse("DISCORD_PUBLIC_KEY: %w", err)
		}
	}
	return d, nil
}

func discordOptions(c config, log *slog.Logger, health *bot.Health, ready func(invite string)) discord.Options {
	o := discord.Options{
		Token: c.discord.token, APIURL: c.discord.apiURL, Guild: c.discord.guild, Curators: c.discord.curators, Question: commands.Question,
		Log: log, Health: health, Traffic: new(bot.Traffic), Now: time.Now, Random: rand.Float64, Ready: ready, Trial: c.trial,
	}
	if c.discordOverHTTP() {
		o.PublicKey = c.discord.publicKey
	}
	return o
}

// discordCommand is what an operator of the Discord app needs.
func (p *program) discordCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "discord", Short: "Set Discord up: check the token, the app and its servers, print or compare the commands",
		Example: "  silkwire discord check\n  silkwire discord commands --print\n  silkwire discord commands --diff",
		Args:    noArguments, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(p.discordCheckCommand(), p.discordCommandsCommand())
	return c
}

func (p *program) discordCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Check Discord's token, the app's settings, the bot's permissions and its commands",
		Long: `Asks Discord about the token in the environment or in .env, and says of each thing
that is wrong what to change. It changes nothing. Exit status 1 if something is
wrong.`,
		Example: "  silkwire discord check", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			config, core, err := p.discordSetUp()
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(c.Context(), checkWithin)
			defer cancel()
			for _, f := range discord.Check(ctx, core.Commands(), discordOptions(config, quiet(), bot.NewHealth(quiet(), time.Now), nil)) {
				if err := p.finding(f.OK, f.Say); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func (p *program) discordSetUp() (config, *bot.Router, error) {
	config, err := loadConfig(p.flags, p.getenv, p.dotenv)
	if err != nil {
		return config, nil, err
	}
	core, err := menuCore(config.disabled)
	return config, core, err
}

func (p *program) discordCommandsCommand() *cobra.Command {
	diff := false
	c := &cobra.Command{
		Use: "commands", Short: "Print the commands as Discord is told of them, or how they differ from what it has",
		Long: `Prints the declared commands as the JSON with which silkwire serve registers them
(--print, and without a flag), or compares them with what Discord has (--diff, which
needs DISCORD_TOKEN). Exit status 1 if they differ.`,
		Example: "  silkwire discord commands --print\n  silkwire discord commands --diff", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			config, core, err := p.discordSetUp()
			if err != nil {
				return err
			}
			if diff {
				return p.discordDiff(c.Context(), config, core)
			}
			out, err := discord.Encode(discord.Commands(core.Commands()))
			if err != nil {
				return err
			}
			if _, err := p.stdout.Write(out); err != nil {
				return fmt.Errorf("write commands: %w", err)
			}
			return nil
		},
	}
	c.Flags().Bool("print", true, "print the commands as JSON")
	c.Flags().BoolVar(&diff, "diff", false, "compare them with what Discord has")
	c.MarkFlagsMutuallyExclusive("print", "diff")
	return c
}

func (p *program) discordDiff(ctx context.Context, c config, core *bot.Router) error {
	if c.discord.token == "" {
		return misuse("DISCORD_TOKEN is not set: Discord tells its commands to the bot's token")
	}
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	has, err := discord.Registered(ctx, discordOptions(c, quiet(), bot.NewHealth(quiet(), time.Now), nil))
	if err != nil {
		return fmt.Errorf("ask Discord for its commands: %w", err)
	}
	different := discord.Differences(discord.Commands(core.Commands()), has)
	for _, d := range different {
		p.exit = exitFailure
		if _, err := fmt.Fprintf(p.stdout, "%-7s %s\n", d.Does, d.Name); err != nil {
			return fmt.Errorf("write differences: %w", err)
		}
	}
	if len(different) == 0 {
		_, err = fmt.Fprintln(p.stdout, "Discord has the commands as they are declared.")
	}
	return err
}
