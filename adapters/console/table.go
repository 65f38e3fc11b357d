package console

import (
	"silkwire/bot"
)

// grid is cells side by side: a Table's or a Quotes'.
type grid struct {
	right []bool // columns whose cells stand right
	cells [][][]run
}

// tableGap is the blanks between two columns.
const tableGap = 2

// leastColumn is how narrow a column of running text may become.
const leastColumn = 8

// longestKept is the widest word that a column is kept wide enough for.
const longestKept = 18

// fit gives each column a width so that all fit into room. The widest gives way
// first, down to its longest word. It is nil when they cannot fit.
func (g grid) fit(room int) []int {
	columns := len(g.right)
	widths, least := make([]int, columns), make([]int, columns)
	for _, row := range g.cells {
		for i, cell := range row {
			widths[i] = max(widths[i], min(widthOf(cell), room))
			least[i] = max(least[i], longestWord(cell, longestKept))
		}
	}
	total := tableGap * (columns - 1)
	for i, w := range widths {
		if g.right[i] {
			least[i] = w // a figure that is cut is a wrong figure
		}
		least[i] = min(w, max(least[i], leastColumn))
		total += w
	}
	for ; total > room; total-- {
		widest := -1
		for i, w := range widths {
			if w > least[i] && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return nil
		}
		widths[widest]--
	}
	return widths
}

// row draws the cells of one row side by side, each wrapped in its column.
func (d *drawer) row(g grid, cells [][]run, widths []int) {
	columns := make([][]line, len(cells))
	height := 0
	for i, cell := range cells {
		columns[i] = d.breaker.wrap(cell, widths[i])
		height = max(height, len(columns[i]))
	}
	for y := range height {
		pending := len(d.indent())
		for i, lines := range columns {
			var l line
			if y < len(lines) {
				l = lines[y]
			}
			before, after := 0, widths[i]-l.width
			if g.right[i] {
				before, after = after, before
			}
			d.put([]run{{text: spaces(pending + before)}})
			d.put(l.runs)
			pending = after + tableGap
		}
		d.endLine()
	}
}

func (d *drawer) table(t bot.Table) {
	d.section(t.Title)
	if len(t.Columns) == 0 {
		return
	}
	g := grid{right: make([]bool, len(t.Columns)), cells: make([][][]run, 0, len(t.Rows)+1)}
	head := make([][]run, len(t.Columns))
	for i, c := range t.Columns {
		g.right[i] = c.Right
		head[i] = []run{{style: quiet, text: bot.Clean(c.Name)}}
	}
	g.cells = append(g.cells, head)
	for _, row := range t.Rows {
		cells := make([][]run, len(t.Columns))
		for i := range cells {
			if i < len(row) {
				cells[i] = d.runs(row[i], normal)
			}
		}
		g.cells = append(g.cells, cells)
	}
	widths := g.fit(d.look.Width - len(d.indent()))
	if widths == nil || d.look.Width < narrow && g.wraps(widths) {
		d.stack(g)
		return
	}
	d.row(g, head, widths)
	rules := make([][]run, len(widths))
	for i, w := range widths {
		rules[i] = []run{{style: quiet, text: rule(w)}}
	}
	d.row(g, rules, widths)
	for _, cells := range g.cells[1:] {
		d.row(g, cells, widths)
	}
}

// wraps tells whether a cell is wider than its column.
func (g grid) wraps(widths []int) bool {
	for _, row := range g.cells {
		for i, cell := range row {
			if widthOf(cell) > widths[i] {
				return true
			}
		}
	}
	return false
}

// stack draws each row as its first cell with the other cells below, by name.
func (d *drawer) stack(g grid) {
	head := g.cells[0]
	for _, cells := range g.cells[1:] {
		first := []run{{text: d.indent() + "• "}}
		below := d.indent() + "  "
		d.flow(cells[0], first, []run{{text: below}})
		for i, cell := range cells[1:] {
			if len(cell) > 0 {
				d.pair(head[i+1][0].text, cell, below)
			}
		}
	}
}

func rule(n int) string {
	const long = "────────────────────────────────────────────────────────────────────────────────────────────────────"
	return long[:min(3*n, len(long))]
}
