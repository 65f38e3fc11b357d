package slack

import (
	"testing"

	"silkwire/bot"
)

// TestEmoji: the short name of an emoji is shown as it was written, and what only looks
// like one stays as it is.
func TestEmoji(t *testing.T) {
	for in, want := range map[string]string{
		":tada: done": "∶tada: done", "a:100:b": "a∶100:b", ":+1::skin-tone-2:": "∶+1:∶skin-tone-2:", ":a:b:": "∶a∶b:", ":木:": "∶木:", "::a::": ":∶a::",
		"10:30:45": "10:30:45", "slack:T1:U1": "slack:T1:U1", "Note: this: that": "Note: this: that", "a::b": "a::b", ":tada": ":tada", ":": ":", "": "",
	} {
		if got := mrkdwn(bot.T(in)); got != want {
			t.Errorf("%q is written %q, want %q", in, got, want)
		}
		if got := plain(in); got != want {
			t.Errorf("%q is the plain text %q, want %q", in, got, want)
		}
	}
	link := bot.Text{{Kind: bot.Link, Text: ":tada:", Target: "https://example.org/:tada:"}}
	if got, want := mrkdwn(bot.Join(bot.C("/lab :tada:"), link)), "`/lab :tada:`<https://example.org/:tada:|∶tada:>"; got != want {
		t.Errorf("a command line and a link are written %q, want %q", got, want)
	}
}
