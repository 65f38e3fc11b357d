package commands

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"silkwire/bot"
	"silkwire/bot/delivery"
	"silkwire/bot/schedule"
	"silkwire/knowledge"
)

// Digest orders digests for a conversation, and shows what became of them.
func Digest(k Knowledge, kept Kept) bot.Command {
	d := digests{k, kept}
	id := bot.Option{Name: "id", Summary: "one of those that /digest list shows; needed where there are several", Kind: bot.Word}
	mark := bot.Option{Name: "mark", Summary: "the delivery that it stands under", Kind: bot.Word, Named: true, Hidden: true}
	return bot.Command{
		Name: "digest", Summary: "What is new, each morning or as it happens, in this conversation",
		Subcommands: []bot.Command{
			{
				Name: "subscribe", Summary: "Order a digest here", Permit: bot.Admin, Or: bot.Curator, Handle: d.subscribe,
				Examples: []string{"/digest subscribe daily 08:30 Europe/Berlin topics:export-controls,deepseek,NVDA weekdays"},
				Options:  append(d.orders(false), bot.Option{Name: channelName, Summary: "for admins of the server: another channel, by mention, #name or id", Kind: bot.Word, Named: true}),
			},
			{
				Name: "change", Summary: "Change a digest: when, where in the world, about what", Permit: bot.Admin, Or: bot.Curator, Handle: d.alter,
				Options: append([]bot.Option{id}, d.orders(true)...),
			},
			{Name: "list", Summary: "The digests that are ordered here", Handle: d.list, Options: []bot.Option{mark}, Examples: []string{"/digest list"}},
			{Name: "preview", Summary: "What a digest would say now", Handle: d.preview, Options: []bot.Option{id}},
			{Name: "pause", Summary: "Stop a digest for now", Permit: bot.Admin, Or: bot.Curator, Handle: d.pause, Options: []bot.Option{id}},
			{Name: "resume", Summary: "Go on with a digest that was paused", Permit: bot.Admin, Or: bot.Curator, Handle: d.resume, Options: []bot.Option{id}},
			{Name: "stop", Summary: "End a digest", Permit: bot.Admin, Or: bot.Curator, Handle: d.stop, Options: []bot.Option{id}},
			// What the further pages of a digest ask for.
			{Name: "show", Summary: "A digest that was posted here", Hidden: true, Handle: d.show, Options: []bot.Option{{Name: "delivery", Summary: "its id", Kind: bot.Word, Required: true}}},
			{Name: "log", Summary: "What became of each digest: due, posted, given up and why", Handle: d.log, Examples: []string{"/digest log"}},
		},
	}
}

type digests struct {
	k    Knowledge
	kept Kept
}

// orders are the options that say what is ordered; of a digest that there is none is
// needed.
func (d digests) orders(there bool) []bot.Option {
	all := []bot.Option{
		{Name: "often", Summary: "daily, weekly, or live: as it happens, at most one post each 15 minutes", Kind: bot.Word, Required: true, Choices: oftenChoices()},
		{Name: "at", Summary: "the time of day, such as 08:30; not for live", Kind: bot.Word},
		{Name: "zone", Summary: "a time zone such as Europe/Berlin", Kind: bot.Word, Complete: completeZone},
		{Name: "days", Summary: "weekdays, or days such as mon,thu; none: every day, and Monday for weekly", Kind: bot.WordList},
		{Name: "topics", Summary: "names or tickers, separated by commas; none: everything", Kind: bot.Word, Named: true, Many: true, Complete: completeNamed(d.k)},
		{Name: "empty", Summary: "on days without news: silence, or say so", Kind: bot.Word, Named: true, Choices: emptyChoices()},
		{Name: pingName, Summary: "for admins of the server: a role that is rung, by mention or id, or none", Kind: bot.Word, Named: true},
		{Name: bot.FormOption, Summary: "the fields that are asked for in a form", Kind: bot.Word, Named: true, Hidden: true},
	}
	for i := range all {
		if there {
			all[i].Required, all[i].Named = false, true
		}
	}
	return all
}

// The words for how often.
const (
	oftenDaily  = "daily"
	oftenWeekly = "weekly"
	oftenLive   = "live"
	pingName    = "ping"
	channelName = "channel"
	saySo       = "say"
	beSilent    = "silence"
)

func oftenChoices() []bot.Choice {
	return []bot.Choice{{Label: "each day", Value: oftenDaily}, {Label: "once a week", Value: oftenWeekly}, {Label: "as it happens", Value: oftenLive}}
}

func emptyChoices() []bot.Choice {
	return []bot.Choice{{Label: "silence", Value: beSilent}, {Label: "say that nothing is new", Value: saySo}}
}

// nothingOrdered is of a silkwire that can keep or deliver nothing.
func nothingOrdered() *bot.Fail {
	return &bot.Fail{
		Outcome: bot.Denied, Say: "No digest can be ordered here: I have no database to keep it in.",
		Next: "Whoever runs silkwire can give it one that it may write to.",
	}
}

func (d digests) subscribe(ctx context.Context, r bot.Request) (bot.Reply, error) {
	book := d.kept.Digests
	if book == nil || !book.Keeps() {
		return bot.Reply{}, nothingOrdered()
	}
	s := d.k.Snapshot()
	order, err := d.ordered(s, r)
	if err != nil {
		return bot.Reply{}, err
	}
	if order.To, err = d.elsewhere(ctx, r); err != nil {
		return bot.Reply{}, err
	}
	if d.kept.CanPost != nil {
		if err := d.kept.CanPost(ctx, order.To); errors.Is(err, bot.ErrGone) {
			return bot.Reply{}, &bot.Fail{
				Outcome: bot.Denied, Say: "I may not post in this channel, so a digest would not arrive.", Cause: err,
				Next: "Let me in first: on Slack with /invite and my name, on Discord with View Channel, Send Messages and Embed Links.",
			}
		}
	}
	order, err = book.Add(ctx, order)
	switch {
	case errors.Is(err, delivery.ErrTwice):
		f := bot.Misuse("Nothing was ordered. It can be changed or stopped.", "That digest is ordered here already: %s.", d.words(s, order))
		f.Suggest = d.buttons(order)
		return bot.Reply{}, f
	case errors.Is(err, delivery.ErrTooMany):
		return bot.Reply{}, bot.Misuse("/digest stop ends one.", "This conversation has %d digests, which is as many as it may.", delivery.MostOfOne)
	case err != nil:
		return bot.Reply{}, err
	}
	reply := d.shown(s, order, r)
	reply.Lead = bot.T("Ordered. The first one tells the best of the last 30 days.")
	if order.To.Channel != r.Conversation.Channel { // its buttons work there
		reply.Lead, reply.Actions = bot.Join(reply.Lead, bot.T(" It is posted in "), bot.C(order.To.Channel), bot.T(", where /digest list shows it.")), nil
	}
	return reply, nil
}

// elsewhere is the channel that the options name, for who may order in all of them; none
// is the conversation itself.
func (d digests) elsewhere(ctx context.Context, r bot.Request) (bot.Conversation, error) {
	to, typed := r.Conversation, strings.TrimSpace(r.Values.Text(channelName))
	switch {
	case typed == "":
		return to, nil
	case !r.User.May.Includes(bot.SpaceAdmin) || to.Space == "":
		return to, &bot.Fail{Outcome: bot.Denied, Say: "A digest in another channel is for an admin of the whole server or workspace.", Next: "Write it in that channel itself.", Field: channelName}
	case d.kept.ChannelID == nil:
		return to, wrongIn(channelName, "Write it in that channel itself.", "I cannot look channels up here.")
	}
	id, err := d.kept.ChannelID(ctx, to, typed)
	if errors.Is(err, bot.ErrGone) {
		return to, wrongIn(channelName, "Write #name, mention it, or write its id; a private channel must let me in first.", "I see no channel “%s”.", bot.Shorten(typed, 60))
	}
	to.Channel, to.Thread, to.Direct = id, "", false
	return to, err
}

// ordered is the subscription that the options ask for.
func (d digests) ordered(s *knowledge.Snapshot, r bot.Request) (delivery.Subscription, error) {
	o := delivery.Subscription{
		To: r.Conversation, By: r.User.ID, Made: r.At, Cursor: s.Revision, First: true, Live: r.Values.Text("often") == oftenLive,
		SayEmpty: r.Values.Text("empty") == saySo, Next: r.At,
	}
	about, err := digestTopics(s, r)
	if err != nil {
		return o, err
	}
	for _, t := range about {
		if !slices.Contains(o.Topics, t.key()) {
			o.Topics = append(o.Topics, t.key())
		}
	}
	if o.Role, err = rung(r); err != nil || o.Live {
		return o, err
	}
	if o.Plan, err = planOf(r); err != nil {
		return o, err
	}
	o.Next, err = o.Plan.Next(r.At)
	return o, err
}

// rung is the role that a digest rings: none, unless an admin of the whole server chose
// one.
func rung(r bot.Request) (string, error) {
	word := strings.TrimSpace(r.Values.Text(pingName))
	if word == "" || strings.EqualFold(word, toldNone) {
		return "", nil
	}
	if !r.User.May.Includes(bot.SpaceAdmin) {
		return "", &bot.Fail{Outcome: bot.Denied, Say: "Which role a digest rings is for an admin of the whole server.", Next: "Without ping it rings nobody.", Field: pingName}
	}
	if r.Conversation.Platform != "discord" {
		return "", wrongIn(pingName, "Leave ping out.", "There are no roles here that could be rung.")
	}
	ids, err := idsOf([]string{word}, "Mention a role, or write its id, or none.", "role's id")
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ids[0], nil
}

// asOrdered is a subscription as the options say it.
func asOrdered(s *knowledge.Snapshot, o delivery.Subscription) map[string]string {
	all := map[string]string{"often": oftenDaily, "empty": beSilent}
	if o.SayEmpty {
		all["empty"] = saySo
	}
	if o.Live {
		all["often"] = oftenLive
	} else {
		all["at"], all["zone"], all["days"] = schedule.Clock(o.Plan.Minute), o.Plan.Zone, strings.Join(o.Plan.Days.Words(), ",")
	}
	if o.Role != "" {
		all[pingName] = o.Role
	}
	var names []string
	for _, t := range watchedTopics(s, o.Topics) {
		names = append(names, t.key())
	}
	if all["topics"] = strings.Join(names, ", "); all["topics"] == "" {
		delete(all, "topics")
	}
	return all
}

// alter changes the fields that were given of a digest, or without any opens a form with
// what is ordered.
func (d digests) alter(ctx context.Context, r bot.Request) (bot.Reply, error) {
	o, err := d.one(r)
	if err != nil {
		return bot.Reply{}, err
	}
	s := d.k.Snapshot()
	is := asOrdered(s, o)
	given := slices.DeleteFunc(r.Values.Names(), func(name string) bool { return name == "id" })
	if len(given) == 0 {
		form := &bot.Form{Title: "Change a digest", Path: []string{"digest", "change"}, Given: is, Filled: true}
		form.Given["id"] = o.ID
		form.Fields = slices.DeleteFunc(d.orders(true), func(f bot.Option) bool { return f.Hidden })
		return bot.Reply{Lead: bot.T("Say what to change: /digest change at:09:00."), Form: form, Outcome: bot.Misused, Visibility: bot.Private}, nil
	}
	values := map[string][]string{}
	for name, value := range is {
		values[name] = []string{value}
	}
	for _, name := range given {
		values[name] = r.Values.Words(name)
	}
	values["days"] = strings.FieldsFunc(strings.Join(values["days"], ","), func(c rune) bool { return c == ',' || c == ' ' })
	if !slices.Contains(given, pingName) || r.Values.Text(pingName) == o.Role {
		delete(values, pingName) // who changes the time need not be who chose the role
	}
	r.Values = bot.NewValues(values)
	next, err := d.ordered(s, r)
	if err != nil {
		return bot.Reply{}, err
	}
	if !r.Values.Has(pingName) {
		next.Role = o.Role
	}
	return d.change(ctx, r, "Changed.", func(was *delivery.Subscription) error {
		was.Topics, was.Plan, was.Live, was.SayEmpty, was.Role, was.Next = next.Topics, next.Plan, next.Live, next.SayEmpty, next.Role, next.Next
		return nil
	}, o.ID)
}

// digestTopics are what a digest is about; none: everything.
func digestTopics(s *knowledge.Snapshot, r bot.Request) (topics, error) {
	typed := strings.TrimSpace(r.Values.Text("topics"))
	for _, name := range listed(typed, ",") {
		if len(s.Find(name)) > 0 {
			continue
		}
		f := wrongIn("topics", "Nothing was ordered. Names and tickers are separated by commas.", "I know nothing called “%s”.", bot.Shorten(name, 60))
		for i, e := range s.NearEntity(name, 3) {
			if i == 0 {
				f.Say += " Did you mean " + e.Name + "?"
			}
			line := typedAgain("/"+r.Command, r.Values, map[string]string{"topics": strings.ReplaceAll(typed, name, e.Name)})
			f.Suggest = append(f.Suggest, bot.Action{Label: e.Name + " (" + string(e.Kind) + ")", Line: line})
		}
		return nil, f
	}
	about, err := topicsOf(s, typed)
	if typed != "" && len(about) == 0 && err == nil {
		return nil, wrongIn("topics", "Leave topics out for everything.", "There is no topic in that list.")
	}
	return about, err
}

// planOf reads when a digest is due.
func planOf(r bot.Request) (schedule.Plan, error) {
	var p schedule.Plan
	at := strings.TrimSpace(r.Values.Text("at"))
	if at == "" {
		return p, wrongIn("at", "Write for example /digest subscribe daily 08:30.", "At what time of day?")
	}
	minute, meant, err := schedule.ParseClock(at)
	if err != nil {
		f := wrongIn("at", "A time of day is written as 08:30, or 8:30 am.", "“%s” is no time of day.", bot.Shorten(at, 20))
		if meant != "" {
			f.Say += " Did you mean " + meant + "?"
		}
		return p, f
	}
	p.Minute = minute
	zone := r.Zone
	if r.Values.Has("zone") {
		if zone, err = bot.LoadZone(strings.TrimSpace(r.Values.Text("zone"))); err != nil {
			f := wrongIn("zone", "A time zone is written as Europe/Berlin or Asia/Shanghai.", "There is no time zone “%s”.", bot.Shorten(r.Values.Text("zone"), 40))
			if near := nearZone(r.Values.Text("zone")); near != "" {
				f.Say += " Did you mean " + near + "?"
			}
			return p, f
		}
	}
	p.Zone = "UTC"
	if zone != nil && zone.String() != "Local" {
		p.Zone = zone.String()
	}
	words := r.Values.Words("days")
	if len(words) == 0 && r.Values.Text("often") == oftenWeekly {
		words = []string{"monday"}
	}
	if p.Days, err = schedule.ParseDays(words); err != nil {
		return p, wrongIn("days", "Write weekdays, weekend, or days such as mon,thu.", "I do not know the days “%s”.", bot.Shorten(strings.Join(words, " "), 40))
	}
	return p, nil
}

// words say what a subscription orders.
func (d digests) words(s *knowledge.Snapshot, o delivery.Subscription) string {
	when := "as it happens"
	if !o.Live {
		when = o.Plan.Days.String() + " at " + schedule.Clock(o.Plan.Minute) + " " + o.Plan.Zone
	}
	about := "about everything"
	if len(o.Topics) > 0 {
		about = "about " + watchedTopics(s, o.Topics).names()
	}
	return when + ", " + about
}

// dueTimes are when a subscription is due next, in the reader's own zone.
func dueTimes(o delivery.Subscription, r bot.Request) string {
	const shown = 3
	if o.Live || o.Paused {
		return ""
	}
	times, err := delivery.NextTimes(o.Plan, r.At, shown)
	if err != nil {
		return ""
	}
	zone := r.Zone
	if zone == nil {
		if zone, err = bot.LoadZone(o.Plan.Zone); err != nil {
			zone = time.UTC
		}
	}
	out := make([]string, len(times))
	for i, at := range times {
		out[i] = at.In(zone).Format("Mon 2 Jan 15:04")
	}
	return strings.Join(out, ", ") + " (" + zone.String() + ")"
}

func (d digests) buttons(o delivery.Subscription) []bot.Action {
	all := []bot.Action{{Label: "Preview now", Line: "/digest preview " + o.ID}, {Label: "Change", Line: "/digest change " + o.ID}}
	if o.Paused {
		all = append(all, bot.Action{Label: "Resume", Line: "/digest resume " + o.ID})
	} else {
		all = append(all, bot.Action{Label: "Pause", Line: "/digest pause " + o.ID})
	}
	return append(all, bot.Action{Label: "Stop", Line: "/digest stop " + o.ID})
}

// shown is one subscription.
func (d digests) shown(s *knowledge.Snapshot, o delivery.Subscription, r bot.Request) bot.Reply {
	fields := []bot.Field{{Name: "When", Value: bot.T(strings.SplitN(d.words(s, o), ", about", 2)[0])}}
	about := "everything"
	if len(o.Topics) > 0 {
		about = watchedTopics(s, o.Topics).names()
	}
	fields = append(fields, bot.Field{Name: "About", Value: bot.T(about)})
	if next := dueTimes(o, r); next != "" {
		fields = append(fields, bot.Field{Name: "The next", Value: bot.T(next)})
	}
	empty := "silence"
	if o.SayEmpty {
		empty = "it says that nothing is new"
	}
	if o.Role != "" {
		fields = append(fields, bot.Field{Name: "It rings the role", Value: bot.C(o.Role)})
	}
	fields = append(fields, bot.Field{Name: "Without news", Value: bot.T(empty)}, bot.Field{Name: "Id", Value: bot.C(o.ID)})
	return bot.Reply{Title: bot.B("Digest"), Blocks: []bot.Block{bot.Fields{Fields: fields}}, Actions: d.buttons(o), Visibility: bot.Private}
}

func (d digests) list(_ context.Context, r bot.Request) (bot.Reply, error) {
	if d.kept.Digests == nil {
		return bot.Reply{}, nothingOrdered()
	}
	s, all := d.k.Snapshot(), d.kept.Digests.Of(r.Conversation)
	switch len(all) {
	case 0:
		return bot.Reply{
			Title: bot.B("Digests"), Visibility: bot.Private,
			Lead: bot.T("No digest is ordered in this conversation. /digest subscribe daily 08:30 orders one, for who may."),
		}, nil
	case 1:
		reply := d.shown(s, all[0], r)
		reply.Lead = bot.T("One digest is ordered in this conversation.")
		if all[0].Paused {
			reply.Lead = bot.T("One digest is ordered in this conversation, and paused.")
		}
		return reply, nil
	}
	list := bot.List{}
	for _, o := range all {
		detail := bot.C(o.ID)
		if next := dueTimes(o, r); next != "" {
			detail = bot.Join(bot.Q(next+" · "), detail)
		}
		if o.Paused {
			detail = bot.Join(bot.Q("paused · "), detail)
		}
		list.Items = append(list.Items, bot.Item{Text: bot.T(capital(d.words(s, o))), Detail: detail})
	}
	stop := bot.Action{Label: "Stop …"}
	for _, o := range all {
		stop.Choices = append(stop.Choices, bot.Choice{Label: d.words(s, o), Value: "/digest stop " + o.ID})
	}
	return bot.Reply{
		Title: bot.B("Digests"), Lead: bot.T(plural(len(all), "digest is", "digests are") + " ordered in this conversation."), Blocks: []bot.Block{list},
		Actions: []bot.Action{stop}, Visibility: bot.Private,
	}, nil
}

// one is the subscription that is meant: the one with the id, or the only one.
func (d digests) one(r bot.Request) (delivery.Subscription, error) {
	if d.kept.Digests == nil || !d.kept.Digests.Keeps() {
		return delivery.Subscription{}, nothingOrdered()
	}
	all, id := d.kept.Digests.Of(r.Conversation), strings.TrimSpace(r.Values.Text("id"))
	if id == "" && len(all) == 1 {
		return all[0], nil
	}
	if i := slices.IndexFunc(all, func(o delivery.Subscription) bool { return o.ID == id }); i >= 0 {
		return all[i], nil
	}
	f := &bot.Fail{Outcome: bot.Unknown, Say: "There is no such digest in this conversation.", Suggest: []bot.Action{{Label: "Its digests", Line: "/digest list"}}}
	if id == "" && len(all) > 1 {
		f.Outcome, f.Say, f.Next = bot.Misused, fmt.Sprintf("This conversation has %d digests.", len(all)), "Say which one, by its id."
	}
	return delivery.Subscription{}, f
}

func (d digests) preview(ctx context.Context, r bot.Request) (bot.Reply, error) {
	o, err := d.one(r)
	if err != nil {
		return bot.Reply{}, err
	}
	log, ok := d.kept.Changes.(BoundedLog)
	if !ok {
		return bot.Reply{}, nothingOrdered()
	}
	s := d.k.Snapshot()
	writer := &Digests{k: fixed{s}, log: log, now: func() time.Time { return r.At }}
	reply, news, err := writer.Digest(ctx, delivery.Delivery{ID: "preview", Due: r.At, From: o.Cursor, Until: s.Revision, First: o.First, Topics: o.Topics})
	if err != nil {
		return bot.Reply{}, err
	}
	reply.Visibility, reply.Actions = bot.Private, d.buttons(o)[1:]
	if !news && !o.SayEmpty {
		reply.Notice = bot.Q("As nothing is new, nothing would be posted.")
	}
	return reply, nil
}

// show is a digest that was posted in the conversation, composed once more.
func (d digests) show(ctx context.Context, r bot.Request) (bot.Reply, error) {
	log, ok := d.kept.Changes.(BoundedLog)
	if d.kept.Digests == nil || !ok {
		return bot.Reply{}, nothingOrdered()
	}
	due, found, err := d.kept.Digests.Delivery(ctx, r.Conversation, r.Values.Text("delivery"))
	if err != nil {
		return bot.Reply{}, err
	}
	if !found {
		return bot.Reply{}, &bot.Fail{Outcome: bot.Unknown, Say: "I no longer know that digest.", Suggest: []bot.Action{{Label: "What changed", Line: "/changes"}}}
	}
	// What the first one looked back on is what it was then.
	writer := &Digests{k: fixed{d.k.Snapshot()}, log: log, now: func() time.Time { return due.Begun }}
	reply, _, err := writer.Digest(ctx, due)
	return reply, err
}

// fixed is a Snapshot that stays as it is.
type fixed struct{ s *knowledge.Snapshot }

func (f fixed) Snapshot() *knowledge.Snapshot { return f.s }

func (d digests) pause(ctx context.Context, r bot.Request) (bot.Reply, error) {
	return d.changeOne(ctx, r, "Paused, until it is resumed.", func(o *delivery.Subscription) error { o.Paused = true; return nil })
}

// resume goes on: what was due meanwhile is told by the next one.
func (d digests) resume(ctx context.Context, r bot.Request) (bot.Reply, error) {
	return d.changeOne(ctx, r, "It goes on. The next one tells what was new meanwhile.", func(o *delivery.Subscription) (err error) {
		o.Paused = false
		if !o.Live {
			o.Next, err = o.Plan.Next(r.At)
		}
		return err
	})
}

// changeOne changes the subscription that is meant.
func (d digests) changeOne(ctx context.Context, r bot.Request, says string, change func(*delivery.Subscription) error) (bot.Reply, error) {
	o, err := d.one(r)
	if err != nil {
		return bot.Reply{}, err
	}
	return d.change(ctx, r, says, change, o.ID)
}

func (d digests) change(ctx context.Context, r bot.Request, says string, change func(*delivery.Subscription) error, id string) (bot.Reply, error) {
	var wrong error
	o, err := d.kept.Digests.Change(ctx, r.Conversation, id, func(o *delivery.Subscription) { wrong = change(o) })
	if err = errors.Join(err, wrong); err != nil {
		return bot.Reply{}, err
	}
	reply := d.shown(d.k.Snapshot(), o, r)
	reply.Lead = bot.T(says)
	return reply, nil
}

func (d digests) stop(ctx context.Context, r bot.Request) (bot.Reply, error) {
	o, err := d.one(r)
	if err != nil {
		return bot.Reply{}, err
	}
	if _, err := d.kept.Digests.Remove(ctx, o.To, o.ID); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Lead: bot.T("Stopped: " + d.words(d.k.Snapshot(), o) + "."), Visibility: bot.Private, Actions: []bot.Action{{Label: "Digests here", Line: "/digest list"}}}, nil
}

// mostLogged is how many deliveries the log lists.
const mostLogged = 12

func (d digests) log(ctx context.Context, r bot.Request) (bot.Reply, error) {
	if d.kept.Digests == nil {
		return bot.Reply{}, nothingOrdered()
	}
	all, err := d.kept.Digests.Log(ctx, r.Conversation, mostLogged)
	if err != nil {
		return bot.Reply{}, err
	}
	reply := bot.Reply{Title: bot.B("Deliveries"), Visibility: bot.Private}
	if len(all) == 0 {
		reply.Lead = bot.T("No digest was due in this conversation in the last 30 days.")
		return reply, nil
	}
	list := bot.List{}
	for _, x := range all {
		detail := bot.Q(joined(" · ", x.Reason, "since "+stamp(x.At)))
		if address := messageAddress(x); address != "" {
			detail = bot.Join(detail, bot.Q(" · "), bot.L("open it", address))
		}
		list.Items = append(list.Items, bot.Item{Text: bot.T("Due " + stamp(x.Due) + ": " + string(x.State)), Detail: detail})
	}
	reply.Lead = bot.T("The last " + plural(len(all), "delivery", "deliveries") + ", the newest first.")
	reply.Blocks = []bot.Block{list}
	return reply, nil
}

// messageAddress is where a message that was posted can be seen, or empty.
func messageAddress(d delivery.Delivery) string {
	switch {
	case d.Message == "":
		return ""
	case d.To.Platform == "discord" && d.To.Space != "":
		return "https://discord.com/channels/" + d.To.Space + "/" + cmp.Or(d.To.Thread, d.To.Channel) + "/" + d.Message
	case d.To.Platform == "slack":
		// https://docs.slack.dev/interactivity/deep-linking
		return "https://slack.com/app_redirect?team=" + d.To.Space + "&channel=" + d.To.Channel + "&message_ts=" + d.Message
	}
	return ""
}
