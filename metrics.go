package main

import (
	"log/slog"
	"net/http"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"silkwire/bot"
	"silkwire/bot/delivery"
)

// metrics are what serve counts, in a registry of its own. Labels hold names of commands,
// platforms, outcomes, states, parts and feeds, of which there are few: nothing that
// somebody typed, and no ids. docs/alerts.yml uses them.
type metrics struct {
	registry   *prometheus.Registry
	requests   *prometheus.CounterVec
	took       *prometheus.HistogramVec
	deliveries *prometheus.CounterVec
	lag        *prometheus.HistogramVec
	// feeds says when each feed was read last without an error, by its id; nil: there are
	// none yet.
	feeds atomic.Pointer[func() map[string]time.Time]
}

// tookBuckets are in seconds: an answer from memory takes some hundred microseconds, and
// platforms wait three seconds for an acknowledgement.
var tookBuckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 3, 10}

// lagBuckets are in seconds: a digest is to be there within a minute, and is given up
// after a day.
var lagBuckets = []float64{1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600, 21600, 86400}

// noCommand is the label of requests for commands that there are not: their names were
// typed by somebody.
const noCommand = "none"

func newMetrics(health *bot.Health) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "silkwire_requests_total", Help: "Requests by command, platform and how they ended.",
		}, []string{"command", "platform", "outcome"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "silkwire_request_duration_seconds", Help: "How long requests took from their arrival to their reply.", Buckets: tookBuckets,
		}, []string{"command", "platform"}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "silkwire_deliveries_total", Help: "Digests that are done, by platform and state: posted or given up.",
		}, []string{"platform", "state"}),
		lag: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "silkwire_delivery_lag_seconds", Help: "How long after they were due digests were posted.", Buckets: lagBuckets,
		}, []string{"platform"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "silkwire_build_info", Help: "Always 1; the labels say what is running.", ConstLabels: prometheus.Labels{"version": version(), "goversion": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.took, m.deliveries, m.lag, build, parts{health}, feedAges{m},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// handled counts a request.
func (m *metrics) handled(h bot.Handled) {
	if h.Command == "" {
		h.Command = noCommand
	}
	m.requests.WithLabelValues(h.Command, h.Platform, h.Outcome.String()).Inc()
	m.took.WithLabelValues(h.Command, h.Platform).Observe(h.Took.Seconds())
}

// moved counts a delivery that is done.
func (m *metrics) moved(d delivery.Delivery) {
	if d.State.Open() {
		return
	}
	m.deliveries.WithLabelValues(d.To.Platform, string(d.State)).Inc()
	if d.State == delivery.Posted {
		m.lag.WithLabelValues(d.To.Platform).Observe(d.At.Sub(d.Due).Seconds())
	}
}

// gauge registers what is read when somebody asks.
func (m *metrics) gauge(name, help string, labels prometheus.Labels, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, read))
}

func (m *metrics) counter(name, help string, labels prometheus.Labels, read func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels}, read))
}

// watchPlatform shows what a platform's adapter counts.
func (m *metrics) watchPlatform(p platform) {
	labels := prometheus.Labels{"platform": p.name}
	counts := p.traffic.Counts
	m.gauge("silkwire_platform_last_frame_timestamp_seconds", "When the platform was heard of last, in seconds since 1970; 0: never.", labels, func() float64 { return epoch(p.last()) })
	m.gauge("silkwire_platform_last_heartbeat_timestamp_seconds", "When the platform answered a heartbeat last, in seconds since 1970; 0: never, as over HTTP.", labels, func() float64 { return epoch(counts().Beat) })
	m.counter("silkwire_platform_connections_total", "Connections that were made to the platform.", labels, func() float64 { return float64(counts().Opened) })
	m.counter("silkwire_platform_reconnects_total", "Connections that ended unasked, each of which is made anew.", labels, func() float64 { return float64(counts().Lost) })
	m.counter("silkwire_platform_rate_limit_waits_total", "Calls that waited for the platform's rate limit.", labels, func() float64 { return float64(counts().Waits) })
	m.counter("silkwire_platform_rate_limit_wait_seconds_total", "How long calls waited for the platform's rate limit, together.", labels, func() float64 { return counts().Waited.Seconds() })
}

// watchBase shows the fact base and its database, once they are open.
func (m *metrics) watchBase(c config, base openedBase) {
	m.gauge("silkwire_revision", "The newest revision of the fact base.", nil, func() float64 { return float64(base.Snapshot().Revision) })
	if base.db == nil {
		return
	}
	m.gauge("silkwire_store_size_bytes", "The size of the database file.", nil, func() float64 { return float64(fileSize(c.database)) })
	for _, state := range []delivery.State{delivery.Due, delivery.Sending} {
		m.gauge("silkwire_deliveries_open", "Digests with which something is still to be done, by state.", prometheus.Labels{"state": string(state)}, func() float64 {
			return float64(openDeliveries(base.digests, state))
		})
	}
	m.gauge("silkwire_deliveries_overdue_seconds", "How long the digest that waits longest has been due; 0: none waits.", nil, func() float64 { return overdue(base.digests, time.Now()).Seconds() })
	if c.backups > 0 {
		daily := backups{folder: backupFolder(c.database)}
		m.gauge("silkwire_last_backup_timestamp_seconds", "When the newest daily backup was made, in seconds since 1970; 0: never.", nil, func() float64 { return epoch(daily.newest()) })
	}
}

func backupFolder(database string) string { return filepath.Join(filepath.Dir(database), "backups") }

func openDeliveries(book *delivery.Book, state delivery.State) int {
	n := 0
	for _, d := range book.Pending() {
		if d.State == state {
			n++
		}
	}
	return n
}

func overdue(book *delivery.Book, now time.Time) time.Duration {
	longest := time.Duration(0)
	for _, d := range book.Pending() {
		longest = max(longest, now.Sub(d.Due))
	}
	return longest
}

// epoch is a moment as Prometheus has it, 0 for none.
func epoch(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixNano()) / float64(time.Second)
}

// handler shows the metrics. Several that ask at once share one look.
func (m *metrics) handler(log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn), CoalesceGather: true, Timeout: writeWithin})
}

// parts shows how each part is, as /healthz says it.
type parts struct{ health *bot.Health }

var partDesc = prometheus.NewDesc("silkwire_part_healthy", "1 where a part is well, else 0; /healthz says why.", []string{"part"}, nil)

// Describe tells what Collect gives.
func (p parts) Describe(all chan<- *prometheus.Desc) { all <- partDesc }

// Collect gives one gauge a part.
func (p parts) Collect(all chan<- prometheus.Metric) {
	for _, s := range p.health.Parts() {
		well := 0.0
		if s.OK {
			well = 1
		}
		all <- prometheus.MustNewConstMetric(partDesc, prometheus.GaugeValue, well, s.Part)
	}
}

func (m *metrics) watchFeeds(feeds func() map[string]time.Time) { m.feeds.Store(&feeds) }

// feedAges shows when each feed was read last.
type feedAges struct{ m *metrics }

var feedDesc = prometheus.NewDesc("silkwire_feed_last_success_timestamp_seconds", "When a feed was read last without an error, in seconds since 1970; 0: never.", []string{"feed"}, nil)

// Describe tells what Collect gives.
func (f feedAges) Describe(all chan<- *prometheus.Desc) { all <- feedDesc }

// Collect gives one gauge a feed.
func (f feedAges) Collect(all chan<- prometheus.Metric) {
	feeds := f.m.feeds.Load()
	if feeds == nil {
		return
	}
	for feed, at := range (*feeds)() {
		all <- prometheus.MustNewConstMetric(feedDesc, prometheus.GaugeValue, epoch(at), feed)
	}
}
