package main

import (
	"context"
	_ "embed" // the changelog, to tell of
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"silkwire/bot"
)

// changelog is what each version changed, the newest first.
//
//go:embed CHANGELOG.md
var changelog string

// seenKey holds the version whose changes were told last.
const seenKey = "v/told"

// noVersion is told of where no version was released yet.
const noVersion = "0.0.0"

// versionHeading begins what one version changed. What is not released is not told.
var versionHeading = regexp.MustCompile(`(?m)^## (\d+\.\d+\.\d+)\b.*$`)

// released is what one version changed.
type released struct{ version, changes string }

// readChangelog gives the versions, the newest first.
func readChangelog(text string) []released {
	var all []released
	heads := versionHeading.FindAllStringSubmatchIndex(text, -1)
	for i, h := range heads {
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		all = append(all, released{text[h[2]:h[3]], strings.TrimSpace(text[h[1]:end])})
	}
	return all
}

// since gives the releases after a version. After one that is not among them, as a later
// silkwire leaves it, there are none.
func since(all []released, told string) []released {
	for i, r := range all {
		if r.version == told {
			return all[:i]
		}
	}
	if told == noVersion {
		return all
	}
	return nil
}

// tellUpgrade prints once what the versions changed since the one that used this database
// last; of a database that no version has told of, nothing. What a newer shipped fact
// base brought is another matter, of which the log tells.
func tellUpgrade(ctx context.Context, ledger bot.Ledger, all []released, out io.Writer) error {
	told, err := lastTold(ctx, ledger)
	if err != nil {
		return fmt.Errorf("read which version was told of: %w", err)
	}
	news := since(all, told)
	if told != "" && len(news) == 0 {
		return nil
	}
	newest := noVersion
	if len(all) > 0 {
		newest = all[0].version
	}
	for _, r := range news {
		// It is in CHANGELOG.md too, if this cannot be written.
		_, _ = fmt.Fprintf(out, "silkwire %s changed:\n%s\n", r.version, r.changes)
	}
	err = ledger.Update(ctx, func(tx bot.Tx) error { return tx.Put([]byte(seenKey), []byte(newest)) })
	if err != nil {
		return fmt.Errorf("keep which version was told of: %w", err)
	}
	return nil
}

// lastTold is the version that was told of last, "" for none.
func lastTold(ctx context.Context, ledger bot.Ledger) (told string, err error) {
	err = ledger.View(ctx, func(tx bot.Tx) error {
		value, err := tx.Get([]byte(seenKey))
		told = string(value)
		return err
	})
	return told, err
}

var wholeVersion = regexp.MustCompile(`^\d+\.\d+\.\d+$`)

// checkTold tells what is wrong with the record under seenKey, or returns nil.
func checkTold(key, value []byte) error {
	if string(key) != seenKey || !wholeVersion.Match(value) {
		return errors.New("it is no version that was told of")
	}
	return nil
}
