package main

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"silkwire/adapters/slack/standin"
)

// What systemd is told by the program itself: that it is ready, not before it is; that it
// lives; that it ends.
func TestServeTellsSystemd(t *testing.T) {
	folder := t.TempDir()
	address := filepath.Join(folder, "notify")
	socket, err := new(net.ListenConfig).ListenPacket(t.Context(), "unixgram", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	s := standin.New(t)
	release := s.Hold(standin.Answer + "apps.connections.open")
	c := exec.CommandContext(t.Context(), "silkwire", "serve")
	c.Env = []string{
		"HOME=" + folder, "PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=10", "SILKWIRE_ADMIN_ADDR=127.0.0.1:0",
		"NOTIFY_SOCKET=" + address, "WATCHDOG_USEC=300000",
		"SLACK_BOT_TOKEN=" + standin.BotToken, "SLACK_APP_TOKEN=" + standin.AppToken, "SLACK_API_URL=" + s.URL(),
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	said := func() string {
		t.Helper()
		if err := socket.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		state := make([]byte, 200)
		n, _, err := socket.ReadFrom(state)
		if err != nil {
			t.Fatal(err)
		}
		return string(state[:n])
	}
	if got := said(); got != "WATCHDOG=1" {
		t.Errorf("before Slack can be reached: got %q", got)
	}
	release()
	all := []string{}
	for len(all) == 0 || all[len(all)-1] != "READY=1" {
		all = append(all, said())
	}
	if got := said(); got != "WATCHDOG=1" {
		t.Errorf("after %q: got %q", all, got)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for got := said(); got != "STOPPING=1"; got = said() {
		if got != "WATCHDOG=1" {
			t.Errorf("at the end: got %q", got)
		}
	}
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
}

// A program that is stuck says nothing more, and systemd starts it again.
func TestStuckIsNotAlive(t *testing.T) {
	address := filepath.Join(t.TempDir(), "notify")
	socket, err := new(net.ListenConfig).ListenPacket(t.Context(), "unixgram", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	t.Setenv("NOTIFY_SOCKET", address)
	t.Setenv("WATCHDOG_USEC", "30000")
	t.Setenv("WATCHDOG_PID", "")
	ctx, cancel := context.WithCancel(t.Context())
	stuck, looked := make(chan struct{}), make(chan struct{}, 100)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tellSystemd(ctx, nil, func() error { looked <- struct{}{}; <-stuck; return nil }, quiet())
	}()
	<-looked
	if err := socket.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, _, err := socket.ReadFrom(make([]byte, 100)); err == nil {
		t.Errorf("a stuck program said %d bytes", n)
	}
	cancel()
	close(stuck)
	<-ended
}

// The unit is as tight as the threshold wants it, where systemd can tell.
func TestUnitIsHardened(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("there is no systemd-analyze here")
	}
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", filepath.Join("docs", "silkwire.service")).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	t.Log(lines[len(lines)-1])
}
