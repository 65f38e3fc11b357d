package main

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	discordin "silkwire/adapters/discord/standin"
	"silkwire/adapters/slack/standin"
	"silkwire/bot"
	"silkwire/bot/delivery"
)

// stage is a platform that a digest is delivered to while the program is killed.
type stage struct {
	to       bot.Conversation
	env      []string
	posted   func() int
	hold     func() (release func()) // the answers to posts
	readable bool
}

func stages(t *testing.T) map[string]*stage {
	t.Helper()
	all := map[string]*stage{}
	for _, readable := range []bool{true, false} {
		name := map[bool]string{true: "readable", false: "unreadable"}[readable]
		s := standin.New(t)
		// A program that is killed leaves half a request.
		t.Cleanup(func() { s.TakeViolations("unexpected EOF") })
		reads := map[bool]string{true: "1", false: "0"}[readable]
		all["slack "+name] = &stage{
			to:     bot.Conversation{Platform: slackName, Space: standin.TeamID, Channel: standin.Channel},
			env:    []string{"SLACK_BOT_TOKEN=" + standin.BotToken, "SLACK_APP_TOKEN=" + standin.AppToken, "SLACK_API_URL=" + s.URL(), "SLACK_READ_CHANNELS=" + reads},
			posted: func() int { return len(s.Messages(standin.Channel)) }, hold: func() func() { return s.Hold(standin.Answer + "chat.postMessage") }, readable: readable,
		}
		d := discordin.New(t)
		if !readable {
			d.ForbidHistory(discordin.ChannelID)
		}
		all["discord "+name] = &stage{
			to:     bot.Conversation{Platform: discordName, Space: discordin.GuildID, Channel: discordin.ChannelID},
			env:    []string{"DISCORD_TOKEN=" + discordin.Token, "DISCORD_API_URL=" + d.URL()},
			posted: func() int { return len(d.Posted(discordin.ChannelID)) }, hold: func() func() { return d.Hold(discordin.Answer+"POST", "/channels/") }, readable: readable,
		}
	}
	return all
}

// TestKillDeliversOnce kills the real program at a random moment while a digest is due,
// starts it again, and counts. Where the channel can be read back each digest is posted
// exactly once, where it cannot none twice.
func TestKillDeliversOnce(t *testing.T) {
	rounds := 10 / thorough // on each of four stages
	if os.Getenv("SILKWIRE_LONG") == "1" {
		rounds = 250
	}
	for name, s := range stages(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.rounds(t, rounds)
		})
	}
}

func (s *stage) rounds(t *testing.T, rounds int) {
	t.Helper()
	home := t.TempDir()
	database := filepath.Join(home, "silkwire.db")
	random := rand.New(rand.NewPCG(31, uint64(len(s.to.Platform))))
	counts := map[string]int{}
	for round := range rounds {
		before, id := s.posted(), s.order(t, database)
		release := func() {}
		if random.IntN(2) == 0 {
			release = s.hold()
		}
		run := s.start(t, home, database)
		waitFor(time.Duration(random.IntN(1500))*time.Millisecond, func() bool { return random.IntN(3) > 0 && s.posted() > before })
		if err := run.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = run.Wait() // it was killed
		release()
		counts[s.state(t, database, id, s.posted() > before)]++

		const starts = 4 // the end may come before what is in doubt is settled
		for i := 0; i < starts && (i == 0 || s.isOpen(t, database, id)); i++ {
			run = s.start(t, home, database)
			waitFor(10*time.Second, func() bool { return s.posted() > before })
			waitFor(time.Duration(i+1)*500*time.Millisecond, func() bool { return false })
			if err := run.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			_ = run.Wait() // its exit status is not asked for
		}
		s.check(t, database, id, round, s.posted()-before)
	}
	var words []string
	for _, state := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, fmt.Sprintf("%s: %d", state, counts[state]))
	}
	t.Logf("reliability: %s: none doubled, none lost where it can be read back; killed while %s", t.Name()[strings.Index(t.Name(), "/")+1:], strings.Join(words, ", "))
}

// waitFor waits until something holds, or for a time.
func waitFor(most time.Duration, holds func() bool) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(most)
	for !holds() {
		select {
		case <-tick.C:
		case <-end:
			return
		}
	}
}

func (s *stage) start(t *testing.T, home, database string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), "silkwire", "serve", "--db", database)
	c.Env = append([]string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=10", "SILKWIRE_ADMIN_ADDR=127.0.0.1:0", "SILKWIRE_BACKUPS=off"}, s.env...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// reopen opens the database while no program has it.
func reopen(t *testing.T, database string) openedBase {
	t.Helper()
	base, err := openToWrite(t.Context(), database, quiet(), bot.NewHealth(quiet(), time.Now))
	if err != nil {
		t.Fatal(err)
	}
	return base
}

// order has one digest due at once.
func (s *stage) order(t *testing.T, database string) string {
	t.Helper()
	base := reopen(t, database)
	o, err := base.digests.Add(t.Context(), delivery.Subscription{To: s.to, Live: true, First: true, Made: time.Now(), Next: time.Now(), Cursor: base.Snapshot().Revision})
	if err := cmp.Or(err, base.close()); err != nil {
		t.Fatal(err)
	}
	return o.ID
}

// deliveries are those of a subscription.
func (s *stage) deliveries(t *testing.T, base openedBase, id string) []delivery.Delivery {
	t.Helper()
	all, err := base.digests.Log(t.Context(), s.to, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(d delivery.Delivery) bool { return d.Subscription != id })
}

// state is how far a delivery was when the program was killed.
func (s *stage) state(t *testing.T, database, id string, accepted bool) string {
	t.Helper()
	base := reopen(t, database)
	state := "not due yet"
	if all := s.deliveries(t, base, id); len(all) > 0 {
		state = string(all[0].State)
		if accepted && all[0].State.Open() {
			state += " and accepted"
		}
	}
	if err := base.close(); err != nil {
		t.Fatal(err)
	}
	return state
}

// isOpen tells whether something is still to be done with a subscription's delivery.
func (s *stage) isOpen(t *testing.T, database, id string) bool {
	t.Helper()
	base := reopen(t, database)
	all := s.deliveries(t, base, id)
	if err := base.close(); err != nil {
		t.Fatal(err)
	}
	return len(all) == 0 || all[0].State.Open()
}

// check looks what became of a digest in the end, and ends its subscription.
func (s *stage) check(t *testing.T, database, id string, round, posts int) {
	t.Helper()
	base := reopen(t, database)
	all := s.deliveries(t, base, id)
	missing := len(all) == 1 && all[0].State == delivery.GivenUp && strings.Contains(all[0].Reason, "may be missing")
	right := posts == 1 && len(all) == 1 && (all[0].State == delivery.Posted || missing && !s.readable) || posts == 0 && missing && !s.readable
	if !right {
		t.Errorf("round %d: posted %d times: %+v", round, posts, all)
	}
	o, err := base.digests.Remove(t.Context(), s.to, id)
	if err == nil && (o.First || o.Cursor != base.Snapshot().Revision) {
		t.Errorf("round %d: the cursor is at %d, first %v", round, o.Cursor, o.First)
	}
	if err := cmp.Or(err, base.close()); err != nil {
		t.Fatal(err)
	}
}
