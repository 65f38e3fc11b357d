package standin_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"silkwire/adapters/slack/standin"
)

// dial opens a socket as a bot would and reads its hello.
func dial(t *testing.T, s *standin.Slack) *websocket.Conn {
	t.Helper()
	_, address, err := client(s).StartSocketModeContext(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	ws, resp, err := websocket.DefaultDialer.DialContext(deadline(t), address, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	t.Cleanup(func() { _ = ws.Close() })
	var hello struct {
		Type string `json:"type"`
		N    int    `json:"num_connections"`
		Info struct {
			Time int `json:"approximate_connection_time"`
		} `json:"debug_info"`
	}
	receive(t, ws, &hello)
	if hello.Type == "hello" && (hello.N < 1 || hello.Info.Time == 0) {
		t.Errorf("got %+v", hello)
	}
	return ws
}

func receive(t *testing.T, ws *websocket.Conn, v any) {
	t.Helper()
	if err := ws.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := ws.ReadJSON(v); err != nil {
		t.Fatal(err)
	}
}

// answer acks an envelope with a payload, which may be none.
func answer(t *testing.T, ws *websocket.Conn, payload string) {
	t.Helper()
	var e struct {
		ID string `json:"envelope_id"`
	}
	receive(t, ws, &e)
	frame := `{"envelope_id":"` + e.ID + `"}`
	if payload != "" {
		frame = `{"envelope_id":"` + e.ID + `","payload":` + payload + `}`
	}
	if err := ws.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		t.Fatal(err)
	}
}

// violated holds that there is just this violation, and takes it.
func violated(t *testing.T, s *standin.Slack, want string) {
	t.Helper()
	all := s.TakeViolations("")
	if want == "" && len(all) == 0 {
		return
	}
	if want == "" || len(all) != 1 || !strings.Contains(all[0], want) {
		t.Errorf("got violations %q, want %q", all, want)
	}
}

const modal = `{"type":"modal","id":"V7","title":{"type":"plain_text","text":"t"},"blocks":[{"type":"input","block_id":"in","label":{"type":"plain_text","text":"l"},"element":{"type":"plain_text_input","action_id":"a"}}]}`

func TestAcks(t *testing.T) {
	const newView = `{"type":"modal","title":{"type":"plain_text","text":"t"},"blocks":[]}`
	tests := map[string]struct {
		env     standin.Envelope
		payload string
		want    string // the violation
		refused bool
	}{
		"commandEmpty":       {standin.Command("/ask", "x"), ``, "", false},
		"commandMessage":     {standin.Command("/ask", "x"), `{"text":"hi"}`, "", false},
		"commandBroken":      {standin.Command("/ask", "x"), `{"text":"hi","blocks":[{"type":"header"}]}`, "text is missing", true},
		"commandNoFallback":  {standin.Command("/ask", "x"), `{"blocks":[{"type":"divider"}]}`, "no fallback text", false},
		"commandMention":     {standin.Command("/ask", "x"), `{"text":"<!channel>"}`, "live mention", false},
		"commandTooBig":      {standin.Command("/ask", "x"), `{"text":"` + x(21000) + `"}`, "an ack of 21", true},
		"eventEmpty":         {standin.Mention("hi"), ``, "", false},
		"eventPayload":       {standin.Mention("hi"), `{"text":"hi"}`, "takes no payload", true},
		"pressEmpty":         {standin.Press("a", "v"), `{}`, "", false},
		"pressPayload":       {standin.Press("a", "v"), `{"text":"x"}`, "takes no payload", true},
		"suggestions":        {standin.Suggest("a", "b", "v"), `{"options":[{"text":{"type":"plain_text","text":"o"},"value":"v"}]}`, "", false},
		"suggestionsNone":    {standin.Suggest("a", "b", "v"), `{"options":[]}`, "", false},
		"suggestionsEmpty":   {standin.Suggest("a", "b", "v"), ``, "no options", true},
		"suggestionsBroken":  {standin.Suggest("a", "b", "v"), `{"options":[{"text":{"type":"plain_text","text":"o"}}]}`, "value is missing", true},
		"submission":         {standin.Submit(json.RawMessage(modal), nil), ``, "", false},
		"submissionClear":    {standin.Submit(json.RawMessage(modal), nil), `{"response_action":"clear"}`, "", false},
		"submissionErrors":   {standin.Submit(json.RawMessage(modal), nil), `{"response_action":"errors","errors":{"in":"no"}}`, "", false},
		"submissionNowhere":  {standin.Submit(json.RawMessage(modal), nil), `{"response_action":"errors","errors":{"out":"no"}}`, "needs an input block", true},
		"submissionUpdate":   {standin.Submit(json.RawMessage(modal), nil), `{"response_action":"update","view":` + newView + `}`, "", false},
		"submissionPushBad":  {standin.Submit(json.RawMessage(modal), nil), `{"response_action":"push","view":{"type":"modal","blocks":[]}}`, "title is missing", true},
		"submissionNoView":   {standin.Submit(json.RawMessage(modal), nil), `{"response_action":"push"}`, "/view: missing", true},
		"submissionNonsense": {standin.Submit(json.RawMessage(modal), nil), `{"response_action":"open"}`, "must be errors", true},
		"shortcut":           {standin.Shortcut("ask", "text"), ``, "", false},
		"assistant":          {standin.AssistantStarted(), ``, "", false},
		"home":               {standin.HomeOpened("U9"), ``, "", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := standin.New(t)
			ws := dial(t, s)
			d := s.Send(test.env)
			answer(t, ws, test.payload)
			_, err := d.Ack(deadline(t))
			if errors.Is(err, standin.ErrRefused) != test.refused || !test.refused && err != nil {
				t.Errorf("got %v, want refused: %t", err, test.refused)
			}
			violated(t, s, test.want)
		})
	}
}

func TestAcksThatAreNone(t *testing.T) {
	tests := map[string]struct {
		frames func(id string) []string
		late   time.Duration
		want   string
	}{
		"twice": {func(id string) []string {
			return []string{`{"envelope_id":"` + id + `"}`, `{"envelope_id":"` + id + `"}`}
		}, 0, "acked 2 times"},
		"unknown": {func(id string) []string { return []string{`{"envelope_id":"nope"}`, `{"envelope_id":"` + id + `"}`} }, 0, "not sent"},
		"late":    {func(id string) []string { return []string{`{"envelope_id":"` + id + `"}`} }, 4 * time.Second, "after 4"},
		"noJSON":  {func(id string) []string { return []string{`hello`, `{"envelope_id":"` + id + `"}`} }, 0, "no ack"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := standin.New(t)
			ws := dial(t, s)
			d := s.Send(standin.Command("/ask", "x"))
			s.Advance(test.late)
			for _, frame := range append(test.frames(d.ID), `{"envelope_id":"last"}`) {
				if err := ws.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := d.Ack(deadline(t)); err != nil {
				t.Fatal(err)
			}
			_ = ws.WriteMessage(websocket.CloseMessage, nil)
			if err := s.WaitClosed(deadline(t), 0); err != nil {
				t.Fatal(err)
			}
			if got := s.TakeViolations(`"last"`); len(got) != 1 {
				t.Errorf("got %q", got)
			}
			violated(t, s, test.want)
		})
	}
}

func TestTicketsAreSingleUse(t *testing.T) {
	s := standin.New(t)
	_, address, err := client(s).StartSocketModeContext(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{http.StatusSwitchingProtocols, http.StatusForbidden} {
		ws, resp, err := websocket.DefaultDialer.DialContext(deadline(t), address, nil)
		if resp == nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("got %d, want %d", resp.StatusCode, want)
		}
		if ws != nil {
			defer func() { _ = ws.Close() }()
		}
	}
	violated(t, s, "ticket")
}

func TestTooManySockets(t *testing.T) {
	s := standin.New(t)
	for range 10 {
		dial(t, s)
	}
	_, address, err := client(s).StartSocketModeContext(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	ws, resp, err := websocket.DefaultDialer.DialContext(deadline(t), address, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	defer func() { _ = ws.Close() }()
	var frame struct{ Type, Reason string }
	receive(t, ws, &frame)
	if frame.Type != "disconnect" || frame.Reason != "too_many_websockets" {
		t.Errorf("got %+v", frame)
	}
	if got := s.Sockets(); got != 10 {
		t.Errorf("got %d sockets", got)
	}
	if got := s.Opens(); got != 11 {
		t.Errorf("got %d opens", got)
	}
}

func TestRoundRobinAndSkips(t *testing.T) {
	s := standin.New(t)
	for range 4 {
		dial(t, s)
	}
	sent := func(n int) (all []int) {
		for range n {
			all = append(all, s.Send(standin.Mention("x")).Socket())
		}
		return all
	}
	if got := sent(5); got[0] == got[1] || got[0] != got[4] {
		t.Errorf("got %v, want each in turn", got)
	}
	s.GoDeaf(0)
	s.GoSilent(1)
	s.Disconnect(2, "warning")
	for _, i := range sent(4) {
		if i != 3 {
			t.Errorf("sent to socket %d", i)
		}
	}
	s.CutOff(3)
	if err := s.WaitClosed(deadline(t), 3); err != nil {
		t.Fatal(err)
	}
	if got := sent(1)[0]; got != 2 {
		t.Errorf("got %d, want the one told to leave", got)
	}
	s.CutOff(2)
	if err := s.WaitClosed(deadline(t), 2); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Send(standin.Mention("x")).Ack(deadline(t)); !errors.Is(err, standin.ErrUndeliverable) {
		t.Errorf("got %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.SendOn(0, standin.Mention("lost")).Ack(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestDisconnectClosesLater(t *testing.T) {
	s := standin.New(t, standin.DisconnectGrace(time.Millisecond))
	ws := dial(t, s)
	s.Disconnect(0, "refresh_requested")
	var frame struct{ Type, Reason string }
	receive(t, ws, &frame)
	if frame.Reason != "refresh_requested" {
		t.Errorf("got %+v", frame)
	}
	_, _, err := ws.ReadMessage()
	if !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("got %v", err)
	}
	if err := s.WaitClosed(deadline(t), 0); err != nil {
		t.Fatal(err)
	}
}

func TestPings(t *testing.T) {
	s := standin.New(t, standin.PingEvery(time.Millisecond))
	ws := dial(t, s)
	pings, pongs := make(chan struct{}, 1000), make(chan struct{}, 1000)
	ws.SetPingHandler(func(string) error { pings <- struct{}{}; return nil })
	ws.SetPongHandler(func(string) error { pongs <- struct{}{}; return nil })
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			if _, _, err := ws.ReadMessage(); err != nil {
				return
			}
		}
	}()
	<-pings
	<-pings
	s.GoSilent(0)
	if err := ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	<-pongs
	s.CutOff(0)
	<-done
}

func TestHalfOpen(t *testing.T) {
	s := standin.New(t)
	ws := dial(t, s)
	d := s.Send(standin.Command("/ask", "x"))
	s.GoDeaf(0)
	answer(t, ws, "")
	if err := ws.WriteControl(websocket.CloseMessage, nil, time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := s.WaitClosed(deadline(t), 0); err != nil {
		t.Fatal(err)
	}
	if d.Acks() != 0 {
		t.Error("a deaf socket heard an ack")
	}
}

func TestTheSameEventTwice(t *testing.T) {
	s := standin.New(t)
	ws := dial(t, s)
	env := standin.Message("hi", standin.By("U7"), standin.Thread("1.000001"), standin.Redelivery(1, "timeout"))
	s.Send(env)
	s.Send(env)
	type envelope struct {
		ID      string `json:"envelope_id"`
		Attempt int    `json:"retry_attempt"`
		Reason  string `json:"retry_reason"`
		Payload struct {
			ID    string            `json:"event_id"`
			Event map[string]string `json:"event"`
		} `json:"payload"`
	}
	var one, two envelope
	receive(t, ws, &one)
	receive(t, ws, &two)
	if one.ID == two.ID || one.Payload.ID != two.Payload.ID || one.Payload.Event["ts"] != two.Payload.Event["ts"] {
		t.Errorf("got %+v and %+v", one, two)
	}
	if one.Attempt != 1 || one.Reason != "timeout" || one.Payload.Event["user"] != "U7" || one.Payload.Event["thread_ts"] != "1.000001" {
		t.Errorf("got %+v", one)
	}
	if got := len(s.Messages(standin.DM)); got != 1 {
		t.Errorf("got %d messages in the history, want 1", got)
	}
}

func TestOpenDelayEndsWithTheStandIn(t *testing.T) {
	s := standin.New(t)
	s.OpenDelay(time.Hour)
	failed := make(chan error, 1)
	go func() {
		_, _, err := client(s).StartSocketModeContext(t.Context())
		failed <- err
	}()
	if err := s.WaitOpens(deadline(t), 1); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if err := <-failed; err == nil {
		t.Error("opened")
	}
}
