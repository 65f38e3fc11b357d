package console

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"silkwire/bot"
)

const (
	// mostHistory is how many lines are kept; liner remembers no more.
	mostHistory = 1000
	// longestHistory is how many bytes a line may have to be kept.
	longestHistory = 4096
)

// loadHistory reads the lines of the file, the newest last. One that holds far
// more than mostHistory lines is written anew with the newest, so that it does
// not grow for ever. No file is no line.
func loadHistory(path string) ([]string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var lines []string
	read := 0
	r := bufio.NewReader(f)
	for {
		text, tooLong, err := readLine(r)
		read++
		// The file may be anybody's work: it is shown again, so it is cleaned.
		if text = strings.TrimSpace(bot.Clean(text)); text != "" && !tooLong && len(text) <= longestHistory {
			lines = append(lines, text)
		}
		if err != nil {
			break
		}
	}
	lines = lines[max(0, len(lines)-mostHistory):]
	if read <= 2*mostHistory {
		return lines, nil
	}
	return lines, rewrite(path, lines)
}

// rewrite replaces the file at once, so that a crash leaves the old or the new.
func rewrite(path string, lines []string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".history-*") // made with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if _, err = f.WriteString(strings.Join(lines, "\n") + "\n"); err != nil {
		return errors.Join(err, f.Close())
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// appendHistory adds one line to the file and makes the file, for its owner
// only, when there is none.
func appendHistory(path, line string) error {
	if len(line) > longestHistory {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := f.Chmod(0o600); err != nil {
		return errors.Join(err, f.Close())
	}
	if _, err := fmt.Fprintln(f, line); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}
