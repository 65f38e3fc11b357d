package main

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
	"silkwire/knowledge/kv"
	"silkwire/knowledge/kv/boltkv"
)

// fakeDays is a clock that goes on by what is waited for, a number of times.
type fakeDays struct {
	now   time.Time
	left  int
	waits []time.Duration
}

func (f *fakeDays) wait(_ context.Context, d time.Duration) error {
	if f.left--; f.left < 0 {
		return context.Canceled
	}
	f.now = f.now.Add(d)
	f.waits = append(f.waits, d)
	return nil
}

// emptyDatabase is open until the test ends.
func emptyDatabase(t *testing.T) *boltkv.DB {
	t.Helper()
	db, err := boltkv.Open(filepath.Join(t.TempDir(), "silkwire.db"), boltkv.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// TestDailyBackups lets days pass.
func TestDailyBackups(t *testing.T) {
	db := emptyDatabase(t)
	if _, err := knowledge.Open(t.Context(), db, knowledge.ShippedBase(), false, time.Now); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "backups")
	start := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	health := bot.NewHealth(quiet(), time.Now)
	var failing error
	run := func(from time.Time, waits int) *fakeDays {
		days := &fakeDays{now: from, left: waits}
		backups{
			write: func(ctx context.Context, w io.Writer) (int64, error) {
				if failing != nil {
					return 0, failing
				}
				return db.WriteTo(ctx, w)
			},
			folder: folder, keep: 3, now: func() time.Time { return days.now }, wait: days.wait, log: quiet(), health: health,
		}.run(t.Context())
		return days
	}
	wantFiles := func(what string, want ...string) {
		t.Helper()
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, e.Name())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	run(start, 2)
	wantFiles("the first, and one a day later", "silkwire-20260301T120500Z.db", "silkwire-20260302T120500Z.db")
	if v, err := verifyFile(t.Context(), filepath.Join(folder, "silkwire-20260302T120500Z.db")); err != nil || v.Revisions != 1 {
		t.Errorf("a backup has revision %d, %v", v.Revisions, err)
	}
	stranger := filepath.Join(folder, "silkwire-mine.db")
	if err := os.WriteFile(stranger, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	days := run(start.Add(25*time.Hour), 3)
	if want := []time.Duration{backupAfter, 23 * time.Hour, 24 * time.Hour}; !slices.Equal(days.waits, want) {
		t.Errorf("started an hour after the last: waits %v, want %v", days.waits, want)
	}
	wantFiles("the oldest goes, and nobody else's", "silkwire-20260302T120500Z.db", "silkwire-20260303T120500Z.db", "silkwire-20260304T120500Z.db", "silkwire-mine.db")

	failing = syscall.ENOSPC
	days = run(start.Add(30*24*time.Hour), 3)
	if want := []time.Duration{backupAfter, backupRetry, backupRetry}; !slices.Equal(days.waits, want) {
		t.Errorf("while it fails: waits %v, want %v", days.waits, want)
	}
	if s := health.Parts()[0]; s.Part != backupPart || s.OK || s.Detail != "the daily backup could not be written to "+folder+": the disk is full; it is tried again each hour" {
		t.Errorf("while it fails: health %+v", s)
	}
	failing = fmt.Errorf("copy database: %w", kv.ErrDamaged)
	run(start.Add(30*24*time.Hour), 2)
	if s := health.Parts()[0]; s.OK || !strings.HasPrefix(s.Detail, "the daily backup did not verify, and so the database is not right") {
		t.Errorf("of a damaged database: health %+v", s)
	}
	wantFiles("a failure leaves nothing", "silkwire-20260302T120500Z.db", "silkwire-20260303T120500Z.db", "silkwire-20260304T120500Z.db", "silkwire-mine.db")
	failing = nil
	run(start.Add(31*24*time.Hour), 1)
	if s := health.Parts()[0]; !s.OK {
		t.Errorf("once it works again: health %+v", s)
	}
}

// oldDatabase is the database of schema 1 that knowledge keeps, at a path of the
// test's.
func oldDatabase(t *testing.T) string {
	t.Helper()
	file, err := os.Open("knowledge/testdata/databases/schema-1.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // nothing was written
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "silkwire.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestMigrationKeepsACopy opens a database of an older silkwire, whose shipped fact
// base was a small one.
func TestMigrationKeepsACopy(t *testing.T) {
	path := oldDatabase(t)
	var lines strings.Builder
	log := slog.New(slog.NewTextHandler(&lines, nil))
	base, err := openToWrite(t.Context(), path, log, bot.NewHealth(quiet(), time.Now))
	if err != nil {
		t.Fatal(err)
	}
	v, err := knowledge.Verify(t.Context(), base.db, otherRecords())
	if err != nil || len(v.Wrong) > 0 || v.Schema != 2 || v.Revisions != 5 {
		t.Errorf("after the migration: %+v, %v", v, err)
	}
	if f := base.Snapshot().Fact("free"); f == nil || f.Statement != "Free, as a curator has it." {
		t.Errorf("what a curator wrote is %v", f)
	}
	for _, want := range []string{
		`the database was migrated" from_schema=1 copy=` + path + ".schema-1", `a newer shipped fact base was taken in"`,
		`upgrade: new" count=12`, `upgrade: changed" count=2`, `upgrade: gone" count=`,
		`upgrade: left alone, because curators changed them or what they rest on" count=`, "fact free",
	} {
		if !strings.Contains(lines.String(), want) {
			t.Errorf("%q is not in the log:\n%s", want, lines.String())
		}
	}
	if n := strings.Count(lines.String(), "\n"); n != 6 {
		t.Errorf("%d lines, want one of the migration and five of the upgrade:\n%s", n, lines.String())
	}
	if err := base.close(); err != nil {
		t.Fatal(err)
	}
	// The copy is the old database, and restores to it.
	v, err = verifyFile(t.Context(), path+".schema-1")
	if err != nil || v.Schema != 1 || v.Revisions != 4 {
		t.Errorf("the copy: %+v, %v", v, err)
	}
	if err := boltkv.Replace(path, path+".schema-1", path+".kept", boltkv.Options{}); err != nil {
		t.Fatal(err)
	}
	if v, err := verifyFile(t.Context(), path); err != nil || v.Schema != 1 || v.Revisions != 4 {
		t.Errorf("restored: %+v, %v", v, err)
	}
}

// BenchmarkBackup copies and verifies the database with the shipped fact base and
// more.
func BenchmarkBackup(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			folder := b.TempDir()
			base, err := openToWrite(b.Context(), filepath.Join(folder, "silkwire.db"), quiet(), bot.NewHealth(quiet(), time.Now))
			if err != nil {
				b.Fatal(err)
			}
			var c knowledge.Change
			for i := range n {
				c.Put = append(c.Put, teaFact(fmt.Sprintf("tea-%d", i), fmt.Sprintf("Cup %d was served at a stand of some other name.", i)))
			}
			if _, err := base.stored.Apply(b.Context(), c); err != nil {
				b.Fatal(err)
			}
			file := filepath.Join(folder, "backup.db")
			b.ReportAllocs()
			for b.Loop() {
				_, err := writeBackup(b.Context(), file, true, func(w io.Writer) error {
					_, err := base.db.WriteTo(b.Context(), w)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(fileSize(file))
			if err := base.close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
