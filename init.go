package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/joho/godotenv"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"silkwire/adapters/discord"
	"silkwire/adapters/slack"
	"silkwire/bot"
)

func (p *program) initCommand() *cobra.Command {
	force := false
	c := &cobra.Command{
		Use: "init [--force]", Short: "Ask for what silkwire serve needs and write it to .env",
		Long: `Prints the manifest of the Slack app, asks for the tokens of Slack and Discord and
for a curator, and writes them to .env, which only you can read. An empty answer
leaves something out. Tokens are not shown while they are typed. Then it prints
the address that lets the Discord bot into a server. With standard input that is
no terminal it reads an answer a line. A .env that is there is replaced only if
you say so, or with --force, and kept as .env.old.`,
		Example: "  silkwire init\n  silkwire init --force < answers.txt", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return p.initialise(c.Context(), force) },
	}
	c.Flags().BoolVar(&force, "force", false, "replace .env if it is there")
	return c
}

// wanting is a setting that init asks for.
type wanting struct {
	name, question string
	secret         bool
	after          string // asked only where this one has an answer
}

var wantings = []wanting{
	{name: "SLACK_BOT_TOKEN", secret: true, question: "Slack's Bot User OAuth Token (xoxb-…; empty: no Slack): "},
	{name: "SLACK_APP_TOKEN", secret: true, after: "SLACK_BOT_TOKEN", question: "Slack's app-level token with connections:write (xapp-…): "},
	{name: "DISCORD_TOKEN", secret: true, question: "Discord's bot token (empty: no Discord): "},
	{name: "SILKWIRE_CURATORS", question: "Who may curate (slack:WORKSPACE:USER or discord:SERVER:USER, with commas between; empty: nobody yet): "},
}

func (p *program) initialise(ctx context.Context, force bool) error {
	in := newAnswers(p.stdin, p.stderr)
	if err := p.mayReplace(in, force); err != nil {
		return err
	}
	if err := p.introduceSlack(); err != nil {
		return err
	}
	given := map[string]string{}
	for _, a := range wantings {
		if a.after != "" && given[a.after] == "" {
			continue
		}
		value, err := in.valid(a)
		if err != nil {
			return err
		}
		if value != "" {
			given[a.name] = value
		}
	}
	if given["SLACK_BOT_TOKEN"] == "" && given["DISCORD_TOKEN"] == "" {
		return misuse("neither Slack nor Discord: nothing was written")
	}
	if err := writeDotenv(p.dotenv, given); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(p.stdout, "wrote %s\n", p.dotenv); err != nil {
		return fmt.Errorf("write what was done: %w", err)
	}
	return p.nextSteps(ctx, given)
}

// mayReplace asks before a .env that is there is replaced.
func (p *program) mayReplace(in *answers, force bool) error {
	if !exists(p.dotenv) || force {
		return nil
	}
	if !in.person() {
		return misuse("%s is there already: --force replaces it and keeps it as %s.old", p.dotenv, p.dotenv)
	}
	said, err := in.one(fmt.Sprintf("%s is there already. Replace it, and keep it as %s.old? [y/N] ", p.dotenv, p.dotenv), false)
	if err != nil {
		return err
	}
	if word := strings.ToLower(said); word != "y" && word != "yes" {
		return misuse("%s was left as it is", p.dotenv)
	}
	return nil
}

// introduceSlack prints the manifest, which the tokens come from.
func (p *program) introduceSlack() error {
	if _, err := fmt.Fprintln(p.stderr, "For Slack, paste this manifest at api.slack.com/apps, Create New App, From a manifest; then Install App, and make an app-level token:"); err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	if err := p.printManifest(slack.ManifestOptions{}, nil, false); err != nil {
		return err
	}
	_, err := fmt.Fprintln(p.stderr, "For Discord, make an app at discord.com/developers/applications, and take the token from its page Bot.")
	return err
}

// nextSteps prints the Discord invitation and what to do then.
func (p *program) nextSteps(ctx context.Context, given map[string]string) error {
	if token := given["DISCORD_TOKEN"]; token != "" {
		ctx, cancel := context.WithTimeout(ctx, examineWithin)
		defer cancel()
		c, err := loadConfig(p.flags, p.getenv, p.dotenv)
		if err != nil {
			return err
		}
		invite, err := discord.Invitation(ctx, discordOptions(c, quiet(), bot.NewHealth(quiet(), time.Now), nil))
		say := "to let the Discord bot into a server, open " + invite
		if err != nil {
			say = "Discord did not say who the bot is: silkwire doctor says why, and prints the invitation once it does"
		}
		if _, err := fmt.Fprintln(p.stdout, say); err != nil {
			return fmt.Errorf("write the invitation: %w", err)
		}
	}
	_, err := fmt.Fprintln(p.stdout, "next: silkwire doctor, then silkwire serve")
	return err
}

// writeDotenv writes the settings to a file that only its owner reads. One that is there
// is kept beside it.
func writeDotenv(path string, given map[string]string) error {
	text, err := godotenv.Marshal(given)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	fresh, err := os.CreateTemp(filepath.Dir(path), ".env-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = fmt.Fprintf(fresh, "# Written by silkwire init. Never commit it. .env.example explains every variable.\n%s\n", text)
	if err = errors.Join(err, fresh.Sync(), fresh.Close()); err == nil && exists(path) {
		if err = os.Rename(path, path+".old"); err == nil {
			err = os.Chmod(path+".old", 0o600)
		}
	}
	if err == nil {
		err = os.Rename(fresh.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(fresh.Name())))
	}
	return nil
}

// answers are what a person types, or what a pipe brings.
type answers struct {
	terminal *term.Terminal // nil: a pipe
	fd       int            // the terminal's
	lines    *bufio.Reader
	out      io.Writer
}

func newAnswers(in io.Reader, out io.Writer) *answers {
	a := &answers{lines: bufio.NewReader(in), out: out}
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		a.fd = int(f.Fd())
		a.terminal = term.NewTerminal(struct {
			io.Reader
			io.Writer
		}{in, out}, "")
	}
	return a
}

// person tells whether somebody can be asked again.
func (a *answers) person() bool { return a.terminal != nil }

// one asks a question. A secret is not shown while it is typed. A pipe that has ended
// gives empty answers.
func (a *answers) one(question string, secret bool) (string, error) {
	if a.terminal != nil {
		return a.typed(question, secret)
	}
	line, err := a.lines.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the answer: %w", err)
	}
	if _, err := fmt.Fprintln(a.out, question); err != nil {
		return "", fmt.Errorf("ask: %w", err)
	}
	return strings.TrimSpace(line), nil
}

// typed asks in a terminal, which shows nothing of its own accord from before the question
// is there: who types fast shows no secret either. Ctrl-C and Ctrl-D end it.
func (a *answers) typed(question string, secret bool) (line string, err error) {
	before, err := term.MakeRaw(a.fd)
	if err != nil {
		return "", fmt.Errorf("ask in the terminal: %w", err)
	}
	defer func() { err = errors.Join(err, term.Restore(a.fd, before)) }()
	if secret {
		line, err = a.terminal.ReadPassword(question)
	} else {
		a.terminal.SetPrompt(question)
		line, err = a.terminal.ReadLine()
	}
	if errors.Is(err, io.EOF) {
		return "", misuse("nothing was written")
	}
	return strings.TrimSpace(line), err
}

// valid asks until the answer is one that the setting takes; a pipe is asked once.
func (a *answers) valid(q wanting) (string, error) {
	for {
		value, err := a.one(q.question, q.secret)
		if err != nil || value == "" {
			return "", err
		}
		wrong := checkSetting(q.name, value)
		if wrong == nil {
			return value, nil
		}
		if !a.person() {
			return "", misuse("%s %w; nothing was written", q.name, wrong)
		}
		if _, err := fmt.Fprintf(a.out, "That cannot be: it %v.\n", wrong); err != nil {
			return "", fmt.Errorf("ask: %w", err)
		}
	}
}

// checkSetting is what the table of settings says of a value.
func checkSetting(name, value string) error {
	for _, s := range settings() {
		if s.name == name && s.check != nil {
			return s.check(value)
		}
	}
	return nil
}
