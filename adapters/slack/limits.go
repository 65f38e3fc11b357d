package slack

import "time"

// What Slack takes, with the pages that say so. Lengths are in characters; they
// are counted in UTF-16 units here, the strictest of the usual ways.
const (
	// https://docs.slack.dev/reference/block-kit/blocks
	maxBlocks      = 50
	maxViewBlocks  = 100
	maxSection     = 3000
	maxStatement   = maxSection - 200 // ours: a heading may stand before it
	maxHeader      = 150
	maxFields      = 10
	maxField       = 2000
	maxContextText = 2000 // ours: a context line is a line
	maxTableRows   = 100
	maxTableCols   = 20

	// https://docs.slack.dev/reference/block-kit/block-elements and …/composition-objects
	maxButtons     = 25
	maxButtonText  = 75
	maxButtonValue = 2000
	maxBlockID     = 255
	maxOptions     = 100
	maxOptionText  = 75
	maxOptionValue = 150
	maxPlaceholder = 150

	// https://docs.slack.dev/reference/views/modal-views
	maxModalTitle = 24
	maxMetadata   = 3000
	maxInput      = 3000
	maxLabel      = 2000

	// https://docs.slack.dev/reference/methods/chat.postMessage: keep to 4,000.
	maxText = 1500

	// A Socket Mode frame from 20,480 bytes on is dropped without a word
	// (slack-go issue 1196); the envelope's own part is below 200 bytes.
	maxAck = 20_480 - 200
	// A post whose blocks have more than some 13,200 characters is refused as
	// msg_blocks_too_long (bolt-js issue 2509); Slack's staff name 12,000.
	maxBlocksJSON = 12_000
)

// Deadlines of the wire.
const (
	// Slack shows an error where no acknowledgement came within three seconds:
	// https://docs.slack.dev/interactivity/implementing-slash-commands
	ackWithin = 2 * time.Second
	// A response_url takes five messages in thirty minutes:
	// https://docs.slack.dev/interactivity/handling-user-interaction
	responseLife = 30 * time.Minute
)
