package discord

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// roundTripper answers in Discord's place.
type roundTripper func(*http.Request) *http.Response

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

// canned is a response with a status, a body and headers as "Name: value".
type canned struct {
	status  int
	body    string
	headers []string
}

func answered(status int, body string, headers ...string) *http.Response {
	return canned{status, body, headers}.response()
}

func (c canned) response() *http.Response {
	r := &http.Response{StatusCode: c.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(c.body))}
	for _, h := range c.headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	return r
}

// restOver is a rest whose requests are answered by f.
func restOver(f roundTripper) *rest {
	return newRest(Options{Token: "t", Now: time.Now, Random: func() float64 { return 0 }, Log: slog.New(slog.DiscardHandler), HTTP: &http.Client{Transport: f}})
}

// TestRouteOf shows what is limited as one.
func TestRouteOf(t *testing.T) {
	for path, want := range map[string]route{
		"channels/1/messages":                  {key: "POST channels/:id/messages", major: "1"},
		"channels/1/messages/2":                {key: "POST channels/:id/messages/:id", major: "1"},
		"webhooks/9/tok-en/messages/@original": {key: "POST webhooks/:id/:token/messages/@original", major: "9/tok-en", hook: true},
		"interactions/5/secret/callback":       {key: "POST interactions/:id/:token/callback", major: "5/secret", callback: true, hook: true},
		"applications/9/commands?with_x=true":  {key: "POST applications/:id/commands", major: "9"},
		"applications/9/guilds/7/commands":     {key: "POST applications/:id/guilds/:id/commands", major: "9"},
		"users/@me/channels":                   {key: "POST users/@me/channels"},
	} {
		if got := routeOf(http.MethodPost, path); got != want {
			t.Errorf("%s is %+v, want %+v", path, got, want)
		}
	}
}

// TestLimits shows when requests go out that Discord limits, in the time that passes.
func TestLimits(t *testing.T) {
	bucket := func(remaining int) []string {
		return []string{"X-RateLimit-Limit: 2", "X-RateLimit-Remaining: " + strconv.Itoa(remaining), "X-RateLimit-Reset-After: 3.0", "X-RateLimit-Bucket: abc"}
	}
	for _, c := range []struct {
		name    string
		answers []canned // in order; then 200
		paths   []string
		want    time.Duration // until all have gone through
		fails   bool
	}{
		{
			name: "a bucket that is used up is waited for before Discord has to say so", paths: []string{"channels/1/messages", "channels/1/messages", "channels/1/messages"},
			answers: []canned{{200, "{}", bucket(1)}, {200, "{}", bucket(0)}}, want: 3 * time.Second,
		},
		{
			name: "another channel has a bucket of its own", paths: []string{"channels/1/messages", "channels/2/messages"},
			answers: []canned{{200, "{}", bucket(0)}}, want: 0,
		},
		{
			name: "a 429 of a route is tried again", paths: []string{"channels/1/messages"},
			answers: []canned{{429, `{"message":"slow","retry_after":2.5,"global":false}`, []string{"Retry-After: 3"}}}, want: 3 * time.Second,
		},
		{
			name: "a global 429 holds the others too", paths: []string{"channels/1/messages", "channels/2/messages"},
			answers: []canned{{429, `{"message":"slow","retry_after":2,"global":true}`, []string{"X-RateLimit-Global: true", "Retry-After: 2"}}}, want: 2 * time.Second,
		},
		{
			name: "but no interaction", paths: []string{"channels/1/messages", "interactions/5/x/callback"},
			answers: []canned{{429, `{"message":"slow","retry_after":100,"global":true}`, []string{"X-RateLimit-Global: true"}}}, want: 0, fails: true,
		},
		{
			name: "a 429 that is no JSON is a ban: nothing goes out", paths: []string{"channels/1/messages", "interactions/5/x/callback"},
			answers: []canned{{429, `<html>cloudflare</html>`, []string{}}}, want: 0, fails: true,
		},
		{
			name: "a wait that is longer than there is time for is not begun", paths: []string{"channels/1/messages"},
			answers: []canned{{429, `{"message":"slow","retry_after":60,"global":false}`, []string{}}}, want: 0, fails: true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				r := restOver(func(*http.Request) *http.Response {
					n++
					if n <= len(c.answers) {
						return c.answers[n-1].response()
					}
					return answered(200, "{}")
				})
				began := time.Now()
				var failed error
				for _, path := range c.paths {
					failed = errors.Join(failed, r.call(again(t.Context()), http.MethodPost, path, map[string]string{"content": "x"}, nil))
				}
				if took := time.Since(began); took != c.want {
					t.Errorf("it took %v, want %v", took, c.want)
				}
				if (failed != nil) != c.fails {
					t.Errorf("the error is %v", failed)
				}
			})
		})
	}
}

// TestTriesAgain shows what is sent again, and how often.
func TestTriesAgain(t *testing.T) {
	for _, c := range []struct {
		name   string
		method string
		safe   bool
		status int
		want   int // requests
	}{
		{"a question", http.MethodGet, false, 503, mostRetries + 1},
		{"an edit", http.MethodPatch, false, 500, mostRetries + 1},
		{"a post", http.MethodPost, false, 502, 1},
		{"a post that carries a nonce", http.MethodPost, true, 502, mostRetries + 1},
		{"what was refused", http.MethodPost, true, 403, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				r := restOver(func(*http.Request) *http.Response {
					n++
					return answered(c.status, `{"code":50013,"message":"no"}`)
				})
				ctx := t.Context()
				if c.safe {
					ctx = again(ctx)
				}
				if err := r.call(ctx, c.method, "channels/1/messages", nil, nil); err == nil || n != c.want {
					t.Errorf("%d requests, %v; want %d and an error", n, err, c.want)
				}
			})
		})
	}
}

// TestWaitsEndWithTheirContext shows that no wait outlives whom it is for.
func TestWaitsEndWithTheirContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := restOver(func(*http.Request) *http.Response {
			return answered(200, "{}", "X-RateLimit-Limit: 1", "X-RateLimit-Remaining: 0", "X-RateLimit-Reset-After: 5")
		})
		if err := r.call(t.Context(), http.MethodGet, "channels/1", nil, nil); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		err := r.call(ctx, http.MethodGet, "channels/1", nil, nil)
		if took := time.Since(began); !errors.Is(err, context.Canceled) || took != time.Second {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// TestForbiddenForEver shows the guard against a ban: after many refusals nothing is
// asked any more, but interactions are answered.
func TestForbiddenForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		r := restOver(func(req *http.Request) *http.Response {
			if strings.Contains(req.URL.Path, "interactions") {
				return answered(204, "")
			}
			n++
			return answered(403, `{"code":50001,"message":"Missing Access"}`)
		})
		for range 2 * mostInvalid {
			_ = r.call(t.Context(), http.MethodPost, "channels/1/messages", nil, nil)
		}
		if n != mostInvalid {
			t.Errorf("%d requests were refused, want %d", n, mostInvalid)
		}
		if err := r.call(t.Context(), http.MethodPost, "interactions/1/x/callback", map[string]int{"type": 5}, nil); err != nil {
			t.Error(err)
		}
	})
}

// TestNoSecretInErrors shows that neither the bot's token nor an interaction's is in
// what is logged of a call that failed.
func TestNoSecretInErrors(t *testing.T) {
	r := newRest(Options{Token: "bot-secret", APIURL: "http://127.0.0.1:1/api/v10/", Now: time.Now, Random: func() float64 { return 0 }, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := r.call(ctx, http.MethodPost, "interactions/1/interaction-secret/callback", map[string]int{"type": 5}, nil)
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("the error is %v", err)
	}
}

// TestMemoryOfBuckets shows that interactions leave no bucket for ever.
func TestMemoryOfBuckets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := restOver(func(*http.Request) *http.Response {
			return answered(200, "{}", "X-RateLimit-Limit: 5", "X-RateLimit-Remaining: 4", "X-RateLimit-Reset-After: 1", "X-RateLimit-Bucket: hook")
		})
		for i := range 3 * mostBuckets {
			if err := r.call(t.Context(), http.MethodPatch, "webhooks/9/token"+strconv.Itoa(i)+"/messages/@original", nil, nil); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond) // of the bubble: the buckets get older
		}
		if n := len(r.limits.buckets); n > mostBuckets {
			t.Errorf("%d buckets are kept", n)
		}
	})
}
