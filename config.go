package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/joho/godotenv"

	"silkwire/adapters/discord"
	"silkwire/adapters/signed"
	"silkwire/adapters/slack"
	"silkwire/bot"
	"silkwire/commands"
)

// setting is one environment variable: what it is for, and what its value must
// look like. .env.example and the README are compared with this table.
type setting struct {
	name     string
	example  string // as .env.example shows it, commented out
	help     string
	fallback string
	check    func(string) error // nil: any text
}

// settings lists every variable that silkwire reads, those of parts that are
// still to come included, so that a name never changes its meaning.
func settings() []setting {
	return []setting{
		{name: "SLACK_BOT_TOKEN", example: "", help: "Slack's bot token, with SLACK_APP_TOKEN for Socket Mode", check: prefixed("xoxb-")},
		{name: "SLACK_APP_TOKEN", example: "", help: "Slack's app-level token, for Socket Mode", check: prefixed("xapp-")},
		{name: "SLACK_SIGNING_SECRET", example: "", help: "Slack over HTTP, with SILKWIRE_HTTP_ADDR, when there is no SLACK_APP_TOKEN (with it: Socket Mode)"},
		{name: "SLACK_ASSISTANT", example: "1", help: "1 adds Slack's assistant container to the manifest (it needs a paid plan)", check: flag01},
		{name: "SLACK_API_URL", example: "http://127.0.0.1:3900/api/", help: "another Slack; ends in a slash", check: slashURL},
		{name: "SLACK_READ_CHANNELS", example: "1", help: "1 adds the history scopes to the printed manifest: follow-ups in threads without a mention, reading a channel back after a doubt", check: flag01},
		{name: "DISCORD_TOKEN", example: "", help: "Discord's bot token"},
		{name: "DISCORD_PUBLIC_KEY", example: "", check: publicKey, help: "Discord's interactions over HTTP when it and SILKWIRE_HTTP_ADDR are set (the token still registers commands), else the gateway"},
		{name: "DISCORD_API_URL", example: "http://127.0.0.1:4012/api/v10/", help: "another Discord; version and slash included", check: slashURL},
		{name: "DISCORD_GUILD_ID", example: "123456789012345678", help: "register commands in one guild only, for development", check: digits},
		{name: "SILKWIRE_HTTP_ADDR", example: "127.0.0.1:8080", help: "where platforms reach silkwire over HTTP", check: hostPort},
		{name: "SILKWIRE_DB", example: "/var/lib/silkwire/silkwire.db", help: "the database file (default: $XDG_DATA_HOME/silkwire/silkwire.db, and ~/.local/share where XDG_DATA_HOME is unset)"},
		{name: "SILKWIRE_BACKUPS", example: "7", help: "how many daily backups serve keeps in the folder backups beside the database, off for none", fallback: "7", check: func(s string) error { _, err := parseBackups(s); return err }},
		{name: "SILKWIRE_NOTICES", example: "15m", help: "how often at most one shared answer is corrected, one person told of what they watch, and curators told of what waits; off for none of that", fallback: "15m", check: func(s string) error { _, err := parseNotices(s); return err }},
		{name: "SILKWIRE_CURATORS", example: "slack:T1:U1,discord:G1:U1,discord:G1:role:R1", help: "who may curate, separated by commas", check: curators},
		{name: "SILKWIRE_FEEDS", example: "30m", help: "how often each feed is looked at, off for never", fallback: "30m", check: func(s string) error { _, err := parseFeeds(s); return err }},
		{name: "SILKWIRE_CONTACT", example: "ops@example.org", help: "a mail address or https page that servers of feeds see when they are asked", check: contact},
		{name: "SILKWIRE_FETCH_PRIVATE", example: "1", help: "1 lets feeds and quotes come from this machine and private networks", check: flag01},
		{name: "SILKWIRE_RATE", example: "5", help: "requests a second per user on chat platforms (burst 20), off for no limit; the terminal has none", fallback: "5", check: func(s string) error { _, err := parseRate(s); return err }},
		{name: "SILKWIRE_DISABLED", example: "exposure,market", help: "names of commands that nobody is to have, separated by commas", check: func(s string) error { _, err := parseDisabled(s); return err }},
		{name: "SILKWIRE_ADMIN_ADDR", example: "127.0.0.1:9464", help: "where metrics and health are served; a taken port is a log line, not a stop", fallback: "127.0.0.1:9464", check: hostPort},
		{name: "SILKWIRE_ADMIN_REMOTE", example: "1", help: "1 lets SILKWIRE_ADMIN_ADDR be an address that other machines can reach; nothing there asks for a password", check: flag01},
		{name: "SILKWIRE_QUOTES", example: "/etc/silkwire/quotes.yaml", help: "a file that describes who serve asks for prices over HTTP; docs/quotes.md has an example", check: yamlFile},
		{name: "SILKWIRE_QUOTES_KEY", example: "", help: "the key that goes into the header which SILKWIRE_QUOTES names, as that provider wants it", check: headerValue},
		{name: "SILKWIRE_LOG", example: "info,text", help: "level (debug, info, warn, error) and format (text, json) of the log on standard error", fallback: "info,text", check: func(s string) error { _, err := parseLog(s); return err }},
	}
}

// config is what the parts that exist are told.
type config struct {
	database string
	rate     float64 // requests a second per user; 0: no limit
	log      logConfig
	slack    slackConfig
	discord  discordConfig
	backups  int           // how many daily backups are kept; 0: none is made
	notices  time.Duration // how often at most one is told of a change; 0: nobody is
	fetch    fetchConfig
	// httpAddr is where platforms reach silkwire, adminAddr where its health is
	// served.
	httpAddr, adminAddr string
	quotes              quotesConfig
	disabled            []string // names of commands
	adminRemote         bool     // adminAddr may be one that other machines can reach
	trial               bool     // nothing is registered or posted
}

// quotesConfig is who is asked for prices.
type quotesConfig struct{ file, key string }

type slackConfig struct {
	botToken, appToken, signingSecret, apiURL string
	assistant, readChannels                   bool
	curators                                  []slack.Curator
}

// on tells whether Slack is to be served.
func (c slackConfig) on() bool { return c.botToken != "" || c.appToken != "" || c.signingSecret != "" }

// overHTTP tells whether Slack comes by HTTP and not by Socket Mode.
func (c slackConfig) overHTTP() bool { return c.appToken == "" }

// checkSlack says which variable is missing for the way that the others name.
func (c config) checkSlack() error {
	s := c.slack
	switch {
	case !s.on():
		return nil
	case s.botToken == "":
		return misuse("SLACK_BOT_TOKEN is missing: copy the Bot User OAuth Token from api.slack.com/apps, OAuth & Permissions")
	case s.appToken != "":
		return nil
	case s.signingSecret == "":
		return misuse("SLACK_APP_TOKEN is missing (Socket Mode), or SLACK_SIGNING_SECRET (HTTP)")
	}
	return nil
}

type discordConfig struct {
	token, publicKey, apiURL, guild string
	curators                        []discord.Curator
}

// on tells whether Discord is to be served.
func (c discordConfig) on() bool { return c.token != "" || c.publicKey != "" }

// discordOverHTTP tells whether Discord's interactions come by HTTP and not by the
// gateway.
func (c config) discordOverHTTP() bool { return c.discord.publicKey != "" && c.httpAddr != "" }

// checkDiscord says which variable is missing.
func (c config) checkDiscord() error {
	if c.discord.on() && c.discord.token == "" {
		return misuse("DISCORD_TOKEN is missing: at discord.com/developers/applications choose the app, Bot, Reset Token; it registers the commands also where interactions come over HTTP")
	}
	return nil
}

type logConfig struct {
	level slog.Level
	json  bool
}

// usageError is a mistake in how silkwire was called or configured: exit
// status 2.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func misuse(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// loadConfig reads flags, then the environment, then .env in the working
// folder, and checks every variable that is set. All mistakes are reported at
// once, by name and never with a secret's value.
func loadConfig(flags map[string]string, getenv func(string) string, dotenv string) (config, error) {
	file, err := godotenv.Read(dotenv)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return config{}, misuse("read %s: %w", dotenv, redact(err))
	}
	value := map[string]string{}
	var wrong []string
	for _, s := range settings() {
		v := s.fallback
		for _, from := range []string{file[s.name], getenv(s.name), flags[s.name]} {
			if from != "" {
				v = from
			}
		}
		value[s.name] = v
		if v == "" || s.check == nil {
			continue
		}
		if err := s.check(v); err != nil {
			wrong = append(wrong, fmt.Sprintf("%s %v", s.name, err))
		}
	}
	if len(wrong) > 0 {
		return config{}, misuse("%s", strings.Join(wrong, "\n"))
	}
	c := config{
		quotes:   quotesConfig{file: value["SILKWIRE_QUOTES"], key: value["SILKWIRE_QUOTES_KEY"]},
		database: value["SILKWIRE_DB"], httpAddr: value["SILKWIRE_HTTP_ADDR"], adminAddr: value["SILKWIRE_ADMIN_ADDR"], adminRemote: value["SILKWIRE_ADMIN_REMOTE"] == "1",
		slack: slackConfig{
			botToken: value["SLACK_BOT_TOKEN"], appToken: value["SLACK_APP_TOKEN"], signingSecret: value["SLACK_SIGNING_SECRET"],
			apiURL: value["SLACK_API_URL"], assistant: value["SLACK_ASSISTANT"] == "1", readChannels: value["SLACK_READ_CHANNELS"] == "1",
			curators: slackCurators(value["SILKWIRE_CURATORS"]),
		},
		discord: discordConfig{
			token: strings.TrimPrefix(value["DISCORD_TOKEN"], "Bot "), publicKey: value["DISCORD_PUBLIC_KEY"], apiURL: value["DISCORD_API_URL"],
			guild: value["DISCORD_GUILD_ID"], curators: discordCurators(value["SILKWIRE_CURATORS"]),
		},
	}
	c.rate, _ = parseRate(value["SILKWIRE_RATE"])
	c.notices, _ = parseNotices(value["SILKWIRE_NOTICES"])
	c.fetch.feeds, _ = parseFeeds(value["SILKWIRE_FEEDS"])
	c.fetch.contact, c.fetch.private = value["SILKWIRE_CONTACT"], value["SILKWIRE_FETCH_PRIVATE"] == "1"
	c.disabled, _ = parseDisabled(value["SILKWIRE_DISABLED"])
	c.backups, _ = parseBackups(value["SILKWIRE_BACKUPS"])
	c.log, _ = parseLog(value["SILKWIRE_LOG"])
	if c.database != "" {
		return c, nil
	}
	c.database, err = defaultDatabase(getenv)
	return c, err
}

// mostBackups is how many daily backups may be kept.
const mostBackups = 1000

func parseBackups(s string) (int, error) {
	if s == "off" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > mostBackups {
		return 0, fmt.Errorf("must be a number from 1 to %d, or off", mostBackups)
	}
	return n, nil
}

// parseDisabled reads names of commands, with or without a slash.
func parseDisabled(s string) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	var names []string
	can := commands.CanDisable()
	for part := range strings.SplitSeq(s, ",") {
		name := strings.TrimPrefix(strings.TrimSpace(part), "/")
		if !slices.Contains(can, name) {
			return nil, fmt.Errorf("has %q, which is no command that can be disabled: %s", name, strings.Join(can, ", "))
		}
		names = append(names, name)
	}
	return names, nil
}

func parseNotices(s string) (time.Duration, error) {
	if s == "off" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < time.Second || d > bot.SharedLife {
		return 0, errors.New("must be a time from 1s to 720h, for example 15m, or off")
	}
	return d, nil
}

// redact keeps a parser's error from quoting a line of .env, which may hold a
// secret.
func redact(err error) error {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return err
	}
	return errors.New("a line is not NAME=value; values with blanks or # stand in quotation marks")
}

func defaultDatabase(getenv func(string) string) (string, error) {
	folder := getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(folder) { // the XDG base directory specification ignores relative ones
		home := getenv("HOME")
		if home == "" {
			return "", misuse("there is no HOME: say where the database is with --db or SILKWIRE_DB")
		}
		folder = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(folder, "silkwire", "silkwire.db"), nil
}

func prefixed(prefix string) func(string) error {
	return func(s string) error {
		if !strings.HasPrefix(s, prefix) {
			return fmt.Errorf("must begin with %s; is it swapped with another token?", prefix)
		}
		return nil
	}
}

func flag01(s string) error {
	if s != "0" && s != "1" {
		return errors.New("must be 0 or 1")
	}
	return nil
}

func yamlFile(s string) error {
	if !slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(s))) {
		return errors.New("must be a file whose name ends in .yaml, .yml or .json")
	}
	return nil
}

func headerValue(s string) error {
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return errors.New("must be on one line and have no letters with accents: is there something more in it than the key?")
	}
	return nil
}

func digits(s string) error {
	if strings.Trim(s, "0123456789") != "" {
		return errors.New("must be digits only")
	}
	return nil
}

func publicKey(s string) error {
	if _, err := signed.Ed25519(s); err != nil {
		return errors.New("must be the app's public key, 64 hexadecimal digits")
	}
	return nil
}

func slashURL(s string) error {
	if !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://") || !strings.HasSuffix(s, "/") {
		return errors.New("must be an http or https address that ends in a slash")
	}
	return nil
}

func hostPort(s string) error {
	i := strings.LastIndexByte(s, ':')
	port, err := strconv.Atoi(s[i+1:])
	if i < 0 || err != nil || port < 0 || port > math.MaxUint16 {
		return errors.New("must be host:port, for example 127.0.0.1:8080")
	}
	return nil
}

func curators(s string) error {
	for entry := range strings.SplitSeq(s, ",") {
		parts := strings.Split(strings.TrimSpace(entry), ":")
		user := len(parts) == 3
		role := len(parts) == 4 && parts[0] == "discord" && parts[2] == "role"
		if !user && !role || slices.Contains(parts, "") {
			return fmt.Errorf("has an entry that is none: %q; write platform:workspace:user or discord:guild:role:role", entry)
		}
	}
	return nil
}

// slackCurators are the entries of a checked list that are Slack's.
func slackCurators(s string) []slack.Curator {
	var all []slack.Curator
	for entry := range strings.SplitSeq(s, ",") {
		if p := strings.Split(strings.TrimSpace(entry), ":"); p[0] == "slack" && len(p) == 3 {
			all = append(all, slack.Curator{Team: p[1], User: p[2]})
		}
	}
	return all
}

// discordCurators are the entries of a checked list that are Discord's.
func discordCurators(s string) []discord.Curator {
	var all []discord.Curator
	for entry := range strings.SplitSeq(s, ",") {
		switch p := strings.Split(strings.TrimSpace(entry), ":"); {
		case p[0] == "discord" && len(p) == 3:
			all = append(all, discord.Curator{Guild: p[1], User: p[2]})
		case p[0] == "discord" && len(p) == 4:
			all = append(all, discord.Curator{Guild: p[1], Role: p[3]})
		}
	}
	return all
}

func parseRate(s string) (float64, error) {
	if s == "off" {
		return 0, nil
	}
	rate, err := strconv.ParseFloat(s, 64)
	if err != nil || rate <= 0 || math.IsInf(rate, 0) || math.IsNaN(rate) {
		return 0, errors.New("must be a number of requests a second, or off")
	}
	return rate, nil
}

func parseLog(s string) (logConfig, error) {
	c := logConfig{level: slog.LevelInfo}
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		switch word {
		case "text":
		case "json":
			c.json = true
		default:
			if err := c.level.UnmarshalText([]byte(word)); err != nil {
				return c, errors.New("must be a level (debug, info, warn, error) and a format (text, json), for example info,json")
			}
		}
	}
	return c, nil
}

// quiet is a log that nobody reads: what goes wrong with the store at the start of
// a chat or an answer is told in a sentence, and once is enough.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// logger writes to standard error.
func (c logConfig) logger() *slog.Logger {
	options := &slog.HandlerOptions{Level: c.level}
	if c.json {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}
