package standin_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"silkwire/adapters/slack/standin"
)

// fetch is the body of what a request is answered.
func fetch(t *testing.T, req *http.Request) string {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// respond posts to a response_url.
func respond(t *testing.T, d *standin.Delivery, body string) string {
	t.Helper()
	address, _ := d.Payload["response_url"].(string)
	req, err := http.NewRequestWithContext(deadline(t), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	return fetch(t, req)
}

func TestResponseURL(t *testing.T) {
	s := standin.New(t)
	dial(t, s)
	d := s.Send(standin.Command("/ask", "x"))
	for i := range 5 {
		if got := respond(t, d, `{"text":"x","response_type":"ephemeral"}`); got != `{"ok":true}` {
			t.Errorf("%d: got %s", i, got)
		}
	}
	all, err := s.Responses(deadline(t), d, 5)
	if err != nil || len(all) != 5 {
		t.Errorf("got %s, %v", all, err)
	}
	if got := respond(t, d, `{"text":"x"}`); got != `{"error":"used_url","ok":false}` {
		t.Errorf("got %s", got)
	}
	violated(t, s, "more than 5")

	d = s.Send(standin.Press("a", "v"))
	if got := respond(t, d, `{"text":"x","blocks":[{"type":"header"}]}`); !strings.Contains(got, "invalid_blocks") {
		t.Errorf("got %s", got)
	}
	violated(t, s, "text is missing")
	s.RefuseBlock("table")
	if got := respond(t, d, blocks(`{"type":"table","rows":[[{"type":"raw_text","text":"a"}]]}`)); !strings.Contains(got, "invalid_blocks") {
		t.Errorf("got %s", got)
	}
	s.Fail("response_url", "http_500", 1)
	if got := respond(t, d, `{"text":"x"}`); !strings.Contains(got, "http_500") {
		t.Errorf("got %s", got)
	}
	s.Advance(31 * time.Minute)
	if got := respond(t, d, `{"text":"x"}`); got != `{"error":"expired_url","ok":false}` {
		t.Errorf("got %s", got)
	}
	violated(t, s, "")
}

// bot is one of HTTP mode that verifies as slack-go does.
func bot(t *testing.T, answer func(body []byte, r *http.Request) string) string {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		v, err := slack.NewSecretsVerifier(r.Header, standin.SigningSecret)
		if err == nil {
			_, _ = v.Write(body)
			err = v.Ensure()
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answer(body, r))
	}))
	t.Cleanup(web.Close)
	return web.URL
}

func TestHTTPSignatures(t *testing.T) {
	tests := map[string]struct {
		options []standin.HTTPOption
		want    int
	}{
		"good":     {nil, http.StatusOK},
		"bad":      {[]standin.HTTPOption{standin.BadSignature()}, http.StatusUnauthorized},
		"none":     {[]standin.HTTPOption{standin.NoSignature()}, http.StatusUnauthorized},
		"stale":    {[]standin.HTTPOption{standin.Stale(6 * time.Minute)}, http.StatusUnauthorized},
		"future":   {[]standin.HTTPOption{standin.Stale(-6 * time.Minute)}, http.StatusUnauthorized},
		"justOld":  {[]standin.HTTPOption{standin.Stale(4 * time.Minute)}, http.StatusOK},
		"rawBody":  {[]standin.HTTPOption{standin.RawBody([]byte("x")), standin.ContentType("text/plain")}, http.StatusOK},
		"badRetry": {[]standin.HTTPOption{standin.Retry(1), standin.BadSignature()}, http.StatusUnauthorized},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := standin.New(t)
			got, err := s.HTTPEvent(deadline(t), bot(t, func([]byte, *http.Request) string { return "" }), standin.Mention("x"), test.options...)
			if err != nil || got.Status != test.want {
				t.Errorf("got %+v, %v, want %d", got, err, test.want)
			}
		})
	}
}

func TestHTTPForms(t *testing.T) {
	s := standin.New(t)
	command := bot(t, func(_ []byte, r *http.Request) string {
		c, err := slack.SlashCommandParse(r)
		if err != nil || c.Command != "/ask" || c.Text != "a & b" || c.TriggerID == "" {
			t.Errorf("got %+v, %v", c, err)
		}
		return `{"text":"hi"}`
	})
	reply, err := s.HTTPCommand(deadline(t), command, standin.Command("/ask", "a & b"))
	if err != nil || string(reply.Body) != `{"text":"hi"}` {
		t.Errorf("got %+v, %v", reply, err)
	}
	if ack, err := reply.Delivery.Ack(deadline(t)); err != nil || string(ack) != `{"text":"hi"}` {
		t.Errorf("got %s, %v", ack, err)
	}
	if got := respond(t, reply.Delivery, `{"text":"later"}`); got != `{"ok":true}` {
		t.Errorf("got %s", got)
	}

	press := bot(t, func(_ []byte, r *http.Request) string {
		c, err := slack.InteractionCallbackParse(r)
		if err != nil || c.Type != slack.InteractionTypeBlockActions || c.ActionCallback.BlockActions[0].SelectedOption.Value != "v" {
			t.Errorf("got %+v, %v", c, err)
		}
		return ""
	})
	if _, err := s.HTTPInteraction(deadline(t), press, standin.Press("a", "v", standin.Selected("static_select"))); err != nil {
		t.Error(err)
	}

	event := bot(t, func(body []byte, r *http.Request) string {
		if got := r.Header.Get("X-Slack-Retry-Num"); got != "2" {
			t.Errorf("got retry %q", got)
		}
		var v struct {
			Challenge string `json:"challenge"`
		}
		if err := json.Unmarshal(body, &v); err != nil {
			t.Error(err)
		}
		return v.Challenge
	})
	reply, err = s.HTTPEvent(deadline(t), event, standin.Verification("abc"), standin.Retry(2))
	if err != nil || string(reply.Body) != "abc" {
		t.Errorf("got %+v, %v", reply, err)
	}
	violated(t, s, "")

	broken := bot(t, func([]byte, *http.Request) string { return `{"text":"hi","blocks":[{"type":"header"}]}` })
	if _, err := s.HTTPCommand(deadline(t), broken, standin.Command("/ask", "x")); err != nil {
		t.Error(err)
	}
	violated(t, s, "text is missing")
	late := bot(t, func([]byte, *http.Request) string { s.Advance(4 * time.Second); return "" })
	if _, err := s.HTTPCommand(deadline(t), late, standin.Command("/ask", "x")); err != nil {
		t.Error(err)
	}
	violated(t, s, "answered after 4")
}

// tb is a test that does not fail the one it is in.
type tb struct {
	testing.TB
	errors   []string
	cleanups []func()
}

func (t *tb) Helper()                        {}
func (t *tb) Cleanup(f func())               { t.cleanups = append(t.cleanups, f) }
func (t *tb) Errorf(format string, _ ...any) { t.errors = append(t.errors, format) }
func (t *tb) end() {
	for _, f := range slices.Backward(t.cleanups) {
		f()
	}
}

func TestATestFailsForViolations(t *testing.T) {
	tests := map[string]struct {
		text  string
		allow func(*standin.Slack)
		fails bool
	}{
		"good":           {"hi", nil, false},
		"refused":        {"", nil, true},
		"refusedAllowed": {"", (*standin.Slack).AllowRefused, false},
		"long":           {x(4001), nil, true},
		"longAllowed":    {x(4001), (*standin.Slack).AllowRefused, true}, // not refused: only bad
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inner := &tb{TB: t}
			s := standin.New(inner)
			if test.allow != nil {
				test.allow(s)
			}
			_, _, _ = client(s).PostMessageContext(deadline(t), "C1", said(test.text)...)
			inner.end()
			if got := len(inner.errors) > 0; got != test.fails {
				t.Errorf("got %q", inner.errors)
			}
		})
	}
}
