// Command silkwire is a chat bot for people who follow Chinese AI. This package
// only wires: it parses the command line, builds the parts, runs them and
// closes them in reverse.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	_ "time/tzdata" // people choose time zones, also where the system has none

	"github.com/spf13/cobra"
)

// Exit codes, as the README documents them.
const (
	exitAnswered = 0
	exitFailure  = 1
	exitUsage    = 2
	exitUnknown  = 3
)

// program is what a run of silkwire is given, so that a test can give it
// something else.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	dotenv         string // path of the .env file
	flags          map[string]string
	exit           int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	p := &program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, dotenv: ".env"}
	code := p.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// run executes one command line and returns the exit code.
func (p *program) run(ctx context.Context, args []string) int {
	p.exit = exitAnswered
	root := p.root()
	root.SetArgs(args)
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return p.exit
	}
	// The exit status says it too, if this cannot be written.
	_, _ = fmt.Fprintln(p.stderr, "silkwire:", plainly(err))
	if _, wrong := errors.AsType[*usageError](err); wrong {
		return exitUsage
	}
	return exitFailure
}

func (p *program) root() *cobra.Command {
	p.flags = map[string]string{}
	database := ""
	root := &cobra.Command{
		Use:   "silkwire",
		Short: "A chat bot for people who follow Chinese AI",
		Long: `silkwire answers questions about Chinese AI from recorded facts, each with its source.

Without a subcommand it opens a chat in the terminal; with standard input that
is no terminal it reads lines and answers each.`,
		Example: `  silkwire
  silkwire serve
  silkwire ask "why didn't the sanctions stop them"
  silkwire run "/ticker NVDA"
  echo "qwen licence" | silkwire`,
		SilenceErrors:              true,
		SilenceUsage:               true,
		Version:                    version(),
		Args:                       noArguments,
		SuggestionsMinimumDistance: nearName,
		PersistentPreRun: func(*cobra.Command, []string) {
			p.flags["SILKWIRE_DB"] = database
		},
		RunE: func(c *cobra.Command, _ []string) error { return p.chat(c.Context()) },
	}
	root.PersistentFlags().StringVar(&database, "db", "", "the database `file` (default $XDG_DATA_HOME/silkwire/silkwire.db)")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return misuse("%w\nSee: %s --help", err, c.CommandPath())
	})
	root.SetVersionTemplate("silkwire {{.Version}}\n")
	root.SetHelpCommand(p.helpCommand())
	root.AddCommand(p.serveCommand(), p.initCommand(), p.doctorCommand(), p.slackCommand(), p.discordCommand(), p.askCommand(), p.runCommand(), p.searchCommand(), p.factsCommand(), p.feedCommand(), p.gapsCommand(), p.feedbackCommand(),
		p.quotesCommand(), p.forgetCommand(), p.backupCommand(), p.restoreCommand(), p.storeCommand(),
		p.evalCommand(), p.searchEvalCommand(), p.completionCommand(), p.versionCommand())
	return root
}

// nearName is how many letters of a subcommand's name may be wrong for it to
// be offered.
const nearName = 2

// noArguments refuses arguments with a hint at what was meant.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return noSubcommand(c, args[0])
}

func noSubcommand(c *cobra.Command, name string) error {
	hint := ""
	if near := c.SuggestionsFor(name); len(near) > 0 {
		hint = fmt.Sprintf(" Did you mean %q?", near[0])
	}
	return misuse("there is no subcommand %q.%s See: %s --help", name, hint, c.CommandPath())
}

// exactly takes n arguments, named in the usage line.
func exactly(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		return misuse("%s takes %s, not %d: %s", c.CommandPath(), arguments(n), len(args), c.UseLine())
	}
}

func arguments(n int) string {
	if n == 1 {
		return "1 argument"
	}
	return fmt.Sprintf("%d arguments", n)
}

// helpCommand is cobra's, except that a name that is no subcommand is a
// mistake.
func (p *program) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [subcommand]", Short: "Show how a subcommand is used", Example: "  silkwire help ask",
		RunE: func(c *cobra.Command, args []string) error {
			about, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return noSubcommand(about, rest[0])
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// completionCommand prints the script that makes a shell complete subcommands
// and flags.
func (p *program) completionCommand() *cobra.Command {
	print := map[string]func(root *cobra.Command) error{
		"bash":       func(root *cobra.Command) error { return root.GenBashCompletionV2(p.stdout, true) },
		"zsh":        func(root *cobra.Command) error { return root.GenZshCompletion(p.stdout) },
		"fish":       func(root *cobra.Command) error { return root.GenFishCompletion(p.stdout, true) },
		"powershell": func(root *cobra.Command) error { return root.GenPowerShellCompletionWithDesc(p.stdout) },
	}
	return &cobra.Command{
		Use: "completion bash|zsh|fish|powershell", Short: "Print the script that makes your shell complete silkwire's command line",
		Example: `  source <(silkwire completion bash)
  silkwire completion zsh > "${fpath[1]}/_silkwire"
  silkwire completion fish > ~/.config/fish/completions/silkwire.fish`,
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"}, Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			script, found := print[args[0]]
			if !found {
				return misuse("there is no completion for %q: %s", args[0], c.UseLine())
			}
			return script(c.Root())
		},
	}
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version and what it was built from", Example: "  silkwire version", Args: exactly(0),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(p.stdout, "silkwire "+version())
			return err
		},
	}
}

// version is the module's version with the commit and the Go release that it
// was built from, as far as the build says.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	out := []string{strings.TrimPrefix(info.Main.Version, "v")}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && !strings.Contains(out[0], s.Value[:min(12, len(s.Value))]):
			out = append(out, s.Value[:min(12, len(s.Value))])
		case s.Key == "vcs.modified" && s.Value == "true":
			out = append(out, "modified")
		}
	}
	return strings.Join(append(out, info.GoVersion), " ")
}
