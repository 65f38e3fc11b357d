package knowledge

import (
	"slices"
	"strings"

	"silkwire/knowledge/text"
)

// want is the sort of thing that a question asks for.
type want string

// The sorts that facts can be told apart by.
const (
	wantNumber want = "number"
	wantDate   want = "date"
	wantPerson want = "person"
	wantReason want = "reason"
	wantOwner  want = "owner"
	wantShares want = "listing"
	wantWhose  want = "whose it is"
	wantNewest want = "newest"
	wantDoubt  want = "caveat"
)

// wantPhrases lead to what is wanted; the first that stands in the question
// decides. Chinese characters are tokens of their own.
var wantPhrases = []struct {
	phrase string
	want   want
}{
	{"how many", wantNumber}, {"how much", wantNumber}, {"how tall", wantNumber}, {"how old", wantNumber}, {"how large", wantNumber},
	{"number of", wantNumber}, {"percent", wantNumber}, {"percentage", wantNumber}, {"多 少", wantNumber}, {"几 个", wantNumber},
	{"when", wantDate}, {"what year", wantDate}, {"which year", wantDate}, {"what date", wantDate}, {"exact date", wantDate},
	{"什 么 时 候", wantDate}, {"哪 年", wantDate}, {"何 时", wantDate},
	{"who founded", wantPerson}, {"who runs", wantPerson}, {"ceo", wantPerson}, {"cto", wantPerson},
	{"who owns", wantOwner}, {"who makes", wantOwner}, {"who made", wantOwner}, {"who built", wantOwner}, {"who develops", wantOwner}, {"who developed", wantOwner},
	{"who is behind", wantOwner}, {"whos behind", wantOwner}, {"owner of", wantOwner}, {"maker of", wantOwner}, {"belong to", wantOwner}, {"parent company", wantOwner},
	{"哪 家 公 司 的", wantOwner}, {"母 公 司", wantOwner}, {"属 于 谁", wantOwner},
	{"listed", wantShares}, {"publicly traded", wantShares}, {"public company", wantShares}, {"go public", wantShares}, {"ticker", wantShares}, {"buy shares", wantShares},
	{"上 市", wantShares},
	{"who says", wantWhose}, {"who said", wantWhose}, {"who claims", wantWhose}, {"who claimed", wantWhose}, {"who thinks", wantWhose}, {"says who", wantWhose},
	{"according to whom", wantWhose}, {"whose view", wantWhose}, {"whose claim", wantWhose}, {"谁 说", wantWhose}, {"谁 认 为", wantWhose},
	{"whats new", wantNewest}, {"what is new", wantNewest}, {"latest", wantNewest}, {"newest", wantNewest}, {"most recent", wantNewest}, {"recently", wantNewest}, {"these days", wantNewest}, {"right now", wantNewest},
	{"currently", wantNewest}, {"current", wantNewest}, {"最 新", wantNewest}, {"最 近", wantNewest}, {"目 前", wantNewest}, {"现 在", wantNewest},
	{"do we believe", wantDoubt}, {"do you believe", wantDoubt}, {"should i believe", wantDoubt}, {"should we believe", wantDoubt}, {"hard to believe", wantDoubt},
	{"do we trust", wantDoubt}, {"can we trust", wantDoubt}, {"can i trust", wantDoubt}, {"really true", wantDoubt},
	{"too good to be true", wantDoubt}, {"face value", wantDoubt}, {"do we buy", wantDoubt}, {"whats the catch", wantDoubt}, {"可 信 吗", wantDoubt},
	{"why", wantReason}, {"how come", wantReason}, {"what for", wantReason}, {"为 什 么", wantReason}, {"为 何", wantReason}, {"凭 什 么", wantReason},
}

// wanted tells what sort of thing a question wants, or "" for anything.
func wanted(tokens []text.Token) want {
	words := make([]string, len(tokens))
	for i, t := range tokens {
		words[i] = t.Text
	}
	s := " " + strings.Join(words, " ") + " "
	for _, p := range wantPhrases {
		if strings.Contains(s, " "+p.phrase+" ") {
			return p.want
		}
	}
	return ""
}

// misfit tells whether a fact cannot be what is wanted.
func (w want) misfit(d *reading) bool {
	switch w {
	case wantNumber:
		return !d.digits
	case wantDate:
		return d.fact().From.IsZero()
	case wantPerson:
		return true
	}
	return false
}

// suits tells whether a fact tells what is wanted.
func (w want) suits(f *Fact) bool {
	switch w {
	case wantReason:
		return slices.Contains(f.Attributes, "reason")
	case wantDate:
		return f.Kind == Event && !f.From.IsZero()
	case wantNumber:
		return f.Kind == Figure
	case wantDoubt:
		return slices.ContainsFunc(f.Relations, func(rel Relation) bool { return rel.Kind == Qualifies || rel.Kind == Disputes })
	case wantWhose:
		return f.Kind == Claim || f.Kind == Assessment
	}
	return false
}

// gain is how much better a fact is that suits.
func (w want) gain() float64 {
	if w == wantDoubt {
		return doubted
	}
	return suited
}
