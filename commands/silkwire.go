package commands

import (
	"context"
	"fmt"

	"silkwire/bot"
	"silkwire/knowledge"
)

// Silkwire says what silkwire is, how fresh, and what it keeps about people.
func Silkwire(k Knowledge, version string) bot.Command {
	return bot.Command{
		Name: "silkwire", Summary: "What silkwire is, how fresh its facts are, and privacy",
		Examples: []string{"/silkwire", "/silkwire lab qwen"},
		Handle: func(context.Context, bot.Request) (bot.Reply, error) {
			return silkwireReply(k.Snapshot(), version), nil
		},
	}
}

func silkwireReply(s *knowledge.Snapshot, version string) bot.Reply {
	fresh := "the fact base that ships inside the program"
	if s.Revision > 0 {
		fresh = fmt.Sprintf("revision %d of %s", s.Revision, stamp(s.At))
	}
	prices := "none"
	if quotes := s.Quotes(); len(quotes) > 0 {
		prices = plural(len(quotes), "instrument", "instruments") + ", " + snapshots(quotes)
	}
	return bot.Reply{
		Title: bot.B("silkwire"),
		Lead:  bot.T(whatIAm),
		Blocks: []bot.Block{
			bot.Fields{Fields: []bot.Field{
				{Name: "Version", Value: bot.T(version)},
				{Name: "Facts", Value: bot.T(fmt.Sprintf("%d about %s, %s", s.CountFacts(), plural(len(s.Entities()), "name", "names"), fresh))},
				{Name: "As of", Value: bot.T(compiled(s))},
				{Name: "Exposures", Value: bot.T(plural(len(s.Exposures()), "ticker", "tickers"))},
				{Name: "Prices", Value: bot.T(prices)},
				{Name: "Privacy", Value: bot.T(privacy)},
				{Name: "What is kept", Value: bot.T(keptOfPeople)},
				{Name: "Commands", Value: bot.Join(bot.T("Any command also works as "), bot.C("/silkwire <command> …"), bot.T("; "), bot.C("/help"), bot.T(" lists them."))},
			}},
		},
		Actions: []bot.Action{{Label: "What can be asked", Line: "/help"}, {Label: "Sources", Line: "/sources"}},
	}
}

const privacy = "Questions are answered on the machine that runs silkwire and are not sent anywhere else; on a chat platform, question and reply pass through that platform. " +
	"What a conversation was last about is kept in memory and used for follow-ups for half an hour. What people write is not logged. " +
	"The terminal chat also keeps the lines typed in it in a file named history beside the database, for its owner only; delete it at will."

const keptOfPeople = "In the database: settings, under the id of the conversation or the person, until they are changed back, and up to which revision somebody has looked at /changes. " +
	"Reports of wrong answers, with what was asked and written, the conversation and the id of whoever reported it, so that a curator can answer. " +
	"Questions without an answer, without who asked them. Both are shown for 90 days, and deleted when the next one is written after that. " +
	"What people propose as facts, with their id and what became of it, for 90 days. " +
	"How often a fact helped, without who said so."

// compiled says up to which date the base was compiled, or which is the last
// year that it speaks of where its sources have no date.
func compiled(s *knowledge.Snapshot) string {
	var last knowledge.Date
	year := 0
	for _, d := range s.Documents() {
		last = later(last, d.Date)
	}
	for _, f := range s.Facts() {
		year = max(year, f.From.Year)
		for _, src := range f.Sources {
			last = later(last, src.Date)
		}
	}
	switch {
	case !last.IsZero():
		return "up to " + last.Words()
	case year > 0:
		return fmt.Sprintf("from sources that give no date; the latest that they speak of is %d", year)
	}
	return "from sources that give no date"
}

func later(a, b knowledge.Date) knowledge.Date {
	if b.Compare(a) > 0 {
		return b
	}
	return a
}
