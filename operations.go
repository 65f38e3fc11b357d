package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"silkwire/adapters/control"
	"silkwire/bot"
	"silkwire/bot/delivery"
	"silkwire/bot/notify"
	"silkwire/knowledge"
	"silkwire/knowledge/feed"
	"silkwire/knowledge/kv"
	"silkwire/knowledge/kv/boltkv"
	"silkwire/knowledge/quote"
)

// What operations take and give, where it is no type of knowledge.
type (
	exported struct {
		Contents knowledge.Contents `json:"contents"`
		State    string             `json:"state"`
		Revision uint64             `json:"revision"`
	}
	listed struct {
		Newest    uint64               `json:"newest"`
		Revisions []knowledge.Revision `json:"revisions"`
	}
	undoing struct {
		Revision uint64 `json:"revision"`
		Reason   string `json:"reason,omitempty"`
	}
	examined struct {
		knowledge.Verified
		Bytes  int64    `json:"bytes"`
		Spoilt []string `json:"spoilt,omitempty"` // records that are not right by their checksums
	}
	compacted struct {
		Before int64 `json:"before"` // bytes
		After  int64 `json:"after"`
	}
	heard struct {
		Reports []bot.Report  `json:"reports"`
		Helped  []bot.Helpful `json:"helped"`
	}
	question struct {
		Line    string    `json:"line"`
		Call    *bot.Call `json:"call,omitempty"`
		Channel string    `json:"channel"`
	}
	answered struct {
		Object answerJSON `json:"object"`
		Exit   int        `json:"exit"`
	}
)

// operationsOf is what subcommands do with a database, here or through the control
// socket. core answers questions; nil where nobody asks any.
func operationsOf(base openedBase, core *bot.Router) map[string]control.Operation {
	o := operations{base, core}
	all := map[string]control.Operation{
		"ping":     func(context.Context, string, io.Reader, io.Writer) error { return nil },
		"import":   inJSON(o.importFiles),
		"export":   inJSON(o.export),
		"log":      inJSON(o.log),
		"history":  inJSON(o.history),
		"revision": inJSON(o.revision),
		"known":    inJSON(o.known),
		"undo":     inJSON(o.undo),
		"backup":   o.backup,
		"check":    inJSON(o.check),
		"compact":  inJSON(o.compact),
		"gaps":     inJSON(o.gaps),
		"feedback": inJSON(o.feedback),
		"follow":   inJSON(o.follow),
		"feeds":    inJSON(o.followed),
		"answer":   inJSON(o.answer),
		"explain":  inJSON(o.explain),

		"quotes":        inJSON(o.listQuotes),
		"quotes-import": inJSON(o.importQuotes),
		"quotes-export": inJSON(o.exportQuotes),
	}
	for name, do := range all {
		all[name] = func(ctx context.Context, author string, in io.Reader, out io.Writer) error {
			return plainly(do(ctx, author, in, out))
		}
	}
	return all
}

// plainly leaves the cause of what people may read to the log.
func plainly(err error) error {
	if fail, ok := errors.AsType[*bot.Fail](err); ok {
		return errors.New(strings.TrimSpace(fail.Say + " " + fail.Next))
	}
	return err
}

// inJSON reads an operation's input and writes its output as JSON.
func inJSON[In, Out any](do func(ctx context.Context, author string, in In) (Out, error)) control.Operation {
	return func(ctx context.Context, author string, in io.Reader, out io.Writer) error {
		var input In
		if err := json.NewDecoder(in).Decode(&input); err != nil {
			return fmt.Errorf("read input: %w", err)
		}
		output, err := do(ctx, author, input)
		if err != nil {
			return err
		}
		return json.NewEncoder(out).Encode(output)
	}
}

type operations struct {
	base openedBase
	core *bot.Router
}

// errNoDatabase is returned for what needs a database where there is none.
var errNoDatabase = errors.New("there is no database: nothing was written yet")

func (o operations) importFiles(ctx context.Context, author string, in knowledge.Import) (knowledge.Imported, error) {
	in.Author = author
	return o.base.stored.Import(ctx, in)
}

// export is the newest state for 0, else that after a revision.
func (o operations) export(ctx context.Context, _ string, revision uint64) (e exported, err error) {
	if revision == 0 {
		e.Contents, e.State, e.Revision, err = o.base.stored.Export(ctx)
		return e, err
	}
	if e.Contents, err = o.base.stored.ContentsAt(ctx, revision); err != nil {
		return e, err
	}
	e.Revision = revision
	e.State, err = e.Contents.Digest()
	return e, err
}

func (o operations) log(ctx context.Context, _ string, most int) (l listed, err error) {
	l.Newest = o.base.Snapshot().Revision
	l.Revisions, err = o.base.stored.Log(ctx, most)
	return l, err
}

// history is that of the records with a name.
func (o operations) history(ctx context.Context, _, name string) (map[string][]knowledge.Revision, error) {
	refs, err := o.base.stored.Refs(ctx, name)
	if err != nil {
		return nil, err
	}
	out := map[string][]knowledge.Revision{}
	for _, ref := range refs {
		if out[ref.String()], err = o.base.stored.History(ctx, ref); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (o operations) revision(ctx context.Context, _ string, number uint64) (knowledge.Revision, error) {
	return o.base.stored.Revision(ctx, number)
}

// known tells whether fact files say what was imported from them last.
func (o operations) known(ctx context.Context, _ string, in knowledge.Import) (bool, error) {
	return o.base.stored.Knows(ctx, in)
}

func (o operations) undo(ctx context.Context, author string, u undoing) (knowledge.Imported, error) {
	if u.Reason == "" {
		u.Reason = fmt.Sprintf("undo of revision %d", u.Revision)
	}
	rev, err := o.base.stored.Undo(ctx, u.Revision, author, u.Reason)
	if conflict, ok := errors.AsType[*knowledge.ConflictError](err); ok {
		return knowledge.Imported{Conflicts: conflict.Conflicts}, nil
	}
	if invalid, ok := errors.AsType[*knowledge.InvalidError](err); ok {
		return knowledge.Imported{Problems: invalid.Problems}, nil
	}
	return knowledge.Imported{Revision: rev}, err
}

func (o operations) backup(ctx context.Context, _ string, _ io.Reader, out io.Writer) error {
	if o.base.db == nil {
		return errNoDatabase
	}
	_, err := o.base.db.WriteTo(ctx, out)
	return err
}

func (o operations) check(ctx context.Context, _ string, _ struct{}) (e examined, err error) {
	if o.base.db == nil {
		return e, errNoDatabase
	}
	spoilt, err := o.base.db.Examine(ctx)
	if err != nil {
		return e, err
	}
	e.Spoilt = sayRecords(spoilt)
	if len(spoilt) == 0 {
		e.Verified, err = knowledge.Verify(ctx, o.base.db, otherRecords())
	}
	e.Bytes = fileSize(o.base.db.Path())
	return e, err
}

// otherRecords check the records that are no part of the fact base.
func otherRecords() map[string]func(key, value []byte) error {
	return map[string]func(key, value []byte) error{
		"c/": bot.CheckSettings, "f/": bot.CheckFeedback, "d/": bot.CheckDraft, "l/": bot.CheckLine, "o/": notify.CheckShared, "n/": notify.CheckNotice, "q/": delivery.Check, "t/": quote.CheckRecord, "u/": feed.Check, "v/": checkTold,
		"p/": func([]byte, []byte) error { return nil }, // what a probe left when it was killed
	}
}

// sayRecords names the records that errors are about.
func sayRecords(wrong []error) []string {
	var out []string
	for _, err := range wrong {
		if e, ok := errors.AsType[*kv.KeyError](err); ok {
			out = append(out, fmt.Sprintf("%s is damaged: %v", knowledge.DescribeKey(e.Key), e.Err))
			continue
		}
		out = append(out, err.Error())
	}
	return out
}

func (o operations) compact(ctx context.Context, _ string, _ struct{}) (c compacted, err error) {
	if o.base.db == nil {
		return c, errNoDatabase
	}
	c.Before, c.After, err = o.base.db.Compact(ctx)
	return c, err
}

func (o operations) gaps(ctx context.Context, _ string, _ struct{}) ([]knowledge.Gap, error) {
	return o.base.stored.Gaps(ctx)
}

func (o operations) feedback(ctx context.Context, _ string, _ struct{}) (h heard, err error) {
	if o.base.records == nil {
		return h, nil
	}
	kept := bot.NewFeedback(o.base.records, quiet())
	if h.Reports, err = kept.Reports(ctx, time.Now()); err != nil {
		return h, err
	}
	h.Helped, err = kept.Helped(ctx)
	return h, err
}

func (o operations) answer(ctx context.Context, _ string, q question) (answered, error) {
	reply := o.core.Dispatch(ctx, fromCommandLine(bot.Request{Line: q.Line, Call: q.Call}, q.Channel))
	return answered{answerOf(o.base.Snapshot(), reply), exitCode(reply.Outcome)}, nil
}

func (o operations) explain(_ context.Context, _, question string) (explained, error) {
	return explainFrom(o.base.Snapshot(), question), nil
}

var _ control.Core = (*bot.Router)(nil)

// examineFile looks through a database that cannot be opened.
func examineFile(path string) (e examined, err error) {
	spoilt, err := boltkv.Examine(path, boltkv.Options{})
	e.Spoilt, e.Bytes = sayRecords(spoilt), fileSize(path)
	return e, err
}
