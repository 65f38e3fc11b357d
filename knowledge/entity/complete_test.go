package entity_test

import (
	"slices"
	"testing"

	"github.com/sahilm/fuzzy"

	"silkwire/knowledge/entity"
)

func completions(list ...string) []entity.Name {
	var all []entity.Name
	for _, s := range list {
		all = append(all, entity.Name{Text: s, Target: s})
	}
	return all
}

func texts(list []entity.Name) []string {
	var all []string
	for _, n := range list {
		all = append(all, n.Text)
	}
	return all
}

func TestComplete(t *testing.T) {
	c := entity.NewCompleter(append(completions(
		"Alibaba Cloud", "Alibaba", "Tencent", "Google Cloud", "Cloud providers", "Clodu", "Qwen", "豆包", "字节跳动", "ByteDance", "open-source AI", "zzcxlxoxuxd",
	), entity.Name{Text: "BABA", Target: "Alibaba"}, entity.Name{Text: "Ali", Target: "Alibaba"}))
	for _, test := range []struct {
		name, typed string
		n           int
		want        []string
	}{
		{"prefix, the shorter first, one a target", "ali", 9, []string{"Ali", "Alibaba Cloud"}},
		{"prefix, word start, slip, subsequence", "cloud", 9, []string{"Cloud providers", "Google Cloud", "Alibaba Cloud", "Clodu", "zzcxlxoxuxd"}},
		{"no more than asked for", "cloud", 2, []string{"Cloud providers", "Google Cloud"}},
		{"none asked for", "cloud", 0, nil},
		{"one slip in the prefix", "tencnt", 9, []string{"Tencent"}},
		{"swapped at the beginning", "etncent", 9, []string{"Tencent"}},
		{"two slips are too many", "tanxent", 9, nil},
		{"subsequence", "btdn", 9, []string{"ByteDance"}},
		{"Chinese", "字节", 9, []string{"字节跳动"}},
		{"hyphens are spaces", "open source", 9, []string{"open-source AI"}},
		{"capitals and space around do not count", " QWE ", 9, []string{"Qwen"}},
		{"nothing like it", "xyzzy", 9, nil},
		{"nothing typed: the shortest first", "", 3, []string{"Ali", "Qwen", "Clodu"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := texts(c.Complete(test.typed, test.n)); !slices.Equal(got, test.want) {
				t.Errorf("Complete(%q, %d) = %q, want %q", test.typed, test.n, got, test.want)
			}
		})
	}
}

// What a thing is called comes before what else leads to it, except for a name
// that was typed in full.
func TestCompleteRanksWithinAStage(t *testing.T) {
	c := entity.NewCompleter([]entity.Name{
		{Text: "GOOG", Target: "GOOG", How: entity.Ticker}, {Text: "Qwen", Target: "qwen", How: entity.Exact},
		{Text: "Qwen Max", Target: "max", How: entity.Exact}, {Text: "Big Quark", Target: "quark", How: entity.Exact},
		{Text: "QQ", Target: "tencent", How: entity.Nickname}, {Text: "gas", Target: "NATGAS", How: entity.Alias},
		{Text: "gas station", Target: "station", How: entity.Exact}, {Text: "a q", Target: "aq", How: entity.Alias},
	})
	for typed, want := range map[string][]string{
		"q":   {"Qwen", "Qwen Max", "QQ", "Big Quark", "a q"},
		"g":   {"GOOG", "gas station", "gas", "Big Quark"},
		"gas": {"gas", "gas station"},
	} {
		if got := texts(c.Complete(typed, 9)); !slices.Equal(got, want) {
			t.Errorf("Complete(%q) = %q, want %q", typed, got, want)
		}
	}
}

func TestNear(t *testing.T) {
	c := entity.NewCompleter(completions("Alibaba Cloud", "Tencent", "ByteDance", "Cloud providers"))
	for _, test := range []struct {
		name, typed string
		n           int
		want        []string
	}{
		{"begun", "byte", 9, []string{"ByteDance"}},
		{"a word of it begun", "cloud", 9, []string{"Cloud providers", "Alibaba Cloud"}},
		{"no more than asked for", "cloud", 1, []string{"Cloud providers"}},
		{"one slip", "tencnt", 9, []string{"Tencent"}},
		{"a slip in three letters", "tan", 9, nil},
		{"letters in order are not near", "btdn", 9, nil},
		{"nothing to be near to", " ?! ", 9, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := texts(c.Near(test.typed, test.n)); !slices.Equal(got, test.want) {
				t.Errorf("Near(%q, %d) = %q, want %q", test.typed, test.n, got, test.want)
			}
		})
	}
}

func TestCompleteKeepsTheOrderOfTheSubsequenceLibrary(t *testing.T) {
	list := []string{"xxaxxbxxc", "xa b c", "zza zzb zzc", "qaqbqc", "xaxbc", "xxabxc"}
	for _, typed := range []string{"abc", "ab", "bc", "ac"} {
		var want []string
		for _, m := range fuzzy.Find(typed, list) {
			want = append(want, m.Str)
		}
		got := texts(entity.NewCompleter(completions(list...)).Complete(typed, len(list)+1))
		// Names with a word that begins with what was typed stand before.
		if !slices.Equal(got, want) {
			t.Errorf("Complete(%q) = %q, want sahilm/fuzzy's order %q", typed, got, want)
		}
	}
}

func FuzzComplete(f *testing.F) {
	c := entity.NewCompleter(names())
	for _, s := range []string{"", "qw", "deep s", "通义", "\u0301", "\xff", "u.s", "--"} {
		f.Add(s, 5)
	}
	f.Fuzz(func(t *testing.T, typed string, n int) {
		n = max(0, n%50)
		got := c.Complete(typed, n)
		seen := map[string]bool{}
		for _, name := range got {
			if seen[name.Target] {
				t.Errorf("Complete(%q, %d) = %q: target %s twice", typed, n, texts(got), name.Target)
			}
			seen[name.Target] = true
		}
		if len(got) > n {
			t.Errorf("Complete(%q, %d) gives %d names", typed, n, len(got))
		}
	})
}
