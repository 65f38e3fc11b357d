package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"silkwire/bot"
	"silkwire/knowledge"
	"silkwire/knowledge/factfile"
)

func (p *program) evalCommand() *cobra.Command {
	each, withoutAsks, fitted := false, false, false
	c := &cobra.Command{
		Use:   "eval [--each] [--without-asks] file …",
		Short: "Measure how well questions with known answers are answered",
		Long: `Asks every question of the files, a JSON object a line, of the shipped fact base
and prints a table: by kind, how many have the right fact first and among the
first three, and how many are refused. A fact file with asks of facts that stand
elsewhere is a file of questions too: they are asked of a base without them.
docs/matching.md describes the files.`,
		Example: "  silkwire eval knowledge/testdata/questions/development.jsonl\n  silkwire eval --without-asks knowledge/testdata/questions/*.jsonl",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return misuse("say which files of questions: %s", c.UseLine())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			e := &evaluation{withoutAsks: withoutAsks, fitted: fitted}
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
		URL       string          `json:"url"`
	} `json:"gold"`
	Must []string `json:"must"`
	fact string   // the fact that answers, for an ask of it
}

// verdict is how a question was answered.
type verdict struct {
	asking
	rank     int // of the right fact, from 1; 0: not among the first three
	answered bool
	first    string // id of the first fact, or the symbol of the first price
	evidence []float64
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
	withoutAsks bool
	fitted      bool
	core        *bot.Router
	snapshot    *knowledge.Snapshot
	verdicts    []verdict
}

// open makes the base that is asked: the shipped one without the asks given by
// fact, or without any.
func (e *evaluation) open(leftOut map[string][]string) error {
	contents, err := knowledge.ShippedBase().Contents()
	if err != nil {
		return err
	}
	for i := range contents.Facts {
		f := &contents.Facts[i]
		f.Asks = slices.DeleteFunc(f.Asks, func(ask string) bool {
			return e.withoutAsks || slices.Contains(leftOut[f.ID], ask)
		})
	}
	e.snapshot = knowledge.NewSnapshot(contents, 0, time.Time{})
	base := unkept(e.snapshot)
	e.core, err = newCore(base, keptIn(base, fetchConfig{}, quiet()), 0, logConfig{level: slog.LevelError}.logger(), 0)
	return err
}

// read asks the questions of a file.
func (e *evaluation) read(ctx context.Context, name string) error {
	content, err := os.ReadFile(name)
	if err != nil {
		return misuse("read questions: %w", err)
	}
	questions, leftOut, err := questionsOf(name, content)
	if err != nil {
		return misuse("%w", err)
	}
	if err := e.open(leftOut); err != nil {
		return err
	}
	for i, a := range questions {
		v, err := e.ask(ctx, a)
		if err != nil {
			return misuse("%s: question %d: %w", name, i+1, err)
		}
		e.verdicts = append(e.verdicts, v)
	}
	return nil
}

// questionsOf reads a file of questions, or the asks of a fact file, which are
// then to be left out of the base.
func questionsOf(name string, content []byte) (questions []asking, asks map[string][]string, err error) {
	if strings.HasSuffix(name, ".yaml") {
		if asks, err = factfile.Asks(name, content); err != nil {
			return nil, nil, err
		}
		for _, id := range slices.Sorted(maps.Keys(asks)) {
			for _, q := range asks[id] {
				questions = append(questions, asking{Q: q, Kind: "ask", fact: id})
			}
		}
		return questions, asks, nil
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	for n := 1; lines.Scan(); n++ {
		var a asking
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return nil, nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		questions = append(questions, a)
	}
	return questions, nil, lines.Err()
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
	if e.fitted {
		v.evidence = e.snapshot.Evidence(knowledge.Query{Text: a.Q})
	}
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
		if v.rank == 0 && (e.cited(a, f) || len(must) > 0 && all(must, f.Statement)) {
			v.rank = i + 1
		}
	}
	return v, nil
}

// cited tells whether a fact is drawn from what answers: a paragraph, an address,
// or what the fact whose ask it is is drawn from.
func (e *evaluation) cited(a asking, f factJSON) bool {
	for _, s := range f.Sources {
		paragraph := s.Section != nil && s.Paragraph != nil
		for _, g := range a.Gold {
			if g.URL != "" && g.URL == s.URL || paragraph && string(g.Section) == fmt.Sprint(*s.Section) && g.Paragraph == *s.Paragraph {
				return true
			}
		}
		if a.fact == "" {
			continue
		}
		for _, own := range e.snapshot.Fact(a.fact).Sources {
			if paragraph && own.Section != nil && *own.Section == *s.Section && own.Paragraph == *s.Paragraph || !paragraph && own.URL != "" && own.URL == s.URL {
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
