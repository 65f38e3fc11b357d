package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metricsql"
	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	discordin "silkwire/adapters/discord/standin"
	"silkwire/adapters/slack/standin"
	"silkwire/bot"
	"silkwire/bot/delivery"
)

// everyMetric is a registry in which each metric has a value.
func everyMetric(t *testing.T) *metrics {
	t.Helper()
	health := bot.NewHealth(quiet(), time.Now)
	health.Report("store", true, "open")
	base := keptBase(t)
	m := newMetrics(health)
	m.watchFeeds(func() map[string]time.Time { return map[string]time.Time{"example": time.Unix(1_800_000_000, 0)} })
	for _, name := range []string{slackName, discordName} {
		m.watchPlatform(platform{name: name, last: func() time.Time { return time.Time{} }, traffic: new(bot.Traffic)})
	}
	m.watchBase(config{database: base.db.Path(), backups: 1}, base)
	m.handled(bot.Handled{Command: "ask", Platform: slackName, Took: time.Millisecond})
	due := time.Unix(1_800_000_000, 0)
	m.moved(delivery.Delivery{To: bot.Conversation{Platform: slackName}, State: delivery.Posted, Due: due, At: due.Add(3 * time.Second)})
	return m
}

// Names, units and help are as Prometheus wants them.
func TestMetricsLint(t *testing.T) {
	problems, err := testutil.GatherAndLint(everyMetric(t).registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		// The Go and process collectors are the library's own.
		if strings.HasPrefix(p.Metric, "silkwire_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

func TestMetricsCount(t *testing.T) {
	m := newMetrics(bot.NewHealth(quiet(), time.Now))
	due := time.Unix(1_800_000_000, 0)
	m.handled(bot.Handled{Platform: slackName, Outcome: bot.Misused, Took: time.Millisecond})
	for _, d := range []delivery.Delivery{
		{State: delivery.Due}, {State: delivery.Sending}, {State: delivery.GivenUp}, {State: delivery.Posted, Due: due, At: due.Add(4 * time.Second)},
	} {
		d.To.Platform = discordName
		m.moved(d)
	}
	want := `
# HELP silkwire_deliveries_total Digests that are done, by platform and state: posted or given up.
# TYPE silkwire_deliveries_total counter
silkwire_deliveries_total{platform="discord",state="given up"} 1
silkwire_deliveries_total{platform="discord",state="posted"} 1
# HELP silkwire_requests_total Requests by command, platform and how they ended.
# TYPE silkwire_requests_total counter
silkwire_requests_total{command="none",outcome="misused",platform="slack"} 1
`
	if err := testutil.GatherAndCompare(m.registry, strings.NewReader(want), "silkwire_requests_total", "silkwire_deliveries_total"); err != nil {
		t.Error(err)
	}
	lag, err := testutil.GatherAndFormat(m.registry, expfmt.TypeTextPlain, "silkwire_delivery_lag_seconds")
	if err != nil || !strings.Contains(string(lag), `silkwire_delivery_lag_seconds_sum{platform="discord"} 4`) {
		t.Errorf("got %s, %v", lag, err)
	}
}

// alertFile is what Prometheus reads of a file of rules.
type alertFile struct {
	Groups []struct {
		Name  string `yaml:"name"`
		Rules []struct {
			Alert       string            `yaml:"alert"`
			Expr        string            `yaml:"expr"`
			For         string            `yaml:"for"`
			Labels      map[string]string `yaml:"labels"`
			Annotations map[string]string `yaml:"annotations"`
		} `yaml:"rules"`
	} `yaml:"groups"`
}

// TestAlerts holds docs/alerts.yml against a parser of PromQL, and its names against the
// metrics that there are. The parser is MetricsQL's, of which PromQL is a part: Prometheus'
// own comes with the modules of every cloud. It took every rule too, by hand.
func TestAlerts(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("docs", "alerts.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var file alertFile
	if err := yaml.UnmarshalWithOptions(content, &file, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	families, err := everyMetric(t).registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"up": true}
	for _, f := range families {
		known[f.GetName()] = true
	}
	seen := map[string]bool{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if seen[r.Alert] || r.Alert == "" || r.Annotations["summary"] == "" || r.Annotations["action"] == "" || !slices.Contains([]string{"warning", "info"}, r.Labels["severity"]) {
				t.Errorf("%q: it stands twice, or lacks its name, severity, summary or action", r.Alert)
			}
			seen[r.Alert] = true
			if _, err := model.ParseDuration(r.For); r.For != "" && err != nil {
				t.Errorf("%s: %v", r.Alert, err)
			}
			for _, name := range namesIn(t, r.Alert, r.Expr) {
				if !known[strings.TrimSuffix(name, "_bucket")] {
					t.Errorf("%s: there is no metric %s", r.Alert, name)
				}
			}
		}
	}
	if len(seen) < 10 {
		t.Errorf("got %d rules", len(seen))
	}
}

// likeProm are the functions that rules may use: MetricsQL has more than Prometheus.
var likeProm = []string{"time", "increase", "rate", "histogram_quantile"}

// namesIn are the metrics that an expression reads.
func namesIn(t *testing.T, alert, expression string) []string {
	t.Helper()
	parsed, err := metricsql.Parse(expression)
	if err != nil {
		t.Errorf("%s: %v", alert, err)
		return nil
	}
	if metricsql.IsLikelyInvalid(parsed) {
		t.Errorf("%s: Prometheus refuses a range that is not said: %s", alert, expression)
	}
	var names []string
	metricsql.VisitAll(parsed, func(e metricsql.Expr) {
		switch e := e.(type) {
		case *metricsql.FuncExpr:
			if !slices.Contains(likeProm, e.Name) || e.KeepMetricNames {
				t.Errorf("%s: Prometheus may not have %s", alert, e.Name)
			}
		case *metricsql.MetricExpr:
			for _, filters := range e.LabelFilterss {
				for _, filter := range filters {
					if filter.Label == "__name__" {
						names = append(names, filter.Value)
					}
				}
			}
		}
	})
	return names
}

func TestAdminAddress(t *testing.T) {
	tests := map[string]struct {
		address string
		remote  bool
		refused bool
	}{
		"loopback":           {address: "127.0.0.1:9464"},
		"anotherLoopback":    {address: "127.8.8.8:9464"},
		"loopbackOfSix":      {address: "[::1]:9464"},
		"mappedLoopback":     {address: "[::ffff:127.0.0.1]:9464"},
		"localhost":          {address: "localhost:9464"},
		"everywhere":         {address: "0.0.0.0:9464", refused: true},
		"noHost":             {address: ":9464", refused: true},
		"everywhereOfSix":    {address: "[::]:9464", refused: true},
		"privateAddress":     {address: "192.168.0.9:9464", refused: true},
		"aName":              {address: "silkwire.example.org:9464", refused: true},
		"looksLikeLocalhost": {address: "localhost.example.org:9464", refused: true},
		"meant":              {address: "0.0.0.0:9464", remote: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := config{adminAddr: test.address, adminRemote: test.remote}.checkAdmin()
			if refused := err != nil; refused != test.refused {
				t.Errorf("%s: got %v, want refused %t", test.address, err, test.refused)
			}
		})
	}
}

func TestReadyz(t *testing.T) {
	var out strings.Builder
	start := newProgress(&out, slackName)
	health := bot.NewHealth(quiet(), time.Now)
	h := admin{health: health, start: start, metrics: newMetrics(health), log: quiet()}.handler()
	get := func() (int, readiness) {
		t.Helper()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", http.NoBody))
		var r readiness
		if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		return w.Code, r
	}
	if code, r := get(); code != http.StatusServiceUnavailable || !slices.Equal(r.Waiting, []string{factBase, slackName}) {
		t.Errorf("at first: %d, %+v", code, r)
	}
	start.ready(slackName)
	start.ready(slackName)
	if code, r := get(); code != http.StatusServiceUnavailable || !slices.Equal(r.Waiting, []string{factBase}) {
		t.Errorf("without the fact base: %d, %+v", code, r)
	}
	start.ready(factBase)
	if code, r := get(); code != http.StatusOK || !r.Ready || out.String() != "ready slack\n" {
		t.Errorf("when all is there: %d, %+v, %q", code, r, out.String())
	}
	start.end()
	if code, r := get(); code != http.StatusServiceUnavailable || !r.Ending {
		t.Errorf("at the end: %d, %+v", code, r)
	}
}

var adminLine = regexp.MustCompile(`health and metrics are at (http://\S+)`)

// admin gets a page of a run's admin address.
func (s served) admin(t *testing.T, page string) (int, string) {
	t.Helper()
	m := adminLine.FindStringSubmatch(s.stderr.String())
	if m == nil {
		t.Fatal("it serves no metrics: ", s.stderr)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, m[1]+page, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// What an operator sees of the program itself on both platforms.
func TestServeMetrics(t *testing.T) {
	s, d := standin.New(t), discordin.New(t)
	env := discordEnv(d)
	env["SLACK_BOT_TOKEN"], env["SLACK_APP_TOKEN"], env["SLACK_API_URL"] = standin.BotToken, standin.AppToken, s.URL()
	run := startServe(t, env)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	run.waitReady(ctx, t)
	for _, line := range []string{"did the chip controls work?", "zzz qqq"} {
		if _, err := s.Send(standin.Command("/ask", line)).Ack(ctx); err != nil {
			t.Fatal(err)
		}
	}
	bob := discordin.User{ID: "300000000000000002", Name: "Bob"}
	if _, err := d.Command(bob, discordin.Where{Guild: discordin.GuildID, Channel: discordin.ChannelID}, "market").Answer(ctx); err != nil {
		t.Fatal(err)
	}
	if code, body := run.admin(t, "/readyz"); code != http.StatusOK || !strings.Contains(body, `"ready":true`) {
		t.Errorf("/readyz: %d, %s", code, body)
	}
	code, body := run.admin(t, "/metrics")
	for _, want := range []string{
		`silkwire_requests_total{command="ask",outcome="answered",platform="slack"} 1`,
		`silkwire_requests_total{command="ask",outcome="unknown",platform="slack"} 1`,
		`silkwire_requests_total{command="market",outcome="answered",platform="discord"} 1`,
		`silkwire_request_duration_seconds_count{command="ask",platform="slack"} 2`,
		`silkwire_revision 1`, `silkwire_part_healthy{part="slack"} 1`, `silkwire_part_healthy{part="store"} 1`,
		`silkwire_platform_connections_total{platform="discord"} 1`, `silkwire_platform_reconnects_total{platform="slack"} 0`,
		`silkwire_deliveries_open{state="due"} 0`, `silkwire_last_backup_timestamp_seconds 0`, "go_goroutines ", "process_open_fds ",
	} {
		if code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("/metrics lacks %s: %d, %s", want, code, body)
		}
	}
	run.stop()
	if got := run.exit(t); got != exitAnswered {
		t.Errorf("got exit status %d: %s", got, run.stderr)
	}
}
