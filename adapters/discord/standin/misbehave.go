package standin

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Failure is how Discord answers in place of doing what it is asked.
type Failure struct {
	Status, Code int
	HTML         bool          // a page of Cloudflare's, no JSON
	Scope        string        // of a 429: user, global or shared
	RetryAfter   time.Duration // of a 429
	Times        int           // 0: for ever
	Drop         bool          // the connection, without an answer
}

// misbehaviour is what a test has asked for.
type misbehaviour struct {
	failures  map[string]*Failure // by method and the beginning of a path
	held      map[string]chan struct{}
	noEmbeds  map[string]bool // channels where the bot may not embed links
	noFiles   map[string]bool // channels where it may not attach files
	noSending map[string]bool // channels where it may not write
	noHistory map[string]bool // channels whose messages it may not read
	news      map[string]bool // announcement channels
	twice     bool
	reorders  bool
	late      *event // that the next one overtakes
}

func newMisbehaviour() misbehaviour {
	return misbehaviour{failures: map[string]*Failure{}, held: map[string]chan struct{}{}, noEmbeds: map[string]bool{}, noFiles: map[string]bool{}, noSending: map[string]bool{}, noHistory: map[string]bool{}, news: map[string]bool{}}
}

// Fail answers requests whose method and path begin so with a failure; of several, that
// with the longest beginning.
func (s *Discord) Fail(method, prefix string, f Failure) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.failures[method+" "+prefix] = &f
}

// Mend ends all failures.
func (s *Discord) Mend() {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	clear(s.failures)
}

// Answer before a method holds its answers, when what they asked for is done.
const Answer = "answer "

// gate is what a request, or with Answer its answer, waits for; nil: nothing.
func (s *Discord) gate(what string) chan struct{} {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.heldBy(what)
}

// heldBy is gate; Mu is held.
func (s *Discord) heldBy(what string) chan struct{} {
	for key, g := range s.held {
		if strings.HasPrefix(what, key) {
			return g
		}
	}
	return nil
}

// Hold lets requests whose method and path begin so wait until the function that it
// returns is called.
func (s *Discord) Hold(method, prefix string) (release func()) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	gate := make(chan struct{})
	s.held[method+" "+prefix] = gate
	return func() {
		s.Mu.Lock()
		defer s.Mu.Unlock()
		delete(s.held, method+" "+prefix)
		close(gate)
	}
}

// ForbidEmbeds takes Embed Links from the bot in a channel.
func (s *Discord) ForbidEmbeds(channel string) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.noEmbeds[channel] = true
}

// ForbidFiles takes Attach Files from the bot in a channel.
func (s *Discord) ForbidFiles(channel string) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.noFiles[channel] = true
}

// Announces makes a channel one whose messages can be published to followers.
func (s *Discord) Announces(channel string) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.news[channel] = true
}

// ForbidHistory shows the bot no messages of a channel.
func (s *Discord) ForbidHistory(channel string) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.noHistory[channel] = true
}

// ForbidSending takes Send Messages from the bot in a channel.
func (s *Discord) ForbidSending(channel string) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.noSending[channel] = true
}

// DeliverTwice says whether each event of the gateway is delivered twice.
func (s *Discord) DeliverTwice(on bool) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.twice = on
}

// Reorder says whether each second event of the gateway overtakes the one before, if it
// comes soon after it.
func (s *Discord) Reorder(on bool) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.reorders = on
}

// GoDeaf makes the connections that are open half-open: events that are sent by them are
// lost, nothing is read, and no close comes.
func (s *Discord) GoDeaf() {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	for _, k := range s.sockets {
		k.deaf = true
	}
}

// Pause holds for some time what is sent by the connections that are open.
func (s *Discord) Pause(d time.Duration) {
	for _, k := range s.open() {
		s.Start(func() {
			k.write.Lock()
			defer k.write.Unlock()
			s.Rest(d)
		})
	}
}

// failing is the failure that a request meets, and what it waits for before.
func (s *Discord) failing(method, path string) (f *Failure, gate chan struct{}) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	gate = s.heldBy(method + " " + path)
	longest := ""
	for key := range s.failures {
		if strings.HasPrefix(method+" "+path, key) && len(key) > len(longest) {
			longest = key
		}
	}
	if longest == "" {
		return nil, gate
	}
	demanded := s.failures[longest]
	now := *demanded
	if demanded.Times > 0 {
		if demanded.Times--; demanded.Times == 0 {
			delete(s.failures, longest)
		}
	}
	if now.Status == http.StatusTooManyRequests {
		s.rated++
	}
	return &now, gate
}

func (s *Discord) fail(w http.ResponseWriter, f *Failure) {
	if f.Drop {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close() // that is what was asked for
		}
		return
	}
	after := strconv.FormatFloat(f.RetryAfter.Seconds(), 'f', -1, 64)
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", after)
	}
	if f.Scope != "" {
		w.Header().Set("X-RateLimit-Scope", f.Scope)
	}
	if f.Scope == "global" {
		w.Header().Set("X-RateLimit-Global", "true")
	}
	body := fmt.Sprintf(`{"code":%d,"message":"as the test demands"}`, f.Code)
	switch {
	case f.HTML:
		w.Header().Set("Content-Type", "text/html")
		body = "<!DOCTYPE html><html><body>error 1015</body></html>"
	case f.Status == http.StatusTooManyRequests:
		body = fmt.Sprintf(`{"message":"You are being rate limited.","retry_after":%s,"global":%t}`, after, f.Scope == "global")
	}
	answerWith(w, f.Status, []byte(body))
}

// window is a bucket: how much of a limit was used since when.
type window struct {
	since time.Time
	used  int
}

// The limits that the stand-in keeps, as Discord's headers have them today.
const (
	perRoute    = 5
	routeWindow = 5 * time.Second
	perSecond   = 50
)

// limit counts a request in its bucket and sets the headers that say so. It is not ok
// where the bucket, or the limit of all, is used up.
func (s *Discord) limit(w http.ResponseWriter, method, path string) bool {
	parts := strings.Split(path, "/")
	if parts[1] == "interactions" || s.unchecked {
		return true
	}
	s.Mu.Lock()
	defer s.Mu.Unlock()
	now := s.Time()
	if parts[1] != "webhooks" {
		if wait := s.count("all", perSecond, time.Second, now); wait > 0 {
			s.refuse(w, wait, "global")
			return false
		}
	}
	name, major := method+" "+parts[1], ""
	switch parts[1] {
	case "channels", "guilds":
		major = parts[2]
	case "webhooks":
		major = parts[3]
	}
	if len(parts) > 3 {
		name += " " + parts[len(parts)-1]
	}
	if parts[1] == "applications" || parts[1] == "gateway" { // few calls, other limits
		return true
	}
	if strings.HasPrefix(path, "/channels/") && len(parts) > 4 {
		name = method + " channels messages"
	}
	wait := s.count(name+" "+major, perRoute, routeWindow, now)
	bucket := s.limits[name+" "+major]
	reset := bucket.since.Add(routeWindow).Sub(now).Seconds()
	h := w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(perRoute))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(perRoute-bucket.used, 0)))
	h.Set("X-RateLimit-Reset-After", strconv.FormatFloat(reset, 'f', 3, 64))
	h.Set("X-RateLimit-Reset", strconv.FormatFloat(float64(now.UnixMilli())/1000+reset, 'f', 3, 64))
	h.Set("X-RateLimit-Bucket", fmt.Sprintf("%x", name))
	if wait > 0 {
		s.refuse(w, wait, "user")
		return false
	}
	return true
}

// count counts a request, or says how long the bucket is used up; Mu is held.
func (s *Discord) count(name string, most int, length time.Duration, now time.Time) time.Duration {
	b := s.limits[name]
	if b == nil || now.Sub(b.since) >= length {
		b = &window{since: now}
		s.limits[name] = b
	}
	if b.used >= most {
		return b.since.Add(length).Sub(now)
	}
	b.used++
	return 0
}

func (s *Discord) refuse(w http.ResponseWriter, wait time.Duration, scope string) {
	s.rated++
	s.fail(w, &Failure{Status: http.StatusTooManyRequests, Scope: scope, RetryAfter: wait})
}
