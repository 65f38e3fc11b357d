package standin_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"silkwire/adapters/discord/standin"
)

const (
	channelMessages = "/channels/{channel_id}/messages"
	callbacks       = "/interactions/1/token/callback"
	allCommands     = "/applications/1/commands"
)

type object = map[string]any

var quiet = object{"parse": []any{}}

// message is one that the stand-in has nothing against.
func message(content string) object { return object{"content": content, "allowed_mentions": quiet} }

func with(o object, more object) object {
	all := maps.Clone(o)
	maps.Copy(all, more)
	return all
}

func repeated(n int, make func(i int) any) []any {
	all := []any{}
	for i := range n {
		all = append(all, make(i))
	}
	return all
}

func row(children ...any) object { return object{"type": 1, "components": children} }

func pressable(id string) object {
	return object{"type": 2, "style": 1, "label": "go", "custom_id": id}
}

func menu(n int) object {
	return object{"type": 3, "custom_id": "m", "options": repeated(n, func(i int) any {
		return object{"label": fmt.Sprint(i), "value": fmt.Sprint(i)}
	})}
}

func command(more object) []any {
	return []any{with(object{"name": "ask", "description": "asks"}, more)}
}

func option(more object) object {
	return with(object{"type": 3, "name": "q", "description": "what"}, more)
}

func options(all ...any) []any { return command(object{"options": all}) }

func completion(n int) object {
	return object{"type": 8, "data": object{"choices": repeated(n, func(i int) any { return object{"name": fmt.Sprint(i), "value": fmt.Sprint(i)} })}}
}

func modalOf(n int) object {
	return object{"title": "t", "custom_id": "m", "components": repeated(n, func(i int) any {
		return object{"type": 18, "label": "l", "component": object{"type": 4, "custom_id": fmt.Sprint(i), "style": 1}}
	})}
}

func embed(e object) object { return with(message(""), object{"embeds": []any{e}}) }

func rows(n int) []any {
	return repeated(n, func(i int) any { return row(pressable(fmt.Sprint(i))) })
}

func components(all ...any) object { return with(message("x"), object{"components": all}) }

// check is one body; an empty want says that it is valid.
type check struct {
	method, path string
	body         any
	want         string
}

func messageChecks() map[string]check {
	const faces = "\U0001F600"
	post := func(body any, want string) check { return check{"POST", channelMessages, body, want} }
	return map[string]check{
		"plain":                   post(message("x"), ""),
		"nonceAndEmbed":           post(with(embed(object{"title": "t"}), object{"nonce": "n", "enforce_nonce": true}), ""),
		"concretePath":            {"POST", "/api/v10/channels/12/messages", message("x"), ""},
		"withHost":                {"POST", "http://127.0.0.1:1/api/v9/channels/12/messages?a=b", message("x"), ""},
		"embedTitle300":           post(embed(object{"title": strings.Repeat("a", 300)}), "spec /embeds/0/title maxLength"),
		"embedTitleInUnits":       post(embed(object{"title": strings.Repeat(faces, 129)}), "docs /embeds/0/title 258 characters, at most 256"),
		"embedDescription":        post(embed(object{"description": strings.Repeat(faces, 2049)}), "docs /embeds/0/description 4098 characters"),
		"embedFooter":             post(embed(object{"title": "t", "footer": object{"text": strings.Repeat(faces, 1025)}}), "docs /embeds/0/footer/text 2050"),
		"embedAuthor":             post(embed(object{"title": "t", "author": object{"name": strings.Repeat(faces, 129)}}), "docs /embeds/0/author/name 258"),
		"embedSum":                post(with(message(""), object{"embeds": repeated(2, func(int) any { return object{"description": strings.Repeat("a", 3001)} })}), "embed text adds up to 6002, limit 6000"),
		"embeds10":                post(with(message(""), object{"embeds": repeated(10, func(int) any { return object{"title": "t"} })}), ""),
		"embeds11":                post(with(message(""), object{"embeds": repeated(11, func(int) any { return object{"title": "t"} })}), "docs /embeds 11 embeds"),
		"fieldWithoutValue":       post(embed(object{"fields": []any{object{"name": "n"}}}), "spec /embeds/0/fields/0 missing"),
		"fieldEmpty":              post(embed(object{"fields": []any{object{"name": "n", "value": ""}}}), "field name and value must not be empty"),
		"fieldInUnits":            post(embed(object{"fields": []any{object{"name": "n", "value": strings.Repeat(faces, 513)}}}), "docs /embeds/0/fields/0/value 1026"),
		"fields26":                post(embed(object{"fields": repeated(26, func(int) any { return object{"name": "n", "value": "v"} })}), "26 fields, at most 25"),
		"content2001":             post(message(strings.Repeat("a", 2001)), "docs /content 2001 characters, at most 2000"),
		"contentInUnits":          post(message(strings.Repeat(faces, 1001)), "docs /content 2002 characters"),
		"content2000":             post(message(strings.Repeat("a", 2000)), ""),
		"empty":                   post(message(""), "empty message"),
		"emptyEdit":               {"PATCH", channelMessages + "/{message_id}", message(""), ""},
		"enforceWithoutNonce":     post(with(message("x"), object{"enforce_nonce": true}), "set without nonce"),
		"nonce26":                 post(with(message("x"), object{"nonce": strings.Repeat("n", 26)}), "docs /nonce 26 characters, at most 25"),
		"misspelt":                post(with(message("x"), object{"contents": "y"}), "docs /contents field not in the spec"),
		"misspeltButEmpty":        post(with(message("x"), object{"contents": ""}), ""),
		"misspeltInAnEmbed":       post(embed(object{"titel": "t"}), "docs /embeds/0/titel field not in the spec"),
		"misspeltInAButton":       post(components(row(with(pressable("a"), object{"lable": "x"}))), "docs /components/0/components/0/lable field not in the spec"),
		"misspeltFollowUp":        {"POST", "/webhooks/1/token", with(message("x"), object{"contents": "y"}), "docs /contents field not in the spec"},
		"followUp":                {"POST", "/webhooks/1/token", message("x"), ""},
		"edit":                    {"PATCH", "/webhooks/1/token/messages/@original", message("x"), ""},
		"loudNothing":             post(object{"content": "x"}, "house /allowed_mentions needs an empty parse"),
		"loudEdit":                {"PATCH", "/webhooks/1/token/messages/@original", object{"content": "x"}, "house /allowed_mentions needs an empty parse"},
		"loudParse":               post(with(message("x"), object{"allowed_mentions": object{"parse": []any{"users"}}}), "house /allowed_mentions lets somebody"),
		"loudUsers":               post(with(message("x"), object{"allowed_mentions": object{"parse": []any{}, "users": []any{"1"}}}), "house /allowed_mentions lets somebody"),
		"loudReply":               post(with(message("x"), object{"allowed_mentions": object{"parse": []any{}, "replied_user": true}}), "house /allowed_mentions lets somebody"),
		"noJSON":                  {"POST", channelMessages, nil, "spec / no JSON"},
		"noSuchOperation":         {"POST", "/channels/1/massages", message("x"), "the document has no operation"},
		"literalWins":             {"GET", "/users/@me/guilds", nil, ""},
		"contentThatIsNoString":   post(with(message("x"), object{"content": 1}), "spec /content"),
		"permissionsAsDigits":     {"PUT", allCommands, command(object{"default_member_permissions": "32"}), ""},
		"permissionsAsAWord":      {"PUT", allCommands, command(object{"default_member_permissions": "all"}), "spec /0/default_member_permissions"},
		"deleteWithoutBody":       {"DELETE", "/channels/1/messages/2", nil, ""},
		"emptyActionRow":          post(components(row()), "action row with nothing in it"),
		"messageOfOnlyComponents": post(with(message(""), object{"components": rows(1)}), ""),
	}
}

func componentChecks() map[string]check {
	post := func(body any, want string) check { return check{"POST", channelMessages, body, want} }
	v2 := func(more object, all ...any) object {
		return with(object{"flags": 1 << 15, "components": all, "allowed_mentions": quiet}, more)
	}
	text := object{"type": 10, "content": "x"}
	return map[string]check{
		"rows5":              post(components(rows(5)...), ""),
		"rows6":              post(components(rows(6)...), "more than 5 action rows"),
		"buttons5":           post(components(row(repeated(5, func(i int) any { return pressable(fmt.Sprint(i)) })...)), ""),
		"buttons6":           post(components(row(repeated(6, func(i int) any { return pressable(fmt.Sprint(i)) })...)), "6 buttons in an action row"),
		"textWithoutV2":      post(components(text), "only action rows"),
		"v2":                 post(v2(nil, text, row(pressable("a"))), ""),
		"v2Content":          post(v2(object{"content": "x"}, text), "IS_COMPONENTS_V2 forbids"),
		"v2Embeds":           post(v2(object{"embeds": []any{object{"title": "t"}}}, text), "IS_COMPONENTS_V2 forbids"),
		"v2EmptyContent":     post(v2(object{"content": "", "embeds": nil}, text), ""),
		"v2Many":             post(v2(nil, object{"type": 17, "components": repeated(40, func(int) any { return text })}), "41 components in total, limit 40"),
		"v2Full":             post(v2(nil, object{"type": 17, "components": repeated(39, func(int) any { return text })}), ""),
		"v2Accessory":        post(v2(nil, object{"type": 9, "components": []any{text}, "accessory": object{"type": 2, "style": 1, "label": "x"}}), "/components/0/accessory button without custom_id"),
		"buttonWithoutID":    post(components(row(object{"type": 2, "style": 1, "label": "go"})), "button without custom_id"),
		"buttonWithoutLabel": post(components(row(object{"type": 2, "style": 1, "custom_id": "a"})), "button without label or emoji"),
		"buttonOfEmoji":      post(components(row(object{"type": 2, "style": 1, "custom_id": "a", "emoji": object{"name": "x"}})), ""),
		"link":               post(components(row(object{"type": 2, "style": 5, "label": "go", "url": "https://example.org"})), ""),
		"linkWithoutURL":     post(components(row(object{"type": 2, "style": 5, "label": "go"})), "link button without url"),
		"linkWithID":         post(components(row(object{"type": 2, "style": 5, "label": "go", "url": "https://example.org", "custom_id": "a"})), "link button with custom_id"),
		"label81":            post(components(row(with(pressable("a"), object{"label": strings.Repeat("a", 81)}))), "docs /components/0/components/0/label 81"),
		"sameID":             post(components(row(pressable("a"), pressable("a"))), "custom_id repeated"),
		"emptyID":            post(components(row(pressable(""))), "0 characters, must be 1 to 100"),
		"longID":             post(components(row(pressable(strings.Repeat("é", 101)))), "101 characters, must be 1 to 100"),
		"idInUnits":          post(components(row(pressable(strings.Repeat("\U0001F600", 51)))), "102 characters, must be 1 to 100"),
		"mixed":              post(components(row(pressable("a"), menu(2))), "action row mixes buttons and selects"),
		"twoMenus":           post(components(row(menu(2), with(menu(2), object{"custom_id": "n"}))), "2 selects in an action row"),
		"menu25":             post(components(row(menu(25))), ""),
		"menu26":             post(components(row(menu(26))), "26 options, must be 1 to 25"),
		"menuEmpty":          post(components(row(menu(0))), "0 options"),
		"menuSameValue":      post(components(row(object{"type": 3, "custom_id": "m", "options": []any{object{"label": "a", "value": "a"}, object{"label": "b", "value": "a"}}})), "option value repeated"),
		"placeholder":        post(components(row(with(menu(1), object{"placeholder": strings.Repeat("a", 151)}))), "/placeholder 151"),
		"optionLabel":        post(components(row(object{"type": 3, "custom_id": "m", "options": []any{object{"label": strings.Repeat("a", 101), "value": "a"}}})), "/options/0/label 101"),
		"optionEmpty":        post(components(row(object{"type": 3, "custom_id": "m", "options": []any{object{"label": "", "value": "a"}}})), "option without label or value"),
	}
}

func callbackChecks() map[string]check {
	post := func(body any, want string) check { return check{"POST", callbacks, body, want} }
	return map[string]check{
		"reply":            post(object{"type": 4, "data": message("x")}, ""),
		"replyEmpty":       post(object{"type": 4, "data": message("")}, "empty message"),
		"replyNothing":     post(object{"type": 4}, "empty message"),
		"replyLoud":        post(object{"type": 4, "data": object{"content": "x"}}, "house /data/allowed_mentions"),
		"defer":            post(object{"type": 5, "data": object{"flags": 64}}, ""),
		"deferUpdate":      post(object{"type": 6}, ""),
		"discordgoUpdate":  post(object{"type": 7, "data": with(message("x"), object{"tts": false, "embeds": nil})}, ""),
		"updateMisspelt":   post(object{"type": 7, "data": with(message("x"), object{"tts": true})}, "docs /data/tts field not in the spec"),
		"misspeltOutside":  post(object{"type": 4, "data": message("x"), "dta": "x"}, "docs /dta field not in the spec"),
		"updateLoud":       post(object{"type": 7, "data": object{"components": rows(1)}}, "house /data/allowed_mentions"),
		"choices":          post(completion(25), ""),
		"choices26":        post(completion(26), "26 choices, at most 25"),
		"choiceLong":       post(object{"type": 8, "data": object{"choices": []any{object{"name": "n", "value": strings.Repeat("a", 101)}}}}, "docs /data/choices/0/value 101"),
		"choiceName":       post(object{"type": 8, "data": object{"choices": []any{object{"name": strings.Repeat("a", 101), "value": "a"}}}}, "docs /data/choices/0/name 101"),
		"choiceEmpty":      post(object{"type": 8, "data": object{"choices": []any{object{"name": "", "value": "a"}}}}, "docs /data/choices/0/name must not be empty"),
		"choicesMissing":   post(object{"type": 8}, "spec / missing"),
		"type99":           post(object{"type": 99}, "spec /type"),
		"noType":           post(object{"data": message("x")}, "spec / missing"),
		"modal":            post(object{"type": 9, "data": modalOf(5)}, ""),
		"modal6":           post(object{"type": 9, "data": modalOf(6)}, "modal: 1 to 5 components"),
		"modal0":           post(object{"type": 9, "data": modalOf(0)}, "modal: 1 to 5 components"),
		"modalTitle":       post(object{"type": 9, "data": with(modalOf(1), object{"title": strings.Repeat("a", 46)})}, "docs /data/title 46"),
		"modalUntitled":    post(object{"type": 9, "data": with(modalOf(1), object{"title": ""})}, "modal: needs a title"),
		"modalSameID":      post(object{"type": 9, "data": with(modalOf(0), object{"components": append(list(modalOf(1)), list(modalOf(1))...)})}, "custom_id repeated"),
		"modalRows":        post(object{"type": 9, "data": with(modalOf(0), object{"components": []any{row(object{"type": 4, "custom_id": "a", "style": 1, "label": "l"})}})}, ""),
		"modalLabelLength": post(object{"type": 9, "data": with(modalOf(0), object{"components": []any{object{"type": 18, "label": strings.Repeat("a", 46), "component": object{"type": 4, "custom_id": "a", "style": 1}}}})}, "/label 46"),
	}
}

func list(modal object) []any {
	all, _ := modal["components"].([]any)
	return all
}

func commandChecks() map[string]check {
	put := func(body any, want string) check { return check{"PUT", allCommands, body, want} }
	many := func(n, kind int) []any {
		return repeated(n, func(i int) any {
			c := object{"name": fmt.Sprint("c", i), "type": kind}
			if kind == 1 {
				c["description"] = "d"
			}
			return c
		})
	}
	long := repeated(25, func(i int) any {
		return option(object{"name": fmt.Sprint("o", i), "description": strings.Repeat("d", 100), "choices": repeated(3, func(i int) any {
			return object{"name": fmt.Sprint(i, strings.Repeat("n", 90)), "value": strings.Repeat("v", 90)}
		})})
	})
	return map[string]check{
		"good":                   put(command(nil), ""),
		"goodInAGuild":           {"PUT", "/applications/1/guilds/2/commands", command(object{"contexts": []any{0, 1, 2}, "integration_types": []any{0, 1}}), ""},
		"chinese":                put(command(object{"name": "查询"}), ""),
		"thai":                   put(command(object{"name": "ถามที่"}), ""),
		"upperCase":              put(command(object{"name": "Ask"}), "docs /0/name name \"Ask\" must be lowercase"),
		"upperCaseOption":        put(options(option(object{"name": "Q"})), "must be lowercase"),
		"space":                  put(command(object{"name": "a b"}), "does not match"),
		"localizedUpperCase":     put(command(object{"name_localizations": object{"de": "Frage"}}), "/0/name_localizations/de"),
		"long":                   put(command(object{"name": strings.Repeat("a", 33)}), "does not match"),
		"noDescription":          put([]any{object{"name": "ask"}}, "required for CHAT_INPUT"),
		"description101":         put(command(object{"description": strings.Repeat("a", 101)}), "docs /0/description 101"),
		"messageCommand":         put([]any{object{"name": "Ask about this", "type": 3}}, ""),
		"messageWithDescription": put([]any{object{"name": "Ask", "type": 3, "description": "d"}}, "must be empty for USER and MESSAGE"),
		"repeated":               put(append(command(nil), command(nil)...), "command name repeated"),
		"sameNameOtherType":      put(append(command(nil), object{"name": "ask", "type": 3}), ""),
		"commands100":            put(many(100, 1), ""),
		"commands101":            put(many(101, 1), "more than 100 CHAT_INPUT"),
		"messageCommands16":      put(many(16, 3), "more than 15 USER or MESSAGE"),
		"optionWithoutType":      put(options(object{"name": "q", "description": "d"}), "spec /0/options/0 missing"),
		"optionRepeated":         put(options(option(nil), option(nil)), "option name repeated"),
		"requiredLast":           put(options(option(nil), option(object{"name": "r", "required": true})), "required option after an optional one"),
		"requiredFirst":          put(options(option(object{"name": "r", "required": true}), option(nil)), ""),
		"requiredInSubcommand":   put(options(object{"type": 1, "name": "s", "description": "d", "options": []any{option(nil), option(object{"name": "r", "required": true})}}), "/0/options/0/options/1 required option"),
		"choices25":              put(options(option(object{"choices": completion(25)["data"].(object)["choices"]})), ""),
		"choices26":              put(options(option(object{"choices": completion(26)["data"].(object)["choices"]})), "spec /0/options/0/choices"),
		"choiceValue":            put(options(option(object{"choices": []any{object{"name": "n", "value": strings.Repeat("a", 101)}}})), "docs /0/options/0/choices/0/value 101"),
		"autocompleteAndChoices": put(options(option(object{"autocomplete": true, "choices": []any{object{"name": "n", "value": "v"}}})), "exclude each other"),
		"total":                  put(options(long...), "limit 8000"),
		"misspelt":               put(command(object{"descriptoin": "d"}), "docs /0/descriptoin field not in the spec"),
		"one":                    {"POST", allCommands, object{"name": "Ask", "description": "d"}, "must be lowercase"},
	}
}

func TestCheck(t *testing.T) {
	for group, tests := range map[string]map[string]check{"message": messageChecks(), "component": componentChecks(), "callback": callbackChecks(), "command": commandChecks()} {
		for name, test := range tests {
			t.Run(group+"/"+name, func(t *testing.T) {
				var body []byte
				if test.body != nil {
					var err error
					if body, err = json.Marshal(test.body); err != nil {
						t.Fatal(err)
					}
				}
				got := strings.Join(standin.Check(test.method, test.path, body), "\n")
				if test.want == "" && got != "" || !strings.Contains(got, test.want) {
					t.Errorf("%s\ngot %q, want %q", body, got, test.want)
				}
			})
		}
	}
}
