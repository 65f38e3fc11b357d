package feed

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

var from = &url.URL{Scheme: "https", Host: "news.example", Path: "/feed/index.xml"}

// made is an item without more than its summary.
func made(id, address, title, text string, at time.Time) Item {
	return Item{ID: id, Address: address, Title: title, Text: text, At: at}
}

// rss is a feed of items, each its inner XML.
func rss(items ...string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>The wire</title>`)
	for _, i := range items {
		b.WriteString("<item>" + i + "</item>")
	}
	return b.String() + "</channel></rss>"
}

func read(t *testing.T, body, kind string) Document {
	t.Helper()
	d, err := Parse([]byte(body), kind, from)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParse(t *testing.T) {
	at := time.Date(2026, 11, 5, 8, 30, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		body string
		want Item
	}{
		"RSS 2.0": {
			rss(`<title>Qwen &amp;amp; Kimi</title><link>/a?x=1</link><guid isPermaLink="false">77</guid><description>&lt;p&gt;Two &lt;b&gt;labs&lt;/b&gt;.&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;</description><pubDate>Thu, 05 Nov 2026 08:30:00 GMT</pubDate>`),
			made("77", "https://news.example/a?x=1", "Qwen & Kimi", "Two labs.", at),
		},
		"Atom": {
			`<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><entry><id>urn:1</id><title type="html">A &lt;i&gt;b&lt;/i&gt;</title><link href="https://a.example/1"/><updated>2026-11-05T16:30:00+08:00</updated><summary>S</summary></entry></feed>`,
			made("urn:1", "https://a.example/1", "A b", "S", at),
		},
		"JSON Feed": {
			`{"version":"https://jsonfeed.org/version/1.1","title":"J","items":[{"id":"1","url":"https://j.example/1","title":"T","content_html":"<p>C</p>","date_published":"2026-11-05T08:30:00Z"}]}`,
			made("1", "https://j.example/1", "T", "C", at),
		},
		"RSS 1.0": {
			`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>R</title></channel><item><title>T</title><link>https://r.example/1</link><dc:date>2026-11-05T08:30:00Z</dc:date></item></rdf:RDF>`,
			made("", "https://r.example/1", "T", "", at),
		},
		"undated":               {rss(`<title>T</title><link>https://x.example/1</link>`), made("", "https://x.example/1", "T", "", time.Time{})},
		"dated without a time":  {rss(`<title>T</title><guid>g</guid><pubDate>2026-11-05</pubDate>`), made("g", "", "T", "", at.Truncate(24*time.Hour))},
		"dated in Chinese":      {rss(`<title>T</title><guid>g</guid><pubDate>2026年11月5日</pubDate>`), made("g", "", "T", "", at.Truncate(24*time.Hour))},
		"dated by nonsense":     {rss(`<title>T</title><guid>g</guid><pubDate>2026-13-45</pubDate>`), made("g", "", "T", "", time.Time{})},
		"an id that is a page":  {rss(`<title>T</title><guid>https://x.example/p</guid>`), made("https://x.example/p", "https://x.example/p", "T", "", time.Time{})},
		"a javascript: link":    {rss(`<title>T</title><guid>g</guid><link>javascript:alert(1)</link>`), made("g", "", "T", "", time.Time{})},
		"a data: link":          {rss(`<title>T</title><guid>g</guid><link>data:text/html,x</link>`), made("g", "", "T", "", time.Time{})},
		"a link with a secret":  {rss(`<title>T</title><guid>g</guid><link>https://u:p@x.example/1</link>`), made("g", "https://x.example/1", "T", "", time.Time{})},
		"without a title":       {rss(`<guid>g</guid><description>Words.</description>`), made("g", "", "Words.", "Words.", time.Time{})},
		"@everyone in a title":  {rss(`<title>@everyone &lt;!channel&gt; &lt;@U1&gt; free</title><guid>g</guid>`), made("g", "", "@everyone <@U1> free", "", time.Time{})},
		"raw text of a browser": {rss(`<title>&lt;script/&gt;&lt;script/&gt;&lt;a href="javascript:alert(1)"&gt;x&lt;/a&gt;</title><guid>g</guid>`), made("g", "", "x", "", time.Time{})},
		"escaped three times":   {rss(`<title>&amp;amp;lt;b&amp;amp;gt;Qwen&amp;amp;lt;/b&amp;amp;gt;</title><guid>g</guid>`), made("g", "", "Qwen", "", time.Time{})},
		"signs that turn words": {rss("<title>a\u202eb\u200bc\u0007</title><guid>g</guid>"), made("g", "", "abc", "", time.Time{})},
	} {
		t.Run(name, func(t *testing.T) {
			d := read(t, test.body, "")
			if len(d.Items) != 1 || !reflect.DeepEqual(d.Items[0], test.want) {
				t.Errorf("got  %+v\nwant %+v", d.Items, test.want)
			}
		})
	}
}

// A page is no feed; what it names is offered.
func TestAnAddressThatIsHTML(t *testing.T) {
	page := `<!DOCTYPE html><html><head><link rel="alternate" type="application/rss+xml" href="/rss.xml"><link rel="stylesheet" href="/x.css">
		<LINK REL="Alternate home" TYPE="application/atom+xml" HREF="https://other.example/atom"><link rel="alternate" type="application/rss+xml" href="javascript:x"></head><body></body></html>`
	for _, kind := range []string{"text/html; charset=utf-8", ""} {
		_, err := Parse([]byte(page), kind, from)
		p, ok := errors.AsType[*PageError](err)
		if want := []string{"https://news.example/rss.xml", "https://other.example/atom"}; !ok || !reflect.DeepEqual(p.Feeds, want) {
			t.Errorf("%q: %v", kind, err)
		}
	}
	if d := read(t, rss("<title>T</title>"), "text/html"); len(d.Items) != 1 {
		t.Error("a feed that the server calls a page is not read")
	}
}

func TestWhatIsNoFeed(t *testing.T) {
	for _, body := range []string{"", "hello", "{}", `{"a":1}`, "<a><b></b></a>", "\x00\x01", `<?xml version="1.0"?>`, "%PDF-1.7"} {
		if _, err := Parse([]byte(body), "", from); !errors.Is(err, ErrNoFeed) {
			t.Errorf("%q: %v", body, err)
		}
	}
}

// Entities that stand for each other are not grown.
func TestAnEntityBomb(t *testing.T) {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a0 "aaaaaaaaaa">`)
	for i := range 12 {
		fmt.Fprintf(&b, `<!ENTITY a%d "%s">`, i+1, strings.Repeat(fmt.Sprintf("&a%d;", i), 10))
	}
	b.WriteString(`]><rss version="2.0"><channel><title>T</title><item><title>&a12;</title><guid>1</guid></item></channel></rss>`)
	d, err := Parse([]byte(b.String()), "", from)
	if err == nil && len(d.Items[0].Title) > 1000 {
		t.Errorf("it grew to %d bytes", len(d.Items[0].Title))
	}
	if err != nil && !errors.Is(err, ErrNoFeed) {
		t.Error(err)
	}
}

func TestElementsTooDeep(t *testing.T) {
	if _, err := Parse([]byte(rss(strings.Repeat("<a>", 100_000))), "", from); !errors.Is(err, ErrTooDeep) {
		t.Errorf("got %v", err)
	}
	if _, err := ReadList([]byte(`<opml version="2.0"><body>` + strings.Repeat(`<outline text="a">`, 100_000))); !errors.Is(err, ErrTooDeep) {
		t.Errorf("a list: %v", err)
	}
	for name, body := range map[string]string{"XML": rss(strings.Repeat("<a:b/>", 200_000)), "items": rss(make([]string, 200_000)...), "JSON": `{"version":"https://jsonfeed.org/version/1","items":[` + strings.Repeat("{},", 200_000) + `{}]}`} {
		if _, err := Parse([]byte(body), "", from); !errors.Is(err, ErrTooDeep) {
			t.Errorf("too many of %s: %v", name, err)
		}
	}
	// What hides elements from a careless count does not hide them from this one.
	for name, head := range map[string]string{"a comment in an instruction": `<?x > <!-- ?>`, "a sign in a value": `<a x="/>">`, "a type": `<!DOCTYPE a [<!ENTITY b "<!--">]>`} {
		if _, err := Parse([]byte(head+`<rss version="2.0"><channel><item><a xmlns="urn:q">`+strings.Repeat("<a>", 1_000_000)), "", from); err == nil || !errors.Is(err, ErrTooDeep) && !errors.Is(err, ErrNoFeed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	shallow := rss(`<title>T</title><guid>g</guid><description><![CDATA[` + strings.Repeat("<p>", 500) + `]]></description><!-- ` + strings.Repeat("<a>", 500) + ` -->` + strings.Repeat("<br/>", 500))
	if d := read(t, shallow, ""); len(d.Items) != 1 {
		t.Errorf("%+v", d)
	}
}

func TestEncodings(t *testing.T) {
	encoded := func(e encoding.Encoding, text string) string {
		out, err := e.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	said := func(name, text string) string { return strings.Replace(text, "UTF-8", name, 1) }
	silent := func(text string) string { return strings.Replace(text, ` encoding="UTF-8"`, "", 1) }
	simple := rss(`<title>阿里巴巴发布通义千问</title><guid>g</guid>`)
	traditional := rss(`<title>輝達晶片管制</title><guid>g</guid>`)
	for name, test := range map[string]struct{ body, kind, title string }{
		"GBK":                         {encoded(simplifiedchinese.GBK, said("GBK", simple)), "text/xml", "阿里巴巴发布通义千问"},
		"gb2312":                      {encoded(simplifiedchinese.GBK, said("gb2312", simple)), "text/xml", "阿里巴巴发布通义千问"},
		"GB18030 by the server":       {encoded(simplifiedchinese.GB18030, silent(simple)), "text/xml; charset=gb18030", "阿里巴巴发布通义千问"},
		"Big5":                        {encoded(traditionalchinese.Big5, said("Big5", traditional)), "text/xml", "輝達晶片管制"},
		"Big5 by the server":          {encoded(traditionalchinese.Big5, silent(traditional)), `application/rss+xml; charset="big5"`, "輝達晶片管制"},
		"UTF-16 with a mark":          {encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), said("UTF-16", simple)), "text/xml", "阿里巴巴发布通义千问"},
		"UTF-8 with a mark":           {"\xef\xbb\xbf" + simple, "", "阿里巴巴发布通义千问"},
		"UTF-8 that calls itself GBK": {said("GBK", simple), "text/xml", "阿里巴巴发布通义千问"},
		"GBK in blanks":               {encoded(simplifiedchinese.GBK, strings.Replace(simple, `encoding="UTF-8"`, `encoding = "GBK"`, 1)), "text/xml", "阿里巴巴发布通义千问"},
		"GBK of which nobody says so": {encoded(simplifiedchinese.GBK, silent(simple)), "text/xml", "阿里巴巴发布通义千问"},
		"GBK that calls itself UTF-8": {encoded(simplifiedchinese.GBK, simple), "text/xml; charset=gbk", "阿里巴巴发布通义千问"},
		"invalid UTF-8":               {rss("<title>Qwen \xff\xfe tea</title><guid>g</guid>"), "", "Qwen tea"},
		"an encoding of nobody's":     {said("x-nobody", rss("<title>Qwen</title><guid>g</guid>")), "", "Qwen"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Parse([]byte(test.body), test.kind, from)
			if err != nil || len(d.Items) != 1 || d.Items[0].Title != test.title {
				t.Errorf("%+v, %v", d, err)
			}
		})
	}
}

// A list is written as it is read.
func TestList(t *testing.T) {
	in := []Feed{{Address: "https://a.example/feed?x=1&y=2", Title: `A & "B" <c>`}, {Address: "https://b.example/atom"}}
	out, err := WriteList(in)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadList(out)
	if want := []string{in[0].Address, in[1].Address}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v from\n%s", got, err, out)
	}
	nested := `<?xml version="1.0"?><opml version="1.0"><head><title>x</title></head><body><outline text="f"><outline text="a" xmlUrl="https://a.example/"/><outline text="a" xmlUrl="https://a.example/"/></outline><outline text="b" xmlUrl=" https://b.example/ "/></body></opml>`
	if got, err := ReadList([]byte(nested)); err != nil || len(got) != 2 {
		t.Errorf("folders: %q, %v", got, err)
	}
	for _, bad := range []string{"", "<rss/>", "<opml"} {
		if _, err := ReadList([]byte(bad)); !errors.Is(err, ErrNoList) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestCanonical(t *testing.T) {
	for _, same := range [][]string{
		{"https://www.x.example/a/", "http://x.example/a?utm_source=rss&utm_medium=feed", "https://X.example/a#top", "https://x.example/a?fbclid=1&gclid=a.b"},
		{"https://x.example/?id=1&b=2", "https://x.example?b=2&id=1&UTM_Campaign=z"},
	} {
		for _, other := range same[1:] {
			if canonical(other) != canonical(same[0]) {
				t.Errorf("%s is %s, %s is %s", same[0], canonical(same[0]), other, canonical(other))
			}
		}
	}
	for _, two := range [][2]string{{"?id=1", "?id=2"}, {"?ref=2026-1", "?ref=2026-2"}, {"?source=ap", "?source=reuters"}} {
		if canonical("https://x.example/"+two[0]) == canonical("https://x.example/"+two[1]) {
			t.Errorf("%s and %s are taken for one", two[0], two[1])
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{rss(`<title>T</title><link>a</link><pubDate>2026-11-05</pubDate>`), `{"version":"https://jsonfeed.org/version/1","items":[{"id":"1"}]}`, "<html>", "<feed><entry/></feed>", "\xff\xfe<\x00", "<![CDATA[", "<!--"} {
		f.Add([]byte(seed), "text/xml; charset=gbk")
	}
	f.Fuzz(func(t *testing.T, body []byte, kind string) {
		d, err := Parse(body, kind, from)
		if err != nil {
			return
		}
		for _, i := range d.Items {
			for _, s := range []string{d.Title, i.ID, i.Title, i.Text} {
				if !utf8.ValidString(s) || strings.ContainsAny(s, "\n\r\t\u202e\u200b") || utf8.RuneCountInString(s) > longText {
					t.Fatalf("%q is no line", s)
				}
			}
			if i.Address != "" && !strings.HasPrefix(i.Address, "http://") && !strings.HasPrefix(i.Address, "https://") {
				t.Fatalf("an address: %q", i.Address)
			}
			if len(i.keys()) == 0 {
				t.Fatalf("nothing tells %+v", i)
			}
		}
	})
}

func FuzzReadList(f *testing.F) {
	f.Add([]byte(`<opml version="2.0"><body><outline xmlUrl="https://a.example/"/></body></opml>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if got, err := ReadList(body); err == nil && len(got) > MostFeeds {
			t.Fatal(len(got))
		}
	})
}

func BenchmarkParse(b *testing.B) {
	var items []string
	for i := range 50 {
		items = append(items, fmt.Sprintf("<title>Item %d on Qwen</title><link>https://x.example/%d</link><guid>%d</guid><description>&lt;p&gt;%s&lt;/p&gt;</description><pubDate>Thu, 05 Nov 2026 08:30:00 GMT</pubDate>", i, i, i, strings.Repeat("words ", 60)))
	}
	body := []byte(rss(items...))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(bytes.Clone(body), "", from); err != nil {
			b.Fatal(err)
		}
	}
}
