package chart

import (
	"image/color"
	"image/png"
	"io"
	"math"
	"sort"
	"strings"
	"sync"
	"unicode"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"

	"silkwire/bot"
)

// Measures of a card, in pixels. A length of the library's is a pixel at this
// resolution.
const (
	width  = 800
	margin = 26
	inside = width - 2*margin
	dpi    = 72

	titleSize = 23
	bodySize  = 18
	smallSize = 16

	headHeight = 90 // of the title and the line below it
	lineBelow  = 24 // of that line alone
	noteHeight = 26

	thin = 1 // a line of the grid, and of a mark
)

// The colours of a card. Text has a contrast to the card of 4.5 at least, and what is
// drawn of 3, by https://www.w3.org/TR/WCAG22/#contrast-minimum and #non-text-contrast;
// a test keeps that.
var (
	cardColour  = color.NRGBA{0x1d, 0x23, 0x30, 0xff}
	edgeColour  = color.NRGBA{0x6c, 0x78, 0x90, 0xff}
	textColour  = color.NRGBA{0xf2, 0xf4, 0xf8, 0xff}
	quietColour = color.NRGBA{0xb4, 0xbd, 0xcc, 0xff}
	gridColour  = color.NRGBA{0x3a, 0x44, 0x58, 0xff} // only leads the eye
	markColour  = color.NRGBA{0xff, 0xd1, 0x66, 0xff}
)

// seriesColours tell lines apart for the colour-blind too: Okabe and Ito's, on dark.
var seriesColours = []color.NRGBA{
	{0x56, 0xb4, 0xe9, 0xff}, {0xe6, 0x9f, 0x00, 0xff}, {0x2f, 0xc4, 0x96, 0xff}, {0xf0, 0xe4, 0x42, 0xff}, {0xe2, 0x8f, 0xbf, 0xff}, {0xf2, 0x8a, 0x5c, 0xff},
}

// bearingColours are those of a card's stripe on chat platforms, lighter.
var bearingColours = [...]color.NRGBA{
	bot.NoBearing: seriesColours[0], bot.Helps: {0x45, 0xc4, 0x82, 0xff}, bot.Hurts: {0xf0, 0x70, 0x6a, 0xff}, bot.BothWays: {0xe8, 0xb3, 0x4c, 0xff},
}

// sheet is a card while it is drawn. Places on it are counted from its upper left corner.
type sheet struct {
	*vgimg.Canvas
	height float64
}

func newSheet(height float64) *sheet {
	height = math.Ceil(height)
	image := vgimg.NewWith(vgimg.UseWH(width, vg.Length(height)), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(edgeColour))
	s := &sheet{image, height}
	s.box(1, 1, width-2, height-2, cardColour)
	return s
}

// encode writes the picture.
func (s *sheet) encode(w io.Writer) error { return png.Encode(w, s.Image()) }

func (s *sheet) at(x, y float64) vg.Point {
	return vg.Point{X: vg.Length(x), Y: vg.Length(s.height - y)}
}

func (s *sheet) box(x, y, w, h float64, c color.Color) {
	var p vg.Path
	p.Move(s.at(x, y))
	p.Line(s.at(x+w, y))
	p.Line(s.at(x+w, y+h))
	p.Line(s.at(x, y+h))
	p.Close()
	s.SetColor(c)
	s.Fill(p)
}

func (s *sheet) dot(x, y, radius float64, c color.Color) {
	var p vg.Path
	p.Move(s.at(x+radius, y))
	p.Arc(s.at(x, y), vg.Length(radius), 0, 2*math.Pi)
	p.Close()
	s.SetColor(c)
	s.Fill(p)
}

// pen sets how thick, and in which colour, lines are drawn.
func (s *sheet) pen(thick float64, c color.Color, dashes ...vg.Length) {
	s.SetLineWidth(vg.Length(thick))
	s.SetLineDash(dashes, 0)
	s.SetColor(c)
}

// stroke draws a thin line.
func (s *sheet) stroke(x0, y0, x1, y1 float64, c color.Color, dashes ...vg.Length) {
	var p vg.Path
	p.Move(s.at(x0, y0))
	p.Line(s.at(x1, y1))
	s.pen(thin, c, dashes...)
	s.Stroke(p)
}

// letters are a size, a weight and a colour of text.
type letters struct {
	size   float64
	bold   bool
	colour color.Color
}

var (
	titleLetters = letters{titleSize, true, textColour}
	bodyLetters  = letters{bodySize, false, textColour}
	boldLetters  = letters{bodySize, true, textColour}
	quietLetters = letters{bodySize, false, quietColour}
	smallLetters = letters{smallSize, false, quietColour}
)

// typefaces are the fonts, which are read when the first picture is drawn. They are part
// of the program: that they can be read is shown by every test that draws.
var typefaces = sync.OnceValue(func() (t struct{ regular, bold *opentype.Font }) {
	t.regular, _ = opentype.Parse(liberationsansregular.TTF)
	t.bold, _ = opentype.Parse(liberationsansbold.TTF)
	return t
})

func (l letters) face() font.Face {
	f := typefaces().regular
	if l.bold {
		f = typefaces().bold
	}
	return font.Face{Font: font.Font{Size: vg.Length(l.size)}, Face: f}
}

func (l letters) width(text string) float64 {
	face := l.face()
	return float64(face.Width(text))
}

// write puts text on its base line and returns where it ends.
func (s *sheet) write(x, y float64, l letters, text string) float64 {
	s.SetColor(l.colour)
	s.FillString(l.face(), s.at(x, y), text)
	return x + l.width(text)
}

// writeRight puts text so that it ends at x.
func (s *sheet) writeRight(x, y float64, l letters, text string) {
	s.write(x-l.width(text), y, l, text)
}

// writeMiddle puts text around x.
func (s *sheet) writeMiddle(x, y float64, l letters, text string) {
	s.write(x-l.width(text)/2, y, l, text)
}

// fit is as much of a text as there is room for, cut between words, or inside the first
// one if that is too long.
func (l letters) fit(text string, room float64) string {
	if l.width(text) <= room {
		return text
	}
	words := strings.Fields(text)
	cut := func(n int) string { return strings.TrimRight(strings.Join(words[:n], " "), " ,;:.–") + " …" }
	// The first number of words that is too many.
	if n := sort.Search(len(words), func(n int) bool { return n > 0 && l.width(cut(n)) > room }); n > 1 {
		return cut(n - 1)
	}
	if len(words) == 0 {
		return ""
	}
	letters := []rune(words[0])
	part := func(n int) string { return string(letters[:n]) + "…" }
	if n := sort.Search(len(letters)+1, func(n int) bool { return l.width(part(n)) > room }); n > 1 {
		return part(n - 1)
	}
	return ""
}

// legible is a text without what the font has no letters for, and without the brackets
// and signs that stood around that.
func legible(text string) string {
	regular, bold := bodyLetters.face().Face, boldLetters.face().Face
	var b sfnt.Buffer
	lost := false
	kept := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		in, err := regular.GlyphIndex(&b, r)
		too, err2 := bold.GlyphIndex(&b, r)
		if err != nil || err2 != nil || in == 0 || too == 0 || !unicode.IsGraphic(r) {
			lost = true
			return -1
		}
		return r
	}, bot.Clean(text))
	if lost {
		for _, empty := range []string{"()", "( )", "“”", "\"\"", "[]"} {
			kept = strings.ReplaceAll(kept, empty, "")
		}
		kept = strings.Trim(kept, " ·–-,;:/|")
	}
	return strings.Join(strings.Fields(kept), " ")
}

// head writes the title, at its right a figure if there is one that matters most, and a
// quiet line below.
func (s *sheet) head(title bot.Text, most, below string) {
	room := float64(inside)
	if most != "" {
		s.writeRight(width-margin, 42, titleLetters, most)
		room -= titleLetters.width(most) + 20
	}
	s.write(margin, 42, titleLetters, titleLetters.fit(legible(title.String()), room))
	s.write(margin, 69, quietLetters, quietLetters.fit(legible(below), inside))
}

// headRoom is the room that a title takes with the line below it, if there is one.
func headRoom(below string) float64 {
	if legible(below) == "" {
		return headHeight - lineBelow
	}
	return headHeight
}

// note writes what is said quietly at the lower end.
func (s *sheet) note(text string) {
	s.write(margin, s.height-16, smallLetters, smallLetters.fit(legible(text), inside))
}

// noteRoom is the room that a note takes.
func noteRoom(text string) float64 {
	if legible(text) == "" {
		return 0
	}
	return noteHeight
}

// finite tells whether v can stand on a picture.
func finite(v float64) bool { return !math.IsNaN(v) && math.Abs(v) < 1e15 }
