package seed_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"silkwire/knowledge"
	"silkwire/knowledge/seed"
)

// document is the one that the shipped base is drawn from.
const document = "chinese-ai-caught-up"

func contents(t testing.TB) knowledge.Contents {
	t.Helper()
	c, err := knowledge.ShippedBase().Contents()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func snapshot(t testing.TB) *knowledge.Snapshot {
	t.Helper()
	s, err := knowledge.ShippedBase().Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestShippedBaseHasNoMistakes(t *testing.T) {
	for _, p := range contents(t).Check() {
		t.Error(p)
	}
	if seed.Files() == nil {
		t.Error("there are no fact files")
	}
}

func TestEveryParagraphYieldsFacts(t *testing.T) {
	type place struct{ section, paragraph int }
	paragraphs := []int{2, 3, 3, 3, 4, 3, 4, 3} // of sections 0 to 7
	c := contents(t)
	different := map[place]map[string]bool{}
	drawn := 0
	for _, f := range c.Facts {
		fromDocument := false
		for _, s := range f.Sources {
			if s.Document != document {
				continue
			}
			fromDocument = true
			if s.Section == nil || *s.Section < 0 || *s.Section >= len(paragraphs) || s.Paragraph < 1 || s.Paragraph > paragraphs[*s.Section] {
				t.Errorf("fact %s: section %v has no paragraph %d", f.ID, s.Section, s.Paragraph)
				continue
			}
			at := place{*s.Section, s.Paragraph}
			if different[at] == nil {
				different[at] = map[string]bool{}
			}
			different[at][fmt.Sprint(f.Subjects[0], " ", f.From, " ", strings.ToLower(f.Statement))] = true
		}
		if !fromDocument {
			continue
		}
		drawn++
		opinion := f.Kind == knowledge.Claim || f.Kind == knowledge.Assessment
		if want := "the page's author"; opinion && f.Whose != want {
			t.Errorf("fact %s: %s of %q, want %q", f.ID, f.Kind, f.Whose, want)
		}
		if f.Grade() != knowledge.Expert {
			t.Errorf("fact %s: grade %s, want %s", f.ID, f.Grade(), knowledge.Expert)
		}
	}
	if drawn < 75 {
		t.Errorf("%d facts are drawn from the document, want at least 75", drawn)
	}
	for section, n := range paragraphs {
		for p := range n {
			if got := len(different[place{section, p + 1}]); got < 2 {
				t.Errorf("section %d, paragraph %d yields %d facts that differ in subject, date or claim; want at least 2", section, p+1, got)
			}
		}
	}
}

func TestAsks(t *testing.T) {
	whose := map[string]string{}
	for _, f := range contents(t).Facts {
		if n := len(f.Asks); n < 5 || n > 40 {
			t.Errorf("fact %s has %d asks, want 5 to 40, those in other files among them", f.ID, n)
		}
		chinese := func(s string) bool {
			return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
		}
		if !slices.ContainsFunc(f.Asks, chinese) {
			t.Errorf("fact %s has no ask in Chinese: %q", f.ID, f.Asks)
		}
		for _, a := range f.Asks {
			if other, taken := whose[a]; taken {
				t.Errorf("facts %s and %s both answer %q", other, f.ID, a)
			}
			whose[a] = f.ID
		}
	}
}

// tape is the price tape over the document, to the digit.
var tape = []struct{ symbol, price, change string }{
	{"AMZN", "245.22", "-0.33"},
	{"USDS", "0.9996", "-0.01"},
	{"META", "585.39", "-1.28"},
	{"NFLX", "82.64", "0.56"},
	{"BRENT", "107.14", "-8.65"},
	{"MSFT", "411.74", "-1.18"},
	{"BNB", "600.82", "1.12"},
	{"SOL", "66.76", "2.18"},
	{"AAPL", "301.54", "-1.89"},
	{"NATGAS", "2.94", "6.14"},
	{"LEO", "9.46", "-2.22"},
	{"XLM", "0.2001", "0.19"},
	{"WTI", "102.13", "1.80"},
	{"ZEC", "446.72", "4.72"},
	{"NVDA", "208.64", "1.73"},
	{"CC", "0.1631", "-0.88"},
	{"MSTR", "127.20", "5.61"},
	{"DOGE", "0.0859", "1.47"},
	{"TRX", "0.3249", "-0.62"},
	{"BTC", "63127.00", "0.95"},
	{"FIGR_HELOC", "1.03", "2.19"},
	{"XRP", "1.16", "2.16"},
	{"TSLA", "408.95", "4.59"},
	{"COIN", "162.11", "6.37"},
	{"HYPE", "61.35", "0.90"},
	{"XAU", "4359.40", "0.54"},
	{"RAIN", "0.0132", "0.08"},
	{"ETH", "1682.40", "1.96"},
	{"GOOGL", "363.31", "-1.42"},
	{"XAG", "68.19", "-0.35"},
}

func TestQuotesAreTheTape(t *testing.T) {
	s := snapshot(t)
	if n := len(s.Quotes()); len(tape) != 30 || n != len(tape) {
		t.Errorf("%d quotes, %d on the tape; want 30", n, len(tape))
	}
	for _, want := range tape {
		q := s.Quote(want.symbol)
		if q == nil {
			t.Errorf("no quote of %s", want.symbol)
			continue
		}
		if *q != (knowledge.Quote{
			Symbol: want.symbol, Price: want.price, Currency: "USD", ChangePercent: want.change,
			AsOf: "05:15 UTC, date not given", Source: document,
		}) {
			t.Errorf("quote %+v, want %+v in USD as of 05:15 UTC, date not given, from %s", *q, want, document)
		}
		if s.FindSymbol(want.symbol) != want.symbol || s.Name(want.symbol) == "" {
			t.Errorf("%s is found as %q and called %q", want.symbol, s.FindSymbol(want.symbol), s.Name(want.symbol))
		}
	}
}

func TestExposures(t *testing.T) {
	s := snapshot(t)
	exposed := []string{"NVDA", "META", "GOOGL", "AMZN", "MSFT", "BABA", "9988.HK", "TCEHY", "0700.HK"}
	for _, symbol := range exposed {
		if s.Exposure(symbol) == nil {
			t.Errorf("no exposure of %s is recorded", symbol)
		}
	}
	exposed = append(exposed, "AAPL", "TSLA", "COIN")
	for _, q := range tape {
		if x := s.Exposure(q.symbol); x != nil && !slices.Contains(exposed, q.symbol) {
			t.Errorf("%s is %s by %q; no source tells of such a link: want none recorded", q.symbol, x.Direction, x.Driver)
		}
	}
	if n := len(s.Exposures()); n < 45 {
		t.Errorf("%d exposures, want at least 45", n)
	}
	for _, symbol := range []string{"XAU", "NATGAS", "SOL"} {
		if s.Instrument(symbol) == nil {
			t.Errorf("%s has no name, so that nothing can be said about it", symbol)
		}
	}
	for _, slug := range []string{"deepseek", "bytedance", "huawei", "openai", "anthropic"} {
		if e := s.Entity(slug); e == nil || e.Unlisted == nil || e.Unlisted.Nearest == "" || e.Unlisted.Why == "" {
			t.Errorf("%s does not say that it is not listed, and which listed one is nearest and why", slug)
		}
	}
}

func TestNamesLeadToTheirEntities(t *testing.T) {
	s := snapshot(t)
	for _, test := range []struct{ typed, slug string }{
		{"深度求索", "deepseek"}, {"通义千问", "qwen"}, {"阿里巴巴", "alibaba"}, {"阿里云", "alibaba-cloud"}, {"字节跳动", "bytedance"},
		{"豆包", "doubao"}, {"抖音", "douyin"}, {"华为", "huawei"}, {"昇腾", "huawei-ascend"}, {"腾讯", "tencent"}, {"英伟达", "nvidia"},
		{"出口管制", "export-controls"}, {"开源", "open-source"},
		{"Aliyun", "alibaba-cloud"}, {"R1", "deepseek-r1"}, {"o1", "openai-o1"}, {"Ascend", "huawei-ascend"}, {"sanctions", "export-controls"},
		{"Amazon Web Services", "aws"}, {"Facebook", "meta"}, {"Alphabet", "google"}, {"multipolar", "multi-polar"},
		{"$BABA", "alibaba"}, {"$NVDA", "nvidia"}, {"TCEHY", "tencent"}, {"$GOOGL", "google"}, {"$META", "meta"},
	} {
		found := s.Find(test.typed)
		if len(found) != 1 || found[0].Slug != test.slug || len(found[0].Others) > 0 {
			t.Errorf("%q is read as %+v, want %s alone", test.typed, found, test.slug)
		}
	}
}

func TestEveryThemeIsTheSubjectOfFacts(t *testing.T) {
	subjects := map[string]int{}
	for _, f := range contents(t).Facts {
		for _, s := range f.Subjects {
			subjects[s]++
		}
	}
	for _, slug := range []string{
		"deepseek", "deepseek-r1", "alibaba", "qwen", "alibaba-cloud", "bytedance", "doubao", "tiktok", "douyin", "huawei", "huawei-ascend",
		"export-controls", "containment", "indirect-access", "supply-chain", "open-source", "closed-models",
		"enterprises", "infrastructure-providers", "developers", "openai", "openai-o1", "anthropic", "meta", "llama", "nvidia", "google",
		"aws", "azure", "tencent", "chinese-equities", "tiktok-regulation", "multi-polar",
	} {
		if subjects[slug] == 0 {
			t.Errorf("no fact has %s as a subject", slug)
		}
	}
}

// A shingle is eight words in a row. testdata/shingles.txt holds the document's:
// the first 8 bytes of the SHA-256 of each, words with one space between, in hex
// and sorted, so that the test needs no copy of the document and gives none
// away. The words are the lower-cased runs of a-z and 0-9 after apostrophes are
// dropped; they are taken from the headline to the end as one run, headline and
// headings included. Titles and headings in documents.yaml may quote the
// document and are not compared. To make the file again:
//
//	SILKWIRE_SHINGLES_OF=/work/shared/seed/article.txt go test -run TestMakeShingles ./knowledge/seed
const shingle = 8

const shinglesFile = "testdata/shingles.txt"

func words(s string) []string {
	s = strings.NewReplacer("'", "", "’", "", "‘", "").Replace(strings.ToLower(s))
	return strings.FieldsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
}

// hashes lists the hash of each shingle of a text, in order.
func hashes(s string) []string {
	var all []string
	w := words(s)
	for i := 0; i+shingle <= len(w); i++ {
		sum := sha256.Sum256([]byte(strings.Join(w[i:i+shingle], " ")))
		all = append(all, hex.EncodeToString(sum[:8]))
	}
	return all
}

func TestMakeShingles(t *testing.T) {
	path := os.Getenv("SILKWIRE_SHINGLES_OF")
	if path == "" {
		t.Skip("SILKWIRE_SHINGLES_OF names no document")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, article, found := strings.Cut(string(text), "Prices as of 05:15 UTC")
	if !found {
		t.Fatalf("%s does not begin with the price tape", path)
	}
	all := hashes(article)
	slices.Sort(all)
	if err := os.WriteFile(shinglesFile, []byte(strings.Join(slices.Compact(all), "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func shingles(t testing.TB) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(shinglesFile)
	if err != nil {
		t.Fatal(err)
	}
	set := map[string]bool{}
	for line := range strings.FieldsSeq(string(text)) {
		set[line] = true
	}
	if len(set) < 1500 {
		t.Fatalf("%s has %d shingles, want those of the whole document", shinglesFile, len(set))
	}
	return set
}

// copied is the first eight words in a row that s shares with the document, or
// empty.
func copied(s string, document map[string]bool) string {
	for i, h := range hashes(s) {
		if document[h] {
			return strings.Join(words(s)[i:i+shingle], " ")
		}
	}
	return ""
}

func TestNothingIsCopiedFromTheDocument(t *testing.T) {
	set := shingles(t)
	compare := func(what, s string) {
		t.Helper()
		if c := copied(s, set); c != "" {
			t.Errorf("%s shares %q with the document: put it in our own words", what, c)
		}
	}
	c := contents(t)
	for _, f := range c.Facts {
		compare("fact "+f.ID+": the statement", f.Statement)
		for i, a := range f.Asks {
			compare(fmt.Sprintf("fact %s: asks[%d]", f.ID, i), a)
		}
	}
	for _, e := range c.Entities {
		compare("entity "+e.Slug+": the summary", e.Summary)
		if e.Unlisted != nil {
			compare("entity "+e.Slug+": unlisted.why", e.Unlisted.Why)
		}
	}
	for _, x := range c.Exposures {
		compare("exposure "+x.Symbol+": the driver", x.Driver)
		for _, p := range x.Paths {
			for _, h := range p.Hops {
				compare("exposure "+x.Symbol+": a hop", h.Text)
			}
		}
	}
}

func TestCopyIsCaught(t *testing.T) {
	set := shingles(t)
	headline := ""
	for _, d := range contents(t).Documents {
		if d.ID == document {
			headline = d.Title
		}
	}
	w := words(headline)
	if len(w) < 2*shingle {
		t.Fatalf("the headline %q has %d words, want enough to plant", headline, len(w))
	}
	for i := 0; i+shingle <= len(w); i++ {
		planted := strings.Join(w[i:i+shingle], " ")
		for name, s := range map[string]string{
			"alone":              planted,
			"in a sentence":      "Somebody wrote that " + planted + ", and it is so.",
			"in capitals":        strings.ToUpper(planted),
			"with other marks":   strings.ReplaceAll(planted, " ", ", — "),
			"with an apostrophe": strings.Replace(planted, "a", "’a", 1),
		} {
			if got := copied(s, set); got != planted {
				t.Errorf("planted %s: %q: found %q, want %q", name, s, got, planted)
			}
		}
		almost := strings.Join(w[i:i+shingle-1], " ")
		if got := copied("Somebody wrote that "+almost+" it is so.", set); got != "" {
			t.Errorf("seven words in a row, %q, are found as %q; want nothing", almost, got)
		}
	}
}
