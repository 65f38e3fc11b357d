package entity_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"silkwire/knowledge/entity"
	"silkwire/knowledge/text"
)

func names() []entity.Name {
	return []entity.Name{
		{Text: "ma", Target: "alibaba", How: entity.Alias}, // ambiguous, the likeliest first
		{Text: "ma", Target: "tencent", How: entity.Alias},
		{Text: "Qwen", Target: "qwen", How: entity.Exact},
		{Text: "通义千问", Target: "qwen", How: entity.Chinese},
		{Text: "通义", Target: "qwen", How: entity.Chinese},
		{Text: "DeepSeek", Target: "deepseek", How: entity.Exact},
		{Text: "DeepSeek R1", Target: "r1", How: entity.Exact},
		{Text: "Alibaba", Target: "alibaba", How: entity.Exact},
		{Text: "Alibaba Cloud", Target: "aliyun", How: entity.Exact},
		{Text: "Jack Ma", Target: "alibaba", How: entity.Person},
		{Text: "Tencent", Target: "tencent", How: entity.Exact},
		{Text: "export controls", Target: "controls", How: entity.Alias},
		{Text: "GPT-4", Target: "openai", How: entity.Product},
		{Text: "Meta", Target: "meta", How: entity.Exact},
		{Text: "US", Target: "usa", How: entity.Alias},
		{Text: "U.S.", Target: "usa", How: entity.Alias},
		{Text: "NVDA", Target: "nvidia", How: entity.Ticker},
		{Text: "Nvidia", Target: "nvidia", How: entity.Exact},
		{Text: "Oracle", Target: "oracle", How: entity.Exact},
		{Text: "QQ", Target: "tencent", How: entity.Product},
		{Text: "--", Target: "nothing", How: entity.Alias},
	}
}

func showMatch(m entity.Match) string {
	s := fmt.Sprintf("%s:%s[%d,%d)", strings.Join(m.Targets, "/"), m.How, m.From, m.To)
	if m.Edits > 0 {
		s += fmt.Sprint("~", m.Edits)
	}
	return s
}

func TestLink(t *testing.T) {
	l := entity.New(names())
	used := func(t text.Token) bool { return t.Text == "deepsea" }
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{"no name", "how are prices today", nil},
		{"exact, in any case", "is QWEN good", []string{"qwen:exact[1,2)"}},
		{"possessive", "Qwen's licence", []string{"qwen:exact[0,1)"}},
		{"left to right", "nvidia or deepseek", []string{"nvidia:exact[0,1)", "deepseek:exact[2,3)"}},
		{"the longest wins", "deepseek r1 costs", []string{"r1:exact[0,2)"}},
		{"a shorter one where the longest breaks off", "deepseek r2", []string{"deepseek:exact[0,1)"}},
		{"a name is over where the next begins", "alibaba cloud alibaba", []string{"aliyun:exact[0,2)", "alibaba:exact[2,3)"}},
		{"glued", "alibabacloud", []string{"aliyun:exact[0,1)"}},
		{"split", "deep seek", []string{"deepseek:exact[0,2)"}},
		{"split in three", "ali ba ba", []string{"alibaba:exact[0,3)"}},
		{"hyphen left out", "gpt4", []string{"openai:product[0,1)"}},
		{"plural", "qwens", []string{"qwen:exact[0,1)"}},
		{"plural that is a word", "metas", []string{"meta:exact[0,1)"}},
		{"plural of a short name is none", "mas", nil},
		{"a letter missing", "qwn", nil},
		{"four letters may have one slip", "qwenn", []string{"qwen:typo of[0,1)~1"}},
		{"swapped letters are one slip", "qewn", []string{"qwen:typo of[0,1)~1"}},
		{"swapped at the beginning", "wqen", []string{"qwen:typo of[0,1)~1"}},
		{"two slips in four letters are too many", "qwxxn", nil},
		{"two slips in eight letters", "deapseak", []string{"deepseek:typo of[0,1)~2"}},
		{"two slips in seven letters are too many", "tancant", nil},
		{"three slips are too many", "dxxpsexk", nil},
		{"too short to misspell", "qp", nil},
		{"misspelt, of two words", "jakc ma", []string{"alibaba:typo of[0,2)~1"}},
		{"another first letter of a short name", "beta", nil},
		{"another first letter of a long name", "seepseek", []string{"deepseek:typo of[0,1)~1"}},
		{"an ordinary word is not corrected", "miracle", nil},
		{"a word of the fact base is not corrected", "deepsea", nil},
		{"symbols are not guessed at", "nvdaa", nil},
		{"symbol", "nvda", []string{"nvidia:ticker[0,1)"}},
		{"versions are not guessed at", "gpt5", nil},
		{"numbers are not taken for letters", "oracl 5", []string{"oracle:typo of[0,1)~1"}},
		{"a number is no letter of a name", "deepsee5", nil},
		{"capitals only, in capitals", "the US and the EU", []string{"usa:alias[1,2)"}},
		{"capitals only, in small letters", "tell us", nil},
		{"with full stops, in small letters", "the u.s. rules", []string{"usa:alias[1,3)"}},
		{"Chinese inside a run", "请问通义千问的价格", []string{"qwen:chinese[2,6)"}},
		{"a shorter Chinese name", "通义好吗", []string{"qwen:chinese[0,2)"}},
		{"part of a Chinese name is none", "千问", nil},
		{"Chinese and Latin without a space", "用qwen好吗", []string{"qwen:exact[1,2)"}},
		{"ambiguous", "what did ma say", []string{"alibaba/tencent:alias[2,3)"}},
		{"a longer name is not ambiguous", "Jack Ma", []string{"alibaba:person[0,2)"}},
		{"ordinary words that glue to a typo", "ten cents", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, m := range l.Link(text.Tokenize(test.text), true, used) {
				got = append(got, showMatch(m))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("Link(%q) = %q, want %q", test.text, got, test.want)
			}
		})
	}
}

func TestLinkWithoutGuessing(t *testing.T) {
	l := entity.New(names())
	for typed, want := range map[string]int{"qwen": 1, "qwenn": 0, "deep seek": 1, "deepseak": 0, "qwens": 1} {
		if got := l.Link(text.Tokenize(typed), false, nil); len(got) != want {
			t.Errorf("Link(%q) without guessing finds %d names, want %d", typed, len(got), want)
		}
	}
	if got := l.Link(text.Tokenize("qwenn"), true, nil); len(got) != 1 {
		t.Errorf("Link guesses %d names without a vocabulary, want 1", len(got))
	}
}

func TestScoreOrder(t *testing.T) {
	score := func(how entity.How, edits, targets int) float64 {
		return entity.Match{How: how, Edits: edits, Targets: make([]string, targets)}.Score()
	}
	const certain = 1.0
	inOrder := []struct {
		name  string
		score float64
	}{
		{"its name", score(entity.Exact, 0, 1)},
		{"what people call it", score(entity.Nickname, 0, 1)},
		{"one slip", score(entity.Typo, 1, 1)},
		{"two slips", score(entity.Typo, 2, 1)},
		{"the conversation", score(entity.InContext, 0, 1)},
		{"one slip, ambiguous", score(entity.Typo, 1, 2)},
	}
	if inOrder[0].score != certain {
		t.Errorf("%s scores %v, want %v", inOrder[0].name, inOrder[0].score, certain)
	}
	for i := 1; i < len(inOrder); i++ {
		if inOrder[i].score >= inOrder[i-1].score || inOrder[i].score <= 0 {
			t.Errorf("%s scores %v and %s %v; want less, and more than nothing", inOrder[i-1].name, inOrder[i-1].score, inOrder[i].name, inOrder[i].score)
		}
	}
	for _, how := range []entity.How{entity.Alias, entity.Ticker, entity.Chinese} {
		if got := score(how, 0, 1); got != certain {
			t.Errorf("%s scores %v, want %v", how, got, certain)
		}
	}
	if one, two := score(entity.Alias, 0, 1), score(entity.Alias, 0, 2); two >= one {
		t.Errorf("ambiguous scores %v, plain %v; want less", two, one)
	}
}

func FuzzLink(f *testing.F) {
	l := entity.New(names())
	for _, s := range []string{"qewn and deep seek", "用Qwen", "the US's U.S.", "alibba cloud", "\u0301❤️\xff", "a b c d e f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tokens := text.Tokenize(s)
		last := 0
		for _, m := range l.Link(tokens, true, nil) {
			if m.From < last || m.To <= m.From || m.To > len(tokens) {
				t.Errorf("Link(%q): match %+v of %d tokens after token %d", s, m, len(tokens), last)
			}
			if len(m.Targets) == 0 || m.Name == "" || m.Score() <= 0 || m.Score() > 1 || m.How == entity.Typo && (m.Edits < 1 || m.Edits > 2) {
				t.Errorf("Link(%q): match %+v with score %v", s, m, m.Score())
			}
			last = m.To
		}
		sure := l.Link(tokens, false, nil)
		for _, m := range sure {
			if m.How == entity.Typo || m.Edits != 0 {
				t.Errorf("Link(%q) without guessing guesses %+v", s, m)
			}
		}
	})
}
