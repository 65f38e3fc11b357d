package bot_test

import (
	"os"
	"path/filepath"
	"testing"

	"silkwire/bot"
)

// golden compares got with testdata/name; UPDATE_GOLDEN=1 writes it anew.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
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
		t.Errorf("%s (UPDATE_GOLDEN=1 rewrites it)\n got:\n%s\nwant:\n%s", path, got, want)
	}
}

func TestPlain(t *testing.T) {
	tests := map[string]bot.Reply{
		"empty": {},
		"whole": {
			Title: bot.B("DeepSeek R1"),
			Lead:  bot.Join(bot.T("It cost "), bot.B("less than reported"), bot.T(".")),
			Blocks: []bot.Block{
				bot.Paragraph{Text: bot.T("One paragraph.")},
				bot.Sources{Items: []bot.SourceItem{{Text: bot.T("A page, §2 ¶3"), Grade: "expert"}}},
			},
			Suggestions: []bot.Action{{Label: "Try", Line: "/lab qwen"}, {Label: "/help", Line: "/help"}},
			Actions:     []bot.Action{{Label: "Open", Line: "/fact r1-cost"}},
			Notice:      bot.Q("Not investment advice."),
		},
		"paragraph": {Blocks: []bot.Block{
			bot.Paragraph{Title: bot.B("How sure"), Text: bot.T("Two sources agree.")},
			bot.Paragraph{Text: bot.T("No title.")},
			bot.Paragraph{Title: bot.B("A title alone is left out")},
		}},
		"list": {Blocks: []bot.Block{
			bot.List{Title: bot.B("For and against"), Items: []bot.Item{
				{Text: bot.T("No mark"), Detail: bot.Q("evidence"), Line: "/fact a"},
				{Mark: bot.Pro, Text: bot.T("For it")},
				{Mark: bot.Con, Text: bot.T("Against it"), Detail: bot.Q("evidence")},
			}, More: &bot.More{Count: 7, Line: "/facts qwen"}},
			bot.List{Ordered: true, Items: []bot.Item{{Text: bot.T("First")}, {Mark: bot.Pro, Text: bot.T("Second")}}},
			bot.List{Title: bot.B("An empty list is left out")},
		}},
		"fields": {Blocks: []bot.Block{bot.Fields{Title: bot.B("Lab"), Fields: []bot.Field{
			{Name: "Made by", Value: bot.E("Alibaba", "/about alibaba")}, {Name: "Since", Value: bot.T("2023")},
		}}}},
		"table": {Blocks: []bot.Block{bot.Table{
			Title:   bot.B("Compared"),
			Columns: []bot.Column{{Name: "Lab"}, {Name: "Users", Right: true}},
			Rows:    [][]bot.Text{{bot.T("Qwen"), bot.T("100")}, {bot.T("Doubao"), nil}},
		}}},
		"quotes": {Blocks: []bot.Block{bot.Quotes{
			Title: bot.B("Prices"),
			Rows: []bot.QuoteRow{
				{Symbol: "NVDA", Name: "Nvidia", Price: "208.64", Currency: "USD", Change: "1.73", Line: "/ticker NVDA"},
				{Symbol: "BTC", Name: "Bitcoin", Price: "63127.00", Currency: "USD", Change: "-0.33"},
			},
			AsOf: "snapshot, 05:15 UTC, date not given", Source: bot.L("price tape", "https://example.com/tape"),
		}}},
		"chart": {Blocks: []bot.Block{bot.Chart{
			Title: bot.B("Downloads"), Unit: "million", Alt: "Downloads of Qwen grew from 1 to 3 million.",
			Series: []bot.Series{{Name: "Qwen", Points: []bot.Point{{Label: "2024", Value: 1}, {Label: "2025", Value: 3}}}},
		}}},
		"sources": {Blocks: []bot.Block{bot.Sources{Items: []bot.SourceItem{
			{Text: bot.T("A rule, §734.4"), Address: "https://example.com/rule", Grade: "primary"},
			{Text: bot.T("A page"), Grade: "expert"},
		}}}},
		"menu": {Actions: []bot.Action{{Label: "Open one", Choices: []bot.Choice{{Label: "The cost", Value: "/fact r1-cost"}, {Label: "/help", Value: "/help"}}}}},
		"hostile": {
			Lead: bot.T("one\nline\x1b[2J"),
			Blocks: []bot.Block{
				bot.Fields{Fields: []bot.Field{{Name: "Na\nme\u202e", Value: bot.T("v")}}},
				bot.Quotes{Rows: []bot.QuoteRow{{Symbol: "A\x07", Name: "B\u2066", Price: "1", Currency: "USD", Change: "0"}}, AsOf: "now\r", Source: bot.T("s")},
				bot.Chart{Alt: "al\x00t"},
			},
			Actions: []bot.Action{{Label: "L\u200b", Line: "/ask a\nb"}},
		},
	}
	for name, reply := range tests {
		t.Run(name, func(t *testing.T) { golden(t, "plain/"+name+".txt", reply.Plain()+"\n") })
	}
}

func TestThousands(t *testing.T) {
	tests := []struct{ in, want string }{
		{"0", "0"}, {"999", "999"}, {"1000", "1,000"}, {"63127.00", "63,127.00"}, {"1234567", "1,234,567"},
		{"-208.64", "-208.64"}, {"-1000.5", "-1,000.5"}, {"0.00012345", "0.00012345"}, {"1000.", "1,000."},
		{"", ""}, {"n/a!", "n/a!"}, {"unknown", "unknown"}, {"63,127.00", "63,127.00"}, {"1.234.567", "1.234.567"}, {"一千二百", "一千二百"},
	}
	for _, tt := range tests {
		if got := bot.Thousands(tt.in); got != tt.want {
			t.Errorf("Thousands(%q): got %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestSigned(t *testing.T) {
	tests := []struct{ in, want string }{
		{"1.73", "+1.73"}, {"+1.73", "+1.73"}, {"-0.33", "−0.33"}, {"−0.33", "−0.33"}, {"0.00", "+0.00"},
	}
	for _, tt := range tests {
		if got := bot.Signed(tt.in); got != tt.want {
			t.Errorf("Signed(%q): got %q, want %q", tt.in, got, tt.want)
		}
	}
}
