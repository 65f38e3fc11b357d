package main

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	discordin "silkwire/adapters/discord/standin"
	"silkwire/adapters/slack/standin"
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
