package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"silkwire/bot"
	"silkwire/knowledge"
	"silkwire/knowledge/factfile"
)

func (p *program) importCommand() *cobra.Command {
	reason, try := "", false
	c := &cobra.Command{
		Use: "import [--reason words] [--dry-run] file|folder", Short: "Take a fact file, or a folder of them, into the fact base",
		Long: `Takes fact files in as one revision, by a three-way merge: what the files said
when they were exported or imported last, what the fact base says now, and what
they say now. What only one side changed holds; what both changed goes together
field by field; where both changed the same field the record is listed and left
alone, and the exit status is 1. A folder's records that are gone from it since
are removed; a single file removes nothing. With mistakes nothing is changed.`,
		Example: "  silkwire facts export facts\n  silkwire facts import --dry-run facts\n  silkwire facts import --reason \"licence checked\" facts\n  silkwire facts import new.yaml", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error { return p.importFacts(c.Context(), args[0], reason, try) },
	}
	c.Flags().StringVar(&reason, "reason", "", "why, in the log of changes")
	c.Flags().BoolVar(&try, "dry-run", false, "say what it would come to, and change nothing")
	return c
}

func (p *program) importFacts(ctx context.Context, name, reason string, try bool) error {
	files, in, err := p.readImport(name)
	if err != nil {
		return err
	}
	in.Reason, in.Try = reason, try
	return p.withSession(ctx, toWrite, func(s *session) error {
		out, err := ask[knowledge.Imported](ctx, s, "import", in)
		if err != nil {
			return err
		}
		return p.tellImport(out, in, files, name)
	})
}

// readImport reads a file or a folder by itself. Its mistakes go to standard output,
// where scripts and editors look for them.
func (p *program) readImport(name string) (*factfile.Files, knowledge.Import, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, knowledge.Import{}, misuse("there is no file or folder %q", name)
	}
	place, err := filepath.Abs(name)
	if err != nil {
		return nil, knowledge.Import{}, fmt.Errorf("find %s: %w", name, err)
	}
	var files *factfile.Files
	var mistakes []factfile.Mistake
	folder := name
	if info.IsDir() {
		files, mistakes, err = factfile.Parse(os.DirFS(name))
	} else {
		folder = filepath.Dir(name)
		files, mistakes, err = factfile.Parse(os.DirFS(folder), filepath.Base(name))
	}
	if err != nil {
		return nil, knowledge.Import{}, misuse("%s: %w", name, err)
	}
	if err := p.tellMistakes(mistakes, folder); err != nil {
		return nil, knowledge.Import{}, fmt.Errorf("%w; nothing was changed", err)
	}
	return files, knowledge.Import{
		Contents: files.Contents, Asks: files.Asks, State: files.State, Place: place, Whole: info.IsDir(),
	}, nil
}

// tellMistakes prints the mistakes; the count is the error.
func (p *program) tellMistakes(mistakes []factfile.Mistake, folder string) error {
	for _, m := range mistakes {
		m.File = filepath.Join(folder, m.File)
		if _, err := fmt.Fprintln(p.stdout, m); err != nil {
			return fmt.Errorf("write mistakes: %w", err)
		}
	}
	if len(mistakes) > 0 {
		return fmt.Errorf("%d mistake(s) in the fact files", len(mistakes))
	}
	return nil
}

// tellImport says what an import came to.
func (p *program) tellImport(out knowledge.Imported, in knowledge.Import, files *factfile.Files, name string) error {
	if len(out.Problems) > 0 {
		folder := name
		if !in.Whole {
			folder = filepath.Dir(name)
		}
		return p.tellProblems(out.Problems, files, folder)
	}
	head := fmt.Sprintf("revision %d", out.Revision.Number)
	switch {
	case len(out.Revision.Edits) == 0:
		head = "nothing new in the files"
	case in.Try:
		head = "nothing was changed; it would be this"
	}
	if _, err := fmt.Fprintln(p.stdout, head); err != nil {
		return err
	}
	if err := writeEdits(p.stdout, out.Revision.Edits); err != nil {
		return err
	}
	for _, ref := range out.Merged {
		if _, err := fmt.Fprintf(p.stdout, "merged %s: it was changed in the fact base too, and it goes together\n", ref); err != nil {
			return err
		}
	}
	if len(out.Kept) > 0 {
		names := make([]string, len(out.Kept))
		for i, ref := range out.Kept {
			names[i] = ref.String()
		}
		_, err := fmt.Fprintf(p.stdout, "kept as the fact base has them, because they were changed there since and not in the files (%d): %s\n", len(names), firstOf(names))
		if err != nil {
			return err
		}
	}
	return p.tellConflicts(out.Conflicts, "the files want", "To settle it, export to another folder, edit there, and import that; or undo the revision that is named.")
}

// tellProblems says what an import would have left behind, at its place in the files
// where it stands in them.
func (p *program) tellProblems(problems []knowledge.Problem, files *factfile.Files, folder string) error {
	for _, m := range files.Mistakes(problems) {
		if m.File != "" {
			m.File = filepath.Join(folder, m.File)
		}
		line := m.String()
		if m.File == "" {
			line = "in the fact base: " + m.Say
		}
		if _, err := fmt.Fprintln(p.stdout, line); err != nil {
			return fmt.Errorf("write mistakes: %w", err)
		}
	}
	return fmt.Errorf("%d mistake(s) would be left behind; nothing was changed", len(problems))
}

// tellConflicts lists conflicts in words; their number is the error.
func (p *program) tellConflicts(conflicts []knowledge.Conflict, wanted, next string) error {
	if len(conflicts) == 0 {
		return nil
	}
	var b strings.Builder
	records := map[knowledge.Ref]bool{}
	for _, c := range conflicts {
		records[c.Ref] = true
		fmt.Fprintf(&b, "left alone %s\n", strings.TrimSuffix(c.Ref.String()+": "+c.Field, ": "))
		if c.Was != nil {
			fmt.Fprintf(&b, "  was: %s\n", inWords(c.Was))
		}
		by := ""
		if c.By.Number > 0 {
			by = fmt.Sprintf(" (revision %d, %s, %s)", c.By.Number, bot.Clean(c.By.Author), c.By.At.Format("2 January 2006 15:04 UTC"))
		}
		fmt.Fprintf(&b, "  the fact base says: %s%s\n  %s: %s\n", inWords(c.Is), by, wanted, inWords(c.Wanted))
	}
	if _, err := io.WriteString(p.stdout, b.String()); err != nil {
		return err
	}
	return fmt.Errorf("%d record(s) were changed on both sides and left alone. %s", len(records), next)
}

// inWords is a field's or a record's value as a person reads it.
func inWords(value json.RawMessage) string {
	if value == nil {
		return "nothing"
	}
	var v any
	if err := json.Unmarshal(value, &v); err != nil {
		return string(value)
	}
	if fields, ok := v.(map[string]any); ok {
		return "“" + gist(fields) + "”"
	}
	return bot.Shorten(words(v), 400)
}

func (p *program) exportCommand() *cobra.Command {
	return &cobra.Command{
		Use: "export folder", Short: "Write the fact base as a folder of fact files, to be edited, kept in git and imported again",
		Long: `Writes the fact base as fact files, one for each kind of record, in the order of
their keys. Two exports of one state are equal byte for byte. An earlier export
in the folder is replaced, unless it was edited since and not imported: that, and
a folder with other fact files, is refused.`,
		Example: "  silkwire facts export facts", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withSession(c.Context(), toRead, func(s *session) error { return p.exportFacts(c.Context(), s, args[0]) })
		},
	}
}

func (p *program) exportFacts(ctx context.Context, s *session, folder string) error {
	e, err := ask[exported](ctx, s, "export", 0)
	if err != nil {
		return err
	}
	if err := mayReplace(ctx, s, folder); err != nil {
		return err
	}
	files, err := factfile.Write(e.Contents, e.State)
	if err != nil {
		return err
	}
	if err := writeFolder(folder, files); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "exported revision %d: %d facts and %d other records in %d files\n",
		e.Revision, len(e.Contents.Facts), len(e.Contents.Records())-len(e.Contents.Facts), len(files))
	return err
}

// mayReplace makes sure that no edit is lost with the fact files of a folder: they
// are an export that says what it was exported from, or what was imported.
func mayReplace(ctx context.Context, s *session, folder string) error {
	names, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(names) == 0 {
		return err
	}
	if !slices.Contains(names, filepath.Join(folder, factfile.StateFile)) {
		return misuse("%s has fact files that are no export: choose an empty folder", folder)
	}
	files, mistakes, err := factfile.Parse(os.DirFS(folder))
	if err != nil {
		return err
	}
	digest, err := files.Contents.Digest()
	if err != nil {
		return err
	}
	if len(mistakes) == 0 && digest == files.State {
		return nil
	}
	place, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	known := false
	if len(mistakes) == 0 {
		known, err = ask[bool](ctx, s, "known", knowledge.Import{Contents: files.Contents, State: files.State, Place: place})
	}
	if err != nil {
		return err
	}
	if !known {
		return misuse("%s was edited since it was exported, and not imported: import it first, or choose another folder", folder)
	}
	return nil
}

// writeFolder writes files, each whole or not at all, and removes those of an
// earlier export that there are none of now.
func writeFolder(folder string, files map[string][]byte) error {
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // files to be edited and kept in git
		return fmt.Errorf("make folder: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fresh := filepath.Join(folder, "."+name+".new")
		if err := os.WriteFile(fresh, files[name], 0o644); err != nil { //nolint:gosec // as above
			return fmt.Errorf("write fact file: %w", err)
		}
		if err := os.Rename(fresh, filepath.Join(folder, name)); err != nil {
			return fmt.Errorf("write fact file: %w", err)
		}
	}
	there, err := fs.Glob(os.DirFS(folder), "*.yaml")
	if err != nil {
		return fmt.Errorf("list fact files: %w", err)
	}
	for _, name := range there {
		if files[name] == nil {
			if err := os.Remove(filepath.Join(folder, name)); err != nil {
				return fmt.Errorf("remove what is exported no more: %w", err)
			}
		}
	}
	return nil
}

func (p *program) showCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show name", Short: "Print a record as fact files hold it, and the revisions that made it so",
		Long:    "Prints a record as fact files hold it. A name is a key (qwen-licence, NVDA), or a\nkind and a key where several records have it (entity deepseek).",
		Example: "  silkwire facts show qwen-licence\n  silkwire facts show \"exposure NVDA\"", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withSession(c.Context(), toRead, func(s *session) error { return p.showRecord(c.Context(), s, args[0]) })
		},
	}
}

func (p *program) showRecord(ctx context.Context, s *session, name string) error {
	e, err := ask[exported](ctx, s, "export", 0)
	if err != nil {
		return err
	}
	histories, err := ask[map[string][]knowledge.Revision](ctx, s, "history", name)
	if err != nil {
		return err
	}
	found := false
	keys := map[string]bool{}
	for _, r := range e.Contents.Records() {
		keys[r.Ref().Key] = true
		if r.Ref().Key != name && r.Ref().String() != name {
			continue
		}
		found = true
		text, err := factfile.WriteRecord(r, e.Contents.Documents)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(p.stdout, "%s%s", text, revisionLine(histories[r.Ref().String()])); err != nil {
			return err
		}
	}
	if found {
		return nil
	}
	if len(histories) > 0 {
		return fmt.Errorf("%q is not in the fact base any more: silkwire facts history %q tells how it went", name, name)
	}
	return nothingCalled(name, keys)
}

func nothingCalled(name string, keys map[string]bool) error {
	if near := knowledge.Nearest(name, keys); near != "" {
		return fmt.Errorf("nothing is called %q; did you mean %q?", name, near)
	}
	return fmt.Errorf("nothing is called %q: silkwire search finds facts by their words", name)
}

// revisionLine says which revision gave a record its value, as a comment.
func revisionLine(history []knowledge.Revision) string {
	if len(history) == 0 {
		return "# as it is shipped\n"
	}
	return fmt.Sprintf("# %s; %d revision(s) touched it\n", revisionWords(history[0]), len(history))
}

// revisionWords is a revision in a line.
func revisionWords(r knowledge.Revision) string {
	line := fmt.Sprintf("revision %d  %s  %s", r.Number, r.At.Format("2 Jan 2006 15:04 UTC"), bot.Clean(r.Author))
	if r.Reason != "" {
		line += "  " + bot.Clean(r.Reason)
	}
	return line
}

func (p *program) historyCommand() *cobra.Command {
	most, asJSON := 0, false
	c := &cobra.Command{
		Use: "history [--most n] [--json] [name|revision]", Short: "List the revisions, newest first; of one record or one revision with what was changed",
		Example: "  silkwire facts history\n  silkwire facts history qwen-licence\n  silkwire facts history 12", Args: atMostOne,
		RunE: func(c *cobra.Command, args []string) error {
			return p.withSession(c.Context(), toRead, func(s *session) error {
				if len(args) == 0 {
					return p.listRevisions(c.Context(), s, most, asJSON)
				}
				return p.historyOf(c.Context(), s, args[0], asJSON)
			})
		},
	}
	c.Flags().IntVar(&most, "most", 20, "how many")
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON object a line")
	return c
}

func (p *program) listRevisions(ctx context.Context, s *session, most int, asJSON bool) error {
	if most < 1 {
		return misuse("--most is a number from 1 on")
	}
	l, err := ask[listed](ctx, s, "log", most)
	if err != nil {
		return err
	}
	if asJSON {
		return writeRevisions(p.stdout, l.Revisions)
	}
	for _, r := range l.Revisions {
		if _, err := fmt.Fprintf(p.stdout, "%s  (%d edits)\n", revisionWords(r), r.Size); err != nil {
			return err
		}
	}
	switch {
	case l.Newest == 0:
		_, err = fmt.Fprintln(p.stdout, "Nothing was written yet: there is no database, and the shipped fact base answers.")
	case int(l.Newest) > len(l.Revisions):
		_, err = fmt.Fprintf(p.stdout, "and %d older\n", int(l.Newest)-len(l.Revisions))
	}
	return err
}

func writeRevisions(w io.Writer, revisions []knowledge.Revision) error {
	e := json.NewEncoder(w)
	for _, r := range revisions {
		if err := e.Encode(r); err != nil {
			return fmt.Errorf("write revisions: %w", err)
		}
	}
	return nil
}

// historyOf is that of a record, or what a revision did where name is a number.
func (p *program) historyOf(ctx context.Context, s *session, name string, asJSON bool) error {
	histories, err := ask[map[string][]knowledge.Revision](ctx, s, "history", name)
	if err != nil {
		return err
	}
	if number, wrong := strconv.ParseUint(name, 10, 64); wrong == nil && len(histories) == 0 {
		rev, err := ask[knowledge.Revision](ctx, s, "revision", number)
		if err != nil {
			return err
		}
		histories = map[string][]knowledge.Revision{"": {rev}}
	}
	if len(histories) == 0 {
		return p.noHistory(ctx, s, name)
	}
	for _, ref := range slices.Sorted(maps.Keys(histories)) {
		if asJSON {
			if err := writeRevisions(p.stdout, histories[ref]); err != nil {
				return err
			}
			continue
		}
		for _, r := range histories[ref] {
			if _, err := fmt.Fprintln(p.stdout, revisionWords(r)); err != nil {
				return err
			}
			if err := writeEdits(p.stdout, r.Edits); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *program) noHistory(ctx context.Context, s *session, name string) error {
	e, err := ask[exported](ctx, s, "export", 0)
	if err != nil {
		return err
	}
	keys := map[string]bool{}
	for _, r := range e.Contents.Records() {
		keys[r.Ref().Key] = true
		if r.Ref().Key == name || r.Ref().String() == name {
			_, err := fmt.Fprintf(p.stdout, "%s is as it is shipped: nothing was written yet\n", r.Ref())
			return err
		}
	}
	return nothingCalled(name, keys)
}

func (p *program) undoCommand() *cobra.Command {
	reason := ""
	c := &cobra.Command{
		Use: "undo [--reason words] revision", Short: "Take back what a revision did, as a new revision",
		Long: `Takes back what a revision did, as a new revision that can be undone too. What was
changed since stays where it goes together with that; where it does not, or where
the rest of the fact base needs what the revision did, nothing is changed and the
exit status is 1.`,
		Example: "  silkwire facts undo 12\n  silkwire facts undo --reason \"imported twice\" 12", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			number, err := strconv.ParseUint(args[0], 10, 64)
			if err != nil || number == 0 {
				return misuse("%q is no revision: silkwire facts history lists them by number", args[0])
			}
			return p.withSession(c.Context(), toWrite, func(s *session) error { return p.undo(c.Context(), s, undoing{number, reason}) })
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, in the log of changes")
	return c
}

func (p *program) undo(ctx context.Context, s *session, u undoing) error {
	out, err := ask[knowledge.Imported](ctx, s, "undo", u)
	if err != nil {
		return err
	}
	if len(out.Problems) > 0 {
		for _, problem := range out.Problems {
			if _, err := fmt.Fprintln(p.stdout, problem.Error()); err != nil {
				return err
			}
		}
		return errors.New("the rest of the fact base needs what that revision did; nothing was changed")
	}
	if err := p.tellConflicts(out.Conflicts, "before that revision it was", "Nothing was changed: undo the revisions that are named first, newest first."); err != nil {
		return err
	}
	head := fmt.Sprintf("revision %d takes back revision %d", out.Revision.Number, u.Revision)
	if len(out.Revision.Edits) == 0 {
		head = "nothing to take back: it is as it was before that revision already"
	}
	if _, err := fmt.Fprintln(p.stdout, head); err != nil {
		return err
	}
	return writeEdits(p.stdout, out.Revision.Edits)
}
