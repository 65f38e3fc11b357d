package standin

import (
	"slices"
)

// blocksOnly tells which surfaces take a block that not all of them take
// (docs.slack.dev/reference/block-kit/blocks).
var blocksOnly = map[string][]string{
	"file":     {"message"},
	"table":    {"message"},
	"markdown": {"message"},
	"alert":    {"modal"}, // chat.postMessage refuses it

	"data_visualization": {"message"},
}

// known are the blocks of @slack/types 3.2.0. The last one is Slack's, but not
// yet in that package: what is in it is checked by its page.
var known = []string{
	"actions", "alert", "card", "carousel", "container", "context", "context_actions", "data_table",
	"divider", "file", "header", "image", "input", "markdown", "rich_text", "section", "table",
	"task_card", "plan", "video", "data_visualization",
}

// block makes the shape of a block: what each has, and its own fields.
func block(name string, fields map[string]field, also rule) shape {
	fields["type"] = need(oneOf(name))
	fields["block_id"] = may(str(1, 255))
	return shape{fields, also}
}

func blockShapes() map[string]shape {
	input := typed("checkboxes", "datepicker", "datetimepicker", "email_text_input", "file_input", "number_input", "plain_text_input", "radio_buttons", "rich_text_input", "timepicker", "url_text_input",
		"users_select", "static_select", "conversations_select", "channels_select", "external_select",
		"multi_users_select", "multi_static_select", "multi_conversations_select", "multi_channels_select", "multi_external_select")
	acting := []string{"button", "checkboxes", "datepicker", "overflow", "radio_buttons", "timepicker", "workflow_button",
		"users_select", "static_select", "conversations_select", "channels_select", "external_select",
		"multi_users_select", "multi_static_select", "multi_conversations_select", "multi_channels_select", "multi_external_select"}
	cell := typed("rich_text", "raw_text", "raw_number")
	all := map[string]shape{
		"actions":         block("actions", map[string]field{"elements": need(list(1, 25, typed(append([]string{"datetimepicker", "rich_text_input"}, acting...)...)))}, nil),
		"alert":           block("alert", map[string]field{"text": need(text(200)), "level": may(oneOf("default", "info", "warning", "error", "success"))}, nil),
		"card":            block("card", map[string]field{"hero_image": may(picture), "icon": may(picture), "title": may(mrkdwn(150)), "subtitle": may(mrkdwn(150)), "body": may(mrkdwn(200)), "actions": may(list(0, 3, typed("button")))}, nil),
		"carousel":        block("carousel", map[string]field{"elements": need(list(1, 10, typed("card")))}, nil),
		"context":         block("context", map[string]field{"elements": need(list(1, 10, contextElement))}, nil),
		"context_actions": block("context_actions", map[string]field{"elements": need(list(1, 5, typed("feedback_buttons", "icon_button")))}, nil),
		"data_table":      block("data_table", map[string]field{"rows": need(list(2, 101, list(1, 20, cell))), "caption": need(str(1, 0)), "page_size": may(atMost(100)), "row_header_column_index": may(number)}, nil),
		"divider":         block("divider", map[string]field{}, nil),
		"file":            block("file", map[string]field{"source": need(free), "external_id": need(free)}, nil),
		"header":          block("header", map[string]field{"text": need(plain(150))}, nil),
		"image":           block("image", map[string]field{"alt_text": need(str(1, 2000)), "title": may(plain(2000)), "image_url": may(str(1, 3000)), "slack_file": may(slackFile)}, hasPicture),
		"input":           block("input", map[string]field{"label": need(plain(2000)), "hint": may(plain(2000)), "optional": may(boolean), "element": need(input), "dispatch_action": may(boolean)}, nil),
		"markdown":        block("markdown", map[string]field{"text": need(free)}, nil),
		"rich_text":       block("rich_text", map[string]field{"elements": need(list(0, 0, typed("rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted")))}, nil),
		"section":         block("section", map[string]field{"text": may(text(3000)), "fields": may(list(1, 10, text(2000))), "accessory": may(sectionAccessory(acting)), "expand": may(boolean)}, hasText),
		"table":           block("table", map[string]field{"rows": need(list(1, 100, list(1, 20, cell))), "column_settings": may(list(0, 20, object(map[string]field{"align": may(oneOf("left", "center", "right")), "is_wrapped": may(boolean)})))}, nil),
		"task_card": block("task_card", map[string]field{"task_id": need(free), "title": need(free), "details": may(typed("rich_text")), "output": may(typed("rich_text")), "sources": may(list(0, 0, typed("url"))),
			"status": need(oneOf("pending", "in_progress", "complete", "error"))}, nil),
		"plan": block("plan", map[string]field{"title": need(free), "tasks": may(list(0, 0, anyObject))}, nil),
		"video": block("video", map[string]field{"video_url": need(free), "thumbnail_url": need(free), "alt_text": need(free), "title": need(plain(199)), "title_url": may(free), "author_name": may(str(0, 49)),
			"provider_name": may(free), "provider_icon_url": may(free), "description": may(plain(0))}, nil),
		"data_visualization": block("data_visualization", map[string]field{"title": need(str(1, 50)), "chart": need(chart)}, nil),
		"container": block("container", map[string]field{"title": may(plain(150)), "rich_text_title": may(typed("rich_text")), "subtitle": may(text(150)), "width": may(oneOf("narrow", "standard", "wide", "full")), "icon": may(picture),
			"is_collapsible": may(boolean), "default_collapsed": may(boolean), "has_header_divider": may(boolean),
			"child_blocks": need(list(0, 10, childBlock))}, nil),
	}
	return all
}

// hasText is a section's rule: something must be in it.
func hasText(c *checker, at string, v any) {
	o, _ := v.(map[string]any)
	if o["text"] == nil && o["fields"] == nil {
		c.add(at, "text or fields needed")
	}
}

// hasPicture is an image's rule: it comes from an address or from a file.
func hasPicture(c *checker, at string, v any) {
	o, _ := v.(map[string]any)
	if o["image_url"] == nil && o["slack_file"] == nil {
		c.add(at, "image_url or slack_file needed")
	}
}

// picture is an image inside a block, which has the name of the image block
// and less in it.
func picture(c *checker, at string, v any) {
	c.object(at, v, shape{map[string]field{"type": need(oneOf("image")), "alt_text": need(str(0, 2000)), "image_url": may(str(0, 3000)), "slack_file": may(slackFile)}, hasPicture})
}

func slackFile(c *checker, at string, v any) {
	c.object(at, v, shape{map[string]field{"url": may(free), "id": may(free)}, func(c *checker, at string, v any) {
		if o, _ := v.(map[string]any); o["url"] == nil && o["id"] == nil {
			c.add(at, "url or id needed")
		}
	}})
}

func contextElement(c *checker, at string, v any) {
	if typeOf(v) == "image" {
		picture(c, at, v)
		return
	}
	text(3000)(c, at, v)
}

func sectionAccessory(types []string) rule {
	return func(c *checker, at string, v any) {
		if typeOf(v) == "image" {
			picture(c, at, v)
			return
		}
		typed(types...)(c, at, v)
	}
}

func childBlock(c *checker, at string, v any) {
	typed("actions", "context", "divider", "file", "header", "image", "input", "rich_text", "section", "table", "video")(c, at, v)
	c.blockID(at, v)
}

// blockID holds what a block's name must not be: another one's.
func (c *checker) blockID(at string, v any) {
	o, _ := v.(map[string]any)
	id, ok := o["block_id"].(string)
	if !ok {
		return
	}
	if c.blockIDs[id] {
		c.add(at+"/block_id", "%q is not unique", id)
	}
	c.blockIDs[id] = true
}

// blocks checks the blocks of a message or a view.
func (c *checker) blocks(at string, v any, most int) {
	markdown, tables, charts := 0, 0, 0
	list(0, most, func(c *checker, at string, v any) {
		o, ok := v.(map[string]any)
		if !ok {
			c.add(at, "%s, must be an object", kindOf(v))
			return
		}
		c.actions = map[string]bool{}
		name := typeOf(v)
		if on, restricted := blocksOnly[name]; restricted && !slices.Contains(on, c.surface) {
			c.add(at, "%s is not for a %s", name, c.surface)
		}
		c.blockID(at, v)
		switch name {
		case "data_visualization":
			charts++
		case "markdown":
			s, _ := o["text"].(string)
			markdown += units(s)
		case "table":
			tables++
		}
		typed(known...)(c, at, v)
	})(c, at, v)
	if markdown > 12000 {
		c.add(at, "markdown blocks hold %d characters together, at most 12000", markdown)
	}
	if tables > 1 {
		c.add(at, "more than one table in a message")
	}
	if charts > 2 {
		c.add(at, "more than two charts in a message")
	}
}
