package commands

import (
	"os"
	"strings"
	"testing"

	"silkwire/bot"
	"silkwire/knowledge"
)

// docs/privacy.md has a row for each sort of thing that is kept, with the times that the
// program goes by; UPDATE_GOLDEN=1 rewrites the table.
func TestPrivacyTable(t *testing.T) {
	const file = "../docs/privacy.md"
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const head = "| kept | under whose id | how long | why |\n| --- | --- | --- | --- |\n"
	want := head
	for _, s := range storedOfPeople {
		if (s.life == 0) == (s.until == "") {
			t.Errorf("%s: it needs a time or a reason to end, and not both", s.what)
		}
		want += "| " + s.what + " | " + s.under + " | " + s.howLong() + " | " + s.why + " |\n"
	}
	before, table, found := strings.Cut(string(content), head)
	end := strings.Index(table, "\n\n")
	if !found || end < 0 {
		t.Fatalf("%s has no table that begins with\n%s", file, head)
	}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(before+want+table[end+1:]), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got := head + table[:end+1]; got != want {
		t.Errorf("%s has\n%s\nwant\n%s", file, got, want)
	}
}

// The reply names everything that is kept, is for the asker alone, and tells them the id
// that whoever forgets them needs; the owner at a terminal has none.
func TestPrivacyReply(t *testing.T) {
	r := newRouter(t, &always{snapshots: []*knowledge.Snapshot{testSnapshot(t)}})
	for _, tt := range []struct {
		user  bot.User
		named bool
	}{{bot.User{ID: "U4711"}, true}, {bot.User{ID: "U4711", Trusted: true}, false}} {
		reply := r.Dispatch(t.Context(), bot.Request{ID: "1", Line: "/silkwire privacy", At: testTime, User: tt.user})
		text := reply.Plain()
		if reply.Visibility != bot.Private || strings.Contains(text, "U4711") != tt.named || !strings.Contains(text, "silkwire forget") {
			t.Errorf("%+v: visible to %v:\n%s", tt.user, reply.Visibility, text)
		}
		for _, s := range storedOfPeople {
			if !strings.Contains(text, s.what+": "+s.howLong()) {
				t.Errorf("%s is not told", s.what)
			}
		}
	}
}
