package commands

import (
	"context"

	"silkwire/bot"
	"silkwire/knowledge"
)

// Exposure lists who gains and who loses by Chinese AI.
func Exposure(k Knowledge) bot.Command {
	var choices []bot.Choice
	for _, d := range knowledge.Directions() {
		choices = append(choices, bot.Choice{Label: string(d), Value: string(d)})
	}
	return bot.Command{
		Name: "exposure", Summary: "Which tickers gain or lose by Chinese AI, and why",
		Examples: []string{"/exposure", "/exposure benefits"},
		Options:  []bot.Option{{Name: "direction", Summary: "benefits, hurt or mixed", Kind: bot.Word, Choices: choices}},
		Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
			return exposureReply(k.Snapshot(), knowledge.Direction(r.Values.Text("direction"))), nil
		},
	}
}

func exposureReply(s *knowledge.Snapshot, only knowledge.Direction) bot.Reply {
	c := compose(s, "")
	reply := bot.Reply{Title: bot.B("Exposure to Chinese AI")}
	var symbols []string
	for _, d := range knowledge.Directions() {
		list := bot.List{Title: bot.B(title(string(d)))}
		for _, x := range s.Contents.Exposures {
			if x.Direction != d || only != "" && d != only {
				continue
			}
			symbols = append(symbols, x.Symbol)
			item := bot.Item{Text: bot.Join(bot.B(x.Symbol), bot.T(" "+s.Name(x.Symbol)+": "+x.Driver)), Line: "/ticker " + x.Symbol, Mark: markOf(d)}
			for i, p := range x.Paths {
				if i > 0 {
					item.Detail = append(item.Detail, bot.Q("; ")...)
				}
				item.Detail = append(item.Detail, bot.Q(c.chain(x.Symbol, p))...)
				for _, h := range p.Hops {
					c.useFact(s.Fact(h.Fact), 0.8)
				}
			}
			list.Items = append(list.Items, item)
			reply.Actions = append(reply.Actions, bot.Action{Label: x.Symbol, Line: "/ticker " + x.Symbol})
		}
		if len(list.Items) > 0 {
			reply.Blocks = append(reply.Blocks, list)
		}
	}
	if len(symbols) == 0 {
		reply.Lead = bot.T("No ticker is recorded as " + string(only) + ".")
		return reply
	}
	reply.Lead = bot.T(lead(s, symbols))
	for _, u := range c.used.Facts {
		for _, source := range s.Fact(u.ID).Sources {
			c.cite(source)
		}
	}
	reply.Blocks = append(reply.Blocks, c.quotes(symbols)...)
	return c.finish(reply)
}
