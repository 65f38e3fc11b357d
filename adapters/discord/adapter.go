// Package discord is the adapter to Discord: slash commands with autocomplete,
// mentions, direct messages, buttons, menus, forms and the message command, over the
// gateway or over signed HTTP.
//
// New makes an Adapter. Over the gateway Run keeps a session open and answers what
// comes by it; over HTTP Run does the work and Handler takes the requests. Commands
// are what Discord is told of the declared commands, Check finds what is wrong with a
// token and an app, Invite is the address at which the bot is let into a server.
//
// The sessions, the REST calls, the embeds and the components are discordgo's.
// When a session is made and when it is given up, the rate limits and what is tried
// again are our own: see platforms' findings in docs/discord.md. What arrives is read
// into narrow types of the fields that matter, so that a component which nobody here
// knows does not cost the event that carries it.
//
// The package may import silkwire/bot, silkwire/adapters/signed, discordgo and
// gorilla/websocket, which discordgo dials with.
package discord

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"silkwire/bot"
	"silkwire/bot/layout"
	"silkwire/bot/work"
)

// platform is this adapter's name in conversations, logs and health.
const platform = "discord"

// Core is what the adapter asks: a bot.Router.
type Core interface {
	Dispatch(ctx context.Context, r bot.Request) bot.Reply
	Complete(ctx context.Context, r bot.Request) bot.Completion
	Commands() []bot.Command
	Needs(ctx context.Context, r bot.Request) bot.Permission
}

// Curator is somebody who may change the fact base, by Discord's ids: a user of a
// guild, or everybody there who has a role.
type Curator struct{ Guild, User, Role string }

// Options are what an Adapter is told. The token goes nowhere but to Discord.
type Options struct {
	Token     string // the bot's
	PublicKey string // the app's, in hexadecimal: interactions come over HTTP; empty: the gateway
	APIURL    string // another Discord, with the version and a slash at its end; empty: the real one
	Guild     string // commands are registered in this guild only; empty: everywhere
	Curators  []Curator
	Question  string // the command that takes questions: "ask"

	Log     *slog.Logger
	Health  *bot.Health
	Traffic *bot.Traffic // counts; nil: nobody does
	Now     func() time.Time
	Random  func() float64 // in [0, 1): spreads what must not fall together
	HTTP    *http.Client   // nil: one with sensible limits
	// Shared takes each answer that everybody in a server's channel can read; nil: nobody
	// wants to know. It must not wait.
	Shared func(bot.Shared)
	// Draw is the picture of a chart as PNG, which nobody changes; nil: there are none.
	Draw func(bot.Chart) (png []byte, err error)
	// Ready is called once, when Discord can reach the adapter, with the address that
	// invites the bot into a server.
	Ready func(invite string)
	// Trial says that Discord is told nothing: the commands stay registered as they are.
	Trial bool
}

func (o Options) api() string { return cmp.Or(o.APIURL, realAPI) }

// realAPI is Discord's, in the version that is current:
// https://docs.discord.com/developers/reference#api-versioning
const realAPI = "https://discord.com/api/v10/"

// Adapter connects a Core to Discord as one app. It is used by one Run.
type Adapter struct {
	core Core
	opts Options
	rest *rest

	begun chan struct{} // closed when Run has begun
	// Set by Run: what answers, what is deferred, what posts to channels, and what draws.
	answers, late, posts, pictures *work.Pool
	seen                           *work.RecentKeys // what was taken: interactions and messages
	alone                          *work.RecentKeys // channels and people that refuse what is sent to them
	renderings                     *work.Memo[rendering, []byte]
	threads                        *work.Memo[string, *threadOf]                     // by the id of the channel or thread
	forms                          *work.Memo[string, *atomic.Pointer[layout.Asked]] // what opened the forms of late
	timing                         timing

	met        chan struct{} // closed when self is known
	self       self
	meeting    sync.Once
	ready      sync.Once
	live       atomic.Pointer[watched] // the connection of the session that is open
	identified time.Time               // when the last session was started; only runGateway uses it
	lastHTTP   atomic.Int64            // Unix nanoseconds of the last request
	count      atomic.Uint64
}

// self is who the app is.
type self struct{ app, user, name string }

// How much work is in hand at once, and how much may wait. An answer from memory
// takes well below a millisecond, and its callback a round trip.
const (
	workers     = 128
	postWorkers = 32
	queued      = 4096
	// keptRenderings is some megabyte.
	keptRenderings = 256
)

// New makes an Adapter that asks core.
func New(core Core, opts Options) *Adapter {
	return &Adapter{
		core: core, opts: opts, rest: newRest(opts), timing: usual,
		seen: work.NewRecentKeys(16384), alone: work.NewRecentKeys(4096),
		renderings: work.NewMemo[rendering, []byte](keptRenderings), threads: work.NewMemo[string, *threadOf](4096), forms: work.NewMemo[string, *atomic.Pointer[layout.Asked]](4096),
		begun: make(chan struct{}), met: make(chan struct{}),
	}
}

func (a *Adapter) overHTTP() bool { return a.opts.PublicKey != "" }

// Run connects, answers until ctx ends, finishes what is in hand within five
// seconds, and returns nil. A *FinalError is returned at once; everything else is
// tried again with growing pauses.
func (a *Adapter) Run(ctx context.Context) error {
	// What is in hand outlives ctx by a little.
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(shutdownWithin-goodbye, stop) })()
	broke := func(panicked any) {
		a.opts.Log.With(bot.Panic(panicked)).ErrorContext(ctx, "discord: work broke")
	}
	a.answers = work.NewPool(working, workers, queued, broke)
	a.late = work.NewPool(working, workers, queued, broke)
	a.posts = work.NewPool(working, postWorkers, queued, broke)
	a.pictures = work.NewPool(working, pictureWorkers, pictureQueue, broke)
	close(a.begun)
	err := a.connect(ctx)
	a.answers.Drain()
	a.late.Drain()
	a.posts.Drain()
	a.pictures.Drain()
	return err
}

// goodbye is how long the end of a session takes: discordgo waits a second after it
// has said that it closes.
const goodbye = time.Second

// connect introduces the app and keeps it reachable.
func (a *Adapter) connect(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var parts sync.WaitGroup
	defer parts.Wait()
	parts.Go(func() {
		if final, ok := asFinal(a.introduce(ctx)); ok {
			cancel(final)
		}
	})
	if !a.overHTTP() {
		err := a.runGateway(ctx)
		cancel(err)
		if final, ok := asFinal(context.Cause(ctx)); ok {
			return final
		}
		return err
	}
	<-ctx.Done()
	if final, ok := asFinal(context.Cause(ctx)); ok {
		a.opts.Health.Report(platform, false, final.Say)
		return final
	}
	return nil
}

// introduce learns who the app is, tells that it is ready, and tells Discord its
// commands.
func (a *Adapter) introduce(ctx context.Context) error {
	if a.overHTTP() {
		if err := a.askSelf(ctx); err != nil {
			return err
		}
	}
	select {
	case <-a.met:
	case <-ctx.Done():
		return nil
	}
	a.ready.Do(func() {
		if a.opts.Ready != nil {
			a.opts.Ready(Invite(a.self.app))
		}
	})
	if a.opts.Trial {
		return nil
	}
	return a.register(ctx)
}

// askSelf asks who the app is, until Discord says it.
func (a *Adapter) askSelf(ctx context.Context) error {
	pause := work.NewBackoff(a.opts.Random, mostPause)
	for ctx.Err() == nil {
		app, err := a.rest.application(ctx)
		if err == nil {
			a.opts.Health.Report(platform, true, "serving interactions over HTTP")
			a.meet(self{app: app.ID, user: app.Bot.ID, name: app.Name})
			return nil
		}
		if final, ok := asFinal(err); ok {
			return final
		}
		a.opts.Log.WarnContext(ctx, "discord: who the app is", "error", err)
		pause.Wait(ctx)
	}
	return nil
}

// meet notes who the app is.
func (a *Adapter) meet(s self) {
	a.meeting.Do(func() {
		a.self = s
		close(a.met)
	})
}

// LastFrame is when Discord was heard of last, the zero time if never: over the
// gateway when it answered a heartbeat, over HTTP when it sent a request.
func (a *Adapter) LastFrame() time.Time {
	n := a.lastHTTP.Load()
	if w := a.live.Load(); w != nil {
		n = max(n, w.acked.Load())
	}
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n)
}

// number makes request ids unique within a run.
func (a *Adapter) number() string { return strconv.FormatUint(a.count.Add(1), 36) }

// later hands a job to a pool; that it was dropped is logged.
func (a *Adapter) later(p *work.Pool, job func(context.Context)) {
	if !p.Put(job) {
		a.opts.Log.Warn("discord: too much waits, or the end was asked for: work was dropped")
	}
}
