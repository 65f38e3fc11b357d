package standin_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"silkwire/adapters/slack/standin"
)

// x is so many characters.
func x(n int) string { return strings.Repeat("x", n) }

// many is so many times a piece of JSON, with %d for its number.
func many(n int, piece string) string {
	var all []string
	for i := range n {
		all = append(all, strings.ReplaceAll(piece, "%d", fmt.Sprint(i)))
	}
	return strings.Join(all, ",")
}

// blocks is a message of blocks, with a text.
func blocks(list string) string { return `{"text":"t","blocks":[` + list + `]}` }

func section(text string) string {
	return `{"type":"section","text":{"type":"mrkdwn","text":"` + text + `"}}`
}

func actions(elements string) string { return `{"type":"actions","elements":[` + elements + `]}` }

func button(id, text string) string {
	return `{"type":"button","action_id":"` + id + `","text":{"type":"plain_text","text":"` + text + `"}}`
}

const choice = `{"text":{"type":"plain_text","text":"o"},"value":"%d"}`

// sample is a message and the beginning of what is found in it; empty: nothing is.
type sample struct {
	doc  string
	via  standin.Via
	want string
}

func messageSamples() map[string]sample {
	return map[string]sample{
		"goodText":             {`{"text":"hello"}`, standin.Both, ""},
		"goodAtTheLimits":      {blocks(section(x(3000)) + `,{"type":"header","text":{"type":"plain_text","text":"` + x(150) + `"}},` + many(48, `{"type":"divider"}`)), standin.Both, ""},
		"goodFieldsAndActions": {blocks(`{"type":"section","fields":[` + many(10, `{"type":"mrkdwn","text":"f"}`) + `]},` + actions(many(25, button("a%d", "b")))), standin.Both, ""},
		"goodTable":            {blocks(`{"type":"table","rows":[[{"type":"raw_text","text":"a"},{"type":"raw_number","value":1,"text":"1"}],[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"b","style":{"bold":true}}]}]}]],"column_settings":[{"align":"right","is_wrapped":true}]}`), standin.Both, ""},
		"goodMenus":            {blocks(actions(`{"type":"static_select","action_id":"a","placeholder":{"type":"plain_text","text":"p"},"options":[` + many(100, choice) + `]},{"type":"overflow","action_id":"b","options":[` + many(5, choice) + `]},{"type":"external_select","action_id":"c","min_query_length":1}`)), standin.Both, ""},
		"goodContext":          {blocks(`{"type":"context","elements":[{"type":"image","image_url":"https://x/y.png","alt_text":"y"},{"type":"mrkdwn","text":"c","verbatim":true}]}`), standin.Both, ""},
		"goodConfirm":          {blocks(actions(`{"type":"button","style":"danger","action_id":"a","text":{"type":"plain_text","text":"b","emoji":true},"confirm":{"title":{"type":"plain_text","text":"t"},"text":{"type":"mrkdwn","text":"t"},"confirm":{"type":"plain_text","text":"y"},"deny":{"type":"plain_text","text":"n"}}}`)), standin.Both, ""},
		"goodMarkdown":         {blocks(`{"type":"markdown","text":"` + x(12000) + `"}`), standin.Both, ""},
		"goodCard":             {blocks(`{"type":"card","title":{"type":"mrkdwn","text":"t"},"actions":[` + button("a", "b") + `]}`), standin.Both, ""},
		"goodSameIDTwoBlocks":  {blocks(actions(button("a", "b")) + "," + actions(button("a", "b"))), standin.Both, ""},
		"goodSlackGo":          {`{"text":"a","replace_original":false,"delete_original":false,"metadata":{"event_type":"","event_payload":null},"blocks":null}`, standin.ResponseURL, ""},
		"goodDelete":           {`{"delete_original":true}`, standin.ResponseURL, ""},
		"goodBigPost":          {blocks(many(4, section(x(2900)))), standin.Post, ""},
		"goodBigResponse":      {blocks(many(10, section(x(2900)))), standin.ResponseURL, ""},
		"goodBigAck":           {blocks(many(6, section(x(2900)))), standin.Ack, ""},
		"goodDataViz":          {blocks(`{"type":"data_visualization","title":"t","chart":{"type":"bar","series":[{"name":"s","data":[{"label":"a","value":-1.5},{"label":"b","value":2}]}],"axis_config":{"categories":["a","b"],"y_label":"USD"}}}`), standin.Both, ""},
		"goodRadio":            {blocks(`{"type":"section","text":{"type":"plain_text","text":"s"},"accessory":{"type":"radio_buttons","options":[{"text":{"type":"mrkdwn","text":"*o*"},"value":"v"}]}}`), standin.Both, ""},

		"notJSON":                 {`{"text":`, standin.Both, "/: "},
		"notAnObject":             {`[]`, standin.Both, "/: an array"},
		"nothing":                 {`{}`, standin.Both, "/: text or blocks needed"},
		"emptyText":               {`{"text":""}`, standin.Both, "/: text or blocks needed"},
		"noFallback":              {`{"blocks":[{"type":"divider"}]}`, standin.Both, "/text: no fallback text"},
		"blankFallback":           {`{"text":" ","blocks":[{"type":"divider"}]}`, standin.Both, "/text: no fallback text"},
		"blocksNoArray":           {`{"text":"t","blocks":{}}`, standin.Both, "/blocks: an object, must be an array"},
		"longText":                {`{"text":"` + x(4001) + `"}`, standin.Both, "/text: 4001 characters"},
		"veryLongText":            {`{"text":"` + x(40001) + `"}`, standin.Post, "/text: 40001 characters"},
		"unknownField":            {`{"text":"t","colour":"red"}`, standin.Both, `/: unknown property "colour"`},
		"responseType":            {`{"text":"t","response_type":"public"}`, standin.Both, `/response_type: "public"`},
		"tooManyBlocks":           {blocks(many(51, `{"type":"divider"}`)), standin.Both, "/blocks: 51 items, at most 50"},
		"unknownBlock":            {blocks(`{"type":"paragraph"}`), standin.Both, `/blocks/0: type "paragraph"`},
		"blockWithoutType":        {blocks(`{"text":"t"}`), standin.Both, `/blocks/0: type ""`},
		"blockNoObject":           {blocks(`"divider"`), standin.Both, "/blocks/0: a string"},
		"nullBlock":               {blocks(`null`), standin.Both, "/blocks/0: null"},
		"unknownProperty":         {blocks(`{"type":"divider","color":"red"}`), standin.Both, `/blocks/0: unknown property "color"`},
		"nullProperty":            {blocks(`{"type":"section","text":{"type":"mrkdwn","text":"t"},"accessory":null}`), standin.Both, "/blocks/0/accessory: null"},
		"emptySection":            {blocks(`{"type":"section"}`), standin.Both, "/blocks/0: text or fields needed"},
		"longSection":             {blocks(section(x(3001))), standin.Both, "/blocks/0/text/text: 3001 characters, at most 3000"},
		"emptySectionText":        {blocks(section("")), standin.Both, "/blocks/0/text/text: at least 1"},
		"astralSection":           {blocks(section(strings.Repeat("🐟", 1501))), standin.Both, "/blocks/0/text/text: 3002 characters"},
		"textAsString":            {blocks(`{"type":"section","text":"t"}`), standin.Both, "/blocks/0/text: a string"},
		"textType":                {blocks(`{"type":"section","text":{"type":"markdown","text":"t"}}`), standin.Both, `/blocks/0/text/type: "markdown"`},
		"emojiInMrkdwn":           {blocks(`{"type":"section","text":{"type":"mrkdwn","text":"t","emoji":true}}`), standin.Both, `/blocks/0/text: unknown property "emoji"`},
		"verbatimInPlain":         {blocks(`{"type":"section","text":{"type":"plain_text","text":"t","verbatim":true}}`), standin.Both, `/blocks/0/text: unknown property "verbatim"`},
		"elevenFields":            {blocks(`{"type":"section","fields":[` + many(11, `{"type":"mrkdwn","text":"f"}`) + `]}`), standin.Both, "/blocks/0/fields: 11 items"},
		"longField":               {blocks(`{"type":"section","fields":[{"type":"mrkdwn","text":"` + x(2001) + `"}]}`), standin.Both, "/blocks/0/fields/0/text: 2001"},
		"longHeader":              {blocks(`{"type":"header","text":{"type":"plain_text","text":"` + x(151) + `"}}`), standin.Both, "/blocks/0/text/text: 151"},
		"mrkdwnHeader":            {blocks(`{"type":"header","text":{"type":"mrkdwn","text":"h"}}`), standin.Both, `/blocks/0/text: type "mrkdwn", must be plain_text`},
		"elevenInContext":         {blocks(`{"type":"context","elements":[` + many(11, `{"type":"mrkdwn","text":"c"}`) + `]}`), standin.Both, "/blocks/0/elements: 11"},
		"emptyContext":            {blocks(`{"type":"context","elements":[]}`), standin.Both, "/blocks/0/elements: 0 items"},
		"buttonInContext":         {blocks(`{"type":"context","elements":[` + button("a", "b") + `]}`), standin.Both, `/blocks/0/elements/0`},
		"tooManyActions":          {blocks(actions(many(26, button("a%d", "b")))), standin.Both, "/blocks/0/elements: 26"},
		"noActions":               {blocks(`{"type":"actions"}`), standin.Both, "/blocks/0: elements is missing"},
		"sectionInActions":        {blocks(actions(section("s"))), standin.Both, `/blocks/0/elements/0: type "section"`},
		"longButton":              {blocks(actions(button("a", x(76)))), standin.Both, "/blocks/0/elements/0/text/text: 76"},
		"mrkdwnButton":            {blocks(actions(`{"type":"button","text":{"type":"mrkdwn","text":"b"}}`)), standin.Both, `/blocks/0/elements/0/text: type "mrkdwn"`},
		"longValue":               {blocks(actions(`{"type":"button","text":{"type":"plain_text","text":"b"},"value":"` + x(2001) + `"}`)), standin.Both, "/blocks/0/elements/0/value: 2001"},
		"longURL":                 {blocks(actions(`{"type":"button","text":{"type":"plain_text","text":"b"},"url":"` + x(3001) + `"}`)), standin.Both, "/blocks/0/elements/0/url: 3001"},
		"buttonStyle":             {blocks(actions(`{"type":"button","text":{"type":"plain_text","text":"b"},"style":"default"}`)), standin.Both, "/blocks/0/elements/0/style"},
		"longActionID":            {blocks(actions(button(x(256), "b"))), standin.Both, "/blocks/0/elements/0/action_id: 256"},
		"actionIDTwice":           {blocks(actions(button("a", "b") + "," + button("a", "c"))), standin.Both, "/blocks/0/elements/1/action_id: action_id a twice"},
		"longConfirm":             {blocks(actions(`{"type":"button","text":{"type":"plain_text","text":"b"},"confirm":{"text":{"type":"mrkdwn","text":"t"},"confirm":{"type":"plain_text","text":"` + x(31) + `"}}}`)), standin.Both, "/blocks/0/elements/0/confirm/confirm/text: 31"},
		"longBlockID":             {blocks(`{"type":"divider","block_id":"` + x(256) + `"}`), standin.Both, "/blocks/0/block_id: 256"},
		"blockIDTwice":            {blocks(`{"type":"divider","block_id":"a"},{"type":"divider","block_id":"a"}`), standin.Both, `/blocks/1/block_id: "a" is not unique`},
		"noAltText":               {blocks(`{"type":"image","image_url":"https://x"}`), standin.Both, "/blocks/0: alt_text is missing"},
		"goodPie":                 {blocks(`{"type":"data_visualization","title":"t","chart":{"type":"pie","segments":[{"label":"a","value":1}]}}`), standin.Both, ""},
		"chartUntitled":           {blocks(`{"type":"data_visualization","chart":{"type":"pie","segments":[{"label":"a","value":1}]}}`), standin.Both, "/blocks/0: title is missing"},
		"chartCategoryTwice":      {blocks(`{"type":"data_visualization","title":"t","chart":{"type":"line","series":[{"name":"s","data":[{"label":"a","value":1},{"label":"a","value":2}]}],"axis_config":{"categories":["a","a"]}}}`), standin.Both, "/blocks/0/chart/axis_config/categories: a category stands twice"},
		"chartPointLeftOut":       {blocks(`{"type":"data_visualization","title":"t","chart":{"type":"line","series":[{"name":"s","data":[{"label":"a","value":1}]}],"axis_config":{"categories":["a","b"]}}}`), standin.Both, "/blocks/0/chart/series: s has not one point for each category"},
		"chartLongLabel":          {blocks(`{"type":"data_visualization","title":"t","chart":{"type":"pie","segments":[{"label":"aaaaaaaaaaaaaaaaaaaaa","value":1}]}}`), standin.Both, "/blocks/0/chart/segments/0/label: 21 characters, at most 20"},
		"noImageURL":              {blocks(`{"type":"image","alt_text":"x"}`), standin.Both, "/blocks/0: image_url or slack_file needed"},
		"noOptions":               {blocks(actions(`{"type":"static_select"}`)), standin.Both, "/blocks/0/elements/0: options or option_groups needed"},
		"optionsAndGroups":        {blocks(actions(`{"type":"static_select","options":[` + many(1, choice) + `],"option_groups":[]}`)), standin.Both, "/blocks/0/elements/0"},
		"manyOptions":             {blocks(actions(`{"type":"static_select","options":[` + many(101, choice) + `]}`)), standin.Both, "/blocks/0/elements/0/options: 101"},
		"longOption":              {blocks(actions(`{"type":"static_select","options":[{"text":{"type":"plain_text","text":"` + x(76) + `"},"value":"v"}]}`)), standin.Both, "/blocks/0/elements/0/options/0/text/text: 76"},
		"longOptionValue":         {blocks(actions(`{"type":"static_select","options":[{"text":{"type":"plain_text","text":"o"},"value":"` + x(151) + `"}]}`)), standin.Both, "/blocks/0/elements/0/options/0/value: 151"},
		"mrkdwnOption":            {blocks(actions(`{"type":"static_select","options":[{"text":{"type":"mrkdwn","text":"o"},"value":"v"}]}`)), standin.Both, "/blocks/0/elements/0/options/0/text"},
		"longGroupLabel":          {blocks(actions(`{"type":"static_select","option_groups":[{"label":{"type":"plain_text","text":"` + x(76) + `"},"options":[` + many(1, choice) + `]}]}`)), standin.Both, "/blocks/0/elements/0/option_groups/0/label/text: 76"},
		"longOverflow":            {blocks(actions(`{"type":"overflow","options":[` + many(6, choice) + `]}`)), standin.Both, "/blocks/0/elements/0/options: 6"},
		"manyRadios":              {blocks(actions(`{"type":"radio_buttons","options":[` + many(11, choice) + `]}`)), standin.Both, "/blocks/0/elements/0/options: 11"},
		"longPlaceholder":         {blocks(actions(`{"type":"external_select","placeholder":{"type":"plain_text","text":"` + x(151) + `"}}`)), standin.Both, "/blocks/0/elements/0/placeholder/text: 151"},
		"longMarkdown":            {blocks(`{"type":"markdown","text":"` + x(6001) + `"},{"type":"markdown","text":"` + x(6001) + `"}`), standin.Ack, "/blocks: markdown blocks hold 12002"},
		"twoTables":               {blocks(many(2, `{"type":"table","rows":[[{"type":"raw_text","text":"a"}]]}`)), standin.Both, "/blocks: more than one table"},
		"longTable":               {blocks(`{"type":"table","rows":[` + many(101, `[{"type":"raw_text","text":"a"}]`) + `]}`), standin.Both, "/blocks/0/rows: 101"},
		"wideTable":               {blocks(`{"type":"table","rows":[[` + many(21, `{"type":"raw_text","text":"a"}`) + `]]}`), standin.Both, "/blocks/0/rows/0: 21"},
		"tableOfText":             {blocks(`{"type":"table","rows":[["a"]]}`), standin.Both, "/blocks/0/rows/0/0: a string"},
		"alertInMessage":          {blocks(`{"type":"alert","text":{"type":"mrkdwn","text":"a"}}`), standin.Both, "/blocks/0: alert is not for a message"},
		"richTextSection":         {blocks(`{"type":"rich_text","elements":[{"type":"text","text":"t"}]}`), standin.Both, `/blocks/0/elements/0: type "text"`},
		"listStyle":               {blocks(`{"type":"rich_text","elements":[{"type":"rich_text_list","style":"dash","elements":[]}]}`), standin.Both, "/blocks/0/elements/0/style"},
		"longCard":                {blocks(`{"type":"card","body":{"type":"mrkdwn","text":"` + x(201) + `"}}`), standin.Both, "/blocks/0/body/text: 201"},
		"longCarousel":            {blocks(`{"type":"carousel","elements":[` + many(11, `{"type":"card"}`) + `]}`), standin.Both, "/blocks/0/elements: 11"},
		"longInputLabel":          {blocks(`{"type":"input","label":{"type":"plain_text","text":"` + x(2001) + `"},"element":{"type":"plain_text_input"}}`), standin.Both, "/blocks/0/label/text: 2001"},
		"longInput":               {blocks(`{"type":"input","label":{"type":"plain_text","text":"l"},"element":{"type":"plain_text_input","max_length":3001}}`), standin.Both, "/blocks/0/element/max_length: 3001"},
		"buttonAsInput":           {blocks(`{"type":"input","label":{"type":"plain_text","text":"l"},"element":` + button("a", "b") + `}`), standin.Both, `/blocks/0/element: type "button"`},
		"bigForAnAck":             {blocks(many(7, section(x(2950)))), standin.Ack, "/: 2"},
		"bigForAPost":             {blocks(many(5, section(x(2700)))), standin.Post, "/blocks: 1"},
		"metadataWithoutItsEvent": {`{"text":"t","metadata":{"event_type":"e"}}`, standin.Both, "/metadata: event_payload is missing"},
	}
}

func TestCheckMessage(t *testing.T) {
	for name, test := range messageSamples() {
		t.Run(name, func(t *testing.T) {
			got := standin.CheckMessage([]byte(test.doc), test.via)
			matches(t, got, test.want)
		})
	}
}

// matches holds that a problem begins so, or that there is none.
func matches(t *testing.T, got []string, want string) {
	t.Helper()
	for _, line := range got {
		if want != "" && strings.HasPrefix(line, want) {
			return
		}
	}
	if want != "" || len(got) > 0 {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCheckView(t *testing.T) {
	modal := func(rest, list string) string {
		return `{"type":"modal","title":{"type":"plain_text","text":"t"},"blocks":[` + list + `]` + rest + `}`
	}
	const input = `{"type":"input","block_id":"b%d","label":{"type":"plain_text","text":"l"},"element":{"type":"plain_text_input","action_id":"a"}}`
	const submit = `,"submit":{"type":"plain_text","text":"Save"}`
	tests := map[string]struct{ doc, want string }{
		"goodHome":        {`{"type":"home","blocks":[` + many(100, `{"type":"divider"}`) + `]}`, ""},
		"goodModal":       {modal(submit+`,"callback_id":"c","private_metadata":"p","clear_on_close":true`, many(3, input)), ""},
		"goodAlert":       {modal("", `{"type":"alert","level":"warning","text":{"type":"plain_text","text":"a"}}`), ""},
		"noType":          {`{"blocks":[]}`, "/: type is missing"},
		"messageAsView":   {`{"text":"t","blocks":[]}`, `/: unknown property "text"`},
		"noTitle":         {`{"type":"modal","blocks":[]}`, "/: title is missing"},
		"titleOnHome":     {`{"type":"home","title":{"type":"plain_text","text":"t"},"blocks":[]}`, `/: unknown property "title"`},
		"longTitle":       {`{"type":"modal","title":{"type":"plain_text","text":"` + x(25) + `"},"blocks":[]}`, "/title/text: 25"},
		"longSubmit":      {modal(`,"submit":{"type":"plain_text","text":"`+x(25)+`"}`, ""), "/submit/text: 25"},
		"manyBlocks":      {`{"type":"home","blocks":[` + many(101, `{"type":"divider"}`) + `]}`, "/blocks: 101"},
		"tableOnHome":     {`{"type":"home","blocks":[{"type":"table","rows":[[{"type":"raw_text","text":"a"}]]}]}`, "/blocks/0: table is not for a home"},
		"markdownOnHome":  {`{"type":"home","blocks":[{"type":"markdown","text":"a"}]}`, "/blocks/0: markdown is not for a home"},
		"alertOnHome":     {`{"type":"home","blocks":[{"type":"alert","text":{"type":"mrkdwn","text":"a"}}]}`, "/blocks/0: alert is not for a home"},
		"inputsNoSubmit":  {modal("", many(1, input)), "/submit: needed"},
		"longMetadata":    {modal(`,"private_metadata":"`+x(3001)+`"`, ""), "/private_metadata: 3001"},
		"longCallback":    {modal(`,"callback_id":"`+x(256)+`"`, ""), "/callback_id: 256"},
		"blocksAreNull":   {`{"type":"home","blocks":null}`, "/blocks: null"},
		"blocksMissing":   {`{"type":"home"}`, "/: blocks is missing"},
		"tooMuch":         {`{"type":"home","blocks":[` + many(100, section(x(2600))) + `]}`, "/: 2"},
		"notJSON":         {`nope`, "/: "},
		"anotherIdentity": {`{"type":"home","blocks":[],"id":"V1"}`, `/: unknown property "id"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { matches(t, standin.CheckView([]byte(test.doc)), test.want) })
	}
}

func TestCheckOptions(t *testing.T) {
	tests := map[string]struct{ doc, want string }{
		"good":       {`{"options":[` + many(100, choice) + `]}`, ""},
		"goodNone":   {`{"options":[]}`, ""},
		"goodGroups": {`{"option_groups":[{"label":{"type":"plain_text","text":"l"},"options":[` + many(2, choice) + `]}]}`, ""},
		"many":       {`{"options":[` + many(101, choice) + `]}`, "/options: 101"},
		"none":       {`{}`, "/: options or option_groups needed"},
		"longText":   {`{"options":[{"text":{"type":"plain_text","text":"` + x(76) + `"},"value":"v"}]}`, "/options/0/text/text: 76"},
		"longValue":  {`{"options":[{"text":{"type":"plain_text","text":"o"},"value":"` + x(151) + `"}]}`, "/options/0/value: 151"},
		"noValue":    {`{"options":[{"text":{"type":"plain_text","text":"o"}}]}`, "/options/0: value is missing"},
		"mrkdwn":     {`{"options":[{"text":{"type":"mrkdwn","text":"o"},"value":"v"}]}`, "/options/0/text: type"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { matches(t, standin.CheckOptions([]byte(test.doc)), test.want) })
	}
}

func TestCheckHouseRules(t *testing.T) {
	tests := map[string]struct{ doc, want string }{
		"good":             {`{"text":"a &lt;!channel&gt; <#C1> <https://x|y>","blocks":[` + section("&lt;@U1&gt;") + `]}`, ""},
		"goodPlain":        {blocks(`{"type":"header","text":{"type":"plain_text","text":"<!here>"}}`), ""},
		"goodRawText":      {blocks(`{"type":"table","rows":[[{"type":"raw_text","text":"<!here>"}]]}`), ""},
		"goodRichText":     {blocks(`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"<!here>"}]}]}`), ""},
		"channelInText":    {`{"text":"hey <!channel>"}`, "/text: live mention <!channel>"},
		"hereWithALabel":   {blocks(section("<!here|here>")), "/blocks/0/text/text: live mention <!here|here>"},
		"everyone":         {blocks(section("<!everyone>")), "/blocks/0/text/text: live mention"},
		"user":             {blocks(`{"type":"context","elements":[{"type":"mrkdwn","text":"<@U123>"}]}`), "/blocks/0/elements/0/text: live mention <@U123>"},
		"group":            {blocks(section("<!subteam^S1>")), "/blocks/0/text/text: live mention"},
		"markdown":         {blocks(`{"type":"markdown","text":"<!channel>"}`), "/blocks/0/text: live mention"},
		"richBroadcast":    {blocks(`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"broadcast","range":"here"}]}]}`), "/blocks/0/elements/0/elements/0: live mention"},
		"linkNames":        {`{"text":"t","link_names":true}`, "/link_names"},
		"parseFull":        {`{"text":"t","parse":"full"}`, "/parse"},
		"insideATableCell": {blocks(`{"type":"table","rows":[[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"user","user_id":"U1"}]}]}]]}`), "/blocks/0/rows/0/0/elements/0/elements/0: live mention"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { matches(t, standin.CheckHouseRules([]byte(test.doc)), test.want) })
	}
}

func TestCheckManifest(t *testing.T) {
	const good = `{"display_information":{"name":"silkwire"},"features":{"app_home":{"home_tab_enabled":true},"bot_user":{"display_name":"silkwire"},"slash_commands":[{"command":"/ask","description":"Ask"}]},"oauth_config":{"scopes":{"bot":["commands","app_mentions:read","im:history"]}},"settings":{"socket_mode_enabled":true,"event_subscriptions":{"bot_events":["app_mention","message.im","app_home_opened"]},"interactivity":{"is_enabled":true}}}`
	tests := map[string]struct{ old, to, want string }{
		"good":            {"", "", ""},
		"goodSecond":      {`{"display_information"`, `{"_metadata":{"major_version":2},"display_information"`, ""},
		"noName":          {`"name":"silkwire"`, ``, "/display_information: missing property"},
		"longName":        {`"name":"silkwire"`, `"name":"` + x(36) + `"`, "/display_information/name: "},
		"noDescription":   {`,"description":"Ask"`, ``, "/features/slash_commands/0: missing property"},
		"noSlash":         {`"/ask"`, `"ask"`, "/features/slash_commands/0/command: "},
		"longCommand":     {`"/ask"`, `"/` + x(33) + `"`, "/features/slash_commands/0/command: "},
		"unknownProperty": {`"display_name":"silkwire"`, `"display_name":"silkwire","colour":"red"`, "/features/bot_user: additional"},
		"stringForBool":   {`"home_tab_enabled":true`, `"home_tab_enabled":"true"`, "/features/app_home/home_tab_enabled: "},
		"commandsScope":   {`"commands",`, ``, "/oauth_config/scopes/bot: scope commands missing"},
		"mentionScope":    {`"app_mentions:read",`, ``, "/oauth_config/scopes/bot: scope app_mentions:read missing"},
		"imScope":         {`,"im:history"`, ``, "/oauth_config/scopes/bot: scope im:history missing"},
		"channelScope":    {`["app_mention"`, `["message.channels","app_mention"`, "/oauth_config/scopes/bot: scope channels:history missing"},
		"homeTabOff":      {`"home_tab_enabled":true`, `"home_tab_enabled":false`, "/features/app_home: "},
		"assistantScope":  {`"bot_user"`, `"assistant_view":{"assistant_description":"a"},"bot_user"`, "/oauth_config/scopes/bot: scope assistant:write missing"},
		"deadURL":         {`"is_enabled":true`, `"is_enabled":true,"request_url":"https://x.example"`, "/settings: socket mode is on"},
		"noURL":           {`"socket_mode_enabled":true`, `"socket_mode_enabled":false`, "/features/slash_commands/0: no socket mode"},
		"commandTwice":    {`{"command":"/ask","description":"Ask"}`, `{"command":"/ask","description":"Ask"},{"command":"/ask","description":"Ask"}`, "/features/slash_commands/1: the same"},
		"notJSON":         {`{"display_information"`, `{`, "/: "},
		"badURL":          {`"is_enabled":true`, `"is_enabled":true,"request_url":"not a url"`, "/settings/interactivity/request_url"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			doc := strings.ReplaceAll(good, test.old, test.to)
			if test.old == "" {
				doc = good
			} else if doc == good {
				t.Fatalf("%q is not in the manifest", test.old)
			}
			matches(t, standin.CheckManifest([]byte(doc)), test.want)
		})
	}
}

// With SLACK_SAMPLES set, the samples go into that folder, for another checker to
// be compared with.
func TestWriteSamples(t *testing.T) {
	folder := os.Getenv("SLACK_SAMPLES")
	if folder == "" {
		t.Skip("SLACK_SAMPLES is not set")
	}
	verdicts := map[string][]string{}
	for name, test := range messageSamples() {
		via := [...]string{"ack", "post", "both", "response"}[test.via]
		file := via + "-" + name + ".json"
		verdicts[file] = standin.CheckMessage([]byte(test.doc), test.via)
		if err := os.WriteFile(filepath.Join(folder, file), []byte(test.doc), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := json.MarshalIndent(verdicts, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "verdicts.txt"), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// FuzzCheck holds that no JSON makes the checker panic.
func FuzzCheck(f *testing.F) {
	for _, test := range messageSamples() {
		if len(test.doc) < 2000 {
			f.Add([]byte(test.doc))
		}
	}
	f.Add([]byte(`{"type":"modal","title":1,"blocks":[{"type":"input","element":[]}]}`))
	f.Add([]byte(`{"features":{"slash_commands":[null]},"settings":[]}`))
	f.Fuzz(func(_ *testing.T, doc []byte) {
		standin.CheckMessage(doc, standin.Both)
		standin.CheckView(doc)
		standin.CheckOptions(doc)
		standin.CheckHouseRules(doc)
		standin.CheckManifest(doc)
	})
}
