package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"silkwire/bot"
	"silkwire/knowledge"
)

func (p *program) evalCommand() *cobra.Command {
	each, withoutAsks, fitted := false, false, false
	c := &cobra.Command{
		Use:   "eval [--each] [--without-asks] file …",
		Short: "Measure how well questions with known answers are answered",
		Long: `Asks every question of the files, a JSON object a line, of the shipped fact base
and prints a table: by kind, how many have the right fact first and among the
first three, and how many are refused. docs/matching.md describes the files.`,
		Example: "  silkwire eval knowledge/testdata/questions/development.jsonl\n  silkwire eval --without-asks knowledge/testdata/questions/*.jsonl",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return misuse("say which files of questions: %s", c.UseLine())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			e, err := newEvaluation(withoutAsks)
			if err != nil {
				return err
			}
			for _, file := range args {
				if err := e.read(c.Context(), file); err != nil {
					return err
				}
			}
			if fitted {
				return e.writeFit(p.stdout)
			}
			if each {
				e.writeEach(p.stdout)
			}
			return e.writeTable(p.stdout)
		},
	}
	c.Flags().BoolVar(&each, "each", false, "also print what each question was answered with")
	c.Flags().BoolVar(&fitted, "fit", false, "fit the rule that decides when to refuse, and print its weights")
	c.Flags().BoolVar(&withoutAsks, "without-asks", false, "leave the facts' asks out, to see what they bring")
	return c
}

// asking is a question with what answers it.
type asking struct {
	ID      string `json:"id"`
	Q       string `json:"q"`
	Context string `json:"context"`
	Kind    string `json:"kind"`
	Gold    []struct {
		Section   json.RawMessage `json:"section"` // a number, or "tape"
		Paragraph int             `json:"paragraph"`
		Symbol    string          `json:"symbol"`
	} `json:"gold"`
	Must []string `json:"must"`
}

// verdict is how a question was answered.
type verdict struct {
	asking
	rank     int // of the right fact, from 1; 0: not among the first three
	answered bool
	first    string // id of the first fact, or the symbol of the first price
}

// negative is the kind of question that must not be answered.
const negative = "negative"

func (v verdict) right() bool {
	if v.Kind == negative {
		return !v.answered
	}
	return v.rank == 1
}

type evaluation struct {
	core     *bot.Router
	snapshot *knowledge.Snapshot
	verdicts []verdict
}

func newEvaluation(withoutAsks bool) (*evaluation, error) {
	contents, err := knowledge.ShippedBase().Contents()
	if err != nil {
		return nil, err
	}
	if withoutAsks {
		for i := range contents.Facts {
			contents.Facts[i].Asks = nil
		}
	}
	s := knowledge.NewSnapshot(contents, 0, time.Time{})
	core, err := newCore(shippedOnly{s}, 0, logConfig{level: slog.LevelError}.logger())
	return &evaluation{core: core, snapshot: s}, err
}

func (e *evaluation) read(ctx context.Context, name string) (err error) {
	file, err := os.Open(name)
	if err != nil {
		return misuse("read questions: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		var a asking
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return misuse("%s:%d: %w", name, n, err)
		}
		v, err := e.ask(ctx, a)
		if err != nil {
			return misuse("%s:%d: %w", name, n, err)
		}
		e.verdicts = append(e.verdicts, v)
	}
	return lines.Err()
}

// ask asks one question in a conversation of its own.
func (e *evaluation) ask(ctx context.Context, a asking) (verdict, error) {
	p := &program{}
	dispatch := func(q string) bot.Reply {
		return e.core.Dispatch(ctx, p.request(bot.Request{Call: asked(q), Line: q}, cmp.Or(a.ID, a.Q)))
	}
	if a.Context != "" {
		dispatch(a.Context)
	}
	reply := dispatch(a.Q)
	out := answerOf(e.snapshot, reply)
	v := verdict{asking: a, answered: out.Answered}
	must, err := expressions(a.Must)
	if err != nil {
		return v, err
	}
	if len(a.Gold) > 0 && a.Gold[0].Symbol != "" {
		if len(out.Quotes) > 0 {
			v.first = out.Quotes[0].Symbol
		}
		if v.first == a.Gold[0].Symbol && all(must, out.Text) {
			v.rank = 1
		}
		return v, nil
	}
	for i, f := range out.Facts[:min(3, len(out.Facts))] {
		if i == 0 {
			v.first = f.ID
		}
		if v.rank == 0 && (a.cited(f) || len(must) > 0 && all(must, f.Statement)) {
			v.rank = i + 1
		}
	}
	return v, nil
}

// cited tells whether a fact is drawn from a paragraph that answers.
func (a asking) cited(f factJSON) bool {
	for _, g := range a.Gold {
		for _, s := range f.Sources {
			if s.Section != nil && s.Paragraph != nil && string(g.Section) == fmt.Sprint(*s.Section) && g.Paragraph == *s.Paragraph {
				return true
			}
		}
	}
	return false
}

func expressions(must []string) ([]*regexp.Regexp, error) {
	var out []*regexp.Regexp
	for _, m := range must {
		re, err := regexp.Compile("(?i)" + m)
		if err != nil {
			return nil, fmt.Errorf("must %q: %w", m, err)
		}
		out = append(out, re)
	}
	return out, nil
}

func all(must []*regexp.Regexp, s string) bool {
	return !slices.ContainsFunc(must, func(re *regexp.Regexp) bool { return !re.MatchString(s) })
}

// writeEach prints a line a question, so that a change of ranking shows in a
// diff.
func (e *evaluation) writeEach(w io.Writer) {
	for _, v := range e.verdicts {
		sign := "  "
		switch {
		case !v.right():
			sign = "✗ "
		case v.Kind != negative && !v.answered:
			sign = "? " // right, but refused
		}
		answered := "answered"
		if !v.answered {
			answered = "refused"
		}
		_, _ = fmt.Fprintf(w, "%s%-10s %-8s %-28s %s\n", sign, v.Kind, answered, v.first, v.Q)
	}
}

// tally counts the questions of one kind.
type tally struct{ asked, first, three, refused int }

func (t *tally) add(v verdict) {
	t.asked++
	if v.rank == 1 {
		t.first++
	}
	if v.rank > 0 {
		t.three++
	}
	if !v.answered {
		t.refused++
	}
}

func (e *evaluation) writeTable(w io.Writer) error {
	kinds := map[string]*tally{}
	var answerable tally
	for _, v := range e.verdicts {
		if kinds[v.Kind] == nil {
			kinds[v.Kind] = &tally{}
		}
		kinds[v.Kind].add(v)
		if v.Kind != negative {
			answerable.add(v)
		}
	}
	names := make([]string, 0, len(kinds))
	for k := range kinds {
		if k != negative {
			names = append(names, k)
		}
	}
	slices.Sort(names)
	var b strings.Builder
	b.WriteString("| kind | questions | right fact first | among three | refused |\n| --- | --- | --- | --- | --- |\n")
	row := func(name string, t tally) {
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s |\n", name, t.asked, percent(t.first, t.asked), percent(t.three, t.asked), percent(t.refused, t.asked))
	}
	for _, name := range names {
		row(name, *kinds[name])
	}
	row("all but negatives", answerable)
	if t := kinds[negative]; t != nil {
		fmt.Fprintf(&b, "| negative | %d | – | – | %s |\n", t.asked, percent(t.refused, t.asked))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func percent(n, of int) string {
	if of == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}
