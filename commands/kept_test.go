package commands

import (
	"log/slog"
	"testing"

	"silkwire/bot"
)

// testKept keeps things in memory for one test.
func testKept(t *testing.T) Kept { return keptOn(t, bot.NewMemory(nil)) }

func keptOn(t *testing.T, ledger bot.Ledger) Kept {
	t.Helper()
	settings, err := bot.NewSettingsStore(t.Context(), ledger)
	if err != nil {
		t.Fatal(err)
	}
	return Kept{Settings: settings, Feedback: bot.NewFeedback(ledger, slog.New(slog.DiscardHandler)), Drafts: bot.NewDrafts(ledger)}
}
