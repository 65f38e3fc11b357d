package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"silkwire/adapters/signed"
)

// Where Slack reaches the adapter over HTTP; the manifest names them.
const (
	PathEvents       = "/slack/events"
	PathCommands     = "/slack/commands"
	PathInteractions = "/slack/interactions"
)

// MaxBody bounds what one request may carry: Slack's are some kilobytes, a
// form's state some tens.
const MaxBody = 1 << 20

// Handler takes Slack's signed requests, once Run has begun. The error says that
// there is no signing secret.
func (a *Adapter) Handler() (http.Handler, error) {
	scheme, err := signed.SlackV0(a.opts.SigningSecret)
	if err != nil {
		return nil, err
	}
	guard := signed.New(scheme, a.opts.Now, a.opts.Log)
	guard.MaxBody = MaxBody
	guard.Retry = func(h http.Header) bool { return h.Get("X-Slack-Retry-Num") != "" }
	mux := http.NewServeMux()
	mux.Handle(PathEvents, guard.Handler(a.taken(a.webEvent)))
	mux.Handle(PathCommands, guard.Handler(a.taken(a.webCommand)))
	mux.Handle(PathInteractions, guard.Handler(a.taken(a.webInteraction)))
	return mux, nil
}

// runHTTP is ready at once: what listens is the caller's.
func (a *Adapter) runHTTP(ctx context.Context) {
	if _, err := a.whoami(ctx); err == nil {
		a.isReady()
	}
	<-ctx.Done()
}

// taken notes that Slack was heard of, and turns requests away before Run.
func (a *Adapter) taken(next func(http.ResponseWriter, *http.Request, []byte)) func(http.ResponseWriter, *http.Request, []byte) {
	return func(w http.ResponseWriter, r *http.Request, body []byte) {
		select {
		case <-a.begun:
			a.heard()
			next(w, r, body)
		default:
			http.Error(w, "starting", http.StatusServiceUnavailable)
		}
	}
}

// webEvent takes an event. Slack sends one again that was not acknowledged:
// https://docs.slack.dev/apis/events-api#retries
func (a *Adapter) webEvent(w http.ResponseWriter, r *http.Request, body []byte) {
	var o outer
	if err := json.Unmarshal(body, &o); err != nil {
		http.Error(w, "the body is no JSON", http.StatusBadRequest)
		return
	}
	if o.Type == "url_verification" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		// Slack asks again if it did not get it.
		_, _ = io.WriteString(w, o.Challenge)
		return
	}
	attempt, _ := strconv.Atoi(r.Header.Get("X-Slack-Retry-Num"))
	a.respondWith(w, r, delivery{kind: "events_api", payload: body, attempt: attempt})
}

func (a *Adapter) webCommand(w http.ResponseWriter, r *http.Request, body []byte) {
	form, ok := readForm(w, body)
	if !ok {
		return
	}
	if form.Get("ssl_check") == "1" { // Slack tests the certificate
		w.WriteHeader(http.StatusOK)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	command, err := slack.SlashCommandParse(r)
	if err != nil || command.Command == "" {
		http.Error(w, "the form names no command", http.StatusBadRequest)
		return
	}
	payload, err := json.Marshal(command)
	if err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	a.respondWith(w, r, delivery{kind: "slash_commands", payload: payload})
}

func (a *Adapter) webInteraction(w http.ResponseWriter, r *http.Request, body []byte) {
	form, ok := readForm(w, body)
	if !ok {
		return
	}
	payload := form.Get("payload")
	if !json.Valid([]byte(payload)) {
		http.Error(w, "the payload is no JSON", http.StatusBadRequest)
		return
	}
	a.respondWith(w, r, delivery{kind: "interactive", payload: []byte(payload)})
}

func readForm(w http.ResponseWriter, body []byte) (url.Values, bool) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		http.Error(w, "the body is no form", http.StatusBadRequest)
	}
	return form, err == nil
}

// respondWith answers a request with the acknowledgement of its delivery.
func (a *Adapter) respondWith(w http.ResponseWriter, r *http.Request, d delivery) {
	answer := make(chan any, 1)
	if !a.deliver(r.Context(), d, func(payload any) error { answer <- payload; return nil }) {
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	}
	timeout := time.NewTimer(ackWithin + time.Second)
	defer timeout.Stop()
	var payload any
	select {
	case payload = <-answer:
	case <-timeout.C:
	case <-r.Context().Done():
		return
	}
	if payload == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	b := buffers.Get().(*bytes.Buffer)
	defer recycle(b)
	if m, ok := payload.(rendered); ok {
		b.Write(m)
	} else if err := encode(b, payload); err != nil {
		a.opts.Log.ErrorContext(r.Context(), "slack: encode the answer", "error", err)
		w.WriteHeader(http.StatusOK)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	// Slack has gone if this cannot be written; it shows its user an error.
	_, _ = w.Write(b.Bytes())
}
