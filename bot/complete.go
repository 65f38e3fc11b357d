package bot

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Completion is what could stand in a line from the byte offset From on, best
// first.
type Completion struct {
	From    int
	Choices []Choice
}

// Complete suggests how the Line of r could go on: command names after a slash,
// then subcommands, option names and values. Of a Call it suggests values of the
// option that is focused; From is an offset in what was typed of that.
func (r *Router) Complete(ctx context.Context, req Request) (out Completion) {
	line := req.Line
	defer func() {
		if p := recover(); p != nil { // a suggestion is never worth the process
			r.log.With(Panic(p)).ErrorContext(ctx, "completion broke", "request", req.ID, "platform", req.Conversation.Platform)
			out = Completion{From: len(line)}
		}
	}()
	nothing := Completion{From: len(line)}
	if req.Call != nil {
		return r.completeCall(ctx, req)
	}
	if len(line) > MaxLine || !utf8.ValidString(line) {
		return nothing
	}
	body := strings.TrimPrefix(strings.TrimPrefix(line, "/"), "／")
	slash := len(line) - len(body)
	if slash == 0 {
		c, _, err := r.find([]string{r.fallback})
		if err != nil {
			return nothing
		}
		return Completion{Choices: complete(ctx, req, c.Options[0], line)}
	}
	// The word that is being typed begins at last; those before it are finished.
	last := strings.LastIndexFunc(line, unicode.IsSpace)
	if last < 0 {
		return completeNames(r.commands, line[slash:], 0, "/")
	}
	_, size := utf8.DecodeRuneInString(line[last:])
	last += size
	words := strings.Fields(line[slash:last])
	c, left, err := r.find(words)
	if err == nil && holdsOthers(c) {
		if len(left) == 0 {
			return completeNames(slices.Concat(c.Subcommands, r.commands), line[last:], last, "")
		}
		c, left, err = r.find(left)
	}
	if err != nil || c.Message {
		return nothing
	}
	if len(left) == 0 && len(c.Subcommands) > 0 {
		if subs := completeNames(c.Subcommands, line[last:], last, ""); c.Handle == nil || len(subs.Choices) > 0 {
			return subs
		}
	}
	if c.Handle == nil {
		return nothing
	}
	return completeOption(ctx, req, c, slash+afterWords(body, len(words)-len(left)), last)
}

// completeCall completes the focused option of a typed form, whose value needs no
// quotation marks.
func (r *Router) completeCall(ctx context.Context, req Request) Completion {
	typed := strings.Join(req.Call.Options[req.Call.Focused], " ")
	c, left, err := r.find(req.Call.Path)
	o := option(c, req.Call.Focused)
	if err != nil || len(left) > 0 || o == nil || len(typed) > MaxLine || !utf8.ValidString(typed) {
		return Completion{From: len(typed)}
	}
	req.Line = typed
	if o.Kind == WordList {
		return completeValue(ctx, req, *o, 0)
	}
	return Completion{Choices: complete(ctx, req, *o, typed)}
}

func completeNames(commands []Command, typed string, from int, slash string) Completion {
	out := Completion{From: from}
	for _, c := range commands {
		if !c.Message && !c.Hidden && strings.HasPrefix(c.Name, strings.ToLower(typed)) {
			out.Choices = append(out.Choices, Choice{Label: slash + c.Name + "  " + c.Summary, Value: slash + c.Name + " "})
		}
	}
	return out
}

// completeOption completes the value of name:value, else the option that is
// given by position; where that takes the rest of the line it is completed as a
// whole. Before either stand the names of options that the last word begins.
// The options begin at from and the word that is being typed at last.
func completeOption(ctx context.Context, req Request, c Command, from, last int) Completion {
	line := req.Line
	if key, after, found := optionKey(line, last, c); found {
		o := option(c, key)
		if o == nil {
			return Completion{From: last}
		}
		return completeValue(ctx, req, *o, after)
	}
	out := Completion{From: last}
	if o, at := nextOption(c, tokens(line[from:last], c)); o != nil && at >= 0 {
		out = completeValue(ctx, req, *o, from+at)
	} else if o != nil {
		out = completeValue(ctx, req, *o, last)
	}
	names := optionNames(c, line[last:])
	switch {
	case len(names) == 0:
		return out
	case out.From != last:
		// Values of another stretch of the line cannot stand beside names.
		return Completion{From: last, Choices: names}
	}
	return Completion{From: last, Choices: append(names, out.Choices...)}
}

// optionNames are the options, of those that go by name alone, that word begins.
func optionNames(c Command, word string) []Choice {
	var out []Choice
	for _, o := range c.Options {
		if o.Named && !o.Hidden && word != "" && strings.HasPrefix(o.Name, strings.ToLower(word)) {
			out = append(out, Choice{Label: o.Name + ":", Value: o.Name + ":"})
		}
	}
	return out
}

// nextOption is the option that a word after the tokens would be given to, and
// where its text begins if that is before this word, else -1.
func nextOption(c Command, before []token) (o *Option, at int) {
	given := map[string]bool{}
	var bare []token
	for i, t := range before {
		if t.key == "" {
			bare = append(bare, t)
			continue
		}
		o := option(c, t.key)
		if o == nil {
			return nil, -1
		}
		if i == len(before)-1 && t.at == t.to && o.Kind != YesNo {
			return o, -1 // "since: 20"
		}
		given[o.Name] = true
	}
	for i := range c.Options {
		switch o := &c.Options[i]; {
		case o.Named || given[o.Name]:
		case o.Kind == FreeText && len(bare) > 0:
			return o, bare[0].from
		case o.Kind == FreeText || o.Kind == WordList || len(bare) == 0:
			return o, -1
		default:
			bare = bare[1:]
		}
	}
	return nil, -1
}

// completeValue completes what is typed of o from the offset on: of a list its
// last word. A value of several words is quoted where one word is taken.
func completeValue(ctx context.Context, req Request, o Option, from int) Completion {
	if o.Kind == WordList {
		if i := strings.LastIndexFunc(req.Line[from:], separates); i >= 0 {
			_, size := utf8.DecodeRuneInString(req.Line[from+i:])
			from += i + size
		}
	}
	out := Completion{From: from, Choices: complete(ctx, req, o, req.Line[from:])}
	if o.Kind != Word && o.Kind != WordList {
		return out
	}
	out.Choices = slices.Clone(out.Choices)
	for i, c := range out.Choices {
		if strings.ContainsFunc(c.Value, unicode.IsSpace) {
			out.Choices[i].Value = `"` + c.Value + `"`
		}
	}
	return out
}

func complete(ctx context.Context, req Request, o Option, typed string) []Choice {
	if o.Complete != nil {
		return o.Complete(ctx, req, typed)
	}
	var out []Choice
	for _, c := range o.Choices {
		if strings.HasPrefix(strings.ToLower(c.Value), strings.ToLower(typed)) {
			out = append(out, c)
		}
	}
	return out
}
