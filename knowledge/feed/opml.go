package feed

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html/charset"

	"silkwire/knowledge/fetch"
)

// Outline is one entry of a list of feeds: http://opml.org/spec2.opml
type Outline struct {
	Text     string    `xml:"text,attr"`
	Title    string    `xml:"title,attr,omitempty"`
	Type     string    `xml:"type,attr,omitempty"`
	Feed     string    `xml:"xmlUrl,attr,omitempty"`
	Outlines []Outline `xml:"outline"`
}

type opml struct {
	XMLName  xml.Name  `xml:"opml"`
	Version  string    `xml:"version,attr"`
	Title    string    `xml:"head>title"`
	Outlines []Outline `xml:"body>outline"`
}

// ErrNoList is wrapped by the error of a text that is no OPML.
var ErrNoList = errors.New("it is no OPML list of feeds")

// IsList tells OPML from anything else, by its beginning.
func IsList(body []byte) bool {
	return bytes.Contains(bytes.ToLower(body[:min(len(body), 2048)]), []byte("<opml"))
}

// ReadList reads the addresses of the feeds of an OPML list, each once, at most MostFeeds,
// wherever in its folders they stand. Its error wraps ErrNoList or ErrTooDeep.
func ReadList(body []byte) ([]string, error) {
	if !IsList(body) {
		return nil, ErrNoList
	}
	if crowded(body) {
		return nil, ErrTooDeep
	}
	var list opml
	d := xml.NewDecoder(bytes.NewReader(decoded(body, "")))
	d.Strict, d.CharsetReader = false, charset.NewReaderLabel
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrNoList, shorten(oneLine(err.Error()), longTitle))
	}
	var out []string
	var visit func([]Outline)
	visit = func(all []Outline) {
		for _, o := range all {
			if a := strings.TrimSpace(o.Feed); a != "" && !slices.Contains(out, a) && len(out) < MostFeeds {
				out = append(out, a)
			}
			visit(o.Outlines)
		}
	}
	visit(list.Outlines)
	return out, nil
}

// WriteList writes feeds as OPML.
func WriteList(feeds []Feed) ([]byte, error) {
	list := opml{Version: "2.0", Title: "Feeds that silkwire follows"}
	for _, f := range feeds {
		list.Outlines = append(list.Outlines, Outline{Text: f.Name(), Title: f.Title, Type: "rss", Feed: f.Address})
	}
	out, err := xml.MarshalIndent(list, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write a list of feeds: %w", err)
	}
	return append(append([]byte(xml.Header), out...), '\n'), nil
}

// Listed is what came of a list of feeds.
type Listed struct{ Added, There, Wrong int }

// Words say what came of it.
func (l Listed) Words() string {
	return fmt.Sprintf("Followed now, and fetched in their turn: %d. Followed before: %d. No addresses: %d.", l.Added, l.There, l.Wrong)
}

// Follow follows the feeds of an OPML list, for where f is followed. None is fetched now.
// Its errors wrap ErrNoList, ErrTooDeep, ErrTooMany or ErrReadOnly, or are of writing.
func (b *Book) Follow(ctx context.Context, list []byte, f Feed, now time.Time) (l Listed, err error) {
	addresses, err := ReadList(list)
	if err != nil {
		return l, err
	}
	for _, address := range addresses {
		u, err := fetch.Address(address)
		if err != nil {
			l.Wrong++
			continue
		}
		f.Address, f.Made = u.String(), now
		switch _, err = b.add(ctx, f); {
		case errors.Is(err, ErrTwice):
			l.There++
		case err != nil:
			return l, err
		default:
			l.Added++
		}
	}
	return l, nil
}
