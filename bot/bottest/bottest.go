// Package bottest is what the tests of the adapters share: texts as somebody hostile
// writes them, a reply that has such a text in every place that a person, a feed or a
// fact can fill, and what no platform may show of it. What a platform's own markup makes
// of a text is for the platform's tests. It is for tests and may import silkwire/bot and
// the standard library.
package bottest

import (
	"strings"
	"time"

	"silkwire/bot"
)

// Longest is up to how many bytes two of them are drawn: what is longer is split as they
// are, and a fuzzer's worker has ten seconds for it.
const Longest = 4000

// Hostile are texts that would ping, format, lead astray, break out or hide something.
func Hostile() []string {
	return []string{
		"<!channel> <!here> <!everyone|all> <@U1> <@W1|x> <!subteam^S1> <#C1|general> <!date^0^{date}|x>", "&lt;!channel&gt; &amp;lt;@U1&amp;gt;",
		"@everyone @here <@1> <@!1> <@&5> <#7> </lab:1> <id:guide> <t:0:R> <:a:1> <a:b:2>", `\<@1> \\<@1> \@everyone \\\[x\](https://evil.example)`, "@", "everyone", "\\", "<", "@1>",
		"https:", "//evil.example", "https://evil.example", "bank.example", "https://bank.example@evil.example/x", "javascript:alert(1)", "hTTps://BANK.example/", "bank\u200b.example", "ｂａｎｋ．ｅｘａｍｐｌｅ", "bank。example", "https://bаnk.example/а", "bаnk.example", "log in to bank.example", ":tada: :+1::skin-tone-2: a:100:b :a:b: 10:30:45", ":tada", ":",
		"[x](https://evil.example)", "](https://evil.example)", "[x]", "(https://evil.example)", "<https://evil.example|bank.example>", "https://x.y/|<>&", "x|y> <!channel>", "https://a/(b)\"c\"'d'",
		"*a* _b_ ~c~ `d` **e** __f__ ~~g~~ ||h|| ***i*** (_j_-k) a_b_c _", "```", "`", "``x``", "*", "**", "_", "||",
		"# a", "## b", "-# c", "> d", ">>> e", "&gt; f", "- g", "* h", "1. i", "12", ". j", "1.", " k", "+ l", " # m", "a\n# b\n> c\n- d\r\n```\ne\n```", "\u2028# x", "\x00",
		"\x1b[31mred\x1b[0m", "\x1b]8;;https://evil.example\x07click\x1b]8;;\x07", "\x1b]8;;\x1b\\", "\u009b2J\u009d8;;x\u009c", "\x1b", "a\x07b\x08c\x7fd", "\xff\xfe", "\x1b[\x1b[mx",
		"\u202egnp.exe\u202c \u2066a\u2069 \u200fb\u061c", "q\u200bw\u200c\u200de\u2060n\ufeff", "\U000e0068\U000e0069\U000e007f", "a\u00adb", "\u115f\u1160\u3164\uffa0", "\ufff9a\ufffab\ufffb", "a\u2061b\u2064c",
		"☎" + strings.Repeat("\ufe0f\U000e0110", 40), "z" + strings.Repeat("\u0336\u0489", 200), strings.Repeat("\u0301", 900), "\u20e3",
		"👩\u200d👩\u200d👧 ❤️\u200d🔥 1️⃣ 🇨🇳", "ภาษาไทยที่นี่", "हिन्दी क्ष", "Tiê\u0301ng Vie\u0323\u0302t", "芯片管制", "مرحبا", "",
		strings.Repeat("<@1>", 450), strings.Repeat("@everyone", 200), strings.Repeat("https://", 220), strings.Repeat("[x](https://e.org)", 100), strings.Repeat("\\", 900), strings.Repeat("`*_~|>#", 240), strings.Repeat("&", 700), strings.Repeat("# ", 820),
	}
}

// Home is the site that the links of Reply lead to whose words or path are hostile.
const Home = "https://example.org/"

// Reply is a reply in which a and b stand in every place, alone and side by side, as
// words, as the targets of links, and as the command lines of what can be pressed.
func Reply(a, b string) bot.Reply {
	text := bot.Join(bot.T(a), bot.T(b), bot.B(a), bot.Q(b), bot.T(" "), bot.C(a), bot.T(" "), bot.E(a, "/lab "+b), bot.T(" "), bot.L(a, Home+b), bot.T(" "), bot.L(b, a), bot.T(" "),
		bot.Text{{Kind: bot.Moment, Text: a, Time: noon}})
	line := "/lab " + a
	item := func(m bot.Mark) bot.Item { return bot.Item{Mark: m, Text: text, Detail: text, Line: line} }
	point := func(v float64) bot.Point {
		return bot.Point{Label: a, Value: v, At: noon, Bearing: bot.Helps, Names: []string{a, b}}
	}
	return bot.Reply{
		Title: text, Lead: text, Notice: text, Line: line, Bearing: bot.Hurts,
		Blocks: []bot.Block{
			bot.Paragraph{Title: text, Text: text}, bot.Paragraph{Text: bot.Join(bot.Q(a), bot.Q(b))},
			bot.List{Title: text, Items: []bot.Item{item(bot.Pro), item(bot.NoMark)}, More: &bot.More{Count: 3, Line: "/facts " + b}},
			bot.List{Ordered: true, Items: []bot.Item{item(bot.Con), {Text: bot.T(a), Detail: bot.T(b), Line: line}}},
			bot.Fields{Title: text, Fields: []bot.Field{{Name: a, Value: text}, {Name: b, Value: bot.Join(bot.T(a), bot.T(b))}, {Name: "n", Value: bot.L(a, b)}}},
			bot.Table{Title: text, Columns: []bot.Column{{Name: a}, {Name: b, Right: true}, {Name: a}}, Rows: [][]bot.Text{{text, text, text}, {bot.T(a), bot.T(b), bot.T(a)}}},
			bot.Table{Title: bot.T(a), Columns: []bot.Column{{Name: a}, {Name: b}}, Rows: [][]bot.Text{{bot.T(a), bot.T(b)}}},
			bot.Quotes{Title: text, AsOf: a, Source: text, Rows: []bot.QuoteRow{{Symbol: a, Name: b, Price: a, Currency: b, Change: a, Line: line}, {Symbol: "NVDA", Name: a, Price: "1", Currency: "USD", Change: "-1", Line: line}}},
			bot.Chart{Title: text, Unit: b, Alt: a, Note: b, Series: []bot.Series{{Name: a, Points: []bot.Point{point(1), point(-2)}}}, Events: []bot.Event{{At: noon, When: a, Label: b, Detail: a}}},
			bot.Chart{Kind: bot.Line, Title: bot.T(b), Alt: b, Note: a, Series: []bot.Series{{Name: b, Points: []bot.Point{point(1)}}}, Events: []bot.Event{{At: noon, When: b, Detail: b}}},
			bot.Chart{Kind: bot.Timeline, Alt: a, Events: []bot.Event{{At: noon, When: a, Label: b, Detail: a}}},
			bot.Sources{Items: []bot.SourceItem{{Text: text, Address: Home + a, Grade: b}, {Text: bot.T(a), Address: b, Grade: a}, {Text: bot.T(b), Grade: a}}},
		},
		Suggestions: []bot.Action{{Label: a, Line: line}, {Label: a, Choices: []bot.Choice{{Label: a, Value: line}, {Label: b, Value: a}, {Value: b}}}, {Label: a, Line: "/lab ", Find: true, Typed: b}},
		Actions:     []bot.Action{{Label: "More " + a, Line: line}, {Label: b, Line: "/settings who ", Pick: bot.PickMembers}, {Line: line}},
		Ratings:     []bot.Action{{Label: b, Line: "/feedback wrong about:" + a}},
		Used:        bot.Used{Facts: []bot.Use{{ID: a}}},
	}
}

var noon = time.Date(2026, time.November, 25, 12, 0, 0, 0, time.UTC)
