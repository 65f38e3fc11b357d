package slack

import (
	"bytes"
	"sync"
)

// rendered is a message as it goes out.
type rendered []byte

// seenMessage is what a rendered message depends on.
type seenMessage struct {
	same           uint64 // of the reply
	line           string
	page           int
	public, modern bool
	thread         string
	minute         int64 // it says when it was answered
}

// renderings keeps the messages that were rendered last, at most size of them: a
// question that many ask is drawn once a minute.
type renderings struct {
	mu   sync.Mutex
	size int
	kept map[seenMessage]rendered
}

func newRenderings(size int) *renderings {
	return &renderings{size: size, kept: map[seenMessage]rendered{}}
}

// get is the message of a key, made if it is not kept.
func (r *renderings) get(key seenMessage, make func() rendered) rendered {
	if key.same == 0 {
		return make()
	}
	r.mu.Lock()
	m, found := r.kept[key]
	r.mu.Unlock()
	if found {
		return m
	}
	m = make()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.kept) >= r.size {
		r.forget(key.minute)
	}
	r.kept[key] = m
	return m
}

// forget makes room: what is of another minute goes, else all.
func (r *renderings) forget(minute int64) {
	for k := range r.kept {
		if k.minute != minute {
			delete(r.kept, k)
		}
	}
	if len(r.kept) >= r.size {
		clear(r.kept)
	}
}

// render is a drawing as a message.
func (a *Adapter) render(d drawing, public bool, thread string) rendered {
	key := seenMessage{same: d.reply.Same, line: d.asked.Line, page: d.page, public: public, modern: d.modern, thread: thread, minute: d.at.Unix() / 60}
	return a.renderings.get(key, func() rendered {
		m := asMessage(d.draw(), public)
		m.Thread = thread
		return m.render()
	})
}

// render encodes the message.
func (m *message) render() rendered {
	var b bytes.Buffer
	if err := encode(&b, m); err != nil { // no type of a message's can fail to encode
		return rendered(`{"response_type":"ephemeral","text":"Something went wrong on my side. Please ask again."}`)
	}
	return b.Bytes()
}
