package standin

import (
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// schemas are Slack's own, from github.com/slackapi/manifest-schema, under the
// licence that lies beside them.
//
//go:embed testdata/slack-manifest.schema.1.0.0.json testdata/slack-manifest.schema.2.0.0.json
var schemas embed.FS

// manifestSchemas compiles both versions the first time one is needed.
var manifestSchemas = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	all := map[string]*jsonschema.Schema{}
	for _, version := range []string{"1", "2"} {
		name := "testdata/slack-manifest.schema." + version + ".0.0.json"
		f, err := schemas.Open(name)
		if err != nil {
			return nil, err
		}
		doc, err := jsonschema.UnmarshalJSON(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		c := jsonschema.NewCompiler()
		c.DefaultDraft(jsonschema.Draft7)
		c.AssertFormat()
		c.UseRegexpEngine(compilePattern)
		if err := c.AddResource(name, doc); err != nil {
			return nil, err
		}
		if all[version], err = c.Compile(name); err != nil {
			return nil, err
		}
	}
	return all, nil
})

// pattern is one of the schema's expressions.
type pattern struct {
	source   string
	is, isNo *regexp.Regexp
}

// MatchString tells whether a string is so.
func (p pattern) MatchString(s string) bool {
	return p.is.MatchString(s) && (p.isNo == nil || !p.isNo.MatchString(s))
}

// String is the expression as the schema has it.
func (p pattern) String() string { return p.source }

var notAhead = regexp.MustCompile(`^\^\(\?!((?:[^()\\]|\\.)*)\)`)

// compilePattern reads an expression of JavaScript's. The one thing in the schema
// that Go's have not is "not followed by", and only at the beginning.
func compilePattern(source string) (jsonschema.Regexp, error) {
	p := pattern{source: source}
	rest := source
	if m := notAhead.FindStringSubmatch(source); m != nil {
		not, err := regexp.Compile("^(?:" + m[1] + ")")
		if err != nil {
			return nil, err
		}
		p.isNo, rest = not, "^"+source[len(m[0]):]
	}
	is, err := regexp.Compile(rest)
	p.is = is
	return p, err
}

// CheckManifest lists what Slack would not take in an app's manifest, by its own
// schema, and what the schema cannot know: scopes that the features need.
func CheckManifest(doc []byte) []string {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(doc)))
	if err != nil {
		return []string{"/: " + err.Error()}
	}
	all, err := manifestSchemas()
	if err != nil {
		return []string{"/: " + err.Error()}
	}
	var m manifest
	wrong := json.Unmarshal(doc, &m) // what has another type there, the schema names
	version := "1"
	if m.Metadata.Major == 2 {
		version = "2"
	}
	var found []string
	if err := all[version].Validate(v); err != nil {
		if invalid, ok := err.(*jsonschema.ValidationError); ok { //nolint:errorlint // never wrapped: the library says so
			found = leaves(invalid)
		} else {
			found = []string{"/: " + err.Error()}
		}
	}
	if wrong != nil && len(found) == 0 {
		found = append(found, "/: "+wrong.Error())
	}
	return append(found, m.extra(doc)...)
}

// leaves are the causes of a validation error that have none themselves.
func leaves(e *jsonschema.ValidationError) []string {
	if len(e.Causes) == 0 {
		said := e.ErrorKind.LocalizedString(message.NewPrinter(language.English))
		return []string{"/" + strings.Join(e.InstanceLocation, "/") + ": " + said}
	}
	var all []string
	for _, c := range e.Causes {
		all = append(all, leaves(c)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// manifest is what the rules beyond the schema look at.
type manifest struct {
	Metadata struct {
		Major int `json:"major_version"`
	} `json:"_metadata"`
	Features struct {
		Commands []struct {
			Command string `json:"command"`
			URL     string `json:"url"`
		} `json:"slash_commands"`
		Home struct {
			Tab bool `json:"home_tab_enabled"`
		} `json:"app_home"`
		Assistant json.RawMessage `json:"assistant_view"`
		Agent     json.RawMessage `json:"agent_view"`
	} `json:"features"`
	OAuth struct {
		Scopes struct {
			Bot []string `json:"bot"`
		} `json:"scopes"`
	} `json:"oauth_config"`
	Settings struct {
		Sockets bool `json:"socket_mode_enabled"`
		Events  struct {
			Bot []string `json:"bot_events"`
		} `json:"event_subscriptions"`
	} `json:"settings"`
}

// eventScopes are the scopes that bot events need.
var eventScopes = []struct{ event, scope string }{
	{"app_mention", "app_mentions:read"},
	{"message.im", "im:history"},
	{"message.channels", "channels:history"},
	{"message.groups", "groups:history"},
}

var addressed = regexp.MustCompile(`"request_url"|"url":`)

// extra holds what the schema does not know, but Slack or the adapter needs.
func (m manifest) extra(doc []byte) []string {
	var found []string
	needs := func(scope, why string) {
		if !slices.Contains(m.OAuth.Scopes.Bot, scope) {
			found = append(found, "/oauth_config/scopes/bot: scope "+scope+" missing: "+why)
		}
	}
	if len(m.Features.Commands) > 0 {
		needs("commands", "slash_commands")
	}
	for _, x := range eventScopes {
		if slices.Contains(m.Settings.Events.Bot, x.event) {
			needs(x.scope, "bot event "+x.event)
		}
	}
	if slices.Contains(m.Settings.Events.Bot, "app_home_opened") && !m.Features.Home.Tab {
		found = append(found, "/features/app_home: app_home_opened subscribed, but home_tab_enabled is off")
	}
	if m.Features.Assistant != nil || m.Features.Agent != nil {
		needs("assistant:write", "assistant/agent view")
	}
	if m.Settings.Sockets && addressed.Match(compacted(doc)) {
		found = append(found, "/settings: socket mode is on, a request_url is dead weight")
	}
	seen := map[string]bool{}
	for i, c := range m.Features.Commands {
		at := fmt.Sprintf("/features/slash_commands/%d: ", i)
		if !m.Settings.Sockets && c.URL == "" {
			found = append(found, at+"no socket mode and a slash command without url")
		}
		if seen[c.Command] {
			found = append(found, at+"the same slash command twice")
		}
		seen[c.Command] = true
	}
	return found
}
