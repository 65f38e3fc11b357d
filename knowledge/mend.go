package knowledge

import (
	"silkwire/knowledge/entity"
	"silkwire/knowledge/text"
)

// unglue splits words that two known words were glued into: qwenadoption. Names
// that are written as one word are left to the linker.
func (r *ranker) unglue(tokens []text.Token) []text.Token {
	var out []text.Token
	tried := 0
	for i, t := range tokens {
		left, right, ok := text.Token{}, text.Token{}, false
		if tried < mostRepairs && r.gluable(t) {
			tried++
			left, right, ok = r.halves(t)
		}
		if ok && out == nil {
			out = append(out, tokens[:i]...)
		}
		switch {
		case ok:
			out = append(out, left, right)
		case out != nil:
			out = append(out, t)
		}
	}
	if out == nil {
		return tokens
	}
	return out
}

// shortestHalf is how many letters each half of a glued word has at least.
const shortestHalf = 4

// glue joins two words that one known word was split into: semi conductor. Of
// words that are both known, or that carry no subject, none is.
func (r *ranker) glue(tokens []text.Token) []text.Token {
	var out []text.Token
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		if i+1 < len(tokens) {
			if whole, ok := r.whole(t, tokens[i+1]); ok {
				if out == nil {
					out = append(make([]text.Token, 0, len(tokens)), tokens[:i]...)
				}
				t = whole
				i++
			}
		}
		if out != nil {
			out = append(out, t)
		}
	}
	if out == nil {
		return tokens
	}
	return out
}

// shortestWhole is how many letters a word has at least that was split.
const shortestWhole = 6

func (r *ranker) whole(a, b text.Token) (text.Token, bool) {
	if a.Han || b.Han || len(a.Text)+len(b.Text) < shortestWhole || text.Stop(a.Text) || text.Stop(b.Text) {
		return a, false
	}
	w := a.Text + b.Text
	if r.view.Uses(w) == 0 || r.knows(a.Text) && r.knows(b.Text) {
		return a, false
	}
	return text.Token{Text: w, Stem: text.Stem(w), Glued: a.Glued}, true
}

// small puts misspelt small words right (wat, wich, becuase), so that they do not
// count as words that no fact speaks of.
func (r *ranker) small(tokens []text.Token) []text.Token {
	tried := 0
	for i, t := range tokens {
		if tried >= mostRepairs || t.Han || len(t.Text) < 4 || text.Stop(t.Text) || text.Ordinary(t.Text) || r.knows(t.Text) {
			continue
		}
		tried++
		if s := text.NearStop(t.Text); s != "" {
			tokens[i].Text, tokens[i].Stem = s, s
		}
	}
	return tokens
}

// gluable tells whether a word may be two that were glued.
func (r *ranker) gluable(t text.Token) bool {
	return !t.Han && len(t.Text) >= 2*shortestHalf && r.view.Uses(t.Text) == 0 && !text.Ordinary(t.Text)
}

// mostRepairs is how many unknown words of a question are put right.
const mostRepairs = 24

func (r *ranker) halves(t text.Token) (left, right text.Token, ok bool) {
	if r.named(t.Text) || r.misspells(t) {
		return left, right, false
	}
	for i := shortestHalf; i <= len(t.Text)-shortestHalf; i++ {
		a, b := t.Text[:i], t.Text[i:]
		if r.knows(a) && r.knows(b) {
			return text.Token{Text: a, Stem: text.Stem(a)}, text.Token{Text: b, Stem: text.Stem(b), Glued: true}, true
		}
	}
	return left, right, false
}

func (r *ranker) knows(w string) bool { return r.view.Uses(w) > 0 || r.named(w) }

// named tells whether a word alone is a name.
func (r *ranker) named(w string) bool {
	return len(r.linker.Link([]text.Token{{Text: w, Stem: w}}, false, nil)) > 0
}

// misspells tells whether a word is nearly a name.
func (r *ranker) misspells(t text.Token) bool { return len(r.link([]text.Token{t})) > 0 }

// repairAll gives, for each token that is no name and no word of the fact base
// or of English, the word that it most likely misspells, or "".
func (r *ranker) repairAll(tokens []text.Token, inside []*entity.Match) []string {
	repaired := make([]string, len(tokens))
	tried := 0
	for i, t := range tokens {
		if tried >= mostRepairs || inside[i] != nil || t.Han || len(t.Text) < 4 || r.view.Uses(t.Text) > 0 || text.Stop(t.Text) || r.view.Has(r.view.Term(t.Stem)) || text.Ordinary(t.Text) {
			continue
		}
		tried++
		repaired[i] = r.repair(t.Text)
	}
	return repaired
}

// repair is the known word that a word most likely misspells, or "": two slips
// are believed only in long words that begin alike.
func (r *ranker) repair(typed string) string {
	w, edits := r.view.Nearest(typed)
	if w == "" || len(w) < shortestRepair || edits > 1 && (min(len(w), len(typed)) < twoSlips || typed[0] != w[0]) {
		return ""
	}
	return w
}

// Lengths, in letters, of a word that another may be taken for: of short ones
// too many are near to anything.
const (
	shortestRepair = 4
	twoSlips       = 7
)
