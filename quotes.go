package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"silkwire/bot"
	"silkwire/knowledge"
	"silkwire/knowledge/quote"
)

func (p *program) quotesCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "quotes", Short: "Import, export and list the prices that are kept beside the fact base, and check who is asked for them", Example: "  silkwire quotes list",
		Args: noArguments, SuggestionsMinimumDistance: nearName,
		RunE: func(c *cobra.Command, _ []string) error {
			return misuse("say which: %s --help lists them", c.CommandPath())
		},
	}
	list := &cobra.Command{
		Use: "list", Short: "List the last known price of each symbol, when it was, how old it is and from whom",
		Example: "  silkwire quotes list", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withSession(c.Context(), toRead, func(s *session) error { return p.listQuotes(c.Context(), s) })
		},
	}
	export := &cobra.Command{
		Use: "export file.csv|file.json", Short: "Write every price that is kept as a file that import reads back",
		Example: "  silkwire quotes export prices.csv", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withSession(c.Context(), toRead, func(s *session) error { return p.exportQuotes(c.Context(), s, args[0]) })
		},
	}
	check := &cobra.Command{
		Use: "check", Short: "Ask the provider of SILKWIRE_QUOTES once, and print what it gives; nothing is kept",
		Example: "  SILKWIRE_QUOTES=quotes.yaml SILKWIRE_QUOTES_KEY=… silkwire quotes check", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return p.checkQuotes(c.Context()) },
	}
	c.AddCommand(p.importQuotesCommand(), export, list, check)
	return c
}

func (p *program) importQuotesCommand() *cobra.Command {
	var in pricing
	c := &cobra.Command{
		Use: "import [--source name] [--new-currency symbol] [--dry-run] file.csv|file.json", Short: "Take in newer prices, also while silkwire serves",
		Long: `Takes in prices of symbols that the fact base knows, from a CSV file with a header
or a JSON list. Every row that is right is taken; each of the others is named with
its line and column, and then the exit status is 1. docs/quotes.md describes the files.`,
		Example: "  silkwire quotes import prices.csv\n  silkwire quotes import --source \"Our desk\" --dry-run prices.json", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error { return p.importQuotes(c.Context(), in, args[0]) },
	}
	c.Flags().StringVar(&in.Source, "source", "", "who gave the prices of rows that do not say (default: the file's `name`)")
	c.Flags().StringArrayVar(&in.NewCurrency, "new-currency", nil, "a `symbol` whose prices are in another currency from now on; may be given again")
	c.Flags().BoolVar(&in.DryRun, "dry-run", false, "check the file and change nothing")
	return c
}

// What the operations on prices take and give.
type (
	pricing struct {
		Rows        []quote.Row `json:"rows"`
		Source      string      `json:"source"`
		NewCurrency []string    `json:"new_currency,omitempty"`
		DryRun      bool        `json:"dry_run,omitempty"`
	}
	pricesTaken struct {
		Right    int             `json:"right"` // rows without a problem
		Taken    quote.Taken     `json:"taken"`
		Problems []quote.Problem `json:"problems,omitempty"`
	}
)

func (o operations) importQuotes(ctx context.Context, _ string, in pricing) (out pricesTaken, err error) {
	rules := quote.Rules{Base: o.base.Snapshot(), Now: time.Now(), Source: in.Source, NewCurrency: in.NewCurrency}
	good, problems := rules.Check(in.Rows)
	out.Right, out.Problems = len(good), problems
	if in.DryRun {
		return out, nil
	}
	if o.base.quotes == nil {
		return out, errNoDatabase
	}
	out.Taken, err = o.base.quotes.Take(ctx, good)
	return out, err
}

// exportQuotes gives what is kept beside the fact base.
func (o operations) exportQuotes(context.Context, string, struct{}) ([]knowledge.Quote, error) {
	if o.base.quotes == nil {
		return nil, nil
	}
	return o.base.quotes.Kept(), nil
}

func (o operations) listQuotes(context.Context, string, struct{}) ([]knowledge.Quote, error) {
	return o.base.Snapshot().Quotes(), nil
}

func (p *program) importQuotes(ctx context.Context, in pricing, file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return misuse("%w", err)
	}
	rows, unread, err := quote.Read(file, data)
	if err != nil {
		return fmt.Errorf("%s:%w; nothing was taken", file, err)
	}
	in.Rows = rows
	if in.Source == "" {
		in.Source = filepath.Base(file)
	}
	want := toWrite
	if in.DryRun {
		want = toRead
	}
	return p.withSession(ctx, want, func(s *session) error {
		out, err := ask[pricesTaken](ctx, s, "quotes-import", in)
		if err != nil {
			return err
		}
		return p.tellTaken(in, file, out, unread)
	})
}

// tellTaken prints what is wrong where scripts and editors look for it, and then what
// was taken.
func (p *program) tellTaken(in pricing, file string, out pricesTaken, unread []quote.Problem) error {
	problems := slices.Concat(unread, out.Problems)
	slices.SortStableFunc(problems, quote.Problem.Compare)
	var text bytes.Buffer
	for _, wrong := range problems {
		fmt.Fprintf(&text, "%s:%s\n", file, wrong.Error())
	}
	if in.DryRun {
		fmt.Fprintf(&text, "nothing was changed: %d price(s) are right\n", out.Right)
	} else {
		fmt.Fprintf(&text, "taken: %d new price(s) of %d symbol(s); %d were known, %d are older than what is kept\n", out.Taken.New, out.Taken.Symbols, out.Taken.Same, out.Taken.Old)
	}
	if _, err := text.WriteTo(p.stdout); err != nil {
		return fmt.Errorf("write what was taken: %w", err)
	}
	if left := len(in.Rows) - out.Right + len(unread); left > 0 {
		return fmt.Errorf("%d row(s) of %s were left out: correct them and import the file again, what was taken is not taken twice", left, file)
	}
	return nil
}

func (p *program) exportQuotes(ctx context.Context, s *session, file string) error {
	kept, err := ask[[]knowledge.Quote](ctx, s, "quotes-export", struct{}{})
	if err != nil {
		return err
	}
	if len(kept) == 0 {
		return fmt.Errorf("no price is kept beside the fact base: import some, or configure a provider (docs/quotes.md); nothing was written")
	}
	var content bytes.Buffer
	if err := quote.Write(&content, file, kept); err != nil {
		return err
	}
	if err := os.WriteFile(file, content.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write prices: %w", err)
	}
	_, err = fmt.Fprintf(p.stdout, "exported %d prices to %s\n", len(kept), file)
	return err
}

func (p *program) listQuotes(ctx context.Context, s *session) error {
	quotes, err := ask[[]knowledge.Quote](ctx, s, "quotes", struct{}{})
	if err != nil {
		return err
	}
	return p.printQuotes(quotes)
}

func (p *program) printQuotes(quotes []knowledge.Quote) error {
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, q := range quotes {
		if _, err := fmt.Fprintf(w, "%s\t%s %s\t%s\t%s\t%s\t%s\n", q.Symbol, q.Price, q.Currency, bot.Percent(q.ChangePercent), q.AsOf, ageOf(q, time.Now()), bot.Clean(q.Source)); err != nil {
			return fmt.Errorf("write prices: %w", err)
		}
	}
	return w.Flush()
}

// ageOf is how long ago a price was, for the operator.
func ageOf(q knowledge.Quote, now time.Time) string {
	at, known := q.Moment()
	const day = 24 * time.Hour
	switch age := now.Sub(at); {
	case !known:
		return "age unknown"
	case age < time.Hour:
		return "less than an hour old"
	case age < 2*day:
		return fmt.Sprintf("%d h old", int(age/time.Hour))
	default:
		return fmt.Sprintf("%d days old", int(age/day))
	}
}
