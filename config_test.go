package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// environment is a getenv with a home and nothing else but what is given.
func environment(set map[string]string) func(string) string {
	return func(name string) string {
		if name == "HOME" && set["HOME"] == "" {
			return "/home/you"
		}
		return set[name]
	}
}

func TestSettingChecks(t *testing.T) {
	tests := map[string]struct{ good, bad []string }{
		"SLACK_BOT_TOKEN":        {[]string{"xoxb-1-2"}, []string{"xapp-1", "xoxb", "oxb-1"}},
		"SLACK_APP_TOKEN":        {[]string{"xapp-1-2"}, []string{"xoxb-1"}},
		"SLACK_SIGNING_SECRET":   {[]string{"anything"}, nil},
		"SLACK_ASSISTANT":        {[]string{"0", "1"}, []string{"true", "2", "on"}},
		"SLACK_API_URL":          {[]string{"http://127.0.0.1:3900/api/", "https://slack.example/api/"}, []string{"http://127.0.0.1:3900/api", "127.0.0.1/", "ftp://x/"}},
		"SLACK_READ_CHANNELS":    {[]string{"0", "1"}, []string{"yes"}},
		"DISCORD_TOKEN":          {[]string{"anything"}, nil},
		"DISCORD_PUBLIC_KEY":     {[]string{strings.Repeat("0a", 32)}, nil},
		"DISCORD_API_URL":        {[]string{"http://127.0.0.1:4012/api/v10/"}, []string{"http://127.0.0.1:4012/api/v10"}},
		"DISCORD_GUILD_ID":       {[]string{"123456789012345678"}, []string{"12a", "-1", "general"}},
		"SILKWIRE_HTTP_ADDR":     {[]string{"127.0.0.1:8080", ":8080", "[::1]:8080", "localhost:0"}, []string{"8080", "localhost", "localhost:", "localhost:http", ":65536", ":-1"}},
		"SILKWIRE_DB":            {[]string{"/a/b.db", "b.db"}, nil},
		"SILKWIRE_CURATORS":      {[]string{"slack:T1:U1", "slack:T1:U1, discord:G1:U1,discord:G1:role:R1"}, []string{"U1", "slack:T1", "slack:T1:role:R1", "discord:G1:rule:R1", "slack::U1", "slack:T1:U1,"}},
		"SILKWIRE_RATE":          {[]string{"5", "0.5", "off"}, []string{"0", "-1", "often", "inf", "nan", "5/s"}},
		"SILKWIRE_DISABLED":      {[]string{"exposure", "exposure, /market"}, []string{"exposures", "ask", "help", "exposure,", "curate add"}},
		"SILKWIRE_ADMIN_ADDR":    {[]string{"127.0.0.1:9464"}, []string{"9464"}},
		"SILKWIRE_ADMIN_REMOTE":  {[]string{"0", "1"}, []string{"yes"}},
		"SILKWIRE_BACKUPS":       {[]string{"1", "1000", "off"}, []string{"0", "-1", "1001", "daily"}},
		"SILKWIRE_NOTICES":       {[]string{"15m", "1s", "720h", "off"}, []string{"0", "-1m", "15", "soon", "721h", "1ms"}},
		"SILKWIRE_FEEDS":         {[]string{"30m", "1m", "24h", "off"}, []string{"0", "30", "59s", "25h", "hourly"}},
		"SILKWIRE_CONTACT":       {[]string{"ops@example.org", "https://example.org/bot"}, []string{"me", "http://example.org", "a@b.c (x)", "a@b\r\nX: y"}},
		"SILKWIRE_FETCH_PRIVATE": {[]string{"0", "1"}, []string{"yes"}},
		"SILKWIRE_LOG":           {[]string{"debug", "json", "warn,json", "text error"}, []string{"loud", "info,xml"}},
		"SILKWIRE_QUOTES":        {[]string{"/etc/silkwire/quotes.yaml", "q.YML", "q.json"}, []string{"quotes", "quotes.txt", "https://ticks.example"}},
		"SILKWIRE_QUOTES_KEY":    {[]string{"abc123", "Bearer abc"}, []string{"a\nb", "schlüssel"}},
	}
	for _, s := range settings() {
		values, found := tests[s.name]
		if !found {
			t.Errorf("%s: no good and bad values are listed here", s.name)
		}
		for _, v := range values.good {
			if _, err := loadConfig(nil, environment(map[string]string{s.name: v}), "no such file"); err != nil {
				t.Errorf("%s=%q: got %v, want no error", s.name, v, err)
			}
		}
		for _, v := range values.bad {
			_, err := loadConfig(nil, environment(map[string]string{s.name: v}), "no such file")
			if _, usage := errors.AsType[*usageError](err); !usage || !strings.HasPrefix(err.Error(), s.name+" ") {
				t.Errorf("%s=%q: got %v, want a usage error that begins with the name", s.name, v, err)
			}
		}
	}
	if len(tests) != len(settings()) {
		t.Errorf("got values for %d variables, want %d", len(tests), len(settings()))
	}
}

func TestConfigValues(t *testing.T) {
	dotenv := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(dotenv, []byte("SILKWIRE_DB=/dotenv.db\nSILKWIRE_RATE=2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		flags, env map[string]string
		dotenv     string
		want       config
	}{
		"defaults": {
			want: config{database: "/home/you/.local/share/silkwire/silkwire.db", rate: 5, log: logConfig{level: slog.LevelInfo}, adminAddr: "127.0.0.1:9464", backups: 7, notices: 15 * time.Minute, fetch: fetchConfig{feeds: usualFeeds}},
		},
		"dataHome": {
			env:  map[string]string{"XDG_DATA_HOME": "/data"},
			want: config{database: "/data/silkwire/silkwire.db", rate: 5, log: logConfig{level: slog.LevelInfo}, adminAddr: "127.0.0.1:9464", backups: 7, notices: 15 * time.Minute, fetch: fetchConfig{feeds: usualFeeds}},
		},
		"relativeDataHomeIsIgnored": {
			env:  map[string]string{"XDG_DATA_HOME": "data"},
			want: config{database: "/home/you/.local/share/silkwire/silkwire.db", rate: 5, log: logConfig{level: slog.LevelInfo}, adminAddr: "127.0.0.1:9464", backups: 7, notices: 15 * time.Minute, fetch: fetchConfig{feeds: usualFeeds}},
		},
		"dotenv": {
			dotenv: dotenv,
			want:   config{database: "/dotenv.db", rate: 2, log: logConfig{level: slog.LevelInfo}, adminAddr: "127.0.0.1:9464", backups: 7, notices: 15 * time.Minute, fetch: fetchConfig{feeds: usualFeeds}},
		},
		"environmentOverDotenv": {
			dotenv: dotenv, env: map[string]string{"SILKWIRE_DB": "/env.db", "SILKWIRE_LOG": "json,debug"},
			want: config{database: "/env.db", rate: 2, log: logConfig{level: slog.LevelDebug, json: true}, adminAddr: "127.0.0.1:9464", backups: 7, notices: 15 * time.Minute, fetch: fetchConfig{feeds: usualFeeds}},
		},
		"flagOverEnvironment": {
			dotenv: dotenv, env: map[string]string{"SILKWIRE_DB": "/env.db", "SILKWIRE_RATE": "off"}, flags: map[string]string{"SILKWIRE_DB": "/flag.db"},
			want: config{database: "/flag.db", rate: 0, log: logConfig{level: slog.LevelInfo}, adminAddr: "127.0.0.1:9464", backups: 7, notices: 15 * time.Minute, fetch: fetchConfig{feeds: usualFeeds}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			file := test.dotenv
			if file == "" {
				file = filepath.Join(t.TempDir(), "none")
			}
			got, err := loadConfig(test.flags, environment(test.env), file)
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}

func TestAllMistakesAtOnceWithoutSecrets(t *testing.T) {
	const secret = "geheim"
	env := map[string]string{
		"SLACK_BOT_TOKEN": secret, "SLACK_APP_TOKEN": secret, "SLACK_SIGNING_SECRET": secret, "DISCORD_TOKEN": secret,
		"DISCORD_PUBLIC_KEY": secret, "SILKWIRE_RATE": secret, "DISCORD_GUILD_ID": secret,
	}
	_, err := loadConfig(nil, environment(env), "no such file")
	if err == nil {
		t.Fatal("got no error, want one")
	}
	for _, name := range []string{"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SILKWIRE_RATE", "DISCORD_GUILD_ID"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("got %q, want it to name %s", err, name)
		}
	}
	if strings.Contains(err.Error(), secret) {
		t.Errorf("got %q, want no value of a secret", err)
	}
}

// documented is a variable as a file for people shows it.
type documented struct{ name, value, help string }

// variable is a line of .env.example: NAME=example, commented out.
var variable = regexp.MustCompile(`^# ?([A-Z][A-Z_]+)=(.*)$`)

// readExample reads .env.example: comment lines of help, then the variable,
// then an empty line.
func readExample(s string) []documented {
	var all []documented
	var help []string
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		switch m := variable.FindStringSubmatch(line); {
		case m != nil:
			all = append(all, documented{m[1], m[2], strings.Join(help, " ")})
			help = nil
		case line == "":
			help = nil
		default:
			help = append(help, strings.TrimSpace(strings.TrimPrefix(line, "#")))
		}
	}
	return all
}

func TestEnvExampleIsTheTable(t *testing.T) {
	content, err := os.ReadFile(".env.example")
	if err != nil {
		t.Fatal(err)
	}
	var want []documented
	for _, s := range settings() {
		want = append(want, documented{s.name, s.example, s.help})
	}
	if got := readExample(string(content)); !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
	for line := range strings.Lines(string(content)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			t.Errorf("got %q, want every line commented out", line)
		}
	}
}

// Whoever copies the example as it is and takes the comment signs away must
// not send a made-up secret anywhere.
func TestEnvExampleHoldsNoSecret(t *testing.T) {
	for _, s := range settings() {
		secret := regexp.MustCompile(`TOKEN|SECRET|KEY`).MatchString(s.name)
		if secret && s.example != "" {
			t.Errorf("%s: got example %q, want none", s.name, s.example)
		}
	}
}

// The README has a row for each variable, in this order: | `NAME` | help |.
func TestReadmeTableIsTheTable(t *testing.T) {
	content, err := os.ReadFile("README.md")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("there is no README.md yet")
	}
	if err != nil {
		t.Fatal(err)
	}
	var got, want []documented
	for _, m := range regexp.MustCompile("(?m)^\\| `([A-Z][A-Z_]+)` \\| (.*?) *\\|$").FindAllStringSubmatch(string(content), -1) {
		got = append(got, documented{name: m[1], help: m[2]})
	}
	for _, s := range settings() {
		want = append(want, documented{name: s.name, help: s.help})
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}
