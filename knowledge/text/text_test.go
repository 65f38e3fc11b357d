package text_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"silkwire/knowledge/text"
)

// show is the tokens with what is marked about them: ^ capitals, + glued.
func show(tokens []text.Token) string {
	var all []string
	for _, t := range tokens {
		s := t.Text
		if t.Upper {
			s = "^" + s
		}
		if t.Glued {
			s = "+" + s
		}
		all = append(all, s)
	}
	return strings.Join(all, " ")
}

func TestTokenize(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"separators alone", " \t\n.,;:!?-—()[]…", ""},
		{"words and digits", "Qwen2.5 costs 3 dollars", "qwen2 5 costs 3 dollars"},
		{"hyphens separate", "open-source", "open source"},
		{"underscores separate", "FIGR_HELOC", "^figr ^heloc"},
		{"capitals are marked", "US us Us", "^us us us"},
		{"one letter in capitals is no capitals", "I A", "i a"},
		{"capitals with digits", "GPT4 910B 42", "^gpt4 ^910b 42"},
		{"possessive", "Alibaba's models", "alibaba models"},
		{"curly possessive", "Alibaba’s models", "alibaba models"},
		{"possessive of capitals", "US's US’s", "^us ^us"},
		{"possessive of a plural", "labs' models", "labs models"},
		{"apostrophe inside", "don't o’neill rock'n'roll", "dont oneill rocknroll"},
		{"quotes around", "'quoted' ‘also’ \"this\"", "quoted also this"},
		{"apostrophe alone", "' 's", "s"},
		{"full width", "ＱＷＥＮ　２．５", "^qwen 2 5"},
		{"full width apostrophe", "Alibaba＇s", "alibaba"},
		{"ligature", "oﬃce", "office"},
		{"accents", "Café Zürich", "cafe zurich"},
		{"accents that stand apart", "Cafe\u0301 Zu\u0308rich", "cafe zurich"},
		{"an accent alone", "\u0301 a", "a"},
		{"nothing is glued to an accent alone", "\u0301豆", "豆"},
		{"Chinese one by one", "通义千问", "通 +义 +千 +问"},
		{"Chinese apart", "通义 千问", "通 +义 千 +问"},
		{"Chinese punctuation", "豆包，抖音。", "豆 +包 抖 +音"},
		{"Latin inside Chinese", "用Qwen做AI的", "用 +qwen +做 +^ai +的"},
		{"Chinese inside Latin", "TikTok禁令 ban", "tiktok +禁 +令 ban"},
		{"other scripts make words", "Алибаба アリババ 알리바바 x", "алибаба アリハハ " + norm.NFD.String("알리바바") + " x"},
		{"emoji separate", "Qwen🚀DeepSeek 🇨🇳 👩‍💻", "qwen deepseek"},
		{"emoji with a variation selector", "I ❤️ Qwen", "i qwen"},
		{"invalid UTF-8 separates", "qwen\xffdeep\xc3seek", "qwen deep seek"},
		{"control characters separate", "a\x00b\x1b[31mc", "a b 31mc"},
		{"overrides of direction separate", "qwen\u202edeepseek", "qwen deepseek"},
		{"Turkish capital I", "İstanbul", "istanbul"},
	} {
		t.Run(test.name, func(t *testing.T) {
			tokens := text.Tokenize(test.in)
			got := show(tokens)
			if got != test.want {
				t.Errorf("Tokenize(%q) = %q, want %q", test.in, got, test.want)
			}
			const chinese = "通义千问豆包抖音用做的禁令"
			for _, tok := range tokens {
				if han := strings.Contains(chinese, tok.Text); tok.Han != han {
					t.Errorf("Tokenize(%q): %q is Chinese: %v, want %v", test.in, tok.Text, tok.Han, han)
				}
				if tok.Stem != text.Stem(tok.Text) {
					t.Errorf("Tokenize(%q): stem of %q is %q, want %q", test.in, tok.Text, tok.Stem, text.Stem(tok.Text))
				}
			}
			z := text.NewTokenizer()
			for range 2 {
				if again := z.Tokenize(test.in); !slices.Equal(again, tokens) {
					t.Errorf("a Tokenizer that remembers gives %+v for %q, want %+v", again, test.in, tokens)
				}
			}
		})
	}
}

func TestStem(t *testing.T) {
	for _, same := range [][]string{
		{"model", "models"},
		{"train", "training", "trained", "trains"},
		{"license", "licence", "licenses", "licensing", "licences"},
		{"optimise", "optimize", "optimising", "optimized"},
		{"monetise", "monetisation", "monetize", "monetization"},
		{"centre", "center", "centres"},
		{"behaviour", "behavior"},
		{"cheap", "cheaper", "cheapest"},
		{"buy", "bought", "buying"},
		{"lead", "led", "leading", "leads"},
		{"grow", "grew", "grown", "growth"},
		{"ship", "shipment", "shipments", "shipping"},
	} {
		for _, w := range same[1:] {
			if got, want := text.Stem(w), text.Stem(same[0]); got != want {
				t.Errorf("Stem(%q) = %q, want that of %q: %q", w, got, same[0], want)
			}
		}
	}
	for _, apart := range [][2]string{{"train", "trade"}, {"china", "chip"}, {"policy", "police"}, {"open", "openai"}, {"import", "export"}} {
		if text.Stem(apart[0]) == text.Stem(apart[1]) {
			t.Errorf("%q and %q have one stem, %q", apart[0], apart[1], text.Stem(apart[0]))
		}
	}
	for _, itself := range []string{"", "a", "r1", "qwen2", "910b", "豆", "алибаба", "US"} {
		if got := text.Stem(itself); got != itself {
			t.Errorf("Stem(%q) = %q, want itself", itself, got)
		}
	}
}

func FuzzTokenize(f *testing.F) {
	for _, s := range []string{"", "Alibaba’s US's", "用Qwen做AI的", "❤️\u0301\u0301", "\xff\xc3", "İ ŉ ẞ ﷺ ½ 한국", "'s's''s", "a'\u0301b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tokens := text.Tokenize(s)
		for i, tok := range tokens {
			if tok.Text == "" || tok.Stem == "" && len(tok.Text) < 3 {
				t.Errorf("Tokenize(%q): token %d is empty: %+v", s, i, tok)
			}
			if !utf8.ValidString(tok.Text) || strings.ContainsAny(tok.Text, " '’‘.-") {
				t.Errorf("Tokenize(%q): token %d has what separates: %q", s, i, tok.Text)
			}
			if tok.Han && utf8.RuneCountInString(tok.Text) != 1 {
				t.Errorf("Tokenize(%q): token %d is Chinese and not one character: %q", s, i, tok.Text)
			}
			if tok.Glued && i == 0 {
				t.Errorf("Tokenize(%q): the first token is glued to nothing", s)
			}
		}
		if got, want := fmt.Sprint(text.NewTokenizer().Tokenize(s)), fmt.Sprint(tokens); got != want {
			t.Errorf("Tokenize(%q): a Tokenizer that remembers gives %s, want %s", s, got, want)
		}
	})
}

func TestOrdinaryWordsAreSortedAndOnce(t *testing.T) {
	words := text.OrdinaryWords()
	if len(words) < 30_000 {
		t.Errorf("%d words, want the whole list", len(words))
	}
	for i, w := range words {
		if i > 0 && words[i-1] >= w {
			t.Errorf("word %d, %q, stands after %q: sort the list and leave each out once", i, w, words[i-1])
		}
		if tokens := text.Tokenize(w); len(tokens) != 1 || tokens[0].Text != w {
			t.Errorf("word %d, %q, is not folded: it is read as %q", i, w, show(tokens))
		}
	}
	for w, want := range map[string]bool{words[0]: true, words[len(words)-1]: true, "house": true, "because": true, "qwen": false, "deepseek": false, "": false, "豆": false} {
		if got := text.Ordinary(w); got != want {
			t.Errorf("Ordinary(%q) = %v, want %v", w, got, want)
		}
	}
}

func TestStop(t *testing.T) {
	for w, want := range map[string]bool{"the": true, "whats": true, "us": true, "cost": false, "qwen": false, "": false} {
		if got := text.Stop(w); got != want {
			t.Errorf("Stop(%q) = %v, want %v", w, got, want)
		}
	}
	for c, want := range map[string]bool{"的": true, "吗": true, "豆": false, "": false} {
		if got := text.StopHan(c); got != want {
			t.Errorf("StopHan(%q) = %v, want %v", c, got, want)
		}
	}
}
