// Package text takes what people type and what facts say apart into tokens that
// can be compared: folded in case, width and accents, with Chinese characters
// one by one, stemmed for English. It imports x/text for Unicode and a Snowball
// stemmer, and nothing of ours.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kljensen/snowball/english"
	"golang.org/x/text/unicode/norm"
)

// Token is one word, or one Chinese character, of a text.
type Token struct {
	Text  string // folded
	Stem  string // the English stem of Text; Text itself for other scripts
	Upper bool   // it was written in capitals
	Han   bool   // it is one Chinese character
	Glued bool   // nothing stands between it and the token before
}

// Tokenize takes s apart. Letters and digits make words; an apostrophe inside a
// word is dropped and a possessive 's with it; everything else separates. It
// accepts any bytes.
func Tokenize(s string) []Token { return new(Tokenizer).Tokenize(s) }

// Words is Tokenize without the stems, for names.
func Words(s string) []Token { return (&Tokenizer{unstemmed: true}).Tokenize(s) }

// Tokenizer is Tokenize with a memory for the words that come again, for reading
// many texts. It is for one goroutine; its zero value remembers nothing.
type Tokenizer struct {
	words     map[string]Token // by spelling
	unstemmed bool
}

// NewTokenizer makes a Tokenizer that remembers words.
func NewTokenizer() *Tokenizer { return &Tokenizer{words: make(map[string]Token, 4096)} }

// Tokenize takes s apart as the function of that name does.
func (z *Tokenizer) Tokenize(s string) []Token {
	s = foldWidth(s)
	tokens := make([]Token, 0, len(s)/5+1)
	end := -1
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case unicode.Is(unicode.Han, r):
			c := s[i : i+size]
			tokens = append(tokens, Token{Text: c, Stem: c, Han: true, Glued: i == end})
			i += size
			end = i
		case wordRune(r):
			j := wordEnd(s, i)
			if t := z.word(s[i:j], i == end); t.Text != "" { // an accent alone is no word
				tokens = append(tokens, t)
				end = j
			}
			i = j
		default:
			i += size
		}
	}
	return tokens
}

// foldWidth makes full-width and other compatibility forms plain. ASCII needs
// nothing.
func foldWidth(s string) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return norm.NFKC.String(s)
		}
	}
	return s
}

func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)) && !unicode.Is(unicode.Han, r)
}

func apostrophe(r rune) bool { return r == '\'' || r == '’' || r == '‘' }

// wordEnd is where the word that begins at s[i] ends. An apostrophe belongs to
// a word that goes on after it.
func wordEnd(s string, i int) int {
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !wordRune(r) {
			next, _ := utf8.DecodeRuneInString(s[i+size:])
			if !apostrophe(r) || !wordRune(next) {
				break
			}
		}
		i += size
	}
	return i
}

func (z *Tokenizer) word(s string, glued bool) Token {
	t, known := z.words[s]
	if !known {
		t = Token{Text: foldWord(s), Upper: capitals(s)}
		if !z.unstemmed {
			t.Stem = Stem(t.Text)
		}
		if z.words != nil {
			z.words[s] = t
		}
	}
	t.Glued = glued
	return t
}

// foldWord folds a word in case and accents and takes its apostrophes out, a
// possessive 's with them.
func foldWord(s string) string {
	if plainLower(s) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if apostrophe(r) {
			return '\''
		}
		return unicode.ToLower(r)
	}, s)
	return stripAccents(strings.ReplaceAll(strings.TrimSuffix(s, "'s"), "'", ""))
}

func plainLower(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// capitals tells whether a word is written in capitals, a possessive s aside:
// US and US's, but not I.
func capitals(s string) bool {
	if r, _ := utf8.DecodeLastRuneInString(strings.TrimSuffix(s, "s")); apostrophe(r) {
		s = strings.TrimRight(strings.TrimSuffix(s, "s"), "'’‘")
	}
	if r, _ := utf8.DecodeRuneInString(s); len(s) < 2 || unicode.IsLower(r) {
		return false
	}
	return strings.ToUpper(s) == s && strings.ToLower(s) != s
}

func stripAccents(s string) string {
	for i := range len(s) {
		if s[i] < utf8.RuneSelf {
			continue
		}
		return strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Mn, r) {
				return -1
			}
			return r
		}, norm.NFD.String(s))
	}
	return s
}

// spelling folds spellings that differ between British and American English, or
// that stemming leaves apart, to one stem.
var spelling = map[string]string{
	"licenc": "licens", "monetis": "monet", "monetiz": "monet", "optimis": "optim", "optimiz": "optim",
	"centr": "center", "cheaper": "cheap", "cheapest": "cheap", "behaviour": "behavior", "favour": "favor",
	"bought": "buy", "sold": "sell", "paid": "pay", "spent": "spend", "made": "make", "got": "get", "gave": "give",
	"given": "give", "giveaway": "give", "won": "win", "winner": "win", "lost": "lose", "loser": "lose", "loss": "lose", "built": "build",
	"led": "lead", "leader": "lead", "grew": "grow", "grown": "grow", "growth": "grow", "kept": "keep", "held": "hold",
	"broke": "break", "broken": "break", "beaten": "beat", "better": "good", "best": "good", "worst": "bad", "worse": "bad",
	"faster": "fast", "fastest": "fast", "bigger": "big", "biggest": "big", "smaller": "small", "smallest": "small",
	"higher": "high", "highest": "high", "lower": "low", "lowest": "low", "stronger": "strong", "weaker": "weak",
	"ran": "run", "left": "leav", "fell": "fall", "fallen": "fall", "rose": "rise", "risen": "rise", "came": "come", "went": "go", "took": "take", "taken": "take", "told": "tell", "thought": "think", "wrote": "write", "written": "write", "drew": "draw", "drawn": "draw", "stood": "stand", "dealt": "deal", "meant": "mean", "met": "meet", "hid": "hide", "hidden": "hide", "hurt": "hurt", "shut": "shut", "stole": "steal", "stolen": "steal", "taught": "teach", "caught": "catch", "fought": "fight", "brought": "bring", "struck": "strike", "stuck": "stick", "spooked": "spook", "cheaply": "cheap", "firm": "compani", "app": "applic", "ship": "ship", "shipment": "ship", "foresaw": "forese", "foreseen": "forese", "saw": "see", "seen": "see",
}

// Stem is the English Snowball stem of a folded word, with British and American
// spellings and common irregular forms brought together. Words with digits and
// words of other scripts are their own stem.
func Stem(w string) string {
	if len(w) < 3 {
		return w
	}
	for i := range len(w) {
		if w[i] < 'a' || w[i] > 'z' {
			return w
		}
	}
	if s, found := spelling[w]; found {
		return s
	}
	stem := english.Stem(w, false)
	if s, found := spelling[stem]; found {
		return s
	}
	return stem
}
