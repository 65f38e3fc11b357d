package bot

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// Report is what somebody says is wrong with an answer. Who it was is kept, so
// that a curator can answer.
type Report struct {
	At       time.Time `json:"at"`
	Question string    `json:"question"`
	Facts    []string  `json:"facts"` // ids of those that the answer used
	Says     string    `json:"says"`
	Platform string    `json:"platform"`
	Space    string    `json:"space"`
	Channel  string    `json:"channel"`
	User     string    `json:"user"` // an id

	Fate
}

// Helpful is how often a fact was among those of an answer that somebody found
// helpful. Who it was is not kept.
type Helpful struct {
	Fact  string `json:"fact"`
	Count int    `json:"count"`
}

// How long and how many reports are kept: the oldest go first. Of one person
// there are fewer, so that nobody crowds out the others.
const (
	ReportLife    = 90 * 24 * time.Hour
	mostReports   = 1000
	mostOfOne     = 50
	longestAsked  = 400  // characters of a report's question
	longestReport = 1000 // characters of what it says
	mostRated     = 10   // facts of one report
)

const (
	helpfulPrefix = "f/h/"
	reportPrefix  = "f/w/"
)

// Feedback keeps what readers say of answers. It is safe for use by many
// goroutines.
type Feedback struct {
	ledger Ledger
	log    *slog.Logger
	moved  atomic.Uint64
}

// NewFeedback keeps it in the ledger; with a nil ledger there is none and nothing
// is taken. Each report is logged, without what people wrote.
func NewFeedback(ledger Ledger, log *slog.Logger) *Feedback {
	return &Feedback{ledger: ledger, log: log}
}

// Moved counts the reports that came in and that were settled since the start.
func (f *Feedback) Moved() uint64 { return f.moved.Load() }

// Takes tells whether anything can be kept.
func (f *Feedback) Takes() bool { return f.ledger != nil }

// Helpful counts an answer that used the facts as helpful. It returns a *Fail
// where nothing can be kept, else the error of writing.
func (f *Feedback) Helpful(ctx context.Context, facts []string) error {
	if !f.Takes() {
		return keepsNothing()
	}
	err := f.ledger.Update(ctx, func(tx Tx) error {
		for _, id := range slices.Compact(slices.Sorted(slices.Values(facts))) {
			if err := countHelpful(tx, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("count a helpful answer: %w", err)
	}
	return nil
}

func countHelpful(tx Tx, id string) error {
	key, h := []byte(helpfulPrefix+id), Helpful{Fact: id}
	stored, err := tx.Get(key)
	if err != nil {
		return err
	}
	if stored != nil {
		if err := json.Unmarshal(stored, &h); err != nil {
			return fmt.Errorf("decode the count of %s: %w", id, err)
		}
	}
	h.Count++
	value, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("encode the count of %s: %w", id, err)
	}
	return tx.Put(key, value)
}

// Wrong keeps a report, shortened where it is long, and forgets those that are
// too old or too many by then. requestID is for the log. It returns a *Fail where
// nothing can be kept, else the error of writing.
func (f *Feedback) Wrong(ctx context.Context, requestID string, r Report) error {
	if !f.Takes() {
		return keepsNothing()
	}
	r.At, r.Question, r.Says = r.At.UTC(), Shorten(r.Question, longestAsked), Shorten(r.Says, longestReport)
	r.Facts = r.Facts[:min(len(r.Facts), mostRated)]
	value, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	err = f.ledger.Update(ctx, func(tx Tx) error {
		if err := tx.Put(reportKey(r), value); err != nil {
			return err
		}
		return forgetReports(tx, r.At)
	})
	if err != nil {
		return fmt.Errorf("keep a report: %w", err)
	}
	f.moved.Add(1)
	f.log.InfoContext(ctx, "answer reported as wrong", "request", requestID, "platform", r.Platform, "facts", strings.Join(r.Facts, ","))
	return nil
}

// Expire deletes the reports that are older than ReportLife. It returns the error of
// reading or writing.
func (f *Feedback) Expire(ctx context.Context, now time.Time) error {
	if !f.Takes() {
		return nil
	}
	if err := f.ledger.Update(ctx, func(tx Tx) error { return forgetReports(tx, now) }); err != nil {
		return fmt.Errorf("forget old reports: %w", err)
	}
	return nil
}

// forgetReports deletes those that are too old or too many.
func forgetReports(tx Tx, now time.Time) error {
	all, err := readReports(tx)
	if err != nil {
		return err
	}
	_, outdated := keep(all, now)
	for _, old := range outdated {
		if err := tx.Delete(reportKey(old)); err != nil {
			return err
		}
	}
	return nil
}

// reportKey orders reports by time. The same person's of the same moment is the
// same report, delivered twice.
func reportKey(r Report) []byte {
	return fmt.Appendf(nil, "%s%020d/%s/%s/%s", reportPrefix, max(r.At.UnixNano(), 0), r.Platform, r.Space, r.User)
}

// readReports lists all reports that are stored, oldest first.
func readReports(tx Tx) ([]Report, error) {
	var all []Report
	err := tx.Scan([]byte(reportPrefix), func(key, value []byte) error {
		var r Report
		if err := json.Unmarshal(value, &r); err != nil {
			return fmt.Errorf("decode report %q: %w", key, err)
		}
		all = append(all, r)
		return nil
	})
	return all, err
}

// CheckFeedback tells what is wrong with a stored record of feedback, whose keys
// begin with "f/", or returns nil.
func CheckFeedback(key, value []byte) error {
	switch {
	case bytes.HasPrefix(key, []byte(reportPrefix)):
		return json.Unmarshal(value, &Report{})
	case bytes.HasPrefix(key, []byte(helpfulPrefix)):
		return json.Unmarshal(value, &Helpful{})
	}
	return errors.New("it is neither a report nor a count")
}

// keep parts reports, oldest first, into those that are kept, newest first, and
// the others.
func keep(all []Report, now time.Time) (kept, outdated []Report) {
	type person struct{ platform, space, user string }
	of := map[person]int{}
	for _, r := range slices.Backward(all) {
		who := person{r.Platform, r.Space, r.User}
		if now.Sub(r.At) > ReportLife || len(kept) == mostReports || of[who] == mostOfOne {
			outdated = append(outdated, r)
			continue
		}
		of[who]++
		kept = append(kept, r)
	}
	return kept, outdated
}

// Reports lists the reports of the last 90 days, newest first. It returns the
// error of reading.
func (f *Feedback) Reports(ctx context.Context, now time.Time) ([]Report, error) {
	if !f.Takes() {
		return nil, nil
	}
	var all []Report
	err := f.ledger.View(ctx, func(tx Tx) (err error) {
		all, err = readReports(tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read reports: %w", err)
	}
	kept, _ := keep(all, now)
	return kept, nil
}

// ID names a report among the others: it is made of when it came.
func (r Report) ID() string { return strconv.FormatInt(max(r.At.UnixNano(), 0), 36) }

// Settle notes what became of a report that waits. It returns ErrSettled where it does
// not wait, a *Fail where nothing can be kept, else the error of writing.
func (f *Feedback) Settle(ctx context.Context, id string, fate Fate) error {
	if !f.Takes() {
		return keepsNothing()
	}
	err := f.ledger.Update(ctx, func(tx Tx) error {
		all, err := readReports(tx)
		if err != nil {
			return err
		}
		return settleIn(tx, all, id, fate, func(r *Report) *Fate { return &r.Fate }, reportKey)
	})
	if err != nil {
		return fmt.Errorf("settle a report: %w", err)
	}
	f.moved.Add(1)
	return nil
}

// Helped lists the facts that helped, the most often first. It returns the error
// of reading.
func (f *Feedback) Helped(ctx context.Context) ([]Helpful, error) {
	if !f.Takes() {
		return nil, nil
	}
	var all []Helpful
	err := f.ledger.View(ctx, func(tx Tx) error {
		all = nil
		return tx.Scan([]byte(helpfulPrefix), func(key, value []byte) error {
			var h Helpful
			if err := json.Unmarshal(value, &h); err != nil {
				return fmt.Errorf("decode the count %q: %w", key, err)
			}
			all = append(all, h)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read what helped: %w", err)
	}
	slices.SortStableFunc(all, func(a, b Helpful) int { return cmp.Compare(b.Count, a.Count) })
	return all, nil
}

// How much of an answer its ratings name. Platforms bound what a button carries.
const (
	ratedFacts  = 3
	longestLine = 1500 // bytes
)

// Ratings lets a reader say of each answer that used facts whether it helped or
// is wrong: both are lines of /feedback. Where feedback takes nothing it changes
// nothing.
func Ratings(feedback *Feedback) Middleware {
	if !feedback.Takes() {
		return func(next Handler) Handler { return next }
	}
	return func(next Handler) Handler {
		return func(ctx context.Context, r Request) (Reply, error) {
			reply, err := next(ctx, r)
			if err != nil || reply.Outcome != Answered || reply.Ratings != nil {
				return reply, err
			}
			if about := rated(reply.Used.Facts); about != "" {
				reply.Ratings = []Action{
					{Label: "👍", Line: "/feedback helpful about:" + about},
					{Label: "This is wrong", Line: withQuestion("/feedback wrong about:"+about, asked(r))},
				}
			}
			return reply, err
		}
	}
}

// rated names the first facts as the about: of a line.
func rated(facts []Use) string {
	var ids []string
	for _, u := range facts {
		if len(ids) < ratedFacts && u.ID != "" && len(u.ID) <= 200 && !strings.ContainsFunc(u.ID, listEnds) {
			ids = append(ids, u.ID)
		}
	}
	return strings.Join(ids, ",")
}

// listEnds tells whether r would end an id in a list.
func listEnds(r rune) bool { return breaks(r) || r == ' ' || r == '　' || separates(r) }

// asked is what the request asked about, in its own words.
func asked(r Request) string {
	if r.Message != "" {
		return strings.TrimSpace(Clean(r.Message))
	}
	return r.Line
}

// withQuestion puts as much of the question at the end of the line as it holds.
func withQuestion(line, question string) string {
	const name, marks = " question:", 2 * utf8.UTFMax
	room := longestLine - len(line) - len(name) - marks
	if len(question) > room {
		cut := room - len("…")
		for cut > 0 && !utf8.RuneStart(question[cut]) {
			cut--
		}
		question = strings.TrimSpace(question[:max(cut, 0)]) + "…"
	}
	if question == "" {
		return line
	}
	return line + name + Quote(question)
}
