package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"silkwire/bot/work"
)

// message is what goes out in an acknowledgement or to a response_url.
type message struct {
	ResponseType string        `json:"response_type,omitempty"`
	Text         string        `json:"text"`
	Blocks       []slack.Block `json:"blocks,omitempty"`
	// Replace is always said: left out, Slack replaces the message that was
	// pressed (https://docs.slack.dev/interactivity/handling-user-interaction).
	Replace bool   `json:"replace_original"`
	Thread  string `json:"thread_ts,omitempty"`
	// Sources are links: their previews would bury the answer.
	UnfurlLinks bool `json:"unfurl_links"`
	UnfurlMedia bool `json:"unfurl_media"`
}

const (
	ephemeral = "ephemeral"
	inChannel = "in_channel"
)

// SendError is an answer that Slack did not take. Code is Slack's.
type SendError struct{ Code string }

// Error names the code.
func (e *SendError) Error() string { return "slack answered " + e.Code }

// respond posts to a response_url.
func (a *Adapter) respond(ctx context.Context, address string, born time.Time, m rendered) error {
	switch {
	case address == "":
		return &SendError{Code: "no_response_url"}
	case a.opts.Now().Sub(born) > responseLife:
		return &SendError{Code: "expired_url"}
	}
	for range tries {
		err := a.postTo(ctx, address, m)
		limited, ok := errors.AsType[*slack.RateLimitedError](err)
		if !ok {
			return err
		}
		if err := work.Rest(ctx, limited.RetryAfter); err != nil {
			return err
		}
	}
	return &SendError{Code: "ratelimited"}
}

// tries is how often something is sent that Slack asks to send later.
const tries = 4

func (a *Adapter) postTo(ctx context.Context, address string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("answer by response_url: %w", bare(err))
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	response, err := a.http.Do(req)
	if err != nil {
		return fmt.Errorf("answer by response_url: %w", bare(err))
	}
	defer func() { _ = response.Body.Close() }() // it was read
	const enough = 4096
	says, err := io.ReadAll(io.LimitReader(response.Body, enough))
	if err != nil {
		return fmt.Errorf("answer by response_url: %w", bare(err))
	}
	return outcome(response, says)
}

// outcome reads a response_url's answer: "ok", or an error as JSON or a word.
func outcome(response *http.Response, says []byte) error {
	if response.StatusCode == http.StatusTooManyRequests {
		pause, err := time.ParseDuration(response.Header.Get("Retry-After") + "s")
		if err != nil {
			pause = time.Second
		}
		return &slack.RateLimitedError{RetryAfter: pause}
	}
	var told struct {
		Error string `json:"error"`
	}
	isJSON := json.Unmarshal(says, &told) == nil
	switch {
	case isJSON && told.Error != "":
		return &SendError{Code: told.Error}
	case response.StatusCode >= http.StatusBadRequest:
		code := strings.TrimSpace(string(says))
		if code == "" || len(code) > 64 || strings.ContainsAny(code, " <{") {
			code = fmt.Sprint("http_", response.StatusCode)
		}
		return &SendError{Code: code}
	}
	return nil
}

// patiently calls Slack, and again after a pause that Slack asks for, as long as
// ctx has time for it.
func patiently(ctx context.Context, call func(context.Context) error) error {
	for {
		err := call(ctx)
		limited, ok := errors.AsType[*slack.RateLimitedError](err)
		if !ok || work.Rest(ctx, limited.RetryAfter) != nil {
			return bare(err)
		}
	}
}

// place is where a message goes.
type place struct {
	channel, thread string
	user            string // only this user sees it; empty: everybody
	mark            string // is kept with the message, to find it again; empty: none
}

func (p place) public() bool { return p.user == "" }

// conversation is one key for the channel and the thread.
func (p place) conversation() string { return p.channel + " " + p.thread }

// post sends a message by the Web API, in the channel's turn, and returns its
// timestamp. A workspace that refuses the newer blocks is sent the classic layout
// and remembered for it.
func (a *Adapter) post(ctx context.Context, to place, d drawing) (string, error) {
	for {
		d.modern, d.native = !a.classic.Load(), a.native.Load()
		ts, err := a.send(ctx, to, d.draw())
		if !a.fallBack(err, d) {
			return ts, err
		}
	}
}

// fallBack tells whether to try again without Slack's own charts, or in the classic
// layout.
func (a *Adapter) fallBack(err error, d drawing) bool {
	code := codeOf(err)
	if code != "invalid_blocks" && code != "invalid_blocks_format" {
		return false
	}
	if d.showsNative() {
		a.native.Store(false)
		a.opts.Log.Info("slack: the workspace refuses charts, it gets pictures or words")
		return true
	}
	if !d.modern {
		return false
	}
	a.classic.Store(true)
	a.opts.Log.Info("slack: the workspace refuses the newer blocks, it gets the classic layout")
	return true
}

// leastWait is how long a wait is that counts as one.
const leastWait = time.Millisecond

func (a *Adapter) send(ctx context.Context, to place, m drawn) (string, error) {
	options := []slack.MsgOption{
		slack.MsgOptionText(m.text, false), slack.MsgOptionBlocks(m.blocks...),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	}
	if to.thread != "" {
		options = append(options, slack.MsgOptionTS(to.thread))
	}
	if to.mark != "" {
		options = append(options, slack.MsgOptionMetadata(slack.SlackMetadata{EventType: markEvent, EventPayload: map[string]any{markField: to.mark}}))
	}
	method := "chat.postMessage"
	if to.user != "" {
		method = "chat.postEphemeral"
	}
	key := method + " " + to.channel
	for range tries {
		began := a.opts.Now()
		err := a.pace.wait(ctx, key)
		a.opts.Traffic.Waited(a.opts.Now().Sub(began).Truncate(leastWait))
		if err != nil {
			return "", fmt.Errorf("wait for the channel's turn: %w", err)
		}
		ts, err := a.call(ctx, to, options)
		limited, ok := errors.AsType[*slack.RateLimitedError](err)
		if !ok {
			return ts, err
		}
		a.pace.hold(key, limited.RetryAfter)
	}
	return "", &SendError{Code: "ratelimited"}
}

func (a *Adapter) call(ctx context.Context, to place, options []slack.MsgOption) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	if to.user != "" {
		ts, err := a.api.PostEphemeralContext(ctx, to.channel, to.user, options...)
		return ts, bare(err)
	}
	_, ts, err := a.api.PostMessageContext(ctx, to.channel, options...)
	return ts, bare(err)
}

// codeOf is Slack's word for an error, or empty.
func codeOf(err error) string {
	if e, ok := errors.AsType[*SendError](err); ok {
		return e.Code
	}
	if e, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*FinalError](err); ok {
		return e.Code
	}
	return ""
}

// bare takes addresses out of an error: a response_url and a websocket's address
// are as good as a password.
func bare(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("%s: %w", e.Op, e.Err)
	}
	return err
}

// clean is an error for the log.
func clean(err error) string { return bare(err).Error() }

// whyNotPosted is what a user is told when an answer could not be posted, and
// what to do.
func (a *Adapter) whyNotPosted(code string) string {
	switch code {
	case "not_in_channel", "channel_not_found":
		return "I am not in this channel. Write `/invite @" + escape(a.name()) + "` here, then press again."
	case "is_archived":
		return "This channel was archived meanwhile, so nothing can be posted in it."
	case "restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel", "restricted_action_non_threadable_channel":
		return "The rules of this channel do not let me post here. An admin of the channel can change that."
	case "ratelimited":
		return "Slack asks me to slow down in this channel. Please try again in a minute."
	case "missing_scope", "token_revoked", "invalid_auth", "account_inactive":
		return "Slack did not let me post. Please tell whoever runs silkwire to run `silkwire slack check`."
	}
	return "Slack did not take the message. Please try again in a minute."
}
