package main

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"silkwire/adapters/slack"
	"silkwire/adapters/slack/standin"
	"silkwire/bot"
	"silkwire/commands"
)

// payloadLines are asked for the golden files and the pictures: every command's
// first examples, and what a reader meets beside those.
func payloadLines(core *bot.Router) []string {
	lines := []string{"/ask how tall is mount everest", "/ask 英伟达 revenue after the ban", "/lab", "/tickr NVDA", "/home"}
	for _, c := range core.Commands() {
		if !c.Message && !c.Hidden {
			lines = append(lines, c.Examples[:min(len(c.Examples), 2)]...)
		}
	}
	return append(lines, "/ticker NVDA chart:", "/exposure chart:", "/policy chart:")
}

var noName = regexp.MustCompile(`[^a-z0-9]+`)

// TestSlackPayloads draws what every command answers, in both layouts: it keeps
// Slack's limits and its types, and reads as the golden files have it.
func TestSlackPayloads(t *testing.T) {
	at := time.Date(2026, 11, 25, 9, 15, 0, 0, time.UTC)
	options := slackOptions(slackConfig{}, quiet(), bot.NewHealth(quiet(), time.Now), nil)
	options.Now = func() time.Time { return at }
	for layout, modern := range map[string]bool{"classic": false, "modern": true} {
		core := keptCore(t, keptBase(t), 0) // the examples change settings
		samples, err := slack.Samples(t.Context(), core, options, payloadLines(core), modern)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range samples {
			t.Run(layout+s.Line, func(t *testing.T) {
				problems := standin.CheckHouseRules(s.JSON)
				if s.Line == commands.HomeLine {
					problems = append(problems, standin.CheckView(s.JSON)...)
				} else {
					problems = append(problems, standin.CheckMessage(s.JSON, standin.Both)...)
				}
				if len(problems) > 0 {
					t.Errorf("%q", problems)
				}
				// What the program is and when its base was written differ from run to run.
				if modern && s.Line != "/silkwire" {
					golden(t, filepath.Join("testdata", "slack", strings.Trim(noName.ReplaceAllString(strings.ToLower(s.Line), "-"), "-")+".json"), s.JSON)
				}
			})
		}
	}
}

// golden compares with a file, or writes it with UPDATE_GOLDEN=1.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, got, "", " "); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("%s differs; see what changed with UPDATE_GOLDEN=1 go test -run %s . && git diff", path, strings.SplitN(t.Name(), "/", 2)[0])
	}
}

// keptBase is a database of its own, until the test ends.
func keptBase(t *testing.T) openedBase {
	t.Helper()
	base, err := openToServe(t.Context(), filepath.Join(t.TempDir(), "silkwire.db"), t.Output(), quiet(), bot.NewHealth(quiet(), time.Now))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := base.close(); err != nil {
			t.Error(err)
		}
	})
	return base
}

// keptCore is the router over a database of its own, where things are kept; replies is
// how many of its replies are.
func keptCore(t *testing.T, base openedBase, replies int) *bot.Router {
	t.Helper()
	core, err := newCore(base, keptIn(base, fetchConfig{}, quiet()), 0, quiet(), replies)
	if err != nil {
		t.Fatal(err)
	}
	return core
}

// shared is written by serve and read by its test.
type shared struct {
	mu    sync.Mutex
	b     bytes.Buffer
	ready chan struct{} // closed when serve says that it is
	once  sync.Once
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if bytes.HasPrefix(p, []byte("ready ")) {
		s.once.Do(func() { close(s.ready) })
	}
	return s.b.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// served is a run of "silkwire serve".
type served struct {
	code   chan int
	stderr *shared
	stop   context.CancelFunc
	home   string
}

func startServe(t *testing.T, env map[string]string) served {
	t.Helper()
	home := t.TempDir()
	stderr := &shared{ready: make(chan struct{})}
	p := &program{stdin: strings.NewReader(""), stdout: t.Output(), stderr: stderr, dotenv: filepath.Join(home, ".env"), getenv: func(name string) string {
		if name == "HOME" {
			return home
		}
		return env[name]
	}}
	ctx, cancel := context.WithCancel(context.Background())
	s := served{code: make(chan int, 1), stderr: stderr, stop: cancel, home: home}
	go func() { s.code <- p.run(ctx, []string{"serve"}) }()
	t.Cleanup(cancel)
	return s
}

// waitReady waits until it says that it is ready.
func (s served) waitReady(ctx context.Context, t *testing.T) {
	t.Helper()
	select {
	case <-s.stderr.ready:
	case <-ctx.Done():
		t.Fatal("it is not ready: ", s.stderr)
	}
}

func (s served) exit(t *testing.T) int {
	t.Helper()
	select {
	case code := <-s.code:
		return code
	case <-time.After(20 * time.Second):
		t.Fatal("serve did not end: ", s.stderr)
		return 0
	}
}

// What somebody in Slack gets from the program itself.
func TestServeSlack(t *testing.T) {
	s := standin.New(t)
	run := startServe(t, map[string]string{
		"SLACK_BOT_TOKEN": standin.BotToken, "SLACK_APP_TOKEN": standin.AppToken, "SLACK_API_URL": s.URL(),
		"SILKWIRE_ADMIN_ADDR": "127.0.0.1:0", "SILKWIRE_CURATORS": "slack:T1:U1",
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	run.waitReady(ctx, t)
	payload, err := s.Send(standin.Command("/ask", "why didn't the sanctions stop them")).Ack(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Chinese labs stayed competitive", "Share to channel", "This is wrong", "Not investment advice."} {
		if !strings.Contains(string(payload), want) {
			t.Errorf("the answer lacks %q: %s", want, payload)
		}
	}
	if payload, err = s.Send(standin.Command("/settings", "visibility public")).Ack(ctx); err != nil || !strings.Contains(string(payload), "everybody") {
		t.Errorf("got %.300s, %v", payload, err)
	}
	if payload, err = s.Send(standin.Command("/lab", "qwen", standin.By("U2"))).Ack(ctx); err != nil || !strings.Contains(string(payload), `"response_type":"in_channel"`) {
		t.Errorf("the channel is public, and somebody got %.200s, %v", payload, err)
	}
	run.stop()
	if code := run.exit(t); code != exitAnswered || !strings.Contains(run.stderr.String(), "ready slack\n") {
		t.Errorf("got exit status %d and %s", code, run.stderr)
	}
}

// subcommand runs one in the home of a silkwire that serves.
func (s served) subcommand(t *testing.T, want int, args ...string) string {
	t.Helper()
	var stdout, stderr strings.Builder
	p := &program{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, dotenv: filepath.Join(s.home, ".env"), getenv: func(name string) string {
		return map[string]string{"HOME": s.home}[name]
	}}
	if got := p.run(t.Context(), args); got != want {
		t.Errorf("%q: exit status %d, want %d\n%s%s", args, got, want, &stdout, &stderr)
	}
	return stdout.String() + stderr.String()
}

// What an operator does on the command line while silkwire serves, people in Slack
// see at once.
func TestServeSharesItsDatabase(t *testing.T) {
	s := standin.New(t)
	run := startServe(t, map[string]string{
		"SLACK_BOT_TOKEN": standin.BotToken, "SLACK_APP_TOKEN": standin.AppToken, "SLACK_API_URL": s.URL(), "SILKWIRE_ADMIN_ADDR": "127.0.0.1:0",
		"SILKWIRE_CURATORS": "slack:T1:U1",
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	run.waitReady(ctx, t)
	asked := func() string {
		payload, err := s.Send(standin.Command("/ask", "who poured the tea at the Qwen stand")).Ack(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return string(payload)
	}
	file := filepath.Join(run.home, "tea.yaml")
	if err := os.WriteFile(file, []byte(`facts:
  - id: qwen-tea
    statement: Somebody served green tea at the Qwen stand.
    kind: event
    subjects: [qwen]
    attributes: [publication]
    sources: [{url: "https://example.org/tea", publisher: A paper, grade: press}]
    asks: [who poured the tea at the Qwen stand]
`), 0o600); err != nil {
		t.Fatal(err)
	}
	backup, folder := filepath.Join(run.home, "b.db"), filepath.Join(run.home, "facts")
	if got := asked(); strings.Contains(got, "green tea") {
		t.Errorf("before the import: %s", got)
	}
	for _, step := range []struct {
		args []string
		exit int
		want string
		tea  bool // whether Slack is told of it afterwards
	}{
		{[]string{"facts", "import", "--reason", "heard it", file}, exitAnswered, "revision 2\nnew fact qwen-tea", true},
		{[]string{"facts", "history", "qwen-tea"}, exitAnswered, "heard it", true},
		{[]string{"facts", "export", folder}, exitAnswered, "exported revision 2", true},
		{[]string{"backup", backup}, exitAnswered, "revision 2", true},
		{[]string{"store", "compact"}, exitAnswered, "compacted", true},
		{[]string{"facts", "undo", "2"}, exitAnswered, "revision 3 takes back revision 2", false},
		{[]string{"facts", "undo", "3"}, exitAnswered, "revision 4", true},
		{[]string{"store", "check"}, exitAnswered, "ok: revision 4", true},
		{[]string{"ask", "who poured the tea at the Qwen stand"}, exitAnswered, "green tea", true},
		{[]string{"restore", "--replace", backup}, exitFailure, "stop silkwire first", true},
		{[]string{"facts", "diff", folder, "now"}, exitAnswered, "0 new, 0 changed, 0 gone", true},
	} {
		if got := run.subcommand(t, step.exit, step.args...); !strings.Contains(got, step.want) {
			t.Errorf("%q: got %s, want %q", step.args, got, step.want)
		}
		if got := asked(); strings.Contains(got, "green tea") != step.tea {
			t.Errorf("after %q Slack is told of it: %v, want %v\n%.500s", step.args, !step.tea, step.tea, got)
		}
	}
	// And what a curator does in Slack stands in the log with who they are.
	for _, step := range []struct{ command, text, by, want string }{
		{"/curate", "retire qwen-tea why:it was a joke", "U2", "for curators"},
		{"/curate", "retire qwen-tea why:it was a joke", "U1", "Withdrawn. It is revision 5."},
		{"/changes", "since:2026", "U2", "Nothing changed since 2026."},
		{"/curate", "undo 5", "U1", "It is revision 6."},
		{"/changes", "since:2026", "U2", "Somebody served green tea"},
	} {
		payload, err := s.Send(standin.Command(step.command, step.text, standin.By(step.by))).Ack(ctx)
		if err != nil || !strings.Contains(string(payload), step.want) {
			t.Errorf("%s %s by %s: %v, %.400s; want %q", step.command, step.text, step.by, err, payload, step.want)
		}
	}
	if got := run.subcommand(t, exitAnswered, "facts", "history", "--most", "2"); !strings.Contains(got, "slack:T1:U1  it was a joke") {
		t.Errorf("the history is %s", got)
	}
	run.stop()
	if code := run.exit(t); code != exitAnswered {
		t.Errorf("got exit status %d and %s", code, run.stderr)
	}
}

func TestServeRefusesWrongConfiguration(t *testing.T) {
	s := standin.New(t)
	s.Fail("auth.test", "token_revoked", -1)
	good := map[string]string{"SLACK_BOT_TOKEN": standin.BotToken, "SLACK_APP_TOKEN": standin.AppToken, "SLACK_API_URL": s.URL(), "SILKWIRE_ADMIN_ADDR": "127.0.0.1:0"}
	tests := []struct{ name, variable, value, says string }{
		{"no platform", "SLACK_BOT_TOKEN SLACK_APP_TOKEN", "", "there is no platform to serve"},
		{"no app token", "SLACK_APP_TOKEN", "", "SLACK_APP_TOKEN is missing"},
		{"no bot token", "SLACK_BOT_TOKEN", "", "SLACK_BOT_TOKEN is missing"},
		{"tokensSwapped", "SLACK_BOT_TOKEN", "xapp-1", "is it swapped with another token?"},
		{"revoked", "", "", "was revoked"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := maps.Clone(good)
			for name := range strings.FieldsSeq(tt.variable) {
				env[name] = tt.value
			}
			run := startServe(t, env)
			if code := run.exit(t); code != exitUsage || !strings.Contains(run.stderr.String(), tt.says) {
				t.Errorf("got exit status %d and %q, want %d and %q", code, run.stderr, exitUsage, tt.says)
			}
			if out := run.stderr.String(); strings.Contains(out, standin.BotToken) || strings.Contains(out, standin.AppToken) {
				t.Errorf("a token stands in %q", out)
			}
		})
	}
}

// The manifest names every command that there is, and Slack's schema takes it.
func TestSlackManifest(t *testing.T) {
	for _, args := range [][]string{{"slack", "manifest"}, {"slack", "manifest", "--http", "https://example.org"}} {
		var out bytes.Buffer
		p := &program{stdout: &out, stderr: t.Output(), dotenv: filepath.Join(t.TempDir(), "none")}
		p.getenv = func(name string) string { return map[string]string{"HOME": t.TempDir()}[name] }
		if code := p.run(t.Context(), args); code != exitAnswered {
			t.Fatalf("%v: got exit status %d", args, code)
		}
		if problems := standin.CheckManifest(out.Bytes()); len(problems) > 0 {
			t.Errorf("%v: %q", args, problems)
		}
	}
}
