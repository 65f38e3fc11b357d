package discord

import (
	"bytes"
	"context"
	"net/http"
	"slices"

	"github.com/bwmarrin/discordgo"

	"silkwire/bot"
	"silkwire/bot/layout"
)

// A picture follows its answer, which never waits for it: once the message is there a
// worker draws the first chart of the reply, uploads it and puts it into the last embed.
// Where that fails the answer stays as it is. What was drawn is kept by who draws.

// attachment is a file of a message by its number among those of the request; all that
// the message is to have are named:
// https://docs.discord.com/developers/resources/message#attachment-object
type attachment struct {
	ID          string `json:"id"`
	Filename    string `json:"filename"`
	Description string `json:"description,omitempty"`
}

const (
	pictureName = "chart.png"
	maxAlt      = 1024 // characters of an attachment's description
	// pictureWorkers upload at once; one at a time is drawn.
	pictureWorkers = 4
	pictureQueue   = 64
)

// picture is what is to follow a message.
type picture struct {
	chart   bot.Chart
	message func() outgoing // the one that it follows
}

// pictureOf is the picture of a drawing, or nil: on its first page, if somebody draws.
func (a *Adapter) pictureOf(d drawing) *picture {
	if a.opts.Draw == nil || d.asked.Page > 0 || d.reply.Outcome != bot.Answered {
		return nil
	}
	chart, has := layout.ChartOf(d.reply)
	if !has {
		return nil
	}
	return &picture{chart, d.draw}
}

// withoutFiles says of a message that takes another's place that no file of that one
// stays.
func withoutFiles(m outgoing) outgoing {
	m.Attachments = &[]attachment{}
	return m
}

// illustrate puts a picture into the message at a path, of a channel or empty for one
// that a token changes. Where files may not be attached that is remembered for a while.
func (a *Adapter) illustrate(p *picture, path, channelID string) {
	if p == nil || a.alone.Has(a.refuser("pictures of "+channelID)) {
		return
	}
	a.later(a.pictures, func(ctx context.Context) {
		png, err := a.opts.Draw(p.chart)
		if err == nil {
			err = a.attach(ctx, path, p.with(), png)
		}
		if channelID != "" && forbids(err) {
			a.alone.Add(a.refuser("pictures of " + channelID))
		}
		if err != nil {
			a.opts.Log.InfoContext(ctx, "discord: an answer stays without its picture", "error", err)
		}
	})
}

// with is the message with the picture in it. What stands above the embeds, and who sees
// the message, stay as they are.
func (p *picture) with() outgoing {
	is := p.message()
	m := outgoing{Embeds: slices.Clone(is.Embeds), Components: is.Components}
	last := discordgo.MessageEmbed{}
	if n := len(m.Embeds); n > 0 {
		last, m.Embeds = *m.Embeds[n-1], m.Embeds[:n-1]
	}
	last.Image = &discordgo.MessageEmbedImage{URL: "attachment://" + pictureName}
	m.Embeds = append(m.Embeds, &last)
	alt := layout.Shorten(plain(p.chart.Alt), maxAlt)
	m.Attachments = &[]attachment{{ID: "0", Filename: pictureName, Description: alt}}
	return m
}

// attach changes a message to one with a file:
// https://docs.discord.com/developers/reference#uploading-files
func (a *Adapter) attach(ctx context.Context, path string, m outgoing, png []byte) error {
	file := &discordgo.File{Name: pictureName, ContentType: "image/png", Reader: bytes.NewReader(png)}
	kind, body, err := discordgo.MultipartBodyWithJSON(m, []*discordgo.File{file})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, postWithin)
	defer cancel()
	return a.rest.send(ctx, http.MethodPatch, path, kind, body, nil)
}
