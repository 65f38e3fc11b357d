package commands

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"silkwire/bot"
	"silkwire/bot/delivery"
	"silkwire/knowledge"
)

// BoundedLog tells what became of the facts between two revisions; see knowledge.Base.
type BoundedLog interface {
	ChangesUntil(ctx context.Context, after, until uint64) (facts []knowledge.Changed, others int, err error)
}

// Digests words digests: see delivery.Writer.
type Digests struct {
	k   Knowledge
	log BoundedLog
	now func() time.Time
}

// NewDigests words what the log tells.
func NewDigests(k Knowledge, log BoundedLog, now func() time.Time) *Digests {
	return &Digests{k, log, now}
}

// Revision is the newest revision of the fact base.
func (d *Digests) Revision() uint64 { return d.k.Snapshot().Revision }

// Of a digest.
const (
	mostInDigest = 12
	mostComing   = 4
	firstDigest  = 30 * 24 * time.Hour // what the first one looks back on
	comingWithin = 60 * 24 * time.Hour
)

// Digest is what a delivery tells: what changed in its revisions, by topic; of the first
// of a subscription the best of the last 30 days. It is not ok where there is nothing
// new. It returns the error of reading.
func (d *Digests) Digest(ctx context.Context, due delivery.Delivery) (bot.Reply, bool, error) {
	snapshot := d.k.Snapshot()
	w := digest{c: compose(snapshot, "").on(d.now()), about: watchedTopics(snapshot, due.Topics), due: due.Due, now: d.now()}
	if due.First {
		return w.first(due), true, nil
	}
	all, _, err := d.log.ChangesUntil(ctx, due.From, due.Until)
	if err != nil {
		return bot.Reply{}, false, err
	}
	all = slices.DeleteFunc(all, func(f knowledge.Changed) bool { return onlyAsks(f) || !w.about.touch(snapshot, f) })
	if len(all) == 0 {
		return w.empty(due), false, nil
	}
	return w.changes(all, due), true, nil
}

// digest is one digest while it is composed.
type digest struct {
	c     *composer
	about topics
	due   time.Time
	now   time.Time
	told  []*knowledge.Fact
}

// changes are what is new, corrected, replaced, disputed or withdrawn, by topic.
func (w *digest) changes(all []knowledge.Changed, due delivery.Delivery) bot.Reply {
	groups := map[string]*bot.List{}
	var order []string
	counts := map[sort]int{}
	told := map[string]bool{}
	for _, c := range all {
		told[c.ID] = true
	}
	shown, left := 0, 0
	for _, changed := range all {
		for _, entry := range sorted(w.c.s, changed, "") {
			if told[entry.other] {
				continue
			}
			counts[entry.sort]++
			if shown >= mostInDigest {
				left++
				continue
			}
			shown++
			name := w.topicOf(changed)
			if groups[name] == nil {
				groups[name] = &bot.List{Title: bot.B(name)}
				order = append(order, name)
			}
			groups[name].Items = append(groups[name].Items, w.item(changed, entry))
		}
	}
	reply := bot.Reply{Lead: bot.T(counted(counts, w.about) + " since the last digest" + w.concerning(order) + ".")}
	for _, name := range order {
		reply.Blocks = append(reply.Blocks, *groups[name])
	}
	if left > 0 {
		last := reply.Blocks[len(reply.Blocks)-1].(bot.List)
		last.More = &bot.More{Count: left, Line: joined(" ", "/changes", w.about.typed(), "revision:"+itoa(int(due.From)))}
		reply.Blocks[len(reply.Blocks)-1] = last
	}
	return w.finish(reply, due)
}

// concerning names the topics of a digest that has several and was ordered about none.
func (w *digest) concerning(order []string) string {
	const most = 4
	switch {
	case len(order) < 2 || len(w.about) > 0:
		return ""
	case len(order) > most:
		order = append(slices.Clone(order[:most-1]), itoa(len(order)-most+1)+" other topics")
	}
	return ", concerning " + enumerate(order)
}

// item is one change as a digest tells it: what sort it is, and its evidence.
func (w *digest) item(changed knowledge.Changed, entry change) bot.Item {
	item := entry.item
	switch f := changed.After; {
	case f == nil:
		item.Detail = bot.Join(bot.Q("withdrawn · "), bot.C(changed.ID))
	case entry.other != "":
		// It says by what it is replaced or disputed.
	case entry.sort == isNew:
		w.told = append(w.told, f)
		item = w.c.item(f, 1)
		item.Detail = bot.Join(bot.Q("new · "), item.Detail)
	default:
		w.told = append(w.told, f)
		w.c.useFact(f, 1)
		item.Detail = bot.Join(bot.Q("corrected · "), item.Detail)
	}
	return item
}

// topicOf is the heading under which a change stands: the first of the subscription's
// topics that it touches, else what its subject belongs to.
func (w *digest) topicOf(c knowledge.Changed) string {
	for _, t := range w.about {
		if (topics{t}).touch(w.c.s, c) {
			return t.name
		}
	}
	f := c.After
	if f == nil {
		f = c.Before
	}
	name := "Other"
	for e := range w.c.s.Owners(f.Subjects[0]) {
		name = e.Name
	}
	return name
}

// first is the best of the last 30 days.
func (w *digest) first(due delivery.Delivery) bot.Reply {
	since := w.now.Add(-firstDigest)
	facts := slices.DeleteFunc(newest(w.c.s, w.now, len(w.c.s.Facts())), func(f *knowledge.Fact) bool {
		return f.From.Last().Before(since) || !w.about.touch(w.c.s, knowledge.Changed{ID: f.ID, After: f})
	})
	slices.SortStableFunc(facts, func(a, b *knowledge.Fact) int {
		grades := knowledge.Grades()
		return cmp.Compare(slices.Index(grades, a.Grade()), slices.Index(grades, b.Grade()))
	})
	about := ofTopic(w.about.names())
	if len(facts) == 0 {
		return w.finish(bot.Reply{Lead: bot.T("This is the first digest" + about + ". Nothing of the last 30 days is on record; from now on it tells what is new.")}, due)
	}
	reply := bot.Reply{Lead: bot.T("This is the first digest" + about + ": the best of the last 30 days. From now on it tells what is new.")}
	list := bot.List{}
	for _, f := range facts[:min(len(facts), mostInDigest)] {
		list.Items = append(list.Items, w.c.item(f, 1))
		w.told = append(w.told, f)
	}
	reply.Blocks = []bot.Block{list}
	return w.finish(reply, due)
}

// empty says that nothing is new.
func (w *digest) empty(due delivery.Delivery) bot.Reply {
	return w.finish(bot.Reply{Lead: bot.T("Nothing new" + ofTopic(w.about.names()) + " since the last digest.")}, due)
}

// finish adds the tickers that are touched, what is to come, the sources and the mark.
func (w *digest) finish(reply bot.Reply, due delivery.Delivery) bot.Reply {
	reply.Title = bot.B("Digest · " + w.due.Format("Monday, 2 January 2006"))
	if len(w.told) > 0 {
		reply.Blocks = append(reply.Blocks, w.c.touchedBy(w.told)...)
		if all := w.c.lines(w.c.touched(nil, w.told, maxTickers), leastInDigest); len(all) > 0 {
			// In front, so that it is on the first page of a long digest.
			reply.Blocks = append([]bot.Block{w.c.priceChart(all)}, reply.Blocks...)
		}
	}
	if coming := w.coming(); len(coming.Items) > 0 {
		reply.Blocks = append(reply.Blocks, coming)
	}
	reply.Visibility = bot.Public
	reply.Ping = due.Role
	reply.Line = "/digest show " + due.ID // what its further pages ask for
	reply.Actions = append(reply.Actions, bot.Action{Label: "Change or stop", Line: "/digest list mark:" + due.ID})
	return w.c.finish(reply)
}

// coming are dates ahead that the fact base knows.
func (w *digest) coming() bot.List {
	type dated struct {
		f    *knowledge.Fact
		at   time.Time
		date knowledge.Date
	}
	var all []dated
	for _, f := range w.c.s.Facts() {
		for _, d := range []knowledge.Date{f.From, f.Until} {
			at := d.First()
			if !d.IsZero() && at.After(w.now) && at.Sub(w.now) <= comingWithin && w.about.touch(w.c.s, knowledge.Changed{ID: f.ID, After: f}) && w.c.s.Superseded(f.ID) == nil {
				all = append(all, dated{f, at, d})
				break
			}
		}
	}
	slices.SortFunc(all, func(a, b dated) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.f.ID, b.f.ID)) })
	list := bot.List{Title: bot.B("Coming up")}
	for _, x := range all[:min(len(all), mostComing)] {
		if !w.c.shows(x.f) {
			item := w.c.item(x.f, 0.5)
			item.Text = bot.Join(bot.B(x.date.Words()), bot.T(" · "), item.Text)
			list.Items = append(list.Items, item)
		}
	}
	return list
}
