package console

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"silkwire/bot"
)

const hostile = "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07click\x1b]8;;\x07 \u202egnp.exe\u202c @everyone <@U1> new\nline\ttab \u009b2J \xff\u200b zero\x00 *bold* ~x~"

const longWord = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"

const chinese = "深度求索、阿里巴巴和字节跳动都在使用国产芯片，出口管制并没有阻止中国的人工智能公司（据作者称）。"

// replies are one of each kind of block, and whole ones as commands make them.
var replies = map[string]bot.Reply{
	"whole": {
		Title: bot.T("Why the sanctions did not stop them"),
		Lead: bot.Join(bot.T("The export controls slowed Chinese labs less than was expected, because "), bot.E("DeepSeek", "/lab deepseek"),
			bot.T(" and others learnt to train on fewer and weaker chips.")),
		Blocks: []bot.Block{
			bot.List{Title: bot.T("What carries it"), Items: []bot.Item{
				{Mark: bot.Pro, Text: bot.Join(bot.E("DeepSeek R1", "/about deepseek-r1"), bot.T(" reasons about as well as OpenAI's o1 and was trained for a small part of its cost.")), Detail: bot.Q("claim of the page's author · held from January 2025 · expert"), Line: "/fact k3v9"},
				{Mark: bot.Pro, Text: bot.T("Chinese firms rent restricted chips in data centres abroad, which the rules do not forbid."), Detail: bot.Q("assessment · expert"), Line: "/fact 7qm2"},
			}, More: &bot.More{Count: 1234, Line: "/facts export controls"}},
			bot.List{Title: bot.T("What speaks against it"), Items: []bot.Item{
				{Mark: bot.Con, Text: bot.T("The headline figure for R1's cost leaves out research, earlier models and infrastructure."), Detail: bot.Join(bot.Q("qualifies "), bot.C("/fact k3v9")), Line: "/fact k3v9"},
			}},
			bot.Sources{Items: []bot.SourceItem{{Text: bot.T("How Chinese AI caught up, section 2, paragraph 5"), Grade: "expert"}}},
		},
		Suggestions: []bot.Action{{Label: "What is indirect access?", Line: "/about indirect-access"}, {Label: "/help", Line: "/help"}},
		Actions:     []bot.Action{{Label: "Open a fact", Choices: []bot.Choice{{Label: "k3v9", Value: "/fact k3v9"}, {Label: "7qm2", Value: "/fact 7qm2"}}}},
		Notice:      bot.T("One of these facts is older than a year."),
	},
	"paragraph": {Blocks: []bot.Block{
		bot.Paragraph{Title: bot.T("Spans"), Text: bot.Join(bot.T("Plain, "), bot.B("bold"), bot.T(", "), bot.Q("quiet"), bot.T(", "), bot.C("/facts open source"), bot.T(", "), bot.L("a link", "https://example.org/a?b=c"), bot.T(", "), bot.E("Alibaba Cloud", "/about aliyun"), bot.T(" and "),
			bot.Text{{Kind: bot.Moment, Text: "yesterday", Time: time.Date(2025, 2, 3, 4, 5, 0, 0, time.UTC)}}, bot.T("."))},
		bot.Paragraph{Text: bot.T(chinese + chinese)},
		bot.Paragraph{Text: bot.T("Before " + longWord + longWord + " after it.")},
	}},
	"hostile": {
		Title: bot.T(hostile), Lead: bot.T(hostile), Notice: bot.T(hostile),
		Blocks: []bot.Block{
			bot.Paragraph{Title: bot.T(hostile), Text: bot.Join(bot.B(hostile), bot.C("/x "+hostile), bot.L("bad", "https://a\x1b]8;;\x07"), bot.L("worse", "javascript:alert(1)"), bot.E(hostile, hostile))},
			bot.Fields{Fields: []bot.Field{{Name: hostile, Value: bot.T(hostile)}}},
			bot.Quotes{Rows: []bot.QuoteRow{{Symbol: hostile, Name: hostile, Price: hostile, Currency: hostile, Change: hostile}}, AsOf: hostile, Source: bot.T(hostile)},
			bot.Chart{Unit: hostile, Alt: hostile, Series: []bot.Series{{Name: hostile, Points: []bot.Point{{Label: hostile, Value: 1}}}}},
			bot.Chart{Kind: bot.Timeline, Events: []bot.Event{{When: hostile, Label: hostile, Detail: hostile}}},
			bot.Sources{Items: []bot.SourceItem{{Text: bot.T(hostile), Grade: hostile, Address: "https://example.org/\x1b[2Ja b\u202e"}}},
		},
		Suggestions: []bot.Action{{Label: hostile, Line: hostile}},
	},
	"list": {Blocks: []bot.Block{
		bot.List{Title: bot.T("Ordered"), Ordered: true, Items: []bot.Item{{Text: bot.T("First of all, something that is longer than one line is, whichever the width of the terminal may be.")}, {Text: bot.T(chinese), Detail: bot.Q("据作者称")}, {Mark: bot.Con, Text: bot.T("Third")}}},
		bot.List{Items: []bot.Item{{Text: bot.T("No mark"), Line: "/fact a1"}, {Text: nil, Detail: bot.Q("only a detail")}}, More: &bot.More{Count: 2, Line: "/facts"}},
	}},
	"fields": {Blocks: []bot.Block{
		bot.Fields{Title: bot.T("Aligned"), Fields: []bot.Field{{Name: "Kind", Value: bot.T("claim")}, {Name: "名称", Value: bot.T(chinese)}, {Name: "Empty"}}},
		bot.Fields{Title: bot.T("Names too long"), Fields: []bot.Field{{Name: "A name that leaves no room for what it names", Value: bot.T("a value that is longer than the rest of the line")}}},
	}},
	"table": {Blocks: []bot.Block{
		bot.Table{Title: bot.T("Fits"), Columns: []bot.Column{{Name: "Name"}, {Name: "Share", Right: true}}, Rows: [][]bot.Text{{bot.T("阿里巴巴"), bot.T("12.5")}, {bot.B("Tencent"), bot.T("7")}}},
		bot.Table{Title: bot.T("Too wide"), Columns: []bot.Column{{Name: "Driver"}, {Name: "Path"}, {Name: "Weight", Right: true}}, Rows: [][]bot.Text{
			{bot.T("Export controls"), bot.T("NVDA ← export controls ← restricted sales to China ← rules of October 2022, 2023 and 2025"), bot.T("-12.5")},
			{bot.T("开源模型"), bot.T(chinese), bot.T("3")},
			{bot.T("A row that is short")},
		}},
		bot.Table{Title: bot.T("No columns")},
	}},
	"quotes": {Blocks: []bot.Block{
		bot.Quotes{Title: bot.T("Prices"), AsOf: "05:15 UTC, date not given", Source: bot.L("the page's price tape", "https://example.org/tape"), Rows: []bot.QuoteRow{
			{Symbol: "NVDA", Name: "Nvidia Corporation", Price: "1234.50", Currency: "USD", Change: "-2.31"},
			{Symbol: "9988.HK", Name: "Alibaba 阿里巴巴", Price: "88.05", Currency: "HKD", Change: "1.07"},
			{Symbol: "BTC", Name: "Bitcoin", Price: "102345.6", Currency: "USD", Change: "0.00"},
			{Symbol: "X", Name: "No change known", Price: "-1000", Change: ""},
		}},
	}},
	"chart": {Blocks: []bot.Block{
		bot.Chart{Title: bot.T("Bars"), Unit: "%", Alt: "Nvidia fell, Alibaba rose.", Series: []bot.Series{{Name: "today", Points: []bot.Point{{Label: "NVDA", Value: -2.31}, {Label: "阿里巴巴", Value: 1.07}, {Label: "GOOG", Value: 0}, {Label: longWord, Value: 123456.789}}}}},
		bot.Chart{Title: bot.T("Two lines"), Alt: "Both went up.", Series: []bot.Series{{Name: "one", Points: points(60)}, {Name: "two", Points: points(20)}}},
		bot.Chart{Kind: bot.Line, Title: bot.T("A line with marks"), Unit: "USD", Series: []bot.Series{{Points: points(40)}}, Events: chartEvents, Alt: "It wandered."},
		bot.Chart{Kind: bot.Timeline, Title: bot.T("In time"), Events: chartEvents, Alt: "Four rules."},
		bot.Chart{Kind: bot.Timeline, Title: bot.T("One moment"), Events: chartEvents[:1], Alt: "One rule."},
		bot.Chart{Title: bot.T("Not drawable"), Alt: "There is a figure that is none.", Series: []bot.Series{{Points: []bot.Point{{Label: "x", Value: math.NaN()}}}}},
	}},
	"sources": {Blocks: []bot.Block{
		bot.Sources{Items: []bot.SourceItem{
			{Text: bot.T("How Chinese AI caught up, section 2 “Algorithms against chips”, paragraph 5"), Grade: "expert"},
			{Text: bot.T("Bureau of Industry and Security"), Grade: "primary", Address: "https://www.ecfr.gov/current/title-15/subtitle-B/chapter-VII/subchapter-C/part-744"},
			{Text: bot.T("中国日报"), Address: "https://例子.example/路径"},
		}},
	}},
	"unknown": {
		Lead: bot.T("I don't know about that."), Outcome: bot.Unknown,
		Suggestions: []bot.Action{{Label: "Export controls", Line: "/policy export-controls"}},
	},
}

func points(n int) []bot.Point {
	all := make([]bot.Point, n)
	for i := range all {
		all[i] = bot.Point{Label: fmt.Sprintf("day %d", i+1), Value: float64(i*i%37) + float64(i), At: firstDay.AddDate(0, 0, i)}
	}
	return all
}

var firstDay = time.Date(2025, 4, 1, 0, 0, 0, 0, time.UTC)

var chartEvents = []bot.Event{
	{At: firstDay.AddDate(0, 0, -9), When: "23 Mar 2025", Label: "Before the line begins"},
	{At: firstDay.AddDate(0, 0, 14), When: "15 Apr 2025", Label: "芯片规则", Detail: "the licence rule for a chip that was made for China alone and now needs one"},
	{At: firstDay.AddDate(0, 0, 14), When: "15 Apr 2025", Detail: "On the same day as another"},
	{At: firstDay.AddDate(0, 0, 39), When: "10 May 2025", Label: "On the last day"},
}

func TestDraw(t *testing.T) {
	looks := map[string]Look{
		"80-plain": {Width: 80},
		"40-plain": {Width: 40, Press: true},
		"80-color": {Width: 80, Color: true, Links: true, Press: true, Zone: time.FixedZone("CST", 8*3600)},
		"40-color": {Width: 40, Color: true, Press: true},
	}
	for name, reply := range replies {
		for lookName, look := range looks {
			t.Run(name+"/"+lookName, func(t *testing.T) {
				var out bytes.Buffer
				if _, err := Draw(&out, reply, look); err != nil {
					t.Fatal(err)
				}
				// Escapes are kept as a sign that can be read and diffed.
				got := strings.NewReplacer("\x1b", "␛", "\a", "␇").Replace(out.String())
				golden(t, filepath.Join("testdata", "draw", name+"-"+lookName+".txt"), got)
			})
		}
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s (UPDATE_GOLDEN=1 rewrites it)\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

func TestDrawReturnsActionsInOrder(t *testing.T) {
	got, err := Draw(io.Discard, bot.Reply{Actions: []bot.Action{{Label: "c"}}, Suggestions: []bot.Action{{Label: "a"}, {Label: "b"}}}, Look{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0].Label != "a" || got[2].Label != "c" {
		t.Errorf("got %v, want a, b, c", got)
	}
}

func TestDrawTellsWriteError(t *testing.T) {
	broken := errors.New("broken pipe")
	if _, err := Draw(failing{broken}, replies["whole"], Look{}); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// What is to be copied comes whole, however narrow the terminal.
func TestDrawKeepsCommandsWhole(t *testing.T) {
	address := "https://example.org/" + strings.Repeat("long/", 20)
	text := bot.Join(bot.T("Some words before it, then write "), bot.C("/ticker NVDA AMD"), bot.T("; or open "), bot.E("export control regime", "/x"), bot.T(", or see "), bot.L("this", address))
	for width := 30; width < 90; width++ {
		var out strings.Builder
		if _, err := Draw(&out, bot.Reply{Lead: text}, Look{Width: width}); err != nil {
			t.Fatal(err)
		}
		for _, whole := range []string{"/ticker NVDA AMD", "export control regime", address} {
			if !strings.Contains(out.String(), whole) {
				t.Errorf("width %d cuts %q:\n%s", width, whole, out.String())
			}
		}
	}
}

// links and styles are the only sequences that Draw may write.
var links, styles = regexp.MustCompile("\x1b\\]8;;[!-~]*(\x07|\x1b\\\\)"), regexp.MustCompile("\x1b\\[[0-9;]*m")

func controls(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || !unicode.IsControl(r) && !unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s)
}

func FuzzDraw(f *testing.F) {
	for _, s := range []string{hostile, chinese, longWord, "a☎\ufe0f b", "👩\u200d👩\u200d👧 flag 🇩🇪🇨🇳", "e\u0301\u0301 \u0301", "1234567.89", "한국어 テスト", "((((((((((((((((((((((((((((((((((((((", "。。。。。。。。。。。。。。。。。。。。。。。。"} {
		f.Add(s, uint8(40))
	}
	f.Fuzz(func(t *testing.T, s string, width uint8) {
		look := Look{Width: narrowest + int(width)%80, Press: width%2 == 0}
		var out strings.Builder
		if _, err := Draw(&out, everything(s, bot.T(s)), look); err != nil {
			t.Fatal(err)
		}
		if left := controls(out.String()); left != "" {
			t.Errorf("%q at %d columns leaves control characters %q", s, look.Width, left)
		}
		for l := range strings.SplitSeq(out.String(), "\n") {
			if w := ansi.StringWidth(l); w > look.Width && !strings.Contains(l, "http") {
				t.Errorf("%q: line of %d columns, want at most %d: %q", s, w, look.Width, l)
			}
		}

		// With every kind of span and address, in colour: nothing but our own.
		out.Reset()
		text := bot.Join(bot.C(s), bot.L(s, "https://"+s), bot.E(s, s), bot.B(s), bot.Q(s))
		look.Color, look.Links = true, true
		reply := everything(s, text)
		reply.Actions = []bot.Action{{Label: s, Line: s}, {Label: "menu", Choices: []bot.Choice{{Label: s, Value: s}}}}
		reply.Blocks = append(reply.Blocks, bot.Sources{Items: []bot.SourceItem{{Text: text, Grade: s, Address: "https://" + s}}})
		if _, err := Draw(&out, reply, look); err != nil {
			t.Fatal(err)
		}
		if left := controls(styles.ReplaceAllString(links.ReplaceAllString(out.String(), ""), "")); left != "" {
			t.Errorf("%q in colour leaves control characters %q", s, left)
		}
	})
}

// everything is a reply with text, or s where no spans go, wherever it can be.
func everything(s string, text bot.Text) bot.Reply {
	return bot.Reply{
		Title: text, Lead: text, Notice: text,
		Blocks: []bot.Block{
			bot.Paragraph{Title: text, Text: bot.Join(text, bot.E(s, "/x"), bot.B(s), text)},
			bot.List{Title: text, Items: []bot.Item{{Text: text, Detail: text, Line: "/fact a"}, {Mark: bot.Con, Text: text}}, More: &bot.More{Count: 3, Line: "/facts"}},
			bot.List{Ordered: true, Items: []bot.Item{{Text: text, Detail: text}}},
			bot.Fields{Title: text, Fields: []bot.Field{{Name: s, Value: text}, {Name: "name", Value: text}}},
			bot.Table{Title: text, Columns: []bot.Column{{Name: s}, {Name: "b", Right: true}, {Name: "c"}}, Rows: [][]bot.Text{{text, bot.T("1"), text}, {bot.T("x"), text, bot.T("y")}}},
			bot.Quotes{Title: text, Rows: []bot.QuoteRow{{Symbol: "A", Name: s, Price: "1234", Currency: "USD", Change: "-1"}, {Symbol: "B", Name: s, Price: "1", Change: "1"}}, AsOf: s, Source: text},
			bot.Chart{Title: text, Unit: s, Alt: s, Series: []bot.Series{{Name: s, Points: []bot.Point{{Label: s, Value: float64(len(s))}, {Label: "b", Value: -1e9}}}, {Name: "b", Points: points(30)}}},
			bot.Chart{Kind: bot.Line, Series: []bot.Series{{Name: s, Points: points(5)}}, Events: []bot.Event{{At: firstDay, When: s, Label: s, Detail: s}}},
			bot.Chart{Kind: bot.Timeline, Events: []bot.Event{{At: firstDay, When: s, Label: s, Detail: s}}},
		},
	}
}

func TestNumber(t *testing.T) {
	for in, want := range map[string]string{"0": "0", "999": "999", "1000": "1,000", "-1234567.891": "-1,234,567.891", "+12": "+12", "12a4": "12a4", "": "", "1.2345": "1.2345", "1e9999": "1e9999"} {
		if got := number(in); got != want {
			t.Errorf("number(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLookAtPipe(t *testing.T) {
	if got := LookAt(io.Discard, func(string) string { return "xterm-kitty" }); got != (Look{Width: 80}) {
		t.Errorf("got %+v, want plain text of 80 columns", got)
	}
}

func TestShowsLinks(t *testing.T) {
	tests := map[string]struct {
		env  map[string]string
		want bool
	}{
		"unknown": {map[string]string{"TERM": "xterm-256color"}, false},
		"kitty":   {map[string]string{"TERM": "xterm-kitty"}, true},
		"iTerm":   {map[string]string{"TERM": "xterm", "TERM_PROGRAM": "iTerm.app"}, true},
		"Apple's": {map[string]string{"TERM": "xterm", "TERM_PROGRAM": "Apple_Terminal"}, false},
		"VTE":     {map[string]string{"TERM": "xterm", "VTE_VERSION": "6800"}, true},
		"old VTE": {map[string]string{"TERM": "xterm", "VTE_VERSION": "4600"}, false},
		"Windows": {map[string]string{"TERM": "xterm", "WT_SESSION": "1"}, true},
	}
	for name, test := range tests {
		if got := showsLinks(func(key string) string { return test.env[key] }); got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	item := replies["whole"].Blocks[0].(bot.List).Items
	reply := replies["whole"]
	reply.Blocks = append([]bot.Block{bot.List{Items: append(append(item[:2:2], item...), item...)}, replies["quotes"].Blocks[0]}, reply.Blocks[2:]...)
	for name, look := range map[string]Look{"plain": {Width: 80}, "color": {Width: 80, Color: true, Links: true, Press: true}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Draw(io.Discard, reply, look); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
