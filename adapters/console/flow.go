package console

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// run is a piece of cleaned text that is drawn in one way.
type run struct {
	style   style
	text    string
	address string // an OSC 8 link, or empty
	// keep asks for the run to stay on one line where it fits on one: command
	// lines and names. whole forbids to break its words even where they are
	// wider than the line: what is copied must not be cut.
	keep, whole bool
}

// line is one drawn line and its width in columns.
type line struct {
	runs  []run
	width int
}

// gap is what stands before a token.
type gap uint8

const (
	glued  gap = iota // no line may end here
	seam              // a line may end here
	spaced            // a space, or the end of a line
)

// flow breaks runs into lines of at most width columns, greedily.
//
// Words part at spaces. Wide characters (Chinese) part from anything, except
// that a line begins with no closing mark and ends with no opening one. A word
// that is wider than a line is cut between graphemes, unless it must stay
// whole.
type flow struct {
	width int
	lines []line
	cur   []run
	curW  int
	last  token // the last one on the line

	word    []token
	wordW   int
	before  gap
	read    int  // how many runs were read
	space   bool // a space was read since the last token
	seam    bool // the last token may part from the next
	opening bool // the last token ends with an opening mark
}

// token is a part of a run that no line parts.
type token struct {
	run
	width    int
	source   string // the whole run's text
	number   int    // the run's
	from, to int    // where it stands in source
}

// wrap returns the runs as lines of at most width columns. No runs, or blank
// ones, make no line. The lines are the caller's to keep; f may be used again.
func (f *flow) wrap(runs []run, width int) []line {
	*f = flow{width: max(width, 1), word: f.word[:0]}
	f.cur = make([]run, 0, 2*len(runs)+2)
	for _, r := range runs {
		f.read++
		f.add(r)
	}
	f.place()
	f.end()
	return f.lines
}

func (f *flow) add(r run) {
	if r.keep && !strings.HasPrefix(r.text, " ") && !strings.HasSuffix(r.text, " ") {
		if w := textWidth(r.text); w > 0 && w <= f.width {
			first, firstWide := firstOf(r.text)
			last, _ := utf8.DecodeLastRuneInString(r.text)
			f.token(f.part(r, 0, len(r.text), w), first, firstWide)
			f.seam, f.opening = unicode.In(last, wideScripts...), isOpening(last)
			return
		}
	}
	f.words(r)
}

// words cuts a run into tokens at spaces and around wide characters.
func (f *flow) words(r run) {
	s := r.text
	start, width := 0, 0
	emit := func(end int) {
		if end > start {
			t := f.part(r, start, end, width)
			first, _ := utf8.DecodeRuneInString(t.text)
			last, _ := utf8.DecodeLastRuneInString(t.text)
			f.token(t, first, false)
			f.opening = isOpening(last)
		}
		start, width = end, 0
	}
	for i := 0; i < len(s); {
		if n := plainLetters(s[i:], f.width-width); n > 0 && width+n <= f.width {
			width += n
			i += n
			continue
		}
		size, w := 1, 1
		if s[i] >= utf8.RuneSelf || i+1 < len(s) && s[i+1] >= utf8.RuneSelf {
			var cluster string
			cluster, w = ansi.FirstGraphemeCluster(s[i:], ansi.GraphemeWidth)
			size = max(len(cluster), 1)
		}
		c, _ := utf8.DecodeRuneInString(s[i:])
		switch {
		case isBlank(c):
			emit(i)
			f.space = true
			start = i + size
		case w == 0 && i == start:
			// A mark with nothing to stand on would join what is drawn before.
			start = i + size
		case w > 1:
			emit(i)
			f.token(f.part(r, i, i+size, w), c, true)
			f.seam, f.opening = true, isOpening(c)
			start = i + size
		case width+w > f.width && !r.whole && !isAddress(s[start:]):
			emit(i)
			f.seam = true
			width = w
		default:
			width += w
		}
		i += size
	}
	emit(len(s))
}

// plainLetters is how many bytes s begins with that are letters and marks of one
// column each, whatever stands around them: ASCII before ASCII. It looks no further than
// there is room, so that a long word costs no more than its length.
func plainLetters(s string, room int) int {
	n := 0
	for n < len(s) && n <= room && ' ' < s[n] && s[n] < 0x7f {
		n++
	}
	if n < len(s) && s[n] >= utf8.RuneSelf && n > 0 {
		n-- // a mark may stand on it
	}
	return n
}

func (f *flow) part(r run, from, to, width int) token {
	t := token{run: r, width: width, source: r.text, number: f.read, from: from, to: to}
	t.text = r.text[from:to]
	return t
}

// token adds t to the word at hand, or begins the next word with it.
func (f *flow) token(t token, first rune, wide bool) {
	g := glued
	switch {
	case f.space && t.text == "·" && len(f.word) > 0:
		// A separator stays with what it follows: no line begins with one.
		f.word = append(f.word, token{run: spaceBetween(f.word[len(f.word)-1].run, t.run), width: 1})
		f.wordW++
	case f.space:
		g = spaced
	case (wide || f.seam) && !f.opening && !isClosing(first):
		g = seam
	}
	if g != glued {
		f.place()
		f.before = g
	}
	f.space, f.seam, f.opening = false, false, false
	f.word = append(f.word, t)
	f.wordW += t.width
}

// place puts the word at hand on the line, or on the next.
func (f *flow) place() {
	if len(f.word) == 0 {
		return
	}
	space := 0
	if f.before == spaced && f.curW > 0 {
		space = 1
	}
	if f.curW > 0 && f.curW+space+f.wordW > f.width {
		f.end()
		space = 0
	}
	for i, t := range f.word {
		// Only a word of several tokens that is wider than a line ends one here.
		if i > 0 && f.curW > 0 && f.curW+t.width > f.width {
			f.end()
		}
		if i > 0 {
			space = 0
		}
		f.put(t, space)
	}
	f.word, f.wordW, f.before = f.word[:0], 0, glued
}

// put adds a token to the line after no space or one. What follows in its
// source on what stands last is drawn with it in one piece.
func (f *flow) put(t token, space int) {
	n := len(f.cur) - 1
	switch follows := n >= 0 && t.number == f.last.number && t.number > 0; {
	case follows && f.last.to+space == t.from && f.last.source[f.last.to:t.from] == "  "[:space]:
		t.from = f.last.from
		f.cur[n].text = t.source[t.from:t.to]
	case space > 0:
		f.cur = append(f.cur, spaceBetween(f.cur[n], t.run), t.run)
	default:
		f.cur = append(f.cur, t.run)
	}
	f.curW += space + t.width
	f.last = t
}

// spaceBetween is underlined or linked only inside one run.
func spaceBetween(a, b run) run {
	if a.style == b.style && a.address == b.address {
		return run{style: a.style, address: a.address, text: " "}
	}
	return run{text: " "}
}

func (f *flow) end() {
	if len(f.cur) == 0 {
		return
	}
	f.lines = append(f.lines, line{f.cur, f.curW})
	// What follows may share the array: lines never grow again.
	f.cur, f.curW, f.last = f.cur[len(f.cur):], 0, token{}
}

// textWidth is how many columns cleaned text takes. Most is ASCII, where that
// is its length.
func textWidth(s string) int {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return ansi.StringWidth(s)
		}
	}
	return len(s)
}

// truncate is cleaned text in at most so many columns. ansi.Truncate counts a digit apart
// from the signs that make an emoji of it, and leaves more.
func truncate(s string, columns int) string {
	if textWidth(s) <= columns {
		return s
	}
	left, end := columns-1, 0
	for end < len(s) {
		cluster, w := ansi.FirstGraphemeCluster(s[end:], ansi.GraphemeWidth)
		if w > left {
			break
		}
		left, end = left-w, end+len(cluster)
	}
	return s[:end] + "…"
}

// widthOf is how many columns runs take on one line.
func widthOf(runs []run) int {
	w := 0
	for _, r := range runs {
		w += textWidth(r.text)
	}
	return w
}

// longestWord is the width below which runs would have to be cut, at most
// limit.
func longestWord(runs []run, limit int) int {
	longest := 0
	for _, r := range runs {
		if r.keep {
			longest = max(longest, textWidth(r.text))
			continue
		}
		for word := range strings.FieldsSeq(r.text) {
			if first, wide := firstOf(word); wide || unicode.In(first, wideScripts...) {
				longest = max(longest, 4)
				continue
			}
			longest = max(longest, textWidth(word))
		}
	}
	return min(longest, limit)
}

func firstOf(s string) (first rune, wide bool) {
	first, _ = utf8.DecodeRuneInString(s)
	if first < utf8.RuneSelf {
		return first, false
	}
	_, w := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	return first, w > 1
}

var wideScripts = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul}

// isBlank tells spaces that part words; the no-break spaces do not.
func isBlank(c rune) bool {
	return c == ' ' || c > utf8.RuneSelf && unicode.IsSpace(c) && c != '\u00a0' && c != '\u202f' && c != '\u2007'
}

func isOpening(c rune) bool {
	return c >= utf8.RuneSelf && strings.ContainsRune("（［｛《〈「『【〔“‘", c) || c == '(' || c == '[' || c == '{'
}

func isClosing(c rune) bool {
	if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
		return false
	}
	return strings.ContainsRune(")]},.;:!?%）］｝》〉」』】〕”’，。、；：！？％…·ー々", c)
}

func isAddress(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
}
