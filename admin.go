package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"silkwire/bot"
)

// checkAdmin refuses an address of health and metrics that other machines can reach,
// unless the operator said that this is meant.
func (c config) checkAdmin() error {
	if c.adminRemote || onLoopback(c.adminAddr) {
		return nil
	}
	return misuse("SILKWIRE_ADMIN_ADDR is %s, which other machines can reach: health and metrics are for the operator. Use 127.0.0.1, or say with SILKWIRE_ADMIN_REMOTE=1 that it is meant", c.adminAddr)
}

// onLoopback tells whether only this machine reaches an address. A name counts as
// reachable from elsewhere, unless it is localhost; so does no host at all.
func onLoopback(hostPort string) bool {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// progress is how far the start is: each part says once that it is ready.
type progress struct {
	all string // the names, as the line "ready" prints them
	out io.Writer

	mu     sync.Mutex
	waits  map[string]bool // guarded by mu, like ending
	ending bool
	there  chan struct{} // closed when all are ready
}

func newProgress(out io.Writer, names ...string) *progress {
	p := &progress{all: strings.Join(names, " "), out: out, waits: map[string]bool{factBase: true}, there: make(chan struct{})}
	for _, name := range names {
		p.waits[name] = true
	}
	return p
}

// factBase is the name of the fact base among what must be ready.
const factBase = "fact base"

// ready notes that a part is. Once all are, a line says so.
func (p *progress) ready(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waits) == 0 {
		return
	}
	if delete(p.waits, name); len(p.waits) == 0 {
		// Who started it finds out by asking, if this cannot be written.
		_, _ = fmt.Fprintln(p.out, strings.TrimSpace("ready "+p.all))
		close(p.there)
	}
}

// end notes that the end was asked for.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ending = true
}

// readiness is what /readyz prints.
type readiness struct {
	Ready   bool     `json:"ready"`
	Waiting []string `json:"waiting,omitempty"`
	Ending  bool     `json:"ending,omitempty"`
}

func (p *progress) now() readiness {
	p.mu.Lock()
	defer p.mu.Unlock()
	return readiness{Ready: len(p.waits) == 0 && !p.ending, Waiting: slices.Sorted(maps.Keys(p.waits)), Ending: p.ending}
}

// partHealth is how one part is, as /healthz prints it.
type partHealth struct {
	Part   string `json:"part"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	Since  string `json:"since"` // RFC 3339
	// LastFrame is how many seconds ago a platform was heard of.
	LastFrame *float64 `json:"last_frame_seconds,omitempty"`
}

// admin is what the operator's own address shows.
type admin struct {
	platforms []platform
	health    *bot.Health
	start     *progress
	metrics   *metrics
	log       *slog.Logger
}

// serve listens until ctx ends. A taken port is a line in the log, and not a stop.
func (a admin) serve(ctx context.Context, address string) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		a.log.WarnContext(ctx, "health and metrics are not served", "address", address, "error", err)
		return
	}
	// Who started it finds out by asking, if this cannot be written.
	_, _ = fmt.Fprintf(a.start.out, "health and metrics are at http://%s\n", listener.Addr())
	listen(ctx, listener, a.handler(), a.log)
}

// handler answers /healthz with how every part is, /readyz with whether the start is over,
// both 200 if it is well and else 503, and /metrics.
func (a admin) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		parts, ok := partsNow(a.platforms, a.health)
		writeStatus(w, ok, parts)
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		r := a.start.now()
		writeStatus(w, r.Ready, r)
	})
	mux.Handle("GET /metrics", a.metrics.handler(a.log))
	return mux
}

func writeStatus(w http.ResponseWriter, ok bool, body any) {
	w.Header().Set("Content-Type", "application/json")
	if !ok {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	// Who asked has gone, if this cannot be written.
	_ = json.NewEncoder(w).Encode(body)
}

func partsNow(all []platform, health *bot.Health) ([]partHealth, bool) {
	ok := true
	var parts []partHealth
	for _, s := range health.Parts() {
		part := partHealth{Part: s.Part, OK: s.OK, Detail: s.Detail, Since: s.Since.UTC().Format(time.RFC3339)}
		for _, p := range all {
			if last := p.last(); p.name == s.Part && !last.IsZero() {
				age := time.Since(last).Seconds()
				part.LastFrame = &age
			}
		}
		ok = ok && s.OK
		parts = append(parts, part)
	}
	return parts, ok
}
