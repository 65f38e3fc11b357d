package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"silkwire/bot"
	"silkwire/knowledge"
)

func (p *program) diffCommand() *cobra.Command {
	return &cobra.Command{
		Use: "diff was is", Short: "Say in words what changed between folders of fact files or revisions",
		Long: `Says in words what changed from one to the other. Each is a folder of fact files,
the number of a revision, or "now": what the fact base says.`,
		Example: "  silkwire facts diff was/seed knowledge/seed\n  silkwire facts diff 3 7\n  silkwire facts diff facts now", Args: exactly(2),
		RunE: func(c *cobra.Command, args []string) error { return p.diffFacts(c.Context(), args[0], args[1]) },
	}
}

// diffFacts says in words what changed from one folder or revision to another.
func (p *program) diffFacts(ctx context.Context, was, is string) error {
	var both [2]map[knowledge.Ref]map[string]any
	for i, name := range []string{was, is} {
		contents, err := p.contentsOf(ctx, name)
		if err != nil {
			return err
		}
		if both[i], err = fieldsOf(contents); err != nil {
			return err
		}
	}
	return writeDiff(p.stdout, both[0], both[1])
}

// contentsOf reads a folder, a revision, or what the fact base says now.
func (p *program) contentsOf(ctx context.Context, name string) (knowledge.Contents, error) {
	number, err := strconv.ParseUint(name, 10, 64)
	if isRevision := err == nil && number > 0 || name == "now"; isRevision && !exists(name) {
		var e exported
		err := p.withSession(ctx, toRead, func(s *session) (err error) {
			e, err = ask[exported](ctx, s, "export", number)
			return err
		})
		return e.Contents, err
	}
	contents, mistakes, err := readFacts([]string{name})
	if err != nil {
		return contents, err
	}
	if len(mistakes) > 0 {
		return contents, fmt.Errorf("%d mistake(s) in %s, the first: %s", len(mistakes), name, mistakes[0])
	}
	return contents, nil
}

// mostShown is how many records' changes are written out after a revision.
const mostShown = 200

// writeEdits says in words what a revision did.
func writeEdits(w io.Writer, edits []knowledge.Edit) error {
	if len(edits) == 0 {
		return nil
	}
	var both [2]map[knowledge.Ref]map[string]any
	for i := range both {
		both[i] = map[knowledge.Ref]map[string]any{}
	}
	for _, e := range edits[:min(len(edits), mostShown)] {
		for i, value := range []json.RawMessage{e.Before, e.After} {
			if value == nil {
				continue
			}
			fields := map[string]any{}
			if err := json.Unmarshal(value, &fields); err != nil {
				return fmt.Errorf("decode %s: %w", e.Ref, err)
			}
			both[i][e.Ref] = fields
		}
	}
	text, _ := diffWords(both[0], both[1])
	if left := len(edits) - mostShown; left > 0 {
		text += fmt.Sprintf("and %d more\n", left)
	}
	if len(edits) > 1 {
		text += countEdits(edits)
	}
	_, err := io.WriteString(w, text)
	return err
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

// countEdits says how many records came, changed and went.
func countEdits(edits []knowledge.Edit) string {
	counts := map[string]int{}
	for _, e := range edits {
		switch {
		case e.Before == nil:
			counts["new"]++
		case e.After == nil:
			counts["gone"]++
		default:
			counts["changed"]++
		}
	}
	return countWords(counts)
}

func countWords(counts map[string]int) string {
	return fmt.Sprintf("%d new, %d changed, %d gone\n", counts["new"], counts["changed"], counts["gone"])
}

func writeDiff(w io.Writer, was, is map[knowledge.Ref]map[string]any) error {
	text, counts := diffWords(was, is)
	_, err := io.WriteString(w, text+counts)
	return err
}

// diffWords says what changed record by record, and how many did.
func diffWords(was, is map[knowledge.Ref]map[string]any) (text, counted string) {
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
	return b.String(), countWords(counts)
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
