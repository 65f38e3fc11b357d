package chart_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"silkwire/bot"
	"silkwire/bot/chart"
)

func day(month time.Month, d int) time.Time { return time.Date(2026, month, d, 0, 0, 0, 0, time.UTC) }

// prices is a line of so many working days until 17 November 2026, that wanders in a
// way that is always the same.
func prices(n int, from, sway float64) []bot.Point {
	var out []bot.Point
	at := day(time.November, 17).Add(21 * time.Hour)
	for len(out) < n {
		if w := at.Weekday(); w != time.Saturday && w != time.Sunday {
			x := float64(len(out))
			v := from * (1 + sway*(math.Sin(x/5)+math.Sin(x/1.7)/3-x/40))
			out = append(out, bot.Point{Label: at.Format(time.DateOnly), Value: math.Round(v*100) / 100, At: at})
		}
		at = at.AddDate(0, 0, -1)
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

func event(at time.Time, label, detail string) bot.Event {
	return bot.Event{At: at, When: at.Format("2 Jan 2006"), Label: label, Detail: detail}
}

var rules = []bot.Event{
	{At: time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC), When: "2018", Label: "Export Control Reform Act of 2018", Detail: "The US statute behind the controls on dual-use exports."},
	{At: time.Date(2021, 4, 8, 0, 0, 0, 0, time.UTC), When: "8 Apr 2021", Label: "Entity List", Detail: "The US list of parties that need a licence for controlled items."},
	{At: time.Date(2022, 10, 7, 0, 0, 0, 0, time.UTC), When: "7 Oct 2022", Label: "October 7, 2022 chip rules", Detail: "The first broad US controls on AI chips, supercomputers and chipmaking for China."},
	{At: time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC), When: "2023", Label: "China's gallium, germanium and antimony controls", Detail: "Chinese export controls on minor metals."},
	{At: time.Date(2024, 12, 2, 0, 0, 0, 0, time.UTC), When: "2 Dec 2024", Label: "December 2, 2024 chip rules"},
	{At: time.Date(2025, 1, 13, 0, 0, 0, 0, time.UTC), When: "13 Jan 2025", Label: "AI Diffusion Rule 人工智能扩散规则", Detail: "The worldwide chip rule of January 2025 in three tiers, whose rescission was announced in May 2025."},
	{At: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC), When: "15 Jan 2026", Label: "芯片安全法", Detail: "A name that the font has no letters for gives way to what is said of it."},
}

// charts are one of each kind, and those that are hard to lay out.
var charts = map[string]bot.Chart{
	"line": {
		Kind: bot.Line, Title: bot.B("NVDA · Nvidia 英伟达"), Unit: "USD", Series: []bot.Series{{Name: "NVDA", Points: prices(60, 208.64, 0.06)}},
		Events: []bot.Event{
			event(day(9, 1), "Zhipu", "was reported to be still on the US Entity List in September 2026: seven entries under a presumption of denial."),
			event(day(9, 24), "Trump-Xi Washington summit", "Xi Jinping paid a state visit to the US; no fact of it changes a chip rule."),
			event(day(9, 28), "China's rare-earth export controls", "China's commerce ministry was reported to say that the Kuala Lumpur arrangement holds."),
			event(day(10, 16), "China's Ministry of Commerce", "China published a draft that adds 40 items to its catalogue of technologies."),
		},
		Note: "Prices as imported, the last of 17 November 2026, 21:00 UTC. Not live.",
	},
	"line-short": {Kind: bot.Line, Title: bot.B("9988.HK · Alibaba"), Unit: "HKD", Series: []bot.Series{{Points: prices(2, 118.4, 0.01)}}},
	"line-flat":  {Kind: bot.Line, Title: bot.B("A price that stays"), Unit: "USD", Series: []bot.Series{{Points: []bot.Point{{Value: 5, At: day(11, 1)}, {Value: 5, At: day(11, 9)}}}}},
	"line-crowd": {
		Kind: bot.Line, Title: bot.B("A day on which much happened"), Unit: "USD", Series: []bot.Series{{Points: prices(250, 30000, 0.2)}},
		Events: []bot.Event{
			event(day(6, 23), "Alibaba", "sued"), event(day(6, 24), "MATCH Act", ""), event(day(6, 25), "Entity List", ""), event(day(6, 26), "Foreign Direct Product Rule with a name that is long", "and a detail"),
			event(day(11, 17), "On the last day", ""),
		},
	},
	"lines": {
		Kind: bot.Line, Title: bot.B("Touched tickers"), Unit: "change in % since the first price shown",
		Series: []bot.Series{{Name: "NVDA", Points: prices(30, 6, 0.8)}, {Name: "9988.HK", Points: prices(24, -4, 0.9)}, {Name: "688256.SS", Points: prices(30, 3, 1.8)}},
	},
	"bars": {
		Title: bot.B("Exposure to Chinese AI"), Unit: "tickers by which way Chinese AI moves them",
		Series: []bot.Series{{Points: []bot.Point{
			{Label: "Benefits", Value: 9, Bearing: bot.Helps, Names: strings.Fields("0020.HK 0992.HK 1024.HK 1347.HK 3690.HK 688041.SS 688256.SS COIN TSLA")},
			{Label: "Hurt", Value: 9, Bearing: bot.Hurts, Names: strings.Fields("000660.KS 2317.TW TSM 2330.TW 600745.SS CDNS KLAC SMCI SNPS")},
			{Label: "Mixed", Value: 33, Bearing: bot.BothWays, Names: strings.Fields("002230.SZ 005930.KS 0100.HK TCEHY 0700.HK 0981.HK 688981.SS 1810.HK 2513.HK 300750.SZ 6082.HK 688795.SS 688802.SS BIDU 9888.HK 9903.HK BABA 9988.HK AAPL ABNB AMAT AMD AMZN ASML ASML.AS GOOGL GOOG LRCX META MSFT MU NVDA ORCL 002230.SZ 005930.KS 0100.HK TCEHY 0700.HK 0981.HK")},
		}}},
		Note: "The direction is silkwire's reading of recorded facts.",
	},
	"bars-signed":  {Title: bot.B("Today"), Unit: "%", Series: []bot.Series{{Points: []bot.Point{{Label: "NVDA", Value: -2.31, Bearing: bot.Hurts}, {Label: "阿里巴巴 Alibaba", Value: 1.07, Bearing: bot.Helps}, {Label: "GOOG", Value: 0}, {Label: "A name that goes on and on until there is no room left", Value: 0.4}}}}},
	"timeline":     {Kind: bot.Timeline, Title: bot.B("Policies"), Unit: "when each began", Events: rules},
	"timeline-one": {Kind: bot.Timeline, Title: bot.B("Timeline: Kimi"), Events: rules[4:5], Note: "1 further fact bears no date."},
}

func drawn(t *testing.T, c bot.Chart) []byte {
	t.Helper()
	b, err := chart.NewArtist().PNG(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPictures(t *testing.T) {
	for name, c := range charts {
		t.Run(name, func(t *testing.T) {
			got, file := drawn(t, c), filepath.Join("testdata", name+".png")
			if os.Getenv("UPDATE_GOLDEN") == "1" {
				if err := os.WriteFile(file, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v: make it with UPDATE_GOLDEN=1 and look at it", err)
			}
			if off := differing(t, got, want); off > 0.0003 {
				t.Errorf("%.3f %% of the pixels are not those of %s", off*100, file)
			}
		})
	}
}

// differing is the part of the pixels that are clearly of another colour.
func differing(t *testing.T, a, b []byte) float64 {
	t.Helper()
	x, y := decoded(t, a), decoded(t, b)
	if x.Bounds() != y.Bounds() {
		return 1
	}
	off := 0
	for i := range x.Bounds().Dy() {
		for j := range x.Bounds().Dx() {
			if distance(x.At(j, i), y.At(j, i)) > 0x1800 {
				off++
			}
		}
	}
	return float64(off) / float64(x.Bounds().Dx()*x.Bounds().Dy())
}

func decoded(t *testing.T, b []byte) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func distance(a, b color.Color) int {
	r, g, bl, _ := a.RGBA()
	r2, g2, b2, _ := b.RGBA()
	far := func(x, y uint32) int { return max(int(x)-int(y), int(y)-int(x)) }
	return max(far(r, r2), far(g, g2), far(bl, b2))
}

func TestSameChartSameBytes(t *testing.T) {
	for name, c := range charts {
		if !bytes.Equal(drawn(t, c), drawn(t, c)) {
			t.Errorf("%s: two drawings differ", name)
		}
	}
}

func TestArtistKeeps(t *testing.T) {
	a := chart.NewArtist()
	pointer := func(c bot.Chart) *byte {
		b, err := a.PNG(c)
		if err != nil {
			t.Fatal(err)
		}
		return &b[0]
	}
	first := pointer(charts["timeline-one"])
	if pointer(charts["timeline-one"]) != first {
		t.Error("the same chart was drawn twice")
	}
	other := charts["timeline-one"]
	for i := range 20 { // more than are kept
		other.Note = strings.Repeat("n", i+1)
		pointer(other)
	}
	if pointer(charts["timeline-one"]) == first {
		t.Error("what nobody asked for any more is kept")
	}
}

func TestNothingToDraw(t *testing.T) {
	two := []bot.Point{{Value: 1, At: day(1, 1)}, {Value: math.NaN(), At: day(1, 2)}}
	for name, c := range map[string]bot.Chart{
		"noSeries":       {},
		"noPoints":       {Series: []bot.Series{{}}},
		"noNumber":       {Series: []bot.Series{{Points: []bot.Point{{Value: math.Inf(1)}}}}},
		"noLine":         {Kind: bot.Line, Series: []bot.Series{{Points: two[:1]}}},
		"nanOnLine":      {Kind: bot.Line, Series: []bot.Series{{Points: two}}},
		"timeless":       {Kind: bot.Line, Series: []bot.Series{{Points: []bot.Point{{Value: 1}, {Value: 2}}}}},
		"oneMoment":      {Kind: bot.Line, Series: []bot.Series{{Points: []bot.Point{{Value: 1, At: day(1, 1)}, {Value: 2, At: day(1, 1)}}}}},
		"noEvents":       {Kind: bot.Timeline},
		"eventsUnwriten": {Kind: bot.Timeline, Events: []bot.Event{{At: day(1, 1), Label: "芯片安全法"}}},
	} {
		if b, err := chart.NewArtist().PNG(c); !errors.Is(err, chart.ErrNothing) {
			t.Errorf("%s: %d bytes, error %v", name, len(b), err)
		}
	}
}

func FuzzPNG(f *testing.F) {
	f.Add("NVDA 英伟达", "USD", 1.0, -1e9, int64(0))
	f.Add("", "\x00\u202e%s", math.MaxFloat64, math.SmallestNonzeroFloat64, int64(1)<<40)
	f.Fuzz(func(t *testing.T, s, unit string, a, b float64, at int64) {
		if at < -1<<40 || at > 1<<40 {
			t.Skip("no year that anybody writes")
		}
		first := time.Unix(at, 0)
		points := []bot.Point{{Label: s, Value: a, At: first, Names: []string{s, s}}, {Label: unit, Value: b, At: first.Add(time.Hour)}}
		for _, kind := range []bot.ChartKind{bot.Bars, bot.Line, bot.Timeline} {
			png, err := chart.NewArtist().PNG(bot.Chart{
				Kind: kind, Title: bot.B(s), Unit: unit, Note: s, Series: []bot.Series{{Name: s, Points: points}},
				Events: []bot.Event{{At: first, When: s, Label: unit, Detail: s}},
			})
			if err != nil && !errors.Is(err, chart.ErrNothing) {
				t.Error(err)
			}
			if err == nil && decoded(t, png).Bounds().Dx() != 800 {
				t.Error("not as wide as promised")
			}
		}
	})
}

func BenchmarkPNG(b *testing.B) {
	for _, name := range []string{"line", "bars", "timeline"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := chart.NewArtist().PNG(charts[name]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("kept", func(b *testing.B) {
		a := chart.NewArtist()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := a.PNG(charts["line"]); err != nil {
				b.Fatal(err)
			}
		}
	})
}
