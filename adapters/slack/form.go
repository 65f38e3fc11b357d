package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"silkwire/bot"
	"silkwire/bot/layout"
)

const (
	formCallback = "v1/form"
	fieldPrefix  = "field|"
	answerView   = "v1/answer"
)

// formMeta is what a form carries to its submission.
type formMeta struct {
	Path    []string          `json:"path"`
	User    string            `json:"user"` // whom it was opened for: nobody else is answered where it leads
	Given   map[string]string `json:"given,omitempty"`
	URL     string            `json:"url,omitempty"` // where the answer goes
	Channel string            `json:"channel,omitempty"`
	Thread  string            `json:"thread,omitempty"`
	Public  bool              `json:"public,omitempty"` // the answer is for the thread
	Born    int64             `json:"born,omitempty"`   // of URL, Unix seconds
	Light   layout.Asked      `json:"light"`
	Fields  []string          `json:"fields"`
}

func (m formMeta) encode() (string, error) {
	for _, v := range []formMeta{m, {Path: m.Path, User: m.User, Given: m.Given, URL: m.URL, Born: m.Born, Channel: m.Channel, Thread: m.Thread, Public: m.Public, Fields: m.Fields}} {
		b := new(bytes.Buffer)
		if err := encode(b, v); err != nil {
			return "", err
		}
		if b.Len() <= maxMetadata {
			return b.String(), nil
		}
	}
	return "", errors.New("what the form carries is too long")
}

func readMeta(s string) (formMeta, error) {
	var m formMeta
	if err := json.Unmarshal([]byte(s), &m); err != nil || len(m.Path) == 0 {
		return m, layout.ErrOutdated
	}
	return m, nil
}

// openForm opens the reply's form as a modal. A trigger lives three seconds:
// https://docs.slack.dev/interactivity/handling-user-interaction#trigger_ids
func (a *Adapter) openForm(ctx context.Context, e exchange, t *turn) error {
	form := e.reply.Form
	meta := formMeta{
		Path: form.Path, User: e.req.User.ID, Given: form.Given, URL: t.url, Born: t.born.Unix(), Channel: e.req.Conversation.Channel, Thread: e.req.Conversation.Thread,
		Light: layout.Ask("-", e.reply.Light),
	}
	if err := a.openModal(ctx, e.trigger, *form, meta); err != nil {
		return err
	}
	t.ack()
	return nil
}

// follow opens the form for the next question in a thread.
func (a *Adapter) follow(ctx context.Context, i interaction, t *turn, before layout.Asked) {
	where := i.where()
	if where.Thread == "" {
		where.Thread = i.Message.TS
	}
	form := bot.Form{Title: "Ask more", Path: []string{a.opts.Question}, Fields: layout.QuestionFields(a.core.Commands(), a.opts.Question)}
	meta := formMeta{Path: form.Path, User: i.who().id, URL: t.url, Born: t.born.Unix(), Channel: where.Channel, Thread: where.Thread, Public: !i.Container.Ephemeral, Light: before}
	if err := a.openModal(ctx, i.TriggerID, form, meta); err != nil {
		a.opts.Log.InfoContext(ctx, "slack: the form was not opened", "error", clean(err))
		a.say(ctx, t, "The form did not open in time. Please press again.")
	}
}

func (a *Adapter) openModal(ctx context.Context, trigger string, form bot.Form, meta formMeta) error {
	var blocks []slack.Block
	for _, o := range layout.AsksFor(form) {
		blocks = append(blocks, field(o, form.Given[o.Name]))
		meta.Fields = append(meta.Fields, o.Name)
	}
	carried, err := meta.encode()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	_, err = a.api.OpenViewContext(ctx, trigger, slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: formCallback, PrivateMetadata: carried, Blocks: slack.Blocks{BlockSet: blocks},
		Title: plainText(layout.Shorten(plain(form.Title), maxModalTitle)), Submit: plainText("Send"), Close: plainText("Cancel"),
	})
	return bare(err)
}

// field is one field of a form: a menu where the values are known, one that
// completes where they are looked for, else a line to write in.
func field(o bot.Option, given string) slack.Block {
	var element slack.BlockElement
	menu := fieldMenu(o, given)
	switch {
	case menu != nil:
		element = menu
	case o.Complete != nil && o.Many:
		element = severalMenu(given)
	case o.Complete != nil && o.Kind == bot.Word:
		one := 1
		menu := &slack.SelectBlockElement{Type: slack.OptTypeExternal, ActionID: actionID(verbFind, 0), MinQueryLength: &one, Placeholder: plainText("Type to look for it")}
		if c := option(bot.Choice{Label: given, Value: given}); c != nil {
			menu.InitialOption = c
		}
		element = menu
	default:
		text := slack.NewPlainTextInputBlockElement(nil, actionID(verbAsk, 0))
		text.Multiline = o.Kind == bot.FreeText || o.Long
		text.MaxLength = maxInput
		text.InitialValue = layout.Shorten(given, maxInput)
		element = text
	}
	block := slack.NewInputBlock(fieldPrefix+o.Name, plainText(layout.FieldLabel(o)), plainText(layout.Shorten(plain(o.Summary), maxLabel)), element)
	block.Optional = !o.Required
	return block
}

// severalMenu completes, and takes more than one value.
func severalMenu(given string) *slack.MultiSelectBlockElement {
	one := 1
	menu := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeExternal, plainText("Type to look for it"), actionID(verbFind, 0))
	menu.MinQueryLength = &one
	for value := range strings.SplitSeq(given, manyMark) {
		if c := option(bot.Choice{Label: value, Value: strings.TrimSpace(value)}); c != nil {
			menu.InitialOptions = append(menu.InitialOptions, c)
		}
	}
	return menu
}

// manyMark stands between the values of an option that takes several.
const manyMark = ","

func fieldMenu(o bot.Option, given string) *slack.SelectBlockElement {
	menu := choices(0, "Choose", layout.FieldChoices(o))
	if menu == nil {
		return nil
	}
	for _, c := range menu.Options {
		if c.Value == given {
			menu.InitialOption = c
		}
	}
	return menu
}

// submitted runs the command of a form. A mistake in it is shown at its field,
// with everything that was typed still there.
func (a *Adapter) submitted(ctx context.Context, i interaction, t *turn) {
	meta, err := readMeta(i.View.Metadata)
	if i.View.Callback != formCallback || err != nil || len(meta.Fields) == 0 || meta.User != i.who().id {
		a.opts.Log.InfoContext(ctx, "slack: an outdated or foreign form", "callback", layout.Shorten(i.View.Callback, 40))
		// Who sends so old a form again is told again.
		_ = a.update(t, drawing{reply: bot.Reply{Lead: bot.T("This form is from an earlier silkwire. Please close it and ask again."), Outcome: bot.Misused}})
		return
	}
	t.url, t.born = meta.URL, time.Unix(meta.Born, 0)
	if a.opts.Now().Sub(t.born) > responseLife { // then the answer is shown in the form's place
		meta.URL = ""
	}
	where := bot.Conversation{Channel: meta.Channel, Thread: meta.Thread}
	req := a.request(i.who(), where, "")
	req.Call = &bot.Call{Path: meta.Path, Options: filled(meta, i.View)}
	if meta.Light.Line != "" {
		req.Context = meta.Light.Light(req.At)
	}
	a.withRights(ctx, i.who(), req, t, func(ctx context.Context, req bot.Request) {
		a.answered(ctx, meta, req, t)
	})
}

// filled are the options that a form gives: what it was opened with, then what
// stands in its fields. A field that is missing is not given, nor is an empty one unless
// it was emptied.
func filled(meta formMeta, v view) map[string][]string {
	options := map[string][]string{}
	for name, value := range meta.Given {
		options[name] = []string{value}
	}
	for block, inputs := range v.State.Values {
		name, ok := strings.CutPrefix(block, fieldPrefix)
		if !ok {
			continue
		}
		for in := range maps.Values(inputs) {
			value := in.Value
			if in.Selected != nil {
				value = in.Selected.Value
			}
			for i, s := range in.Several {
				if i > 0 {
					value += manyMark + " "
				}
				value += s.Value
			}
			delete(options, name)
			if strings.TrimSpace(value) != "" || meta.Given[name] != "" {
				options[name] = []string{strings.TrimSpace(value)}
			}
		}
	}
	return options
}

// answered closes the form and shows the answer where it was asked for.
func (a *Adapter) answered(ctx context.Context, meta formMeta, req bot.Request, t *turn) {
	reply := a.core.Dispatch(ctx, req)
	if reply.Outcome == bot.Misused {
		says := layout.Shorten(plain(reply.Lead.String()), maxLabel)
		if err := t.ackWith(slack.NewErrorsViewSubmissionResponse(map[string]string{fieldPrefix + meta.wrongField(reply): says})); err != nil {
			a.tooLate(meta, req.User.ID, reply, t)
		}
		return
	}
	e := exchange{req: req, reply: reply, asked: layout.Ask(reply.Line, reply.Light)}
	switch {
	case meta.Public && meta.Channel != "":
		t.ack()
		a.laterPost(func(ctx context.Context) { a.intoThread(ctx, e, t) })
	case meta.URL != "":
		t.ack()
		e.thread = meta.Thread
		a.show(e, t)
	default:
		if err := a.update(t, a.drawing(e, true)); err != nil {
			a.tooLate(meta, req.User.ID, reply, t)
		}
	}
}

// wrongField is the field at which a mistake is shown: the one that it is in, where the
// form has it.
func (m formMeta) wrongField(reply bot.Reply) string {
	if reply.Form != nil && slices.Contains(m.Fields, reply.Form.Wrong) {
		return reply.Form.Wrong
	}
	return m.Fields[0]
}

// tooLate tells what came of a form that had to close before it was known.
func (a *Adapter) tooLate(meta formMeta, user string, reply bot.Reply, t *turn) {
	says := escape(reply.Lead.String())
	a.later(func(ctx context.Context) {
		switch {
		case meta.URL != "":
			a.say(ctx, t, says)
		case meta.Channel != "":
			if _, err := a.post(ctx, place{channel: meta.Channel, thread: meta.Thread, user: user}, drawing{reply: reply, thread: true, public: true, at: a.opts.Now()}); err != nil {
				a.opts.Log.WarnContext(ctx, "slack: what came of a form was lost", "error", clean(err))
			}
		default:
			a.opts.Log.WarnContext(ctx, "slack: what came of a form was lost, there is nowhere to say it")
		}
	})
}

// intoThread posts the answer to a question that was asked by a form below an
// answer, with the question, which nobody else has seen.
func (a *Adapter) intoThread(ctx context.Context, e exchange, t *turn) {
	to := place{channel: e.req.Conversation.Channel, thread: e.req.Conversation.Thread}
	if e.reply.Visibility == bot.Private {
		to.user = e.req.User.ID
	}
	d := a.drawing(e, to.public())
	d.thread, d.follow, d.reply.Same = true, to.public(), 0
	if len(d.reply.Title) == 0 {
		d.reply.Title = bot.T(d.asked.Question(a.opts.Question))
	}
	a.threads.Add(to.conversation())
	ts, err := a.post(ctx, to, d)
	if err != nil {
		a.opts.Log.WarnContext(ctx, "slack: an answer was not posted", "request", e.req.ID, "error", clean(err))
		a.say(ctx, t, a.whyNotPosted(codeOf(err)))
		return
	}
	if to.public() {
		a.shared(e, to, ts)
	}
}

// update shows a reply in the modal whose form was sent.
func (a *Adapter) update(t *turn, d drawing) error {
	view := modal(d)
	return t.ackWith(slack.NewUpdateViewSubmissionResponse(&view))
}

// modal is a reply in a window of its own.
func modal(d drawing) slack.ModalViewRequest {
	d.surface, d.modern, d.public = onModal, false, true
	out := d.draw()
	title := strings.TrimSpace(plain(d.reply.Title.String()))
	if title == "" {
		title = "silkwire"
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: answerView, Blocks: slack.Blocks{BlockSet: out.blocks},
		Title: plainText(layout.Shorten(title, maxModalTitle)), Close: plainText("Close"),
	}
}

// inModal shows what was pressed in a view: in a modal, or in the modal that it
// was pressed in.
func (a *Adapter) inModal(ctx context.Context, i interaction, e exchange) {
	d := a.drawing(e, true)
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	err := patiently(ctx, func(ctx context.Context) (err error) {
		if i.View.Type == "modal" {
			_, err = a.api.UpdateViewContext(ctx, modal(d), "", "", i.View.ID)
		} else {
			_, err = a.api.OpenViewContext(ctx, i.TriggerID, modal(d))
		}
		return err
	})
	if err != nil {
		a.opts.Log.InfoContext(ctx, "slack: the answer's window was not opened", "error", clean(err))
	}
}
