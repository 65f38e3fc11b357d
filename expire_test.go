package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"silkwire/bot"
	"silkwire/bot/delivery"
	"silkwire/commands"
	"silkwire/knowledge"
)

// Each sort of record that docs/privacy.md gives a time in days is there until that time
// is over, and then it is gone.
func TestWhatIsTooOldIsDeleted(t *testing.T) {
	base, err := openToWrite(t.Context(), filepath.Join(t.TempDir(), "silkwire.db"), quiet(), bot.NewHealth(quiet(), time.Now))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := base.close(); err != nil {
			t.Error(err)
		}
	})
	kept, now := keptIn(base, fetchConfig{}, quiet()), time.Now().UTC()
	put := func(key string, value any) error {
		record, err := json.Marshal(value)
		if err != nil {
			return err
		}
		return base.ledger.Update(t.Context(), func(tx bot.Tx) error { return tx.Put([]byte(key), record) })
	}
	sorts := []struct { // what is kept for the shortest time first
		prefix string
		life   time.Duration
		write  func() error
	}{
		{"l/", bot.LineLife, func() error { return put("l/abc", map[string]any{"line": "/curate add tea", "at": now}) }},
		{"o/", bot.SharedLife, func() error {
			return put(fmt.Sprintf("o/%020d/slack/m1", now.UnixNano()), bot.Shared{At: now, Platform: slackName, Channel: "C1", Message: "m1"})
		}},
		{"q/d/", delivery.LogLife, func() error {
			return put(fmt.Sprintf("q/d/%020d/abc", now.UnixNano()), delivery.Delivery{ID: "abc", Due: now, State: delivery.Posted})
		}},
		{"f/w/", bot.ReportLife, func() error {
			return kept.Feedback.Wrong(t.Context(), "1", bot.Report{At: now, Says: "no", Platform: slackName, Space: "T1", User: "U1"})
		}},
		{"d/", bot.DraftLife, func() error {
			return kept.Drafts.Propose(t.Context(), bot.Draft{At: now, Text: "tea", Platform: slackName, Space: "T1", User: "U1"})
		}},
		{"g/", knowledge.GapLife, func() error { return base.missed(t.Context(), "how much is the tea") }},
	}
	for _, s := range sorts {
		if err := s.write(); err != nil {
			t.Fatalf("%s: %v", s.prefix, err)
		}
	}
	left := func() (all []string) {
		t.Helper()
		for _, s := range sorts {
			err := base.ledger.View(t.Context(), func(tx bot.Tx) error {
				return tx.Scan([]byte(s.prefix), func([]byte, []byte) error { all = append(all, s.prefix); return nil })
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		return all
	}
	const day = 24 * time.Hour // questions are kept by the day on which they were asked last
	for _, s := range sorts {
		if err := expire(t.Context(), base, kept, now.Add(s.life-day)); err != nil {
			t.Fatal(err)
		}
		if got := left(); !slices.Contains(got, s.prefix) {
			t.Errorf("%s: gone a day before its time; left are %v", s.prefix, got)
		}
	}
	for _, s := range sorts {
		if err := expire(t.Context(), base, kept, now.Add(s.life+time.Minute)); err != nil {
			t.Fatal(err)
		}
		if got := left(); slices.Contains(got, s.prefix) {
			t.Errorf("%s: still there after its time", s.prefix)
		}
	}
}

// serve does so by itself: a minute after its start, and each day after that.
func TestForgetOldEachDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := bot.NewMemory(nil)
		base := openedBase{ledger: ledger, digests: new(delivery.Book)}
		kept := commands.Kept{Feedback: bot.NewFeedback(ledger, quiet()), Drafts: bot.NewDrafts(ledger)}
		propose := func(at time.Time) {
			if err := kept.Drafts.Propose(t.Context(), bot.Draft{At: at, Text: at.String(), User: "U1"}); err != nil {
				t.Error(err)
			}
		}
		ctx, stop := context.WithCancel(t.Context())
		var parts sync.WaitGroup
		defer parts.Wait()
		defer stop()
		propose(time.Now().Add(-bot.DraftLife))
		propose(time.Now().Add(-bot.DraftLife + time.Hour))
		forgetOld(ctx, base, kept, quiet(), &parts)
		for _, tt := range []struct {
			wait time.Duration
			left int
		}{{expireAfter + time.Second, 1}, {expireEvery - time.Minute, 1}, {time.Minute, 0}} {
			<-time.After(tt.wait)
			synctest.Wait()
			if n := len(ledger.Records()); n != tt.left {
				t.Errorf("%s later %d are left, want %d", tt.wait, n, tt.left)
			}
		}
	})
}
