package slack

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"silkwire/bot"
	"silkwire/bot/layout"
)

// surface is where something is drawn; each takes other blocks.
type surface uint8

const (
	onMessage surface = iota
	onHome
	onModal
)

// drawing is one Reply as Slack shows it.
type drawing struct {
	reply   bot.Reply
	asked   layout.Asked // how to ask it again
	command string       // the command that takes questions
	surface surface
	// modern allows the newer blocks (table); a workspace that refuses those gets
	// the classic layout.
	modern bool
	// native allows Slack's own charts, and pictures says that one can follow, which is
	// file once it is there.
	native, pictures bool
	file             string

	public bool // everybody sees it: it need not be shared
	thread bool // below its question
	follow bool // more can be asked in the thread
	page   int  // which page of it, from 0
	at     time.Time
}

// drawn is what was drawn of a page.
type drawn struct {
	text   string // for notifications and screen readers
	blocks []slack.Block
}

// draw lays a page of the reply out. It keeps Slack's limits: what is longer goes
// on on the next page, cut between two facts and never inside a sentence.
func (d drawing) draw() drawn {
	head, foot := d.head(), d.foot()
	body, left := d.fill(d.body(), d.around(head, foot))
	if more := d.more(left); more != nil {
		body = append(body, more)
	}
	blocks := slices.Concat(head, body, foot)
	for len(foot) > 0 && measure(blocks).over(d.most()) { // the first part of a page is there whatever it takes
		foot = foot[:len(foot)-1]
		blocks = slices.Concat(head, body, foot)
	}
	return drawn{text: d.fallback(), blocks: blocks}
}

// around is what the first page takes besides its body, with the button that
// leads on. The other pages leave the same room, so that all agree where each ends.
func (d drawing) around(head, foot []slack.Block) size {
	if d.page > 0 {
		first := d
		first.page = 0
		head, foot = first.head(), first.foot()
	}
	const leadsOn = 800
	return measure(head).plus(measure(foot)).plus(size{blocks: 2, chars: leadsOn, bytes: leadsOn})
}

// head is the title, or else the question.
func (d drawing) head() []slack.Block {
	var blocks []slack.Block
	title := plain(d.reply.Title.String())
	if title == "" && !d.thread && d.surface == onMessage && d.reply.Outcome <= bot.Unknown {
		title = plain(d.asked.Question(d.command))
	}
	if d.page > 0 {
		title = layout.Shorten(title, maxHeader-12) + " · page " + strconv.Itoa(d.page+1)
	}
	if title = layout.Shorten(strings.TrimSpace(title), maxHeader); title != "" && d.surface != onModal {
		blocks = append(blocks, slack.NewHeaderBlock(plainText(title)))
	}
	return blocks
}

// fill takes as many parts as there is room for, from the drawing's page on, and
// counts the facts that are left.
func (d drawing) fill(parts []part, taken size) (blocks []slack.Block, left int) {
	most := d.most()
	at := 0
	for page := 0; page <= d.page && at < len(parts); page++ {
		blocks, at = take(parts, at, taken, most)
	}
	for _, p := range parts[min(at, len(parts)):] {
		left += p.Items
	}
	if left == 0 && at < len(parts) {
		left = len(parts) - at
	}
	return blocks, left
}

// take lays parts out from the index at on, at least one of them, and returns
// the index of the first that has no room.
func take(parts []part, at int, taken, most size) ([]slack.Block, int) {
	var blocks []slack.Block
	var open []string // the texts of the section that is open
	units, group := 0, -1
	flush := func() {
		if len(open) > 0 {
			blocks = append(blocks, section(strings.Join(open, "\n")))
		}
		open, units = open[:0], 0
	}
	for i := at; i < len(parts); i++ {
		p := parts[i]
		cost := p.cost()
		joins := len(open) > 0 && p.block == nil && p.Group == group && units+1+cost.chars <= maxSection
		if joins {
			cost.blocks = 0
		}
		if taken = taken.plus(cost); taken.over(most) && i > at {
			flush()
			return blocks, i
		}
		if !joins {
			flush()
		}
		group = p.Group
		if p.block != nil {
			blocks = append(blocks, p.block)
			continue
		}
		open = append(open, p.Text)
		units += 1 + cost.chars
	}
	flush()
	return blocks, len(parts)
}

// more leads on to the next page; a line that no button can carry has none.
func (d drawing) more(left int) slack.Block {
	next := d.asked
	next.Page = d.page + 1
	label := strconv.Itoa(left) + " more"
	b := button(verbMore, 0, label, next)
	switch {
	case left == 0:
		return nil
	case b == nil:
		return small(label + ". Ask it more shortly to see them.")
	}
	return actions("", b)
}

// foot is where it comes from, when it was answered, what is said quietly, and
// what can be done with it.
func (d drawing) foot() []slack.Block {
	var lines []string
	if sources := layout.SourcesOf(d.reply); len(sources.Items) > 0 && d.page == 0 {
		lines = append(lines, sourceLine(sources))
	}
	if len(d.reply.Used.Facts)+len(d.reply.Used.Quotes) > 0 && d.surface == onMessage {
		lines = append(lines, "Answered "+date(d.at, "")+".")
	}
	if notice := cutter().Notice(d.reply.Notice, maxNotice); notice != "" {
		lines = append(lines, notice)
	}
	var blocks []slack.Block
	if len(lines) > 0 {
		blocks = append(blocks, small(lines...))
	}
	most := d.most()
	return append(blocks, d.rows(size{blocks: most.blocks, chars: most.chars / 2, bytes: most.bytes / 2})...)
}

// most is what Slack takes of the surface.
func (d drawing) most() size {
	if d.surface == onHome {
		return size{blocks: maxViewBlocks, chars: 60_000, bytes: 180_000}
	}
	return size{blocks: maxBlocks, chars: maxBlocksJSON, bytes: maxAck - 4*maxText} // a character of the text has up to four bytes
}

// maxNotice is how long what is said quietly may be.
const maxNotice = 600

// How many sources stand below an answer; the button shows them all.
const (
	sourcesShown = 3
	sourceTitle  = 90
	sourceGrade  = 20
)

// sourceLine is the first sources in a line.
func sourceLine(s bot.Sources) string {
	out := make([]string, 0, sourcesShown+1)
	for _, item := range s.Items[:min(len(s.Items), sourcesShown)] {
		name := bot.T(layout.Shorten(item.Text.String(), sourceTitle))
		if item.Address != "" {
			name = bot.L(name.String(), item.Address)
		}
		out = append(out, mrkdwn(name)+" ("+escape(layout.Shorten(bot.Clean(item.Grade), sourceGrade))+")")
	}
	if more := len(s.Items) - sourcesShown; more > 0 {
		out = append(out, fmt.Sprintf("%d more under _Sources_", more))
	}
	return "Sources: " + strings.Join(out, " · ")
}

// fallback reads well where blocks are not shown.
func (d drawing) fallback() string {
	return cmp.Or(layout.Spoken(d.reply, maxText, escape), "silkwire")
}

func section(text string) *slack.SectionBlock {
	return slack.NewSectionBlock(mrkdwnText(text), nil, nil)
}

// small is lines that step back.
func small(lines ...string) *contextBlock {
	b := &contextBlock{Type: slack.MBTContext}
	for _, line := range lines {
		b.Elements = append(b.Elements, mrkdwnText(line))
	}
	return b
}

// mrkdwnText is verbatim: Slack makes no links or mentions of what stands in it.
func mrkdwnText(text string) *slack.TextBlockObject {
	return &slack.TextBlockObject{Type: slack.MarkdownType, Text: text, Verbatim: true}
}

func plainText(text string) *slack.TextBlockObject {
	return &slack.TextBlockObject{Type: slack.PlainTextType, Text: text}
}
