package commands

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
)

// Gaps lists the questions that nobody got an answer to, most asked first, and
// forgets one.
type Gaps interface {
	Gaps(ctx context.Context) ([]knowledge.Gap, error)
	Forget(ctx context.Context, question string) error
}

// HomeLine is the command line whose reply is a person's home.
const HomeLine = "/home"

// Home is silkwire's front page, for platforms where an app has one: how to ask,
// what is new, one's own settings, and for curators what waits for them. It is
// not typed, so it stands in no menu.
func Home(k Knowledge, kept Kept) bot.Command {
	h := home{k, kept}
	return bot.Command{Name: "home", Summary: "How to ask, what is new, and your settings", Hidden: true, Handle: h.show}
}

type home struct {
	k    Knowledge
	kept Kept
}

// whatIAm is silkwire in one sentence.
const whatIAm = "I answer questions about Chinese AI from recorded facts, each with its source; where I have none I say so."

// tries are lines that show what can be asked.
var tries = []string{"/ask why didn't the sanctions stop them", "/lab qwen", "/ticker NVDA", "/compare alibaba bytedance", "/policy"}

func (h home) show(ctx context.Context, r bot.Request) (bot.Reply, error) {
	mine := h.kept.Settings.Person(r.Conversation, r.User.ID)
	reply := bot.Reply{
		Title: bot.B("silkwire"), Lead: bot.T(whatIAm), Visibility: bot.Private,
		Blocks: []bot.Block{
			bot.Paragraph{Title: bot.B("How to ask"), Text: bot.T("Ask in your own words, in English or Chinese, or use a command. Try one of those below.")},
		},
		Actions: []bot.Action{mineMenu(), menu("Your time zone", "/settings mine zone:", zoneChoices()), {Label: "What can be asked", Line: "/help"}},
	}
	for _, line := range tries {
		reply.Suggestions = append(reply.Suggestions, bot.Action{Label: line, Line: line})
	}
	if news := newest(h.k.Snapshot(), r.At, mostNew); len(news) > 0 {
		list := bot.List{Title: bot.B("What is new")}
		for _, f := range news {
			list.Items = append(list.Items, bot.Item{Text: bot.T(f.Statement), Detail: brief(f), Line: "/fact " + f.ID})
		}
		reply.Blocks = append(reply.Blocks, list)
	}
	reply.Blocks = append(reply.Blocks, bot.Fields{Title: bot.B("My settings"), Fields: ofPerson(mine).Fields})
	if !r.User.May.Includes(bot.Curator) {
		return reply, nil
	}
	waits, err := h.waits(ctx, r)
	if err != nil {
		return bot.Reply{}, err
	}
	reply.Blocks = append(reply.Blocks, waits)
	return reply, nil
}

func zoneChoices() []bot.Choice {
	choices := []bot.Choice{{Label: "not chosen", Value: unset}}
	for _, z := range commonZones {
		choices = append(choices, bot.Choice{Label: z, Value: z})
	}
	return choices
}

// mostNew is how many facts the front page shows.
const mostNew = 5

// newest are the facts that hold since the latest date up to now, the latest
// first. What was replaced is not new.
func newest(s *knowledge.Snapshot, now time.Time, n int) []*knowledge.Fact {
	facts := slices.DeleteFunc(slices.Clone(s.Facts()), func(f *knowledge.Fact) bool {
		return f.From.IsZero() || f.From.First().After(now) || s.Superseded(f.ID) != nil
	})
	slices.SortFunc(facts, func(a, b *knowledge.Fact) int {
		return cmp.Or(b.From.Compare(a.From), strings.Compare(a.ID, b.ID))
	})
	return facts[:min(len(facts), n)]
}

// brief is a fact's evidence without its sources, which /fact shows.
func brief(f *knowledge.Fact) bot.Text {
	return bot.Join(bot.Q(joined(" · ", whose(f), when(f), graded(f))+" · "), bot.C(f.ID))
}

// mostAsked is how many unanswered questions the front page shows.
const mostAsked = 3

// waits is what waits for curators.
func (h home) waits(ctx context.Context, r bot.Request) (bot.Fields, error) {
	waiting, err := waitingFor(ctx, h.kept.Drafts, h.kept.Feedback, r)
	if err != nil {
		return bot.Fields{}, err
	}
	unanswered, err := h.unanswered(ctx)
	if err != nil {
		return bot.Fields{}, err
	}
	waits := bot.T("nothing")
	if len(waiting) > 0 {
		waits = bot.Join(bot.T(inWaiting(waiting)+"; "), bot.C("/curate review"), bot.T(" lists them"))
	}
	return bot.Fields{Title: bot.B("For curators"), Fields: []bot.Field{
		{Name: "Waits for you", Value: waits},
		{Name: "Most asked without an answer", Value: bot.T(unanswered)},
	}}, nil
}

func (h home) unanswered(ctx context.Context) (string, error) {
	if h.kept.Gaps == nil {
		return "none", nil
	}
	gaps, err := h.kept.Gaps.Gaps(ctx)
	if err != nil {
		return "", err
	}
	var most []string
	for _, g := range gaps[:min(len(gaps), mostAsked)] {
		most = append(most, fmt.Sprintf("“%s” (%s)", bot.Shorten(g.Question, 100), plural(g.Count, "time", "times")))
	}
	return cmp.Or(enumerate(most), "none"), nil
}
