package boltkv_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"silkwire/knowledge/kv"
	"silkwire/knowledge/kv/boltkv"
)

// The tests of this file run the test binary again as another process; which part
// it plays stands in this variable, the database's path in the next.
const (
	roleVariable = "SILKWIRE_BOLTKV_TEST_ROLE"
	pathVariable = "SILKWIRE_BOLTKV_TEST_PATH"
)

func TestMain(m *testing.M) {
	roles := map[string]func(path string) error{
		"hold":  holdUntilInputEnds,
		"write": writeUntilKilled,
		"read":  readWhenAsked,
	}
	if role, found := roles[os.Getenv(roleVariable)]; found {
		if err := role(os.Getenv(pathVariable)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func holdUntilInputEnds(path string) error {
	db, err := boltkv.Open(path, boltkv.Options{})
	if err != nil {
		return err
	}
	fmt.Println("holding")
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, db.Close())
}

// writeUntilKilled commits numbered pairs of records, of sizes that make the file
// grow and split, and prints each number once it is committed.
func writeUntilKilled(path string) error {
	db, err := boltkv.Open(path, boltkv.Options{})
	if err != nil {
		return err
	}
	all, err := read(context.Background(), db)
	if err != nil {
		return err
	}
	for n := len(all) / 2; ; n++ {
		err := db.Update(context.Background(), func(tx kv.Tx) error {
			return errors.Join(
				tx.Put(fmt.Appendf(nil, "first/%08d", n), numbered(n)),
				tx.Put(fmt.Appendf(nil, "second/%08d", n), numbered(n)))
		})
		if err != nil {
			return err
		}
		if _, err := fmt.Println(n); err != nil {
			return err
		}
	}
}

// numbered is the value that belongs to a number.
func numbered(n int) []byte {
	word := binary.BigEndian.AppendUint32(nil, uint32(n))
	return bytes.Repeat(word, 1+n*37%1500)
}

// startRole starts this test binary in a role; output is closed when it ends.
func startRole(t *testing.T, role, path string) (process *exec.Cmd, input io.Closer, output *bufio.Scanner) {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	process = exec.CommandContext(t.Context(), binary)
	// Under -race a process else sleeps a second before it ends.
	process.Env = append(os.Environ(), roleVariable+"="+role, pathVariable+"="+path, "GORACE=atexit_sleep_ms=10")
	process.Stderr = t.Output()
	in, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	return process, in, bufio.NewScanner(out)
}

func TestLockOfAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "silkwire.db")
	process, input, output := startRole(t, "hold", path)
	if !output.Scan() {
		t.Fatalf("the other process did not open the file: %v", process.Wait())
	}
	tests := map[string]boltkv.Options{
		"default":   {},
		"read only": {ReadOnly: true},
		"no wait":   {Timeout: time.Nanosecond},
	}
	for name, opts := range tests {
		start := time.Now()
		_, err := boltkv.Open(path, opts)
		if took := time.Since(start); !errors.Is(err, kv.ErrLocked) || took > time.Second {
			t.Errorf("%s: got %v after %v, want ErrLocked within a second", name, err, took)
		}
	}
	if err := errors.Join(input.Close(), process.Wait()); err != nil {
		t.Fatalf("the other process: %v", err)
	}
	openDB(t, path, boltkv.Options{})
}

func TestLockInTheSameProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "silkwire.db")
	openDB(t, path, boltkv.Options{})
	if _, err := boltkv.Open(path, boltkv.Options{}); !errors.Is(err, kv.ErrLocked) {
		t.Errorf("second Open: got %v, want ErrLocked", err)
	}
}

// A writer is killed again and again on one file, at first while it may still be
// creating it; every eight rounds the file is a new one. Whatever it had reported must be
// there; of what it was doing, all or nothing.
func TestKilledWriterLosesNothing(t *testing.T) {
	rounds := 8
	if os.Getenv("SILKWIRE_LONG") == "1" {
		rounds = 100
	}
	const lives = 8
	folder := t.TempDir()
	random := rand.New(rand.NewPCG(7, 8))
	acknowledged, total, path := 0, 0, ""
	for round := range rounds {
		life := round % lives
		if life == 0 {
			total += acknowledged
			acknowledged, path = 0, filepath.Join(folder, strconv.Itoa(round)+".db")
		}
		process, _, output := startRole(t, "write", path)
		for range life * random.IntN(20) {
			output.Scan()
			acknowledged = number(t, output) + 1
		}
		if err := process.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for output.Scan() {
			acknowledged = number(t, output) + 1
		}
		if err := process.Wait(); err == nil {
			t.Fatal("the writer ended by itself")
		}
		checkSurvivors(t, path, acknowledged)
	}
	t.Logf("reliability: a writer killed %d times: %d updates were acknowledged and are there", rounds, total+acknowledged)
}

func number(t *testing.T, output *bufio.Scanner) int {
	t.Helper()
	n, err := strconv.Atoi(output.Text())
	if err != nil {
		t.Fatalf("the writer printed %q: %v", output.Text(), err)
	}
	return n
}

func checkSurvivors(t *testing.T, path string, acknowledged int) {
	t.Helper()
	db, err := boltkv.Open(path, boltkv.Options{})
	if err != nil {
		t.Fatalf("after the kill: %v", err)
	}
	got := records(t, db)
	checkFile(t, db)
	n := len(got) / 2
	if n < acknowledged || n > acknowledged+1 {
		t.Fatalf("%d updates survived, %d were acknowledged", n, acknowledged)
	}
	for i := range n {
		for _, kind := range []string{"first", "second"} {
			key := fmt.Sprintf("%s/%08d", kind, i)
			if got[key] != string(numbered(i)) {
				t.Fatalf("%s has %d bytes, want %d", key, len(got[key]), len(numbered(i)))
			}
		}
	}
}
