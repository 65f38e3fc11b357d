package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"silkwire/adapters/control"
	"silkwire/bot"
	"silkwire/bot/delivery"
	"silkwire/commands"
	"silkwire/knowledge"
	"silkwire/knowledge/feed"
	"silkwire/knowledge/kv"
	"silkwire/knowledge/kv/boltkv"
	"silkwire/knowledge/quote"
)

// openedBase is a fact base with what must be closed after it.
type openedBase struct {
	commands.Knowledge
	missed   func(ctx context.Context, question string) error
	ledger   bot.Ledger // where settings and reports are kept; nil: nothing can be kept
	records  bot.Ledger // what can be read of them; nil: nothing
	settings *bot.SettingsStore
	digests  *delivery.Book
	feeds    *feed.Book      // nil: there is no database
	quotes   *quote.Book     // nil: no price is kept
	stored   *knowledge.Base // nil: there is no database
	db       *boltkv.DB      // nil: there is no database
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

// lockWait is how long somebody waits for a database that another process has
// open and does not share at its control socket: for less than a person would.
const lockWait = 10 * time.Second

// errShared is returned for a database that another process has open and shares at
// its control socket.
var errShared = errors.New("in use by another silkwire, which shares it")

// openToServe creates or opens the database and holds its lock. Where another
// process holds it, or the folder cannot be written, the shipped fact base
// answers instead and a sentence on stderr says so.
func openToServe(ctx context.Context, path string, stderr io.Writer, log *slog.Logger, health *bot.Health) (openedBase, error) {
	base, err := openToWrite(ctx, path, log, health)
	return orShipped(base, err, path, stderr, health)
}

// openToWrite creates or opens the database and holds its lock. The error wraps
// errShared where another process holds it that shares it.
func openToWrite(ctx context.Context, path string, log *slog.Logger, health *bot.Health) (openedBase, error) {
	return openWaiting(ctx, path, boltkv.Options{}, lockWait, log, health)
}

// openToRead opens the database for one answer. Where there is none nothing is
// created.
func openToRead(ctx context.Context, path string, stderr io.Writer, health *bot.Health) (openedBase, error) {
	if !exists(path) {
		return openShipped()
	}
	base, err := openWaiting(ctx, path, boltkv.Options{ReadOnly: true}, time.Second, quiet(), health)
	if errors.Is(err, errShared) {
		return openedBase{}, err
	}
	return orShipped(base, err, path, stderr, health)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR)
}

// orShipped is the shipped fact base where the database may be well and cannot be
// used now.
func orShipped(base openedBase, err error, path string, stderr io.Writer, health *bot.Health) (openedBase, error) {
	if err == nil {
		return base, nil
	}
	reason := whyNot(path, err)
	if reason == "" {
		return openedBase{}, err // it names the file and what to do
	}
	// There is nobody left to tell that telling did not work.
	_, _ = fmt.Fprintf(stderr, "silkwire: %s; I answer from the fact base that ships with the program, and nothing can be changed.\n", reason)
	health.Report(storePart, false, reason)
	return openShipped()
}

// openWaiting opens the database; while another process has it open it tries again
// for as long as it may wait, or returns errShared as soon as that one answers.
func openWaiting(ctx context.Context, path string, options boltkv.Options, wait time.Duration, log *slog.Logger, health *bot.Health) (openedBase, error) {
	start := time.Now()
	for {
		// Asking for the socket first spares the wait for a lock that is not given.
		shared, err := shares(ctx, path)
		switch {
		case err != nil:
			return openedBase{}, errors.Join(kv.ErrLocked, err)
		case shared:
			return openedBase{}, errors.Join(kv.ErrLocked, errShared)
		}
		base, err := openBase(ctx, path, options, log, health)
		if !errors.Is(err, kv.ErrLocked) || time.Since(start) > wait || ctx.Err() != nil {
			return base, err
		}
	}
}

// shares tells whether the process that has the database open answers at its
// control socket.
func shares(ctx context.Context, path string) (bool, error) {
	if !exists(control.Socket(path)) {
		return false, nil
	}
	c := control.NewClient(path, "")
	defer c.Close()
	err := c.Do(ctx, "ping", http.NoBody, io.Discard)
	if errors.Is(err, control.ErrNobody) {
		return false, nil
	}
	return err == nil, err
}

func openBase(ctx context.Context, path string, options boltkv.Options, log *slog.Logger, health *bot.Health) (openedBase, error) {
	db, err := boltkv.Open(path, options)
	if err != nil {
		return openedBase{}, err
	}
	base, err := openRecords(ctx, db, path, options, log, health)
	if err != nil {
		return openedBase{}, errors.Join(err, db.Close())
	}
	return base, nil
}

// openRecords opens what is in the file, after bringing it to the newest schema.
func openRecords(ctx context.Context, db *boltkv.DB, path string, options boltkv.Options, log *slog.Logger, health *bot.Health) (openedBase, error) {
	store := &watchedStore{Store: db, health: health}
	if !options.ReadOnly {
		if err := migrate(ctx, db, path, log); err != nil {
			return openedBase{}, err
		}
	}
	base, err := knowledge.Open(ctx, store, knowledge.ShippedBase(), options.ReadOnly, time.Now)
	if err != nil {
		return openedBase{}, openError(path, err)
	}
	logUpgrade(ctx, log, base.Upgrade())
	var ledger bot.Ledger
	if !options.ReadOnly {
		ledger = store
	}
	settings, err := bot.NewSettingsStore(ctx, ledger)
	if err != nil {
		return openedBase{}, fmt.Errorf("open database %s: %w", path, err)
	}
	digests, err := delivery.OpenBook(ctx, ledger)
	if err != nil {
		return openedBase{}, fmt.Errorf("open database %s: %w", path, err)
	}
	feeds, err := feed.OpenBook(ctx, store, options.ReadOnly)
	if err != nil {
		return openedBase{}, fmt.Errorf("open database %s: %w", path, err)
	}
	quotes, err := quote.Open(ctx, store, base, options.ReadOnly)
	if err != nil {
		return openedBase{}, openError(path, err)
	}
	health.Report(storePart, true, "open")
	closeBoth := func() error {
		// The context of the run has ended by now; what waits is written all the same.
		return errors.Join(base.Close(context.WithoutCancel(ctx)), db.Close())
	}
	return openedBase{base, base.Missed, ledger, store, settings, digests, feeds, quotes, base, db, closeBoth}, nil
}

// openError says of records that cannot be used what to do.
func openError(path string, err error) error {
	hint := ""
	switch {
	case errors.Is(err, kv.ErrNewer):
		hint = "nothing was changed: use the silkwire that wrote it, or a later one"
	case errors.Is(err, kv.ErrDamaged):
		hint = `nothing was changed: "silkwire store check" tells what is wrong, and "silkwire restore" puts a backup in its place`
	default:
		return fmt.Errorf("open fact base %s: %w", path, err)
	}
	return &kv.OpenError{Path: path, Err: err, Hint: hint}
}

// migrate brings the records of an older silkwire to the newest schema, after
// copying the file beside itself.
func migrate(ctx context.Context, db *boltkv.DB, path string, log *slog.Logger) error {
	kept := ""
	from, err := knowledge.Migrate(ctx, db, func(from int) error {
		kept = fmt.Sprintf("%s.schema-%d", path, from)
		if _, err := writeBackup(ctx, kept, true, func(w io.Writer) error {
			_, err := db.WriteTo(ctx, w)
			return err
		}); err != nil {
			return fmt.Errorf("copy the database before its records are migrated: %w", err)
		}
		return db.RaiseFormat(ctx)
	})
	if err != nil {
		return openError(path, err)
	}
	if kept != "" {
		log.InfoContext(ctx, "the database was migrated", "from_schema", from, "copy", kept)
	}
	return nil
}

// logUpgrade says in at most five lines what a newer shipped fact base brought.
func logUpgrade(ctx context.Context, log *slog.Logger, u *knowledge.Upgrade) {
	if u == nil {
		return
	}
	if u.Revision.Number == 1 { // a new database
		return
	}
	log.InfoContext(ctx, "a newer shipped fact base was taken in", "version", u.Version, "revision", u.Revision.Number)
	var came, changed, gone, left []string
	for _, e := range u.Revision.Edits {
		switch {
		case e.Before == nil:
			came = append(came, e.Ref.String())
		case e.After == nil:
			gone = append(gone, e.Ref.String())
		default:
			changed = append(changed, e.Ref.String())
		}
	}
	for _, c := range u.Left {
		left = append(left, strings.TrimSpace(c.Ref.String()+" "+c.Field))
	}
	for _, ref := range u.Unfit {
		left = append(left, ref.String())
	}
	for _, part := range []struct {
		what string
		of   []string
	}{{"new", came}, {"changed", changed}, {"gone", gone}, {"left alone, because curators changed them or what they rest on", left}} {
		log.InfoContext(ctx, "upgrade: "+part.what, "count", len(part.of), "records", firstOf(part.of))
	}
}

// firstOf names a few of many.
func firstOf(names []string) string {
	const few = 8
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}

// whyNot says why a database that may be well cannot be used now, or "" if it
// is not well.
func whyNot(path string, err error) string {
	switch {
	case errors.Is(err, kv.ErrLocked): // errShared too
		return "the database " + path + " is in use by another silkwire"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS), errors.Is(err, syscall.ENOTDIR):
		return "the database " + path + " cannot be opened for writing: make its folder writable, or name another file with --db"
	}
	return ""
}

// How much one process remembers of conversations and users.
const (
	maxConversations = 2_000
	maxUsers         = 5_000
	burst            = 20
)

// newCore is the router over every command. What is refused costs the user a
// request of their limit, and leaves nothing to remember. It keeps the last
// replies for whoever asks the same.
func newCore(base openedBase, kept commands.Kept, perSecond float64, log *slog.Logger, replies int) (*bot.Router, error) {
	needs := map[string]bot.Permission{}
	all := commands.All(base, version(), kept)
	for _, c := range all {
		needs[c.Name] = c.Permit
		for _, sub := range c.Subcommands {
			needs[c.Name+" "+sub.Name] = c.Permit | sub.Permit
		}
	}
	wrap := []bot.Middleware{
		bot.Log(log, time.Now), bot.Trail(log, func(command string) bot.Permission { return needs[command] }), bot.Unanswered(commands.Question, "question", log, base.missed), bot.Recover(),
		bot.Limit(perSecond, burst, maxUsers), bot.Settle(base.settings), bot.Ratings(kept.Feedback), bot.Remember(bot.ContextLife, maxConversations),
	}
	if replies > 0 {
		steady := map[string]bool{}
		for _, c := range all {
			steady[c.Name] = c.Steady
		}
		wrap = append(wrap, bot.Repeat(func(command string) bool { return steady[command] }, func() uint64 { return base.Snapshot().Edition }, replies))
	}
	router, err := bot.NewRouter(all, commands.Question, log, wrap...)
	if err == nil {
		router.Disable(kept.Disabled)
		router.KeepLines(bot.NewLines(base.ledger))
	}
	return router, err
}

// keptIn is what the commands keep beside the fact base.
func keptIn(base openedBase, c fetchConfig, log *slog.Logger) commands.Kept {
	kept := commands.Kept{Settings: base.settings, Feedback: bot.NewFeedback(base.ledger, log), Drafts: bot.NewDrafts(base.ledger), Digests: base.digests}
	kept.Feeds = followed(base, kept.Drafts, c, log)
	if gaps, counts := base.Knowledge.(commands.Gaps); counts {
		kept.Gaps = gaps
	}
	if base.stored != nil {
		kept.Changes = base.stored
		if base.ledger != nil {
			kept.Base = base.stored
		}
	}
	return kept
}
