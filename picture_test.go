package main

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"silkwire/bot"
	"silkwire/bot/chart"
	"silkwire/bot/layout"
)

// pictureLines are what the pictures in docs/pictures.md are of, by their files.
var pictureLines = map[string]string{
	"ticker": "/ticker NVDA chart:", "exposure": "/exposure chart:", "policy": "/policy chart:", "timeline": "/timeline entity list chart:",
	"thesis": `/exposure if:"export controls tighten" chart:`,
}

// TestPicturesShipped draws what the commands of the shipped base offer as pictures.
// UPDATE_GOLDEN=1 writes them for the documentation; they change with the base.
func TestPicturesShipped(t *testing.T) {
	core, artist := keptCore(t, keptBase(t), 0), chart.NewArtist()
	for name, line := range pictureLines {
		c, has := layout.ChartOf(core.Dispatch(t.Context(), bot.Request{ID: name, Line: line}))
		if !has {
			t.Errorf("%s has no chart", line)
			continue
		}
		drawn, err := artist.PNG(c)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		img, err := png.Decode(bytes.NewReader(drawn))
		if err != nil || img.Bounds().Dx() != 800 || img.Bounds().Dy() > 720 {
			t.Errorf("%s: %v, %v", line, img.Bounds(), err)
		}
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(filepath.Join("docs", "pictures", "charts", name+".png"), drawn, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if page, err := os.ReadFile(filepath.Join("docs", "pictures.md")); err != nil || !strings.Contains(string(page), "pictures/charts/"+name+".png") {
			t.Errorf("docs/pictures.md does not show %s, %v", name, err)
		}
	}
}
