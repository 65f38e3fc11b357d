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
		Examples: []string{"/silkwire", "/silkwire privacy", "/silkwire lab qwen"},
		Handle: func(context.Context, bot.Request) (bot.Reply, error) {
			return silkwireReply(k.Snapshot(), version), nil
		},
		Subcommands: []bot.Command{privacyOf()},
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
				{Name: "What is kept", Value: bot.Join(bot.C("/silkwire privacy"), bot.T(" tells what is stored of people, for how long, and how to be forgotten."))},
				{Name: "Commands", Value: bot.Join(bot.T("Any command also works as "), bot.C("/silkwire <command> …"), bot.T("; "), bot.C("/help"), bot.T(" lists them."))},
			}},
		},
		Actions: []bot.Action{{Label: "What can be asked", Line: "/help"}, {Label: "Sources", Line: "/sources"}, {Label: "Privacy", Line: "/silkwire privacy"}},
	}
}

const privacy = "Questions are answered on the machine that runs silkwire and are not sent anywhere else; on a chat platform, question and reply pass through that platform. " +
	"What people write is not logged, and a question that was answered is not written down."

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
