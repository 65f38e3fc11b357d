package discord

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"silkwire/bot"
)

// TestMarkdown shows what each kind of span looks like, and that text is never markup.
func TestMarkdown(t *testing.T) {
	for _, c := range []struct {
		name string
		text bot.Text
		want string
	}{
		{"plain", bot.T("DeepSeek R1"), "DeepSeek R1"},
		{"marks", bot.T("a*b_c`d~e|f"), `a\*b\_c\` + "`" + `d\~e\|f`},
		{"a heading", bot.T("# big"), `\# big`},
		{"a list", bot.T("- item"), `\- item`},
		{"a numbered list", bot.T("12. item"), `12\. item`},
		{"a quotation", bot.T("> said"), `\> said`},
		{"a small line", bot.T("-# c"), `\-# c`},
		{"the number of a list alone", bot.Join(bot.T("1"), bot.T(". item")), `1\. item`},
		{"an address in two", bot.Join(bot.T("https:"), bot.T("//evil.example")), `https\:/\/evil.example`},
		{"everybody in two", bot.Join(bot.T("@"), bot.B("everyone")), "@\u200b**everyone**"},
		{"everybody as code", bot.C("@here"), "`@\u200bhere`"},
		{"a link to a page of everybody's", bot.L("x", "https://example.org/@everyone"), "[x](https://example.org/%40everyone)"},
		{"a link that names another site", bot.L("bank\u200b.example", "https://example.org/"), "[example.org](https://example.org/)"},
		{"a link with a name before its site", bot.L("x", "https://bank.example@evil.example/"), "x"},
		{"a mention", bot.T("<@300> <@&5> <#7>"), `\<@300> \<@&5> \<#7>`},
		{"everybody", bot.T("@everyone @here"), "@\u200beveryone @\u200bhere"},
		{"a masked link", bot.T("[x](https://evil.example)"), `\[x\](https\://evil.example)`},
		{"an address", bot.T("https://evil.example"), `https\://evil.example`},
		{"bold, with its blanks outside", bot.B(" Mixed: "), " **Mixed:** "},
		{"an emoji", bot.T(":tada: a:100:b"), `\:tada: a\:100\:b`},
		{"an emoji in two", bot.Join(bot.T("so :ta"), bot.T("da:")), `so \:tada\:`},
		{"a time", bot.T("at 10:30:45, or 9:00"), `at 10\:30:45, or 9\:00`},
		{"an emoji in a link", bot.L(":tada:", "https://example.org/:a:"), `[\:tada\:](https://example.org/:a:)`},
		{"code", bot.C("/lab `kimi`"), "`/lab ˋkimiˋ`"},
		{"a link", bot.L("Rule [1]", "https://example.org/a(b)"), `[Rule \[1\]](https://example.org/a%28b%29)`},
		{"a link that is none", bot.L("x", "javascript:alert(1)"), "x"},
		{"a link that is too long", bot.L("x", "https://example.org/"+strings.Repeat("a", 300)), "x"},
		{"a moment", bot.Text{{Kind: bot.Moment, Text: "x", Time: time.Unix(1_700_000_000, 0)}}, "<t:1700000000:R>"},
		{"a name that opens", bot.E("Qwen_2", "/lab qwen"), `Qwen\_2`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := markdown(c.text); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// live are the marks that Discord acts on.
var live = regexp.MustCompile(`(^|[^\\])(<@|<#|<t:|<:|<a:|</|\]\(|https?://)|@everyone|@here`)

// FuzzEscape shows that no text makes a mention, a link or a mark of its own.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"<@1>", "[a](https://b)", "\\<@1>", "@everyone", "# a", "1. a", "-# a", "**a**", "\\", "||a||", "http://a", "<t:1:R>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := markdown(bot.T(s))
		// A backslash that is itself escaped escapes nothing.
		if found := live.FindString(strings.ReplaceAll(got, `\\`, "")); found != "" {
			t.Errorf("%q is shown as %q, with a live %q", s, got, found)
		}
	})
}
