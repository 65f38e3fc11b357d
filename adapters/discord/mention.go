package discord

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"

	"silkwire/bot"
	"silkwire/bot/layout"
)

// heard takes a message from the gateway: one that names the bot, or a direct one. A
// message of which nothing can be read, because it holds what is new to us, is
// nobody's question.
func (a *Adapter) heard(raw []byte) {
	var m message
	if err := json.Unmarshal(raw, &m); err != nil && m.ID == "" {
		return
	}
	direct := m.Guild == ""
	if m.Author.Bot || m.Webhook != "" || m.Author.ID == a.self.user || !direct && !a.isNamed(m) {
		return
	}
	if a.seen.Add("message " + m.ID) {
		a.later(a.posts, func(ctx context.Context) { a.answerMessage(ctx, m) })
	}
}

func (a *Adapter) isNamed(m message) bool {
	named := func(u user) bool { return u.ID == a.self.user }
	return slices.ContainsFunc(m.Mentions, named) || slices.ContainsFunc(a.names(), func(name string) bool { return strings.Contains(m.Content, name) })
}

// names are the marks that name the bot in a message.
func (a *Adapter) names() []string {
	return []string{"<@" + a.self.user + ">", "<@!" + a.self.user + ">"}
}

// marks are what Discord makes of what somebody typed: users, roles, channels, emoji,
// commands, times.
var marks = regexp.MustCompile(`<(@[!&]?|#|a?:\w+:|/[^:<>]*:|t:)(\d+)(?::[a-zA-Z])?>`)

// typed is what somebody typed. Of people, roles and channels their id is left, which
// is what /settings takes; of a command its name.
func typed(s string) string {
	return strings.TrimSpace(marks.ReplaceAllStringFunc(s, func(mark string) string {
		m := marks.FindStringSubmatch(mark)
		switch {
		case m[1][0] == '/':
			return strings.TrimSuffix(m[1], ":")
		case strings.Contains(m[1], ":"):
			return " "
		}
		return m[2]
	}))
}

// addressed is what somebody says to the bot, without its name.
func (a *Adapter) addressed(content string) string {
	for _, name := range a.names() {
		content = strings.ReplaceAll(content, name, " ")
	}
	line := strings.TrimSpace(strings.TrimLeft(typed(content), ",:; "))
	if line == "" {
		return "/help"
	}
	return line
}

// asMention is the message as a Request.
func (a *Adapter) asMention(ctx context.Context, m message) bot.Request {
	c := bot.Conversation{Platform: platform, Space: m.Guild, Channel: m.Channel, Direct: m.Guild == ""}
	if parent := a.parentOf(ctx, m); parent != "" {
		c.Channel, c.Thread = parent, m.Channel
	}
	return a.requestOf(m.Author, m.Author.Username, m.Member, c, a.addressed(m.Content))
}

// parentOf is the channel that a message's thread belongs to, or empty where it is in
// none. Discord says it of interactions only; elsewhere it is asked once a thread.
func (a *Adapter) parentOf(ctx context.Context, m message) string {
	if m.Guild == "" {
		return ""
	}
	known := a.threads.Get(m.Channel, func() *threadOf { return &threadOf{} })
	known.mu.Lock()
	defer known.mu.Unlock()
	if known.asked {
		return known.channel
	}
	var c channel
	if err := a.rest.call(ctx, http.MethodGet, "channels/"+m.Channel, nil, &c); err != nil {
		a.opts.Log.InfoContext(ctx, "discord: what kind of channel it is", "error", err)
		return "" // the next message asks again
	}
	known.asked = true
	if isThread(c.Type) {
		known.channel = c.Parent
	}
	return known.channel
}

// threadOf is the channel that a thread belongs to, or empty where it is none.
type threadOf struct {
	mu      sync.Mutex // held while it is asked for
	asked   bool
	channel string
}

// What a mention gets where its answer would be for the asker alone: a message cannot
// be that.
const (
	onlyByCommand = "Here I answer in private, which I cannot do to a message. Please ask with `/ask`: then only you see it."
	adminsCommand = "A message does not tell me whether you may do that. Please use the command itself: type `/` and choose it."
)

// answerMessage answers a message in reply to it.
func (a *Adapter) answerMessage(ctx context.Context, m message) {
	req := a.asMention(ctx, m)
	if needs := a.core.Needs(ctx, req); !req.Conversation.Direct && needs&(bot.Admin|bot.SpaceAdmin) != 0 && !req.User.May.Includes(needs) {
		a.replyTo(ctx, m, drawing{reply: bot.Reply{Lead: bot.T(adminsCommand), Outcome: bot.Denied}}, req)
		return
	}
	reply := a.core.Dispatch(ctx, req)
	if reply.Visibility == bot.Private && reply.Outcome <= bot.Unknown && !req.Conversation.Direct {
		reply = bot.Reply{Lead: bot.T(onlyByCommand), Outcome: bot.Misused}
	}
	e := exchange{req: req, reply: reply, asked: layout.Ask(reply.Line, reply.Light)}
	d := a.drawing(e, true)
	d.mention = true
	if posted := a.replyTo(ctx, m, d, req); posted != "" && !req.Conversation.Direct {
		a.shared(a.shareable(e), posted)
	}
}

// replyTo posts in reply to a message, and returns the id of what it posted, or empty.
// Where no embeds may be posted the answer is plain text; where nothing may, who asked
// is told in private, once.
func (a *Adapter) replyTo(ctx context.Context, m message, d drawing, req bot.Request) string {
	out := d.draw()
	out.Reference = &reference{Message: m.ID}
	posted, err := a.post(ctx, m.Channel, out, "m"+m.ID)
	switch {
	case err == nil && len(posted.Embeds) == 0 && len(out.Embeds) > 0, codeOf(err) == codeEmptyMessage, codeOf(err) == codeMissingPermissions:
		text := d.spoken()
		text.Reference = out.Reference
		if posted, err = a.post(ctx, m.Channel, text, "t"+m.ID); err == nil {
			a.inPrivate(ctx, m, "I may not embed links in <#"+m.Channel+">, so my answers there are plain text. Somebody who may manage the channel can give me *Embed Links*.")
		}
	}
	if err == nil {
		if len(posted.Embeds) > 0 {
			a.illustrate(a.pictureOf(d), "channels/"+m.Channel+"/messages/"+posted.ID, m.Channel)
		}
		return posted.ID
	}
	a.opts.Log.WarnContext(ctx, "discord: an answer was not posted", "request", req.ID, "error", err)
	if code := codeOf(err); code == codeMissingPermissions || code == codeMissingAccess {
		a.inPrivate(ctx, m, "You asked me something in <#"+m.Channel+">, but I may not write there. Somebody who may manage the channel can give me *View Channel*, *Send Messages* and *Embed Links*; or ask me with `/ask`.")
	}
	return ""
}

// inPrivate tells somebody in a direct message what is wrong in a channel, once.
func (a *Adapter) inPrivate(ctx context.Context, m message, sentence string) {
	if !a.alone.Add("told " + m.Author.ID + " " + m.Channel) {
		return
	}
	dm, err := a.directWith(ctx, m.Author.ID)
	if err == nil {
		_, err = a.post(ctx, dm, outgoing{Content: sentence}, "d"+m.ID)
	}
	if err != nil {
		a.opts.Log.InfoContext(ctx, "discord: a private word was not taken", "error", err)
	}
}

// directWith is the channel of the direct messages with somebody.
func (a *Adapter) directWith(ctx context.Context, userID string) (channelID string, err error) {
	var dm channel
	err = a.rest.call(ctx, http.MethodPost, "users/@me/channels", map[string]string{"recipient_id": userID}, &dm)
	return dm.ID, err
}

// post sends a message to a channel, once however often it is tried: Discord returns
// the first for a nonce that it has seen in the last minutes. A channel that
// refuses is left alone.
func (a *Adapter) post(ctx context.Context, channelID string, m outgoing, nonce string) (message, error) {
	var posted message
	if a.alone.Has(a.refuser(channelID)) {
		return posted, &Error{Status: http.StatusForbidden, Code: codeMissingAccess, Says: "the channel is left alone"}
	}
	m.Nonce, m.Enforce = nonce, true
	ctx, cancel := context.WithTimeout(ctx, postWithin)
	defer cancel()
	err := a.rest.call(again(ctx), http.MethodPost, "channels/"+channelID+"/messages", m, &posted)
	if code := codeOf(err); code == codeMissingAccess || code == codeUnknownChannel || code == codeCannotMessageUser || code == codeMissingPermissions && len(m.Embeds) == 0 {
		a.alone.Add(a.refuser(channelID))
	}
	return posted, err
}

// aloneFor is how long a channel that refuses messages is left alone: somebody may
// have changed what the bot may do there.
const aloneFor = 10 * time.Minute

// refuser is the key of a channel that is left alone for now.
func (a *Adapter) refuser(channelID string) string {
	return fmt.Sprint("channel ", channelID, a.opts.Now().Truncate(aloneFor).Unix())
}

// Invite is the address at which the bot is let into a server, with the least that it
// needs: https://docs.discord.com/developers/topics/oauth2#bot-authorization-flow
func Invite(app string) string {
	return "https://discord.com/oauth2/authorize?client_id=" + app + "&scope=bot+applications.commands&permissions=" + strconv.Itoa(permissions)
}

// permissions are what the bot is invited with: to see what it is asked, to answer, in
// threads too, with embeds and pictures, in reply to what it can read.
const permissions = discordgo.PermissionViewChannel | discordgo.PermissionSendMessages | discordgo.PermissionSendMessagesInThreads |
	discordgo.PermissionEmbedLinks | discordgo.PermissionAttachFiles | discordgo.PermissionReadMessageHistory
