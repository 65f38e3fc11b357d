package discord

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"silkwire/adapters/discord/standin"
	"silkwire/bot"
	"silkwire/bot/bottest"
	"silkwire/bot/layout"
)

// FuzzHostileWire: what two hostile texts make of a reply, wherever they stand in it, is
// read by Discord as those texts: it rings nobody, formats nothing, leads where it says
// and hides nothing. It keeps Discord's limits too.
func FuzzHostileWire(f *testing.F) {
	all := bottest.Hostile()
	for i, s := range all {
		f.Add(s, all[(i+1)%len(all)])
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		if len(one)+len(two) > bottest.Longest {
			return
		}
		for _, payload := range payloads(bottest.Reply(one, two), one, two) {
			body, err := encode(payload)
			if err != nil {
				t.Fatal(err)
			}
			var v any
			if err := json.Unmarshal(body, &v); err != nil {
				t.Fatal(err)
			}
			wrong := misread(v, "")
			if _, is := payload.(callback); is {
				wrong = append(wrong, standin.Check(http.MethodPost, "/interactions/1/t/callback", body)...)
			}
			if len(wrong) > 0 {
				t.Fatalf("%.200q and %.200q: %.2000q in %.2000s", one, two, wrong, body)
			}
		}
	})
}

// payloads are all that Discord can be sent of a reply: its first pages, the picture, the
// words alone, a post of a forum, a window, what a look-up finds.
func payloads(r bot.Reply, one, two string) []any {
	d := drawing{reply: r, asked: layout.Asked{Line: "/ask " + one}, command: "ask", at: time.Unix(1_800_000_000, 0)}
	var all []any
	for range 5 {
		m := d.draw()
		all = append(all, callback{4, m})
		d.asked.Page++
	}
	untitled := drawing{reply: r, asked: layout.Asked{Line: "/ask " + two}, command: "ask", public: true}
	untitled.reply.Title = nil
	p := picture{message: untitled.draw}
	p.chart, _ = layout.ChartOf(r)
	c := &carrier{}
	w := window{Title: labelled(one, "silkwire", maxModalTitle), Components: []label{
		c.field(bot.Option{Name: "a", Summary: one, Kind: bot.FreeText}, two),
		c.field(bot.Option{Name: "b", Summary: two, Choices: []bot.Choice{{Label: one, Value: two}, {Label: two, Value: one}}}, one),
	}}
	return append(all, d.spoken(), untitled.draw(), p.with(), postOf(r.Title.String(), nil, untitled.draw()), w, outgoing{Content: noShare(r)},
		found{asFound(bot.Completion{Choices: []bot.Choice{{Label: one, Value: "x"}, {Label: two, Value: two}}}, "")})
}

// carried are fields that nobody reads: what comes back when something is pressed.
var carried = []string{"custom_id", "nonce", "filename", "id"}

// marked are the fields in which Discord reads markup, and messages the keys of a message.
var marked = []string{"content", "title", "description", "value", "field"}

// misread lists what Discord makes of the texts of a payload that silkwire does not.
func misread(v any, field string) (wrong []string) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			wrong = append(wrong, misread(x, field)...)
		}
	case map[string]any:
		_, embeds := v["embeds"]
		_, content := v["content"]
		if silent := map[string]any{"parse": []any{}}; (embeds || content) && !reflect.DeepEqual(v["allowed_mentions"], silent) {
			wrong = append(wrong, fmt.Sprintf("it allows the mentions %v", v["allowed_mentions"]))
		}
		_, pressed := v["custom_id"]
		for name, x := range v {
			switch {
			case field == "fields" && name == "name":
				name = "field"
			case field == "options" || field == "choices" || pressed || field == "component" || field == "attachments" || v["components"] != nil && name == "title" || v["component"] != nil:
				if name == "value" {
					continue
				}
				if slices.Contains(marked, name) {
					name = "plain " + name
				}
			case name == "url" && x != "attachment://"+pictureName:
				wrong = append(wrong, fmt.Sprint("a link to ", x))
			}
			wrong = append(wrong, misread(x, name)...)
		}
	case string:
		if slices.Contains(carried, field) {
			return nil
		}
		wrong = unsafe(v, field)
		if slices.Contains(marked, field) {
			wrong = append(wrong, formats(v)...)
		}
	}
	return wrong
}

// broken are the zero-width blanks that silkwire writes itself: they break a mention, or
// are all of a name that may not be empty.
var broken = strings.NewReplacer("@\u200b", "@ ", "<\u200b", "< ")

// unsafe lists what may stand in no text, read as markup or not.
func unsafe(s, field string) (wrong []string) {
	if seen := bottest.Unseen(broken.Replace(s)); seen != "" && s != "\u200b" {
		wrong = append(wrong, fmt.Sprintf("%q is not seen in %.300q of %s", seen, s, field))
	}
	for _, m := range []string{"@everyone", "@here"} {
		if strings.Contains(s, m) {
			wrong = append(wrong, m+" in "+s)
		}
	}
	return wrong
}

// What of Discord's markup silkwire writes itself, and what formats a line by its
// beginning.
var (
	linked    = regexp.MustCompile(`^\[((?:[^\[\]\\]|\\.)*)\]\((https?://[^\s()<>\\]+)\)`)
	moment    = regexp.MustCompile(`^<t:-?\d+:R>`)
	beginning = regexp.MustCompile(`^\s*(?:#{1,3}\s|>>> |> |[-*] |\d+\. |-# )`)
	unescape  = regexp.MustCompile(`\\(.)`)
	emoji     = regexp.MustCompile(`^:[^\s:\\]+:`)
)

// formats lists what a text does in Discord's markup that silkwire does not: each line may
// have bold and code from its beginning to its end, links and moments, and be small.
func formats(text string) (wrong []string) {
	for line := range strings.SplitSeq(strings.ReplaceAll(text, " more under *Sources*", ""), "\n") {
		line = strings.TrimPrefix(line, "-# ")
		if beginning.MatchString(line) {
			wrong = append(wrong, "a line that begins with a mark: "+line)
		}
		bold := false
		for rest := line; rest != ""; {
			n := 1
			switch rest[0] {
			case '\\':
				if n = 2; len(rest) < n || rest[1] < 0x80 && !strings.ContainsRune("\\*_`~|<>[]:/#-+.@", rune(rest[1])) {
					return append(wrong, "a loose \\ in "+line)
				}
			case '[':
				l := linked.FindStringSubmatch(rest)
				if l == nil {
					return append(wrong, "a live [ in "+line)
				}
				n = len(l[0])
				if s := bottest.Misleads(unescape.ReplaceAllString(l[1], "$1"), l[2]); s != "" {
					wrong = append(wrong, l[0]+": "+s)
				}
			case '<':
				if n = len(moment.FindString(rest)); n == 0 {
					return append(wrong, "a live < in "+line)
				}
			case '`':
				end := strings.IndexByte(rest[1:], '`')
				if end < 1 || strings.HasPrefix(rest[end+2:], "`") {
					return append(wrong, "open code in "+line)
				}
				n = end + 2
			case '*':
				if n = 2; !strings.HasPrefix(rest, "**") {
					return append(wrong, "a live * in "+line)
				}
				bold = !bold
			case '_', '~', '|', ']':
				return append(wrong, "a live "+rest[:1]+" in "+line)
			case ':':
				if strings.HasPrefix(rest, "://") {
					return append(wrong, "a live address in "+line)
				}
				if emoji.MatchString(rest) {
					return append(wrong, "a live emoji in "+line)
				}
			}
			rest = rest[n:]
		}
		if bold {
			wrong = append(wrong, "open bold in "+line)
		}
	}
	return wrong
}
