package knowledge_test

import (
	"slices"
	"strings"
	"testing"

	"silkwire/knowledge"
)

func TestCheckAcceptsWhatIsWell(t *testing.T) {
	if problems := world().Check(); problems != nil {
		t.Errorf("got %v, want no problems", problems)
	}
	if problems := (knowledge.Contents{}).Check(); problems != nil {
		t.Errorf("nothing at all: got %v, want no problems", problems)
	}
}

func TestCheck(t *testing.T) {
	const write = "is missing: write it"
	type contents = *knowledge.Contents
	for _, test := range []struct {
		name  string
		spoil func(c contents)
		want  []string
	}{
		// keys and records
		{"a fact stands twice", func(c contents) { c.Facts = append(c.Facts, c.Facts[1]) },
			[]string{"fact zeta-not-so-cheap: : stands twice: rename one or merge them"}},
		{"a quote stands twice", func(c contents) { c.Quotes = append(c.Quotes, c.Quotes[0]) },
			[]string{"quote ACME: : stands twice: rename one or merge them"}},
		{"one key of two kinds is no repetition", func(c contents) { c.Facts = append(c.Facts, claim("zeta", "Zeta exists.")) }, nil},
		{"document without id", func(c contents) {
			c.Documents = append(c.Documents, knowledge.Document{Title: "T", Grade: knowledge.Press})
		},
			[]string{`document : id: "" is no key: use 1 to 64 lower-case letters, digits and hyphens, for example qwen-licence`}},
		{"capitals in a key", func(c contents) { c.Facts[1].ID = "Zeta-Costs" },
			[]string{`fact Zeta-Costs: id: "Zeta-Costs" is no key: use 1 to 64 lower-case letters, digits and hyphens, for example qwen-licence`}},
		{"key ends in a hyphen", func(c contents) { c.Concepts[0].Slug = "cost-" },
			[]string{`concept cost-: slug: "cost-" is no key: use 1 to 64 lower-case letters, digits and hyphens, for example qwen-licence`}},
		{"key of 65 letters", func(c contents) { c.Facts[1].ID = strings.Repeat("a", 65) },
			[]string{`fact ` + strings.Repeat("a", 65) + `: id: "` + strings.Repeat("a", 65) + `" is no key: use 1 to 64 lower-case letters, digits and hyphens, for example qwen-licence`}},
		{"key of 64 letters", func(c contents) { c.Facts[1].ID = strings.Repeat("a", 64) }, nil},

		// documents
		{"document without title", func(c contents) { c.Documents[0].Title = " " }, []string{"document report: title: " + write}},
		{"document with an unknown grade", func(c contents) { c.Documents[0].Grade = "rumour" },
			[]string{`document report: grade: "rumour" is none of primary, expert, press, secondary`}},
		{"document with half an address", func(c contents) { c.Documents[0].URL = "example.org/page" },
			[]string{`document report: url: "example.org/page" is no address: write it whole, for example https://example.org/page`}},
		{"document with another scheme", func(c contents) { c.Documents[0].URL = "javascript:alert(1)" },
			[]string{`document report: url: "javascript:alert(1)" is no address: write it whole, for example https://example.org/page`}},

		// entities
		{"entity with a slug that is none", func(c contents) {
			c.Entities[0].Aliases = nil
			c.Entities = append(c.Entities, knowledge.Entity{Slug: "a b", Name: "A B", Kind: knowledge.KindLaw})
		},
			[]string{`entity a b: slug: "a b" is no key: use 1 to 64 lower-case letters, digits and hyphens, for example qwen-licence`}},
		{"entity without name", func(c contents) { c.Entities[1].Name = "" }, []string{"entity zeta: name: " + write}},
		{"entity of an unknown kind", func(c contents) { c.Entities[1].Kind = "robot" },
			[]string{`entity zeta: kind: "robot" is none of lab, company, model, chip, product, policy, law, agency, person, place, theme`}},
		{"misspelt parent", func(c contents) { c.Entities[1].Parent = "acmee" },
			[]string{`entity zeta: parent: there is no entity "acmee"; did you mean "acme"?`}},
		{"parent like no entity", func(c contents) { c.Entities[1].Parent = "somebody-else" },
			[]string{`entity zeta: parent: there is no entity "somebody-else": write one that exists, or add it`}},
		{"ticker without symbol", func(c contents) { c.Entities[0].Tickers[1].Symbol = "" },
			[]string{"entity acme: tickers[1]: needs a symbol and a currency of three capital letters, for example {symbol: BABA, exchange: NYSE, currency: USD}"}},
		{"ticker with a currency sign", func(c contents) { c.Entities[0].Tickers[0].Currency = "$" },
			[]string{"entity acme: tickers[0]: needs a symbol and a currency of three capital letters, for example {symbol: BABA, exchange: NYSE, currency: USD}"}},
		{"listed and unlisted", func(c contents) { c.Entities[0].Unlisted = &knowledge.Unlisted{} },
			[]string{"entity acme: unlisted: stands beside tickers: an entity is listed or it is not"}},
		{"unlisted without a nearest one is honest", func(c contents) { c.Entities[1].Unlisted = &knowledge.Unlisted{} }, nil},
		{"nearest listed one does not exist", func(c contents) { c.Entities[1].Unlisted.Nearest = "acma" },
			[]string{`entity zeta: unlisted: there is no entity "acma"; did you mean "acme"?`}},
		{"nearest listed one is not listed", func(c contents) { c.Entities[1].Unlisted.Nearest = "zeta" },
			[]string{`entity zeta: unlisted: "zeta" has no tickers: name a listed entity`}},

		// names
		{"two entities have one name", func(c contents) { c.Entities[1].Name = "ACME industries" },
			[]string{`entity zeta: : the name "acme industries" is acme's too: take it from one of them, or declare it under ambiguous`}},
		{"a name is another's symbol", func(c contents) { c.Entities[1].Aliases[0].Text = "0042.hk" },
			[]string{`entity zeta: : the name "0042.hk" is acme's too: take it from one of them, or declare it under ambiguous`}},
		{"a shared name that is declared", func(c contents) {
			c.Entities[1].Aliases[0].Text = "Acme Industries"
			c.Ambiguous[0].Alias = "ACME Industries"
		}, nil},
		{"one entity has a name twice", func(c contents) { c.Entities[0].Aliases[0].Text = "ACME" }, nil},
		{"ambiguous without alias", func(c contents) { c.Ambiguous[0].Alias = "" }, []string{"ambiguity : alias: " + write}},
		{"ambiguous between one", func(c contents) { c.Ambiguous[0].Entities = []string{"zeta"} },
			[]string{"ambiguity the lab: entities: an ambiguous alias means at least two entities"}},
		{"ambiguous with one that does not exist", func(c contents) { c.Ambiguous[0].Entities[1] = "zetta" },
			[]string{`ambiguity the lab: entities[1]: there is no entity "zetta"; did you mean "zeta"?`}},

		// concepts and instruments
		{"concept without name", func(c contents) { c.Concepts[0].Name = "" }, []string{"concept cost: name: " + write}},
		{"concept without words", func(c contents) { c.Concepts[0].Words = nil }, []string{"concept cost: words: is missing: write at least one"}},
		{"instrument without symbol", func(c contents) { c.Instruments[0].Symbol = "" }, []string{"instrument : symbol: " + write}},
		{"instrument without name", func(c contents) { c.Instruments[0].Name = "" }, []string{"instrument XAU: name: " + write}},
		{"instrument of an unknown class", func(c contents) { c.Instruments[0].Class = "bond" },
			[]string{`instrument XAU: class: "bond" is none of share, crypto, commodity`}},

		// quotes
		{"quote without symbol", func(c contents) { c.Quotes[0].Symbol = "" }, []string{"quote : symbol: " + write}},
		{"price with a separator", func(c contents) { c.Quotes[0].Price = "63,127.00" },
			[]string{`quote ACME: price: "63,127.00" is no price: write digits without separators, for example 63127.00`}},
		{"price without digits after the point", func(c contents) { c.Quotes[0].Price = "63." },
			[]string{`quote ACME: price: "63." is no price: write digits without separators, for example 63127.00`}},
		{"change with a percent sign", func(c contents) { c.Quotes[0].ChangePercent = "0.33%" },
			[]string{`quote ACME: change_percent: "0.33%" is no change: write signed digits, for example -0.33`}},
		{"currency in small letters", func(c contents) { c.Quotes[0].Currency = "usd" },
			[]string{`quote ACME: currency: "usd" is no currency: write three capital letters, for example USD`}},
		{"quote without its time", func(c contents) { c.Quotes[0].AsOf = "" }, []string{"quote ACME: as_of: " + write}},
		{"quote from nowhere", func(c contents) { c.Quotes[0].Source = "reports" }, []string{`quote ACME: source: there is no document "reports"; did you mean "report"?`}},

		// exposures
		{"exposure without symbol", func(c contents) { c.Exposures[0].Symbol = "" }, []string{"exposure : symbol: " + write}},
		{"exposure of an unknown direction", func(c contents) { c.Exposures[0].Direction = "up" },
			[]string{`exposure ACME: direction: "up" is none of benefits, hurt, mixed`}},
		{"exposure without driver", func(c contents) { c.Exposures[0].Driver = "" }, []string{"exposure ACME: driver: " + write}},
		{"exposure without paths", func(c contents) { c.Exposures[0].Paths = nil }, []string{"exposure ACME: paths: is missing: write at least one"}},
		{"path of an unknown direction", func(c contents) { c.Exposures[0].Paths[0].Direction = "" },
			[]string{`exposure ACME: paths[0].direction: "" is none of benefits, hurt, mixed`}},
		{"path without hops", func(c contents) { c.Exposures[0].Paths[0].Hops = nil },
			[]string{"exposure ACME: paths[0].hops: is missing: write at least one"}},
		{"hop that names nothing", func(c contents) { c.Exposures[0].Paths[0].Hops[0].Entity = "" },
			[]string{"exposure ACME: paths[0].hops[0]: needs an entity or a text"}},
		{"hop through an entity that does not exist", func(c contents) { c.Exposures[0].Paths[0].Hops[0].Entity = "zata" },
			[]string{`exposure ACME: paths[0].hops[0].entity: there is no entity "zata"; did you mean "zeta"?`}},
		{"hop without a fact", func(c contents) { c.Exposures[0].Paths[0].Hops[0].Fact = "" },
			[]string{"exposure ACME: paths[0].hops[0].fact: " + write}},
		{"hop on a fact that does not exist", func(c contents) { c.Exposures[0].Paths[0].Hops[0].Fact = "zeta-chaep" },
			[]string{`exposure ACME: paths[0].hops[0].fact: there is no fact "zeta-chaep"; did you mean "zeta-cheap"?`}},

		// facts
		{"fact without statement", func(c contents) { c.Facts[0].Statement = "" }, []string{"fact zeta-cheap: statement: " + write}},
		{"statement of 281 characters", func(c contents) { c.Facts[0].Statement = strings.Repeat("字", 281) },
			[]string{"fact zeta-cheap: statement: has 281 characters: say it in at most 280, or make two facts of it"}},
		{"statement of 280 characters", func(c contents) { c.Facts[0].Statement = strings.Repeat("字", 280) }, nil},
		{"fact of an unknown kind", func(c contents) { c.Facts[0].Kind = "rumour" },
			[]string{`fact zeta-cheap: kind: "rumour" is none of event, figure, claim, assessment`}},
		{"claim of nobody", func(c contents) { c.Facts[0].Whose = "" },
			[]string{"fact zeta-cheap: whose: is missing: claims and assessments are somebody's; say whose"}},
		{"assessment of nobody", func(c contents) { c.Facts[0].Kind, c.Facts[0].Whose = knowledge.Assessment, "" },
			[]string{"fact zeta-cheap: whose: is missing: claims and assessments are somebody's; say whose"}},
		{"figure that is somebody's", func(c contents) { c.Facts[0].Kind = knowledge.Figure },
			[]string{"fact zeta-cheap: whose: stands with kind figure: only claims and assessments are somebody's"}},
		{"event of nobody", func(c contents) { c.Facts[0].Kind, c.Facts[0].Whose = knowledge.Event, "" }, nil},
		{"fact about nothing", func(c contents) { c.Facts[0].Subjects = nil }, []string{"fact zeta-cheap: subjects: is missing: write at least one"}},
		{"empty subject", func(c contents) { c.Facts[0].Subjects = []string{"zeta", ""} }, []string{"fact zeta-cheap: subjects[1]: " + write}},
		{"misspelt subject", func(c contents) { c.Facts[0].Subjects = []string{"zeta", "acmme"} },
			[]string{`fact zeta-cheap: subjects[1]: there is no entity "acmme"; did you mean "acme"?`}},
		{"misspelt mention", func(c contents) { c.Facts[0].Mentions = []string{"Zeta"} },
			[]string{`fact zeta-cheap: mentions[0]: there is no entity "Zeta"; did you mean "zeta"?`}},
		{"more asks than are told apart", func(c contents) { c.Facts[0].Asks = make([]string, 62) },
			[]string{"fact zeta-cheap: asks: has 62 asks: write at most 61"}},
		{"fact without attributes", func(c contents) { c.Facts[0].Attributes = nil },
			[]string{"fact zeta-cheap: attributes: is missing: write at least one"}},
		{"American spelling of an attribute", func(c contents) { c.Facts[0].Attributes = []knowledge.Attribute{"cost", "license"} },
			[]string{`fact zeta-cheap: attributes[1]: there is no attribute "license"; did you mean "licence"?`}},
		{"ends before it begins", func(c contents) {
			c.Facts[0].From, c.Facts[0].Until = date(t, "2025-06"), date(t, "2025-05-31")
		}, []string{"fact zeta-cheap: until: 2025-05-31 is before from 2025-06"}},
		{"ends in the year in which it begins", func(c contents) {
			c.Facts[0].From, c.Facts[0].Until = date(t, "2025-06-10"), date(t, "2025")
		}, nil},
		{"ends, and nobody knows when it began", func(c contents) { c.Facts[0].From, c.Facts[0].Until = knowledge.Date{}, date(t, "2025") }, nil},
		{"fact without source", func(c contents) { c.Facts[0].Sources = nil }, []string{"fact zeta-cheap: sources: is missing: write at least one"}},
		{"source without grade", func(c contents) { c.Facts[0].Sources[0].Grade = "" },
			[]string{`fact zeta-cheap: sources[0].grade: "" is none of primary, expert, press, secondary`}},
		{"source with half an address", func(c contents) { c.Facts[0].Sources[0].URL = "https://" },
			[]string{`fact zeta-cheap: sources[0].url: "https://" is no address: write it whole, for example https://example.org/page`}},
		{"source that names nothing", func(c contents) { c.Facts[0].Sources[0] = knowledge.Source{Grade: knowledge.Press} },
			[]string{"fact zeta-cheap: sources[0]: needs a document, or an address with its publisher"}},
		{"source by its publisher alone", func(c contents) { c.Facts[0].Sources[0] = knowledge.Source{Publisher: "Daily", Grade: knowledge.Press} }, nil},
		{"document that does not exist", func(c contents) { c.Facts[0].Sources[0].Document = "reprot" },
			[]string{`fact zeta-cheap: sources[0].document: there is no document "reprot"; did you mean "report"?`}},
		{"section after the last", func(c contents) { c.Facts[0].Sources[0].Section = new(2) },
			[]string{"fact zeta-cheap: sources[0].section: report has sections 0 to 1, not 2"}},
		{"section before the first", func(c contents) { c.Facts[0].Sources[0].Section = new(-1) },
			[]string{"fact zeta-cheap: sources[0].section: report has sections 0 to 1, not -1"}},
		{"section of a document that has none", func(c contents) {
			c.Documents[0].Sections = nil
			c.Facts[1].Sources[0].Section = nil
		}, []string{"fact zeta-cheap: sources[0].section: report has sections 0 to 0, not 1"}},
		{"paragraph before the first", func(c contents) { c.Facts[0].Sources[0].Paragraph = -1 },
			[]string{"fact zeta-cheap: sources[0].paragraph: paragraphs count from 1"}},
		{"relation of an unknown kind", func(c contents) { c.Facts[1].Relations[0].Kind = "doubts" },
			[]string{`fact zeta-not-so-cheap: relations[0]: "doubts" is none of supports, qualifies, disputes, supersedes`}},
		{"relation to a fact that does not exist", func(c contents) { c.Facts[1].Relations[0].To = "zeta-cheep" },
			[]string{`fact zeta-not-so-cheap: relations[0]: there is no fact "zeta-cheep"; did you mean "zeta-cheap"?`}},
		{"relation to itself", func(c contents) { c.Facts[1].Relations[0].To = "zeta-not-so-cheap" },
			[]string{"fact zeta-not-so-cheap: relations[0]: a fact has no relation to itself"}},

		{"all at once", func(c contents) {
			c.Documents[0].Title = ""
			c.Quotes[0].Price = "dear"
			c.Facts[0].Whose, c.Facts[0].Subjects = "", nil
		}, []string{
			"document report: title: " + write,
			`quote ACME: price: "dear" is no price: write digits without separators, for example 63127.00`,
			"fact zeta-cheap: whose: is missing: claims and assessments are somebody's; say whose",
			"fact zeta-cheap: subjects: is missing: write at least one",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := world()
			test.spoil(&c)
			var got []string
			for _, p := range c.Check() {
				got = append(got, p.Error())
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(test.want, "\n\t"))
			}
		})
	}
}

func TestNearest(t *testing.T) {
	known := map[string]bool{"cost": true, "price": true, "cast": true, "pricing-power": true}
	for _, test := range []struct{ name, in, want string }{
		{"one letter", "pricee", "price"},
		{"capitals do not count", "PRICE", "price"},
		{"of two as near the first in the alphabet", "cist", "cast"},
		{"a long word may differ in a third of its letters", "prizing-powr", "pricing-power"},
		{"short and wholly different", "xy", ""},
		{"nothing near", "telephone", ""},
	} {
		if got := knowledge.Nearest(test.in, known); got != test.want {
			t.Errorf("%s: Nearest(%q) = %q, want %q", test.name, test.in, got, test.want)
		}
	}
}
