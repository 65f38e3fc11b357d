// Package fetch gets pages from addresses that people wrote: politely, with limits on
// everything, and from nowhere that only the machine itself can reach.
//
// NewClient makes an HTTP client whose every dial is checked after the name was looked
// up, also behind a redirect; Get asks for one page. The package may import nothing of
// silkwire's.
package fetch

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"code.dny.dev/ssrf"
)

// Limits of one request.
const (
	// Within is how long a request takes at most, with its redirects and its body.
	Within      = 20 * time.Second
	dialWithin  = 5 * time.Second
	mostHops    = 5
	mostHeaders = 64 << 10
	// longestWait is the most that a Retry-After is believed.
	longestWait = 24 * time.Hour
)

// Errors of Get. What else can go wrong is an error of the connection.
var (
	ErrPrivate  = errors.New("the address is of this machine or of a private network")
	ErrTooLarge = errors.New("the page is too large")
	ErrAddress  = errors.New("it is no http or https address")
	ErrHops     = errors.New("it redirects too often")
)

// StatusError is an answer that holds no page.
type StatusError struct {
	Code int
	// Wait is how long the server asks to be left alone; 0: it does not say.
	Wait time.Duration
}

// Error is a clause.
func (e *StatusError) Error() string {
	return fmt.Sprintf("the server answers %d %s", e.Code, http.StatusText(e.Code))
}

// Options are what a client is told.
type Options struct {
	// AllowPrivate lets it reach this machine and private networks.
	AllowPrivate bool
	// Allow are networks that it may reach all the same.
	Allow []netip.Prefix
	// Agent names silkwire and a contact in every request:
	// https://www.rfc-editor.org/rfc/rfc9110#name-user-agent
	Agent string
}

// NewClient makes a client for Get. It honours no proxy of the environment: the check of
// an address would be the proxy's.
func NewClient(o Options) *http.Client {
	dialer := &net.Dialer{Timeout: dialWithin}
	if !o.AllowPrivate {
		v4 := slices.DeleteFunc(slices.Clone(o.Allow), func(p netip.Prefix) bool { return !p.Addr().Is4() })
		v6 := slices.DeleteFunc(slices.Clone(o.Allow), func(p netip.Prefix) bool { return p.Addr().Is4() })
		dialer.Control = ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...)).Safe
	}
	return &http.Client{
		Timeout: Within,
		Transport: &named{o.Agent, &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, MaxIdleConns: 32, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute,
			TLSHandshakeTimeout: dialWithin, ResponseHeaderTimeout: Within, MaxResponseHeaderBytes: mostHeaders,
			DisableCompression: true, // Get asks for gzip itself, and counts what comes out of it
		}},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > mostHops {
				return ErrHops
			}
			r.Header.Del("Referer") // the address may hold a secret
			return checkAddress(r.URL)
		},
	}
}

// named sends the name of who asks.
type named struct {
	agent string
	next  http.RoundTripper
}

// RoundTrip is http.RoundTripper's.
func (n *named) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", n.agent)
	answer, err := n.next.RoundTrip(r)
	for _, refused := range []error{ssrf.ErrProhibitedIP, ssrf.ErrProhibitedNetwork, ssrf.ErrProhibitedPort, ssrf.ErrInvalidHostPort} {
		if errors.Is(err, refused) {
			return nil, ErrPrivate
		}
	}
	return answer, err
}

// Address reads an address that somebody wrote: http or https, with a host and without a
// name and a password. One without a scheme is https. Its error wraps ErrAddress.
func Address(typed string) (*url.URL, error) {
	typed = strings.TrimSpace(typed)
	if !strings.Contains(typed, "://") {
		typed = "https://" + typed
	}
	u, err := url.Parse(typed)
	if err != nil {
		return nil, ErrAddress // url's error quotes what was typed
	}
	return u, checkAddress(u)
}

func checkAddress(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return ErrAddress
	}
	return nil
}

// Seen is what a server said of a page, so that it need not send it again while it stays
// the same: https://www.rfc-editor.org/rfc/rfc9110#name-conditional-requests
type Seen struct {
	Tag      string `json:"tag,omitempty"`      // ETag
	Modified string `json:"modified,omitempty"` // Last-Modified
}

// Page is what was got.
type Page struct {
	Body    []byte
	Type    string        // Content-Type
	Address *url.URL      // behind the redirects
	Same    bool          // it is as it was Seen, and there is no Body
	Seen    Seen          // for the next time
	Keeps   time.Duration // how long the server says that it stays the same; 0: it does not
}

// Get asks for a page of at most most bytes, also when it is unpacked. Its errors wrap
// those of this package, or are *StatusError, or say in a sentence what is wrong.
func Get(ctx context.Context, client *http.Client, address string, seen Seen, most int64) (Page, error) {
	u, err := Address(address)
	if err != nil {
		return Page{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, Within)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return Page{}, ErrAddress
	}
	r.Header.Set("Accept", "application/rss+xml, application/atom+xml, application/feed+json, application/json;q=0.9, application/xml;q=0.9, text/xml;q=0.9, text/html;q=0.5, */*;q=0.1")
	r.Header.Set("Accept-Encoding", "gzip")
	for name, value := range map[string]string{"If-None-Match": seen.Tag, "If-Modified-Since": seen.Modified} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	answer, err := client.Do(r)
	if err != nil {
		return Page{}, plain(err)
	}
	// It was read, or is of no interest any more.
	defer func() { _ = answer.Body.Close() }()
	p := Page{Type: answer.Header.Get("Content-Type"), Address: answer.Request.URL, Seen: seenIn(answer.Header), Keeps: keeps(answer.Header)}
	switch {
	case answer.StatusCode == http.StatusNotModified && seen != (Seen{}):
		p.Same, p.Seen = true, Seen{cmp.Or(p.Seen.Tag, seen.Tag), cmp.Or(p.Seen.Modified, seen.Modified)}
		return p, nil
	case answer.StatusCode != http.StatusOK:
		return Page{}, &StatusError{answer.StatusCode, wait(answer.Header)}
	}
	p.Body, err = body(answer, most)
	return p, err
}

// body reads and unpacks what came, up to most bytes.
func body(answer *http.Response, most int64) ([]byte, error) {
	if answer.ContentLength > most {
		return nil, ErrTooLarge
	}
	packed := bufio.NewReader(io.LimitReader(answer.Body, most+1))
	from := io.Reader(packed)
	// Some servers send a file that is packed and do not say so.
	head, _ := packed.Peek(len(gzipMagic))
	if strings.EqualFold(answer.Header.Get("Content-Encoding"), "gzip") || string(head) == gzipMagic {
		unpacked, err := gzip.NewReader(packed)
		if err != nil {
			return nil, fmt.Errorf("unpack the page: %w", err)
		}
		from = unpacked
	}
	out, err := io.ReadAll(io.LimitReader(from, most+1))
	switch {
	case int64(len(out)) > most:
		return nil, ErrTooLarge
	case err != nil:
		return nil, fmt.Errorf("read the page: %w", plain(err))
	}
	return out, nil
}

// gzipMagic is how what is packed begins: https://www.rfc-editor.org/rfc/rfc1952
const gzipMagic = "\x1f\x8b"

func seenIn(h http.Header) Seen { return Seen{h.Get("ETag"), h.Get("Last-Modified")} }

// wait is a Retry-After; as a date it is compared with the server's own clock.
func wait(h http.Header) time.Duration {
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = longAhead // a date says nothing without one
	}
	return RetryAfter(h.Get("Retry-After"), now)
}

// longAhead is after every date that a server may name.
var longAhead = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// RetryAfter reads that header, seconds or a date, at a time: for how long the server asks
// to be left alone, at most a day. 0: it does not say.
// https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
func RetryAfter(value string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(value); err == nil {
		return seconds(n)
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(until.Sub(now), 0), longestWait)
}

// keeps is the max-age of a page:
// https://www.rfc-editor.org/rfc/rfc9111#name-max-age-2
func keeps(h http.Header) time.Duration {
	for part := range strings.SplitSeq(h.Get("Cache-Control"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if n, err := strconv.Atoi(strings.Trim(value, `"`)); err == nil && strings.EqualFold(name, "max-age") {
			return seconds(n)
		}
	}
	return 0
}

// seconds are a time that somebody else says, as far as it is believed.
func seconds(n int) time.Duration {
	return time.Duration(min(max(n, 0), int(longestWait/time.Second))) * time.Second
}

// plain is an error of the connection without the address, which may hold a secret, and
// as this package's own where it is one of those.
func plain(err error) error {
	for _, own := range []error{ErrAddress, ErrHops, ErrPrivate} {
		if errors.Is(err, own) {
			return own
		}
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
