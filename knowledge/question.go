package knowledge

import (
	"slices"
	"strings"

	"silkwire/knowledge/entity"
	"silkwire/knowledge/text"
)

// Query is a question with what the conversation was about before it.
type Query struct {
	Text string
	// Entities are the slugs that the conversation was about, the main one
	// first; Before is the question before this one. Both may be empty.
	Entities []string
	Before   string
	Facts    []string // ids of the facts that were shown before, best first
	Limit    int      // how many facts at most; 0: 6
}

// question is a Query as it is understood.
type question struct {
	tokens   []text.Token
	matches  []entity.Match
	terms    []weighted
	words    []asked // what must be covered by a fact that answers
	context  bool    // it leans on the conversation
	entities []string
	shown    []string // the first facts that were shown before
	repaired []string // by token: the word that it was taken for, or ""
	wants    want
	symbols  []string // symbols that were typed, of the exposures
	specific bool     // it names a company, a lab, a model, a chip, a product or a person
	concrete bool     // it asks for a figure, a date or some attribute, not for a judgement
	price    bool     // it asks for a market price
}

// kindWords say beside a name only that it is a company: "Jack Ma's old company".
var kindWords = []string{"company", "firm", "outfit", "lab", "startup", "old", "former"}

// onlyNames tells whether a question says nothing beside names.
func (u question) onlyNames() bool {
	for i, t := range u.tokens {
		kind := len(u.matches) == 1 && slices.Contains(kindWords, t.Text)
		if !u.inName(i) && (t.Han || !text.Stop(t.Text) && !kind) {
			return false
		}
	}
	return len(u.matches) > 0
}

// compareWords say beside two names only that they are to be compared.
var compareWords = []string{
	"vs", "versus", "against", "compare", "compares", "compared", "comparing", "comparison", "between", "differ", "differs",
	"difference", "differences", "better", "对", "比", "较", "区", "别", "差", "异",
}

// compares tells whether a question names two things or more and says beside that only
// that they are to be compared.
func (u question) compares() bool { return len(u.matches) > 1 && u.asksBy(compareWords, nil) }

// asksBy tells whether a question has one of some words, and has besides only names, the
// words beside and such as say nothing of a subject.
func (u question) asksBy(words, beside []string) bool {
	asks := false
	for i, t := range u.tokens {
		switch {
		case u.inName(i):
		case slices.Contains(words, t.Text):
			asks = true
		case !text.Stop(t.Text) && !slices.Contains(beside, t.Text) && (!t.Han || !text.StopHan(t.Text)):
			return false
		}
	}
	return asks
}

// newWords ask what is new, and timeWords say beside them only since when.
var (
	newWords = []string{
		"new", "news", "newest", "latest", "recent", "recently", "lately", "changed", "changes", "happened", "happening", "update", "updates",
		"新", "闻", "消", "息",
	}
	timeWords = []string{"today", "yesterday", "week", "month", "day", "days", "weeks", "months", "morning", "facts", "今", "天", "周", "月", "最", "近"}
)

// asksNews tells whether a question names nothing and asks no more than what is new.
func (u question) asksNews() bool {
	return len(u.matches) == 0 && !u.context && u.asksBy(newWords, timeWords)
}

// inName tells whether a token is part of a name.
func (u question) inName(i int) bool {
	return slices.ContainsFunc(u.matches, func(m entity.Match) bool { return m.From <= i && i < m.To })
}

// asksCompany tells whether a question has a word that asks for the company of
// who is named: "Sam Altman's lab".
func (u question) asksCompany() bool {
	for i, t := range u.tokens {
		if !u.inName(i) && slices.Contains(kindWords, t.Text) {
			return true
		}
	}
	return false
}

// isConcrete tells whether something countable or dated is asked for, or an
// attribute by its name.
func (u question) isConcrete() bool {
	switch u.wants {
	case wantNumber, wantDate, wantNewest, wantPerson:
		return true
	}
	return slices.ContainsFunc(u.words, func(w asked) bool { return len(w.tells) > 0 }) ||
		slices.ContainsFunc(u.tokens, func(t text.Token) bool { return strings.ContainsAny(t.Text, "0123456789") })
}

// priceWord tells whether a word asks what something trades at.
func priceWord(w string) bool {
	return w == "price" || w == "prices" || w == "quote" || w == "quotes" || w == "worth"
}

// trades tells whether the word at i is the "trading" of "trading at", and not
// that of "trading with".
func trades(tokens []text.Token, i int) bool {
	if w := tokens[i].Text; w != "trading" && w != "trade" && w != "trades" {
		return false
	}
	return i+1 == len(tokens) || tokens[i+1].Text == "at" || tokens[i+1].Text == "for" || besidePrice[tokens[i+1].Text]
}

// hanPrices are pairs of Chinese characters that ask what something trades at.
var hanPrices = map[string]bool{
	"股价": true, "价格": true, "报价": true, "币价": true, "金价": true, "银价": true, "油价": true, "现价": true, "么价": true, "行情": true,
}

// hanPrice tells whether the Chinese character at i is part of such a pair.
func hanPrice(tokens []text.Token, i int) bool {
	before := i > 0 && hanPrices[tokens[i-1].Text+tokens[i].Text]
	return before || i+1 < len(tokens) && hanPrices[tokens[i].Text+tokens[i+1].Text]
}

// besidePrice are words that stand beside a name and "price" and ask for nothing
// else.
var besidePrice = map[string]bool{
	"share": true, "shares": true, "stock": true, "stocks": true, "ticker": true, "up": true, "down": true,
	"today": true, "rn": true, "at": true, "per": true, "ounce": true, "last": true, "close": true, "closing": true, "level": true, "spot": true,
	"current": true, "currently": true, "moving": true, "change": true, "day": true, "coin": true, "barrel": true, "latest": true, "check": true, "bucks": true, "dollars": true, "usd": true,
	"market": true, "snapshot": true, "tape": true, "figure": true, "right": true, "atm": true, "moment": true, "live": true,
}

// asksOnly tells whether a question has one informative word at most beside its
// names.
func (u question) asksOnly() bool {
	words := 0
	for _, w := range u.words {
		if len(w.entities) == 0 {
			words++
		}
	}
	return words <= 1
}

// asksPrice tells whether a question names something and for the rest asks what
// it trades at.
func (u question) asksPrice() bool {
	if len(u.matches) == 0 {
		return false
	}
	asks := false
	for i, t := range u.tokens {
		word := t.Text
		if u.repaired[i] != "" {
			word = u.repaired[i]
		}
		switch {
		case u.inName(i):
		case priceWord(word) || trades(u.tokens, i) || t.Han && hanPrice(u.tokens, i):
			asks = true
		case besidePrice[word] || text.Stop(word) || t.Han && text.StopHan(word):
		default:
			return false
		}
	}
	return asks
}

// asked is one informative word, or name, of a question with all that it may
// mean.
type asked struct {
	text     string
	terms    []int32 // any of them covers it
	entities []int32 // or being about any of these
	strange  bool    // neither the fact base nor English has the word: a name, most likely
	specific bool    // it names a company, a lab, a model, a chip, a product or a person
	number   bool    // it has digits, or is a month: a year, a quarter, a version
	weight   float64
	// tells is what the word asks of the subject, if it asks for something.
	tells []Attribute
}

// weighted is a term of a question with its weight. Its number is -1 if no fact
// has it.
type weighted struct {
	term   int32
	text   string
	weight float64
}

// pronouns make a question lean on what was said before.
var pronouns = map[string]bool{
	"it": true, "its": true, "they": true, "them": true, "their": true, "he": true, "she": true, "his": true, "her": true, "that": true, "this": true, "those": true, "these": true, "theirs": true,
	"它": true, "他": true, "她": true,
}

func (r *ranker) understand(q Query) question {
	tokens := text.Tokenize(q.Text)
	u := question{tokens: r.small(r.glue(r.unglue(tokens[:min(len(tokens), mostTokens)])))}
	u.matches = r.link(u.tokens)
	inside := make([]*entity.Match, len(u.tokens))
	for i := range u.matches {
		m := &u.matches[i]
		for j := m.From; j < m.To; j++ {
			inside[j] = m
		}
		for _, slug := range m.Targets {
			r.addTerm(&u, entityTerm+slug, r.entityWeight(slug)*m.Score())
			u.entities = append(u.entities, slug)
			r.addParent(&u, slug)
		}
		u.words = append(u.words, r.askedName(*m, u.tokens))
	}
	u.repaired = r.repairAll(u.tokens, inside)
	concepts := r.conceptsOf(u.tokens, u.repaired)
	for _, c := range concepts {
		if c.tells == nil && !slices.ContainsFunc(u.terms, func(t weighted) bool { return t.term == c.term }) {
			u.terms = append(u.terms, weighted{c.term, conceptTerm + c.slug, conceptWeight})
		}
	}
	for i, t := range u.tokens {
		r.addWord(&u, i, t, inside[i], u.repaired[i], concepts)
	}
	u.strangeSymbols(q.Text)
	u.price, u.wants = u.asksPrice(), wanted(u.tokens)
	for _, w := range u.words { // a price target is another thing than the price
		u.price = u.price && (len(w.tells) == 0 || slices.Contains(w.tells, "price"))
	}
	u.concrete = u.isConcrete()
	for _, m := range u.matches {
		if m.How == entity.Ticker {
			u.symbols = append(u.symbols, r.listed[m.Targets[0]]...)
		}
	}
	u.specific = slices.ContainsFunc(u.entities, func(slug string) bool { return r.specific[slug] })
	r.lean(&u, q)
	return u
}

// How much what stands behind a name counts beside the name: whom a person stands
// for, and who makes a model or owns a company.
const (
	standsForWeight = 0.8
	parentWeight    = 0.3
)

// strangeSymbols marks the symbols that were typed as such ($ARM) and that the base
// does not know: they are names, whatever English says.
func (u *question) strangeSymbols(typed string) {
	for word := range strings.FieldsSeq(typed) {
		symbol, found := strings.CutPrefix(word, "$")
		if !found {
			continue
		}
		for _, t := range text.Words(symbol) {
			for i := range u.words {
				if u.words[i].text == text.Stem(t.Text) && len(u.words[i].entities) == 0 {
					u.words[i].strange = true
				}
			}
		}
	}
}

// addParent adds what stands behind a name: "Jensen" asks about Nvidia too.
func (r *ranker) addParent(u *question, slug string) {
	p, found := r.parents[slug]
	if !found || slices.Contains(u.entities, p.slug) {
		return
	}
	weight := parentWeight
	if p.person {
		weight = standsForWeight
	}
	r.addTerm(u, entityTerm+p.slug, weight*r.entityWeight(p.slug))
	u.entities = append(u.entities, p.slug)
}

func (r *ranker) addTerm(u *question, term string, weight float64) {
	u.terms = append(u.terms, weighted{r.view.Term(term), term, weight})
}

// mostTokens is how many words and Chinese characters of a question are read, so
// that a hostile one costs no more than a long honest one.
const mostTokens = 300

// conceptMatch is a concept with the tokens that lead to it.
type conceptMatch struct {
	*concept
	from, to int
}

// conceptsOf is the concepts that the tokens lead to as they were typed, and as
// they were repaired.
func (r *ranker) conceptsOf(tokens []text.Token, repaired []string) []conceptMatch {
	var found []conceptMatch
	collect := func(c *concept, from, to int) { found = append(found, conceptMatch{c, from, to}) }
	r.concepts.find(tokens, collect)
	if slices.ContainsFunc(repaired, func(s string) bool { return s != "" }) {
		right := slices.Clone(tokens)
		for i, w := range repaired {
			if w != "" {
				right[i].Text, right[i].Stem = w, text.Stem(w)
			}
		}
		r.concepts.find(right, collect)
	}
	return found
}

// askedName is a name as something that the answer must be about.
func (r *ranker) askedName(m entity.Match, tokens []text.Token) asked {
	a := asked{text: m.Name}
	for i := m.From; i < m.To; i++ {
		a.terms = append(a.terms, r.view.Term(tokens[i].Stem))
	}
	for _, slug := range m.Targets {
		t := r.view.Term(entityTerm + slug)
		a.entities = append(a.entities, t)
		a.specific = a.specific || r.specific[slug]
		if p := r.parents[slug]; p.person { // who stands for it is it
			a.entities = append(a.entities, r.view.Term(entityTerm+p.slug))
		}
		a.weight = max(a.weight, r.view.Rarity(t)*r.entityWeight(slug))
	}
	return a
}

// addWord adds what one token asks for.
func (r *ranker) addWord(u *question, i int, t text.Token, inside *entity.Match, repaired string, concepts []conceptMatch) {
	term, pair := t.Stem, true
	if t.Han {
		term, pair = hanPair(u.tokens, i)
	} else if text.Stop(t.Text) {
		return
	}
	weight := 1.0
	if inside != nil {
		if inside.How == entity.Typo {
			return
		}
		weight = insideWeight
	}
	if repaired != "" {
		term, weight = text.Stem(repaired), repairedWeight
	}
	if pair {
		r.addTerm(u, term, weight)
	}
	if inside == nil && (!t.Han || !text.StopHan(t.Text)) && !timely[t.Text] {
		u.words = append(u.words, r.askedWord(u, i, t, term, concepts))
	}
}

// timely are words that ask for the newest: no fact need speak of them.
var timely = map[string]bool{"latest": true, "newest": true, "recent": true, "recently": true, "current": true, "currently": true, "now": true}

// askedWord is one word that is no name as something that the answer must speak
// of.
func (r *ranker) askedWord(u *question, i int, t text.Token, term string, concepts []conceptMatch) asked {
	number := r.view.Term(term)
	a := asked{text: term, terms: []int32{number}, weight: r.view.Rarity(number)}
	if t.Han {
		// A character is spoken of if it is in either of its pairs.
		if i > 0 && u.tokens[i-1].Han && t.Glued {
			a.terms = append(a.terms, r.view.Term(u.tokens[i-1].Text+t.Text))
		}
		a.weight *= hanWeight
	}
	known := slices.ContainsFunc(a.terms, r.view.Has)
	for _, c := range concepts {
		if c.from <= i && i < c.to {
			if c.tells != nil {
				a.tells = append(a.tells, c.tells...)
				continue
			}
			a.terms = append(a.terms, c.term)
			known = true
		}
	}
	if !known && text.Ordinary(t.Text) {
		a.weight *= ordinaryUnknown
	}
	a.number = !t.Han && (strings.ContainsAny(t.Text, "0123456789") || months[t.Text])
	a.strange = !known && !t.Han && !text.Ordinary(t.Text)
	return a
}

// months date a question as numbers do.
var months = map[string]bool{
	"january": true, "february": true, "march": true, "april": true, "may": true, "june": true, "july": true, "august": true,
	"september": true, "october": true, "november": true, "december": true,
}

// hanWeight is how much of what is asked one Chinese character is, beside an
// English word.
const hanWeight = 0.3

// ordinaryUnknown is how much a common English word that no fact uses counts
// against an answer, beside a rare one: people put the same thing in many words.
const ordinaryUnknown = 0.3

// How much the words of the question before count in a follow-up, and in one
// that hardly has words of its own.
const (
	beforeWeight = 0.15
	beforeAlone  = 0.3
)

// lean adds the conversation's entities to a question that names none, or that
// says "it".
func (r *ranker) lean(u *question, q Query) {
	if len(q.Entities) == 0 || len(u.tokens) == 0 {
		return
	}
	says := slices.ContainsFunc(u.tokens, func(t text.Token) bool { return pronouns[t.Text] })
	named := slices.ContainsFunc(u.matches, func(m entity.Match) bool { return r.entityWeight(m.Targets[0]) == entityWeight })
	if named && !says && len(u.tokens) > 3 {
		return
	}
	u.context = true
	u.shown = q.Facts[:min(len(q.Facts), 1)]
	for i, slug := range q.Entities[:min(len(q.Entities), 3)] {
		r.addTerm(u, entityTerm+slug, contextWeight*r.entityWeight(slug)/float64(1+i))
		u.entities = append(u.entities, slug)
	}
	// "Why?" and "did it work?" ask about the question before as a whole.
	weight := beforeWeight
	if len(u.words) <= 1 {
		weight = beforeAlone
	}
	wordTerms(text.Tokenize(q.Before), func(term string) { r.addTerm(u, term, weight) })
}
