package bot_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"silkwire/bot"
)

// Each case shows the line with a bar where the completion begins, and what is
// put in the place of what stands behind the bar. The completers of the tests
// offer option<what was typed of it>.
func TestComplete(t *testing.T) {
	tests := []struct {
		name, line string
		want       []string
	}{
		{"names", "|/la", []string{"/lab ", "/label "}},
		{"names in capitals", "|/LAB", []string{"/lab ", "/label "}},
		{"names after the full-width slash", "|／tick", []string{"/ticker "}},
		{"no name", "|/zzz", nil},
		{"no message commands", "|/insp", nil},
		{"a question", "|why di", []string{"question<why di>"}},
		{"an empty line is a question", "|", []string{"question<>"}},

		{"subcommands", "/digest |S", []string{"subscribe ", "stop ", "show "}},
		{"free text as a whole", "/ask |why didn't th", []string{"question<why didn't th>"}},
		{"free text that begins", "/ask |", []string{"question<>"}},
		{"free text after more blanks", "/ask   |why", []string{"question<why>"}},
		{"free text after an ideographic space", "/ask\u3000|通义", []string{"question<通义>"}},
		{"the last word of a list", "/ticker NVDA |am", []string{"symbols<am>"}},
		{"the last word of a list with commas", "/ticker NVDA,|am", []string{"symbols<am>"}},
		{"the last word of a list with Chinese commas", "/ticker 英伟达、|腾", []string{"symbols<腾>"}},
		{"the first word option", "/compare |al", []string{"first<al>"}},
		{"the second option after the first", "/compare alibaba |byte d", []string{"second<byte d>"}},
		{"the second option after a quoted first", `/compare "alibaba cloud" |byte d`, []string{"second<byte d>"}},
		{"the first option where the second was named", "/compare second:bytedance |al", []string{"first<al>"}},
		{"the second option where the first was named", "/compare first:qwen |by", []string{"second<by>"}},

		{"a value by name", "/compare first:|al", []string{"first<al>"}},
		{"a value by name after the full-width colon", "/compare first：|al", []string{"first<al>"}},
		{"a value by name after a blank", "/compare first: |al", []string{"first<al>"}},
		{"a choice by name", "/compare qwen llama side:|LE", []string{"left"}},
		{"all choices", "/ticker NVDA since:|", []string{"2024", "2025"}},
		{"no choice", "/ticker NVDA since:|19", nil},
		{"an option's name, before the words that it could also be", "/ticker |si", []string{"since:", "symbols<si>"}},
		{"an option's name after free text", "/tell some words |si", []string{"since:"}},
		{"an option's name where free text begins", "/tell |si", []string{"since:", "text<si>"}},
		{"no option's name after free text", "/tell |some words sx", []string{"text<some words sx>"}},
		{"after an unknown option", "/ticker colour:red am|", nil},
		{"an unknown option", "/ticker colour:|", nil},

		{"choices by position in a subcommand", "/digest subscribe |", []string{"8", "20"}},
		{"the next option of a subcommand", "/digest subscribe 8 |qw", []string{"topics<qw>"}},
		{"a list in a subcommand", "/digest subscribe 8 qwen,|ch", []string{"topics<ch>"}},
		{"a command that takes no option", "/curate x|", nil},

		{"commands after silkwire", "/silkwire |la", []string{"lab ", "label "}},
		{"an option of a command after silkwire", "/silkwire ticker NVDA |am", []string{"symbols<am>"}},
		{"subcommands after silkwire", "/silkwire digest |sub", []string{"subscribe "}},
		{"a subcommand of a command that takes text", "/watch |li", []string{"list "}},
		{"an unknown command", "/labb qw|", nil},
		{"a slash apart from its name", "/ la|", nil},
	}
	tell := bot.Command{Name: "tell", Summary: "s", Handle: echoed, Options: []bot.Option{
		{Name: "text", Summary: "s", Kind: bot.FreeText, Complete: func(_ context.Context, _ bot.Request, typed string) []bot.Choice {
			return []bot.Choice{{Label: typed, Value: "text<" + typed + ">"}}
		}},
		{Name: "since", Summary: "s", Named: true},
	}}
	router := newRouter(t, append(house(), tell))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before, typed, _ := strings.Cut(tt.line, "|")
			found := router.Complete(t.Context(), bot.Request{Line: before + typed})
			var got []string
			for _, c := range found.Choices {
				got = append(got, c.Value)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%q\n got %q\nwant %q", before+typed, got, tt.want)
			}
			if len(tt.want) > 0 && found.From != len(before) {
				t.Errorf("%q\n got from %d\nwant from %d", before+typed, found.From, len(before))
			}
		})
	}
}

func TestCompleteSaysWhatCommandsAreFor(t *testing.T) {
	found := newRouter(t, house()).Complete(t.Context(), bot.Request{Line: "/digest sto"})
	if want := []bot.Choice{{Label: "stop  End one", Value: "stop "}}; !slices.Equal(found.Choices, want) {
		t.Errorf("got %q, want %q", found.Choices, want)
	}
}

func TestCompleteLeavesAloneWhatItCannotRead(t *testing.T) {
	router := newRouter(t, house())
	for _, line := range []string{"/la\xff", "why\xff", "/" + strings.Repeat("l", bot.MaxLine)} {
		if found := router.Complete(t.Context(), bot.Request{Line: line}); len(found.Choices) != 0 || found.From != len(line) {
			t.Errorf("%.20q: got %q from %d, want nothing from %d", line, found.Choices, found.From, len(line))
		}
	}
}

// One word is taken where a completed value has several, so it is quoted; and
// what the completer keeps is not written to.
func TestCompleteQuotesSeveralWords(t *testing.T) {
	kept := make([]bot.Choice, 2, 4)
	kept[0], kept[1] = bot.Choice{Label: "Cloud", Value: "Alibaba Cloud"}, bot.Choice{Label: "Tencent", Value: "Tencent"}
	keeps := func(context.Context, bot.Request, string) []bot.Choice { return kept }
	commands := append(house(), bot.Command{Name: "pick", Summary: "s", Handle: echoed, Options: []bot.Option{
		{Name: "symbols", Summary: "s", Kind: bot.WordList, Complete: keeps}, {Name: "name", Summary: "s", Named: true, Complete: keeps},
	}}, bot.Command{Name: "tell", Summary: "s", Handle: echoed, Options: []bot.Option{
		{Name: "text", Summary: "s", Complete: keeps}, {Name: "name", Summary: "s", Named: true},
	}})
	router := newRouter(t, commands)
	for line, want := range map[string]string{"/tell n": "name: Alibaba Cloud Tencent", "/pick n": `name: "Alibaba Cloud" Tencent`, "/pick name:": "Alibaba Cloud Tencent"} {
		var got []string
		for _, c := range router.Complete(t.Context(), bot.Request{Line: line}).Choices {
			got = append(got, c.Value)
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%s: got %s, want %s", line, got, want)
		}
	}
	if kept[0].Value != "Alibaba Cloud" || kept[:3][2].Value != "" {
		t.Errorf("what the completer keeps was written to: %q", kept[:3])
	}
	if reply := router.Dispatch(t.Context(), bot.Request{Line: `/pick "Alibaba Cloud" Tencent`}); reply.Plain() != "pick symbols=Alibaba Cloud|Tencent" {
		t.Errorf("the completed line is read as %s", reply.Plain())
	}
}
