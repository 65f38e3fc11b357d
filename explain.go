package main

import (
	"context"
	"fmt"
	"strings"

	"silkwire/bot"
	"silkwire/knowledge"
	"silkwire/knowledge/entity"
)

// explain prints why a question is answered as it is: the names with how each
// was recognised, the terms that counted, each fact's score by part, and the
// threshold.
func (p *program) explain(ctx context.Context, question string) error {
	return p.withCore(ctx, func(core asker) error {
		e, err := core.explain(ctx, bot.Clean(question))
		if err != nil {
			return err
		}
		p.exit = e.Exit
		_, err = fmt.Fprint(p.stdout, e.Text)
		return err
	})
}

// explained is why a question is answered as it is, with the exit status.
type explained struct {
	Text string `json:"text"`
	Exit int    `json:"exit"`
}

func explainFrom(s *knowledge.Snapshot, question string) explained {
	e := s.Explain(knowledge.Query{Text: question})
	out := explained{Text: explanation(s, e)}
	if !e.Price && (len(e.Facts) == 0 || e.Facts[0].Probability < e.Threshold) {
		out.Exit = exitUnknown
	}
	return out
}

func explanation(s *knowledge.Snapshot, e knowledge.Explanation) string {
	var b strings.Builder
	section := func(title string, n int) {
		if n > 0 {
			fmt.Fprintf(&b, "%s\n", title)
		}
	}
	section("names", len(e.Mentions))
	for _, m := range e.Mentions {
		name := m.Symbol
		if x := s.Entity(m.Slug); x != nil {
			name = x.Slug
		}
		fmt.Fprintf(&b, "  %-22s %s  %.2f\n", name, recognised(m), m.Score)
	}
	section("words taken for others", len(e.Repaired))
	for _, r := range e.Repaired {
		fmt.Fprintf(&b, "  %-22s %s\n", r.Typed, r.As)
	}
	section("terms (weight × how much it tells)", len(e.Terms))
	for _, t := range e.Terms {
		known := ""
		if !t.Known {
			known = "  (no fact has it)"
		}
		fmt.Fprintf(&b, "  %-22s %.2f × %.2f%s\n", t.Text, t.Weight, t.Tells, known)
	}
	if e.Wants != "" {
		fmt.Fprintf(&b, "asks for: %s\n", e.Wants)
	}
	section("facts (score = match, phrasing and coverage by their shares, times preference, less up to 15 % for doubt)", len(e.Facts))
	for _, f := range e.Facts {
		fmt.Fprintf(&b, "  %-28s score %.3f  match %.2f  phrasing %.2f  coverage %.2f  preference %.2f  probability %.2f\n",
			f.Fact.ID, f.Score, f.Match, f.Phrasing, f.Coverage, f.Preference, f.Probability)
		if len(f.Silent) > 0 {
			fmt.Fprintf(&b, "      silent on: %s\n", strings.Join(f.Silent, ", "))
		}
		if f.Absent {
			b.WriteString("      it does not tell the attribute that is asked for\n")
		}
	}
	verdict := "answered: the first fact's probability reaches the threshold"
	switch {
	case e.Price:
		return b.String() + "it asks for a price: answered with the prices of what is named\n"
	case len(e.Facts) == 0 || e.Facts[0].Probability < e.Threshold:
		verdict = "not answered: no fact's probability reaches the threshold"
	}
	fmt.Fprintf(&b, "%s of %.2f\n", verdict, e.Threshold)
	return b.String()
}

// recognised says how a name was recognised.
func recognised(m knowledge.Mention) string {
	switch m.Match.How {
	case entity.Typo:
		return fmt.Sprintf("%s %q (%d edit(s))", entity.Typo, m.Match.Name, m.Match.Edits)
	case entity.InContext:
		return string(entity.InContext)
	}
	return fmt.Sprintf("%s %q", m.Match.How, m.Match.Name)
}
