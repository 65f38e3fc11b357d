package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"silkwire/adapters/console"
	"silkwire/adapters/control"
	"silkwire/bot"
	"silkwire/commands"
)

// chat is the terminal adapter on the core, until the input ends.
func (p *program) chat(ctx context.Context) (err error) {
	c, err := loadConfig(p.flags, p.getenv, p.dotenv)
	if err != nil {
		return err
	}
	log := c.log.logger()
	health := bot.NewHealth(quiet(), time.Now)
	base, err := openToWrite(ctx, c.database, log, health)
	if errors.Is(err, errShared) {
		client := control.NewClient(c.database, author())
		defer client.Close()
		return p.talk(ctx, c, client)
	}
	if base, err = orShipped(base, err, c.database, p.stderr, health); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, base.close()) }()
	kept := keptIn(base, c.fetch, log)
	kept.Disabled = c.disabled
	core, err := newCore(base, kept, c.rate, log, 0)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var parts sync.WaitGroup
	defer parts.Wait()
	defer cancel()
	share(ctx, c, base, core, log, &parts)
	return p.talk(ctx, c, core)
}

// talk is the terminal adapter until the input ends.
func (p *program) talk(ctx context.Context, c config, core console.Core) error {
	return console.New(core, console.Options{
		In: p.stdin, Out: p.stdout, Err: p.stderr, Getenv: p.getenv,
		HistoryFile: history(c.database),
		User:        owner(),
		Zone:        localZone(p.getenv),
		Welcome:     welcome(),
		News:        []string{commands.NewsLine, commands.DueLine},
	}).Run(ctx)
}

// owner is whoever can open the database file: curator and admin.
func owner() bot.User {
	return bot.User{ID: "owner", Name: author(), May: bot.Curator | bot.Admin | bot.SpaceAdmin, Trusted: true}
}

// localZone is the machine's time zone by its name in the time zone database, which a
// digest is ordered in; time.Local where the system does not tell it.
func localZone(getenv func(string) string) *time.Location {
	name := getenv("TZ")
	if name == "" {
		path, err := filepath.EvalSymlinks("/etc/localtime")
		if _, after, found := strings.Cut(path, "zoneinfo/"); err == nil && found {
			name = after
		}
	}
	if zone, err := bot.LoadZone(name); err == nil {
		return zone
	}
	return time.Local
}

// history stands beside the database, if that folder exists.
func history(database string) string {
	folder := filepath.Dir(database)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return ""
	}
	return filepath.Join(folder, "history")
}

func welcome() bot.Reply {
	return bot.Reply{
		Title: bot.B("silkwire"),
		Lead:  bot.T("Ask about Chinese AI in your own words, or write a slash command."),
		Suggestions: []bot.Action{
			{Label: "Try", Line: "/ask why didn't the sanctions stop them"},
			{Label: "Try", Line: "/ticker NVDA"},
			{Label: "All commands", Line: "/help"},
		},
	}
}
