package main

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"silkwire/bot"
)

// manager is the service manager that started serve, where there is one: it is told when
// the start is over, that silkwire is well, and when the end begins
// (https://www.freedesktop.org/software/systemd/man/sd_notify.html). Where there is none,
// NOTIFY_SOCKET is unset, and nothing is told.
type manager struct {
	start *progress
	core  completer
	log   *slog.Logger
}

// completer is what of the router shows that it answers.
type completer interface {
	Complete(ctx context.Context, r bot.Request) bot.Completion
}

// begins tells the manager what is waited for, before any of it can be ready.
func (m manager) begins(ctx context.Context) {
	m.tell(ctx, "STATUS=waiting for "+strings.Join(m.start.now().Waiting, ", "))
}

// run tells the manager how serve is until ctx ends.
func (m manager) run(ctx context.Context) {
	defer m.tell(ctx, "STATUS=finishing what is in hand", daemon.SdNotifyStopping)
	select {
	case <-m.start.there:
	case <-ctx.Done():
		return
	}
	m.tell(ctx, "STATUS=ready "+m.start.all, daemon.SdNotifyReady)
	m.watch(ctx)
}

// watch says that silkwire is well at half the time that the manager gives it. One that
// hangs says nothing any more, and is started anew.
func (m manager) watch(ctx context.Context) {
	within, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		m.log.WarnContext(ctx, "the service manager's watchdog is not told anything", "error", err)
	}
	if err != nil || within == 0 {
		<-ctx.Done()
		return
	}
	half := time.NewTicker(within / 2)
	defer half.Stop()
	for {
		if isWell(ctx, m.core, within/2) {
			m.tell(ctx, daemon.SdNotifyWatchdog)
		} else if ctx.Err() == nil {
			m.log.ErrorContext(ctx, "the router does not answer: the service manager's watchdog is not told that it is well")
		}
		select {
		case <-half.C:
		case <-ctx.Done():
			return
		}
	}
}

// isWell tells whether the router completes a name out of the fact base. It is no
// request: nothing is counted, limited or logged.
func isWell(ctx context.Context, core completer, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return len(core.Complete(ctx, bot.Request{Line: "/lab deep", Conversation: bot.Conversation{Platform: "watchdog"}}).Choices) > 0
}

func (m manager) tell(ctx context.Context, states ...string) {
	if _, err := daemon.SdNotify(false, strings.Join(states, "\n")); err != nil {
		m.log.WarnContext(ctx, "the service manager was not told", "error", err)
	}
}
