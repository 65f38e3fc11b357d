package bot_test

import (
	"testing"
	"time"

	"silkwire/bot"
)

func TestTrafficCounts(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	traffic := new(bot.Traffic)
	traffic.Opened()
	traffic.Opened()
	traffic.Lost()
	traffic.Waited(0) // it went out at once
	traffic.Waited(2 * time.Second)
	traffic.Waited(time.Second)
	traffic.Beat(at)
	want := bot.TrafficCounts{Opened: 2, Lost: 1, Waits: 2, Waited: 3 * time.Second, Beat: at}
	if got := traffic.Counts(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// An adapter that nobody counts for has no Traffic.
func TestNoTrafficCountsNothing(t *testing.T) {
	var traffic *bot.Traffic
	traffic.Opened()
	traffic.Lost()
	traffic.Waited(time.Second)
	traffic.Beat(time.Unix(1, 0))
	if got := traffic.Counts(); got != (bot.TrafficCounts{}) {
		t.Errorf("got %+v, want nothing", got)
	}
}
