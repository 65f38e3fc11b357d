package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	discordin "silkwire/adapters/discord/standin"
	"silkwire/adapters/slack/standin"
)

// Every command of docs/operating.md in a block marked sh does what it says, in the order
// of the document. "silkwire serve" goes on behind what follows; "sh stopped" ends it.
func TestOperatingCommands(t *testing.T) {
	text, err := os.ReadFile("docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	script := filepath.Join(t.TempDir(), "operating.txtar")
	if err := os.WriteFile(script, []byte(operatingScript(string(text), address)), 0o600); err != nil {
		t.Fatal(err)
	}
	s, d := standin.New(t), discordin.New(t)
	env := bothEnv(s, d)
	testscript.Run(t, testscript.Params{
		Files: []string{script}, RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			for _, v := range []string{"SLACK_API_URL", "DISCORD_API_URL"} {
				e.Setenv(v, env[v])
			}
			e.Setenv("SILKWIRE_ADMIN_ADDR", address)
			e.Setenv("HOME", e.WorkDir)
			answers := strings.Join([]string{env["SLACK_BOT_TOKEN"], env["SLACK_APP_TOKEN"], env["DISCORD_TOKEN"], "slack:T1:U1", ""}, "\n")
			return os.WriteFile(filepath.Join(e.WorkDir, "answers"), []byte(answers), 0o600)
		},
		Cmds: map[string]actor{"ready": needs("ready address", 1, awaitReady)},
	})
}

var shellBlock = regexp.MustCompile("(?ms)^```sh( stopped)?\n(.*?)^```$")

// operatingScript makes a script of the blocks of a document: each line is a command of
// bash's, and must end well.
func operatingScript(text, address string) string {
	var script strings.Builder
	serving := false
	stop := func() {
		if serving {
			script.WriteString("kill -INT serve\nwait serve\n")
		}
		serving = false
	}
	for _, block := range shellBlock.FindAllStringSubmatch(text, -1) {
		if block[1] != "" {
			stop()
		}
		for line := range strings.Lines(block[2]) {
			line = strings.ReplaceAll(strings.TrimSpace(line), "127.0.0.1:9464", address)
			switch {
			case line == "silkwire serve":
				script.WriteString("exec silkwire serve &serve&\nready " + address + "\n")
				serving = true
			case line != "":
				script.WriteString("stdin answers\nexec bash -c '" + strings.ReplaceAll(line, "'", "''") + "'\n")
			}
		}
	}
	stop()
	return script.String()
}

func TestOperatingScript(t *testing.T) {
	got := operatingScript("```sh\nsilkwire serve\necho it's 127.0.0.1:9464\n```\n```console\nno\n```\n```sh stopped\nls\n```\n", "127.0.0.1:1")
	want := "exec silkwire serve &serve&\nready 127.0.0.1:1\nstdin answers\nexec bash -c 'echo it''s 127.0.0.1:1'\nkill -INT serve\nwait serve\nstdin answers\nexec bash -c 'ls'\n"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// freeAddress is one of this machine that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// awaitReady waits until silkwire serve says at its admin address that it is ready.
func awaitReady(ts *testscript.TestScript, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	often := time.NewTicker(20 * time.Millisecond)
	defer often.Stop()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+args[0]+"/readyz", nil)
		ts.Check(err)
		answer, err := http.DefaultClient.Do(r)
		if err == nil {
			ts.Check(answer.Body.Close())
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-often.C:
		case <-ctx.Done():
			ts.Fatalf("silkwire serve is not ready: %v", err)
		}
	}
}
