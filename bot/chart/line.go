package chart

import (
	"fmt"
	"image/color"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonum.org/v1/plot/vg"

	"silkwire/bot"
)

// Measures of a line.
const (
	plotHeight  = 272
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
	across, up := s.axes(series, top, len(events) > 0)
	for i, line := range series {
		s.line(line.Points, across, up, colourOf(i))
	}
	s.marks(events, across, top, up.from)
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

// axes draws the grid of a plot with the names of its values and moments, and returns
// where those stand. Above the lines is room for marks, if there are some.
func (s *sheet) axes(series []bot.Series, top float64, marked bool) (across, up axis) {
	const below = 28 // for the names of moments
	low, high := valuesOf(series)
	tall := high - low
	if tall == 0 {
		tall = max(high/10, -high/10, 1)
	}
	up = axis{low - tall/12, high + tall/12, top + plotHeight - below, top}
	if marked {
		up.high += tall / 4
	}
	left := float64(margin)
	values := valueTicks(up.low, up.high)
	for _, t := range values {
		left = max(left, margin+smallLetters.width(t.label)+8)
	}
	for _, t := range values {
		s.stroke(left, up.at(t.value), width-margin, up.at(t.value), gridColour)
		s.writeRight(left-8, up.at(t.value)+5, smallLetters, t.label)
	}
	first, last := spanOf(series)
	begin, end := float64(first.Unix()), float64(last.Unix())
	across = axis{begin - (end-begin)/60, end + (end-begin)/40, left, width - margin}
	s.stroke(left, up.from, width-margin, up.from, gridColour)
	taken := 0.0
	for _, t := range timeTicks(across.low, across.high, lineTicks) {
		x, half := across.at(t.value), smallLetters.width(t.label)/2
		s.stroke(x, up.from, x, up.from+5, gridColour)
		if x-half > taken+smallSize && x+half <= width-margin+4 {
			s.writeMiddle(x, up.from+22, smallLetters, t.label)
			taken = x + half
		}
	}
	return across, up
}

func valuesOf(series []bot.Series) (low, high float64) {
	low, high = series[0].Points[0].Value, series[0].Points[0].Value
	for _, s := range series {
		for _, p := range s.Points {
			low, high = min(low, p.Value), max(high, p.Value)
		}
	}
	return low, high
}

// line draws points as a line with a dot at its end.
func (s *sheet) line(points []bot.Point, across, up axis, c color.Color) {
	var path vg.Path
	x, y := 0.0, 0.0
	for i, p := range points {
		x, y = across.at(float64(p.At.Unix())), up.at(p.Value)
		if i == 0 {
			path.Move(s.at(x, y))
			continue
		}
		path.Line(s.at(x, y))
	}
	s.pen(lineThick, c)
	s.Stroke(path)
	s.dot(x, y, 4.5, c)
}

// marks draws the events on the lines: a numbered badge above, and a line down from it. A
// date is a whole day, so that one may begin before the line does.
func (s *sheet) marks(events []bot.Event, across axis, top, bottom float64) {
	var at []float64
	for _, e := range events {
		at = append(at, across.at(max(float64(e.At.Unix()), across.low)))
	}
	const slant = 14
	y := top + badgeRadius + 1
	for i, x := range spread(at, 2*badgeRadius+3, across.from+badgeRadius, across.to-badgeRadius) {
		s.stroke(x, y, at[i], y+badgeRadius+slant, markColour)
		s.stroke(at[i], y+badgeRadius+slant, at[i], bottom, markColour, 3, 4)
		s.badge(x, y, i+1)
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

// badge is a number in a disc.
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
