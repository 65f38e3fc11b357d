package slack

import (
	"bytes"
	"encoding/json"
	"sync"
	"unicode/utf8"

	"github.com/slack-go/slack"
)

// size is what blocks take of a message's limits.
type size struct{ blocks, chars, bytes int }

func (s size) plus(o size) size {
	return size{s.blocks + o.blocks, s.chars + o.chars, s.bytes + o.bytes}
}

func (s size) over(most size) bool {
	return s.blocks > most.blocks || s.chars > most.chars || s.bytes > most.bytes
}

func measure(blocks []slack.Block) size {
	if len(blocks) == 0 {
		return size{}
	}
	b := buffers.Get().(*bytes.Buffer)
	defer recycle(b)
	if err := encode(b, blocks); err != nil {
		return size{blocks: len(blocks), chars: maxBlocksJSON, bytes: maxAck}
	}
	return size{blocks: len(blocks), chars: utf8.RuneCount(b.Bytes()), bytes: b.Len()}
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
