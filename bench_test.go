package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"silkwire/adapters/console"
	discordin "silkwire/adapters/discord/standin"
	"silkwire/adapters/slack/standin"
	"silkwire/bot"
	"silkwire/knowledge"
)

// benchQuestions are command lines of 200 different questions: figures of a
// question that is asked again and again would be those of a warm cache.
func benchQuestions(tb testing.TB) []string {
	tb.Helper()
	content, err := os.ReadFile("testdata/bench-questions.txt")
	if err != nil {
		tb.Fatal(err)
	}
	var lines []string
	seen := map[string]bool{}
	for in := bufio.NewScanner(bytes.NewReader(content)); in.Scan(); {
		if q := in.Text(); q != "" && !seen[q] {
			seen[q] = true
			lines = append(lines, "/ask "+q)
		}
	}
	if len(lines) != 200 {
		tb.Fatalf("got %d different questions, want 200", len(lines))
	}
	return lines
}

// shippedCore is the router over the shipped fact base.
func shippedCore(tb testing.TB) *bot.Router {
	tb.Helper()
	base, err := openShipped()
	if err != nil {
		tb.Fatal(err)
	}
	core, err := newCore(base, keptIn(base, fetchConfig{}, quiet()), 0, slog.New(slog.DiscardHandler), 0)
	if err != nil {
		tb.Fatal(err)
	}
	return core
}

// benchRequest is the nth question, in a conversation of its own: none is a
// follow-up of another.
func benchRequest(lines []string, n int) bot.Request {
	return bot.Request{
		ID: "bench", User: owner(), At: time.Now(), Zone: time.UTC, Line: lines[n%len(lines)],
		Conversation: bot.Conversation{Platform: "bench", Channel: strconv.Itoa(n % len(lines))},
	}
}

// The questions of the benchmark must be work: most have an answer, some have
// none, and none is misuse.
func TestBenchQuestions(t *testing.T) {
	core, outcomes := shippedCore(t), map[bot.Outcome]int{}
	lines := benchQuestions(t)
	for i := range lines {
		reply := core.Dispatch(t.Context(), benchRequest(lines, i))
		if reply.Outcome != bot.Answered && reply.Outcome != bot.Unknown {
			t.Errorf("%s: got %s, want answered or unknown", lines[i], reply.Outcome)
		}
		outcomes[reply.Outcome]++
	}
	if outcomes[bot.Answered] < 100 || outcomes[bot.Unknown] < 10 {
		t.Errorf("got %v, want at least 100 answered and 10 unknown", outcomes)
	}
}

// BenchmarkAsk is from the slash line to the drawn reply.
func BenchmarkAsk(b *testing.B) {
	core, lines := shippedCore(b), benchQuestions(b)
	look := console.Look{Width: 80, Color: true, Press: true}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		reply := core.Dispatch(b.Context(), benchRequest(lines, n))
		if _, err := console.Draw(io.Discard, reply, look); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStart is a whole process: from start to its first answer and its
// end. "locked" waits for the lock before it answers from the shipped base.
func BenchmarkStart(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "silkwire")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	b.Run("shipped", func(b *testing.B) { benchStart(b, binary, filepath.Join(b.TempDir(), "none.db")) })
	b.Run("database", func(b *testing.B) {
		database := filepath.Join(b.TempDir(), "silkwire.db")
		holdDatabase(b, binary, database)()
		benchStart(b, binary, database)
	})
	b.Run("locked", func(b *testing.B) {
		database := filepath.Join(b.TempDir(), "silkwire.db")
		defer holdDatabase(b, binary, database)()
		benchStart(b, binary, database)
	})
}

func benchStart(b *testing.B, binary, database string) {
	home := b.TempDir()
	for b.Loop() {
		c := exec.Command(binary, "--db", database, "ask", "what licence is qwen under")
		c.Env = []string{"HOME=" + home}
		if out, err := c.Output(); err != nil || len(out) == 0 {
			b.Fatalf("got %q, %v, want an answer", out, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/start")
}

// BenchmarkServeStart is silkwire serve from its start until both platforms can reach it
// and the facts are read, over a database that is there already.
func BenchmarkServeStart(b *testing.B) {
	binary, home := filepath.Join(b.TempDir(), "silkwire"), b.TempDir()
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	database := filepath.Join(home, "silkwire.db")
	holdDatabase(b, binary, database)()
	for b.Loop() {
		b.StopTimer()
		s, d := standin.New(b), discordin.New(b) // Discord takes a session in five seconds
		ready := &shared{ready: make(chan struct{})}
		c := exec.Command(binary, "--db", database, "serve")
		c.Env = []string{
			"HOME=" + home, "SILKWIRE_ADMIN_ADDR=127.0.0.1:0", "SLACK_BOT_TOKEN=" + standin.BotToken, "SLACK_APP_TOKEN=" + standin.AppToken, "SLACK_API_URL=" + s.URL(),
			"DISCORD_TOKEN=" + discordin.Token, "DISCORD_API_URL=" + d.URL(),
		}
		c.Stderr = ready
		b.StartTimer()
		if err := c.Start(); err != nil {
			b.Fatal(err)
		}
		<-ready.ready
		b.StopTimer()
		if err := errors.Join(c.Process.Signal(os.Interrupt), c.Wait()); err != nil {
			b.Fatal(err)
		}
		s.Close()
		d.Close()
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/start")
}

// holdDatabase starts a chat that has created the database; the returned
// function ends it.
func holdDatabase(b *testing.B, binary, database string) (end func()) {
	b.Helper()
	c := exec.Command(binary, "--db", database)
	c.Env = []string{"HOME=" + b.TempDir()}
	in, err := c.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	if _, err := io.WriteString(in, "/silkwire\n"); err != nil {
		b.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		b.Fatal(err)
	}
	return func() {
		err := in.Close()
		_, copied := io.Copy(io.Discard, out)
		if err := errors.Join(err, copied, c.Wait()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSnapshot is what decoding and indexing the shipped base takes.
// heap-bytes is what one Snapshot holds once everything else was collected.
func BenchmarkSnapshot(b *testing.B) {
	empty := heap()
	snapshot := newSnapshot(b)
	held := heap() - empty
	runtime.KeepAlive(snapshot)
	b.ReportAllocs()
	for b.Loop() {
		newSnapshot(b)
	}
	b.ReportMetric(float64(held), "heap-bytes")
}

func newSnapshot(b *testing.B) *knowledge.Snapshot {
	b.Helper()
	snapshot, err := knowledge.ShippedBase().Snapshot()
	if err != nil {
		b.Fatal(err)
	}
	return snapshot
}

// heap is how many bytes of the heap are in use, garbage left out.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
