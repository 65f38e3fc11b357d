package commands

import (
	"context"
	"time"

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
		Examples: []string{"/exposure", "/exposure benefits", "/exposure if:\"export controls tighten\""},
		Options: []bot.Option{
			{Name: "direction", Summary: "benefits, hurt or mixed", Kind: bot.Word, Choices: choices},
			{Name: "if", Summary: "a change, such as \"export controls tighten\": who gains and who loses", Kind: bot.Word, Named: true},
			chartOption(),
		},
		Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
			if thesis := r.Values.Text("if"); thesis != "" {
				return thesisReply(k.Snapshot(), thesis, r.At, asksChart(r.Values))
			}
			return exposureReply(k.Snapshot(), knowledge.Direction(r.Values.Text("direction")), r.At, asksChart(r.Values)), nil
		},
	}
}

func exposureReply(s *knowledge.Snapshot, only knowledge.Direction, at time.Time, chart bool) bot.Reply {
	c := compose(s, "").on(at)
	reply := bot.Reply{Title: bot.B("Exposure to Chinese AI"), Bearing: bearings[only]}
	var symbols []string
	for _, d := range knowledge.Directions() {
		groups := c.together(c.exposed(d))
		if len(groups) == 0 || only != "" && d != only {
			continue
		}
		list := bot.List{Title: bot.B(title(string(d)))}
		for _, group := range groups {
			symbols = append(symbols, group...)
			list.Items = append(list.Items, c.why(group, s.Exposure(group[0]).Driver))
			reply.Actions = append(reply.Actions, bot.Action{Label: group[0], Line: "/ticker " + group[0]})
		}
		reply.Blocks = append(reply.Blocks, list)
	}
	if len(symbols) == 0 {
		says := "No exposure is recorded."
		if only != "" {
			says = "No ticker is recorded that Chinese AI " + verbs[only] + "."
			reply.Suggestions = []bot.Action{{Label: "Every exposure", Line: "/exposure"}}
		}
		reply.Lead, reply.Outcome = bot.T(says), bot.Unknown
		return reply
	}
	reply.Lead = bot.T(lead(s, symbols))
	if drawn, ok := c.exposureChart(symbols); chart && ok {
		reply.Blocks = append([]bot.Block{drawn}, reply.Blocks...)
	}
	reply.Blocks = append(append(reply.Blocks, c.prices(symbols)...), c.reading())
	return c.finish(reply)
}

// exposed lists the symbols with a direction, the listings of one company as it
// names them.
func (c *composer) exposed(d knowledge.Direction) []string {
	var symbols []string
	for _, x := range c.s.Exposures() {
		if x.Direction != d {
			continue
		}
		if e := c.s.Lists(x.Symbol); e != nil {
			for _, symbol := range c.s.Symbols(e.Slug) {
				if y := c.s.Exposure(symbol); y != nil && y.Direction == d {
					symbols = appendNew(symbols, symbol)
				}
			}
		}
		symbols = appendNew(symbols, x.Symbol)
	}
	return symbols
}
