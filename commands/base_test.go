package commands

import (
	"testing"
	"time"

	"silkwire/knowledge"
)

// testContents is a small invented fact base, so that golden replies do not
// change when the shipped one does. It holds every kind of fact, relation,
// grade, date and listing.
func testContents() knowledge.Contents {
	c := knowledge.Contents{
		Documents: []knowledge.Document{
			{ID: "harbour-report", Title: "The Harbour Report.", Author: "the report's author", Grade: knowledge.Expert, Sections: []string{"summary", "Models", "Rules", "Money", "Chips", "Outlook", "Notes", "Annex", "Tables", "Index", "Errata"}},
			{ID: "lotus-card", Title: "Lotus 2 model card", Publisher: "Lotus Lab", URL: "https://lotus.example/card", Date: knowledge.Date{Year: 2025, Month: 5, Day: 6}, Grade: knowledge.Primary},
		},
		Entities: []knowledge.Entity{
			{Slug: "lotus-lab", Name: "Lotus Lab", Kind: knowledge.KindLab, Summary: "Chinese AI lab that makes the Lotus models.", Aliases: []knowledge.Alias{{Text: "Lotus AI", Kind: knowledge.AliasName}, {Text: "莲花实验室", Kind: knowledge.AliasChinese}}, Unlisted: &knowledge.Unlisted{Nearest: "jade-group", Why: "it holds a tenth of the lab"}},
			{Slug: "lotus", Name: "Lotus 2", Kind: knowledge.KindModel, Summary: "Lotus Lab's open reasoning model.", Parent: "lotus-lab", Aliases: []knowledge.Alias{{Text: "Lotus", Kind: knowledge.AliasName}, {Text: "莲花", Kind: knowledge.AliasChinese}}},
			{Slug: "jade-group", Name: "Jade Group", Kind: knowledge.KindCompany, Summary: "Chinese internet group with a cloud and a stake in Lotus Lab.", Aliases: []knowledge.Alias{{Text: "Jade", Kind: knowledge.AliasName}, {Text: "翡翠集团", Kind: knowledge.AliasChinese}}, Tickers: []knowledge.Ticker{{Symbol: "JADE", Exchange: "NYSE", Currency: "USD"}, {Symbol: "8801.HK", Exchange: "HKEX", Currency: "HKD"}}},
			{Slug: "jade-cloud", Name: "Jade Cloud", Kind: knowledge.KindProduct, Summary: "Jade Group's cloud.", Parent: "jade-group"},
			{Slug: "granite", Name: "Granite Semiconductor", Kind: knowledge.KindCompany, Summary: "American maker of AI chips.", Aliases: []knowledge.Alias{{Text: "Granite", Kind: knowledge.AliasName}}, Tickers: []knowledge.Ticker{{Symbol: "GRNT", Exchange: "NASDAQ", Currency: "USD"}}},
			{Slug: "willow", Name: "Willow", Kind: knowledge.KindCompany, Summary: "Private maker of a companion app.", Unlisted: &knowledge.Unlisted{}},
			{Slug: "chip-rule", Name: "Chip Rule", Kind: knowledge.KindPolicy, Summary: "American rule that limits which AI chips may be sold to China.", Aliases: []knowledge.Alias{{Text: "the chip ban", Kind: knowledge.AliasNickname}, {Text: "芯片规则", Kind: knowledge.AliasChinese}}},
			{Slug: "data-act", Name: "Data Act", Kind: knowledge.KindLaw, Summary: "Chinese law on the data that models may be trained on."},
			{Slug: "openness", Name: "openness", Kind: knowledge.KindTheme, Summary: "Giving models away and what comes of it."},
		},
		Ambiguous: []knowledge.Ambiguity{{Alias: "chairman lin", Entities: []string{"jade-group", "lotus-lab"}}},
		Concepts: []knowledge.Concept{
			{Slug: "cost", Name: "cost", Words: []string{"cost", "bill", "spend", "花了", "多少钱"}},
			{Slug: "licence", Name: "licence", Words: []string{"licence", "license", "许可证"}},
		},
		Instruments: []knowledge.Instrument{
			{Symbol: "XAU", Name: "gold", Class: knowledge.Commodity, Aliases: []string{"黄金"}},
			{Symbol: "TIN", Name: "tin", Class: knowledge.Crypto},
		},
		Quotes: []knowledge.Quote{
			{Symbol: "JADE", Price: "1093.5", Currency: "USD", ChangePercent: "-1.42", AsOf: "05:15 UTC, date not given", Source: "harbour-report"},
			{Symbol: "GRNT", Price: "208.64", Currency: "USD", ChangePercent: "1.73", AsOf: "05:15 UTC, date not given", Source: "harbour-report"},
			{Symbol: "XAU", Price: "4359.40", Currency: "USD", ChangePercent: "0.00", AsOf: "2026-02-03T14:30:00Z", Source: "lotus-card"},
		},
		Exposures: []knowledge.Exposure{
			{Symbol: "GRNT", Direction: knowledge.Mixed, Driver: "The rule costs it China while the West buys more.", Paths: []knowledge.Path{
				{Direction: knowledge.Hurt, Hops: []knowledge.Hop{{Entity: "chip-rule", Fact: "rule-hits-granite"}, {Text: "sales to China forbidden", Fact: "rule-bans"}}},
				{Direction: knowledge.Benefits, Hops: []knowledge.Hop{{Text: "Western demand", Fact: "granite-west"}}},
			}},
			{Symbol: "JADE", Direction: knowledge.Benefits, Driver: "Lotus runs on its cloud.", Paths: []knowledge.Path{{Direction: knowledge.Benefits, Hops: []knowledge.Hop{{Entity: "jade-cloud", Fact: "lotus-on-jade-cloud"}, {Entity: "lotus", Text: "Lotus given away", Fact: "lotus-licence"}}}}},
			{Symbol: "8801.HK", Direction: knowledge.Benefits, Driver: "Lotus runs on its cloud.", Paths: []knowledge.Path{{Direction: knowledge.Benefits, Hops: []knowledge.Hop{{Entity: "jade-cloud", Fact: "lotus-on-jade-cloud"}}}}},
		},
		Facts: testFacts(),
	}
	c.Sort()
	return c
}

func at(section, paragraph int) knowledge.Source {
	return knowledge.Source{Document: "harbour-report", Section: &section, Paragraph: paragraph, Title: "The Harbour Report.", Grade: knowledge.Expert}
}

func modelCard() knowledge.Source {
	return knowledge.Source{Document: "lotus-card", Title: "Lotus 2 model card", Publisher: "Lotus Lab", URL: "https://lotus.example/card", Date: knowledge.Date{Year: 2025, Month: 5, Day: 6}, Grade: knowledge.Primary}
}

func wire(title string, grade knowledge.Grade) knowledge.Source {
	return knowledge.Source{URL: "https://wire.example", Publisher: "The Wire", Title: title, Date: knowledge.Date{Year: 2025, Month: 8}, Grade: grade, General: true}
}

func on(year int, rest ...int) knowledge.Date {
	d := knowledge.Date{Year: year}
	if len(rest) > 0 {
		d.Month = time.Month(rest[0])
	}
	if len(rest) > 1 {
		d.Day = rest[1]
	}
	return d
}

func to(kind knowledge.RelationKind, id string) []knowledge.Relation {
	return []knowledge.Relation{{Kind: kind, To: id}}
}

func testFacts() []knowledge.Fact {
	type list = []string
	type tells = []knowledge.Attribute
	from := func(s ...knowledge.Source) []knowledge.Source { return s }
	author := "the report's author"
	return []knowledge.Fact{
		{ID: "lotus-release", Statement: "Lotus Lab released Lotus 2 on 6 May 2025.", Kind: knowledge.Event, Subjects: list{"lotus", "lotus-lab"}, Attributes: tells{"release"}, From: on(2025, 5, 6), Sources: from(modelCard(), at(1, 1)), Asks: list{"when did Lotus 2 come out", "莲花什么时候发布"}},
		{ID: "lotus-licence", Statement: "Lotus 2 may be used and sold freely under the Apache licence.", Kind: knowledge.Claim, Whose: "Lotus Lab", Subjects: list{"lotus"}, Mentions: list{"openness"}, Attributes: tells{"licence"}, From: on(2025, 5), Sources: from(modelCard()), Asks: list{"what licence has Lotus", "莲花的许可证"}},
		{ID: "lotus-cost", Statement: "Training Lotus 2 cost 4 million dollars.", Kind: knowledge.Figure, Subjects: list{"lotus", "lotus-lab"}, Attributes: tells{"cost"}, From: on(2025), Sources: from(at(1, 2)), Asks: list{"what did training Lotus cost", "训练莲花花了多少钱"}},
		{ID: "lotus-cost-partial", Statement: "The 4 million dollars leave out salaries, failed runs and the machines.", Kind: knowledge.Assessment, Whose: author, Subjects: list{"lotus"}, Attributes: tells{"limits"}, Sources: from(at(1, 10), at(3, 1)), Relations: to(knowledge.Qualifies, "lotus-cost"), Asks: list{"what does the bill leave out"}},
		{ID: "lotus-cost-doubted", Statement: "Rivals say that so low a figure cannot be true.", Kind: knowledge.Claim, Whose: "unnamed rivals", Subjects: list{"lotus"}, Attributes: tells{"reaction"}, From: on(2025, 8), Sources: from(wire("Rivals doubt Lotus", knowledge.Secondary)), Relations: to(knowledge.Disputes, "lotus-cost"), Asks: list{"who doubts the figure"}},
		{ID: "lotus-cost-checked", Statement: "Two universities trained a like model for a like sum.", Kind: knowledge.Event, Subjects: list{"lotus"}, Attributes: tells{"validation"}, From: on(2025, 9, 1), Sources: from(wire("Lotus run again", knowledge.Press)), Relations: to(knowledge.Supports, "lotus-cost"), Asks: list{"has anybody repeated the run"}},
		{ID: "lotus-on-jade-cloud", Statement: "Most users run Lotus on Jade Cloud.", Kind: knowledge.Claim, Whose: author, Subjects: list{"jade-cloud", "lotus"}, Mentions: list{"jade-group"}, Attributes: tells{"use"}, Sources: from(at(1, 3)), Asks: list{"where is Lotus run"}},
		{ID: "jade-stake", Statement: "Jade Group holds a tenth of Lotus Lab.", Kind: knowledge.Figure, Subjects: list{"jade-group", "lotus-lab"}, Attributes: tells{"stake"}, From: on(2024), Sources: from(at(3, 2)), Asks: list{"how much of Lotus Lab does Jade own"}},
		{ID: "jade-capex-2024", Statement: "Jade Group planned to spend 10 billion yuan on data centres.", Kind: knowledge.Figure, Subjects: list{"jade-group"}, Attributes: tells{"capex"}, From: on(2024), Until: on(2024), Sources: from(at(3, 3)), Asks: list{"data centre budget of Jade in 2024"}},
		{ID: "jade-capex-2025", Statement: "Jade Group plans to spend 30 billion yuan on data centres.", Kind: knowledge.Figure, Subjects: list{"jade-group"}, Attributes: tells{"capex"}, From: on(2025, 3), Sources: from(wire("Jade triples its budget", knowledge.Press)), Relations: to(knowledge.Supersedes, "jade-capex-2024"), Asks: list{"data centre capex of Jade"}},
		{ID: "jade-and-lotus", Statement: "Jade sells a cloud where Lotus Lab sells nothing but attention.", Kind: knowledge.Assessment, Whose: author, Subjects: list{"jade-group", "lotus-lab"}, Attributes: tells{"comparison"}, Sources: from(at(5, 1)), Asks: list{"how do Jade and Lotus Lab differ"}},
		{ID: "rule-bans", Statement: "The Chip Rule forbids selling the best AI chips to China.", Kind: knowledge.Event, Subjects: list{"chip-rule"}, Attributes: tells{"ban"}, From: on(2022, 10, 7), Sources: from(at(2, 1)), Asks: list{"what does the chip rule forbid", "芯片规则禁止什么"}},
		{ID: "rule-failed", Statement: "The Chip Rule did not stop Chinese labs.", Kind: knowledge.Assessment, Whose: author, Subjects: list{"chip-rule"}, Attributes: tells{"effect"}, Sources: from(at(2, 2), at(10, 1)), Asks: list{"why did the chip rule fail", "did the ban work"}},
		{ID: "rule-delayed", Statement: "The Chip Rule cost Chinese labs about a year.", Kind: knowledge.Assessment, Whose: author, Subjects: list{"chip-rule"}, Attributes: tells{"effect"}, Sources: from(at(2, 3)), Relations: to(knowledge.Qualifies, "rule-failed"), Asks: list{"how long did the rule hold them up"}},
		{ID: "rule-grace", Statement: "Orders placed earlier could be delivered for a year.", Kind: knowledge.Event, Subjects: list{"chip-rule"}, Attributes: tells{"requirement"}, Until: on(2023, 10), Sources: from(at(2, 4)), Asks: list{"was there a grace period"}},
		{ID: "rule-hits-granite", Statement: "The Chip Rule took a fifth of Granite's sales.", Kind: knowledge.Claim, Whose: "Granite", Subjects: list{"granite", "chip-rule"}, Attributes: tells{"revenue"}, From: on(2023), Until: on(2024, 6), Sources: from(at(4, 1)), Asks: list{"what did Granite lose to the rule"}},
		{ID: "granite-west", Statement: "Western orders more than made up for what Granite lost in China.", Kind: knowledge.Claim, Whose: author, Subjects: list{"granite"}, Attributes: tells{"sales"}, Sources: from(at(4, 2)), Asks: list{"why did Granite grow all the same"}},
		{ID: "data-act-scope", Statement: "The Data Act wants a record of every training set.", Kind: knowledge.Event, Subjects: list{"data-act"}, Attributes: tells{"requirement"}, From: on(2024, 1), Sources: from(at(2, 5)), Asks: list{"what must be recorded under the data act"}},
		{ID: "willow-users", Statement: "Willow has two million users, a trade site says.", Kind: knowledge.Claim, Whose: "a trade site", Subjects: list{"willow"}, Attributes: tells{"users"}, From: on(2025), Sources: from(wire("Willow grows", knowledge.Secondary)), Asks: list{"how many people use Willow"}},
	}
}

func testSnapshot(t *testing.T) *knowledge.Snapshot {
	t.Helper()
	c := testContents()
	for _, p := range c.Check() {
		t.Errorf("the test's fact base: %v", p)
	}
	return knowledge.NewSnapshot(c, 7, time.Date(2026, 2, 3, 4, 5, 0, 0, time.UTC))
}

func shippedSnapshot(t *testing.T) *knowledge.Snapshot {
	t.Helper()
	s, err := knowledge.ShippedBase().Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return s
}
