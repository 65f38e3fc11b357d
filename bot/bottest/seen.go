package bottest

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// unseen are characters that nobody sees and that change how text reads, or how it is
// read by a machine. They are written out here so that a slip in bot.Clean is found.
var unseen = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x00, 0x09, 1}, {0x0b, 0x1f, 1}, {0x7f, 0x9f, 1}, {0xad, 0xad, 1}, {0x34f, 0x34f, 1}, {0x61c, 0x61c, 1}, {0x115f, 0x1160, 1}, {0x17b4, 0x17b5, 1}, {0x180e, 0x180e, 1},
		{0x200b, 0x200c, 1}, {0x200e, 0x200f, 1}, {0x2028, 0x202e, 1}, {0x2060, 0x206f, 1}, {0x2800, 0x2800, 1}, {0x3164, 0x3164, 1}, {0xfeff, 0xfeff, 1}, {0xffa0, 0xffa0, 1}, {0xfff0, 0xfffb, 1},
	},
	R32: []unicode.Range32{{0x1bca0, 0x1bca3, 1}, {0x1d173, 0x1d17a, 1}, {0xe0000, 0xe0fff, 1}},
}

// mostMarks is how many marks may stand on one letter.
const mostMarks = 4

// Unseen is what of a text that goes out must not be in it: controls but for the line
// feed, what is invisible, joiners and variation selectors in a row, and marks beyond the
// fourth on one letter. It is empty for a text that may go out.
func Unseen(s string) string {
	var wrong strings.Builder
	marks, joined := 0, false
	for _, r := range s {
		selects := unicode.Is(unicode.Variation_Selector, r)
		joins := r == '\u200d' || selects && r >= 0xfe00
		switch {
		case unicode.Is(unseen, r), joins && joined && r != '\u200d':
			wrong.WriteRune(r)
		case unicode.In(r, unicode.Mn, unicode.Me) && !selects:
			if marks++; marks > mostMarks {
				wrong.WriteRune(r)
			}
		case !unicode.Is(unicode.M, r) && r != '\u200d':
			marks = 0
		}
		joined = joins
	}
	return wrong.String()
}

// sites are names of sites as people read them: behind a scheme or "www.", before a
// path, or alone.
var sites = regexp.MustCompile(`(?i)(?:https?:/+|www\.)((?:[^\s/@]*@)?[\pL\pN_.-]+)|((?:[\pL\pN_-]+\.)+[a-z]{2,})/\S|^\s*((?:[\pL\pN_-]+\.)+[a-z]{2,})\s*$`)

// alike are characters that look like a sign of an address, and stops are those that do
// between two letters of a site's name and else end a Chinese sentence.
var (
	alike = strings.NewReplacer("．", ".", "․", ".", "：", ":", "／", "/", "⁄", "/", "∕", "/")
	stops = regexp.MustCompile(`(\w)[。｡]\b`)
)

// names are what looks like the name of a site among other words, and paths what stands
// behind one.
var (
	names = regexp.MustCompile(`(?i)(?:[\pL\pN_-]+\.)+[a-z]{2,}`)
	paths = regexp.MustCompile(`(?i)(?:https?:/+|www\.|(?:[\pL\pN_-]+\.)+[a-z]{2,}/)[!-~]+`)
)

// Misleads tells what is wrong with a link: its address is none of http or https or has a
// name before its site, its words name another site and do not begin with its own, or in
// letters that can be mistaken for others. It is empty for an honest link.
func Misleads(words, address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return err.Error()
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "it leads to no page"
	case u.User != nil:
		return "a name stands before its site"
	}
	bare := func(host string) string {
		return strings.TrimPrefix(strings.Trim(strings.ToLower(host), ". "), "www.")
	}
	site := bare(u.Hostname())
	wrong := func(named string) bool {
		return named != site && (!strings.Contains(named, "xn--") || ascii(site)) || !ascii(named)
	}
	seen := stops.ReplaceAllString(alike.Replace(words), "$1.")
	if !wrong(bare(strings.TrimSpace(seen))) {
		return ""
	}
	for _, m := range sites.FindAllStringSubmatch(seen, -1) {
		if named := bare(m[1] + m[2] + m[3]); wrong(named) {
			return "its words name " + named
		}
	}
	if begins, _, found := strings.Cut(seen, ": "); found && !wrong(bare(begins)) {
		return ""
	}
	for _, name := range names.FindAllString(paths.ReplaceAllString(seen, " "), -1) {
		if wrong(bare(name)) {
			return "its words name " + name + " too"
		}
	}
	return ""
}

func ascii(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 }) }
