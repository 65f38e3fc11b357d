package bot

import (
	"fmt"
	"strings"
)

// Plain is the reply as plain text, with no line wrapped: for scripts, for
// notifications, and for readers that hear it.
func (r Reply) Plain() string {
	var p plain
	p.part(r.Title.String())
	p.part(r.Lead.String())
	for _, b := range r.Blocks {
		p.block(b)
	}
	p.actions(r.Suggestions)
	p.actions(r.Actions)
	p.part(r.Notice.String())
	return strings.Join(p.parts, "\n\n")
}

// plain collects parts, with a blank line between them.
type plain struct{ parts []string }

func (p *plain) part(lines ...string) {
	for i, line := range lines {
		lines[i] = Clean(line)
	}
	text := strings.TrimRight(strings.Join(lines, "\n"), "\n ")
	if text != "" {
		p.parts = append(p.parts, text)
	}
}

func (p *plain) titled(title Text, lines []string) {
	if len(lines) > 0 {
		p.part(append(head(title), lines...)...)
	}
}

func head(title Text) []string {
	if s := title.String(); s != "" {
		return []string{s}
	}
	return nil
}

func (p *plain) block(b Block) {
	switch b := b.(type) {
	case Paragraph:
		p.titled(b.Title, head(b.Text))
	case List:
		p.titled(b.Title, listLines(b))
	case Fields:
		lines := make([]string, len(b.Fields))
		for i, f := range b.Fields {
			lines[i] = f.Name + ": " + f.Value.String()
		}
		p.titled(b.Title, lines)
	case Table:
		p.titled(b.Title, tableLines(b))
	case Quotes:
		p.titled(b.Title, quoteLines(b))
	case Chart:
		p.titled(b.Title, head(T(b.Alt)))
	case Sources:
		lines := make([]string, len(b.Items))
		for i, s := range b.Items {
			lines[i] = s.Text.String() + " (" + s.Grade + ")"
			if s.Address != "" {
				lines[i] += " " + s.Address
			}
		}
		p.titled(nil, lines)
	}
}

func listLines(l List) []string {
	var lines []string
	for i, item := range l.Items {
		sign := "- "
		switch {
		case l.Ordered:
			sign = fmt.Sprintf("%d. ", i+1)
		case item.Mark == Pro:
			sign = "+ "
		case item.Mark == Con:
			sign = "− "
		}
		lines = append(lines, sign+item.Text.String())
		if d := item.Detail.String(); d != "" {
			lines = append(lines, "  "+d)
		}
	}
	if l.More != nil {
		lines = append(lines, fmt.Sprintf("%d more: %s", l.More.Count, l.More.Line))
	}
	return lines
}

func tableLines(t Table) []string {
	var lines []string
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = t.Columns[i].Name + ": " + cell.String()
		}
		lines = append(lines, strings.Join(cells, "; "))
	}
	return lines
}

func quoteLines(q Quotes) []string {
	var lines []string
	for _, row := range q.Rows {
		lines = append(lines, fmt.Sprintf("%s %s: %s %s%s", row.Symbol, row.Name, Thousands(row.Price), row.Currency, prefixed(", ", Percent(row.Change))))
	}
	if len(lines) > 0 {
		lines = append(lines, "("+Clean(q.AsOf)+"; "+q.Source.String()+")")
	}
	return lines
}

func (p *plain) actions(actions []Action) {
	lines := make([]string, 0, len(actions))
	for _, a := range actions {
		if a.InMenu() {
			continue
		}
		lines = append(lines, pressed("", a.Label, a.Line))
		for _, c := range a.Choices {
			lines = append(lines, pressed("- ", c.Label, c.Value))
		}
	}
	p.part(lines...)
}

func pressed(sign, label, line string) string {
	if line == "" || line == label {
		return sign + label
	}
	return sign + label + ": " + line
}

// Thousands puts commas into the whole part of decimal digits: 63,127.00. Other
// text is returned as it is.
func Thousands(digits string) string {
	rest, minus := strings.CutPrefix(digits, "-")
	whole, fraction, point := strings.Cut(rest, ".")
	if strings.Trim(whole+fraction, "0123456789") != "" {
		return digits
	}
	var b strings.Builder
	if minus {
		b.WriteByte('-')
	}
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	if point {
		b.WriteString("." + fraction)
	}
	return b.String()
}

// Percent is a change as people read it, with its sign, or empty where none is known.
func Percent(change string) string {
	if change == "" {
		return ""
	}
	return Signed(change) + " %"
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// Signed writes a signed decimal with its sign always there: +1.73, −0.33.
func Signed(digits string) string {
	if rest, minus := strings.CutPrefix(digits, "-"); minus {
		return "−" + rest
	}
	if strings.HasPrefix(digits, "−") {
		return digits
	}
	return "+" + strings.TrimPrefix(digits, "+")
}
