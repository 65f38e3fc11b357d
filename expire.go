package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"silkwire/bot"
	"silkwire/bot/notify"
	"silkwire/bot/work"
	"silkwire/commands"
)

// How often what is kept for a time is looked through, and how long the first time waits
// for the start to be over.
const (
	expireAfter = time.Minute
	expireEvery = 24 * time.Hour
)

// forgetOld deletes each day what was kept for as long as docs/privacy.md says, until ctx
// ends. The caller waits for parts.
func forgetOld(ctx context.Context, base openedBase, kept commands.Kept, log *slog.Logger, parts *sync.WaitGroup) {
	if base.ledger == nil {
		return
	}
	parts.Go(func() {
		for wait := expireAfter; work.Rest(ctx, wait) == nil; wait = expireEvery {
			if err := expire(ctx, base, kept, time.Now()); err != nil && ctx.Err() == nil {
				log.WarnContext(ctx, "what is too old was not all deleted; it is tried again in a day", "error", err)
			}
		}
	})
}

// expire deletes what is older than it is kept.
func expire(ctx context.Context, base openedBase, kept commands.Kept, now time.Time) error {
	wrong := []error{
		kept.Feedback.Expire(ctx, now), kept.Drafts.Expire(ctx, now), bot.NewLines(base.ledger).Expire(ctx, now),
		notify.Expire(ctx, base.ledger, now), base.digests.Expire(ctx, now),
	}
	if base.stored != nil {
		wrong = append(wrong, base.stored.ExpireGaps(ctx, now))
	}
	return errors.Join(wrong...)
}
