package slack

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/slack-go/slack"

	"silkwire/bot"
)

// number makes request ids unique within a run.
func (a *Adapter) number() string { return strconv.FormatUint(a.count.Add(1), 36) }

// granted is what somebody may do without asking Slack: curators are named by
// the operator, with their workspace, so that nobody gains rights in another; in a
// direct message everybody decides for themselves.
func (a *Adapter) granted(p person, c bot.Conversation) bot.Permission {
	may := bot.Everyone
	if slices.Contains(a.opts.Curators, Curator{Team: p.team, User: p.id}) {
		may |= bot.Curator | bot.Admin | bot.SpaceAdmin
	}
	if isDirect(c.Channel) {
		may |= bot.Admin
	}
	return may
}

// isDirect tells a direct message's channel by its id:
// https://docs.slack.dev/reference/objects/conversation-object
func isDirect(channel string) bool { return len(channel) > 0 && channel[0] == 'D' }

// lacksRights tells whether a request needs an admin, and its user is none as far as
// is known without asking Slack.
func (a *Adapter) lacksRights(ctx context.Context, req bot.Request) bool {
	needs := a.core.Needs(ctx, req)
	lacks := bot.Admin | bot.SpaceAdmin // an option may say that it is for the whole workspace
	if req.Conversation.Direct {
		lacks = needs
	}
	return needs&(bot.Admin|bot.SpaceAdmin) != 0 && !req.User.May.Includes(lacks)
}

// grant asks Slack for what the request's user may do. Its error is logged.
func (a *Adapter) grant(ctx context.Context, p person, req *bot.Request) error {
	may, err := a.administers(ctx, p, req.Conversation.Channel)
	if err != nil {
		a.opts.Log.WarnContext(ctx, "slack: rights are not known", "request", req.ID, "error", clean(err))
	}
	req.User.May |= may
	return err
}

// administers asks Slack what somebody may set: an admin of the workspace all of it,
// the creator of a channel what holds there. The error says that Slack did not tell.
func (a *Adapter) administers(ctx context.Context, p person, channel string) (bot.Permission, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	me, err := a.whoami(ctx)
	if err != nil {
		return bot.Everyone, err
	}
	if p.team != me.TeamID {
		return bot.Everyone, nil // a guest of a shared channel decides nothing here
	}
	var user *slack.User
	err = patiently(ctx, func(ctx context.Context) (err error) {
		user, err = a.api.GetUserInfoContext(ctx, p.id)
		return err
	})
	if err != nil {
		return bot.Everyone, fmt.Errorf("users.info: %w", explainToken(err, "SLACK_BOT_TOKEN"))
	}
	if user.Deleted || user.IsStranger || user.IsRestricted || user.IsUltraRestricted {
		return bot.Everyone, nil
	}
	if user.IsAdmin || user.IsOwner || user.IsPrimaryOwner {
		return bot.Admin | bot.SpaceAdmin, nil
	}
	var info *slack.Channel
	err = patiently(ctx, func(ctx context.Context) (err error) {
		info, err = a.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: channel})
		return err
	})
	if codeOf(err) == "channel_not_found" {
		return bot.Everyone, nil // a private channel that the bot is not in
	}
	if err != nil {
		return bot.Everyone, fmt.Errorf("conversations.info: %w", explainToken(err, "SLACK_BOT_TOKEN"))
	}
	if info.Creator == p.id {
		return bot.Admin, nil
	}
	return bot.Everyone, nil
}

// probe asks Slack's own validator whether the workspace takes the newer blocks.
// Until it says so the classic layout is sent: an acknowledgement with a block
// that is refused would be lost without a word.
func (a *Adapter) probe(ctx context.Context) {
	sample := table(bot.Table{Columns: []bot.Column{{Name: "Ticker"}, {Name: "Price", Right: true}}, Rows: [][]bot.Text{{bot.T("NVDA"), bot.T("1")}}})
	problems, err := a.validate(ctx, drawn{text: "A table", blocks: []slack.Block{sample}})
	switch {
	case err != nil:
		a.opts.Log.InfoContext(ctx, "slack: blocks.validate does not answer, the classic layout is sent", "error", clean(err))
	case len(problems) > 0:
		a.opts.Log.InfoContext(ctx, "slack: the workspace refuses tables, the classic layout is sent")
	default:
		a.classic.Store(false)
		a.probeCharts(ctx)
	}
}

// probeCharts asks the same about Slack's own charts, which came later.
func (a *Adapter) probeCharts(ctx context.Context) {
	sample, _, ok := nativeChart(bot.Chart{Title: bot.T("A chart"), Series: []bot.Series{{Name: "a", Points: []bot.Point{{Label: "x", Value: 1}}}}})
	if !ok {
		return
	}
	problems, err := a.validate(ctx, drawn{text: "A chart", blocks: []slack.Block{sample}})
	if err == nil && len(problems) == 0 {
		a.native.Store(true)
		return
	}
	a.opts.Log.InfoContext(ctx, "slack: the workspace takes no charts, it gets pictures or words")
}
