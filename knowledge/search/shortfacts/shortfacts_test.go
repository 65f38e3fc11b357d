package shortfacts_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"silkwire/knowledge/search/shortfacts"
)

func TestSeedGivesTheSameFacts(t *testing.T) {
	a, b := shortfacts.New(7), shortfacts.New(7)
	for range 100 {
		fact := a.Fact()
		if other := b.Fact(); fact != other {
			t.Fatalf("got %q and %q", fact, other)
		}
		if n := len(strings.Fields(fact)); n < 20 || n > 30 {
			t.Errorf("%q has %d words", fact, n)
		}
		query := a.Query(fact)
		if other := b.Query(fact); query != other {
			t.Fatalf("got %q and %q", query, other)
		}
		if typo := a.Typo(query, 1); len(strings.Fields(typo)) != len(strings.Fields(b.Typo(query, 1))) {
			t.Errorf("%q becomes %q", query, typo)
		}
	}
}

// TestWriteCollections writes the collections that docs/performance.md measures,
// in BEIR's format: SILKWIRE_FACTS_TO names the folder, SILKWIRE_FACTS the sizes.
func TestWriteCollections(t *testing.T) {
	to := os.Getenv("SILKWIRE_FACTS_TO")
	if to == "" {
		t.Skip("SILKWIRE_FACTS_TO is not set")
	}
	for size := range strings.SplitSeq(os.Getenv("SILKWIRE_FACTS"), ",") {
		n, err := strconv.Atoi(size)
		if err != nil || n < 500 {
			t.Fatalf("SILKWIRE_FACTS: %q is no number of at least 500", size)
		}
		writeCollection(t, filepath.Join(to, size), n)
	}
}

type record struct {
	ID    string `json:"_id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

func writeCollection(t *testing.T, folder string, n int) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	g := shortfacts.New(1)
	var facts, asked, one, two []record
	for i := range n {
		facts = append(facts, record{ID: fmt.Sprint("f", i), Text: g.Fact()})
	}
	for i := range 500 {
		id, query := fmt.Sprint("q", i), g.Query(facts[i*n/500].Text)
		asked = append(asked, record{ID: id, Text: query})
		one = append(one, record{ID: id, Text: g.Typo(query, 1)})
		two = append(two, record{ID: id, Text: g.Typo(query, 2)})
	}
	for name, records := range map[string][]record{
		"corpus": facts, "queries": asked, "queries_typo": one, "queries_typo2": two,
	} {
		file, err := os.Create(filepath.Join(folder, name+".jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		out := bufio.NewWriter(file)
		for _, r := range records {
			if err := json.NewEncoder(out).Encode(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := out.Flush(); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
