package bot

import (
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/unicode/rangetable"
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
// site are not believed: the name of the site that it leads to stands in their place. It
// stands before words among which the name of another site is.
func L(s, address string) Text { return Text{{Kind: Link, Text: honest(s, address), Target: address}} }

// spelt is the name of a site as it stands in words: with its scheme or "www." or before a
// path anywhere, or as words that are nothing else.
var spelt = regexp.MustCompile(`(?i)(?:https?:[/\\]+|www\.)([^\s/\\?#:]+)|((?:[\pL\pN_-]+\.)+\pL{2,})/\S|^\s*((?:[\pL\pN_-]+\.)+\pL{2,})(?:[:?#]\S*)?\s*$`)

// named is the name of a site, or what looks like one, among other words, and whole is an
// address with its path, in which names of files stand.
var (
	named = regexp.MustCompile(`(?:[\pL\pN_-]+\.)+\pL{2,}`)
	whole = regexp.MustCompile(`(?i)(?:https?:[/\\]+|www\.|(?:[\pL\pN_-]+\.)+\pL{2,}/)[!-~]+`)
)

// asDots and asSlashes are signs that look like those of an address and are others.
var (
	asDots    = regexp.MustCompile(`(\w)[。｡]\b`)
	asSlashes = strings.NewReplacer("⁄", "/", "∕", "/", "⧸", "/")
)

func honest(s, address string) string {
	u, err := url.Parse(strings.TrimSpace(Clean(address)))
	if err != nil {
		return s
	}
	leads := siteOf(u)
	seen := asDots.ReplaceAllString(asSlashes.Replace(norm.NFKC.String(Clean(s))), "$1.")
	for _, m := range spelt.FindAllStringSubmatch(seen, -1) {
		if !sameSite(m[1]+m[2]+m[3], leads) {
			return leads
		}
	}
	if !strings.Contains(seen, ".") {
		return s
	}
	for _, name := range named.FindAllString(whole.ReplaceAllString(seen, " "), -1) {
		if !sameSite(name, leads) && !strings.HasPrefix(s, leads+": ") {
			return leads + ": " + s
		}
	}
	return s
}

// siteOf is the name of the site of an address, in letters that cannot be mistaken for
// others (https://www.rfc-editor.org/rfc/rfc3492).
func siteOf(u *url.URL) string {
	host := strings.ToLower(u.Hostname())
	if ascii, err := idna.Punycode.ToASCII(host); err == nil {
		return ascii
	}
	return host
}

func sameSite(named, leads string) bool {
	named = strings.Trim(strings.ToLower(named), `.,;!)]}'"»”’`)
	return strings.TrimPrefix(named, "www.") == strings.TrimPrefix(leads, "www.")
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
// controls, zero-width characters, fillers, tags, the byte-order mark), a
// terminal's escape sequences as a whole.
//
// Kept is what scripts and emoji need. The zero-width joiner stays where it
// joins: between the parts of an emoji, and after a mark of a script that needs
// it. A variation selector stays where it makes another sign, once: emoji or text
// behind a symbol or a keycap's digit, and the forms of Mongolian letters; of Chinese
// characters it chooses a font's drawing, so it goes there. Of marks that stand on
// a letter mostMarks stay, and those with no letter before them go.
// It returns s itself when there is nothing to do.
func Clean(s string) string {
	if clean(s) {
		return s
	}
	s = withoutEscapes(s)
	runes := make([]rune, 0, len(s))
	var before reading
	for _, r := range s {
		if breaks(r) {
			r = ' '
		}
		if before.takes(r) {
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

// mostMarks is how many marks may stand on one letter. Vietnamese has two, Thai, Arabic
// and the scripts of India three, Hebrew with its accents four; more of them are drawn
// over the lines above and below. Marks that take room of their own are not counted.
const mostMarks = 4

// reading is where a text that is cleaned has got to.
type reading struct {
	last  rune // that stays, but for a joiner; 0 at the beginning
	marks int  // that stand on the last letter
}

// takes tells whether the next rune stays. Whether a joiner does depends on what follows
// it, too.
func (t *reading) takes(r rune) bool {
	switch {
	case ordinary(r):
		t.marks = 0
	case r == joiner:
		return true
	case invisible(r):
		return false
	case unicode.Is(unicode.Variation_Selector, r):
		if !varies(t.last, r) {
			return false
		}
	case unicode.In(r, unicode.Mn, unicode.Me):
		if t.last == 0 || t.marks == mostMarks {
			return false
		}
		t.marks++
	}
	t.last = r
	return true
}

// special holds all that is not ordinary: one look is enough for most of a text.
var special = rangetable.Merge(unicode.Cc, unicode.Cf, unicode.M, unicode.Other_Default_Ignorable_Code_Point)

// ordinary tells whether r is seen and stands for itself. Latin and Chinese need no look.
func ordinary(r rune) bool {
	return r >= ' ' && r < 0x7f || r >= 0xa0 && r < 0x300 && r != '\u00ad' || r >= 0x3400 && r <= 0x9fff || r >= 0x300 && !unicode.Is(special, r)
}

// varies tells whether a variation selector makes another sign of what stands before it.
func varies(before, selector rune) bool {
	const asText, asEmoji = '\ufe0e', '\ufe0f'
	if selector == asText || selector == asEmoji {
		return unicode.Is(unicode.S, before) || strings.ContainsRune("0123456789#*‼⁉〰ℹ", before)
	}
	return unicode.Is(unicode.Mongolian, selector) && unicode.Is(unicode.Mongolian, before) && unicode.IsLetter(before)
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
	var before reading
	for i := 0; i < len(s); {
		if c := s[i]; ' ' <= c && c < 0x7f {
			before = reading{last: rune(c)}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if r == joiner {
			if after, _ := utf8.DecodeRuneInString(s[i:]); !joins(before.last, after) {
				return false
			}
		}
		if r == utf8.RuneError && size == 1 || breaks(r) || !before.takes(r) {
			return false
		}
	}
	return true
}

// breaks tells whether r ends a line or stands for a gap in one. The empty pattern of
// Braille is such a gap to the eye.
func breaks(r rune) bool {
	return r >= '\t' && r <= '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029' || r == '\u2800'
}

// invisible tells whether r is a control, format, filler or tag character. Format
// characters that are seen (the Arabic number signs) are none.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

func joins(before, after rune) bool {
	return unicode.In(before, unicode.So, unicode.Sk, unicode.M) && unicode.In(after, unicode.So, unicode.L)
}
