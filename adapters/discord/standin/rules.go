package standin

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// size counts as the stricter of the two ways: characters or UTF-16 units.
func size(v any) int {
	s, _ := v.(string)
	return max(utf8.RuneCountInString(s), len(utf16.Encode([]rune(s))))
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func whole(v any) int {
	n, _ := v.(float64)
	return int(n)
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// complaints collects what is wrong, by place.
type complaints []string

func (c *complaints) addf(format string, args ...any) { *c = append(*c, fmt.Sprintf(format, args...)) }

func (c *complaints) most(where string, v any, limit int) {
	if n := size(v); n > limit {
		c.addf("%s has %d characters, at most %d are taken", where, n, limit)
	}
}

// Kinds of interaction responses.
const (
	responsePong     = 1
	responseMessage  = 4
	responsePromise  = 5
	responseSilent   = 6
	responseUpdate   = 7
	responseFound    = 8
	responseWindow   = 9
	flagEphemeral    = 1 << 6
	flagComponentsV2 = 1 << 15
)

// rules are those that Discord's pages state and its description does not, of the
// body that an operation gets.
func rules(method, template string, body any) []string {
	var c complaints
	b := object(body)
	switch {
	case strings.HasSuffix(template, "/callback"):
		c.callback(b)
	case strings.HasSuffix(template, "/commands"):
		c.commands(list(body))
	case strings.Contains(template, "/messages") || strings.HasPrefix(template, "/webhooks/{webhook_id}/{webhook_token}"):
		c.message(b, method == "POST")
	}
	return c
}

func (c *complaints) callback(b map[string]any) {
	data := object(b["data"])
	switch kind := whole(b["type"]); kind {
	case responseMessage:
		c.message(data, true)
	case responseUpdate:
		c.message(data, false)
	case responsePong, responsePromise, responseSilent:
	case responseFound:
		for i, choice := range list(data["choices"]) {
			c.most(fmt.Sprintf("the name of choice %d", i), object(choice)["name"], 100)
			c.most(fmt.Sprintf("the value of choice %d", i), object(choice)["value"], 100)
		}
	case responseWindow:
		c.window(data)
	default:
		c.addf("there is no response of type %d", kind)
	}
}

func (c *complaints) window(w map[string]any) {
	c.most("the window's title", w["title"], 45)
	if n := len(list(w["components"])); n < 1 || n > 5 {
		c.addf("a window has 1 to 5 components, not %d", n)
	}
	for _, field := range list(w["components"]) {
		c.most("a label", object(field)["label"], 45)
		c.most("a label's description", object(field)["description"], 100)
	}
	c.ids([]any{w})
}

// message checks what every message must keep to. What is created must say something.
func (c *complaints) message(m map[string]any, created bool) {
	c.mentions(m)
	c.most("the content", m["content"], 2000)
	c.embeds(list(m["embeds"]))
	c.components(m)
	says := m["content"] != nil && m["content"] != "" || len(list(m["embeds"])) > 0 || len(list(m["components"])) > 0
	if created && !says {
		c.addf("the message is empty")
	}
	c.most("the nonce", m["nonce"], 25)
	if m["enforce_nonce"] == true && text(m["nonce"]) == "" {
		c.addf("enforce_nonce without a nonce")
	}
}

// mentions wants what this project promises: a message of a bot pings nobody.
func (c *complaints) mentions(m map[string]any) {
	allowed, said := m["allowed_mentions"].(map[string]any)
	switch {
	case !said:
		c.addf("mentions: the message does not say allowed_mentions")
	case len(list(allowed["parse"]))+len(list(allowed["users"]))+len(list(allowed["roles"])) > 0, allowed["parse"] == nil, allowed["replied_user"] == true:
		c.addf("mentions: the message may ping somebody")
	}
}

func (c *complaints) embeds(embeds []any) {
	if len(embeds) > 10 {
		c.addf("%d embeds, at most 10 are taken", len(embeds))
	}
	sum := 0
	for i, e := range embeds {
		e := object(e)
		footer, author := object(e["footer"])["text"], object(e["author"])["name"]
		c.most(fmt.Sprintf("the title of embed %d", i), e["title"], 256)
		c.most(fmt.Sprintf("the description of embed %d", i), e["description"], 4096)
		c.most("a footer", footer, 2048)
		c.most("an author", author, 256)
		sum += size(e["title"]) + size(e["description"]) + size(footer) + size(author)
		if n := len(list(e["fields"])); n > 25 {
			c.addf("%d fields, at most 25 are taken", n)
		}
		for j, f := range list(e["fields"]) {
			f := object(f)
			where := fmt.Sprintf("field %d of embed %d", j, i)
			if strings.TrimSpace(text(f["name"])) == "" || strings.TrimSpace(text(f["value"])) == "" {
				c.addf("%s has no name or no value", where)
			}
			c.most("the name of "+where, f["name"], 256)
			c.most("the value of "+where, f["value"], 1024)
			sum += size(f["name"]) + size(f["value"])
		}
		if title, description := text(e["title"]), text(e["description"]); strings.TrimSpace(title+description) == "" && len(list(e["fields"])) == 0 {
			c.addf("embed %d is empty", i)
		}
	}
	if sum > 6000 {
		c.addf("the texts of the embeds add up to %d characters, at most 6000 are taken", sum)
	}
}

// Types of components.
const (
	typeRow    = 1
	typeButton = 2
	typeLabel  = 18
)

func (c *complaints) components(m map[string]any) {
	top := list(m["components"])
	newer := whole(m["flags"])&flagComponentsV2 != 0
	if newer {
		if m["content"] != nil && m["content"] != "" || len(list(m["embeds"])) > 0 {
			c.addf("IS_COMPONENTS_V2 excludes content and embeds")
		}
		if n := within(top); n > 40 {
			c.addf("%d components, at most 40 are taken", n)
		}
	} else {
		if len(top) > 5 {
			c.addf("%d action rows, at most 5 are taken", len(top))
		}
		for _, row := range top {
			if whole(object(row)["type"]) != typeRow {
				c.addf("a message without IS_COMPONENTS_V2 has action rows only")
			}
		}
	}
	c.each(top)
	c.ids(top)
}

func within(components []any) int {
	n := 0
	walk(components, func(map[string]any) { n++ })
	return n
}

// walk visits components and those in them.
func walk(components []any, visit func(map[string]any)) {
	for _, v := range components {
		o := object(v)
		if o == nil {
			continue
		}
		visit(o)
		walk(list(o["components"]), visit)
		for _, one := range []string{"accessory", "component"} {
			if o[one] != nil {
				walk([]any{o[one]}, visit)
			}
		}
	}
}

func (c *complaints) each(components []any) {
	walk(components, func(o map[string]any) {
		switch whole(o["type"]) {
		case typeRow:
			c.row(list(o["components"]))
		case typeButton:
			c.button(o)
		default:
			c.most("a placeholder", o["placeholder"], 150)
			if n := len(list(o["options"])); n > 25 {
				c.addf("%d options, at most 25 are taken", n)
			}
			c.options(list(o["options"]))
		}
	})
}

func (c *complaints) options(options []any) {
	values := map[string]bool{}
	for _, v := range options {
		o := object(v)
		c.most("an option's label", o["label"], 100)
		c.most("an option's value", o["value"], 100)
		c.most("an option's description", o["description"], 100)
		if values[text(o["value"])] {
			c.addf("the value %q stands twice in a menu", o["value"])
		}
		values[text(o["value"])] = true
	}
}

func (c *complaints) row(inside []any) {
	buttons := 0
	for _, v := range inside {
		if whole(object(v)["type"]) == typeButton {
			buttons++
		}
	}
	switch {
	case len(inside) == 0:
		c.addf("an action row is empty")
	case buttons > 0 && buttons < len(inside):
		c.addf("an action row mixes buttons and menus")
	case buttons > 5, buttons == 0 && len(inside) > 1:
		c.addf("an action row has 5 buttons or a menu at most, not %d", len(inside))
	}
}

func (c *complaints) button(b map[string]any) {
	const link, premium = 5, 6
	c.most("a button's label", b["label"], 80)
	style := whole(b["style"])
	switch {
	case style == link && text(b["url"]) == "":
		c.addf("a link button without an address")
	case style == link && b["custom_id"] != nil:
		c.addf("a link button with a custom_id")
	case style != link && style != premium && text(b["custom_id"]) == "":
		c.addf("a button without a custom_id")
	}
	if style != premium && text(b["label"]) == "" && b["emoji"] == nil {
		c.addf("a button without a label or an emoji")
	}
}

func (c *complaints) ids(components []any) {
	seen := map[string]bool{}
	walk(components, func(o map[string]any) {
		id, has := o["custom_id"].(string)
		if !has {
			return
		}
		if n := size(id); n < 1 || n > 100 {
			c.addf("a custom_id has 1 to 100 characters, not %d", n)
		}
		if seen[id] {
			c.addf("the custom_id %q stands twice", id)
		}
		seen[id] = true
	})
}

var commandName = regexp.MustCompile(`^[-_'\p{L}\p{N}\p{Devanagari}\p{Thai}]{1,32}$`)

// Kinds of commands and options.
const (
	chatCommand    = 1
	userCommand    = 2
	messageCommand = 3
	groupOption    = 2
)

func (c *complaints) commands(all []any) {
	count := map[int]int{}
	names := map[string]bool{}
	for _, v := range all {
		command := object(v)
		kind := whole(command["type"])
		if kind == 0 {
			kind = chatCommand
		}
		count[kind]++
		name := text(command["name"])
		if key := fmt.Sprint(kind, name); names[key] {
			c.addf("the command %q stands twice", name)
		} else {
			names[key] = true
		}
		if kind == chatCommand {
			c.name(name)
			if d := size(command["description"]); d < 1 || d > 100 {
				c.addf("%s: a description has 1 to 100 characters", name)
			}
		} else if text(command["description"]) != "" {
			c.addf("%s: only a chat command has a description", name)
		}
		c.commandOptions(name, list(command["options"]))
		if n := volume(command); n > 8000 {
			c.addf("%s: names, descriptions and values add up to %d characters, at most 8000 are taken", name, n)
		}
	}
	if count[chatCommand] > 100 || count[userCommand] > 15 || count[messageCommand] > 15 {
		c.addf("more than 100 chat, 15 user or 15 message commands")
	}
}

func (c *complaints) name(name string) {
	switch {
	case !commandName.MatchString(name):
		c.addf("the name %q is none", name)
	case strings.ToLower(name) != name:
		c.addf("the name %q is not in lower case", name)
	}
}

func (c *complaints) commandOptions(command string, options []any) {
	if len(options) > 25 {
		c.addf("%s: %d options, at most 25 are taken", command, len(options))
	}
	optional := false
	names := map[string]bool{}
	for _, v := range options {
		o := object(v)
		name := text(o["name"])
		c.name(name)
		if names[name] {
			c.addf("%s: the option %q stands twice", command, name)
		}
		names[name] = true
		if d := size(o["description"]); d < 1 || d > 100 {
			c.addf("%s %s: a description has 1 to 100 characters", command, name)
		}
		for locale, d := range object(o["description_localizations"]) {
			c.most(command+" "+name+" in "+locale, d, 100)
		}
		if o["required"] == true && optional {
			c.addf("%s: the required option %q follows an optional one", command, name)
		}
		optional = optional || o["required"] != true && whole(o["type"]) > groupOption
		if o["autocomplete"] == true && len(list(o["choices"])) > 0 {
			c.addf("%s %s: autocomplete and choices exclude each other", command, name)
		}
		if len(list(o["choices"])) > 25 {
			c.addf("%s %s: more than 25 choices", command, name)
		}
		for _, choice := range list(o["choices"]) {
			c.most("a choice's value", object(choice)["value"], 100)
		}
		c.commandOptions(command+" "+name, list(o["options"]))
	}
}

func volume(o map[string]any) int {
	n := size(o["name"]) + size(o["description"])
	for _, v := range list(o["options"]) {
		n += volume(object(v))
	}
	for _, v := range list(o["choices"]) {
		n += size(object(v)["name"]) + size(fmt.Sprint(object(v)["value"]))
	}
	return n
}
