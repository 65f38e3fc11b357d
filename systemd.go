package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// tellSystemd tells systemd, where it started silkwire, that the start is over, that the
// program lives, and that it ends: sd_notify(3). It ends with ctx. alive looks at what a
// stuck program cannot show; while it does not return, nothing is said, and systemd starts
// silkwire again.
func tellSystemd(ctx context.Context, ready <-chan struct{}, alive func() error, log *slog.Logger) {
	every, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		log.WarnContext(ctx, "systemd: WATCHDOG_USEC cannot be read", "error", err)
	}
	var beat <-chan time.Time
	if every > 0 {
		ticker := time.NewTicker(every / 3)
		defer ticker.Stop()
		beat = ticker.C
	}
	for {
		select {
		case <-ctx.Done():
			sayToSystemd(context.WithoutCancel(ctx), daemon.SdNotifyStopping, log)
			return
		case <-ready:
			ready = nil
			sayToSystemd(ctx, daemon.SdNotifyReady, log)
		case <-beat:
			if err := alive(); err != nil {
				log.WarnContext(ctx, "systemd is not told that silkwire lives", "error", err)
				continue
			}
			sayToSystemd(ctx, daemon.SdNotifyWatchdog, log)
		}
	}
}

// sayToSystemd says something to systemd; where there is none it says nothing.
func sayToSystemd(ctx context.Context, state string, log *slog.Logger) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.WarnContext(ctx, "systemd cannot be told", "state", state, "error", err)
	}
}
