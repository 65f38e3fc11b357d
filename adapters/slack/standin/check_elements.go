package standin

import "maps"

// element makes the shape of something that acts: its name, and its own fields.
func element(name string, fields map[string]field, also rule) shape {
	fields["type"] = need(oneOf(name))
	fields["action_id"] = may(actionID)
	return shape{fields, also}
}

// actionID must be new in its block.
func actionID(c *checker, at string, v any) {
	str(1, 255)(c, at, v)
	id, ok := v.(string)
	if !ok {
		return
	}
	if c.actions[id] {
		c.add(at, "action_id %s twice in one block", id)
	}
	c.actions[id] = true
}

var colour = oneOf("primary", "danger")

func confirmation(c *checker, at string, v any) {
	c.object(at, v, shape{fields: map[string]field{"title": may(plain(100)), "text": need(text(300)), "confirm": may(plain(30)), "deny": may(plain(30)), "style": may(colour)}})
}

// option is one choice of a menu; those of radio buttons and checkboxes may be
// marked up.
func option(types ...string) rule {
	return object(map[string]field{"text": need(text(75, types...)), "value": may(str(1, 150)), "description": may(plain(75)), "url": may(str(0, 3000))})
}

func optionGroup(c *checker, at string, v any) {
	object(map[string]field{"label": need(plain(75)), "options": need(list(1, 100, option("plain_text")))})(c, at, v)
}

// filter is what a menu of conversations shows: it must narrow something.
func filter(c *checker, at string, v any) {
	c.object(at, v, shape{map[string]field{"include": may(list(0, 0, oneOf("im", "mpim", "private", "public"))), "exclude_external_shared_channels": may(boolean), "exclude_bot_users": may(boolean)}, nil})
}

// optionsOrGroups is the rule of a menu that brings its choices.
func optionsOrGroups(c *checker, at string, v any) {
	o, _ := v.(map[string]any)
	if o["options"] != nil && o["option_groups"] != nil {
		c.add(at, "options and option_groups together")
	}
	if o["options"] == nil && o["option_groups"] == nil {
		c.add(at, "options or option_groups needed")
	}
}

// Mixed in by several elements.
var (
	confirmable  = map[string]field{"confirm": may(confirmation)}
	focusable    = map[string]field{"focus_on_load": may(boolean)}
	placeholding = map[string]field{"placeholder": may(plain(150))}
	dispatching  = map[string]field{"dispatch_action_config": may(object(map[string]field{"trigger_actions_on": may(list(0, 0, oneOf("on_enter_pressed", "on_character_entered")))}))}
	severalOf    = map[string]field{"max_selected_items": may(number)}
	respondable  = map[string]field{"response_url_enabled": may(boolean)}
	menu         = mix(confirmable, focusable, placeholding)
)

func mix(tables ...map[string]field) map[string]field {
	all := map[string]field{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

// workflow is what a workflow button starts.
var workflow = object(map[string]field{"trigger": need(object(map[string]field{"url": need(free),
	"customizable_input_parameters": may(list(0, 0, object(map[string]field{"name": need(free), "value": need(free)})))}))})

func elementShapes() map[string]shape {
	of := func(own map[string]field, mixed ...map[string]field) map[string]field {
		return mix(append(mixed, own)...)
	}
	feedback := object(map[string]field{"text": need(plain(75)), "accessibility_label": may(str(0, 75)), "value": need(str(0, 2000))})
	choices := may(list(1, 100, option("plain_text")))
	groups := may(list(1, 100, optionGroup))
	initial := may(option("plain_text"))
	initials := may(list(0, 0, option("plain_text")))
	conversations := map[string]field{"default_to_current_conversation": may(boolean), "filter": may(filter)}
	strings := may(list(0, 0, free))
	all := map[string]shape{}
	add := func(name string, also rule, own map[string]field, mixed ...map[string]field) {
		all[name] = element(name, of(own, mixed...), also)
	}
	add("button", nil, map[string]field{"text": need(plain(75)), "value": may(str(0, 2000)), "url": may(str(0, 3000)), "style": may(colour), "accessibility_label": may(str(0, 75))}, confirmable)
	add("icon_button", nil, map[string]field{"icon": need(free), "text": need(plain(75)), "accessibility_label": may(str(0, 75)), "value": may(str(0, 2000)), "visible_to_user_ids": strings}, confirmable)
	add("feedback_buttons", nil, map[string]field{"positive_button": need(feedback), "negative_button": need(feedback)})
	add("workflow_button", nil, map[string]field{"text": need(plain(75)), "workflow": need(workflow), "style": may(colour), "accessibility_label": may(str(0, 75))}, confirmable)
	add("overflow", nil, map[string]field{"options": need(list(1, 5, option("plain_text")))}, confirmable)
	add("checkboxes", nil, map[string]field{"options": need(list(1, 10, option())), "initial_options": may(list(0, 10, option()))}, confirmable, focusable)
	add("radio_buttons", nil, map[string]field{"options": need(list(1, 10, option())), "initial_option": may(option())}, confirmable, focusable)
	add("datepicker", nil, map[string]field{"initial_date": may(free)}, menu)
	add("timepicker", nil, map[string]field{"initial_time": may(free), "timezone": may(free)}, menu)
	add("datetimepicker", nil, map[string]field{"initial_date_time": may(number)}, confirmable, focusable)
	add("static_select", optionsOrGroups, map[string]field{"options": choices, "option_groups": groups, "initial_option": initial}, menu)
	add("multi_static_select", optionsOrGroups, map[string]field{"options": choices, "option_groups": groups, "initial_options": initials}, menu, severalOf)
	add("users_select", nil, map[string]field{"initial_user": may(free)}, menu)
	add("multi_users_select", nil, map[string]field{"initial_users": strings}, menu, severalOf)
	add("channels_select", nil, map[string]field{"initial_channel": may(free)}, menu, respondable)
	add("multi_channels_select", nil, map[string]field{"initial_channels": strings}, menu, severalOf)
	add("conversations_select", nil, map[string]field{"initial_conversation": may(free)}, menu, respondable, conversations)
	add("multi_conversations_select", nil, map[string]field{"initial_conversations": strings}, menu, severalOf, conversations)
	add("external_select", nil, map[string]field{"initial_option": initial, "min_query_length": may(number)}, menu)
	add("multi_external_select", nil, map[string]field{"initial_options": initials, "min_query_length": may(number)}, menu, severalOf)
	return all
}

func inputShapes() map[string]shape {
	typing := mix(dispatching, focusable, placeholding)
	return map[string]shape{
		"plain_text_input": element("plain_text_input", mix(typing, map[string]field{"initial_value": may(free), "multiline": may(boolean), "min_length": may(number), "max_length": may(atMost(3000))}), nil),
		"email_text_input": element("email_text_input", mix(typing, map[string]field{"initial_value": may(free)}), nil),
		"url_text_input":   element("url_text_input", mix(typing, map[string]field{"initial_value": may(free)}), nil),
		"number_input":     element("number_input", mix(typing, map[string]field{"is_decimal_allowed": need(boolean), "initial_value": may(free), "min_value": may(free), "max_value": may(free)}), nil),
		"rich_text_input":  element("rich_text_input", mix(typing, map[string]field{"initial_value": may(typed("rich_text")), "min_lines": may(number), "max_lines": may(number)}), nil),
		"file_input":       element("file_input", map[string]field{"filetypes": may(list(0, 0, free)), "max_files": may(atMost(10))}, nil),
	}
}

func richTextShapes() map[string]shape {
	style := may(object(map[string]field{"bold": may(boolean), "code": may(boolean), "italic": may(boolean), "strike": may(boolean), "underline": may(boolean)}))
	of := func(name string, fields map[string]field) shape {
		fields["type"] = need(oneOf(name))
		return shape{fields: fields}
	}
	styled := func(name string, fields map[string]field) shape {
		fields["style"] = style
		return of(name, fields)
	}
	inline := typed("broadcast", "color", "channel", "date", "emoji", "link", "team", "text", "user", "usergroup")
	border := may(oneOf("0", "1"))
	return map[string]shape{
		"rich_text_section":      of("rich_text_section", map[string]field{"elements": need(list(0, 0, inline))}),
		"rich_text_list":         of("rich_text_list", map[string]field{"elements": need(list(0, 0, typed("rich_text_section"))), "style": need(oneOf("bullet", "ordered")), "indent": may(number), "border": border}),
		"rich_text_quote":        of("rich_text_quote", map[string]field{"elements": need(list(0, 0, inline)), "border": border}),
		"rich_text_preformatted": of("rich_text_preformatted", map[string]field{"elements": need(list(0, 0, typed("text", "link"))), "border": border}),
		"broadcast":              styled("broadcast", map[string]field{"range": need(oneOf("here", "channel", "everyone"))}),
		"color":                  styled("color", map[string]field{"value": need(free)}),
		"channel":                styled("channel", map[string]field{"channel_id": need(free)}),
		"date":                   styled("date", map[string]field{"timestamp": need(number), "format": need(free), "url": may(free), "fallback": may(free)}),
		"emoji":                  styled("emoji", map[string]field{"name": need(free), "unicode": may(free), "url": may(free)}),
		"link":                   styled("link", map[string]field{"url": need(free), "text": may(free), "unsafe": may(boolean)}),
		"team":                   styled("team", map[string]field{"team_id": need(free)}),
		"text":                   styled("text", map[string]field{"text": need(free)}),
		"user":                   styled("user", map[string]field{"user_id": need(free)}),
		"usergroup":              styled("usergroup", map[string]field{"usergroup_id": need(free)}),
		"raw_text":               of("raw_text", map[string]field{"text": need(free)}),
		"raw_number":             of("raw_number", map[string]field{"value": need(number), "text": need(free)}),
		"url":                    of("url", map[string]field{"url": need(free), "text": need(free)}),
	}
}
