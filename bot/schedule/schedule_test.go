package schedule_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"silkwire/bot/schedule"
)

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestNext(t *testing.T) {
	for _, tt := range []struct {
		name, zone  string
		minute      int
		days        schedule.Days
		after, want string
	}{
		{"later that day", "Europe/Berlin", 8*60 + 30, schedule.EveryDay, "2026-11-26T05:00:00Z", "2026-11-26T08:30:00+01:00"},
		{"at that moment it is over", "Europe/Berlin", 8*60 + 30, schedule.EveryDay, "2026-11-26T07:30:00Z", "2026-11-27T08:30:00+01:00"},
		{"not at the weekend", "Europe/Berlin", 8*60 + 30, schedule.Weekdays, "2026-11-27T10:00:00Z", "2026-11-30T08:30:00+01:00"},
		{"once a week", "Asia/Shanghai", 9 * 60, schedule.On(time.Monday), "2026-11-26T00:00:00Z", "2026-11-30T09:00:00+08:00"},
		{"02:30 does not exist", "Europe/Berlin", 2*60 + 30, schedule.EveryDay, "2026-03-28T12:00:00Z", "2026-03-29T03:00:00+02:00"},
		{"and the next is as usual", "Europe/Berlin", 2*60 + 30, schedule.EveryDay, "2026-03-29T01:00:00Z", "2026-03-30T02:30:00+02:00"},
		{"02:30 exists twice", "Europe/Berlin", 2*60 + 30, schedule.EveryDay, "2026-10-24T12:00:00Z", "2026-10-25T02:30:00+02:00"},
		{"and is due once", "Europe/Berlin", 2*60 + 30, schedule.EveryDay, "2026-10-25T00:30:00Z", "2026-10-26T02:30:00+01:00"},
		{"midnight does not exist", "America/Santiago", 0, schedule.EveryDay, "2026-09-05T12:00:00Z", "2026-09-06T01:00:00-03:00"},
		{"half an hour of saving", "Australia/Lord_Howe", 2*60 + 15, schedule.EveryDay, "2026-10-03T12:00:00Z", "2026-10-04T02:30:00+11:00"},
		{"far east", "Pacific/Kiritimati", 60, schedule.EveryDay, "2026-11-26T10:59:00Z", "2026-11-27T01:00:00+14:00"},
		{"far west", "Pacific/Pago_Pago", 23 * 60, schedule.EveryDay, "2026-11-26T09:00:00Z", "2026-11-25T23:00:00-11:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := schedule.Plan{Minute: tt.minute, Days: tt.days, Zone: tt.zone}.Next(moment(t, tt.after))
			if want := moment(t, tt.want); err != nil || !got.Equal(want) {
				t.Errorf("got %s, %v, want %s", got.Format(time.RFC3339), err, tt.want)
			}
		})
	}
	if at, err := (schedule.Plan{Zone: "UTC"}).Next(time.Time{}); err != nil || !at.IsZero() {
		t.Errorf("on no day it is due at %v, %v", at, err)
	}
	if _, err := (schedule.Plan{Days: schedule.EveryDay, Zone: "Europe/Atlantis"}).Next(time.Time{}); err == nil {
		t.Error("a zone that there is not is taken")
	}
}

// Two years of ten zones: each plan is due exactly once each day that it has, at the time
// that was ordered, or where that is skipped at the first that there is.
func TestTwoYears(t *testing.T) {
	for _, name := range []string{
		"UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Sao_Paulo", "America/Santiago", "Asia/Shanghai", "Asia/Kolkata",
		"Australia/Lord_Howe", "Africa/Casablanca",
	} {
		t.Run(name, func(t *testing.T) {
			zone, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, minute := range []int{0, 30, 60 + 59, 2*60 + 30, 3 * 60, 8*60 + 30, 12 * 60, 23*60 + 59} {
				walk(t, zone, schedule.Plan{Minute: minute, Days: schedule.EveryDay, Zone: name})
			}
		})
	}
}

func walk(t *testing.T, zone *time.Location, p schedule.Plan) {
	t.Helper()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, zone).Add(-time.Second)
	end := at.AddDate(2, 0, 0)
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for at.Before(end) {
		next, err := p.Next(at)
		if err != nil {
			t.Fatal(err)
		}
		local := next.In(zone)
		shown := local.Hour()*60 + local.Minute()
		if y, m, d := local.Date(); !time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Equal(day) {
			t.Fatalf("%s: due on %s, want %s", schedule.Clock(p.Minute), local, day.Format(time.DateOnly))
		}
		start, _ := local.ZoneBounds()
		if skipped := shown > p.Minute && start.Equal(next); shown != p.Minute && !skipped {
			t.Fatalf("%s: due at %s", schedule.Clock(p.Minute), local)
		}
		if again, err := p.Next(next.Add(-time.Nanosecond)); err != nil || !again.Equal(next) {
			t.Fatalf("%s: just before it is due at %s", schedule.Clock(p.Minute), again)
		}
		at, day = next, day.AddDate(0, 0, 1)
	}
}

func TestParseClock(t *testing.T) {
	for text, want := range map[string]string{
		"08:30": "08:30", "8:30": "08:30", "0830": "08:30", "8.30 am": "08:30", "8:30pm": "20:30", "12 am": "00:00", "12:05 p.m.": "12:05", " 23:59 ": "23:59", "7 am": "07:00",
		"25:00": "", "08:60": "", "8": "", "noon": "", "": "", "13 pm": "", "0 am": "", "-1:00": "", "8:3": "",
	} {
		minute, _, err := schedule.ParseClock(text)
		got := ""
		if err == nil {
			got = schedule.Clock(minute)
		} else if !errors.Is(err, schedule.ErrClock) {
			t.Errorf("%q: %v", text, err)
		}
		if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	if _, meant, _ := schedule.ParseClock("8"); meant != "08:00" {
		t.Errorf("8 is likely %q", meant)
	}
}

func TestParseDays(t *testing.T) {
	for text, want := range map[string]string{
		"": "every day", "daily": "every day", "weekdays": "on weekdays", "mon": "on Monday", "Tuesdays": "on Tuesday", "mon thu": "on Monday and Thursday",
		"weekend": "on Saturday and Sunday", "weekdays sat sun": "every day", "mon tue wed": "on Monday, Tuesday and Wednesday", "mo": "-", "someday": "-", "s": "-",
	} {
		var words []string
		if text != "" {
			words = strings.Fields(text)
		}
		days, err := schedule.ParseDays(words)
		got := days.String()
		if err != nil {
			got = "-"
			if !errors.Is(err, schedule.ErrDay) {
				t.Errorf("%q: %v", text, err)
			}
		}
		if got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

func FuzzParseClock(f *testing.F) {
	for _, s := range []string{"08:30", "8.30 am", "25:00", "12pm", "٣:٣٠"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if minute, _, err := schedule.ParseClock(s); err == nil && (minute < 0 || minute >= 24*60) {
			t.Errorf("%q is minute %d", s, minute)
		}
	})
}

func BenchmarkNext(b *testing.B) {
	p := schedule.Plan{Minute: 510, Days: schedule.Weekdays, Zone: "Europe/Berlin"}
	at := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Next(at); err != nil {
			b.Fatal(err)
		}
	}
}
