package commands

import (
	"slices"
	"strings"
	"time"

	"silkwire/bot"
	"silkwire/knowledge"
)

// weaker are words with which a thesis takes back what it names: controls that
// are eased move each path the other way.
var weaker = []string{
	"ease", "eased", "eases", "easing", "loosen", "loosened", "loosens", "relax", "relaxed", "lift", "lifted", "lifts", "end", "ended", "ends",
	"fail", "fails", "failed", "lose", "loses", "lost", "losing", "shrink", "shrinks", "weaken", "weakens", "weakened", "fall", "falls", "collapse", "collapses",
	"repeal", "repealed", "drop", "dropped", "fade", "fades", "less", "fewer", "undone", "放松", "取消", "解除", "失败", "减弱",
}

// weakens tells whether a thesis takes back what it names.
func weakens(thesis string) bool {
	words := strings.Fields(strings.ToLower(thesis))
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(weaker, strings.Trim(w, ".,!?")) }) ||
		slices.ContainsFunc(weaker, func(w string) bool { return w[0] >= 0x80 && strings.Contains(thesis, w) })
}

// thesisReply lists who gains and who loses if something that the base knows
// grows stronger, or weaker, along the paths that are recorded.
func thesisReply(s *knowledge.Snapshot, thesis string, at time.Time, chart bool) (bot.Reply, error) {
	c := compose(s, thesis).on(at)
	var about []*knowledge.Entity
	for _, m := range s.Find(thesis) {
		if e := s.Entity(m.Slug); e != nil && e.Kind != knowledge.KindPlace {
			about = append(about, e)
			c.useEntity(m.Slug, m.Score)
		}
	}
	if len(about) == 0 {
		return bot.Reply{}, &bot.Fail{
			Outcome: bot.Unknown, Say: "I know no name in “" + bot.Shorten(thesis, 60) + "”, so no recorded path follows from it.",
			Next: "Name what changes and how, for example:",
			Suggest: []bot.Action{
				{Label: "Controls tighten", Line: "/exposure if:\"export controls tighten\""}, {Label: "Open weights win", Line: "/exposure if:\"open weights win\""},
			},
		}
	}
	reverse := weakens(thesis)
	gain, lose := bot.List{Title: bot.B("Gain")}, bot.List{Title: bot.B("Lose")}
	for _, x := range s.Exposures() {
		for _, p := range x.Paths {
			if p.Direction == knowledge.Mixed || !c.passes(p, about) {
				continue
			}
			if (p.Direction == knowledge.Benefits) != reverse {
				gain.Items = append(gain.Items, c.moved(&x, p, bot.Pro))
			} else {
				lose.Items = append(lose.Items, c.moved(&x, p, bot.Con))
			}
		}
	}
	names := make([]string, len(about))
	for i, e := range about {
		names[i] = c.name(e)
	}
	reply := bot.Reply{Title: bot.B("If " + bot.Shorten(thesis, 80))}
	if len(gain.Items)+len(lose.Items) == 0 {
		reply.Lead, reply.Outcome = bot.T("No recorded exposure runs through "+enumerate(names)+"."), bot.Unknown
		reply.Suggestions = []bot.Action{c.open(about[0].Slug), {Label: "Every exposure", Line: "/exposure"}}
		reply.Used = c.used
		return reply, nil
	}
	how := "stronger"
	if reverse {
		how = "weaker"
	}
	reply.Lead = bot.T("Along the recorded paths through " + enumerate(names) + ", taken as growing " + how + ": " +
		pathsThat(len(gain.Items), "gains", "gain") + " and " + pathsThat(len(lose.Items), "loses", "lose") + ".")
	if drawn, ok := thesisChart(thesis, gain, lose); chart && ok {
		reply.Blocks = append(reply.Blocks, drawn)
	}
	for _, list := range []bot.List{gain, lose} {
		if len(list.Items) > 0 {
			reply.Blocks = append(reply.Blocks, list)
		}
	}
	reply.Blocks = append(reply.Blocks, bot.Paragraph{Title: c.heading("How sure"), Text: bot.T(
		"The paths and the facts behind them are recorded; the rest is assumption: that each path goes on moving its ticker the way it does today, only more, and that nothing else changes. Tickers without a path through " + enumerate(names) + " are not named; that is no sign that they stay as they are.")})
	c.tickers = true
	return c.finish(reply), nil
}

func pathsThat(n int, one, many string) string {
	if n == 0 {
		return "none " + one
	}
	return plural(n, "path "+one, "paths "+many)
}

// passes tells whether a path runs through one of the entities: as a hop, as what
// the fact behind a hop is about, or as a rule or a chip of it.
func (c *composer) passes(p knowledge.Path, about []*knowledge.Entity) bool {
	for _, h := range p.Hops {
		f := c.s.Fact(h.Fact)
		for _, e := range about {
			if h.Entity == e.Slug || f != nil && slices.Contains(f.Subjects, e.Slug) || c.belongs(h.Entity, e) {
				return true
			}
		}
	}
	return false
}

// belongs tells whether an entity is a rule or a chip under a policy: a fact is
// about it and names the policy.
func (c *composer) belongs(slug string, policy *knowledge.Entity) bool {
	e := c.s.Entity(slug)
	if e == nil || policy.Kind != knowledge.KindPolicy || !told(e) {
		return false
	}
	return slices.ContainsFunc(c.s.About(slug), func(f *knowledge.Fact) bool {
		return slices.Contains(f.Subjects, slug) && slices.Contains(f.Entities(), policy.Slug)
	})
}

// moved is one path of an exposure as an entry.
func (c *composer) moved(x *knowledge.Exposure, p knowledge.Path, mark bot.Mark) bot.Item {
	item := bot.Item{
		Text: bot.Join(bot.B(x.Symbol), bot.T(" ("+c.s.Name(x.Symbol)+"): "+c.chain(x.Symbol, p))),
		Line: "/ticker " + x.Symbol, Mark: mark,
	}
	for i, h := range p.Hops {
		if i > 0 {
			item.Detail = append(item.Detail, bot.Q(" ← ")...)
		}
		item.Detail = append(item.Detail, bot.C(h.Fact)...)
		if f := c.s.Fact(h.Fact); f != nil {
			c.useFact(f, 0.6)
			for _, src := range f.Sources {
				c.cite(src)
			}
		}
	}
	return item
}
