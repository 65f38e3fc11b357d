package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/muesli/cancelreader"

	"silkwire/bot"
)

// longestLine is how many bytes of a line from a pipe are passed on: far more
// than the core reads, so that it is the core that says what is too long.
const longestLine = 1 << 20

// pipe answers line by line until the input ends.
func (a *Adapter) pipe(ctx context.Context) error {
	in, done := cancelable(ctx, a.opts.In)
	defer done()
	lines := bufio.NewReaderSize(in, 64<<10)
	for n := 1; ctx.Err() == nil; n++ {
		text, tooLong, err := readLine(lines)
		if tooLong {
			a.say("Line %d is longer than 1 MiB; it was left out.", n)
		} else if text = strings.TrimSpace(text); text != "" && ctx.Err() == nil {
			if err := a.answer(ctx, text); err != nil {
				return err
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF), errors.Is(err, cancelreader.ErrCanceled):
			return nil
		default:
			return fmt.Errorf("read a line: %w", err)
		}
	}
	return nil
}

// answer draws the answer to one line, apart from the one before.
func (a *Adapter) answer(ctx context.Context, text string) error {
	reply := a.core.Dispatch(ctx, a.request(text))
	if a.answered {
		if _, err := io.WriteString(a.opts.Out, "\n"); err != nil {
			return fmt.Errorf("write the answer: %w", err)
		}
	}
	a.answered = true
	return a.draw(reply)
}

// say tells the user what is no answer.
func (a *Adapter) say(format string, args ...any) {
	// There is nobody left to tell that telling did not work.
	_, _ = fmt.Fprintln(a.opts.Err, bot.Clean(fmt.Sprintf(format, args...)))
}

// readLine reads a line without its end. Of one that is longer than
// longestLine nothing is kept. With io.EOF comes what stood after the last line
// end.
func readLine(r *bufio.Reader) (text string, tooLong bool, err error) {
	var b []byte
	for {
		part, err := r.ReadSlice('\n')
		if tooLong = tooLong || len(b)+len(part) > longestLine+1; tooLong {
			b = nil
		} else {
			b = append(b, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return strings.TrimRight(string(b), "\r\n"), tooLong, err
		}
	}
}

// cancelable is in with reads that fail once ctx has ended, where the system
// can do that: for terminals, pipes and sockets. Done gives it back.
func cancelable(ctx context.Context, in io.Reader) (r io.Reader, done func()) {
	f, ok := in.(*os.File)
	if !ok {
		return in, func() {}
	}
	c, err := cancelreader.NewReader(f)
	if err != nil {
		// An ordinary file: reading it does not wait for anybody.
		return in, func() {}
	}
	return c, closer(ctx, c)
}

// closer cancels c when ctx ends. The returned function ends that, waits for
// it, and closes c.
func closer(ctx context.Context, c cancelreader.CancelReader) func() {
	canceled := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(canceled)
		c.Cancel()
	})
	return func() {
		if !stop() {
			<-canceled
		}
		// Closing gives back what reading took; the input itself stays open.
		_ = c.Close()
	}
}
