package console

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/peterh/liner"

	"silkwire/bot"
)

// longestPrompt is how many columns a field's prompt may take: liner edits
// nothing beside a prompt that leaves fewer than ten.
const longestPrompt = 16

// fill asks a form's fields one after the other. Instead is set when a command
// was typed in place of a value: that is asked then, and the form is left. The
// error is liner.ErrPromptAborted or io.EOF when the form was canceled.
func (c *chat) fill(ctx context.Context, f bot.Form) (call bot.Call, instead string, err error) {
	call = bot.Call{Path: f.Path, Options: map[string][]string{}}
	for name, value := range f.Given {
		if !slices.ContainsFunc(f.Fields, func(o bot.Option) bool { return o.Name == name }) {
			call.Options[name] = []string{value}
		}
	}
	hint := bot.Paragraph{Title: bot.T(f.Title), Text: bot.Q("Enter leaves out what is optional; Ctrl-C or Ctrl-D cancels.")}
	if err := c.drawApart(bot.Reply{Blocks: []bot.Block{hint}}); err != nil {
		return call, "", err
	}
	for _, field := range f.Fields {
		value, err := c.field(ctx, f, field)
		if err != nil {
			return call, "", err
		}
		if strings.HasPrefix(value, "/") {
			return call, value, nil
		}
		if value == "" && f.Given[field.Name] == "" {
			continue
		}
		call.Options[field.Name] = []string{value}
		if field.Kind == bot.WordList {
			call.Options[field.Name] = strings.FieldsFunc(value, separates)
		}
	}
	return call, "", nil
}

// separates tells whether r stands between the words of a list, as in a line
// that the core reads.
func separates(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",，、;；", r) }

// field asks one field until its value can be taken.
func (c *chat) field(ctx context.Context, f bot.Form, field bot.Option) (string, error) {
	about := field.Summary
	if !field.Required {
		about += " (optional)"
	}
	if len(field.Choices) > 0 {
		labels := make([]string, len(field.Choices))
		for i, choice := range field.Choices {
			labels[i] = choice.Label
		}
		about += ": " + strings.Join(labels, ", ")
	}
	if err := c.drawApart(bot.Reply{Notice: bot.T(about)}); err != nil {
		return "", err
	}
	c.editor.SetWordCompleter(c.fieldCompleter(ctx, f, field))
	name := truncate(printable(field.Name), longestPrompt) + ": "
	given := printable(f.Given[field.Name])
	for {
		typed, err := c.ask(name, given)
		if err != nil {
			return "", err
		}
		typed = strings.TrimSpace(typed)
		value, ok := choose(field, typed)
		switch {
		case typed == "" && field.Required:
			err = c.note("This one is needed; Ctrl-C or Ctrl-D cancels.")
		case !ok && typed != "" && !strings.HasPrefix(typed, "/"):
			err = c.note("It is one of those that are listed; Tab shows them.")
		default:
			return value, nil
		}
		if err != nil {
			return "", err
		}
	}
}

// choose is the value that stands for what was typed: where there are choices
// one of them, by its label or its value.
func choose(field bot.Option, typed string) (string, bool) {
	if len(field.Choices) == 0 {
		return typed, true
	}
	for _, choice := range field.Choices {
		if strings.EqualFold(choice.Value, typed) || strings.EqualFold(choice.Label, typed) {
			return choice.Value, true
		}
	}
	return typed, false
}

// fieldCompleter completes a field's value by its own completer or its choices.
func (c *chat) fieldCompleter(ctx context.Context, f bot.Form, field bot.Option) liner.WordCompleter {
	return func(line string, pos int) (head string, choices []string, tail string) {
		runes := []rune(line)
		typed, tail := string(runes[:pos]), string(runes[pos:])
		if field.Kind == bot.WordList {
			from := len(typed) - len(lastWord(typed))
			head, typed = typed[:from], typed[from:]
		}
		if field.Complete != nil {
			request := c.request("")
			request.Call = &bot.Call{Path: f.Path}
			return head, c.offer(field.Complete(ctx, request, typed), typed), tail
		}
		return head, c.offer(begun(field.Choices, typed), typed), tail
	}
}

// lastWord is what stands behind the last separator.
func lastWord(typed string) string {
	i := strings.LastIndexFunc(typed, separates)
	if i < 0 {
		return typed
	}
	_, size := utf8.DecodeRuneInString(typed[i:])
	return typed[i+size:]
}

// begun are the choices whose labels, or else whose values, begin with what was
// typed: to be put in its place as they were begun.
func begun(choices []bot.Choice, typed string) []bot.Choice {
	var out []bot.Choice
	for _, choice := range choices {
		for _, text := range []string{choice.Label, choice.Value} {
			if strings.HasPrefix(strings.ToLower(text), strings.ToLower(typed)) {
				out = append(out, bot.Choice{Label: choice.Label, Value: text})
				break
			}
		}
	}
	return out
}

// drawApart draws a reply that is no answer: what can be pressed stays, and a
// blank line stands before it.
func (c *chat) drawApart(r bot.Reply) error {
	if _, err := c.opts.Out.Write([]byte("\n")); err != nil {
		return err
	}
	actions := c.actions
	err := c.draw(r)
	c.actions = actions
	return err
}
