package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"silkwire/knowledge"
)

// How many rows of a table of coverage are shown.
const (
	statsRows  = 12
	statsStale = 8
)

// factStats prints what a fact base covers, as Markdown: by grade and year, by
// lab, policy and ticker, the stalest areas, and the questions that it refuses.
func (p *program) factStats(ctx context.Context, args, questions []string) error {
	contents, mistakes, err := readFacts(args)
	if err != nil {
		return err
	}
	if len(mistakes) > 0 {
		return fmt.Errorf("%d mistake(s) in the fact files, the first: %s", len(mistakes), mistakes[0])
	}
	var b strings.Builder
	writeStats(&b, contents)
	if len(questions) > 0 {
		e := &evaluation{}
		for _, file := range questions {
			if err := e.read(ctx, file); err != nil {
				return err
			}
		}
		e.writeRefused(&b)
	}
	_, err = fmt.Fprint(p.stdout, b.String())
	return err
}

func writeStats(b *strings.Builder, c knowledge.Contents) {
	asks, twice := 0, 0
	grades, kinds, years := map[string]int{}, map[string]int{}, map[string]int{}
	for _, f := range c.Facts {
		asks += len(f.Asks)
		if len(f.Sources) > 1 {
			twice++
		}
		grades[string(f.Grade())]++
		kinds[string(f.Kind)]++
		if f.From.IsZero() {
			years["undated"]++
		} else {
			years[strconv.Itoa(f.From.Year)]++
		}
	}
	fmt.Fprintf(b, "%d facts (%d with two sources or more), %d asks, %d entities, %d exposures, %d quotes.\n\n",
		len(c.Facts), twice, asks, len(c.Entities), len(c.Exposures), len(c.Quotes))
	table(b, "by grade", grades, nil)
	table(b, "by kind", kinds, nil)
	table(b, "by year", years, slices.Sorted(maps.Keys(years)))
	areas := areasOf(c)
	for _, group := range []struct {
		title string
		kinds []knowledge.EntityKind
	}{
		{"by lab or company", []knowledge.EntityKind{knowledge.KindLab, knowledge.KindCompany}},
		{"by policy, law or agency", []knowledge.EntityKind{knowledge.KindPolicy, knowledge.KindLaw, knowledge.KindAgency}},
	} {
		counts := map[string]int{}
		for _, a := range areas {
			if slices.Contains(group.kinds, a.kind) && a.facts > 0 {
				counts[a.name] = a.facts
			}
		}
		table(b, group.title, counts, nil)
	}
	tickers := map[string]int{}
	for _, x := range c.Exposures {
		tickers[x.Symbol] = len(factsOfPaths(x))
	}
	table(b, "by ticker (facts that its exposure rests on)", tickers, nil)
	stalest(b, areas)
}

func factsOfPaths(x knowledge.Exposure) map[string]bool {
	ids := map[string]bool{}
	for _, p := range x.Paths {
		for _, h := range p.Hops {
			ids[h.Fact] = true
		}
	}
	return ids
}

// area is an entity with how much is known about it, and up to when.
type area struct {
	name   string
	kind   knowledge.EntityKind
	facts  int
	newest knowledge.Date
}

func areasOf(c knowledge.Contents) []area {
	at := map[string]int{}
	all := make([]area, len(c.Entities))
	for i, e := range c.Entities {
		at[e.Slug] = i
		all[i] = area{name: e.Name, kind: e.Kind}
	}
	for _, f := range c.Facts {
		for _, slug := range f.Subjects {
			if i, found := at[slug]; found {
				all[i].facts++
				if f.From.Compare(all[i].newest) > 0 {
					all[i].newest = f.From
				}
			}
		}
	}
	return all
}

// stalest lists the areas of some size of which the newest fact is oldest.
func stalest(b *strings.Builder, areas []area) {
	const some = 4
	areas = slices.DeleteFunc(areas, func(a area) bool { return a.facts < some || a.newest.IsZero() })
	slices.SortFunc(areas, func(a, b area) int {
		return cmp.Or(a.newest.Compare(b.newest), strings.Compare(a.name, b.name))
	})
	b.WriteString("| stalest areas | newest fact | facts |\n| --- | --- | --- |\n")
	for _, a := range areas[:min(len(areas), statsStale)] {
		fmt.Fprintf(b, "| %s | %s | %d |\n", a.name, a.newest.Words(), a.facts)
	}
	b.WriteByte('\n')
}

// table prints counts, the largest first unless an order is given.
func table(b *strings.Builder, title string, counts map[string]int, order []string) {
	rest := 0
	if order == nil {
		order = slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
			return cmp.Or(counts[b]-counts[a], strings.Compare(a, b))
		})
		if len(order) > statsRows {
			rest, order = len(order)-statsRows, order[:statsRows]
		}
	}
	cells := make([]string, len(order))
	for i, k := range order {
		cells[i] = fmt.Sprintf("%s %d", k, counts[k])
	}
	if rest > 0 {
		cells = append(cells, fmt.Sprintf("%d more", rest))
	}
	fmt.Fprintf(b, "**%s**: %s\n\n", title, strings.Join(cells, ", "))
}

// writeRefused lists the questions with an answer that are refused.
func (e *evaluation) writeRefused(b *strings.Builder) {
	var refused []string
	answerable := 0
	for _, v := range e.verdicts {
		if v.Kind == negative {
			continue
		}
		answerable++
		if !v.answered {
			refused = append(refused, v.Q)
		}
	}
	fmt.Fprintf(b, "**unanswered development questions**: %d of %d\n", len(refused), answerable)
	for _, q := range refused {
		fmt.Fprintf(b, "- %s\n", q)
	}
}
