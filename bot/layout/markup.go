package layout

import (
	"net/url"
	"strings"
	"unicode"

	"silkwire/bot"
)

// Markup is how a platform writes text.
type Markup interface {
	// Span writes a span so that nothing in its text is read as markup.
	Span(b *strings.Builder, s bot.Span)
	// Heading is a short text that stands out, or empty for none.
	Heading(text string) string
}

// Write is text in a platform's markup.
func Write(m Markup, t bot.Text) string {
	var b strings.Builder
	for _, s := range t {
		m.Span(&b, s)
	}
	return b.String()
}

// Around is the text with a mark on both sides, inside its blanks: with a blank beside
// it a mark is shown as it is. Blanks only get none.
func Around(mark, text string) string {
	core := strings.TrimSpace(text)
	if core == "" {
		return text
	}
	i := strings.Index(text, core)
	return text[:i] + mark + core + mark + text[i+len(core):]
}

// Address is an http or https address as a link has it, or empty for what is none. One
// with somebody's name before its site is none: the name is read as the site. Neither is
// one with what bot.Clean takes out, or with a sign in its site that no site has.
func Address(s string) string {
	s = strings.TrimSpace(s)
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || !isSite(u.Hostname()) || bot.Clean(s) != s {
		return ""
	}
	return u.String()
}

// isSite tells whether a host is a name or a number.
func isSite(host string) bool {
	return host != "" && !strings.ContainsFunc(host, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.N, unicode.M) && !strings.ContainsRune("-._:", r)
	})
}
