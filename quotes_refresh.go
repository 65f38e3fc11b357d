package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/goccy/go-yaml"

	"silkwire/bot"
	"silkwire/bot/work"
	"silkwire/knowledge"
	"silkwire/knowledge/quote"
)

// quotesPart is the refreshing of prices in health.
const quotesPart = "quotes"

// readProvider reads who is asked for prices; nil where nobody is.
func readProvider(c quotesConfig) (*quote.Provider, error) {
	if c.file == "" {
		if c.key != "" {
			return nil, misuse("SILKWIRE_QUOTES_KEY is set, and SILKWIRE_QUOTES is not: name the file that describes who gets the key")
		}
		return nil, nil //nolint:nilnil // nobody is asked
	}
	content, err := os.ReadFile(c.file)
	if err != nil {
		return nil, misuse("SILKWIRE_QUOTES: %w", err)
	}
	var p quote.Provider
	if err := yaml.UnmarshalWithOptions(content, &p, yaml.Strict()); err != nil {
		return nil, misuse("SILKWIRE_QUOTES: %s: %s", c.file, yaml.FormatError(err, false, false))
	}
	p, err = p.Complete(c.key != "")
	if err != nil {
		return nil, misuse("SILKWIRE_QUOTES: %s:\n%w", c.file, err)
	}
	return &p, nil
}

// refreshQuotes asks a provider for prices until ctx ends. The caller waits for parts.
func refreshQuotes(ctx context.Context, p *quote.Provider, c config, base openedBase, health *bot.Health, parts *sync.WaitGroup) {
	if p == nil {
		return
	}
	if base.quotes == nil {
		health.Report(quotesPart, false, "no price is asked for, because none can be kept: the database is not open")
		return
	}
	options := quotesOptions(p, c)
	options.Snapshot, options.Take = base.Snapshot, base.quotes.Take
	options.Report = func(ok bool, says string) { health.Report(quotesPart, ok, says) }
	r := quote.NewRefresher(options)
	parts.Go(func() { r.Run(ctx) })
}

func quotesOptions(p *quote.Provider, c config) quote.Options {
	return quote.Options{Provider: *p, Key: c.quotes.key, Client: c.fetch.client(), Now: time.Now, Wait: work.Rest, Random: rand.Float64}
}

// checkQuotes asks the provider once and prints what it gives.
func (p *program) checkQuotes(ctx context.Context) error {
	c, err := loadConfig(p.flags, p.getenv, p.dotenv)
	if err != nil {
		return err
	}
	provider, err := readProvider(c.quotes)
	if err != nil {
		return err
	}
	if provider == nil {
		return misuse("nobody is asked for prices: SILKWIRE_QUOTES names the file that describes who is (docs/quotes.md has an example)")
	}
	var base exported
	err = p.withSession(ctx, toRead, func(s *session) (err error) {
		base, err = ask[exported](ctx, s, "export", 0)
		return err
	})
	if err != nil {
		return err
	}
	snapshot := knowledge.NewSnapshot(base.Contents, base.Revision, time.Now())
	options := quotesOptions(provider, c)
	options.Snapshot = func() *knowledge.Snapshot { return snapshot }
	options.Take = func(_ context.Context, quotes []knowledge.Quote) (quote.Taken, error) {
		return quote.Taken{New: len(quotes)}, p.printQuotes(quotes)
	}
	says, err := quote.NewRefresher(options).Round(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.stdout, says)
	return err
}
