package text

import (
	_ "embed"
	"slices"
	"strings"
)

// Some 40,000 common words of English, folded and sorted: sizes 10 to 35 of
// SCOWL 2020.12.07, whose licence is in words-LICENSE.
//
//go:embed words.txt
var ordinaryText string

// Ordinary tells whether a folded word is a common word of English, which must
// not be "corrected" into a name that looks like it. The list is searched as it
// lies in the binary: splitting it would cost each start a millisecond.
func Ordinary(w string) bool {
	from, to := 0, len(ordinaryText)
	for from < to {
		middle := from + (to-from)/2
		begin := strings.LastIndexByte(ordinaryText[from:middle], '\n') + 1 + from
		end := begin + strings.IndexByte(ordinaryText[begin:], '\n')
		switch c := strings.Compare(ordinaryText[begin:end], w); {
		case c == 0:
			return true
		case c < 0:
			from = end + 1
		default:
			to = begin
		}
	}
	return false
}

// stopWords carry no subject of their own.
var stopWords = wordSet(`
a about above after again all also am an and any are as at be because been before being below between both but by can
cannot cant could did didnt do does doesnt doing dont down during each few for from further had has have having he her
here hers him his how however i id if ill im in into is isnt it its itself ive just let lets me more most much my myself no nor not
now of off on once only or other our out over own please pls plz thx thanks same she should so some such than that thats the their them then
there theres these they theyre this those through to too u under until up ur us very was wasnt we were werent what whats when
where which while who whom whos whose why will with wont would you youre your yours r tell say says said really actually
anything something thing things stuff lol lmao bro man dude hey hi hello ok okay yes yeah vs versus regarding concerning explain show
give me quick quickly simply basically exactly ever still even get gets got getting make makes making made like one ones
want wants know known need needs think thinks thought talk talks mean means meant go goes going gone come comes came
wat wut wht wich teh becuz becoz cuz coz bc tho thru wanna gonna gotta kinda sorta lemme gimme dunno idk tbh imo afaik fyi btw
`)

// Stop tells whether a folded word carries no subject of its own.
func Stop(w string) bool { return stopWords[w] }

// longStops are the stop words that a misspelt word may be meant to be.
var longStops = func() (out []string) {
	for w := range stopWords {
		if len(w) >= 4 {
			out = append(out, w)
		}
	}
	slices.Sort(out)
	return out
}()

// NearStop is the stop word of four letters or more that w is one slip away from
// and begins like, or "".
func NearStop(w string) string {
	for _, s := range longStops {
		if w[0] == s[0] && Distance(w, s, 1) == 1 {
			return s
		}
	}
	return ""
}

// stopHan are Chinese characters that mostly build sentences.
var stopHan = func() map[string]bool {
	set := map[string]bool{}
	for _, r := range "的了吗呢吧啊呀嘛是不有在和与就都也还又能会可到被把给这那哪什么怎样多少为啥谁几个对于其它他她们之所以如果但而或及并从向让使将要想说看用底真现没很太最更只才" {
		set[string(r)] = true
	}
	return set
}()

// StopHan tells whether a Chinese character mostly builds sentences, so that it
// says little of what is asked.
func StopHan(c string) bool { return stopHan[c] }

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		set[w] = true
	}
	return set
}
