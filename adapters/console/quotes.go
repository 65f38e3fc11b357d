package console

import (
	"strings"

	"silkwire/bot"
)

// quotes draws one line a price; where that is too wide, two.
func (d *drawer) quotes(q bot.Quotes) {
	d.section(q.Title)
	g := grid{right: []bool{false, false, true, false, true}}
	for _, row := range q.Rows {
		g.cells = append(g.cells, [][]run{
			{{style: bold, text: bot.Clean(row.Symbol), keep: true}},
			{{text: bot.Clean(row.Name)}},
			{{text: number(bot.Clean(row.Price)), keep: true}},
			{{style: quiet, text: bot.Clean(row.Currency), keep: true}},
			{change(row.Change)},
		})
	}
	if widths := g.fit(d.look.Width - len(d.indent())); widths != nil {
		for _, cells := range g.cells {
			d.row(g, cells, widths)
		}
	} else {
		for _, c := range g.cells {
			d.hang([]run{c[0][0], {text: " · "}, c[1][0]}, d.indent())
			d.hang([]run{c[2][0], {text: " "}, c[3][0], {text: " "}, c[4][0]}, d.indent()+"  ")
		}
	}
	var origin []run
	if asOf := bot.Clean(q.AsOf); asOf != "" {
		if asOf[0] >= '0' && asOf[0] <= '9' {
			asOf = "as of " + asOf
		}
		origin = append(origin, run{style: quiet, text: asOf})
	}
	if source := d.runs(q.Source, quiet); len(source) > 0 {
		if len(origin) > 0 {
			origin = append(origin, run{style: quiet, text: " · "})
		}
		origin = append(origin, source...)
	}
	d.hang(origin, d.indent())
}

// change shows the direction three ways: sign, arrow, colour.
func change(s string) run {
	s = bot.Clean(s)
	digits := strings.TrimLeft(s, "+-−")
	percent := digits + "%"
	switch {
	case digits == "":
		return run{}
	case strings.Trim(digits, "0.") == "":
		return run{text: percent, keep: true}
	case strings.HasPrefix(s, "-") || strings.HasPrefix(s, "−"):
		return run{style: falling, text: "▼ -" + percent, keep: true}
	}
	return run{style: rising, text: "▲ +" + percent, keep: true}
}
