// Package console is the terminal adapter: it reads lines, asks the core, and
// draws the replies for somebody who reads them in columns of characters.
//
// New makes an Adapter; Run holds the conversation, with a line editor when
// both ends are terminals and line by line when not. Draw alone is for a
// program that answers once, with LookAt for what its output can show.
//
// Whatever text a reply holds, what is drawn has no control character and no
// escape sequence but this package's own. The package may import silkwire/bot
// and libraries; the line editor (liner) and the terminal's sequences
// (charmbracelet/x/ansi) are used nowhere else.
package console

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"silkwire/bot"
)

// Core is what the adapter asks: a bot.Router.
type Core interface {
	Dispatch(ctx context.Context, r bot.Request) bot.Reply
	Complete(ctx context.Context, r bot.Request) bot.Completion
}

// Options are what an Adapter needs to know of its surroundings. Each has a
// default that suits the program's own terminal.
type Options struct {
	In  io.Reader // default os.Stdin
	Out io.Writer // default os.Stdout; the answers and nothing else unless interactive
	Err io.Writer // default os.Stderr; what the adapter itself has to say when not interactive

	// Getenv tells what the terminal can show (TERM, NO_COLOR …); default
	// os.Getenv.
	Getenv func(string) string
	// HistoryFile keeps the lines that were typed from one chat to the next,
	// readable by its owner only. Empty: they are forgotten.
	HistoryFile string
	User        bot.User
	Now         func() time.Time // default time.Now
	Zone        *time.Location   // the reader's; default time.Local
	Welcome     bot.Reply        // drawn first when interactive
	// News are command lines that a chat asks by itself before each prompt, each again
	// while it is answered; those replies are drawn.
	News []string
}

// Adapter holds one conversation in a terminal or over a pipe. It is used by
// one Run.
type Adapter struct {
	core     Core
	opts     Options
	channel  string
	asked    int          // requests so far
	answered bool         // something was drawn to a pipe: the next stands apart
	numbered bool         // actions are numbered, and a number presses one
	actions  []bot.Action // what a number presses
}

// New makes an Adapter that asks core.
func New(core Core, opts Options) *Adapter {
	if opts.In == nil {
		opts.In = os.Stdin
	}
	if opts.Out == nil {
		opts.Out = os.Stdout
	}
	if opts.Err == nil {
		opts.Err = os.Stderr
	}
	if opts.Getenv == nil {
		opts.Getenv = os.Getenv
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Zone == nil {
		opts.Zone = time.Local
	}
	return &Adapter{core: core, opts: opts, channel: strconv.Itoa(os.Getpid())}
}

// Run reads lines and answers them until the input or ctx ends or the user
// leaves, which is no error. When input and output are the program's own
// terminal it is a chat with a line editor; else it reads line by line, prints
// only answers to Out, with an empty line between two, asks no forms and takes a
// number for a question. The error is one of reading In or of writing Out.
//
// In a chat Run takes the interrupt signal (Ctrl-C) for itself: it cancels the
// request in hand. A program should not end ctx on it.
func (a *Adapter) Run(ctx context.Context) error {
	if a.interactive() {
		return a.chat(ctx)
	}
	return a.pipe(ctx)
}

// interactive tells whether a line editor can be used: liner knows the
// program's own standard input and output only.
func (a *Adapter) interactive() bool {
	return a.opts.In == os.Stdin && a.opts.Out == os.Stdout &&
		term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd()))
}

// request is a Request from this conversation, now.
func (a *Adapter) request(line string) bot.Request {
	a.asked++
	return bot.Request{
		ID:           "console-" + a.channel + "-" + strconv.Itoa(a.asked),
		User:         a.opts.User,
		Conversation: bot.Conversation{Platform: "console", Channel: a.channel},
		Line:         line,
		At:           a.opts.Now(),
		Zone:         a.opts.Zone,
	}
}

// draw draws a reply to Out as the terminal is now, and remembers what can be
// pressed in it.
func (a *Adapter) draw(r bot.Reply) error {
	look := LookAt(a.opts.Out, a.opts.Getenv)
	look.Press, look.Zone = a.numbered, a.opts.Zone
	actions, err := Draw(a.opts.Out, r, look)
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	a.actions = actions
	return nil
}

// pressDigits is how many digits a number that presses has at most: a longer
// one is a question.
const pressDigits = 2

// press reads a line as the number of an action. What was pressed is a line to
// ask, or a reply with more to press; say is a plain sentence when the number
// presses nothing. It is not ok when the line is no such number.
func (a *Adapter) press(typed string) (line string, menu bot.Reply, say string, ok bool) {
	if len(typed) > pressDigits || strings.Trim(typed, "0123456789") != "" {
		return "", bot.Reply{}, "", false
	}
	n, err := strconv.Atoi(typed)
	if err != nil {
		return "", bot.Reply{}, "", false
	}
	switch {
	case len(a.actions) == 0:
		return "", bot.Reply{}, "There is nothing to choose by a number now.", true
	case n < 1 || n > len(a.actions):
		say = fmt.Sprintf("There is no %d to choose: the numbers go from 1 to %d.", n, len(a.actions))
		if len(a.actions) == 1 {
			say = fmt.Sprintf("There is no %d to choose: only 1.", n)
		}
		return "", bot.Reply{}, say, true
	}
	action := a.actions[n-1]
	if len(action.Choices) == 0 {
		return action.Line, bot.Reply{}, "", true
	}
	menu.Lead = bot.T(action.Label)
	for _, c := range action.Choices {
		menu.Actions = append(menu.Actions, bot.Action{Label: c.Label, Line: c.Value})
	}
	return "", menu, "", true
}
