// Package control lets other processes of the operator use the fact base that
// this process has open: HTTP over a Unix socket beside the database file, mode
// 0600, so that who can open the database can use it, and nobody else. It may
// import bot, and nothing else of ours.
//
// A request is POST /v1/NAME with the operation's input as its body; the answer's
// body is the output. What goes wrong is a sentence: the body of an answer that is
// not 200, or, once output was sent, the trailer Silkwire-Error. The operations
// "dispatch" and "complete" carry a bot.Request and what comes back in Go's gob
// encoding; all others are the caller's of Serve.
//
// # The socket
//
// It is made under another name in a folder that only its owner can look into,
// made private, and then given its name, so that it is never open to others and
// takes the place of one that a killed process left. A path that is longer than the
// system allows for a socket is reached through a symbolic link with a short one.
package control

import (
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
)

// ErrNobody is returned when nobody listens at the socket: there is none, or the
// process that made it was killed.
var ErrNobody = errors.New("nobody answers at the control socket")

// Limits of a socket's path (sun_path in unix(7) is 108 bytes, on other systems
// 104) and of its name.
const (
	longestPath = 100
	longestName = 40
)

// Socket is where the control socket of a database is: beside it, under its name
// and ".sock". A name that would be too long for the system is replaced by its
// digest.
func Socket(database string) string {
	folder, name := filepath.Split(database)
	if len(name) > longestName {
		h := fnv.New64a()
		_, _ = h.Write([]byte(name)) // a hash never fails
		name = fmt.Sprintf("silkwire-%016x", h.Sum64())
	}
	return filepath.Join(folder, name+".sock")
}

// reachable calls use with a path of the socket that the system takes.
func reachable(socket string, use func(path string) error) (err error) {
	if len(socket) <= longestPath {
		return use(socket)
	}
	folder, err := filepath.Abs(filepath.Dir(socket))
	if err != nil {
		return err
	}
	short, err := os.MkdirTemp("", "silkwire")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(short)) }()
	link := filepath.Join(short, "d")
	if err := os.Symlink(folder, link); err != nil {
		return err
	}
	return use(filepath.Join(link, filepath.Base(socket)))
}
