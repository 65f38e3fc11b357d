package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// longestWord is how many bytes of a word count. What is longer is no word.
const longestWord = 64

// What a byte is to the scanner: a separator, an apostrophe, or the byte that
// it counts as.
const (
	separator  = 0
	apostrophe = 1
)

var byteClass = func() (t [256]byte) {
	for c := range t {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c >= utf8.RuneSelf:
			t[c] = byte(c)
		case 'A' <= c && c <= 'Z':
			t[c] = byte(c) | 0x20
		}
	}
	t['\''] = apostrophe
	return t
}()

// scanner takes a folded text apart into words in lower case. An apostrophe
// inside a word is dropped, and a possessive 's with it.
type scanner struct {
	text string
	at   int
	hash uint32
	size int
	buf  [longestWord]byte
}

func (s *scanner) word() []byte { return s.buf[:s.size] }

// next reads the next word and tells whether there is one.
func (s *scanner) next() bool {
	text, i := s.text, s.at
	for i < len(text) && byteClass[text[i]] <= apostrophe {
		i++
	}
	n, h := 0, uint32(hashSeed)
	for i < len(text) {
		c := byteClass[text[i]]
		if c <= apostrophe {
			if c == separator || i+1 >= len(text) || byteClass[text[i+1]] <= apostrophe {
				break
			}
			if byteClass[text[i+1]] == 's' && (i+2 >= len(text) || byteClass[text[i+2]] <= apostrophe) {
				i += 2
				break
			}
			i++
			continue
		}
		if n < longestWord {
			s.buf[n] = c
			n++
			h = (h ^ uint32(c)) * hashFactor
		}
		i++
	}
	s.at, s.size, s.hash = i, n, h
	return n > 0
}

// fold makes a text plain enough for the scanner, which knows ASCII: width,
// accents and case go, marks that do not show are dropped, and Chinese
// characters, which nothing separates, become pairs. A document gives each
// character too, so that a query of one finds it.
func fold(s string, document bool) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return foldRunes(norm.NFKD.String(s), document)
		}
	}
	return s
}

func foldRunes(s string, document bool) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/4)
	before, alone := rune(0), false // the Chinese character before, and whether it is in no pair yet
	flush := func() {
		if before != 0 && alone && !document {
			b.WriteRune(before)
		}
		if before != 0 {
			b.WriteByte(' ')
		}
		before, alone = 0, false
	}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) || r == '\u034f' {
			continue
		}
		if !unicode.Is(unicode.Han, r) {
			flush()
			b.WriteString(plain(r, size))
			continue
		}
		b.WriteByte(' ')
		if document {
			b.WriteRune(r)
			b.WriteByte(' ')
		}
		if before != 0 {
			b.WriteRune(before)
			b.WriteRune(r)
			b.WriteByte(' ')
		}
		alone = before == 0
		before = r
	}
	flush()
	return b.String()
}

// plain is a rune as the scanner should see it.
func plain(r rune, size int) string {
	switch {
	case r == '’' || r == '‘':
		return "'"
	case r == utf8.RuneError && size == 1:
		return " "
	case r < utf8.RuneSelf:
		return string(r)
	case unicode.IsLetter(r) || unicode.IsDigit(r):
		return string(unicode.ToLower(r))
	}
	return " "
}
