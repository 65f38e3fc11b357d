package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// In a terminal a token is not shown while it is typed, and a mistake is asked for again.
func TestInitShowsNoToken(t *testing.T) {
	folder := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // then nothing more is shown
	defer cancel()
	c := exec.CommandContext(ctx, "silkwire", "init")
	c.Dir = folder
	c.Env = []string{"HOME=" + folder, "PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=10"}
	screen, err := pty.StartWithSize(c, &pty.Winsize{Rows: 24, Cols: 120})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = screen.Close() })
	var seen strings.Builder
	from := 0 // what was expected already
	// expect reads until the terminal shows something, and types an answer.
	expect := func(shown, typed string) {
		t.Helper()
		for piece := make([]byte, 4096); !strings.Contains(seen.String()[from:], shown); {
			n, err := screen.Read(piece)
			seen.Write(piece[:n])
			if err != nil {
				t.Fatalf("%q is not shown: %v\n%s", shown, err, seen.String()[from:])
			}
		}
		from += strings.Index(seen.String()[from:], shown) + len(shown)
		if _, err := screen.WriteString(typed); err != nil {
			t.Fatal(err)
		}
	}
	expect("empty: no Slack): ", "xapp-planted\r")
	expect("must begin with xoxb-", "")
	expect("empty: no Slack): ", "xoxb-planted\r")
	expect("xapp-…): ", "xapp-planted\r")
	expect("empty: no Discord): ", "\r")
	expect("nobody yet): ", "slack:T1:U1\r")
	expect("next: silkwire doctor", "")
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(seen.String(), "planted") {
		t.Errorf("a token is shown: %s", seen.String())
	}
	path := filepath.Join(folder, ".env")
	content, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(content), `SLACK_BOT_TOKEN="xoxb-planted"`) || !strings.Contains(string(content), "slack:T1:U1") {
		t.Errorf("got %s, %v", content, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
}
