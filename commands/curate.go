package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"silkwire/bot"
	"silkwire/knowledge"
)

// Curation changes the fact base and tells what was changed; see knowledge.Base.
type Curation interface {
	Apply(ctx context.Context, c knowledge.Change) (knowledge.Revision, error)
	Undo(ctx context.Context, number uint64, author, reason string) (knowledge.Revision, error)
	Revision(ctx context.Context, number uint64) (knowledge.Revision, error)
	Log(ctx context.Context, most int) ([]knowledge.Revision, error)
	History(ctx context.Context, ref knowledge.Ref) ([]knowledge.Revision, error)
}

// Curate keeps the fact base true from where people talk: every subcommand is for
// curators, makes one revision with its author, and can be undone.
func Curate(k Knowledge, kept Kept) bot.Command {
	return curate{k: k, base: kept.Base, gaps: kept.Gaps, feedback: kept.Feedback, drafts: kept.Drafts, settings: kept.Settings}.command()
}

func (c curate) command() bot.Command {
	id := bot.Option{
		Name: "id", Summary: "a fact's id, as it stands at the end of its evidence line", Kind: bot.Word, Required: true,
		Complete: func(_ context.Context, _ bot.Request, typed string) []bot.Choice {
			return completeFact(c.k.Snapshot(), typed)
		},
	}
	anyID := id
	anyID.Required = false
	why := bot.Option{Name: "why", Summary: "the reason, which stands in the log of changes", Kind: bot.FreeText}
	whyNeeded := why
	whyNeeded.Required = true
	// draft is said by a button: what is done settles it.
	draft := bot.Option{Name: draftName, Summary: "the proposal or report that it is done for", Kind: bot.Word, Named: true, Hidden: true}
	return bot.Command{
		Name: "curate", Summary: "Keep the facts true: add, edit, retire, undo, history, gaps, review", Permit: bot.Curator,
		Subcommands: []bot.Command{
			{
				Name: "add", Summary: "Add a fact, after a look at what is near it", Handle: c.add, Options: c.fields(true),
				Examples: []string{"/curate add statement:「Qwen tea was served at the fair.」 kind:event about:qwen source:https://example.org/tea grade:press"},
			},
			{
				Name: "edit", Summary: "Change fields of a fact", Handle: c.edit, Options: append(append([]bot.Option{id}, c.fields(false)...), draft),
				Examples: []string{"/curate edit qwen-licence until:2026-11"},
			},
			{
				Name: "retire", Summary: "Withdraw a fact, with a reason", Handle: c.retire, Options: []bot.Option{id, whyNeeded, draft},
				Examples: []string{"/curate retire qwen-licence why:the page is gone"},
			},
			{
				Name: "relate", Summary: "Say how one fact bears on another", Handle: c.relate,
				Options: []bot.Option{
					id, {Name: "how", Summary: "supports, qualifies, disputes or supersedes", Kind: bot.Word, Required: true, Choices: choicesOf(knowledge.RelationKinds())},
					{Name: "other", Summary: "the other fact's id", Kind: bot.Word, Required: true, Complete: id.Complete}, why,
				},
				Examples: []string{"/curate relate r1-cost-partial qualifies r1-cost-low"},
			},
			{
				Name: "alias", Summary: "Give a name another spelling", Handle: c.alias,
				Options: []bot.Option{
					{Name: "entity", Summary: "a name that I know", Kind: bot.Word, Required: true, Complete: completeEntity(c.k)},
					{Name: "add", Summary: "the other spelling", Kind: bot.Word, Required: true},
					{Name: "sort", Summary: "name, nickname, person, product, chinese or pinyin", Kind: bot.Word, Named: true, Choices: choicesOf(knowledge.AliasKinds())},
				},
				Examples: []string{"/curate alias deepseek add:深度求索 sort:chinese"},
			},
			{
				Name: "undo", Summary: "Take back what a revision did", Handle: c.undo,
				Options:  []bot.Option{{Name: "revision", Summary: "its number, as the history has it", Kind: bot.Integer, Required: true}, why},
				Examples: []string{"/curate undo 12"},
			},
			{
				Name: "history", Summary: "The last revisions, or those of one fact", Handle: c.history, Options: []bot.Option{anyID},
				Examples: []string{"/curate history", "/curate history qwen-licence"},
			},
			{
				Name: "gaps", Summary: "Questions without an answer, most asked first, and what to do about each", Handle: c.listGaps,
				Options: []bot.Option{
					{Name: "question", Summary: "one of them", Kind: bot.FreeText}, pageOption(),
					{Name: "forget", Summary: "take it off the list", Kind: bot.YesNo, Named: true},
				},
				Examples: []string{"/curate gaps"},
			},
			{
				Name: "review", Summary: "What people proposed or reported as wrong, and what is near each", Handle: c.review,
				Options: []bot.Option{{Name: draftName, Summary: "one of them", Kind: bot.Word}, pageOption()}, Examples: []string{"/curate review"},
			},
			{
				Name: "approve", Summary: "Approve what another curator prepared", Handle: c.approve,
				Options:  []bot.Option{{Name: draftName, Summary: "one of those under review", Kind: bot.Word, Required: true}},
				Examples: []string{"/curate approve dg512h6btclc"},
			},
			{
				Name: "refuse", Summary: "Refuse a proposal or a report, with a reason that its author reads", Handle: c.refuse,
				Options:  []bot.Option{{Name: draftName, Summary: "one of those under review", Kind: bot.Word, Required: true}, whyNeeded},
				Examples: []string{"/curate refuse dg512h6btclc it is hearsay"},
			},
		},
	}
}

type curate struct {
	k    Knowledge
	base Curation
	gaps Gaps

	feedback *bot.Feedback
	drafts   *bot.Drafts
	settings *bot.SettingsStore
	approved *bot.Draft // what a second curator has approved; nil: nothing
}

// choicesOf offers the values of a closed list.
func choicesOf[V ~string](values []V) []bot.Choice {
	out := make([]bot.Choice, len(values))
	for i, v := range values {
		out[i] = bot.Choice{Label: string(v), Value: string(v)}
	}
	return out
}

// authorOf names who changes something in the log: by platform, workspace and id,
// never by name; who is at the program's own command line by their account.
func authorOf(r bot.Request) string {
	if r.User.Trusted {
		return r.User.Name
	}
	return joined(":", r.Conversation.Platform, r.Conversation.Space, r.User.ID)
}

// authorWords is who made a revision, as somebody may read it: people of their own
// workspace by their ids, others without.
func authorWords(author string, r bot.Request) string {
	own := r.Conversation.Platform + ":" + r.Conversation.Space + ":"
	switch {
	case r.User.Trusted, author == "silkwire":
		return bot.Clean(author)
	case r.Conversation.Platform != "" && strings.HasPrefix(author, own):
		return bot.Clean(strings.TrimPrefix(author, own))
	case strings.HasPrefix(author, "cli:"):
		return "whoever runs silkwire"
	}
	return "a curator elsewhere"
}

// apply makes one revision, and answers with what came of it. Where a second curator
// must approve, it is kept for them instead.
func (c curate) apply(ctx context.Context, r bot.Request, s *knowledge.Snapshot, change knowledge.Change, done string) (bot.Reply, error) {
	if c.base == nil {
		return bot.Reply{}, nothingKept()
	}
	if err := c.waitsFor(ctx, r); err != nil {
		return bot.Reply{}, err
	}
	change.Author, change.Seen = authorOf(r), s.Revision
	if change.Reason == "" {
		change.Reason = r.Values.Text("why")
	}
	switch {
	case c.approved != nil:
		change.Seen = c.approved.Seen
		change.Reason = strings.TrimSpace("prepared by " + joined(":", c.approved.Platform, c.approved.Space, c.approved.User) + ". " + change.Reason)
	case c.settings.Curation(r.Conversation).Second && !r.User.Trusted:
		return c.prepare(ctx, r, s, change)
	}
	rev, err := c.base.Apply(ctx, change)
	if err != nil {
		return bot.Reply{}, inWords(err, r)
	}
	if len(rev.Edits) == 0 {
		return bot.Reply{Lead: bot.T("It is so already: nothing was changed."), Visibility: bot.Private}, nil
	}
	return changedReply(rev, done), c.settle(ctx, r, rev)
}

// settle notes what became of the draft or the report that a revision was made for.
func (c curate) settle(ctx context.Context, r bot.Request, rev knowledge.Revision) error {
	id := r.Values.Text(draftName)
	if id == "" {
		return nil
	}
	fate := bot.Fate{Settled: r.At, Fact: rev.Edits[len(rev.Edits)-1].Ref.Key}
	err := c.drafts.Settle(ctx, id, fate)
	if errors.Is(err, bot.ErrSettled) {
		err = c.feedback.Settle(ctx, id, fate)
	}
	if errors.Is(err, bot.ErrSettled) {
		return nil // it is done, whoever said so first
	}
	return err
}

func nothingKept() *bot.Fail {
	return &bot.Fail{
		Outcome: bot.Denied, Say: "Nothing can be changed here: I answer from a fact base that is read only.",
		Next: "Whoever runs silkwire can give it a database that it may write to.",
	}
}

// changedReply says what a revision did, and offers to take it back.
func changedReply(rev knowledge.Revision, done string) bot.Reply {
	reply := bot.Reply{
		Lead: bot.T(fmt.Sprintf("%s It is revision %d.", done, rev.Number)), Visibility: bot.Private,
		Blocks:  []bot.Block{editList(rev)},
		Actions: []bot.Action{{Label: "Undo", Line: fmt.Sprintf("/curate undo %d", rev.Number)}},
	}
	for _, e := range rev.Edits {
		if e.Ref.Kind == knowledge.FactRecord && e.After != nil && len(reply.Actions) < 3 {
			reply.Actions = append(reply.Actions, bot.Action{Label: e.Ref.Key, Line: "/fact " + e.Ref.Key})
		}
	}
	return reply
}

// mostEdits is how many edits of a revision are listed.
const mostEdits = 8

func editList(rev knowledge.Revision) bot.List {
	list := bot.List{}
	for _, e := range rev.Edits[:min(len(rev.Edits), mostEdits)] {
		item := bot.Item{Text: bot.T(e.Gist()), Detail: bot.Join(bot.Q(editSort(e)+" · "), bot.C(e.Ref.String()))}
		if e.Ref.Kind == knowledge.FactRecord && e.After != nil {
			item.Line = "/fact " + e.Ref.Key
		}
		list.Items = append(list.Items, item)
	}
	if left := rev.Size - len(list.Items); left > 0 {
		list.Items = append(list.Items, bot.Item{Text: bot.T(fmt.Sprintf("and %d more", left))})
	}
	return list
}

func editSort(e knowledge.Edit) string {
	switch {
	case e.Before == nil:
		return "new"
	case e.After == nil:
		return "withdrawn"
	}
	return "changed: " + enumerate(e.Fields())
}

// inWords makes what a change is refused for into what a curator reads.
func inWords(err error, r bot.Request) error {
	if invalid, ok := errors.AsType[*knowledge.InvalidError](err); ok {
		f := wrongIn(optionOf(invalid.Problems[0].Field), "Nothing was changed.", "%s", problemWords(invalid.Problems[0]))
		for _, p := range invalid.Problems[1:min(len(invalid.Problems), 4)] {
			f.Say += " " + problemWords(p)
		}
		return f
	}
	if conflict, ok := errors.AsType[*knowledge.ConflictError](err); ok {
		first := conflict.Conflicts[0]
		f := bot.Misuse("Nothing was changed. Look at what they did, then decide.", "%s was changed meanwhile, in revision %d by %s.", capital(first.Ref.String()), first.By.Number, authorWords(first.By.Author, r))
		if first.Ref.Kind == knowledge.FactRecord {
			f.Suggest = append(f.Suggest, bot.Action{Label: "What was changed", Line: "/curate history " + first.Ref.Key}, bot.Action{Label: first.Ref.Key, Line: "/fact " + first.Ref.Key})
		}
		return f
	}
	if missing, ok := errors.AsType[*knowledge.NoRevisionError](err); ok {
		return bot.Misuse("/curate history lists them.", "%s.", capital(missing.Error()))
	}
	return err
}

// optionOf is the option that fills a field of a fact, as problems name it.
func optionOf(field string) string {
	name, _, _ := strings.Cut(field, "[")
	if _, inner, found := strings.Cut(field, "]."); found && name == "sources" {
		switch inner {
		case "grade", "publisher", "title":
			return inner
		case "date":
			return "dated"
		}
	}
	switch name {
	case "subjects":
		return "about"
	case "attributes":
		return "tells"
	case "sources":
		return "source"
	}
	return name
}

// problemWords is a mistake in words. Of a fact it is the one at hand, so its fields are
// named as its curator knows them.
func problemWords(p knowledge.Problem) string {
	switch {
	case p.Field == "":
		return fmt.Sprintf("%s: %s.", capital(p.Ref.String()), p.Say)
	case p.Ref.Kind != knowledge.FactRecord:
		return fmt.Sprintf("%s: %s: %s.", capital(p.Ref.String()), p.Field, p.Say)
	}
	for _, verb := range []string{"has ", "is ", "stands "} {
		if strings.HasPrefix(p.Say, verb) {
			return fmt.Sprintf("%s %s.", capital(optionOf(p.Field)), p.Say)
		}
	}
	return fmt.Sprintf("%s: %s.", capital(optionOf(p.Field)), p.Say)
}

// capital begins with a capital letter.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func (c curate) retire(ctx context.Context, r bot.Request) (bot.Reply, error) {
	s := c.k.Snapshot()
	f, err := factOf(s, r, "id")
	if err != nil {
		return bot.Reply{}, err
	}
	reply, err := c.apply(ctx, r, s, knowledge.Change{Remove: []knowledge.Ref{f.Ref()}}, "Withdrawn.")
	if others := restingOn(s, f.ID); err != nil && len(others) > 0 {
		return bot.Reply{}, &bot.Fail{
			Outcome: bot.Misused, Say: "Nothing was withdrawn: " + enumerate(others) + pluralWord(len(others), " rests", " rest") + " on this fact.",
			Next:    "Give it its end (/curate edit " + f.ID + " until:…), or add the fact that replaces it and relate the two (supersedes).",
			Suggest: []bot.Action{{Label: f.ID, Line: "/fact " + f.ID}}, Cause: err,
		}
	}
	return reply, err
}

// mostResting is how many of those that rest on a fact are named.
const mostResting = 5

// restingOn names what refers to a fact: other facts by their ids, and symbols whose
// exposure it carries.
func restingOn(s *knowledge.Snapshot, id string) []string {
	var names []string
	for _, symbol := range s.RestingOn(id) {
		names = append(names, "the exposure of "+symbol)
	}
	for _, rel := range s.Bearing(id) {
		if !slices.Contains(names, rel.To) {
			names = append(names, rel.To)
		}
	}
	if len(names) > mostResting {
		names = append(names[:mostResting], fmt.Sprintf("%d more", len(names)-mostResting))
	}
	return names
}

func (c curate) relate(ctx context.Context, r bot.Request) (bot.Reply, error) {
	s := c.k.Snapshot()
	f, err := factOf(s, r, "id")
	if err != nil {
		return bot.Reply{}, err
	}
	other, err := factOf(s, r, "other")
	if err != nil {
		return bot.Reply{}, err
	}
	next, rel := *f, knowledge.Relation{Kind: knowledge.RelationKind(r.Values.Text("how")), To: other.ID}
	if !slices.Contains(f.Relations, rel) {
		next.Relations = append(slices.Clone(f.Relations), rel)
	}
	return c.apply(ctx, r, s, knowledge.Change{Put: []knowledge.Record{next}}, "Related.")
}

func (c curate) alias(ctx context.Context, r bot.Request) (bot.Reply, error) {
	s := c.k.Snapshot()
	e, err := entityOf(s, r.Values.Text("entity"))
	if err != nil {
		return bot.Reply{}, err
	}
	kind := knowledge.AliasKind(r.Values.Text("sort"))
	if kind == "" {
		kind = knowledge.AliasName
	}
	next, alias := *e, knowledge.Alias{Text: r.Values.Text("add"), Kind: kind}
	if !slices.ContainsFunc(e.Aliases, func(a knowledge.Alias) bool { return a.Text == alias.Text }) {
		next.Aliases = append(slices.Clone(e.Aliases), alias)
	}
	return c.apply(ctx, r, s, knowledge.Change{Put: []knowledge.Record{next}}, "Added.")
}

// entityOf is the entity of a slug or a name.
func entityOf(s *knowledge.Snapshot, typed string) (*knowledge.Entity, error) {
	if e := s.Entity(strings.ToLower(strings.TrimSpace(typed))); e != nil {
		return e, nil
	}
	for _, m := range s.Find(typed) {
		if e := s.Entity(m.Slug); e != nil {
			return e, nil
		}
	}
	_, err := notFound(s, typed)
	return nil, err
}

func (c curate) undo(ctx context.Context, r bot.Request) (bot.Reply, error) {
	if c.base == nil {
		return bot.Reply{}, nothingKept()
	}
	number := r.Values.Int("revision", 0)
	if number < 1 {
		return bot.Reply{}, bot.Misuse("/curate history lists them.", "Revisions are numbered from 1 on.")
	}
	reason := r.Values.Text("why")
	if reason == "" {
		reason = fmt.Sprintf("undo of revision %d", number)
	}
	rev, err := c.base.Undo(ctx, uint64(number), authorOf(r), reason)
	if err != nil {
		return bot.Reply{}, inWords(err, r)
	}
	if len(rev.Edits) == 0 {
		return bot.Reply{Lead: bot.T(fmt.Sprintf("Nothing to take back: it is as it was before revision %d already.", number)), Visibility: bot.Private}, nil
	}
	return changedReply(rev, fmt.Sprintf("Revision %d is taken back.", number)), nil
}

// mostRevisions is how many revisions the history lists.
const mostRevisions = 10

func (c curate) history(ctx context.Context, r bot.Request) (bot.Reply, error) {
	if c.base == nil {
		return bot.Reply{}, nothingKept()
	}
	if !r.Values.Has("id") {
		return c.lastRevisions(ctx, r)
	}
	id := typedID(r.Values.Text("id"))
	revisions, err := c.base.History(ctx, knowledge.Ref{Kind: knowledge.FactRecord, Key: id})
	if err != nil {
		return bot.Reply{}, err
	}
	if len(revisions) == 0 {
		return bot.Reply{}, noFact(c.k.Snapshot(), id)
	}
	list := bot.List{}
	for _, rev := range revisions[:min(len(revisions), mostRevisions)] {
		e := rev.Edits[0]
		list.Items = append(list.Items, bot.Item{Text: bot.T(e.Gist()), Detail: bot.Q(revisionWords(rev, r) + " · " + editSort(e))})
	}
	return bot.Reply{
		Title: bot.C(id), Lead: bot.T(plural(len(revisions), "revision", "revisions") + " touched it, the newest first. /curate undo and a number takes one back."),
		Blocks: []bot.Block{list}, Visibility: bot.Private,
	}, nil
}

func (c curate) lastRevisions(ctx context.Context, r bot.Request) (bot.Reply, error) {
	revisions, err := c.base.Log(ctx, mostRevisions)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(revisions) == 0 {
		return bot.Reply{Lead: bot.T("Nothing was written yet."), Visibility: bot.Private}, nil
	}
	list := bot.List{}
	for _, rev := range revisions {
		whole, err := c.base.Revision(ctx, rev.Number)
		if err != nil {
			return bot.Reply{}, err
		}
		text := plural(rev.Size, "record", "records")
		if len(whole.Edits) == 1 {
			text = whole.Edits[0].Gist()
		}
		list.Items = append(list.Items, bot.Item{Text: bot.T(text), Detail: bot.Q(revisionWords(rev, r))})
	}
	return bot.Reply{
		Title: bot.B("History"), Lead: bot.T(fmt.Sprintf("The last %s of %d. /curate undo and a number takes one back.", plural(len(revisions), "revision", "revisions"), revisions[0].Number)),
		Blocks: []bot.Block{list}, Visibility: bot.Private,
	}, nil
}

// revisionWords is a revision in a line.
func revisionWords(rev knowledge.Revision, r bot.Request) string {
	words := fmt.Sprintf("revision %d · %s · %s", rev.Number, stamp(rev.At), authorWords(rev.Author, r))
	if rev.Reason != "" {
		words += " · " + bot.Shorten(bot.Clean(rev.Reason), 120)
	}
	return words
}
