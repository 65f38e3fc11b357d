package bot_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"silkwire/bot"
	"silkwire/bot/bottest"
)

func TestClean(t *testing.T) {
	tests := []struct {
		name, in, want string
	}{
		{"line breaks of every kind become spaces", "a\nb\rc\u2028d\u2029e\u0085f\vg\fh", "a b c d e f g h"},
		{"a tab becomes a space", "a\tb", "a b"},
		{"control characters go", "a\x00\x1b[31mb\x7f\u009bc", "abc"},
		{"invalid UTF-8 becomes the replacement character", "a\xff\xc3b", "a\ufffd\ufffdb"},
		{"half a Chinese character becomes the replacement character", "通\xe4\xb9", "通\ufffd\ufffd"},
		{"a right-to-left override goes", "exe.\u202egpj", "exe.gpj"},
		{"embeddings and isolates go", "\u202aa\u202bb\u202cc\u202dd\u2066e\u2067f\u2068g\u2069h", "abcdefgh"},
		{"directional marks go", "a\u200eb\u200fc\u061cd", "abcd"},
		{"zero-width characters go", "q\u200bw\u200ce\u2060n", "qwen"},
		{"the byte-order mark goes", "\ufeffqwen", "qwen"},
		{"the soft hyphen goes", "Deep\u00adSeek", "DeepSeek"},
		{"tag characters go", "hi\U000e0001\U000e0002\U000e0068\U000e0069\U000e007f!", "hi!"},
		{"annotation and deprecated format characters go", "a\ufff9b\ufffac\ufffb\u206ad\u180ee", "abcde"},
		{"Hangul fillers go", "q\u115fw\u1160e\u3164n\uffa0", "qwen"},
		{"other ignorable characters go", "a\u034fb\u17b4c\u2065d\ufff0e\U000e0fff", "abcde"},
		{"invisible operators go", "a\u2061b\u2062c\u2063d\u2064e", "abcde"},
		{"the empty Braille pattern becomes a space", "a\u2800b", "a b"},
		{"of many marks on a letter four stay", "z" + strings.Repeat("\u0336", 30) + "o\u0301", "z\u0336\u0336\u0336\u0336o\u0301"},
		{"enclosing marks count", "a\u20dd\u20dd\u20dd\u0301\u20dd\u0489", "a\u20dd\u20dd\u20dd\u0301"},
		{"a joiner gives no room for more marks", "a\u0301\u0301\u0301\u0301\u200d\u0301", "a\u0301\u0301\u0301\u0301"},
		{"marks with no letter before them go", "\u20e3\u0338x", "x"},
		{"variation selectors behind letters go", "q\ufe0fw\ufe00e\U000e0120n", "qwen"},
		{"variation selectors of Chinese characters go", "葛\U000e0100城\ufe00", "葛城"},
		{"of many variation selectors one stays", "☎\ufe0f\ufe0f\ufe0e\U000e0133\U000e0134", "☎\ufe0f"},
		{"a joiner between letters goes", "q\u200dw", "qw"},
		{"a joiner that joins nothing goes", "\u200dqwen \u200d", "qwen "},
		{"joiners in a row go", "👩\u200d\u200d👩", "👩👩"},
		{"what is dropped between does not part an emoji", "👩\u200d\ufeff💻", "👩\u200d💻"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := bot.Clean(tt.in); got != tt.want {
				t.Errorf("Clean(%q)\n got %q\nwant %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestCleanGivesCleanTextBackAsItIs(t *testing.T) {
	for _, in := range []string{
		"",
		"Why didn't the sanctions stop them?",
		"深度求索的「R1」——多少钱？",
		"“curly” and ‘single’ – £5 €6",
		"👩‍👩‍👧‍👦 👩🏽‍💻 🏳️‍🌈 ❤️‍🔥 🇨🇳 1️⃣",
		"\u0915\u094d\u200d\u0937", // Hindi shows this half letter with a joiner
		"no\u00a0break and ideographic\u3000space",
		"\u0600\u06dd are seen",
		"Tiê\u0301ng Vie\u0323\u0302t", // Vietnamese, taken apart
		"ภาษาไทย ที่นี่ น้ำ กำลัง ปู่",
		"हिन्दी क्षत्रिय ड़ँ বাংলা தமிழ் മലയാളം",
		"שָׁל֖וֹם مُحَمَّدٌ",
		"བོད་སྐད་ ဗမာစာ မြွှောင့် ភាសាខ្មែរ",
		"ᠠ\u180b", // Mongolian, with the form of a letter
		"☎︎ ‼️ ℹ️ ™️ #️⃣",
		"\ufffd",
	} {
		got := bot.Clean(in)
		if got != in {
			t.Errorf("Clean(%q)\n got %q\nwant it as it is", in, got)
		}
		if n := testing.AllocsPerRun(10, func() { got = bot.Clean(in) }); n != 0 {
			t.Errorf("Clean(%q) copied text that was clean: %v allocations, want none", in, n)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "plain", "a\u202eb\u2069", "\xff\xfe", "\u200d👩\u200d💻\u200d", "🏴\U000e0067\U000e007f", "z\u0336\u0336\u200d\u0336\ufe0f☎\ufe0f\ufe0f", "\u3164ᠠ\u180b\u180b", "通义\u200b千问\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := bot.Clean(in)
		if again := bot.Clean(got); again != got {
			t.Errorf("Clean(%q) = %q, and again: %q", in, got, again)
		}
		if !utf8.ValidString(got) {
			t.Errorf("Clean(%q) = %q is not valid UTF-8", in, got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
				t.Errorf("Clean(%q) = %q holds %U", in, got, r)
			}
		}
		if unseen := bottest.Unseen(got); unseen != "" {
			t.Errorf("Clean(%q) = %q holds %q", in, got, unseen)
		}
	})
}

func TestTextString(t *testing.T) {
	moment := bot.Text{{Kind: bot.Moment, Text: "5 May 2026", Time: time.Date(2026, 5, 5, 0, 0, 0, 0, time.UTC)}}
	text := bot.Join(bot.T("See "), bot.B("Qwen"), bot.Q(" ("), bot.E("Alibaba", "/about alibaba"), bot.Q("), "),
		bot.C("/lab qwen"), bot.T(" or "), bot.L("the\npaper\u202e", "https://example.com"), nil, bot.T(" of "), moment)
	if got, want := text.String(), "See Qwen (Alibaba), /lab qwen or the paper of 5 May 2026"; got != want {
		t.Errorf("String of %v\n got %q\nwant %q", text, got, want)
	}
	kinds := []bot.SpanKind{bot.Plain, bot.Bold, bot.Quiet, bot.Entity, bot.Quiet, bot.Code, bot.Plain, bot.Link, bot.Plain, bot.Moment}
	for i, span := range text {
		if span.Kind != kinds[i] {
			t.Errorf("span %d, %q: got kind %d, want %d", i, span.Text, span.Kind, kinds[i])
		}
	}
	if got, want := text[3].Target+" "+text[7].Target, "/about alibaba https://example.com"; got != want {
		t.Errorf("targets\n got %s\nwant %s", got, want)
	}
}

func TestJoinSharesNothing(t *testing.T) {
	first := append(make(bot.Text, 0, 8), bot.T("one")...)
	bot.Join(first, bot.T("two"))
	if got := first[:2][1].Text; got != "" {
		t.Errorf("Join wrote %q behind its first argument", got)
	}
}

func TestShorten(t *testing.T) {
	tests := []struct {
		in   string
		n    int
		want string
	}{
		{"qwen", 4, "qwen"},
		{"qwen three", 4, "qwe…"},
		{"qwen three", 6, "qwen…"},
		{"通义千问大模型", 5, "通义千问…"},
		{strings.Repeat("x", 9), 1, "…"},
		{"", 3, ""},
	}
	for _, tt := range tests {
		if got := bot.Shorten(tt.in, tt.n); got != tt.want {
			t.Errorf("Shorten(%q, %d)\n got %q\nwant %q", tt.in, tt.n, got, tt.want)
		}
	}
}

// Words that look like another site's address do not hide where a link leads.
func TestHonestLinks(t *testing.T) {
	for words, want := range map[string]string{
		"the page": "the page", "https://example.org/a": "https://example.org/a", "www.example.org": "www.example.org", "example.org/b?c": "example.org/b?c",
		"https://bank.example/login": "example.org", "bank.example": "example.org", "see HTTPS://bank.example now": "example.org",
		"bank\u200b.example": "example.org", "bank\u00ad.example/login": "example.org", "ｂａｎｋ．ｅｘａｍｐｌｅ": "example.org", "bank。example": "example.org", "a。b。example": "example.org", "ban_.example": "example.org", "https:⁄⁄bank.example": "example.org",
		"https://bank.example@example.org": "example.org", "log in at bank.example/login": "example.org", "open www.bank.example, please": "example.org", `https:\\bank.example`: "example.org",
		"see https://www.example.org.": "see https://www.example.org.", "(example.org/a)": "(example.org/a)", "芯片。出口管制": "芯片。出口管制", "U.S.-China talks": "U.S.-China talks", "and/or": "and/or",
		"Z.ai releases a model": "www.example.org: Z.ai releases a model", "log in to bank.example": "www.example.org: log in to bank.example", "at example.org, news": "at example.org, news", "https://example.org/a.html": "https://example.org/a.html", "and/bank.example": "www.example.org: and/bank.example", "v4.1": "v4.1", "3.5 million": "3.5 million",
	} {
		if got := bot.L(words, "https://www.example.org/x").String(); strings.TrimPrefix(got, "www.") != strings.TrimPrefix(want, "www.") {
			t.Errorf("%q is shown as %q, want %q", words, got, want)
		}
	}
}

// The name of a site in letters that look like others is written so that it shows.
func TestHonestNames(t *testing.T) {
	const cyrillic = "bаnk.example"
	for words, want := range map[string]string{
		cyrillic: "xn--bnk-6cd.example", "https://" + cyrillic + "/a": "xn--bnk-6cd.example", "bank.example": "xn--bnk-6cd.example", "the page": "the page",
		"log in to " + cyrillic: "xn--bnk-6cd.example: log in to " + cyrillic,
	} {
		got := bot.L(words, "https://"+cyrillic+"/a")
		if got.String() != want {
			t.Errorf("%q is shown as %q, want %q", words, got, want)
		}
		if again := bot.L(got.String(), got[0].Target); again.String() != want {
			t.Errorf("%q is shown as %q when it is linked again", words, again)
		}
	}
}

// BenchmarkClean is text with nothing to clean, which most text is.
func BenchmarkClean(b *testing.B) {
	for name, s := range map[string]string{
		"english": strings.Repeat("The export controls slowed Chinese labs less than was expected. ", 8),
		"chinese": strings.Repeat("深度求索、阿里巴巴和字节跳动都在使用国产芯片。", 8),
		"quoted":  strings.Repeat("“Qwen” – the lab’s… model 👍 ", 8),
		"hindi":   strings.Repeat("हिन्दी में एक वाक्य। ", 8),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				bot.Clean(s)
			}
		})
	}
}
