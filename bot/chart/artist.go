// Package chart draws a bot.Chart as a PNG for the platforms that show pictures: a
// line of figures over time with events marked on it, bars, or a line of time.
//
// For most uses make one Artist and ask it for the PNG of each chart. A picture is a card
// 800 pixels wide with a background of its own, so that it reads the same on a dark and
// on a light page, and with letters that stay legible at the half of that, which is how
// wide a chat shows it. The same chart makes the same bytes. What the font has no letters
// for, Chinese above all, is left out and never drawn as boxes: the words beside the
// picture have it.
//
// What puts paths and letters on the card is gonum's canvas. Its plots are not used: they
// read twelve fonts at the start of the program, whether or not anything is drawn, which
// costs three megabytes. The package may import silkwire/bot, gonum.org/v1/plot and the
// fonts, which are used nowhere else.
package chart

import (
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"errors"
	"fmt"
	"slices"
	"sync"

	"silkwire/bot"
)

// ErrNothing is of a chart of which there is nothing to draw: no figures, a single one
// on a line, one that is no number, no events.
var ErrNothing = errors.New("there is nothing to draw")

// mostKept is how many pictures are kept, each of some hundred kilobytes.
const mostKept = 8

// Artist draws charts, one at a time, which takes a few megabytes for some hundredths of
// a second, and keeps the last ones. It is safe for use by many goroutines.
type Artist struct {
	mu   sync.Mutex // held while one is drawn
	kept []picture  // the one that was asked for last stands last; guarded by mu
}

type picture struct {
	of  [sha256.Size]byte // of all that the chart says
	png []byte
}

// NewArtist is an Artist that has drawn nothing so far.
func NewArtist() *Artist { return &Artist{} }

// PNG is the picture of a chart; nobody may change its bytes. Its error wraps ErrNothing
// where there is none.
func (a *Artist) PNG(c bot.Chart) ([]byte, error) {
	h := sha256.New()
	if err := gob.NewEncoder(h).Encode(c); err != nil {
		return nil, fmt.Errorf("tell a chart from others: %w", err)
	}
	var of [sha256.Size]byte
	h.Sum(of[:0])
	a.mu.Lock()
	defer a.mu.Unlock()
	if i := slices.IndexFunc(a.kept, func(p picture) bool { return p.of == of }); i >= 0 {
		p := a.kept[i]
		a.kept = append(slices.Delete(a.kept, i, i+1), p)
		return p.png, nil
	}
	s, err := draw(c)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := s.encode(&b); err != nil {
		return nil, fmt.Errorf("encode a chart: %w", err)
	}
	if len(a.kept) == mostKept {
		a.kept = slices.Delete(a.kept, 0, 1)
	}
	a.kept = append(a.kept, picture{of, b.Bytes()})
	return b.Bytes(), nil
}

// draw lays a chart out on a sheet of the height that it takes.
func draw(c bot.Chart) (*sheet, error) {
	switch c.Kind {
	case bot.Line:
		return drawLine(c)
	case bot.Timeline:
		return drawTimeline(c)
	default:
		return drawBars(c)
	}
}
