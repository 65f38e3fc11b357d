// Package layout takes a bot.Reply apart for a chat platform's message: what can be
// done with it, and its body in parts that stay whole, in the platform's own markup,
// so that long answers are cut between two facts. Lengths are counted as the
// strictest platforms do, in UTF-16 units. It may import silkwire/bot and the
// standard library.
package layout

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Length counts s in UTF-16 units. A byte that is no UTF-8 counts as the one character that
// JSON puts in its place.
func Length(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// Shorten cuts s to at most limit units, between words where it can, with an
// ellipsis. It is for labels; statements are never cut.
func Shorten(s string, limit int) string {
	if Length(s) <= limit {
		return s
	}
	n, end := 0, 0
	for i, r := range s {
		if n += utf16.RuneLen(r); n > limit-1 {
			end = i
			break
		}
	}
	cut := s[:end]
	if i := strings.LastIndexFunc(cut, unicode.IsSpace); i > len(cut)*2/3 {
		cut = cut[:i]
	}
	return strings.TrimRightFunc(cut, unicode.IsSpace) + "…"
}

// ShortenWritten is s in a platform's markup, cut before it is written so that no mark of
// it is cut, to at most limit units of markup.
func ShortenWritten(s string, limit int, write func(string) string) string {
	out := write(Shorten(s, limit))
	for n := limit; Length(out) > limit && n > 1; {
		n = n * 3 / 4
		out = write(Shorten(s, n))
	}
	return out
}

// SplitString cuts s into pieces of at most limit units, after the end of a
// sentence where there is one in the second half, else after a blank.
func SplitString(s string, limit int) []string {
	var out []string
	for Length(s) > limit {
		end, blank, sentence, n := 0, 0, 0, 0
		for i, r := range s {
			if n += utf16.RuneLen(r); n > limit {
				end = i
				break
			}
			if r == ' ' {
				blank = i + 1
				if i > 0 && strings.ContainsRune(".!?", rune(s[i-1])) {
					sentence = i + 1
				}
			}
			if r == '。' {
				sentence = i + len("。")
			}
		}
		switch {
		case sentence > end/2:
			end = sentence
		case blank > end/2:
			end = blank
		default:
			end = whole(s, end)
		}
		if end == 0 {
			break
		}
		out = append(out, s[:end])
		s = s[end:]
	}
	return append(out, s)
}

// whole is the end of the last letter before a cut that has all its marks, and of the
// last emoji that has all its parts.
func whole(s string, cut int) int {
	for end := cut; end > 0; {
		before, size := utf8.DecodeLastRuneInString(s[:end])
		after, _ := utf8.DecodeRuneInString(s[end:])
		if !joined(before, after) {
			return end
		}
		end -= size
	}
	return cut
}

func joined(before, after rune) bool {
	const joiner, palest, darkest = '\u200d', '\U0001f3fb', '\U0001f3ff' // skin
	return before == joiner || after == joiner || unicode.Is(unicode.M, after) || palest <= after && after <= darkest
}
