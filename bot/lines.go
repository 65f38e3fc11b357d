package bot

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Lines keeps the command lines of buttons that are longer than what a platform's
// button carries, and gives each a short one that stands for it. A line is what
// somebody typed, and is asked with the rights of whoever presses. It is safe for use
// by many goroutines.
type Lines struct{ ledger Ledger }

// NewLines keeps them in the ledger; with a nil ledger lines stay as they are.
func NewLines(ledger Ledger) *Lines { return &Lines{ledger} }

// keptLine is a line as it is stored.
type keptLine struct {
	Line string    `json:"line"`
	At   time.Time `json:"at"`
}

// LineLife is how long a button works whose line is kept.
const LineLife = 30 * 24 * time.Hour

const (
	linePrefix  = "l/"
	againPrefix = "/again "
	// longestShown is up to how many bytes a line stays as it is: a few of that length
	// fit into a message of Discord's.
	longestShown = 90
	mostLines    = 5000
)

// keeps tells whether a line is one that is kept. Those of answers are not: their
// buttons shall work for as long as their message lives.
func keeps(line string) bool {
	return len(line) > longestShown && strings.HasPrefix(line, "/curate ")
}

// shorten gives each action of a reply a line that a button carries.
func (l *Lines) shorten(ctx context.Context, reply *Reply, now time.Time) error {
	if l.ledger == nil {
		return nil
	}
	for _, actions := range []*[]Action{&reply.Actions, &reply.Suggestions} {
		if !slices.ContainsFunc(*actions, func(a Action) bool { return keeps(a.Line) }) {
			continue
		}
		*actions = slices.Clone(*actions)
		for i, a := range *actions {
			if !keeps(a.Line) {
				continue
			}
			short, err := l.keep(ctx, a.Line, now)
			if err != nil {
				return err
			}
			(*actions)[i].Line = short
		}
	}
	return nil
}

// tokenLength is how many letters of a line's digest name it.
const tokenLength = 16

func (l *Lines) keep(ctx context.Context, line string, now time.Time) (string, error) {
	sum := sha256.Sum256([]byte(line))
	token := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:tokenLength]
	value, err := json.Marshal(keptLine{line, now.UTC()})
	if err != nil {
		return "", fmt.Errorf("encode line: %w", err)
	}
	err = l.ledger.Update(ctx, func(tx Tx) error {
		if err := forgetLines(tx, now); err != nil {
			return err
		}
		return tx.Put([]byte(linePrefix+token), value)
	})
	if err != nil {
		return "", fmt.Errorf("keep a line: %w", err)
	}
	return againPrefix + token, nil
}

// Expire deletes the lines that are older than LineLife. It returns the error of reading
// or writing.
func (l *Lines) Expire(ctx context.Context, now time.Time) error {
	if l.ledger == nil {
		return nil
	}
	if err := l.ledger.Update(ctx, func(tx Tx) error { return forgetLines(tx, now) }); err != nil {
		return fmt.Errorf("forget old lines: %w", err)
	}
	return nil
}

// forgetLines deletes those that are too old, and the oldest of too many.
func forgetLines(tx Tx, now time.Time) error {
	type dated struct {
		key []byte
		at  time.Time
	}
	var all []dated
	err := tx.Scan([]byte(linePrefix), func(key, value []byte) error {
		var k keptLine
		if err := json.Unmarshal(value, &k); err != nil {
			return fmt.Errorf("decode line %q: %w", key, err)
		}
		all = append(all, dated{bytes.Clone(key), k.At})
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b dated) int { return b.at.Compare(a.at) })
	for i, k := range all {
		if i >= mostLines || now.Sub(k.at) > LineLife {
			if err := tx.Delete(k.key); err != nil {
				return err
			}
		}
	}
	return nil
}

// expand puts the line that a short one stands for in its place. It returns a *Fail
// for one that is kept no more.
func (l *Lines) expand(ctx context.Context, line *string) error {
	token, ok := strings.CutPrefix(*line, againPrefix)
	if l == nil || l.ledger == nil || !ok {
		return nil
	}
	var k keptLine
	err := l.ledger.View(ctx, func(tx Tx) error {
		value, err := tx.Get([]byte(linePrefix + strings.TrimSpace(token)))
		if err != nil || value == nil {
			return err
		}
		return json.Unmarshal(value, &k)
	})
	switch {
	case err != nil:
		return fmt.Errorf("read a kept line: %w", err)
	case k.Line == "":
		return Misuse("Write the command itself.", "This button is too old: I no longer know what it asks.")
	}
	*line = k.Line
	return nil
}

// CheckLine tells what is wrong with a stored line, whose key begins with "l/", or
// returns nil.
func CheckLine(_, value []byte) error { return json.Unmarshal(value, &keptLine{}) }
