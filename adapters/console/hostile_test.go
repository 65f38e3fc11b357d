package console

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"silkwire/bot/bottest"
)

// FuzzHostileWire: what two hostile texts make of a reply, wherever they stand in it, is
// shown by a terminal as those texts: no sequence is written but Draw's own styles and
// links, each line ends what it began, and a link leads where it says.
func FuzzHostileWire(f *testing.F) {
	all := bottest.Hostile()
	for i, s := range all {
		f.Add(s, all[(i+1)%len(all)], uint8(i))
	}
	f.Fuzz(func(t *testing.T, one, two string, width uint8) {
		if len(one)+len(two) > bottest.Longest/2 {
			return
		}
		for _, look := range []Look{{Width: 80}, {Width: narrowest + int(width)%80, Press: true}, {Width: narrowest + int(width)%80, Color: true, Links: true, Press: true}} {
			var out strings.Builder
			if _, err := Draw(&out, bottest.Reply(one, two), look); err != nil {
				t.Fatal(err)
			}
			if wrong := misread(out.String(), look); len(wrong) > 0 {
				t.Fatalf("%.200q and %.200q at %+v: %.2000q", one, two, look, wrong)
			}
		}
	})
}

// sequence is a link's beginning or end, or a style.
var sequence = regexp.MustCompile("^\x1b(?:\\]8;;([!-~]*)(?:\x07|\x1b\\\\)|\\[([0-9;]*)m)")

// misread lists what a terminal makes of its bytes that Draw does not.
func misread(out string, look Look) (wrong []string) {
	address, style := "", ""
	links := map[string]string{} // what is seen of each, by address
	for line := range strings.SplitSeq(out, "\n") {
		seen := ""
		for rest := line; rest != ""; {
			if rest[0] != '\x1b' {
				end := max(strings.IndexByte(rest, '\x1b'), 0)
				if end == 0 {
					end = len(rest)
				}
				seen += rest[:end]
				if address != "" {
					links[address] += rest[:end]
				}
				rest = rest[end:]
				continue
			}
			m := sequence.FindStringSubmatch(rest)
			if m == nil || !look.Color && !look.Links {
				return append(wrong, fmt.Sprintf("%.40q in %q", rest, line))
			}
			if m[2] != "" || strings.HasSuffix(m[0], "m") {
				style = strings.TrimPrefix(m[2], "0")
			} else {
				address = m[1]
				if address != "" && links[address] != "" {
					links[address] += " " // another link to the same page
				}
			}
			rest = rest[len(m[0]):]
		}
		if s := bottest.Unseen(seen); s != "" {
			wrong = append(wrong, fmt.Sprintf("%q is not seen in %q", s, seen))
		}
		if address != "" || style != "" {
			wrong = append(wrong, fmt.Sprintf("%q ends with the style %q and a link to %q", line, style, address))
		}
		for a := range links {
			links[a] += " "
		}
	}
	for a, words := range links {
		if s := bottest.Misleads(words, a); s != "" {
			wrong = append(wrong, fmt.Sprintf("%q leads to %s: %s", words, a, s))
		}
	}
	return wrong
}
