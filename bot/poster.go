package bot

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Poster writes to a platform of silkwire's own accord, where an adapter answers what
// people ask. Its errors wrap ErrGone where trying again is in vain.
type Poster interface {
	// Post writes to a channel, for everybody there.
	Post(ctx context.Context, to Conversation, r Reply) error
	// Tell writes to one person of a workspace or server alone: a direct message.
	Tell(ctx context.Context, space, user string, r Reply) error
	// Correct says at a message that silkwire wrote earlier what has changed since: in
	// its thread, or in the message itself.
	Correct(ctx context.Context, m Shared, note Reply) error
}

// News is what changed of the facts.
type News interface {
	// Uses tells whether one of the facts is another now.
	Uses(facts []string) bool
	// Touches tells whether a change touches one of the topics that a person watches.
	Touches(topics []string) bool
}

// Letter is something to be told to one person.
type Letter struct {
	To   Watcher
	Note Reply
}

// ErrGone is wrapped by the error of a Poster that finds what it was to write to gone,
// or closed to it.
var ErrGone = errors.New("it is gone, or closed to silkwire")

// Shared is an answer that everybody in a conversation could read, with what a
// correction needs to reach it.
type Shared struct {
	At       time.Time `json:"at"`
	Platform string    `json:"platform"`
	Space    string    `json:"space,omitempty"`
	Channel  string    `json:"channel"`          // where the message stands: on Discord a thread is a channel
	Thread   string    `json:"thread,omitempty"` // on Slack
	Message  string    `json:"message"`          // the platform's id
	Facts    []string  `json:"facts"`            // ids of those that it told
	// Seen is the revision that its readers know of, and Told when they were last told
	// of a change, zero if never. Waits says that a change is to be told.
	Seen  uint64    `json:"seen"`
	Told  time.Time `json:"told,omitzero"`
	Waits bool      `json:"waits,omitempty"`
}

// SharedLife is how long an answer that was shared is remembered, and so corrected.
const SharedLife = 30 * 24 * time.Hour

// mostSharedFacts is how many facts of one answer are remembered.
const mostSharedFacts = 20

// Share is the reply as an answer that is shared in a conversation, still without its
// message, and whether it is one that may have to be corrected: it tells facts.
func Share(r Reply, c Conversation, at time.Time) (Shared, bool) {
	s := Shared{At: at.UTC(), Platform: c.Platform, Space: c.Space, Channel: c.Channel, Thread: c.Thread, Seen: r.Used.Revision}
	for _, u := range r.Used.Facts[:min(len(r.Used.Facts), mostSharedFacts)] {
		s.Facts = append(s.Facts, u.ID)
	}
	return s, len(s.Facts) > 0 && s.Seen > 0 && !c.Direct && r.Outcome == Answered
}

// Outbox takes what adapters have shared until it is written down. It costs an answer
// nothing but an entry in memory. It is safe for use by many goroutines.
type Outbox struct {
	mu      sync.Mutex
	waiting []Shared
}

// mostUnwritten bounds what waits to be written; the oldest go first.
const mostUnwritten = 4096

// Add takes an answer that was shared.
func (o *Outbox) Add(s Shared) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.waiting) >= mostUnwritten {
		o.waiting = o.waiting[1:]
	}
	o.waiting = append(o.waiting, s)
}

// Take empties it.
func (o *Outbox) Take() []Shared {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.waiting
	o.waiting = nil
	return all
}
