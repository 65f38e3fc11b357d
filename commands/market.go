package commands

import (
	"context"
	"strings"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
)

// Market shows every price that is known.
func Market(k Knowledge) bot.Command {
	return bot.Command{
		Name: "market", Summary: "The price tape: every price that is known, with its time",
		Examples: []string{"/market"},
		Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
			return marketReply(k.Snapshot(), r.At), nil
		},
	}
}

func marketReply(s *knowledge.Snapshot, at time.Time) bot.Reply {
	c := compose(s, "").on(at)
	reply := bot.Reply{Title: bot.B("Market")}
	up, down, unknown, all := 0, 0, 0, len(s.Quotes())
	groups := []struct {
		name    string
		symbols []string
	}{{name: "Touched by Chinese AI"}, {name: "Other shares"}, {name: "Commodities"}, {name: "Crypto"}}
	for _, q := range s.Quotes() {
		switch {
		case q.ChangePercent == "":
			unknown++
		case strings.Trim(q.ChangePercent, "+-0.") == "":
		case strings.HasPrefix(q.ChangePercent, "-"):
			down++
		default:
			up++
		}
		g := 1
		if i := s.Instrument(q.Symbol); i != nil && i.Class == knowledge.Commodity {
			g = 2
		} else if i != nil && i.Class == knowledge.Crypto {
			g = 3
		}
		if s.Exposure(q.Symbol) != nil {
			g = 0
		}
		groups[g].symbols = append(groups[g].symbols, q.Symbol)
	}
	if all == 0 {
		reply.Lead, reply.Outcome = bot.T("No price is recorded."), bot.Unknown
		return reply
	}
	counts := []string{itoa(up) + pluralWord(up, " is up", " are up"), itoa(down) + " down"}
	if flat := all - up - down - unknown; flat > 0 {
		counts = append(counts, itoa(flat)+" unchanged")
	}
	if unknown > 0 {
		counts = append(counts, itoa(unknown)+" without a known change")
	}
	reply.Lead = bot.T("Of " + plural(all, "instrument", "instruments") + " " + enumerate(counts) + ": " + snapshots(s.Quotes()) + ".")
	for _, g := range groups {
		reply.Blocks = append(reply.Blocks, c.quotes(g.name, g.symbols)...)
	}
	reply.Actions = []bot.Action{{Label: "Who gains and who loses", Line: "/exposure"}}
	return c.finish(reply)
}

// snapshots says of when prices are.
func snapshots(quotes []knowledge.Quote) string {
	for _, q := range quotes {
		if q.AsOf != quotes[0].AsOf {
			return "snapshots of different times"
		}
	}
	return "snapshot, " + moment(quotes[0].AsOf)
}
