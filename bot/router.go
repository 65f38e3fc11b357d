package bot

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// MaxLine is how many bytes of a line are read: far more than a question
// needs, and a bound on what one request can cost.
const MaxLine = 4096

// Router finds the Command of a Request and runs it.
type Router struct {
	commands []Command
	handle   map[string]Handler // wrapped, by path in words
	fallback string             // the command that a line without a slash is given to
	log      *slog.Logger
}

// NewRouter makes a Router for the commands; question names the one that
// answers lines without a slash. Each handler is wrapped in the middleware, the
// first outermost. A name that stands twice, a command without a handler, or
// options that no platform could take are errors.
func NewRouter(commands []Command, question string, log *slog.Logger, wrap ...Middleware) (*Router, error) {
	r := &Router{commands: slices.Clone(commands), handle: map[string]Handler{}, fallback: question, log: log}
	for i, c := range r.commands {
		if err := r.add(c, wrap); err != nil {
			return nil, err
		}
		r.commands[i] = c
	}
	if _, found := r.handle[question]; !found {
		return nil, fmt.Errorf("no command %q to answer questions", question)
	}
	return r, nil
}

func (r *Router) add(c Command, wrap []Middleware) error {
	if _, twice := r.handle[c.Name]; twice {
		return fmt.Errorf("command /%s is declared twice", c.Name)
	}
	if c.Handle == nil && len(c.Subcommands) == 0 {
		return fmt.Errorf("command /%s has no handler", c.Name)
	}
	if n := utf8.RuneCountInString(c.Summary); n == 0 || n > 100 {
		return fmt.Errorf("command /%s: a summary has 1 to 100 characters, not %d", c.Name, n)
	}
	if err := checkOptions(c); err != nil {
		return err
	}
	if c.Handle != nil {
		h := permit(c.Permit)(c.Handle)
		for _, m := range slices.Backward(wrap) {
			h = m(h)
		}
		r.handle[c.Name] = h
	}
	for _, sub := range c.Subcommands {
		sub.Name = c.Name + " " + sub.Name
		sub.Permit = max(sub.Permit, c.Permit)
		if err := r.add(sub, wrap); err != nil {
			return err
		}
	}
	return nil
}

func checkOptions(c Command) error {
	optional := false
	for i, o := range c.Options {
		if slices.ContainsFunc(c.Options[:i], func(p Option) bool { return p.Name == o.Name }) {
			return fmt.Errorf("command /%s: option %s is declared twice", c.Name, o.Name)
		}
		// Discord takes no required option after an optional one.
		if o.Required && optional {
			return fmt.Errorf("command /%s: required option %s stands after an optional one", c.Name, o.Name)
		}
		optional = optional || !o.Required
	}
	return nil
}

// Commands lists the commands as they were declared.
func (r *Router) Commands() []Command { return slices.Clone(r.commands) }

// Dispatch answers a Request. It always returns a Reply: whatever goes wrong is
// told in plain words, and what is our fault is logged with the request's id.
func (r *Router) Dispatch(ctx context.Context, req Request) Reply {
	reply, err := r.dispatch(ctx, req)
	if err == nil {
		return reply
	}
	fail := asFail(err, req.ID)
	if fail.Outcome == Broken {
		r.log.ErrorContext(ctx, "request broke", "request", req.ID, "platform", req.Conversation.Platform, "error", err)
	}
	return fail.Reply()
}

func (r *Router) dispatch(ctx context.Context, req Request) (Reply, error) {
	command, values, err := r.resolve(&req)
	if err != nil {
		return Reply{}, err
	}
	req.Command, req.Values = command.Name, Values{values}
	return r.handle[command.Name](ctx, req)
}

// resolve finds the command and its values, from the typed call or the line.
func (r *Router) resolve(req *Request) (Command, map[string][]string, error) {
	if req.Call != nil {
		c, rest, err := r.find(req.Call.Path)
		if err != nil {
			return c, nil, err
		}
		if len(rest) > 0 {
			return c, nil, r.unknown(strings.Join(req.Call.Path, " "))
		}
		values := map[string][]string{}
		for name, v := range req.Call.Options {
			for _, s := range v {
				values[name] = append(values[name], Clean(s))
			}
		}
		return c, values, Check(c, values)
	}
	line, err := CleanLine(req.Line)
	if err != nil {
		return Command{}, nil, err
	}
	req.Line = line
	name, rest := SplitLine(line)
	if name == "" && !strings.HasPrefix(line, "/") && !strings.HasPrefix(line, "／") {
		c, _, err := r.find([]string{r.fallback})
		values := map[string][]string{}
		if rest != "" {
			values[c.Options[0].Name] = []string{rest}
		}
		return c, values, err
	}
	if name == "" {
		return Command{}, nil, Misuse("Write /help to see what can be asked.", "A command has a name after its slash.")
	}
	// "/silkwire lab qwen" is "/lab qwen" wherever the short name is taken.
	c, words, err := r.find(append([]string{name}, strings.Fields(rest)...))
	if err != nil {
		return c, nil, err
	}
	rest = skipWords(rest, len(strings.Fields(rest))-len(words))
	if inner, tail := cutWord(rest); name == c.Name && c.Name == "silkwire" && inner != "" {
		if sub, more, err := r.find(append([]string{strings.ToLower(inner)}, strings.Fields(tail)...)); err == nil && sub.Name != "silkwire" {
			c, rest = sub, skipWords(tail, len(strings.Fields(tail))-len(more))
		}
	}
	if c.Handle == nil {
		return c, nil, Misuse("Write "+Usage(c), "/%s needs one of its subcommands.", c.Name)
	}
	values, err := Bind(c, rest)
	return c, values, err
}

// find walks from a command's name down to its subcommand and returns the words
// that are left.
func (r *Router) find(path []string) (Command, []string, error) {
	if len(path) == 0 {
		return Command{}, nil, Misuse("Write /help to see what can be asked.", "No command was given.")
	}
	i := slices.IndexFunc(r.commands, func(c Command) bool { return c.Name == path[0] })
	if i < 0 {
		return Command{}, nil, r.unknown(path[0])
	}
	c, rest := r.commands[i], path[1:]
	for len(rest) > 0 && len(c.Subcommands) > 0 {
		j := slices.IndexFunc(c.Subcommands, func(s Command) bool { return s.Name == strings.ToLower(rest[0]) })
		if j < 0 {
			break
		}
		name := c.Name
		c, rest = c.Subcommands[j], rest[1:]
		c.Name = name + " " + c.Name
	}
	return c, rest, nil
}

func skipWords(s string, n int) string {
	for range n {
		_, s = cutWord(s)
	}
	return s
}

// unknown offers the nearest commands to a name that is none.
func (r *Router) unknown(name string) *Fail {
	f := Misuse("Write /help to see what can be asked.", "There is no command /%s.", Shorten(name, 40))
	type scored struct {
		name string
		d    int
	}
	var all []scored
	for _, c := range r.commands {
		if !c.Message && near(name, c.Name) {
			all = append(all, scored{c.Name, levenshtein.ComputeDistance(name, c.Name)})
		}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(a.d, b.d) })
	for _, s := range all[:min(len(all), 3)] {
		f.Suggest = append(f.Suggest, Action{Label: "/" + s.name, Line: "/" + s.name})
	}
	if len(all) > 0 {
		f.Say += " Did you mean /" + all[0].name + "?"
	}
	return f
}

// CleanLine makes a typed line safe to read. A line over MaxLine bytes is a
// *Fail.
func CleanLine(line string) (string, error) {
	line = strings.TrimSpace(Clean(line))
	if len(line) > MaxLine {
		return "", Misuse("Ask it in a sentence or two.", "That is too long for me: %d characters.", utf8.RuneCountInString(line))
	}
	return line, nil
}

// Completion is what could stand in a line from the byte offset From on, best
// first.
type Completion struct {
	From    int
	Choices []Choice
}

// Complete suggests how the Line of r could go on: command names after a slash,
// then subcommands, option names and values.
func (r *Router) Complete(ctx context.Context, req Request) Completion {
	line := req.Line
	if len(line) > MaxLine || !utf8.ValidString(line) {
		return Completion{From: len(line)}
	}
	if !strings.HasPrefix(line, "/") {
		c, _, err := r.find([]string{r.fallback})
		if err != nil {
			return Completion{From: len(line)}
		}
		return Completion{Choices: complete(ctx, req, c.Options[0], line)}
	}
	name, rest, typing := strings.Cut(line[1:], " ")
	if !typing {
		return r.completeNames(r.commands, strings.ToLower(name), 0, "/")
	}
	c, words, err := r.find(append([]string{strings.ToLower(name)}, strings.Fields(rest)...))
	if err != nil {
		return Completion{From: len(line)}
	}
	from := len(line) - len(skipWords(strings.TrimLeft(rest, " "), len(strings.Fields(rest))-len(words)))
	last := strings.LastIndexByte(line, ' ') + 1
	if c.Handle == nil {
		return r.completeNames(c.Subcommands, line[last:], last, "")
	}
	return completeOption(ctx, req, c, line, from, last)
}

func (r *Router) completeNames(commands []Command, typed string, from int, slash string) Completion {
	out := Completion{From: from}
	for _, c := range commands {
		if !c.Message && strings.HasPrefix(c.Name, typed) {
			out.Choices = append(out.Choices, Choice{Label: slash + c.Name + "  " + c.Summary, Value: slash + c.Name + " "})
		}
	}
	return out
}

// completeOption completes the value of name:value, else the option that is
// given by position; where that takes the rest of the line it is completed as a
// whole.
func completeOption(ctx context.Context, req Request, c Command, line string, from, last int) Completion {
	word := line[last:]
	if key, typed, found := strings.Cut(word, ":"); found {
		if o := option(c, key); o != nil {
			return Completion{From: last + len(key) + 1, Choices: complete(ctx, req, *o, typed)}
		}
	}
	var out Completion
	for _, o := range c.Options {
		if o.Named {
			continue
		}
		out = Completion{From: min(from, len(line)), Choices: complete(ctx, req, o, line[min(from, len(line)):])}
		if o.Kind != FreeText {
			out = Completion{From: last, Choices: complete(ctx, req, o, word)}
		}
		break
	}
	for _, o := range c.Options {
		if o.Named && word != "" && strings.HasPrefix(o.Name, word) {
			out = Completion{From: last, Choices: append(out.Choices, Choice{Label: o.Name + ":", Value: o.Name + ":"})}
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
