package boltkv_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"silkwire/knowledge/kv"
	"silkwire/knowledge/kv/boltkv"
)

// readWhenAsked opens a database, and for each line that comes reads everything
// both ways: it prints "same", "damaged", or what else it read.
func readWhenAsked(path string) error {
	db, err := boltkv.Open(path, boltkv.Options{})
	if err != nil {
		return err
	}
	want, err := read(context.Background(), db)
	if err != nil {
		return err
	}
	fmt.Println("open")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fmt.Println(lookAgain(db, want))
	}
	return nil // as it is: closing would look at the damage again
}

// changedValue begins what the reader prints when a value is not what it was, though
// nothing was found damaged.
const changedValue = "taken for good:"

func lookAgain(db *boltkv.DB, want map[string]string) string {
	got, err := read(context.Background(), db)
	if err == nil {
		err = db.View(context.Background(), func(tx kv.Tx) error {
			for key := range want {
				value, err := tx.Get([]byte(key))
				if err != nil {
					return err
				}
				if value == nil {
					return fmt.Errorf("lost %q", key)
				}
				if string(value) != want[key] {
					return fmt.Errorf("%s %q", changedValue, key)
				}
			}
			return nil
		})
	}
	switch {
	case errors.Is(err, kv.ErrDamaged):
		return "damaged"
	case err != nil:
		return err.Error()
	case !maps.Equal(got, want):
		for key, value := range got {
			if want[key] != value {
				return fmt.Sprintf("%s %q", changedValue, key)
			}
		}
		return fmt.Sprintf("%d of %d records", len(got), len(want))
	}
	return "same"
}

// TestDamageWhileOpen damages the file under a process that has it open, at 200
// places in every kind of page, and cuts it short. The process must live, and never
// take a changed value for a good one: what a page lost it may not notice before
// the next opening, which does.
func TestDamageWhileOpen(t *testing.T) {
	places, cuts := 160, 40
	if os.Getenv("SILKWIRE_LONG") == "1" {
		places = 4_000
	}
	good := newVaried(t, makeVaried)
	random := rand.New(rand.NewPCG(11, 12))
	outcomes := map[string]int{}
	for i := range places + cuts {
		path := filepath.Join(t.TempDir(), "silkwire.db")
		write(t, path, good.content)
		process, input, output := startRole(t, "read", path)
		if !output.Scan() || output.Text() != "open" {
			t.Fatalf("the reader did not open the file: %v", process.Wait())
		}
		what := damageOpenFile(t, random, path, good, i < places)
		if _, err := fmt.Fprintln(input.(io.Writer), "look"); err != nil {
			t.Fatal(err)
		}
		got := "nothing: it ended"
		if output.Scan() {
			got = output.Text()
		}
		if err := input.Close(); err != nil {
			t.Fatal(err)
		}
		if err := process.Wait(); err != nil || got == "nothing: it ended" {
			t.Errorf("%s: the process ended with %v", what, err)
		}
		switch {
		case got == "same" || got == "damaged":
			outcomes[got]++
		case strings.HasPrefix(got, changedValue):
			t.Errorf("%s: %s", what, got)
		default:
			outcomes["lost"]++
			t.Logf("%s: %s", what, got)
		}
	}
	t.Logf("reliability: %d files damaged under a process that has them open: %d read as they were, %d found damaged, %d read without records that a page lost; no process ended and no changed value was taken for good",
		places+cuts, outcomes["same"], outcomes["damaged"], outcomes["lost"])
}

// damageOpenFile flips a bit of a page in use, or cuts the file short, in place.
func damageOpenFile(t *testing.T, random *rand.Rand, path string, good *varied, flip bool) string {
	t.Helper()
	page := os.Getpagesize()
	if !flip {
		size := int64(2*page + random.IntN(good.used-2*page))
		if err := os.Truncate(path, size); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("cut to %d bytes", size)
	}
	at := random.IntN(good.used)
	if random.IntN(2) == 0 { // half of them where a page says what is in it
		at = at/page*page + random.IntN(48)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	bit := byte(1) << random.IntN(8)
	if _, err := file.WriteAt([]byte{good.content[at] ^ bit}, int64(at)); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("bit %#x of byte %d (page %d)", bit, at, at/page)
}
