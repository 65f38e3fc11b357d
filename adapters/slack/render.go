package slack

import "bytes"

// rendered is a message as it goes out.
type rendered []byte

// seenMessage is what a rendered message depends on.
type seenMessage struct {
	same           uint64 // of the reply
	line           string
	page           int
	public, modern bool
	native, drawn  bool // charts of Slack's own; pictures that follow
	thread         string
	minute         int64 // it says when it was answered
}

// render is a drawing as a message.
func (a *Adapter) render(d drawing, public bool, thread string) rendered {
	key := seenMessage{same: d.reply.Same, line: d.asked.Line, page: d.page, public: public, modern: d.modern, native: d.native, drawn: d.pictures, thread: thread, minute: d.at.Unix() / 60}
	make := func() rendered {
		m := asMessage(d.draw(), public)
		m.Thread = thread
		return m.render()
	}
	if key.same == 0 {
		return make()
	}
	return a.renderings.Get(key, make)
}

// render encodes the message.
func (m *message) render() rendered {
	var b bytes.Buffer
	if err := encode(&b, m); err != nil { // no type of a message's can fail to encode
		return rendered(`{"response_type":"ephemeral","text":"Something went wrong on my side. Please ask again."}`)
	}
	return b.Bytes()
}
