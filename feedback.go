package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"silkwire/bot"
)

func (p *program) feedbackCommand() *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use: "feedback [--json]", Short: "List what readers said of answers: what is wrong, newest first, and what helped",
		Long: `Lists the answers that were reported as wrong in the last 90 days, newest first,
with who reported them and where, so that a curator can answer; and the facts
that helped, most often first, which are counted without whoever said so.`,
		Example: "  silkwire feedback\n  silkwire feedback --json", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withSession(c.Context(), toRead, func(s *session) error { return p.feedback(c.Context(), s, asJSON) })
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON object a line")
	return c
}

func (p *program) feedback(ctx context.Context, s *session, asJSON bool) error {
	if s.none {
		_, err := fmt.Fprintln(p.stdout, "Nothing is on record: there is no database.")
		return err
	}
	h, err := ask[heard](ctx, s, "feedback", struct{}{})
	if err != nil {
		return err
	}
	write := writeFeedback
	if asJSON {
		write = writeFeedbackJSON
	}
	if err := write(p.stdout, h.Reports, h.Helped); err != nil {
		return fmt.Errorf("write feedback: %w", err)
	}
	return nil
}

// writeFeedbackJSON writes an object a line; kind tells one sort from the other.
func writeFeedbackJSON(w io.Writer, reports []bot.Report, helped []bot.Helpful) error {
	e := json.NewEncoder(w)
	for _, r := range reports {
		if err := e.Encode(struct {
			Kind string `json:"kind"`
			bot.Report
		}{"wrong", r}); err != nil {
			return err
		}
	}
	for _, h := range helped {
		if err := e.Encode(struct {
			Kind string `json:"kind"`
			bot.Helpful
		}{"helpful", h}); err != nil {
			return err
		}
	}
	return nil
}

func writeFeedback(w io.Writer, reports []bot.Report, helped []bot.Helpful) error {
	var b strings.Builder
	if len(reports) == 0 {
		b.WriteString("No answer was reported as wrong in the last 90 days.\n")
	}
	for _, r := range reports {
		from := strings.Join(strings.Fields(strings.Join([]string{r.Platform, r.Space, r.Channel, r.User}, " ")), " ")
		fmt.Fprintf(&b, "%s  %s\n", r.At.Format("2 Jan 2006 15:04 UTC"), bot.Clean(from))
		if r.Question != "" {
			fmt.Fprintf(&b, "  asked  %s\n", bot.Clean(r.Question))
		}
		fmt.Fprintf(&b, "  facts  %s\n  says   %s\n", bot.Clean(strings.Join(r.Facts, ", ")), bot.Clean(r.Says))
		switch {
		case r.Waits():
		case r.Fact != "":
			fmt.Fprintf(&b, "  since  %s  corrected: %s\n", r.Settled.Format("2 Jan 2006"), bot.Clean(r.Fact))
		default:
			fmt.Fprintf(&b, "  since  %s  refused: %s\n", r.Settled.Format("2 Jan 2006"), bot.Clean(r.Refused))
		}
	}
	if len(helped) > 0 {
		b.WriteString("\nHelpful:\n")
	}
	for _, h := range helped {
		fmt.Fprintf(&b, "  %d×  %s\n", h.Count, bot.Clean(h.Fact))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
