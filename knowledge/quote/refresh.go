package quote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"silkwire/knowledge"
	"silkwire/knowledge/fetch"
)

// Options are what a Refresher needs.
type Options struct {
	Provider Provider // complete
	Key      string   // of the provider; never logged, and sent to its host alone
	Client   *http.Client
	Snapshot func() *knowledge.Snapshot // the newest
	Take     func(context.Context, []knowledge.Quote) (Taken, error)
	Now      func() time.Time
	Wait     func(context.Context, time.Duration) error
	Random   func() float64 // from 0 to below 1: spreads requests
	// Report is told after each round how it went, in a plain sentence without secrets.
	Report func(ok bool, says string)
}

// Refresher asks a provider for prices on a schedule.
type Refresher struct {
	Options

	client *http.Client
	marks  map[string]mark // by address
}

// mark is what an answer said it may be asked by whether it is another now.
type mark struct{ etag, modified string }

// Limits of what a provider may send and how long it may take.
const (
	maxAnswer    = 4 << 20 // bytes, unpacked
	answerWithin = 15 * time.Second
	maxRedirects = 3
)

// When a round is tried again after one that failed: after a minute, two, four and so on,
// or when the provider says; a failing one is not asked more often than a well one.
const (
	firstRetry = time.Minute
	lastRetry  = 6 * time.Hour
)

// startAfter lets the platforms come first.
const startAfter = time.Second

// NewRefresher makes one that asks nobody before Run.
func NewRefresher(o Options) *Refresher {
	r := &Refresher{Options: o, client: new(*o.Client), marks: map[string]mark{}}
	r.client.CheckRedirect = r.redirect
	return r
}

// redirect follows a few, and none that would carry the key elsewhere.
func (r *Refresher) redirect(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	switch {
	case len(via) > maxRedirects:
		return errors.New("it sends on too often")
	case next.URL.Host != first.Host || next.URL.Scheme != first.Scheme && next.URL.Scheme != "https":
		return errors.New("it sends on to another host: put that one into the address")
	case r.Client.CheckRedirect != nil:
		return r.Client.CheckRedirect(next, via)
	}
	return nil
}

// Run asks for prices until ctx ends, and keeps those that it gets. What fails is
// reported and tried again later; the last known prices stay.
func (r *Refresher) Run(ctx context.Context) {
	failed := 0
	for wait := r.spread(startAfter); r.Wait(ctx, wait) == nil; {
		says, err := r.Round(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			failed, wait = 0, r.spread(r.Provider.Every)
			r.Report(true, says)
			continue
		}
		failed++
		wait = r.spread(r.retry(failed, err))
		r.Report(false, fmt.Sprintf("%v; the last known prices stay, and it is tried again in %s", err, wait.Round(time.Second)))
	}
}

// spread lengthens a wait by up to a fifth, so that not everybody asks at once.
func (r *Refresher) spread(d time.Duration) time.Duration {
	return d + time.Duration(r.Random()*float64(d)/5)
}

func (r *Refresher) retry(failed int, err error) time.Duration {
	wait := min(firstRetry, r.Provider.Every)
	for n := 1; n < failed && wait < lastRetry; n++ {
		wait *= 2
	}
	wait = min(wait, max(lastRetry, r.Provider.Every))
	if f, ok := errors.AsType[*failure](err); ok {
		wait = max(wait, f.after)
	}
	return wait
}

// failure is why a provider gave nothing, in words.
type failure struct {
	says  string
	after time.Duration // as Retry-After asks
	only  bool          // it concerns these symbols alone
}

// Error is what it says.
func (f *failure) Error() string { return f.says }

// Round asks once for everything that is wanted, and says how it went, without the key.
// What came before a failure is kept all the same.
func (r *Refresher) Round(ctx context.Context) (string, error) {
	says, err := r.round(ctx)
	if f, ok := errors.AsType[*failure](err); ok {
		f.says = r.redacted(f.says)
	}
	return r.redacted(says), err
}

func (r *Refresher) round(ctx context.Context) (string, error) {
	var t tally
	var stopped error
	marks := map[string]mark{}
	for i, some := range r.Provider.requests(r.Provider.wants(r.Snapshot())) {
		if i > 0 {
			if err := r.Wait(ctx, r.Provider.Pause); err != nil {
				return "", err
			}
		}
		address := r.Provider.at(some)
		answer, m, err := r.ask(ctx, address)
		if f, ok := errors.AsType[*failure](err); ok && f.only {
			for _, w := range some {
				t.miss(w.symbol, f.says)
			}
			continue
		}
		if stopped = err; err != nil {
			break
		}
		if r.tally(&t, answer, some) {
			marks[address] = m
		}
	}
	taken, err := r.Take(ctx, t.quotes)
	if err == nil { // else the same answer is wanted again
		maps.Copy(r.marks, marks)
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("the prices of %s could not be written: %w", r.Provider.Name, err)
	case stopped != nil:
		return "", stopped
	case len(t.quotes)+t.same == 0:
		return "", fail("%s gave no price that can be used: %s", r.Provider.Name, t.missed())
	}
	says := fmt.Sprintf("%d price(s) of %s, %d new, at %s", len(t.quotes)+t.same, r.Provider.Name, taken.New, r.Now().UTC().Format("2 January 2006 15:04 UTC"))
	if len(t.missing) > 0 {
		says += "; none of " + t.missed()
	}
	return says, nil
}

// tally is what a round brought.
type tally struct {
	quotes  []knowledge.Quote
	same    int // symbols whose answer was the same as before
	missing []string
	why     string // of the first that is missing
}

func (t *tally) miss(symbol, why string) {
	if len(t.missing) == 0 {
		t.why = why
	}
	t.missing = append(t.missing, symbol)
}

// missed names a few of what is missing, and why the first is.
func (t *tally) missed() string {
	const few = 5
	if len(t.missing) == 0 {
		return "nothing is asked for"
	}
	names := strings.Join(t.missing[:min(few, len(t.missing))], ", ")
	if more := len(t.missing) - few; more > 0 {
		names += fmt.Sprintf(" and %d more", more)
	}
	return names + " (" + t.why + ")"
}

// tally reads an answer, of which nil is one that is the same as before, and tells whether
// it had all that it was asked for.
func (r *Refresher) tally(t *tally, answer []byte, some []wanted) bool {
	if answer == nil {
		t.same += len(some)
		return true
	}
	rules, missing := Rules{Base: r.Snapshot(), Now: r.Now()}, len(t.missing)
	for _, w := range some {
		good, problems := rules.Check([]Row{r.Provider.read(answer, w)})
		if len(problems) > 0 {
			t.miss(w.symbol, problems[0].Says)
			continue
		}
		t.quotes = append(t.quotes, good...)
	}
	return len(t.missing) == missing
}

// ask gets an answer, or nil where it is the same as before, and how to ask for it again.
func (r *Refresher) ask(ctx context.Context, address string) ([]byte, mark, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, mark{}, fail("the address of %s is none", r.Provider.Name)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "silkwire")
	if r.Key != "" {
		request.Header.Set(r.Provider.Header, r.Key)
	}
	known := r.marks[address]
	if known.etag != "" {
		request.Header.Set("If-None-Match", known.etag)
	} else if known.modified != "" {
		request.Header.Set("If-Modified-Since", known.modified)
	}
	answer, err := r.client.Do(request)
	if err != nil {
		return nil, mark{}, r.unreached(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was read, or is given up
	if answer.StatusCode == http.StatusNotModified {
		return nil, known, nil
	}
	if answer.StatusCode != http.StatusOK {
		return nil, mark{}, r.refused(answer)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, mark{}, r.unreached(err)
	case len(body) > maxAnswer:
		return nil, mark{}, fail("the answer of %s has more than %d MiB", r.Provider.Name, maxAnswer>>20)
	case !gjson.ValidBytes(body):
		return nil, mark{}, fail("the answer of %s is no JSON: is the address right?", r.Provider.Name)
	}
	return body, mark{answer.Header.Get("ETag"), answer.Header.Get("Last-Modified")}, nil
}

func fail(format string, args ...any) error {
	return &failure{says: fmt.Sprintf(format, args...)}
}

// unreached leaves the address out: an operator may have put into it what is nobody's
// business.
func (r *Refresher) unreached(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fail("%s did not answer within %s", r.Provider.Name, answerWithin)
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return fail("%s cannot be reached: %v", r.Provider.Name, err)
}

// refused says what an answer that is none means.
func (r *Refresher) refused(answer *http.Response) error {
	f := &failure{after: fetch.RetryAfter(answer.Header.Get("Retry-After"), r.Now())}
	switch code := answer.StatusCode; code {
	case http.StatusUnauthorized:
		f.says = fmt.Sprintf("%s refused the key (%d): check SILKWIRE_QUOTES_KEY", r.Provider.Name, code)
	case http.StatusForbidden: // as a rule what the key is not paid for
		f.says, f.only = fmt.Sprintf("%s does not give it for this key (%d)", r.Provider.Name, code), true
	case http.StatusTooManyRequests:
		f.says = fmt.Sprintf("%s was asked too often (%d): ask for fewer symbols, or less often", r.Provider.Name, code)
	case http.StatusNotFound, http.StatusBadRequest, http.StatusUnprocessableEntity:
		f.says, f.only = fmt.Sprintf("%s does not know the symbol (%d)", r.Provider.Name, code), true
	default:
		f.says = fmt.Sprintf("%s answered %d", r.Provider.Name, code)
	}
	return f
}

// redacted takes the key out, should anything have quoted it.
func (r *Refresher) redacted(s string) string {
	if r.Key == "" {
		return s
	}
	return strings.ReplaceAll(s, r.Key, "…")
}
