package commands

import (
	"context"
	"fmt"
	"time"

	"silkwire/bot"
	"silkwire/bot/delivery"
	"silkwire/knowledge"
)

// stored is one sort of thing that silkwire keeps of people. docs/privacy.md has the same
// rows, and a test compares them.
type stored struct {
	what  string
	under string        // under whose id
	life  time.Duration // how long; 0: until says it
	until string
	why   string
}

// howLong is for how long it is kept, in words.
func (s stored) howLong() string {
	if s.life > 0 {
		return lasting(s.life)
	}
	return s.until
}

// storedOfPeople is everything that is kept of people. What has a life is deleted within a
// day of its end while silkwire serves.
var storedOfPeople = []stored{
	{what: "settings of a person: who sees their replies, their time zone", under: "theirs", until: "until they change them back", why: "it is what they asked for"},
	{what: "what a person watches", under: "theirs", until: "until they take it off the list", why: "to tell them what changed"},
	{what: "up to which change a person has looked, or was told", under: "theirs", until: "until they are forgotten", why: "to show what is new since"},
	{what: "settings of a conversation or server: who may ask, who may curate", under: "ids of people or roles that were named", until: "until somebody who may changes it", why: "to know who may"},
	{what: "reports of wrong answers, with what was asked and written", under: "the reporter's", life: bot.ReportLife, why: "to tell them what became of it"},
	{what: "proposed facts, and changes that a second curator must approve", under: "the proposer's", life: bot.DraftLife, why: "to tell them what became of it"},
	{what: "orders of digests", under: "that of who ordered each", until: "until the digest ends", why: "to tell them when it ends of itself"},
	{what: "feeds that are followed", under: "that of who added each", until: "until the feed is removed", why: "to know whom to ask about it"},
	{what: "deliveries of digests", under: "ids of conversations", life: delivery.LogLife, why: "to post none twice"},
	{what: "answers that everybody in a channel could read: where they stand and which facts they told", under: "ids of conversations", life: bot.SharedLife, why: "to correct them"},
	{what: "command lines of long buttons", under: "nobody's, but a line may name somebody", life: bot.LineLife, why: "to make the button work"},
	{what: "questions without an answer", under: "nobody's", life: knowledge.GapLife, why: "to see what the facts lack"},
	{what: "how often a fact helped", under: "nobody's", until: "as long as the fact base", why: "to see what is useful"},
	{what: "changes of the fact base", under: "the curator's", until: "as long as the fact base", why: "each change has its author"},
	{what: "what a conversation was last about", under: "theirs, in memory only", life: bot.ContextLife, why: "to understand follow-ups"},
	{what: "how much a person asked just now", under: "theirs, in memory only", until: "until the program ends", why: "to limit how much one person asks"},
	{what: "lines typed into a terminal chat", under: "nobody's: it is a file named history, for its owner only", until: "until its owner deletes it", why: "to find them again with the arrow keys"},
}

// lasting is a length of time in words.
func lasting(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= day {
		return plural(int(d/day), "day", "days")
	}
	return plural(int(d/time.Minute), "minute", "minutes")
}

// privacyOf is the subcommand that says what is kept of people and how to be forgotten.
func privacyOf() bot.Command {
	return bot.Command{
		Name: "privacy", Summary: "What is kept of people, for how long, and how to be forgotten",
		Examples: []string{"/silkwire privacy"},
		Handle:   func(_ context.Context, r bot.Request) (bot.Reply, error) { return privacyReply(r.User), nil },
	}
}

// privacyReply is for one person: it names their own id, which whoever forgets them needs.
func privacyReply(u bot.User) bot.Reply {
	kept := bot.List{Title: bot.B("What is kept")}
	for _, s := range storedOfPeople {
		text := bot.Join(bot.B(s.what), bot.T(fmt.Sprintf(": %s · id: %s · why: %s", s.howLong(), s.under, s.why)))
		kept.Items = append(kept.Items, bot.Item{Text: text})
	}
	id := bot.T("")
	if u.ID != "" && !u.Trusted {
		id = bot.Join(bot.T(" Yours here is "), bot.C(u.ID), bot.T("."))
	}
	return bot.Reply{
		Title: bot.B("Privacy"), Lead: bot.T(privacy), Visibility: bot.Private, Personal: true,
		Blocks: []bot.Block{
			kept,
			bot.List{Title: bot.B("To be forgotten"), Items: []bot.Item{
				{Text: bot.Join(bot.T("By yourself: "), bot.C("/watch stop all"), bot.T(" and "), bot.C("/settings mine visibility:default zone:default"), bot.T("."))},
				{Text: bot.Join(bot.T("Altogether: ask whoever runs silkwire to run "), bot.C("silkwire forget"), bot.T(" with your id."), id,
					bot.T(" It deletes every record of yours and takes you off lists, digests and feeds. Changes that you made to the facts keep their author, and daily backups hold the rest until they are removed."))},
			}},
		},
	}
}
