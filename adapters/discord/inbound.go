package discord

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/bwmarrin/discordgo"

	"silkwire/bot"
	"silkwire/bot/layout"
)

// receive takes an interaction from the gateway. It is called by a session's reader
// and waits for nobody.
func (a *Adapter) receive(raw []byte) {
	i, err := readInteraction(raw)
	if err != nil {
		a.opts.Log.Warn("discord: an interaction that cannot be read", "bytes", len(raw))
		return
	}
	path := "interactions/" + i.ID + "/" + i.Token + "/callback"
	a.deliver(i, func(ctx context.Context, response []byte, want bool) (string, error) {
		if !want {
			return "", a.rest.call(ctx, http.MethodPost, path, response, nil)
		}
		// https://docs.discord.com/developers/interactions/receiving-and-responding#create-interaction-response
		var made struct {
			Resource struct{ Message message }
		}
		err := a.rest.call(ctx, http.MethodPost, path+"?with_response=true", response, &made)
		return made.Resource.Message.ID, err
	})
}

// wire sends an interaction's first response. Where the message is wanted that it makes,
// its id is returned, or empty where the wire does not tell.
type wire func(ctx context.Context, response []byte, want bool) (messageID string, err error)

func readInteraction(raw []byte) (*interaction, error) {
	i := new(interaction)
	if err := json.Unmarshal(raw, i); err != nil {
		// A field of an unexpected kind leaves the others as they are; what is needed
		// to answer is looked for.
		if i.ID == "" || i.Token == "" {
			return nil, err
		}
	}
	return i, nil
}

// deliver answers an interaction once, and says so where too much is in hand. It is
// false for one that was taken before.
func (a *Adapter) deliver(i *interaction, send wire) bool {
	if !a.seen.Add("interaction " + i.ID) {
		return false
	}
	t := a.take(i, send)
	busy := func(ctx context.Context) { a.tell(ctx, t, layout.TooBusy) }
	if a.answers.Offer(t.waited, func(ctx context.Context) { a.answer(ctx, t) }, busy) {
		return true
	}
	a.opts.Log.Warn("discord: too much waits, an interaction was dropped", "interaction", i.ID)
	a.later(a.late, busy)
	return true
}

// answer does the work of one interaction. A panic ends that and nothing else.
func (a *Adapter) answer(ctx context.Context, t *turn) {
	defer func() {
		if p := recover(); p != nil {
			a.opts.Log.With(bot.Panic(p)).ErrorContext(ctx, "discord: an interaction broke", "interaction", t.i.ID)
			a.tell(ctx, t, "Something went wrong on my side. Please ask again.")
		}
	}()
	switch t.i.Type {
	case discordgo.InteractionApplicationCommand:
		a.command(ctx, t)
	case discordgo.InteractionApplicationCommandAutocomplete:
		a.suggest(ctx, t)
	case discordgo.InteractionMessageComponent:
		a.press(ctx, t)
	case discordgo.InteractionModalSubmit:
		a.submitted(ctx, t)
	default:
		a.opts.Log.InfoContext(ctx, "discord: an interaction of a kind that is not known", "type", int(t.i.Type))
		a.tell(ctx, t, "I do not know what was done there. Please write a command, such as `/help`.")
	}
}

// tell answers whoever asked with a sentence. It is Markdown.
func (a *Adapter) tell(ctx context.Context, t *turn, sentence string) {
	if t.i.Type == discordgo.InteractionApplicationCommandAutocomplete {
		// Its error is logged by the turn.
		_ = t.first(ctx, callback{discordgo.InteractionApplicationCommandAutocompleteResult, found{[]foundChoice{}}})
		return
	}
	m := outgoing{Content: sentence, Flags: discordgo.MessageFlagsEphemeral}
	// Its error is logged by the turn, here and below.
	_ = t.reply(ctx, answer{response: asResponse(m, false), message: func() outgoing { return m }})
}

// who is the user of an interaction, who is a member in a guild only.
func (i *interaction) who() user {
	switch {
	case i.Member != nil:
		return i.Member.User
	case i.User != nil:
		return *i.User
	}
	return user{}
}

func (i *interaction) nick() string {
	u := i.who()
	if i.Member != nil && i.Member.Nick != "" {
		return i.Member.Nick
	}
	return cmp.Or(u.GlobalName, u.Username)
}

// where is the conversation of an interaction. All threads of a channel share its
// settings.
func (i *interaction) where() bot.Conversation {
	c := bot.Conversation{Platform: platform, Space: i.Guild, Channel: cmp.Or(i.ChannelID, i.Channel.ID)}
	if isThread(i.Channel.Type) && i.Channel.Parent != "" {
		c.Channel, c.Thread = i.Channel.Parent, c.Channel
	}
	// In a group, or between two others, more than the asker read along.
	c.Direct = i.Guild == "" && (i.Context == nil || *i.Context == int(discordgo.InteractionContextBotDM))
	return c
}

// isThread tells a thread's type of channel:
// https://docs.discord.com/developers/resources/channel#channel-object-channel-types
func isThread(t discordgo.ChannelType) bool {
	return t == discordgo.ChannelTypeGuildNewsThread || t == discordgo.ChannelTypeGuildPublicThread || t == discordgo.ChannelTypeGuildPrivateThread
}

// userInstalled tells whether the app is here for its user alone.
func (i *interaction) userInstalled() bool {
	return len(i.Owners) > 0 && i.Owners[ownerGuild] == ""
}

// request is a Request of an interaction's.
func (a *Adapter) request(i *interaction, line string) bot.Request {
	req := a.requestOf(i.who(), i.nick(), i.Member, i.where(), line)
	req.Locale = i.Locale
	if i.Member != nil && uint64(i.Member.May)&(discordgo.PermissionManageGuild|discordgo.PermissionAdministrator) != 0 {
		req.User.May |= bot.Admin | bot.SpaceAdmin
	}
	if i.Member != nil && uint64(i.Member.May)&discordgo.PermissionManageChannels != 0 {
		req.User.May |= bot.Admin
	}
	return req
}

// requestOf is a Request of somebody's, with the rights that the operator gives.
func (a *Adapter) requestOf(u user, name string, m *member, c bot.Conversation, line string) bot.Request {
	req := bot.Request{
		ID: platform + "-" + a.number(), User: bot.User{ID: u.ID, Name: bot.Clean(name)}, Conversation: c, Line: line, At: a.opts.Now(),
	}
	if m != nil {
		req.User.Roles = m.Roles
	}
	req.User.May = a.granted(c, u.ID, req.User.Roles)
	return req
}

// granted is what the operator lets somebody do: curators are named with their guild,
// so that nobody gains rights in another. In a direct message everybody decides for
// themselves.
func (a *Adapter) granted(c bot.Conversation, id string, roles []string) bot.Permission {
	may := bot.Everyone
	if c.Direct {
		may |= bot.Admin
	}
	for _, k := range a.opts.Curators {
		if k.Guild == c.Space && c.Space != "" && (k.User != "" && k.User == id || k.Role != "" && slices.Contains(roles, k.Role)) {
			may |= bot.Curator | bot.Admin | bot.SpaceAdmin
		}
	}
	return may
}

// call is a command's path and options as they are typed.
func (d interactionData) call() (path []string, options map[string][]string) {
	path, given := []string{d.Name}, d.Options
	for len(given) == 1 && (given[0].Type == discordgo.ApplicationCommandOptionSubCommand || given[0].Type == discordgo.ApplicationCommandOptionSubCommandGroup) {
		path, given = append(path, given[0].Name), given[0].Options
	}
	options = map[string][]string{}
	for _, o := range given {
		options[o.Name] = append(options[o.Name], o.text())
	}
	return path, options
}

// command answers a slash command or a message command.
func (a *Adapter) command(ctx context.Context, t *turn) {
	path, options := t.i.Data.call()
	req := a.request(t.i, "")
	req.Call = &bot.Call{Path: ownPath(path), Options: options}
	about := t.i.Data.Type == int(discordgo.MessageApplicationCommand)
	if about {
		req.Message = words(t.i.Data.Resolved.Messages[t.i.Data.Target])
	}
	reply := a.core.Dispatch(ctx, req)
	e := exchange{req: req, reply: reply, asked: layout.Ask(reply.Line, reply.Light)}
	if about {
		e = a.aboutMessage(e)
	}
	a.reply(ctx, t, a.withNotes(t.i, e))
}

// words are what a message says, those of its embeds where it has no others.
func words(m message) string {
	if strings.TrimSpace(m.Content) != "" {
		return typed(m.Content)
	}
	var all []string
	for _, e := range m.Embeds {
		all = append(all, e.Title, e.Description)
	}
	return strings.TrimSpace(strings.Join(all, " "))
}

// maxAskedAgain is up to how many bytes of a message the question about it is the
// same as the message command's.
const maxAskedAgain = 1000

// aboutMessage is the answer to the message command about a message: private, like
// the choice of whom to check.
func (a *Adapter) aboutMessage(e exchange) exchange {
	e.reply.Visibility = bot.Private
	if len(e.reply.Title) == 0 && e.reply.Outcome <= bot.Unknown {
		e.reply.Title = bot.T("About this message")
	}
	e.reply.Same = 0 // its title is its own
	line := ""
	if text := strings.TrimSpace(e.req.Message); len(text) <= maxAskedAgain {
		line = "/" + a.opts.Question + " " + text
	}
	e.asked = layout.Ask(line, e.reply.Light)
	return e
}

// withNotes makes the help say what is so on Discord: slash commands run everywhere,
// and mentions where messages are seen.
func (a *Adapter) withNotes(i *interaction, e exchange) exchange {
	if e.req.Call == nil || len(e.req.Call.Path) == 0 || e.req.Call.Path[0] != "help" {
		return e
	}
	note := "Mention me and write the same, or choose Apps on a message."
	switch {
	case i.userInstalled():
		note = "Here I am installed for you alone, so I see no messages: mentioning me does nothing. Use my commands, or Apps on a message."
	case a.overHTTP():
		note = "I see no messages here: mentioning me does nothing. Use my commands, or Apps on a message."
	}
	e.reply.Same, e.reply.Notice = 0, bot.T(note)
	return e
}

// exchange is a request with its reply, on the way out.
type exchange struct {
	req    bot.Request
	reply  bot.Reply
	asked  layout.Asked
	update bool // in the place of the message that was pressed
}

// reply answers whoever asked, for everybody unless the reply is private, or opens
// the form that the reply has.
func (a *Adapter) reply(ctx context.Context, t *turn, e exchange) {
	if e.reply.Form != nil && e.reply.Form.Wrong == "" && t.i.Type != discordgo.InteractionModalSubmit {
		err := a.openForm(ctx, t, e)
		if err == nil {
			return
		}
		a.opts.Log.InfoContext(ctx, "discord: the form was not opened", "request", e.req.ID, "error", err)
	}
	_ = t.reply(ctx, a.answering(t.i, e))
}

// answering is the exchange as an answer. Answers are public here by custom, mistakes
// and what is said of presses are not.
func (a *Adapter) answering(i *interaction, e exchange) answer {
	public := e.reply.Visibility == bot.Public || e.reply.Visibility == bot.Default && e.reply.Outcome <= bot.Unknown
	d := a.drawing(e, public)
	message := func() outgoing {
		m := d.draw()
		m.Flags = flags(public)
		if _, has := layout.ChartOf(e.reply); has && e.update {
			m = withoutFiles(m)
		}
		return m
	}
	m := answer{public: public, message: message, response: a.rendered(d, e.update, message), picture: a.pictureOf(d)}
	if public && !e.update && i.Guild != "" && !i.userInstalled() {
		m.shared = a.shareable(e)
	}
	return m
}
