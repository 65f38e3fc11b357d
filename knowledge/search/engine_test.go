package search

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"silkwire/knowledge/text"
)

// wordList makes words that are their own stems.
func wordList(r *rand.Rand, n int) []string {
	words, seen := []string{}, map[string]bool{}
	for len(words) < n {
		var b strings.Builder
		for range 2 + r.IntN(3) {
			b.WriteByte("bdfgkmprtvz"[r.IntN(11)])
			b.WriteByte("aou"[r.IntN(3)])
		}
		b.WriteByte("kmpt"[r.IntN(4)])
		if w := b.String(); !seen[w] && stem([]byte(w)) == w {
			seen[w] = true
			words = append(words, w)
		}
	}
	return words
}

// pick favours the first words of a list, as language does.
func pick(r *rand.Rand, words []string) string {
	return words[int(float64(len(words))*math.Pow(r.Float64(), 3))]
}

func sentence(r *rand.Rand, words []string, n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = pick(r, words)
	}
	return strings.Join(out, " ")
}

func twoFields() *Engine { return NewEngine(Field{Weight: 2, Length: 1}, Field{Weight: 1, Length: 1}) }

func document(title, body string) Document { return Document{Fields: []string{title, body}} }

func all(documents []Document) func(func(Document) bool) {
	return func(yield func(Document) bool) {
		for _, d := range documents {
			if !yield(d) {
				return
			}
		}
	}
}

// reference scores every document with nothing but the formula.
type reference struct {
	tf      []map[string]float64
	lengths []float64
	having  map[string]int
	mean    float64
}

func newReference(documents []Document) *reference {
	r := &reference{having: map[string]int{}}
	for _, d := range documents {
		tf, length := map[string]float64{}, 0.0
		for f, text := range d.Fields {
			for w := range strings.FieldsSeq(text) {
				tf[w] += float64(2 - f)
				length += float64(2 - f)
			}
		}
		for w := range tf {
			r.having[w]++
		}
		r.tf, r.lengths = append(r.tf, tf), append(r.lengths, length)
		r.mean += length / float64(len(documents))
	}
	return r
}

func (r *reference) search(query string, k int) []Hit {
	table := impactsAt(r.mean)
	var hits []Hit
	for d, tf := range r.tf {
		score := 0.0
		for w := range strings.FieldsSeq(query) {
			if tf[w] > 0 {
				c := code(tf[w], octave(r.lengths[d]))
				score += rarity(float64(len(r.tf)), float64(r.having[w])) * float64(table[c])
			}
		}
		if score > 0 {
			hits = append(hits, Hit{d, score})
		}
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), a.Document-b.Document)
	})
	return hits[:min(k, len(hits))]
}

// sameRanking tells how two rankings differ beyond the rounding of float32:
// scores agree place by place, and documents wherever the score is not shared.
func sameRanking(got, want []Hit) error {
	if len(got) != len(want) {
		return fmt.Errorf("got %d hits, want %d", len(got), len(want))
	}
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-4*max(1, b) }
	for i := range got {
		if !near(got[i].Score, want[i].Score) {
			return fmt.Errorf("place %d: got %v, want %v", i, got[i], want[i])
		}
		tied := i+1 == len(want) || near(want[i+1].Score, want[i].Score) || i > 0 && near(want[i-1].Score, want[i].Score)
		if got[i].Document != want[i].Document && !tied {
			return fmt.Errorf("place %d: got %v, want %v", i, got[i], want[i])
		}
	}
	return nil
}

func TestSearchEqualsTheFormula(t *testing.T) {
	for _, c := range []struct{ documents, words, queries int }{
		{1, 5, 20}, {7, 10, 20}, {300, 200, 100}, {5_000, 2_000, 50},
		{140_000, 3_000, 10}, // three segments: pruning, bitmaps
	} {
		t.Run(fmt.Sprint(c.documents), func(t *testing.T) {
			r := rand.New(rand.NewPCG(4, uint64(c.documents)))
			words := wordList(r, c.words)
			var documents []Document
			for range c.documents {
				documents = append(documents, document(sentence(r, words, r.IntN(3)), sentence(r, words, 1+r.IntN(9))))
			}
			e := twoFields()
			e.AddAll(all(documents))
			ref := newReference(documents)
			for range c.queries {
				query := sentence(r, words, 1+r.IntN(5))
				for w := range strings.FieldsSeq(query) {
					if ref.having[w] == 0 { // repair is another test's
						query = strings.ReplaceAll(query, w, "")
					}
				}
				if err := sameRanking(e.Search(query, 100), ref.search(query, 100)); err != nil {
					t.Errorf("%q: %v", query, err)
				}
			}
		})
	}
}

// TestAddsEqualRebuild adds documents one by one, past several freezes, and
// compares with an engine built of all at once.
func TestAddsEqualRebuild(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	words := wordList(r, 500)
	one, rebuilt := twoFields(), twoFields()
	var documents []Document
	for i := range 3*tailSize + 100 {
		d := document(sentence(r, words, 2), sentence(r, words, 3+r.IntN(40)))
		documents = append(documents, d)
		if got := one.Add(d); got != i {
			t.Fatalf("Add returns %d, want %d", got, i)
		}
	}
	rebuilt.AddAll(all(documents))
	for range 100 {
		query := sentence(r, words, 1+r.IntN(6))
		if err := sameRanking(one.Search(query, 100), rebuilt.Search(query, 100)); err != nil {
			t.Errorf("%q: %v", query, err)
		}
	}
}

// TestDelete deletes and replaces at random, in segments and in the tail, and
// looks for what must and must not be found.
func TestDelete(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 12))
	e, alive := twoFields(), map[int]string{}
	next := 0
	fresh := func() (string, Document) {
		next++
		name := fmt.Sprintf("name%d", next)
		return name, document(name, "shared words")
	}
	for range 2*tailSize + 500 {
		name, d := fresh()
		switch n := r.IntN(next); {
		case r.IntN(4) > 0 || alive[n] == "":
			alive[e.Add(d)] = name
		case r.IntN(2) == 0:
			if !e.Delete(n) || e.Delete(n) {
				t.Fatalf("Delete(%d) must find it once", n)
			}
			delete(alive, n)
		default:
			delete(alive, n)
			alive[e.Replace(n, d)] = name
		}
	}
	if e.Size() != len(alive) {
		t.Errorf("Size() = %d, want %d", e.Size(), len(alive))
	}
	if got := e.Search("shared", next); len(got) != len(alive) {
		t.Errorf("Search(shared) finds %d, want %d", len(got), len(alive))
	}
	for n, name := range alive {
		if got := e.Search(name, 1); len(got) != 1 || got[0].Document != n {
			t.Fatalf("Search(%s) = %v, want %d", name, got, n)
		}
	}
	if e.Delete(-1) || e.Delete(1<<30) {
		t.Error("Delete finds what never was")
	}
}

func TestExplainSumsUp(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	words := wordList(r, 300)
	e := twoFields()
	for range 800 {
		e.Add(document(sentence(r, words, 3), sentence(r, words, 40)))
	}
	kinds := map[string]int{}
	for range 50 {
		query := sentence(r, words, 3) + " " + strings.ToUpper(pick(r, words)) + "q"
		for _, h := range e.Search(query, 40) {
			sum := 0.0
			for _, p := range e.Explain(query, h.Document) {
				sum += p.Score
				kinds[p.Kind]++
			}
			if math.Abs(sum-h.Score) > 1e-3 {
				t.Fatalf("%q, document %d: parts sum up to %v, score %v", query, h.Document, sum, h.Score)
			}
		}
	}
	for _, k := range []string{Asked, Repaired, Feedback} {
		if kinds[k] == 0 {
			t.Errorf("no part is %q", k)
		}
	}
}

func TestRepairEqualsSlowScan(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	words := wordList(r, 3_000)
	e := twoFields()
	for i := range 3_000 {
		d := document("", sentence(r, words, 5)+" "+words[i])
		if i < 2_500 {
			e.AddAll(all([]Document{d}))
		} else {
			e.Add(d) // words that come after the repairs were built
		}
	}
	v := e.now.Load()
	for range 5_000 {
		w := []byte(words[r.IntN(len(words))])
		for range 1 + r.IntN(3) {
			w = edited(r, w)
		}
		if v.find(w, hash(w)) >= 0 || len(w) == 0 {
			continue
		}
		got, edits := v.repair(w, new(pattern))
		want := slowRepair(v, string(w))
		if got != want {
			t.Fatalf("repair(%q) = %q with %d edits, want %q", w, named(v, got), edits, named(v, want))
		}
	}
}

func named(v *view, n int) string {
	if n < 0 {
		return "nothing"
	}
	return string(v.word(n))
}

func edited(r *rand.Rand, w []byte) []byte {
	i, letter := r.IntN(len(w)), byte('a'+r.IntN(26))
	switch r.IntN(4) {
	case 0:
		return slices.Insert(slices.Clone(w), i, letter)
	case 1:
		if len(w) > 1 {
			return slices.Delete(slices.Clone(w), i, i+1)
		}
	case 2:
		w = slices.Clone(w)
		w[i] = letter
	default:
		w = slices.Clone(w)
		if i > 0 {
			w[i-1], w[i] = w[i], w[i-1]
		}
	}
	return w
}

// slowRepair is the rule of repair, word by word.
func slowRepair(v *view, word string) int {
	best, least, most := -1, 2, uint32(0)
	if len(word) < shortestRepaired {
		return -1
	}
	if len(word) < shortestTwoEdits {
		least = 1
	}
	for n := range v.entries {
		e := &v.entries[n]
		if e.kind != plainWord || e.count == 0 || e.size < shortestHalf {
			continue
		}
		if d := text.Distance(word, string(v.word(n)), 2); d < least || d == least && e.count > most {
			best, least, most = n, d, e.count
		}
	}
	return best
}

func FuzzDistance(f *testing.F) {
	f.Add("abcd", "abdc")
	f.Add("kitten", "sitting")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) == 0 || len(a) > longestWord || len(b) > longestWord {
			t.Skip()
		}
		p := new(pattern)
		p.set([]byte(a))
		got, want := p.distance([]byte(b)), text.Distance(a, b, longestWord)
		if got != want {
			t.Errorf("distance(%q, %q) = %d, want %d", a, b, got, want)
		}
	})
}

// hostile are queries that people do not type.
func hostile() map[string]string {
	return map[string]string{
		"empty":           "",
		"oneCharacter":    "q",
		"long":            strings.Repeat("tensor boundary ", 700),
		"oneLongWord":     strings.Repeat("z", 10_000),
		"manyTypos":       strings.Repeat("bounxary tensro ", 600),
		"everything":      strings.Repeat("common ", 100),
		"stopWords":       "what is the of and to be or not",
		"emoji":           "🙂🔥👩‍👩‍👧‍👦🇨🇳",
		"mixedScripts":    "qwen 通义千问 Квен كوين क्वेन",
		"combining":       "e\u0301\u0301\u0301\u0301" + strings.Repeat("\u0301", 5_000),
		"zeroWidth":       "bound\u200bary\u200d la\u2060yer\ufeff",
		"bidirectional":   "\u202eyradnuob\u202c \u2066layer\u2069",
		"invalidUTF8":     "bound\xffary \xc3\x28 \xf0\x9f",
		"regexCharacters": `.*(a+)+$ [^x]{1,9} \d "field:value"~2^3 +must -not && || !`,
		"control":         "\x00\x01\x1b[31m\x7f boundary\x00",
		"han":             strings.Repeat("芯片", 5_000),
	}
}

// hostileEngine has a word that is everywhere and a few that are not.
func hostileEngine(tb testing.TB) *Engine {
	tb.Helper()
	r := rand.New(rand.NewPCG(8, 8))
	words := wordList(r, 400)
	e := twoFields()
	var documents []Document
	for range 2_000 {
		documents = append(documents, document("common boundary layer 芯片", sentence(r, words, 30)))
	}
	e.AddAll(all(documents))
	e.Add(document("通义千问 ＱＷＥＮ Ünïcode", "the tensor cores' café"))
	return e
}

// checkBound searches and fails if more postings were read than the query's
// terms have, once, and the feedback's documents.
func checkBound(tb testing.TB, e *Engine, query string) {
	tb.Helper()
	v, s := e.now.Load(), e.scratch()
	best := s.rank(v, Query{Text: query}, 100)
	limit := 40 * feedbackReranked
	for _, t := range s.terms {
		limit += int(v.documents[t.term])
	}
	if s.postings > limit || len(s.terms) > mostTerms {
		tb.Errorf("%.40q: %d terms, %d postings read, at most %d expected", query, len(s.terms), s.postings, limit)
	}
	for i, k := range best {
		if k.document() < 0 || k.document() >= v.size() || i > 0 && best[i-1] < k {
			tb.Fatalf("%.40q: place %d is document %d", query, i, k.document())
		}
	}
	for i, score := range s.scores {
		if score != 0 {
			tb.Fatalf("%.40q: score of %d not wiped", query, i)
		}
	}
	for t, at := range s.place {
		if at != 0 {
			tb.Fatalf("%.40q: term %d not wiped", query, t)
		}
	}
	e.release(s)
}

func TestHostileQueries(t *testing.T) {
	e := hostileEngine(t)
	for name, q := range hostile() {
		t.Run(name, func(t *testing.T) { checkBound(t, e, q) })
	}
	for query, want := range map[string]int{
		"bound\u200bary": 100, "千问": 1, "qwen": 1, "unicode": 1, "cafe": 1, "CORES": 1, "芯": 100, "what is it": 0, "🙂": 0,
	} {
		if got := e.Search(query, 100); len(got) != want {
			t.Errorf("Search(%q) finds %d, want %d", query, len(got), want)
		}
	}
	if got := e.Search("boundary", 0); got != nil {
		t.Errorf("Search for no hits = %v", got)
	}
}

// A word near a stop word that only a later document has is repaired to no term: a stop
// word has none.
func TestTypoOfAStopWordThatCameLater(t *testing.T) {
	e := hostileEngine(t) // its last document is the first with a "the"
	for _, q := range []string{"ithe", "thes", "what ithe gf an\x98"} {
		checkBound(t, e, q)
	}
}

func FuzzSearch(f *testing.F) {
	e := hostileEngine(f)
	for _, q := range hostile() {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, query string) { checkBound(t, e, query) })
}

func FuzzTokens(f *testing.F) {
	for _, q := range hostile() {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, s string) {
		in, valid := scanner{text: fold(s, true)}, utf8.ValidString(s)
		for in.next() {
			if w := in.word(); len(w) > longestWord || in.hash != hash(w) || valid && strings.ContainsAny(string(w), " .'A") {
				t.Fatalf("%q has the word %q", s, w)
			}
		}
	})
}

func TestSplitsGluedWords(t *testing.T) {
	e := twoFields()
	e.Add(document("", "boundary layer flow"))
	e.Add(document("", "heat transfer"))
	if got := e.Search("boundarylayer", 10); len(got) != 1 || got[0].Document != 0 {
		t.Errorf("Search(boundarylayer) = %v", got)
	}
}

func TestNamedTerms(t *testing.T) {
	e := twoFields()
	qwen := int32(0)
	e.Update(func(w *Writer) {
		qwen = w.Term("e:qwen")
		w.Add(Document{Fields: []string{"", "open weights"}, Terms: []Term{{qwen, 1}}})
	})
	e.Add(document("", "qwen e qwen"))
	got := e.Find(Query{Terms: []Term{{qwen, 2}}}, 10)
	if len(got) != 1 || got[0].Document != 0 {
		t.Errorf("Find(e:qwen) = %v", got)
	}
}

// TestReadersAndWriters is for the race detector: what a search finds exists,
// in order, and a document is found as soon as Add has returned.
func TestReadersAndWriters(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	words := wordList(r, 2_000)
	e := twoFields()
	var readers sync.WaitGroup
	done := make(chan struct{})
	for id := range 3 {
		readers.Go(func() {
			r := rand.New(rand.NewPCG(10, uint64(id)))
			for {
				select {
				case <-done:
					return
				default:
				}
				query := sentence(r, words, 4) + " " + string(edited(r, []byte(pick(r, words))))
				hits := e.Search(query, 20)
				for i := 1; i < len(hits); i++ {
					if hits[i].Score > hits[i-1].Score {
						t.Errorf("%q: %v out of order", query, hits)
						return
					}
				}
			}
		})
	}
	for i := range tailSize + 1_000 {
		mark := fmt.Sprintf("mark%d", i)
		n := e.Add(document(mark, sentence(r, words, 10)))
		if got := e.Search(mark, 1); len(got) != 1 || got[0].Document != n {
			t.Fatalf("Search(%q) = %v, want document %d", mark, got, n)
		}
		if i%5 == 0 {
			e.Delete(r.IntN(n + 1))
		}
		if i%100 == 0 {
			e.AddAll(all([]Document{document(sentence(r, words, 5), "bulk")}))
		}
	}
	close(done)
	readers.Wait()
}

func TestNoAllocationPerPosting(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	words := wordList(r, 100)
	small, large := twoFields(), twoFields()
	for i := range 8_000 {
		d := document("", sentence(r, words, 25))
		if i < 200 {
			small.Add(d)
		}
		large.Add(d)
	}
	query := sentence(r, words[:10], 5)
	count := func(e *Engine) float64 { return testing.AllocsPerRun(100, func() { e.Search(query, 100) }) }
	if few, many := count(small), count(large); many > few || many > 2 {
		t.Errorf("%v allocations for 200 documents, %v for 8,000", few, many)
	}
}
