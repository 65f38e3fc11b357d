package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	discordin "silkwire/adapters/discord/standin"
	"silkwire/adapters/slack/standin"
)

// TestShutdown ends the real program by SIGTERM at random moments, from before it is ready
// to the middle of requests on both platforms: it ends well within five seconds, and the
// database is right afterwards. With SILKWIRE_LONG=1 it does so 200 times.
func TestShutdown(t *testing.T) {
	const within = 5 * time.Second
	rounds := 4
	if os.Getenv("SILKWIRE_LONG") == "1" {
		rounds = 200
	}
	s, d := standin.New(t), discordin.New(t)
	// A program that ends leaves what was asked of it a moment before.
	t.Cleanup(func() { s.TakeViolations("unexpected EOF") })
	home := t.TempDir()
	env := map[string]string{"HOME": home, "SILKWIRE_DB": filepath.Join(home, "silkwire.db")}
	random := rand.New(rand.NewPCG(12, 7))
	slowest := time.Duration(0)
	for round := range rounds {
		var out bytes.Buffer
		c := exec.CommandContext(t.Context(), "silkwire", "serve")
		c.Env = []string{
			"HOME=" + home, "PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=10", "SILKWIRE_ADMIN_ADDR=127.0.0.1:0", "SILKWIRE_DB=" + env["SILKWIRE_DB"], "SILKWIRE_RATE=off",
			"SLACK_BOT_TOKEN=" + standin.BotToken, "SLACK_APP_TOKEN=" + standin.AppToken, "SLACK_API_URL=" + s.URL(), "DISCORD_TOKEN=" + discordin.Token, "DISCORD_API_URL=" + d.URL(),
		}
		c.Stderr = &out
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		var asking sync.WaitGroup
		end := time.Now().Add(time.Duration(random.IntN(900)) * time.Millisecond)
		if round > 0 { // the first ends before any socket is open
			waitFor(10*time.Second, func() bool { return s.Sockets() > 0 })
			end = time.Now().Add(time.Duration(random.IntN(300)) * time.Millisecond)
			for range 8 {
				asking.Go(func() {
					waitFor(time.Until(end), func() bool {
						s.Send(standin.Command("/ask", "did the chip controls work?"))
						s.Send(standin.Command("/settings", "mine zone:Europe/Berlin"))
						return false
					})
				})
			}
		}
		waitFor(time.Until(end), func() bool { return false })
		began := time.Now()
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		err := c.Wait()
		took := time.Since(began)
		asking.Wait()
		slowest = max(slowest, took)
		if err != nil || took > within || strings.Contains(out.String(), "panic") || strings.Contains(out.String(), "DATA RACE") {
			t.Fatalf("round %d: it took %s, %v: %s", round, took, err, out.String())
		}
		if out, code := runIn(t, env, "store", "check"); code != exitAnswered {
			t.Fatalf("round %d: the database is not right: %s", round, out)
		}
	}
	t.Logf("%d times, the slowest took %s", rounds, slowest)
}
