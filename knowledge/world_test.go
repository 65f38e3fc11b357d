package knowledge_test

import "silkwire/knowledge"

// world is a small fact base without mistakes that has every kind of record.
func world() knowledge.Contents {
	return knowledge.Contents{
		Documents: []knowledge.Document{{
			ID: "report", Title: "A Report", Author: "the analyst", Grade: knowledge.Expert,
			URL: "https://example.org/report", Sections: []string{"introduction", "findings"},
		}},
		Entities: []knowledge.Entity{
			{
				Slug: "acme", Name: "Acme", Kind: knowledge.KindCompany,
				Aliases: []knowledge.Alias{{Text: "Acme Industries", Kind: knowledge.AliasName}},
				Tickers: []knowledge.Ticker{{Symbol: "ACME", Exchange: "NASDAQ", Currency: "USD"}, {Symbol: "0042.HK", Currency: "HKD"}},
			},
			{
				Slug: "zeta", Name: "Zeta Labs", Kind: knowledge.KindLab, Parent: "acme",
				Aliases:  []knowledge.Alias{{Text: "泽塔", Kind: knowledge.AliasChinese}},
				Unlisted: &knowledge.Unlisted{Nearest: "acme", Why: "its owner"},
			},
		},
		Ambiguous:   []knowledge.Ambiguity{{Alias: "the lab", Entities: []string{"zeta", "acme"}}},
		Concepts:    []knowledge.Concept{{Slug: "cost", Name: "cost", Words: []string{"cheap", "dear"}}},
		Instruments: []knowledge.Instrument{{Symbol: "XAU", Name: "gold", Class: knowledge.Commodity, Aliases: []string{"黄金"}}},
		Quotes: []knowledge.Quote{{
			Symbol: "ACME", Price: "12.50", Currency: "USD", ChangePercent: "-0.33", AsOf: "05:15 UTC, date not given", Source: "report",
		}},
		Exposures: []knowledge.Exposure{{
			Symbol: "ACME", Direction: knowledge.Mixed, Driver: "Its lab sells.",
			Paths: []knowledge.Path{{Direction: knowledge.Benefits, Hops: []knowledge.Hop{{Entity: "zeta", Fact: "zeta-cheap"}}}},
		}},
		Facts: []knowledge.Fact{
			claim("zeta-cheap", "Zeta Labs trains cheaply."),
			claim("zeta-not-so-cheap", "The figure leaves out salaries.", knowledge.Relation{Kind: knowledge.Qualifies, To: "zeta-cheap"}),
		},
	}
}

func claim(id, statement string, relations ...knowledge.Relation) knowledge.Fact {
	section := 1
	return knowledge.Fact{
		ID: id, Statement: statement, Kind: knowledge.Claim, Whose: "the analyst",
		Subjects: []string{"zeta"}, Mentions: []string{"acme"}, Attributes: []knowledge.Attribute{"cost"},
		From: knowledge.Date{Year: 2025},
		Sources: []knowledge.Source{{
			Document: "report", Section: &section, Paragraph: 2, URL: "https://example.org/report", Title: "A Report", Grade: knowledge.Expert,
		}},
		Relations: relations,
		Asks:      []string{"is zeta cheap"},
	}
}
