package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	discordin "silkwire/adapters/discord/standin"
	"silkwire/adapters/slack/standin"
	"silkwire/bot"
)

// TestSecretsStayInside runs the real program with all that it logs, on both stand-ins,
// with requests, failures, the operator's subcommands and help, and looks for each token
// in every output, every page of the admin address and every file that is left.
func TestSecretsStayInside(t *testing.T) {
	s, d := standin.New(t), discordin.New(t)
	const signing = "planted-signing-secret-4711"
	secrets := map[string]string{"the bot's token": standin.BotToken, "the app's token": standin.AppToken, "the signing secret": signing, "Discord's token": discordin.Token}
	home := t.TempDir()
	env := []string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=10", "SILKWIRE_ADMIN_ADDR=127.0.0.1:0", "SILKWIRE_LOG=debug", "SILKWIRE_DB=" + filepath.Join(home, "silkwire.db"),
		"SLACK_BOT_TOKEN=" + standin.BotToken, "SLACK_APP_TOKEN=" + standin.AppToken, "SLACK_SIGNING_SECRET=" + signing, "SLACK_API_URL=" + s.URL(),
		"DISCORD_TOKEN=" + discordin.Token, "DISCORD_API_URL=" + d.URL(),
	}
	seen := map[string][]byte{}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	out := &shared{ready: make(chan struct{})}
	serving := exec.CommandContext(ctx, "silkwire", "serve")
	serving.Dir, serving.Env, serving.Stdout, serving.Stderr = home, env, out, out
	if err := serving.Start(); err != nil {
		t.Fatal(err)
	}
	run := served{stderr: out}
	run.waitReady(ctx, t)
	s.Fail("chat.postMessage", "internal_error", 1)
	d.Fail("POST", "/interactions/", discordin.Failure{Status: 500, Times: 1})
	for _, line := range []string{"did the chip controls work?", "zzz qqq", "public: qwen licence"} {
		if _, err := s.Send(standin.Command("/ask", line)).Ack(ctx); err != nil {
			t.Fatal(err)
		}
	}
	who, where := discordin.User{ID: "300000000000000002", Name: "Bob"}, discordin.Where{Guild: discordin.GuildID, Channel: discordin.ChannelID}
	d.Command(who, where, "market")
	asked := d.Command(who, where, "lab", discordin.Given{Name: "name", Value: "qwen"})
	if _, err := asked.Answer(ctx); err != nil {
		t.Fatal(err)
	}
	secrets["an interaction's token"] = d.LastToken()
	s.CutOff(0)
	d.Drop()
	for _, page := range []string{"/metrics", "/healthz", "/readyz"} {
		_, body := run.admin(t, page)
		seen[page] = []byte(body)
	}
	for _, args := range [][]string{
		{"--help"}, {"serve", "--help"}, {"init", "--help"}, {"doctor"}, {"slack", "check"}, {"discord", "check"}, {"slack", "manifest"}, {"store", "check"}, {"gaps"}, {"vesion"},
	} {
		c := exec.CommandContext(ctx, "silkwire", args...)
		c.Dir, c.Env = home, env
		seen[args[0]+" "+args[len(args)-1]], _ = c.CombinedOutput() // whatever its exit status
	}
	// What a wrong token and a wrong variable are answered with.
	for _, change := range []string{"SLACK_BOT_TOKEN=xapp-" + signing, "DISCORD_TOKEN=" + signing, "SILKWIRE_RATE=" + signing} {
		c := exec.CommandContext(ctx, "silkwire", "serve", "--dry-run")
		c.Dir, c.Env = home, append(append([]string{}, env...), change)
		seen["with "+change[:8]], _ = c.CombinedOutput()
	}
	if err := serving.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = serving.Wait() // Discord's failures may have ended it
	seen["serve"] = []byte(out.String())
	left := os.DirFS(home)
	err := fs.WalkDir(left, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		content, err := fs.ReadFile(left, path)
		seen[path] = content
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen["serve"]) < 500 || len(seen["silkwire.db"]) == 0 || len(seen["/metrics"]) < 1000 {
		t.Errorf("too little was seen: %s", seen["serve"])
	}
	for what, secret := range secrets {
		for where, content := range seen {
			if secret == "" || bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s stands in %s", what, where)
			}
		}
	}
}

// panicking is a core that panics with a secret: in a handler, in a completer, and where
// no handler is there to recover.
type panicking struct {
	*bot.Router
	value any
}

func newPanicking(t *testing.T, value any, log *slog.Logger) panicking {
	t.Helper()
	question := bot.Option{Name: "question", Summary: "a question", Kind: bot.FreeText, Complete: func(context.Context, bot.Request, string) []bot.Choice { panic(value) }}
	router, err := bot.NewRouter([]bot.Command{{
		Name: "ask", Summary: "Ask", Options: []bot.Option{question},
		Handle: func(context.Context, bot.Request) (bot.Reply, error) { panic(value) },
	}}, "ask", log, bot.Log(log, time.Now), bot.Recover())
	if err != nil {
		t.Fatal(err)
	}
	return panicking{router, value}
}

// Dispatch panics itself where the question says so.
func (p panicking) Dispatch(ctx context.Context, r bot.Request) bot.Reply {
	if strings.Contains(r.Line, "outside") || r.Call != nil && strings.Contains(strings.Join(r.Call.Options["question"], " "), "outside") {
		panic(p.value)
	}
	return p.Router.Dispatch(ctx, r)
}

// A panic whose value holds every secret, and what somebody wrote, says none of that: not
// in the reply, not in the log, not in the metrics. Both platforms are the real adapters.
func TestPanicsTellNoSecret(t *testing.T) {
	s, d := standin.New(t), discordin.New(t)
	secrets := []string{standin.BotToken, standin.AppToken, discordin.Token, "my own words"}
	value := errors.New(strings.Join(secrets, " "))
	out := &shared{ready: make(chan struct{})}
	log := slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	health := bot.NewHealth(log, time.Now)
	core, counts := newPanicking(t, value, log), newMetrics(health)
	core.Watch(time.Now, counts.handled)
	c := config{
		slack:   slackConfig{botToken: standin.BotToken, appToken: standin.AppToken, apiURL: s.URL()},
		discord: discordConfig{token: discordin.Token, apiURL: d.URL()},
	}
	overSlack, err := slackPlatform(c, core, new(bot.Outbox), nil, log, health, func() {})
	if err != nil {
		t.Fatal(err)
	}
	overDiscord, err := discordPlatform(c, core, new(bot.Outbox), nil, log, health, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	within, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var running sync.WaitGroup
	for _, p := range []platform{overSlack, overDiscord} {
		counts.watchPlatform(p)
		running.Go(func() {
			if err := p.run(ctx); err != nil {
				t.Errorf("%s: %v", p.name, err)
			}
		})
	}
	defer running.Wait()
	defer stop()
	if err := errors.Join(s.WaitSockets(within, 1), d.Connected(within, 1)); err != nil {
		t.Fatal(err)
	}
	who, where := discordin.User{ID: "300000000000000002", Name: "Bob"}, discordin.Where{Guild: discordin.GuildID, Channel: discordin.ChannelID}
	var seen bytes.Buffer
	for _, question := range []string{"inside: my own words", "outside: my own words"} {
		ack, err := s.Send(standin.Command("/ask", question)).Ack(within)
		if err != nil {
			t.Fatal(err)
		}
		seen.Write(ack)
		answer, err := d.Command(who, where, "ask", discordin.Given{Name: "question", Value: question}).Answer(within)
		if err != nil || !strings.Contains(answer.Text(), "on my side") {
			t.Errorf("%s: Discord got %q, %v", question, answer.Text(), err)
		}
		seen.WriteString(answer.Text())
	}
	if _, err := d.Complete(who, where, "ask", discordin.Given{Name: "question", Value: "my own", Focused: true}).Choices(within); err != nil {
		t.Error(err)
	}
	page := httptest.NewRecorder()
	counts.handler(log).ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	stop()
	running.Wait()
	seen.WriteString(page.Body.String() + out.String())
	for _, part := range []string{"panic in /ask: a value of type *errors.errorString", "slack: a delivery broke", "discord: an interaction broke", "completion broke", `outcome="broken"`} {
		if !strings.Contains(seen.String(), part) {
			t.Errorf("%q was not seen", part)
		}
	}
	for _, secret := range secrets {
		if strings.Contains(seen.String(), secret) {
			t.Errorf("%q stands in %s", secret, seen.String())
		}
	}
}
