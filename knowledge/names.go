package knowledge

import (
	"slices"
	"strings"

	"silkwire/knowledge/entity"
)

// SymbolTarget is the target of a match that names a symbol without an entity.
const SymbolTarget = "$"

var howOf = map[AliasKind]entity.How{
	AliasName: entity.Alias, AliasNickname: entity.Nickname, AliasPerson: entity.Person,
	AliasProduct: entity.Product, AliasChinese: entity.Chinese, AliasPinyin: entity.Pinyin,
}

// names lists everything that can be meant by a name. An ambiguous alias comes
// first, so that its order of targets holds.
func (s *frame) names() []entity.Name {
	var names []entity.Name
	for _, a := range s.contents.Ambiguous {
		for _, slug := range a.Entities {
			names = append(names, entity.Name{Text: a.Alias, Target: slug, How: entity.Alias})
		}
	}
	for _, e := range s.contents.Entities {
		names = append(names, entity.Name{Text: e.Name, Target: e.Slug, How: entity.Exact})
		if slug := strings.ReplaceAll(e.Slug, "-", " "); !strings.EqualFold(slug, e.Name) {
			names = append(names, entity.Name{Text: slug, Target: e.Slug, How: entity.Alias})
		}
		for _, a := range e.Aliases {
			names = append(names, entity.Name{Text: a.Text, Target: e.Slug, How: howOf[a.Kind]})
		}
		for _, t := range e.Tickers {
			for _, spelling := range tickerSpellings(t.Symbol) {
				names = append(names, entity.Name{Text: spelling, Target: e.Slug, How: entity.Ticker})
			}
		}
	}
	for _, i := range s.contents.Instruments {
		names = append(names, entity.Name{Text: i.Name, Target: SymbolTarget + i.Symbol, How: entity.Exact})
		for _, a := range append([]string{i.Symbol}, i.Aliases...) {
			how := entity.Alias
			if strings.ToUpper(a) == a {
				how = entity.Ticker // symbols are not guessed at
			}
			names = append(names, entity.Name{Text: a, Target: SymbolTarget + i.Symbol, How: how})
		}
	}
	return names
}

// tickerSpellings lists how people write a symbol: NVDA, NVDA.US; 9988.HK,
// 09988, 9988, HK9988, 9988.HKG.
func tickerSpellings(symbol string) []string {
	code, suffix, listed := strings.Cut(symbol, ".")
	if !listed {
		return []string{symbol, symbol + ".US", symbol + ".O", symbol + ".N"}
	}
	all := []string{symbol}
	bare := strings.TrimLeft(code, "0")
	for n := len(bare); n <= 5; n++ {
		padded := strings.Repeat("0", n-len(bare)) + bare
		all = append(all, padded+"."+suffix, suffix+"."+padded, suffix+padded)
		if n >= 4 {
			all = append(all, padded)
		}
	}
	return all
}

// entityNames are the names that completion offers: those that are shown, and
// those that lead there.
func (s *frame) entityNames(names []entity.Name) []entity.Name {
	var out []entity.Name
	for _, n := range names {
		if !strings.HasPrefix(n.Target, SymbolTarget) && n.How != entity.Ticker {
			out = append(out, n)
		}
	}
	slices.SortStableFunc(out, func(a, b entity.Name) int { return howRank(a.How) - howRank(b.How) })
	return out
}

func howRank(h entity.How) int {
	if h == entity.Exact {
		return 0
	}
	return 1
}

// symbolNames are the names that complete to a symbol: the symbols, and the
// names of what they list.
func (s *frame) symbolNames() []entity.Name {
	var out []entity.Name
	for _, e := range s.contents.Entities {
		for _, t := range e.Tickers {
			out = append(out, entity.Name{Text: t.Symbol, Target: t.Symbol, How: entity.Ticker},
				entity.Name{Text: e.Name, Target: t.Symbol, How: entity.Exact})
			for _, a := range e.Aliases {
				out = append(out, entity.Name{Text: a.Text, Target: t.Symbol, How: howOf[a.Kind]})
			}
		}
	}
	for _, i := range s.contents.Instruments {
		out = append(out, entity.Name{Text: i.Symbol, Target: i.Symbol, How: entity.Ticker},
			entity.Name{Text: i.Name, Target: i.Symbol, How: entity.Exact})
		for _, a := range i.Aliases {
			out = append(out, entity.Name{Text: a, Target: i.Symbol, How: entity.Alias})
		}
	}
	slices.SortStableFunc(out, func(a, b entity.Name) int { return symbolRank(a.How) - symbolRank(b.How) })
	return out
}

func symbolRank(h entity.How) int {
	if h == entity.Ticker {
		return 0
	}
	return 1 + howRank(h)
}
