package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"silkwire/bot"
	"silkwire/commands"
	"silkwire/knowledge/feed"
	"silkwire/knowledge/fetch"
)

// fetchConfig is how pages of others are asked for.
type fetchConfig struct {
	feeds   time.Duration // how often a feed is looked at; 0: none is
	private bool          // this machine and private networks may be asked
	contact string        // a mail address or a page of whoever runs silkwire
}

// usualFeeds is how often a feed is looked at where nothing else is said.
const usualFeeds = 30 * time.Minute

func parseFeeds(s string) (time.Duration, error) {
	if s == "off" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < feed.LeastPause || d > 24*time.Hour {
		return 0, errors.New("must be a time from 1m to 24h, for example 30m, or off")
	}
	return d, nil
}

func contact(s string) error {
	if strings.ContainsAny(s, " \t\r\n()<>\"") || !strings.Contains(s, "@") && !strings.HasPrefix(s, "https://") {
		return errors.New("must be a mail address or an https address without blanks")
	}
	return nil
}

// agent is what silkwire calls itself to servers that it fetches from.
func (c fetchConfig) agent() string {
	about := "+https://github.com/silkwire/silkwire"
	if c.contact != "" {
		about = "+" + c.contact
	}
	number, _, _ := strings.Cut(version(), " ")
	return "silkwire/" + number + " (" + about + ")"
}

// client fetches from addresses that people wrote.
func (c fetchConfig) client() *http.Client {
	return fetch.NewClient(fetch.Options{AllowPrivate: c.private, Agent: c.agent()})
}

// jitter makes a pause up to a tenth shorter or longer.
func jitter(d time.Duration) time.Duration {
	const tenth = 10
	return d + time.Duration((2*rand.Float64()-1)*float64(d)/tenth) //nolint:gosec // it spreads requests, and hides nothing
}

// followed are the feeds, for commands and for serve, which fetches them.
func followed(base openedBase, drafts *bot.Drafts, c fetchConfig, log *slog.Logger) *feed.Engine {
	if base.feeds == nil {
		return nil
	}
	return feed.New(feed.Options{
		Book: base.feeds, Client: c.client(), Every: cmp.Or(c.feeds, usualFeeds),
		Names: func(text string) bool { return commands.ItemNames(base.Snapshot(), text) },
		Propose: func(tx feed.Tx, f feed.Feed, i feed.Item, at time.Time) (bool, error) {
			return drafts.ProposeItem(tx, commands.ItemDraft(f, i, at))
		},
		Jitter: jitter, Now: time.Now, Log: log,
	})
}

// tellFailing tells curators of a feed that could not be read for a week: in the channel
// where they are told of what waits, else who added it.
func tellFailing(ctx context.Context, base openedBase, all []platform, f feed.Feed, log *slog.Logger) bool {
	p, served := platformOf(all, f.Platform)
	if !served {
		log.WarnContext(ctx, "feed: it could not be read for a week", "feed", f.ID, "reason", f.Why)
		return true
	}
	note, err := commands.FailingNote(f), bot.ErrGone
	for room := range base.settings.WaitingRooms() {
		if room.Platform == f.Platform && room.Space == f.Space {
			err = p.poster.Post(ctx, room, note)
		}
	}
	if errors.Is(err, bot.ErrGone) && !strings.Contains(f.By, ":") { // else the operator imported it
		err = p.poster.Tell(ctx, f.Space, f.By, note)
	}
	if err != nil {
		log.InfoContext(ctx, "feed: curators were not told that it cannot be read", "feed", f.ID, "error", err)
	}
	return err == nil
}

// What operations on feeds take and give.
type following struct {
	List     []byte `json:"list"`
	Platform string `json:"platform"`
	Space    string `json:"space"`
}

func (o operations) follow(ctx context.Context, author string, in following) (feed.Listed, error) {
	if o.base.feeds == nil {
		return feed.Listed{}, errNoDatabase
	}
	return o.base.feeds.Follow(ctx, in.List, feed.Feed{Platform: cmp.Or(in.Platform, "console"), Space: in.Space, By: author}, time.Now())
}

func (o operations) followed(context.Context, string, struct{}) ([]feed.Feed, error) {
	if o.base.feeds == nil {
		return nil, nil
	}
	return o.base.feeds.All(), nil
}

func (p *program) feedCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "feed", Short: "Take in and give out lists of feeds (OPML)", Example: "  silkwire feed export", Args: noArguments, SuggestionsMinimumDistance: nearName,
		RunE: func(c *cobra.Command, _ []string) error {
			return misuse("say which: %s --help lists them", c.CommandPath())
		},
	}
	place := ""
	in := &cobra.Command{
		Use: "import [--for platform:workspace] file", Short: "Follow the feeds of an OPML file",
		Long: `Follows the feeds of an OPML file. silkwire serve fetches each in its turn; the
newest five items of each that name something known wait in /curate review for the
curators of the workspace or server that --for names, else for who runs silkwire.`,
		Example: "  silkwire feed import --for slack:T0123 feeds.opml", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error { return p.importFeeds(c.Context(), args[0], place) },
	}
	in.Flags().StringVar(&place, "for", "", "whose curators: slack:WORKSPACE or discord:SERVER")
	out := &cobra.Command{
		Use: "export", Short: "Print the feeds that are followed as OPML", Example: "  silkwire feed export > feeds.opml", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return p.exportFeeds(c.Context()) },
	}
	c.AddCommand(in, out)
	return c
}

// mostList is how large a file with a list of feeds may be.
const mostList = 8 << 20

func (p *program) importFeeds(ctx context.Context, name, place string) error {
	platform, space, named := strings.Cut(place, ":")
	if place != "" && (!named || space == "" || platform != slackName && platform != discordName) {
		return misuse("--for is slack:WORKSPACE or discord:SERVER, by their ids")
	}
	info, err := os.Stat(name)
	switch {
	case err != nil || info.IsDir():
		return misuse("there is no file %q", name)
	case info.Size() > mostList:
		return misuse("%s is larger than a list of feeds can be", name)
	}
	list, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if _, err := feed.ReadList(list); err != nil {
		return misuse("%s: %w", name, err)
	}
	return p.withSession(ctx, toWrite, func(s *session) error {
		l, err := ask[feed.Listed](ctx, s, "follow", following{list, platform, space})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(p.stdout, l.Words())
		return err
	})
}

func (p *program) exportFeeds(ctx context.Context) error {
	return p.withSession(ctx, toLook, func(s *session) error {
		all, err := ask[[]feed.Feed](ctx, s, "feeds", struct{}{})
		if err != nil {
			return err
		}
		out, err := feed.WriteList(all)
		if err != nil {
			return err
		}
		_, err = p.stdout.Write(out)
		return err
	})
}
