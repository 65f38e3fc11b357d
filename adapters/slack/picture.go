package slack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"silkwire/bot"
	"silkwire/bot/layout"
	"silkwire/bot/work"
)

// A picture follows its answer, which never waits for it: once the message is there a
// worker draws the first chart of the reply, uploads it to Slack without a channel, and
// shows it by its id. What was posted is changed; what went out by a response_url cannot
// be (bolt-js issue 2287, bolt-python issue 1268: a command's url posts something new),
// so the picture comes right below it, seen by the same people. Where that fails the
// answer stays as it is.

const (
	scopeFiles     = "files:write"
	pictureWorkers = 2
	pictureQueue   = 64
	// keptFiles is how many pictures are known by their id, so that the same one is
	// uploaded once.
	keptFiles = 256
	// waits is how often a picture is tried that Slack is not done with; the pauses
	// double (slack-github-action issue 413: uploads are completed asynchronously).
	waits = 5
)

// file is a picture in the workspace.
type file struct {
	mu sync.Mutex // held while it is uploaded
	id string     // guarded by mu
}

// saw notes from Slack's answers whether the app may upload.
func (a *Adapter) saw(_ string, h http.Header) {
	if granted := h.Get("X-OAuth-Scopes"); granted != "" {
		a.uploads.Store(strings.Contains(granted, scopeFiles))
	}
}

// mayDraw tells whether pictures can follow.
func (a *Adapter) mayDraw() bool { return a.opts.Draw != nil && a.uploads.Load() }

// illustrate lets the picture of a drawing follow where there is one: put shows it by
// its file.
func (a *Adapter) illustrate(d drawing, put func(ctx context.Context, c bot.Chart, file string) error) {
	d.native = a.native.Load() // it may have been refused meanwhile
	c, has := layout.ChartOf(d.reply)
	if !has || d.page > 0 || d.reply.Outcome != bot.Answered || d.way(c) != asPicture {
		return
	}
	a.queue(a.pictures, func(ctx context.Context) {
		if err := a.bring(ctx, c, put); err != nil {
			a.opts.Log.InfoContext(ctx, "slack: an answer stays without its picture", "error", clean(err))
		}
	})
}

// bring draws and uploads a picture, and puts it where it belongs as soon as Slack is
// done with it.
func (a *Adapter) bring(ctx context.Context, c bot.Chart, put func(ctx context.Context, c bot.Chart, file string) error) error {
	png, err := a.opts.Draw(c)
	if err != nil {
		return err
	}
	key := sha256.Sum256(png)
	id, err := a.upload(ctx, key, c, png)
	if err != nil {
		return err
	}
	pause := a.timing.processing
	for range waits {
		if err = put(ctx, c, id); codeOf(err) != "invalid_blocks" {
			return err
		}
		if work.Rest(ctx, pause) != nil {
			return err
		}
		pause *= 2
	}
	// Somebody may have deleted it: the next one is uploaded anew.
	f := a.fileOf(key)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.id = ""
	return err
}

func (a *Adapter) fileOf(key [sha256.Size]byte) *file {
	return a.files.Get(key, func() *file { return new(file) })
}

// upload is the id of a picture in the workspace, uploaded if it is not there.
func (a *Adapter) upload(ctx context.Context, key [sha256.Size]byte, c bot.Chart, png []byte) (string, error) {
	f := a.fileOf(key)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.id != "" {
		return f.id, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*callWithin)
	defer cancel()
	title := layout.Shorten(plain(c.Title.String()), maxHeader)
	err := patiently(ctx, func(ctx context.Context) error {
		made, err := a.api.UploadFileContext(ctx, slack.UploadFileParameters{
			Filename: "chart.png", FileSize: len(png), Reader: bytes.NewReader(png), Title: title, AltTxt: layout.Shorten(plain(c.Alt), maxFileAlt),
		})
		if err == nil {
			f.id = made.ID
		}
		return err
	})
	if codeOf(err) == "missing_scope" {
		a.uploads.Store(false)
	}
	if err != nil {
		return "", fmt.Errorf("upload a picture: %w", err)
	}
	return f.id, nil
}

// inPosted changes a message that was posted to one with its picture.
func (a *Adapter) inPosted(to place, ts string, d drawing) func(context.Context, bot.Chart, string) error {
	return func(ctx context.Context, c bot.Chart, file string) error {
		if !to.public() { // what only one person sees cannot be changed
			_, err := a.send(ctx, to, alone(c, file))
			return err
		}
		d.modern, d.native, d.file = !a.classic.Load(), a.native.Load(), file
		m := d.draw()
		if !slices.ContainsFunc(m.blocks, func(b slack.Block) bool { return b.BlockType() == slack.MBTImage }) {
			return nil // it stands on another page
		}
		ctx, cancel := context.WithTimeout(ctx, callWithin)
		defer cancel()
		return patiently(ctx, func(ctx context.Context) error {
			_, _, _, err := a.api.UpdateMessageContext(ctx, to.channel, ts, slack.MsgOptionText(m.text, false), slack.MsgOptionBlocks(m.blocks...))
			return err
		})
	}
}

// below posts a picture by a response_url, below the message that went out by it.
func (a *Adapter) below(t *turn, public bool, thread string) func(context.Context, bot.Chart, string) error {
	return func(ctx context.Context, c bot.Chart, file string) error {
		m := asMessage(alone(c, file), public)
		m.Thread = thread
		return a.respond(ctx, t.url, t.born, m.render())
	}
}

// alone is a picture as a message of its own.
func alone(c bot.Chart, file string) drawn {
	image := imageOf(c, file)
	return drawn{text: layout.ShortenWritten(image.AltText, maxText, escape), blocks: []slack.Block{image}}
}

// processing is the first pause while Slack is not done with a file.
const processing = 500 * time.Millisecond
