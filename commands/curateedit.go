package commands

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"silkwire/bot"
	"silkwire/knowledge"
)

// edit changes the fields that were given, or without any opens a form with what the
// fact says. What somebody else changed since the form was opened is not overwritten:
// both changes are shown, and the curator decides.
func (c curate) edit(ctx context.Context, r bot.Request) (bot.Reply, error) {
	s := c.k.Snapshot()
	id := typedID(r.Values.Text("id"))
	now := s.Fact(id)
	seen := uint64(max(r.Values.Int(seenName, 0), 0))
	if seen == 0 && c.approved != nil {
		seen = c.approved.Seen
	}
	base, later, err := c.asSeen(ctx, now, id, seen)
	switch {
	case err != nil:
		return bot.Reply{}, err
	case now == nil && base != nil:
		return bot.Reply{}, withdrawnMeanwhile(id, later, r)
	case now == nil:
		return bot.Reply{}, noFact(s, id)
	}
	if !slices.ContainsFunc(r.Values.Names(), isField) {
		return c.editForm(s, now, r), nil
	}
	mine := changedFields(r.Values, written(s, base))
	if len(later) > 0 && slices.ContainsFunc(mine.Names(), isField) {
		if theirs := differing(written(s, base), written(s, now)); len(theirs) > 0 {
			return bot.Reply{}, conflicting(s, base, now, mine, later, r)
		}
	}
	next, err := filled(s, *now, r, mine)
	if err != nil {
		return bot.Reply{}, err
	}
	return c.apply(ctx, r, s, next.change(), "Changed.")
}

// isField tells whether an option of /curate edit is one that changes the fact.
func isField(name string) bool {
	return !slices.Contains([]string{"id", "why", newName, seenName, draftName}, name)
}

// asSeen is the fact as it was at a revision that somebody saw, and the revisions that
// touched it since; without a revision it is as it is now.
func (c curate) asSeen(ctx context.Context, now *knowledge.Fact, id string, seen uint64) (*knowledge.Fact, []knowledge.Revision, error) {
	if seen == 0 || c.base == nil {
		return now, nil, nil
	}
	all, err := c.base.History(ctx, knowledge.Ref{Kind: knowledge.FactRecord, Key: id})
	if err != nil {
		return nil, nil, err
	}
	later := slices.DeleteFunc(slices.Clone(all), func(rev knowledge.Revision) bool { return rev.Number <= seen })
	if len(later) == 0 {
		return now, nil, nil
	}
	before := later[len(later)-1].Edits[0].Before
	if before == nil {
		return nil, later, nil
	}
	f := &knowledge.Fact{}
	if err := json.Unmarshal(before, f); err != nil {
		return nil, nil, fmt.Errorf("read fact %s as it was: %w", id, err)
	}
	return f, later, nil
}

// editForm is the form of a fact with what it says.
func (c curate) editForm(s *knowledge.Snapshot, f *knowledge.Fact, r bot.Request) bot.Reply {
	form := &bot.Form{Title: "Edit " + f.ID, Path: []string{"curate", "edit"}, Given: written(s, f), Filled: true}
	for _, o := range c.fields(false) {
		if !o.Hidden {
			form.Fields = append(form.Fields, o)
		}
	}
	form.Given["id"] = f.ID
	form.Given[seenName] = fmt.Sprint(s.Revision)
	if seen := r.Values.Int(seenName, 0); seen > 0 {
		form.Given[seenName] = itoa(seen)
	}
	if draft := r.Values.Text(draftName); draft != "" {
		form.Given[draftName] = draft
	}
	return bot.Reply{
		Lead: bot.T("Say what to change: /curate edit " + f.ID + " and for example until:2026-11. /help curate edit lists all fields."), Form: form,
		Outcome: bot.Misused, Visibility: bot.Private,
	}
}

// written is a fact as the options of /curate edit say it.
func written(s *knowledge.Snapshot, f *knowledge.Fact) map[string]string {
	names := func(slugs []string) string {
		out := make([]string, len(slugs))
		for i, slug := range slugs {
			out[i] = slug
			if e := s.Entity(slug); e != nil {
				out[i] = inList(s, e)
			}
		}
		return strings.Join(out, ", ")
	}
	attributes := make([]string, len(f.Attributes))
	for i, a := range f.Attributes {
		attributes[i] = string(a)
	}
	all := map[string]string{
		"statement": f.Statement, "kind": string(f.Kind), "whose": f.Whose, "about": names(f.Subjects), "mentions": names(f.Mentions),
		"tells": strings.Join(attributes, ", "), "from": f.From.String(), "until": f.Until.String(), "asks": strings.Join(f.Asks, "; "),
	}
	if len(f.Sources) > 0 {
		first := f.Sources[0]
		all["source"], all["grade"], all["title"], all["dated"] = first.URL, string(first.Grade), first.Title, first.Date.String()
		if all["publisher"] = first.Publisher; first.URL == "" {
			all["source"] = first.Publisher
		}
	}
	for name, value := range all {
		if value == "" {
			delete(all, name)
		}
	}
	return all
}

// changedFields are the options without those that say what is so already.
func changedFields(v bot.Values, is map[string]string) bot.Values {
	out := map[string][]string{}
	for _, name := range v.Names() {
		if !isField(name) || strings.TrimSpace(v.Text(name)) != is[name] {
			out[name] = []string{v.Text(name)}
		}
	}
	return bot.NewValues(out)
}

// differing are the options in which two facts differ, in the order of the alphabet.
func differing(a, b map[string]string) []string {
	var out []string
	for name := range a {
		if a[name] != b[name] {
			out = append(out, name)
		}
	}
	for name := range b {
		if _, both := a[name]; !both {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// conflicting shows what somebody else changed beside what was to be changed, and lets
// the curator decide.
func conflicting(s *knowledge.Snapshot, base, now *knowledge.Fact, mine bot.Values, later []knowledge.Revision, r bot.Request) *bot.Fail {
	last, was, is := later[0], written(s, base), written(s, now)
	table := bot.Table{
		Title:   bot.B("Both changes"),
		Columns: []bot.Column{{Name: "Field"}, {Name: "It was"}, {Name: "It is now"}, {Name: "You want"}},
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(append(differing(was, is), slices.DeleteFunc(mine.Names(), func(n string) bool { return !isField(n) })...)))) {
		row := []bot.Text{bot.T(name), bot.T(was[name]), bot.T(is[name]), bot.T("")}
		if is[name] == was[name] {
			row[2] = bot.T("the same")
		}
		if mine.Has(name) {
			row[3] = bot.T(mine.Text(name))
		}
		table.Rows = append(table.Rows, row)
	}
	return &bot.Fail{
		Outcome: bot.Misused, Blocks: []bot.Block{table},
		Say:  fmt.Sprintf("%s was changed while you had it open, in revision %d by %s.", now.ID, last.Number, authorWords(last.Author, r)),
		Next: "Nothing of yours is written yet. Write it over theirs, or leave it as it is now.",
		Suggest: []bot.Action{
			{Label: "Write mine all the same", Line: typedAgain("/curate edit", mine, map[string]string{seenName: fmt.Sprint(s.Revision)})},
			{Label: "Leave it as it is", Line: "/fact " + now.ID},
			{Label: "What was changed", Line: "/curate history " + now.ID},
		},
	}
}

// withdrawnMeanwhile says that a fact is gone that somebody wants to change, and gives
// back what they typed.
func withdrawnMeanwhile(id string, later []knowledge.Revision, r bot.Request) *bot.Fail {
	last := later[0]
	typed := bot.Fields{Title: bot.B("What you typed")}
	for _, name := range r.Values.Names() {
		if isField(name) {
			typed.Fields = append(typed.Fields, bot.Field{Name: name, Value: bot.T(r.Values.Text(name))})
		}
	}
	f := &bot.Fail{
		Outcome: bot.Misused, Say: fmt.Sprintf("%s was withdrawn while you had it open, in revision %d by %s.", id, last.Number, authorWords(last.Author, r)),
		Next:    "Nothing was changed. To edit it, take that revision back first.",
		Suggest: []bot.Action{{Label: "What was changed", Line: "/curate history " + id}, {Label: fmt.Sprint("Undo revision ", last.Number), Line: fmt.Sprint("/curate undo ", last.Number)}},
	}
	if last.Reason != "" {
		f.Say += " The reason: " + bot.Shorten(bot.Clean(last.Reason), 200) + "."
	}
	if len(typed.Fields) > 0 {
		f.Blocks = []bot.Block{typed}
	}
	return f
}
