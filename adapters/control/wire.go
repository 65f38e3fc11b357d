package control

import (
	"encoding/gob"
	"fmt"
	"sync"
	"time"

	"silkwire/bot"
)

// request is a bot.Request on its way. Who asks is known by the socket.
type request struct {
	ID, Line, Message, Zone, Locale string
	Call                            *bot.Call
	Conversation                    bot.Conversation
	Visibility                      bot.Visibility
	Context                         bot.Context
	At                              time.Time
}

func outgoing(r bot.Request) request {
	zone := ""
	if r.Zone != nil {
		zone = r.Zone.String()
	}
	return request{
		ID: r.ID, Line: r.Line, Message: r.Message, Zone: zone, Locale: r.Locale,
		Call: r.Call, Conversation: r.Conversation, Visibility: r.Visibility, Context: r.Context, At: r.At,
	}
}

func (r request) incoming(user bot.User) (bot.Request, error) {
	in := bot.Request{
		ID: r.ID, User: user, Line: r.Line, Message: r.Message, Locale: r.Locale,
		Call: r.Call, Conversation: r.Conversation, Visibility: r.Visibility, Context: r.Context, At: r.At,
	}
	if r.Zone == "" {
		return in, nil
	}
	var err error
	if in.Zone, err = time.LoadLocation(r.Zone); err != nil {
		return in, fmt.Errorf("read request: %w", err)
	}
	return in, nil
}

// blocks makes gob know every kind of block of a reply.
var blocks = sync.OnceFunc(func() {
	for _, b := range []bot.Block{
		bot.Paragraph{}, bot.List{}, bot.Fields{}, bot.Table{}, bot.Quotes{}, bot.Chart{}, bot.Sources{},
	} {
		gob.Register(b)
	}
})
