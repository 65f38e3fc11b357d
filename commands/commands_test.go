package commands

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"silkwire/bot"
	"silkwire/knowledge"
)

// always is a Knowledge that counts how often it is asked, and gives another
// Snapshot each time if it has several.
type always struct {
	snapshots []*knowledge.Snapshot
	asked     atomic.Int64
}

func (a *always) Snapshot() *knowledge.Snapshot {
	n := a.asked.Add(1) - 1
	return a.snapshots[int(n)%len(a.snapshots)]
}

func newRouter(t *testing.T, k Knowledge) *bot.Router {
	t.Helper()
	return newRouterOn(t, k, testKept(t))
}

func newRouterOn(t *testing.T, k Knowledge, kept Kept) *bot.Router {
	t.Helper()
	r, err := bot.NewRouter(All(k, "test", kept), Question, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func dispatch(t *testing.T, r *bot.Router, line string) bot.Reply {
	t.Helper()
	return r.Dispatch(t.Context(), bot.Request{ID: "1", Line: line, At: testTime})
}

// testTime is when the tests ask: an hour after the test's fact base changed.
var testTime = time.Date(2026, 2, 3, 5, 5, 0, 0, time.UTC)

// cases are the golden replies: the file's name and the line that is typed.
var cases = []struct{ name, line string }{
	{"ask-known", "/ask why did the chip rule fail"},
	{"ask-both-sides", "/ask what did training Lotus cost"},
	{"ask-qualifier", "/ask what does the bill leave out"},
	{"ask-superseded", "/ask data centre budget of Jade in 2024"},
	{"ask-secondary", "/ask how many people use Willow"},
	{"ask-chinese", "/ask 训练莲花花了多少钱"},
	{"ask-plain-line", "when did Lotus 2 come out"},
	{"ask-misspelt", "/ask what did trianing Lotsu cost"},
	{"ask-ambiguous", "/ask chairman lin data centre capex"},
	{"ask-price", "/ask $grnt"},
	{"ask-price-unlisted", "/ask Lotus Lab share price"},
	{"ask-unknown", "/ask who won the rowing championship"},
	{"ask-unknown-named", "/ask what colour is the roof of Willow"},
	{"ask-empty", "/ask"},
	{"ask-news", "/ask what's new this week?"},
	{"ask-what-is", "/ask what is the chip rule"},
	{"ask-compare", "/ask lotus vs willow"},
	{"ask-compare-chinese", "/ask 莲花和芯片规则的区别"},
	{"ask-compare-named-only", "/ask granite or willow"},
	{"ask-compare-answered", "/ask lotus lab compared with jade"},
	{"lab-known", "/lab Lotus Lab"},
	{"lab-model", "/lab lotus"},
	{"lab-listed", "/lab jade"},
	{"lab-chinese", "/lab 莲花实验室"},
	{"lab-misspelt", "/lab Granit Semiconducter"},
	{"lab-several", "/lab lotus lab granite"},
	{"lab-ambiguous", "/lab chairman lin"},
	{"lab-overview", "/lab"},
	{"lab-unknown", "/lab quokka"},
	{"policy-overview", "/policy"},
	{"policy-known", "/policy chip rule"},
	{"policy-as-of", "/policy chip rule asof:2022-12"},
	{"policy-as-of-before-all", "/policy asof:2020"},
	{"policy-as-of-no-date", "/policy chip rule asof:yesterday"},
	{"about-theme", "/about openness"},
	{"about-overview", "/about"},
	{"about-instrument", "/about gold"},
	{"ticker-one", "/ticker GRNT"},
	{"ticker-two-listings", "/ticker 8801.HK"},
	{"ticker-name", "/ticker jade"},
	{"ticker-several", "/ticker GRNT jade 8801.HK gold amd"},
	{"ticker-unlisted", "/ticker lotus lab"},
	{"ticker-unlisted-alone", "/ticker willow"},
	{"ticker-through-parent", "/ticker jade cloud"},
	{"ticker-no-exposure", "/ticker gold"},
	{"ticker-no-price", "/ticker TIN"},
	{"ticker-unknown", "/ticker quokka"},
	{"ticker-empty", "/ticker"},
	{"ticker-chart", "/ticker GRNT chart:"},
	{"ticker-chart-several", "/ticker GRNT jade 8801.HK chart:"},
	{"exposure-chart", "/exposure chart:"},
	{"timeline-chart", "/timeline chip rule chart:"},
	{"policy-chart", "/policy chart:"},
	{"watch", "/watch"},
	{"watch-topics", "/watch jade, GRNT, 芯片规则"},
	{"watch-unknown", "/watch quokka"},
	{"watch-list", "/watch list"},
	{"watch-stop", "/watch stop"},
	{"watch-stop-unwatched", "/watch stop jade"},
	{"compare-known", "/compare jade lotus lab"},
	{"compare-nothing-common", "/compare granite willow"},
	{"compare-three", "/compare jade granite willow"},
	{"compare-same", "/compare jade 翡翠集团"},
	{"compare-unknown", "/compare jade quokka"},
	{"compare-one", "/compare jade"},
	{"exposure", "/exposure"},
	{"exposure-benefits", "/exposure benefits"},
	{"exposure-none", "/exposure hurt"},
	{"exposure-misused", "/exposure sideways"},
	{"exposure-if-stronger", `/exposure if:"chip rule tightens"`},
	{"exposure-if-weaker", `/exposure if:"chip rule is lifted"`},
	{"exposure-if-no-path", `/exposure if:"Willow grows"`},
	{"exposure-if-no-name", `/exposure if:"everything changes"`},
	{"market", "/market"},
	{"market-surplus", "/market now"},
	{"timeline", "/timeline"},
	{"timeline-name", "/timeline lotus"},
	{"timeline-window", "/timeline chip rule since:2023 until:2023-12"},
	{"timeline-undated", "/timeline jade cloud"},
	{"timeline-backwards", "/timeline lotus since:2025 until:2024"},
	{"timeline-no-date", "/timeline lotus since:yesterday"},
	{"timeline-unknown", "/timeline quokka"},
	{"facts-words", "/facts data centres"},
	{"facts-name", "/facts lotus"},
	{"facts-instrument", "/facts gold"},
	{"facts-overview", "/facts"},
	{"facts-unknown", "/facts quokka"},
	{"facts-no-page", "/facts lotus page:9"},
	{"fact-known", "/fact lotus-cost"},
	{"fact-superseded", "/fact jade-capex-2024"},
	{"fact-secondary", "/fact lotus-cost-doubted"},
	{"fact-misspelt", "/fact lotus-cots"},
	{"fact-unknown", "/fact zzzzzz"},
	{"fact-empty", "/fact"},
	{"fact-surplus", "/fact lotus-cost rule-bans"},
	{"sources", "/sources"},
	{"silkwire", "/silkwire"},
	{"silkwire-privacy", "/silkwire privacy"},
	{"silkwire-inner", "/silkwire ticker gold"},
	{"help", "/help"},
	{"help-command", "/help timeline"},
	{"help-subcommands", "/help settings"},
	{"help-misspelt", "/help tickr"},
	{"settings", "/settings"},
	{"feedback-helpful", `/feedback helpful about:lotus-cost,lotus-release question:"what did it cost"`},
	{"feedback-wrong", `/feedback wrong about:lotus-cost question:"what did: it cost" says: it was 5 million, see: the card`},
	{"feedback-wrong-empty", `/feedback wrong about:lotus-cost,lotus-release question:「what did "it" cost」`},
	{"feedback-unknown", "/feedback helpful about:quokka"},
	{"feedback-empty", "/feedback"},
	{"help-hidden", "/help feedback"},
	{"home", "/home"},
	{"changes-no-database", "/changes"},
	{"unknown-command", "/tikcer GRNT"},
}

func TestReplies(t *testing.T) {
	r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{testSnapshot(t)}})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			reply := dispatch(t, r, c.line)
			golden(t, c.name, fmt.Sprintf("> %s\n[%s]\n\n%s\n", c.line, reply.Outcome, reply.Plain()))
			checkReply(t, c.line, reply)
		})
	}
}

func TestCheckMessage(t *testing.T) {
	r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{testSnapshot(t)}})
	for name, message := range map[string]string{"check-known": "did the ban work?", "check-empty": " \n"} {
		t.Run(name, func(t *testing.T) {
			reply := r.Dispatch(t.Context(), bot.Request{ID: "1", Call: &bot.Call{Path: []string{"Check with silkwire"}}, Message: message})
			golden(t, name, fmt.Sprintf("> %q\n[%s]\n\n%s\n", message, reply.Outcome, reply.Plain()))
		})
	}
}

// golden compares with a file; UPDATE_GOLDEN=1 rewrites it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; UPDATE_GOLDEN=1 writes it", err)
	}
	if got != string(want) {
		t.Errorf("%s:\ngot\n%s\nwant\n%s", name, got, want)
	}
}

func TestNoGoldenIsLeftOver(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".txt")
		others := slices.ContainsFunc([]string{"changes", "check-", "curate", "digest", "feed-", "notice-", "proposals", "settings-", "feedback-", "home-"}, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
		if !others && !slices.ContainsFunc(cases, func(c struct{ name, line string }) bool { return c.name == name }) {
			t.Errorf("%s belongs to no case", f)
		}
	}
}

// checkReply checks what holds of every reply.
func checkReply(t *testing.T, line string, r bot.Reply) {
	t.Helper()
	text := r.Plain()
	if r.Lead.String() == "" {
		t.Errorf("%s: no lead", line)
	}
	if n := strings.Count(text, notAdvice); n > 1 {
		t.Errorf("%s: %q stands there %d times", line, notAdvice, n)
	}
	if strings.Contains(text, notAdvice) && !showsTicker(r) {
		t.Errorf("%s: %q without a ticker:\n%s", line, notAdvice, text)
	}
	for _, b := range r.Blocks {
		if q, ok := b.(bot.Quotes); ok && (!strings.HasPrefix(q.AsOf, "snapshot, ") || !strings.Contains(q.Source.String(), "not live")) {
			t.Errorf("%s: prices as of %q from %q", line, q.AsOf, q.Source)
		}
	}
	statements := map[string]bool{}
	for _, s := range factLines(r) {
		if statements[s] {
			t.Errorf("%s: %s is shown twice:\n%s", line, s, text)
		}
		statements[s] = true
	}
	for l := range strings.Lines(text) {
		if said := strings.TrimSpace(l); strings.Contains(said, "  ") || strings.Contains(said, "%!") || strings.Contains(said, "..") {
			t.Errorf("%s: stray blanks, stops or formatting: %q", line, l)
		}
	}
}

func showsTicker(r bot.Reply) bool {
	for _, l := range targets(r) {
		if strings.HasPrefix(l, "/ticker ") {
			return true
		}
	}
	return len(r.Used.Quotes) > 0 || strings.Contains(r.Title.String(), " · ")
}

// factLines are the lines of the facts that a reply shows as statements.
func factLines(r bot.Reply) []string {
	var out []string
	for _, i := range items(r) {
		if strings.HasPrefix(i.Line, "/fact ") {
			out = append(out, i.Line)
		}
	}
	return out
}

func items(r bot.Reply) []bot.Item {
	var out []bot.Item
	for _, b := range r.Blocks {
		if l, ok := b.(bot.List); ok {
			out = append(out, l.Items...)
		}
	}
	return out
}

// targets are all command lines that a reply can be pressed for.
func targets(r bot.Reply) []string {
	var out []string
	add := func(lines ...string) {
		for _, l := range lines {
			if l != "" {
				out = append(out, l)
			}
		}
	}
	spans := func(texts ...bot.Text) {
		for _, text := range texts {
			for _, s := range text {
				if s.Kind == bot.Entity {
					add(s.Target)
				}
			}
		}
	}
	for _, a := range slices.Concat(r.Actions, r.Suggestions) {
		add(a.Line)
		for _, c := range a.Choices {
			add(c.Value)
		}
	}
	spans(r.Title, r.Lead, r.Notice)
	for _, b := range r.Blocks {
		switch b := b.(type) {
		case bot.Paragraph:
			spans(b.Title, b.Text)
		case bot.List:
			spans(b.Title)
			for _, i := range b.Items {
				add(i.Line)
				spans(i.Text, i.Detail)
			}
			if b.More != nil {
				add(b.More.Line)
			}
		case bot.Fields:
			spans(b.Title)
			for _, f := range b.Fields {
				spans(f.Value)
			}
		case bot.Table:
			for _, row := range b.Rows {
				spans(row...)
			}
		case bot.Quotes:
			for _, row := range b.Rows {
				add(row.Line)
			}
		}
	}
	return out
}

// TestEveryLineLeadsSomewhere walks every line that can be pressed, from /help
// on and from every case.
func TestEveryLineLeadsSomewhere(t *testing.T) {
	for name, s := range map[string]*knowledge.Snapshot{"test": testSnapshot(t), "shipped": shippedSnapshot(t)} {
		t.Run(name, func(t *testing.T) {
			r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{s}})
			seen := map[string]string{}
			queue := []string{"/help", "/lab", "/policy", "/about", "/exposure", "/market", "/timeline", "/sources", "/facts", "/silkwire"}
			for _, l := range queue {
				seen[l] = "the test"
			}
			for _, c := range cases {
				for _, l := range targets(dispatch(t, r, c.line)) {
					// What the user typed and is not known may be unknown again.
					if seen[l] == "" && !strings.HasSuffix(c.name, "unknown") && !strings.HasSuffix(c.name, "misspelt") {
						seen[l] = c.line
						queue = append(queue, l)
					}
				}
			}
			for len(queue) > 0 {
				line := queue[0]
				queue = queue[1:]
				reply := dispatch(t, r, line)
				checkReply(t, line, reply)
				if reply.Outcome != bot.Answered && !fallback(line, reply, name) {
					t.Errorf("%s, offered by %s: %s: %s", line, seen[line], reply.Outcome, reply.Plain())
				}
				for _, l := range targets(reply) {
					if seen[l] == "" {
						seen[l] = line
						queue = append(queue, l)
					}
				}
			}
			if len(seen) < 50 {
				t.Errorf("walked only %d lines", len(seen))
			}
		})
	}
}

// fallback tells whether an unanswered line may stand: the examples of /help are
// about the shipped base, and a name may have no dated facts, which the reply
// says with somewhere to go.
func fallback(line string, r bot.Reply, base string) bool {
	if r.Outcome != bot.Unknown {
		// The nearest command's name alone asks for what is missing.
		return r.Form != nil
	}
	return base == "test" || strings.HasPrefix(line, "/timeline ") && len(r.Suggestions) > 0 || strings.HasPrefix(line, "/ask ")
}

func TestEveryFactOpens(t *testing.T) {
	for name, s := range map[string]*knowledge.Snapshot{"test": testSnapshot(t), "shipped": shippedSnapshot(t)} {
		r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{s}})
		for _, f := range s.Facts() {
			line := "/fact " + f.ID
			reply := dispatch(t, r, line)
			checkReply(t, line, reply)
			if reply.Outcome != bot.Answered || !strings.HasPrefix(reply.Lead.String(), f.Statement) || reply.Used.Facts[0].ID != f.ID {
				t.Errorf("%s base: %s: %s", name, line, reply.Plain())
			}
			if !slices.ContainsFunc(reply.Blocks, func(b bot.Block) bool { _, ok := b.(bot.Sources); return ok }) {
				t.Errorf("%s base: %s shows no source", name, line)
			}
			if newer := s.Superseded(f.ID); newer != nil && !strings.Contains(reply.Lead.String(), newer.ID) {
				t.Errorf("%s base: %s does not say that %s replaced it", name, line, newer.ID)
			}
			if f.Grade() == knowledge.Secondary && !strings.Contains(reply.Plain(), "secondary source only") && !strings.Contains(reply.Plain(), "secondary sources only") {
				t.Errorf("%s base: %s does not say that its source is secondary", name, line)
			}
		}
	}
}

func TestEveryEntityOpens(t *testing.T) {
	for name, s := range map[string]*knowledge.Snapshot{"test": testSnapshot(t), "shipped": shippedSnapshot(t)} {
		r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{s}})
		for _, e := range s.Entities() {
			reply := dispatch(t, r, "/about "+e.Name)
			if reply.Title.String() != e.Name {
				t.Errorf("%s base: /about %s opens %q", name, e.Name, reply.Title)
			}
		}
	}
}

// TestOneSnapshotPerRequest changes the knowledge at each call: whatever asks
// twice could see two revisions.
func TestOneSnapshotPerRequest(t *testing.T) {
	k := &always{snapshots: []*knowledge.Snapshot{testSnapshot(t), knowledge.NewSnapshot(knowledge.Contents{}, 8, time.Time{})}}
	r := newRouter(t, k)
	asked := map[string]bool{}
	for _, c := range cases {
		before := k.asked.Load()
		reply := dispatch(t, r, c.line)
		n := k.asked.Load() - before
		most := int64(1)
		if n > most {
			t.Errorf("%s asks for %d snapshots", c.line, n)
		}
		if reply.Outcome == bot.Broken {
			t.Errorf("%s: %s", c.line, reply.Plain())
		}
		if n == 1 {
			name, _ := bot.SplitLine(c.line)
			asked[name] = true
		}
	}
	for _, c := range All(k, "test", testKept(t)) {
		if !c.Message && !slices.Contains([]string{"help", "settings", "curate", "digest", "feed", "proposals"}, c.Name) && !asked[c.Name] && c.Name != Question {
			t.Errorf("no case of /%s asked for a snapshot", c.Name)
		}
	}
}

// TestEmptyBase: nothing is known, and every command says so without breaking.
func TestEmptyBase(t *testing.T) {
	r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{knowledge.NewSnapshot(knowledge.Contents{}, 0, time.Time{})}})
	for _, c := range cases {
		if reply := dispatch(t, r, c.line); reply.Outcome == bot.Broken || reply.Lead.String() == "" {
			t.Errorf("%s: %s: %s", c.line, reply.Outcome, reply.Plain())
		}
	}
}

// hostile is text as an attacker would write it: mentions, markup, escapes and
// controls of the reading direction.
const hostile = "@everyone <!channel> <@U1> **b** `c` [x](https://evil.example) \x1b[31mred\x07 \u202egnp\u2066.exe\u2069 \u200b|\r\n## h"

func TestRepliesNeverPing(t *testing.T) {
	c := testContents()
	for i := range c.Entities {
		c.Entities[i].Name += " " + hostile
		c.Entities[i].Summary += hostile
	}
	for i := range c.Facts {
		c.Facts[i].Statement += hostile
		if c.Facts[i].Whose != "" {
			c.Facts[i].Whose += hostile
		}
		for j := range c.Facts[i].Sources {
			c.Facts[i].Sources[j].Title += hostile
			c.Facts[i].Sources[j].Publisher += hostile
		}
	}
	for i := range c.Documents {
		c.Documents[i].Title += hostile
		c.Documents[i].Author += hostile
		c.Documents[i].Sections = append(slices.Clone(c.Documents[i].Sections), hostile)
	}
	for i := range c.Exposures {
		c.Exposures[i].Driver += hostile
	}
	for i := range c.Instruments {
		c.Instruments[i].Name += hostile
	}
	r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{knowledge.NewSnapshot(c, 1, time.Unix(0, 0))}})
	var lines []string
	for _, c := range cases {
		lines = append(lines, c.line, c.line+" "+hostile)
	}
	for _, name := range []string{"ask", "lab", "about", "ticker", "compare", "timeline", "facts", "fact", "help", "exposure"} {
		lines = append(lines, "/"+name+" "+hostile, "/"+name+" "+strings.Repeat("界 ", 1000), "/"+name+" \xff\xfe")
	}
	for _, line := range lines {
		reply := dispatch(t, r, line)
		if reply.Outcome == bot.Broken {
			t.Errorf("%q: %s", line, reply.Plain())
		}
		for _, x := range reply.Plain() {
			if x != '\n' && (unicode.IsControl(x) || unicode.Is(unicode.Bidi_Control, x)) {
				t.Errorf("%q: the reply holds %U", line, x)
				break
			}
		}
		checkLinks(t, line, reply)
		if said := reply.Lead.String(); reply.Outcome != bot.Answered && len([]rune(said)) > 400 {
			t.Errorf("%q: a lead of %d characters", line, len([]rune(said)))
		}
	}
}

// checkLinks finds addresses that are none of the base's: text from outside must
// not become a link.
func checkLinks(t *testing.T, line string, r bot.Reply) {
	t.Helper()
	check := func(texts ...bot.Text) {
		for _, text := range texts {
			for _, s := range text {
				if s.Kind == bot.Link && s.Target != "https://lotus.example/card" {
					t.Errorf("%q: links to %q", line, s.Target)
				}
			}
		}
	}
	check(r.Title, r.Lead, r.Notice)
	for _, b := range r.Blocks {
		switch b := b.(type) {
		case bot.Paragraph:
			check(b.Title, b.Text)
		case bot.List:
			for _, i := range b.Items {
				check(b.Title, i.Text, i.Detail)
			}
		case bot.Table:
			for _, row := range b.Rows {
				check(row...)
			}
		case bot.Fields:
			for _, f := range b.Fields {
				check(b.Title, f.Value)
			}
		case bot.Sources:
			for _, s := range b.Items {
				check(s.Text)
				if s.Address != "" && s.Address != "https://lotus.example/card" {
					t.Errorf("%q: cites the address %q", line, s.Address)
				}
			}
		}
	}
}

func TestCompleters(t *testing.T) {
	s := testSnapshot(t)
	k := &always{snapshots: []*knowledge.Snapshot{s}}
	for _, c := range []struct{ command, option, typed, want string }{
		{"ask", "question", "why did the chip", "why did the chip rule fail"},
		{"lab", "name", "jad", "Jade Group"},
		{"lab", "name", "莲花", "Lotus 2"},
		{"policy", "name", "chip", "Chip Rule"},
		{"ticker", "symbols", "gr", "GRNT"},
		{"fact", "id", "rule-b", "rule-bans"},
		{"help", "command", "/tick", "ticker"},
	} {
		all := All(k, "test", testKept(t))
		i := slices.IndexFunc(all, func(x bot.Command) bool { return x.Name == c.command })
		j := slices.IndexFunc(all[i].Options, func(o bot.Option) bool { return o.Name == c.option })
		choices := all[i].Options[j].Complete(context.Background(), bot.Request{}, c.typed)
		if !slices.ContainsFunc(choices, func(x bot.Choice) bool { return x.Value == c.want }) {
			t.Errorf("/%s %s: %q completes to %v, want %q among them", c.command, c.option, c.typed, choices, c.want)
		}
	}
}
