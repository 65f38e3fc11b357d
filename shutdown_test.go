package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	discordin "silkwire/adapters/discord/standin"
	"silkwire/adapters/slack/standin"
	"silkwire/bot"
	"silkwire/bot/delivery"
	"silkwire/bot/schedule"
)

// endsWithin is how long the program may take to end.
const endsWithin = 5 * time.Second

// shutdown is a program that is told to end, again and again, while it is asked things.
type shutdown struct {
	t       *testing.T
	slack   *standin.Slack
	discord *discordin.Discord
	home    string
	random  *rand.Rand
	rooms   []bot.Conversation // that a digest was ordered for, one a round

	mu      sync.Mutex
	told    time.Time         // when it was told to end
	tea     string            // a fact that was said to be written; empty: none was
	settled map[string]string // what people chose and were told is kept, by user
	asked   int
	slowest time.Duration
}

// TestShutdown ends the real program by SIGTERM at random moments, from before it is ready
// to the middle of requests on both platforms, of digests and of a change of the facts: it ends within five seconds,
// what it took before is answered, what it said is kept is there, nothing is left running,
// and the database is right. With SILKWIRE_LONG=1 it does so 200 times.
func TestShutdown(t *testing.T) {
	rounds := 4
	if os.Getenv("SILKWIRE_LONG") == "1" {
		rounds = 200
	}
	s := &shutdown{t: t, slack: standin.New(t), discord: discordin.New(t, discordin.Keep(1<<14)), home: t.TempDir(), random: rand.New(rand.NewPCG(12, 7)), settled: map[string]string{}}
	// A program that ends leaves what was asked of it a moment before.
	t.Cleanup(func() { s.slack.TakeViolations("unexpected EOF") })
	for round := range rounds {
		s.round(round)
		if t.Failed() {
			return
		}
	}
	s.delivered()
	t.Logf("reliability: %d times by SIGTERM, %d requests were taken before and answered, every choice and fact kept that was acknowledged, %d digests posted once; the slowest end took %d ms", rounds, s.asked, len(s.rooms), s.slowest.Milliseconds())
}

func (s *shutdown) database() string { return filepath.Join(s.home, "silkwire.db") }

// start starts the program.
func (s *shutdown) start() (*exec.Cmd, *bytes.Buffer) {
	s.t.Helper()
	out := new(bytes.Buffer)
	c := exec.CommandContext(s.t.Context(), "silkwire", "serve")
	c.Env = childEnv(s.home, s.database(), s.slack, s.discord)
	c.Stderr, c.SysProcAttr = out, &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	return c, out
}

// round lets it run for a moment, tells it to end, and looks.
func (s *shutdown) round(n int) {
	s.t.Helper()
	s.order()
	c, out := s.start()
	end := time.Now().Add(time.Duration(s.random.IntN(900)) * time.Millisecond)
	ctx, cancel := context.WithCancel(s.t.Context())
	var asking sync.WaitGroup
	if n > 0 { // the first ends before any socket is open
		waitFor(10*time.Second, func() bool { return s.slack.Sockets() > 0 && s.discord.Connected(s.t.Context(), 1) == nil })
		end = time.Now().Add(time.Duration(s.random.IntN(1000)) * time.Millisecond)
		for who := range 6 {
			asking.Go(func() { s.inSlack(ctx, n, who) })
			asking.Go(func() { s.inDiscord(ctx, who) })
		}
		asking.Go(func() { s.curate(ctx, n) })
	}
	waitFor(time.Until(end), func() bool { return false })
	began := time.Now()
	s.mu.Lock()
	s.told = began
	s.mu.Unlock()
	cancel()
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	err := c.Wait()
	took := time.Since(began)
	asking.Wait()
	s.slowest = max(s.slowest, took)
	if n == 0 && err != nil && err.Error() == "signal: terminated" {
		err = nil // before it could take the signal
	}
	if err != nil || took > endsWithin || strings.Contains(out.String(), "panic") || strings.Contains(out.String(), "DATA RACE") {
		s.t.Fatalf("round %d: it took %s, %v: %s", n, took, err, out.String())
	}
	if err := syscall.Kill(-c.Process.Pid, 0); err == nil {
		s.t.Errorf("round %d: something is left running", n)
	}
	env := map[string]string{"HOME": s.home, "SILKWIRE_DB": s.database()}
	if out, code := runIn(s.t, env, "store", "check"); code != exitAnswered {
		s.t.Fatalf("round %d: the database is not right: %s", n, out)
	}
	s.isKept(n)
}

// surelyTaken is how long before the end something was sent that must have been taken.
const surelyTaken = 400 * time.Millisecond * thorough

// sent is a request, and whether it has one answer.
type sent struct {
	at       time.Time
	what     string
	answered func() bool
}

// inSlack is one person who chooses time zones and asks until ctx ends.
func (s *shutdown) inSlack(ctx context.Context, round, who int) {
	user, zones := fmt.Sprintf("U%d", who), []string{"Asia/Shanghai", "Europe/Berlin", "America/New_York"}
	var all []sent
	for i := round; ctx.Err() == nil; i++ {
		zone := zones[i%len(zones)]
		said := s.ask(ctx, &all, standin.Command("/settings", "mine zone:"+zone, standin.By(user)))
		s.mu.Lock()
		if delete(s.settled, user); bytes.Contains(said, []byte("Done.")) { // else it was taken, or not
			s.settled[user] = zone
		}
		s.mu.Unlock()
		s.ask(ctx, &all, standin.Command("/ask", "did the chip controls work?", standin.By(user)))
	}
	s.check(all)
}

// ask sends one thing to the program, and waits for its acknowledgement.
func (s *shutdown) ask(ctx context.Context, all *[]sent, e standin.Envelope) []byte {
	at := time.Now()
	d := s.slack.Send(e)
	*all = append(*all, sent{at, e.String(), func() bool { return s.slack.Answers(d) == 1 }})
	waiting, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	payload, err := d.Ack(waiting)
	if err != nil {
		return nil // who has not answered in the end is looked at then
	}
	return payload
}

// curate is a curator who writes a fact, in the program or, where that has just ended,
// without it.
func (s *shutdown) curate(ctx context.Context, round int) {
	out, err := importTea(context.WithoutCancel(ctx), s.home, s.database(), round)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tea = ""; err == nil && bytes.HasPrefix(out, []byte("revision ")) { // else it was written, or not
		s.tea = cupsOfTea(round)
	}
}

// inDiscord is one person who asks until ctx ends.
func (s *shutdown) inDiscord(ctx context.Context, who int) {
	user, where := discordin.User{ID: fmt.Sprintf("3000000000000001%02d", who), Name: "Ann"}, discordin.Where{Guild: discordin.GuildID, Channel: discordin.ChannelID}
	var all []sent
	for ctx.Err() == nil {
		at := time.Now()
		e := s.discord.Command(user, where, "lab", discordin.Given{Name: "name", Value: "qwen"})
		all = append(all, sent{at, "discord: /lab qwen", func() bool { return e.Answers() == 1 }})
		waiting, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		_, _, _ = e.Response(waiting) // who has not answered in the end is looked at then
		cancel()
	}
	s.check(all)
}

// check looks, when the program has ended, whether all has an answer that was sent well
// before it was told to.
func (s *shutdown) check(all []sent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range all {
		if one.at.After(s.told.Add(-surelyTaken)) {
			continue
		}
		s.asked++
		if !one.answered() {
			s.t.Errorf("%s, sent %s before the end, has no answer, or two", one.what, s.told.Sub(one.at))
		}
	}
}

// order has a digest fall due as soon as the program runs again.
func (s *shutdown) order() {
	s.t.Helper()
	room := fmt.Sprintf("C9%03d", len(s.rooms)/delivery.MostOfOne)
	s.slack.SetChannel(standin.Room{ID: room, Name: strings.ToLower(room), Creator: standin.User, BotIsMember: true})
	to := bot.Conversation{Platform: slackName, Space: standin.TeamID, Channel: room}
	s.withBase(func(base openedBase) error {
		_, err := base.digests.Add(s.t.Context(), delivery.Subscription{
			To: to, First: true, Made: time.Now(), Next: time.Now(), Cursor: base.Snapshot().Revision, Plan: schedule.Plan{Minute: len(s.rooms), Days: schedule.EveryDay, Zone: "UTC"},
		})
		return err
	})
	s.rooms = append(s.rooms, to)
}

func (s *shutdown) withBase(do func(openedBase) error) {
	s.t.Helper()
	base := reopen(s.t, s.database())
	if err := errors.Join(do(base), base.close()); err != nil {
		s.t.Fatal(err)
	}
}

// isKept compares what people were told is kept with what is.
func (s *shutdown) isKept(round int) {
	s.t.Helper()
	s.withBase(func(base openedBase) error {
		for user, zone := range s.settled {
			if got := base.settings.Person(bot.Conversation{Platform: slackName, Space: standin.TeamID}, user).Zone; got != zone {
				s.t.Errorf("round %d: %s was told that %s is kept, and it is %q", round, user, zone, got)
			}
		}
		if f := base.Snapshot().Fact("qwen-tea"); s.tea != "" && (f == nil || f.Statement != s.tea) {
			s.t.Errorf("round %d: %q was said to be written, and it is %v", round, s.tea, f)
		}
		return nil
	})
}

// delivered starts the program once more, until every digest was posted, and counts them.
func (s *shutdown) delivered() {
	s.t.Helper()
	posted := func(to bot.Conversation) int { return len(s.slack.Messages(to.Channel)) }
	due := map[bot.Conversation]int{}
	for _, to := range s.rooms {
		due[to]++
	}
	c, _ := s.start()
	waitFor(120*time.Second, func() bool {
		if s.slack.Sockets() == 0 {
			return false
		}
		for to, n := range due {
			if posted(to) < n {
				return false
			}
		}
		return true
	})
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		s.t.Error(err)
	}
	for to, n := range due {
		if got := posted(to); got != n {
			s.t.Errorf("%d digests were ordered in %s, %d stand there", n, to.Channel, got)
		}
	}
}
