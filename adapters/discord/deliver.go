package discord

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"silkwire/bot"
	"silkwire/bot/delivery"
	"silkwire/bot/layout"
)

// A digest's mark stands in the line of one of its buttons, and so in its id, which
// Discord keeps with the message. It is the nonce too: what is sent again within minutes
// is posted once.

// Deliver posts with a mark: see delivery.Poster.
func (a *Adapter) Deliver(ctx context.Context, to bot.Conversation, r bot.Reply, mark string) (string, error) {
	r.Same = 0
	e := exchange{reply: r, req: bot.Request{At: a.opts.Now(), Conversation: to}, asked: layout.Ask(r.Line, bot.Context{})}
	d, channelID := a.drawing(e, true), cmp.Or(to.Thread, to.Channel)
	out := d.draw()
	if r.Ping != "" {
		out.Content, out.Mentions.role = "<@&"+r.Ping+">", r.Ping
	}
	if to.Forum {
		id, err := a.newPost(ctx, to.Channel, r.Title.String(), out)
		if s := a.shareable(e); err == nil && s != nil {
			s.Channel = id
			a.shared(s, id)
		}
		if err == nil { // the first message of a post has the id of the post
			a.illustrate(a.pictureOf(d), "channels/"+id+"/messages/"+id, id)
		}
		return id, delivering(err)
	}
	posted, err := a.post(ctx, channelID, out, mark)
	if err == nil {
		a.shared(a.shareable(e), posted.ID) // it is corrected like any answer that was shared
		a.publish(ctx, channelID, posted.ID)
		a.illustrate(a.pictureOf(d), "channels/"+channelID+"/messages/"+posted.ID, channelID)
	}
	return posted.ID, delivering(err)
}

// publish shows a message of an announcement channel to the servers that follow it:
// https://docs.discord.com/developers/resources/message#crosspost-message
func (a *Adapter) publish(ctx context.Context, channelID, messageID string) {
	var c channel
	err := a.rest.call(ctx, http.MethodGet, "channels/"+channelID, nil, &c)
	if err == nil && c.Type == discordgo.ChannelTypeGuildNews {
		err = a.rest.call(ctx, http.MethodPost, "channels/"+channelID+"/messages/"+messageID+"/crosspost", nil, nil)
	}
	if err != nil { // it stands in its own channel all the same
		a.opts.Log.InfoContext(ctx, "discord: a digest was not published to followers", "channel", channelID, "error", err)
	}
}

// delivering is an error of a post as delivery knows it: what Discord refuses was not
// posted.
func delivering(err error) error {
	status := statusOf(err)
	switch {
	case err == nil:
		return nil
	case isGone(err):
		return gone(err)
	case status >= http.StatusBadRequest && status < http.StatusInternalServerError:
		return fmt.Errorf("%w: %w", delivery.ErrNotNow, err)
	}
	if _, final := asFinal(err); final {
		return fmt.Errorf("%w: %w", delivery.ErrNotNow, err)
	}
	return err
}

// How far a channel is read back.
const (
	pageSize  = 100
	mostPages = 10
)

// Find looks for a mark in a channel's last messages: see delivery.Poster. Who may see a
// channel and not read its history is shown an empty one: that is not readable.
func (a *Adapter) Find(ctx context.Context, to bot.Conversation, mark string, after time.Time) (string, error) {
	if to.Forum {
		return a.findPost(ctx, to, mark, snowflakeAt(after))
	}
	path, oldest := "channels/"+cmp.Or(to.Thread, to.Channel)+"/messages", snowflakeAt(after)
	before := ""
	for range mostPages {
		var page []message
		err := a.rest.call(ctx, http.MethodGet, path+"?limit="+strconv.Itoa(pageSize)+before, nil, &page)
		switch {
		case statusOf(err) == http.StatusForbidden:
			return "", fmt.Errorf("%w: %w", delivery.ErrUnreadable, err)
		case err != nil:
			return "", gone(err)
		case len(page) == 0 && before == "":
			return "", delivery.ErrUnreadable
		}
		for _, m := range page {
			if m.carries(mark) {
				return m.ID, nil
			}
		}
		if len(page) < pageSize || older(page[len(page)-1].ID, oldest) {
			return "", nil
		}
		before = "&before=" + page[len(page)-1].ID
	}
	return "", fmt.Errorf("too much was written since to find a message again")
}

// carries tells whether a button of the message has the mark in its id.
func (m message) carries(mark string) bool {
	return slices.ContainsFunc(m.Components, func(c component) bool {
		found := false
		c.all(func(c component) { found = found || strings.Contains(c.ID, "mark:"+mark) })
		return found
	})
}

// snowflakeAt is the id that a message of a moment would have at least:
// https://docs.discord.com/developers/reference#snowflakes
func snowflakeAt(at time.Time) string {
	const epoch, shift = 1420070400000, 22
	return strconv.FormatInt(max(at.UnixMilli()-epoch, 0)<<shift, 10)
}

// older tells whether an id is smaller than another.
func older(id, than string) bool {
	return len(id) < len(than) || len(id) == len(than) && id < than
}

// ChannelID is the id in a mention of a channel, or the id itself. Its error wraps
// bot.ErrGone for what is neither.
func (a *Adapter) ChannelID(_ context.Context, typed string) (string, error) {
	id := strings.Trim(typed, "<#>")
	if id == "" || strings.Trim(id, "0123456789") != "" {
		return "", fmt.Errorf("channel %s: %w", typed, bot.ErrGone)
	}
	return id, nil
}
