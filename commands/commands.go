// Package commands is the slash commands: each reads its options, asks the
// knowledge and composes a Reply. One file a command. It may import bot, its packages
// delivery and schedule, and knowledge, and no adapter.
package commands

import (
	"context"

	"silkwire/bot"
	"silkwire/bot/delivery"
	"silkwire/knowledge"
	"silkwire/knowledge/feed"
)

// Knowledge gives the newest Snapshot. A command takes it once for each
// request, so that it sees one whole revision from start to end.
type Knowledge interface{ Snapshot() *knowledge.Snapshot }

// Question is the name of the command that answers a line without a slash.
const Question = "ask"

// Kept is what conversations and people have told silkwire, for the commands
// that show and change it.
type Kept struct {
	Settings *bot.SettingsStore
	Feedback *bot.Feedback
	Drafts   *bot.Drafts
	Gaps     Gaps      // nil: no question is counted
	Changes  ChangeLog // nil: no change is on record
	Base     Curation  // nil: nothing can be changed
	Digests  *delivery.Book
	Feeds    *feed.Engine // nil: none can be followed
	Disabled []string     // names of commands that the operator wants nobody to have
	// CanPost tells whether silkwire can post in a conversation, with an error that wraps
	// bot.ErrGone where it cannot, and whether that is a forum; nil: nobody knows.
	CanPost func(ctx context.Context, c bot.Conversation) (forum bool, err error)
	// ChannelID is the id of a channel that is named as people do on the conversation's
	// platform; its error wraps bot.ErrGone for one that there is not; nil: ids only.
	ChannelID func(ctx context.Context, c bot.Conversation, typed string) (string, error)
}

// All lists every command, in the order in which /help shows them. version is
// what the binary calls itself.
func All(k Knowledge, version string, kept Kept) []bot.Command {
	all := []bot.Command{
		Ask(k), Lab(k), Policy(k), About(k), Ticker(k, kept.Settings), Compare(k), Exposure(k), Market(k),
		Timeline(k), Facts(k), Fact(k), Sources(k), Silkwire(k, version), Check(k),
	}
	for i := range all {
		all[i].Steady = true // they read the fact base and nothing else
	}
	all = append(all, Changes(k, kept.Changes, kept.Settings), Watch(k, kept.Changes, kept.Settings), Digest(k, kept), Curate(k, kept), Feed(k, kept), Propose(kept.Drafts), Proposals(k, kept.Drafts, kept.Feedback), Settings(kept.Settings), Feedback(k, kept.Feedback), Home(k, kept))
	all = enabled(all, kept.Disabled)
	return withChinese(append(all, Help(all)))
}
