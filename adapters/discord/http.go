package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/bwmarrin/discordgo"

	"silkwire/adapters/signed"
)

// Path is where Discord sends interactions, below the address that the operator
// gives it.
const Path = "/discord/interactions"

// maxBody bounds a request: an interaction has some kilobytes, with a long message
// some ten.
const maxBody = 1 << 20

// Handler takes interactions that are signed with the app's key. Its error is of a
// public key that is none.
func (a *Adapter) Handler() (http.Handler, error) {
	scheme, err := signed.Ed25519(a.opts.PublicKey)
	if err != nil {
		return nil, err
	}
	guard := signed.New(scheme, a.opts.Now, a.opts.Log)
	guard.MaxBody = maxBody
	mux := http.NewServeMux()
	mux.Handle(Path, guard.Handler(a.serveInteraction))
	return mux, nil
}

// serveInteraction answers one interaction in its own response. The first response
// that the turn sends is that.
func (a *Adapter) serveInteraction(w http.ResponseWriter, r *http.Request, body []byte) {
	a.lastHTTP.Store(a.opts.Now().UnixNano())
	i, err := readInteraction(body)
	switch {
	case err != nil:
		http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
		return
	case i.Type == discordgo.InteractionPing:
		write(w, []byte(`{"type":1}`))
		return
	}
	select {
	case <-a.begun:
	case <-r.Context().Done():
		return
	}
	first := make(chan []byte, 1)
	send := func(_ context.Context, response []byte, _ bool) (string, error) {
		select {
		case first <- response:
			return "", nil
		default:
			return "", errResponded
		}
	}
	if !a.deliver(i, send) {
		http.Error(w, http.StatusText(http.StatusConflict), http.StatusConflict)
		return
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), ackWithin, errors.New("no response in time"))
	defer cancel()
	select {
	case response := <-first:
		write(w, response)
	case <-ctx.Done():
		a.opts.Log.Warn("discord: an interaction over HTTP was not answered", "interaction", i.ID, "error", fmt.Errorf("wait: %w", context.Cause(ctx)))
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
	}
}

func write(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	// Who asked has gone, if this cannot be written.
	_, _ = w.Write(body)
}
