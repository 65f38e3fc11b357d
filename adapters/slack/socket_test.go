package slack_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"silkwire/adapters/slack"
	"silkwire/adapters/slack/standin"
)

// Two connections are open at any time: commands that arrive while one is being
// replaced are answered by the other, and by the old one too while it lasts.
func TestDisconnectLosesNothing(t *testing.T) {
	for _, reason := range []string{"warning", "refresh_requested"} {
		t.Run(reason, func(t *testing.T) {
			r := adapterFor(t, standin.New(t), nil)
			r.adapter.Hasten(25*time.Second, 8*time.Second, 200*time.Millisecond, 2*time.Second)
			r.start(t)
			within(t, r.ready)
			if err := r.WaitSockets(deadline(t), 2); err != nil {
				t.Fatal(err)
			}
			r.OpenDelay(50 * time.Millisecond)
			r.Disconnect(0, reason)
			var sent []*standin.Delivery
			for range 200 {
				sent = append(sent, r.Send(standin.Command("/ask", "why")))
			}
			if err := r.WaitOpens(deadline(t), 3); err != nil {
				t.Fatal(err)
			}
			for _, d := range sent {
				if _, err := d.Ack(deadline(t)); err != nil {
					t.Fatal(err)
				}
			}
			if err := r.WaitClosed(deadline(t), 0); err != nil {
				t.Error("the old connection was not let go:", err)
			}
		})
	}
}

func TestDeadLinkIsReplaced(t *testing.T) {
	tests := map[string]func(s *standin.Slack, i int){
		"cut off":                             (*standin.Slack).CutOff,
		"deaf, without a close":               (*standin.Slack).GoDeaf,
		"silent, though it answers our pings": (*standin.Slack).GoSilent,
	}
	for name, harm := range tests {
		t.Run(name, func(t *testing.T) {
			s := standin.New(t, standin.PingEvery(20*time.Millisecond))
			r := adapterFor(t, s, nil)
			r.adapter.Hasten(400*time.Millisecond, 100*time.Millisecond, 50*time.Millisecond, 2*time.Second)
			r.start(t)
			within(t, r.ready)
			if err := r.WaitSockets(deadline(t), 2); err != nil {
				t.Fatal(err)
			}
			harm(s, 0)
			if err := r.WaitOpens(deadline(t), 3); err != nil {
				t.Fatal(err)
			}
			if err := r.WaitSockets(deadline(t), 2); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Send(standin.Command("/ask", "why")).Ack(deadline(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// An event that comes twice, over either connection or by Slack's own second try,
// is answered once.
func TestTheSameEventTwice(t *testing.T) {
	r := serving(t, nil)
	once := standin.Mention("once")
	for i := range 2 {
		if _, err := r.SendOn(i, once).Ack(deadline(t)); err != nil {
			t.Fatal(err)
		}
	}
	again := once
	again.RetryAttempt, again.RetryReason = 1, "timeout"
	r.ack(t, again)
	r.posted(t, 1)
	r.end(t)
	if n := len(r.Calls("chat.postMessage")); n != 1 {
		t.Errorf("got %d answers, want 1", n)
	}
}

// The second connection is renewed after a random part of its life, the first just
// before its end.
func TestConnectionsDoNotEndTogether(t *testing.T) {
	r := adapterFor(t, standin.New(t), nil)
	const life = 5 * time.Hour
	first, second := r.adapter.Lifetime(0, life), r.adapter.Lifetime(1, life)
	if first != life-time.Minute || second != life/2 { // the test's random number is a half
		t.Errorf("got %v and %v", first, second)
	}
}

// What Slack will not mend ends the platform with a sentence that names the
// setting, and is not tried again.
func TestFinalErrors(t *testing.T) {
	tests := []struct {
		name, method, code string
		say                string
	}{
		{"tokenRevoked", "auth.test", "token_revoked", "the token in SLACK_BOT_TOKEN was revoked"},
		{"invalidAuth", "apps.connections.open", "invalid_auth", "does not know the token in SLACK_APP_TOKEN"},
		{"tokensSwapped", "apps.connections.open", "not_allowed_token_type", "Are they swapped?"},
		{"missingScope", "apps.connections.open", "missing_scope", "lacks the scope connections:write"},
		{"accountInactive", "auth.test", "account_inactive", "was deactivated"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := standin.New(t)
			s.Fail(tt.method, tt.code, -1)
			err := adapterFor(t, s, nil).adapter.Run(deadline(t))
			var final *slack.FinalError
			if !errors.As(err, &final) || !strings.Contains(final.Say, tt.say) {
				t.Errorf("got %v, want a sentence with %q", err, tt.say)
			}
			if n := len(s.Calls(tt.method)); n > 2 {
				t.Errorf("%s was called %d times", tt.method, n)
			}
		})
	}
	t.Run("linkDisabled", func(t *testing.T) {
		r := adapterFor(t, standin.New(t), nil)
		ended := make(chan error, 1)
		ctx := deadline(t)
		go func() { ended <- r.adapter.Run(ctx) }()
		if err := r.WaitSockets(ctx, 2); err != nil {
			t.Fatal(err)
		}
		r.Disconnect(0, "link_disabled")
		var final *slack.FinalError
		if err := <-ended; !errors.As(err, &final) || !strings.Contains(final.Say, "Socket Mode is switched off") {
			t.Errorf("got %v", err)
		}
	})
}

// Everything else is tried again.
func TestOtherErrorsAreTriedAgain(t *testing.T) {
	s := standin.New(t)
	s.Fail("apps.connections.open", "http_503", 2)
	s.Fail("auth.test", "internal_error", 1)
	r := servingOn(t, s, nil)
	if _, err := r.Send(standin.Command("/ask", "why")).Ack(deadline(t)); err != nil {
		t.Error(err)
	}
	if age := time.Since(r.adapter.LastFrame()); age > 10*time.Second {
		t.Errorf("Slack was heard of %v ago, says the adapter", age)
	}
}

// A message a second in a channel, and later where Slack asks for it.
func TestRateLimitsAreKept(t *testing.T) {
	r := serving(t, nil)
	r.RetryAfter(time.Second)
	r.Fail("chat.postMessage", "ratelimited", 1)
	r.Send(standin.Mention("why"))
	r.posted(t, 1)
	calls := r.Calls("chat.postMessage")
	if len(calls) != 2 || calls[1].At.Sub(calls[0].At) < 900*time.Millisecond {
		t.Errorf("got %d calls, the second %v after the first; want it a second later", len(calls), calls[1].At.Sub(calls[0].At))
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	s := standin.New(t)
	s.OpenDelay(time.Minute) // in the middle of connecting
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	r := adapterFor(t, s, nil)
	go func() { ended <- r.adapter.Run(ctx) }()
	if _, err := s.WaitCalls(deadline(t), "auth.test", 1); err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("got %v", err)
		}
	case <-deadline(t).Done():
		t.Error("it went on")
	}
}
