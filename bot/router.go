package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
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
	lines    *Lines // nil: a button carries its line whole
	now      func() time.Time
	handled  func(Handled) // nil: nobody counts
	disabled []string      // names of commands that the operator wants nobody to have
}

// Handled is how one request went, for whoever counts.
type Handled struct {
	Command  string // its path in words; empty: there is no such command
	Platform string
	Outcome  Outcome
	Took     time.Duration
}

// NewRouter makes a Router for the commands; question names the one that
// answers lines without a slash. Each handler is wrapped in the middleware, the
// first outermost. A name that stands twice, a command without a handler, or
// options that no platform could take are errors.
func NewRouter(commands []Command, question string, log *slog.Logger, wrap ...Middleware) (*Router, error) {
	r := &Router{commands: cloneCommands(commands), handle: map[string]Handler{}, fallback: question, log: log}
	for _, c := range r.commands {
		if err := r.add(c, wrap); err != nil {
			return nil, err
		}
	}
	if c, _, err := r.find([]string{question}); err != nil || c.Message || c.Handle == nil || len(c.Options) == 0 {
		return nil, fmt.Errorf("no command %q to answer questions, with an option to take them", question)
	}
	return r, nil
}

// cloneCommands keeps what the router reads apart from what others can write
// to.
func cloneCommands(commands []Command) []Command {
	commands = slices.Clone(commands)
	for i, c := range commands {
		commands[i] = c.clone()
	}
	return commands
}

func (r *Router) add(c Command, wrap []Middleware) error {
	if _, twice := r.handle[c.Name]; twice {
		return fmt.Errorf("command /%s is declared twice", c.Name)
	}
	if name := c.Name[strings.LastIndexByte(c.Name, ' ')+1:]; !c.Message && !canBeTyped(name) {
		return fmt.Errorf("command /%s: a name has 1 to 32 lower-case letters, - or _", c.Name)
	}
	if c.Handle == nil && len(c.Subcommands) == 0 {
		return fmt.Errorf("command /%s has no handler", c.Name)
	}
	if err := checkSummaries(c.Summary, c.Local); err != nil {
		return fmt.Errorf("command /%s: %w", c.Name, err)
	}
	if err := checkOptions(c); err != nil {
		return err
	}
	var h Handler // stays nil where only the subcommands can be run
	if c.Handle != nil {
		h = permit(c.Permit, c.Or)(unlessWrong(c.Handle))
		for _, m := range slices.Backward(wrap) {
			h = m(h)
		}
	}
	r.handle[c.Name] = h
	for _, sub := range c.Subcommands {
		sub.Name = c.Name + " " + sub.Name
		sub.Permit |= c.Permit
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
		if !canBeTyped(o.Name) {
			return fmt.Errorf("command /%s: option %q: a name has 1 to 32 lower-case letters, - or _", c.Name, o.Name)
		}
		if err := checkSummaries(o.Summary, o.Local); err != nil {
			return fmt.Errorf("command /%s: option %s: %w", c.Name, o.Name, err)
		}
		// Discord takes no required option after an optional one.
		if o.Required && optional {
			return fmt.Errorf("command /%s: required option %s stands after an optional one", c.Name, o.Name)
		}
		optional = optional || !o.Required
	}
	return nil
}

// checkSummaries tells which summary no platform could take, in any language.
func checkSummaries(summary string, local map[string]string) error {
	for _, s := range append(slices.Collect(maps.Values(local)), summary) {
		if n := utf8.RuneCountInString(s); n == 0 || n > 100 {
			return fmt.Errorf("a summary has 1 to 100 characters, not %d", n)
		}
	}
	return nil
}

// canBeTyped tells whether every platform and the parser take s as a name.
func canBeTyped(s string) bool {
	return s != "" && len(s) <= 32 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz-_") == ""
}

// Commands lists the commands as they were declared. The caller may keep them.
func (r *Router) Commands() []Command { return cloneCommands(r.commands) }

// KeepLines makes buttons whose line is long carry a short one that stands for it. It
// is called before the first request.
func (r *Router) KeepLines(lines *Lines) { r.lines = lines }

// Watch tells handled how each request went. It is called before the first request, and
// handled by many goroutines.
func (r *Router) Watch(now func() time.Time, handled func(Handled)) {
	r.now, r.handled = now, handled
}

// Dispatch answers a Request. It always returns a Reply: whatever goes wrong is
// told in plain words, and what is our fault is logged with the request's id.
func (r *Router) Dispatch(ctx context.Context, req Request) Reply {
	if r.handled == nil {
		return r.answer(ctx, &req)
	}
	began := r.now()
	reply := r.answer(ctx, &req)
	r.handled(Handled{Command: req.Command, Platform: req.Conversation.Platform, Outcome: reply.Outcome, Took: r.now().Sub(began)})
	return reply
}

func (r *Router) answer(ctx context.Context, req *Request) Reply {
	reply := r.settle(ctx, req)
	if r.lines != nil && !req.User.Trusted { // a terminal shows the lines themselves
		if err := r.lines.shorten(ctx, &reply, req.At); err != nil {
			r.log.WarnContext(ctx, "the lines of buttons were not kept", "request", req.ID, "error", err)
		}
	}
	return reply
}

// settle makes a reply of whatever went wrong.
func (r *Router) settle(ctx context.Context, req *Request) Reply {
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

func (r *Router) dispatch(ctx context.Context, req *Request) (Reply, error) {
	if err := r.lines.expand(ctx, &req.Line); err != nil {
		return Reply{}, err
	}
	command, values, err := r.resolve(req)
	if err != nil && r.handle[command.Name] == nil {
		return Reply{}, err
	}
	req.Command, req.Values, req.wrong = command.Name, Values{values}, err
	reply, err := r.handle[command.Name](ctx, *req)
	if err != nil {
		err = givenBack(err, command, values)
	}
	if reply.Visibility == Default {
		reply.Visibility = req.Visibility
	}
	reply.Line = req.Line
	return reply, err
}

// unlessWrong runs a handler for requests whose options are right. What is wrong with
// others is told at the same place, so that nobody gets a form of what they may not do.
func unlessWrong(h Handler) Handler {
	return func(ctx context.Context, r Request) (Reply, error) {
		if r.wrong != nil {
			return Reply{}, r.wrong
		}
		return h(ctx, r)
	}
}

// givenBack is the error with the form that mends it.
func givenBack(err error, c Command, values map[string][]string) error {
	if f, ok := errors.AsType[*Fail](err); ok {
		f.giveBack(c, values)
	}
	return err
}

// Needs is what the user must be allowed for the request to run, so that an
// adapter which has to ask its platform for somebody's rights asks only where
// they matter. Of a request that is a mistake it is Everyone.
func (r *Router) Needs(ctx context.Context, req Request) Permission {
	if err := r.lines.expand(ctx, &req.Line); err != nil {
		return Everyone // asking it says why it cannot be
	}
	name, rest := SplitLine(req.Line)
	path := append([]string{name}, strings.Fields(rest)...)
	if req.Call != nil {
		path = req.Call.Path
	}
	c, left, err := r.find(path)
	if err == nil && holdsOthers(c) && len(left) > 0 {
		left[0] = strings.TrimLeft(left[0], "/／")
		c, _, err = r.find(left)
	}
	if err != nil {
		return Everyone
	}
	return c.Permit
}

// resolve finds the command and its values, from the typed call or the line.
func (r *Router) resolve(req *Request) (Command, map[string][]string, error) {
	if req.Call != nil {
		call := *req.Call
		if v, rest := takeVisibility(call.Options); v != Default {
			req.Visibility, call.Options = v, rest
		}
		c, values, err := r.resolveCall(call)
		if req.Line == "" {
			req.Line = asLine(c, values)
		}
		return c, values, err
	}
	line, err := CleanLine(req.Line)
	if err != nil {
		return Command{}, nil, err
	}
	name, rest := SplitLine(line)
	if v, without := SplitVisibility(rest); v != Default {
		line = strings.TrimSpace(line[:len(line)-len(rest)] + without)
		req.Visibility, rest = v, without
	}
	req.Line = line
	if name == "" && !strings.HasPrefix(line, "/") && !strings.HasPrefix(line, "／") {
		c, _, err := r.find([]string{r.fallback})
		if err != nil {
			return c, nil, err
		}
		values := map[string][]string{c.Options[0].Name: {rest}}
		return c, values, Check(c, values)
	}
	if name == "" {
		return Command{}, nil, Misuse("Write /help to see what can be asked.", "A command has a name after its slash.")
	}
	words := strings.Fields(rest)
	c, left, err := r.find(append([]string{name}, words...))
	if err == nil && holdsOthers(c) && len(left) > 0 {
		left[0] = strings.TrimLeft(left[0], "/／")
		c, left, err = r.find(left)
	}
	switch {
	case err != nil:
		return c, nil, err
	case c.Message:
		return c, nil, r.unknown(c.Name)
	case c.Handle == nil:
		return c, nil, needsSubcommand(c)
	}
	values, err := Bind(c, rest[afterWords(rest, len(words)-len(left)):])
	return c, values, err
}

// asLine is a call as somebody would type it, so that the conversation's context
// is the same whichever way a question came. Text that would be read as another
// command stands behind its own.
func asLine(c Command, values map[string][]string) string {
	if o := freeText(c); o != nil && len(values) == 1 && len(values[o.Name]) == 1 {
		text := values[o.Name][0]
		if name, _ := SplitLine(text); name == "" && !strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "／") {
			return text
		}
		return "/" + c.Name + " " + text
	}
	var b strings.Builder
	b.WriteString("/" + c.Name)
	for _, o := range c.Options {
		for _, v := range values[o.Name] {
			if o.Kind != FreeText && strings.ContainsFunc(v, unicode.IsSpace) {
				v = Quote(v)
			}
			b.WriteString(" " + o.Name + ":" + v)
		}
	}
	return b.String()
}

// resolveCall reads what a platform's typed form delivered. It bounds it like a
// line.
func (r *Router) resolveCall(call Call) (Command, map[string][]string, error) {
	c, left, err := r.find(call.Path)
	switch {
	case err != nil:
		return c, nil, err
	case len(left) > 0:
		return c, nil, r.unknown(strings.Join(call.Path, " "))
	case c.Handle == nil:
		return c, nil, needsSubcommand(c)
	}
	values := map[string][]string{}
	for name, given := range call.Options {
		for _, s := range given {
			if s, err = CleanLine(s); err != nil {
				return c, nil, err
			}
			if o := option(c, name); o != nil && o.Kind == WordList {
				values[name] = append(values[name], listWords(s)...)
				continue
			}
			values[name] = append(values[name], s)
		}
	}
	return c, values, Check(c, values)
}

// holdsOthers tells whether every command also works as a word after c:
// "/silkwire lab qwen" is "/lab qwen" wherever the short name is taken.
func holdsOthers(c Command) bool { return c.Name == "silkwire" && len(c.Options) == 0 }

func needsSubcommand(c Command) *Fail {
	return Misuse("Write "+Usage(c), "/%s needs one of its subcommands.", c.Name)
}

// find walks from a command's name down to its subcommand and returns the words
// that are left.
func (r *Router) find(path []string) (Command, []string, error) {
	if len(path) == 0 {
		return Command{}, nil, Misuse("Write /help to see what can be asked.", "No command was given.")
	}
	i := slices.IndexFunc(r.commands, func(c Command) bool { return c.Name == path[0] || !c.Message && c.Name == strings.ToLower(path[0]) })
	if i < 0 {
		return Command{}, nil, r.unknown(path[0])
	}
	c, rest := r.commands[i], path[1:]
	for len(rest) > 0 && len(c.Subcommands) > 0 {
		j := slices.IndexFunc(c.Subcommands, func(s Command) bool { return s.Name == strings.ToLower(rest[0]) })
		if j < 0 {
			break
		}
		name, needed := c.Name, c.Permit
		c, rest = c.Subcommands[j], rest[1:]
		c.Name, c.Permit = name+" "+c.Name, c.Permit|needed
	}
	return c, rest, nil
}

// afterWords is where what follows the first n words of s begins.
func afterWords(s string, n int) int {
	i := 0
	for range n {
		i = wordEnd(s, blanksEnd(s, i), unicode.IsSpace)
	}
	return blanksEnd(s, i)
}

func blanksEnd(s string, i int) int {
	return len(s) - len(strings.TrimLeftFunc(s[i:], unicode.IsSpace))
}

// Disable makes the Router say of commands that it does not have that the operator
// disabled them. It is to be called before the first request.
func (r *Router) Disable(names []string) { r.disabled = slices.Clone(names) }

// unknown says that a command is disabled, or offers the nearest commands to a name that is none.
func (r *Router) unknown(name string) *Fail {
	if typed, _, _ := strings.Cut(strings.ToLower(name), " "); slices.Contains(r.disabled, typed) {
		return Misuse("Ask in your own words instead, or write /help to see what else there is.", "Whoever runs silkwire here has disabled /%s.", typed)
	}
	f := Misuse("Write /help to see what can be asked.", "There is no command /%s.", Shorten(name, 40))
	type scored struct {
		name string
		d    int
	}
	var all []scored
	for _, c := range r.commands {
		if !c.Message && !c.Hidden && near(name, c.Name) {
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
