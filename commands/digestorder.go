package commands

import (
	"context"
	"errors"
	"slices"
	"strings"

	"silkwire/bot"
	"silkwire/bot/delivery"
	"silkwire/bot/schedule"
	"silkwire/knowledge"
)

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
	words := r.Values.Words("days")
	at, place := strings.TrimSpace(r.Values.Text("at")), strings.TrimSpace(r.Values.Text("zone"))
	if half := strings.ToLower(strings.ReplaceAll(place, ".", "")); half == "am" || half == "pm" { // 8:30 am
		at, place = at+" "+half, ""
		if len(words) > 0 { // what stood behind it stands a place too far
			place, words = words[0], words[1:]
		}
	}
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
	if place != "" {
		if zone, err = bot.LoadZone(place); err != nil {
			f := wrongIn("zone", "A time zone is written as Europe/Berlin or Asia/Shanghai.", "There is no time zone “%s”.", bot.Shorten(place, 40))
			if near := nearZone(place); near != "" {
				f.Say += " Did you mean " + near + "?"
			}
			return p, f
		}
	}
	p.Zone = "UTC"
	if zone != nil && zone.String() != "Local" {
		p.Zone = zone.String()
	}
	if len(words) == 0 && r.Values.Text("often") == oftenWeekly {
		words = []string{"monday"}
	}
	if p.Days, err = schedule.ParseDays(words); err != nil {
		return p, wrongIn("days", "Write weekdays, weekend, or days such as mon,thu.", "I do not know the days “%s”.", bot.Shorten(strings.Join(words, " "), 40))
	}
	return p, nil
}
