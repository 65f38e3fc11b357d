package discord

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"silkwire/bot"
	"silkwire/bot/layout"
)

// drawing is one Reply as Discord shows it: embeds, which have fields, six thousand
// characters, and a form in every client; see docs/discord.md for the comparison with
// the newer components.
type drawing struct {
	reply   bot.Reply
	asked   layout.Asked // how to ask it again
	command string       // the command that takes questions
	public  bool         // everybody sees it: it need not be shared
	mention bool         // below the message that asked
	at      time.Time
}

// Colours, by how what is told bears on the ticker.
const (
	colourFor     = 0x2e9e5b
	colourAgainst = 0xd0453f
	colourMixed   = 0xd9a03a
	colourPlain   = 0x2f6f8f
	colourNone    = 0x80848e // there is no answer
)

func (a *Adapter) drawing(e exchange, public bool) drawing {
	if public { // what was asked before may have been asked in private
		e.asked.Before = ""
	}
	return drawing{reply: e.reply, asked: e.asked, command: a.opts.Question, public: public, at: e.req.At}
}

// draw lays the drawing's page of the reply out. It keeps Discord's limits: what is
// longer goes on on the next page, cut between two facts and never inside a sentence.
func (d drawing) draw() outgoing {
	parts := cutter().Parts(d.reply)
	at := 0
	var page *page
	for n := 0; n <= d.asked.Page && at < len(parts); n++ {
		page = d.newPage()
		at = page.fill(parts, at)
	}
	if page == nil {
		page = d.newPage()
	}
	d.foot(page)
	m := outgoing{Embeds: page.embeds}
	m.Components = d.rows(left(parts, at))
	return m
}

// left is how many facts are on the pages that follow.
func left(parts []layout.Part, at int) int {
	n := 0
	for _, p := range parts[at:] {
		n += p.Items
	}
	if n == 0 {
		return len(parts) - at
	}
	return n
}

func cutter() *layout.Cutter {
	return &layout.Cutter{Markup: markup{}, Indent: "-# ", Statement: maxStatement, Quiet: maxQuiet, WideField: wideField, QuotesAsFields: true}
}

// wideField is how many characters of a field stand in a third of an embed.
const wideField = 110

// page is the embeds of a page while they are filled.
type page struct {
	embeds []*discordgo.MessageEmbed
	colour int
	taken  int // units of all texts
	group  int // of the last text
}

func (d drawing) newPage() *page {
	p := &page{colour: d.colour(), group: -1}
	e := p.embed()
	e.Title = d.title()
	p.taken = layout.Length(e.Title)
	return p
}

// embed begins another embed.
func (p *page) embed() *discordgo.MessageEmbed {
	e := &discordgo.MessageEmbed{Color: p.colour}
	p.embeds = append(p.embeds, e)
	return e
}

func (p *page) last() *discordgo.MessageEmbed { return p.embeds[len(p.embeds)-1] }

// fill takes as many parts as there is room for, from the index at on, at least one,
// and returns the index of the first that has no room.
func (p *page) fill(parts []layout.Part, at int) int {
	for i := at; i < len(parts); i++ {
		if !p.add(parts[i], i == at) {
			return i
		}
	}
	return len(parts)
}

// add draws a part, if there is room or it must be.
func (p *page) add(part layout.Part, must bool) bool {
	if part.Fields != nil {
		return p.addFields(part.Fields, must)
	}
	text := part.Text
	if part.Small != "" {
		text = "-# " + strings.ReplaceAll(part.Small, "\n", "\n-# ")
	}
	e := p.last()
	separator := "\n"
	switch {
	case len(e.Fields) > 0 && len(p.embeds) < maxEmbeds: // a text cannot follow fields
		e, separator = p.embed(), ""
	case e.Description == "":
		separator = ""
	case part.Group != p.group && part.Small == "": // evidence stands below what it is of
		separator = "\n\n"
	}
	size := layout.Length(separator + text)
	if !must && (p.taken+size > maxPage || layout.Length(e.Description)+size > maxDescription || len(e.Fields) > 0) {
		if e.Description == "" && len(e.Fields) == 0 && e.Title == "" {
			p.embeds = p.embeds[:len(p.embeds)-1]
		}
		return false
	}
	e.Description += separator + text
	p.taken += size
	p.group = part.Group
	return true
}

func (p *page) addFields(fields []bot.Field, must bool) bool {
	var drawn []*discordgo.MessageEmbedField
	size := 0
	for _, f := range fields {
		drawn = append(drawn, field(f.Name, markdown(f.Value), true))
		size += layout.Length(drawn[len(drawn)-1].Name) + layout.Length(drawn[len(drawn)-1].Value)
	}
	e := p.last()
	if !must && (p.taken+size > maxPage || len(e.Fields)+len(drawn) > maxFields-1) { // one is kept for the sources
		return false
	}
	e.Fields = append(e.Fields, drawn[:min(len(drawn), maxFields-1-len(e.Fields))]...)
	p.taken += size
	return true
}

// field is a field of an embed; Discord takes none with an empty name or value.
func field(name, value string, inline bool) *discordgo.MessageEmbedField {
	if value = layout.Shorten(strings.TrimSpace(value), maxFieldValue); value == "" {
		value = "–"
	}
	if name = layout.ShortenWritten(strings.TrimSpace(bot.Clean(name)), maxFieldName, escape); name == "" {
		name = "\u200b"
	}
	return &discordgo.MessageEmbedField{Name: name, Value: value, Inline: inline}
}

// title is the reply's, or else the question.
func (d drawing) title() string {
	title := d.reply.Title.String()
	if title == "" && !d.mention && d.reply.Outcome <= bot.Unknown {
		title = d.asked.Question(d.command)
	}
	title = plain(title)
	if d.asked.Page > 0 {
		const room = 12
		return strings.TrimSpace(layout.ShortenWritten(title, maxTitle-room, escape) + " · page " + strconv.Itoa(d.asked.Page+1))
	}
	return layout.ShortenWritten(title, maxTitle, escape)
}

// colour tells the direction at a glance.
func (d drawing) colour() int {
	if d.reply.Outcome != bot.Answered {
		return colourNone
	}
	return [...]int{bot.NoBearing: colourPlain, bot.Helps: colourFor, bot.Hurts: colourAgainst, bot.BothWays: colourMixed}[d.reply.Bearing]
}

// foot is where it comes from, when it was answered, and what is said quietly.
func (d drawing) foot(p *page) {
	e := p.last()
	if sources := layout.SourcesOf(d.reply); len(sources.Items) > 0 && d.asked.Page == 0 {
		e.Fields = append(e.Fields, &discordgo.MessageEmbedField{Name: "Sources", Value: d.sourceLines(sources)})
	} else if d.dated() {
		if e.Description != "" {
			e.Description += "\n"
		}
		e.Description += d.answered()
	}
	if notice := strings.TrimSpace(d.reply.Notice.String()); notice != "" {
		e.Footer = &discordgo.MessageEmbedFooter{Text: layout.Shorten(plain(notice), maxNotice)}
	}
}

func (d drawing) dated() bool { return len(d.reply.Used.Facts)+len(d.reply.Used.Quotes) > 0 }

func (d drawing) answered() string { return "-# Answered " + relative(d.at) }

// How many sources stand below an answer; the button shows them all.
const (
	sourcesShown = 3
	sourceTitle  = 70
	sourceGrade  = 20
)

// sourceLines are the first sources, a line each, and when they were looked at.
func (d drawing) sourceLines(s bot.Sources) string {
	var lines []string
	for _, item := range s.Items[:min(len(s.Items), sourcesShown)] {
		name := bot.T(layout.Shorten(item.Text.String(), sourceTitle))
		if item.Address != "" {
			name = bot.L(name.String(), item.Address)
		}
		lines = append(lines, markdown(name)+" · "+escape(layout.Shorten(bot.Clean(item.Grade), sourceGrade)))
	}
	if more := len(s.Items) - sourcesShown; more > 0 {
		lines = append(lines, fmt.Sprintf("%d more under *Sources*", more))
	}
	if d.dated() {
		lines = append(lines, d.answered())
	}
	return strings.Join(fitting(lines, maxFieldValue), "\n")
}

// fitting are the first lines that have room.
func fitting(lines []string, limit int) []string {
	for i, line := range lines {
		if limit -= layout.Length(line) + 1; limit < 0 {
			return lines[:i]
		}
	}
	return lines
}

// spoken is the answer as plain text, for a channel where no embeds may be posted.
func (d drawing) spoken() outgoing {
	text := layout.Spoken(d.reply, maxContent-maxNotice, escape)
	if notice := strings.TrimSpace(d.reply.Notice.String()); notice != "" {
		text += "\n-# " + layout.ShortenWritten(notice, maxNotice-len("\n-# "), escape)
	}
	if text == "" {
		text = "silkwire"
	}
	return outgoing{Content: text}
}
