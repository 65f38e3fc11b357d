package commands

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"silkwire/bot"
	"silkwire/knowledge"
)

// incoming is what came in for curators: a proposal, an answer that was reported as
// wrong, or what one curator prepared for another to approve.
type incoming struct {
	id, text string
	from     bot.Conversation
	user     string
	at       string // "2 January 2006"
	draft    bot.Draft
	report   *bot.Report // nil: it is a draft
	bot.Fate
}

// inbox is what came in during the last 90 days: what waits first, then the newest
// first.
func inbox(ctx context.Context, drafts *bot.Drafts, feedback *bot.Feedback, r bot.Request) ([]incoming, error) {
	proposed, err := drafts.All(ctx, r.At)
	if err != nil {
		return nil, err
	}
	reports, err := feedback.Reports(ctx, r.At)
	if err != nil {
		return nil, err
	}
	var all []incoming
	for _, d := range proposed {
		all = append(all, incoming{
			id: d.ID(), text: d.Text, from: bot.Conversation{Platform: d.Platform, Space: d.Space, Channel: d.Channel}, user: d.User,
			at: stamp(d.At), draft: d, Fate: d.Fate,
		})
	}
	for _, p := range reports {
		all = append(all, incoming{
			id: p.ID(), text: p.Says, from: bot.Conversation{Platform: p.Platform, Space: p.Space, Channel: p.Channel}, user: p.User,
			at: stamp(p.At), report: &p, draft: bot.Draft{At: p.At}, Fate: p.Fate,
		})
	}
	slices.SortStableFunc(all, func(a, b incoming) int {
		waits := func(i incoming) int {
			if i.Waits() {
				return 0
			}
			return 1
		}
		return cmp.Or(waits(a)-waits(b), b.draft.At.Compare(a.draft.At))
	})
	return all, nil
}

// waitingFor is what waits and what a curator may read: that of their own workspace or
// server, and all of it for who runs silkwire.
func waitingFor(ctx context.Context, drafts *bot.Drafts, feedback *bot.Feedback, r bot.Request) ([]incoming, error) {
	all, err := inbox(ctx, drafts, feedback, r)
	return slices.DeleteFunc(all, func(i incoming) bool { return !i.Waits() || !mayRead(r, i.from.Platform, i.from.Space) }), err
}

// mayRead tells whether a curator may read what came in at a workspace or server: at
// their own, or, who runs silkwire, at all.
func mayRead(r bot.Request, platform, space string) bool {
	return r.User.Trusted || platform == r.Conversation.Platform && space == r.Conversation.Space
}

// by tells whether it came from who asks.
func (i incoming) by(r bot.Request) bool {
	return i.from.Platform == r.Conversation.Platform && i.from.Space == r.Conversation.Space && i.user == r.User.ID
}

// sort is what it is, in words.
func (i incoming) sort() string {
	switch {
	case i.report != nil:
		return "an answer reported as wrong"
	case i.draft.Line != "":
		return "prepared by a curator"
	case i.draft.Feed != nil:
		return "from a feed"
	}
	return "proposed as a fact"
}

// words are what it is, when it came and whose it is.
func (i incoming) words(r bot.Request) bot.Text {
	if item := i.draft.Feed; item != nil {
		return bot.Q(joined(" · ", i.sort(), item.Name, i.at))
	}
	words := joined(" · ", i.sort(), i.at, authorWords(joined(":", i.from.Platform, i.from.Space, i.user), r))
	if i.report != nil && i.report.Question != "" {
		words += " · asked: " + bot.Shorten(i.report.Question, 120)
	}
	return bot.Q(words)
}

// became is what became of it, for who sent it.
func (i incoming) became() bot.Text {
	on := i.Settled.UTC().Format("2 January 2006")
	switch {
	case i.Waits():
		return bot.Q("waits since " + i.draft.At.UTC().Format("2 January 2006"))
	case i.Fact != "" && i.report != nil:
		return bot.Join(bot.Q("looked into, and corrected on "+on+" · "), bot.C(i.Fact))
	case i.Fact != "":
		return bot.Join(bot.Q("a fact since "+on+" · "), bot.C(i.Fact))
	}
	return bot.Q("not taken, " + on + ": " + i.Refused)
}

// inWaiting counts what waits, by what it is: "2 proposals and 1 answer reported as
// wrong".
func inWaiting(all []incoming) string {
	var proposals, reports, prepared, items int
	for _, i := range all {
		switch {
		case i.report != nil:
			reports++
		case i.draft.Feed != nil:
			items++
		case i.draft.Line != "":
			prepared++
		default:
			proposals++
		}
	}
	var parts []string
	for _, part := range []struct {
		n         int
		one, many string
	}{{proposals, "proposal", "proposals"}, {items, "item of a feed", "items of feeds"}, {reports, "answer reported as wrong", "answers reported as wrong"}, {prepared, "change that a second curator must approve", "changes that a second curator must approve"}} {
		if part.n > 0 {
			parts = append(parts, plural(part.n, part.one, part.many))
		}
	}
	return enumerate(parts)
}

// mostWaiting is how much of what waits a list shows.
const mostWaiting = 8

// review lists what waits for curators; of one thing it shows what is near it, and what
// can be done.
func (c curate) review(ctx context.Context, r bot.Request) (bot.Reply, error) {
	s := c.k.Snapshot()
	waiting, err := waitingFor(ctx, c.drafts, c.feedback, r)
	if err != nil {
		return bot.Reply{}, err
	}
	if id := r.Values.Text(draftName); id != "" {
		i := slices.IndexFunc(waiting, func(i incoming) bool { return i.id == id })
		if i < 0 {
			return bot.Reply{}, settledAlready()
		}
		return waiting[i].show(s, r), nil
	}
	return waitingReply("Waiting for curators", "Nothing waits: no proposal, no item of a feed, and no answer that was reported as wrong.", "/curate review", waiting, r)
}

// waitingReply lists what waits, for the command of the line.
func waitingReply(title, none, line string, waiting []incoming, r bot.Request) (bot.Reply, error) {
	reply := bot.Reply{Title: bot.B(title), Visibility: bot.Private}
	if len(waiting) == 0 {
		reply.Lead = bot.T(none)
		return reply, nil
	}
	list, err := pagedList(waiting, r.Values.Int("page", 1), mostWaiting, line, func(i incoming) bot.Item {
		return bot.Item{Text: bot.T(bot.Shorten(i.text, 200)), Detail: i.words(r), Line: "/curate review " + i.id}
	})
	if err != nil {
		return bot.Reply{}, err
	}
	reply.Lead = bot.T("1 thing waits. Open it to accept, edit or refuse it.")
	if len(waiting) > 1 {
		reply.Lead = bot.T(itoa(len(waiting)) + " things wait, the newest first. Open one to accept, edit or refuse it.")
	}
	reply.Actions = opened(&list)
	reply.Blocks = []bot.Block{list}
	return reply, nil
}

func settledAlready() *bot.Fail {
	return &bot.Fail{
		Outcome: bot.Unknown, Say: "That does not wait any more: somebody may have settled it.",
		Suggest: []bot.Action{{Label: "What waits", Line: "/curate review"}},
	}
}

// show is one thing that waits, with what can be done.
func (i incoming) show(s *knowledge.Snapshot, r bot.Request) bot.Reply {
	reply := bot.Reply{Title: bot.B(capital(i.sort())), Lead: bot.T(i.text), Visibility: bot.Private}
	if i.draft.Feed == nil {
		reply.Blocks = []bot.Block{bot.Paragraph{Text: i.words(r)}}
	}
	switch {
	case i.report != nil:
		i.showReport(s, &reply)
	case i.draft.Line != "":
		i.showPrepared(r, &reply)
	default:
		i.showProposal(s, &reply)
	}
	refuse := "/curate refuse " + i.id
	if i.draft.Feed != nil { // nobody waits for the reason
		refuse += " it is not worth a fact"
	}
	reply.Actions = append(reply.Actions, bot.Action{Label: "Refuse", Line: refuse})
	return reply
}

// showReport adds the facts that the answer used, each to be changed or withdrawn.
func (i incoming) showReport(s *knowledge.Snapshot, reply *bot.Reply) {
	list := bot.List{Title: bot.B("What the answer rests on")}
	for _, id := range i.report.Facts {
		f := s.Fact(id)
		if f == nil {
			list.Items = append(list.Items, bot.Item{Text: bot.T("A fact that was withdrawn since"), Detail: bot.C(id)})
			continue
		}
		list.Items = append(list.Items, bot.Item{Text: bot.T(f.Statement), Detail: brief(f), Line: "/fact " + id})
		reply.Actions = append(reply.Actions, bot.Action{Label: "Edit " + id, Line: "/curate edit " + id + " draft:" + i.id})
		if len(reply.Actions) == 1 {
			reply.Actions = append(reply.Actions, bot.Action{Label: "Withdraw " + id, Line: "/curate retire " + id + " draft:" + i.id})
		}
	}
	if len(list.Items) > 0 {
		reply.Blocks = append(reply.Blocks, list)
	}
}

// showPrepared adds what another curator wants to change.
func (i incoming) showPrepared(r bot.Request, reply *bot.Reply) {
	reply.Blocks = append(reply.Blocks, bot.Paragraph{Title: bot.B("The change"), Text: bot.C(i.draft.Line)})
	if i.by(r) && !r.User.Trusted {
		reply.Blocks = append(reply.Blocks, bot.Paragraph{Text: bot.Q("It is yours, so another curator must approve it.")})
		return
	}
	reply.Actions = append(reply.Actions, bot.Action{Label: "Approve", Line: "/curate approve " + i.id})
}

// showProposal adds what the text may be about, what kind of fact it may be, and the
// facts near it.
func (i incoming) showProposal(s *knowledge.Snapshot, reply *bot.Reply) {
	c, guess := compose(s, ""), guessed(s, i.text)
	var fields []bot.Field
	if item := i.draft.Feed; item != nil {
		guess = guessedItem(s, *item)
		reply.Blocks = append(reply.Blocks, itemBlocks(*item, i.at)...)
	}
	if len(guess.about) > 0 {
		fields = append(fields, bot.Field{Name: "Names in it", Value: c.names(guess.about)})
	}
	fields = append(fields, bot.Field{Name: "Likely kind", Value: bot.T(string(guess.kind))})
	switch {
	case i.draft.Feed != nil && guess.grade == "":
		fields = append(fields, bot.Field{Name: "Grade", Value: bot.T("none of its site is known yet: choose it")})
	case i.draft.Feed != nil:
		fields = append(fields, bot.Field{Name: "Likely grade", Value: bot.T(string(guess.grade))})
	case guess.source != "":
		fields = append(fields, bot.Field{Name: "Source", Value: bot.T(joined(" · ", guess.source, string(guess.grade)))})
	}
	reply.Blocks = append(reply.Blocks, bot.Fields{Fields: fields})
	list := bot.List{Title: bot.B("Nearest facts")}
	for _, scored := range s.Answer(knowledge.Query{Text: i.text, Limit: mostNear}).Facts {
		list.Items = append(list.Items, bot.Item{Text: bot.T(scored.Fact.Statement), Detail: brief(scored.Fact), Line: "/fact " + scored.Fact.ID})
	}
	if len(list.Items) > 0 {
		reply.Blocks = append(reply.Blocks, list)
	}
	line := guess.line(i.id)
	reply.Actions = append(reply.Actions, bot.Action{Label: "Accept", Line: line}, bot.Action{Label: "Edit", Line: line + " " + bot.FormOption + ":" + bot.AllFields})
}

// guess is what a text that somebody proposes may be as a fact. A curator sees it
// before anything is added.
type guess struct {
	statement string
	kind      knowledge.FactKind
	about     []string
	source    string
	grade     knowledge.Grade
	// Of the source, as far as it is known.
	publisher, title, dated string
}

// line is the command that adds what is guessed, or asks for what is missing.
func (g guess) line(draft string) string {
	with := map[string]string{draftName: draft, "kind": string(g.kind)}
	for name, value := range map[string]string{
		"statement": g.statement, "about": strings.Join(g.about, ", "), "source": g.source, "grade": string(g.grade),
		"publisher": g.publisher, "title": g.title, "dated": g.dated,
	} {
		if value != "" {
			with[name] = value
		}
	}
	return typedAgain("/curate add", bot.Values{}, with)
}

// address finds a page's address in a text.
var address = regexp.MustCompile(`https?://[^\s<>|"')\]]+`)

// pointer is an address with what leads to it: ", see https://… ."
var pointer = regexp.MustCompile(`(?i)[\s,;:(（]*\b(?:(?:see|via|source)\b[\s:]*)?https?://[^\s<>|"')\]）]+[)）]*\.?`)

// guessed reads a proposal: its address is taken for the source, whose grade is that
// of other pages of the same site.
func guessed(s *knowledge.Snapshot, text string) guess {
	g := guess{source: strings.TrimRight(address.FindString(text), ".,;:!?"), kind: guessedKind(text)}
	g.statement = sentence(strings.Join(strings.Fields(pointer.ReplaceAllString(text, " ")), " "))
	for _, m := range s.Find(text) {
		if m.Slug != "" && !slices.Contains(g.about, m.Slug) {
			g.about = append(g.about, m.Slug)
		}
	}
	if g.source != "" {
		g.grade = gradeOf(s, g.source)
	}
	return g
}

// sentence ends a text as a sentence; what is too long for a statement is none.
func sentence(text string) string {
	if last, _ := utf8.DecodeLastRuneInString(text); unicode.Is(unicode.Han, last) {
		text += "。"
	} else if unicode.IsLetter(last) || unicode.IsDigit(last) {
		text += "."
	}
	if utf8.RuneCountInString(text) > knowledge.MaxStatement {
		return ""
	}
	return text
}

// gradeOf is the grade of other pages of the same site, or empty.
func gradeOf(s *knowledge.Snapshot, page string) knowledge.Grade {
	site := siteOf(page)
	if site == "" {
		return ""
	}
	for _, f := range s.Facts() {
		for _, source := range f.Sources {
			if siteOf(source.URL) == site {
				return source.Grade
			}
		}
	}
	return ""
}

// siteOf is the host of an address without www., and of hosts that many share whose part
// of it; empty where there is none.
func siteOf(page string) string {
	u, err := url.Parse(page)
	if err != nil {
		return ""
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	if slices.Contains(sharedHosts, host) {
		owner, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
		return host + "/" + strings.ToLower(owner)
	}
	return host
}

// sharedHosts are those where everybody has pages.
var sharedHosts = []string{"github.com", "raw.githubusercontent.com", "huggingface.co", "medium.com", "x.com", "twitter.com", "youtube.com", "linkedin.com", "reddit.com"}

// Words by which a text is likely somebody's claim or assessment.
var (
	claimWords  = regexp.MustCompile(`(?i)\b(says?|said|claims?|claimed|according to|reportedly|reports? that|denie[sd]|insists?|is said to)\b|表示|声称|据报道|据称`)
	assessWords = regexp.MustCompile(`(?i)\b(will|would|could|might|may|likely|probably|should|thinks?|believes?|expects?|expected|estimates?)\b|可能|预计|认为|将会`)
	amountWords = regexp.MustCompile(`(?i)[$€¥£%]|\b(percent|per cent|million|billion|trillion|tokens?|dollars?|yuan|users?|bn|mn)\b|亿|万|元`)
)

// guessedKind is what kind of fact a text likely is.
func guessedKind(text string) knowledge.FactKind {
	switch {
	case claimWords.MatchString(text):
		return knowledge.Claim
	case assessWords.MatchString(text):
		return knowledge.Assessment
	case strings.ContainsFunc(text, unicode.IsDigit) && amountWords.MatchString(text):
		return knowledge.Figure
	}
	return knowledge.Event
}

// refuse settles a draft or a report with a reason that its author reads.
func (c curate) refuse(ctx context.Context, r bot.Request) (bot.Reply, error) {
	waiting, err := waitingFor(ctx, c.drafts, c.feedback, r)
	if err != nil {
		return bot.Reply{}, err
	}
	id := r.Values.Text(draftName)
	i := slices.IndexFunc(waiting, func(i incoming) bool { return i.id == id })
	if i < 0 {
		return bot.Reply{}, settledAlready()
	}
	settle := c.drafts.Settle
	if waiting[i].report != nil {
		settle = c.feedback.Settle
	}
	if err := settle(ctx, id, bot.Fate{Settled: r.At, Refused: r.Values.Text("why")}); err != nil {
		if errors.Is(err, bot.ErrSettled) {
			return bot.Reply{}, settledAlready()
		}
		return bot.Reply{}, err
	}
	says := "It is refused; its author reads your reason in /proposals."
	if waiting[i].draft.Feed != nil {
		says = "It is refused, and not proposed again."
	}
	return bot.Reply{Lead: bot.T(says), Visibility: bot.Private, Actions: []bot.Action{{Label: "What waits", Line: "/curate review"}}}, nil
}

// waitsFor makes sure that what a fact is made or changed for waits still.
func (c curate) waitsFor(ctx context.Context, r bot.Request) error {
	id := r.Values.Text(draftName)
	if id == "" {
		return nil
	}
	waiting, err := waitingFor(ctx, c.drafts, c.feedback, r)
	if err == nil && !slices.ContainsFunc(waiting, func(i incoming) bool { return i.id == id }) {
		return settledAlready()
	}
	return err
}
