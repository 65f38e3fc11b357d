package commands

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"silkwire/bot"
	"silkwire/bot/delivery"
	"silkwire/knowledge"
)

// bounded makes the test's log one that ends at a revision.
type bounded struct{ logOf }

func (b bounded) ChangesUntil(ctx context.Context, after, _ uint64) ([]knowledge.Changed, int, error) {
	return b.Changes(ctx, after)
}

// digestsOn is a router with a book in memory; the bot may post where canPost says.
func digestsOn(t *testing.T, canPost error) (*bot.Router, Kept) {
	t.Helper()
	s, ledger := testSnapshot(t), bot.NewMemory(nil)
	kept := keptOn(t, ledger)
	var err error
	if kept.Digests, err = delivery.OpenBook(t.Context(), ledger); err != nil {
		t.Fatal(err)
	}
	kept.Changes = bounded{madeChanges(s)}
	kept.CanPost = func(context.Context, bot.Conversation) (bool, error) { return false, canPost }
	r, err := bot.NewRouter(All(&always{snapshots: []*knowledge.Snapshot{s}}, "test", kept), Question, slog.New(slog.DiscardHandler), bot.Settle(kept.Settings))
	if err != nil {
		t.Fatal(err)
	}
	return r, kept
}

const morning = "/digest subscribe daily 08:30 Europe/Berlin topics:「lotus, JADE」 weekdays"

func TestDigestReplies(t *testing.T) {
	for _, test := range []struct {
		name  string
		may   bot.Permission
		lines []string
	}{
		{"digest-subscribe", bot.Admin, []string{morning}},
		{"digest-subscribe-weekly", bot.Admin, []string{"/digest subscribe weekly 9:00 Asia/Shanghai empty:say"}},
		{"digest-subscribe-live", bot.Admin, []string{"/digest subscribe live topics:JADE"}},
		{"digest-subscribe-empty", bot.Admin, []string{"/digest subscribe"}},
		{"digest-subscribe-no-time", bot.Admin, []string{"/digest subscribe daily"}},
		{"digest-subscribe-25-00", bot.Admin, []string{"/digest subscribe daily 25:00"}},
		{"digest-subscribe-830am", bot.Admin, []string{`/digest subscribe daily "8.30 am"`}},
		{"digest-subscribe-830am-in-two-words", bot.Admin, []string{"/digest subscribe daily 8.30 AM Europe/Berlin"}},
		{"digest-subscribe-hour-only", bot.Admin, []string{"/digest subscribe daily 8"}},
		{"digest-subscribe-no-zone", bot.Admin, []string{"/digest subscribe daily 08:30 Europe/Berln"}},
		{"digest-subscribe-no-topic", bot.Admin, []string{"/digest subscribe daily 08:30 UTC topics:quokka"}},
		{"digest-subscribe-near-topic", bot.Admin, []string{"/digest subscribe daily 08:30 UTC topics:「JADE, lotsu lba」"}},
		{"digest-subscribe-empty-list", bot.Admin, []string{"/digest subscribe daily 08:30 UTC topics:,"}},
		{"digest-subscribe-no-day", bot.Admin, []string{"/digest subscribe daily 08:30 UTC someday"}},
		{"digest-subscribe-twice", bot.Admin, []string{morning, morning}},
		{"digest-subscribe-ping-denied", bot.Admin, []string{"/digest subscribe live ping:<@&5>"}},
		{"digest-subscribe-ping-elsewhere", bot.Admin | bot.SpaceAdmin, []string{"/digest subscribe live ping:<@&5>"}},
		{"digest-subscribe-elsewhere-denied", bot.Admin, []string{"/digest subscribe live channel:#general"}},
		{"digest-subscribe-curator", bot.Curator, []string{"/digest subscribe live"}},
		{"digest-subscribe-denied", bot.Everyone, []string{morning}},
		{"digest-change", bot.Admin, []string{morning, "/digest change at:9.15pm days:mon,thu topics:GRNT"}},
		{"digest-change-to-live", bot.Admin, []string{morning, "/digest change often:live empty:say"}},
		{"digest-change-nothing", bot.Admin, []string{morning, "/digest change"}},
		{"digest-change-no-time", bot.Admin, []string{morning, "/digest change at:25:00"}},
		{"digest-list-none", bot.Everyone, []string{"/digest list"}},
		{"digest-list", bot.Admin, []string{morning, "/digest list"}},
		{"digest-list-two", bot.Admin, []string{morning, "/digest subscribe live", "/digest list"}},
		{"digest-pause", bot.Admin, []string{morning, "/digest pause"}},
		{"digest-resume", bot.Admin, []string{morning, "/digest pause", "/digest resume"}},
		{"digest-stop", bot.Admin, []string{morning, "/digest stop"}},
		{"digest-stop-which", bot.Admin, []string{morning, "/digest subscribe live", "/digest stop"}},
		{"digest-stop-none", bot.Admin, []string{"/digest stop zzz"}},
		{"digest-preview-first", bot.Admin, []string{morning, "/digest preview"}},
		{"digest-log-none", bot.Everyone, []string{"/digest log"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, kept := digestsOn(t, nil)
			var reply bot.Reply
			var ids []string
			for i, line := range test.lines {
				reply = r.Dispatch(t.Context(), bot.Request{ID: "1", Line: line, At: testTime.Add(time.Duration(i) * time.Second), User: bot.User{ID: "U1", May: test.may}, Conversation: lobby})
				for _, o := range kept.Digests.Of(lobby) {
					ids = append(ids, o.ID)
				}
			}
			text := fmt.Sprintf("> %s\n[%s, %s]\n\n%s\n", test.lines[len(test.lines)-1], reply.Outcome, reply.Visibility, reply.Plain())
			for _, id := range ids {
				text = strings.ReplaceAll(text, id, "abcdefghijkl")
			}
			golden(t, test.name, text)
			checkReply(t, test.name, reply)
		})
	}
}

// A channel that the bot cannot post in is told at once, not in the morning.
func TestDigestWhereItCannotPost(t *testing.T) {
	r, kept := digestsOn(t, fmt.Errorf("no member: %w", bot.ErrGone))
	reply := r.Dispatch(t.Context(), bot.Request{Line: morning, At: testTime, User: bot.User{May: bot.Admin}, Conversation: lobby})
	if reply.Outcome != bot.Denied || !strings.Contains(reply.Lead.String(), "I may not post in this channel") || len(kept.Digests.Of(lobby)) > 0 {
		t.Errorf("got [%s] %s", reply.Outcome, reply.Plain())
	}
}

// What a digest says.
func TestDigests(t *testing.T) {
	s := testSnapshot(t)
	d := NewDigests(&always{snapshots: []*knowledge.Snapshot{s}}, bounded{madeChanges(s)}, func() time.Time { return testTime })
	none := NewDigests(&always{snapshots: []*knowledge.Snapshot{s}}, bounded{logOf{}}, func() time.Time { return testTime })
	due := delivery.Delivery{ID: "abcdefghijkl", Due: testTime, From: 6, Until: 7}
	first := due
	first.First = true
	for _, test := range []struct {
		name   string
		writer *Digests
		topics []string
		due    delivery.Delivery
		ok     bool
	}{
		{"digest-of-everything", d, nil, due, true},
		{"digest-of-topics", d, []string{"lotus", "JADE"}, due, true},
		{"digest-of-nothing", none, []string{"GRNT"}, due, false},
		{"digest-first", d, nil, first, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.due.Topics = test.topics
			reply, ok, err := test.writer.Digest(t.Context(), test.due)
			if err != nil || ok != test.ok {
				t.Fatalf("ok %v, %v", ok, err)
			}
			golden(t, test.name, reply.Plain()+"\n")
			checkReply(t, test.name, reply)
			if line, err := json.Marshal(reply.Actions); err != nil || !strings.Contains(string(line), "mark:abcdefghijkl") {
				t.Errorf("it carries no mark: %s", line)
			}
		})
	}
}

// In a terminal a digest is drawn when it is due, once, also in a later terminal.
func TestDigestInATerminal(t *testing.T) {
	r, kept := digestsOn(t, nil)
	owner := bot.User{ID: "owner", May: bot.Admin | bot.SpaceAdmin | bot.Curator, Trusted: true}
	in := func(terminal, line string, after time.Duration) bot.Reply {
		t.Helper()
		return r.Dispatch(t.Context(), bot.Request{ID: "1", Line: line, At: testTime.Add(after), User: owner, Conversation: bot.Conversation{Platform: "console", Channel: terminal}})
	}
	const day = 24 * time.Hour
	if got := in("1", "/digest subscribe daily 08:30 UTC", 0); got.Outcome != bot.Answered {
		t.Fatal(got.Plain())
	}
	for _, step := range []struct {
		name, line string
		after      time.Duration
		outcome    bot.Outcome
		says       string
	}{
		{"before it is due", DueLine, time.Minute, bot.Unknown, ""},
		{"the first", DueLine, day, bot.Answered, "This is the first digest"},
		{"once", DueLine, day, bot.Unknown, ""},
		{"the log", "/digest log", day, bot.Answered, ": posted"},
		{"after days without a terminal", DueLine, 9 * day, bot.Answered, "since the last digest"},
		{"one makes up for them", DueLine, 9 * day, bot.Unknown, ""},
	} {
		if got := in("2", step.line, step.after); got.Outcome != step.outcome || !strings.Contains(got.Plain(), step.says) {
			t.Errorf("%s: [%s] %s", step.name, got.Outcome, got.Plain())
		}
	}
	for _, o := range kept.Digests.Of(bot.Conversation{Platform: "console", Channel: "terminal"}) {
		if o.First {
			t.Error("the first is still to be told")
		}
	}
	// Nobody else asks for it.
	if got := r.Dispatch(t.Context(), bot.Request{Line: DueLine, At: testTime.Add(40 * day), User: bot.User{ID: "U1", May: bot.Admin}, Conversation: lobby}); got.Outcome != bot.Unknown {
		t.Errorf("in a channel: %s", got.Plain())
	}
}
