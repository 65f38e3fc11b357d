package quote

import (
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/currency"

	"silkwire/knowledge"
)

// Rules is what rows are checked by.
type Rules struct {
	Base   *knowledge.Snapshot
	Now    time.Time
	Source string // who gave the price where the row does not say
	// NewCurrency are the symbols whose currency may be another than it was.
	NewCurrency []string
}

// Limits of what a row may hold. A price has no more digits than a float can tell apart,
// a name fits on a line.
const (
	maxDigits  = 24
	maxName    = 80
	maxAddress = 500
)

// How far ahead of this clock a price may be: clocks differ by minutes, and the day has
// begun elsewhere up to 14 hours earlier.
const (
	clocksDiffer = 5 * time.Minute
	daysDiffer   = 14 * time.Hour
)

// Both forms are numbers of JSON too, which has none that begin with 00.
var (
	priceForm  = regexp.MustCompile(`^(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$`)
	changeForm = regexp.MustCompile(`^[+-]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$`)
)

// Check makes prices of the rows that are right, in their order, and names what is wrong
// with each of the others.
func (r Rules) Check(rows []Row) ([]knowledge.Quote, []Problem) {
	var good []knowledge.Quote
	var problems []Problem
	for _, row := range rows {
		q, wrong := r.row(row)
		if len(wrong) > 0 {
			problems = append(problems, wrong...)
			continue
		}
		good = append(good, q)
	}
	return good, problems
}

func (r Rules) row(row Row) (knowledge.Quote, []Problem) {
	k := checker{rules: r}
	q := knowledge.Quote{
		Symbol: k.symbol(row.Symbol), Price: k.price(row.Price), ChangePercent: k.change(row.Change),
		AsOf: k.asOf(row.AsOf), Source: k.source(row.Source), URL: k.address(row.URL),
	}
	q.Currency = k.currency(row.Currency, q.Symbol)
	return q, k.problems
}

// checker collects what is wrong with one row.
type checker struct {
	rules    Rules
	problems []Problem
}

func (k *checker) say(c Cell, format string, args ...any) {
	k.problems = append(k.problems, problem(c, format, args...))
}

func (k *checker) symbol(c Cell) string {
	if c.Text == "" {
		k.say(c, "the symbol is missing")
		return ""
	}
	symbol := k.rules.Base.ExactSymbol(c.Text)
	if symbol == "" {
		k.say(c, "the fact base knows no symbol “%s”", shown(c.Text))
	}
	return symbol
}

func (k *checker) price(c Cell) string {
	switch {
	case c.Text == "":
		k.say(c, "the price is missing")
	case len(c.Text) > maxDigits || !priceForm.MatchString(c.Text):
		k.say(c, "“%s” is no price: write digits without signs and separators, for example 1234.56", shown(c.Text))
	case strings.Trim(c.Text, "0.") == "":
		k.say(c, "a price of nothing is taken for one that is not known")
	}
	return c.Text
}

func (k *checker) change(c Cell) string {
	if c.Text != "" && (len(c.Text) > maxDigits || !changeForm.MatchString(c.Text)) {
		k.say(c, "“%s” is no change in percent: write signed digits, for example -0.33, or nothing", shown(c.Text))
	}
	return strings.TrimPrefix(c.Text, "+")
}

func (k *checker) currency(c Cell, symbol string) string {
	unit, err := currency.ParseISO(c.Text)
	if err != nil || unit.String() != c.Text || unit == currency.XXX || unit == currency.XTS {
		k.say(c, "“%s” is no currency: write the three capital letters of ISO 4217, for example USD", shown(c.Text))
		return ""
	}
	if was := k.rules.Base.Currency(symbol); symbol != "" && was != "" && was != c.Text && !k.renamed(symbol) {
		k.say(c, "%s is priced in %s, and this is in %s: if that is right, import one with --new-currency %s", symbol, was, c.Text, symbol)
	}
	return c.Text
}

func (k *checker) renamed(symbol string) bool {
	for _, s := range k.rules.NewCurrency {
		if k.rules.Base.ExactSymbol(s) == symbol {
			return true
		}
	}
	return false
}

// asOf takes a moment or a day, and gives a moment in UTC.
func (k *checker) asOf(c Cell) string {
	day, err := time.Parse(time.DateOnly, c.Text)
	if err == nil {
		k.soon(c, day, daysDiffer)
		return c.Text
	}
	at, err := time.Parse(time.RFC3339, c.Text)
	if err != nil {
		k.say(c, "“%s” is no time: write 2026-11-25T20:00:00Z, or the day alone", shown(c.Text))
		return ""
	}
	k.soon(c, at, clocksDiffer)
	return at.UTC().Format(time.RFC3339)
}

// oldest is before any price that somebody could want.
var oldest = time.Date(1900, time.January, 1, 0, 0, 0, 0, time.UTC)

func (k *checker) soon(c Cell, at time.Time, leeway time.Duration) {
	switch {
	case at.After(k.rules.Now.Add(leeway)):
		k.say(c, "%s is in the future", c.Text)
	case at.Before(oldest):
		k.say(c, "%s is too long ago for a price", c.Text)
	}
}

// source is who gave the price: of the row, else of the whole file.
func (k *checker) source(c Cell) string {
	name := c.Text
	if name == "" {
		name = k.rules.Source
	}
	switch {
	case name == "":
		k.say(c, "it is not said who gave this price: name them in a column source")
	case utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, unicode.IsControl):
		k.say(c, "the source is no name: write at most %d characters on one line", maxName)
	}
	return name
}

func (k *checker) address(c Cell) string {
	if c.Text != "" && !isAddress(c.Text) {
		k.say(c, "“%s” is no address: it must begin with https:// or http://", shown(c.Text))
	}
	return c.Text
}

func isAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && len(s) <= maxAddress && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && !strings.ContainsFunc(s, unicode.IsSpace)
}

// shown is text of a file as a report shows it: short, on one line.
func shown(s string) string {
	const enough = 40
	clean := []rune(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '�'
		}
		return r
	}, s))
	if len(clean) > enough {
		return string(clean[:enough]) + "…"
	}
	return string(clean)
}
