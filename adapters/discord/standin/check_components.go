package standin

import "slices"

// Types of components.
const (
	actionRow    = 1
	button       = 2
	stringSelect = 3
	textInput    = 4
	userSelect   = 5
	roleSelect   = 6
	anySelect    = 7
	channelPick  = 8
	textDisplay  = 10
	label        = 18
)

// Styles of buttons that are not answered with a custom_id.
const (
	linkStyle    = 5
	premiumStyle = 6
)

const componentsLimit = 40

func isSelect(kind int) bool {
	return kind == stringSelect || kind >= userSelect && kind <= channelPick
}

// children are the components inside another, or inside a message.
func children(c map[string]any) []map[string]any {
	var all []map[string]any
	for _, x := range list(c, "components") {
		all = append(all, objectOf(x))
	}
	for _, name := range []string{"accessory", "component"} {
		if x := object(c, name); x != nil {
			all = append(all, x)
		}
	}
	return all
}

// each visits all components inside another, with their places.
func each(at string, c map[string]any, visit func(at string, c map[string]any)) {
	for i, x := range list(c, "components") {
		place := index(at, "components", i)
		visit(place, objectOf(x))
		each(place, objectOf(x), visit)
	}
	for _, name := range []string{"accessory", "component"} {
		if x := object(c, name); x != nil {
			visit(at+"/"+name, x)
			each(at+"/"+name, x, visit)
		}
	}
}

// components checks the components of a message or a modal.
func (c *checker) components(at string, m map[string]any) {
	n := 0
	var ids []string
	each(at, m, func(at string, x map[string]any) {
		n++
		if x["custom_id"] != nil {
			id := str(x, "custom_id")
			if slices.Contains(ids, id) {
				c.bad(at+"/custom_id", "custom_id repeated in one message")
			}
			ids = append(ids, id)
			c.customID(at, id)
		}
		c.component(at, x)
	})
	if n > componentsLimit {
		c.bad(at+"/components", "%d components in total, limit %d", n, componentsLimit)
	}
}

func (c *checker) customID(at, id string) {
	if n := units(id); n < 1 || n > customIDLimit {
		c.bad(at+"/custom_id", "%d characters, must be 1 to %d", n, customIDLimit)
	}
}

func (c *checker) component(at string, x map[string]any) {
	switch kind := number(x, "type"); {
	case kind == actionRow:
		c.row(at, x)
	case kind == button:
		c.button(at, x)
	case isSelect(kind):
		c.menu(at, x)
	case kind == textInput:
		c.most(at, x, "label", labelInModal)
		c.most(at, x, "value", textInputLimit)
		c.most(at, x, "placeholder", 100)
		c.customID(at, str(x, "custom_id"))
	case kind == textDisplay:
		c.most(at, x, "content", 4000)
	case kind == label:
		c.most(at, x, "label", labelInModal)
		c.most(at, x, "description", 100)
	}
}

func (c *checker) row(at string, x map[string]any) {
	buttons, inside := 0, children(x)
	for _, child := range inside {
		if number(child, "type") == button {
			buttons++
		}
	}
	others := len(inside) - buttons
	switch {
	case len(inside) == 0:
		c.bad(at, "action row with nothing in it")
	case buttons > 0 && others > 0:
		c.bad(at, "action row mixes buttons and selects")
	case buttons > 5:
		c.bad(at, "%d buttons in an action row, at most 5", buttons)
	case others > 1:
		c.bad(at, "%d selects in an action row, at most 1", others)
	}
}

func (c *checker) button(at string, x map[string]any) {
	style, id, link := number(x, "style"), str(x, "custom_id"), str(x, "url")
	switch {
	case style == linkStyle && link == "":
		c.bad(at, "link button without url")
	case style == linkStyle && id != "":
		c.bad(at, "link button with custom_id")
	case style != linkStyle && style != premiumStyle && id == "":
		c.bad(at, "button without custom_id")
	}
	if style != premiumStyle && str(x, "label") == "" && x["emoji"] == nil {
		c.bad(at, "button without label or emoji")
	}
	c.most(at, x, "label", 80)
}

func (c *checker) menu(at string, x map[string]any) {
	c.customID(at, str(x, "custom_id"))
	c.most(at, x, "placeholder", 150)
	options := list(x, "options")
	if number(x, "type") == stringSelect && (len(options) < 1 || len(options) > 25) {
		c.bad(at+"/options", "%d options, must be 1 to 25", len(options))
	}
	var values []string
	for i, v := range options {
		o, at := objectOf(v), index(at, "options", i)
		for _, name := range []string{"label", "value", "description"} {
			c.most(at, o, name, 100)
		}
		if str(o, "label") == "" || str(o, "value") == "" {
			c.bad(at, "option without label or value")
		}
		if slices.Contains(values, str(o, "value")) {
			c.bad(at, "option value repeated")
		}
		values = append(values, str(o, "value"))
	}
}
