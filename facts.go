package main

import (
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"silkwire/bot"
	"silkwire/knowledge"
	"silkwire/knowledge/factfile"
	"silkwire/knowledge/seed"
)

func (p *program) searchCommand() *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use:   "search [--json] \"words\"",
		Short: "List the facts that words find, whether or not they answer",
		Example: `  silkwire search "open source"
  silkwire search --json qwen`,
		Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			if strings.TrimSpace(args[0]) == "" {
				return misuse("search needs words to look for: %s", c.UseLine())
			}
			call := &bot.Call{Path: []string{"facts"}, Options: map[string][]string{"words": {args[0]}}}
			return p.once(c.Context(), bot.Request{Call: call, Line: args[0]}, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

func (p *program) factsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "facts", Short: "Check, import, export and compare facts, and see and undo what changed", Example: "  silkwire facts check knowledge/seed",
		Args: noArguments, SuggestionsMinimumDistance: nearName,
		RunE: func(c *cobra.Command, _ []string) error {
			return misuse("say which: %s --help lists them", c.CommandPath())
		},
	}
	check := &cobra.Command{
		Use: "check [folder]", Short: "Report every mistake in a folder of fact files (default: the shipped ones)",
		Example: "  silkwire facts check\n  silkwire facts check knowledge/seed", Args: atMostOne,
		RunE: func(_ *cobra.Command, args []string) error { return p.checkFacts(args) },
	}
	to := ""
	compile := &cobra.Command{
		Use: "compile --to file [folder]", Short: "Write a folder of fact files as the binary embeds them: file and file.index",
		Example: "  silkwire facts compile --to knowledge/seed/base.jsonl knowledge/seed", Args: atMostOne,
		RunE: func(_ *cobra.Command, args []string) error { return p.compileFacts(args, to) },
	}
	compile.Flags().StringVar(&to, "to", "", "the `file` to write")
	var questions []string
	stats := &cobra.Command{
		Use: "stats [--questions file] [folder]", Short: "Print what a folder of fact files covers: by grade, year, lab, policy and ticker, and the stalest areas",
		Example: "  silkwire facts stats\n  silkwire facts stats --questions knowledge/testdata/questions/development.jsonl", Args: atMostOne,
		RunE: func(c *cobra.Command, args []string) error { return p.factStats(c.Context(), args, questions) },
	}
	stats.Flags().StringArrayVar(&questions, "questions", nil, "a `file` of questions of which those that are refused are listed; may be given again")
	c.AddCommand(check, compile, stats)
	c.AddCommand(p.importCommand(), p.exportCommand(), p.showCommand(), p.historyCommand(), p.undoCommand(), p.diffCommand())
	return c
}

func atMostOne(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return misuse("%s takes at most one argument, not %d: %s", c.CommandPath(), len(args), c.UseLine())
	}
	return nil
}

// folder is the one named, or the fact files inside the binary.
func folder(args []string) fs.FS {
	if len(args) == 0 {
		return seed.Files()
	}
	return os.DirFS(args[0])
}

// readFacts reads the folder named, or the fact files inside the binary.
func readFacts(args []string) (knowledge.Contents, []factfile.Mistake, error) {
	if len(args) > 0 {
		if info, err := os.Stat(args[0]); err != nil || !info.IsDir() {
			return knowledge.Contents{}, nil, misuse("there is no folder %q", args[0])
		}
	}
	contents, mistakes, err := factfile.Read(folder(args))
	if err != nil {
		return contents, nil, misuse("%w", err)
	}
	return contents, mistakes, nil
}

// checkFacts prints the mistakes on standard output, where scripts and editors
// look for them; the count is the error.
func (p *program) checkFacts(args []string) error {
	contents, mistakes, err := readFacts(args)
	if err != nil {
		return err
	}
	if err := p.tellMistakes(mistakes, strings.Join(args, "")); err != nil {
		return err
	}
	if unused := contents.Unused(); len(unused) > 0 {
		for _, problem := range unused {
			if _, err := fmt.Fprintln(p.stdout, problem.Error()); err != nil {
				return fmt.Errorf("write mistakes: %w", err)
			}
		}
		return fmt.Errorf("%d mistake(s) in the fact files", len(unused))
	}
	asks := 0
	for _, f := range contents.Facts {
		asks += len(f.Asks)
	}
	_, err = fmt.Fprintf(p.stdout, "ok: %d facts with %d asks, %d entities, %d exposures, %d quotes, %d concepts, %d documents\n",
		len(contents.Facts), asks, len(contents.Entities), len(contents.Exposures), len(contents.Quotes), len(contents.Concepts), len(contents.Documents))
	return err
}

func (p *program) compileFacts(args []string, to string) error {
	if to == "" {
		return misuse("say which file to write: --to base.jsonl")
	}
	contents, mistakes, err := readFacts(args)
	if err != nil {
		return err
	}
	if len(mistakes) > 0 {
		return fmt.Errorf("%d mistake(s) in the fact files, the first: %s", len(mistakes), mistakes[0])
	}
	compiled, err := knowledge.Compile(contents)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{to: compiled.Base, to + ".index": compiled.Index} {
		if err := os.WriteFile(name, content, 0o644); err != nil { //nolint:gosec // it is a source file, for everybody to read
			return fmt.Errorf("write compiled facts: %w", err)
		}
	}
	return nil
}
