package slack

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"silkwire/bot"
)

// part is a piece of a reply's body that stays whole: one fact, one row, one
// paragraph. Texts of one group share a section as far as they fit.
type part struct {
	text   string // mrkdwn
	small  string // mrkdwn of a context line
	fields []*slack.TextBlockObject
	table  *slack.TableBlock
	group  int
	items  int // how many facts it tells
}

func (p part) draw() slack.Block {
	switch {
	case p.table != nil:
		return p.table
	case p.fields != nil:
		return slack.NewSectionBlock(nil, p.fields, nil)
	case p.small != "":
		return small(p.small)
	}
	return section(p.text)
}

// cost is what the part adds to a message.
func (p part) cost() size {
	if p.table != nil || p.fields != nil {
		return measure([]slack.Block{p.draw()})
	}
	s := size{blocks: 1}
	s.text(p.text+p.small, aroundBlock)
	return s
}

// cutter takes a reply's blocks apart.
type cutter struct {
	modern bool
	table  bool // the message has its table
	parts  []part
	group  int
}

func (c *cutter) block(b bot.Block) {
	c.group++
	switch b := b.(type) {
	case bot.Paragraph:
		c.paragraph(b)
	case bot.List:
		c.list(b)
	case bot.Fields:
		c.fields(b)
	case bot.Table:
		c.tabular(b)
	case bot.Quotes:
		c.quotes(b)
	case bot.Chart:
		c.text(titled(b.Title, escape(bot.Clean(b.Alt))), 0)
	case bot.Sources:
		// The foot names them.
	}
}

func (c *cutter) text(text string, items int) {
	if text != "" {
		c.parts = append(c.parts, part{text: text, group: c.group, items: items})
	}
}

func titled(title bot.Text, text string) string {
	if head := heading(title); head != "" && text != "" {
		return head + "\n" + text
	}
	return text
}

// heading stands out whatever its spans are.
func heading(t bot.Text) string {
	var b strings.Builder
	around(&b, "*", escape(shorten(strings.TrimSpace(t.String()), maxHeader)))
	return b.String()
}

// evidence tells whether a paragraph is a line of evidence, which steps back.
func evidence(p bot.Paragraph) bool {
	for _, s := range p.Text {
		if s.Kind == bot.Plain || s.Kind == bot.Bold {
			return false
		}
	}
	return len(p.Title) == 0
}

func (c *cutter) paragraph(p bot.Paragraph) {
	if evidence(p) {
		c.quiet(p.Text)
		return
	}
	for i, text := range split(p.Text, maxStatement) {
		if i == 0 {
			text = titled(p.Title, text)
		}
		c.text(text, 0)
	}
}

// quiet is lines that step back.
func (c *cutter) quiet(t bot.Text) {
	for _, s := range split(t, maxContextText) {
		c.parts = append(c.parts, part{small: s, group: c.group})
	}
}

// indent sets the evidence below its statement in.
const indent = "\u2003\u2002"

func (c *cutter) list(l bot.List) {
	for i, item := range l.Items {
		sign := "• "
		switch {
		case l.Ordered:
			sign = fmt.Sprintf("%d. ", i+1)
		case item.Mark == bot.Pro:
			sign = "+ "
		case item.Mark == bot.Con:
			sign = "− "
		}
		text := bot.Join(bot.T(sign), item.Text)
		if detail := withoutID(item); len(detail) > 0 {
			text = bot.Join(text, bot.T("\x00"), detail)
		}
		for j, s := range split(text, maxStatement) {
			if i == 0 && j == 0 {
				s = titled(l.Title, s)
			}
			n := 0
			if j == 0 {
				n = 1
			}
			c.text(s, n)
		}
	}
	if l.More != nil && l.More.Count > 0 {
		c.text(fmt.Sprintf("… and %d more: ", l.More.Count)+mrkdwn(bot.C(l.More.Line)), 0)
	}
}

// withoutID is an item's evidence without the id at its end where the menu of
// facts opens the same: it is read by nobody and breaks the line.
func withoutID(item bot.Item) bot.Text {
	t := item.Detail
	if n := len(t); n > 0 && t[n-1].Kind == bot.Code && strings.HasSuffix(item.Line, " "+t[n-1].Text) {
		t = slices.Clone(t[:n-1])
		if n > 1 {
			t[n-2].Text = strings.TrimRight(t[n-2].Text, " ·")
		}
	}
	return t
}

func (c *cutter) fields(f bot.Fields) {
	if head := heading(f.Title); head != "" {
		c.text(head, 0)
	}
	var fields []*slack.TextBlockObject
	flush := func() {
		for len(fields) > 0 {
			n := min(len(fields), maxFields)
			c.parts = append(c.parts, part{fields: fields[:n:n], group: c.group, items: 1})
			fields = fields[n:]
		}
	}
	for _, field := range f.Fields {
		name, value := heading(bot.T(field.Name)), mrkdwn(field.Value)
		// A field is half a message wide: what is long reads better across.
		if length(name)+length(value) <= wideField {
			fields = append(fields, markup(name+"\n"+value))
			continue
		}
		flush()
		c.group++
		for i, text := range split(field.Value, maxStatement) {
			if i == 0 {
				text = name + "\n" + text
			}
			c.text(text, 1)
		}
	}
	flush()
}

// wideField is how many characters of a field stand in half a message.
const wideField = 120

func (c *cutter) tabular(t bot.Table) {
	if c.asTable(t) {
		return
	}
	for i, row := range t.Rows {
		text := rowLine(t, row)
		if i == 0 {
			text = titled(t.Title, text)
		}
		for _, s := range splitString(text, maxStatement) {
			c.text(s, 1)
		}
	}
}

// asTable draws a table, if the workspace takes one, the message has none so far,
// and it leaves room for the rest.
func (c *cutter) asTable(t bot.Table) bool {
	if !c.modern || c.table || len(t.Rows) == 0 || len(t.Columns) > maxTableCols || len(t.Rows) >= maxTableRows {
		return false
	}
	block := table(t)
	if measure([]slack.Block{block}).over(size{blocks: 1, chars: maxBlocksJSON * 2 / 3, bytes: maxAck / 2}) {
		return false
	}
	c.table = true
	if head := heading(t.Title); head != "" {
		c.text(head, 0)
	}
	c.parts = append(c.parts, part{table: block, group: c.group, items: len(t.Rows)})
	return true
}

// rowLine is a row where there are no tables: the first cell leads, the others
// follow under the names of their columns where there are several.
func rowLine(t bot.Table, row []bot.Text) string {
	if len(row) == 0 {
		return ""
	}
	first := mrkdwn(row[0])
	if len(row[0]) > 0 && row[0][0].Kind == bot.Plain {
		first = heading(row[0])
	}
	if len(row) == 2 {
		return first + "  " + mrkdwn(row[1])
	}
	lines := []string{first}
	for i, cell := range row[1:] {
		if s := mrkdwn(cell); s != "" && i+1 < len(t.Columns) {
			lines = append(lines, indent+escape(t.Columns[i+1].Name)+": "+s)
		}
	}
	return strings.Join(lines, "\n")
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

func boldCell(text string) slack.TableCell {
	return slack.NewTableRichTextCell(slack.NewRichTextSection(
		slack.NewRichTextSectionTextElement(orDash(plain(text)), &slack.RichTextSectionTextStyle{Bold: true})))
}

// quotes is prices: a table where it can be one.
func (c *cutter) quotes(q bot.Quotes) {
	if len(q.Rows) == 0 {
		return
	}
	t := bot.Table{Title: q.Title, Columns: []bot.Column{{Name: "Ticker"}, {Name: "Name"}, {Name: "Price", Right: true}, {Name: "Change", Right: true}}}
	for _, row := range q.Rows {
		t.Rows = append(t.Rows, []bot.Text{
			bot.T(row.Symbol), bot.T(row.Name), bot.T(bot.Thousands(row.Price) + " " + row.Currency), bot.T(arrow(row.Change) + bot.Signed(row.Change) + " %"),
		})
	}
	if !c.asTable(t) {
		for i, row := range t.Rows {
			line := mrkdwn(bot.C(row[0].String())) + " " + mrkdwn(row[1]) + "  " + heading(row[2]) + "  " + mrkdwn(row[3])
			if i == 0 {
				line = titled(q.Title, line)
			}
			c.text(line, 1)
		}
	}
	c.quiet(bot.Join(bot.T(q.AsOf), bot.T(" · "), q.Source))
}

// arrow tells a rise from a fall without colours.
func arrow(change string) string {
	digits := strings.Trim(change, "+-−%0., ")
	switch {
	case digits == "":
		return ""
	case strings.HasPrefix(change, "-"), strings.HasPrefix(change, "−"):
		return "▼ "
	}
	return "▲ "
}

// split is a text in mrkdwn, in pieces of at most limit units: cut between
// sentences, else between words. The span "\x00" begins a new line.
func split(t bot.Text, limit int) []string {
	var out []string
	now := ""
	add := func(s string) {
		if length(now)+length(s) > limit && now != "" {
			out = append(out, strings.TrimSpace(now))
			now = ""
		}
		now += s
	}
	for _, s := range t {
		if s.Text == "\x00" {
			add("\n" + indent)
			continue
		}
		for _, piece := range pieces(s, limit) {
			add(piece)
		}
	}
	if strings.TrimSpace(now) != "" {
		out = append(out, strings.TrimRight(now, " \n"+indent))
	}
	return out
}

// pieces is a span in mrkdwn, in pieces of at most limit units, which its escapes
// may make longer than its text.
func pieces(s bot.Span, limit int) []string {
	var out []string
	for _, text := range splitString(s.Text, limit) {
		s.Text = text
		var b strings.Builder
		span(&b, s)
		if length(b.String()) <= limit || len(text) < 2 {
			out = append(out, b.String())
			continue
		}
		half := splitString(text, max(length(text)/2, 1))
		for _, text := range half {
			s.Text = text
			out = append(out, pieces(s, limit)...)
		}
	}
	return out
}

// splitString cuts s into pieces of at most limit units, after the end of a
// sentence where there is one in the second half, else after a blank.
func splitString(s string, limit int) []string {
	var out []string
	for length(s) > limit {
		end, blank, sentence, n := 0, 0, 0, 0
		for i, r := range s {
			if n += len(string(r)); n > limit {
				end = i
				break
			}
			if r == ' ' {
				blank = i + 1
				if i > 0 && strings.ContainsRune(".!?", rune(s[i-1])) {
					sentence = i + 1
				}
			}
			if r == '。' {
				sentence = i + len("。")
			}
		}
		switch {
		case sentence > end/2:
			end = sentence
		case blank > end/2:
			end = blank
		}
		if end == 0 {
			break
		}
		out = append(out, s[:end])
		s = s[end:]
	}
	return append(out, s)
}
