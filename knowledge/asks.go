package knowledge

import (
	"strings"

	"silkwire/knowledge/text"
)

// asksFor tells what sort of thing a question wants: "number", "date",
// "person", "place", or "" for anything.
func asksFor(tokens []text.Token) string {
	words := make([]string, len(tokens))
	for i, t := range tokens {
		words[i] = t.Text
	}
	s := " " + strings.Join(words, " ") + " "
	for _, p := range askPatterns {
		if strings.Contains(s, p.phrase) {
			return p.wants
		}
	}
	return ""
}

var askPatterns = []struct{ phrase, wants string }{
	{" how many ", "number"}, {" how much ", "number"}, {" how tall ", "number"}, {" how old ", "number"}, {" how big ", "number"}, {" how large ", "number"},
	{" number of ", "number"}, {" percent ", "number"}, {" percentage ", "number"}, {" what share ", "number"}, {" 多 少 ", "number"}, {" 几 ", "number"},
	{" when ", "date"}, {" what year ", "date"}, {" which year ", "date"}, {" what date ", "date"}, {" exact date ", "date"}, {" 什 么 时 候 ", "date"}, {" 哪 年 ", "date"}, {" 何 时 ", "date"},
	{" who is the ", "person"}, {" who founded ", "person"}, {" who runs ", "person"}, {" ceo ", "person"}, {" cto ", "person"}, {" who owns ", "person"},
}
