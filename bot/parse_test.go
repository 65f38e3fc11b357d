package bot_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"silkwire/bot"
)

// The commands of these tests, one for each way of taking options.
var (
	// timeline takes free text, and dates by name.
	timeline = bot.Command{Name: "timeline", Summary: "What happened when", Handle: noted("timeline"), Options: []bot.Option{
		{Name: "topic", Summary: "a name", Kind: bot.FreeText},
		{Name: "since", Summary: "a first date", Kind: bot.DateText, Named: true},
		{Name: "until", Summary: "a last date", Kind: bot.DateText, Named: true},
		{Name: "page", Summary: "a part of the list", Kind: bot.Integer, Named: true},
	}}
	ask = bot.Command{Name: "ask", Summary: "Ask a question", Handle: noted("ask"), Options: []bot.Option{
		{Name: "question", Summary: "a question, in your own words", Kind: bot.FreeText, Required: true},
	}}
	// compare takes one word, then free text.
	compare = bot.Command{Name: "compare", Summary: "Two side by side", Handle: noted("compare"), Options: []bot.Option{
		{Name: "first", Summary: "a name", Kind: bot.Word, Required: true},
		{Name: "second", Summary: "another name", Kind: bot.FreeText, Required: true},
	}}
	ticker = bot.Command{Name: "ticker", Summary: "Prices", Handle: noted("ticker"), Options: []bot.Option{
		{Name: "symbols", Summary: "one or more symbols", Kind: bot.WordList, Required: true},
		{Name: "private", Summary: "only for you", Kind: bot.YesNo, Named: true},
		{Name: "topics", Summary: "what about them", Kind: bot.WordList, Named: true},
	}}
	// watch takes single words of every checked kind.
	watch = bot.Command{Name: "watch", Summary: "Watch a name", Handle: noted("watch"), Options: []bot.Option{
		{Name: "name", Summary: "a name", Kind: bot.Word, Required: true},
		{Name: "direction", Summary: "up, down or both", Kind: bot.Word, Choices: []bot.Choice{{Label: "rising", Value: "up"}, {Label: "falling", Value: "down"}, {Label: "any", Value: "both"}}},
		{Name: "days", Summary: "for how long", Kind: bot.Integer},
		{Name: "day", Summary: "from when", Kind: bot.DateText, Named: true},
		{Name: "private", Summary: "only for you", Kind: bot.YesNo, Named: true},
	}}
	market = bot.Command{Name: "market", Summary: "All prices", Handle: noted("market")}
)

// noted is a handler whose reply says which command was run.
func noted(name string) bot.Handler {
	return func(_ context.Context, r bot.Request) (bot.Reply, error) {
		return bot.Reply{Lead: bot.T(name + " as " + r.Command)}, nil
	}
}

type values = map[string][]string

func TestSplitLine(t *testing.T) {
	tests := []struct{ name, line, command, rest string }{
		{"a command with words", "/lab qwen 3", "lab", "qwen 3"},
		{"a command alone", "/market", "market", ""},
		{"the name in lower case, the rest as it is", "/LAB Qwen", "lab", "Qwen"},
		{"the full-width slash", "／lab 通义千问", "lab", "通义千问"},
		{"an ideographic space after the name", "/lab\u3000通义千问", "lab", "通义千问"},
		{"blanks around", "  /lab   qwen  3 ", "lab", "qwen  3"},
		{"a question", "who made /lab?", "", "who made /lab?"},
		{"a Chinese question", " 谁做了通义千问？ ", "", "谁做了通义千问？"},
		{"a slash alone", "/", "", ""},
		{"a slash apart from the name", "/ lab", "", "lab"},
		{"nothing", "", "", ""},
		{"an address is a command that does not exist", "/usr/bin x", "usr/bin", "x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if command, rest := bot.SplitLine(tt.line); command != tt.command || rest != tt.rest {
				t.Errorf("SplitLine(%q)\n got %q and %q\nwant %q and %q", tt.line, command, rest, tt.command, tt.rest)
			}
		})
	}
}

func TestBind(t *testing.T) {
	tests := []struct {
		name    string
		command bot.Command
		rest    string
		want    values
	}{
		{"nothing to bind", market, "", values{}},
		{"optional ones may be left out", timeline, "  ", values{}},

		{"free text takes the whole line", ask, "who  leads in AI", values{"question": {"who leads in AI"}}},
		{"an apostrophe in a word", ask, "why didn't the sanctions stop them", values{"question": {"why didn't the sanctions stop them"}}},
		{"apostrophes in two words", ask, "what's R1's cost", values{"question": {"what's R1's cost"}}},
		{"a curly apostrophe", ask, "what’s R1’s cost", values{"question": {"what’s R1’s cost"}}},
		{"an apostrophe before a word", ask, "'tis the labs' cost", values{"question": {"'tis the labs' cost"}}},
		{"an apostrophe before a year", timeline, "the '24 rules since:2024", values{"topic": {"the '24 rules"}, "since": {"2024"}}},
		{"free text with colons", ask, "R1: what did it cost? Answer: …", values{"question": {"R1: what did it cost? Answer: …"}}},
		{"free text with an address", ask, "what says https://example.com/a:b of it", values{"question": {"what says https://example.com/a:b of it"}}},
		{"free text with a time", timeline, "news at 10:30", values{"topic": {"news at 10:30"}}},
		{"another command's option is free text", timeline, "symbols:NVDA", values{"topic": {"symbols:NVDA"}}},
		{"free text in quotes", ask, `"who leads"`, values{"question": {"who leads"}}},
		{"free text with quotes inside", ask, `what is "indirect access"`, values{"question": {`what is "indirect access"`}}},
		{"free text between two quotes", ask, `"qwen" vs "llama"`, values{"question": {`"qwen" vs "llama"`}}},
		{"free text with a quote that is not closed", timeline, `the "ban since:2024`, values{"topic": {`the "ban`}, "since": {"2024"}}},
		{"free text in Chinese", ask, "制裁为什么没有用？", values{"question": {"制裁为什么没有用？"}}},

		{"straight quotes", watch, `"alibaba cloud" up`, values{"name": {"alibaba cloud"}, "direction": {"up"}}},
		{"single quotes", watch, `'alibaba cloud' up`, values{"name": {"alibaba cloud"}, "direction": {"up"}}},
		{"single quotes round an apostrophe", watch, `'what's his name' up`, values{"name": {"what's his name"}, "direction": {"up"}}},
		{"curly quotes", watch, "“alibaba cloud” up", values{"name": {"alibaba cloud"}, "direction": {"up"}}},
		{"curly quotes the other way round", watch, "”alibaba cloud“ up", values{"name": {"alibaba cloud"}, "direction": {"up"}}},
		{"two closing curly quotes", watch, "”alibaba cloud” up", values{"name": {"alibaba cloud"}, "direction": {"up"}}},
		{"two opening curly quotes", watch, "“alibaba cloud“ up", values{"name": {"alibaba cloud"}, "direction": {"up"}}},
		{"a curly quote closed by a straight one", watch, "“alibaba cloud\" up", values{"name": {"alibaba cloud"}, "direction": {"up"}}},
		{"single curly quotes", watch, "‘alibaba cloud’ up", values{"name": {"alibaba cloud"}, "direction": {"up"}}},
		{"single curly quotes the other way round", watch, "’alibaba cloud‘ up", values{"name": {"alibaba cloud"}, "direction": {"up"}}},
		{"corner brackets", watch, "「阿里 云」 up", values{"name": {"阿里 云"}, "direction": {"up"}}},
		{"double corner brackets", watch, "『阿里 云』 up", values{"name": {"阿里 云"}, "direction": {"up"}}},
		{"title marks", watch, "《阿里 云》 up", values{"name": {"阿里 云"}, "direction": {"up"}}},
		{"a Chinese quote with no blank after it", watch, "「阿里 云」up", values{"name": {"阿里 云"}, "direction": {"up"}}},
		{"one kind of quote inside another", watch, `「the "best" lab」`, values{"name": {`the "best" lab`}}},

		{"a word, then free text", compare, "qwen byte dance", values{"first": {"qwen"}, "second": {"byte dance"}}},
		{"a quoted word, then free text", compare, `"alibaba cloud" byte dance`, values{"first": {"alibaba cloud"}, "second": {"byte dance"}}},
		{"both by name", compare, "second:bytedance first:qwen", values{"first": {"qwen"}, "second": {"bytedance"}}},
		{"one by name, one by position", compare, "second:bytedance qwen", values{"first": {"qwen"}, "second": {"bytedance"}}},
		{"free text by name goes on", compare, "first:qwen second:byte dance", values{"first": {"qwen"}, "second": {"byte dance"}}},
		{"free text by name goes on after a word by position", compare, "qwen second:byte dance", values{"first": {"qwen"}, "second": {"byte dance"}}},
		{"the question by its name, as Discord shows it", ask, "question: why didn't it work", values{"question": {"why didn't it work"}}},

		{"an option by name before free text", timeline, "since:2024 deep seek", values{"topic": {"deep seek"}, "since": {"2024"}}},
		{"an option by name inside free text", timeline, "deep since:2024-10 seek", values{"topic": {"deep seek"}, "since": {"2024-10"}}},
		{"a full-width colon", timeline, "深度求索 since：2024-10-31", values{"topic": {"深度求索"}, "since": {"2024-10-31"}}},
		{"a blank after the colon", timeline, "deepseek since: 2024 until:\u30002025", values{"topic": {"deepseek"}, "since": {"2024"}, "until": {"2025"}}},
		{"an option's name in capitals", timeline, "deepseek Since:2024", values{"topic": {"deepseek"}, "since": {"2024"}}},
		{"a quoted value by name", timeline, `topic:"deep seek" since:"2024"`, values{"topic": {"deep seek"}, "since": {"2024"}}},

		{"a list by blanks", ticker, "NVDA AMD baba", values{"symbols": {"NVDA", "AMD", "baba"}}},
		{"a list by commas", ticker, "NVDA,AMD, baba", values{"symbols": {"NVDA", "AMD", "baba"}}},
		{"a list by Chinese commas", ticker, "英伟达，腾讯、阿里巴巴；华为", values{"symbols": {"英伟达", "腾讯", "阿里巴巴", "华为"}}},
		{"a list with commas at its ends", ticker, ", NVDA ,,AMD,", values{"symbols": {"NVDA", "AMD"}}},
		{"a list of quoted words", ticker, `"alibaba cloud","byte dance",amd`, values{"symbols": {"alibaba cloud", "byte dance", "amd"}}},
		{"a list in one pair of quotes", ticker, `"alibaba cloud, amd"`, values{"symbols": {"alibaba cloud", "amd"}}},
		{"a list of Chinese quotes without blanks", ticker, "「阿里 云」「腾讯」", values{"symbols": {"阿里 云", "腾讯"}}},
		{"a list by name", ticker, "symbols:NVDA,AMD", values{"symbols": {"NVDA", "AMD"}}},
		{"a list by name with blanks", ticker, "symbols: NVDA AMD, baba", values{"symbols": {"NVDA", "AMD", "baba"}}},
		{"a list by name, twice", ticker, "symbols:NVDA symbols:AMD", values{"symbols": {"NVDA", "AMD"}}},
		{"a second list by name", ticker, "NVDA topics:price,news AMD", values{"symbols": {"NVDA", "AMD"}, "topics": {"price", "news"}}},

		{"a name alone is yes", ticker, "NVDA private: AMD", values{"symbols": {"NVDA", "AMD"}, "private": {"true"}}},
		{"yes in other words", ticker, "NVDA private:ON", values{"symbols": {"NVDA"}, "private": {"true"}}},
		{"no in other words", ticker, "NVDA private:n", values{"symbols": {"NVDA"}, "private": {"false"}}},
		{"every kind", watch, "qwen BOTH 7 day:2026-01-31 private:yes", values{"name": {"qwen"}, "direction": {"both"}, "days": {"7"}, "day": {"2026-01-31"}, "private": {"true"}}},
		{"a negative number", watch, "qwen up -7", values{"name": {"qwen"}, "direction": {"up"}, "days": {"-7"}}},
		{"an address is no option", watch, "https://example.com", values{"name": {"https://example.com"}}},
		{"an apostrophe before the only word", watch, "'tis", values{"name": {"'tis"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := bot.Bind(tt.command, tt.rest)
			if err != nil {
				t.Fatalf("/%s %s\n got %v\nwant %q", tt.command.Name, tt.rest, err, tt.want)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("/%s %s\n got %q\nwant %q", tt.command.Name, tt.rest, got, tt.want)
			}
		})
	}
}

const (
	timelineUsage = "/timeline [topic] [since:…] [until:…] [page:…]"
	tickerUsage   = "/ticker <symbols …> [private:…] [topics:…]"
	watchUsage    = "/watch <name> [direction] [days] [day:…] [private:…]"
)

func TestBindSaysWhatIsWrong(t *testing.T) {
	tests := []struct {
		name    string
		command bot.Command
		rest    string
		say     string
		next    string
	}{
		{"a missing option", ticker, "", "/ticker needs one or more symbols.", "Write " + tickerUsage},
		{"nothing but commas", ticker, ",，", "/ticker needs one or more symbols.", "Write " + tickerUsage},
		{"empty quotes", ask, `""`, "/ask needs a question, in your own words.", "Write /ask <question>"},
		{"a name without a value", ask, "question:", "/ask needs a question, in your own words.", "Write /ask <question>"},
		{"a missing second option", compare, "qwen", "/compare needs another name.", "Write /compare <first> <second>"},
		{"a surplus word", market, "now please", "I don't know what to do with “now”.", "Write /market"},
		{"a surplus word after the last option", watch, "qwen up 7 again", "I don't know what to do with “again”.", "Write " + watchUsage},
		{"a surplus word beside one by name", watch, "name:qwen direction:up days:7 seek", "I don't know what to do with “seek”.", "Write " + watchUsage},
		{"a long surplus word", market, strings.Repeat("长", 50), "I don't know what to do with “" + strings.Repeat("长", 39) + "…”.", "Write /market"},

		{"an unknown option, the nearest offered", ticker, "NVDA privat:yes", "/ticker has no option “privat:”; did you mean “private:”?", "Write " + tickerUsage},
		{"of two near ones the nearest is offered", watch, "qwen da:3", "/watch has no option “da:”; did you mean “day:”?", "Write " + watchUsage},
		{"an unknown option in capitals", watch, "qwen DIRECTON:up", "/watch has no option “DIRECTON:”; did you mean “direction:”?", "Write " + watchUsage},
		{"an unknown option, none near", market, "colour:red", "/market has no option “colour:”.", "Write /market"},

		{"an option twice", timeline, "since:2024 since:2025", "“since:” stands there twice.", "Give it once: " + timelineUsage},
		{"an option twice, once in capitals", watch, "name:a NAME:b", "“name:” stands there twice.", "Give it once: " + watchUsage},

		{"no whole number", watch, "qwen up soon", "“days:” takes a whole number, not “soon”.", "Write " + watchUsage},
		{"a fraction is no whole number", timeline, "qwen page:1.5", "“page:” takes a whole number, not “1.5”.", "Write " + timelineUsage},
		{"a number too large", timeline, "page:99999999999999999999", "“page:” takes a whole number, not “99999999999999999999”.", "Write " + timelineUsage},
		{"neither yes nor no", ticker, "NVDA private:maybe", "“private:” takes yes or no, not “maybe”.", "Write " + tickerUsage},
		{"no date", timeline, "since:yesterday", "“since:” takes a date such as 2024, 2024-10 or 2024-10-31, not “yesterday”.", "Write " + timelineUsage},
		{"a month that is none", timeline, "since:2024-13", "“since:” takes a date such as 2024, 2024-10 or 2024-10-31, not “2024-13”.", "Write " + timelineUsage},
		{"a day that is none", timeline, "since:2023-02-29", "“since:” takes a date such as 2024, 2024-10 or 2024-10-31, not “2023-02-29”.", "Write " + timelineUsage},
		{"a date the other way round", timeline, "since:31.10.2024", "“since:” takes a date such as 2024, 2024-10 or 2024-10-31, not “31.10.2024”.", "Write " + timelineUsage},
		{"a name whose value is another option", timeline, "since: until:2024", "“since:” takes a date such as 2024, 2024-10 or 2024-10-31, not “”.", "Write " + timelineUsage},
		{"none of the choices", watch, "qwen sideways", "“sideways” is none of the choices for “direction:”: up, down, both.", "Write " + watchUsage},

		{"a quote that is not closed", ticker, `NVDA "alibaba cloud`, "The quotation mark before “alibaba” is not closed.", "Close it, or leave it out: " + tickerUsage},
		{"a Chinese quote that is not closed", watch, "「阿里 云", "The quotation mark before “阿里” is not closed.", "Close it, or leave it out: " + watchUsage},
		{"a quote that is not closed in a named option", watch, "name:“alibaba", "The quotation mark before “alibaba” is not closed.", "Close it, or leave it out: " + watchUsage},
		{"a quote at the end", watch, `qwen "`, "A quotation mark is not closed.", "Close it, or leave it out: " + watchUsage},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := bot.Bind(tt.command, tt.rest)
			wantFail(t, "/"+tt.command.Name+" "+tt.rest, err, bot.Misused, tt.say, tt.next)
			if err == nil {
				t.Logf("bound to %q", got)
			}
		})
	}
}

// wantFail checks that err is a *Fail with that outcome and these words.
func wantFail(t *testing.T, input string, err error, outcome bot.Outcome, say, next string) {
	t.Helper()
	fail, ok := errors.AsType[*bot.Fail](err)
	if !ok {
		t.Errorf("%s\n got %v\nwant a *Fail: %s", input, err, say)
		return
	}
	if fail.Outcome != outcome || fail.Say != say || fail.Next != next {
		t.Errorf("%s\n got %v: %s\n     %s\nwant %v: %s\n     %s", input, fail.Outcome, fail.Say, fail.Next, outcome, say, next)
	}
}

func TestBindAsksForWhatIsMissing(t *testing.T) {
	_, err := bot.Bind(compare, "qwen")
	fail, ok := errors.AsType[*bot.Fail](err)
	if !ok || fail.Form == nil {
		t.Fatalf("/compare qwen: got %v, want a *Fail with a form", err)
	}
	form := fail.Form
	if want := []string{"compare"}; form.Title != compare.Summary || !reflect.DeepEqual(form.Path, want) {
		t.Errorf("the form: got title %q and path %q, want %q and %q", form.Title, form.Path, compare.Summary, want)
	}
	if want := map[string]string{"first": "qwen"}; !reflect.DeepEqual(form.Given, want) {
		t.Errorf("what is known already: got %q, want %q", form.Given, want)
	}
	if !reflect.DeepEqual(form.Fields, compare.Options) {
		t.Errorf("the fields: got %+v, want %+v", form.Fields, compare.Options)
	}
	form.Fields[0].Name = "changed"
	if got := compare.Options[0].Name; got != "first" {
		t.Errorf("a change of the form renamed the command's option to %q", got)
	}
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name    string
		command bot.Command
		given   values
		want    values
		say     string // of the Fail, or empty
		next    string
	}{
		{name: "as declared", command: watch, given: values{"name": {"qwen"}, "days": {"7"}}, want: values{"name": {"qwen"}, "days": {"7"}}},
		{name: "yes and choices are written as declared", command: watch, given: values{"name": {"q"}, "direction": {"UP"}, "private": {"Yes"}}, want: values{"name": {"q"}, "direction": {"up"}, "private": {"true"}}},
		{name: "an optional one left out", command: timeline, given: values{}, want: values{}},
		{name: "an unknown one", command: watch, given: values{"name": {"q"}, "dirction": {"up"}}, say: "/watch has no option “dirction:”; did you mean “direction:”?", next: "Write " + watchUsage},
		{name: "a required one left out", command: watch, given: values{}, say: "/watch needs a name.", next: "Write " + watchUsage},
		{name: "a required one that is blank", command: watch, given: values{"name": {" "}}, say: "/watch needs a name.", next: "Write " + watchUsage},
		{name: "one of the wrong kind", command: watch, given: values{"name": {"q"}, "days": {"many"}}, say: "“days:” takes a whole number, not “many”.", next: "Write " + watchUsage},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := bot.Check(tt.command, tt.given)
			if tt.say != "" {
				wantFail(t, "the values", err, bot.Misused, tt.say, tt.next)
				return
			}
			if err != nil || !reflect.DeepEqual(tt.given, tt.want) {
				t.Errorf("/%s\n got %q, %v\nwant %q", tt.command.Name, tt.given, err, tt.want)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	digest := bot.Command{Name: "digest", Subcommands: []bot.Command{{Name: "subscribe"}, {Name: "list"}}}
	named := bot.Command{Name: "x", Options: []bot.Option{{Name: "day", Named: true, Required: true}, {Name: "loud", Kind: bot.YesNo}}}
	tests := []struct {
		command bot.Command
		want    string
	}{
		{market, "/market"},
		{ask, "/ask <question>"},
		{timeline, timelineUsage},
		{ticker, tickerUsage},
		{watch, watchUsage},
		{digest, "/digest subscribe|list"},
		{named, "/x day:… [loud:…]"},
	}
	for _, tt := range tests {
		if got := bot.Usage(tt.command); got != tt.want {
			t.Errorf("Usage of %s\n got %s\nwant %s", tt.command.Name, got, tt.want)
		}
	}
}

// FuzzBind checks that Bind makes nothing up: every value is written with the
// characters of the line, and a line that was bound, written anew with every
// value quoted by name, binds to the same values.
func FuzzBind(f *testing.F) {
	commands := []bot.Command{ask, timeline, compare, ticker, watch, market}
	for i, s := range []string{
		"why didn't 'tis labs' https://x.y question: a:b", "topic:“deep seek” since：2024 page:3", "second:b c first:'a'", "symbols: a,「b c」、d private:",
		`"alibaba cloud" UP 7 day:2024 private:on`, "‘a’ \"", "name:\"", "，,;", "\xff since:\x80", "topics:a,b symbols:c",
	} {
		f.Add(uint8(i), s)
	}
	f.Fuzz(func(t *testing.T, which uint8, rest string) {
		c := commands[int(which)%len(commands)]
		bound, err := bot.Bind(c, rest)
		if err != nil {
			if _, ok := errors.AsType[*bot.Fail](err); !ok {
				t.Fatalf("/%s %q: %v is no *Fail", c.Name, rest, err)
			}
			return
		}
		for name, given := range bound {
			for _, v := range given {
				if made := strings.IndexFunc(v, func(r rune) bool { return !strings.ContainsRune(rest+" ", r) }); made >= 0 && !declared(c, name) {
					t.Errorf("/%s %q: %s is %q, of characters that are not in the line", c.Name, rest, name, v)
				}
			}
		}
		line, ok := quoted(bound)
		if !ok || !utf8.ValidString(line) {
			return
		}
		if again, err := bot.Bind(c, line); err != nil || !reflect.DeepEqual(again, bound) {
			t.Errorf("/%s %q\nbinds to %q\nquoted, %q\nbinds to %q, %v", c.Name, rest, bound, line, again, err)
		}
	})
}

// declared tells whether Bind writes the option's values as they are declared,
// not as they were typed.
func declared(c bot.Command, name string) bool {
	for _, o := range c.Options {
		if o.Name == name {
			return o.Kind == bot.YesNo || len(o.Choices) > 0
		}
	}
	return false
}

// quoted writes the values as name:"value", or is not ok where one holds
// quotation marks of every kind.
func quoted(bound values) (line string, ok bool) {
	var b strings.Builder
	for name, given := range bound {
		for _, v := range given {
			open, end := "", ""
			for _, pair := range [][2]string{{`"`, `"`}, {"「", "」"}, {"『", "』"}, {"《", "》"}} {
				if !strings.Contains(v, pair[1]) {
					open, end = pair[0], pair[1]
				}
			}
			if open == "" {
				return "", false
			}
			b.WriteString(name + ":" + open + v + end + " ")
		}
	}
	return b.String(), true
}
