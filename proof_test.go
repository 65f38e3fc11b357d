package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"silkwire/adapters/control"
	"silkwire/bot"
	"silkwire/knowledge"
	"silkwire/knowledge/kv"
	"silkwire/knowledge/kv/boltkv"
)

// teaFact is a fact about nothing much, of which there can be many.
func teaFact(id, statement string) knowledge.Fact {
	return knowledge.Fact{
		ID: id, Statement: statement, Kind: knowledge.Event, Subjects: []string{"qwen"}, Attributes: []knowledge.Attribute{"publication"},
		Sources: []knowledge.Source{{URL: "https://example.org/tea", Publisher: "A paper", Grade: knowledge.Press}},
		Asks:    []string{"tea at stand " + id},
	}
}

func teaImport(id, statement string) knowledge.Import {
	return knowledge.Import{Contents: knowledge.Contents{Facts: []knowledge.Fact{teaFact(id, statement)}}, Place: "/" + id}
}

// keeper is the real program with a database open, in a chat that says nothing.
type keeper struct {
	process *exec.Cmd
	input   io.Closer
	client  *control.Client
}

func keep(t *testing.T, home, database string) *keeper {
	t.Helper()
	k := &keeper{process: exec.CommandContext(t.Context(), "silkwire", "--db", database), client: control.NewClient(database, "test")}
	k.process.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=10"}
	k.process.Stderr = t.Output()
	var err error
	if k.input, err = k.process.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := k.process.Start(); err != nil {
		t.Fatal(err)
	}
	return k
}

// ready waits until it shares the database.
func (k *keeper) ready(t *testing.T) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		err := k.client.Do(t.Context(), "ping", strings.NewReader(""), io.Discard)
		if err == nil {
			return
		}
		if !errors.Is(err, control.ErrNobody) {
			t.Fatal(err)
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("it did not share the database")
		}
	}
}

// kill ends it as a power failure would, as far as a process can tell.
func (k *keeper) kill(t *testing.T) {
	t.Helper()
	if err := k.process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := k.process.Wait(); err == nil {
		t.Fatal("it ended by itself")
	}
	k.client.Close()
}

// imports has a fact imported at the control socket and returns its revision.
func imports(ctx context.Context, c *control.Client, in knowledge.Import) (knowledge.Imported, error) {
	return ask[knowledge.Imported](ctx, &session{run: c.Do}, "import", in)
}

// acknowledged is what was said to be written, by revision.
type acknowledged struct {
	mu        sync.Mutex
	revisions map[uint64]knowledge.Fact
}

// TestKillKeepsEveryRevision has several writers import at the real program, and
// kills it at a random moment, again and again. Every revision that was
// acknowledged is there, whole; numbers only grow; log, indexes and state agree.
func TestKillKeepsEveryRevision(t *testing.T) {
	rounds := 30 / thorough
	if os.Getenv("SILKWIRE_LONG") == "1" {
		rounds = 500
	}
	const lives = 10 // rounds of one file
	random := rand.New(rand.NewPCG(21, 22))
	home, database := t.TempDir(), ""
	var said acknowledged
	total, unsaid := 0, 0
	for round := range rounds {
		if round%lives == 0 {
			total += len(said.revisions)
			database, said.revisions = filepath.Join(t.TempDir(), "silkwire.db"), map[uint64]knowledge.Fact{}
		}
		k, wait := keep(t, home, database), func() {}
		if random.IntN(8) > 0 { // else it is killed while it starts
			k.ready(t)
			wait = writeUntil(t, database, &said, round, random.IntN(60))
		}
		k.kill(t)
		wait()
		unsaid += afterTheKill(t, database, &said)
	}
	t.Logf("reliability: killed %d times: %d revisions were acknowledged and are there, %d more were written and not acknowledged", rounds, total+len(said.revisions), unsaid)
}

// writeUntil has four writers import, and returns when enough is acknowledged. They
// go on until the program is killed; wait waits for them.
func writeUntil(t *testing.T, database string, said *acknowledged, round, enough int) (wait func()) {
	t.Helper()
	reached := make(chan struct{})
	reach := sync.OnceFunc(func() { close(reached) })
	count := 0
	var writers sync.WaitGroup
	for writer := range 4 {
		client := control.NewClient(database, "test")
		writers.Go(func() {
			defer client.Close()
			for n := 0; ; n++ {
				in := teaImport(fmt.Sprintf("tea-%d", writer), fmt.Sprintf("Cup %d of round %d by %d.", n, round, writer))
				out, err := imports(context.Background(), client, in)
				if err != nil {
					reach() // killed
					return
				}
				said.mu.Lock()
				said.revisions[out.Revision.Number] = in.Contents.Facts[0]
				if count++; count > enough {
					reach()
				}
				said.mu.Unlock()
			}
		})
	}
	<-reached
	return writers.Wait
}

// afterTheKill opens the file and returns how many revisions it has that nobody
// was told of.
func afterTheKill(t *testing.T, database string, said *acknowledged) int {
	t.Helper()
	if !exists(database) {
		return 0
	}
	db, err := boltkv.Open(database, boltkv.Options{})
	if err != nil {
		t.Fatalf("after the kill: %v", err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	v, err := knowledge.Verify(t.Context(), db, nil)
	if err != nil || len(v.Wrong) > 0 {
		t.Fatalf("after the kill: %v, %s", err, strings.Join(v.Wrong, "\n"))
	}
	base, err := knowledge.Open(t.Context(), db, knowledge.ShippedBase(), false, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	said.mu.Lock()
	defer said.mu.Unlock()
	for number, fact := range said.revisions {
		rev, err := base.Revision(t.Context(), number)
		if err != nil {
			t.Fatalf("revision %d was acknowledged: %v", number, err)
		}
		var f knowledge.Fact
		if len(rev.Edits) != 1 || json.Unmarshal(rev.Edits[0].After, &f) != nil || f.Statement != fact.Statement {
			t.Fatalf("revision %d was acknowledged with %q, and has %+v", number, fact.Statement, rev.Edits)
		}
	}
	newest := base.Snapshot().Revision
	if last := slices.Max(append(slices.Collect(keysOf(said.revisions)), 0)); newest < last {
		t.Fatalf("the newest revision is %d, and %d was acknowledged", newest, last)
	}
	return int(max(newest, 1)) - 1 - len(said.revisions)
}

func keysOf(m map[uint64]knowledge.Fact) func(func(uint64) bool) {
	return func(yield func(uint64) bool) {
		for n := range m {
			if !yield(n) {
				return
			}
		}
	}
}

// TestTwoWriters has a curator in chat, imports at the control socket and whole
// processes write at once. Each change is one revision, and nothing interleaves.
func TestTwoWriters(t *testing.T) {
	const each = 15
	database := filepath.Join(t.TempDir(), "silkwire.db")
	health := bot.NewHealth(quiet(), time.Now)
	base, err := openToWrite(t.Context(), database, quiet(), health)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var parts, writers sync.WaitGroup
	share(ctx, config{database: database}, base, nil, quiet(), &parts)
	pair := func(writer string, n int) []knowledge.Fact {
		cup := fmt.Sprintf("Cup %d of %s.", n, writer)
		return []knowledge.Fact{teaFact(writer+"-left", cup), teaFact(writer+"-right", cup)}
	}
	for i := range 2 {
		writers.Go(func() {
			for n := range each {
				facts := pair(fmt.Sprintf("chat-%d", i), n)
				if _, err := base.stored.Apply(ctx, knowledge.Change{Author: "chat", Put: []knowledge.Record{facts[0], facts[1]}}); err != nil {
					t.Errorf("a curator in chat: %v", err)
				}
			}
		})
		writers.Go(func() {
			client := control.NewClient(database, "socket")
			defer client.Close()
			for n := range each {
				writer := fmt.Sprintf("socket-%d", i)
				if _, err := imports(ctx, client, knowledge.Import{Contents: knowledge.Contents{Facts: pair(writer, n)}, Place: "/" + writer}); err != nil {
					t.Errorf("an import at the socket: %v", err)
				}
			}
		})
		writers.Go(func() { importByProcess(t, database, pair(fmt.Sprintf("process-%d", i), 0)) })
	}
	writers.Wait()
	cancel()
	parts.Wait()
	number := uint64(0)
	for rev, err := range base.stored.Since(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if number++; rev.Number != number {
			t.Errorf("revision %d stands at %d", rev.Number, number)
		}
		if rev.Number > 1 && (len(rev.Edits) != 2 || strings.TrimSuffix(rev.Edits[0].Ref.Key, "-left") != strings.TrimSuffix(rev.Edits[1].Ref.Key, "-right")) {
			t.Errorf("revision %d has edits of two writers: %v", rev.Number, rev.Edits)
		}
	}
	if want := uint64(1 + 4*each + 2); number != want {
		t.Errorf("%d revisions, want %d", number, want)
	}
	v, err := knowledge.Verify(t.Context(), base.db, otherRecords())
	if err != nil || len(v.Wrong) > 0 {
		t.Errorf("afterwards: %v, %q", err, v.Wrong)
	}
	if err := base.close(); err != nil {
		t.Fatal(err)
	}

	// With nobody there that shares it, whole processes wait for one another.
	for i := range 4 {
		writers.Go(func() { importByProcess(t, database, pair(fmt.Sprintf("late-%d", i), 0)) })
	}
	writers.Wait()
}

func importByProcess(t *testing.T, database string, facts []knowledge.Fact) {
	t.Helper()
	file := filepath.Join(filepath.Dir(database), facts[0].ID+".yaml")
	var text strings.Builder
	text.WriteString("facts:\n")
	for _, f := range facts {
		fmt.Fprintf(&text, "  - {id: %s, statement: %q, kind: event, subjects: [qwen], attributes: [publication], asks: [tea at stand %s], sources: [{url: \"https://example.org/tea\", publisher: A paper, grade: press}]}\n", f.ID, f.Statement, f.ID)
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Error(err)
		return
	}
	c := exec.CommandContext(t.Context(), "silkwire", "--db", database, "facts", "import", file)
	c.Env = []string{"HOME=" + filepath.Dir(database), "PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=10"}
	if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "2 new, 0 changed, 0 gone") {
		t.Errorf("an import by another process: %v\n%s", err, out)
	}
}

// smallDisk is a part that the test binary plays on a small disk of its own, whose
// folder is the working folder.
func smallDisk() {
	if err := fillAndRecover(context.Background()); err != nil {
		fmt.Println("failed:", err)
	}
}

func fillAndRecover(ctx context.Context) error {
	health := bot.NewHealth(quiet(), time.Now)
	base, err := openToWrite(ctx, "silkwire.db", quiet(), health)
	if err != nil {
		return err
	}
	apply := func(n int) error {
		_, err := base.stored.Apply(ctx, knowledge.Change{Put: []knowledge.Record{teaFact(fmt.Sprintf("tea-%d", n), strings.Repeat("tea ", 60))}})
		return err
	}
	if err := apply(0); err != nil {
		return err
	}
	filler, err := os.Create("filler")
	if err != nil {
		return err
	}
	for err == nil {
		_, err = filler.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("the disk does not fill: %w", err)
	}
	written := 0
	for written = 1; written < 20_000; written++ {
		if err = apply(written); err != nil {
			break
		}
	}
	fail, _ := errors.AsType[*bot.Fail](err)
	if fail == nil {
		return fmt.Errorf("a full disk gave %w", err)
	}
	fmt.Println("full:", fail.Say)
	fmt.Println("health:", health.Parts()[0].OK, health.Parts()[0].Detail)
	fmt.Println("reads go on:", base.Snapshot().Answer(knowledge.Query{Text: "qwen licence"}).Known, base.Snapshot().Fact("tea-0") != nil)
	watched := base.ledger.(*watchedStore)
	probes := 0
	probe := func(context.Context, time.Duration) error {
		if probes++; probes > 1 {
			return context.Canceled
		}
		return nil
	}
	watched.probe(ctx, probe)
	fmt.Println("still full:", health.Parts()[0].OK)
	if err := errors.Join(filler.Close(), os.Remove("filler")); err != nil {
		return err
	}
	probes = 0
	watched.probe(ctx, probe)
	fmt.Println("room again:", health.Parts()[0].OK)
	if err := apply(written); err != nil {
		return err
	}
	v, err := knowledge.Verify(ctx, base.db, otherRecords())
	if err != nil {
		return err
	}
	fmt.Println("right:", len(v.Wrong) == 0, v.Revisions == base.Snapshot().Revision && int(v.Revisions) == written+2)
	return base.close()
}

// TestFullDisk fills a small disk under a database that is open.
func TestFullDisk(t *testing.T) {
	folder := t.TempDir()
	c := exec.CommandContext(t.Context(), "unshare", "-rm", "sh", "-c", `mount -t tmpfs -o size=12m tmpfs "$1" && cd "$1" && exec silkwire-on-a-small-disk`, "sh", folder)
	out, err := c.CombinedOutput()
	if err != nil && !strings.Contains(string(out), "full:") {
		t.Skipf("this machine makes no small disk: %v\n%s", err, out)
	}
	want := []string{
		"full: I could not write that down: the disk is full.",
		"health: false the database cannot be written to: the disk is full; it is tried again",
		"reads go on: true true",
		"still full: false",
		"room again: true",
		"right: true true",
	}
	var got []string
	for lines := bufio.NewScanner(strings.NewReader(string(out))); lines.Scan(); {
		got = append(got, lines.Text())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// brokenStore fails every update.
type brokenStore struct {
	kv.Store
	err error
}

func (b *brokenStore) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if b.err != nil {
		return b.err
	}
	return b.Store.Update(ctx, fn)
}

// TestWatchedStore says why in plain words, once in health, and takes it back.
func TestWatchedStore(t *testing.T) {
	broken := &brokenStore{Store: emptyDatabase(t)}
	health := bot.NewHealth(quiet(), time.Now)
	store := &watchedStore{Store: broken, health: health}
	for cause, want := range map[error]string{
		syscall.ENOSPC: "the disk is full", syscall.EDQUOT: "the disk is full", syscall.EFBIG: "the disk is full",
		syscall.EROFS: "the disk is read only", os.ErrPermission: "the disk is read only",
		syscall.EIO: "the disk does not take it", kv.ErrDamaged: "the database file is damaged",
	} {
		broken.err = fmt.Errorf("write: %w", cause)
		err := store.Update(t.Context(), func(kv.Tx) error { return nil })
		fail, _ := errors.AsType[*bot.Fail](err)
		if fail == nil || fail.Say != "I could not write that down: "+want+"." || !errors.Is(err, cause) {
			t.Errorf("%v: %v, want %q with the cause", cause, err, want)
		}
		if parts := health.Parts(); parts[0].OK || !strings.Contains(parts[0].Detail, want) {
			t.Errorf("%v: health %+v", cause, parts)
		}
		broken.err = nil
		if err := store.Update(t.Context(), func(kv.Tx) error { return nil }); err != nil || !health.Parts()[0].OK {
			t.Errorf("well again: %v, health %+v", err, health.Parts())
		}
	}
	base, err := knowledge.Open(t.Context(), store, knowledge.ShippedBase(), false, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	broken.err = syscall.ENOSPC
	in, err := json.Marshal(teaImport("tea", "Tea."))
	if err != nil {
		t.Fatal(err)
	}
	err = operationsOf(openedBase{Knowledge: base, stored: base}, nil)["import"](t.Context(), "cli:ada", strings.NewReader(string(in)), io.Discard)
	if want := "I could not write that down: the disk is full. What is known can still be asked. Please try again later; whoever runs silkwire sees this in its health."; fmt.Sprint(err) != want {
		t.Errorf("an import says %q, want %q", err, want)
	}
	broken.err = nil
	if err := store.Update(t.Context(), func(kv.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	own := errors.New("not that")
	for name, update := range map[string]func() error{
		"the function's own error": func() error { return store.Update(t.Context(), func(kv.Tx) error { return own }) },
		"a context that ended": func() error {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return store.Update(ctx, func(kv.Tx) error { return nil })
		},
	} {
		err := update()
		if _, fail := errors.AsType[*bot.Fail](err); err == nil || fail || !health.Parts()[0].OK {
			t.Errorf("%s: %v, health %+v; want it as it is", name, err, health.Parts())
		}
	}
}
