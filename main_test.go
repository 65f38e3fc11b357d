package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"

	"silkwire/knowledge/kv/boltkv"
)

// The test binary is silkwire too: scripts and benchmarks start it under that
// name.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"silkwire": main, "silkwire-on-a-small-disk": smallDisk})
}

// TestScript runs testdata/script. A script starts in an empty folder with an
// empty home; besides testscript's own commands it has those of actors.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			home := filepath.Join(e.WorkDir, "home")
			e.Values[holder{}] = &holder{}
			// Under -race a process else sleeps a second before it ends.
			e.Vars = append(e.Vars, "HOME="+home, "DB="+filepath.Join(home, ".local/share/silkwire/silkwire.db"), "GORACE=atexit_sleep_ms=10")
			return os.Mkdir(home, 0o700)
		},
		Cmds:                actors(),
		Condition:           condition,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_GOLDEN") == "1",
	})
}

type actor = func(ts *testscript.TestScript, neg bool, args []string)

func actors() map[string]actor {
	return map[string]actor{
		"exits":    needs("exits status program [argument …]", 2, exits),
		"text":     needs("text VARIABLE escapes [times]", 2, setText),
		"bytes":    needs("bytes file escapes [times]", 2, writeBytes),
		"answer":   needs("answer [path=value …]", 0, checkAnswer),
		"answers":  needs("answers true|false|error …", 1, checkAnswers),
		"hold":     needs("hold program [argument …]", 1, hold),
		"release":  needs("release", 0, release),
		"lock":     needs("lock database", 1, lock),
		"unlock":   needs("unlock", 0, unlock),
		"damage":   needs("damage file", 1, damage),
		"terminal": needs("terminal program [argument …]", 1, terminal),
	}
}

// needs checks what every actor checks: that it is not negated and has enough
// arguments.
func needs(usage string, n int, do func(ts *testscript.TestScript, args []string)) actor {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < n {
			ts.Fatalf("usage: %s", usage)
		}
		do(ts, args)
	}
}

func condition(name string) (bool, error) {
	if name != "readonly-mount" {
		return false, fmt.Errorf("there is no condition %q", name)
	}
	return exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "-o", "ro", "tmpfs", os.TempDir()).Run() == nil, nil
}

// exits runs a program that must end with the given status.
func exits(ts *testscript.TestScript, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		ended, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%s: %v", args[1], err)
		}
		got = ended.ExitCode()
	}
	if got != want {
		ts.Fatalf("%q: got exit status %d, want %d", args[1:], got, want)
	}
}

// escaped reads 'escapes' [times]: text with Go's escapes, so that a script
// stays readable.
func escaped(ts *testscript.TestScript, args []string) string {
	s, err := strconv.Unquote(`"` + args[0] + `"`)
	ts.Check(err)
	if len(args) < 2 {
		return s
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	return strings.Repeat(s, n)
}

func setText(ts *testscript.TestScript, args []string) { ts.Setenv(args[0], escaped(ts, args[1:])) }

func writeBytes(ts *testscript.TestScript, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(escaped(ts, args[1:])), 0o600))
}

// lock opens a database and shares it with nobody, until unlock.
func lock(ts *testscript.TestScript, args []string) {
	db, err := boltkv.Open(ts.MkAbs(args[0]), boltkv.Options{})
	ts.Check(err)
	ts.Value(holder{}).(*holder).db = db
	ts.Defer(func() {
		if err := db.Close(); err != nil {
			ts.Logf("close %s: %v", args[0], err)
		}
	})
}

func unlock(ts *testscript.TestScript, _ []string) { ts.Check(ts.Value(holder{}).(*holder).db.Close()) }

// holder is a silkwire that has its database open.
type holder struct {
	process *exec.Cmd
	input   io.Closer
	stderr  *bytes.Buffer
	drained chan struct{}
	db      *boltkv.DB // what lock opened
}

// hold starts a chat, and returns once it answered a line: from then on it has
// its database.
func hold(ts *testscript.TestScript, args []string) {
	h := ts.Value(holder{}).(*holder)
	h.process, h.stderr, h.drained = command(ts, args), &bytes.Buffer{}, make(chan struct{})
	h.process.Stderr = h.stderr
	in, err := h.process.StdinPipe()
	ts.Check(err)
	h.input = in
	out, err := h.process.StdoutPipe()
	ts.Check(err)
	ts.Check(h.process.Start())
	_, err = io.WriteString(in, "/silkwire\n")
	ts.Check(err)
	_, err = out.Read(make([]byte, 1))
	go func() {
		defer close(h.drained)
		_, _ = io.Copy(io.Discard, out)
	}()
	ts.Defer(func() { _ = h.end() })
	if err != nil {
		ts.Fatalf("%s did not answer: %v", args[0], err)
	}
}

// end closes the input and waits until the process has ended.
func (h *holder) end() error {
	if h.process == nil {
		return nil
	}
	err := h.input.Close()
	<-h.drained
	err = errors.Join(err, h.process.Wait())
	h.process = nil
	return err
}

// release ends the input of the process that hold started. It must end well
// and without a word on standard error.
func release(ts *testscript.TestScript, _ []string) {
	h := ts.Value(holder{}).(*holder)
	ts.Check(h.end())
	if h.stderr.Len() > 0 {
		ts.Fatalf("standard error: got %q, want nothing", h.stderr)
	}
}

// command is a program of the script's PATH in the script's surroundings.
func command(ts *testscript.TestScript, args []string) *exec.Cmd {
	c := exec.Command(args[0], args[1:]...)
	for _, folder := range filepath.SplitList(ts.Getenv("PATH")) {
		path := filepath.Join(folder, args[0])
		if info, err := os.Stat(path); err == nil && info.Mode()&0o100 != 0 {
			c.Path, c.Err = path, nil
			break
		}
	}
	c.Dir = ts.MkAbs(".")
	for _, name := range []string{"HOME", "PATH", "GORACE", "TERM", "NO_COLOR"} {
		if value := ts.Getenv(name); value != "" {
			c.Env = append(c.Env, name+"="+value)
		}
	}
	return c
}

// damage turns round every bit in the middle third of a file.
func damage(ts *testscript.TestScript, args []string) {
	path := ts.MkAbs(args[0])
	content, err := os.ReadFile(path)
	ts.Check(err)
	for i := len(content) / 3; i < len(content)*2/3; i++ {
		content[i] ^= 0xff
	}
	ts.Check(os.WriteFile(path, content, 0o600))
}

// terminal runs a program that reads nothing on a terminal of 80 columns. What
// the terminal shows is the script's standard output.
func terminal(ts *testscript.TestScript, args []string) {
	c := command(ts, args)
	screen, err := pty.StartWithSize(c, &pty.Winsize{Rows: 24, Cols: 80})
	ts.Check(err)
	// Once the program has ended, reading its terminal is an error, not an end.
	_, _ = io.Copy(ts.Stdout(), screen)
	ts.Check(c.Wait())
	ts.Check(screen.Close())
}
