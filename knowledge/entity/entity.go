// Package entity tells which entities a text means: exact aliases found in one
// pass, names that were glued or split, and misspelt ones within a bound. It
// also completes names as they are typed. It imports package text and
// sahilm/fuzzy, and knows no Fact.
package entity

import (
	"slices"
	"strings"

	"silkwire/knowledge/text"
)

// How says how an entity was recognised.
type How string

// The ways of recognising an entity, surest first.
const (
	Exact     How = "exact"    // its name
	Alias     How = "alias"    // another name of its
	Ticker    How = "ticker"   // a symbol of its
	Chinese   How = "chinese"  // a Chinese name
	Pinyin    How = "pinyin"   // a Chinese name in Latin letters
	Person    How = "person"   // somebody who stands for it
	Product   How = "product"  // something of its
	Nickname  How = "nickname" // what people call it
	Typo      How = "typo of"  // a misspelt name
	InContext How = "context"  // the conversation was about it
)

// Name is one way to name something. Target is what a match leads to; several
// Names may share their Text if it is ambiguous.
type Name struct {
	Text   string
	Target string
	How    How
}

// Match is a stretch of text that names something.
type Match struct {
	Targets  []string // more than one: the name is ambiguous, likeliest first
	How      How
	Name     string // the name as it is spelt
	From, To int    // the tokens that it covers
	Edits    int    // how many letters differ from Name
}

// Score is how sure the match is, between 0 and 1.
func (m Match) Score() float64 {
	score := 1.0
	switch m.How {
	case Person, Product, Nickname, Pinyin:
		score = 0.95
	case Typo:
		score = 0.9 - 0.1*float64(m.Edits)
	case InContext:
		score = 0.6
	}
	if len(m.Targets) > 1 {
		score *= 0.6
	}
	return score
}

// Linker finds names in texts. It is immutable and safe for concurrent use.
type Linker struct {
	trie     *text.Trie          // of names, token by token
	ends     []*found            // by node
	glued    map[string]*found   // names without their spaces
	byLength map[int][]candidate // names that may be misspelt, by length
}

type found struct {
	targets []string
	how     How
	name    string
	upper   bool // only when written in capitals: US, but not us
}

type candidate struct {
	glued string
	end   *found
}

// Lengths, in letters, from which on a name may be misspelt.
const (
	oneEdit  = 4
	twoEdits = 8
)

// New makes a Linker of the names.
func New(names []Name) *Linker {
	l := &Linker{
		trie: text.NewTrie(2 * len(names)), ends: make([]*found, 1, 2*len(names)+1),
		glued: make(map[string]*found, len(names)), byLength: map[int][]candidate{},
	}
	for _, n := range names {
		l.add(n)
	}
	for glued, end := range l.glued {
		if len(glued) >= oneEdit && misspellable(end) && letters(glued) {
			l.byLength[len(glued)] = append(l.byLength[len(glued)], candidate{glued, end})
		}
	}
	for _, c := range l.byLength {
		slices.SortFunc(c, func(a, b candidate) int { return strings.Compare(a.glued, b.glued) })
	}
	return l
}

// mostGuesses is how many unknown words of a text are compared with the names.
const mostGuesses = 48

func (l *Linker) add(n Name) {
	tokens := text.Words(n.Text)
	if len(tokens) == 0 {
		return
	}
	at := int32(0)
	var glued strings.Builder
	for _, t := range tokens {
		at = l.trie.Grow(at, t.Text)
		glued.WriteString(t.Text)
	}
	for len(l.ends) < l.trie.Nodes() {
		l.ends = append(l.ends, nil)
	}
	end := l.ends[at]
	if end == nil {
		end = &found{how: n.How, name: n.Text}
		l.ends[at] = end
		end.upper = len(tokens) == 1 && tokens[0].Upper && (len(tokens[0].Text) <= 3 && text.Stop(tokens[0].Text) || n.How == Ticker && text.Ordinary(tokens[0].Text))
	}
	if !slices.Contains(end.targets, n.Target) {
		end.targets = append(end.targets, n.Target)
	}
	if !tokens[0].Han && !end.upper && l.glued[glued.String()] == nil {
		l.glued[glued.String()] = end
	}
}

// misspellable tells whether a name of this sort may be misspelt: symbols may not.
func misspellable(f *found) bool { return f.how != Ticker && f.how != Chinese }

// letters tells whether s is made of letters: versions and stock numbers are
// not guessed at.
func letters(s string) bool {
	return !strings.ContainsAny(s, "0123456789")
}

// Link finds the names in the tokens, from left to right, the longest first.
// With guess it also takes misspelt names; known, which may be nil, tells which
// words are none because the fact base uses them.
func (l *Linker) Link(tokens []text.Token, guess bool, known func(text.Token) bool) []Match {
	var matches []Match
	guesses := mostGuesses
	for i := 0; i < len(tokens); {
		m, ok := l.exact(tokens, i)
		if !ok && guess && guesses > 0 {
			m, ok = l.guess(tokens, i, known, &guesses)
		}
		if !ok {
			i++
			continue
		}
		matches = append(matches, m)
		i = m.To
	}
	return matches
}

// exact is the longest name that begins at token i, spaces aside.
func (l *Linker) exact(tokens []text.Token, i int) (Match, bool) {
	var best *found
	to := i
	at := int32(0)
	for j := i; j < len(tokens); j++ {
		next, known := l.trie.Next(at, tokens[j].Text)
		if !known {
			break
		}
		at = next
		if end := l.ends[at]; end != nil && (!end.upper || tokens[i].Upper) {
			best, to = end, j+1
		}
	}
	if best == nil {
		best, to = l.together(tokens, i)
	}
	if best == nil {
		return Match{}, false
	}
	return Match{Targets: best.targets, How: best.how, Name: best.name, From: i, To: to}, true
}

// together looks a name up that was written with spaces that it does not have,
// without those that it has, or in the plural.
func (l *Linker) together(tokens []text.Token, i int) (*found, int) {
	if tokens[i].Han {
		return nil, i
	}
	glued := tokens[i].Text
	if f := l.glued[glued]; f != nil && (tokens[i].Upper || !text.Stop(glued)) { // US is U.S., us is not
		return f, i + 1
	}
	if s, plural := strings.CutSuffix(glued, "s"); plural && len(s) > 2 && !text.Ordinary(glued) {
		if f := l.glued[s]; f != nil {
			return f, i + 1
		}
	}
	for j := i + 1; j < min(len(tokens), i+3) && !tokens[j].Han; j++ {
		glued += tokens[j].Text
		if f := l.glued[glued]; f != nil && len(glued) >= oneEdit {
			return f, j + 1
		}
	}
	return nil, i
}

// guess takes one or two of the guesses that are left. It is the name that token i, alone or with the next one, most likely
// misspells.
func (l *Linker) guess(tokens []text.Token, i int, known func(text.Token) bool, guesses *int) (Match, bool) {
	t := tokens[i]
	if t.Han || !letters(t.Text) {
		return Match{}, false
	}
	alone, found := Match{}, false
	if !common(t, known) {
		*guesses--
		alone, found = l.nearest(t.Text, i, i+1)
	}
	// "alibba cloud" is nearer to a name of two words than to one of one.
	if i+1 < len(tokens) && pairs(t) && pairs(tokens[i+1]) && (!common(t, known) || !common(tokens[i+1], known)) {
		*guesses--
		if both, ok := l.nearest(t.Text+tokens[i+1].Text, i, i+2); ok && both.Edits == 1 {
			return both, true
		}
	}
	return alone, found
}

// pairs tells whether a word may be half of a name.
func pairs(t text.Token) bool { return !t.Han && letters(t.Text) && !text.Stop(t.Text) }

func common(t text.Token, known func(text.Token) bool) bool {
	return text.Stop(t.Text) || known != nil && known(t) || text.Ordinary(t.Text)
}

func (l *Linker) nearest(typed string, from, to int) (Match, bool) {
	best, least := (*found)(nil), 3
	for n := len(typed) - 2; n <= len(typed)+2; n++ {
		for _, c := range l.byLength[n] {
			most := bound(min(n, len(typed)))
			if n == twoEdits && len(typed) == twoEdits-1 && typed[0] == c.glued[0] && typed[len(typed)-1] == c.glued[n-1] {
				most = 2 // "deapsek": one letter was left out besides, and both ends are right
			}
			d := text.Distance(typed, c.glued, min(most, least-1))
			if d >= least || d > most || !alike(typed, c.glued, d) {
				continue
			}
			best, least = c.end, d
		}
	}
	if best == nil {
		return Match{}, false
	}
	return Match{Targets: best.targets, How: Typo, Name: best.name, From: from, To: to, Edits: least}, true
}

func bound(letters int) int {
	switch {
	case letters >= twoEdits:
		return 2
	case letters >= oneEdit:
		return 1
	}
	return 0
}

// alike refuses guesses at short names that begin with another letter, which
// people rarely mistype.
func alike(typed, name string, edits int) bool {
	if typed[0] == name[0] {
		return true
	}
	swapped := len(typed) > 1 && typed[0] == name[1] && typed[1] == name[0]
	return swapped || len(name) >= 6 && edits == 1
}
