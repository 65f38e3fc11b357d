package bot_test

import (
	"errors"
	"maps"
	"slices"

	"silkwire/bot"
)

// brokenDisk is a Ledger that takes no change.
func brokenDisk() *bot.Memory {
	m := bot.NewMemory(nil)
	m.Break(errors.New("the disk is full"))
	return m
}

func keysOf(m *bot.Memory) []string { return slices.Sorted(maps.Keys(m.Records())) }
