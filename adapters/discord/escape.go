package discord

import (
	"strconv"
	"strings"
	"time"

	"silkwire/bot"
	"silkwire/bot/layout"
)

// escaper makes text safe in Discord's Markdown
// (https://support.discord.com/hc/en-us/articles/210298617): its marks get a
// backslash, which is not shown; so do mentions, masked links and addresses, wherever
// a text is cut. A ping is forbidden by allowed_mentions, but @everyone would still be
// coloured like one, so a zero-width blank breaks it.
var escaper = strings.NewReplacer(
	`\`, `\\`, `*`, `\*`, `_`, `\_`, "`", "\\`", `~`, `\~`, `|`, `\|`, `<`, `\<`, `[`, `\[`, `]`, `\]`,
	"://", `\://`, ":/", `\:/`, "//", `/\/`, "@e", "@\u200be", "@h", "@\u200bh",
)

// codeEscaper is for text between backticks, where only those end it.
var codeEscaper = strings.NewReplacer("`", "ˋ", "@e", "@\u200be", "@h", "@\u200bh")

// linkEscaper is for the address of a masked link.
var linkEscaper = strings.NewReplacer("(", "%28", ")", "%29", " ", "%20", "<", "%3C", ">", "%3E", `\`, "%5C", "`", "%60", "@", "%40")

// markup is Discord's.
type markup struct{}

// Span writes a span in Markdown.
func (markup) Span(b *strings.Builder, s bot.Span) {
	text := bot.Clean(s.Text)
	switch s.Kind {
	case bot.Bold:
		b.WriteString(layout.Around("**", escape(text)))
	case bot.Code:
		code(b, text)
	case bot.Link:
		if address := link(s.Target); address != "" && strings.TrimSpace(text) != "" {
			b.WriteString("[" + inline(text) + "](" + address + ")")
			return
		}
		b.WriteString(escape(text))
	case bot.Moment:
		b.WriteString(relative(s.Time))
	default:
		b.WriteString(escape(text))
	}
}

// Heading stands out whatever its spans are.
func (markup) Heading(text string) string {
	return layout.Around("**", layout.ShortenWritten(strings.TrimSpace(bot.Clean(text)), maxTitle, escape))
}

// markdown is text in Discord's markup.
func markdown(t bot.Text) string { return layout.Write(markup{}, t) }

// escape is plain text as Markdown that shows it. What marks a line only at its
// beginning is escaped there, and an @ at the end, which another text may follow.
func escape(s string) string {
	s = inline(s)
	if strings.HasSuffix(s, "@") {
		s += "\u200b"
	}
	i := len(s) - len(strings.TrimLeft(s, " "))
	if i == len(s) {
		return s
	}
	switch {
	case strings.ContainsRune("#>-+", rune(s[i])) && !strings.HasPrefix(s[i:], "+ "), beginsList(s[i:]):
		return s[:i] + `\` + s[i:]
	case s[i] >= '0' && s[i] <= '9': // "1. " begins a list
		j := i
		for j < len(s) && s[j] >= '0' && s[j] <= '9' {
			j++
		}
		if beginsList(s[j:]) {
			return s[:j] + `\` + s[j:]
		}
	}
	return s
}

// inline is text that begins no line, as Markdown that shows it. A colon gets a backslash
// where it may begin the short name of an emoji, which another text may end.
func inline(s string) string {
	s = escaper.Replace(s)
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == ':' && beginsEmoji(s[i+1:]):
			s = s[:i] + `\` + s[i:]
			i++
		}
	}
	return s
}

// beginsEmoji tells whether what follows a colon may be a name up to a second one.
func beginsEmoji(s string) bool {
	end := strings.IndexAny(s, ": ")
	return end < 0 || end > 0 && s[end] == ':'
}

// beginsList tells whether a number before s would be that of an item.
func beginsList(s string) bool { return s == "." || strings.HasPrefix(s, ". ") }

// code is text that is copied as it is.
func code(b *strings.Builder, text string) {
	text = strings.TrimSpace(codeEscaper.Replace(renamed(text)))
	if text != "" {
		b.WriteString("`" + text + "`")
	}
}

// renamed is a command line with the name that it has in Discord, where a command
// that has subcommands cannot be called itself.
func renamed(line string) string {
	if strings.TrimSpace(line) == "/settings" {
		return "/settings " + ownName
	}
	return line
}

// maxAddress is how long a link may be before its text stands alone: three of them
// share a field.
const maxAddress = 240

// link is an address as it stands in a masked link, or empty for what is none.
func link(address string) string {
	s := linkEscaper.Replace(layout.Address(address))
	if layout.Length(s) > maxAddress {
		return ""
	}
	return s
}

// relative is a moment as it stands to the reader's now, with the time in their own
// zone under the pointer:
// https://docs.discord.com/developers/reference#message-formatting-timestamp-styles
func relative(t time.Time) string { return "<t:" + strconv.FormatInt(t.Unix(), 10) + ":R>" }

// inPlain breaks what some clients make a mention of, where no markup is read: on
// buttons, in menus, in titles of windows.
var inPlain = strings.NewReplacer("@everyone", "@\u200beveryone", "@here", "@\u200bhere", "<@", "<\u200b@\u200b", "<#", "<\u200b#")

// plain is text where no markup is read.
func plain(s string) string { return inPlain.Replace(strings.TrimSpace(bot.Clean(s))) }
