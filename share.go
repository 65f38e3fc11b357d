package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"silkwire/adapters/control"
	"silkwire/bot"
	"silkwire/bot/work"
)

// share lets other processes of the operator use the database, and tries it
// again where it could not be written to, until ctx ends. The caller waits for parts.
func share(ctx context.Context, c config, base openedBase, core *bot.Router, log *slog.Logger, parts *sync.WaitGroup) {
	if base.db == nil {
		return
	}
	listener, err := control.Listen(ctx, c.database)
	if err != nil {
		log.WarnContext(ctx, "other processes cannot use the database while this one has it open", "error", err)
		return
	}
	operator := func(author string) bot.User {
		u := owner()
		u.Name = author
		return u
	}
	parts.Go(func() { control.Serve(ctx, listener, core, operator, operationsOf(base, core), log) })
	if s, ok := base.ledger.(*watchedStore); ok {
		parts.Go(func() { s.probe(ctx, work.Rest) })
	}
}

// backUp makes the daily backups until ctx ends. The caller waits for parts.
func backUp(ctx context.Context, c config, base openedBase, log *slog.Logger, health *bot.Health, parts *sync.WaitGroup) {
	if base.db == nil || c.backups == 0 {
		return
	}
	daily := backups{
		write: base.db.WriteTo, folder: backupFolder(c.database), keep: c.backups,
		now: time.Now, wait: work.Rest, log: log, health: health,
	}
	parts.Go(func() { daily.run(ctx) })
}
