package feed

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mmcdole/gofeed"
	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
)

// Limits of what is read.
const (
	MaxBytes  = 5 << 20 // of a feed, unpacked
	mostParts = 50_000  // elements of XML, or objects of JSON
	mostItems = 500     // of a feed; the first ones are read
	mostDepth = 100     // elements within each other
	longTitle = 300     // characters
	longText  = 4000
	longID    = 1000
	mostFound = 20 // feeds that a page names
)

// Document is a feed as it was fetched.
type Document struct {
	Title string
	Items []Item // in the feed's order
}

// Item is one entry of a feed. Nothing in it is markup.
type Item struct {
	ID      string // as the feed says it; may be empty
	Address string // of its page: http or https, or empty
	Title   string
	Text    string
	More    string    // the whole of it, where Text is a summary
	At      time.Time // when it was published; zero where the feed does not say
}

// Errors of Parse.
var (
	ErrNoFeed  = errors.New("it is no RSS, Atom or JSON feed")
	ErrTooDeep = errors.New("its elements are too many, or stand too deep within each other")
)

// PageError is returned for a page of HTML, with the feeds that it names.
type PageError struct{ Feeds []string }

// Error is a clause.
func (e *PageError) Error() string { return "it is a page, and no feed" }

// Parse reads RSS, Atom or JSON Feed, in any encoding that the feed or the server says. A
// date that is far ahead is none. Its errors are a *PageError, or wrap ErrNoFeed or
// ErrTooDeep.
func Parse(body []byte, contentType string, from *url.URL) (d Document, err error) {
	defer func() {
		if broken := recover(); broken != nil { // the library's: one feed must not end the program
			d, err = Document{}, fmt.Errorf("%w: it cannot be read", ErrNoFeed)
		}
	}()
	body = bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n")
	body = decoded(body, contentType)
	if isPage(body, contentType) {
		return Document{}, &PageError{found(body, from)}
	}
	if crowded(body) {
		return Document{}, ErrTooDeep
	}
	parsed, err := gofeed.NewParser().Parse(bytes.NewReader(body))
	if err != nil {
		return Document{}, fmt.Errorf("%w: %s", ErrNoFeed, shorten(oneLine(err.Error()), longTitle))
	}
	if parsed.FeedType == "json" && parsed.FeedVersion == "" && len(parsed.Items) == 0 {
		return Document{}, ErrNoFeed // any other JSON
	}
	d.Title = shorten(plainText(parsed.Title), longTitle)
	for _, i := range newestOf(parsed.Items) {
		d.Items = append(d.Items, item(i, from))
	}
	return d, nil
}

// newestOf are the items that are read, in the feed's order: of too many the newest, also
// where a feed has its oldest first.
func newestOf(all []*gofeed.Item) []*gofeed.Item {
	if len(all) <= mostItems {
		return all
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b *gofeed.Item) int {
		if a.PublishedParsed == nil || b.PublishedParsed == nil {
			return 0
		}
		return b.PublishedParsed.Compare(*a.PublishedParsed)
	})
	return all[:mostItems]
}

// described is what a video's feed says of it: https://www.rssboard.org/media-rss
func described(i *gofeed.Item) string {
	for _, group := range i.Extensions["media"]["group"] {
		for _, d := range group.Children["description"] {
			return d.Value
		}
	}
	for _, d := range i.Extensions["media"]["description"] {
		return d.Value
	}
	return ""
}

func item(i *gofeed.Item, from *url.URL) Item {
	out := Item{
		ID: shorten(oneLine(i.GUID), longID), Address: pageAddress(cmp.Or(i.Link, first(i.Links)), from),
		Title: shorten(plainText(i.Title), longTitle), Text: shorten(plainText(cmp.Or(i.Description, described(i), i.Content)), longText),
	}
	if i.Description != "" {
		out.More = shorten(plainText(i.Content), longText)
	}
	if out.Address == "" { // an id is often the page's address
		out.Address = pageAddress(i.GUID, nil)
	}
	switch {
	case i.PublishedParsed != nil:
		out.At = i.PublishedParsed.UTC()
	case i.UpdatedParsed != nil:
		out.At = i.UpdatedParsed.UTC()
	default:
		out.At = day(cmp.Or(i.Published, i.Updated))
	}
	if out.Title == "" {
		out.Title = shorten(out.Text, longTitle/3)
	}
	return out
}

func first(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

// written is a day as people write it where a feed keeps to no format: 2026年11月5日,
// 2026-11-5, 2026/11/05.
var written = regexp.MustCompile(`(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})`)

func day(text string) time.Time {
	m := written.FindStringSubmatch(text)
	if m == nil {
		return time.Time{}
	}
	var n [3]int
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1]) // the pattern lets digits through only
	}
	t := time.Date(n[0], time.Month(n[1]), n[2], 0, 0, 0, 0, time.UTC)
	if t.Day() != n[2] || int(t.Month()) != n[1] {
		return time.Time{}
	}
	return t
}

// pageAddress is an address that can be shown: http or https, whole.
func pageAddress(typed string, from *url.URL) string {
	typed = strings.TrimSpace(typed)
	u, err := url.Parse(typed)
	if err != nil || typed == "" {
		return ""
	}
	if from != nil {
		u = from.ResolveReference(u)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || len(u.String()) > longID {
		return ""
	}
	u.User = nil
	u.RawQuery = strings.Join(untracked(u), "&")
	return u.String()
}

// isPage tells HTML from a feed: by its first element, whatever the server calls it.
func isPage(body []byte, contentType string) bool {
	if bytes.HasPrefix(body, []byte("{")) {
		return false
	}
	switch root(body) {
	case "rss", "feed", "rdf", "channel":
		return false
	case "html", "head", "body":
		return true
	}
	kind, _, _ := mime.ParseMediaType(contentType)
	return kind == "text/html" || bytes.HasPrefix(bytes.ToLower(body[:min(len(body), 15)]), []byte("<!doctype html"))
}

// feedTypes are those of feeds in a page's links:
// https://html.spec.whatwg.org/multipage/links.html#rel-alternate
var feedTypes = []string{"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"}

// found are the feeds that a page names.
func found(body []byte, from *url.URL) []string {
	var out []string
	for z := html.NewTokenizer(bytes.NewReader(body)); len(out) < mostFound; {
		switch z.Next() {
		case html.ErrorToken:
			return out
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			if t.Data != "link" && t.Data != "a" {
				continue
			}
			at := map[string]string{}
			for _, a := range t.Attr {
				at[a.Key] = strings.TrimSpace(a.Val)
			}
			if !slices.Contains(strings.Fields(strings.ToLower(at["rel"])), "alternate") || !slices.Contains(feedTypes, strings.ToLower(at["type"])) {
				continue
			}
			if address := pageAddress(at["href"], from); address != "" && !slices.Contains(out, address) {
				out = append(out, address)
			}
		}
	}
	return out
}

// decoded is a feed in UTF-8. What it is in a mark at its beginning says, then its bytes,
// if they can be UTF-8, then the server, then the feed; of one that says nothing it is
// tried whether it is Chinese.
func decoded(body []byte, contentType string) []byte {
	head := body[:min(len(body), 200)]
	name := label(head)
	_, params, _ := mime.ParseMediaType(contentType)
	switch {
	case strings.HasPrefix(name, "utf-16"), strings.HasPrefix(strings.ToLower(name), "iso-2022"):
		return convert(body, name)
	case utf8.Valid(body):
		return convert(body, "utf-8")
	}
	for _, said := range []string{params["charset"], name} {
		if e, known := charset.Lookup(said); e != nil && known != "utf-8" {
			return convert(body, said)
		}
	}
	if out := convert(body, "gb18030"); !bytes.ContainsRune(out, utf8.RuneError) {
		return out
	}
	return convert(body, "utf-8")
}

// declared is the encoding that XML says it is in.
var declared = regexp.MustCompile(`encoding\s*=\s*["']([A-Za-z0-9._-]+)["']`)

func label(head []byte) string {
	switch m := declared.FindSubmatch(head); {
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "utf-16be"
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return "utf-16le"
	case m != nil:
		return string(m[1])
	}
	return ""
}

// convert reads an encoding; what cannot be read in it, or is in none that is known, is
// replaced.
func convert(body []byte, name string) []byte {
	if e, _ := charset.Lookup(name); e != nil {
		if out, err := io.ReadAll(e.NewDecoder().Reader(bytes.NewReader(body))); err == nil {
			body = out
		}
	}
	body = bytes.TrimPrefix(bytes.ToValidUTF8(body, []byte("\uFFFD")), []byte("\xef\xbb\xbf"))
	at := declared.FindIndex(body[:min(len(body), 200)])
	if at == nil {
		return body
	}
	return slices.Concat(body[:at[0]], []byte(`encoding="UTF-8"`), body[at[1]:])
}

// crowded tells whether what is read of a feed would take many times its bytes. It counts
// what the reader of the feed will see: the same decoder's elements.
func crowded(body []byte) bool {
	if bytes.HasPrefix(body, []byte("{")) {
		return bytes.Count(body, []byte("{"))+bytes.Count(body, []byte("[")) > mostParts
	}
	deep, elements := 0, 0
	for d := tokens(body); ; {
		token, err := d.RawToken()
		if err != nil {
			return false // so the reader comes no farther either
		}
		switch token.(type) {
		case xml.StartElement:
			deep++
			elements++
		case xml.EndElement:
			deep = max(deep-1, 0)
		}
		if deep > mostDepth || elements > mostParts {
			return true
		}
	}
}

func tokens(body []byte) *xml.Decoder {
	d := xml.NewDecoder(bytes.NewReader(body))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // it was decoded
	return d
}

// root is the name of the first element, in lower case; empty where there is none.
func root(body []byte) string {
	for d := tokens(body); ; {
		token, err := d.RawToken()
		if err != nil {
			return ""
		}
		if e, ok := token.(xml.StartElement); ok {
			return strings.ToLower(e.Name.Local)
		}
	}
}

// plainText is HTML as words: no tag, no script, no entity is left of it. Feeds escape
// it once or twice.
func plainText(text string) string {
	for range 3 {
		if !strings.ContainsAny(text, "<&") {
			break
		}
		text = words(text)
	}
	return oneLine(tag.ReplaceAllString(text, " "))
}

// tag is what a browser would take for markup.
var tag = regexp.MustCompile(`<[a-zA-Z/!?][^<>]*>?`)

func words(text string) string {
	var b strings.Builder
	hidden := 0
	for z := html.NewTokenizer(strings.NewReader(text)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if hidden == 0 {
				b.Write(z.Text())
			}
		case html.StartTagToken:
			name, _ := z.TagName()
			if unseen(name) {
				hidden++
			} else {
				z.NextIsNotRawText() // a tag in a headline hides no words
			}
			b.WriteString(gap(name))
		case html.EndTagToken:
			name, _ := z.TagName()
			if unseen(name) && hidden > 0 {
				hidden--
			}
			b.WriteString(gap(name))
		case html.SelfClosingTagToken:
			z.NextIsNotRawText()
			b.WriteByte(' ')
		}
	}
}

// unseen tells an element whose words no reader sees.
func unseen(name []byte) bool {
	return slices.Contains([]string{"script", "style"}, string(name))
}

// gap is what a tag leaves between words: nothing, where it only marks letters.
func gap(name []byte) string {
	if slices.Contains([]string{"a", "abbr", "b", "code", "em", "font", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "u"}, string(name)) {
		return ""
	}
	return " "
}

// oneLine is a text without line breaks, controls, and signs that turn or hide it.
func oneLine(text string) string {
	text = strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case unicode.Is(unicode.C, c), c == utf8.RuneError:
			return -1
		}
		return c
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// shorten cuts a text to at most n characters, with an ellipsis where it was cut.
func shorten(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:n-1])) + "…"
}
