package slack

import (
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"silkwire/bot"
	"silkwire/bot/layout"
)

// part is a piece of a reply's body with the block that draws it.
type part struct {
	layout.Part
	block slack.Block // nil: its text joins a section
}

// cost is what the part adds to a message.
func (p part) cost() size {
	if p.Chart != nil {
		return p.chartCost()
	}
	if p.block != nil && p.Small == "" {
		return measure([]slack.Block{p.block})
	}
	s := size{blocks: 1}
	s.text(p.Text+p.Small, aroundBlock)
	return s
}

// chartCost is what a chart takes as words and as a picture, whichever is more.
func (p part) chartCost() size {
	s := size{blocks: 1}
	s.text(p.Text, aroundBlock)
	s.text(p.Chart.Alt, aroundBlock)
	s.text(p.Chart.Title.String(), aroundBlock)
	return s
}

// body is the sentence that answers and what follows, in parts that may stand on
// two pages.
func (d drawing) body() []part {
	c := cutter()
	if d.modern && d.surface == onMessage {
		drawn := false
		c.Table = func(t bot.Table) bool {
			if drawn || !fitsTable(t) {
				return false
			}
			drawn = true // a message has one
			return true
		}
	}
	charted := false
	c.Chart = func(chart bot.Chart) bool {
		if charted || d.way(chart) == asWords {
			return false
		}
		charted = true // the first one is shown
		return true
	}
	var parts []part
	for _, p := range c.Parts(d.reply) {
		if p.Chart != nil {
			parts = append(parts, d.chartParts(p)...)
			continue
		}
		parts = append(parts, asParts(p)...)
	}
	return parts
}

func cutter() *layout.Cutter {
	return &layout.Cutter{Markup: markup{}, Indent: indent, RowIndent: indent, Statement: maxStatement, Quiet: maxContextText, WideField: wideField}
}

// indent sets the evidence below its statement in.
const indent = "\u2003\u2002"

// wideField is how many characters of a field stand in half a message.
const wideField = 120

func asParts(p layout.Part) []part {
	switch {
	case p.Table != nil:
		return []part{{p, table(*p.Table)}}
	case p.Small != "":
		return []part{{p, small(p.Small)}}
	case p.Fields == nil:
		return []part{{p, nil}}
	}
	var out []part
	for fields := range slices.Chunk(p.Fields, maxFields) {
		var texts []*slack.TextBlockObject
		for _, f := range fields {
			texts = append(texts, mrkdwnText(heading(f.Name)+"\n"+mrkdwn(f.Value)))
		}
		out = append(out, part{layout.Part{Group: p.Group, Items: 1}, slack.NewSectionBlock(nil, texts, nil)})
	}
	return out
}

// fitsTable tells whether a message has room for a table and for the rest.
func fitsTable(t bot.Table) bool {
	if len(t.Columns) > maxTableCols || len(t.Rows) >= maxTableRows {
		return false
	}
	return !measure([]slack.Block{table(t)}).over(size{blocks: 1, chars: maxBlocksJSON * 2 / 3, bytes: maxAck / 2})
}

func table(t bot.Table) *slack.TableBlock {
	head := make([]slack.TableCell, len(t.Columns))
	settings := make([]slack.ColumnSetting, len(t.Columns))
	for i, column := range t.Columns {
		head[i] = boldCell(column.Name)
		settings[i] = slack.ColumnSetting{Align: slack.ColumnAlignmentLeft, IsWrapped: true}
		if column.Right {
			settings[i] = slack.ColumnSetting{Align: slack.ColumnAlignmentRight}
		}
	}
	rows := [][]slack.TableCell{head}
	for _, row := range t.Rows {
		cells := make([]slack.TableCell, len(row))
		for i, cell := range row {
			cells[i] = slack.NewTableRawTextCell(orDash(plain(cell.String())))
		}
		rows = append(rows, cells)
	}
	return &slack.TableBlock{Type: slack.MBTTable, Rows: rows, ColumnSettings: settings}
}

// orDash fills a cell: Slack takes no empty text.
func orDash(s string) string {
	if strings.TrimSpace(s) == "" {
		return "–"
	}
	return s
}

// headerCell is a bold cell, which remembers its text to be measured.
type headerCell struct {
	*slack.TableRichTextCell
	text string
}

func boldCell(text string) slack.TableCell {
	text = orDash(layout.Shorten(plain(text), maxHeader))
	return &headerCell{slack.NewTableRichTextCell(slack.NewRichTextSection(
		slack.NewRichTextSectionTextElement(text, &slack.RichTextSectionTextStyle{Bold: true}))), text}
}
