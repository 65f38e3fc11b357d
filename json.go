package main

import (
	"encoding/json"
	"math"
	"strings"

	"silkwire/bot"
	"silkwire/knowledge"
)

// answerJSON is a reply for scripts. Its fields change only with a line in
// CHANGELOG.md.
type answerJSON struct {
	Answered    bool         `json:"answered"`
	Text        string       `json:"text"`
	Entities    []entityJSON `json:"entities"`
	Facts       []factJSON   `json:"facts"`
	Quotes      []quoteJSON  `json:"quotes"`
	Suggestions []string     `json:"suggestions"`
}

type entityJSON struct {
	Slug  string  `json:"slug"`
	Name  string  `json:"name"`
	Score float64 `json:"score"`
}

type factJSON struct {
	ID         string         `json:"id"`
	Statement  string         `json:"statement"`
	Kind       string         `json:"kind"`
	Whose      string         `json:"whose"`
	Score      float64        `json:"score"`
	Subjects   []string       `json:"subjects"`
	Grade      string         `json:"grade"`
	ValidFrom  string         `json:"valid_from"`
	ValidUntil string         `json:"valid_until"`
	Source     sourceJSON     `json:"source"`
	Sources    []sourceJSON   `json:"sources"`
	Relations  []relationJSON `json:"relations"`
}

type sourceJSON struct {
	Document  string `json:"document"`
	Section   *int   `json:"section"`
	Paragraph *int   `json:"paragraph"`
	URL       string `json:"url"`
	Publisher string `json:"publisher"`
	Title     string `json:"title"`
	Date      string `json:"date"`
	Grade     string `json:"grade"`
}

type relationJSON struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

type quoteJSON struct {
	Symbol        string       `json:"symbol"`
	Price         json.Number  `json:"price"`
	Currency      string       `json:"currency"`
	ChangePercent *json.Number `json:"change_percent"` // null: not known
	AsOf          string       `json:"as_of"`
	Source        string       `json:"source"`
}

// answerOf is a reply with the records that it used, best first.
func answerOf(s *knowledge.Snapshot, r bot.Reply) answerJSON {
	out := answerJSON{
		Answered: r.Outcome == bot.Answered, Text: r.Plain(),
		Entities: []entityJSON{}, Facts: []factJSON{}, Quotes: []quoteJSON{}, Suggestions: []string{},
	}
	for _, u := range r.Used.Entities {
		if e := s.Entity(u.ID); e != nil {
			out.Entities = append(out.Entities, entityJSON{e.Slug, e.Name, round(u.Score)})
		}
	}
	for _, u := range r.Used.Facts {
		if f := s.Fact(u.ID); f != nil {
			out.Facts = append(out.Facts, factOf(f, u.Score))
		}
	}
	for _, symbol := range r.Used.Quotes {
		if q := s.Quote(symbol); q != nil {
			out.Quotes = append(out.Quotes, quoteJSON{
				q.Symbol, json.Number(q.Price), q.Currency, changeOf(q), q.AsOf, q.Source,
			})
		}
	}
	for _, a := range r.Suggestions {
		if a.InMenu() {
			continue
		}
		if a.Line != "" {
			out.Suggestions = append(out.Suggestions, a.Line)
		}
		for _, c := range a.Choices {
			out.Suggestions = append(out.Suggestions, c.Value)
		}
	}
	return out
}

func changeOf(q *knowledge.Quote) *json.Number {
	if q.ChangePercent == "" {
		return nil
	}
	change := json.Number(strings.TrimPrefix(q.ChangePercent, "+"))
	return &change
}

func factOf(f *knowledge.Fact, score float64) factJSON {
	out := factJSON{
		ID: f.ID, Statement: f.Statement, Kind: string(f.Kind), Whose: f.Whose, Score: round(score), Subjects: f.Subjects,
		Grade: string(f.Grade()), ValidFrom: f.From.String(), ValidUntil: f.Until.String(), Sources: []sourceJSON{}, Relations: []relationJSON{},
	}
	for _, src := range f.Sources {
		j := sourceJSON{
			Document: src.Document, Section: src.Section, URL: src.URL, Publisher: src.Publisher,
			Title: src.Title, Date: src.Date.String(), Grade: string(src.Grade),
		}
		if src.Paragraph > 0 {
			j.Paragraph = &src.Paragraph
		}
		out.Sources = append(out.Sources, j)
	}
	out.Source = out.Sources[0]
	for _, r := range f.Relations {
		out.Relations = append(out.Relations, relationJSON{string(r.Kind), r.To})
	}
	return out
}

func round(score float64) float64 { return math.Round(score*1000) / 1000 }
