package discord_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"silkwire/adapters/discord"
	"silkwire/adapters/discord/standin"
)

// TestSlowWork is deferred, and answered when it is done, to whom it is for.
func TestSlowWork(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		given   []standin.Given
		want    string
		private bool
	}{
		{"for everybody", nil, "Slowly.", false},
		{"for the asker", []standin.Given{inPrivate}, "Slowly.", true},
		{"for the asker, which is known when it is done", []standin.Given{{Name: "how", Value: "privately"}}, "Slowly, for you.", true},
		{"an error", []standin.Given{{Name: "how", Value: "badly"}}, "wrong", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := standin.New(t)
			r := start(t, s)
			e := s.Command(bob, server, "slow", c.given...)
			r.responds(e, 5)
			close(r.core.gate)
			m := r.answer(e)
			has(t, m.Text(), c.want)
			if m.Ephemeral() != c.private {
				t.Errorf("it is private: %t", m.Ephemeral())
			}
		})
	}
}

// TestSlowStop finishes what is in hand at a stop.
func TestSlowStop(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	e := s.Command(bob, server, "slow")
	r.responds(e, 5)
	r.stop()
	close(r.core.gate)
	has(t, r.answer(e).Text(), "Slowly.")
}

// TestStopCutsOffWhatDoesNotEnd shows that a stop takes five seconds at most.
func TestStopCutsOffWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	e := s.Command(bob, server, "slow")
	if _, _, err := e.Response(r.within()); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 5500*time.Millisecond {
		t.Errorf("it took %v", took)
	}
}

// TestAThousandAtOnce acknowledges all of them in time.
func TestAThousandAtOnce(t *testing.T) {
	s := standin.New(t, standin.Unchecked(), standin.Keep(2000))
	r := launchPatiently(t, s, 1500*time.Millisecond)
	if err := s.Connected(r.within(), 1); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			e := s.Command(bob, server, "ask", question("did it work?"))
			if kind, _, err := e.Response(r.within()); err != nil || kind != 4 && kind != 5 {
				t.Errorf("a response of type %d, %v", kind, err)
			}
			if took := e.Took(); took > 3*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
	all.Wait()
}

// TestCallbacksThatFail shows what is done where a callback is not taken.
func TestCallbacksThatFail(t *testing.T) {
	t.Parallel()
	t.Run("a connection that breaks", func(t *testing.T) {
		s := standin.New(t)
		r := start(t, s)
		s.Fail("POST", "/interactions", standin.Failure{Drop: true, Times: 1})
		has(t, r.answer(s.Command(bob, server, "help")).Text(), "Ask.")
	})
	t.Run("a server error", func(t *testing.T) {
		s := standin.New(t)
		r := start(t, s)
		s.Fail("POST", "/interactions", standin.Failure{Status: 503, Times: 2})
		has(t, r.answer(s.Command(bob, server, "help")).Text(), "Ask.")
	})
	t.Run("an interaction that is gone", func(t *testing.T) {
		s := standin.New(t)
		r := start(t, s)
		s.Fail("POST", "/interactions", standin.Failure{Status: 404, Code: 10062})
		s.Command(bob, server, "slow")
		waitFor(t, r, func() bool { return strings.Contains(r.log.String(), "10062") })
		close(r.core.gate)
		waitFor(t, r, func() bool { return strings.Contains(r.log.String(), "was dropped") })
		if n := len(s.Calls("POST", "/webhooks")) + len(s.Calls("PATCH", "/webhooks")); n > 0 {
			t.Errorf("%d calls by a token that is dead", n)
		}
	})
}

// overHTTP is an adapter whose interactions come over signed HTTP.
func overHTTP(t *testing.T, s *standin.Discord, change ...func(*discord.Options)) (*running, string) {
	t.Helper()
	ready := make(chan struct{})
	r := launch(t, s, append(change, func(o *discord.Options) {
		o.PublicKey = s.PublicKey()
		o.Ready = func(string) { close(ready) }
	})...)
	handler, err := r.adapter.Handler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	select {
	case <-ready:
	case <-r.within().Done():
		t.Fatalf("it is not ready\n%s", r.log)
	}
	s.Over(server.URL + discord.Path)
	return r, server.URL + discord.Path
}

// TestOverHTTP does over signed HTTP what the gateway does.
func TestOverHTTP(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r, address := overHTTP(t, s)
	if err := s.VerifyEndpoint(r.within(), address); err != nil {
		t.Error(err)
	}
	m := r.answer(s.Command(bob, server, "ask", question("did it work?")))
	has(t, m.Text(), "Answer to did it work?")
	has(t, r.answer(r.button(ann, server, m, "Sources")).Text(), "A source")
	e := r.button(ann, server, m, "This is wrong")
	r.responds(e, 9)
	has(t, r.answer(s.Submit(ann, server, e, map[string]string{"Says": "no"})).Text(), "Noted: no")
	choices, err := s.Complete(bob, server, "lab", standin.Given{Name: "name", Value: "moon", Focused: true}).Choices(r.within())
	if err != nil || len(choices) != 1 {
		t.Errorf("%v, %v", choices, err)
	}
	has(t, r.answer(s.Command(bob, server, "help")).Text(), "mentioning me does nothing")
	slow := s.Command(bob, server, "slow")
	r.responds(slow, 5)
	close(r.core.gate)
	has(t, r.answer(slow).Text(), "Slowly.")
	if n := len(s.Identifies()); n > 0 {
		t.Errorf("%d sessions of the gateway were begun", n)
	}
	if r.adapter.LastFrame().IsZero() {
		t.Error("it has heard of nothing")
	}
}

// TestUnsignedRequests are refused, and so are copies, and what is no interaction.
func TestUnsignedRequests(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r, address := overHTTP(t, s)
	body := []byte(`{"id":"1","token":"t","type":2,"data":{"name":"help","type":1},"application_id":"` + standin.AppID + `","user":{"id":"3"}}`)
	sign := func(body []byte) *http.Request {
		req, err := s.Signed(r.within(), address, body)
		if err != nil {
			t.Fatal(err)
		}
		return req
	}
	copied := sign(body)
	for _, c := range []struct {
		name string
		req  *http.Request
		want int
	}{
		{"signed", sign(body), http.StatusOK},
		{"the same bytes again", copied, http.StatusUnauthorized},
		{"too large", sign([]byte(strings.Repeat(" ", 1<<21))), http.StatusRequestEntityTooLarge},
		{"no JSON", sign([]byte("hello")), http.StatusBadRequest},
		{"the same interaction, signed anew", sign(append([]byte(" "), body...)), http.StatusConflict},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := status(t, c.req); got != c.want {
				t.Errorf("answered %d, want %d", got, c.want)
			}
		})
	}
	t.Run("long ago", func(t *testing.T) {
		old := sign(append([]byte("  "), body...))
		s.Advance(6 * time.Minute)
		if got := status(t, old); got != http.StatusUnauthorized {
			t.Errorf("answered %d", got)
		}
	})
}

func status(t *testing.T, req *http.Request) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	response, err := http.DefaultClient.Do(req.WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close() // nothing of it is read
	return response.StatusCode
}
