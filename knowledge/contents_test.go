package knowledge_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

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
			if got := compile(t, shuffled); !bytes.Equal(got, want) {
				t.Errorf("%s, seed %d: compiled in another order gives %d other bytes, the first at %d", name, seed, len(got), firstDifference(got, want))
			}
			if !reflect.DeepEqual(shuffled.Facts, before) {
				t.Errorf("%s, seed %d: compiling reordered the caller's facts", name, seed)
			}
		}
	}
}

func TestCompileCanBeReadAgain(t *testing.T) {
	c := world()
	c.Facts[0].Statement = `<b>&"quotes"</b> 字节跳动 ` + "\u2028"
	c.Sort()
	compiled := compile(t, c)
	got, err := knowledge.ShippedFrom(compiled).Contents()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, c) {
		t.Errorf("read again:\n%+v\nwant\n%+v", got, c)
	}
	if again := compile(t, got); !bytes.Equal(again, compiled) {
		t.Errorf("compiled again:\n%s\nwant\n%s", again, compiled)
	}
	if !bytes.Contains(compiled, []byte("<b>&")) {
		t.Errorf("compiled contents escape what needs no escape:\n%s", compiled)
	}
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

func compile(t testing.TB, c knowledge.Contents) []byte {
	t.Helper()
	compiled, err := knowledge.Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(compiled) {
		t.Fatalf("compiled contents are no JSON:\n%s", compiled)
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
