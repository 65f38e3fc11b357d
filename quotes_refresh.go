package main

import (
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/goccy/go-yaml"

	"silkwire/bot"
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
func refreshQuotes(ctx context.Context, p *quote.Provider, key string, base openedBase, health *bot.Health, parts *sync.WaitGroup) {
	if p == nil {
		return
	}
	if base.quotes == nil {
		health.Report(quotesPart, false, "no price is asked for, because none can be kept: the database is not open")
		return
	}
	r := quote.NewRefresher(quote.Options{
		Provider: *p, Key: key, Client: quotesClient(), Snapshot: base.Snapshot, Take: base.quotes.Take,
		Now: time.Now, Wait: pause, Random: rand.Float64,
		Report: func(ok bool, says string) { health.Report(quotesPart, ok, says) },
	})
	parts.Go(func() { r.Run(ctx) })
}

// quotesTimeout bounds one request with its redirects.
const quotesTimeout = 20 * time.Second

func quotesClient() *http.Client { return &http.Client{Timeout: quotesTimeout} }
