package standin

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// User is somebody on Discord.
type User struct {
	ID, Name    string
	Roles       []string
	Permissions uint64
	Locale      string // en-US, if it is empty
}

// Where is a place in which a user does something.
type Where struct {
	Guild, Channel string
	Parent         string // of a thread
	UserInstall    bool   // the app is here for its user alone
	Group          bool   // a direct message with others than the bot
}

// Kinds of interactions.
const (
	kindCommand  = 2
	kindPress    = 3
	kindComplete = 4
	kindSubmit   = 5
)

// Exchange is an interaction with what came of it.
type Exchange struct {
	s     *Discord
	token string
	kind  int
	owned bool // the app is in the server
	asker string
	where Where

	born     time.Time // of the stand-in's clock; guarded by s.Mu, like the next
	began    time.Time // of the real clock
	took     time.Duration
	response *response
	message  *Message // that answers
	pressed  *Message
	follows  []*Message
	waits    bool // for the answer to a promise
	failed   error
	settled  chan struct{} // closed when there is a response, or none will come
}

// response is the first response to an interaction.
type response struct {
	Type int             `json:"type"`
	Data json.RawMessage `json:"data"`
}

// interaction is the fields that all have.
func (s *Discord) interaction(kind int, u User, w Where, data map[string]any) (*Exchange, map[string]any) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	e := &Exchange{s: s, token: "token-" + s.id(), kind: kind, owned: !w.UserInstall, asker: u.ID, where: w, born: s.Time(), began: time.Now(), settled: make(chan struct{})}
	locale := u.Locale
	if locale == "" {
		locale = "en-US"
	}
	i := map[string]any{
		"id": s.id(), "application_id": AppID, "token": e.token, "type": kind, "version": 1, "data": data, "locale": locale,
		"channel_id": w.Channel, "entitlements": []any{}, "attachment_size_limit": 10_485_760, "app_permissions": "274878024704",
	}
	who := map[string]any{"id": u.ID, "username": u.Name, "global_name": u.Name, "discriminator": "0", "avatar": nil}
	channel := map[string]any{"id": w.Channel, "type": 1}
	context := 1
	owners := map[string]string{"0": "0"}
	switch {
	case w.Guild != "":
		context, owners = 0, map[string]string{"0": w.Guild}
		channel["type"] = 0
		if w.Parent != "" {
			channel["type"], channel["parent_id"] = 11, w.Parent
		}
		roles := u.Roles
		if roles == nil {
			roles = []string{}
		}
		i["guild_id"], i["guild_locale"] = w.Guild, "en-US"
		i["member"] = map[string]any{"user": who, "roles": roles, "permissions": strconv.FormatUint(u.Permissions, 10), "nick": nil, "joined_at": "2024-01-01T00:00:00Z"}
	case w.Group:
		context, channel["type"] = 2, 3
		i["user"] = who
	default:
		i["user"] = who
	}
	if w.UserInstall {
		owners = map[string]string{"1": u.ID}
	}
	i["context"], i["authorizing_integration_owners"], i["channel"] = context, owners, channel
	return e, i
}

// Given is a value of a command's option; Focused, it is being typed.
type Given struct {
	Name    string
	Value   any // a string, an int or a bool
	Focused bool
}

// data is a command with its options.
func data(path string, options []Given) map[string]any {
	given := []any{}
	for _, o := range options {
		kind := 3
		switch o.Value.(type) {
		case int, float64:
			kind = 4
		case bool:
			kind = 5
		}
		option := map[string]any{"name": o.Name, "type": kind, "value": o.Value}
		if o.Focused {
			option["focused"] = true
		}
		given = append(given, option)
	}
	words := strings.Fields(path)
	for _, sub := range slices.Backward(words[1:]) {
		given = []any{map[string]any{"name": sub, "type": 1, "options": given}}
	}
	return map[string]any{"id": "800000000000000001", "name": words[0], "type": 1, "options": given}
}

// Command is a slash command: path is its name and its subcommand.
func (s *Discord) Command(u User, w Where, path string, options ...Given) *Exchange {
	return s.deliver(s.interaction(kindCommand, u, w, data(path, options)))
}

// Complete is a look-up while the focused option is typed.
func (s *Discord) Complete(u User, w Where, path string, options ...Given) *Exchange {
	return s.deliver(s.interaction(kindComplete, u, w, data(path, options)))
}

// OnMessage is the message command of a name on a message that says something.
func (s *Discord) OnMessage(u User, w Where, name, content string) *Exchange {
	const target = "700000000000000001"
	return s.deliver(s.interaction(kindCommand, u, w, map[string]any{
		"id": "800000000000000002", "name": name, "type": 3, "target_id": target,
		"resolved": map[string]any{"messages": map[string]any{target: map[string]any{
			"id": target, "channel_id": w.Channel, "content": content, "type": 0, "flags": 0, "embeds": []any{}, "components": []any{map[string]any{"type": 99}},
			"author": map[string]any{"id": "300000000000000099", "username": "somebody"},
		}}},
	}))
}

// Press is a press of a button, or a choice in a menu, of a message.
func (s *Discord) Press(u User, w Where, m Message, customID string, values ...string) *Exchange {
	kind := button
	found := false
	for _, c := range all(m.Components) {
		if c.CustomID == customID {
			kind, found = c.Type, true
		}
	}
	if !found {
		s.Mu.Lock()
		s.Violate(false, "the message has no %q to press", customID)
		s.Mu.Unlock()
	}
	return s.PressForged(u, w, m, kind, customID, values...)
}

// PressForged is a press of something that need not be there.
func (s *Discord) PressForged(u User, w Where, m Message, kind int, customID string, values ...string) *Exchange {
	e, i := s.interaction(kindPress, u, w, map[string]any{"custom_id": customID, "component_type": kind})
	if len(values) > 0 {
		i["data"].(map[string]any)["values"] = values
	}
	i["message"] = m.wire()
	s.Mu.Lock()
	for _, kept := range s.messages {
		if kept.ID == m.ID {
			e.pressed = kept
		}
	}
	s.Mu.Unlock()
	return s.deliver(e, i)
}

// filled is what stands in a field: what somebody wrote, else what it was opened with.
func (c Component) filled(fields map[string]string, label string) string {
	if value, given := fields[label]; given {
		return value
	}
	for _, o := range c.Options {
		if o.Default {
			return o.Value
		}
	}
	return c.Value
}

// Submit sends the form that an exchange has opened, with what was changed in its
// fields, which are named by their labels.
func (s *Discord) Submit(u User, w Where, from *Exchange, fields map[string]string) *Exchange {
	s.Mu.Lock()
	opened := from.response
	pressed := from.pressed
	s.Mu.Unlock()
	var window struct {
		CustomID   string      `json:"custom_id"`
		Components []Component `json:"components"`
	}
	if opened == nil || opened.Type != modal || json.Unmarshal(opened.Data, &window) != nil {
		e := &Exchange{s: s, failed: fmt.Errorf("there is no form to send"), settled: make(chan struct{})}
		close(e.settled)
		return e
	}
	var components []any
	for _, field := range window.Components {
		inner := map[string]any{"type": field.Component.Type, "custom_id": field.Component.CustomID}
		if value := field.Component.filled(fields, field.Label); field.Component.Type == 4 {
			inner["value"] = value
		} else if value != "" {
			inner["values"] = []string{value}
		}
		components = append(components, map[string]any{"type": label, "id": 1, "component": inner})
	}
	e, i := s.interaction(kindSubmit, u, w, map[string]any{"custom_id": window.CustomID, "components": components})
	if pressed != nil {
		i["message"] = pressed.wire()
	}
	return s.deliver(e, i)
}

// Deliver delivers an interaction as it is, but for the ids.
func (s *Discord) Deliver(u User, w Where, kind int, data map[string]any, change func(i map[string]any)) *Exchange {
	e, i := s.interaction(kind, u, w, data)
	if change != nil {
		change(i)
	}
	return s.deliver(e, i)
}

// Over sends interactions to an address, signed, and no longer by the gateway.
func (s *Discord) Over(address string) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.over = address
}

// deliver sends an interaction to the bot.
func (s *Discord) deliver(e *Exchange, i map[string]any) *Exchange {
	s.Mu.Lock()
	s.remember(e)
	over := s.over
	s.Mu.Unlock()
	if over == "" {
		if err := s.dispatch("INTERACTION_CREATE", 0, i); err != nil {
			e.fail(err)
		}
		return e
	}
	body, err := json.Marshal(i)
	if err != nil {
		e.fail(err)
		return e
	}
	s.Tasks.Go(func() { e.overHTTP(over, body) })
	return e
}

func (s *Discord) remember(e *Exchange) {
	if len(s.order) >= s.kept {
		for _, token := range s.order[:s.kept/2] {
			delete(s.exchanges, token)
		}
		s.order = append(s.order[:0], s.order[s.kept/2:]...)
	}
	s.exchanges[e.token] = e
	s.order = append(s.order, e.token)
}

func (e *Exchange) fail(err error) {
	e.s.Mu.Lock()
	defer e.s.Mu.Unlock()
	if e.failed == nil && e.response == nil {
		e.failed = err
		close(e.settled)
	}
	e.s.Change()
}

// Signed is a body with its signature, as Discord sends it.
func (s *Discord) Signed(ctx context.Context, address string, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	stamp := strconv.FormatInt(s.Now().Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Signature-Timestamp", stamp)
	r.Header.Set("X-Signature-Ed25519", hex.EncodeToString(ed25519.Sign(s.key, append([]byte(stamp), body...))))
	return r, nil
}

// overHTTP sends an interaction to the app's endpoint; the response is the callback.
func (e *Exchange) overHTTP(address string, body []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := e.s.Signed(ctx, address, body)
	if err != nil {
		e.fail(err)
		return
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		e.fail(err)
		return
	}
	defer func() { _ = response.Body.Close() }() // it was read
	got, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		e.fail(fmt.Errorf("the endpoint answered %d: %s, %w", response.StatusCode, got, err))
		return
	}
	e.s.Mu.Lock()
	defer e.s.Mu.Unlock()
	if !e.s.unchecked {
		if problems := Check(http.MethodPost, "/interactions/1/t/callback", got); len(problems) > 0 {
			e.s.Violate(true, "the endpoint's response: %s\n%.1500s", strings.Join(problems, "; "), got)
			return
		}
	}
	if no := e.respond(got); no != nil {
		e.s.Violate(true, "the endpoint's response: %s", no.message)
	}
	e.s.Change()
}

// VerifyEndpoint does what Discord does when an endpoint is saved: a ping must be
// answered, one with a wrong signature must be refused.
func (s *Discord) VerifyEndpoint(ctx context.Context, address string) error {
	for _, wrong := range []bool{false, true} {
		r, err := s.Signed(ctx, address, []byte(`{"type":1,"id":"1","application_id":"`+AppID+`","token":"t","version":1}`))
		if err != nil {
			return err
		}
		want, says := http.StatusOK, `{"type":1}`
		if wrong {
			r.Header.Set("X-Signature-Ed25519", strings.Repeat("ab", ed25519.SignatureSize))
			want, says = http.StatusUnauthorized, ""
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		got, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != want || says != "" && strings.TrimSpace(string(got)) != says {
			return fmt.Errorf("a ping, wrongly signed %t, is answered %d %s", wrong, response.StatusCode, got)
		}
	}
	return nil
}

// Deadlines of interactions.
const (
	respondWithin = 3 * time.Second
	tokenLife     = 15 * time.Minute
)

// called is the callback of an interaction; Mu is held.
func (s *Discord) called(token string, withResponse bool, body []byte) (any, *refusal) {
	e := s.exchanges[token]
	if e == nil {
		return nil, &refusal{http.StatusNotFound, codeUnknownInteraction, "Unknown interaction"}
	}
	if no := e.respond(body); no != nil || !withResponse {
		return nil, no
	}
	made := map[string]any{"interaction": map[string]any{"id": e.token, "type": e.kind}}
	if e.message != nil {
		made["resource"] = map[string]any{"type": e.response.Type, "message": e.message.wire()}
	}
	return made, nil
}

// respond is the first response; Mu is held.
func (e *Exchange) respond(body []byte) *refusal {
	s := e.s
	switch {
	case e.response != nil:
		return &refusal{http.StatusBadRequest, codeAcknowledged, "Interaction has already been acknowledged."}
	case s.Time().Sub(e.born) > respondWithin:
		s.Violate(false, "an interaction was responded to after %v", s.Time().Sub(e.born))
		return &refusal{http.StatusNotFound, codeUnknownInteraction, "Unknown interaction"}
	}
	var r response
	if err := json.Unmarshal(body, &r); err != nil || !fits(e.kind, r.Type) {
		s.Violate(true, "a response of type %d to an interaction of type %d", r.Type, e.kind)
		return &refusal{http.StatusBadRequest, codeInvalidForm, "Invalid Form Body"}
	}
	e.response, e.took = &r, time.Since(e.began)
	if e.failed == nil {
		close(e.settled)
	}
	switch r.Type {
	case reply:
		e.message = e.newMessage(r.Data)
	case deferReply:
		e.waits = true
		e.message = e.newMessage(r.Data)
	case update:
		if e.pressed != nil {
			e.pressed.read(r.Data)
			e.message = e.pressed
		}
	}
	return nil
}

// fits tells whether a kind of interaction takes a type of response.
func fits(kind, response int) bool {
	switch response {
	case reply, deferReply:
		return kind != kindComplete
	case deferUpdate, update:
		return kind == kindPress || kind == kindSubmit
	case autocomplete:
		return kind == kindComplete
	case modal:
		return kind == kindCommand || kind == kindPress
	}
	return false
}

func (e *Exchange) newMessage(body []byte) *Message {
	m := &Message{ID: e.s.id(), Channel: e.where.Channel, interaction: e.token, asker: e.asker}
	m.read(body)
	e.s.keep(m)
	return m
}

// hook is what is done by an interaction's token; Mu is held.
func (s *Discord) hook(method string, parts []string, body []byte) (any, *refusal) {
	e := s.exchanges[parts[2]]
	switch {
	case parts[1] != AppID || e == nil || e.response == nil:
		return nil, &refusal{http.StatusNotFound, codeUnknownWebhook, "Unknown Webhook"}
	case s.Time().Sub(e.born) > tokenLife:
		return nil, &refusal{http.StatusUnauthorized, codeInvalidToken, "Invalid Webhook Token"}
	case len(parts) == 3:
		return e.follow(body)
	}
	m := e.message
	for _, f := range e.follows {
		if f.ID == parts[4] {
			m = f
		}
	}
	if m == nil || m.Deleted {
		return nil, &refusal{http.StatusNotFound, codeUnknownMessage, "Unknown Message"}
	}
	if method == http.MethodPatch {
		e.waits = false
	}
	return s.touch(m, method, body), nil
}

// follow is a follow-up. The first after a promise takes its place, and is seen by
// whom the promise was.
func (e *Exchange) follow(body []byte) (any, *refusal) {
	const mostOfUsers = 5
	if !e.owned && len(e.follows) >= mostOfUsers {
		return nil, &refusal{http.StatusBadRequest, codeTooManyFollowUps, "Follow-up messages limit reached"}
	}
	if e.waits && e.message != nil && !e.message.Deleted {
		e.waits = false
		e.message.read(body)
		return e.message.wire(), nil
	}
	m := e.newMessage(body)
	e.follows = append(e.follows, m)
	return m.wire(), nil
}

// Dismiss deletes the answer, as its reader does.
func (e *Exchange) Dismiss() {
	e.s.Mu.Lock()
	defer e.s.Mu.Unlock()
	if e.message != nil {
		e.message.Deleted = true
	}
}

// Response waits for the first response and returns its type and data.
func (e *Exchange) Response(ctx context.Context) (int, json.RawMessage, error) {
	select {
	case <-e.settled:
	case <-e.s.Done:
		return 0, nil, ErrClosed
	case <-ctx.Done():
		return 0, nil, fmt.Errorf("discord: waiting for a response: %w", ctx.Err())
	}
	e.s.Mu.Lock()
	defer e.s.Mu.Unlock()
	if e.failed != nil {
		return 0, nil, e.failed
	}
	return e.response.Type, e.response.Data, nil
}

// Answer waits for the message that answers: the response, what a promise became, or
// the follow-up in its place.
func (e *Exchange) Answer(ctx context.Context) (Message, error) {
	if _, _, err := e.Response(ctx); err != nil {
		return Message{}, err
	}
	var got Message
	err := e.s.Wait(ctx, "an answer", func() (found bool) {
		got, found = e.Message()
		return found
	})
	return got, err
}

// Message is the message that answers as it is now, if there is one.
func (e *Exchange) Message() (Message, bool) {
	e.s.Mu.Lock()
	defer e.s.Mu.Unlock()
	if n := len(e.follows); n > 0 {
		return *e.follows[n-1], true
	}
	if e.message == nil || e.waits || e.message.Deleted {
		return Message{}, false
	}
	return *e.message, true
}

// Answers is how many messages answer: the response, if it is one, and the follow-ups.
func (e *Exchange) Answers() int {
	e.s.Mu.Lock()
	defer e.s.Mu.Unlock()
	n := len(e.follows)
	if e.message != nil && !e.waits && !e.message.Deleted {
		n++
	}
	return n
}

// Choices waits for what a look-up found.
func (e *Exchange) Choices(ctx context.Context) ([]Choice, error) {
	_, data, err := e.Response(ctx)
	if err != nil {
		return nil, err
	}
	var found struct {
		Choices []Choice `json:"choices"`
	}
	if err := json.Unmarshal(data, &found); err != nil {
		return nil, fmt.Errorf("read choices: %w", err)
	}
	return found.Choices, nil
}

// Took is how long the first response took, by the real clock.
func (e *Exchange) Took() time.Duration {
	e.s.Mu.Lock()
	defer e.s.Mu.Unlock()
	return e.took
}

// Say is a message that somebody writes. Its content reaches a bot without the
// privileged intent only where it is named or spoken to directly.
func (s *Discord) Say(u User, w Where, content string, change ...func(m map[string]any)) (id string, err error) {
	s.Mu.Lock()
	id = s.id()
	s.Mu.Unlock()
	mentions := []any{}
	if strings.Contains(content, "<@"+BotUser+">") {
		mentions = append(mentions, map[string]any{"id": BotUser, "username": "silkwire", "bot": true})
	}
	needs := intentDirectMessages
	m := map[string]any{
		"id": id, "channel_id": w.Channel, "content": content, "mentions": mentions, "type": 0, "flags": 0, "embeds": []any{}, "components": []any{},
		"author": map[string]any{"id": u.ID, "username": u.Name, "discriminator": "0"}, "timestamp": s.Now().UTC().Format(time.RFC3339),
		"mention_roles": []any{}, "mention_everyone": false, "attachments": []any{}, "pinned": false, "tts": false,
	}
	if w.Guild != "" {
		needs = intentGuildMessages
		m["guild_id"] = w.Guild
		m["member"] = map[string]any{"roles": append([]string{}, u.Roles...), "joined_at": "2024-01-01T00:00:00Z"}
		if len(mentions) == 0 {
			m["content"] = ""
		}
	}
	for _, f := range change {
		f(m)
	}
	return id, s.dispatch("MESSAGE_CREATE", needs, m)
}
