package text_test

import (
	"strings"
	"testing"

	"silkwire/knowledge/text"
)

// slow is restricted Damerau–Levenshtein by its definition, without a bound.
func slow(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		for j := range d[i] {
			switch {
			case i == 0:
				d[i][j] = j
			case j == 0:
				d[i][j] = i
			default:
				change := 1
				if a[i-1] == b[j-1] {
					change = 0
				}
				d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+change)
				if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
					d[i][j] = min(d[i][j], d[i-2][j-2]+1)
				}
			}
		}
	}
	return d[len(a)][len(b)]
}

func TestDistance(t *testing.T) {
	long := strings.Repeat("x", 64)
	for _, test := range []struct {
		name, a, b string
		most, want int
	}{
		{"equal", "qwen", "qwen", 2, 0},
		{"nothing", "", "", 2, 0},
		{"a letter too many", "qwenn", "qwen", 2, 1},
		{"a letter missing", "qwn", "qwen", 2, 1},
		{"another letter", "qwan", "qwen", 2, 1},
		{"neighbours swapped", "qewn", "qwen", 2, 1},
		{"swapped at the beginning", "wqen", "qwen", 2, 1},
		{"swapped and changed", "wqan", "qwen", 2, 2},
		{"a swap is not edited again", "ca", "abc", 3, 3},
		{"beyond the bound", "deepseek", "bytedance", 2, 3},
		{"bound of nothing, equal", "qwen", "qwen", 0, 0},
		{"bound of nothing", "qwan", "qwen", 0, 1},
		{"lengths alone are beyond it", "q", "qwen", 2, 3},
		{"from nothing", "", "ab", 2, 2},
		{"64 bytes", long, "y" + long[1:], 2, 1},
		{"65 bytes", long + "x", long + "x", 2, 3},
	} {
		for _, pair := range [][2]string{{test.a, test.b}, {test.b, test.a}} {
			if got := text.Distance(pair[0], pair[1], test.most); got != test.want {
				t.Errorf("%s: Distance(%q, %q, %d) = %d, want %d", test.name, pair[0], pair[1], test.most, got, test.want)
			}
		}
	}
}

func FuzzDistance(f *testing.F) {
	f.Add("qwen", "qewn", 2)
	f.Add("ca", "abc", 3)
	f.Add("abcdef", "badcfe", 2)
	f.Add(strings.Repeat("ab", 33), "ab", 5)
	f.Fuzz(func(t *testing.T, a, b string, most int) {
		if most < 0 || most > 100 || len(a) > 70 || len(b) > 70 {
			return
		}
		want := min(slow(a, b), most+1)
		if max(len(a), len(b)) > 64 {
			want = most + 1
		}
		if got := text.Distance(a, b, most); got != want {
			t.Errorf("Distance(%q, %q, %d) = %d, want %d", a, b, most, got, want)
		}
	})
}
