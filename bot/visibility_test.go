package bot_test

import (
	"testing"

	"silkwire/bot"
)

func TestSplitVisibility(t *testing.T) {
	tests := []struct {
		rest string
		want bot.Visibility
		left string
	}{
		{"public: did the chip controls work?", bot.Public, "did the chip controls work?"},
		{"did the chip controls work? public:", bot.Public, "did the chip controls work?"},
		{"did they work PUBLIC:true", bot.Public, "did they work"},
		{"qwen private:true", bot.Private, "qwen"},
		{"qwen public:false", bot.Private, "qwen"},
		{"公开吗 public：", bot.Public, "公开吗"},
		{"public:", bot.Public, ""},
		{"is qwen public: or not", bot.Default, "is qwen public: or not"},
		{"is qwen public", bot.Default, "is qwen public"},
		{"", bot.Default, ""},
	}
	for _, tt := range tests {
		if got, left := bot.SplitVisibility(tt.rest); got != tt.want || left != tt.left {
			t.Errorf("SplitVisibility(%q)\n got %d, %q\nwant %d, %q", tt.rest, got, left, tt.want, tt.left)
		}
	}
}

// What the asker says of who shall see the reply is no part of what is asked, and
// a mistake is told to nobody else.
func TestDispatchVisibility(t *testing.T) {
	router := newRouter(t, house())
	tests := []struct {
		name string
		req  bot.Request
		want bot.Visibility
		says string
	}{
		{"typed", bot.Request{Line: "/ticker public: NVDA"}, bot.Public, "ticker symbols=NVDA"},
		{"plain line", bot.Request{Line: "why public:"}, bot.Public, "ask question=why"},
		{"form", bot.Request{Call: &bot.Call{Path: []string{"ticker"}, Options: values{"symbols": {"NVDA"}, "private": {"true"}}}}, bot.Private, "ticker symbols=NVDA"},
		{"a button", bot.Request{Line: "/ticker NVDA", Visibility: bot.Public}, bot.Public, "ticker symbols=NVDA"},
		{"nothing said", bot.Request{Line: "/ticker NVDA"}, bot.Default, "ticker symbols=NVDA"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reply := router.Dispatch(t.Context(), tt.req)
			if reply.Visibility != tt.want || reply.Plain() != tt.says {
				t.Errorf("got visibility %d: %s\nwant %d: %s", reply.Visibility, reply.Plain(), tt.want, tt.says)
			}
		})
	}
	if got := router.Dispatch(t.Context(), bot.Request{Line: "/tickr public: NVDA"}).Visibility; got != bot.Private {
		t.Errorf("a mistake: got visibility %d, want private", got)
	}
}
