package quote_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"silkwire/knowledge"
	"silkwire/knowledge/quote"
)

// now is when the tests run.
var now = time.Date(2026, time.November, 26, 15, 0, 0, 0, time.UTC)

// contents is a fact base of two listed companies, gold, and one price.
func contents() knowledge.Contents {
	section := 1
	return knowledge.Contents{
		Documents: []knowledge.Document{{ID: "report", Title: "A Report", Author: "the analyst", Grade: knowledge.Expert, Sections: []string{"introduction", "findings"}}},
		Entities: []knowledge.Entity{
			{Slug: "acme", Name: "Acme", Kind: knowledge.KindCompany, Tickers: []knowledge.Ticker{{Symbol: "ACME", Exchange: "NASDAQ", Currency: "USD"}, {Symbol: "0042.HK", Currency: "HKD"}}},
			{Slug: "bolt", Name: "Bolt", Kind: knowledge.KindCompany, Tickers: []knowledge.Ticker{{Symbol: "BOLT", Currency: "USD"}}},
		},
		Instruments: []knowledge.Instrument{{Symbol: "XAU", Name: "gold", Class: knowledge.Commodity}},
		Quotes:      []knowledge.Quote{{Symbol: "ACME", Price: "12.50", Currency: "USD", ChangePercent: "-0.33", AsOf: "05:15 UTC, date not given", Source: "report"}},
		Exposures: []knowledge.Exposure{{
			Symbol: "BOLT", Direction: knowledge.Hurt, Driver: "It sells less.",
			Paths: []knowledge.Path{{Direction: knowledge.Hurt, Hops: []knowledge.Hop{{Entity: "acme", Fact: "bolt-less"}}}},
		}},
		Facts: []knowledge.Fact{{
			ID: "bolt-less", Statement: "Bolt sells less.", Kind: knowledge.Event, Subjects: []string{"bolt"}, Mentions: []string{"acme"}, Attributes: []knowledge.Attribute{"cost"},
			Sources: []knowledge.Source{{Document: "report", Section: &section, Paragraph: 1, Title: "A Report", Grade: knowledge.Expert}},
		}},
	}
}

func snapshot() *knowledge.Snapshot { return knowledge.NewSnapshot(contents(), 1, now) }

func rules() quote.Rules { return quote.Rules{Base: snapshot(), Now: now, Source: "a file"} }

// said is what a file comes to, a line each: prices that are right, then problems.
func said(t *testing.T, name, text string, r quote.Rules) string {
	t.Helper()
	rows, unread, err := quote.Read(name, []byte(text))
	if err != nil {
		return "nothing: " + err.Error()
	}
	good, wrong := r.Check(rows)
	var lines []string
	for _, q := range good {
		lines = append(lines, strings.TrimRight(strings.Join([]string{q.Symbol, q.Price, q.Currency, q.ChangePercent, q.AsOf, q.Source, q.URL}, "|"), "|"))
	}
	for _, p := range append(unread, wrong...) {
		lines = append(lines, p.Error())
	}
	return strings.Join(lines, "\n")
}

func compare(t *testing.T, text, got string, want []string) {
	t.Helper()
	if w := strings.Join(want, "\n"); got != w {
		t.Errorf("of\n%s\ngot\n%s\nwant\n%s", text, got, w)
	}
}

func TestReadCSV(t *testing.T) {
	const header = "symbol,price,currency,as_of\n"
	tests := map[string]struct {
		text string
		want []string
	}{
		"comma":           {header + "ACME,13.10,USD,2026-11-25\n", []string{"ACME|13.10|USD||2026-11-25|a file"}},
		"semicolon":       {"as_of;Symbol;PRICE;currency;Change percent\n2026-11-25T20:00:00Z;bolt;7;USD;+0.50\n", []string{"BOLT|7|USD|0.50|2026-11-25T20:00:00Z|a file"}},
		"tab":             {"symbol\tchange_percent\tprice\tcurrency\tas_of\nACME\t\t13\tUSD\t2026-11-25\n", []string{"ACME|13|USD||2026-11-25|a file"}},
		"byteOrderMark":   {"\ufeff" + header + "ACME,13,USD,2026-11-25\r\n", []string{"ACME|13|USD||2026-11-25|a file"}},
		"quotedNames":     {"\"symbol\",\"price\",\"currency\",\"as_of\",\"source\"\n\"ACME\",\"13\",\"USD\",\"2026-11-25\",\"Desk, the first\"\n", []string{"ACME|13|USD||2026-11-25|Desk, the first"}},
		"otherColumns":    {"name,symbol,volume,price,currency,as_of\nAcme,ACME,1,13,USD,2026-11-25\n", []string{"ACME|13|USD||2026-11-25|a file"}},
		"spellings":       {header + "NASDAQ:ACME,13,USD,2026-11-25\n00042.HK, 7,HKD, 2026-11-25\n", []string{"ACME|13|USD||2026-11-25|a file", "0042.HK|7|HKD||2026-11-25|a file"}},
		"otherZone":       {header + "ACME,13,USD,2026-11-26T08:30:00+08:00\n", []string{"ACME|13|USD||2026-11-26T00:30:00Z|a file"}},
		"sourceOfTheRow":  {"symbol,price,currency,as_of,source,url\nACME,13,USD,2026-11-25,Desk,https://desk.example/acme\n", []string{"ACME|13|USD||2026-11-25|Desk|https://desk.example/acme"}},
		"tomorrowInTokyo": {header + "ACME,13,USD,2026-11-27\n", []string{"ACME|13|USD||2026-11-27|a file"}},

		"quoteOfNaN":         {header + "ACME,NaN,USD,2026-11-25\nBOLT,7,USD,2026-11-25\n", []string{"BOLT|7|USD||2026-11-25|a file", "2:6: “NaN” is no price: write digits without signs and separators, for example 1234.56"}},
		"priceInfinite":      {header + "ACME,Inf,USD,2026-11-25\n", []string{"2:6: “Inf” is no price: write digits without signs and separators, for example 1234.56"}},
		"priceNegative":      {header + "ACME,-13,USD,2026-11-25\n", []string{"2:6: “-13” is no price: write digits without signs and separators, for example 1234.56"}},
		"priceExponent":      {header + "ACME,1e3,USD,2026-11-25\n", []string{"2:6: “1e3” is no price: write digits without signs and separators, for example 1234.56"}},
		"priceLeadingZero":   {header + "ACME,013,USD,2026-11-25\n", []string{"2:6: “013” is no price: write digits without signs and separators, for example 1234.56"}},
		"priceBelowOne":      {header + "ACME,0.013,USD,2026-11-25\n", []string{"ACME|0.013|USD||2026-11-25|a file"}},
		"priceEmpty":         {header + "ACME,,USD,2026-11-25\n", []string{"2:6: the price is missing"}},
		"priceZero":          {header + "ACME,0.00,USD,2026-11-25\n", []string{"2:6: a price of nothing is taken for one that is not known"}},
		"priceWithThousands": {header + "ACME,\"1,234.50\",USD,2026-11-25\n", []string{"2:6: “1,234.50” is no price: write digits without signs and separators, for example 1234.56"}},
		"priceEuropean":      {"symbol;price;currency;as_of\nACME;13,10;USD;2026-11-25\n", []string{"2:6: “13,10” is no price: write digits without signs and separators, for example 1234.56"}},
		"priceTooLong":       {header + "ACME," + strings.Repeat("9", 60) + ",USD,2026-11-25\n", []string{"2:6: “" + strings.Repeat("9", 40) + "…” is no price: write digits without signs and separators, for example 1234.56"}},
		"priceHostile":       {header + "ACME,\x1b[2J@everyone,USD,2026-11-25\n", []string{"2:6: “�[2J@everyone” is no price: write digits without signs and separators, for example 1234.56"}},

		"priceInAnotherCurrency": {header + "ACME,13,EUR,2026-11-25\n", []string{"2:9: ACME is priced in USD, and this is in EUR: if that is right, import one with --new-currency ACME"}},
		"currencyOfTheExchange":  {header + "0042.HK,13,USD,2026-11-25\n", []string{"2:12: 0042.HK is priced in HKD, and this is in USD: if that is right, import one with --new-currency 0042.HK"}},
		"currencyUnknown":        {header + "ACME,13,USX,2026-11-25\n", []string{"2:9: “USX” is no currency: write the three capital letters of ISO 4217, for example USD"}},
		"currencyPence":          {header + "XAU,13,GBp,2026-11-25\n", []string{"2:8: “GBp” is no currency: write the three capital letters of ISO 4217, for example USD"}},
		"currencyNone":           {header + "XAU,13,XXX,2026-11-25\n", []string{"2:8: “XXX” is no currency: write the three capital letters of ISO 4217, for example USD"}},
		"currencyMissing":        {header + "ACME,13,,2026-11-25\n", []string{"2:9: “” is no currency: write the three capital letters of ISO 4217, for example USD"}},
		"symbolUnknown":          {header + "QQQ,13,USD,2026-11-25\nAcme,13,USD,2026-11-25\nBolt,7,USD,2026-11-25\n", []string{"ACME|13|USD||2026-11-25|a file", "BOLT|7|USD||2026-11-25|a file", "2:1: the fact base knows no symbol “QQQ”"}},
		"symbolMissing":          {header + ",13,USD,2026-11-25\n", []string{"2:1: the symbol is missing"}},
		"changeWrong":            {"symbol,price,currency,as_of,change_percent\nACME,13,USD,2026-11-25,up\n", []string{"2:24: “up” is no change in percent: write signed digits, for example -0.33, or nothing"}},
		"dateInTheFuture":        {header + "ACME,13,USD,2026-11-28\nBOLT,7,USD,2026-11-26T15:06:00Z\n", []string{"2:13: 2026-11-28 is in the future", "3:12: 2026-11-26T15:06:00Z is in the future"}},
		"dateOfAnotherForm":      {header + "ACME,13,USD,25.11.2026\n", []string{"2:13: “25.11.2026” is no time: write 2026-11-25T20:00:00Z, or the day alone"}},
		"dateThatIsNone":         {header + "ACME,13,USD,2026-02-30\n", []string{"2:13: “2026-02-30” is no time: write 2026-11-25T20:00:00Z, or the day alone"}},
		"dateLongAgo":            {header + "ACME,13,USD,0001-01-01\n", []string{"2:13: 0001-01-01 is too long ago for a price"}},
		"addressOfAScript":       {"symbol,price,currency,as_of,url\nACME,13,USD,2026-11-25,javascript:alert(1)\n", []string{"2:24: “javascript:alert(1)” is no address: it must begin with https:// or http://"}},
		"sourceTooLong":          {"symbol,price,currency,as_of,source\nACME,13,USD,2026-11-25," + strings.Repeat("é", 81) + "\n", []string{"2:24: the source is no name: write at most 80 characters on one line"}},
		"sourceOfTwoLines":       {"symbol,price,currency,as_of,source\nACME,13,USD,2026-11-25,\"a\nb\"\n", []string{"2:24: the source is no name: write at most 80 characters on one line"}},

		"columnMissing": {"symbol,price,as_of\nACME,13,2026-11-25\n", []string{"nothing: 1:1: there is no column currency: the header must name symbol, price, currency, as_of, and may name change_percent, source and url"}},
		"columnTwice":   {"symbol,price,Price,currency,as_of\n", []string{"nothing: 1:14: two columns are named price"}},
		"headerMissing": {"ACME,13,USD,2026-11-25\n", []string{"nothing: 1:1: there is no column symbol: the header must name symbol, price, currency, as_of, and may name change_percent, source and url"}},
		"rowTooShort":   {header + "ACME,13\nBOLT,7,USD,2026-11-25\n", []string{"BOLT|7|USD||2026-11-25|a file", "2:1: this row has 2 fields, and the header names 4"}},
		"quoteInside":   {header + "AC\"ME,13,USD,2026-11-25\nBOLT,7,USD,2026-11-25\n", []string{"BOLT|7|USD||2026-11-25|a file", "2:3: this is no CSV: bare \" in non-quoted-field"}},
		"emptyFile":     {"\ufeff \n", []string{"nothing: 1:1: the file is empty"}},
		"utf16":         {"\xff\xfes\x00y\x00", []string{"nothing: 1:1: the file is in UTF-16: save it as UTF-8 (in Excel: CSV UTF-8)"}},
		"latin1":        {header + "ACME,13,USD,2026-11-25\nB\xf6lt,7,USD,2026-11-25\n", []string{"nothing: 3:2: this is no UTF-8: save the file as UTF-8"}},
		"tooLarge":      {header + strings.Repeat("\n", quote.MaxFile), []string{"nothing: 1:1: the file has more than 16 MiB: import it in parts"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			shown := test.text
			if len(shown) > 1000 {
				shown = shown[:1000]
			}
			compare(t, shown, said(t, "prices.csv", test.text, rules()), test.want)
		})
	}
}

func TestReadJSON(t *testing.T) {
	const acme = `{"symbol":"ACME","price":"13.10","currency":"USD","as_of":"2026-11-25"}`
	tests := map[string]struct {
		text string
		want []string
	}{
		"list":          {`[` + acme + `]`, []string{"ACME|13.10|USD||2026-11-25|a file"}},
		"wrapped":       {"{\"answered\": true, \"facts\": [{}],\n \"quotes\": [" + acme + "]}\n", []string{"ACME|13.10|USD||2026-11-25|a file"}},
		"byteOrderMark": {"\ufeff[" + acme + "]", []string{"ACME|13.10|USD||2026-11-25|a file"}},
		"numbers":       {`[{"price":63127.00,"symbol":"ACME","currency":"USD","as_of":"2026-11-25","change_percent":-0.330,"source":null}]`, []string{"ACME|63127.00|USD|-0.330|2026-11-25|a file"}},
		"nullChange":    {`[{"price":13,"symbol":"ACME","currency":"USD","as_of":"2026-11-25","change_percent":null}]`, []string{"ACME|13|USD||2026-11-25|a file"}},
		"emptyList":     {`[]`, []string{""}},

		"quoteOfNaN":     {"[" + acme + ",\n  {\"symbol\":\"BOLT\",\"price\":\"NaN\",\"currency\":\"USD\",\"as_of\":\"2026-11-25\"}]", []string{"ACME|13.10|USD||2026-11-25|a file", "2:28: “NaN” is no price: write digits without signs and separators, for example 1234.56"}},
		"bareNaN":        {"[\n {\"symbol\":\"BOLT\",\"price\":NaN}]", []string{"nothing: 2:27: this is no JSON: invalid character 'N' looking for beginning of value"}},
		"exponent":       {`[{"symbol":"BOLT","price":1e3,"currency":"USD","as_of":"2026-11-25"}]`, []string{"1:27: “1e3” is no price: write digits without signs and separators, for example 1234.56"}},
		"fieldMissing":   {"[\n  {\"symbol\":\"BOLT\",\"currency\":\"USD\",\"as_of\":\"2026-11-25\"}]", []string{"2:3: the price is missing"}},
		"fieldTwice":     {`[{"symbol":"BOLT","price":1,"price":2,"currency":"USD","as_of":"2026-11-25"}]`, []string{"1:37: price stands here twice"}},
		"priceInAList":   {"[{\"symbol\":\"BOLT\",\n\"price\":[1],\"currency\":\"USD\",\"as_of\":\"2026-11-25\"}," + acme + "]", []string{"ACME|13.10|USD||2026-11-25|a file", "2:9: price is no text and no number"}},
		"entryIsNoPrice": {"[7,\n\"ACME\", null, " + acme + "]", []string{"ACME|13.10|USD||2026-11-25|a file", "1:2: this is no object with a price", "2:1: this is no object with a price", "2:9: this is no object with a price"}},
		"cutShort":       {`[` + acme + `,{"symbol":`, []string{"nothing: 1:84: this is no JSON: it ends too early"}},
		"moreBehind":     {`[] []`, []string{"nothing: 1:4: something stands behind the list of prices"}},
		"noList":         {`"ACME"`, []string{"nothing: 1:1: this is no list of prices"}},
		"noQuotes":       {`{"answered":false}`, []string{`nothing: 1:1: there is no list "quotes" in this object`}},
		"quotesNoList":   {`{"quotes":{}}`, []string{`nothing: 1:11: "quotes" is no list of prices`}},
		"seedTape":       {`{"quotes":[{"symbol":"ACME","price":12.5,"currency":"USD","change_percent":1,"as_of":"05:15 UTC, date not given","source":"report"}]}`, []string{"1:86: “05:15 UTC, date not given” is no time: write 2026-11-25T20:00:00Z, or the day alone"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			compare(t, test.text, said(t, "prices.JSON", test.text, rules()), test.want)
		})
	}
}

// Whoever says so clearly may change the currency of a symbol, and of that one alone.
func TestNewCurrency(t *testing.T) {
	r := rules()
	r.NewCurrency = []string{"acme.us"}
	const text = "symbol,price,currency,as_of\nACME,13,EUR,2026-11-25\nBOLT,7,EUR,2026-11-25\n"
	compare(t, text, said(t, "prices.csv", text, r), []string{"ACME|13|EUR||2026-11-25|a file", "3:8: BOLT is priced in USD, and this is in EUR: if that is right, import one with --new-currency BOLT"})
}

func TestNoSource(t *testing.T) {
	r := rules()
	r.Source = ""
	const text = "symbol,price,currency,as_of,source\nACME,13,USD,2026-11-25,\n"
	compare(t, text, said(t, "prices.csv", text, r), []string{"2:24: it is not said who gave this price: name them in a column source"})
}

// What is written reads back the same.
func TestWrite(t *testing.T) {
	quotes := []knowledge.Quote{
		{Symbol: "ACME", Price: "13.10", Currency: "USD", ChangePercent: "-0.5", AsOf: "2026-11-25", Source: "Desk, \"the\" <first>", URL: "https://desk.example/a?b=1&c=2"},
		{Symbol: "BOLT", Price: "7", Currency: "USD", AsOf: "2026-11-25T20:00:00Z", Source: "书桌"},
	}
	for _, name := range []string{"prices.csv", "prices.json"} {
		var text strings.Builder
		if err := quote.Write(&text, name, quotes); err != nil {
			t.Fatal(err)
		}
		compare(t, text.String(), said(t, name, text.String(), rules()), []string{
			`ACME|13.10|USD|-0.5|2026-11-25|Desk, "the" <first>|https://desk.example/a?b=1&c=2`, "BOLT|7|USD||2026-11-25T20:00:00Z|书桌",
		})
	}
}

// fuzzRead holds for any bytes: nothing panics, every place is in the file, and every price
// that is taken is one.
func fuzzRead(f *testing.F, name string, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	r := rules()
	f.Fuzz(func(t *testing.T, data []byte) {
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 1
		rows, problems, err := quote.Read(name, data)
		if err != nil {
			p, ok := err.(quote.Problem) //nolint:errorlint // it is never wrapped
			if !ok || p.Line < 1 || p.Column < 1 || p.Line > lines {
				t.Fatalf("%q: %v", data, err)
			}
			return
		}
		good, wrong := r.Check(rows)
		for _, p := range append(problems, wrong...) {
			if p.Line < 1 || p.Column < 1 || p.Line > lines || p.Says == "" || strings.ContainsRune(p.Says, '\n') {
				t.Fatalf("%q: %v", data, p)
			}
		}
		var text strings.Builder
		if err := quote.Write(&text, name, good); err != nil {
			t.Fatal(err)
		}
		again, problems, err := quote.Read(name, []byte(text.String()))
		back, wrong := r.Check(again)
		if err != nil || len(problems)+len(wrong) > 0 || len(back) != len(good) {
			t.Fatalf("%q: wrote\n%s\n%v %v %v", data, text.String(), err, problems, wrong)
		}
		for i := range good {
			if !json.Valid([]byte(good[i].Price)) || good[i].ChangePercent != "" && !json.Valid([]byte(good[i].ChangePercent)) {
				t.Fatalf("%q: %v are no numbers", data, good[i])
			}
			if at, known := good[i].Moment(); !known || at.After(now.Add(48*time.Hour)) || back[i] != good[i] {
				t.Fatalf("%q: got %v, then %v", data, good[i], back[i])
			}
		}
	})
}

func FuzzReadCSV(f *testing.F) {
	fuzzRead(f, "prices.csv", "symbol,price,currency,as_of\nACME,13,USD,2026-11-25\n", "\ufeffas_of;symbol;price;currency;source\n2026-11-25;\"AC\nME\";7;USD;x\n", "symbol\tprice\tcurrency\tas_of\tchange_percent\nXAU\t1\tEUR\t2026-11-25T00:00:00Z\t-1\n")
}

func FuzzReadJSON(f *testing.F) {
	fuzzRead(f, "prices.json", `[{"symbol":"ACME","price":13,"currency":"USD","as_of":"2026-11-25","source":"a\u0000b"}]`, `{"x":[],"quotes":[{"symbol":"XAU","price":"1","currency":"EUR","as_of":"2026-11-25"},7]}`, `[`)
}
