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
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"silkwire/bot"
	"silkwire/knowledge"
	"silkwire/knowledge/kv"
	"silkwire/knowledge/kv/boltkv"
)

func (p *program) backupCommand() *cobra.Command {
	force := false
	c := &cobra.Command{
		Use: "backup [--force] file", Short: "Copy the database as it is at one moment, also while silkwire serves, and verify the copy",
		Long: `Copies the database as it is at one moment to a file, also while another silkwire
has it open, and then opens the copy and walks every record of it. A file that is
there is left alone unless --force is given.`,
		Example: "  silkwire backup silkwire-backup.db", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withSession(c.Context(), toLook, func(s *session) error { return p.backup(c.Context(), s, args[0], force) })
		},
	}
	c.Flags().BoolVar(&force, "force", false, "replace the file if it is there")
	return c
}

func (p *program) backup(ctx context.Context, s *session, file string, force bool) error {
	v, err := writeBackup(ctx, file, force, func(w io.Writer) error { return s.run(ctx, "backup", http.NoBody, w) })
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "backup %s: revision %d with %d records, %s, verified\n", file, v.Revisions, v.Records, megabytes(fileSize(file)))
	return err
}

// errNoGood is returned for a copy of the database that does not verify.
var errNoGood = errors.New("the copy is no good")

// writeBackup writes a database file by fill, verifies it, and gives it its name
// only then.
func writeBackup(ctx context.Context, file string, force bool, fill func(io.Writer) error) (v knowledge.Verified, err error) {
	if _, err := os.Lstat(file); err == nil && !force {
		return v, misuse("%s is there already: choose another name, or --force", file)
	}
	fresh, err := os.CreateTemp(filepath.Dir(file), ".backup-*") // mode 0600
	if err != nil {
		return v, fmt.Errorf("write backup: %w", err)
	}
	defer func() {
		if gone := os.Remove(fresh.Name()); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}()
	err = fill(fresh)
	if err == nil {
		err = fresh.Sync()
	}
	if err = errors.Join(err, fresh.Close()); err != nil {
		return v, fmt.Errorf("write backup: %w", err)
	}
	if v, err = verifyFile(ctx, fresh.Name()); err != nil {
		return v, fmt.Errorf("%w: %w", errNoGood, err)
	}
	if len(v.Wrong) > 0 {
		return v, fmt.Errorf("%w, and so is the database (silkwire store check): %s", errNoGood, v.Wrong[0])
	}
	if err := os.Rename(fresh.Name(), file); err != nil {
		return v, fmt.Errorf("name backup: %w", err)
	}
	if err := boltkv.SyncFolder(filepath.Dir(file)); err != nil {
		return v, fmt.Errorf("keep the backup's name: %w", err)
	}
	return v, nil
}

// verifyFile opens a database file that nobody writes to and walks every record.
func verifyFile(ctx context.Context, file string) (v knowledge.Verified, err error) {
	db, err := boltkv.Open(file, boltkv.Options{ReadOnly: true})
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return knowledge.Verify(ctx, db, otherRecords())
}

func (p *program) restoreCommand() *cobra.Command {
	replace := false
	c := &cobra.Command{
		Use: "restore [--replace] file", Short: "Put a backup in the place of the database, and keep the old file",
		Long: `Verifies a backup and puts a copy of it in the place of the database, which nobody
may have open: stop silkwire first. A database that is there is replaced only with
--replace, and kept beside the new one under a name with the time in it.`,
		Example: "  silkwire restore silkwire-backup.db\n  silkwire restore --replace silkwire-backup.db", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error { return p.restore(c.Context(), args[0], replace) },
	}
	c.Flags().BoolVar(&replace, "replace", false, "replace the database that is there")
	return c
}

func (p *program) restore(ctx context.Context, file string, replace bool) error {
	c, err := loadConfig(p.flags, p.getenv, p.dotenv)
	if err != nil {
		return err
	}
	there := exists(c.database)
	if there && !replace {
		return misuse("there is a database at %s already: with --replace it is replaced, and kept beside the new one", c.database)
	}
	v, err := verifyFile(ctx, file)
	if err != nil {
		return fmt.Errorf("%w; nothing was restored", err)
	}
	if len(v.Wrong) > 0 {
		return fmt.Errorf("%s is no good: %s; nothing was restored", file, v.Wrong[0])
	}
	kept := c.database + ".replaced-" + time.Now().UTC().Format("20060102T150405.000Z")
	if err := boltkv.Replace(c.database, file, kept, boltkv.Options{}); err != nil {
		if errors.Is(err, kv.ErrLocked) {
			return fmt.Errorf("the database %s is in use: stop silkwire first; nothing was restored", c.database)
		}
		return fmt.Errorf("restore %s: %w", file, err)
	}
	if _, err := fmt.Fprintf(p.stdout, "restored %s: revision %d with %d records\n", c.database, v.Revisions, v.Records); err != nil {
		return err
	}
	if there {
		_, err = fmt.Fprintf(p.stdout, "the old file is %s\n", kept)
	}
	return err
}

func (p *program) storeCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "store", Short: "Check and compact the database file", Example: "  silkwire store check",
		Args: noArguments, SuggestionsMinimumDistance: nearName,
		RunE: func(c *cobra.Command, _ []string) error {
			return misuse("say which: %s --help lists them", c.CommandPath())
		},
	}
	check := &cobra.Command{
		Use: "check", Short: "Walk every record and name what is wrong",
		Long: `Walks every record: checksums, the log of changes against what it makes, indexes,
references. It names what is wrong and then ends with exit status 1. It changes
nothing, and works while another silkwire has the database open.`,
		Example: "  silkwire store check", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return p.checkStore(c.Context()) },
	}
	compact := &cobra.Command{
		Use: "compact", Short: "Write the database anew without the room that it does not use",
		Example: "  silkwire store compact", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withSession(c.Context(), toWrite, func(s *session) error { return p.compact(c.Context(), s) })
		},
	}
	c.AddCommand(check, compact)
	return c
}

func (p *program) checkStore(ctx context.Context) error {
	var e examined
	err := p.withSession(ctx, toLook, func(s *session) (err error) {
		e, err = ask[examined](ctx, s, "check", struct{}{})
		return err
	})
	if errors.Is(err, kv.ErrDamaged) { // it is not fit to be opened
		c, wrong := loadConfig(p.flags, p.getenv, p.dotenv)
		if wrong != nil {
			return wrong
		}
		if e, wrong = examineFile(c.database); wrong == nil && len(e.Spoilt) == 0 {
			return err
		}
		err = wrong
	}
	for _, line := range slices.Concat(e.Spoilt, e.Wrong) {
		if _, err := fmt.Fprintln(p.stdout, line); err != nil {
			return fmt.Errorf("write what is wrong: %w", err)
		}
	}
	switch n := len(e.Spoilt) + len(e.Wrong); {
	case err != nil:
		return err
	case n > 0:
		return fmt.Errorf("%d thing(s) are wrong with the database: keep the file, and put a backup in its place with silkwire restore --replace", n)
	}
	_, err = fmt.Fprintf(p.stdout, "ok: revision %d with %d records, %d stored in all, %s, schema %d\n", e.Revisions, e.Records, e.Stored, megabytes(e.Bytes), e.Schema)
	return err
}

func (p *program) compact(ctx context.Context, s *session) error {
	c, err := ask[compacted](ctx, s, "compact", struct{}{})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "compacted: %s, was %s\n", megabytes(c.After), megabytes(c.Before))
	return err
}

// fileSize is how many bytes a file has, or 0.
func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

// backups makes a backup of the database each day and keeps the newest ones.
type backups struct {
	write  func(context.Context, io.Writer) (int64, error)
	folder string
	keep   int
	now    func() time.Time
	wait   func(context.Context, time.Duration) error
	log    *slog.Logger
	health *bot.Health
}

// How often backups are made, and tried again after one failed. The first waits
// until the start is over.
const (
	backupAfter = 5 * time.Minute
	backupEvery = 24 * time.Hour
	backupRetry = time.Hour
)

// backupPart is the daily backup in health.
const backupPart = "backup"

// The name of a daily backup; the time is UTC, so that names sort by it.
const (
	backupName  = "silkwire-"
	backupEnd   = ".db"
	backupStamp = "20060102T150405Z"
)

// run makes backups until ctx ends, each as soon as the newest is a day old.
func (b backups) run(ctx context.Context) {
	for wait := backupAfter; b.wait(ctx, wait) == nil; {
		age := b.now().Sub(b.newest())
		if age >= 0 && age < backupEvery {
			wait = backupEvery - age
			continue
		}
		wait = backupEvery
		if err := b.one(ctx); err != nil && ctx.Err() == nil {
			b.log.WarnContext(ctx, "no backup was made", "error", err)
			b.health.Report(backupPart, false, whyNoBackup(err, b.folder)+"; it is tried again each hour")
			wait = backupRetry
		}
	}
}

// whyNoBackup is what keeps a backup from being made, for the operator.
func whyNoBackup(err error, folder string) string {
	if errors.Is(err, errNoGood) || errors.Is(err, kv.ErrDamaged) {
		return `the daily backup did not verify, and so the database is not right: "silkwire store check" tells what is wrong`
	}
	return "the daily backup could not be written to " + folder + ": " + whyUnwritten(err)
}

// names lists the daily backups, oldest first.
func (b backups) names() []string {
	names, err := filepath.Glob(filepath.Join(b.folder, backupName+"*"+backupEnd))
	if err != nil {
		return nil // the pattern is right
	}
	slices.Sort(names)
	return slices.DeleteFunc(names, func(name string) bool { return made(name).IsZero() })
}

// made is when a daily backup was made, or zero for a file that is none.
func made(name string) time.Time {
	stamp := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(name), backupName), backupEnd)
	at, err := time.Parse(backupStamp, stamp)
	if err != nil {
		return time.Time{}
	}
	return at
}

func (b backups) newest() time.Time {
	if names := b.names(); len(names) > 0 {
		return made(names[len(names)-1])
	}
	return time.Time{}
}

// one makes a backup and removes the oldest that are too many.
func (b backups) one(ctx context.Context) error {
	if err := os.MkdirAll(b.folder, 0o700); err != nil {
		return fmt.Errorf("make folder for backups: %w", err)
	}
	file := filepath.Join(b.folder, backupName+b.now().UTC().Format(backupStamp)+backupEnd)
	v, err := writeBackup(ctx, file, false, func(w io.Writer) error {
		_, err := b.write(ctx, w)
		return err
	})
	if err != nil {
		return err
	}
	b.log.InfoContext(ctx, "backup made", "file", file, "revision", v.Revisions, "bytes", fileSize(file))
	b.health.Report(backupPart, true, "made "+b.now().UTC().Format("2 January 2006 15:04 UTC"))
	names := b.names()
	for _, old := range names[:max(len(names)-b.keep, 0)] {
		if err := os.Remove(old); err != nil {
			return fmt.Errorf("remove the oldest backup: %w", err)
		}
	}
	return nil
}
