package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
)

// Listener is a control socket. Close it to give its path free.
type Listener struct {
	net.Listener
	socket string
	made   os.FileInfo
}

// Listen makes the control socket of a database, mode 0600, in the place of one
// that is there: whoever calls it holds the database's lock, so nobody listens at
// that one any more.
func Listen(ctx context.Context, database string) (l *Listener, err error) {
	socket := Socket(database)
	private, err := os.MkdirTemp(filepath.Dir(socket), ".sock") // mode 0700
	if err != nil {
		return nil, fmt.Errorf("make control socket: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(private)) }()
	fresh := filepath.Join(private, "s")
	var made net.Listener
	err = reachable(fresh, func(path string) (err error) {
		made, err = new(net.ListenConfig).Listen(ctx, "unix", path)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("make control socket: %w", err)
	}
	made.(*net.UnixListener).SetUnlinkOnClose(false) // its path is another soon
	l = &Listener{Listener: made, socket: socket}
	if err = os.Chmod(fresh, 0o600); err == nil {
		l.made, err = os.Lstat(fresh)
	}
	if err == nil {
		err = os.Rename(fresh, socket)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make control socket: %w", err), made.Close())
	}
	return l, nil
}

// Close stops listening and removes the socket, unless another process has put its
// own there.
func (l *Listener) Close() error {
	err := l.Listener.Close()
	there, wrong := os.Lstat(l.socket)
	if wrong == nil && os.SameFile(there, l.made) {
		wrong = os.Remove(l.socket)
	}
	if wrong != nil && !errors.Is(wrong, fs.ErrNotExist) {
		err = errors.Join(err, wrong)
	}
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close control socket: %w", err)
	}
	return nil
}

// Accept waits for the next connection of somebody who may use the socket.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		// Not every system heeds a socket's mode; who connects is asked as well.
		if mayUse(c) {
			return c, nil
		}
		if err := c.Close(); err != nil {
			return nil, fmt.Errorf("turn away: %w", err)
		}
	}
}
