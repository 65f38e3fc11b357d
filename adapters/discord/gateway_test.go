package discord_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"silkwire/adapters/discord"
	"silkwire/adapters/discord/standin"
)

// troubles are what a gateway does to its bots. Silence takes two heartbeats to be
// noticed.
var troubles = map[string]func(*standin.Discord){
	"a drop":                    (*standin.Discord).Drop,
	"op 7":                      func(s *standin.Discord) { s.Send(7) },
	"op 9":                      func(s *standin.Discord) { s.Send(9) },
	"a close that is not final": func(s *standin.Discord) { s.CloseGateway(4000) },
	"silence":                   func(s *standin.Discord) { s.Stall("all") },
	"op 7 in place of READY":    func(s *standin.Discord) { s.InsteadOfReady(7, 1); s.Drop() },
	"op 9 in place of READY":    func(s *standin.Discord) { s.InsteadOfReady(9, 1); s.Drop() },
	"no answer to the dial":     func(s *standin.Discord) { s.Stall("dial"); s.Drop() },
	"no hello":                  func(s *standin.Discord) { s.Stall("hello"); s.Drop() },
	"no READY":                  func(s *standin.Discord) { s.Stall("ready"); s.Drop() },
}

// stalls are the troubles that last until the stand-in speaks again.
func stalls(name string) bool { return name == "silence" || strings.HasPrefix(name, "no ") }

// TestReconnects shows that the bot is back after whatever the gateway does, with a
// new session for each connection.
func TestReconnects(t *testing.T) {
	t.Parallel()
	for name, trouble := range troubles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := standin.New(t)
			r := start(t, s)
			before := len(s.Identifies())
			began := time.Now()
			trouble(s)
			if stalls(name) {
				waitFor(t, r, func() bool { return strings.Contains(r.log.String(), "discord: the gateway") })
				s.Stall("")
			}
			if err := s.Connected(r.within(), before+1); err != nil {
				t.Fatalf("%v\n%s", err, r.log)
			}
			if took := time.Since(began); took > 12*time.Second {
				t.Errorf("it took %v", took)
			}
			has(t, r.answer(s.Command(bob, server, "ask", question("is it back?"))).Text(), "is it back?")
			if got := s.Identifies(); got[len(got)-1].Intents != 1<<9|1<<12 {
				t.Errorf("the intents are %b", got[len(got)-1].Intents)
			}
		})
	}
}

// waitFor waits until a condition holds that the stand-in knows nothing of.
func waitFor(t *testing.T, r *running, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ctx := r.within(); !holds(); {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it never came\n%s", r.log)
		}
	}
}

// TestStopsInTheMiddle stops the bot in the middle of whatever the gateway does:
// within five seconds, and with no goroutine left.
func TestStopsInTheMiddle(t *testing.T) {
	for name, trouble := range troubles {
		t.Run(name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			s := standin.New(t)
			r := start(t, s)
			trouble(s)
			waitFor(t, r, func() bool {
				return stalls(name) && name != "silence" || strings.Contains(r.log.String(), "discord: the gateway") || name == "silence"
			})
			began := time.Now()
			if err := r.end(); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			s.Close()
			deadline := time.Now().Add(5 * time.Second)
			for runtime.NumGoroutine() > before+2 && time.Now().Before(deadline) { // two: the test's own clients close
				runtime.Gosched()
			}
			if n := runtime.NumGoroutine(); n > before+2 {
				stack := make([]byte, 1<<20)
				t.Errorf("%d goroutines, %d before\n%s", n, before, stack[:runtime.Stack(stack, true)])
			}
		})
	}
}

// TestSaysGoodbye shows that a stop closes the gateway with 1000.
func TestSaysGoodbye(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	waitFor(t, r, func() bool { p := r.health.Parts(); return len(p) == 1 && p[0].OK })
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(r.within(), "the close", func() bool { return len(s.Closes()) > 0 }); err != nil || s.Closes()[0] != 1000 {
		t.Errorf("closed with %v, %v", s.Closes(), err)
	}
}

// TestFinalErrors shows what ends the bot, and the sentence that says what to do.
func TestFinalErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		prepare func(*standin.Discord)
		token   string
		want    string
	}{
		{"a wrong token", func(*standin.Discord) {}, "another", "DISCORD_TOKEN is not accepted"},
		{"a refused intent", (*standin.Discord).RefuseIntents, standin.Token, "refuses an intent"},
		{"more than one shard advised", func(s *standin.Discord) { s.Shards(3) }, standin.Token, "3 shards"},
		{"a close code that is final", nil, standin.Token, "update silkwire"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := standin.New(t)
			if c.prepare != nil {
				c.prepare(s)
			}
			r := launch(t, s, func(o *discord.Options) { o.Token = c.token })
			if c.prepare == nil {
				if err := s.Connected(r.within(), 1); err != nil {
					t.Fatal(err)
				}
				s.CloseGateway(4012)
			}
			err := <-r.ended
			r.ended <- nil
			final, ok := errors.AsType[*discord.FinalError](err)
			if !ok || !strings.Contains(final.Say, c.want) {
				t.Errorf("run ended with %v, want %q", err, c.want)
			}
			if n := len(s.Identifies()); n > 1 {
				t.Errorf("%d sessions were begun", n)
			}
		})
	}
}

// TestHealthOfTheGateway shows what an operator sees of the connection.
func TestHealthOfTheGateway(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	waitFor(t, r, func() bool { p := r.health.Parts(); return len(p) == 1 && p[0].OK })
	first := r.adapter.LastFrame()
	waitFor(t, r, func() bool { return r.adapter.LastFrame().After(first) })
	s.Stall("dial")
	s.Drop()
	waitFor(t, r, func() bool { p := r.health.Parts(); return !p[0].OK && p[0].Part == "discord" })
}

// TestNothingSecretIsLogged reads the log of a day with everything in it.
func TestNothingSecretIsLogged(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	r.answer(s.Command(bob, server, "ask", question("did it work?")))
	s.Fail("POST", "/interactions", standin.Failure{Status: 500})
	s.Command(bob, server, "ask", question("and now?"))
	waitFor(t, r, func() bool { return strings.Contains(r.log.String(), "not taken") })
	s.Mend()
	s.Drop()
	if err := s.Connected(r.within(), 2); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{standin.Token, "token-12", "did it work"} {
		if strings.Contains(r.log.String(), secret) {
			t.Errorf("%q is in the log:\n%s", secret, r.log)
		}
	}
}
