package discord

import "time"

// What Discord takes, with the pages that say so. Lengths are in characters; they
// are counted in UTF-16 units here, the strictest of the usual ways.
const (
	// https://docs.discord.com/developers/resources/message#embed-object-embed-limits
	maxEmbeds      = 10
	maxTitle       = 256
	maxDescription = 4096
	maxFields      = 25
	maxFieldName   = 256
	maxFieldValue  = 1024
	maxContent     = 2000

	// Ours: a page is a screen or two, and a statement is not cut.
	maxPage      = 3200
	maxStatement = 1600
	maxQuiet     = 900
	maxNotice    = 600

	// https://docs.discord.com/developers/components/reference
	maxRows        = 5
	maxRowButtons  = 5
	maxCustomID    = 100
	maxButtonLabel = 80
	maxOptions     = 25
	maxOptionText  = 100
	maxPlaceholder = 150

	// https://docs.discord.com/developers/interactions/receiving-and-responding
	maxChoices    = 25
	maxChoiceText = 100
	maxModalTitle = 45
	maxModalRows  = 5
	maxInput      = 4000
	maxLabel      = 45
	maxLabelText  = 100
)

// Deadlines of the wire:
// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-callback
const (
	// ackAfter is when an answer that is not there is deferred: Discord waits three
	// seconds, and the callback is on its way for a part of them.
	ackAfter = 1500 * time.Millisecond
	// ackWithin is when it is too late.
	ackWithin = 3 * time.Second
	// tokenLife is how long an answer can be edited or followed up; a little less
	// than Discord's fifteen minutes.
	tokenLife = 15*time.Minute - 5*time.Second
	// callWithin bounds one call, its waits included, and postWithin one that posts to
	// a channel, where many may wait for its bucket.
	callWithin = 10 * time.Second
	postWithin = time.Minute
	// shutdownWithin is how long work in hand may take once the end was asked for.
	shutdownWithin = 5 * time.Second
)

// timing is what tests shorten.
type timing struct {
	ack      time.Duration // when an answer is deferred
	opening  time.Duration // how long READY may take
	identify time.Duration // between two identifies
}

var usual = timing{ack: ackAfter, opening: 6 * time.Second, identify: 5 * time.Second}
