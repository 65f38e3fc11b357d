package standin

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const ackLimit = 3 * time.Second

// Send sends an envelope to one of the open sockets, each in turn. Sockets that
// are deaf, silent or told to leave get none while there are others.
func (s *Slack) Send(env Envelope) *Delivery {
	s.Mu.Lock()
	var able, leaving []*socket
	for _, k := range s.sockets {
		switch {
		case !k.open || k.deaf || k.silent:
		case k.leaving:
			leaving = append(leaving, k)
		default:
			able = append(able, k)
		}
	}
	if len(able) == 0 {
		able = leaving
	}
	var k *socket
	if len(able) > 0 {
		k = able[s.next%len(able)]
		s.next++
	}
	return s.deliver(k, env)
}

// SendOn sends an envelope to the i-th socket that was opened, the first being 0.
// To a deaf or silent one it is lost.
func (s *Slack) SendOn(i int, env Envelope) *Delivery {
	s.Mu.Lock()
	return s.deliver(s.socket(i), env)
}

// deliver sends an envelope to a socket; Mu is held and is let go.
func (s *Slack) deliver(k *socket, env Envelope) *Delivery {
	d := s.prepare(env)
	lost := k != nil && (k.deaf || k.silent)
	d.socket = slices.Index(s.sockets, k)
	if k == nil || !k.open {
		d.finish(nil, ErrUndeliverable)
	}
	s.Mu.Unlock()
	if k == nil || lost {
		return d
	}
	if err := k.send(d.frame); err != nil {
		s.Mu.Lock()
		defer s.Mu.Unlock()
		d.finish(nil, fmt.Errorf("%w: %w", ErrUndeliverable, err))
	}
	return d
}

// prepare gives an envelope what only the server knows: its id, a response_url
// and a trigger. Mu is held.
func (s *Slack) prepare(env Envelope) *Delivery {
	s.serial++
	id := "e" + strconv.Itoa(s.serial)
	payload := copied(env.Payload)
	s.introduce(payload)
	if env.responds {
		payload["response_url"] = s.web.URL + "/response/" + id
		s.answers[id] = &answer{born: s.Time()}
	}
	if env.triggers {
		payload["trigger_id"] = "trigger." + id
		s.triggers["trigger."+id] = &trigger{born: s.Time()}
	}
	frame := map[string]any{"envelope_id": id, "type": env.Type, "payload": payload, "accepts_response_payload": env.answered()}
	if env.Type == eventsAPI {
		frame["retry_attempt"], frame["retry_reason"] = env.RetryAttempt, env.RetryReason
	}
	d := &Delivery{ID: id, Payload: payload, s: s, env: env, frame: frame, sent: s.Time(), done: make(chan struct{}), socket: -1}
	s.deliveries[id] = d
	return d
}

// Delivery is an envelope on its way.
type Delivery struct {
	ID      string         // of the envelope
	Payload map[string]any // as it was sent: with its response_url and trigger_id

	s      *Slack
	env    Envelope
	frame  map[string]any
	sent   time.Time
	socket int
	done   chan struct{}
	// Guarded by the Mu of s.
	acks int
	ack  json.RawMessage
	err  error
}

// Ack waits for the answer to the envelope and returns its payload, nil if it was
// empty. An error that is ErrRefused comes with the payload that Slack would not
// take.
func (d *Delivery) Ack(ctx context.Context) (json.RawMessage, error) {
	select {
	case <-d.done:
	default:
		select {
		case <-d.done:
		case <-d.s.Done:
			return nil, ErrClosed
		case <-ctx.Done():
			return nil, fmt.Errorf("slack: waiting for the ack of %s: %w", d.ID, ctx.Err())
		}
	}
	d.s.Mu.Lock()
	defer d.s.Mu.Unlock()
	return d.ack, d.err
}

// Acks is how often the envelope was acked; more than once is a violation.
func (d *Delivery) Acks() int {
	d.s.Mu.Lock()
	defer d.s.Mu.Unlock()
	return d.acks
}

// Socket is the socket the envelope was sent to, by the order they were opened;
// -1 is none.
func (d *Delivery) Socket() int { return d.socket }

// Unacked names the envelopes that a socket was sent and that were not acked yet.
func (s *Slack) Unacked() []string {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	var all []string
	for _, d := range s.deliveries {
		if d.acks == 0 && d.err == nil && d.socket >= 0 {
			all = append(all, d.env.String())
		}
	}
	slices.Sort(all)
	return all
}

// finish ends the wait for an answer; Mu is held.
func (d *Delivery) finish(payload json.RawMessage, err error) {
	select {
	case <-d.done:
		return
	default:
	}
	d.ack, d.err = payload, err
	close(d.done)
}

// acknowledge takes a frame that a bot sent; Mu is held.
func (s *Slack) acknowledge(frame []byte) {
	var f struct {
		ID      string          `json:"envelope_id"`
		Payload json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(frame, &f); err != nil || f.ID == "" {
		s.Violate(false, "a frame that is no ack: %.200q", frame)
		return
	}
	d := s.deliveries[f.ID]
	if d == nil {
		s.Violate(false, "an ack of an envelope that was not sent: %q", f.ID)
		return
	}
	if d.acks++; d.acks > 1 {
		s.Violate(false, "%s was acked %d times", d.env, d.acks)
		return
	}
	if took := s.Time().Sub(d.sent); took > ackLimit {
		s.Violate(false, "%s was acked after %s, at most %s", d.env, took, ackLimit)
	}
	if len(frame) > frameLimit {
		s.Violate(true, "%s: an ack of %d bytes, at most %d", d.env, len(frame), frameLimit)
		d.finish(nil, fmt.Errorf("%w: an ack of %d bytes", ErrRefused, len(frame)))
		return
	}
	payload := f.Payload
	if p := strings.TrimSpace(string(payload)); p == "null" || p == "{}" || p == `""` {
		payload = nil
	}
	d.finish(payload, s.judge(d.env, payload, Ack))
	s.Change()
}
