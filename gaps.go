package main

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"silkwire/bot"
	"silkwire/knowledge"
)

func (p *program) gapsCommand() *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use: "gaps [--json]", Short: "List the questions that nobody got an answer to, most asked first",
		Long: `Lists the questions that were asked in the last 90 days and that nobody got an
answer to, most asked first. They are kept without whoever asked them, once for
all that have the same words. The chat and the platforms count; ask and run do
not.`,
		Example: "  silkwire gaps\n  silkwire gaps --json", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withSession(c.Context(), toRead, func(s *session) error { return p.gaps(c.Context(), s, asJSON) })
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON object a line")
	return c
}

func (p *program) gaps(ctx context.Context, s *session, asJSON bool) error {
	if s.none {
		_, err := fmt.Fprintln(p.stdout, "No question is on record: there is no database.")
		return err
	}
	gaps, err := ask[[]knowledge.Gap](ctx, s, "gaps", struct{}{})
	if err != nil {
		return err
	}
	if asJSON {
		e := json.NewEncoder(p.stdout)
		for _, g := range gaps {
			if err := e.Encode(g); err != nil {
				return fmt.Errorf("write gaps: %w", err)
			}
		}
		return nil
	}
	if len(gaps) == 0 {
		_, err := fmt.Fprintln(p.stdout, "No question went without an answer in the last 90 days.")
		return err
	}
	t := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, g := range gaps {
		if _, err := fmt.Fprintf(t, "%d×\tlast %s\t%s\n", g.Count, g.Last.Format("2 Jan 2006"), bot.Clean(g.Question)); err != nil {
			return fmt.Errorf("write gaps: %w", err)
		}
	}
	return t.Flush()
}
