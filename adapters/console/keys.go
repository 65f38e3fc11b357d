package console

import (
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"

	"github.com/muesli/cancelreader"
)

const (
	keyInterrupt = 3 // Ctrl-C
	keyReturn    = '\r'
	keyNewline   = '\n'
)

// keys stands between the keyboard and the line editor, because the editor's
// read cannot be ended from outside and its Ctrl-C does not tell whether there
// was a line to clear.
//
//	terminal → cancelreader → pump (notes Ctrl-C) → pipe → liner
//
// When its context ends the pipe ends, and with it the editor's read.
type keys struct {
	// editor is where the line editor reads.
	editor *os.File
	// typed tells whether anything was typed since the last line or Ctrl-C;
	// cleared is what it was at the last Ctrl-C.
	typed, cleared atomic.Bool

	pipe   *os.File // its other end
	cancel func()
	pumped chan struct{}
}

// openKeys begins to read in; close ends that and waits for it. What was typed
// ahead and not read by the editor is lost then.
func openKeys(ctx context.Context, in *os.File) (*keys, error) {
	source, err := cancelreader.NewReader(in)
	if err != nil {
		return nil, err
	}
	editor, pump, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, source.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	k := &keys{editor: editor, pipe: pump, cancel: cancel, pumped: make(chan struct{})}
	done := closer(ctx, source)
	go func() {
		defer close(k.pumped)
		defer done()
		// The editor sees the end of its input as the end of the pipe.
		defer func() { _ = pump.Close() }()
		defer cancel()
		k.pump(pump, source)
	}()
	return k, nil
}

func (k *keys) pump(to io.Writer, from io.Reader) {
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		for _, b := range buf[:n] {
			switch b {
			case keyInterrupt:
				k.cleared.Store(k.typed.Swap(false))
			case keyReturn, keyNewline:
				k.typed.Store(false)
			default:
				k.typed.Store(true)
			}
		}
		if _, werr := to.Write(buf[:n]); werr != nil || err != nil {
			return
		}
	}
}

// stop ends the editor's input.
func (k *keys) stop() { k.cancel() }

// interrupt gives the editor a Ctrl-C that came as a signal: the terminal still
// sends one in the moment between the prompt and the first key.
func (k *keys) interrupt() {
	k.cleared.Store(k.typed.Swap(false))
	// When the pipe is closed there is no editor to tell.
	_, _ = k.pipe.Write([]byte{keyInterrupt})
}

func (k *keys) close() error {
	k.cancel()
	// Closed first, so that a pump that waits for room in the pipe ends.
	err := k.editor.Close()
	<-k.pumped
	return err
}
