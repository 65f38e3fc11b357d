package discord

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"silkwire/adapters/discord/standin"
	"silkwire/bot"
	"silkwire/bot/layout"
)

// checked draws every page of a reply and says what Discord would refuse of it.
func checked(tb testing.TB, r bot.Reply) (pages []outgoing) {
	tb.Helper()
	d := drawing{reply: r, asked: layout.Asked{Line: "/ask " + r.Lead.String()}, command: "ask", at: time.Unix(1_800_000_000, 0)}
	for page := range 30 {
		d.asked.Page = page
		m := d.draw()
		body, err := encode(callback{4, m})
		if err != nil {
			tb.Fatal(err)
		}
		if problems := standin.Check(http.MethodPost, "/interactions/1/t/callback", body); len(problems) > 0 {
			tb.Fatalf("page %d: %q\n%.3000s", page, problems, body)
		}
		pages = append(pages, m)
		if !strings.Contains(string(body), "more ▶") {
			break
		}
	}
	return pages
}

// hostile is a reply whose every text is s, as long as there is anything to draw.
func hostile(s string, n int) bot.Reply {
	r := bot.Reply{Title: bot.B(s), Lead: bot.T(s), Notice: bot.T(s)}
	l := bot.List{Title: bot.B(s), More: &bot.More{Count: 3, Line: "/facts " + s}}
	f := bot.Fields{Title: bot.B(s)}
	t := bot.Table{Title: bot.B(s), Columns: []bot.Column{{Name: s}, {Name: s}, {Name: s}}}
	q := bot.Quotes{Title: bot.B(s), AsOf: s, Source: bot.T(s)}
	var sources bot.Sources
	for i := range n {
		l.Items = append(l.Items, bot.Item{Mark: bot.Mark(i % 3), Text: bot.T(s), Detail: bot.Join(bot.Q(s), bot.C(s), bot.L(s, "https://example.org/"+s)), Line: "/fact " + s})
		f.Fields = append(f.Fields, bot.Field{Name: s, Value: bot.T(s)})
		t.Rows = append(t.Rows, []bot.Text{bot.T(s), bot.B(s), bot.C(s)})
		q.Rows = append(q.Rows, bot.QuoteRow{Symbol: s, Name: s, Price: "1", Currency: "USD", Change: "-1.5"})
		sources.Items = append(sources.Items, bot.SourceItem{Text: bot.T(s), Address: "https://example.org/" + s, Grade: s})
		r.Suggestions = append(r.Suggestions, bot.Action{Label: s, Line: "/ask " + s})
		r.Actions = append(r.Actions, bot.Action{Label: s, Choices: []bot.Choice{{Label: s, Value: "/ask " + s}}}, bot.Action{Label: s, Line: "/settings who ", Pick: bot.PickMembers})
		r.Ratings = append(r.Ratings, bot.Action{Label: s, Line: "/feedback wrong about:" + s})
	}
	r.Blocks = []bot.Block{bot.Paragraph{Title: bot.B(s), Text: bot.T(s)}, q, f, l, bot.Paragraph{Text: bot.Q(s)}, t, bot.Chart{Title: bot.B(s), Alt: s}, sources}
	r.Used.Facts = []bot.Use{{ID: s, Score: 1}}
	return r
}

// FuzzHostileReplies shows that whatever stands in a reply, Discord takes it.
func FuzzHostileReplies(f *testing.F) {
	for _, s := range []string{"a", "", " ", "\x00", "芯片管制", "🇨🇳🤖", strings.Repeat("a", 300), strings.Repeat("芯", 1500), strings.Repeat("🤖 ", 900), "@everyone <@1>", "```", "[a](b)", strings.Repeat("*_~", 200), "\u200b", "x\ny"} {
		f.Add(s, 3)
		f.Add(s, 40)
	}
	f.Fuzz(func(t *testing.T, s string, n int) {
		if len(s) > 8000 {
			return
		}
		const most = 20_000 // bytes: a worker that shares its core has ten seconds for it
		checked(t, hostile(s, min(max(n, 0), 60, most/max(len(s), 1))))
	})
}

// TestNothingIsLostBetweenPages shows that each fact is on one page, whole.
func TestNothingIsLostBetweenPages(t *testing.T) {
	for _, size := range []int{20, 200, 900} {
		l := bot.List{Title: bot.B("Facts")}
		for i := range 60 {
			l.Items = append(l.Items, bot.Item{Text: bot.T(fmt.Sprintf("<%d> %s.", i, strings.Repeat("word ", size/5)))})
		}
		count := map[int]int{}
		for _, m := range checked(t, bot.Reply{Lead: bot.T("Many."), Blocks: []bot.Block{l}}) {
			for _, e := range m.Embeds {
				for i := range 60 {
					count[i] += strings.Count(e.Description, fmt.Sprintf(`\<%d>`, i))
				}
			}
		}
		for i := range 60 {
			if count[i] != 1 {
				t.Errorf("with %d characters fact %d is there %d times", size, i, count[i])
			}
		}
	}
}

// TestWhatIsNotShownCarriesNothing shows that every id of a message can be read with
// the others of the message alone, where there was more to press than has room.
func TestWhatIsNotShownCarriesNothing(t *testing.T) {
	r := bot.Reply{Lead: bot.T("x"), Used: bot.Used{Facts: []bot.Use{{ID: "a"}}}}
	random := rand.New(rand.NewPCG(3, 4)) // letters that do not compress, the same in each run
	for n := range 9 {
		noise := make([]byte, 250)
		for i := range noise {
			noise[i] = byte('a' + random.IntN(26))
		}
		long := "/ask " + string(noise)
		r.Actions = append(r.Actions, bot.Action{Label: "x", Line: long}, bot.Action{Label: "y", Choices: []bot.Choice{{Label: "a", Value: "/lab a"}}})
		if n < 4 {
			r.Ratings = append(r.Ratings, bot.Action{Label: "z", Line: "/feedback wrong about:" + long})
		}
	}
	for _, line := range []string{"", "/lab kimi", "/ask " + strings.Repeat("long ", 40)} {
		m := drawing{reply: r, asked: layout.Asked{Line: line, Entities: []string{"kimi"}}, command: "ask"}.draw()
		body, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var sent message
		if err := json.Unmarshal(body, &sent); err != nil {
			t.Fatal(err)
		}
		ids := 0
		for _, c := range sent.Components {
			c.all(func(c component) {
				if c.ID == "" {
					return
				}
				ids++
				if _, _, err := stateOf(c.ID, sent.Components); err != nil {
					t.Errorf("%q cannot be read", c.ID)
				}
			})
		}
		if ids == 0 {
			t.Error("nothing can be pressed")
		}
	}
}

// TestColour shows what the bar at the side of an answer tells.
func TestColour(t *testing.T) {
	for name, c := range map[string]struct {
		reply bot.Reply
		want  int
	}{
		"helps": {bot.Reply{Bearing: bot.Helps}, colourFor}, "hurts": {bot.Reply{Bearing: bot.Hurts}, colourAgainst}, "both": {bot.Reply{Bearing: bot.BothWays}, colourMixed},
		"no ticker": {bot.Reply{}, colourPlain}, "no answer": {bot.Reply{Outcome: bot.Unknown, Bearing: bot.Helps}, colourNone},
	} {
		if got := (drawing{reply: c.reply}).colour(); got != c.want {
			t.Errorf("%s: %x, want %x", name, got, c.want)
		}
	}
}

// TestPlainText shows an answer where no embeds may be posted.
func TestPlainText(t *testing.T) {
	r := hostile("A sentence with *marks*.", 50)
	m := drawing{reply: r}.spoken()
	body, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if problems := standin.Check(http.MethodPost, "/channels/1/messages", body); len(problems) > 0 {
		t.Errorf("%q", problems)
	}
	if !strings.Contains(m.Content, `A sentence with \*marks\*.`) || !strings.Contains(m.Content, "more.") {
		t.Errorf("%s", m.Content)
	}
}

// FuzzInteraction shows that no bytes of an interaction break the reader.
func FuzzInteraction(f *testing.F) {
	f.Add([]byte(`{"id":"1","token":"t","type":2,"data":{"name":"ask","options":[{"name":"q","type":3,"value":"x"}]},"member":{"permissions":"32","user":{"id":"1"}}}`))
	f.Add([]byte(`{"id":"1","token":"t","type":3,"data":{"custom_id":"1a0.0=/lab"},"message":{"components":[{"components":[{"custom_id":"x"}]}]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		i, err := readInteraction(raw)
		if err != nil {
			return
		}
		path, options := i.Data.call()
		_, _, _ = i.Data.focused()
		_ = i.where()
		_ = i.nick()
		if len(path) == 0 || options == nil {
			t.Error("no path")
		}
		if slices.Contains(path, "\x00") {
			t.Skip()
		}
	})
}
