package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"silkwire/bot"
	"silkwire/bot/delivery"
	"silkwire/knowledge/feed"
)

// TestForget has one person leave what a person can leave, beside another, and looks into
// the file: nothing of the one is left there, and all of the other.
func TestForget(t *testing.T) {
	const gone, stays = "UGONE4711", "USTAYS4712"
	env := map[string]string{"HOME": t.TempDir()}
	env["SILKWIRE_DB"] = filepath.Join(env["HOME"], "silkwire.db")
	base, err := openToWrite(t.Context(), env["SILKWIRE_DB"], quiet(), bot.NewHealth(quiet(), time.Now))
	if err != nil {
		t.Fatal(err)
	}
	core := keptCore(t, base, 0)
	for _, who := range []string{gone, stays} {
		ask := func(line, message string) {
			t.Helper()
			reply := core.Dispatch(t.Context(), bot.Request{
				ID: "1", At: time.Now(), Line: line, Message: message, User: bot.User{ID: who, May: bot.Curator | bot.Admin | bot.SpaceAdmin},
				Conversation: bot.Conversation{Platform: slackName, Space: "T1", Channel: "C1"},
			})
			if reply.Outcome != bot.Answered {
				t.Errorf("%s: %s %v", line, reply.Outcome, reply.Lead)
			}
		}
		ask("/settings mine zone:Europe/Berlin", "")
		ask("/watch NVDA", "")
		ask("/changes", "")
		ask("/settings curators add:<@"+who+">", "")
		ask("/feedback wrong about:qwen-licence says:it is not so", "")
		if _, err := base.digests.Add(t.Context(), delivery.Subscription{
			To: bot.Conversation{Platform: slackName, Space: "T1", Channel: "C" + who, Direct: who == gone}, Live: true, By: who, Made: time.Now(),
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := base.digests.Add(t.Context(), delivery.Subscription{
			To: bot.Conversation{Platform: slackName, Space: "T1", Channel: "CALL"}, Live: true, By: who, Topics: []string{who}, Made: time.Now(),
		}); err != nil {
			t.Fatal(err)
		}
		for key, record := range map[string]any{
			"u/f/" + who[1:5]:                       feed.Feed{ID: who[1:5], Address: "https://wire.example/" + who[1:2], Platform: slackName, Space: "T1", By: who},
			"n/p/" + slackName + "\x00T1\x00" + who: map[string]int{"since": 1},
		} {
			value, err := json.Marshal(record)
			if err != nil {
				t.Fatal(err)
			}
			if err := base.ledger.Update(t.Context(), func(tx bot.Tx) error { return tx.Put([]byte(key), value) }); err != nil {
				t.Fatal(err)
			}
		}
		if err := bot.NewDrafts(base.ledger).Propose(t.Context(), bot.Draft{At: time.Now(), Text: "tea", Platform: slackName, Space: "T1", Channel: "C1", User: who}); err != nil {
			t.Fatal(err)
		}
	}
	if err := base.close(); err != nil {
		t.Fatal(err)
	}
	before := fileCount(t, env["SILKWIRE_DB"], gone)
	out, code := runIn(t, env, "forget", gone)
	if code != exitAnswered || before == 0 {
		t.Fatalf("%d mentions before; exit status %d: %s", before, code, out)
	}
	t.Logf("%d mentions before: %s", before, out)
	if n := fileCount(t, env["SILKWIRE_DB"], gone); n != 0 {
		t.Errorf("%d mentions are left", n)
	}
	if n := fileCount(t, env["SILKWIRE_DB"], stays); n == 0 {
		t.Error("the other person is gone too")
	}
	if out, code := runIn(t, env, "store", "check"); code != exitAnswered {
		t.Errorf("the database is not right: %s", out)
	}
	if out, code := runIn(t, env, "forget", gone); code != exitAnswered || !strings.Contains(out, "0 record(s) deleted, 0 changed") {
		t.Errorf("again: exit status %d, %s", code, out)
	}
	if out, code := runIn(t, env, "forget", "<@U1>"); code != exitUsage {
		t.Errorf("no id: exit status %d, %s", code, out)
	}
}

// fileCount is how often a word stands in a file.
func fileCount(t *testing.T, path, word string) int {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(content, []byte(word))
}

func TestMentions(t *testing.T) {
	for in, want := range map[string]bool{"U1": true, `"U1"`: true, "c/slack/T1/U1": true, "U12": false, "AU1": false, "U12 U1": true, "": false, "<@U1>": true} {
		if got := mentions([]byte(in), "U1"); got != want {
			t.Errorf("%q: got %t, want %t", in, got, want)
		}
	}
}
