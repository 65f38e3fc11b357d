package knowledge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"silkwire/knowledge"
)

func snapshotOf(t testing.TB, c knowledge.Contents) *knowledge.Snapshot {
	t.Helper()
	if problems := c.Check(); problems != nil {
		t.Fatalf("the test's base has mistakes: %v", problems)
	}
	return knowledge.NewSnapshot(c, 7, noon)
}

func shippedSnapshot(t testing.TB) *knowledge.Snapshot {
	t.Helper()
	s, err := knowledge.ShippedBase().Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFindSymbol(t *testing.T) {
	s := shippedSnapshot(t)
	for _, test := range []struct{ name, typed, want string }{
		{"as the exchange writes it", "NVDA", "NVDA"},
		{"small letters", "nvda", "NVDA"},
		{"cashtag", "$nvda", "NVDA"},
		{"space around", " NVDA ", "NVDA"},
		{"with its country", "NVDA.US", "NVDA"},
		{"Hong Kong code", "9988.HK", "9988.HK"},
		{"code alone", "9988", "9988.HK"},
		{"code with a nought", "09988", "9988.HK"},
		{"code without its noughts", "700.HK", "0700.HK"},
		{"code with five digits", "00700", "0700.HK"},
		{"country first", "HK0700", "0700.HK"},
		{"instrument", "xau", "XAU"},
		{"instrument with a currency", "BTC-USD", "BTC"},
		{"instrument whose symbol is two words", "FIGR HELOC", "FIGR_HELOC"},
		{"another dash in it", "figr-heloc", "FIGR_HELOC"},
		{"no symbol", "telephone", ""},
		{"nothing", "", ""},
		{"a dollar", "$", ""},
		{"a name is no symbol", "Nvidia", ""},
	} {
		if got := s.FindSymbol(test.typed); got != test.want {
			t.Errorf("%s: FindSymbol(%q) = %q, want %q", test.name, test.typed, got, test.want)
		}
	}
}

func TestFind(t *testing.T) {
	s := shippedSnapshot(t)
	for _, test := range []struct {
		name, text string
		want       []string // slug or $symbol, with /others
	}{
		{"in the order of the text", "is Qwen better than DeepSeek", []string{"qwen", "deepseek"}},
		{"each once", "qwen, 通义千问 and tongyi", []string{"qwen"}},
		{"a symbol names its entity and itself", "NVDA", []string{"nvidia $NVDA"}},
		{"an instrument has no entity", "gold", []string{" $XAU"}},
		{"an ambiguous name has others, the likeliest first", "ma", []string{"alibaba /tencent"}},
		{"misspelt", "deepseak", []string{"deepseek"}},
		{"US in capitals", "the US's rules", []string{"united-states"}},
		{"us in small letters", "tell us", nil},
		{"nothing", "", nil},
	} {
		var got []string
		for _, m := range s.Find(test.text) {
			one := m.Slug
			if m.Symbol != "" {
				one += " $" + m.Symbol
			}
			if len(m.Others) > 0 {
				one += " /" + strings.Join(m.Others, "/")
			}
			got = append(got, one)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: Find(%q) = %q, want %q", test.name, test.text, got, test.want)
		}
	}
}

func TestSnapshotLookups(t *testing.T) {
	c := world()
	replaced := claim("zeta-old", "Zeta Labs was cheap.")
	c.Facts = append(c.Facts, replaced, claim("zeta-newer", "It is dear.", knowledge.Relation{Kind: knowledge.Supersedes, To: "zeta-old"}), about("acme-too", "acme"))
	s := snapshotOf(t, c)
	ids := func(facts []*knowledge.Fact) string {
		var all []string
		for _, f := range facts {
			all = append(all, f.ID)
		}
		return strings.Join(all, " ")
	}
	for _, test := range []struct{ name, got, want string }{
		{"revision", fmt.Sprintf("%d %s", s.Revision, s.At.Format(time.RFC3339)), "7 2026-03-01T12:00:00Z"},
		{"document", s.Document("report").Title, "A Report"},
		{"no document", fmt.Sprint(s.Document("none") == nil), "true"},
		{"no entity", fmt.Sprint(s.Entity("none") == nil), "true"},
		{"no exposure", fmt.Sprint(s.Exposure("XAU") == nil), "true"},
		{"exposure", s.Exposure("ACME").Driver, "Its lab sells."},
		{"no quote", fmt.Sprint(s.Quote("XAU") == nil), "true"},
		{"quote", s.Quote("ACME").Price, "12.50"},
		{"instrument", s.Instrument("XAU").Name, "gold"},
		{"listing", s.Lists("0042.HK").Slug, "acme"},
		{"an instrument lists nobody", fmt.Sprint(s.Lists("XAU") == nil), "true"},
		{"subjects stand before mentions", ids(s.About("acme")), "acme-too zeta-cheap zeta-newer zeta-not-so-cheap zeta-old"},
		{"nothing about nobody", ids(s.About("nobody")), ""},
		{"children", strings.Join(s.Children("acme"), " "), "zeta"},
		{"relations from the other side", fmt.Sprint(s.Bearing("zeta-cheap")), "[{qualifies zeta-not-so-cheap}]"},
		{"exposures that rest on a fact", strings.Join(s.RestingOn("zeta-cheap"), " "), "ACME"},
		{"exposures that pass through an entity", strings.Join(s.PassingThrough("zeta"), " "), "ACME"},
		{"superseded", s.Superseded("zeta-old").ID, "zeta-newer"},
		{"qualified is not superseded", fmt.Sprint(s.Superseded("zeta-cheap") == nil), "true"},
		{"symbols of a listed entity", strings.Join(s.Symbols("acme"), " "), "ACME 0042.HK"},
		{"symbols of what an unlisted one belongs to", strings.Join(s.Symbols("zeta"), " "), "ACME 0042.HK"},
		{"symbols of nobody", strings.Join(s.Symbols("nobody"), " "), ""},
		{"name of a share", s.Name("0042.HK"), "Acme"},
		{"name of an instrument", s.Name("XAU"), "gold"},
		{"name of an unknown symbol", s.Name("ZZZ"), "ZZZ"},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, test.got, test.want)
		}
	}
}

func TestParentsInACircleEnd(t *testing.T) {
	c := world()
	c.Entities = append(c.Entities,
		knowledge.Entity{Slug: "hen", Name: "Hen", Kind: knowledge.KindLab, Parent: "egg"},
		knowledge.Entity{Slug: "egg", Name: "Egg", Kind: knowledge.KindLab, Parent: "hen"})
	if got := snapshotOf(t, c).Symbols("hen"); got != nil {
		t.Errorf("symbols of a circle of parents: %q, want none", got)
	}
}

func TestSnapshotCompletes(t *testing.T) {
	s := shippedSnapshot(t)
	for _, test := range []struct {
		typed   string
		n       int
		entity  string // the first
		symbols string // the first
	}{
		{"deeps", 5, "deepseek", ""},
		{"qw", 5, "qwen", ""},
		{"nvi", 5, "nvidia", "NVDA"},
		{"$nvd", 5, "nvidia", "NVDA"},
		{"字节", 5, "bytedance", ""},
		{"bab", 5, "", "BABA"},
		{"黄金", 5, "", "XAU"},
	} {
		entities, symbols := s.CompleteEntity(test.typed, test.n), s.CompleteSymbol(test.typed, test.n)
		if test.entity != "" && (len(entities) == 0 || entities[0].Slug != test.entity) {
			t.Errorf("CompleteEntity(%q) = %v, want %s first", test.typed, slugs(entities), test.entity)
		}
		if test.symbols != "" && (len(symbols) == 0 || symbols[0] != test.symbols) {
			t.Errorf("CompleteSymbol(%q) = %q, want %s first", test.typed, symbols, test.symbols)
		}
		if len(entities) > test.n || len(symbols) > test.n {
			t.Errorf("%q completes to %d entities and %d symbols, want at most %d", test.typed, len(entities), len(symbols), test.n)
		}
	}
}

func slugs(entities []*knowledge.Entity) []string {
	var all []string
	for _, e := range entities {
		all = append(all, e.Slug)
	}
	return all
}

// FuzzAnswer asks anything: no panic, no more facts than were asked for, scores
// between 0 and 1.
func FuzzAnswer(f *testing.F) {
	s := shippedSnapshot(f)
	for _, q := range []string{"", "?", "e", "the of and", "🔥🔥", "qwen 通义 ＱＷＥＮ q\u0301wen", "\u202eneqw\u200b", "\xff\xfe", "(a|b)* OR title:x", "$", "$$ $NVDA$", "0", "现在 最新"} {
		f.Add(q, "", 6)
	}
	f.Add("licence?", "what's the deal with alibaba's models", 3)
	f.Fuzz(func(t *testing.T, text, before string, limit int) {
		limit = 1 + max(0, limit%100)
		q := knowledge.Query{Text: text, Before: before, Limit: limit}
		if before != "" {
			q.Entities, q.Facts = []string{"qwen", "nobody"}, []string{"qwen-licence", "nothing"}
		}
		a := s.Answer(q)
		if len(a.Facts) > limit {
			t.Fatalf("%q: %d facts, asked for %d", text, len(a.Facts), limit)
		}
		for _, f := range a.Facts {
			if !(f.Score >= 0 && f.Score <= 1) {
				t.Fatalf("%q: %s scores %v", text, f.Fact.ID, f.Score)
			}
		}
	})
}

// BenchmarkAnswerLong answers 10,000 characters of words that nobody knows.
func BenchmarkAnswerLong(b *testing.B) {
	s := shippedSnapshot(b)
	var words []string
	for i := range 1_400 {
		words = append(words, fmt.Sprintf("%c%c%czqvx", 'a'+i%26, 'a'+i/26%26, 'a'+i/7%26))
	}
	q := knowledge.Query{Text: strings.Join(words, " ")}
	b.ReportAllocs()
	for b.Loop() {
		s.Answer(q)
	}
}

func TestDoubtAsksForWhatQualifies(t *testing.T) {
	s := shippedSnapshot(t)
	for _, c := range []struct {
		question  string
		qualifies bool
	}{
		{"what did R1 cost to train", false},
		{"do we believe what R1 cost to train", true},
		{"R1's training cost looks too good to be true", true},
		{"should I take R1's training cost at face value", true},
	} {
		t.Run(c.question, func(t *testing.T) {
			a := s.Answer(knowledge.Query{Text: c.question})
			if !a.Known || len(a.Facts) == 0 {
				t.Fatal("is not answered")
			}
			first := a.Facts[0].Fact
			if got := slices.ContainsFunc(first.Relations, func(r knowledge.Relation) bool { return r.Kind == knowledge.Qualifies }); got != c.qualifies {
				t.Errorf("%s comes first; it qualifies another: %t, want %t", first.ID, got, c.qualifies)
			}
		})
	}
}
