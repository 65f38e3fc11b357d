package discord_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"silkwire/adapters/discord"
	"silkwire/adapters/discord/standin"
	"silkwire/bot"
)

// registered waits until the commands were looked at.
func registered(t *testing.T, r *running) {
	t.Helper()
	waitFor(t, r, func() bool {
		return strings.Contains(r.log.String(), "commands registered") || strings.Contains(r.log.String(), "registered already")
	})
}

// TestRegistersOnce shows that the commands are sent once, and not again while Discord
// has them.
func TestRegistersOnce(t *testing.T) {
	t.Parallel()
	for _, guild := range []string{"", standin.GuildID} {
		s := standin.New(t)
		change := func(o *discord.Options) { o.Guild = guild }
		first := start(t, s, change)
		registered(t, first)
		if n := len(s.RegisteredCommands(guild)); n != 11 || s.Registrations() != 1 {
			t.Fatalf("%d commands, registered %d times", n, s.Registrations())
		}
		if err := first.end(); err != nil {
			t.Fatal(err)
		}
		registered(t, launch(t, s, change))
		if n := s.Registrations(); n != 1 {
			t.Errorf("they were registered %d times", n)
		}
	}
}

// TestDifferences shows what is said of commands that Discord has otherwise.
func TestDifferences(t *testing.T) {
	t.Parallel()
	s := standin.New(t)
	r := start(t, s)
	registered(t, r)
	has, err := discord.Registered(r.within(), discord.Options{Token: standin.Token, APIURL: s.URL(), Now: time.Now, Random: func() float64 { return 0 }})
	if err != nil {
		t.Fatal(err)
	}
	wanted := discord.Commands(r.core.Commands())
	if d := discord.Differences(wanted, has); len(d) != 0 {
		t.Errorf("%v", d)
	}
	has[0].Description += "!"
	has[1].Name = "gone"
	got := ""
	for _, d := range discord.Differences(wanted, has) {
		got += d.Does + " " + d.Name + "\n"
	}
	if want := "change ask\nadd break\nremove gone\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestCheck shows what is found wrong, and what to change.
func TestCheck(t *testing.T) {
	t.Parallel()
	commands := newCore(t).Commands()
	for _, c := range []struct {
		name   string
		change func(*standin.Discord, *discord.Options)
		want   string
	}{
		{"no token", func(_ *standin.Discord, o *discord.Options) { o.Token = "" }, "DISCORD_TOKEN is not set"},
		{"a wrong token", func(_ *standin.Discord, o *discord.Options) { o.Token = "another" }, "DISCORD_TOKEN is not accepted"},
		{"an endpoint that takes all", func(s *standin.Discord, _ *discord.Options) {
			s.App("interactions_endpoint_url", "https://x.example/i")
		}, "clear Interactions Endpoint URL"},
		{"no endpoint", func(s *standin.Discord, o *discord.Options) { o.PublicKey = s.PublicKey() }, "has no Interactions Endpoint URL"},
		{"another endpoint", func(s *standin.Discord, o *discord.Options) {
			o.PublicKey = s.PublicKey()
			s.App("interactions_endpoint_url", "https://x.example/i")
		}, "does not end in /discord/interactions"},
		{"another app's key", func(_ *standin.Discord, o *discord.Options) { o.PublicKey = "ab" }, "DISCORD_PUBLIC_KEY is not this app's"},
		{"no user install", func(s *standin.Discord, _ *discord.Options) {
			s.App("integration_types_config", map[string]any{"0": map[string]any{}})
		}, "User Install is off"},
		{"a code grant", func(s *standin.Discord, _ *discord.Options) { s.App("bot_require_code_grant", true) }, "Requires OAuth2 Code Grant"},
		{"shards", func(s *standin.Discord, _ *discord.Options) { s.Shards(2) }, "Discord advises 2 shards"},
		{"no server", func(s *standin.Discord, _ *discord.Options) { s.Guilds() }, "the bot is in no server"},
		{"a missing permission", func(s *standin.Discord, _ *discord.Options) {
			s.Guilds(map[string]any{"id": standin.GuildID, "name": "Ours", "permissions": "1024"})
		}, "in Ours the bot lacks Send Messages, Send Messages in Threads, Embed Links, Attach Files, Read Message History"},
		{"a guild that it is not in", func(_ *standin.Discord, o *discord.Options) { o.Guild = "100000000000000009" }, "DISCORD_GUILD_ID is of a server that the bot is not in"},
		{"no answer", func(_ *standin.Discord, o *discord.Options) { o.APIURL = "http://127.0.0.1:1/api/v10/" }, "Discord does not answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := standin.New(t)
			o := discord.Options{Token: standin.Token, APIURL: s.URL(), Now: time.Now, Random: func() float64 { return 0 }}
			c.change(s, &o)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			wrong := ""
			for _, f := range discord.Check(ctx, commands, o) {
				if !f.OK {
					wrong += f.Say + "\n"
				}
			}
			has(t, wrong, c.want)
		})
	}
	t.Run("all is well", func(t *testing.T) {
		s := standin.New(t)
		r := start(t, s)
		registered(t, r)
		for _, f := range discord.Check(r.within(), r.core.Commands(), discord.Options{Token: standin.Token, APIURL: s.URL(), Now: time.Now, Random: func() float64 { return 0 }}) {
			if !f.OK {
				t.Error(f.Say)
			}
		}
	})
	t.Run("commands that differ, and none at all", func(t *testing.T) {
		s := standin.New(t)
		o := discord.Options{Token: standin.Token, APIURL: s.URL(), Now: time.Now, Random: func() float64 { return 0 }}
		wrong := func(commands []bot.Command) string {
			all := ""
			for _, f := range discord.Check(t.Context(), commands, o) {
				if !f.OK {
					all += f.Say + "\n"
				}
			}
			return all
		}
		// Before the first start there are none, and serve makes them.
		if got := wrong(commands); got != "" {
			t.Errorf("before the first start: %s", got)
		}
		r := start(t, s)
		registered(t, r)
		has(t, wrong(r.core.Commands()[1:]), "1 command not as declared")
	})
}
