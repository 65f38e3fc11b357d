package knowledge_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"silkwire/knowledge"
)

func TestCompileDoesNotDependOnOrder(t *testing.T) {
	shipped, err := knowledge.ShippedBase().Contents()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]knowledge.Contents{"small": world(), "shipped": shipped, "nothing": {}} {
		want := compile(t, c)
		for seed := range uint64(5) {
			shuffled := c
			random := rand.New(rand.NewPCG(seed, 1))
			shuffled.Documents = shuffle(random, c.Documents)
			shuffled.Entities = shuffle(random, c.Entities)
			shuffled.Ambiguous = shuffle(random, c.Ambiguous)
			shuffled.Concepts = shuffle(random, c.Concepts)
			shuffled.Instruments = shuffle(random, c.Instruments)
			shuffled.Quotes = shuffle(random, c.Quotes)
			shuffled.Exposures = shuffle(random, c.Exposures)
			shuffled.Facts = shuffle(random, c.Facts)
			before := slices.Clone(shuffled.Facts)
			got := compile(t, shuffled)
			if !bytes.Equal(got.Base, want.Base) {
				t.Errorf("%s, seed %d: compiled in another order gives %d other bytes, the first at %d", name, seed, len(got.Base), firstDifference(got.Base, want.Base))
			}
			if !bytes.Equal(got.Index, want.Index) {
				t.Errorf("%s, seed %d: compiled in another order gives another index, the first difference at %d", name, seed, firstDifference(got.Index, want.Index))
			}
			if !reflect.DeepEqual(shuffled.Facts, before) {
				t.Errorf("%s, seed %d: compiling reordered the caller's facts", name, seed)
			}
		}
	}
}

func TestCompileCanBeReadAgain(t *testing.T) {
	c := world()
	c.Facts[0].Statement = `<b>&"quotes"</b> 字节跳动` + "\u00a0\u2028x \n"
	c.Tidy()
	c.Sort()
	compiled := compile(t, c)
	got, err := knowledge.ShippedFrom(compiled).Contents()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, c) {
		t.Errorf("read again:\n%+v\nwant\n%+v", got, c)
	}
	if again := compile(t, got); !bytes.Equal(again.Base, compiled.Base) || !bytes.Equal(again.Index, compiled.Index) {
		t.Errorf("compiled again:\n%s\nwant\n%s", again.Base, compiled.Base)
	}
}

// What is searched from the index is what is searched from the facts.
func TestCompiledIndexAnswersAlike(t *testing.T) {
	shipped, err := knowledge.ShippedBase().Contents()
	if err != nil {
		t.Fatal(err)
	}
	read := knowledge.NewSnapshot(shipped, 0, time.Time{})
	loaded, err := knowledge.ShippedFrom(compile(t, shipped)).Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	sameKnowledge(t, loaded, read)
	for _, f := range read.Facts() {
		q := knowledge.Query{Text: strings.Replace(f.Asks[0], "e", "ee", 1)}
		got, want := loaded.Answer(q), read.Answer(q)
		if got.Known != want.Known || len(got.Facts) != len(want.Facts) {
			t.Fatalf("%q: got %+v, want %+v", q.Text, got, want)
		}
		for i := range got.Facts {
			if g, w := got.Facts[i], want.Facts[i]; g.Fact.ID != w.Fact.ID || math.Abs(g.Score-w.Score) > 1e-6 {
				t.Errorf("%q: fact %d is %s %.6f, want %s %.6f", q.Text, i, g.Fact.ID, g.Score, w.Fact.ID, w.Score)
			}
		}
	}
}

// FuzzIndex reads damaged indexes: an error, or answers, but no panic.
func FuzzIndex(f *testing.F) {
	c := world()
	compiled, err := knowledge.Compile(c)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(compiled.Index)
	f.Add(compiled.Index[:len(compiled.Index)/2])
	f.Add([]byte{1, 1, 'x', 0, 0, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, index []byte) {
		s, err := knowledge.ShippedFrom(knowledge.Compiled{Base: compiled.Base, Index: index}).Snapshot()
		if err == nil {
			s.Answer(knowledge.Query{Text: "is zeta cheap"})
		}
	})
}

func TestRecordsListsEverything(t *testing.T) {
	c := world()
	var got []string
	for _, r := range c.Records() {
		got = append(got, r.Ref().String())
	}
	want := []string{
		"document report", "entity acme", "entity zeta", "ambiguity the lab", "concept cost", "instrument XAU",
		"quote ACME", "exposure ACME", "fact zeta-cheap", "fact zeta-not-so-cheap",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestFactGradeIsTheBestOfItsSources(t *testing.T) {
	for _, test := range []struct {
		name   string
		grades []knowledge.Grade
		want   knowledge.Grade
	}{
		{"best last", []knowledge.Grade{knowledge.Press, knowledge.Secondary, knowledge.Primary}, knowledge.Primary},
		{"best first", []knowledge.Grade{knowledge.Expert, knowledge.Press}, knowledge.Expert},
		{"unknown is the worst", []knowledge.Grade{"rumour", knowledge.Secondary}, knowledge.Secondary},
		{"no source", nil, ""},
	} {
		f := knowledge.Fact{}
		for _, g := range test.grades {
			f.Sources = append(f.Sources, knowledge.Source{Grade: g})
		}
		if got := f.Grade(); got != test.want {
			t.Errorf("%s: sources of %q: grade %q, want %q", test.name, test.grades, got, test.want)
		}
	}
}

func compile(t testing.TB, c knowledge.Contents) knowledge.Compiled {
	t.Helper()
	compiled, err := knowledge.Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range bytes.Split(bytes.TrimSuffix(compiled.Base, []byte{'\n'}), []byte{'\n'}) {
		if !json.Valid(line) {
			t.Fatalf("line %d is no JSON: %s", i+1, line)
		}
	}
	return compiled
}

func shuffle[R any](random *rand.Rand, list []R) []R {
	list = slices.Clone(list)
	random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
