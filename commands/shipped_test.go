package commands

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"silkwire/bot"
	"silkwire/knowledge"
)

var passage = regexp.MustCompile(`§\d+ ¶\d+`)

// TestShippedLines asserts what every reply of the shipped base must have, and
// none of its words.
func TestShippedLines(t *testing.T) {
	s := shippedSnapshot(t)
	r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{s}})
	for _, c := range []struct {
		line   string
		facts  bool
		prices bool
	}{
		{"/ask why didn't the sanctions stop them", true, false},
		{"/ask how did export controls hit nvidia revenue", true, true},
		{"/lab qwen", true, false},
		{"/lab ByteDance", true, false},
		{"/policy", false, true},
		{"/about huawei ascend", true, false},
		{"/ticker NVDA", true, true},
		{"/ticker NVDA AMD baba", true, true},
		{"/ticker google", true, true},
		{"/compare alibaba bytedance", true, false},
		{"/exposure", true, true},
		{"/market", false, true},
		{"/timeline deepseek", true, false},
		{"/sources", false, false},
		{"/facts open source", true, false},
		{"/fact r1-cost-partial", true, false},
		{"/silkwire", false, false},
	} {
		t.Run(c.line, func(t *testing.T) {
			reply := dispatch(t, r, c.line)
			checkReply(t, c.line, reply)
			text := reply.Plain()
			if reply.Outcome != bot.Answered || reply.Lead.String() == "" {
				t.Fatalf("%s: %s", reply.Outcome, text)
			}
			if c.facts {
				sources := block[bot.Sources](reply)
				if len(reply.Used.Facts) == 0 || sources == nil {
					t.Fatalf("no facts with evidence:\n%s", text)
				}
				for _, source := range sources.Items {
					if said := source.Text.String(); !passage.MatchString(said) && source.Address == "" && !strings.Contains(said, ", ") && !strings.Contains(said, "(") {
						t.Errorf("a source without a passage, an address or a publisher: %s", said)
					}
				}
				for _, u := range reply.Used.Facts {
					if !strings.Contains(text, u.ID) {
						t.Errorf("used %s without showing its id", u.ID)
					}
				}
			}
			if c.prices {
				checkPrices(t, s, reply)
			}
			if len(reply.Used.Quotes) > 0 && !strings.Contains(text, "date not given") {
				t.Errorf("a tape price without its time:\n%s", text)
			}
		})
	}
}

func checkPrices(t *testing.T, s *knowledge.Snapshot, reply bot.Reply) {
	t.Helper()
	if len(reply.Used.Quotes) == 0 {
		t.Errorf("no price:\n%s", reply.Plain())
	}
	for _, symbol := range reply.Used.Quotes {
		q := s.Quote(symbol)
		want := bot.Thousands(q.Price) + " " + q.Currency + ", " + bot.Signed(q.ChangePercent) + " %"
		if !strings.Contains(reply.Plain(), want) {
			t.Errorf("%s is not shown as %q", symbol, want)
		}
	}
}

// block is the first block of a kind, or nil.
func block[B bot.Block](r bot.Reply) *B {
	for _, b := range r.Blocks {
		if found, ok := b.(B); ok {
			return &found
		}
	}
	return nil
}

func TestShippedR1CostHasTwoSides(t *testing.T) {
	r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{shippedSnapshot(t)}})
	for _, line := range []string{"/ask what did R1 cost", "/ask how much did training R1 cost", "/ask was R1 really so cheap", "/fact r1-cost-low"} {
		text := dispatch(t, r, line).Plain()
		for _, id := range []string{"r1-cost-low", "r1-cost-partial"} {
			if !strings.Contains(text, id) {
				t.Errorf("%s does not show %s:\n%s", line, id, text)
			}
		}
	}
}

func TestShippedExposuresResolve(t *testing.T) {
	s := shippedSnapshot(t)
	r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{s}})
	for _, x := range s.Exposures() {
		reply := dispatch(t, r, "/ticker "+x.Symbol)
		text := reply.Plain()
		for _, p := range x.Paths {
			for _, h := range p.Hops {
				f := s.Fact(h.Fact)
				if f == nil || !strings.Contains(text, f.Statement) || h.Entity != "" && s.Entity(h.Entity) == nil {
					t.Errorf("%s: hop %+v does not resolve in\n%s", x.Symbol, h, text)
				}
			}
		}
		if !strings.Contains(text, x.Symbol+" ← ") {
			t.Errorf("%s: no chain:\n%s", x.Symbol, text)
		}
	}
}

func TestShippedMarketShowsTheWholeTape(t *testing.T) {
	s := shippedSnapshot(t)
	reply := dispatch(t, newRouter(t, &always{snapshots: []*knowledge.Snapshot{s}}), "/market")
	rows := 0
	for _, b := range reply.Blocks {
		if q, ok := b.(bot.Quotes); ok {
			rows += len(q.Rows)
		}
	}
	if rows != 30 || len(reply.Used.Quotes) != 30 {
		t.Errorf("got %d rows and %d symbols, want 30", rows, len(reply.Used.Quotes))
	}
	checkPrices(t, s, reply)
}

func TestShippedNoExposureIsSaid(t *testing.T) {
	s := shippedSnapshot(t)
	r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{s}})
	for _, name := range []string{"gold", "natural gas", "solana", "NFLX"} {
		reply := dispatch(t, r, "/ticker "+name)
		if !strings.HasPrefix(reply.Lead.String(), "No exposure to Chinese AI is recorded for ") || len(reply.Used.Facts) > 0 {
			t.Errorf("/ticker %s:\n%s", name, reply.Plain())
		}
		checkPrices(t, s, reply)
	}
	reply := dispatch(t, r, "/ticker gold solana natural gas")
	if reply.Lead.String() != "No exposure to Chinese AI is recorded for XAU, SOL and NATGAS." {
		t.Errorf("got %s", reply.Plain())
	}
}

func TestShippedUnlistedNamesTheNearest(t *testing.T) {
	r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{shippedSnapshot(t)}})
	for _, line := range []string{"/ticker ByteDance", "/lab ByteDance", "/ticker 字节跳动"} {
		reply := dispatch(t, r, line)
		if text := reply.Plain(); !strings.Contains(text, "ByteDance is not listed. The nearest listed one is ") || !slices.ContainsFunc(targets(reply), func(l string) bool { return strings.HasPrefix(l, "/ticker ") }) {
			t.Errorf("%s:\n%s", line, text)
		}
	}
}

// TestShippedListsCanBeReadToTheEnd follows "more" until every fact was shown
// once.
func TestShippedListsCanBeReadToTheEnd(t *testing.T) {
	s := shippedSnapshot(t)
	r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{s}})
	for _, first := range []string{"/facts Alibaba", "/facts open source", "/timeline", "/timeline since:2025 until:2026"} {
		line, shown := first, map[string]bool{}
		for range 100 {
			reply := dispatch(t, r, line)
			if reply.Outcome != bot.Answered {
				t.Fatalf("%s: %s", line, reply.Plain())
			}
			for _, l := range factLines(reply) {
				if shown[l] {
					t.Errorf("%s: %s shows %s again", first, line, l)
				}
				shown[l] = true
			}
			list := block[bot.List](reply)
			if list.More == nil {
				break
			}
			line = list.More.Line
		}
		want := strings.Fields(dispatch(t, r, first).Lead.String())[0]
		if itoa(len(shown)) != want {
			t.Errorf("%s promises %s facts and shows %d", first, want, len(shown))
		}
	}
}

// TestNameAloneOpensItsCard asserts that who types a name, or a person's company,
// gets the card.
func TestNameAloneOpensItsCard(t *testing.T) {
	r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{shippedSnapshot(t)}})
	for _, c := range []struct{ question, card string }{
		{"duobao", "Doubao"},
		{"mountain view", "Google"},
		{"the company DeepSeek", "DeepSeek"},
		{"Jack Ma's old company", "Alibaba"},
		{"Sam Altman", "Sam Altman"},
		{"Sam Altman's lab", "OpenAI"},
	} {
		t.Run(c.question, func(t *testing.T) {
			reply := dispatch(t, r, "/ask "+c.question)
			if first, _, _ := strings.Cut(reply.Plain(), "\n"); first != c.card {
				t.Errorf("the reply begins with %q, want the card of %s", first, c.card)
			}
		})
	}
}

// TestFamilyCardHasItsModels asserts that the card of a family of models names
// the facts of its newest.
func TestFamilyCardHasItsModels(t *testing.T) {
	r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{shippedSnapshot(t)}})
	for _, c := range []struct{ line, fact string }{
		{"/lab kimi", "kimi-k3-weights-2026-07-27"},
		{"/lab kimi", "kimi-k31-pro-2026-10-24"},
		{"/lab doubao", "doubao-seed-21-2026-06"},
		{"/lab qwen", "qwen4-max-2026-11-16"},
	} {
		t.Run(c.line+" "+c.fact, func(t *testing.T) {
			if text := dispatch(t, r, c.line).Plain(); !strings.Contains(text, c.fact) {
				t.Errorf("the card does not have the fact:\n%s", text)
			}
		})
	}
}
