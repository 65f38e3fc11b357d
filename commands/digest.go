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
	c := bot.Command{
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
			// What a terminal asks of itself, where nothing can be posted.
			{Name: "due", Summary: "A digest that is due in this terminal", Hidden: true, Handle: d.due},
		},
	}
	for i := range c.Subcommands {
		c.Subcommands[i].Handle = placed(c.Subcommands[i].Handle)
	}
	return c
}

// placed answers what is asked in a terminal for all terminals of this machine: a digest
// that was ordered in one is due in the next.
func placed(handle bot.Handler) bot.Handler {
	return func(ctx context.Context, r bot.Request) (bot.Reply, error) {
		if r.User.Trusted {
			r.Conversation = bot.Conversation{Platform: "console", Channel: "terminal"}
		}
		return handle(ctx, r)
	}
}

// DueLine is what a terminal asks by itself: a digest that is due there. Where none is,
// its reply is of the outcome Unknown.
const DueLine = "/digest due"

func (d digests) due(ctx context.Context, r bot.Request) (bot.Reply, error) {
	nothing := bot.Reply{Outcome: bot.Unknown, Visibility: bot.Private}
	log, ok := d.kept.Changes.(BoundedLog)
	if !r.User.Trusted || !ok || d.kept.Digests == nil || !d.kept.Digests.Keeps() {
		return nothing, nil
	}
	writer := NewDigests(fixed{d.k.Snapshot()}, log, func() time.Time { return r.At })
	reply, ok, err := d.kept.Digests.Collect(ctx, writer, r.Conversation, r.At)
	if !ok || err != nil {
		return nothing, err
	}
	return reply, nil
}

type digests struct {
	k    Knowledge
	kept Kept
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
		forum, err := d.kept.CanPost(ctx, order.To)
		if order.To.Forum = forum; errors.Is(err, bot.ErrGone) {
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
	name := zone.String()
	if zone == time.Local {
		name, _ = times[0].In(zone).Zone()
	}
	return strings.Join(out, ", ") + " (" + name + ")"
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
	case d.To.Forum: // a post has the id of its message
		return "https://discord.com/channels/" + d.To.Space + "/" + d.Message
	case d.To.Platform == "discord" && d.To.Space != "":
		return "https://discord.com/channels/" + d.To.Space + "/" + cmp.Or(d.To.Thread, d.To.Channel) + "/" + d.Message
	case d.To.Platform == "slack":
		// https://docs.slack.dev/interactivity/deep-linking
		return "https://slack.com/app_redirect?team=" + d.To.Space + "&channel=" + d.To.Channel + "&message_ts=" + d.Message
	}
	return ""
}
