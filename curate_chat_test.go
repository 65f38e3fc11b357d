package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"silkwire/bot"
	"silkwire/knowledge/kv"
)

// desk is a database with people who curate it, in one workspace.
type desk struct {
	t    *testing.T
	core *bot.Router
	base openedBase
	at   time.Time
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	base := keptBase(t)
	d := &desk{t: t, core: keptCore(t, base, keptReplies), base: base, at: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	d.says("ada", "/curate add statement:「Qwen tea was served.」 kind:event about:qwen source:https://example.org/tea grade:press sure:true", "Added.")
	return d
}

const tea = "qwen-tea-was-served"

// curators of workspace T1 by the operator's word; eve is none.
var namedByOperator = []string{"ada", "ben"}

func (d *desk) request(who string) bot.Request {
	d.at = d.at.Add(time.Second)
	r := bot.Request{ID: "1", User: bot.User{ID: who}, Conversation: bot.Conversation{Platform: "slack", Space: "T1", Channel: "C1"}, At: d.at}
	for _, name := range namedByOperator {
		if name == who {
			r.User.May = bot.Curator | bot.Admin | bot.SpaceAdmin
		}
	}
	return r
}

// does is what somebody is answered.
func (d *desk) does(who, line string) bot.Reply {
	d.t.Helper()
	r := d.request(who)
	r.Line = line
	return d.core.Dispatch(d.t.Context(), r)
}

// says is does, with what the answer must hold.
func (d *desk) says(who, line, want string) bot.Reply {
	d.t.Helper()
	reply := d.does(who, line)
	if got := reply.Plain(); !strings.Contains(got, want) {
		d.t.Errorf("%s> %s\ngot [%s] %s\nwant %q", who, line, reply.Outcome, got, want)
	}
	return reply
}

// sends is a form with what stands in its fields.
func (d *desk) sends(who string, f *bot.Form, fields map[string]string) bot.Reply {
	d.t.Helper()
	if f == nil {
		d.t.Fatal("there is no form to send")
	}
	r := d.request(who)
	r.Call = &bot.Call{Path: f.Path, Options: map[string][]string{}}
	for _, from := range []map[string]string{f.Given, fields} {
		for name, value := range from {
			r.Call.Options[name] = []string{value}
		}
	}
	return d.core.Dispatch(d.t.Context(), r)
}

// press asks what a button of a reply asks.
func (d *desk) press(who string, reply bot.Reply, label string) bot.Reply {
	d.t.Helper()
	for _, a := range append(reply.Suggestions, reply.Actions...) {
		if a.Label == label {
			return d.does(who, a.Line)
		}
	}
	d.t.Fatalf("there is no button %q: %s", label, reply.Plain())
	return bot.Reply{}
}

// typedBack tells whether a reply gives back a form with what was typed in a field.
func (d *desk) typedBack(reply bot.Reply, field, value string) {
	d.t.Helper()
	if reply.Form == nil || reply.Form.Given[field] != value {
		d.t.Errorf("%s is not given back: %+v", field, reply.Form)
	}
	again := d.press("ada", reply, "Back to the form").Form
	if again == nil || again.Given[field] != value || !again.Filled {
		d.t.Errorf("the button gives back %+v, want %s in %s", again, value, field)
	}
}

func (d *desk) statement() string {
	if f := d.base.Snapshot().Fact(tea); f != nil {
		return f.Statement
	}
	return ""
}

const good = `statement:"Qwen cakes were served." kind:event about:qwen source:https://example.org/cake grade:press `

func TestADateThatIsNone(t *testing.T) {
	d := newDesk(t)
	reply := d.says("ada", "/curate add "+good+"from:yesterday", "takes a date such as")
	d.typedBack(reply, "statement", "Qwen cakes were served.")
	if reply.Form.Wrong != "from" {
		t.Errorf("the mistake is in %q", reply.Form.Wrong)
	}
}

func TestAnEntityThatDoesNotExist(t *testing.T) {
	d := newDesk(t)
	unknown := strings.Replace(good, "about:qwen", `about:"qwen, Quokka Robotics"`, 1)
	reply := d.says("ada", "/curate add "+unknown, "I know nothing called “Quokka Robotics”.")
	d.typedBack(reply, "about", "qwen, Quokka Robotics")
	near := d.says("ada", "/curate add "+strings.Replace(good, "about:qwen", "about:qwne-lab-x", 1), "I know nothing called")
	if len(near.Suggestions) < 2 {
		t.Errorf("nothing near it is offered: %s", near.Plain())
	}
	// On the spot it is made a new name, and nothing that was typed is lost.
	form := d.press("ada", reply, "Make “Quokka Robotics” a new name").Form
	preview := d.sends("ada", form, map[string]string{"new": "company"})
	if got := preview.Plain(); !strings.Contains(got, "A new name: Quokka Robotics, a company") {
		t.Fatalf("the preview is %s", got)
	}
	d.press("ada", preview, "Add it")
	s := d.base.Snapshot()
	if e := s.Entity("quokka-robotics"); e == nil || len(s.About("quokka-robotics")) != 1 {
		t.Errorf("it was made as %+v", e)
	}
	d.says("eve", "/about quokka robotics", "Qwen cakes were served.")
}

func TestAStatementOfTwoThousandCharacters(t *testing.T) {
	d := newDesk(t)
	long := strings.TrimSpace(strings.Repeat("tea is served ", 143))
	reply := d.says("ada", "/curate add "+strings.Replace(good, "Qwen cakes were served.", long, 1), "say it in at most 280")
	d.typedBack(reply, "statement", long)
}

func TestEveryoneInAStatement(t *testing.T) {
	d := newDesk(t)
	d.says("ada", "/curate add "+strings.Replace(good, "Qwen cakes", "@everyone <!channel> <@U1> cakes of Qwen", 1)+"sure:true", "Added.")
	// What platforms make of it is tested with them: see FuzzHostileReplies.
	d.says("eve", "/fact everyone-channel-u1-cakes-of-qwen", "@everyone <!channel> <@U1> cakes of Qwen were served.")
}

func TestMarkupAndLinksInAStatement(t *testing.T) {
	d := newDesk(t)
	d.says("ada", "/curate add "+strings.Replace(good, "Qwen cakes", "*Qwen* `cakes` [here](https://evil.example) <https://evil.example|there>", 1)+"sure:true", "Added.")
	if f := d.base.Snapshot().Facts(); len(f) == 0 {
		t.Error("nothing was added")
	}
}

func TestASourceAddressThatIsNoAddress(t *testing.T) {
	d := newDesk(t)
	for _, address := range []string{"www.example.org", "ftp://example.org/a", "https://", "http://exa mple.org", "https://example.org/<b>"} {
		reply := d.says("ada", "/curate add "+strings.Replace(good, "https://example.org/cake", `"`+address+`"`, 1), "is no address")
		d.typedBack(reply, "source", address)
	}
}

func TestATickerThatIsNone(t *testing.T) {
	d := newDesk(t)
	reply := d.says("ada", "/curate add "+good+"tickers:NVDDA", "I know no ticker “NVDDA” of a company.")
	d.typedBack(reply, "tickers", "NVDDA")
	d.says("ada", "/curate add "+good+"tickers:NVDA", "Names too: Nvidia")
}

func TestAFormSentTwice(t *testing.T) {
	d := newDesk(t)
	preview := d.says("ada", "/curate add "+good, "Nothing was added yet.")
	d.press("ada", preview, "Add it")
	if again := d.press("ada", preview, "Add it"); again.Outcome != bot.Misused || !strings.Contains(again.Plain(), "known already, in these very words") {
		t.Errorf("sent again: %s", again.Plain())
	}
	form := d.does("ada", "/curate edit "+tea).Form
	d.sends("ada", form, map[string]string{"statement": "Qwen coffee was served."})
	if again := d.sends("ada", form, map[string]string{"statement": "Qwen coffee was served."}); d.base.Snapshot().Revision != 4 {
		t.Errorf("sent again it is revision %d: %s", d.base.Snapshot().Revision, again.Plain())
	}
}

// proposed is the id of what somebody proposes.
func (d *desk) proposed(who, text string) string {
	d.t.Helper()
	r := d.request(who)
	r.Call, r.Message = &bot.Call{Path: []string{"Propose as a fact"}}, text
	d.core.Dispatch(d.t.Context(), r)
	return bot.Draft{At: d.at}.ID()
}

func TestADraftAcceptedTwice(t *testing.T) {
	d := newDesk(t)
	id := d.proposed("eve", "Qwen cakes were served, see https://example.org/cake")
	one := d.says("ada", "/curate review "+id, "Likely kind: event")
	two := d.says("ben", "/curate review "+id, "Likely kind: event")
	// The grade is that of another page of the same publisher.
	d.press("ada", d.press("ada", one, "Accept"), "Add it")
	if late := d.press("ben", two, "Accept"); late.Outcome == bot.Answered {
		t.Errorf("it was accepted twice: %s", late.Plain())
	}
	d.says("ben", "/curate refuse "+id+" no", "That does not wait any more")
	d.says("eve", "/proposals", "a fact since 26 November 2026")
}

func TestAFactRetiredWhileSomebodyEditsIt(t *testing.T) {
	d := newDesk(t)
	form := d.does("ada", "/curate edit "+tea).Form
	d.says("ben", "/curate retire "+tea+" why:it was a joke", "Withdrawn.")
	reply := d.sends("ada", form, map[string]string{"statement": "Qwen coffee was served."})
	got := reply.Plain()
	for _, want := range []string{"was withdrawn while you had it open, in revision 3 by ben. The reason: it was a joke.", "Nothing was changed", "statement: Qwen coffee was served."} {
		if !strings.Contains(got, want) {
			t.Errorf("it lacks %q: %s", want, got)
		}
	}
	d.press("ada", reply, "Undo revision 3")
	d.sends("ada", d.does("ada", "/curate edit "+tea).Form, map[string]string{"statement": "Qwen coffee was served."})
	if d.statement() != "Qwen coffee was served." {
		t.Errorf("it says %q", d.statement())
	}
}

// Two who edit at once: the second is shown the first one's change, and decides.
func TestTwoCuratorsEditOneFact(t *testing.T) {
	d := newDesk(t)
	one, two := d.does("ada", "/curate edit "+tea).Form, d.does("ben", "/curate edit "+tea).Form
	if got := d.sends("ada", one, map[string]string{"statement": "Qwen coffee was served.", "until": "2026-11"}).Plain(); !strings.Contains(got, "Changed.") {
		t.Fatalf("the first is answered %s", got)
	}
	reply := d.sends("ben", two, map[string]string{"statement": "Qwen cocoa was served."})
	got := reply.Plain()
	for _, want := range []string{"was changed while you had it open, in revision 3 by ada", "Qwen tea was served.", "Qwen coffee was served.", "Qwen cocoa was served.", "2026-11"} {
		if !strings.Contains(got, want) {
			t.Errorf("it lacks %q: %s", want, got)
		}
	}
	if d.statement() != "Qwen coffee was served." {
		t.Fatalf("it was written over: %q", d.statement())
	}
	d.press("ben", reply, "Write mine all the same")
	if f := d.base.Snapshot().Fact(tea); f.Statement != "Qwen cocoa was served." || f.Until.String() != "2026-11" {
		t.Errorf("it says %q until %s: what only the first changed must stay", f.Statement, f.Until)
	}
}

// A field that is emptied in a form is emptied in the fact; one that the form did not have
// stays.
func TestAFieldThatIsEmptied(t *testing.T) {
	d := newDesk(t)
	d.says("ada", "/curate edit "+tea+" until:2026-11 from:2026-10 mentions:nvidia", "Changed.")
	form := d.does("ada", "/curate edit "+tea).Form
	d.sends("ada", form, map[string]string{"until": "", "mentions": ""})
	if f := d.base.Snapshot().Fact(tea); !f.Until.IsZero() || f.From.IsZero() || len(f.Mentions) > 0 || f.Statement == "" {
		t.Errorf("it is now %+v", f)
	}
	reply := d.sends("ada", d.does("ada", "/curate edit "+tea).Form, map[string]string{"statement": ""})
	if !strings.Contains(reply.Plain(), "Statement") || d.statement() == "" {
		t.Errorf("without a statement: %s", reply.Plain())
	}
}

// A store that cannot write loses nothing that was typed, and says so in a sentence.
func TestAStoreThatCannotWrite(t *testing.T) {
	base := keptBase(t)
	store, ok := base.ledger.(*watchedStore)
	if !ok {
		t.Fatal("the store is not watched")
	}
	d := &desk{t: t, core: keptCore(t, base, 0), base: base, at: time.Now()}
	preview := d.says("ada", "/curate add "+good, "Nothing was added yet.")
	store.Store = failingStore{store.Store}
	reply := d.press("ada", preview, "Add it")
	if got := reply.Plain(); reply.Outcome != bot.Broken || strings.Contains(got, "no space") || got == "" {
		t.Errorf("got [%s] %s", reply.Outcome, got)
	}
	store.Store = store.Store.(failingStore).Store
	d.press("ada", preview, "Add it")
	d.says("eve", "/facts cakes", "Qwen cakes were served.")
}

// failingStore takes no change.
type failingStore struct{ kv.Store }

func (failingStore) Update(context.Context, func(bot.Tx) error) error {
	return errors.Join(errors.New("write"), &os.PathError{Op: "write", Path: "silkwire.db", Err: errors.New("no space left on device")})
}

// Curators name others for their own workspace; they lose it as soon as they are taken
// off, also on buttons and forms that they have open.
func TestCuratorsNameOthers(t *testing.T) {
	d := newDesk(t)
	d.says("eve", "/settings curators eve1", "is for curators")
	d.says("ada", "/settings curators eve1 told:here", "eve1")
	form := d.does("eve1", "/curate edit "+tea).Form
	preview := d.says("eve1", "/curate add "+good, "Nothing was added yet.")
	elsewhere := d.request("eve1")
	elsewhere.Line, elsewhere.Conversation.Space = "/curate review", "T2"
	if reply := d.core.Dispatch(t.Context(), elsewhere); reply.Outcome != bot.Denied {
		t.Errorf("in another workspace: %s", reply.Plain())
	}
	d.says("eve1", "/settings approval second", "is for an admin of this whole server or workspace")
	d.says("ada", "/settings curators remove:eve1", "none but those whom the operator names")
	if reply := d.sends("eve1", form, map[string]string{"statement": "Mine."}); reply.Outcome != bot.Denied {
		t.Errorf("the form of who is none any more: %s", reply.Plain())
	}
	if reply := d.press("eve1", preview, "Add it"); reply.Outcome != bot.Denied {
		t.Errorf("the button of who is none any more: %s", reply.Plain())
	}
}

// Where an admin asks for it a second curator approves each change.
func TestASecondCuratorApproves(t *testing.T) {
	d := newDesk(t)
	d.says("ada", "/settings approval second", "a second curator must approve")
	for _, step := range []struct{ does, gist string }{
		{"/curate add " + good + "sure:true", "Add: Qwen cakes were served."},
		{"/curate edit " + tea + ` statement:"Qwen coffee was served." why:"misread"`, "Edit: Qwen coffee was served."},
		{"/curate relate " + tea + " supports qwen-licence", "Relate:"},
		{"/curate alias qwen add:Chwen", "Alias: entity qwen"},
		{"/curate retire " + tea + " why:it was a joke", "Retire:"},
	} {
		before := d.base.Snapshot().Revision
		d.says("ada", step.does, "Kept for a second curator to approve")
		id := bot.Draft{At: d.at}.ID()
		if now := d.base.Snapshot().Revision; now != before {
			t.Fatalf("%s made revision %d", step.does, now)
		}
		d.says("ada", "/curate review "+id, "It is yours, so another curator must approve it.")
		d.says("ada", "/curate approve "+id, "You prepared that yourself.")
		d.says("eve", "/curate approve "+id, "is for curators")
		one := d.says("ben", "/curate review "+id, step.gist)
		d.press("ben", one, "Approve")
		if now := d.base.Snapshot().Revision; now != before+1 {
			t.Fatalf("%s, approved, is revision %d, want %d", step.does, now, before+1)
		}
		d.says("ben", "/curate approve "+id, "That does not wait any more")
	}
	last, err := d.base.stored.Revision(t.Context(), d.base.Snapshot().Revision)
	if err != nil || last.Author != "slack:T1:ben" || last.Reason != "prepared by slack:T1:ada. it was a joke" {
		t.Errorf("the log has %q, %q, %v", last.Author, last.Reason, err)
	}
}

// What is changed until a prepared change is approved is not written over.
func TestApprovedTooLate(t *testing.T) {
	d := newDesk(t)
	d.says("ada", "/settings approval second", "a second curator must approve")
	d.says("ada", "/curate edit "+tea+` statement:"Qwen coffee was served."`, "Kept for a second curator")
	id := bot.Draft{At: d.at}.ID()
	d.says("ada", "/settings approval none", "one curator is enough")
	d.says("ben", "/curate edit "+tea+` statement:"Qwen cocoa was served."`, "Changed.")
	d.says("ben", "/curate approve "+id, "was changed while you had it open")
	if d.statement() != "Qwen cocoa was served." {
		t.Errorf("it says %q", d.statement())
	}
}

// What somebody watches at the terminal is told there, once.
func TestNewsAtTheTerminal(t *testing.T) {
	d := newDesk(t)
	ask := func(line string) bot.Reply {
		r := bot.Request{ID: "1", User: owner(), Conversation: bot.Conversation{Platform: "console", Channel: "1"}, At: time.Now(), Line: line}
		return d.core.Dispatch(t.Context(), r)
	}
	news := func(want string) {
		t.Helper()
		reply := ask("/watch news")
		if got := reply.Plain(); (reply.Outcome == bot.Answered) != (want != "") || !strings.Contains(got, want) {
			t.Errorf("the news are [%s] %s, want %q", reply.Outcome, got, want)
		}
	}
	news("")
	ask("/watch qwen")
	news("")
	d.says("ada", "/curate edit "+tea+` statement:"Qwen coffee was served."`, "Changed.")
	news("Qwen coffee was served.")
	news("")
	d.says("ada", "/curate alias nvidia add:Green", "Added.")
	news("")
	ask("/watch stop all")
	d.says("ada", "/curate retire "+tea+" x", "Withdrawn.")
	news("")
}
