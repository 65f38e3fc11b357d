package commands

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

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
	drawn := drawnFrom(s)
	lead := plural(s.CountFacts(), "fact", "facts") + " from " + plural(len(s.Documents()), "document", "documents")
	others := addresses(s)
	if len(others) > 0 {
		lead += " and " + plural(len(others), "other source", "other sources")
	}
	reply.Lead = bot.T(lead + ".")
	for _, d := range s.Documents() {
		reply.Blocks = append(reply.Blocks, documentBlocks(d, drawn[d.ID])...)
	}
	if len(others) > 0 {
		t := bot.Table{Title: bot.B("Other sources"), Columns: []bot.Column{{Name: "Source"}, {Name: "Grade"}, {Name: "Facts", Right: true}}}
		for _, src := range others {
			name := strings.Join(slices.DeleteFunc([]string{src.Title, src.Publisher, src.Date.Words()}, func(s string) bool { return s == "" }), ", ")
			text := bot.T(cmp.Or(name, src.URL))
			if src.URL != "" && !src.General {
				text = bot.L(cmp.Or(name, src.URL), src.URL)
			}
			t.Rows = append(t.Rows, []bot.Text{text, bot.T(string(src.Grade)), bot.T(itoa(drawn[origin(src)].facts))})
		}
		reply.Blocks = append(reply.Blocks, t)
	}
	if givers := priceGivers(s); len(givers.Items) > 0 {
		reply.Blocks = append(reply.Blocks, givers)
	}
	return reply
}

// priceGivers lists who gave the last known prices, where that is no document.
func priceGivers(s *knowledge.Snapshot) bot.List {
	var quotes []knowledge.Quote
	count := map[string]int{}
	for _, q := range s.Quotes() {
		if s.Document(q.Source) != nil {
			continue
		}
		if count[q.Source]++; count[q.Source] == 1 {
			quotes = append(quotes, q)
		}
	}
	list := bot.List{Title: bot.B("Prices")}
	for _, q := range quotes {
		list.Items = append(list.Items, bot.Item{Text: bot.Join(giver(s, q), bot.T(": "+plural(count[q.Source], "price", "prices")))})
	}
	return list
}

// usage counts what is drawn from one source.
type usage struct {
	facts, prices int
	sections      map[int]int // facts by section
}

func drawnFrom(s *knowledge.Snapshot) map[string]*usage {
	drawn := map[string]*usage{}
	of := func(key string) *usage {
		if drawn[key] == nil {
			drawn[key] = &usage{sections: map[int]int{}}
		}
		return drawn[key]
	}
	for _, d := range s.Documents() {
		of(d.ID)
	}
	for _, f := range s.Facts() {
		var seen []string
		var places []place
		for _, src := range f.Sources {
			key := origin(src)
			if !slices.Contains(seen, key) {
				seen = append(seen, key)
				of(key).facts++
			}
			if src.Section == nil {
				continue
			}
			if p := (place{section: *src.Section}); !slices.Contains(places, p) {
				places = append(places, p)
				of(key).sections[p.section]++
			}
		}
	}
	for _, q := range s.Quotes() {
		if s.Document(q.Source) != nil {
			of(q.Source).prices++
		}
	}
	return drawn
}

// addresses lists the sources that are no document of ours.
func addresses(s *knowledge.Snapshot) []knowledge.Source {
	var out []knowledge.Source
	seen := map[string]bool{}
	for _, f := range s.Facts() {
		for _, src := range f.Sources {
			if src.Document == "" && !seen[origin(src)] {
				seen[origin(src)] = true
				out = append(out, src)
			}
		}
	}
	return out
}

func documentBlocks(d knowledge.Document, u *usage) []bot.Block {
	fields := []bot.Field{{Name: "Grade", Value: bot.T(string(d.Grade) + ": " + gradeMeans[d.Grade])}}
	if d.Publisher != "" {
		fields = append(fields, bot.Field{Name: "Publisher", Value: bot.T(d.Publisher)})
	}
	if d.Author != "" {
		fields = append(fields, bot.Field{Name: "Whose", Value: bot.T(d.Author)})
	}
	if d.URL != "" {
		fields = append(fields, bot.Field{Name: "Address", Value: bot.L(d.URL, d.URL)})
	}
	fields = append(fields, bot.Field{Name: "Date", Value: bot.T(cmp.Or(d.Date.Words(), "not given"))},
		bot.Field{Name: "Cited as", Value: bot.C(d.ID)},
		bot.Field{Name: "Facts", Value: bot.T(itoa(u.facts))})
	if u.prices > 0 {
		fields = append(fields, bot.Field{Name: "Prices", Value: bot.T(itoa(u.prices))})
	}
	blocks := []bot.Block{bot.Fields{Title: bot.B(d.Title), Fields: fields}}
	if len(d.Sections) > 0 {
		t := bot.Table{Columns: []bot.Column{{Name: "§", Right: true}, {Name: "Section"}, {Name: "Facts", Right: true}}}
		for i, heading := range d.Sections {
			t.Rows = append(t.Rows, []bot.Text{bot.T(itoa(i)), bot.T(heading), bot.T(itoa(u.sections[i]))})
		}
		blocks = append(blocks, t)
	}
	return blocks
}

var gradeMeans = map[knowledge.Grade]string{
	knowledge.Primary:   "rule text, filing, model card, or the company itself",
	knowledge.Expert:    "counted like the analysis of a law firm, think tank or academic",
	knowledge.Press:     "named press",
	knowledge.Secondary: "a copy or digest of somebody else's report",
}
