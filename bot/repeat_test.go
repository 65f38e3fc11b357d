package bot_test

import (
	"context"
	"testing"
	"time"

	"silkwire/bot"
)

func TestRepeat(t *testing.T) {
	asked := 0
	edition := uint64(1)
	h := bot.Repeat(func(c string) bool { return c == "ask" }, func() uint64 { return edition }, 10)(func(context.Context, bot.Request) (bot.Reply, error) {
		asked++
		return bot.Reply{}, nil
	})
	request := func(change func(*bot.Request)) bot.Request {
		r := bot.Request{Command: "ask", Values: bot.NewValues(map[string][]string{"question": {"why"}})}
		change(&r)
		return r
	}
	tests := []struct {
		name string
		req  bot.Request
		runs bool
	}{
		{"first", request(func(*bot.Request) {}), true},
		{"again", request(func(*bot.Request) {}), false},
		{"by somebody else, elsewhere", request(func(r *bot.Request) { r.User.ID, r.Conversation.Channel = "U2", "C2" }), false},
		{"other words", request(func(r *bot.Request) { r.Values = bot.NewValues(map[string][]string{"question": {"how"}}) }), true},
		{"another context", request(func(r *bot.Request) { r.Context.Entities = []string{"qwen"} }), true},
		{"the next day in UTC, and the same here", request(func(r *bot.Request) { r.At = time.Date(1, 1, 1, 23, 30, 0, 0, time.FixedZone("", -3600)) }), true},
		{"who may more", request(func(r *bot.Request) { r.User.May = bot.Curator }), true},
		{"a command that is not steady", request(func(r *bot.Request) { r.Command = "settings" }), true},
		{"that one again", request(func(r *bot.Request) { r.Command = "settings" }), true},
	}
	var first uint64
	for _, tt := range tests {
		before := asked
		reply, err := h(t.Context(), tt.req)
		if err != nil || (asked > before) != tt.runs {
			t.Errorf("%s: ran %v, error %v; want ran %v", tt.name, asked > before, err, tt.runs)
		}
		switch tt.name {
		case "first":
			first = reply.Same
		case "again":
			if reply.Same != first || first == 0 {
				t.Errorf("again: got Same %d, want %d of the first", reply.Same, first)
			}
		}
	}
	edition++
	if before := asked; true {
		if _, err := h(t.Context(), tests[0].req); err != nil || asked == before {
			t.Errorf("after a change of what is known the old reply was given (%v)", err)
		}
	}
}
