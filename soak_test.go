package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	discordin "silkwire/adapters/discord/standin"
	"silkwire/adapters/slack/standin"
	"silkwire/bot"
	"silkwire/bot/delivery"
	"silkwire/bot/schedule"
	"silkwire/bot/work"
)

// soak is a run of the real program on both stand-ins, with people who ask, digests that
// fall due, facts and feeds that change, and faults.
type soak struct {
	t        *testing.T
	slack    *standin.Slack
	discord  *discordin.Discord
	home     string
	feeds    string // the address of a server of feeds that change
	run      served
	process  *exec.Cmd
	lines    []string // of questions
	expected map[bot.Conversation]int
	posted   posts
	harm     harm
	tally    soakTally
}

// soakFor is how long it lasts: 20 seconds, ten under the race detector, half an hour with
// SILKWIRE_LONG=1, or what SILKWIRE_SOAK says.
func soakFor(t *testing.T) time.Duration {
	t.Helper()
	if said := os.Getenv("SILKWIRE_SOAK"); said != "" {
		d, err := time.ParseDuration(said)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if os.Getenv("SILKWIRE_LONG") == "1" {
		return 30 * time.Minute
	}
	return 20 * time.Second / (1 + thorough/5) // half of it under the race detector
}

// soakPeople ask on each platform.
const soakPeople = 32

// TestSoak lets 64 people ask on both platforms for a while, most of the time with
// something broken, and looks at what they got: every request acknowledged within three
// seconds, nothing answered twice, every digest posted once, and a process that is as
// small at the end as it was in the beginning.
func TestSoak(t *testing.T) {
	lasts := soakFor(t)
	s := newSoak(t)
	s.order(lasts)
	s.start()
	quiet := s.sample(t.Context())
	ctx, cancel := context.WithTimeout(t.Context(), lasts)
	defer cancel()
	var all sync.WaitGroup
	for n := range soakPeople {
		all.Go(func() { s.inSlack(ctx, n) })
		all.Go(func() { s.inDiscord(ctx, n) })
	}
	all.Go(func() { s.breakSlack(ctx) })
	all.Go(func() { s.breakDiscord(ctx) })
	all.Go(func() { s.curate(ctx) })
	var course []moment
	all.Go(func() { course = s.watch(ctx, lasts) })
	all.Wait()
	s.mend()
	s.settle(quiet)
	metrics := s.metrics(t.Context())
	s.stop()
	s.checkAnswers()
	s.checkDeliveries()
	s.checkMemory(course)
	s.report(lasts, quiet, course, metrics)
}

func newSoak(t *testing.T) *soak {
	t.Helper()
	var changes atomic.Int64
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := changes.Add(1)
		w.Header().Set("Content-Type", "application/rss+xml")
		say(w, fmt.Sprintf(`<rss version="2.0"><channel><title>Wire %s</title><item><title>Qwen is said to be %d percent cheaper</title><link>https://wire.example/%s/%d</link><pubDate>%s</pubDate></item></channel></rss>`,
			strings.Trim(r.URL.Path, "/"), n%100, r.URL.Path, n, time.Now().Format(time.RFC1123Z)))
	}))
	t.Cleanup(web.Close)
	s := &soak{
		t: t, slack: standin.New(t, standin.PingEvery(time.Second), standin.DisconnectGrace(2*time.Second)), discord: discordin.New(t, discordin.Heartbeat(2*time.Second), discordin.Keep(1<<14)),
		home: t.TempDir(), feeds: web.URL, lines: benchQuestions(t), expected: map[bot.Conversation]int{},
	}
	s.posted.of, s.posted.replies = map[string]map[string]bool{}, map[string]map[string]bool{}
	return s
}

func (s *soak) database() string { return filepath.Join(s.home, "silkwire.db") }

// order has digests fall due all the time: one a second, each once, and on each platform
// one that tells facts as they change.
func (s *soak) order(lasts time.Duration) {
	s.t.Helper()
	base := reopen(s.t, s.database())
	now := time.Now()
	add := func(o delivery.Subscription) {
		o.Made, o.Cursor = now, base.Snapshot().Revision
		if _, err := base.digests.Add(s.t.Context(), o); err != nil {
			s.t.Fatal(err)
		}
	}
	discords := []string{discordin.OtherID, discordin.ThreadID}
	n := int(lasts / time.Second)
	for i := range n {
		to := s.slackRoom(1 + i/delivery.MostOfOne)
		if every := max(n/(delivery.MostOfOne*len(discords)-2), 2); i%every == 0 && i/every < (delivery.MostOfOne-1)*len(discords) {
			to = bot.Conversation{Platform: discordName, Space: discordin.GuildID, Channel: discords[i/every%len(discords)]}
		}
		s.expected[to]++
		add(delivery.Subscription{To: to, First: true, Plan: schedule.Plan{Minute: i % 1440, Days: schedule.EveryDay, Zone: "UTC"}, Next: now.Add(time.Duration(i+1) * time.Second)})
	}
	for _, to := range []bot.Conversation{s.slackRoom(0), {Platform: discordName, Space: discordin.GuildID, Channel: discordin.OtherID}} {
		s.expected[to] += 0
		add(delivery.Subscription{To: to, Live: true, Next: now})
	}
	if err := base.close(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *soak) slackRoom(n int) bot.Conversation {
	room := fmt.Sprintf("C9%03d", n)
	s.slack.SetChannel(standin.Room{ID: room, Name: strings.ToLower(room), Creator: standin.User, BotIsMember: true})
	return bot.Conversation{Platform: slackName, Space: standin.TeamID, Channel: room}
}

// childEnv is the environment of a serve of its own process, on both stand-ins.
func childEnv(home, database string, s *standin.Slack, d *discordin.Discord) []string {
	return []string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=10", "SILKWIRE_DB=" + database, "SILKWIRE_ADMIN_ADDR=127.0.0.1:0", "SILKWIRE_RATE=off",
		"SLACK_BOT_TOKEN=" + standin.BotToken, "SLACK_APP_TOKEN=" + standin.AppToken, "SLACK_API_URL=" + s.URL(), "SLACK_READ_CHANNELS=1",
		"DISCORD_TOKEN=" + discordin.Token, "DISCORD_API_URL=" + d.URL(),
	}
}

func (s *soak) start() {
	s.t.Helper()
	out := &shared{ready: make(chan struct{})}
	s.process = exec.CommandContext(s.t.Context(), "silkwire", "serve")
	s.process.Env = append(childEnv(s.home, s.database(), s.slack, s.discord),
		"SILKWIRE_CURATORS=slack:"+standin.TeamID+":U0", "SILKWIRE_NOTICES=1m", "SILKWIRE_FEEDS=1m", "SILKWIRE_FETCH_PRIVATE=1")
	s.process.Stderr = out
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.run = served{stderr: out, home: s.home}
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	s.run.waitReady(ctx, s.t)
	if err := cmp.Or(s.slack.WaitSockets(ctx, 2), s.discord.Connected(ctx, 1)); err != nil {
		s.t.Fatal(err)
	}
}

// curate changes the fact base as a curator does, all the while.
func (s *soak) curate(ctx context.Context) {
	for n := 0; rest(ctx, 3*time.Second); n++ {
		if out, err := importTea(context.WithoutCancel(ctx), s.home, s.database(), n); err != nil {
			s.t.Errorf("import a fact: %v: %s", err, out)
			return
		}
	}
}

// cupsOfTea is a fact of so many cups.
func cupsOfTea(cups int) string {
	return fmt.Sprintf("Somebody served %d cups of tea at the Qwen stand.", cups)
}

// importTea has the program that serves write that fact, as silkwire facts import does.
func importTea(ctx context.Context, home, database string, cups int) (said []byte, err error) {
	file := filepath.Join(home, "new.yaml")
	content := `facts:
  - id: qwen-tea
    statement: ` + cupsOfTea(cups) + `
    kind: event
    subjects: [qwen]
    attributes: [publication]
    sources: [{url: "https://example.org/tea", publisher: A paper, title: Tea, date: 2026-11-01, grade: press}]
    asks: [who poured the tea, tea at the Qwen stand]
`
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, "silkwire", "--db", database, "facts", "import", file)
	c.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=10"}
	return c.CombinedOutput()
}

// rest waits, and is false when ctx has ended.
func rest(ctx context.Context, d time.Duration) bool { return work.Rest(ctx, d) == nil }

// between is a random time around d.
func between(random *rand.Rand, d time.Duration) time.Duration {
	return d/2 + time.Duration(random.Int64N(int64(d)))
}

// mend ends all faults and waits until both platforms have the program again.
func (s *soak) mend() {
	s.t.Helper()
	s.discord.Mend()
	s.discord.DeliverTwice(false)
	s.discord.Reorder(false)
	for _, method := range slackFailures {
		s.slack.Fail(method, "", 0)
	}
	s.slack.OpenDelay(0)
	ctx, cancel := context.WithTimeout(s.t.Context(), 40*time.Second)
	defer cancel()
	err := s.slack.Wait(ctx, "two sockets", func() bool { return len(s.slack.Able()) >= 2 })
	if err := cmp.Or(err, s.discord.Connected(ctx, 1)); err != nil {
		s.t.Error(err)
	}
	// A digest that is due is posted, also one that Slack has just put off.
	waitFor(90*time.Second, func() bool {
		s.posted.look(s)
		for to, due := range s.expected {
			if s.posted.in(s, to) < due {
				return false
			}
		}
		return s.metrics(ctx)["silkwire_deliveries_open"] == 0
	})
}

// settle waits until the process has no more goroutines than before anybody asked.
func (s *soak) settle(quiet moment) {
	s.t.Helper()
	const slack = 8 // requests of the moment, and the collector of the metrics itself
	var last moment
	waitFor(30*time.Second, func() bool {
		s.slack.HangUp()
		s.discord.HangUp()
		last = s.sample(s.t.Context())
		return last.goroutines <= quiet.goroutines+slack
	})
	if last.goroutines > quiet.goroutines+slack {
		s.t.Errorf("%d goroutines are left, %d were there in the beginning", last.goroutines, quiet.goroutines)
	}
	s.tally.goroutines = last.goroutines
}

func (s *soak) stop() {
	s.t.Helper()
	began := time.Now()
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	err := s.process.Wait()
	if took := time.Since(began); err != nil || took > 5*time.Second {
		s.t.Errorf("it ended after %s: %v: %.2000s", took, err, s.run.stderr)
	}
	for _, bad := range []string{"panic", "DATA RACE", "goroutine "} {
		if _, after, found := strings.Cut(s.run.stderr.String(), bad); found {
			s.t.Errorf("its log has a %s: %.4000s", bad, after)
		}
	}
}

// posts are what silkwire wrote of its own accord on Discord, and what replies to a message.
type posts struct {
	mu      sync.Mutex
	of      map[string]map[string]bool // ids of digests, by channel
	replies map[string]map[string]bool // ids of replies, by the message
}

// look notes what has been posted; Discord's stand-in forgets the oldest.
func (p *posts) look(s *soak) {
	p.mu.Lock()
	defer p.mu.Unlock()
	note := func(all map[string]map[string]bool, key, id string) {
		if all[key] == nil {
			all[key] = map[string]bool{}
		}
		all[key][id] = true
	}
	for _, channel := range []string{discordin.ChannelID, discordin.OtherID, discordin.ThreadID} {
		for _, m := range s.discord.Posted(channel) {
			if m.ReplyTo == "" {
				note(p.of, channel, m.ID)
			} else {
				note(p.replies, m.ReplyTo, m.ID)
			}
		}
	}
}

// in is how many digests stand in a conversation. What replies to one corrects it.
func (p *posts) in(s *soak, to bot.Conversation) int {
	if to.Platform == slackName {
		return len(s.slackPosts(to.Channel)[""])
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.of[to.Channel])
}

// slackPosts are the bot's messages in a channel, by the thread that they are in.
func (s *soak) slackPosts(channel string) map[string][]string {
	all := map[string][]string{}
	for _, raw := range s.slack.Messages(channel) {
		var m struct {
			BotID  string `json:"bot_id"`
			Thread string `json:"thread_ts"`
			Text   string
		}
		if json.Unmarshal(raw, &m) == nil && m.BotID != "" && !strings.HasPrefix(m.Text, "Corrected") {
			all[m.Thread] = append(all[m.Thread], m.Text)
		}
	}
	return all
}

// checkDeliveries compares what silkwire believes to have posted with what stands there.
func (s *soak) checkDeliveries() {
	s.t.Helper()
	base := reopen(s.t, s.database())
	for to, due := range s.expected {
		all, err := base.digests.Log(s.t.Context(), to, 10_000)
		if err != nil {
			s.t.Fatal(err)
		}
		done, first := 0, 0
		for _, d := range all {
			if d.State != delivery.Posted {
				s.t.Errorf("a digest to %s is %s: %s", to.Channel, d.State, d.Reason)
				continue
			}
			done++
			if d.First {
				first++
			}
			s.tally.lag = max(s.tally.lag, d.At.Sub(d.Due))
		}
		if got := s.posted.in(s, to); got != done || first != due {
			s.t.Errorf("in %s stand %d digests, %d were noted as posted, %d of %d that were ordered for once", to.Channel, got, done, first, due)
		}
		s.tally.digests += done
	}
	if err := base.close(); err != nil {
		s.t.Fatal(err)
	}
	if out, code := runIn(s.t, map[string]string{"HOME": s.home}, "--db", s.database(), "store", "check"); code != exitAnswered {
		s.t.Errorf("the database is not right: %s", out)
	}
}

// moment is what the process was like at a moment.
type moment struct {
	at         time.Time
	goroutines int
	heap, rss  float64 // bytes
}

func (s *soak) sample(ctx context.Context) moment {
	all := s.metrics(ctx)
	return moment{time.Now(), int(all["go_goroutines"]), all["go_memstats_heap_alloc_bytes"], all["process_resident_memory_bytes"]}
}

// metrics are those of /metrics, all of a name added up; nil where they cannot be had.
func (s *soak) metrics(ctx context.Context) map[string]float64 {
	address := adminLine.FindStringSubmatch(s.run.stderr.String())
	if address == nil {
		s.t.Error("it serves no metrics")
		return nil
	}
	r, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, address[1]+"/metrics", http.NoBody)
	if err != nil {
		s.t.Error(err)
		return nil
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Error(err)
		return nil
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		s.t.Error(err)
		return nil
	}
	all := map[string]float64{}
	for name, f := range families {
		for _, m := range f.GetMetric() {
			all[name] += m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue()
		}
	}
	return all
}

// watch samples the process until ctx ends, a hundred times and more.
func (s *soak) watch(ctx context.Context, lasts time.Duration) []moment {
	var all []moment
	for rest(ctx, min(lasts/100, time.Second)) {
		s.posted.look(s)
		all = append(all, s.sample(ctx))
	}
	return all
}

// troughs are the smallest heaps in the second quarter of a run and in its last.
func troughs(course []moment) (early, late float64) {
	least := func(part []moment) float64 {
		return slices.MinFunc(part, func(a, b moment) int { return cmp.Compare(a.heap, b.heap) }).heap
	}
	n := len(course)
	return least(course[n/4 : n/2]), least(course[3*n/4:])
}

// checkMemory compares the heap, where the collector has just been.
func (s *soak) checkMemory(course []moment) {
	s.t.Helper()
	if len(course) < 10 {
		s.t.Errorf("only %d samples were taken", len(course))
		return
	}
	// What is remembered so that nothing is answered twice is not full in a short run.
	const fills = 16 << 20
	if early, late := troughs(course); late > 1.1*early+fills {
		s.t.Errorf("the heap grew from %.1f to %.1f MB", early/1e6, late/1e6)
	}
}
