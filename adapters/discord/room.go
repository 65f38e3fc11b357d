package discord

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/bwmarrin/discordgo"

	"silkwire/bot"
	"silkwire/bot/delivery"
	"silkwire/bot/layout"
)

// isForum tells a type of channel in which each message begins a post:
// https://docs.discord.com/developers/topics/threads#threadonly-channels
func isForum(t discordgo.ChannelType) bool {
	return t == discordgo.ChannelTypeGuildForum || t == discordgo.ChannelTypeGuildMedia
}

// CanPost tells whether the bot can post in a channel, and whether that is a forum. Its
// error wraps bot.ErrGone where it cannot: it does not see the channel, or lacks what is
// needed there.
func (a *Adapter) CanPost(ctx context.Context, c bot.Conversation) (forum bool, err error) {
	var room discordgo.Channel
	if err := a.rest.call(ctx, http.MethodGet, "channels/"+cmp.Or(c.Thread, c.Channel), nil, &room); err != nil || room.GuildID == "" {
		return false, gone(err)
	}
	needs := uint64(discordgo.PermissionViewChannel | discordgo.PermissionSendMessages | discordgo.PermissionEmbedLinks)
	ruling := room // a thread's permissions are those of its channel
	if isThread(room.Type) {
		needs = discordgo.PermissionViewChannel | discordgo.PermissionSendMessagesInThreads | discordgo.PermissionEmbedLinks
		if err := a.rest.call(ctx, http.MethodGet, "channels/"+room.ParentID, nil, &ruling); err != nil {
			return false, gone(err)
		}
	}
	may, err := a.permissions(ctx, &ruling)
	if err != nil {
		return isForum(room.Type), err
	}
	if may&needs != needs {
		return isForum(room.Type), fmt.Errorf("channel %s: of the permissions %b there are %b: %w", room.ID, needs, may, bot.ErrGone)
	}
	return isForum(room.Type), nil
}

// permissions are what the bot may do in a channel of a guild:
// https://docs.discord.com/developers/topics/permissions#permission-overwrites
func (a *Adapter) permissions(ctx context.Context, c *discordgo.Channel) (uint64, error) {
	var me user
	g := discordgo.Guild{ID: c.GuildID, Channels: []*discordgo.Channel{c}}
	var m discordgo.Member
	err := a.rest.call(ctx, http.MethodGet, "users/@me", nil, &me)
	if err == nil {
		err = a.rest.call(ctx, http.MethodGet, "guilds/"+c.GuildID+"/roles", nil, &g.Roles)
	}
	if err == nil {
		err = a.rest.call(ctx, http.MethodGet, "guilds/"+c.GuildID+"/members/"+me.ID, nil, &m)
	}
	if err != nil {
		return 0, err
	}
	m.GuildID, m.User = c.GuildID, &discordgo.User{ID: me.ID}
	g.Members = []*discordgo.Member{&m}
	state := discordgo.NewState()
	if err := state.GuildAdd(&g); err != nil {
		return 0, fmt.Errorf("permissions in channel %s: %w", c.ID, err)
	}
	may, err := state.UserChannelPermissions(me.ID, c.ID)
	if err != nil {
		return 0, fmt.Errorf("permissions in channel %s: %w", c.ID, err)
	}
	return uint64(may), nil
}

// forumPost begins a post in a forum:
// https://docs.discord.com/developers/resources/channel#start-thread-in-forum-or-media-channel
type forumPost struct {
	Name    string   `json:"name"`
	Tags    []string `json:"applied_tags,omitempty"`
	Message outgoing `json:"message"`
}

const maxPostName = 100

// newPost posts in a forum, and returns the id of the post: it is that of its message
// too. Discord takes no nonce there.
func (a *Adapter) newPost(ctx context.Context, channelID, name string, m outgoing) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, postWithin)
	defer cancel()
	var forum discordgo.Channel
	if err := a.rest.call(ctx, http.MethodGet, "channels/"+channelID, nil, &forum); err != nil {
		if !isGone(err) {
			err = fmt.Errorf("%w: %w", delivery.ErrNotNow, err)
		}
		return "", err
	}
	var begun channel
	err := a.rest.call(ctx, http.MethodPost, "channels/"+channelID+"/threads", postOf(name, tags(forum), m), &begun)
	return begun.ID, err
}

func postOf(name string, tags []string, m outgoing) forumPost {
	return forumPost{Name: layout.Shorten(plain(name), maxPostName), Tags: tags, Message: m}
}

// tags are those of a forum's that a digest gets: the one that is called so, or, where
// each post must have one, the first that anybody may use.
func tags(forum discordgo.Channel) []string {
	free := slices.DeleteFunc(slices.Clone(forum.AvailableTags), func(t discordgo.ForumTag) bool { return t.Moderated })
	for _, t := range free {
		if name := strings.ToLower(t.Name); name == "digest" || name == "digests" {
			return []string{t.ID}
		}
	}
	if forum.Flags&discordgo.ChannelFlagRequireTag == 0 || len(free) == 0 {
		return nil
	}
	return []string{free[0].ID}
}

// findPost looks for a mark in the posts of a forum that were begun since an id. Which
// were archived is told to who may read the history only.
func (a *Adapter) findPost(ctx context.Context, to bot.Conversation, mark, oldest string) (string, error) {
	type listed struct {
		Threads []channel `json:"threads"`
	}
	var archived, active listed
	err := a.rest.call(ctx, http.MethodGet, "channels/"+to.Channel+"/threads/archived/public?limit=100", nil, &archived)
	if err == nil {
		err = a.rest.call(ctx, http.MethodGet, "guilds/"+to.Space+"/threads/active", nil, &active)
	}
	for _, t := range slices.Concat(active.Threads, archived.Threads) {
		if err != nil {
			break
		}
		if t.Parent != to.Channel || older(t.ID, oldest) {
			continue
		}
		var first message
		err = a.rest.call(ctx, http.MethodGet, "channels/"+t.ID+"/messages/"+t.ID, nil, &first)
		if codeOf(err) == codeUnknownMessage {
			err = nil // somebody deleted it
		}
		if err == nil && first.carries(mark) {
			return t.ID, nil
		}
	}
	if statusOf(err) == http.StatusForbidden {
		return "", fmt.Errorf("%w: %w", delivery.ErrUnreadable, err)
	}
	return "", gone(err)
}
