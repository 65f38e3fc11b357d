package slack

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"silkwire/bot"
	"silkwire/bot/layout"
)

// escaper makes text safe inside mrkdwn: the three characters that Slack asks to
// be escaped, so that no mention, channel or special command survives
// (https://docs.slack.dev/messaging/formatting-message-text#escaping), and the
// marks of formatting, for which Slack has no escape, as characters that look
// like them.
var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", "∗", "`", "ˋ", "~", "∼")

// codeEscaper is for text between backticks, where only those end it.
var codeEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "`", "ˋ")

// The same for the other places that text stands in.
var (
	inLink    = strings.NewReplacer("&", "&amp;", "<", "%3C", ">", "%3E", "|", "%7C", " ", "%20")
	inDate    = strings.NewReplacer("^", " ", "|", " ")
	inPlain   = strings.NewReplacer("<!", "‹!", "<@", "‹@", "<#", "‹#")
	unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
)

// markup is Slack's.
type markup struct{}

// Heading stands out whatever its spans are.
func (markup) Heading(text string) string { return heading(text) }

func heading(text string) string {
	return layout.Around("*", layout.ShortenWritten(strings.TrimSpace(bot.Clean(text)), maxHeader, escape))
}

// mrkdwn is text in Slack's markup.
func mrkdwn(t bot.Text) string { return layout.Write(markup{}, t) }

// Span writes a span in mrkdwn.
func (markup) Span(b *strings.Builder, s bot.Span) {
	text := bot.Clean(s.Text)
	switch s.Kind {
	case bot.Bold:
		b.WriteString(layout.Around("*", escape(text)))
	case bot.Code:
		b.WriteString(layout.Around("`", codeEscaper.Replace(renamed(text))))
	case bot.Link:
		if address := link(s.Target); address != "" && strings.TrimSpace(text) != "" {
			b.WriteString("<" + address + "|" + strings.ReplaceAll(escape(text), "|", "¦") + ">")
			return
		}
		b.WriteString(escape(text))
	case bot.Moment:
		b.WriteString(date(s.Time, text))
	default:
		b.WriteString(escape(text))
	}
}

// escape is plain text as mrkdwn that shows it. A line that begins with > is a quotation
// even where that is escaped.
func escape(s string) string {
	s = renamed(s)
	if rest := strings.TrimLeft(s, " "); strings.HasPrefix(rest, ">") {
		s = s[:len(s)-len(rest)] + "›" + rest[1:]
	}
	return escaper.Replace(underscored(withoutEmoji(s)))
}

// withoutEmoji is text in which no short name is shown as its emoji, of whatever kind the
// text is. Slack has no escape for it, so the first colon becomes a character that looks
// like one.
func withoutEmoji(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] == ':' && beginsEmoji(s[i+1:]) {
			s = s[:i] + "∶" + s[i+1:]
		}
	}
	return s
}

// beginsEmoji tells whether what follows a colon is a name of an emoji and its second
// colon. Two digits between colons are a time's minutes.
func beginsEmoji(s string) bool {
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == ':':
			return i > 0 && (i != 2 || digits != 2)
		case c >= '0' && c <= '9':
			digits++
		case c < 'a' && !strings.ContainsRune("_-+'", rune(c)), c > 'z' && c < utf8.RuneSelf:
			return false
		}
	}
	return false
}

// underscored is text whose underscores format nothing: those inside a word stay, the
// others become characters that look like them.
func underscored(s string) string {
	if !strings.Contains(s, "_") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if s[i] == '_' && (i == 0 || i == len(s)-1 || !wordly(s[i-1]) || !wordly(s[i+1])) {
			b.WriteString("＿")
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func wordly(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }

// maxAddress is how long a link may be before its text stands alone: three of them
// share a line.
const maxAddress = 600

// link is an address as it stands in a mrkdwn link, or empty for what is none.
func link(address string) string {
	s := inLink.Replace(layout.Address(address))
	if len(s) > maxAddress {
		return ""
	}
	return s
}

// date is a moment in the reader's own zone:
// https://docs.slack.dev/messaging/formatting-message-text#date-formatting
func date(t time.Time, fallback string) string {
	if fallback == "" {
		fallback = t.UTC().Format("2 January 2006, 15:04 UTC")
	}
	fallback = inDate.Replace(escape(fallback))
	return "<!date^" + strconv.FormatInt(t.Unix(), 10) + "^{date_short_pretty} at {time}|" + fallback + ">"
}

// plain is text for a plain_text object or a label. Slack parses no markup
// there but the short names of emoji; what looks like a mention is broken all the
// same, because some clients and bridges copy it elsewhere.
func plain(s string) string {
	return inPlain.Replace(withoutEmoji(renamed(bot.Clean(s))))
}

// unescape is what somebody typed, from what Slack delivers of it.
func unescape(s string) string {
	return unescaper.Replace(s)
}
