package commands

import (
	"context"
	"fmt"
	"strconv"

	"silkwire/bot"
	"silkwire/knowledge"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Sources lists what the facts are drawn from.
func Sources(k Knowledge) bot.Command {
	return bot.Command{
		Name: "sources", Summary: "What the facts are drawn from, and how good it is",
		Examples: []string{"/sources"},
		Handle: func(context.Context, bot.Request) (bot.Reply, error) {
			return sourcesReply(k.Snapshot()), nil
		},
	}
}

func sourcesReply(s *knowledge.Snapshot) bot.Reply {
	reply := bot.Reply{Title: bot.B("Sources")}
	facts := map[string]int{}
	sections := map[string]map[int]int{}
	for _, f := range s.Contents.Facts {
		seen := map[string]bool{}
		for _, src := range f.Sources {
			if src.Document == "" || seen[src.Document] {
				continue
			}
			seen[src.Document] = true
			facts[src.Document]++
			if sections[src.Document] == nil {
				sections[src.Document] = map[int]int{}
			}
			if src.Section != nil {
				sections[src.Document][*src.Section]++
			}
		}
	}
	reply.Lead = bot.T(plural(len(s.Contents.Facts), "fact", "facts") + " from " + plural(len(s.Contents.Documents), "document", "documents") + ".")
	for _, d := range s.Contents.Documents {
		fields := []bot.Field{{Name: "Grade", Value: bot.T(string(d.Grade) + ": " + gradeMeans[d.Grade])}}
		if d.Author != "" {
			fields = append(fields, bot.Field{Name: "Whose", Value: bot.T(d.Author)})
		}
		date := "not given"
		if !d.Date.IsZero() {
			date = d.Date.Words()
		}
		fields = append(fields, bot.Field{Name: "Date", Value: bot.T(date)},
			bot.Field{Name: "Cited as", Value: bot.C(d.ID)},
			bot.Field{Name: "Facts", Value: bot.T(itoa(facts[d.ID]))})
		reply.Blocks = append(reply.Blocks, bot.Fields{Title: bot.B(d.Title), Fields: fields})
		if len(d.Sections) > 0 {
			t := bot.Table{Columns: []bot.Column{{Name: "§", Right: true}, {Name: "Section"}, {Name: "Facts", Right: true}}}
			for i, heading := range d.Sections {
				t.Rows = append(t.Rows, []bot.Text{bot.T(fmt.Sprint(i)), bot.T(heading), bot.T(itoa(sections[d.ID][i]))})
			}
			reply.Blocks = append(reply.Blocks, t)
		}
	}
	return reply
}

var gradeMeans = map[knowledge.Grade]string{
	knowledge.Primary:   "rule text, filing, model card, or the company itself",
	knowledge.Expert:    "a law firm, think tank, academic or named analysis",
	knowledge.Press:     "named press",
	knowledge.Secondary: "a copy or digest of somebody else's report",
}
