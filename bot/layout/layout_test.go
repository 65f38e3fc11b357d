package layout_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"silkwire/bot"
	"silkwire/bot/layout"
)

func TestLength(t *testing.T) {
	for s, want := range map[string]int{"": 0, "abc": 3, "芯片": 2, "é": 1, "🤖": 2, "a🇨🇳": 5} {
		if got := layout.Length(s); got != want {
			t.Errorf("%q has %d units, want %d", s, got, want)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		s     string
		limit int
		want  string
	}{
		{"short", 5, "short"}, {"a few words here", 12, "a few words…"}, {"abcdefghij", 5, "abcd…"}, {"🤖🤖🤖", 4, "🤖…"}, {"芯片管制", 3, "芯片…"},
	} {
		if got := layout.Shorten(c.s, c.limit); got != c.want || layout.Length(got) > c.limit {
			t.Errorf("%q in %d is %q, want %q", c.s, c.limit, got, c.want)
		}
	}
}

func FuzzSplitString(f *testing.F) {
	f.Add("One sentence. Another one here.", 12)
	f.Add(strings.Repeat("芯", 50), 7)
	f.Add("🤖🤖🤖", 1)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = 2 + max(limit, -limit)%200 // a character may have two units
		if !slices.Contains([]string{s}, strings.ToValidUTF8(s, "")) {
			t.Skip("texts are cleaned before")
		}
		pieces := layout.SplitString(s, limit)
		if strings.Join(pieces, "") != s {
			t.Errorf("%q became %q", s, pieces)
		}
		for _, p := range pieces {
			if layout.Length(p) > limit {
				t.Errorf("%q has more than %d units", p, limit)
			}
		}
	})
}

// bare is a markup that shows what is asked of one.
type bare struct{}

func (bare) Span(b *strings.Builder, s bot.Span) { fmt.Fprintf(b, "%s", s.Text) }
func (bare) Heading(text string) string {
	if text == "" {
		return ""
	}
	return "# " + text
}

func TestParts(t *testing.T) {
	reply := bot.Reply{
		Lead: bot.T("The answer."),
		Blocks: []bot.Block{
			bot.Paragraph{Text: bot.Q("evidence")},
			bot.List{Title: bot.B("Facts"), Items: []bot.Item{{Text: bot.T("One."), Detail: bot.Join(bot.Q("figure · "), bot.C("one")), Line: "/fact one"}, {Mark: bot.Con, Text: bot.T("Two.")}}, More: &bot.More{Count: 3, Line: "/facts x"}},
			bot.Fields{Fields: []bot.Field{{Name: "Kind", Value: bot.T("lab")}, {Name: "Long", Value: bot.T(strings.Repeat("word ", 20))}}},
			bot.Table{Columns: []bot.Column{{Name: "A"}, {Name: "B"}, {Name: "C"}}, Rows: [][]bot.Text{{bot.T("a"), bot.T("b"), bot.T("c")}}},
			bot.Quotes{Title: bot.B("Price"), AsOf: "today", Source: bot.T("somebody"), Rows: []bot.QuoteRow{{Symbol: "X", Name: "Ex", Price: "1234.5", Currency: "USD", Change: "-1.5"}}},
			bot.Sources{Items: []bot.SourceItem{{Text: bot.T("not here")}}},
		},
	}
	c := &layout.Cutter{Markup: bare{}, Indent: "> ", RowIndent: "  ", Statement: 300, Quiet: 300, WideField: 30}
	var got []string
	for _, p := range c.Parts(reply) {
		switch {
		case p.Fields != nil:
			got = append(got, fmt.Sprint("fields ", len(p.Fields)))
		case p.Small != "":
			got = append(got, "small "+p.Small)
		default:
			got = append(got, p.Text)
		}
	}
	want := []string{
		"The answer.", "small evidence", "# Facts\n• One.\n> figure", "− Two.", "… and 3 more: /facts x", "fields 1",
		"# Long\n" + strings.TrimSpace(strings.Repeat("word ", 20)), "a\n  B: b\n  C: c", "# Price\nX Ex  1,234.5 USD  ▼ −1.5 %", "small today · somebody",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

// Nothing in a text is taken for what parts are made of: the sign that begins a line of
// evidence, or the end of a mark.
func TestPartsKeepTheirTexts(t *testing.T) {
	c := &layout.Cutter{Markup: bare{}, Indent: "-# ", Statement: 40, Quiet: 40, WideField: 30}
	long := strings.Repeat("x", 90)
	for name, tt := range map[string]struct {
		block bot.Block
		want  string
	}{
		"ends with the sign":     {bot.Paragraph{Text: bot.T("written in C#")}, "written in C#"},
		"is the sign":            {bot.List{Items: []bot.Item{{Text: bot.T("a"), Detail: bot.T("-#")}}}, "• a\n-# -#"},
		"a control character":    {bot.List{Items: []bot.Item{{Text: bot.T("\x00")}}}, "•"},
		"no detail":              {bot.List{Items: []bot.Item{{Text: bot.T("a"), Detail: bot.T("\u200b")}}}, "• a"},
		"a row longer than most": {bot.Table{Columns: []bot.Column{{Name: "A"}, {Name: "B"}}, Rows: [][]bot.Text{{bot.T("a"), bot.T(long)}}}, "a|" + long[:40] + "|" + long[:40] + "|" + long[:10]},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, p := range c.Parts(bot.Reply{Blocks: []bot.Block{tt.block}}) {
				got = append(got, p.Text)
			}
			if all := strings.Join(got, "|"); all != tt.want {
				t.Errorf("got %q, want %q", all, tt.want)
			}
		})
	}
}

// A letter is not cut from its marks, nor an emoji from its parts.
func TestSplitKeepsLettersWhole(t *testing.T) {
	const limit = 5
	for s, want := range map[string]string{
		"ที่นี่ที่นี่": "ที่|นี่|ที่|นี่", "👩\u200d👩👩\u200d👩": "👩\u200d👩|👩\u200d👩", "aaa1\ufe0f\u20e3": "aaa|1\ufe0f\u20e3",
	} {
		if got := strings.Join(layout.SplitString(s, limit), "|"); got != want {
			t.Errorf("%q is cut %q, want %q", s, got, want)
		}
	}
}

func TestAddress(t *testing.T) {
	const inBlanks = " http://example.org\n"
	for in, want := range map[string]string{
		inBlanks:                      "http://example.org",
		"https://example.org/a?b=c#d": "https://example.org/a?b=c#d", "https://例子.example/路": "https://%E4%BE%8B%E5%AD%90.example/%E8%B7%AF", "http://[::1]:80/": "http://[::1]:80/",
		"": "", "example.org": "", "javascript:alert(1)": "", "https:evil.example": "", "https:///evil.example": "", "https://bank.example@evil.example/": "", "https://:80/": "",
		"https://a\x1b]8;;\x07": "", "https://a]8;;": "", "https://exam\u200bple.org/": "", "https://example.org/\u202e": "", "https://a\"b<c>/": "", `https://example.org\@evil.example`: "",
	} {
		if got := layout.Address(in); got != want {
			t.Errorf("%q is the address %q, want %q", in, got, want)
		}
	}
}
