package discord

import "github.com/bwmarrin/discordgo"

// rendering is what a rendered answer depends on.
type rendering struct {
	same           uint64 // of the reply
	line           string
	page           int
	public, update bool
	minute         int64 // it says when it was answered
}

// asResponse is a message as a callback, encoded.
func asResponse(m outgoing, update bool) []byte {
	kind := discordgo.InteractionResponseChannelMessageWithSource
	if update {
		kind = discordgo.InteractionResponseUpdateMessage
	}
	body, err := encode(callback{kind, m})
	if err != nil { // no type of a message's can fail to encode
		return nil
	}
	return body
}

// rendered is an answer as a callback, encoded: a question that many ask is drawn
// once a minute.
func (a *Adapter) rendered(d drawing, update bool, message func() outgoing) []byte {
	make := func() []byte { return asResponse(message(), update) }
	if d.reply.Same == 0 {
		return make()
	}
	return a.renderings.Get(rendering{d.reply.Same, d.asked.Line, d.asked.Page, d.public, update, d.at.Unix() / 60}, make)
}
