package bot

import (
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// SpanKind says how a Span is meant; each adapter knows how its platform shows
// it.
type SpanKind uint8

// The kinds of span.
const (
	Plain  SpanKind = iota
	Bold            // stands out
	Quiet           // steps back: evidence lines, footers
	Code            // to be typed or copied as it is: command lines, fact ids
	Link            // Target is an http or https address
	Entity          // a name; Target is the command line that opens it
	Moment          // Time is shown in the reader's own zone where the platform can
)

// Span is a run of text that is meant in one way. Its text is never markup.
type Span struct {
	Kind   SpanKind
	Text   string
	Target string
	Time   time.Time
}

// Text is what a Reply is written in: spans one after the other, with no
// platform's markup inside.
type Text []Span

// T is plain text.
func T(s string) Text { return Text{{Text: s}} }

// B is text that stands out.
func B(s string) Text { return Text{{Kind: Bold, Text: s}} }

// Q is text that steps back.
func Q(s string) Text { return Text{{Kind: Quiet, Text: s}} }

// C is text to be typed or copied as it is.
func C(s string) Text { return Text{{Kind: Code, Text: s}} }

// L is a link to an http or https address. Words that look like the address of another
// site are not believed: the name of the site that it leads to stands in their place.
func L(s, address string) Text { return Text{{Kind: Link, Text: honest(s, address), Target: address}} }

// spelt is an address as it stands in words: one with its scheme anywhere, or words that
// are nothing else.
var spelt = regexp.MustCompile(`(?i)https?://([^\s/?#:]+)|^\s*((?:[\pL\pN-]+\.)+\pL{2,})(?:[/:?#]\S*)?\s*$`)

func honest(s, address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return s
	}
	site := func(host string) string { return strings.TrimPrefix(strings.ToLower(host), "www.") }
	for _, m := range spelt.FindAllStringSubmatch(s, -1) {
		if site(m[1]+m[2]) != site(u.Hostname()) {
			return u.Hostname()
		}
	}
	return s
}

// E is a name that opens by the command line.
func E(name, line string) Text { return Text{{Kind: Entity, Text: name, Target: line}} }

// Join puts texts one after the other.
func Join(texts ...Text) Text {
	var all Text
	for _, t := range texts {
		all = append(all, t...)
	}
	return all
}

// String is the text without its meanings, cleaned for reading.
func (t Text) String() string {
	var b strings.Builder
	for _, s := range t {
		b.WriteString(Clean(s.Text))
	}
	return b.String()
}

// Clean makes text from outside safe to show and to match: invalid UTF-8
// becomes U+FFFD, line breaks and tabs become spaces, and what cannot be seen
// but changes how text reads is dropped (control characters, bidirectional
// controls, zero-width characters, the byte-order mark), a terminal's escape
// sequences as a whole. The zero-width joiner
// stays where it joins: between the parts of an emoji, and after a mark of a
// script that needs it. It returns s itself when there is nothing to do.
func Clean(s string) string {
	if clean(s) {
		return s
	}
	s = withoutEscapes(s)
	runes := make([]rune, 0, len(s))
	for _, r := range s {
		switch {
		case breaks(r):
			runes = append(runes, ' ')
		case invisible(r):
		default:
			runes = append(runes, r)
		}
	}
	var b strings.Builder
	b.Grow(len(s))
	for i, r := range runes {
		if r == joiner && (i == 0 || i == len(runes)-1 || !joins(runes[i-1], runes[i+1])) {
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// withoutEscapes takes a terminal's escape sequences (ESC [ … letter) out whole:
// of one that is cut, only the ESC goes, as every control character does.
func withoutEscapes(s string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "\x1b[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		end := 0
		for end < len(after) && ' ' <= after[end] && after[end] < '@' {
			end++
		}
		if s = after; end < len(after) && after[end] < 0x7f && after[end] >= '@' {
			s = after[end+1:]
		}
	}
}

const joiner = '\u200d'

func clean(s string) bool {
	before := rune(0)
	for i := 0; i < len(s); {
		if c := s[i]; ' ' <= c && c < 0x7f {
			before = rune(c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if r == utf8.RuneError && size == 1 || breaks(r) || invisible(r) {
			return false
		}
		if r == joiner {
			if after, _ := utf8.DecodeRuneInString(s[i:]); !joins(before, after) {
				return false
			}
		}
		before = r
	}
	return true
}

// breaks tells whether r ends a line or stands for a gap in one.
func breaks(r rune) bool {
	return r >= '\t' && r <= '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029'
}

// invisible tells whether r is a control, format or tag character. Format
// characters that are seen (the Arabic number signs) and the joiner are none.
func invisible(r rune) bool {
	switch {
	case r < ' ' || r >= 0x7f && r < 0xa0:
		return true
	case r < 0xad || r == joiner:
		return false
	case r >= 0xe0000 && r <= 0xe007f:
		return true
	}
	return unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

func joins(before, after rune) bool {
	return unicode.In(before, unicode.So, unicode.Sk, unicode.M) && unicode.In(after, unicode.So, unicode.L)
}
