package standin

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// commandName is the pattern of interactions/application-commands. Go has no
// script extensions (sc), so that its Thai and Devanagari are those scripts and
// their marks, which are no letters.
var commandName = regexp.MustCompile(`^[-_'\p{L}\p{N}\p{Devanagari}\p{Thai}]{1,32}$`)

const (
	chatInput    = 1
	menuMessage  = 3
	commandTotal = 8000
)

// commands checks one command, or all that replace those there are.
func (c *checker) commands(body any) {
	all, many := body.([]any)
	if !many {
		all = []any{body}
	}
	per, names := map[int]int{}, map[string]bool{}
	for i, v := range all {
		cmd, at, kind := objectOf(v), "/"+strconv.Itoa(i), chatInput
		if cmd["type"] != nil {
			kind = number(cmd, "type")
		}
		per[kind]++
		c.command(at, cmd, kind)
		if key := fmt.Sprint(kind, str(cmd, "name")); names[key] {
			c.bad(at, "command name repeated")
		} else {
			names[key] = true
		}
	}
	if per[chatInput] > 100 {
		c.bad("/", "more than 100 CHAT_INPUT commands")
	}
	if per[2] > 15 || per[menuMessage] > 15 {
		c.bad("/", "more than 15 USER or MESSAGE commands")
	}
}

func (c *checker) command(at string, cmd map[string]any, kind int) {
	switch {
	case kind == chatInput:
		c.name(at+"/name", str(cmd, "name"))
		if str(cmd, "description") == "" {
			c.bad(at+"/description", "required for CHAT_INPUT (1-100)")
		}
	case str(cmd, "description") != "":
		c.bad(at+"/description", "must be empty for USER and MESSAGE commands")
	}
	c.most(at, cmd, "name", 32)
	c.most(at, cmd, "description", 100)
	for locale, v := range object(cmd, "name_localizations") {
		if s, _ := v.(string); kind == chatInput {
			c.name(at+"/name_localizations/"+locale, s)
		}
	}
	c.options(at, list(cmd, "options"))
	if n := total(cmd); n > commandTotal {
		c.bad(at, "name, description and values add up to %d, limit %d", n, commandTotal)
	}
}

func (c *checker) name(at, name string) {
	switch {
	case !commandName.MatchString(name) || units(name) > 32:
		c.bad(at, "name %q does not match the CHAT_INPUT name pattern", name)
	case name != strings.ToLower(name):
		c.bad(at, "name %q must be lowercase", name)
	}
}

// total is how much of the limit on a whole command something takes.
func total(c map[string]any) int {
	n := units(str(c, "name")) + units(str(c, "description"))
	for _, o := range list(c, "options") {
		n += total(objectOf(o))
	}
	for _, v := range list(c, "choices") {
		choice := objectOf(v)
		n += units(str(choice, "name")) + units(fmt.Sprint(choice["value"]))
	}
	return n
}

func (c *checker) options(at string, options []any) {
	optional, names := false, map[string]bool{}
	for i, v := range options {
		o, at := objectOf(v), index(at, "options", i)
		c.name(at+"/name", str(o, "name"))
		c.most(at, o, "description", 100)
		if str(o, "description") == "" {
			c.bad(at+"/description", "required (1-100)")
		}
		if names[str(o, "name")] {
			c.bad(at, "option name repeated")
		}
		names[str(o, "name")] = true
		required := boolean(o, "required")
		if required && optional {
			c.bad(at, "required option after an optional one")
		}
		optional = optional || !required && number(o, "type") > 2
		c.choices(at, o)
		c.options(at, list(o, "options"))
	}
}

func (c *checker) choices(at string, o map[string]any) {
	choices := list(o, "choices")
	for i, v := range choices {
		c.most(index(at, "choices", i), objectOf(v), "value", choiceValue)
		c.most(index(at, "choices", i), objectOf(v), "name", choiceValue)
	}
	if boolean(o, "autocomplete") && len(choices) > 0 {
		c.bad(at, "autocomplete and choices exclude each other")
	}
}
