package entity_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sahilm/fuzzy"

	"silkwire/knowledge/entity"
	"silkwire/knowledge/text"
)

// manyNames are made-up names of companies, always the same ones.
func manyNames(n int) []string {
	r := rand.New(rand.NewPCG(20261123, 1))
	onsets := strings.Fields("b c d f g h j k l m n p r s t v w z ch sh zh br dr tr st")
	vowels := strings.Fields("a e i o u ai ou ia")
	codas := strings.Split(" n ng r l s x t", " ")
	suffixes := strings.Split(" Labs; AI; Technology; Semiconductor; Group; Holdings; Robotics; Cloud;;;", ";")
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	word := func() string {
		s := ""
		for range 1 + r.IntN(3) {
			s += pick(onsets) + pick(vowels) + pick(codas)
		}
		return strings.ToUpper(s[:1]) + s[1:]
	}
	seen, out := map[string]bool{}, []string{}
	for len(out) < n {
		s := word()
		if r.IntN(3) > 0 {
			s += " " + word()
		}
		if s += pick(suffixes); len(s) >= 8 && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// keysOf are what is typed of n names, key by key up to eight.
func keysOf(names []string, n int) []string {
	r := rand.New(rand.NewPCG(7, 7))
	var keys []string
	for _, i := range r.Perm(len(names))[:n] {
		for k := 1; k <= 8; k++ {
			keys = append(keys, names[i][:k])
		}
	}
	return keys
}

// The last stage of completion is sahilm/fuzzy's list, to the score.
func TestInOrderIsTheSubsequenceLibrarysList(t *testing.T) {
	list := append(manyNames(700), "字节跳动", "Doubao 豆包", "ÉCOLE", "a.b-c/d\\e_f", "iPhone OS", "x", "", "Kelvin", "two  spaces")
	patterns := keysOf(list[:700], 300)
	r := rand.New(rand.NewPCG(1, 2))
	for range 1_500 { // letters of a name in order, and letters in any
		name, p := list[r.IntN(len(list))], ""
		for _, c := range name {
			if r.IntN(3) == 0 {
				p += string(c)
			}
		}
		patterns = append(patterns, p, strings.ToUpper(p))
	}
	for range 500 {
		p := ""
		for range 1 + r.IntN(5) {
			p += string("abcdeiknorstxz .-9豆é"[r.IntN(18)])
		}
		patterns = append(patterns, strings.ToValidUTF8(p, "豆"))
	}
	patterns = append(patterns, "\u212a", "\u017fe", "豆", "é", " ", "")
	for _, p := range patterns {
		places, scores := entity.InOrder(list, p)
		want := fuzzy.Find(p, list)
		if len(places) != len(want) {
			t.Fatalf("%q: got %d names, want %d", p, len(places), len(want))
		}
		for i, m := range want {
			if places[i] != m.Index || scores[i] != m.Score {
				t.Fatalf("%q: place %d is %q with %d, want %q with %d", p, i, list[places[i]], scores[i], m.Str, m.Score)
			}
		}
	}
	t.Logf("%d patterns over %d names", len(patterns), len(list))
}

func TestSlipPrefixIsOneEdit(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	word := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "abc"[r.IntN(3)]
		}
		return string(b)
	}
	for range 200_000 {
		prefix, name := word(2+r.IntN(6)), word(r.IntN(9))
		want := false
		if name != "" && !strings.HasPrefix(name, prefix) && (prefix[0] == name[0] || len(name) > 1 && prefix[0] == name[1] && prefix[1] == name[0]) {
			for n := max(0, len(prefix)-1); n <= min(len(name), len(prefix)+1); n++ {
				want = want || text.Distance(prefix, name[:n], 1) <= 1
			}
		}
		if got := entity.SlipPrefix(prefix, name); got != want {
			t.Fatalf("SlipPrefix(%q, %q) = %v, want %v", prefix, name, got, want)
		}
	}
}

// After eight keys of which two were swapped the right name is among the first
// ten in 95 of 100.
func TestCompleteFindsSwappedKeys(t *testing.T) {
	list := manyNames(10_000)
	c := entity.NewCompleter(completions(list...))
	r := rand.New(rand.NewPCG(8, 8))
	const targets = 300
	found := 0
	for _, i := range r.Perm(len(list))[:targets] {
		keys := []byte(list[i][:8])
		at := 1 + r.IntN(6)
		keys[at], keys[at+1] = keys[at+1], keys[at]
		for _, n := range c.Complete(string(keys), 10) {
			if n.Text == list[i] {
				found++
			}
		}
	}
	t.Logf("%d of %d", found, targets)
	if found*100 < targets*95 {
		t.Errorf("found %d of %d, want 95 in 100", found, targets)
	}
}

// BenchmarkComplete types 200 of 10,000 names key by key: the whole completion,
// its last stage alone, and sahilm/fuzzy over all names.
func BenchmarkComplete(b *testing.B) {
	list := manyNames(10_000)
	keys := keysOf(list, 200)
	c, inOrder := entity.NewCompleter(completions(list...)), entity.Finder(list)
	for name, find := range map[string]func(string) int{
		"all":     func(p string) int { return len(c.Complete(p, 10)) },
		"inOrder": inOrder,
		"sahilm":  func(p string) int { return len(fuzzy.Find(p, list)) },
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				from := time.Now()
				find(keys[i%len(keys)])
				took = append(took, time.Since(from))
			}
			slices.Sort(took)
			for _, p := range []int{50, 99} {
				b.ReportMetric(float64(took[(len(took)-1)*p/100].Nanoseconds())/1000, fmt.Sprintf("µs-p%d", p))
			}
		})
	}
}
