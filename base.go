package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"syscall"
	"time"

	"silkwire/bot"
	"silkwire/commands"
	"silkwire/knowledge"
	"silkwire/knowledge/kv"
	"silkwire/knowledge/kv/boltkv"
)

// openedBase is a fact base with what must be closed after it.
type openedBase struct {
	commands.Knowledge
	missed   func(ctx context.Context, question string) error
	ledger   bot.Ledger // where settings and reports are kept; nil: nothing can be kept
	records  bot.Ledger // what can be read of them; nil: nothing
	settings *bot.SettingsStore
	close    func() error
}

// unkept is a fact base beside which nothing can be kept.
func unkept(s *knowledge.Snapshot) openedBase {
	return openedBase{
		Knowledge: shippedOnly{s}, settings: new(bot.SettingsStore),
		missed: func(context.Context, string) error { return nil },
		close:  func() error { return nil },
	}
}

// shippedOnly answers from the fact base inside the binary.
type shippedOnly struct{ snapshot *knowledge.Snapshot }

func (s shippedOnly) Snapshot() *knowledge.Snapshot { return s.snapshot }

func openShipped() (openedBase, error) {
	snapshot, err := knowledge.ShippedBase().Snapshot()
	return unkept(snapshot), err
}

// openToServe creates or opens the database and holds its lock. Where another
// process holds it, or the folder cannot be written, the shipped fact base
// answers instead and a sentence on stderr says so.
func openToServe(ctx context.Context, path string, stderr io.Writer, health *bot.Health) (openedBase, error) {
	return openBase(ctx, path, boltkv.Options{}, stderr, health)
}

// openToRead opens the database for one answer. Where there is none nothing is
// created.
func openToRead(ctx context.Context, path string, stderr io.Writer, health *bot.Health) (openedBase, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return openShipped()
	}
	return openBase(ctx, path, boltkv.Options{ReadOnly: true}, stderr, health)
}

// reading opens the configured database for a subcommand that only lists what
// stands in it.
func (p *program) reading(ctx context.Context, list func(openedBase) error) (err error) {
	config, err := loadConfig(p.flags, p.getenv, p.dotenv)
	if err != nil {
		return err
	}
	base, err := openToRead(ctx, config.database, p.stderr, bot.NewHealth(quiet(), time.Now))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, base.close()) }()
	return list(base)
}

func openBase(ctx context.Context, path string, options boltkv.Options, stderr io.Writer, health *bot.Health) (openedBase, error) {
	db, err := boltkv.Open(path, options)
	if err != nil {
		reason := whyNot(path, err)
		if reason == "" {
			return openedBase{}, err // it names the file and what to do
		}
		// There is nobody left to tell that telling did not work.
		_, _ = fmt.Fprintf(stderr, "silkwire: %s; I answer from the fact base that ships with the program, and nothing can be changed.\n", reason)
		health.Report("store", false, reason)
		return openShipped()
	}
	base, err := knowledge.Open(ctx, db, knowledge.ShippedBase(), options.ReadOnly, time.Now)
	if err != nil {
		return openedBase{}, errors.Join(fmt.Errorf("open fact base %s: %w", path, err), db.Close())
	}
	var ledger bot.Ledger
	if !options.ReadOnly {
		ledger = db
	}
	settings, err := bot.NewSettingsStore(ctx, ledger)
	if err != nil {
		return openedBase{}, errors.Join(fmt.Errorf("open database %s: %w", path, err), db.Close())
	}
	health.Report("store", true, "open")
	closeBoth := func() error {
		// The context of the run has ended by now; what waits is written all the same.
		return errors.Join(base.Close(context.WithoutCancel(ctx)), db.Close())
	}
	return openedBase{base, base.Missed, ledger, db, settings, closeBoth}, nil
}

// whyNot says why a database that may be well cannot be used now, or "" if it
// is not well.
func whyNot(path string, err error) string {
	switch {
	case errors.Is(err, kv.ErrLocked):
		return "the database " + path + " is in use by another silkwire"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS), errors.Is(err, syscall.ENOTDIR):
		return "the database " + path + " cannot be opened for writing: make its folder writable, or name another file with --db"
	}
	return ""
}

// How much one process remembers of conversations and users, and for how long.
const (
	contextLife      = 30 * time.Minute
	maxConversations = 2_000
	maxUsers         = 5_000
	burst            = 20
)

// newCore is the router over every command. What is refused costs the user a
// request of their limit, and leaves nothing to remember. It keeps the last
// replies for whoever asks the same.
func newCore(base openedBase, perSecond float64, log *slog.Logger, replies int) (*bot.Router, error) {
	feedback := bot.NewFeedback(base.ledger, log)
	kept := commands.Kept{Settings: base.settings, Feedback: feedback}
	if gaps, counts := base.Knowledge.(commands.Gaps); counts {
		kept.Gaps = gaps
	}
	wrap := []bot.Middleware{
		bot.Log(log, time.Now), bot.Unanswered(commands.Question, "question", log, base.missed), bot.Recover(),
		bot.Limit(perSecond, burst, maxUsers), bot.Settle(base.settings), bot.Ratings(feedback), bot.Remember(contextLife, maxConversations),
	}
	all := commands.All(base, version(), kept)
	if replies > 0 {
		steady := map[string]bool{}
		for _, c := range all {
			steady[c.Name] = c.Steady
		}
		wrap = append(wrap, bot.Repeat(func(command string) bool { return steady[command] }, func() uint64 { return base.Snapshot().Revision }, replies))
	}
	return bot.NewRouter(all, commands.Question, log, wrap...)
}
