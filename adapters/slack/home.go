package slack

import (
	"context"

	"github.com/slack-go/slack"

	"silkwire/bot"
	"silkwire/bot/layout"
)

// publishHome draws App Home for one person: when they open it, and after what
// they did in it, with what came of that.
func (a *Adapter) publishHome(ctx context.Context, p person, channel, says string) {
	if a.opts.Home == "" {
		return
	}
	me, err := a.whoami(ctx)
	if err != nil {
		return
	}
	if p.team == "" {
		p.team = me.TeamID
	}
	req := a.request(p, bot.Conversation{Channel: channel}, a.opts.Home)
	reply := a.core.Dispatch(ctx, req)
	if says != "" {
		reply.Blocks = append([]bot.Block{bot.Paragraph{Text: bot.B(says)}}, reply.Blocks...)
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	err = patiently(ctx, func(ctx context.Context) error {
		_, err := a.api.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: p.id, View: a.homeView(req, reply)})
		return err
	})
	if err != nil {
		a.opts.Log.WarnContext(ctx, "slack: App Home was not drawn", "error", clean(explainToken(err, "SLACK_BOT_TOKEN")))
	}
}

// homeView is a reply as App Home shows it.
func (a *Adapter) homeView(req bot.Request, reply bot.Reply) slack.HomeTabViewRequest {
	d := drawing{reply: reply, asked: layout.Asked{Line: a.opts.Home}, command: a.opts.Question, surface: onHome, public: true, at: req.At}
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: d.draw().blocks}}
}
