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
	"slices"
	"strings"
	"sync"

	"github.com/slack-go/slack"

	"silkwire/bot"
	"silkwire/bot/layout"
)

// Finding is one thing that was looked at: well, or what to change.
type Finding struct {
	OK  bool
	Say string
}

// Check looks at the tokens and scopes that the options name, as Slack sees them,
// and at a manifest that was copied from the app's page, if there is one: Slack
// tells no token which events an app is subscribed to.
func Check(ctx context.Context, commands []bot.Command, opts Options, manifest []byte) []Finding {
	var found []Finding
	if f, swapped := swappedTokens(opts); swapped {
		return append(found, f)
	}
	wanted := ManifestOptions{ReadChannels: opts.ReadChannels, Assistant: opts.Assistant}
	found = append(found, checkBot(ctx, opts, wanted)...)
	switch {
	case opts.AppToken != "":
		found = append(found, checkApp(ctx, opts))
	case opts.SigningSecret == "":
		found = append(found, Finding{false, "There is neither SLACK_APP_TOKEN (Socket Mode) nor SLACK_SIGNING_SECRET (HTTP): set one of them."})
	}
	if manifest == nil {
		return append(found, Finding{true, "Events, commands and shortcuts cannot be seen with a token: copy the app's manifest (api.slack.com/apps → your app → App Manifest) to a file and add --manifest FILE."})
	}
	return append(found, checkManifest(commands, wanted, manifest)...)
}

func swappedTokens(opts Options) (Finding, bool) {
	if strings.HasPrefix(opts.BotToken, "xapp-") || strings.HasPrefix(opts.AppToken, "xoxb-") {
		return Finding{false, "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped: the first begins with xoxb-, the second with xapp-."}, true
	}
	return Finding{}, false
}

func checkBot(ctx context.Context, opts Options, wanted ManifestOptions) []Finding {
	if opts.BotToken == "" {
		return []Finding{{false, "SLACK_BOT_TOKEN is not set: copy the Bot User OAuth Token from api.slack.com/apps → your app → OAuth & Permissions."}}
	}
	var mu sync.Mutex
	granted := ""
	api := newAPI(opts, newHTTPClient(), slack.OptionOnResponseHeaders(func(_ string, h http.Header) {
		mu.Lock()
		defer mu.Unlock()
		granted = h.Get("X-OAuth-Scopes")
	}))
	me, err := api.AuthTestContext(ctx)
	if err != nil {
		return []Finding{{false, sentence(err, "SLACK_BOT_TOKEN")}}
	}
	found := []Finding{{true, fmt.Sprintf("SLACK_BOT_TOKEN: I am @%s in the workspace %s.", me.User, me.Team)}}
	mu.Lock()
	defer mu.Unlock()
	if granted == "" {
		return append(found, Finding{true, "Slack did not say which scopes the token has."})
	}
	has := strings.FieldsFunc(granted, func(r rune) bool { return r == ',' || r == ' ' })
	missing := false
	for _, s := range wanted.Scopes() {
		if s.Name == scopeFiles && !slices.Contains(has, s.Name) {
			found = append(found, Finding{true, fmt.Sprintf("Without the scope %s answers have no pictures: add it at api.slack.com/apps → your app → OAuth & Permissions → Scopes, then install the app again.", s.Name)})
			continue
		}
		if !slices.Contains(has, s.Name) {
			missing = true
			found = append(found, Finding{false, fmt.Sprintf("The scope %s is missing (%s): add it at api.slack.com/apps → your app → OAuth & Permissions → Scopes, then install the app again.", s.Name, s.Why)})
		}
	}
	if !missing {
		found = append(found, Finding{true, "Every scope that is needed was granted."})
	}
	return found
}

func checkApp(ctx context.Context, opts Options) Finding {
	_, _, err := newAPI(opts, newHTTPClient()).StartSocketModeContext(ctx)
	if err != nil {
		return Finding{false, sentence(err, "SLACK_APP_TOKEN")}
	}
	return Finding{true, "SLACK_APP_TOKEN: Socket Mode is on."}
}

// sentence is an error of Slack's for the operator.
func sentence(err error, variable string) string {
	explained := explainToken(err, variable)
	if f, ok := asFinal(explained); ok {
		return f.Say
	}
	if code := codeOf(err); code != "" {
		return fmt.Sprintf("Slack answered %s to the token in %s.", code, variable)
	}
	return "Slack cannot be reached: " + clean(err) + "."
}

// checkManifest compares the app as it is with the app as it is wanted.
func checkManifest(commands []bot.Command, wanted ManifestOptions, raw []byte) []Finding {
	var is slack.Manifest
	if err := json.Unmarshal(raw, &is); err != nil {
		return []Finding{{false, "The manifest is no JSON: copy it from the JSON tab of App Manifest."}}
	}
	want, err := NewManifest(commands, wanted)
	if err != nil {
		return []Finding{{false, err.Error()}}
	}
	var found []Finding
	lacks := func(ok bool, format string, args ...any) {
		if !ok {
			found = append(found, Finding{false, fmt.Sprintf(format, args...)})
		}
	}
	var events []string
	if is.Settings.EventSubscriptions != nil {
		events = is.Settings.EventSubscriptions.BotEvents
	}
	for _, e := range wanted.Events() {
		lacks(slices.Contains(events, e), "The event %s is missing: add it at api.slack.com/apps → your app → Event Subscriptions → Subscribe to bot events.", e)
	}
	for _, c := range want.Features.SlashCommands {
		lacks(slices.ContainsFunc(is.Features.SlashCommands, func(h slack.ManifestSlashCommand) bool { return h.Command == c.Command }),
			"The command %s is missing: paste the printed manifest at api.slack.com/apps → your app → App Manifest.", c.Command)
	}
	for _, s := range want.Features.Shortcuts {
		lacks(slices.ContainsFunc(is.Features.Shortcuts, func(h slack.Shortcut) bool { return h.CallbackID == s.CallbackID }),
			"The message shortcut %s is missing: add it at api.slack.com/apps → your app → Interactivity & Shortcuts.", s.Name)
	}
	lacks(is.Settings.Interactivity != nil && is.Settings.Interactivity.IsEnabled, "Interactivity is off: switch it on at api.slack.com/apps → your app → Interactivity & Shortcuts.")
	lacks(is.Features.AppHome.HomeTabEnabled, "The Home tab is off: switch it on at api.slack.com/apps → your app → App Home.")
	if len(found) == 0 {
		found = append(found, Finding{true, "Every event, command and shortcut is there."})
	}
	return found
}

// Problem is what Slack's own validator says of a payload.
type Problem struct {
	Pointer string `json:"pointer"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// validate asks Slack's blocks.validate about a message:
// https://docs.slack.dev/reference/methods/blocks.validate
func (a *Adapter) validate(ctx context.Context, d drawn) ([]Problem, error) {
	var b bytes.Buffer
	if err := encode(&b, map[string]any{"text": d.text, "blocks": d.blocks}); err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.opts.api()+"blocks.validate", strings.NewReader(url.Values{"message": {b.String()}}.Encode()))
	if err != nil {
		return nil, fmt.Errorf("blocks.validate: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+a.opts.BotToken)
	response, err := a.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("blocks.validate: %w", bare(err))
	}
	defer func() { _ = response.Body.Close() }() // it was read
	var says struct {
		OK     bool      `json:"ok"`
		Error  string    `json:"error"`
		Errors []Problem `json:"errors"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxFrame)).Decode(&says); err != nil {
		return nil, fmt.Errorf("blocks.validate: %w", err)
	}
	switch {
	case says.OK:
		return nil, nil
	case strings.HasPrefix(says.Error, "invalid_blocks"), says.Error == "invalid_message", says.Error == "invalid_view":
		if len(says.Errors) == 0 {
			says.Errors = []Problem{{Code: says.Error}}
		}
		return says.Errors, nil
	}
	return nil, fmt.Errorf("blocks.validate: %w", &SendError{Code: says.Error})
}

// Sample is a reply drawn for a check, under the line that asked it.
type Sample struct {
	Line string
	JSON []byte // {"text", "blocks"}, or App Home's view
}

// Samples draws the answers to lines, as they are sent where the newer blocks are
// taken (modern) or refused.
func Samples(ctx context.Context, core Core, opts Options, lines []string, modern bool) ([]Sample, error) {
	a := New(core, opts)
	a.classic.Store(!modern)
	a.native.Store(modern)
	var out []Sample
	for _, line := range lines {
		var drawn any = asMessage(a.sample(ctx, line), false)
		if line == opts.Home {
			req := a.request(sampled, bot.Conversation{}, line)
			drawn = a.homeView(req, a.core.Dispatch(ctx, req))
		}
		var b bytes.Buffer
		if err := encode(&b, drawn); err != nil {
			return nil, fmt.Errorf("draw %s: %w", line, err)
		}
		out = append(out, Sample{Line: line, JSON: b.Bytes()})
	}
	return out, nil
}

// sampled is who asks for samples.
var sampled = person{"T0", "U0", "you"}

func (a *Adapter) sample(ctx context.Context, line string) drawn {
	req := a.request(sampled, bot.Conversation{Channel: "C0"}, line)
	req.Context.At = req.At // none of them is a follow-up of another
	reply := a.core.Dispatch(ctx, req)
	return a.drawing(exchange{req: req, reply: reply, asked: layout.Ask(line, reply.Light)}, false).draw()
}

// Validated is what Slack says of a sample: nothing where it is well.
type Validated struct {
	Line     string
	Problems []Problem
}

// Validate sends the answers to lines to Slack's own validator and returns what it
// says of each. The error is one of asking, a sentence for the operator.
func Validate(ctx context.Context, core Core, opts Options, lines []string) ([]Validated, error) {
	a := New(core, opts)
	var out []Validated
	for _, modern := range []bool{false, true} {
		a.classic.Store(!modern)
		a.native.Store(modern)
		for _, line := range lines {
			problems, err := a.validate(ctx, a.sample(ctx, line))
			if err != nil {
				return out, errors.New(sentence(err, "SLACK_BOT_TOKEN"))
			}
			out = append(out, Validated{Line: line, Problems: problems})
		}
	}
	return out, nil
}
