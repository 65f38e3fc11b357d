package chart

import (
	"fmt"
	"image/color"
	"math"
	"testing"
)

// luminance is https://www.w3.org/TR/WCAG22/#dfn-relative-luminance.
func luminance(c color.NRGBA) float64 {
	part := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*part(c.R) + 0.7152*part(c.G) + 0.0722*part(c.B)
}

func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// TestContrast keeps what WCAG asks for. The card is opaque, so that no page's colour
// matters for what stands on it; its edge tells it from the pages that are nearly as dark.
func TestContrast(t *testing.T) {
	want := func(what string, c, on color.NRGBA, least float64) {
		if got := contrast(c, on); got < least {
			t.Errorf("%s: the contrast is %.2f, at least %.1f", what, got, least)
		}
	}
	want("text", textColour, cardColour, 7)
	want("quiet text", quietColour, cardColour, 4.5)
	want("number on a mark", cardColour, markColour, 4.5)
	want("mark", markColour, cardColour, 3)
	for i, c := range seriesColours {
		want(fmt.Sprintf("line %d", i), c, cardColour, 3)
	}
	for i, c := range bearingColours {
		want(fmt.Sprintf("bearing %d", i), c, cardColour, 3)
	}
	for name, page := range map[string]color.NRGBA{
		"Discord dark": {0x31, 0x33, 0x38, 0xff}, "Discord embed, dark": {0x2b, 0x2d, 0x31, 0xff}, "Discord black": {0, 0, 0, 0xff}, "Slack dark": {0x1a, 0x1d, 0x21, 0xff},
		"Discord light": {0xff, 0xff, 0xff, 0xff}, "Discord embed, light": {0xf2, 0xf3, 0xf5, 0xff}, "Slack light": {0xff, 0xff, 0xff, 0xff},
	} {
		if edge, card := contrast(edgeColour, page), contrast(cardColour, page); edge < 2.5 && card < 2.5 {
			t.Errorf("on %s neither the edge (%.2f) nor the card (%.2f) stands out", name, edge, card)
		}
	}
}

func TestSpread(t *testing.T) {
	for _, c := range []struct{ at, want []float64 }{
		{nil, nil},
		{[]float64{10, 100}, []float64{10, 100}},
		{[]float64{50, 51, 52}, []float64{50, 70, 90}},
		{[]float64{98, 99, 100}, []float64{60, 80, 100}},
		{[]float64{0, 0}, []float64{5, 25}},
	} {
		if got := spread(c.at, 20, 5, 100); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%v became %v, want %v", c.at, got, c.want)
		}
	}
}

func TestTicks(t *testing.T) {
	labels := func(low, high float64) string {
		s := ""
		for _, tick := range valueTicks(low, high) {
			s += tick.label + " "
		}
		return s
	}
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{180, 219, "180 190 200 210 "}, {-11000, 34000, "−10,000 0 10,000 20,000 30,000 "}, {118.4, 118.8, "118.4 118.5 118.6 118.7 118.8 "}, {0.001, 0.0042, "0.001 0.002 0.003 0.004 "}, {-2.3, 1.07, "−2 −1 0 1 "},
	} {
		if got := labels(c.low, c.high); got != c.want {
			t.Errorf("%v to %v: %q, want %q", c.low, c.high, got, c.want)
		}
	}
}

func TestLegible(t *testing.T) {
	for text, want := range map[string]string{
		"Nvidia": "Nvidia", "NVDA · 英伟达": "NVDA", "阿里巴巴": "", "Huawei (华为)": "Huawei", "“深度求索” DeepSeek": "DeepSeek",
		"a\x00b\u202ec": "abc", "Åse – 5 €": "Åse – 5 €", "chips 🇨🇳 rule": "chips rule", "two\nlines": "two lines",
	} {
		if got := legible(text); got != want {
			t.Errorf("%q is legible as %q, want %q", text, got, want)
		}
	}
}
