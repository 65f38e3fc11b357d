package chart

import (
	"fmt"
	"math"
	"strings"

	"silkwire/bot"
)

// Measures of bars.
const (
	mostBars  = 16
	barThick  = 26
	barGap    = 18
	nameLines = 4  // at most, of what a bar counts
	nameStep  = 22 // from line to line
	leastBar  = 2  // shows that there is something
)

// barRow is a bar with the names of what it counts.
type barRow struct {
	point bot.Point
	label string
	names []string // lines
}

func (r barRow) height() float64 { return barThick + float64(len(r.names))*nameStep + barGap }

// drawBars draws the points of the first series as bars from left to right, each with
// its value, and below it what it counts.
func drawBars(c bot.Chart) (*sheet, error) {
	if len(c.Series) == 0 || len(c.Series[0].Points) == 0 {
		return nil, ErrNothing
	}
	points := c.Series[0].Points
	note := c.Note
	if len(points) > mostBars {
		note = strings.TrimSpace(fmt.Sprintf("%d more are left out. %s", len(points)-mostBars, note))
		points = points[:mostBars]
	}
	var rows []barRow
	low, high, labels, values, decimals := 0.0, 0.0, 0.0, 0.0, 0
	for _, p := range points {
		if !finite(p.Value) {
			return nil, ErrNothing
		}
		if p.Value != math.Trunc(p.Value) {
			decimals = 2
		}
		low, high = min(low, p.Value), max(high, p.Value)
		r := barRow{p, legible(p.Label), wrapNames(p.Names)}
		labels = max(labels, boldLetters.width(r.label))
		rows = append(rows, r)
	}
	for _, r := range rows {
		values = max(values, boldLetters.width(figure(r.point.Value, decimals)))
	}
	labels = min(labels, inside/3)
	height := headRoom(c.Unit) + noteRoom(note) + margin/2.0
	for _, r := range rows {
		height += r.height()
	}
	s := newSheet(height)
	s.head(c.Title, "", c.Unit)
	left, gap := margin+labels+14, 10.0
	room := inside - labels - 14 - values - gap
	if low < 0 {
		room -= values + gap
		left += values + gap
	}
	scale := 0.0
	if high > low {
		scale = room / (high - low)
	}
	zero, y := left-low*scale, headRoom(c.Unit)
	for _, r := range rows {
		s.bar(r, zero, y, scale, boldLetters.fit(r.label, labels), figure(r.point.Value, decimals))
		y += r.height()
	}
	s.note(note)
	return s, nil
}

func (s *sheet) bar(r barRow, zero, y, scale float64, label, value string) {
	const base, gap = 20, 10
	s.write(margin, y+base, boldLetters, label)
	long := max(math.Abs(r.point.Value*scale), leastBar)
	colour := bearingColours[r.point.Bearing]
	if r.point.Value < 0 {
		s.box(zero-long, y, long, barThick, colour)
		s.writeRight(zero-long-gap, y+base, boldLetters, value)
	} else {
		s.box(zero, y, long, barThick, colour)
		s.write(zero+long+gap, y+base, boldLetters, value)
	}
	for i, line := range r.names {
		s.write(margin, y+barThick+float64(i+1)*nameStep-3, smallLetters, line)
	}
}

// wrapNames are names in lines, as many as there is room for.
func wrapNames(names []string) []string {
	var shown []string
	for _, n := range names {
		if n = legible(n); n != "" {
			shown = append(shown, n)
		}
	}
	var lines []string
	line := ""
	for i, n := range shown {
		more := ""
		if i < len(shown)-1 {
			more = ","
		}
		rest := fmt.Sprintf(" and %d more", len(shown)-i)
		switch {
		case line == "":
			line = smallLetters.fit(n, inside-smallLetters.width(rest)) + more
		case smallLetters.width(line+" "+n+more) <= inside && (len(lines) < nameLines-1 || smallLetters.width(line+" "+n+more+rest) <= inside):
			line += " " + n + more
		case len(lines) == nameLines-1:
			return append(lines, strings.TrimSuffix(line, ",")+rest)
		default:
			lines, line = append(lines, line), n+more
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
