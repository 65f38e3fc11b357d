package discord

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"

	"silkwire/bot"
	"silkwire/bot/work"
)

// The gateway: https://docs.discord.com/developers/events/gateway
//
// A new session is made for each connection: discordgo's own way to reconnect
// deadlocks, ignores final close codes and waits for up to ten minutes. That costs an
// identify each time, of which there are a thousand a day.

// intents are what is listened to besides interactions: messages that name the bot
// and direct ones. None is privileged; their content comes without
// MESSAGE_CONTENT. https://docs.discord.com/developers/events/gateway#message-content-intent
const intents = discordgo.IntentsGuildMessages | discordgo.IntentsDirectMessages

// mostPause is how long is waited before a connection is tried again, at most.
const mostPause = 4 * time.Second

// gatewayInfo is what Discord says of the gateway:
// https://docs.discord.com/developers/events/gateway#get-gateway-bot
type gatewayInfo struct {
	URL    string `json:"url"`
	Shards int    `json:"shards"`
	Limit  struct {
		Total     int   `json:"total"`
		Remaining int   `json:"remaining"`
		Reset     int64 `json:"reset_after"` // milliseconds
	} `json:"session_start_limit"`
}

// runGateway keeps a session open until ctx ends or something final is met.
func (a *Adapter) runGateway(ctx context.Context) error {
	var closing sync.WaitGroup
	defer closing.Wait()
	pause := work.NewBackoff(a.opts.Random, mostPause)
	var info gatewayInfo
	for ctx.Err() == nil {
		err := a.nextSession(ctx, &info, pause, &closing)
		if final, ok := asFinal(err); ok {
			a.opts.Health.Report(platform, false, final.Say)
			return final
		}
		if ctx.Err() != nil {
			return nil
		}
		a.opts.Health.Report(platform, false, "not connected, trying again")
		a.opts.Log.WarnContext(ctx, "discord: the gateway", "error", err)
		pause.Wait(ctx)
	}
	return nil
}

// nextSession opens a session and returns when it has ended, with the reason.
func (a *Adapter) nextSession(ctx context.Context, info *gatewayInfo, pause *work.Backoff, closing *sync.WaitGroup) error {
	if err := a.learnGateway(ctx, info); err != nil {
		return err
	}
	if err := a.spendIdentify(ctx, info); err != nil {
		return err
	}
	s, err := a.open(ctx, info.URL)
	if err != nil {
		return explainClose(err)
	}
	closing.Go(func() { <-s.closed })
	pause.Reset()
	a.live.Store(s.conn)
	a.opts.Traffic.Opened()
	a.opts.Health.Report(platform, true, "connected")
	select {
	case <-s.conn.ended:
		a.opts.Traffic.Lost()
		return explainClose(*s.conn.why.Load())
	case <-ctx.Done():
		// Its error is always nil. It says goodbye with 1000 and waits a second.
		_ = s.session.Close()
		return nil
	}
}

// learnGateway asks for the gateway's address and what is left of the day's
// identifies. Where Discord does not say, what it said before is good enough.
func (a *Adapter) learnGateway(ctx context.Context, info *gatewayInfo) error {
	var now gatewayInfo
	asking, cancel := context.WithTimeout(ctx, learnWithin)
	defer cancel()
	err := a.rest.call(asking, http.MethodGet, "gateway/bot", nil, &now)
	switch {
	case err == nil && now.URL != "":
		*info = now
	case err == nil:
		return errors.New("discord names no gateway")
	case info.URL == "":
		return err
	default:
		if final, ok := asFinal(err); ok {
			return final
		}
		info.Limit.Remaining--
	}
	if info.Shards > 1 {
		return &FinalError{0, fmt.Sprintf("Discord advises %d shards for this app: it is in more servers than one silkwire serves. Take it out of servers that do not use it, or serve it over HTTP (DISCORD_PUBLIC_KEY and SILKWIRE_HTTP_ADDR), which needs no shards", info.Shards)}
	}
	return nil
}

// learnWithin is how long that may take.
const learnWithin = 3 * time.Second

// spendIdentify waits until a session may be started: Discord takes one in five
// seconds, and ends every session and resets the token where a day's are used up.
func (a *Adapter) spendIdentify(ctx context.Context, info *gatewayInfo) error {
	if info.Limit.Total > 0 && info.Limit.Remaining <= 0 {
		wait := max(time.Duration(info.Limit.Reset)*time.Millisecond, time.Second)
		a.opts.Health.Report(platform, false, fmt.Sprintf("today's %d session starts are used up; the next is in %s", info.Limit.Total, wait.Round(time.Second)))
		if err := work.Rest(ctx, wait); err != nil {
			return err
		}
		info.Limit.Remaining = info.Limit.Total
	}
	if wait := a.identified.Add(a.timing.identify).Sub(a.opts.Now()); wait > 0 {
		if err := work.Rest(ctx, wait); err != nil {
			return err
		}
	}
	a.identified = a.opts.Now()
	return nil
}

// session is one session of discordgo's.
type session struct {
	session *discordgo.Session
	conn    *watched
	ready   chan struct{}
	closed  chan struct{} // when discordgo has let it go
	once    sync.Once
	hailed  sync.Once
}

var errNotReady = errors.New("discord did not say READY in time")

// open starts a session and waits for its READY. An error leaves nothing behind.
func (a *Adapter) open(ctx context.Context, address string) (*session, error) {
	to, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("the gateway's address is none")
	}
	s := &session{session: silentSession(a.opts.Token), ready: make(chan struct{}), closed: make(chan struct{})}
	s.session.Identify.Compress, s.session.Identify.Intents = false, intents
	s.session.Client = &http.Client{Transport: gatewayIs(asGiven(*to))}
	conns := make(chan *watched, 1)
	dialling, stopDialling := context.WithTimeout(ctx, a.timing.opening)
	defer stopDialling()
	s.session.Dialer = a.dialer(dialling, to, func(w *watched) { conns <- w })
	s.session.AddHandler(func(_ *discordgo.Session, e *discordgo.Event) { a.dispatch(ctx, s, e) })
	s.session.AddHandler(func(*discordgo.Session, *discordgo.Disconnect) { s.once.Do(func() { close(s.closed) }) })
	opened := make(chan error, 1)
	go func() { opened <- s.session.Open() }() // ends when its connection does
	select {
	case err = <-opened:
	case <-dialling.Done():
		err = cut(conns, opened)
	}
	select {
	case s.conn = <-conns:
	default:
		return nil, cmp.Or(err, errNotReady)
	}
	return a.awaitReady(dialling, s, err)
}

// cut ends a session that is being opened and takes too long.
func cut(conns chan *watched, opened <-chan error) error {
	select {
	case w := <-conns: // who reads from it wakes up
		_ = w.end(errNotReady)
		_ = w.Close()
		conns <- w
	default:
	}
	stuck := time.NewTimer(2 * goodbye)
	defer stuck.Stop()
	select {
	case err := <-opened:
		return cmp.Or(err, errNotReady)
	case <-stuck.C: // behind a proxy, at an op 7 in place of READY: discordgo waits for itself
		return errNotReady
	}
}

// awaitReady waits for READY after discordgo has opened a session, or failed to.
func (a *Adapter) awaitReady(ctx context.Context, s *session, err error) (*session, error) {
	if err != nil { // discordgo has closed the connection
		if why := s.conn.why.Load(); why != nil {
			err = *why
		}
		return nil, err
	}
	select {
	case <-s.ready:
		return s, nil
	case <-s.conn.ended:
		err = *s.conn.why.Load()
	case <-ctx.Done():
		err = s.conn.end(errNotReady)
	}
	_ = s.conn.Close() // discordgo's reader sees it and lets the session go
	<-s.closed
	return nil, err
}

// asGiven is an address that discordgo dials as Discord gave it, with the version of
// the gateway that is current: a slash and the version before, which it puts behind
// every address, end up in a fragment, which is not sent.
func asGiven(u url.URL) string {
	query := u.Query()
	query.Set("v", gatewayVersion)
	query.Set("encoding", "json")
	u.RawQuery, u.Fragment = query.Encode(), "/"
	return u.String()
}

// gatewayVersion is the current one:
// https://docs.discord.com/developers/reference#api-versioning
const gatewayVersion = "10"

// gatewayIs answers discordgo's question for the gateway's address, which it asks
// for each session, with what was learned.
type gatewayIs string

// RoundTrip answers.
func (g gatewayIs) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := json.Marshal(map[string]string{"url": string(g)})
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), Request: req,
	}, nil
}

// closeCodes are final, and what to do about each:
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway
var closeCodes = map[int]string{
	4010: "Discord refuses the shard that silkwire asked for; please report this",
	4011: "Discord wants shards for this app: it is in too many servers for one silkwire. Serve it over HTTP with DISCORD_PUBLIC_KEY and SILKWIRE_HTTP_ADDR, which needs none",
	4012: "Discord no longer speaks this version of its gateway: please update silkwire",
	4013: "Discord does not know an intent that silkwire asked for: please update silkwire",
	4014: "Discord refuses an intent of this app. silkwire asks for none that is privileged: at discord.com/developers/applications look whether the app is restricted, or serve it over HTTP with DISCORD_PUBLIC_KEY and SILKWIRE_HTTP_ADDR",
}

const closeAuthentication = 4004

// explainClose makes a final error of a close code that is final.
func explainClose(err error) error {
	code := 0
	if c, ok := errors.AsType[closed](err); ok {
		code = c.code
	}
	if c, ok := errors.AsType[*websocket.CloseError](err); ok {
		code = c.Code
	}
	if code == closeAuthentication {
		return wrongToken(code)
	}
	if say, final := closeCodes[code]; final {
		return &FinalError{code, say}
	}
	return err
}

// dispatch takes an event. It is called by a session's reader and waits for nobody.
// What it panics with ends the event and nothing else.
func (a *Adapter) dispatch(ctx context.Context, s *session, e *discordgo.Event) {
	defer func() {
		if p := recover(); p != nil {
			a.opts.Log.With(bot.Panic(p)).ErrorContext(ctx, "discord: an event broke", "type", e.Type)
		}
	}()
	switch e.Type {
	case "READY":
		var ready struct {
			User        user `json:"user"`
			Application struct {
				ID string `json:"id"`
			} `json:"application"`
		}
		if err := json.Unmarshal(e.RawData, &ready); err != nil {
			a.opts.Log.WarnContext(ctx, "discord: READY cannot be read", "bytes", len(e.RawData))
			return
		}
		a.meet(self{app: ready.Application.ID, user: ready.User.ID, name: ready.User.Username})
		s.hailed.Do(func() { close(s.ready) })
	case "INTERACTION_CREATE":
		if ctx.Err() == nil {
			a.receive(e.RawData)
		}
	case "MESSAGE_CREATE":
		if ctx.Err() == nil {
			a.heard(e.RawData)
		}
	}
}
