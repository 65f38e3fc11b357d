package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	discordin "silkwire/adapters/discord/standin"
	"silkwire/adapters/slack/standin"
)

// thinks is how long somebody waits between two requests, on average.
const thinks = 400 * time.Millisecond * thorough

// waitsFor is how long a platform waits for an acknowledgement.
const waitsFor = 3 * time.Second

// soakTally is what people got.
type soakTally struct {
	mu       sync.Mutex
	asked    map[string]int // by platform
	unsent   int            // the platform had no connection to send by
	lost     int            // with a connection that had been broken
	took     []time.Duration
	wrong    []string
	commands []*standin.Delivery
	mentions map[string]bool // on Slack, by their timestamps
	said     map[string]bool // on Discord, by their ids

	digests, goroutines int
	lag                 time.Duration
}

func (y *soakTally) note(platform string, took time.Duration) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.asked == nil {
		y.asked = map[string]int{}
	}
	y.asked[platform]++
	y.took = append(y.took, took)
}

func (y *soakTally) fail(format string, args ...any) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.wrong = append(y.wrong, fmt.Sprintf(format, args...))
}

func (y *soakTally) count(n *int) {
	y.mu.Lock()
	defer y.mu.Unlock()
	*n++
}

// typedLines are what people type besides questions, with half-spelt ones among them.
var typedLines = []string{
	"lab qwen", "lab deapseek", "ticker NVDA", "ticker BABA NVDA", "market", "about manus", "compare qwen deepseek", "exposure revenue", "timeline export controls", "policy chips",
	"facts qwen", "sources", "changes", "watch qwen", "watch list", "digest list", "settings show", "settings mine zone:Asia/Shanghai", "silkwire", "help", "ask deapseek licence", "ask zzz qqq", "ask @everyone <!channel>",
}

// line is what somebody types next, without a slash.
func (s *soak) line(random *rand.Rand) string {
	if random.IntN(2) == 0 {
		return strings.TrimPrefix(s.lines[random.IntN(len(s.lines))], "/")
	}
	return typedLines[random.IntN(len(typedLines))]
}

// feedLine is what a curator says of feeds.
func (s *soak) feedLine(random *rand.Rand, n int) string {
	lines := []string{fmt.Sprintf("add %s/%d", s.feeds, n), "list", "review", "log"}
	return lines[random.IntN(len(lines))]
}

// inSlack is one person who asks on Slack until ctx ends; the first one is a curator.
func (s *soak) inSlack(ctx context.Context, n int) {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	by := standin.By(fmt.Sprintf("U%d", n))
	var last standin.Envelope // a press
	for i := 0; rest(ctx, between(random, thinks)); i++ {
		switch k := random.IntN(20); {
		case n == 0 && k < 4:
			s.slackCommand(ctx, standin.Command("/silkwire-feed", s.feedLine(random, i), by))
		case k < 12:
			name, rest, _ := strings.Cut(s.line(random), " ")
			if name == "help" {
				name = "silkwire-help"
			}
			if press, ok := firstButton(s.slackCommand(ctx, standin.Command("/"+name, rest, by))); ok {
				last = press
			}
		case k < 15:
			// Slack takes a message a second of a channel.
			s.mention(ctx, random, by, standin.In(fmt.Sprintf("C1%02d", n)))
		case k < 17:
			s.slackEvent(ctx, standin.Message(s.line(random), by, standin.In(fmt.Sprintf("D%d", n))))
		case k < 18:
			s.slackEvent(ctx, standin.HomeOpened(fmt.Sprintf("U%d", n)))
		case last.Type != "":
			s.slackAck(ctx, last)
		}
	}
}

// firstButton is a press of the first button of a reply.
func firstButton(payload []byte) (standin.Envelope, bool) {
	var m struct {
		Blocks []struct {
			Elements []struct {
				ActionID string `json:"action_id"`
				Value    string
			}
		}
	}
	if json.Unmarshal(payload, &m) != nil {
		return standin.Envelope{}, false
	}
	for _, b := range m.Blocks {
		for _, e := range b.Elements {
			if e.ActionID != "" && e.Value != "" {
				return standin.Press(e.ActionID, e.Value, standin.Ephemeral()), true
			}
		}
	}
	return standin.Envelope{}, false
}

func (s *soak) slackCommand(ctx context.Context, e standin.Envelope) []byte {
	d, payload, ok := s.slackAck(ctx, e)
	if ok {
		s.tally.mu.Lock()
		s.tally.commands = append(s.tally.commands, d)
		s.tally.mu.Unlock()
	}
	return payload
}

// mention names the bot; now and then Slack tells it twice, or a later one first.
func (s *soak) mention(ctx context.Context, random *rand.Rand, by, in standin.EnvelopeOption) {
	e := standin.Mention(s.line(random), by, in)
	all := []standin.Envelope{e}
	switch random.IntN(5) {
	case 0:
		all = append(all, e)
	case 1:
		all = []standin.Envelope{standin.Mention(s.line(random), by, in), e}
	}
	for _, e := range all {
		if s.slackEvent(ctx, e) {
			s.tally.mu.Lock()
			if s.tally.mentions == nil {
				s.tally.mentions = map[string]bool{}
			}
			ts, _ := e.Payload["event"].(map[string]any)["ts"].(string)
			s.tally.mentions[ts] = true
			s.tally.mu.Unlock()
		}
	}
}

// slackEvent tells an event, and again where it was lost, as Slack does.
func (s *soak) slackEvent(ctx context.Context, e standin.Envelope) bool {
	for attempt := range 3 {
		if attempt > 0 {
			e.RetryAttempt, e.RetryReason = attempt, "timeout"
		}
		if _, _, ok := s.slackAck(ctx, e); ok {
			return true
		}
	}
	return false
}

// slackAck sends an envelope and waits for its acknowledgement, which must be there in
// time unless its connection was broken meanwhile.
func (s *soak) slackAck(ctx context.Context, e standin.Envelope) (*standin.Delivery, []byte, bool) {
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), waitsFor+time.Second)
	defer cancel()
	began := time.Now()
	d := s.slack.Send(e)
	payload, err := d.Ack(within)
	took := time.Since(began)
	switch {
	case err == nil:
		s.tally.note(slackName, took)
		return d, payload, true
	case errors.Is(err, standin.ErrUndeliverable):
		s.tally.count(&s.tally.unsent)
	case s.harm.socket(d.Socket()):
		s.tally.count(&s.tally.lost)
	default:
		s.tally.fail("slack: %s by socket %d was not acknowledged: %v", e, d.Socket(), err)
	}
	return nil, nil, false
}

// discordOptions are the options that a typed line fills, by command.
var discordOption = map[string]string{
	"ask": "question", "lab": "name", "ticker": "symbols", "about": "name", "policy": "name", "facts": "words", "timeline": "topic", "exposure": "direction", "changes": "topics", "help": "command",
}

// discordCall is a typed line as a path and options.
func discordCall(line string) (path string, given []discordin.Given) {
	name, rest, _ := strings.Cut(line, " ")
	switch {
	case name == "compare":
		return name, []discordin.Given{{Name: "first", Value: "qwen"}, {Name: "second", Value: "deepseek"}}
	case line == "settings mine zone:Asia/Shanghai":
		return "settings mine", []discordin.Given{{Name: "zone", Value: "Asia/Shanghai"}}
	case line == "watch qwen":
		return "watch show", []discordin.Given{{Name: "topics", Value: "qwen"}}
	case discordOption[name] == "":
		return line, nil
	case rest == "":
		return name, nil
	}
	return name, []discordin.Given{{Name: discordOption[name], Value: rest}}
}

// inDiscord is one person who asks on Discord until ctx ends.
func (s *soak) inDiscord(ctx context.Context, n int) {
	random := rand.New(rand.NewPCG(2, uint64(n)))
	who, where := discordin.User{ID: fmt.Sprintf("3000000000000001%02d", n), Name: "Ann"}, discordin.Where{Guild: discordin.GuildID, Channel: discordin.ChannelID}
	var last discordin.Message
	for rest(ctx, between(random, thinks)) {
		switch k := random.IntN(20); {
		case k < 12:
			path, given := discordCall(s.line(random))
			if m, ok := s.exchange(ctx, s.discord.Command(who, where, path, given...)); ok {
				last = m
			}
		case k < 15:
			s.exchange(ctx, s.discord.Complete(who, where, "ask", discordin.Given{Name: "question", Value: "did the ch", Focused: true}))
		case k == 15:
			if random.IntN(6) == 0 { // Discord takes five messages in five seconds of a channel
				s.say(who, where, s.line(random))
			}
		default:
			if b, ok := last.Button(""); ok && b.CustomID != "" {
				s.exchange(ctx, s.discord.Press(who, where, last, b.CustomID))
			}
		}
	}
}

func (s *soak) say(who discordin.User, where discordin.Where, line string) {
	id, err := s.discord.Say(who, where, "<@"+discordin.BotUser+"> "+line)
	if err != nil {
		s.tally.count(&s.tally.unsent)
		return
	}
	s.tally.mu.Lock()
	defer s.tally.mu.Unlock()
	if s.tally.said == nil {
		s.tally.said = map[string]bool{}
	}
	s.tally.said[id] = true
}

// exchange waits for the response to an interaction, which must be there in time unless
// the gateway was broken meanwhile.
func (s *soak) exchange(ctx context.Context, e *discordin.Exchange) (discordin.Message, bool) {
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), waitsFor+time.Second)
	defer cancel()
	began := time.Now()
	_, _, err := e.Response(within)
	switch {
	case err == nil:
		s.tally.note(discordName, e.Took())
		if e.Answers() > 1 {
			s.tally.fail("discord: an interaction has %d answers", e.Answers())
		}
		m, ok := e.Message()
		return m, ok
	case errors.Is(err, discordin.ErrOffline):
		s.tally.count(&s.tally.unsent)
	case s.harm.gateway(began):
		s.tally.count(&s.tally.lost)
	default:
		s.tally.fail("discord: an interaction was not responded to: %v", err)
	}
	return discordin.Message{}, false
}

// checkAnswers looks what became of everything that was acknowledged.
func (s *soak) checkAnswers() {
	s.t.Helper()
	for _, wrong := range s.tally.wrong {
		s.t.Error(wrong)
	}
	for _, d := range s.tally.commands {
		if n := s.slack.Answers(d); n != 1 {
			s.t.Errorf("slack: %v %v has %d answers", d.Payload["command"], d.Payload["text"], n)
		}
	}
	replies := map[string][]string{}
	for n := range soakPeople {
		maps.Copy(replies, s.slackPosts(fmt.Sprintf("C1%02d", n)))
	}
	for ts := range s.tally.mentions {
		if len(replies[ts]) != 1 {
			s.t.Errorf("slack: the mention %s has the replies %.200q", ts, replies[ts])
		}
	}
	s.posted.mu.Lock()
	defer s.posted.mu.Unlock()
	unheard := 0
	for id := range s.tally.said {
		switch n := len(s.posted.replies[id]); {
		case n > 1:
			s.t.Errorf("discord: a message has %d replies", n)
		case n == 0:
			unheard++ // with its connection, as nobody sends it again
		}
	}
	s.tally.lost += unheard
	if most := len(s.tally.said) / 4; unheard > most+2 {
		s.t.Errorf("discord: %d of %d messages have no reply", unheard, len(s.tally.said))
	}
	slices.Sort(s.tally.took)
	if n := len(s.tally.took); n < soakPeople || s.tally.lost+s.tally.unsent > n/5 {
		s.t.Errorf("%d requests were acknowledged, %d lost and %d not sent", n, s.tally.lost, s.tally.unsent)
	}
}
