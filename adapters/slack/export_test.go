package slack

import (
	"bytes"
	"context"
	"strings"
	"time"

	"silkwire/bot"
	"silkwire/bot/layout"
	"silkwire/bot/work"
)

// Wire is all that Slack can be sent of a reply, encoded: its first pages in both layouts
// with its charts and pictures, App Home, a window, a picture alone, a form, a look-up.
func (a *Adapter) Wire(r bot.Reply, line string, form bot.Form) ([]string, error) {
	var out []any
	for _, modern := range []bool{true, false} {
		d := drawing{reply: r, asked: layout.Asked{Line: line}, command: a.opts.Question, modern: modern, native: modern, pictures: !modern, file: "F1", at: a.opts.Now()}
		for more := true; more; d.page++ {
			m := d.draw()
			out = append(out, asMessage(m, !modern))
			body, err := encoded(m.blocks)
			if err != nil {
				return nil, err
			}
			more = strings.Contains(body, `"`+actionVersion+"/"+verbMore+"/") && d.page < 5
		}
		out = append(out, modal(d))
	}
	out = append(out, a.homeView(bot.Request{}, r))
	for _, b := range r.Blocks {
		if c, is := b.(bot.Chart); is {
			out = append(out, asMessage(alone(c, "F1"), true))
		}
	}
	for _, o := range layout.AsksFor(form) {
		out = append(out, field(o, form.Given[o.Name]))
	}
	out = append(out, &message{Text: escape(bot.Clean(r.Lead.String()))})
	bodies := make([]string, len(out))
	for i, v := range out {
		var err error
		if bodies[i], err = encoded(v); err != nil {
			return nil, err
		}
	}
	return bodies, nil
}

func encoded(v any) (string, error) {
	var b bytes.Buffer
	err := encode(&b, v)
	return b.String(), err
}

// Hasten makes what a connection waits for shorter, for a test that cannot wait
// half a minute.
func (a *Adapter) Hasten(silent, ping, lingers, ack time.Duration) {
	a.timing = timing{silent: silent, ping: ping, lingers: lingers, ack: ack}
}

// Probed is closed when the adapter knows which blocks its workspace takes.
func (a *Adapter) Probed() <-chan struct{} { return a.probed }

// Lifetime is after how long a connection is renewed.
func (a *Adapter) Lifetime(slot int, life time.Duration) time.Duration { return a.lifetime(slot, life) }

// Receive answers a delivery at once, without workers: what it would have sent on
// its way is dropped.
func (a *Adapter) Receive(ctx context.Context, kind string, payload []byte) {
	nothing := func(any) {}
	a.fast, a.slow, a.posts, a.pictures = work.NewPool(ctx, 1, 4, nothing), work.NewPool(ctx, 1, 4, nothing), work.NewPool(ctx, 1, 4, nothing), work.NewPool(ctx, 1, 4, nothing)
	a.deliver(ctx, delivery{kind: kind, payload: payload}, func(any) error { return nil })
	a.fast.Drain()
	a.slow.Drain()
	a.posts.Drain()
	a.pictures.Drain()
}

// Known lets the adapter know who it is without asking.
func (a *Adapter) Known() { close(a.me) }

// Respond posts a sentence to a response_url that was born just now.
func (a *Adapter) Respond(ctx context.Context, address string) error {
	return a.respond(ctx, address, a.opts.Now(), rendered(`{"text":"tea"}`))
}

// Open opens one connection, and leaves it.
func (a *Adapter) Open(ctx context.Context) error {
	s, err := a.open(ctx, 0)
	if err != nil {
		return err
	}
	return s.conn.Close()
}

// Clean is an error for the log.
func Clean(err error) string { return clean(err) }
