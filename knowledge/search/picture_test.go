package search_test

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"silkwire/knowledge/search"
)

// grown is what an engine of one size costs.
type grown struct {
	facts    int
	build    time.Duration
	heap     float64 // MB
	p50, p99 float64 // µs a query
}

// TestDrawCost measures engines of growing size, prints the table of
// docs/performance.md and draws its picture into the file that SILKWIRE_PICTURE
// names.
func TestDrawCost(t *testing.T) {
	picture := os.Getenv("SILKWIRE_PICTURE")
	if picture == "" {
		t.Skip("SILKWIRE_PICTURE names no file to draw into")
	}
	var all []grown
	for _, size := range []int{1_000, 10_000, 100_000, 1_000_000} {
		g := costOf(size)
		all = append(all, g)
		t.Logf("| %d | %.3f s | %.1f MB | %.1f µs | %.1f µs |", g.facts, g.build.Seconds(), g.heap, g.p50, g.p99)
	}
	if err := os.WriteFile(picture, []byte(drawCost(all)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func costOf(size int) grown {
	c := collectionOf(size)
	g := grown{facts: size}
	before := heap()
	from := time.Now()
	e := search.NewEngine(factField)
	e.AddAll(every(c.facts))
	g.build = time.Since(from)
	var took []float64
	for range 4 {
		for _, q := range c.asked {
			from := time.Now()
			e.Search(q, 100)
			took = append(took, float64(time.Since(from).Nanoseconds())/1000)
		}
	}
	g.heap = float64(heap()-before) / 1e6
	runtime.KeepAlive(e)
	slices.Sort(took)
	g.p50, g.p99 = took[len(took)/2], took[len(took)*99/100]
	return g
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// drawCost is two lines over the number of facts, all on logarithmic scales.
func drawCost(all []grown) string {
	const width, height, left, bottom = 640, 380, 70, 330
	x := func(facts int) float64 { return left + (math.Log10(float64(facts))-3)*175 }
	y := func(µs float64) float64 { return bottom - math.Log10(max(µs, 1))*75 }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13"><rect width="100%%" height="100%%" fill="#fff"/>`+"\n", width, height)
	fmt.Fprintf(&b, `<text x="%d" y="24" font-size="15">What a search costs as the number of facts grows</text>`+"\n", left)
	for _, µs := range []float64{1, 10, 100, 1000} {
		fmt.Fprintf(&b, `<line x1="%d" x2="%d" y1="%.0f" y2="%.0f" stroke="#ddd"/><text x="%d" y="%.0f" text-anchor="end">%.0f µs</text>`+"\n", left, width-20, y(µs), y(µs), left-8, y(µs)+4, µs)
	}
	for _, line := range []struct {
		name, color string
		of          func(grown) float64
	}{{"p50", "#06c", func(g grown) float64 { return g.p50 }}, {"p99", "#c40", func(g grown) float64 { return g.p99 }}} {
		var points []string
		for _, g := range all {
			points = append(points, fmt.Sprintf("%.1f,%.1f", x(g.facts), y(line.of(g))))
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="4" fill="%s"/>`+"\n", x(g.facts), y(line.of(g)), line.color)
		}
		last := all[len(all)-1]
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/><text x="%.0f" y="%.0f" fill="%s">%s</text>`+"\n",
			strings.Join(points, " "), line.color, x(last.facts)-30, y(line.of(last))-10, line.color, line.name)
	}
	for _, g := range all {
		fmt.Fprintf(&b, `<text x="%.0f" y="%d" text-anchor="middle">%d</text>`+"\n", x(g.facts), bottom+22, g.facts)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">facts</text></svg>`+"\n", width/2, bottom+42)
	return b.String()
}
