package console

import (
	"math"
	"strconv"
	"strings"

	"silkwire/bot"
)

const (
	// mostBars is how many points are drawn as bars; more become a line.
	mostBars = 16
	// leastBar is the columns that a bar needs to show anything.
	leastBar = 8
)

// chart draws a line of figures with its events marked, bars, or events in their places
// in time, and always says in words what they show. A series of bars that is long becomes
// a line. What cannot be drawn is only said.
func (d *drawer) chart(c bot.Chart) {
	head := c.Title
	if unit := bot.Clean(c.Unit); unit != "" {
		head = bot.Join(head, bot.Q(" ("+unit+")"))
	}
	d.section(head)
	for _, s := range c.Series {
		d.series(s, len(c.Series) > 1, c)
	}
	if c.Kind == bot.Timeline {
		d.timeline(c.Events)
	}
	if alt := bot.Clean(c.Alt); alt != "" {
		d.hang([]run{{style: quiet, text: alt}}, d.indent())
	}
}

func (d *drawer) series(s bot.Series, named bool, c bot.Chart) {
	low, high, ok := bounds(s.Points)
	if !ok {
		return
	}
	if name := bot.Clean(s.Name); named && name != "" {
		d.hang([]run{{text: name}}, d.indent())
	}
	if c.Kind == bot.Line || len(s.Points) > mostBars {
		d.spark(s.Points, low, high)
		if !named { // several lines have their points at different times
			d.marks(s.Points, c.Events)
		}
		return
	}
	labels, values := 0, 0
	for _, p := range s.Points {
		labels = max(labels, textWidth(bot.Clean(p.Label)))
		values = max(values, len(figure(p.Value)))
	}
	labels = min(labels, d.look.Width/3)
	room := d.look.Width - len(d.indent()) - labels - values - 2
	if room < leastBar {
		return
	}
	scale := max(math.Abs(low), math.Abs(high))
	for _, p := range s.Points {
		label := truncate(bot.Clean(p.Label), labels)
		value := run{text: figure(p.Value)}
		look := bar
		if p.Value < 0 {
			look = falling
		}
		if p.Value != 0 {
			value.text = " " + value.text
		}
		d.put([]run{
			{text: d.indent() + label + spaces(labels-textWidth(label)+1)},
			{style: look, text: bars(p.Value, scale, room)},
			value,
		})
		d.endLine()
	}
}

// eighths are the parts of a full block, from none to seven.
var eighths = [...]string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}

// bars is a bar of at most room columns for v, where scale fills it.
func bars(v, scale float64, room int) string {
	if v == 0 {
		return ""
	}
	n := int(math.Round(math.Abs(v) / scale * float64(room) * 8))
	n = max(n, 1) // the least bar shows that there is something
	return strings.Repeat("█", n/8) + eighths[n%8]
}

// levels are the heights of a line drawn in characters.
var levels = []rune("▁▂▃▄▅▆▇█")

// spark draws points as a line of heights between low and high, each column the
// mean of its share of them, and under it where it begins and ends.
func (d *drawer) spark(points []bot.Point, low, high float64) {
	room := min(d.look.Width-len(d.indent()), len(points))
	var b strings.Builder
	for x := range room {
		share := points[x*len(points)/room : (x+1)*len(points)/room]
		sum := 0.0
		for _, p := range share {
			sum += p.Value / float64(len(share))
		}
		level := 0
		if high > low {
			level = int((sum - low) / (high - low) * float64(len(levels)-1))
		}
		b.WriteRune(levels[min(max(level, 0), len(levels)-1)])
	}
	d.put([]run{{text: d.indent()}, {style: bar, text: b.String()}})
	d.endLine()
	first, last := points[0], points[len(points)-1]
	d.hang([]run{{style: quiet, text: bot.Clean(first.Label) + ": " + figure(first.Value) + " … " +
		bot.Clean(last.Label) + ": " + figure(last.Value) + "; lowest " + figure(low) + ", highest " + figure(high)}}, d.indent())
}

// mostMarks is how many events are marked: one sign has room for each number.
const mostMarks = 9

// marks puts a number below each event's place on a line, and says what each is.
func (d *drawer) marks(points []bot.Point, events []bot.Event) {
	events = events[:min(len(events), mostMarks)]
	room := min(d.look.Width-len(d.indent()), len(points))
	below := []byte(spaces(room))
	for i, e := range events {
		at := 0
		for at < len(points)-1 && !points[at+1].At.After(e.At) {
			at++
		}
		column := at * room / len(points)
		for column < room-1 && below[column] != ' ' {
			column++ // next to the one that has the place
		}
		below[column] = byte('1' + i)
	}
	if len(events) == 0 {
		return
	}
	d.put([]run{{text: d.indent() + strings.TrimRight(string(below), " ")}})
	d.endLine()
	for i, e := range events {
		d.event(strconv.Itoa(i+1)+" ", e)
	}
}

// axisRoom is the columns in which the events of a line of time have their places.
const axisRoom = 20

// timeline draws events one below the other, each at its place in time.
func (d *drawer) timeline(events []bot.Event) {
	if len(events) == 0 {
		return
	}
	first, last := events[0].At, events[len(events)-1].At
	for _, e := range events {
		if d.look.Width < 3*axisRoom {
			d.event("", e)
			continue
		}
		at := axisRoom / 2
		if last.After(first) {
			at = int(float64(axisRoom-1) * e.At.Sub(first).Seconds() / last.Sub(first).Seconds())
		}
		at = min(max(at, 0), axisRoom-1)
		d.event(strings.Repeat("·", at)+"●"+strings.Repeat("·", axisRoom-1-at)+" ", e)
	}
}

// event is when and what, in one line.
func (d *drawer) event(before string, e bot.Event) {
	when, label, detail := truncate(bot.Clean(e.When), d.look.Width/3), bot.Clean(e.Label), bot.Clean(e.Detail)
	what := strings.TrimSpace(label + "  " + detail)
	room := d.look.Width - len(d.indent()) - textWidth(before) - textWidth(when) - 2
	d.put([]run{{text: d.indent()}, {style: bar, text: before}, {style: quiet, text: when + "  "}, {text: truncate(what, max(room, 1))}})
	d.endLine()
}

// bounds are the least and the greatest value; false when there are no points
// or one is no number.
func bounds(points []bot.Point) (low, high float64, ok bool) {
	for i, p := range points {
		if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
			return 0, 0, false
		}
		if i == 0 || p.Value < low {
			low = p.Value
		}
		if i == 0 || p.Value > high {
			high = p.Value
		}
	}
	// The difference of two finite numbers may not be one.
	return low, high, len(points) > 0 && !math.IsInf(high-low, 0)
}

// figure is v as people write it: at most four decimals, or a power of ten
// where that would be long.
func figure(v float64) string {
	if a := math.Abs(v); a >= 1e12 || a > 0 && a < 1e-4 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	s := strconv.FormatFloat(v, 'f', 4, 64)
	return number(strings.TrimRight(strings.TrimRight(s, "0"), "."))
}
