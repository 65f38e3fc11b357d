package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os/signal"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"silkwire/adapters/slack"
	"silkwire/bot"
	"silkwire/bot/chart"
	"silkwire/bot/delivery"
	"silkwire/bot/notify"
	"silkwire/commands"
	"silkwire/knowledge/feed"
	"silkwire/knowledge/quote"
)

func (p *program) serveCommand() *cobra.Command {
	dry := false
	c := &cobra.Command{
		Use: "serve [--dry-run]", Short: "Serve the platforms whose tokens are in the environment or in .env",
		Long: `Serves the platforms whose tokens are in the environment or in .env, until it is
told to stop (SIGTERM, Ctrl-C), and then finishes what is in hand. It prints
"ready" with the platforms to standard error when each can be reached. Wrong
configuration, no platform, or a token that a platform refuses: exit status 2.

With --dry-run it connects to the platforms, says "ready" when each can be reached,
and ends: nothing is posted, no command is registered, and the database is only
read. Who asks at that very moment is told to ask again.`,
		Example: "  silkwire serve\n  silkwire serve --dry-run\n  SLACK_BOT_TOKEN=xoxb-… SLACK_APP_TOKEN=xapp-… silkwire serve", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(c.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			if dry {
				return p.dryRun(ctx)
			}
			return p.serve(ctx)
		},
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "connect, post nothing, and end")
	return c
}

// platform is one that is served. Run blocks until ctx ends.
type platform struct {
	name    string
	run     func(ctx context.Context) error
	handler http.Handler     // takes its HTTP requests; nil: it asks for none
	last    func() time.Time // when it was heard of
	traffic *bot.Traffic     // what its adapter counts
	poster  poster           // writes of silkwire's own accord
}

// platformOf is the platform with the name, if it is served.
func platformOf(all []platform, name string) (p platform, served bool) {
	i := slices.IndexFunc(all, func(p platform) bool { return p.name == name })
	if i < 0 {
		return platform{}, false
	}
	return all[i], true
}

// poster is what a platform's adapter posts.
type poster interface {
	bot.Poster
	delivery.Poster
	CanPost(ctx context.Context, c bot.Conversation) (forum bool, err error)
	ChannelID(ctx context.Context, typed string) (string, error)
}

// collectAt makes the collector run when the heap has grown by this many percent:
// the machine that a bot stands on is small.
const collectAt = 25

// serving is what a run of serve is made of.
type serving struct {
	config
	all      []platform
	core     *lateCore
	outbox   *bot.Outbox
	provider *quote.Provider // nil: no prices are asked for
	start    *progress
	counts   *metrics
	health   *bot.Health
	log      *slog.Logger
	parts    sync.WaitGroup // what runs beside the platforms
}

// serve runs every platform until ctx ends. One that is lost for good leaves the
// others running. The platforms connect while the fact base is read: the first
// requests wait for it, some tens of milliseconds.
func (p *program) serve(ctx context.Context) error {
	c, err := p.serveConfig()
	if err != nil {
		return err
	}
	debug.SetGCPercent(collectAt)
	s := &serving{config: c, core: newLateCore(), outbox: new(bot.Outbox), log: c.log.logger()}
	s.health = bot.NewHealth(s.log, time.Now)
	if s.all, s.start, err = p.platforms(c, s.core, s.outbox, s.log, s.health); err != nil {
		return err
	}
	if s.provider, err = readProvider(c.quotes); err != nil {
		return err
	}
	s.counts = newMetrics(s.health)
	for _, one := range s.all {
		s.counts.watchPlatform(one)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	told := manager{s.start, s.core, s.log}
	told.begins(ctx)
	s.parts.Go(func() { told.run(ctx) })
	closeBase := func() error { return nil }
	var opening sync.WaitGroup
	opening.Go(func() {
		opened, err := p.open(ctx, s)
		if err != nil {
			cancel(err)
			s.core.set(nil)
			return
		}
		closeBase = opened
	})
	defer context.AfterFunc(ctx, s.start.end)()
	err = serveAll(ctx, c, s.all, admin{s.all, s.health, s.start, s.counts, s.log})
	opening.Wait()
	cause := context.Cause(ctx)
	cancel(nil)
	s.parts.Wait()
	if cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	return errors.Join(err, closeBase())
}

// open opens the fact base, lets the requests in, and begins what runs beside the
// platforms. It returns what closes the base when all of it has ended.
func (p *program) open(ctx context.Context, s *serving) (closeBase func() error, err error) {
	base, kept, router, err := p.openCore(ctx, s.config, s.all, s.log, s.health)
	if err != nil {
		return nil, err
	}
	router.Watch(time.Now, s.counts.handled)
	s.counts.watchBase(s.config, base)
	s.core.set(router)
	if base.ledger != nil {
		if err := tellUpgrade(ctx, base.ledger, readChangelog(changelog), p.stderr); err != nil {
			s.log.WarnContext(ctx, "what an upgrade changed is not told", "error", err)
		}
	}
	if e := digests(base, s.all, s.counts, s.log); e != nil {
		s.parts.Go(func() { e.Run(ctx) })
	}
	if kept.Feeds != nil && s.fetch.feeds > 0 {
		kept.Feeds.Failing = func(ctx context.Context, f feed.Feed) bool { return tellFailing(ctx, base, s.all, f, s.log) }
		s.counts.watchFeeds(kept.Feeds.LastRead)
		s.parts.Go(func() { kept.Feeds.Run(ctx) })
	}
	closeBase = base.close
	if n := notices(s.config, base, kept, s.all, s.outbox, s.log); n != nil {
		s.parts.Go(func() { n.Run(ctx) })
		closeBase = func() error {
			// What was shared last is written when the platforms have ended.
			return errors.Join(n.Flush(context.WithoutCancel(ctx)), base.close())
		}
	}
	share(ctx, s.config, base, router, s.log, &s.parts)
	backUp(ctx, s.config, base, s.log, s.health, &s.parts)
	forgetOld(ctx, base, kept, s.log, &s.parts)
	refreshQuotes(ctx, s.provider, s.config, base, s.health, &s.parts)
	s.start.ready(factBase)
	return closeBase, nil
}

// serveConfig is the configuration of a serve that can begin.
func (p *program) serveConfig() (config, error) {
	c, err := loadConfig(p.flags, p.getenv, p.dotenv)
	if err != nil {
		return c, err
	}
	if !c.slack.on() && !c.discord.on() {
		return c, misuse("there is no platform to serve: set DISCORD_TOKEN (silkwire discord check tells how), or SLACK_BOT_TOKEN and SLACK_APP_TOKEN (silkwire slack manifest tells how), in the environment or in .env")
	}
	return c, errors.Join(c.checkSlack(), c.checkDiscord(), c.checkAdmin())
}

// drawer is what draws the pictures of charts.
type drawer = func(bot.Chart) (png []byte, err error)

// platforms are those that are configured, and what is told when one of them, or the
// fact base, is ready.
func (p *program) platforms(c config, core *lateCore, outbox *bot.Outbox, log *slog.Logger, health *bot.Health) ([]platform, *progress, error) {
	var names []string
	if c.slack.on() {
		names = append(names, slackName)
	}
	if c.discord.on() {
		names = append(names, discordName)
	}
	start := newProgress(p.stderr, names...)
	draw := chart.NewArtist().PNG // one artist: one picture is drawn at a time
	var all []platform
	if c.slack.on() {
		s, err := slackPlatform(c, core, outbox, draw, log, health, func() { start.ready(slackName) })
		if err != nil {
			return nil, nil, err
		}
		all = append(all, s)
	}
	if c.discord.on() {
		d, err := discordPlatform(c, core, outbox, draw, log, health, func(invite string) {
			// Who started it finds the same in silkwire discord check.
			_, _ = fmt.Fprintln(p.stderr, "discord: to let silkwire into a server, open "+invite)
			start.ready(discordName)
		})
		if err != nil {
			return nil, nil, err
		}
		all = append(all, d)
	}
	return all, start, nil
}

// The names of the platforms, in health and in paths.
const (
	slackName   = "slack"
	discordName = "discord"
)

// openCore opens the fact base and makes the router over it.
func (p *program) openCore(ctx context.Context, c config, all []platform, log *slog.Logger, health *bot.Health) (openedBase, commands.Kept, *bot.Router, error) {
	base, err := openToServe(ctx, c.database, p.stderr, log, health)
	if err != nil {
		return openedBase{}, commands.Kept{}, nil, err
	}
	kept := keptIn(base, c.fetch, log)
	kept.Disabled = c.disabled
	kept.CanPost = func(ctx context.Context, c bot.Conversation) (bool, error) {
		if p, served := platformOf(all, c.Platform); served {
			return p.poster.CanPost(ctx, c)
		}
		return false, nil
	}
	kept.ChannelID = func(ctx context.Context, c bot.Conversation, typed string) (string, error) {
		if p, served := platformOf(all, c.Platform); served {
			return p.poster.ChannelID(ctx, typed)
		}
		return "", bot.ErrGone
	}
	core, err := newCore(base, kept, c.rate, log, keptReplies)
	if err != nil {
		return openedBase{}, kept, nil, errors.Join(err, base.close())
	}
	return base, kept, core, nil
}

// digests deliver what was ordered; nil where nothing can be kept.
func digests(base openedBase, all []platform, counts *metrics, log *slog.Logger) *delivery.Engine {
	if base.ledger == nil {
		return nil
	}
	posters := map[string]delivery.Poster{}
	for _, p := range all {
		posters[p.name] = p.poster
	}
	return delivery.New(delivery.Options{
		Book: base.digests, Writer: commands.NewDigests(base, base.stored, time.Now), Posters: posters, Pace: digestPace, Now: time.Now, Log: log,
		Moved: counts.moved,
		Ended: func(ctx context.Context, s delivery.Subscription) { tellEnded(ctx, all, s, log) },
	})
}

// digestPace spreads the digests that are due at the same minute: Slack takes several
// hundred messages a minute (https://docs.slack.dev/apis/web-api/rate-limits).
const digestPace = 200 * time.Millisecond

// tellEnded tells who ordered a digest that it has ended.
func tellEnded(ctx context.Context, all []platform, s delivery.Subscription, log *slog.Logger) {
	p, served := platformOf(all, s.To.Platform)
	if !served || s.By == "" {
		return
	}
	note := bot.Reply{Lead: bot.T("A digest that you ordered has ended: its channel is gone, or I may not write there any more. Order it again once I may.")}
	if err := p.poster.Tell(ctx, s.To.Space, s.By, note); err != nil {
		log.InfoContext(ctx, "digest: who ordered it was not told that it has ended", "platform", p.name, "error", err)
	}
}

// notices is what silkwire says of its own accord; nil where nothing can be kept, or
// where the operator wants none.
func notices(c config, base openedBase, kept commands.Kept, all []platform, outbox *bot.Outbox, log *slog.Logger) *notify.Notifier {
	if base.ledger == nil || c.notices == 0 {
		return nil
	}
	posters := map[string]bot.Poster{}
	for _, p := range all {
		posters[p.name] = p.poster
	}
	return notify.New(notify.Options{
		Ledger: base.ledger, Settings: base.settings, Outbox: outbox, Writer: commands.NewNotices(base, base.stored, kept), Posters: posters,
		Every: c.notices, Moved: func() uint64 { return kept.Drafts.Moved() + kept.Feedback.Moved() }, Now: time.Now, Log: log,
	})
}

// sharedTo is who takes the answers that everybody can read; nil where the operator wants
// no corrections.
func sharedTo(c config, outbox *bot.Outbox) func(bot.Shared) {
	if c.notices == 0 {
		return nil
	}
	return outbox.Add
}

// keptReplies is how many replies are kept for whoever asks the same: some
// megabytes.
const keptReplies = 256

// lateCore is a router that is there a moment after its platforms.
type lateCore struct {
	there  chan struct{} // closed by set
	router *bot.Router   // nil: there will be none
}

func newLateCore() *lateCore { return &lateCore{there: make(chan struct{})} }

func (l *lateCore) set(r *bot.Router) {
	l.router = r
	close(l.there)
}

func (l *lateCore) wait(ctx context.Context) bool {
	select {
	case <-l.there:
		return l.router != nil
	case <-ctx.Done():
		return false
	}
}

// Dispatch waits for the router.
func (l *lateCore) Dispatch(ctx context.Context, r bot.Request) bot.Reply {
	if !l.wait(ctx) {
		return bot.Reply{Lead: bot.T("I am stopping just now. Please ask again in a minute."), Outcome: bot.Broken, Visibility: bot.Private}
	}
	return l.router.Dispatch(ctx, r)
}

// Complete waits for the router.
func (l *lateCore) Complete(ctx context.Context, r bot.Request) bot.Completion {
	if !l.wait(ctx) {
		return bot.Completion{From: len(r.Line)}
	}
	return l.router.Complete(ctx, r)
}

// Commands waits for the router.
func (l *lateCore) Commands() []bot.Command {
	if <-l.there; l.router == nil {
		return nil
	}
	return l.router.Commands()
}

// Needs waits for the router.
func (l *lateCore) Needs(ctx context.Context, r bot.Request) bot.Permission {
	if !l.wait(ctx) {
		return bot.Everyone
	}
	return l.router.Needs(ctx, r)
}

func slackPlatform(c config, core slack.Core, outbox *bot.Outbox, draw drawer, log *slog.Logger, health *bot.Health, ready func()) (platform, error) {
	options := slackOptions(c.slack, log, health, ready)
	options.Shared, options.Draw = sharedTo(c, outbox), draw
	a := slack.New(core, options)
	s := platform{name: slackName, run: a.Run, last: a.LastFrame, traffic: options.Traffic, poster: a}
	if c.slack.overHTTP() {
		var err error
		if s.handler, err = a.Handler(); err != nil {
			return s, misuse("SLACK_SIGNING_SECRET: %w", err)
		}
	}
	return s, nil
}

func slackOptions(c slackConfig, log *slog.Logger, health *bot.Health, ready func()) slack.Options {
	return slack.Options{
		BotToken: c.botToken, AppToken: c.appToken, SigningSecret: c.signingSecret, APIURL: c.apiURL,
		ReadChannels: c.readChannels, Assistant: c.assistant, Curators: c.curators,
		Question: commands.Question, Home: commands.HomeLine,
		Log: log, Health: health, Traffic: new(bot.Traffic), Now: time.Now, Random: rand.Float64, Ready: ready,
	}
}

// serveAll runs the platforms and what listens for them, and waits for all.
func serveAll(ctx context.Context, c config, all []platform, operator admin) error {
	log := operator.log
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var parts sync.WaitGroup
	defer parts.Wait()
	mux := http.NewServeMux()
	for _, p := range all {
		if p.handler != nil {
			mux.Handle("/"+p.name+"/", p.handler)
		}
	}
	if slices.ContainsFunc(all, func(p platform) bool { return p.handler != nil }) {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cmp.Or(c.httpAddr, loopback))
		if err != nil {
			return misuse("SILKWIRE_HTTP_ADDR: %w", err)
		}
		parts.Go(func() { listen(ctx, listener, mux, log) })
	}
	if c.adminAddr != "" {
		parts.Go(func() { operator.serve(ctx, c.adminAddr) })
	}
	var running sync.WaitGroup
	lost := make([]error, len(all))
	for i, p := range all {
		running.Go(func() {
			if lost[i] = p.run(ctx); lost[i] != nil {
				log.ErrorContext(ctx, "a platform is lost for good", "platform", p.name, "error", lost[i])
			}
		})
	}
	running.Wait()
	cancel()
	if err := errors.Join(lost...); err != nil {
		return misuse("%w", err)
	}
	return nil
}

// loopback is where platforms reach silkwire over HTTP where nothing else is said: a
// proxy with a certificate stands before it.
const loopback = "127.0.0.1:8080"

// Limits of what listens: slow clients are cut off.
const (
	headerWithin = 5 * time.Second
	readWithin   = 10 * time.Second
	writeWithin  = 10 * time.Second
	idleWithin   = 2 * time.Minute
	maxHeader    = 16 << 10
)

// listen serves until ctx ends, then finishes what is open within five seconds.
func listen(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) {
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: headerWithin, ReadTimeout: readWithin, WriteTimeout: writeWithin, IdleTimeout: idleWithin,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	var end sync.WaitGroup
	end.Go(func() {
		<-ctx.Done()
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), headerWithin)
		defer cancel()
		if err := s.Shutdown(within); err != nil {
			log.WarnContext(ctx, "requests were cut off", "error", err)
		}
	})
	if err := s.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
		log.ErrorContext(ctx, "listening ended", "address", l.Addr().String(), "error", err)
	}
	end.Wait()
}
