package fetch_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"silkwire/knowledge/fetch"
)

const most = 1 << 20

// serve is a server on 127.0.0.1, and a client that may reach that address and no other of
// this machine.
func serve(t *testing.T, handler http.HandlerFunc) (*httptest.Server, *http.Client) {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s, fetch.NewClient(fetch.Options{Agent: "silkwire-test (+mailto:ops@example.org)", Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
}

// say writes a page. Who asked for it has gone, if that fails.
func say(w io.Writer, page string) { _, _ = io.WriteString(w, page) }

func get(t *testing.T, client *http.Client, address string, seen fetch.Seen) (fetch.Page, error) {
	t.Helper()
	return fetch.Get(t.Context(), client, address, seen, most)
}

// What only the machine itself can reach is refused at the dial: as it is written, by a
// name that leads there, and behind a redirect.
func TestPrivateAddresses(t *testing.T) {
	private := fetch.NewClient(fetch.Options{Agent: "t"})
	for _, address := range []string{
		"http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/", "http://10.0.0.1/", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data",
		"http://[fe80::1]/", "http://[::ffff:127.0.0.1]:9/", "http://0.0.0.0:9/", "http://100.64.0.1/", "http://2130706433:9/",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if _, err := fetch.Get(ctx, private, address, fetch.Seen{}, most); !errors.Is(err, fetch.ErrPrivate) {
			if _, lookup := errors.AsType[*net.DNSError](err); !lookup { // 2130706433 is a name where the resolver does not read it as a number
				t.Errorf("%s: %v", address, err)
			}
		}
		cancel()
	}
	s, client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.2:9/", http.StatusFound)
	})
	if _, err := get(t, client, s.URL, fetch.Seen{}); !errors.Is(err, fetch.ErrPrivate) {
		t.Errorf("behind a redirect: %v", err)
	}
	open := fetch.NewClient(fetch.Options{Agent: "t", AllowPrivate: true})
	plain, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { say(w, "here") })
	if p, err := get(t, open, plain.URL, fetch.Seen{}); err != nil || string(p.Body) != "here" {
		t.Errorf("where the operator allows it: %q, %v", p.Body, err)
	}
}

func TestAddress(t *testing.T) {
	for typed, want := range map[string]string{
		"https://example.org/feed": "https://example.org/feed", "example.org/feed": "https://example.org/feed", "http://例え.jp/": "http://例え.jp/",
		"file:///etc/passwd": "", "javascript:alert(1)": "", "ftp://example.org/": "", "https://": "", "https://user:secret@example.org/": "", "": "", "gopher://x": "", "http://%zz": "",
	} {
		u, err := fetch.Address(typed)
		switch {
		case want == "" && !errors.Is(err, fetch.ErrAddress):
			t.Errorf("%q is taken for %v, %v", typed, u, err)
		case want != "" && (err != nil || u.Scheme+"://"+u.Host+u.Path != want):
			t.Errorf("%q is read as %v, %v", typed, u, err)
		}
	}
}

// A page that is the same is not sent again.
func TestConditional(t *testing.T) {
	s, client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("User-Agent") != "silkwire-test (+mailto:ops@example.org)" {
			t.Errorf("it calls itself %q", r.Header.Get("User-Agent"))
		}
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Last-Modified", "Mon, 02 Nov 2026 10:00:00 GMT")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		if r.Header.Get("If-None-Match") == `"1"` && r.Header.Get("If-Modified-Since") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		say(w, "page")
	})
	p, err := get(t, client, s.URL, fetch.Seen{})
	if err != nil || string(p.Body) != "page" || p.Keeps != time.Hour {
		t.Fatalf("%+v, %v", p, err)
	}
	if again, err := get(t, client, s.URL, p.Seen); err != nil || !again.Same || again.Seen != p.Seen {
		t.Errorf("again: %+v, %v", again, err)
	}
}

// What is too large, packed or not, is not read to its end.
func TestLimits(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 64 {
		if _, err := z.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	endless := func(w io.Writer) {
		for range 50 {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	}
	s, client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes()) // who asked has gone, if this fails
		case "/large":
			w.Header().Set("Content-Length", "52428800")
			endless(w)
		case "/endless":
			endless(w)
		case "/hops":
			http.Redirect(w, r, "/hops", http.StatusFound)
		case "/elsewhere":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/packed":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			say(z, "packed")
			_ = z.Close()
		case "/packed file":
			z := gzip.NewWriter(w)
			say(z, "packed")
			_ = z.Close()
		case "/broken":
			w.Header().Set("Content-Encoding", "gzip")
			say(w, "not packed")
		}
	})
	for name, test := range map[string]struct {
		path string
		want error
	}{
		"a gzip bomb":                 {"/bomb", fetch.ErrTooLarge},
		"a feed of 50 MB":             {"/large", fetch.ErrTooLarge},
		"a feed without an end":       {"/endless", fetch.ErrTooLarge},
		"a redirect to itself":        {"/hops", fetch.ErrHops},
		"a redirect to another world": {"/elsewhere", fetch.ErrAddress},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := get(t, client, s.URL+test.path, fetch.Seen{}); !errors.Is(err, test.want) {
				t.Error(err)
			}
		})
	}
	for _, path := range []string{"/packed", "/packed%20file"} {
		if p, err := get(t, client, s.URL+path, fetch.Seen{}); err != nil || string(p.Body) != "packed" {
			t.Errorf("%s: %q, %v", path, p.Body, err)
		}
	}
	if _, err := get(t, client, s.URL+"/broken", fetch.Seen{}); err == nil {
		t.Error("what cannot be unpacked is taken")
	}
}

func TestRetryAfter(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"120": 2 * time.Minute, "Mon, 02 Nov 2026 10:05:00 GMT": 5 * time.Minute, "soon": 0, "-5": 0, "": 0, "99999999999": 24 * time.Hour,
		"Mon, 02 Nov 2020 10:05:00 GMT": 0,
	} {
		s, client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", "Mon, 02 Nov 2026 10:00:00 GMT")
			w.Header().Set("Retry-After", value)
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		_, err := get(t, client, s.URL+"/?key=secret", fetch.Seen{})
		e, ok := errors.AsType[*fetch.StatusError](err)
		if !ok || e.Wait != want || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", value, err)
		}
	}
}

// An error of the connection does not quote the address, which may hold a secret.
func TestErrorsKeepSecrets(t *testing.T) {
	s, client := serve(t, func(http.ResponseWriter, *http.Request) {})
	s.Close()
	if _, err := get(t, client, s.URL+"/?key=secret", fetch.Seen{}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}
