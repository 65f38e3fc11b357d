package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"

	"silkwire/bot"
)

// turn is one interaction while it is answered. Its first response goes out once:
// with the answer in it if that is there in time, else it says that an answer will
// follow, and the answer is put in its place.
type turn struct {
	a    *Adapter
	i    *interaction
	send wire // on the wire that it came by
	born time.Time

	mu       sync.Mutex  // held while the first response is sent
	timer    *time.Timer // until it says that an answer will follow; guarded by mu, like all that follow
	done     bool        // it was sent
	deferred bool        // with a promise only
	private  bool        // which only the asker sees
	dead     bool        // Discord takes nothing more by this token
}

// Errors of a turn.
var (
	errExpired   = errors.New("the fifteen minutes for an answer are over")
	errDead      = errors.New("discord takes nothing more by this interaction's token")
	errResponded = errors.New("it was responded to already")
)

// take begins a turn. Its first response goes out in time whatever happens to the
// answer.
func (a *Adapter) take(i *interaction, send wire) *turn {
	t := &turn{a: a, i: i, send: send, born: a.opts.Now()}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timer = time.AfterFunc(a.timing.ack, func() { a.later(a.late, t.promise) })
	return t
}

// waited is how long ago it was delivered.
func (t *turn) waited() time.Duration { return t.a.opts.Now().Sub(t.born) }

// isPress tells whether the interaction is of something that stands under a message.
func (t *turn) isPress() bool { return t.i.Type == discordgo.InteractionMessageComponent }

// promise sends the first response if none was sent so far: that an answer will
// follow, and to a look-up that nothing was found. What was pressed is answered in
// private.
func (t *turn) promise(ctx context.Context) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.done {
		return
	}
	c := callback{Type: discordgo.InteractionResponseDeferredChannelMessageWithSource}
	t.deferred, t.private = true, t.isPress() || asksPrivate(t.i) || t.i.Data.Type == int(discordgo.MessageApplicationCommand)
	if t.private {
		c.Data = outgoing{Flags: discordgo.MessageFlagsEphemeral}
	}
	if t.i.Type == discordgo.InteractionApplicationCommandAutocomplete {
		c = callback{discordgo.InteractionApplicationCommandAutocompleteResult, found{[]foundChoice{}}}
	}
	// Its error is logged by respond.
	_ = t.respond(ctx, c)
}

// asksPrivate tells whether a command was given private:true.
func asksPrivate(i *interaction) bool {
	_, options := i.Data.call()
	return len(options[privateOption]) == 1 && options[privateOption][0] == "true"
}

// respond sends the first response; mu is held, and none was sent so far.
func (t *turn) respond(ctx context.Context, c callback) error {
	body, err := encode(c)
	if err != nil {
		return fmt.Errorf("encode the response: %w", err)
	}
	_, err = t.respondWith(ctx, body, false)
	return err
}

// respondWith is respond with the encoded response. Where the message is wanted that it
// makes, its id is returned if it is known.
func (t *turn) respondWith(ctx context.Context, body []byte, want bool) (messageID string, err error) {
	t.timer.Stop()
	t.done = true
	ctx, cancel := context.WithTimeout(ctx, max(ackWithin-t.a.opts.Now().Sub(t.born), time.Millisecond))
	defer cancel()
	messageID, err = t.send(again(ctx), body, want)
	switch {
	case err == nil, codeOf(err) == codeAcknowledged && !t.deferred:
		// Another try of this response had arrived.
		return messageID, nil
	case codeOf(err) == codeUnknownInteraction:
		t.dead = true
	}
	t.a.opts.Log.Warn("discord: a response was not taken", "interaction", t.i.ID, "type", int(t.i.Type), "error", err)
	return "", err
}

// first sends a first response that is no message: a form, a list of suggestions.
func (t *turn) first(ctx context.Context, c callback) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.done {
		return errResponded
	}
	return t.respond(ctx, c)
}

// answer is a message for whoever asked, as its bytes and who sees it.
type answer struct {
	response []byte // a whole callback
	public   bool
	message  func() outgoing
	shared   *bot.Shared // nil: it need not be corrected later
	picture  *picture    // that follows it, or nil
}

// reply sends an answer: as the first response, else in the place of the promise.
func (t *turn) reply(ctx context.Context, m answer) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.done {
		id, err := t.respondWith(ctx, m.response, m.shared != nil)
		if err == nil {
			t.a.remember(t.i, m.shared, id)
			t.illustrate(m, "@original")
		}
		if forbids(err) { // nothing was said so far: the asker is told
			t.done = false
			return t.respond(ctx, callback{discordgo.InteractionResponseChannelMessageWithSource, forbidden()})
		}
		return err
	}
	err := t.late(ctx, m)
	switch {
	case err == nil:
	case forbids(err):
		return t.late(ctx, answer{message: forbidden})
	case m.public && t.expired(err) && t.i.Owners[ownerGuild] != "":
		// It goes to the channel, where everybody was to see it anyway.
		var posted message
		if posted, err = t.a.post(ctx, t.i.ChannelID, m.message(), "l"+t.i.ID); err == nil {
			t.a.remember(t.i, m.shared, posted.ID)
			t.a.illustrate(m.picture, "channels/"+t.i.ChannelID+"/messages/"+posted.ID, t.i.ChannelID)
		} else {
			t.a.opts.Log.WarnContext(ctx, "discord: a late answer was dropped", "interaction", t.i.ID, "error", err)
		}
	default:
		t.a.opts.Log.WarnContext(ctx, "discord: an answer was dropped", "interaction", t.i.ID, "error", err)
	}
	return err
}

// forbids tells whether the bot may not say what it was to say where it was asked.
func forbids(err error) bool {
	code := codeOf(err)
	return code == codeMissingPermissions || code == codeMissingAccess
}

// forbidden tells the asker, and nobody else, what the bot may not do.
func forbidden() outgoing {
	return outgoing{Flags: discordgo.MessageFlagsEphemeral, Content: "I may not answer in this channel. Somebody who may manage it can give me *Send Messages* and *Embed Links*; or ask me with `private:true`."}
}

// ownerGuild is the key under which an interaction names the guild that the app was
// added to:
// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-authorizing-integration-owners-object
const ownerGuild = "0"

// expired tells whether it is too late for an answer by the interaction's token.
func (t *turn) expired(err error) bool {
	return errors.Is(err, errExpired) || codeOf(err) == codeInvalidToken
}

// late puts an answer in the place of the promise. Who sees it was settled by that:
// where it is another, the promise is taken back.
func (t *turn) late(ctx context.Context, m answer) error {
	switch {
	case t.dead:
		return errDead
	case t.a.opts.Now().Sub(t.born) > tokenLife:
		return errExpired
	}
	webhook := "webhooks/" + t.i.Application + "/" + t.i.Token
	original := webhook + "/messages/@original"
	var made message
	var err error
	switch {
	case t.deferred && t.private == !m.public:
		body := m.message()
		body.Flags = 0 // they cannot be changed
		err = t.a.rest.call(ctx, http.MethodPatch, original, body, &made)
		if codeOf(err) == codeUnknownMessage { // somebody has dismissed it
			err = t.follow(ctx, webhook, m, &made)
		}
	case t.deferred:
		if err = t.a.rest.call(ctx, http.MethodDelete, original, nil, nil); err == nil || codeOf(err) == codeUnknownMessage {
			err = t.follow(ctx, webhook, m, &made)
		}
	default:
		err = t.follow(ctx, webhook, m, &made)
	}
	t.deferred = false
	if err == nil {
		t.a.remember(t.i, m.shared, made.ID)
		t.illustrate(m, made.ID)
	}
	if status := statusOf(err); status == http.StatusNotFound || status == http.StatusUnauthorized {
		t.dead = true // a webhook that is gone must not be used again
	}
	return err
}

// illustrate puts the picture of an answer into its message: an app may always attach a
// file to what answers an interaction.
func (t *turn) illustrate(m answer, messageID string) {
	if messageID != "" {
		t.a.illustrate(m.picture, "webhooks/"+t.i.Application+"/"+t.i.Token+"/messages/"+messageID, "")
	}
}

func (t *turn) follow(ctx context.Context, webhook string, m answer, made *message) error {
	body := m.message()
	body.Flags = flags(m.public)
	return t.a.rest.call(ctx, http.MethodPost, webhook, body, made)
}

func flags(public bool) discordgo.MessageFlags {
	if public {
		return 0
	}
	return discordgo.MessageFlagsEphemeral
}
