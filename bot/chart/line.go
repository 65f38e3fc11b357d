package chart

import (
	"fmt"
	"image/color"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	canvas "gonum.org/v1/plot/vg/draw"

	"silkwire/bot"
)

// Measures of a line.
const (
	plotHeight  = 268
	legendStep  = 28
	lineTicks   = 7
	mostMarked  = 8
	badgeRadius = 10
	lineThick   = 2.5
)

// drawLine draws figures over time, one line a series, with a numbered mark for each
// event of that time; below stands what each of them is.
func drawLine(c bot.Chart) (*sheet, error) {
	series, err := drawable(c.Series)
	if err != nil {
		return nil, err
	}
	first, last := spanOf(series)
	events := slices.DeleteFunc(legibleEvents(c.Events), func(e bot.Event) bool { return e.At.Before(first.Truncate(day)) || e.At.After(last) })
	note := c.Note
	if n := len(events) - mostMarked; n > 0 {
		note = strings.TrimSpace(fmt.Sprintf("%d earlier events are not marked. %s", n, note))
		events = events[n:]
	}
	top, below := float64(headHeight), 0.0
	if len(series) > 1 {
		top += legendStep
	}
	if len(events) > 0 {
		below = float64(len(events))*eventHeight + 12
	}
	s := newSheet(top + plotHeight + below + noteRoom(note) + margin/2.0)
	if len(series) > 1 {
		s.head(c.Title, "", strings.Trim(c.Unit+" · "+span(first, last), " ·"))
		s.legend(series, top-8)
	} else {
		points := series[0].Points
		s.head(c.Title, figure(points[len(points)-1].Value, 2), strings.Trim(c.Unit+" · "+span(first, last), " ·"))
	}
	p := newPlot()
	for i, line := range series {
		xy := make(plotter.XYs, len(line.Points))
		for j, at := range line.Points {
			xy[j] = plotter.XY{X: float64(at.At.Unix()), Y: at.Value}
		}
		p.Add(&plotter.Line{XYs: xy, LineStyle: canvas.LineStyle{Color: colourOf(i), Width: lineThick}})
		p.Add(ends{xy[len(xy)-1], colourOf(i)})
	}
	roomAbove(p, len(events) > 0)
	p.Add(marks{events, p.X.Min})
	p.Draw(canvas.Canvas{Canvas: s.Canvas.Canvas, Rectangle: vg.Rectangle{Min: s.at(margin-6, top+plotHeight), Max: s.at(width-margin, top)}})
	s.events(events, top+plotHeight+12)
	s.note(note)
	return s, nil
}

const day = 24 * time.Hour

// drawable are the series that have a line to show.
func drawable(all []bot.Series) ([]bot.Series, error) {
	var out []bot.Series
	for _, s := range all {
		for _, p := range s.Points {
			if !finite(p.Value) || p.At.IsZero() {
				return nil, ErrNothing
			}
		}
		if n := len(s.Points); n > 1 && s.Points[n-1].At.After(s.Points[0].At) && len(out) < len(seriesColours) {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, ErrNothing
	}
	return out, nil
}

func spanOf(series []bot.Series) (first, last time.Time) {
	for i, s := range series {
		from, to := s.Points[0].At, s.Points[len(s.Points)-1].At
		if i == 0 || from.Before(first) {
			first = from
		}
		if i == 0 || to.After(last) {
			last = to
		}
	}
	return first.UTC(), last.UTC()
}

// span is a time in words.
func span(first, last time.Time) string {
	const full = "2 January 2006"
	switch {
	case first.Format(full) == last.Format(full):
		return first.Format(full)
	case first.Year() == last.Year():
		return first.Format("2 January") + " to " + last.Format(full)
	}
	return first.Format(full) + " to " + last.Format(full)
}

func colourOf(i int) color.Color { return seriesColours[i%len(seriesColours)] }

// legend names the lines with where they end.
func (s *sheet) legend(series []bot.Series, y float64) {
	x := float64(margin)
	for i, line := range series {
		name := legible(line.Name)
		if x+30+bodyLetters.width(name) > width-margin {
			return // the words beside the picture name them all
		}
		s.box(x, y-10, 18, 5, colourOf(i))
		x = s.write(x+25, y, bodyLetters, name) + 26
	}
}

// newPlot is the library's plot in the colours of the card.
func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color, axis.Width, axis.Padding = gridColour, 1, 0
		axis.Tick.Label.Color, axis.Tick.Label.Font = quietColour, smallLetters.font()
		axis.Tick.Color, axis.Tick.Length = gridColour, 5
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = timeTicks{lineTicks}, valueTicks{}
	p.Y.Width, p.Y.Tick.Length = 0, 0
	grid := plotter.NewGrid()
	grid.Vertical.Color = nil
	grid.Horizontal = canvas.LineStyle{Color: gridColour, Width: 1}
	p.Add(grid)
	return p
}

// roomAbove leaves some room around the lines, more above them for marks.
func roomAbove(p *plot.Plot, marked bool) {
	tall := p.Y.Max - p.Y.Min
	if tall == 0 {
		tall = max(p.Y.Max/10, -p.Y.Max/10, 1)
	}
	p.Y.Min -= tall / 12
	p.Y.Max += tall / 12
	if marked {
		p.Y.Max += tall / 4
	}
	wide := p.X.Max - p.X.Min
	p.X.Min, p.X.Max = p.X.Min-wide/60, p.X.Max+wide/40
}

// ends is a dot where a line ends.
type ends struct {
	at     plotter.XY
	colour color.Color
}

// Plot draws the dot.
func (e ends) Plot(c canvas.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	c.DrawGlyph(canvas.GlyphStyle{Color: e.colour, Radius: 4.5, Shape: canvas.CircleGlyph{}}, vg.Point{X: x(e.at.X), Y: y(e.at.Y)})
}

// marks are the events on the lines: a numbered badge above, and a line down from it.
type marks struct {
	events []bot.Event
	first  float64 // no mark stands before it: a date is a whole day
}

// Plot draws the marks.
func (m marks) Plot(c canvas.Canvas, p *plot.Plot) {
	transform, _ := p.Transforms(&c)
	var at []float64
	for _, e := range m.events {
		at = append(at, float64(transform(max(float64(e.At.Unix()), m.first))))
	}
	s := sheet{Canvas: c}
	const slant = 14
	y := c.Max.Y - badgeRadius - 1
	for i, x := range spread(at, 2*badgeRadius+3, float64(c.Min.X)+badgeRadius, float64(c.Max.X)-badgeRadius) {
		down := vg.Point{X: vg.Length(at[i]), Y: y - badgeRadius - slant}
		s.StrokeLines(canvas.LineStyle{Color: markColour, Width: 1}, []vg.Point{{X: vg.Length(x), Y: y}, down})
		s.StrokeLines(canvas.LineStyle{Color: markColour, Width: 1, Dashes: []vg.Length{3, 4}}, []vg.Point{down, {X: down.X, Y: c.Min.Y}})
		s.badge(x, -float64(y), i+1)
	}
}

// spread moves places that are too near to one another apart, within two ends, and keeps
// their order.
func spread(at []float64, apart, low, high float64) []float64 {
	out := slices.Clone(at)
	for i := range out {
		out[i] = max(out[i], low)
		if i > 0 {
			out[i] = max(out[i], out[i-1]+apart)
		}
	}
	for i := len(out) - 1; i >= 0; i-- {
		end := high
		if i < len(out)-1 {
			end = out[i+1] - apart
		}
		out[i] = min(out[i], end)
	}
	return out
}

// badge is a number in a disc. A sheet of no height counts from its lower end.
func (s *sheet) badge(x, y float64, n int) {
	number := letters{15, true, cardColour}
	s.dot(x, y, badgeRadius, markColour)
	s.writeMiddle(x, y+5.5, number, strconv.Itoa(n))
}

// events says what each mark is.
func (s *sheet) events(events []bot.Event, y float64) {
	dates := 0.0
	for _, e := range events {
		dates = max(dates, smallLetters.width(e.When))
	}
	for i, e := range events {
		middle := y + (float64(i)+0.5)*eventHeight
		s.badge(margin+badgeRadius, middle, i+1)
		s.event(margin+2*badgeRadius+12, middle+6, dates, e)
	}
}
