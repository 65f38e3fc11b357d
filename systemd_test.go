package main

import (
	"context"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"silkwire/adapters/slack/standin"
	"silkwire/bot"
)

// The unit is as closed as its threshold says, by systemd's own measure.
func TestServiceUnit(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze here: docs/silkwire.service was not measured")
	}
	out, err := exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--threshold=20", "docs/silkwire.service").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// notifySocket is where a service manager is told things.
func notifySocket(t *testing.T) *net.UnixConn {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return c
}

// told waits until the manager is told a state.
func told(t *testing.T, c *net.UnixConn, want string) []string {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var all []string
	buffer := make([]byte, 4096)
	for !slices.Contains(all, want) {
		n, err := c.Read(buffer)
		if err != nil {
			t.Fatalf("waiting for %s: %v; it was told %q", want, err, all)
		}
		all = append(all, strings.Split(string(buffer[:n]), "\n")...)
	}
	return all
}

func TestServeTellsItsManager(t *testing.T) {
	manager := notifySocket(t)
	t.Setenv("WATCHDOG_USEC", "200000")
	t.Setenv("WATCHDOG_PID", "")
	s := standin.New(t)
	run := startServe(t, map[string]string{
		"SLACK_BOT_TOKEN": standin.BotToken, "SLACK_APP_TOKEN": standin.AppToken, "SLACK_API_URL": s.URL(), "SILKWIRE_ADMIN_ADDR": "127.0.0.1:0",
	})
	if got := told(t, manager, "READY=1"); !slices.Contains(got, "STATUS=waiting for fact base, slack") || !slices.Contains(got, "STATUS=ready slack") {
		t.Errorf("got %q", got)
	}
	if !run.isReady() {
		t.Error("it told its manager that it is ready before it was")
	}
	told(t, manager, "WATCHDOG=1")
	told(t, manager, "WATCHDOG=1")
	run.stop()
	told(t, manager, "STOPPING=1")
	if code := run.exit(t); code != exitAnswered {
		t.Errorf("got exit status %d: %s", code, run.stderr)
	}
}

func (s served) isReady() bool {
	select {
	case <-s.stderr.ready:
		return true
	default:
		return false
	}
}

// completes is a router that answers after some time.
type completes struct {
	after   time.Duration
	choices int
}

func (c completes) Complete(ctx context.Context, _ bot.Request) bot.Completion {
	select {
	case <-time.After(c.after):
		return bot.Completion{Choices: make([]bot.Choice, c.choices)}
	case <-ctx.Done():
		return bot.Completion{}
	}
}

func TestIsWell(t *testing.T) {
	for name, c := range map[string]struct {
		core completes
		want bool
	}{
		"at once":  {completes{0, 1}, true},
		"too late": {completes{time.Minute, 1}, false},
		"nothing":  {completes{0, 0}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if got := isWell(t.Context(), c.core, 30*time.Second); got != c.want {
					t.Errorf("got %v, want %v", got, c.want)
				}
			})
		})
	}
}
