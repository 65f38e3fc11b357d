package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"unicode"

	"github.com/peterh/liner"

	"silkwire/bot"
)

const (
	prompt = "> "
	// mostChoices is how many completions are offered at once: liner asks back
	// when there are more than a hundred, which no longer is a help.
	mostChoices = 60
	// mostNews is how often a line of News is asked before one prompt.
	mostNews = 10
)

// chat is a conversation with a line editor.
type chat struct {
	*Adapter
	keys   *keys
	editor *liner.State
	onInt  interrupts
	mute   bool // the history cannot be kept, and that was said
}

func (a *Adapter) chat(ctx context.Context) (err error) {
	k, err := openKeys(ctx, os.Stdin)
	if err != nil {
		return fmt.Errorf("open the terminal: %w", err)
	}
	a.numbered = true
	c := &chat{Adapter: a, keys: k, editor: newEditor(k.editor)}
	c.onInt.listen()
	defer func() {
		c.onInt.close()
		// The terminal first: it must be as it was whatever else fails.
		err = errors.Join(err, c.editor.Close(), k.close())
	}()
	c.editor.SetCtrlCAborts(true)
	c.editor.SetMultiLineMode(true)
	c.editor.SetBeep(false)
	c.remember()
	if err := c.draw(a.opts.Welcome); err != nil {
		return err
	}
	return c.loop(ctx)
}

// newEditor makes a line editor that reads keys. Liner takes its input from
// os.Stdin at this moment and has no other way to be given one.
func newEditor(keys *os.File) *liner.State {
	stdin := os.Stdin
	os.Stdin = keys
	defer func() { os.Stdin = stdin }()
	return liner.NewLiner()
}

func (c *chat) loop(ctx context.Context) error {
	warned := false // an empty line was interrupted: the next time leaves
	for {
		if err := c.news(ctx); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(c.opts.Out); err != nil {
			return fmt.Errorf("write the prompt: %w", err)
		}
		c.editor.SetWordCompleter(c.completer(ctx))
		text, err := c.ask(prompt, "")
		switch {
		case errors.Is(err, liner.ErrPromptAborted):
			if c.keys.cleared.Load() {
				warned = false
				continue
			}
			if warned {
				return nil
			}
			warned = true
			if err := c.note("Press Ctrl-C again to leave, or Ctrl-D."); err != nil {
				return err
			}
			continue
		case errors.Is(err, io.EOF):
			// The shell's prompt begins on a line of its own.
			_, err := fmt.Fprintln(c.opts.Out)
			return err
		case err != nil:
			return fmt.Errorf("read a line: %w", err)
		}
		warned = false
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if err := c.turn(ctx, text); err != nil {
			return err
		}
	}
}

// news draws what there is to tell without having been asked.
func (c *chat) news(ctx context.Context) error {
	for _, line := range c.opts.News {
		for range mostNews {
			reply, stopped := c.dispatch(ctx, c.request(line))
			if stopped || reply.Outcome != bot.Answered {
				break
			}
			if err := c.drawApart(reply); err != nil {
				return err
			}
		}
	}
	return nil
}

// turn answers one line.
func (c *chat) turn(ctx context.Context, text string) error {
	line, menu, say, pressed := c.press(text)
	switch {
	case say != "":
		return c.note(say)
	case pressed && line == "":
		return c.draw(menu)
	case pressed:
		// What was asked stands where it would stand had it been typed.
		text = line
		if err := c.note(prompt + text); err != nil {
			return err
		}
	default:
		c.keep(text)
	}
	if _, err := fmt.Fprintln(c.opts.Out); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	request := c.request(text)
	for {
		reply, stopped := c.dispatch(ctx, request)
		if stopped {
			return c.note("Stopped.")
		}
		if err := c.draw(reply); err != nil || reply.Form == nil || ctx.Err() != nil {
			return err
		}
		filled, instead, err := c.fill(ctx, *reply.Form)
		switch {
		case errors.Is(err, liner.ErrPromptAborted):
			return c.note("Canceled.")
		case errors.Is(err, io.EOF):
			// The editor leaves the cursor where the end was typed.
			if _, err := fmt.Fprintln(c.opts.Out); err != nil {
				return fmt.Errorf("write the answer: %w", err)
			}
			return c.note("Canceled.")
		case err != nil:
			return err
		case instead != "":
			return c.turn(ctx, instead)
		}
		if _, err := fmt.Fprintln(c.opts.Out); err != nil {
			return fmt.Errorf("write the answer: %w", err)
		}
		request = c.request("")
		request.Call = &filled
	}
}

// dispatch asks the core. Ctrl-C ends the request's context; the reply to a
// request that was stopped is of no interest.
func (c *chat) dispatch(ctx context.Context, r bot.Request) (reply bot.Reply, stopped bool) {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	c.onInt.do(cancel)
	defer c.onInt.do(nil)
	reply = c.core.Dispatch(inner, r)
	return reply, inner.Err() != nil && ctx.Err() == nil
}

// ask reads a line, with given already in it.
func (c *chat) ask(prompt, given string) (string, error) {
	if liner.TerminalSupported() {
		c.onInt.do(c.keys.interrupt)
	} else {
		// Without an editor Ctrl-C always is a signal, and can only mean to leave.
		c.onInt.do(c.keys.stop)
	}
	defer c.onInt.do(nil)
	return c.editor.PromptWithSuggestion(prompt, given, -1)
}

// note is a quiet line from the adapter itself.
func (c *chat) note(text string) error {
	actions := c.actions
	err := c.draw(bot.Reply{Notice: bot.T(text)})
	c.actions = actions
	return err
}

// completer completes by the core, from the beginning of the line to the
// cursor.
func (c *chat) completer(ctx context.Context) liner.WordCompleter {
	return func(line string, pos int) (head string, choices []string, tail string) {
		runes := []rune(line)
		typed, tail := string(runes[:pos]), string(runes[pos:])
		found := c.core.Complete(ctx, c.request(typed))
		from := min(max(found.From, 0), len(typed))
		return typed[:from], c.offer(found.Choices, typed[from:]), tail
	}
}

// offer lists the choices' values, and has them listed below the line when they
// all go on from what was typed, else shown in the line one after the other:
// liner puts what the listed ones have in common in the place of what was
// typed, which would be lost.
func (c *chat) offer(choices []bot.Choice, typed string) []string {
	var values []string
	style := liner.TabPrints
	for _, choice := range choices[:min(len(choices), mostChoices)] {
		value := bot.Clean(choice.Value)
		values = append(values, value)
		if len(value) < len(typed) || !strings.EqualFold(value[:len(typed)], typed) {
			style = liner.TabCircular
		}
	}
	c.editor.SetTabCompletionStyle(style)
	return values
}

// remember gives the editor the lines of earlier chats.
func (c *chat) remember() {
	if c.opts.HistoryFile == "" {
		return
	}
	lines, err := loadHistory(c.opts.HistoryFile)
	if err != nil {
		c.lost(err)
	}
	for _, line := range lines {
		c.editor.AppendHistory(line)
	}
}

// keep adds a line to the history.
func (c *chat) keep(line string) {
	line = bot.Clean(line)
	c.editor.AppendHistory(line)
	if c.opts.HistoryFile == "" || c.mute {
		return
	}
	if err := appendHistory(c.opts.HistoryFile, line); err != nil {
		c.lost(err)
	}
}

// lost says once that the history is not kept: that is no reason to stop.
func (c *chat) lost(err error) {
	if !c.mute {
		c.say("The history is not kept: %v.", err)
	}
	c.mute = true
}

// interrupts takes the interrupt signal while a chat goes on: the terminal
// sends it for Ctrl-C whenever the line editor is not reading.
type interrupts struct {
	signals chan os.Signal
	done    sync.WaitGroup

	mu     sync.Mutex
	action func() // what an interrupt does now; nil: nothing
}

func (i *interrupts) listen() {
	i.signals = make(chan os.Signal, 1) // one that waits is as good as many
	signal.Notify(i.signals, os.Interrupt)
	i.done.Go(func() {
		for range i.signals {
			i.mu.Lock()
			if i.action != nil {
				i.action()
			}
			i.mu.Unlock()
		}
	})
}

// do sets what an interrupt does from now on.
func (i *interrupts) do(action func()) {
	i.mu.Lock()
	i.action = action
	i.mu.Unlock()
}

func (i *interrupts) close() {
	signal.Stop(i.signals)
	close(i.signals)
	i.done.Wait()
}

// printable makes a name fit to be a prompt, where liner takes no format
// characters.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.Is(unicode.C, c) {
			return -1
		}
		return c
	}, bot.Clean(s))
}
