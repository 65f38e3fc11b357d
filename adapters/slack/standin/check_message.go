package standin

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Via is the way a message takes to Slack: each has a size of its own.
type Via int

// The ways a message takes.
const (
	Ack         Via = iota // in the answer to an envelope, over the socket
	Post                   // by chat.postMessage and its like
	Both                   // either: the message must do for both
	ResponseURL            // by a response_url, which has neither limit
)

const (
	frameLimit  = 20480 // a Socket Mode frame
	frameAround = 100   // of it for the envelope's id
	blocksLimit = 13000 // Slack has refused messages from about 13,200 (bolt-js issue 2509)
	textLimit   = 4000
	viewLimit   = 250 * 1024
)

// CheckMessage lists what Slack would not take in a message, a JSON document of
// text, blocks and the like, and what it would take badly: no text for
// notifications. Each line begins with a JSON pointer.
func CheckMessage(doc []byte, via Via) []string { return lines(checkMessage(doc, via)) }

// CheckView lists what Slack would not take in the view of a home tab or a modal.
func CheckView(view []byte) []string { return lines(checkView(view)) }

// CheckOptions lists what Slack would not take as the answer to a block_suggestion.
func CheckOptions(doc []byte) []string { return lines(checkOptions(doc)) }

// CheckHouseRules lists what Slack would take and we do not send: mentions that
// ring somebody, names and channels that Slack looks for by itself.
func CheckHouseRules(doc []byte) []string { return lines(checkHouseRules(doc)) }

// decode reads one JSON value with its numbers as they are written.
func decode(doc []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	return v, nil
}

// decodeObject reads a JSON object, or says what is wrong.
func decodeObject(doc []byte) (map[string]any, []problem) {
	v, err := decode(doc)
	if err != nil {
		return nil, []problem{{"/", err.Error(), "invalid_arguments"}}
	}
	o, ok := v.(map[string]any)
	if !ok {
		return nil, []problem{{"/", kindOf(v) + ", must be an object", "invalid_arguments"}}
	}
	return o, nil
}

// encoded is a value as JSON, with nothing escaped that need not be.
func encoded(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// compacted is a document without the blanks between its parts.
func compacted(doc []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, doc) != nil {
		return doc
	}
	return b.Bytes()
}

// messageFields are what a message may have beside its blocks.
var messageFields = map[string]field{
	"text": may(free), "response_type": may(oneOf("in_channel", "ephemeral")), "replace_original": may(boolean), "delete_original": may(boolean),
	"thread_ts": may(free), "unfurl_links": may(boolean), "unfurl_media": may(boolean), "mrkdwn": may(boolean), "channel": may(free),
	"link_names": may(boolean), "parse": may(free), "reply_broadcast": may(boolean), "as_user": may(boolean), "username": may(free), "icon_emoji": may(free),
	"metadata": may(object(map[string]field{"event_type": need(free), "event_payload": need(anyObject)})),
	"blocks":   may(anything),
}

func checkMessage(doc []byte, via Via) []problem {
	o, wrong := decodeObject(doc)
	if wrong != nil {
		return wrong
	}
	forgiveEmpty(o)
	c := newChecker("message")
	c.object("", o, shape{fields: messageFields})
	blocks, _ := o["blocks"].([]any)
	if v, has := o["blocks"]; has {
		c.blocks("/blocks", v, 50)
	}
	said, _ := o["text"].(string)
	deletes, _ := o["delete_original"].(bool)
	switch {
	case len(blocks) == 0 && said == "" && !deletes:
		c.fail("no_text", "", "text or blocks needed")
	case len(blocks) > 0 && strings.TrimSpace(said) == "":
		c.fail("", "/text", "no fallback text for notifications and screen readers")
	}
	switch n := units(said); {
	case n > 40000:
		c.fail("msg_too_long", "/text", "%d characters: Slack cuts it at 40000", n)
	case n > textLimit:
		c.fail("", "/text", "%d characters, at most %d", n, textLimit)
	}
	if n := len(compacted(doc)); (via == Ack || via == Both) && n > frameLimit-frameAround {
		c.fail("too_large", "", "%d bytes: too big for a Socket Mode ack (%d with the envelope); send it by Web API", n, frameLimit)
	}
	if n := units(string(encoded(blocks))); (via == Post || via == Both) && n > blocksLimit {
		c.fail("msg_blocks_too_long", "/blocks", "%d characters of JSON: Slack has refused messages from about 13,200 (msg_blocks_too_long)", n)
	}
	return c.problems
}

// forgiveEmpty takes away what slack-go writes for nothing, and Slack reads as
// nothing.
func forgiveEmpty(o map[string]any) {
	if v, has := o["blocks"]; has && v == nil {
		delete(o, "blocks")
	}
	if m, ok := o["metadata"].(map[string]any); ok && m["event_type"] == "" && m["event_payload"] == nil {
		delete(o, "metadata")
	}
}

func checkView(doc []byte) []problem {
	o, wrong := decodeObject(doc)
	if wrong != nil {
		return wrong
	}
	surface, _ := o["type"].(string)
	c := newChecker(surface)
	fields := map[string]field{"type": need(oneOf("home", "modal")), "blocks": need(anything), "private_metadata": may(str(0, 3000)), "callback_id": may(str(0, 255)), "external_id": may(str(0, 255))}
	if surface != "home" {
		fields = mix(fields, map[string]field{"title": need(plain(24)), "close": may(plain(24)), "submit": may(plain(24)), "clear_on_close": may(boolean), "notify_on_close": may(boolean)})
	}
	c.object("", o, shape{fields: fields})
	blocks, has := o["blocks"]
	if has && blocks != nil {
		c.blocks("/blocks", blocks, 100)
	}
	list, _ := blocks.([]any)
	if surface == "modal" && o["submit"] == nil && slices.ContainsFunc(list, func(v any) bool { return typeOf(v) == "input" }) {
		c.add("/submit", "needed where a block is an input")
	}
	if n := len(compacted(doc)); n > viewLimit {
		c.fail("view_too_large", "", "%d bytes, at most %d", n, viewLimit)
	}
	for i := range c.problems {
		if c.problems[i].code == "invalid_blocks" {
			c.problems[i].code = "invalid_arguments"
		}
	}
	return c.problems
}

func checkOptions(doc []byte) []problem {
	o, wrong := decodeObject(doc)
	if wrong != nil {
		return wrong
	}
	c := newChecker("message")
	c.object("", o, shape{map[string]field{"options": may(list(0, 100, option("plain_text"))), "option_groups": may(list(0, 100, optionGroup))}, optionsOrGroups})
	options, _ := o["options"].([]any)
	for i, v := range options {
		if x, ok := v.(map[string]any); ok && x["value"] == nil {
			c.add("/options/"+strconv.Itoa(i), "value is missing")
		}
	}
	return c.problems
}

// live is a mention that rings somebody.
var live = regexp.MustCompile(`<(?:!(?:channel|here|everyone|subteam)|@[UW])[^>]*>?`)

// ringing are the elements of rich text that do the same.
var ringing = []string{"broadcast", "user", "usergroup"}

func checkHouseRules(doc []byte) []problem {
	o, wrong := decodeObject(doc)
	if wrong != nil {
		return wrong
	}
	var all []problem
	if v, has := o["link_names"]; has && v != false {
		all = append(all, problem{"/link_names", "must not be set: names in stored text would ring people", ""})
	}
	if v, has := o["parse"]; has && v != "none" {
		all = append(all, problem{"/parse", "must not be set: names in stored text would ring people", ""})
	}
	if s, ok := o["text"].(string); ok {
		all = append(all, mentions("/text", s)...)
	}
	for _, name := range []string{"blocks", "view", "title"} {
		all = append(all, liveIn("/"+name, o[name])...)
	}
	return all
}

func mentions(at, s string) []problem {
	if m := live.FindString(s); m != "" {
		return []problem{{at, "live mention " + m, ""}}
	}
	return nil
}

// liveIn looks for live mentions in what Slack reads as markup.
func liveIn(at string, v any) []problem {
	var all []problem
	switch v := v.(type) {
	case []any:
		for i, x := range v {
			all = append(all, liveIn(at+"/"+strconv.Itoa(i), x)...)
		}
	case map[string]any:
		kind := typeOf(v)
		if s, ok := v["text"].(string); ok && (kind == "mrkdwn" || kind == "markdown") {
			all = append(all, mentions(at+"/text", s)...)
		}
		if slices.Contains(ringing, kind) {
			all = append(all, problem{at, "live mention: " + kind, ""})
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			all = append(all, liveIn(at+"/"+name, v[name])...)
		}
	}
	return all
}
