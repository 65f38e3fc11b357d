package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"silkwire/bot"
	"silkwire/knowledge/kv"
)

func (p *program) forgetCommand() *cobra.Command {
	return &cobra.Command{
		Use: "forget user", Short: "Delete everything that is kept of one person, by their id on the platform",
		Long: `Deletes what is stored under a person's id: their settings, what they watch, their
proposals and reports, buttons whose lines name them, and their name on lists and on
digests that they ordered; then the file is written anew, so that no trace is left in
it. silkwire must be stopped. What a curator changed in the fact base stays with its
author, and so do copies: daily backups go by themselves after SILKWIRE_BACKUPS days.`,
		Example: "  silkwire forget U024BE7LH\n  silkwire forget 300000000000000001", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error { return p.forget(c.Context(), args[0]) },
	}
}

// shortestID is how long a person's id is at least: a shorter word would be part of others.
const shortestID = 2

func (p *program) forget(ctx context.Context, id string) (err error) {
	if len(id) < shortestID || strings.ContainsAny(id, " /\x00<>@") {
		return misuse("%q is no id of a person: Slack shows it under Profile, Copy member ID; Discord with Copy User ID", id)
	}
	c, err := loadConfig(p.flags, p.getenv, p.dotenv)
	if err != nil {
		return err
	}
	if !exists(c.database) {
		return errNoDatabase
	}
	base, err := openToWrite(ctx, c.database, c.log.logger(), bot.NewHealth(quiet(), time.Now))
	if errors.Is(err, kv.ErrLocked) {
		return fmt.Errorf("the database %s is in use: stop silkwire first; nothing was deleted", c.database)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, base.close()) }()
	deleted, changed, err := forgetIn(ctx, base.ledger, id)
	if err != nil {
		return err
	}
	if _, _, err := base.db.Compact(ctx); err != nil {
		return fmt.Errorf("write the database anew: %w", err)
	}
	_, err = fmt.Fprintf(p.stdout, "%d record(s) deleted, %d changed\n", deleted, changed)
	return err
}

// ofPeople are the beginnings of the keys of records that may name a person: all that are
// no part of the fact base.
var ofPeople = []string{"c/", "f/", "d/", "l/", "o/", "n/", "q/", "u/"}

// forgetIn deletes each record of a person and takes their id out of the others.
func forgetIn(ctx context.Context, ledger bot.Ledger, id string) (deleted, changed int, err error) {
	err = ledger.Update(ctx, func(tx bot.Tx) error {
		deleted, changed = 0, 0
		put := map[string][]byte{} // nil: it is deleted
		for _, prefix := range ofPeople {
			err := tx.Scan([]byte(prefix), func(key, value []byte) error {
				if !mentions(key, id) && !mentions(value, id) {
					return nil
				}
				left, err := without(key, value, id)
				put[string(key)] = left
				return err
			})
			if err != nil {
				return err
			}
		}
		for key, value := range put {
			if value == nil {
				deleted++
				if err := tx.Delete([]byte(key)); err != nil {
					return err
				}
				continue
			}
			changed++
			if err := tx.Put([]byte(key), value); err != nil {
				return err
			}
		}
		return nil
	})
	return deleted, changed, err
}

// mentions tells whether an id stands somewhere as a word of its own.
func mentions(in []byte, id string) bool {
	letter := func(c byte) bool {
		return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	for at := 0; ; at++ {
		i := bytes.Index(in[at:], []byte(id))
		if i < 0 {
			return false
		}
		at += i
		end := at + len(id)
		if (at == 0 || !letter(in[at-1])) && (end == len(in) || !letter(in[end])) {
			return true
		}
	}
}

// without is a record that does not name a person any more; nil where the record is theirs:
// its key or its field "user" names them, it is a line of a button, or it is a digest for
// their direct messages.
func without(key, value []byte, id string) ([]byte, error) {
	if mentions(key, id) || bytes.HasPrefix(key, []byte("l/")) {
		return nil, nil
	}
	var record map[string]any
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	if err := d.Decode(&record); err != nil {
		return nil, fmt.Errorf("read record %q: %w", key, err)
	}
	to, _ := record["to"].(map[string]any)
	if record["user"] == id || record["by"] == id && to["Direct"] == true {
		return nil, nil
	}
	left, err := json.Marshal(cleared(record, id))
	if err != nil || !mentions(left, id) {
		return left, err
	}
	return nil, nil // it speaks of them in its words
}

// cleared is a value without an id: gone from lists, empty in fields.
func cleared(v any, id string) any {
	switch v := v.(type) {
	case map[string]any:
		for name, field := range v {
			v[name] = cleared(field, id)
		}
	case []any:
		return slices.DeleteFunc(v, func(item any) bool { return item == id })
	case string:
		if v == id {
			return ""
		}
	}
	return v
}
