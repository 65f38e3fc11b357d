package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"silkwire/adapters/slack"
	"silkwire/bot"
)

// slackCommand is what an operator of the Slack app needs.
func (p *program) slackCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "slack", Short: "Set Slack up: print the app's manifest, check tokens and scopes, validate blocks",
		Example: "  silkwire slack manifest\n  silkwire slack check\n  silkwire slack validate",
		Args:    noArguments, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(p.slackManifestCommand(), p.slackCheckCommand(), p.slackValidateCommand())
	return c
}

func (p *program) slackManifestCommand() *cobra.Command {
	asYAML, scopes, address := false, false, ""
	c := &cobra.Command{
		Use: "manifest", Short: "Print the app manifest to paste into Slack's \"Create from a manifest\"",
		Long: `Prints the app manifest, made from the declared commands: paste it at
api.slack.com/apps, Create New App, From a manifest. SLACK_READ_CHANNELS=1 and
SLACK_ASSISTANT=1 add what they need, and nothing else does.`,
		Example: "  silkwire slack manifest\n  silkwire slack manifest --yaml\n  silkwire slack manifest --http https://silkwire.example.org\n  silkwire slack manifest --scopes",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			config, err := loadConfig(p.flags, p.getenv, p.dotenv)
			if err != nil {
				return err
			}
			o := slack.ManifestOptions{URL: address, ReadChannels: config.slack.readChannels, Assistant: config.slack.assistant}
			if scopes {
				return p.printScopes(o)
			}
			return p.printManifest(o, config.disabled, asYAML)
		},
	}
	c.Flags().BoolVar(&asYAML, "yaml", false, "print YAML")
	c.Flags().BoolVar(&scopes, "scopes", false, "print each scope with what it is for")
	c.Flags().StringVar(&address, "http", "", "the `address` at which Slack reaches silkwire over HTTP (default: Socket Mode)")
	return c
}

func (p *program) printScopes(o slack.ManifestOptions) error {
	for _, s := range o.Scopes() {
		if _, err := fmt.Fprintf(p.stdout, "%-18s %s\n", s.Name, s.Why); err != nil {
			return fmt.Errorf("write scopes: %w", err)
		}
	}
	return nil
}

func (p *program) printManifest(o slack.ManifestOptions, disabled []string, asYAML bool) error {
	core, err := menuCore(disabled)
	if err != nil {
		return err
	}
	m, err := slack.NewManifest(core.Commands(), o)
	if err != nil {
		return err
	}
	out, err := slack.EncodeManifest(m)
	if err != nil {
		return err
	}
	if asYAML {
		if out, err = yaml.JSONToYAML(out); err != nil {
			return fmt.Errorf("write manifest as YAML: %w", err)
		}
	}
	if _, err := p.stdout.Write(out); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return nil
}

// menuCore answers from the shipped base, for what is not a conversation,
// without the commands that are disabled.
func menuCore(disabled []string) (*bot.Router, error) {
	base, err := openShipped()
	if err != nil {
		return nil, err
	}
	kept := keptIn(base, fetchConfig{}, quiet())
	kept.Disabled = disabled
	return newCore(base, kept, 0, quiet(), 0)
}

func (p *program) slackCheckCommand() *cobra.Command {
	file := ""
	c := &cobra.Command{
		Use: "check", Short: "Check Slack's tokens, scopes and, with the app's manifest, its events",
		Long: `Asks Slack about the tokens in the environment or in .env, and says of each thing
that is wrong which setting to change. Slack tells no token which events an app
is subscribed to: copy the app's manifest to a file for that. Exit status 1 if
something is wrong.`,
		Example: "  silkwire slack check\n  silkwire slack check --manifest app.json", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return p.slackCheck(c.Context(), file) },
	}
	c.Flags().StringVar(&file, "manifest", "", "the app's manifest as JSON, copied from its page, in a `file`")
	return c
}

// checkWithin bounds a whole check.
const checkWithin = 30 * time.Second

func (p *program) slackCheck(ctx context.Context, file string) error {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	config, err := loadConfig(p.flags, p.getenv, p.dotenv)
	if err != nil {
		return err
	}
	var manifest []byte
	if file != "" {
		if manifest, err = os.ReadFile(file); err != nil {
			return misuse("read the manifest: %w", err)
		}
	}
	core, err := menuCore(config.disabled)
	if err != nil {
		return err
	}
	for _, f := range slack.Check(ctx, core.Commands(), slackOptions(config.slack, quiet(), bot.NewHealth(quiet(), time.Now), nil), manifest) {
		if err := p.finding(f.OK, f.Say); err != nil {
			return err
		}
	}
	return nil
}

// finding prints what a check found.
func (p *program) finding(ok bool, say string) error {
	sign := "ok   "
	if !ok {
		sign, p.exit = "wrong", exitFailure
	}
	if _, err := fmt.Fprintln(p.stdout, sign, say); err != nil {
		return fmt.Errorf("write findings: %w", err)
	}
	return nil
}

func (p *program) slackValidateCommand() *cobra.Command {
	folder := ""
	c := &cobra.Command{
		Use: "validate", Short: "Send the blocks of every command's examples to Slack's own validator",
		Long: `Draws the answers to every command's examples and sends them to Slack's
blocks.validate, in the layout with the newer blocks and in the classic one. It
needs SLACK_BOT_TOKEN and posts nothing. With --save it asks nobody and writes
the answers to a folder as JSON. Exit status 1 if Slack objects.`,
		Example: "  silkwire slack validate\n  silkwire slack validate --save payloads", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return p.slackValidate(c.Context(), folder) },
	}
	c.Flags().StringVar(&folder, "save", "", "write the payloads to this `folder` instead")
	return c
}

func (p *program) slackValidate(ctx context.Context, folder string) error {
	config, err := loadConfig(p.flags, p.getenv, p.dotenv)
	if err != nil {
		return err
	}
	core, err := menuCore(config.disabled)
	if err != nil {
		return err
	}
	options := slackOptions(config.slack, quiet(), bot.NewHealth(quiet(), time.Now), nil)
	lines := exampleLines(core.Commands())
	if folder != "" {
		return savePayloads(ctx, core, options, lines, folder)
	}
	if config.slack.botToken == "" {
		return misuse("SLACK_BOT_TOKEN is not set: Slack's validator wants a token")
	}
	all, err := slack.Validate(ctx, core, options, lines)
	if err != nil {
		return err
	}
	bad := 0
	for _, v := range all {
		for _, problem := range v.Problems {
			bad++
			if _, err := fmt.Fprintf(p.stdout, "%s: %s %s %s\n", v.Line, problem.Pointer, problem.Code, problem.Message); err != nil {
				return fmt.Errorf("write problems: %w", err)
			}
		}
	}
	if bad > 0 {
		p.exit = exitFailure
	}
	if _, err := fmt.Fprintf(p.stdout, "%d payloads, %d problems\n", len(all), bad); err != nil {
		return fmt.Errorf("write problems: %w", err)
	}
	return nil
}

// exampleLines are the examples of every command that is in a menu.
func exampleLines(all []bot.Command) []string {
	var lines []string
	for _, c := range all {
		lines = append(lines, c.Examples...)
		for _, sub := range c.Subcommands {
			lines = append(lines, sub.Examples...)
		}
	}
	return lines
}

func savePayloads(ctx context.Context, core slack.Core, options slack.Options, lines []string, folder string) error {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return fmt.Errorf("open the folder: %w", err)
	}
	for i, layout := range []string{"classic", "modern"} {
		samples, err := slack.Samples(ctx, core, options, lines, i == 1)
		if err != nil {
			return errors.Join(err, root.Close())
		}
		for j, s := range samples {
			if err := root.WriteFile(fmt.Sprintf("%s-%02d.json", layout, j+1), s.JSON, 0o600); err != nil {
				return errors.Join(fmt.Errorf("write payload: %w", err), root.Close())
			}
		}
	}
	return root.Close()
}
