package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"silkwire/bot"
	"silkwire/knowledge"
)

// diffFacts says in words what changed between two folders of fact files.
func (p *program) diffFacts(was, is string) error {
	var both [2]map[knowledge.Ref]map[string]any
	for i, folder := range []string{was, is} {
		contents, mistakes, err := readFacts([]string{folder})
		if err != nil {
			return err
		}
		if len(mistakes) > 0 {
			return fmt.Errorf("%d mistake(s) in %s, the first: %s", len(mistakes), folder, mistakes[0])
		}
		if both[i], err = fieldsOf(contents); err != nil {
			return err
		}
	}
	return writeDiff(p.stdout, both[0], both[1])
}

// fieldsOf is every record by its fields, as they are stored.
func fieldsOf(c knowledge.Contents) (map[knowledge.Ref]map[string]any, error) {
	out := map[knowledge.Ref]map[string]any{}
	for _, r := range c.Records() {
		value, err := json.Marshal(r)
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", r.Ref(), err)
		}
		fields := map[string]any{}
		if err := json.Unmarshal(value, &fields); err != nil {
			return nil, fmt.Errorf("decode %s: %w", r.Ref(), err)
		}
		out[r.Ref()] = fields
	}
	return out, nil
}

func writeDiff(w io.Writer, was, is map[knowledge.Ref]map[string]any) error {
	refs := map[knowledge.Ref]bool{}
	for ref := range was {
		refs[ref] = true
	}
	for ref := range is {
		refs[ref] = true
	}
	var b strings.Builder
	counts := map[string]int{}
	for _, ref := range slices.SortedFunc(maps.Keys(refs), func(a, b knowledge.Ref) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key))
	}) {
		before, had := was[ref]
		after, has := is[ref]
		switch {
		case !had:
			counts["new"]++
			fmt.Fprintf(&b, "new %s: %s\n", ref, gist(after))
		case !has:
			counts["gone"]++
			fmt.Fprintf(&b, "gone %s: %s\n", ref, gist(before))
		default:
			if changes := changed(before, after); len(changes) > 0 {
				counts["changed"]++
				fmt.Fprintf(&b, "changed %s\n%s", ref, strings.Join(changes, ""))
			}
		}
	}
	fmt.Fprintf(&b, "%d new, %d changed, %d gone\n", counts["new"], counts["changed"], counts["gone"])
	_, err := io.WriteString(w, b.String())
	return err
}

// gist is what a record is, in a line.
func gist(fields map[string]any) string {
	for _, name := range []string{"statement", "driver", "summary", "title", "name", "price", "alias"} {
		if s, ok := fields[name].(string); ok && s != "" {
			return bot.Shorten(s, 160)
		}
	}
	return words(fields)
}

// changed lists the fields that differ, a line each: lists by what came and
// went, others by what they were and are.
func changed(before, after map[string]any) []string {
	names := map[string]bool{}
	for name := range before {
		names[name] = true
	}
	for name := range after {
		names[name] = true
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		was, is := before[name], after[name]
		if words(was) == words(is) {
			continue
		}
		wasList, one := was.([]any)
		isList, two := is.([]any)
		if !one && !two {
			out = append(out, fmt.Sprintf("  %s: was %s, is %s\n", name, orNothing(was), orNothing(is)))
			continue
		}
		for _, v := range only(wasList, isList) {
			out = append(out, fmt.Sprintf("  %s: without %s\n", name, v))
		}
		for _, v := range only(isList, wasList) {
			out = append(out, fmt.Sprintf("  %s: with %s\n", name, v))
		}
		if len(only(wasList, isList))+len(only(isList, wasList)) == 0 {
			out = append(out, fmt.Sprintf("  %s: in another order\n", name))
		}
	}
	return out
}

// only lists what is in a and not in b.
func only(a, b []any) []string {
	in := map[string]bool{}
	for _, v := range b {
		in[words(v)] = true
	}
	var out []string
	for _, v := range a {
		if s := words(v); !in[s] {
			out = append(out, s)
		}
	}
	return out
}

func orNothing(v any) string {
	if v == nil {
		return "nothing"
	}
	return words(v)
}

// words is a value as a person reads it.
func words(v any) string {
	if s, ok := v.(string); ok {
		return "“" + s + "”"
	}
	value, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(value)
}
