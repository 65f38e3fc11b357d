package console

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"silkwire/bot"
)

// childEnv makes the test binary run a chat on its terminal instead of tests:
// the line editor knows a process's own standard input only.
const childEnv = "CONSOLE_TEST_HISTORY"

func TestMain(m *testing.M) {
	if history, child := os.LookupEnv(childEnv); child {
		os.Exit(runChild(history))
	}
	os.Exit(m.Run())
}

func runChild(history string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	welcome := bot.Reply{Lead: bot.T("welcome")}
	if err := New(childCore{}, Options{HistoryFile: history, Welcome: welcome}).Run(ctx); err != nil {
		fmt.Println("ERROR", err)
		return 1
	}
	fmt.Println("LEFT")
	return 0
}

// childCore is echo with completion, a request that waits, and a form.
type childCore struct{}

func (childCore) Dispatch(ctx context.Context, r bot.Request) bot.Reply {
	switch {
	case r.Call != nil:
		return bot.Reply{Lead: bot.T(fmt.Sprint("called ", r.Call.Path, " with ", r.Call.Options))}
	case r.Line == "wait":
		fmt.Println("WAITING")
		<-ctx.Done()
	case r.Line == "/form":
		return bot.Reply{Lead: bot.T("It needs a name."), Form: &bot.Form{
			Title: "A form", Path: []string{"lab", "show"}, Given: map[string]string{"name": "Qw"},
			Fields: []bot.Option{
				{Name: "name", Summary: "a lab", Required: true, Complete: func(_ context.Context, _ bot.Request, _ string) []bot.Choice {
					return []bot.Choice{{Label: "Qwen", Value: "Qwen"}}
				}},
				{Name: "size", Summary: "how much", Choices: []bot.Choice{{Label: "short", Value: "s"}, {Label: "long", Value: "l"}}},
				{Name: "tags", Summary: "words", Kind: bot.WordList},
				{Name: "note", Summary: "anything"},
			},
		}}
	case r.Line == "/form2":
		return bot.Reply{Lead: bot.T("It needs a unit."), Form: &bot.Form{Title: "Another form", Path: []string{"units"}, Fields: []bot.Option{
			{Name: "unit", Summary: "how far", Choices: []bot.Choice{{Label: "thousand metres", Value: "km"}, {Label: "miles", Value: "mi"}}},
			{Name: "tags", Summary: "words", Kind: bot.WordList, Complete: func(_ context.Context, _ bot.Request, typed string) []bot.Choice {
				var out []bot.Choice
				for _, colour := range []string{"green", "blue", "white"} {
					if strings.HasPrefix(colour, typed) {
						out = append(out, bot.Choice{Label: colour, Value: colour})
					}
				}
				return out
			}},
		}}}
	}
	return echo(ctx, r)
}

func (childCore) Complete(_ context.Context, r bot.Request) bot.Completion {
	from := strings.LastIndexByte(r.Line, ' ') + 1
	c := bot.Completion{From: from}
	for _, v := range []string{"/about ", "/ask ", "/ticker ", "阿里巴巴", "ByteDance"} {
		if strings.HasPrefix(strings.ToLower(v), strings.ToLower(r.Line[from:])) || r.Line[from:] == "豆包" && v == "ByteDance" {
			c.Choices = append(c.Choices, bot.Choice{Label: v, Value: v})
		}
	}
	return c
}

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// terminal is a chat in a child process on a pseudo-terminal.
type terminal struct {
	t       *testing.T
	tty     *os.File
	process *exec.Cmd
	done    chan struct{} // the output has ended

	mu     sync.Mutex
	output bytes.Buffer
	more   chan struct{} // something was added to output
	seen   int           // how much of output was expected already
}

func start(t *testing.T, history string, columns uint16, env ...string) *terminal {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(append(os.Environ(), "TERM=xterm", "NO_COLOR=1", childEnv+"="+history), env...)
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: columns})
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, tty: tty, process: cmd, done: make(chan struct{}), more: make(chan struct{}, 1)}
	go term.read()
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		_ = tty.Close()
		<-term.done
	})
	term.expect("welcome")
	term.expect(prompt)
	return term
}

func (x *terminal) read() {
	defer close(x.done)
	buf := make([]byte, 4096)
	for {
		n, err := x.tty.Read(buf)
		x.mu.Lock()
		x.output.Write(buf[:n])
		x.mu.Unlock()
		select {
		case x.more <- struct{}{}:
		default:
		}
		if err != nil {
			return // Linux reports the end of a pseudo-terminal as EIO
		}
	}
}

// expect waits until want is printed after what was expected before.
func (x *terminal) expect(want string) {
	x.t.Helper()
	deadline := time.After(patience)
	for {
		x.mu.Lock()
		rest := x.output.String()[x.seen:]
		i := strings.Index(rest, want)
		if i >= 0 {
			x.seen += i + len(want)
		}
		x.mu.Unlock()
		if i >= 0 {
			return
		}
		select {
		case <-x.more:
		case <-deadline:
			x.t.Fatalf("the terminal shows\n%q\nwant %q", rest, want)
		}
	}
}

func (x *terminal) typed(keys string) {
	x.t.Helper()
	if _, err := x.tty.WriteString(keys); err != nil {
		x.t.Fatal(err)
	}
}

// left waits for the end and checks that the terminal is as it was.
func (x *terminal) left() {
	x.t.Helper()
	x.expect("LEFT")
	if err := x.process.Wait(); err != nil {
		x.t.Errorf("the chat ended with %v", err)
	}
}

const (
	ctrlC, ctrlD, ctrlR, ctrlU = "\x03", "\x04", "\x12", "\x15"
	up, left, backspace        = "\x1b[A", "\x1b[D", "\x7f"
)

func TestChatAnswersAndLeavesOnCtrlD(t *testing.T) {
	x := start(t, "", 80)
	x.typed("what is 通义千问\r")
	x.expect("you said what is 通义千问")
	x.expect(prompt)
	x.typed(ctrlD)
	x.left()
}

func TestChatEditsWideCharacters(t *testing.T) {
	x := start(t, "", 40)
	x.typed("阿里云巴" + left + backspace + "X\r")
	x.expect("you said 阿里X巴")
}

func TestChatCompletes(t *testing.T) {
	x := start(t, "", 80)
	x.typed("/ti\t")
	x.expect("/ticker ")
	x.typed("阿里\t")
	x.expect("阿里巴巴")
	x.typed("\r")
	x.expect("you said /ticker 阿里巴巴")

	x.typed("/a\t")
	x.typed("\t")
	x.expect("/about")
	x.expect("/ask")
	x.typed("s\t42\r")
	x.expect("you said /ask 42")

	// A choice that does not begin with what was typed takes its place.
	x.typed("who owns 豆包\t\r")
	x.expect("you said who owns ByteDance")
}

func TestChatHistory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "history")
	x := start(t, file, 80)
	x.typed("first line\r")
	x.expect("you said first line")
	x.expect(prompt)
	x.typed("menu\r")
	x.expect("you said menu")
	x.expect(prompt)
	x.typed("1\r")
	x.expect("you said /first")
	x.expect(prompt)
	x.typed(ctrlD)
	x.left()

	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode().Perm())
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(kept), "first line\nmenu\n"; got != want {
		t.Errorf("history %q, want %q", got, want)
	}

	x = start(t, file, 80)
	x.typed(up + up)
	x.expect("first line")
	x.typed(" again\r")
	x.expect("you said first line again")
	x.expect(prompt)
	x.typed(ctrlR + "men")
	x.expect("menu")
	x.typed("\r")
	x.expect("you said menu")
}

func TestChatCtrlC(t *testing.T) {
	x := start(t, "", 80)
	for range 2 { // clearing a line twice does not leave
		x.typed("half a question")
		x.expect("half a question")
		x.typed(ctrlC)
		x.expect("^C")
		x.expect(prompt)
	}
	x.typed("another")
	x.expect("another")
	x.typed(ctrlC)
	x.expect("^C")
	x.expect(prompt)
	x.typed("whole\r")
	x.expect("you said whole")
	x.expect(prompt)
	x.typed(ctrlC)
	x.expect("Press Ctrl-C again to leave, or Ctrl-D.")
	x.expect(prompt)
	x.typed("on we go\r")
	x.expect("you said on we go")
	x.expect(prompt)
	x.typed(ctrlC)
	x.expect("Press Ctrl-C again")
	x.expect(prompt)
	x.typed(ctrlC)
	x.left()
}

func TestChatCtrlCStopsRequest(t *testing.T) {
	x := start(t, "", 80)
	x.typed("wait\r")
	x.expect("WAITING")
	x.typed(ctrlC)
	x.expect("Stopped.")
	x.expect(prompt)
	x.typed("go on\r")
	x.expect("you said go on")
}

func TestChatEndsWithContext(t *testing.T) {
	x := start(t, "", 80)
	x.typed("half a line")
	x.expect("half a line")
	if err := x.process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	x.left()
}

func TestChatPresses(t *testing.T) {
	x := start(t, "", 80)
	x.typed("7\r")
	x.expect("There is nothing to choose by a number now.")
	x.typed("menu\r")
	x.expect("[1] first")
	x.expect(prompt)
	x.typed("9\r")
	x.expect("There is no 9 to choose: the numbers go from 1 to 2.")
	x.expect(prompt)
	x.typed("2\r")
	x.expect("[2] two")
	x.expect(prompt)
	x.typed("2\r")
	x.expect("> /two")
	x.expect("you said /two")
	x.expect(prompt)
	x.typed("910\r")
	x.expect("you said 910")
}

func TestChatForm(t *testing.T) {
	x := start(t, "", 80)
	x.typed("/form\r")
	x.expect("It needs a name.")
	x.expect("A form")
	x.expect("Ctrl-C or Ctrl-D cancels.")
	x.expect("name: Qw")
	x.typed(ctrlU + "\r")
	x.expect("This one is needed")
	x.typed("\t\r")
	x.expect("name: Qwen")
	x.expect("how much (optional): short, long")
	x.typed("huge\r")
	x.expect("It is one of those that are listed")
	x.typed("lo\t\r")
	x.expect("tags: ")
	x.typed("a, b c\r")
	x.expect("note: ")
	x.typed("\r")
	x.expect("called [lab show] with map[name:[Qwen] size:[l] tags:[a b c]]")
	x.expect(prompt)

	x.typed("/form\r")
	x.expect("name: Qw")
	x.typed(ctrlC)
	x.expect("Canceled.")
	x.expect(prompt)

	x.typed("/form\r")
	x.expect("name: Qw")
	x.typed(ctrlU + "/other\r")
	x.expect("you said /other")
	x.expect(prompt)

	x.typed("/form\r")
	x.expect("name: Qw")
	x.typed(ctrlU + ctrlD)
	x.expect("\r\nCanceled.")
	x.expect(prompt)
	x.typed("on we go\r")
	x.expect("you said on we go")
	x.expect(prompt)
	x.typed(ctrlD)
	x.left()
}

func TestChatFormEndsWithContext(t *testing.T) {
	x := start(t, "", 80)
	x.typed("/form\r")
	x.expect("name: Qw")
	if err := x.process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	x.left()
}

// Choices are completed by what they say and by what they stand for, lists by
// their last word.
func TestChatFormCompletes(t *testing.T) {
	x := start(t, "", 80)
	x.typed("/form2\r")
	x.expect("unit: ")
	x.typed("k\t\r")
	x.expect("unit: km")
	x.expect("tags: ")
	x.typed("red,gr\t、bl\t；wh\t\u3000gr\t\r")
	x.expect("called [units] with map[tags:[red green blue white green] unit:[km]]")
	x.expect(prompt)
	x.typed("/form2\r")
	x.expect("unit: ")
	x.typed("th\t\r")
	x.expect("unit: thousand metres")
	x.typed("\r")
	x.expect("called [units] with map[unit:[km]]")
}

func TestChatHonoursResize(t *testing.T) {
	x := start(t, "", 80)
	if err := pty.Setsize(x.tty, &pty.Winsize{Rows: 24, Cols: 30}); err != nil {
		t.Fatal(err)
	}
	x.typed("one two three four five six\r")
	x.expect("you said one two three four\r\nfive six\r\n")
}

func TestChatWithoutEditor(t *testing.T) {
	x := start(t, "", 80, "TERM=dumb")
	x.typed("plain\n")
	x.expect("you said plain")
	x.expect(prompt)
	x.typed(ctrlC)
	x.left()
}

func TestHistoryIsBounded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "history")
	var all strings.Builder
	for i := range 3 * mostHistory {
		fmt.Fprintf(&all, "line %d\x1b[2J\n", i)
	}
	all.WriteString(strings.Repeat("x", longestHistory+1) + "\n")
	if err := os.WriteFile(file, []byte(all.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	lines, err := loadHistory(file)
	if err != nil {
		t.Fatal(err)
	}
	if n, last := len(lines), lines[len(lines)-1]; n != mostHistory || last != fmt.Sprintf("line %d", 3*mostHistory-1) {
		t.Errorf("got %d lines, the last %q", n, last)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 || info.Size() > 64<<10 {
		t.Errorf("the file was not written anew: %v, %d bytes", info.Mode(), info.Size())
	}
}
