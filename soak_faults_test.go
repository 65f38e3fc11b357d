package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	discordin "silkwire/adapters/discord/standin"
)

// harm is what was broken, and when: what was on the way then may be lost.
type harm struct {
	mu       sync.Mutex
	sockets  map[int]bool // Slack's
	gateways []time.Time
	counts   map[string]int
}

func (h *harm) count(what string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.counts == nil {
		h.counts = map[string]int{}
	}
	h.counts[what]++
}

// breaks notes that one of Slack's sockets is broken.
func (h *harm) breaks(socket int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sockets == nil {
		h.sockets = map[int]bool{}
	}
	h.sockets[socket] = true
}

// socket tells whether one of Slack's sockets was broken.
func (h *harm) socket(n int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sockets[n]
}

// breaksGateway notes that Discord's connections are broken.
func (h *harm) breaksGateway() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gateways = append(h.gateways, time.Now())
}

// gateway tells whether Discord's connection was broken just before something was sent,
// or while it was on its way.
func (h *harm) gateway(sent time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(h.gateways, func(at time.Time) bool {
		return at.After(sent.Add(-5*time.Second)) && at.Before(sent.Add(waitsFor+time.Second))
	})
}

// slackFailures are the methods that fail now and then.
var slackFailures = []string{"chat.postMessage", "apps.connections.open", "views.publish", "users.info"}

// breakSlack breaks one thing after the other until ctx ends: calls often, sockets now
// and then.
func (s *soak) breakSlack(ctx context.Context) {
	random := rand.New(rand.NewPCG(3, 3))
	sockets := time.Now().Add(4 * time.Second)
	for rest(ctx, between(random, 500*time.Millisecond)) {
		method := slackFailures[random.IntN(len(slackFailures))]
		switch random.IntN(5) {
		case 0:
			s.slack.Fail(method, "ratelimited", 1)
			s.harm.count("Slack 429")
		case 1:
			s.slack.Fail(method, "http_500", 1+random.IntN(2))
			s.harm.count("Slack 500")
		case 2:
			release := s.slack.Hold("chat.postMessage")
			rest(ctx, stall)
			release()
			s.harm.count("Slack call stalled")
		case 3:
			if time.Now().After(sockets) {
				s.breakSocket(random)
				sockets = time.Now().Add(between(random, 6*time.Second))
			}
		case 4:
			s.slack.OpenDelay([]time.Duration{0, stall}[random.IntN(2)])
			s.harm.count("Slack slow to give a connection, or no more")
		}
	}
}

func (s *soak) breakSocket(random *rand.Rand) {
	able := s.slack.Able()
	if len(able) < 2 {
		return
	}
	one := able[random.IntN(len(able))]
	switch random.IntN(5) {
	case 0:
		s.harm.breaks(one)
		s.slack.CutOff(one)
		s.harm.count("Slack socket dropped")
	case 1:
		s.harm.breaks(one)
		s.slack.GoDeaf(one)
		s.harm.count("Slack socket half-open")
	case 2:
		s.slack.Disconnect(one, "warning")
		s.harm.count("Slack disconnect notice")
	case 3:
		s.slack.Disconnect(one, "refresh_requested")
		s.harm.count("Slack disconnect notice")
	case 4:
		s.slack.Pause(one, stall)
		s.harm.count("Slack socket stalled")
	}
}

// breakDiscord does the same to Discord.
func (s *soak) breakDiscord(ctx context.Context) {
	random := rand.New(rand.NewPCG(4, 4))
	gateway := time.Now().Add(5 * time.Second)
	for rest(ctx, between(random, 500*time.Millisecond)) {
		method, path := "POST", []string{"/interactions/", "/channels/"}[random.IntN(2)]
		switch random.IntN(6) {
		case 0:
			s.discord.Fail(method, path, discordin.Failure{Status: 500, Times: 1})
			s.harm.count("Discord 500")
		case 1:
			s.discord.Fail(method, path, discordin.Failure{Status: 429, Scope: "shared", RetryAfter: 300 * time.Millisecond, Times: 1})
			s.harm.count("Discord 429")
		case 2:
			s.discord.Fail(method, path, discordin.Failure{Drop: true, Times: 1})
			s.harm.count("Discord call dropped")
		case 3:
			release := s.discord.Hold(method, path)
			rest(ctx, stall)
			release()
			s.harm.count("Discord call stalled")
		case 4:
			s.discord.DeliverTwice(random.IntN(2) == 0)
			s.discord.Reorder(random.IntN(2) == 0)
			s.harm.count("Discord events twice or out of order")
		case 5:
			if time.Now().After(gateway) {
				s.breakGateway(ctx, random)
				gateway = time.Now().Add(between(random, 8*time.Second))
			}
		}
	}
}

func (s *soak) breakGateway(ctx context.Context, random *rand.Rand) {
	const reconnect, invalid = 7, 9
	switch random.IntN(5) {
	case 0:
		s.harm.breaksGateway()
		s.discord.Drop()
		s.harm.count("Discord socket dropped")
	case 1:
		s.harm.breaksGateway()
		s.discord.Send(reconnect)
		s.harm.count("Discord op 7")
	case 2:
		s.harm.breaksGateway()
		s.discord.Send(invalid)
		s.harm.count("Discord op 9")
	case 3:
		s.harm.breaksGateway()
		s.discord.GoDeaf()
		s.harm.count("Discord socket half-open")
	case 4:
		s.discord.Pause(stall)
		rest(ctx, stall+stall/2) // with a call that stalls too nobody could answer in time
		s.harm.count("Discord socket stalled")
	}
}

// report writes the figures: the line that begins with "reliability" is what the table in
// the README is made of.
func (s *soak) report(lasts time.Duration, quiet moment, course []moment, metrics map[string]float64) {
	s.t.Helper()
	faults, kinds := 0, slices.Sorted(maps.Keys(s.harm.counts))
	var words []string
	for _, kind := range kinds {
		faults += s.harm.counts[kind]
		words = append(words, fmt.Sprintf("%s: %d", kind, s.harm.counts[kind]))
	}
	s.t.Log("faults: ", strings.Join(words, ", "))
	early, late := troughs(course)
	peak := slices.MaxFunc(course, func(a, b moment) int { return int(a.rss - b.rss) }).rss
	n := len(s.tally.took)
	s.t.Logf("reliability: %s, 64 people, %d requests acknowledged, the slowest in %d ms, a hundredth in more than %d ms; %d answers looked at, none twice; %d digests, none lost or doubled, the latest after %.1f s; %d faults; %d requests fell to a broken connection and %d found none; goroutines %d, in the end %d; heap %.1f MB, in the end %.1f; resident at most %.1f MB",
		lasts, n, s.tally.took[n-1].Milliseconds(), s.tally.took[n*99/100].Milliseconds(), len(s.tally.commands)+len(s.tally.mentions)+len(s.tally.said)+s.tally.asked[discordName],
		s.tally.digests, s.tally.lag.Seconds(), faults, s.tally.lost, s.tally.unsent, quiet.goroutines, s.tally.goroutines, early/1e6, late/1e6, peak/1e6)
	var of []string
	for _, name := range slices.Sorted(maps.Keys(metrics)) {
		if strings.HasPrefix(name, "silkwire_") && !strings.HasPrefix(name, "silkwire_request_duration") {
			of = append(of, fmt.Sprintf("%s %g", name, metrics[name]))
		}
	}
	s.t.Log("metrics: ", strings.Join(of, ", "))
}
