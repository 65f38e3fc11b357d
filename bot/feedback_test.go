package bot_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"silkwire/bot"
)

func says(text, user string, at time.Time) bot.Report {
	return bot.Report{At: at, Question: "what did it cost", Facts: []string{"cost"}, Says: text, Platform: "slack", Space: "T1", Channel: "C1", User: user}
}

func reportsOf(t *testing.T, f *bot.Feedback, now time.Time) []string {
	t.Helper()
	all, err := f.Reports(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range all {
		out = append(out, r.User+" "+r.Says)
	}
	return out
}

func TestFeedbackKeepsReports(t *testing.T) {
	var logged bytes.Buffer
	disk := bot.NewMemory(nil)
	f := bot.NewFeedback(disk, textLog(&logged))
	for _, r := range []bot.Report{
		says("too old", "U1", noon.Add(-91*24*time.Hour)),
		says("the sum is secret", "U1", noon),
		says("the sum is secret", "U1", noon), // delivered twice
		says("so is the date", "U2", noon),
		says(strings.Repeat("界", 2000), "U3", noon.Add(time.Minute)),
	} {
		if err := f.Wrong(t.Context(), "req-7", r); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"U3 " + strings.Repeat("界", 999) + "…", "U2 so is the date", "U1 the sum is secret"}
	if got := reportsOf(t, f, noon.Add(time.Hour)); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	all, err := bot.NewFeedback(disk, discard()).Reports(t.Context(), noon)
	if err != nil || fmt.Sprint(all[2]) != fmt.Sprint(says("the sum is secret", "U1", noon.UTC())) {
		t.Errorf("after a restart: got %v, %v", all, err)
	}
	if n := len(keysOf(disk)); n != 3 {
		t.Errorf("%d records are stored, want the three that are kept: %q", n, keysOf(disk))
	}
	if got := reportsOf(t, f, noon.Add(bot.ReportLife+time.Second)); len(got) != 1 {
		t.Errorf("90 days later: got %q, want the last one", got)
	}
	if out := logged.String(); strings.Contains(out, "secret") || strings.Contains(out, "cost\"") || !strings.Contains(out, `msg="answer reported as wrong" request=req-7 platform=slack facts=cost`) {
		t.Errorf("logged:\n%s", out)
	}
}

// One person who reports without end crowds out nobody.
func TestFeedbackKeepsOfEachPersonTheirLast(t *testing.T) {
	f := bot.NewFeedback(bot.NewMemory(nil), discard())
	if err := f.Wrong(t.Context(), "1", says("first", "U1", noon)); err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		if err := f.Wrong(t.Context(), "1", says(fmt.Sprint(i), "U2", noon.Add(time.Duration(i+1)*time.Second))); err != nil {
			t.Fatal(err)
		}
	}
	got := reportsOf(t, f, noon.Add(time.Hour))
	if len(got) != 51 || got[0] != "U2 59" || got[49] != "U2 10" || got[50] != "U1 first" {
		t.Errorf("got %d: %q", len(got), got)
	}
}

func TestFeedbackCountsWhatHelped(t *testing.T) {
	disk := bot.NewMemory(nil)
	f := bot.NewFeedback(disk, discard())
	for _, facts := range [][]string{{"a", "b"}, {"b", "b"}, {"b"}, {"c"}} {
		if err := f.Helpful(t.Context(), facts); err != nil {
			t.Fatal(err)
		}
	}
	got, err := bot.NewFeedback(disk, discard()).Helped(t.Context())
	if want := "[{b 3} {a 1} {c 1}]"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("got %v, %v, want %s", got, err, want)
	}
}

func TestFeedbackRefuses(t *testing.T) {
	for name, f := range map[string]*bot.Feedback{"nothing can be kept": bot.NewFeedback(nil, discard()), "the store fails": bot.NewFeedback(brokenDisk(), discard())} {
		for what, err := range map[string]error{"helpful": f.Helpful(t.Context(), []string{"a"}), "wrong": f.Wrong(t.Context(), "1", says("x", "U1", noon))} {
			fail, ok := errors.AsType[*bot.Fail](err)
			if err == nil || ok == f.Takes() || ok && fail.Outcome != bot.Denied {
				t.Errorf("%s, %s: got %v", name, what, err)
			}
		}
		if got := reportsOf(t, f, noon); got != nil {
			t.Errorf("%s: got reports %q", name, got)
		}
	}
	damaged := bot.NewFeedback(bot.NewMemory(map[string][]byte{"f/w/1": []byte("{"), "f/h/a": []byte("{")}), discard())
	if _, err := damaged.Reports(t.Context(), noon); err == nil {
		t.Error("a damaged report: got no error")
	}
	if _, err := damaged.Helped(t.Context()); err == nil {
		t.Error("a damaged count: got no error")
	}
	if err := damaged.Helpful(t.Context(), []string{"a"}); err == nil {
		t.Error("counting on a damaged count: got no error")
	}
}

// rateable is /feedback wrong as package commands declares it, and /ask with the
// facts that its answer used.
func rateable(facts ...string) []bot.Command {
	reply := bot.Reply{}
	for _, id := range facts {
		reply.Used.Facts = append(reply.Used.Facts, bot.Use{ID: id, Score: 1})
	}
	return []bot.Command{
		{Name: "ask", Summary: "Ask", Options: []bot.Option{{Name: "question", Summary: "a question", Kind: bot.FreeText}}, Handle: func(context.Context, bot.Request) (bot.Reply, error) { return reply, nil }},
		{Name: "check", Summary: "Check", Message: true, Handle: func(context.Context, bot.Request) (bot.Reply, error) { return reply, nil }},
		{Name: "feedback", Summary: "Feedback", Hidden: true, Subcommands: []bot.Command{{
			Name: "wrong", Summary: "Report a wrong answer", Handle: answered, Options: []bot.Option{
				{Name: "about", Summary: "fact ids", Kind: bot.WordList, Named: true, Required: true},
				{Name: "says", Summary: "what is wrong with this answer", Kind: bot.FreeText, Required: true},
				{Name: "question", Summary: "what was asked", Kind: bot.Word, Named: true},
			},
		}}},
	}
}

// What a rating carries comes back as it was, whatever the question holds.
func TestRatingsComeBack(t *testing.T) {
	long := strings.Repeat("价格是多少 \"now\" ", 300)
	for name, question := range map[string]string{
		"plain":               "why didn't the sanctions stop them",
		"quotation marks":     `who said "we have no moat" and 'why'?`,
		"curly ones":          `who said “we have no moat”, and ‘why’`,
		"Chinese ones":        `谁说过「没有护城河」 and "why"`,
		"all but one kind":    `"a" 「b」 『c』 《d》`,
		"colons":              "says: about:rule question:x 结果：怎样 private:",
		"a word of its end":   "shall this be public:",
		"Chinese":             "训练莲花花了多少钱？",
		"a command":           `/compare "jade group" lotus lab`,
		"a backslash":         `what is \" in \`,
		"an address":          "is https://example.com/a:b right",
		"slash and name":      "/ticker NVDA, AMD；baba",
		"too long for a line": long,
	} {
		t.Run(name, func(t *testing.T) {
			router := newRouter(t, rateable("rule-bans", "rule-failed", "rule-delayed", "rule-grace"), bot.Ratings(bot.NewFeedback(bot.NewMemory(nil), discard())))
			reply := router.Dispatch(t.Context(), bot.Request{Call: &bot.Call{Path: []string{"ask"}, Options: map[string][]string{"question": {question[:min(len(question), 4000)]}}}})
			if len(reply.Ratings) != 2 {
				t.Fatalf("got ratings %v, want two", reply.Ratings)
			}
			helpful, wrong := reply.Ratings[0], reply.Ratings[1]
			if helpful.Label != "👍" || helpful.Line != "/feedback helpful about:rule-bans,rule-failed,rule-delayed" {
				t.Errorf("got %+v", helpful)
			}
			if wrong.Label != "This is wrong" || len(wrong.Line) > 1500 || !utf8.ValidString(wrong.Line) {
				t.Fatalf("a line of %d bytes: %q", len(wrong.Line), wrong.Line)
			}
			form := router.Dispatch(t.Context(), bot.Request{Line: wrong.Line}).Form
			if form == nil {
				t.Fatalf("%s asks for nothing", wrong.Line)
			}
			if form.Given["about"] != "rule-bans rule-failed rule-delayed" || utf8.RuneCountInString(form.Title) > 24 {
				t.Errorf("got form %+v", form)
			}
			if strings.HasPrefix(question, "/") { // asked again it must stay a question
				question = "/ask " + question
			}
			got, cut := strings.CutSuffix(form.Given["question"], "…")
			if got != question && (!cut || !strings.HasPrefix(question, got) || len(wrong.Line) < 1400) {
				t.Errorf("the question came back as\n %q, want\n %q", form.Given["question"], question)
			}
		})
	}
}

func TestQuoteComesBack(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"plain words", `"plain words"`},
		{`with "some"`, `「with "some"」`},
		{`"a" 「b」`, `『"a" 「b」』`},
		{`"a" 「b」 『c』 《d》 〝e〞`, `"'a' 「b」 『c』 《d》 〝e〞"`},
	} {
		if got := bot.Quote(tt.text); got != tt.want {
			t.Errorf("Quote(%q)\n got %s\nwant %s", tt.text, got, tt.want)
		}
	}
}

func TestRatingsStandUnderAnswersOnly(t *testing.T) {
	takes, takesNothing := bot.NewFeedback(bot.NewMemory(nil), discard()), bot.NewFeedback(nil, discard())
	use := bot.Used{Facts: []bot.Use{{ID: "a"}}}
	own := []bot.Action{{Label: "other", Line: "/help"}}
	for _, tt := range []struct {
		name     string
		feedback *bot.Feedback
		reply    bot.Reply
		err      error
		want     string // the line of the first rating
	}{
		{"an answer", takes, bot.Reply{Used: use}, nil, "/feedback helpful about:a"},
		{"no fact", takes, bot.Reply{}, nil, ""},
		{"no answer", takes, bot.Reply{Used: use, Outcome: bot.Unknown}, nil, ""},
		{"a failure", takes, bot.Reply{Used: use}, errors.New("x"), ""},
		{"ratings of its own", takes, bot.Reply{Used: use, Ratings: own}, nil, "/help"},
		{"ids that no list takes", takes, bot.Reply{Used: bot.Used{Facts: []bot.Use{{ID: "a b"}, {ID: "a,b"}, {ID: "c"}}}}, nil, "/feedback helpful about:c"},
		{"nothing is kept", takesNothing, bot.Reply{Used: use}, nil, ""},
	} {
		reply, _ := bot.Ratings(tt.feedback)(func(context.Context, bot.Request) (bot.Reply, error) { return tt.reply, tt.err })(t.Context(), bot.Request{Line: "why"})
		got := ""
		if len(reply.Ratings) > 0 {
			got = reply.Ratings[0].Line
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A message command is about the message.
func TestRatingsOfAMessage(t *testing.T) {
	router := newRouter(t, rateable("a"), bot.Ratings(bot.NewFeedback(bot.NewMemory(nil), discard())))
	reply := router.Dispatch(t.Context(), bot.Request{Call: &bot.Call{Path: []string{"check"}}, Message: " did it\nwork? "})
	if got, want := reply.Ratings[1].Line, `/feedback wrong about:a question:"did it work?"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What is hidden is found by nobody who does not know it.
func TestHiddenCommands(t *testing.T) {
	router := newRouter(t, rateable("a"))
	for _, line := range []string{"/f", "/feedb"} {
		if got := router.Complete(t.Context(), bot.Request{Line: line}).Choices; len(got) > 0 {
			t.Errorf("%s completes to %v", line, got)
		}
	}
	if reply := router.Dispatch(t.Context(), bot.Request{Line: "/feedbac"}); len(reply.Suggestions) > 0 {
		t.Errorf("it is suggested: %v", reply.Suggestions)
	}
}
