package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	discordin "silkwire/adapters/discord/standin"
	"silkwire/adapters/slack/standin"
)

// clinic is a silkwire on both stand-ins, on which symptoms are provoked.
type clinic struct {
	slack   *standin.Slack
	discord *discordin.Discord
	env     map[string]string
	run     served
}

func newClinic(t *testing.T) *clinic {
	t.Helper()
	c := &clinic{slack: standin.New(t), discord: discordin.New(t)}
	c.env = bothEnv(c.slack, c.discord)
	home := t.TempDir()
	c.env["HOME"], c.env["SILKWIRE_DB"], c.env["SILKWIRE_ADMIN_ADDR"], c.env["SILKWIRE_CURATORS"] = home, filepath.Join(home, "silkwire.db"), "127.0.0.1:0", "slack:T1:UCURATOR"
	return c
}

// serve starts it.
func (c *clinic) serve(t *testing.T) {
	t.Helper()
	c.run = startServe(t, c.env)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c.run.waitReady(ctx, t)
	t.Cleanup(func() {
		c.run.stop()
		c.run.exit(t)
	})
}

// says runs a subcommand, or types a slash command as somebody, and looks for words in
// what comes of it.
func (c *clinic) says(t *testing.T, as, line string, want ...string) {
	t.Helper()
	var got string
	if as == "" {
		got, _ = runIn(t, c.env, strings.Fields(line)...)
	} else {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		command, rest, _ := strings.Cut(line, " ")
		got = string(saidTo(ctx, t, c.slack, c.slack.Send(standin.Command(command, rest, standin.By(as)))))
	}
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%s does not say %q: %.2000s", line, w, got)
		}
	}
}

// symptoms are those of docs/operating.md, by their first cells: each is provoked, and
// what the table says to look at tells it.
var symptoms = map[string]func(t *testing.T, c *clinic){
	"it does not answer anywhere": func(t *testing.T, c *clinic) {
		c.says(t, "", "doctor", "silkwire serve is not running")
		c.env["SILKWIRE_RATE"] = "often"
		out, code := runIn(t, c.env, "serve")
		if lines := strings.Split(strings.TrimSpace(out), "\n"); code != exitUsage || !strings.Contains(lines[len(lines)-1], "SILKWIRE_RATE") {
			t.Errorf("exit status %d: %s", code, out)
		}
	},
	"it does not answer in one channel": func(t *testing.T, c *clinic) {
		c.serve(t)
		c.says(t, "UCURATOR", "/settings who curators", "Done.")
		c.says(t, "U2", "/ask qwen licence", "/settings")
		c.says(t, "UCURATOR", "/settings", "Who may ask: curators")
	},
	"slash commands work, mentions do not": func(t *testing.T, c *clinic) {
		c.slack.SetScopes("commands", "chat:write", "users:read")
		c.says(t, "", "slack check", "app_mentions:read")
	},
	"a command is not offered": func(t *testing.T, c *clinic) {
		c.says(t, "", "discord commands --diff", "ask")
		file := filepath.Join(c.env["HOME"], "app.json")
		if err := os.WriteFile(file, []byte(`{"display_information":{"name":"silkwire"},"features":{"slash_commands":[{"command":"/ask","description":"d"}]}}`), 0o600); err != nil {
			t.Fatal(err)
		}
		c.says(t, "", "slack check --manifest "+file, "/lab")
	},
	`"disabled"`: func(t *testing.T, c *clinic) {
		c.env["SILKWIRE_DISABLED"] = "market"
		c.serve(t)
		c.says(t, "U2", "/market", "disabled")
	},
	`"That is more than I can answer at once"`: func(t *testing.T, c *clinic) {
		c.env["SILKWIRE_RATE"] = "0.1"
		c.serve(t)
		for range 20 { // as many as anybody may ask at once
			c.says(t, "U2", "/ask qwen licence")
		}
		c.says(t, "U2", "/ask qwen licence", "That is more than I can answer at once")
		c.says(t, "U3", "/ask qwen licence", "licence")
	},
	`"I am answering many others just now", late answers, "The application did not respond"`: func(t *testing.T, c *clinic) {
		c.serve(t)
		c.discord.GoDeaf()
		if _, page := c.run.admin(t, "/metrics"); !strings.Contains(page, `silkwire_platform_last_heartbeat_timestamp_seconds{platform="discord"}`) || !strings.Contains(page, "silkwire_platform_rate_limit_waits_total") {
			t.Error(page)
		}
	},
	"a token is refused": func(t *testing.T, c *clinic) {
		c.env["DISCORD_TOKEN"] = "another"
		c.says(t, "", "doctor", "wrong discord: ", "DISCORD_TOKEN")
	},
	`"I don't know that" too often`: func(t *testing.T, c *clinic) {
		c.serve(t)
		c.says(t, "U2", "/ask what does xyzzy cost", "I don't know that")
		c.says(t, "", "gaps", "xyzzy")
	},
	"prices are old": func(t *testing.T, c *clinic) {
		c.serve(t)
		c.says(t, "", "quotes list", "NVDA")
		c.says(t, "", "quotes check", "SILKWIRE_QUOTES")
	},
	"feeds fail": func(t *testing.T, c *clinic) {
		web, _ := wireServer(t)
		c.serve(t)
		c.says(t, "UCURATOR", "/silkwire-feed add "+web+"/tech/feed", "private network")
		list := filepath.Join(c.env["HOME"], "feeds.opml")
		if err := os.WriteFile(list, []byte(`<opml version="2.0"><body><outline type="rss" title="Wire" xmlUrl="`+web+`/tech/feed"/></body></opml>`), 0o600); err != nil {
			t.Fatal(err)
		}
		c.says(t, "", "feed import --for slack:T1 "+list)
		c.says(t, "", "doctor", "cannot be read", "SILKWIRE_FETCH_PRIVATE=1")
		c.says(t, "UCURATOR", "/silkwire-feed list", "1 feed is followed")
	},
	"a digest did not come": func(t *testing.T, c *clinic) {
		c.serve(t)
		c.says(t, "U1", "/digest subscribe daily at:8:30 zone:Europe/Berlin", "Ordered.")
		c.says(t, "U1", "/digest pause", "aused")
		c.says(t, "U1", "/digest list", "aused")
	},
	"digests come at another hour": func(t *testing.T, c *clinic) {
		c.serve(t)
		c.says(t, "U1", "/digest subscribe daily at:8:30 zone:Asia/Shanghai", "Ordered.")
		c.says(t, "U1", "/digest list", "Shanghai")
		c.says(t, "", "doctor", "this machine's clock is right")
	},
	"the disk is full": func(t *testing.T, c *clinic) {
		c.says(t, "", "doctor", "are free at") // TestFullDisk fills one
	},
	"the database is damaged": func(t *testing.T, c *clinic) {
		if err := os.WriteFile(c.env["SILKWIRE_DB"], []byte(strings.Repeat("not a database ", 9000)), 0o600); err != nil {
			t.Fatal(err)
		}
		c.says(t, "", "store check", c.env["SILKWIRE_DB"])
		c.says(t, "", "doctor", "wrong database: ")
	},
	`"in use by another silkwire"`: func(t *testing.T, c *clinic) {
		c.serve(t)
		other := *c
		other.serve(t) // with the facts that ship, and says so
		if said := other.run.stderr.String(); !strings.Contains(said, "is in use by another silkwire; I answer from the fact base that ships") {
			t.Error(said)
		}
	},
}

// TestSymptoms provokes every symptom that docs/operating.md has in its table, and no
// others.
func TestSymptoms(t *testing.T) {
	text, err := os.ReadFile("docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "| symptom | look | cure |\n| --- | --- | --- |\n")
	if !found {
		t.Fatal("the table is not there")
	}
	rows := 0
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "| ") {
			break
		}
		rows++
		symptom, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		provoke := symptoms[symptom]
		if provoke == nil {
			t.Errorf("nobody provokes %q", symptom)
			continue
		}
		t.Run(notWord.ReplaceAllString(symptom, "-"), func(t *testing.T) {
			t.Parallel()
			provoke(t, newClinic(t))
		})
	}
	if rows != len(symptoms) {
		t.Errorf("the table has %d rows, and %d symptoms are provoked", rows, len(symptoms))
	}
}

var notWord = regexp.MustCompile(`[^A-Za-z]+`)
