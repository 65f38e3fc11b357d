package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	discordin "silkwire/adapters/discord/standin"
	"silkwire/adapters/slack/standin"
)

// Every command of the documents in a block marked sh does what it says, one document
// after the other in one home, docs/operating.md first. "silkwire serve" goes on behind
// what follows; "sh stopped" ends it. What else they name stands beside them: the answers
// to the questions of init, prices, a list of feeds, an editor.
func TestDocumentedCommands(t *testing.T) {
	names, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	const first = "docs/operating.md" // begins with no configuration and no database
	names = append([]string{first}, slices.DeleteFunc(names, func(name string) bool { return name == first })...)
	address := freeAddress(t)
	var commands strings.Builder
	for _, name := range names {
		if name == "docs/performance.md" { // measures for hours, against programs that are not here
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if line := unmarked(string(text)); line != "" {
			t.Errorf("%s: a command stands in a block that is not marked sh: %s", name, line)
		}
		commands.WriteString(documentScript(string(text), address))
	}
	script := filepath.Join(t.TempDir(), "documents.txtar")
	if err := os.WriteFile(script, []byte(commands.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	prices, err := os.ReadFile("docs/quotes.md")
	if err != nil {
		t.Fatal(err)
	}
	csv := blockIn("csv", string(prices))
	if csv == "" {
		t.Fatal("docs/quotes.md shows no prices to import")
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
			e.Setenv("EDITOR", `sed -i s/licence[[:space:]]of/license\x20of/`)
			answers := strings.Join([]string{env["SLACK_BOT_TOKEN"], env["SLACK_APP_TOKEN"], env["DISCORD_TOKEN"], "slack:T1:U1", ""}, "\n")
			for name, text := range map[string]string{
				"answers": answers, "prices.csv": csv,
				"feeds.opml": `<opml version="2.0"><body><outline type="rss" text="Tea" xmlUrl="https://example.org/feed.xml"/></body></opml>`,
			} {
				if err := os.WriteFile(filepath.Join(e.WorkDir, name), []byte(text), 0o600); err != nil {
					return err
				}
			}
			return nil
		},
		Cmds: map[string]actor{"ready": needs("ready address", 1, awaitReady)},
	})
}

var (
	fenced     = regexp.MustCompile("(?ms)^```([a-z]*)( stopped)?\n(.*?)^```$")
	ownCommand = regexp.MustCompile(`(?m)^(?:\S+=\S+ )*silkwire [a-z].*$`)
)

// blockIn is the first block of a language, or empty.
func blockIn(language, text string) string {
	for _, block := range fenced.FindAllStringSubmatch(text, -1) {
		if block[1] == language {
			return block[3]
		}
	}
	return ""
}

// unmarked is a command of silkwire's in a block of no language, or empty.
func unmarked(text string) string {
	for _, block := range fenced.FindAllStringSubmatch(text, -1) {
		if line := ownCommand.FindString(block[3]); block[1] == "" && line != "" {
			return line
		}
	}
	return ""
}

// documentScript makes a script of the blocks of a document: each line is a command of
// bash's, and must end well.
func documentScript(text, address string) string {
	var script strings.Builder
	serving := false
	stop := func() {
		if serving {
			script.WriteString("kill -INT serve\nwait serve\n")
		}
		serving = false
	}
	for _, block := range fenced.FindAllStringSubmatch(text, -1) {
		if block[1] != "sh" {
			continue
		}
		if block[2] != "" {
			stop()
		}
		for line := range strings.Lines(block[3]) {
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

func TestDocumentScript(t *testing.T) {
	got := documentScript("```sh\nsilkwire serve\necho it's 127.0.0.1:9464\n```\n```console\nno\n```\n```sh stopped\nls\n```\n", "127.0.0.1:1")
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
