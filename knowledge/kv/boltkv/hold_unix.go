//go:build unix

package boltkv

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"silkwire/knowledge/kv"
)

// holdEvery is how often a lock is tried, as bbolt does.
const holdEvery = 50 * time.Millisecond

// hold takes the lock that whoever has the file open holds, for a file that may
// not be fit to be opened. Where there is no file nothing is held.
func hold(path string, wait time.Duration) (release func(), err error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return func() {}, nil
	}
	if err != nil {
		return nil, err
	}
	release = func() { file.Close() } //nolint:errcheck,gosec // nothing was written; closing gives the lock back
	for tried := time.Duration(0); ; tried += holdEvery {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return release, nil
		case !errors.Is(err, syscall.EWOULDBLOCK):
			release()
			return nil, fmt.Errorf("lock: %w", err)
		case tried >= wait:
			release()
			return nil, kv.ErrLocked
		}
		time.Sleep(holdEvery)
	}
}
