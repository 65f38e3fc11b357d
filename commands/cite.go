package commands

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"silkwire/bot"
	"silkwire/knowledge"
)

// citation is a source that a reply cites, with the places that it cites.
type citation struct {
	source knowledge.Source
	places []place
	prices bool // it gave a price
}

type place struct{ section, paragraph int }

func (p place) String() string {
	if p.paragraph == 0 {
		return fmt.Sprintf("§%d", p.section)
	}
	return fmt.Sprintf("§%d ¶%d", p.section, p.paragraph)
}

// cite notes a source for the list at the end and returns how an evidence line
// points to it: by section and paragraph where it has them.
func (c *composer) cite(s knowledge.Source) string {
	i := c.note(s)
	where := ""
	if s.Section != nil {
		p := place{*s.Section, s.Paragraph}
		if !slices.Contains(c.cited[i].places, p) {
			c.cited[i].places = append(c.cited[i].places, p)
		}
		where = p.String()
	}
	if c.numbered {
		where = strings.TrimSpace(fmt.Sprintf("[%d] %s", i+1, where))
	}
	return where
}

// note gives the index of the source among those that are cited.
func (c *composer) note(s knowledge.Source) int {
	i := slices.IndexFunc(c.cited, func(o citation) bool { return origin(o.source) == origin(s) })
	if i < 0 {
		i = len(c.cited)
		c.cited = append(c.cited, citation{source: s})
	}
	return i
}

// origin tells one source from another, whatever the passage. An address that
// is a whole site's tells nothing of the page.
func origin(s knowledge.Source) string {
	if s.General {
		return s.Document + s.URL + "\x00" + s.Title
	}
	return cmp.Or(s.Document, s.URL, s.Publisher+"\x00"+s.Title)
}

// sources lists what was cited.
func (c *composer) sources() bot.Sources {
	var out bot.Sources
	for i, cited := range c.cited {
		s := cited.source
		text := bot.T(strings.TrimRight(cmp.Or(s.Title, s.Publisher, s.URL), ". "))
		if c.numbered {
			text = bot.Join(bot.T(fmt.Sprintf("[%d] ", i+1)), text)
		}
		if s.Publisher != "" && s.Title != "" {
			text = append(text, bot.T(", "+s.Publisher)...)
		}
		if cited.prices {
			text = bot.Join(text, bot.T(" ("), bot.C(s.Document), bot.T(")"))
		}
		if !s.Date.IsZero() {
			text = append(text, bot.T(", "+s.Date.Words())...)
		}
		slices.SortFunc(cited.places, func(a, b place) int {
			return cmp.Or(a.section-b.section, a.paragraph-b.paragraph)
		})
		for _, p := range cited.places {
			text = append(text, bot.T(", "+p.String())...)
		}
		item := bot.SourceItem{Text: text, Grade: string(s.Grade)}
		if !s.General {
			item.Address = s.URL
		}
		out.Items = append(out.Items, item)
	}
	return out
}
