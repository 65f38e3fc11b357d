package chart

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// axis is where values stand along a side of a picture.
type axis struct{ low, high, from, to float64 }

func (a axis) at(v float64) float64 { return a.from + (v-a.low)/(a.high-a.low)*(a.to-a.from) }

// tick is a value that an axis names.
type tick struct {
	value float64
	label string
}

// figure is a value as people write it, with as many decimals as its neighbours need.
func figure(v float64, decimals int) string {
	s := strconv.FormatFloat(math.Abs(v), 'f', decimals, 64)
	whole, rest, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		whole += "." + rest
	}
	if v < 0 && strings.Trim(s, "0.") != "" {
		return "−" + whole
	}
	return whole
}

// valueTicks are some five round values of a range.
func valueTicks(low, high float64) []tick {
	const some = 5
	rough := (high - low) / some
	power := math.Floor(math.Log10(rough))
	step := 10 * math.Pow(10, power)
	for _, round := range []float64{1, 2, 5} {
		if round*math.Pow(10, power) >= rough {
			step = round * math.Pow(10, power)
			break
		}
	}
	decimals := int(max(0, -math.Floor(math.Log10(step)+1e-9)))
	var ticks []tick
	for n := math.Ceil(low / step); n*step <= high+step/1e6 && len(ticks) <= 2*some; n++ {
		ticks = append(ticks, tick{value: n * step, label: figure(n*step, decimals)})
	}
	return ticks
}

// steps are the distances between two ticks of time.
var steps = []struct {
	years, months, days, hours int
	layout                     string
}{
	{hours: 1, layout: "15:04"}, {hours: 3, layout: "15:04"}, {hours: 6, layout: "2 Jan 15:04"}, {hours: 12, layout: "2 Jan 15:04"},
	{days: 1, layout: "2 Jan"}, {days: 2, layout: "2 Jan"}, {days: 7, layout: "2 Jan"}, {days: 14, layout: "2 Jan"},
	{months: 1, layout: "Jan 2006"}, {months: 2, layout: "Jan 2006"}, {months: 3, layout: "Jan 2006"}, {months: 6, layout: "Jan 2006"},
	{years: 1, layout: "2006"}, {years: 2, layout: "2006"}, {years: 5, layout: "2006"}, {years: 10, layout: "2006"}, {years: 50, layout: "2006"},
}

// timeTicks are the beginnings of hours, days, months or years in a range, as many as
// there may be. Values are seconds since 1970.
func timeTicks(low, high float64, most int) []tick {
	var ticks []tick
	for _, step := range steps {
		ticks = ticks[:0]
		at := firstTick(time.Unix(int64(low), 0).UTC(), step.years, step.months, step.days, step.hours)
		for ; float64(at.Unix()) <= high && len(ticks) <= most; at = at.AddDate(step.years, step.months, step.days).Add(time.Duration(step.hours) * time.Hour) {
			if float64(at.Unix()) >= low {
				ticks = append(ticks, tick{value: float64(at.Unix()), label: at.Format(step.layout)})
			}
		}
		if len(ticks) <= most {
			break
		}
	}
	return ticks
}

// firstTick is the last beginning of a step that is not after a moment. Weeks begin on
// Mondays.
func firstTick(at time.Time, years, months, days, hours int) time.Time {
	switch {
	case years > 0:
		return time.Date(at.Year()-at.Year()%years, 1, 1, 0, 0, 0, 0, time.UTC)
	case months > 0:
		return time.Date(at.Year(), at.Month()-time.Month((int(at.Month())-1)%months), 1, 0, 0, 0, 0, time.UTC)
	case days >= 7:
		day := at.Truncate(24 * time.Hour)
		return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	case days > 0:
		return at.Truncate(24 * time.Hour)
	}
	return at.Truncate(time.Duration(hours) * time.Hour)
}
