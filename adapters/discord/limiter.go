package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

// route is what Discord limits as one: a method and a path with its major ids:
// https://docs.discord.com/developers/topics/rate-limits
type route struct {
	key string // without other ids, and without tokens: it is logged
	// major is the channel, guild or webhook that the limit is for.
	major string
	// callback is an interaction's first response, to which no limit of the bot's
	// applies.
	callback bool
	// hook is a request by an interaction's token, to which the global one does not.
	hook bool
}

// routeOf is the route of a path below the API's root.
func routeOf(method, path string) route {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	r := route{}
	for i := range parts {
		isID := i > 0 && strings.Trim(parts[i], "0123456789") == ""
		switch {
		case i == 2 && (parts[0] == "webhooks" || parts[0] == "interactions"): // a token
			r.major += "/" + parts[i]
			parts[i] = ":token"
		case isID:
			if i == 1 {
				r.major = parts[i]
			}
			parts[i] = ":id"
		}
	}
	r.callback, r.hook = parts[0] == "interactions", byToken(path)
	r.key = method + " " + strings.Join(parts, "/")
	return r
}

// limiter keeps Discord's limits before Discord has to say so, and remembers what
// it did say. It is safe for use by many goroutines.
type limiter struct {
	now func() time.Time
	log *slog.Logger

	mu      sync.Mutex
	changed chan struct{}      // closed, and made anew, when a wait may have become shorter
	names   map[string]string  // Discord's name of a bucket by route; guarded by mu, like the rest
	buckets map[string]*bucket // by name and major
	global  time.Time          // until when all but interactions wait
	banned  time.Time          // until when nothing goes out
	window  time.Time          // the second that sent counts in
	sent    int
	invalid []time.Time // answers of the last ten minutes that count against the address
}

// bucket is how much of a limit is left.
type bucket struct {
	known     bool // Discord has told
	limit     int
	remaining int
	reset     time.Time
	begun     bool // another window has begun, of which no answer has told the end
	flying    int  // requests whose answer is to come
}

const (
	// perSecond is a little less than Discord's fifty.
	perSecond = 45
	// mostInvalid is half of the invalid requests that Discord takes in ten minutes
	// before it refuses the whole address for a while.
	mostInvalid   = 5000
	invalidWindow = 10 * time.Minute
	// mostBuckets bounds what is remembered; those of old interactions go first.
	mostBuckets = 2048
	// bannedFor is how long nothing goes out where a ban does not say its length.
	bannedFor = time.Minute
)

func newLimiter(now func() time.Time, log *slog.Logger) *limiter {
	return &limiter{now: now, log: log, changed: make(chan struct{}), names: map[string]string{}, buckets: map[string]*bucket{}}
}

var (
	errBanned  = errors.New("discord refuses this address for a while")
	errInvalid = errors.New("too many requests were refused of late; nothing more is asked for some minutes")
)

// admit waits until a request may go out, or until ctx would end before that.
func (l *limiter) admit(ctx context.Context, r route) error {
	for {
		l.mu.Lock()
		wait, err := l.take(r)
		changed := l.changed
		l.mu.Unlock()
		if err != nil || wait == 0 {
			return err
		}
		if wait > 0 && !hasTime(ctx, wait) {
			return fmt.Errorf("%s must wait for %v: %w", r.key, wait.Round(time.Millisecond), context.DeadlineExceeded)
		}
		if err := until(ctx, wait, changed); err != nil {
			return fmt.Errorf("wait for the turn of %s: %w", r.key, err)
		}
	}
}

// until waits for some time (less than 0: any), a change or the end of ctx.
func until(ctx context.Context, wait time.Duration, changed <-chan struct{}) error {
	var after <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		after = timer.C
	}
	select {
	case <-after:
	case <-changed:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// take lets a request out at once (0), or says how long it waits; less than 0 is
// until something changes. mu is held.
func (l *limiter) take(r route) (time.Duration, error) {
	now := l.now()
	switch {
	case now.Before(l.banned):
		return 0, errBanned
	case r.callback:
		return 0, nil
	case l.tooManyInvalid(now):
		return 0, errInvalid
	case !r.hook && now.Before(l.global):
		return l.global.Sub(now), nil
	}
	b := l.bucket(r)
	switch {
	case !b.known && b.flying > 0:
		return -1, nil // the first tells how many may follow
	case b.known && !now.Before(b.reset):
		b.remaining = max(b.limit-b.flying, 1)
		b.begun, b.reset = true, now.Add(time.Minute) // until the next answer says it better
	case b.known && b.remaining <= 0 && b.begun && b.flying > 0:
		return -1, nil
	case b.known && b.remaining <= 0:
		return b.reset.Sub(now), nil
	}
	if !r.hook {
		if wait := l.second(now); wait > 0 {
			return wait, nil
		}
	}
	b.remaining--
	b.flying++
	return 0, nil
}

// second counts a request in this second, or says when the next begins.
func (l *limiter) second(now time.Time) time.Duration {
	if now.Sub(l.window) >= time.Second {
		l.window, l.sent = now, 0
	}
	if l.sent >= perSecond {
		return time.Second - now.Sub(l.window)
	}
	l.sent++
	return 0
}

func (l *limiter) tooManyInvalid(now time.Time) bool {
	for len(l.invalid) > 0 && now.Sub(l.invalid[0]) > invalidWindow {
		l.invalid = l.invalid[1:]
	}
	return len(l.invalid) >= mostInvalid
}

// bucket is the one that a route counts in. mu is held.
func (l *limiter) bucket(r route) *bucket {
	name := r.key + " " + r.major
	if hash := l.names[r.key]; hash != "" {
		name = hash + " " + r.major
	}
	b := l.buckets[name]
	if b == nil {
		if len(l.buckets) >= mostBuckets {
			l.forget()
		}
		b = &bucket{}
		l.buckets[name] = b
	}
	return b
}

// forget drops the buckets that say nothing any more.
func (l *limiter) forget() {
	now := l.now()
	for name, b := range l.buckets {
		if b.flying == 0 && !now.Before(b.reset) {
			delete(l.buckets, name)
		}
	}
	if len(l.buckets) >= mostBuckets { // all are in use: a 429 will say what was forgotten
		clear(l.buckets)
	}
}

// limited is what a 429 says.
type limited struct {
	After  float64 `json:"retry_after"`
	Global bool    `json:"global"`
}

// firstRetry is how long is waited before a failed request is sent again; each time
// twice as long.
const (
	firstRetry  = 250 * time.Millisecond
	mostRetries = 4
)

// after notes what an answer says of the limits, and tells whether to try again and
// when. A body that it has to read is put back.
func (l *limiter) after(r route, response *http.Response, err error, repeatable bool, try int) (time.Duration, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() {
		close(l.changed)
		l.changed = make(chan struct{})
	}()
	if !r.callback {
		l.landed(r, response)
	}
	pause := firstRetry << try
	switch {
	case err != nil:
		return pause, repeatable && try < mostRetries && !errors.Is(err, context.Canceled)
	case response.StatusCode == http.StatusTooManyRequests:
		return l.refused(r, response)
	case response.StatusCode >= http.StatusInternalServerError:
		return pause, repeatable && try < mostRetries
	case response.StatusCode == http.StatusUnauthorized, response.StatusCode == http.StatusForbidden:
		l.invalid = append(l.invalid, l.now())
	}
	return 0, false
}

// landed updates a request's bucket by its answer's headers.
func (l *limiter) landed(r route, response *http.Response) {
	b := l.bucket(r)
	b.flying = max(b.flying-1, 0)
	if response == nil {
		if b.begun && b.flying == 0 {
			b.reset = l.now() // nobody is left to tell
		}
		return
	}
	b.begun = false
	h := response.Header
	if h.Get("X-Ratelimit-Limit") == "" {
		b.known, b.limit, b.remaining, b.reset = true, max(b.limit, perSecond), max(b.limit, perSecond), l.now()
		return
	}
	if hash := h.Get("X-Ratelimit-Bucket"); hash != "" && l.names[r.key] != hash {
		l.names[r.key] = hash
		l.buckets[hash+" "+r.major] = b
		delete(l.buckets, r.key+" "+r.major)
	}
	limit, remaining := number(h.Get("X-Ratelimit-Limit")), number(h.Get("X-Ratelimit-Remaining"))
	reset := l.now().Add(seconds(h.Get("X-Ratelimit-Reset-After")))
	// Answers come in any order: of one window the least counts.
	if b.known && reset.Sub(b.reset).Abs() < time.Second {
		remaining = min(remaining, b.remaining)
	}
	b.known, b.limit, b.remaining, b.reset = true, limit, remaining-b.flying, reset
}

// refused notes a 429: one of a route, one of all, or a ban, which is no JSON.
func (l *limiter) refused(r route, response *http.Response) (time.Duration, bool) {
	const enough = 16 << 10
	body, _ := io.ReadAll(io.LimitReader(response.Body, enough)) // what cannot be read says nothing
	_ = response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(body))
	pause := seconds(response.Header.Get("Retry-After"))
	now := l.now()
	if response.Header.Get("X-Ratelimit-Scope") != "shared" {
		l.invalid = append(l.invalid, now)
	}
	var says limited
	if json.Unmarshal(body, &says) != nil {
		if pause == 0 {
			pause = bannedFor
		}
		l.banned = now.Add(pause)
		l.log.Error("discord: this address is refused for a while, nothing is sent", "for", pause)
		response.Body = io.NopCloser(strings.NewReader(`{"message":"banned","retry_after":0}`))
		return 0, false
	}
	pause = max(pause, time.Duration(says.After*float64(time.Second)), time.Millisecond)
	switch {
	case says.Global || response.Header.Get("X-Ratelimit-Global") != "":
		l.global = now.Add(pause)
		l.log.Warn("discord: the global rate limit was met", "for", pause)
	case !r.callback:
		b := l.bucket(r)
		b.known, b.remaining, b.reset = true, 0, now.Add(pause)
		b.limit = max(b.limit, 1)
	}
	return pause, true
}

// number reads a header of digits; anything else is 0.
func number(s string) int {
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' || n > 1<<20 {
			return 0
		}
		n = 10*n + int(c-'0')
	}
	return n
}
