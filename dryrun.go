package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"silkwire/bot"
)

// tryWithin is how long a trial waits for the platforms.
const tryWithin = 30 * time.Second

// dryRun connects to the platforms as serve does and ends when each can be reached. No
// router is ever there, so that nothing is answered from the fact base, registered or
// posted; it ends at once, because a platform hands requests to any connection of an app,
// and a silkwire that serves meanwhile is to get them. The admin address is left to that
// one too.
func (p *program) dryRun(ctx context.Context) error {
	c, err := p.serveConfig()
	if err != nil {
		return err
	}
	c.trial, c.adminAddr = true, ""
	log := c.log.logger()
	health := bot.NewHealth(log, time.Now)
	core := newLateCore()
	all, start, err := p.platforms(c, core, new(bot.Outbox), log, health)
	if err != nil {
		return err
	}
	base, err := openToRead(ctx, c.database, p.stderr, health)
	if err == nil {
		err = base.close()
	} else if errors.Is(err, errShared) {
		err = nil // somebody serves from it: it can be read
	}
	if err != nil {
		return err
	}
	start.ready(factBase)
	ctx, cancel := context.WithTimeout(ctx, tryWithin)
	defer cancel()
	for i, one := range all {
		all[i].run = func(ctx context.Context) error {
			err := one.run(ctx)
			if err != nil { // one that is lost for good decides it
				cancel()
			}
			return err
		}
	}
	var ending sync.WaitGroup
	ending.Go(func() {
		select {
		case <-start.there:
			cancel()
		case <-ctx.Done():
		}
		core.set(nil)
	})
	err = serveAll(ctx, c, all, admin{platforms: all, health: health, start: start, log: log})
	cancel()
	ending.Wait()
	if err != nil {
		return err
	}
	if r := start.now(); !r.Ready {
		return fmt.Errorf("not ready: %s did not answer within %s: silkwire doctor says why", strings.Join(r.Waiting, " and "), tryWithin)
	}
	_, err = fmt.Fprintln(p.stderr, "dry run: every platform can be reached; nothing was posted, registered or written")
	return err
}
