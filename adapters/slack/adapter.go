// Package slack is the adapter to Slack: slash commands, mentions, direct
// messages, buttons, menus, forms, the message shortcut and App Home, over Socket
// Mode or over signed HTTP.
//
// New makes an Adapter. Over Socket Mode Run keeps two connections open and
// answers what comes by them; over HTTP Run does the work and Handler takes the
// requests. NewManifest is the app that Slack is told to make of it, Check finds
// what is wrong with tokens and scopes.
//
// The Web API, the blocks and the manifest are slack-go's. The connections are
// our own: slack-go's drops the old socket before it opens the next, hides why,
// and goes on for ever after some final errors. What arrives is read into narrow
// types of the fields that matter, so that a block which nobody here knows does
// not cost the event that carries it.
//
// The package may import silkwire/bot, silkwire/adapters/signed, slack-go and
// gorilla/websocket, which are used nowhere else.
package slack

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"

	"silkwire/bot"
	"silkwire/bot/work"
)

// Core is what the adapter asks: a bot.Router.
type Core interface {
	Dispatch(ctx context.Context, r bot.Request) bot.Reply
	Complete(ctx context.Context, r bot.Request) bot.Completion
	Commands() []bot.Command
	Needs(ctx context.Context, r bot.Request) bot.Permission
}

// Curator is somebody who may change the fact base, by Slack's ids.
type Curator struct{ Team, User string }

// Options are what an Adapter is told. Tokens go nowhere but to Slack.
type Options struct {
	BotToken      string // xoxb-
	AppToken      string // xapp-; empty: HTTP
	SigningSecret string // for HTTP
	APIURL        string // another Slack, with the slash at its end; empty: the real one
	ReadChannels  bool   // the app has the history scopes: threads are followed without a mention
	Assistant     bool   // the app has the assistant container
	Curators      []Curator
	Question      string // the command that takes questions: "ask"
	Home          string // the command line that App Home shows

	Log     *slog.Logger
	Health  *bot.Health
	Traffic *bot.Traffic // counts; nil: nobody does
	Now     func() time.Time
	Random  func() float64 // in [0, 1): spreads what must not fall together
	HTTP    *http.Client   // nil: one with sensible limits
	// Shared takes each answer that everybody in a channel can read; nil: nobody wants
	// to know. It must not wait.
	Shared func(bot.Shared)
	// Draw is the picture of a chart as PNG, which nobody changes; nil: there are none.
	Draw func(bot.Chart) (png []byte, err error)
	// Ready is called once, when Slack can reach the adapter.
	Ready func()
}

// Adapter connects a Core to one Slack workspace. It is used by one Run.
type Adapter struct {
	core Core
	opts Options
	api  *slack.Client
	http *http.Client

	begun chan struct{} // closed when Run has begun
	// Set by Run: what answers from memory, what waits for the network, and what
	// waits for its channel's turn besides.
	fast, slow, posts *work.Pool
	pictures          *work.Pool       // what draws and uploads
	seen              *work.RecentKeys // deliveries that were taken
	threads           *work.RecentKeys // threads that silkwire speaks in
	pace              *pacer
	renderings        *work.Memo[seenMessage, rendered]
	files             *work.Memo[[sha256.Size]byte, *file] // by what they hold
	timing            timing
	classic           atomic.Bool // the workspace refuses the newer blocks, or is not known to take them
	native            atomic.Bool // the workspace takes Slack's own charts
	uploads           atomic.Bool // the app has the scope for pictures

	me        chan struct{} // closed when self is known
	probed    chan struct{} // closed when it is known which blocks the workspace takes, as far as it will be
	self      slack.AuthTestResponse
	lastFrame atomic.Int64 // Unix nanoseconds
	count     atomic.Uint64
	ready     sync.Once

	mu      sync.Mutex
	sockets map[*socket]bool // that are open; guarded by mu
}

// How much work is in hand at once, and how much may wait. An answer from memory
// takes well below a millisecond; what calls Slack waits for the network.
const (
	fastWorkers = 4
	slowWorkers = 32
	postWorkers = 64
	queued      = 512
	// keptRenderings is some megabyte.
	keptRenderings = 256
)

// New makes an Adapter that asks core.
func New(core Core, opts Options) *Adapter {
	a := &Adapter{
		core: core, opts: opts, http: opts.HTTP,
		seen: work.NewRecentKeys(8192), threads: work.NewRecentKeys(4096), pace: newPacer(opts.Now), renderings: work.NewMemo[seenMessage, rendered](keptRenderings), timing: usual,
		files: work.NewMemo[[sha256.Size]byte, *file](keptFiles),
		me:    make(chan struct{}), probed: make(chan struct{}), begun: make(chan struct{}), sockets: map[*socket]bool{},
	}
	if a.http == nil {
		a.http = newHTTPClient()
	}
	a.classic.Store(true) // until Slack says that it takes the newer blocks
	a.api = newAPI(opts, a.http, slack.OptionOnResponseHeaders(a.saw))
	return a
}

func newAPI(opts Options, client *http.Client, more ...slack.Option) *slack.Client {
	options := []slack.Option{slack.OptionHTTPClient(client), slack.OptionAppLevelToken(opts.AppToken), slack.OptionAPIURL(opts.api())}
	return slack.New(opts.BotToken, append(options, more...)...)
}

// api is the address of the Web API.
func (o Options) api() string { return cmp.Or(o.APIURL, slack.APIURL) }

// newHTTPClient honours HTTPS_PROXY and gives up on what hangs.
func newHTTPClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = slowWorkers
	transport.ResponseHeaderTimeout = callWithin
	return &http.Client{Transport: transport, Timeout: 2 * callWithin}
}

// callWithin bounds one call of Slack's Web API.
const callWithin = 10 * time.Second

// FinalError is one that trying again does not mend: a revoked token, Socket Mode
// switched off. Its sentence says which setting to change.
type FinalError struct {
	Code string // Slack's
	Say  string
}

// Error is the sentence for the operator.
func (e *FinalError) Error() string { return e.Say }

// Run connects, answers until ctx ends, finishes what is in hand within four
// seconds, and returns nil. A *FinalError is returned at once; everything else is
// tried again with growing pauses of at most thirty seconds.
func (a *Adapter) Run(ctx context.Context) error {
	// What is in hand outlives ctx by a little.
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	broke := func(panicked any) {
		a.opts.Log.With(bot.Panic(panicked)).ErrorContext(ctx, "slack: work broke")
	}
	a.fast = work.NewPool(working, fastWorkers, queued, broke)
	a.slow = work.NewPool(working, slowWorkers, queued, broke)
	a.posts = work.NewPool(working, postWorkers, queued, broke)
	a.pictures = work.NewPool(working, pictureWorkers, pictureQueue, broke)
	close(a.begun)
	err := a.connect(ctx)
	timer := time.AfterFunc(shutdownWithin, stop)
	defer timer.Stop()
	a.fast.Drain()
	a.slow.Drain()
	a.posts.Drain()
	a.pictures.Drain()
	a.hangUp()
	return err
}

// shutdownWithin is how long work in hand may take once the end was asked for: the process
// is to be gone within five seconds.
const shutdownWithin = 4 * time.Second

// hangUp closes the connections that are left, when nothing is to be said by them
// any more.
func (a *Adapter) hangUp() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for s := range a.sockets {
		s.close(websocket.CloseNormalClosure)
	}
	clear(a.sockets)
}

// connect identifies the app and keeps it reachable.
func (a *Adapter) connect(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var parts sync.WaitGroup
	defer parts.Wait()
	parts.Go(func() {
		if err := a.identify(ctx); err != nil {
			cancel(err)
		}
	})
	var err error
	if a.opts.AppToken != "" {
		err = a.runSockets(ctx)
	} else {
		a.runHTTP(ctx)
	}
	cancel(err)
	if cause := context.Cause(ctx); cause != nil && ctx.Err() != nil {
		if final, ok := asFinal(cause); ok {
			return final
		}
	}
	return err
}

// identify learns who the app is, and which blocks its workspace takes.
func (a *Adapter) identify(ctx context.Context) error {
	pause := work.NewBackoff(a.opts.Random, mostPause)
	for {
		self, err := a.api.AuthTestContext(ctx)
		if err == nil {
			a.self = *self
			close(a.me)
			a.probe(ctx)
			close(a.probed)
			return nil
		}
		if final, ok := asFinal(explainToken(err, "SLACK_BOT_TOKEN")); ok {
			return final
		}
		if ctx.Err() != nil {
			return nil
		}
		a.opts.Log.WarnContext(ctx, "slack: auth.test", "error", clean(err))
		pause.Wait(ctx)
	}
}

// whoami waits until the app knows who it is.
func (a *Adapter) whoami(ctx context.Context) (slack.AuthTestResponse, error) {
	select {
	case <-a.me:
		return a.self, nil
	case <-ctx.Done():
		return slack.AuthTestResponse{}, fmt.Errorf("wait for auth.test: %w", ctx.Err())
	}
}

// LastFrame is when Slack was heard of last, the zero time if never: a link that
// is open and silent is a dead one.
func (a *Adapter) LastFrame() time.Time {
	n := a.lastFrame.Load()
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n)
}

func (a *Adapter) heard() { a.lastFrame.Store(a.opts.Now().UnixNano()) }

func (a *Adapter) isReady() {
	a.opts.Health.Report("slack", true, "connected")
	a.ready.Do(func() {
		if a.opts.Ready != nil {
			a.opts.Ready()
		}
	})
}

// later hands a job to the workers that may wait for the network. It is not ok
// when too much waits already, or the end was asked for.
func (a *Adapter) later(job func(context.Context)) bool { return a.queue(a.slow, job) }

// laterPost is later for what posts to a channel: however long one channel's posts
// wait, forms and presses do not.
func (a *Adapter) laterPost(job func(context.Context)) { a.queue(a.posts, job) }

func (a *Adapter) queue(p *work.Pool, job func(context.Context)) bool {
	if p.Put(job) {
		return true
	}
	a.opts.Log.Warn("slack: too much waits for the network, or the end was asked for: work was dropped")
	return false
}
