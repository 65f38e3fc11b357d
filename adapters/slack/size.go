package slack

import (
	"bytes"
	"encoding/json"
	"sync"

	"github.com/slack-go/slack"

	"silkwire/bot/layout"
)

// size is what blocks take of a message's limits.
type size struct{ blocks, chars, bytes int }

func (s size) plus(o size) size {
	return size{s.blocks + o.blocks, s.chars + o.chars, s.bytes + o.bytes}
}

func (s size) over(most size) bool {
	return s.blocks > most.blocks || s.chars > most.chars || s.bytes > most.bytes
}

// Names and signs around the texts of a block or an element, at most: slack-go
// leaves out what is empty.
const (
	aroundBlock   = 90  // {"type":"section","text":{"type":"mrkdwn","text":"","verbatim":true}},
	aroundElement = 135 // a menu with its placeholder
	aroundOption  = 52  // {"text":{"type":"plain_text","text":""},"value":""},
	aroundCell    = 150 // a bold cell
	aroundRaw     = 34  // {"type":"raw_text","text":""},
	aroundPoint   = 48  // {"label":"","value":-1.7976931348623157e+308},
)

// text adds a text to the size, with what JSON puts before its marks, and what
// else stands around it.
func (s *size) text(text string, around int) {
	escapes := 0
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\' || c == '\n':
			escapes++
		case c < ' ':
			escapes += 5 // \u0009
		}
	}
	s.chars += layout.Length(text) + escapes + around
	s.bytes += len(text) + escapes + around
}

// measure is an upper bound of what blocks take, without encoding them.
func measure(blocks []slack.Block) size {
	s := size{blocks: len(blocks)}
	for _, b := range blocks {
		s.text("", aroundBlock)
		switch b := b.(type) {
		case *slack.HeaderBlock:
			s.text(b.Text.Text, 0)
		case *slack.SectionBlock:
			if b.Text != nil {
				s.text(b.Text.Text, 0)
			}
			for _, f := range b.Fields {
				s.text(f.Text, aroundBlock)
			}
		case *contextBlock:
			for _, e := range b.Elements {
				s.text(e.Text, aroundBlock)
			}
		case *actionsBlock:
			s.text(b.BlockID, 0)
			for _, e := range b.Elements {
				s.element(e)
			}
		case *slack.TableBlock:
			s.table(b)
		case *slack.DataVisualizationBlock:
			s.chart(b)
		}
	}
	return s
}

func (s *size) element(e slack.BlockElement) {
	s.text("", aroundElement)
	switch e := e.(type) {
	case *slack.ButtonBlockElement:
		s.text(e.Text.Text, 0)
		s.text(e.Value, 0)
	case *slack.SelectBlockElement:
		s.text(e.Placeholder.Text, 0)
		for _, o := range e.Options {
			s.text(o.Text.Text, aroundOption)
			s.text(o.Value, 0)
		}
	}
}

func (s *size) table(t *slack.TableBlock) {
	for _, row := range t.Rows {
		for _, cell := range row {
			switch cell := cell.(type) {
			case *slack.TableRawTextCell:
				s.text(cell.Text, aroundRaw)
			case *headerCell:
				s.text(cell.text, aroundCell)
			}
		}
	}
	s.text("", len(t.ColumnSettings)*aroundBlock/2)
}

// chart adds Slack's own chart: categories, and points with their labels again.
func (s *size) chart(b *slack.DataVisualizationBlock) {
	s.text(b.Title, 2*aroundBlock)
	var series []slack.DataVisualizationDataSeries
	switch c := b.Chart.(type) {
	case *slack.DataVisualizationBarChart:
		series = c.Series
		s.text(c.AxisConfig.YLabel, 0)
	case *slack.DataVisualizationLineChart:
		series = c.Series
		s.text(c.AxisConfig.YLabel, 0)
	}
	for i, line := range series {
		s.text(line.Name, aroundRaw)
		for _, p := range line.Data {
			s.text(p.Label, aroundPoint)
			if i == 0 {
				s.text(p.Label, len(`"",`))
			}
		}
	}
}

// contextBlock and actionsBlock are slack-go's, without its way of encoding their
// elements apart and again: an acknowledgement has three of them.
type contextBlock struct {
	Type     slack.MessageBlockType   `json:"type"`
	Elements []*slack.TextBlockObject `json:"elements"`
}

// BlockType is the kind of block.
func (b *contextBlock) BlockType() slack.MessageBlockType { return b.Type }

// ID is none.
func (b *contextBlock) ID() string { return "" }

type actionsBlock struct {
	Type     slack.MessageBlockType `json:"type"`
	BlockID  string                 `json:"block_id,omitempty"`
	Elements []slack.BlockElement   `json:"elements"`
}

// BlockType is the kind of block.
func (b *actionsBlock) BlockType() slack.MessageBlockType { return b.Type }

// ID is the block's id, or empty.
func (b *actionsBlock) ID() string { return b.BlockID }

func actions(id string, elements ...slack.BlockElement) *actionsBlock {
	return &actionsBlock{Type: slack.MBTAction, BlockID: id, Elements: elements}
}

// encode writes JSON as it goes over the wire: < > & stay as they are, which
// makes a message with links a tenth shorter.
func encode(b *bytes.Buffer, v any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the encoder ends with a line feed
	return nil
}

// buffers are used again: an acknowledgement is some ten thousand bytes.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func recycle(b *bytes.Buffer) {
	const most = 64 << 10
	if b.Cap() <= most {
		b.Reset()
		buffers.Put(b)
	}
}
