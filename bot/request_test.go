package bot_test

import (
	"errors"
	"io/fs"
	"reflect"
	"testing"

	"silkwire/bot"
)

func TestValues(t *testing.T) {
	v := bot.NewValues(map[string][]string{"list": {"a", "b c"}, "yes": {"true"}, "no": {"false"}, "n": {"42"}, "word": {"x"}, "none": nil})
	checks := []struct {
		name      string
		got, want any
	}{
		{"Has, given", v.Has("word"), true},
		{"Has, empty", v.Has("none"), false},
		{"Has, not given", v.Has("other"), false},
		{"Text", v.Text("word"), "x"},
		{"Text of a list", v.Text("list"), "a b c"},
		{"Text, not given", v.Text("other"), ""},
		{"Words", v.Words("list"), []string{"a", "b c"}},
		{"Bool, yes", v.Bool("yes"), true},
		{"Bool, no", v.Bool("no"), false},
		{"Bool, not given", v.Bool("other"), false},
		{"Int", v.Int("n", 7), 42},
		{"Int, not given", v.Int("other", 7), 7},
		{"Int of what is none", v.Int("word", 7), 7},
		{"the zero Values", bot.Values{}.Text("word"), ""},
	}
	for _, c := range checks {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, c.got, c.want)
		}
	}
	v.Words("list")[0] = "changed"
	if got := v.Text("list"); got != "a b c" {
		t.Errorf("a change of what Words gave changed the values: %q", got)
	}
}

func TestFail(t *testing.T) {
	cause := fs.ErrPermission
	fail := &bot.Fail{Outcome: bot.Denied, Say: "That is closed.", Next: "Ask Ann.", Cause: cause, Suggest: []bot.Action{{Label: "Help", Line: "/help"}}, Form: &bot.Form{Title: "f"}}
	if got, want := fail.Error(), "That is closed.: permission denied"; got != want {
		t.Errorf("for the log: got %q, want %q", got, want)
	}
	if !errors.Is(fail, cause) {
		t.Error("the cause is not found in the Fail")
	}
	want := bot.Reply{
		Lead: bot.T("That is closed."), Blocks: []bot.Block{bot.Paragraph{Text: bot.T("Ask Ann.")}},
		Suggestions: fail.Suggest, Form: fail.Form, Visibility: bot.Private, Outcome: bot.Denied,
	}
	if got := fail.Reply(); !reflect.DeepEqual(got, want) {
		t.Errorf("as it is read\n got %+v\nwant %+v", got, want)
	}

	misuse := bot.Misuse("Write %s as it is.", "There is no /%s.", "x")
	if misuse.Outcome != bot.Misused || misuse.Error() != "There is no /x." || misuse.Next != "Write %s as it is." {
		t.Errorf("Misuse: got %+v", misuse)
	}
	if got := (&bot.Fail{Say: "No."}).Reply().Blocks; got != nil {
		t.Errorf("a Fail with nothing to do next: got blocks %+v, want none", got)
	}
}

func TestOutcomeNames(t *testing.T) {
	for outcome, want := range map[bot.Outcome]string{bot.Answered: "answered", bot.Unknown: "unknown", bot.Misused: "misused", bot.Denied: "denied", bot.Limited: "limited", bot.Broken: "broken"} {
		if got := outcome.String(); got != want {
			t.Errorf("outcome %d: got %s, want %s", outcome, got, want)
		}
	}
}
