package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"silkwire/bot"
	"silkwire/knowledge/feed"
	"silkwire/knowledge/fetch"
)

// How many feeds an examination asks: as many as answer in its time where each takes a
// second; of one server no more than silkwire serve asks at once.
const (
	mostLooked = 40
	lookedAt   = 8 // at once
)

// examineFeeds asks for feeds as silkwire serve does, and takes nothing of them.
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
	if c.fetch.feeds == 0 {
		return []finding{well("%d followed, and none is asked: SILKWIRE_FEEDS is off", len(all))}
	}
	looked := lookAtFeeds(ctx, c.fetch.client(), chooseFeeds(all, time.Now()))
	return feedFindings(all, looked)
}

// chooseFeeds are those that an examination asks: first those that failed the last time,
// since it is to be known whether they still do, then the oldest; none whose server wants
// to be left alone.
func chooseFeeds(all []feed.Feed, now time.Time) []feed.Feed {
	all = slices.DeleteFunc(slices.Clone(all), func(f feed.Feed) bool { return f.After.After(now) })
	turn := func(f feed.Feed) int {
		if f.Failing.IsZero() {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(all, func(a, b feed.Feed) int { return cmp.Or(cmp.Compare(turn(a), turn(b)), a.Made.Compare(b.Made)) })
	hosts := map[string]int{}
	var chosen []feed.Feed
	for _, f := range all {
		host := f.Host()
		if hosts[host] < feed.MostOfHost && len(chosen) < mostLooked {
			hosts[host]++
			chosen = append(chosen, f)
		}
	}
	return chosen
}

// lookAtFeeds asks for feeds, a few at a time, and returns what came of it by their ids.
// Those that it has no time for are not in it.
func lookAtFeeds(ctx context.Context, client *http.Client, chosen []feed.Feed) map[string]error {
	looked := map[string]error{}
	var mu sync.Mutex // guards looked
	var looking sync.WaitGroup
	next := make(chan feed.Feed)
	for range min(lookedAt, len(chosen)) {
		looking.Go(func() {
			for f := range next {
				err := feed.Look(ctx, client, f)
				mu.Lock()
				looked[f.ID] = err
				mu.Unlock()
			}
		})
	}
	for _, f := range chosen {
		select {
		case next <- f:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	looking.Wait()
	return looked
}

// feedFindings say which feeds cannot be read, and how many nobody looked at.
func feedFindings(all []feed.Feed, looked map[string]error) []finding {
	var found []finding
	failing := 0
	for _, f := range all {
		err, asked := looked[f.ID]
		switch name := bot.Clean(f.Name()); {
		case err != nil:
			failing++
			found = append(found, ill("%s cannot be read: %s; %s", name, feed.Reason(err), feedCure(f, err)))
		case !asked && !f.Failing.IsZero():
			failing++
			found = append(found, ill("%s could not be read since %s: %s; it was not asked now, silkwire serve tries it again by itself, and /feed remove %s ends it", name, f.Failing.Format(time.DateOnly), bot.Clean(f.Why), f.ID))
		case !f.Failing.IsZero():
			found = append(found, well("%s can be read again: silkwire serve takes it in its turn", name))
		}
	}
	say := fmt.Sprintf("%d followed, %d asked now", len(all), len(looked))
	if left := len(all) - len(looked); left > 0 {
		say += fmt.Sprintf(", %d not: at most %d are, %d of one server, none whose server wants to be left alone, and those that there is time for", left, mostLooked, feed.MostOfHost)
	}
	if failing == 0 {
		say += "; none of them failing"
	}
	return append(found, well("%s", say))
}

// feedCure says what to do about a feed that cannot be read.
func feedCure(f feed.Feed, err error) string {
	remove := "/feed remove " + f.ID + " ends it"
	_, page := errors.AsType[*feed.PageError](err)
	_, answered := errors.AsType[*fetch.StatusError](err)
	switch {
	case errors.Is(err, fetch.ErrPrivate):
		return "if that is yours and meant, set SILKWIRE_FETCH_PRIVATE=1; " + remove
	case answered, page, errors.Is(err, feed.ErrNoFeed):
		return "look at its site whether it has moved, /feed add the new address; " + remove
	}
	return "if others fail too, look at this machine's network (no proxy is used for feeds); else it is tried again by itself, and " + remove
}

// examineQuotes reads the description of the provider of prices, and looks whether it can
// be reached, without the key and without asking for a price.
func examineQuotes(ctx context.Context, c config) []finding {
	provider, err := readProvider(c.quotes)
	switch {
	case err != nil:
		return []finding{ill("%v", err)}
	case provider == nil:
		return []finding{well("no provider of prices is described")}
	}
	err = provider.Reach(ctx, c.fetch.client())
	switch {
	case errors.Is(err, fetch.ErrPrivate):
		return []finding{ill("%s is not asked: %v; if that is yours and meant, set SILKWIRE_FETCH_PRIVATE=1", provider.Name, err)}
	case errors.Is(err, context.DeadlineExceeded):
		return []finding{ill("%s does not answer in time: look at this machine's network (no proxy is used for prices), and at the address in %s", provider.Name, c.quotes.file)}
	case err != nil:
		return []finding{ill("%s cannot be reached: look at this machine's network (no proxy is used for prices), and at the address in %s: %v", provider.Name, c.quotes.file, bare(err))}
	}
	return []finding{well("%s can be reached; silkwire quotes check asks it once for prices", provider.Name)}
}
