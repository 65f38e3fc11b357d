package knowledge_test

import (
	"cmp"
	"encoding/json"
	"testing"
	"time"

	"silkwire/knowledge"
)

func TestParseDate(t *testing.T) {
	const form = "write YYYY, YYYY-MM or YYYY-MM-DD, for example 2025-01-20"
	for _, test := range []struct {
		name, in string
		want     knowledge.Date
		err      string
	}{
		{"nothing is no date known", "", knowledge.Date{}, ""},
		{"a year stays a year", "2025", knowledge.Date{Year: 2025}, ""},
		{"a month stays a month", "2025-01", knowledge.Date{Year: 2025, Month: time.January}, ""},
		{"a day", "2025-01-20", knowledge.Date{Year: 2025, Month: time.January, Day: 20}, ""},
		{"leap day of a leap year", "2024-02-29", knowledge.Date{Year: 2024, Month: time.February, Day: 29}, ""},
		{"leap day of another year", "2025-02-29", knowledge.Date{}, `"2025-02-29" is no date: ` + form},
		{"leap day of a century", "1900-02-29", knowledge.Date{}, `"1900-02-29" is no date: ` + form},
		{"31 April", "2025-04-31", knowledge.Date{}, `"2025-04-31" is no date: ` + form},
		{"day 0", "2025-04-00", knowledge.Date{}, `"2025-04-00" is no date: ` + form},
		{"month 13", "2025-13", knowledge.Date{}, `"2025-13" is no date: ` + form},
		{"month 0", "2025-00", knowledge.Date{}, `"2025-00" is no date: ` + form},
		{"year 0, which would read as no date known", "0000", knowledge.Date{}, `"0000" is no date: ` + form},
		{"month of year 0", "0000-05", knowledge.Date{}, `"0000-05" is no date: ` + form},
		{"two digits of a year", "25", knowledge.Date{}, `"25" is no date: ` + form},
		{"one digit of a month", "2025-1", knowledge.Date{}, `"2025-1" is no date: ` + form},
		{"slashes", "2025/01/20", knowledge.Date{}, `"2025/01/20" is no date: ` + form},
		{"day first", "20-01-2025", knowledge.Date{}, `"20-01-2025" is no date: ` + form},
		{"words", "January 2025", knowledge.Date{}, `"January 2025" is no date: ` + form},
		{"time of day", "2025-01-20T00:00:00Z", knowledge.Date{}, `"2025-01-20T00:00:00Z" is no date: ` + form},
		{"space around", " 2025", knowledge.Date{}, `" 2025" is no date: ` + form},
		{"signed year", "-025", knowledge.Date{}, `"-025" is no date: ` + form},
		{"other digits", "２０２", knowledge.Date{}, `"２０２" is no date: ` + form},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := knowledge.ParseDate(test.in)
			if say := message(err); got != test.want || say != test.err {
				t.Errorf("ParseDate(%q) = %#v, %q\nwant %#v, %q", test.in, got, say, test.want, test.err)
			}
			if err == nil && got.String() != test.in {
				t.Errorf("ParseDate(%q).String() = %q", test.in, got.String())
			}
		})
	}
}

func TestDatePrecision(t *testing.T) {
	day := func(year int, month time.Month, day int) time.Time {
		return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	}
	for _, test := range []struct {
		in, words   string
		first, last time.Time
	}{
		{"2025", "2025", day(2025, 1, 1), day(2025, 12, 31)},
		{"2025-01", "January 2025", day(2025, 1, 1), day(2025, 1, 31)},
		{"2025-02", "February 2025", day(2025, 2, 1), day(2025, 2, 28)},
		{"2024-02", "February 2024", day(2024, 2, 1), day(2024, 2, 29)},
		{"2025-12", "December 2025", day(2025, 12, 1), day(2025, 12, 31)},
		{"2025-01-20", "20 January 2025", day(2025, 1, 20), day(2025, 1, 20)},
		{"0987-06", "June 987", day(987, 6, 1), day(987, 6, 30)},
	} {
		d := date(t, test.in)
		if got := d.Words(); got != test.words {
			t.Errorf("%s.Words() = %q, want %q", test.in, got, test.words)
		}
		if got := d.First(); !got.Equal(test.first) {
			t.Errorf("%s.First() = %v, want %v", test.in, got, test.first)
		}
		if got := d.Last(); !got.Equal(test.last) {
			t.Errorf("%s.Last() = %v, want %v", test.in, got, test.last)
		}
		if d.IsZero() {
			t.Errorf("%s.IsZero() = true, want false", test.in)
		}
	}
	var none knowledge.Date
	if !none.IsZero() || none.Words() != "" || none.String() != "" {
		t.Errorf("the zero Date: IsZero %v, Words %q, String %q; want true and nothing", none.IsZero(), none.Words(), none.String())
	}
}

func TestDateCompare(t *testing.T) {
	inOrder := []string{"", "0987", "2024-12-31", "2025", "2025-01", "2025-01-01", "2025-01-20", "2025-02", "2025-02-01", "2026"}
	for i, a := range inOrder {
		for j, b := range inOrder {
			got := cmp.Compare(date(t, a).Compare(date(t, b)), 0)
			if want := cmp.Compare(i, j); got != want {
				t.Errorf("%q.Compare(%q) has sign %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestDateJSON(t *testing.T) {
	type dated struct {
		On knowledge.Date `json:"on,omitzero"`
	}
	for _, test := range []struct{ name, in, out, err string }{
		{"year", `{"on":"2025"}`, `{"on":"2025"}`, ""},
		{"month", `{"on":"2025-01"}`, `{"on":"2025-01"}`, ""},
		{"day", `{"on":"2025-01-20"}`, `{"on":"2025-01-20"}`, ""},
		{"no date known is left out", `{}`, `{}`, ""},
		{"an empty date is none", `{"on":""}`, `{}`, ""},
		{"null is none", `{"on":null}`, `{}`, ""},
		{"impossible day", `{"on":"2025-02-30"}`, "", `"2025-02-30" is no date: write YYYY, YYYY-MM or YYYY-MM-DD, for example 2025-01-20`},
		{"number", `{"on":2025}`, "", "read date: json: cannot unmarshal number into Go value of type string"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var d dated
			err := json.Unmarshal([]byte(test.in), &d)
			if got := message(err); got != test.err {
				t.Fatalf("reading %s: error %q, want %q", test.in, got, test.err)
			}
			if err != nil {
				return
			}
			out, err := json.Marshal(d)
			if err != nil || string(out) != test.out {
				t.Errorf("%s written again is %s, %v; want %s", test.in, out, err, test.out)
			}
		})
	}
}

func date(t testing.TB, s string) knowledge.Date {
	t.Helper()
	d, err := knowledge.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
