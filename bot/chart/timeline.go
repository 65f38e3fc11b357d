package chart

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"silkwire/bot"
)

// Measures of a line of time.
const (
	mostEvents  = 20
	eventHeight = 27
	axisWide    = 130 // of the part on which the events stand in time
	axisTicks   = 2
	dotRadius   = 5.5
	leastDetail = 180 // the room without which nothing more is said of an event
)

// drawTimeline draws events one below the other in the order of time: where each stands
// in time at the left, and when and what it is at the right, so that no words can meet.
func drawTimeline(c bot.Chart) (*sheet, error) {
	events := legibleEvents(c.Events)
	if len(events) == 0 {
		return nil, ErrNothing
	}
	note := c.Note
	if n := len(events) - mostEvents; n > 0 {
		note = strings.TrimSpace(fmt.Sprintf("%d earlier left out. %s", n, note))
		events = events[n:]
	}
	const axisHeight = 26
	top := headRoom(c.Unit) + axisHeight
	bottom := top + float64(len(events))*eventHeight
	s := newSheet(bottom + noteRoom(note) + margin/2.0 + 8)
	s.head(c.Title, "", c.Unit)
	place := s.timeAxis(events[0].At, events[len(events)-1].At, top, bottom)
	dates := 0.0
	for _, e := range events {
		dates = max(dates, smallLetters.width(e.When))
	}
	right := float64(margin + axisWide + 22)
	for i, e := range events {
		y := top + (float64(i)+0.5)*eventHeight
		x := place(e.At)
		s.stroke(x+dotRadius+3, y, right-8, y, gridColour, 2, 4)
		s.dot(x, y, dotRadius, markColour)
		s.event(right, y+6, dates, e)
	}
	s.note(note)
	return s, nil
}

// timeAxis draws the lines of the moments that are named, and returns where a moment
// stands.
func (s *sheet) timeAxis(first, last time.Time, top, bottom float64) func(time.Time) float64 {
	low, high := float64(first.Unix()), float64(last.Unix())
	pad := max((high-low)/20, 3*day.Seconds())
	low, high = low-pad, high+pad
	x := func(v float64) float64 { return margin + (v-low)/(high-low)*axisWide }
	end := float64(margin) - smallSize
	if first.Equal(last) {
		return func(time.Time) float64 { return margin + axisWide/2 } // there is nothing to measure it by
	}
	for _, t := range timeTicks(low, high, axisTicks) {
		at := x(t.value)
		s.stroke(at, top-2, at, bottom, gridColour)
		half := smallLetters.width(t.label) / 2
		if at-half < end+smallSize || at+half > margin+axisWide+20 {
			continue // it would meet the one before, or the words
		}
		s.writeMiddle(at, top-9, smallLetters, t.label)
		end = at + half
	}
	return func(at time.Time) float64 { return x(float64(at.Unix())) }
}

// event writes when something happened, what it is, and as much more of it as there is
// room for.
func (s *sheet) event(x, y, dates float64, e bot.Event) {
	s.write(x, y, smallLetters, e.When)
	room := width - margin - x - dates - 14
	name, plain := boldLetters, bodyLetters
	name.size, plain.size = smallSize, smallSize
	if e.Label == "" {
		s.write(x+dates+14, y, plain, plain.fit(e.Detail, room))
		return
	}
	end := s.write(x+dates+14, y, name, name.fit(e.Label, room))
	if room = width - margin - end - 8; e.Detail != "" && room > leastDetail {
		s.write(end+8, y, smallLetters, smallLetters.fit(e.Detail, room))
	}
}

// legibleEvents are the events of which something can be written, in the order of time.
func legibleEvents(events []bot.Event) []bot.Event {
	var out []bot.Event
	for _, e := range events {
		e.When, e.Label, e.Detail = legible(e.When), legible(e.Label), legible(e.Detail)
		if e.Label+e.Detail != "" && !e.At.IsZero() {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b bot.Event) int { return a.At.Compare(b.At) })
	return out
}
