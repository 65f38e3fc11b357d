package control_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"silkwire/adapters/control"
	"silkwire/bot"
)

// core answers with a reply that has every kind of block.
type core struct{ asked chan bot.Request }

func everything(line string) bot.Reply {
	return bot.Reply{
		Title: bot.B("Title"), Lead: bot.T("Lead of " + line),
		Blocks: []bot.Block{
			bot.Paragraph{Text: bot.Join(bot.T("a "), bot.L("link", "https://example.org"), bot.E("name", "/about x"))},
			bot.List{Items: []bot.Item{{Mark: bot.Con, Text: bot.T("item")}}, More: &bot.More{Count: 3, Line: "/facts x"}},
			bot.Fields{Fields: []bot.Field{{Name: "Kind", Value: bot.C("event")}}},
			bot.Table{Columns: []bot.Column{{Name: "a", Right: true}}, Rows: [][]bot.Text{{bot.T("1")}}},
			bot.Quotes{Rows: []bot.QuoteRow{{Symbol: "NVDA", Price: "208.64"}}, AsOf: "today"},
			bot.Chart{Unit: "%", Series: []bot.Series{{Name: "s", Points: []bot.Point{{Label: "x", Value: 0.5}}}}, Alt: "a line"},
			bot.Sources{Items: []bot.SourceItem{{Text: bot.T("a page"), Grade: "press"}}},
		},
		Form:    &bot.Form{},
		Actions: []bot.Action{{Label: "More", Line: "/more"}}, Outcome: bot.Unknown, Visibility: bot.Private,
	}
}

func (c core) Dispatch(_ context.Context, r bot.Request) bot.Reply {
	c.asked <- r
	return everything(r.Line)
}

func (c core) Complete(_ context.Context, r bot.Request) bot.Completion {
	return bot.Completion{From: len(r.Line), Choices: []bot.Choice{{Value: "NVDA"}}}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// serve serves the socket of a database until the test ends, or stop is called.
func serve(t *testing.T, database string, operations map[string]control.Operation) (c core, stop func()) {
	t.Helper()
	c = core{make(chan bot.Request, 1)}
	l, err := control.Listen(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() {
		control.Serve(ctx, l, c, func(author string) bot.User { return bot.User{ID: "owner", Name: author} }, operations, quiet())
	})
	stop = sync.OnceFunc(func() {
		cancel()
		wait.Wait()
	})
	t.Cleanup(stop)
	return c, stop
}

func client(t *testing.T, database, author string) *control.Client {
	t.Helper()
	c := control.NewClient(database, author)
	t.Cleanup(c.Close)
	return c
}

// short is a folder whose path is short, which a test's own is not everywhere.
func short(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "c")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	return folder
}

func TestDispatchAndComplete(t *testing.T) {
	database := filepath.Join(short(t), "silkwire.db")
	served, _ := serve(t, database, nil)
	c := client(t, database, "ada")
	r := bot.Request{
		ID: "1", Line: "/lab qwen", Call: &bot.Call{Path: []string{"lab"}, Options: map[string][]string{"name": {"qwen"}}},
		Conversation: bot.Conversation{Platform: "console", Channel: "7"}, At: time.Unix(1, 0).UTC(), Zone: time.UTC,
		User: bot.User{ID: "somebody else", May: bot.Admin},
	}
	if got := c.Dispatch(t.Context(), r); !reflect.DeepEqual(got, everything(r.Line)) {
		t.Errorf("got %+v\nwant %+v", got, everything(r.Line))
	}
	want := r
	want.User = bot.User{ID: "owner", Name: "ada"}
	if got := <-served.asked; !reflect.DeepEqual(got, want) {
		t.Errorf("asked was %+v\nwant %+v", got, want)
	}
	if got := c.Complete(t.Context(), bot.Request{Line: "/ticker nv"}); got.From != 10 || len(got.Choices) != 1 {
		t.Errorf("completed %+v", got)
	}
}

func TestOperations(t *testing.T) {
	database := filepath.Join(short(t), "silkwire.db")
	_, _ = serve(t, database, map[string]control.Operation{
		"echo": func(_ context.Context, author string, in io.Reader, out io.Writer) error {
			body, err := io.ReadAll(in)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(out, "%s: %s", author, body)
			return err
		},
		"refuse": func(context.Context, string, io.Reader, io.Writer) error {
			return errors.New("that is not to be:\nnever")
		},
		"begin": func(_ context.Context, _ string, _ io.Reader, out io.Writer) error {
			if _, err := io.WriteString(out, "half"); err != nil {
				return err
			}
			return errors.New("the other half is missing")
		},
	})
	long := strings.Repeat("long ", 100_000)
	for _, test := range []struct{ name, in, out, wrong string }{
		{"echo", "hello", "ada x: hello", ""},
		{"echo", long, "ada x: " + long, ""},
		{"refuse", "", "", "that is not to be:\nnever"},
		{"begin", "", "half", "the other half is missing"},
		{"unheard-of", "", "", `the silkwire that has the database open does not know "unheard-of": is it another version`},
	} {
		var out bytes.Buffer
		err := client(t, database, "ada\nx").Do(t.Context(), test.name, strings.NewReader(test.in), &out)
		if got := fmt.Sprint(err); out.String() != test.out || err == nil != (test.wrong == "") || err != nil && got != test.wrong {
			t.Errorf("%s: got %.40q and %q, want %.40q and %q", test.name, out.String(), got, test.out, test.wrong)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	database := filepath.Join(short(t), "silkwire.db")
	ask := func() error {
		return client(t, database, "").Do(t.Context(), "ping", strings.NewReader(""), io.Discard)
	}
	if err := ask(); !errors.Is(err, control.ErrNobody) {
		t.Errorf("no socket: %v, want %v", err, control.ErrNobody)
	}
	// What a killed process leaves: a socket that nobody listens at.
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: control.Socket(database)})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	if err := stale.Close(); err != nil {
		t.Fatal(err)
	}
	if err := ask(); !errors.Is(err, control.ErrNobody) {
		t.Errorf("a stale socket: %v, want %v", err, control.ErrNobody)
	}
	reply := client(t, database, "").Dispatch(t.Context(), bot.Request{Line: "qwen"})
	if reply.Outcome != bot.Broken || !strings.HasPrefix(reply.Lead.String(), "I lost the silkwire") {
		t.Errorf("asked of nobody: %+v", reply)
	}
	_, stop := serve(t, database, map[string]control.Operation{"ping": ping})
	if err := ask(); err != nil {
		t.Errorf("in the place of a stale socket: %v", err)
	}
	stop()
	if _, err := os.Lstat(control.Socket(database)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket outlives its process: %v", err)
	}
}

func ping(context.Context, string, io.Reader, io.Writer) error { return nil }

// TestTheSocketIsItsOwners looks at its mode, and that closing leaves another's
// socket alone.
func TestTheSocketIsItsOwners(t *testing.T) {
	folder := short(t)
	database := filepath.Join(folder, "silkwire.db")
	first, err := control.Listen(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(control.Socket(database))
	if err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("mode %v, %v; want a socket of mode 0600", info.Mode(), err)
	}
	second, err := control.Listen(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(control.Socket(database)); err != nil {
		t.Errorf("closing the first took the second's socket: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Another user of the machine is turned away. This test binary runs again as one.
const strangerVariable = "SILKWIRE_CONTROL_TEST_DATABASE"

func TestMain(m *testing.M) {
	if database := os.Getenv(strangerVariable); database != "" {
		err := control.NewClient(database, "root").Do(context.Background(), "ping", strings.NewReader(""), io.Discard)
		fmt.Println(err)
		return
	}
	os.Exit(m.Run())
}

func TestAnotherUserIsTurnedAway(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can be somebody else")
	}
	folder := short(t)
	database := filepath.Join(folder, "silkwire.db")
	_, _ = serve(t, database, map[string]control.Operation{"ping": ping})
	binary, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Skip("no way to run as somebody else: ", err)
	}
	program := filepath.Join(folder, "stranger")
	if err := os.WriteFile(program, binary, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o755); err != nil { //nolint:gosec // somebody else looks into it
		t.Fatal(err)
	}
	for name, mode := range map[string]fs.FileMode{"by the socket's mode": 0o600, "by who connects, where the mode lets them": 0o666} {
		if err := os.Chmod(control.Socket(database), mode); err != nil {
			t.Fatal(err)
		}
		stranger := exec.CommandContext(t.Context(), program)
		stranger.Env = append(os.Environ(), strangerVariable+"="+database)
		stranger.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := stranger.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if strings.Contains(string(out), "<nil>") {
			t.Errorf("%s: another user was let in", name)
		}
	}
}

// TestLongPaths has databases in folders, and with names, that a socket's path has
// no room for.
func TestLongPaths(t *testing.T) {
	root := short(t)
	for name, database := range map[string]string{
		"folder": filepath.Join(root, strings.Repeat("deep/", 60), "silkwire.db"),
		"name":   filepath.Join(root, strings.Repeat("n", 200)+".db"),
		"both":   filepath.Join(root, strings.Repeat("deep/", 30), strings.Repeat("n", 200)+".db"),
	} {
		if err := os.MkdirAll(filepath.Dir(database), 0o700); err != nil {
			t.Fatal(err)
		}
		_, stop := serve(t, database, map[string]control.Operation{"ping": ping})
		if err := client(t, database, "").Do(t.Context(), "ping", strings.NewReader(""), io.Discard); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if filepath.Dir(control.Socket(database)) != filepath.Dir(database) {
			t.Errorf("%s: the socket is at %s", name, control.Socket(database))
		}
		stop()
	}
	a, b := strings.Repeat("n", 100)+"1.db", strings.Repeat("n", 100)+"2.db"
	if control.Socket(a) == control.Socket(b) {
		t.Error("two databases with long names have one socket")
	}
}

// TestTheEndWaitsForWhatIsInHand stops the server under an operation.
func TestTheEndWaitsForWhatIsInHand(t *testing.T) {
	database := filepath.Join(short(t), "silkwire.db")
	begun, finish := make(chan struct{}), make(chan struct{})
	_, stop := serve(t, database, map[string]control.Operation{"slow": func(ctx context.Context, _ string, _ io.Reader, out io.Writer) error {
		close(begun)
		<-finish
		if err := ctx.Err(); err != nil {
			return err
		}
		_, err := io.WriteString(out, "done")
		return err
	}})
	var out bytes.Buffer
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := client(t, database, "").Do(t.Context(), "slow", strings.NewReader(""), &out); err != nil {
			t.Errorf("slow: %v", err)
		}
	})
	<-begun
	wait.Go(stop)
	close(finish)
	wait.Wait()
	if out.String() != "done" {
		t.Errorf("got %q, want that it was done", out.String())
	}
}
