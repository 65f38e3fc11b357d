package commands

import (
	"context"
	"slices"
	"strings"

	"silkwire/bot"
	"silkwire/knowledge"
)

// Help shows what can be asked, with examples to press. It is made from the
// declarations of the other commands.
func Help(all []bot.Command) bot.Command {
	var choices []bot.Choice
	for _, c := range all {
		if !c.Message && !c.Hidden {
			choices = append(choices, bot.Choice{Label: c.Name, Value: c.Name})
		}
	}
	return bot.Command{
		Name: "help", Summary: "What can be asked, with examples to try",
		Examples: []string{"/help", "/help ticker"},
		Options: []bot.Option{{
			Name: "command", Summary: "a command's name", Kind: bot.FreeText,
			Complete: func(_ context.Context, _ bot.Request, typed string) []bot.Choice {
				return slices.DeleteFunc(slices.Clone(choices), func(c bot.Choice) bool { return !strings.HasPrefix(c.Value, strings.TrimPrefix(typed, "/")) })
			},
		}},
		Handle: func(_ context.Context, r bot.Request) (bot.Reply, error) {
			name := strings.ToLower(strings.TrimPrefix(r.Values.Text("command"), "/"))
			if name == "" {
				return overviewHelp(all, r), nil
			}
			i := slices.IndexFunc(all, func(c bot.Command) bool { return c.Name == name && !c.Message && !c.Hidden })
			if i < 0 {
				return bot.Reply{}, noCommand(choices, name)
			}
			return commandHelp(all[i], r), nil
		},
	}
}

func overviewHelp(all []bot.Command, r bot.Request) bot.Reply {
	t := bot.Table{Columns: []bot.Column{{Name: "Command"}, {Name: "What it does"}}}
	for _, c := range all {
		if !c.Message && !c.Hidden && r.User.May.Includes(c.Permit) {
			t.Rows = append(t.Rows, []bot.Text{bot.C(bot.Usage(c)), bot.T(c.Summary)})
		}
	}
	reply := bot.Reply{
		Title:  bot.B("What can be asked"),
		Lead:   bot.T("Ask in your own words, in English or Chinese, typos and nicknames included; or use a command. /help and a command's name tells more of it."),
		Blocks: []bot.Block{t},
	}
	if !r.User.Trusted { // who sits at silkwire's own terminal has neither threads nor a mention
		reply.Notice = bot.Q("Where slash commands do not run (in threads), mention me and write the same.")
	}
	for _, line := range []string{"/ask why didn't the sanctions stop them", "/lab qwen", "/ticker NVDA", "/compare alibaba bytedance", "/ask what does the R1 bill leave out", "/policy"} {
		reply.Suggestions = append(reply.Suggestions, bot.Action{Label: line, Line: line})
	}
	return reply
}

func noCommand(choices []bot.Choice, name string) *bot.Fail {
	f := bot.Misuse("Write /help to see what can be asked.", "There is no command /%s.", bot.Shorten(name, 40))
	names := map[string]bool{}
	for _, c := range choices {
		names[c.Value] = true
	}
	if near := knowledge.Nearest(name, names); near != "" {
		f.Say += " Did you mean /" + near + "?"
		f.Suggest = append(f.Suggest, bot.Action{Label: "/help " + near, Line: "/help " + near})
	}
	f.Suggest = append(f.Suggest, bot.Action{Label: "All commands", Line: "/help"})
	return f
}

func commandHelp(c bot.Command, r bot.Request) bot.Reply {
	reply := bot.Reply{Title: bot.C(bot.Usage(c)), Lead: bot.T(c.Summary + ".")}
	var fields []bot.Field
	for _, o := range c.Options {
		summary := o.Summary
		if !o.Required {
			summary += " (optional)"
		}
		fields = append(fields, bot.Field{Name: o.Name, Value: bot.T(summary)})
	}
	if len(fields) > 0 {
		reply.Blocks = append(reply.Blocks, bot.Fields{Title: bot.B("Options"), Fields: fields})
	}
	subcommands := bot.List{Title: bot.B("Subcommands")}
	for _, sub := range c.Subcommands {
		if sub.Name = c.Name + " " + sub.Name; !sub.Hidden && r.User.May.Includes(c.Permit|sub.Permit) {
			subcommands.Items = append(subcommands.Items, bot.Item{Text: bot.C(bot.Usage(sub)), Detail: bot.Q(sub.Summary)})
		}
	}
	if len(subcommands.Items) > 0 {
		reply.Blocks = append(reply.Blocks, subcommands)
	}
	for _, line := range c.Examples {
		reply.Suggestions = append(reply.Suggestions, bot.Action{Label: line, Line: line})
	}
	return reply
}
