package knowledge

import (
	"encoding/json"
	"fmt"
	"time"
)

// Date is a calendar date that is as exact as its source: a year, a month of a
// year, or a day. The precision is meant: "2025" is not "1 January 2025".
// The zero Date means that no date is known.
type Date struct {
	Year  int
	Month time.Month // 0: only the year is known
	Day   int        // 0: only year and month are known
}

// ParseDate reads YYYY, YYYY-MM or YYYY-MM-DD. The empty string is the zero
// Date. It returns an error that shows the right form for anything else, days
// that do not exist included.
func ParseDate(s string) (Date, error) {
	if s == "" {
		return Date{}, nil
	}
	for _, layout := range [...]string{"2006", "2006-01", "2006-01-02"} {
		if len(s) != len(layout) {
			continue
		}
		t, err := time.Parse(layout, s)
		if err != nil {
			break
		}
		if t.Year() == 0 {
			break // there was none, and it is how Date says that no date is known
		}
		d := Date{Year: t.Year()}
		if len(layout) > len("2006") {
			d.Month = t.Month()
		}
		if len(layout) > len("2006-01") {
			d.Day = t.Day()
		}
		return d, nil
	}
	return Date{}, fmt.Errorf("%q is no date: write YYYY, YYYY-MM or YYYY-MM-DD, for example 2025-01-20", s)
}

// IsZero tells whether no date is known.
func (d Date) IsZero() bool { return d.Year == 0 }

// String is the form that ParseDate reads.
func (d Date) String() string {
	switch {
	case d.Year == 0:
		return ""
	case d.Month == 0:
		return fmt.Sprintf("%04d", d.Year)
	case d.Day == 0:
		return fmt.Sprintf("%04d-%02d", d.Year, d.Month)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// Words is the date as a reader says it: "2025", "January 2025" or
// "20 January 2025". It is empty for the zero Date.
func (d Date) Words() string {
	switch {
	case d.Year == 0:
		return ""
	case d.Month == 0:
		return fmt.Sprintf("%d", d.Year)
	case d.Day == 0:
		return fmt.Sprintf("%s %d", d.Month, d.Year)
	}
	return fmt.Sprintf("%d %s %d", d.Day, d.Month, d.Year)
}

// First is the first day that the date may mean, at midnight UTC.
func (d Date) First() time.Time {
	return time.Date(d.Year, max(d.Month, 1), max(d.Day, 1), 0, 0, 0, 0, time.UTC)
}

// Last is the last day that the date may mean, at midnight UTC.
func (d Date) Last() time.Time {
	switch {
	case d.Month == 0:
		return time.Date(d.Year, time.December, 31, 0, 0, 0, 0, time.UTC)
	case d.Day == 0:
		return time.Date(d.Year, d.Month+1, 0, 0, 0, 0, 0, time.UTC)
	}
	return d.First()
}

// Compare orders dates by their first day; of two that begin on the same day
// the less exact one comes first. The zero Date comes before all others.
func (d Date) Compare(e Date) int {
	if c := d.Year - e.Year; c != 0 {
		return c
	}
	if c := int(d.Month) - int(e.Month); c != 0 {
		return c
	}
	return d.Day - e.Day
}

// MarshalJSON writes the form that ParseDate reads.
func (d Date) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (d *Date) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("read date: %w", err)
	}
	parsed, err := ParseDate(s)
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
