package slack

import (
	"math"
	"strings"

	"github.com/slack-go/slack"

	"silkwire/bot"
	"silkwire/bot/layout"
)

// chartWay is how the first chart of a reply is shown.
type chartWay uint8

const (
	asWords   chartWay = iota // what it shows, in a sentence
	asBlock                   // as Slack's own chart
	asPicture                 // as a picture, which follows
)

// way chooses: Slack's own chart where that says all that the chart says, else a picture,
// else Slack's own chart for what it can say, beside the words.
func (d drawing) way(c bot.Chart) chartWay {
	_, whole, ok := nativeChart(c)
	switch {
	case d.surface != onMessage:
		return asWords
	case d.native && ok && whole:
		return asBlock
	case d.pictures:
		return asPicture
	case d.native && ok:
		return asBlock
	}
	return asWords
}

// showsNative tells whether Slack's own chart is drawn.
func (d drawing) showsNative() bool {
	c, has := layout.ChartOf(d.reply)
	return has && d.way(c) == asBlock
}

// What Slack's own charts take:
// https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
const (
	maxChartTitle  = 50
	maxChartLabel  = 20
	maxChartPoints = 20
	maxChartSeries = 6
)

// nativeChart is a chart as Slack's own block, and whether that says all that it says:
// the block has no place for events and few for points. A line with more points is
// thinned, its ends kept. It is not ok where Slack has no such chart.
func nativeChart(c bot.Chart) (block *slack.DataVisualizationBlock, whole, ok bool) {
	if c.Kind == bot.Timeline || len(c.Series) == 0 || len(c.Series) > maxChartSeries {
		return nil, false, false
	}
	whole = len(c.Events) == 0
	first := c.Series[0].Points
	at := thinned(len(first))
	if c.Kind == bot.Bars && (len(at) < len(first) || len(c.Series) > 1) {
		return nil, false, false // a bar that is left out is missed
	}
	whole = whole && len(at) == len(first)
	var series []slack.DataVisualizationDataSeries
	var axis slack.DataVisualizationAxisConfig
	names := map[string]bool{}
	for n, s := range c.Series {
		name := layout.Shorten(plain(s.Name), maxChartLabel)
		if name == "" {
			name = layout.Shorten(plain(c.Title.String()), maxChartLabel)
		}
		if name == "" || names[name] || len(s.Points) != len(first) {
			return nil, false, false
		}
		names[name] = true
		var points []slack.DataVisualizationDataPoint
		for i, j := range at {
			label := layout.Shorten(plain(s.Points[j].Label), maxChartLabel)
			v := s.Points[j].Value
			if label == "" || math.IsNaN(v) || math.IsInf(v, 0) || n > 0 && axis.Categories[i] != label {
				return nil, false, false
			}
			if n == 0 {
				axis.Categories = append(axis.Categories, label)
			}
			points = append(points, slack.NewDataVisualizationDataPoint(label, v))
		}
		series = append(series, slack.NewDataVisualizationDataSeries(name, points...))
	}
	axis.YLabel = layout.Shorten(plain(c.Unit), maxChartTitle)
	var chart slack.DataVisualizationChart = slack.NewDataVisualizationBarChart(axis, series...)
	if c.Kind == bot.Line {
		chart = slack.NewDataVisualizationLineChart(axis, series...)
	}
	title := layout.Shorten(plain(c.Title.String()), maxChartTitle)
	if title == "" {
		title = "Chart"
	}
	block = slack.NewDataVisualizationBlock(title, chart)
	return block, whole, block.Validate() == nil
}

// thinned are the indexes of the points that are shown of n: the ends, and what stands
// evenly between them.
func thinned(n int) []int {
	shown := min(n, maxChartPoints)
	out := make([]int, shown)
	for i := range out {
		out[i] = i
		if n > maxChartPoints {
			out[i] = i * (n - 1) / (shown - 1)
		}
	}
	return out
}

// chartParts are the parts of the first chart of a reply. Words and picture take the same
// room, so that the pages end at the same place once the picture has come.
func (d drawing) chartParts(p layout.Part) []part {
	c := *p.Chart
	words := part{layout.Part{Text: p.Text, Group: p.Group, Chart: p.Chart}, section(p.Text)}
	switch d.way(c) {
	case asBlock:
		block, whole, _ := nativeChart(c)
		parts := []part{{layout.Part{Group: p.Group}, block}}
		if !whole {
			parts = append(parts, part{layout.Part{Text: p.Text, Group: p.Group}, nil})
		}
		return parts
	case asPicture:
		if d.file != "" {
			words.block = imageOf(c, d.file)
		}
		return []part{words}
	default:
		return []part{{layout.Part{Text: p.Text, Group: p.Group}, nil}}
	}
}

// Of pictures.
const (
	maxImageAlt = 2000
	maxFileAlt  = 1000 // https://docs.slack.dev/reference/methods/files.getUploadURLExternal
)

// imageOf is the block that shows a picture.
func imageOf(c bot.Chart, file string) *slack.ImageBlock {
	alt := layout.Shorten(strings.TrimSpace(plain(c.Alt)), maxImageAlt)
	if alt == "" {
		alt = "A chart"
	}
	var title *slack.TextBlockObject
	if s := layout.Shorten(strings.TrimSpace(plain(c.Title.String())), maxHeader); s != "" {
		title = plainText(s)
	}
	return slack.NewImageBlockSlackFile(&slack.SlackFileObject{ID: file}, alt, "", title)
}
