package layout

import (
	"fmt"
	"strings"
	"unicode"

	"silkwire/bot"
)

// Cutter takes a reply's body apart. Its fields are set before it is used.
type Cutter struct {
	Markup
	Indent    string // stands before the line of evidence below a statement
	RowIndent string // stands before the cells of a row that is no table's
	Statement int    // units of the longest part of text
	Quiet     int    // units of the longest line that steps back
	WideField int    // a field with more units than this is a text of its own
	// QuotesAsFields makes a field of each price.
	QuotesAsFields bool
	// Table tells whether a table can be shown as one; nil: none can. Where it
	// cannot, its rows are lines.
	Table func(bot.Table) bool
	// Chart tells whether a chart can be shown as one; nil: none can. Where it cannot,
	// it is told in words.
	Chart func(bot.Chart) bool

	parts []Part
	group int
}

// Part is a piece of a reply's body that stays whole: one fact, one row, one
// paragraph. It is Text, else a Small line that steps back, else Fields, else a
// Table, else a Chart, whose words are the Text. Texts of one Group belong together.
type Part struct {
	Text   string // in markup
	Small  string // in markup
	Fields []bot.Field
	Table  *bot.Table
	Chart  *bot.Chart
	Group  int
	Items  int // how many facts it tells
}

// Parts are the sentence that answers and what follows, in order. The sources are
// not among them.
func (c *Cutter) Parts(r bot.Reply) []Part {
	c.parts, c.group = nil, 0
	for _, s := range c.split(r.Lead, c.Statement) {
		c.text(s, 0)
	}
	for _, b := range r.Blocks {
		c.block(b)
	}
	return c.parts
}

func (c *Cutter) block(b bot.Block) {
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
		c.chart(b)
	case bot.Sources:
		// The foot names them.
	}
}

func (c *Cutter) text(text string, items int) {
	if text != "" {
		c.parts = append(c.parts, Part{Text: text, Group: c.group, Items: items})
	}
}

func (c *Cutter) write(t bot.Text) string { return Write(c.Markup, t) }

func (c *Cutter) titled(title bot.Text, text string) string {
	if head := c.Heading(title.String()); head != "" && text != "" {
		return head + "\n" + text
	}
	return text
}

func (c *Cutter) paragraph(p bot.Paragraph) {
	if evidence(p) {
		c.quiet(p.Text)
		return
	}
	for i, text := range c.split(p.Text, c.Statement) {
		if i == 0 {
			text = c.titled(p.Title, text)
		}
		c.text(text, 0)
	}
}

// quiet is lines that step back.
func (c *Cutter) quiet(t bot.Text) {
	for _, s := range c.split(t, c.Quiet) {
		c.parts = append(c.parts, Part{Small: s, Group: c.group})
	}
}

func (c *Cutter) list(l bot.List) {
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
			text = bot.Join(text, bot.Text{{Kind: lineBelow}}, detail)
		}
		for j, s := range c.split(text, c.Statement) {
			if i == 0 && j == 0 {
				s = c.titled(l.Title, s)
			}
			n := 0
			if j == 0 {
				n = 1
			}
			c.text(s, n)
		}
	}
	if l.More != nil && l.More.Count > 0 {
		more := fmt.Sprintf("… and %d more", l.More.Count)
		if line := more + ": " + c.write(bot.C(l.More.Line)); Length(line) <= c.Statement {
			more = line
		}
		c.text(more, 0)
	}
}

func (c *Cutter) fields(f bot.Fields) {
	if head := c.Heading(f.Title.String()); head != "" {
		c.text(head, 0)
	}
	var fields []bot.Field
	flush := func() {
		if len(fields) > 0 {
			c.parts = append(c.parts, Part{Fields: fields, Group: c.group, Items: len(fields)})
		}
		fields = nil
	}
	for _, field := range f.Fields {
		name := c.Heading(field.Name)
		// A field is a part of a message wide: what is long reads better across.
		if Length(name)+Length(c.write(field.Value)) <= c.WideField {
			fields = append(fields, field)
			continue
		}
		flush()
		c.group++
		for i, text := range c.split(field.Value, c.Statement) {
			if i == 0 {
				text = name + "\n" + text
			}
			c.text(text, 1)
		}
	}
	flush()
}

func (c *Cutter) tabular(t bot.Table) {
	if c.asTable(t) {
		return
	}
	title := t.Title
	for _, row := range t.Rows {
		c.row(title, rowLine(t, row))
		title = nil
	}
}

// row is a row where there are no tables, the first one behind the title.
func (c *Cutter) row(title, row bot.Text) {
	for i, text := range c.split(row, c.Statement) {
		if i == 0 {
			text = c.titled(title, text)
		}
		c.text(text, 1)
	}
}

func (c *Cutter) chart(b bot.Chart) {
	alt := c.split(bot.T(b.Alt), c.Statement)
	if len(alt) == 0 {
		return
	}
	// One sentence is enough beside a picture; a title is a line.
	text := c.titled(bot.T(Shorten(b.Title.String(), maxTitle)), alt[0])
	if text != "" && c.Chart != nil && c.Chart(b) {
		c.parts = append(c.parts, Part{Text: text, Chart: &b, Group: c.group})
		return
	}
	c.text(text, 0)
}

// maxTitle is how long the title of a chart may be.
const maxTitle = 150

func (c *Cutter) asTable(t bot.Table) bool {
	if c.Table == nil || len(t.Rows) == 0 || !c.Table(t) {
		return false
	}
	if head := c.Heading(t.Title.String()); head != "" {
		c.text(head, 0)
	}
	c.parts = append(c.parts, Part{Table: &t, Group: c.group, Items: len(t.Rows)})
	return true
}

// rowLine is a row where there are no tables: the first cell leads, the others
// follow under the names of their columns where there are several.
func rowLine(t bot.Table, row []bot.Text) bot.Text {
	if len(row) == 0 {
		return nil
	}
	first := row[0]
	if len(first) > 0 && first[0].Kind == bot.Plain {
		first = bot.B(Shorten(strings.TrimSpace(first.String()), maxTitle))
	}
	if len(row) == 2 {
		return bot.Join(first, bot.T("  "), row[1])
	}
	for i, cell := range row[1:] {
		if cell.String() != "" && i+1 < len(t.Columns) {
			first = bot.Join(first, bot.Text{{Kind: rowBelow}}, bot.T(t.Columns[i+1].Name), bot.T(": "), cell)
		}
	}
	return first
}

// quotes is prices: fields, or a table where it can be one.
func (c *Cutter) quotes(q bot.Quotes) {
	if len(q.Rows) == 0 {
		return
	}
	if c.QuotesAsFields {
		c.quoteFields(q)
		return
	}
	t := bot.Table{Title: q.Title, Columns: []bot.Column{{Name: "Ticker"}, {Name: "Name"}, {Name: "Price", Right: true}, {Name: "Change", Right: true}}}
	for _, row := range q.Rows {
		t.Rows = append(t.Rows, []bot.Text{
			bot.T(row.Symbol), bot.T(row.Name), bot.T(bot.Thousands(row.Price) + " " + row.Currency), bot.T(Arrow(row.Change) + bot.Percent(row.Change)),
		})
	}
	if !c.asTable(t) {
		title := q.Title
		for _, row := range t.Rows {
			c.row(title, bot.Join(bot.C(row[0].String()), bot.T(" "), row[1], bot.T("  "), bot.B(row[2].String()), bot.T("  "), row[3]))
			title = nil
		}
	}
	c.quiet(asOf(q))
}

// quoteFields is a field for each price, after what holds for all of them.
func (c *Cutter) quoteFields(q bot.Quotes) {
	c.text(c.Heading(q.Title.String()), 0)
	c.quiet(asOf(q))
	var f bot.Fields
	for _, row := range q.Rows {
		name := row.Symbol
		if row.Name != "" {
			name += " · " + row.Name
		}
		f.Fields = append(f.Fields, bot.Field{Name: name, Value: bot.Join(bot.B(bot.Thousands(row.Price)+" "+row.Currency), bot.T(" "+Arrow(row.Change)+bot.Percent(row.Change)))})
	}
	c.fields(f)
}

func asOf(q bot.Quotes) bot.Text { return bot.Join(bot.T(q.AsOf), bot.T(" · "), q.Source) }

// Arrow tells a rise from a fall without colours, with a blank behind it; of no
// change it is empty.
func Arrow(change string) string {
	digits := strings.Trim(change, "+-−%0., ")
	switch {
	case digits == "":
		return ""
	case strings.HasPrefix(change, "-"), strings.HasPrefix(change, "−"):
		return "▼ "
	}
	return "▲ "
}

// Spans that begin another line: of evidence below a statement, or of a cell below the
// first of its row.
const (
	lineBelow bot.SpanKind = 254 + iota
	rowBelow
)

// split is a text in markup, in pieces of at most limit units: cut between
// sentences, else between words.
func (c *Cutter) split(t bot.Text, limit int) []string {
	var out []string
	now := ""
	add := func(s string) {
		if Length(now)+Length(s) > limit && now != "" {
			if piece := strings.TrimLeft(c.closed(now), " \n"); piece != "" {
				out = append(out, piece)
			}
			now = ""
		}
		now += s
	}
	for _, s := range t {
		switch s.Kind {
		case lineBelow:
			add("\n" + c.Indent)
		case rowBelow:
			add("\n" + c.RowIndent)
		default:
			for i, piece := range c.pieces(s, limit) {
				if i > 0 && s.Kind == bot.Code && now != "" {
					now += " " // the marks of two pieces must not touch
				}
				add(piece)
			}
		}
	}
	if strings.TrimSpace(now) != "" {
		out = append(out, c.closed(now))
	}
	return out
}

// closed is a piece without the blanks, and without the beginning of a line, at its end.
func (c *Cutter) closed(piece string) string {
	piece = strings.TrimRightFunc(piece, unicode.IsSpace)
	if mark := strings.TrimSpace(c.Indent); mark != "" {
		piece = strings.TrimSuffix(piece, "\n"+mark)
	}
	return piece
}

// Notice is the first piece of what is said quietly, in markup.
func (c *Cutter) Notice(t bot.Text, limit int) string {
	if pieces := c.split(t, limit); len(pieces) > 0 {
		return pieces[0]
	}
	return ""
}

// pieces is a span in markup, in pieces of at most limit units, which its escapes
// may make longer than its text.
func (c *Cutter) pieces(s bot.Span, limit int) []string {
	var out []string
	for _, text := range SplitString(bot.Clean(s.Text), limit) {
		s.Text = text
		var b strings.Builder
		c.Span(&b, s)
		if Length(b.String()) <= limit || len(text) < 2 {
			out = append(out, b.String())
			continue
		}
		for _, text := range SplitString(text, max(Length(text)/2, 1)) {
			s.Text = text
			out = append(out, c.pieces(s, limit)...)
		}
	}
	return out
}
