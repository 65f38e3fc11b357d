package quote

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"silkwire/knowledge"
)

// Provider is who is asked for prices over HTTP, as an operator describes them in a file.
// The key is no part of it: it comes from the environment alone.
type Provider struct {
	Name string `yaml:"name"` // what readers see beside each price
	Home string `yaml:"home"` // where readers may look; optional
	// Address is what is asked, with {symbol} for one symbol a request, or {symbols} for
	// many, separated by commas.
	Address string        `yaml:"address"`
	Header  string        `yaml:"header"` // carries the key; optional
	Every   time.Duration `yaml:"every"`  // from one round to the next; default an hour
	Pause   time.Duration `yaml:"pause"`  // from one request of a round to the next; default a second
	Batch   int           `yaml:"batch"`  // how many symbols {symbols} takes; default 50
	// Symbols are those that are asked for, each with what the provider calls it; an empty
	// name is the symbol itself. Without any, every symbol that has an exposure or a price
	// is asked for by its own.
	Symbols map[string]string `yaml:"symbols"`
	Paths   Paths             `yaml:"paths"`
	// Currency is that of prices whose answer does not say: what is taken for it, and
	// never a guess of silkwire's.
	Currency string `yaml:"currency"`
}

// Paths are where an answer has what is wanted, in gjson's notation
// (https://github.com/tidwall/gjson/blob/master/SYNTAX.md); {symbol} in one is the
// symbol as the provider calls it.
type Paths struct {
	Price    string `yaml:"price"`
	Currency string `yaml:"currency"` // optional where Provider.Currency is set
	Change   string `yaml:"change"`   // in percent; optional
	// Time is seconds or milliseconds since 1970, RFC 3339, or a day.
	Time string `yaml:"time"`
}

// Limits and defaults of a provider.
const (
	shortestEvery = time.Minute
	longestEvery  = 7 * 24 * time.Hour
	usualEvery    = time.Hour
	longestPause  = time.Minute
	usualPause    = time.Second
	mostInBatch   = 500
	usualBatch    = 50
)

// placeholders of addresses and paths.
const (
	oneSymbol   = "{symbol}"
	manySymbols = "{symbols}"
)

var headerForm = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// Complete checks the description and fills in what it leaves open. withKey tells whether
// there is a key. The error has a line for each mistake.
func (p Provider) Complete(withKey bool) (Provider, error) {
	var wrong []error
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if p.Name = strings.TrimSpace(p.Name); p.Name == "" || len(p.Name) > maxName {
		say("name: say who gives the prices, in at most %d letters", maxName)
	}
	if p.Home != "" && !isAddress(p.Home) {
		say("home: must be an http or https address")
	}
	if err := p.checkAddress(withKey); err != nil {
		wrong = append(wrong, err)
	}
	switch {
	case p.Header != "" && !headerForm.MatchString(p.Header):
		say("header: must be a name such as X-Api-Key")
	case withKey && p.Header == "":
		say("header: there is a key, and it is not said which header carries it")
	case !withKey && p.Header != "":
		say("header: there is no key for it: set SILKWIRE_QUOTES_KEY")
	}
	p.Every = within(say, "every", p.Every, usualEvery, shortestEvery, longestEvery)
	p.Pause = within(say, "pause", p.Pause, usualPause, 0, longestPause)
	if p.Batch == 0 {
		p.Batch = usualBatch
	}
	if p.Batch < 1 || p.Batch > mostInBatch {
		say("batch: must be from 1 to %d", mostInBatch)
	}
	if p.Paths.Price == "" || p.Paths.Time == "" {
		say("paths: price and time must be given: a price without its time is none")
	}
	if p.Paths.Currency == "" && p.Currency == "" {
		say("currency: say which, or give paths.currency")
	}
	return p, errors.Join(wrong...)
}

func within(say func(string, ...any), name string, d, usual, least, most time.Duration) time.Duration {
	if d == 0 {
		return usual
	}
	if d < least || d > most {
		say("%s: must be from %s to %s", name, least, most)
	}
	return d
}

func (p Provider) checkAddress(withKey bool) error {
	one, many := strings.Contains(p.Address, oneSymbol), strings.Contains(p.Address, manySymbols)
	u, err := url.Parse(strings.NewReplacer(oneSymbol, "x", manySymbols, "x").Replace(p.Address))
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return errors.New("address: must be an http or https address")
	case u.User != nil:
		return errors.New("address: must hold no name and password: a key goes into a header, from SILKWIRE_QUOTES_KEY")
	case one == many:
		return errors.New("address: must have {symbol} or {symbols} where the symbols go")
	case withKey && u.Scheme == "http" && !loopback(u.Hostname()):
		return errors.New("address: must begin with https:// where a key is sent")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Reach asks the provider's server for its front page, without the key and for no symbol,
// so that it costs nothing of what the key may ask. Any answer will do; without one, the
// error says why, without the address.
func (p Provider) Reach(ctx context.Context, client *http.Client) error {
	u, err := url.Parse(strings.NewReplacer(oneSymbol, "x", manySymbols, "x").Replace(p.Address))
	if err != nil {
		return errors.New("its address is none")
	}
	front := url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, front.String(), http.NoBody)
	if err != nil {
		return errors.New("its address is none")
	}
	once := *client
	once.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := once.Do(r)
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

// wanted is a symbol and what the provider calls it.
type wanted struct{ symbol, name string }

// wants lists what is asked for, by symbol.
func (p Provider) wants(s *knowledge.Snapshot) []wanted {
	names := p.Symbols
	if len(names) == 0 {
		names = map[string]string{}
		for _, x := range s.Exposures() {
			names[x.Symbol] = ""
		}
		for _, q := range s.Quotes() {
			names[q.Symbol] = ""
		}
	}
	var all []wanted
	for _, symbol := range slices.Sorted(maps.Keys(names)) {
		w := wanted{symbol, names[symbol]}
		if w.name == "" {
			w.name = symbol
		}
		all = append(all, w)
	}
	return all
}

// requests puts what is wanted together as it is asked for.
func (p Provider) requests(all []wanted) [][]wanted {
	size := 1
	if strings.Contains(p.Address, manySymbols) {
		size = p.Batch
	}
	return slices.Collect(slices.Chunk(all, size))
}

// at is the address for some symbols.
func (p Provider) at(some []wanted) string {
	names := make([]string, len(some))
	for i, w := range some {
		names[i] = url.QueryEscape(w.name)
	}
	return strings.NewReplacer(oneSymbol, names[0], manySymbols, strings.Join(names, ",")).Replace(p.Address)
}

// read is what an answer says of a symbol.
func (p Provider) read(answer []byte, w wanted) Row {
	get := func(path string) gjson.Result {
		if path == "" {
			return gjson.Result{}
		}
		return gjson.GetBytes(answer, strings.ReplaceAll(path, oneSymbol, gjson.Escape(w.name)))
	}
	row := Row{
		Symbol: Cell{Text: w.symbol}, Price: Cell{Text: digits(get(p.Paths.Price))},
		Change:   Cell{Text: strings.TrimSpace(strings.TrimSuffix(digits(get(p.Paths.Change)), "%"))},
		Currency: Cell{Text: strings.ToUpper(digits(get(p.Paths.Currency)))}, AsOf: Cell{Text: moment(get(p.Paths.Time))},
		Source: Cell{Text: p.Name}, URL: Cell{Text: p.Home},
	}
	if p.Paths.Currency == "" {
		row.Currency.Text = p.Currency
	}
	return row
}

// digits is a value as it is written, without an exponent; nothing for null and for what
// is not there.
func digits(r gjson.Result) string {
	switch r.Type {
	case gjson.String:
		return strings.TrimSpace(r.Str)
	case gjson.Number:
		if strings.ContainsAny(r.Raw, "eE") {
			return strconv.FormatFloat(r.Num, 'f', -1, 64)
		}
		return r.Raw
	default:
		return ""
	}
}

// inMilliseconds is from when on a number of seconds would be thousands of years ahead.
const inMilliseconds = 100_000_000_000

// moment is a time as rows have it: numbers count from 1970.
func moment(r gjson.Result) string {
	text := digits(r)
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return text
	case n <= 0:
		return ""
	case n >= inMilliseconds:
		return time.UnixMilli(n).UTC().Format(time.RFC3339)
	}
	return time.Unix(n, 0).UTC().Format(time.RFC3339)
}
