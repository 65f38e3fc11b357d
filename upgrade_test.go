package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"silkwire/bot"
)

const twoReleases = `# Changelog

## Unreleased
- Not yet.

## 0.2.0 (1 December 2026)
- Second,
  on two lines.

## 0.1.0 (26 November 2026)
- First.
`

func TestTellUpgrade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "silkwire.db")
	base, err := openToWrite(t.Context(), path, quiet(), bot.NewHealth(quiet(), time.Now))
	if err != nil {
		t.Fatal(err)
	}
	both := readChangelog(twoReleases)
	for _, step := range []struct {
		name string
		all  []released
		want string
	}{
		{"first start, nothing released", nil, ""},
		{"again", nil, ""},
		{"first release", both[1:], "silkwire 0.1.0 changed:\n- First.\n"},
		{"again", both[1:], ""},
		{"next release", both, "silkwire 0.2.0 changed:\n- Second,\n  on two lines.\n"},
		{"back to an older one", both[1:], ""},
		{"and forth", both, ""},
	} {
		var out strings.Builder
		if err := tellUpgrade(t.Context(), base.ledger, step.all, &out); err != nil || out.String() != step.want {
			t.Errorf("%s: got %q, %v, want %q", step.name, &out, err, step.want)
		}
	}
	checked, err := operations{base: base}.check(t.Context(), "", struct{}{})
	if err != nil || len(checked.Spoilt)+len(checked.Wrong) > 0 {
		t.Errorf("got %+v, %v", checked, err)
	}
	if err := base.close(); err != nil {
		t.Error(err)
	}
}

// A database that a version filled before it was told of, and a new one, hear nothing.
func TestFirstStartTellsNothing(t *testing.T) {
	base, err := openToWrite(t.Context(), filepath.Join(t.TempDir(), "silkwire.db"), quiet(), bot.NewHealth(quiet(), time.Now))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := tellUpgrade(t.Context(), base.ledger, readChangelog(twoReleases), &out); err != nil || out.Len() > 0 {
		t.Errorf("got %q, %v", &out, err)
	}
	if told, err := lastTold(t.Context(), base.ledger); err != nil || told != "0.2.0" {
		t.Errorf("got %q, %v", told, err)
	}
	if err := base.close(); err != nil {
		t.Error(err)
	}
}

func TestCheckTold(t *testing.T) {
	for value, right := range map[string]bool{"0.1.0": true, noVersion: true, "": false, "new": false, "1.0": false} {
		if err := checkTold([]byte(seenKey), []byte(value)); (err == nil) != right {
			t.Errorf("%q: got %v", value, err)
		}
	}
	if checkTold([]byte("v/other"), []byte("0.1.0")) == nil {
		t.Error("another key is taken")
	}
}

// The changelog can be told of: what is not released stands first.
func TestShippedChangelog(t *testing.T) {
	if !strings.Contains(changelog, "\n## Unreleased\n") {
		t.Error("CHANGELOG.md has no section of what is not released")
	}
	for _, r := range readChangelog(changelog) {
		if !strings.HasPrefix(r.changes, "- ") {
			t.Errorf("%s: got %.40q, want lines that begin with -", r.version, r.changes)
		}
	}
}
