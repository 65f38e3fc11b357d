package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"silkwire/knowledge/search"
)

// collectionFields are the fields of a collection in BEIR's format. A word of
// the title counts twice. There are no other settings, whatever the
// collection is.
var collectionFields = []search.Field{{Weight: 2, Length: 1}, {Weight: 1, Length: 1}}

func (p *program) searchEvalCommand() *cobra.Command {
	var corpus, queries string
	k, warm := 100, time.Duration(0)
	c := &cobra.Command{
		Use:   "search-eval --corpus corpus.jsonl --queries queries.jsonl",
		Short: "Run the retrieval engine over a test collection",
		Long: `Runs the retrieval engine over any collection in BEIR's format, a JSON object a
line with "_id", "title" and "text", and prints a TREC run: qid Q0 docid rank
score tag. The last line on standard error is
{"build_s":…,"qps":…,"rss_mb":…}; qps is 0 without --warm.`,
		Example: `  silkwire search-eval --corpus corpus.jsonl --queries queries.jsonl > run
  silkwire search-eval --corpus corpus.jsonl --queries queries.jsonl --k 10 --warm 2s > run`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			if corpus == "" || queries == "" {
				return misuse("say which collection: --corpus corpus.jsonl --queries queries.jsonl")
			}
			if k < 1 {
				return misuse("--k is how many documents to list for a query, at least 1, not %d", k)
			}
			return p.searchEval(corpus, queries, k, warm)
		},
	}
	c.Flags().StringVar(&corpus, "corpus", "", "the `file` of documents")
	c.Flags().StringVar(&queries, "queries", "", "the `file` of queries")
	c.Flags().IntVar(&k, "k", k, "how many documents to list for a query")
	c.Flags().DurationVar(&warm, "warm", 0, "how long to loop over the queries to measure their speed")
	return c
}

// record is a line of a collection.
type record struct {
	ID    string `json:"_id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// searchCost is the last line of a run.
type searchCost struct {
	Build  float64 `json:"build_s"`
	QPS    float64 `json:"qps"`
	Memory float64 `json:"rss_mb"`
}

func (p *program) searchEval(corpus, queries string, k int, warm time.Duration) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	asked, err := readCollection(queries)
	if err != nil {
		return err
	}
	engine, ids, build, err := p.indexCollection(corpus)
	if err != nil {
		return err
	}
	defer debug.SetGCPercent(settle())
	_, _ = fmt.Fprintf(p.stderr, "%d documents indexed, %d queries\n", engine.Size(), len(asked))
	out := bufio.NewWriter(p.stdout)
	for _, q := range asked {
		for i, h := range engine.Search(q.Text, k) {
			_, _ = fmt.Fprintf(out, "%s Q0 %s %d %.9f silkwire\n", q.ID, ids.name(h.Document), i+1, h.Score)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write run: %w", err)
	}
	cost := searchCost{Build: build.Seconds(), QPS: queriesPerSecond(engine, asked, k, warm)}
	if cost.Memory, err = residentMegabytes(); err != nil {
		return err
	}
	return writeJSON(p.stderr, cost)
}

// names are the documents' ids, by number, without a string header for each.
type names struct {
	text strings.Builder
	ends []uint32
}

func (n *names) name(i int) string {
	from := uint32(0)
	if i > 0 {
		from = n.ends[i-1]
	}
	return n.text.String()[from:n.ends[i]]
}

// garbageRoom is how much garbage may gather between two collections, so that
// the resident memory is near what the index really needs.
const garbageRoom = 2 << 20

// settle returns what building left over to the system and keeps garbage small.
// It tells the percentage that was in force.
func settle() int {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return debug.SetGCPercent(min(100, max(10, int(100*garbageRoom/m.HeapAlloc))))
}

// buildBatch is how many documents are read before they are indexed: only the
// indexing is timed, and only so many texts are in memory.
const buildBatch = 1 << 16

// indexCollection reads and indexes a collection, in turns.
func (p *program) indexCollection(path string) (*search.Engine, *names, time.Duration, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, 0, misuse("read collection: %w", err)
	}
	defer func() { _ = file.Close() }() // only read
	in := bufio.NewReaderSize(file, 1<<20)
	engine, ids, build := search.NewEngine(collectionFields...), &names{}, time.Duration(0)
	for n, more := 0, true; more; {
		var batch []search.Document
		for len(batch) < buildBatch && more {
			r, err := readRecord(in)
			if errors.Is(err, io.EOF) {
				more = false
				break
			}
			n++
			if err != nil {
				return nil, nil, 0, misuse("%s, document %d: %w", path, n, err)
			}
			ids.text.WriteString(r.ID)
			ids.ends = append(ids.ends, uint32(ids.text.Len()))
			batch = append(batch, search.Document{Fields: []string{r.Title, r.Text}})
		}
		from := time.Now()
		engine.AddAll(func(yield func(search.Document) bool) {
			for _, d := range batch {
				if !yield(d) {
					return
				}
			}
		})
		build += time.Since(from)
	}
	ids.ends = slices.Clip(ids.ends)
	return engine, ids, build, nil
}

func readCollection(path string) ([]record, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, misuse("read queries: %w", err)
	}
	defer func() { _ = file.Close() }() // only read
	in := bufio.NewReaderSize(file, 1<<16)
	var all []record
	for {
		r, err := readRecord(in)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, misuse("%s, query %d: %w", path, len(all)+1, err)
		}
		all = append(all, r)
	}
}

// readRecord reads a line that is not empty.
func readRecord(in *bufio.Reader) (record, error) {
	for {
		line, err := in.ReadBytes('\n')
		if err != nil && (len(line) == 0 || !errors.Is(err, io.EOF)) {
			return record{}, err
		}
		if strings.TrimSpace(string(line)) == "" {
			continue
		}
		var r record
		return r, json.Unmarshal(line, &r)
	}
}

// queriesPerSecond loops over the queries for about as long as it is told.
func queriesPerSecond(engine *search.Engine, asked []record, k int, warm time.Duration) float64 {
	if warm <= 0 || len(asked) == 0 {
		return 0
	}
	n, from := 0, time.Now()
	for time.Since(from) < warm {
		for _, q := range asked {
			engine.Search(q.Text, k)
			n++
		}
	}
	return float64(n) / time.Since(from).Seconds()
}

// residentMegabytes is how much memory the process has, where the system says
// so.
func residentMegabytes() (float64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read resident memory: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			kilobytes, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kilobytes / 1024, err
		}
	}
	return 0, nil
}
