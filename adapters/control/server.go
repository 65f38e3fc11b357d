package control

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"silkwire/bot"
)

// Operation is one thing that the socket does. author is who asks, as their
// system calls them. Its error is shown to them as it is.
type Operation func(ctx context.Context, author string, in io.Reader, out io.Writer) error

// Core answers requests.
type Core interface {
	Dispatch(ctx context.Context, r bot.Request) bot.Reply
	Complete(ctx context.Context, r bot.Request) bot.Completion
}

// The header that says who asks, and the trailer that says what went wrong.
const (
	authorHeader = "Silkwire-Author"
	errorTrailer = "Silkwire-Error"
)

const (
	longestHeader = 16 << 10
	headerWithin  = 5 * time.Second
	// stopWithin is how long an operation that runs may take to finish at the end.
	stopWithin = 5 * time.Second
)

// Serve answers at the socket until ctx ends, and then finishes what is in hand
// within five seconds. It closes the listener. owner is who the operator is to the
// core.
func Serve(ctx context.Context, l net.Listener, core Core, owner func(author string) bot.User, operations map[string]Operation, log *slog.Logger) {
	blocks()
	mux := http.NewServeMux()
	mux.Handle("POST /v1/dispatch", operation(answered(owner, core.Dispatch), log))
	mux.Handle("POST /v1/complete", operation(answered(owner, core.Complete), log))
	for name, do := range operations {
		mux.Handle("POST /v1/"+name, operation(do, log))
	}
	s := &http.Server{
		Handler: mux, ReadHeaderTimeout: headerWithin, MaxHeaderBytes: longestHeader,
		ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	var end sync.WaitGroup
	end.Go(func() {
		<-ctx.Done()
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		if err := s.Shutdown(within); err != nil {
			log.WarnContext(ctx, "an operation at the control socket was cut off", "error", err)
			if err := s.Close(); err != nil {
				log.WarnContext(ctx, "the control socket did not close well", "error", err)
			}
		}
	})
	if err := s.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
		log.ErrorContext(ctx, "the control socket is lost", "error", err)
	}
	end.Wait()
}

// answered is an operation of the core.
func answered[Out any](owner func(string) bot.User, do func(context.Context, bot.Request) Out) Operation {
	return func(ctx context.Context, author string, in io.Reader, out io.Writer) error {
		var r request
		if err := gob.NewDecoder(in).Decode(&r); err != nil {
			return fmt.Errorf("read request: %w", err)
		}
		req, err := r.incoming(owner(author))
		if err != nil {
			return err
		}
		return gob.NewEncoder(out).Encode(do(ctx, req))
	}
}

func operation(do Operation, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", errorTrailer)
		out := &sending{w: w}
		err := do(r.Context(), r.Header.Get(authorHeader), r.Body, out)
		log.DebugContext(r.Context(), "control", "path", r.URL.Path, "author", r.Header.Get(authorHeader), "error", err)
		switch {
		case err == nil:
		case out.begun:
			w.Header().Set(errorTrailer, oneLine(err.Error()))
		default:
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(w, err.Error()) // who asked has gone, if this cannot be written
		}
	})
}

// sending notes whether any output was sent.
type sending struct {
	w     http.ResponseWriter
	begun bool
}

func (s *sending) Write(p []byte) (int, error) {
	s.begun = true
	return s.w.Write(p)
}
