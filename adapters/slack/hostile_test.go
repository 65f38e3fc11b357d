package slack_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"silkwire/adapters/slack"
	"silkwire/adapters/slack/standin"
	"silkwire/bot"
	"silkwire/bot/bottest"
)

// FuzzHostileWire: what two hostile texts make of a reply, wherever they stand in it, is
// read by Slack as those texts: it rings nobody, formats nothing, leads where it says
// and hides nothing. It keeps Slack's limits too.
func FuzzHostileWire(f *testing.F) {
	all := bottest.Hostile()
	for i, s := range all {
		f.Add(s, all[(i+1)%len(all)])
	}
	a := slack.New(house(f), slack.Options{Question: "ask", Now: func() time.Time { return noon }, Random: func() float64 { return 0 }})
	f.Fuzz(func(t *testing.T, one, two string) {
		if len(one)+len(two) > bottest.Longest {
			return
		}
		form := bot.Form{Filled: true, Given: map[string]string{"f": one, "w": two, "m": one + "," + two}, Fields: []bot.Option{
			{Name: "f", Summary: one, Kind: bot.FreeText}, {Name: "w", Summary: two, Kind: bot.Word, Complete: names}, {Name: "m", Kind: bot.Word, Many: true, Complete: names},
			{Name: "c", Kind: bot.Word, Choices: []bot.Choice{{Label: one, Value: "a"}, {Label: two, Value: two}}},
		}}
		bodies, err := a.Wire(bottest.Reply(one, two), "/ask "+one, form)
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range bodies {
			var v any
			if err := json.Unmarshal([]byte(body), &v); err != nil {
				t.Fatal(err)
			}
			wrong := misread(v, "")
			switch m, _ := v.(map[string]any); {
			case m["response_type"] != nil:
				wrong = append(wrong, standin.CheckMessage([]byte(body), standin.Both)...)
			case m["type"] == "modal", m["type"] == "home":
				wrong = append(wrong, standin.CheckView([]byte(body))...)
			}
			if len(wrong) > 0 {
				t.Fatalf("%.200q and %.200q: %.2000q in %.2000s", one, two, wrong, body)
			}
		}
	})
}

// carried are fields that nobody reads: what comes back when something is pressed.
var carried = []string{"value", "block_id", "action_id", "callback_id", "private_metadata", "initial_value"}

// misread lists what Slack makes of the texts of a payload that silkwire does not.
func misread(v any, field string) (wrong []string) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			wrong = append(wrong, misread(x, field)...)
		}
	case map[string]any:
		kind, _ := v["type"].(string)
		text, _ := v["text"].(string)
		if kind == "mrkdwn" {
			wrong = append(wrong, marks(text)...)
			if v["verbatim"] != true {
				wrong = append(wrong, "Slack looks for names in "+text)
			}
		} else if kind == "" && v["label"] == nil { // a message's own text
			wrong = append(wrong, marks(text)...)
		}
		if slices.Contains([]string{"broadcast", "user", "usergroup", "channel", "link", "emoji", "date", "markdown", "rich_text_quote", "rich_text_preformatted", "rich_text_list"}, kind) || v["url"] != nil {
			wrong = append(wrong, "an element "+kind)
		}
		for name, x := range v {
			wrong = append(wrong, misread(x, name)...)
		}
	case string:
		if slices.Contains(carried, field) {
			return nil
		}
		if s := bottest.Unseen(v); s != "" {
			wrong = append(wrong, fmt.Sprintf("%q is not seen in %.300q", s, v))
		}
		if field == "text" && mention.MatchString(v) || field != "text" && strings.Contains(v, "<!") {
			wrong = append(wrong, "a mention in "+v)
		}
	}
	return wrong
}

// What of Slack's markup silkwire writes itself: links, moments, the name of a button.
var (
	mention  = regexp.MustCompile(`<(?:[@#]|!(?:channel|here|everyone|subteam))`)
	linked   = regexp.MustCompile(`^<(https?://[^<>|\s]+)\|([^<>|]*)>`)
	moment   = regexp.MustCompile(`^<!date\^\d+\^\{date_short_pretty\} at \{time\}\|([^<>|^]*)>`)
	entity   = regexp.MustCompile(`^&(?:amp|lt|gt);`)
	unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
)

// marks lists what a text in mrkdwn does that silkwire does not: each line may have bold
// and code from its beginning to its end, links and moments.
func marks(text string) (wrong []string) {
	for line := range strings.SplitSeq(strings.ReplaceAll(text, " more under _Sources_", ""), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "&gt;") {
			wrong = append(wrong, "a quotation: "+line)
		}
		bold := false
		for rest := line; rest != ""; {
			n := 1
			switch rest[0] {
			case '<':
				l, m := linked.FindStringSubmatch(rest), moment.FindString(rest)
				if l != nil {
					n = len(l[0])
					if s := bottest.Misleads(unescape.Replace(l[2]), unescape.Replace(l[1])); s != "" {
						wrong = append(wrong, l[0]+": "+s)
					}
					wrong = append(wrong, marks(l[2])...)
				} else if n = len(m); n == 0 {
					return append(wrong, "a live < in "+line)
				}
			case '&':
				if n = len(entity.FindString(rest)); n == 0 {
					return append(wrong, "a bare & in "+line)
				}
			case '`':
				end := strings.IndexByte(rest[1:], '`')
				if end < 1 || strings.ContainsAny(rest[1:end+1], "<>") {
					return append(wrong, "open code in "+line)
				}
				n = end + 2
			case '*':
				bold = !bold
			case '>', '~':
				return append(wrong, "a live "+rest[:1]+" in "+line)
			case '_':
				if i := len(line) - len(rest); i == 0 || len(rest) == 1 || !word(line[i-1]) || !word(rest[1]) {
					return append(wrong, "a live _ in "+line)
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

func word(b byte) bool { return b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' }
