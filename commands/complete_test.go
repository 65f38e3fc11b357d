package commands

import (
	"slices"
	"testing"

	"silkwire/bot"
	"silkwire/knowledge"
)

// Nothing but the command is typed: the choices are those of its kinds, not what
// is left of everything.
func TestCompletionFillsItsListWithTheKindsOfTheCommand(t *testing.T) {
	k := &always{snapshots: []*knowledge.Snapshot{shippedSnapshot(t)}}
	router := newRouter(t, k)
	if found := router.Complete(t.Context(), bot.Request{Line: "/policy "}); len(found.Choices) == 0 {
		t.Error("/policy completes to nothing")
	}
	found := router.Complete(t.Context(), bot.Request{Line: "/lab "})
	for _, want := range []string{"DeepSeek", "Alibaba", "Nvidia"} {
		if !slices.ContainsFunc(found.Choices, func(c bot.Choice) bool { return c.Value == want }) {
			t.Errorf("/lab completes to %v, want %s among them", found.Choices, want)
		}
	}
}

func TestTimelineCompletesToALineThatCanBeAsked(t *testing.T) {
	router := newRouter(t, &always{snapshots: []*knowledge.Snapshot{shippedSnapshot(t)}})
	line := "/timeline deepseek sin"
	found := router.Complete(t.Context(), bot.Request{Line: line})
	if len(found.Choices) == 0 || line[:found.From]+found.Choices[0].Value != "/timeline deepseek since:" {
		t.Errorf("%s: %v from %d, want since: after deepseek", line, found.Choices, found.From)
	}
	for _, c := range found.Choices {
		if got := line[:found.From] + c.Value; got == "/timeline deepseek DeepSeek R1" {
			t.Errorf("%s completes to %s", line, got)
		}
	}
}

// What no name begins with is taken for a whole name that is misspelt.
func TestCompletionOfAMisspeltName(t *testing.T) {
	router := newRouter(t, &always{snapshots: []*knowledge.Snapshot{shippedSnapshot(t)}})
	for typed, want := range map[string]string{"deapsek": "DeepSeek", "deapseek": "DeepSeek", "alibba": "Alibaba", "huawie": "Huawei", "zzzzzzz": ""} {
		found := router.Complete(t.Context(), bot.Request{Call: &bot.Call{Path: []string{"lab"}, Options: map[string][]string{"name": {typed}}, Focused: "name"}})
		if want == "" && len(found.Choices) > 0 || want != "" && (len(found.Choices) == 0 || found.Choices[0].Value != want) {
			t.Errorf("%s completes to %v, want %q", typed, found.Choices, want)
		}
	}
}

// Several things that a name may have meant are a menu, one is a button.
func TestSeveralWereMeant(t *testing.T) {
	c := compose(shippedSnapshot(t), "")
	one := ambiguous(c, []knowledge.Mention{{Others: []string{"deepseek"}}})
	several := ambiguous(c, []knowledge.Mention{{Others: []string{"deepseek", "huawei"}}, {Others: []string{"gone"}}})
	if len(one) != 2 || one[0].Line != "/about DeepSeek" || len(one[0].Choices) != 0 {
		t.Errorf("one other name is %+v", one)
	}
	if len(several) != 2 || len(several[0].Choices) != 2 || several[0].Choices[1].Value != "/about Huawei" {
		t.Errorf("two other names are %+v", several)
	}
}
