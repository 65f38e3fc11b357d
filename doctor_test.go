package main

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
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

// A server that takes a request and never answers costs the time of one examination, the
// others say what they found, and the exit status is 1.
func TestDoctorDoesNotHang(t *testing.T) {
	const within = 2 * time.Second
	release := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(func() {
		close(release)
		silent.Close()
	})
	home := t.TempDir()
	list, quotes := filepath.Join(home, "feeds.opml"), filepath.Join(home, "quotes.yaml")
	for file, content := range map[string]string{
		list:   `<opml version="2.0"><body><outline text="The Wire" type="rss" xmlUrl="` + silent.URL + `/feed"/></body></opml>`,
		quotes: "name: Ticks\naddress: " + silent.URL + "/{symbol}\ncurrency: USD\npaths: {price: c, time: t}\n",
	} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := map[string]string{
		"HOME": home, "SLACK_BOT_TOKEN": standin.BotToken, "SLACK_APP_TOKEN": standin.AppToken, "SLACK_API_URL": silent.URL + "/api/", "DISCORD_TOKEN": discordin.Token,
		"DISCORD_API_URL": silent.URL + "/api/v10/", "SILKWIRE_ADMIN_ADDR": strings.TrimPrefix(silent.URL, "http://"), "SILKWIRE_QUOTES": quotes, "SILKWIRE_FETCH_PRIVATE": "1",
	}
	if out, code := runIn(t, env, "feed", "import", list); code != exitAnswered {
		t.Fatalf("exit status %d: %s", code, out)
	}
	var out strings.Builder
	p := &program{stdout: &out, dotenv: filepath.Join(home, ".env"), getenv: func(name string) string { return env[name] }}
	began := time.Now()
	err := p.doctor(t.Context(), within)
	if took := time.Since(began); took > 2*within {
		t.Errorf("it took %s", took)
	}
	if err != nil || p.exit != exitFailure {
		t.Errorf("got exit status %d, %v", p.exit, err)
	}
	for _, want := range []string{
		"wrong slack: ", "wrong slack's clock: ", "wrong discord: ", "wrong discord's clock: ", "/feed cannot be read: it does not answer in time",
		"wrong quotes: Ticks does not answer in time", "wrong admin address: ", "ok    configuration: ", "ok    disk: ", "ok    backups: ",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q: %s", want, &out)
		}
	}
}

// An examination that hears nothing of its end, such as one of a disk that hangs, is left
// behind after five seconds to the dot.
func TestExamineAllInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		began := time.Now()
		found := examineAll(t.Context(), examineWithin, []examination{
			{"quick", func(context.Context) []finding { return []finding{well("fine")} }},
			{"deaf", func(context.Context) []finding { <-release; return nil }},
			{"obedient", func(ctx context.Context) []finding { <-ctx.Done(); return []finding{ill("too slow")} }},
		})
		if took := time.Since(began); took != examineWithin {
			t.Errorf("it took %s", took)
		}
		if len(found) != 3 || found[0] != well("quick: fine") || found[1].ok || !strings.Contains(found[1].say, "deaf: it did not end in time") || found[2] != ill("obedient: too slow") {
			t.Errorf("got %+v", found)
		}
		close(release)
	})
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
