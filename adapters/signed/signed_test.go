package signed

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// clock is set by hand.
type clock struct{ nanos atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.nanos.Store(time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time               { return time.Unix(0, c.nanos.Load()) }
func (c *clock) add(d time.Duration)          { c.nanos.Add(int64(d)) }
func (c *clock) stamp(d time.Duration) string { return strconv.FormatInt(c.now().Add(d).Unix(), 10) }

// slackPost is a request with a signature, made at stamp.
func slackPost(stamp, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/slack/events", strings.NewReader(body))
	r.Header = slackHeaders(stamp, slackSign(slackSecret, stamp, []byte(body)))
	return r
}

// counting answers "ok" and counts how often it was called.
type counting struct{ calls atomic.Int64 }

func (c *counting) serve(w http.ResponseWriter, _ *http.Request, _ []byte) {
	c.calls.Add(1)
	_, _ = io.WriteString(w, "ok\n")
}

// counted reads forever, and counts.
type counted struct{ read int64 }

func (c *counted) Read(p []byte) (int, error) {
	c.read += int64(len(p))
	return len(p), nil
}

// broken ends before its end.
type broken struct{ io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func TestHandler(t *testing.T) {
	c := newClock()
	now := c.stamp(0)
	post := func(change func(r *http.Request)) *http.Request {
		r := slackPost(now, "text=hello")
		if change != nil {
			change(r)
		}
		return r
	}
	method := func(m string) *http.Request { return post(func(r *http.Request) { r.Method = m }) }
	tests := map[string]struct {
		request *http.Request
		want    int
		reason  string // in the log
	}{
		"good":          {post(nil), 200, ""},
		"goodEmpty":     {slackPost(now, ""), 200, ""},
		"atTheLimit":    {slackPost(now, strings.Repeat("x", 1024)), 200, ""},
		"oldest":        {slackPost(c.stamp(-DefaultWindow), "x"), 200, ""},
		"newest":        {slackPost(c.stamp(DefaultWindow), "x"), 200, ""},
		"stale":         {slackPost(c.stamp(-DefaultWindow-time.Second), "x"), 401, "5m1s from now"},
		"fromTheFuture": {slackPost(c.stamp(DefaultWindow+time.Second), "x"), 401, "-5m1s from now"},
		"first":         {slackPost("0", "x"), 401, "from now"},
		"last":          {slackPost("99999999999", "x"), 401, "from now"},
		"forged": {post(func(r *http.Request) {
			r.Header.Set("X-Slack-Signature", slackSign("guess", now, []byte("text=hello")))
		}), 401, "does not match"},
		"bodyChanged":  {post(func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("text=hullo")) }), 401, "does not match"},
		"noHeaders":    {post(func(r *http.Request) { r.Header = http.Header{} }), 401, "X-Slack-Request-Timestamp is there 0 times"},
		"noSignature":  {post(func(r *http.Request) { r.Header.Del("X-Slack-Signature") }), 401, "X-Slack-Signature is there 0 times"},
		"truncated":    {post(func(r *http.Request) { r.Body = io.NopCloser(broken{strings.NewReader("text=he")}) }), 400, "unexpected EOF"},
		"tooLarge":     {slackPost(now, strings.Repeat("x", 1025)), 413, "body of 1025 bytes"},
		"tenMegabytes": {slackPost(now, strings.Repeat("x", 10<<20)), 413, "body of 10485760 bytes"},
		"tooLargeUnannounced": {post(func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(strings.Repeat("x", 10<<20))), -1
		}), 413, "request body too large"},
		"get":     {method(http.MethodGet), 405, "method"},
		"head":    {method(http.MethodHead), 405, "method"},
		"put":     {method(http.MethodPut), 405, "method"},
		"options": {method(http.MethodOptions), 405, "method"},
		"ownVerb": {method(strings.Repeat("LONG", 1000)), 405, `\"LONGLONGLONGLONG\"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			g := New(mustScheme(t)(SlackV0(slackSecret)), c.now, slog.New(slog.NewTextHandler(&log, nil)))
			g.MaxBody = 1024
			next := &counting{}
			w := httptest.NewRecorder()
			g.Handler(next.serve).ServeHTTP(w, test.request)
			if w.Code != test.want {
				t.Errorf("got %d, want %d", w.Code, test.want)
			}
			if called := next.calls.Load() == 1; called != (test.want == 200) {
				t.Errorf("the handler was called: %v", called)
			}
			if want := http.StatusText(test.want) + "\n"; test.want != 200 && w.Body.String() != want {
				t.Errorf("got %q, want %q", w.Body, want)
			}
			if allow := w.Header().Get("Allow"); (allow == "POST") != (test.want == 405) {
				t.Errorf("got Allow %q", allow)
			}
			if got := log.String(); test.reason == "" && got != "" || !strings.Contains(got, test.reason) || strings.Count(got, "\n") > 1 {
				t.Errorf("logged %q, want %q", got, test.reason)
			}
		})
	}
}

// The handler has the bytes that were signed, and can read them again.
func TestHandlerGetsTheBody(t *testing.T) {
	c := newClock()
	const body = "text=hello+%E4%BD%A0&text=\x00\xff"
	called := false
	h := New(mustScheme(t)(SlackV0(slackSecret)), c.now, nil).Handler(func(_ http.ResponseWriter, r *http.Request, got []byte) {
		called = true
		if string(got) != body {
			t.Errorf("got %q, want %q", got, body)
		}
		if again, err := io.ReadAll(r.Body); err != nil || string(again) != body {
			t.Errorf("read %q, %v, want %q", again, err, body)
		}
	})
	h.ServeHTTP(httptest.NewRecorder(), slackPost(c.stamp(0), body))
	if !called {
		t.Error("the handler was not called")
	}
}

// No more is read than can be a body.
func TestHandlerStopsReading(t *testing.T) {
	c := newClock()
	g := New(mustScheme(t)(SlackV0(slackSecret)), c.now, nil)
	body := &counted{}
	r := slackPost(c.stamp(0), "x")
	r.Body, r.ContentLength = io.NopCloser(body), -1
	w := httptest.NewRecorder()
	g.Handler((&counting{}).serve).ServeHTTP(w, r)
	if w.Code != http.StatusRequestEntityTooLarge || body.read > DefaultMaxBody+1 {
		t.Errorf("got %d after %d bytes", w.Code, body.read)
	}
}

func TestHandlerRefusesCopies(t *testing.T) {
	c := newClock()
	next := &counting{}
	h := New(mustScheme(t)(SlackV0(slackSecret)), c.now, nil).Handler(next.serve)
	send := func(r *http.Request) int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	stamp := c.stamp(0)
	steps := []struct {
		name    string
		after   time.Duration
		request func() *http.Request
		want    int
	}{
		{"first", 0, func() *http.Request { return slackPost(stamp, "event") }, 200},
		{"copy", 0, func() *http.Request { return slackPost(stamp, "event") }, 401},
		{"copyInUpperCase", 0, func() *http.Request {
			r := slackPost(stamp, "event")
			r.Header.Set("X-Slack-Signature", "v0="+strings.ToUpper(r.Header.Get("X-Slack-Signature")[3:]))
			return r
		}, 401},
		{"anotherInTheSameSecond", 0, func() *http.Request { return slackPost(stamp, "event 2") }, 200},
		{"retrySignedAnew", 3 * time.Second, func() *http.Request { return slackPost(c.stamp(0), "event") }, 200},
		{"copyAtTheEndOfTheWindow", DefaultWindow - 3*time.Second, func() *http.Request { return slackPost(stamp, "event") }, 401},
		{"copyAfterTheWindow", time.Nanosecond, func() *http.Request { return slackPost(stamp, "event") }, 401},
	}
	for _, s := range steps {
		c.add(s.after)
		if got := send(s.request()); got != s.want {
			t.Errorf("%s: got %d, want %d", s.name, got, s.want)
		}
	}
	if got := next.calls.Load(); got != 3 {
		t.Errorf("the handler was called %d times, want 3", got)
	}
}

// A forged copy must not use up the signature of the request itself, and what
// was refused is not remembered.
func TestRefusedIsNotRemembered(t *testing.T) {
	c := newClock()
	g := New(mustScheme(t)(SlackV0(slackSecret)), c.now, nil)
	h := g.Handler((&counting{}).serve)
	stamp := c.stamp(0)
	for i := range 1000 {
		r := slackPost(stamp, "event")
		r.Body = io.NopCloser(strings.NewReader("forged " + strconv.Itoa(i)))
		h.ServeHTTP(httptest.NewRecorder(), r)
		h.ServeHTTP(httptest.NewRecorder(), slackPost(c.stamp(-time.Hour), strconv.Itoa(i)))
	}
	if len(g.seen) != 0 {
		t.Errorf("%d signatures are remembered", len(g.seen))
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, slackPost(stamp, "event"))
	if w.Code != 200 {
		t.Errorf("got %d", w.Code)
	}
}

func TestMemoryIsBoundedAndForgets(t *testing.T) {
	c := newClock()
	g := New(mustScheme(t)(SlackV0(slackSecret)), c.now, nil)
	g.Remember = 100
	h := g.Handler((&counting{}).serve)
	send := func(stamp, body string) int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, slackPost(stamp, body))
		return w.Code
	}
	first := c.stamp(0)
	for i := range 100 {
		if got := send(first, strconv.Itoa(i)); got != 200 {
			t.Fatalf("%d: got %d", i, got)
		}
	}
	if got := send(first, "one more"); got != http.StatusServiceUnavailable || len(g.seen) != 100 {
		t.Errorf("full: got %d, %d remembered", got, len(g.seen))
	}
	if got := send(first, "0"); got != 401 {
		t.Errorf("copy while full: got %d", got)
	}
	c.add(DefaultWindow)
	if got := send(c.stamp(0), "one more"); got != http.StatusServiceUnavailable {
		t.Errorf("at the end of the window: got %d", got)
	}
	c.add(time.Second)
	// Signed by a clock that is ahead: remembered for twice the window.
	ahead := c.stamp(DefaultWindow)
	if got := send(ahead, "ahead"); got != 200 || len(g.seen) != 1 {
		t.Errorf("after the window: got %d, %d remembered", got, len(g.seen))
	}
	c.add(2 * DefaultWindow)
	if got := send(ahead, "ahead"); got != 401 || len(g.seen) != 1 {
		t.Errorf("copy of what was ahead: got %d, %d remembered", got, len(g.seen))
	}
	c.add(time.Second)
	if got := send(c.stamp(0), "last"); got != 200 || len(g.seen) != 1 {
		t.Errorf("at last: got %d, %d remembered", got, len(g.seen))
	}
}

// Of copies that come at once, one is let through; requests that differ all are.
func TestHandlerConcurrently(t *testing.T) {
	c := newClock()
	var log bytes.Buffer
	g := New(mustScheme(t)(Ed25519(discordPublic)), c.now, slog.New(slog.NewTextHandler(&log, nil)))
	next := &counting{}
	h := g.Handler(next.serve)
	const copies, different = 8, 16
	var wg sync.WaitGroup
	var refused atomic.Int64
	for i := range different {
		body := fmt.Sprintf(`{"id":"%d"}`, i)
		stamp := c.stamp(time.Duration(i) * time.Second)
		signature := discordSign(t, stamp, []byte(body))
		for range copies {
			wg.Go(func() {
				r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
				r.Header = discordHeaders(stamp, signature)
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				c.add(100 * time.Millisecond)
				if w.Code == 401 {
					refused.Add(1)
				}
			})
		}
	}
	wg.Wait()
	if got := next.calls.Load(); got != different || refused.Load() != different*(copies-1) {
		t.Errorf("%d let through and %d refused, want %d and %d", got, refused.Load(), different, different*(copies-1))
	}
}

// A flood of forgeries does not fill the log.
func TestLogIsALineASecond(t *testing.T) {
	c := newClock()
	var log bytes.Buffer
	h := New(mustScheme(t)(SlackV0(slackSecret)), c.now, slog.New(slog.NewTextHandler(&log, nil))).Handler((&counting{}).serve)
	for range 2 {
		for range 50 {
			r := slackPost(c.stamp(0), "x")
			r.Header.Set("X-Slack-Signature", slackSigned)
			h.ServeHTTP(httptest.NewRecorder(), r)
		}
		c.add(time.Second)
	}
	got := log.String()
	if strings.Count(got, "\n") != 2 || !strings.Contains(got, "more=0") || !strings.Contains(got, "more=49") {
		t.Errorf("got %s", got)
	}
	for _, secret := range []string{slackSecret, slackSigned[3:]} {
		if strings.Contains(got, secret) {
			t.Errorf("%s tells %s", got, secret)
		}
	}
}

// Over a real connection that ends before the announced length.
func TestHandlerTruncatedConnection(t *testing.T) {
	c := newClock()
	next := &counting{}
	server := httptest.NewServer(New(mustScheme(t)(SlackV0(slackSecret)), c.now, nil).Handler(next.serve))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	body, stamp := "text=hello", c.stamp(0)
	// What did arrive is signed.
	if _, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nX-Slack-Request-Timestamp: %s\r\nX-Slack-Signature: %s\r\n\r\n%s",
		stamp, slackSign(slackSecret, stamp, []byte(body)), body); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusBadRequest || next.calls.Load() != 0 {
		t.Errorf("got %s, the handler was called %d times", answer.Status, next.calls.Load())
	}
}
