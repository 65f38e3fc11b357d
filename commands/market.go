package commands

import (
	"context"
	"fmt"
	"strings"

	"silkwire/bot"
	"silkwire/knowledge"
)

// Market shows every price that is known.
func Market(k Knowledge) bot.Command {
	return bot.Command{
		Name: "market", Summary: "The price tape: every price that is known, with its time",
		Examples: []string{"/market"},
		Handle: func(context.Context, bot.Request) (bot.Reply, error) {
			return marketReply(k.Snapshot()), nil
		},
	}
}

func marketReply(s *knowledge.Snapshot) bot.Reply {
	c := compose(s, "")
	reply := bot.Reply{Title: bot.B("Market")}
	up, down := 0, 0
	groups := []struct {
		name    string
		symbols []string
	}{{name: "Touched by Chinese AI"}, {name: "Other shares"}, {name: "Commodities"}, {name: "Crypto"}}
	for _, q := range s.Contents.Quotes {
		if strings.HasPrefix(q.ChangePercent, "-") {
			down++
		} else {
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
	if up+down == 0 {
		reply.Lead, reply.Outcome = bot.T("No price is recorded."), bot.Unknown
		return reply
	}
	reply.Lead = bot.T(fmt.Sprintf("%d of %d instruments are up, %d down, in a snapshot of %s.", up, up+down, down, s.Contents.Quotes[0].AsOf))
	for _, g := range groups {
		for _, b := range c.quotes(g.symbols) {
			q := b.(bot.Quotes)
			q.Title = bot.B(g.name)
			reply.Blocks = append(reply.Blocks, q)
		}
	}
	reply.Actions = []bot.Action{{Label: "Who gains and who loses", Line: "/exposure"}}
	return c.finish(reply)
}
