package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"silkwire/bot"
	"silkwire/knowledge/feed"
	"silkwire/knowledge/fetch"
)

// How many feeds are asked, those that failed before the others, and how many at once:
// what five seconds have room for.
const (
	mostLooked = 60
	lookedAt   = 12
)

// examineFeeds asks for the feeds, keeps nothing of them, and names those that cannot be
// read.
func (p *program) examineFeeds(ctx context.Context, c config) []finding {
	if !exists(c.database) {
		return nil
	}
	s, err := p.openSession(ctx, c, toLook)
	if err != nil {
		return nil // the database says so
	}
	all, err := ask[[]feed.Feed](ctx, s, "feeds", struct{}{})
	if err = errors.Join(err, s.close()); err != nil {
		return []finding{ill("%v", plainly(err))}
	}
	if len(all) == 0 {
		return []finding{well("none is followed")}
	}
	now := time.Now()
	some := slices.DeleteFunc(slices.Clone(all), func(f feed.Feed) bool { return f.After.After(now) }) // its server wants to be left alone
	rand.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
	slices.SortStableFunc(some, failingFirst)
	some = some[:min(len(some), mostLooked)]
	found := lookAt(ctx, c.fetch.client(), some)
	if len(found) == 0 {
		say := fmt.Sprintf("%d followed, all can be read", len(all))
		if len(some) < len(all) {
			say = fmt.Sprintf("%d followed, the %d that were asked can be read", len(all), len(some))
		}
		found = append(found, well("%s", say))
	}
	return found
}

func failingFirst(a, b feed.Feed) int {
	rank := func(f feed.Feed) int {
		if f.Failing.IsZero() {
			return 1
		}
		return 0
	}
	return cmp.Compare(rank(a), rank(b))
}

// lookAt asks for feeds, some at a time, and says what is wrong with those that cannot be
// read.
func lookAt(ctx context.Context, client *http.Client, feeds []feed.Feed) []finding {
	wrong := make([]finding, len(feeds))
	room := make(chan struct{}, lookedAt)
	var looking sync.WaitGroup
	for i, f := range feeds {
		looking.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			if err := feed.Look(ctx, client, f); err != nil {
				wrong[i] = ill("%s cannot be read%s: %s", bot.Clean(f.Name()), failingSince(f), whatToDo(ctx, f, err))
			}
		})
	}
	looking.Wait()
	return slices.DeleteFunc(wrong, func(f finding) bool { return f.say == "" })
}

// failingSince is a clause about a feed that serve could not read either.
func failingSince(f feed.Feed) string {
	if f.Failing.IsZero() {
		return ""
	}
	return ", since " + f.Failing.Format("2 January 2006")
}

// whatToDo says why a feed cannot be read, and what to do about it.
func whatToDo(ctx context.Context, f feed.Feed, err error) string {
	switch {
	case ctx.Err() != nil:
		return "there was no answer within " + examineWithin.String() + "; if that goes on, /feed remove " + f.ID + " ends it"
	case errors.Is(err, fetch.ErrPrivate):
		return "its address is of this machine or of a private network: SILKWIRE_FETCH_PRIVATE=1 lets feeds come from there"
	}
	return bot.Clean(err.Error()) + "; look at its address in a browser, follow a new one with /feed add, or end it with /feed remove " + f.ID
}

// examineQuotes reads the description of the provider of prices, and looks whether its
// server answers at all: a price that is asked for may cost something, and silkwire quotes
// check asks for some.
func examineQuotes(ctx context.Context, c config) []finding {
	provider, err := readProvider(c.quotes)
	switch {
	case err != nil:
		return []finding{ill("%v", err)}
	case provider == nil:
		return []finding{well("no provider of prices is described")}
	}
	server, err := url.Parse(strings.NewReplacer("{symbols}", "x", "{symbol}", "x").Replace(provider.Address))
	if err != nil {
		return []finding{ill("the provider's address is none")}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, server.Scheme+"://"+server.Host+"/", http.NoBody)
	if err != nil {
		return []finding{ill("the provider's address is none")}
	}
	answer, err := c.fetch.client().Do(r)
	switch {
	case errors.Is(err, fetch.ErrPrivate):
		return []finding{ill("%s is of this machine or of a private network: SILKWIRE_FETCH_PRIVATE=1 lets prices come from there", provider.Name)}
	case err != nil:
		return []finding{ill("%s cannot be reached at %s: look at its address in %s and at this machine's network: %v", provider.Name, server.Host, c.quotes.file, bare(err))}
	}
	_ = answer.Body.Close() // nothing of it is read
	return []finding{well("%s can be reached; silkwire quotes check asks it for prices once", provider.Name)}
}
