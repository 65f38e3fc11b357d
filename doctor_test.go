package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	discordin "silkwire/adapters/discord/standin"
	"silkwire/adapters/slack/standin"
	"silkwire/knowledge/kv/boltkv"
)

// bothEnv is the configuration of a silkwire on both stand-ins.
func bothEnv(s *standin.Slack, d *discordin.Discord) map[string]string {
	env := discordEnv(d)
	env["SLACK_BOT_TOKEN"], env["SLACK_APP_TOKEN"], env["SLACK_API_URL"] = standin.BotToken, standin.AppToken, s.URL()
	return env
}

// runIn runs one command line in an environment and returns what it printed, on both
// outputs, and its exit status.
func runIn(t *testing.T, env map[string]string, args ...string) (string, int) {
	t.Helper()
	env = maps.Clone(env)
	if env["HOME"] == "" {
		env["HOME"] = t.TempDir()
	}
	var out bytes.Buffer
	p := &program{stdin: strings.NewReader(""), stdout: &out, stderr: &out, dotenv: filepath.Join(t.TempDir(), ".env"), getenv: func(name string) string { return env[name] }}
	code := p.run(t.Context(), args)
	return out.String(), code
}

// What the doctor says of a silkwire before its first start, and of one that runs.
func TestDoctor(t *testing.T) {
	s, d := standin.New(t), discordin.New(t)
	env := bothEnv(s, d)
	env["SILKWIRE_ADMIN_ADDR"], env["HOME"] = "127.0.0.1:1", t.TempDir()
	out, code := runIn(t, env, "doctor")
	for _, want := range []string{
		"ok    configuration: every", "ok    slack: SLACK_BOT_TOKEN: I am", "ok    slack: Every scope", "ok    slack: SLACK_APP_TOKEN: Socket Mode is on",
		"ok    slack's clock: the platform is reachable", "ok    discord: DISCORD_TOKEN belongs to the app silkwire", "ok    discord: no command is registered yet",
		"ok    discord's clock: the platform is reachable", "ok    database: there is none yet", "permissions=274878024704",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q: %s", want, out)
		}
	}
	if code != exitAnswered || strings.Contains(out, standin.BotToken) || strings.Contains(out, discordin.Token) {
		t.Errorf("got exit status %d and %s", code, out)
	}
	env["SILKWIRE_DB"] = filepath.Join(env["HOME"], "silkwire.db")
	env["SILKWIRE_ADMIN_ADDR"] = "127.0.0.1:0"
	run := startServe(t, env)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	run.waitReady(ctx, t)
	env["SILKWIRE_ADMIN_ADDR"] = strings.TrimPrefix(adminLine.FindStringSubmatch(run.stderr.String())[1], "http://")
	out, code = runIn(t, env, "doctor")
	for _, want := range []string{"every checksum right", "ok    admin address: silkwire serve is running, and every part of it is well"} {
		if code != exitAnswered || !strings.Contains(out, want) {
			t.Errorf("beside serve it does not say %q: exit status %d, %s", want, code, out)
		}
	}
	run.stop()
	run.exit(t)
}

// A platform that takes a request and never answers costs the five seconds of one
// examination, and the others say what they found.
func TestDoctorDoesNotHang(t *testing.T) {
	const within = 200 * time.Millisecond
	release := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(func() {
		close(release)
		silent.Close()
	})
	c := config{database: filepath.Join(t.TempDir(), "silkwire.db"), adminAddr: strings.TrimPrefix(silent.URL, "http://"),
		slack: slackConfig{botToken: "xoxb-1", appToken: "xapp-1", apiURL: silent.URL + "/api/"}, discord: discordConfig{token: "t", apiURL: silent.URL + "/api/v10/"}}
	began := time.Now()
	found := examineAll(t.Context(), within, new(program).examinations(c))
	if took := time.Since(began); took > 10*within {
		t.Errorf("it took %s", took)
	}
	wrong, right := 0, 0
	for _, f := range found {
		if f.ok {
			right++
		} else {
			wrong++
		}
	}
	if wrong < 5 || right < 2 {
		t.Errorf("got %+v", found)
	}
}

func TestExamineClock(t *testing.T) {
	for name, test := range map[string]struct {
		off  time.Duration
		want string
	}{
		"right":  {0, "clock is right"},
		"behind": {-time.Hour, "clock is 1h0m"},
		"ahead":  {time.Hour, "clock is -1h0m"},
	} {
		t.Run(name, func(t *testing.T) {
			platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", time.Now().Add(test.off).UTC().Format(http.TimeFormat))
			}))
			defer platform.Close()
			found := examineClock(t.Context(), platform.URL)
			if len(found) != 1 || !strings.Contains(found[0].say, test.want) || found[0].ok != (test.off == 0) {
				t.Errorf("got %+v, want %q", found, test.want)
			}
		})
	}
}

func TestExamineBackups(t *testing.T) {
	folder := t.TempDir()
	c := config{database: filepath.Join(folder, "silkwire.db"), backups: 7}
	at := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	look := func(want string, ok bool) {
		t.Helper()
		found := examineBackups(c, at)
		if len(found) != 1 || found[0].ok != ok || !strings.Contains(found[0].say, want) {
			t.Errorf("got %+v, want %q", found, want)
		}
	}
	look("nothing to copy yet", true)
	db, err := boltkv.Open(c.database, boltkv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	setTime := func(d time.Duration) {
		t.Helper()
		if err := os.Chtimes(c.database, at.Add(-d), at.Add(-d)); err != nil {
			t.Fatal(err)
		}
	}
	setTime(time.Hour)
	look("none was made yet", true)
	setTime(72 * time.Hour)
	look("older than two days", false)
	if err := os.MkdirAll(backupFolder(c.database), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(backupFolder(c.database), backupName+at.Format(backupStamp)+backupEnd), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	look("the newest is of 26 November 2026", true)
	c.backups = 0
	look("SILKWIRE_BACKUPS is off", true)
}

// A trial says that both platforms can be reached, and leaves no trace anywhere.
func TestDryRun(t *testing.T) {
	s, d := standin.New(t), discordin.New(t)
	env := bothEnv(s, d)
	env["HOME"] = t.TempDir()
	out, code := runIn(t, env, "serve", "--dry-run")
	if code != exitAnswered || !strings.Contains(out, "ready slack discord\n") || !strings.Contains(out, "nothing was posted, registered or written") {
		t.Errorf("got exit status %d and %s", code, out)
	}
	if n := len(d.RegisteredCommands("")); n > 0 || d.Registrations() > 0 {
		t.Errorf("%d commands were registered", n)
	}
	if calls := len(s.Calls("chat.postMessage")) + len(d.Calls("POST", "/channels/")); calls > 0 {
		t.Errorf("%d messages were posted", calls)
	}
	if left, err := os.ReadDir(env["HOME"]); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}

func TestDryRunRefused(t *testing.T) {
	s, d := standin.New(t), discordin.New(t)
	env := bothEnv(s, d)
	env["DISCORD_TOKEN"] = "another"
	if out, code := runIn(t, env, "serve", "--dry-run"); code != exitUsage || !strings.Contains(out, "DISCORD_TOKEN is not accepted") {
		t.Errorf("got exit status %d and %s", code, out)
	}
}

// What the doctor says of feeds and of a provider of prices, which it asks: those that can
// be read are only counted, and nothing of them is kept.
func TestDoctorLooksAtFeeds(t *testing.T) {
	gate := make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/well":
			w.Header().Set("Content-Type", "application/rss+xml")
			say(w, aWire)
		case "/page":
			say(w, "<!doctype html><title>No feed</title>")
		case "/silent":
			<-gate
		default:
			w.WriteHeader(http.StatusGone)
		}
	}))
	t.Cleanup(func() {
		close(gate)
		web.Close()
	})
	home := t.TempDir()
	list := filepath.Join(home, "feeds.opml")
	outlines := ""
	for _, path := range []string{"/well", "/gone", "/page", "/silent"} {
		outlines += `<outline type="rss" title="` + path[1:] + `" xmlUrl="` + web.URL + path + `"/>`
	}
	if err := os.WriteFile(list, []byte(`<opml version="2.0"><body>`+outlines+`</body></opml>`), 0o600); err != nil {
		t.Fatal(err)
	}
	provider := filepath.Join(home, "quotes.yaml")
	if err := os.WriteFile(provider, []byte("name: The tape\naddress: "+web.URL+"/quote?s={symbol}\ncurrency: USD\npaths: {price: p, time: t}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config{database: filepath.Join(home, "silkwire.db"), fetch: fetchConfig{private: true}, quotes: quotesConfig{file: provider}}
	if out, code := runIn(t, map[string]string{"HOME": home, "SILKWIRE_DB": c.database}, "feed", "import", list); code != exitAnswered {
		t.Fatal(out)
	}
	look := func(c config) string {
		p, out := new(program), ""
		p.stderr = t.Output()
		for _, f := range examineAll(t.Context(), 2*time.Second, []examination{
			{"feeds", func(ctx context.Context) []finding { return p.examineFeeds(ctx, c) }}, {"quotes", func(ctx context.Context) []finding { return examineQuotes(ctx, c) }},
		}) {
			out += fmt.Sprintln(f.ok, f.say)
		}
		return out
	}
	got := look(c)
	for _, want := range []string{"gone cannot be read: the server answers 410 Gone; look at its address", "page cannot be read: ", "silent cannot be read: there was no answer within 5s", "true quotes: The tape can be reached"} {
		if !strings.Contains(strings.ReplaceAll(got, web.URL+"/", ""), want) {
			t.Errorf("it does not say %q: %s", want, got)
		}
	}
	if strings.Contains(got, "well cannot") {
		t.Error(got)
	}
	c.fetch.private = false
	if got := look(c); strings.Count(got, "SILKWIRE_FETCH_PRIVATE=1 lets") != 5 {
		t.Errorf("of private addresses it says %s", got)
	}
}
