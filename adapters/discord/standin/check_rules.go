package standin

import (
	"slices"
	"strconv"
	"strings"
)

// Limits of Discord's pages resources/message, interactions/receiving-and-
// responding and interactions/application-commands.
const (
	contentLimit  = 2000
	embedsLimit   = 10
	embedSum      = 6000
	rowsLimit     = 5
	customIDLimit = 100
	nonceLimit    = 25
	componentsV2  = 1 << 15 // a message's flag
	ephemeral     = 1 << 6
	loading       = 1 << 7
)

// Types of callbacks.
const (
	pong           = 1
	reply          = 4
	deferReply     = 5
	deferUpdate    = 6
	update         = 7
	autocomplete   = 8
	modal          = 9
	choicesLimit   = 25
	choiceValue    = 100
	modalTitle     = 45
	modalRows      = 5
	labelInModal   = 45
	textInputLimit = 4000
)

// callback checks the first answer to an interaction.
func (c *checker) callback(b map[string]any) {
	data := object(b, "data")
	switch number(b, "type") {
	case reply, update:
		if data != nil || number(b, "type") == reply {
			c.message("/data", data, b)
		}
	case autocomplete:
		if n := len(list(data, "choices")); n > choicesLimit {
			c.bad("/data/choices", "%d choices, at most %d", n, choicesLimit)
		}
		for i, choice := range list(data, "choices") {
			at := index("/data", "choices", i)
			c.most(at, objectOf(choice), "value", choiceValue)
			c.most(at, objectOf(choice), "name", choiceValue)
			if str(objectOf(choice), "name") == "" {
				c.bad(at+"/name", "must not be empty")
			}
		}
	case modal:
		c.modal(data)
	}
}

func (c *checker) modal(data map[string]any) {
	c.most("/data", data, "title", modalTitle)
	c.most("/data", data, "custom_id", customIDLimit)
	if str(data, "title") == "" || str(data, "custom_id") == "" {
		c.bad("/data", "modal: needs a title and a custom_id")
	}
	if n := len(list(data, "components")); n < 1 || n > modalRows {
		c.bad("/data/components", "modal: 1 to 5 components")
	}
	c.components("/data", data)
}

// message checks what becomes a message, or changes one. The nonce stands in the
// whole body.
func (c *checker) message(at string, m, body map[string]any) {
	c.mentions(at, m)
	c.most(at, m, "content", contentLimit)
	v2 := number(m, "flags")&componentsV2 != 0
	embeds, components := list(m, "embeds"), list(m, "components")
	if v2 && (str(m, "content") != "" || len(embeds) > 0 || m["poll"] != nil || len(list(m, "sticker_ids")) > 0) {
		c.bad(at, "IS_COMPONENTS_V2 forbids content, embeds, poll, stickers")
	}
	if !v2 && len(components) > rowsLimit {
		c.bad(at+"/components", "more than 5 action rows in a message without IS_COMPONENTS_V2")
	}
	if !v2 && slices.ContainsFunc(components, func(x any) bool { return number(objectOf(x), "type") != actionRow }) {
		c.bad(at+"/components", "non-V2 message: only action rows (type 1) at the top level")
	}
	c.embeds(at, embeds)
	c.components(at, m)
	changes := c.method != "POST" || strings.HasSuffix(c.key, "/callback") && number(body, "type") == update
	if !changes && nothing(m) {
		c.bad(at, "empty message: needs content, embeds, stickers, components, poll or files")
	}
	if boolean(body, "enforce_nonce") && body["nonce"] == nil {
		c.bad("/enforce_nonce", "set without nonce")
	}
	c.most("", body, "nonce", nonceLimit)
}

// nothing is whether a message has nothing to show.
func nothing(m map[string]any) bool {
	for _, name := range []string{"embeds", "components", "sticker_ids", "attachments"} {
		if len(list(m, name)) > 0 {
			return false
		}
	}
	return str(m, "content") == "" && m["poll"] == nil && m["message_reference"] == nil
}

// mentions is silkwire's own rule: whatever a message says, it must ring nobody.
func (c *checker) mentions(at string, m map[string]any) {
	allowed := object(m, "allowed_mentions")
	parse, has := allowed["parse"].([]any)
	switch {
	case !has:
		c.add("house", at+"/allowed_mentions", "needs an empty parse")
	case len(parse) > 0 || len(list(allowed, "users")) > 0 || boolean(allowed, "replied_user") || !chosenRole(m, list(allowed, "roles")):
		c.add("house", at+"/allowed_mentions", "lets somebody be mentioned")
	}
}

// chosenRole tells whether no role may be mentioned, or the one that is all that stands
// above a digest.
func chosenRole(m map[string]any, roles []any) bool {
	if len(roles) == 0 {
		return true
	}
	id, ok := roles[0].(string)
	return ok && len(roles) == 1 && str(m, "content") == "<@&"+id+">"
}

func (c *checker) embeds(at string, embeds []any) {
	if n := len(embeds); n > embedsLimit {
		c.bad(at+"/embeds", "%d embeds, at most %d", n, embedsLimit)
	}
	sum := 0
	for i, x := range embeds {
		e, at := objectOf(x), index(at, "embeds", i)
		footer, author := object(e, "footer"), object(e, "author")
		c.most(at, e, "title", 256)
		c.most(at, e, "description", 4096)
		c.most(at+"/footer", footer, "text", 2048)
		c.most(at+"/author", author, "name", 256)
		sum += units(str(e, "title")) + units(str(e, "description")) + units(str(footer, "text")) + units(str(author, "name"))
		sum += c.fields(at, list(e, "fields"))
	}
	if sum > embedSum {
		c.bad(at+"/embeds", "embed text adds up to %d, limit %d", sum, embedSum)
	}
}

// fields checks the fields of an embed, and counts their characters.
func (c *checker) fields(at string, fields []any) int {
	if n := len(fields); n > 25 {
		c.bad(at+"/fields", "%d fields, at most 25", n)
	}
	sum := 0
	for i, x := range fields {
		f, at := objectOf(x), at+"/fields/"+strconv.Itoa(i)
		if str(f, "name") == "" || str(f, "value") == "" {
			c.bad(at, "field name and value must not be empty")
		}
		c.most(at, f, "name", 256)
		c.most(at, f, "value", 1024)
		sum += units(str(f, "name")) + units(str(f, "value"))
	}
	return sum
}
