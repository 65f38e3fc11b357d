// Package schedule tells when something that is ordered for a time of day is due: in a
// time zone, on some days of the week, with daylight saving time done right. It uses the
// standard library only and imports nothing of ours.
package schedule

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Plan is what is ordered: a time of day on some days of the week. The zero Plan is due
// at midnight on no day.
type Plan struct {
	Minute int    // of the day, by the clock on the wall, from 0 to 1439
	Days   Days   // on which it is due
	Zone   string // as IANA names it
}

// Days is a set of days of the week.
type Days uint8

// Sets of days.
const (
	EveryDay Days = 1<<7 - 1
	Weekdays Days = EveryDay &^ (1<<time.Saturday | 1<<time.Sunday)
)

// On is one day.
func On(d time.Weekday) Days { return 1 << d }

// Has tells whether a day is in the set.
func (d Days) Has(day time.Weekday) bool { return d&(1<<day) != 0 }

// Words are the set as ParseDays reads it: none for every day.
func (d Days) Words() []string {
	switch d {
	case EveryDay:
		return nil
	case Weekdays:
		return []string{"weekdays"}
	}
	var out []string
	for i := range 7 {
		if d.Has(time.Weekday(i)) {
			out = append(out, names[i][:3])
		}
	}
	return out
}

// names of the days, as they are written; the first three letters are enough.
var names = [...]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// String says the set in words: "every day", "on weekdays", "on Monday and Thursday".
func (d Days) String() string {
	switch d {
	case EveryDay:
		return "every day"
	case Weekdays:
		return "on weekdays"
	case 0:
		return "on no day"
	}
	var out []string
	for i := range 7 {
		if day := time.Weekday((i + 1) % 7); d.Has(day) {
			out = append(out, day.String())
		}
	}
	if len(out) == 1 {
		return "on " + out[0]
	}
	return "on " + strings.Join(out[:len(out)-1], ", ") + " and " + out[len(out)-1]
}

// ErrDay is wrapped by the error of a word that names no day.
var ErrDay = errors.New("it is no day of the week")

// ParseDays reads names of days in English, whole or their first letters, at least three,
// and "weekdays", "weekend" and "daily". No words are every day.
func ParseDays(words []string) (Days, error) {
	var d Days
	for _, word := range words {
		w := strings.ToLower(strings.TrimSpace(word))
		switch i := slices.IndexFunc(names[:], func(name string) bool { return len(w) > 2 && strings.HasPrefix(name, strings.TrimSuffix(w, "s")) }); {
		case w == "daily":
			d |= EveryDay
		case w == "weekdays" || w == "weekday":
			d |= Weekdays
		case w == "weekend" || w == "weekends":
			d |= EveryDay &^ Weekdays
		case i >= 0:
			d |= On(time.Weekday(i))
		default:
			return 0, fmt.Errorf("%q: %w", word, ErrDay)
		}
	}
	if d == 0 {
		return EveryDay, nil
	}
	return d, nil
}

// ErrClock is wrapped by the error of a text that is no time of day.
var ErrClock = errors.New("it is no time of day")

// clock is 08:30, 8:30, 0830, 8.30, 8 am, 8:30pm.
var clock = regexp.MustCompile(`^(\d{1,2})(?:[:.h]?(\d{2}))?\s*(am|pm|a\.m\.|p\.m\.)?$`)

// ParseClock reads a time of day as people write it, and returns the minute of the day.
// Where it is none it returns an error that wraps ErrClock, with the time that was
// likely meant, if any.
func ParseClock(text string) (minute int, meant string, err error) {
	text = strings.ToLower(strings.TrimSpace(text))
	m := clock.FindStringSubmatch(text)
	if m == nil {
		return 0, "", fmt.Errorf("%q: %w", text, ErrClock)
	}
	// The pattern lets digits through only.
	hour, _ := strconv.Atoi(m[1])
	part, _ := strconv.Atoi(cmp.Or(m[2], "0"))
	if half := strings.Trim(m[3], "."); half != "" {
		if hour < 1 || hour > 12 {
			return 0, "", fmt.Errorf("%q: %w", text, ErrClock)
		}
		if hour %= 12; half[0] == 'p' {
			hour += 12
		}
	} else if m[2] == "" {
		// A number alone may be an hour, or anything.
		return 0, Clock(min(hour, 23) * 60), fmt.Errorf("%q: %w", text, ErrClock)
	}
	if hour > 23 || part > 59 {
		return 0, "", fmt.Errorf("%q: %w", text, ErrClock)
	}
	return hour*60 + part, "", nil
}

// Clock is a minute of the day as it is written: 08:30.
func Clock(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// Next is the first moment after a time at which the plan is due, in the plan's zone. A
// time of day that does not exist, in the night when clocks are set forward, is due at
// the first moment that does; one that exists twice is due the first time only. It is
// the zero time for a plan without days, and returns the error of a zone that there is
// not.
func (p Plan) Next(after time.Time) (time.Time, error) {
	zone, err := time.LoadLocation(p.Zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("time zone %q: %w", p.Zone, err)
	}
	const twoWeeks = 15
	year, month, day := after.In(zone).Date()
	for i := -1; i < twoWeeks; i++ { // the day before: midnight may have been skipped
		date := time.Date(year, month, day+i, 12, 0, 0, 0, time.UTC)
		if !p.Days.Has(date.Weekday()) {
			continue
		}
		if at := onDay(date, p.Minute, zone); at.After(after) {
			return at, nil
		}
	}
	return time.Time{}, nil
}

// onDay is the first moment on a date, by the clock on the wall, at or after a minute of
// the day.
func onDay(date time.Time, minute int, zone *time.Location) time.Time {
	year, month, day := date.Date()
	want := time.Date(year, month, day, minute/60, minute%60, 0, 0, time.UTC)
	// The wall's clock is at most this far from UTC, and jumps by no more than a day.
	const far = 26 * time.Hour
	from, to := want.Add(-far), want.Add(far)
	// Between changes of the clock the wall is a straight line, so the first moment at
	// which it shows what is wanted is on one of the lines, or where the next begins.
	for from.Before(to) {
		local := from.In(zone)
		_, offset := local.Zone()
		_, end := local.ZoneBounds()
		at := want.Add(-time.Duration(offset) * time.Second)
		if at.Before(from) {
			at = from
		}
		if end.IsZero() || at.Before(end) {
			return at.In(zone)
		}
		from = end
	}
	return to.In(zone)
}
